//! Changes as they happen, and the feed of them, for all incidents and for those of a filter.

use super::{Door, ITEMS, IZMAIL, feature};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

const MEDIA: &str = "application/geo+json";

/// Somebody who listens.
struct Ear {
    body: Body,
    heard: String,
}

#[derive(Debug, PartialEq)]
struct Event {
    id: u64,
    kind: String,
    data: Value,
}

impl Ear {
    async fn open(door: &Door, query: &str, headers: &[(&str, &str)]) -> Ear {
        let mut request = Request::get(format!("/live{query}")).header("host", "localhost:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = door.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Ear { body: response.into_body(), heard: String::new() }
    }

    /// The next block of lines that has data; those without only move the place from which to resume.
    async fn next(&mut self) -> Event {
        loop {
            while let Some((block, rest)) = self.heard.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.heard = rest;
                let field =
                    |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                if let Some(data) = field("data") {
                    let id = field("id").unwrap().parse().unwrap();
                    let kind = field("event").unwrap().to_owned();
                    return Event { id, kind, data: serde_json::from_str(data).unwrap() };
                }
            }
            let frame = tokio::time::timeout(Duration::from_secs(60), self.body.frame()).await;
            let frame = frame.expect("an event").expect("no end").unwrap();
            self.heard += std::str::from_utf8(frame.data_ref().unwrap()).unwrap();
        }
    }
}

