//! JSON as it must be, with the place of every value.
//!
//! RFC 8259 leaves open what a repeated member name or an unending number means; here both are refused, as
//! are a lone surrogate, a raw control character, nesting deeper than [`MAX_DEPTH`], and in a record more than
//! [`MAX_VALUES`] values. Every value keeps
//! its byte offset, so that a fault can be shown where it stands. Strings without escapes are borrowed.
//!
//! Cost: one pass; names of an object are compared in pairs up to 16 of them, sorted above, so that no
//! chosen names make it slow. Its twin in the tests is serde_json: both take the same texts and read the
//! same values, apart from what is refused here on purpose.

use crate::fault::{Fault, Printable};
use crate::read::place_after;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// Members for which an object has room from the beginning.
const MEMBERS: usize = 8;
/// How deep arrays and objects may nest.
pub(crate) const MAX_DEPTH: usize = 64;
/// How many values one record may have. Each takes up to some 500 bytes once it is read, and a record of reports has some hundred.
pub(crate) const MAX_VALUES: usize = 100_000;

/// A value and the byte offset at which it stands.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) at: usize,
    pub(crate) json: Json<'a>,
}

#[derive(Debug)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    /// As written; finite as `f64`.
    Number(&'a str),
    String(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    Object(Vec<Member<'a>>),
}

#[derive(Debug)]
pub(crate) struct Member<'a> {
    /// Where the name stands.
    name_at: usize,
    pub(crate) name: Cow<'a, str>,
    pub(crate) value: Node<'a>,
}

/// What keeps a text from being JSON, and where.
#[derive(Debug, PartialEq)]
pub(crate) struct Broken {
    pub(crate) at: usize,
    pub(crate) problem: Cow<'static, str>,
}

impl Node<'_> {
    /// What kind of value this is, for a sentence.
    pub(crate) fn kind(&self) -> &'static str {
        match self.json {
            Json::Null => "null",
            Json::Bool(_) => "true or false",
            Json::Number(_) => "a number",
            Json::String(_) => "a text",
            Json::Array(_) => "a list",
            Json::Object(_) => "an object",
        }
    }

    /// The same value without places. A whole number beyond 64 bits becomes the nearest `f64`.
    pub(crate) fn to_value(&self) -> Value {
        match &self.json {
            Json::Null => Value::Null,
            Json::Bool(truth) => Value::Bool(*truth),
            Json::Number(text) => number_value(text),
            Json::String(text) => Value::String(text.to_string()),
            Json::Array(nodes) => Value::Array(nodes.iter().map(Node::to_value).collect()),
            Json::Object(members) => Value::Object(to_map(members)),
        }
    }
}

fn to_map(members: &[Member<'_>]) -> Map<String, Value> {
    members.iter().map(|member| (member.name.to_string(), member.value.to_value())).collect()
}

fn number_value(text: &str) -> Value {
    if let Ok(whole) = text.parse::<u64>() {
        return whole.into();
    }
    match text.parse::<i64>() {
        Ok(whole) if whole != 0 => whole.into(), // "-0" is a float, as serde_json has it.
        _ => text.parse::<f64>().map_or(Value::Null, Value::from),
    }
}

/// One JSON text as strictly read as a record is, for what a client sends beside records.
///
/// # Errors
///
/// A fatal [`Fault`] with the line and column at which it stops being JSON, or not UTF-8.
pub fn strict_json(bytes: &[u8]) -> Result<Value, Fault> {
    let fault = |before: &str, problem: Cow<'static, str>| {
        let (line, column) = place_after(before, 1, 1);
        let problem = problem.into();
        let (file, hint) = (Arc::from(""), None);
        Fault { file, index: None, line, column, pointer: None, field: None, problem, hint, fatal: true }
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let sound = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        fault(&sound, "the text is not UTF-8".into())
    })?;
    match parse_up_to(usize::MAX, text) {
        Ok(node) => Ok(node.to_value()),
        Err(broken) => Err(fault(&text[..broken.at], broken.problem)),
    }
}

