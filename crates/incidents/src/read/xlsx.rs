//! Excel workbooks: the rows of the first sheet that is shown, as the rows of a table.
//!
//! A cell is what it shows in general: numbers as they are stored, dates as ISO days or times without an offset, formulas by the
//! value that was saved with them. A row's line is its number in the sheet. The sheet is read as it streams by; the texts
//! that cells share are held, at most [`SHARED_BYTES`].
//!
//! Source: ECMA-376 part 1, §18 (SpreadsheetML), read by quick-xml.

use super::Piece;
use super::rows::RowSource;
use super::xml::{Counted, add_text};
use super::zip::{Member, Shared};
use crate::date::civil_text;
use crate::fault::Fault;
use crate::report::{Encoding, Origin};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader as Xml, XmlVersion};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Seek};
use std::sync::Arc;

/// Bytes of texts that cells share.
const SHARED_BYTES: usize = 64 << 20;
/// Cells of a row.
const MOST_CELLS: usize = 16_384;

type Parts<'a> = Xml<Counted<BufReader<Box<dyn Read + Send + 'a>>>>;

/// The rows of a sheet.
pub(super) struct Sheet<'a> {
    xml: Parts<'a>,
    buffer: Vec<u8>,
    texts: Vec<Box<str>>,
    /// Whether cells of this format are days, by its number.
    is_day: Vec<bool>,
    since_1904: bool,
    row: usize,
    /// Cells of the header: a sheet leaves out empty ones at the end of a row.
    width: Option<usize>,
    limit: usize,
    file: Arc<str>,
    ended: bool,
}

/// Whether a zip archive is a workbook.
pub(super) fn is_workbook(members: &[Member]) -> bool {
    members.iter().any(|member| member.name == "xl/workbook.xml")
}

