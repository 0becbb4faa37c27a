//! Sound files of the packed and the binary formats, made by other hands than those that read them; for tests, and for the
//! targets of `fuzz/`, which include this file.

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use std::io::Write;

pub(crate) const SHEET: &str = r#"<row r="2"><c r="A2" t="inlineStr"><is><t>id</t></is></c><c r="B2" t="str"><v>lon</v></c><c r="C2" t="str"><v>lat</v></c><c r="D2" t="str"><v>date</v></c><c r="E2" t="s"><v>0</v></c><c r="F2" t="str"><v>deaths</v></c></row>
<row r="4"><c r="A4"><v>7</v></c><c r="B4"><v>28.84</v></c><c r="C4"><v>45.335</v></c><c r="D4" s="1"><v>45807</v></c><c r="E4" t="s"><v>1</v></c></row>"#;

pub(crate) const KML: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>Strikes</name><Folder><name>May &amp; June</name>
<Placemark id="7"><name>Порт</name><description><![CDATA[Two <b>warehouses</b>]]></description>
<TimeStamp><when>2025-05-30</when></TimeStamp><ExtendedData><Data name="crew"><value>4</value></Data></ExtendedData>
<Point><coordinates> 28.84,45.335,12 </coordinates></Point></Placemark></Folder></Document></kml>"##;

pub(crate) const GPX: &str = r#"<gpx version="1.1"><wpt lat="45.335" lon="28.84"><ele>12</ele><time>2025-05-30T10:00:00Z</time><name>Порт</name><link href="https://example.org/a"/></wpt></gpx>"#;

pub(crate) const CSV: &str = "id,lon,lat,date,title\n7,28.84,45.335,2025-05-30,Порт\n";

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
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
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
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
    let parts = workbook_parts(rows);
    zip(&parts.iter().map(|(name, part)| (*name, part.as_slice())).collect::<Vec<_>>())
}

/// The files that a workbook is packed of.
pub(crate) fn workbook_parts(rows: &str) -> Vec<(&'static str, Vec<u8>)> {
    let sheet =
        format!(r#"<?xml version="1.0"?><worksheet xmlns="x"><sheetData>{rows}</sheetData></worksheet>"#);
    let parts = [
        ("[Content_Types].xml", "<Types/>"),
        (
            "xl/workbook.xml",
            r#"<workbook xmlns:r="r"><sheets><sheet name="hidden" state="hidden" r:id="rId9"/><sheet name="a" r:id="rId1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships><Relationship Id="rId1" Target="worksheets/first.xml"/></Relationships>"#,
        ),
        (
            "xl/sharedStrings.xml",
            "<sst><si><t>title</t></si><si><r><t>По</t></r><r><t>рт</t></r><rPh><t>x</t></rPh></si></sst>",
        ),
        (
            "xl/styles.xml",
            r#"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd\.mm\.yyyy"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="22"/></cellXfs></styleSheet>"#,
        ),
        ("xl/worksheets/first.xml", sheet.as_str()),
    ];
    parts.map(|(name, part)| (name, part.as_bytes().to_vec())).to_vec()
}

/// Made by the crate that the format's authors wrote.
pub(crate) fn flatgeobuf_file() -> Vec<u8> {
    flatgeobuf_in(0)
}

/// The same in a reference system of EPSG; 0 is none that is named.
pub(crate) fn flatgeobuf_in(code: i32) -> Vec<u8> {
    use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType, geozero};
    use geozero::{ColumnValue, PropertyProcessor};
    let options =
        FgbWriterOptions { crs: FgbCrs { code, ..FgbCrs::default() }, ..FgbWriterOptions::default() };
    let mut writer = FgbWriter::create_with_options("a", GeometryType::Point, options).unwrap();
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
    parquet_dated(wkb, "int32 date (DATE)", 20_238)
}

/// The same, with the number that its column of the date has.
pub(crate) fn parquet_dated(wkb: bool, column: &str, date: i32) -> Vec<u8> {
    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
    use parquet::file::metadata::KeyValue;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    let place = if wkb { "required binary geometry;" } else { "required double lon; required double lat;" };
    let schema = format!("message a {{ optional binary title (UTF8); optional {column}; {place} }}");
    let schema = parquet::schema::parser::parse_message_type(&schema).unwrap();
    let is_time = column.starts_with("int64");
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
            (1, _) if is_time => {
                let milliseconds = i64::from(date) * 1000;
                _ = column.typed::<Int64Type>().write_batch(&[milliseconds], Some(&[1]), None).unwrap();
            }
            (1, _) => _ = column.typed::<Int32Type>().write_batch(&[date], Some(&[1]), None).unwrap(),
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
