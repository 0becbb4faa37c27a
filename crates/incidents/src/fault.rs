//! One thing wrong with one record, said so that a reporter can mend it: where, what, and what to do.
//!
//! A fault never echoes input at length: at most 60 characters of it, control characters escaped.

use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// One thing wrong, or worth knowing, with one record or with the whole input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Name of the input, as given to [`crate::ReadOptions`].
    pub file: Arc<str>,
    /// Which record, counted from 0; `None` when the fault belongs to the whole input.
    pub index: Option<usize>,
    /// Line, counted from 1.
    pub line: usize,
    /// In JSON the character in the line, in a table the number of the cell; both counted from 1.
    pub column: usize,
    /// JSON pointer (RFC 6901) into the input, or into the line of newline-delimited JSON.
    pub pointer: Option<Box<str>>,
    /// Our name of the property or, in a table, the header of its column.
    pub field: Option<Box<str>>,
    /// What is wrong.
    pub problem: Box<str>,
    /// What to do about it.
    pub hint: Option<Box<str>>,
    /// The bytes themselves are at fault (encoding, syntax, repeated names, limits): the whole input is
    /// refused, not only this record.
    #[serde(skip)]
    pub fatal: bool,
}

impl Fault {
    /// A fault of the whole input at this line. A hint that says nothing is none.
    pub fn of_input<'h>(
        file: &Arc<str>,
        line: usize,
        problem: impl Into<Box<str>>,
        hint: impl Into<Option<&'h str>>,
    ) -> Fault {
        Fault {
            file: Arc::clone(file),
            index: None,
            line,
            column: 1,
            pointer: None,
            field: None,
            problem: problem.into(),
            hint: hint.into().filter(|hint| !hint.is_empty()).map(Box::from),
            fatal: true,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}:", Printable(&self.file))?;
        }
        write!(f, "{}:{}: ", self.line, self.column)?;
        if let Some(field) = &self.field {
            write!(f, "{}: ", Printable(field))?;
        }
        Printable(&self.problem).fmt(f)?;
        match &self.hint {
            Some(hint) => write!(f, " ({})", Printable(hint)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

/// A text whose signs cannot steer what shows it: those that control or turn it are written out.
pub struct Printable<'t>(pub &'t str);

impl Printable<'_> {
    /// Whether a sign is written as it is.
    pub fn is_plain(c: char) -> bool {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        !turns && !c.is_control()
    }
}

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if Self::is_plain(c) { f.write_char(c)? } else { write!(f, "{}", c.escape_unicode())? }
        }
        Ok(())
    }
}
