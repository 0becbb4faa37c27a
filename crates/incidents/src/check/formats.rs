//! The same incident in every format that is read, packed and unpacked; and what is refused of them.

use super::tests::import;
use crate::*;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use serde_json::{Value, json};
use std::io::{Cursor, Write};

fn options(file: &str) -> ReadOptions {
    ReadOptions { file: file.into(), source: Some("s".into()), ..ReadOptions::default() }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zip archive of these files, each stored or deflated by turns.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (number, (name, bytes)) in files.iter().enumerate() {
        let mut sum = flate2::Crc::new();
        sum.update(bytes);
        let (method, packed) = if number % 2 == 0 {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).unwrap();
            (8_u16, encoder.finish().unwrap())
        } else {
            (0_u16, bytes.to_vec())
        };
        let mut common = Vec::new();
        common.extend_from_slice(&20_u16.to_le_bytes());
        common.extend_from_slice(&0_u16.to_le_bytes());
        common.extend_from_slice(&method.to_le_bytes());
        common.extend_from_slice(&[0; 4]);
        common.extend_from_slice(&sum.sum().to_le_bytes());
        common.extend_from_slice(&(packed.len() as u32).to_le_bytes());
        common.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        common.extend_from_slice(&(name.len() as u16).to_le_bytes());
        common.extend_from_slice(&0_u16.to_le_bytes());
        let at = out.len() as u32;
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&common);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&packed);
        directory.extend_from_slice(b"PK\x01\x02");
        directory.extend_from_slice(&20_u16.to_le_bytes());
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&at.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let (at, count) = (out.len() as u32, files.len() as u16);
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    out.extend_from_slice(&at.to_le_bytes());
    out.extend_from_slice(&0_u16.to_le_bytes());
    out
}

