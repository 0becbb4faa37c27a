//! Query strings, read strictly: a parameter that is unknown, given twice, or not UTF-8 is an error which
//! names it and what is allowed.
//!
//! OGC API – Features asks for this (a typing error must not silently mean "no filter"), and here it
//! matters more: `withinkm=10` answered with every incident would be a wrong answer, not a lenient one.

use crate::error::{Problem, echo};
use axum::http::StatusCode;
use kordon_store::Patience;
use percent_encoding::percent_decode_str;
use std::str::FromStr;
use std::sync::Arc;

/// The longest query string that is read, in bytes.
const MAX_QUERY_BYTES: usize = 16 * 1024;

/// Properties of an incident that are filters of another name: a client that knows the property asks by it (OGC API –
/// Features §7.15.5).
pub const ALIASES: [(&str, &str); 2] = [("event_type", "event-type"), ("sub_event_type", "sub-event-type")];

/// The parameters of one request: known names, each at most once unless it may repeat.
#[derive(Debug, Default)]
pub struct Params {
    pairs: Vec<(&'static str, String)>,
    /// How long the answer may take.
    patience: Option<Arc<Patience>>,
}

impl Params {
    /// Reads a query string against the names a route knows. Names in `repeatable` may come several times.
    ///
    /// # Errors
    ///
    /// A 400 problem naming the first parameter that is unknown, repeated, empty or not UTF-8.
    pub fn read(query: Option<&str>, allowed: &[&'static str], repeatable: &[&str]) -> Result<Self, Problem> {
        let query = query.unwrap_or_default();
        if query.len() > MAX_QUERY_BYTES {
            return Err(Problem::new(
                StatusCode::URI_TOO_LONG,
                "query-too-long",
                "The query string is too long",
                format!("At most {MAX_QUERY_BYTES} bytes are read."),
            ));
        }
        let mut pairs = Vec::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            pairs.push((decode(name)?, decode(value)?));
        }
        Self::check(pairs, allowed, repeatable)
    }

    /// Checks names and values that were read already, as from a command line.
    ///
    /// # Errors
    ///
    /// As [`Params::read`].
    pub fn check(
        given: impl IntoIterator<Item = (String, String)>,
        allowed: &[&'static str],
        repeatable: &[&str],
    ) -> Result<Self, Problem> {
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        for (name, value) in given {
            let Some(known) = allowed.iter().find(|known| **known == name) else {
                return Err(unknown(&name, allowed));
            };
            let known = ALIASES.iter().find(|(alias, _)| alias == known).map_or(known, |(_, name)| name);
            if value.trim().is_empty() {
                return Err(Problem::bad_parameter(known, "is empty; leave it out or give it a value."));
            }
            if !repeatable.contains(known) && pairs.iter().any(|(seen, _)| seen == known) {
                return Err(repeated(known, allowed));
            }
            pairs.push((known, value));
        }
        Ok(Self { pairs, patience: None })
    }

    /// The same, of a request that is answered within this time or not at all.
    #[must_use]
    pub fn patient(self, patience: Patience) -> Self {
        Self { patience: Some(Arc::new(patience)), ..self }
    }

    /// How long the answer may take, if there is an end to that.
    #[must_use]
    pub fn patience(&self) -> Option<&Arc<Patience>> {
        self.patience.as_ref()
    }

    /// What was given, by name only, comma-separated: for a log, which must not tell who looked where.
    #[must_use]
    pub fn names(&self) -> String {
        self.pairs.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",")
    }

    /// The others, where some mean something else.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let pairs = self.pairs.iter().filter(|(name, _)| !names.contains(name)).cloned().collect();
        Self { pairs, patience: self.patience.clone() }
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter that may repeat, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// A finite number within bounds, `None` when not given.
    ///
    /// # Errors
    ///
    /// A 400 problem naming the parameter and the range.
    pub fn number(&self, name: &str, low: f64, high: f64) -> Result<Option<f64>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match f64::from_str(text.trim()) {
            Ok(number) if (low..=high).contains(&number) => Ok(Some(number)),
            _ => Err(Problem::bad_parameter(
                name,
                format!("{} is not a number from {low} to {high}.", echo(text)),
            )),
        }
    }

    /// A number that must be given.
    ///
    /// # Errors
    ///
    /// As [`Params::number`], and when it is missing.
    pub fn required_number(&self, name: &str, low: f64, high: f64) -> Result<f64, Problem> {
        self.number(name, low, high)?.ok_or_else(|| {
            Problem::bad_parameter(name, format!("is required: a number from {low} to {high}."))
        })
    }

