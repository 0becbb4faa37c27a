//! Web archives: whatever is changed in one (`changes.rs`), reading it ends, and what is said to be as listed is as it was listed.
//!
//! The first byte chooses which file is changed before it is packed; or else the packed bytes are.

#![no_main]

mod changes;
#[allow(dead_code, reason = "of all sound files")]
#[path = "../../crates/incidents/src/check/sound.rs"]
mod sound;

use std::io::Cursor;

use kordon_evidence::{WebArchive, hex};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

const WARC: &[u8] = b"WARC/1.1 made up";
const PAGES: &[u8] = b"{\"format\":\"json-pages-1.0\"}\n";

fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let list = format!(
        "{{\"title\":\"A post\",\"created\":\"2024-05-01T10:00:00Z\",\"resources\":[\
         {{\"path\":\"archive/data.warc.gz\",\"hash\":\"{}\",\"bytes\":{}}},{{\"path\":\"pages/pages.jsonl\",\"hash\":\"{}\"}}]}}",
        sha256(WARC),
        WARC.len(),
        sha256(PAGES)
    );
    let digest = format!("{{\"path\":\"datapackage.json\",\"hash\":\"{}\"}}", sha256(list.as_bytes()));
    let mut files = [
        ("archive/data.warc.gz", WARC.to_vec()),
        ("pages/pages.jsonl", PAGES.to_vec()),
        ("datapackage-digest.json", digest.into_bytes()),
        ("datapackage.json", list.into_bytes()),
    ];
    let number = usize::from(*first) % 5;
    let mut is_changed = false;
    if let Some((_, file)) = files.get_mut(number) {
        let before = file.clone();
        changes::change(file, rest);
        is_changed = *file != before;
    }
    let packed = files.each_ref().map(|(name, file)| (*name, file.as_slice()));
    let mut bytes = sound::zip(&packed);
    if number == 4 {
        changes::change(&mut bytes, rest);
    }
    match WebArchive::read(Cursor::new(bytes)) {
        // The digest of the list may say more, and the list may be changed only together with it.
        Ok(told) if number != 2 && is_changed => assert!(!told.is_as_listed(), "{told:?}"),
        Ok(_) => {}
        Err(bad) => assert!(!bad.to_string().is_empty()),
    }
});
