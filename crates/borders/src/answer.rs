//! The whole answer about one place: what the HTTP route and `--json` print, number for number.
//!
//! Distances are rounded to 0.1 mm and positions to 1e-7 degrees. That is the arithmetic's worth; the
//! border's is in `distance_low_m`, `distance_high_m` and `accuracy_m`.

use serde::Serialize;

use crate::LonLat;
use crate::format::Kind;
use crate::interval::{Reach, Side};
use crate::set::{BUILT_IN, BorderSet, Nearest, Target};
use crate::spread::Spread;
use crate::territory::Territory;

/// A place and what is asked about it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The place.
    pub place: LonLat,
    /// The radius of the circle that it may lie in, in meters; `None` when it is not known, and no interval can then count it.
    pub radius_m: Option<f64>,
    /// The territories and sets whose distance is asked.
    pub to: &'a [Target],
}

/// Everything that a border set says about a place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The place asked about.
    pub lon: f64,
    /// The place asked about.
    pub lat: f64,
    /// The radius that the intervals count.
    pub radius_m: Option<f64>,
    /// The codes of all who claim the place, sorted; none at sea.
    pub territory: Vec<String>,
    /// The one of them in the world view.
    pub territory_in_view: Option<String>,
    /// Whether states that are foreign to each other claim the place.
    pub disputed: bool,
    /// What the world view calls a disputed place, and who says whose it is or why it is open.
    pub view_source: Option<String>,
    /// What the world view has to say of the place besides.
    pub notes: Vec<String>,
    /// The nearest foreign territory.
    pub nearest_foreign: Option<Measure>,
    /// Every foreign territory that may be the nearest once all is counted, nearest first; one alone when it is certain.
    pub could_be_nearest: Vec<Possible>,
    /// The distances asked for, in the order of asking.
    pub to: Vec<Measure>,
    /// To the border of the nearest neighbor by land.
    pub bdist1_m: Option<f64>,
    /// To the nearest foreign territory, over water too.
    pub bdist2_m: Option<f64>,
    /// To the outline of the own territory.
    pub bdist3_m: Option<f64>,
    /// What it was measured against.
    pub boundary: Boundary,
    /// The same distances in every border set at hand, when asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spread: Vec<Spread>,
}

/// A territory that may be the nearest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Possible {
    /// Its code.
    pub country: String,
    /// Its English name.
    pub name: String,
    /// In meters, by the file.
    pub distance_m: f64,
    /// The least distance that remains possible.
    pub distance_low_m: f64,
    /// The greatest distance that remains possible.
    pub distance_high_m: f64,
}

/// One distance, its interval, and where the border is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// What was asked for: a code, `NATO`, or the nearest foreign territory's own code.
    pub to: String,
    /// The code of the territory that is nearest.
    pub country: String,
    /// Its English name.
    pub name: String,
    /// In meters; 0 inside.
    pub distance_m: f64,
    /// In meters; negative inside.
    pub signed_distance_m: f64,
    /// The least distance that remains possible.
    pub distance_low_m: f64,
    /// The greatest distance that remains possible.
    pub distance_high_m: f64,
    /// The nearest point: the place itself inside.
    pub nearest_point: Option<[f64; 2]>,
    /// The way to it, in degrees clockwise from north.
    pub azimuth_deg: Option<f64>,
    /// What the border is there.
    pub kind: Kind,
    /// On which side the place lies once all is counted.
    pub side: Side,
    /// How far the border may lie from the truth there, in meters. A farther stretch that is less accurate may come nearer than
    /// that; the interval counts it.
    pub accuracy_m: f64,
    /// Whether states that are foreign to each other claim what lies on one side of the border there.
    pub disputed: bool,
    /// Whether another edition shows another line there, kilometers off; the interval does not cover that.
    pub unsettled: bool,
}

impl Measure {
    /// Whether the border's own error swallows the distance: which side the place is on, let alone how far, is not to be told.
    ///
    /// For the finest set at hand the interval says so. A coarser one should rather not be asked: a number that is
    /// smaller than its error is none.
    pub fn is_swallowed(&self) -> bool {
        self.signed_distance_m.abs() <= self.accuracy_m
    }
}

/// A border set does not tell a distance that its own error swallows.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{set} is too coarse here: the place is within {accuracy_m} m of the border of {name} ({country}), which is how far its line \
     may be off; ask {}, or for a spread to compare", BUILT_IN[0].0
)]
pub struct TooCoarse {
    /// The set.
    pub set: String,
    /// The code of the territory whose border is that near.
    pub country: String,
    /// Its English name.
    pub name: String,
    /// How far its border may lie from the truth there, in meters.
    pub accuracy_m: f64,
}

