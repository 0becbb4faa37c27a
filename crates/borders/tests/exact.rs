//! The fast answers on the world's borders, against the slow twin, which looks at every edge by nothing but Karney's
//! geodesics: random places and the odd ones. `KORDON_EXACT=1000` asks a thousand places of each class instead of a few.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop there")]

mod made_up; // Places of a fixed seed.

use std::sync::LazyLock;

use kordon_borders::{BorderSet, LonLat, Meters, Nearest, destination, distance, inverse};
use made_up::Places;

static OSM: LazyLock<BorderSet> = LazyLock::new(|| BorderSet::default_set().unwrap());
static COARSE: LazyLock<BorderSet> = LazyLock::new(|| BorderSet::natural_earth().unwrap());

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

/// How many places of each class, of those that a class always has.
fn asked(few: usize) -> usize {
    std::env::var("KORDON_EXACT").ok().map_or(few, |n| n.parse().unwrap())
}

/// Holds an answer against the slow twin's: at most 10 µm apart up to 1 000 km and 1 mm beyond.
#[track_caller]
fn is_exact(set: &BorderSet, place: LonLat, fast: &Nearest, slow: &Nearest) {
    let give_m = if slow.distance_m < 1e6 { 1e-5 } else { 1e-3 };
    let apart = fast.distance_m - slow.distance_m;
    assert!(apart.abs() <= give_m, "from {place:?}: {apart} m apart: {fast:?} and {slow:?}");
    let is_tie = distance(fast.point, slow.point).get() > 1.0;
    assert!(
        is_tie || fast.territory == slow.territory,
        "from {place:?}: {} and {}",
        set.territory(fast.territory).code,
        set.territory(slow.territory).code
    );
    is_consistent(place, fast);
}

/// Holds distance and azimuth against Karney's to the point that was found.
#[track_caller]
fn is_consistent(place: LonLat, found: &Nearest) {
    let (length, azimuth) = inverse(place, found.point);
    assert!((length.get() - found.distance_m).abs() <= 1e-5, "from {place:?}: {found:?}, not {length}");
    match (azimuth, found.azimuth_deg) {
        (Some(azimuth), Some(found_deg)) => {
            let turned = (azimuth - found_deg + 540.0).rem_euclid(360.0) - 180.0;
            // Positions have a last digit of 1e-9 m.
            let give_deg = 1e-7 + (4e-9 / found.distance_m).to_degrees();
            assert!(turned.abs() <= give_deg, "from {place:?}: {found:?}, not towards {azimuth}");
        }
        (azimuth, found_deg) => assert_eq!(azimuth, found_deg, "from {place:?}"),
    }
}

fn check_foreign(set: &BorderSet, place: LonLat) {
    let fast = set.nearest_foreign(place, f64::INFINITY).unwrap();
    is_exact(set, place, &fast, &set.nearest_foreign_slow(place).unwrap());
}

fn check_to(set: &BorderSet, place: LonLat, name: &str) {
    let target = set.target(name, None).unwrap();
    let fast = set.nearest_to(place, &target, f64::INFINITY).unwrap();
    let slow = set.nearest_to_slow(place, &target).unwrap();
    if slow.distance_m == 0.0 {
        assert_eq!((fast.distance_m, fast.point, fast.azimuth_deg), (0.0, place, None));
    } else {
        is_exact(set, place, &fast, &slow);
    }
}

#[test]
fn places_anywhere_are_answered_exactly() {
    let mut places = Places(11);
    for _ in 0..asked(4) {
        check_foreign(&OSM, places.anywhere());
        check_to(&OSM, places.anywhere(), "ROU");
    }
    for name in ["ROU", "FJI", "LSO", "ATA", "USA", "NATO"] {
        for _ in 0..asked(3) {
            check_to(&COARSE, places.anywhere(), name);
        }
    }
}

