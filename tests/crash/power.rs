//! The power is cut: what was not made safe by an fsync is gone, or half there, or there in another order.
//!
//! A server runs once, watched. Each moment of what it did is then a moment at which the power could have been cut: the
//! [`Disk`] says what may be on the medium, and a new process opens that. What was acknowledged by then must be there.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::book::{Book, Reopened, reopen};
use super::disk::{Disk, Survives, Tree, difference, fingerprint, tree, write_out};
use super::recording::{Event, Listener, Watch, read, serve_watched};
use super::writers::{Writer, crowd};
use super::{Tally, is_long, runs, seed};
use crate::harness::{Random, Server, folder};

/// Runs `work` beside a watched server on the store in `at/disk`, and adds what it did to `at/log`.
fn watched(at: &Path, watch: &Watch, work: impl FnOnce(&Server)) {
    let server = serve_watched(at, watch).unwrap_or_else(|said| panic!("{said:?}"));
    work(&server);
    assert!(!server.words().contains("panicked"), "{}", server.words());
    server.end();
}

/// The events of a recording, which must be all that happened to the files: played to its end it is the folder.
pub fn recorded(at: &Path, before: &Disk) -> Vec<Event> {
    let events = read(&at.join("log"));
    let mut disk = before.clone();
    events.iter().for_each(|event| disk.play(event));
    let unseen = difference(&disk.now(), &tree(&at.join("disk")));
    assert_eq!(unseen, None, "something reaches the disk in a way that the shim does not see");
    events
}

/// A place to open what a cut has left; states that are alike are opened once.
#[derive(Default)]
pub struct Bench {
    opened: HashMap<u64, std::rc::Rc<Reopened>>,
}

impl Bench {
    fn open(&mut self, left: &Tree) -> std::rc::Rc<Reopened> {
        let open = || {
            let at = folder();
            write_out(left, &at.path().join("disk"));
            std::rc::Rc::new(reopen(at.path(), "disk/store"))
        };
        std::rc::Rc::clone(self.opened.entry(fingerprint(left)).or_insert_with(open))
    }

    pub fn judge(&mut self, place: &str, left: &Tree, book: &Book, tally: &mut Tally) {
        let reopened = self.open(left);
        tally.runs += 1;
        tally.acknowledged += book.acknowledged();
        tally.opened(place, &reopened);
        tally.judge(place, &book.check(&reopened.found));
    }
}

/// Calls `cut` after each event with its number, the disk, and what was promised by then.
fn each_moment(events: &[Event], before: &Disk, mut cut: impl FnMut(usize, &Disk, &Book)) {
    let (mut disk, mut listener) = (before.clone(), Listener::default());
    for (number, event) in events.iter().enumerate() {
        disk.play(event);
        listener.hear(event);
        cut(number, &disk, &listener.book);
    }
}

/// A server's first days: it makes its store, takes writes of all kinds, ends, and begins again.
fn first_days(at: &Path, watch: &Watch, steps: usize) {
    let book = Mutex::default();
    watched(at, watch, |server| {
        let mut writer = Writer::new(server, &book, "a".to_owned());
        (0..steps).for_each(|step| assert!(writer.work(step).unwrap().status < 300));
    });
    watched(at, watch, |server| {
        let mut writer = Writer::new(server, &book, "b".to_owned());
        (0..8).for_each(|step| assert!(writer.work(step).unwrap().status < 300));
    });
}

#[test]
fn the_power_is_cut_at_each_of_the_first_file_operations() {
    let mut tally = Tally::of("power cut at every file operation");
    let (at, random) = (folder(), &mut Random(seed()));
    std::fs::create_dir(at.path().join("disk")).unwrap();
    let before = Disk::empty(&at.path().join("disk"));
    let operations = runs(60, 500);
    first_days(at.path(), &Watch::default(), operations / 3);
    let events = recorded(at.path(), &before);
    let all = events.iter().filter(|event| event.is_file_operation()).count();
    assert!(all >= operations, "only {all} file operations");
    let mut bench = Bench::default();
    let mut operation = 0;
    // The short form tries every operation of the making of a store, and later ones here and there.
    let is_tried = |operation: usize| is_long() || operation < 20 || operation.is_multiple_of(6);
    each_moment(&events, &before, |number, disk, book| {
        let is_operation = events[number].is_file_operation();
        operation += usize::from(is_operation);
        if operation > operations || (is_operation && !is_tried(operation)) {
            return;
        }
        let ways = [Survives::Nothing, Survives::Some(random.unit())];
        for survives in &ways[..1 + usize::from(is_operation)] {
            let left = disk.after_cut(*survives, random);
            bench.judge(&format!("operation {operation}, {survives:?}"), &left, book, &mut tally);
        }
    });
    tally.what +=
        &format!(" 1..{}, of which {} left different bytes", operations.min(operation), bench.opened.len());
    tally.end();
}

