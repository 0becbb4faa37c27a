//! A long batch is packed while the store answers: the power is cut, calls fail, bits are flipped in what came of it.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::book::Book;
use super::disk::{Disk, Survives, Tree, tree, write_out};
use super::faults::{open_what_is_left_of, reads_go_on};
use super::power::{Bench, recorded};
use super::recording::{Event, Watch, read, serve_watched};
use super::writers::{LONG, Writer, import_at_once};
use super::{Tally, is_long, runs, say, seed};
use crate::harness::{Random, Server, folder, kordon};

const PLAIN: &str = "store/ledger/000001.geojsons";
const PACKED: &str = "store/ledger/000001.geojsons.gz";

/// A store with one long batch, packed, and the same as it was before: by gzip, which knows nothing of us.
struct Sample {
    packed: Tree,
    plain: Tree,
    book: Book,
}

fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let at = folder();
        std::fs::create_dir(at.path().join("disk")).unwrap();
        let book = import_at_once(at.path(), "disk/store", LONG);
        let disk = at.path().join("disk");
        let packed = tree(&disk);
        assert!(packed.contains_key(PACKED) && !packed.contains_key(PLAIN), "{:?}", packed.keys());
        assert!(Command::new("gzip").arg("-d").arg(disk.join(PACKED)).status().unwrap().success());
        let plain = tree(&disk);
        assert!(plain.contains_key(PLAIN) && !plain.contains_key(PACKED), "{:?}", plain.keys());
        Sample { packed, plain, book }
    })
}

fn laid_out(files: &Tree) -> tempfile::TempDir {
    let at = folder();
    write_out(files, &at.path().join("disk"));
    at
}