#[test]
fn places_that_hug_a_border_are_answered_exactly() {
    let mut places = Places(12);
    let arcs: Vec<_> = OSM.arcs().collect();
    for _ in 0..asked(8) {
        let arc = &arcs[(places.unit() * arcs.len() as f64) as usize];
        let [lon, lat] = arc.points[(places.unit() * arc.points.len() as f64) as usize];
        let away = Meters::new(10f64.powf(6.0 * places.unit() - 2.0)).unwrap();
        check_foreign(&OSM, destination(at(lon, lat), 360.0 * places.unit(), away));
    }
}

#[test]
fn places_on_vertices_and_edges_are_answered_exactly() {
    let mut places = Places(13);
    let arcs: Vec<_> = COARSE.arcs().collect();
    for _ in 0..asked(8) {
        let arc = &arcs[(places.unit() * arcs.len() as f64) as usize];
        let i = (places.unit() * (arc.points.len() - 1) as f64) as usize;
        let ([a, b], [c, d]) = (arc.points[i], arc.points[i + 1]);
        check_foreign(&COARSE, at(a, b));
        if (a - c).abs() < 180.0 {
            check_foreign(&COARSE, at(0.5 * (a + c), 0.5 * (b + d)));
        }
    }
}

#[test]
fn odd_places_are_answered_exactly() {
    let poles_and_antimeridian = [
        (0.0, 90.0),
        (0.0, -90.0),
        (77.0, 89.999),
        (180.0, -16.8),
        (-180.0, -16.8),
        (180.0, 68.0),
        (-179.99, 52.0),
    ];
    // Lesotho, the Vatican, Baarle, San Marino; the middle of Russia, of the Pacific, of Antarctica.
    let enclaves = [(28.2, -29.5), (12.4534, 41.9029), (4.9317, 51.4405), (12.46, 43.94)];
    let far_from_all = [(100.0, 63.0), (-123.393, -48.877), (65.0, -82.0)];
    for (lon, lat) in poles_and_antimeridian.into_iter().chain(enclaves).chain(far_from_all) {
        check_foreign(&COARSE, at(lon, lat));
        check_to(&COARSE, at(lon, lat), "NZL");
    }
    for (lon, lat) in [(28.2, -29.5), (180.0, -16.8), (0.0, 90.0)] {
        check_foreign(&OSM, at(lon, lat));
    }
}

#[test]
fn places_near_the_antipodes_of_a_territory_are_answered_exactly() {
    let mut places = Places(14);
    for name in ["BMU", "ESP", "FJI", "NRU", "BVT"] {
        // Not every set has the smallest islands.
        let Ok(target) = COARSE.target(name, None) else {
            continue;
        };
        let middle = COARSE.bounds(target.members()[0]).unwrap();
        let lon = (middle.west() + middle.east()) / 2.0;
        let antipode =
            at(if lon > 0.0 { lon - 180.0 } else { lon + 180.0 }, -(middle.south() + middle.north()) / 2.0);
        check_to(&COARSE, antipode, name);
        for _ in 0..asked(4) {
            let away = Meters::new(10f64.powf(4.0 + 2.5 * places.unit())).unwrap();
            check_to(&COARSE, destination(antipode, 360.0 * places.unit(), away), name);
        }
    }
}

/// What a batch remembers of the place before must not change its answer.
#[test]
fn a_warm_start_changes_nothing() {
    let mut places = Places(15);
    let mut asked_of: Vec<LonLat> = (0..asked(300)).map(|_| places.anywhere()).collect();
    asked_of.extend((0..asked(300)).map(|_| places.in_box([22.0, 44.0, 41.0, 53.0])));
    let romania = OSM.target("ROU", None).unwrap();
    let (foreign, to) = (
        OSM.nearest_foreign_many(&asked_of, f64::INFINITY),
        OSM.nearest_to_many(&asked_of, &romania, f64::INFINITY),
    );
    for (i, place) in asked_of.into_iter().enumerate() {
        let warm = foreign[i].unwrap();
        is_consistent(place, &warm);
        is_exact(&OSM, place, &warm, &OSM.nearest_foreign(place, f64::INFINITY).unwrap());
        let cold = OSM.nearest_to(place, &romania, f64::INFINITY).unwrap();
        if cold.distance_m > 0.0 {
            is_exact(&OSM, place, &to[i].unwrap(), &cold);
        }
    }
}
