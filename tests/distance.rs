//! The answers people ask for, and batches of them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::{Random, binary, folder, kordon, repository};

fn ask(lon: &str, lat: &str, to: &[&str]) -> Value {
    let mut args = vec!["distance", lon, lat, "--json"];
    for name in to {
        args.extend(["--to", name]);
    }
    let said = kordon(folder().path(), &args);
    assert_eq!(said.code, 0, "{said:?}");
    said.json()
}

#[track_caller]
fn about(value: &Value, expected: f64, within: f64) {
    let value = value.as_f64().unwrap_or_else(|| panic!("not a number: {value}"));
    assert!((value - expected).abs() <= within, "{value} is not {expected} ± {within}");
}

fn codes(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect()
}

#[test]
fn izmail_is_two_kilometers_from_romania() {
    let answer = ask("28.8372", "45.3512", &["ROU", "NATO"]);
    assert_eq!(codes(&answer["territory"]), ["UKR"]);
    for to in [&answer["to"][0], &answer["to"][1], &answer["nearest_foreign"]] {
        assert_eq!(to["country"], "ROU");
        about(&to["distance_m"], 2221.0, 1.0);
        about(&to["azimuth_deg"], 214.0, 1.0);
        about(&to["distance_low_m"], 2021.0, 1.0);
        about(&to["distance_high_m"], 2421.0, 1.0);
    }
    assert_eq!(answer["to"][1]["to"], "NATO");
    assert_eq!(answer["boundary"]["set"], "osm-maritime-10m");
}

#[test]
fn the_answer_in_words_names_the_distance_the_azimuth_the_interval_and_the_set() {
    let said = kordon(folder().path(), &["distance", "28.8372", "45.3512", "--to", "ROU"]);
    for words in [
        "Ukraine (UKR)",
        "Romania (ROU), 2.22 km",
        "214°",
        "2.02–2.43 km",
        "osm-maritime-10m 1.1.0",
        "OpenStreetMap",
    ] {
        assert!(said.out.contains(words), "{words:?} is not in {}", said.out);
    }
}

#[test]
fn places_along_the_borders_get_the_answers_of_the_reference() {
    let inside = ask("28.819", "45.333", &["UKR"]);
    assert_eq!(codes(&inside["territory"]), ["ROU"]);
    about(&inside["to"][0]["distance_m"], 254.0, 1.0);

    let reni = ask("28.2829", "45.4566", &["ROU", "MDA"]);
    about(&reni["to"][0]["distance_m"], 1072.0, 1.0);
    about(&reni["to"][1]["distance_m"], 5320.0, 1.0);

    let snake_island = ask("30.2039", "45.2553", &["ROU"]);
    about(&snake_island["to"][0]["distance_m"], 21_950.0, 10.0);
    assert_eq!(snake_island["to"][0]["kind"], "maritime");

    let przewodow = ask("23.9345", "50.4717", &["UKR"]);
    assert_eq!(codes(&przewodow["territory"]), ["POL"]);
    about(&przewodow["to"][0]["distance_m"], 6444.0, 1.0);

    let sevastopol = ask("33.5254", "44.6167", &[]);
    assert_eq!(codes(&sevastopol["territory"]), ["RUS", "UKR"]);
}

#[test]
fn odd_places_of_the_globe_are_answered() {
    assert_eq!(codes(&ask("28.2", "-29.5", &[])["territory"]), ["LSO"]);
    assert_eq!(ask("28.2", "-29.5", &[])["nearest_foreign"]["country"], "ZAF");
    assert_eq!(codes(&ask("12.4534", "41.9033", &[])["territory"]), ["VAT"]);
    assert_eq!(codes(&ask("178.0", "-17.8", &[])["territory"]), ["FJI"]);
    assert_eq!(codes(&ask("4.93", "51.44", &[])["territory"]).len(), 1, "Baarle");
    assert_eq!(codes(&ask("0", "-90", &[])["territory"]), ["ATA"]);
    assert!(codes(&ask("0", "90", &[])["territory"]).is_empty());
    for lat in ["-16.8", "66", "0", "-80"] {
        let mut east = ask("180", lat, &["FJI", "RUS"]);
        let mut west = ask("-180", lat, &["FJI", "RUS"]);
        // The same place has two names; the answer echoes the one it was asked by.
        for answer in [&mut east, &mut west] {
            answer["lon"] = Value::Null;
            for to in answer["to"].as_array_mut().unwrap().iter_mut().filter(|to| to["distance_m"] == 0.0) {
                to["nearest_point"] = Value::Null;
            }
        }
        assert_eq!(east, west, "at ±180, {lat}");
    }
}