impl Answer {
    /// Refuses the answer of a set that is too coarse for one of the distances: a number smaller than its error looks like one and is
    /// none. The default set is the finest at hand, and always answers, with its interval.
    ///
    /// # Errors
    ///
    /// [`TooCoarse`] with the first distance that is swallowed.
    pub fn check_coarseness(&self) -> Result<(), TooCoarse> {
        let mut measures = self.nearest_foreign.iter().chain(&self.to);
        match measures.find(|measure| measure.is_swallowed()) {
            Some(measure) if self.boundary.set != BUILT_IN[0].0 => Err(TooCoarse {
                set: self.boundary.set.clone(),
                country: measure.country.clone(),
                name: measure.name.clone(),
                accuracy_m: measure.accuracy_m,
            }),
            _ => Ok(()),
        }
    }
}

/// The borders behind an answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Boundary {
    /// The set's name.
    pub set: String,
    /// The version of its source.
    pub version: String,
    /// Its accuracy in general, in meters.
    pub accuracy_m: f64,
    /// The licence of the data.
    pub licence: String,
    /// The credit to give.
    pub attribution: String,
    /// The view that named one claimant.
    pub world_view: String,
    /// The day of that view, and of the membership of sets; today when none is given.
    pub on: Option<String>,
    /// What lies between two positions of a border.
    pub edge_model: String,
    /// The SHA-256 of the set.
    pub checksum: String,
}

impl BorderSet {
    /// Answers one question in full.
    ///
    /// ```
    /// # use kordon_borders::{BorderSet, LonLat, Question};
    /// let set = BorderSet::default_set()?;
    /// let izmail = LonLat::new(28.8372, 45.3512)?;
    /// let to = [set.target("ROU", None)?];
    /// let answer = set.answer(&Question { place: izmail, radius_m: Some(500.0), to: &to });
    /// assert_eq!(answer.territory, ["UKR"]);
    /// assert_eq!(answer.to[0].distance_m.round(), 2_221.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn answer(&self, question: &Question) -> Answer {
        let place = question.place;
        let claims = self.containing(place);
        let claimants: Vec<&Territory> = claims.iter().map(|id| self.territory(*id)).collect();
        let ruling = self.ruling(&claims, place);
        let code = |id| self.territory(id).code.clone();
        let radius_m = question.radius_m.unwrap_or(0.0);
        let foreign = self.nearest_foreign(place, f64::INFINITY);
        let meters = |nearest: Option<Nearest>| nearest.map(|n| round(n.distance_m, 1e4));
        Answer {
            lon: place.lon(),
            lat: place.lat(),
            radius_m: question.radius_m,
            territory: claims.iter().copied().map(code).collect(),
            territory_in_view: self.holder(&claims, place).map(code),
            disputed: self.are_foreign(&claims),
            view_source: ruling.source.map(|source| match ruling.place {
                Some(place) => format!("{place}: {source}"),
                None => source.to_owned(),
            }),
            notes: self.view().notes(&claimants, place).map(str::to_owned).collect(),
            nearest_foreign: foreign.map(|nearest| self.measure_foreign(place, radius_m, &nearest)),
            could_be_nearest: self
                .could_be_nearest(place, radius_m)
                .iter()
                .map(|(nearest, reach)| self.possible(radius_m, nearest, reach))
                .collect(),
            to: question.to.iter().filter_map(|target| self.measure_to(target, place, radius_m)).collect(),
            bdist1_m: meters(self.nearest_neighbor(place)),
            bdist2_m: if claims.is_empty() { None } else { meters(foreign) },
            bdist3_m: meters(self.own_outline(place)),
            boundary: self.boundary(),
            spread: Vec::new(),
        }
    }

    fn possible(&self, radius_m: f64, nearest: &Nearest, reach: &Reach) -> Possible {
        let territory = self.territory(nearest.territory);
        let around = reach.interval(radius_m);
        Possible {
            country: territory.code.clone(),
            name: territory.name.clone(),
            distance_m: round(nearest.distance_m, 1e4),
            distance_low_m: round(around.low_m, 1e4),
            distance_high_m: round(around.high_m, 1e4),
        }
    }

    /// The distance to a target as an answer tells it; `None` when the target has no territory in this set.
    pub fn measure_to(&self, target: &Target, place: LonLat, radius_m: f64) -> Option<Measure> {
        let nearest = self.signed_distance(place, target)?;
        let reach = self.reach_to(place, &nearest, target);
        Some(self.measure(target.name().into(), place, radius_m, &nearest, &reach))
    }

    /// What [`BorderSet::nearest_foreign`] found, as an answer tells it.
    pub fn measure_foreign(&self, place: LonLat, radius_m: f64, nearest: &Nearest) -> Measure {
        let code = self.territory(nearest.territory).code.clone();
        self.measure(code, place, radius_m, nearest, &self.reach_foreign(place, nearest))
    }

    /// A nearest point, with a distance that is negative inside, and its reach, as an answer tells them.
    pub fn measure(
        &self,
        to: String,
        place: LonLat,
        radius_m: f64,
        nearest: &Nearest,
        reach: &Reach,
    ) -> Measure {
        let territory = self.territory(nearest.territory);
        let signed = nearest.distance_m;
        let inside = signed.is_sign_negative();
        let around = reach.interval(radius_m);
        let point = if inside { place } else { nearest.point };
        Measure {
            to,
            country: territory.code.clone(),
            name: territory.name.clone(),
            distance_m: round(signed.max(0.0), 1e4),
            signed_distance_m: round(signed, 1e4),
            distance_low_m: round(around.low_m, 1e4),
            distance_high_m: round(around.high_m, 1e4),
            nearest_point: Some([round(point.lon(), 1e7), round(point.lat(), 1e7)]),
            azimuth_deg: if inside {
                None
            } else {
                nearest.azimuth_deg.map(|azimuth| round(azimuth, 1e4) % 360.0)
            },
            kind: nearest.kind,
            side: reach.side(radius_m),
            accuracy_m: nearest.accuracy_m,
            disputed: nearest.disputed,
            unsettled: nearest.unsettled,
        }
    }

    /// What every answer says about the borders behind it.
    pub fn boundary(&self) -> Boundary {
        let info = self.info();
        Boundary {
            set: info.name.clone(),
            version: info.version.clone(),
            accuracy_m: info.accuracy_m,
            licence: info.licence.clone(),
            attribution: info.attribution.clone(),
            world_view: self.view().name().into(),
            on: self.on().map(|day| day.to_string()),
            edge_model: info.edge_model.clone(),
            checksum: self.checksum().into(),
        }
    }
}

