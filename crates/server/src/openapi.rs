//! The OpenAPI 3.0.3 document, made from the table of routes.
//!
//! 3.0.3 and not 3.1, because a 3.1 document breaks OWSLib and silently stops GDAL from pushing filters
//! down. GDAL reads its page size only from a parameter that is a `$ref` with a default and a maximum, so
//! every parameter is one.

use crate::access::Who;
use crate::answer::Base;
use crate::crs::{self, URIS};
use crate::error::PROBLEM_JSON;
use crate::query::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::routes::{REPEATABLE, ROUTES, Route};
use crate::{
    distance, evidence, facilities, forms, gazetteer, imports, items, pictures, query as asked, queryables,
    tiles,
};
use axum::http::Method;
use kordon_gazetteer::LONGEST_NAME;
use kordon_incidents::{Damage, EventType, Fix, Infrastructure, Layout, Verification};
use kordon_store::SortBy;
use serde_json::{Map, Value, json};

/// The whole document.
#[must_use]
pub fn document(base: &Base) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Kordon",
            "description": "Reported incidents, where they happened, and how close that was to a border. \
                Lengths are in meters along the WGS84 ellipsoid; positions are longitude, latitude.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0 OR MIT" },
        },
        "servers": [{ "url": base.0 }],
        "tags": [
            { "name": "incidents", "description": "What happened" },
            { "name": "borders", "description": "Territories, and how far they are" },
            { "name": "service", "description": "The service itself" },
        ],
        "paths": paths,
        "components": {
            "parameters": parameters(),
            "schemas": schemas(),
            "responses": { "Problem": {
                "description": "What is wrong (RFC 9457)",
                "content": { PROBLEM_JSON: { "schema": { "$ref": "#/components/schemas/Problem" } } },
            }},
            "securitySchemes": { "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "Made by `kordon token add NAME`. Not needed on a loopback address without any token.",
            }},
        },
    })
}

fn operation(route: &Route) -> Value {
    let in_path = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_query = route.params.unwrap_or(&["f"]).iter().copied();
    let in_header: &[&str] = match (route.id, &route.method) {
        ("live", _) => &["last-event-id"],
        // A file of evidence has no revisions.
        ("removeEvidence", _) => &[],
        ("createIncident", _) => &["content-crs"],
        (_, &Method::PUT | &Method::PATCH) => &["if-match", "content-crs"],
        (_, &Method::DELETE) => &["if-match"],
        _ => &[],
    };
    let names = in_path.chain(in_query).map(|name| component_of(route, name));
    let names = names.chain(in_header.iter().map(|name| (*name).to_owned()));
    let parameters: Vec<Value> =
        names.map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })).collect();
    let mut ok = json!({ "description": route.summary });
    for media in route.gives {
        ok["content"][*media] = json!({ "schema": schema_of(route, media) });
    }
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.summary,
        "tags": [tag(route.path)],
        "parameters": parameters,
        "responses": {
            route.ok.as_str(): ok,
            "4XX": { "$ref": "#/components/responses/Problem" },
            "5XX": { "$ref": "#/components/responses/Problem" },
        },
    });
    if !route.takes.is_empty() {
        let mut content = Map::new();
        for media in route.takes {
            content.insert((*media).to_owned(), json!({ "schema": body_schema(route, media) }));
        }
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    if route.who == Who::Writer {
        operation["security"] = json!([{ "token": [] }, {}]);
    }
    operation
}

/// The component for a query parameter of a route; a few names mean something narrower on one route.
fn component_of(route: &Route, name: &str) -> String {
    match name {
        "id" if route.id == "getFacility" => "facility-id".to_owned(),
        "id" if route.path.starts_with("/imports") => "import-id".to_owned(),
        "profile" if route.path == "/imports" => "profile-of-file".to_owned(),
        "id" if route.path.starts_with("/desk") => "id".to_owned(),
        "file" if route.id == "addEvidence" => "file-of-evidence".to_owned(),
        "sha256" if route.id == "addEvidence" => "sha256-expected".to_owned(),
        "id" if !route.path.starts_with("/collections/incidents") => "row-id".to_owned(),
        "territory" if route.id == "findIncidents" => "territory-of".to_owned(),
        "limit" if route.path.starts_with("/gazetteer") => "limit-places".to_owned(),
        "size" if route.id.starts_with("draw") => "size-of-picture".to_owned(),
        "q" if route.id == "findPlaces" => "q-place".to_owned(),
        "country" if route.id == "findPlaces" => "country-of-place".to_owned(),
        "f" => route.forms().1.to_owned(),
        _ => name.to_owned(),
    }
}

