//! Files of evidence: sent, told, read out and taken away.
//!
//! For writers only, like the files themselves: they may show what must not be published. A file is never shown by a browser as what it
//! says it is: it is given out as bytes to be saved.
//!
//! A file goes from the wire to the disk piece by piece, so that memory does not grow with it; [`crate::Limits::evidence_bytes`] bounds
//! it. It is there once all of it is, under the digest of what came.

use crate::access::Caller;
use crate::answer::{Answer, Base, JSON, Link, NO_STORE, links_json, page_links};
use crate::app::{App, Lane};
use crate::body;
use crate::error::{Problem, echo};
use crate::params::{Params, encode};
use crate::query;
use crate::stream::{Inflow, pieces};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use kordon_evidence::{BadArchive, Mark, Timestamp, WebArchive};
use kordon_store::{
    Evidence, EvidenceError, Looked, all_evidence, evidence, evidence_content, look_at_evidence,
};
use serde_json::{Value, json};
use std::io::{self, Read};
use std::sync::Arc;

/// Bytes, of whatever.
pub const BYTES: &str = "application/octet-stream";
/// An authority's answer (RFC 3161 §3.4).
pub const TIMESTAMP: &str = "application/timestamp-reply";
/// How a digest looks.
pub const SHA256: &str = "^[0-9a-f]{64}$";

const PATH: &str = "/evidence";
/// The longest name of a file, in characters.
const NAME_CHARS: usize = 255;
/// The longest timestamp that is read, in bytes: those of known authorities have some thousand.
const TIMESTAMP_BYTES: usize = 256 * 1024;
/// Bytes of a file that are read out at once.
const PIECE_BYTES: usize = 256 * 1024;
/// Files of a web archive that are told of; all are counted.
const MOST_MEMBERS: usize = 1_000;

/// `POST /evidence`: keeps a file under the digest of what came.
///
/// # Errors
///
/// 400 and 415 for what cannot be understood, 408, 413, 422 when it is another file than was announced, 503, 507.
pub async fn add(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let name = params.get("file").map_or("evidence", str::trim).to_owned();
    if name.is_empty() || name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
        let problem = format!("is a name of at most {NAME_CHARS} characters, without control characters.");
        return Err(Problem::bad_parameter("file", problem));
    }
    let expected = params.get("sha256").map(str::to_ascii_lowercase);
    if expected.as_deref().is_some_and(|expected| !is_digest(expected)) {
        return Err(Problem::bad_parameter("sha256", "is 64 hexadecimal digits."));
    }
    let limits = &app.config.limits;
    let (inflow, outflow) = Inflow::new();
    let worker = Arc::clone(&app);
    let kept = app.work_in(Lane::Evidence, move || {
        Ok(worker.config.store.add_evidence(&name, outflow, expected.as_deref(), &caller.0))
    });
    let sent = body::pass_on(&headers, body, limits.evidence_bytes, limits.body_idle, inflow);
    // What went wrong with the body is why the file was not kept, and not the other way round.
    let (sent, kept) = tokio::join!(sent, kept);
    let kept = match (sent, kept) {
        (Err(Some(problem)), _) => return Err(problem),
        (_, kept) => kept?.map_err(|error| not_kept(&error))?,
    };
    let told = about(&kept)?;
    let at = base.at(&format!("{PATH}/{}", kept.sha256));
    let answer = Answer::json(&told).status(StatusCode::CREATED).cache(NO_STORE);
    Ok(answer.header(header::LOCATION, at).finish(&headers))
}

