//! What a distance is worth: the interval that a location's radius and a border's accuracy leave.
//!
//! The signed distance to a territory (negative inside) changes by no more than one meter per meter walked,
//! and no more than the border is misplaced. So with location radius `r` and border accuracy `a` the truth is
//! within `r + a` of the figure; a distance, unlike its signed form, ends at zero.
//!
//! Limits: `a` speaks of the stretch that was found. An island that is missing from the file is not covered.

use serde::Serialize;

/// The least and the greatest distance that remain possible, in meters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// No nearer than this; 0 when the place may lie inside.
    pub low_m: f64,
    /// No farther than this; 0 when the place lies inside for certain.
    pub high_m: f64,
}

/// On which side of the border a place lies, once its uncertainty is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Inside, wherever in its circle it was.
    Inside,
    /// Outside, wherever in its circle it was.
    Outside,
    /// The circle crosses the border.
    Uncertain,
}

impl Side {
    /// The word used in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Outside => "outside",
            Self::Uncertain => "uncertain",
        }
    }
}

/// Whether a distance is within a limit, once its uncertainty is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Within {
    /// Even the greatest possible distance is within the limit.
    Certain,
    /// Some possible distance is, some is not.
    Possible,
    /// No possible distance is.
    No,
}

/// The interval around a signed distance (negative inside), given the radius of the location and the accuracy
/// of the border, all in meters.
///
/// ```
/// # use kordon_borders::interval;
/// let izmail = interval(2_221.0, 500.0, 200.0);
/// assert_eq!((izmail.low_m, izmail.high_m), (1_521.0, 2_921.0));
/// ```
pub fn interval(signed_m: f64, radius_m: f64, accuracy_m: f64) -> Interval {
    let give = radius_m + accuracy_m;
    Interval { low_m: (signed_m - give).max(0.0), high_m: (signed_m + give).max(0.0) }
}

/// The side of the border, from the same three numbers as [`interval`].
pub fn side(signed_m: f64, radius_m: f64, accuracy_m: f64) -> Side {
    let give = radius_m + accuracy_m;
    if signed_m - give > 0.0 {
        Side::Outside
    } else if signed_m + give < 0.0 {
        Side::Inside
    } else {
        Side::Uncertain
    }
}

/// Whether a distance with this interval is within `limit_m` meters.
pub fn within(limit_m: f64, interval: &Interval) -> Within {
    if interval.high_m <= limit_m {
        Within::Certain
    } else if interval.low_m <= limit_m {
        Within::Possible
    } else {
        Within::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_that_crosses_the_border_says_so() {
        assert_eq!(side(300.0, 200.0, 200.0), Side::Uncertain);
        assert_eq!(side(-300.0, 200.0, 200.0), Side::Uncertain);
        assert_eq!(side(500.0, 200.0, 200.0), Side::Outside);
        assert_eq!(side(-500.0, 200.0, 200.0), Side::Inside);
    }

    #[test]
    fn an_interval_never_goes_below_zero() {
        assert_eq!(interval(100.0, 500.0, 200.0), Interval { low_m: 0.0, high_m: 800.0 });
        assert_eq!(interval(-5_000.0, 0.0, 200.0), Interval { low_m: 0.0, high_m: 0.0 });
    }

    #[test]
    fn within_has_three_answers() {
        let around = interval(2_000.0, 300.0, 200.0);
        assert_eq!(within(2_500.0, &around), Within::Certain);
        assert_eq!(within(2_000.0, &around), Within::Possible);
        assert_eq!(within(1_500.0, &around), Within::Possible);
        assert_eq!(within(1_499.0, &around), Within::No);
    }
}
