//! The abstract tests of OGC API – Features Part 1 (17-069r4) and Part 2 (18-058r1), each by its id.
//!
//! `docs/conformance.md` says which test shows which id; the last test here holds that table to this file.

use super::places::layer;
use super::{Door, ITEMS, IZMAIL, Reply, feature, link, titles};
use axum::http::Method;
use kordon_incidents::Infrastructure;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

const COLLECTIONS: [&str; 5] = ["incidents", "territories", "border-distances", "impacts", "facilities"];
const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
const EPSG_4326: &str = "http://www.opengis.net/def/crs/EPSG/0/4326";
const EPSG_3857: &str = "http://www.opengis.net/def/crs/EPSG/0/3857";

/// A door before incidents of which one says what was hit, and a layer of facilities.
async fn door() -> Door {
    let door = Door::with_incidents().await;
    let places: Vec<_> = (0..9).map(|n| ("clinic", 28.84 + f64::from(n) / 100.0, 45.35)).collect();
    layer(&door, "clinics", Infrastructure::Health, &places);
    let mut one = feature("Silo hit", "2023-08-02", Some(IZMAIL));
    one["properties"]["impacts"] =
        json!([{ "facility": "silo", "infrastructure": "port", "damage": "severe" }]);
    assert_eq!(door.post(ITEMS, "application/geo+json", &one.to_string()).await.status, 201);
    door
}

/// The first item of each collection, with its address.
async fn first_items(door: &Door) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for collection in COLLECTIONS {
        let path = format!("/collections/{collection}/items");
        let page = door.get(&format!("{path}?limit=5")).await.is_ok().json();
        let placed = |one: &&Value| !one["geometry"].is_null();
        let item = page["features"].as_array().unwrap().iter().find(placed).unwrap().clone();
        all.push((format!("{path}/{}", item["id"].as_str().unwrap()), item));
    }
    all
}

/// /conf/core/root-op, /conf/core/root-success, /conf/core/api-definition-op, /conf/core/api-definition-success,
/// /conf/core/conformance-op, /conf/core/conformance-success, /conf/core/http
#[tokio::test]
async fn the_landing_page_leads_to_the_definition_the_classes_and_the_data() {
    let door = Door::new();
    let root = door.get("/?f=json").await.is_ok().json();
    for rel in ["service-desc", "conformance", "data"] {
        let to = link(&root, rel).unwrap().strip_prefix("http://localhost:8080").unwrap().to_owned();
        let reply = door.get(&to).await;
        reply.is_ok();
        let typed = root["links"].as_array().unwrap().iter().find(|link| link["rel"] == rel).unwrap();
        assert_eq!(reply.header("content-type"), typed["type"], "{rel}");
    }
    let classes = door.get("/conformance").await.json();
    for class in ["features-1/1.0/conf/core", "features-1/1.0/conf/geojson", "features-2/1.0/conf/crs"] {
        let uri = format!("http://www.opengis.net/spec/ogcapi-{class}");
        assert!(classes["conformsTo"].as_array().unwrap().contains(&json!(uri)), "{uri}");
    }
    let head = door.ask(Method::HEAD, ITEMS, &[], "").await;
    assert_eq!((head.is_ok().body.len(), head.header("content-type")), (0, "application/geo+json"));
}

