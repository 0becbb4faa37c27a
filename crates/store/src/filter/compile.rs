//! From a filter as it was said to one that is asked of records: names are looked up, types are checked, and what does not
//! depend on the record is worked out once.
//!
//! Conditions joined by AND are asked in the order of what they cost: their order means nothing (three-valued AND does not
//! depend on it).

use super::eval::{Compare, Node, Set, Sum, Term};
use super::expression::{At, Expression, Name, Operator, Wrong, shortened};
use super::fold::{Fold, Pattern};
use super::schema::{Schema, nearest};
use super::shape::{self, Shape};
use super::time::{self, AFTER_ALL, BEFORE_ALL, EXPECTED, Granule, Span};
use super::value::{Constant, Type};

type NodeOf<S> = Node<<S as Schema>::Property, <S as Schema>::Function>;
type TermOf<S> = Term<<S as Schema>::Property, <S as Schema>::Function>;

/// Checks a filter against a schema.
pub(crate) fn compile<S: Schema>(expression: &Expression, schema: &S) -> Result<NodeOf<S>, Wrong> {
    Compiler { schema, at: At::default() }.node(expression)
}

struct Compiler<'a, S> {
    schema: &'a S,
    /// The place of a name near what is looked at.
    at: At,
}

/// A term of a known type, and how it is called in a complaint.
struct Typed<S: Schema> {
    term: TermOf<S>,
    kind: Type,
    name: String,
}

type Made<T> = Result<T, Wrong>;

