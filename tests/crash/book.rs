//! What was asked of a store and what it acknowledged, and whether a store keeps what it promised.
//!
//! A write has a tag, `key number kind`: the number counts the states of a key from 1; the kind is `put`, `gone`, or
//! `batch:40` for forty records that come together. The incident of each state is made from key and number alone, so a
//! wrong byte in what is served is seen without remembering anything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Random, Said, kordon};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Put,
    Gone,
    Batch(usize),
}

#[derive(Clone, Debug, Default)]
struct Entry {
    asked: Vec<State>,
    /// Number of the last state that was acknowledged; 0 when none was.
    acknowledged: usize,
}

#[derive(Clone, Debug, Default)]
pub struct Book(BTreeMap<String, Entry>);

impl Book {
    pub fn ask(&mut self, tag: &str) {
        let (key, number, state) = parse(tag);
        let asked = &mut self.0.entry(key.to_owned()).or_default().asked;
        assert_eq!(number, asked.len() + 1, "{tag}: the states of a key come in order");
        asked.push(state);
    }

    pub fn acknowledge(&mut self, tag: &str) {
        let (key, number, _) = parse(tag);
        let entry = self.0.get_mut(key).unwrap();
        entry.acknowledged = entry.acknowledged.max(number);
    }

    /// How many writes were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.0.values().map(|entry| entry.acknowledged).sum()
    }

    /// Compares what a store has with what it promised.
    pub fn check(&self, found: &[Value]) -> Verdict {
        let mut verdict = Verdict::default();
        let mut numbers: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        let mut parts: BTreeMap<&str, usize> = BTreeMap::new();
        for feature in found {
            let title = title(feature);
            let Some((name, number)) = title.split_once(" v") else {
                verdict.wrong.push(title.to_owned());
                continue;
            };
            let number: usize = number.parse().unwrap_or(0);
            let key = name.split('/').next().unwrap_or_default();
            let asked = self.0.get(key).is_some_and(|entry| (1..=entry.asked.len()).contains(&number));
            if !asked || !says_what_was_written(feature, title) {
                verdict.wrong.push(title.to_owned());
            }
            numbers.entry(key).or_default().insert(number);
            *parts.entry(key).or_default() += 1;
        }
        for (key, entry) in &self.0 {
            let (there, count) = (numbers.get(key.as_str()), parts.get(key.as_str()).copied().unwrap_or(0));
            if let Some(State::Batch(whole)) = entry.asked.first() {
                if entry.acknowledged > 0 && count < *whole {
                    verdict.lost.push(format!("{key}: {count} of {whole}"));
                } else if count != 0 && count != *whole {
                    verdict.torn.push(format!("{key}: {count} of {whole}"));
                }
                continue;
            }
            let newest = there.and_then(|numbers| numbers.last().copied());
            let kept = match newest {
                Some(number) => number >= entry.acknowledged,
                None => {
                    let from = entry.acknowledged.max(1) - 1;
                    entry.acknowledged == 0 || entry.asked[from..].contains(&State::Gone)
                }
            };
            if !kept {
                verdict
                    .lost
                    .push(format!("{key}: state {} acknowledged, {newest:?} there", entry.acknowledged));
            }
            if count > 1 {
                verdict.torn.push(format!("{key}: there {count} times"));
            }
        }
        verdict
    }
}

fn parse(tag: &str) -> (&str, usize, State) {
    let words: Vec<&str> = tag.split(' ').collect();
    let [key, number, kind] = words[..] else { panic!("not a tag: {tag:?}") };
    let state = match kind.split_once(':') {
        Some(("batch", n)) => State::Batch(n.parse().unwrap()),
        _ if kind == "gone" => State::Gone,
        _ => State::Put,
    };
    (key, number.parse().unwrap(), state)
}

/// What a store does not keep; empty when it keeps everything.
#[derive(Debug, Default)]
pub struct Verdict {
    pub lost: Vec<String>,
    pub torn: Vec<String>,
    pub wrong: Vec<String>,
}

impl Verdict {
    pub fn is_good(&self) -> bool {
        self.lost.is_empty() && self.torn.is_empty() && self.wrong.is_empty()
    }
}

