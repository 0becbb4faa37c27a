//! Every fast answer against its slow twin: real borders at chosen places, made-up ones anywhere.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop there")]

mod made_up; // A set of our own, and places.

use std::sync::LazyLock;

use kordon_borders::{BorderSet, LonLat, Meters, Nearest, build_from_geojson, destination};
use made_up::{Places, info};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Two ways to the same figure may part by this much, in meters.
const GIVE_M: f64 = 1e-3;

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

#[track_caller]
fn same(fast: Option<Nearest>, slow: Option<Nearest>, place: LonLat) {
    match (fast, slow) {
        (None, None) => {}
        (Some(fast), Some(slow)) => {
            let apart = (fast.distance_m - slow.distance_m).abs();
            assert!(apart < GIVE_M, "from {place:?}: {fast:?} and {slow:?}");
        }
        _ => panic!("from {place:?}: {fast:?} and {slow:?}"),
    }
}

fn set_of(territories: Vec<(&str, Value)>) -> BorderSet {
    let features: Vec<Value> = territories
        .into_iter()
        .map(|(code, rings)| {
            json!({"type": "Feature", "properties": {"code": code},
                   "geometry": {"type": "MultiPolygon", "coordinates": rings}})
        })
        .collect();
    let bytes = serde_json::to_vec(&json!({"type": "FeatureCollection", "features": features})).unwrap();
    BorderSet::decode(&build_from_geojson(&bytes, info()).unwrap()).unwrap()
}

static OSM: LazyLock<BorderSet> = LazyLock::new(|| BorderSet::default_set().unwrap());

#[test]
fn on_real_borders_both_ways_find_the_same_territories() {
    let mut places = Places(1);
    for i in 0..200 {
        let place = if i % 2 == 0 { places.anywhere() } else { places.in_box([22.0, 44.0, 41.0, 53.0]) };
        assert_eq!(*OSM.containing(place), OSM.containing_slow(place), "{place:?}");
    }
    for (lon, lat) in [(180.0, -16.8), (-180.0, 67.0), (0.0, 90.0), (0.0, -90.0), (28.2, -29.5)] {
        assert_eq!(*OSM.containing(at(lon, lat)), OSM.containing_slow(at(lon, lat)));
    }
}

#[test]
fn on_positions_of_real_borders_both_ways_find_the_same_one_owner() {
    let arcs: Vec<_> = OSM.arcs().filter(|arc| arc.left.len() == 1 && arc.right.len() == 1).collect();
    for arc in arcs.iter().step_by(arcs.len() / 60) {
        let [lon, lat] = arc.points[arc.points.len() / 2];
        let place = at(lon, lat);
        assert_eq!(*OSM.containing(place), OSM.containing_slow(place), "{place:?}");
    }
}

#[test]
fn on_real_borders_both_ways_are_equally_far() {
    let mut places = Places(2);
    for i in 0..12 {
        let place = if i % 3 == 0 { places.anywhere() } else { places.in_box([22.0, 44.0, 41.0, 53.0]) };
        same(OSM.nearest_foreign(place, f64::INFINITY), OSM.nearest_foreign_slow(place), place);
    }
}

#[test]
fn on_coarse_borders_a_far_country_is_equally_far_both_ways() {
    let coarse = BorderSet::natural_earth().unwrap();
    let mut places = Places(3);
    for name in ["ROU", "FJI", "CHL", "NATO"] {
        let target = coarse.target(name, None).unwrap();
        for _ in 0..4 {
            let place = places.anywhere();
            same(
                coarse.nearest_to(place, &target, f64::INFINITY),
                coarse.nearest_to_slow(place, &target),
                place,
            );
        }
    }
    for (lon, lat) in [(0.0, 90.0), (0.0, -90.0), (180.0, -16.8), (-180.0, -16.8), (178.0, 17.0)] {
        same(
            coarse.nearest_foreign(at(lon, lat), f64::INFINITY),
            coarse.nearest_foreign_slow(at(lon, lat)),
            at(lon, lat),
        );
    }
}

/// A ring of corners around a middle, in degrees, wrapped at the antimeridian and held off the poles.
fn star(middle: (f64, f64), corners: &[f64], size: f64) -> Value {
    let n = corners.len() as f64;
    let mut ring: Vec<[f64; 2]> = Vec::new();
    for (i, out) in corners.iter().enumerate() {
        let turn = std::f64::consts::TAU * i as f64 / n;
        let mut lon = middle.0 + 1.5 * size * out * turn.cos();
        let lat = (middle.1 + size * out * turn.sin()).clamp(-89.9, 89.9);
        if lon > 180.0 {
            lon -= 360.0;
        } else if lon < -180.0 {
            lon += 360.0;
        }
        ring.push([lon, lat]);
    }
    ring.push(ring[0]);
    json!([[ring]])
}

