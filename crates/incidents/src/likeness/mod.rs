//! Whether two reports tell of one event: what speaks for it, what against, and how much.
//!
//! Each piece of evidence gives points, the natural logarithm of how much likelier it is of two reports of one event than
//! of two events that happened near each other. Their sum, taken as odds, is the score: 0.5 is as likely as not. Nothing
//! but the two reports goes into it, so a pair has one score wherever it is met, and every point of it can be told.
//!
//! The points were set by hand after the shares seen in labelled pairs; what they reach is in `docs/duplicates.md` with
//! the way to measure it. They suggest; a person merges.

mod picture;
mod words;

use std::fmt;

use kordon_borders::{LonLat, distance};
use serde::Serialize;

use crate::incident::Incident;
use crate::vocabulary::{EventType, Infrastructure};
use picture::{Picture, alike, pictures};
use words::{Word, words};

/// Two places further apart than this, and the sum of how far each may be off, are not compared by place.
const NEAR_M: f64 = 1_000.0;
/// The radius of an incident that is only known to a region.
const REGION_M: f64 = 40_000.0;
const HOUR_S: f64 = 3_600.0;
const DAY_S: f64 = 86_400.0;
/// Mean radius of the earth, in meters (IUGG).
const EARTH_M: f64 = 6_371_008.8;

/// What of an incident is compared, made once and compared often.
#[derive(Clone, Debug)]
pub struct Traits {
    places: Box<[LonLat]>,
    radius_m: Option<f64>,
    start_s: i64,
    end_s: i64,
    words: Box<[Word]>,
    weight: f32,
    urls: Box<[u64]>,
    media: Box<[u64]>,
    pictures: Box<[Picture]>,
    datasets: Box<[u64]>,
    named: Box<[u64]>,
    event_type: Option<EventType>,
    infrastructure: u64,
    deaths: Option<(u32, u32)>,
}

impl Traits {
    /// The most that [`Self::reach_m`] can be.
    pub const REACH_M: f64 = NEAR_M / 2.0 + 1.5 * REGION_M;
    /// Reports whose times are further apart than this, in seconds, are not near.
    pub const AROUND_S: i64 = 4 * 86_400;

    /// Of one incident.
    pub fn of(incident: &Incident) -> Self {
        let p = &incident.properties;
        let times = incident.times();
        let texts = [&p.title, &p.description].into_iter().flatten();
        let text =
            words(texts.flat_map(|text| text.iter().map(|(_, text)| text)).chain(p.location.as_deref()));
        let links = p.sources.iter().flat_map(|source| [&source.url, &source.archived_url]).flatten();
        Self {
            places: incident.places.as_slice().into(),
            radius_m: incident.radius().meters,
            start_s: times.start_s,
            end_s: times.end_s,
            weight: text.iter().map(|word| word.weight()).sum(),
            words: text,
            urls: ascending(links.map(|url| hash(page(url)))),
            media: ascending(
                p.sources.iter().filter_map(|s| s.sha256.as_deref()).map(|sha256| hash([sha256])),
            ),
            pictures: pictures(incident),
            datasets: ascending(
                p.same_as.iter().filter_map(|key| key.split_once(':')).map(|(set, _)| hash([set])),
            ),
            named: p
                .location
                .iter()
                .flat_map(|name| words([name.as_str()]).into_vec())
                .map(Word::number)
                .collect(),
            event_type: p.event_type.filter(|kind| *kind != EventType::Other),
            infrastructure: p.impacts.iter().filter_map(|impact| impact.infrastructure).fold(
                0,
                |set, kind| match kind {
                    Infrastructure::Other | Infrastructure::Unknown => set,
                    kind => set | 1 << kind as u32,
                },
            ),
            deaths: p.deaths_best.or(p.deaths_low).map(|best| {
                (p.deaths_low.unwrap_or(best).min(best), p.deaths_high.unwrap_or(best).max(best))
            }),
        }
    }

    /// Places, none when unknown.
    pub fn places(&self) -> &[LonLat] {
        &self.places
    }

    /// How far from its place another report of the event may put it, in meters.
    pub fn reach_m(&self) -> f64 {
        NEAR_M / 2.0 + 1.5 * self.radius_m.unwrap_or(REGION_M).min(REGION_M)
    }

