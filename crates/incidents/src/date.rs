//! When something happened, as precisely as the source knew it, and no more.
//!
//! A date is kept as it was written, with its offset, and beside it the half-open interval of UTC seconds
//! that it covers: `2025` is a year, `2025-05` a month, `2025-05-30` a day, and only an RFC 3339 instant
//! (`2025-05-30T01:10:00+03:00`) is a moment. A date without an offset is counted in UTC, because the
//! local day of an unknown place is not known; near midnight that can be half a day off.
//!
//! Calendar arithmetic is the proleptic Gregorian day count of H. Hinnant (days from civil), exact for
//! every year taken here. Years run from 1900 to 2100: an incident of 1527 is a typing error.

use crate::vocabulary::DatePrecision;
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use std::fmt;

/// First and last year a date may have.
pub const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

const DAY_S: i64 = 86_400;

/// An interval of time in whole UTC seconds since 1970, half-open: `start_s` belongs to it, `end_s` does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// First second.
    pub start_s: i64,
    /// First second after; always greater than `start_s`.
    pub end_s: i64,
}

/// Why a text is not a date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDate {
    /// It has none of the forms that are understood.
    #[error("is not a date")]
    NotADate,
    /// A bare number, as found in an id column.
    #[error("is a number, which looks like an id rather than a date")]
    LooksLikeAnId,
    /// A month or day that the calendar does not have.
    #[error("is not a day of the calendar")]
    NoSuchDay,
    /// An hour, minute, second or offset off the clock.
    #[error("has a time that no clock shows")]
    NoSuchTime,
    /// A year outside [`YEARS`].
    #[error("lies in the year {0}; years run from 1900 to 2100")]
    Year(i32),
    /// A time of day without its offset from UTC.
    #[error("has a time without an offset from UTC")]
    NoOffset,
    /// `03/04/2024`: two readings.
    #[error("may be day/month or month/day")]
    Ambiguous,
    /// `3-May-24`, or `3/5/24`: of which century is not known.
    #[error("has a year of two digits, which may be of either century")]
    ShortYear,
    /// A date that contradicts the order of day and month that was stated or that other rows prove.
    #[error("contradicts the order of day and month of this column")]
    Order,
}

/// Order of the first two numbers in dates like `03/04/2024`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DateOrder {
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
}

/// A date as the source gave it: a year, a month, a day or an instant with its offset.
#[derive(Clone, Debug)]
pub struct EventDate {
    text: Box<str>,
    start_s: i64,
    end_s: i64,
    offset_s: i32,
    precision: DatePrecision,
}

/// Two dates are equal when they are written alike: `+03:00` and `Z` of the same moment say different things.
impl PartialEq for EventDate {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl EventDate {
    /// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or an RFC 3339 instant. A blank instead of `T`, a small `t` or
    /// `z`, and absent seconds are put right; the offset is kept as given.
    ///
    /// # Errors
    ///
    /// [`BadDate`], which completes a sentence that begins with the text.
    ///
    /// ```
    /// # use kordon_incidents::{EventDate, DatePrecision};
    /// let may = EventDate::parse("2025-05")?;
    /// assert_eq!(may.precision(), DatePrecision::Month);
    /// assert_eq!(may.times().end_s - may.times().start_s, 31 * 86_400);
    /// # Ok::<(), kordon_incidents::BadDate>(())
    /// ```
    pub fn parse(text: &str) -> Result<EventDate, BadDate> {
        let bytes = text.as_bytes();
        let year = digits(bytes, 0, 4).ok_or(BadDate::NotADate)?;
        if bytes.len() > 4 && bytes.iter().all(u8::is_ascii_digit) {
            return Err(BadDate::LooksLikeAnId);
        }
        if bytes.len() == 4 {
            return Self::of_year(year);
        }
        if bytes[4] != b'-' {
            return Err(BadDate::NotADate);
        }
        let month = digits(bytes, 5, 2).ok_or(BadDate::NotADate)?;
        if bytes.len() == 7 {
            return Self::of_month(year, month);
        }
        if bytes[7] != b'-' {
            return Err(BadDate::NotADate);
        }
        let day = digits(bytes, 8, 2).ok_or(BadDate::NotADate)?;
        if bytes.len() == 10 {
            return Self::of_day(year, month, day);
        }
        if !matches!(bytes[10], b'T' | b't' | b' ') {
            return Err(BadDate::NotADate);
        }
        Self::of_instant(&text[..10], days_of(year, month, day)?, &text[11..])
    }

