//! Bytes that are not as they were written: flipped bits, edits by hand, records and files taken out or exchanged, a store
//! set back to what it was.
//!
//! `kordon verify` finds every one and names the place; what is still served is what was written, and of the rest at
//! most one batch is missing. Whoever can compute hashes can rewrite a whole chain, and whoever can copy files can set
//! a store back: against these helps only a checkpoint that is kept elsewhere, and with it they are found as well.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use serde_json::Value;

use super::disk::{Tree, difference, tree, write_out};
use super::recording::{Watch, serve_watched};
use super::writers::Writer;
use super::{Tally, runs, say, seed};
use crate::harness::{Random, Said, folder, kordon};

const SEGMENT: &str = "ledger/000001.geojsons";
const HEADER: &str = "ledger/format.json";

/// A store as it was at some moment, and a checkpoint that was taken then.
struct Taken {
    files: Tree,
    checkpoint: String,
}

/// A store that was written by hand of its server: the same store twice, the second time with more in it.
struct Sample {
    early: Taken,
    late: Taken,
    /// What it serves, by id, in the words of the export.
    served: BTreeMap<String, Value>,
}

fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let (at, book) = (folder(), Mutex::default());
        let mut taken: Vec<Taken> = ["a", "b"].map(|name| grow(at.path(), &book, name)).into();
        let (late, early) = (taken.remove(1), taken.remove(0));
        let exported = kordon(at.path(), &["export", "--format", "geojsonseq", "--store", "disk/store"]);
        assert_eq!(exported.code, 0, "{exported:?}");
        Sample { early, late, served: by_id(&exported.out) }
    })
}

fn grow(at: &Path, book: &Mutex<super::book::Book>, name: &str) -> Taken {
    let server = serve_watched(at, &Watch::default()).unwrap();
    let mut writer = Writer::new(&server, book, name.to_owned());
    (0..24).for_each(|step| assert!(writer.work(step).unwrap().status < 300));
    server.end();
    let verified = verify(at, &[]);
    assert_eq!(verified.code, 0, "{verified:?}");
    let mut files = tree(&at.join("disk/store"));
    files.remove("lock");
    Taken { files, checkpoint: verified.out }
}

fn verify(at: &Path, more: &[&str]) -> Said {
    kordon(at, &[&["verify", "--store", "disk/store"], more].concat())
}

fn by_id(sequence: &str) -> BTreeMap<String, Value> {
    let all = super::book::features(sequence).into_iter();
    all.map(|feature| (feature["id"].as_str().unwrap_or_default().to_owned(), feature)).collect()
}

/// A store with these files, in a folder of its own.
fn laid_out(files: &Tree) -> tempfile::TempDir {
    let at = folder();
    write_out(files, &at.path().join("disk/store"));
    at
}

