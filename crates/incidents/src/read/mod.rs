//! From bytes to reports: one reader for each format, each with bounded memory.
//!
//! A reader looks only as far into the bytes as it must to cut one record from the next. It proves that
//! they are UTF-8 and within the limits; the JSON inside a record is parsed in [`crate::check()`], where many
//! cores can help. Memory: one record, and for tables the first thousand rows, from which columns and the
//! order of day and month are learned.

mod bytes;
mod decode;
mod features;
mod flatgeobuf;
mod lines;
mod packed;
mod parquet;
mod rows;
mod xlsx;
mod xml;
mod zip;

pub(crate) use bytes::place_after;
pub use features::GEOMETRIES;
pub(crate) use rows::{STRAY, Stray, split_cells};

use crate::columns::Columns;
use crate::fault::Fault;
use crate::profile::Profile;
use crate::report::{Element, Format, Origin, ReadOptions, Report};
use bytes::Bytes;
use packed::{Input, Kind};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use zip::{Member, Shared};

/// Begins to read. Of a table, reads the header and the first rows.
///
/// Archives, workbooks and Parquet are held in memory as they are, up to [`ReadOptions::memory_bytes`];
/// [`read_file`] does not need to.
///
/// # Errors
///
/// A fault that is fatal: bytes that are not text, an archive that is broken, a table without a column that says when
/// or where.
///
/// ```
/// # use kordon_incidents::{read, ReadOptions};
/// let table = "id,lon,lat,date,title\n7,28.84,45.335,2025-05-30,Drone debris\n";
/// let reports: Vec<_> = read(table.as_bytes(), &ReadOptions::default())?.collect::<Result<_, _>>()?;
/// assert_eq!(reports[0].line, 2);
/// # Ok::<(), kordon_incidents::Fault>(())
/// ```
pub fn read<'a, R: BufRead + Send + 'a>(input: R, options: &ReadOptions) -> Result<Reader<'a>, Fault> {
    Ok(Reader::of(open_stream(Box::new(input), options, 0)?))
}

/// Begins to read something that can be read from any place, such as a file.
///
/// # Errors
///
/// As [`read`].
pub fn read_file<R: Read + Seek + Send + 'static>(
    input: R,
    options: &ReadOptions,
) -> Result<Reader<'static>, Fault> {
    Ok(Reader::of(open_seekable(Box::new(input), options, 0)?))
}

/// Something that can be read from any place.
trait Seekable: Read + Seek + Send {}
impl<R: Read + Seek + Send> Seekable for R {}

/// One text, sheet or file of features, and what waits behind it.
struct Opened<'a> {
    part: Part<'a>,
    archive: Option<Archive>,
}

/// One input that is no archive.
struct Part<'a> {
    cut: Cut<'a>,
    format: Format,
    origin: Arc<Origin>,
}

/// Members of a zip archive that are still to be read.
struct Archive {
    input: Shared<Box<dyn Seekable>>,
    members: VecDeque<Member>,
    /// Those that are no file of a known kind.
    passed_over: Vec<Fault>,
    options: ReadOptions,
    layers: usize,
}