    /// `true` or `false`, `None` when not given.
    ///
    /// # Errors
    ///
    /// A 400 problem for anything else.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(other) => {
                Err(Problem::bad_parameter(name, format!("{} is neither true nor false.", echo(other))))
            }
        }
    }

    /// One word out of a few; `None` when not given.
    ///
    /// # Errors
    ///
    /// A 400 problem that lists the words.
    pub fn one_of<'w>(&self, name: &str, words: &[&'w str]) -> Result<Option<&'w str>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match words.iter().find(|word| **word == text) {
            Some(word) => Ok(Some(word)),
            None => Err(Problem::bad_parameter(
                name,
                format!("{} is not one of {}.", echo(text), words.join(", ")),
            )
            .with("allowed", words.to_vec())),
        }
    }

    /// A comma-separated list of words of a vocabulary (any of them matches); empty when not given.
    ///
    /// # Errors
    ///
    /// A 400 problem that lists the vocabulary.
    pub fn any_of<T: FromStr>(&self, name: &str, words: &[&str]) -> Result<Vec<T>, Problem> {
        let Some(text) = self.get(name) else { return Ok(Vec::new()) };
        text.split(',')
            .map(|word| {
                T::from_str(word.trim()).map_err(|_| {
                    Problem::bad_parameter(
                        name,
                        format!("{} is not one of {}.", echo(word), words.join(", ")),
                    )
                    .with("allowed", words.to_vec())
                })
            })
            .collect()
    }

    /// The same parameters as a query string, in a fixed order: the key of a cache and the body of a link.
    #[must_use]
    pub fn to_query(&self, leave_out: &[&str]) -> String {
        let mut pairs: Vec<_> = self.pairs.iter().filter(|(name, _)| !leave_out.contains(name)).collect();
        pairs.sort_by_key(|(name, _)| *name); // Stable: repeated parameters keep their order.
        let mut query = String::new();
        for (name, value) in pairs {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(name);
            query.push('=');
            query.push_str(&encode(value));
        }
        query
    }

    /// The same parameters for people: `bbox=1,2,3,4; q=склад`.
    #[must_use]
    pub fn to_words(&self, leave_out: &[&str]) -> String {
        let mut pairs: Vec<_> = self.pairs.iter().filter(|(name, _)| !leave_out.contains(name)).collect();
        pairs.sort_by_key(|(name, _)| *name);
        let words: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        words.join("; ")
    }
}

/// A value as it stands in a query string.
#[must_use]
pub fn encode(value: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEEP: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b',')
        .remove(b':')
        .remove(b'/');
    utf8_percent_encode(value, KEEP).to_string()
}

fn decode(text: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) if decoded.contains('\0') => Err(Problem::bad_request(
            "bad-query",
            "The query string has a NUL character, which is not allowed.",
        )),
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(Problem::bad_request("bad-query", "The query string is not UTF-8 text.")),
    }
}

fn unknown(name: &str, allowed: &[&str]) -> Problem {
    let hint = match nearest(name, allowed) {
        Some(near) => format!(" Did you mean {near}?"),
        None => String::new(),
    };
    Problem::new(
        StatusCode::BAD_REQUEST,
        "unknown-parameter",
        "A query parameter is not known here",
        format!("{} is not known here.{hint} Known: {}.", echo(name), allowed.join(", ")),
    )
    .with("parameter", echo(name).trim_matches(['“', '”']))
    .with("allowed", allowed.to_vec())
}

fn repeated(name: &str, allowed: &[&str]) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "repeated-parameter",
        "A query parameter is given twice",
        format!("{name} may be given once; which one is meant?"),
    )
    .with("parameter", name)
    .with("allowed", allowed.to_vec())
}

/// The known name that differs only in case and in `-` or `_`.
fn nearest<'a>(name: &str, allowed: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.replace(['-', '_'], "").to_lowercase();
    allowed.iter().find(|known| plain(known) == plain(name)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["bbox", "within-km", "to"];

    fn read(query: &str) -> Result<Params, Problem> {
        Params::read(Some(query), NAMES, &["to"])
    }

    #[test]
    fn an_unknown_parameter_is_named_with_the_known_ones() {
        let problem = read("within_km=10").unwrap_err();
        assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
        assert!(problem.detail().contains("within_km"), "{}", problem.detail());
        assert!(problem.detail().contains("Did you mean within-km?"), "{}", problem.detail());
        assert!(problem.detail().contains("bbox"));
    }

    #[test]
    fn a_parameter_given_twice_is_an_error_unless_it_may_repeat() {
        assert!(read("bbox=1&bbox=2").unwrap_err().detail().contains("bbox"));
        let params = read("to=ROU&to=NATO").unwrap();
        assert_eq!(params.all("to").collect::<Vec<_>>(), ["ROU", "NATO"]);
    }

    #[test]
    fn an_empty_value_and_broken_utf8_are_errors() {
        assert!(read("bbox=").is_err());
        assert!(read("bbox").is_err());
        assert!(read("bbox=%ff%fe").is_err());
        assert!(read("bbox=%00").unwrap_err().detail().contains("NUL"));
    }

    #[test]
    fn numbers_are_finite_and_within_their_range() {
        for text in ["NaN", "inf", "1e400", "181", "ten", "--1"] {
            let params = read(&format!("within-km={text}")).unwrap();
            assert!(params.number("within-km", 0.0, 180.0).is_err(), "{text}");
        }
        assert_eq!(read("within-km=10").unwrap().number("within-km", 0.0, 180.0).unwrap(), Some(10.0));
    }

    #[test]
    fn a_query_is_written_back_so_that_it_reads_the_same() {
        let params = read("to=%D0%A0&bbox=1,2,3,4&to=a%26b").unwrap();
        let again = read(&params.to_query(&[])).unwrap();
        assert_eq!(again.all("to").collect::<Vec<_>>(), ["Р", "a&b"]);
        assert_eq!(again.get("bbox"), Some("1,2,3,4"));
        assert_eq!(params.to_query(&["to"]), "bbox=1,2,3,4");
    }
}
