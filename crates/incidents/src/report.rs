//! What a reader hands on: one record as it stood in the input, not yet parsed.
//!
//! A report owns nothing but its own text and shares the rest, so it is cheap to make, may be sent to
//! another thread, and leaves the costly part, parsing and checking, to [`crate::check()`].

use crate::columns::Columns;
use crate::date::DateOrder;
use crate::profile::{Profile, Profiles};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A FeatureCollection, or one Feature (RFC 7946).
    GeoJson,
    /// One Feature on each line.
    NdJson,
    /// A GeoJSON text sequence (RFC 8142): each Feature behind a record separator.
    GeoJsonSeq,
    /// A table with a header row; comma, semicolon or tab.
    Csv,
    /// Placemarks, also zipped as KMZ.
    Kml,
    /// Waypoints.
    Gpx,
    /// The first sheet of an Excel workbook.
    Xlsx,
    /// FlatGeobuf of version 3.
    FlatGeobuf,
    /// Parquet with points, or with columns of longitude and latitude.
    GeoParquet,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Format] = &[
        Format::GeoJson,
        Format::NdJson,
        Format::GeoJsonSeq,
        Format::Csv,
        Format::Kml,
        Format::Gpx,
        Format::Xlsx,
        Format::FlatGeobuf,
        Format::GeoParquet,
    ];
    /// Their words, in the same order.
    pub const WORDS: &'static [&'static str] =
        &["geojson", "ndjson", "geojsonseq", "csv", "kml", "gpx", "xlsx", "flatgeobuf", "geoparquet"];

    /// Whether it is written in XML.
    pub(crate) fn is_xml(self) -> bool {
        matches!(self, Format::Kml | Format::Gpx)
    }

    /// The word for it on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::GeoJson => "geojson",
            Format::NdJson => "ndjson",
            Format::GeoJsonSeq => "geojsonseq",
            Format::Csv => "csv",
            Format::Kml => "kml",
            Format::Gpx => "gpx",
            Format::Xlsx => "xlsx",
            Format::FlatGeobuf => "flatgeobuf",
            Format::GeoParquet => "geoparquet",
        }
    }

    /// The format of an HTTP body by its media type; parameters are passed over.
    pub fn from_media_type(media_type: &str) -> Option<Format> {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Some(match essence.as_str() {
            "application/geo+json" | "application/json" | "application/vnd.geo+json" => Format::GeoJson,
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/geo+json-l"
            | "application/x-ndgeojson" => Format::NdJson,
            "application/geo+json-seq" | "application/json-seq" => Format::GeoJsonSeq,
            "text/csv" | "text/tab-separated-values" => Format::Csv,
            "application/vnd.google-earth.kml+xml" | "application/vnd.google-earth.kmz" => Format::Kml,
            "application/gpx+xml" => Format::Gpx,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Format::Xlsx,
            "application/flatgeobuf" | "application/vnd.flatgeobuf" => Format::FlatGeobuf,
            "application/vnd.apache.parquet" => Format::GeoParquet,
            _ => return None,
        })
    }

    /// The format of a text that is no XML, by the first bytes and, where these leave it open, by the ending of the file's name.
    pub fn guess(file_name: &str, first_bytes: &[u8]) -> Format {
        let bytes = first_bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first_bytes).trim_ascii_start();
        match bytes.first() {
            Some(0x1e) => return Format::GeoJsonSeq,
            Some(b'{' | b'[') => {}
            Some(_) => return Format::Csv,
            None => {}
        }
        let ending = file_name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        match ending.as_deref() {
            Some("ndjson" | "jsonl" | "geojsonl" | "ndgeojson" | "geojsons") => Format::NdJson,
            Some("geojsonseq") if bytes.contains(&0x1e) => Format::GeoJsonSeq,
            Some("csv" | "tsv" | "txt") if bytes.is_empty() => Format::Csv,
            _ if is_lines(bytes) => Format::NdJson,
            _ => Format::GeoJson,
        }
    }
}

