//! Each profile reads a record in the shape of its source; the records are made up.

use super::tests::import;
use crate::*;
use serde_json::{Value, json};

/// The one record of an input, whose profile must be the one named.
fn one(profile: &str, file: &str, text: &str) -> Value {
    let options = ReadOptions { file: file.into(), ..ReadOptions::default() };
    let (good, faults) =
        import(text.as_bytes(), &options).unwrap_or_else(|fault| panic!("{profile}: {fault}"));
    assert_eq!(faults, [], "{profile}");
    assert_eq!(good.len(), 1, "{profile}");
    let mut reader = read(text.as_bytes(), &options).unwrap();
    let report = reader.next().unwrap().unwrap();
    assert!(check(&report, &mut || IncidentId::from_random([1; 16])).is_ok());
    assert_eq!(reader.profile(), Some(profile));
    serde_json::to_value(&good[0].incident).unwrap()
}

/// Compares the members that `expected` names.
fn assert_has(found: &Value, expected: Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&found["properties"][name], value, "{name} in {found}");
    }
}

#[test]
fn acled_rows_are_not_redistributable() {
    let found = one(
        "acled",
        "a.csv",
        "event_id_cnty,event_date,time_precision,event_type,sub_event_type,actor1,civilian_targeting,iso,country,region,admin1,location,latitude,longitude,geo_precision,source,source_scale,notes,fatalities,timestamp\n\
         UKR1,2024-05-02,1,Explosions/Remote violence,Air/drone strike,A,Civilian targeting,804,Ukraine,Europe,Odesa,Reni,45.45,28.28,1,Paper,National,Debris fell.,0,1714900000\n",
    );
    assert_has(
        &found,
        json!({"redistributable": false, "event_type": "explosions_remote_violence", "sub_event_type": "air_drone_strike",
        "event_type_source": "Explosions/Remote violence: Air/drone strike", "date_precision": "day", "civilian_targeting": true,
        "geo_precision": 1, "deaths_best": 0, "same_as": ["acled:UKR1"], "description": {"und": "Debris fell."}}),
    );
    let extra = &found["properties"]["extra"];
    assert_eq!(
        (&extra["timestamp"], &extra["region"], &extra["country"]),
        (&json!("1714900000"), &json!("Europe"), &json!("Ukraine"))
    );
    assert_eq!(extra["time_precision"], json!("1"), "the code is kept beside its meaning");
}

#[test]
fn ucdp_in_an_older_encoding_needs_no_word() {
    let text = b"id,type_of_violence,where_prec,date_prec,best,low,high,latitude,longitude,date_start,date_end,side_a,source_headline,iso3\n\
        9,2,1,5,2,1,2,48.1,37.7,2014-08-29 00:00:00.000,2014-09-02 00:00:00.000,A,Caf\xe9 hit,UKR\n";
    let (good, faults) =
        import(text, &ReadOptions { file: "u.csv".into(), ..ReadOptions::default() }).unwrap();
    assert_eq!(faults, []);
    let p = &good[0].incident.properties;
    assert_eq!((p.event_type, p.event_type_source.as_deref()), (Some(EventType::Battles), Some("2")));
    assert_eq!((p.date_precision, p.country.as_deref()), (Some(DatePrecision::Year), Some("UKR")));
    assert_eq!(good[0].incident.title_in("en"), "Café hit");
    let out_of_order = String::from_utf8_lossy(text).replace(",2,1,2,48.1", ",7,7,6,48.1");
    let (_, faults) = import(out_of_order.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!((faults[0].column, faults[0].field.as_deref()), (5, Some("deaths_best")), "{}", faults[0]);
    // The first letter beyond ASCII tells; a file that began as UTF-8 does not change its mind.
    let mut mixed = b"id,type_of_violence,where_prec,date_prec,best,low,high,latitude,longitude,date_start,source_headline\n\
        8,1,1,1,2,1,2,48.1,37.7,2014-08-29,Caf\xc3\xa9\n".to_vec();
    mixed.extend_from_slice(b"9,1,1,1,2,1,2,48.1,37.7,2014-08-29,Caf\xe9\n");
    assert!(import(&mixed, &ReadOptions::default()).unwrap_err().problem.contains("not UTF-8"));
}

#[test]
fn viina_flags_and_places_are_understood_in_features_as_in_tables() {
    let table = one(
        "viina",
        "v.csv",
        "event_id,date,geonameid,asciiname,ADM1_NAME,longitude,latitude,GEO_PRECISION,source,url,text,t_uav_b,a_rus_init_b,a_ukr_init_b\n\
         11,20230724,1,Reni,Odesa,28.28,45.45,STREET,nv,https://example.org/a,Вибух,0.9,1,0\n",
    );
    let feature = one(
        "viina",
        "v.geojson",
        r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[28.28,45.45]},
            "properties":{"event_id":11,"date":20230724,"geonameid":1,"asciiname":"Reni","ADM1_NAME":"Odesa","GEO_PRECISION":"STREET",
            "source":"nv","url":"https://example.org/a","text":"Вибух","t_uav_b":0.9,"a_rus_init_b":1,"a_ukr_init_b":0}}]}"#,
    );
    let expected = json!({"same_as": ["viina:11"], "date_start": "2023-07-24", "sub_event_type": "air_drone_strike", "actor1": "Russian forces",
        "location": "Reni", "location_method": "street_match", "license": "ODbL-1.0",
        "sources": [{"url": "https://example.org/a", "name": "nv", "type": "media"}]});
    assert_has(&table, expected.clone());
    assert_has(&feature, expected);
    assert_eq!(table["geometry"], feature["geometry"]);
    assert_eq!(feature["properties"]["extra"]["t_uav_b"], json!(0.9), "numbers stay numbers");
}

