//! The border engine beside its peers: processor time a place, and how far each answer is from the truth.
//!
//! `kordon-peers prepare DIR` writes territories, borders and places for PostGIS (`run.sh` has it answer them);
//! `kordon-peers report DIR` reads what PostGIS answered, asks this engine and the crates `s2rst`, `geo` and
//! `country-boundaries` the same, and prints one table.
//!
//! All take the same borders, but for `country-boundaries`, which brings its own. Truth is the engine's slow twin, which looks
//! at every edge with exact geodesics; the distance to the point it finds is measured once more by GeographicLib.
//! PostGIS and S2 draw an edge as a geodesic or a great circle, so a part of their error is another reading of the same
//! file; and a peer that is told which sovereigns hold the place, for "foreign", gets that for nothing.

mod peers;
#[path = "../../../crates/borders/benches/places/mod.rs"]
mod places;
mod prepare;
mod table;

use std::error::Error;
use std::path::Path;

use kordon_borders::{BorderSet, LonLat, TerritoryId, View};

/// Places that the peers are asked about, in each class.
const ASKED: usize = 1_000;
/// The first of them, for which the truth is looked for.
const JUDGED: usize = 40;
/// Places of the same class that the engine answers in a batch.
const BATCH: usize = 100_000;
/// The country that distances are measured to.
const NAMED: &str = "ROU";

/// Places of one kind.
struct Class {
    name: &'static str,
    places: Vec<LonLat>,
}

fn classes(set: &BorderSet) -> Result<Vec<Class>, Box<dyn Error>> {
    Ok(vec![
        Class { name: "ukraine", places: places::in_ukraine_box(BATCH)? },
        Class { name: "borders", places: places::near_borders(set, BATCH)? },
        Class { name: "land", places: places::on_land(BATCH)? },
    ])
}

/// The sovereigns of all who claim a place, which are not foreign there.
fn sovereigns(set: &BorderSet, claims: &[TerritoryId]) -> Vec<String> {
    claims.iter().map(|id| set.territory(*id).sovereign.clone()).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // Every claim counts: the peers know nothing of world views.
    let claims = View::read("name = \"claims\"\ntitle = \"every claim\"")?;
    let set = BorderSet::default_set()?.in_view(&claims, None);
    let classes = classes(&set)?;
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["prepare", folder] => prepare::write(&set, &classes, Path::new(folder)),
        ["report", folder] => table::print(&set, &classes, Path::new(folder)),
        _ => Err("kordon-peers prepare DIR, or kordon-peers report DIR".into()),
    }
}