    /// A whole day.
    ///
    /// # Errors
    ///
    /// [`BadDate::Year`] or [`BadDate::NoSuchDay`].
    pub fn of_day(year: i32, month: i32, day: i32) -> Result<EventDate, BadDate> {
        let start_s = days_of(year, month, day)? * DAY_S;
        Ok(Self {
            text: format!("{year:04}-{month:02}-{day:02}").into(),
            start_s,
            end_s: start_s + DAY_S,
            offset_s: 0,
            precision: DatePrecision::Day,
        })
    }

    /// The moment so many milliseconds after 1970-01-01T00:00:00Z, written in UTC.
    ///
    /// # Errors
    ///
    /// [`BadDate::Year`] when that is before 1900 or after 2100.
    pub fn of_epoch_ms(ms: i64) -> Result<EventDate, BadDate> {
        let (seconds, ms) = (ms.div_euclid(1000), ms.rem_euclid(1000));
        let fraction = if ms == 0 { String::new() } else { format!(".{ms:03}") };
        let text = format!("{}{fraction}Z", civil_text(seconds).ok_or(BadDate::Year(i32::MAX))?);
        Self::parse(&text)
    }

    fn of_year(year: i32) -> Result<EventDate, BadDate> {
        let start_s = days_of(year, 1, 1)? * DAY_S;
        Ok(Self {
            text: format!("{year:04}").into(),
            start_s,
            end_s: days_from_civil(year + 1, 1, 1) * DAY_S,
            offset_s: 0,
            precision: DatePrecision::Year,
        })
    }

    fn of_month(year: i32, month: i32) -> Result<EventDate, BadDate> {
        let start_s = days_of(year, month, 1)? * DAY_S;
        Ok(Self {
            text: format!("{year:04}-{month:02}").into(),
            start_s,
            end_s: days_from_civil(year, month + 1, 1) * DAY_S,
            offset_s: 0,
            precision: DatePrecision::Month,
        })
    }

    fn of_instant(day_text: &str, day: i64, clock: &str) -> Result<EventDate, BadDate> {
        let (time, offset) = match clock.find(['Z', 'z', '+', '-']) {
            Some(at) => clock.split_at(at),
            None => {
                clock_s(clock)?;
                return Err(BadDate::NoOffset);
            }
        };
        let (seconds, with_seconds) = clock_s(time)?;
        let offset_s = offset_s(offset)?;
        let start_s = day * DAY_S + i64::from(seconds) - i64::from(offset_s);
        let filled = if with_seconds { "" } else { ":00" };
        let offset = if offset_s == 0 && offset.len() == 1 { "Z" } else { offset };
        Ok(Self {
            text: format!("{day_text}T{time}{filled}{offset}").into(),
            start_s,
            end_s: start_s + 1,
            offset_s,
            precision: DatePrecision::Exact,
        })
    }

    /// The date as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How much the text itself says: `exact`, `day`, `month` or `year`.
    pub fn precision(&self) -> DatePrecision {
        self.precision
    }

    /// The seconds that the text itself covers; an instant covers one.
    pub fn times(&self) -> Times {
        Times { start_s: self.start_s, end_s: self.end_s }
    }

    /// From the start of this date to the end of the hour, day, week, month or year that `precision` says
    /// is all that is known. Never less than the text itself covers. Days, months and years end where they
    /// do at the date's own offset; a week is seven days from the start.
    pub fn times_at(&self, precision: DatePrecision) -> Times {
        let local_s = self.start_s + i64::from(self.offset_s);
        let day = local_s.div_euclid(DAY_S);
        let (year, month, _) = civil_from_days(day);
        let end_local_s = match precision {
            DatePrecision::Exact => local_s + 1,
            DatePrecision::Hour => local_s + 3600,
            DatePrecision::Day => (day + 1) * DAY_S,
            DatePrecision::Week => (day + 7) * DAY_S,
            DatePrecision::Month => days_from_civil(year, month + 1, 1) * DAY_S,
            DatePrecision::Year => days_from_civil(year + 1, 1, 1) * DAY_S,
        };
        let end_s = end_local_s - i64::from(self.offset_s);
        Times { start_s: self.start_s, end_s: end_s.max(self.end_s) }
    }
}

impl fmt::Display for EventDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for EventDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for EventDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Date;
        impl de::Visitor<'_> for Date {
            type Value = EventDate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date: YYYY, YYYY-MM, YYYY-MM-DD or an RFC 3339 instant")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<EventDate, E> {
                EventDate::parse(text).map_err(|bad| E::custom(format_args!("the date {bad}")))
            }
        }
        deserializer.deserialize_str(Date)
    }
}

