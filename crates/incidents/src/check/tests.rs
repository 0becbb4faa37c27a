//! What reading and checking together promise, and the incidents that other tests draw on.

use crate::*;
use kordon_borders::LonLat;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A record with every property there is.
pub(crate) const EVERY_PROPERTY: &str = r#"{ "type": "Feature", "id": "5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e",
  "geometry": { "type": "Point", "coordinates": [28.8400, 45.3350] },
  "properties": {
    "title": {"en": "Drone strike on a postal centre in Izmail", "uk": "Удар дрона по поштовому центру"},
    "description": {"en": "A warehouse burned."},
    "date_start": "2025-05-30T01:10:00+03:00", "date_end": "2025-05-30", "date_precision": "hour",
    "event_type": "explosions_remote_violence", "sub_event_type": "air_drone_strike", "event_type_source": "UAV",
    "actor1": "one", "actor2": "two", "attribution": "reported", "civilian_targeting": true,
    "location": "Izmail", "country": "UKR", "admin1": "Odeska", "admin2": "Izmailskyi", "admin3": "Izmailska",
    "admin1_pcode": "UA51", "admin2_pcode": "UA5108",
    "location_radius_m": 1000, "location_method": "gazetteer", "geo_precision": 1, "where_prec": 2,
    "deaths_low": 0, "deaths_best": 0, "deaths_high": 1, "injured_low": 2, "injured_best": 3, "injured_high": 3,
    "impacts": [ {"facility": "postal centre", "facility_ref": "osm:way/1", "infrastructure": "postal",
                  "damage": "destroyed", "damage_scheme": "unosat", "damage_code": "1",
                  "functional_status": "non_functional", "assessed_on": "2025-05-30", "source": 0,
                  "extra": {"floors": 2}} ],
    "verification": "partially_verified",
    "sources": [ {"url": "https://example.org/a", "archived_url": "https://example.org/b", "name": "A paper",
                  "type": "media", "published_at": "2025-05-30", "reliability": "B", "credibility": 2,
                  "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "license": "CC0-1.0",
                  "extra": {"page": 3}} ],
    "sensitivity": "low", "masking": {"level": "cell_0.01"},
    "same_as": ["viina:123"], "tags": ["danube"], "language": "en",
    "license": "CC-BY-4.0", "redistributable": true, "record_status": "published",
    "merged_from": ["5f0b6d3c-9e41-4c55-9d2a-0193a8c27b20"],
    "merged_into": "5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1f", "revision": 4,
    "recorded_at": "2025-06-01T00:00:00Z", "recorded_by": "somebody", "extra": {"a": [1, 2.5, null]}
  } }"#;

/// Checks one Feature.
pub(crate) fn checked(feature: &str) -> Result<Checked, Vec<Fault>> {
    let options = ReadOptions { file: "x.geojson".into(), ..ReadOptions::default() };
    check_one(feature.as_bytes(), &options, &mut || IncidentId::from_random([9; 16]))
}

/// Reads and checks a whole input: the incidents, then the faults, or the fatal one.
pub(crate) fn import(input: &[u8], options: &ReadOptions) -> Result<(Vec<Checked>, Vec<Fault>), Fault> {
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    let mut next = 0;
    for report in read(input, options)? {
        let mut new_id = || {
            next += 1;
            IncidentId::from_random([next; 16])
        };
        match check(&report?, &mut new_id) {
            Ok(checked) => good.push(checked),
            Err(found) => faults.extend(found),
        }
    }
    match faults.iter().find(|fault| fault.fatal) {
        Some(fatal) => Err(fatal.clone()),
        None => Ok((good, faults)),
    }
}

fn table(text: &str) -> Result<(Vec<Checked>, Vec<Fault>), Fault> {
    import(text.as_bytes(), &ReadOptions { file: "data/my table.csv".into(), ..ReadOptions::default() })
}

