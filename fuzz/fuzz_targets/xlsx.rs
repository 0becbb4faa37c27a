//! Workbooks: whatever is changed in one, reading it ends in an answer.
//!
//! The input is a list of changes (`changes.rs`). The first byte chooses of what: of the rows, which are then packed anew, so that
//! the change is found by the reader of the sheet; or of the packed bytes, sheet and list of texts and styles together.

#![no_main]

mod changes;
mod reading;
#[allow(dead_code, reason = "of all sound files")]
#[path = "../../crates/incidents/src/check/sound.rs"]
mod sound;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let bytes = if first & 1 == 0 {
        let mut rows = sound::SHEET.as_bytes().to_vec();
        changes::change(&mut rows, rest);
        sound::workbook(&String::from_utf8_lossy(&rows))
    } else {
        // Which part is changed before it is packed; of none, the packed bytes are.
        let parts = sound::workbook_parts(sound::SHEET);
        let number = usize::from(first >> 1) % (parts.len() + 1);
        let mut parts: Vec<(&str, Vec<u8>)> = parts;
        if let Some((_, part)) = parts.get_mut(number) {
            changes::change(part, rest);
        }
        let packed: Vec<(&str, &[u8])> = parts.iter().map(|(name, part)| (*name, part.as_slice())).collect();
        let mut bytes = sound::zip(&packed);
        if number == parts.len() {
            changes::change(&mut bytes, rest);
        }
        bytes
    };
    reading::answer("a.xlsx", &bytes);
});
