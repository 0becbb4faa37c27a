//! Two tables made of the incidents: how far each is from the territories near it, and what was hit.
//!
//! `border-distances` has a row for each incident and each territory that is, or may be, at most `within-km` away: just
//! those that `within-km=…&of=…` finds among the incidents, territory by territory. `impacts` has a row for each facility
//! that a report speaks of. Both are read from the public snapshot through the same questions as the incidents, so they
//! can tell nothing that those do not.
//!
//! Cost: what the questions cost; of `impacts`, reading each document, and at most [`EXAMINED`] for one page, which may
//! then be short though there is a next one; only after [`EXAMINED_FOR_NONE`] may it be empty, which GDAL takes for the
//! end. How many match in all is told where it is cheap; how many there are, of stores with few incidents, and then counted
//! once for each snapshot.
//!
//! `filter` is asked of the row, by the names that it has in the row: an impact on a port is one row of an incident that may
//! have others.

use crate::answer::{
    Answer, Base, CONTENT_CRS, GEOJSON, JSON, Link, SCHEMA_JSON, links_json, page_links, time_stamp,
};
use crate::app::App;
use crate::asked::{Asked, asked};
use crate::crs::{Crs, URIS};
use crate::error::{Problem, echo};
use crate::items::parse_id;
use crate::params::Params;
use crate::query::{self, bad_cursor};
use crate::queryables::{self, QUERYABLES};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use kordon_borders::{BorderSet, TerritoryId};
use kordon_store::{Certainty, Column, Cursor, Of, PublicSnapshot, Query, Row, RowFilter, Within};
use serde_json::{Value, json};
use std::sync::{Arc, PoisonError};

/// The path of the distances.
pub const DISTANCES: &str = "/collections/border-distances";
/// The path of what was hit.
pub const IMPACTS: &str = "/collections/impacts";

/// How near a territory is when nothing is said, in kilometers.
pub const NEAR_KM: f64 = 100.0;
/// Documents looked at for one page of what was hit.
const EXAMINED: usize = 20_000;
/// Documents looked at before a page is given with nothing on it, though there is a next one.
const EXAMINED_FOR_NONE: usize = 200_000;
/// Documents read at a time.
const CHUNK: usize = 500;
/// More rows than these no cursor leaves out: an incident has fewer impacts.
const MOST_TOLD: usize = 100_000;
/// Of so many territories it is told how many rows match.
const COUNTED_TERRITORIES: usize = 12;
/// Of so many incidents it is told how many facilities were hit.
const COUNTED_INCIDENTS: usize = 2_000;

/// What a row of the distances tells.
pub const DISTANCE_COLUMNS: &[Column] = &[
    Column::new("geometry", "geometry", "Where it happened"),
    Column::new("incident", "string", "The id of the incident"),
    Column::new("date_start", "date-time", "When it happened or began"),
    Column::new("territory", "string", "What is measured to, ISO 3166-1 alpha-3"),
    Column::new("territory_name", "string", "Its name"),
    Column::new("distance_m", "number", "Meters to it, 0 inside"),
    Column::new("signed_distance_m", "number", "Meters to its border, negative inside"),
    Column::new(
        "distance_low_m",
        "number",
        "The least that it may be, as precisely as place and border are known",
    ),
    Column::new("distance_high_m", "number", "The most that it may be"),
    Column::new("nearest_lon", "number", "Longitude of the nearest point of the border"),
    Column::new("nearest_lat", "number", "Latitude of the nearest point of the border"),
    Column::new("azimuth_deg", "number", "The way there, in degrees from north"),
    Column::new("kind", "string", "What the border is there: land, river-or-lake or maritime"),
    Column::new("side", "string", "On which side it happened: inside, outside or uncertain"),
    Column::new("accuracy_m", "number", "How accurate the border is there, in meters"),
    Column::new("disputed", "boolean", "Whether the border is disputed there"),
    Column::new("border_set", "string", "Whose border it is"),
];