/// `GET /evidence`: the files, by their digests; none is looked at.
///
/// # Errors
///
/// 400 for a bad `limit` or `cursor`.
pub async fn list(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = query::limit(&params)?.unwrap_or(query::DEFAULT_LIMIT);
    let after = params.get("cursor").map(str::to_owned);
    if after.as_deref().is_some_and(|after| !is_digest(after)) {
        return Err(Problem::bad_parameter("cursor", "is taken from the next link."));
    }
    let store = Arc::clone(&app.config.store);
    let (matched, files) = app
        .work(move || {
            let all = all_evidence(store.dir()).map_err(|error| not_told(&error))?;
            let rest = all.iter().filter(|sha256| after.as_ref().is_none_or(|after| *sha256 > after));
            let files = rest.take(limit.saturating_add(1)).map(|sha256| evidence(store.dir(), sha256));
            // One that is taken away meanwhile is not there.
            let files = files.filter(|file| !matches!(file, Err(EvidenceError::NoSuch(_))));
            let files: Result<Vec<Evidence>, EvidenceError> = files.collect();
            Ok((all.len(), files.map_err(|error| not_told(&error))?))
        })
        .await?;
    let page = &files[..files.len().min(limit)];
    let next = page.last().filter(|_| files.len() > limit).map(|last| &last.sha256);
    let links = page_links(&base, PATH, JSON, &params, next);
    let told = json!({
        "evidence": page.iter().map(about).collect::<Result<Vec<_>, _>>()?,
        "numberMatched": matched,
        "numberReturned": page.len(),
        "links": links_json(&links),
    });
    Ok(Answer::json(&told).cache(NO_STORE).links(&links).finish(&headers))
}

/// `GET /evidence/{sha256}`: reads the file to its end, and tells what it, its timestamps and its web archive say.
///
/// # Errors
///
/// 404. A file that is not the one that was added is told as such, and that is an answer.
pub async fn one(
    State(app): State<App>,
    Path(sha256): Path<String>,
    Extension(base): Extension<Base>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let worker = Arc::clone(&app);
    let (mut told, sha256) = app
        .work_in(Lane::Evidence, move || {
            let dir = worker.config.store.dir();
            let told = match look_at_evidence(dir, &sha256) {
                Ok(looked) => found(&looked)?,
                Err(error @ EvidenceError::Damaged(_)) => {
                    tracing::error!(%error, "a file of evidence is damaged");
                    let mut told = about(&evidence(dir, &sha256).map_err(|error| not_told(&error))?)?;
                    told["is_as_added"] = json!(false);
                    told
                }
                Err(error) => return Err(not_told(&error)),
            };
            Ok((told, sha256))
        })
        .await?;
    let at = base.at(&format!("{PATH}/{sha256}"));
    let links = [
        Link::new("self", at.clone(), JSON, "This file, told"),
        Link::new("enclosure", format!("{at}/content"), BYTES, "The file"),
    ];
    told["links"] = links_json(&links);
    Ok(Answer::json(&told).cache(NO_STORE).links(&links).finish(&headers))
}

/// `GET /evidence/{sha256}/content`: the file, after it was read to its end and found to be the one that was added.
///
/// # Errors
///
/// 404; 409 when it is not the one that was added any more.
pub async fn content(
    State(app): State<App>,
    Path(sha256): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let worker = Arc::clone(&app);
    let (about, mut file) = app
        .work_in(Lane::Evidence, move || {
            let dir = worker.config.store.dir();
            let about = evidence(dir, &sha256).map_err(|error| not_told(&error))?;
            Ok((about, evidence_content(dir, &sha256).map_err(|error| not_told(&error))?))
        })
        .await?;
    let parts = (0..about.bytes.div_ceil(PIECE_BYTES as u64)).map(|_| ());
    let body = pieces(&app, Vec::new(), parts, move |()| {
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        (&mut file)
            .take(PIECE_BYTES as u64)
            .read_to_end(&mut piece)
            .map_err(|error| Problem::internal(&error))?;
        Ok(piece)
    });
    // Whatever it is, a browser is to save it and to run nothing of it.
    let answer = Answer::bytes(BYTES, body).cache(NO_STORE).header(
        header::CONTENT_DISPOSITION,
        format!("attachment; filename*=UTF-8''{}", file_name(&about.name)),
    );
    Ok(answer.finish(&headers))
}

/// `POST /evidence/{sha256}/timestamps`: keeps a timestamp of the file (RFC 3161), if it is one.
///
/// # Errors
///
/// 404, 413, 415; 409 when the file is damaged or has too many; 422 for a timestamp that does not hold.
pub async fn add_timestamp(
    State(app): State<App>,
    Path(sha256): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let limits = &app.config.limits;
    let token = body::read(&app.room, &headers, body, TIMESTAMP_BYTES, limits.body_idle).await?.to_vec();
    let worker = Arc::clone(&app);
    let stamp = app
        .work_in(Lane::Evidence, move || {
            let told = worker.config.store.add_timestamps(&sha256, &[token]);
            let told = told.map_err(|error| not_kept(&error))?.pop();
            let none = || Problem::internal(&"a timestamp of which nothing was told");
            told.ok_or_else(none)?.map_err(|error| not_kept(&error))
        })
        .await?;
    let answer = Answer::json(&of_stamp(&stamp)?).status(StatusCode::CREATED).cache(NO_STORE);
    Ok(answer.finish(&headers))
}

