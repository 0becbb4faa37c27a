//! Filters in CQL2, as clients send them.

use super::{Door, ITEMS, IZMAIL, feature, link, titles};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::time::Duration;

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn items(filter: &str) -> String {
    format!("{ITEMS}?filter={}", encoded(filter))
}

async fn found(door: &Door, filter: &str) -> Vec<String> {
    let page = door.get(&format!("{}&sortby=date_start", items(filter))).await.is_ok().json();
    titles(&page).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_question_that_takes_too_long_is_given_up_with_what_to_do_and_no_part_of_its_answer() {
    let door = Door::with(|config| config.limits.question = Duration::ZERO);
    door.post(ITEMS, "application/geo+json", &feature("One", "2025-05-30", Some(IZMAIL)).to_string()).await;
    let slow = encoded("title LIKE '%one%'");
    for path in [
        items("title LIKE '%one%'"),
        format!("{ITEMS}?f=csv&filter={slow}"),
        format!("/collections/incidents/aggregate?by=month&filter={slow}"),
        format!("/tiles/incidents/0/0/0?filter={slow}"),
        format!("/maps/static.png?filter={slow}"),
    ] {
        // Not kept for who asks again either.
        for _ in 0..2 {
            let problem = door.get(&path).await.is_problem(503);
            assert_eq!(problem["type"], "urn:kordon:problem:takes-too-long");
        }
    }
    door.get(&format!("{ITEMS}?limit=1")).await.is_ok();
}

#[tokio::test]
async fn a_filter_chooses_by_properties_dates_places_and_borders() {
    let door = Door::with_incidents().await;
    for (filter, expected) in [
        ("title = 'Shelling'", &["Shelling"][..]),
        (
            "title LIKE '%struck' AND event_type = 'explosions_remote_violence'",
            &["Port struck", "Grain store struck"],
        ),
        ("CASEI(title) LIKE CASEI('%STRUCK')", &["Port struck", "Grain store struck"]),
        ("title IN ('Warning', 'Shelling')", &["Shelling", "Warning"]),
        ("geometry IS NULL", &["Warning"]),
        ("location = 'somewhere' AND NOT (deaths_best IS NULL)", &[]),
        (
            "date_start >= '2023-09-04' AND date_start <= '2023-09-06'",
            &["Grain store struck", "Debris found"],
        ),
        ("date_start >= '2023-09-06T00:00:00Z'", &["Debris found", "Warning"]),
        ("date_start = '2023-09'", &["Grain store struck", "Debris found"]),
        ("T_INTERSECTS(datetime, INTERVAL('2024-01-15', '..'))", &["Warning"]),
        ("T_AFTER(date_start, DATE('2024-01-15'))", &[]),
        (
            "T_DURING(INTERVAL(date_start, date_end), INTERVAL('2023-08-31', '2023-09-30'))",
            &["Grain store struck", "Debris found"],
        ),
        ("S_INTERSECTS(geometry, BBOX(28.5, 45, 29, 46))", &["Port struck", "Grain store struck"]),
        ("S_WITHIN(geometry, POLYGON((36 49, 37 49, 37 51, 36 51, 36 49)))", &["Shelling"]),
        ("border_distance('ROU') <= 5000", &["Port struck", "Grain store struck", "Debris found"]),
        ("border_distance('NATO') / 1000 > 100", &["Shelling"]),
        ("nearest_foreign() = 'RUS'", &["Shelling"]),
        (
            "within_certainty('ROU', 5000, 'certain') AND title <> 'Port struck'",
            &["Grain store struck", "Debris found"],
        ),
        ("A_CONTAINS(territory, ('UKR')) AND nearest_foreign_distance() > 10000", &["Shelling"]),
        ("\"event-type\" = 'battles' OR NOT title LIKE '%s%'", &["Shelling", "Warning"]),
    ] {
        assert_eq!(found(&door, filter).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn gdal_sends_its_filters_under_the_old_name_of_the_language() {
    let door = Door::new();
    let mut one = feature("Strike 221", "2025-05-30T01:10:00Z", Some([28.84, 45.35]));
    one["properties"]["sub_event_type"] = json!("air_drone_strike");
    let mut other = feature("Strike 7", "2025-05-31", Some([28.84, 45.35]));
    other["properties"]["sub_event_type"] = json!("air_drone_strike");
    other["properties"]["deaths_best"] = json!(4);
    for one in [one, other, feature("Strike 22", "2025-06-01", None)] {
        door.post(ITEMS, "application/geo+json", &one.to_string()).await;
    }
    for (filter, count) in [
        ("(sub_event_type = 'air_drone_strike') AND ((deaths_best > 3) OR (title LIKE '%22%'))", 2),
        ("(date_start >= '2025-05-31T00:00:00Z')", 2),
        ("((date_start >= '2025-05-30T00:00:00Z') AND (date_start <= '2025-05-30T23:59:59Z'))", 1),
    ] {
        let page =
            door.get(&format!("{}&filter-lang=cql-text&limit=1000", items(filter))).await.is_ok().json();
        assert_eq!(page["numberMatched"], count, "{filter}");
    }
    let api = door.get("/api").await.json();
    let langs = &api["components"]["parameters"]["filter-lang"]["schema"]["enum"];
    assert_eq!(langs, &json!(["cql2-text", "cql2-json", "cql-text"]));
}

#[tokio::test]
async fn json_says_the_same_as_text() {
    let door = Door::with_incidents().await;
    let filter = json!({ "op": "and", "args": [
        { "op": "<=", "args": [{ "op": "border_distance", "args": ["ROU"] }, 5000] },
        { "op": "s_intersects", "args": [{ "property": "geometry" }, { "bbox": [28.5, 45, 29, 46] }] },
        { "op": "t_after", "args": [{ "property": "date_start" }, { "date": "2023-08-31" }] },
    ]});
    assert_eq!(found(&door, &filter.to_string()).await, ["Grain store struck"]);
    let page =
        door.get(&format!("{}&filter-lang=cql2-json", items(&filter.to_string()))).await.is_ok().json();
    assert_eq!(page["numberMatched"], 1);
}

#[tokio::test]
async fn geometries_of_a_filter_may_be_of_another_reference_system() {
    let door = Door::with_incidents().await;
    for (crs, corners) in [
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "28.5,45,29,46"),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", "45,28.5,46,29"),
        ("http://www.opengis.net/def/crs/EPSG/0/3857", "3172605,5621521,3228266,5780349"),
    ] {
        let filter = format!("S_WITHIN(geometry, BBOX({corners}))");
        let page = door.get(&format!("{}&filter-crs={crs}", items(&filter))).await.is_ok().json();
        assert_eq!(titles(&page), ["Grain store struck", "Port struck"], "{crs}");
    }
}

#[tokio::test]
async fn a_filter_goes_with_every_other_parameter_page_form_and_count() {
    let door = Door::with_incidents().await;
    let filter = encoded("border_distance('ROU') <= 5000");
    let first = door
        .get(&format!("{ITEMS}?filter={filter}&limit=1&event-type=explosions_remote_violence&q=struck"))
        .await;
    let first = first.is_ok().json();
    assert_eq!(first["numberMatched"], 2);
    let next = link(&first, "next").unwrap().strip_prefix("http://localhost:8080").unwrap();
    let second = door.get(next).await.is_ok().json();
    assert_eq!([titles(&first), titles(&second)].concat(), ["Grain store struck", "Port struck"]);
    let cited = first["citation"].as_str().unwrap();
    assert!(cited.contains("filter=border_distance('ROU') <= 5000"), "{cited}");

    let snapshot = first["snapshot"].as_str().unwrap();
    let pinned = format!("{ITEMS}?filter={filter}&snapshot={snapshot}");
    let before = door.get(&pinned).await.is_ok().body.clone();
    door.post(
        ITEMS,
        "application/geo+json",
        &feature("Later", "2025-01-01", Some([28.84, 45.35])).to_string(),
    )
    .await;
    assert_eq!(door.get(&pinned).await.body, before);

    let counted =
        door.get(&format!("/collections/incidents/aggregate?by=year&filter={filter}")).await.is_ok().json();
    assert_eq!(counted["matched"], 4, "{counted}");
    let csv = door.get(&format!("{ITEMS}?filter={filter}&f=csv")).await;
    assert_eq!(csv.is_ok().text().lines().count(), 5);
    let tile = |filter: &str| {
        format!("/collections/incidents/tiles/WebMercatorQuad/0/0/0?filter={}", encoded(filter))
    };
    let (some, none) = (door.get(&tile("title = 'Later'")).await, door.get(&tile("title = 'Never'")).await);
    assert!(some.is_ok().body.len() > none.is_ok().body.len());
}

#[tokio::test]
async fn a_filter_that_cannot_be_used_is_refused_with_its_place_and_a_hint() {
    let door = Door::new();
    for (filter, place, why) in [
        ("deaths > 3", "line 1, column 1", "no property deaths"),
        ("title = 'a' AND\n  fatalitys > 3", "line 2, column 3", "no property fatalitys"),
        ("event_typ = 'x'", "line 1, column 1", "did you mean event_type?"),
        ("border_distanc('ROU') < 1", "line 1, column 1", "did you mean border_distance?"),
        ("border_distance('Rumania') < 1", "line 1, column 1", "border_distance"),
        ("title = ", "line 1, column 9", "the end stands where"),
        ("title = 'x' OR", "line 1, column 15", "the end"),
        ("title = 'x", "line 1, column 9", "no end"),
        ("deaths_best > 'many'", "line 1, column 1", "deaths_best is a number, and 'many' is a text"),
        ("date_start > 'yesterday'", "line 1, column 1", "2025-05-30"),
        ("geometry = 'here'", "line 1, column 1", "S_"),
        ("S_INTERSECTS(geometry, POINT(90 180))", "line 1, column 30", "no longitude and latitude"),
        ("title", "line 1, column 1", "a condition is expected"),
        ("title # 'x'", "line 1, column 7", "means nothing"),
        ("{\"op\": \"=\", \"args\": [{\"property\": \"titel\"}, 1]}", "/args/0", "did you mean title?"),
        ("{\"op\": \"=\"}", "/", "args"),
        ("{", "line 1", "no JSON"),
    ] {
        let problem = door.get(&items(filter)).await.is_problem(400);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with("filter: ") && detail.contains(why), "{filter}: {detail}");
        assert!(problem["place"].as_str().unwrap().starts_with(place), "{filter}: {problem}");
    }
    let deep = format!("{}title = 'x'{}", "(".repeat(400), ")".repeat(400));
    let wide = vec!["1=1"; 3_000].join(" OR ");
    for hostile in [deep.replace(' ', "+"), wide.replace(' ', "+")] {
        let problem = door.get(&format!("{ITEMS}?filter={hostile}")).await;
        assert!([400, 414].contains(&problem.status.as_u16()), "{}", problem.text());
    }
    for (query, name) in [
        ("filter-lang=cql2-text", "filter"),
        ("filter=title%3D'x'&filter-lang=sql", "filter-lang"),
        ("filter=title%3D'x'&filter-crs=http://www.opengis.net/def/crs/EPSG/0/9999", "filter-crs"),
    ] {
        let problem = door.get(&format!("{ITEMS}?{query}")).await.is_problem(400);
        assert_eq!(problem["parameter"], name, "{problem}");
    }
}

#[tokio::test]
async fn a_property_as_a_parameter_chooses_what_has_that_value() {
    let door = Door::with_incidents().await;
    let mut one = feature("In Odesa, it's said", "2025-05-03", Some([30.73, 46.48]));
    for (name, value) in
        [("country", json!("MDA")), ("civilian_targeting", json!(true)), ("tags", json!(["a", "b,c"]))]
    {
        one["properties"][name] = value;
    }
    assert_eq!(door.post(ITEMS, "application/geo+json", &one.to_string()).await.status, 201);
    for (query, filter, matched) in [
        ("title=Shelling", "title = 'Shelling'", 1),
        ("title=In%20Odesa,%20it's%20said", "title = 'In Odesa, it''s said'", 1),
        ("date_start=2023-09", "date_start = '2023-09'", 2),
        ("territory=UKR&date_start=2023", "territory = 'UKR' AND date_start = '2023'", 3),
        ("civilian_targeting=true", "civilian_targeting = true", 1),
        ("tags=b,c", "tags = 'b,c'", 1),
        ("deaths_best=0", "deaths_best = 0", 0),
        ("filter=title%20LIKE%20'%25struck'&date_start=2023-08-02", "title = 'Port struck'", 1),
        ("filter=title%3D'Shelling'%20OR%20title%3D'Warning'&date_start=2024", "title = 'Warning'", 1),
    ] {
        let asked = door.get(&format!("{ITEMS}?{query}")).await.is_ok().json();
        let filtered = door.get(&items(filter)).await.is_ok().json();
        assert_eq!(asked["numberMatched"], matched, "{query}");
        assert_eq!(titles(&asked), titles(&filtered), "{query}");
    }
    // `country` asks whose the place is; the property of that name is what the record says.
    assert_eq!(door.get(&format!("{ITEMS}?country=UKR&date_start=2025")).await.json()["numberMatched"], 1);
    assert_eq!(found(&door, "country = 'UKR' AND date_start = '2025'").await.len(), 0);
    assert_eq!(found(&door, "country = 'MDA'").await, ["In Odesa, it's said"]);
    let api = door.get("/api").await.json();
    let items = api["paths"]["/collections/incidents/items"]["get"]["parameters"].as_array().unwrap();
    let component = |one: &Value| {
        let pointer = one["$ref"].as_str().unwrap().trim_start_matches('#').to_owned();
        api.pointer(&pointer).unwrap()["name"].as_str().unwrap().to_owned()
    };
    let names: Vec<String> = items.iter().map(component).collect();
    let queryables = door.get("/collections/incidents/queryables").await.json();
    for name in queryables["properties"].as_object().unwrap().keys() {
        let is_plain = !["id", "geometry"].contains(&name.as_str());
        assert_eq!(
            names.contains(name),
            is_plain,
            "GDAL sends conditions on {name} only if it is a parameter"
        );
    }
}

#[tokio::test]
async fn what_is_offered_to_filter_by_can_be_filtered_by() {
    let door = Door::with_incidents().await;
    let queryables = door.get("/collections/incidents/queryables").await.is_ok().json();
    let properties = queryables["properties"].as_object().unwrap();
    assert!(properties.len() > 40, "{}", properties.len());
    for (name, described) in properties {
        assert!(!described["title"].as_str().unwrap().is_empty(), "{name}");
        let value = match (described["type"].as_str(), described["format"].as_str()) {
            (Some("array"), _) if name == "datetime" => {
                format!("T_BEFORE({name}, DATE('1999-01-01')) OR {name} IS NOT NULL")
            }
            (Some("array"), _) => {
                format!("A_OVERLAPS({name}, ('x')) OR {name} IS NULL OR {name} IS NOT NULL")
            }
            (None, Some("geometry-point-or-multipoint")) => {
                format!("S_DISJOINT({name}, POINT(0 0)) OR {name} IS NULL")
            }
            (Some("string"), Some("date-time")) => format!("{name} > '1999-01-01' OR {name} IS NULL"),
            (Some("string"), None) => format!("{name} <> 'x' OR {name} IS NULL"),
            (Some("number" | "integer"), None) => format!("{name} <> -1 OR {name} IS NULL"),
            (Some("boolean"), None) => format!("{name} = true OR {name} = false OR {name} IS NULL"),
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(found(&door, &value).await.len(), 5, "{value}");
    }
    let functions = door.get("/functions").await.is_ok().json();
    let names: Vec<&Value> =
        functions["functions"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["border_distance", "nearest_foreign", "nearest_foreign_distance", "within_certainty"]);
    let landing = door.get("/?f=json").await.json();
    assert!(link(&landing, "http://www.opengis.net/def/rel/ogc/1.0/functions").is_some());
    let conforms = door.get("/conformance").await.json().to_string();
    for class in ["cql2-text", "basic-cql2", "advanced-comparison-operators", "basic-spatial-functions"] {
        assert!(conforms.contains(&format!("/cql2/1.0/conf/{class}\"")), "{class}");
    }
}
