//! KML and GPX: whatever comes, reading it ends in an answer.
//!
//! The first byte chooses the format, and whether the rest is the file by itself or changes (`changes.rs`) to a sound one.

#![no_main]

mod changes;
mod reading;
#[allow(dead_code, reason = "of all sound files")]
#[path = "../../crates/incidents/src/check/sound.rs"]
mod sound;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let (name, file) = if first & 1 == 0 { ("a.kml", sound::KML) } else { ("a.gpx", sound::GPX) };
    let mut bytes = rest.to_vec();
    if first & 2 == 0 {
        bytes = file.as_bytes().to_vec();
        changes::change(&mut bytes, rest);
    }
    reading::answer(name, &bytes);
});
