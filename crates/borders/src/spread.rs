//! The same question in several border sets: how much an answer depends on the file.
//!
//! The first set is the one that answers; the others are there to compare with. One of these whose own error swallows the distance
//! gives no number, only that the border is within that error: its place would be noise, and look like a second opinion.

use serde::Serialize;

use crate::LonLat;
use crate::alliance::Day;
use crate::answer::{Measure, round};
use crate::set::BorderSet;

/// One distance in every set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// What was asked for; `nearest_foreign` for the nearest foreign territory, whichever it is in each set.
    pub to: String,
    /// The least of the distances by the files; `None` when no set tells any.
    pub least_m: Option<f64>,
    /// The greatest of them.
    pub greatest_m: Option<f64>,
    /// What each set says, in the order of the sets.
    pub sets: Vec<Said>,
}

/// What one set says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// The set's name.
    pub set: String,
    /// The version of its source.
    pub version: String,
    /// The code of the territory that is nearest in it.
    pub country: Option<String>,
    /// In meters by the file; 0 inside; `None` where [`Said::reason`] says why not.
    pub distance_m: Option<f64>,
    /// The least distance that remains possible.
    pub distance_low_m: Option<f64>,
    /// The greatest distance that remains possible.
    pub distance_high_m: Option<f64>,
    /// How far its border may lie from the truth there, in meters.
    pub accuracy_m: Option<f64>,
    /// Why there is no number: `too-coarse`, or `unknown` when the set has no such territory, or the nearest one is
    /// none that the first set knows.
    pub reason: Option<&'static str>,
}

/// The distances to the nearest foreign territory and to `to` (names as [`BorderSet::target`] takes them) in every set.
///
/// A set that has no such territory says so; it is the caller's to refuse a name that the first set does not know. Memberships
/// are those of the day `on`; today's when it is `None`.
pub fn spread(
    sets: &[&BorderSet],
    place: LonLat,
    radius_m: Option<f64>,
    to: &[&str],
    on: Option<Day>,
) -> Vec<Spread> {
    let radius_m = radius_m.unwrap_or(0.0);
    let nearest = Spread::of("nearest_foreign", sets, |set| {
        let nearest = set.nearest_foreign(place, f64::INFINITY)?;
        // A set of other things than the first one's (districts, front lines) is no second opinion.
        let code = &set.territory(nearest.territory).code;
        sets[0].find(code).map(|_| set.measure_foreign(place, radius_m, &nearest))
    });
    let asked = to.iter().map(|name| {
        Spread::of(name, sets, |set| set.measure_to(&set.target(name, on).ok()?, place, radius_m))
    });
    std::iter::once(nearest).chain(asked).collect()
}

impl Spread {
    fn of(to: &str, sets: &[&BorderSet], measure: impl Fn(&BorderSet) -> Option<Measure>) -> Self {
        let sets: Vec<Said> =
            sets.iter().enumerate().map(|(at, set)| Said::of(set, at == 0, measure(set))).collect();
        let told = || sets.iter().filter_map(|said| said.distance_m);
        Self {
            to: to.into(),
            least_m: told().min_by(f64::total_cmp),
            greatest_m: told().max_by(f64::total_cmp),
            sets,
        }
    }
}

impl Said {
    fn of(set: &BorderSet, answers: bool, measured: Option<Measure>) -> Self {
        let info = set.info();
        let reason = match &measured {
            None => Some("unknown"),
            Some(measure) if !answers && measure.is_swallowed() => Some("too-coarse"),
            Some(_) => None,
        };
        let told = measured.as_ref().filter(|_| reason.is_none());
        Self {
            set: info.name.clone(),
            version: info.version.clone(),
            country: told.map(|measure| measure.country.clone()),
            distance_m: told.map(|measure| measure.distance_m),
            distance_low_m: told.map(|measure| measure.distance_low_m),
            distance_high_m: told.map(|measure| measure.distance_high_m),
            accuracy_m: measured.map(|measure| round(measure.accuracy_m, 1e4)),
            reason,
        }
    }
}
