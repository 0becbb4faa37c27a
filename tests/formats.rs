//! What is exported and served in other forms is read by strangers' programs, and they find the same.
//!
//! GDAL (`ogrinfo`, `ogr2ogr`) is installed by `make test`; without it these tests fail rather than pass unseen.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::harness::{Reply, Server, folder, kordon, repository};

const ITEMS: &str = "/collections/incidents/items";

fn run(program: &str, args: &[&str]) -> String {
    let said = Command::new(program)
        .args(args)
        .env("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR")
        .output()
        .unwrap_or_else(|error| panic!("{program}, which `make test` installs (gdal-bin): {error}"));
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success(), "{program} {args:?}: {text}{}", String::from_utf8_lossy(&said.stderr));
    text
}

/// What GDAL reads from a source, as GeoJSON features.
fn gdal(source: &str, more: &[&str]) -> Vec<Value> {
    let args = [
        &["-f", "GeoJSON", "-lco", "RFC7946=YES", "-lco", "COORDINATE_PRECISION=15", "/vsistdout/", source],
        more,
    ]
    .concat();
    let read: Value = serde_json::from_str(&run("ogr2ogr", &args)).unwrap();
    read["features"].as_array().unwrap().clone()
}

/// A store with the samples, and one record without a place.
fn samples() -> tempfile::TempDir {
    let at = folder();
    let nowhere = r#"{"type":"Feature","geometry":null,"properties":{"title":"=1+1 <b> & \"so\"","date_start":"2024-03",
        "location":"somewhere","same_as":["t:1"]}}"#;
    std::fs::write(at.path().join("nowhere.geojson"), nowhere).unwrap();
    for file in [repository("data/samples/incidents.geojson").to_str().unwrap(), "nowhere.geojson"] {
        assert_eq!(kordon(at.path(), &["import", file]).code, 0);
    }
    at
}

fn export(at: &Path, args: &[&str]) -> String {
    let said = kordon(at, &[&["export"], args].concat());
    assert_eq!(said.code, 0, "{said:?}");
    said.out
}

/// The features of an export, by id.
fn truth(at: &Path) -> BTreeMap<String, Value> {
    let all: Value = serde_json::from_str(&export(at, &[])).unwrap();
    let features = all["features"].as_array().unwrap().clone();
    features.into_iter().map(|feature| (feature["id"].as_str().unwrap().to_owned(), feature)).collect()
}

/// Compares what somebody read with what the store says: all ids, places, and some of the columns.
#[track_caller]
fn assert_same(read: &[Value], truth: &BTreeMap<String, Value>) {
    assert_eq!(read.len(), truth.len());
    for feature in read {
        let told = &feature["properties"];
        let expected = &truth[told["id"].as_str().unwrap()];
        assert_eq!(feature["geometry"], expected["geometry"], "{told}");
        let properties = &expected["properties"];
        for name in [
            "date_start",
            "event_type",
            "location",
            "country",
            "deaths_best",
            "location_radius_m",
            "verification",
        ] {
            let number = |value: &Value| value.as_f64().map_or(value.clone(), Value::from);
            assert_eq!(number(&told[name]), number(&properties[name]), "{name}: {told}");
        }
        let title = properties["title"].get("en").or(properties["title"].get("und")).unwrap_or(&Value::Null);
        assert_eq!(&told["title"], title);
        let foreign = &expected["border"]["nearest_foreign"];
        assert_eq!(told["foreign_distance_m"].as_f64(), foreign["distance_m"].as_f64(), "{told}");
        assert_eq!(told["foreign"], foreign["country"], "{told}");
    }
}

#[test]
fn gdal_reads_an_exported_flatgeobuf_with_all_its_features_and_columns() {
    let at = samples();
    export(at.path(), &["-o", "all.fgb"]);
    let file = at.path().join("all.fgb");
    assert_same(&gdal(file.to_str().unwrap(), &[]), &truth(at.path()));
    let told = run("ogrinfo", &["-so", "-al", file.to_str().unwrap()]);
    assert!(told.contains("WGS 84"), "{told}");
    let bytes = std::fs::read(&file).unwrap();
    assert!(bytes.windows(10).any(|part| part == b"\"citation\""), "it says how to cite it");
}

