//! Filters in CQL2 (OGC 21-065r2), as text and as JSON.
//!
//! ```text
//! text ─┐                         schema of incidents
//!       ├─▶ Expression ──compile──▶ Node (typed) ──▶ Plan: which rows an index and the columns know to be enough,
//! JSON ─┘   what was said                            and the rest, which holds of a row, does not, or is not known
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
mod rows;
mod schema;
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod value;
mod write;

use std::cell::{OnceCell, RefCell};
use std::fmt;
use std::ops::Range;

use kordon_borders::BorderSet;

use crate::query::{Measure, Memo, Of};
use crate::snapshot::{Context, Part};
use expression::{At, Expression, MAX_BYTES, Name, Operator, Wrong, shortened};
use incident::Incidents;
use plan::Plan;
use value::Type;

pub use incident::Described;
pub use rows::{Column, RowFilter};

/// A filter of incidents.
pub struct Filter {
    said: Expression,
    plan: Plan,
    targets: Vec<Of>,
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
        text_with(text, to_degrees, |said| Self::new(said, borders))
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
        json_with(json, to_degrees, |said| Self::new(said, borders))
    }

    fn new(said: Expression, borders: &BorderSet) -> Result<Self, Wrong> {
        let schema = Incidents::new(borders);
        let root = compile::compile(&said, &schema)?;
        let targets = schema.targets.into_inner();
        let plan = Plan::new(root, &targets);
        Ok(Self { said, plan, targets })
    }

    /// The filter that chooses what has a value as a property. The value is read as the type of the property asks: a date is
    /// compared as precisely as it is written. A list has the value among others.
    ///
    /// # Errors
    ///
    /// [`BadFilter`] for a property that there is not, or a value that it cannot have.
    ///
    /// ```
    /// # use kordon_store::Filter;
    /// # let borders = kordon_borders::BorderSet::default_set()?;
    /// let filter = Filter::of_equal("location", "St John's", &borders)?;
    /// assert_eq!(filter.to_text(), "location = 'St John''s'");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_equal(name: &str, value: &str, borders: &BorderSet) -> Result<Self, BadFilter> {
        let bad = |why: String| BadFilter { place: name.to_owned(), why };
        let kind = incident::properties().find(|(known, _)| *known == name).map(|(_, kind)| kind);
        let read = match kind {
            Some(Type::Number) => {
                value.trim().parse().ok().filter(|n: &f64| n.is_finite()).map(Expression::Number)
            }
            Some(Type::Boolean) => value.trim().parse().ok().map(Expression::Boolean),
            _ => Some(Expression::Text(value.to_owned())),
        };
        let read = read.ok_or_else(|| {
            bad(format!("'{}' is not {}", shortened(value), kind.map_or("a value", Type::name)))
        })?;
        let property = Expression::Property(Name { text: name.to_owned(), at: At::default() });
        let equal = Expression::Operation(Operator::Equal, vec![property, read]);
        Self::new(equal, borders).map_err(|wrong| bad(wrong.why))
    }

    /// The filter that chooses what both do.
    ///
    /// # Errors
    ///
    /// [`BadFilter`] when they measure to more targets together than one filter may.
    pub fn and(self, other: Self, borders: &BorderSet) -> Result<Self, BadFilter> {
        let both = match self.said {
            Expression::Operation(Operator::And, mut all) => {
                all.push(other.said);
                all
            }
            said => vec![said, other.said],
        };
        Self::new(Expression::Operation(Operator::And, both), borders)
            .map_err(|wrong| BadFilter { place: "/".to_owned(), why: wrong.why })
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
        out.debug_struct("Filter").field("said", &self.to_text()).field("source", &self.plan.source).finish()
    }
}

/// What is made of CQL2 text; what is wrong in it has its line and column.
fn text_with<T>(
    text: &str,
    to_degrees: &dyn Fn([f64; 2]) -> [f64; 2],
    make: impl FnOnce(Expression) -> Result<T, Wrong>,
) -> Result<T, BadFilter> {
    let place = |at: usize| {
        let before = &text[..text.floor_char_boundary(at)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        format!("line {line}, column {column}")
    };
    if text.len() > MAX_BYTES {
        return Err(too_long());
    }
    let made = text::read_in(text, to_degrees).and_then(make);
    made.map_err(|wrong| BadFilter { place: place(wrong.at.0), why: wrong.why })
}

/// What is made of CQL2 JSON; what is wrong in it has its pointer.
fn json_with<T>(
    json: &str,
    to_degrees: &dyn Fn([f64; 2]) -> [f64; 2],
    make: impl FnOnce(Expression) -> Result<T, Wrong>,
) -> Result<T, BadFilter> {
    if json.len() > MAX_BYTES {
        return Err(too_long());
    }
    let value = serde_json::from_str(json).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        BadFilter { place, why: "this is no JSON".to_owned() }
    })?;
    let (read, pointers) = json::read_in(&value, to_degrees);
    let place = |at: usize| match pointers.get(at).map_or("", String::as_str) {
        "" => "/".to_owned(),
        pointer => pointer.to_owned(),
    };
    read.and_then(make).map_err(|wrong| BadFilter { place: place(wrong.at.0), why: wrong.why })
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
        let plan = &self.filter.plan;
        if !plan.fits(&part.columns, row) {
            return false;
        }
        let memo = RefCell::new(memo);
        let (context, measures) = (self.context, &self.measures);
        let asked = incident::Asked { part, row, context, measures, memo, document: OnceCell::new() };
        plan.rest().iter().all(|node| node.holds(&asked) == Some(true))
    }

    /// The rows among which all chosen ones are, ascending, as an index knows them.
    pub fn rows(&self, part: &Part) -> Option<Vec<u32>> {
        self.filter.plan.source.as_ref()?.rows(part, &self.measures)
    }

    /// The stretch of rows among which all chosen ones are.
    pub fn stretch(&self, part: &Part) -> Range<u32> {
        self.filter.plan.rows(part)
    }
}