#[test]
fn eyes_on_russia_keeps_its_geolocation_with_the_source() {
    let found = one(
        "eyes-on-russia",
        "e.csv",
        "entry,date,city,province,lat,lon,title,brief description,arms/munition,link,geolocation,violence level\n\
         UW1,2022-03-09,Mykolaiv,Mykolaiv Oblast,46.9,31.9,A crater,Seen from above,Rocket,https://example.org/x,https://example.org/y,2\n",
    );
    assert_has(
        &found,
        json!({"title": {"und": "A crater"}, "admin1": "Mykolaiv Oblast", "event_type_source": "Rocket",
        "sources": [{"url": "https://example.org/x", "type": "social_media", "extra": {"geolocation": "https://example.org/y"}}]}),
    );
}

#[test]
fn timemap_events_are_read_from_their_json() {
    let event = r#"{"id":"CIV1","description":"A tank","date":"03/04/2022","time":"14:20","location":"Bucha","latitude":"50.55","longitude":"30.22","associations":["Armour"],"sources":["s1","s2"]}"#;
    for text in [format!("[{event}]"), format!(r#"{{"events":[{event}],"sources":{{"s1":{{"paths":[]}}}}}}"#)]
    {
        let found = one("timemap", "t.json", &text);
        assert_has(
            &found,
            json!({"same_as": ["t:CIV1"], "date_start": "2022-03-04", "location": "Bucha", "event_type_source": "Armour"}),
        );
        assert_eq!(found["geometry"]["coordinates"], json!([30.22, 50.55]));
        assert_eq!(found["properties"]["extra"]["sources"], json!(["s1", "s2"]));
    }
}

#[test]
fn kobo_and_odk_questions_are_known_by_their_last_step() {
    let kobo = one(
        "kobo",
        "k.csv",
        "start;end;group_incident/incident_date;group_incident/title;group_incident/place;_group_incident/place_latitude;_group_incident/place_longitude;_group_incident/place_precision;_id;_uuid;_submission_time;_index\n\
         2024-05-02T10:00:00.000+03:00;2024-05-02T10:05:00.000+03:00;2024-05-01;Debris;45.45 28.28 0 0;45.45;28.28;0;77;5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e;2024-05-02T07:06:00;1\n",
    );
    assert_has(
        &kobo,
        json!({"date_start": "2024-05-01", "title": {"und": "Debris"}, "same_as": ["k:5f0b6d3c-9e41-4c55-9d2a-0193a8c27b1e"], "location_radius_m": null}),
    );
    assert_eq!(kobo["geometry"]["coordinates"], json!([28.28, 45.45]));
    let api = one(
        "kobo",
        "k.json",
        r#"{"count":1,"next":null,"results":[{"_id":77,"_uuid":"u-1","_submission_time":"2024-05-02T07:06:00","_geolocation":[45.45,28.28],
            "group_incident/incident_date":"2024-05-01","group_incident/title":"Debris"}]}"#,
    );
    assert_has(&api, json!({"date_start": "2024-05-01", "title": {"und": "Debris"}, "same_as": ["k:u-1"]}));
    assert_eq!(api["geometry"]["coordinates"], json!([28.28, 45.45]));
    assert_eq!(api["properties"]["extra"]["_geolocation"], json!([45.45, 28.28]));
    let odk = one(
        "odk",
        "o.csv",
        "SubmissionDate,start,report-incident_date,report-title,report-spot-Latitude,report-spot-Longitude,report-spot-Accuracy,meta-instanceID,KEY,SubmitterName\n\
         2024-05-02T07:06:00Z,2024-05-02T07:00:00Z,2024-05-01,Debris,45.45,28.28,4.5,uuid:1,uuid:1,A\n",
    );
    assert_has(&odk, json!({"date_start": "2024-05-01", "same_as": ["o:uuid:1"], "location_radius_m": 4.5}));
}

