//! Which rows a filter needs to be asked of at all: what an index knows to be a superset of those that it chooses.
//!
//! Only what must hold narrows the rows: one condition of several joined by AND, or all of several joined by OR. The
//! conditions themselves are asked again of each row that is left, so a plan can be too wide but never wrong.

use super::eval::{Compare, Node, Term};
use super::incident::{Function, Property, within};
use super::shape::Relation;
use super::value::Constant;
use crate::query::{Certainty, Measure, Of, Within, are_small};
use crate::snapshot::Part;

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