impl<'a> Sheet<'a> {
    /// Reads what the sheets share, and goes to the first sheet.
    pub(super) fn open<R: Read + Seek + Send + 'a>(
        input: &Shared<R>,
        members: &[Member],
        limit: usize,
        origin: &Origin,
    ) -> Result<Sheet<'a>, Fault> {
        let file = &origin.file;
        let fatal = |error: Broken| {
            Fault::of_input(file, 1, error.0, "save the workbook anew, or its sheet as CSV in UTF-8")
        };
        let open = |name: &str| -> Result<Option<Parts<'a>>, Broken> {
            let Some(member) = members.iter().find(|member| member.name == name) else { return Ok(None) };
            let read = member.open(input).map_err(|error| Broken(format!("{name} {error}")))?;
            let mut xml = Xml::from_reader(Counted::new(BufReader::with_capacity(1 << 16, read), limit));
            xml.config_mut().expand_empty_elements = true;
            Ok(Some(xml))
        };
        let book = open("xl/workbook.xml")
            .map_err(fatal)?
            .map(workbook)
            .transpose()
            .map_err(fatal)?
            .unwrap_or_default();
        let targets = open("xl/_rels/workbook.xml.rels")
            .map_err(fatal)?
            .map(relations)
            .transpose()
            .map_err(fatal)?
            .unwrap_or_default();
        let texts = open("xl/sharedStrings.xml")
            .map_err(fatal)?
            .map(shared_texts)
            .transpose()
            .map_err(fatal)?
            .unwrap_or_default();
        let is_day = open("xl/styles.xml")
            .map_err(fatal)?
            .map(day_formats)
            .transpose()
            .map_err(fatal)?
            .unwrap_or_default();
        let first =
            book.sheets.first().and_then(|id| targets.get(id)).map(|target| match target.strip_prefix('/') {
                Some(whole) => whole.to_owned(),
                None => format!("xl/{target}"),
            });
        let first = first.unwrap_or_else(|| "xl/worksheets/sheet1.xml".into());
        let xml =
            open(&first).map_err(fatal)?.ok_or_else(|| fatal(Broken("the workbook has no sheet".into())))?;
        Ok(Sheet {
            xml,
            buffer: Vec::new(),
            texts,
            is_day,
            since_1904: book.since_1904,
            row: 0,
            width: None,
            limit,
            file: Arc::clone(file),
            ended: false,
        })
    }

    /// The next row that holds anything.
    fn next(&mut self) -> Result<Option<Piece>, Broken> {
        while !self.ended {
            match event(&mut self.xml, &mut self.buffer)? {
                Event::Start(start) if is(&start, "row") => {
                    let stated = attribute(&start, "r").and_then(|text| text.parse().ok());
                    self.row = stated.unwrap_or(self.row + 1);
                    let mut cells = self.cells()?;
                    while cells.len() > self.width.unwrap_or(1) && cells.last().is_some_and(String::is_empty)
                    {
                        cells.pop();
                    }
                    if cells.iter().any(|cell| !cell.trim().is_empty()) {
                        let width = *self.width.get_or_insert(cells.len());
                        cells.resize(cells.len().max(width), String::new());
                        return Ok(Some(Piece::new(joined(&cells), self.row, 1)));
                    }
                }
                Event::Eof => self.ended = true,
                _ => {}
            }
        }
        Ok(None)
    }

    /// The cells up to the end of the row, empty ones between them too.
    fn cells(&mut self) -> Result<Vec<String>, Broken> {
        let (mut cells, mut held): (Vec<String>, usize) = (Vec::new(), 0);
        loop {
            match event(&mut self.xml, &mut self.buffer)? {
                Event::Start(start) if is(&start, "c") => {
                    let at = attribute(&start, "r").and_then(|name| column_of(&name)).unwrap_or(cells.len());
                    if at < cells.len() || at >= MOST_CELLS {
                        return Err(Broken(format!("the cells of row {} are out of order", self.row)));
                    }
                    cells.resize(at, String::new());
                    let cell = self.cell(&start)?;
                    held += cell.len();
                    if held > self.limit {
                        return Err(Broken(format!("a record longer than {} bytes", self.limit)));
                    }
                    cells.push(cell);
                }
                Event::End(end) if end.local_name().as_ref() == "row" => return Ok(cells),
                Event::Eof => return Err(Broken("the sheet ends within a row".into())),
                _ => {}
            }
        }
    }

    fn cell(&mut self, start: &BytesStart<'static>) -> Result<String, Broken> {
        let kind = attribute(start, "t").unwrap_or_default();
        let style = attribute(start, "s").and_then(|text| text.parse::<usize>().ok());
        let mut value = String::new();
        loop {
            match event(&mut self.xml, &mut self.buffer)? {
                Event::Start(start) if is(&start, "v") || is(&start, "t") => {
                    // A cell may be of many parts.
                    let room = self.limit.saturating_sub(value.len());
                    value.push_str(&text(&mut self.xml, &mut self.buffer, room)?);
                }
                Event::Start(start) if is(&start, "rPh") || is(&start, "f") => {
                    skip(&mut self.xml, &mut self.buffer)?
                }
                Event::End(end) if end.local_name().as_ref() == "c" => break,
                Event::Eof => return Err(Broken("the sheet ends within a cell".into())),
                _ => {}
            }
        }
        match kind.as_str() {
            "s" => {
                let text = value.trim().parse::<usize>().ok().and_then(|at| self.texts.get(at));
                text.map(|text| text.to_string())
                    .ok_or_else(|| Broken(format!("row {} names a text that is not there", self.row)))
            }
            "b" => Ok(if value.trim() == "1" { "true" } else { "false" }.into()),
            "" | "n" if style.is_some_and(|style| self.is_day.get(style) == Some(&true)) => {
                Ok(day(value.trim(), self.since_1904).unwrap_or(value))
            }
            _ => Ok(value),
        }
    }
}

impl RowSource for Sheet<'_> {
    fn next_row(&mut self, _: Option<u8>) -> Result<Option<Piece>, Fault> {
        self.next().map_err(|Broken(problem)| {
            self.fault(&problem, "save the workbook anew, or its sheet as CSV in UTF-8")
        })
    }

    fn fault(&self, problem: &str, hint: &str) -> Fault {
        Fault::of_input(&self.file, self.row.max(1), problem, hint)
    }

    fn may_be_in(&mut self, _: Encoding) {}

    fn delimiter(&self) -> Option<u8> {
        Some(b',')
    }
}

