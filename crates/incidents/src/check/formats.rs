//! The same incident in every format that is read, packed and unpacked; and what is refused of them.

use super::sound::{
    CSV, GPX, KML, SHEET, flatgeobuf_file, flatgeobuf_in, gzip, parquet_dated, parquet_file, workbook, zip,
};
use super::tests::import;
use crate::*;
use serde_json::{Value, json};
use std::io::Cursor;

fn options(file: &str) -> ReadOptions {
    ReadOptions { file: file.into(), source: Some("s".into()), ..ReadOptions::default() }
}

fn one(file: &str, bytes: &[u8]) -> Incident {
    let (good, faults) = import(bytes, &options(file)).unwrap_or_else(|fault| panic!("{file}: {fault}"));
    assert_eq!(faults, [], "{file}");
    assert_eq!(good.len(), 1, "{file}");
    // From a file it is the same as from a stream.
    let mut reader = read_file(Cursor::new(bytes.to_vec()), &options(file)).unwrap();
    let report = reader.next().unwrap().unwrap();
    assert_eq!(check(&report, &mut || good[0].incident.id).unwrap().incident, good[0].incident, "{file}");
    assert!(reader.next().is_none());
    good.into_iter().next().unwrap().incident
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

#[test]
fn one_incident_is_the_same_in_every_format() {
    for (file, bytes) in [
        ("a.csv", CSV.as_bytes().to_vec()),
        ("a.csv.gz", gzip(CSV.as_bytes())),
        ("a.csv", utf16(CSV, true)),
        ("a.csv", utf16(CSV, false)),
        ("a.csv.gz", gzip(&utf16(CSV, true))),
        (
            "a.zip",
            zip(&[("readme.md", b"no report"), ("__MACOSX/b.csv", b"no"), ("in/b.csv", CSV.as_bytes())]),
        ),
        ("a.zip", zip(&[("b.csv.gz", &gzip(CSV.as_bytes()))])),
        ("a.xlsx", workbook(SHEET)),
        ("a.zip", zip(&[("b.xlsx", &workbook(SHEET))])),
        ("a.kml", KML.as_bytes().to_vec()),
        ("a.kmz", zip(&[("doc.kml", KML.as_bytes())])),
        ("a.kml", utf16(&KML.replace("UTF-8", "UTF-16"), true)),
        ("a.gpx", GPX.as_bytes().to_vec()),
    ] {
        let incident = one(file, &bytes);
        assert_eq!(incident.places, [kordon_borders::LonLat::new(28.84, 45.335).unwrap()], "{file}");
        assert!(incident.properties.date_start.as_str().starts_with("2025-05-30"), "{file}");
        assert_eq!(incident.title_in("en"), "Порт", "{file}");
        if !file.ends_with("gpx") {
            assert_eq!(incident.properties.same_as, ["s:7"], "{file}");
        }
    }
}

#[test]
fn a_placemark_keeps_its_folder_height_and_data() {
    let incident = one("a.kml", KML.as_bytes());
    let p = &incident.properties;
    assert_eq!(p.description.as_ref().unwrap().in_language("en"), "Two <b>warehouses</b>");
    assert_eq!(
        json!(p.extra),
        json!({"coordinate_z": 12.0, "crew": "4", "kml_document": "Strikes", "kml_folder": "May & June"})
    );
    let incident = one("a.gpx", GPX.as_bytes());
    assert_eq!(incident.properties.sources[0].url.as_deref(), Some("https://example.org/a"));
}

#[test]
fn a_placemark_of_geoconfirmed_is_known_by_its_document() {
    let text = KML
        .replace("<name>Strikes</name>", "<name>GeoConfirmed Ukraine</name>")
        .replace("<TimeStamp><when>2025-05-30</when></TimeStamp>", "")
        .replace(
            "Two <b>warehouses</b>",
            "Date: 30 MAY 2025<br>Seen at https://example.org/v and https://example.org/w<br>Source: them",
        );
    let incident = one("g.kml", text.as_bytes());
    let p = &incident.properties;
    assert_eq!(
        (p.date_start.as_str(), p.location_method),
        ("2025-05-30", Some(LocationMethod::SatelliteMatch))
    );
    assert_eq!(p.event_type_source.as_deref(), Some("May & June"));
    let urls: Vec<_> = p.sources.iter().filter_map(|source| source.url.as_deref()).collect();
    assert_eq!(urls, ["https://example.org/v", "https://example.org/w"]);
}

#[test]
fn faults_in_sheets_and_placemarks_name_their_line() {
    let sheet = SHEET.replace("<v>45.335</v>", "<v>145.335</v>");
    let (_, faults) = import(&workbook(&sheet), &options("a.xlsx")).unwrap();
    assert_eq!((faults[0].line, faults[0].column), (4, 2), "{}", faults[0]);
    let text = KML.replace("45.335", "145.335");
    let (_, faults) = import(text.as_bytes(), &options("a.kml")).unwrap();
    assert_eq!(faults[0].line, 5, "{}", faults[0]);
    for (shape, says) in [
        ("<Polygon/>", "Polygon"),
        ("<LineString/>", "LineString"),
        ("<Point><coordinates>x,45</coordinates></Point>", "a number"),
    ] {
        let (from, to) = (text.find("<Point>").unwrap(), text.find("</Placemark>").unwrap());
        let text = format!("{}{shape}{}", &text[..from], &text[to..]);
        let (_, faults) = import(text.as_bytes(), &options("a.kml")).unwrap();
        assert!(faults[0].to_string().contains(says), "{}", faults[0]);
    }
    let track = GPX.replace("wpt", "trk");
    assert!(import(track.as_bytes(), &options("a.gpx")).unwrap().1[0].problem.contains("Track"));
}

#[test]
fn faults_in_placemarks_and_waypoints_name_the_element_and_where_it_begins() {
    let place = |file: &str, text: &str| {
        let (_, faults) = import(text.as_bytes(), &options(file)).unwrap();
        let Fault { line, column, field, .. } = &faults[0];
        (*line, *column, field.as_deref().unwrap_or_default().to_owned())
    };
    // The name has fewer characters than bytes.
    let kml = KML.replace("Порт</name>", "Порт</name><TimeStamp>\n  <when>1527</when></TimeStamp>");
    assert_eq!(place("a.kml", &kml), (4, 3, "when".into()));
    let kml = KML.replace("45.335", "145.335");
    let line = kml.lines().nth(4).unwrap();
    let column = line[..line.find("<coordinates>").unwrap()].chars().count() + 1;
    assert_eq!(place("a.kml", &kml), (5, column, "coordinates".into()));
    let kml = KML.replace("\"crew\"><value>4", "\"deaths\"><value>many");
    let line = kml.lines().nth(3).unwrap();
    let column = line[..line.find("<value>").unwrap()].chars().count() + 1;
    assert_eq!(place("a.kml", &kml), (4, column, "deaths".into()));
    let kml = KML.replace("<when>2025-05-30</when>", "");
    assert_eq!(
        place("a.kml", &kml),
        (3, 1, "date_start".into()),
        "what is missing is missed where the placemark begins"
    );
    let gpx = GPX.replace("<time>", "\n\t<time>").replace("2025-05-30T", "1527-05-30T");
    assert_eq!(place("a.gpx", &gpx), (2, 2, "time".into()));
    let gpx = GPX.replace("<wpt lat=\"45.335\"", "\n<!-- é --><wpt lat=\"x\"");
    assert_eq!(place("a.gpx", &gpx), (2, 11, "wpt".into()));
    // What is put together from something else has no columns.
    let at = flatgeobuf_file().windows(4).position(|part| part == b"2025").unwrap();
    let mut bytes = flatgeobuf_file();
    bytes[at..at + 4].copy_from_slice(b"1527");
    let (_, faults) = import(&bytes, &options("a.fgb")).unwrap();
    assert_eq!((faults[0].line, faults[0].column, faults[0].field.as_deref()), (1, 1, Some("date")));
}

#[test]
fn a_sheet_is_read_as_it_shows() {
    let cells = r#"<c r="B4"><v>28.84</v></c><c r="C4"><v>45.335</v></c><c r="D4" s="2"><v>45807.597222222219</v></c><c r="E4" t="b"><v>1</v></c><c r="F4" t="e"><v>#N/A</v></c>"#;
    let rows = format!("{}<row r=\"5\">{cells}</row>", &SHEET[..SHEET.find("<row r=\"4\"").unwrap()]);
    let (good, faults) = import(&workbook(&rows.replace("B4", "B5")), &options("a.xlsx")).unwrap();
    assert_eq!(faults, []);
    let p = &good[0].incident.properties;
    assert_eq!((p.date_start.as_str(), &p.extra["date"]), ("2025-05-30", &json!("2025-05-30 14:20:00")));
    assert_eq!((good[0].incident.title_in("en"), p.deaths_best, good[0].line), ("true", None, 5));
}

#[test]
fn archives_that_are_broken_or_bombs_are_refused() {
    let csv = gzip(CSV.as_bytes());
    let sound = zip(&[("a.csv", CSV.as_bytes())]);
    let mut flipped = sound.clone();
    flipped[45] ^= 0x10;
    let zeros = vec![b' '; 66 << 20];
    let mut doctype = KML.to_owned();
    doctype.insert_str(doctype.find("<kml").unwrap(), "<!DOCTYPE x [<!ENTITY a \"b\">]>");
    let four = (0..4).fold(CSV.as_bytes().to_vec(), |bytes, _| gzip(&bytes));
    for (bytes, says) in [
        (csv[..csv.len() - 9].to_vec(), "gzip"),
        (vec![0x1f, 0x8b, 8, 0], "gzip"),
        (flipped, ""),
        (sound[..sound.len() - 30].to_vec(), "directory"),
        (zip(&[("a.doc", b"x")]), "no file of a known kind"),
        (zip(&[("a.shp", b"x"), ("a.dbf", b"x")]), "ogr2ogr"),
        (gzip(&zeros), "200 times"),
        (zip(&[("a.csv", &zeros)]), "200 times"),
        (four, "three times"),
        (doctype.into_bytes(), "document type"),
        (KML.replace("&amp;", "&evil;").into_bytes(), "entity"),
        (KML.replace("</Placemark>", "").into_bytes(), "broken"),
        (KML.as_bytes()[..KML.len() - 40].to_vec(), ""),
        (b"<html><body>no</body></html>".to_vec(), "root \"html\""),
        (format!("<kml>{}", "<a>".repeat(100)).into_bytes(), "64 levels"),
        (b"fgb\x03fgb\0\xff\xff\xff\xff".to_vec(), "longer than"),
        (b"fgb\x03fgb\0\x08\0\0\0aaaaaaaa".to_vec(), "damaged"),
        (b"PAR1xxxxxxxxPAR1".to_vec(), "cannot be read"),
    ] {
        for from_file in [false, true] {
            let fault = if from_file {
                let read = read_file(Cursor::new(bytes.clone()), &options("x"));
                read.and_then(|reader| reader.collect::<Result<Vec<_>, _>>()).err()
            } else {
                import(&bytes, &options("x")).err()
            };
            let fault = fault.unwrap_or_else(|| panic!("{says} was taken"));
            assert!(fault.fatal && fault.line > 0 && fault.to_string().contains(says), "{says}: {fault}");
        }
    }
}

#[test]
fn a_file_of_a_kind_that_is_not_read_is_called_what_it_is() {
    let utf16 = |little| utf16("id,Дата,місце\n", little)[2..].to_vec();
    for (file, bytes, says) in [
        ("harbour.gpkg", b"SQLite format 3\0xxxxxxxxxxxx".to_vec(), "harbour.geojson harbour.gpkg"),
        ("harbour", b"SQLite format 3\0xxxxxxxxxxxx".to_vec(), "a GeoPackage"),
        ("in/a b.shp", b"\0\0\x27\x0a\0\0\0\0\0\0".to_vec(), "FILE.geojson FILE.shp"),
        ("harbour.DBF", b"\x03\x7a\x05\x1e\x02\0\0\0".to_vec(), "the table of a Shapefile"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "save it as .xlsx"),
        ("a.pmtiles", b"PMTiles\x03xxxxxxxx".to_vec(), "PMTiles"),
        ("a.csv", utf16(true), "iconv -f UTF-16LE"),
        ("a.csv", utf16(false), "iconv -f UTF-16BE"),
        ("a.csv.gz", gzip(&utf16(true)), "UTF-16 without the mark"),
    ] {
        let read = read_file(Cursor::new(bytes.clone()), &options(file)).err().unwrap();
        for fault in [import(&bytes, &options(file)).unwrap_err(), read] {
            assert!(fault.fatal && fault.to_string().contains(says), "{file}: {fault}");
        }
    }
}

#[test]
fn a_record_that_never_ends_is_refused_before_memory_is() {
    let text = format!("<kml><Placemark><name>{}</name></Placemark></kml>", "x".repeat(9 << 20));
    assert!(import(text.as_bytes(), &options("a.kml")).unwrap_err().problem.contains("longer than"));
    let sheet = format!(r#"<row r="1"><c r="A1" t="str"><v>{}</v></c></row>"#, "x".repeat(9 << 20));
    assert!(import(&workbook(&sheet), &options("a.xlsx")).unwrap_err().problem.contains("longer than"));
}

#[test]
fn a_cell_of_many_parts_is_no_longer_than_a_record_may_be() {
    // The parts were measured one by one, so a packed workbook of some megabytes took all memory.
    let parts = format!("<t>{}</t>", "x".repeat(60)).repeat(100);
    let cell = format!(r#"<c r="E5" t="inlineStr"><is>{parts}</is></c>"#);
    let rows = format!(
        r#"{SHEET}<row r="5"><c r="B5"><v>28</v></c><c r="C5"><v>45</v></c><c r="D5"><v>2025</v></c>{cell}</row>"#
    );
    let within = |record_bytes| ReadOptions { record_bytes, ..options("a.xlsx") };
    assert_eq!(import(&workbook(&rows), &within(8_000)).unwrap().0.len(), 2);
    let fault = import(&workbook(&rows), &within(5_000)).unwrap_err();
    assert!(fault.fatal && fault.line == 5 && fault.to_string().contains("a text longer than"), "{fault}");
}

#[test]
fn columns_and_features_of_binary_files_are_read() {
    let incident = one("a.fgb", &flatgeobuf_file());
    assert_eq!((incident.title_in("en"), incident.properties.deaths_best), ("Порт", Some(2)));
    assert_eq!(incident.places[0].lon(), 28.84);
    for code in [4326, 4979] {
        assert_eq!(one("a.fgb", &flatgeobuf_in(code)).places[0].lon(), 28.84, "{code}");
    }
    let fault = import(&flatgeobuf_in(3857), &options("a.fgb")).unwrap_err();
    assert!(fault.to_string().contains("in another reference system"), "{fault}");
    for wkb in [true, false] {
        let incident = one("a.parquet", &parquet_file(wkb));
        assert_eq!((incident.title_in("en"), incident.places[0].lat()), ("Порт", 45.335), "{wkb}");
        assert_eq!(incident.properties.date_start.as_str(), "2025-05-30");
    }
    // A time of which nobody knows the offset is not taken for one in UTC.
    for (column, date) in [
        ("int64 date (TIMESTAMP(MILLIS,true))", "2025-05-30T10:20:00Z"),
        ("int64 date (TIMESTAMP(MILLIS,false))", "2025-05-30"),
    ] {
        let incident = one("a.parquet", &parquet_dated(true, column, 1_748_600_400));
        assert_eq!(incident.properties.date_start.as_str(), date, "{column}");
    }
}

#[test]
fn what_an_archive_holds_besides_is_told() {
    let bytes =
        zip(&[("notes\u{1b}[2J.doc", b"x"), ("__MACOSX/b", b"no"), ("in/", b""), ("b.csv", CSV.as_bytes())]);
    let options = options("a.zip");
    for reader in [read(&bytes[..], &options), read_file(Cursor::new(bytes.clone()), &options)] {
        let told: Vec<String> = reader.unwrap().passed_over().iter().map(ToString::to_string).collect();
        assert_eq!(told, ["a.zip/notes\\u{1b}[2J.doc:1:1: is of no kind that is read, and was passed over"]);
    }
}

#[test]
fn the_document_of_a_kmz_is_named_by_the_kmz() {
    let name = |file: &str| {
        let options = ReadOptions { source: None, ..options(file) };
        let (good, _) = import(&zip(&[("doc.kml", KML.as_bytes())]), &options).unwrap();
        good[0].incident.properties.same_as[0].clone()
    };
    assert_eq!((name("may.kmz").as_str(), name("june.kmz").as_str()), ("may:7", "june:7"));
    assert_eq!(name("may.zip"), "doc:7", "a file in an archive of any other kind has its own name");
}

#[test]
fn lines_may_be_plain_objects_as_lists_may() {
    let lines = "{\"id\":\"7\",\"date\":\"2025-05-30\",\"title\":\"Порт\",\"lat\":45.335,\"lon\":28.84,\"type\":\"strike\"}\n";
    let incident = one("a.ndjson", lines.as_bytes());
    assert_eq!((incident.title_in("en"), incident.places[0].lat()), ("Порт", 45.335));
    let bare = "{\"type\":\"Point\",\"coordinates\":[28.84,45.335]}\n";
    let (_, faults) = import(bare.as_bytes(), &options("a.ndjson")).unwrap();
    assert!(faults[0].to_string().contains("wrap a geometry"), "{}", faults[0]);
}

#[test]
fn a_binary_export_of_ours_is_refused_as_its_table_is() {
    let text = r#"{"type":"Feature","geometry":null,"properties":{"title":"x","date_start":"2025","location":"Reni","border_set":"a","foreign_distance_m":1}}"#;
    let fault = super::tests::checked(text).unwrap_err();
    assert!(fault[0].to_string().contains("that Kordon exported"), "{}", fault[0]);
}

#[test]
fn a_bare_geometry_says_how_to_wrap_it() {
    let fault =
        import(br#"{"type":"Point","coordinates":[28.84,45.335]}"#, &options("a.geojson")).unwrap_err();
    assert!(
        fault.to_string().contains("bare geometry") && fault.to_string().contains("\"type\":\"Feature\""),
        "{fault}"
    );
    let value: Value = serde_json::from_str(r#"{"type":"GeometryCollection","geometries":[]}"#).unwrap();
    let fault = import(value.to_string().as_bytes(), &options("a.geojson")).unwrap_err();
    assert!(fault.to_string().contains("bare geometry"), "{fault}");
}