fn feature(geometry: &str, properties: &str) -> String {
    format!(r#"{{"type":"Feature","geometry":{geometry},"properties":{properties}}}"#)
}

/// The faults of a Feature with these properties, as `field: problem (hint)`.
fn faults_of(properties: &str) -> Vec<String> {
    let text = feature(r#"{"type":"Point","coordinates":[28.84,45.335]}"#, properties);
    checked(&text).unwrap_err().iter().map(|fault| fault.to_string()).collect()
}

fn fault_of(properties: &str) -> String {
    let faults = faults_of(properties);
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].clone()
}

fn geometry_fault(geometry: &str) -> String {
    let faults = checked(&feature(geometry, r#"{"title":"x","date_start":"2025"}"#)).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults[0].to_string()
}

#[test]
fn the_sample_of_the_model_is_read_whole_and_written_as_it_was() {
    let Checked { incident, has_own_id, warnings, .. } = checked(EVERY_PROPERTY).unwrap();
    assert!(has_own_id && warnings.is_empty());
    assert_eq!(incident.title_in("uk"), "Удар дрона по поштовому центру");
    let mut given: Value = serde_json::from_str(EVERY_PROPERTY).unwrap();
    given["properties"]["location_radius_m"] = json!(1000.0);
    assert_eq!(serde_json::to_value(&incident).unwrap(), given);
}

#[test]
fn null_and_absent_are_unknown_and_never_zero() {
    let text =
        feature("null", r#"{"title":"x","date_start":"2025-05","location":"Reni","deaths_best":null}"#);
    let incident = checked(&text).unwrap().incident;
    assert_eq!(incident.properties.deaths_best, None);
    assert!(!serde_json::to_string(&incident).unwrap().contains("deaths"));
    assert_eq!(incident.properties.date_precision, Some(DatePrecision::Month), "derived from the form");
}

#[test]
fn a_bare_text_is_in_the_language_of_the_record_or_in_none() {
    let title = |properties: &str| {
        let text = feature("null", properties);
        serde_json::to_value(checked(&text).unwrap().incident.properties.title).unwrap()
    };
    let rest = r#""date_start":"2025","location":"Reni""#;
    assert_eq!(title(&format!(r#"{{"title":"Порт","language":"uk",{rest}}}"#)), json!({"uk": "Порт"}));
    assert_eq!(title(&format!(r#"{{"title":"Порт",{rest}}}"#)), json!({"und": "Порт"}));
}

#[test]
fn every_fault_of_a_record_is_named_with_its_place() {
    let text = "{\"type\":\"Feature\",\"geometry\":null,\n \"properties\":{\"event_type\":\"boom\",\n  \
                \"sources\":[{\"url\":\"ftp://x\"}],\"deaths_best\":-1}}";
    let faults = checked(text).unwrap_err();
    let places: Vec<_> = faults
        .iter()
        .map(|fault| {
            (fault.line, fault.column, fault.pointer.as_deref().unwrap(), fault.field.as_deref().unwrap())
        })
        .collect();
    assert_eq!(
        places,
        [
            (2, 29, "/properties/event_type", "event_type"),
            (3, 21, "/properties/sources/0/url", "sources[0].url"),
            (3, 47, "/properties/deaths_best", "deaths_best"),
            (2, 15, "/properties/date_start", "date_start"),
            (2, 15, "/geometry", "geometry"),
            (2, 15, "/properties/title", "title"),
        ]
    );
    assert!(
        faults[0].to_string().starts_with("x.geojson:2:29: event_type: \"boom\" is not in the list (one of")
    );
}

#[test]
fn a_date_that_cannot_be_says_what_is_wrong_with_it() {
    for (date, says) in [
        (r#""1527-05-06""#, "1527"),
        (r#""147997""#, "looks like an id"),
        ("147997", "is the number \"147997\""),
        (r#""2025-02-30""#, "not a day of the calendar"),
        (r#""2025-05-30T01:10:00""#, "without an offset"),
        (r#""03/04/2024""#, "is not a date (2025, 2025-05"),
        ("true", "is true or false, but a date is expected"),
    ] {
        let fault = fault_of(&format!(r#"{{"title":"x","date_start":{date}}}"#));
        assert!(fault.contains(says), "{date}: {fault}");
    }
}

#[test]
fn a_record_that_contradicts_itself_is_a_fault() {
    for (more, says) in [
        (r#""deaths_low":3,"deaths_best":2"#, "low 3, best 2, high unknown are out of order"),
        (r#""injured_low":3,"injured_high":2"#, "out of order"),
        (r#""date_end":"2024-12-31""#, "ends on 2024-12-31, before it begins on 2025"),
        (r#""date_precision":"hour""#, "says hour, but date_start tells only the year"),
        (r#""impacts":[{"source":0}]"#, "no source of that number among 0"),
        (r#""record_status":"merged""#, "names no incident that it was merged into"),
    ] {
        let fault = fault_of(&format!(r#"{{"title":"x","date_start":"2025",{more}}}"#));
        assert!(fault.contains(says), "{more}: {fault}");
    }
}

#[test]
fn a_value_of_the_wrong_kind_or_out_of_range_is_a_fault() {
    for (more, says) in [
        (r#""location_radius_m":0"#, "not a radius"),
        (r#""location_radius_m":"1000""#, "without quotation marks"),
        (r#""deaths_best":1.5"#, "not a whole number"),
        (r#""geo_precision":4"#, "not between 1 and 3"),
        (r#""where_prec":0"#, "not between 1 and 7"),
        (r#""civilian_targeting":"yes""#, "true or false is expected"),
        (r#""sub_event_type":"Air strike""#, "snake_case"),
        (r#""same_as":["viina"]"#, "<source>:<id>"),
        (r#""sources":[{"url":"javascript:alert(1)"}]"#, "not a web address"),
        (r#""sources":[{"url":"https://"}]"#, "not a web address"),
        (r#""sources":[{"credibility":7}]"#, "not between 1 and 6"),
        (r#""sources":[{"reliability":"b"}]"#, "A, B, C, D, E, F"),
        (r#""masking":{"level":"blur"}"#, "cell_0.01"),
        (r#""masking":{"level":"exact","seed":4}"#, "not a property of masking"),
        (r#""impacts":{"damage":"severe"}"#, "a list of objects is expected"),
        (r#""impacts":[{"damage":"ruined"}]"#, "impacts[0].damage"),
        (r#""language":"english""#, "language tag"),
        (r#""description":{"english":"x"}"#, "language tag"),
        (r#""description":["x"]"#, "a text is expected"),
        (r#""location":"a\u0000b""#, "NUL"),
        (r#""extra":3"#, "an object is expected"),
    ] {
        let fault = fault_of(&format!(r#"{{"title":"x","date_start":"2025",{more}}}"#));
        assert!(fault.contains(says), "{more}: {fault}");
    }
}

#[test]
fn a_place_that_cannot_be_is_a_fault_that_says_so() {
    for (geometry, says) in [
        (r#"{"type":"Point","coordinates":[0,0]}"#, "Gulf of Guinea"),
        (r#"{"type":"Point","coordinates":[45.3,128.8]}"#, "look swapped"),
        (r#"{"type":"Point","coordinates":[999,45]}"#, "not on the globe"),
        (r#"{"type":"Point","coordinates":[28.8]}"#, "a position has two numbers, not 1"),
        (r#"{"type":"Point","coordinates":["28.8","45.3"]}"#, "without quotation marks"),
        (r#"{"type":"Point","coordinates":[null,45.3]}"#, "is null"),
        (r#"{"type":"Point"}"#, "no coordinates"),
        (r#"{"type":"MultiPoint","coordinates":[]}"#, "without a point"),
        (r#"{"type":"MultiPoint","coordinates":[28.8]}"#, "not a position"),
        (r#"{"type":"Point","coordinates":[1e308,45.3]}"#, "longitude 1e308, latitude 45.3 is not on"),
        (r#"{"type":"Polygon","coordinates":[[[1,1],[1,2],[2,2],[1,1]]]}"#, "location_radius_m"),
        (r#"{"type":"GeometryCollection","geometries":[]}"#, "location_radius_m"),
        (r#"[28.8,45.3]"#, "not a geometry"),
    ] {
        let fault = geometry_fault(geometry);
        assert!(fault.contains(says), "{geometry}: {fault}");
    }
}

#[test]
fn places_at_the_edges_of_the_globe_are_places() {
    for pair in ["[180,-16.8]", "[-180,-16.8]", "[0,90]", "[0,-90]", "[16,78.2]", "[0,0.0001]"] {
        let text = feature(
            &format!(r#"{{"type":"Point","coordinates":{pair}}}"#),
            r#"{"title":"x","date_start":"2025"}"#,
        );
        assert!(checked(&text).is_ok(), "{pair}");
    }
}

#[test]
fn a_third_coordinate_is_kept_as_it_was() {
    let text = feature(
        r#"{"type":"Point","coordinates":[28.84,45.335,-56.3]}"#,
        r#"{"title":"x","date_start":"2025"}"#,
    );
    assert_eq!(checked(&text).unwrap().incident.properties.extra["coordinate_z"], json!(-56.3));
}

#[test]
fn what_is_not_ours_is_kept_and_common_names_are_understood() {
    let text = r#"{"type":"Feature","id":77,"geometry":null,"crew":4,"properties":{"name":"Debris","date":"20250530",
        "city":"Plauru","url":"https://example.org/x","country":"Romania","crater":{"width_m":2}}}"#;
    let Checked { incident, warnings, .. } = checked(text).unwrap();
    let p = &incident.properties;
    assert_eq!(incident.title_in("en"), "Debris");
    assert_eq!(p.date_start.as_str(), "2025-05-30");
    assert_eq!(p.location.as_deref(), Some("Plauru"));
    assert_eq!(p.sources[0].url.as_deref(), Some("https://example.org/x"));
    assert_eq!(p.same_as, ["x:77"]);
    assert_eq!(json!(p.extra), json!({"crew": 4, "country": "Romania", "crater": {"width_m": 2}}));
    assert_eq!((p.country.as_deref(), warnings.len()), (Some("ROU"), 0), "a name is told from a guess");
    let unknown = checked(&text.replace("Romania", "Ruritania")).unwrap();
    assert_eq!(unknown.incident.properties.country, None);
    assert!(unknown.warnings[0].to_string().contains("no country that is known"));
}

#[test]
fn of_several_names_for_one_property_the_best_is_taken_and_none_is_lost() {
    let text = feature(
        "null",
        r#"{"Id":"k7","headline":"second","name":"third","Title":"first","date":"2025","DATE":"2024","location":"Reni"}"#,
    );
    let incident = checked(&text).unwrap().incident;
    let p = &incident.properties;
    assert_eq!((incident.title_in("en"), p.date_start.as_str()), ("first", "2025"));
    assert_eq!(p.same_as, ["x:k7"]);
    assert_eq!(json!(p.extra), json!({"headline": "second", "name": "third", "DATE": "2024"}));
}

#[test]
fn a_hostile_record_takes_no_longer_than_it_is_long() {
    let many = |unit: &dyn Fn(usize) -> String| (0..90_000).map(unit).collect::<Vec<_>>().join(",");
    for members in [
        many(&|n| format!("\"date{}{}\":\"2025\"", "-".repeat(n % 300 + 1), "!".repeat(n / 300))),
        many(&|n| format!("\"a_{n}\":0")),
        format!("\"title\":{{{}}}", many(&|n| format!("\"en-a{n}\":\"x\""))),
        format!("\"extra\":{{{}}},\"a\":1", many(&|n| format!("\"a_{n}\":0"))),
    ] {
        let options = ReadOptions { record_bytes: 1 << 30, ..ReadOptions::default() };
        let text = feature("null", &format!("{{{members}}}"));
        let started = std::time::Instant::now();
        let _ = check_one(text.as_bytes(), &options, &mut || IncidentId::from_random([9; 16]));
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }
}

#[test]
fn a_mapping_renames_the_properties_of_features_too() {
    let options = ReadOptions {
        map: vec![("title".into(), "what".into())],
        file: "x.ndjson".into(),
        ..Default::default()
    };
    let text = feature("null", r#"{"what":"Debris","date_start":"2025","location":"Plauru"}"#);
    let (good, _) = import(text.as_bytes(), &options).unwrap();
    assert_eq!(good[0].incident.title_in("en"), "Debris");
}

#[test]
fn next_months_file_of_a_known_dataset_tells_of_the_same_events() {
    let table = "event_id,event_id_1pd,date,geonameid,asciiname,longitude,latitude,text\n\
        11,12,20220224,1,Reni,28.28,45.45,x\n";
    let named = |file: &str, source: Option<&str>| {
        let options = ReadOptions {
            file: file.to_owned(),
            source: source.map(str::to_owned),
            ..ReadOptions::default()
        };
        let (good, _) = import(table.as_bytes(), &options).unwrap();
        good[0].incident.properties.same_as[0].clone()
    };
    assert_eq!(named("may.csv", None), "viina:11");
    assert_eq!(named("june.csv", None), "viina:11");
    assert_eq!(named("june.csv", Some("mine")), "mine:11", "what is said goes first");
    // A form's export is of one form, and another form has a record of the same number.
    let form = "_id,_uuid,_submission_time,date,title,_geolocation/0,_geolocation/1\n\
        7,u-7,2024-05-01,2024-05-01,Debris,45.3,28.8\n";
    let options = ReadOptions { file: "form_a.csv".into(), ..ReadOptions::default() };
    let (good, _) = import(form.as_bytes(), &options).unwrap();
    assert!(good[0].incident.properties.same_as[0].starts_with("form_a:"));
}

#[test]
fn an_earthquake_of_the_usgs_feed_is_understood() {
    let text = r#"{"type":"Feature","properties":{"mag":2.5,"place":"4 km E of Nowhere","time":1649051836769,"tz":null,
        "url":"https://example.org/e","sources":",xx,","status":"reviewed","magType":"ml","type":"quarry blast",
        "title":"M 2.5 - 4 km E of Nowhere"},"geometry":{"type":"Point","coordinates":[-150.5,61.5,5.3]},"id":"xx1"}"#;
    let incident = checked(text).unwrap().incident;
    let p = &incident.properties;
    assert_eq!(p.date_start.as_str(), "2022-04-04T05:57:16.769Z");
    assert_eq!((p.event_type, p.sub_event_type.as_deref()), (Some(EventType::Other), Some("quarry_blast")));
    assert_eq!(p.same_as, ["usgs:xx1"]);
    assert_eq!(p.extra["sources"], json!(",xx,"));
    assert_eq!(p.extra["coordinate_z"], json!(5.3));
}

#[test]
fn bytes_that_are_at_fault_refuse_the_whole_input() {
    for (text, says) in [
        (r#"{"type":"Feature","type":"Feature"}"#, "stands twice"),
        (r#"{"type":"Feature","geometry":null,"properties":{"a":1,"a":2}}"#, "stands twice"),
        (r#"{"type":"Feature","geometry":null,"properties":{"a":1e400}}"#, "64-bit"),
        (r#"{"type":"Feature","geometry":null,"properties":{"a":NaN}}"#, "NaN"),
        (r#"{"type":"FeatureCollection","features":[],"features":[]}"#, "stands twice"),
        (r#"{"type":"FeatureCollection","features":[]} x"#, "something follows"),
        (r#"{"type":"FeatureCollection","features":[] "#, "ends within an object"),
        (r#"{"type":"FeatureCollection","features":[{}"#, "ends within"),
        (r#"{"type":"FeatureCollection","features":[{},]}"#, "a comma before the end"),
        (r#"{"type":"FeatureCollection","features":[{]}"#, "closes what it did not open"),
        (r#"{"type":"FeatureCollection","features":[{"a":"x]}"#, "never closed"),
        (r#"{"type":"FeatureCollection","features":{}}"#, "not a list"),
        (r#"{"type":"FeatureCollection"}"#, "no member \"features\""),
        (r#"{"type":"Topology","objects":{}}"#, "\"Topology\""),
        (r#"{"features":[]}"#, "no member \"type\""),
        (
            r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:3857"}},"features":[]}"#,
            "reference system",
        ),
        ("\u{1f}\u{8b}", "not JSON"),
    ] {
        let fault =
            import(text.as_bytes(), &ReadOptions { format: Some(Format::GeoJson), ..Default::default() })
                .unwrap_err();
        assert!(fault.fatal && fault.to_string().contains(says), "{text}: {fault}");
    }
    let deep = format!(r#"{{"type":"FeatureCollection","features":[{}"#, "[".repeat(1_000_000));
    assert!(import(deep.as_bytes(), &ReadOptions::default()).unwrap_err().problem.contains("deeper than 64"));
    let gzip = import(&[0x1f, 0x8b, 8, 0], &ReadOptions::default()).unwrap_err();
    assert!(gzip.problem.contains("gzip"));
}

#[test]
fn a_fatal_fault_names_line_and_character() {
    let fault = import(
        "{\"type\":\"FeatureCollection\",\n\"features\":[\n {\"é\":tru}]}".as_bytes(),
        &ReadOptions::default(),
    )
    .unwrap_err();
    assert_eq!((fault.line, fault.column, fault.index), (3, 7, Some(0)));
}

#[test]
fn the_features_of_a_collection_are_read_wherever_the_other_members_stand() {
    let one = feature("null", r#"{"title":"x","date_start":"2025","location":"Reni"}"#);
    for text in [
        format!(r#"{{"type":"FeatureCollection","features":[{one},{one}]}}"#),
        format!(
            "\u{feff}\r\n{{ \"features\" :\n[ {one} ,\n {one} ] , \"meta\":{{\"features\":[1]}}, \"type\":\"FeatureCollection\" }}\n"
        ),
    ] {
        let (good, faults) = import(text.as_bytes(), &ReadOptions::default()).unwrap();
        assert_eq!((good.len(), faults.len()), (2, 0));
    }
}

#[test]
fn lines_and_sequences_give_what_the_collection_gives() {
    let one = feature("null", r#"{"title":"x","date_start":"2025","location":"Reni"}"#);
    let two = one.replace("Reni", "Vylkove");
    let collection = format!(r#"{{"type":"FeatureCollection","features":[{one},{two}]}}"#);
    let lines = format!("{one}\r\n\n{two}");
    let sequence = format!("\u{1e}{one}\n\u{1e}\n{two}\n");
    let incidents = |text: &str, format| {
        let options = ReadOptions { format, source: Some("s".into()), ..ReadOptions::default() };
        let (good, faults) = import(text.as_bytes(), &options).unwrap();
        assert_eq!(faults, []);
        good.into_iter().map(|checked| checked.incident).collect::<Vec<_>>()
    };
    let expected = incidents(&collection, None);
    assert_eq!(expected.len(), 2);
    assert_eq!(incidents(&lines, None), expected);
    assert_eq!(incidents(&sequence, None), expected);
    assert_eq!(incidents(&sequence.replace("\n{", "{"), Some(Format::NdJson)), expected);
}

#[test]
fn the_line_of_a_fault_is_right_in_lines_and_in_sequences() {
    let good = feature("null", r#"{"title":"x","date_start":"2025","location":"Reni"}"#);
    for text in [format!("{good}\n\n{{}}\n"), format!("\u{1e}{good}\n\n\u{1e}{{}}\n")] {
        let (_, faults) = import(text.as_bytes(), &ReadOptions::default()).unwrap();
        assert!(!faults.is_empty());
        assert!(faults.iter().all(|fault| (fault.line, fault.index) == (3, Some(1))), "{faults:?}");
    }
}

#[test]
fn a_table_is_read_in_its_dialect() {
    for text in [
        "id,lon,lat,date,title\n7,28.84,45.335,2025-05-30,\"A port, burned\"\n",
        "\u{feff}id;lon;lat;date;title\r\n7;28,84;45,335;30.05.2025;A port, burned\r\n\r\n;;;;\r\n",
        "id\tLongitude\tLatitude\tEvent Date\tHeadline\n7\t28.84\t45.335\t30 May 2025\t\"A port, burned\"",
        "sep=;\nid;lon;lat;date;title\n7;28.84;45.335;20250530;A port, burned\n",
    ] {
        let (good, faults) = table(text).unwrap();
        assert_eq!(faults, [], "{text}");
        let incident = &good[0].incident;
        assert_eq!(incident.places, [LonLat::new(28.84, 45.335).unwrap()]);
        assert_eq!(incident.properties.date_start.as_str(), "2025-05-30");
        assert_eq!(incident.title_in("en"), "A port, burned");
        assert_eq!(incident.properties.same_as, ["my_table:7"]);
    }
}

#[test]
fn a_quoted_line_break_keeps_the_lines_right() {
    let (good, faults) =
        table("lon,lat,date,title\n28.84,45.335,2025,\"two\r\nlines \"\"x\"\"\"\n0,0,2025,zero\n").unwrap();
    assert_eq!(good[0].incident.title_in("en"), "two\r\nlines \"x\"");
    assert_eq!((faults[0].line, faults[0].column, faults[0].index), (4, 1, Some(1)));
    assert_eq!(faults[0].field.as_deref(), Some("lon"));
}

#[test]
fn a_row_of_another_length_or_with_stray_quotation_marks_is_a_fault_of_its_own() {
    let (good, faults) =
        table("lon,lat,date,title\n1,2,2025\n1,2,2025,a,b\n1,2,2025,\"a\"b\n1,2,2025,fine\n").unwrap();
    assert_eq!((good.len(), faults.len()), (1, 3));
    assert!(faults[0].problem.contains("3 cells, the header 4"));
    assert!(faults[2].problem.contains("follows the closing quotation mark"));
}

#[test]
fn a_quotation_mark_that_is_never_closed_refuses_the_table_where_it_opened() {
    let fault = table("lon,lat,date,title\n1,2,2025,fine\n1,2,2025,\"open\n1,2,2025,x\n").unwrap_err();
    assert_eq!(fault.line, 3);
    assert!(fault.fatal);
}

#[test]
fn a_record_longer_than_the_limit_refuses_the_input() {
    let options = ReadOptions { record_bytes: 1000, ..ReadOptions::default() };
    let long = "x".repeat(2000);
    for text in [
        format!("lon,lat,date,title\n1,2,2025,{long}\n"),
        format!(r#"{{"type":"FeatureCollection","features":[{{"a":"{long}"}}]}}"#),
        format!("{{}}\n{{\"a\":\"{long}\"}}\n"),
    ] {
        assert!(import(text.as_bytes(), &options).unwrap_err().problem.contains("longer than 1000 bytes"));
    }
}

#[test]
fn a_fault_without_a_hint_has_no_empty_parentheses() {
    let broken = b"\x1f\x8b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    let fault =
        import(broken, &ReadOptions { file: "a.csv.gz".into(), ..ReadOptions::default() }).unwrap_err();
    assert!(fault.hint.is_none() && !fault.to_string().contains("()"), "{fault}");
}

#[test]
fn a_radius_is_refused_with_the_least_and_the_greatest() {
    let csv = "lon,lat,date,title,location_radius_m\n1,2,2025,x,1000000000000\n";
    let (_, faults) = import(csv.as_bytes(), &ReadOptions::default()).unwrap();
    assert!(faults[0].to_string().contains("greater than 0, at most 20038000"), "{}", faults[0]);
}

#[test]
fn a_legacy_encoding_is_read_when_it_is_named_and_asked_for_when_it_is_not() {
    let text = b"lon,lat,date,title\n1,2,2025,plain\n1,2,2025,caf\xe9 \x93x\x94\n";
    let fault = import(text, &ReadOptions::default()).unwrap_err();
    assert_eq!((fault.line, fault.column), (3, 13));
    assert!(fault.to_string().contains("0xe9 is not UTF-8") && fault.to_string().contains("windows-1252"));
    let hint = fault.hint.unwrap();
    assert!(hint.contains("--encoding NAME") && hint.contains("charset=NAME in Content-Type"), "{hint}");
    let options = ReadOptions { encoding: Some("cp1252".parse().unwrap()), ..ReadOptions::default() };
    let (good, _) = import(text, &options).unwrap();
    assert_eq!(good[1].incident.title_in("en"), "café “x”");
}

#[test]
fn a_row_of_hxl_tags_is_no_record_and_names_the_columns() {
    let (good, faults) = table(
        "Ort,Breite,Länge,Tag,Tote\n#loc+name,#geo+lat,#geo+lon,#date+start,#affected+killed\nReni,45.4566,28.2829,2025-05,2\n",
    )
    .unwrap();
    assert_eq!(faults.len(), 1, "no column says what: {faults:?}");
    assert!(good.is_empty() && faults[0].problem.contains("nothing says what"));
    let (good, _) =
        table("A,B,C,D,E\n#event+name,#geo+lat,#geo+lon,#date+start,\nFire,45.4566,28.2829,2025-05,2\n")
            .unwrap();
    let incident = &good[0].incident;
    assert_eq!(incident.places[0].lon(), 28.2829);
    assert_eq!(incident.properties.extra["E"], json!("2"));
}

#[test]
fn day_and_month_are_told_apart_only_by_proof_or_by_word() {
    let rows = "1,2,05/02/2014,x\n1,2,2/18/2014 12:00:00 AM,x\n";
    let (good, _) = table(&format!("lon,lat,date,title\n{rows}")).unwrap();
    assert_eq!(good[0].incident.properties.date_start.as_str(), "2014-05-02", "proven by the second row");
    assert_eq!(good[0].incident.properties.extra["date"], json!("05/02/2014"), "what stood there is kept");
    let (good, faults) = table("lon,lat,date,title\n1,2,05/02/2014,x\n").unwrap();
    assert!(good.is_empty() && faults[0].to_string().contains("date-order=dmy"));
    let (good, faults) = table(&format!("lon,lat,date,title\n{rows}1,2,18/02/2014,x\n")).unwrap();
    assert_eq!((good.len(), faults.len()), (2, 1), "both orders proven: only the ambiguous date is refused");
    let options = ReadOptions { date_order: Some(DateOrder::Dmy), ..ReadOptions::default() };
    let (good, faults) = import(format!("lon,lat,date,title\n{rows}").as_bytes(), &options).unwrap();
    assert_eq!(good[0].incident.properties.date_start.as_str(), "2014-02-05");
    assert!(faults[0].problem.contains("contradicts"));
}

#[test]
fn a_time_without_its_offset_is_left_out_of_a_table_date_with_a_warning() {
    let (good, _) =
        table("lon,lat,date,title\n1,2,2025-05-30 14:20,x\n1,2,2025-05-30 00:00:00.000,x\n").unwrap();
    assert_eq!(good[0].incident.properties.date_start.as_str(), "2025-05-30");
    assert_eq!(good[0].incident.properties.extra["date"], json!("2025-05-30 14:20"));
    assert!(good[0].warnings[0].to_string().contains("no offset"));
    assert!(good[1].warnings.is_empty());
}

#[test]
fn rows_of_known_datasets_are_understood() {
    let (good, faults) = table(
        "event_id_cnty,event_date,time_precision,event_type,sub_event_type,actor1,civilian_targeting,country,latitude,longitude,geo_precision,source,notes,fatalities\n\
         X1,24 February 2022,2,Explosions/Remote violence,Shelling/artillery/missile attack,A,,Ukraine,46.5,30.7,2,A; B,Something,0\n",
    )
    .unwrap();
    assert_eq!(faults, []);
    let incident = &good[0].incident;
    let p = &incident.properties;
    assert_eq!(p.event_type, Some(EventType::ExplosionsRemoteViolence));
    assert_eq!(p.sub_event_type.as_deref(), Some("shelling_artillery_missile"));
    assert_eq!(
        p.event_type_source.as_deref(),
        Some("Explosions/Remote violence: Shelling/artillery/missile attack")
    );
    assert_eq!(
        (p.date_precision, p.redistributable, p.deaths_best),
        (Some(DatePrecision::Week), Some(false), Some(0))
    );
    assert_eq!(incident.radius(), Radius { meters: Some(25_000.0), why: RadiusOrigin::GeoPrecision });
    assert_eq!(p.extra["country"], json!("Ukraine"));
    assert_eq!(p.sources.len(), 2);

    let (good, faults) = table(
        "id,type_of_violence,where_prec,date_prec,best,low,high,latitude,longitude,geom_wkt,date_start,date_end,side_a,source_headline\n\
         9,3,4,3,2,1,2,48.1,37.7,POINT (37.7 48.1),2014-08-29 00:00:00.000,2014-09-02 00:00:00.000,A,H\n\
         10,8,1,1,2,1,2,48.1,37.7,,2014-08-29,2014-08-29,A,H\n",
    )
    .unwrap();
    let p = &good[0].incident.properties;
    assert_eq!(p.event_type, Some(EventType::ViolenceAgainstCivilians));
    assert_eq!((p.event_type_source.as_deref(), p.where_prec), (Some("3"), Some(4)));
    assert_eq!(good[0].incident.radius().meters, None);
    assert_eq!(p.extra["geom_wkt"], json!("POINT (37.7 48.1)"));
    assert!(faults[0].to_string().contains("type_of_violence: \"8\" is not a code"));

    let (good, faults) = table(
        "latitude,longitude,brightness,scan,track,acq_date,acq_time,frp\n45.2,29.7,300,1.03,1.01,2022-03-28,5,10.0\n",
    )
    .unwrap();
    assert_eq!(faults, []);
    let p = &good[0].incident.properties;
    assert_eq!(p.date_start.as_str(), "2022-03-28T00:05:00Z");
    assert_eq!(p.location_radius_m, Some(722.0));
    assert!(p.same_as[0].starts_with("firms:") && p.same_as[0].len() == "firms:".len() + 16);
}

#[test]
fn rows_of_the_other_crosswalks_are_understood() {
    let one = |text: &str| {
        let (good, faults) = table(text).unwrap();
        assert_eq!(faults, []);
        good[0].incident.clone()
    };
    let incident = one(
        "event_id,event_id_1pd,date,geonameid,asciiname,ADM1_NAME,longitude,latitude,GEO_PRECISION,source,url,text,t_artillery_b,a_rus_init_b\n\
         11,12,20220224,1,Reni,Odesa,28.28,45.45,ADM2,nv,https://example.org/a;b,Вибух,0.97,1\n",
    );
    let p = &incident.properties;
    assert_eq!(p.same_as, ["viina:11"]);
    assert_eq!(p.sub_event_type.as_deref(), Some("shelling_artillery_missile"));
    assert_eq!((p.actor1.as_deref(), p.license.as_deref()), (Some("Russian forces"), Some("ODbL-1.0")));
    assert_eq!(incident.radius().meters, None, "a place known only as a district");
    assert_eq!(p.sources[0].url.as_deref(), Some("https://example.org/a;b"));
    assert_eq!((p.sources[0].name.as_deref(), &p.extra["t_artillery_b"]), (Some("nv"), &json!("0.97")));

    let incident = one(
        "entry,date,city,province,lat,lon,brief description,arms/munition,link,geolocation,violence level\n\
         UW1,2022-03-09,Mykolaiv,Mykolaiv Oblast,46.9,31.9,A crater,Rocket,https://example.org/x,https://example.org/y,2\n",
    );
    let p = &incident.properties;
    assert_eq!(
        (p.same_as[0].as_str(), p.event_type_source.as_deref()),
        ("eyes-on-russia:UW1", Some("Rocket"))
    );
    assert_eq!(incident.title_in("en"), "A crater");
    assert_eq!(p.extra["violence level"], json!("2"));

    let incident = one("id,description,date,time,location,latitude,longitude,associations,sources\n\
         5,A tank,03/04/2022,14:20,Bucha,50.55,30.22,Armour,s1\n");
    assert_eq!(incident.properties.date_start.as_str(), "2022-03-04", "documented as month, day, year");
    assert_eq!(incident.properties.extra["time"], json!("14:20"));
}

#[test]
fn the_same_input_twice_gives_the_same_keys() {
    let text = "lon,lat,date,title\n1,2,2025,a\n1,2,2025,b\n";
    let keys = || {
        let (good, _) = table(text).unwrap();
        good.into_iter().map(|checked| checked.incident.properties.same_as).collect::<Vec<_>>()
    };
    assert_eq!(keys(), keys());
    assert_ne!(keys()[0], keys()[1]);
}

#[test]
fn a_second_record_with_the_same_key_is_found() {
    let (good, _) = table("id,lon,lat,date,title\n7,1,2,2025,a\n8,1,2,2025,b\n7,1,2,2025,c\n").unwrap();
    let mut repeated = Repeated::new("my table.csv");
    let found: Vec<Option<Fault>> = good.iter().map(|checked| repeated.see(&Sighting::of(checked))).collect();
    assert_eq!((found[0].is_none(), found[1].is_none()), (true, true));
    assert!(
        found[2]
            .as_ref()
            .unwrap()
            .to_string()
            .contains("4:1: same_as: \"my_table:7\" stands on line 2 already")
    );
}

#[test]
fn one_record_means_one() {
    let none = checked(r#"{"type":"FeatureCollection","features":[]}"#).unwrap_err();
    let two = checked(r#"{"type":"FeatureCollection","features":[{},{}]}"#).unwrap_err();
    assert!(none[0].problem.contains("no record") && two[0].problem.contains("more than one"));
}

#[test]
fn a_bad_input_is_not_echoed_at_length() {
    let fault = fault_of(&format!(r#"{{"title":"x","date_start":"{}"}}"#, "9".repeat(100_000)));
    assert!(fault.len() < 300, "{}", fault.len());
}

#[test]
fn a_record_with_ninety_thousand_faults_names_a_hundred() {
    let geometry = format!(r#"{{"type":"MultiPoint","coordinates":[{}0]}}"#, "0,".repeat(90_000));
    let faults = checked(&feature(&geometry, r#"{"title":"x","date_start":"2025"}"#)).unwrap_err();
    assert_eq!(faults.len(), 101);
    assert!(faults[100].problem.contains("more faults"));
}

#[test]
fn reports_may_be_checked_on_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Report>();
    is_send::<Checked>();
    is_send::<Fault>();
}

/// A word of letters that are no trouble, and some that are; not blank and not a word for "unknown".
fn words() -> impl Strategy<Value = String> {
    r#"[a-zа-я0-9=+@"', ;|\n\-é\U{1F6A2}]{1,16}"#
        .prop_map(|text| text.trim().to_owned())
        .prop_filter("not blank", |text| !matches!(text.as_str(), "" | "null" | "nan"))
}

fn names() -> impl Strategy<Value = Option<String>> {
    prop::option::of(words())
}

/// Sound incidents in the form in which the check leaves them.
pub(crate) fn incidents() -> impl Strategy<Value = Incident> {
    let place = (-180.0..=180.0f64, -90.0..=90.0f64).prop_map(|(lon, lat)| LonLat::new(lon, lat).unwrap());
    let dates = prop::sample::select(vec![
        ("2025", "year"),
        ("2024-02", "month"),
        ("2025-05-30", "day"),
        ("2025-05-30", "week"),
        ("2025-05-30T01:10:00+03:00", "exact"),
        ("2025-05-30T01:10:00.5Z", "hour"),
    ]);
    let texts = (words(), names(), names(), names(), names());
    let numbers = (prop::option::of(0.001..1e6f64), prop::collection::vec(0..9u32, 3), any::<bool>());
    let lists = (
        prop::sample::select(EventType::ALL),
        prop::collection::vec("[a-z]{1,8}:[a-z0-9=-]{1,8}", 1..3),
        prop::collection::vec("[a-z]{1,8}", 0..3),
        prop::collection::btree_map(
            "[a-z]{1,3}",
            any::<f64>().prop_filter("finite", |f| f.is_finite()),
            0..3,
        ),
    );
    (any::<[u8; 16]>(), prop::collection::vec(place, 0..4), dates, texts, numbers, lists).prop_map(
        |(id, places, (date, precision), (title, description, location, actor, admin), numbers, lists)| {
            let mut p = Properties::new(EventDate::parse(date).unwrap());
            p.date_precision = Some(precision.parse().unwrap());
            p.title = Text::new("en", &title);
            p.description = description.and_then(|text| Text::new("en", &text));
            p.location = location.or_else(|| places.is_empty().then(|| "Reni".to_owned()));
            (p.actor1, p.admin1) = (actor, admin);
            let (radius, mut counts, flag) = numbers;
            counts.sort_unstable();
            p.location_radius_m = radius;
            (p.deaths_low, p.deaths_best, p.deaths_high) =
                (Some(counts[0]), Some(counts[1]), Some(counts[2]));
            p.civilian_targeting = flag.then_some(true);
            (p.event_type, p.same_as, p.tags) = (Some(lists.0), lists.1, lists.2);
            p.extra = lists.3.into_iter().map(|(name, number)| (name, json!(number))).collect();
            Incident { id: IncidentId::from_random(id), places, properties: p }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_equal(incident in incidents()) {
        let text = serde_json::to_string(&incident).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Incident>(&text).unwrap(), &incident);
        let back = checked(&text);
        prop_assert_eq!(back.map(|checked| checked.incident), Ok(incident));
    }

    #[test]
    fn no_bytes_make_the_readers_or_the_check_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        format in prop::sample::select(Format::ALL),
    ) {
        let _ = import(&bytes, &ReadOptions { format: Some(format), ..ReadOptions::default() });
    }

    #[test]
    fn a_damaged_input_is_an_answer_and_not_a_panic(
        which in 0..4usize,
        at in any::<prop::sample::Index>(),
        to in prop::sample::select(vec!["", "\"", "{", "}", "[", "]", ",", ";", "\n", "\u{1e}", "\\", "é", "\0", "'", "-", "9"]),
        drop in 0..40usize,
    ) {
        let one = EVERY_PROPERTY.replace('\n', "");
        let sound = match which {
            0 => format!(r#"{{"type":"FeatureCollection","features":[{one},{one}],"a":[1,"x"]}}"#),
            1 => format!("{one}\n{one}\n"),
            2 => format!("\u{1e}{one}\n\u{1e}{one}\n"),
            _ => "sep=;\r\nid;lon;lat;date;title\r\n#a;#b;#c;#d;#e\r\n7;28,84;45,335;5/30/2025 2:00 PM;\"A \"\"port\"\"\nburned\"\r\n".to_owned(),
        };
        let mut text: Vec<char> = sound.chars().collect();
        let at = at.index(text.len());
        let end = (at + drop).min(text.len());
        text.splice(at..end, to.chars());
        let text: String = text.into_iter().collect();
        if let Ok((good, faults)) = import(text.as_bytes(), &ReadOptions::default()) {
            let refused: std::collections::BTreeSet<_> = faults.iter().map(|fault| fault.index).collect();
            let count = read(text.as_bytes(), &ReadOptions::default()).unwrap().count();
            prop_assert_eq!(good.len() + refused.len(), count, "each record is taken or refused");
        }
    }
}

#[test]
fn what_is_no_point_in_a_cell_is_called_what_it_is() {
    let fault = |header: &str, cells: &str| {
        let (_, faults) = table(&format!("id,date,title,{header}\n1,2024,x,{cells}\n")).unwrap();
        assert_eq!(faults.len(), 1, "{cells}: {faults:?}");
        faults[0].to_string()
    };
    let told = fault("coordinates", "\"POLYGON((28 45,29 45,29 46,28 45))\"");
    assert!(told.contains("is a polygon"), "{told}");
    for (cell, says) in [
        ("POINT EMPTY", "leave the cell empty"),
        ("MultiPoint Z EMPTY", "leave the cell empty"),
        ("\"POLYGON((28 45,29 45,29 46,28 45))\"", "is a polygon: an incident is a POINT or a MULTIPOINT"),
        ("\"LINESTRING Z (28 45 1,29 45 1)\"", "location_radius_m"),
        ("POINT (28.8)", "is not a point (POINT (lon lat)"),
        ("Izmail", "is not a point"),
    ] {
        let told = fault("wkt", cell);
        assert!(told.starts_with("data/my table.csv:2:4: wkt: ") && told.contains(says), "{told}");
    }
    for (cells, says) in [
        (
            "28°50'24\"E,45°20'06\"E",
            "2:5: lat: \"45°20'06\\\"E\" has the letter of the other coordinate (this is the latitude, whose letters are N or S",
        ),
        ("45 20 06 N,28 50 24 E", "2:4: lon: "),
        ("28°50'24\"E,45°61'N", "is not a number"),
    ] {
        let (_, faults) = table(&format!("id,date,title,lon,lat\n1,2024,x,{cells}\n")).unwrap();
        assert!(faults[0].to_string().contains(says), "{}", faults[0]);
    }
}

#[test]
fn points_as_well_known_text_are_read_however_they_are_spaced() {
    for cell in [
        "POINT(28.84 45.335)",
        "point z (28.84 45.335 3)",
        "PointZ(28.84  45.335 3)",
        "MULTIPOINT((28.84 45.335))",
    ] {
        let (good, faults) = table(&format!("id,date,title,wkt\n1,2024,x,{cell}\n")).unwrap();
        assert_eq!(faults, [], "{cell}");
        assert_eq!(good[0].incident.places, [LonLat::new(28.84, 45.335).unwrap()], "{cell}");
    }
}

/// Texts of cells lost the blanks around them, and nobody was told.
#[test]
fn a_text_in_a_cell_keeps_its_blanks_unless_they_are_taken_off_by_name() {
    let text = "id,date,lon,lat,title,description,location,event_type,country,admin1_pcode,deaths\n \
        7 , 2024-05-01 , 28.84 ,45.335 , Port ,\"two\nlines\n\",\tReni,Battles , UKR , UA51 , 3 \n";
    let (good, faults) = table(text).unwrap();
    assert_eq!(faults, []);
    let p = &good[0].incident.properties;
    assert_eq!((good[0].incident.title_in("und"), p.location.as_deref()), (" Port ", Some("\tReni")));
    assert_eq!(p.description.as_ref().unwrap().get("und"), Some("two\nlines\n"));
    assert_eq!(
        (p.date_start.as_str(), p.deaths_best, p.event_type),
        ("2024-05-01", Some(3), Some(EventType::Battles))
    );
    assert_eq!(
        (p.country.as_deref(), p.admin1_pcode.as_deref(), &p.same_as[..]),
        (Some("UKR"), Some("UA51"), &["my_table:7".to_owned()][..])
    );
    assert!(good[0].repairs.is_empty() && good[0].warnings.is_empty());
    let options = ReadOptions { fixes: vec![Fix::Trim], file: "a.csv".into(), ..ReadOptions::default() };
    let (good, _) = import(text.as_bytes(), &options).unwrap();
    let told: Vec<String> = good[0].repairs.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|one| one.contains(r#"title: trim: " Port " became "Port""#)), "{told:?}");
    assert_eq!(good[0].incident.title_in("und"), "Port");
}

#[test]
fn coordinates_beside_a_geometry_that_lie_elsewhere_are_a_warning_with_the_meters() {
    let warned = |properties: &str| {
        let text = feature(r#"{"type":"Point","coordinates":[28.84,45.335]}"#, properties);
        checked(&text).unwrap().warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let base = r#""title":"x","date_start":"2025""#;
    for (names, values) in [
        (["lon", "lat"], ["28.9", "45.335"]),
        (["Longitude", "latitude"], ["\"28.9\"", "\"45.335\""]),
        (["lng", "LAT"], ["28.9", "45.335"]),
    ] {
        let told =
            warned(&format!(r#"{{{base},"{}":{},"{}":{}}}"#, names[0], values[0], names[1], values[1]));
        assert_eq!(told, Vec::<String>::new(), "{names:?}: one digit leaves 15 km open");
        let far = values.map(|value| value.replace("28.9", "28.900").replace("45.335", "45.3350"));
        let told = warned(&format!(r#"{{{base},"{}":{},"{}":{}}}"#, names[0], far[0], names[1], far[1]));
        assert!(told.len() == 1 && told[0].contains("lie 4703 m from the geometry"), "{told:?}");
        assert!(told[0].contains(&format!(": {}: ", names[0])), "{told:?}");
    }
    for same in [
        r#""lon":28.84,"lat":45.335"#,
        r#""lon":28.8,"lat":45.3"#,
        r#""x":1,"y":2"#,
        r#""lon":"?","lat":3"#,
        r#""lon":28"#,
    ] {
        assert_eq!(warned(&format!("{{{base},{same}}}")), Vec::<String>::new(), "{same}");
    }
    let p = checked(&feature("null", &format!(r#"{{{base},"location":"Reni","lon":1,"lat":2}}"#))).unwrap();
    assert_eq!(p.warnings, [], "nothing to compare with");
}
