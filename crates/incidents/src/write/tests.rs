//! What was written is read back by a reader that is not ours, or by a slow and obvious one, and is equal.

use super::*;
use crate::check::tests::incidents;
use crate::incident::Incident;
use ::flatgeobuf::{FallibleStreamingIterator, FeatureProperties, FgbReader};
use kordon_borders::LonLat;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read};

/// The cells of a row that are known, as texts by name, without those that say where.
type Told = BTreeMap<String, String>;

fn described(incidents: Vec<Incident>) -> Vec<Described> {
    let distance = Distance {
        to: "ROU".into(),
        country: Some("ROU".into()),
        name: Some("Romania".into()),
        distance_m: Some(613.25),
        distance_low_m: Some(0.0),
        distance_high_m: Some(1_813.25),
        side: Some("uncertain".into()),
    };
    let border = Border {
        territory: vec!["UKR".into(), "MDA".into()],
        nearest_foreign: Some(distance),
        boundary: Boundary { set: "geoboundaries".into(), version: "1".into() },
        ..Border::default()
    };
    incidents.into_iter().map(|incident| Described { incident, border: border.clone() }).collect()
}

fn about() -> About {
    let mut about = About {
        question: "country=UKR; q=\"<порт> & co\"".into(),
        snapshot: Some("2-9-0-1".into()),
        matched: 7,
        border_set: "geoboundaries 1".into(),
        border_attribution: "© them".into(),
        border_licence: "CC BY 4.0".into(),
        world_view: "un".into(),
        address: Some("https://example.org/items?a=1&b=2".into()),
        ..About::default()
    };
    about.cite();
    about
}

fn shown(described: &Described) -> Shown<'_> {
    Shown { described, language: "en", snapshot: "2-9-0-1" }
}

fn written(form: &mut dyn Form, all: &[Described]) -> Vec<u8> {
    let mut out = Vec::new();
    form.begin(&mut out).unwrap();
    all.iter().for_each(|one| form.add(shown(one), &mut out).unwrap());
    form.end(&mut out).unwrap();
    out
}

fn told(described: &Described) -> Told {
    let text = |column: &Column| match column.cell(shown(described)) {
        Cell::Empty => None,
        Cell::Text(text) => Some(text.into_owned()),
        Cell::Whole(number) => Some(number.to_string()),
        Cell::Real(number) => Some(number.to_string()),
        Cell::Flag(flag) => Some(flag.to_string()),
    };
    let columns = Layout::Kordon.columns().filter(|column| !column.is_place());
    columns.filter_map(|column| Some((column.name.to_owned(), text(column)?))).collect()
}

fn degrees(places: &[LonLat]) -> Vec<[f64; 2]> {
    places.iter().map(|place| [place.lon(), place.lat()]).collect()
}

/// Everything that the flatgeobuf crate reads.
fn read_flatgeobuf(bytes: &[u8]) -> Vec<(Told, Vec<[f64; 2]>)> {
    let mut features = FgbReader::open(Cursor::new(bytes)).unwrap().select_all_seq().unwrap();
    let mut all = Vec::new();
    while let Some(feature) = features.next().unwrap() {
        let xy: Vec<f64> = feature
            .geometry()
            .and_then(|geometry| geometry.xy())
            .map(|xy| xy.iter().collect())
            .unwrap_or_default();
        let properties: HashMap<String, String> = feature.properties().unwrap();
        all.push((properties.into_iter().collect(), xy.chunks(2).map(|pair| [pair[0], pair[1]]).collect()));
    }
    all
}

fn indexed(all: &[Described]) -> Vec<u8> {
    let layer = Layer::of(all.iter().map(|one| one.incident.places.as_slice()));
    let mut form = FlatGeobuf::indexed(&about(), layer);
    let features = written(&mut form, all);
    let mut out = Vec::new();
    form.write_head(&mut out).unwrap();
    [out, features].concat()
}