prop_compose! {
    fn stars()(
        lon in -180.0..180.0f64, lat in -89.0..89.0f64, size in prop::sample::select(vec![0.01, 0.3, 4.0, 25.0]),
        corners in prop::collection::vec(0.2..1.0f64, 3..9), others in prop::collection::vec(0.2..1.0f64, 3..9),
        away in 0.0..2.0f64, azimuth in 0.0..360.0f64, log in 1.0..7.2f64,
    ) -> (BorderSet, LonLat) {
        let set = set_of(vec![
            ("QA", star((lon, lat), &corners, size)),
            ("QB", star((lon - away * size, lat), &others, size)),
        ]);
        (set, destination(at(lon, lat), azimuth, Meters::new(10f64.powf(log)).unwrap()))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn on_any_borders_both_ways_agree((set, place) in stars()) {
        prop_assert_eq!(&*set.containing(place), &*set.containing_slow(place));
        same(set.nearest_foreign(place, f64::INFINITY), set.nearest_foreign_slow(place), place);
        for code in ["QA", "QB"] {
            let target = set.target(code, None).unwrap();
            same(set.nearest_to(place, &target, f64::INFINITY), set.nearest_to_slow(place, &target), place);
        }
    }
}

/// A ring round the south pole, cut where maps are cut.
fn polar_cap(lat: f64) -> Value {
    let mut ring: Vec<[f64; 2]> = (-6..=6).map(|i| [f64::from(i) * 30.0, lat]).collect();
    ring.extend([[180.0, -90.0], [-180.0, -90.0], [-180.0, lat]]);
    json!([[ring]])
}

#[test]
fn a_cap_round_the_pole_ends_at_its_parallel_and_nowhere_else() {
    let set = set_of(vec![("QA", polar_cap(-70.0)), ("QB", star((0.0, 10.0), &[1.0; 6], 5.0))]);
    let cap = set.target("QA", None).unwrap();
    for (lon, lat) in [(0.0, -90.0), (180.0, -85.0), (-180.0, -85.0), (33.0, -71.0)] {
        let depth = set.signed_distance(at(lon, lat), &cap).unwrap();
        // The edge is the parallel itself (RFC 7946), so the nearest point is due north.
        let north = kordon_borders::distance(at(lon, lat), at(lon, -70.0)).get();
        assert!((depth.distance_m + north).abs() < GIVE_M, "{lon},{lat}: {depth:?}, {north} due north");
    }
    // A geodesic edge from corner to corner would bulge towards the pole.
    assert!(set.containing(at(15.0, -70.001)).contains(&cap.members()[0]));
    assert!(set.containing(at(15.0, -69.999)).is_empty());
}

#[test]
fn a_parallel_is_measured_as_a_parallel() {
    // One edge along 49° north, 30 degrees long: its geodesic would pass 96 km and more to the north.
    let ring = json!([[[[-120.0, 40.0], [-90.0, 40.0], [-90.0, 49.0], [-120.0, 49.0], [-120.0, 40.0]]]]);
    let set = set_of(vec![("QA", ring)]);
    let target = set.target("QA", None).unwrap();
    let place = at(-105.0, 49.5);
    let found = set.nearest_to(place, &target, f64::INFINITY).unwrap();
    let south = kordon_borders::distance(place, at(-105.0, 49.0)).get();
    assert!((found.distance_m - south).abs() < GIVE_M, "{found:?}, {south} due south");
}

#[test]
fn overlapping_claims_stay_overlapping_and_a_shared_border_has_one_owner() {
    let square =
        |west: f64, east: f64| json!([[[[west, 0.0], [east, 0.0], [east, 10.0], [west, 10.0], [west, 0.0]]]]);
    let set = set_of(vec![("QA", square(0.0, 10.0)), ("QB", square(10.0, 20.0)), ("QC", square(15.0, 25.0))]);
    let codes = |lon, lat| -> Vec<&str> {
        set.containing(at(lon, lat)).iter().map(|id| set.territory(*id).code.as_str()).collect()
    };
    assert_eq!(codes(17.0, 5.0), ["QB", "QC"]);
    // On a meridian the east has it, on a parallel the north.
    assert_eq!(codes(10.0, 5.0), ["QB"]);
    assert_eq!(codes(5.0, 0.0), ["QA"]);
    assert!(codes(5.0, 10.0).is_empty());
    assert_eq!(codes(10.0, 0.0), ["QB"]);
    // Of QB and QC together, the border between them is no outline.
    let inside = set.signed_distance(at(17.0, 5.0), &set.target("QC", None).unwrap()).unwrap();
    assert!((inside.point.lon() - 15.0).abs() < 1e-9);
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let file = serde_json::to_vec(&json!({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"code": "QA"}, "geometry":
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}},
        {"type": "Feature", "properties": {"code": "QB"}, "geometry":
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [0, 0]]]}},
    ]}))
    .unwrap();
    let once = build_from_geojson(&file, info()).unwrap();
    assert_eq!(once, build_from_geojson(&file, info()).unwrap());
    let set = BorderSet::decode(&once).unwrap();
    // Five edges, of which the diagonal is shared.
    assert_eq!(set.edge_count(), 5);
    assert_eq!(set.arcs().filter(|arc| arc.left.len() == 1 && arc.right.len() == 1).count(), 1);
}
