//! The one table of routes: address, method, who may, what may be asked, and who answers.
//!
//! The router, the check of query parameters, the check of who is calling, the `Allow` header and the
//! OpenAPI document are all made from this table, so that a route cannot be missing from one of them.

use crate::access::Who;
use crate::answer::{GEOJSON, JSON, MVT, OPENAPI, SCHEMA_JSON};
use crate::app::{App, Config, Shared};
use crate::basemap::Basemap;
use crate::error::{Problem, echo};
use crate::live::EVENTS;
use crate::params::Params;
use crate::query::{FILTER, PROPERTIES};
use crate::{
    assets, basemap, body, desk, distance, duplicates, evidence, facilities, forms, gazetteer, guard,
    history, imported, imports, items, landing, live, operate, pictures, query, queryables, tables,
    territories, tiles, tilesets,
};
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use kordon_store::Patience;
use std::any::Any;
use std::sync::Arc;
use std::time::Instant;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

/// One line of the table.
#[derive(Debug)]
pub struct Route {
    /// The method; `GET` answers `HEAD` too.
    pub method: Method,
    /// The address, with `{names}` for its variable parts.
    pub path: &'static str,
    /// Who may.
    pub who: Who,
    /// The query parameters it knows; `None` where the address is also a page with a state of its own.
    pub params: Option<&'static [&'static str]>,
    /// The media types its body may have; empty when it takes none.
    pub takes: &'static [&'static str],
    /// The media types it answers with.
    pub gives: &'static [&'static str],
    /// The status when all is well.
    pub ok: StatusCode,
    /// Its name in the OpenAPI document.
    pub id: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    handler: fn() -> MethodRouter<App>,
}

impl Route {
    /// The words for `f`, and the name of that parameter in the OpenAPI document.
    #[must_use]
    pub fn forms(&self) -> (&'static [&'static str], &'static str) {
        match self.id {
            "findIncidents" => (forms::WORDS, "f-items"),
            "measureMany" => (distance::FORMS, "f-batch"),
            "landing" | "incidents" | "getIncident" => (items::ONE_FORMS, "f-page"),
            _ if self.path.ends_with("/schema") => (queryables::SCHEMA_FORMS, "f-schema"),
            _ => (&["json"], "f"),
        }
    }
}

/// Parameters that may be given several times.
pub const REPEATABLE: &[&str] = &["to", "cell", "map"];

/// The first level of gzip and of brotli: 2.8 MB of incidents become 384 and 279 kB for 6 and 12 ms of a core; the levels
/// above cost more than the few percent they spare.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(1);

const CSV: &str = "text/csv";
const GEOJSON_SEQ: &str = "application/geo+json-seq";
/// RFC 7396.
const MERGE_PATCH: &str = "application/merge-patch+json";
const NDJSON: &str = "application/x-ndjson";
const TEXT: &str = "text/plain";

/// The media types a file to import may have.
pub const IMPORTS: [&str; 16] = [
    GEOJSON,
    JSON,
    NDJSON,
    "application/ndjson",
    "application/jsonl",
    GEOJSON_SEQ,
    CSV,
    "text/tab-separated-values",
    "application/vnd.google-earth.kml+xml",
    "application/vnd.google-earth.kmz",
    "application/gpx+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/flatgeobuf",
    "application/vnd.apache.parquet",
    "application/gzip",
    "application/zip",
];

const PAGING: &[&str] = &[
    "sortby",
    "limit",
    "cursor",
    "as-of",
    "snapshot",
    "f",
    "bom",
    "hxl",
    "profile",
    "lang",
    "crs",
    "bbox-crs",
    "properties",
];
const OF_ITEMS: &[&str] = &joined::<{ PAGING.len() + PROPERTIES.len() }>(PAGING, PROPERTIES);
const ITEMS: &[&str] = &filter_and::<{ FILTER.len() + OF_ITEMS.len() }>(OF_ITEMS);

const GROUPING: &[&str] = &["by", "as-of", "snapshot", "f"];
const AGGREGATE: &[&str] = &filter_and::<{ FILTER.len() + GROUPING.len() }>(GROUPING);

const FEED: &[&str] = &["since", "limit", "f"];
const CHANGES: &[&str] = &filter_and::<{ FILTER.len() + FEED.len() }>(FEED);

