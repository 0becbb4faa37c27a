//! A place on the globe, checked once at the door.

use serde::{Serialize, Serializer};

/// A place on the WGS84 ellipsoid, in degrees. Longitude first, as in GeoJSON (RFC 7946 §3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct LonLat {
    lon: f64, // -180 ..= 180
    lat: f64, //  -90 ..=  90
}

impl LonLat {
    /// Checks a pair of degrees as read from a report.
    ///
    /// # Errors
    ///
    /// [`NotAPlace`] when a number is not finite or is off the globe. A swapped pair is caught only
    /// when it leaves the globe: Kyiv swapped is a valid place in Iran.
    pub fn new(lon: f64, lat: f64) -> Result<Self, NotAPlace> {
        if !(-180.0..=180.0).contains(&lon) {
            return Err(NotAPlace::Longitude(lon));
        }
        if !(-90.0..=90.0).contains(&lat) {
            return Err(NotAPlace::Latitude(lat));
        }
        Ok(Self { lon, lat })
    }

    /// Degrees east of Greenwich, -180 to 180; both ends are the antimeridian.
    pub fn lon(self) -> f64 {
        self.lon
    }

    /// Degrees north of the equator, -90 to 90.
    pub fn lat(self) -> f64 {
        self.lat
    }

    /// A place from arithmetic with places, in degrees: longitude is wrapped, latitude held on the globe. For finite numbers a few turns
    /// off at most.
    pub fn wrapped(lon: f64, lat: f64) -> Self {
        let mut lon = lon;
        while lon > 180.0 {
            lon -= 360.0;
        }
        while lon < -180.0 {
            lon += 360.0;
        }
        Self { lon, lat: lat.clamp(-90.0, 90.0) }
    }
}

impl Serialize for LonLat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.lon, self.lat].serialize(serializer)
    }
}

/// Why a pair of numbers is no place on the globe.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NotAPlace {
    /// The longitude is not a number from -180 to 180.
    #[error("longitude {0} is not between -180 and 180 degrees")]
    Longitude(f64),
    /// The latitude is not a number from -90 to 90.
    #[error("latitude {0} is not between -90 and 90 degrees (are longitude and latitude swapped?)")]
    Latitude(f64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_off_the_globe_is_not_a_place() {
        assert_eq!(LonLat::new(180.1, 0.0), Err(NotAPlace::Longitude(180.1)));
        assert_eq!(LonLat::new(45.0, 91.0), Err(NotAPlace::Latitude(91.0)));
        assert!(LonLat::new(f64::NAN, 0.0).is_err());
        assert!(LonLat::new(0.0, f64::INFINITY).is_err());
    }

    #[test]
    fn the_corners_of_the_globe_are_places() {
        for (lon, lat) in [(-180.0, -90.0), (180.0, 90.0), (0.0, 0.0)] {
            assert!(LonLat::new(lon, lat).is_ok());
        }
    }

    #[test]
    fn a_place_is_written_longitude_first() {
        let place = LonLat::new(28.8372, 45.3512).unwrap();
        assert_eq!(serde_json::to_string(&place).unwrap(), "[28.8372,45.3512]");
    }
}