/// What a row of the impacts tells.
pub const IMPACT_COLUMNS: &[Column] = &[
    Column::new("geometry", "geometry", "Where it happened"),
    Column::new("incident", "string", "The id of the incident"),
    Column::new("index", "integer", "Which of the impacts of the incident it is, from 0"),
    Column::new("date_start", "date-time", "When it happened or began"),
    Column::new("event_type", "string", "Kind of event"),
    Column::new("country", "string", "ISO 3166-1 alpha-3, as the source has it"),
    Column::new("verification", "string", "How far it has been verified"),
    Column::new("facility", "string", "What was hit"),
    Column::new("facility_ref", "string", "Where it is listed, such as osm:way/1"),
    Column::new("infrastructure", "string", "Kind of facility"),
    Column::new("damage", "string", "How badly it was hit"),
    Column::new("damage_scheme", "string", "Whose code damage_code is"),
    Column::new("damage_code", "string", "The code that the source gives the damage"),
    Column::new("functional_status", "string", "Whether it still does its work"),
    Column::new("assessed_on", "date-time", "When the damage was assessed"),
];

/// One page of a table.
struct Page {
    features: Vec<Value>,
    matched: Option<usize>,
    next: Option<String>,
}

/// How many rows the distances and the impacts have when nothing else is asked; `None` of a store with more incidents than
/// are counted.
///
/// # Errors
///
/// 503 when no turn comes soon, 500 when a record cannot be read.
pub async fn item_counts(app: &App) -> Result<ItemCounts, Problem> {
    let snapshot = app.config.store.public();
    if snapshot.len() > COUNTED_INCIDENTS {
        return Ok([None; 2]);
    }
    let id = snapshot.id().to_string();
    let known = app.table_counts.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((_, counts)) = known.filter(|(of, _)| *of == id) {
        return Ok(counts);
    }
    let shared = App::clone(app);
    app.work(move || {
        let near = Near {
            km: NEAR_KM,
            certainty: Certainty::Possible,
            include_inside: true,
            territories: all_of(snapshot.borders()).collect(),
            are_few: false,
        };
        let counts = [
            near.count(&snapshot, &Query::default())?,
            count_of_impacts(&snapshot, &Query::default(), |_| true)?,
        ]
        .map(Some);
        *shared.table_counts.lock().unwrap_or_else(PoisonError::into_inner) = Some((id, counts));
        Ok(counts)
    })
    .await
}

/// How many rows the distances have, and the impacts.
pub type ItemCounts = [Option<usize>; 2];

