//! How many incidents, by day, month, kind, country and so on, with their dead and injured as ranges.
//!
//! Counts are exact and equal to the drill-down: a group has the rows that the same question, restricted to
//! the group ([`Cell`]), finds, since both look at a row by the same code. An incident counts once in each group it belongs to: one that hit a port and a school
//! is in both groups of infrastructure, so these may add up to more than `matched`. Days, weeks (ISO 8601), months and
//! years are those of the start of the incident, in UTC.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use kordon_incidents::{Damage, EventType, Infrastructure, Verification, civil_from_days};

use crate::columns::{Columns, NO_WORD, UNKNOWN};
use crate::names::{NONE, Symbol};
use crate::query::{Compiled, Memo, Query};
use crate::snapshot::{Context, Snapshot};

/// What to count by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// `2023-08-02`
    Day,
    /// `2023-W31`
    Week,
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
    /// The unit below the country that the report names, else its code.
    Admin1,
    /// The unit below that.
    Admin2,
    /// How far it is, in kilometers, from what was asked about, else from the nearest foreign territory.
    DistanceBand,
}

/// The lower ends of the bands of distance, in kilometers; each ends where the next one begins.
const BANDS_KM: [u32; 8] = [0, 1, 5, 10, 25, 50, 100, 250];
/// Inside the territory that was asked about: the band before the first.
const INSIDE: u32 = 0;

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Year,
        Self::EventType,
        Self::SubEventType,
        Self::Country,
        Self::Infrastructure,
        Self::Damage,
        Self::Verification,
        Self::Foreign,
        Self::Admin1,
        Self::Admin2,
        Self::DistanceBand,
    ];

    /// The word in a query, and the name of the member in a group.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
            Self::EventType => "event_type",
            Self::SubEventType => "sub_event_type",
            Self::Country => "country",
            Self::Infrastructure => "infrastructure",
            Self::Damage => "damage",
            Self::Verification => "verification",
            Self::Foreign => "foreign",
            Self::Admin1 => "admin1",
            Self::Admin2 => "admin2",
            Self::DistanceBand => "distance_band",
        }
    }

    /// Whether incidents may have this value, `None` for none, in any store. Which territories and names there are, only a
    /// store knows.
    fn may_have(self, value: Option<&str>) -> bool {
        let is_word = |words: &[&str]| value.is_none_or(|value| words.contains(&value));
        match self {
            // Each incident has a date.
            Self::Day | Self::Week | Self::Month | Self::Year => {
                value.is_some_and(|value| period_of(self, value).is_some())
            }
            Self::EventType => is_word(EventType::WORDS),
            Self::Verification => is_word(Verification::WORDS),
            Self::Infrastructure => is_word(Infrastructure::WORDS),
            Self::Damage => is_word(Damage::WORDS),
            Self::DistanceBand => value.is_none_or(|value| band_of_name(value).is_some()),
            Self::SubEventType | Self::Country | Self::Foreign | Self::Admin1 | Self::Admin2 => true,
        }
    }

    /// What a value is, for who gave another.
    fn expected(self) -> String {
        let one_of = |words: &[&str]| format!("one of {}", words.join(", "));
        match self {
            Self::Day => "a day such as 2023-08-02".to_owned(),
            Self::Week => "a week such as 2023-W31".to_owned(),
            Self::Month => "a month such as 2023-08".to_owned(),
            Self::Year => "a year such as 2023".to_owned(),
            Self::EventType => one_of(EventType::WORDS),
            Self::Verification => one_of(Verification::WORDS),
            Self::Infrastructure => one_of(Infrastructure::WORDS),
            Self::Damage => one_of(Damage::WORDS),
            Self::DistanceBand => format!("one of {}", bands().map(band_name).collect::<Vec<_>>().join(", ")),
            Self::SubEventType | Self::Country | Self::Foreign | Self::Admin1 | Self::Admin2 => {
                "a name".to_owned()
            }
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

/// One value of a dimension, by which incidents are chosen as a group has them: `month:2023-08`, or `country:` for those
/// that have none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Of what.
    pub by: Dimension,
    /// Which value; `None` for incidents without one.
    pub value: Option<String>,
}

/// Why a text is no cell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCell {
    /// Of no dimension.
    #[error("the dimension is {0}")]
    Dimension(#[from] UnknownDimension),
    /// Of a value that no incident has in any store, such as a month 13.
    #[error("the value is not {}", .0.expected())]
    Value(Dimension),
}

impl FromStr for Cell {
    type Err = BadCell;
    fn from_str(text: &str) -> Result<Self, BadCell> {
        let (by, value) = text.split_once(':').ok_or(UnknownDimension)?;
        let by: Dimension = by.trim().parse()?;
        let value = (!value.is_empty()).then(|| value.to_owned());
        if by.may_have(value.as_deref()) { Ok(Self { by, value }) } else { Err(BadCell::Value(by)) }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.by, self.value.as_deref().unwrap_or_default())
    }
}

