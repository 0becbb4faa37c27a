//! How much faster the index answers than the slow twin, which looks at every edge: on the default border set, from a
//! fixed seed, in one run. Quote the ratio; the times are this machine's.
//!
//! `cargo bench -p kordon-borders`

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use kordon_borders::{BorderSet, LonLat};

/// Places the index answers for, and places the slow twin does.
const FAST: usize = 20_000;
const SLOW: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    let set = BorderSet::default_set()?;
    println!("load {:.2} s, {} edges", begin.elapsed().as_secs_f64(), set.edge_count());
    let romania = set.target("ROU", None)?;
    for (name, west, south, width, height) in
        [("Ukraine and its neighbors", 22.0, 44.0, 18.0, 9.0), ("the globe", -180.0, -90.0, 360.0, 180.0)]
    {
        let places = places(west, south, width, height)?;
        println!("{name}:");
        report("containing", &places, |p| set.containing(p).len(), |p| set.containing_slow(p).len());
        report(
            "nearest foreign",
            &places,
            |p| set.nearest_foreign(p, f64::INFINITY).map(|n| n.distance_m),
            |p| set.nearest_foreign_slow(p).map(|n| n.distance_m),
        );
        report(
            "to Romania",
            &places[..FAST / 10],
            |p| set.nearest_to(p, &romania, f64::INFINITY).map(|n| n.distance_m),
            |p| set.nearest_to_slow(p, &romania).map(|n| n.distance_m),
        );
    }
    Ok(())
}

fn report<T>(name: &str, places: &[LonLat], fast: impl Fn(LonLat) -> T, slow: impl Fn(LonLat) -> T) {
    let fast_us = micros_each(places, fast);
    let slow_us = micros_each(&places[..SLOW], slow);
    println!("  {name:16} {fast_us:9.2} µs   slow twin {slow_us:12.0} µs   {:9.0} times", slow_us / fast_us);
}

fn micros_each<T>(places: &[LonLat], answer: impl Fn(LonLat) -> T) -> f64 {
    let begin = Instant::now();
    for &place in places {
        black_box(answer(place));
    }
    begin.elapsed().as_secs_f64() * 1e6 / places.len() as f64
}

/// Places spread evenly over a box by a golden-ratio sequence: the same in every run.
fn places(west: f64, south: f64, width: f64, height: f64) -> Result<Vec<LonLat>, kordon_borders::NotAPlace> {
    let spread = |i: usize, step: f64| (0.5 + i as f64 * step).fract();
    (0..FAST)
        .map(|i| {
            LonLat::new(west + width * spread(i, 0.754_877_666), south + height * spread(i, 0.569_840_291))
        })
        .collect()
}
