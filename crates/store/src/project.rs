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
    is_public(&record.incident).then_some(PublicRecord { incident: &record.incident })
}

/// Whether everybody may see it.
pub(crate) fn is_public(incident: &Incident) -> bool {
    matches!(incident.properties.record_status, None | Some(RecordStatus::Published)) && is_free(incident)
}

/// Whether it asks to be shown neither coarser nor not at all.
pub(crate) fn is_free(incident: &Incident) -> bool {
    let properties = &incident.properties;
    let exact = properties.masking.as_ref().is_none_or(|masking| masking.level == MaskingLevel::Exact);
    exact && properties.redistributable != Some(false)
}

/// Whether what an incident said when it was public may still be told as what it said then, after these later
/// revisions of it, given newest first.
///
/// Whatever hides it today hides its past as well. Withdrawing and merging hide nothing: they say that a report does
/// not stand any more, and what was cited of it has to stay readable; of one that was hidden before it was withdrawn,
/// the revision before counts.
pub(crate) fn may_still_be_told<E>(later: impl Iterator<Item = Result<Record, E>>) -> Result<bool, E> {
    for record in later {
        let record = record?;
        let is_gone = matches!(record.status(), RecordStatus::Withdrawn | RecordStatus::Merged);
        if !is_gone || !is_free(&record.incident) {
            return Ok(project(&record).is_some());
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use kordon_incidents::{EventDate, Masking, Properties};

    use super::*;

    fn record(change: impl FnOnce(&mut Properties)) -> Record {
        let mut properties = Properties::new(EventDate::parse("2025-05-30").unwrap());
        change(&mut properties);
        let id = kordon_incidents::IncidentId::from_random([7; 16]);
        Record::new(Incident { id, places: Vec::new(), properties })
    }

    fn is_public(change: impl FnOnce(&mut Properties)) -> bool {
        project(&record(change)).is_some()
    }

    #[test]
    fn the_past_is_told_unless_something_since_hides_it() {
        let told = |later: Vec<Record>| may_still_be_told(later.into_iter().map(Ok::<_, ()>)) == Ok(true);
        let masked = Some(Masking { level: MaskingLevel::Hidden });
        let status = |status| move |p: &mut Properties| p.record_status = Some(status);
        let withdrawn = || record(status(RecordStatus::Withdrawn));
        let draft = || record(status(RecordStatus::Draft));
        assert!(told(vec![]));
        assert!(told(vec![record(|_| {})]));
        assert!(told(vec![withdrawn()]));
        assert!(told(vec![record(status(RecordStatus::Merged)), record(|_| {})]));
        assert!(told(vec![record(|_| {}), draft()]), "it was given free again");
        assert!(!told(vec![draft(), record(|_| {})]));
        assert!(!told(vec![withdrawn(), draft()]), "hidden, then withdrawn");
        assert!(!told(vec![record(
            |p| (p.record_status, p.masking) = (Some(RecordStatus::Withdrawn), masked)
        )]));
        assert!(!told(vec![record(|p| p.redistributable = Some(false))]));
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