/// Cells in numbers.
pub(crate) struct Cells<'a> {
    context: &'a Context,
    /// Which number each has to have; `None` when no row has it.
    wanted: Vec<(Dimension, Option<u32>)>,
}

impl<'a> Cells<'a> {
    pub fn new(cells: &[Cell], context: &'a Context) -> Option<Self> {
        let number = |cell: &Cell| match &cell.value {
            None => Some(NONE),
            Some(value) => number_of(cell.by, value, context),
        };
        let mut wanted = Vec::new();
        for cell in cells.iter().map(|cell| (cell.by, number(cell))) {
            if !wanted.contains(&cell) {
                wanted.push(cell);
            }
        }
        (!cells.is_empty()).then_some(Self { context, wanted })
    }

    /// Whether a row, so far away, is in all of them.
    pub fn have(&self, columns: &Columns, row: usize, band: impl Fn() -> u32) -> bool {
        // It may have to be measured, so that is done once.
        let known = OnceCell::new();
        let band = || *known.get_or_init(&band);
        self.wanted.iter().all(|(by, wanted)| {
            wanted.is_some_and(|wanted| values(*by, columns, row, self.context, band).contains(&wanted))
        })
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
    pub deaths: Casualties,
    /// The injured, as far as they are known.
    pub injured: Casualties,
}

/// The dead, or the injured, of several incidents, as a range.
///
/// Where an incident states only some of the three numbers, the others are taken from those: a missing low
/// is the best or else 0, a missing best the low, a missing high the best or else the low.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Casualties {
    /// Sum of the lowest counts.
    pub low: u64,
    /// Sum of the best counts.
    pub best: u64,
    /// Sum of the highest counts.
    pub high: u64,
    /// How many incidents state any number.
    pub stated_by: usize,
}

impl Casualties {
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
    pub deaths: Casualties,
    /// The injured of all that match.
    pub injured: Casualties,
    /// The groups, ascending by key.
    pub groups: Vec<Group>,
}

impl<V> Snapshot<V> {
    /// Counts what matches by one or several dimensions; limit, order and cursor of the query are not used.
    pub fn aggregate(&self, query: &Query, by: &[Dimension]) -> Aggregate {
        let compiled = Compiled::new(query, &self.context);
        let hits = compiled.hits(&self.slices);
        let mut all = Sum::default();
        let mut sums: HashMap<Vec<u32>, Sum> = HashMap::new();
        let mut keys: Vec<Vec<u32>> = Vec::new();
        let mut memo = Memo::default();
        for hit in &hits {
            let part = &self.slices[hit.slice as usize].part;
            let (columns, row) = (&part.columns, hit.row as usize);
            all.add(columns, row);
            keys.clear();
            keys.push(Vec::with_capacity(by.len()));
            let band = if by.contains(&Dimension::DistanceBand) {
                compiled.band(part, row, &mut memo)
            } else {
                NONE
            };
            for dimension in by {
                extend(&mut keys, &values(*dimension, columns, row, &self.context, || band));
            }
            for key in &keys {
                match sums.get_mut(key) {
                    Some(sum) => sum.add(columns, row),
                    None => sums.entry(key.clone()).or_default().add(columns, row),
                }
            }
        }
        let named = |(key, Sum { count, deaths, injured }): (Vec<u32>, Sum)| {
            let words = key.iter().zip(by).map(|(value, by)| name(*by, *value, &self.context));
            Group { key: words.collect(), count, deaths, injured }
        };
        let mut groups: Vec<Group> = sums.into_iter().map(named).collect();
        groups.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Aggregate { matched: hits.len(), deaths: all.deaths, injured: all.injured, groups }
    }
}

/// What the rows of a group come to.
#[derive(Default)]
struct Sum {
    count: usize,
    deaths: Casualties,
    injured: Casualties,
}

impl Sum {
    fn add(&mut self, columns: &Columns, row: usize) {
        self.count += 1;
        self.deaths.add(columns.deaths[row]);
        self.injured.add(columns.injured[row]);
    }
}

/// The band of a signed distance, which is `None` when it is more than [`FARTHEST_M`].
pub(crate) fn band_of(meters: Option<f64>) -> u32 {
    let Some(meters) = meters else { return BANDS_KM.len() as u32 };
    if meters < 0.0 {
        return INSIDE;
    }
    BANDS_KM.iter().filter(|&&km| f64::from(km) * 1_000.0 <= meters).count() as u32
}

