//! Erasing: what a record said is gone, that it was there stays provable.
//!
//! First a record of the erasure is appended, which names the records by number; only then are their bodies and salts
//! overwritten ([`crate::ledger::Ledger::erase`]). One that is cut short is ended when the store is opened next.
//!
//! The record keeps the keys by which the incident was known, hashed, so that importing its source again does not
//! bring it back. Limits: backups, older copies of the ledger, and what a disk keeps of overwritten files are out of
//! reach; memory forgets with the process.

use kordon_incidents::IncidentId;
use serde::{Deserialize, Serialize};

use crate::ledger::{Position, ReadError};
use crate::record;

/// Why a record is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Somebody could be found and harmed by what it says.
    DangerToLife,
    /// A law or a court orders it.
    Law,
}

/// The record of an erasure, as it stands in the ledger.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Erasure {
    #[serde(rename = "type")]
    kind: Kind,
    pub id: IncidentId,
    geometry: (),
    pub properties: Erased,
}

#[derive(Debug, Serialize, Deserialize)]
enum Kind {
    Feature,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Erased {
    pub record_status: Withdrawn,
    pub revision: u64,
    pub recorded_at: Option<String>,
    pub recorded_by: String,
    pub reason: Reason,
    /// Numbers of the records that are erased.
    pub erased: Vec<u64>,
    /// Whether everybody could see any of them.
    pub was_public: bool,
    /// What the incident was known by: the first halves of the SHA-256 of its `same_as`.
    pub keys: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Withdrawn {
    Withdrawn,
}

impl Erasure {
    pub fn new(id: IncidentId, properties: Erased) -> Self {
        Self { kind: Kind::Feature, id, geometry: (), properties }
    }

    pub fn read(frame: &[u8], position: Position) -> Result<Self, ReadError> {
        let problem = |problem: String| ReadError::NotAnIncident { position, problem };
        let json = record::feature(frame).ok_or_else(|| problem("no Feature".to_owned()))?;
        serde_json::from_slice(&json).map_err(|error| problem(error.to_string()))
    }

    /// The keys as the index has them.
    pub fn keys(&self) -> impl Iterator<Item = u128> + '_ {
        self.properties.keys.iter().filter_map(|key| u128::from_str_radix(key, 16).ok())
    }
}