const LIKELY: &[&str] = &["score", "limit", "f"];
const DUPLICATES: &[&str] = &filter_and::<{ FILTER.len() + LIKELY.len() }>(LIKELY);

const WHEN: &[&str] = &["as-of", "snapshot"];
const LOOK: &[&str] = &["size", "theme", "lang", "as-of", "snapshot"];
const STATIC: &[&str] = &filter_and::<{ FILTER.len() + LOOK.len() }>(LOOK);
const TILE: &[&str] = &filter_and::<{ FILTER.len() + WHEN.len() }>(WHEN);
const WHEN_F: &[&str] = &["as-of", "snapshot", "f"];
const TILESET: &[&str] = &filter_and::<{ FILTER.len() + WHEN_F.len() }>(WHEN_F);

const ROWS: &[&str] = &["limit", "cursor", "as-of", "snapshot", "f", "crs", "bbox-crs"];
const IMPACTS: &[&str] = &filter_and::<{ FILTER.len() + ROWS.len() }>(ROWS);
/// What is measured to is `territory`.
const DISTANCES: &[&str] = &[
    "bbox",
    "datetime",
    "country",
    "event-type",
    "sub-event-type",
    "infrastructure",
    "damage",
    "verification",
    "q",
    "cell",
    "filter",
    "filter-lang",
    "filter-crs",
    "territory",
    "within-km",
    "certainty",
    "include-inside",
    "limit",
    "cursor",
    "as-of",
    "snapshot",
    "f",
    "crs",
    "bbox-crs",
];

const TERRITORIES: &[&str] = &[
    "bbox",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "borders",
    "limit",
    "cursor",
    "skipGeometry",
    "f",
    "crs",
    "bbox-crs",
];

const FACILITY: &[&str] = &["kind", "layer", "near-incidents-m", "limit", "cursor", "f", "crs", "bbox-crs"];
const FACILITIES: &[&str] = &filter_and::<{ FILTER.len() + FACILITY.len() }>(FACILITY);

const SINCE: &[&str] = &["since"];
const LIVE: &[&str] = &filter_and::<{ FILTER.len() + SINCE.len() }>(SINCE);

