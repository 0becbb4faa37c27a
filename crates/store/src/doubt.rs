//! Of whom damaged records spoke.
//!
//! Without its newest revision an incident would be shown as it was before: a correction would be undone, and one that
//! was withdrawn, perhaps to protect somebody, would be public again. So whoever a damaged record spoke of is not shown
//! until the ledger is mended. The id stands at the same place in every record; if the damage is in the id itself, all
//! that are nearly alike are meant.
//!
//! Cost: nothing for a sound ledger, else one pass over all ids. Limits: a record that is gone whole, or whose id is
//! beyond recognition, or that lies in a damaged block of a packed segment, says nothing of anybody; then the damage is named and
//! refuses writes, as any other, and what is shown may be an older revision.

use std::collections::HashMap;
use std::io;

use kordon_incidents::IncidentId;

use crate::ledger::DamagedAt;
use crate::record::{self, RS};
use crate::segment::Segment;

/// What stands before the id in every record.
const BEFORE_ID: usize = "\u{1e}{\"type\":\"Feature\",\"id\":\"".len();
const ID_LEN: usize = 36;
/// By so many characters a damaged id may differ from the one that it was.
const NEARLY: usize = 2;
/// Of this many equal parts of an id, one at least is as it was.
const PARTS: usize = NEARLY + 1;
const PART_LEN: usize = ID_LEN / PARTS;
/// No record that is cut off here by mistake is taken for a sound one.
const RECORD_MAX: u64 = 1 << 20;

type IdText = [u8; ID_LEN];

/// Those of the known incidents of which a damaged record speaks.
pub(crate) fn spoken_of<'a>(
    damage: &[DamagedAt],
    known: impl Iterator<Item = &'a IncidentId>,
) -> Vec<IncidentId> {
    let mut by_part: HashMap<(usize, [u8; PART_LEN]), Vec<IdText>> = HashMap::new();
    // What cannot be read here has just been read, and is then as good as gone.
    for text in damage.iter().filter_map(|damage| id_at(damage).ok().flatten()) {
        for part in parts(&text) {
            by_part.entry(part).or_default().push(text);
        }
    }
    if by_part.is_empty() {
        return Vec::new();
    }
    let is_meant = |id: &&IncidentId| {
        let mut text = [0; ID_LEN];
        text.copy_from_slice(id.to_string().as_bytes());
        let near = |found: &IdText| found.iter().zip(&text).filter(|(a, b)| a != b).count() <= NEARLY;
        parts(&text).any(|part| by_part.get(&part).is_some_and(|texts| texts.iter().any(near)))
    };
    known.filter(is_meant).copied().collect()
}

fn parts(text: &IdText) -> impl Iterator<Item = (usize, [u8; PART_LEN])> + '_ {
    text.as_chunks().0.iter().copied().enumerate()
}

/// The id that the record at this place has or had, if that record itself is damaged.
fn id_at(damage: &DamagedAt) -> io::Result<Option<IdText>> {
    let segment = Segment::open_file(&damage.file, false)?;
    let len = segment.len()?.saturating_sub(damage.offset).min(RECORD_MAX);
    let mut frame = vec![0; usize::try_from(len).unwrap_or_default()];
    segment.read_exact_at(&mut frame, damage.offset)?;
    if let Some(next) = memchr::memchr(RS, frame.get(1..).unwrap_or_default()) {
        frame.truncate(1 + next);
    }
    // A sound record in a wrong place says nothing of the one that is missing.
    if record::decode(&frame).is_ok() {
        return Ok(None);
    }
    Ok(frame.get(BEFORE_ID..).and_then(|rest| rest.first_chunk()).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_recognised_with_two_characters_changed_and_a_stranger_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("000001.geojsons");
        let ids = [1, 2].map(|number| IncidentId::from_random([number; 16]));
        let said_of = |id: &str| {
            std::fs::write(&file, format!("\u{1e}{{\"type\":\"Feature\",\"id\":\"{id}\",broken}}\n\u{1e}x"))
                .unwrap();
            let damage = DamagedAt { file: file.clone(), offset: 0, seq: 1, problem: String::new() };
            spoken_of(&[damage], ids.iter())
        };
        let mut text = ids[0].to_string();
        assert_eq!(said_of(&text), ids[..1]);
        text.replace_range(..1, "x");
        text.replace_range(35.., "\u{7f}");
        assert_eq!(said_of(&text), ids[..1]);
        assert_eq!(said_of(&IncidentId::from_random([9; 16]).to_string()), []);
        assert!(spoken_of(&[], ids.iter()).is_empty());
    }
}