fn tag(path: &str) -> &'static str {
    let is_of_incidents = [
        "/collections/incidents",
        "/collections/impacts",
        "/collections/border-distances",
        "/collections/facilities",
        "/tiles/incidents",
        "/maps",
    ];
    if is_of_incidents.iter().any(|of| path.starts_with(of))
        || path.starts_with("/imports")
        || path.starts_with("/desk")
        || path.starts_with("/evidence")
        || path == "/live"
    {
        "incidents"
    } else if path.starts_with("/borders")
        || path.starts_with("/collections/territories")
        || path.starts_with("/tiles/territories")
    {
        "borders"
    } else {
        "service"
    }
}

fn schema_of(route: &Route, media: &str) -> Value {
    let named = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    match (media, route.id) {
        ("application/geo+json", "findIncidents" | "withheld") => named("IncidentCollection"),
        ("application/geo+json", id) if id.starts_with("find") || id == "measureMany" => {
            named("FeatureCollection")
        }
        ("application/geo+json", id) if id.ends_with("Incident") => named("Incident"),
        ("application/geo+json", _) => named("Feature"),
        ("application/json", "importFile") => named("ImportResult"),
        ("application/json", "addEvidence" | "getEvidence") => named("Evidence"),
        ("application/json", "addTimestamp") => named("Timestamp"),
        ("application/json", "measure") => named("Answer"),
        (
            crate::answer::MVT
            | crate::pictures::PNG
            | evidence::BYTES
            | "application/flatgeobuf"
            | "application/vnd.apache.parquet",
            _,
        ) => {
            json!({ "type": "string", "format": "binary" })
        }
        (text, _)
            if text.starts_with("text/")
                || text.ends_with("ndjson")
                || text.ends_with("-seq")
                || text.ends_with("+xml") =>
        {
            json!({ "type": "string" })
        }
        _ => json!({ "type": "object" }),
    }
}

fn body_schema(route: &Route, media: &str) -> Value {
    match (route.method == Method::PUT || route.id == "createIncident", media) {
        (true, _) => json!({ "$ref": "#/components/schemas/Feature" }),
        (false, "application/geo+json" | "application/json" | "application/merge-patch+json") => {
            json!({ "type": "object" })
        }
        (false, evidence::BYTES | evidence::TIMESTAMP) => json!({ "type": "string", "format": "binary" }),
        _ => json!({ "type": "string" }),
    }
}

