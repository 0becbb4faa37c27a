//! What the API promises, asked as a client asks: one test a promise, no network, a fresh store each.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use kordon_borders::{BorderSet, View};
use kordon_server::access::{Access, Tokens, new_token};
use kordon_server::{Config, Limits, Painter, router};
use kordon_store::{BorderSets, Checkpoint, Hash, Options, Store, is_extended, is_included};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};
use tower::ServiceExt;

#[path = "http/basemap.rs"]
mod basemap;
#[path = "http/conformance.rs"]
mod conformance;
#[path = "http/desk.rs"]
mod desk;
#[path = "http/evidence.rs"]
mod evidence;
#[path = "http/filter.rs"]
mod filter;
#[path = "http/imports.rs"]
mod imports;
#[path = "http/live.rs"]
mod live;
#[path = "http/pictures.rs"]
mod pictures;
#[path = "http/places.rs"]
mod places;
#[path = "http/tables.rs"]
mod tables;
#[path = "http/tiles.rs"]
mod tiles;
#[path = "http/writing.rs"]
mod writing;

static BORDERS: LazyLock<Arc<BorderSet>> = LazyLock::new(|| Arc::new(BorderSet::default_set().unwrap()));
static COARSE: LazyLock<Arc<BorderSet>> = LazyLock::new(|| Arc::new(BorderSet::natural_earth().unwrap()));

const IZMAIL: [f64; 2] = [28.8372, 45.3512];
const ITEMS: &str = "/collections/incidents/items";

struct Door {
    router: Router,
    _dir: tempfile::TempDir,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
    }

    /// The answer is a problem of this status, in the shape of RFC 9457.
    #[track_caller]
    fn is_problem(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        for member in ["type", "title", "detail"] {
            assert!(problem[member].is_string(), "{member}: {problem}");
        }
        problem
    }

    #[track_caller]
    fn is_ok(&self) -> &Self {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        self
    }
}

impl Door {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::before(tempfile::tempdir().unwrap(), change)
    }

    /// The same store, after a restart.
    fn restarted(self) -> Self {
        let Self { router, _dir: dir } = self;
        drop(router);
        Self::before(dir, |_| {})
    }

    fn before(dir: tempfile::TempDir, change: impl FnOnce(&mut Config)) -> Self {
        let options = Options { create: true, read_only: false };
        let store = Store::open(&dir.path().join("store"), Arc::clone(&BORDERS), options).unwrap();
        let mut config = Config {
            store: Arc::new(store),
            borders: Arc::clone(&BORDERS),
            sets: Arc::new(BorderSets::of_store(&dir.path().join("store"))),
            coarse: Arc::clone(&COARSE),
            access: Access::new(Tokens::default(), true),
            base_url: None,
            loopback: true,
            require_if_match: false,
            painter: Painter::built_in(),
            basemap: None,
            limits: Limits::default(),
        };
        change(&mut config);
        Self { router: router(config), _dir: dir }
    }

    /// A door before a few incidents: near Izmail on three days, in Kharkiv, and without a place.
    async fn with_incidents() -> Self {
        let door = Self::new();
        let features = [
            feature("Port struck", "2023-08-02", Some(IZMAIL)),
            feature("Grain store struck", "2023-09-04", Some([28.8190, 45.3470])),
            feature("Debris found", "2023-09-06T03:10:00+03:00", Some([28.2829, 45.4566])),
            feature("Shelling", "2022-03-01", Some([36.2304, 49.9935])),
            feature("Warning", "2024-01", None),
        ];
        let body = json!({ "type": "FeatureCollection", "features": features });
        let reply = door.post("/imports?source=test", "application/geo+json", &body.to_string()).await;
        assert_eq!(reply.is_ok().json()["imported"], 5, "{}", reply.text());
        door
    }

    async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    async fn ask(&self, method: Method, uri: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = Request::builder().method(method).uri(uri).header("host", "localhost:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    async fn get(&self, uri: &str) -> Reply {
        self.ask(Method::GET, uri, &[], "").await
    }

    async fn post(&self, uri: &str, media: &str, body: &str) -> Reply {
        self.ask(Method::POST, uri, &[("content-type", media)], body).await
    }
}

fn feature(title: &str, date: &str, place: Option<[f64; 2]>) -> Value {
    let geometry = place.map(|place| json!({ "type": "Point", "coordinates": place }));
    json!({
        "type": "Feature",
        "geometry": geometry,
        "properties": {
            "title": { "en": title },
            "date_start": date,
            "location": "somewhere",
            "event_type": "explosions_remote_violence",
            "location_radius_m": 100,
        },
    })
}

fn titles(page: &Value) -> Vec<&str> {
    page["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["properties"]["title"]["en"].as_str().unwrap())
        .collect()
}

fn link<'a>(body: &'a Value, rel: &str) -> Option<&'a str> {
    body["links"].as_array()?.iter().find(|link| link["rel"] == rel)?["href"].as_str()
}

// ------------------------------------------------------------------------------------------- the way in

#[tokio::test]
async fn the_landing_page_links_to_everything_a_client_needs() {
    let door = Door::new();
    let body = door.get("/?f=json").await.is_ok().json();
    let api = link(&body, "service-desc").unwrap();
    assert_eq!(api, "http://localhost:8080/api");
    for rel in ["self", "conformance", "data"] {
        assert!(link(&body, rel).is_some(), "{rel}");
    }
    let desc = body["links"].as_array().unwrap().iter().find(|link| link["rel"] == "service-desc").unwrap();
    assert_eq!(desc["type"], "application/vnd.oai.openapi+json;version=3.0");
}

#[tokio::test]
async fn links_stand_in_the_header_as_in_the_body() {
    let reply = Door::new().get("/collections/incidents").await;
    let in_header: Vec<String> =
        reply.headers.get_all(header::LINK).iter().map(|link| link.to_str().unwrap().to_owned()).collect();
    for link in reply.json()["links"].as_array().unwrap() {
        let start =
            format!("<{}>; rel=\"{}\"", link["href"].as_str().unwrap(), link["rel"].as_str().unwrap());
        assert!(in_header.iter().any(|header| header.starts_with(&start)), "{start} in {in_header:?}");
    }
}

#[tokio::test]
async fn a_base_url_begins_every_link() {
    let door = Door::with(|config| {
        config.base_url = Some("https://map.example/kordon/".to_owned());
        config.loopback = false;
    });
    let body = door.get("/collections").await.is_ok().json();
    assert_eq!(link(&body, "self"), Some("https://map.example/kordon/collections"));
}

#[tokio::test]
async fn conformance_names_the_core_and_openapi_3_0() {
    let body = Door::new().get("/conformance").await.is_ok().json();
    let classes = body["conformsTo"].as_array().unwrap();
    for class in ["core", "oas30", "geojson"] {
        let uri = format!("http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{class}");
        assert!(classes.contains(&json!(uri)), "{uri}");
    }
}

#[tokio::test]
async fn the_collections_say_how_many_items_they_have() {
    let door = Door::with_incidents().await;
    let body = door.get("/collections").await.is_ok().json();
    assert_eq!(body["collections"][0]["id"], "incidents");
    assert_eq!(body["collections"][0]["itemCount"], 5);
    assert_eq!(body["collections"][1]["id"], "territories");
    assert_eq!(body["collections"][0]["extent"]["spatial"]["bbox"][0], json!([-180.0, -90.0, 180.0, 90.0]));
    assert_eq!(door.get("/collections/incidents").await.is_ok().json()["itemCount"], 5);
    // Of a table that is what reading all of it gives, also when an incident has come since.
    for round in 0..2 {
        let body = door.get("/collections").await.is_ok().json();
        for (at, path) in [(2, "/collections/border-distances"), (3, "/collections/impacts")] {
            let all = door.get(&format!("{path}/items?limit=10000")).await.is_ok().json();
            assert_eq!(link(&all, "next"), None);
            assert_eq!(body["collections"][at]["itemCount"], all["numberReturned"], "{path}, {round}");
            assert_eq!(door.get(path).await.is_ok().json()["itemCount"], all["numberReturned"], "{path}");
        }
        let mut more = feature(&format!("A port hit again, {round}"), "2024-05-07", Some(IZMAIL));
        more["properties"]["impacts"] = json!([{ "infrastructure": "port" }, { "facility": "a silo" }]);
        assert_eq!(door.post(ITEMS, "application/geo+json", &more.to_string()).await.status, 201);
    }
}

#[tokio::test]
async fn queryables_and_schema_are_json_schemas() {
    let door = Door::new();
    for path in [
        "/collections/incidents/queryables",
        "/collections/incidents/schema",
        "/collections/incidents/schema?f=geojson",
    ] {
        let reply = door.get(path).await;
        assert_eq!(reply.is_ok().header("content-type"), "application/schema+json");
        assert!(reply.json()["$schema"].as_str().unwrap().contains("2020-12"));
    }
}

// ------------------------------------------------------------------------------------ the OpenAPI document

#[tokio::test]
async fn every_operation_of_the_openapi_document_answers_as_documented() {
    let door = Door::with_incidents().await;
    let api = door.get("/api").await;
    assert_eq!(api.header("content-type"), "application/vnd.oai.openapi+json;version=3.0");
    let api = api.is_ok().json();
    assert_eq!(api["openapi"], "3.0.3");
    let mut seen = 0;
    for (path, operations) in api["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            seen += 1;
            if operation["operationId"] == "live" {
                continue; // Its answer has no end; live.rs listens to it.
            }
            let address =
                path.replace("{id}", "00000000-0000-4000-8000-000000000000").replace("{code}", "ROU");
            let address = address.replace("{z}", "0").replace("{y}", "0").replace("{x}", "0");
            let address = address.replace("{sha256}", &"0".repeat(64));
            let query = match operation["operationId"].as_str() {
                Some("measure" | "nearestPlaces") => "?lon=28&lat=45",
                Some("findPlaces") => "?q=Reni",
                Some("aggregateIncidents") => "?by=month",
                Some("checkpointExtension") => "?size=1",
                _ => "",
            };
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let reply = door.ask(method.clone(), &format!("{address}{query}"), &[], "").await;
            let known = operation["responses"].as_object().unwrap();
            let by_body = operation.get("requestBody").is_some();
            let expected = if by_body { 415 } else { known.keys().find_map(|key| key.parse().ok()).unwrap() };
            let by_id = (path.contains("{id}") || path.contains("{sha256}")) && !by_body;
            let expected = if by_id { 404 } else { expected };
            assert_eq!(reply.status.as_u16(), expected, "{method} {path}: {}", reply.text());
            assert_ne!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        }
    }
    assert!(seen > 30, "{seen}");
}

/// The map's types are made of it; `make bless` writes it anew.
#[tokio::test]
async fn the_openapi_document_is_the_one_that_is_kept() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/api/openapi.json");
    let served = format!("{:#}\n", Door::new().get("/api").await.json());
    if std::env::var("INSTA_UPDATE").is_ok_and(|what| what == "always") {
        std::fs::write(path, &served).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap();
    let differs = kept.lines().zip(served.lines()).position(|(kept, served)| kept != served);
    assert!(
        kept == served,
        "line {differs:?} of tests/api/openapi.json is another: make bless, then make types"
    );
}

