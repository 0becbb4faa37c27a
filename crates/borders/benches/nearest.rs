//! How many distances a second one core measures: on the default border set, from a fixed seed, in one run, in CPU time.
//! The slow twin, which looks at every edge, stands beside: quote the ratio, the rates are this machine's.
//!
//! `cargo bench -p kordon-borders --bench nearest`

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use kordon_borders::{BorderSet, LonLat, Meters, destination};

/// Places the index answers for, and places the slow twin does.
const FAST: usize = 100_000;
const SLOW: usize = 5;
const NO_LIMIT: f64 = f64::INFINITY;

fn main() -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    let set = BorderSet::default_set()?;
    println!("load {:.2} s, {} edges", begin.elapsed().as_secs_f64(), set.edge_count());
    let romania = set.target("ROU", None)?;
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    println!("{:47} million a second: batch  random    one by one   slow twin", "");
    for (name, places) in workloads(&set) {
        let row = |what: &str, batch: &(dyn Fn(&[LonLat]) -> usize + Sync), one: Answer, slow: Answer| {
            let shuffled = shuffled(&places);
            let rate = one_core.install(|| places.len() as f64 / seconds(|| batch(&shuffled)));
            let single = shuffled.len() as f64 / seconds(|| shuffled.iter().filter(|p| one(**p)).count());
            let slow = SLOW as f64 / seconds(|| shuffled[..SLOW].iter().filter(|p| slow(**p)).count());
            println!(
                "{name:32} {what:16} {:22.3} {:13.3} {:9.0} times slower",
                rate / 1e6,
                single / 1e6,
                rate / slow
            );
        };
        row(
            "nearest foreign",
            &|places| set.nearest_foreign_many(places, NO_LIMIT).len(),
            &|p| set.nearest_foreign(p, NO_LIMIT).is_some(),
            &|p| set.nearest_foreign_slow(p).is_some(),
        );
        row(
            "to Romania",
            &|places| set.nearest_to_many(places, &romania, NO_LIMIT).len(),
            &|p| set.nearest_to(p, &romania, NO_LIMIT).is_some(),
            &|p| set.nearest_to_slow(p, &romania).is_some(),
        );
    }
    Ok(())
}

type Answer<'a> = &'a dyn Fn(LonLat) -> bool;

/// What an answer costs this thread.
fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let begin = (Instant::now(), cpu_nanos());
    black_box(work());
    match (begin.1, cpu_nanos()) {
        (Some(before), Some(after)) => (after - before) as f64 / 1e9,
        _ => begin.0.elapsed().as_secs_f64(),
    }
}

/// The time this thread has been on a processor, where the system tells.
fn cpu_nanos() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

fn shuffled(places: &[LonLat]) -> Vec<LonLat> {
    let n = places.len();
    // A stride without a common factor visits all.
    (0..n).map(|i| places[i * 61_803 % n]).collect()
}

fn workloads(set: &BorderSet) -> [(&'static str, Vec<LonLat>); 3] {
    let mut random = Random(88_172_645_463_325_252);
    let ukraine = (0..FAST).map(|_| place(22.0 + 18.2 * random.unit(), 44.2 + 8.2 * random.unit())).collect();
    let arcs: Vec<_> = set.arcs().collect();
    let positions: usize = arcs.iter().map(|arc| arc.points.len()).sum();
    let mut all = Vec::with_capacity(positions);
    for arc in &arcs {
        all.extend(arc.points.iter().copied());
    }
    let along = (0..FAST)
        .map(|_| {
            let [lon, lat] = all[(random.unit() * all.len() as f64) as usize];
            let away = Meters::new(50_000.0 * random.unit()).expect("a length");
            destination(place(lon, lat), 360.0 * random.unit(), away)
        })
        .collect();
    let mut land = Vec::with_capacity(FAST);
    while land.len() < FAST {
        let anywhere = place(360.0 * random.unit() - 180.0, (2.0 * random.unit() - 1.0).asin().to_degrees());
        if !set.containing(anywhere).is_empty() {
            land.push(anywhere);
        }
    }
    [("Ukraine and around", ukraine), ("within 50 km of borders", along), ("land and territorial sea", land)]
}

fn place(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).expect("on the globe")
}

/// The same numbers in every run.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}
