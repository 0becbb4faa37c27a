//! Administrative units of a layer that the user brought: in which of them a place lies, and which a circle around it touches.
//!
//! Edges are straight in longitude and latitude (RFC 7946 §3.1.1). A place lies in a unit when the line along its meridian to the north
//! crosses the unit's edges an odd number of times; every edge is computed from its western end, so that two units which share
//! it agree on who has a place beside it. A place exactly on an edge belongs to what lies north of it.
//!
//! Edges are kept in runs of [`RUN`], each under its box in an R-tree: a place looks at the runs that its meridian meets. Cost: some
//! microseconds for a place among the units of a country.
//!
//! Limits: how far an edge is from a place is measured on a plane around the place, which is within 1 % of the ellipsoid up to 100 km
//! away, and nearer the poles than 85° not at all. Units must not contain the north pole. What crosses the antimeridian is cut there, as RFC 7946 asks.

use kordon_borders::LonLat;
use rstar::{AABB, RTree, RTreeObject};
use std::ops::Range;
use std::sync::Arc;

/// Edges in a run.
const RUN: usize = 32;
/// Meters of a degree of latitude, at least.
const METERS_PER_DEGREE: f64 = 110_574.0;
/// Meters of a degree of longitude at the equator.
const METERS_PER_DEGREE_EAST: f64 = 111_320.0;

/// One unit, and those above it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdminUnit {
    /// Of which country, as the source has it: ISO 3166-1 alpha-2 or alpha-3.
    pub country: Option<String>,
    /// Its first-order unit.
    pub admin1: UnitName,
    /// Its second-order unit; empty when the layer does not go so deep.
    pub admin2: UnitName,
    /// The credit that must stand beside what is taken of it.
    pub credit: Option<Arc<str>>,
}

/// What a unit of one level is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitName {
    /// Its name.
    pub name: Option<String>,
    /// Its P-code, or the code that the source has instead.
    pub pcode: Option<String>,
}

impl UnitName {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.pcode.is_none()
    }
}

/// Polygons of a unit: rings of `[longitude, latitude]`, each closed.
pub type Rings = Vec<Vec<[f64; 2]>>;

/// The units of all layers.
#[derive(Default)]
pub struct AdminUnits {
    units: Vec<AdminUnit>,
    /// Edges, from west to east.
    edges: Vec<[[f64; 2]; 2]>,
    runs: RTree<Run>,
}

impl std::fmt::Debug for AdminUnits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} units with {} edges", self.units.len(), self.edges.len())
    }
}

/// Some edges of one unit that follow each other.
#[derive(Clone, Debug)]
struct Run {
    unit: u32,
    edges: Range<u32>,
    west_south: [f64; 2],
    east_north: [f64; 2],
}

impl RTreeObject for Run {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.west_south, self.east_north)
    }
}

