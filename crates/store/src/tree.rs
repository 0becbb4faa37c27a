//! Places in boxes: which rows lie in a box, which may lie near something, which lie nearest to a place.
//!
//! The places stand along a Hilbert curve; [`WIDTH`] neighbors make a leaf, [`WIDTH`] boxes make the box above
//! them. Nothing is ever inserted or taken out, so the tree is a few flat lists: about 24 bytes a place. A row with several
//! places is there once for each.
//!
//! Cost: some 0.2 µs a place to build on two cores, logarithmic to ask.
//!
//! How near a box may be to a place: on the ellipsoid a step of latitude is at least `a(1-e²)` a radian long and a
//! step of longitude at least that times the cosine of the latitude, so no way is shorter than on a sphere of that radius
//! between the same degrees; and on a sphere the nearest point of a box is on its nearer meridian (after V. Agafonkin,
//! geoflatbush).
//!
//! Source of the packing: I. Kamel and C. Faloutsos, Hilbert R-tree (1994).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use kordon_borders::{LonLat, distance, hilbert_order};
use rayon::prelude::*;

use crate::cores::FEW;

/// Children of a box.
const WIDTH: usize = 16;
/// The least radius of curvature of the WGS84 ellipsoid, at the equator along the meridian, rounded down.
const LEAST_RADIUS_M: f64 = 6_335_439.0;

/// Degrees `[west, south, east, north]`.
pub(crate) type Degrees = [f64; 4];

/// What is to be done with the places of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    /// None of them is wanted.
    None,
    /// All of them are.
    All,
    /// Look closer.
    Some,
}

#[derive(Default)]
pub(crate) struct PlaceTree {
    rows: Vec<u32>,
    places: Vec<LonLat>,
    /// Boxes of places, boxes of those, and so on; the last has one.
    levels: Vec<Vec<Degrees>>,
}

impl PlaceTree {
    pub fn build(rows: &[u32], places: &[LonLat]) -> Self {
        let order = hilbert_order(places);
        let rows = order.par_iter().with_min_len(FEW).map(|&at| rows[at as usize]).collect();
        let places = order.par_iter().with_min_len(FEW).map(|&at| places[at as usize]).collect();
        Self::of_flat(rows, places)
    }

    /// Rows and places along the curve.
    pub fn flat(&self) -> (&[u32], &[LonLat]) {
        (&self.rows, &self.places)
    }

    /// The tree of rows and places that stand along the curve already.
    pub fn of_flat(rows: Vec<u32>, places: Vec<LonLat>) -> Self {
        let mut levels: Vec<Vec<Degrees>> = Vec::new();
        let mut boxes: Vec<Degrees> = places.par_chunks(WIDTH).with_min_len(FEW).map(box_of_places).collect();
        while !boxes.is_empty() {
            let above: Vec<Degrees> = if boxes.len() == 1 {
                Vec::new()
            } else {
                boxes
                    .chunks(WIDTH)
                    .map(|below| below.iter().copied().reduce(joined).unwrap_or(EMPTY))
                    .collect()
            };
            levels.push(boxes);
            boxes = above;
        }
        Self { rows, places, levels }
    }

    /// The rows with a place in one of these boxes, edges included; ascending, each once.
    pub fn rows_in(&self, boxes: &[Degrees]) -> Vec<u32> {
        let take = |node: &Degrees| {
            if boxes.iter().any(|asked| holds(asked, node)) {
                Take::All
            } else if boxes.iter().any(|asked| meets(asked, node)) {
                Take::Some
            } else {
                Take::None
            }
        };
        let mut rows = Vec::new();
        self.walk(take, |row, place, whole| {
            if whole || boxes.iter().any(|asked| has(asked, place)) {
                rows.push(row);
            }
        });
        ascending(&mut rows);
        rows
    }

    /// Walks from the top: `take` decides for each box, `each` gets the places of those that are taken, and whether
    /// their box was taken as a whole.
    pub fn walk(&self, take: impl Fn(&Degrees) -> Take, mut each: impl FnMut(u32, LonLat, bool)) {
        let Some(top) = self.levels.len().checked_sub(1) else { return };
        let mut open = vec![(top, 0)];
        while let Some((level, at)) = open.pop() {
            match take(&self.levels[level][at]) {
                Take::None => {}
                Take::Some if level > 0 => open.extend(self.below(level, at).map(|child| (level - 1, child))),
                taken => {
                    for place in self.places_of(level, at) {
                        each(self.rows[place], self.places[place], taken == Take::All);
                    }
                }
            }
        }
    }

