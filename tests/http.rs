//! The wire: filters, paging, writes, and what bad input gets.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Server, folder, kordon};

fn ids(page: &Value) -> Vec<String> {
    page["features"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect()
}

fn strike() -> Value {
    json!({
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [28.8372, 45.3512]},
        "properties": {"title": {"en": "Test strike"}, "date_start": "2023-08-02", "location_radius_m": 100}
    })
}

#[test]
fn pages_hold_every_incident_once() {
    let at = folder();
    let server = Server::start(at.path(), &["demo"]);
    let mut path = "/collections/incidents/items?limit=7&sortby=-date_start".to_owned();
    let mut seen = Vec::new();
    let matched = server.get(&path).json()["numberMatched"].as_u64().unwrap() as usize;
    loop {
        let page = server.get(&path).json();
        seen.extend(ids(&page));
        let next = page["links"].as_array().unwrap().iter().find(|l| l["rel"] == "next");
        let Some(next) = next else { break };
        path = next["href"].as_str().unwrap().split_once(&server.address).unwrap().1.to_owned();
    }
    assert_eq!(seen.len(), matched);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), matched);
}

#[test]
fn within_km_of_romania_is_what_the_distances_say() {
    let at = folder();
    let server = Server::start(at.path(), &["demo"]);
    let all = server.get("/collections/incidents/items?limit=1000&of=ROU").json();
    let near =
        server.get("/collections/incidents/items?limit=1000&within-km=10&of=ROU&certainty=possible").json();
    let expected: BTreeSet<String> = all["features"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["border"]["to"][0]["distance_low_m"].as_f64().is_some_and(|low| low <= 10_000.0))
        .map(|f| f["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids(&near).into_iter().collect::<BTreeSet<_>>(), expected);
    assert!(!expected.is_empty());
}

#[test]
fn a_post_is_visible_at_once_and_survives_a_kill() {
    let at = folder();
    let server = Server::start(at.path(), &["serve"]);
    let made =
        server.post("/collections/incidents/items", "application/geo+json", strike().to_string().as_bytes());
    assert_eq!(made.status, 201, "{made:?}");
    let path = made.location().unwrap();
    let got = server.get(&path);
    assert_eq!(got.status, 200);
    let foreign = &got.json()["border"]["nearest_foreign"];
    assert_eq!(foreign["country"], "ROU");
    server.kill();
    let server = Server::start(at.path(), &["serve"]);
    assert_eq!(server.get(&path).status, 200);
    assert_eq!(server.get("/collections/incidents/items").json()["numberMatched"], 1);
}

#[test]
fn a_distance_is_the_same_at_both_doors() {
    let at = folder();
    let own = "name = \"STRAIT\"\ntitle = \"t\"\nsource = \"s\"\nmembers = [\n  { code = \"UKR\", from = 2000-01-01, source = \"s\" },\n]";
    std::fs::write(at.path().join("strait.toml"), own).unwrap();
    let server = Server::start(at.path(), &["serve", "--view", "de_facto", "--set", "strait.toml"]);
    let asked = |flags: &[&str], query: &str| {
        let mut args = vec!["distance", "33.5254", "44.6167", "--json", "--set", "strait.toml"];
        args.extend(flags);
        let reply = server.get(&format!("/borders/distance?lon=33.5254&lat=44.6167&{query}"));
        assert_eq!(kordon(at.path(), &args).json(), reply.json(), "{query}");
    };
    asked(&["--view", "de_facto", "--to", "STRAIT,NATO"], "to=STRAIT,NATO");
    asked(&["--view", "un", "--to", "RUS", "--radius-m", "500"], "view=un&to=RUS&radius_m=500");
    let (flags, query) = (["--on", "2014-01-01", "--spread"], "on=2014-01-01&spread=true");
    asked(&[&["--view", "de_facto"], &flags[..]].concat(), query);
}

#[test]
fn an_import_with_a_fault_stores_nothing_and_lists_the_faults() {
    let at = folder();
    let server = Server::start(at.path(), &["serve"]);
    let mut bad = strike();
    bad["properties"]["date_start"] = json!("1527-05-06");
    bad["geometry"]["coordinates"] = json!([145.0, 128.0]);
    let body = json!({"type": "FeatureCollection", "features": [strike(), bad]}).to_string();
    let reply = server.post("/imports", "application/geo+json", body.as_bytes());
    assert_eq!(reply.status, 422, "{reply:?}");
    let errors = reply.json()["errors"].as_array().unwrap().clone();
    assert!(errors.iter().all(|e| e["index"] == 1), "{errors:?}");
    assert!(errors.len() >= 2, "{errors:?}");
    assert_eq!(server.get("/collections/incidents/items").json()["numberMatched"], 0);
    let body = json!({"type": "FeatureCollection", "features": [strike()]}).to_string();
    assert_eq!(server.post("/imports", "application/geo+json", body.as_bytes()).json()["imported"], 1);
}

#[test]
fn bad_requests_are_problems_and_never_five_hundreds() {
    let at = folder();
    let server = Server::start(at.path(), &["serve"]);
    for (path, status, words) in [
        ("/collections/incidents/items?bbox=1,2,3", 400, "bbox"),
        ("/collections/incidents/items?nonsense=1", 400, "nonsense"),
        ("/collections/incidents/items?limit=-1", 400, "limit"),
        ("/collections/incidents/items?limit=1&limit=2", 400, "limit"),
        ("/collections/incidents/items?datetime=yesterday", 400, "datetime"),
        ("/collections/incidents/items?within-km=10&of=ROM", 400, "rom"),
        ("/collections/incidents/items/00000000-0000-4000-8000-000000000000", 404, "incident"),
        ("/collections/nothing", 404, "nothing"),
        ("/borders/distance?lon=999&lat=1", 400, "-180 to 180"),
        ("/borders/distance?lon=1", 400, "lat"),
        ("/collections/incidents/tiles/WebMercatorQuad/99/0/0", 404, ""),
        ("/no/such/page", 404, ""),
    ] {
        let reply = server.get(path);
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
        assert!(reply.head.contains("application/problem+json"), "{path}: {}", reply.head);
        assert!(reply.text().to_lowercase().contains(words), "{path}: {}", reply.text());
    }
    for (media_type, body, status) in [
        ("text/plain", &b"hello"[..], 415),
        ("application/geo+json", b"{\"type\":", 400),
        ("application/geo+json", b"\xff\xfe", 400),
        ("application/geo+json", b"{\"type\":\"Feature\",\"type\":\"Feature\"}", 400),
    ] {
        let reply = server.post("/collections/incidents/items", media_type, body);
        assert_eq!(reply.status, status, "{media_type} {body:?}: {}", reply.text());
    }
}

#[test]
fn writing_off_the_loopback_needs_a_token_and_reading_does_not() {
    let at = folder();
    drop(Server::start(at.path(), &["serve"]));
    let body = strike().to_string();
    let server = Server::listen(at.path(), &["serve"], "0.0.0.0:0");
    let refused = server.post("/collections/incidents/items", "application/geo+json", body.as_bytes());
    assert_eq!(refused.status, 403, "no token was made, so nobody may write: {refused:?}");
    assert_eq!(server.get("/collections/incidents/items").status, 200);
    drop(server);
    let said = kordon(at.path(), &["token", "add", "olena"]);
    assert_eq!(said.code, 0, "{said:?}");
    let server = Server::listen(at.path(), &["serve"], "0.0.0.0:0");
    let refused = server.post("/collections/incidents/items", "application/geo+json", body.as_bytes());
    assert_eq!(refused.status, 401, "{refused:?}");
    let bearer = format!("Bearer {}", said.out.trim());
    let headers = [("Content-Type", "application/geo+json"), ("Authorization", bearer.as_str())];
    assert_eq!(server.send("POST", "/collections/incidents/items", &headers, body.as_bytes()).status, 201);
    assert_eq!(kordon(at.path(), &["token", "revoke", "olena"]).code, 0);
    let revoked = std::time::Instant::now();
    while server.send("POST", "/collections/incidents/items", &headers, body.as_bytes()).status < 400 {
        assert!(revoked.elapsed().as_secs() < 30, "a revoked token still writes");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert_eq!(kordon(at.path(), &["token", "add", "taras"]).code, 0);
    std::thread::sleep(std::time::Duration::from_secs(3));
    let headers = [("Content-Type", "application/geo+json"), ("Authorization", "Bearer wrong")];
    assert_eq!(server.send("POST", "/collections/incidents/items", &headers, body.as_bytes()).status, 401);
}

#[test]
fn the_page_and_its_tiles_are_served_with_a_strict_policy() {
    let at = folder();
    let server = Server::start(at.path(), &["demo"]);
    let page = server.send("GET", "/", &[("Accept", "text/html")], b"");
    assert_eq!(page.status, 200);
    assert!(page.head.contains("default-src 'self'"), "{}", page.head);
    assert!(
        !page.head.split("script-src").nth(1).unwrap().split(';').next().unwrap().contains("unsafe-inline")
    );
    assert!(page.text().contains("Kordon"));
    for path in [
        "/collections/territories/tiles/WebMercatorQuad/0/0/0",
        "/collections/territories/tiles/WebMercatorQuad/10/366/594",
        "/collections/incidents/tiles/WebMercatorQuad/4/5/9",
    ] {
        let tile = server.get(path);
        assert_eq!(tile.status, 200, "{path}");
        assert!(!tile.body.is_empty(), "{path}");
    }
    let landing = server.send("GET", "/", &[("Accept", "application/json")], b"").json();
    assert!(landing["links"].as_array().unwrap().iter().any(|l| l["rel"] == "service-desc"));
}
