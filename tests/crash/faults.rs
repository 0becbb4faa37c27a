//! Calls that fail: a disk that breaks, is full, or takes no writes, at any of the first calls or for good.
//!
//! The server goes on reading, says what is wrong (507 when the disk is full), and acknowledges nothing that is not safe:
//! neither in the folder as it is, nor on the medium, where a failed fsync has lost what it was about.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use super::book::{Book, features, reopen};
use super::disk::{Disk, Survives, fingerprint, tree, write_out};
use super::recording::{Event, Listener, Target, Watch, read, serve_watched};
use super::writers::Writer;
use super::{Tally, runs, say, seed};
use crate::harness::{Random, Server, folder, kordon};

/// How a call fails. `+` is for good.
const WAYS: [&str; 5] = [":EIO", ":ENOSPC", ":EROFS", ":short", "+:EROFS"];
/// Calls that are tried in the long form.
const CALLS: usize = 300;
/// A store is made with about so many, and each of them is tried in the short form.
const MAKING: usize = 14;

/// Writes until something is refused, at most `steps` times; then tries twice more. The statuses of what was refused.
fn work(server: &Server, book: &Mutex<Book>, steps: usize) -> Vec<u16> {
    let mut writer = Writer::new(server, book, "a".to_owned());
    let mut refused = Vec::new();
    for step in 0..steps {
        let status = writer.work(step).expect("the server is still there").status;
        if status >= 300 {
            refused.push(status);
        }
        if refused.len() == 3 {
            break;
        }
    }
    refused
}

/// All that was acknowledged is served, whatever has become of writing.
pub fn reads_go_on(server: &Server, book: &Book, place: &str, tally: &mut Tally) {
    let all = server.get("/collections/incidents/items?f=geojsonseq");
    if all.status != 200 || server.get("/health").status != 200 {
        tally.example(format!("{place}: reads have stopped: {}", all.status));
    }
    tally.judge(&format!("{place}, still running"), &book.check(&features(&all.text())));
}

/// Answers that acknowledge a write after an fsync of the ledger has failed.
fn acknowledged_after_failed_fsync(events: &[Event]) -> usize {
    let (mut listener, mut names) = (Listener::default(), HashMap::new());
    let (mut at_failure, mut named_packed) = (None, false);
    for event in events {
        listener.hear(event);
        match event {
            Event::Open { inode, path, .. } => {
                names.insert(*inode, path.clone());
            }
            Event::Rename { to, .. } => named_packed = to.ends_with(".geojsons.gz"),
            Event::SyncEnds { target, failed: true } => {
                let path = match target {
                    Target::File(inode) => names.get(inode),
                    Target::Folder(path) => Some(path),
                };
                // What is packed stays as it was before, where packing it or giving it its name fails.
                let is_packing = matches!(target, Target::Folder(_)) && std::mem::take(&mut named_packed);
                let counts = |path: &&String| path.contains("/store/ledger") && !path.ends_with(".gz.new");
                if path.as_ref().is_some_and(counts) && !is_packing {
                    at_failure.get_or_insert(listener.book.acknowledged());
                }
            }
            _ => {}
        }
    }
    at_failure.map_or(0, |before| listener.book.acknowledged() - before)
}

/// Opens what is left, in the folder and on the medium, on a disk that works again.
fn open_what_is_left(at: &Path, place: &str, book: &Book, tally: &mut Tally) {
    open_what_is_left_of(Disk::empty(&at.join("disk")), at, place, book, tally);
}

/// The same of a disk on which there was something before.
pub fn open_what_is_left_of(mut disk: Disk, at: &Path, place: &str, book: &Book, tally: &mut Tally) {
    let events = read(&at.join("log"));
    events.iter().for_each(|event| disk.play(event));
    let on_the_medium = disk.after_cut(Survives::Nothing, &mut Random(seed()));
    let in_the_folder = tree(&at.join("disk"));
    let alike = fingerprint(&on_the_medium) == fingerprint(&in_the_folder);
    for (left, whose) in
        [(in_the_folder, "killed"), (on_the_medium, "cut")].into_iter().take(if alike { 1 } else { 2 })
    {
        let again = folder();
        write_out(&left, &again.path().join("disk"));
        let reopened = reopen(again.path(), "disk/store");
        let place = format!("{place}, {whose}");
        tally.opened(&place, &reopened);
        tally.judge(&place, &book.check(&reopened.found));
    }
    let late = acknowledged_after_failed_fsync(&events);
    if late > 0 {
        tally.example(format!("{place}: {late} writes acknowledged after a failed fsync"));
    }
}