impl<S: Schema> Compiler<'_, S> {
    fn wrong<T>(&self, why: impl std::fmt::Display) -> Made<T> {
        Err(Wrong::new(self.at, why))
    }

    fn node(&mut self, expression: &Expression) -> Made<NodeOf<S>> {
        use Operator as O;
        let Expression::Operation(operator, operands) = expression else { return self.condition(expression) };
        match (operator, operands.as_slice()) {
            (O::And | O::Or, operands) => {
                let mut nodes = operands.iter().map(|one| self.node(one)).collect::<Made<Vec<_>>>()?;
                nodes.sort_by_key(|node| node.cost(&|property| self.schema.cost(property)));
                Ok(if *operator == O::And { Node::All(nodes) } else { Node::Any(nodes) })
            }
            (O::Not, [inner]) => Ok(Node::Not(Box::new(self.node(inner)?))),
            (O::IsNull, [inner]) => Ok(Node::IsNull(self.term(inner)?.term)),
            (O::Like, [value, pattern]) => self.like(value, pattern),
            (O::Between, [value, low, high]) => {
                let low = self.comparison(Compare::GREATER_OR_EQUAL, value, low)?;
                Ok(Node::All(vec![low, self.comparison(Compare::LESS_OR_EQUAL, value, high)?]))
            }
            (O::In, [value, Expression::List(all)]) => {
                let equal = |one: &Expression| self.comparison(Compare::EQUAL, value, one);
                Ok(as_set(all.iter().map(equal).collect::<Made<_>>()?))
            }
            (operator, [left, right]) => match relation(*operator) {
                Some(Related::Order(order)) => self.comparison(order, left, right),
                Some(Related::Space(relation)) => self.in_space(relation, left, right),
                Some(Related::Time(relation)) => self.in_time(relation, left, right),
                Some(Related::Lists(relation)) => {
                    let [left, right] = [self.list(left)?, self.list(right)?];
                    Ok(Node::Lists(relation, left, right))
                }
                None => self.condition(expression),
            },
            _ => self.condition(expression),
        }
    }

    fn condition(&mut self, expression: &Expression) -> Made<NodeOf<S>> {
        let Typed { term, kind, name } = self.term(expression)?;
        match (term, kind) {
            (Term::Constant(Constant::Boolean(value)), _) => Ok(Node::Constant(Some(value))),
            (term, Type::Boolean) => Ok(Node::Is(term)),
            _ => self.wrong(format!("{name} is {} where a condition is expected", kind.name())),
        }
    }

    fn term(&mut self, expression: &Expression) -> Made<Typed<S>> {
        let constant = |value, kind, name| Ok(Typed { term: Term::Constant(value), kind, name });
        match expression {
            Expression::Boolean(value) => {
                constant(Constant::Boolean(*value), Type::Boolean, value.to_string())
            }
            Expression::Number(number) => {
                constant(Constant::Number(*number), Type::Number, number.to_string())
            }
            Expression::Text(text) => {
                constant(Constant::Text(text.clone()), Type::Text, format!("'{}'", shortened(text)))
            }
            Expression::Date(text) | Expression::Timestamp(text) => match Granule::read(text) {
                Some(granule) => constant(Constant::Moment(granule), Type::Moment, text.clone()),
                None => self.wrong(format!("'{}' {EXPECTED}", shortened(text))),
            },
            Expression::Open => self.wrong("'..' is the end of an interval only"),
            Expression::Interval(ends) => self.interval(&ends[0], &ends[1]),
            Expression::Geometry(geometry) => match Shape::new(geometry) {
                Ok(shape) => {
                    constant(Constant::Place(Box::new(shape)), Type::Place, "the geometry".to_owned())
                }
                Err(why) => self.wrong(format!("a geometry {why}")),
            },
            Expression::List(all) => {
                let all = all.iter().map(|one| self.constant(one)).collect::<Made<_>>()?;
                constant(Constant::List(all), Type::List, "the list".to_owned())
            }
            Expression::Property(name) => {
                let (property, kind) = self.property(name)?;
                Ok(Typed { term: Term::Property(property), kind, name: name.text.clone() })
            }
            Expression::Call(name, operands) => self.call(name, operands),
            Expression::Operation(operator, operands) => self.operation(*operator, operands, expression),
        }
    }

    fn property(&mut self, name: &Name) -> Made<(S::Property, Type)> {
        self.at = name.at;
        match self.schema.property(&name.text) {
            Some(found) => Ok(found),
            None => self.unknown("property", &name.text, &self.schema.names()),
        }
    }

    fn unknown<T>(&self, what: &str, name: &str, names: &[&str]) -> Made<T> {
        let hint = match nearest(name, names) {
            Some(known) => format!(" (did you mean {known}?)"),
            None => "; the queryables of the collection are what there is".to_owned(),
        };
        self.wrong(format!("there is no {what} {}{hint}", shortened(name)))
    }

    fn call(&mut self, name: &Name, operands: &[Expression]) -> Made<Typed<S>> {
        self.at = name.at;
        match self.schema.function(name, operands) {
            Some(found) => {
                let (function, kind) = found?;
                Ok(Typed { term: Term::Call(function), kind, name: name.text.clone() })
            }
            None => self.unknown("function", &name.text, &self.schema.names()),
        }
    }

    fn operation(
        &mut self,
        operator: Operator,
        operands: &[Expression],
        whole: &Expression,
    ) -> Made<Typed<S>> {
        use Operator as O;
        let sum = match operator {
            O::Add => Sum::Add,
            O::Subtract => Sum::Subtract,
            O::Multiply => Sum::Multiply,
            O::Divide => Sum::Divide,
            O::Modulo => Sum::Modulo,
            O::IntegerDivide => Sum::IntegerDivide,
            O::Power => Sum::Power,
            O::CaseI => return self.folded(Fold::Case, &operands[0]),
            O::AccentI => return self.folded(Fold::Accents, &operands[0]),
            _ => {
                let node = self.node(whole)?;
                return Ok(Typed {
                    term: Term::Node(Box::new(node)),
                    kind: Type::Boolean,
                    name: "the condition".to_owned(),
                });
            }
        };
        let [left, right] = [self.number(&operands[0])?, self.number(&operands[1])?];
        let term = match (&left, &right) {
            (Term::Constant(Constant::Number(a)), Term::Constant(Constant::Number(b))) => {
                Term::Constant(sum.of(*a, *b).map_or(Constant::Null, Constant::Number))
            }
            _ => Term::Sum(sum, Box::new([left, right])),
        };
        Ok(Typed { term, kind: Type::Number, name: format!("the result of {}", operator.word()) })
    }

    fn number(&mut self, expression: &Expression) -> Made<TermOf<S>> {
        let Typed { term, kind, name } = self.term(expression)?;
        if kind == Type::Number {
            Ok(term)
        } else {
            self.wrong(format!("{name} is {} where a number is expected", kind.name()))
        }
    }

    fn folded(&mut self, fold: Fold, inner: &Expression) -> Made<Typed<S>> {
        let Typed { term, kind, name } = self.term(inner)?;
        if kind != Type::Text {
            return self.wrong(format!("{name} is {} where a text is expected", kind.name()));
        }
        let term = match term {
            Term::Constant(Constant::Text(text)) => Term::Constant(Constant::Text(fold.of(&text))),
            term => Term::Folded(fold, Box::new(term)),
        };
        Ok(Typed { term, kind, name })
    }

    fn like(&mut self, value: &Expression, pattern: &Expression) -> Made<NodeOf<S>> {
        let value = self.term(value)?;
        if !matches!(value.kind, Type::Text | Type::List) {
            return self.wrong(format!("{} is {} where LIKE expects a text", value.name, value.kind.name()));
        }
        match self.term(pattern)?.term {
            Term::Constant(Constant::Text(pattern)) => match Pattern::new(&pattern) {
                Ok(pattern) => Ok(Node::Like(value.term, pattern)),
                Err(why) => self.wrong(why),
            },
            _ => self.wrong("the pattern of LIKE is a text in single quotes"),
        }
    }

    fn comparison(&mut self, order: Compare, left: &Expression, right: &Expression) -> Made<NodeOf<S>> {
        let (mut left, mut right, mut order) = (self.term(left)?, self.term(right)?, order);
        // The literal to the right: a date is compared as precisely as that says.
        if matches!(left.term, Term::Constant(_)) && !matches!(right.term, Term::Constant(_)) {
            (left, right, order) = (right, left, order.turned());
        }
        if left.kind == Type::Moment && right.kind == Type::Text {
            right = self.as_moment(right)?;
        }
        if left.kind == Type::Text && right.kind == Type::Moment {
            left = self.as_moment(left)?;
        }
        match (left.kind, right.kind) {
            (Type::Interval, _) | (_, Type::Interval) => {
                self.wrong(format!("{} is an interval, which the functions T_… compare", left.name))
            }
            (Type::Place, _) | (_, Type::Place) => {
                self.wrong(format!("{} is a geometry, which the functions S_… compare", left.name))
            }
            (Type::List, Type::List) => self.wrong("two lists are compared by the functions A_…"),
            (Type::List, _) => Ok(Node::Compare(order, left.term, right.term)),
            (a, b) if a == b => Ok(Node::Compare(order, left.term, right.term)),
            (a, b) => {
                self.wrong(format!("{} is {}, and {} is {}", left.name, a.name(), right.name, b.name()))
            }
        }
    }

    /// A text that is a date.
    fn as_moment(&self, text: Typed<S>) -> Made<Typed<S>> {
        let granule = match &text.term {
            Term::Constant(Constant::Text(text)) => Granule::read(text),
            _ => None,
        };
        match granule {
            Some(granule) => {
                Ok(Typed { term: Term::Constant(Constant::Moment(granule)), kind: Type::Moment, ..text })
            }
            None => self.wrong(format!("{} {EXPECTED}", text.name)),
        }
    }

    fn interval(&mut self, from: &Expression, to: &Expression) -> Made<Typed<S>> {
        let name = "the interval".to_owned();
        let [from, to] = [self.end_of_interval(from, BEFORE_ALL)?, self.end_of_interval(to, AFTER_ALL)?];
        let term = match (from, to) {
            (Term::Constant(Constant::Moment(first)), Term::Constant(Constant::Moment(last))) => {
                if first.start_s > last.start_s {
                    return self.wrong("an interval ends before it begins");
                }
                Term::Constant(Constant::Interval(Span { first, last }))
            }
            (Term::Property(from), Term::Property(to)) => match self.schema.interval(from, to) {
                Some(whole) => Term::Property(whole),
                None => Term::Interval(Box::new([Term::Property(from), Term::Property(to)])),
            },
            (from, to) => Term::Interval(Box::new([from, to])),
        };
        Ok(Typed { term, kind: Type::Interval, name })
    }

    fn end_of_interval(&mut self, end: &Expression, open: Granule) -> Made<TermOf<S>> {
        if *end == Expression::Open {
            return Ok(Term::Constant(Constant::Moment(open)));
        }
        let end = self.term(end)?;
        let end = if end.kind == Type::Text { self.as_moment(end)? } else { end };
        match end.kind {
            Type::Moment => Ok(end.term),
            kind => {
                self.wrong(format!("{} is {} where an end of an interval is expected", end.name, kind.name()))
            }
        }
    }

    fn in_time(
        &mut self,
        relation: time::Relation,
        left: &Expression,
        right: &Expression,
    ) -> Made<NodeOf<S>> {
        let mut stretch = |expression: &Expression| -> Made<TermOf<S>> {
            let found = self.term(expression)?;
            let found = if found.kind == Type::Text { self.as_moment(found)? } else { found };
            match (found.term, found.kind) {
                (Term::Property(property), Type::Moment) => {
                    Ok(Term::Property(self.schema.as_interval(property)))
                }
                (term, Type::Moment | Type::Interval) => Ok(term),
                (_, kind) => {
                    let why = format!(
                        "{} is {} where a date, an instant or an interval is expected",
                        found.name,
                        kind.name()
                    );
                    self.wrong(why)
                }
            }
        };
        let (left, right) = (stretch(left)?, stretch(right)?);
        Ok(Node::InTime(relation, left, right))
    }

    fn in_space(
        &mut self,
        relation: shape::Relation,
        left: &Expression,
        right: &Expression,
    ) -> Made<NodeOf<S>> {
        let mut place = |expression: &Expression| -> Made<TermOf<S>> {
            let Typed { term, kind, name } = self.term(expression)?;
            match kind {
                Type::Place => Ok(term),
                _ => self.wrong(format!("{name} is {} where a geometry is expected", kind.name())),
            }
        };
        let (left, right) = (place(left)?, place(right)?);
        let is_wide =
            |term: &TermOf<S>| matches!(term, Term::Constant(Constant::Place(shape)) if !shape.is_points());
        if is_wide(&left) && is_wide(&right) && !relation.is_told_of_all() {
            return self.wrong("of two geometries in a filter only S_INTERSECTS and S_DISJOINT are told");
        }
        Ok(Node::InSpace(relation, left, right))
    }

    fn list(&mut self, expression: &Expression) -> Made<TermOf<S>> {
        let Typed { term, kind, name } = self.term(expression)?;
        match (term, kind) {
            (term, Type::List) => Ok(term),
            // A list of one in JSON may have lost its brackets on the way.
            (Term::Constant(one), _) => Ok(Term::Constant(Constant::List(vec![one]))),
            _ => self.wrong(format!("{name} is {} where a list is expected", kind.name())),
        }
    }

    fn constant(&mut self, expression: &Expression) -> Made<Constant> {
        match self.term(expression)?.term {
            Term::Constant(constant) => Ok(constant),
            _ => self.wrong("a list has values only, no properties"),
        }
    }
}

