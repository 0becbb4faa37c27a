//! Sets of countries with dates of membership: NATO and the European Union.
//!
//! NATO's territory is that of Article 6 of its treaty: the members' own, with their islands in the North Atlantic
//! north of the Tropic of Cancer (Greenland, the Faroes, Svalbard, Åland, the Channel Islands, Man, Gibraltar, Bermuda,
//! Saint-Pierre-et-Miquelon), not their lands elsewhere. The European Union's is that of its members with their
//! outermost regions and Åland, without overseas countries and territories.
//!
//! Limits: a member's polygon is taken as the border set draws it. Where a set holds overseas lands in it, as the
//! default set does for France, the Netherlands and the United States, those count as NATO although Article 6 leaves
//! them out: Tahiti and Hawaii are inside. States that no longer exist are not listed; East Germany's land counts as Germany's from the day of its
//! entry, and Algeria's as nobody's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day {
    year: i16,
    month: u8,
    day: u8,
}

impl Day {
    /// A day; `None` when the calendar has no such one.
    pub fn new(year: i16, month: u8, day: u8) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Self { year, month, day })
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub fn day(self) -> u8 {
        self.day
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl TryFrom<String> for Day {
    type Error = NotADay;

    fn try_from(text: String) -> Result<Self, NotADay> {
        text.parse()
    }
}

impl FromStr for Day {
    type Err = NotADay;

    /// Reads `2023-04-04`.
    fn from_str(text: &str) -> Result<Self, NotADay> {
        let mut parts = text.splitn(3, '-');
        let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NotADay);
        };
        let digits = |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
            return Err(NotADay);
        }
        let (Ok(year), Ok(month), Ok(day)) = (year.parse(), month.parse(), day.parse()) else {
            return Err(NotADay);
        };
        Self::new(year, month, day).ok_or(NotADay)
    }
}

/// The text is not a day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a day of the calendar; write it like 2023-04-04")]
pub struct NotADay;

/// A named set of countries.
pub(crate) struct Alliance {
    pub name: &'static str,
    pub members: &'static [Member],
}

/// A country's time in a set of countries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its code.
    pub code: &'static str,
    /// The first day.
    pub from: Day,
    /// The first day on which it is no longer a member.
    pub until: Option<Day>,
}

impl Alliance {
    /// The codes that belong to it on a day; today's members when no day is given.
    pub(crate) fn codes(&self, on: Option<Day>) -> impl Iterator<Item = &'static str> {
        self.members.iter().filter(move |member| member.on(on)).map(|member| member.code)
    }
}

impl Member {
    fn on(&self, day: Option<Day>) -> bool {
        match day {
            None => self.until.is_none(),
            Some(day) => self.from <= day && self.until.is_none_or(|until| day < until),
        }
    }
}

/// The sets that can be named.
pub(crate) static ALLIANCES: [Alliance; 2] =
    [Alliance { name: "NATO", members: &NATO }, Alliance { name: "EU", members: &EU }];

const fn since(code: &'static str, year: i16, month: u8, day: u8) -> Member {
    Member { code, from: Day { year, month, day }, until: None }
}

const fn during(code: &'static str, from: (i16, u8, u8), until: (i16, u8, u8)) -> Member {
    Member {
        code,
        from: Day { year: from.0, month: from.1, day: from.2 },
        until: Some(Day { year: until.0, month: until.1, day: until.2 }),
    }
}

// The days on which the instruments of ratification or accession were deposited.
#[rustfmt::skip]
static NATO: [Member; 42] = [
    since("BEL", 1949, 8, 24), since("CAN", 1949, 8, 24), since("DNK", 1949, 8, 24), since("FRA", 1949, 8, 24),
    since("ISL", 1949, 8, 24), since("ITA", 1949, 8, 24), since("LUX", 1949, 8, 24), since("NLD", 1949, 8, 24),
    since("NOR", 1949, 8, 24), since("PRT", 1949, 8, 24), since("GBR", 1949, 8, 24), since("USA", 1949, 8, 24),
    since("GRC", 1952, 2, 18), since("TUR", 1952, 2, 18), since("DEU", 1955, 5, 6), since("ESP", 1982, 5, 30),
    since("CZE", 1999, 3, 12), since("HUN", 1999, 3, 12), since("POL", 1999, 3, 12),
    since("BGR", 2004, 3, 29), since("EST", 2004, 3, 29), since("LVA", 2004, 3, 29), since("LTU", 2004, 3, 29),
    since("ROU", 2004, 3, 29), since("SVK", 2004, 3, 29), since("SVN", 2004, 3, 29),
    since("ALB", 2009, 4, 1), since("HRV", 2009, 4, 1), since("MNE", 2017, 6, 5), since("MKD", 2020, 3, 27),
    since("FIN", 2023, 4, 4), since("SWE", 2024, 3, 7),
    since("GRL", 1949, 8, 24), since("FRO", 1949, 8, 24), since("SJM", 1949, 8, 24), since("SPM", 1949, 8, 24),
    since("BMU", 1949, 8, 24), since("GIB", 1949, 8, 24), since("GGY", 1949, 8, 24), since("JEY", 1949, 8, 24),
    since("IMN", 1949, 8, 24), since("ALA", 2023, 4, 4),
];

