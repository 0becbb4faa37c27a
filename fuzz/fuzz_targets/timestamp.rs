//! RFC 3161: whatever is changed in a token or an answer (`changes.rs`), reading it ends, and what is signed and said to be is
//! what was signed.

#![no_main]

mod changes;

use kordon_evidence::{Signed, Timestamp};
use libfuzzer_sys::fuzz_target;

const SOUND: [&[u8]; 5] = [
    include_bytes!("../../crates/evidence/tests/data/rsa.tsr"),
    include_bytes!("../../crates/evidence/tests/data/rsa.tst"),
    include_bytes!("../../crates/evidence/tests/data/ec.tsr"),
    include_bytes!("../../crates/evidence/tests/data/nocert.tsr"),
    include_bytes!("../../crates/evidence/tests/data/refused.tsr"),
];

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let sound = SOUND[usize::from(*first) % SOUND.len()];
    let mut bytes = sound.to_vec();
    changes::change(&mut bytes, rest);
    match Timestamp::read(&bytes) {
        Ok(told) if told.signed == Signed::ByItsCertificate => {
            // Only the status before the token and names in the certificate are not signed by it.
            let was = Timestamp::read(sound).expect("what was signed is still there");
            let facts = |of: &Timestamp| (of.at.clone(), of.imprint.clone(), of.serial.clone(), of.policy.clone());
            assert_eq!(facts(&told), facts(&was));
        }
        Ok(told) => assert!(!told.to_string().is_empty()),
        Err(bad) => assert!(!bad.to_string().is_empty()),
    }
});
