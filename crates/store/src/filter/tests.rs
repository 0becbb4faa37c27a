//! The standard's examples, its abstract tests, and records of which another program's answers are known.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::Value as Json;

use super::compile::compile;
use super::eval::Node;
use super::expression::{At, Expression, Geometry, Name, Operator, Wrong};
use super::schema::{Record, Schema};
use super::shape::Shape;
use super::time::Granule;
use super::value::{Constant, Place, Type, Value};
use super::{json, text, write};

fn fixture(name: &str) -> String {
    let path = format!("{}/../../tests/fixtures/cql2/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn parsed(text: &str) -> Expression {
    text::read(text).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"))
}

fn of_json(value: &Json) -> Expression {
    json::read(value).0.unwrap_or_else(|wrong| panic!("{value}: {wrong:?}"))
}

/// Numbers alike, however they are written: `10` and `10.0`.
fn same_json(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same_json(a, b)))
        }
        (a, b) => a == b,
    }
}

fn round_trips(expression: &Expression) {
    assert_eq!(&parsed(&write::write(expression)), expression, "{}", write::write(expression));
    assert_eq!(&of_json(&json::write(expression)), expression);
}

#[test]
fn every_example_of_the_standard_is_read_in_both_forms_as_the_same() {
    let (mut read, mut both) = (0, 0);
    for line in fixture("examples.ndjson").lines() {
        // One of the forms has zeros behind the second where the other has none.
        let example: Json = serde_json::from_str(&line.replace(".000000Z", "Z")).unwrap();
        let expression = parsed(example["text"].as_str().unwrap());
        round_trips(&expression);
        read += 1;
        if !example["json"].is_null() {
            let from_json = of_json(&example["json"]);
            round_trips(&from_json);
            let written = json::write(&expression);
            // Heights are left out.
            if !written.to_string().contains("coordinates") && !written.to_string().contains("bbox") {
                assert!(same_json(&written, &example["json"]), "{line}\n{written}");
            }
            assert_eq!(from_json, expression, "{line}");
            both += 1;
        }
    }
    assert_eq!((read, both), (120, 120));
}

#[test]
fn every_expression_of_the_abstract_tests_is_read() {
    let mut read = 0;
    for line in fixture("ats.txt").lines() {
        let (_, expression) = line.split_once('|').unwrap();
        // The one that the standard wants refused: no place is beyond a pole.
        if expression.contains("90 180") {
            assert!(text::read(expression).unwrap_err().why.contains("90 180 is no longitude and latitude"));
        } else {
            round_trips(&parsed(expression));
        }
        read += 1;
    }
    assert_eq!(read, 109);
}

/// Records in JSON; the types of properties are those of the first one.
struct Records(Vec<Line>);

struct Line {
    value: Json,
    geometry: Option<Shape>,
}

type Property = (&'static str, Type);

const PROPERTIES: [Property; 10] = [
    ("intfield", Type::Number),
    ("floatfield", Type::Number),
    ("textfield", Type::Text),
    ("boolfield", Type::Boolean),
    ("nfield", Type::Boolean),
    ("datefield", Type::Moment),
    ("ts_start", Type::Moment),
    ("ts_end", Type::Moment),
    ("intarrayfield", Type::List),
    ("geom", Type::Place),
];

impl Schema for Records {
    type Property = Property;
    type Function = ();

    fn names(&self) -> Vec<&str> {
        PROPERTIES.iter().map(|(name, _)| *name).collect()
    }
    fn property(&self, name: &str) -> Option<(Property, Type)> {
        let found = PROPERTIES.iter().find(|known| known.0 == name)?;
        Some((*found, found.1))
    }
    fn as_interval(&self, property: Property) -> Property {
        property
    }
    fn interval(&self, _: Property, _: Property) -> Option<Property> {
        None
    }
    fn function(&self, _: &Name, _: &[Expression]) -> Option<Result<((), Type), Wrong>> {
        None
    }
    fn cost(&self, _: Property) -> u32 {
        1
    }
}

impl Record<Property, ()> for Line {
    fn value(&self, (name, kind): Property) -> Value<'_> {
        match (&self.value[name], kind) {
            (Json::Object(_), _) => {
                self.geometry.as_ref().map_or(Value::Null, |shape| Value::Place(Place::Shape(shape)))
            }
            (Json::Bool(value), _) => Value::Boolean(*value),
            (Json::Number(number), _) => Value::Number(number.as_f64().unwrap()),
            (Json::String(text), Type::Moment) => Value::Moment(Granule::read(text).unwrap()),
            (Json::String(text), _) => Value::Text(Cow::Borrowed(text)),
            (Json::Array(all), _) => Value::List(
                all.iter().map(|one| Constant::Number(one.as_f64().unwrap())).collect::<Vec<_>>().into(),
            ),
            (Json::Null, _) => Value::Null,
        }
    }
    fn call(&self, (): &(), _: f64) -> Value<'_> {
        Value::Null
    }
}

impl Records {
    fn all() -> Self {
        let line = |line: &str| {
            let value: Json = serde_json::from_str(line).unwrap();
            // Some reach beyond a pole, which is no place but for arithmetic.
            let rings = serde_json::from_value(value["geom"]["coordinates"].clone()).unwrap();
            let geometry = Geometry::Polygon(rings);
            Line { value, geometry: Some(Shape::new(&geometry).unwrap()) }
        };
        Self(fixture("records.ndjson").lines().map(line).collect())
    }

    fn node(&self, text: &str) -> Result<Node<Property, ()>, Wrong> {
        compile(&parsed(text), self)
    }

    fn found(&self, text: &str) -> Vec<u64> {
        let node = self.node(text).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
        let chosen = self.0.iter().filter(|line| node.holds(*line) == Some(true));
        chosen.map(|line| line.value["intfield"].as_u64().unwrap()).collect()
    }
}

#[test]
fn another_program_finds_the_same_records() {
    let records = Records::all();
    let expected = fixture("expected.txt");
    let mut lines = expected.lines();
    let (mut asked, mut otherwise) = (0, Vec::new());
    while let (Some(filter), Some(found)) = (lines.next(), lines.next()) {
        let found: Vec<u64> = found.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let ours = records.found(filter);
        if ours != found {
            otherwise.push(format!("{filter}\n  ours {ours:?}\n  theirs {found:?}"));
        }
        asked += 1;
    }
    assert!(otherwise.is_empty(), "{} of {asked}:\n{}", otherwise.len(), otherwise.join("\n"));
}
