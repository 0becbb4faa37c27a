//! Stores of format 1, copied to the format of today.
//!
//! Format 1 hashed the bytes of each record itself, so nothing could be erased without breaking every later hash. The
//! copy has the same records in the same batches, each with a salt and a commitment; its header names the last hash
//! of the old ledger, which stays beside it as `ledger.v1`.
//!
//! The copy is written and checked beside the ledger before anything is renamed, so one that is cut short at any
//! moment leaves the old ledger, or ends when it is begun again.
//!
//! Cost: every record is hashed three times. Disk: the old ledger and the new one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::ledger::{
    self, AppendError, DamagedAt, Disk, Entry, Frame, Head, LEDGER_DIR, Ledger, OpenError, Walk, Window,
};
use crate::record::{self, BadRecord, Hash, LF, Link, RS};
use crate::segment;

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgraded {
    /// Records.
    pub records: u64,
    /// Where the old ledger is now.
    pub kept: PathBuf,
}

/// Why a store was not upgraded. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// It cannot be opened; or needs no upgrade.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is damaged: restore it first.
    #[error("the ledger is damaged and stays as it is: {0}")]
    Damaged(DamagedAt),
    /// The copy could not be written.
    #[error("writing the copy: {0}")]
    Write(#[from] AppendError),
    /// It has the format of today.
    #[error("the store in {} needs no upgrade", .0.display())]
    UpToDate(PathBuf),
}