async fn create(door: &Door, feature: &Value) -> (String, String) {
    let made = door.post(ITEMS, MEDIA, &feature.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let location = made.header("location").strip_prefix("http://localhost:8080").unwrap().to_owned();
    (location, made.json()["id"].as_str().unwrap().to_owned())
}

async fn patch(door: &Door, location: &str, patch: Value) {
    let headers = [("content-type", "application/merge-patch+json")];
    door.ask(Method::PATCH, location, &headers, &patch.to_string()).await.is_ok();
}

#[tokio::test]
async fn who_listens_is_told_of_what_is_created_revised_and_withdrawn() {
    let door = Door::with_incidents().await;
    let mut ear = Ear::open(&door, "", &[]).await;
    let (location, id) = create(&door, &feature("Words", "2025-05-30", Some(IZMAIL))).await;
    let created = ear.next().await;
    assert_eq!((created.kind.as_str(), created.id), ("created", 6));
    assert_eq!(created.data["feature"]["properties"]["title"]["en"], "Words");
    assert_eq!(created.data["feature"]["border"]["nearest_foreign"]["country"], "ROU");
    patch(&door, &location, json!({ "properties": { "title": { "en": "Better" } } })).await;
    let revised = ear.next().await;
    assert_eq!((revised.kind.as_str(), revised.id), ("revised", 7));
    assert_eq!(revised.data["feature"]["properties"]["title"]["en"], "Better");
    door.ask(Method::DELETE, &location, &[], "").await;
    let gone = ear.next().await;
    let told = json!({ "seq": 8, "id": id, "op": "remove" });
    assert_eq!((gone.kind.as_str(), gone.data), ("withdrawn", told));
}

#[tokio::test]
async fn who_comes_back_is_told_what_was_missed() {
    let door = Door::with_incidents().await;
    let mut ear = Ear::open(&door, "", &[("last-event-id", "3")]).await;
    assert_eq!((ear.next().await.id, ear.next().await.id), (4, 5));
    let (location, _) = create(&door, &feature("Words", "2025-05-30", Some(IZMAIL))).await;
    assert_eq!(ear.next().await.id, 6);
    drop(ear);
    door.ask(Method::DELETE, &location, &[], "").await;
    let mut back = Ear::open(&door, "?since=5", &[("last-event-id", "6")]).await;
    let gone = back.next().await;
    assert_eq!((gone.id, gone.kind.as_str()), (7, "withdrawn"));
    let headers = [("last-event-id", "8")];
    door.ask(Method::GET, "/live", &headers, "").await.is_problem(400);
    door.ask(Method::GET, "/live", &[("last-event-id", "x")], "").await.is_problem(400);
    door.get("/live?bbox=1").await.is_problem(400);
}

#[tokio::test]
async fn a_filter_tells_of_what_matches_and_of_what_no_longer_does() {
    let door = Door::new();
    let mut ear = Ear::open(&door, "?within-km=10&of=ROU", &[]).await;
    create(&door, &feature("Far away", "2025-05-30", Some([36.2304, 49.9935]))).await;
    let (location, id) = create(&door, &feature("Near", "2025-05-31", Some(IZMAIL))).await;
    let first = ear.next().await;
    assert_eq!(
        (first.kind.as_str(), &first.data["id"]),
        ("created", &json!(id)),
        "the far one is passed over"
    );
    patch(&door, &location, json!({ "geometry": { "coordinates": [36.3, 49.9] } })).await;
    let left = ear.next().await;
    assert_eq!((left.kind.as_str(), left.data), ("left", json!({ "seq": 3, "id": id, "op": "remove" })));

    let feed = "/collections/incidents/changes?since=0&within-km=10&of=ROU";
    let changes = door.get(feed).await.is_ok().json();
    assert_eq!(changes["changes"], json!([{ "seq": 3, "id": id, "op": "remove" }]));
    patch(&door, &location, json!({ "geometry": { "coordinates": IZMAIL } })).await;
    assert_eq!(ear.next().await.kind, "revised");
    let changes = door.get(feed).await.is_ok().json();
    assert_eq!((&changes["changes"][0]["op"], &changes["next"]), (&json!("put"), &json!(4)));
}

/// A masked record has no public form, so live tells nothing of it, whatever is done to it: not when it is made, not
/// when it is changed, and when a public one is masked only that it is gone.
#[tokio::test]
async fn what_is_not_public_is_never_told() {
    let door = Door::new();
    let mut ear = Ear::open(&door, "", &[]).await;
    let mut filtered = Ear::open(&door, "?q=shelter", &[]).await;
    let mut secret = feature("Shelter", "2025-05-30", Some(IZMAIL));
    secret["properties"]["masking"] = json!({ "level": "cell_0.1" });
    let (location, secret_id) = create(&door, &secret).await;
    patch(&door, &location, json!({ "properties": { "deaths_best": 1 } })).await;
    door.ask(Method::DELETE, &location, &[], "").await;
    let mut draft = feature("Shelter in draft", "2025-05-30", Some(IZMAIL));
    draft["properties"]["record_status"] = json!("draft");
    let (draft_at, draft_id) = create(&door, &draft).await;

    let (location, id) = create(&door, &feature("Shelter hit", "2025-06-01", Some(IZMAIL))).await;
    patch(&door, &location, json!({ "properties": { "masking": { "level": "hidden" } } })).await;
    for ear in [&mut ear, &mut filtered] {
        // The two may be told as one: that it is gone.
        let first = ear.next().await;
        assert_eq!(first.data["id"], id.as_str(), "{first:?}");
        let gone = if first.kind == "created" { ear.next().await } else { first };
        assert_eq!((gone.kind.as_str(), &gone.data["id"]), ("withdrawn", &json!(id)));
        assert!(gone.data.get("feature").is_none());
        assert!(!ear.heard.contains(&secret_id) && !ear.heard.contains(&draft_id));
    }
    patch(&door, &draft_at, json!({ "properties": { "record_status": "published" } })).await;
    let published = ear.next().await;
    assert_eq!((published.kind.as_str(), &published.data["id"]), ("created", &json!(draft_id)));
}

#[tokio::test]
async fn only_so_many_listen_at_once() {
    let door = Door::new();
    let mut ears = Vec::new();
    loop {
        let request = Request::get("/live").header("host", "localhost:8080").body(Body::empty()).unwrap();
        let response = door.router.clone().oneshot(request).await.unwrap();
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            assert!(response.headers().contains_key("retry-after"));
            break;
        }
        ears.push(response.into_body());
        assert!(ears.len() <= 1_000);
    }
    let counted = format!("kordon_listeners {}", ears.len());
    assert!(door.get("/metrics").await.text().contains(&counted));
    ears.clear();
    while !door.get("/metrics").await.text().contains("kordon_listeners 0") {
        tokio::time::sleep(Duration::from_millis(20)).await; // A task each sees that its reader is gone.
    }
}