#[test]
fn a_dependency_is_not_foreign_to_its_sovereign() {
    let tahiti = ask("-149.43", "-17.65", &[]);
    assert!(codes(&tahiti["territory"]).contains(&"PYF"));
    let foreign = tahiti["nearest_foreign"]["country"].as_str().unwrap();
    assert!(!["FRA", "PYF", "NCL", "WLF"].contains(&foreign), "{foreign}");
}

#[test]
fn a_bad_question_says_what_is_wrong_and_what_would_be_right() {
    let at = folder();
    for (args, words) in [
        (vec!["distance", "999", "45"], "longitude"),
        (vec!["distance", "28.8", "95"], "latitude"),
        (vec!["distance", "28.8", "45.3", "--to", "ROM"], "ROU"),
        (vec!["distance", "28.8", "45.3", "--borders", "nowhere"], "osm-maritime-10m"),
    ] {
        let said = kordon(at.path(), &args);
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.err.to_lowercase().contains(&words.to_lowercase()), "{words:?} is not in {}", said.err);
    }
}

#[test]
fn an_area_has_a_least_and_a_greatest_distance() {
    let at = folder();
    let square = r#"{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {},
        "geometry": {"type": "Polygon", "coordinates": [[[28.7, 45.4], [29, 45.4], [29, 45.6], [28.7, 45.6], [28.7, 45.4]]]}}]}"#;
    std::fs::write(at.path().join("area.geojson"), square).unwrap();
    let args = ["distance", "--within", "area.geojson", "--to", "ROU,MDA"];
    let said = kordon(at.path(), &[&args[..], &["--json"]].concat());
    assert_eq!(said.code, 0, "{said:?}");
    let answer = said.json();
    let romania = &answer["to"][0];
    assert_eq!((&romania["to"], &romania["side"]), (&"ROU".into(), &"outside".into()));
    // The place of the area that is nearest, and a corner that is farthest, asked by themselves.
    let (low, high) = (&romania["distance_low_m"], &romania["distance_high_m"]);
    for corner in [("28.7", "45.4"), ("29", "45.4"), ("29", "45.6"), ("28.7", "45.6")] {
        let there = ask(corner.0, corner.1, &["ROU"]);
        assert!(low.as_f64() <= there["to"][0]["distance_low_m"].as_f64(), "{answer} and {there}");
        assert!(high.as_f64() >= there["to"][0]["distance_high_m"].as_f64(), "{answer} and {there}");
    }
    let words = kordon(at.path(), &args).out;
    assert!(words.contains("To ROU: ") && words.contains("osm-maritime-10m"), "{words}");
    std::fs::write(at.path().join("line.geojson"), r#"{"type": "LineString", "coordinates": []}"#).unwrap();
    let refused = kordon(at.path(), &["distance", "--within", "line.geojson", "--to", "ROU"]);
    assert!(refused.code == 2 && refused.err.contains("LineString has no area"), "{refused:?}");
    assert_eq!(kordon(at.path(), &args[..3]).code, 2);
}

