//! `POST /imports`: a file of reports, checked record by record and stored as one batch.
//!
//! All or nothing unless asked otherwise: one faulty record refuses the file, and the answer lists the faults of
//! *every* record, not only the first. With `on-error=quarantine` the sound records are stored, and the others are
//! kept beside them and told by index and line, so that they can be mended and sent again; stored + unchanged + rejected is always the
//! number of records in the file.
//!
//! Memory: about four times the body, which [`crate::Limits::import_bytes`] bounds; the command line imports files
//! of any size.

use crate::access::Caller;
use crate::answer::Answer;
use crate::app::{App, Lane};
use crate::error::{Problem, echo};
use crate::params::Params;
use crate::record::{MAX_FAULTS, fault_json, not_stored, random_id, unreadable};
use crate::{body, routes};
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use kordon_borders::BorderSet;
use kordon_gazetteer::Gazetteer;
use kordon_incidents::{
    Checked, Encoding, Fault, Format, Incident, Original, ReadOptions, Repeated, Report, Sighting,
    Surroundings, check, check_among, read,
};
use kordon_store::{Author, Store};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The forms a file may have.
pub const FORMATS: &[&str] = Format::WORDS;

/// What is to be done with a file.
struct Order {
    options: ReadOptions,
    store_the_sound: bool,
    dry_run: bool,
    author: Author,
}

/// `POST /imports`.
///
/// # Errors
///
/// 400 for a fault in the bytes, 413, 415, 422 with the list of faults, 503 and 507 when it cannot be stored.
pub async fn import(
    State(app): State<App>,
    Extension(params): Extension<Arc<Params>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let most = app.config.limits.import_bytes;
    let order = Order {
        // What is packed may be no longer than what is not.
        options: ReadOptions {
            unpacked_bytes: most as u64,
            memory_bytes: most,
            ..options(&params, &headers)?
        },
        store_the_sound: params.one_of("on-error", &["reject", "quarantine"])? == Some("quarantine"),
        dry_run: params.flag("dry-run")?.unwrap_or(false),
        author: Author::new(&caller.0),
    };
    let limits = &app.config.limits;
    let bytes = body::read(&app.room, &headers, body, limits.import_bytes, limits.body_idle).await?;
    let store = Arc::clone(&app.config.store);
    let told = app.work_in(Lane::Import, move || carry_out(&store, &bytes, order)).await?;
    Ok(Answer::json(&told).cache("no-store").finish(&HeaderMap::new()))
}

fn options(params: &Params, headers: &HeaderMap) -> Result<ReadOptions, Problem> {
    let media = body::media_type(headers)?.unwrap_or_default();
    let format = match params.one_of("format", FORMATS)? {
        Some(word) => Format::from_str(word).ok(),
        None => Format::from_media_type(&media.name),
    };
    let encoding = media.charset.filter(|charset| !body::is_utf8(charset));
    let encoding = encoding.map(|charset| match (Encoding::from_str(&charset), format) {
        (Ok(encoding), Some(Format::Csv)) => Ok(encoding),
        _ => Err(Problem::unsupported(&routes::IMPORTS).with("charset", charset)),
    });
    let source = params.get("source").map(str::trim);
    if source.is_some_and(|source| source.chars().count() > 100) {
        return Err(Problem::bad_parameter("source", "is longer than 100 characters."));
    }
    Ok(ReadOptions {
        format,
        source: source.map(str::to_owned),
        encoding: encoding.transpose()?,
        ..ReadOptions::default()
    })
}

