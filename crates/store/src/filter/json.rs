//! CQL2 JSON: read from a value and written as one.
//!
//! A fault is placed by its JSON pointer (RFC 6901). Size and depth are bounded as in texts.

use serde_json::{Map, Value, json};

use super::expression::{
    At, Expression, Geometry, MAX_DEPTH, Name, Operator, Size, ToDegrees, Wrong, instant, shortened,
};

/// Reads a filter whose positions are of another reference system, and the JSON pointers that its places number.
pub(crate) fn read_in(value: &Value, to_degrees: ToDegrees<'_>) -> (Result<Expression, Wrong>, Vec<String>) {
    let mut reader = Reader { pointers: Vec::new(), path: Vec::new(), size: Size::new(to_degrees) };
    let read = reader.expression(value);
    (read, reader.pointers)
}

struct Reader<'a> {
    pointers: Vec<String>,
    path: Vec<String>,
    size: Size<'a>,
}

type Read<T = Expression> = Result<T, Wrong>;

impl Reader<'_> {
    fn here(&mut self) -> At {
        let escaped = |part: &String| format!("/{}", part.replace('~', "~0").replace('/', "~1"));
        self.pointers.push(self.path.iter().map(escaped).collect());
        At(self.pointers.len() - 1)
    }

    fn wrong<T>(&mut self, why: impl std::fmt::Display) -> Read<T> {
        Err(Wrong::new(self.here(), why))
    }

    fn within<T>(&mut self, member: impl ToString, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.path.push(member.to_string());
        let found = read(self)?;
        // A fault leaves the path as it is: nothing is read after it.
        self.path.pop();
        Ok(found)
    }

    fn each<T>(&mut self, all: &[Value], one: impl Fn(&mut Self, &Value) -> Read<T>) -> Read<Vec<T>> {
        let numbered = all.iter().enumerate();
        numbered.map(|(number, value)| self.within(number, |reader| one(reader, value))).collect()
    }

    fn expression(&mut self, value: &Value) -> Read {
        if let Err(why) = self.size.part(self.path.len()) {
            return self.wrong(why);
        }
        match value {
            Value::Bool(value) => Ok(Expression::Boolean(*value)),
            Value::String(text) => Ok(Expression::Text(text.clone())),
            Value::Array(all) => Ok(Expression::List(self.each(all, Self::expression)?)),
            Value::Object(members) => self.object(members),
            Value::Number(number) => match number.as_f64().filter(|number| number.is_finite()) {
                Some(number) => Ok(Expression::Number(number)),
                None => self.wrong("the number is too large"),
            },
            Value::Null => self.wrong("null is no part of a filter; isNull asks for what is absent"),
        }
    }

    fn object(&mut self, members: &Map<String, Value>) -> Read {
        if let Some(op) = members.get("op") {
            return self.operation(op, members.get("args"));
        }
        if let Some(name) = members.get("property") {
            return match name {
                Value::String(text) => Ok(Expression::Property(Name { text: text.clone(), at: self.here() })),
                _ => self.wrong("the name of a property is a text"),
            };
        }
        for (member, is_date) in [("date", true), ("timestamp", false)] {
            if let Some(value) = members.get(member) {
                return match value.as_str().map(instant) {
                    Some(Ok(found)) if matches!(found, Expression::Date(_)) == is_date => Ok(found),
                    Some(Err(why)) => self.wrong(why),
                    _ => self.wrong(format!("the value of {member} is none")),
                };
            }
        }
        if let Some(interval) = members.get("interval") {
            let Some([from, to]) = interval.as_array().map(Vec::as_slice) else {
                return self.wrong("an interval has two ends");
            };
            let ends = [self.end_of_interval(from)?, self.end_of_interval(to)?];
            return Ok(Expression::Interval(Box::new(ends)));
        }
        if members.contains_key("bbox") || members.contains_key("type") {
            return self.geometry(members, 0).map(Expression::Geometry);
        }
        self.wrong("has none of op, property, date, timestamp, interval, bbox and type")
    }

    fn operation(&mut self, op: &Value, args: Option<&Value>) -> Read {
        let Some(word) = op.as_str() else { return self.wrong("the value of op is a text") };
        let Some(args) = args.and_then(Value::as_array) else { return self.wrong("args is a list") };
        let name = Name { text: word.to_owned(), at: self.here() };
        let operands = self.within("args", |reader| reader.each(args, Self::expression))?;
        let Some(operator) = Operator::named(word) else { return Ok(Expression::Call(name, operands)) };
        if !operator.operands().contains(&operands.len()) {
            let least = operator.operands();
            return self.wrong(format!("{word} takes {} operands, not {}", least.start(), operands.len()));
        }
        if operator == Operator::In && !matches!(operands[1], Expression::List(_)) {
            return self.wrong("the second operand of in is a list");
        }
        Ok(Expression::Operation(operator, operands))
    }

    fn end_of_interval(&mut self, value: &Value) -> Read {
        match value {
            Value::String(text) if text == ".." => Ok(Expression::Open),
            Value::String(text) => match instant(text) {
                Ok(found) => Ok(found),
                Err(why) => self.wrong(why),
            },
            Value::Object(_) => self.expression(value),
            _ => self.wrong("an end of an interval is a date, an instant, '..' or a property"),
        }
    }

    fn geometry(&mut self, members: &Map<String, Value>, depth: usize) -> Read<Geometry> {
        if depth > MAX_DEPTH {
            return self.wrong("it is nested too deeply");
        }
        if let Some(corners) = members.get("bbox").filter(|_| !members.contains_key("type")) {
            let numbers: Option<Vec<f64>> =
                corners.as_array().and_then(|all| all.iter().map(Value::as_f64).collect());
            let corners = match numbers.as_deref() {
                Some([west, south, east, north] | [west, south, _, east, north, _]) => {
                    [*west, *south, *east, *north]
                }
                _ => return self.wrong("bbox is west, south, east, north"),
            };
            let [west, south, east, north] = corners;
            let ([west, south], [east, north]) = (self.vertex([west, south])?, self.vertex([east, north])?);
            return Ok(Geometry::Box([west, south, east, north]));
        }
        let kind = members.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind == "GeometryCollection" {
            let Some(all) = members.get("geometries").and_then(Value::as_array) else {
                return self.wrong("geometries is a list");
            };
            let member = |reader: &mut Self, value: &Value| match value.as_object() {
                Some(members) => reader.geometry(members, depth + 1),
                None => reader.wrong("a geometry is expected"),
            };
            return self.within("geometries", |reader| reader.each(all, member)).map(Geometry::Collection);
        }
        let at = members.get("coordinates").unwrap_or(&Value::Null);
        Ok(match kind {
            "Point" => Geometry::Point(self.position(at)?),
            "MultiPoint" => Geometry::MultiPoint(self.list(at, Self::position)?),
            "LineString" => Geometry::LineString(self.list(at, Self::position)?),
            "MultiLineString" => Geometry::MultiLineString(self.list(at, Self::line)?),
            "Polygon" => Geometry::Polygon(self.list(at, Self::line)?),
            "MultiPolygon" => Geometry::MultiPolygon(self.list(at, Self::polygon)?),
            other => return self.wrong(format!("'{}' is no kind of geometry", shortened(other))),
        })
    }

    fn list<T>(&mut self, value: &Value, one: fn(&mut Self, &Value) -> Read<T>) -> Read<Vec<T>> {
        match value.as_array() {
            Some(all) if !all.is_empty() => all.iter().map(|value| one(self, value)).collect(),
            _ => self.wrong("coordinates are a list of as many levels as the type of the geometry says"),
        }
    }

    fn polygon(&mut self, value: &Value) -> Read<Vec<Vec<[f64; 2]>>> {
        self.list(value, Self::line)
    }

    fn line(&mut self, value: &Value) -> Read<Vec<[f64; 2]>> {
        self.list(value, Self::position)
    }

    fn position(&mut self, value: &Value) -> Read<[f64; 2]> {
        let numbers = value.as_array().map(Vec::as_slice).unwrap_or_default();
        let position = match numbers {
            [lon, lat, ..] if numbers.len() <= 4 => lon.as_f64().zip(lat.as_f64()),
            _ => None,
        };
        match position {
            Some((lon, lat)) => self.vertex([lon, lat]),
            None => self.wrong("a position is a list of longitude and latitude"),
        }
    }

    fn vertex(&mut self, position: [f64; 2]) -> Read<[f64; 2]> {
        match self.size.vertex(position) {
            Ok(position) => Ok(position),
            Err(why) => self.wrong(why),
        }
    }
}

