//! What became of the files that were imported: each import, the records that it refused, and how it is taken back.
//!
//! For writers only: a refused record may say what must not be published.

use crate::access::Caller;
use crate::answer::{Answer, Base, JSON, Link, NO_STORE, links_json};
use crate::app::{App, Lane};
use crate::error::{Problem, echo};
use crate::params::Params;
use crate::query;
use crate::record::{fault_json, not_stored};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use kordon_incidents::IncidentId;
use kordon_store::{Author, Import, LeftError, Refused, Store, TakeBackError};
use serde_json::{Value, json};
use std::sync::Arc;

const PATH: &str = "/imports";

/// `GET /imports`: the last imports, newest first.
///
/// # Errors
///
/// 400 for a bad `limit`.
pub async fn list(
    State(app): State<App>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = query::limit(&params)?.unwrap_or(query::DEFAULT_LIMIT);
    let store = Arc::clone(&app.config.store);
    let imports =
        app.work(move || kordon_store::imports(store.dir(), limit).map_err(|error| not_told(&error))).await?;
    Ok(Answer::json(&json!({ "imports": imports })).cache(NO_STORE).finish(&headers))
}

/// `GET /imports/{id}`.
///
/// # Errors
///
/// 404.
pub async fn one(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(base): Extension<Base>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let store = Arc::clone(&app.config.store);
    let import = app.work(move || find(&store, &id)).await?;
    let at = base.at(&format!("{PATH}/{}", import.id));
    let mut links = vec![Link::new("self", at.clone(), JSON, "This import")];
    if import.quarantine.is_some() {
        links.push(Link::new("related", format!("{at}/quarantine"), JSON, "The records that it refused"));
    }
    let mut told = serde_json::to_value(&import).map_err(|error| Problem::internal(&error))?;
    told["links"] = links_json(&links);
    Ok(Answer::json(&told).cache(NO_STORE).links(&links).finish(&headers))
}

/// `GET /imports/{id}/quarantine`: the refused records as they came, each with its faults, to be mended and sent again with
/// `POST /imports?mends={id}`. None when they are mended.
///
/// # Errors
///
/// 404; 400 for a bad `limit`.
pub async fn quarantine(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = query::limit(&params)?.unwrap_or(query::DEFAULT_LIMIT);
    let store = Arc::clone(&app.config.store);
    let told = app
        .work(move || {
            let import = find(&store, &id)?;
            let (mut records, mut matched) = (Vec::new(), 0);
            for refused in refused(&store, &import)? {
                let refused = refused.map_err(|error| not_told(&error))?;
                matched += 1;
                if records.len() < limit {
                    records.push(record_json(&refused));
                }
            }
            Ok(json!({
                "id": import.id,
                "file": import.file,
                "records": records,
                "numberMatched": matched,
                "numberReturned": records.len(),
            }))
        })
        .await?;
    Ok(Answer::json(&told).cache(NO_STORE).finish(&headers))
}

/// `DELETE /imports/{id}`: what the import made is withdrawn, what it revised says again what it said before.
///
/// # Errors
///
/// 404; 409 when it wrote nothing or holds a merge.
pub async fn take_back(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(params): Extension<Arc<Params>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let dry_run = params.flag("dry-run")?.unwrap_or(false);
    let work = Arc::clone(&app);
    let taken = app
        .work_in(Lane::Import, move || {
            let _turn = work.replacing();
            let store = &work.config.store;
            let import = find(store, &id)?;
            let batch = import.batch.ok_or_else(|| conflict("it stored nothing new"))?;
            store.take_back(batch, &Author::new(&caller.0), dry_run).map_err(|error| not_taken_back(&error))
        })
        .await?;
    let ids = |ids: &[IncidentId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    let told = json!({
        "withdrawn": ids(&taken.withdrawn),
        "restored": ids(&taken.restored),
        "left": ids(&taken.left),
        "dry_run": dry_run,
    });
    Ok(Answer::json(&told).cache(NO_STORE).finish(&headers))
}

fn find(store: &Store, id: &str) -> Result<Import, Problem> {
    kordon_store::import(store.dir(), id).map_err(|error| not_told(&error))
}

/// The refused records that an import has left; none when all were mended.
fn refused(
    store: &Store,
    import: &Import,
) -> Result<Box<dyn Iterator<Item = Result<Refused, LeftError>>>, Problem> {
    let Some(quarantine) = &import.quarantine else { return Ok(Box::new(std::iter::empty())) };
    match kordon_store::refused(store.dir(), quarantine) {
        Ok(records) => Ok(Box::new(records)),
        Err(LeftError::NoSuch(_)) => Ok(Box::new(std::iter::empty())),
        Err(error) => Err(not_told(&error)),
    }
}

fn record_json(refused: &Refused) -> Value {
    let first = refused.faults.first();
    json!({
        "index": first.and_then(|fault| fault.index),
        "line": first.map(|fault| fault.line),
        "header": refused.record.header(),
        "record": refused.record.text(),
        "errors": refused.faults.iter().map(fault_json).collect::<Vec<_>>(),
    })
}

/// Why something that an import left is not told.
pub fn not_told(error: &LeftError) -> Problem {
    match error {
        LeftError::NoSuch(id) => Problem::not_found(format!("There is no import {}.", echo(id))),
        LeftError::Unread { .. } => Problem::internal(error),
    }
}

fn not_taken_back(error: &TakeBackError) -> Problem {
    match error {
        TakeBackError::Put(error) => not_stored(error),
        TakeBackError::HoldsMerge { .. } => conflict(&error.to_string()),
        TakeBackError::NoSuchBatch(_) | TakeBackError::Read(_) => Problem::internal(error),
    }
}

fn conflict(why: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, "not-taken-back", "The import is not taken back", format!("{why}."))
}
