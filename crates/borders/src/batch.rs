//! Many places at once.
//!
//! A batch is answered along a Hilbert curve, so that one place follows another that lies close by: what the search
//! read for the one is still in the processor's cache for the next, and where it found its border is the first guess
//! there. The curve is shared out among all cores, and the results go back into the order of the questions.
//!
//! Cost: about 0.1 µs a place for the order. Memory: some 100 bytes a place, so hand over a long file in chunks; of
//! a hundred thousand places or more, the curve is dense enough to pay.

use rayon::prelude::*;

use crate::LonLat;
use crate::ellipsoid::NEAR;
use crate::interval::Reach;
use crate::nearest::Warm;
use crate::set::{BorderSet, Nearest, Target};

/// Places one core answers in a row.
const RUN: usize = 512;

impl BorderSet {
    /// [`BorderSet::nearest_foreign`] for each of the places, in their order, on all cores. Beyond 700 km the last digits of the
    /// nearest point hang on the places before.
    pub fn nearest_foreign_many(&self, places: &[LonLat], up_to_m: f64) -> Vec<Option<Nearest>> {
        along_curve(places, None, |at, warm| self.nearest_foreign_from(places[at], up_to_m, warm))
    }

    /// [`BorderSet::nearest_foreign`] for each of the places as [`BorderSet::nearest_foreign_many`], and the same to the last digit
    /// whoever else is asked about: what is kept and found again must not change.
    pub fn nearest_foreign_each(&self, places: &[LonLat]) -> Vec<Option<Nearest>> {
        along_curve(places, None, |at, warm| {
            let search = |warm: &mut Warm| self.nearest_foreign_from(places[at], f64::INFINITY, warm);
            anew_if_far(warm, search)
        })
    }

    /// [`BorderSet::nearest_to`] for each of the places, in their order, on all cores.
    pub fn nearest_to_many(&self, places: &[LonLat], target: &Target, up_to_m: f64) -> Vec<Option<Nearest>> {
        along_curve(places, None, |at, warm| self.nearest_to_from(places[at], target, up_to_m, warm))
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

/// The answers for the places, in their order, each found with what the one before it on the curve left behind. `nothing` stands where an
/// answer will be.
pub(crate) fn along_curve<T: Clone + Send, L: Default>(
    places: &[LonLat],
    nothing: T,
    answer: impl Fn(usize, &mut L) -> T + Sync,
) -> Vec<T> {
    let order = hilbert_order(places);
    let answers: Vec<T> = order
        .par_chunks(RUN)
        .flat_map_iter(|run| {
            let (mut left, answer) = (L::default(), &answer);
            run.iter().map(move |&at| answer(at as usize, &mut left))
        })
        .collect();
    let mut in_order = vec![nothing; places.len()];
    for (at, answer) in order.into_iter().zip(answers) {
        in_order[at as usize] = answer;
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
}