fn open_stream<'a>(input: Input<'a>, options: &ReadOptions, layers: usize) -> Result<Opened<'a>, Fault> {
    let origin = Origin::new(options);
    let fatal = |problem: String, hint: &str| Fault::of_input(&origin.file, 1, problem, hint);
    let (first, input) = peek(input).map_err(|error| fatal(format!("cannot be read: {error}"), ""))?;
    let kind = Kind::of(&first);
    if matches!(kind, Kind::Gzip | Kind::Zip) && layers == packed::MOST_LAYERS {
        return Err(fatal("packed more than three times over".into(), "unpack it first"));
    }
    if matches!(kind, Kind::Xml | Kind::Text)
        && let Some((what, hint)) = packed::not_read(&options.file, &first)
    {
        return Err(fatal(format!("the file is {what}, which is not read"), &hint));
    }
    let part = match kind {
        Kind::Gzip => {
            let name = options.file.strip_suffix(".gz").unwrap_or(&options.file).to_owned();
            let options = ReadOptions { file: name, ..options.clone() };
            return open_stream(packed::gunzip(input, options.unpacked_bytes), &options, layers + 1);
        }
        Kind::Zip | Kind::Parquet => {
            let mut whole = Vec::new();
            let most = options.memory_bytes as u64;
            let read = input.take(most + 1).read_to_end(&mut whole);
            read.map_err(|error| fatal(format!("cannot be read further: {error}"), "is the file complete?"))?;
            if whole.len() as u64 > most {
                let problem =
                    format!("an archive or file of columns within another, longer than {most} bytes");
                return Err(fatal(problem, "unpack it first"));
            }
            return open_seekable(Box::new(Cursor::new(whole)), options, layers);
        }
        Kind::FlatGeobuf => {
            let mut bytes = Bytes::open(input, options, &origin)?;
            let features = flatgeobuf::Features::open(&mut bytes)?;
            Part::of(Cut::FlatGeobuf(bytes, features), Format::FlatGeobuf, origin)
        }
        Kind::Utf16(encoding) => {
            let decoded: Input<'a> = Box::new(decode::Decoded::new(input, encoding));
            let (first, input) =
                peek(decoded).map_err(|error| fatal(format!("cannot be read: {error}"), ""))?;
            let options = ReadOptions { encoding: None, ..options.clone() };
            match Kind::of(&first) {
                Kind::Xml if options.format.is_none_or(Format::is_xml) => document(input, &options, origin)?,
                _ => text(input, &options, origin)?,
            }
        }
        Kind::Xml if options.format.is_none_or(Format::is_xml) => {
            let input: Input<'a> = match options.encoding {
                Some(encoding) => Box::new(decode::Decoded::new(input, encoding.0)),
                None => input,
            };
            document(input, options, origin)?
        }
        Kind::Xml | Kind::Text => text(input, options, origin)?,
    };
    Ok(Opened { part, archive: None })
}

fn open_seekable(
    mut input: Box<dyn Seekable>,
    options: &ReadOptions,
    layers: usize,
) -> Result<Opened<'static>, Fault> {
    let origin = Origin::new(options);
    let file = Arc::clone(&origin.file);
    let fatal = |problem: String, hint: &str| Fault::of_input(&file, 1, problem, hint);
    let mut first = Vec::new();
    let begun = (&mut input).take(8).read_to_end(&mut first).and_then(|_| input.seek(SeekFrom::Start(0)));
    begun.map_err(|error| fatal(format!("cannot be read: {error}"), ""))?;
    match Kind::of(&first) {
        Kind::Zip => {}
        Kind::Parquet => {
            let rows = parquet::Rows::open(Shared::new(input), Arc::clone(&file))?;
            let part = Part::of(Cut::Parquet(Box::new(rows)), Format::GeoParquet, origin);
            return Ok(Opened { part, archive: None });
        }
        _ => return open_stream(Box::new(BufReader::with_capacity(1 << 20, input)), options, layers),
    }
    let input = Shared::new(input);
    let hint = "is the file complete, and a zip archive or a workbook?";
    let members = zip::directory(&input).map_err(|error| fatal(error.to_string(), hint))?;
    let total: u64 = members.iter().map(|member| member.size).fold(0, u64::saturating_add);
    let packed: u64 = members.iter().map(|member| member.packed).fold(0, u64::saturating_add);
    packed::sizes_are_sound(total, packed, options.unpacked_bytes)
        .map_err(|error| fatal(format!("the archive {error}"), ""))?;
    if xlsx::is_workbook(&members) {
        let sheet = xlsx::Sheet::open(&input, &members, options.record_bytes, &origin)?;
        let (rows, columns) = rows::Rows::open(Box::new(sheet), options)?;
        let origin = Origin { columns: Some(columns), ..origin };
        return Ok(Opened { part: Part::of(Cut::Rows(rows), Format::Xlsx, origin), archive: None });
    }
    let (known, others): (Vec<Member>, Vec<Member>) =
        members.into_iter().partition(|member| packed::is_known(&member.name));
    let others = others.iter().filter(|member| !packed::is_of_a_system(&member.name));
    let passed_over = others.map(|member| Fault {
        file: format!("{}/{}", options.file, member.name).into(),
        fatal: false,
        ..Fault::of_input(&file, 1, "is of no kind that is read, and was passed over", None)
    });
    let passed_over = passed_over.collect();
    let mut archive = Archive { input, members: known.into(), passed_over, options: options.clone(), layers };
    match archive.next()? {
        Some(opened) => Ok(Opened { part: opened.part, archive: Some(archive) }),
        None => {
            let is_of_gis = |fault: &Fault| {
                [".shp", ".gpkg"].iter().any(|ending| fault.file.to_lowercase().ends_with(ending))
            };
            let hint = match archive.passed_over.iter().find(|fault| is_of_gis(fault)) {
                Some(_) => {
                    "unpack it, and make a GeoJSON of the Shapefile or GeoPackage in it: ogr2ogr -t_srs EPSG:4326 reports.geojson FILE.shp"
                }
                None => "GeoJSON, CSV, KML and the like are read",
            };
            Err(fatal("the archive holds no file of a known kind".into(), hint))
        }
    }
}