    /// When it began, in seconds since 1970, UTC; and the first second after it.
    pub fn interval_s(&self) -> (i64, i64) {
        (self.start_s, self.end_s)
    }

    /// What names it beyond doubt or nearly so: the pages, files and pictures it rests on, as hashes.
    pub fn keys(&self) -> impl Iterator<Item = u64> {
        self.urls.iter().chain(&self.media).copied().chain(self.pictures.iter().map(Picture::key))
    }

    /// The datasets that have it, as hashes.
    pub fn datasets(&self) -> &[u64] {
        &self.datasets
    }

    /// The words of its place's name, as numbers.
    pub fn named(&self) -> impl Iterator<Item = u64> {
        self.named.iter().copied()
    }

    /// Whether a dataset has both.
    pub fn shares_dataset(&self, other: &Self) -> bool {
        common(&self.datasets, &other.datasets) > 0
    }

    /// Whether the two are so near in place and time, as far as these are known, that they are to be compared.
    pub fn is_near(&self, other: &Self) -> bool {
        lag_s(self, other) <= Self::AROUND_S as f64
            && nearest(&self.places, &other.places, haversine_m)
                .is_none_or(|meters| meters <= self.reach_m() + other.reach_m())
    }

    /// The score alone, from 0 to 1; distances to 0.5 %.
    pub fn score(&self, other: &Self) -> f64 {
        let mut sum = PRIOR;
        self.each(other, haversine_m, |reason| sum += reason.points());
        odds(sum)
    }

    /// The score and all that it rests on, most telling first. `rivals` is how many other reports of one dataset are as
    /// like one of the two as the other is.
    pub fn compare(&self, other: &Self, rivals: usize) -> Likeness {
        let mut reasons = Vec::with_capacity(8);
        if rivals > 0 {
            let reason = Reason::Rivals { rivals };
            reasons.push(Weighed { points: reason.points(), reason });
        }
        self.each(
            other,
            |a, b| distance(a, b).get(),
            |reason| reasons.push(Weighed { points: reason.points(), reason }),
        );
        reasons.sort_by(|a, b| b.points.abs().total_cmp(&a.points.abs()));
        Likeness { score: odds(PRIOR + reasons.iter().map(|weighed| weighed.points).sum::<f64>()), reasons }
    }

    fn each(&self, other: &Self, far_m: impl Fn(LonLat, LonLat) -> f64, mut tell: impl FnMut(Reason)) {
        if let Some(meters) = nearest(&self.places, &other.places, far_m) {
            let radii_m = [self.radius_m, other.radius_m];
            tell(Reason::Place { meters, radii_m });
        }
        tell(Reason::Time { lag_s: lag_s(self, other), widths_s: [width_s(self), width_s(other)] });
        let mut alike_text = 0.0;
        if !self.words.is_empty() && !other.words.is_empty() {
            let (shared, words) = shared(&self.words, &other.words);
            let all = self.weight + other.weight - shared;
            let text = Alike {
                similarity: f64::from(shared / all),
                contained: f64::from(shared / self.weight.min(other.weight)),
                words,
            };
            alike_text = text.degree();
            tell(Reason::Text(text));
        }
        let pages = common(&self.urls, &other.urls);
        if pages > 0 {
            tell(Reason::Page { pages });
        }
        if common(&self.media, &other.media) > 0 {
            tell(Reason::Media);
        } else if let Some((bits, of)) = alike(&self.pictures, &other.pictures) {
            tell(Reason::Picture { bits, of });
        }
        if let (Some(one), Some(other)) = (self.event_type, other.event_type) {
            tell(Reason::Kind { same: one == other });
        }
        if self.infrastructure != 0 && other.infrastructure != 0 {
            tell(Reason::Facility { same: self.infrastructure & other.infrastructure != 0 });
        }
        if let (Some(one), Some(other)) = (self.deaths, other.deaths) {
            tell(Reason::Deaths { ranges: [one, other] });
        }
        if self.shares_dataset(other) {
            tell(Reason::Dataset { text: alike_text });
        }
    }
}