/// Every parameter by the name of its component.
fn parameters() -> Value {
    let text = || json!({ "type": "string", "minLength": 1 });
    let flag = |default: bool| json!({ "type": "boolean", "default": default });
    let number = |low: f64, high: f64| json!({ "type": "number", "minimum": low, "maximum": high });
    let uri =
        |words: &[&str]| json!({ "type": "string", "format": "uri", "enum": words, "default": words[0] });
    let one_of = |words: &[&str]| json!({ "type": "string", "enum": words });
    let choice =
        |words: &[&str], default: &str| json!({ "type": "string", "enum": words, "default": default });
    let any_of = |words: &[&str]| list(json!({ "type": "string", "enum": words }));
    let most = |number: usize, mut list: Value| {
        list["maxItems"] = json!(number);
        list
    };
    let matching = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    let bbox = json!({ "type": "array", "minItems": 4, "maxItems": 6, "items": { "type": "number" } });
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT });
    let whole = |high: Option<u64>| match high {
        Some(high) => json!({ "type": "integer", "minimum": 0, "maximum": high }),
        None => json!({ "type": "integer", "minimum": 0 }),
    };
    let all = [
        query("bbox", "west,south,east,north in degrees; west > east crosses the antimeridian", bbox),
        query("datetime", "An RFC 3339 date or time, or an interval with / where .. is open", text()),
        query("limit", "How many at most on one page", limit),
        query("cursor", "Where a page begins; taken from the next link", text()),
        query(
            "as-of",
            "The store as everybody could see it then, as far as it may still be shown: an RFC 3339 date and time with its \
             offset, or the number of a record of the ledger",
            text(),
        ),
        query(
            "snapshot",
            "The id of a snapshot, as each answer gives it: the same address is answered with the same bytes for ever, or \
             with 410 once something in it may not be shown any more",
            matching("^[0-9]+-[0-9]+-[0-9a-f]{12}-[0-9a-f]{12}(-[0-9a-f]{12})?$"),
        ),
        query("since", "The number of the last record that is known; 0 for all", whole(None)),
        query("score", "How likely a pair is at the least; 0.5 is as likely as not", number(0.1, 0.999)),
        query("size", "How many records the older checkpoint speaks of", whole(None)).required(),
        query(
            "size",
            "Width and height in pixels: sides from 100 to 2400, and at most 3 million pixels in all; 1200x630 when absent",
            matching("^[0-9]{3,4}x[0-9]{3,4}$"),
        )
        .named("size-of-picture"),
        query("theme", "The colours", choice(pictures::THEMES, "light")),
        query("within-km", "At most this far from `of`, in kilometers", number(0.0, asked::MAX_KM)),
        query("of", "A country (ISO 3166-1 alpha-3), a set (NATO, EU), or LON,LAT", text()),
        query(
            "certainty",
            "Whether the place must, or may, be that near",
            choice(&["certain", "possible"], "possible"),
        ),
        query("include-inside", "Whether incidents inside `of` count as near it", flag(true)),
        query("territory", "Any of these territories (ISO 3166-1 alpha-3)", list(matching("^[A-Za-z]{3}$"))),
        query(
            "country",
            "Any of these territories claims the place (ISO 3166-1 alpha-3), as the border set and its world view have it; what \
             the record says is asked by filter=country = 'UKR'",
            list(matching("^[A-Za-z]{3}$")),
        ),
        query("event-type", "Any of these kinds of event", any_of(EventType::WORDS)),
        query("sub-event-type", "Any of these finer kinds of event", list(matching("^[a-z0-9_]+$"))),
        query("event_type", "The same as event-type", any_of(EventType::WORDS)),
        query("sub_event_type", "The same as sub-event-type", list(matching("^[a-z0-9_]+$"))),
        query("infrastructure", "Any of these was hit", any_of(Infrastructure::WORDS)),
        query("damage", "Any of these grades of damage", any_of(Damage::WORDS)),
        query("verification", "Any of these grades of verification", any_of(Verification::WORDS)),
        query("q", "Words that must all occur in the text", text()),
        query(
            "q",
            "The name of a place or its beginning, in any of its languages",
            json!({ "type": "string", "minLength": 1, "maxLength": LONGEST_NAME }),
        )
        .required()
        .named("q-place"),
        query("country", "The country whose places come first (ISO 3166-1)", matching("^[A-Za-z]{2,3}$"))
            .named("country-of-place"),
        query("kind", "Any of these kinds of facility", any_of(Infrastructure::WORDS)),
        query("layer", "The facilities of this layer", matching("^[a-z][a-z0-9_-]*$")),
        query(
            "near-incidents-m",
            "Only facilities at most so many meters from an incident; the words that choose incidents say from which. bbox and filter \
             are asked of the facility",
            number(0.0, facilities::FARTHEST_M),
        ),
        query(
            "within-m",
            "At most so many meters from the incident; its radius, but at least 1000, when absent",
            number(0.0, facilities::FARTHEST_M),
        ),
        query("near", "LON,LAT; places near here come first", matching("^ *-?[0-9.]+ *, *-?[0-9.]+ *$")),
        query(
            "limit",
            "How many at most",
            json!({ "type": "integer", "minimum": 1, "maximum": gazetteer::MOST }),
        )
        .named("limit-places"),
        query(
            "cell",
            "Only the incidents of a group of an aggregate, as DIMENSION:VALUE; may be repeated",
            list(matching(&format!("^({}):", items::dimension_words().join("|")))),
        ),
        query(
            "filter",
            "A filter in CQL2 (OGC 21-065r2) of the properties that the queryables of the collection list",
            text(),
        ),
        query(
            "filter-lang",
            "The language of filter; without it, what begins with { is JSON. cql-text is another name of cql2-text",
            choice(asked::FILTER_LANGS, "cql2-text"),
        ),
        query("filter-crs", "The reference system of the geometries in filter", uri(&URIS)),
        query(
            "sortby",
            "The order, and behind commas that of those which are alike in it; a minus sign turns one round",
            most(SortBy::MOST, any_of(asked::SORTS)),
        ),
        query("by", "What is counted by: one or several, comma-separated", any_of(&items::dimension_words())),
        query("f", "The form of the answer", one_of(&["json"])),
        query("f", "The form of the answer", one_of(&["json", "html"])).named("f-page"),
        query(
            "f",
            "The form of the answer; those that are saved as a file give all without a limit",
            one_of(forms::WORDS),
        )
        .named("f-items"),
        query("f", "The form of the answers", one_of(distance::FORMS)).named("f-batch"),
        query("f", "Of what it is a schema: of the data, or of its Features in GeoJSON", one_of(queryables::SCHEMA_FORMS))
            .named("f-schema"),
        query("crs", "The reference system of the answer", uri(&URIS)),
        query("bbox-crs", "The reference system of bbox", uri(&URIS)),
        query("properties", "Only these properties of each incident", list(text())),
        query("bom", "Begin a table with a byte order mark, by which a spreadsheet knows UTF-8", flag(false)),
        query("hxl", "Put a row of HXL tags below the names of a table", flag(false)),
        query("profile", "Name the columns of a table as another dataset does", one_of(Layout::WORDS)),
        query(
            "lang",
            "The language of texts, or the nearest to it there is",
            matching("^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$"),
        ),
        query("skipGeometry", "Leave the geometry out", flag(false)),
        query("lon", "Longitude in degrees", number(-180.0, 180.0)).required(),
        query("lat", "Latitude in degrees", number(-90.0, 90.0)).required(),
        query("to", "A country (ISO 3166-1 alpha-3) or a set (NATO, EU); may be repeated", list(text())),
        query(
            "radius_m",
            "The radius that holds the true place, in meters",
            number(0.0, asked::MAX_KM * 1_000.0),
        ),
        query("borders", "The border set to measure against: a name that /borders lists", text()),
        query("view", "The world view that says whose disputed land is: a name that /borders lists", text()),
        query("on", "The day for the view and for membership of sets; today when absent", date()),
        query("spread", "Ask every other border set too", flag(false)),
        query(
            "on-error",
            "Whether one bad record refuses the file",
            choice(&["reject", "quarantine"], "reject"),
        ),
        query("dry-run", "Check only, store nothing", flag(false)),
        query("source", "The name of the source: with it, the same records update", text()),
        query("format", "The form of the file, when Content-Type is too general", one_of(imports::FORMATS)),
        query(
            "preview",
            "How many of the first records a dry run shows as they would be stored",
            whole(None),
        ),
        query("explain", "Tell what becomes of each column, and by which rule", flag(false)),
        query(
            "file",
            "The name of the file; without a source it names the records on a later import",
            text(),
        ),
        query(
            "profile",
            "Whose columns they are, or none; found by itself when absent",
            one_of(&imports::profiles()),
        )
        .named("profile-of-file"),
        query(
            "map",
            "Take our field from their column, as OUR=THEIRS; may be repeated",
            list(matching("^.+=.+$")),
        ),
        query("fix", "Repairs to make, each of which is told", any_of(Fix::WORDS)),
        query("date-order", "How 03/04/2024 is to be read", one_of(imports::DATE_ORDERS)),
        query("file", "The name of the file", json!({ "type": "string", "minLength": 1, "maxLength": 255 }))
            .named("file-of-evidence"),
        query("sha256", "What the file is; it is not kept when it is another", matching("^[0-9A-Fa-f]{64}$"))
            .named("sha256-expected"),
        query(
            "restore",
            "Bring incidents back that were withdrawn and stand in the file, and publish what was hidden since if the file says so; \
             without it what is hidden stays so, and what was withdrawn, unless the file says that it is published",
            flag(false),
        ),
        query("mends", "The import whose refused records these are, mended", matching(imports::ID)),
        header("if-match", "If-Match", "The ETag of the revision that is meant", text()),
        header("content-crs", "Content-Crs", "The reference system of the geometry, as `<URI>`", one_of(&crs::HEADERS)),
        header("last-event-id", "Last-Event-ID", "The id of the last event that was seen", whole(None)),
        path("id", "The id of an incident", json!({ "type": "string", "format": "uuid" })),
        path(
            "id",
            "The id of a row: that of the incident, a point, and which",
            matching("^[0-9a-f-]{36}[.][0-9A-Z]+$"),
        )
        .named("row-id"),
        path(
            "id",
            "The id of a facility: its layer, a point, and which",
            matching("^[a-z][a-z0-9_-]*[.][0-9]+$"),
        )
        .named("facility-id"),
        path("id", "The id of an import", matching(imports::ID)).named("import-id"),
        path(
            "sha256",
            "The SHA-256 of a file of evidence, in lower-case hexadecimal",
            matching(evidence::SHA256),
        ),
        path("code", "ISO 3166-1 alpha-3", matching("^[A-Za-z]{3}$")),
        path("z", "Zoom", whole(Some(u64::from(tiles::MAX_ZOOM)))),
        path("y", "Row, from the north", whole(None)),
        path("x", "Column, from the west", whole(None)),
    ];
    let of_properties = queryables::parameters().map(|(name, about, schema)| {
        // Beside the parameter of a collection made of the incidents, which asks for any of several.
        let component = if name == "territory" { "territory-of" } else { name };
        query(name, &about, schema).named(component)
    });
    let all = all.into_iter().chain(of_properties);
    all.map(|parameter| (parameter.component, parameter.body)).collect::<Map<_, _>>().into()
}

