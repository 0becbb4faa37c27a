//! What is not public, for those who may write: drafts, what is under review or embargoed, what is masked.
//!
//! Nothing of it stands in an address that the public asks, and no cache may keep it. A record is changed and published where the
//! others are, by PUT or PATCH with the ETag that it has here.

use crate::answer::{Answer, Base, GEOJSON, JSON, Link, NO_STORE, links_json, page_links, time_stamp};
use crate::app::App;
use crate::error::Problem;
use crate::history::{missing, with_differences};
use crate::items::{self, parse_id};
use crate::params::Params;
use crate::query;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use kordon_store::{Query, SortBy};
use serde_json::json;
use std::sync::Arc;

const PATH: &str = "/desk/incidents";

/// `GET /desk/incidents`: the incidents under FILTER that have no public form, what was recorded last first.
///
/// # Errors
///
/// 400 for parameters that cannot be understood.
pub async fn list(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = query::limit(&params)?.unwrap_or(query::DEFAULT_LIMIT);
    let first = query::first_row(&params)?;
    let wanted = Query { sortby: SortBy::RecordedDescending, ..query::filter(&params, &app.config.borders)? };
    let store = Arc::clone(&app.config.store);
    let (features, returned, matched) = app
        .work(move || {
            let withheld = store.full().withheld();
            let rows = withheld.find(&wanted).rows;
            query::within_rows(first, rows.len())?;
            let page = &rows[first..rows.len().min(first + limit)];
            let features = withheld.features(page).map_err(|error| Problem::internal(&error))?;
            Ok((features, page.len(), rows.len()))
        })
        .await?;
    let next = Some(first + returned).filter(|next| *next < matched);
    let links = page_links(&base, PATH, GEOJSON, &params, next);
    let body = format!(
        r#"{{"type":"FeatureCollection","features":[{features}],"numberMatched":{matched},"numberReturned":{returned},"timeStamp":"{}","links":{}}}"#,
        time_stamp(),
        links_json(&links),
    );
    Ok(Answer::text(GEOJSON, body).links(&links).cache(NO_STORE).finish(&headers))
}

/// `GET /desk/incidents/{id}`: an incident as who writes sees it, public or not.
///
/// # Errors
///
/// 404 when there is none; 410 when it was withdrawn.
pub async fn one(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(base): Extension<Base>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let work = Arc::clone(&app);
    let (mut feature, is_public) = app
        .work(move || {
            let store = &work.config.store;
            let snapshot = store.full();
            let none = || match store.is_withdrawn(id) {
                true => Problem::gone(format!("The incident {id} was withdrawn, or merged into another.")),
                false => missing(store, id),
            };
            let row = snapshot.get(id).ok_or_else(none)?;
            let feature = snapshot.feature(&row).map_err(|error| Problem::internal(&error))?;
            Ok((feature, store.public().get(id).is_some()))
        })
        .await?;
    let at_items = base.at(&format!("{}/{id}", items::PATH));
    let mut links = vec![
        Link::new("self", base.at(&format!("{PATH}/{id}")), GEOJSON, "This incident, as who writes sees it"),
        Link::new("edit", at_items.clone(), GEOJSON, "Where it is changed"),
        Link::new("collection", base.at(PATH), JSON, "What is not public"),
        Link::new("version-history", base.at(&format!("{PATH}/{id}/history")), JSON, "Its revisions"),
    ];
    if is_public {
        links.push(Link::new("alternate", at_items, GEOJSON, "As everybody sees it"));
    }
    let etag = items::etag(&app, items::revision(&feature));
    feature.pop();
    let body = format!("{feature},\"links\":{}}}", links_json(&links));
    Ok(Answer::bytes(GEOJSON, body).links(&links).etag(etag).cache(NO_STORE).finish(&headers))
}

/// `GET /desk/incidents/{id}/history`: all that is kept of an incident's revisions, also of before it was public.
///
/// # Errors
///
/// 404 when there is none.
pub async fn history(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(base): Extension<Base>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let store = Arc::clone(&app.config.store);
    let revisions = app
        .work(move || {
            let revisions = store.history(id).map_err(|error| Problem::internal(&error))?;
            if revisions.is_empty() { Err(missing(&store, id)) } else { Ok(with_differences(revisions)) }
        })
        .await?;
    let at = base.at(&format!("{PATH}/{id}"));
    let links = [
        Link::new("self", format!("{at}/history"), JSON, "This page"),
        Link::new("latest-version", at, GEOJSON, "The incident, as who writes sees it"),
    ];
    let body = json!({ "id": id, "revisions": revisions, "links": links_json(&links) });
    Ok(Answer::json(&body).links(&links).cache(NO_STORE).finish(&headers))
}