/// The two collections described, and their links.
#[must_use]
pub fn describe(base: &Base, path: &str, counts: ItemCounts) -> (Value, Vec<Link>) {
    let (id, title, description, count) = match path {
        DISTANCES => (
            "border-distances",
            "Distances to borders",
            "Each incident with each territory that is, or may be, at most within-km away (100 unless told).",
            counts[0],
        ),
        _ => ("impacts", "Impacts", "Each facility that was hit, with its incident.", counts[1]),
    };
    let mut links = vec![
        Link::new("self", base.at(path), JSON, "The collection, described"),
        Link::new("items", base.at(&format!("{path}/items")), GEOJSON, "Its rows as GeoJSON"),
        Link::new(
            QUERYABLES,
            base.at(&format!("{path}/queryables")),
            SCHEMA_JSON,
            "What rows can be chosen by",
        ),
        Link::new("related", base.at("/collections/incidents"), JSON, "The incidents, described"),
    ];
    links.extend(queryables::schema_links(base, path));
    let mut body = json!({
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
    if let Some(count) = count {
        body["itemCount"] = json!(count);
    }
    (body, links)
}

/// `GET /collections/border-distances`.
///
/// # Errors
///
/// As [`item_counts`].
pub async fn distances(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    described(&app, &base, DISTANCES, &headers).await
}

/// `GET /collections/impacts`.
///
/// # Errors
///
/// As [`item_counts`].
pub async fn impacts(
    State(app): State<App>,
    Extension(base): Extension<Base>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    described(&app, &base, IMPACTS, &headers).await
}

async fn described(app: &App, base: &Base, path: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let (body, links) = describe(base, path, item_counts(app).await?);
    Ok(Answer::json(&body).links(&links).finish(headers))
}

/// `GET /collections/border-distances/queryables`.
pub async fn distance_queryables(Extension(base): Extension<Base>, headers: HeaderMap) -> Response {
    queryables::of_rows(&base, DISTANCES, DISTANCE_COLUMNS, &headers)
}

/// `GET /collections/border-distances/schema`.
///
/// # Errors
///
/// As [`queryables::schema_of_rows`].
pub async fn distance_schema(
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    queryables::schema_of_rows(&base, DISTANCES, DISTANCE_COLUMNS, (&params, &headers))
}

/// `GET /collections/impacts/queryables`.
pub async fn impact_queryables(Extension(base): Extension<Base>, headers: HeaderMap) -> Response {
    queryables::of_rows(&base, IMPACTS, IMPACT_COLUMNS, &headers)
}

/// `GET /collections/impacts/schema`.
///
/// # Errors
///
/// As [`queryables::schema_of_rows`].
pub async fn impact_schema(
    Extension(base): Extension<Base>,
    Extension(params): Extension<Arc<Params>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    queryables::schema_of_rows(&base, IMPACTS, IMPACT_COLUMNS, (&params, &headers))
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
    // What these say is said of the row.
    let of_rows =
        ["territory", "within-km", "certainty", "include-inside", "filter", "filter-lang", "filter-crs"];
    let chosen = query::filter(&params.without(&of_rows), borders)?;
    let cursor = match params.get("cursor") {
        Some(text) => near.cursor(text, borders)?,
        None => DistanceCursor::default(),
    };
    let filter = query::row_filter(&params, DISTANCE_COLUMNS)?;
    answer(&app, &base, params, &headers, DISTANCES, move |snapshot, limit| {
        near.page(snapshot, (&chosen, filter.as_ref()), cursor, limit)
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
    let of_rows = ["filter", "filter-lang", "filter-crs"];
    let chosen = query::filter(&params.without(&of_rows), &app.config.borders)?;
    let filter = query::row_filter(&params, IMPACT_COLUMNS)?;
    let cursor = match params.get("cursor") {
        Some(text) => RowCursor::parse(text).ok_or_else(bad_cursor)?,
        None => RowCursor::default(),
    };
    answer(&app, &base, params, &headers, IMPACTS, move |snapshot, limit| {
        page_of_impacts(snapshot, (&chosen, filter.as_ref()), cursor, limit)
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
    let crs = Crs::asked(&params, "crs")?;
    let limit = query::limit(&params)?.unwrap_or(query::DEFAULT_LIMIT);
    let asked = asked(app, &params).await?;
    let snapshot = Arc::clone(&asked.snapshot);
    let mut page = app.work(move || make(&snapshot, limit)).await?;
    page.features.iter_mut().for_each(|feature| crs.tell(&mut feature["geometry"]));
    let path = format!("{path}/items");
    let links = page_links(base, &path, GEOJSON, &params, page.next);
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
        let is_asked = |id: &TerritoryId| named.is_empty() || named.contains(&borders.territory(*id).code);
        let certainty = params.one_of("certainty", &["certain", "possible"])?;
        Ok(Self {
            km: params.number("within-km", 0.0, query::MAX_KM)?.unwrap_or(NEAR_KM),
            certainty: if certainty == Some("certain") { Certainty::Certain } else { Certainty::Possible },
            include_inside: params.flag("include-inside")?.unwrap_or(true),
            territories: all_of(borders).filter(is_asked).collect(),
            are_few: (1..=COUNTED_TERRITORIES).contains(&named.len()),
        })
    }

    fn cursor(&self, text: &str, borders: &BorderSet) -> Result<DistanceCursor, Problem> {
        let (code, rest) = text.split_once('.').ok_or_else(bad_cursor)?;
        let id = borders.find(code).filter(|id| self.territories.contains(id)).ok_or_else(bad_cursor)?;
        let at = RowCursor::parse(rest).ok_or_else(bad_cursor)?;
        Ok(DistanceCursor { territory: Some(id), at })
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
        (chosen, filter): (&Query, Option<&RowFilter>),
        DistanceCursor { territory: first, mut at }: DistanceCursor,
        limit: usize,
    ) -> Result<Page, Problem> {
        let borders = snapshot.borders();
        let (mut features, mut next, mut examined) = (Vec::new(), None, 0);
        'territories: for &id in
            self.territories.iter().skip_while(|id| first.is_some_and(|first| first != **id))
        {
            let code = &borders.territory(id).code;
            if filter.is_some_and(|filter| !filter.may_hold("territory", code)) {
                continue;
            }
            let query = self.query(chosen, borders, id)?;
            loop {
                let room = if filter.is_some() { CHUNK } else { limit - features.len() };
                if room == 0 {
                    // A next page that is empty would be no page.
                    if at.incidents.is_none() && snapshot.count(&query) == 0 {
                        break;
                    }
                    next = Some(format!("{code}.{}", at.write()));
                    break 'territories;
                }
                let asked = Query { cursor: at.incidents.clone(), limit: Some(room), ..query.clone() };
                let found = snapshot.find(&asked);
                let mut rows = Vec::with_capacity(found.rows.len());
                for some in found.rows.chunks(CHUNK) {
                    rows.extend(documents(snapshot, some)?.iter().map(distance_row));
                }
                examined += rows.len();
                let is_chosen = |row: &Value| filter.is_none_or(|filter| filter.holds(row));
                let is_full = at.take(rows, is_chosen, limit, &mut features);
                if !is_full {
                    at = RowCursor { told: 0, incidents: found.next };
                }
                if is_full || (filter.is_some() && examined >= most_examined(&features)) {
                    next = Some(format!("{code}.{}", at.write()));
                    break 'territories;
                }
                if at.incidents.is_none() {
                    break;
                }
            }
        }
        let is_counted = self.are_few && filter.is_none();
        let matched = is_counted.then(|| self.count(snapshot, chosen)).transpose()?;
        Ok(Page { features, matched, next })
    }

    /// How many rows there are, of those territories and the chosen incidents.
    fn count(&self, snapshot: &PublicSnapshot, chosen: &Query) -> Result<usize, Problem> {
        let count = |id: &TerritoryId| Ok(snapshot.count(&self.query(chosen, snapshot.borders(), *id)?));
        self.territories.iter().map(count).sum()
    }
}

/// The territories, in the order of the border set.
fn all_of(borders: &BorderSet) -> impl Iterator<Item = TerritoryId> {
    borders.territories().iter().filter_map(|territory| borders.find(&territory.code))
}

/// How many documents are looked at for a page that has these so far.
fn most_examined(features: &[Value]) -> usize {
    if features.is_empty() { EXAMINED_FOR_NONE } else { EXAMINED }
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
            "disputed": to["disputed"] == true,
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

/// Where a page of the distances begins: at a territory, and where among the incidents near it.
#[derive(Default)]
struct DistanceCursor {
    territory: Option<TerritoryId>,
    at: RowCursor,
}

/// Where a page begins: behind an incident, less so many rows that are told already.
#[derive(Clone, Default)]
struct RowCursor {
    told: usize,
    incidents: Option<Cursor>,
}

impl RowCursor {
    fn parse(text: &str) -> Option<Self> {
        let (told, rest) = text.split_once('.')?;
        let incidents: Option<Cursor> = if rest.is_empty() { None } else { Some(rest.parse().ok()?) };
        if incidents.as_ref().is_some_and(Cursor::is_back) {
            return None;
        }
        let told = told.parse().ok().filter(|told| *told <= MOST_TOLD)?;
        Some(Self { told, incidents })
    }

    fn write(&self) -> String {
        let incidents = self.incidents.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{}.{incidents}", self.told)
    }

    /// Takes those rows behind the cursor that are chosen. Whether there is one more than fits; the cursor then is at it.
    fn take(
        &mut self,
        rows: Vec<Value>,
        is_chosen: impl Fn(&Value) -> bool,
        limit: usize,
        features: &mut Vec<Value>,
    ) -> bool {
        for (index, row) in rows.into_iter().enumerate().skip(self.told) {
            if !is_chosen(&row) {
                continue;
            }
            if features.len() == limit {
                self.told = index;
                return true;
            }
            features.push(row);
        }
        false
    }
}

fn page_of_impacts(
    snapshot: &PublicSnapshot,
    (chosen, filter): (&Query, Option<&RowFilter>),
    mut at: RowCursor,
    limit: usize,
) -> Result<Page, Problem> {
    // A row is a facility, so what is asked of facilities is asked of each.
    let is_one_of = |words: &[String], word: &Value| {
        words.is_empty() || word.as_str().is_some_and(|word| words.iter().any(|one| one == word))
    };
    let infrastructure: Vec<String> = chosen.infrastructure.iter().map(ToString::to_string).collect();
    let damage: Vec<String> = chosen.damage.iter().map(ToString::to_string).collect();
    let is_chosen = |row: &Value| {
        let of = &row["properties"];
        is_one_of(&infrastructure, &of["infrastructure"])
            && is_one_of(&damage, &of["damage"])
            && filter.is_none_or(|filter| filter.holds(row))
    };
    let (mut features, mut next, mut matched) = (Vec::new(), None, None);
    for chunk in 0.. {
        let query = Query { cursor: at.incidents.clone(), limit: Some(CHUNK), ..chosen.clone() };
        let found = snapshot.find(&query);
        if chunk == 0 && found.matched <= COUNTED_INCIDENTS {
            matched = Some(count_of_impacts(snapshot, chosen, is_chosen)?);
        }
        if at.take(impacts_of(snapshot, &found.rows)?, is_chosen, limit, &mut features) {
            next = Some(at.write());
            break;
        }
        at = RowCursor { told: 0, incidents: found.next };
        if at.incidents.is_none() {
            break;
        }
        if (chunk + 1) * CHUNK >= most_examined(&features) {
            next = Some(at.write());
            break;
        }
    }
    Ok(Page { features, matched, next })
}

/// How many of what was hit in the chosen incidents is chosen too.
fn count_of_impacts(
    snapshot: &PublicSnapshot,
    chosen: &Query,
    is_chosen: impl Fn(&Value) -> bool,
) -> Result<usize, Problem> {
    let mut all = 0;
    for rows in snapshot.find(chosen).rows.chunks(CHUNK) {
        all += impacts_of(snapshot, rows)?.iter().filter(|row| is_chosen(row)).count();
    }
    Ok(all)
}

/// All that was hit in some incidents.
fn impacts_of(snapshot: &PublicSnapshot, rows: &[Row]) -> Result<Vec<Value>, Problem> {
    Ok(documents(snapshot, rows)?.iter().flat_map(impact_rows).collect())
}

/// The documents of rows.
fn documents(snapshot: &PublicSnapshot, rows: &[Row]) -> Result<Vec<Value>, Problem> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let text = snapshot.features(rows).map_err(|error| Problem::internal(&error))?;
    serde_json::from_str(&format!("[{text}]")).map_err(|error| Problem::internal(&error))
}
