//! How fast a store is with many incidents: `cargo run --release -p kordon-store --example million -- FILE.ndjson DIR`.
//!
//! Each line of FILE is a Feature of the model. Puts them in batches, opens the store again, asks the usual
//! questions; prints one line a step.
#![expect(clippy::print_stdout, reason = "it is a program for a terminal")]

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use kordon_borders::{BBox, BorderSet};
use kordon_incidents::Incident;
use kordon_store::{
    Author, Basemap, Certainty, Dimension, During, Of, Options, Query, SortBy, Store, Within,
};

/// Incidents in one batch.
const BATCH: usize = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(dir)) = (arguments.next(), arguments.next()) else {
        return Err("usage: million FILE.ndjson DIR".into());
    };
    let borders = timed("decode borders", BorderSet::default_set)?;
    let borders = Arc::new(borders);
    let dir = Path::new(&dir);
    put_from_many(&file, &borders)?;
    put(&file, dir, &borders)?;
    let options = Options { create: false, read_only: false };
    let store = timed("open", || Store::open(dir, Arc::clone(&borders), options))?;
    println!("{} public incidents, memory {} MB", store.public().len(), memory_mb());
    ask(&store, &borders)?;
    let report = timed("verify", || store.verify())?;
    println!("{report}");
    Ok(())
}

fn put(file: &str, dir: &Path, borders: &Arc<BorderSet>) -> Result<(), Box<dyn Error>> {
    let store = Store::open(dir, Arc::clone(borders), Options { create: true, read_only: false })?;
    let mut lines = BufReader::new(std::fs::File::open(file)?).lines();
    let (mut total, mut seconds, mut longest, mut cpu) = (0, 0.0, 0.0_f64, 0);
    loop {
        let batch: Vec<Incident> = (lines.by_ref().take(BATCH))
            .map(|line| Ok(serde_json::from_str(&line?)?))
            .collect::<Result<_, Box<dyn Error>>>()?;
        if batch.is_empty() {
            break;
        }
        total += batch.len();
        let (start, cpu_start) = (Instant::now(), cpu_ms());
        store.put(batch, &Author::new("million"))?;
        let took = start.elapsed().as_secs_f64();
        seconds += took;
        longest = longest.max(took);
        cpu += cpu_ms() - cpu_start;
    }
    let rate = f64::from(u32::try_from(total)?) / seconds;
    println!(
        "put {total} in {seconds:.2} s, {rate:.0}/s, {cpu} ms of processor; longest batch {longest:.2} s"
    );
    Ok(())
}

/// Single incidents put by many at once: they share an fsync.
fn put_from_many(file: &str, borders: &Arc<BorderSet>) -> Result<(), Box<dyn Error>> {
    let lines = BufReader::new(std::fs::File::open(file)?).lines();
    let all: Vec<Incident> = (lines.take(2_000))
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect::<Result<_, Box<dyn Error>>>()?;
    for writers in [1, 8, 64] {
        let dir = std::env::temp_dir().join(format!("kordon-million-{}-{writers}", std::process::id()));
        let store = Store::open(&dir, Arc::clone(borders), Options { create: true, read_only: false })?;
        let start = Instant::now();
        std::thread::scope(|scope| {
            for share in all.chunks(all.len().div_ceil(writers)) {
                let store = &store;
                scope.spawn(move || {
                    for one in share {
                        store.put(vec![one.clone()], &Author::new("million")).expect("the disk takes it");
                    }
                });
            }
        });
        let rate = f64::from(u32::try_from(all.len())?) / start.elapsed().as_secs_f64();
        println!("{writers} writers: {rate:.0} single puts a second, {} batches", store.verify()?.batches);
        drop(store);
        std::fs::remove_dir_all(dir)?;
    }
    Ok(())
}

fn ask(store: &Store, borders: &BorderSet) -> Result<(), Box<dyn Error>> {
    let public = store.public();
    let page = || Query { limit: Some(100), ..Query::default() };
    let rou = |km| Within::new(Of::Target(borders.target("ROU", None).expect("Romania is in the set")), km);
    let nato = |km| Within { certainty: Certainty::Certain, ..Within::new(Of::Dated("NATO".to_owned()), km) };
    let questions = [
        ("everything", page()),
        ("a box", Query { bbox: Some(BBox::new(28.0, 45.0, 30.0, 46.0)?), ..page() }),
        (
            "a month",
            Query {
                datetime: Some(During { start_s: Some(1_690_848_000), end_s: Some(1_693_526_400) }),
                ..page()
            },
        ),
        ("a word", Query { text: Some("порт".to_owned()), ..page() }),
        ("a country", Query { country: vec!["UKR".to_owned()], ..page() }),
        ("within 10 km of ROU", Query { within: Some(rou(10.0)), ..page() }),
        ("within 50 km of NATO, certain", Query { within: Some(nato(50.0)), ..page() }),
        ("by distance to ROU", Query { of: Some(rou(1.0).of), sortby: SortBy::Distance, ..page() }),
        ("by distance to any", Query { sortby: SortBy::Distance, ..page() }),
        ("by title", Query { sortby: SortBy::Title, ..page() }),
    ];
    for (name, query) in questions {
        for attempt in ["first", "again"] {
            let found = timed(&format!("find {name}, {attempt}"), || public.find(&query));
            println!("    {} match", found.matched);
        }
    }
    let found = public.find(&page());
    timed("100 features", || {
        found.rows.iter().map(|row| public.feature(row)).collect::<Result<Vec<_>, _>>()
    })?;
    let by_month = timed("aggregate by month", || public.aggregate(&Query::default(), &[Dimension::Month]));
    println!("    {} groups", by_month.groups.len());
    for (z, x, y) in [(0, 0, 0), (4, 9, 5), (7, 74, 45), (10, 593, 366)] {
        let tile = timed(&format!("tile {z}/{x}/{y}"), || public.tile(&Query::default(), z, x, y));
        println!("    {} bytes", tile.len());
    }
    let coarse = BorderSet::natural_earth()?;
    let basemap = timed("basemap", || Basemap::new(borders, &coarse));
    for (z, x, y) in [(0, 0, 0), (2, 2, 1), (5, 18, 11), (6, 37, 22), (10, 593, 366), (14, 9500, 5860)] {
        let tile = timed(&format!("territories {z}/{x}/{y}"), || basemap.tile(z, x, y));
        println!("    {} bytes", tile.len());
    }
    Ok(())
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (start, cpu_start) = (Instant::now(), cpu_ms());
    let result = work();
    println!(
        "{what}: {:.1} ms, {} ms of processor",
        start.elapsed().as_secs_f64() * 1e3,
        cpu_ms() - cpu_start
    );
    result
}

/// Processor time of this process so far, from Linux's own account, in its steps of 10 ms.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10
}

/// What this process holds in memory, from Linux's own account.
fn memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()).unwrap_or_default()
        / 1024
}
