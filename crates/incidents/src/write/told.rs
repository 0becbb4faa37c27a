//! Places and distances in words, as sure as they are and no surer.

use super::described::{Described, Distance};
use crate::incident::{Incident, RadiusOrigin};

/// How a language writes lengths.
#[derive(Clone, Copy, Debug)]
pub struct Units<'a> {
    /// Meters.
    pub m: &'a str,
    /// Kilometers.
    pub km: &'a str,
    /// What stands before tenths.
    pub point: &'a str,
}

const ENGLISH: Units<'_> = Units { m: "m", km: "km", point: "." };

impl Units<'_> {
    /// A length known to lie between two others, with these: no digit that the interval does not deserve, and bounds that
    /// rounding only moves apart.
    pub fn interval(&self, meters: f64, low_m: f64, high_m: f64) -> (String, String) {
        let step_m = step_of((high_m - meters).max(meters - low_m));
        let unit = if high_m >= 1_000.0 { self.km } else { self.m };
        let show = |value_m: f64| self.number(value_m, step_m, high_m >= 1_000.0);
        // A bound that already is a whole number of steps must not be pushed out by a rounding error.
        let down = show((low_m / step_m + 1e-6).floor() * step_m);
        let up = show((high_m / step_m - 1e-6).ceil() * step_m);
        let nearest_m = (meters / step_m).round() * step_m;
        // What rounds to nothing is not nothing: it is less than one step.
        let shown =
            if nearest_m > 0.0 || meters <= 0.0 { show(nearest_m) } else { format!("<{}", show(step_m)) };
        (format!("{shown} {unit}"), format!("{down}–{up} {unit}"))
    }

    /// A round length, such as a radius.
    pub fn length(&self, meters: f64) -> String {
        let (value, unit) = if meters >= 1_000.0 { (meters / 1_000.0, self.km) } else { (meters, self.m) };
        // Three figures, and no zeros behind them.
        let decimals = (2 - value.max(1.0).log10().floor() as i32).max(0) as usize;
        let text = format!("{value:.decimals$}");
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        format!("{} {unit}", text.replace('.', self.point))
    }

    fn number(&self, value_m: f64, step_m: f64, in_km: bool) -> String {
        if value_m == 0.0 {
            return "0".to_owned();
        }
        let decimals = if in_km { (3 - step_m.log10().round() as i32).max(0) as usize } else { 0 };
        let value = if in_km { value_m / 1_000.0 } else { value_m };
        format!("{value:.decimals$}").replace('.', self.point)
    }
}

/// The place of the last digit worth printing, in meters, for a value known to ± `half_m`: one digit of that, or two when
/// it begins with 1 or 2.
fn step_of(half_m: f64) -> f64 {
    10_f64.powf((half_m.max(3.0) / 3.0).log10().floor().max(0.0))
}

/// How well the place is known.
pub fn place_told(incident: &Incident) -> String {
    let radius = incident.radius();
    match (radius.meters, radius.why) {
        (_, RadiusOrigin::Unknown) => "The place is not known.".to_owned(),
        (None, _) => "Known only as an area; the point is its mark, not the place.".to_owned(),
        (Some(meters), why) => {
            let assumed =
                if why == RadiusOrigin::Assumed { ", which is assumed where nothing is said" } else { "" };
            format!("The true place lies within {} of the point{assumed}.", ENGLISH.length(meters))
        }
    }
}

/// How far from a border it was, with the interval and the name of the border set.
pub fn distance_told(described: &Described) -> String {
    let border = &described.border;
    let told: Vec<String> = border.to.iter().chain(&border.nearest_foreign).map(one_told).collect();
    match (&border.reason, told.is_empty()) {
        (Some(reason), true) => format!("No distance to a border: {reason}."),
        (None, true) => String::new(),
        (_, false) => {
            let boundary = &border.boundary;
            format!("{}. Border set: {} {}.", told.join("; "), boundary.set, boundary.version)
        }
    }
}

fn one_told(distance: &Distance) -> String {
    let of = distance.name.as_deref().unwrap_or(&distance.to);
    let (Some(meters), Some(low_m), Some(high_m)) =
        (distance.distance_m, distance.distance_low_m, distance.distance_high_m)
    else {
        return format!("the distance to {of} is not known");
    };
    let (shown, between) = ENGLISH.interval(meters, low_m, high_m);
    match distance.side.as_deref() {
        Some("inside") => format!("inside {of}"),
        Some("uncertain") => format!("{shown} ({between}) from {of}, side uncertain"),
        _ => format!("{shown} ({between}) from {of}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_the_digits_that_its_interval_deserves() {
        let told = |meters, low, high| {
            let (shown, between) = ENGLISH.interval(meters, low, high);
            format!("{shown} ({between})")
        };
        assert_eq!(told(2_234.0, 1_184.0, 3_284.0), "2.2 km (1.1–3.3 km)");
        assert_eq!(told(600.4, 550.0, 650.0), "600 m (550–650 m)");
        assert_eq!(told(0.0, 0.0, 0.0), "0 m (0–0 m)");
        assert_eq!(told(40.0, 0.0, 5_040.0), "<1 km (0–6 km)");
        assert_eq!(told(413_900.0, 388_900.0, 438_900.0), "414 km (388–439 km)");
    }

    #[test]
    fn a_round_length_has_three_figures_at_most_and_its_own_point() {
        let ukrainian = Units { m: "м", km: "км", point: "," };
        for (meters, told) in [(50.0, "50 м"), (1_000.0, "1 км"), (2_540.0, "2,54 км"), (25_000.0, "25 км")]
        {
            assert_eq!(ukrainian.length(meters), told);
        }
    }
}
