//! What a store costs: a file becomes durable and queryable, a store starts, questions are answered.
//!
//! `make bench-store`. Incidents are made up from a fixed seed: two in five around places in Ukraine, Moldova and Romania,
//! the others anywhere on the globe; `KORDON_BENCH_INCIDENTS` says how many (a million), and
//! `KORDON_BENCH_FILE` where they are written, for a peer to be asked about the same. Every figure is the median of several runs in this process; the first "within" after a start is told apart, since it measures
//! what the later ones remember. Times are wall clock: run it on a machine that does nothing else.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints, and stops where it fails")]

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kordon_borders::{BBox, BorderSet};
use kordon_incidents::{Format, IncidentId, Infrastructure, ReadOptions, Report, check, check_one, read};
use kordon_store::{Author, Bulk, During, Of, Options, Query, SortBy, Store, Within};
use rayon::prelude::*;

/// As in `kordon`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Longitude and latitude of a cluster, and its standard deviation in degrees.
const CLUSTERS: [(f64, f64, f64); 8] = [
    (37.8, 48.0, 0.5),
    (36.2, 49.9, 0.4),
    (35.3, 47.4, 0.5),
    (30.7, 46.4, 0.3),
    (28.8, 45.3, 0.2),
    (29.6, 45.2, 0.2),
    (28.8, 47.0, 0.4),
    (26.1, 44.4, 0.4),
];
const WORDS: [&str; 12] = [
    "drone",
    "debris",
    "port",
    "grain",
    "power",
    "station",
    "пожежа",
    "порт",
    "зерно",
    "Ізмаїл",
    "dronă",
    "sat",
];
const KINDS: [&str; 6] =
    ["air_drone_strike", "shelling_artillery_missile", "fire", "flood", "attack", "other"];
const HIT: [&str; 6] = ["residential", "health", "energy", "port", "rail", "unknown"];

/// Numbers that are the same every time (xorshift).
struct Dice(u64);

impl Dice {
    fn share(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[((self.share() * of.len() as f64) as usize).min(of.len() - 1)]
    }

    /// Near enough to a normal distribution: the sum of twelve uniform ones (Irwin and Hall).
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }

    fn place(&mut self) -> (f64, f64) {
        if self.share() < 0.4 {
            let (lon, lat, spread) = self.one_of(&CLUSTERS);
            return (lon + spread * self.normal(), lat + spread * self.normal());
        }
        (self.share() * 360.0 - 180.0, (2.0 * self.share() - 1.0).asin().to_degrees())
    }
}

/// Writes made-up incidents, one Feature on each line.
fn make(file: &Path, count: u64) {
    let mut out = BufWriter::new(File::create(file).unwrap());
    let mut dice = Dice(20_220_224);
    for number in 0..count {
        let (lon, lat) = dice.place();
        let title: Vec<&str> = (0..4 + number % 6).map(|_| dice.one_of(&WORDS)).collect();
        let (high, low) = ((dice.share() * 2f64.powi(64)) as u64, (dice.share() * 2f64.powi(64)) as u64);
        let id = uuid::Builder::from_random_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes());
        let (year, day) = (2014 + (12.9 * dice.share().sqrt()) as u32, (dice.share() * 28.0) as u32 + 1);
        let impacts = if dice.share() < 0.5 {
            format!(
                r#"[{{"infrastructure":"{}","damage":"{}"}}]"#,
                dice.one_of(&HIT),
                dice.one_of(&["severe", "possible"])
            )
        } else {
            "[]".to_owned()
        };
        writeln!(
            out,
            r#"{{"type":"Feature","id":"{}","geometry":{{"type":"Point","coordinates":[{lon:.6},{lat:.6}]}},"properties":{{"title":{{"en":"{}"}},"date_start":"{year}-{:02}-{day:02}T{:02}:{:02}:00Z","date_precision":"hour","event_type":"explosions_remote_violence","sub_event_type":"{}","impacts":{impacts},"location_radius_m":{},"same_as":["made-up:{number}"],"verification":"{}"}}}}"#,
            id.into_uuid(),
            title.join(" "),
            number % 12 + 1,
            number % 24,
            number % 60,
            dice.one_of(&KINDS),
            dice.one_of(&[50, 150, 1000, 3000, 25000]),
            dice.one_of(&["unverified", "verified"]),
        )
        .unwrap();
    }
    out.flush().unwrap();
}

fn new_id() -> IncidentId {
    IncidentId::from_random(uuid::Uuid::new_v4().into_bytes())
}

