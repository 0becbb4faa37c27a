//! Incidents that may be one event: suggested, merged, and parted again. For who may write.

use crate::access::Caller;
use crate::answer::{Answer, Base, NO_STORE};
use crate::app::{App, Lane};
use crate::error::Problem;
use crate::items::{PATH, parse_id};
use crate::params::Params;
use crate::{body, history, query, record};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kordon_incidents::{IncidentId, strict_json};
use kordon_store::{Author, Likely, Pair, Put, PutError, Store};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How likely pairs are at the least, unless told.
const SCORE: f64 = 0.5;
/// Pairs of one answer, unless told.
const PAIRS: usize = 100;
/// How long one search may take: two cores take about a minute for a million incidents.
const TIME: Duration = Duration::from_secs(120);
/// How large a body may be that names an incident.
const BODY: usize = 1_024;

/// `GET /collections/incidents/duplicates`: pairs among the incidents that match, the likeliest first, with what speaks for
/// and against each.
///
/// # Errors
///
/// 400 for parameters that cannot be understood; 503 when there are too many incidents to compare in time.
pub async fn find(
    State(app): State<App>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let chosen = query::filter(&params, &app.config.borders)?;
    let score = params.number("score", 0.1, 0.999)?.unwrap_or(SCORE);
    let limit = query::limit(&params)?.unwrap_or(PAIRS);
    let store = Arc::clone(&app.config.store);
    let body = app
        .work_in(Lane::Past, move || {
            let (snapshot, end) = (store.full(), Instant::now() + TIME);
            let goes_on = |_, _| Instant::now() < end;
            let found = snapshot
                .duplicates(&chosen, Likely { score, limit }, &goes_on)
                .map_err(|error| Problem::internal(&error))?;
            if Instant::now() >= end {
                return Err(Problem::busy());
            }
            Ok(json!({
                "pairs": found.pairs.iter().map(told).collect::<Vec<_>>(),
                "numberMatched": found.matched,
                "numberReturned": found.pairs.len(),
                "crowded": found.crowded,
            }))
        })
        .await?;
    Ok(Answer::json(&body).cache(NO_STORE).finish(&headers))
}

/// A pair with its reasons in numbers and words.
fn told(pair: &Pair) -> Value {
    let why = pair.likeness.reasons.iter().map(|weighed| {
        let mut told = serde_json::to_value(weighed).unwrap_or_default();
        told["says"] = weighed.reason.to_string().into();
        told
    });
    json!({
        "ids": pair.ids,
        "score": pair.likeness.score,
        "is_repost": pair.likeness.is_repost(),
        "reasons": why.collect::<Vec<_>>(),
    })
}

/// `POST /collections/incidents/items/{id}/merge` with `{"into": ID}`: the incident becomes part of another.
///
/// # Errors
///
/// 400 for a body that names no incident; 404; 409 when one of the two is gone or the merge would publish what is withheld.
pub async fn merge(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(base): Extension<Base>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let bytes = body::read(&app.room, &headers, body, BODY, app.config.limits.body_idle).await?;
    let into = into_of(&bytes)?;
    write(&app, move |store| store.merge(id, into, &Author::new(&caller.0))).await?;
    Ok(at(&base, into))
}

fn into_of(bytes: &[u8]) -> Result<IncidentId, Problem> {
    let bad = || {
        Problem::bad_request("bad-merge", "The body is {\"into\": ID}, the id of the incident that stays.")
    };
    let body = strict_json(bytes).map_err(|_| bad())?;
    body["into"].as_str().and_then(|id| id.parse().ok()).ok_or_else(bad)
}

/// `DELETE /collections/incidents/items/{id}/merge`: the incident is one of its own again.
///
/// # Errors
///
/// 404; 409 when it was not merged.
pub async fn unmerge(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(base): Extension<Base>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    write(&app, move |store| store.unmerge(id, &Author::new(&caller.0))).await?;
    Ok(at(&base, id))
}

/// Changes the store, in a turn with whoever replaces records.
async fn write(
    app: &App,
    change: impl FnOnce(&Store) -> Result<Put, PutError> + Send + 'static,
) -> Result<Put, Problem> {
    let work = Arc::clone(app);
    app.work_in(Lane::Write, move || {
        let _turn = work.replacing();
        change(&work.config.store).map_err(|error| record::not_stored(&error))
    })
    .await
}

/// No more than where the incident is.
fn at(base: &Base, id: IncidentId) -> Response {
    (StatusCode::NO_CONTENT, [(header::CONTENT_LOCATION, base.at(&format!("{PATH}/{id}")))]).into_response()
}

/// 307 for an incident that everybody could see and that was merged into one that everybody can see.
#[must_use]
pub fn moved(store: &Store, base: &Base, id: IncidentId, query: &str) -> Option<Problem> {
    let into = store.merged_into(id).ok()??;
    store.public().get(into)?;
    history::public_history(store, id).ok()?;
    let path = base.at(&format!("{PATH}/{into}"));
    let address = if query.is_empty() { path } else { format!("{path}?{query}") };
    let detail = format!("The incident {id} was merged into {into}.");
    let problem =
        Problem::new(StatusCode::TEMPORARY_REDIRECT, "merged", "This record was merged into another", detail);
    Some(problem.with("merged_into", into.to_string()).header(header::LOCATION, &address))
}
