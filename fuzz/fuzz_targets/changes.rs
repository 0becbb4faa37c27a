//! Changes to bytes that were sound, written as bytes themselves: four each say where, what and with which value.
//!
//! A fuzzer that invents files from nothing rarely gets past their first line. One that invents changes does at once, and no
//! seeds have to be kept that could go stale.

/// Makes the changes, one after the other.
pub fn change(bytes: &mut Vec<u8>, changes: &[u8]) {
    for change in changes.chunks_exact(4) {
        if bytes.is_empty() {
            return;
        }
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % bytes.len();
        let value = change[3];
        let end = bytes.len().min(at + usize::from(value));
        match change[2] % 8 {
            0..4 => bytes[at] = value,
            4 => bytes[at] ^= value,
            5 => bytes.insert(at, value),
            6 => drop(bytes.drain(at..end)),
            _ => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
}
