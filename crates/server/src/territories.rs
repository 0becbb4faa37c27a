//! The territories of the border set as a collection, and the sets of countries that distances are asked to.
//!
//! Geometry comes from the coarse set, unless a set is named by `borders`: the precise outlines of the world are two
//! million edges, which is what the tiles and `/borders/distance` are for. What the coarse set does not have is drawn by
//! the other. Each feature says whose its outline is.
//! Outlines are written one territory at a time.

use crate::answer::{
    Answer, Base, CONTENT_CRS, GEOJSON, JSON, Link, MVT, SCHEMA_JSON, links_json, page_links,
    short_fingerprint, time_stamp,
};
use crate::app::App;
use crate::crs::{Crs, URIS};
use crate::error::{Problem, echo};
use crate::landing::TILESETS;
use crate::params::Params;
use crate::queryables::{self, QUERYABLES};
use crate::{distance, query, stream};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use kordon_borders::{BBox, BorderSet, Member, Territory};
use kordon_store::Column;
use serde_json::{Value, json};
use std::sync::Arc;

const PATH: &str = "/collections/territories";

/// What a territory tells. Where it lies is asked by `bbox`.
const COLUMNS: &[Column] = &[
    Column::new("code", "string", "ISO 3166-1 alpha-3"),
    Column::new("iso_a2", "string", "ISO 3166-1 alpha-2"),
    Column::new("name", "string", "Its name in English"),
    Column::new("sovereign", "string", "The code of the state that it belongs to"),
    Column::new("geometry_from", "string", "The border set that draws it"),
];

/// The collection described, and its links.
#[must_use]
pub fn describe(app: &App, base: &Base) -> (Value, Vec<Link>) {
    let borders = &app.config.borders;
    let mut links = vec![
        Link::new("self", base.at(PATH), JSON, "The territories, described"),
        Link::new("items", base.at(&format!("{PATH}/items")), GEOJSON, "The territories as GeoJSON"),
        Link::new(TILESETS, base.at(&format!("{PATH}/tiles")), JSON, "The territories as vector tiles"),
        Link::new(
            QUERYABLES,
            base.at(&format!("{PATH}/queryables")),
            SCHEMA_JSON,
            "What territories can be chosen by",
        ),
        Link::new("related", base.at("/borders"), JSON, "The border sets in use"),
    ];
    links.extend(queryables::schema_links(base, PATH));
    let body = json!({
        "id": "territories",
        "title": "Territories",
        "description": "Sovereign territory as the border set draws it, with the territorial sea where the set has it.",
        "attribution": borders.info().attribution,
        "itemType": "feature",
        "itemCount": borders.territories().len(),
        "extent": { "spatial": { "bbox": [[-180.0, -90.0, 180.0, 90.0]], "crs": URIS[0] } },
        "crs": URIS,
        "storageCrs": URIS[0],
        "sets": sets(borders),
        "tiles": {
            "template": base.at(&format!("{PATH}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}")),
            "type": MVT,
            "layers": ["land", "borders", "labels"],
        },
        "links": links_json(&links),
    });
    (body, links)
}

/// `GET /collections/territories`.
pub async fn collection(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    headers: HeaderMap,
) -> Response {
    let (body, links) = describe(&app, &base);
    Answer::json(&body).links(&links).finish(&headers)
}

/// `GET /collections/territories/queryables`.
pub async fn queryables(Extension(base): Extension<Base>, headers: HeaderMap) -> Response {
    queryables::of_rows(&base, PATH, COLUMNS, &headers)
}

/// `GET /collections/territories/schema`.
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

