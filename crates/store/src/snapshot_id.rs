//! The name of a snapshot: with it, the same question has the same answer for ever, byte for byte.
//!
//! `1-1250-3f9a1c0d2e4b-a1b2c3d4e5f6` says, in this order: the form in which answers are written; the last record of the
//! ledger that counts; the beginning of that record's hash, which stands for all records before it, so that no other
//! store can be meant; the beginning of a hash of the borders and of what the world view says on its day, and of the day
//! itself and the sets of countries of one's own where there are any. A fifth part is there when some of what was public
//! then may not be shown any more, and names which.
//!
//! Limits: the bytes are those of one form. A version of the program that writes the same records otherwise counts
//! [`FORM`] up, and then answers older names with an error instead of other bytes.

use std::fmt;
use std::str::FromStr;

use kordon_borders::BorderSet;
use kordon_incidents::IncidentId;

use crate::record::Hash;

/// To be counted up when the same question to the same records would be answered with other bytes.
const FORM: u32 = 3;
/// Hexadecimal digits of a hash that are enough to tell it from any other one that there is.
const DIGITS: usize = 12;

/// The name of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SnapshotId {
    form: u32,
    seq: u64,
    head: u64,
    borders: u64,
    hidden: Option<u64>,
}

/// A text that names no snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not the id of a snapshot: that looks like 1-1250-3f9a1c0d2e4b-a1b2c3d4e5f6, and stands in every answer"
)]
pub struct BadSnapshotId;

impl SnapshotId {
    pub(crate) fn new(seq: u64, head: Hash, borders: u64) -> Self {
        Self { form: FORM, seq, head: beginning(head), borders, hidden: None }
    }

    /// The same without these, given in ascending order.
    pub(crate) fn without<'a>(self, hidden: impl Iterator<Item = &'a IncidentId>) -> Self {
        let ids: Vec<u8> = hidden.flat_map(|id| *id.as_bytes()).collect();
        Self { hidden: (!ids.is_empty()).then(|| beginning(Hash::of(&ids))), ..self }
    }

    /// The number of the last record of the ledger that counts.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    pub(crate) fn has_form_of_now(&self) -> bool {
        self.form == FORM
    }

    /// Whether both are of the same borders in the same view, on the same day and with the same sets of countries.
    pub(crate) fn has_borders_of(&self, borders: u64) -> bool {
        self.borders == borders
    }

    /// Whether both are of the same records, whatever may be shown of them.
    pub(crate) fn has_records_of(&self, other: &Self) -> bool {
        (self.seq, self.head) == (other.seq, other.head)
    }
}

/// What stands in a name for the borders, their view, its day and the sets of countries.
pub(crate) fn borders_part(borders: &BorderSet) -> u64 {
    beginning(Hash::of(borders.fingerprint_of_answers().as_bytes()))
}

fn beginning(hash: Hash) -> u64 {
    // 48 of 128 bits.
    u64::try_from(hash.short() >> 80).unwrap_or_default()
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { form, seq, head, borders, hidden } = self;
        write!(out, "{form}-{seq}-{head:0DIGITS$x}-{borders:0DIGITS$x}")?;
        hidden.iter().try_for_each(|hidden| write!(out, "-{hidden:0DIGITS$x}"))
    }
}

impl FromStr for SnapshotId {
    type Err = BadSnapshotId;
    fn from_str(text: &str) -> Result<Self, BadSnapshotId> {
        let read = || {
            let mut parts = text.split('-');
            let form = parts.next()?.parse().ok()?;
            let seq = parts.next()?.parse().ok()?;
            let mut hash = || parts.next().map(|part| u64::from_str_radix(part, 16).ok());
            let (head, borders, hidden) = (hash()??, hash()??, hash());
            let hidden = match hidden {
                None => None,
                Some(hidden) => Some(hidden?),
            };
            Some(Self { form, seq, head, borders, hidden })
        };
        // What is written otherwise than here is none: a name has one spelling.
        read().filter(|id| id.to_string() == text).ok_or(BadSnapshotId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_was_written_and_in_no_other_spelling() {
        let id = SnapshotId::new(1_250, Hash::of(b"head"), beginning(Hash::of(b"borders")));
        let fewer = id.without([IncidentId::from_random([7; 16])].iter());
        for id in [id, fewer] {
            let text = id.to_string();
            assert_eq!(text.parse(), Ok(id));
            for other in [
                format!("{text}-"),
                format!("{text} "),
                text.replace("-1250-", "-01250-"),
                text.to_uppercase(),
            ] {
                assert_eq!(other.parse::<SnapshotId>(), Err(BadSnapshotId), "{other}");
            }
        }
        assert_ne!(id, fewer);
        assert_eq!(fewer.without([].iter()), id);
        for text in ["", "1", "1-2-3-4", "1--000000000000-000000000000", "x-1-000000000000-000000000000"] {
            assert_eq!(text.parse::<SnapshotId>(), Err(BadSnapshotId), "{text}");
        }
    }
}
