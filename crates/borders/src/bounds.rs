//! Between which lengths the distances of a box of places, or of one place, must be: for whoever sorts many into near and far, and
//! measures what remains.
//!
//! # Why a box is bounded by its middle
//!
//! A signed distance (negative inside) changes by at most one meter per meter walked: whoever walks from one place to
//! another cannot change the distance to the outline by more than the way, and cannot change sides without passing a
//! distance of zero. So over a whole box it stays within the box's radius of its value in the middle: the radius is
//! the longest of the ways to its places, each at most as long as the line straight in degrees.
//!
//! # What is not measured
//!
//! The search goes down the tree as that for the nearest does (`nearest.rs`), but no piece is measured exactly: a leaf tells between
//! which straight lines its pieces are, a few meters apart at most, and straight lines bound ways (`ellipsoid.rs`). It ends as soon as what was
//! found is near enough, and a small box around a middle that is inside is near enough without any search.
//!
//! Limits: the Earth is not equally round everywhere, so a straight line tells a way to 3 mm where it is 50 km long, to 7 m at 700 km, to
//! 0.4 % at 10 000 km, and of the other side of the Earth only that it is there.

use std::ops::RangeInclusive;

use serde::Serialize;

use crate::batch::along_curve;
use crate::ellipsoid::{
    R_MIN, chord_limit, distance, ecef_of, meridian_radius, parallel_radius, shortest_way,
};
use crate::nearest::Stack;
use crate::set::{BorderSet, Target};
use crate::tree::{Tree, Vec3f, WIDTH, lesser, limit2};
use crate::{BBox, LonLat};

/// Added to the radius of a box, and of a place: for the search, and for rounding.
const BLUR_M: f64 = 1e-3;

/// The least and the greatest signed distance (negative inside) that a place of a box can have, in meters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DistanceBounds {
    /// No place of the box is nearer.
    pub low_m: f64,
    /// No place of the box is farther.
    pub high_m: f64,
}

/// Where the outline of a target was nearest to the place before: a good guess for the next one, if that lies close by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Guess(Option<u32>);

impl BorderSet {
    /// What the signed distance to a target can be within a box: certified, not sharp.
    ///
    /// It is off by at most the box's radius at either end, some meters, and 0.5 % of the distance up to 10 000 km. Infinitely far when the target
    /// has no border in this set.
    pub fn distance_bounds(&self, bbox: &BBox, target: &Target) -> DistanceBounds {
        let all = f64::NEG_INFINITY..=f64::INFINITY;
        self.around(disc_around(bbox), target, &all, &mut Guess::default())
    }

    /// [`BorderSet::distance_bounds`] for each of the boxes, in their order, on all cores. Of a box that is nearer than `between_m`
    /// with all its places, or farther, or so far inside, only that is told: one of its ends may be far off.
    pub fn distance_bounds_many(
        &self,
        boxes: &[BBox],
        target: &Target,
        between_m: &RangeInclusive<f64>,
    ) -> Vec<DistanceBounds> {
        let (middles, radii_m): (Vec<LonLat>, Vec<f64>) = boxes.iter().map(disc_around).unzip();
        let nothing = DistanceBounds { low_m: f64::NEG_INFINITY, high_m: f64::INFINITY };
        let bounds =
            |at: usize, guess: &mut Guess| self.around((middles[at], radii_m[at]), target, between_m, guess);
        along_curve(&middles, nothing, bounds)
    }

    /// [`BorderSet::distance_bounds`] for one place, with `between_m` as of [`BorderSet::distance_bounds_many`]; with and for a
    /// guess.
    pub fn distance_bounds_at(
        &self,
        place: LonLat,
        target: &Target,
        between_m: &RangeInclusive<f64>,
        guess: &mut Guess,
    ) -> DistanceBounds {
        self.around((place, BLUR_M), target, between_m, guess)
    }

