//! From bytes to reports: one reader for each format, each with bounded memory.
//!
//! A reader looks only as far into the bytes as it must to cut one record from the next. It proves that
//! they are UTF-8 and within the limits; the JSON inside a record is parsed in [`crate::check()`], where many
//! cores can help. Memory: one record, and for tables the first thousand rows, from which columns and the
//! order of day and month are learned.

mod bytes;
mod features;
mod lines;
mod rows;

pub(crate) use bytes::place_after;
pub(crate) use rows::{STRAY, Stray, split_cells};

use crate::columns::Columns;
use crate::fault::Fault;
use crate::profile::Profile;
use crate::report::{Format, Origin, ReadOptions, Report};
use bytes::Bytes;
use std::io::BufRead;
use std::sync::Arc;

/// Begins to read. Of a table, reads the header and the first rows.
///
/// # Errors
///
/// A fault that is fatal: bytes that are not text, an archive, a table without a column that says when or
/// where.
///
/// ```
/// # use kordon_incidents::{read, ReadOptions};
/// let table = "id,lon,lat,date,title\n7,28.84,45.335,2025-05-30,Drone debris\n";
/// let reports: Vec<_> = read(table.as_bytes(), &ReadOptions::default())?.collect::<Result<_, _>>()?;
/// assert_eq!(reports[0].line, 2);
/// # Ok::<(), kordon_incidents::Fault>(())
/// ```
pub fn read<R: BufRead>(input: R, options: &ReadOptions) -> Result<Reader<R>, Fault> {
    let origin = Origin::new(options);
    let mut bytes = Bytes::open(input, options, &origin)?;
    let format = match options.format {
        Some(format) => format,
        None => Format::guess(&options.file, bytes.ahead()?),
    };
    let (cut, origin) = match format {
        Format::GeoJson => {
            let features = features::Features::open(&mut bytes)?;
            let list = features.list().map(Box::from);
            let origin = Origin { list, plain: features.is_plain(), ..origin };
            (Cut::Features(features), origin)
        }
        Format::NdJson => (Cut::Lines, origin),
        Format::GeoJsonSeq => (Cut::Sequence, origin),
        Format::Csv => {
            let (rows, columns) = rows::Rows::open(&mut bytes, options)?;
            (Cut::Rows(rows), Origin { columns: Some(columns), ..origin })
        }
    };
    Ok(Reader { bytes, cut, format, origin: Arc::new(origin), next: 0, ended: false })
}

/// Reports of one input, in its order. After an error nothing more comes, and nothing of the input may be
/// kept: every error here is fatal.
pub struct Reader<R> {
    bytes: Bytes<R>,
    cut: Cut,
    format: Format,
    origin: Arc<Origin>,
    next: usize,
    ended: bool,
}

enum Cut {
    Features(features::Features),
    Lines,
    Sequence,
    Rows(rows::Rows),
}

/// A record as it was cut out: its text and where it begins.
struct Piece {
    text: String,
    line: usize,
    column: usize,
}

impl<R> Reader<R> {
    /// The format, as told or guessed.
    pub fn format(&self) -> Format {
        self.format
    }

    /// How many records have been read so far.
    pub fn count(&self) -> usize {
        self.next
    }

    /// Of a table: what each column was taken for, (our name, their name), in the order of the columns. So a
    /// person can see what was guessed.
    pub fn columns(&self) -> Vec<(&str, &str)> {
        self.origin.columns.as_ref().map(Columns::assigned).unwrap_or_default()
    }

    /// The source that it was recognised as, such as `ucdp`, `viina` or `firms`; of records that are no table, once
    /// one was checked.
    pub fn profile(&self) -> Option<&str> {
        let columns = self.origin.columns.as_ref().or(self.origin.foreign.get().map(|columns| &**columns))?;
        columns.profile().map(|profile: &Arc<Profile>| profile.name())
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Report, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let piece = match &mut self.cut {
            Cut::Features(features) => features.next(&mut self.bytes),
            Cut::Lines => lines::next_line(&mut self.bytes),
            Cut::Sequence => lines::next_of_sequence(&mut self.bytes),
            Cut::Rows(rows) => rows.next(&mut self.bytes),
        };
        match piece {
            Ok(Some(Piece { text, line, column })) => {
                let index = self.next;
                self.next += 1;
                Some(Ok(Report { index, line, column, text, origin: Arc::clone(&self.origin) }))
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