/// `DELETE /evidence/{sha256}`: takes a file away, with its timestamps; what incidents say of it stays.
///
/// # Errors
///
/// 404, 503.
pub async fn remove(State(app): State<App>, Path(sha256): Path<String>) -> Result<StatusCode, Problem> {
    let worker = Arc::clone(&app);
    app.work_in(Lane::Evidence, move || {
        worker.config.store.remove_evidence(&sha256).map_err(|error| not_kept(&error))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn about(evidence: &Evidence) -> Result<Value, Problem> {
    serde_json::to_value(evidence).map_err(|error| Problem::internal(&error))
}

fn found(looked: &Looked) -> Result<Value, Problem> {
    let mut told = about(&looked.evidence)?;
    told["is_as_added"] = json!(true);
    let stamps = looked.timestamps.iter().map(|stamp| match stamp {
        Ok(stamp) => of_stamp(stamp),
        Err(error) => Ok(json!({ "problem": error.to_string() })),
    });
    told["timestamps"] = Value::Array(stamps.collect::<Result<_, _>>()?);
    told["web_archive"] = match &looked.web_archive {
        None => Value::Null,
        // What the disk says is not for the wire.
        Some(Err(BadArchive::Read(error))) => return Err(Problem::internal(error)),
        Some(Err(error)) => json!({ "problem": error.to_string() }),
        Some(Ok(archive)) => of_archive(archive),
    };
    Ok(told)
}

fn of_stamp(stamp: &Timestamp) -> Result<Value, Problem> {
    let mut told = serde_json::to_value(stamp).map_err(|error| Problem::internal(&error))?;
    told["words"] = json!(stamp.to_string());
    Ok(told)
}

fn of_archive(archive: &WebArchive) -> Value {
    let other = archive.members.iter().filter(|member| member.mark != Mark::Same);
    json!({
        "title": archive.title,
        "created": archive.created,
        "software": archive.software,
        "main_page_url": archive.main_page_url,
        "is_as_listed": archive.is_as_listed(),
        "is_list_as_digested": archive.is_list_as_digested,
        "has_signature": archive.has_signature,
        "members": archive.members.len(),
        "members_otherwise_total": other.clone().count(),
        "members_otherwise": other.take(MOST_MEMBERS).collect::<Vec<_>>(),
    })
}

/// A name as it stands in a header (RFC 8187), which leads nowhere else.
fn file_name(name: &str) -> String {
    encode(&name.replace(['/', '\\', ':'], "_"))
}

fn not_told(error: &EvidenceError) -> Problem {
    match error {
        EvidenceError::NoSuch(sha256) => {
            Problem::not_found(format!("There is no evidence {}.", echo(sha256)))
        }
        EvidenceError::Damaged(_) => {
            tracing::error!(%error, "a file of evidence is damaged");
            conflict("damaged", "The file on the disk is not the one that was added any more.")
        }
        error => Problem::internal(error),
    }
}

fn not_kept(error: &EvidenceError) -> Problem {
    let unsound = |kind| {
        let detail = format!("{error}; it is not kept.");
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, kind, "This is not what it is said to be", detail)
    };
    match error {
        EvidenceError::Other { is, .. } => unsound("another-file").with("sha256", is.as_str()),
        EvidenceError::Timestamp(_) => unsound("bad-timestamp"),
        EvidenceError::TooManyTimestamps => conflict("too-many-timestamps", &format!("{error}.")),
        EvidenceError::ReadOnly => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store-read-only",
            "Nothing was kept",
            "The store takes no writes; reading goes on.",
        ),
        EvidenceError::Disk(_, cause) if is_full(cause) => {
            tracing::error!(%error, "a file of evidence was not kept");
            Problem::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "disk-full",
                "Nothing was kept",
                "The disk is full. What was kept before is safe, and reading goes on.",
            )
        }
        error => not_told(error),
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn conflict(kind: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, kind, "The file does not allow this", detail)
}
