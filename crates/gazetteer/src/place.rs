//! One place as it is answered: what it is called, where it lies, and how far from there what happened "in" it may have been.

use serde::Serialize;

/// A place that may be meant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// Its number in GeoNames, which is permanent.
    pub id: u32,
    /// Its main name, as GeoNames has it.
    pub name: String,
    /// Its other names in Latin and Cyrillic letters.
    pub names: Vec<String>,
    /// ISO 3166-1 alpha-3.
    pub country: String,
    /// The first-order unit that it lies in: the code that GeoNames has for it.
    pub admin1_code: String,
    /// The name of that unit, where it is known.
    pub admin1: Option<String>,
    /// Its P-code, where it is known.
    pub admin1_pcode: Option<String>,
    /// The most populous place of that unit, which tells places of one name apart.
    pub admin1_largest: String,
    /// Degrees east.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
    /// Inhabitants; 0 where it is not known.
    pub population: u32,
    /// Meters from `lon`, `lat` within which what happened in the place did happen; see [`radius_m`].
    pub radius_m: f64,
    /// How the name was found.
    pub matched: Match,
    /// The name that was found.
    pub matched_name: String,
    /// Meters from where it was said to be near.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
}

/// How a name fits what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// It is that name, but for case, marks and punctuation.
    Exact,
    /// It sounds like that name: another script or spelling of it, or a name that only resembles it.
    Alike,
    /// It begins so.
    Prefix,
}

impl Candidate {
    /// Whether it lies in the first-order unit of that name or P-code; `None` where this is not known.
    ///
    /// A name fits when its words have the stems of the unit's own, or of the first words of its most populous place: `Odeska`,
    /// `Odesa Oblast` and `Одеська область` all fit the unit of Odesa. A translated name (`Crimea`, `Krym`) does not.
    pub fn is_in(&self, admin1: Option<&str>, pcode: Option<&str>) -> Option<bool> {
        if let (Some(asked), Some(known)) = (pcode, &self.admin1_pcode) {
            return Some(asked.eq_ignore_ascii_case(known));
        }
        let asked = stems(admin1?);
        if asked.is_empty() {
            return None;
        }
        let begin_like = |names: &[String]| {
            asked.len() <= names.len() && asked.iter().zip(names).all(|(asked, name)| are_alike(asked, name))
        };
        let is_unit = self.admin1.as_deref().map(stems).is_some_and(|unit| are_all_alike(&asked, &unit));
        if is_unit || begin_like(&stems(&self.admin1_largest)) {
            return Some(true);
        }
        self.admin1.is_some().then_some(false)
    }
}

/// Whether two names may be of one administrative unit: their words have the same stems, in any script, but for those that only say
/// what a unit is.
pub fn is_same_unit(one: &str, other: &str) -> bool {
    let (one, other) = (stems(one), stems(other));
    !one.is_empty() && are_all_alike(&one, &other)
}

fn are_all_alike(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| are_alike(one, other))
}

/// The stems of a name's words, without those that only say what a unit is.
fn stems(name: &str) -> Vec<String> {
    let name = crate::key(name);
    let words = name.split(' ').filter(|word| !UNITS.iter().any(|unit| word.starts_with(unit)));
    words.map(|word| stem(word).to_owned()).filter(|stem| !stem.is_empty()).collect()
}

/// A word's key without the ending of an adjective in Ukrainian, Russian or Polish, or else without its last vowels: `odes` of
/// `Odesa`, `ode` of `Odeska`, `donec` of both `Donetsk` and `Донецкая`.
fn stem(word: &str) -> &str {
    let bare = word.trim_end_matches(['a', 'e', 'i', 'o', 'u']);
    match bare.strip_suffix('k') {
        Some(adjective) if adjective.ends_with(['s', 'c', 'z']) => {
            adjective.strip_suffix('s').unwrap_or(adjective)
        }
        _ => bare,
    }
}

/// Whether two stems are of one name: they differ in their last letters at most, as `harkiv` and `harkov` or `rivn` and `rivnen`.
fn are_alike(one: &str, other: &str) -> bool {
    let common = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let longer = one.chars().count().max(other.chars().count());
    common == longer || (common >= 3 && common + 1 >= longer) || (common >= 4 && common + 2 >= longer)
}

/// The keys of words for a unit, which say nothing of which one.
const UNITS: &[&str] = &[
    "obl", "of", "reion", "rehion", "raion", "district", "iudec", "iudet", "county", "provinc", "state",
    "avtonom", "autonom",
];

/// The radius that holds what happened in a place of so many inhabitants, in meters.
///
/// 3 km below 50 000, as for any place out of a gazetteer; 5 km from there, 10 km from 300 000, 15 km from a million, 25 km from
/// five. An estimate by the usual size of towns, not a measurement of this one.
pub fn radius_m(population: u32) -> f64 {
    match population {
        0..50_000 => 3_000.0,
        50_000..300_000 => 5_000.0,
        300_000..1_000_000 => 10_000.0,
        1_000_000..5_000_000 => 15_000.0,
        _ => 25_000.0,
    }
}
