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
    /// A name fits when it begins like that of the unit, or like that of its most populous place: `Odeska`, `Odesa Oblast` and
    /// `Одеська область` all fit the unit of Odesa.
    pub fn is_in(&self, admin1: Option<&str>, pcode: Option<&str>) -> Option<bool> {
        if let (Some(asked), Some(known)) = (pcode, &self.admin1_pcode) {
            return Some(asked.eq_ignore_ascii_case(known));
        }
        let asked = crate::key(admin1?);
        let asked = asked.split(' ').find(|word| !UNITS.iter().any(|unit| word.starts_with(unit)))?;
        let begins_like = |name: &str| {
            let name = crate::key(name);
            let least = name.chars().count().min(4);
            asked.chars().zip(name.chars()).take_while(|(a, b)| a == b).count() >= least
        };
        if self.admin1.as_deref().is_some_and(begins_like) || begins_like(&self.admin1_largest) {
            return Some(true);
        }
        self.admin1.is_some().then_some(false)
    }
}

/// The keys of words for a unit, which say nothing of which one.
const UNITS: &[&str] = &[
    "oblast", "reion", "rehion", "raion", "district", "iudec", "iudet", "county", "provinc", "state",
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