/// One server whose `call`-th changing call fails. Whether the fault was met.
fn one_fault(call: usize, way: &str, tally: &mut Tally) -> bool {
    let (at, book, place) = (folder(), Mutex::default(), format!("{call}{way}"));
    let watch = Watch { fault: Some(place.clone()), ..Watch::default() };
    tally.runs += 1;
    match serve_watched(at.path(), &watch) {
        Err(said) => {
            tally.panics += usize::from(said.code != 2 || said.err.contains("panicked"));
            if said.code != 2 || !said.err.contains("store") {
                tally.example(format!("{place}: {said:?}"));
            }
        }
        Ok(server) => {
            let refused = work(&server, &book, call / 2 + 8);
            if refused.iter().any(|status| *status < 500 || (way == ":ENOSPC" && *status != 507)) {
                tally.example(format!("{place}: refused with {refused:?}"));
            }
            reads_go_on(&server, &book.lock().unwrap(), &place, tally);
            server.kill();
            if server.words().contains("panicked") {
                tally.panics += 1;
                tally.example(format!("{place}: {}", server.words()));
            }
        }
    }
    let book = book.into_inner().unwrap();
    tally.acknowledged += book.acknowledged();
    open_what_is_left(at.path(), &place, &book, tally);
    read(&at.path().join("log")).iter().any(|event| matches!(event, Event::Failed))
}

#[test]
fn each_of_the_first_calls_fails_and_nothing_acknowledged_is_lost() {
    let mut tally = Tally::of("one call fails with EIO, ENOSPC, EROFS, a short write; EROFS for good");
    let mut met = 0;
    // The short form takes turns among the ways; later calls are of a few kinds that come again and again.
    for call in 1..=runs(MAKING + 6, CALLS) {
        for (number, way) in WAYS.iter().enumerate() {
            if runs(usize::from((call + seed() as usize) % WAYS.len() == number), 1) == 1 {
                met += usize::from(one_fault(call, way, &mut tally));
            }
        }
    }
    say(&format!("{met} of {} faults were met", tally.runs));
    assert!(met * 2 > tally.runs, "most faults were not met: the shim looks at the wrong calls");
    tally.end();
}

#[test]
fn a_full_disk_is_told_as_507_and_loses_nothing() {
    let mut tally = Tally::of("full disk");
    let mut random = Random(seed());
    for round in 0..runs(4, 60) {
        let (at, book) = (folder(), Mutex::default());
        let room_bytes = 2_000 + (random.unit() * 60_000.0) as u64;
        let place = format!("round {round}, {room_bytes} bytes");
        let server =
            serve_watched(at.path(), &Watch { room_bytes: Some(room_bytes), ..Watch::default() }).unwrap();
        let refused = work(&server, &book, 1_000);
        assert_eq!(refused, [507, 507, 507], "{place}");
        reads_go_on(&server, &book.lock().unwrap(), &place, &mut tally);
        server.kill();
        let book = book.into_inner().unwrap();
        tally.runs += 1;
        tally.acknowledged += book.acknowledged();
        open_what_is_left(at.path(), &place, &book, &mut tally);
    }
    tally.end();
}

