//! Two tables made of the incidents: how far each is from the territories near it, and what was hit.
//!
//! `border-distances` has a row for each incident and each territory that is, or may be, at most `within-km` away: just
//! those that `within-km=…&of=…` finds among the incidents, territory by territory. `impacts` has a row for each facility
//! that a report speaks of. Both are read from the public snapshot through the same questions as the incidents, so they
//! can tell nothing that those do not.
//!
//! Cost: what the questions cost; of `impacts`, reading each document, and at most [`EXAMINED`] for one page, which may
//! then be short though there is a next one. How many match in all is told where it is cheap.

use crate::answer::{Answer, Base, CONTENT_CRS, GEOJSON, JSON, Link, address, links_json, time_stamp};
use crate::app::App;
use crate::asked::{Asked, asked};
use crate::crs::{Crs, URIS};
use crate::error::{Problem, echo};
use crate::items::parse_id;
use crate::params::Params;
use crate::query;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use kordon_borders::{BorderSet, TerritoryId};
use kordon_store::{Certainty, Cursor, Of, PublicSnapshot, Query, Row, Within};
use serde_json::{Value, json};
use std::sync::Arc;

/// The path of the distances.
pub const DISTANCES: &str = "/collections/border-distances";
/// The path of what was hit.
pub const IMPACTS: &str = "/collections/impacts";

/// How near a territory is when nothing is said, in kilometers.
pub const NEAR_KM: f64 = 100.0;
/// Documents looked at for one page of what was hit.
const EXAMINED: usize = 20_000;
/// Documents read at a time.
const CHUNK: usize = 500;
/// Of so many territories it is told how many rows match.
const COUNTED_TERRITORIES: usize = 12;
/// Of so many incidents it is told how many facilities were hit.
const COUNTED_INCIDENTS: usize = 2_000;

/// One page of a table.
struct Page {
    features: Vec<Value>,
    matched: Option<usize>,
    next: Option<String>,
}

/// The two collections described, and their links.
#[must_use]
pub fn describe(base: &Base, path: &str) -> (Value, Vec<Link>) {
    let (id, title, description) = match path {
        DISTANCES => (
            "border-distances",
            "Distances to borders",
            "Each incident with each territory that is, or may be, at most within-km away (100 unless told).",
        ),
        _ => ("impacts", "Impacts", "Each facility that was hit, with its incident."),
    };
    let links = vec![
        Link::new("self", base.at(path), JSON, "The collection, described"),
        Link::new("items", base.at(&format!("{path}/items")), GEOJSON, "Its rows as GeoJSON"),
        Link::new("related", base.at("/collections/incidents"), JSON, "The incidents, described"),
    ];
    let body = json!({
        "id": id,
        "title": title,
        "description": description,
        "itemType": "feature",
        "extent": {
            "spatial": { "bbox": [[-180.0, -90.0, 180.0, 90.0]], "crs": URIS[0] },
            "temporal": { "interval": [[null, null]] },
        },
        "crs": URIS,
        "storageCrs": URIS[0],
        "links": links_json(&links),
    });
    (body, links)
}

/// `GET /collections/border-distances`.
pub async fn distances(Extension(base): Extension<Base>, headers: HeaderMap) -> Response {
    let (body, links) = describe(&base, DISTANCES);
    Answer::json(&body).links(&links).finish(&headers)
}

/// `GET /collections/impacts`.
pub async fn impacts(Extension(base): Extension<Base>, headers: HeaderMap) -> Response {
    let (body, links) = describe(&base, IMPACTS);
    Answer::json(&body).links(&links).finish(&headers)
}

/// `GET /collections/border-distances/items`.
///
/// # Errors
///
/// 400 for parameters that cannot be understood.
pub async fn find_distances(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let borders = &app.config.borders;
    let near = Near::asked(&params, borders)?;
    let chosen = query::filter(&params.without(&["within-km", "certainty", "include-inside"]), borders)?;
    let cursor = params.get("cursor").map(|text| near.cursor(text, borders)).transpose()?;
    answer(&app, &base, params, &headers, DISTANCES, move |snapshot, limit| {
        near.page(snapshot, &chosen, cursor, limit)
    })
    .await
}

/// `GET /collections/impacts/items`.
///
/// # Errors
///
/// 400 for parameters that cannot be understood.
pub async fn find_impacts(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let chosen = query::filter(&params, &app.config.borders)?;
    let cursor = match params.get("cursor") {
        Some(text) => ImpactCursor::parse(text).ok_or_else(bad_cursor)?,
        None => ImpactCursor::default(),
    };
    answer(&app, &base, params, &headers, IMPACTS, move |snapshot, limit| {
        page_of_impacts(snapshot, &chosen, cursor, limit)
    })
    .await
}