/// /conf/core/fc-md-op, /conf/core/fc-md-success, /conf/core/fc-md-links, /conf/core/fc-md-items,
/// /conf/core/fc-md-items-links, /conf/core/fc-md-extent, /conf/core/sfc-md-op, /conf/core/sfc-md-success
#[tokio::test]
async fn every_collection_is_described_alike_in_the_list_and_by_itself() {
    let door = door().await;
    let list = door.get("/collections").await.is_ok().json();
    assert!(link(&list, "self").is_some());
    let ids: Vec<&str> =
        list["collections"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, COLLECTIONS);
    for one in list["collections"].as_array().unwrap() {
        let id = one["id"].as_str().unwrap();
        assert_eq!(door.get(&format!("/collections/{id}")).await.is_ok().json(), *one);
        let items = one["links"].as_array().unwrap().iter().filter(|link| link["rel"] == "items");
        assert!(items.clone().count() > 0);
        for link in items {
            assert!(
                link["type"].is_string() && link["href"].as_str().unwrap().starts_with("http://"),
                "{link}"
            );
        }
        let bbox = one["extent"]["spatial"]["bbox"][0].as_array().unwrap();
        assert_eq!(bbox.len(), 4);
    }
    door.get("/collections/nothing").await.is_problem(404);
}

/// /conf/core/fc-op, /conf/core/fc-response, /conf/core/fc-links, /conf/core/fc-timeStamp, /conf/core/fc-numberMatched,
/// /conf/core/fc-numberReturned, /conf/core/f-op, /conf/core/f-success, /conf/core/f-links, /conf/core/crs84,
/// /conf/geojson/definition, /conf/geojson/content
#[tokio::test]
async fn the_items_of_every_collection_are_geojson_with_links_and_counts() {
    let door = door().await;
    for collection in COLLECTIONS {
        let reply = door.get(&format!("/collections/{collection}/items?limit=3")).await;
        assert_eq!(reply.is_ok().header("content-type"), "application/geo+json");
        let page = reply.json();
        assert_eq!(page["type"], "FeatureCollection");
        let features = page["features"].as_array().unwrap();
        assert_eq!(page["numberReturned"], features.len());
        assert!(page["timeStamp"].as_str().unwrap().ends_with('Z'));
        assert!(page["numberMatched"].as_u64().is_none_or(|matched| matched >= features.len() as u64));
        let own = page["links"].as_array().unwrap().iter().find(|link| link["rel"] == "self").unwrap();
        assert_eq!(own["type"], "application/geo+json");
        for one in features {
            assert_eq!(one["type"], "Feature");
            assert!(one["geometry"].is_null() || one["geometry"]["coordinates"].is_array());
        }
    }
    for (path, item) in first_items(&door).await {
        let reply = door.get(&path).await;
        assert_eq!(reply.is_ok().header("content-type"), "application/geo+json", "{path}");
        let one = reply.json();
        assert_eq!((&one["id"], &one["geometry"]), (&item["id"], &item["geometry"]), "{path}");
        assert!(link(&one, "self").is_some() && link(&one, "collection").is_some(), "{path}");
    }
}

/// /conf/core/fc-limit-definition, /conf/core/fc-limit-response
#[tokio::test]
async fn a_limit_is_kept_and_pages_hold_every_item_once() {
    let door = door().await;
    let api = door.get("/api").await.json();
    let limit = &api["components"]["parameters"]["limit"];
    assert_eq!((&limit["in"], &limit["schema"]["type"]), (&json!("query"), &json!("integer")));
    for (collection, more) in [
        ("incidents", ""),
        ("territories", "&skipGeometry=true"),
        ("border-distances", ""),
        ("impacts", ""),
        ("facilities", ""),
    ] {
        let whole = door.get(&format!("/collections/{collection}/items?limit=1000{more}")).await.json();
        let ids = |page: &Value| -> Vec<String> {
            page["features"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["id"].as_str().unwrap().to_owned())
                .collect()
        };
        let mut seen = Vec::new();
        let mut next = Some(format!("/collections/{collection}/items?limit=7{more}"));
        while let Some(path) = next {
            let page = door.get(&path).await.is_ok().json();
            assert!(page["features"].as_array().unwrap().len() <= 7);
            seen.extend(ids(&page));
            next = link(&page, "next").map(|to| to.strip_prefix("http://localhost:8080").unwrap().to_owned());
        }
        assert_eq!(seen, ids(&whole), "{collection}");
        for limit in ["0", "-1", "x", "1.5"] {
            door.get(&format!("/collections/{collection}/items?limit={limit}")).await.is_problem(400);
        }
    }
}

