//! Changing one record as OGC API – Features Part 4 (draft) says: PATCH, preconditions, what may be done.

use super::{Door, ITEMS, IZMAIL, feature};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

const MERGE: &str = "application/merge-patch+json";

async fn made(door: &Door, feature: &Value) -> (String, String) {
    let made = door.post(ITEMS, "application/geo+json", &feature.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let location = made.header("location").strip_prefix("http://localhost:8080").unwrap().to_owned();
    (location, made.header("etag").to_owned())
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let door = Door::new();
    let mut one = feature("First words", "2025-05-30", Some(IZMAIL));
    one["properties"]["deaths_best"] = json!(2);
    let (location, etag) = made(&door, &one).await;
    let patch = json!({ "properties": { "title": { "uk": "Слова" }, "deaths_best": null } }).to_string();
    let headers = [("content-type", MERGE), ("if-match", etag.as_str())];
    let patched = door.ask(Method::PATCH, &location, &headers, &patch).await;
    let now = patched.is_ok().json();
    assert_eq!(now["properties"]["title"], json!({ "en": "First words", "uk": "Слова" }));
    assert!(now["properties"]["deaths_best"].is_null(), "{now}");
    assert_eq!(now["geometry"]["coordinates"], json!(IZMAIL));
    assert_eq!(now["properties"]["revision"], 2);
    assert_ne!(patched.header("etag"), etag);
    assert_eq!(door.get(&location).await.header("etag"), patched.header("etag"));

    door.ask(Method::PATCH, &location, &headers, &patch).await.is_problem(412);
    let same = door.ask(Method::PATCH, &location, &headers[..1], &patch).await;
    assert_eq!(same.is_ok().header("etag"), patched.header("etag"), "what changes nothing is no revision");

    // As QGIS moves a point.
    let moved = json!({ "geometry": { "type": "Point", "coordinates": [28.84, 45.33] } }).to_string();
    let moved = door.ask(Method::PATCH, &location, &headers[..1], &moved).await.is_ok().json();
    assert_eq!(moved["geometry"]["coordinates"], json!([28.84, 45.33]));
    assert_eq!(moved["properties"]["title"]["uk"], "Слова");
}

#[tokio::test]
async fn a_patch_that_cannot_be_applied_stores_nothing() {
    let door = Door::new();
    let mut hidden = feature("Shelter", "2025-05-30", Some(IZMAIL));
    hidden["properties"]["masking"] = json!({ "level": "hidden" });
    let (location, _) = made(&door, &hidden).await;
    for (patch, status, words) in [
        (r#"{"properties":{"masking":null}}"#, 422, "masking"),
        (r#"{"properties":{"redistributable":null}}"#, 422, "redistributable"),
        (r#"{"properties":{"date_start":"1527-05-06"}}"#, 422, "1527"),
        (r#"{"properties":{"date_start":null}}"#, 422, "date_start"),
        (r#"{"properties":{"record_status":"withdrawn"}}"#, 422, "DELETE"),
        (r#"{"id":"5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e"}"#, 422, "id"),
        (r#"{"properties":{"deaths_best":1,"deaths_best":2}}"#, 400, "twice"),
        (r#"[]"#, 422, "object"),
        ("{", 400, "ends"),
    ] {
        let refused = door.ask(Method::PATCH, &location, &[("content-type", MERGE)], patch).await;
        let problem = refused.is_problem(status);
        assert!(problem["detail"].as_str().unwrap().contains(words), "{patch}: {problem}");
    }
    let plain = [("content-type", "text/plain")];
    let unsupported = door.ask(Method::PATCH, &location, &plain, "{}").await;
    assert!(unsupported.is_problem(415)["supported"].as_array().unwrap().contains(&json!(MERGE)));
    let nowhere = format!("{ITEMS}/00000000-0000-4000-8000-000000000000");
    door.ask(Method::PATCH, &nowhere, &[("content-type", MERGE)], "{}").await.is_problem(404);
    door.get(&location).await.is_problem(404);
}

#[tokio::test]
async fn where_a_precondition_is_required_a_change_without_one_is_428() {
    let door = Door::with(|config| config.require_if_match = true);
    let one = feature("Words", "2025-05-30", Some(IZMAIL));
    let (location, etag) = made(&door, &one).await;
    let media = ("content-type", "application/json");
    for (method, body) in
        [(Method::PUT, one.to_string()), (Method::PATCH, "{}".into()), (Method::DELETE, String::new())]
    {
        door.ask(method.clone(), &location, &[media], &body).await.is_problem(428);
        door.ask(method, &location, &[media, ("if-match", "\"0.0\"")], &body).await.is_problem(412);
    }
    let withdrawn = door.ask(Method::DELETE, &location, &[("if-match", &etag)], "").await;
    assert_eq!(withdrawn.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn options_tell_what_may_be_done_and_in_which_form_a_patch_comes() {
    let door = Door::new();
    let collection = door.ask(Method::OPTIONS, ITEMS, &[], "").await;
    assert_eq!(collection.header("allow"), "GET, HEAD, POST, OPTIONS");
    let item = door.ask(Method::OPTIONS, &format!("{ITEMS}/x"), &[], "").await;
    assert_eq!(item.header("allow"), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
    assert_eq!(item.header("accept-patch"), MERGE);
}