/// A page of a table as an answer.
async fn answer<F>(
    app: &App,
    base: &Base,
    params: Arc<Params>,
    headers: &HeaderMap,
    path: &str,
    make: F,
) -> Result<Response, Problem>
where
    F: FnOnce(&PublicSnapshot, usize) -> Result<Page, Problem> + Send + 'static,
{
    params.one_of("f", &["json"])?;
    let crs = Crs::asked(&params, "crs")?;
    let limit = query::limit(&params)?.unwrap_or(query::DEFAULT_LIMIT);
    let asked = asked(app, &params).await?;
    let snapshot = Arc::clone(&asked.snapshot);
    let mut page = app.work(move || make(&snapshot, limit)).await?;
    page.features.iter_mut().for_each(|feature| crs.tell(&mut feature["geometry"]));
    let path = format!("{path}/items");
    let mut links =
        vec![Link::new("self", address(base, &path, &params.to_query(&[])), GEOJSON, "This page")];
    if let Some(next) = page.next {
        let query = params.to_query(&["cursor"]);
        let mark = if query.is_empty() { "" } else { "&" };
        let next = address(base, &path, &format!("{query}{mark}cursor={next}"));
        links.push(Link::new("next", next, GEOJSON, "The next page"));
    }
    let mut body = json!({
        "type": "FeatureCollection",
        "numberReturned": page.features.len(),
        "features": page.features,
        "links": links_json(&links),
    });
    if let Some(matched) = page.matched {
        body["numberMatched"] = json!(matched);
    }
    if let Some(name) = asked.name {
        body["snapshot"] = json!(name.to_string());
    }
    if !asked.is_pinned {
        body["timeStamp"] = json!(time_stamp());
    }
    Ok(finished(&body, &links, crs, &asked).finish(headers))
}

/// `GET /collections/border-distances/items/{id}`: one incident and one territory, however far.
///
/// # Errors
///
/// 404 when there is no such row.
pub async fn one_distance(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    one(&app, &base, &params, &headers, DISTANCES, &id, |snapshot, incident, code| {
        let borders = snapshot.borders();
        let of = borders.find(code).and_then(|id| Of::parse(&borders.territory(id).code, borders).ok())?;
        let row = snapshot.get_with(incident, &of)?;
        row.to()?;
        Some(documents(snapshot, &[row]).map(|read| read.iter().map(distance_row).collect()))
    })
    .await
}

/// `GET /collections/impacts/items/{id}`.
///
/// # Errors
///
/// 404 when there is no such row.
pub async fn one_impact(
    State(app): State<App>,
    Path(id): Path<String>,
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    one(&app, &base, &params, &headers, IMPACTS, &id, |snapshot, incident, index| {
        let index: usize = index.parse().ok()?;
        let row = snapshot.get(incident)?;
        let nth = |read: Vec<Value>| read.iter().flat_map(impact_rows).nth(index).into_iter().collect();
        Some(documents(snapshot, &[row]).map(nth))
    })
    .await
}

/// A row by its id, which is that of the incident, a point, and what else names it.
async fn one(
    app: &App,
    base: &Base,
    params: &Arc<Params>,
    headers: &HeaderMap,
    path: &str,
    id: &str,
    find: impl FnOnce(&PublicSnapshot, kordon_incidents::IncidentId, &str) -> Option<Result<Vec<Value>, Problem>>
    + Send
    + 'static,
) -> Result<Response, Problem> {
    params.one_of("f", &["json"])?;
    let crs = Crs::asked(params, "crs")?;
    let nothing = format!("There is no row {}.", echo(id));
    let (incident, rest) = id.rsplit_once('.').ok_or_else(|| Problem::not_found(nothing.clone()))?;
    let (incident, rest) = (parse_id(incident)?, rest.to_owned());
    let asked = asked(app, params).await?;
    let snapshot = Arc::clone(&asked.snapshot);
    let found = app.work(move || find(&snapshot, incident, &rest).unwrap_or_else(|| Ok(Vec::new()))).await?;
    let mut body = found.into_iter().next().ok_or_else(|| Problem::not_found(nothing))?;
    crs.tell(&mut body["geometry"]);
    let links = [
        Link::new("self", base.at(&format!("{path}/items/{id}")), GEOJSON, "This row"),
        Link::new("collection", base.at(path), JSON, "The collection, described"),
    ];
    body["links"] = links_json(&links);
    Ok(finished(&body, &links, crs, &asked).finish(headers))
}