#[tokio::test]
async fn every_reference_in_the_openapi_document_leads_somewhere() {
    let api = Door::new().get("/api").await.json();
    let mut open = vec![&api];
    let mut references = 0;
    while let Some(value) = open.pop() {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(to)) = object.get("$ref") {
                    references += 1;
                    assert!(api.pointer(&to[1..]).is_some(), "{to} leads nowhere");
                }
                open.extend(object.values());
            }
            Value::Array(array) => open.extend(array),
            _ => {}
        }
    }
    assert!(references > 100, "{references}");
}

#[tokio::test]
async fn gdal_finds_its_page_size_behind_a_reference() {
    let api = Door::new().get("/api").await.json();
    let parameters = &api["paths"][ITEMS]["get"]["parameters"];
    assert!(parameters.as_array().unwrap().contains(&json!({ "$ref": "#/components/parameters/limit" })));
    let limit = &api["components"]["parameters"]["limit"]["schema"];
    assert!(limit["default"].is_u64() && limit["maximum"].is_u64(), "{limit}");
}

#[tokio::test]
async fn every_operation_refuses_a_parameter_it_does_not_know() {
    let door = Door::new();
    let api = door.get("/api").await.json();
    for (path, operations) in api["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let address = path.replace("{id}", "x").replace("{code}", "ROU");
            let address = address.replace("{z}", "0").replace("{y}", "0").replace("{x}", "0");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let taken = operation["requestBody"]["content"].as_object().and_then(|taken| taken.keys().next());
            let headers = [("content-type", taken.map_or("application/json", |media| media.as_str()))];
            let reply = door.ask(method.clone(), &format!("{address}?nonsense=1"), &headers, "").await;
            let problem = reply.is_problem(400);
            assert_eq!(problem["parameter"], "nonsense", "{method} {path}");
            assert!(problem["allowed"].is_array(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_operation_refuses_a_form_that_it_does_not_have() {
    let door = Door::new();
    let api = door.get("/api").await.json();
    let mut seen = 0;
    for (path, operations) in api["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let named =
                |known: &Value| known["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            let mut parameters = operation["parameters"].as_array().unwrap().iter().map(named);
            if !parameters.any(|name| name == "f" || name.starts_with("f-")) {
                continue;
            }
            seen += 1;
            let address = path.replace("{id}", "x").replace("{code}", "ROU").replace("{sha256}", "x");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let headers = [("content-type", "text/csv")];
            let reply = door.ask(method.clone(), &format!("{address}?f=xx"), &headers, "").await;
            assert_eq!(reply.is_problem(400)["parameter"], "f", "{method} {path}");
        }
    }
    assert!(seen > 30, "{seen}");
}

// --------------------------------------------------------------------------------------- finding incidents

#[tokio::test]
async fn items_are_counted_paged_and_carry_their_border() {
    let door = Door::with_incidents().await;
    let first = door.get(&format!("{ITEMS}?limit=2")).await;
    assert_eq!(first.is_ok().header("content-type"), "application/geo+json");
    let first = first.json();
    assert_eq!((&first["numberMatched"], &first["numberReturned"]), (&json!(5), &json!(2)));
    assert!(first["timeStamp"].as_str().unwrap().ends_with('Z'));
    let mut seen: Vec<String> = titles(&first).into_iter().map(str::to_owned).collect();
    let mut page = first;
    while let Some(next) = link(&page, "next") {
        let next = next.strip_prefix("http://localhost:8080").unwrap().to_owned();
        page = door.get(&next).await.is_ok().json();
        seen.extend(titles(&page).into_iter().map(str::to_owned));
    }
    assert_eq!(seen, ["Warning", "Debris found", "Grain store struck", "Port struck", "Shelling"]);
    let port = door.get(&format!("{ITEMS}?q=port&of=NATO")).await.json();
    let border = &port["features"][0]["border"];
    assert_eq!(border["nearest_foreign"]["country"], "ROU");
    assert_eq!(border["to"][0]["to"], "NATO");
    assert!((border["nearest_foreign"]["distance_m"].as_f64().unwrap() - 2221.0).abs() < 20.0, "{border}");
}

#[tokio::test]
async fn every_filter_keeps_what_it_says() {
    let door = Door::with_incidents().await;
    for (filter, matched) in [
        ("bbox=28,45,29,46", 3),
        ("bbox=170,-80,-170,80", 0),
        ("datetime=2023-09-01/2023-09-30", 2),
        ("datetime=2023-08-02", 1),
        ("datetime=../2022-12-31", 1),
        ("datetime=2024-01-15", 1),
        ("within-km=10&of=ROU", 3),
        ("within-km=1.2&of=ROU&certainty=possible", 2),
        ("within-km=10&of=NATO&certainty=certain", 3),
        ("within-km=5&of=28.8372,45.3512", 2),
        ("country=UKR", 4),
        ("country=ukr,rou", 4),
        ("event-type=explosions_remote_violence", 5),
        ("event-type=protests,riots", 0),
        ("q=struck", 2),
        ("verification=verified", 0),
    ] {
        let page = door.get(&format!("{ITEMS}?{filter}")).await.is_ok().json();
        assert_eq!(page["numberMatched"], matched, "{filter}: {:?}", titles(&page));
    }
}

#[tokio::test]
async fn items_are_sorted_as_asked() {
    let door = Door::with_incidents().await;
    for (sort, first) in [("date_start", "Shelling"), ("-date_start", "Warning"), ("title", "Debris found")] {
        let page = door.get(&format!("{ITEMS}?sortby={sort}&limit=1")).await.is_ok().json();
        assert_eq!(titles(&page), [first], "{sort}");
    }
    let page = door.get(&format!("{ITEMS}?sortby=distance&of=ROU")).await.is_ok().json();
    assert_eq!(titles(&page)[0], "Debris found");
    let again = feature("Another port struck", "2023-08-02", Some(IZMAIL));
    assert_eq!(door.post(ITEMS, "application/geo+json", &again.to_string()).await.status, 201);
    for (sort, second) in [("title", "Another port struck"), ("-title", "Port struck")] {
        let sorted = format!("{ITEMS}?sortby=%2Bdate_start,{sort}&limit=2");
        let page = door.get(&sorted).await.is_ok().json();
        assert_eq!(titles(&page), ["Shelling", second], "{sort}");
        let next = link(&page, "next").unwrap().strip_prefix("http://localhost:8080").unwrap().to_owned();
        assert_eq!(titles(&door.get(&next).await.is_ok().json()).len(), 2);
        door.get(&next.replace("title", "distance")).await.is_problem(400);
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_understood_is_named() {
    let door = Door::new();
    for (query, parameter) in [
        ("bbox=1,2,3", "bbox"),
        ("bbox=0,95,1,96", "bbox"),
        ("datetime=yesterday", "datetime"),
        ("datetime=", "datetime"),
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("cursor=abc", "cursor"),
        ("within-km=10", "of"),
        ("within-km=-1&of=ROU", "within-km"),
        ("within-km=10&of=Atlantis", "of"),
        ("within-km=10&of=400,45", "of"),
        ("q=%25", "q"),
        ("certainty=certain", "within-km"),
        ("within-km=1&of=ROU&certainty=maybe", "certainty"),
        ("within-km=1&of=ROU&include-inside=perhaps", "include-inside"),
        ("country=Ukraine", "country"),
        ("event-type=party", "event-type"),
        ("damage=total", "damage"),
        ("sortby=color", "sortby"),
        ("sortby=title,color", "sortby"),
        ("sortby=title,-title", "sortby"),
        ("sortby=title,", "sortby"),
        ("deaths_best=many", "deaths_best"),
        ("date_start=soon", "date_start"),
        ("civilian_targeting=perhaps", "civilian_targeting"),
        ("f=xml", "f"),
        ("crs=http://www.opengis.net/def/crs/EPSG/0/2180", "crs"),
        ("within_km=10", "within_km"),
        ("limit=1&limit=2", "limit"),
    ] {
        let problem = door.get(&format!("{ITEMS}?{query}")).await.is_problem(400);
        assert_eq!(problem["parameter"], parameter, "{query}: {problem}");
    }
}

#[tokio::test]
async fn a_large_limit_is_the_largest_and_crs84_is_taken_by_its_names() {
    let door = Door::with_incidents().await;
    let crs = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
    let uri = format!("{ITEMS}?limit=99999999&crs={crs}&bbox-crs={crs}&bbox=28,45,29,46");
    let reply = door.get(&uri).await;
    assert_eq!(reply.is_ok().header("content-crs"), format!("<{crs}>"));
    assert_eq!(reply.json()["numberReturned"], 3);
}

#[tokio::test]
async fn a_page_that_is_written_while_it_is_read_has_what_short_pages_have() {
    let door = Door::new();
    let features: Vec<Value> =
        (0..1_201).map(|number| feature(&format!("{number}"), "2025-05-01", Some(IZMAIL))).collect();
    let all = json!({ "type": "FeatureCollection", "features": features }).to_string();
    door.post("/imports", "application/geo+json", &all).await.is_ok();
    for limit in [501, 1_000, 1_200] {
        let long = door.get(&format!("{ITEMS}?limit={limit}")).await.is_ok().json();
        assert_eq!(long["numberReturned"], limit);
        let (mut short, mut next) = (Vec::new(), format!("{ITEMS}?limit=100"));
        while short.len() < limit {
            let page = door.get(&next).await.is_ok().json();
            short.extend(page["features"].as_array().unwrap().iter().cloned());
            next = link(&page, "next")
                .unwrap()
                .split_once("/collections")
                .map(|(_, rest)| format!("/collections{rest}"))
                .unwrap();
        }
        short.truncate(limit);
        assert_eq!(long["features"], Value::Array(short));
        assert!(link(&long, "next").is_some());
    }
}

#[tokio::test]
async fn items_come_as_csv_and_as_a_text_sequence_whole_unless_limited() {
    let door = Door::with_incidents().await;
    let csv = door.get(&format!("{ITEMS}?f=csv")).await;
    assert!(csv.is_ok().header("content-type").starts_with("text/csv"));
    assert!(csv.header("content-disposition").contains("incidents.csv"));
    assert_eq!(csv.text().lines().count(), 6, "{}", csv.text());
    let sequence = door.ask(Method::GET, ITEMS, &[("accept", "application/geo+json-seq")], "").await;
    assert!(sequence.header("content-disposition").contains("incidents.geojsonseq"));
    let text = sequence.is_ok().text();
    let records: Vec<&str> = text.split('\u{1e}').skip(1).collect();
    assert_eq!(records.len(), 5);
    for record in records {
        assert_eq!(serde_json::from_str::<Value>(record).unwrap()["type"], "Feature");
    }
    let limited = door.get(&format!("{ITEMS}?f=csv&limit=2")).await;
    assert_eq!(limited.text().lines().count(), 3);
    let links: Vec<_> =
        limited.headers.get_all(header::LINK).iter().map(|link| link.to_str().unwrap()).collect();
    let next = links.iter().find(|link| link.contains("rel=\"next\"")).unwrap();
    assert!(next.contains("f=csv") && next.contains("limit=2"), "{next}");
}

#[tokio::test]
async fn a_table_has_the_names_tags_and_mark_that_are_asked_for() {
    let door = Door::with_incidents().await;
    let door = &door;
    let told =
        |query: &'static str| async move { door.get(&format!("{ITEMS}?f=csv&{query}")).await.is_ok().text() };
    assert!(told("bom=true").await.starts_with("\u{feff}id,lon,lat,geometry_wkt,"));
    assert!(told("hxl=true").await.lines().nth(1).unwrap().starts_with("#event+id,#geo+lon,#geo+lat,"));
    assert!(told("profile=acled").await.starts_with("event_id_cnty,event_date,time_precision,event_type,"));
    assert!(told("profile=ucdp").await.starts_with("id,type_of_violence,side_a,"));
    for wrong in ["f=json&bom=true", "hxl=true", "f=csv&profile=viina", "f=csv&lang=Klingon!"] {
        door.get(&format!("{ITEMS}?{wrong}")).await.is_problem(400);
    }
}

#[tokio::test]
async fn a_table_carries_where_it_comes_from_and_its_description() {
    let door = Door::with_incidents().await;
    let csv = door.get(&format!("{ITEMS}?f=csv&country=UKR&limit=2&hxl=true")).await;
    assert_eq!(csv.is_ok().header("ogc-numbermatched"), "4");
    assert!(csv.header("kordon-licences").contains("Borders: "));
    assert!(csv.header("kordon-citation").contains("4 incidents for country=UKR"));
    let mut links = csv.headers.get_all(header::LINK).iter().map(|link| link.to_str().unwrap());
    let described = links.find(|link| link.contains("rel=\"describedby\"")).unwrap();
    let address = described.split(['<', '>']).nth(1).unwrap();
    let path = &address[address.find("/collections").unwrap()..];
    let told = door.get(path).await.is_ok().json();
    assert_eq!(told["kordon"]["number_matched"], 4);
    assert_eq!(told["dialect"]["headerRowCount"], 2);
    assert!(told["url"].as_str().unwrap().contains("f=csv"), "{told}");
    let text = csv.text();
    let names: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let columns = told["tableSchema"]["columns"].as_array().unwrap();
    assert_eq!(columns.iter().map(|column| column["name"].as_str().unwrap()).collect::<Vec<_>>(), names);
}

#[tokio::test]
async fn a_form_that_is_not_offered_is_406() {
    let door = Door::new();
    door.ask(Method::GET, ITEMS, &[("accept", "image/png")], "").await.is_problem(406);
}

#[tokio::test]
async fn a_client_that_has_the_state_gets_304_until_the_store_changes() {
    let door = Door::with_incidents().await;
    let etag = door.get(ITEMS).await.header("etag").to_owned();
    let again = door.ask(Method::GET, ITEMS, &[("if-none-match", &etag)], "").await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    let one = feature("New", "2025-01-01", Some(IZMAIL)).to_string();
    assert_eq!(door.post(ITEMS, "application/geo+json", &one).await.status, StatusCode::CREATED);
    door.ask(Method::GET, ITEMS, &[("if-none-match", &etag)], "").await.is_ok();
}

#[tokio::test]
async fn counts_add_up_to_what_the_same_filter_finds() {
    let door = Door::with_incidents().await;
    let body = door.get("/collections/incidents/aggregate?by=month").await.is_ok().json();
    assert_eq!(body["by"], json!(["month"]));
    assert_eq!(body["matched"], 5);
    let of_month = |month: &str| {
        let groups = body["groups"].as_array().unwrap();
        groups.iter().find(|group| group["month"] == month).map(|group| group["count"].clone())
    };
    assert_eq!(of_month("2023-09"), Some(json!(2)));
    let asked = "/collections/incidents/aggregate?by=year,event_type,distance_band&country=UKR&of=NATO";
    let body = door.get(asked).await.is_ok().json();
    assert_eq!(body["matched"], 4);
    for group in body["groups"].as_array().unwrap() {
        let items = group["items"].as_str().unwrap().strip_prefix("http://localhost:8080").unwrap();
        assert_eq!(door.get(items).await.is_ok().json()["numberMatched"], group["count"], "{items}");
    }
    for cell in ["color:red", "month:", "month:2023-99", "damage:total"] {
        let problem = door.get(&format!("{ITEMS}?cell={cell}")).await.is_problem(400);
        assert_eq!(problem["parameter"], "cell", "{cell}");
    }
    for query in ["", "?by=color", "?by=month,month", "?by=day,month,year,country"] {
        let problem = door.get(&format!("/collections/incidents/aggregate{query}")).await.is_problem(400);
        assert_eq!(problem["parameter"], "by", "{query}");
    }
}

#[tokio::test]
async fn many_groups_are_told_as_few_are_and_too_many_for_so_long_a_question_are_refused() {
    let door = Door::new();
    let day = |n: usize| format!("{}-{:02}-{:02}", 2000 + n / 336, 1 + n / 28 % 12, 1 + n % 28);
    let rows: Vec<Value> = (0..1_500).map(|n| feature("Port struck", &day(n), Some(IZMAIL))).collect();
    let body = json!({ "type": "FeatureCollection", "features": rows }).to_string();
    let put = door.post("/imports?source=test", "application/geo+json", &body).await;
    assert_eq!(put.is_ok().json()["imported"], 1_500);
    let asked = "/collections/incidents/aggregate?by=day&event-type=explosions_remote_violence";
    let told = door.get(asked).await;
    let mut all = told.is_ok().json();
    let days: std::collections::BTreeSet<&str> = (all["groups"].as_array().unwrap().iter())
        .map(|group| (group["day"].as_str().unwrap(), assert_eq!(group["count"], 1)).0)
        .collect();
    assert_eq!((days.len(), &all["matched"]), (1_500, &json!(1_500)));
    for source in ["snapshot", "citation", "licences"] {
        assert!(all.as_object_mut().unwrap().remove(source).is_some(), "{source}");
    }
    assert!(told.text().ends_with(&all.to_string()[1..]), "the members stand in another order");
    // A blank is three bytes in the address that each group would have.
    let long = format!("{asked}{}", "+".repeat(16_000));
    let problem = door.get(&long).await.is_problem(400);
    assert_eq!((&problem["parameter"], &problem["groups"]), (&json!("by"), &json!(1_500)));
    assert!(problem["detail"].as_str().unwrap().contains("shorter filter"), "{problem}");
    let coarser = door.get(&long.replacen("day", "year", 1)).await.is_ok().json();
    assert_eq!(coarser["groups"].as_array().unwrap().len(), 5);
}

// ------------------------------------------------------------------------------------------------ the past

/// The address by which an answer asks to be cited.
fn cite_as(reply: &Reply) -> String {
    let links: Vec<_> =
        reply.headers.get_all(header::LINK).iter().map(|link| link.to_str().unwrap()).collect();
    let link =
        links.iter().find(|link| link.contains("rel=\"cite-as\"")).unwrap_or_else(|| panic!("{links:?}"));
    let end = link.find('>').unwrap();
    link[1..end].strip_prefix("http://localhost:8080").unwrap().to_owned()
}

#[tokio::test]
async fn a_snapshot_is_answered_with_the_same_bytes_after_additions_a_correction_a_withdrawal_and_a_restart()
{
    let door = Door::with_incidents().await;
    let found = door.get(&format!("{ITEMS}?sortby=date_start")).await.is_ok().json();
    let ids: Vec<String> = found["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    let mut cited = Vec::new();
    for question in [
        format!("{ITEMS}?within-km=20&of=ROU"),
        format!("{ITEMS}?q=struck&limit=1"),
        format!("{ITEMS}?f=csv&sortby=distance"),
        format!("{ITEMS}?f=csv&bom=true&hxl=true&profile=ucdp"),
        format!("{ITEMS}?f=csvw"),
        format!("{ITEMS}?f=flatgeobuf"),
        format!("{ITEMS}?f=geoparquet"),
        format!("{ITEMS}?f=kml"),
        format!("{ITEMS}?f=atom&limit=2"),
        format!("{ITEMS}?f=html&lang=uk&limit=2"),
        format!("{ITEMS}?f=geojsonseq"),
        "/collections/incidents/aggregate?by=month,country".to_owned(),
        format!("{ITEMS}/{}?of=ROU", ids[1]),
        format!("{ITEMS}/{}", ids[3]),
    ] {
        let now = door.get(&question).await;
        let name = now.is_ok().header("kordon-snapshot").to_owned();
        assert!(now.header("kordon-citation").contains(&name), "{question}");
        let address = cite_as(&now);
        assert!(address.contains(&format!("snapshot={name}")), "{address}");
        let pinned = door.get(&address).await;
        assert_eq!(pinned.is_ok().header("kordon-snapshot"), name);
        assert_eq!(cite_as(&pinned), address);
        if question.contains("within-km") {
            let (now, pinned) = (now.json(), pinned.json());
            assert_eq!((&now["features"], &now["citation"]), (&pinned["features"], &pinned["citation"]));
            assert!(now["timeStamp"].is_string() && pinned.get("timeStamp").is_none());
            assert_eq!(pinned["snapshot"], name);
            let citation = pinned["citation"].as_str().unwrap();
            for word in [
                "3 incidents for of=ROU; within-km=20",
                &name,
                "\u{a9} OpenStreetMap contributors",
                "ODbL",
                &address,
            ] {
                assert!(citation.contains(word), "{word}: {citation}");
            }
        }
        cited.push((address, pinned.body));
    }
    let media = "application/geo+json";
    let new: Vec<Value> = (0..50)
        .map(|n| feature(&format!("Port struck {n}"), &format!("2023-08-{:02}", 1 + n % 28), Some(IZMAIL)))
        .collect();
    let new = json!({ "type": "FeatureCollection", "features": new }).to_string();
    assert_eq!(door.post("/imports?source=more", media, &new).await.is_ok().json()["imported"], 50);
    let mended = feature("Port struck twice", "2023-08-02", Some([28.9, 45.4])).to_string();
    door.ask(Method::PUT, &format!("{ITEMS}/{}", ids[1]), &[("content-type", media)], &mended).await.is_ok();
    assert_eq!(door.ask(Method::DELETE, &format!("{ITEMS}/{}", ids[3]), &[], "").await.status.as_u16(), 204);
    let now = door.get(&format!("{ITEMS}?within-km=20&of=ROU")).await.is_ok().json();
    assert_eq!(now["numberMatched"], 52);
    let door = door.restarted();
    for (address, then) in cited {
        let reply = door.get(&address).await;
        assert!(reply.is_ok().body == then, "{address}: {}", reply.text());
        let etag = reply.header("etag").to_owned();
        assert_eq!(
            door.ask(Method::GET, &address, &[("if-none-match", &etag)], "").await.status.as_u16(),
            304
        );
    }
}

#[tokio::test]
async fn the_past_tells_what_was_public_then_and_may_still_be_told() {
    let door = Door::new();
    let media = "application/geo+json";
    let create = async |title: &str, status: &str| {
        let mut row = feature(title, "2025-05-30", Some(IZMAIL));
        row["properties"]["record_status"] = json!(status);
        let made = door.post(ITEMS, media, &row.to_string()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        made.json()["id"].as_str().unwrap().to_owned()
    };
    let put = async |id: &str, change: &dyn Fn(&mut Value)| {
        let mut row = feature("Later words", "2025-05-30", Some([30.0, 46.0]));
        change(&mut row["properties"]);
        let address = format!("{ITEMS}/{id}");
        let reply = door.ask(Method::PUT, &address, &[("content-type", media)], &row.to_string()).await;
        assert!(reply.status.is_success(), "{}", reply.text());
    };
    let open = create("Open words", "published").await;
    let masked = create("Secret words", "published").await;
    let restricted = create("Secret news", "published").await;
    let drafted = create("Secret talk", "published").await;
    let early = create("Secret draft", "draft").await;
    let name = door.get(ITEMS).await.is_ok().header("kordon-snapshot").to_owned();
    let whole = door.get(&format!("{ITEMS}?snapshot={name}")).await.is_ok().json();
    assert_eq!(whole["numberMatched"], 4);

    // What was a draft and is public now was a draft then.
    put(&early, &|p| p["record_status"] = json!("published")).await;
    put(&open, &|_| {}).await;
    assert_eq!(door.get(&format!("{ITEMS}?snapshot={name}")).await.is_ok().json(), whole);
    door.get(&format!("{ITEMS}/{early}?snapshot={name}")).await.is_problem(404);

    put(&masked, &|p| p["masking"] = json!({ "level": "hidden" })).await;
    put(&restricted, &|p| p["redistributable"] = json!(false)).await;
    put(&drafted, &|p| p["record_status"] = json!("draft")).await;
    for question in [
        "",
        "&bbox=100,10,101,11",
        "&q=open",
        "&limit=1&f=csv",
        "&f=geojsonseq",
        "&f=csv&bom=true&hxl=true&profile=acled",
        "&f=csvw",
        "&f=flatgeobuf",
        "&f=geoparquet&limit=2",
        "&f=kml",
        "&f=atom&limit=2",
        "&f=html&lang=uk&limit=2",
    ] {
        // Also where it would make no difference: one that answers only there tells where the hidden place is not.
        let problem = door.get(&format!("{ITEMS}?snapshot={name}{question}")).await.is_problem(410);
        assert!(problem["detail"].as_str().unwrap().contains("as-of=5"), "{problem}");
    }
    for address in [format!("{ITEMS}/{open}?"), "/collections/incidents/aggregate?by=day&".to_owned()] {
        door.get(&format!("{address}snapshot={name}")).await.is_problem(410);
    }
    let told = door.get(&format!("{ITEMS}?as-of=5")).await;
    assert_eq!(
        (titles(&told.is_ok().json()), &told.json()["numberMatched"]),
        (vec!["Open words"], &json!(1))
    );
    let counts = door.get("/collections/incidents/aggregate?by=day&as-of=5").await.is_ok().json();
    assert_eq!((&counts["matched"], &counts["groups"][0]["count"]), (&json!(1), &json!(1)));
    for id in [&masked, &restricted, &drafted, &early] {
        door.get(&format!("{ITEMS}/{id}?as-of=5")).await.is_problem(404);
        let near = format!("{ITEMS}?as-of=5&f=csv&within-km=100&of=28.8372,45.3512&sortby=distance");
        assert!(!door.get(&near).await.is_ok().text().contains("Secret"));
    }
    // What may still be told has a name of its own, which holds in its turn.
    let fewer = told.header("kordon-snapshot").to_owned();
    assert_ne!(fewer, name);
    let door = door.restarted();
    let again = door.get(&format!("{ITEMS}?snapshot={fewer}")).await.is_ok().json();
    assert_eq!(again["features"], told.json()["features"]);
}

#[tokio::test]
async fn a_moment_or_a_snapshot_that_cannot_be_meant_is_told_with_what_to_do() {
    let door = Door::with_incidents().await;
    let name = door.get(ITEMS).await.is_ok().header("kordon-snapshot").to_owned();
    let (most, digit) = name.split_at(name.len() - 1);
    let other_borders = format!("{most}{}", if digit == "0" { "1" } else { "0" });
    assert_eq!(door.get(&format!("{ITEMS}?as-of=0")).await.is_ok().json()["numberMatched"], 0);
    // The five came in one batch: in its midst there was nothing yet.
    assert_eq!(door.get(&format!("{ITEMS}?as-of=4")).await.is_ok().json()["numberMatched"], 0);
    for (as_of, matched) in [("5", 5), ("2001-01-01T00:00:00Z", 0), ("2999-01-01T00:00:00%2B02:00", 5)] {
        assert_eq!(
            door.get(&format!("{ITEMS}?as-of={as_of}")).await.is_ok().json()["numberMatched"],
            matched
        );
    }
    for (query, status, words) in [
        ("as-of=6".to_owned(), 400, "5 records"),
        ("as-of=yesterday".to_owned(), 400, "2025-06-01T12:00:00Z"),
        (format!("as-of=5&snapshot={name}"), 400, "one of them"),
        ("snapshot=latest".to_owned(), 400, "1-1250-3f9a1c0d2e4b-a1b2c3d4e5f6"),
        (format!("snapshot={name}&snapshot={name}"), 400, "once"),
        (format!("snapshot={}", name.replacen("-5-", "-6-", 1)), 404, "later copy"),
        (format!("snapshot={}", name.replacen("-5-", "-4-", 1)), 404, "another store"),
        (format!("snapshot={}", name.replacen("3-", "9-", 1)), 410, "another form"),
        (format!("snapshot={other_borders}"), 410, "other borders"),
        (format!("snapshot={name}-0123456789ab"), 410, "as-of=5"),
    ] {
        let problem = door.get(&format!("{ITEMS}?{query}")).await.is_problem(status);
        assert!(problem["detail"].as_str().unwrap().contains(words), "{query}: {problem}");
    }
    let other = Door::with_incidents().await;
    other.get(&format!("{ITEMS}?snapshot={name}")).await.is_problem(404);
}

// ---------------------------------------------------------------------------------------------- one incident

#[tokio::test]
async fn an_incident_is_created_read_replaced_and_withdrawn() {
    let door = Door::new();
    let media = "application/geo+json";
    let made = door.post(ITEMS, media, &feature("First words", "2025-05-30", Some(IZMAIL)).to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let location = made.header("location").strip_prefix("http://localhost:8080").unwrap().to_owned();
    let etag = made.header("etag").to_owned();
    let read = door.get(&location).await;
    assert_eq!(read.is_ok().header("etag"), etag);
    assert_eq!(read.json()["border"]["nearest_foreign"]["country"], "ROU");

    let mut better = read.json();
    better["properties"]["title"]["en"] = json!("Better words");
    let headers = [("content-type", media), ("if-match", &etag)];
    let put = door.ask(Method::PUT, &location, &headers, &better.to_string()).await;
    assert_eq!(put.is_ok().json()["properties"]["title"]["en"], "Better words");
    assert_ne!(put.header("etag"), etag);
    door.ask(Method::PUT, &location, &headers, &better.to_string()).await.is_problem(412);

    let history = door.get(&format!("{location}/history")).await.is_ok().json();
    assert_eq!(history["revisions"].as_array().unwrap().len(), 2);

    door.ask(Method::DELETE, &location, &[("if-match", &etag)], "").await.is_problem(412);
    assert_eq!(door.ask(Method::DELETE, &location, &[], "").await.status, StatusCode::NO_CONTENT);
    door.get(&location).await.is_problem(410);
    door.ask(Method::DELETE, &location, &[], "").await.is_problem(410);
    assert_eq!(door.get(ITEMS).await.json()["numberMatched"], 0);
    let history = door.get(&format!("{location}/history")).await.is_ok().text();
    assert!(!history.contains("words"), "a withdrawn record is not quoted: {history}");
}

#[tokio::test]
async fn an_incident_that_is_not_there_is_404() {
    let door = Door::new();
    for id in ["00000000-0000-4000-8000-000000000000", "not-an-id", "%00", "..%2f.."] {
        door.get(&format!("{ITEMS}/{id}")).await.is_problem(404);
        door.get(&format!("{ITEMS}/{id}/history")).await.is_problem(404);
        door.ask(Method::DELETE, &format!("{ITEMS}/{id}"), &[], "").await.is_problem(404);
    }
}

#[tokio::test]
async fn a_record_that_is_not_public_is_not_there_for_readers() {
    let door = Door::new();
    let mut secret = feature("Shelter", "2025-05-30", Some(IZMAIL));
    secret["properties"]["redistributable"] = json!(false);
    let made = door.post(ITEMS, "application/geo+json", &secret.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let location = made.header("location").strip_prefix("http://localhost:8080").unwrap().to_owned();
    door.get(&location).await.is_problem(404);
    door.get(&format!("{location}/history")).await.is_problem(404);
    assert_eq!(door.get(ITEMS).await.json()["numberMatched"], 0);
    assert_eq!(door.ask(Method::DELETE, &location, &[], "").await.status, StatusCode::NO_CONTENT);
    door.get(&location).await.is_problem(404);
    door.get(&format!("{location}/history")).await.is_problem(404);
}

#[tokio::test]
async fn an_id_that_is_taken_is_409_and_the_same_report_twice_is_one_incident() {
    let door = Door::new();
    let mut one = feature("Own id", "2025-05-30", Some(IZMAIL));
    one["id"] = json!("5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e");
    let media = "application/json";
    assert_eq!(door.post(ITEMS, media, &one.to_string()).await.status, StatusCode::CREATED);
    door.post(ITEMS, media, &one.to_string()).await.is_problem(409);
    let other = feature("Without id", "2025-05-30", Some(IZMAIL)).to_string();
    let first = door.post(ITEMS, media, &other).await;
    let again = door.post(ITEMS, media, &other).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200));
    assert_eq!(first.header("location"), again.header("location"));
}

#[tokio::test]
async fn a_report_of_a_withdrawn_record_is_refused_and_nothing_is_stored() {
    let door = Door::new();
    let media = "application/geo+json";
    let mut one = feature("First words", "2025-05-30", Some(IZMAIL));
    one["properties"]["same_as"] = json!(["test:1"]);
    let made = door.post(ITEMS, media, &one.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let location = made.header("location").strip_prefix("http://localhost:8080").unwrap().to_owned();
    assert_eq!(door.ask(Method::DELETE, &location, &[], "").await.status, StatusCode::NO_CONTENT);
    let history = door.get(&format!("{location}/history")).await.is_ok().text();

    let mut other_words = one.clone();
    other_words["properties"]["title"]["en"] = json!("Other words");
    let mut same_id = one.clone();
    same_id["id"] = made.json()["id"].clone();
    for report in [&one, &other_words, &same_id] {
        let problem = door.post(ITEMS, media, &report.to_string()).await.is_problem(409);
        assert_eq!(problem["id"], made.json()["id"]);
        assert!(problem["detail"].as_str().unwrap().contains("was withdrawn"), "{problem}");
    }
    let headers = [("content-type", media)];
    door.ask(Method::PUT, &location, &headers, &one.to_string()).await.is_problem(410);
    assert_eq!(door.get(&format!("{location}/history")).await.is_ok().text(), history, "nothing was stored");
    door.get(&location).await.is_problem(410);

    one["properties"]["record_status"] = json!("published");
    let back = door.post(ITEMS, media, &one.to_string()).await;
    assert_eq!(back.is_ok().json()["id"], made.json()["id"], "who says so expressly brings it back");
}

#[tokio::test]
async fn a_record_is_withdrawn_by_delete_and_by_no_other_way() {
    let door = Door::new();
    let media = "application/geo+json";
    let plain = feature("Plain", "2025-05-30", Some(IZMAIL)).to_string();
    let location = door.post(ITEMS, media, &plain).await.header("location").to_owned();
    let location = location.strip_prefix("http://localhost:8080").unwrap();
    let history = door.get(&format!("{location}/history")).await.is_ok().text();
    for status in ["withdrawn", "merged"] {
        let mut gone = feature("Gone", "2025-05-30", Some(IZMAIL));
        gone["id"] = json!("5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e");
        gone["properties"]["record_status"] = json!(status);
        gone["properties"]["merged_into"] = json!("5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1f");
        let problem = door.post(ITEMS, media, &gone.to_string()).await.is_problem(422);
        assert_eq!(problem["errors"][0]["pointer"], "/properties/record_status");
        assert!(problem["errors"][0]["problem"].as_str().unwrap().contains("DELETE"), "{problem}");
        let id = gone["id"].as_str().unwrap();
        door.get(&format!("{ITEMS}/{id}")).await.is_problem(404);
        gone["id"].take();
        let headers = [("content-type", media)];
        door.ask(Method::PUT, location, &headers, &gone.to_string()).await.is_problem(422);
    }
    assert_eq!(door.get(&format!("{location}/history")).await.is_ok().text(), history, "nothing was stored");
    assert_eq!(door.get(ITEMS).await.json()["numberMatched"], 1);
}

#[tokio::test]
async fn a_draft_is_answered_as_what_it_is() {
    let door = Door::new();
    let mut draft = feature("Draft", "2025-05-30", Some(IZMAIL));
    draft["properties"]["record_status"] = json!("draft");
    let made = door.post(ITEMS, "application/geo+json", &draft.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!(made.json()["properties"]["record_status"], "draft");
}

#[tokio::test]
async fn the_id_of_a_body_is_the_id_of_its_address() {
    let door = Door::new();
    let media = "application/geo+json";
    let made = door.post(ITEMS, media, &feature("One", "2025-05-30", Some(IZMAIL)).to_string()).await;
    let location = made.header("location").strip_prefix("http://localhost:8080").unwrap().to_owned();
    let mut other = made.json();
    other["id"] = json!("5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e");
    let headers = [("content-type", media)];
    let problem = door.ask(Method::PUT, &location, &headers, &other.to_string()).await.is_problem(422);
    assert_eq!(problem["errors"][0]["field"], "id");
}

#[tokio::test]
async fn that_a_record_was_withdrawn_stays_told_whatever_is_imported_later() {
    let door = Door::new();
    let media = "application/geo+json";
    let mut row = feature("First words", "2025-05-30", Some(IZMAIL));
    row["properties"]["same_as"] = json!(["test:1"]);
    let made = door.post(ITEMS, media, &row.to_string()).await;
    let location = made.header("location").strip_prefix("http://localhost:8080").unwrap().to_owned();
    door.ask(Method::DELETE, &location, &[], "").await;
    let told = |history: Value| -> Vec<String> {
        let revisions = history["revisions"].as_array().unwrap().clone();
        revisions.iter().map(|revision| revision["kordon"]["op"].as_str().unwrap().to_owned()).collect()
    };
    let history = format!("{location}/history");
    let again = door.post("/imports", media, &row.to_string()).await.is_ok().json();
    assert_eq!((&again["unchanged"], &again["updated"]), (&json!(1), &json!(0)));
    row["properties"]["title"]["en"] = json!("Other words");
    let news = door.post("/imports", media, &row.to_string()).await.is_ok().json();
    assert_eq!((&news["unchanged"], &news["updated"]), (&json!(0), &json!(1)));
    door.get(&location).await.is_problem(410);
    let withdrawn = door.get(&history).await;
    withdrawn.is_ok();
    assert!(!withdrawn.text().contains("words"), "{}", withdrawn.text());
    assert_eq!(told(withdrawn.json()), ["put", "withdraw", "put"]);
    row["properties"]["record_status"] = json!("published");
    door.post("/imports", media, &row.to_string()).await.is_ok();
    assert_eq!(
        told(door.get(&history).await.json()),
        ["put", "withdraw", "put"],
        "not because a file says so"
    );
    door.post("/imports?restore=true", media, &row.to_string()).await.is_ok();
    let back = door.get(&history).await.is_ok().json();
    assert_eq!(told(back), ["put", "withdraw", "put", "put"]);
}

#[tokio::test]
async fn changes_differences_and_proofs_are_the_publics_view() {
    let door = Door::new();
    let media = "application/geo+json";
    let mut row = feature("First words", "2025-05-30", Some(IZMAIL));
    row["properties"]["same_as"] = json!(["test:1"]);
    row["properties"]["impacts"] = json!([{ "infrastructure": "port", "damage": "moderate" }]);
    let made = door.post(ITEMS, media, &row.to_string()).await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let older = door.get("/checkpoint").await;
    let older = Checkpoint::verify(&older.text(), &older.header("kordon-key").parse().unwrap()).unwrap();
    let mut hidden = feature("Secret words", "2025-05-30", Some(IZMAIL));
    hidden["properties"]["redistributable"] = json!(false);
    let hidden = door.post(ITEMS, media, &hidden.to_string()).await.json()["id"].as_str().unwrap().to_owned();
    row["properties"]["impacts"][0]["damage"] = json!("destroyed");
    door.post("/imports", media, &row.to_string()).await.is_ok();

    let history = format!("{ITEMS}/{id}/history");
    let told = door.get(&history).await.is_ok().json();
    assert_eq!(
        told["revisions"][1]["differences"],
        json!(["impacts[0].damage: moderate \u{2192} destroyed"])
    );

    let first = door.get("/collections/incidents/changes?limit=1").await.is_ok().json();
    assert_eq!(first["changes"][0]["feature"]["properties"]["impacts"][0]["damage"], "destroyed");
    assert_eq!(
        (&first["changes"][0]["seq"], &first["next"], &first["more"]),
        (&json!(3), &json!(3), &json!(false))
    );
    door.get("/collections/incidents/changes?since=4").await.is_problem(400);

    let proof = door.get(&format!("{history}/proof")).await.is_ok().json();
    let key = proof["key"].as_str().unwrap().parse().unwrap();
    let newer = Checkpoint::verify(proof["checkpoint"].as_str().unwrap(), &key).unwrap();
    assert_eq!(newer.size, 3);
    assert!(proof["revisions"][0]["record"].as_str().unwrap().contains("First words"));
    let hash = |text: &Value| serde_json::from_value::<Hash>(text.clone()).unwrap();
    for revision in proof["revisions"].as_array().unwrap() {
        let path: Vec<Hash> = revision["path"].as_array().unwrap().iter().map(hash).collect();
        let seq = revision["seq"].as_u64().unwrap();
        assert!(is_included(hash(&revision["hash"]), seq, newer.size, &path, newer.root));
    }
    let extension = door.get("/checkpoint/extension?size=1").await.is_ok().json();
    let path: Vec<Hash> = extension["path"].as_array().unwrap().iter().map(hash).collect();
    assert!(is_extended((older.size, older.root), (newer.size, newer.root), &path));
    door.get("/checkpoint/extension?size=9").await.is_problem(400);

    // Withdrawn: what it said is told no more, and that it was there still is; the other one never was for anybody.
    door.ask(Method::DELETE, &format!("{ITEMS}/{id}"), &[], "").await;
    let changes = door.get("/collections/incidents/changes").await;
    assert_eq!(changes.is_ok().json()["changes"], json!([{ "seq": 4, "id": id, "op": "remove" }]));
    let proof = door.get(&format!("{history}/proof")).await;
    assert_eq!(proof.is_ok().json()["revisions"].as_array().unwrap().len(), 3);
    for text in [changes.text(), proof.text(), door.get(&history).await.text()] {
        assert!(!text.contains("words") && !text.contains("salt"), "{text}");
    }
    door.get(&format!("{ITEMS}/{hidden}/history/proof")).await.is_problem(404);
}

#[tokio::test]
async fn what_is_masked_after_it_was_merged_or_withdrawn_is_as_if_it_were_not_there() {
    let door = Door::new();
    let media = "application/geo+json";
    let stays = door.post(ITEMS, media, &feature("Stays", "2025-05-30", Some(IZMAIL)).to_string()).await;
    let into = json!({ "into": stays.json()["id"] }).to_string();
    for (name, gone) in [("merged", 307), ("withdrawn", 410)] {
        let mut row = feature("Secret words", "2025-05-30", Some(IZMAIL));
        row["properties"]["same_as"] = json!([format!("test:{name}")]);
        let made = door.post(ITEMS, media, &row.to_string()).await;
        let location = made.header("location").strip_prefix("http://localhost:8080").unwrap().to_owned();
        let done = match name {
            "merged" => door.post(&format!("{location}/merge"), "application/json", &into).await,
            _ => door.ask(Method::DELETE, &location, &[], "").await,
        };
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text());
        let history = format!("{location}/history");
        assert_eq!(door.get(&location).await.status.as_u16(), gone);
        door.get(&history).await.is_ok();
        row["properties"]["masking"] = json!({ "level": "hidden" });
        assert_eq!(door.post("/imports", media, &row.to_string()).await.is_ok().json()["updated"], 1);
        for address in [&location, &history, &format!("{history}/proof")] {
            let problem = door.get(address).await.is_problem(404);
            assert!(!problem.to_string().contains("merged into"), "{problem}");
        }
    }
}

/// Work that keeps every core of the pool busy until what is returned is dropped.
fn busy_cores() -> std::sync::mpsc::Sender<()> {
    let (held, wait) = std::sync::mpsc::channel();
    let wait = Arc::new(std::sync::Mutex::new(wait));
    for _ in 0..rayon::current_num_threads() {
        let wait = Arc::clone(&wait);
        rayon::spawn(move || _ = wait.lock().unwrap().recv());
    }
    held
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_ledger_is_still_checked_nothing_is_vouched_for_and_no_question_waits() {
    let door = Door::new();
    // So many that the index is kept for the next start, and so long that checking them is not done at once.
    let notes = "Kharkiv ".repeat(60);
    let rows = (0..10_001).map(|n| format!("{n},28.8,45.3,2023-08-02,Port {n},{notes}\n"));
    let rows = format!("id,lon,lat,date,title,notes\n{}", rows.collect::<String>());
    let put = door.post("/imports?source=test", "text/csv", &rows).await;
    assert_eq!(put.is_ok().json()["imported"], 10_001);
    let found = door.get(&format!("{ITEMS}?limit=1")).await.is_ok().json();
    let door = door.restarted();
    let busy = busy_cores();
    let proof = format!("{ITEMS}/{}/history/proof", found["features"][0]["id"].as_str().unwrap());
    let all = ["/checkpoint", "/checkpoint/extension?size=1", &proof];
    for address in all {
        let asked = tokio::time::timeout(std::time::Duration::from_secs(30), door.get(address));
        let reply = asked.await.unwrap_or_else(|_| panic!("{address} waits for the ledger"));
        let problem = reply.is_problem(503);
        assert!(problem["detail"].as_str().unwrap().contains("still checks"), "{problem}");
        assert!(reply.header("retry-after").parse::<u32>().is_ok());
    }
    drop(busy);
    for _ in 0..6_000 {
        if door.get("/checkpoint").await.status != StatusCode::SERVICE_UNAVAILABLE {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    for address in all {
        door.get(address).await.is_ok();
    }
}

#[tokio::test]
async fn a_masked_record_stays_masked_when_its_row_is_imported_again() {
    let door = Door::new();
    let media = "application/geo+json";
    let mut row = feature("Shelter", "2025-05-30", Some(IZMAIL));
    row["properties"]["same_as"] = json!(["test:1"]);
    let mut masked = row.clone();
    masked["properties"]["masking"] = json!({ "level": "admin1" });
    door.post("/imports", media, &masked.to_string()).await.is_ok();
    let again = door.post("/imports", media, &row.to_string()).await.is_ok().json();
    assert_eq!(again["unchanged"], 1, "{again}");
    assert_eq!(door.get(ITEMS).await.json()["numberMatched"], 0);
}

#[tokio::test]
async fn a_bad_record_is_told_with_every_fault_and_nothing_is_stored() {
    let door = Door::new();
    let media = "application/geo+json";
    let mut bad = feature("Bad", "1527-01-01", Some([128.0, 95.0]));
    bad["properties"]["event_type"] = json!("party");
    let problem = door.post(ITEMS, media, &bad.to_string()).await.is_problem(422);
    assert!(problem["errors"].as_array().unwrap().len() >= 3, "{problem}");
    for (body, status) in [
        ("", 400),
        ("{", 400),
        ("[]", 422),
        ("null", 400),
        ("{\"type\":\"Feature\",\"type\":\"Feature\"}", 400),
        ("{\"type\":\"FeatureCollection\",\"features\":[]}", 422),
        ("{\"type\":\"Feature\",\"geometry\":null,\"properties\":null}", 422),
    ] {
        door.post(ITEMS, media, body).await.is_problem(status);
    }
    let invalid_utf8 = Request::post(ITEMS)
        .header("host", "localhost")
        .header("content-type", media)
        .body(Body::from(b"{\"type\":\"\xff\"}".to_vec()))
        .unwrap();
    door.send(invalid_utf8).await.is_problem(400);
    assert_eq!(door.get(ITEMS).await.json()["numberMatched"], 0);
}

// ------------------------------------------------------------------------------------------------- imports

#[tokio::test]
async fn the_same_file_twice_changes_nothing() {
    let door = Door::new();
    let csv = "id,lon,lat,date,title\n1,28.8372,45.3512,2023-08-02,Port\n2,28.2829,45.4566,2023-09-06,Reni\n";
    let told = door.post("/imports?source=desk", "text/csv", csv).await.is_ok().json();
    assert_eq!((&told["imported"], &told["rejected"]), (&json!(2), &json!(0)), "{told}");
    let told = door.post("/imports?source=desk", "text/csv; charset=utf-8", csv).await.is_ok().json();
    assert_eq!((&told["imported"], &told["unchanged"]), (&json!(0), &json!(2)), "{told}");
}

#[tokio::test]
async fn one_bad_record_refuses_the_file_and_every_fault_is_told() {
    let door = Door::new();
    let csv = "id,lon,lat,date,title\n1,28.8,45.3,2023-08-02,Port\n2,999,45.4,2023-09-06,Reni\n3,28.2,45.4,1527-09-06,Old\n";
    let problem = door.post("/imports", "text/csv", csv).await.is_problem(422);
    assert_eq!((&problem["imported"], &problem["rejected"]), (&json!(0), &json!(3)), "{problem}");
    let lines: Vec<&Value> =
        problem["errors"].as_array().unwrap().iter().map(|fault| &fault["line"]).collect();
    assert_eq!(lines, [3, 4]);
    assert_eq!(problem["errors_total"], 2);
    assert_eq!(door.get(ITEMS).await.json()["numberMatched"], 0);

    let told = door.post("/imports?on-error=quarantine", "text/csv", csv).await.is_ok().json();
    assert_eq!((&told["imported"], &told["rejected"]), (&json!(1), &json!(2)), "{told}");
    assert_eq!(door.get(ITEMS).await.json()["numberMatched"], 1);
}

#[tokio::test]
async fn a_dry_run_stores_nothing_and_tells_what_would_become_of_it() {
    let door = Door::new();
    let csv = "id,lon,lat,date,title\n1,28.8,45.3,2023-08-02,Port\n2,28.3,45.4,2023-08-03,Reni\n";
    let (store, dry_run) = ("/imports?file=a.csv", "/imports?file=a.csv&dry-run=true");
    let told = door.post(dry_run, "text/csv", csv).await.is_ok().json();
    assert_eq!(
        (&told["dry_run"], &told["sound"], &told["imported"]),
        (&json!(true), &json!(2), &json!(0)),
        "{told}"
    );
    assert_eq!((&told["would"]["imported"], &told["would"]["updated"]), (&json!(2), &json!(0)), "{told}");
    assert_eq!(door.get(ITEMS).await.json()["numberMatched"], 0);

    door.post(store, "text/csv", csv).await.is_ok();
    let changed =
        csv.replace("28.3,45.4,2023-08-03", "30.7,46.4,2021-01-01") + "3,28.8,45.3,2023-08-04,New\n";
    let would = door.post(dry_run, "text/csv", &changed).await.is_ok().json()["would"].take();
    let told = door.post(store, "text/csv", &changed).await.is_ok().json();
    for name in ["imported", "updated", "unchanged", "withdrawn", "withheld", "revised"] {
        assert_eq!(would[name], told[name], "{name}: {told}");
    }
    assert_eq!(
        (&would["imported"], &would["updated"], &would["unchanged"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(would["revised"][0]["elsewhere"]["count"], 1, "{would}");
}

#[tokio::test]
async fn a_legacy_encoding_may_be_named_for_a_table_only() {
    let door = Door::new();
    let csv = b"id,lon,lat,date,title\n1,28.8,45.3,2023-08-02,Br\xfccke\n".to_vec();
    let send = |media: &'static str, body: Vec<u8>| {
        let request = Request::post("/imports").header("host", "localhost").header("content-type", media);
        door.send(request.body(Body::from(body)).unwrap())
    };
    send("text/csv", csv.clone()).await.is_problem(400);
    send("text/csv; charset=windows-1252", csv.clone()).await.is_ok();
    send("text/csv; charset=klingon", csv).await.is_problem(415);
    send("application/json; charset=windows-1252", b"{}".to_vec()).await.is_problem(415);
    assert!(door.get(ITEMS).await.text().contains("Brücke"));
}

#[tokio::test]
async fn a_body_that_is_too_large_or_of_another_type_is_refused_with_the_limit_or_the_types() {
    let door = Door::with(|config| config.limits.import_bytes = 100);
    let problem = door.post("/imports", "text/csv", &"x".repeat(101)).await.is_problem(413);
    assert_eq!(problem["limit_bytes"], 100);
    for media in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let problem = door.post("/imports", media, "x").await.is_problem(415);
        assert!(problem["supported"].as_array().unwrap().contains(&json!("text/csv")));
    }
    door.ask(Method::POST, "/imports", &[], "x").await.is_problem(415);
    let headers = [("content-type", "text/csv"), ("content-encoding", "gzip")];
    door.ask(Method::POST, "/imports", &headers, "x").await.is_problem(415);
}

// ------------------------------------------------------------------------------------------------- borders

#[tokio::test]
async fn a_distance_is_the_whole_answer() {
    let door = Door::new();
    let uri = "/borders/distance?lon=28.2829&lat=45.4566&to=ROU&to=NATO&radius_m=100";
    let answer = door.get(uri).await.is_ok().json();
    assert_eq!(answer["territory"], json!(["UKR"]));
    assert_eq!(answer["to"][0]["to"], "ROU");
    assert_eq!(answer["to"][1]["to"], "NATO");
    assert!((answer["to"][0]["distance_m"].as_f64().unwrap() - 1072.0).abs() < 1.0, "{answer}");
    assert_eq!(answer["boundary"]["set"], "osm-maritime-10m");
    let both = door.get("/borders/distance?lon=28.2829&lat=45.4566&to=ROU,MDA").await.is_ok().json();
    assert_eq!(both["to"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_set_is_meant_as_of_a_day() {
    let door = Door::new();
    let uri = "/borders/distance?lon=24.9&lat=60.2&to=NATO&on=";
    let before = door.get(&format!("{uri}2022-06-01")).await.is_ok().json();
    let after = door.get(&format!("{uri}2024-06-01")).await.is_ok().json();
    assert_eq!(before["to"][0]["country"], "EST");
    assert_eq!(after["to"][0]["country"], "FIN");
    door.get(&format!("{uri}2022-13-01")).await.is_problem(400);
}

#[tokio::test]
async fn a_place_off_the_globe_or_an_unknown_target_is_named() {
    let door = Door::new();
    for (query, parameter) in [
        ("", "lon"),
        ("lon=28", "lat"),
        ("lon=181&lat=0", "lon"),
        ("lon=28&lat=91", "lat"),
        ("lon=NaN&lat=0", "lon"),
        ("lon=28&lat=45&to=Romnia", "to"),
        ("lon=28&lat=45&radius_m=-1", "radius_m"),
        ("lon=28&lat=45&radius_m=1e400", "radius_m"),
    ] {
        let problem = door.get(&format!("/borders/distance?{query}")).await.is_problem(400);
        assert_eq!(problem["parameter"], parameter, "{query}: {problem}");
    }
}

#[tokio::test]
async fn many_points_are_answered_one_a_line_in_order() {
    let door = Door::new();
    let points: String = (0..1_100)
        .map(|n| format!("{{\"id\":{n},\"lon\":{},\"lat\":45.35}}\n", 28.0 + f64::from(n) / 1_000.0))
        .collect();
    let reply = door.post("/borders/distance?to=ROU", "application/x-ndjson", &points).await;
    assert_eq!(reply.is_ok().header("content-type"), "application/x-ndjson");
    let text = reply.text();
    assert_eq!(text.lines().count(), 1_100);
    for (n, line) in text.lines().enumerate() {
        let answer: Value = serde_json::from_str(line).unwrap();
        assert_eq!(answer["id"], n);
        assert_eq!(answer["to"][0]["to"], "ROU");
    }
    let one = door.get("/borders/distance?lon=28.5&lat=45.35&to=ROU").await.json();
    let same: Value = serde_json::from_str(text.lines().nth(500).unwrap()).unwrap();
    assert_eq!(same["to"], one["to"]);
}

/// The same points come in as a table and as features, and go out in every form, in their order.
#[tokio::test]
async fn points_and_answers_may_be_a_table_or_features() {
    let door = Door::new();
    let table = "id,lon,lat,to\r\n=1,28.8372,45.3512,ROU\r\n\"b,c\",30.5,50.45,\r\n,-30,0,NATO\r\n";
    let told = door
        .ask(
            Method::POST,
            "/borders/distance",
            &[("content-type", "text/csv"), ("accept", "text/csv")],
            table,
        )
        .await;
    assert_eq!(told.is_ok().header("content-type"), "text/csv; charset=utf-8; header=present");
    let told = told.text();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 4, "{told}");
    assert!(lines[0].starts_with("id,lon,lat,territory,to,distance_m,"));
    assert!(lines[1].starts_with("'=1,28.8372,45.3512,UKR,ROU,"), "a formula is guarded: {told}");
    assert!(lines[2].starts_with("\"b,c\",30.5,50.45,UKR,,,"), "{told}");
    assert!(lines[3].starts_with(",-30.0,0.0,,NATO,"), "{told}");

    let lines_of =
        door.ask(Method::POST, "/borders/distance?f=ndjson", &[("content-type", "text/csv")], table).await;
    let whole: Vec<Value> =
        lines_of.is_ok().text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let features =
        door.ask(Method::POST, "/borders/distance?f=geojson", &[("content-type", "text/csv")], table).await;
    assert_eq!(features.is_ok().header("content-type"), "application/geo+json");
    let features = features.json();
    for (at, feature) in features["features"].as_array().unwrap().iter().enumerate() {
        assert_eq!(feature["geometry"]["coordinates"], json!([whole[at]["lon"], whole[at]["lat"]]));
        assert_eq!(feature["properties"]["distance_m"], whole[at]["to"][0]["distance_m"]);
        assert_eq!(feature["properties"]["foreign_lon"], whole[at]["nearest_foreign"]["nearest_point"][0]);
    }
    assert_eq!(features["features"][1]["id"], "b,c");

    for (bad, words) in [
        ("id,x,y\n1,2,3\n", "lon and lat"),
        ("lon,lat\n1,2,3\n", "Line 2"),
        ("lon,lat\n1,2\n3,north\n", "Line 3"),
        ("lon,lat\n", "no points"),
        ("", "lon and lat"),
    ] {
        let problem = door.post("/borders/distance", "text/csv", bad).await.is_problem(400);
        assert!(problem["detail"].as_str().unwrap().contains(words), "{bad}: {problem}");
    }
    let off = door.post("/borders/distance", "text/csv", "lon,lat\n1,2\n1,91\n").await.is_problem(422);
    assert_eq!((&off["errors"][0]["line"], &off["errors"][0]["index"]), (&json!(3), &json!(1)));
    let two = door.post("/borders/distance?f=csv&to=ROU&to=MDA", "text/csv", table).await.is_problem(400);
    assert_eq!(two["parameter"], "to");
    let many = "lon,lat\n".to_owned() + &"1,2\n".repeat(100_001);
    assert!(door.post("/borders/distance", "text/csv", &many).await.is_problem(413)["detail"].is_string());
}

#[tokio::test]
async fn points_that_cannot_be_measured_are_listed_and_none_is() {
    let door = Door::new();
    let points = "{\"lon\":28,\"lat\":45}\n{\"lon\":281,\"lat\":45}\n{\"lat\":45}\n{\"lon\":1,\"lat\":2,\"to\":\"Atlantis\"}\n";
    let problem = door.post("/borders/distance", "application/x-ndjson", points).await.is_problem(422);
    assert_eq!(problem["errors_total"], 3);
    assert_eq!(problem["errors"][0]["line"], 2);
    door.post("/borders/distance", "application/x-ndjson", "{\"lon\":").await.is_problem(400);
    door.post("/borders/distance", "application/x-ndjson", "").await.is_problem(400);
    let few = Door::with(|config| config.limits.points = 1);
    few.post("/borders/distance", "application/x-ndjson", points).await.is_problem(413);
}

#[tokio::test]
async fn the_border_sets_tell_origin_accuracy_and_licence() {
    let body = Door::new().get("/borders").await.is_ok().json();
    for set in body["sets"].as_array().unwrap() {
        for member in ["name", "version", "licence", "attribution", "checksum", "origin"] {
            assert!(set[member].is_string(), "{member}: {set}");
        }
        assert!(set["accuracy_m"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(body["default"], "osm-maritime-10m");
}

#[tokio::test]
async fn an_installed_set_is_listed_and_answers_when_it_is_named() {
    let coarse =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/borders/natural-earth-10m.kbs"))
            .unwrap();
    let zone = br#"{"features": [{"id": "ZONE", "geometry":
        {"type": "Polygon", "coordinates": [[[28, 45], [29, 45], [29, 46], [28, 46], [28, 45]]]}}]}"#;
    let mut info = BorderSet::decode(&coarse).unwrap().info().clone();
    (info.name, info.accuracy_m) = ("zone".into(), 10.0);
    let set = kordon_borders::build_from_geojson(zone, info).unwrap();
    let door = Door::with(|config| {
        config.sets.install(&set, false).unwrap();
    });
    let body = door.get("/borders").await.is_ok().json();
    let listed = body["sets"].as_array().unwrap().iter().find(|set| set["name"] == "zone").unwrap();
    assert_eq!((&listed["role"], &listed["territories"]), (&json!("installed"), &json!(1)));
    let uri = "/borders/distance?lon=28.5&lat=45.4&borders=zone&to=ZONE";
    let answer = door.get(uri).await.is_ok().json();
    assert_eq!((&answer["boundary"]["set"], &answer["territory"]), (&json!("zone"), &json!(["ZONE"])));
    assert_eq!(answer["to"][0]["distance_m"], 0.0);
    let points = "{\"lon\":28.5,\"lat\":45.4}\n";
    let many = door.post("/borders/distance?borders=zone&to=ZONE", "application/x-ndjson", points).await;
    assert!(many.is_ok().text().contains("\"zone\""), "{}", many.text());
    let problem = door.get("/borders/distance?lon=1&lat=1&borders=zones").await.is_problem(400);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("osm-maritime-10m, natural-earth-10m, zone"), "{detail}");
    door.get("/borders/distance?lon=1&lat=1&borders=../zone").await.is_problem(400);
}

const SEVASTOPOL: &str = "/borders/distance?lon=33.5254&lat=44.6167&to=UKR";

#[tokio::test]
async fn a_view_and_a_day_say_whose_disputed_land_is() {
    let door = Door::new();
    let holder = |answer: &Value| answer["territory_in_view"].as_str().unwrap().to_owned();
    let un = door.get(SEVASTOPOL).await.is_ok().json();
    assert_eq!((holder(&un).as_str(), un["boundary"]["world_view"].as_str()), ("UKR", Some("un")));
    let uri = format!("{SEVASTOPOL}&view=de_facto");
    let reply = door.get(&uri).await;
    let de_facto = reply.is_ok().json();
    assert_eq!(holder(&de_facto), "RUS");
    assert_eq!(de_facto["boundary"]["world_view"], "de_facto");
    assert!(de_facto["to"][0]["distance_m"].as_f64().unwrap() > 0.0, "{de_facto}");
    let before = door.get(&format!("{uri}&on=2014-01-01")).await.is_ok().json();
    assert_eq!((holder(&before).as_str(), &before["boundary"]["on"]), ("UKR", &json!("2014-01-01")));
    // On these days the view says the same, and one set answers for both; each answer names its own day.
    for day in ["2020-01-01", "2020-01-02"] {
        let after = door.get(&format!("{uri}&on={day}")).await.is_ok().json();
        assert_eq!((holder(&after).as_str(), &after["boundary"]["on"]), ("RUS", &json!(day)));
    }
    let points = "{\"lon\":33.5254,\"lat\":44.6167}\n";
    let many = door.post("/borders/distance?view=de_facto", "application/x-ndjson", points).await;
    assert_eq!(holder(&many.is_ok().json()), "RUS");
    let etag = reply.header("etag").to_owned();
    let again = door.ask(Method::GET, &uri, &[("if-none-match", &etag)], "").await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let other = door.ask(Method::GET, SEVASTOPOL, &[("if-none-match", &etag)], "").await;
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn a_view_that_is_none_is_named_with_those_there_are() {
    let door = Door::new();
    for (view, near) in [("de-facto", "did you mean de_facto?"), ("/etc/passwd", "there are un, de_facto")] {
        let problem = door.get(&format!("{SEVASTOPOL}&view={view}")).await.is_problem(400);
        assert_eq!(problem["parameter"], "view");
        assert_eq!(problem["allowed"], json!(["un", "de_facto"]));
        assert!(problem["detail"].as_str().unwrap().contains(near), "{problem}");
    }
    let problem = door.get(&format!("{SEVASTOPOL}&on=2014-02-30")).await.is_problem(400);
    assert_eq!(problem["parameter"], "on");
    let problem = door.get(&format!("{SEVASTOPOL}&spread=yes")).await.is_problem(400);
    assert_eq!(problem["parameter"], "spread");
}

#[tokio::test]
async fn the_servers_own_view_answers_unless_another_is_named() {
    let own = "name = \"mine\"\ntitle = \"t\"\n[[land]]\nplace = \"Crimea\"\nclaimants = [\"RUS\", \"UKR\"]\nholder = \"RUS\"\nsource = \"s\"\n";
    let mine = View::read(own).unwrap();
    let door = Door::with(|config| config.borders = Arc::new(BORDERS.in_view(&mine, None)));
    let listed = door.get("/borders").await.is_ok().json();
    assert_eq!(listed["default_view"], "mine");
    let names: Vec<&str> =
        listed["views"].as_array().unwrap().iter().map(|view| view["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["mine", "un", "de_facto"]);
    for (view, holder) in [("", "RUS"), ("&view=mine", "RUS"), ("&view=un", "UKR")] {
        let answer = door.get(&format!("{SEVASTOPOL}{view}")).await.is_ok().json();
        assert_eq!(answer["territory_in_view"], holder, "{view}");
    }
    let items = |door: Door| async move { door.get(ITEMS).await.is_ok().header("etag").to_owned() };
    assert_ne!(items(door).await, items(Door::new()).await);
}

#[tokio::test]
async fn a_spread_asks_every_other_set_in_the_same_view() {
    let door = Door::new();
    let uri = "/borders/distance?lon=28.8372&lat=45.3512&to=ROU&to=POL&view=de_facto&spread=true";
    let answer = door.get(uri).await.is_ok().json();
    let spread = answer["spread"].as_array().unwrap();
    let asked: Vec<&str> = spread.iter().map(|one| one["to"].as_str().unwrap()).collect();
    assert_eq!(asked, ["nearest_foreign", "ROU", "POL"]);
    let sets = |at: usize| spread[at]["sets"].as_array().unwrap().clone();
    assert_eq!(sets(1)[0]["set"], "osm-maritime-10m");
    assert_eq!(sets(1)[0]["distance_m"], answer["to"][0]["distance_m"]);
    assert_eq!(sets(1)[1]["reason"], "too-coarse");
    assert!(sets(2)[1]["distance_m"].is_number());
    let without = door.get("/borders/distance?lon=28.8372&lat=45.3512&spread=false").await.is_ok().json();
    assert!(without.get("spread").is_none());
}

#[tokio::test]
async fn a_set_whose_error_swallows_the_distance_is_refused() {
    let door = Door::new();
    let uri = "/borders/distance?lon=28.8372&lat=45.3512&borders=natural-earth-10m";
    let problem = door.get(uri).await.is_problem(422);
    assert_eq!((&problem["set"], &problem["country"]), (&json!("natural-earth-10m"), &json!("ROU")));
    assert!(problem["detail"].as_str().unwrap().contains("osm-maritime-10m"), "{problem}");
    let points = "{\"id\":1,\"lon\":28.8372,\"lat\":45.3512}\n{\"id\":2,\"lon\":33,\"lat\":48}\n";
    let many = door.post("/borders/distance?borders=natural-earth-10m", "application/x-ndjson", points).await;
    let lines: Vec<Value> =
        many.is_ok().text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["id"], &lines[0]["problem"]), (&json!(1), &json!("too-coarse")));
    assert!(lines[1]["nearest_foreign"]["distance_m"].is_number());
}

#[tokio::test]
async fn territories_are_a_collection_with_sets() {
    let door = Door::new();
    let described = door.get("/collections/territories").await.is_ok().json();
    let nato = described["sets"].as_array().unwrap().iter().find(|set| set["name"] == "NATO").unwrap();
    let finland = nato["members"].as_array().unwrap().iter().find(|member| member["code"] == "FIN").unwrap();
    assert_eq!(finland, &json!({ "code": "FIN", "from": "2023-04-04", "until": null }));
    let all = door.get("/collections/territories/items?limit=300&skipGeometry=true").await.is_ok().json();
    assert_eq!(all["numberMatched"], all["numberReturned"]);
    assert!(all["features"].as_array().unwrap().iter().all(|one| one["geometry"].is_null()));
    let page = door.get("/collections/territories/items?limit=200&skipGeometry=true").await.json();
    assert!(link(&page, "next").unwrap().contains("cursor=200"));
    for cursor in ["99999999999", "99999999999999999999999", "-1", "x"] {
        door.get(&format!("/collections/territories/items?cursor={cursor}")).await.is_problem(400);
    }
    let here =
        door.get("/collections/territories/items?bbox=28.8,45.3,28.9,45.4&skipGeometry=true").await.json();
    let codes: Vec<&str> =
        here["features"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert!(codes.contains(&"UKR") && codes.contains(&"ROU") && !codes.contains(&"FRA"), "{codes:?}");
    let romania = door.get("/collections/territories/items/rou").await.is_ok().json();
    assert_eq!(romania["properties"]["name"], "Romania");
    assert_eq!(romania["geometry"]["type"], "MultiPolygon");
    door.get("/collections/territories/items/XXX").await.is_problem(404);
}

// --------------------------------------------------------------------------------------------------- tiles

#[tokio::test]
async fn every_territory_has_an_outline() {
    let door = Door::new();
    let page = door.get("/collections/territories/items?limit=1000").await.is_ok().json();
    for one in page["features"].as_array().unwrap() {
        assert!(one["geometry"].is_object(), "{}", one["id"]);
        assert!(one["properties"]["geometry_from"].is_string());
    }
}

#[tokio::test]
async fn territories_are_told_as_the_set_that_is_named_draws_them() {
    let door = Door::new();
    let path = "/collections/territories/items";
    let sets = door.get("/borders").await.json();
    let precise = sets["default"].as_str().unwrap();
    let coarse = sets["sets"][1]["name"].as_str().unwrap();
    let one = async |query: &str| door.get(&format!("{path}/LIE{query}")).await.is_ok().json();
    let plain = one("").await;
    assert_eq!(plain["properties"]["geometry_from"], coarse);
    let named = one(&format!("?borders={precise}")).await;
    assert_eq!(named["properties"]["geometry_from"], precise);
    assert!(named.to_string().len() > plain.to_string().len(), "it is drawn in more detail");
    let page =
        door.get(&format!("{path}?borders={precise}&bbox=9.4,47,9.7,47.3&limit=9")).await.is_ok().json();
    let found = page["features"].as_array().unwrap().iter().find(|one| one["id"] == "LIE").unwrap();
    assert_eq!(found["geometry"], named["geometry"]);
    let same = door.get(&format!("{path}/LIE?borders={coarse}")).await.is_ok().json();
    assert_eq!(same["geometry"], plain["geometry"]);
    let problem = door.get(&format!("{path}?borders=nothing")).await.is_problem(400);
    assert_eq!(problem["parameter"], "borders");
}

#[tokio::test]
async fn tiles_are_vector_tiles_with_an_etag() {
    let door = Door::with_incidents().await;
    for collection in ["incidents", "territories"] {
        let uri = format!("/collections/{collection}/tiles/WebMercatorQuad/0/0/0");
        let tile = door.get(&uri).await;
        assert_eq!(tile.is_ok().header("content-type"), "application/vnd.mapbox-vector-tile");
        assert!(!tile.body.is_empty(), "{collection}");
        let again = door.ask(Method::GET, &uri, &[("if-none-match", tile.header("etag"))], "").await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        for bad in ["1/2/0", "0/0/1", "31/0/0", "a/0/0", "0/-1/0"] {
            door.get(&format!("/collections/{collection}/tiles/WebMercatorQuad/{bad}")).await.is_problem(404);
        }
    }
}

#[tokio::test]
async fn a_tile_follows_the_filter_and_the_store() {
    let door = Door::with_incidents().await;
    let uri = "/collections/incidents/tiles/WebMercatorQuad/0/0/0";
    let all = door.get(uri).await.body;
    let none = door.get(&format!("{uri}?event-type=protests")).await.body;
    assert_ne!(all, none);
    assert_eq!(all, door.get(uri).await.body, "from the cache");
    let one = feature("New", "2025-01-01", Some([100.0, 0.0])).to_string();
    door.post(ITEMS, "application/geo+json", &one).await;
    assert_ne!(all, door.get(uri).await.body);
}

// --------------------------------------------------------------------------------------------- who may, and how

#[tokio::test]
async fn writing_needs_a_token_where_it_should() {
    let (plain, token) = new_token("desk").unwrap();
    let mut tokens = Tokens::default();
    tokens.add(token).unwrap();
    let door = Door::with(|config| config.access = Access::new(tokens, true));
    let body = feature("Port", "2023-08-02", Some(IZMAIL)).to_string();
    let media = ("content-type", "application/geo+json");
    let without = door.ask(Method::POST, ITEMS, &[media], &body).await;
    without.is_problem(401);
    assert!(without.header("www-authenticate").starts_with("Bearer"));
    door.ask(Method::POST, ITEMS, &[media, ("authorization", "Bearer kordon_1")], &body)
        .await
        .is_problem(401);
    let bearer = format!("Bearer {plain}");
    let with = door.ask(Method::POST, ITEMS, &[media, ("authorization", &bearer)], &body).await;
    assert_eq!(with.status, StatusCode::CREATED, "{}", with.text());
    assert_eq!(with.json()["properties"]["recorded_by"], "desk");
    door.get(ITEMS).await.is_ok();
    let open = Door::with(|config| {
        config.access = Access::new(Tokens::default(), false);
        config.loopback = false;
    });
    open.ask(Method::POST, ITEMS, &[media], &body).await.is_problem(403);
    open.ask(Method::POST, "/imports", &[media], &body).await.is_problem(403);
}

#[tokio::test]
async fn a_page_of_another_site_can_neither_read_by_rebinding_nor_write() {
    let door = Door::new();
    let get = Request::get("/collections").header("host", "evil.example:8080").body(Body::empty()).unwrap();
    door.send(get).await.is_problem(421);
    let without_host = Request::get("/collections").body(Body::empty()).unwrap();
    door.send(without_host).await.is_problem(400);
    let body = feature("Port", "2023-08-02", Some(IZMAIL)).to_string();
    let media = ("content-type", "application/geo+json");
    for foreign in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        door.ask(Method::POST, ITEMS, &[media, foreign], &body).await.is_problem(403);
    }
    let own = [media, ("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")];
    assert_eq!(door.ask(Method::POST, ITEMS, &own, &body).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_a_browser_safe() {
    let door = Door::new();
    for uri in ["/?f=json", "/nothing", "/collections/incidents/items?x=1", "/health"] {
        let reply = door.get(uri).await;
        assert!(reply.header("content-security-policy").contains("default-src 'self'"), "{uri}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("referrer-policy"), "no-referrer");
        assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin");
        assert!(reply.headers.contains_key("permissions-policy"));
    }
}

#[tokio::test]
async fn a_wrong_method_is_405_with_allow_and_options_tells_them() {
    let door = Door::new();
    let reply = door.ask(Method::PATCH, "/collections", &[], "").await;
    reply.is_problem(405);
    assert_eq!(reply.header("allow"), "GET, HEAD, OPTIONS");
    let options = door.ask(Method::OPTIONS, ITEMS, &[], "").await;
    assert_eq!(options.status, StatusCode::NO_CONTENT);
    assert_eq!(options.header("allow"), "GET, HEAD, POST, OPTIONS");
    let item = format!("{ITEMS}/00000000-0000-4000-8000-000000000000");
    let options = door.ask(Method::OPTIONS, &item, &[], "").await;
    assert_eq!(options.header("allow"), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let door = Door::with_incidents().await;
    let head = door.ask(Method::HEAD, ITEMS, &[], "").await;
    assert!(head.is_ok().body.is_empty());
    assert_eq!(head.header("content-type"), "application/geo+json");
}

#[tokio::test]
async fn an_address_that_is_none_is_404_and_quotes_little() {
    let door = Door::new();
    for path in ["/nothing", "/assets/none.js", "/..%2f..%2fetc/passwd", "/collections/incidents/"] {
        door.get(path).await.is_problem(404);
    }
    let long = door.get(&format!("/{}", "a".repeat(4_000))).await;
    long.is_problem(404);
    assert!(long.body.len() < 600, "{}", long.text());
    let long = door.get(&format!("{ITEMS}?{}=1", "a".repeat(4_000))).await;
    long.is_problem(400);
    assert!(long.body.len() < 2_500, "{}", long.text());
    assert_eq!(door.get(&format!("{ITEMS}?q={}", "a".repeat(20_000))).await.status, StatusCode::URI_TOO_LONG);
}

#[tokio::test]
async fn json_is_sent_compressed_to_whom_it_suits() {
    let door = Door::with_incidents().await;
    let reply = door.ask(Method::GET, ITEMS, &[("accept-encoding", "gzip")], "").await;
    assert_eq!(reply.is_ok().header("content-encoding"), "gzip");
    assert_eq!(&reply.body[..2], [0x1f, 0x8b]);
    let smaller = door.ask(Method::GET, ITEMS, &[("accept-encoding", "gzip, deflate, br")], "").await;
    assert_eq!(smaller.is_ok().header("content-encoding"), "br");
    assert!(smaller.body.len() < reply.body.len(), "{} {}", smaller.body.len(), reply.body.len());
}

#[tokio::test]
async fn operators_see_that_it_lives_and_what_it_did() {
    let door = Door::with_incidents().await;
    assert_eq!(door.get("/health").await.is_ok().json()["status"], "ok");
    assert_eq!(door.get("/ready").await.is_ok().json()["status"], "ready");
    door.get("/nothing").await;
    let text = door.get("/metrics").await.is_ok().text();
    assert!(text.contains("kordon_incidents 5\n"), "{text}");
    assert!(text.contains("kordon_http_responses_total{class=\"4xx\"} 1\n"), "{text}");
}