// The Communities count as the Union before 1993.
#[rustfmt::skip]
static EU: [Member; 36] = [
    since("BEL", 1958, 1, 1), since("DEU", 1958, 1, 1), since("FRA", 1958, 1, 1), since("ITA", 1958, 1, 1),
    since("LUX", 1958, 1, 1), since("NLD", 1958, 1, 1), since("DNK", 1973, 1, 1), since("IRL", 1973, 1, 1),
    during("GBR", (1973, 1, 1), (2020, 2, 1)), during("GIB", (1973, 1, 1), (2020, 2, 1)),
    during("GRL", (1973, 1, 1), (1985, 2, 1)),
    since("GRC", 1981, 1, 1), since("ESP", 1986, 1, 1), since("PRT", 1986, 1, 1),
    since("AUT", 1995, 1, 1), since("FIN", 1995, 1, 1), since("SWE", 1995, 1, 1), since("ALA", 1995, 1, 1),
    since("CYP", 2004, 5, 1), since("CZE", 2004, 5, 1), since("EST", 2004, 5, 1), since("HUN", 2004, 5, 1),
    since("LVA", 2004, 5, 1), since("LTU", 2004, 5, 1), since("MLT", 2004, 5, 1), since("POL", 2004, 5, 1),
    since("SVK", 2004, 5, 1), since("SVN", 2004, 5, 1), since("BGR", 2007, 1, 1), since("ROU", 2007, 1, 1),
    since("HRV", 2013, 7, 1),
    since("GLP", 1958, 1, 1), since("MTQ", 1958, 1, 1), since("GUF", 1958, 1, 1), since("REU", 1958, 1, 1),
    since("MYT", 2014, 1, 1),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn members(name: &str, on: Option<Day>) -> Vec<&'static str> {
        ALLIANCES.iter().find(|a| a.name == name).unwrap().codes(on).collect()
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn nato_grows_on_the_day_of_accession() {
        assert!(!members("NATO", Some(day("2023-04-03"))).contains(&"FIN"));
        assert!(members("NATO", Some(day("2023-04-04"))).contains(&"FIN"));
        assert!(!members("NATO", Some(day("2024-03-06"))).contains(&"SWE"));
        assert!(members("NATO", Some(day("2024-03-07"))).contains(&"SWE"));
        assert!(members("NATO", None).contains(&"SWE"));
        assert!(members("NATO", Some(day("1948-01-01"))).is_empty());
    }

    #[test]
    fn britain_left_the_union() {
        assert!(members("EU", Some(day("2020-01-31"))).contains(&"GBR"));
        assert!(!members("EU", Some(day("2020-02-01"))).contains(&"GBR"));
        assert!(!members("EU", None).contains(&"GBR"));
        assert_eq!(members("EU", None).iter().filter(|code| Alliance::is_state(code)).count(), 27);
    }

    impl Alliance {
        fn is_state(code: &str) -> bool {
            crate::Territory::of_code(code).sovereign == code && code.len() == 3
        }
    }

    #[test]
    fn nato_has_thirty_two_states() {
        assert_eq!(members("NATO", None).iter().filter(|code| Alliance::is_state(code)).count(), 32);
    }

    #[test]
    fn a_day_that_the_calendar_lacks_is_refused() {
        for text in ["2023-02-29", "2023-13-01", "2023-1-1", "yesterday", "2023-04-04T00:00", "-023-01-01"] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
        assert_eq!(day("2024-02-29").to_string(), "2024-02-29");
    }
}