impl std::str::FromStr for Format {
    type Err = crate::NotInList;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Format::ALL
            .iter()
            .copied()
            .find(|format| format.as_str() == word)
            .ok_or(crate::NotInList { allowed: Format::WORDS })
    }
}

/// Whether the first line is a whole object and another begins on the next.
fn is_lines(bytes: &[u8]) -> bool {
    let Some(end) = bytes.iter().position(|b| *b == b'\n') else {
        return false;
    };
    bytes[end..].trim_ascii_start().first() == Some(&b'{')
        && std::str::from_utf8(&bytes[..end]).is_ok_and(|line| crate::json::parse(line).is_ok())
}

/// A character encoding other than UTF-8, named by whoever knows it: a guess would put wrong letters into
/// names of places and people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding(pub(crate) &'static encoding_rs::Encoding);

impl std::str::FromStr for Encoding {
    type Err = UnknownEncoding;
    /// Takes the labels of the WHATWG Encoding Standard: `windows-1252`, `cp1251`, `iso-8859-2`, `koi8-u` …
    fn from_str(label: &str) -> Result<Self, UnknownEncoding> {
        let label = label.trim().to_ascii_lowercase();
        let standard =
            label.strip_prefix("cp").map_or_else(|| label.clone(), |page| format!("windows-{page}"));
        encoding_rs::Encoding::for_label_no_replacement(standard.as_bytes())
            .or_else(|| encoding_rs::Encoding::for_label_no_replacement(label.as_bytes()))
            .filter(|encoding| encoding.is_ascii_compatible())
            .map(Encoding)
            .ok_or(UnknownEncoding)
    }
}

/// An encoding that is not known, or in which ASCII is not ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an encoding that is read here, such as utf-8, windows-1252 or windows-1251")]
pub struct UnknownEncoding;

/// A repair that is made when it is asked for by name, told with the old and the new value, and kept with the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Latitude and longitude change places, where as they stand they are off the globe or outside of the country that the
    /// record names, and swapped within it.
    SwapCoordinates,
    /// Blanks around texts go, also those that are not seen.
    Trim,
    /// A text such as `28,84` or `28.84` becomes a number where one is expected.
    DecimalComma,
    /// A date that contradicts the order of day and month of its column is read in the other order.
    DayMonth,
    /// A time of day without an offset is taken as UTC.
    Utc,
    /// A record that only names its place is put where the gazetteer has it, if exactly one place fits what it says.
    Place,
    /// Names and P-codes of administrative units that are missing, where the record certainly lies in one of a user's layer.
    Admin,
}

impl Fix {
    /// Every repair.
    pub const ALL: &'static [Fix] = &[
        Fix::SwapCoordinates,
        Fix::Trim,
        Fix::DecimalComma,
        Fix::DayMonth,
        Fix::Utc,
        Fix::Place,
        Fix::Admin,
    ];

    /// Their names, in the same order.
    pub const WORDS: &'static [&'static str] =
        &["swap-coordinates", "trim", "decimal-comma", "day-month", "utc", "place", "admin"];

    /// Its name, one of [`Fix::WORDS`].
    pub const fn as_str(self) -> &'static str {
        match self {
            Fix::SwapCoordinates => "swap-coordinates",
            Fix::Trim => "trim",
            Fix::DecimalComma => "decimal-comma",
            Fix::DayMonth => "day-month",
            Fix::Utc => "utc",
            Fix::Place => "place",
            Fix::Admin => "admin",
        }
    }
}

impl std::fmt::Display for Fix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Fix {
    type Err = crate::NotInList;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Fix::ALL.iter().copied().find(|fix| fix.as_str() == word);
        found.ok_or(crate::NotInList { allowed: Fix::WORDS })
    }
}