/// Points of any two reports that are near enough to be compared, before anything else is known.
const PRIOR: f64 = -2.5;

fn odds(points: f64) -> f64 {
    1.0 / (1.0 + (-points).exp())
}

/// How likely it is that two reports tell of one event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Likeness {
    /// From 0 to 1; 0.5 is as likely as not.
    pub score: f64,
    /// What it rests on, most telling first.
    pub reasons: Vec<Weighed>,
}

impl Likeness {
    /// Whether one may be a repost of the other, so that both together are one source, not two.
    pub fn is_repost(&self) -> bool {
        self.reasons.iter().any(|weighed| match weighed.reason {
            Reason::Page { .. } | Reason::Media | Reason::Picture { .. } => true,
            Reason::Text(Alike { similarity, words, .. }) => similarity >= 0.8 && words >= 6,
            _ => false,
        })
    }
}

/// A piece of evidence and how much it says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Weighed {
    /// Above 0 for one event, below 0 for two.
    pub points: f64,
    /// What it is.
    #[serde(flatten)]
    pub reason: Reason,
}

/// A piece of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "about", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// How far apart the nearest places of both are, in meters, beside the radius of each (`None`: only the region is known).
    Place {
        /// Geodesic distance.
        meters: f64,
        /// Of one and of the other.
        radii_m: [Option<f64>; 2],
    },
    /// Seconds by which the two times miss each other, 0 when they overlap and a day from a day to the next, beside how much of the time
    /// each leaves open.
    Time {
        /// See above.
        lag_s: f64,
        /// Lengths of both intervals, in seconds.
        widths_s: [f64; 2],
    },
    /// How much of their words is shared.
    Text(Alike),
    /// Both rest on the same pages.
    Page {
        /// How many.
        pages: usize,
    },
    /// Both rest on the same file, by its SHA-256.
    Media,
    /// Both rest on pictures that look alike, by their perceptual hashes.
    Picture {
        /// In how many bits these differ.
        bits: u32,
        /// How many they have.
        of: u32,
    },
    /// Whether the kind of event is the same.
    Kind {
        /// It is.
        same: bool,
    },
    /// Whether some kind of facility was hit in both.
    Facility {
        /// It was.
        same: bool,
    },
    /// How many died, lowest and highest of each.
    Deaths {
        /// Of one and of the other.
        ranges: [(u32, u32); 2],
    },
    /// Both are of one dataset, which gives them two numbers; much of its text may be of one pattern.
    Dataset {
        /// How alike the texts are, 0 to 1.
        text: f64,
    },
    /// Other reports of one dataset are as like one of the two as the other is, and only one of them can be the same event.
    Rivals {
        /// How many.
        rivals: usize,
    },
}

/// How alike two texts are as sets of words, across spellings, scripts and languages.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Alike {
    /// Weight of the shared words by that of all, 0 to 1.
    pub similarity: f64,
    /// The same by that of the shorter text alone.
    pub contained: f64,
    /// How many words are shared.
    pub words: usize,
}

impl Alike {
    /// 0 to 1. A few words in common are chance, and a short text is soon contained in a long one.
    fn degree(&self) -> f64 {
        self.similarity.max(0.6 * self.contained) * (self.words as f64 / 8.0).min(1.0)
    }
}

