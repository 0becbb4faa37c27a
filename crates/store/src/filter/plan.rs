//! What of a filter the columns and indexes know, so that the rest is asked of few rows.
//!
//! Only what must hold narrows the rows: conditions joined by AND, or for an index all of several joined by OR.
//!
//! - A [`Source`] is an index of places: a superset of the rows that are chosen. Its condition is asked again of each row.
//! - The beginning of an incident is between two seconds. Rows of a part stand by it, so these are one stretch of them.
//! - Some conditions are just what the columns say: a word of a closed list, a time. They are asked as the plain parameters
//!   are, by a few numbers, and not again.
//!
//! What is left, the rest, is asked of each row that these leave.

use super::eval::{Compare, Node, Term};
use super::incident::{Function, Property, within};
use super::shape::Relation;
use super::time::{self, Span};
use super::value::Constant;
use crate::columns::Columns;
use crate::query::{Certainty, Measure, Of, Within, are_small, has_word};
use crate::snapshot::Part;
use kordon_incidents::{Damage, EventType, Infrastructure, Verification};
use std::ops::Range;

/// How a filter is asked.
pub(crate) struct Plan {
    pub source: Option<Source>,
    /// The first second of an incident that is chosen, half-open.
    start_s: Range<i64>,
    /// Stretches that its whole time meets, in seconds since 1970.
    meets: Vec<Range<i64>>,
    /// Words of which it has one, as bits; of each set one.
    words: Vec<(Column, u32)>,
    rest: Vec<Node<Property, Function>>,
}

#[derive(Clone, Copy)]
enum Column {
    EventType,
    Verification,
    Infrastructure,
    Damage,
}

impl Plan {
    /// How to ask whether a condition is true.
    pub fn new(root: Node<Property, Function>, targets: &[Of]) -> Self {
        let source = Source::of(&root, targets);
        let mut plan = Self {
            source,
            start_s: i64::MIN..i64::MAX,
            meets: Vec::new(),
            words: Vec::new(),
            rest: Vec::new(),
        };
        plan.take(root);
        plan
    }

    fn take(&mut self, node: Node<Property, Function>) {
        match node {
            Node::All(nodes) => nodes.into_iter().for_each(|node| self.take(node)),
            node if self.knows(&node) => {}
            node => self.rest.push(node),
        }
    }

    /// Whether the columns know all of a condition; if they know a part of it, they take that.
    fn knows(&mut self, node: &Node<Property, Function>) -> bool {
        match node {
            Node::Compare(Compare::EQUAL, Term::Property(property), Term::Constant(Constant::Text(text))) => {
                self.knows_words(*property, |word| word == text)
            }
            Node::In(Term::Property(property), set) => self.knows_words(*property, |word| set.has_text(word)),
            Node::Compare(
                order,
                Term::Property(Property::DateStart),
                Term::Constant(Constant::Moment(moment)),
            ) => {
                // Behind the moment, in it, or before it: a stretch, unless it is all but the moment.
                let Some((from_s, before_s)) = order.bounds(moment.start_s, moment.end_s) else {
                    return false;
                };
                self.begins(from_s, before_s);
                true
            }
            Node::InTime(relation, Term::Property(property), Term::Constant(constant))
                if matches!(property, Property::Datetime | Property::DateStartWhole) =>
            {
                let Some(span) = constant.value().span() else { return false };
                self.knows_time(*relation, *property, span)
            }
            _ => false,
        }
    }

    fn knows_words(&mut self, property: Property, is_one: impl Fn(&str) -> bool) -> bool {
        let (column, words) = match property {
            Property::EventType => (Column::EventType, EventType::WORDS),
            Property::Verification => (Column::Verification, Verification::WORDS),
            Property::Infrastructure => (Column::Infrastructure, Infrastructure::WORDS),
            Property::Damage => (Column::Damage, Damage::WORDS),
            _ => return false,
        };
        let set =
            words.iter().zip(0..).filter(|(word, _)| is_one(word)).fold(0, |set, (_, bit)| set | 1 << bit);
        self.words.push((column, set));
        true
    }

    fn knows_time(&mut self, relation: time::Relation, property: Property, span: Span) -> bool {
        use time::Relation as R;
        let (from_s, to_s) = (span.first.start_s, span.last.end_s);
        let is_whole = property == Property::Datetime;
        match relation {
            R::After => self.begins(to_s, i64::MAX),
            R::Disjoint => {}
            R::Before => self.begins(i64::MIN, from_s),
            // Whatever else meets the span begins before its end.
            _ => self.begins(i64::MIN, to_s),
        }
        if is_whole && relation == R::Intersects {
            self.meets.push(from_s..to_s);
        }
        is_whole && matches!(relation, R::Intersects | R::After)
    }