/// What a date in a foreign table turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ForeignDate {
    pub(crate) date: EventDate,
    /// A time of day was there but could not be placed, for want of an offset; the day was kept.
    pub(crate) time_dropped: bool,
}

/// Reads a date as tables have them: what [`EventDate::parse`] reads, and `20250530`, `2025/05/30`,
/// `30.05.2025`, `30 May 2025`, `May 30, 2025`, `30-May-25`, and `5/30/2025` where the order of day and month is beyond
/// doubt or known. A year of two digits is read behind the name of a month only, see [`century_of`]. A time of day without an offset is dropped and the day kept, midnight silently.
pub(crate) fn parse_foreign(text: &str, order: Option<DateOrder>) -> Result<ForeignDate, BadDate> {
    let text = text.trim();
    match EventDate::parse(text) {
        Ok(date) => return Ok(ForeignDate { date, time_dropped: false }),
        Err(BadDate::NoOffset) => {
            let date = EventDate::parse(&text[..10])?;
            return Ok(ForeignDate { date, time_dropped: !is_midnight(&text[11..]) });
        }
        Err(BadDate::LooksLikeAnId) if text.len() == 8 => {
            let bytes = text.as_bytes();
            let part = |at, n| digits(bytes, at, n).ok_or(BadDate::NotADate);
            let date = EventDate::of_day(part(0, 4)?, part(4, 2)?, part(6, 2)?)
                .map_err(|bad| if bad == BadDate::NoSuchDay { BadDate::LooksLikeAnId } else { bad })?;
            return Ok(ForeignDate { date, time_dropped: false });
        }
        Err(BadDate::NotADate) => {}
        Err(bad) => return Err(bad),
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadDate::LooksLikeAnId);
    }
    if let Some(day) = parse_named_month(text)? {
        return Ok(ForeignDate { date: day, time_dropped: false });
    }
    let (day_text, clock) = text.split_once(' ').unwrap_or((text, ""));
    let slashed = Slashed::parse(day_text).ok_or(BadDate::NotADate)?;
    if !is_clock(clock) {
        return Err(BadDate::NotADate);
    }
    let time_dropped = !is_midnight(clock);
    Ok(ForeignDate { date: slashed.date(order)?, time_dropped })
}

/// The moment that a date with a time of day and no offset is in UTC, written in any of the forms of [`parse_foreign`] that have one;
/// `None` when there is no such moment, as at 13:20 PM.
pub(crate) fn foreign_as_utc(text: &str, order: Option<DateOrder>) -> Option<EventDate> {
    let text = text.trim();
    if let Ok(date) = EventDate::parse(&format!("{text}Z")) {
        return Some(date);
    }
    let (day_text, clock) = text.split_once(' ')?;
    let day = match EventDate::parse(day_text) {
        Ok(day) => day,
        Err(_) => Slashed::parse(day_text)?.date(order).ok()?,
    };
    EventDate::parse(&format!("{day}T{}Z", clock_of_24_hours(clock)?)).ok()
}

/// `07:20`, `14:20:05` of `7:20`, `2:20:05 PM`.
fn clock_of_24_hours(clock: &str) -> Option<String> {
    let upper = clock.trim().to_ascii_uppercase();
    let (digits, half) = match (upper.strip_suffix("AM"), upper.strip_suffix("PM")) {
        (Some(digits), _) => (digits.trim_end(), Some(0)),
        (_, Some(digits)) => (digits.trim_end(), Some(12)),
        _ => (upper.as_str(), None),
    };
    let (hour, rest) = digits.split_once(':')?;
    let sound = (1..=2).contains(&hour.len()) && hour.bytes().all(|b| b.is_ascii_digit());
    let hour: u32 = sound.then(|| hour.parse().ok()).flatten()?;
    let hour = match half {
        None => hour,
        Some(half) => (1..=12).contains(&hour).then_some(hour % 12 + half)?,
    };
    Some(format!("{hour:02}:{rest}"))
}

