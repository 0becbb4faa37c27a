//! Many places at once, and whole boxes of places.
//!
//! A batch is answered along a Hilbert curve, so that one place follows another that lies close by: what the search
//! read for the one is still in the processor's cache for the next, and where it found its border is the first guess
//! there. The curve is shared out among all cores, and the results go back into the order of the questions.
//!
//! Cost: about 0.1 µs a place for the order. Memory: some 100 bytes a place, so hand over a long file in chunks; of
//! a hundred thousand places or more, the curve is dense enough to pay.
//!
//! # Why a box is bounded by its middle
//!
//! A signed distance (negative inside) changes by at most one meter per meter walked: whoever walks from one place to
//! another cannot change the distance to the outline by more than the way, and cannot change sides without passing a
//! distance of zero. So over a whole box it stays within the box's radius of its value in the middle: the radius is
//! the longest of the ways to its places, each at most as long as the line straight in degrees.

use rayon::prelude::*;
use serde::Serialize;

use crate::ellipsoid::{NEAR, distance, meridian_radius, parallel_radius};
use crate::interval::Reach;
use crate::nearest::Warm;
use crate::set::{BorderSet, Nearest, Target};
use crate::{BBox, LonLat};

/// Places one core answers in a row.
const RUN: usize = 512;

/// The least and the greatest signed distance (negative inside) that a place of a box can have, in meters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DistanceBounds {
    /// No place of the box is nearer.
    pub low_m: f64,
    /// No place of the box is farther.
    pub high_m: f64,
}

impl BorderSet {
    /// [`BorderSet::nearest_foreign`] for each of the places, in their order, on all cores. Beyond 700 km the last digits of the
    /// nearest point hang on the places before.
    pub fn nearest_foreign_many(&self, places: &[LonLat], up_to_m: f64) -> Vec<Option<Nearest>> {
        along_curve(places, |place, warm| self.nearest_foreign_from(place, up_to_m, warm))
    }

    /// [`BorderSet::nearest_foreign`] for each of the places as [`BorderSet::nearest_foreign_many`], and the same to the last digit
    /// whoever else is asked about: what is kept and found again must not change.
    pub fn nearest_foreign_each(&self, places: &[LonLat]) -> Vec<Option<Nearest>> {
        along_curve(places, |place, warm| {
            let search = |warm: &mut Warm| self.nearest_foreign_from(place, f64::INFINITY, warm);
            anew_if_far(warm, search)
        })
    }

    /// [`BorderSet::nearest_to`] for each of the places, in their order, on all cores.
    pub fn nearest_to_many(&self, places: &[LonLat], target: &Target, up_to_m: f64) -> Vec<Option<Nearest>> {
        along_curve(places, |place, warm| self.nearest_to_from(place, target, up_to_m, warm))
    }

    /// [`BorderSet::signed_distance`] with its [`BorderSet::reach_to`] from each of the places, on all cores, to the last digit what
    /// each alone is answered. Each place that has an answer is given to `make` with its number.
    ///
    /// What was made comes in the order of the curve, beside the numbers of the places in that order.
    pub fn signed_along_curve<T: Clone + Send>(
        &self,
        places: &[LonLat],
        target: &Target,
        make: impl Fn(usize, Nearest, Reach) -> T + Sync,
    ) -> (Vec<u32>, Vec<Option<T>>) {
        let order = hilbert_order(places);
        let mut made = vec![None; places.len()];
        order.par_chunks(RUN).zip(made.par_chunks_mut(RUN)).for_each(|(run, made)| {
            let mut warm = None;
            for (&number, made) in run.iter().zip(made) {
                let (number, place) = (number as usize, places[number as usize]);
                let search = |warm: &mut Warm| self.signed_distance_from(place, target, f64::INFINITY, warm);
                let found = anew_if_far(&mut warm, search);
                *made = found.map(|nearest| make(number, nearest, self.reach_to(place, &nearest, target)));
            }
        });
        (order, made)
    }