    /// It begins in this second or later, and before the other one.
    fn begins(&mut self, from_s: i64, before_s: i64) {
        self.start_s = self.start_s.start.max(from_s)..self.start_s.end.min(before_s);
    }

    /// The rows of a part, which stand by their beginning, that begin when they must.
    pub fn rows(&self, part: &Part) -> Range<u32> {
        let all = part.rows();
        let behind = |second: i64| {
            let rows = part.columns.start_s.partition_point(|start_s| *start_s < second);
            u32::try_from(rows).unwrap_or(u32::MAX).min(all.end)
        };
        let end = if self.start_s.end == i64::MAX { all.end } else { behind(self.start_s.end) };
        behind(self.start_s.start).min(end)..end
    }

    /// Whether a row is chosen as far as the columns know.
    pub fn fits(&self, columns: &Columns, row: usize) -> bool {
        let has = |(column, set): &(Column, u32)| match column {
            Column::EventType => has_word(*set, columns.event_type[row]),
            Column::Verification => has_word(*set, columns.verification[row]),
            Column::Infrastructure => set & columns.infrastructure[row] != 0,
            Column::Damage => set & columns.damage[row] != 0,
        };
        let start_s = columns.start_s[row];
        let meets = |stretch: &Range<i64>| start_s < stretch.end && columns.end_s[row] > stretch.start;
        self.start_s.contains(&start_s) && self.words.iter().all(has) && self.meets.iter().all(meets)
    }

    /// What is to be asked of a row beside.
    pub fn rest(&self) -> &[Node<Property, Function>] {
        &self.rest
    }
}

/// Where the rows are.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// One of their places is in one of these boxes.
    Boxes(Vec<[f64; 4]>),
    /// They are possibly so near to this target.
    Near(usize, Within),
    /// They are in one of these.
    Either(Vec<Source>),
}

impl Source {
    pub fn of(node: &Node<Property, Function>, targets: &[Of]) -> Option<Self> {
        match node {
            Node::All(nodes) => {
                let sources = nodes.iter().filter_map(|node| Self::of(node, targets));
                sources.min_by_key(Self::rank)
            }
            Node::Any(nodes) if !nodes.is_empty() => {
                nodes.iter().map(|node| Self::of(node, targets)).collect::<Option<_>>().map(Self::Either)
            }
            Node::InSpace(relation, left, right) if *relation != Relation::Disjoint => match (left, right) {
                (Term::Property(Property::Geometry), Term::Constant(Constant::Place(shape)))
                | (Term::Constant(Constant::Place(shape)), Term::Property(Property::Geometry)) => {
                    let boxes = shape.boxes();
                    are_small(&boxes).then_some(Self::Boxes(boxes))
                }
                _ => None,
            },
            Node::Is(Term::Call(Function::Within(target, meters, certainty))) => {
                Some(Self::Near(*target, within(&targets[*target], *meters, *certainty)))
            }
            Node::Compare(
                order,
                Term::Call(Function::BorderDistance(target)),
                Term::Constant(Constant::Number(meters)),
            ) if [Compare::LESS, Compare::LESS_OR_EQUAL, Compare::EQUAL].contains(order)
                && *meters >= 0.0 =>
            {
                // What is so near is possibly so near.
                Some(Self::Near(*target, within(&targets[*target], *meters, Certainty::Possible)))
            }
            _ => None,
        }
    }

    /// What is likely to leave fewer rows comes first.
    fn rank(&self) -> u32 {
        match self {
            Self::Boxes(_) => 0,
            Self::Near(..) => 1,
            Self::Either(_) => 2,
        }
    }

    /// The rows of a part, ascending; `None` when no index knows them.
    pub fn rows(&self, part: &Part, measures: &[Measure<'_>]) -> Option<Vec<u32>> {
        match self {
            Self::Boxes(boxes) => Some(part.tree.rows_in(boxes)),
            Self::Near(target, within) => Some(measures[*target].rows_within(part, within).to_vec()),
            Self::Either(sources) => {
                let all: Option<Vec<Vec<u32>>> =
                    sources.iter().map(|source| source.rows(part, measures)).collect();
                let mut rows = all?.concat();
                rows.sort_unstable();
                rows.dedup();
                Some(rows)
            }
        }
    }
}