/// Which order of day and month `text` proves by itself, when it proves one.
pub(crate) fn order_proven_by(text: &str) -> Option<DateOrder> {
    let day_text = text.trim().split(' ').next()?;
    match Slashed::parse(day_text)? {
        Slashed { first: 13..=31, second: 1..=12, separator: b'/' | b'-', .. } => Some(DateOrder::Dmy),
        Slashed { first: 1..=12, second: 13..=31, separator: b'/' | b'-', .. } => Some(DateOrder::Mdy),
        _ => None,
    }
}

/// `1/2/2024`, `1-2-2024`, `1.2.2024` or `2024/1/2`.
struct Slashed {
    first: i32,
    second: i32,
    third: i32,
    separator: u8,
}

impl Slashed {
    fn parse(text: &str) -> Option<Slashed> {
        let separator = *text.as_bytes().iter().find(|b| matches!(b, b'/' | b'.' | b'-'))?;
        let mut parts = text.split(char::from(separator));
        let mut next = |most: usize| -> Option<i32> {
            let part = parts.next()?;
            let sound = !part.is_empty() && part.len() <= most && part.bytes().all(|b| b.is_ascii_digit());
            sound.then(|| part.parse().ok()).flatten()
        };
        let (first, second, third) = (next(4)?, next(2)?, next(4)?);
        parts.next().is_none().then_some(Slashed { first, second, third, separator })
    }

    fn date(&self, order: Option<DateOrder>) -> Result<EventDate, BadDate> {
        let Slashed { first, second, third, separator } = *self;
        if first > 999 {
            return EventDate::of_day(first, second, third);
        }
        if third < 100 {
            return Err(BadDate::ShortYear); // And which of the three it is.
        }
        if separator == b'.' {
            return EventDate::of_day(third, second, first); // With dots, the day comes first everywhere.
        }
        match (order, first > 12, second > 12) {
            (Some(DateOrder::Mdy), true, false) | (Some(DateOrder::Dmy), false, true) => Err(BadDate::Order),
            (_, true, false) | (Some(DateOrder::Dmy), false, false) => {
                EventDate::of_day(third, second, first)
            }
            (_, false, true) | (Some(DateOrder::Mdy), false, false) => {
                EventDate::of_day(third, first, second)
            }
            (None, false, false) if first == second => EventDate::of_day(third, first, second),
            (None, false, false) => Err(BadDate::Ambiguous),
            (_, true, true) => Err(BadDate::NoSuchDay),
        }
    }
}

/// `24 February 2022`, `Feb 24, 2022`; `None` when there is no month's name in it.
fn parse_named_month(text: &str) -> Result<Option<EventDate>, BadDate> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let (mut month, mut day, mut year, mut short_year) = (None, None, None, None);
    for part in text.split([' ', ',', '-', '/']).filter(|part| !part.is_empty()) {
        let lower = part.trim_end_matches('.').to_ascii_lowercase();
        let named = MONTHS.iter().position(|name| lower.len() >= 3 && name.starts_with(&lower));
        match (named, lower.parse::<i32>()) {
            (Some(at), _) if month.is_none() => month = Some(at as i32 + 1),
            (None, Ok(number)) if lower.len() <= 2 && day.is_none() => day = Some(number),
            // The last of three: in another order it might be the day.
            (None, Ok(number)) if lower.len() == 2 && month.is_some() && year.is_none() => {
                short_year = Some(number);
            }
            (None, Ok(number)) if lower.len() == 4 && year.is_none() => year = Some(number),
            _ => return Ok(None),
        }
    }
    if let (None, Some(short)) = (year, short_year) {
        year = Some(century_of(short).ok_or(BadDate::ShortYear)? + short);
    }
    match (year, month, day) {
        (Some(year), Some(month), Some(day)) => EventDate::of_day(year, month, day).map(Some),
        (Some(year), Some(month), None) => EventDate::of_month(year, month).map(Some),
        _ => Ok(None),
    }
}

/// The century of a year of two digits, where the usual rules agree: Excel has 2000 to 2029 and 1930 to 1999, POSIX 2000 to 2068
/// and 1969 to 1999.
fn century_of(short_year: i32) -> Option<i32> {
    match short_year {
        0..=29 => Some(2000),
        69..=99 => Some(1900),
        _ => None,
    }
}

