//! What changed for everybody since a place in the ledger.
//!
//! A reader that follows the changes has, once there are no more, just what the public snapshot has. So an incident
//! stands in them with what it says now, at its newest record, and earlier records of it are passed over: one that was
//! withdrawn or hidden since is told as gone, and what it said is not told again. One that was never public is never
//! told of.
//!
//! Cost: each record looked at is read from the disk and parsed; [`EXAMINED`] at most for one answer.

use std::sync::PoisonError;

use kordon_incidents::IncidentId;

use crate::erase::Erasure;
use crate::ledger::{Kept, Position, ReadError};
use crate::merkle;
use crate::project::{Record, project};
use crate::record::Op;
use crate::snapshot::PublicSnapshot;
use crate::store::{Store, incident_of};

/// Records looked at for one answer.
const EXAMINED: u64 = 20_000;

/// What an incident was for everybody before its newest record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing: nobody had heard of it.
    Unknown,
    /// Public, in some revision.
    Public,
}

/// What became of one incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Number of the record.
    pub seq: u64,
    /// The incident.
    pub id: IncidentId,
    /// What it was before, so that news can be told from corrections.
    pub before: Before,
    /// Its Feature; `None` when it is no longer public.
    pub feature: Option<String>,
}

/// Changes in the order of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The changes.
    pub changes: Vec<Change>,
    /// From where to ask next.
    pub next: u64,
    /// Whether there were more when this was answered.
    pub more: bool,
}

impl Store {
    /// What changed for everybody after record `since`: at most `limit` changes, perhaps fewer though there are more.
    /// `None` when the ledger has fewer records.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when a record cannot be read, and for a damaged ledger.
    pub fn changes(&self, since: u64, limit: usize) -> Result<Option<Changes>, ReadError> {
        let documents = self.documents();
        let snapshot = self.public();
        let last = snapshot.seq();
        if self.is_damaged() {
            return Err(ReadError::Damaged);
        }
        if since > last {
            return Ok(None);
        }
        let end = last.min(since.saturating_add(EXAMINED));
        let (mut next, mut changes) = (since, Vec::new());
        while next < end && changes.len() < limit {
            for kept in documents.block(next / merkle::BLOCK)? {
                if kept.link.seq == next + 1 && next < end && changes.len() < limit {
                    next = kept.link.seq;
                    changes.extend(self.change(&snapshot, &kept)?);
                }
            }
        }
        Ok(Some(Changes { changes, next, more: next < last }))
    }

    fn change(&self, snapshot: &PublicSnapshot, kept: &Kept) -> Result<Option<Change>, ReadError> {
        let seq = kept.link.seq;
        if kept.link.erased {
            return Ok(None);
        }
        let erasure = match kept.link.op {
            Op::Erase => Some(Erasure::read(&kept.frame, kept.position)?),
            Op::Put | Op::Withdraw => None,
        };
        let id = match &erasure {
            Some(erasure) => erasure.id,
            None => incident_of(&kept.frame, kept.position)?.id,
        };
        let earlier = {
            let index = self.index().read().unwrap_or_else(PoisonError::into_inner);
            if index.current(id).is_none_or(|current| current.position != kept.position) {
                return Ok(None);
            }
            index.earlier.get(&id).cloned().unwrap_or_default()
        };
        if let Some(erasure) = erasure {
            let before = Before::Public;
            return Ok(erasure.properties.was_public.then_some(Change { seq, id, before, feature: None }));
        }
        let before = if self.was_public(&earlier)? { Before::Public } else { Before::Unknown };
        match (snapshot.get(id), before) {
            (Some(row), _) => Ok(Some(Change { seq, id, before, feature: Some(snapshot.feature(&row)?) })),
            (None, Before::Public) => Ok(Some(Change { seq, id, before, feature: None })),
            (None, Before::Unknown) => Ok(None),
        }
    }

    /// Whether any of these revisions was public. The latest is looked at first: mostly it was.
    fn was_public(&self, revisions: &[Position]) -> Result<bool, ReadError> {
        for &position in revisions.iter().rev() {
            let frame = self.documents().read(position)?;
            if project(&Record::new(incident_of(&frame, position)?)).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