/// Writes a filter as CQL2 JSON.
pub(crate) fn write(expression: &Expression) -> Value {
    let all = |all: &[Expression]| -> Value { all.iter().map(write).collect() };
    match expression {
        Expression::Boolean(value) => json!(value),
        Expression::Number(number) => number_json(*number),
        Expression::Text(text) => json!(text),
        Expression::Date(text) => json!({ "date": text }),
        Expression::Timestamp(text) => json!({ "timestamp": text }),
        Expression::Open => json!(".."),
        Expression::Interval(ends) => {
            let end = |end: &Expression| match end {
                Expression::Date(text) | Expression::Timestamp(text) => json!(text),
                other => write(other),
            };
            json!({ "interval": [end(&ends[0]), end(&ends[1])] })
        }
        Expression::Geometry(geometry) => geometry_json(geometry),
        Expression::List(list) => all(list),
        Expression::Property(name) => json!({ "property": name.text }),
        Expression::Operation(operator, operands) => json!({ "op": operator.word(), "args": all(operands) }),
        Expression::Call(name, operands) => json!({ "op": name.text, "args": all(operands) }),
    }
}

/// A whole number without a point.
#[expect(clippy::cast_possible_truncation, reason = "below 2^53")]
fn number_json(number: f64) -> Value {
    let is_whole =
        number.fract() == 0.0 && number.abs() < 9e15 && !(number == 0.0 && number.is_sign_negative());
    if is_whole { json!(number as i64) } else { json!(number) }
}

fn geometry_json(geometry: &Geometry) -> Value {
    let (kind, coordinates) = match geometry {
        Geometry::Box(corners) => return json!({ "bbox": corners }),
        Geometry::Collection(members) => {
            let members: Vec<Value> = members.iter().map(geometry_json).collect();
            return json!({ "type": "GeometryCollection", "geometries": members });
        }
        Geometry::Point(position) => ("Point", json!(position)),
        Geometry::MultiPoint(all) => ("MultiPoint", json!(all)),
        Geometry::LineString(all) => ("LineString", json!(all)),
        Geometry::MultiLineString(all) => ("MultiLineString", json!(all)),
        Geometry::Polygon(all) => ("Polygon", json!(all)),
        Geometry::MultiPolygon(all) => ("MultiPolygon", json!(all)),
    };
    json!({ "type": kind, "coordinates": coordinates })
}
