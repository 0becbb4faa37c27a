//! Places by name and around a point; facilities, and which of them lie near an incident.

use super::{Door, ITEMS, feature, link};
use axum::http::Method;
use kordon_incidents::Infrastructure;
use kordon_store::{LayerInfo, Layers};
use serde_json::{Value, json};

const FACILITIES: &str = "/collections/facilities/items";

fn names(page: &Value) -> Vec<&str> {
    let features = page["features"].as_array().unwrap().iter();
    features.map(|one| one["properties"]["name"].as_str().unwrap()).collect()
}

/// Puts a layer beside a door's store.
pub fn layer(door: &Door, name: &str, kind: Infrastructure, places: &[(&str, f64, f64)]) {
    let features = places.iter().map(|(name, lon, lat)| {
        json!({
            "type": "Feature",
            "geometry": { "type": "Point", "coordinates": [lon, lat] },
            "properties": { "name": name, "@id": format!("node/{name}") },
        })
    });
    let file = json!({ "type": "FeatureCollection", "features": features.collect::<Vec<_>>() }).to_string();
    let info = LayerInfo {
        name: name.into(),
        kind,
        title: name.into(),
        licence: Some("ODbL-1.0".into()),
        attribution: Some("© OpenStreetMap contributors".into()),
        added_at: "2026-11-28T00:00:00Z".into(),
        facilities: 0,
    };
    Layers::of_store(&door._dir.path().join("store")).add(file.as_bytes(), "f.geojson", info, true).unwrap();
}

/// Two clinics and a port near Izmail, a clinic in Kharkiv.
async fn with_layers() -> Door {
    let door = Door::with_incidents().await;
    let clinics = [
        ("near", 28.8380, 45.3512),
        ("next", 28.8400, 45.3530),
        ("far", 28.9000, 45.4000),
        ("Kharkiv", 36.2304, 49.9935),
    ];
    layer(&door, "clinics", Infrastructure::Health, &clinics);
    layer(&door, "ports", Infrastructure::Port, &[("port", 28.8373, 45.3512)]);
    door
}

#[tokio::test]
async fn a_name_in_any_language_has_candidates_with_their_credit() {
    let door = Door::new();
    let told = door
        .get("/gazetteer?q=%D0%98%D0%B7%D0%BC%D0%B0%D0%B8%D0%BB&country=UKR&limit=3")
        .await
        .is_ok()
        .json();
    let first = &told["places"][0];
    assert_eq!(
        (&first["id"], &first["country"], &first["matched"]),
        (&json!(707308), &json!("UKR"), &json!("exact"))
    );
    assert_eq!((&first["radius_m"], &first["admin1_pcode"]), (&json!(5000.0), &json!("UA51")));
    assert_eq!(told["attribution"], "Place names © GeoNames, CC BY 4.0");
    let near = door.get("/gazetteer?q=Odessa&near=-102.3,31.8").await.is_ok().json();
    assert_eq!(near["places"][0]["country"], "USA");
    for (query, names) in [
        ("", "q"),
        ("q=Reni&country=XXX", "country"),
        ("q=Reni&near=1", "near"),
        ("q=Reni&near=1,91", "near"),
        ("q=Reni&limit=0", "limit"),
        (&format!("q={}", "x".repeat(10_000)), "q"),
    ] {
        let problem = door.get(&format!("/gazetteer?{query}")).await.is_problem(400);
        assert!(problem["detail"].as_str().unwrap().contains(names), "{query:.40}: {problem}");
    }
    assert_eq!(door.get("/gazetteer?q=Qzxqzx").await.is_ok().json()["places"], json!([]));
    let told = door.get("/gazetteer?q=city%20of%20Izmail,%20port,%20Ukraine").await.is_ok().json();
    assert_eq!(told["places"][0]["id"], 707_308, "{told}");
    assert_eq!((&told["used"], &told["unused"]), (&json!(["Ukraine"]), &json!(["port"])), "{told}");
}

#[tokio::test]
async fn a_point_is_told_by_the_nearest_place_with_distance_and_direction_in_words() {
    let door = Door::new();
    let told = door.get("/gazetteer/nearest?lon=28.86&lat=45.32").await.is_ok().json();
    assert_eq!(told["nearest"].as_array().unwrap().len(), 1);
    assert_eq!(told["nearest"][0]["words"], "3.8 km south-east of Izmayil, Odeska, UKR");
    door.get("/gazetteer/nearest?lon=28.86").await.is_problem(400);
}

