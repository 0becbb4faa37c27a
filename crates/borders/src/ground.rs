//! What lies under a border: land, a river or a lake, or the sea.
//!
//! A file of the world's water bodies decides (npm `@geo-maps/earth-waterbodies-10m`, from OpenStreetMap): one polygon that goes
//! round the globe is the sea, the others are inland water. An edge is asked at its middle, and for inland water also
//! 30 m to either side of it, because both files are drawn to 10 m only.
//!
//! Limits: such a file lacks rivers that are drawn as lines, and stretches of others, so that `land` says no more than that no
//! water is known there. `data/borders/SOURCE.md` has figures.

use crate::LonLat;
use crate::build::{BuildError, Polygons};
use crate::contain::{Cells, Tangled};
use crate::edge::Edge;
use crate::ellipsoid::{Meters, destination, inverse};
use crate::format::{HALF_TURN, Kind};
use crate::territory::{Mask, TerritoryId};

/// How far from the middle of an edge water may begin, in meters.
const BESIDE_M: f64 = 30.0;

pub(crate) struct Ground {
    waters: Cells,
    sea: Mask,
    inland: Mask,
    /// Whether the north pole lies in the sea, which [`Cells`] takes for outside of everything.
    sea_at_pole: bool,
}

impl Ground {
    pub(crate) fn of_waters(polygons: &Polygons) -> Result<Self, BuildError> {
        let (sea, inland) = (Mask::of([TerritoryId(0)]), Mask::of([TerritoryId(1)]));
        let mut edges = Vec::new();
        for polygon in polygons {
            let lons = || polygon[0].iter().map(|point| i64::from(point[0]));
            let (Some(west), Some(east)) = (lons().min(), lons().max()) else {
                continue;
            };
            let water = if east - west == 2 * i64::from(HALF_TURN) { 0 } else { 1 };
            for ring in polygon {
                edges.extend(ring.windows(2).map(|pair| (pair[0], pair[1], water)));
            }
        }
        let waters =
            Cells::of_edges(edges.iter().copied(), &[sea, inland]).map_err(|Tangled| BuildError::Tangled)?;
        let mut ground = Self { waters, sea, inland, sea_at_pole: false };
        // The Gulf of Guinea is sea.
        let gulf = LonLat::new(0.0, 0.0).expect("the origin is a place");
        ground.sea_at_pole = !ground.waters.containing(gulf).meets(&sea);
        Ok(ground)
    }

    pub(crate) fn under(&self, edge: &Edge) -> Kind {
        let middle = edge.place(0.5);
        if self.is_inland_water(middle) {
            return Kind::RiverOrLake;
        }
        if self.is_sea(middle) {
            return Kind::Maritime;
        }
        let wet = beside(edge).is_some_and(|places| places.into_iter().any(|at| self.is_inland_water(at)));
        if wet { Kind::RiverOrLake } else { Kind::Land }
    }

    /// Whether the sea is at the middle of an edge, or beside it.
    pub(crate) fn is_by_the_sea(&self, edge: &Edge) -> bool {
        self.is_sea(edge.place(0.5))
            || beside(edge).is_some_and(|places| places.into_iter().any(|at| self.is_sea(at)))
    }

    fn is_inland_water(&self, place: LonLat) -> bool {
        self.waters.containing(place).meets(&self.inland)
    }

    fn is_sea(&self, place: LonLat) -> bool {
        self.waters.containing(place).meets(&self.sea) != self.sea_at_pole
    }
}

/// The places [`BESIDE_M`] to the right and to the left of an edge's middle; none for an edge without length.
fn beside(edge: &Edge) -> Option<[LonLat; 2]> {
    let middle = edge.place(0.5);
    let along = inverse(middle, edge.place(1.0)).1?;
    let beside = Meters::new(BESIDE_M).expect("a length");
    Some([90.0, 270.0].map(|turn| destination(middle, along + turn, beside)))
}
