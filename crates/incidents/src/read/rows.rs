//! Tables: comma, semicolon or tab between cells, RFC 4180 quoting, a header row.
//!
//! A quotation mark means something only at the beginning of a cell, so `5" shell` is a plain cell. Rows
//! are cut here and taken apart in [`split_cells`] when they are checked. The first thousand rows are read
//! ahead: they tell whether the row below the header holds HXL tags, and in what order the table writes
//! day and month. What later rows say cannot change how earlier ones were read, so the order is learned
//! from those rows only; a later date that contradicts it is a fault.

use super::Piece;
use super::bytes::Bytes;
use crate::columns::Columns;
use crate::fault::Fault;
use crate::report::{Encoding, ReadOptions};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::BufRead;

const SAMPLE_ROWS: usize = 1_000;
const SAMPLE_BYTES: usize = 4 << 20;

/// Where the rows of a table come from: text, or a sheet.
pub(super) trait RowSource {
    /// The next row that holds anything, as a line of values with a delimiter between them. Without a delimiter yet, any
    /// of the three may begin a value.
    fn next_row(&mut self, delimiter: Option<u8>) -> Result<Option<Piece>, Fault>;

    /// A fault of the whole input, here.
    fn fault(&self, problem: &str, hint: &str) -> Fault;

    /// What the text may be in, when it is not UTF-8 and nobody has said so.
    fn may_be_in(&mut self, encoding: Encoding);

    /// The delimiter, where the source itself writes it.
    fn delimiter(&self) -> Option<u8> {
        None
    }
}

impl<R: BufRead> RowSource for Bytes<R> {
    fn next_row(&mut self, delimiter: Option<u8>) -> Result<Option<Piece>, Fault> {
        cut_row(self, delimiter)
    }

    fn fault(&self, problem: &str, hint: &str) -> Fault {
        self.fatal(problem, hint)
    }

    fn may_be_in(&mut self, encoding: Encoding) {
        Bytes::may_be_in(self, encoding);
    }
}

pub(super) struct Rows<'a> {
    source: Box<dyn RowSource + Send + 'a>,
    delimiter: u8,
    ahead: VecDeque<Piece>,
}

impl<'a> Rows<'a> {
    /// Reads the header and the rows that are looked at ahead.
    pub(super) fn open(
        mut source: Box<dyn RowSource + Send + 'a>,
        options: &ReadOptions,
    ) -> Result<(Rows<'a>, Columns), Fault> {
        let mut delimiter = source.delimiter().or(options.delimiter);
        let mut header = source.next_row(delimiter)?;
        // Excel writes the delimiter into a row of its own.
        if let Some(piece) = &header
            && let Some(stated) = piece.text.strip_prefix("sep=").filter(|rest| rest.len() == 1)
        {
            delimiter = delimiter.or(stated.bytes().next());
            header = source.next_row(delimiter)?;
        }
        let Some(header) = header else {
            return Err(source.fault("the table is empty", "a header row is expected"));
        };
        if header.text.contains('\r') && !header.text.contains('"') {
            return Err(
                source.fault("lines end with a carriage return only", "save the table with LF or CRLF")
            );
        }
        let delimiter = delimiter.unwrap_or_else(|| guess_delimiter(&header.text));
        let names = cells_of(&*source, &header, delimiter)?;
        if let Some(encoding) = options.profile.encoding_of(&names) {
            source.may_be_in(encoding);
        }
        let mut ahead = VecDeque::new();
        let mut sampled = 0;
        while ahead.len() < SAMPLE_ROWS && sampled < SAMPLE_BYTES {
            let Some(row) = source.next_row(Some(delimiter))? else { break };
            sampled += row.text.len();
            ahead.push_back(row);
        }
        let mut tags = None;
        if let Some(first) = ahead.front() {
            let cells = cells_of(&*source, first, delimiter)?;
            if are_hxl_tags(&cells) {
                tags = Some(cells);
                ahead.pop_front();
            }
        }
        let mut columns =
            Columns::new(&names, tags.as_deref(), delimiter, options).map_err(|(problem, hint)| Fault {
                line: header.line,
                column: 1,
                ..source.fault(&problem, &hint)
            })?;
        for row in &ahead {
            if let Ok(cells) = split_cells(&row.text, delimiter) {
                columns.learn_date_order(&cells);
            }
        }
        Ok((Rows { source, delimiter, ahead }, columns))
    }