#[test]
fn the_power_is_cut_at_random_moments_under_eight_writers_and_an_import() {
    let mut tally = Tally::of("power cut at random under 8 writers and an import");
    let random = &mut Random(seed() + 1);
    for round in 0..runs(1, 10) {
        let (at, book, over) = (folder(), Mutex::default(), AtomicBool::new(false));
        std::fs::create_dir(at.path().join("disk")).unwrap();
        let before = Disk::empty(&at.path().join("disk"));
        watched(at.path(), &Watch::default(), |server| {
            std::thread::scope(|scope| {
                scope.spawn(|| crowd(server, &book, "r", 8, &over));
                std::thread::sleep(Duration::from_millis(300));
                over.store(true, Ordering::Relaxed);
            });
        });
        let events = recorded(at.path(), &before);
        let cuts = runs(16, 30);
        let mut moments: Vec<usize> =
            (0..cuts).map(|_| (random.unit() * events.len() as f64) as usize).collect();
        moments.sort_unstable();
        let mut bench = Bench::default();
        each_moment(&events, &before, |number, disk, book| {
            for _ in moments.iter().filter(|&&moment| moment == number) {
                let survives = match (random.unit() * 5.0) as u32 {
                    0 => Survives::Nothing,
                    1 => Survives::Beginning,
                    2 => Survives::All,
                    _ => Survives::Some(random.unit()),
                };
                let left = disk.after_cut(survives, random);
                bench.judge(&format!("round {round}, event {number}, {survives:?}"), &left, book, &mut tally);
            }
        });
    }
    tally.end();
}

/// What a cut has left is mended when the store is opened: that can be cut short, too.
#[test]
fn the_power_is_cut_again_while_the_store_is_mended() {
    let mut tally = Tally::of("power cut while mending what a cut has left");
    let (at, random) = (folder(), &mut Random(seed() + 2));
    std::fs::create_dir(at.path().join("disk")).unwrap();
    let before = Disk::empty(&at.path().join("disk"));
    first_days(at.path(), &Watch::default(), 24);
    let events = recorded(at.path(), &before);
    let writes: Vec<usize> =
        (0..events.len()).filter(|&at| matches!(events[at], Event::Write { .. })).collect();
    let chosen: Vec<usize> =
        (0..runs(1, 20)).map(|_| writes[(random.unit() * writes.len() as f64) as usize]).collect();
    each_moment(&events, &before, |number, disk, book| {
        for _ in chosen.iter().filter(|&&chosen| chosen == number) {
            let left = disk.after_cut(Survives::Beginning, random);
            let again = folder();
            write_out(&left, &again.path().join("disk"));
            let before = Disk::of(&again.path().join("disk"));
            watched(again.path(), &Watch::default(), |_| {});
            let mending = recorded(again.path(), &before);
            let mut bench = Bench::default();
            each_moment(&mending, &before, |at, disk, _| {
                let place = format!("event {number}, then {at}");
                for survives in [Survives::Nothing, Survives::Some(random.unit())] {
                    bench.judge(&place, &disk.after_cut(survives, random), book, &mut tally);
                }
            });
        }
    });
    tally.end();
}

const KEPT_INDEX: &str = "store/index.cache";

/// A store large enough that its index is kept, written to before and after.
fn days_of_a_large_store(at: &Path) {
    let book = Mutex::default();
    watched(at, &Watch::default(), |server| {
        let mut writer = Writer::new(server, &book, "a".to_owned());
        assert!(writer.import(10_050).unwrap().status < 300);
        (0..8).for_each(|step| assert!(writer.work(step).unwrap().status < 300));
    });
    watched(at, &Watch::default(), |server| {
        let mut writer = Writer::new(server, &book, "b".to_owned());
        (0..8).for_each(|step| assert!(writer.work(step).unwrap().status < 300));
    });
}

/// The events that have to do with the kept index, by number.
fn of_kept_index(events: &[Event]) -> Vec<usize> {
    let is_its = |path: &str| path.contains("index.cache");
    let made = |event: &Event| match event {
        Event::Open { inode, path, .. } if is_its(path) => Some(*inode),
        _ => None,
    };
    let inodes: Vec<u64> = events.iter().filter_map(made).collect();
    let counts = |event: &Event| match event {
        Event::Write { inode, .. } | Event::Truncate { inode, .. } => inodes.contains(inode),
        Event::Open { path, .. } | Event::Remove { path } => is_its(path),
        Event::Rename { to, .. } => is_its(to),
        _ => false,
    };
    (0..events.len()).filter(|&at| counts(&events[at])).collect()
}