    /// A signed distance that a target is no farther away from a place than, when `nearest` is what [`BorderSet::nearest_foreign`]
    /// found from there: nothing is searched for it, so it may be infinite.
    ///
    /// That it is no nearer than what is foreign is not told: where lines at sea are tangled, land of its own can lie behind no outline
    /// of all that is foreign.
    pub fn farthest_by_foreign(&self, place: LonLat, nearest: &Nearest, target: &Target) -> f64 {
        // Two searches for the same point may part in the last digits.
        const BLUR_M: f64 = 1e-3;
        if self.is_inside(place, target) {
            return 0.0;
        }
        if target.members().contains(&nearest.territory) {
            nearest.distance_m + BLUR_M
        } else {
            f64::INFINITY
        }
    }

    /// What the signed distance to a target can be within a box: certified, not sharp. Infinitely far when the
    /// target has no border in this set.
    ///
    /// It is off by at most the box's radius at either end.
    pub fn distance_bounds(&self, bbox: &BBox, target: &Target) -> DistanceBounds {
        self.distance_bounds_many(std::slice::from_ref(bbox), target, f64::INFINITY)[0]
    }

    /// [`BorderSet::distance_bounds`] for each of the boxes, in their order, on all cores. What is farther than `up_to_m` from the
    /// outline is only told to be so: infinite at one end.
    pub fn distance_bounds_many(&self, boxes: &[BBox], target: &Target, up_to_m: f64) -> Vec<DistanceBounds> {
        let (middles, radii_m): (Vec<LonLat>, Vec<f64>) = boxes.iter().map(disc_around).unzip();
        let search_m = up_to_m + radii_m.iter().copied().fold(0.0, f64::max);
        let found =
            along_curve(&middles, |middle, warm| self.signed_distance_from(middle, target, search_m, warm));
        let bounds = |((nearest, middle), radius_m): ((Option<Nearest>, LonLat), f64)| match nearest {
            Some(Nearest { distance_m, .. }) => {
                DistanceBounds { low_m: distance_m - radius_m, high_m: distance_m + radius_m }
            }
            None if self.is_inside(middle, target) => {
                DistanceBounds { low_m: f64::NEG_INFINITY, high_m: radius_m - search_m }
            }
            None => DistanceBounds { low_m: search_m - radius_m, high_m: f64::INFINITY },
        };
        found.into_iter().zip(middles).zip(radii_m).map(bounds).collect()
    }
}

impl DistanceBounds {
    /// What the distance to a place can be within a box.
    pub fn to_place(bbox: &BBox, place: LonLat) -> Self {
        let (middle, radius_m) = disc_around(bbox);
        let distance_m = distance(place, middle).get();
        Self { low_m: distance_m - radius_m, high_m: distance_m + radius_m }
    }
}

/// The order in which the places lie along a Hilbert curve through longitude and latitude: places that follow each other
/// lie close together.
pub fn hilbert_order(places: &[LonLat]) -> Vec<u32> {
    let mut keyed: Vec<(u32, u32)> = places
        .par_iter()
        .enumerate()
        .with_min_len(RUN)
        .map(|(i, place)| (hilbert(*place), i as u32))
        .collect();
    keyed.par_sort_unstable();
    keyed.into_iter().map(|(_, i)| i).collect()
}

/// What a search finds; anew if it is far and began at the find of the place before, for there the last digits hang on that (`far.rs`).
/// The place after one that is far most likely is far too, and begins anew at once.
fn anew_if_far(warm: &mut Warm, search: impl Fn(&mut Warm) -> Option<Nearest>) -> Option<Nearest> {
    let is_new = warm.is_none();
    let found = search(warm);
    if found.is_none_or(|found| found.distance_m.abs() <= NEAR) {
        return found;
    }
    *warm = None;
    if is_new { found } else { search(&mut None) }
}

fn along_curve(
    places: &[LonLat],
    answer: impl Fn(LonLat, &mut Warm) -> Option<Nearest> + Sync,
) -> Vec<Option<Nearest>> {
    let order = hilbert_order(places);
    let answers: Vec<Option<Nearest>> = order
        .par_chunks(RUN)
        .flat_map_iter(|run| {
            let (mut warm, answer) = (None, &answer);
            run.iter().map(move |i| answer(places[*i as usize], &mut warm))
        })
        .collect();
    let mut in_order = vec![None; places.len()];
    for (i, answer) in order.into_iter().zip(answers) {
        in_order[i as usize] = answer;
    }
    in_order
}

