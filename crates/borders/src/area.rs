//! How near and how far a territory may be from the places of an area: a raion, an oblast, a box.
//!
//! Nobody knows where in an area something happened, so what is told is the least and the greatest distance from any of its
//! places, with the accuracy of the borders counted ([`Reach`]).
//!
//! The area is cut into boxes, in degrees. From one place of a box that lies in the area, the reach to the territory is measured; from
//! all other places of the box it differs by no more than the way to them, because a distance, negative inside, changes by at
//! most one meter per meter walked, wherever the border truly is. The box that leaves most in doubt is cut into four, until
//! what is left in doubt is a meter or a thousandth of the distance.
//!
//! The result is certified: no place of the area is nearer or farther than it says. It is sharp to a meter or a thousandth, unless
//! that took more than [`MOST_MEASURED`] measurements; then it is wider.
//!
//! Limits: edges of the area are straight in degrees (RFC 7946 §3.1.1), and an area across the antimeridian is cut there, as that
//! standard wants it. Cost: some hundred microseconds to some milliseconds an area (a microsecond or two a measurement).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use serde::Serialize;

use crate::answer::round;
use crate::bounds::disc_around;
use crate::ellipsoid::distance;
use crate::interval::{Reach, Side};
use crate::set::{BorderSet, Target};
use crate::{BBox, LonLat};

/// Places measured for one end of a reach before it is left as wide as it is.
const MOST_MEASURED: usize = 4_096;
/// Positions in an area, at most: each box looks at the edges of the one it was cut from.
const MOST_POSITIONS: usize = 100_000;
/// In doubt is left at most this many meters, or this share of the distance.
const SHARP_M: f64 = 1.0;
const SHARP_SHARE: f64 = 1e-3;

/// Some polygons with holes, in degrees.
#[derive(Clone, Debug, PartialEq)]
pub struct Area(Vec<Polygon>);

/// Rings of positions `[longitude, latitude]`; a place is inside when an odd number of them go round it.
type Polygon = Vec<Vec<[f64; 2]>>;

/// Why positions are no area.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotAnArea {
    /// It has no polygon with a ring of three positions.
    #[error("there is no polygon in it, and only a Polygon or MultiPolygon has an area")]
    Empty,
    /// A position is not on the globe.
    #[error("the position [{0}, {1}] is off the globe (longitude comes first)")]
    OffTheGlobe(f64, f64),
    /// It is too long.
    #[error("it has more than {MOST_POSITIONS} positions; simplify it")]
    TooLong,
}

impl Area {
    /// Polygons as in the coordinates of a GeoJSON MultiPolygon: each an exterior ring and its holes. Rings may be left open.
    ///
    /// # Errors
    ///
    /// [`NotAnArea`] when there is none, or a position is off the globe.
    pub fn new(polygons: Vec<Vec<Vec<[f64; 2]>>>) -> Result<Self, NotAnArea> {
        let positions = || polygons.iter().flatten().flatten();
        if positions().count() > MOST_POSITIONS {
            return Err(NotAnArea::TooLong);
        }
        if let Some([lon, lat]) = positions().find(|[lon, lat]| LonLat::new(*lon, *lat).is_err()) {
            return Err(NotAnArea::OffTheGlobe(*lon, *lat));
        }
        let kept: Vec<Polygon> =
            polygons.into_iter().filter(|rings| rings.first().is_some_and(|ring| ring.len() > 2)).collect();
        if kept.is_empty() { Err(NotAnArea::Empty) } else { Ok(Self(kept)) }
    }

    /// A box; across the antimeridian it has two parts.
    pub fn of_box(bbox: &BBox) -> Self {
        let rectangle = |[w, s, e, n]: [f64; 4]| vec![vec![[w, s], [e, s], [e, n], [w, n]]];
        Self(bbox.parts().into_iter().map(rectangle).collect())
    }

    /// The same area in boxes, one for each polygon.
    fn boxes(&self) -> impl Iterator<Item = Part<'_>> {
        self.0.iter().map(|polygon| {
            let mut cell = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
            for [lon, lat] in polygon.iter().flatten() {
                cell = [cell[0].min(*lon), cell[1].min(*lat), cell[2].max(*lon), cell[3].max(*lat)];
            }
            Part { polygon, cell, edges: edges(polygon).collect() }
        })
    }
}

/// The edges of all rings of a polygon, each ring closed.
fn edges(polygon: &Polygon) -> impl Iterator<Item = [[f64; 2]; 2]> {
    polygon.iter().flat_map(|ring| (0..ring.len()).map(|i| [ring[i], ring[(i + 1) % ring.len()]]))
}

/// What of a polygon lies in a box.
struct Part<'a> {
    polygon: &'a Polygon,
    /// West, south, east, north.
    cell: [f64; 4],
    /// Its edges that go through the box.
    edges: Vec<[[f64; 2]; 2]>,
}