fn finished(body: &Value, links: &[Link], crs: Crs, asked: &Asked) -> Answer {
    Answer::json(body)
        .media(GEOJSON)
        .links(links)
        .etag(format!("W/\"{}\"", asked.snapshot.id()))
        .cache(asked.cache())
        .header(CONTENT_CRS, crs.header())
}

fn bad_cursor() -> Problem {
    Problem::bad_parameter("cursor", "is not one that a next link gave.")
}

/// How near which territories.
struct Near {
    km: f64,
    certainty: Certainty,
    include_inside: bool,
    /// In the order of the border set.
    territories: Vec<TerritoryId>,
    /// Whether these were named.
    are_few: bool,
}

impl Near {
    fn asked(params: &Params, borders: &BorderSet) -> Result<Self, Problem> {
        let named = query::territories(params, "territory", borders)?;
        let all = borders.territories().iter().filter_map(|territory| borders.find(&territory.code));
        let is_asked = |id: &TerritoryId| named.is_empty() || named.contains(&borders.territory(*id).code);
        let certainty = params.one_of("certainty", &["certain", "possible"])?;
        Ok(Self {
            km: params.number("within-km", 0.0, query::MAX_KM)?.unwrap_or(NEAR_KM),
            certainty: if certainty == Some("certain") { Certainty::Certain } else { Certainty::Possible },
            include_inside: params.flag("include-inside")?.unwrap_or(true),
            territories: all.filter(is_asked).collect(),
            are_few: (1..=COUNTED_TERRITORIES).contains(&named.len()),
        })
    }

    /// Where a page begins: a territory, and where among the incidents near it.
    fn cursor(&self, text: &str, borders: &BorderSet) -> Result<(TerritoryId, Option<Cursor>), Problem> {
        let (code, rest) = text.split_once('.').unwrap_or((text, ""));
        let id = borders.find(code).filter(|id| self.territories.contains(id)).ok_or_else(bad_cursor)?;
        let cursor = if rest.is_empty() { None } else { Some(rest.parse().map_err(|_| bad_cursor())?) };
        Ok((id, cursor))
    }

    fn query(&self, chosen: &Query, borders: &BorderSet, id: TerritoryId) -> Result<Query, Problem> {
        let code = &borders.territory(id).code;
        let of = Of::parse(code, borders).map_err(|error| Problem::internal(&error))?;
        let Self { km, certainty, include_inside, .. } = *self;
        Ok(Query { within: Some(Within { of, km, certainty, include_inside }), ..chosen.clone() })
    }

    fn page(
        &self,
        snapshot: &PublicSnapshot,
        chosen: &Query,
        cursor: Option<(TerritoryId, Option<Cursor>)>,
        limit: usize,
    ) -> Result<Page, Problem> {
        let borders = snapshot.borders();
        let first = cursor.as_ref().map(|(id, _)| *id);
        let mut within = cursor.and_then(|(_, cursor)| cursor);
        let (mut features, mut next) = (Vec::new(), None);
        for &id in self.territories.iter().skip_while(|id| first.is_some_and(|first| first != **id)) {
            let code = &borders.territory(id).code;
            let query = self.query(chosen, borders, id)?;
            if features.len() == limit {
                // A next page that is empty would be no page.
                if snapshot.count(&query) == 0 {
                    continue;
                }
                next = Some(code.clone());
                break;
            }
            let query = Query { cursor: within.take(), limit: Some(limit - features.len()), ..query };
            let found = snapshot.find(&query);
            for rows in found.rows.chunks(CHUNK) {
                features.extend(documents(snapshot, rows)?.iter().map(distance_row));
            }
            if let Some(cursor) = found.next {
                next = Some(format!("{code}.{cursor}"));
                break;
            }
        }
        let count = |id: &TerritoryId| Ok(snapshot.count(&self.query(chosen, borders, *id)?));
        let matched =
            self.are_few.then(|| self.territories.iter().map(count).sum::<Result<usize, Problem>>());
        Ok(Page { features, matched: matched.transpose()?, next })
    }
}

/// A row of the distances: an incident's document with the answer to one territory.
fn distance_row(document: &Value) -> Value {
    let (to, properties) = (&document["border"]["to"][0], &document["properties"]);
    let incident = document["id"].as_str().unwrap_or_default();
    json!({
        "type": "Feature",
        "id": format!("{incident}.{}", to["country"].as_str().unwrap_or_default()),
        "geometry": document["geometry"],
        "properties": {
            "incident": incident,
            "date_start": properties["date_start"],
            "territory": to["country"],
            "territory_name": to["name"],
            "distance_m": to["distance_m"],
            "signed_distance_m": to["signed_distance_m"],
            "distance_low_m": to["distance_low_m"],
            "distance_high_m": to["distance_high_m"],
            "nearest_lon": to["nearest_point"][0],
            "nearest_lat": to["nearest_point"][1],
            "azimuth_deg": to["azimuth_deg"],
            "kind": to["kind"],
            "side": to["side"],
            "accuracy_m": to["accuracy_m"],
            "disputed": to["disputed"],
            "border_set": document["border"]["boundary"]["set"],
        },
    })
}