/// What keeps a workbook from being read, as a sentence.
struct Broken(String);

/// A row as a line of comma-separated values.
fn joined(cells: &[String]) -> String {
    let mut line = String::new();
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line
}

/// `AB12` is column 27, counted from 0.
fn column_of(name: &str) -> Option<usize> {
    let letters = name.bytes().take_while(u8::is_ascii_uppercase);
    let number = letters.take(4).fold(0_usize, |sum, letter| sum * 26 + usize::from(letter - b'A') + 1);
    number.checked_sub(1)
}

/// A number of days as a date, with the time of day when there is one.
fn day(text: &str, since_1904: bool) -> Option<String> {
    let days: f64 = text.parse().ok()?;
    if !(0.0..2_958_466.0).contains(&days) {
        return None;
    }
    // Day 60 is a 29 February 1900 that never was; what lies before it is a day further.
    let from_1970 = match (since_1904, days < 60.0) {
        (true, _) => days - 24_107.0,
        (false, true) => days - 25_568.0,
        (false, false) => days - 25_569.0,
    };
    let seconds = (from_1970 * 86_400.0).round() as i64;
    let civil = civil_text(seconds)?;
    Some(if seconds.rem_euclid(86_400) == 0 { civil[..10].to_owned() } else { civil.replace('T', " ") })
}

#[derive(Default)]
struct Book {
    /// The relations of the sheets, in order.
    sheets: Vec<String>,
    since_1904: bool,
}

fn workbook(mut xml: Parts<'_>) -> Result<Book, Broken> {
    let (mut book, mut buffer) = (Book::default(), Vec::new());
    loop {
        match event(&mut xml, &mut buffer)? {
            Event::Start(start)
                if is(&start, "sheet")
                    && attribute(&start, "state").is_none_or(|state| state == "visible") =>
            {
                book.sheets.extend(attribute(&start, "id"));
                if book.sheets.len() > 1_000 {
                    return Err(Broken("the workbook has more than 1000 sheets".into()));
                }
            }
            Event::Start(start) if is(&start, "workbookPr") => {
                book.since_1904 =
                    attribute(&start, "date1904").is_some_and(|value| matches!(value.as_str(), "1" | "true"));
            }
            Event::Eof => return Ok(book),
            _ => {}
        }
    }
}

fn relations(mut xml: Parts<'_>) -> Result<HashMap<String, String>, Broken> {
    let (mut targets, mut buffer) = (HashMap::new(), Vec::new());
    loop {
        match event(&mut xml, &mut buffer)? {
            Event::Start(start) if is(&start, "Relationship") && targets.len() < 10_000 => {
                if let (Some(id), Some(target)) = (attribute(&start, "Id"), attribute(&start, "Target")) {
                    targets.insert(id, target);
                }
            }
            Event::Eof => return Ok(targets),
            _ => {}
        }
    }
}

fn shared_texts(mut xml: Parts<'_>) -> Result<Vec<Box<str>>, Broken> {
    let (mut texts, mut buffer, mut held) = (Vec::new(), Vec::new(), 0);
    let mut one = String::new();
    loop {
        match event(&mut xml, &mut buffer)? {
            Event::Start(start) if is(&start, "si") => one.clear(),
            Event::Start(start) if is(&start, "t") => {
                // One text may be of many parts.
                let room = SHARED_BYTES.saturating_sub(held + one.len());
                one.push_str(&text(&mut xml, &mut buffer, room)?);
            }
            Event::Start(start) if is(&start, "rPh") => skip(&mut xml, &mut buffer)?,
            Event::End(end) if end.local_name().as_ref() == "si" => {
                held += one.len() + 24;
                if held > SHARED_BYTES {
                    return Err(Broken(format!("the workbook's texts take more than {SHARED_BYTES} bytes")));
                }
                texts.push(one.as_str().into());
            }
            Event::Eof => return Ok(texts),
            _ => {}
        }
    }
}

