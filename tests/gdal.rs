//! A stranger's client reads the ledger and the API: GDAL, as QGIS and GeoPandas use it.
//!
//! `make test` installs `ogrinfo`; without it these tests fail rather than pass unseen.

use std::process::Command;

use crate::harness::{Server, folder, kordon, repository};
use crate::ledger::{MANY, import_many};

fn ogrinfo(args: &[&str]) -> String {
    let said =
        Command::new("ogrinfo").args(args).output().expect("ogrinfo, which `make test` installs (gdal-bin)");
    let text = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{text}");
    text
}

#[track_caller]
fn feature_count(text: &str) -> u64 {
    let line = text.lines().find(|l| l.starts_with("Feature Count:")).unwrap_or_else(|| panic!("{text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn samples() -> u64 {
    let text = std::fs::read_to_string(repository("data/samples/incidents.geojson")).unwrap();
    let samples: serde_json::Value = serde_json::from_str(&text).unwrap();
    samples["features"].as_array().unwrap().len() as u64
}

#[test]
fn gdal_reads_the_ledger_without_us() {
    let at = folder();
    kordon(at.path(), &["import", repository("data/samples/incidents.geojson").to_str().unwrap()]);
    let ledger =
        std::fs::read_dir(at.path().join("kordon-data/ledger")).unwrap().next().unwrap().unwrap().path();
    let text = ogrinfo(&["-so", "-al", &format!("GeoJSONSeq:{}", ledger.display())]);
    assert_eq!(feature_count(&text), samples());
}

#[test]
fn gdal_reads_a_packed_segment_without_us() {
    let at = folder();
    let packed = import_many(at.path());
    let text = ogrinfo(&["-so", "-al", &format!("GeoJSONSeq:/vsigzip/{}", packed.display())]);
    assert_eq!(feature_count(&text), MANY as u64);
}

#[test]
fn gdal_reads_the_api_and_filters_by_box() {
    let at = folder();
    let server = Server::start(at.path(), &["demo"]);
    let source = format!("OAPIF:{}", server.url(""));
    let all = ogrinfo(&["-so", &source, "incidents"]);
    assert_eq!(feature_count(&all), samples());
    let boxed = ogrinfo(&["-so", &source, "incidents", "-spat", "28.7", "45.2", "29.0", "45.5"]);
    let by_hand = server.get("/collections/incidents/items?bbox=28.7,45.2,29.0,45.5&limit=1").json();
    assert_eq!(feature_count(&boxed), by_hand["numberMatched"].as_u64().unwrap());
}