#[test]
fn both_shapes_of_an_ushahidi_export_are_read() {
    let second = one(
        "ushahidi",
        "u.csv",
        "#,INCIDENT TITLE,INCIDENT DATE,LOCATION,DESCRIPTION,CATEGORY,LATITUDE,LONGITUDE,APPROVED,VERIFIED\n\
         5,Road cut,2024-05-01 10:20:00,Reni,By flood,Flood,45.45,28.28,YES,NO\n",
    );
    assert_has(
        &second,
        json!({"title": {"und": "Road cut"}, "date_start": "2024-05-01", "verification": "unverified", "event_type_source": "Flood", "same_as": ["u:5"]}),
    );
    let third = one(
        "ushahidi",
        "u.csv",
        "Post ID,Survey,Post Status,Contact ID,Contact,Created (UTC),Post Date (UTC),Title,Description,Location.lat,Location.lon\n\
         6,Basic,draft,9,+380501234567,2024-05-02 08:00:00,2024-05-01 10:20:00,Road cut,By flood,45.45,28.28\n",
    );
    assert_has(
        &third,
        json!({"title": {"und": "Road cut"}, "date_start": "2024-05-01T10:20:00Z", "same_as": ["u:6"], "record_status": "draft"}),
    );
    assert!(!third.to_string().contains("380501234567"), "who reported is nobody's business: {third}");
    assert_eq!(third["geometry"]["coordinates"], json!([28.28, 45.45]));
}

#[test]
fn feeds_of_fires_quakes_and_alerts_are_understood() {
    let fire = one(
        "firms",
        "f.csv",
        "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,confidence,version,frp,daynight\n45.2,29.7,300,0.39,0.36,2024-03-28,5,N,n,2.0NRT,1.5,N\n",
    );
    assert_has(
        &fire,
        json!({"date_start": "2024-03-28T00:05:00Z", "location_radius_m": 266.0, "sub_event_type": "fire",
        "same_as": ["firms:N 2024-03-28 5 45.2 29.7"],
        "sources": [{"name": "NASA FIRMS", "type": "satellite"}]}),
    );
    // Without its satellite it is no detection that could be told from another.
    let fire = one(
        "firms",
        "f.csv",
        "latitude,longitude,scan,track,acq_date,acq_time,frp\n45.2,29.7,0.39,0.36,2024-03-28,5,1.5\n",
    );
    let name = fire["properties"]["same_as"][0].as_str().unwrap();
    assert!(name.starts_with("firms:") && !name.contains("2024"), "{name}");
    let quake = one(
        "usgs",
        "q.geojson",
        r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"xx1","geometry":{"type":"Point","coordinates":[26.6,45.7,90]},
            "properties":{"mag":4.1,"place":"Vrancea","time":1649051836769,"url":"https://example.org/e","magType":"mb","type":"earthquake","title":"M 4.1"}}]}"#,
    );
    assert_has(
        &quake,
        json!({"date_start": "2022-04-04T05:57:16.769Z", "event_type": "disaster", "sub_event_type": "earthquake", "date_precision": "exact",
        "same_as": ["usgs:xx1"], "sources": [{"url": "https://example.org/e", "name": "USGS", "type": "sensor"}]}),
    );
    let alert = one(
        "gdacs",
        "g.geojson",
        r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[28.3,45.4]},"properties":
            {"eventtype":"FL","eventid":1102,"episodeid":2,"name":"Flood in Romania","description":"Green flood","alertlevel":"Green","iso3":"ROU",
            "fromdate":"2024-09-13T01:00:00","todate":"2024-09-16T01:00:00","url":{"report":"https://example.org/r","details":"https://example.org/d"},"country":"Romania"}}]}"#,
    );
    assert_has(
        &alert,
        json!({"date_start": "2024-09-13T01:00:00Z", "date_end": "2024-09-16T01:00:00Z", "sub_event_type": "flood", "country": "ROU",
        "same_as": ["gdacs:FL1102"], "title": {"en": "Flood in Romania"},
        "sources": [{"url": "https://example.org/r", "name": "GDACS", "type": "official"}]}),
    );
    assert_eq!(alert["properties"]["extra"]["url"]["details"], json!("https://example.org/d"));
}

