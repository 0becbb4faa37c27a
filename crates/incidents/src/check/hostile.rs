//! Files made to harm: thousands of mutations of sound files of every format, and some nasties made by hand.
//!
//! Whatever comes in, reading and checking it ends in an answer: every record is taken or has faults, every fault names a
//! place and is short, and a fault in the bytes refuses the input. `KORDON_HOSTILE` is how many files are made
//! (`make hostile`: 12 000); `KORDON_HOSTILE_OUT` names a folder in which they are left for the door's own test.

use super::sound::{flatgeobuf_file, gzip, parquet_file, workbook, zip};
use super::tests::EVERY_PROPERTY;
use crate::*;
use std::io::Cursor;

/// A seeded row of numbers.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() >> 16) as usize % most.max(1)
    }
}

/// One sound file of each format, by its name.
fn sound() -> Vec<(&'static str, Vec<u8>)> {
    let one = EVERY_PROPERTY.replace('\n', "");
    let csv = "id;lon;lat;date;title;country\r\n#a;#b;#c;#d;#e;#f\r\n7;28,84;45,335;5/30/2025 2:00 PM;\"A \"\"port\"\"\nburned\";UKR\r\n8;28 50 24 E;45°20'06\"N;2025;x;\r\n";
    let ucdp = "id,type_of_violence,where_prec,date_prec,best,low,high,latitude,longitude,date_start,source_headline,coordinates\n9,2,1,5,2,1,2,48.1,37.7,2014-08-29 00:00:00.000,x,35TPL4417221812\n";
    let quake = r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"x","geometry":{"type":"Point","coordinates":[26.6,45.7,90]},"properties":{"mag":4.1,"place":"V","time":1649051836769,"url":"https://example.org/e","magType":"mb","type":"earthquake","title":"M"}}]}"#;
    let list = r#"{"count":1,"results":[{"_uuid":"u","_submission_time":"2024-05-02T07:06:00","_geolocation":[45.45,28.28],"g/incident_date":"2024-05-01","g/title":"D"}]}"#;
    let kml = "<?xml version=\"1.0\"?><kml><Document><name>GeoConfirmed</name><Folder><name>a &amp; b</name><Placemark id=\"7\"><name>P</name><description><![CDATA[Date: 30 MAY 2025<br>]]></description><ExtendedData><Data name=\"c\"><value>4</value></Data></ExtendedData><Point><coordinates>28.84,45.335,0</coordinates></Point></Placemark></Folder></Document></kml>";
    let gpx = "<gpx><wpt lat=\"45.3\" lon=\"28.8\"><ele>1</ele><time>2025-05-30T10:00:00Z</time><name>P</name></wpt></gpx>";
    let rows = r#"<row r="1"><c r="A1" t="str"><v>lon</v></c><c r="B1" t="str"><v>lat</v></c><c r="C1" t="str"><v>date</v></c><c r="D1" t="s"><v>0</v></c></row><row r="2"><c r="A2"><v>28.8</v></c><c r="B2"><v>45.3</v></c><c r="C2" s="1"><v>45807</v></c><c r="D2" t="s"><v>1</v></c></row>"#;
    let utf16 =
        |text: &str| std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    vec![
        (
            "a.geojson",
            format!(r#"{{"type":"FeatureCollection","features":[{one},{one}],"a":[1,"x"]}}"#).into_bytes(),
        ),
        ("a.ndjson", format!("{one}\n{one}\n").into_bytes()),
        ("a.geojsonseq", format!("\u{1e}{one}\n\u{1e}{one}\n").into_bytes()),
        ("a.csv", csv.as_bytes().to_vec()),
        ("u.csv", ucdp.as_bytes().to_vec()),
        ("q.geojson", quake.as_bytes().to_vec()),
        ("k.json", list.as_bytes().to_vec()),
        ("w.csv", utf16(csv)),
        ("a.kml", kml.as_bytes().to_vec()),
        ("a.gpx", gpx.as_bytes().to_vec()),
        ("a.xlsx", workbook(rows)),
        ("a.fgb", flatgeobuf_file()),
        ("a.parquet", parquet_file(true)),
        ("b.parquet", parquet_file(false)),
        ("a.csv.gz", gzip(csv.as_bytes())),
        ("a.zip", zip(&[("b.csv", csv.as_bytes()), ("c.kml", kml.as_bytes())])),
    ]
}