fn stream(all: &[Described]) -> Vec<u8> {
    let layer = Layer::of(all.iter().map(|one| one.incident.places.as_slice()));
    written(&mut FlatGeobuf::stream(&about(), layer), all)
}

fn expected(all: &[Described]) -> Vec<(Told, Vec<[f64; 2]>)> {
    all.iter().map(|one| (told(one), degrees(&one.incident.places))).collect()
}

/// The points of well-known binary, little end first.
fn points_of_wkb(wkb: &[u8]) -> Vec<[f64; 2]> {
    let number = |at: usize| f64::from_le_bytes(wkb[at..at + 8].try_into().unwrap());
    let several = wkb[1] == 4;
    let first = if several { 9 } else { 0 };
    assert_eq!(wkb[0], 1);
    (0..(wkb.len() - first) / 21)
        .map(|at| first + at * 21 + 5)
        .map(|at| [number(at), number(at + 8)])
        .collect()
}

fn told_of_row(row: &Row) -> (Told, Vec<[f64; 2]>) {
    let (mut cells, mut places) = (Told::new(), Vec::new());
    for (name, field) in row.get_column_iter() {
        let text = match field {
            Field::Null => continue,
            Field::Group(around) if name == "bbox" => {
                assert_eq!(around.len(), 4);
                continue;
            }
            Field::Bytes(wkb) => {
                places = points_of_wkb(wkb.data());
                continue;
            }
            Field::Str(text) => text.clone(),
            Field::Long(number) => number.to_string(),
            Field::Double(number) => number.to_string(),
            Field::Bool(flag) => flag.to_string(),
            other => panic!("{other:?}"),
        };
        cells.insert(name.clone(), text);
    }
    (cells, places)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_as_flatgeobuf_is_read_back_equal(all in prop::collection::vec(incidents(), 0..40)) {
        let all = described(all);
        prop_assert_eq!(read_flatgeobuf(&stream(&all)), expected(&all));
        prop_assert_eq!(read_flatgeobuf(&indexed(&all)), expected(&all));
    }

    #[test]
    fn what_is_written_as_geoparquet_is_read_back_equal(all in prop::collection::vec(incidents(), 0..40)) {
        let all = described(all);
        let bytes = written(&mut GeoParquet::new(&about()), &all);
        let file = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let rows: Vec<_> = file.get_row_iter(None).unwrap().map(|row| told_of_row(&row.unwrap())).collect();
        prop_assert_eq!(rows, expected(&all));
    }

    #[test]
    fn a_box_finds_by_the_index_what_a_full_scan_finds(
        all in prop::collection::vec(incidents(), 1..120),
        [west, south] in [-180.0..170.0, -90.0..80.0_f64],
        [wide, high] in [0.0..300.0, 0.0..150.0_f64],
    ) {
        let mut all = described(all);
        all.sort_by_key(|one| hilbert_of(&one.incident.places));
        let bytes = indexed(&all);
        let (east, north) = (west + wide, south + high);
        let reader = FgbReader::open(Cursor::new(bytes.as_slice())).unwrap();
        let mut features = reader.select_bbox(west, south, east, north).unwrap();
        let mut found = Vec::new();
        while let Some(feature) = features.next().unwrap() {
            found.push(feature.properties().unwrap()["id"].clone());
        }
        let meets = |one: &&Described| hilbert::bbox(&one.incident.places)
            .is_some_and(|b| b[0] <= east && b[2] >= west && b[1] <= north && b[3] >= south);
        let scanned: Vec<String> = all.iter().filter(meets).map(|one| one.incident.id.to_string()).collect();
        prop_assert_eq!(found, scanned);
    }

    #[test]
    fn what_is_written_as_xml_is_well_formed_whatever_the_texts(all in prop::collection::vec(incidents(), 0..5)) {
        let all = described(all);
        let addresses = Addresses { own: "https://e.org/?a&b".into(), page: "https://e.org/p".into(), items: "https://e.org/i".into() };
        for bytes in [written(&mut Kml::new(&about()), &all), written(&mut Atom::new(&about(), addresses.clone()), &all)] {
            let text = String::from_utf8(bytes).unwrap();
            let opened = elements(&text);
            let many = opened.iter().filter(|name| ["Placemark", "entry"].contains(&name.as_str())).count();
            prop_assert_eq!(many, all.len());
        }
    }

    #[test]
    fn every_tile_is_found_again_in_its_file(
        tiles in prop::collection::btree_map(0_u64..90_000, prop::collection::vec(any::<u8>(), 1..4), 0..400),
    ) {
        assert_tiles(&tiles);
    }
}

