//! Border sets of one's own, from a GeoJSON file to an answer.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::{folder, kordon, repository};

/// Fiji's Taveuni across the antimeridian; an enclave; two claims that overlap. In pcodes, as admin units have them.
const UNITS: &str = r#"{"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {"code": "TAVEUNI"}, "geometry": {"type": "Polygon", "coordinates":
        [[[179.9, -17], [-179.9, -17], [-179.9, -16.7], [179.9, -16.7], [179.9, -17]]]}},
    {"type": "Feature", "properties": {"code": "AROUND"}, "geometry": {"type": "Polygon", "coordinates":
        [[[27, -31], [30, -31], [30, -28], [27, -28], [27, -31]], [[28, -30], [29, -30], [29, -29], [28, -29], [28, -30]]]}},
    {"type": "Feature", "properties": {"code": "ENCLAVE"}, "geometry": {"type": "Polygon", "coordinates":
        [[[28, -30], [29, -30], [29, -29], [28, -29], [28, -30]]]}},
    {"type": "Feature", "properties": {"code": "EAST"}, "geometry": {"type": "Polygon", "coordinates":
        [[[33, 44], [36, 44], [36, 46], [33, 46], [33, 44]]]}},
    {"type": "Feature", "properties": {"code": "WEST"}, "geometry": {"type": "Polygon", "coordinates":
        [[[31, 44], [34, 44], [34, 46], [31, 46], [31, 44]]]}}]}"#;

const ADD: [&str; 8] =
    ["borders", "add", "units.geojson", "--name", "units", "--licence", "own", "--accuracy-m=25"];

#[test]
fn a_set_of_ones_own_is_added_listed_checked_and_answers() {
    let at = folder();
    std::fs::write(at.path().join("units.geojson"), UNITS).unwrap();
    let added =
        kordon(at.path(), &[&ADD[..], &["--valid-from=2014-03-01", "--valid-to=2015-01-01"]].concat());
    assert_eq!(added.code, 0, "{added:?}");
    assert!(at.path().join("kordon-data/borders/units.kbs").is_file());
    let listed = kordon(at.path(), &["borders", "list"]).out;
    for word in ["osm-maritime-10m (built in)", "units", "25 m", "2014-03-01/2015-01-01", "own"] {
        assert!(listed.contains(word), "{word}: {listed}");
    }
    let info = kordon(at.path(), &["borders", "info", "units"]).json();
    assert_eq!(
        (&info["territories"], &info["accuracy_m"], &info["valid_from"]),
        (&5.into(), &25.0.into(), &"2014-03-01".into())
    );
    assert_eq!(kordon(at.path(), &["borders", "check", "units"]).code, 0);
    let ask = |lon: &str, lat: &str| {
        kordon(at.path(), &["distance", "--borders", "units", "--json", lon, lat]).json()
    };
    assert_eq!(ask("180", "-16.8")["territory"], serde_json::json!(["TAVEUNI"]));
    assert_eq!(ask("-179.95", "-16.8")["territory"], serde_json::json!(["TAVEUNI"]));
    assert_eq!(ask("28.5", "-29.5")["territory"], serde_json::json!(["ENCLAVE"]));
    assert_eq!(ask("28.5", "-29.5")["nearest_foreign"]["country"], "AROUND");
    assert_eq!(ask("33.5", "45")["territory"], serde_json::json!(["EAST", "WEST"]));
    assert_eq!(ask("33.5", "45")["boundary"]["set"], "units");
    // A ready file is a set too, by its path or installed elsewhere.
    let file = "kordon-data/borders/units.kbs";
    assert_eq!(kordon(at.path(), &["distance", "--borders", file, "0", "0"]).code, 0);
    assert_eq!(kordon(at.path(), &["borders", "add", file, "--store", "other"]).code, 0);
    assert_eq!(kordon(at.path(), &["borders", "check", "units", "--store", "other"]).code, 0);
}

#[test]
fn a_name_is_taken_once_and_the_built_in_names_never() {
    let at = folder();
    std::fs::write(at.path().join("units.geojson"), UNITS).unwrap();
    let add = |more: &[&str]| kordon(at.path(), &[&ADD[..], more].concat());
    assert_eq!(add(&[]).code, 0);
    let again = add(&[]);
    assert!(again.code == 2 && again.err.contains("--replace"), "{again:?}");
    assert_eq!(add(&["--replace"]).code, 0);
    let mut built_in = ADD;
    built_in[4] = "osm-maritime-10m";
    let taken = kordon(at.path(), &built_in);
    assert!(taken.code == 2 && taken.err.contains("built in"), "{taken:?}");
}