impl Reason {
    fn points(&self) -> f64 {
        match *self {
            Self::Place { meters, radii_m } => {
                let [one, other] = radii_m.map(|radius| radius.unwrap_or(REGION_M).clamp(50.0, REGION_M));
                let off = one.hypot(other);
                let told = (10_000.0 / meters.max(off / 3.0).max(100.0)).ln().clamp(-1.5, 3.0);
                told - (1.5 * (meters / off - 1.0)).clamp(0.0, 5.0)
            }
            Self::Time { lag_s, widths_s } => {
                let [one, other] = widths_s;
                let told = (3.0 * DAY_S / one.max(other).max(HOUR_S).max(lag_s)).ln().clamp(-1.0, 2.5);
                told - (1.2 * lag_s / DAY_S).min(6.0)
            }
            Self::Text(text) => 8.0 * text.degree() - 1.2,
            Self::Page { pages } => 3.0 + 0.5 * (pages.min(3) as f64 - 1.0),
            Self::Media => 5.0,
            Self::Picture { .. } => 4.0,
            Self::Kind { same } => {
                if same {
                    0.3
                } else {
                    -0.8
                }
            }
            Self::Facility { same } => {
                if same {
                    0.6
                } else {
                    -0.8
                }
            }
            Self::Deaths { ranges: [one, other] } => {
                if one.1 < other.0 || other.1 < one.0 {
                    let (low, high) = (one.1.min(other.1), one.0.max(other.0));
                    -(f64::from(high + 1) / f64::from(low + 1)).ln().clamp(0.5, 2.0)
                } else {
                    // That both say none says little; that both say 17 says much.
                    (0.7 * f64::from(one.0.max(other.0) + 1).ln()).min(2.0)
                }
            }
            Self::Dataset { text } => -4.0 - 3.0 * text,
            Self::Rivals { rivals } => -4.0 * (1.0 + rivals as f64).ln(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place { meters, radii_m } => {
                let [one, other] = radii_m.map(|radius| radius.map_or_else(|| "a region".to_owned(), length));
                write!(out, "{} apart, known to {one} and {other}", length(*meters))
            }
            Self::Time { lag_s: 0.0, widths_s } => {
                write!(
                    out,
                    "at the same time, as far as {} and {} tell",
                    span(widths_s[0]),
                    span(widths_s[1])
                )
            }
            Self::Time { lag_s, .. } => write!(out, "{} apart in time", span(*lag_s)),
            Self::Text(Alike { similarity, words, .. }) => {
                write!(out, "{words} words in common, {:.0} % of the text", similarity * 100.0)
            }
            Self::Page { pages: 1 } => out.write_str("the same page as a source"),
            Self::Page { pages } => write!(out, "{pages} pages as sources in common"),
            Self::Media => out.write_str("the same file as a source"),
            Self::Picture { bits, of } => {
                write!(out, "pictures that look alike ({bits} of {of} bits differ)")
            }
            Self::Kind { same: true } => out.write_str("the same kind of event"),
            Self::Kind { same: false } => out.write_str("different kinds of event"),
            Self::Facility { same: true } => out.write_str("the same kind of facility"),
            Self::Facility { same: false } => out.write_str("different kinds of facility"),
            Self::Deaths { ranges } => {
                let [one, other] =
                    ranges.map(
                        |(low, high)| if low == high { low.to_string() } else { format!("{low} to {high}") },
                    );
                write!(out, "{one} and {other} killed")
            }
            Self::Dataset { .. } => out.write_str("one dataset, which tells them apart"),
            Self::Rivals { rivals: 1 } => out.write_str("another report of one dataset is as alike"),
            Self::Rivals { rivals } => write!(out, "{rivals} other reports of one dataset are as alike"),
        }
    }
}

/// A length in words: `300 m`, `2.5 km`.
fn length(meters: f64) -> String {
    if meters < 999.5 { format!("{meters:.0} m") } else { format!("{:.1} km", meters / 1_000.0) }
}

/// A time in words: `40 min`, `2 days`.
fn span(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 2.0 * HOUR_S => format!("{:.0} min", s / 60.0),
        s if s < DAY_S => format!("{:.0} h", s / HOUR_S),
        s if s < 1.5 * DAY_S => "a day".to_owned(),
        s => format!("{:.0} days", s / DAY_S),
    }
}

fn width_s(of: &Traits) -> f64 {
    (of.end_s - of.start_s) as f64
}

/// Seconds by which two intervals miss each other: 0 when they overlap; from a day to the next it is a day.
fn lag_s(one: &Traits, other: &Traits) -> f64 {
    let between = one.start_s.max(other.start_s) - one.end_s.min(other.end_s);
    if between < 0 {
        0.0
    } else {
        (between + (one.end_s - one.start_s).min(other.end_s - other.start_s)) as f64
    }
}

/// The least distance between two lots of places; `None` when one of them is empty.
fn nearest(one: &[LonLat], other: &[LonLat], far_m: impl Fn(LonLat, LonLat) -> f64) -> Option<f64> {
    one.iter()
        .flat_map(|&a| other.iter().map(move |&b| (a, b)))
        .map(|(a, b)| far_m(a, b))
        .min_by(f64::total_cmp)
}

