//! Places in the order of a Hilbert curve: what is near on the curve is near on the map, so files in this order are read
//! in few ranges.

use kordon_borders::LonLat;

/// Cells along a side, as a power of two, where places of the whole world are ordered: about a kilometer.
const ORDER: u32 = 16;

/// How far along the curve this cell of a square of 2^`order` cells aside lies, from 0; `order` is at most 31.
pub fn hilbert(order: u32, mut x: u32, mut y: u32) -> u64 {
    let mask = (1_u32 << order) - 1;
    let mut distance = 0;
    for bit in (0..order).rev() {
        let right = x >> bit & 1;
        let upper = y >> bit & 1;
        distance += u64::from((3 * right) ^ upper) << (2 * bit);
        if upper == 0 {
            if right == 1 {
                (x, y) = (x ^ mask, y ^ mask);
            }
            std::mem::swap(&mut x, &mut y);
        }
    }
    distance
}

/// Where an incident of these places stands in the order: by the middle of their box; those without a place stand last.
pub fn hilbert_of(places: &[LonLat]) -> u64 {
    let Some([west, south, east, north]) = bbox(places) else { return u64::MAX };
    let side = f64::from(1_u32 << ORDER);
    // From 0 to the side: casts of floats saturate, and the far edge belongs to the last cell.
    let cell = |share: f64| ((share * side) as u32).min((1 << ORDER) - 1);
    hilbert(ORDER, cell(((west + east) / 2.0 + 180.0) / 360.0), cell(((south + north) / 2.0 + 90.0) / 180.0))
}

/// West, south, east and north of places, as numbers: one that crosses the antimeridian spans the world.
pub(super) fn bbox(places: &[LonLat]) -> Option<[f64; 4]> {
    let of = |place: &LonLat| [place.lon(), place.lat(), place.lon(), place.lat()];
    places.iter().map(of).reduce(both)
}

/// The box around two.
pub(super) fn both(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_visits_every_cell_once_and_never_jumps() {
        for order in 1..=6 {
            let side = 1_u32 << order;
            let mut cells: Vec<(u64, u32, u32)> =
                (0..side * side).map(|n| (hilbert(order, n % side, n / side), n % side, n / side)).collect();
            cells.sort_unstable();
            for (at, cell) in cells.iter().enumerate() {
                assert_eq!(cell.0, at as u64);
            }
            for pair in cells.windows(2) {
                assert_eq!(pair[0].1.abs_diff(pair[1].1) + pair[0].2.abs_diff(pair[1].2), 1, "{pair:?}");
            }
        }
    }

    #[test]
    fn the_corners_of_the_world_have_their_cells_and_no_place_stands_last() {
        let of = |lon, lat| hilbert_of(&[LonLat::new(lon, lat).unwrap()]);
        assert_eq!(of(-180.0, -90.0), 0);
        assert_eq!(of(180.0, -90.0), u64::from(u32::MAX));
        assert!(of(180.0, 90.0) < u64::from(u32::MAX));
        assert_eq!(hilbert_of(&[]), u64::MAX);
    }
}