    pub(super) fn next(&mut self) -> Result<Option<Piece>, Fault> {
        match self.ahead.pop_front() {
            Some(row) => Ok(Some(row)),
            None => self.source.next_row(Some(self.delimiter)),
        }
    }
}

fn cells_of(source: &dyn RowSource, row: &Piece, delimiter: u8) -> Result<Vec<String>, Fault> {
    match split_cells(&row.text, delimiter) {
        Ok(cells) => Ok(cells.into_iter().map(|cell| cell.trim().to_owned()).collect()),
        Err(Stray { cell }) => Err(Fault {
            line: row.line,
            column: cell + 1,
            ..source.fault(STRAY, "double every quotation mark within a quoted cell")
        }),
    }
}

/// Whether this is a row of HXL tags: some cells, and every one that is not empty begins with `#`.
fn are_hxl_tags(cells: &[String]) -> bool {
    let mut filled = cells.iter().filter(|cell| !cell.is_empty()).peekable();
    filled.peek().is_some()
        && filled.all(|cell| cell.strip_prefix('#').is_some_and(|tag| tag.starts_with(char::is_alphabetic)))
}

/// The delimiter that stands most often outside of quotation marks.
fn guess_delimiter(header: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in header.bytes() {
        quoted ^= byte == b'"';
        if let (false, Some((_, count))) = (quoted, counts.iter_mut().find(|(mark, _)| *mark == byte)) {
            *count += 1;
        }
    }
    // Of equals the first wins: comma, then semicolon.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(mark, _)| *mark)
}

/// Cuts the next row that holds anything. Without a delimiter yet, any of the three may begin a cell.
fn cut_row<R: BufRead>(bytes: &mut Bytes<R>, delimiter: Option<u8>) -> Result<Option<Piece>, Fault> {
    let parts = |byte: u8| delimiter.map_or(matches!(byte, b',' | b';' | b'\t'), |mark| mark == byte);
    let mut raw = Vec::with_capacity(256);
    loop {
        // Of blank lines there may be millions.
        raw.clear();
        let line = bytes.line;
        let mut cell = Cell::Start;
        let mut quote_line = line;
        loop {
            let seen = raw.len();
            if !bytes.until(b'\n', &mut raw)? {
                if raw.is_empty() {
                    return Ok(None);
                }
                let hint = "the last row has no closing quotation mark";
                let fault = bytes.fatal("a quoted cell that is never closed", hint);
                return Err(Fault { line: quote_line, column: 1, ..fault });
            }
            for &byte in &raw[seen..] {
                let before = cell;
                cell = cell.after(byte, parts(byte));
                if cell == Cell::Quoted && before == Cell::Start {
                    quote_line = bytes.line;
                }
            }
            let complete = raw.last() == Some(&b'\n');
            bytes.line += usize::from(complete);
            if cell != Cell::Quoted {
                break;
            }
        }
        while matches!(raw.last(), Some(b'\n' | b'\r')) {
            raw.pop();
        }
        if raw.iter().all(|b| b.is_ascii_whitespace() || parts(*b)) {
            continue;
        }
        let text = bytes.text(raw, line, 1)?;
        return Ok(Some(Piece::new(text, line, 1)));
    }
}

/// Where in a cell the reader stands.
#[derive(Clone, Copy, PartialEq)]
enum Cell {
    Start,
    Plain,
    Quoted,
    /// Behind a quotation mark within a quoted cell: its end, or the first of a pair.
    Mark,
}