/// Copies the ledger in `dir` to the format of today.
///
/// # Errors
///
/// [`UpgradeError`]; the ledger is then as it was.
pub fn upgrade(dir: &Path) -> Result<Upgraded, UpgradeError> {
    let (place, kept) = (dir.join(LEDGER_DIR), ledger::former(dir));
    let fresh = dir.join(format!("{LEDGER_DIR}.new"));
    let _lock = ledger::lock(dir, place.exists() || kept.exists())?;
    // The old ledger is renamed only when the copy is complete: then what is left to do is the second renaming.
    if place.exists() || !kept.exists() {
        match ledger::read_header(dir) {
            Ok(_) => return Err(UpgradeError::UpToDate(dir.to_owned())),
            Err(OpenError::Older { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        copy(&place, &fresh)?;
        fs::rename(&place, &kept).map_err(OpenError::at(&kept))?;
        ledger::sync_dir(dir).map_err(OpenError::at(dir))?;
    }
    fs::rename(&fresh, &place).map_err(OpenError::at(&place))?;
    ledger::sync_dir(dir).map_err(OpenError::at(dir))?;
    let (log, _) = ledger::inspect(dir, &mut |_| {})?;
    Ok(Upgraded { records: log.head.seq, kept })
}

fn copy(old: &Path, fresh: &Path) -> Result<(), UpgradeError> {
    let old_head = walk(old, &mut |_, _| Ok(()))?;
    if fresh.exists() {
        fs::remove_dir_all(fresh).map_err(OpenError::at(fresh))?;
    }
    let origin = ledger::continue_header(old, fresh, old_head.hash)?;
    let unsynced = Disk { sync: |_| Ok(()), ..Disk::default() };
    let mut copy = Ledger::bare(fresh, origin, unsynced);
    walk(old, &mut |bytes, frames| {
        let segment = Window { bytes, start: 0 };
        for batch in frames.chunk_by(|a, b| a.link.batch == b.link.batch) {
            let entry = |frame: &Frame| {
                let feature = record::feature(segment.frame(frame.position)).unwrap_or_default();
                Entry { op: frame.link.op, feature }
            };
            copy.append(&batch.iter().map(entry).collect::<Vec<_>>())?;
        }
        Ok(())
    })?;
    for number in segment::segments(fresh)? {
        let path = segment::segment_path(fresh, number);
        File::open(&path).and_then(|file| file.sync_all()).map_err(OpenError::at(&path))?;
    }
    ledger::sync_dir(fresh).map_err(OpenError::at(fresh))?;
    // What is on the disk is read again and must end where the old one ends.
    let mut check = Ledger::bare(fresh, origin, Disk::default());
    let recovery = check.recover(true, &mut |_| {})?;
    if let Some(damage) = recovery.damage.into_iter().next() {
        return Err(UpgradeError::Damaged(damage));
    }
    let Head { seq, batch, .. } = check.head();
    if (seq, batch) != (old_head.seq, old_head.batch) {
        let problem = format!("the copy ends with record {seq} of batch {batch}");
        return Err(UpgradeError::Damaged(DamagedAt {
            file: fresh.to_owned(),
            offset: 0,
            seq: old_head.seq,
            problem,
        }));
    }
    Ok(())
}

type Each<'a> = &'a mut dyn FnMut(&[u8], &[Frame]) -> Result<(), UpgradeError>;

/// Hands over the records of format 1, a segment at a time; gives the end of their chain.
fn walk(old: &Path, each: Each<'_>) -> Result<Head, UpgradeError> {
    let header = old.join(ledger::FORMAT_FILE);
    let origin = fs::read(&header).map_err(OpenError::at(&header))?;
    let mut walk = Walk::new(Head { seq: 0, batch: 0, hash: Hash::of(&origin) }, decode);
    let numbers = segment::segments(old)?;
    for (at, &number) in numbers.iter().enumerate() {
        let path = segment::segment_path(old, number);
        let bytes = fs::read(&path).map_err(OpenError::at(&path))?;
        let frames = walk.segment_in_order(&path, (at, number), &bytes, at + 1 == numbers.len());
        if let Some(damage) = walk.recovery.damage.first() {
            return Err(UpgradeError::Damaged(damage.clone()));
        }
        each(&bytes, &frames)?;
    }
    Ok(walk.head)
}

/// Reads one record of format 1, whose `hash` is that of all its bytes before `,"hash"`.
fn decode(frame: &[u8]) -> Result<(Link, usize), BadRecord> {
    if frame.len() < 2 || frame[0] != RS || frame[frame.len() - 1] != LF {
        return Err(BadRecord::Frame);
    }
    let (link, body) = member(frame).ok_or(BadRecord::Member)?;
    // `,"hash":"` + 64 digits + `"}}` + LF
    if Hash::of(&frame[..frame.len() - (9 + 64 + 3 + 1)]) == link.hash {
        Ok((link, body))
    } else {
        Err(BadRecord::Hash)
    }
}

fn member(frame: &[u8]) -> Option<(Link, usize)> {
    let body = record::find_member(frame)?;
    let mut rest = &frame[body + record::MEMBER.len()..];
    let record::Place { seq, batch, index, of, op } = record::place(&mut rest)?;
    record::word(&mut rest, b",\"prev\":\"")?;
    let prev = Hash::parse(record::until_quote(&mut rest)?)?;
    record::word(&mut rest, b",\"hash\":\"")?;
    let hash = Hash::parse(record::until_quote(&mut rest)?)?;
    let commitment = Hash::of(&[]);
    (rest == b"}}\n")
        .then_some((Link { seq, batch, index, of, op, prev, commitment, hash, erased: false }, body))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ledger::Seen;

    /// A ledger of format 1 with batches of two and one, as its program wrote them.
    fn old_store() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join(LEDGER_DIR);
        fs::create_dir(&place).unwrap();
        let header = "{\"format\":\"kordon-ledger\",\"version\":1,\"store\":\"s\",\"created\":\"2025-01-01T00:00:00Z\"}\n";
        fs::write(place.join(ledger::FORMAT_FILE), header).unwrap();
        let mut bytes = Vec::new();
        let mut prev = Hash::of(header.as_bytes());
        for (seq, batch, index, of) in [(1, 1, 0, 2), (2, 1, 1, 2), (3, 2, 0, 1)] {
            let before = format!(
                "\u{1e}{{\"type\":\"Feature\",\"id\":\"{seq}\",\"geometry\":null,\"properties\":{{\"a\":\"text of it\"}}\
                 ,\"kordon\":{{\"seq\":{seq},\"batch\":{batch},\"index\":{index},\"of\":{of},\"op\":\"put\",\"prev\":\"{prev}\""
            );
            prev = Hash::of(before.as_bytes());
            bytes.extend_from_slice(format!("{before},\"hash\":\"{prev}\"}}}}\n").as_bytes());
        }
        fs::write(segment::segment_path(&place, 1), bytes).unwrap();
        dir
    }

    fn ids(dir: &Path) -> Vec<(u64, u64, String)> {
        let mut ids = Vec::new();
        let (_, recovery) = ledger::inspect(dir, &mut |seen| {
            let Seen::Records(window, frames) = seen else { return ids.clear() };
            ids.extend(frames.iter().map(|frame| {
                let json = record::feature(window.frame(frame.position)).unwrap();
                let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
                (frame.link.seq, frame.link.batch, json["id"].as_str().unwrap().to_owned())
            }));
        })
        .unwrap();
        assert_eq!(recovery.damage, []);
        ids
    }

    fn expected() -> Vec<(u64, u64, String)> {
        vec![(1, 1, "1".to_owned()), (2, 1, "2".to_owned()), (3, 2, "3".to_owned())]
    }

    #[test]
    fn an_older_store_is_refused_until_it_is_copied_and_then_has_the_same_records() {
        let dir = old_store();
        let before = fs::read(segment::segment_path(&dir.path().join(LEDGER_DIR), 1)).unwrap();
        let refused = ledger::inspect(dir.path(), &mut |_| {});
        assert!(matches!(refused, Err(OpenError::Older { found: 1, .. })));
        let upgraded = upgrade(dir.path()).unwrap();
        assert_eq!(upgraded.records, 3);
        assert_eq!(ids(dir.path()), expected());
        assert_eq!(fs::read(segment::segment_path(&upgraded.kept, 1)).unwrap(), before);
        assert!(matches!(upgrade(dir.path()), Err(UpgradeError::UpToDate(_))));
    }

    #[test]
    fn an_upgrade_that_was_cut_short_is_ended_by_the_next_one_and_no_empty_store_is_made_meanwhile() {
        let dir = old_store();
        // Cut while copying.
        fs::create_dir(dir.path().join("ledger.new")).unwrap();
        fs::write(dir.path().join("ledger.new").join("000001.geojsons"), "half").unwrap();
        // Cut between the two renamings.
        upgrade(dir.path()).unwrap();
        fs::rename(dir.path().join(LEDGER_DIR), dir.path().join("ledger.new")).unwrap();
        for create in [true, false] {
            let opened = Ledger::open(dir.path(), create, !create, Arc::default(), &mut |_| {});
            assert!(matches!(opened, Err(OpenError::Older { .. })));
        }
        assert_eq!(upgrade(dir.path()).unwrap().records, 3);
        assert_eq!(ids(dir.path()), expected());
    }

    #[test]
    fn a_damaged_older_store_stays_as_it_is() {
        let dir = old_store();
        let segment = segment::segment_path(&dir.path().join(LEDGER_DIR), 1);
        let mut bytes = fs::read(&segment).unwrap();
        bytes[60] ^= 1;
        fs::write(&segment, &bytes).unwrap();
        assert!(matches!(upgrade(dir.path()), Err(UpgradeError::Damaged(damage)) if damage.seq == 1));
        assert_eq!(fs::read(&segment).unwrap(), bytes);
    }
}
