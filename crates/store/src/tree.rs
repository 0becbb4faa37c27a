//! The places of many rows, in a tree that finds those in a box.
//!
//! An `rstar` tree over degrees, loaded in bulk; a box that crosses the antimeridian is asked as its two
//! parts. Cost: about a microsecond per place to build, logarithmic to ask. A row with several places is
//! there once for each.

use kordon_borders::LonLat;
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};

pub(crate) struct PlaceTree(RTree<GeomWithData<[f64; 2], u32>>);

impl PlaceTree {
    pub fn build(places: impl Iterator<Item = (u32, LonLat)>) -> Self {
        let places = places.map(|(row, place)| GeomWithData::new([place.lon(), place.lat()], row));
        Self(RTree::bulk_load(places.collect()))
    }

    /// The rows with a place in one of these boxes `[west, south, east, north]`, edges included; ascending, each once.
    pub fn rows_in(&self, boxes: &[[f64; 4]]) -> Vec<u32> {
        let mut rows = Vec::new();
        for &[west, south, east, north] in boxes {
            let envelope = AABB::from_corners([west, south], [east, north]);
            rows.extend(self.0.locate_in_envelope(&envelope).map(|place| place.data));
        }
        rows.sort_unstable();
        rows.dedup();
        rows
    }
}
