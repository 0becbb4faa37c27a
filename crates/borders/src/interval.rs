//! What a distance is worth: the interval that a location's radius and a border's accuracy leave.
//!
//! A border's accuracy leaves a [`Reach`] of signed distances (negative inside) from a place; `reach.rs` finds it, over all
//! stretches that matter. Within a circle the signed distance changes by no more than one meter per meter walked, so the
//! circle's radius widens the reach by as much at either end. A distance, unlike its signed form, ends at zero.
//!
//! Limits: an island that is missing from the file is not covered.

use serde::Serialize;

/// The least and the greatest distance that remain possible, in meters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// No nearer than this; 0 when the place may lie inside.
    pub low_m: f64,
    /// No farther than this; 0 when the place lies inside for certain.
    pub high_m: f64,
}

/// The signed distances (negative inside) from one place that a border's accuracy leaves possible, in meters.
///
/// ```
/// # use kordon_borders::Reach;
/// let izmail = Reach::around(2_221.0, 200.0).interval(500.0);
/// assert_eq!((izmail.low_m, izmail.high_m), (1_521.0, 2_921.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    /// No nearer than this, or no deeper inside.
    pub low_m: f64,
    /// No farther than this.
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

impl Reach {
    /// Around a signed distance to a border that is equally accurate everywhere.
    pub fn around(signed_m: f64, accuracy_m: f64) -> Self {
        Self { low_m: signed_m - accuracy_m, high_m: signed_m + accuracy_m }
    }

    /// Around a signed distance, when the border may come as near as `least_m` (from whichever side the place is on) by one stretch or
    /// another, and the nearest one is good to `accuracy_m`.
    pub(crate) fn of(signed_m: f64, accuracy_m: f64, least_m: f64) -> Self {
        let around = Self::around(signed_m, accuracy_m);
        if signed_m.is_sign_negative() {
            return Self { high_m: around.high_m.max(-least_m), ..around };
        }
        Self { low_m: around.low_m.min(least_m), ..around }
    }

    /// The distances that are possible from anywhere in a circle of this radius around the place.
    pub fn interval(&self, radius_m: f64) -> Interval {
        Interval { low_m: (self.low_m - radius_m).max(0.0), high_m: (self.high_m + radius_m).max(0.0) }
    }

    /// The side of the border that such a circle lies on.
    pub fn side(&self, radius_m: f64) -> Side {
        if self.low_m - radius_m > 0.0 {
            Side::Outside
        } else if self.high_m + radius_m < 0.0 {
            Side::Inside
        } else {
            Side::Uncertain
        }
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
        assert_eq!(Reach::around(300.0, 200.0).side(200.0), Side::Uncertain);
        assert_eq!(Reach::around(-300.0, 200.0).side(200.0), Side::Uncertain);
        assert_eq!(Reach::around(500.0, 200.0).side(200.0), Side::Outside);
        assert_eq!(Reach::around(-500.0, 200.0).side(200.0), Side::Inside);
    }

    #[test]
    fn a_stretch_that_may_come_nearer_widens_the_near_end_alone() {
        assert_eq!(Reach::of(9_000.0, 200.0, 6_000.0), Reach { low_m: 6_000.0, high_m: 9_200.0 });
        assert_eq!(Reach::of(-9_000.0, 200.0, -1_000.0), Reach { low_m: -9_200.0, high_m: 1_000.0 });
        assert_eq!(Reach::of(-9_000.0, 200.0, -1_000.0).side(0.0), Side::Uncertain);
    }

    #[test]
    fn an_interval_never_goes_below_zero() {
        assert_eq!(Reach::around(100.0, 200.0).interval(500.0), Interval { low_m: 0.0, high_m: 800.0 });
        assert_eq!(Reach::around(-5_000.0, 200.0).interval(0.0), Interval { low_m: 0.0, high_m: 0.0 });
    }

    #[test]
    fn within_has_three_answers() {
        let around = Reach::around(2_000.0, 200.0).interval(300.0);
        assert_eq!(within(2_500.0, &around), Within::Certain);
        assert_eq!(within(2_000.0, &around), Within::Possible);
        assert_eq!(within(1_500.0, &around), Within::Possible);
        assert_eq!(within(1_499.0, &around), Within::No);
    }
}