impl Part<'_> {
    /// A place of the polygon that lies in the box; `None` when it has none there.
    ///
    /// A box that no edge goes through is wholly inside or wholly outside, as its middle is.
    fn place(&self) -> Option<LonLat> {
        let [west, south, east, north] = self.cell;
        let middle = [(west + east) / 2.0, (south + north) / 2.0];
        if is_inside(self.polygon, middle) {
            return Some(LonLat::wrapped(middle[0], middle[1]));
        }
        let [a, b] = self.edges.iter().find_map(|edge| clipped(*edge, self.cell))?;
        Some(LonLat::wrapped((a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0))
    }

    /// Every place of the box is at most so far from one of its places.
    fn radius_m(&self, from: LonLat) -> f64 {
        let [west, south, east, north] = self.cell;
        let bbox = BBox::new(west.max(-180.0), south.max(-90.0), east.min(180.0), north.min(90.0));
        // Positions are on the globe, so boxes around them are; a box as large as the globe bounds all else.
        bbox.map_or(f64::INFINITY, |bbox| {
            let (middle, radius_m) = disc_around(&bbox);
            distance(from, middle).get() + radius_m
        })
    }

    fn quarters(&self) -> [Self; 4] {
        let [west, south, east, north] = self.cell;
        let (lon, lat) = ((west + east) / 2.0, (south + north) / 2.0);
        let cells = [
            [west, south, lon, lat],
            [lon, south, east, lat],
            [west, lat, lon, north],
            [lon, lat, east, north],
        ];
        cells.map(|cell| {
            let edges = self.edges.iter().copied().filter(|edge| clipped(*edge, cell).is_some()).collect();
            Self { polygon: self.polygon, cell, edges }
        })
    }
}

/// Whether an odd number of rings go round a point.
fn is_inside(polygon: &Polygon, [x, y]: [f64; 2]) -> bool {
    let crossed = edges(polygon)
        .filter(|[a, b]| (a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
    crossed.count() % 2 == 1
}

/// What of an edge lies in a box (Liang and Barsky 1984). The box is taken a hair larger, so that rounding loses nothing
/// between two of them.
fn clipped([a, b]: [[f64; 2]; 2], [west, south, east, north]: [f64; 4]) -> Option<[[f64; 2]; 2]> {
    const HAIR_DEG: f64 = 1e-12;
    let (mut from, mut to) = (0.0f64, 1.0f64);
    for (axis, low, high) in [(0, west - HAIR_DEG, east + HAIR_DEG), (1, south - HAIR_DEG, north + HAIR_DEG)]
    {
        let along = b[axis] - a[axis];
        if along == 0.0 {
            if a[axis] < low || a[axis] > high {
                return None;
            }
            continue;
        }
        let (enters, leaves) = ((low - a[axis]) / along, (high - a[axis]) / along);
        from = from.max(enters.min(leaves));
        to = to.min(enters.max(leaves));
    }
    let at = |t: f64| [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
    (from <= to).then(|| [at(from), at(to)])
}

/// A part of the area, and what no place in it exceeds.
struct Open<'a> {
    at_most: f64,
    part: Part<'a>,
}

impl Ord for Open<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at_most.total_cmp(&other.at_most)
    }
}

impl PartialOrd for Open<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Open<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Open<'_> {}

/// How near and how far a target may be from the places of an area.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Over {
    /// What was asked for: a code, or `NATO`.
    pub to: String,
    /// The least distance that remains possible, in meters; 0 when a place of the area may lie inside.
    pub distance_low_m: f64,
    /// The greatest distance that remains possible; 0 when the whole area lies inside for certain.
    pub distance_high_m: f64,
    /// On which side all of the area lies; uncertain when the border goes, or may go, through it.
    pub side: Side,
}

impl BorderSet {
    /// The distance to a target from an area, as an answer tells it; `None` when the target has no territory in this set.
    ///
    /// ```
    /// # use kordon_borders::{Area, BBox, BorderSet};
    /// let set = BorderSet::default_set()?;
    /// let by_izmail = Area::of_box(&BBox::new(28.8, 45.34, 28.9, 45.4)?);
    /// let over = set.measure_over(&by_izmail, &set.target("ROU", None)?).ok_or("no such territory")?;
    /// assert!(over.distance_low_m < 250.0 && over.distance_high_m > 9_500.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn measure_over(&self, area: &Area, target: &Target) -> Option<Over> {
        let reach = self.reach_over(area, target)?;
        let interval = reach.interval(0.0);
        Some(Over {
            to: target.name().into(),
            distance_low_m: round(interval.low_m, 1e4),
            distance_high_m: round(interval.high_m, 1e4),
            side: reach.side(0.0),
        })
    }

    /// How near, or how deep inside, and how far a target may be from the places of an area; `None` when it has no border in
    /// this set. Certified, and sharp to a meter or a thousandth.
    pub fn reach_over(&self, area: &Area, target: &Target) -> Option<Reach> {
        let reach = |place| {
            let nearest = self.signed_distance(place, target)?;
            Some(self.reach_to(place, &nearest, target))
        };
        let high_m = greatest(area, |place| Some(reach(place)?.high_m))?;
        let low_m = -greatest(area, |place| Some(-reach(place)?.low_m))?;
        Some(Reach { low_m, high_m })
    }
}

/// What no place of an area exceeds, of a value that no place in it can be told to exceed by more than the way from another;
/// `None` when some place has none.
fn greatest(area: &Area, value: impl Fn(LonLat) -> Option<f64>) -> Option<f64> {
    let (mut found, mut measured) = (f64::NEG_INFINITY, 0);
    let mut open = BinaryHeap::new();
    let mut waiting: Vec<Part<'_>> = area.boxes().collect();
    loop {
        for part in waiting.drain(..) {
            let Some(place) = part.place() else { continue };
            let here = value(place)?;
            found = here.max(found);
            measured += 1;
            open.push(Open { at_most: here + part.radius_m(place), part });
        }
        let Open { at_most, part } = open.pop()?;
        if at_most - found <= SHARP_M.max(SHARP_SHARE * found.abs()) || measured >= MOST_MEASURED {
            return Some(at_most);
        }
        waiting.extend(part.quarters());
    }
}
