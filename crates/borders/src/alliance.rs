//! Sets of countries with dates of membership: NATO, the European Union, the Schengen Area, the CSTO, and a user's own.
//!
//! Each is a file of `data/borders/sets/`, a line a member, with its first day, the first day on which it no longer was one, and
//! its source. What the territory of each is, its file says.
//!
//! Limits: a member's polygon is taken as the border set draws it. Where a set holds overseas lands in it, as the
//! default set does for France, the Netherlands and the United States, those count as NATO although Article 6 leaves
//! them out: Tahiti and Hawaii are inside. States that no longer exist are not listed.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::listing::{BadList, Days, WrittenDay, fault, read};

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

/// A named set of countries, with who was in it when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alliance {
    name: String,
    title: String,
    source: String,
    members: Vec<Member>,
}

/// A country's time in a set of countries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its code.
    pub code: String,
    /// The first day.
    pub from: Day,
    /// The first day on which it is no longer a member.
    pub until: Option<Day>,
    /// Who says so.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAlliance {
    name: Spanned<String>,
    title: String,
    source: String,
    members: Vec<WrittenMember>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMember {
    code: String,
    from: WrittenDay,
    until: Option<WrittenDay>,
    source: String,
}

impl Alliance {
    /// Those within this program.
    pub fn built_in() -> &'static [Self] {
        static BUILT_IN: OnceLock<Vec<Alliance>> = OnceLock::new();
        BUILT_IN.get_or_init(|| {
            let read = |text| Alliance::read(text).expect("the sets in this program are read by its tests");
            [
                include_str!("../../../data/borders/sets/nato.toml"),
                include_str!("../../../data/borders/sets/eu.toml"),
                include_str!("../../../data/borders/sets/schengen.toml"),
                include_str!("../../../data/borders/sets/csto.toml"),
            ]
            .map(read)
            .into()
        })
    }

    /// Reads a set of countries from the text of its file.
    ///
    /// # Errors
    ///
    /// [`BadList`] with the line and the field.
    pub fn read(text: &str) -> Result<Self, BadList> {
        let written: WrittenAlliance = read(text)?;
        if written.name.get_ref().is_empty() || written.name.get_ref().contains([',', ' ']) {
            let problem = "name: is one word, by which the set is asked for".into();
            return Err(fault(text, &written.name, problem));
        }
        let members = written.members.into_iter().map(|member| member.check(text));
        Ok(Self {
            name: written.name.into_inner(),
            title: written.title,
            source: written.source,
            members: members.collect::<Result<_, _>>()?,
        })
    }

    /// The name by which it is asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One line for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Where its list of members comes from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Who was in it, and when.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// What is measured by it, in one spelling: its name, and who was in it when. The order of its lines and what is said to
    /// people are no part of it.
    pub(crate) fn said(&self) -> String {
        let one = |member: &Member| {
            let until = member.until.map(String::from).unwrap_or_default();
            format!("{:?}/{}/{until}", member.code, member.from)
        };
        let mut members: Vec<String> = self.members.iter().map(one).collect();
        members.sort_unstable();
        format!("{:?}:{}", self.name, members.join(","))
    }

    /// The codes that belong to it on a day; today's members when no day is given.
    pub fn codes(&self, on: Option<Day>) -> impl Iterator<Item = &str> {
        let is_in = move |member: &&Member| Days { from: Some(member.from), until: member.until }.hold(on);
        self.members.iter().filter(is_in).map(|member| member.code.as_str())
    }
}

impl WrittenMember {
    fn check(self, text: &str) -> Result<Member, BadList> {
        let days = Days::read(text, Some(&self.from), self.until.as_ref())?;
        let from = days.from.ok_or_else(|| fault(text, &self.from, "from: is missing".into()))?;
        Ok(Member { code: self.code, from, until: days.until, source: self.source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(name: &str, on: Option<Day>) -> Vec<&'static str> {
        Alliance::built_in().iter().find(|a| a.name == name).unwrap().codes(on).collect()
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
        let of_2022 = members("NATO", Some(day("2022-06-01")));
        assert!(!of_2022.contains(&"FIN") && !of_2022.contains(&"SWE"));
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
    fn a_member_may_come_back() {
        for (on, is_in) in
            [("1995-01-01", true), ("2003-01-01", false), ("2010-01-01", true), ("2013-01-01", false)]
        {
            assert_eq!(members("CSTO", Some(day(on))).contains(&"UZB"), is_in, "{on}");
        }
        assert_eq!(members("CSTO", None), ["ARM", "BLR", "KAZ", "KGZ", "RUS", "TJK"]);
    }

    #[test]
    fn the_schengen_area_has_twenty_nine_states() {
        assert_eq!(members("SCHENGEN", None).iter().filter(|code| Alliance::is_state(code)).count(), 29);
    }

    #[test]
    fn every_member_is_a_territory_of_iso_and_has_a_source() {
        for alliance in Alliance::built_in() {
            for member in alliance.members() {
                assert!(crate::Territory::of_code(&member.code).iso_a2.is_some(), "{}", member.code);
                assert!(!member.source.is_empty(), "{}", member.code);
            }
        }
    }

    #[test]
    fn a_fault_in_a_set_is_told_with_its_line() {
        let head = "name = \"MINE\"\ntitle = \"t\"\nsource = \"s\"\nmembers = [\n";
        for (rest, line, words) in [
            ("{ code = \"ROU\", from = 2004-03-29 },\n]", 5, "source"),
            ("{ code = \"ROU\", from = 2004-03-29, untill = 2005-01-01, source = \"s\" },\n]", 5, "untill"),
            ("{ code = \"ROU\", from = 2004-03-29, until = 2004-03-29, source = \"s\" },\n]", 5, "until"),
            ("{ code = \"ROU\", from = 2004-03-29T10:00:00Z, source = \"s\" },\n]", 5, "from"),
        ] {
            let error = Alliance::read(&format!("{head}{rest}")).unwrap_err();
            assert_eq!(error.line, line, "{rest}: {error}");
            assert!(error.problem.contains(words), "{rest}: {error}");
        }
        assert!(Alliance::read("name = \"A B\"\ntitle = \"\"\nsource = \"\"\nmembers = []").is_err());
    }

    #[test]
    fn a_day_that_the_calendar_lacks_is_refused() {
        for text in ["2023-02-29", "2023-13-01", "2023-1-1", "yesterday", "2023-04-04T00:00", "-023-01-01"] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
        assert_eq!(day("2024-02-29").to_string(), "2024-02-29");
    }
}