/// `GET /collections/territories/items`.
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
    let bbox = query::bbox(&params)?;
    query::datetime(&params)?; // A territory has no time of its own, so every one matches (Features §7.15.4).
    let filter = query::row_filter(&params, COLUMNS)?;
    let skip_geometry = params.flag("skipGeometry")?.unwrap_or(false);
    let first = query::first_row(&params)?;
    let named = distance::named_set(&app, &params).await?;
    let (borders, outlines) = match named {
        Some(set) => (Arc::clone(&set), set),
        None => (Arc::clone(&app.config.borders), Arc::clone(&app.config.coarse)),
    };
    let etag = state(&borders, &outlines);
    let drawn = (Arc::clone(&borders), Arc::clone(&outlines));
    let (page, matched) = app
        .work(move || {
            let mut matched: Vec<Territory> = borders.territories().to_vec();
            matched.retain(|territory| {
                let drawing = drawing(&borders, &outlines, territory);
                bbox.is_none_or(|bbox| meets(drawing, territory, bbox))
                    && filter
                        .as_ref()
                        .is_none_or(|filter| filter.holds(&feature(drawing, territory, true, crs)))
            });
            query::within_rows(first, matched.len())?;
            let count = matched.len();
            let page: Vec<Territory> = matched.into_iter().skip(first).take(limit).collect();
            Ok((page, count))
        })
        .await?;
    let next = Some(first + page.len()).filter(|next| *next < matched);
    let links = page_links(&base, &format!("{PATH}/items"), GEOJSON, &params, next);
    let foot = format!(
        r#"],"numberMatched":{matched},"numberReturned":{},"timeStamp":"{}","links":{}}}"#,
        page.len(),
        time_stamp(),
        links_json(&links),
    );
    let parts =
        page.into_iter().enumerate().map(|(at, one)| Part::Territory(at, one)).chain([Part::Foot(foot)]);
    let head = r#"{"type":"FeatureCollection","features":["#;
    let body = stream::pieces(&app, head.into(), parts, move |part| {
        let text = match part {
            Part::Territory(at, territory) => {
                let mark = if at > 0 { "," } else { "" };
                let drawing = drawing(&drawn.0, &drawn.1, &territory);
                format!("{mark}{}", feature(drawing, &territory, skip_geometry, crs))
            }
            Part::Foot(foot) => foot,
        };
        Ok(text.into_bytes())
    });
    Ok(Answer::bytes(GEOJSON, body)
        .links(&links)
        .etag(etag)
        .header(CONTENT_CRS, crs.header())
        .finish(&headers))
}

/// A part of a long collection: a territory and how many stand before it, or what stands behind all.
enum Part {
    Territory(usize, Territory),
    Foot(String),
}

/// `GET /collections/territories/items/{code}`.
///
/// # Errors
///
/// 404 for a code that the border set does not have.
pub async fn one(
    State(app): State<App>,
    Path(code): Path<String>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let crs = Crs::asked(&params, "crs")?;
    let skip_geometry = params.flag("skipGeometry")?.unwrap_or(false);
    let named = distance::named_set(&app, &params).await?;
    let borders = named.as_ref().unwrap_or(&app.config.borders);
    let outlines = named.as_ref().unwrap_or(&app.config.coarse);
    let found = borders.find(&code).map(|id| borders.territory(id));
    let territory =
        found.ok_or_else(|| Problem::not_found(format!("No territory has the code {}.", echo(&code))))?;
    let links = [
        Link::new("self", base.at(&format!("{PATH}/items/{}", territory.code)), GEOJSON, "This territory"),
        Link::new("collection", base.at(PATH), JSON, "The territories, described"),
    ];
    let mut body = feature(drawing(borders, outlines, territory), territory, skip_geometry, crs);
    body["links"] = links_json(&links);
    Ok(Answer::json(&body)
        .media(GEOJSON)
        .links(&links)
        .etag(state(borders, outlines))
        .header(CONTENT_CRS, crs.header())
        .finish(&headers))
}

/// The set that draws a territory: that of the outlines, unless only the other has it.
fn drawing<'a>(borders: &'a BorderSet, outlines: &'a BorderSet, territory: &Territory) -> &'a BorderSet {
    let is_drawn = outlines.find(&territory.code).is_some_and(|id| outlines.bounds(id).is_some());
    if is_drawn { outlines } else { borders }
}

