//! How many places a second the table of cells finds the territories of, and how much faster that is than looking at
//! every edge: on the default border set, one core, the same places in every run.
//!
//! `cargo bench -p kordon-borders --bench containing`

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

mod places;

use std::error::Error;
use std::hint::black_box;

use kordon_borders::{BorderSet, LonLat};

const FAST: usize = 2_000_000;
const SLOW: usize = 20;
const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let load_s = places::seconds(3, || drop(black_box(BorderSet::default_set())));
    let set = BorderSet::default_set()?;
    println!("default set: {} edges, loaded in {load_s:.3} s", set.edge_count());
    println!("{:22}{:>12}{:>12}{:>14}", "M places/s, one core", "Hilbert", "random", "slow twin");
    for (name, random) in [
        ("Ukraine box", places::in_ukraine_box(FAST)?),
        ("land worldwide", places::on_land(FAST)?),
        ("50 km around borders", places::near_borders(&set, FAST)?),
        ("globe", places::on_globe(FAST)?),
    ] {
        let sorted = places::sorted(&random);
        let fast = |places: &[LonLat]| {
            let all = || {
                for place in places {
                    black_box(set.containing(*place));
                }
            };
            places.len() as f64 / places::seconds(ROUNDS, all) / 1e6
        };
        let slow_s = places::seconds(1, || {
            for place in &random[..SLOW] {
                black_box(set.containing_slow(*place));
            }
        });
        let (hilbert, random) = (fast(&sorted), fast(&random));
        let times = hilbert * 1e6 * slow_s / SLOW as f64;
        println!("{name:22}{hilbert:12.1}{random:12.1}{:>14}", format!("{times:.0} times"));
    }
    Ok(())
}