impl Cell {
    fn after(self, byte: u8, is_delimiter: bool) -> Cell {
        match (self, byte) {
            (Cell::Start | Cell::Mark, b'"') => Cell::Quoted,
            (Cell::Quoted, b'"') => Cell::Mark,
            (Cell::Quoted, _) => Cell::Quoted,
            _ if is_delimiter => Cell::Start,
            _ => Cell::Plain,
        }
    }
}

/// Text between the closing quotation mark of a cell and the next delimiter.
#[derive(Debug, PartialEq)]
pub(crate) struct Stray {
    pub(crate) cell: usize,
}

pub(crate) const STRAY: &str = "text follows the closing quotation mark of a cell";

/// Takes a row apart. Cells without doubled quotation marks are borrowed.
pub(crate) fn split_cells(row: &str, delimiter: u8) -> Result<Vec<Cow<'_, str>>, Stray> {
    let mut cells = Vec::with_capacity(32);
    let mut rest = row;
    let mark = char::from(delimiter);
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (cell, after) = unquote(quoted);
            cells.push(cell);
            match after.strip_prefix(mark) {
                Some(next) => rest = next,
                None if after.is_empty() => return Ok(cells),
                None => return Err(Stray { cell: cells.len() - 1 }),
            }
        } else {
            match rest.split_once(mark) {
                Some((cell, next)) => {
                    cells.push(Cow::Borrowed(cell));
                    rest = next;
                }
                None => {
                    cells.push(Cow::Borrowed(rest));
                    return Ok(cells);
                }
            }
        }
    }
}

/// The cell whose opening quotation mark was just passed, and what follows its closing one.
fn unquote(text: &str) -> (Cow<'_, str>, &str) {
    let mut owned: Option<String> = None;
    let mut rest = text;
    loop {
        let Some(at) = rest.find('"') else {
            return (Cow::Borrowed(rest), ""); // The cutter has seen to it that this does not happen.
        };
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        if let Some(next) = after.strip_prefix('"') {
            let so_far = owned.get_or_insert_with(String::new);
            so_far.push_str(before);
            so_far.push('"');
            rest = next;
        } else {
            let cell = match owned {
                Some(mut so_far) => {
                    so_far.push_str(before);
                    Cow::Owned(so_far)
                }
                None => Cow::Borrowed(before),
            };
            return (cell, after);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_delimiter_is_the_one_outside_of_quotation_marks() {
        assert_eq!(guess_delimiter("lon;lat;\"a,b,c,d\""), b';');
        assert_eq!(guess_delimiter("lon\tlat"), b'\t');
        assert_eq!(guess_delimiter("title"), b',');
        assert_eq!(guess_delimiter("a,b;c"), b',');
    }

    #[test]
    fn a_quotation_mark_within_a_cell_is_itself() {
        assert_eq!(
            split_cells("5\" shell,\"a \"\"b\"\"\n,c\",", b',').unwrap(),
            ["5\" shell", "a \"b\"\n,c", ""]
        );
        assert_eq!(split_cells("x,\"a\"b,c", b','), Err(Stray { cell: 1 }));
    }

    #[test]
    fn only_a_row_of_tags_is_a_row_of_tags() {
        let cells = |row: &str| row.split(',').map(str::to_owned).collect::<Vec<_>>();
        assert!(are_hxl_tags(&cells(",#date+year,,#geo+lat")));
        assert!(
            !are_hxl_tags(&cells("#1,#date")) && !are_hxl_tags(&cells(",,")) && !are_hxl_tags(&cells("#a,b"))
        );
    }

    proptest! {
        #[test]
        fn cells_are_the_same_that_the_csv_crate_reads(
            cells in prop::collection::vec(r#"[ab,;"\n é=]{0,8}"#, 1..8)
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(&cells).unwrap();
            let row = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(split_cells(row.strip_suffix('\n').unwrap(), b',').unwrap(), cells);
        }
    }
}
