//! What is not public, at the desk of those who may write.

use super::{Door, ITEMS, IZMAIL, feature, link};
use axum::http::Method;
use kordon_server::access::{Access, Tokens, new_token};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const DESK: &str = "/desk/incidents";

/// Stores one of this status and mask; its address.
async fn stored(door: &Door, title: &str, status: Option<&str>, mask: Option<&str>) -> String {
    let mut one = feature(title, "2024-05-05", Some(IZMAIL));
    one["properties"]["record_status"] = json!(status);
    one["properties"]["masking"] = json!(mask.map(|level| json!({ "level": level })));
    let reply = door.post(ITEMS, "application/geo+json", &one.to_string()).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.header("location").rsplit('/').next().unwrap().to_owned()
}

fn ids(page: &Value) -> Vec<String> {
    let features = page["features"].as_array().unwrap().iter();
    features.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_desk_has_what_the_public_has_not_and_nothing_else() {
    let door = Door::with_incidents().await;
    let public: BTreeSet<String> =
        ids(&door.get(&format!("{ITEMS}?limit=100")).await.is_ok().json()).into_iter().collect();
    let mut hidden = BTreeSet::new();
    for (status, mask) in [
        (Some("draft"), None),
        (Some("submitted"), None),
        (Some("in_review"), None),
        (Some("embargoed"), None),
        (None, Some("cell_0.1")),
        (None, Some("hidden")),
    ] {
        hidden.insert(stored(&door, "Not yet", status, mask).await);
    }
    let gone = stored(&door, "Mistaken", Some("draft"), None).await;
    door.ask(Method::DELETE, &format!("{ITEMS}/{gone}"), &[], "").await;
    let shown = stored(&door, "For all", Some("published"), None).await;
    let reply = door.get(&format!("{DESK}?limit=100")).await;
    assert_eq!(reply.is_ok().header("cache-control"), "no-store");
    let page = reply.json();
    assert_eq!(ids(&page).into_iter().collect::<BTreeSet<_>>(), hidden);
    assert_eq!((&page["numberMatched"], page["features"][0]["border"].is_object()), (&json!(6), true));
    let now: BTreeSet<String> =
        ids(&door.get(&format!("{ITEMS}?limit=100")).await.is_ok().json()).into_iter().collect();
    assert_eq!(now, public.into_iter().chain([shown]).collect(), "and the public has none of it");
    // Page by page it is the same; a filter chooses as it does elsewhere.
    let mut paged = Vec::new();
    let mut next = Some(format!("{DESK}?limit=4"));
    while let Some(uri) = next {
        let page = door.get(&uri).await.is_ok().json();
        paged.extend(ids(&page));
        next = link(&page, "next").map(|uri| uri.split_once("8080").unwrap().1.to_owned());
    }
    assert_eq!(paged, ids(&page));
    assert_eq!(door.get(&format!("{DESK}?datetime=2023")).await.is_ok().json()["numberMatched"], 0);
    assert_eq!(door.get(&format!("{DESK}?bbox=28,45,29,46")).await.is_ok().json()["numberMatched"], 6);
    door.get(&format!("{DESK}?cursor=6")).await.is_problem(400);
    door.get(&format!("{DESK}?cursor=x")).await.is_problem(400);
    door.get(&format!("{DESK}/{gone}")).await.is_problem(410);
}

#[tokio::test]
async fn a_draft_is_read_at_the_desk_and_published_with_the_etag_that_it_has_there() {
    let door = Door::new();
    let id = stored(&door, "A draft", Some("draft"), None).await;
    door.get(&format!("{ITEMS}/{id}")).await.is_problem(404);
    let read = door.get(&format!("{DESK}/{id}")).await;
    assert_eq!(read.is_ok().json()["properties"]["record_status"], "draft");
    assert!(link(&read.json(), "alternate").is_none(), "nobody else sees it");
    assert_eq!(read.header("cache-control"), "no-store");
    let publish = json!({ "properties": { "record_status": "published" } }).to_string();
    let with = |etag: &str| {
        [("content-type", "application/merge-patch+json".to_owned()), ("if-match", etag.to_owned())]
    };
    let headers = with(read.header("etag"));
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    door.ask(Method::PATCH, &format!("{ITEMS}/{id}"), &headers, &publish).await.is_ok();
    assert_eq!(door.get(&format!("{ITEMS}/{id}")).await.is_ok().json()["properties"]["revision"], 2);
    assert_eq!(door.get(DESK).await.is_ok().json()["numberMatched"], 0);
    let read = door.get(&format!("{DESK}/{id}")).await;
    assert!(link(&read.is_ok().json(), "alternate").unwrap().ends_with(&id));
    // Somebody else published it meanwhile.
    door.ask(Method::PATCH, &format!("{ITEMS}/{id}"), &headers, &publish).await.is_problem(412);
}

#[tokio::test]
async fn the_desk_tells_what_became_of_a_record_before_it_was_public() {
    let door = Door::new();
    let id = stored(&door, "A draft", Some("draft"), None).await;
    let change = async |properties: Value| {
        let held = door.get(&format!("{DESK}/{id}")).await;
        let patch = json!({ "properties": properties }).to_string();
        let headers =
            [("content-type", "application/merge-patch+json"), ("if-match", held.is_ok().header("etag"))];
        door.ask(Method::PATCH, &format!("{ITEMS}/{id}"), &headers, &patch).await.is_ok();
    };
    change(json!({ "deaths_best": 2 })).await;
    let history = async |of: &str| door.get(&format!("{of}/{id}/history")).await;
    history(ITEMS).await.is_problem(404);
    let reply = history(DESK).await;
    assert_eq!(reply.is_ok().header("cache-control"), "no-store");
    let told = reply.json();
    assert_eq!(told["revisions"].as_array().unwrap().len(), 2);
    assert_eq!(told["revisions"][0]["properties"]["title"]["en"], "A draft");
    assert_eq!(told["revisions"][1]["differences"], json!(["deaths_best: not stated \u{2192} 2"]));
    change(json!({ "record_status": "published" })).await;
    let seen = |told: Value| told["revisions"].as_array().unwrap().len();
    assert_eq!(seen(history(ITEMS).await.json()), 1, "what was a draft stays at the desk");
    assert_eq!(seen(history(DESK).await.json()), 3);
    door.get(&format!("{DESK}/00000000-0000-4000-8000-000000000000/history")).await.is_problem(404);
}

#[tokio::test]
async fn the_desk_is_for_those_who_may_write() {
    let (plain, token) = new_token("desk").unwrap();
    let mut tokens = Tokens::default();
    tokens.add(token).unwrap();
    let door = Door::with(|config| config.access = Access::new(tokens, true));
    let bearer = format!("Bearer {plain}");
    let one = format!("{DESK}/00000000-0000-4000-8000-000000000000");
    for uri in [DESK.to_owned(), format!("{one}/history"), one] {
        door.get(&uri).await.is_problem(401);
        let foreign = [("origin", "https://evil.example"), ("authorization", &*bearer)];
        door.ask(Method::GET, &uri, &foreign, "").await.is_problem(403);
    }
    door.ask(Method::GET, DESK, &[("authorization", &bearer)], "").await.is_ok();
}
