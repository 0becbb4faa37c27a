//! Moments and intervals as filters compare them, and the relations of Allen between them.
//!
//! What is written as a day, a month or a year is that whole stretch of time, in UTC; an instant is the second that it is in,
//! as the columns have it, whatever its fraction. Such a stretch, a granule, is never cut: it is compared with a literal as
//! precisely as the literal says (`= '2025-05'` is any time in May, `<= '2025-05-31'` is until the end of that day), and an
//! interval goes from the beginning of its first granule to the end of its last.
//!
//! Limits: whole seconds, and years from -9998 to 9999.

use jiff::Timestamp;
use jiff::civil::Date;

/// What a text has to be to be a moment.
pub(crate) const EXPECTED: &str =
    "is neither a date such as 2025-05-30 nor an instant with its offset such as 2025-05-30T01:10:00Z";

const DAY_S: i64 = 86_400;

/// The shortest stretch of time of which something is known: seconds since 1970, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Granule {
    pub start_s: i64,
    pub end_s: i64,
}

impl Granule {
    /// So many seconds since 1970, half-open.
    pub fn of_seconds(start_s: i64, end_s: i64) -> Self {
        Self { start_s, end_s }
    }

    /// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or an RFC 3339 instant.
    pub fn read(text: &str) -> Option<Self> {
        if !text.is_ascii() || text.len() < 4 || !text.as_bytes()[..4].iter().all(u8::is_ascii_digit) {
            return None;
        }
        let day =
            |date: Date| Some(Timestamp::from(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?).as_second());
        let number =
            |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<i16>().ok()).flatten();
        let first = |year: i16, month: i16| Date::new(year, i8::try_from(month).ok()?, 1).ok().and_then(day);
        match text.len() {
            4 => {
                let year = number(text)?;
                Some(Self { start_s: first(year, 1)?, end_s: first(year + 1, 1)? })
            }
            7 if text.as_bytes()[4] == b'-' => {
                let (year, month) = (number(&text[..4])?, number(&text[5..])?);
                let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
                Some(Self { start_s: first(year, month)?, end_s: first(next_year, next)? })
            }
            10 => {
                let start_s = day(text.parse().ok()?)?;
                Some(Self { start_s, end_s: start_s + DAY_S })
            }
            11.. => {
                let start_s = text.parse::<Timestamp>().ok()?.as_microsecond().div_euclid(1_000_000);
                Some(Self::of_seconds(start_s, start_s + 1))
            }
            _ => None,
        }
    }

    /// Its first second: what is compared of something of which no more is known than that it began then or later.
    pub fn first_second(self) -> Self {
        Self { end_s: self.end_s.min(self.start_s + 1), ..self }
    }

    fn meets(self, other: Self) -> bool {
        self.start_s < other.end_s && other.start_s < self.end_s
    }
}

/// From the beginning of a granule to the end of another one, which may be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub first: Granule,
    pub last: Granule,
}

impl From<Granule> for Span {
    fn from(granule: Granule) -> Self {
        Self { first: granule, last: granule }
    }
}

/// The beginning of an interval that is open there.
pub(crate) const BEFORE_ALL: Granule = Granule { start_s: i64::MIN, end_s: i64::MIN };
/// The end of an interval that is open there.
pub(crate) const AFTER_ALL: Granule = Granule { start_s: i64::MAX, end_s: i64::MAX };

/// How two intervals lie to each other, by the names of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    After,
    Before,
    Contains,
    Disjoint,
    During,
    Equals,
    FinishedBy,
    Finishes,
    Intersects,
    Meets,
    MetBy,
    OverlappedBy,
    Overlaps,
    StartedBy,
    Starts,
}

