//! How many distances a second one core measures, each with nearest point, azimuth and territory, and how much faster that
//! is than looking at every edge: on the default border set, the same places in every run.
//!
//! `cargo bench -p kordon-borders --bench nearest`

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

mod places;

use std::error::Error;
use std::hint::black_box;

use kordon_borders::{BorderSet, LonLat, Nearest};

const FAST: usize = 200_000;
const SLOW: usize = 5;
const ROUNDS: usize = 3;
const NO_LIMIT: f64 = f64::INFINITY;

/// One question, asked in three ways.
struct Asked<'a> {
    what: &'static str,
    many: &'a (dyn Fn(&[LonLat]) -> Vec<Option<Nearest>> + Sync),
    one: &'a (dyn Fn(LonLat) -> Option<Nearest> + Sync),
    slow: &'a dyn Fn(LonLat) -> Option<Nearest>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let set = BorderSet::default_set()?;
    let romania = set.target("ROU", None)?;
    let questions = [
        Asked {
            what: "nearest foreign",
            many: &|places| set.nearest_foreign_many(places, NO_LIMIT),
            one: &|place| set.nearest_foreign(place, NO_LIMIT),
            slow: &|place| set.nearest_foreign_slow(place),
        },
        Asked {
            what: "to Romania",
            many: &|places| set.nearest_to_many(places, &romania, NO_LIMIT),
            one: &|place| set.nearest_to(place, &romania, NO_LIMIT),
            slow: &|place| set.nearest_to_slow(place, &romania),
        },
    ];
    // A batch takes all cores there are; here there is one.
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let rate = |work: &(dyn Fn() + Sync)| FAST as f64 / one_core.install(|| places::seconds(ROUNDS, work));
    println!(
        "{:38}{:>12}{:>12}{:>14}{:>18}",
        "M places/s, one core", "batch", "shuffled", "one by one", "slow twin"
    );
    for (name, random) in [
        ("Ukraine box", places::in_ukraine_box(FAST)?),
        ("50 km around borders", places::near_borders(&set, FAST)?),
        ("land worldwide", places::on_land(FAST)?),
    ] {
        let sorted = places::sorted(&random);
        for Asked { what, many, one, slow } in &questions {
            let batch = rate(&|| drop(black_box(many(&sorted))));
            let shuffled = rate(&|| drop(black_box(many(&random))));
            let single = rate(&|| {
                for place in &random {
                    black_box(one(*place));
                }
            });
            let slow_s = places::seconds(1, || {
                for place in &random[..SLOW] {
                    black_box(slow(*place));
                }
            });
            let times = format!("{:.0} times", batch * slow_s / SLOW as f64);
            let (batch, shuffled, single) = (batch / 1e6, shuffled / 1e6, single / 1e6);
            println!("{name:22}{what:16}{batch:12.2}{shuffled:12.2}{single:14.2}{times:>18}");
        }
        // The same with how near the border may come: what an interval needs, beside the same without.
        let ask = |with_reach: bool| {
            rate(&|| {
                for place in &sorted {
                    let nearest = set.nearest_foreign(*place, NO_LIMIT);
                    if let (Some(nearest), true) = (&nearest, with_reach) {
                        black_box(set.reach_foreign(*place, nearest));
                    }
                    black_box(nearest);
                }
            }) / 1e6
        };
        let (with, without) = (ask(true), ask(false));
        println!(
            "{name:22}foreign and its interval {with:17.2} one by one, {:.2} of the rate without",
            with / without
        );
    }
    Ok(())
}