fn state(borders: &BorderSet, outlines: &BorderSet) -> String {
    format!("W/\"{}-{}\"", short_fingerprint(borders), short_fingerprint(outlines))
}

/// The sets of countries that distances can be asked to, with their members and the days of their membership.
fn sets(borders: &BorderSet) -> Value {
    let members = |name: &str| -> Vec<Value> {
        let one = |member: &Member| {
            json!({
                "code": member.code,
                "from": member.from.to_string(),
                "until": member.until.map(|day| day.to_string()),
            })
        };
        borders.memberships(name).iter().map(one).collect()
    };
    borders.alliances().map(|name| json!({ "name": name, "members": members(name) })).collect()
}

fn feature(coarse: &BorderSet, territory: &Territory, skip_geometry: bool, crs: Crs) -> Value {
    let polygons = if skip_geometry { Vec::new() } else { polygons(coarse, territory) };
    let mut geometry = match polygons.is_empty() {
        true => Value::Null,
        false => json!({ "type": "MultiPolygon", "coordinates": polygons }),
    };
    crs.tell(&mut geometry);
    json!({
        "type": "Feature",
        "id": territory.code,
        "geometry": geometry,
        "properties": {
            "code": territory.code,
            "iso_a2": territory.iso_a2,
            "name": territory.name,
            "sovereign": territory.sovereign,
            "geometry_from": coarse.info().name,
        },
    })
}

type Ring = Vec<[f64; 2]>;

/// Whether a box meets the box of any of a territory's rings; the box of a whole territory may span the globe.
fn meets(coarse: &BorderSet, territory: &Territory, bbox: BBox) -> bool {
    let rings = coarse.find(&territory.code).map(|id| coarse.rings(id)).unwrap_or_default();
    rings.iter().any(|ring| {
        let [west, south, east, north] = bounds(ring);
        bbox.parts()
            .iter()
            .any(|part| part[0] <= east && west <= part[2] && part[1] <= north && south <= part[3])
    })
}

fn bounds(ring: &[[f64; 2]]) -> [f64; 4] {
    ring.iter().fold([180.0, 90.0, -180.0, -90.0], |[west, south, east, north], [lon, lat]| {
        [west.min(*lon), south.min(*lat), east.max(*lon), north.max(*lat)]
    })
}

/// The polygons of a territory with exteriors counterclockwise and holes clockwise (RFC 7946 §3.1.6), which
/// the sources do not agree on.
fn polygons(coarse: &BorderSet, territory: &Territory) -> Vec<Vec<Ring>> {
    let polygons = coarse.find(&territory.code).map(|id| coarse.polygons(id)).unwrap_or_default();
    polygons.into_iter().map(wound).collect()
}

fn wound(polygon: Vec<Ring>) -> Vec<Ring> {
    let turn = |(index, mut ring): (usize, Ring)| {
        let is_exterior = index == 0;
        if (signed_area(&ring) > 0.0) != is_exterior {
            ring.reverse();
        }
        ring
    };
    polygon.into_iter().enumerate().map(turn).collect()
}

/// Twice the area would do: only the sign matters. Positive when counterclockwise.
fn signed_area(ring: &[[f64; 2]]) -> f64 {
    ring.windows(2).map(|edge| edge[0][0] * edge[1][1] - edge[1][0] * edge[0][1]).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exteriors_turn_counterclockwise_and_holes_clockwise_however_they_came() {
        let square = |size: f64| vec![[0.0, 0.0], [size, 0.0], [size, size], [0.0, size], [0.0, 0.0]];
        let mut turned = vec![square(9.0), square(1.0)];
        turned.iter_mut().for_each(|ring| ring.reverse());
        for polygon in [vec![square(9.0), square(1.0)], turned] {
            let polygon = wound(polygon);
            assert!(signed_area(&polygon[0]) > 0.0 && signed_area(&polygon[1]) < 0.0);
        }
    }
}