/// How to read an input. `ReadOptions::default()` guesses everything that can be guessed safely.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The format; `None` guesses.
    pub format: Option<Format>,
    /// Columns or properties by hand: (our name, their name). Goes before every guess.
    pub map: Vec<(String, String)>,
    /// Name of the source in `same_as`; `None` takes the name of the known dataset that the input is of, or the stem of `file`.
    pub source: Option<String>,
    /// Name of the input, for faults and guesses.
    pub file: String,
    /// The encoding when it is not UTF-8.
    pub encoding: Option<Encoding>,
    /// What `03/04/2024` means; `None` takes it from the table when the table proves it.
    pub date_order: Option<DateOrder>,
    /// Repairs to be made; by default none.
    pub fixes: Vec<Fix>,
    /// The profile of the source; by default the first that fits.
    pub profile: Profiles,
    /// What stands between cells; `None` guesses from the header row.
    pub delimiter: Option<u8>,
    /// What makes longitude and latitude of the first two numbers of a position in GeoJSON; `None` when they are that.
    pub to_degrees: Option<fn([f64; 2]) -> [f64; 2]>,
    /// Longest record, in bytes; a longer one refuses the input. Parsing takes up to 40 times as much memory.
    pub record_bytes: usize,
    /// Bytes to which a packed input may unpack; more refuses it.
    pub unpacked_bytes: u64,
    /// Bytes of an archive, a workbook or a Parquet file that are held in memory where the input is a stream.
    pub memory_bytes: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            format: None,
            map: Vec::new(),
            source: None,
            file: String::new(),
            encoding: None,
            date_order: None,
            fixes: Vec::new(),
            profile: Profiles::Detect,
            delimiter: None,
            to_degrees: None,
            record_bytes: 4 << 20,
            unpacked_bytes: 64 << 30,
            memory_bytes: 64 << 20,
        }
    }
}

/// One record of an input, not yet parsed.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which record of the input, counted from 0.
    pub index: usize,
    /// Line on which it begins, counted from 1.
    pub line: usize,
    /// Character in that line at which it begins, counted from 1.
    pub column: usize,
    /// The record itself; valid UTF-8 by now.
    pub(crate) text: String,
    /// Where its members stood, when the text was put together from elements of XML.
    pub(crate) elements: Box<[Element]>,
    pub(crate) origin: Arc<Origin>,
}

/// An element of XML that became a member of a record.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    /// The member: a property, or `geometry`.
    pub(crate) member: Box<str>,
    /// What it is called in the input.
    pub(crate) name: Box<str>,
    /// Line and character at which it begins, counted from 1.
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Report {
    /// The record as it stood in the input, without its line end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The record with what it takes to read it again.
    pub fn into_original(self) -> Original {
        let header = self.origin.columns.as_ref().map(Columns::header);
        let source = self.origin.source_of(self.origin.known_as()).to_owned();
        Original { text: self.text, header, source }
    }
}

/// A record as it stood in its input, with what it takes to read it again when it has been mended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    text: String,
    /// The header row, when it is a row of a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header: Option<String>,
    /// Name of the source in `same_as`.
    source: String,
}

impl Original {
    /// The record without its line end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The header row, when it is a row of a table.
    pub fn header(&self) -> Option<&str> {
        self.header.as_deref()
    }

    /// Name of the source in `same_as`.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// What all reports of one input share.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) file: Arc<str>,
    /// Name of the source in `same_as`: as it was told, or the stem of the file's name.
    pub(crate) source: String,
    /// It was told.
    pub(crate) is_told: bool,
    pub(crate) map: Vec<(String, String)>,
    pub(crate) date_order: Option<DateOrder>,
    pub(crate) fixes: Vec<Fix>,
    pub(crate) profile: Profiles,
    pub(crate) to_degrees: Option<fn([f64; 2]) -> [f64; 2]>,
    /// What the members of the first foreign record are.
    pub(crate) foreign: OnceLock<Arc<Columns>>,
    /// Pointer to the list whose elements the records are.
    pub(crate) list: Option<Box<str>>,
    /// Records are plain objects, whose members are what a Feature's properties are.
    pub(crate) plain: bool,
    /// What it is, once that is known.
    pub(crate) format: Option<Format>,
    /// The columns, when the input is a table.
    pub(crate) columns: Option<Columns>,
}