pub(crate) fn round(value: f64, parts: f64) -> f64 {
    // Adding zero turns -0 into 0.
    (value * parts).round() / parts + 0.0
}

/// Appends a number rounded to so many decimals as text, as JSON and CSV have it: without zeros at its end but for one behind the
/// point, and without an exponent. It has room for what is below 2^63 of its last decimals, at most 15 of them; every length and
/// angle on the globe has fewer than 16 digits then, so these are the digits of the nearest `f64` too.
pub fn push_rounded<const DECIMALS: usize>(out: &mut Vec<u8>, number: f64) {
    const POINT: usize = 24;
    let parts_of_one = 10_u64.pow(DECIMALS as u32);
    let parts = rounded_away(number.abs() * parts_of_one as f64);
    let (mut whole, mut part) = (parts / parts_of_one, parts % parts_of_one);
    let (mut digits, mut start) = ([b'0'; 40], POINT);
    digits[POINT] = b'.';
    for two in digits[POINT + 1..=POINT + DECIMALS].rchunks_mut(2) {
        let [tens, ones] = PAIRS[(part % 100) as usize];
        match two {
            [a, b] => (*a, *b) = (tens, ones),
            // The first digit of an odd number of them.
            [a] => *a = ones,
            _ => {}
        }
        part /= 100;
    }
    while whole > 9 {
        start -= 2;
        digits[start..start + 2].copy_from_slice(&PAIRS[(whole % 100) as usize]);
        whole /= 100;
    }
    if whole > 0 || start == POINT {
        start -= 1;
        digits[start] = b'0' + whole as u8;
    }
    if parts > 0 && number < 0.0 {
        start -= 1;
        digits[start] = b'-';
    }
    let zeros = digits[POINT + 2..=POINT + DECIMALS].iter().rev().take_while(|digit| **digit == b'0').count();
    out.extend_from_slice(&digits[start..=POINT + DECIMALS - zeros]);
}

/// The numbers from 0 to 99 in two digits.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// As [`f64::round`], of what is neither negative nor 2^63 or more; that one is a call of a function on most processors.
fn rounded_away(number: f64) -> u64 {
    let whole = number as i64;
    // What is cut off is exact, for all that have a fraction.
    whole as u64 + u64::from(number - whole as f64 >= 0.5)
}