/// Pieces that break readers.
const TOKENS: &[&[u8]] = &[
    b"\0",
    b"\"",
    b"'",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b";",
    b"\n",
    b"\r",
    b"\x1e",
    b"\\",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"1e400",
    b"-0",
    b"NaN",
    b"Infinity",
    b"99999999999999999999",
    b"null",
    b"true",
    b"\\ud800",
    b"\\u0000",
    b"<!DOCTYPE a>",
    b"&#x0;",
    b"&a;",
    b"]]>",
    b"<![CDATA[",
    b"<a>",
    b"</a>",
    b"<!--",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b\x08",
    b"PAR1",
    b"fgb\x03fgb\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"1527-01-01",
    b"=cmd|'/c calc'!A0",
    b"../../etc/passwd",
    b"\xe2\x80\xae",
];

fn mutated(bytes: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(40)).min(bytes.len());
        match random.below(10) {
            0 | 1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            2 if at < bytes.len() => bytes[at] = random.next() as u8,
            3 => _ = bytes.drain(at..end),
            4 => bytes.truncate(at),
            5 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece.repeat(1 + random.below(200)));
            }
            6 => {
                let from = random.below(other.len() + 1);
                let to = (from + random.below(200)).min(other.len());
                bytes.splice(at..end, other[from..to].to_vec());
            }
            _ => _ = bytes.splice(at..end, TOKENS[random.below(TOKENS.len())].to_vec()),
        }
    }
    bytes
}