struct Parameter {
    component: String,
    body: Value,
}

impl Parameter {
    fn named(mut self, component: &str) -> Self {
        component.clone_into(&mut self.component);
        self
    }

    fn required(mut self) -> Self {
        self.body["required"] = json!(true);
        self
    }
}

fn query(name: &str, description: &str, schema: Value) -> Parameter {
    let body = json!({
        "name": name,
        "in": "query",
        "description": description,
        "required": false,
        "schema": schema,
        "style": "form",
        "explode": REPEATABLE.contains(&name),
    });
    Parameter { component: name.to_owned(), body }
}

fn header(component: &str, name: &str, description: &str, schema: Value) -> Parameter {
    let body = json!({ "name": name, "in": "header", "description": description, "required": false, "schema": schema });
    Parameter { component: component.to_owned(), body }
}

fn path(name: &str, description: &str, schema: Value) -> Parameter {
    let body =
        json!({ "name": name, "in": "path", "description": description, "required": true, "schema": schema });
    Parameter { component: name.to_owned(), body }
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "minItems": 1, "items": items })
}

fn date() -> Value {
    json!({ "type": "string", "format": "date" })
}

fn schemas() -> Value {
    let nullable = |kind: &str| json!({ "type": kind, "nullable": true });
    let measured = json!({
        "type": "object",
        "properties": {
            "to": { "type": "string" }, "country": { "type": "string" }, "name": { "type": "string" },
            "distance_m": { "type": "number", "minimum": 0, "nullable": true },
            "signed_distance_m": { "type": "number", "description": "Negative inside" },
            "distance_low_m": { "type": "number", "minimum": 0 },
            "distance_high_m": { "type": "number", "minimum": 0 },
            "nearest_point": { "type": "array", "items": { "type": "number" }, "nullable": true },
            "azimuth_deg": nullable("number"),
            "kind": { "type": "string", "enum": ["land", "river-or-lake", "maritime"] },
            "side": { "type": "string", "enum": ["inside", "outside", "uncertain"] },
            "accuracy_m": { "type": "number" },
        },
    });
    let refers_to = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let measured_or_not = json!({ "allOf": [refers_to("Measured")], "nullable": true });
    let collection_of = |name: &str| {
        json!({
            "type": "object",
            "required": ["type", "features"],
            "properties": {
                "type": { "type": "string", "enum": ["FeatureCollection"] },
                "features": { "type": "array", "items": refers_to(name) },
                "numberMatched": { "type": "integer", "minimum": 0 },
                "numberReturned": { "type": "integer", "minimum": 0 },
                "timeStamp": { "type": "string", "format": "date-time", "description": "Not in answers to `snapshot`" },
                "snapshot": { "type": "string", "description": "What the answer was made from: asked again with \
                    `snapshot`, it is the same for ever" },
                "citation": { "type": "string", "description": "How to cite the answer; add the day of reading" },
                "links": { "type": "array", "items": refers_to("Link") },
            },
        })
    };
    json!({
        "Problem": {
            "type": "object",
            "required": ["type", "title", "status"],
            "properties": {
                "type": { "type": "string", "format": "uri" },
                "title": { "type": "string" },
                "status": { "type": "integer" },
                "detail": { "type": "string" },
            },
        },
        "Link": {
            "type": "object",
            "required": ["href", "rel"],
            "properties": {
                "href": { "type": "string" }, "rel": { "type": "string" },
                "type": { "type": "string" }, "title": { "type": "string" },
            },
        },
        "Feature": {
            "type": "object",
            "required": ["type", "geometry", "properties"],
            "properties": {
                "type": { "type": "string", "enum": ["Feature"] },
                "id": { "type": "string" },
                "geometry": { "type": "object", "nullable": true },
                "properties": { "type": "object", "nullable": true },
                "border": { "type": "object", "description": "Derived: how far it is from the nearest foreign territory" },
            },
        },
        "FeatureCollection": collection_of("Feature"),
        "Incident": incident(),
        "IncidentCollection": collection_of("Incident"),
        "Border": {
            "type": "object",
            "description": "Where an incident stands among the territories",
            "properties": {
                "territory": { "type": "array", "items": { "type": "string" } },
                "nearest_foreign": measured_or_not,
                "reason": { "type": "string", "description": "Why nothing was measured" },
                "to": { "type": "array", "items": refers_to("Measured") },
                "boundary": refers_to("Boundary"),
            },
        },
        "Boundary": {
            "type": "object",
            "description": "What was measured against",
            "properties": {
                "set": { "type": "string" }, "version": { "type": "string" }, "accuracy_m": { "type": "number" },
                "licence": { "type": "string" }, "attribution": { "type": "string" },
                "world_view": { "type": "string" }, "on": nullable("string"),
                "edge_model": { "type": "string" }, "checksum": { "type": "string" },
            },
        },
        "Measured": measured,
        "Answer": {
            "type": "object",
            "properties": {
                "lon": { "type": "number" }, "lat": { "type": "number" }, "radius_m": nullable("number"),
                "territory": { "type": "array", "items": { "type": "string" } },
                "territory_in_view": nullable("string"),
                "nearest_foreign": measured_or_not,
                "to": { "type": "array", "items": refers_to("Measured") },
                "spread": { "type": "array", "items": { "type": "object" }, "description": "What every border set says" },
                "bdist1_m": nullable("number"), "bdist2_m": nullable("number"), "bdist3_m": nullable("number"),
                "boundary": refers_to("Boundary"),
            },
        },
        "Fault": {
            "type": "object",
            "properties": {
                "index": nullable("integer"), "line": nullable("integer"), "column": nullable("integer"),
                "pointer": nullable("string"), "field": nullable("string"),
                "problem": { "type": "string" }, "hint": nullable("string"),
            },
        },
        "Evidence": {
            "type": "object",
            "required": ["sha256", "name", "bytes", "added_at", "added_by"],
            "properties": {
                "sha256": { "type": "string", "pattern": evidence::SHA256 },
                "name": { "type": "string", "description": "The name that the file had" },
                "bytes": { "type": "integer", "minimum": 0 },
                "added_at": { "type": "string", "format": "date-time" },
                "added_by": { "type": "string" },
                "is_as_added": { "type": "boolean", "description": "Whether what is on the disk is what was added" },
                "timestamps": { "type": "array", "items": refers_to("Timestamp") },
                "web_archive": {
                    "type": "object",
                    "nullable": true,
                    "description": "What it says as a web archive (WACZ), and whether that is so",
                },
            },
        },
        "Timestamp": {
            "type": "object",
            "description": "An RFC 3161 timestamp, or why it is none",
            "properties": {
                "at": { "type": "string", "format": "date-time" },
                "digest": { "type": "string" }, "imprint": { "type": "string" },
                "policy": { "type": "string" }, "serial": { "type": "string" },
                "signer": nullable("string"),
                "signed": { "description": "`by_its_certificate`, or an object that says why it was not checked" },
                "words": { "type": "string", "description": "All of it for people" },
                "problem": { "type": "string", "description": "Why it does not hold" },
            },
        },
        "ImportResult": import_result(),
    })
}