/// Distance on a sphere, in meters: to 0.5 % that on the ellipsoid.
fn haversine_m(from: LonLat, to: LonLat) -> f64 {
    let [lon1, lat1, lon2, lat2] = [from.lon(), from.lat(), to.lon(), to.lat()].map(f64::to_radians);
    let (lat, lon) = (((lat2 - lat1) / 2.0).sin(), ((lon2 - lon1) / 2.0).sin());
    let h = lat * lat + lat1.cos() * lat2.cos() * lon * lon;
    2.0 * EARTH_M * h.min(1.0).sqrt().asin()
}

/// Weight and number of the words that two ascending lists share.
fn shared(one: &[Word], other: &[Word]) -> (f32, usize) {
    let (mut weight, mut count) = (0.0, 0);
    walk_common(one, other, |word| {
        weight += word.weight();
        count += 1;
    });
    (weight, count)
}

/// How many numbers two ascending lists share.
fn common(one: &[u64], other: &[u64]) -> usize {
    let mut count = 0;
    walk_common(one, other, |_| count += 1);
    count
}

fn walk_common<T: Ord + Copy>(one: &[T], other: &[T], mut tell: impl FnMut(T)) {
    let (mut i, mut j) = (0, 0);
    while let (Some(a), Some(b)) = (one.get(i), other.get(j)) {
        if a == b {
            tell(*a);
        }
        (i, j) = (i + usize::from(a <= b), j + usize::from(b <= a));
    }
}

fn ascending(numbers: impl Iterator<Item = u64>) -> Box<[u64]> {
    let mut numbers: Vec<u64> = numbers.collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into_boxed_slice()
}

/// A page by host and path, and its query without what only tracks readers: the parts that two links to one page share.
fn page(url: &str) -> impl Iterator<Item = &str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split('#').next().unwrap_or(rest);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.strip_prefix("www.").or_else(|| path.strip_prefix("m.")).unwrap_or(path);
    let is_tracker = |part: &&str| {
        ["utm_", "fbclid", "gclid", "yclid", "ref="].iter().any(|begin| part.starts_with(begin))
            || part.is_empty()
    };
    [path.trim_end_matches('/')].into_iter().chain(query.split('&').filter(move |part| !is_tracker(part)))
}

