//! The reference layers as a collection: what was there before anything happened, and what lies near an incident.
//!
//! `near-incidents-m` asks for the facilities that near any incident that FILTER chooses; the words of FILTER, but for `bbox` and
//! `filter`, which are asked of the facility, choose incidents. Incidents are those of the public snapshot, measured from their public
//! places.

use crate::answer::{
    Answer, Base, CONTENT_CRS, GEOJSON, JSON, Link, SCHEMA_JSON, address, links_json, page_links, time_stamp,
};
use crate::app::App;
use crate::crs::{Crs, URIS};
use crate::error::{Problem, echo};
use crate::history::missing;
use crate::items::parse_id;
use crate::params::Params;
use crate::query::{self, FILTER};
use crate::queryables::{self, QUERYABLES};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use kordon_incidents::{Incident, Infrastructure};
use kordon_store::{Column, Distant, Facilities, LayerError, RowFilter, Which};
use serde_json::{Value, json};
use std::sync::Arc;

const PATH: &str = "/collections/facilities";

/// An incident is asked for what lies at most so far from it, in meters.
pub const FARTHEST_M: f64 = 50_000.0;
/// What is near an incident when nothing is said and its radius is smaller, in meters.
const NEAR_M: f64 = 1_000.0;

/// Words of FILTER that are asked of the facility.
const OF_FACILITIES: &[&str] = &["bbox", "filter", "filter-lang", "filter-crs"];

/// What a facility tells.
pub const COLUMNS: &[Column] = &[
    Column::new("geometry", "geometry", "Where it is, or its middle"),
    Column::new("name", "string", "Its name"),
    Column::new("kind", "string", "What it is: a word of infrastructure"),
    Column::new("layer", "string", "The layer that it is in"),
    Column::new("reference", "string", "Its id in the source of the layer"),
    Column::new("extent_m", "number", "Meters from the point to its farthest corner, 0 for a point"),
];

/// The collection described, and its links.
///
/// # Errors
///
/// 500 when a layer cannot be read.
pub fn describe(app: &App, base: &Base) -> Result<(Value, Vec<Link>), Problem> {
    let facilities = facilities(app)?;
    let mut links = vec![
        Link::new("self", base.at(PATH), JSON, "The facilities, described"),
        Link::new("items", base.at(&format!("{PATH}/items")), GEOJSON, "The facilities as GeoJSON"),
        Link::new(
            QUERYABLES,
            base.at(&format!("{PATH}/queryables")),
            SCHEMA_JSON,
            "What facilities can be chosen by",
        ),
    ];
    links.extend(queryables::schema_links(base, PATH));
    let credits = facilities.layers().iter().filter_map(|layer| layer.attribution.as_deref());
    let body = json!({
        "id": "facilities",
        "title": "Facilities",
        "description": "Reference layers: hospitals, schools, ports and the like, as their sources have them.",
        "attribution": credits.collect::<Vec<_>>().join("; "),
        "itemType": "feature",
        "itemCount": facilities.len(),
        "extent": { "spatial": { "bbox": [[-180.0, -90.0, 180.0, 90.0]], "crs": URIS[0] } },
        "crs": URIS,
        "storageCrs": URIS[0],
        "layers": facilities.layers(),
        "links": links_json(&links),
    });
    Ok((body, links))
}

/// `GET /collections/facilities`.
///
/// # Errors
///
/// 500 when a layer cannot be read.
pub async fn collection(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let reader = Arc::clone(&app);
    let (body, links) = app.work(move || describe(&reader, &base)).await?;
    Ok(Answer::json(&body).links(&links).finish(&headers))
}

/// `GET /collections/facilities/queryables`.
pub async fn queryables(Extension(base): Extension<Base>, headers: HeaderMap) -> Response {
    queryables::of_rows(&base, PATH, COLUMNS, &headers)
}

/// `GET /collections/facilities/schema`.
///
/// # Errors
///
/// As [`queryables::schema_of_rows`].
pub async fn schema(
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    queryables::schema_of_rows(&base, PATH, COLUMNS, (&params, &headers))
}

/// `GET /collections/facilities/items`.
///
/// # Errors
///
/// 400 for parameters that cannot be understood.
pub async fn find(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let crs = Crs::asked(&params, "crs")?;
    let limit = query::limit(&params)?.unwrap_or(query::DEFAULT_LIMIT);
    let first = query::first_row(&params)?;
    let which = which(&params, query::bbox(&params)?)?;
    let filter = query::row_filter(&params, COLUMNS)?;
    let within_m = params.number("near-incidents-m", 0.0, FARTHEST_M)?;
    if within_m.is_none() {
        // A facility has no time of its own, so every one matches (Features §7.15.4).
        let lost = FILTER
            .iter()
            .find(|word| !OF_FACILITIES.contains(word) && **word != "datetime" && params.get(word).is_some());
        if let Some(lost) = lost {
            let problem =
                "chooses incidents; say with near-incidents-m how near to them facilities are to be.";
            return Err(Problem::bad_parameter(lost, problem));
        }
    }
    let chosen = query::filter(&params.without(OF_FACILITIES), &app.config.borders)?;
    let worker = Arc::clone(&app);
    let (mut page, matched) = app
        .work(move || {
            let facilities = facilities(&worker)?;
            let mut found: Vec<(usize, Option<Distant>)> = match within_m {
                Some(within_m) => {
                    let near = facilities.near_any(&worker.config.store.public(), &chosen, within_m, &which);
                    near.into_iter().map(|distant| (distant.facility, Some(distant))).collect()
                }
                None => facilities.find(&which).into_iter().map(|facility| (facility, None)).collect(),
            };
            if let Some(filter) = &filter {
                found.retain(|(facility, _)| holds(&facilities, *facility, filter));
            }
            query::within_rows(first, found.len())?;
            let matched = found.len();
            let page = found.iter().skip(first).take(limit);
            let page = page.filter_map(|(facility, near)| match near {
                Some(near) => facilities.feature_near(near),
                None => feature(&facilities, *facility),
            });
            Ok((page.collect::<Vec<Value>>(), matched))
        })
        .await?;
    page.iter_mut().for_each(|feature| crs.tell(&mut feature["geometry"]));
    let next = Some(first + page.len()).filter(|next| *next < matched);
    let links = page_links(&base, &format!("{PATH}/items"), GEOJSON, &params, next);
    let body = json!({
        "type": "FeatureCollection",
        "features": page,
        "numberMatched": matched,
        "numberReturned": page.len(),
        "timeStamp": time_stamp(),
        "links": links_json(&links),
    });
    Ok(finished(&body, &links, crs, &headers))
}

