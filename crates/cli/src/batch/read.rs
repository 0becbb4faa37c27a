//! A file in chunks that end where a record ends. What the file is, its first bytes tell.
//!
//! Tables and newline-delimited JSON are cut by looking for the last line end; only a table with quotation marks needs a
//! look at every byte. GeoJSON collections and text sequences are cut into records by the reader of `kordon import`.

use std::fs::File;
use std::io::Seek;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use kordon_incidents::{Fault, Format, ReadOptions, Reader};
use rayon::prelude::*;

use super::parquet::{Parquet, Rows};
use super::row::{Columns, Row, Wrong, is_plain_table, json_lines, json_row};

/// The size of a chunk, unless one record is longer: some hundred thousand rows of a table.
pub const CHUNK_BYTES: usize = 4 << 20;
/// The longest record of a table or of newline-delimited JSON.
const RECORD_BYTES: usize = 16 << 20;
/// What one core parses in a row.
const PIECE_BYTES: usize = 64 << 10;
/// How a Parquet file begins.
const PARQUET: &[u8] = b"PAR1";
const NO_PARQUET: &str = "which is read from its end (give the file's name: kordon distance --input FILE)";
/// How far the first look goes.
const AHEAD_BYTES: usize = 64 << 10;

/// A file that is being read.
pub struct Input {
    file: Arc<str>,
    form: Form,
}

enum Form {
    Table(Columns, Blocks),
    Lines(Blocks),
    Records(Box<Reader<'static>>),
    Parquet(Box<Parquet>, ProgressBar),
}
/// Some whole records.
pub struct Chunk {
    file: Arc<str>,
    records: Records,
}

enum Records {
    Table(Columns, Block),
    Lines(Block),
    /// Each with its line and column.
    Cut(Vec<(usize, usize, String)>),
    Parquet(Rows),
}

impl Input {
    /// Opens a file, or standard input (`-`), and looks at how it begins.
    pub fn open(path: &Path, bar: &ProgressBar) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let (name, mut source): (_, Box<dyn Read + Send>) = if name == "-" {
            ("stdin".to_owned(), Box::new(bar.wrap_read(std::io::stdin())))
        } else {
            let file = File::open(path).with_context(|| name.clone())?;
            if let Some(parquet) = parquet_of(&name, &file)? {
                bar.set_length(parquet.count());
                let form = Form::Parquet(Box::new(parquet), bar.clone());
                return Ok(Self { file: name.into(), form });
            }
            (name, Box::new(bar.wrap_read(file)))
        };
        let mut ahead = Vec::new();
        source.by_ref().take(AHEAD_BYTES as u64).read_to_end(&mut ahead).with_context(|| name.clone())?;
        Self::of_bytes(&name, ahead, source)
    }

    fn of_bytes(name: &str, mut ahead: Vec<u8>, source: Box<dyn Read + Send>) -> anyhow::Result<Self> {
        if ahead.starts_with(b"\x1f\x8b") {
            bail!("{name}: is compressed with gzip (unpack it: zcat FILE | kordon distance --input -)");
        }
        if ahead.starts_with(PARQUET) {
            bail!("{name}: is Parquet, {NO_PARQUET}");
        }
        if ahead.starts_with(b"\xef\xbb\xbf") {
            ahead.drain(..3);
        }
        if ahead.trim_ascii().is_empty() {
            bail!("{name}: the file is empty");
        }
        let file: Arc<str> = name.into();
        let mut blocks = Blocks { file: Arc::clone(&file), source, rest: Vec::new(), line: 1, ended: false };
        let form = match format_of(name, &ahead) {
            Format::Csv => {
                let header = header_of(name, &ahead)?;
                blocks.line += memchr::memchr_iter(b'\n', &ahead[..header.bytes]).count();
                ahead.drain(..header.bytes);
                blocks.rest = ahead;
                Form::Table(header.columns, blocks)
            }
            Format::NdJson => {
                blocks.rest = ahead;
                Form::Lines(blocks)
            }
            format => {
                let options =
                    ReadOptions { format: Some(format), file: name.to_owned(), ..ReadOptions::default() };
                let source = BufReader::new(std::io::Cursor::new(ahead).chain(blocks.source));
                Form::Records(Box::new(kordon_incidents::read(source, &options)?))
            }
        };
        Ok(Self { file, form })
    }

    /// The next records; `None` at the end.
    pub fn next(&mut self) -> anyhow::Result<Option<Chunk>> {
        let records = match &mut self.form {
            Form::Table(columns, blocks) => {
                let delimiter = columns.delimiter;
                let end = |text: &[u8]| last_row_end(text, delimiter);
                blocks.next(end)?.map(|block| Records::Table(*columns, block))
            }
            Form::Lines(blocks) => blocks.next(|text| memchr::memrchr(b'\n', text))?.map(Records::Lines),
            Form::Records(reader) => {
                let mut bytes = 0;
                let mut cut = Vec::new();
                while bytes < CHUNK_BYTES
                    && let Some(report) = reader.next().transpose()?
                {
                    bytes += report.text().len();
                    cut.push((report.line, report.column, report.text().to_owned()));
                }
                (!cut.is_empty()).then_some(Records::Cut(cut))
            }
            Form::Parquet(parquet, bar) => parquet.next()?.map(|rows| {
                bar.inc(rows.count() as u64);
                Records::Parquet(rows)
            }),
        };
        Ok(records.map(|records| Chunk { file: Arc::clone(&self.file), records }))
    }
}