impl Archive {
    /// The next member, begun.
    fn next(&mut self) -> Result<Option<Opened<'static>>, Fault> {
        let Some(member) = self.members.pop_front() else { return Ok(None) };
        let options =
            ReadOptions { file: format!("{}/{}", self.options.file, member.name), ..self.options.clone() };
        let fault = |error: std::io::Error| {
            let file: Arc<str> = options.file.as_str().into();
            Fault::of_input(&file, 1, error.to_string(), "unpack the archive and read its files")
        };
        let read = member.open(&self.input).map_err(fault)?;
        let input: Input<'static> = Box::new(BufReader::with_capacity(1 << 18, read));
        let opened = open_stream(input, &options, self.layers + 1)?;
        match opened.archive {
            Some(archive) if !archive.members.is_empty() => {
                let file: Arc<str> = options.file.as_str().into();
                Err(Fault::of_input(
                    &file,
                    1,
                    "an archive of several files within an archive",
                    "unpack it first",
                ))
            }
            _ => Ok(Some(opened)),
        }
    }
}

/// Reads some bytes ahead, and puts them before the rest again.
fn peek(mut input: Input<'_>) -> std::io::Result<(Vec<u8>, Input<'_>)> {
    let mut first = Vec::new();
    (&mut input).take(64).read_to_end(&mut first)?;
    let input = Box::new(Cursor::new(first.clone()).chain(input));
    Ok((first, input))
}

fn document<'a>(input: Input<'a>, options: &ReadOptions, origin: Origin) -> Result<Part<'a>, Fault> {
    let document = xml::Document::open(input, options.record_bytes, &origin)?;
    let format = document.format();
    Ok(Part::of(Cut::Document(Box::new(document)), format, origin))
}

/// Text that is no XML.
fn text<'a>(input: Input<'a>, options: &ReadOptions, origin: Origin) -> Result<Part<'a>, Fault> {
    let mut bytes = Bytes::open(input, options, &origin)?;
    let format = match options.format {
        Some(format) => format,
        None => Format::guess(&options.file, bytes.ahead()?),
    };
    Ok(match format {
        Format::GeoJson => {
            let features = features::Features::open(&mut bytes)?;
            let list = features.list().map(Box::from);
            let origin = Origin { list, plain: features.is_plain(), ..origin };
            Part::of(Cut::Features(bytes, features), format, origin)
        }
        Format::NdJson => {
            let plain = begins_with_a_plain_object(bytes.ahead()?);
            Part::of(Cut::Lines(bytes), format, Origin { plain, ..origin })
        }
        Format::GeoJsonSeq => Part::of(Cut::Sequence(bytes), format, origin),
        Format::Csv => {
            let (rows, columns) = rows::Rows::open(Box::new(bytes), options)?;
            Part::of(Cut::Rows(rows), format, Origin { columns: Some(columns), ..origin })
        }
        Format::Kml | Format::Gpx | Format::Xlsx | Format::FlatGeobuf | Format::GeoParquet => {
            let problem = format!("the input is not of the format {}", format.as_str());
            return Err(bytes.fatal(problem, "leave the format out, and it is told by the first bytes"));
        }
    })
}

