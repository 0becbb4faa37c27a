//! The model as JSON Schema 2020-12, made from the same word lists that the checker uses.
//!
//! The schema says what a record looks like; it cannot say that casualties are in order or that a place is
//! not 0, 0. So a record that validates may still have faults, but none that passes the check fails to
//! validate in the form in which it is written.

use crate::vocabulary::{
    Attribution, Damage, DatePrecision, EventType, FunctionalStatus, Infrastructure, LocationMethod,
    MaskingLevel, RecordStatus, Reliability, SUB_EVENT_TYPES, Sensitivity, Verification,
};
use serde_json::{Map, Value, json};

/// JSON Schema (2020-12) of one incident as a GeoJSON Feature.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Incident",
        "description": "Something that happened somewhere: one GeoJSON Feature (RFC 7946). An unknown is null or absent, never 0.",
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"const": "Feature"},
            "id": {"type": ["string", "number", "null"], "description": "A UUID is the incident's own id; anything else is the source's."},
            "geometry": {"anyOf": [
                {"type": "null"},
                {"type": "object", "required": ["type", "coordinates"], "properties": {
                    "type": {"const": "Point"}, "coordinates": {"$ref": "#/$defs/position"}}},
                {"type": "object", "required": ["type", "coordinates"], "properties": {
                    "type": {"const": "MultiPoint"},
                    "coordinates": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/position"}}}},
            ]},
            "properties": {
                "type": "object",
                "required": ["date_start"],
                "properties": properties(),
            },
        },
        "$defs": definitions(),
    })
}

/// JSON Schema (2020-12) of one incident as it is served.
///
/// An unknown is absent there, so each property has one plain type: GDAL makes its fields of `type`, and reads a list of
/// types as text. A date has the format that makes a time of it, though it may be a month or a year if no more is known.
pub fn served_schema() -> Value {
    let taken = schema();
    let mut served = plain(&taken, &taken);
    if let Some(root) = served.as_object_mut() {
        root.remove("$defs"); // Each stands where it is meant.
    }
    served["properties"]["type"] = json!({"type": "string", "enum": ["Feature"]});
    served["properties"]["id"] = json!({"type": "string", "format": "uuid", "x-ogc-role": "id"});
    served["properties"]["geometry"]["x-ogc-role"] = json!("primary-geometry");
    let properties = &mut served["properties"]["properties"]["properties"];
    for name in ["title", "description"] {
        let about = properties[name]["description"].take();
        properties[name] =
            json!({"type": "object", "additionalProperties": {"type": "string"}, "description": about});
    }
    for (name, role) in [("date_start", "primary-interval-start"), ("date_end", "primary-interval-end")] {
        properties[name]["x-ogc-role"] = json!(role);
    }
    served
}

/// What an incident is, whatever the form it is told in: JSON Schema as OGC 23-058r2 has it, with every property at the top.
pub fn logical_schema() -> Value {
    let mut served = served_schema();
    let mut properties = served["properties"]["properties"]["properties"].take();
    // What the store says of a record, not whoever sends it.
    for name in ["revision", "recorded_at", "recorded_by"] {
        properties[name]["readOnly"] = json!(true);
    }
    properties["id"] = served["properties"]["id"].take();
    properties["geometry"] =
        json!({"format": "geometry-point-or-multipoint", "x-ogc-role": "primary-geometry"});
    json!({
        "$schema": served["$schema"],
        "type": "object",
        "title": served["title"],
        "description": "Something that happened somewhere. An unknown is null or absent, never 0.",
        "required": ["date_start"],
        "properties": properties,
    })
}