#[test]
fn a_file_that_is_no_set_is_refused_with_place_and_remedy() {
    let at = folder();
    let refused = |geometry: &str, words: &[&str]| {
        let file = format!(
            r#"{{"type": "FeatureCollection", "features": [{{"type": "Feature", "properties": {{"code": "UKR"}}, "geometry": {geometry}}}]}}"#
        );
        std::fs::write(at.path().join("units.geojson"), file).unwrap();
        let said = kordon(at.path(), &ADD);
        assert_eq!(said.code, 2, "{said:?}");
        for word in words {
            assert!(said.err.contains(word), "{word}: {}", said.err);
        }
        assert!(!at.path().join("kordon-data/borders/units.kbs").exists());
    };
    refused(
        r#"{"type": "Polygon", "coordinates": [[[30, 50], [31, 50], [31, 51]]]}"#,
        &["units.geojson", "feature 0 (UKR), polygon 0, ring 0", "not closed"],
    );
    refused(
        r#"{"type": "LineString", "coordinates": [[30, 50], [31, 50]]}"#,
        &["feature 0 (UKR)", "LineString", "Polygon"],
    );
    // Around Kyiv, latitude first: a place in Iran.
    refused(
        r#"{"type": "Polygon", "coordinates": [[[50, 30], [50, 31], [51, 31], [51, 30], [50, 30]]]}"#,
        &["exchanged", "UKR", "longitude comes first"],
    );
    refused("null", &["no territory"]);
    let said = kordon(at.path(), &["borders", "add", "units.geojson", "--name", "units"]);
    assert!(said.code == 2 && said.err.contains("--accuracy-m"), "{said:?}");
    let said = kordon(at.path(), &["distance", "0", "0", "--borders", "units"]);
    assert!(said.code == 2 && said.err.contains("osm-maritime-10m, natural-earth-10m"), "{said:?}");
}

#[test]
fn a_stranger_reads_a_set_by_the_paper_that_describes_it() {
    let at = folder();
    std::fs::write(at.path().join("units.geojson"), UNITS).unwrap();
    assert_eq!(kordon(at.path(), &ADD).code, 0);
    let read = |file: &Path, codes: &[&str]| -> Value {
        let script = repository("docs/read_borders.py");
        let said = Command::new("python3").arg(script).arg(file).args(codes).output().expect("python3");
        serde_json::from_slice(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:?}"))
    };
    let units = read(&at.path().join("kordon-data/borders/units.kbs"), &[]);
    // By the codes' order: AROUND has its hole, and the shared line is the enclave's own ring.
    let codes: Vec<&Value> = units["features"].as_array().unwrap().iter().map(|unit| &unit["id"]).collect();
    assert_eq!(codes, ["AROUND", "EAST", "ENCLAVE", "TAVEUNI", "WEST"]);
    assert_eq!(
        corners(&units["features"][0]["geometry"]["coordinates"][0][0]),
        "27 -31, 27 -28, 30 -31, 30 -28"
    );
    assert_eq!(
        corners(&units["features"][0]["geometry"]["coordinates"][0][1]),
        "28 -30, 28 -29, 29 -30, 29 -29"
    );
    assert_eq!(
        corners(&units["features"][2]["geometry"]["coordinates"][0][0]),
        "28 -30, 28 -29, 29 -30, 29 -29"
    );
    let lesotho = read(&repository("data/borders/natural-earth-10m.kbs"), &["LSO"]);
    assert_eq!(lesotho["features"].as_array().unwrap().len(), 1);
    let ring = lesotho["features"][0]["geometry"]["coordinates"][0][0].as_array().unwrap();
    assert!(ring.len() > 100 && ring.first() == ring.last());
    let lowest = ring.iter().map(|position| position[1].as_f64().unwrap()).fold(f64::INFINITY, f64::min);
    assert!((-30.7..-30.6).contains(&lowest), "{lowest}");
}

/// The corners of a ring of whole degrees, sorted, each once.
fn corners(ring: &Value) -> String {
    let corner = |at: &Value| [&at[0], &at[1]].map(|degrees| degrees.as_f64().unwrap() as i64);
    let mut corners: Vec<[i64; 2]> = ring.as_array().unwrap().iter().map(corner).collect();
    corners.sort_unstable();
    corners.dedup();
    corners.iter().map(|[lon, lat]| format!("{lon} {lat}")).collect::<Vec<_>>().join(", ")
}