/// /conf/core/fc-bbox-definition, /conf/core/fc-bbox-response
#[tokio::test]
async fn a_box_keeps_what_meets_it_and_features_without_a_place_are_not_in_it() {
    let door = door().await;
    let api = door.get("/api").await.json();
    let bbox = &api["components"]["parameters"]["bbox"];
    assert_eq!(
        bbox["schema"],
        json!({ "type": "array", "minItems": 4, "maxItems": 6, "items": { "type": "number" } })
    );
    assert_eq!((&bbox["style"], &bbox["explode"]), (&json!("form"), &json!(false)));
    let all = door.get(&format!("{ITEMS}?limit=100")).await.json();
    let expected = all["features"].as_array().unwrap().iter().filter(|one| {
        one["geometry"]["coordinates"].as_array().is_some_and(|at| {
            let (lon, lat) = (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
            (28.0..=29.0).contains(&lon) && (45.0..=46.0).contains(&lat)
        })
    });
    let expected = expected.count();
    for query in ["bbox=28,45,29,46", "bbox=28,45,0,29,46,100"] {
        assert_eq!(door.get(&format!("{ITEMS}?{query}")).await.json()["numberMatched"], expected, "{query}");
    }
    let crossing =
        door.get("/collections/territories/items?bbox=177,-20,-178,-15&skipGeometry=true").await.json();
    let codes: Vec<&str> =
        crossing["features"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert!(codes.contains(&"FJI"), "{codes:?}");
    for collection in COLLECTIONS {
        for bbox in ["1,2,3", "a,b,c,d", "1,2,3,4,5", "0,10,1,5"] {
            door.get(&format!("/collections/{collection}/items?bbox={bbox}")).await.is_problem(400);
        }
    }
}

/// /conf/core/fc-time-definition, /conf/core/fc-time-response
#[tokio::test]
async fn a_time_keeps_what_meets_it() {
    let door = door().await;
    for (datetime, matched) in [
        ("2023-08-02", 2),
        ("2023-09-04/2023-09-06", 2),
        ("../2022-12-31", 1),
        ("2023-09-05T00:00:00Z/..", 2),
        ("2023-09-06T00:10:00Z", 1),
        ("../..", 6),
    ] {
        let page = door.get(&format!("{ITEMS}?datetime={datetime}")).await.is_ok().json();
        assert_eq!(page["numberMatched"], matched, "{datetime}");
    }
    door.get(&format!("{ITEMS}?datetime=soon")).await.is_problem(400);
    let whole = door.get("/collections/territories/items?limit=1&skipGeometry=true").await.json();
    let then =
        door.get("/collections/territories/items?limit=1&skipGeometry=true&datetime=2020-01-01").await.json();
    assert_eq!(whole["numberMatched"], then["numberMatched"], "what has no time matches every time");
}

/// /conf/core/query-param-unknown, /conf/core/query-param-invalid
#[tokio::test]
async fn a_parameter_that_is_unknown_or_invalid_is_400() {
    let door = Door::new();
    for collection in COLLECTIONS {
        for query in [
            "nonsense=1",
            "limit=ten",
            "bbox=x",
            "bbox-crs=x",
            "datetime=x",
            "crs=x",
            "f=x",
            "limit=1&limit=2",
        ] {
            door.get(&format!("/collections/{collection}/items?{query}")).await.is_problem(400);
        }
    }
}

/// /conf/oas30/completeness, /conf/oas30/exceptions-codes, /conf/oas30/oas-definition-1, /conf/oas30/oas-definition-2,
/// /conf/oas30/oas-impl, /conf/oas30/security
#[tokio::test]
async fn the_definition_names_every_collection_literally_and_its_errors() {
    let door = Door::new();
    let reply = door.get("/api").await;
    assert_eq!(reply.header("content-type"), "application/vnd.oai.openapi+json;version=3.0");
    let api = reply.is_ok().json();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.0."));
    for collection in COLLECTIONS {
        let items = &api["paths"][format!("/collections/{collection}/items")]["get"];
        let schema = if collection == "incidents" { "IncidentCollection" } else { "FeatureCollection" };
        assert_eq!(
            items["responses"]["200"]["content"]["application/geo+json"]["schema"]["$ref"],
            format!("#/components/schemas/{schema}")
        );
        assert!(items["responses"]["4XX"].is_object(), "{collection}");
    }
    for (path, operations) in api["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            // Points are posted to be measured; pairs of all records, what imports left and evidence are for who may write.
            let id = operation["operationId"].as_str().unwrap();
            let is_for_writers = path.starts_with("/evidence")
                || path.starts_with("/desk")
                || ["findDuplicates", "imports", "getImport", "getRefused"].contains(&id);
            let writes = (method != "get" && id != "measureMany") || is_for_writers;
            assert_eq!(operation.get("security").is_some(), writes, "{method} {path}");
        }
    }
}

/// /conf/crs/crs-uri, /conf/crs/default-crs, /conf/crs/storageCrs
#[tokio::test]
async fn every_collection_lists_its_systems_the_stored_one_first() {
    let door = Door::new();
    let list = door.get("/collections").await.json();
    assert_eq!(list["crs"], json!([CRS84, EPSG_4326, EPSG_3857]));
    for one in list["collections"].as_array().unwrap() {
        assert_eq!(one["crs"], list["crs"]);
        assert_eq!(one["storageCrs"], CRS84);
    }
}

/// /conf/crs/crs-parameter, /conf/crs/crs-parameter-default, /conf/crs/crs-parameter-transform,
/// /conf/crs/crs-parameter-invalid
#[tokio::test]
async fn items_are_told_in_the_system_that_is_asked_for_and_say_so() {
    let door = door().await;
    let mut paths: Vec<String> = first_items(&door).await.into_iter().map(|(path, _)| path).collect();
    paths.extend(COLLECTIONS.map(|collection| format!("/collections/{collection}/items?bbox=28,44,29,46")));
    for path in paths {
        let mark = if path.contains('?') { '&' } else { '?' };
        let plain = door.get(&path).await;
        assert_eq!(plain.is_ok().header("content-crs"), format!("<{CRS84}>"), "{path}");
        for name in [CRS84, "urn:ogc:def:crs:OGC:1.3:CRS84", "[OGC:CRS84]"] {
            let same =
                door.get(&format!("{path}{mark}crs={}", name.replace('[', "%5B").replace(']', "%5D"))).await;
            assert_eq!(same.is_ok().header("content-crs"), format!("<{CRS84}>"));
        }
        let first = |body: Value| {
            let mut geometry =
                body.pointer("/features/0/geometry").unwrap_or(&body["geometry"])["coordinates"].clone();
            while geometry[0].is_array() {
                geometry = geometry[0].take();
            }
            (geometry[0].as_f64(), geometry[1].as_f64())
        };
        let (lon, lat) = first(plain.json());
        let turned = door.get(&format!("{path}{mark}crs={EPSG_4326}")).await;
        assert_eq!(turned.is_ok().header("content-crs"), format!("<{EPSG_4326}>"), "{path}");
        assert_eq!(first(turned.json()), (lat, lon), "{path}");
        let meters = door.get(&format!("{path}{mark}crs={EPSG_3857}")).await;
        assert_eq!(meters.is_ok().header("content-crs"), format!("<{EPSG_3857}>"), "{path}");
        let (lon, east) = (lon.unwrap(), first(meters.json()).0.unwrap());
        assert!((east - lon * 111_319.490_793_27).abs() < 0.01, "{path}: {east} {lon}");
        door.get(&format!("{path}{mark}crs=http://www.opengis.net/def/crs/EPSG/0/2180"))
            .await
            .is_problem(400);
    }
}

/// /conf/crs/bbox-crs-parameter, /conf/crs/bbox-crs-parameter-default, /conf/crs/bbox-crs-parameter-transform,
/// /conf/crs/bbox-crs-parameter-invalid
#[tokio::test]
async fn a_box_is_read_in_the_system_that_it_names() {
    let door = door().await;
    let boxed = async |query: &str| {
        door.get(&format!("{ITEMS}?{query}")).await.is_ok().json()["numberMatched"].clone()
    };
    let plain = boxed("bbox=28.8,45.3,28.9,45.4").await;
    assert_eq!(plain, 3);
    for query in [
        format!("bbox=28.8,45.3,28.9,45.4&bbox-crs={CRS84}"),
        format!("bbox=45.3,28.8,45.4,28.9&bbox-crs={EPSG_4326}"),
        format!("bbox=3206001,5671000,3217134,5686900&bbox-crs={EPSG_3857}"),
        format!("bbox=45.3,28.8,45.4,28.9&bbox-crs={EPSG_4326}&crs={EPSG_3857}"),
    ] {
        assert_eq!(boxed(&query).await, plain, "{query}");
    }
    for collection in COLLECTIONS {
        let path = format!("/collections/{collection}/items");
        door.get(&format!("{path}?bbox=1,2,3,4&bbox-crs=EPSG:2180")).await.is_problem(400);
    }
}

#[tokio::test]
async fn properties_that_gdal_asks_for_by_their_own_names_are_filters() {
    let door = Door::with_incidents().await;
    let page = door.get(&format!("{ITEMS}?event_type=explosions_remote_violence")).await.is_ok().json();
    assert_eq!(titles(&page).len(), 5);
    let twice = format!("{ITEMS}?event_type=battles&event-type=battles");
    door.get(&twice).await.is_problem(400);
}

#[tokio::test]
async fn some_properties_are_told_when_only_these_are_asked_for() {
    let door = Door::with_incidents().await;
    let page = door.get(&format!("{ITEMS}?properties=title,date_start&limit=2")).await.is_ok().json();
    for one in page["features"].as_array().unwrap() {
        let names: Vec<&String> = one["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["date_start", "title"]);
        let path = format!("{ITEMS}/{}", one["id"].as_str().unwrap());
        let whole = door.get(&path).await;
        let some = door.get(&format!("{path}?properties=title")).await;
        assert_eq!(some.is_ok().json()["properties"]["title"], whole.json()["properties"]["title"]);
        assert_eq!(some.header("etag"), whole.header("etag"), "it is the same revision");
    }
    let problem = door.get(&format!("{ITEMS}?properties=colour")).await.is_problem(400);
    assert!(problem["allowed"].as_array().unwrap().contains(&json!("title")));
    door.get(&format!("{ITEMS}?properties=title&f=csv")).await.is_problem(400);
    door.get(&format!("{ITEMS}?crs={EPSG_3857}&f=geojsonseq")).await.is_problem(400);
}

/// A page of a collection under a filter and whatever else.
async fn filtered(door: &Door, collection: &str, filter: &str, more: &str) -> Reply {
    let filter = utf8_percent_encode(filter, NON_ALPHANUMERIC);
    door.get(&format!("/collections/{collection}/items?limit=1000&filter={filter}{more}")).await
}

/// /conf/filter/get-conformance, /conf/filter/get-collections, /conf/filter/get-queryables, /conf/filter/get-collection,
/// /conf/filter/get-functions, /conf/features-filter/get-conformance
#[tokio::test]
async fn every_collection_leads_to_its_queryables_and_the_landing_page_to_the_functions() {
    let door = door().await;
    let classes = door.get("/conformance").await.is_ok().json();
    for class in ["queryables", "filter", "features-filter"] {
        let uri = format!("http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/{class}");
        assert!(classes["conformsTo"].as_array().unwrap().contains(&json!(uri)), "{uri}");
    }
    let list = door.get("/collections").await.is_ok().json();
    for one in list["collections"].as_array().unwrap() {
        let own = format!("http://localhost:8080/collections/{}/queryables", one["id"].as_str().unwrap());
        assert_eq!(link(one, "http://www.opengis.net/def/rel/ogc/1.0/queryables"), Some(own.as_str()));
        let path = own.strip_prefix("http://localhost:8080").unwrap();
        let reply = door.ask(Method::GET, path, &[("accept", "application/schema+json")], "").await;
        assert_eq!(reply.is_ok().header("content-type"), "application/schema+json");
        let queryables = reply.json();
        assert_eq!(queryables["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!((&queryables["$id"], &queryables["type"]), (&json!(own), &json!("object")));
        assert!(!queryables["properties"].as_object().unwrap().is_empty());
    }
    let functions = door.get("/functions").await;
    assert_eq!(functions.is_ok().header("content-type"), "application/json");
    for function in functions.json()["functions"].as_array().unwrap() {
        assert!(function["name"].is_string() && function["returns"].is_array(), "{function}");
    }
}

/// /conf/filter/filter-param, /conf/filter/filter-lang-default, /conf/filter/expression-construction,
/// /conf/features-filter/filter-on-items
#[tokio::test]
async fn a_filter_on_any_queryable_of_any_collection_chooses_and_an_unknown_one_is_400() {
    let door = door().await;
    for collection in COLLECTIONS {
        let whole = door.get(&format!("/collections/{collection}/items?limit=1000")).await.is_ok().json();
        let ids = |page: &Value| -> Vec<String> {
            let features = page["features"].as_array().unwrap().iter();
            let mut ids: Vec<String> = features.map(|one| one["id"].as_str().unwrap().to_owned()).collect();
            ids.sort();
            ids
        };
        let queryables = door.get(&format!("/collections/{collection}/queryables")).await.is_ok().json();
        for name in queryables["properties"].as_object().unwrap().keys() {
            let (mut unknown, mut known) = (Vec::new(), Vec::new());
            for lang in ["", "&filter-lang=cql2-text"] {
                let page = filtered(&door, collection, &format!("{name} IS NULL"), lang).await;
                assert_eq!(page.is_ok().header("content-type"), "application/geo+json");
                unknown.push(ids(&page.json()));
                let page = filtered(&door, collection, &format!("NOT ({name} IS NULL)"), lang).await;
                known.push(ids(&page.is_ok().json()));
            }
            assert_eq!((&unknown[0], &known[0]), (&unknown[1], &known[1]), "{collection} {name}");
            let mut both = [unknown.remove(0), known.remove(0)].concat();
            both.sort();
            assert_eq!(both, ids(&whole), "{collection} {name}");
        }
        for wrong in ["THIS IS NOT A FILTER", "this_is_not_a_queryable IS NULL"] {
            for lang in ["", "&filter-lang=cql2-text"] {
                filtered(&door, collection, wrong, lang).await.is_problem(400);
            }
        }
    }
}

/// /conf/filter/filter-crs-wgs84, /conf/filter/filter-crs-param, /conf/filter/mixing-expression
#[tokio::test]
async fn a_box_in_a_filter_is_read_in_its_system_and_goes_with_the_box_beside_it() {
    let door = door().await;
    for collection in ["incidents", "border-distances", "impacts", "facilities"] {
        let whole = door.get(&format!("/collections/{collection}/items?limit=1000")).await.is_ok().json();
        let placed = whole["features"].as_array().unwrap().iter().filter(|one| !one["geometry"].is_null());
        let placed: Vec<&Value> = placed.map(|one| &one["id"]).collect();
        assert!(!placed.is_empty(), "{collection}");
        for (crs, corners) in [
            ("", "-180, -90, 180, 90"),
            (CRS84, "-180, -90, 180, 90"),
            (EPSG_4326, "-90, -180, 90, 180"),
            (EPSG_3857, "-20037508, -20037508, 20037508, 20037508"),
        ] {
            let named = if crs.is_empty() { String::new() } else { format!("&filter-crs={crs}") };
            let filter = format!("S_INTERSECTS(geometry, BBOX({corners}))");
            let page = filtered(&door, collection, &filter, &named).await.is_ok().json();
            let found: Vec<&Value> =
                page["features"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
            assert_eq!(found, placed, "{collection} {crs}");
        }
        let beyond = "S_INTERSECTS(geometry, BBOX(1000000, 1000000, 2000000, 2000000))";
        filtered(&door, collection, beyond, "").await.is_problem(400);
        let unknown = "&filter-crs=http://www.opengis.net/def/crs/OGC/0/does_not_exist";
        filtered(&door, collection, "S_INTERSECTS(geometry, BBOX(0, 0, 1, 1))", unknown)
            .await
            .is_problem(400);
        let here = "S_INTERSECTS(geometry, BBOX(28, 45, 29, 46))";
        let both = filtered(&door, collection, here, "&bbox=28,45,29,46").await.is_ok().json();
        assert!(!both["features"].as_array().unwrap().is_empty(), "{collection}");
        let neither = filtered(&door, collection, here, "&bbox=100,10,110,20").await.is_ok().json();
        assert_eq!(neither["features"], json!([]), "{collection}");
    }
}

/// /conf/schemas/basic-schema-inspection, /conf/schemas/role, /conf/schemas/role-id, /conf/schemas/property-seq,
/// /conf/schemas/unit, /conf/schemas/definition, /conf/schemas/nullvalues,
/// /conf/advanced-property-roles/role-primary-geometry, /conf/advanced-property-roles/role-primary-temporal,
/// /conf/advanced-property-roles/role-type
#[tokio::test]
async fn the_schema_of_every_collection_tells_its_properties_whatever_the_form() {
    const KEYWORDS: [&str; 12] = [
        "type",
        "format",
        "title",
        "description",
        "enum",
        "items",
        "properties",
        "required",
        "pattern",
        "readOnly",
        "additionalProperties",
        "x-ogc-role",
    ];
    const BOUNDS: [&str; 7] =
        ["minimum", "exclusiveMinimum", "maximum", "minItems", "maxItems", "minLength", "examples"];
    let door = door().await;
    for collection in COLLECTIONS {
        let described = door.get(&format!("/collections/{collection}")).await.is_ok().json();
        let at = link(&described, "http://www.opengis.net/def/rel/ogc/1.0/schema").unwrap().to_owned();
        assert_eq!(at, format!("http://localhost:8080/collections/{collection}/schema"));
        let path = at.strip_prefix("http://localhost:8080").unwrap();
        let reply = door.ask(Method::GET, path, &[("accept", "application/schema+json")], "").await;
        assert_eq!(reply.is_ok().header("content-type"), "application/schema+json");
        let schema = reply.json();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!((&schema["$id"], &schema["type"]), (&json!(at), &json!("object")));
        let properties = schema["properties"].as_object().unwrap();
        let with_role = |role: &str| properties.values().filter(|one| one["x-ogc-role"] == role).count();
        for (name, one) in properties {
            for word in one.as_object().unwrap().keys() {
                assert!(
                    KEYWORDS.contains(&word.as_str()) || BOUNDS.contains(&word.as_str()),
                    "{name}: {word}"
                );
            }
            if name == "geometry" {
                assert!(
                    one.get("type").is_none() && one["format"].as_str().unwrap().starts_with("geometry-")
                );
                assert_eq!(one["x-ogc-role"], "primary-geometry");
            } else {
                assert!(one["type"].is_string(), "{collection} {name}: {one}");
            }
        }
        assert_eq!((with_role("id"), with_role("primary-geometry")), (1, 1), "{collection}");
        let temporal = |role: &str| -> Option<&Value> {
            let one = properties.values().find(|one| one["x-ogc-role"] == role)?;
            assert_eq!(
                (&one["type"], &one["format"]),
                (&json!("string"), &json!("date-time")),
                "{collection} {role}"
            );
            Some(one)
        };
        let interval = [temporal("primary-interval-start"), temporal("primary-interval-end")];
        assert!(temporal("primary-instant").is_none() || interval == [None, None], "{collection}");
        assert_eq!(collection == "incidents", interval.iter().all(Option::is_some));
    }
    let classes = door.get("/conformance").await.json();
    for class in ["ogcapi-common-3/1.0/conf/schemas", "ogcapi-features-5/1.0/conf/schemas"] {
        let uri = format!("http://www.opengis.net/spec/{class}");
        assert!(classes["conformsTo"].as_array().unwrap().contains(&json!(uri)), "{uri}");
    }
}

/// What a schema says of a property holds for the properties of every item, and it names all of them.
#[tokio::test]
async fn every_item_is_as_the_schema_of_its_collection_says() {
    let door = door().await;
    for (path, item) in first_items(&door).await {
        let collection = path.split("/items").next().unwrap();
        let schema = door.get(&format!("{collection}/schema")).await.is_ok().json();
        for (name, value) in item["properties"].as_object().unwrap() {
            if name == "source" {
                continue; // What the file of a layer says of a facility, whatever that is.
            }
            let said = &schema["properties"][name];
            let fits = match said["type"].as_str() {
                Some("string") => value.is_string(),
                Some("number") => value.is_number(),
                Some("integer") => value.is_i64(),
                Some("boolean") => value.is_boolean(),
                Some("array") => value.is_array(),
                Some("object") => value.is_object(),
                _ => false,
            };
            assert!(fits || value.is_null(), "{collection} {name} is {said}: {value}");
            if let Some(words) = said["enum"].as_array() {
                assert!(value.is_null() || words.contains(value), "{collection} {name}: {value}");
            }
        }
    }
}

/// As QGIS makes a record: every property that the schema offers, null where nothing was filled in.
#[tokio::test]
async fn a_record_with_every_property_of_the_schema_left_empty_but_two_is_taken() {
    let door = Door::new();
    let schema = door.get("/collections/incidents/schema").await.is_ok().json();
    let mut properties = json!({});
    for (name, said) in schema["properties"].as_object().unwrap() {
        if name != "id" && name != "geometry" && said["readOnly"] != true {
            properties[name] = Value::Null;
        }
    }
    properties["title"] = json!({ "en": "Drawn in QGIS" });
    properties["date_start"] = json!("2025-05-30");
    let one = json!({ "type": "Feature", "geometry": { "type": "Point", "coordinates": IZMAIL }, "properties": properties });
    let made = door.post(ITEMS, "application/geo+json", &one.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let told = &made.json()["properties"];
    assert!(told.get("extra").is_none(), "nothing of it is a stranger's property: {told}");
}

#[test]
fn the_table_of_conformance_names_the_tests_of_this_file_and_they_their_ids() {
    let table = include_str!("../../../../docs/conformance.md");
    let tests = include_str!("conformance.rs");
    let mut rows = 0;
    for row in table.lines().filter(|line| line.starts_with("| `/conf/")) {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let (id, test) = (cells[1], cells[2]);
        if !test.contains("::") {
            rows += 1;
            assert!(tests.contains(&format!("fn {test}(")), "{test}");
            let before = tests.split(&format!("fn {test}(")).next().unwrap();
            let words = before.rsplit("\n\n").next().unwrap();
            assert!(
                words.split([',', ' ', '\n']).any(|word| word == id),
                "{id} is not said to be shown by {test}"
            );
        }
    }
    assert!(rows > 50, "{rows}");
}
