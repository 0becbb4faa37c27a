//! One incident at a time: read from a body and checked as a file would be.

use crate::crs::Crs;
use crate::error::Problem;
use axum::http::StatusCode;
use kordon_incidents::{
    Checked, Fault, Format, IncidentId, ReadOptions, RecordStatus, check, read, strict_json,
};
use kordon_store::PutError;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Faults listed in an answer; the total is always told.
pub const MAX_FAULTS: usize = 100;

/// The source of records that came by themselves and name no other.
const SOURCE: &str = "api";

/// Reads and checks the one Feature of a body, whose geometry is in this system.
///
/// # Errors
///
/// 400 when the bytes are no JSON text, 422 with all faults when it is not a sound incident, or not one, or one that
/// would be stored and then not be found.
pub fn read_one(bytes: &[u8], crs: Crs) -> Result<Checked, Problem> {
    let options = ReadOptions {
        format: Some(Format::GeoJson),
        source: Some(SOURCE.to_owned()),
        record_bytes: bytes.len().max(1),
        to_degrees: crs.reader(),
        ..ReadOptions::default()
    };
    let mut reports = read(bytes, &options).map_err(|fault| unreadable(&fault))?;
    let report = match reports.next() {
        Some(report) => report.map_err(|fault| unreadable(&fault))?,
        None => return Err(not_one()),
    };
    match reports.next() {
        None => {}
        Some(Err(fault)) => return Err(unreadable(&fault)),
        Some(Ok(_)) => return Err(not_one()),
    }
    match check(&report, &mut random_id) {
        Ok(checked) => match stillborn(&checked) {
            Some(fault) => Err(unsound(&[fault])),
            None => Ok(checked),
        },
        Err(faults) => match faults.iter().find(|fault| fault.fatal) {
            Some(fault) => Err(unreadable(fault)),
            None => Err(unsound(&faults)),
        },
    }
}

/// Who may see a record is left as it is by a report that does not speak of these.
const KEPT_UNLESS_SAID: [&str; 4] = ["record_status", "masking", "sensitivity", "redistributable"];

/// Reads a JSON merge patch (RFC 7396) of a Feature, whose geometry is in this system.
///
/// # Errors
///
/// 400 when the bytes are no JSON text; 422 for one that is no object, or takes away what says who may see the record:
/// that is changed by a value only.
pub fn read_patch(bytes: &[u8], crs: Crs) -> Result<Value, Problem> {
    let mut patch = strict_json(bytes).map_err(|fault| unreadable(&fault))?;
    let bad = |detail: String| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-patch", "The patch cannot be applied", detail)
    };
    if !patch.is_object() {
        return Err(bad("A merge patch of a Feature is a JSON object (RFC 7396).".to_owned()));
    }
    let taken = KEPT_UNLESS_SAID.iter().find(|name| patch["properties"].get(name) == Some(&Value::Null));
    if let Some(name) = taken {
        let detail =
            format!("{name} says who may see the record and cannot be taken away; give it another value.");
        return Err(bad(detail).with("pointer", format!("/properties/{name}")));
    }
    if let Some(geometry) = patch.get_mut("geometry") {
        crs.read(geometry);
    }
    Ok(patch)
}

/// Applies a JSON merge patch (RFC 7396).
pub fn merge(target: &mut Value, patch: Value) {
    let Value::Object(changes) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(&name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), change);
        }
    }
}

/// What is wrong with a single record that says itself that it is withdrawn or merged.
fn stillborn(checked: &Checked) -> Option<Fault> {
    let status = checked.incident.properties.record_status?;
    if !matches!(status, RecordStatus::Withdrawn | RecordStatus::Merged) {
        return None;
    }
    let problem = format!("\"{status}\" cannot be written here; DELETE withdraws a record");
    Some(record_fault(checked, "record_status", "/properties/record_status", problem))
}

/// 422: the body says another id than the address.
#[must_use]
pub fn other_id(checked: &Checked, id: IncidentId) -> Problem {
    let problem = format!("{} is not the id in the address, {id}", checked.incident.id);
    unsound(&[record_fault(checked, "id", "/id", problem)])
}

