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

/// QGIS sends geometries in the system of its layer, and names it without the angle brackets of the draft.
#[tokio::test]
async fn a_geometry_is_read_in_the_system_that_content_crs_names() {
    let door = Door::new();
    let [lon, lat] = IZMAIL;
    let meters = [lon * 111_319.490_793_273_57, 5_674_000.0];
    let named = |crs: &str| format!("http://www.opengis.net/def/crs/{crs}");
    let close = |now: &Value, lon: f64, lat: f64| {
        let at = &now["geometry"]["coordinates"];
        let off = (at[0].as_f64().unwrap() - lon).abs().max((at[1].as_f64().unwrap() - lat).abs());
        assert!(off < 1e-6, "{at}");
    };
    let place = feature("Latitude first", "2025-05-30", Some([lat, lon])).to_string();
    let crs = named("EPSG/0/4326");
    let headers = [("content-type", "application/geo+json"), ("content-crs", crs.as_str())];
    let made = door.ask(Method::POST, ITEMS, &headers, &place).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    close(&made.json(), lon, lat);
    let location = made.header("location").strip_prefix("http://localhost:8080").unwrap().to_owned();
    let turned = door.get(&format!("{location}?crs={crs}")).await.is_ok().json();
    assert_eq!(turned["geometry"]["coordinates"], json!([lat, lon]));

    let mercator = format!("<{}>", named("EPSG/0/3857"));
    let moved = json!({ "geometry": { "type": "Point", "coordinates": meters } }).to_string();
    let headers = [("content-type", MERGE), ("content-crs", mercator.as_str())];
    let moved = door.ask(Method::PATCH, &location, &headers, &moved).await.is_ok().json();
    close(&moved, lon, 45.332_376);

    let put = feature("In meters", "2025-05-30", Some(meters)).to_string();
    let headers = [("content-type", "application/geo+json"), ("content-crs", mercator.as_str())];
    let put = door.ask(Method::PUT, &location, &headers, &put).await.is_ok().json();
    close(&put, lon, 45.332_376);

    // What cannot be read is refused, not taken for degrees; a file is in degrees.
    let unknown = [("content-type", "application/geo+json"), ("content-crs", "EPSG:25832")];
    let refused = door.ask(Method::POST, ITEMS, &unknown, &place).await.is_problem(400);
    assert!(refused["detail"].as_str().unwrap().contains("CRS84"), "{refused}");
    door.ask(Method::POST, "/imports", &headers, &place).await.is_problem(400);
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
async fn where_a_precondition_is_required_a_report_of_what_is_known_is_428() {
    let door = Door::with(|config| config.require_if_match = true);
    let mut one = feature("Words", "2025-05-30", Some(IZMAIL));
    one["properties"]["same_as"] = json!(["test:1"]);
    let (location, etag) = made(&door, &one).await;
    let post = async |report: &Value| door.post(ITEMS, "application/geo+json", &report.to_string()).await;
    assert_eq!(post(&one).await.is_ok().header("etag"), etag, "what says the same changes nothing");
    let mut other = one.clone();
    other["properties"]["title"]["en"] = json!("Other words");
    let problem = post(&other).await.is_problem(428);
    assert!(location.ends_with(problem["id"].as_str().unwrap()), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains(problem["id"].as_str().unwrap()), "{problem}");
    let history = door.get(&format!("{location}/history")).await.is_ok().json();
    assert_eq!(history["revisions"].as_array().unwrap().len(), 1, "{history}");
    other["properties"]["same_as"] = json!(["test:2"]);
    made(&door, &other).await;
    // One that was withdrawn has no ETag: it is told as ever, and comes back for whoever says so.
    door.ask(Method::DELETE, &location, &[("if-match", &etag)], "").await;
    post(&one).await.is_problem(409);
    one["properties"]["record_status"] = json!("published");
    post(&one).await.is_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_what_is_known_does_not_come_between_what_a_put_compares_and_what_it_writes() {
    let door = Door::new();
    let mut one = feature("Words", "2025-05-30", Some(IZMAIL));
    one["properties"]["same_as"] = json!(["test:1"]);
    let (location, _) = made(&door, &one).await;
    for round in 0..100 {
        let seen = door.get(&location).await;
        let (mut put, mut post) = (one.clone(), one.clone());
        put["properties"]["title"]["en"] = json!(format!("Put {round}"));
        post["properties"]["title"]["en"] = json!(format!("Posted {round}"));
        let (put, post) = (put.to_string(), post.to_string());
        let headers = [("content-type", "application/geo+json"), ("if-match", seen.header("etag"))];
        let (put, post) = tokio::join!(
            door.ask(Method::PUT, &location, &headers, &put),
            door.post(ITEMS, "application/geo+json", &post)
        );
        post.is_ok();
        if put.status == StatusCode::PRECONDITION_FAILED {
            continue;
        }
        let [before, now] =
            [&seen, &put].map(|reply| reply.json()["properties"]["revision"].as_u64().unwrap());
        assert_eq!(now, before + 1, "round {round}: it replaced what nobody had seen");
    }
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
