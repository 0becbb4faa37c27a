//! How many incidents, by day, month, kind, country and so on, with their dead as a range.
//!
//! Counts are exact and equal to the drill-down: a group has the rows that the same question, restricted to
//! the group, finds. An incident counts once in each group it belongs to: one that hit a port and a school
//! is in both groups of infrastructure, so these may add up to more than `matched`. Days, months and years
//! are those of the start of the incident, in UTC.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use kordon_incidents::{Damage, EventType, Infrastructure, Verification, civil_from_days};

use crate::columns::{Columns, NO_WORD, UNKNOWN};
use crate::names::{NONE, Symbol};
use crate::query::{Compiled, Query};
use crate::snapshot::{Context, Snapshot};

/// What to count by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// `2023-08-02`
    Day,
    /// `2023-08`
    Month,
    /// `2023`
    Year,
    /// Kind of event.
    EventType,
    /// Finer kind of event.
    SubEventType,
    /// Territories that claim a place; the stated country of an incident without one.
    Country,
    /// What was hit.
    Infrastructure,
    /// How badly.
    Damage,
    /// How sure it is.
    Verification,
    /// The nearest foreign territory.
    Foreign,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Day,
        Self::Month,
        Self::Year,
        Self::EventType,
        Self::SubEventType,
        Self::Country,
        Self::Infrastructure,
        Self::Damage,
        Self::Verification,
        Self::Foreign,
    ];

    /// The word in a query, and the name of the member in a group.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
            Self::EventType => "event_type",
            Self::SubEventType => "sub_event_type",
            Self::Country => "country",
            Self::Infrastructure => "infrastructure",
            Self::Damage => "damage",
            Self::Verification => "verification",
            Self::Foreign => "foreign",
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A word that names no dimension.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of {}", Dimension::ALL.map(Dimension::as_str).join(", "))]
pub struct UnknownDimension;

impl FromStr for Dimension {
    type Err = UnknownDimension;
    fn from_str(word: &str) -> Result<Self, UnknownDimension> {
        Self::ALL.into_iter().find(|dimension| dimension.as_str() == word).ok_or(UnknownDimension)
    }
}

/// The rows that share their values in all dimensions asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// One value for each dimension, in the order asked; `None` when the row has none.
    pub key: Vec<Option<String>>,
    /// How many incidents.
    pub count: usize,
    /// The dead, as far as they are known.
    pub deaths: Deaths,
}

/// The dead of several incidents, as a range.
///
/// Where an incident states only some of the three numbers, the others are taken from those: a missing low
/// is the best or else 0, a missing best the low, a missing high the best or else the low.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deaths {
    /// Sum of the lowest counts.
    pub low: u64,
    /// Sum of the best counts.
    pub best: u64,
    /// Sum of the highest counts.
    pub high: u64,
    /// How many incidents state any number.
    pub stated_by: usize,
}

impl Deaths {
    fn add(&mut self, [low, best, high]: [u32; 3]) {
        if [low, best, high] == [UNKNOWN; 3] {
            return;
        }
        let or = |number: u32, other: u32| if number == UNKNOWN { other } else { number };
        let known_low = or(or(low, best), 0);
        let (low, best, high) = (known_low, or(best, known_low), or(or(high, best), known_low));
        self.low += u64::from(low);
        self.best += u64::from(best);
        self.high += u64::from(high);
        self.stated_by += 1;
    }
}

/// Groups, and how many rows they were made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// How many incidents match, each counted once.
    pub matched: usize,
    /// The dead of all that match.
    pub deaths: Deaths,
    /// The groups, ascending by key.
    pub groups: Vec<Group>,
}

impl<V> Snapshot<V> {
    /// Counts what matches by one or several dimensions; limit, order and cursor of the query are not used.
    pub fn aggregate(&self, query: &Query, by: &[Dimension]) -> Aggregate {
        let hits = Compiled::new(query, &self.context).hits(&self.slices);
        let mut all = Deaths::default();
        let mut sums: HashMap<Vec<u32>, (usize, Deaths)> = HashMap::new();
        let mut keys: Vec<Vec<u32>> = Vec::new();
        for hit in &hits {
            let columns = &self.slices[hit.slice as usize].part.columns;
            let row = hit.row as usize;
            all.add(columns.deaths[row]);
            keys.clear();
            keys.push(Vec::with_capacity(by.len()));
            for dimension in by {
                extend(&mut keys, &values(*dimension, columns, row, &self.context));
            }
            for key in &keys {
                let sum = match sums.get_mut(key) {
                    Some(sum) => sum,
                    None => sums.entry(key.clone()).or_default(),
                };
                sum.0 += 1;
                sum.1.add(columns.deaths[row]);
            }
        }
        let named = |(key, (count, deaths)): (Vec<u32>, (usize, Deaths))| {
            let words = key.iter().zip(by).map(|(value, by)| name(*by, *value, &self.context));
            Group { key: words.collect(), count, deaths }
        };
        let mut groups: Vec<Group> = sums.into_iter().map(named).collect();
        groups.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Aggregate { matched: hits.len(), deaths: all, groups }
    }
}