#[tokio::test]
async fn facilities_are_a_collection_like_the_others() {
    let door = with_layers().await;
    let described = door.get("/collections/facilities").await.is_ok().json();
    assert_eq!(
        (&described["itemCount"], &described["layers"][0]["licence"]),
        (&json!(5), &json!("ODbL-1.0"))
    );
    let listed = door.get("/collections").await.is_ok().json();
    assert!(listed["collections"].as_array().unwrap().iter().any(|one| one["id"] == "facilities"));
    let page = door.get(&format!("{FACILITIES}?limit=2&kind=health")).await.is_ok().json();
    assert_eq!((&page["numberMatched"], names(&page)), (&json!(4), vec!["near", "next"]));
    let next = door.get(link(&page, "next").unwrap().split_once("8080").unwrap().1).await.is_ok().json();
    assert_eq!(names(&next), ["far", "Kharkiv"]);
    for (query, found) in [
        ("bbox=28.83,45.35,28.85,45.36", &["near", "next", "port"][..]),
        ("layer=ports", &["port"]),
        ("filter=name%20LIKE%20%27ne%25%27", &["near", "next"]),
        ("kind=education", &[]),
    ] {
        let page = door.get(&format!("{FACILITIES}?{query}")).await.is_ok().json();
        assert_eq!(names(&page), found, "{query}");
    }
    let one = door.get(&format!("{FACILITIES}/ports.0")).await.is_ok().json();
    assert_eq!(
        (&one["properties"]["kind"], &one["properties"]["reference"]),
        (&json!("port"), &json!("node/port"))
    );
    door.get(&format!("{FACILITIES}/ports.1")).await.is_problem(404);
    door.get(&format!("{FACILITIES}/x")).await.is_problem(404);
    let schema = door.get("/collections/facilities/queryables").await.is_ok().json();
    assert_eq!(schema["properties"]["kind"]["type"], "string");
}

#[tokio::test]
async fn what_lies_near_an_incident_comes_with_the_distance_and_the_one_that_may_have_been_hit() {
    let door = with_layers().await;
    let found = door.get(&format!("{ITEMS}?q=Port")).await.is_ok().json();
    let id = found["features"][0]["id"].as_str().unwrap();
    let page = door.get(&format!("{ITEMS}/{id}/facilities")).await.is_ok().json();
    assert_eq!(names(&page), ["port", "near", "next"], "the nearest first, within a kilometer");
    let first = &page["features"][0]["properties"];
    assert_eq!((&first["inside_radius"], &first["suggested"]), (&json!(true), &json!(true)));
    assert!((first["distance_m"].as_f64().unwrap() - 7.8).abs() < 0.2, "{first}");
    assert_eq!(page["features"][2]["properties"]["inside_radius"], false);
    // Where the report says what was hit, only that kind is suggested.
    let impacts = json!({ "properties": { "impacts": [{ "infrastructure": "health" }] } }).to_string();
    let media = [("content-type", "application/merge-patch+json")];
    door.ask(Method::PATCH, &format!("{ITEMS}/{id}"), &media, &impacts).await.is_ok();
    let page = door.get(&format!("{ITEMS}/{id}/facilities?within-m=500")).await.is_ok().json();
    let suggested = |page: &Value| -> Vec<String> {
        let all = page["features"].as_array().unwrap().iter();
        all.filter(|one| one["properties"]["suggested"] == true)
            .map(|one| one["id"].as_str().unwrap().into())
            .collect()
    };
    assert_eq!(suggested(&page), ["clinics.0"]);
    let only = door.get(&format!("{ITEMS}/{id}/facilities?kind=port")).await.is_ok().json();
    assert_eq!((names(&only), suggested(&only)), (vec!["port"], vec![]));
}

