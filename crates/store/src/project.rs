//! The one place where a record becomes public, or does not.
//!
//! Everything the public can ask is built from [`PublicRecord`]s: the tree, columns, counts, tiles, texts,
//! sort keys, border distances and documents. A `PublicRecord` is made by [`project`] and nowhere else, so
//! what it withholds cannot be reached from a public snapshot by any filter.
//!
//! Published, redistributable and exactly placed records are public as they are. All others are withheld
//! whole: a record that asks for a coarser place than its exact one has no public form here, which is the
//! safe reading of every masking level.

use kordon_incidents::{Incident, MaskingLevel, RecordStatus};

/// A record as its author put it: for staff only.
pub(crate) struct Record {
    incident: Incident,
}

impl Record {
    pub fn new(incident: Incident) -> Self {
        Self { incident }
    }

    pub fn incident(&self) -> &Incident {
        &self.incident
    }

    pub fn status(&self) -> RecordStatus {
        self.incident.properties.record_status.unwrap_or(RecordStatus::Published)
    }
}

/// What everybody may know of a record.
pub(crate) struct PublicRecord<'a> {
    incident: &'a Incident,
}

impl PublicRecord<'_> {
    /// The public form. It is the record itself, word for word, so its document is the ledger's.
    pub fn incident(&self) -> &Incident {
        self.incident
    }
}

/// What everybody may know of this record, if anything.
pub(crate) fn project(record: &Record) -> Option<PublicRecord<'_>> {
    let properties = &record.incident.properties;
    let exact = properties.masking.as_ref().is_none_or(|masking| masking.level == MaskingLevel::Exact);
    let free = properties.redistributable != Some(false);
    (record.status() == RecordStatus::Published && exact && free)
        .then_some(PublicRecord { incident: &record.incident })
}

#[cfg(test)]
mod tests {
    use kordon_incidents::{EventDate, Masking, Properties};

    use super::*;

    fn is_public(change: impl FnOnce(&mut Properties)) -> bool {
        let mut properties = Properties::new(EventDate::parse("2025-05-30").unwrap());
        change(&mut properties);
        let id = kordon_incidents::IncidentId::from_random([7; 16]);
        project(&Record::new(Incident { id, places: Vec::new(), properties })).is_some()
    }

    #[test]
    fn only_published_free_and_exact_records_are_public() {
        assert!(is_public(|_| {}));
        assert!(is_public(|p| p.redistributable = Some(true)));
        assert!(!is_public(|p| p.redistributable = Some(false)));
        for &status in RecordStatus::ALL {
            assert_eq!(is_public(|p| p.record_status = Some(status)), status == RecordStatus::Published);
        }
        for &level in MaskingLevel::ALL {
            let masking = Some(Masking { level });
            assert_eq!(is_public(|p| p.masking = masking), level == MaskingLevel::Exact);
        }
    }
}