/// Which cell formats show days.
fn day_formats(mut xml: Parts<'_>) -> Result<Vec<bool>, Broken> {
    let (mut custom, mut formats, mut buffer) = (HashMap::new(), Vec::new(), Vec::new());
    let mut in_cells = false;
    loop {
        match event(&mut xml, &mut buffer)? {
            Event::Start(start) if is(&start, "numFmt") && custom.len() < 10_000 => {
                if let (Some(id), Some(code)) =
                    (attribute(&start, "numFmtId"), attribute(&start, "formatCode"))
                {
                    custom.insert(id, is_day_code(&code));
                }
            }
            Event::Start(start) if is(&start, "cellXfs") => in_cells = true,
            Event::End(end) if end.local_name().as_ref() == "cellXfs" => in_cells = false,
            Event::Start(start) if in_cells && is(&start, "xf") && formats.len() < 100_000 => {
                let id = attribute(&start, "numFmtId").unwrap_or_default();
                let built_in = matches!(id.parse::<u32>(), Ok(14..=17 | 22 | 27..=31 | 34..=36 | 50..=58));
                formats.push(custom.get(&id).copied().unwrap_or(built_in));
            }
            Event::Eof => return Ok(formats),
            _ => {}
        }
    }
}

/// Whether a format code shows a day: it has a `y` or a `d` outside of quotation marks and brackets.
fn is_day_code(code: &str) -> bool {
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    for c in code.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' | '_' | '*' => escaped = true,
            '"' => quoted = !quoted,
            '[' if !quoted => bracketed = true,
            ']' if !quoted => bracketed = false,
            'y' | 'Y' | 'd' | 'D' if !quoted && !bracketed => return true,
            _ => {}
        }
    }
    false
}

fn is(start: &BytesStart<'_>, name: &str) -> bool {
    start.local_name().as_ref() == name
}

fn attribute(start: &BytesStart<'_>, wanted: &str) -> Option<String> {
    let mut attributes = start.attributes().filter_map(Result::ok);
    let found = attributes.find(|attribute| attribute.key.local_name().as_ref() == wanted)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(|value| value.into_owned())
}

fn text<R: BufRead>(xml: &mut Xml<Counted<R>>, buffer: &mut Vec<u8>, limit: usize) -> Result<String, Broken> {
    let (mut text, mut depth) = (String::new(), 0_usize);
    loop {
        match event(xml, buffer)? {
            Event::Start(_) => depth += 1,
            Event::End(_) if depth == 0 => return Ok(text),
            Event::End(_) => depth -= 1,
            Event::Eof => return Err(Broken("the workbook ends within a text".into())),
            part => add_text(&mut text, &part)
                .map_err(|_| Broken("the workbook has an entity that is not one of XML's own".into()))?,
        }
        if text.len() > limit {
            return Err(Broken(format!("a text longer than {limit} bytes")));
        }
    }
}

/// Goes to the end of the element that has just begun.
fn skip<R: BufRead>(xml: &mut Xml<Counted<R>>, buffer: &mut Vec<u8>) -> Result<(), Broken> {
    let mut depth = 0_usize;
    loop {
        match event(xml, buffer)? {
            Event::Start(_) => depth += 1,
            Event::End(_) if depth == 0 => return Ok(()),
            Event::End(_) => depth -= 1,
            Event::Eof => return Err(Broken("the workbook ends within an element".into())),
            _ => {}
        }
    }
}

fn event<R: BufRead>(xml: &mut Xml<Counted<R>>, buffer: &mut Vec<u8>) -> Result<Event<'static>, Broken> {
    buffer.clear();
    xml.get_mut().begin_anew();
    match xml.read_event_into(buffer) {
        Ok(Event::DocType(_)) => Err(Broken("the workbook has a document type, which is not read".into())),
        Ok(event) => Ok(event.into_owned()),
        Err(error) => {
            let problem = format!("the workbook is broken: {error}");
            Err(Broken(problem.chars().filter(|c| !c.is_control()).take(160).collect()))
        }
    }
}