/// From so far on all are in one band.
pub(crate) const FARTHEST_M: f64 = BANDS_KM[BANDS_KM.len() - 1] as f64 * 1_000.0;

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

/// The values of a row in a dimension, as numbers; never none. How far the row is, is found out only if it matters.
fn values(
    by: Dimension,
    columns: &Columns,
    row: usize,
    context: &Context,
    band: impl Fn() -> u32,
) -> Vec<u32> {
    let word = |word: u8| if word == NO_WORD { NONE } else { u32::from(word) };
    match by {
        Dimension::Day | Dimension::Week | Dimension::Month | Dimension::Year => {
            vec![period(by, columns.start_s[row])]
        }
        Dimension::Admin1 => vec![columns.admin1[row]],
        Dimension::Admin2 => vec![columns.admin2[row]],
        Dimension::DistanceBand => vec![band()],
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

/// A day, month or year as the number YYYYMMDD, YYYYMM00 or YYYY0000; a week as YYYYWW.
fn period(by: Dimension, start_s: i64) -> u32 {
    let (year, month, day) = civil(start_s);
    match by {
        Dimension::Day => year * 10_000 + month * 100 + day,
        Dimension::Week => week(start_s),
        Dimension::Month => year * 10_000 + month * 100,
        _ => year * 10_000,
    }
}

/// The week of ISO 8601: that of the year in which its Thursday lies.
fn week(start_s: i64) -> u32 {
    let day = start_s.div_euclid(86_400);
    let thursday = day + 3 - (day + 3).rem_euclid(7); // The first day of 1970 was one.
    let (year, ..) = civil(thursday * 86_400);
    let (mut first, mut weeks) = (thursday, 1);
    while civil((first - 7) * 86_400).0 == year {
        (first, weeks) = (first - 7, weeks + 1);
    }
    year * 100 + weeks
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
    match by {
        Dimension::Day | Dimension::Week | Dimension::Month | Dimension::Year => Some(period_name(by, value)),
        Dimension::EventType => word(EventType::WORDS),
        Dimension::Verification => word(Verification::WORDS),
        Dimension::Infrastructure => word(Infrastructure::WORDS),
        Dimension::Damage => word(Damage::WORDS),
        Dimension::SubEventType | Dimension::Admin1 | Dimension::Admin2 => {
            context.words.name(value).map(|name| name.to_string())
        }
        Dimension::Country | Dimension::Foreign => {
            context.borders.territories().get(value as usize).map(|territory| territory.code.clone())
        }
        Dimension::DistanceBand => Some(band_name(value)),
    }
}

/// The name of what [`period`] numbers.
fn period_name(by: Dimension, value: u32) -> String {
    let (year, month, day) = (value / 10_000, value / 100 % 100, value % 100);
    match by {
        Dimension::Day => format!("{year:04}-{month:02}-{day:02}"),
        Dimension::Week => format!("{:04}-W{:02}", value / 100, value % 100),
        Dimension::Month => format!("{year:04}-{month:02}"),
        _ => format!("{year:04}"),
    }
}

/// The number whose [`period_name`] this is, if the calendar has it.
fn period_of(by: Dimension, text: &str) -> Option<u32> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits: u32 = digits.parse().ok()?;
    let (year, month, day, weeks) = match by {
        Dimension::Day => (digits / 10_000, digits / 100 % 100, digits % 100, 0),
        // The fourth of January is in the first week of its year.
        Dimension::Week => (digits / 100, 1, 4, i64::from(digits % 100) - 1),
        Dimension::Month => (digits / 100, digits % 100, 1, 0),
        _ => (digits, 1, 1, 0),
    };
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let date = jiff::civil::Date::new(i16::try_from(year).ok()?, month, day).ok()?;
    let start_s = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    let value = period(by, start_s + weeks * 7 * 86_400);
    (period_name(by, value) == text).then_some(value)
}

/// `inside`, `0-1`, … `250-`.
fn band_name(band: u32) -> String {
    let km = |band: u32| BANDS_KM.get(band as usize).map(u32::to_string).unwrap_or_default();
    if band == INSIDE { "inside".to_owned() } else { format!("{}-{}", km(band - 1), km(band)) }
}

/// All bands of distance, the nearest first.
fn bands() -> impl Iterator<Item = u32> {
    0..=BANDS_KM.len() as u32
}

/// The band whose [`band_name`] this is.
fn band_of_name(text: &str) -> Option<u32> {
    bands().find(|&band| band_name(band) == text)
}

/// The number whose [`name`] this is, if any row could have it.
fn number_of(by: Dimension, text: &str, context: &Context) -> Option<u32> {
    let word = |words: &[&str]| words.iter().position(|word| *word == text).map(number);
    match by {
        Dimension::Day | Dimension::Week | Dimension::Month | Dimension::Year => period_of(by, text),
        Dimension::EventType => word(EventType::WORDS),
        Dimension::Verification => word(Verification::WORDS),
        Dimension::Infrastructure => word(Infrastructure::WORDS),
        Dimension::Damage => word(Damage::WORDS),
        Dimension::SubEventType | Dimension::Admin1 | Dimension::Admin2 => context.words.find(text),
        Dimension::Country | Dimension::Foreign => context.borders.find(text).map(|id| number(id.index())),
        Dimension::DistanceBand => band_of_name(text),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kordon_borders::BorderSet;

    use super::*;

    #[test]
    fn a_row_is_measured_once_however_many_cells_ask_how_far_it_is() {
        let borders = Arc::new(BorderSet::natural_earth().unwrap());
        let context = Context::new(borders, Arc::default());
        let asked = [0, 0, 1].map(|band| Cell { by: Dimension::DistanceBand, value: Some(band_name(band)) });
        let cells = Cells::new(&asked, &context).unwrap();
        assert_eq!(cells.wanted.len(), 2);
        let measured = std::cell::Cell::new(0);
        let band = || {
            measured.set(measured.get() + 1);
            0
        };
        assert!(!cells.have(&Columns::default(), 0, band));
        assert_eq!(measured.get(), 1);
    }

    #[test]
    fn seconds_fall_on_the_days_of_the_calendar() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(-1), (1969, 12, 31));
        assert_eq!(civil(951_782_400), (2000, 2, 29));
        assert_eq!(civil(1_690_934_400), (2023, 8, 2));
    }

    #[test]
    fn a_week_belongs_to_the_year_of_its_thursday() {
        let week_of = |date: &str| {
            let date: jiff::civil::Date = date.parse().unwrap();
            let second = date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
            (week(second), date.iso_week_date())
        };
        for date in ["2020-12-31", "2021-01-03", "2021-01-04", "2024-12-30", "2020-01-01", "1969-12-31"] {
            let (ours, theirs) = week_of(date);
            let theirs = (i32::from(theirs.year()), i32::from(theirs.week()));
            assert_eq!(i32::try_from(ours).unwrap(), theirs.0 * 100 + theirs.1, "{date}");
        }
    }

    #[test]
    fn a_cell_has_a_value_that_an_incident_may_have() {
        let sound = [
            "day:2024-02-29",
            "week:2020-W53",
            "month:2023-08",
            "year:2023",
            "damage:",
            "event_type:battles",
            "distance_band:inside",
            "distance_band:250-",
            "country:XXX",
            "admin1:Oblast: south",
        ];
        for text in sound {
            assert_eq!(text.parse::<Cell>().map(|cell| cell.to_string()), Ok(text.to_owned()));
        }
        for (text, by) in [
            ("day:2023-02-29", Dimension::Day),
            ("day:2023-08", Dimension::Day),
            ("week:2021-W53", Dimension::Week),
            ("week:2023-W00", Dimension::Week),
            ("week:2023-W99", Dimension::Week),
            ("month:", Dimension::Month),
            ("month:2023-00", Dimension::Month),
            ("month:2023-99", Dimension::Month),
            ("month:2023-8", Dimension::Month),
            ("month:4294967295", Dimension::Month),
            ("year:23", Dimension::Year),
            ("event_type:Battles", Dimension::EventType),
            ("damage:total", Dimension::Damage),
            ("distance_band:3-4", Dimension::DistanceBand),
        ] {
            assert_eq!(text.parse::<Cell>(), Err(BadCell::Value(by)), "{text}");
        }
        assert_eq!("color:red".parse::<Cell>(), Err(BadCell::Dimension(UnknownDimension)));
        let told = BadCell::Value(Dimension::Month).to_string();
        assert_eq!(told, "the value is not a month such as 2023-08");
    }

    #[test]
    fn a_distance_falls_into_one_band() {
        let name = |meters| band_name(band_of(meters));
        for (meters, band) in [
            (-1.0, "inside"),
            (0.0, "0-1"),
            (999.9, "0-1"),
            (1_000.0, "1-5"),
            (99_999.0, "50-100"),
            (250_000.0, "250-"),
        ] {
            assert_eq!(name(Some(meters)), band, "{meters}");
        }
        assert_eq!(name(None), "250-");
    }

    #[test]
    fn a_missing_count_is_taken_from_those_that_are_stated() {
        let mut deaths = Casualties::default();
        deaths.add([UNKNOWN, 3, UNKNOWN]);
        deaths.add([1, UNKNOWN, 4]);
        deaths.add([UNKNOWN, UNKNOWN, 5]);
        deaths.add([UNKNOWN; 3]);
        assert_eq!(deaths, Casualties { low: 4, best: 4, high: 12, stated_by: 3 });
    }
}