    /// Goes down from the top: `judge` decides for many boxes of a level at once. `whole` gets the rows, one for each place, of the
    /// boxes that are taken whole. Gives the lowest boxes that are not, with what was said of them.
    pub fn sift<B: Copy>(
        &self,
        judge: impl Fn(&[Degrees]) -> Vec<(Take, B)>,
        mut whole: impl FnMut(u32),
    ) -> Vec<(usize, B)> {
        let mut rest = Vec::new();
        let mut open: Vec<usize> = if self.levels.is_empty() { Vec::new() } else { vec![0] };
        for level in (0..self.levels.len()).rev() {
            let boxes: Vec<Degrees> = open.iter().map(|&at| self.levels[level][at]).collect();
            let mut next = Vec::new();
            for (at, (take, said)) in open.into_iter().zip(judge(&boxes)) {
                match take {
                    Take::None => {}
                    Take::All => self.rows[self.places_of(level, at)].iter().copied().for_each(&mut whole),
                    Take::Some if level > 0 => next.extend(self.below(level, at)),
                    Take::Some => rest.push((at, said)),
                }
            }
            open = next;
        }
        rest
    }

    /// The rows and places of one of the lowest boxes.
    pub fn leaf(&self, at: usize) -> impl Iterator<Item = (u32, LonLat)> {
        let places = self.places_of(0, at);
        self.rows[places.clone()].iter().copied().zip(self.places[places].iter().copied())
    }

    /// The places under a box.
    fn places_of(&self, level: usize, at: usize) -> std::ops::Range<usize> {
        let leaves = WIDTH.pow(u32::try_from(level).unwrap_or(u32::MAX) + 1);
        at * leaves..((at + 1) * leaves).min(self.places.len())
    }

    fn below(&self, level: usize, at: usize) -> std::ops::Range<usize> {
        at * WIDTH..((at + 1) * WIDTH).min(self.levels[level - 1].len())
    }

    /// Rows in the order of how far their places are from `from`; a row comes once for each of its places.
    pub fn nearest(&self, from: LonLat) -> Nearest<'_> {
        let top = self.levels.len().checked_sub(1);
        let near = Near::new(from);
        let first = top.map(|level| Step { least_m: 0.0, of: Node::Box(level, 0) });
        Nearest { tree: self, near, open: first.into_iter().collect() }
    }
}

/// Puts numbers of rows in order, each once. Many are marked in a list of bits, which is passed through faster than they are
/// sorted.
pub(crate) fn ascending(rows: &mut Vec<u32>) {
    let most = rows.iter().max().map_or(0, |&row| row as usize);
    if rows.len() < most / 64 {
        rows.sort_unstable();
        rows.dedup();
        return;
    }
    let mut marks = vec![0_u64; most / 64 + 1];
    rows.drain(..).for_each(|row| marks[row as usize / 64] |= 1 << (row % 64));
    for (mut marks, first) in marks.into_iter().zip((0..).step_by(64)) {
        while marks != 0 {
            rows.push(first + marks.trailing_zeros());
            marks &= marks - 1;
        }
    }
}

const EMPTY: Degrees = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];

fn joined(a: Degrees, b: Degrees) -> Degrees {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

fn box_of_places(places: &[LonLat]) -> Degrees {
    places.iter().fold(EMPTY, |all, p| joined(all, [p.lon(), p.lat(), p.lon(), p.lat()]))
}

fn holds(outer: &Degrees, inner: &Degrees) -> bool {
    outer[0] <= inner[0] && outer[1] <= inner[1] && inner[2] <= outer[2] && inner[3] <= outer[3]
}

fn meets(a: &Degrees, b: &Degrees) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

/// Whether a place is in a box, edges included.
pub(crate) fn has(asked: &Degrees, place: LonLat) -> bool {
    let (lon, lat) = (place.lon(), place.lat());
    asked[0] <= lon && lon <= asked[2] && asked[1] <= lat && lat <= asked[3]
}

/// Rows by distance; see [`PlaceTree::nearest`].
pub(crate) struct Nearest<'a> {
    tree: &'a PlaceTree,
    near: Near,
    open: BinaryHeap<Step>,
}

/// Something that is not nearer than `least_m`.
struct Step {
    least_m: f64,
    of: Node,
}

enum Node {
    Box(usize, usize),
    /// A place whose distance is only bounded.
    Place(usize),
    /// A row whose distance is exact.
    Row(u32),
}

impl Ord for Step {
    fn cmp(&self, other: &Self) -> Ordering {
        other.least_m.total_cmp(&self.least_m) // The heap gives its greatest first.
    }
}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Step {}

impl Nearest<'_> {
    /// No row that is still to come is nearer than this; `None` when none is to come.
    pub fn least_m(&self) -> Option<f64> {
        self.open.peek().map(|step| step.least_m)
    }
}