/// What is told of a file that was sent, or only checked.
fn import_result() -> Value {
    json!({
        "type": "object",
        "required": ["imported", "updated", "unchanged", "rejected", "errors", "warnings"],
        "properties": {
            "imported": { "type": "integer" }, "updated": { "type": "integer" },
            "unchanged": { "type": "integer" }, "rejected": { "type": "integer" },
            "withdrawn": { "type": "integer" }, "withheld": { "type": "integer" },
            "revised": { "type": "array", "items": { "type": "object" } },
            "errors": { "type": "array", "items": { "$ref": "#/components/schemas/Fault" } },
            "errors_total": { "type": "integer" },
            "warnings": { "type": "array", "items": { "$ref": "#/components/schemas/Fault" } },
            "warnings_total": { "type": "integer" },
            "repairs": { "type": "array", "items": { "$ref": "#/components/schemas/Fault" } },
            "repairs_total": { "type": "integer" },
            "credits": { "type": "array", "items": { "type": "string" } },
            "records": { "type": "integer" },
            "id": { "type": "string" },
            "batch": { "type": "integer", "nullable": true }, "quarantine": { "type": "string", "nullable": true },
            "preview": { "type": "array", "items": { "$ref": "#/components/schemas/Feature" } },
            "explained": { "type": "array", "items": { "type": "object" } },
            "dry_run": { "type": "boolean" },
            "sound": { "type": "integer" },
            "would": {
                "type": "object",
                "description": "Of a dry run: what the sound records would come to now, in the words of an import",
                "properties": {
                    "imported": { "type": "integer" }, "updated": { "type": "integer" },
                    "unchanged": { "type": "integer" }, "withdrawn": { "type": "integer" },
                    "withheld": { "type": "integer" },
                    "revised": { "type": "array", "items": { "type": "object" } },
                },
            },
        },
    })
}

