//! Killed at any moment, nothing acknowledged is lost.
//!
//! `kordon import` says on stderr, with `--acknowledge`, how many records are durable after each file. It is killed
//! (SIGKILL, no handler) at a moment drawn by chance; then every record that was acknowledged is there, each file is
//! there as a whole or not at all, the store verifies, and the same import again completes the rest.
//! `KORDON_CRASHES=200` makes the run long.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{KORDON, Random, folder, kordon};

/// Files of one import, each a batch of its own.
const FILES: u64 = 6;
const RECORDS_OF_A_FILE: u64 = 10_000;
const RECORDS: u64 = FILES * RECORDS_OF_A_FILE;

#[test]
fn kill_9_during_an_import_loses_no_acknowledged_record() {
    let crashes: u64 = std::env::var("KORDON_CRASHES").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let at = folder();
    let mut random = Random(11);
    let names: Vec<String> = (0..FILES).map(|file| format!("{file}.ndjson")).collect();
    for (file, name) in (0..FILES).zip(&names) {
        let mut text = String::new();
        for i in file * RECORDS_OF_A_FILE..(file + 1) * RECORDS_OF_A_FILE {
            let (lon, lat) = (22.0 + 10.0 * random.unit(), 44.0 + 8.0 * random.unit());
            writeln!(
                text,
                r#"{{"type":"Feature","id":"{i}","geometry":{{"type":"Point","coordinates":[{lon:.5},{lat:.5}]}},"properties":{{"title":"r{i}","date_start":"2024-01-01"}}}}"#
            )
            .unwrap();
        }
        std::fs::write(at.path().join(name), text).unwrap();
    }
    let import = |store: &str| -> Vec<String> {
        let flags = ["--store", store, "--acknowledge"].map(str::to_owned);
        ["import".to_owned()].into_iter().chain(names.clone()).chain(flags).collect()
    };
    let whole = {
        let begin = Instant::now();
        let said = kordon(at.path(), &import("whole").iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(said.code, 0, "{said:?}");
        begin.elapsed()
    };
    for crash in 0..crashes {
        let store = format!("store-{crash}");
        let mut child = Command::new(KORDON)
            .args(import(&store))
            .current_dir(at.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let heard = std::thread::spawn(move || {
            let mut last = 0_u64;
            for line in stderr.lines().map_while(Result::ok) {
                if let Some(n) = line.strip_prefix("durable ") {
                    last = n.parse().unwrap();
                }
            }
            last
        });
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * (0.3 + 0.7 * random.unit())));
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = heard.join().unwrap();
        if !at.path().join(&store).exists() {
            assert_eq!(acknowledged, 0);
            continue;
        }
        let said = kordon(at.path(), &["verify", "--store", &store]);
        assert_eq!(said.code, 0, "after crash {crash}: {said:?}");
        let count = kordon(at.path(), &["find", "--count", "--store", &store]);
        assert_eq!(count.code, 0, "{count:?}");
        let there: u64 = count.out.trim().parse().unwrap();
        assert!(there >= acknowledged, "{there} of {acknowledged} acknowledged records are there");
        assert!(there.is_multiple_of(RECORDS_OF_A_FILE), "a file is there in part: {there}");
        let again = kordon(at.path(), &import(&store).iter().map(String::as_str).collect::<Vec<_>>());
        assert!(
            again
                .err
                .contains(&format!("accepted {}, updated 0, unchanged {there}, refused 0", RECORDS - there)),
            "{again:?}"
        );
        std::fs::remove_dir_all(at.path().join(&store)).unwrap();
    }
}
