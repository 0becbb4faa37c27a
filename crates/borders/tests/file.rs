//! A border file that is not as it was written is an error that says so; never a panic, never a wrong answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop there")]

mod made_up; // A set of our own.

use kordon_borders::{
    BadSet, BorderSet, BuildError, Kind, LonLat, Reading, Summary, build_from_geojson, build_from_topojson,
};
use made_up::{Places, info};
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
    let mut older = sound.clone();
    older[8] = 0;
    assert!(matches!(why(&older), BadSet::Older { found: 0, known: 1 }));
    assert!(why(&older).to_string().contains("build the file again"));
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

/// Who writes a file with the right checksum and wrong content gets an error or some answer, but no panic; and what is
/// read of it is answered as the slow twins answer.
#[test]
fn wrong_content_with_the_right_checksum_does_not_panic() {
    let sound = small();
    let mut random = Places(7);
    let mut read = 0;
    for _ in 0..6_000 {
        let mut parts = Parts::of(&sound);
        for _ in 0..=random.below(3) {
            parts.damage(&mut random);
        }
        let Ok(set) = BorderSet::decode(&parts.sealed()) else { continue };
        read += 1;
        for place in [at(27.0, 45.0), at(0.0, 90.0), at(180.0, -90.0), random.anywhere()] {
            assert_eq!(*set.containing(place), set.containing_slow(place), "{place:?} in {parts:?}");
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
    assert!(read > 300, "only {read} of the damaged files reached the indexes");
}

fn at(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

/// A file in its parts, so that lengths and checksum can be told anew after the header or the body was damaged.
#[derive(Debug)]
struct Parts {
    magic: Vec<u8>,
    header: Vec<u8>,
    body: Vec<u8>,
}

impl Parts {
    fn of(file: &[u8]) -> Self {
        let (magic, rest) = file.split_at(10);
        let header_len = u32::from_le_bytes(rest[..4].try_into().unwrap()) as usize;
        let (header, rest) = rest[12..].split_at(header_len);
        Self { magic: magic.into(), header: header.into(), body: rest[..rest.len() - 32].into() }
    }

    fn sealed(&self) -> Vec<u8> {
        let mut file = self.magic.clone();
        file.extend((self.header.len() as u32).to_le_bytes());
        file.extend((self.body.len() as u64).to_le_bytes());
        file.extend(&self.header);
        file.extend(&self.body);
        let sum = Sha256::digest(&file);
        file.extend(sum);
        file
    }

    /// Overwrites, flips, cuts out or doubles some bytes, of the body mostly.
    fn damage(&mut self, random: &mut Places) {
        let part = if random.below(6) == 0 { &mut self.header } else { &mut self.body };
        if part.is_empty() {
            return;
        }
        let from = random.below(part.len());
        let to = (from + 1 + random.below(6)).min(part.len());
        match random.below(6) {
            0 => part[from] = random.below(256) as u8,
            1 => part[from] ^= 1 << random.below(8),
            // A count or a coordinate that is off by a little stays a number that can be believed.
            2 => part[from] = part[from].wrapping_add(2),
            3 => part[from] = part[random.below(part.len())],
            4 => drop(part.drain(from..to)),
            _ => {
                let again = part[from..to].to_vec();
                part.splice(to..to, again);
            }
        }
    }
}

/// A short file cannot make the reader promise itself much memory, or the indexes much work: edges half round the globe
/// are in every column of the table.
#[test]
fn a_file_of_edges_that_go_round_the_globe_is_refused() {
    let mut parts = Parts::of(&small());
    let mut header: serde_json::Value = serde_json::from_slice(&parts.header).unwrap();
    let positions = 200_000u32;
    header["arcs"] = json!(1);
    header["positions"] = json!(positions);
    parts.header = serde_json::to_vec(&header).unwrap();
    let varint = |mut value: u64| {
        let mut bytes = Vec::new();
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    };
    // Sides 0 and 1, on land, in no stretch, to and fro between 0 and 179 degrees.
    parts.body = [vec![0, 1, 0, 0], varint(positions.into()), vec![0, 0]].concat();
    for i in 1..positions {
        parts.body.extend(varint(2 * 1_790_000_000 - u64::from(i % 2 == 0)));
        parts.body.push(0);
    }
    parts.body.extend([0, 0]);
    assert_eq!(why(&parts.sealed()), BadSet::Malformed("its edges go round the globe too often"));
}

#[test]
fn what_cannot_be_a_territory_is_named() {
    let ring = |points: serde_json::Value| build(json!({"type": "Polygon", "coordinates": [points]}));
    let says = |built: Result<Vec<u8>, BuildError>| built.unwrap_err().to_string();
    assert_eq!(
        says(ring(json!([[0, 0], [1, 0], [1, 1]]))),
        "feature 0 (ROU), polygon 0, ring 0 is not closed: it begins at [0.0, 0.0] and ends at [1.0, 1.0]. A ring repeats its \
         first position at its end (RFC 7946 §3.1.6)"
    );
    assert_eq!(
        says(ring(json!([[0, 0], [1, 190], [1, 1], [0, 0]]))),
        "feature 0 (ROU), polygon 0, ring 0: the position [1, 190] is off the globe"
    );
    assert_eq!(
        says(ring(json!([[-5, 172], [1, 1], [-5, 172]]))),
        "feature 0 (ROU), polygon 0, ring 0: the position [-5, 172] is off the globe: longitude comes first, as in GeoJSON; \
         these look exchanged"
    );
    let short = says(ring(json!([[0, 0], [1], [1, 1], [0, 0]])));
    assert!(short.starts_with("feature 0 (ROU): its coordinates are not those of a Polygon: "), "{short}");
    let line = says(build(json!({"type": "LineString", "coordinates": [[0, 0], [1, 1]]})));
    assert!(
        line.starts_with("feature 0 (ROU): a LineString has no inside; a territory is a Polygon"),
        "{line}"
    );
    let nameless = br#"{"features": [{"properties": {}, "geometry": null}]}"#;
    assert!(matches!(build_from_geojson(nameless, info()), Err(BuildError::NoCode { index: 0, .. })));
    let landless = br#"{"features": [{"id": "ROU", "properties": {}, "geometry": null}]}"#;
    assert!(matches!(build_from_geojson(landless, info()), Err(BuildError::Empty)));
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

#[test]
fn a_property_may_be_named_that_holds_the_code() {
    let square = json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]});
    let file = json!({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"pcode": 5101, "name": "Odeskyi", "sovereign": "UKR"}, "geometry": square}]});
    let file = serde_json::to_vec(&file).unwrap();
    let by_pcode = Reading { code: Some("pcode".into()), outer: Kind::Maritime };
    let set = BorderSet::decode(&by_pcode.build(&file, info()).unwrap()).unwrap();
    let raion = &set.territories()[0];
    assert_eq!((&*raion.code, &*raion.name, &*raion.sovereign), ("5101", "Odeskyi", "UKR"));
    assert!(set.arcs().all(|arc| arc.kind == Kind::Maritime));
    let by_other = Reading { code: Some("iso".into()), ..Reading::default() };
    let why = by_other.build(&file, info()).unwrap_err().to_string();
    assert!(why.contains("none of the properties iso, and no id"), "{why}");
}

#[test]
fn a_file_is_told_by_its_beginning() {
    let sound = small();
    let summary = Summary::read(&sound[..]).unwrap();
    assert_eq!((summary.info, summary.territories), (info(), 2));
    assert!(Summary::read(&sound[..40]).is_err());
    assert_eq!(Summary::read(&b"PK"[..]).unwrap_err(), BadSet::NotABorderSet);
}