/// FNV-1a over several texts, letters of ASCII in lower case.
fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let step = |hash: u64, b: u8| (hash ^ u64::from(b.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3);
    parts.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, part| step(part.bytes().fold(hash, step), b'&'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventDate, Properties, Source, Text};

    fn report(date: &str, lon: f64, lat: f64, title: &str, url: &str) -> Incident {
        let mut properties = Properties::new(EventDate::parse(date).unwrap());
        properties.title = Text::new("en", title);
        properties.location_radius_m = Some(500.0);
        properties.sources = vec![Source { url: Some(url.to_owned()), ..Source::default() }];
        let places = vec![LonLat::new(lon, lat).unwrap()];
        Incident { id: crate::IncidentId::from_random([1; 16]), places, properties }
    }

    fn likeness(one: &Incident, other: &Incident) -> Likeness {
        Traits::of(one).compare(&Traits::of(other), 0)
    }

    const WHEN: &str = "2025-05-30T01:10:00+03:00";
    const WHAT: &str = "Drones hit the grain terminal at the port of Izmail, one worker injured";

    #[test]
    fn a_strike_told_twice_is_told_from_the_next_one() {
        let one = report(WHEN, 28.84, 45.335, WHAT, "https://news.example/a");
        let again = report(
            "2025-05-30T01:50:00+03:00",
            28.8438,
            45.335,
            "Порт Ізмаїла: дрони влучили в зерновий термінал",
            "https://www.news.example/a/?utm_source=x#top",
        );
        let found = likeness(&one, &again);
        assert!(found.score > 0.9, "{found:?}");
        assert!(found.is_repost());
        let says: Vec<String> = found.reasons.iter().map(|weighed| weighed.reason.to_string()).collect();
        for part in ["the same page", "40 min apart", "298 m apart, known to 500 m and 500 m"] {
            assert!(says.iter().any(|reason| reason.contains(part)), "{part}: {says:?}");
        }
        let next = report(
            "2025-06-02T02:00:00+03:00",
            28.84,
            45.335,
            "Fire at a school in Izmail after shelling",
            "https://news.example/b",
        );
        assert!(likeness(&one, &next).score < 0.1, "{:?}", likeness(&one, &next));
    }

    #[test]
    fn a_score_is_the_same_both_ways_and_that_of_its_reasons() {
        let mut one = report(WHEN, 179.999, -16.8, WHAT, "https://news.example/a");
        let mut other = report("2025-05-30", -179.999, -16.8, "Порт", "https://news.example/b");
        (one.properties.deaths_best, other.properties.deaths_best) = (Some(3), Some(9));
        one.properties.location_radius_m = None;
        let (a, b) = (Traits::of(&one), Traits::of(&other));
        assert_eq!(a.score(&b).to_bits(), b.score(&a).to_bits());
        let told = a.compare(&b, 0);
        assert!((a.score(&b) - told.score).abs() < 0.01, "{told:?}");
        let sum: f64 = told.reasons.iter().map(|weighed| weighed.points).sum();
        assert!((odds(PRIOR + sum) - told.score).abs() < 1e-12);
        let Some(Reason::Place { meters, .. }) =
            told.reasons.iter().map(|w| w.reason).find(|r| matches!(r, Reason::Place { .. }))
        else {
            panic!()
        };
        assert!((200.0..230.0).contains(&meters), "across the antimeridian: {meters}");
    }

    #[test]
    fn files_and_pictures_speak_for_themselves_and_rivals_against() {
        let with = |sha256: &str, phash: &str| {
            let mut one = report("2025-05-30", 28.84, 45.335, "", "");
            let source = &mut one.properties.sources[0];
            (source.url, source.sha256) = (None, Some(sha256.to_owned()).filter(|hash| !hash.is_empty()));
            source.extra.insert("phash".into(), phash.into());
            one
        };
        let (file, same) = (with("ab12", "ff00ff00ff00ff00"), with("AB12", "0000000000000000"));
        assert!(likeness(&file, &same).reasons.iter().any(|w| w.reason == Reason::Media));
        let (picture, alike, other) =
            (with("", "ff00ff00ff00ff00"), with("", "ff00ff00ff00ff03"), with("", "00ff00ff00ff00ff"));
        assert!(
            likeness(&picture, &alike)
                .reasons
                .iter()
                .any(|w| w.reason == Reason::Picture { bits: 2, of: 64 })
        );
        assert!(!likeness(&picture, &other).is_repost());
        let (a, b) = (Traits::of(&picture), Traits::of(&alike));
        assert!(a.compare(&b, 3).score < a.compare(&b, 0).score);
    }

    #[test]
    fn a_page_is_the_same_however_it_was_reached() {
        let of = |url| hash(page(url));
        assert_eq!(of("http://News.example/a/"), of("https://www.news.example/a?fbclid=1&utm_source=b#c"));
        assert_ne!(of("https://news.example/a?id=1"), of("https://news.example/a?id=2"));
        assert_ne!(of("https://news.example/a"), of("https://news.example/b"));
    }

    #[test]
    fn times_are_in_the_words_of_people() {
        let day = |date: &str| report(date, 28.84, 45.335, WHAT, "https://a.example/");
        let lag = |one: &str, other: &str| lag_s(&Traits::of(&day(one)), &Traits::of(&day(other)));
        assert_eq!(lag("2025-05-30", "2025-05-30T12:00:00Z"), 0.0);
        assert_eq!(lag("2025-05-30", "2025-05-31"), DAY_S);
        assert_eq!(lag("2025-05", "2025-05-31"), 0.0);
        for (seconds, words) in [
            (40.0, "40 s"),
            (2_400.0, "40 min"),
            (10_800.0, "3 h"),
            (86_400.0, "a day"),
            (200_000.0, "2 days"),
        ] {
            assert_eq!(span(seconds), words);
        }
    }
}
