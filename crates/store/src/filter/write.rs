//! CQL2 text, written so that it is read back as the same filter.
//!
//! Limits: a text that has a backslash at its end or before a quote cannot be written in CQL2 text, and is read back with
//! the quote instead; CQL2 JSON can say it.

use std::fmt::Write;

use super::expression::{Expression, Geometry, Kind, Name, Operator};
use super::text::{GEOMETRIES, is_in_name};

/// Writes a filter as CQL2 text.
pub(crate) fn write(expression: &Expression) -> String {
    let mut out = String::new();
    expression.write(&mut out);
    out
}

impl Expression {
    fn write(&self, out: &mut String) {
        match self {
            Self::Boolean(value) => out.push_str(if *value { "TRUE" } else { "FALSE" }),
            Self::Number(number) => write_number(*number, out),
            Self::Text(text) => write_text(text, out),
            Self::Date(text) => write_within("DATE", text, out),
            Self::Timestamp(text) => write_within("TIMESTAMP", text, out),
            Self::Open => out.push_str("'..'"),
            Self::Interval(ends) => {
                out.push_str("INTERVAL(");
                write_end(&ends[0], out);
                out.push(',');
                write_end(&ends[1], out);
                out.push(')');
            }
            Self::Geometry(geometry) => geometry.write(out),
            Self::List(all) => write_list(all, out),
            Self::Property(name) => name.write(out),
            Self::Call(name, operands) => {
                name.write(out);
                write_list(operands, out);
            }
            Self::Operation(operator, operands) => write_operation(*operator, operands, out),
        }
    }

    /// How much it binds: an operand that binds less is put in parentheses.
    fn kind(&self) -> Kind {
        match self {
            Self::Operation(operator, _) => operator.kind(),
            _ => Kind::Function,
        }
    }

    /// As an operand of what binds like `kind`.
    fn write_in(&self, kind: Kind, out: &mut String) {
        let is_bare = self.kind() > kind;
        if !is_bare {
            out.push('(');
        }
        self.write(out);
        if !is_bare {
            out.push(')');
        }
    }
}

fn write_operation(operator: Operator, operands: &[Expression], out: &mut String) {
    use Operator as O;
    let kind = operator.kind();
    match (operator, operands) {
        (O::Not, [inner]) => {
            out.push_str("NOT ");
            inner.write_in(kind, out);
        }
        (O::IsNull, [inner]) => {
            inner.write_in(kind, out);
            out.push_str(" IS NULL");
        }
        (O::Between, [value, low, high]) => {
            value.write_in(kind, out);
            out.push_str(" BETWEEN ");
            low.write_in(kind, out);
            out.push_str(" AND ");
            high.write_in(kind, out);
        }
        _ if kind == Kind::Function => {
            out.push_str(&operator.word().to_uppercase());
            write_list(operands, out);
        }
        (_, operands) => {
            let word = operator.word().to_uppercase();
            for (number, operand) in operands.iter().enumerate() {
                if number > 0 {
                    // Writing to a String does not fail.
                    let _ = write!(out, " {word} ");
                }
                match operand {
                    Expression::List(_) => operand.write(out),
                    _ => operand.write_in(kind, out),
                }
            }
        }
    }
}

fn write_list(all: &[Expression], out: &mut String) {
    out.push('(');
    for (number, one) in all.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        one.write(out);
    }
    out.push(')');
}

fn write_end(end: &Expression, out: &mut String) {
    match end {
        Expression::Date(text) | Expression::Timestamp(text) => write_text(text, out),
        other => other.write(out),
    }
}

fn write_within(function: &str, text: &str, out: &mut String) {
    out.push_str(function);
    out.push('(');
    write_text(text, out);
    out.push(')');
}

/// In single quotes.
fn write_text(text: &str, out: &mut String) {
    out.push('\'');
    out.push_str(&text.replace('\'', "''"));
    out.push('\'');
}

fn write_number(number: f64, out: &mut String) {
    // Writing to a String does not fail.
    let _ = if number.fract() == 0.0 && number.abs() < 1e15 {
        write!(out, "{number:.0}")
    } else {
        write!(out, "{number:?}")
    };
}

impl Name {
    fn write(&self, out: &mut String) {
        let plain =
            self.text.chars().enumerate().all(|(at, c)| is_in_name(c, at == 0)) && !self.text.is_empty();
        if plain && !is_reserved(&self.text) {
            out.push_str(&self.text);
        } else {
            out.push('"');
            out.push_str(&self.text.replace('"', "\"\""));
            out.push('"');
        }
    }
}

/// Whether a word by itself is read as something else than a name.
fn is_reserved(word: &str) -> bool {
    const WORDS: [&str; 14] = [
        "and",
        "or",
        "not",
        "like",
        "between",
        "in",
        "is",
        "null",
        "div",
        "true",
        "false",
        "date",
        "timestamp",
        "interval",
    ];
    WORDS.iter().chain(&GEOMETRIES).any(|known| word.eq_ignore_ascii_case(known))
}

impl Geometry {
    fn write(&self, out: &mut String) {
        let word = match self {
            Self::Point(_) => "POINT",
            Self::MultiPoint(_) => "MULTIPOINT",
            Self::LineString(_) => "LINESTRING",
            Self::MultiLineString(_) => "MULTILINESTRING",
            Self::Polygon(_) => "POLYGON",
            Self::MultiPolygon(_) => "MULTIPOLYGON",
            Self::Collection(_) => "GEOMETRYCOLLECTION",
            Self::Box(_) => "BBOX",
        };
        out.push_str(word);
        match self {
            Self::Point(position) => write_all(&[*position], out, write_position),
            Self::MultiPoint(all) => {
                write_all(all, out, |position, out| write_all(&[*position], out, write_position))
            }
            Self::LineString(all) => write_all(all, out, write_position),
            Self::MultiLineString(lines) | Self::Polygon(lines) => write_all(lines, out, write_line),
            Self::MultiPolygon(all) => write_all(all, out, |one, out| write_all(one, out, write_line)),
            Self::Collection(members) => write_all(members, out, Self::write),
            Self::Box(corners) => write_all(corners, out, |number, out| write_number(*number, out)),
        }
    }
}

#[expect(clippy::ptr_arg, reason = "called for the elements of a list of lists")]
fn write_line(line: &Vec<[f64; 2]>, out: &mut String) {
    write_all(line, out, write_position);
}

fn write_position([lon, lat]: &[f64; 2], out: &mut String) {
    write_number(*lon, out);
    out.push(' ');
    write_number(*lat, out);
}

fn write_all<T>(all: &[T], out: &mut String, write: impl Fn(&T, &mut String)) {
    out.push('(');
    for (number, one) in all.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        write(one, out);
    }
    out.push(')');
}
