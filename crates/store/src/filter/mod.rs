//! Filters in CQL2 (OGC 21-065r2), as text and as JSON.
//!
//! ```text
//! text ─┐                         schema of incidents
//!       ├─▶ Expression ──compile──▶ Node (typed) ──holds──▶ true, false, not known; of a row's columns
//! JSON ─┘   what was said             └──────────▶ Source: which rows an index knows to be enough
//! ```
//!
//! Kept are the classes basic-cql2, advanced-comparison-operators, case- and accent-insensitive-comparison,
//! basic-spatial-functions and -plus, spatial-functions, temporal-functions, array-functions, property-property, functions
//! and arithmetic. What the standard leaves open: a date compares as precisely as the literal says ([`time`]); a list
//! compared with one value asks for one of its elements; names are those of [`incident`].
//!
//! Cost is bounded by the sizes in [`expression`]: a filter that is larger is refused, with words.

mod compile;
mod eval;
mod expression;
mod fold;
mod incident;
mod json;
mod plan;
mod schema;
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod value;
mod write;

use std::cell::RefCell;
use std::fmt;

use kordon_borders::BorderSet;

use crate::query::{Measure, Memo, Of};
use crate::snapshot::{Context, Part};
use eval::Node;
use expression::{Expression, MAX_BYTES, Wrong};
use incident::{Function, Incidents, Property};
use plan::Source;

pub use incident::Described;

/// A filter of incidents.
pub struct Filter {
    said: Expression,
    root: Node<Property, Function>,
    targets: Vec<Of>,
    source: Option<Source>,
}

/// Why a filter cannot be used, as a sentence, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct BadFilter {
    /// `line 1, column 7`, or a JSON pointer in the filter.
    pub place: String,
    /// What is wrong.
    pub why: String,
}

impl Filter {
    /// Reads CQL2 text.
    ///
    /// # Errors
    ///
    /// [`BadFilter`] for what is no filter, has names that incidents do not have, compares what cannot be compared, or is too
    /// large.
    ///
    /// ```
    /// # use kordon_store::Filter;
    /// # let borders = kordon_borders::BorderSet::default_set()?;
    /// Filter::of_text("event_type = 'battles' AND border_distance('ROU') <= 10000", &borders)?;
    /// let error = Filter::of_text("deaths > 3", &borders).unwrap_err();
    /// assert!(error.to_string().starts_with("line 1, column 1: there is no property deaths"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_text(text: &str, borders: &BorderSet) -> Result<Self, BadFilter> {
        Self::of_text_in(text, borders, &|position| position)
    }

    /// The same, with positions that `to_degrees` brings to longitude and latitude.
    ///
    /// # Errors
    ///
    /// As [`Self::of_text`].
    pub fn of_text_in(
        text: &str,
        borders: &BorderSet,
        to_degrees: &dyn Fn([f64; 2]) -> [f64; 2],
    ) -> Result<Self, BadFilter> {
        let place = |at: usize| {
            let before = &text[..text.floor_char_boundary(at)];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
            format!("line {line}, column {column}")
        };
        let bad = |wrong: Wrong| BadFilter { place: place(wrong.at.0), why: wrong.why };
        if text.len() > MAX_BYTES {
            return Err(too_long());
        }
        Self::new(text::read_in(text, to_degrees).map_err(bad)?, borders).map_err(bad)
    }

    /// Reads CQL2 JSON.
    ///
    /// # Errors
    ///
    /// As [`Self::of_text`].
    pub fn of_json(json: &str, borders: &BorderSet) -> Result<Self, BadFilter> {
        Self::of_json_in(json, borders, &|position| position)
    }

    /// The same, with positions that `to_degrees` brings to longitude and latitude.
    ///
    /// # Errors
    ///
    /// As [`Self::of_text`].
    pub fn of_json_in(
        json: &str,
        borders: &BorderSet,
        to_degrees: &dyn Fn([f64; 2]) -> [f64; 2],
    ) -> Result<Self, BadFilter> {
        if json.len() > MAX_BYTES {
            return Err(too_long());
        }
        let value = serde_json::from_str(json).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            BadFilter { place, why: "this is no JSON".to_owned() }
        })?;
        let (read, pointers) = json::read_in(&value, to_degrees);
        let bad = |wrong: Wrong| {
            let pointer = pointers.get(wrong.at.0).map_or("", String::as_str);
            BadFilter {
                place: if pointer.is_empty() { "/".to_owned() } else { pointer.to_owned() },
                why: wrong.why,
            }
        };
        Self::new(read.map_err(bad)?, borders).map_err(bad)
    }

    fn new(said: Expression, borders: &BorderSet) -> Result<Self, Wrong> {
        let schema = Incidents::new(borders);
        let root = compile::compile(&said, &schema)?;
        let targets = schema.targets.into_inner();
        let source = Source::of(&root, &targets);
        Ok(Self { said, root, targets, source })
    }

    /// The filter as CQL2 text.
    pub fn to_text(&self) -> String {
        write::write(&self.said)
    }

    /// The filter as CQL2 JSON.
    pub fn to_json(&self) -> serde_json::Value {
        json::write(&self.said)
    }

    /// The properties that a filter may name, and whether each is a `number`, `string`, `boolean`, `date-time`, `interval`,
    /// `geometry` or `array`.
    pub fn properties() -> impl Iterator<Item = (&'static str, &'static str)> {
        incident::properties().map(|(name, kind)| (name, kind.json()))
    }

    /// The functions that a filter may call beside those of the standard.
    pub fn functions() -> &'static [Described] {
        &incident::FUNCTIONS
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Filter").field("said", &self.to_text()).field("source", &self.source).finish()
    }
}

fn too_long() -> BadFilter {
    BadFilter {
        place: "line 1, column 1".to_owned(),
        why: format!("it is too long; {MAX_BYTES} bytes are taken"),
    }
}

/// A filter, about to be asked of the rows of a snapshot.
pub(crate) struct Choice<'a> {
    filter: &'a Filter,
    context: &'a Context,
    measures: Vec<Measure<'a>>,
}

impl<'a> Choice<'a> {
    pub fn new(filter: &'a Filter, context: &'a Context) -> Self {
        let measures = filter.targets.iter().map(|of| Measure::new(of, context)).collect();
        Self { filter, context, measures }
    }

    /// Whether a row is chosen.
    pub fn holds(&self, part: &Part, row: usize, memo: &mut Memo) -> bool {
        let memo = RefCell::new(memo);
        let asked = incident::Asked { part, row, context: self.context, measures: &self.measures, memo };
        self.filter.root.holds(&asked) == Some(true)
    }

    /// The rows among which all chosen ones are, ascending, as an index knows them.
    pub fn rows(&self, part: &Part) -> Option<Vec<u32>> {
        self.filter.source.as_ref()?.rows(part, &self.measures)
    }
}