/// Waits until the server has packed its segment, or has given up.
fn packed_by(server: &Server, at: &Path) {
    let (disk, begun) = (at.join("disk"), Instant::now());
    while disk.join(PLAIN).exists() && begun.elapsed() < Duration::from_secs(20) {
        assert_eq!(server.get("/health").status, 200);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether it is said, soon, that something is not packed.
fn is_told(server: &Server) -> bool {
    let begun = Instant::now();
    while !server.words().contains("it cannot be packed") {
        if begun.elapsed() > Duration::from_secs(20) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    true
}

/// The first and the last event of packing, by number.
fn of_packing(events: &[Event]) -> (usize, usize) {
    let is_its = |event: &Event| match event {
        Event::Open { path, .. } | Event::Remove { path } => {
            path.contains(".geojsons.gz") || path.ends_with(PLAIN)
        }
        Event::Rename { to, .. } => to.ends_with(PACKED),
        _ => false,
    };
    let is_first = |event: &Event| matches!(event, Event::Open { path, .. } if path.ends_with(".gz.new"));
    let first = events.iter().position(is_first).expect("it is packed");
    (first, events.iter().rposition(is_its).expect("it is packed"))
}

#[test]
fn the_power_is_cut_at_each_moment_while_a_segment_is_packed() {
    let mut tally = Tally::of("power cut while a segment is packed");
    let (Sample { plain, book, .. }, random) = (sample(), &mut Random(seed() + 5));
    let at = laid_out(plain);
    let before = Disk::of(&at.path().join("disk"));
    let server = serve_watched(at.path(), &Watch::default()).unwrap();
    packed_by(&server, at.path());
    server.end();
    let events = recorded(at.path(), &before);
    let (first, last) = of_packing(&events);
    let (mut disk, mut bench, mut forms) = (before, Bench::default(), [0; 2]);
    for (number, event) in events.iter().enumerate() {
        disk.play(event);
        if !(first..=last + 1).contains(&number) {
            continue;
        }
        let ways =
            [Survives::Nothing, Survives::All, Survives::Some(random.unit()), Survives::Some(random.unit())];
        for survives in &ways[..runs(if number % 2 == 0 { 1 } else { 2 }, 4)] {
            let left = disk.after_cut(*survives, random);
            forms[usize::from(left.contains_key(PACKED))] += 1;
            bench.judge(&format!("event {number}, {survives:?}"), &left, book, &mut tally);
        }
    }
    assert!(forms.iter().all(|times| *times > 0), "{forms:?}");
    tally.end();
}

#[test]
fn a_call_that_fails_while_a_segment_is_packed_stops_nothing_and_loses_nothing() {
    let mut tally = Tally::of("one call of packing fails");
    let Sample { plain, book, .. } = sample();
    let clean = laid_out(plain);
    let server = serve_watched(clean.path(), &Watch::default()).unwrap();
    packed_by(&server, clean.path());
    server.kill();
    let events = read(&clean.path().join("log"));
    let (first, last) = of_packing(&events);
    let counts = |event: &&Event| event.is_file_operation() && !matches!(event, Event::SyncEnds { .. });
    let call_of = |number: usize| events[..=number].iter().filter(counts).count();
    let (mut met, mut tried) = (0, 0);
    for call in call_of(first)..=call_of(last) {
        let ways = ["EIO", "ENOSPC", "short"];
        for (number, way) in ways.iter().enumerate() {
            if !is_long() && (call + seed() as usize) % (2 * ways.len()) != number {
                continue;
            }
            let (at, place) = (laid_out(plain), format!("{call}:{way}"));
            let before = Disk::of(&at.path().join("disk"));
            let server =
                serve_watched(at.path(), &Watch { fault: Some(place.clone()), ..Watch::default() }).unwrap();
            let book = Mutex::new(book.clone());
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(20)
                && at.path().join("disk").join(PLAIN).exists()
                && !read(&at.path().join("log")).iter().any(|event| matches!(event, Event::Failed))
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            let status = Writer::new(&server, &book, "a".to_owned()).make().map(|reply| reply.status);
            if status.is_none_or(|status| status >= 300) {
                tally.example(format!("{place}: a write is refused: {status:?}"));
            }
            reads_go_on(&server, &book.lock().unwrap(), &place, &mut tally);
            if !at.path().join("disk").join(PACKED).exists() && !is_told(&server) {
                tally.example(format!("{place}: not packed, and nobody is told: {}", server.words()));
            }
            server.kill();
            tally.panics += usize::from(server.words().contains("panicked"));
            tally.runs += 1;
            let book = book.into_inner().unwrap();
            tally.acknowledged += book.acknowledged();
            open_what_is_left_of(before, at.path(), &place, &book, &mut tally);
            met +=
                usize::from(read(&at.path().join("log")).iter().any(|event| matches!(event, Event::Failed)));
            tried += 1;
        }
    }
    say(&format!("{met} of {tried} faults were met"));
    assert!(met * 2 >= tried, "most faults were not met: the shim looks at the wrong calls");
    tally.end();
}

#[test]
fn each_flipped_bit_of_a_packed_segment_is_named_and_at_most_its_block_is_missing() {
    let mut tally = Tally::of("one bit of a packed segment flipped");
    let (Sample { packed, book, .. }, random) = (sample(), &mut Random(seed() + 6));
    let len = packed[PACKED].as_ref().unwrap().len();
    for run in 0..runs(6, 400) {
        // Now and then in what stands behind the blocks.
        let byte = if run % 4 == 0 {
            len - 1 - (random.unit() * 200.0) as usize
        } else {
            (random.unit() * len as f64) as usize
        };
        let bit = (random.unit() * 8.0) as u32;
        let mut bad = packed.clone();
        bad.get_mut(PACKED).unwrap().as_mut().unwrap()[byte] ^= 1 << bit;
        let (at, place) = (laid_out(&bad), format!("byte {byte}, bit {bit}"));
        let said = kordon(at.path(), &["verify", "--store", "disk/store"]);
        if said.code != 1 || !said.err.contains("000001.geojsons.gz: byte ") {
            tally.example(format!("{place}: not named: {said:?}"));
        }
        let exported = kordon(at.path(), &["export", "--format", "geojsonseq", "--store", "disk/store"]);
        let verdict = book.check(&super::book::features(&exported.out));
        let there = exported.out.lines().count();
        if !verdict.wrong.is_empty() || there + 150 < LONG || exported.err.contains("panicked") {
            tally.example(format!("{place}: {there} are served, {:?}", verdict.wrong));
        }
        tally.runs += 1;
    }
    // The control: what is found is the change.
    let at = laid_out(packed);
    let said = kordon(at.path(), &["verify", "--store", "disk/store"]);
    assert_eq!(said.code, 0, "{said:?}");
    tally.end();
}