impl AdminUnits {
    /// Of these units with all their rings, exterior and interior alike.
    pub fn new(all: impl IntoIterator<Item = (AdminUnit, Rings)>) -> Self {
        let (mut units, mut edges, mut runs) = (Vec::new(), Vec::new(), Vec::new());
        for (unit, rings) in all {
            for ring in &rings {
                let begin = edges.len();
                edges.extend(ring.windows(2).map(|ends| {
                    let (a, b) = (ends[0], ends[1]);
                    if (a[0], a[1]) <= (b[0], b[1]) { [a, b] } else { [b, a] }
                }));
                for first in (begin..edges.len()).step_by(RUN) {
                    let range = first..edges.len().min(first + RUN);
                    let corners = edges[range.clone()].iter().flatten();
                    let (mut west_south, mut east_north) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
                    for corner in corners {
                        for axis in 0..2 {
                            west_south[axis] = west_south[axis].min(corner[axis]);
                            east_north[axis] = east_north[axis].max(corner[axis]);
                        }
                    }
                    let edges = range.start as u32..range.end as u32;
                    runs.push(Run { unit: units.len() as u32, edges, west_south, east_north });
                }
            }
            units.push(unit);
        }
        Self { units, edges, runs: RTree::bulk_load(runs) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The units that hold the place, in the order in which they were given.
    pub fn holding(&self, place: LonLat) -> Vec<&AdminUnit> {
        self.numbers_holding(place).into_iter().map(|number| &self.units[number]).collect()
    }

    fn numbers_holding(&self, place: LonLat) -> Vec<usize> {
        let at = [place.lon(), place.lat()];
        let north = AABB::from_corners(at, [place.lon(), 90.0]);
        let mut crossed: Vec<u32> = Vec::new();
        for run in self.runs.locate_in_envelope_intersecting(&north) {
            let crossings = self.edges_of(run).iter().filter(|edge| lies_north(edge, at)).count();
            if crossings % 2 == 1 {
                match crossed.iter().position(|unit| *unit == run.unit) {
                    Some(there) => _ = crossed.swap_remove(there),
                    None => crossed.push(run.unit),
                }
            }
        }
        crossed.sort_unstable();
        crossed.into_iter().map(|unit| unit as usize).collect()
    }

    /// The units that hold a place within so many meters of this one: those that hold it, and those with an edge so near.
    pub fn within(&self, place: LonLat, radius_m: f64) -> Vec<&AdminUnit> {
        let mut numbers = self.numbers_holding(place);
        let east_m = METERS_PER_DEGREE_EAST * place.lat().to_radians().cos();
        let (high, wide) = (radius_m / METERS_PER_DEGREE, radius_m / east_m.max(1.0));
        for turn in [-360.0, 0.0, 360.0] {
            let at = [place.lon() + turn, place.lat()];
            if at[0] + wide < -180.0 || at[0] - wide > 180.0 {
                continue;
            }
            let around = AABB::from_corners([at[0] - wide, at[1] - high], [at[0] + wide, at[1] + high]);
            for run in self.runs.locate_in_envelope_intersecting(&around) {
                let number = run.unit as usize;
                if !numbers.contains(&number)
                    && self.edges_of(run).iter().any(|edge| distance_m(edge, at, east_m) <= radius_m)
                {
                    numbers.push(number);
                }
            }
        }
        numbers.sort_unstable();
        numbers.into_iter().map(|number| &self.units[number]).collect()
    }

    fn edges_of(&self, run: &Run) -> &[[[f64; 2]; 2]] {
        &self.edges[run.edges.start as usize..run.edges.end as usize]
    }
}

/// Whether the line from a place to the north crosses the edge. An edge has its western end and not its eastern one, so a line through
/// a corner crosses one of two edges that go on there.
fn lies_north([west, east]: &[[f64; 2]; 2], at: [f64; 2]) -> bool {
    if at[0] < west[0] || at[0] >= east[0] {
        return false;
    }
    let lat = west[1] + (east[1] - west[1]) * ((at[0] - west[0]) / (east[0] - west[0]));
    lat > at[1]
}

/// From a place to the nearest point of an edge, on a plane with so many meters to a degree of longitude.
fn distance_m(edge: &[[f64; 2]; 2], at: [f64; 2], east_m: f64) -> f64 {
    let [a, b] = edge.map(|end| [(end[0] - at[0]) * east_m, (end[1] - at[1]) * METERS_PER_DEGREE]);
    let along = [b[0] - a[0], b[1] - a[1]];
    let length = along[0] * along[0] + along[1] * along[1];
    let share = if length > 0.0 { -(a[0] * along[0] + a[1] * along[1]) / length } else { 0.0 };
    let share = share.clamp(0.0, 1.0);
    (a[0] + share * along[0]).hypot(a[1] + share * along[1])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A unit by its codes.
    pub(crate) fn unit(admin1: &str, admin2: &str) -> AdminUnit {
        let named = |code: &str| UnitName {
            name: (!code.is_empty()).then(|| format!("Unit {code}")),
            pcode: (!code.is_empty()).then(|| code.to_owned()),
        };
        AdminUnit { country: Some("UA".into()), admin1: named(admin1), admin2: named(admin2), credit: None }
    }

    /// A closed ring.
    pub(crate) fn ring(corners: &[[f64; 2]]) -> Vec<[f64; 2]> {
        corners.iter().chain(&corners[..1]).copied().collect()
    }

    /// Numbers that are the same every time (xorshift), from 0 to 1.
    fn dice(state: &mut u64) -> f64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Units that share jagged edges, as a country's do: columns and rows of a grid whose corners are shaken, each side of many edges.
    fn shaken() -> (Vec<(AdminUnit, Rings)>, u64) {
        const SIDE: usize = 7;
        const PARTS: usize = 25;
        let mut state = 20_240_501;
        let mut points = vec![[[0.0; 2]; (SIDE + 1) * PARTS]; (SIDE + 1) * PARTS];
        for (x, column) in points.iter_mut().enumerate() {
            for (y, point) in column.iter_mut().enumerate() {
                let shake = |state: &mut u64| (dice(state) - 0.5) * 0.03;
                *point =
                    [x as f64 * 0.05 + 25.0 + shake(&mut state), y as f64 * 0.04 + 45.0 + shake(&mut state)];
            }
        }
        let mut units = Vec::new();
        for x in 0..SIDE {
            for y in 0..SIDE {
                let (x0, y0) = (x * PARTS, y * PARTS);
                let mut corners = Vec::new();
                corners.extend((0..PARTS).map(|at| points[x0 + at][y0]));
                corners.extend((0..PARTS).map(|at| points[x0 + PARTS][y0 + at]));
                corners.extend((0..PARTS).map(|at| points[x0 + PARTS - at][y0 + PARTS]));
                corners.extend((0..PARTS).map(|at| points[x0][y0 + PARTS - at]));
                units.push((unit(&format!("UA{x}"), &format!("UA{x}{y}")), vec![ring(&corners)]));
            }
        }
        (units, state)
    }

    /// The slow twin: the winding of each ring around the place.
    fn scan(all: &[(AdminUnit, Rings)], at: [f64; 2]) -> Vec<usize> {
        let winds = |ring: &Vec<[f64; 2]>| {
            let turned = ring.windows(2).map(|ends| {
                let [a, b] = [ends[0], ends[1]].map(|end| (end[1] - at[1]).atan2(end[0] - at[0]));
                let step = b - a;
                step - (step / std::f64::consts::TAU).round() * std::f64::consts::TAU
            });
            (turned.sum::<f64>() / std::f64::consts::TAU).round() as i64
        };
        let inside = |rings: &Rings| rings.iter().map(winds).sum::<i64>() != 0;
        (0..all.len()).filter(|number| inside(&all[*number].1)).collect()
    }

    #[test]
    fn the_tree_finds_the_units_that_the_winding_of_every_ring_finds() {
        let (mut all, mut state) = shaken();
        // One with a hole, and one that lies over others.
        let outer = ring(&[[40.0, 45.0], [44.0, 45.0], [44.0, 49.0], [40.0, 49.0]]);
        let hole = ring(&[[41.0, 46.0], [41.0, 48.0], [43.0, 48.0], [43.0, 46.0]]);
        all.push((unit("UAx", ""), vec![outer, hole]));
        all.push((unit("UAy", ""), vec![ring(&[[26.0, 46.0], [29.0, 47.0], [27.0, 50.0]])]));
        let units = AdminUnits::new(all.clone());
        let mut found = 0;
        for _ in 0..4_000 {
            let at = [24.0 + dice(&mut state) * 21.0, 44.0 + dice(&mut state) * 9.0];
            let held = units.numbers_holding(LonLat::new(at[0], at[1]).unwrap());
            assert_eq!(held, scan(&all, at), "{at:?}");
            found += held.len();
        }
        assert!(found > 1_000, "{found}");
    }

    #[test]
    fn a_place_on_a_shared_edge_or_corner_has_one_unit() {
        let (all, _) = shaken();
        let units = AdminUnits::new(all.clone());
        for (_, rings) in &all[10..20] {
            for ends in rings[0].windows(2) {
                let middle = [(ends[0][0] + ends[1][0]) / 2.0, (ends[0][1] + ends[1][1]) / 2.0];
                for at in [ends[0], middle] {
                    let held = units.numbers_holding(LonLat::new(at[0], at[1]).unwrap());
                    let is_rim = at[0] < 25.1 || at[0] > 33.5 || at[1] < 45.1 || at[1] > 51.9;
                    assert!(held.len() == 1 || is_rim && held.is_empty(), "{at:?}: {held:?}");
                }
            }
        }
    }

    #[test]
    fn a_circle_touches_what_a_geodesic_to_points_of_every_edge_touches() {
        let (all, mut state) = shaken();
        let units = AdminUnits::new(all.clone());
        let mut touched = 0;
        for _ in 0..30 {
            let place = LonLat::new(25.0 + dice(&mut state) * 9.0, 45.0 + dice(&mut state) * 7.0).unwrap();
            let radius_m = 500.0 + dice(&mut state) * 30_000.0;
            let found: Vec<&AdminUnit> = units.within(place, radius_m);
            let nearest_m = |rings: &Rings| {
                let along = |ends: &[[f64; 2]]| {
                    let point = |share: f64| {
                        let mix = |axis: usize| ends[0][axis] + share * (ends[1][axis] - ends[0][axis]);
                        LonLat::new(mix(0), mix(1)).unwrap()
                    };
                    let all = (0..=40).map(|step| point(f64::from(step) / 40.0));
                    all.map(|point| kordon_borders::distance(place, point).get())
                        .fold(f64::INFINITY, f64::min)
                };
                rings[0].windows(2).map(along).fold(f64::INFINITY, f64::min)
            };
            let held = scan(&all, [place.lon(), place.lat()]);
            // Corners of a side are at most 10 km apart, so a unit without one so near is farther than any of these circles reach.
            let is_far = |rings: &Rings| {
                let far = |corner: &[f64; 2]| {
                    (corner[0] - place.lon()).abs() > 0.7 || (corner[1] - place.lat()).abs() > 0.5
                };
                rings[0].iter().all(far)
            };
            for (number, (unit, rings)) in all.iter().enumerate() {
                let nearest_m = match (held.contains(&number), is_far(rings)) {
                    (true, _) => 0.0,
                    (_, true) => f64::INFINITY,
                    _ => nearest_m(rings),
                };
                let is_found = found.contains(&unit);
                // Within the error of the plane and of the steps along an edge, either is right.
                if nearest_m > radius_m * 1.01 + 150.0 {
                    assert!(!is_found, "{place:?} {radius_m}: {unit:?} is {nearest_m} m away");
                } else if nearest_m < radius_m * 0.99 - 1.0 {
                    assert!(is_found, "{place:?} {radius_m}: {unit:?} is {nearest_m} m away");
                    touched += 1;
                }
            }
        }
        assert!(touched > 25, "{touched}");
    }

    #[test]
    fn a_circle_reaches_across_the_antimeridian() {
        let east =
            (unit("FJ1", ""), vec![ring(&[[179.0, -18.0], [180.0, -18.0], [180.0, -16.0], [179.0, -16.0]])]);
        let west = (
            unit("FJ2", ""),
            vec![ring(&[[-180.0, -18.0], [-179.0, -18.0], [-179.0, -16.0], [-180.0, -16.0]])],
        );
        let units = AdminUnits::new([east, west]);
        let near = LonLat::new(-179.99, -17.0).unwrap();
        assert_eq!(units.holding(near).len(), 1);
        assert_eq!(units.within(near, 500.0).len(), 1);
        assert_eq!(units.within(near, 2_000.0).len(), 2);
    }
}