/// Whether this may be a time of day, `14:20`, `2:20:00 PM`, or nothing at all.
fn is_clock(clock: &str) -> bool {
    let upper = clock.trim().to_ascii_uppercase();
    let digits = upper.strip_suffix("AM").or(upper.strip_suffix("PM")).unwrap_or(&upper).trim_end();
    upper.is_empty()
        || digits.contains(':') && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.'))
}

/// Whether this is the beginning of a day, or nothing at all.
fn is_midnight(clock: &str) -> bool {
    let clock = clock.trim();
    let digits = clock.trim_end_matches(['A', 'a', 'M', 'm', ' ']);
    let noon_half = clock.len() != digits.len();
    let rest = if noon_half { digits.strip_prefix("12").unwrap_or(digits) } else { digits };
    rest.bytes().all(|b| matches!(b, b'0' | b':' | b'.'))
}

/// Seconds of `HH:MM[:SS[.fff]]`, and whether the seconds were there. A leap second counts as the next one.
fn clock_s(clock: &str) -> Result<(i32, bool), BadDate> {
    let bytes = clock.as_bytes();
    let hour = digits(bytes, 0, 2).ok_or(BadDate::NotADate)?;
    let minute =
        (bytes.get(2) == Some(&b':')).then(|| digits(bytes, 3, 2)).flatten().ok_or(BadDate::NotADate)?;
    let with_seconds = bytes.len() > 5;
    let second = if with_seconds {
        (bytes[5] == b':').then(|| digits(bytes, 6, 2)).flatten().ok_or(BadDate::NotADate)?
    } else {
        0
    };
    if bytes.len() > 8 {
        let fraction = &bytes[9..];
        if bytes[8] != b'.'
            || fraction.is_empty()
            || fraction.len() > 9
            || !fraction.iter().all(u8::is_ascii_digit)
        {
            return Err(BadDate::NotADate);
        }
    }
    if hour > 23 || minute > 59 || second > 60 {
        return Err(BadDate::NoSuchTime);
    }
    Ok((hour * 3600 + minute * 60 + second, with_seconds))
}

fn offset_s(offset: &str) -> Result<i32, BadDate> {
    let bytes = offset.as_bytes();
    if matches!(bytes, b"Z" | b"z") {
        return Ok(0);
    }
    if bytes.len() != 6 || bytes[3] != b':' {
        return Err(BadDate::NotADate);
    }
    let (Some(hours), Some(minutes)) = (digits(bytes, 1, 2), digits(bytes, 4, 2)) else {
        return Err(BadDate::NotADate);
    };
    if hours > 23 || minutes > 59 {
        return Err(BadDate::NoSuchTime);
    }
    let seconds = hours * 3600 + minutes * 60;
    Ok(if bytes[0] == b'-' { -seconds } else { seconds })
}

/// The number written in exactly `count` digits at `at`.
fn digits(bytes: &[u8], at: usize, count: usize) -> Option<i32> {
    let part = bytes.get(at..at + count)?;
    part.iter().try_fold(0, |sum, b| b.is_ascii_digit().then(|| sum * 10 + i32::from(b - b'0')))
}

fn days_of(year: i32, month: i32, day: i32) -> Result<i64, BadDate> {
    if !YEARS.contains(&year) {
        return Err(BadDate::Year(year));
    }
    if !(1..=12).contains(&month) || day < 1 {
        return Err(BadDate::NoSuchDay);
    }
    let days = days_from_civil(year, month, day);
    if days >= days_from_civil(year, month + 1, 1) {
        return Err(BadDate::NoSuchDay);
    }
    Ok(days)
}

/// Days since 1970-01-01; month 13 is January of the next year.
fn days_from_civil(year: i32, month: i32, day: i32) -> i64 {
    let (year, month) = if month > 12 { (year + 1, month - 12) } else { (year, month) };
    let shifted = i64::from(if month <= 2 { year - 1 } else { year });
    let era = shifted.div_euclid(400);
    let year_of_era = shifted - era * 400;
    let day_of_year = i64::from((153 * ((month + 9) % 12) + 2) / 5 + day - 1);
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar carried on in both directions.
///
/// Source: H. Hinnant, chrono-Compatible Low-Level Date Algorithms, "civil_from_days".
pub fn civil_from_days(days: i64) -> (i32, i32, i32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as i32, day as i32)
}