#[test]
fn a_humanitarian_table_with_tags_is_read() {
    let found = one(
        "insecurity-insight",
        "i.csv",
        "Date,Event Description,Country,Country ISO,Admin 1,Latitude,Longitude,Geo Precision,Reported Perpetrator,SiND Event ID,Health Workers Killed\n\
         #date,#description,#country+name,#country+code,#adm1+name,#geo+lat,#geo+lon,,#group+name,#event+code,#affected+killed\n\
         2024-05-01,A clinic was hit,Ukraine,UKR,Odesa,45.45,28.28,censored,State actor,123,1\n",
    );
    assert_has(
        &found,
        json!({"same_as": ["insecurity-insight:123"], "country": "UKR", "deaths_best": 1, "actor1": "State actor", "geo_precision": null}),
    );
    assert_eq!(found["properties"]["extra"]["Geo Precision"], json!("censored"));
}

#[test]
fn a_code_with_words_behind_it_is_that_code_and_its_words_are_kept() {
    for (cell, code) in
        [("(1) Precise", json!(1)), ("(2) approximate", json!(2)), ("3", json!(3)), ("(12) x", json!(null))]
    {
        let row = format!(
            "Date,Event Description,Country ISO,Latitude,Longitude,Geo Precision,SiND Event ID\n\
             2024-05-01,A clinic was hit,UKR,45.45,28.28,{cell},7\n"
        );
        let found = one("insecurity-insight", "i.csv", &row);
        assert_has(&found, json!({"geo_precision": code}));
        assert_eq!(found["properties"]["extra"]["Geo Precision"], json!(cell));
    }
}

#[test]
fn what_the_auto_archiver_kept_is_a_source() {
    let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let pdq = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    let found = one(
        "auto-archiver",
        "s.csv",
        &format!(
            "Link,Archive status,Destination folder,Archive location,Archive date,Upload timestamp,Upload title,Hash,Perceptual hashes,WACZ,date,lat,lon\n\
             https://example.org/p,success,x,https://archive.example.org/p,2024-05-03T00:00:00Z,2024-05-02T10:00:00+00:00,A clip,SHA-256:{digest},{pdq},https://archive.example.org/p.wacz,2024-05-01,45.45,28.28\n"
        ),
    );
    let source = &found["properties"]["sources"][0];
    assert_eq!(source["archived_url"], json!("https://archive.example.org/p"));
    assert_eq!(
        (&source["sha256"], &source["extra"]["wacz"]),
        (&json!(digest), &json!("https://archive.example.org/p.wacz"))
    );
    assert_eq!(source["published_at"], json!("2024-05-02T10:00:00+00:00"));
    assert_has(&found, json!({"date_start": "2024-05-01", "title": {"und": "A clip"}}));
    let incident: Incident = serde_json::from_value(found).unwrap();
    let likeness = Traits::of(&incident).compare(&Traits::of(&incident), 0);
    assert!(likeness.reasons.iter().any(|w| matches!(w.reason, Reason::Media)), "{likeness:?}");
    let mut other = incident.clone();
    other.properties.sources[0].sha256 = None;
    let likeness = Traits::of(&incident).compare(&Traits::of(&other), 0);
    let same_picture = Reason::Picture { bits: 0, of: 256 };
    assert!(likeness.reasons.iter().any(|w| w.reason == same_picture), "{likeness:?}");
}

