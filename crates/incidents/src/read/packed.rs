//! What an input is, by its first bytes, and what is packed in it.
//!
//! gzip and zip are unpacked as they are read, one within the other at most [`MOST_LAYERS`] deep. An input that unpacks to
//! more than [`crate::ReadOptions::unpacked_bytes`], or to more than [`MOST_RATIO`] times its size once it is beyond
//! [`FREE_BYTES`], is refused: reports pack to a tenth, not to a thousandth.

use flate2::read::MultiGzDecoder;
use std::io::{self, BufRead, BufReader, Read};

/// Layers of packing.
pub(super) const MOST_LAYERS: usize = 3;
/// How many times its packed size an input may have.
const MOST_RATIO: u64 = 200;
/// Bytes that are unpacked before the ratio is looked at.
const FREE_BYTES: u64 = 64 << 20;

/// An input of any kind.
pub(super) type Input<'a> = Box<dyn BufRead + Send + 'a>;

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Gzip,
    Zip,
    Parquet,
    FlatGeobuf,
    Utf16(&'static encoding_rs::Encoding),
    Xml,
    Text,
}

impl Kind {
    /// By at least eight bytes, unless there are fewer.
    pub(super) fn of(first: &[u8]) -> Kind {
        match first {
            [0x1f, 0x8b, ..] => Kind::Gzip,
            [b'P', b'K', 3 | 5, 4 | 6, ..] => Kind::Zip,
            [b'P', b'A', b'R', b'1', ..] => Kind::Parquet,
            [b'f', b'g', b'b', 0..=9, ..] => Kind::FlatGeobuf,
            [0xff, 0xfe, ..] => Kind::Utf16(encoding_rs::UTF_16LE),
            [0xfe, 0xff, ..] => Kind::Utf16(encoding_rs::UTF_16BE),
            _ => {
                let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
                if text.first() == Some(&b'<') { Kind::Xml } else { Kind::Text }
            }
        }
    }
}

/// What is known of a file that is not read, by its first bytes and the ending of its name: what it is, and what to do.
pub(super) fn not_read(file: &str, first: &[u8]) -> Option<(&'static str, String)> {
    let name = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let ending = ending.to_ascii_lowercase();
    // A name that a shell would take for more than a name is not written into a command.
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let stem = if !stem.is_empty() && stem.chars().all(is_plain) { stem } else { "FILE" };
    let convert = |ending: &str| {
        format!(
            "make a GeoJSON of it and import that: ogr2ogr -t_srs EPSG:4326 {stem}.geojson {stem}.{ending}"
        )
    };
    Some(match first {
        [b'S', b'Q', b'L', b'i', b't', b'e', b' ', b'f', ..] => {
            let ending = if ending.is_empty() { "gpkg" } else { &ending };
            let hint = format!("{}, with the name of the layer behind if there are several", convert(ending));
            ("a GeoPackage or another database of SQLite", hint)
        }
        [b'P', b'M', b'T', b'i', b'l', b'e', b's', ..] => {
            ("PMTiles: a picture of a map in pieces", "import what its tiles were made of".into())
        }
        [0, 0, 0x27, 0x0a, ..] => ("a Shapefile", convert("shp")),
        [0x03 | 0x30 | 0x31 | 0x83 | 0x8b | 0xf5, ..] if ending == "dbf" => {
            ("the table of a Shapefile", convert("shp"))
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] => (
            "a workbook of the old kind (.xls), or another file of old Office",
            "save it as .xlsx or CSV".into(),
        ),
        _ => {
            let encoding = utf16_of(first)?;
            let hint = format!("save it as UTF-8: iconv -f {} -t UTF-8 FILE", encoding.name());
            ("a text in UTF-16 without the mark that says so", hint)
        }
    })
}

/// The order of bytes of a text in UTF-16: half of each letter of ASCII is zero.
fn utf16_of(first: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let zeros: Vec<usize> = memchr::memchr_iter(0, first).collect();
    let all = |odd: usize| zeros.len() > 1 && zeros.iter().all(|at| at % 2 == odd);
    let encoding = if all(1) { encoding_rs::UTF_16LE } else { all(0).then_some(encoding_rs::UTF_16BE)? };
    let (text, broken) = encoding.decode_without_bom_handling(&first[..first.len() / 2 * 2]);
    (!broken && text.chars().all(|c| !c.is_control() || c.is_whitespace())).then_some(encoding)
}

/// Endings of files that are read.
const ENDINGS: [&str; 16] = [
    ".csv",
    ".tsv",
    ".json",
    ".geojson",
    ".ndjson",
    ".jsonl",
    ".geojsonl",
    ".geojsonseq",
    ".geojsons",
    ".kml",
    ".gpx",
    ".xlsx",
    ".kmz",
    ".fgb",
    ".parquet",
    ".geoparquet",
];

/// Whether a member of an archive is read, by its name.
pub(super) fn is_known(name: &str) -> bool {
    let lower = name.to_lowercase();
    let last = lower.rsplit('/').next().unwrap_or_default();
    let bare = last.strip_suffix(".gz").unwrap_or(last);
    !is_of_a_system(name) && ENDINGS.iter().any(|ending| bare.ends_with(ending))
}

/// Whether a member of an archive is what systems leave in them, and nobody's data.
pub(super) fn is_of_a_system(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    last.is_empty() || last.starts_with('.') || name.to_lowercase().starts_with("__macosx/")
}

/// Unpacks gzip.
pub(super) fn gunzip<'a>(input: Input<'a>, most: u64) -> Input<'a> {
    let packed = MultiGzDecoder::new(Metered { input, count: 0 });
    Box::new(BufReader::with_capacity(1 << 18, Bounded { read: packed, count: 0, most }))
}

/// A member of an archive, whose size and packed size its directory tells.
pub(super) fn sizes_are_sound(size: u64, packed: u64, most: u64) -> io::Result<()> {
    if size > most {
        return Err(too_much(most));
    }
    if size > FREE_BYTES && size / MOST_RATIO > packed {
        return Err(too_dense());
    }
    Ok(())
}

/// Counts what is read.
struct Metered<R> {
    input: R,
    count: u64,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(out)?;
        self.count += count as u64;
        Ok(count)
    }
}

/// Ends with an error what unpacks to too much.
struct Bounded<R> {
    read: R,
    count: u64,
    most: u64,
}

impl<R: Read> Read for Bounded<MultiGzDecoder<Metered<R>>> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let broken =
            |error: io::Error| io::Error::new(error.kind(), format!("the gzip stream is broken: {error}"));
        let count = self.read.read(out).map_err(broken)?;
        self.count += count as u64;
        if self.count > self.most {
            return Err(too_much(self.most));
        }
        if self.count > FREE_BYTES && self.count / MOST_RATIO > self.read.get_ref().count {
            return Err(too_dense());
        }
        Ok(count)
    }
}

fn too_much(most: u64) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("unpacks to more than {most} bytes; unpack it yourself if it is sound"),
    )
}

fn too_dense() -> io::Error {
    let problem = format!(
        "unpacks to more than {MOST_RATIO} times its size, as no reports do; unpack it yourself if it is sound"
    );
    io::Error::new(io::ErrorKind::InvalidData, problem)
}