/// A schema without null among its types and words, and with what it refers to in the place of the reference.
fn plain(schema: &Value, root: &Value) -> Value {
    let Value::Object(schema) = schema else { return schema.clone() };
    let mut all = Map::new();
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        if let Some(Value::Object(meant)) = root.pointer(name.trim_start_matches('#')) {
            all.extend(meant.clone());
        }
        if name == "#/$defs/date" {
            all.insert("format".to_owned(), json!("date-time"));
        }
    }
    let own = schema.iter().filter(|(name, _)| *name != "$ref");
    all.extend(own.map(|(name, value)| (name.clone(), value.clone())));
    if let Some(Value::Array(words)) = all.get_mut("enum") {
        words.retain(|word| !word.is_null());
        all.entry("type").or_insert_with(|| json!("string"));
    }
    for (name, value) in &mut all {
        match (name.as_str(), &mut *value) {
            ("type", Value::Array(kinds)) => {
                kinds.retain(|kind| kind != "null");
                if let [only] = kinds.as_mut_slice() {
                    *value = only.take();
                }
            }
            ("properties", Value::Object(members)) => {
                members.values_mut().for_each(|one| *one = plain(one, root));
            }
            ("anyOf", Value::Array(choices)) => choices.iter_mut().for_each(|one| *one = plain(one, root)),
            ("items" | "additionalProperties", _) => *value = plain(value, root),
            _ => {}
        }
    }
    all.into()
}

/// The properties of the model, in its order.
fn properties() -> Value {
    let what = json!({
        "title": text("What happened, in a line."),
        "description": text("What is known about it."),
        "date_start": {"$ref": "#/$defs/date", "type": "string", "description": "When it happened or began."},
        "date_end": date("When it ended."),
        "date_precision": closed(DatePrecision::WORDS, "How much of the date is known."),
        "event_type": closed(EventType::WORDS, "Kind of event, as ACLED has it."),
        "sub_event_type": open(SUB_EVENT_TYPES, "Finer kind; an open list."),
        "event_type_source": string("The source's own word or code for the kind of event."),
        "actor1": string("Who did it, as far as anybody says."),
        "actor2": string("To whom."),
        "attribution": closed(Attribution::WORDS, "How well it is known who did it."),
        "civilian_targeting": flag("Civilians were the target."),
    });
    let where_and_who = json!({
        "location": string("Name of the place."),
        "country": {"type": ["string", "null"], "pattern": "^[A-Z]{3}$", "description": "ISO 3166-1 alpha-3, as the source has it."},
        "admin1": string("First administrative level."),
        "admin2": string("Second administrative level."),
        "admin3": string("Third administrative level."),
        "admin1_pcode": string("OCHA p-code of the first level."),
        "admin2_pcode": string("OCHA p-code of the second level."),
        "location_radius_m": {"type": ["number", "null"], "exclusiveMinimum": 0, "description": "Radius in meters that holds the true place with 95 %."},
        "location_method": closed(LocationMethod::WORDS, "How the place was found."),
        "geo_precision": code(3, "ACLED's code of place precision."),
        "where_prec": code(7, "UCDP's code of place precision."),
        "deaths_low": count("Fewest dead reported."),
        "deaths_best": count("Most likely number of dead."),
        "deaths_high": count("Most dead reported."),
        "injured_low": count("Fewest injured reported."),
        "injured_best": count("Most likely number of injured."),
        "injured_high": count("Most injured reported."),
        "impacts": {"type": ["array", "null"], "items": {"$ref": "#/$defs/impact"}, "description": "What was hit."},
        "verification": closed(Verification::WORDS, "How far it has been verified."),
        "sources": {"type": ["array", "null"], "items": {"$ref": "#/$defs/source"}, "description": "Who says so."},
        "sensitivity": closed(Sensitivity::WORDS, "Sensitivity, as OCHA grades it."),
        "masking": {"type": ["object", "null"], "properties": {"level": closed(MaskingLevel::WORDS, "How coarse the public form is.")},
            "additionalProperties": false, "description": "How the place is shown to the public."},
        "same_as": {"type": ["array", "null"], "items": {"type": "string", "pattern": "^[^:]+:.+$"}, "description": "Names of this incident elsewhere: source, colon, its id."},
        "tags": strings("Words to find it by."),
        "language": {"type": ["string", "null"], "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$", "description": "BCP 47 tag of texts that do not tell their language."},
        "license": string("Licence of the record; an SPDX name where there is one."),
        "redistributable": flag("false keeps the record out of every public answer."),
        "record_status": closed(RecordStatus::WORDS, "Where the record stands in its life."),
        "merged_from": strings("Ids of the incidents that were merged into this one."),
        "merged_into": {"type": ["string", "null"], "description": "Id of the incident this one was merged into."},
        "revision": count("How often it has been revised."),
        "recorded_at": date("When this revision was recorded."),
        "recorded_by": string("Who recorded it."),
        "extra": {"type": ["object", "null"], "description": "Whatever else the source had, as it had it."},
    });
    let mut all = serde_json::Map::new();
    for part in [what, where_and_who] {
        if let Value::Object(part) = part {
            all.extend(part);
        }
    }
    Value::Object(all)
}

