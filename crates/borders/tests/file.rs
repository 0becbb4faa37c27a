//! A border file that is not as it was written is an error that says so; never a panic, never a wrong answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop there")]

mod made_up; // A set of our own.

use kordon_borders::{BadSet, BorderSet, BuildError, LonLat, build_from_geojson, build_from_topojson};
use made_up::info;
use serde_json::json;
use sha2::{Digest, Sha256};

fn build(geometry: serde_json::Value) -> Result<Vec<u8>, BuildError> {
    let file = json!({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"isoA3": "ROU"}, "geometry": geometry},
        {"type": "Feature", "properties": {"isoA3": "UKR"}, "geometry":
            {"type": "Polygon", "coordinates": [[[28, 46], [30, 45], [31, 47], [28, 46]]]}},
    ]});
    build_from_geojson(&serde_json::to_vec(&file).unwrap(), info())
}

fn small() -> Vec<u8> {
    build(json!({"type": "GeometryCollection", "geometries": [
        {"type": "MultiPolygon", "coordinates": [[[[26, 44, 7.5], [28, 46], [30, 45], [26, 44, 7.5]]]]}]}))
    .unwrap()
}

fn why(bytes: &[u8]) -> BadSet {
    match BorderSet::decode(bytes) {
        Ok(_) => panic!("was read"),
        Err(why) => why,
    }
}

#[test]
fn a_changed_byte_anywhere_is_an_error() {
    let sound = small();
    assert!(BorderSet::decode(&sound).is_ok());
    for i in 0..sound.len() {
        for bit in [0x01, 0x80] {
            let mut bytes = sound.clone();
            bytes[i] ^= bit;
            let why = why(&bytes);
            assert!(!why.to_string().is_empty(), "byte {i}");
        }
    }
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_an_error() {
    let sound = small();
    for length in 0..sound.len() {
        let why = why(&sound[..length]);
        if length > 8 {
            assert!(matches!(why, BadSet::Truncated { .. }), "{length}: {why}");
        }
    }
}

#[test]
fn each_fault_has_its_own_word() {
    let sound = small();
    assert_eq!(why(b"PK\x03\x04 a zip file"), BadSet::NotABorderSet);
    assert_eq!(why(b""), BadSet::NotABorderSet);
    let mut newer = sound.clone();
    newer[8] = 2;
    assert!(matches!(why(&newer), BadSet::Newer { found: 2, known: 1 }));
    let mut damaged = sound.clone();
    damaged[sound.len() / 2] ^= 1;
    assert!(matches!(why(&damaged), BadSet::Corrupt { .. }));
    let mut longer = sound;
    longer.push(0);
    assert!(matches!(why(&longer), BadSet::Corrupt { .. }));
}

#[test]
fn a_large_file_with_one_changed_byte_is_refused() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/borders/osm-maritime-10m.kbs");
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    assert!(matches!(why(&bytes), BadSet::Corrupt { .. }));
    bytes.truncate(middle);
    assert!(matches!(why(&bytes), BadSet::Truncated { .. }));
}

/// Who writes a file with the right checksum and wrong content gets an error or some answer, but no panic.
#[test]
fn wrong_content_with_the_right_checksum_does_not_panic() {
    let sound = small();
    let mut seed = 7u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 20) as usize % below
    };
    let places = [(27.0, 45.0), (0.0, 90.0), (180.0, -90.0)].map(|(lon, lat)| LonLat::new(lon, lat).unwrap());
    for _ in 0..3_000 {
        let mut bytes = sound.clone();
        let content = bytes.len() - 32;
        for _ in 0..=next(3) {
            bytes[next(content)] = next(256) as u8;
        }
        let sum = Sha256::digest(&bytes[..content]);
        bytes[content..].copy_from_slice(&sum);
        let Ok(set) = BorderSet::decode(&bytes) else { continue };
        for place in places {
            set.nearest_foreign(place, f64::INFINITY);
            set.own_outline(place);
            set.nearest_neighbor(place);
        }
        for i in 0..set.territories().len() {
            let id = set.find(&set.territories()[i].code.clone()).unwrap();
            set.rings(id);
            set.bounds(id);
        }
    }
}

#[test]
fn what_cannot_be_a_territory_is_named() {
    let ring = |points: serde_json::Value| build(json!({"type": "Polygon", "coordinates": [points]}));
    assert!(
        matches!(ring(json!([[0, 0], [1, 0], [1, 1]])), Err(BuildError::BadRing { territory }) if territory == "ROU")
    );
    assert!(matches!(ring(json!([[0, 0], [190, 0], [1, 1], [0, 0]])), Err(BuildError::OffTheGlobe { .. })));
    assert!(matches!(ring(json!([[0, 0], [1], [1, 1], [0, 0]])), Err(BuildError::NotReadable { .. })));
    let line = build(json!({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}));
    assert!(matches!(line, Err(BuildError::NoArea { geometry, .. }) if geometry == "LineString"));
    let nameless = br#"{"features": [{"properties": {}, "geometry": null}]}"#;
    assert!(matches!(build_from_geojson(nameless, info()), Err(BuildError::NoCode { index: 0 })));
    assert!(matches!(build_from_geojson(br#"{"features": []}"#, info()), Err(BuildError::Empty)));
    assert!(matches!(build_from_geojson(b"[1, 2", info()), Err(BuildError::NotReadable { .. })));
    assert!(matches!(build_from_topojson(b"{}", info()), Err(BuildError::NotReadable { .. })));
}

#[test]
fn topojson_rings_are_joined_from_arcs_and_numbers_become_codes() {
    let file = json!({"type": "Topology", "transform": {"scale": [0.1, 0.1], "translate": [20.0, 40.0]},
        "arcs": [[[10, 0], [0, 10]], [[10, 10], [-10, 0], [0, -10], [10, 0]], [[10, 10], [10, -10], [-10, 0]]],
        "objects": {"countries": {"type": "GeometryCollection", "geometries": [
            {"type": "Polygon", "arcs": [[0, 1]], "id": "642", "properties": {"name": "Romania"}},
            {"type": "Polygon", "arcs": [[!0i64, !2i64]], "properties": {"name": "Kosovo"}}]}}});
    let file = String::from_utf8(serde_json::to_vec(&file).unwrap()).unwrap();
    let result = build_from_topojson(file.as_bytes(), info());
    let set = BorderSet::decode(&result.unwrap()).unwrap();
    let codes: Vec<_> = set.territories().iter().map(|t| t.code.as_str()).collect();
    assert_eq!(codes, ["ROU", "XKX"]);
    assert_eq!(set.territories()[1].name, "Kosovo");
    let inside = set.containing(LonLat::new(20.5, 40.5).unwrap());
    assert_eq!(set.territory(inside[0]).code, "ROU");
}