impl Relation {
    /// Whether it holds from `a` to `b`.
    pub fn holds(self, a: Span, b: Span) -> bool {
        let (from_a, to_a) = (a.first.start_s, a.last.end_s);
        let (from_b, to_b) = (b.first.start_s, b.last.end_s);
        let (before, after) = (to_a <= from_b, from_a >= to_b);
        // Strictly behind the granule in which the other begins.
        let reaches = |a: Span, b: Span| a.last.start_s >= b.first.end_s;
        match self {
            Self::After => after,
            Self::Before => before,
            Self::Contains => from_a < from_b && to_a > to_b,
            Self::Disjoint => before || after,
            Self::During => from_a > from_b && to_a < to_b,
            Self::Equals => from_a == from_b && to_a == to_b,
            Self::FinishedBy => from_a < from_b && to_a == to_b,
            Self::Finishes => from_a > from_b && to_a == to_b,
            Self::Intersects => !before && !after,
            Self::Meets => a.last.meets(b.first),
            Self::MetBy => b.last.meets(a.first),
            Self::OverlappedBy => from_a > from_b && to_a > to_b && reaches(b, a),
            Self::Overlaps => from_a < from_b && to_a < to_b && reaches(a, b),
            Self::StartedBy => from_a == from_b && to_a > to_b,
            Self::Starts => from_a == from_b && to_a < to_b,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: &str, to: &str) -> Span {
        let read = |text, open| if text == ".." { open } else { Granule::read(text).unwrap() };
        Span { first: read(from, BEFORE_ALL), last: read(to, AFTER_ALL) }
    }

    #[test]
    fn a_moment_is_as_long_as_it_says() {
        let seconds = |text| {
            let granule = Granule::read(text).unwrap();
            granule.end_s - granule.start_s
        };
        assert_eq!(seconds("2024"), 366 * 86_400);
        assert_eq!(seconds("2023-12"), 31 * 86_400);
        assert_eq!(seconds("1851-04-29"), 86_400);
        assert_eq!(seconds("2025-05-30T01:10:00+03:00"), 1);
        assert_eq!(seconds("2025-05-30T01:10:00.000Z"), 1);
        for text in ["", "2025-13", "2025-02-30", "20250530", "2025-05-30T01:10:00", "now", "٢٠٢٥"] {
            assert_eq!(Granule::read(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_with_a_fraction_is_the_second_that_it_is_in() {
        for (text, second) in [
            ("2022-04-04T05:57:16.769Z", "2022-04-04T05:57:16Z"),
            ("2022-04-04T05:57:16.999999999+03:00", "2022-04-04T02:57:16Z"),
            // Before 1970 as well, it goes on from its second.
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(Granule::read(text), Granule::read(second), "{text}");
        }
    }

    #[test]
    fn of_two_intervals_exactly_one_relation_of_allen_holds() {
        use Relation as R;
        let allen = [
            R::After,
            R::Before,
            R::Contains,
            R::During,
            R::Equals,
            R::FinishedBy,
            R::Finishes,
            R::Meets,
            R::MetBy,
            R::OverlappedBy,
            R::Overlaps,
            R::StartedBy,
            R::Starts,
        ];
        let at = |minute: i64| Granule::of_seconds(minute * 60, minute * 60 + 1);
        for code in 0..6_i64.pow(4) {
            let [a, b, c, d] = [0, 1, 2, 3].map(|place| code / 6_i64.pow(place) % 6);
            if a >= b || c >= d {
                continue;
            }
            let (one, other) = (Span { first: at(a), last: at(b) }, Span { first: at(c), last: at(d) });
            let held: Vec<_> = allen.iter().filter(|relation| relation.holds(one, other)).collect();
            assert_eq!(held.len(), 1, "{a}-{b} and {c}-{d}: {held:?}");
            assert_ne!(R::Intersects.holds(one, other), R::Disjoint.holds(one, other));
        }
    }

    #[test]
    fn a_month_is_neither_before_nor_after_a_day_in_it() {
        let (may, day) = (span("2025-05", "2025-05"), span("2025-05-10", "2025-05-10"));
        assert!(Relation::Intersects.holds(may, day) && Relation::Contains.holds(may, day));
        assert!(!Relation::Before.holds(may, day) && !Relation::After.holds(may, day));
        assert!(Relation::Before.holds(may, span("2025-06-01", "..")));
        assert!(Relation::During.holds(day, span("..", "2025-05-31")));
        assert!(Relation::Meets.holds(span("2025-01-01", "2025-05-10"), span("2025-05-10", "2025-06-01")));
    }
}