/// The incident of this title: its place and its text, from nothing to two thousand bytes, follow from the title.
pub fn feature(title: &str) -> Value {
    let mut random =
        Random(title.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }));
    let mut text = String::new();
    let len = if random.unit() < 0.5 { 40.0 } else { 2000.0 } * random.unit();
    while text.len() < len as usize {
        text.push(char::from(b'a' + (random.unit() * 26.0) as u8));
    }
    let mut place = |from: f64| f64::from((random.unit() * 90_000.0) as u32) / 10_000.0 + from;
    let (lon, lat) = (place(22.0), place(44.0));
    json!({
        "type": "Feature",
        "id": title,
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {"title": {"en": title}, "description": {"en": format!("text {text}")}, "date_start": "2024-01-01"}
    })
}

fn title(feature: &Value) -> &str {
    feature["properties"]["title"]["en"].as_str().unwrap_or_default()
}

fn says_what_was_written(found: &Value, title: &str) -> bool {
    let written = feature(title);
    let same = |pointer: &str| found.pointer(pointer) == written.pointer(pointer);
    same("/geometry") && same("/properties/description") && same("/properties/date_start")
}

/// What became of opening a store again.
#[derive(Debug)]
pub struct Reopened {
    pub found: Vec<Value>,
    /// What said that the store is not sound, or did not run.
    pub problems: Vec<String>,
}

/// Opens the store for writing and writes to it, verifies it, and reads all that it serves.
pub fn reopen(at: &Path, store: &str) -> Reopened {
    std::fs::write(at.join("probe.ndjson"), feature("probe v1").to_string()).unwrap();
    let mut problems = Vec::new();
    let mut ran = |said: &Said, what: &str| {
        if said.code != 0 {
            problems.push(format!("{what}: exit {}: {}", said.code, said.err.trim()));
        }
        said.code == 0
    };
    // A store that cannot be opened for writing is looked at all the same.
    ran(&kordon(at, &["import", "probe.ndjson", "--store", store]), "import");
    ran(&kordon(at, &["verify", "--store", store]), "verify");
    let exported = kordon(at, &["export", "--format", "geojsonseq", "--store", store]);
    ran(&exported, "export");
    let mut found = features(&exported.out);
    let all = found.len();
    found.retain(|feature| title(feature) != "probe v1");
    if all == found.len() {
        problems.push("what was written after the cut is not there".to_owned());
    }
    Reopened { found, problems }
}

/// The Features of a text sequence.
pub fn features(text: &str) -> Vec<Value> {
    text.split(['\n', '\x1e'])
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

mod tests {
    use super::*;

    /// The negative control of everything else here: what is missing, half there or changed is told.
    #[test]
    fn a_book_tells_what_is_lost_torn_or_wrong() {
        let mut book = Book::default();
        for tag in ["a 1 put", "a 2 put", "b 1 put", "c 1 batch:2", "d 1 put", "d 2 gone"] {
            book.ask(tag);
            book.acknowledge(tag);
        }
        book.ask("e 1 put");
        let good = ["a v2", "b v1", "c/0 v1", "c/1 v1"];
        let check =
            |titles: &[&str]| book.check(&titles.iter().map(|title| feature(title)).collect::<Vec<_>>());
        assert!(check(&good).is_good());
        assert!(check(&[&good[..], &["e v1"]].concat()).is_good(), "what was not acknowledged may be there");
        assert_eq!(check(&good[1..]).lost.len(), 1, "a is missing");
        assert_eq!(check(&["a v1", "b v1", "c/0 v1", "c/1 v1"]).lost.len(), 1, "a is there as it was before");
        assert_eq!(check(&[&good[..], &["d v1"]].concat()).lost.len(), 1, "d was withdrawn");
        assert_eq!(check(&good[..3]).lost.len(), 1, "a batch is there in part");
        assert_eq!(check(&[&good[..], &["f v1"]].concat()).wrong.len(), 1, "f was never asked for");
        let mut changed: Vec<Value> = good.iter().map(|title| feature(title)).collect();
        changed[0]["geometry"]["coordinates"][0] = json!(28.0);
        assert_eq!(book.check(&changed).wrong.len(), 1);
    }
}
