//! What a filter may ask: the properties of incidents as JSON Schema, and the functions (OGC API – Features Part 3).
//!
//! Both are made of the lists that filters are read by, so that nothing is offered that is not understood. QGIS and GDAL
//! send a filter to the server only for properties that stand here.

use crate::answer::{Answer, Base, Link, SCHEMA_JSON};
use crate::error::Problem;
use crate::params::Params;
use crate::query::PROPERTIES;
use axum::Extension;
use axum::http::HeaderMap;
use axum::response::Response;
use kordon_incidents::{Damage, Infrastructure};
use kordon_store::{Column, Described, Filter};
use serde_json::{Map, Value, json};

/// What a link to queryables is.
pub const QUERYABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";
/// What a link to the schema of a collection is.
pub const SCHEMA: &str = "http://www.opengis.net/def/rel/ogc/1.0/schema";
/// The forms of a schema: of what a collection holds, whatever the form it is told in (OGC 23-058r2, where QGIS finds its
/// fields); and of its Features in GeoJSON, of which GDAL makes its fields.
pub const SCHEMA_FORMS: &[&str] = &["json", "geojson"];

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The properties of a table's rows that a filter of it may name.
pub fn of_rows(base: &Base, path: &str, columns: &[Column], headers: &HeaderMap) -> Response {
    let properties: Map<String, Value> =
        columns.iter().map(|column| (column.name.to_owned(), of_column(column))).collect();
    let body = json!({
        "$schema": DIALECT,
        "$id": base.at(&format!("{path}/queryables")),
        "type": "object",
        "title": "What rows can be chosen by",
        "properties": properties,
        "additionalProperties": false,
    });
    Answer::json(&body).media(SCHEMA_JSON).finish(headers)
}

/// The links from a collection to both forms of its schema.
pub fn schema_links(base: &Base, path: &str) -> [Link; 2] {
    let at = |query: &str| base.at(&format!("{path}/schema{query}"));
    [
        Link::new(SCHEMA, at(""), SCHEMA_JSON, "What it holds"),
        Link::new("describedby", at("?f=geojson"), SCHEMA_JSON, "The schema of its Features in GeoJSON"),
    ]
}

/// `GET …/schema` of a table.
///
/// # Errors
///
/// 400 for a form that is none of [`SCHEMA_FORMS`].
pub fn schema_of_rows(
    base: &Base,
    path: &str,
    columns: &[Column],
    (params, headers): (&Params, &HeaderMap),
) -> Result<Response, Problem> {
    let body = match params.one_of("f", SCHEMA_FORMS)? {
        Some("geojson") => geojson_of_rows(base, path, columns),
        _ => logical_of_rows(base, path, columns),
    };
    Ok(Answer::json(&body).media(SCHEMA_JSON).finish(headers))
}

fn logical_of_rows(base: &Base, path: &str, columns: &[Column]) -> Value {
    // Territories are not filtered by their outlines, so these are no column.
    let mut properties = json!({
        "id": { "type": "string", "title": "What names it here", "readOnly": true, "x-ogc-role": "id" },
        "geometry": { "format": "geometry-polygon-or-multipolygon", "x-ogc-role": "primary-geometry" },
    });
    for column in columns {
        properties[column.name] = of_column(column);
    }
    json!({
        "$schema": DIALECT,
        "$id": base.at(&format!("{path}/schema")),
        "type": "object",
        "title": "A row",
        "properties": properties,
    })
}

/// The rows of a table as the GeoJSON that is served.
fn geojson_of_rows(base: &Base, path: &str, columns: &[Column]) -> Value {
    let told = columns.iter().filter(|column| column.kind != "geometry");
    let properties: Map<String, Value> =
        told.map(|column| (column.name.to_owned(), of_column(column))).collect();
    json!({
        "$schema": DIALECT,
        "$id": base.at(&format!("{path}/schema?f=geojson")),
        "type": "object",
        "title": "A row",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": { "type": "string", "enum": ["Feature"] },
            "id": { "type": "string", "x-ogc-role": "id" },
            "geometry": { "type": ["object", "null"], "x-ogc-role": "primary-geometry" },
            "properties": { "type": "object", "properties": properties },
        },
    })
}

fn of_column(column: &Column) -> Value {
    let mut one = match column.kind {
        "geometry" => json!({ "format": "geometry-point-or-multipoint", "x-ogc-role": "primary-geometry" }),
        "date-time" => json!({ "type": "string", "format": "date-time" }),
        kind => json!({ "type": kind }),
    };
    if column.name == "date_start" {
        one["x-ogc-role"] = json!("primary-instant");
    }
    one["title"] = json!(column.about);
    one
}