/// The names of all elements, in order; panics where tags do not close, or a text has what XML does not allow.
fn elements(text: &str) -> Vec<String> {
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(allowed), "{text}");
    let (mut open, mut seen) = (Vec::new(), Vec::new());
    let mut rest = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    while let Some(at) = rest.find('<') {
        entities(&rest[..at]);
        let end = at + rest[at..].find('>').unwrap();
        let tag = &rest[at + 1..end];
        entities(tag);
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else {
            let name = tag.split([' ', '/']).next().unwrap().to_owned();
            seen.push(name.clone());
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    seen
}

fn entities(text: &str) {
    for part in text.split('&').skip(1) {
        assert!(
            ["amp;", "lt;", "gt;", "quot;", "#13;"].iter().any(|known| part.starts_with(known)),
            "&{part}"
        );
    }
}

fn assert_tiles(tiles: &BTreeMap<u64, Vec<u8>>) {
    let (mut archive, mut bodies) = (PmTiles::default(), Vec::new());
    for (id, tile) in tiles {
        archive.add(*id, tile, &mut bodies).unwrap();
    }
    let set = Tileset { zooms: [0, 9], bounds: [-10.0, -20.0, 30.0, 40.5], metadata: about().to_tilejson(9) };
    let mut file = Vec::new();
    archive.write_head(&set, &mut file).unwrap();
    file.extend_from_slice(&bodies);
    let archive = SlowTiles(&file);
    assert_eq!(archive.number(72), tiles.len() as u64);
    for id in (0..1_000).chain(tiles.keys().flat_map(|id| [*id, id + 1])) {
        assert_eq!(archive.tile(id).as_ref(), tiles.get(&id), "{id}");
    }
    let metadata = gunzip(&file[archive.number(24) as usize..][..archive.number(32) as usize]);
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&metadata).unwrap()["vector_layers"][0]["id"],
        "incidents"
    );
    assert_eq!(file[97..101], [2, 2, 1, 0], "compressions, kind, first zoom");
}

/// A reader of PMTiles as the standard tells it, without a thought of speed.
struct SlowTiles<'a>(&'a [u8]);

impl SlowTiles<'_> {
    fn number(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.0[at..at + 8].try_into().unwrap())
    }

    fn tile(&self, id: u64) -> Option<Vec<u8>> {
        let mut at = (self.number(8), self.number(16));
        for _ in 0..4 {
            let bytes = gunzip(&self.0[at.0 as usize..][..at.1 as usize]);
            let entries = slow_directory(&bytes);
            let [first, run, length, offset] = *entries.iter().rev().find(|entry| entry[0] <= id)?;
            if run > 0 {
                let body = &self.0[(self.number(56) + offset) as usize..][..length as usize];
                return (id < first + run).then(|| gunzip(body));
            }
            at = (self.number(40) + offset, length);
        }
        panic!("directories four deep");
    }
}