/// How far along the curve a place lies, on a grid of 2¹⁶ by 2¹⁶ cells (600 m at most).
fn hilbert(place: LonLat) -> u32 {
    let cell = |share: f64| ((share * 65_536.0) as u32).min(65_535);
    let (mut x, mut y) = (cell((place.lon() + 180.0) / 360.0), cell((place.lat() + 90.0) / 180.0));
    let mut along = 0;
    for bit in (0..16).rev() {
        let (right, upper) = (x >> bit & 1, y >> bit & 1);
        along = along << 2 | ((3 * right) ^ upper);
        // Within its quarter the curve is turned, so that it ends where the next one begins.
        if upper == 0 {
            if right == 1 {
                (x, y) = (!x, !y);
            }
            (x, y) = (y, x);
        }
    }
    along
}

/// A place and a length: every place of the box is at most so far from it along the ground.
pub(crate) fn disc_around(bbox: &BBox) -> (LonLat, f64) {
    let (south, north) = (bbox.south(), bbox.north());
    let mut width = bbox.east() - bbox.west();
    if width < 0.0 {
        width += 360.0;
    }
    let middle = LonLat::wrapped(bbox.west() + width / 2.0, (south + north) / 2.0);
    // Along the line straight in degrees, a step north is at most as long as at the latitude nearest to a pole, a step
    // east as at the latitude nearest to the equator.
    let least = if south * north <= 0.0 { 0.0 } else { south.abs().min(north.abs()) };
    let most = south.abs().max(north.abs());
    let up = ((north - south) / 2.0).to_radians() * meridian_radius(most);
    let across = (width / 2.0).to_radians() * parallel_radius(least);
    let straight = up.hypot(across);
    // Around a pole, everything is at most as far from it as the parallel that ends the box.
    let (pole, end) = if south + north >= 0.0 { (90.0, south) } else { (-90.0, north) };
    let pole = LonLat::wrapped(middle.lon(), pole);
    let from_pole = distance(pole, LonLat::wrapped(middle.lon(), end)).get();
    let (at, radius_m) = if from_pole < straight { (pole, from_pole) } else { (middle, straight) };
    // A millimeter for the search, and for rounding.
    (at, radius_m + 1e-3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbors_on_the_curve_are_neighbors_on_the_globe() {
        let mut cells: Vec<(u32, LonLat)> = Vec::new();
        for x in 0..64 {
            for y in 0..64 {
                let place =
                    LonLat::new((f64::from(x) + 0.5) * 5.625 - 180.0, (f64::from(y) + 0.5) * 2.8125 - 90.0);
                let place = place.unwrap();
                cells.push((hilbert(place), place));
            }
        }
        cells.sort_unstable_by_key(|(along, _)| *along);
        for pair in cells.windows(2) {
            let steps = (pair[0].1.lon() - pair[1].1.lon()).abs() / 5.625
                + (pair[0].1.lat() - pair[1].1.lat()).abs() / 2.8125;
            assert_eq!(steps, 1.0, "{pair:?}");
        }
    }

    #[test]
    fn every_place_of_a_box_lies_in_its_disc() {
        let boxes = [
            [20.0, 40.0, 30.0, 50.0],
            [170.0, -20.0, -170.0, 10.0],
            [-180.0, 80.0, 180.0, 90.0],
            [-150.0, -90.0, 150.0, -60.0],
            [-180.0, -90.0, 180.0, 90.0],
            [5.0, 5.0, 5.0, 5.0],
            [100.0, 60.0, -100.0, 89.0],
        ];
        for [west, south, east, north] in boxes {
            let bbox = BBox::new(west, south, east, north).unwrap();
            let (middle, radius_m) = disc_around(&bbox);
            let width = if east < west { east - west + 360.0 } else { east - west };
            for i in 0..=20 {
                for j in 0..=20 {
                    let lon = west + width * f64::from(i) / 20.0;
                    let lat = south + (north - south) * f64::from(j) / 20.0;
                    let away = distance(middle, LonLat::wrapped(lon, lat)).get();
                    assert!(away <= radius_m, "{lon},{lat} is {away} m from {middle:?}, not {radius_m}");
                }
            }
        }
    }
}