impl Iterator for Nearest<'_> {
    type Item = (u32, f64);

    fn next(&mut self) -> Option<(u32, f64)> {
        loop {
            let Step { least_m, of } = self.open.pop()?;
            match of {
                Node::Row(row) => return Some((row, least_m)),
                Node::Place(at) => {
                    let exact_m = distance(self.near.from, self.tree.places[at]).get();
                    self.open.push(Step { least_m: exact_m, of: Node::Row(self.tree.rows[at]) });
                }
                Node::Box(0, at) => {
                    let places = at * WIDTH..((at + 1) * WIDTH).min(self.tree.places.len());
                    self.open.extend(places.map(|place| {
                        let p = self.tree.places[place];
                        let least_m = self.near.least_m(&[p.lon(), p.lat(), p.lon(), p.lat()]);
                        Step { least_m, of: Node::Place(place) }
                    }));
                }
                Node::Box(level, at) => {
                    let below = &self.tree.levels[level - 1];
                    self.open.extend(self.tree.below(level, at).map(|child| {
                        let least_m = self.near.least_m(&below[child]);
                        Step { least_m, of: Node::Box(level - 1, child) }
                    }));
                }
            }
        }
    }
}

/// A place from which boxes are bounded.
struct Near {
    from: LonLat,
    sin_lat: f64,
    cos_lat: f64,
}

impl Near {
    fn new(from: LonLat) -> Self {
        let (sin_lat, cos_lat) = from.lat().to_radians().sin_cos();
        Self { from, sin_lat, cos_lat }
    }

    /// A length that no place of the box is nearer than.
    fn least_m(&self, &[west, south, east, north]: &Degrees) -> f64 {
        let (lon, lat) = (self.from.lon(), self.from.lat());
        let angle = if west <= lon && lon <= east {
            (south - lat).max(lat - north).max(0.0).to_radians()
        } else {
            let (to_west, to_east) = ((west - lon).rem_euclid(360.0), (lon - east).rem_euclid(360.0));
            self.angle_to_meridian(to_west.min(to_east), south, north)
        };
        // A cosine near 1 knows the angle to 1e-7, which is less than a meter.
        (angle * LEAST_RADIUS_M - 1.0).max(0.0)
    }

    /// The angle to the nearest point of a piece of meridian so many degrees of longitude away.
    fn angle_to_meridian(&self, away_deg: f64, south: f64, north: f64) -> f64 {
        let cosine = self.cos_lat * away_deg.to_radians().cos();
        let nearness = |lat: f64| {
            let (sin, cos) = lat.to_radians().sin_cos();
            self.sin_lat * sin + cosine * cos
        };
        let mut best = nearness(south);
        if south < north {
            best = best.max(nearness(north));
            let foot = (self.sin_lat / cosine).atan().to_degrees();
            if south < foot && foot < north {
                best = best.max(nearness(foot));
            }
        }
        best.clamp(-1.0, 1.0).acos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places all over the globe, some on the antimeridian and at the poles.
    fn places(count: u64) -> Vec<LonLat> {
        let share =
            |number: u64| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1_u64 << 53) as f64;
        let place = |number: u64| {
            let (lon, lat) = (share(number) * 360.0 - 180.0, share(number + 7_777_777) * 180.0 - 90.0);
            match number % 11 {
                0 => LonLat::new(180.0, lat),
                1 => LonLat::new(-180.0, lat),
                2 => LonLat::new(lon, 90.0),
                3 => LonLat::new(28.0 + lon / 100.0, 45.0 + lat / 100.0),
                _ => LonLat::new(lon, lat),
            }
        };
        (0..count).map(|number| place(number).unwrap()).collect()
    }

    fn tree(places: &[LonLat]) -> PlaceTree {
        let rows: Vec<u32> = (0..places.len() as u32).collect();
        PlaceTree::build(&rows, places)
    }

    #[test]
    fn a_box_has_the_places_that_a_scan_finds_in_it() {
        for count in [0, 1, 15, 16, 17, 257, 5_000] {
            let places = places(count);
            let tree = tree(&places);
            for asked in [
                [-180.0, -90.0, 180.0, 90.0],
                [20.0, 40.0, 30.0, 50.0],
                [180.0, -90.0, 180.0, 90.0],
                [5.0; 4],
            ] {
                let found = tree.rows_in(&[asked, [-10.0, -10.0, 30.0, 45.0]]);
                let is_in = |at: &u32| {
                    let place = places[*at as usize];
                    has(&asked, place) || has(&[-10.0, -10.0, 30.0, 45.0], place)
                };
                let scanned: Vec<u32> = (0..count as u32).filter(is_in).collect();
                assert_eq!(found, scanned, "{count} {asked:?}");
            }
        }
    }

    #[test]
    fn rows_come_by_their_exact_distance() {
        let places = places(3_000);
        let tree = tree(&places);
        for from in [[28.8, 45.3], [180.0, -16.0], [-179.9, 70.0], [0.0, 90.0], [12.0, -90.0], [-60.0, 0.0]] {
            let from = LonLat::new(from[0], from[1]).unwrap();
            let found: Vec<f64> = tree.nearest(from).map(|(_, meters)| meters).collect();
            let mut scanned: Vec<f64> = places.iter().map(|&place| distance(from, place).get()).collect();
            scanned.sort_by(f64::total_cmp);
            assert_eq!(found, scanned, "from {from:?}");
        }
    }
}