impl Chunk {
    /// Its rows, in order.
    pub fn rows(&self) -> Vec<Row<'_>> {
        match &self.records {
            Records::Table(columns, block) if is_plain_table(&block.text) => {
                block.pieces_parsed(|text, line| columns.rows(text, line))
            }
            Records::Table(columns, block) => columns.rows(&block.text, block.line),
            Records::Lines(block) => block.pieces_parsed(json_lines),
            Records::Cut(cut) => {
                cut.par_iter().map(|(line, column, text)| json_row(text, *line, *column)).collect()
            }
            Records::Parquet(rows) => rows.rows(),
        }
    }

    /// What is wrong with one of its rows, with the file's name.
    pub fn fault(&self, wrong: &Wrong) -> Fault {
        Fault {
            file: Arc::clone(&self.file),
            index: None,
            line: wrong.line,
            column: wrong.column,
            pointer: None,
            field: (!wrong.field.is_empty()).then(|| wrong.field.into()),
            problem: wrong.problem.as_ref().into(),
            hint: (!wrong.hint.is_empty()).then(|| wrong.hint.into()),
            fatal: false,
        }
    }
}

/// The file as Parquet, if it begins like it; else it is left at its beginning.
fn parquet_of(name: &str, file: &File) -> anyhow::Result<Option<Parquet>> {
    let mut start = Vec::new();
    let read = file.take(PARQUET.len() as u64).read_to_end(&mut start);
    read.and_then(|_| file.try_clone()?.rewind()).with_context(|| name.to_owned())?;
    (start == PARQUET).then(|| Parquet::open(name, file.try_clone()?)).transpose()
}

fn format_of(name: &str, ahead: &[u8]) -> Format {
    let first_line = ahead.split(|&b| b == b'\n').next().unwrap_or_default();
    let whole = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(first_line).ok();
    match Format::guess(name, ahead) {
        Format::GeoJson | Format::NdJson if whole.as_ref().is_some_and(is_collection) => Format::GeoJson,
        // One line is enough to be newline-delimited.
        Format::GeoJson if whole.is_some() => Format::NdJson,
        format => format,
    }
}

fn is_collection(object: &serde_json::Map<String, serde_json::Value>) -> bool {
    object.get("type").is_some_and(|t| t == "FeatureCollection")
}

struct Header {
    columns: Columns,
    bytes: usize,
}

/// The first row of a table, with whichever delimiter shows a longitude and a latitude in it.
fn header_of(name: &str, ahead: &[u8]) -> anyhow::Result<Header> {
    let mut found = String::new();
    for delimiter in [b',', b';', b'\t', b'|'] {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(ahead);
        let mut record = csv::StringRecord::new();
        // Bytes cut off within a later row are never reached.
        reader.read_record(&mut record).with_context(|| name.to_owned())?;
        if let Some(columns) = Columns::of_header(delimiter, record.iter()) {
            return Ok(Header { columns, bytes: reader.position().byte() as usize });
        }
        if found.is_empty() {
            found = record.iter().collect::<Vec<_>>().join(", ").chars().take(200).collect();
        }
    }
    bail!("{name}:1: needs columns lon and lat (or longitude and latitude); found {found}");
}

/// Text that is cut where records end.
struct Blocks {
    file: Arc<str>,
    source: Box<dyn Read + Send>,
    /// What was read and not yet handed out.
    rest: Vec<u8>,
    /// The line with which it begins.
    line: usize,
    ended: bool,
}

struct Block {
    text: String,
    line: usize,
}

impl Blocks {
    /// The next block; `last_end` finds the last byte of the last whole record.
    fn next(&mut self, last_end: impl Fn(&[u8]) -> Option<usize>) -> anyhow::Result<Option<Block>> {
        let mut wanted = CHUNK_BYTES;
        let end = loop {
            self.fill(wanted)?;
            if self.ended {
                break self.rest.len();
            }
            if let Some(last) = last_end(&self.rest) {
                break last + 1;
            }
            if self.rest.len() >= RECORD_BYTES {
                bail!(
                    "{}:{}: a record longer than {RECORD_BYTES} bytes (a quotation mark that is never closed makes \
                     one record of many)",
                    self.file,
                    self.line
                );
            }
            wanted += CHUNK_BYTES;
        };
        if end == 0 {
            return Ok(None);
        }
        let next = self.rest.split_off(end);
        let bytes = std::mem::replace(&mut self.rest, next);
        let line = self.line;
        self.line += memchr::memchr_iter(b'\n', &bytes).count();
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(Block { text, line })),
            Err(error) => {
                let (sound, rest) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
                let start = memchr::memrchr(b'\n', sound).map_or(0, |end| end + 1);
                bail!(
                    "{}:{}:{}: the byte 0x{:02x} is not UTF-8 (save the file as UTF-8)",
                    self.file,
                    line + memchr::memchr_iter(b'\n', sound).count(),
                    String::from_utf8_lossy(&sound[start..]).chars().count() + 1,
                    rest[0]
                );
            }
        }
    }

    /// Reads until so many bytes are there, or the end.
    fn fill(&mut self, wanted: usize) -> anyhow::Result<()> {
        let missing = wanted.saturating_sub(self.rest.len());
        if missing == 0 || self.ended {
            return Ok(());
        }
        self.rest.reserve_exact(missing);
        let got = self.source.by_ref().take(missing as u64).read_to_end(&mut self.rest);
        self.ended = got.with_context(|| self.file.to_string())? < missing;
        Ok(())
    }
}