/// Reads one JSON text that fills `text` from end to end, of at most [`MAX_VALUES`] values.
pub(crate) fn parse(text: &str) -> Result<Node<'_>, Broken> {
    parse_up_to(MAX_VALUES, text)
}

fn parse_up_to(values: usize, text: &str) -> Result<Node<'_>, Broken> {
    let mut parser = Parser { text, bytes: text.as_bytes(), at: 0, values };
    let node = parser.value(0)?;
    parser.space();
    if parser.at < parser.bytes.len() {
        return Err(parser.broken("something follows the end of the JSON text"));
    }
    Ok(node)
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Values that may still come.
    values: usize,
}

impl<'a> Parser<'a> {
    fn value(&mut self, depth: usize) -> Result<Node<'a>, Broken> {
        self.space();
        let at = self.at;
        let Some(values) = self.values.checked_sub(1) else {
            return Err(self.broken("more than 100000 values in one record"));
        };
        self.values = values;
        let json = match self.peek() {
            Some(b'{') => self.object(depth + 1)?,
            Some(b'[') => self.array(depth + 1)?,
            Some(b'"') => Json::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.literal("true", Json::Bool(true))?,
            Some(b'f') => self.literal("false", Json::Bool(false))?,
            Some(b'n') => self.literal("null", Json::Null)?,
            Some(b'N' | b'I') => return Err(self.broken("NaN and Infinity are not JSON numbers")),
            Some(_) => return Err(self.broken("a JSON value was expected")),
            None => return Err(self.broken("the JSON text ends too early")),
        };
        Ok(Node { at, json })
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, Broken> {
        self.enter(depth)?;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(Vec::new()));
        }
        let mut members = Vec::with_capacity(MEMBERS);
        loop {
            self.space();
            let name_at = self.at;
            match self.peek() {
                Some(b'"') => {}
                Some(_) => return Err(self.broken("a member name in double quotes was expected")),
                None => return Err(self.broken("the JSON text ends within an object")),
            }
            let name = self.string()?;
            self.space();
            self.expect(b':', "a colon was expected after the member name")?;
            members.push(Member { name_at, name, value: self.value(depth)? });
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break self.at += 1,
                Some(_) => return Err(self.broken("a comma or } was expected in the object")),
                None => return Err(self.broken("the JSON text ends within an object")),
            }
        }
        match repeated(&members) {
            Some(second) => Err(Broken {
                at: members[second].name_at,
                problem: format!(
                    "the member name {} stands twice in one object",
                    shown(&members[second].name)
                )
                .into(),
            }),
            None => Ok(Json::Object(members)),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json<'a>, Broken> {
        self.enter(depth)?;
        let mut nodes = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(nodes));
        }
        loop {
            nodes.push(self.value(depth)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break self.at += 1,
                Some(_) => return Err(self.broken("a comma or ] was expected in the list")),
                None => return Err(self.broken("the JSON text ends within a list")),
            }
        }
        Ok(Json::Array(nodes))
    }

    fn enter(&mut self, depth: usize) -> Result<(), Broken> {
        if depth > MAX_DEPTH {
            return Err(self.broken("nested deeper than 64 levels"));
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Broken> {
        let opened = self.at;
        self.at += 1;
        let start = self.at;
        let mut owned: Option<String> = None;
        let mut copied = start;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let so_far = owned.get_or_insert_with(String::new);
                    so_far.push_str(&self.text[copied..self.at]);
                    let unescaped = self.escape()?;
                    owned.get_or_insert_with(String::new).push(unescaped);
                    copied = self.at;
                }
                Some(0..=0x1f) => return Err(self.broken("a raw control character in a text")),
                Some(_) => self.at += 1,
                None => return Err(Broken { at: opened, problem: "a text that is never closed".into() }),
            }
        }
        let rest = &self.text[copied..self.at];
        self.at += 1;
        Ok(match owned {
            Some(mut so_far) => {
                so_far.push_str(rest);
                Cow::Owned(so_far)
            }
            None => Cow::Borrowed(rest),
        })
    }

    fn escape(&mut self) -> Result<char, Broken> {
        let plain = match self.bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.broken("an escape that JSON does not have")),
        };
        self.at += 2;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Result<char, Broken> {
        let lone = "half of a surrogate pair";
        let first = self.four_hex(self.at + 2)?;
        let (code, length) = match first {
            0xd800..=0xdbff => {
                if self.bytes.get(self.at + 6..self.at + 8) != Some(b"\\u") {
                    return Err(self.broken(lone));
                }
                let second = self.four_hex(self.at + 8)?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(self.broken(lone));
                }
                (0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), 12)
            }
            other => (other, 6),
        };
        let found = char::from_u32(code).ok_or_else(|| self.broken(lone))?;
        self.at += length;
        Ok(found)
    }

    fn four_hex(&self, at: usize) -> Result<u32, Broken> {
        let digits = self.bytes.get(at..at + 4).unwrap_or_default();
        let sum = digits.iter().try_fold(0, |sum, b| Some(sum * 16 + char::from(*b).to_digit(16)?));
        match (digits.len(), sum) {
            (4, Some(code)) => Ok(code),
            _ => Err(self.broken("\\u was expected to be followed by four hexadecimal digits")),
        }
    }

    fn number(&mut self) -> Result<Json<'a>, Broken> {
        let start = self.at;
        let malformed = "a number that JSON does not have";
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(Broken { at: start, problem: malformed.into() }),
        }
        let whole_end = self.at;
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits(start)?;
        }
        let mut may_overflow = whole_end - start > 300;
        if matches!(self.peek(), Some(b'e' | b'E')) {
            may_overflow = true;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits(start)?;
        }
        if matches!(self.peek(), Some(b'0'..=b'9' | b'.' | b'a'..=b'z' | b'A'..=b'Z' | b'_')) {
            return Err(Broken { at: start, problem: malformed.into() });
        }
        let text = &self.text[start..self.at];
        if may_overflow && !text.parse::<f64>().is_ok_and(f64::is_finite) {
            return Err(Broken { at: start, problem: "a number too large for a 64-bit float".into() });
        }
        Ok(Json::Number(text))
    }

    fn digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    fn some_digits(&mut self, number_at: usize) -> Result<(), Broken> {
        let before = self.at;
        self.digits();
        if self.at == before {
            return Err(Broken { at: number_at, problem: "a number that JSON does not have".into() });
        }
        Ok(())
    }

    fn literal(&mut self, word: &str, json: Json<'a>) -> Result<Json<'a>, Broken> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.broken("a JSON value was expected"));
        }
        self.at += word.len();
        Ok(json)
    }

    fn expect(&mut self, byte: u8, problem: &'static str) -> Result<(), Broken> {
        if self.peek() != Some(byte) {
            return Err(self.broken(problem));
        }
        self.at += 1;
        Ok(())
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn broken(&self, problem: &'static str) -> Broken {
        Broken { at: self.at, problem: problem.into() }
    }
}

