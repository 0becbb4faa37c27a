//! The places around a point.
//!
//! The places of a block lie in a circle, so none of them is nearer than the circle's middle less its radius. Blocks are unpacked in the
//! order of that bound until no later one can hold a nearer place. Cost: some
//! 10 ms.

use kordon_borders::{LonLat, distance, inverse};
use serde::Serialize;

use crate::file::{BadGazetteer, Gazetteer, Stored};
use crate::place::Candidate;

/// A place, and where the point lies from there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Near {
    /// The place.
    pub place: Candidate,
    /// Meters from the middle of the place to the point.
    pub distance_m: f64,
    /// The direction from the place to the point, degrees clockwise from north; none when both are one.
    pub azimuth_deg: Option<f64>,
    /// `4.2 km north-east of Izmayil, Odeska, UKR`.
    pub words: String,
}

impl Gazetteer {
    /// The `limit` places whose middles are nearest to a point, the nearest first.
    ///
    /// # Errors
    ///
    /// [`BadGazetteer`] when its bytes are damaged.
    pub fn nearest(&self, point: LonLat, limit: usize) -> Result<Vec<Near>, BadGazetteer> {
        let mut blocks = Vec::with_capacity(self.head.places.len());
        for (at, block) in self.head.places.iter().enumerate() {
            blocks.push((block.least_m(point)?, at));
        }
        blocks.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut found: Vec<(f64, u32, Stored)> = Vec::new();
        for (least_m, block) in blocks {
            if found.len() == limit && found.last().is_none_or(|(farthest_m, ..)| *farthest_m < least_m) {
                break;
            }
            for (number, stored) in (self.first_of(block)..).zip(self.places(block)?) {
                found.push((distance(point, stored.place()?).get(), number, stored));
            }
            found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            found.truncate(limit);
        }
        found
            .iter()
            .map(|(distance_m, number, stored)| self.near(point, *distance_m, *number, stored))
            .collect()
    }

    fn near(
        &self,
        point: LonLat,
        distance_m: f64,
        number: u32,
        stored: &Stored,
    ) -> Result<Near, BadGazetteer> {
        let place = self.candidate(number, stored)?;
        let (_, azimuth_deg) = inverse(stored.place()?, point);
        let unit = place.admin1.as_ref().map(|unit| format!(", {unit}")).unwrap_or_default();
        let of = format!("{}{unit}, {}", place.name, place.country);
        let words = match azimuth_deg {
            Some(azimuth) if distance_m >= 50.0 => {
                let length = if distance_m < 950.0 {
                    format!("{:.0} m", (distance_m / 100.0).round() * 100.0)
                } else {
                    format!("{:.1} km", distance_m / 1_000.0)
                };
                format!("{length} {} of {of}", compass(azimuth))
            }
            _ => format!("in {of}"),
        };
        Ok(Near { place, distance_m, azimuth_deg, words })
    }
}

/// A direction as one of eight words; degrees clockwise from north.
pub fn compass(azimuth_deg: f64) -> &'static str {
    const WORDS: [&str; 8] =
        ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];
    WORDS[(azimuth_deg.rem_euclid(360.0) / 45.0).round() as usize % 8]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lon: f64, lat: f64) -> LonLat {
        LonLat::new(lon, lat).unwrap()
    }

    #[test]
    fn the_nearest_places_are_those_of_a_scan_of_all() {
        let gazetteer = Gazetteer::shipped().unwrap();
        let all: Vec<Stored> =
            (0..gazetteer.head.places.len()).flat_map(|block| gazetteer.places(block).unwrap()).collect();
        for point in [at(28.84, 45.34), at(178.4, -18.1), at(-179.9, -16.8), at(0.0, 90.0), at(-120.0, 0.0)] {
            let mut scanned: Vec<f64> =
                all.iter().map(|stored| distance(point, stored.place().unwrap()).get()).collect();
            scanned.sort_by(f64::total_cmp);
            let found = gazetteer.nearest(point, 5).unwrap();
            let found: Vec<f64> = found.iter().map(|near| near.distance_m).collect();
            assert_eq!(found, scanned[..5], "{point:?}");
        }
    }

    #[test]
    fn a_point_is_told_by_its_nearest_place_in_words() {
        let gazetteer = Gazetteer::shipped().unwrap();
        let near = &gazetteer.nearest(at(28.86, 45.32), 1).unwrap()[0];
        assert_eq!(near.place.id, 707_308);
        assert_eq!(near.words, "3.8 km south-east of Izmayil, Odeska, UKR");
        let middle = &gazetteer.nearest(at(near.place.lon, near.place.lat), 1).unwrap()[0];
        assert_eq!((middle.distance_m, middle.azimuth_deg), (0.0, None));
        assert!(middle.words.starts_with("in Izmayil"), "{}", middle.words);
        assert!(gazetteer.nearest(at(0.0, 0.0), 0).unwrap().is_empty());
    }

    #[test]
    fn a_direction_is_the_nearest_of_eight() {
        for (degrees, word) in [
            (0.0, "north"),
            (359.9, "north"),
            (22.4, "north"),
            (45.0, "north-east"),
            (180.0, "south"),
            (270.0, "west"),
        ] {
            assert_eq!(compass(degrees), word, "{degrees}");
        }
    }
}
