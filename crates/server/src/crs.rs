//! The reference systems of an answer and of a box (OGC API – Features Part 2).
//!
//! Kept are CRS84 (longitude, latitude), EPSG:4326 (the same datum with latitude first, as its definition says) and
//! EPSG:3857 (Web Mercator, meters). Everything is stored and computed in CRS84, in which the other two are only told: what
//! stands in properties, such as the nearest point of a border, stays longitude and latitude.
//!
//! Limits: at a pole Web Mercator has no finite place; what stands there is the place of the nearest number below 90.

use crate::answer::CONTENT_CRS;
use crate::error::{Problem, echo};
use crate::params::Params;
use axum::http::HeaderMap;
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

/// The same as they stand in the header `Content-Crs`.
pub const HEADERS: [&str; 3] = [
    "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>",
    "<http://www.opengis.net/def/crs/EPSG/0/4326>",
    "<http://www.opengis.net/def/crs/EPSG/0/3857>",
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
        Self::named(plain).ok_or_else(|| {
            let detail = format!("{} is not offered; {} are.", echo(text), URIS.join(", "));
            Problem::bad_parameter(name, detail).with("allowed", URIS.to_vec())
        })
    }

    /// The system of the geometries of a body, as the header `Content-Crs` names it, with or without angle brackets (QGIS writes
    /// none); the stored one when there is none.
    ///
    /// # Errors
    ///
    /// A 400 problem that lists the systems.
    pub fn of_body(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(text) = headers.get(CONTENT_CRS) else { return Ok(Self::default()) };
        let text = text.to_str().unwrap_or_default();
        Self::named(text.trim().trim_matches(['<', '>'])).ok_or_else(|| {
            let detail = format!("Content-Crs: {} is not read; these are: {}.", echo(text), URIS.join(", "));
            Problem::bad_request("bad-content-crs", detail).with("allowed", URIS.to_vec())
        })
    }

    fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(crs, _)| *crs)
    }

    /// What reads positions of this system; `None` for the stored one.
    #[must_use]
    pub fn reader(self) -> Option<fn([f64; 2]) -> [f64; 2]> {
        match self {
            Self::Crs84 => None,
            Self::Epsg4326 => Some(|pair| Self::Epsg4326.to_degrees(pair)),
            Self::Epsg3857 => Some(|pair| Self::Epsg3857.to_degrees(pair)),
        }
    }

    /// As it stands in the header `Content-Crs`.
    #[must_use]
    pub fn header(self) -> &'static str {
        HEADERS[self as usize]
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
        self.each_position(geometry, &|position, [lon, lat]| *position = self.of_degrees(lon, lat));
    }

    /// Makes a GeoJSON geometry of this system one in degrees. What is no position stays, for whoever checks it.
    pub fn read(self, geometry: &mut Value) {
        self.each_position(geometry, &|position, pair| {
            let [lon, lat] = self.to_degrees(pair);
            (position[0], position[1]) = (json!(lon), json!(lat)); // A height stays.
        });
    }

    fn each_position(self, geometry: &mut Value, turn: &impl Fn(&mut Value, [f64; 2])) {
        if self != Self::Crs84
            && let Some(coordinates) = geometry.get_mut("coordinates")
        {
            turn_positions(coordinates, turn);
        }
    }
}

fn turn_positions(value: &mut Value, turn: &impl Fn(&mut Value, [f64; 2])) {
    let Value::Array(parts) = value else { return };
    match parts.as_slice() {
        [first, second, ..] if first.is_number() => {
            if let (Some(first), Some(second)) = (first.as_f64(), second.as_f64()) {
                turn(value, [first, second]);
            }
        }
        _ => parts.iter_mut().for_each(|part| turn_positions(part, turn)),
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
        let mut point = json!({ "type": "Point", "coordinates": [45.3, 28.8, 12.0] });
        Crs::Epsg4326.read(&mut point);
        assert_eq!(point["coordinates"], json!([28.8, 45.3, 12.0]));
        let mut nothing = Value::Null;
        Crs::Epsg3857.tell(&mut nothing);
        assert!(nothing.is_null());
    }
}
