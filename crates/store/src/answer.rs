//! The derived member `border` of a Feature: where the incident stands among the territories, in JSON.
//!
//! Every distance comes with its interval, from the radius of the place and the accuracy of the border;
//! meters are rounded to 0.1 mm and degrees to 1e-7, far below what either deserves.

use kordon_borders::{BorderSet, LonLat, Measure, Nearest, Reach, TerritoryId};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::snapshot::{Context, Row};

/// The answer to the target that a query asked about.
#[derive(Clone, Debug)]
pub(crate) struct To {
    pub name: String,
    pub found: Option<Reached>,
}

/// What was measured to.
#[derive(Clone, Debug)]
pub(crate) enum Reached {
    /// The outline of a territory, from one of the places; negative inside; and how near and far it may be from any of them.
    Territory(LonLat, Nearest, Reach),
    /// A place: how far, and at which azimuth.
    Place(LonLat, f64, Option<f64>),
}

#[derive(Serialize)]
struct Border<'a> {
    territory: Vec<&'a str>,
    nearest_foreign: Option<Measure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<[Answer<'a>; 1]>,
    boundary: &'a RawValue,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer<'a> {
    Territory(Measure),
    Place {
        to: &'a str,
        distance_m: f64,
        distance_low_m: f64,
        distance_high_m: f64,
        nearest_point: [f64; 2],
        azimuth_deg: Option<f64>,
    },
    Unknown {
        to: &'a str,
        distance_m: Option<f64>,
    },
}

/// The member `border` of a row.
pub(crate) fn border(context: &Context, row: &Row) -> String {
    let column = &row.part.columns.border[row.row];
    let borders = &*context.borders;
    let claims = context.claims.name(column.claims);
    let code = |id: &TerritoryId| borders.territory(*id).code.as_str();
    let radius_m = row.radius_m();
    let reason = match (row.places(), radius_m) {
        ([], _) => Some("the place is not known"),
        (_, None) => Some("the place is known only as an area, so no point distance is claimed"),
        (_, Some(_)) => None,
    };
    let radius_m = radius_m.unwrap_or_default();
    // Foreign territory is never entered, so the place itself is not told, whichever of several it was.
    let nearest_foreign = match (&column.foreign, row.places()) {
        (Some(nearest), [place, ..]) => {
            let country = borders.territory(nearest.territory).code.clone();
            let reach = reach_foreign(borders, row.places(), nearest);
            Some(borders.measure(country, *place, radius_m, nearest, &reach))
        }
        _ => None,
    };
    let answer = Border {
        territory: claims.iter().flat_map(|claims| claims.iter()).map(code).collect(),
        nearest_foreign,
        reason,
        to: row.to.as_ref().map(|to| [answer(borders, to, radius_m)]),
        boundary: context.boundary(),
    };
    serde_json::to_string(&answer).unwrap_or_else(|_| "null".to_owned())
}

fn answer<'a>(borders: &BorderSet, to: &'a To, radius_m: f64) -> Answer<'a> {
    match &to.found {
        Some(Reached::Territory(from, nearest, reach)) => {
            Answer::Territory(borders.measure(to.name.clone(), *from, radius_m, nearest, reach))
        }
        Some(Reached::Place(place, meters, azimuth_deg)) => {
            let interval = Reach::around(*meters, 0.0).interval(radius_m);
            Answer::Place {
                to: &to.name,
                distance_m: rounded(*meters),
                distance_low_m: rounded(interval.low_m),
                distance_high_m: rounded(interval.high_m),
                nearest_point: [place.lon(), place.lat()],
                azimuth_deg: azimuth_deg.map(rounded),
            }
        }
        None => Answer::Unknown { to: &to.name, distance_m: None },
    }
}

/// How near and how far the nearest foreign territory may be from the nearest of some places, when `nearest` is it by the file.
pub(crate) fn reach_foreign(borders: &BorderSet, places: &[LonLat], nearest: &Nearest) -> Reach {
    let [place] = places else {
        let of = |place: &LonLat| {
            let nearest = borders.nearest_foreign(*place, f64::INFINITY)?;
            Some(borders.reach_foreign(*place, &nearest))
        };
        let all = places.iter().filter_map(of).reduce(nearer);
        return all.unwrap_or(Reach::around(nearest.distance_m, nearest.accuracy_m));
    };
    borders.reach_foreign(*place, nearest)
}

/// The reach from the nearer of two places, whichever that is.
pub(crate) fn nearer(a: Reach, b: Reach) -> Reach {
    Reach { low_m: a.low_m.min(b.low_m), high_m: a.high_m.min(b.high_m) }
}

fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}

/// The member `boundary` of every answer.
pub(crate) fn boundary(borders: &BorderSet) -> Box<RawValue> {
    serde_json::value::to_raw_value(&borders.boundary()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