/// The rows of what was hit in one incident.
fn impact_rows(document: &Value) -> Vec<Value> {
    let properties = &document["properties"];
    let incident = document["id"].as_str().unwrap_or_default();
    let impacts = properties["impacts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let row = |(index, impact): (usize, &Value)| {
        let mut row = json!({ "incident": incident, "index": index });
        for name in ["date_start", "event_type", "country", "verification"] {
            row[name] = properties[name].clone();
        }
        for name in IMPACT_MEMBERS {
            row[name] = impact[name].clone();
        }
        let id = format!("{incident}.{index}");
        json!({ "type": "Feature", "id": id, "geometry": document["geometry"], "properties": row })
    };
    impacts.iter().enumerate().map(row).collect()
}

/// What is told of a facility that was hit.
const IMPACT_MEMBERS: [&str; 8] = [
    "facility",
    "facility_ref",
    "infrastructure",
    "damage",
    "damage_scheme",
    "damage_code",
    "functional_status",
    "assessed_on",
];

/// Where a page of what was hit begins: behind a row of the incidents, less so many that are told already.
#[derive(Clone, Default)]
struct ImpactCursor {
    told: usize,
    incidents: Option<Cursor>,
}

impl ImpactCursor {
    fn parse(text: &str) -> Option<Self> {
        let (told, rest) = text.split_once('.')?;
        let incidents = if rest.is_empty() { None } else { Some(rest.parse().ok()?) };
        Some(Self { told: told.parse().ok()?, incidents })
    }

    fn write(&self) -> String {
        let incidents = self.incidents.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{}.{incidents}", self.told)
    }
}

fn page_of_impacts(
    snapshot: &PublicSnapshot,
    chosen: &Query,
    mut at: ImpactCursor,
    limit: usize,
) -> Result<Page, Problem> {
    // A row is a facility, so what is asked of facilities is asked of each.
    let is_one_of = |words: &[String], word: &Value| {
        words.is_empty() || word.as_str().is_some_and(|word| words.iter().any(|one| one == word))
    };
    let infrastructure: Vec<String> = chosen.infrastructure.iter().map(ToString::to_string).collect();
    let damage: Vec<String> = chosen.damage.iter().map(ToString::to_string).collect();
    let is_chosen = |row: &Value| {
        let row = &row["properties"];
        is_one_of(&infrastructure, &row["infrastructure"]) && is_one_of(&damage, &row["damage"])
    };
    let rows_of = |rows: &[Row]| -> Result<Vec<Value>, Problem> {
        Ok(documents(snapshot, rows)?.iter().flat_map(impact_rows).filter(is_chosen).collect())
    };
    let (mut features, mut next, mut matched) = (Vec::new(), None, None);
    for chunk in 0.. {
        let query = Query { cursor: at.incidents.clone(), limit: Some(CHUNK), ..chosen.clone() };
        let found = snapshot.find(&query);
        if chunk == 0 && found.matched <= COUNTED_INCIDENTS {
            let mut all = 0;
            for rows in snapshot.find(chosen).rows.chunks(CHUNK) {
                all += rows_of(rows)?.len();
            }
            matched = Some(all);
        }
        let rows = rows_of(&found.rows)?;
        let left = rows.len().saturating_sub(at.told);
        let taken = left.min(limit - features.len());
        features.extend(rows.into_iter().skip(at.told).take(taken));
        if taken < left {
            at.told += taken;
            next = Some(at.write());
            break;
        }
        at = ImpactCursor { told: 0, incidents: found.next };
        if at.incidents.is_none() {
            break;
        }
        if (chunk + 1) * CHUNK >= EXAMINED {
            next = Some(at.write());
            break;
        }
    }
    Ok(Page { features, matched, next })
}

/// The documents of rows.
fn documents(snapshot: &PublicSnapshot, rows: &[Row]) -> Result<Vec<Value>, Problem> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let text = snapshot.features(rows).map_err(|error| Problem::internal(&error))?;
    serde_json::from_str(&format!("[{text}]")).map_err(|error| Problem::internal(&error))
}
