//! FlatGeobuf: whatever is changed in a file (`changes.rs`), reading it ends in an answer.

#![no_main]

mod changes;
mod reading;
#[allow(dead_code, reason = "of all sound files")]
#[path = "../../crates/incidents/src/check/sound.rs"]
mod sound;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static SOUND: LazyLock<Vec<u8>> = LazyLock::new(sound::flatgeobuf_file);

fuzz_target!(|input: &[u8]| {
    let mut bytes = SOUND.clone();
    changes::change(&mut bytes, input);
    reading::answer("a.fgb", &bytes);
});
