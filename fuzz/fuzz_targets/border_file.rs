//! Whatever is done to a border file, reading it is an error or a set that answers: no panic, no hang, no flood of memory.
//!
//! The input is a list of changes (`changes.rs`) to a small set that is built anew. Lengths and checksum are put right afterwards, so that the changes reach the readers of header and body. What is
//! still read must be answered as the slow twin answers it.

#![no_main]

mod changes;
#[path = "../../crates/borders/tests/made_up/mod.rs"]
mod made_up;

use std::sync::LazyLock;

use changes::change;
use kordon_borders::{BorderSet, LonLat, build_from_geojson};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

/// Magic and version; then the lengths of header and body.
const BEGIN: usize = 10;
const LENGTHS: usize = 4 + 8;
const CHECKSUM: usize = 32;

const PLACES: [(f64, f64); 5] = [(27.0, 45.0), (29.5, 45.9), (0.0, 90.0), (180.0, -90.0), (-180.0, 0.0)];

/// Neighbors with a shared edge, an overlap, and one across the antimeridian.
const SMALL: &str = r#"{"type": "FeatureCollection", "features": [
    {"properties": {"code": "QA"}, "geometry": {"type": "Polygon", "coordinates":
        [[[26, 44], [30, 45], [28, 46], [26, 44]]]}},
    {"properties": {"code": "QB"}, "geometry": {"type": "Polygon", "coordinates":
        [[[30, 45], [31, 47], [28, 46], [30, 45]], [[29, 46], [29.6, 46], [29.6, 45.8], [29, 46]]]}},
    {"properties": {"code": "QC"}, "geometry": {"type": "MultiPolygon", "coordinates":
        [[[[29, 45.5], [32, 45.5], [32, 48], [29, 45.5]]],
         [[[170, -10], [180, -10], [180, 10], [170, -10]]], [[[-180, -10], [-170, 0], [-180, 10], [-180, -10]]]]}}]}"#;

static SOUND: LazyLock<Vec<u8>> =
    LazyLock::new(|| build_from_geojson(SMALL.as_bytes(), made_up::info()).expect("it is sound"));

fuzz_target!(|changes: &[u8]| {
    let Ok(set) = BorderSet::decode(&changed(&SOUND, changes)) else { return };
    for (lon, lat) in PLACES {
        let place = LonLat::new(lon, lat).expect("a place on the globe");
        assert_eq!(*set.containing(place), set.containing_slow(place));
        set.nearest_foreign(place, f64::INFINITY);
        set.own_outline(place);
    }
    for territory in set.territories() {
        if let Some(id) = set.find(&territory.code) {
            set.polygons(id);
            set.bounds(id);
        }
    }
});

/// The file with changes to its header and its body, and with lengths and checksum that are right again.
fn changed(sound: &[u8], changes: &[u8]) -> Vec<u8> {
    let header_len = u32::from_le_bytes(sound[BEGIN..BEGIN + 4].try_into().expect("four bytes")) as usize;
    let mut header = sound[BEGIN + LENGTHS..][..header_len].to_vec();
    let mut body = sound[BEGIN + LENGTHS + header_len..sound.len() - CHECKSUM].to_vec();
    for one in changes.chunks_exact(4) {
        change(if one[2] >= 224 { &mut header } else { &mut body }, one);
    }
    let mut file = sound[..BEGIN].to_vec();
    file.extend((header.len() as u32).to_le_bytes());
    file.extend((body.len() as u64).to_le_bytes());
    file.extend(header);
    file.extend(body);
    let sum = Sha256::digest(&file);
    file.extend(sum);
    file
}