#[test]
fn a_batch_keeps_its_order_and_equals_single_answers() {
    let at = folder();
    let mut random = Random(7);
    let mut points = String::from("id,lon,lat,to\n");
    let mut places = Vec::new();
    for i in 0..5_000 {
        let (lon, lat) = if i % 2 == 0 {
            (26.0 + 8.0 * random.unit(), 44.0 + 5.0 * random.unit())
        } else {
            (360.0 * random.unit() - 180.0, 180.0 * random.unit() - 90.0)
        };
        let own = if i % 10 == 9 { "MDA" } else { "" };
        writeln!(points, "p{i},{lon:.6},{lat:.6},{own}").unwrap();
        places.push((format!("{lon:.6}"), format!("{lat:.6}"), own));
    }
    std::fs::write(at.path().join("points.csv"), &points).unwrap();
    let said = kordon(at.path(), &["distance", "--input", "points.csv", "--to", "ROU", "-o", "out.ndjson"]);
    assert_eq!(said.code, 0, "{said:?}");
    let out = std::fs::read_to_string(at.path().join("out.ndjson")).unwrap();
    let rows: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 5_000);
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(row["id"], format!("p{i}"));
        assert_eq!(row["to"], if i % 10 == 9 { "MDA" } else { "ROU" });
    }
    for i in (0..5_000).step_by(499) {
        let (lon, lat, own) = &places[i];
        let single = ask(lon, lat, &[if own.is_empty() { "ROU" } else { own }]);
        about(&rows[i]["distance_m"], single["to"][0]["distance_m"].as_f64().unwrap(), 1e-3);
        about(
            &rows[i]["foreign_distance_m"],
            single["nearest_foreign"]["distance_m"].as_f64().unwrap(),
            1e-3,
        );
        assert_eq!(rows[i]["territory"], codes(&single["territory"]).join(";"));
    }
    let first: serde_json::Map<String, Value> = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    assert_eq!(first.len(), 12);
    assert!(out.starts_with(r#"{"id":"p0","territory":"#));
}

#[test]
fn a_batch_answers_every_row_and_names_the_bad_ones() {
    let at = folder();
    std::fs::write(at.path().join("p.csv"), "id,longitude,latitude\na,28.8372,45.3512\nb,999,1\nc,x,2\n")
        .unwrap();
    let said = kordon(at.path(), &["distance", "--input", "p.csv", "--to", "ROU", "-o", "out.csv"]);
    assert_eq!(said.code, 1, "{said:?}");
    for words in [
        "p.csv:3:2: lon: 999 is not between -180 and 180",
        "p.csv:4:2: lon: is not a number of degrees (write decimal degrees, such as 28.8372)",
        "answered 1, refused 2",
    ] {
        assert!(said.err.contains(words), "{words:?} is not in {}", said.err);
    }
    let out = std::fs::read_to_string(at.path().join("out.csv")).unwrap();
    let ids: Vec<&str> = out.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(ids, ["id", "a", "b", "c"]);
}

#[test]
fn a_batch_may_be_ndjson_or_geojson() {
    let at = folder();
    let feature = r#"{"type":"Feature","id":"i","geometry":{"type":"Point","coordinates":[28.8372,45.3512]},"properties":{}}"#;
    for (name, text) in [
        ("a.ndjson", "{\"id\":\"i\",\"lon\":28.8372,\"lat\":45.3512}\n\n".to_owned()),
        ("b.ndjson", format!("{feature}\n")),
        ("c.geojson", format!("{{\"type\":\"FeatureCollection\",\n\"features\":[{feature}]}}")),
        ("d.geojsonseq", format!("\u{1e}{feature}\n")),
        ("e.tsv", "id\tlongitude\tlatitude\r\n\r\ni\t28.8372\t45.3512\r\n".to_owned()),
        ("f.csv", "\u{feff}lat;lon;id\n\"45.3512\";28.8372;i".to_owned()),
    ] {
        std::fs::write(at.path().join(name), text).unwrap();
        let said = kordon(at.path(), &["distance", "--input", name, "--to", "ROU"]);
        assert_eq!(said.code, 0, "{name}: {said:?}");
        let row: Value = serde_json::from_str(said.out.trim()).unwrap();
        assert_eq!(row["id"], "i", "{name}");
        about(&row["distance_m"], 2221.0, 1.0);
    }
}

/// The fixture was written by GeoPandas 1.2 from four rows: Izmail (`to` ROU), one without a geometry, Przewodów (`to` NATO), and one
/// without an id whose `to` nobody bears.
#[test]
fn a_batch_may_be_geoparquet() {
    let at = folder();
    let file = repository("tests/fixtures/places.parquet").display().to_string();
    let said = kordon(at.path(), &["distance", "--input", &file]);
    assert_eq!(said.code, 1, "{said:?}");
    for told in ["places.parquet:2:1: geometry: is missing", "places.parquet:4:1: to: no territory", "XKX?"] {
        assert!(said.err.contains(told), "{told}: {}", said.err);
    }
    let rows: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&Value> = rows.iter().map(|row| &row["id"]).collect();
    assert_eq!(ids, [&"izmail".into(), &"sea".into(), &"przewodow".into(), &Value::Null]);
    assert_eq!(rows[0]["distance_m"], ask("28.8372", "45.3512", &["ROU"])["to"][0]["distance_m"]);
    assert_eq!((&rows[2]["territory"], &rows[2]["distance_m"]), (&"POL".into(), &0.0.into()));
    assert!(rows[1]["territory"].is_null() && rows[3]["territory"].is_null());
}

#[test]
fn a_batch_gives_a_row_for_each_target_and_suggests_a_name_for_an_unknown_one() {
    let at = folder();
    let rows = "lon,lat,to\n28.8372,45.3512,\n28.8372,45.3512, moldova \n28.8372,45.3512,ROM\n";
    std::fs::write(at.path().join("p.csv"), rows).unwrap();
    let said = kordon(at.path(), &["distance", "--input", "p.csv", "--to", "ROU,NATO", "-o", "out.csv"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains("p.csv:4:3: to: ") && said.err.contains("did you mean COM, DOM, ROU?"),
        "{}",
        said.err
    );
    let out = std::fs::read_to_string(at.path().join("out.csv")).unwrap();
    let begins: Vec<String> =
        out.lines().map(|line| line.split(',').take(3).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(begins, ["id,territory,to", "0,UKR,ROU", "0,UKR,NATO", "1,UKR,MDA", "2,,"]);
}

#[test]
fn a_batch_does_not_write_over_the_file_that_it_reads_whatever_that_is_called() {
    let at = folder();
    let rows = "lon,lat\n28.8372,45.3512\n";
    std::fs::write(at.path().join("p.csv"), rows).unwrap();
    std::os::unix::fs::symlink("p.csv", at.path().join("link.csv")).unwrap();
    for output in ["p.csv", "./p.csv", "link.csv"] {
        let said = kordon(at.path(), &["distance", "--input", "p.csv", "-o", output]);
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.err.contains("p.csv") && said.err.contains("another name"), "{said:?}");
        assert_eq!(std::fs::read_to_string(at.path().join("p.csv")).unwrap(), rows);
    }
}

#[test]
fn a_batch_that_cannot_be_read_to_its_end_leaves_the_old_output_as_it_was() {
    let at = folder();
    std::fs::write(at.path().join("p.csv"), b"id,lon,lat\na,1,2\nb\xe4,1,2\n").unwrap();
    std::fs::write(at.path().join("out.ndjson"), "old").unwrap();
    let said = kordon(at.path(), &["distance", "--input", "p.csv", "-o", "out.ndjson"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("p.csv:3:2: the byte 0xe4 is not UTF-8"), "{}", said.err);
    assert_eq!(std::fs::read_to_string(at.path().join("out.ndjson")).unwrap(), "old");
    assert_eq!(std::fs::read_dir(at.path()).unwrap().count(), 2, "a temporary file is left");
}

#[test]
fn an_interrupted_batch_leaves_the_old_output_as_it_was() {
    let at = folder();
    std::fs::write(at.path().join("out.ndjson"), "old").unwrap();
    let mut batch = Command::new(binary())
        .args(["distance", "--input", "-", "-o", "out.ndjson"])
        .current_dir(at.path())
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // More than the first look at the input takes, and no end.
    let mut rows = String::from("lon,lat\n");
    rows.extend(std::iter::repeat_n("28.8372,45.3512\n", 10_000));
    // Held open: waiting for the batch would close it, and so end the input.
    let mut input = batch.stdin.take().unwrap();
    input.write_all(rows.as_bytes()).unwrap();
    // The temporary file is there once the batch is at work.
    while std::fs::read_dir(at.path()).unwrap().count() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(10));
        assert!(batch.try_wait().unwrap().is_none(), "it ended by itself");
    }
    let killed = Command::new("kill").args(["-INT", &batch.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(batch.wait().unwrap().code(), Some(130));
    drop(input);
    assert_eq!(std::fs::read_to_string(at.path().join("out.ndjson")).unwrap(), "old");
    assert_eq!(std::fs::read_dir(at.path()).unwrap().count(), 1, "a temporary file is left");
}

#[test]
fn a_batch_reads_from_a_pipe_and_ends_quietly_when_its_reader_has_had_enough() {
    let at = folder();
    let mut rows = String::from("lon,lat\n");
    rows.extend(std::iter::repeat_n("28.8372,45.3512\n", 20_000));
    std::fs::write(at.path().join("p.csv"), &rows).unwrap();
    let pipe = "set -o pipefail; cat p.csv | \"$0\" distance --input - | head -n 1";
    let said = Command::new("bash").args(["-c", pipe, &binary()]).current_dir(at.path()).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    let first: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!((first["id"].as_u64(), first["territory"].as_str()), (Some(0), Some("UKR")));
    assert!(said.stderr.is_empty(), "{}", String::from_utf8_lossy(&said.stderr));
}
