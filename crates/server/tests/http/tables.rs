//! The tables made of the incidents: distances to borders, and what was hit.

use super::{Door, ITEMS, IZMAIL, feature, link};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const DISTANCES: &str = "/collections/border-distances/items";
const IMPACTS: &str = "/collections/impacts/items";
const MEDIA: &str = "application/geo+json";

fn rows(page: &Value) -> &[Value] {
    page["features"].as_array().unwrap()
}

#[tokio::test]
async fn a_row_of_the_distances_is_what_the_incident_says_of_that_territory() {
    let door = Door::with_incidents().await;
    let page = door.get(&format!("{DISTANCES}?territory=ROU&within-km=10")).await.is_ok().json();
    let near = door.get(&format!("{ITEMS}?within-km=10&of=ROU")).await.is_ok().json();
    assert_eq!(
        (&page["numberMatched"], &page["numberReturned"]),
        (&near["numberMatched"], &near["numberMatched"])
    );
    for (row, incident) in rows(&page).iter().zip(rows(&near)) {
        let (of, to) = (&row["properties"], &incident["border"]["to"][0]);
        assert_eq!((&of["incident"], &row["geometry"]), (&incident["id"], &incident["geometry"]));
        assert_eq!((&of["territory"], &of["territory_name"]), (&json!("ROU"), &json!("Romania")));
        for name in [
            "distance_m",
            "signed_distance_m",
            "distance_low_m",
            "distance_high_m",
            "azimuth_deg",
            "kind",
            "side",
            "accuracy_m",
        ] {
            assert_eq!(of[name], to[name], "{name}");
        }
        assert_eq!(json!([of["nearest_lon"], of["nearest_lat"]]), to["nearest_point"]);
        assert_eq!(of["border_set"], incident["border"]["boundary"]["set"]);
        let one = door.get(&format!("{DISTANCES}/{}", row["id"].as_str().unwrap())).await.is_ok().json();
        assert_eq!((&one["properties"], &one["id"]), (of, &row["id"]));
    }
}