/// The index is written without fsync: a cut leaves it torn, or of another moment than the ledger, or not at all.
#[test]
fn whatever_a_cut_leaves_of_the_kept_index_the_answers_are_those_of_the_ledger() {
    let mut tally = Tally::of("power cut while the index is kept");
    let (at, random) = (folder(), &mut Random(seed() + 4));
    std::fs::create_dir(at.path().join("disk")).unwrap();
    let before = Disk::empty(&at.path().join("disk"));
    days_of_a_large_store(at.path());
    let events = recorded(at.path(), &before);
    let its = of_kept_index(&events);
    let renamed = its.iter().copied().find(|&event| matches!(events[event], Event::Rename { .. }));
    let renamed = renamed.expect("an index was kept");
    let mut moments: Vec<usize> =
        (0..runs(2, 40)).map(|_| its[(random.unit() * its.len() as f64) as usize]).collect();
    moments.extend([renamed, events.len() - 1]);
    moments.sort_unstable();
    let (mut bench, mut torn_or_none) = (Bench::default(), 0);
    each_moment(&events, &before, |number, disk, book| {
        for _ in moments.iter().filter(|&&moment| moment == number) {
            let left = disk.after_cut(Survives::Some(random.unit()), random);
            let place = format!("event {number} of {}", events.len());
            torn_or_none += usize::from(left.get(KEPT_INDEX) != disk.now().get(KEPT_INDEX));
            bench.judge(&place, &left, book, &mut tally);
            let mut without = left.clone();
            without.remove(KEPT_INDEX);
            if bench.open(&left).found != bench.open(&without).found {
                tally.example(format!("{place}: the index changes the answer"));
            }
        }
        if number + 1 == events.len() {
            stale_or_damaged(
                &disk.now(),
                &disk_after(&events[..=renamed], &before),
                book,
                &mut bench,
                &mut tally,
            );
        }
    });
    tally.what += &format!(", {torn_or_none} times not as it was written");
    tally.end();
}

fn disk_after(events: &[Event], before: &Disk) -> Tree {
    let mut disk = before.clone();
    events.iter().for_each(|event| disk.play(event));
    disk.now()
}

/// An index of an earlier moment, and one with a changed byte, beside the ledger as it is.
fn stale_or_damaged(now: &Tree, earlier: &Tree, book: &Book, bench: &mut Bench, tally: &mut Tally) {
    let mut stale = now.clone();
    stale.insert(KEPT_INDEX.to_owned(), earlier[KEPT_INDEX].clone());
    bench.judge("an earlier index", &stale, book, tally);
    let mut damaged = now.clone();
    let index = damaged.get_mut(KEPT_INDEX).and_then(Option::as_mut).expect("an index was kept");
    let middle = index.len() / 2;
    index[middle] ^= 1;
    bench.judge("a damaged index", &damaged, book, tally);
}

#[test]
fn control_a_disk_that_forgets_after_fsync_is_found_out() {
    let at = folder();
    std::fs::create_dir(at.path().join("disk")).unwrap();
    let before = Disk::empty(&at.path().join("disk"));
    first_days(at.path(), &Watch { lie: Some("fsync"), ..Watch::default() }, 8);
    let events = recorded(at.path(), &before);
    let mut bench = Bench::default();
    let mut tally = Tally::of("control: fsync does nothing");
    each_moment(&events, &before, |number, disk, book| {
        if number + 1 == events.len() {
            let left = disk.after_cut(Survives::Nothing, &mut Random(seed()));
            bench.judge("at the end", &left, book, &mut tally);
        }
    });
    assert!(tally.lost > 0, "the disk forgot everything, and nobody noticed");
}

#[test]
fn control_a_write_that_the_shim_does_not_see_is_found_out() {
    let at = folder();
    std::fs::create_dir(at.path().join("disk")).unwrap();
    let mut disk = Disk::empty(&at.path().join("disk"));
    first_days(at.path(), &Watch::default(), 1);
    recorded(at.path(), &disk).iter().for_each(|event| disk.play(event));
    std::fs::write(at.path().join("disk/store/unseen"), "x").unwrap();
    assert!(difference(&disk.now(), &tree(&at.path().join("disk"))).is_some());
}
