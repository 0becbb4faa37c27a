//! `kill -9`: the process ends at any moment, the machine goes on.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::book::{Book, features};
use super::recording::{Watch, serve_watched};
use super::writers::{Writer, crowd, import_at_once};
use super::{Tally, is_long, runs, say, seed};
use crate::harness::{Random, Server, binary, folder, kordon};

/// After how many kills a new store is begun.
const LIFE: usize = 12;

fn serve(at: &Path) -> Server {
    Server::start(at, &["serve", "--store", "store"])
}

fn served(server: &Server) -> Vec<serde_json::Value> {
    features(&server.get("/collections/incidents/items?f=geojsonseq").text())
}

/// Serves, looks whether all is there that should be, lets the crowd work for a while, and kills.
fn one_life(at: &Path, name: &str, book: &Mutex<Book>, work: Duration, tally: &mut Tally) -> Duration {
    let begin = Instant::now();
    let server = serve(at);
    let ready = begin.elapsed();
    tally.judge(name, &book.lock().unwrap().check(&served(&server)));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| crowd(&server, book, name, 8, &over));
        std::thread::sleep(work);
        server.kill();
        over.store(true, Ordering::Relaxed);
    });
    tally.panics += usize::from(server.words().contains("panicked"));
    tally.runs += 1;
    ready
}

fn verify(at: &Path, name: &str, tally: &mut Tally) {
    let said = kordon(at, &["verify", "--store", "store"]);
    if said.code != 0 {
        tally.unopenable += 1;
        tally.example(format!("{name}: {said:?}"));
    }
}

fn end_of_store(at: &Path, name: &str, book: &Mutex<Book>, tally: &mut Tally) {
    let exported = kordon(at, &["export", "--format", "geojsonseq", "--store", "store"]);
    tally.judge(name, &book.lock().unwrap().check(&features(&exported.out)));
    tally.acknowledged += book.lock().unwrap().acknowledged();
}

#[test]
fn killed_under_eight_writers_and_an_import_it_keeps_what_it_acknowledged() {
    let mut tally = Tally::of("kill -9 under 8 writers and an import");
    let mut random = Random(seed());
    let mut ready = Vec::new();
    let lives = runs(60, 1000);
    for first in (0..lives).step_by(LIFE) {
        let (at, book) = (folder(), Mutex::default());
        for life in first..lives.min(first + LIFE) {
            let name = format!("life{life}");
            let work = Duration::from_secs_f64(0.01 + 0.2 * random.unit());
            ready.push(one_life(at.path(), &name, &book, work, &mut tally));
            verify(at.path(), &name, &mut tally);
        }
        end_of_store(at.path(), &format!("store of life {first}"), &book, &mut tally);
    }
    ready.sort();
    say(&format!("ready again after {:?} (median), {:?} (longest)", ready[lives / 2], ready[lives - 1]));
    tally.end();
}

/// The start reads every record; that is looked at where there is time for it.
#[test]
fn killed_with_a_hundred_thousand_incidents_it_is_soon_there_again() {
    let (records, lives) = if is_long() { (100_000, 20) } else { (2_000, 2) };
    let mut tally = Tally::of(&format!("kill -9 with {records} incidents"));
    let at = folder();
    let book = Mutex::new(import_at_once(at.path(), "store", records));
    let mut ready: Vec<Duration> = (0..lives)
        .map(|life| {
            one_life(at.path(), &format!("life{life}"), &book, Duration::from_millis(200), &mut tally)
        })
        .collect();
    verify(at.path(), "at the end", &mut tally);
    end_of_store(at.path(), "at the end", &book, &mut tally);
    ready.sort();
    say(&format!(
        "ready with {records} incidents after {:?} (median), {:?} (longest)",
        ready[lives / 2],
        ready[lives - 1]
    ));
    tally.end();
}

#[test]
fn control_a_server_whose_writes_come_to_nothing_is_found_out_by_a_kill() {
    let (at, book) = (folder(), Mutex::new(Book::default()));
    assert_eq!(serve_watched(at.path(), &Watch::default()).unwrap().end(), 0);
    let server = serve_watched(at.path(), &Watch { lie: Some("write"), ..Watch::default() }).unwrap();
    let mut writer = Writer::new(&server, &book, "w".to_owned());
    assert_eq!(writer.make().unwrap().status, 500, "the answer is read back from the disk, and is not there");
    assert_eq!(
        writer.import(3).unwrap().status,
        200,
        "of an import only counts are told: it believes the disk"
    );
    server.kill();
    let verdict = book.lock().unwrap().check(&served(&serve_watched(at.path(), &Watch::default()).unwrap()));
    assert_eq!(verdict.lost.len(), 1, "{verdict:?}");
}

/// Files of one import, each a batch of its own.
const FILES: usize = 6;
const RECORDS_OF_A_FILE: usize = 10_000;
const RECORDS: usize = FILES * RECORDS_OF_A_FILE;

fn import(names: &[String], store: &str) -> Command {
    let mut command = Command::new(binary());
    command.arg("import").args(names).args(["--store", store, "--acknowledge"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// `kordon import` says on stderr, with `--acknowledge`, how many records are durable after each file. After the kill all
/// of those are there, each file is there as a whole or not at all, and the same import again completes the rest.
#[test]
fn kill_9_during_an_import_loses_no_acknowledged_record() {
    let at = folder();
    let mut random = Random(seed() + 10);
    let names: Vec<String> = (0..FILES).map(|file| format!("{file}.ndjson")).collect();
    for (file, name) in names.iter().enumerate() {
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
    let begin = Instant::now();
    let whole = import(&names, "whole").current_dir(at.path()).output().unwrap();
    assert!(whole.status.success(), "{whole:?}");
    let whole = begin.elapsed();
    for crash in 0..runs(3, 60) {
        let store = format!("store-{crash}");
        let mut child = import(&names, &store).current_dir(at.path()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let heard = std::thread::spawn(move || {
            let lines = stderr.lines().map_while(Result::ok);
            lines.filter_map(|line| line.strip_prefix("durable ")?.parse::<usize>().ok()).last().unwrap_or(0)
        });
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * (0.3 + 0.7 * random.unit())));
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = heard.join().unwrap();
        if !at.path().join(&store).join("ledger").exists() {
            assert_eq!(acknowledged, 0);
            continue;
        }
        let said = kordon(at.path(), &["verify", "--store", &store]);
        assert_eq!(said.code, 0, "after crash {crash}: {said:?}");
        let count = kordon(at.path(), &["find", "--count", "--store", &store]);
        assert_eq!(count.code, 0, "{count:?}");
        let there: usize = count.out.trim().parse().unwrap();
        assert!(there >= acknowledged, "{there} of {acknowledged} acknowledged records are there");
        assert!(there.is_multiple_of(RECORDS_OF_A_FILE), "a file is there in part: {there}");
        let again = import(&names, &store).current_dir(at.path()).output().unwrap();
        let words = String::from_utf8_lossy(&again.stderr).into_owned();
        let rest = format!("accepted {}, updated 0, unchanged {there}, refused 0", RECORDS - there);
        assert!(words.contains(&rest), "{words}");
        std::fs::remove_dir_all(at.path().join(&store)).unwrap();
    }
}