/// `GET /collections/facilities/items/{id}`.
///
/// # Errors
///
/// 404 for an id that no layer has.
pub async fn one(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let crs = Crs::asked(&params, "crs")?;
    let worker = Arc::clone(&app);
    let named = id.clone();
    let found = app
        .work(move || {
            let facilities = facilities(&worker)?;
            Ok(facilities.find_id(&named).and_then(|facility| feature(&facilities, facility)))
        })
        .await?;
    let mut body = found.ok_or_else(|| Problem::not_found(format!("There is no facility {}.", echo(&id))))?;
    crs.tell(&mut body["geometry"]);
    let links = [
        Link::new("self", base.at(&format!("{PATH}/items/{id}")), GEOJSON, "This facility"),
        Link::new("collection", base.at(PATH), JSON, "The facilities, described"),
    ];
    body["links"] = links_json(&links);
    Ok(finished(&body, &links, crs, &headers))
}

/// `GET /collections/incidents/items/{id}/facilities`: the nearest first, with the one that may have been hit.
///
/// # Errors
///
/// 404 for an incident that is not public, as if it did not exist.
pub async fn of_incident(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let crs = Crs::asked(&params, "crs")?;
    let id = parse_id(&id)?;
    let limit = query::limit(&params)?.unwrap_or(query::DEFAULT_LIMIT);
    let within_m = params.number("within-m", 0.0, FARTHEST_M)?;
    let which = which(&params, None)?;
    let worker = Arc::clone(&app);
    let (mut page, matched) = app
        .work(move || {
            let store = &worker.config.store;
            let snapshot = store.public();
            let row = snapshot.get(id).ok_or_else(|| missing(store, id))?;
            let incident = snapshot.incident(&row).map_err(|error| Problem::internal(&error))?;
            let within_m = within_m.unwrap_or(row.radius_m().unwrap_or_default().clamp(NEAR_M, FARTHEST_M));
            let facilities = facilities(&worker)?;
            let near = facilities.near(&row, within_m, &which);
            let hit = suggested(&facilities, &near, &incident);
            let told = near.iter().take(limit).filter_map(|distant| {
                let mut told = facilities.feature_near(distant)?;
                told["properties"]["suggested"] = json!(hit == Some(distant.facility));
                Some(told)
            });
            Ok((told.collect::<Vec<Value>>(), near.len()))
        })
        .await?;
    page.iter_mut().for_each(|feature| crs.tell(&mut feature["geometry"]));
    let path = format!("/collections/incidents/items/{id}");
    let links = [
        Link::new(
            "self",
            address(&base, &format!("{path}/facilities"), &params.to_query(&[])),
            GEOJSON,
            "The facilities near this incident",
        ),
        Link::new("related", base.at(&path), GEOJSON, "The incident"),
    ];
    let body = json!({
        "type": "FeatureCollection",
        "features": page,
        "numberMatched": matched,
        "numberReturned": page.len(),
        "timeStamp": time_stamp(),
        "links": links_json(&links),
    });
    Ok(finished(&body, &links, crs, &headers))
}

/// The facility that may have been hit: the nearest within the radius of the incident's place, of a kind that the report speaks of
/// where it speaks of any. It is a suggestion, and is never stored.
fn suggested(facilities: &Facilities, near: &[Distant], incident: &Incident) -> Option<usize> {
    let kinds: Vec<Infrastructure> =
        incident.properties.impacts.iter().filter_map(|impact| impact.infrastructure).collect();
    let is_of_kind = |distant: &&Distant| {
        let facility = facilities.get(distant.facility);
        let kind = facility.map(|facility| facilities.layer_of(facility).kind);
        kinds.is_empty() || kind.is_some_and(|kind| kinds.contains(&kind))
    };
    near.iter().filter(|distant| distant.is_inside_radius()).find(is_of_kind).map(|distant| distant.facility)
}

fn facilities(app: &App) -> Result<Arc<Facilities>, Problem> {
    app.config.store.layers().facilities().map_err(|error: LayerError| Problem::internal(&error))
}

fn which(params: &Params, bbox: Option<kordon_borders::BBox>) -> Result<Which, Problem> {
    Ok(Which {
        bbox,
        kinds: params.any_of::<Infrastructure>("kind", Infrastructure::WORDS)?,
        layer: params.get("layer").map(str::to_owned),
    })
}

fn holds(facilities: &Facilities, facility: usize, filter: &RowFilter) -> bool {
    feature(facilities, facility).is_some_and(|feature| filter.holds(&feature))
}

fn feature(facilities: &Facilities, number: usize) -> Option<Value> {
    facilities.get(number).map(|facility| facilities.feature(facility))
}

fn finished(body: &Value, links: &[Link], crs: Crs, headers: &HeaderMap) -> Response {
    Answer::json(body).media(GEOJSON).links(links).header(CONTENT_CRS, crs.header()).finish(headers)
}