#[tokio::test]
async fn facilities_near_any_incident_under_a_filter_are_those_near_each_of_them() {
    let door = with_layers().await;
    for (query, found) in [
        ("near-incidents-m=500", &["near", "next", "Kharkiv", "port"][..]),
        ("near-incidents-m=500&kind=health&datetime=2023-01-01/..", &["near", "next"]),
        ("near-incidents-m=60", &["Kharkiv", "port"]),
        ("near-incidents-m=500&bbox=36,49,37,50", &["Kharkiv"]),
        ("near-incidents-m=0&event-type=battles", &[]),
    ] {
        let page = door.get(&format!("{FACILITIES}?{query}")).await.is_ok().json();
        assert_eq!(names(&page), found, "{query}");
    }
    // The slow twin: each incident asked for by itself.
    let incidents = door.get(&format!("{ITEMS}?limit=100")).await.is_ok().json();
    let mut each = std::collections::BTreeSet::new();
    for one in incidents["features"].as_array().unwrap() {
        let id = one["id"].as_str().unwrap();
        let page = door.get(&format!("{ITEMS}/{id}/facilities?within-m=5000")).await.is_ok().json();
        each.extend(
            page["features"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()),
        );
    }
    let page = door.get(&format!("{FACILITIES}?near-incidents-m=5000")).await.is_ok().json();
    let all: std::collections::BTreeSet<String> = page["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(all, each);
    let problem = door.get(&format!("{FACILITIES}?event-type=battles")).await.is_problem(400);
    assert!(problem["detail"].as_str().unwrap().contains("near-incidents-m"), "{problem}");
    door.get(&format!("{FACILITIES}?near-incidents-m=50001")).await.is_problem(400);
}

/// The attack: a record asks for its place to be masked, and a grid of facilities is laid over the town to find it. Whatever is asked,
/// the answers are those of a store that never had the record.
#[tokio::test]
async fn a_masked_place_is_not_to_be_found_by_what_lies_near_it() {
    let (with, without) = (with_layers().await, with_layers().await);
    for level in ["cell_0.01", "cell_0.1", "cell_1", "admin2", "admin1", "country", "hidden"] {
        let mut secret = feature("A shelter", "2024-05-05", Some([28.9001, 45.4001]));
        secret["properties"]["masking"] = json!({ "level": level });
        let reply = with.post(ITEMS, "application/geo+json", &secret.to_string()).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        let id = reply.header("location").rsplit('/').next().unwrap().to_owned();
        with.get(&format!("{ITEMS}/{id}/facilities")).await.is_problem(404);
        with.get(&format!("{ITEMS}/{id}/facilities?within-m=50000")).await.is_problem(404);
    }
    for query in [
        "near-incidents-m=50",
        "near-incidents-m=20000",
        "near-incidents-m=50&datetime=2024-05-05",
        "limit=100",
    ] {
        let uri = format!("{FACILITIES}?{query}");
        let (one, other) = (with.get(&uri).await.is_ok().json(), without.get(&uri).await.is_ok().json());
        let told = |page: &Value| -> Vec<Value> {
            let mut all = page["features"].as_array().unwrap().clone();
            // Ids of incidents are random, so they differ between two stores.
            all.iter_mut().for_each(|one| one["properties"]["incident"] = Value::Null);
            all
        };
        assert_eq!(told(&one), told(&other), "{query}");
        if query.contains("-m=50") {
            assert!(!names(&one).contains(&"far"), "nothing public is near it");
        }
    }
}

/// Its point is the mark of an area, not where it was: a clinic beside that was not hit because of it.
#[tokio::test]
async fn an_incident_that_is_known_only_as_an_area_is_near_no_facility() {
    let door = with_layers().await;
    let mut area = feature("Somewhere in the district", "2024-05-05", Some([28.9001, 45.4001]));
    let told = &mut area["properties"];
    told["location_method"] = json!("admin_centroid");
    told["location_radius_m"] = Value::Null;
    let reply = door.post(ITEMS, "application/geo+json", &area.to_string()).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let id = reply.header("location").rsplit('/').next().unwrap().to_owned();
    let page = door.get(&format!("{ITEMS}/{id}/facilities?within-m=5000")).await.is_ok().json();
    assert_eq!((&page["numberMatched"], names(&page)), (&json!(0), vec![]));
    let page =
        door.get(&format!("{FACILITIES}?near-incidents-m=50&datetime=2024-05-05")).await.is_ok().json();
    assert_eq!(names(&page), Vec::<&str>::new(), "`far` lies at the mark");
}

#[tokio::test]
async fn a_layer_that_cannot_be_read_costs_its_own_collection_and_no_other() {
    let door = with_layers().await;
    std::fs::write(door._dir.path().join("store/layers/ports.geojson"), "{").unwrap();
    door.get("/collections/facilities").await.is_problem(500);
    let listed = door.get("/collections").await.is_ok().json();
    let ids: Vec<&str> =
        listed["collections"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["incidents", "territories", "border-distances", "impacts"]);
}

#[tokio::test]
async fn a_row_of_an_import_that_only_names_its_place_is_told_its_candidates() {
    let door = Door::new();
    let table = "id,date,title,location,country\n1,2024,x,Ізмаїл,UKR\n";
    let told = door.post("/imports?dry-run=true", "text/csv", table).await.is_ok().json();
    let warning = told["warnings"][0]["problem"].as_str().unwrap();
    assert!(warning.contains("it may be Izmayil in Odeska, UKR"), "{told}");
}
