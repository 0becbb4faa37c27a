//! Lists that people write: views of disputed land and sets of countries, as TOML, each line with its source.
//!
//! A fault is told with its line, its field and what would be right; an unknown field is a fault too, so that a misspelt
//! `until` is not silently no end.

use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::alliance::Day;

/// What is wrong with a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct BadList {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there; it names the field.
    pub problem: String,
}

/// Reads a list.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, BadList> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        BadList { line: line_of(text, at), problem: error.message().replace('\n', "; ") }
    })
}

/// A fault found after reading, at the place of a value.
pub(crate) fn fault<T>(text: &str, at: &Spanned<T>, problem: String) -> BadList {
    BadList { line: line_of(text, at.span().start), problem }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// A day as TOML writes it: `2023-04-04`, without quotation marks.
pub(crate) type WrittenDay = Spanned<toml::value::Datetime>;

/// The day of a list; `field` is its name.
fn day(text: &str, field: &str, written: Option<&WrittenDay>) -> Result<Option<Day>, BadList> {
    let Some(written) = written else { return Ok(None) };
    let day = written.get_ref().to_string().parse();
    day.map(Some).map_err(|error| fault(text, written, format!("{field}: {error}")))
}

/// Days from the first until the first that no longer counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Days {
    pub from: Option<Day>,
    pub until: Option<Day>,
}

impl Days {
    pub(crate) fn read(
        text: &str,
        from: Option<&WrittenDay>,
        until: Option<&WrittenDay>,
    ) -> Result<Self, BadList> {
        let days = Self { from: day(text, "from", from)?, until: day(text, "until", until)? };
        match (days.from, days.until, until) {
            (Some(first), Some(end), Some(written)) if end <= first => {
                Err(fault(text, written, format!("until: {end} is not after {first}")))
            }
            _ => Ok(days),
        }
    }

    /// Whether they hold a day; `None` is today, which no end in the list has passed.
    pub(crate) fn hold(&self, day: Option<Day>) -> bool {
        match day {
            None => self.until.is_none(),
            Some(day) => {
                self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
            }
        }
    }
}