#[test]
fn gdal_asks_a_plain_web_server_for_a_part_of_a_flatgeobuf() {
    let at = samples();
    export(at.path(), &["-o", "all.fgb"]);
    let bytes = std::fs::read(at.path().join("all.fgb")).unwrap();
    let address = serve_ranges(bytes);
    let boxed =
        gdal(&format!("/vsicurl/http://{address}/all.fgb"), &["-spat", "28.7", "45.2", "29.0", "45.5"]);
    let ids = |features: &[Value], id: fn(&Value) -> &Value| -> Vec<String> {
        let mut ids: Vec<String> = features.iter().map(|one| id(one).as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    let expected: Value =
        serde_json::from_str(&export(at.path(), &["--bbox", "28.7,45.2,29.0,45.5"])).unwrap();
    let expected = ids(expected["features"].as_array().unwrap(), |one| &one["id"]);
    assert!(!expected.is_empty());
    assert_eq!(ids(&boxed, |one| &one["properties"]["id"]), expected);
}

#[test]
fn gdal_reads_what_is_served_in_each_form() {
    let at = samples();
    let truth = truth(at.path());
    let server = Server::start(at.path(), &["serve"]);
    let saved = |form: &str, ending: &str| {
        let reply = server.get(&format!("{ITEMS}?f={form}&limit=1000"));
        assert_eq!(reply.status, 200, "{form}");
        let file = at.path().join(format!("served.{ending}"));
        std::fs::write(&file, reply.body).unwrap();
        file.to_str().unwrap().to_owned()
    };
    assert_same(&gdal(&saved("flatgeobuf", "fgb"), &[]), &truth);
    for (form, ending) in [("kml", "kml"), ("csv", "csv"), ("geojsonseq", "geojsons")] {
        assert_eq!(gdal(&saved(form, ending), &[]).len(), truth.len(), "{form}");
    }
    // GDAL calls the entries of a feed so.
    let feed = gdal(&saved("atom", "xml"), &[]);
    assert_eq!(feed.len(), truth.len());
    let single = truth.values().find(|one| one["geometry"]["type"] == "Point").unwrap();
    let id = single["id"].as_str().unwrap();
    let entry = feed
        .iter()
        .find(|entry| entry["properties"]["id"].as_str().is_some_and(|own| own.ends_with(id)))
        .unwrap();
    assert_eq!(entry["geometry"]["coordinates"], single["geometry"]["coordinates"]);
}

#[test]
fn an_exported_geoparquet_is_read_by_the_reader_of_points() {
    let at = samples();
    export(at.path(), &["-o", "all.parquet"]);
    let said = kordon(at.path(), &["distance", "--input", "all.parquet", "--to", "ROU", "-o", "out.ndjson"]);
    let rows = std::fs::read_to_string(at.path().join("out.ndjson")).unwrap();
    let truth = truth(at.path());
    assert_eq!(rows.lines().count(), truth.len(), "{said:?}");
    for row in rows.lines().map(|row| serde_json::from_str::<Value>(row).unwrap()) {
        assert!(truth.contains_key(row["id"].as_str().unwrap()), "{row}");
    }
}

#[test]
fn the_same_snapshot_is_the_same_file_in_each_form() {
    let at = samples();
    let name = {
        let all: Value = serde_json::from_str(&export(at.path(), &[])).unwrap();
        all["snapshot"].as_str().unwrap().to_owned()
    };
    let files = ["a.geojson", "a.geojsonseq", "a.csv", "a.fgb", "a.parquet", "a.kml", "a.pmtiles"];
    let written = || {
        files.map(|file| {
            export(at.path(), &["--snapshot", &name, "-o", file]);
            std::fs::read(at.path().join(file)).unwrap()
        })
    };
    let before = written();
    std::fs::write(at.path().join("more.csv"), "id,lon,lat,date,title\n1,28.8,45.3,2023-08-02,Port\n")
        .unwrap();
    assert_eq!(kordon(at.path(), &["import", "more.csv", "--source", "more"]).code, 0);
    assert!(before == written());
    assert!(export(at.path(), &["--format", "hxl"]).lines().nth(1).unwrap().starts_with("#event+id,"));
    let beside: Value =
        serde_json::from_slice(&std::fs::read(at.path().join("a.csv-metadata.json")).unwrap()).unwrap();
    assert_eq!((&beside["url"], &beside["kordon"]["snapshot"]), (&"a.csv".into(), &name.into()));
}

#[test]
fn a_browser_without_a_script_reads_lists_and_single_incidents() {
    let at = samples();
    let server = Server::start(at.path(), &["serve"]);
    let browser = |path: &str, language: &str| -> Reply {
        let headers =
            [("Accept", "text/html,application/xml;q=0.9,*/*;q=0.8"), ("Accept-Language", language)];
        server.send("GET", path, &headers, b"")
    };
    let list = browser(&format!("{ITEMS}?limit=3"), "uk-UA,uk;q=0.9,en;q=0.5");
    assert!(
        list.head.contains("content-type: text/html") && list.head.contains("content-language: uk"),
        "{}",
        list.head
    );
    let text = list.text();
    for part in ["<html lang=\"uk\">", "<caption>", "scope=\"col\"", "rel=\"next\"", "plain.css", "Наступна"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    for never in ["<script", "<style", " style=", "onclick"] {
        assert!(!text.contains(never), "{never}");
    }
    let next =
        text.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let next = browser(&next[next.find("/collections").unwrap()..], "uk");
    assert!(next.text().contains("rel=\"first\""), "{}", next.text());
    // The page before the second is the first.
    let back = next.text();
    let back =
        back.split("rel=\"prev\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let back = browser(&back[back.find("/collections").unwrap()..], "uk").text();
    let table =
        |text: &str| text.split("<table>").nth(1).unwrap().split("</table>").next().unwrap().to_owned();
    assert_eq!(table(&back), table(&text));
    assert!(!back.contains("rel=\"prev\"") && back.contains("rel=\"next\""), "{back}");
    let nowhere = browser(&format!("{ITEMS}?q=so&lang=ro"), "uk").text();
    assert!(
        nowhere.contains("=1+1 &lt;b&gt; &amp; &quot;so&quot;") && nowhere.contains("lang=\"ro\""),
        "{nowhere}"
    );
    let id = server.get(&format!("{ITEMS}?limit=1")).json()["features"][0]["id"].as_str().unwrap().to_owned();
    let one = browser(&format!("{ITEMS}/{id}"), "en").text();
    assert!(one.contains("<h1>") && one.contains("<dl lang=\"en\">"), "{one}");
    assert!(browser("/collections/incidents", "ro").text().contains("<html lang=\"ro\">"));
    // A program that takes anything gets GeoJSON.
    assert!(server.send("GET", ITEMS, &[("Accept", "*/*")], b"").head.contains("application/geo+json"));
}

/// A web server of one file that knows ranges and nothing else, for as long as the test runs.
fn serve_ranges(bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).to_lowercase();
            let range = head.lines().find_map(|line| line.strip_prefix("range: bytes="));
            let (from, to) = range.and_then(|range| range.trim().split_once('-')).unwrap_or(("0", ""));
            let from: usize = from.parse().unwrap_or(0).min(bytes.len());
            let to = to.parse().map_or(bytes.len(), |to: usize| (to + 1).min(bytes.len()));
            let (status, part) = match range {
                Some(_) => ("206 Partial Content", &bytes[from..to.max(from)]),
                None => ("200 OK", bytes.as_slice()),
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nAccept-Ranges: bytes\r\nContent-Range: bytes {from}-{}/{}\r\n\
                 Connection: close\r\n\r\n",
                part.len(),
                to.saturating_sub(1),
                bytes.len()
            );
            let _ = stream.write_all(answer.as_bytes());
            if !head.starts_with("head") {
                let _ = stream.write_all(part);
            }
        }
    });
    address
}