/// A fault of a record that was read well: its place in the text is where the record begins.
fn record_fault(checked: &Checked, field: &str, pointer: &str, problem: String) -> Fault {
    Fault {
        file: Arc::from(""),
        index: Some(checked.index),
        line: checked.line,
        column: 1,
        pointer: Some(pointer.into()),
        field: Some(field.into()),
        problem: problem.into(),
        hint: None,
        fatal: false,
    }
}

/// 409: the report belongs to a record that was withdrawn.
#[must_use]
pub fn withdrawn(id: IncidentId) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "withdrawn",
        "This record was withdrawn",
        format!(
            "{id} was withdrawn or merged; nothing was stored. A report with this id and the record_status \"published\" \
             would bring it back."
        ),
    )
    .with("id", id.to_string())
}

/// A new id that tells nothing about when it was made.
///
/// # Panics
///
/// When the operating system has no random numbers, which no supported one does once it has started; the request
/// then ends as a 500.
#[must_use]
pub fn random_id() -> IncidentId {
    let mut bytes = [0_u8; 16];
    #[expect(clippy::expect_used, reason = "see the section on panics")]
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    IncidentId::from_random(bytes)
}

/// 400: the bytes cannot be read, with line and column.
#[must_use]
pub fn unreadable(fault: &Fault) -> Problem {
    let hint = fault.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    Problem::bad_request(
        "unreadable",
        format!(
            "Line {}, column {}: {}{hint}.",
            fault.line,
            fault.column,
            fault.problem.trim_end_matches('.')
        ),
    )
    .with("errors", vec![fault_json(fault)])
    .with("errors_total", 1)
    .with("line", fault.line)
    .with("column", fault.column)
}

/// A fault as it stands in an answer: the name of the input is the client's own.
#[must_use]
pub fn fault_json(fault: &Fault) -> Value {
    json!({
        "index": fault.index,
        "line": fault.line,
        "column": fault.column,
        "pointer": fault.pointer,
        "field": fault.field,
        "problem": fault.problem,
        "hint": fault.hint,
    })
}

fn unsound(faults: &[Fault]) -> Problem {
    let first = faults.first().map(ToString::to_string).unwrap_or_default();
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "unsound",
        "The record has faults; nothing was stored",
        first,
    )
    .with("errors", faults.iter().take(MAX_FAULTS).map(fault_json).collect::<Vec<_>>())
    .with("errors_total", faults.len())
}

fn not_one() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "not-one-feature",
        "One Feature is stored here",
        "The body must be one GeoJSON Feature; /imports takes files of many.",
    )
}

/// Why nothing was stored, as the client may know it.
#[must_use]
pub fn not_stored(error: &PutError) -> Problem {
    let refused = |status, kind, detail: &str| {
        tracing::error!(%error, "a write was refused");
        Problem::new(status, kind, "Nothing was stored", detail)
    };
    match error {
        PutError::Withdrawn(id) => withdrawn(*id),
        PutError::Erased(id) => Problem::new(
            StatusCode::CONFLICT,
            "erased",
            "This record was erased",
            format!("{id} was erased and does not come back; nothing was stored."),
        )
        .with("id", id.to_string()),
        PutError::NotMerged(why) => {
            Problem::new(StatusCode::CONFLICT, "not-merged", "These are not merged", why.to_string())
        }
        PutError::NoSuchIncident(id) => Problem::not_found(format!("There is no incident {id}.")),
        error if error.is_full() => refused(
            StatusCode::INSUFFICIENT_STORAGE,
            "disk-full",
            "The disk is full. What was stored before is safe, and reading goes on.",
        ),
        PutError::Ledger(_) | PutError::Closing => refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "store-read-only",
            "The store takes no writes now; reading goes on. The cause is in the server's log.",
        ),
        PutError::Read(_) | PutError::SetAside(_) | PutError::NotJson(..) => Problem::internal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_merged_as_the_examples_of_rfc_7396_say() {
        for (target, patch, merged) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
            (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
            (r#"{"a":"foo"}"#, "null", "null"),
            (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            let [mut target, patch, merged] =
                [target, patch, merged].map(|text| serde_json::from_str::<Value>(text).unwrap());
            merge(&mut target, patch);
            assert_eq!(target, merged);
        }
    }
}