/// A moment in UTC, as RFC 3339 has it, with `Z` at its end.
pub(crate) fn rfc3339(seconds: i64) -> String {
    civil_text(seconds).map_or_else(|| "1970-01-01T00:00:00Z".to_owned(), |text| text + "Z")
}

/// `YYYY-MM-DDTHH:MM:SS` of a moment in UTC; `None` outside the years 1000 to 9999.
pub(crate) fn civil_text(seconds: i64) -> Option<String> {
    if !(-30_610_224_000..253_402_300_800).contains(&seconds) {
        return None;
    }
    let (year, month, day) = civil_from_days(seconds.div_euclid(DAY_S));
    let clock = seconds.rem_euclid(DAY_S);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> EventDate {
        EventDate::parse(text).unwrap()
    }

    fn foreign(text: &str, order: Option<DateOrder>) -> Result<String, BadDate> {
        parse_foreign(text, order).map(|found| found.date.to_string())
    }

    #[test]
    fn a_time_without_an_offset_is_that_moment_in_utc_however_its_day_is_written() {
        let dmy = Some(DateOrder::Dmy);
        for (text, order, utc) in [
            ("2024-05-01 10:20", None, Some("2024-05-01T10:20:00Z")),
            ("2024-05-01 7:20", None, Some("2024-05-01T07:20:00Z")),
            ("03/04/2024 10:20", dmy, Some("2024-04-03T10:20:00Z")),
            ("03/04/2024 10:20", Some(DateOrder::Mdy), Some("2024-03-04T10:20:00Z")),
            ("03/04/2024 10:20", None, None), // Nobody knows which day.
            ("25/12/2023 2:05:09 PM", dmy, Some("2023-12-25T14:05:09Z")),
            ("25/12/2023 12:05 am", dmy, Some("2023-12-25T00:05:00Z")),
            ("25/12/2023 12:05 pm", dmy, Some("2023-12-25T12:05:00Z")),
            ("2024/1/2 23:59:59.5", None, Some("2024-01-02T23:59:59.5Z")),
            ("25/12/2023 13:05 pm", dmy, None),
            ("25/12/2023 24:05", dmy, None),
            ("25/12/2023 10:65", dmy, None),
            ("25/12/2023", dmy, None),
        ] {
            let found = foreign_as_utc(text, order).map(|date| date.to_string());
            assert_eq!(found.as_deref(), utc, "{text} {order:?}");
        }
    }

    #[test]
    fn an_instant_keeps_its_offset_and_knows_its_second() {
        let instant = date("2025-05-30T01:10:00+03:00");
        assert_eq!(instant.as_str(), "2025-05-30T01:10:00+03:00");
        assert_eq!(instant.times(), Times { start_s: 1_748_556_600, end_s: 1_748_556_601 });
        assert_eq!(date("2025-05-30 01:10z").as_str(), "2025-05-30T01:10:00Z");
    }

    #[test]
    fn a_bare_date_is_a_day_a_month_or_a_year_and_never_midnight() {
        for (text, days) in [("2025-05-30", 1), ("2024-02", 29), ("2025-12", 31), ("2024", 366)] {
            let times = date(text).times();
            assert_eq!(times.end_s - times.start_s, days * 86_400, "{text}");
        }
    }

    #[test]
    fn a_day_at_an_offset_ends_at_midnight_of_that_offset() {
        let times = date("2025-05-30T01:10:00+03:00").times_at(DatePrecision::Day);
        assert_eq!(times.end_s, date("2025-05-31T00:00:00+03:00").times().start_s);
        let month = date("2025-12-30").times_at(DatePrecision::Month);
        assert_eq!(month.end_s, date("2026-01-01").times().start_s);
    }

    #[test]
    fn what_is_not_a_date_says_why() {
        for (text, why) in [
            ("1527-05-06", BadDate::Year(1527)),
            ("2023-02-29", BadDate::NoSuchDay),
            ("2023-13", BadDate::NoSuchDay),
            ("147997", BadDate::LooksLikeAnId),
            ("20250530", BadDate::LooksLikeAnId),
            ("2025-05-30T01:10:00", BadDate::NoOffset),
            ("2025-05-30T25:10:00Z", BadDate::NoSuchTime),
            ("2025-05-30T01:10:00.Z", BadDate::NotADate),
            ("yesterday", BadDate::NotADate),
            ("2025-5-3", BadDate::NotADate),
            ("２０２５", BadDate::NotADate),
            ("2025-05é", BadDate::NotADate),
            ("", BadDate::NotADate),
        ] {
            assert_eq!(EventDate::parse(text).unwrap_err(), why, "{text}");
        }
    }

    #[test]
    fn a_table_date_is_read_only_when_it_has_one_reading() {
        assert_eq!(foreign("20220224", None).unwrap(), "2022-02-24");
        assert_eq!(foreign("2/18/2014 12:00:00 AM", None).unwrap(), "2014-02-18");
        assert_eq!(foreign("18/02/2014", None).unwrap(), "2014-02-18");
        assert_eq!(foreign("18.02.2014", None).unwrap(), "2014-02-18");
        assert_eq!(foreign("4.2.2014", None).unwrap(), "2014-02-04");
        assert_eq!(foreign("24 February 2022", None).unwrap(), "2022-02-24");
        assert_eq!(foreign("Feb. 24, 2022", None).unwrap(), "2022-02-24");
        assert_eq!(foreign("2014-08-29 00:00:00.000", None).unwrap(), "2014-08-29");
        assert_eq!(foreign("05/05/2014", None).unwrap(), "2014-05-05");
        assert_eq!(foreign("09/05/2014 00:00", None), Err(BadDate::Ambiguous));
        assert_eq!(foreign("09/05/2014 00:00", Some(DateOrder::Mdy)).unwrap(), "2014-09-05");
        assert_eq!(foreign("09/05/2014 00:00", Some(DateOrder::Dmy)).unwrap(), "2014-05-09");
        assert_eq!(foreign("18/02/2014", Some(DateOrder::Mdy)), Err(BadDate::Order));
        assert_eq!(foreign("3/4/24", None), Err(BadDate::ShortYear));
        assert_eq!(foreign("8/29/2014 or so", None), Err(BadDate::NotADate));
        assert_eq!(foreign("99999999", None), Err(BadDate::Year(9999)));
        assert_eq!(foreign("20229912", None), Err(BadDate::LooksLikeAnId));
        assert!(parse_foreign("2014-08-29 14:00:00", None).unwrap().time_dropped);
        assert!(!parse_foreign("2014-08-29 00:00:00.000", None).unwrap().time_dropped);
        assert!(parse_foreign("8/29/2014 12:30:00 AM", None).unwrap().time_dropped);
    }

    #[test]
    fn a_year_of_two_digits_is_read_behind_a_named_month_where_all_rules_agree_on_its_century() {
        for (text, day) in [
            ("3-May-24", Ok("2024-05-03")),
            ("03 May 2024", Ok("2024-05-03")),
            ("03/May/2024", Ok("2024-05-03")),
            ("24-May-03", Ok("2003-05-24")),
            ("1 Sept 29", Ok("2029-09-01")),
            ("31-Dec-99", Ok("1999-12-31")),
            ("1-Jan-69", Ok("1969-01-01")),
            ("1-Jan-30", Err(BadDate::ShortYear)),
            ("1-Jan-68", Err(BadDate::ShortYear)),
            ("30-Feb-24", Err(BadDate::NoSuchDay)),
            ("May 3, 24", Ok("2024-05-03")),
            ("3 24 May", Err(BadDate::NotADate)),
            ("3/5/24", Err(BadDate::ShortYear)),
            ("3.5.24", Err(BadDate::ShortYear)),
            ("May-24", Err(BadDate::NotADate)),
            ("3-May-4", Err(BadDate::NotADate)),
            ("24-May-2003-04", Err(BadDate::NotADate)),
        ] {
            assert_eq!(foreign(text, None), day.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn epoch_milliseconds_are_written_in_utc() {
        assert_eq!(EventDate::of_epoch_ms(1_649_051_836_769).unwrap().as_str(), "2022-04-04T05:57:16.769Z");
        assert!(EventDate::of_epoch_ms(i64::MAX).is_err());
        assert_eq!(EventDate::of_epoch_ms(-14_000_000_000_000), Err(BadDate::Year(1526)));
    }

    #[test]
    fn the_calendar_runs_the_same_both_ways() {
        for days in days_from_civil(1899, 1, 1)..days_from_civil(2102, 1, 1) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
    }
}
