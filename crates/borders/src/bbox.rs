//! A box in degrees, which may cross the antimeridian.

use serde::{Serialize, Serializer};

use crate::LonLat;

/// A box `[west, south, east, north]` in degrees; `west > east` means that it crosses the
/// antimeridian (RFC 7946 §5.2). Its edges belong to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BBox {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

impl BBox {
    /// Checks four degrees.
    ///
    /// # Errors
    ///
    /// [`NotABox`] when a number is off the globe or south is north of north.
    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Result<Self, NotABox> {
        for lon in [west, east] {
            if !(-180.0..=180.0).contains(&lon) {
                return Err(NotABox::Longitude(lon));
            }
        }
        for lat in [south, north] {
            if !(-90.0..=90.0).contains(&lat) {
                return Err(NotABox::Latitude(lat));
            }
        }
        if south > north {
            return Err(NotABox::UpsideDown { south, north });
        }
        Ok(Self { west, south, east, north })
    }

    /// The western edge, in degrees.
    pub fn west(&self) -> f64 {
        self.west
    }

    /// The southern edge, in degrees.
    pub fn south(&self) -> f64 {
        self.south
    }

    /// The eastern edge, in degrees; less than [`BBox::west`] when the box crosses the antimeridian.
    pub fn east(&self) -> f64 {
        self.east
    }

    /// The northern edge, in degrees.
    pub fn north(&self) -> f64 {
        self.north
    }

    /// Whether the place lies in the box or on its edge. 180° and -180° are the same meridian.
    pub fn contains(&self, place: LonLat) -> bool {
        if place.lat() < self.south || place.lat() > self.north {
            return false;
        }
        let on = |lon: f64| {
            if self.west <= self.east {
                (self.west..=self.east).contains(&lon)
            } else {
                lon >= self.west || lon <= self.east
            }
        };
        on(place.lon()) || (place.lon().abs() == 180.0 && on(-place.lon()))
    }

    /// The box as one or, when it crosses the antimeridian, two boxes `[west, south, east, north]`
    /// with `west <= east`.
    pub fn parts(&self) -> Vec<[f64; 4]> {
        if self.west <= self.east {
            return vec![[self.west, self.south, self.east, self.north]];
        }
        vec![[self.west, self.south, 180.0, self.north], [-180.0, self.south, self.east, self.north]]
    }
}

impl Serialize for BBox {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.west, self.south, self.east, self.north].serialize(serializer)
    }
}

/// Why four numbers are no box.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NotABox {
    /// A longitude is not a number from -180 to 180.
    #[error("box longitude {0} is not between -180 and 180 degrees")]
    Longitude(f64),
    /// A latitude is not a number from -90 to 90.
    #[error("box latitude {0} is not between -90 and 90 degrees")]
    Latitude(f64),
    /// The southern edge lies north of the northern one.
    #[error("the box has its south ({south}) north of its north ({north})")]
    UpsideDown {
        /// The southern edge as given.
        south: f64,
        /// The northern edge as given.
        north: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lon: f64, lat: f64) -> LonLat {
        LonLat::new(lon, lat).unwrap()
    }

    #[test]
    fn a_box_across_the_antimeridian_has_two_parts_and_holds_both_sides() {
        let fiji = BBox::new(177.0, -19.0, -178.0, -16.0).unwrap();
        assert_eq!(fiji.parts().len(), 2);
        for lon in [178.0, 180.0, -180.0, -179.0] {
            assert!(fiji.contains(at(lon, -17.0)), "{lon}");
        }
        assert!(!fiji.contains(at(0.0, -17.0)));
    }

    #[test]
    fn a_box_that_ends_at_the_antimeridian_holds_it_under_both_names() {
        let east = BBox::new(170.0, -20.0, 180.0, 0.0).unwrap();
        assert!(east.contains(at(-180.0, -10.0)));
    }

    #[test]
    fn an_upside_down_box_is_refused() {
        assert!(matches!(BBox::new(0.0, 10.0, 1.0, 5.0), Err(NotABox::UpsideDown { .. })));
        assert!(matches!(BBox::new(0.0, -91.0, 1.0, 5.0), Err(NotABox::Latitude(_))));
        assert!(matches!(BBox::new(0.0, 0.0, f64::NAN, 5.0), Err(NotABox::Longitude(_))));
    }
}
