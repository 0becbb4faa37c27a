//! One batch of the ledger, and how to take it back as one.
//!
//! What a batch made is withdrawn, what it revised says again what it said before, both in one new batch: the ledger only
//! grows. A record that was revised since is left as it is, since somebody has looked at it after the batch.
//!
//! Cost: the batch is found by halving, some 20 blocks of records read from the disk; then its records, and one more for each
//! that it revised.

use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;

use kordon_incidents::{Incident, IncidentId, RecordStatus};

use crate::ledger::{Kept, Position, ReadError};
use crate::merkle;
use crate::record::Op;
use crate::store::{Author, Outcome, PutError, Store, incident_of};

/// What taking a batch back would do, or has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// Incidents that the batch made and that are withdrawn.
    pub withdrawn: Vec<IncidentId>,
    /// Incidents that the batch revised and that say again what they said before.
    pub restored: Vec<IncidentId>,
    /// Incidents that are left as they are: revised, withdrawn or erased since, or hidden by the batch, which taking it back does not
    /// make public.
    pub left: Vec<IncidentId>,
}

/// Why a batch was not taken back. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum TakeBackError {
    /// The ledger has no batch of this number.
    #[error("there is no batch {0}")]
    NoSuchBatch(u64),
    /// It merged an incident into another, and of two that became one only both can be taken back.
    #[error(
        "batch {batch} merged {id} into another incident; kordon unmerge {id} takes that back, and nothing was changed now"
    )]
    HoldsMerge {
        /// The batch.
        batch: u64,
        /// What was merged.
        id: IncidentId,
    },
    /// A record cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The new batch was not written.
    #[error(transparent)]
    Put(#[from] PutError),
}

impl Store {
    /// Takes a batch back as one, or only tells what that would do.
    ///
    /// # Errors
    ///
    /// [`TakeBackError`]: nothing was changed.
    pub fn take_back(&self, batch: u64, author: &Author, dry_run: bool) -> Result<TakenBack, TakeBackError> {
        let records = self.records_of(batch)?;
        if records.is_empty() {
            return Err(TakeBackError::NoSuchBatch(batch));
        }
        let (mut taken, mut incidents) = (TakenBack::default(), Vec::new());
        let mut last: HashMap<IncidentId, Position> = HashMap::new();
        let (mut order, mut merged) = (Vec::new(), HashSet::new());
        for kept in records.iter().filter(|kept| kept.link.op == Op::Put && !kept.link.erased) {
            let incident = incident_of(&kept.frame, kept.position)?;
            merged.extend(is_merged(&incident).then_some(incident.id));
            if last.insert(incident.id, kept.position).is_none() {
                order.push((incident, kept.position));
            }
        }
        for (incident, first) in order {
            let id = incident.id;
            let (is_last, revisions) = {
                let index = self.index().read().unwrap_or_else(PoisonError::into_inner);
                let current = index.current(id).map(|current| (current.position, current.withdrawn));
                (current == last.get(&id).map(|&position| (position, false)), index.revisions(id))
            };
            let before = revisions.iter().take_while(|&&position| position != first).last();
            let before = before.map(|&position| incident_of(&self.documents().read(position)?, position));
            let before = before.transpose()?;
            if merged.contains(&id) && before.as_ref().is_some_and(|before| !is_merged(before)) {
                return Err(TakeBackError::HoldsMerge { batch, id });
            }
            match before {
                _ if !is_last => taken.left.push(id),
                Some(before) => {
                    incidents.push(before);
                    taken.restored.push(id);
                }
                None => {
                    incidents.push(withdrawn(incident));
                    taken.withdrawn.push(id);
                }
            }
        }
        let asked: Vec<IncidentId> = incidents.iter().map(|incident| incident.id).collect();
        if !asked.is_empty() {
            let put =
                if dry_run { self.foresee_put(incidents, author) } else { self.put(incidents, author) }?;
            // Hidden by the batch, or with what was erased since: each says what it said, and that is left.
            let unchanged =
                asked.iter().zip(&put.ids).filter(|(_, (_, outcome))| *outcome == Outcome::Unchanged);
            let unchanged: HashSet<IncidentId> = unchanged.map(|(id, _)| *id).collect();
            taken.left.extend(taken.restored.extract_if(.., |id| unchanged.contains(id)));
        }
        Ok(taken)
    }

    /// The records of a batch, in order.
    fn records_of(&self, batch: u64) -> Result<Vec<Kept>, ReadError> {
        let blocks = self.full().seq().div_ceil(merkle::BLOCK);
        let documents = self.documents();
        let (mut low, mut high) = (0, blocks);
        while low < high {
            let middle = low + (high - low) / 2;
            let ends_before = documents.block(middle)?.last().is_none_or(|kept| kept.link.batch < batch);
            if ends_before { low = middle + 1 } else { high = middle }
        }
        let mut records = Vec::new();
        for number in low..blocks {
            let block = documents.block(number)?;
            let beyond = block.last().is_none_or(|kept| kept.link.batch > batch);
            records.extend(block.into_iter().filter(|kept| kept.link.batch == batch));
            if beyond {
                break;
            }
        }
        Ok(records)
    }
}

fn is_merged(incident: &Incident) -> bool {
    incident.properties.record_status == Some(RecordStatus::Merged)
}

fn withdrawn(mut incident: Incident) -> Incident {
    incident.properties.record_status = Some(RecordStatus::Withdrawn);
    incident
}