impl Block {
    /// Its rows, by pieces of lines on all cores.
    fn pieces_parsed<'a>(&'a self, rows: impl Fn(&'a str, usize) -> Vec<Row<'a>> + Sync) -> Vec<Row<'a>> {
        let mut pieces = Vec::new();
        let (mut rest, mut line) = (self.text.as_str(), self.line);
        while !rest.is_empty() {
            let from = PIECE_BYTES.min(rest.len());
            let end = memchr::memchr(b'\n', &rest.as_bytes()[from..]).map_or(rest.len(), |at| from + at + 1);
            // After a line feed, so between two characters.
            let (piece, next) = rest.split_at(end);
            pieces.push((piece, line));
            line += memchr::memchr_iter(b'\n', piece.as_bytes()).count();
            rest = next;
        }
        let parsed: Vec<Vec<Row<'a>>> =
            pieces.into_par_iter().map(|(piece, line)| rows(piece, line)).collect();
        let mut all = Vec::with_capacity(parsed.iter().map(Vec::len).sum());
        parsed.into_iter().for_each(|rows| all.extend(rows));
        all
    }
}

/// The last byte of the last whole row of a table. A quotation mark opens a cell only at its start, and a line feed
/// within such a cell ends no row: the rules of the `csv` crate.
fn last_row_end(text: &[u8], delimiter: u8) -> Option<usize> {
    if memchr::memchr(b'"', text).is_none() {
        return memchr::memrchr(b'\n', text);
    }
    let (mut at_start, mut last, mut at) = (true, None, 0);
    while at < text.len() {
        let byte = text[at];
        if at_start && byte == b'"' {
            // A doubled quotation mark within the cell looks like its end and a new beginning.
            while text.get(at) == Some(&b'"') {
                let Some(next) = memchr::memchr(b'"', &text[at + 1..]) else { return last };
                at += 2 + next;
            }
            at_start = false;
            continue;
        }
        if byte == b'\n' {
            last = Some(at);
        }
        at_start = byte == delimiter || byte == b'\n' || byte == b'\r';
        at += 1;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_cut_where_a_row_ends() {
        for (text, end) in [
            ("a,b\nc", Some(3)),
            ("abc", None),
            ("\"a\nb\",c\nd", Some(7)),
            ("x\n\"a\nb", Some(1)),
            ("\"a\"\"\nb\",c\nd,\"e\n", Some(9)),
            ("a\"b\nc\"\n", Some(6)),
            ("\"a\"b\"\nc\n", Some(7)),
        ] {
            assert_eq!(last_row_end(text.as_bytes(), b','), end, "{text:?}");
        }
    }

    #[test]
    fn rows_and_lines_are_the_same_however_the_file_is_cut() {
        let mut text = String::from("\u{feff}\n id ;Longitude;LATITUDE\r\n");
        let rows = 300_000;
        for i in 0..rows {
            let id = if i % 1_000 == 0 { format!("\"p{i}\n; x\"") } else { format!("p{i}") };
            text += &format!("{id};{}.5;1\r\n", i % 180);
        }
        let source = Box::new(std::io::Cursor::new(text.clone().into_bytes().split_off(AHEAD_BYTES)));
        let mut input = Input::of_bytes("t.csv", text.as_bytes()[..AHEAD_BYTES].to_vec(), source).unwrap();
        let (mut count, mut chunks, mut line) = (0, 0, 3);
        while let Some(chunk) = input.next().unwrap() {
            for row in chunk.rows() {
                assert_eq!(row.line, line);
                assert_eq!(row.asked.unwrap().place.lon(), f64::from(count % 180) + 0.5);
                line += if count % 1_000 == 0 { 2 } else { 1 };
                count += 1;
            }
            chunks += 1;
        }
        assert_eq!((count, chunks > 1), (rows, true));
    }

    #[test]
    fn bytes_that_are_no_text_end_the_run_with_their_place() {
        let bytes = b"id,lon,lat\na,1,2\nb\xe4,1,2\n".to_vec();
        let mut input = Input::of_bytes("t.csv", bytes, Box::new(std::io::empty())).unwrap();
        let error = input.next().map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with("t.csv:3:2: the byte 0xe4"), "{error}");
    }
}