    /// For all places of a disc.
    fn around(
        &self,
        (middle, radius_m): (LonLat, f64),
        target: &Target,
        between_m: &RangeInclusive<f64>,
        guess: &mut Guess,
    ) -> DistanceBounds {
        let (enough_m, far_m) = (*between_m.start(), *between_m.end());
        if !self.is_inside(middle, target) {
            // A little more than the disc, so that what is not found is farther.
            let up_to_m = far_m + radius_m + BLUR_M;
            let found = self.outline_tree(target).about(middle, up_to_m, enough_m - radius_m, guess);
            return found.map_or(
                DistanceBounds { low_m: up_to_m - radius_m, high_m: f64::INFINITY },
                |(low_m, high_m)| DistanceBounds { low_m: low_m - radius_m, high_m: high_m + radius_m },
            );
        }
        if radius_m <= enough_m {
            return DistanceBounds { low_m: f64::NEG_INFINITY, high_m: radius_m };
        }
        // As deep inside as this, all of the disc is near enough; where nothing is, it is as far inside as others are outside.
        let depth_m = if enough_m.is_finite() { -enough_m } else { far_m.abs() };
        let up_to_m = depth_m + radius_m + BLUR_M;
        let found = self.outline_tree(target).about(middle, up_to_m, f64::NEG_INFINITY, guess);
        found.map_or(
            DistanceBounds { low_m: f64::NEG_INFINITY, high_m: radius_m - up_to_m },
            |(low_m, high_m)| DistanceBounds { low_m: -high_m - radius_m, high_m: radius_m - low_m },
        )
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

impl Tree {
    /// Between which lengths the nearest of all pieces is, in meters; `None` if it is farther than `up_to_m`. Once one is known to be
    /// nearer than `enough_m`, nobody looks on, and the first length is 0. `guess` becomes the leaf that is the nearest.
    fn about(&self, place: LonLat, up_to_m: f64, enough_m: f64, guess: &mut Guess) -> Option<(f64, f64)> {
        let top = self.top().filter(|_| up_to_m >= 0.0)?;
        let (at, limit) = (ecef_of(place), chord_limit(up_to_m) + 1e-6);
        let p: Vec3f = at.map(|v| v as f32);
        let (mut low, mut high, mut limit2_of_boxes) = (f32::INFINITY, f32::INFINITY, limit2(limit));
        // It may be of another target.
        let known = guess.0.filter(|leaf| (*leaf as usize) < self.leaves.len());
        let mut open = Stack::new(top);
        let mut leaf = known;
        loop {
            if let Some(index) = leaf.take() {
                let lanes = self.leaves[index as usize].measure(at);
                let mut at_most = f32::INFINITY;
                for i in 0..WIDTH {
                    low = lesser(low, lanes.away[i] - lanes.give[i]);
                    at_most = lesser(at_most, lanes.away[i] + lanes.give[i]);
                }
                if at_most < high {
                    (high, *guess) = (at_most, Guess(Some(index)));
                    if longest_way(f64::from(high)) <= enough_m {
                        return Some((0.0, longest_way(f64::from(high))));
                    }
                    limit2_of_boxes = limit2(limit.min(f64::from(high)));
                }
            }
            let Some(next) = open.pop() else { break };
            if next.key > limit2_of_boxes {
                continue;
            }
            if next.level > 0 {
                let distances2 = self.node(next.level, next.index).distances2(p);
                open.push_children(&next, |i| (distances2[i] <= limit2_of_boxes).then_some(distances2[i]));
            } else if known != Some(next.index) {
                leaf = Some(next.index);
            }
        }
        let low = f64::from(low);
        (low <= limit).then(|| (shortest_way(low), longest_way(f64::from(high))))
    }
}

/// No way between two places with this chord is longer: the module's second bound (`ellipsoid.rs`). Infinite where that says nothing, which it
/// does as far as π `R_MIN`; two places that are farther from each other have a longer chord than twice `R_MIN`.
fn longest_way(chord: f64) -> f64 {
    let half = chord / (2.0 * R_MIN);
    if half < 1.0 { 2.0 * R_MIN * half.asin() } else { f64::INFINITY }
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
    let way_to_pole =
        || distance(LonLat::wrapped(middle.lon(), pole), LonLat::wrapped(middle.lon(), end)).get();
    // No degree of latitude is shorter than 110 500 m.
    if (pole - end).abs() * 110_500.0 < straight {
        let from_pole = way_to_pole();
        if from_pole < straight {
            return (LonLat::wrapped(middle.lon(), pole), from_pole + BLUR_M);
        }
    }
    (middle, straight + BLUR_M)
}

#[cfg(test)]
mod tests {
    use super::*;

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
