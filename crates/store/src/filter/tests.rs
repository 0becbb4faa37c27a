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

fn read(text: &str) -> Result<Expression, Wrong> {
    text::read_in(text, &|position| position)
}

fn read_json(value: &Json) -> Result<Expression, Wrong> {
    json::read_in(value, &|position| position).0
}

fn parsed(text: &str) -> Expression {
    read(text).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"))
}

fn of_json(value: &Json) -> Expression {
    read_json(value).unwrap_or_else(|wrong| panic!("{value}: {wrong:?}"))
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
    let mut count = 0;
    for line in fixture("ats.txt").lines() {
        let (_, expression) = line.split_once('|').unwrap();
        // The one that the standard wants refused: no place is beyond a pole.
        if expression.contains("90 180") {
            assert!(read(expression).unwrap_err().why.contains("90 180 is no longitude and latitude"));
        } else {
            round_trips(&parsed(expression));
        }
        count += 1;
    }
    assert_eq!(count, 109);
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

#[test]
fn a_text_is_refused_with_the_place_of_what_is_wrong() {
    for (filter, at, why) in [
        ("", 0, "the end stands where"),
        ("a =", 3, "the end stands where"),
        ("a = 1 b", 6, "b stands where the end"),
        ("a = 1 = 2", 6, "= stands where"),
        ("2 ^ 3 ^ 4 = a", 6, "^ stands where"),
        ("a IN 1", 5, "1 stands where ( is"),
        ("a NOT 1", 6, "LIKE, BETWEEN or IN"),
        ("a IS 1", 5, "NULL"),
        ("and = 1", 0, "\"and\""),
        ("DATE('2025-02-30') = a", 5, "neither a date"),
        ("DATE('2025-02-20T00:00:00Z') = a", 5, "is no date"),
        ("INTERVAL('2025', '..') = a", 9, "neither a date"),
        ("POINT(1) = a", 7, "a number"),
        ("S_INTERSECTS(a, GEOMETRYCOLLECTION(BBOX(1,2,3,4)))", 35, "a geometry of one kind"),
        ("CASEI(a, b) = 'x'", 0, "takes 1 operands, not 2"),
        ("a = 1e999", 4, "no number"),
        ("a ~ 1", 2, "means nothing"),
    ] {
        let wrong = read(filter).unwrap_err();
        assert!(wrong.at.0 == at && wrong.why.contains(why), "{filter}: {wrong:?}");
    }
}

#[test]
fn what_would_cost_too_much_is_refused() {
    let refused = |text: &str, why: &str| {
        let wrong = read(text).unwrap_err();
        assert!(wrong.why.contains(why), "{wrong:?}");
    };
    refused(&format!("{}a = 1{}", "(".repeat(100_000), ")".repeat(100_000)), "too deeply");
    refused(&format!("{} a = 1", "NOT ".repeat(100_000)), "too deeply");
    refused(&format!("a = {}1", "-".repeat(100_000)), "too deeply");
    refused(&format!("a = {}", vec!["1"; 100].join(" + ")), "too deeply");
    refused(&format!("a = {}1", "2 ^ (3 * (4 - ".repeat(30)), "too deeply");
    refused(&vec!["a = 1"; 20_000].join(" OR "), "too many parts");
    refused(&format!("S_INTERSECTS(a, MULTIPOINT({}))", vec!["1 1"; 6_000].join(",")), "too many positions");
    let mut deep = Json::from(true);
    for _ in 0..100 {
        deep = serde_json::json!({ "op": "not", "args": [deep] });
    }
    assert!(read_json(&deep).unwrap_err().why.contains("too deeply"));
}

/// Found by fuzzing: a sum of sixty was taken as a text, and what was told of it as JSON was refused.
#[test]
fn a_text_is_taken_just_when_what_it_is_in_json_is_taken() {
    let of = |depth: usize, [before, inner, after]: [&str; 3]| {
        format!("{}{inner}{}", before.repeat(depth), after.repeat(depth))
    };
    for shape in [
        ["1 + ", "a", ""],
        ["1 * (2 - ", "a", ")"],
        ["NOT ", "a", ""],
        ["f(", "a", ")"],
        ["(1, ", "a", ")"],
        ["-", "a", ""],
    ] {
        let (mut taken, mut refused) = (0, 0);
        for depth in 1..=100 {
            let text = of(depth, shape);
            match read(&text) {
                Ok(read) => {
                    taken += 1;
                    assert_eq!(read_json(&super::json::write(&read)).unwrap(), read, "{text}");
                }
                Err(wrong) => {
                    refused += 1;
                    assert!(wrong.why.contains("too deeply"), "{text}: {wrong:?}");
                }
            }
        }
        assert!(taken >= 16 && refused >= 4, "{shape:?}: {taken} taken");
    }
}

#[test]
fn types_that_do_not_go_together_are_refused() {
    let records = Records(Vec::new());
    for (filter, why) in [
        ("intfield", "intfield is a number where a condition is expected"),
        ("intfield = 'one'", "intfield is a number, and 'one' is a text"),
        ("textfield LIKE intfield", "pattern"),
        ("intfield LIKE '1%'", "a text"),
        ("intfield + textfield = 1", "textfield is a text where a number"),
        ("CASEI(intfield) = 'a'", "where a text"),
        ("ts_start = 'soon'", "'soon' is neither a date"),
        ("geom = geom", "S_"),
        ("S_INTERSECTS(intfield, POINT(1 2))", "where a geometry"),
        ("T_AFTER(intfield, DATE('2020-01-01'))", "where a date"),
        ("A_CONTAINS(textfield, ('a'))", "where a list"),
        ("S_CROSSES(LINESTRING(0 0, 1 1), POLYGON((0 0, 1 0, 1 1, 0 0)))", "only S_INTERSECTS"),
        ("S_INTERSECTS(geom, POLYGON((0 0, 1 0, 1 1)))", "ring"),
        ("T_AFTER(ts_start, INTERVAL('2021-01-01', '2020-01-01'))", "ends before it begins"),
        ("nosuch(1) = 2", "there is no function nosuch"),
        ("intfeld = 2", "did you mean intfield?"),
    ] {
        let wrong = records.node(filter).err().unwrap_or_else(|| panic!("{filter} is taken"));
        assert!(wrong.why.contains(why), "{filter}: {}", wrong.why);
    }
}

#[test]
fn what_is_not_known_is_neither_true_nor_false() {
    let records = Records::all();
    let holds = |text: &str| records.node(text).unwrap().holds(&records.0[0]);
    for (text, expected) in [
        ("nfield = true", None),
        ("NOT nfield = true", None),
        ("nfield = true OR intfield = 1", Some(true)),
        ("nfield = true AND intfield = 2", Some(false)),
        ("nfield = true AND intfield = 1", None),
        ("nfield IS NULL", Some(true)),
        ("(nfield = true) IS NULL", Some(true)),
        ("nfield IN (true, false)", None),
        ("intfield / 0 = 1", None),
        ("intfield NOT IN (2, 3)", Some(true)),
        ("intarrayfield = 2", Some(true)),
        ("intarrayfield <> 2", Some(false)),
        ("5 < intfield", Some(false)),
        ("'2020-01' = ts_start", Some(true)),
        ("ts_start > '2020'", Some(false)),
        ("ts_start >= '2020'", Some(true)),
    ] {
        assert_eq!(holds(text), expected, "{text}");
    }
}

#[test]
fn places_lie_to_geometries_as_the_standard_says() {
    let square = "POLYGON((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1))";
    let records = Records(Vec::new());
    let line = Line { value: Json::Null, geometry: None };
    for (place, geometry, holding) in [
        ("POINT(3 3)", square, "S_INTERSECTS S_WITHIN"),
        ("POINT(4 2)", square, "S_INTERSECTS S_TOUCHES"),
        ("POINT(2 1.5)", square, "S_INTERSECTS S_TOUCHES"),
        ("POINT(1.5 1.5)", square, "S_DISJOINT"),
        ("POINT(5 5)", square, "S_DISJOINT"),
        ("MULTIPOINT(3 3, 4 2)", square, "S_INTERSECTS S_WITHIN"),
        ("MULTIPOINT(3 3, 5 5)", square, "S_INTERSECTS S_CROSSES"),
        ("MULTIPOINT(4 2, 5 5)", square, "S_INTERSECTS S_TOUCHES"),
        ("POINT(1 1)", "LINESTRING(0 0, 2 2)", "S_INTERSECTS S_WITHIN"),
        ("POINT(2 2)", "LINESTRING(0 0, 2 2)", "S_INTERSECTS S_TOUCHES"),
        ("POINT(2 2)", "POINT(2 2)", "S_INTERSECTS S_EQUALS S_WITHIN S_CONTAINS"),
        ("MULTIPOINT(1 1, 2 2)", "POINT(2 2)", "S_INTERSECTS S_CONTAINS"),
        ("MULTIPOINT(1 1, 2 2)", "MULTIPOINT(2 2, 3 3)", "S_INTERSECTS S_OVERLAPS"),
        // Fiji's side of the antimeridian, and the other.
        ("POINT(-179.5 -17)", "BBOX(177, -20, -178, -15)", "S_INTERSECTS S_WITHIN"),
        ("POINT(180 -17)", "BBOX(177, -20, -178, -15)", "S_INTERSECTS S_WITHIN"),
        ("POINT(-180 -17)", "BBOX(177, -20, 180, -15)", "S_INTERSECTS S_TOUCHES"),
        (
            "POINT(-179.5 -17)",
            "POLYGON((177 -20, 182 -20, 182 -15, 177 -15, 177 -20))",
            "S_INTERSECTS S_WITHIN",
        ),
        ("POINT(0 0)", "BBOX(177, -20, -178, -15)", "S_DISJOINT"),
        ("POINT(-180 5)", "POINT(180 5)", "S_INTERSECTS S_EQUALS S_WITHIN S_CONTAINS"),
    ] {
        let relations = [
            "S_INTERSECTS",
            "S_DISJOINT",
            "S_EQUALS",
            "S_TOUCHES",
            "S_WITHIN",
            "S_CONTAINS",
            "S_OVERLAPS",
            "S_CROSSES",
        ];
        for relation in relations {
            let holds = |text: String| records.node(&text).unwrap().holds(&line);
            let expected = Some(holding.split(' ').any(|word| word == relation));
            assert_eq!(
                holds(format!("{relation}({place}, {geometry})")),
                expected,
                "{relation}({place}, {geometry})"
            );
            let turned =
                relation.replace("WITHIN", "X").replace("CONTAINS", "S_WITHIN").replace('X', "CONTAINS");
            let turned = turned.replace("S_S_", "S_");
            assert_eq!(
                holds(format!("{turned}({geometry}, {place})")),
                expected,
                "{turned}({geometry}, {place})"
            );
        }
    }
}

/// Expressions of all kinds, as a grammar allows them.
fn expressions() -> impl Strategy<Value = Expression> {
    let name = || "[a-zé_:][a-z0-9_.:]{0,6}|and|date|[ \"a-z]{1,5}".prop_map(|text| Name { text, at: At(0) });
    let ordinate = || (-90.0..90.0_f64).prop_map(|number| (number * 1e6).round() / 1e6);
    let position = move || [ordinate(), ordinate()];
    let line = move || proptest::collection::vec(position(), 2..5);
    let geometry = prop_oneof![
        position().prop_map(Geometry::Point),
        line().prop_map(Geometry::MultiPoint),
        line().prop_map(Geometry::LineString),
        proptest::collection::vec(line(), 1..3).prop_map(Geometry::MultiLineString),
        proptest::collection::vec(line(), 1..3).prop_map(Geometry::Polygon),
        proptest::collection::vec(proptest::collection::vec(line(), 1..3), 1..3)
            .prop_map(Geometry::MultiPolygon),
        [ordinate(), ordinate(), ordinate(), ordinate()].prop_map(Geometry::Box),
    ];
    let moment = prop_oneof![
        Just(Expression::Date("2025-05-30".to_owned())),
        Just(Expression::Timestamp("2025-05-30T01:10:00.5Z".to_owned())),
    ];
    let end = prop_oneof![Just(Expression::Open), moment.clone(), name().prop_map(Expression::Property)];
    let leaf = prop_oneof![
        any::<bool>().prop_map(Expression::Boolean),
        (-1e20..1e20_f64).prop_map(Expression::Number),
        (-50..50_i32).prop_map(|number| Expression::Number(f64::from(number))),
        "[a-zéж' %\"_]{0,6}".prop_map(Expression::Text),
        moment,
        (end.clone(), end).prop_map(|(from, to)| Expression::Interval(Box::new([from, to]))),
        geometry.prop_map(Expression::Geometry),
        name().prop_map(Expression::Property),
    ];
    leaf.prop_recursive(4, 40, 3, move |inner| {
        let list = proptest::collection::vec(inner.clone(), 2..4).prop_map(Expression::List);
        let operators: Vec<Operator> = Operator::ALL.to_vec();
        let operation = (proptest::sample::select(operators), proptest::collection::vec(inner.clone(), 3))
            .prop_map(|(operator, mut operands)| {
                operands.truncate((*operator.operands().end()).min(3));
                if operator == Operator::In {
                    operands[1] = Expression::List(vec![operands[1].clone()]);
                }
                // What stands alone in parentheses is a list to these.
                if operator.takes_lists() {
                    operands = operands.into_iter().map(|one| Expression::List(vec![one])).collect();
                }
                Expression::Operation(operator, operands)
            });
        let call = (name(), proptest::collection::vec(inner, 0..3)).prop_filter_map(
            "a known name",
            |(name, operands)| {
                let is_known = Operator::named(&name.text).is_some();
                (!is_known).then_some(Expression::Call(name, operands))
            },
        );
        prop_oneof![1 => list, 4 => operation, 1 => call]
    })
}

proptest! {
    #[test]
    fn every_expression_is_read_back_from_both_forms(expression in expressions()) {
        let text = write::write(&expression);
        prop_assert_eq!(read(&text), Ok(expression.clone()), "{}", text);
        let told = json::write(&expression).to_string();
        let value: Json = serde_json::from_str(&told).unwrap();
        prop_assert_eq!(read_json(&value), Ok(expression), "{}", told);
    }
}