/// The records of a segment, each from its RS to its LF.
fn records(segment: &[u8]) -> Vec<Vec<u8>> {
    segment.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// What a store with something wrong in it still serves, held against what it served before.
struct StillServed {
    /// Ids that are not served any more.
    missing: Vec<String>,
    /// Ids that say something else than they did, or were not there at all.
    wrong: Vec<String>,
}

impl StillServed {
    fn by(at: &Path) -> Result<Self, Said> {
        let served = &sample().served;
        let exported = kordon(at, &["export", "--format", "geojsonseq", "--store", "disk/store"]);
        if exported.code == 2 || exported.code < 0 {
            return Err(exported);
        }
        let now = by_id(&exported.out);
        let wrong = now.iter().filter(|(id, feature)| served.get(*id) != Some(feature));
        Ok(Self {
            missing: served.keys().filter(|id| !now.contains_key(*id)).cloned().collect(),
            wrong: wrong.map(|(_, feature)| feature["properties"]["title"].to_string()).collect(),
        })
    }
}

/// The members that follow a record's Feature.
fn link(record: &[u8]) -> Value {
    serde_json::from_slice::<Value>(&record[1..]).unwrap()["kordon"].clone()
}

fn id(record: &[u8]) -> String {
    serde_json::from_slice::<Value>(&record[1..]).unwrap()["id"].as_str().unwrap_or_default().to_owned()
}

/// Incidents of which the batch of this record says something.
fn ids_of_its_batch(records: &[Vec<u8>], number: usize) -> Vec<String> {
    let batch = link(&records[number])["batch"].clone();
    records.iter().filter(|record| link(record)["batch"] == batch).map(|record| id(record)).collect()
}

/// Whether the words of `verify` say where the record with this number is broken.
fn names(said: &Said, seq: usize) -> bool {
    said.code == 1 && said.err.contains(".geojsons: byte ") && said.err.contains(&format!(": record {seq}: "))
}

#[test]
fn each_flipped_bit_is_found_and_named_and_nothing_wrong_is_served() {
    let mut tally = Tally::of("one bit flipped");
    let mut random = Random(seed() + 3);
    let files = &sample().late.files;
    let paths: Vec<&String> =
        files.iter().filter(|(_, bytes)| bytes.is_some()).map(|(path, _)| path).collect();
    let records = records(files[SEGMENT].as_ref().unwrap());
    let (mut in_ledger, mut unavailable) = (0, 0);
    for run in 0..runs(60, 1000) {
        // Mostly in the records, and now and then in each of the small files.
        let path = if run % 6 == 0 { paths[run / 6 % paths.len()].as_str() } else { SEGMENT };
        let byte = (random.unit() * files[path].as_ref().unwrap().len() as f64) as usize;
        let bit = (random.unit() * 8.0) as u32;
        let mut bad = files.clone();
        bad.get_mut(path).unwrap().as_mut().unwrap()[byte] ^= 1 << bit;
        let at = laid_out(&bad);
        let place = format!("{path}, byte {byte}, bit {bit}");
        tally.runs += 1;
        let said = verify(at.path(), &[]);
        let is_found = match path {
            SEGMENT => {
                in_ledger += 1;
                let number =
                    files[SEGMENT].as_ref().unwrap()[..byte].iter().filter(|byte| **byte == b'\n').count();
                names(&said, number + 1)
            }
            // What the header says is hashed into the first record; a broken one cannot be read at all.
            HEADER => {
                in_ledger += 1;
                names(&said, 1) || (said.code == 2 && said.err.contains("store"))
            }
            _ => true,
        };
        if !is_found {
            tally.example(format!("{place}: not named: {said:?}"));
        }
        tally.panics += usize::from(said.code < 0 || said.err.contains("panicked"));
        match StillServed::by(at.path()) {
            Err(refused) if path == SEGMENT => {
                tally.example(format!("{place}: nothing is served: {refused:?}"))
            }
            Err(refused) => {
                unavailable += 1;
                if !refused.err.contains("store") || refused.code != 2 {
                    tally.example(format!("{place}: {refused:?}"));
                }
            }
            Ok(StillServed { missing, wrong }) => {
                tally.wrong += wrong.len();
                if !wrong.is_empty() {
                    tally.example(format!("{place}: serves {wrong:?}"));
                }
                let number = said_record(&said);
                let batch = number.map_or(Vec::new(), |number| ids_of_its_batch(&records, number - 1));
                if missing.iter().any(|id| !batch.contains(id)) {
                    tally.example(format!("{place}: more than a batch is missing: {missing:?}"));
                }
            }
        }
    }
    say(&format!(
        "{in_ledger} of {} flips were in the ledger; {unavailable} left no header or no key to begin with",
        tally.runs
    ));
    assert!(in_ledger > 0);
    tally.end();
}

/// The number of the first record that is said to be broken.
fn said_record(said: &Said) -> Option<usize> {
    said.err.split(": record ").nth(1)?.split(':').next()?.parse().ok()
}

#[test]
fn control_a_sound_store_is_not_said_to_be_broken() {
    let at = laid_out(&sample().late.files);
    let said = verify(at.path(), &[]);
    assert_eq!((said.code, said_record(&said)), (0, None), "{said:?}");
    let served = StillServed::by(at.path()).unwrap();
    assert!(served.missing.is_empty() && served.wrong.is_empty(), "{:?} {:?}", served.missing, served.wrong);
    assert_eq!(
        difference(&sample().late.files, &tree(&at.path().join("disk/store"))),
        None,
        "reading changes nothing"
    );
}

/// How a change by hand is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// `verify` finds it by itself, and names this record.
    At(usize),
    /// Hashes and counts are right again: only a checkpoint from elsewhere tells.
    ByCheckpoint,
}