/// FILTER's words and a route's own, so that a new way to choose incidents is known to every route that chooses them.
const fn filter_and<const N: usize>(own: &[&'static str]) -> [&'static str; N] {
    joined(FILTER, own)
}

const fn joined<const N: usize>(first: &[&'static str], then: &[&'static str]) -> [&'static str; N] {
    assert!(N == first.len() + then.len());
    let mut all = [""; N];
    let mut i = 0;
    while i < N {
        all[i] = if i < first.len() { first[i] } else { then[i - first.len()] };
        i += 1;
    }
    all
}

const PAGE: &[&str] = &["limit", "cursor", "f"];
const WITHHELD: &[&str] = &filter_and::<{ FILTER.len() + PAGE.len() }>(PAGE);

const F: Option<&[&str]> = Some(&["f"]);
const NONE: Option<&[&str]> = Some(&[]);

/// Every route, in reading order.
pub static ROUTES: &[Route] = &[
    read(
        "/",
        None,
        &[JSON, "text/html"],
        "landing",
        "Landing page: links for programs, the web map for a browser",
        || get(landing::landing),
    ),
    read("/conformance", F, &[JSON], "conformance", "The parts of the OGC standards that are kept", || {
        get(landing::conformance)
    }),
    read("/api", F, &[OPENAPI], "api", "This document", || get(landing::api)),
    read("/functions", F, &[JSON], "functions", "The functions that a filter may call", || {
        get(queryables::functions)
    }),
    read("/collections", F, &[JSON], "collections", "The collections: incidents and territories", || {
        get(landing::collections)
    }),
    read(
        "/collections/incidents",
        Some(&["f", "lang"]),
        &[JSON, "text/html"],
        "incidents",
        "The incidents, described",
        || get(landing::incidents),
    ),
    read(
        "/collections/incidents/queryables",
        F,
        &[SCHEMA_JSON],
        "queryables",
        "What incidents can be chosen by",
        || get(queryables::queryables),
    ),
    read(
        "/collections/incidents/schema",
        F,
        &[SCHEMA_JSON],
        "schema",
        "The JSON Schema of an incident",
        || get(landing::schema),
    ),
    read(
        "/collections/incidents/items",
        Some(ITEMS),
        forms::MEDIA,
        "findIncidents",
        "The incidents that match, page by page",
        || get(items::find),
    ),
    Route {
        method: Method::POST,
        path: "/collections/incidents/items",
        who: Who::Writer,
        params: NONE,
        takes: &[GEOJSON, JSON],
        gives: &[GEOJSON],
        ok: StatusCode::CREATED,
        id: "createIncident",
        summary: "Store one incident, a GeoJSON Feature",
        handler: || post(items::create),
    },
    read(
        "/collections/incidents/items/{id}",
        Some(&["of", "as-of", "snapshot", "f", "lang", "crs", "properties"]),
        &[GEOJSON, "text/html"],
        "getIncident",
        "One incident",
        || get(items::one),
    ),
    read(
        "/collections/incidents/items/{id}/map.png",
        Some(&["of", "size", "theme", "lang", "as-of", "snapshot"]),
        &[pictures::PNG],
        "drawIncident",
        "A map of one incident as a picture: where it was, how sure that is, and how far the border",
        || get(pictures::of_incident),
    ),
    read(
        "/maps/static.png",
        Some(STATIC),
        &[pictures::PNG],
        "drawIncidents",
        "A map of the incidents that match as a picture; bbox is what it shows, too",
        || get(pictures::of_filter),
    ),
    Route {
        method: Method::PUT,
        path: "/collections/incidents/items/{id}",
        who: Who::Writer,
        params: NONE,
        takes: &[GEOJSON, JSON],
        gives: &[GEOJSON],
        ok: StatusCode::OK,
        id: "replaceIncident",
        summary: "Replace one incident by a new revision; If-Match guards against lost updates",
        handler: || put(items::replace),
    },
    Route {
        method: Method::PATCH,
        path: "/collections/incidents/items/{id}",
        who: Who::Writer,
        params: NONE,
        takes: &[MERGE_PATCH, JSON],
        gives: &[GEOJSON],
        ok: StatusCode::OK,
        id: "updateIncident",
        summary: "Change members of one incident by a JSON merge patch; If-Match guards against lost updates",
        handler: || patch(items::patch),
    },
    Route {
        method: Method::DELETE,
        path: "/collections/incidents/items/{id}",
        who: Who::Writer,
        params: NONE,
        takes: &[],
        gives: &[],
        ok: StatusCode::NO_CONTENT,
        id: "withdrawIncident",
        summary: "Withdraw one incident; its history stays",
        handler: || delete(items::withdraw),
    },
    Route {
        method: Method::POST,
        path: "/collections/incidents/items/{id}/merge",
        who: Who::Writer,
        params: NONE,
        takes: &[JSON],
        gives: &[],
        ok: StatusCode::NO_CONTENT,
        id: "mergeIncident",
        summary: "Merge one incident into another that tells of the same event: {\"into\": ID}",
        handler: || post(duplicates::merge),
    },
    Route {
        method: Method::DELETE,
        path: "/collections/incidents/items/{id}/merge",
        who: Who::Writer,
        params: NONE,
        takes: &[],
        gives: &[],
        ok: StatusCode::NO_CONTENT,
        id: "unmergeIncident",
        summary: "Make one incident an incident of its own again",
        handler: || delete(duplicates::unmerge),
    },
    Route {
        method: Method::GET,
        path: "/collections/incidents/duplicates",
        who: Who::Writer,
        params: Some(DUPLICATES),
        takes: &[],
        gives: &[JSON],
        ok: StatusCode::OK,
        id: "findDuplicates",
        summary: "Pairs of incidents that may be one event, the likeliest first, and why",
        handler: || get(duplicates::find),
    },
    read(
        "/collections/incidents/items/{id}/history",
        F,
        &[JSON],
        "incidentHistory",
        "All revisions of one incident",
        || get(history::history),
    ),
    read(
        "/collections/incidents/items/{id}/history/proof",
        F,
        &[JSON],
        "incidentProof",
        "What proves that the revisions of one incident are in the ledger",
        || get(history::proof),
    ),
    read(
        "/collections/incidents/changes",
        Some(CHANGES),
        &[JSON],
        "incidentChanges",
        "What changed since a record of the ledger, in order, with what is no longer public",
        || get(history::changes),
    ),
    read(
        "/live",
        Some(LIVE),
        &[EVENTS],
        "live",
        "What changes, told as it happens: created, revised, withdrawn, left (does not match any more)",
        || get(live::live),
    ),
    read(
        "/collections/incidents/aggregate",
        Some(AGGREGATE),
        &[JSON],
        "aggregateIncidents",
        "Counts of the incidents that match",
        || get(items::aggregate),
    ),
    read(
        "/collections/incidents/tiles/WebMercatorQuad/{z}/{y}/{x}",
        Some(TILE),
        &[MVT],
        "incidentTile",
        "A vector tile of the incidents that match, clustered at low zooms",
        || get(tiles::incidents),
    ),
    read(
        "/collections/territories",
        F,
        &[JSON],
        "territories",
        "The territories, described, and the sets of countries",
        || get(territories::collection),
    ),
    read(
        "/collections/territories/queryables",
        F,
        &[SCHEMA_JSON],
        "territoryQueryables",
        "What territories can be chosen by",
        || get(territories::queryables),
    ),
    read(
        "/collections/territories/schema",
        F,
        &[SCHEMA_JSON],
        "territorySchema",
        "The JSON Schema of a territory",
        || get(territories::schema),
    ),
    read(
        "/collections/territories/items",
        Some(TERRITORIES),
        &[GEOJSON],
        "findTerritories",
        "The territories, page by page",
        || get(territories::find),
    ),
    read(
        "/collections/territories/items/{code}",
        Some(&["borders", "skipGeometry", "f", "crs"]),
        &[GEOJSON],
        "getTerritory",
        "One territory by its ISO 3166-1 alpha-3 code",
        || get(territories::one),
    ),
    read(
        "/collections/territories/tiles/WebMercatorQuad/{z}/{y}/{x}",
        NONE,
        &[MVT],
        "territoryTile",
        "A vector tile of land, borders and names",
        || get(tiles::territories),
    ),
    read("/tileMatrixSets", F, &[JSON], "tileMatrixSets", "How tiles are cut", || get(tilesets::schemes)),
    read(
        "/tileMatrixSets/WebMercatorQuad",
        F,
        &[JSON],
        "webMercatorQuad",
        "The one way tiles are cut",
        || get(tilesets::scheme),
    ),
    read(
        "/collections/incidents/tiles",
        Some(TILESET),
        &[JSON],
        "incidentTilesets",
        "The incidents as tiles: the tilesets",
        || get(tilesets::of_incidents),
    ),
    read(
        "/collections/incidents/tiles/WebMercatorQuad",
        Some(TILESET),
        &[JSON],
        "incidentTileset",
        "The incidents as tiles: the tileset",
        || get(tilesets::incidents),
    ),
    read(
        "/collections/incidents/tiles/WebMercatorQuad/tilejson.json",
        Some(TILESET),
        &[JSON],
        "incidentTileJson",
        "The incidents as tiles: TileJSON 3",
        || get(tilesets::incidents_tilejson),
    ),
    read(
        "/tiles/incidents/{z}/{x}/{y}",
        Some(TILE),
        &[MVT],
        "incidentTileXyz",
        "A vector tile of the incidents that match, by the address that most maps use",
        || get(tiles::incidents_xyz),
    ),
    read(
        "/collections/territories/tiles",
        F,
        &[JSON],
        "territoryTilesets",
        "The territories as tiles: the tilesets",
        || get(tilesets::of_territories),
    ),
    read(
        "/collections/territories/tiles/WebMercatorQuad",
        F,
        &[JSON],
        "territoryTileset",
        "The territories as tiles: the tileset",
        || get(tilesets::territories),
    ),
    read(
        "/collections/territories/tiles/WebMercatorQuad/tilejson.json",
        F,
        &[JSON],
        "territoryTileJson",
        "The territories as tiles: TileJSON 3",
        || get(tilesets::territories_tilejson),
    ),
    read(
        "/tiles/territories/{z}/{x}/{y}",
        NONE,
        &[MVT],
        "territoryTileXyz",
        "A vector tile of land, borders and names, by the address that most maps use",
        || get(tiles::territories_xyz),
    ),
    read(
        "/collections/border-distances",
        F,
        &[JSON],
        "borderDistances",
        "Each incident with each territory near it, described",
        || get(tables::distances),
    ),
    read(
        "/collections/border-distances/queryables",
        F,
        &[SCHEMA_JSON],
        "borderDistanceQueryables",
        "What rows can be chosen by",
        || get(tables::distance_queryables),
    ),
    read(
        "/collections/border-distances/schema",
        F,
        &[SCHEMA_JSON],
        "borderDistanceSchema",
        "The JSON Schema of a row",
        || get(tables::distance_schema),
    ),
    read(
        "/collections/border-distances/items",
        Some(DISTANCES),
        &[GEOJSON],
        "findBorderDistances",
        "Each incident with each territory near it: how far, from where to where, how sure",
        || get(tables::find_distances),
    ),
    read(
        "/collections/border-distances/items/{id}",
        Some(&["as-of", "snapshot", "f", "crs"]),
        &[GEOJSON],
        "getBorderDistance",
        "One incident and one territory",
        || get(tables::one_distance),
    ),
    read("/collections/impacts", F, &[JSON], "impacts", "What was hit, described", || get(tables::impacts)),
    read(
        "/collections/impacts/queryables",
        F,
        &[SCHEMA_JSON],
        "impactQueryables",
        "What rows can be chosen by",
        || get(tables::impact_queryables),
    ),
    read(
        "/collections/impacts/schema",
        F,
        &[SCHEMA_JSON],
        "impactSchema",
        "The JSON Schema of a row",
        || get(tables::impact_schema),
    ),
    read(
        "/collections/impacts/items",
        Some(IMPACTS),
        &[GEOJSON],
        "findImpacts",
        "Each facility that was hit, with its incident",
        || get(tables::find_impacts),
    ),
    read(
        "/collections/impacts/items/{id}",
        Some(&["as-of", "snapshot", "f", "crs"]),
        &[GEOJSON],
        "getImpact",
        "One facility that was hit",
        || get(tables::one_impact),
    ),
    read(
        "/collections/facilities",
        F,
        &[JSON],
        "facilities",
        "The facilities of the reference layers, described",
        || get(facilities::collection),
    ),
    read(
        "/collections/facilities/queryables",
        F,
        &[SCHEMA_JSON],
        "facilityQueryables",
        "What facilities can be chosen by",
        || get(facilities::queryables),
    ),
    read(
        "/collections/facilities/schema",
        F,
        &[SCHEMA_JSON],
        "facilitySchema",
        "The JSON Schema of a facility",
        || get(facilities::schema),
    ),
    read(
        "/collections/facilities/items",
        Some(FACILITIES),
        &[GEOJSON],
        "findFacilities",
        "The facilities, page by page; with near-incidents-m those near any incident that matches",
        || get(facilities::find),
    ),
    read(
        "/collections/facilities/items/{id}",
        Some(&["f", "crs"]),
        &[GEOJSON],
        "getFacility",
        "One facility",
        || get(facilities::one),
    ),
    read(
        "/collections/incidents/items/{id}/facilities",
        Some(&["within-m", "kind", "layer", "limit", "f", "crs"]),
        &[GEOJSON],
        "findFacilitiesNear",
        "The facilities near one incident, the nearest first, with the one that may have been hit",
        || get(facilities::of_incident),
    ),
    read(
        "/borders",
        F,
        &[JSON],
        "borderSets",
        "The border sets that can be measured against: origin, version, accuracy, validity, licence",
        || get(distance::sets),
    ),
    read(
        "/borders/distance",
        Some(&["lon", "lat", "to", "radius_m", "borders", "view", "on", "spread", "f"]),
        &[JSON],
        "measure",
        "How far one place is from a border",
        || get(distance::measure),
    ),
    Route {
        method: Method::POST,
        path: "/borders/distance",
        who: Who::Anyone,
        params: Some(&["to", "radius_m", "borders", "view", "on", "f"]),
        takes: &[NDJSON, "application/ndjson", "application/jsonl", GEOJSON, GEOJSON_SEQ, JSON, CSV],
        gives: &[NDJSON, GEOJSON, CSV],
        ok: StatusCode::OK,
        id: "measureMany",
        summary: "How far many places are from a border: up to 100 000 points, answered in order",
        handler: || post(distance::measure_many),
    },
    read(
        "/gazetteer",
        Some(&["q", "country", "near", "limit", "f"]),
        &[JSON],
        "findPlaces",
        "The places that a name may mean, the likeliest first",
        || get(gazetteer::find),
    ),
    read(
        "/gazetteer/nearest",
        Some(&["lon", "lat", "limit", "f"]),
        &[JSON],
        "nearestPlaces",
        "The places around a point: how far it is from them, and in which direction",
        || get(gazetteer::nearest),
    ),
    Route {
        method: Method::POST,
        path: "/imports",
        who: Who::Writer,
        params: Some(&[
            "on-error",
            "dry-run",
            "preview",
            "explain",
            "file",
            "source",
            "format",
            "profile",
            "map",
            "fix",
            "date-order",
            "restore",
            "mends",
        ]),
        takes: &IMPORTS,
        gives: &[JSON],
        ok: StatusCode::OK,
        id: "importFile",
        summary: "Check a file of reports and store it, all or nothing",
        handler: || post(imports::import),
    },
    read_by(
        Who::Writer,
        "/imports",
        Some(&["limit", "f"]),
        &[JSON],
        "imports",
        "The last imports, newest first",
        || get(imported::list),
    ),
    read_by(
        Who::Writer,
        "/desk/incidents",
        Some(WITHHELD),
        &[GEOJSON],
        "withheld",
        "The incidents that have no public form: drafts, what is under review or masked; what was recorded last first",
        || get(desk::list),
    ),
    read_by(
        Who::Writer,
        "/desk/incidents/{id}",
        F,
        &[GEOJSON],
        "getForDesk",
        "An incident as who writes sees it, public or not",
        || get(desk::one),
    ),
    read_by(
        Who::Writer,
        "/desk/incidents/{id}/history",
        F,
        &[JSON],
        "historyForDesk",
        "Every revision of an incident as who writes sees it, also of before it was public",
        || get(desk::history),
    ),
    read_by(Who::Writer, "/imports/{id}", F, &[JSON], "getImport", "What became of a file", || {
        get(imported::one)
    }),
    read_by(
        Who::Writer,
        "/imports/{id}/quarantine",
        Some(&["limit", "f"]),
        &[JSON],
        "getRefused",
        "The records that an import refused, as they came, with their faults",
        || get(imported::quarantine),
    ),
    Route {
        method: Method::DELETE,
        path: "/imports/{id}",
        who: Who::Writer,
        params: Some(&["dry-run"]),
        takes: &[],
        gives: &[JSON],
        ok: StatusCode::OK,
        id: "takeBackImport",
        summary: "Withdraw what an import made, and restore what it revised, as one",
        handler: || delete(imported::take_back),
    },
    Route {
        method: Method::POST,
        path: "/evidence",
        who: Who::Writer,
        params: Some(&["file", "sha256"]),
        takes: &[evidence::BYTES],
        gives: &[JSON],
        ok: StatusCode::CREATED,
        id: "addEvidence",
        summary: "Keep a file that incidents rest on, under the SHA-256 of what came",
        handler: || post(evidence::add),
    },
    read_by(
        Who::Writer,
        "/evidence",
        Some(&["limit", "cursor", "f"]),
        &[JSON],
        "listEvidence",
        "The files of evidence, by their SHA-256",
        || get(evidence::list),
    ),
    read_by(
        Who::Writer,
        "/evidence/{sha256}",
        F,
        &[JSON],
        "getEvidence",
        "What a file of evidence, its timestamps and its web archive say, once it was read again",
        || get(evidence::one),
    ),
    read_by(
        Who::Writer,
        "/evidence/{sha256}/content",
        NONE,
        &[evidence::BYTES],
        "getEvidenceContent",
        "A file of evidence as it was added, to be saved",
        || get(evidence::content),
    ),
    Route {
        method: Method::POST,
        path: "/evidence/{sha256}/timestamps",
        who: Who::Writer,
        params: NONE,
        takes: &[evidence::TIMESTAMP, evidence::BYTES],
        gives: &[JSON],
        ok: StatusCode::CREATED,
        id: "addTimestamp",
        summary: "Keep a timestamp of a file of evidence (RFC 3161), if it holds",
        handler: || post(evidence::add_timestamp),
    },
    Route {
        method: Method::DELETE,
        path: "/evidence/{sha256}",
        who: Who::Writer,
        params: NONE,
        takes: &[],
        gives: &[],
        ok: StatusCode::NO_CONTENT,
        id: "removeEvidence",
        summary: "Take a file of evidence away, with its timestamps; what incidents say of it stays",
        handler: || delete(evidence::remove),
    },
    read(
        "/checkpoint",
        NONE,
        &[TEXT],
        "checkpoint",
        "Size and root of the ledger, signed: a C2SP checkpoint",
        || get(history::checkpoint),
    ),
    read(
        "/checkpoint/extension",
        Some(&["size", "f"]),
        &[JSON],
        "checkpointExtension",
        "What proves that an older checkpoint is the beginning of the ledger of now",
        || get(history::extension),
    ),
    read("/health", F, &[JSON], "health", "Whether the process answers", || get(operate::health)),
    read("/ready", F, &[JSON], "ready", "Whether the store answers", || get(operate::ready)),
    read("/metrics", NONE, &[TEXT], "metrics", "Counters in Prometheus text", || get(operate::metrics)),
];

const fn read(
    path: &'static str,
    params: Option<&'static [&'static str]>,
    gives: &'static [&'static str],
    id: &'static str,
    summary: &'static str,
    handler: fn() -> MethodRouter<App>,
) -> Route {
    read_by(Who::Anyone, path, params, gives, id, summary, handler)
}