/// A file system of its own in a folder, as small as asked; goes with the value. Only root may mount.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    fn new(at: &'a Path, options: &str) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(at))
    }

    fn again(&self, options: &str) {
        let mounted = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(self.0).status();
        assert!(mounted.unwrap().success());
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_disk_that_is_really_full_or_really_sealed_is_served_for_reading() {
    let at = folder();
    let disk = at.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let Some(mount) = Mount::new(&disk, "size=300k") else {
        say(
            "SKIPPED: a real full disk and a real sealed disk: mounting a tmpfs needs root; the modelled ones were tried",
        );
        return;
    };
    let (mut tally, book) = (Tally::of("real full disk, then sealed"), Mutex::default());
    let server = serve_watched(at.path(), &Watch::default()).unwrap();
    assert_eq!(work(&server, &book, 5_000), [507, 507, 507]);
    reads_go_on(&server, &book.lock().unwrap(), "full", &mut tally);
    server.kill();
    let server = serve_watched(at.path(), &Watch::default()).expect("a full disk is served");
    reads_go_on(&server, &book.lock().unwrap(), "full, started again", &mut tally);
    server.kill();
    mount.again("ro");
    sealed(at.path(), &Watch::default(), &book.lock().unwrap(), &mut tally);
    tally.acknowledged = book.lock().unwrap().acknowledged();
    let again = folder();
    write_out(&tree(&disk), &again.path().join("disk"));
    let reopened = reopen(again.path(), "disk/store");
    tally.opened("copied to a larger disk", &reopened);
    tally.judge("copied to a larger disk", &book.lock().unwrap().check(&reopened.found));
    tally.runs = 3;
    tally.end();
}

/// A disk that takes no writes: all is served, nothing is taken.
fn sealed(at: &Path, watch: &Watch, book: &Book, tally: &mut Tally) {
    let server = serve_watched(at, watch).expect("a sealed disk is served");
    reads_go_on(&server, book, "sealed", tally);
    let more = Mutex::default();
    let refused = Writer::new(&server, &more, "more".to_owned()).make().unwrap().status;
    assert!((500..600).contains(&refused), "{refused}");
    assert_eq!(server.get("/health").json()["writable"], false);
    server.kill();
    for verb in [&["verify"][..], &["find", "--count"]] {
        let said = kordon(at, &[verb, &["--store", "disk/store"]].concat());
        assert_eq!(said.code, 0, "{said:?}");
    }
}

#[test]
fn a_sealed_disk_is_served_and_takes_nothing() {
    let (at, book, mut tally) = (folder(), Mutex::default(), Tally::of("sealed disk"));
    let server = serve_watched(at.path(), &Watch::default()).unwrap();
    assert_eq!(work(&server, &book, 12), [0_u16; 0]);
    server.kill();
    let watch = Watch { fault: Some("1+:EROFS".to_owned()), ..Watch::default() };
    sealed(at.path(), &watch, &book.lock().unwrap(), &mut tally);
    tally.runs = 1;
    tally.acknowledged = book.lock().unwrap().acknowledged();
    tally.end();
}

/// Which changing call of a run without faults is the last fsync before the end.
fn last_fsync(events: &[Event]) -> usize {
    let calls =
        events.iter().filter(|event| event.is_file_operation() && !matches!(event, Event::SyncEnds { .. }));
    calls.enumerate().filter(|(_, event)| matches!(event, Event::SyncBegins { .. })).last().unwrap().0 + 1
}

#[test]
fn control_a_server_that_is_not_told_of_a_failed_fsync_is_found_out() {
    let clean = folder();
    let server = serve_watched(clean.path(), &Watch::default()).unwrap();
    assert_eq!(work(&server, &Mutex::default(), 2), [0_u16; 0]);
    server.kill();
    let call = last_fsync(&read(&clean.path().join("log")));
    let (at, book) = (folder(), Mutex::default());
    let watch = Watch { fault: Some(format!("{call}:EIO")), lie: Some("fault"), ..Watch::default() };
    let server = serve_watched(at.path(), &watch).unwrap();
    assert_eq!(work(&server, &book, 6), [0_u16; 0], "it was told that all is well");
    server.kill();
    let mut tally = Tally::of("control");
    open_what_is_left(at.path(), "control", &book.into_inner().unwrap(), &mut tally);
    assert!(
        tally.lost > 0,
        "the disk lost what it had acknowledged, and nobody noticed: {:?}",
        tally.examples
    );
    assert!(
        tally.examples.iter().any(|example| example.contains("after a failed fsync")),
        "{:?}",
        tally.examples
    );
}