/// A change by hand: of the files of the late store, with the numbers of two of its records, the first smaller.
type Edit = fn(&mut Tree, usize, usize) -> Found;

fn edit_records(files: &mut Tree, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let segment = files.get_mut(SEGMENT).unwrap().as_mut().unwrap();
    let mut records = records(segment);
    change(&mut records);
    *segment = records.concat();
}

/// Replaces the last letter of the title by another one.
fn other_title(record: &mut [u8]) {
    let title = record.windows(9).position(|bytes| bytes == br#""title":{"#).unwrap();
    let end = title + record[title..].iter().position(|byte| *byte == b'}').unwrap() - 2;
    record[end] = if record[end] == b'1' { b'7' } else { b'1' };
}

/// Writes the hashes of this record and, if `onward`, of all later ones anew.
fn hash_anew(files: &mut Tree, from: usize, onward: bool) {
    let header = files[HEADER].clone().unwrap();
    edit_records(files, |records| {
        let mut prev = if from == 0 { format::hash(&header) } else { format::own_hash(&records[from - 1]) };
        let to = if onward { records.len() } else { from + 1 };
        for record in &mut records[from..to] {
            *record = format::chained(record, &prev);
            prev = format::own_hash(record);
        }
    });
}

const EDITS: [(&str, Edit); 13] = [
    ("a letter of a title", |files, one, _| {
        edit_records(files, |records| other_title(&mut records[one]));
        Found::At(one + 1)
    }),
    ("a digit of a place", |files, one, _| {
        edit_records(files, |records| {
            let text = b"\"coordinates\":[";
            let at = records[one].windows(text.len()).position(|bytes| bytes == text).unwrap() + text.len();
            records[one][at] = if records[one][at] == b'2' { b'3' } else { b'2' };
        });
        Found::At(one + 1)
    }),
    ("a record taken out", |files, one, _| {
        edit_records(files, |records| {
            records.remove(one);
        });
        Found::At(one + 1)
    }),
    ("a record put in twice", |files, one, _| {
        edit_records(files, |records| records.insert(one, records[one].clone()));
        Found::At(one + 2)
    }),
    ("two records exchanged", |files, one, two| {
        edit_records(files, |records| records.swap(one, two));
        Found::At(one + 1)
    }),
    ("a title changed and hashed anew", |files, one, _| {
        edit_records(files, |records| other_title(&mut records[one]));
        hash_anew(files, one, false);
        Found::At(one + 2)
    }),
    ("a title changed and the whole chain hashed anew", |files, one, _| {
        edit_records(files, |records| other_title(&mut records[one]));
        hash_anew(files, one, true);
        Found::ByCheckpoint
    }),
    ("the end cut off after a record", |files, one, _| {
        edit_records(files, |records| records.truncate(one + 1));
        Found::ByCheckpoint
    }),
    ("the end cut off within a record", |files, _, two| {
        edit_records(files, |records| {
            records.truncate(two + 1);
            let half = records[two].len() / 2;
            records[two].truncate(half);
        });
        Found::ByCheckpoint
    }),
    ("the segment gone", |files, _, _| {
        files.remove(SEGMENT);
        Found::ByCheckpoint
    }),
    ("the segment under the next number", |files, _, _| {
        let segment = files.remove(SEGMENT).unwrap();
        files.insert("ledger/000002.geojsons".to_owned(), segment);
        Found::At(1)
    }),
    ("the segment twice", |files, _, _| {
        let segment = files[SEGMENT].clone();
        let count = records(segment.as_ref().unwrap()).len();
        files.insert("ledger/000002.geojsons".to_owned(), segment);
        Found::At(count + 1)
    }),
    ("all set back to what it was", |files, _, _| {
        *files = sample().early.files.clone();
        Found::ByCheckpoint
    }),
];

#[test]
fn each_change_by_hand_is_found_by_itself_or_by_a_checkpoint_kept_elsewhere() {
    let mut tally = Tally::of("changed by hand");
    let mut random = Random(seed() + 4);
    let files = &sample().late.files;
    let count = records(files[SEGMENT].as_ref().unwrap()).len();
    let elsewhere = folder();
    let checkpoint = elsewhere.path().join("checkpoint");
    std::fs::write(&checkpoint, &sample().late.checkpoint).unwrap();
    let against = ["--against", checkpoint.to_str().unwrap()];
    for run in 0..runs(2 * EDITS.len(), 500) {
        let (what, edit) = EDITS[run % EDITS.len()];
        // Not the last record: what follows it tells, and whether it was there only the checkpoint does.
        let one = (random.unit() * (count - 2) as f64) as usize;
        let two = one + 1 + (random.unit() * (count - one - 2) as f64) as usize;
        let mut changed = files.clone();
        let found = edit(&mut changed, one, two);
        let at = laid_out(&changed);
        let place = format!("{what}, records {} and {}", one + 1, two + 1);
        tally.runs += 1;
        let alone = verify(at.path(), &[]);
        let with = verify(at.path(), &against);
        tally.panics += usize::from(alone.err.contains("panicked") || with.err.contains("panicked"));
        match found {
            Found::At(seq) if !names(&alone, seq) => tally.example(format!("{place}: not named: {alone:?}")),
            // The control: without the checkpoint nobody can tell.
            Found::ByCheckpoint if alone.code != 0 => {
                tally.example(format!("{place}: told alone: {alone:?}"))
            }
            _ => {}
        }
        if with.code != 1 {
            tally.example(format!("{place}: not found by the checkpoint: {with:?}"));
        }
        // A record that is sound but not in its place speaks for itself; one that is gone leaves no trace of whom it
        // spoke of, so what stood before it may be shown. What is changed in place is not served.
        if what.starts_with("a letter") || what.starts_with("a digit") {
            let served = StillServed::by(at.path()).unwrap();
            tally.wrong += served.wrong.len();
            if !served.wrong.is_empty() {
                tally.example(format!("{place}: serves {:?}", served.wrong));
            }
        }
    }
    tally.end();
}

/// The hashes of a record, computed from the page about the format and not from the program.
mod format {
    use sha2::{Digest, Sha256};

    use super::link;

    pub fn hash(bytes: &[u8]) -> String {
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn own_hash(record: &[u8]) -> String {
        link(record)["hash"].as_str().unwrap().to_owned()
    }

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
    }

    /// The record as it would be had it always followed `prev`.
    pub fn chained(record: &[u8], prev: &str) -> Vec<u8> {
        let link = link(record);
        let text = |name: &str| link[name].as_str().unwrap();
        let number = |name: &str| link[name].as_u64().unwrap();
        let member = b",\"kordon\":{";
        let body = record.windows(member.len()).rposition(|bytes| bytes == member).unwrap();
        let commitment = bytes(&hash(&[bytes(text("salt")), record[1..body].to_vec()].concat()));
        let own = hash(
            &[
                bytes(prev),
                commitment,
                number("seq").to_be_bytes().to_vec(),
                number("batch").to_be_bytes().to_vec(),
                (number("index") as u32).to_be_bytes().to_vec(),
                (number("of") as u32).to_be_bytes().to_vec(),
                text("op").as_bytes().to_vec(),
            ]
            .concat(),
        );
        let old = String::from_utf8(record.to_vec()).unwrap();
        let with = old.replace(text("prev"), prev).replace(text("hash"), &own);
        with.into_bytes()
    }
}
