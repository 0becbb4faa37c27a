//! Which records of one file are known by the same name as an earlier one, in bounded memory.
//!
//! The later one would silently replace the earlier, so it is refused. Names are sorted, on the disk where they find no room
//! ([`crate::sorted`]); so repeats are known only at the end of the file, and who must tell what they said reads it again. That
//! is exact: no name is taken for another, however many there are. Memory: some 100 MB at most; 40 bytes a record on the disk.

use std::io;
use std::path::Path;

use crate::sorted::{Ascending, Sorting};

/// Bytes of names that are held in memory, and of repeats.
const HELD_BYTES: usize = 32 << 20;
const NAME: usize = 40;
const REPEAT: usize = 24;

/// The names of the records of one file.
pub struct NamesSeen {
    names: Sorting<NAME>,
    repeats: Sorting<REPEAT>,
    count: u64,
}

/// A record that is known as an earlier one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// Its number in the file.
    pub record: u64,
    /// How many names were seen before its own.
    pub place: u64,
    /// The line of the last record before it that has its name.
    pub earlier_line: u64,
}

impl NamesSeen {
    /// None yet, of a file on its way into the store in `dir`, which need not exist; names wait on its disk.
    pub fn new(dir: &Path) -> Self {
        Self::holding(dir, HELD_BYTES)
    }

    /// With so many bytes in memory.
    pub fn holding(dir: &Path, bytes: usize) -> Self {
        let folder = crate::bulk::beside(dir);
        Self { names: Sorting::new(folder, bytes), repeats: Sorting::new(folder, bytes), count: 0 }
    }

    /// Takes the name of a record with its number and its line. Numbers ascend.
    ///
    /// # Errors
    ///
    /// What the disk said.
    pub fn see(&mut self, name: [u8; 16], record: u64, line: u64) -> io::Result<()> {
        let parts: [&[u8]; 4] =
            [&name, &record.to_be_bytes(), &line.to_be_bytes(), &self.count.to_be_bytes()];
        self.count += 1;
        self.names.push(packed(&parts))
    }

    /// The repeats, in the order of the file.
    ///
    /// # Errors
    ///
    /// What the disk said.
    pub fn repeats(self) -> io::Result<Repeats> {
        let Self { names, mut repeats, .. } = self;
        let mut before: Option<[u8; NAME]> = None;
        for name in names.ascending()? {
            let name = name?;
            if let Some(earlier) = before.filter(|earlier| earlier[..16] == name[..16]) {
                repeats.push(packed(&[&name[16..24], &name[32..], &earlier[24..32]]))?;
            }
            before = Some(name);
        }
        Ok(Repeats(repeats.ascending()?))
    }
}

/// Repeats in the order of the file.
pub struct Repeats(Ascending<REPEAT>);

impl Iterator for Repeats {
    type Item = io::Result<Repeat>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = |bytes: [u8; REPEAT]| {
            let number = |part: &[u8]| part.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            let [record, place, earlier_line] = [&bytes[..8], &bytes[8..16], &bytes[16..]].map(number);
            Repeat { record, place, earlier_line }
        };
        Some(self.0.next()?.map(read))
    }
}

/// The parts one behind the other, which together are as long as the whole.
fn packed<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut whole = [0; N];
    let mut at = 0;
    for part in parts {
        whole[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// The slow twin: all names in memory.
    fn twin(seen: &[([u8; 16], u64, u64)]) -> Vec<Repeat> {
        let (mut lines, mut repeats) = (HashMap::new(), Vec::new());
        for (place, &(name, record, line)) in (0..).zip(seen) {
            if let Some(earlier_line) = lines.insert(name, line) {
                repeats.push(Repeat { record, place, earlier_line });
            }
        }
        repeats
    }

    #[test]
    fn repeats_are_those_of_a_map_in_memory_however_little_room_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut state = 11_u64;
        let mut below = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        };
        let mut found = 0;
        for names in [1, 3, 400, 1 << 30] {
            let (mut record, mut line) = (0, 1);
            let seen: Vec<([u8; 16], u64, u64)> = (0..2_000)
                .map(|_| {
                    // Records that are refused for other reasons have no names here, and a record may have several lines.
                    record += 1 + below(3);
                    line += 1 + below(300);
                    let mut name = [0; 16];
                    // Names that differ in the first or only in the last byte.
                    let number = below(names).to_be_bytes();
                    if below(2) == 0 {
                        name[..8].copy_from_slice(&number)
                    } else {
                        name[8..].copy_from_slice(&number)
                    }
                    (name, record, line)
                })
                .collect();
            let expected = twin(&seen);
            found += expected.len();
            for bytes in [0, 100, 4_096, 1 << 20] {
                let mut sighted = NamesSeen::holding(&folder.path().join("no/store/yet"), bytes);
                for &(name, record, line) in &seen {
                    sighted.see(name, record, line).unwrap();
                }
                let repeats: Vec<Repeat> = sighted.repeats().unwrap().map(Result::unwrap).collect();
                assert_eq!(repeats, expected, "{names} names in {bytes} bytes");
            }
        }
        assert!(found > 2_000, "{found}");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing is left");
    }
}
