//! Asks a filter of a record: true, false, or not known.
//!
//! NULL is Kleene's third value: what is compared with an unknown is not known, NOT of it neither, and AND and OR are
//! decided as soon as one side decides them. A record is chosen when the whole is true.
//!
//! Cost: no memory is taken, but for CASEI and ACCENTI of a record's text and for what a record has to make up itself.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

use super::fold::{Fold, Pattern};
use super::schema::Record;
use super::shape;
use super::time::{self, Span};
use super::value::{Constant, Value};

/// A condition.
pub(crate) enum Node<P, F> {
    Constant(Option<bool>),
    All(Vec<Node<P, F>>),
    Any(Vec<Node<P, F>>),
    Not(Box<Node<P, F>>),
    Is(Term<P, F>),
    IsNull(Term<P, F>),
    Compare(Compare, Term<P, F>, Term<P, F>),
    Like(Term<P, F>, Pattern),
    In(Term<P, F>, Set),
    InSpace(shape::Relation, Term<P, F>, Term<P, F>),
    InTime(time::Relation, Term<P, F>, Term<P, F>),
    Lists(Lists, Term<P, F>, Term<P, F>),
}

/// Something that has a value.
pub(crate) enum Term<P, F> {
    Constant(Constant),
    Property(P),
    Call(F),
    Sum(Sum, Box<[Term<P, F>; 2]>),
    Folded(Fold, Box<Term<P, F>>),
    Interval(Box<[Term<P, F>; 2]>),
    Node(Box<Node<P, F>>),
}

/// For which orders a comparison holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Compare {
    less: bool,
    equal: bool,
    greater: bool,
}

impl Compare {
    pub const EQUAL: Self = Self { less: false, equal: true, greater: false };
    pub const NOT_EQUAL: Self = Self { less: true, equal: false, greater: true };
    pub const LESS: Self = Self { less: true, equal: false, greater: false };
    pub const LESS_OR_EQUAL: Self = Self { less: true, equal: true, greater: false };
    pub const GREATER: Self = Self { less: false, equal: false, greater: true };
    pub const GREATER_OR_EQUAL: Self = Self { less: false, equal: true, greater: true };

    /// With the sides exchanged.
    pub fn turned(self) -> Self {
        Self { less: self.greater, greater: self.less, ..self }
    }

    /// Of what is at a moment, such as to stand so to one that lasts from `start` to `end`: from when it is, and before
    /// when; `None` if that is not one stretch.
    pub fn bounds(self, start: i64, end: i64) -> Option<(i64, i64)> {
        match (self.less, self.equal, self.greater) {
            (true, false, false) => Some((i64::MIN, start)),
            (true, true, false) => Some((i64::MIN, end)),
            (false, true, false) => Some((start, end)),
            (false, true, true) => Some((start, i64::MAX)),
            (false, false, true) => Some((end, i64::MAX)),
            _ => None,
        }
    }

    fn holds(self, order: Ordering) -> bool {
        match order {
            Ordering::Less => self.less,
            Ordering::Equal => self.equal,
            Ordering::Greater => self.greater,
        }
    }

    /// Of a list it is enough that one element is so; that one is not equal is the contrary of that one is.
    fn of(self, left: &Value<'_>, right: &Value<'_>) -> Option<bool> {
        if self == Self::NOT_EQUAL {
            return Self::EQUAL.of(left, right).map(|equal| !equal);
        }
        left.any(|one| one.compare(right).map(|order| self.holds(order)))
    }
}

/// The values of which IN asks for one: texts by hash, others one by one.
pub(crate) struct Set {
    texts: HashSet<String>,
    others: Vec<Constant>,
}

impl Set {
    pub fn new(all: Vec<Constant>) -> Self {
        let (mut texts, mut others) = (HashSet::new(), Vec::new());
        for one in all {
            match one {
                Constant::Text(text) => drop(texts.insert(text)),
                other => others.push(other),
            }
        }
        Self { texts, others }
    }

    /// Whether a text is among them.
    pub fn has_text(&self, text: &str) -> bool {
        self.texts.contains(text)
    }

    fn has(&self, value: &Value<'_>) -> Option<bool> {
        match value {
            Value::Null => None,
            Value::Text(text) => Some(self.texts.contains(text.as_ref())),
            value => Some(self.others.iter().any(|one| Compare::EQUAL.of(value, &one.value()) == Some(true))),
        }
    }
}

/// How two lists, taken as sets, lie to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lists {
    Contains,
    ContainedBy,
    Equals,
    Overlaps,
}

impl Lists {
    fn of(self, a: &Value<'_>, b: &Value<'_>) -> Option<bool> {
        if a.is_null() || b.is_null() {
            return None;
        }
        let has_all = |a: &Value<'_>, b: &Value<'_>| b.all(|one| a.has(one));
        Some(match self {
            Self::Contains => has_all(a, b),
            Self::ContainedBy => has_all(b, a),
            Self::Equals => has_all(a, b) && has_all(b, a),
            Self::Overlaps => b.any(|one| Some(a.has(one))) == Some(true),
        })
    }
}

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sum {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    IntegerDivide,
    Power,
}