/// Index of a member whose name an earlier one has.
fn repeated(members: &[Member<'_>]) -> Option<usize> {
    if members.len() <= 16 {
        return (1..members.len())
            .find(|&second| members[..second].iter().any(|first| first.name == members[second].name));
    }
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by(|&a, &b| members[a].name.cmp(&members[b].name).then(a.cmp(&b)));
    order.windows(2).filter(|pair| members[pair[0]].name == members[pair[1]].name).map(|pair| pair[1]).min()
}

/// Keeps a value of the source under its name, beside one of the same name that is there already.
pub(crate) fn keep<V: Into<Value>>(kept: &mut Map<String, Value>, name: &str, value: Option<V>) {
    let Some(value) = value else { return };
    kept.insert(free_name(kept, name), value.into());
}

/// A name under which nothing is kept yet: this one, or else with a number behind it.
pub(crate) fn free_name(kept: &Map<String, Value>, name: &str) -> String {
    let mut free = name.to_owned();
    let mut count = 1;
    while kept.contains_key(&free) {
        count += 1;
        free = format!("{name}_{count}");
    }
    free
}

/// Input as it may be shown in a sentence: in quotes, at most 60 characters, nothing that moves a cursor.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::from("\"");
    let mut width = 0;
    for c in text.chars() {
        if width >= 60 {
            out.push('…');
            break;
        }
        let written = out.len();
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if Printable::is_plain(c) => out.push(c),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.extend(c.escape_unicode()),
        }
        width += out[written..].chars().count();
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(text: &str) -> (usize, String) {
        let broken = parse(text).unwrap_err();
        (broken.at, broken.problem.into_owned())
    }

    #[test]
    fn what_json_forbids_is_refused_where_it_stands() {
        for (text, at) in [
            (r#"{"a":1,"b":2,"\u0061":3}"#, 13),
            (r#"{"a":1e400}"#, 5),
            (r#"{"a":NaN}"#, 5),
            (r#"{"a":01}"#, 5),
            (r#"{"a":1.}"#, 5),
            (r#"{"a":"x}"#, 5),
            (r#"{"a":1,}"#, 7),
            (r#"{"a":1"#, 6),
            (r#"[1 2]"#, 3),
            (r#"["\ud800"]"#, 2),
            ("[\"a\u{1}\"]", 3),
            ("{} {}", 3),
            ("", 0),
        ] {
            assert_eq!(refusal(text).0, at, "{text}: {}", refusal(text).1);
        }
    }

    #[test]
    fn sixty_four_levels_are_read_and_sixty_five_are_not() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parse(&nested(64)).is_ok());
        assert_eq!(refusal(&nested(65)), (64, "nested deeper than 64 levels".into()));
        assert!(parse(&"[".repeat(1_000_000)).is_err());
    }

    #[test]
    fn a_hundred_thousand_values_are_read_and_one_more_is_not() {
        // 4 MiB of objects with one member each took 800 MB, on every core.
        let list = |values: usize| format!("[{}]", vec!["{\"\":0}"; (values - 1) / 2].join(","));
        assert!(parse(&list(MAX_VALUES - 1)).is_ok());
        assert_eq!(refusal(&list(MAX_VALUES + 1)).1, "more than 100000 values in one record");
        assert_eq!(refusal(&format!("[0{}]", ",0".repeat(MAX_VALUES))).0, 2 * MAX_VALUES - 1);
    }

    #[test]
    fn a_name_repeated_among_many_is_found() {
        let members: Vec<String> =
            (0..5000).map(|n| format!("\"k{}\":0", if n == 4000 { 7 } else { n })).collect();
        assert!(refusal(&format!("{{{}}}", members.join(","))).1.contains("\"k7\" stands twice"));
    }

    #[test]
    fn long_and_hostile_input_is_not_echoed() {
        let text = format!("\u{1b}[31m\u{202e}{}", "x".repeat(1000));
        let shown = shown(&text);
        assert!(shown.len() < 120 && !shown.contains(['\u{1b}', '\u{202e}']));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_filter_map("finite", |f| f.is_finite().then(|| Value::from(f))),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..24)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_serde_json_writes_is_read_to_the_same_value(value in json()) {
            let text = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(parse(&text).unwrap().to_value(), value);
        }

        #[test]
        fn what_serde_json_refuses_is_refused(text in r#"[\[\]{}",:\\untrefals0-9eE.+\- \u{1}é]{0,24}"#) {
            if let Ok(node) = parse(&text) {
                prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), node.to_value());
            } else if let Ok(value) = serde_json::from_str::<Value>(&text) {
                prop_assert!(text.contains('{'), "only a repeated name is refused here alone: {}", value);
            }
        }
    }
}
