//! Parquet: whatever is changed in a file (`changes.rs`), reading it ends in an answer.
//!
//! What the decoder trips over is caught by the reader and told as a fault, so panics are not crashes here until they
//! come out of it.

#![no_main]

mod changes;
mod reading;
#[allow(dead_code, reason = "of all sound files")]
#[path = "../../crates/incidents/src/check/sound.rs"]
mod sound;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

/// Places as WKB, and in two columns.
static SOUND: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    std::panic::set_hook(Box::new(|told| {
        if told.location().is_none_or(|at| !at.file().contains("/parquet-")) {
            eprintln!("{told}");
        }
    }));
    [sound::parquet_file(true), sound::parquet_file(false)]
});

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let mut bytes = SOUND[usize::from(first & 1)].clone();
    changes::change(&mut bytes, rest);
    reading::answer("a.parquet", &bytes);
});