const fn read_by(
    who: Who,
    path: &'static str,
    params: Option<&'static [&'static str]>,
    gives: &'static [&'static str],
    id: &'static str,
    summary: &'static str,
    handler: fn() -> MethodRouter<App>,
) -> Route {
    let takes: &[&str] = &[];
    Route { method: Method::GET, path, who, params, takes, gives, ok: StatusCode::OK, id, summary, handler }
}

/// The whole server as one service.
pub fn router(config: Config) -> Router {
    let app: App = Arc::new(Shared::new(config));
    // Tiles are packed already, and ranges are of the bytes as they lie.
    let packs = DefaultPredicate::new().and(NotForContentType::const_new(basemap::PMTILES));
    let mut router = Router::new();
    for route in ROUTES {
        let entered = middleware::from_fn_with_state((Arc::clone(&app), route), enter);
        router = router.route(route.path, (route.handler)().route_layer(entered));
    }
    router
        .method_not_allowed_fallback(wrong_method)
        .fallback(elsewhere)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), watch))
        .layer(CompressionLayer::new().br(true).gzip(true).quality(COMPRESSION).compress_when(packs))
        .with_state(app)
}

/// Outermost: whom a request addresses, what every answer carries, and the count of answers.
async fn watch(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let config = &app.config;
    let base = guard::base(request.uri(), request.headers(), config.base_url.as_deref(), config.loopback);
    let mut response = match base {
        Ok(base) => {
            request.extensions_mut().insert(base);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    guard::secure(response.headers_mut(), &app.policy);
    app.counts.add(response.status());
    response
}

/// Before each route: the checks that its line of the table asks for.
async fn enter(
    State((app, route)): State<(App, &'static Route)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let headers = request.headers();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if let Some(base) = request.extensions().get().filter(|_| !reads || route.who == Who::Writer) {
        guard::same_site(headers, base)?;
    }
    if !reads {
        let media = body::media_type(headers)?.unwrap_or_default();
        // JSON is UTF-8 (RFC 8259); of tables the reader may know a legacy encoding.
        let readable = (media.name == CSV && route.id == "importFile")
            || media.charset.as_deref().is_none_or(body::is_utf8);
        let taken = route.takes.is_empty() || (readable && route.takes.contains(&media.name.as_str()));
        if !taken {
            return Err(Problem::unsupported(route.takes));
        }
    }
    let caller = app.config.access.admit(route.who, headers)?;
    let query = request.uri().query();
    let params = route.params.map(|known| Params::read(query, known, REPEATABLE)).transpose()?;
    // Here, so that also what has one form refuses another.
    params.as_ref().map(|params| params.one_of("f", route.forms().0)).transpose()?;
    let params = params.map(|params| Arc::new(params.patient(Patience::new(app.config.limits.question))));
    if let Some(params) = &params {
        request.extensions_mut().insert(Arc::clone(params));
    }
    request.extensions_mut().insert(caller);
    let began = Instant::now();
    let response = next.run(request).await;
    let patience = params.as_ref().and_then(|params| params.patience());
    let response = query::whole(patience, response).unwrap_or_else(IntoResponse::into_response);
    // Neither the address nor what its parameters say: these tell who looked where.
    let (route, status) = (route.id, response.status().as_u16());
    let asked = || params.map(|params| params.names()).unwrap_or_default();
    tracing::debug!(route, asked = asked(), status, ms = began.elapsed().as_millis(), "answered");
    Ok(response)
}

/// 405 with the methods there are; for `OPTIONS` these are the answer.
async fn wrong_method(path: MatchedPath, method: Method) -> Response {
    let allow = allowed(path.as_str());
    if method == Method::OPTIONS {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        if let Ok(allow) = HeaderValue::from_str(&allow) {
            headers.insert(header::ALLOW, allow);
        }
        if allow_has(path.as_str(), &Method::PATCH) {
            headers.insert("accept-patch", HeaderValue::from_static(MERGE_PATCH)); // RFC 5789 §3.1
        }
        return response;
    }
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "This address is not used that way",
        format!("{} is not taken here; {allow} are.", echo(method.as_str())),
    )
    .header(header::ALLOW, &allow)
    .into_response()
}

/// The methods of an address, as in an `Allow` header.
#[must_use]
pub fn allowed(path: &str) -> String {
    let mut methods = Vec::new();
    for route in ROUTES.iter().filter(|route| route.path == path) {
        methods.push(route.method.as_str());
        if route.method == Method::GET {
            methods.push("HEAD");
        }
    }
    methods.push("OPTIONS");
    methods.join(", ")
}

fn allow_has(path: &str, method: &Method) -> bool {
    ROUTES.iter().any(|route| route.path == path && route.method == *method)
}

/// An address that is no route: a file of the web map, the file of a basemap, or nothing.
async fn elsewhere(State(app): State<App>, method: Method, uri: Uri, request: Request) -> Response {
    let reads = matches!(method, Method::GET | Method::HEAD);
    let tiles = app.config.basemap.as_ref().and_then(Basemap::file);
    if let Some(file) = tiles.filter(|_| reads && uri.path() == basemap::PATH) {
        return basemap::serve(file, request).await;
    }
    let path = uri.path().trim_start_matches('/');
    let found = reads.then(|| assets::file(path, request.headers())).flatten();
    found.unwrap_or_else(|| {
        Problem::not_found(format!("There is no {} here; /api lists what there is.", echo(uri.path())))
            .into_response()
    })
}

/// A panic is our mistake: its place is in the log by the panic hook, the client learns nothing of it.
fn panicked(payload: Box<dyn Any + Send + 'static>) -> Response {
    let cause = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without words");
    Problem::internal(&cause).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use http_body_util::BodyExt;
    use std::collections::HashSet;
    use tower::ServiceExt;

    #[tokio::test]
    async fn a_panic_is_a_500_that_says_nothing_of_its_cause() {
        async fn broken() -> &'static str {
            panic!("the secret is 42")
        }
        let router: Router = Router::new().route("/", get(broken)).layer(CatchPanicLayer::custom(panicked));
        let response = router.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
    }

    #[test]
    fn every_line_of_the_table_is_one_operation_with_a_name_of_its_own() {
        let operations: HashSet<_> = ROUTES.iter().map(|route| (route.path, route.method.as_str())).collect();
        let names: HashSet<_> = ROUTES.iter().map(|route| route.id).collect();
        assert_eq!((operations.len(), names.len()), (ROUTES.len(), ROUTES.len()));
    }

    #[test]
    fn whatever_changes_the_store_needs_a_writer() {
        for route in ROUTES.iter().filter(|route| !matches!(route.method, Method::GET)) {
            let only_reads = route.id == "measureMany";
            assert_eq!(route.who == Who::Anyone, only_reads, "{}", route.id);
        }
    }
}
