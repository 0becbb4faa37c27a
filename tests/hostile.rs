//! Hostile files at the door: an answer to each, never a 5xx, never a part stored, every fault with its place.
//!
//! The short form makes some hundred files out of sound ones; `KORDON_HOSTILE_DIR` names a folder of files to send instead
//! (`make hostile`: 12 000 of every format, which `crates/incidents` makes).

use serde_json::Value;

use crate::harness::{Random, Server, folder};

const FEATURE: &str = r#"{"type":"Feature","id":"a","geometry":{"type":"Point","coordinates":[28.84,45.33]},"properties":{"title":{"en":"Strike","uk":"Удар"},"date_start":"2023-08-02","event_type":"explosions_remote_violence"}}"#;
const TABLE: &str = "id,lon,lat,date,title,country\n7,28.84,45.335,2025-05-30,\"Drone debris, found\",UKR\n8,28.28,45.45,2023-08-02,Порт,UKR\n";
const KML: &str = "<kml><Placemark><name>x</name><TimeStamp><when>2024</when></TimeStamp><Point><coordinates>28.8,45.3</coordinates></Point></Placemark></kml>";

/// The media type of a file by its name.
fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "csv" => "text/csv",
        "ndjson" => "application/x-ndjson",
        "geojsonseq" => "application/geo+json-seq",
        "kml" => "application/vnd.google-earth.kml+xml",
        "gpx" => "application/gpx+xml",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "fgb" => "application/flatgeobuf",
        "parquet" => "application/vnd.apache.parquet",
        "gz" => "application/gzip",
        "zip" => "application/zip",
        _ => "application/geo+json",
    }
}

/// Sound files, changed here and there.
fn changed(count: usize) -> Vec<(String, Vec<u8>)> {
    let sound = [
        ("a.geojson", format!(r#"{{"type":"FeatureCollection","features":[{FEATURE},{FEATURE}]}}"#)),
        ("a.ndjson", format!("{FEATURE}\n{FEATURE}\n")),
        ("a.csv", TABLE.to_owned()),
        ("a.kml", KML.to_owned()),
    ];
    let pieces: [&[u8]; 12] = [
        b"\0",
        b"\"",
        b"{",
        b"]",
        b",",
        b"\n",
        b"\xff",
        b"1e400",
        b"\\ud800",
        b"<!DOCTYPE a>",
        b"&a;",
        b"1527-01-01",
    ];
    let mut random = Random(0x5eed);
    let mut below = |most: usize| (random.unit() * most as f64) as usize;
    let mut files = Vec::new();
    for number in 0..count {
        let (name, text) = &sound[number % sound.len()];
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=below(3) {
            let at = below(bytes.len() + 1);
            let end = (at + below(30)).min(bytes.len());
            bytes.splice(at..end, pieces[below(pieces.len())].iter().copied());
        }
        files.push(((*name).to_owned(), bytes));
    }
    files
}

fn files() -> Vec<(String, Vec<u8>)> {
    let Some(dir) = std::env::var_os("KORDON_HOSTILE_DIR") else { return changed(160) };
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap())
    };
    paths.iter().map(read).collect()
}

/// How many incidents everybody sees, and the name of that state of the store.
fn state(server: &Server) -> (u64, Value) {
    let told = server.get("/collections/incidents/items?limit=1&f=json").json();
    (told["numberMatched"].as_u64().unwrap(), told["snapshot"].clone())
}

/// Each fault names a line and a problem.
fn assert_placed(name: &str, told: &Value) {
    for fault in told["errors"].as_array().into_iter().flatten() {
        assert!(fault["line"].as_u64().is_some_and(|line| line > 0), "{name}: {fault}");
        assert!(fault["problem"].as_str().is_some_and(|problem| !problem.is_empty()), "{name}: {fault}");
    }
}

#[test]
fn hostile_files_get_an_answer_and_nothing_of_them_is_half_stored() {
    let at = folder();
    let server = Server::start(at.path(), &["serve"]);
    let (mut stored, mut refused) = (0, 0);
    let files = files();
    for (name, bytes) in &files {
        let path = format!("/imports?source=s{}", refused + stored);
        let before = state(&server);
        let reply = server.ask("POST", &path, &[("Content-Type", media_type(name))], bytes);
        let reply = reply.unwrap_or_else(|| panic!("{name}: no answer; {}", server.words()));
        let after = state(&server);
        match reply.status {
            200 => {
                let told = reply.json();
                let count = |word: &str| told[word].as_u64().unwrap();
                let all = count("imported") + count("updated") + count("unchanged") + count("rejected");
                assert_eq!(all, count("records"), "{name}: {told}");
                // Some are stored and not for everybody, or hide what was there.
                assert!(after.0 <= before.0 + count("imported"), "{name}: {told}");
                stored += 1;
            }
            400 | 413 | 415 | 422 => {
                assert_eq!(after, before, "{name}: a part of it was stored: {}", reply.text());
                let told = reply.json();
                assert_placed(name, &told);
                assert!(reply.body.len() < 600_000, "{name}: an answer of {} bytes", reply.body.len());
                refused += 1;
            }
            other => panic!("{name}: {other}: {}", reply.text()),
        }
    }
    println!("{} files: {stored} stored as a whole, {refused} refused as a whole", files.len());
    assert!(refused > files.len() / 4 && stored > 0, "{stored} stored, {refused} refused");
    assert_eq!(server.get("/health").status, 200);
}