/// Reads, checks and stores a file as `kordon import` does.
fn import(store: &Store, dir: &Path, file: &Path, borders: &Arc<BorderSet>) {
    let mut bulk = Bulk::new(dir, borders, &Author::new("bench"));
    let options = ReadOptions { format: Some(Format::NdJson), ..ReadOptions::default() };
    let mut reader = read(BufReader::with_capacity(1 << 20, File::open(file).unwrap()), &options).unwrap();
    let mut next = || reader.by_ref().take(4_096).map(Result::unwrap).collect::<Vec<Report>>();
    let mut reports = next();
    while !reports.is_empty() {
        let sound = |one: Report| bulk.prepare(check(&one, &mut { new_id }).unwrap().incident).unwrap();
        let (following, sound) = rayon::join(&mut next, || reports.into_par_iter().map(sound).collect());
        bulk.add(sound).unwrap();
        reports = following;
    }
    store.load(bulk).unwrap();
}

/// The median and the 99th percentile of what takes how long, in milliseconds.
fn measure(runs: usize, mut run: impl FnMut(usize)) -> (f64, f64) {
    let time = |number| {
        let begin = Instant::now();
        run(number);
        begin.elapsed().as_secs_f64() * 1e3
    };
    summed((0..runs).map(time))
}

fn summed(times: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

fn tell(what: &str, (median, most): (f64, f64)) {
    println!("{what:<58} {median:>10.3} ms   p99 {most:>10.3} ms");
}

/// A box around Donetsk, an interval and a kind of building hit, of about `wanted` incidents.
fn boxed(store: &Store, wanted: usize) -> (f64, Query) {
    let query = |half: f64| Query {
        bbox: BBox::new(37.8 - half, 48.0 - half, 37.8 + half, 48.0 + half).ok(),
        datetime: Some(During { start_s: Some(1_546_300_800), end_s: None }),
        infrastructure: if wanted > 10_000 {
            Vec::new()
        } else {
            vec![Infrastructure::Energy, Infrastructure::Port]
        },
        ..Query::default()
    };
    let (mut low, mut high) = (0.0, 37.0);
    for _ in 0..30 {
        let middle = (low + high) / 2.0;
        if store.public().count(&query(middle)) < wanted { low = middle } else { high = middle }
    }
    // As it is printed, so that a peer may be asked for the same box, and with no place on its edge.
    let high = (high * 1e6).floor() / 1e6 + 5e-7;
    (high, query(high))
}

fn main() {
    let count =
        std::env::var("KORDON_BENCH_INCIDENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let dir = tempfile::tempdir_in(std::env::var("KORDON_BENCH_DIR").unwrap_or_else(|_| ".".into())).unwrap();
    let at = dir.path().join("store");
    let file = std::env::var_os("KORDON_BENCH_FILE").map_or(dir.path().join("incidents.ndjson"), Into::into);
    make(&file, count);
    let borders = Arc::new(BorderSet::default_set().unwrap());
    let open = || Store::open(&at, Arc::clone(&borders), Options { create: true, read_only: false }).unwrap();
    let input = file.metadata().unwrap().len();
    println!("{count} incidents, {} MB of GeoJSON", input / 1_000_000);

    let store = open();
    store.hold_no_documents();
    let begin = Instant::now();
    import(&store, &at, &file, &borders);
    println!("import: durable and queryable after {:.2} s", begin.elapsed().as_secs_f64());
    store.pack(|| false).unwrap();
    println!("  and packed after {:.2} s", begin.elapsed().as_secs_f64());
    drop(store);
    let size = |path: &Path| -> u64 {
        std::fs::read_dir(path).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum()
    };
    let [ledger, kept] = [at.join("ledger"), at.clone()].map(|dir| size(&dir) as f64 / input as f64);
    println!("disk: the ledger {ledger:.2}, the kept index {kept:.2} times the input");
    // Closing waits for the index to be kept, and is not part of a start.
    let start = |_| {
        let begin = Instant::now();
        let store = open();
        let time = begin.elapsed();
        drop(store);
        time.as_secs_f64() * 1e3
    };
    tell("start from the kept index", summed((0..3).map(start)));
    let start_anew = |number| {
        std::fs::remove_file(at.join("index.cache")).unwrap();
        start(number)
    };
    tell("start from the ledger alone", summed((0..3).map(start_anew)));
    let store = open();
    println!("memory: {} MB resident", resident_mb());

    for (wanted, runs) in [(10, 2_000), (1_000, 200), (100_000.min(count as usize / 8), 9)] {
        let (half_deg, query) = boxed(&store, wanted);
        let snapshot = store.public();
        let found = snapshot.count(&query);
        tell(
            &format!("box of ±{half_deg:.7}°, time, category: {found} found"),
            measure(runs, |_| drop(snapshot.find(&query))),
        );
        tell(
            "  as GeoJSON",
            measure(runs, |_| {
                let (rows, mut bytes) = (snapshot.find(&query).rows, 0);
                snapshot.write_features(&rows, |piece| bytes += piece.len()).unwrap();
            }),
        );
    }
    let within = |of: &str| {
        let of = Of::parse(of, &borders).unwrap();
        Query { within: Some(Within::new(of, 50.0)), ..Query::default() }
    };
    let near = within("ROU");
    tell("within 50 km of Romania, the first time: count", measure(1, |_| _ = store.public().count(&near)));
    tell("within 50 km of Romania: count", measure(50, |_| _ = store.public().count(&near)));
    tell(
        "within 50 km of Romania, the first time: all rows",
        measure(1, |_| drop(store.public().find(&near))),
    );
    tell("within 50 km of Romania: all rows", measure(9, |_| drop(store.public().find(&near))));
    for name in ["POL", "SDN", "NATO"] {
        let near = within(name);
        tell(
            &format!("within 50 km of {name}, the first time: count"),
            measure(1, |_| _ = store.public().count(&near)),
        );
    }
    let of = Of::parse("28.84,45.34", &borders).unwrap();
    let nearest = Query { of: Some(of), sortby: SortBy::Distance, limit: Some(10), ..Query::default() };
    tell("10 nearest, exact", measure(2_000, |_| drop(store.public().find(&nearest))));
    let word = Query { text: Some("ізмаіл drone".into()), limit: Some(100), ..Query::default() };
    tell("two words, first 100", measure(20, |_| drop(store.public().find(&word))));
    tell(
        "latest 100",
        measure(50, |_| drop(store.public().find(&Query { limit: Some(100), ..Query::default() }))),
    );
    tell("tile of the world", measure(9, |_| drop(store.public().tile(&Query::default(), 0, 0, 0))));
    tell(
        "tiles of zoom 4 to 10 over Ukraine",
        measure(210, |number| {
            let z = 4 + (number % 7) as u8;
            let (x, y) =
                (((37.8 + 180.0) / 360.0 * f64::from(1 << z)) as u32, (0.3446 * f64::from(1 << z)) as u32);
            drop(store.public().tile(&Query::default(), z, x + (number % 2) as u32, y));
        }),
    );
    writers(&store, dir.path());
    idle_and_busy(&store, &at, &file, &borders);
}

fn one(number: usize) -> kordon_incidents::Incident {
    let text = format!(
        r#"{{"type":"Feature","geometry":{{"type":"Point","coordinates":[28.8,45.3]}},"properties":{{"title":"single {number}","date_start":"2025-01-01"}}}}"#
    );
    check_one(text.as_bytes(), &ReadOptions::default(), &mut { new_id }).unwrap().incident
}

fn writers(store: &Store, dir: &Path) {
    let mut file = File::create(dir.join("fsync")).unwrap();
    let (fsync, _) = measure(200, |_| {
        file.write_all(&[0x20; 700]).unwrap();
        file.sync_data().unwrap();
    });
    let author = Author::new("bench");
    let (single, _) = measure(200, |number| _ = store.put_one(one(number), &author).unwrap());
    println!(
        "durable insert, one writer: {:.0} a second; the disk syncs {:.0} times",
        1e3 / single,
        1e3 / fsync
    );
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for writer in 0..64 {
            let author = &author;
            scope.spawn(move || {
                (0..100)
                    .for_each(|number| _ = store.put_one(one(1_000 + writer * 100 + number), author).unwrap())
            });
        }
    });
    println!("durable insert, 64 writers: {:.0} a second", 6_400.0 / begin.elapsed().as_secs_f64());
}

/// How long a question takes while nothing else happens, and while the file is imported again with other ids.
fn idle_and_busy(store: &Store, at: &Path, file: &Path, borders: &Arc<BorderSet>) {
    let (_, query) = boxed(store, 10);
    let ask = |_| drop(store.public().find(&query));
    // As often as below: a processor that is never idle answers faster than one that has to wake up.
    let now_and_then = |_| {
        std::thread::sleep(Duration::from_millis(2));
        measure(1, ask).0
    };
    tell("10 found, idle", summed((0..2_000).map(now_and_then)));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            import(store, at, file, borders);
            done.store(true, Ordering::Relaxed);
        });
        let next = || (!done.load(Ordering::Relaxed)).then(|| now_and_then(0));
        tell("10 found, during an import", summed(std::iter::from_fn(next)));
    });
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0) / 1_000
}