#[test]
fn a_profile_of_ones_own_reads_a_sheet_of_ones_own() {
    let profile = Profile::parse(
        r#"name = "office"
           title = "Our office"
           date_order = "dmy"
           leave = ["name"]
           [constants]
           source_name = "Field office"
           [fields]
           date_start = "Wann"
           title = "Was"
           lat = "Breite"
           lon = "Länge"
           [[rule]]
           field = "event_type"
           column = "Art"
           values = { Beschuss = "explosions_remote_violence" }"#,
    )
    .unwrap();
    let options = ReadOptions {
        profile: Profiles::Use(profile.into()),
        file: "o.csv".into(),
        ..ReadOptions::default()
    };
    let text = "Wann;Was;Breite;Länge;Art;Name\n03/04/2024;Hafen;45,45;28,28;Beschuss;x\n03/04/2024;Hafen;45,45;28,28;Regen;x\n";
    let (good, faults) = import(text.as_bytes(), &options).unwrap();
    let p = &good[0].incident.properties;
    assert_eq!(
        (p.date_start.as_str(), p.event_type),
        ("2024-04-03", Some(EventType::ExplosionsRemoteViolence))
    );
    assert_eq!((&p.extra["Name"], p.sources[0].name.as_deref()), (&json!("x"), Some("Field office")));
    assert!(
        faults[0].to_string().contains("Art: \"Regen\" is not a code of this column (one of beschuss)"),
        "{}",
        faults[0]
    );
    let off = ReadOptions { profile: Profiles::Off, ..options };
    assert!(import(text.as_bytes(), &off).is_err());
}

#[test]
fn a_clock_that_no_clock_shows_is_told_in_its_own_column() {
    let read = |clock: &str| {
        let text = format!(
            "latitude,longitude,acq_date,acq_time,satellite,frp,scan,track\n45.3,28.8,2024-05-01,{clock},N,1,0.4,0.4\n"
        );
        import(text.as_bytes(), &ReadOptions { file: "f.csv".into(), ..ReadOptions::default() }).unwrap()
    };
    for (clock, date) in [
        ("7", "2024-05-01T00:07:00Z"),
        ("2359", "2024-05-01T23:59:00Z"),
        ("7:05", "2024-05-01T07:05:00Z"),
        ("", "2024-05-01"),
    ] {
        let (good, faults) = read(clock);
        assert_eq!(faults, [], "{clock}");
        assert_eq!(good[0].incident.properties.date_start.as_str(), date, "{clock}");
    }
    for clock in ["2460", "1260", "24:00", "noon", "12345", "-5"] {
        let (_, faults) = read(clock);
        assert_eq!(faults.len(), 1, "{faults:?}");
        let told = faults[0].to_string();
        assert!(
            told.starts_with(&format!("f.csv:2:4: acq_time: \"{clock}\" is not a time of day")),
            "{told}"
        );
    }
}

#[test]
fn coordinates_of_a_known_source_are_kept_beside_a_geometry_that_lies_elsewhere() {
    let read = |longitude: &str| {
        let text = format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","geometry":{{"type":"Point","coordinates":[28.8,45.3]}},"properties":
            {{"latitude":45.3,"longitude":{longitude},"acq_date":"2024-05-01","acq_time":"0705","satellite":"N","frp":1,"scan":0.4,"track":0.4}}}}]}}"#
        );
        let (good, faults) =
            import(text.as_bytes(), &ReadOptions { file: "f.geojson".into(), ..ReadOptions::default() })
                .unwrap();
        assert_eq!(faults, []);
        (good[0].warnings.len(), good[0].incident.properties.extra.get("longitude").cloned())
    };
    assert_eq!(read("28.8"), (0, None));
    assert_eq!(read("29.8"), (1, Some(json!(29.8))));
}
