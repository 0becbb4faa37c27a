//! What a filter may ask: the properties of incidents as JSON Schema, and the functions (OGC API – Features Part 3).
//!
//! Both are made of the lists that filters are read by, so that nothing is offered that is not understood. QGIS and GDAL
//! send a filter to the server only for properties that stand here.

use crate::answer::{Answer, Base, SCHEMA_JSON};
use axum::Extension;
use axum::http::HeaderMap;
use axum::response::Response;
use kordon_incidents::{Damage, Infrastructure};
use kordon_store::{Described, Filter};
use serde_json::{Map, Value, json};

/// `GET /collections/incidents/queryables`.
pub async fn queryables(Extension(base): Extension<Base>, headers: HeaderMap) -> Response {
    let schema = kordon_incidents::schema();
    let known = &schema["properties"]["properties"]["properties"];
    let properties: Map<String, Value> = Filter::properties()
        .map(|(name, kind)| (name.to_owned(), described(name, kind, &known[name])))
        .collect();
    let body = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
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
            json!({ "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "string", "format": "date-time" } })
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