/// Whether the first line is an object with none of the members that GeoJSON has.
fn begins_with_a_plain_object(ahead: &[u8]) -> bool {
    const OURS: [&str; 5] = ["geometry", "properties", "coordinates", "geometries", "features"];
    let line = ahead.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    let first: Option<serde_json::Map<String, serde_json::Value>> =
        line.and_then(|line| serde_json::from_slice(line.trim_ascii_start()).ok());
    first.is_some_and(|members| {
        !members.keys().any(|name| OURS.contains(&name.as_str()))
            && members.get("type") != Some(&"Feature".into())
    })
}

/// Reports of one input, in its order. After an error nothing more comes, and nothing of the input may be
/// kept: every error here is fatal.
pub struct Reader<'a> {
    part: Part<'a>,
    archive: Option<Archive>,
    next: usize,
    ended: bool,
}

enum Cut<'a> {
    Features(Bytes<Input<'a>>, features::Features),
    Lines(Bytes<Input<'a>>),
    Sequence(Bytes<Input<'a>>),
    Rows(rows::Rows<'a>),
    Document(Box<xml::Document<Input<'a>>>),
    FlatGeobuf(Bytes<Input<'a>>, flatgeobuf::Features),
    Parquet(Box<parquet::Rows>),
}

/// A record as it was cut out: its text and where it begins.
struct Piece {
    text: String,
    line: usize,
    column: usize,
    /// As [`Report`] has it.
    elements: Box<[Element]>,
}

impl Piece {
    fn new(text: String, line: usize, column: usize) -> Piece {
        Piece { text, line, column, elements: Box::default() }
    }
}

impl<'a> Part<'a> {
    fn of(cut: Cut<'a>, format: Format, origin: Origin) -> Part<'a> {
        Part { cut, format, origin: Arc::new(Origin { format: Some(format), ..origin }) }
    }

    fn next(&mut self) -> Result<Option<Piece>, Fault> {
        match &mut self.cut {
            Cut::Features(bytes, features) => features.next(bytes),
            Cut::Lines(bytes) => lines::next_line(bytes),
            Cut::Sequence(bytes) => lines::next_of_sequence(bytes),
            Cut::Rows(rows) => rows.next(),
            Cut::Document(document) => document.next(),
            Cut::FlatGeobuf(bytes, features) => features.next(bytes),
            Cut::Parquet(rows) => rows.next(),
        }
    }
}

impl<'a> Reader<'a> {
    fn of(Opened { part, archive }: Opened<'a>) -> Reader<'a> {
        Reader { part, archive, next: 0, ended: false }
    }

    /// The format, as told or guessed; of an archive, that of the member that is being read.
    pub fn format(&self) -> Format {
        self.part.format
    }

    /// How many records have been read so far.
    pub fn count(&self) -> usize {
        self.next
    }

    /// Of a table: what each column was taken for, (our name, their name), in the order of the columns. So a
    /// person can see what was guessed.
    pub fn columns(&self) -> Vec<(&str, &str)> {
        self.part.origin.columns.as_ref().map(Columns::assigned).unwrap_or_default()
    }

    /// The source that it was recognised as, such as `ucdp`, `viina` or `firms`; of records that are no table, once
    /// one was checked.
    pub fn profile(&self) -> Option<&str> {
        self.part.origin.known_as().map(Profile::name)
    }

    /// Files of an archive that are not read, since they are of no known kind.
    pub fn passed_over(&self) -> &[Fault] {
        self.archive.as_ref().map_or(&[], |archive| &archive.passed_over)
    }

    /// The next record of this part, or of the next member that has one.
    fn piece(&mut self) -> Result<Option<Piece>, Fault> {
        loop {
            if let Some(piece) = self.part.next()? {
                return Ok(Some(piece));
            }
            match self.archive.as_mut().map(Archive::next).transpose()?.flatten() {
                Some(opened) => self.part = opened.part,
                None => return Ok(None),
            }
        }
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Report, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.piece() {
            Ok(Some(Piece { text, line, column, elements })) => {
                let index = self.next;
                self.next += 1;
                let origin = Arc::clone(&self.part.origin);
                Some(Ok(Report { index, line, column, text, elements, origin }))
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(fault) => {
                self.ended = true;
                Some(Err(Fault { index: Some(self.next), ..fault }))
            }
        }
    }
}