impl Origin {
    pub(crate) fn new(options: &ReadOptions) -> Self {
        let mut steps = options.file.rsplit(['/', '\\']);
        let last = steps.next().unwrap_or_default();
        // The document in a KMZ is mostly called doc.kml.
        let is_kmz = |outer: &&str| outer.to_ascii_lowercase().ends_with(".kmz");
        let stem = steps.next().filter(is_kmz).unwrap_or(last);
        let stem = stem.split_once('.').map_or(stem, |(stem, _)| stem);
        let named = options.source.as_deref().unwrap_or(stem);
        let source: String = named
            .chars()
            .map(|c| if c == ':' || c.is_whitespace() || c.is_control() { '_' } else { c })
            .collect();
        Self {
            file: options.file.as_str().into(),
            source: if source.is_empty() { "import".into() } else { source },
            is_told: options.source.is_some(),
            map: options.map.clone(),
            date_order: options.date_order,
            fixes: options.fixes.clone(),
            profile: options.profile.clone(),
            to_degrees: options.to_degrees,
            foreign: OnceLock::new(),
            list: None,
            plain: false,
            format: None,
            columns: None,
        }
    }

    /// Whether its numbers have the digits that somebody gave them.
    pub(crate) fn has_digits(&self) -> bool {
        !matches!(self.format, Some(Format::Xlsx | Format::FlatGeobuf | Format::GeoParquet))
    }

    /// Whether the texts of its records stand in the input as they are, and were not put together from something else.
    pub(crate) fn is_verbatim(&self) -> bool {
        self.has_digits() && !self.format.is_some_and(Format::is_xml)
    }

    /// The known source of the table; of records that are no table, that of the first of them that was checked.
    pub(crate) fn known_as(&self) -> Option<&Profile> {
        let columns = self.columns.as_ref().or(self.foreign.get().map(|columns| &**columns))?;
        columns.profile().map(|profile| &**profile)
    }

    /// Name of the source in `same_as`. Files of a known dataset have its name, whatever theirs is: next month's file tells
    /// of the same events again.
    pub(crate) fn source_of<'a>(&'a self, profile: Option<&'a Profile>) -> &'a str {
        match profile {
            Some(profile) if profile.one_dataset && !self.is_told => profile.name(),
            _ => &self.source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_its_first_bytes_and_then_by_its_name() {
        let feature = r#"{"type":"Feature"}"#;
        for (name, bytes, format) in [
            ("a.csv", "lon,lat\n", Format::Csv),
            ("", "\u{feff}lon;lat\n", Format::Csv),
            ("a.geojson", feature, Format::GeoJson),
            ("a.json", "{\n \"type\":", Format::GeoJson),
            ("a.ndjson", feature, Format::NdJson),
            ("", &format!("{feature}\n{feature}\n"), Format::NdJson),
            ("a.geojson", &format!("{feature}\n"), Format::GeoJson),
            ("", &format!("\u{1e}{feature}\n"), Format::GeoJsonSeq),
            ("a.tsv", "", Format::Csv),
        ] {
            assert_eq!(Format::guess(name, bytes.as_bytes()), format, "{name} {bytes}");
        }
        assert_eq!(Format::from_media_type("Text/CSV; header=present"), Some(Format::Csv));
        assert_eq!(Format::from_media_type("text/plain"), None);
    }

    #[test]
    fn an_encoding_is_known_by_its_common_names() {
        for label in ["windows-1252", "cp1252", "CP1251", "latin1", "iso-8859-2", "utf-8", "koi8-u"] {
            assert!(label.parse::<Encoding>().is_ok(), "{label}");
        }
        assert!("utf-16".parse::<Encoding>().is_err() && "klingon".parse::<Encoding>().is_err());
    }
}
