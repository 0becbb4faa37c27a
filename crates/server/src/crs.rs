//! The reference systems of an answer and of a box (OGC API – Features Part 2).
//!
//! Kept are CRS84 (longitude, latitude), EPSG:4326 (the same datum with latitude first, as its definition says) and
//! EPSG:3857 (Web Mercator, meters). Everything is stored and computed in CRS84, in which the other two are only told: what
//! stands in properties, such as the nearest point of a border, stays longitude and latitude.
//!
//! Limits: at a pole Web Mercator has no finite place; what stands there is the place of the nearest number below 90.

use crate::error::{Problem, echo};
use crate::params::Params;
use serde_json::{Value, json};

/// A reference system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Crs {
    /// Longitude and latitude on WGS84.
    #[default]
    Crs84,
    /// Latitude and longitude on WGS84.
    Epsg4326,
    /// Web Mercator.
    Epsg3857,
}

/// The systems by their URIs, the stored one first.
pub const URIS: [&str; 3] = [
    "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    "http://www.opengis.net/def/crs/EPSG/0/4326",
    "http://www.opengis.net/def/crs/EPSG/0/3857",
];

/// The names by which clients call them, those of URIs among them.
const NAMES: [(Crs, &[&str]); 3] = [
    (Crs::Crs84, &[URIS[0], "urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84", "CRS84"]),
    (Crs::Epsg4326, &[URIS[1], "urn:ogc:def:crs:EPSG::4326", "EPSG:4326"]),
    (Crs::Epsg3857, &[URIS[2], "urn:ogc:def:crs:EPSG::3857", "EPSG:3857"]),
];

/// Half the equator on the sphere of Web Mercator, in meters, by 180 degrees.
const METERS_A_DEGREE: f64 = 20_037_508.342_789_244 / 180.0;

impl Crs {
    /// The system that a parameter (`crs`, `bbox-crs`) names; the stored one when it is not given.
    ///
    /// # Errors
    ///
    /// A 400 problem that lists the systems.
    pub fn asked(params: &Params, name: &str) -> Result<Self, Problem> {
        let Some(text) = params.get(name) else { return Ok(Self::default()) };
        // A safe CURIE has brackets.
        let plain = text.trim_matches(['[', ']']);
        let known = NAMES.iter().find(|(_, names)| names.contains(&plain)).map(|(crs, _)| *crs);
        known.ok_or_else(|| {
            let detail = format!("{} is not offered; {} are.", echo(text), URIS.join(", "));
            Problem::bad_parameter(name, detail).with("allowed", URIS.to_vec())
        })
    }

    /// Its URI.
    #[must_use]
    pub fn uri(self) -> &'static str {
        URIS[self as usize]
    }

    /// As it stands in the header `Content-Crs`.
    #[must_use]
    pub fn header(self) -> String {
        format!("<{}>", self.uri())
    }

    /// A place of this system in degrees, longitude first.
    #[must_use]
    pub fn to_degrees(self, [first, second]: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Crs84 => [first, second],
            Self::Epsg4326 => [second, first],
            Self::Epsg3857 => {
                let angle = (second / METERS_A_DEGREE).to_radians();
                [
                    first / METERS_A_DEGREE,
                    (2.0 * angle.exp().atan() - std::f64::consts::FRAC_PI_2).to_degrees(),
                ]
            }
        }
    }

    /// A place in degrees, longitude first, in this system.
    fn of_degrees(self, lon: f64, lat: f64) -> Value {
        match self {
            Self::Crs84 => json!([lon, lat]),
            Self::Epsg4326 => json!([lat, lon]),
            Self::Epsg3857 => {
                let angle = std::f64::consts::FRAC_PI_4 + lat.to_radians() / 2.0;
                let north = angle.tan().ln().to_degrees() * METERS_A_DEGREE;
                let millimeters = |meters: f64| (meters * 1e3).round() / 1e3;
                json!([millimeters(lon * METERS_A_DEGREE), millimeters(north)])
            }
        }
    }

    /// Tells a GeoJSON geometry in this system.
    pub fn tell(self, geometry: &mut Value) {
        if self != Self::Crs84
            && let Some(coordinates) = geometry.get_mut("coordinates")
        {
            self.tell_positions(coordinates);
        }
    }

    fn tell_positions(self, value: &mut Value) {
        let Value::Array(parts) = value else { return };
        match parts.as_slice() {
            [lon, lat, ..] if lon.is_number() => {
                if let (Some(lon), Some(lat)) = (lon.as_f64(), lat.as_f64()) {
                    *value = self.of_degrees(lon, lat);
                }
            }
            _ => parts.iter_mut().for_each(|part| self.tell_positions(part)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_from_every_system() {
        for [lon, lat] in [[28.8372, 45.3512], [-180.0, 0.0], [179.9, -85.05], [0.0, 89.9]] {
            for crs in [Crs::Crs84, Crs::Epsg4326, Crs::Epsg3857] {
                let told = crs.of_degrees(lon, lat);
                let [back_lon, back_lat] =
                    crs.to_degrees([told[0].as_f64().unwrap(), told[1].as_f64().unwrap()]);
                assert!(
                    (back_lon - lon).abs() < 1e-8 && (back_lat - lat).abs() < 1e-8,
                    "{crs:?} {lon} {lat}"
                );
            }
        }
    }

    #[test]
    fn web_mercator_is_that_of_its_definition() {
        // The example of EPSG method 1024: 100°20'00.000"W 24°22'54.433"N.
        let (lon, lat) = (-(100.0 + 20.0 / 60.0), 24.0 + 22.0 / 60.0 + 54.433 / 3_600.0);
        let told = Crs::Epsg3857.of_degrees(lon, lat);
        assert!((told[0].as_f64().unwrap() + 11_169_055.58).abs() < 0.01, "{told}");
        assert!((told[1].as_f64().unwrap() - 2_800_000.00).abs() < 0.01, "{told}");
        assert!(Crs::Epsg3857.of_degrees(0.0, 90.0)[1].is_number());
    }

    #[test]
    fn positions_are_told_at_any_depth() {
        let mut polygon = json!({ "type": "Polygon", "coordinates": [[[1.0, 2.0], [3.0, 4.0, 9.0]]] });
        Crs::Epsg4326.tell(&mut polygon);
        assert_eq!(polygon["coordinates"], json!([[[2.0, 1.0], [4.0, 3.0]]]));
        let mut nothing = Value::Null;
        Crs::Epsg3857.tell(&mut nothing);
        assert!(nothing.is_null());
    }
}
