//! Request bodies: read whole, within a size that is stated and a time that is kept.
//!
//! A declared length over the limit is refused before a byte is read. Nothing is decompressed: a body with
//! a `Content-Encoding` is refused, so a small body never becomes a large one.

use crate::error::Problem;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use std::time::Duration;

/// Reads a body of at most `limit` bytes whose sender is never silent for longer than `idle`.
///
/// # Errors
///
/// 413 over the limit, 408 for a silent sender, 415 for a compressed body, 400 when it breaks off.
pub async fn read(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
    idle: Duration,
) -> Result<Vec<u8>, Problem> {
    if let Some(coding) = headers.get(header::CONTENT_ENCODING)
        && coding.as_bytes() != b"identity"
    {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-encoding",
            "Compressed bodies are not read here",
            "Send the body without Content-Encoding.",
        ));
    }
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok())
        .unwrap_or(0);
    if declared > limit {
        return Err(Problem::too_large(limit));
    }
    let mut bytes = Vec::with_capacity(declared);
    loop {
        let Ok(frame) = tokio::time::timeout(idle, body.frame()).await else {
            return Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "body-timeout",
                "The body took too long",
                format!("Nothing arrived for {} s.", idle.as_secs_f64()),
            )
            .header(header::CONNECTION, "close"));
        };
        match frame {
            None => return Ok(bytes),
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { continue };
                if bytes.len() + data.len() > limit {
                    return Err(Problem::too_large(limit));
                }
                bytes.extend_from_slice(&data);
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "a body broke off");
                return Err(Problem::bad_request("body-broke-off", "The body broke off before its end."));
            }
        }
    }
}

/// What a body is said to be, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// The media type without parameters.
    pub name: String,
    /// The encoding of its text, when named.
    pub charset: Option<String>,
}

/// The media type of a body; `None` when not named.
///
/// # Errors
///
/// 400 for a header that is not text.
pub fn media_type(headers: &HeaderMap) -> Result<Option<Media>, Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(None) };
    let value = value
        .to_str()
        .map_err(|_| Problem::bad_request("bad-content-type", "Content-Type is not text."))?
        .to_ascii_lowercase();
    let mut parts = value.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_owned();
    let charset =
        parts.find_map(|part| part.strip_prefix("charset=")).map(|name| name.trim_matches('"').to_owned());
    Ok(Some(Media { name, charset }))
}

/// Whether an encoding is UTF-8 or a part of it.
#[must_use]
pub fn is_utf8(charset: &str) -> bool {
    matches!(charset, "utf-8" | "utf8" | "us-ascii")
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_millis(100);

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_declared_or_not() {
        let mut declared = HeaderMap::new();
        declared.insert(header::CONTENT_LENGTH, "11".parse().unwrap());
        let problem = read(&declared, Body::from(""), 10, IDLE).await.unwrap_err();
        assert_eq!(problem.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let problem = read(&HeaderMap::new(), Body::from("12345678901"), 10, IDLE).await.unwrap_err();
        assert_eq!(problem.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(read(&HeaderMap::new(), Body::from("1234567890"), 10, IDLE).await.unwrap(), b"1234567890");
    }

    #[tokio::test]
    async fn a_silent_sender_is_given_up() {
        struct Silent;
        impl hyper::body::Body for Silent {
            type Data = hyper::body::Bytes;
            type Error = std::convert::Infallible;
            fn poll_frame(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
                std::task::Poll::Pending
            }
        }
        let problem = read(&HeaderMap::new(), Body::new(Silent), 10, IDLE).await.unwrap_err();
        assert_eq!(problem.status(), StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test]
    async fn a_compressed_body_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        let problem = read(&headers, Body::from("x"), 10, IDLE).await.unwrap_err();
        assert_eq!(problem.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    #[test]
    fn a_media_type_is_read_without_its_parameters_but_its_charset_counts() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "Text/CSV; header=present; charset=UTF-8".parse().unwrap());
        let media = media_type(&headers).unwrap().unwrap();
        assert_eq!((media.name.as_str(), media.charset.as_deref()), ("text/csv", Some("utf-8")));
        assert_eq!(media_type(&HeaderMap::new()).unwrap(), None);
    }
}