impl Sum {
    /// `None` when there is no such number, as of a division by zero.
    pub fn of(self, a: f64, b: f64) -> Option<f64> {
        let number = match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Modulo => a % b,
            Self::IntegerDivide => (a / b).trunc(),
            Self::Power => a.powf(b),
        };
        number.is_finite().then_some(number)
    }
}

impl<P: Copy, F> Node<P, F> {
    /// Whether it is true of a record; `None` when that is not known.
    pub fn holds<R: Record<P, F>>(&self, record: &R) -> Option<bool> {
        match self {
            Self::Constant(value) => *value,
            Self::All(nodes) => joined(nodes.iter().map(|node| node.holds(record)), false),
            Self::Any(nodes) => joined(nodes.iter().map(|node| node.holds(record)), true),
            Self::Not(inner) => inner.holds(record).map(|holds| !holds),
            Self::Is(term) => match term.value(record, f64::INFINITY) {
                Value::Boolean(value) => Some(value),
                _ => None,
            },
            Self::IsNull(term) => Some(term.value(record, f64::INFINITY).is_null()),
            Self::Compare(order, left, right) => {
                // What is compared with a number need not be known much beyond it.
                let enough = match right {
                    Term::Constant(Constant::Number(number)) => *number,
                    _ => f64::INFINITY,
                };
                let right = right.value(record, f64::INFINITY);
                if right.is_null() { None } else { order.of(&left.value(record, enough), &right) }
            }
            Self::Like(term, pattern) => term.value(record, f64::INFINITY).any(|value| match value {
                Value::Text(text) => Some(pattern.matches(text)),
                _ => None,
            }),
            Self::In(term, set) => term.value(record, f64::INFINITY).any(|value| set.has(value)),
            Self::InSpace(relation, left, right) => {
                match (left.value(record, f64::INFINITY), right.value(record, f64::INFINITY)) {
                    (Value::Place(a), Value::Place(b)) => a.relates(*relation, b),
                    _ => None,
                }
            }
            Self::InTime(relation, left, right) => {
                let (a, b) =
                    (left.value(record, f64::INFINITY).span()?, right.value(record, f64::INFINITY).span()?);
                Some(relation.holds(a, b))
            }
            Self::Lists(relation, left, right) => {
                relation.of(&left.value(record, f64::INFINITY), &right.value(record, f64::INFINITY))
            }
        }
    }

    /// What asking it costs, compared with others.
    pub fn cost(&self, of: &impl Fn(P) -> u32) -> u32 {
        let sum = |nodes: &[Self]| nodes.iter().map(|node| node.cost(of)).fold(0, u32::saturating_add);
        match self {
            Self::Constant(_) => 0,
            Self::All(nodes) | Self::Any(nodes) => sum(nodes),
            Self::Not(inner) => inner.cost(of),
            Self::Is(term) | Self::IsNull(term) => term.cost(of),
            Self::Like(term, _) | Self::In(term, _) => term.cost(of) + 20,
            Self::InSpace(_, left, right) => left.cost(of).saturating_add(right.cost(of)) + 10,
            Self::Compare(_, left, right) | Self::InTime(_, left, right) | Self::Lists(_, left, right) => {
                left.cost(of).saturating_add(right.cost(of)) + 1
            }
        }
    }
}

/// Whether one of them is `decides`; if none is, the contrary, unless one is not known.
fn joined(all: impl Iterator<Item = Option<bool>>, decides: bool) -> Option<bool> {
    let mut known = true;
    for one in all {
        match one {
            Some(value) if value == decides => return Some(decides),
            Some(_) => {}
            None => known = false,
        }
    }
    known.then_some(!decides)
}

impl<P: Copy, F> Term<P, F> {
    /// Its value for a record. A number greater than `enough` may be told as infinite.
    fn value<'a, R: Record<P, F>>(&'a self, record: &'a R, enough: f64) -> Value<'a> {
        match self {
            Self::Constant(constant) => constant.value(),
            Self::Property(property) => record.value(*property),
            Self::Call(function) => record.call(function, enough),
            Self::Sum(sum, operands) => {
                let [a, b] =
                    [&operands[0], &operands[1]].map(|one| one.value(record, f64::INFINITY).number());
                a.zip(b).and_then(|(a, b)| sum.of(a, b)).map_or(Value::Null, Value::Number)
            }
            Self::Folded(fold, inner) => match inner.value(record, enough) {
                Value::Text(text) => Value::Text(Cow::Owned(fold.of(&text))),
                _ => Value::Null,
            },
            Self::Interval(ends) => match [&ends[0], &ends[1]].map(|end| end.value(record, enough)) {
                [Value::Moment(first), Value::Moment(last)] => Value::Interval(Span { first, last }),
                _ => Value::Null,
            },
            Self::Node(node) => node.holds(record).map_or(Value::Null, Value::Boolean),
        }
    }

    fn cost(&self, of: &impl Fn(P) -> u32) -> u32 {
        let both = |terms: &[Self; 2]| terms[0].cost(of).saturating_add(terms[1].cost(of));
        match self {
            Self::Constant(_) => 0,
            Self::Property(property) => of(*property),
            Self::Call(_) => 500,
            Self::Sum(_, operands) => both(operands) + 1,
            Self::Interval(ends) => both(ends),
            Self::Folded(_, inner) => inner.cost(of) + 100,
            Self::Node(node) => node.cost(of),
        }
    }
}
