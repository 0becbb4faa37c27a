//! From a report to an incident, or to every fault it has.
//!
//! A record is parsed once and then filled in property by property; each thing wrong is noted with its
//! place and the rest is read on, so that a reporter mends a record in one go. Rows of a table and
//! properties of foreign GeoJSON pass through the same checks, only their values may be written the way
//! tables write them (`lenient`).
//!
//! Cost: about 3 µs for a record of 500 bytes; reports are independent, so callers may check in parallel.
//!
//! Limits: a pair of swapped coordinates is caught only when it leaves the globe; Kyiv swapped is a valid
//! place in Iran.

mod admin;
mod desk;
mod explain;
mod feature;
mod named;
mod row;
mod surroundings;

pub use explain::{Explained, explain, explain_all};
pub use named::NamedPlaces;
pub use surroundings::{Surroundings, check_among};

use crate::date::EventDate;
use crate::fault::Fault;
use crate::incident::{Incident, IncidentId, Properties};
use crate::json::keep;
use crate::profile::Profile;
use crate::read::read;
use crate::report::{ReadOptions, Report};
use desk::{Desk, Repair};
use kordon_borders::LonLat;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// A report that passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Which record of the input, counted from 0.
    pub index: usize,
    /// Line on which it began, counted from 1.
    pub line: usize,
    /// The incident; its id is its own or one of the caller's new ones.
    pub incident: Incident,
    /// The record came with an id of ours. Otherwise `same_as` holds the key on which it updates.
    pub has_own_id: bool,
    /// What was taken but is worth knowing.
    pub warnings: Vec<Fault>,
    /// What was put right because it was asked for; it is kept in `extra.repairs` too.
    pub repairs: Vec<Fault>,
    /// Whom to credit for what was filled in.
    pub credits: Vec<Arc<str>>,
    /// Digits behind the point of its coarsest place, as they were written; `None` where that is not known.
    decimals: Option<usize>,
}

/// Checks one report: a good one becomes an incident, a bad one all its faults.
///
/// Every incident leaves with a key that is the same when the same input is read again: its own UUID, or a
/// `same_as`. When the record has neither, `same_as` becomes `<source>:<id>` with the record's own id or,
/// without one, the first 16 hexadecimal digits of the SHA-256 of its text. An id of the source beside a `same_as` stays in `extra`.
///
/// # Errors
///
/// Every fault of the record. When one of them is [`Fault::fatal`], the bytes are broken and nothing of the
/// whole input may be kept.
pub fn check(report: &Report, new_id: &mut dyn FnMut() -> IncidentId) -> Result<Checked, Vec<Fault>> {
    let mut desk = Desk::new(report);
    let draft = match &report.origin.columns {
        Some(columns) => row::fill(&mut desk, columns),
        None => feature::fill(&mut desk),
    };
    let Desk { faults, warnings, repairs, decimals, .. } = desk;
    let Some(draft) = draft.filter(|_| faults.is_empty()) else {
        return Err(faults);
    };
    let Draft { id, source_id, places, mut properties, profile, .. } = draft;
    if id.is_none() && properties.same_as.is_empty() {
        let source = report.origin.source_of(profile.as_deref());
        properties.same_as.push(key(report, source, source_id.as_deref()));
    } else if let Some(source_id) = source_id {
        keep(&mut properties.extra, "id", Some(source_id));
    }
    let repairs = repairs.into_iter().map(|Repair { told, kept }| {
        Repair::keep_in(&mut properties.extra, kept);
        told
    });
    let repairs = repairs.collect();
    let incident = Incident { id: id.unwrap_or_else(new_id), places, properties };
    let (index, line) = (report.index, report.line);
    let has_own_id = id.is_some();
    Ok(Checked { index, line, incident, has_own_id, warnings, repairs, credits: Vec::new(), decimals })
}

/// What a record is known by within its input: its id, or else its first `same_as`.
///
/// Made wherever the record is checked, so that whoever looks for repeats has little left to do.
#[derive(Debug)]
pub struct Sighting {
    index: usize,
    line: usize,
    field: &'static str,
    name: Box<str>,
    key: [u8; 16],
}