/// The slow twin: every territory asked for by itself.
#[tokio::test]
async fn the_distances_are_those_that_are_found_territory_by_territory() {
    let door = Door::with_incidents().await;
    let page = door.get(&format!("{DISTANCES}?limit=1000&bbox=28,45,29,46")).await.is_ok().json();
    let ids: BTreeSet<(String, String)> = rows(&page)
        .iter()
        .map(|row| &row["properties"])
        .map(|of| (of["territory"].as_str().unwrap().to_owned(), of["incident"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(ids.len(), rows(&page).len(), "each pair once");
    let territories = door.get("/collections/territories/items?skipGeometry=true&limit=1000").await.json();
    let mut expected = BTreeSet::new();
    for code in rows(&territories).iter().map(|one| one["id"].as_str().unwrap()) {
        let near =
            door.get(&format!("{ITEMS}?within-km=100&of={code}&bbox=28,45,29,46")).await.is_ok().json();
        expected
            .extend(rows(&near).iter().map(|one| (code.to_owned(), one["id"].as_str().unwrap().to_owned())));
    }
    assert_eq!(ids, expected);
    assert!(expected.iter().any(|(code, _)| code == "MDA"), "{expected:?}");
    for (query, parameter) in [
        ("of=ROU", "of"),
        ("within-km=-1", "within-km"),
        ("territory=Romania", "territory"),
        ("cursor=ROM", "cursor"),
    ] {
        let problem = door.get(&format!("{DISTANCES}?{query}")).await.is_problem(400);
        assert_eq!(problem["parameter"], parameter);
    }
    door.get(&format!("{DISTANCES}/00000000-0000-4000-8000-000000000000.ROU")).await.is_problem(404);
    door.get(&format!("{DISTANCES}/ROU")).await.is_problem(404);
}

#[tokio::test]
async fn every_facility_is_a_row_and_a_filter_of_facilities_is_of_rows() {
    let door = Door::with_incidents().await;
    let mut port = feature("Port struck again", "2023-09-10", Some(IZMAIL));
    port["properties"]["impacts"] = json!([
        { "facility": "silo", "infrastructure": "port", "damage": "destroyed", "damage_scheme": "unosat", "damage_code": "1" },
        { "facility": "school", "infrastructure": "education", "damage": "moderate" },
        { "facility": "crane", "infrastructure": "port", "damage": "moderate" },
    ]);
    let mut place_unknown = feature("Grid hit", "2023-09-11", None);
    place_unknown["properties"]["impacts"] = json!([{ "infrastructure": "energy" }]);
    let mut secret = port.clone();
    secret["properties"]["title"]["en"] = json!("Secret");
    secret["properties"]["masking"] = json!({ "level": "hidden" });
    for one in [&port, &place_unknown, &secret] {
        assert_eq!(door.post(ITEMS, MEDIA, &one.to_string()).await.status, 201);
    }
    let facilities = async |query: &str| -> (Value, Vec<String>) {
        let page = door.get(&format!("{IMPACTS}{query}")).await.is_ok().json();
        let name = |row: &Value| row["properties"]["facility"].as_str().unwrap_or("-").to_owned();
        let names = rows(&page).iter().map(name).collect();
        (page["numberMatched"].clone(), names)
    };
    let all = facilities("").await;
    assert_eq!((all.0, all.1.len()), (json!(4), 4), "the hidden record has no row");
    assert_eq!(facilities("?infrastructure=port").await, (json!(2), vec!["silo".into(), "crane".into()]));
    let both = facilities("?infrastructure=port&damage=moderate").await;
    assert_eq!(both, (json!(1), vec!["crane".into()]), "of one row, not of one incident");
    assert_eq!(facilities("?within-km=10&of=ROU").await.0, 3);

    let first = door.get(&format!("{IMPACTS}?limit=2&within-km=10&of=ROU")).await.is_ok().json();
    let row = &rows(&first)[0];
    assert_eq!((&row["properties"]["damage_code"], &row["properties"]["index"]), (&json!("1"), &json!(0)));
    assert_eq!(row["geometry"]["coordinates"], json!(IZMAIL));
    let next = link(&first, "next").unwrap().strip_prefix("http://localhost:8080").unwrap().to_owned();
    let second = door.get(&next).await.is_ok().json();
    assert_eq!((rows(&second).len(), &rows(&second)[0]["properties"]["facility"]), (1, &json!("crane")));
    assert!(link(&second, "next").is_none());
    let id = row["id"].as_str().unwrap();
    assert_eq!(door.get(&format!("{IMPACTS}/{id}")).await.is_ok().json()["properties"], row["properties"]);
    door.get(&format!("{IMPACTS}/{}.9", id.split('.').next().unwrap())).await.is_problem(404);
}

/// GDAL sends a condition on a column of a table as a filter and takes what comes for the answer: it has to be asked of the row.
#[tokio::test]
async fn a_filter_of_a_table_is_asked_of_its_rows_page_by_page() {
    let door = Door::with_incidents().await;
    for day in 10..16 {
        let mut one = feature("Port struck again", &format!("2023-09-{day}"), Some(IZMAIL));
        one["properties"]["impacts"] = json!([
            { "facility": "silo", "infrastructure": "port", "damage": "destroyed" },
            { "facility": "school", "infrastructure": "education", "damage": "moderate" },
        ]);
        assert_eq!(door.post(ITEMS, MEDIA, &one.to_string()).await.status, 201);
    }
    for (table, filter, keeps) in [
        (IMPACTS, "infrastructure = 'port'", (|of| of["infrastructure"] == "port") as fn(&Value) -> bool),
        (IMPACTS, "damage <> 'destroyed' AND date_start > '2023-09-11'", |of| {
            of["damage"] != "destroyed" && of["date_start"].as_str() > Some("2023-09-11")
        }),
        (DISTANCES, "territory IN ('ROU', 'MDA') AND distance_m < 30000", |of| {
            (of["territory"] == "ROU" || of["territory"] == "MDA")
                && of["distance_m"].as_f64() < Some(30_000.0)
        }),
        (DISTANCES, "side = 'outside' AND NOT disputed", |of| {
            of["side"] == "outside" && of["disputed"] == false
        }),
        (DISTANCES, "territory = 'FRA'", |_| false),
    ] {
        let whole = door.get(&format!("{table}?limit=1000")).await.is_ok().json();
        let expected: Vec<&Value> =
            rows(&whole).iter().filter(|row| keeps(&row["properties"])).map(|row| &row["id"]).collect();
        assert!(expected.len() < rows(&whole).len(), "{filter}");
        let mut found = Vec::new();
        let filter = filter.replace(' ', "%20").replace('\'', "%27").replace('<', "%3C").replace('>', "%3E");
        let mut next = Some(format!("{table}?limit=2&filter={filter}"));
        while let Some(path) = next {
            let page = door.get(&path).await.is_ok().json();
            found.extend(rows(&page).iter().map(|row| row["id"].clone()));
            assert!(!rows(&page).is_empty() || expected.is_empty(), "{path}");
            next = link(&page, "next").map(|to| to.strip_prefix("http://localhost:8080").unwrap().to_owned());
        }
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{table} {filter}");
    }
    let territories = "/collections/territories/items?skipGeometry=true&limit=1000";
    let whole = door.get(territories).await.json();
    let of_france = |row: &&Value| row["properties"]["sovereign"] == "FRA";
    let expected: Vec<&Value> = rows(&whole).iter().filter(of_france).collect();
    let filtered = format!("{territories}&filter=sovereign%3D%27FRA%27");
    assert_eq!(rows(&door.get(&filtered).await.is_ok().json()).iter().collect::<Vec<_>>(), expected);
    assert!(!expected.is_empty() && expected.len() < rows(&whole).len());
    let problem = door.get(&format!("{IMPACTS}?filter=deaths_best%3E3")).await.is_problem(400);
    assert!(problem["detail"].as_str().unwrap().contains("there is no property deaths_best"), "{problem}");
}

#[tokio::test]
async fn the_columns_of_a_table_are_described_as_its_rows_have_them() {
    let door = Door::with_incidents().await;
    let mut one = feature("Port struck again", "2023-09-10", Some(IZMAIL));
    one["properties"]["impacts"] = json!([{
        "facility": "silo", "facility_ref": "osm:way/1", "infrastructure": "port", "damage": "destroyed", "damage_scheme": "x",
        "damage_code": "1", "functional_status": "non_functional", "assessed_on": "2023-09-11",
    }]);
    one["properties"]["country"] = json!("UKR");
    one["properties"]["verification"] = json!("verified");
    assert_eq!(door.post(ITEMS, MEDIA, &one.to_string()).await.status, 201);
    for table in ["/collections/border-distances", "/collections/impacts", "/collections/territories"] {
        let described = door.get(table).await.is_ok().json();
        let at = |rel: &str| {
            link(&described, rel).unwrap().strip_prefix("http://localhost:8080").unwrap().to_owned()
        };
        let schema = door.get(&at("describedby")).await.is_ok().json();
        let queryables =
            door.get(&at("http://www.opengis.net/def/rel/ogc/1.0/queryables")).await.is_ok().json();
        let columns = schema["properties"]["properties"]["properties"].as_object().unwrap();
        let page = door.get(&format!("{table}/items?limit=1000")).await.is_ok().json();
        assert!(!rows(&page).is_empty());
        for row in rows(&page) {
            let told = row["properties"].as_object().unwrap();
            assert!(told.keys().eq(columns.keys()), "{told:?}");
            assert!(row["id"].is_string());
            for (name, value) in told {
                let kind = columns[name]["type"].as_str().unwrap();
                let fits = match kind {
                    "string" => value.is_string(),
                    "number" => value.is_number(),
                    "integer" => value.is_u64(),
                    "boolean" => value.is_boolean(),
                    _ => false,
                };
                assert!(fits || value.is_null(), "{name} is {kind}: {value}");
            }
        }
        let mut names: Vec<&String> = queryables["properties"].as_object().unwrap().keys().collect();
        names.retain(|name| *name != "geometry");
        assert!(names.into_iter().eq(columns.keys()));
    }
}

#[tokio::test]
async fn a_table_of_a_snapshot_stays_what_it_was() {
    let door = Door::with_incidents().await;
    let page = door.get(&format!("{DISTANCES}?territory=ROU,MDA")).await.is_ok().json();
    let pinned = format!("{DISTANCES}?territory=ROU,MDA&snapshot={}", page["snapshot"].as_str().unwrap());
    let before = door.get(&pinned).await;
    assert_eq!(before.is_ok().header("cache-control"), "public, max-age=600, immutable");
    door.post(ITEMS, MEDIA, &feature("Later", "2025-05-30", Some(IZMAIL)).to_string()).await;
    assert_eq!(door.get(&pinned).await.body, before.body);
    let etag = before.header("etag").to_owned();
    let known = door.ask(Method::GET, &pinned, &[("if-none-match", &etag)], "").await;
    assert_eq!(known.status, 304);
}
