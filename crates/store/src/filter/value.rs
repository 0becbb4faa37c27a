//! What a part of a filter is worth for one record: typed, and nothing when it is not known.

use std::borrow::Cow;
use std::cmp::Ordering;

use kordon_borders::LonLat;

use super::shape::{Relation, Shape};
use super::time::{Granule, Span};

/// What kind of thing a part of a filter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Boolean,
    Number,
    Text,
    /// A date or an instant.
    Moment,
    Interval,
    Place,
    /// Several values. Compared with one, it is enough that one of them is so.
    List,
}

impl Type {
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Moment => "a date or an instant",
            Self::Interval => "an interval",
            Self::Place => "a geometry",
            Self::List => "a list",
        }
    }

    /// Its name in a JSON Schema, or the format that says more.
    pub fn json(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::Text => "string",
            Self::Moment => "date-time",
            Self::Interval => "interval",
            Self::Place => "geometry",
            Self::List => "array",
        }
    }
}

/// A value that is the same for all records.
#[derive(Clone, Debug)]
pub(crate) enum Constant {
    Null,
    Boolean(bool),
    Number(f64),
    Text(String),
    Moment(Granule),
    Interval(Span),
    Place(Box<Shape>),
    List(Vec<Constant>),
}

/// A value of a record.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Null,
    Boolean(bool),
    Number(f64),
    Text(Cow<'a, str>),
    Moment(Granule),
    Interval(Span),
    Place(Place<'a>),
    List(Cow<'a, [Constant]>),
    /// Those of the words whose bits are set.
    Words(&'static [&'static str], u32),
}

/// A geometry of a record or of a filter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    Points(&'a [LonLat]),
    Shape(&'a Shape),
}

impl Constant {
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => Value::Boolean(*value),
            Self::Number(number) => Value::Number(*number),
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Moment(granule) => Value::Moment(*granule),
            Self::Interval(span) => Value::Interval(*span),
            Self::Place(shape) => Value::Place(Place::Shape(shape)),
            Self::List(all) => Value::List(Cow::Borrowed(all)),
        }
    }
}

impl<'a> Value<'a> {
    /// A text, or nothing.
    pub fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(Cow::Borrowed(text)))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// As an interval of time.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Moment(granule) => Some((*granule).into()),
            Self::Interval(span) => Some(*span),
            _ => None,
        }
    }

    /// How it compares with another one of its type; a date as precisely as the other one says.
    pub fn compare(&self, other: &Value<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(a), Value::Number(b)) => a.partial_cmp(b),
            (Self::Text(a), Value::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Self::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
            (Self::Moment(a), Value::Moment(b)) if a.start_s < b.start_s => Some(Ordering::Less),
            (Self::Moment(a), Value::Moment(b)) if a.start_s < b.end_s => Some(Ordering::Equal),
            (Self::Moment(_), Value::Moment(_)) => Some(Ordering::Greater),
            _ => None,
        }
    }

    /// Whether `holds` of it, or of one of its elements if it is a list; `None` when it is not known.
    pub fn any(&self, mut holds: impl FnMut(&Value<'_>) -> Option<bool>) -> Option<bool> {
        match self {
            Self::List(all) => Some(all.iter().any(|one| holds(&one.value()) == Some(true))),
            Self::Words(words, set) => {
                let is_in = |number: usize| set >> number & 1 == 1;
                let mut found = (0..words.len()).filter(|number| is_in(*number)).map(|number| words[number]);
                Some(found.any(|word| holds(&Value::text(Some(word))) == Some(true)))
            }
            one => holds(one),
        }
    }

    /// Whether one of its elements is this.
    pub fn has(&self, wanted: &Value<'_>) -> bool {
        self.any(|one| Some(one.compare(wanted) == Some(Ordering::Equal))) == Some(true)
    }

    /// Whether `holds` of all its elements.
    pub fn all(&self, mut holds: impl FnMut(&Value<'_>) -> bool) -> bool {
        self.any(|one| Some(!holds(one))) != Some(true)
    }
}

impl Place<'_> {
    /// Whether a relation holds; `None` where there is no place, or where it is not told.
    pub fn relates(self, relation: Relation, other: Place<'_>) -> Option<bool> {
        let position = |place: &LonLat| [place.lon(), place.lat()];
        match (self, other) {
            (Place::Points([]), _) | (_, Place::Points([])) => None,
            (Place::Points(places), Place::Shape(shape)) => {
                Some(shape.relates(relation, places.iter().map(position), false))
            }
            (Place::Shape(shape), Place::Points(places)) => {
                Some(shape.relates(relation, places.iter().map(position), true))
            }
            (Place::Shape(a), Place::Shape(b)) if a.is_points() => {
                Some(b.relates(relation, a.points(), false))
            }
            (Place::Shape(a), Place::Shape(b)) if b.is_points() => {
                Some(a.relates(relation, b.points(), true))
            }
            (Place::Shape(a), Place::Shape(b)) => match relation {
                Relation::Intersects => Some(a.meets(b)),
                Relation::Disjoint => Some(!a.meets(b)),
                _ => None,
            },
            // Two geometries of a record: the same ones.
            (Place::Points(a), Place::Points(b)) => {
                let all = super::expression::Geometry::MultiPoint(b.iter().map(position).collect());
                let shape = Shape::new(&all).ok()?;
                Some(shape.relates(relation, a.iter().map(position), false))
            }
        }
    }
}