/// A workbook with this sheet, shared texts "Порт" and a format for days.
pub(crate) fn workbook(rows: &str) -> Vec<u8> {
    let sheet =
        format!(r#"<?xml version="1.0"?><worksheet xmlns="x"><sheetData>{rows}</sheetData></worksheet>"#);
    zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/workbook.xml", br#"<workbook xmlns:r="r"><sheets><sheet name="hidden" state="hidden" r:id="rId9"/><sheet name="a" r:id="rId1"/></sheets></workbook>"#),
        ("xl/_rels/workbook.xml.rels", br#"<Relationships><Relationship Id="rId1" Target="worksheets/first.xml"/></Relationships>"#),
        ("xl/sharedStrings.xml", "<sst><si><t>title</t></si><si><r><t>По</t></r><r><t>рт</t></r><rPh><t>x</t></rPh></si></sst>".as_bytes()),
        ("xl/styles.xml", br#"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd\.mm\.yyyy"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="22"/></cellXfs></styleSheet>"#),
        ("xl/worksheets/first.xml", sheet.as_bytes()),
    ])
}

const SHEET: &str = r#"<row r="2"><c r="A2" t="inlineStr"><is><t>id</t></is></c><c r="B2" t="str"><v>lon</v></c><c r="C2" t="str"><v>lat</v></c><c r="D2" t="str"><v>date</v></c><c r="E2" t="s"><v>0</v></c><c r="F2" t="str"><v>deaths</v></c></row>
<row r="4"><c r="A4"><v>7</v></c><c r="B4"><v>28.84</v></c><c r="C4"><v>45.335</v></c><c r="D4" s="1"><v>45807</v></c><c r="E4" t="s"><v>1</v></c></row>"#;

const KML: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>Strikes</name><Folder><name>May &amp; June</name>
<Placemark id="7"><name>Порт</name><description><![CDATA[Two <b>warehouses</b>]]></description>
<TimeStamp><when>2025-05-30</when></TimeStamp><ExtendedData><Data name="crew"><value>4</value></Data></ExtendedData>
<Point><coordinates> 28.84,45.335,12 </coordinates></Point></Placemark></Folder></Document></kml>"##;

const GPX: &str = r#"<gpx version="1.1"><wpt lat="45.335" lon="28.84"><ele>12</ele><time>2025-05-30T10:00:00Z</time><name>Порт</name><link href="https://example.org/a"/></wpt></gpx>"#;

const CSV: &str = "id,lon,lat,date,title\n7,28.84,45.335,2025-05-30,Порт\n";

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
            "Date: 30 MAY 2025<br>Seen at https://example.org/v and https://example.org/w",
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
    assert_eq!(faults[0].line, 3, "{}", faults[0]);
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
fn a_record_that_never_ends_is_refused_before_memory_is() {
    let text = format!("<kml><Placemark><name>{}</name></Placemark></kml>", "x".repeat(9 << 20));
    assert!(import(text.as_bytes(), &options("a.kml")).unwrap_err().problem.contains("longer than"));
    let sheet = format!(r#"<row r="1"><c r="A1" t="str"><v>{}</v></c></row>"#, "x".repeat(9 << 20));
    assert!(import(&workbook(&sheet), &options("a.xlsx")).unwrap_err().problem.contains("longer than"));
}

#[test]
fn columns_and_features_of_binary_files_are_read() {
    let incident = one("a.fgb", &flatgeobuf_file());
    assert_eq!((incident.title_in("en"), incident.properties.deaths_best), ("Порт", Some(2)));
    assert_eq!(incident.places[0].lon(), 28.84);
    for wkb in [true, false] {
        let incident = one("a.parquet", &parquet_file(wkb));
        assert_eq!((incident.title_in("en"), incident.places[0].lat()), ("Порт", 45.335), "{wkb}");
        assert_eq!(incident.properties.date_start.as_str(), "2025-05-30");
    }
}

/// Made by the crate that the format's authors wrote.
pub(crate) fn flatgeobuf_file() -> Vec<u8> {
    use flatgeobuf::{ColumnType, FgbWriter, GeometryType, geozero};
    use geozero::{ColumnValue, PropertyProcessor};
    let mut writer = FgbWriter::create("a", GeometryType::Point).unwrap();
    writer.add_column("title", ColumnType::String, |_, _| {});
    writer.add_column("date", ColumnType::DateTime, |_, _| {});
    writer.add_column("deaths", ColumnType::Int, |_, _| {});
    struct Port;
    impl geozero::GeozeroGeometry for Port {
        fn process_geom<P: geozero::GeomProcessor>(&self, to: &mut P) -> geozero::error::Result<()> {
            to.point_begin(0)?;
            to.xy(28.84, 45.335, 0)?;
            to.point_end(0)
        }
    }
    let added = writer.add_feature_geom(Port, |feature| {
        feature.property(0, "title", &ColumnValue::String("Порт")).unwrap();
        feature.property(1, "date", &ColumnValue::DateTime("2025-05-30")).unwrap();
        feature.property(2, "deaths", &ColumnValue::Int(2)).unwrap();
    });
    added.unwrap();
    let mut bytes = Vec::new();
    writer.write(&mut bytes).unwrap();
    bytes
}

/// One row, its place as WKB described by `geo`, or in two columns.
pub(crate) fn parquet_file(wkb: bool) -> Vec<u8> {
    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type};
    use parquet::file::metadata::KeyValue;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    let place = if wkb { "required binary geometry;" } else { "required double lon; required double lat;" };
    let schema = format!("message a {{ optional binary title (UTF8); optional int32 date (DATE); {place} }}");
    let schema = parquet::schema::parser::parse_message_type(&schema).unwrap();
    let geo = r#"{"version":"1.1.0","primary_column":"geometry","columns":{"geometry":{"encoding":"WKB","geometry_types":["Point"]}}}"#;
    let metadata = wkb.then(|| vec![KeyValue::new("geo".to_owned(), geo.to_owned())]);
    let properties = WriterProperties::builder().set_key_value_metadata(metadata).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema.into(), properties.into()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut at = 0;
    while let Some(mut column) = group.next_column().unwrap() {
        match (at, wkb) {
            (0, _) => {
                _ = column
                    .typed::<ByteArrayType>()
                    .write_batch(&[ByteArray::from("Порт")], Some(&[1]), None)
                    .unwrap()
            }
            (1, _) => _ = column.typed::<Int32Type>().write_batch(&[20_238], Some(&[1]), None).unwrap(),
            (_, true) => {
                let mut point = vec![1, 1, 0, 0, 0];
                point.extend_from_slice(&28.84_f64.to_le_bytes());
                point.extend_from_slice(&45.335_f64.to_le_bytes());
                _ = column
                    .typed::<ByteArrayType>()
                    .write_batch(&[ByteArray::from(point)], None, None)
                    .unwrap();
            }
            (at, false) => {
                let degrees = if at == 2 { 28.84 } else { 45.335 };
                _ = column.typed::<DoubleType>().write_batch(&[degrees], None, None).unwrap();
            }
        }
        column.close().unwrap();
        at += 1;
    }
    group.close().unwrap();
    writer.into_inner().unwrap()
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