/// Entries as id, run, length, offset.
fn slow_directory(bytes: &[u8]) -> Vec<[u64; 4]> {
    let mut at = 0;
    let mut next = || {
        let (mut number, mut shift) = (0_u64, 0);
        loop {
            let byte = bytes[at];
            at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return number;
            }
        }
    };
    let count = next() as usize;
    let mut entries = vec![[0; 4]; count];
    for part in 0..4 {
        for entry in &mut entries {
            entry[part] = next();
        }
    }
    let mut before = [0; 4];
    for (number, entry) in entries.iter_mut().enumerate() {
        entry[0] += before[0];
        entry[3] = if entry[3] == 0 && number > 0 { before[3] + before[2] } else { entry[3] - 1 };
        before = *entry;
    }
    entries
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

#[test]
fn a_directory_that_is_too_long_for_the_first_request_is_cut_into_leaves() {
    // Without a pattern that gzip would see.
    let tiles: BTreeMap<u64, Vec<u8>> = (0..30_000_u64)
        .map(|n| {
            (
                n * 3 + n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 3,
                vec![0; 1 + (n.wrapping_mul(0x51_7cc1) % 7) as usize],
            )
        })
        .collect();
    assert_tiles(&tiles);
}

/// Of the table as FlatGeobuf it was said record by record, and of KML that nothing says when.
#[test]
fn a_table_of_ours_in_any_form_is_refused_once_and_says_what_to_export_instead() {
    let mut incident: Incident = serde_json::from_str(crate::check::tests::EVERY_PROPERTY).unwrap();
    incident.properties.masking = None;
    let mut all = described(vec![incident.clone(), incident]);
    for foreign in [true, false] {
        if !foreign {
            all.iter_mut().for_each(|one| one.border.nearest_foreign = None);
        }
        for (name, bytes) in [
            ("a.fgb", stream(&all)),
            ("a.fgb", indexed(&all)),
            ("a.parquet", written(&mut GeoParquet::new(&about()), &all)),
            ("a.kml", written(&mut Kml::new(&about()), &all)),
        ] {
            let options = crate::ReadOptions { file: name.into(), ..crate::ReadOptions::default() };
            let read = crate::check::tests::import(&bytes, &options);
            let fault = read.expect_err(name);
            assert!(fault.fatal && fault.to_string().contains("geojsonseq"), "{name}: {fault}");
        }
    }
}

#[test]
fn tiles_are_numbered_as_the_standard_numbers_them() {
    for (id, tile) in
        [(0, (0, 0, 0)), (1, (1, 0, 0)), (2, (1, 0, 1)), (3, (1, 1, 1)), (4, (1, 1, 0)), (5, (2, 0, 0))]
    {
        assert_eq!(tile_id(tile.0, tile.1, tile.2), id);
    }
    assert_eq!(tile_id(12, 3423, 1763), 19_078_479, "the example of the standard");
}

#[test]
fn geoparquet_says_what_it_is_where_the_standard_looks_for_it() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut all: Vec<Incident> = Vec::new();
    for _ in 0..20 {
        all.push(incidents().new_tree(&mut runner).unwrap().current());
    }
    let all = described(all);
    let bytes = written(&mut GeoParquet::new(&about()), &all);
    assert_eq!(bytes, written(&mut GeoParquet::new(&about()), &all), "the same bytes");
    let file = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let told: HashMap<String, String> = file
        .metadata()
        .file_metadata()
        .key_value_metadata()
        .unwrap()
        .iter()
        .map(|entry| (entry.key.clone(), entry.value.clone().unwrap()))
        .collect();
    let geo: serde_json::Value = serde_json::from_str(&told["geo"]).unwrap();
    assert_eq!((&geo["version"], &geo["primary_column"]), (&"1.1.0".into(), &"geometry".into()));
    let column = &geo["columns"]["geometry"];
    assert_eq!(column["covering"]["bbox"]["ymax"], serde_json::json!(["bbox", "ymax"]));
    assert_eq!(column["geometry_types"], serde_json::json!(["Point", "MultiPoint"]));
    assert!(told["kordon:citation"].contains("7 incidents") && told["kordon:licences"].contains("CC BY 4.0"));
}