fn carry_out(store: &Store, bytes: &[u8], order: Order) -> Result<Value, Problem> {
    let file = CheckedFile::read(bytes, &order.options, store.borders())?;
    let mut told = json!({
        "imported": 0,
        "updated": 0,
        "unchanged": 0,
        "rejected": file.refused.len(),
        "errors": file.faults().take(MAX_FAULTS).map(fault_json).collect::<Vec<_>>(),
        "errors_total": file.faults().count(),
        "warnings": file.warnings.iter().take(MAX_FAULTS).map(fault_json).collect::<Vec<_>>(),
        "warnings_total": file.warnings.len(),
        "records": file.records,
        "dry_run": order.dry_run,
    });
    if !file.refused.is_empty() && !order.store_the_sound {
        return Err(refuse_all(&file, &told));
    }
    if order.dry_run {
        told["sound"] = json!(file.sound.len());
        return Ok(told);
    }
    if !file.refused.is_empty() {
        // Kept before the others are stored: what is not stored must be somewhere.
        let name = order.options.source.as_deref().unwrap_or("import");
        let kept = store.quarantine(name, &file.refused).map_err(|error| Problem::internal(&error))?;
        told["quarantine"] = json!(kept.file_name().map(|name| name.to_string_lossy()));
    }
    if !file.sound.is_empty() {
        let put = store.put(file.sound, &order.author).map_err(|error| not_stored(&error))?;
        told["imported"] = json!(put.accepted);
        told["updated"] = json!(put.updated);
        told["unchanged"] = json!(put.unchanged);
    }
    Ok(told)
}

/// 422: nothing of the file was stored, so all of its records are rejected, the faulty ones with their reasons.
fn refuse_all(file: &CheckedFile, told: &Value) -> Problem {
    let faulty = file.refused.len();
    let first = file.faults().next().map(ToString::to_string).unwrap_or_default();
    let mut problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "faulty-records",
        "Some records have faults; nothing was stored",
        format!("{faulty} of {} records have faults. The first: {}", file.records, echo_whole(&first)),
    );
    for (name, value) in told.as_object().into_iter().flatten() {
        problem = problem.with(name, value.clone());
    }
    problem.with("faulty", faulty).with("rejected", file.records)
}

/// A fault says what it says in a bounded number of characters already; this only guards the bound.
fn echo_whole(text: &str) -> String {
    if text.chars().count() <= 500 { text.to_owned() } else { echo(text) }
}

/// A file after its reading: the sound records, and every fault of the others.
struct CheckedFile {
    records: usize,
    sound: Vec<Incident>,
    /// The text of each faulty record, with its faults.
    refused: Vec<(Original, Vec<Fault>)>,
    warnings: Vec<Fault>,
}

impl CheckedFile {
    fn read(bytes: &[u8], options: &ReadOptions, borders: &BorderSet) -> Result<Self, Problem> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        let gazetteer = Some(Gazetteer::shipped().map_err(|bad| Problem::internal(&bad))?);
        let around =
            Surroundings { borders, gazetteer, now_s: now.and_then(|now| now.as_secs().try_into().ok()) };
        let reports: Vec<Report> = read(bytes, options)
            .and_then(|reader| reader.collect::<Result<_, Fault>>())
            .map_err(|fault| unreadable(&fault))?;
        let records = reports.len();
        let mut repeated = Repeated::new(&options.file);
        let mut file = Self { records, sound: Vec::new(), refused: Vec::new(), warnings: Vec::new() };
        let checked: Vec<_> = reports.into_par_iter().map(|report| check_one(report, &around)).collect();
        for (text, checked) in checked {
            // A record that comes twice in one file would silently replace itself.
            match checked
                .and_then(|one| repeated.see(&Sighting::of(&one)).map_or(Ok(one), |fault| Err(vec![fault])))
            {
                Ok(checked) => {
                    file.warnings.extend(checked.warnings);
                    file.sound.push(checked.incident);
                }
                Err(faults) => {
                    if let Some(fatal) = faults.iter().find(|fault| fault.fatal) {
                        return Err(unreadable(fatal));
                    }
                    file.refused.push((text, faults));
                }
            }
        }
        Ok(file)
    }

    fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.refused.iter().flat_map(|(_, faults)| faults)
    }
}

/// A record's own text, and what it is.
fn check_one(report: Report, around: &Surroundings<'_>) -> (Original, Result<Checked, Vec<Fault>>) {
    let checked = check(&report, &mut random_id).and_then(|checked| check_among(checked, &report, around));
    (report.into_original(), checked)
}