/// An incident as it is served, in the words of OpenAPI 3.0.
fn incident() -> Value {
    let mut schema = kordon_incidents::served_schema();
    plain(&mut schema);
    schema["properties"]["geometry"] = json!({
        "type": "object",
        "nullable": true,
        "required": ["type", "coordinates"],
        "properties": {
            "type": { "type": "string", "enum": ["Point", "MultiPoint"] },
            "coordinates": { "type": "array", "items": {} },
        },
    });
    // `properties` may leave out any of them.
    if let Some(properties) = schema["properties"]["properties"].as_object_mut() {
        properties.remove("required");
    }
    schema["properties"]["border"] = json!({ "$ref": "#/components/schemas/Border" });
    schema
}

/// Takes from a JSON Schema what OpenAPI 3.0 does not know; a time may be a month, which no format of it says.
fn plain(schema: &mut Value) {
    let Value::Object(members) = schema else { return };
    for unknown in ["$schema", "examples"] {
        members.remove(unknown);
    }
    if members.get("format").is_some_and(|format| format == "date-time") {
        members.remove("format");
    }
    if members.get("type").is_some_and(Value::is_array) {
        members.remove("type");
    }
    if let Some(low) = members.get("exclusiveMinimum").filter(|low| low.is_number()).cloned() {
        members.insert("minimum".to_owned(), low);
        members.insert("exclusiveMinimum".to_owned(), json!(true));
    }
    for (name, inner) in members.iter_mut() {
        match (name.as_str(), inner) {
            ("properties", Value::Object(all)) => all.values_mut().for_each(plain),
            ("anyOf", Value::Array(all)) => all.iter_mut().for_each(plain),
            ("items" | "additionalProperties", inner) => plain(inner),
            _ => {}
        }
    }
}