impl Sighting {
    /// Of this record.
    pub fn of(checked: &Checked) -> Sighting {
        let Checked { index, line, incident, has_own_id, .. } = checked;
        let (field, name, key) = match incident.properties.same_as.first() {
            Some(name) if !has_own_id => {
                let digest = Sha256::digest(name.as_bytes());
                let mut key = [0; 16];
                key.copy_from_slice(&digest[..16]);
                ("same_as", name.as_str().into(), key)
            }
            _ => ("id", incident.id.to_string().into(), *incident.id.as_bytes()),
        };
        Sighting { index: *index, line: *line, field, name, key }
    }

    /// Which record of the input, counted from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Line on which it began, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The same for two records only when they are known by the same.
    pub fn key(&self) -> [u8; 16] {
        self.key
    }

    /// The fault that an earlier record of the file was known by the same, which the later one would silently replace.
    pub fn repeats(&self, file: &str, earlier_line: u64) -> Fault {
        let Sighting { index, line, field, name, .. } = self;
        Fault {
            file: file.into(),
            index: Some(*index),
            line: *line,
            column: 1,
            pointer: None,
            field: Some((*field).into()),
            problem: format!("{} stands on line {earlier_line} already", crate::json::shown(name)).into(),
            hint: Some("one input may hold an incident only once".into()),
            fatal: false,
        }
    }
}

/// Finds records of one input that are known by the same, while all of them are in memory anyway.
#[derive(Debug)]
pub struct Repeated {
    file: Arc<str>,
    seen: HashMap<[u8; 16], usize>,
}

impl Repeated {
    /// Nothing seen yet; `file` is the name that faults bear.
    pub fn new(file: &str) -> Repeated {
        Repeated { file: file.into(), seen: HashMap::new() }
    }

    /// A fault when an earlier record was known by the same. Records are to come in the order of the input.
    pub fn see(&mut self, sighting: &Sighting) -> Option<Fault> {
        let earlier = self.seen.insert(sighting.key, sighting.line)?;
        Some(sighting.repeats(&self.file, earlier as u64))
    }
}

/// Reads and checks an input that is to hold one record, such as the body of a request.
///
/// # Errors
///
/// Every fault of the record, or that there is none or more than one.
pub fn check_one(
    input: &[u8],
    options: &ReadOptions,
    new_id: &mut dyn FnMut() -> IncidentId,
) -> Result<Checked, Vec<Fault>> {
    let mut reader = read(input, options).map_err(|fault| vec![fault])?;
    let refusal = |problem: &str| {
        vec![Fault::of_input(&options.file.as_str().into(), 1, problem, "one GeoJSON Feature is expected")]
    };
    let report =
        reader.next().ok_or_else(|| refusal("the input holds no record"))?.map_err(|fault| vec![fault])?;
    match reader.next() {
        None => check(&report, new_id),
        Some(Ok(_)) => Err(refusal("the input holds more than one record")),
        Some(Err(fault)) => Err(vec![fault]),
    }
}

/// The stable key of a record that has none of its own.
fn key(report: &Report, source: &str, source_id: Option<&str>) -> String {
    match source_id {
        Some(id) => format!("{source}:{id}"),
        None => {
            let digest = Sha256::digest(report.text.as_bytes());
            let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            format!("{source}:{hex}")
        }
    }
}

/// A record on its way to becoming an incident.
struct Draft {
    id: Option<IncidentId>,
    source_id: Option<String>,
    /// The known source that it is of.
    profile: Option<Arc<Profile>>,
    places: Vec<LonLat>,
    /// A place was stated, soundly or not; so its absence is not a second fault.
    has_place: bool,
    has_date: bool,
    properties: Properties,
}

impl Draft {
    fn new() -> Draft {
        // Stands in until the date is read; a record in which none is found is never returned.
        let stand_in = EventDate::of_day(1970, 1, 1).expect("the calendar has this day");
        Draft {
            id: None,
            source_id: None,
            profile: None,
            places: Vec::new(),
            has_place: false,
            has_date: false,
            properties: Properties::new(stand_in),
        }
    }
}

#[cfg(test)]
mod formats;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod profiles;
#[cfg(test)]
mod sound;
#[cfg(test)]
pub(crate) mod tests;
