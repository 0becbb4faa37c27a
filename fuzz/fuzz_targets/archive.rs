//! Zip, KMZ and gzip: whatever is changed in a packed file, unpacking and reading it ends in an answer.
//!
//! The input is a list of changes (`changes.rs`). The first byte chooses which file, and whether it is changed before it is packed
//! or afterwards.

#![no_main]

mod changes;
mod reading;
#[allow(dead_code, reason = "of all sound files")]
#[path = "../../crates/incidents/src/check/sound.rs"]
mod sound;

use libfuzzer_sys::fuzz_target;
use sound::{CSV, KML, gzip, zip};

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let (mut inner, mut kml) = (CSV.as_bytes().to_vec(), KML.as_bytes().to_vec());
    let is_within = first & 1 == 0;
    if is_within {
        changes::change(&mut inner, rest);
        changes::change(&mut kml, rest);
    }
    let (name, mut bytes) = match first >> 1 & 7 {
        0 => ("a.csv.gz", gzip(&inner)),
        1 => ("a.kml.gz", gzip(&kml)),
        2 => ("a.kmz", zip(&[("doc.kml", &kml)])),
        3 => ("a.zip", zip(&[("readme", b"x"), ("b.csv", &inner), ("in/c.kml", &kml)])),
        4 => ("a.zip", zip(&[("b.csv.gz", &gzip(&inner)), ("c.csv", &inner)])),
        5 => ("a.zip", zip(&[("b.zip", &zip(&[("c.csv", &inner)]))])),
        6 => ("a.csv.gz.gz", gzip(&gzip(&inner))),
        _ => ("a.csv.gz", [gzip(&inner), gzip(&inner)].concat()),
    };
    if !is_within {
        changes::change(&mut bytes, rest);
    }
    reading::answer(name, &bytes);
});