/// Nasties made by hand.
fn by_hand() -> Vec<(&'static str, Vec<u8>)> {
    let deep = |open: &str, n: usize| open.repeat(n).into_bytes();
    let wide = (0..100_000).map(|n| format!("\"a{n}\":0")).collect::<Vec<_>>().join(",");
    let mut files = vec![
        ("empty.csv", Vec::new()),
        ("nul.csv", vec![0; 4096]),
        ("bom.csv", b"\xef\xbb\xbf".to_vec()),
        ("half-bom.csv", b"\xff\xfe\x41".to_vec()),
        ("lone-surrogate.csv", b"\xff\xfe\x00\xd8\x00\xd8,\0".to_vec()),
        ("deep.json", deep("[", 1_000_000)),
        ("deep.geojson", deep("{\"type\":\"FeatureCollection\",\"features\":[", 10_000)),
        ("deep.kml", deep("<kml><a>", 100_000)),
        ("wide.geojson", format!("{{\"type\":\"Feature\",{wide}}}").into_bytes()),
        ("quote.csv", format!("lon,lat,date,title\n1,2,2025,\"{}", "x\n".repeat(100_000)).into_bytes()),
        ("columns.csv", vec![b','; 3_000_000]),
        ("line.csv", vec![b'a'; 9_000_000]),
        ("twice.geojson", br#"{"type":"FeatureCollection","features":[],"features":[]}"#.to_vec()),
        ("lists.json", br#"{"data":[],"results":[],"features":[]}"#.to_vec()),
        ("bomb.csv.gz", gzip(&vec![b'\n'; 66 << 20])),
        ("bomb.zip", zip(&[("a.csv", &vec![b'\n'; 66 << 20])])),
        ("self.zip", zip(&[("a.zip", &zip(&[("b.zip", &zip(&[("c.csv", b"a")]))]))])),
        (
            "names.zip",
            zip(&[("../../a.csv", b"lon,lat,date,title\n1,2,2025,x\n"), ("/etc/passwd.csv", b"x")]),
        ),
        (
            "laughs.kml",
            b"<!DOCTYPE kml [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><kml>&b;</kml>".to_vec(),
        ),
        (
            "attribute.kml",
            format!(
                "<kml><Placemark {}/></kml>",
                (0..50_000).map(|n| format!("a{n}=\"x\" ")).collect::<String>()
            )
            .into_bytes(),
        ),
        ("text.kml", format!("<kml><Placemark><name>{}", "x".repeat(9_000_000)).into_bytes()),
        ("cells.xlsx", workbook(r#"<row r="1"><c r="XFD1048576"><v>1</v></c><c r="A1"><v>1</v></c></row>"#)),
        ("shared.xlsx", workbook(r#"<row r="1"><c r="A1" t="s"><v>999999999</v></c></row>"#)),
        ("row.xlsx", workbook(r#"<row r="99999999999999999999"><c r="A1" t="str"><v>a</v></c></row>"#)),
        ("size.fgb", b"fgb\x03fgb\0\xff\xff\xff\xff".to_vec()),
        ("footer.parquet", b"PAR1\xff\xff\xff\x7fPAR1".to_vec()),
    ];
    files.extend([("digits.ndjson", format!("{{\"a\":{}}}", "9".repeat(3_000_000)).into_bytes())]);
    files
}

/// Reads and checks a file in both ways; panics when it is no answer.
fn answer(name: &str, bytes: &[u8]) {
    let options = ReadOptions { file: name.into(), unpacked_bytes: 256 << 20, ..ReadOptions::default() };
    let place = |fault: &Fault| {
        assert!(fault.line > 0 && fault.column > 0 && !fault.problem.is_empty(), "{name}: {fault:?}");
        let text = fault.to_string();
        assert!(
            text.len() < 2_500 && !text.contains(['\0', '\u{1b}']),
            "{name}: {} bytes: {text}",
            text.len()
        );
    };
    let from_stream = read(bytes, &options).map(|reader| reader.collect::<Vec<_>>());
    let from_file = read_file(Cursor::new(bytes.to_vec()), &options).map(|reader| reader.collect::<Vec<_>>());
    match (&from_stream, &from_file) {
        (Err(one), Err(other)) => {
            place(one);
            assert!(one.fatal && one == other, "{name}: {one} or {other}");
        }
        (Ok(one), Ok(other)) => assert_eq!(one.len(), other.len(), "{name}"),
        _ => panic!("{name}: a stream and a file are not read alike"),
    }
    for report in from_stream.into_iter().flatten() {
        match report {
            Ok(report) => match check(&report, &mut || IncidentId::from_random([7; 16])) {
                Ok(checked) => {
                    let text = serde_json::to_string(&checked.incident).unwrap();
                    assert_eq!(serde_json::from_str::<Incident>(&text).unwrap(), checked.incident, "{name}");
                    _ = explain(&report);
                }
                Err(faults) => {
                    assert!(!faults.is_empty(), "{name}: refused without a reason");
                    faults.iter().for_each(place);
                }
            },
            Err(fault) => {
                place(&fault);
                assert!(fault.fatal, "{name}: {fault}");
            }
        }
    }
}

#[test]
fn hostile_files_of_every_format_get_an_answer() {
    let count: usize = std::env::var("KORDON_HOSTILE").ok().map_or(480, |text| text.parse().unwrap());
    let out = std::env::var_os("KORDON_HOSTILE_OUT").map(std::path::PathBuf::from);
    let keep = |number: usize, name: &str, bytes: &[u8]| {
        if let Some(folder) = &out {
            std::fs::write(folder.join(format!("{number:05}-{name}")), bytes).unwrap();
        }
    };
    let sound = sound();
    for (name, bytes) in &sound {
        answer(name, bytes);
        let (good, bad) =
            super::tests::import(bytes, &ReadOptions { file: (*name).into(), ..ReadOptions::default() })
                .unwrap();
        assert!(good.len() + bad.len() > 0, "{name} says something before it is changed");
    }
    for (number, (name, bytes)) in by_hand().iter().enumerate() {
        keep(number, name, bytes);
        answer(name, bytes);
    }
    let mut random = Random(0x6b6f_7264_6f6e);
    for number in 0..count {
        let (name, bytes) = &sound[number % sound.len()];
        let (_, other) = &sound[random.below(sound.len())];
        let bytes = mutated(bytes, other, &mut random);
        // Packed anew, the change is found by the reader within.
        let (name, bytes) = match random.below(8) {
            0 => (format!("{name}.gz"), gzip(&bytes)),
            1 => ("z.zip".to_owned(), zip(&[("readme", b"x"), (name, &bytes)])),
            _ => ((*name).to_owned(), bytes),
        };
        keep(1_000 + number, &name, &bytes);
        answer(&name, &bytes);
    }
}
