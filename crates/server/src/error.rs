//! What a client is told when something is wrong: RFC 9457 problem details, in one shape for every route.
//!
//! A client's mistake is named together with what would have been right. Our own mistakes are logged with
//! their cause and told as "500" and nothing more. Input is echoed shortened and without control characters,
//! so that a problem can be shown on a terminal.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::fmt;

/// The media type of every error answer.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// How much of a client's own words may come back to it.
const ECHO_CHARS: usize = 60;

/// An error as the client sees it.
#[derive(Debug)]
pub struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem of a stable `kind` (the end of its type URI), with a title that is the same each time and
    /// a detail for this one.
    pub fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self(Box::new(Parts {
            status,
            kind,
            title,
            detail: detail.into(),
            members: Map::new(),
            headers: Vec::new(),
        }))
    }

    /// Adds a member to the JSON object, for programs.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a response header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.push((name, value));
        }
        self
    }

    /// The status it is sent with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What is wrong this time, in words.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// 400: the request cannot be understood.
    pub fn bad_request(kind: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, kind, "The request cannot be understood", detail)
    }

    /// 400: a query parameter has a value that it cannot have.
    pub fn bad_parameter(name: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad-parameter",
            "A query parameter cannot be understood",
            format!("{name}: {detail}"),
        )
        .with("parameter", name)
    }

    /// 404: there is nothing at this address.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Nothing is here", detail)
    }

    /// 410: a record that was withdrawn.
    pub fn gone(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "withdrawn", "This record was withdrawn", detail)
    }

    /// 413, with the limit.
    pub fn too_large(limit: usize) -> Self {
        let mebibytes = limit as f64 / 1_048_576.0;
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "The body is too large",
            format!("This route takes at most {mebibytes} MiB ({limit} bytes). Send the file in parts."),
        )
        .with("limit_bytes", limit)
        .header(header::CONNECTION, "close")
    }

    /// 415, with the types that would have been read.
    pub fn unsupported(supported: &[&str]) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "This media type is not read here",
            format!("Name the body's type in Content-Type; supported: {}.", supported.join(", ")),
        )
        .with("supported", supported.to_vec())
        .header(header::ACCEPT, &supported.join(", "))
    }

    /// 503: too much is asked at once.
    pub fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "Too much is asked at once",
            "The server is at its limit; ask again shortly.",
        )
        .header(header::RETRY_AFTER, "2")
    }

    /// 503: looking at the incidents of a question was given up.
    pub fn takes_too_long() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "takes-too-long",
            "The answer takes too long",
            "Too much has to be looked at for each incident: ask with a simpler filter, or for fewer of them by bbox, datetime or \
             within-km, which are looked at first.",
        )
    }

    /// 500: logs the cause, tells the client nothing of it.
    pub fn internal(cause: &dyn fmt::Display) -> Self {
        tracing::error!(%cause, "a request could not be answered");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "The server could not answer",
            "The cause is in the server's log.",
        )
    }

    fn to_json(&self) -> Value {
        let mut body = self.0.members.clone();
        body.insert("type".into(), format!("urn:kordon:problem:{}", self.0.kind).into());
        body.insert("title".into(), self.0.title.into());
        body.insert("status".into(), self.0.status.as_u16().into());
        body.insert("detail".into(), self.0.detail.as_str().into());
        json!(body)
    }
}

/// What is wrong this time: a command line shows the same words as the wire.
impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.detail())
    }
}

impl std::error::Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.to_json().to_string();
        let mut response = (self.0.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.0.headers {
            headers.insert(name, value);
        }
        response
    }
}

/// A client's own words, shortened and made harmless, for use inside a message.
#[must_use]
pub fn echo(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(ECHO_CHARS)
        .map(|letter| if letter.is_control() { '\u{fffd}' } else { letter })
        .collect();
    if text.chars().nth(ECHO_CHARS).is_some() {
        shown.push('…');
    }
    format!("“{shown}”")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_is_short_and_without_control_characters() {
        let shown = echo(&format!("a\u{1b}[31m{}", "x".repeat(1_000)));
        assert!(shown.chars().count() <= ECHO_CHARS + 3, "{shown}");
        assert!(!shown.contains('\u{1b}'));
    }

    #[test]
    fn an_internal_problem_says_nothing_of_its_cause() {
        let problem = Problem::internal(&"the disk at /secret/place is full");
        assert!(!problem.to_json().to_string().contains("secret"));
    }
}