/// `GET /collections/incidents/queryables`.
pub async fn queryables(Extension(base): Extension<Base>, headers: HeaderMap) -> Response {
    let schema = kordon_incidents::schema();
    let known = &schema["properties"]["properties"]["properties"];
    let properties: Map<String, Value> = Filter::properties()
        .map(|(name, kind)| (name.to_owned(), described(name, kind, &known[name])))
        .collect();
    let body = json!({
        "$schema": DIALECT,
        "$id": base.at("/collections/incidents/queryables"),
        "type": "object",
        "title": "What incidents can be chosen by",
        "description": "Properties for `filter`; a hyphen may stand for _. A list compared with one value asks for one of its \
            elements. A date compares as precisely as the other side says.",
        "properties": properties,
        "additionalProperties": false,
    });
    Answer::json(&body).media(SCHEMA_JSON).finish(&headers)
}

/// The properties that may be parameters of `items`: name, what is asked, and the schema of a value.
pub fn parameters() -> impl Iterator<Item = (&'static str, String, Value)> {
    let schema = kordon_incidents::schema();
    let known = schema["properties"]["properties"]["properties"].clone();
    Filter::properties().filter(|(name, _)| PROPERTIES.contains(name)).map(move |(name, kind)| {
        let one = described(name, kind, &known[name]);
        let value = match kind {
            "array" => one["items"].clone(),
            "date-time" => json!({ "type": "string", "minLength": 4 }), // A month is one, too.
            "string" => json!({ "type": "string", "minLength": 1 }),
            _ => json!({ "type": one["type"] }),
        };
        (name, format!("What has this value: {}", one["title"].as_str().unwrap_or_default()), value)
    })
}

/// A property: its type, its words if they are a closed list, and what the schema of an incident says of it.
fn described(name: &str, kind: &str, known: &Value) -> Value {
    let of_list = |words: Option<&[&str]>| match words {
        Some(words) => json!({ "type": "array", "items": { "type": "string", "enum": words } }),
        None => json!({ "type": "array", "items": { "type": "string" } }),
    };
    let mut one = match (name, kind) {
        ("infrastructure", _) => of_list(Some(Infrastructure::WORDS)),
        ("damage", _) => of_list(Some(Damage::WORDS)),
        (_, "array") => of_list(None),
        (_, "geometry") => json!({ "format": "geometry-point-or-multipoint" }),
        (_, "date-time") => json!({ "type": "string", "format": "date-time" }),
        (_, "interval") => {
            json!({ "type": "array", "format": "interval-array", "minItems": 2, "maxItems": 2, "items": { "type": "string", "format": "date-time" } })
        }
        (_, "number") if known["type"][0] == "integer" => json!({ "type": "integer" }),
        (_, kind) => json!({ "type": kind }),
    };
    if let (Some(words), "string") = (known["enum"].as_array(), kind) {
        one["enum"] = words.iter().filter(|word| !word.is_null()).cloned().collect();
    }
    let about = match name {
        "id" => "The permanent id, a UUID",
        "geometry" => "Where it happened",
        "datetime" => "From the beginning to the end of the incident, for the functions T_…",
        "territory" => "The territories that claim the place, ISO 3166-1 alpha-3",
        "infrastructure" => "What was hit",
        "damage" => "How badly",
        _ => known["description"].as_str().unwrap_or_default().trim_end_matches('.'),
    };
    one["title"] = json!(about);
    let role = match name {
        "id" => "id",
        "geometry" => "primary-geometry",
        "date_start" => "primary-interval-start",
        "date_end" => "primary-interval-end",
        _ => return one,
    };
    one["x-ogc-role"] = json!(role);
    one
}

/// `GET /functions`.
pub async fn functions(headers: HeaderMap) -> Response {
    let function = |function: &Described| {
        let operand = |(title, about, kind): &(&str, &str, &str)| json!({ "title": title, "description": about, "type": [kind] });
        json!({
            "name": function.name,
            "description": function.about,
            "arguments": function.operands.iter().map(operand).collect::<Vec<_>>(),
            "returns": [function.returns],
        })
    };
    let all: Vec<Value> = Filter::functions().iter().map(function).collect();
    Answer::json(&json!({ "functions": all })).finish(&headers)
}
