//! Request bodies: read whole or passed on, within a size that is stated, a time that is kept, and a memory that is shared.
//!
//! A declared length over the limit is refused before a byte is read. Nothing is decompressed: a body with
//! a `Content-Encoding` is refused, so a small body never becomes a large one. All bodies together may take
//! [`Limits::bodies_bytes`](crate::Limits); a sender holds of that only what it has sent.

use crate::error::Problem;
use crate::stream::Inflow;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// A sender that is never silent for long, but slow, is given up after so many times the silence it is allowed.
const WHOLE_IN_IDLES: u32 = 20;
/// The same where a file goes to the disk: a recording of a gigabyte takes an hour from the field.
const FILE_IN_IDLES: u32 = 240;
/// The unit in which memory is shared.
const SHARE_BYTES: usize = 1024;

/// The memory that all bodies together may take.
#[derive(Clone, Debug)]
pub struct Room(Arc<Semaphore>);

impl Room {
    /// Room for so many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / SHARE_BYTES).min(Semaphore::MAX_PERMITS))))
    }
}

/// A body as it was received. It takes room until it is dropped.
#[derive(Debug, Default)]
pub struct Received {
    bytes: Vec<u8>,
    share: Option<OwnedSemaphorePermit>,
}

impl Deref for Received {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Received {
    fn take(&mut self, data: &[u8], room: &Room) -> Result<(), Problem> {
        let held = self.share.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let needed = (self.bytes.len() + data.len()).div_ceil(SHARE_BYTES);
        if needed > held {
            let more = u32::try_from(needed - held).map_err(|_| Problem::busy())?;
            let more = Arc::clone(&room.0).try_acquire_many_owned(more).map_err(|_| Problem::busy())?;
            match &mut self.share {
                Some(share) => share.merge(more),
                None => self.share = Some(more),
            }
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }
}

/// Reads a body of at most `limit` bytes whose sender is never silent for longer than `idle`.
///
/// # Errors
///
/// 413 over the limit, 408 for a silent or a too slow sender, 415 for a compressed body, 400 when it breaks off,
/// 503 when other bodies take all the room.
pub async fn read(
    room: &Room,
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
    idle: Duration,
) -> Result<Received, Problem> {
    may_be_read(headers, limit)?;
    let deadline = Instant::now() + idle * WHOLE_IN_IDLES;
    let mut received = Received::default();
    while let Some(data) = next(&mut body, deadline, idle, WHOLE_IN_IDLES).await? {
        if received.len() + data.len() > limit {
            return Err(Problem::too_large(limit));
        }
        received.take(&data, room)?;
    }
    Ok(received)
}

/// Passes a body of at most `limit` bytes on as it comes, whose sender is never silent for longer than `idle`; it takes no room.
///
/// # Errors
///
/// As [`read`], but for the room; `None` when nobody reads it any more, who knows why.
pub async fn pass_on(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
    idle: Duration,
    inflow: Inflow,
) -> Result<(), Option<Problem>> {
    may_be_read(headers, limit)?;
    let deadline = Instant::now() + idle * FILE_IN_IDLES;
    let mut length = 0;
    while let Some(data) = next(&mut body, deadline, idle, FILE_IN_IDLES).await? {
        length += data.len();
        if length > limit {
            return Err(Some(Problem::too_large(limit)));
        }
        if !data.is_empty() && !inflow.send(data).await {
            return Err(None);
        }
    }
    inflow.end().await;
    Ok(())
}

/// What can be told before a byte is read.
fn may_be_read(headers: &HeaderMap, limit: usize) -> Result<(), Problem> {
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
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if length.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > limit) {
        return Err(Problem::too_large(limit));
    }
    Ok(())
}

/// The next piece of a body; `None` at its end.
async fn next(
    body: &mut Body,
    deadline: Instant,
    idle: Duration,
    whole_in_idles: u32,
) -> Result<Option<Bytes>, Problem> {
    loop {
        let until = deadline.min(Instant::now() + idle);
        let Ok(frame) = tokio::time::timeout_at(until, body.frame()).await else {
            return Err(too_slow(idle, whole_in_idles));
        };
        match frame {
            None => return Ok(None),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "a body broke off");
                return Err(Problem::bad_request("body-broke-off", "The body broke off before its end."));
            }
        }
    }
}

fn too_slow(idle: Duration, whole_in_idles: u32) -> Problem {
    let (silence, whole) = (idle.as_secs_f64(), (idle * whole_in_idles).as_secs_f64());
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "body-timeout",
        "The body took too long",
        format!("A sender may be silent for {silence} s and take {whole} s in all."),
    )
    .header(header::CONNECTION, "close")
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

    fn room() -> Room {
        Room::new(1024 * 1024)
    }

    #[tokio::test]
    async fn bodies_share_the_room_and_give_it_back() {
        let room = Room::new(4 * 1024);
        let send = async || read(&room, &HeaderMap::new(), Body::from(vec![b'x'; 3_000]), 10_000, IDLE).await;
        let first = send().await.unwrap();
        assert_eq!(send().await.unwrap_err().status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(first);
        assert_eq!(send().await.unwrap().len(), 3_000);
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_declared_or_not() {
        let mut declared = HeaderMap::new();
        declared.insert(header::CONTENT_LENGTH, "11".parse().unwrap());
        let problem = read(&room(), &declared, Body::from(""), 10, IDLE).await.unwrap_err();
        assert_eq!(problem.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let problem =
            read(&room(), &HeaderMap::new(), Body::from("12345678901"), 10, IDLE).await.unwrap_err();
        assert_eq!(problem.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(
            &*read(&room(), &HeaderMap::new(), Body::from("1234567890"), 10, IDLE).await.unwrap(),
            b"1234567890"
        );
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
        let problem = read(&room(), &HeaderMap::new(), Body::new(Silent), 10, IDLE).await.unwrap_err();
        assert_eq!(problem.status(), StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test]
    async fn a_compressed_body_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        let problem = read(&room(), &headers, Body::from("x"), 10, IDLE).await.unwrap_err();
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