/// What several properties share.
fn definitions() -> Value {
    json!({
            "position": {"type": "array", "minItems": 2, "maxItems": 4, "items": {"type": ["number", "null"]},
                "description": "Longitude, latitude in degrees on WGS84."},
            "text": {"anyOf": [
                {"type": ["string", "null"]},
                {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
            ]},
            "date": {"type": ["string", "null"],
                "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?)?)?$"},
            "impact": {"type": "object", "properties": {
                "facility": string("What was hit."),
                "facility_ref": string("Where the facility is listed, such as osm:way/1."),
                "infrastructure": closed(Infrastructure::WORDS, "Kind of facility."),
                "damage": closed(Damage::WORDS, "How badly: UNOSAT's classes."),
                "damage_scheme": string("Whose code damage_code is; an open list."),
                "damage_code": {"type": ["string", "number", "null"], "description": "The source's own code."},
                "functional_status": closed(FunctionalStatus::WORDS, "Whether it still does its work."),
                "assessed_on": date("When the damage was assessed."),
                "source": count("Which of the sources says so, counted from 0."),
                "extra": {"type": ["object", "null"]},
            }},
            "source": {"anyOf": [
                {"type": "string", "description": "A web address or a name."},
                {"type": "object", "properties": {
                    "url": {"type": ["string", "null"], "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"},
                    "archived_url": {"type": ["string", "null"], "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"},
                    "name": string("Name of the source."),
                    "type": open(&["media", "official", "ngo", "satellite", "social_media", "sensor"], "Kind of source; an open list."),
                    "published_at": date("When it was published."),
                    "reliability": closed(Reliability::WORDS, "Admiralty code of the source, A to F."),
                    "credibility": code(6, "Admiralty code of the information, 1 to 6."),
                    "sha256": {"type": ["string", "null"], "pattern": "^[0-9A-Fa-f]{64}$"},
                    "license": string("Licence of the source."),
                    "extra": {"type": ["object", "null"]},
                }},
            ]},
    })
}

fn text(about: &str) -> Value {
    json!({"$ref": "#/$defs/text", "description": about})
}

fn string(about: &str) -> Value {
    json!({"type": ["string", "null"], "description": about})
}

fn date(about: &str) -> Value {
    json!({"$ref": "#/$defs/date", "description": about})
}

fn count(about: &str) -> Value {
    json!({"type": ["integer", "null"], "minimum": 0, "description": about})
}

fn code(most: u8, about: &str) -> Value {
    json!({"type": ["integer", "null"], "minimum": 1, "maximum": most, "description": about})
}

fn flag(about: &str) -> Value {
    json!({"type": ["boolean", "null"], "description": about})
}

fn strings(about: &str) -> Value {
    json!({"type": ["array", "null"], "items": {"type": "string"}, "description": about})
}

fn closed(words: &[&str], about: &str) -> Value {
    let words: Vec<Value> = words.iter().map(|word| json!(word)).chain([Value::Null]).collect();
    json!({"enum": words, "description": about})
}

fn open(words: &[&str], about: &str) -> Value {
    json!({"type": ["string", "null"], "pattern": "^[a-z][a-z0-9_]{0,63}$", "examples": words, "description": about})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::tests::{EVERY_PROPERTY, checked, incidents};
    use proptest::prelude::*;

    /// The part of JSON Schema that the schema uses, apart from patterns.
    fn faults(schema: &Value, at: &Value, root: &Value, path: &str, out: &mut Vec<String>) {
        if let Some(target) = schema["$ref"].as_str() {
            faults(root.pointer(&target[1..]).unwrap(), at, root, path, out);
        }
        let is = |kind: &str| match kind {
            "object" => at.is_object(),
            "array" => at.is_array(),
            "string" => at.is_string(),
            "number" => at.is_number(),
            "integer" => at.is_u64() || at.is_i64(),
            "boolean" => at.is_boolean(),
            "null" => at.is_null(),
            other => panic!("the schema has a type {other}"),
        };
        let kinds = match &schema["type"] {
            Value::String(kind) => vec![kind.as_str()],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        };
        if !kinds.is_empty() && !kinds.iter().any(|kind| is(kind)) {
            out.push(format!("{path} is not of type {kinds:?}"));
        }
        if schema.get("const").is_some_and(|only| only != at)
            || schema["enum"].as_array().is_some_and(|words| !words.contains(at))
        {
            out.push(format!("{path} is not an allowed value: {at}"));
        }
        if let (Some(number), Some(least)) = (at.as_f64(), schema["minimum"].as_f64())
            && (number < least || schema["maximum"].as_f64().is_some_and(|most| number > most))
        {
            out.push(format!("{path} is out of range"));
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let fits = |choice: &Value| {
                let mut inner = Vec::new();
                faults(choice, at, root, path, &mut inner);
                inner.is_empty()
            };
            if !choices.iter().any(fits) {
                out.push(format!("{path} fits none of the choices"));
            }
        }
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(value) = at.get(name) {
                faults(inner, value, root, &format!("{path}/{name}"), out);
            }
        }
        for required in schema["required"].as_array().into_iter().flatten() {
            if at.get(required.as_str().unwrap()).is_none() {
                out.push(format!("{path} lacks {required}"));
            }
        }
        for (index, item) in at.as_array().into_iter().flatten().enumerate() {
            if let Some(inner) = schema.get("items") {
                faults(inner, item, root, &format!("{path}/{index}"), out);
            }
        }
    }

    fn validate(feature: &Value) -> Vec<String> {
        validate_by(&schema(), feature)
    }

    fn validate_by(schema: &Value, feature: &Value) -> Vec<String> {
        let mut out = Vec::new();
        faults(schema, feature, schema, "", &mut out);
        out
    }

    #[test]
    fn the_sample_of_the_model_validates_and_a_ruined_one_does_not() {
        let mut sample: Value = serde_json::from_str(EVERY_PROPERTY).unwrap();
        assert_eq!(validate(&sample), Vec::<String>::new());
        sample["properties"]["event_type"] = json!("ruined");
        sample["properties"]["deaths_low"] = json!(-1);
        sample["geometry"]["type"] = json!("Polygon");
        assert_eq!(validate(&sample).len(), 3, "{:?}", validate(&sample));
    }

    #[test]
    fn the_schema_and_the_record_have_the_same_properties() {
        let written = serde_json::to_value(checked(EVERY_PROPERTY).unwrap().incident).unwrap();
        let schema = schema();
        for (pointer, value) in [
            ("/properties/properties/properties", &written["properties"]),
            ("/$defs/impact/properties", &written["properties"]["impacts"][0]),
            ("/$defs/source/anyOf/1/properties", &written["properties"]["sources"][0]),
        ] {
            let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(schema.pointer(pointer).unwrap()), names(value), "{pointer}");
        }
    }

    /// GDAL 3.12 reads a list of types, or a reference to one, as text: numbers and dates were compared letter by letter.
    #[test]
    fn every_property_that_is_served_has_one_plain_type() {
        let (schema, taken) = (served_schema(), schema());
        let properties = |schema: &Value| schema["properties"]["properties"]["properties"].clone();
        let (served, taken) = (properties(&schema), properties(&taken));
        for (name, one) in served.as_object().unwrap() {
            assert!(one["type"].is_string(), "{name}: {one}");
            assert!(one.get("$ref").is_none(), "{name}: {one}");
            assert_eq!(one["description"], taken[name]["description"], "{name}");
        }
        assert_eq!(served.as_object().unwrap().len(), taken.as_object().unwrap().len());
        assert_eq!(served["deaths_best"]["type"], "integer");
        assert_eq!(
            (&served["date_end"]["type"], &served["date_end"]["format"]),
            (&json!("string"), &json!("date-time"))
        );
        assert_eq!(served["impacts"]["items"]["properties"]["damage"]["type"], "string");
        assert!(!schema.to_string().contains("$ref"));
    }

    proptest! {
        #[test]
        fn every_incident_validates_in_the_form_in_which_it_is_written(incident in incidents()) {
            let written = serde_json::to_value(&incident).unwrap();
            prop_assert_eq!(validate(&written), Vec::<String>::new());
            prop_assert_eq!(validate_by(&served_schema(), &written), Vec::<String>::new());
        }
    }
}