/// What an operator of two operands asks.
enum Related {
    Order(Compare),
    Space(shape::Relation),
    Time(time::Relation),
    Lists(super::eval::Lists),
}

fn relation(operator: Operator) -> Option<Related> {
    use super::eval::Lists as L;
    use Operator as O;
    use shape::Relation as S;
    use time::Relation as T;
    Some(match operator {
        O::Equal => Related::Order(Compare::EQUAL),
        O::NotEqual => Related::Order(Compare::NOT_EQUAL),
        O::Less => Related::Order(Compare::LESS),
        O::LessOrEqual => Related::Order(Compare::LESS_OR_EQUAL),
        O::Greater => Related::Order(Compare::GREATER),
        O::GreaterOrEqual => Related::Order(Compare::GREATER_OR_EQUAL),
        O::SIntersects => Related::Space(S::Intersects),
        O::SEquals => Related::Space(S::Equals),
        O::SDisjoint => Related::Space(S::Disjoint),
        O::STouches => Related::Space(S::Touches),
        O::SWithin => Related::Space(S::Within),
        O::SOverlaps => Related::Space(S::Overlaps),
        O::SCrosses => Related::Space(S::Crosses),
        O::SContains => Related::Space(S::Contains),
        O::TAfter => Related::Time(T::After),
        O::TBefore => Related::Time(T::Before),
        O::TContains => Related::Time(T::Contains),
        O::TDisjoint => Related::Time(T::Disjoint),
        O::TDuring => Related::Time(T::During),
        O::TEquals => Related::Time(T::Equals),
        O::TFinishedBy => Related::Time(T::FinishedBy),
        O::TFinishes => Related::Time(T::Finishes),
        O::TIntersects => Related::Time(T::Intersects),
        O::TMeets => Related::Time(T::Meets),
        O::TMetBy => Related::Time(T::MetBy),
        O::TOverlappedBy => Related::Time(T::OverlappedBy),
        O::TOverlaps => Related::Time(T::Overlaps),
        O::TStartedBy => Related::Time(T::StartedBy),
        O::TStarts => Related::Time(T::Starts),
        O::AContains => Related::Lists(L::Contains),
        O::AContainedBy => Related::Lists(L::ContainedBy),
        O::AEquals => Related::Lists(L::Equals),
        O::AOverlaps => Related::Lists(L::Overlaps),
        _ => return None,
    })
}

/// One of these equalities holds: of constants, that the value is among them.
fn as_set<P: Copy + PartialEq, F>(mut equalities: Vec<Node<P, F>>) -> Node<P, F> {
    let property = |node: &Node<P, F>| match node {
        Node::Compare(Compare::EQUAL, Term::Property(property), Term::Constant(_)) => Some(*property),
        _ => None,
    };
    let first = equalities.first().and_then(property);
    let Some(first) = first.filter(|first| equalities.iter().all(|node| property(node) == Some(*first)))
    else {
        return Node::Any(equalities);
    };
    let constants = equalities.drain(..).filter_map(|node| match node {
        Node::Compare(_, _, Term::Constant(constant)) => Some(constant),
        _ => None,
    });
    Node::In(Term::Property(first), Set::new(constants.collect()))
}