/// Every key so far with every one of these values.
fn extend(keys: &mut Vec<Vec<u32>>, values: &[u32]) {
    let [first, others @ ..] = values else { return };
    let so_far = keys.len();
    for other in others {
        for at in 0..so_far {
            let mut key = keys[at].clone();
            key.push(*other);
            keys.push(key);
        }
    }
    for key in &mut keys[..so_far] {
        key.push(*first);
    }
}

/// The values of a row in a dimension, as numbers; never none.
fn values(by: Dimension, columns: &Columns, row: usize, context: &Context) -> Vec<u32> {
    let word = |word: u8| if word == NO_WORD { NONE } else { u32::from(word) };
    match by {
        Dimension::Day | Dimension::Month | Dimension::Year => {
            vec![period(by, columns.start_s[row])]
        }
        Dimension::EventType => vec![word(columns.event_type[row])],
        Dimension::Verification => vec![word(columns.verification[row])],
        Dimension::SubEventType => vec![columns.sub_event_type[row]],
        Dimension::Infrastructure => bits(columns.infrastructure[row]),
        Dimension::Damage => bits(columns.damage[row]),
        Dimension::Foreign => {
            let foreign = columns.border[row].foreign.as_ref();
            vec![foreign.map_or(NONE, |nearest| number(nearest.territory.index()))]
        }
        Dimension::Country if columns.places(row).is_empty() => {
            let stated = context.words.name(columns.country[row]);
            let known = stated.and_then(|code| context.borders.find(&code));
            vec![known.map_or(NONE, |id| number(id.index()))]
        }
        Dimension::Country => {
            let claims = context.claims.name(columns.border[row].claims);
            let ids: Vec<u32> =
                claims.iter().flat_map(|ids| ids.iter()).map(|id| number(id.index())).collect();
            if ids.is_empty() { vec![NONE] } else { ids }
        }
    }
}

fn number(index: usize) -> Symbol {
    Symbol::try_from(index).unwrap_or(NONE)
}

fn bits(set: u32) -> Vec<u32> {
    if set == 0 {
        return vec![NONE];
    }
    (0..32).filter(|bit| set >> bit & 1 == 1).collect()
}

/// A day, month or year as the number YYYYMMDD, YYYYMM00 or YYYY0000.
fn period(by: Dimension, start_s: i64) -> u32 {
    let (year, month, day) = civil(start_s);
    match by {
        Dimension::Day => year * 10_000 + month * 100 + day,
        Dimension::Month => year * 10_000 + month * 100,
        _ => year * 10_000,
    }
}

/// Year, month and day of a second, in UTC; years before 0 as 0.
pub(crate) fn civil(start_s: i64) -> (u32, u32, u32) {
    let (year, month, day) = civil_from_days(start_s.div_euclid(86_400));
    let small = |number: i32| u32::try_from(number).unwrap_or(0);
    (small(year), small(month), small(day))
}

fn name(by: Dimension, value: u32, context: &Context) -> Option<String> {
    if value == NONE {
        return None;
    }
    let word = |words: &[&str]| words.get(value as usize).map(|word| (*word).to_owned());
    let (year, month, day) = (value / 10_000, value / 100 % 100, value % 100);
    match by {
        Dimension::Day => Some(format!("{year:04}-{month:02}-{day:02}")),
        Dimension::Month => Some(format!("{year:04}-{month:02}")),
        Dimension::Year => Some(format!("{year:04}")),
        Dimension::EventType => word(EventType::WORDS),
        Dimension::Verification => word(Verification::WORDS),
        Dimension::Infrastructure => word(Infrastructure::WORDS),
        Dimension::Damage => word(Damage::WORDS),
        Dimension::SubEventType => context.words.name(value).map(|name| name.to_string()),
        Dimension::Country | Dimension::Foreign => {
            context.borders.territories().get(value as usize).map(|territory| territory.code.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_fall_on_the_days_of_the_calendar() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(-1), (1969, 12, 31));
        assert_eq!(civil(951_782_400), (2000, 2, 29));
        assert_eq!(civil(1_690_934_400), (2023, 8, 2));
    }

    #[test]
    fn a_missing_count_is_taken_from_those_that_are_stated() {
        let mut deaths = Deaths::default();
        deaths.add([UNKNOWN, 3, UNKNOWN]);
        deaths.add([1, UNKNOWN, 4]);
        deaths.add([UNKNOWN, UNKNOWN, 5]);
        deaths.add([UNKNOWN; 3]);
        assert_eq!(deaths, Deaths { low: 4, best: 4, high: 12, stated_by: 3 });
    }
}
