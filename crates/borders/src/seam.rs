//! Polygons cut at the antimeridian, as RFC 7946 §3.1.9 asks of GeoJSON, for whoever draws them.
//!
//! A ring whose neighbors lie more than 180° apart goes the short way, across the antimeridian. It is unrolled to a curve
//! without jumps, which may then leave -180..180, and clipped to each turn of the globe that it meets. A ring that comes
//! back one turn further on goes around a pole; it is closed through that pole.
//!
//! Limits: a clipped ring may run along the antimeridian and back, which fills rightly and bounds no area. Distances and
//! containment never use these rings. Clipping: Sutherland and Hodgman 1974, doi:10.1145/360767.360802.

/// A closed ring of longitude and latitude in degrees.
type Ring = Vec<[f64; 2]>;

/// The polygon, exterior ring first, in parts that keep to -180..180. One that never crosses is given back as it is.
pub(crate) fn cut(polygon: Vec<Ring>) -> Vec<Vec<Ring>> {
    if !polygon.iter().any(|ring| crosses(ring)) {
        return vec![polygon];
    }
    let mut unrolled: Vec<Ring> = polygon.iter().map(|ring| unroll(ring)).collect();
    if let Some((exterior, holes)) = unrolled.split_first_mut() {
        let west = westernmost(exterior);
        holes.iter_mut().for_each(|hole| turn_to_east_of(hole, west));
    }
    let parts = [-1.0, 0.0, 1.0].map(|turn| {
        let (west, east) = (-180.0 + 360.0 * turn, 180.0 + 360.0 * turn);
        let parts = unrolled.iter().map(|ring| {
            let part = clip(&clip(ring, west, 1.0), east, -1.0);
            part.into_iter().map(|[lon, lat]| [lon - 360.0 * turn, lat]).collect::<Ring>()
        });
        parts.collect::<Vec<Ring>>()
    });
    let whole = |part: Vec<Ring>| {
        let mut rings = part.into_iter();
        let exterior = rings.next().filter(|ring| has_area(ring))?;
        Some(std::iter::once(exterior).chain(rings.filter(|ring| has_area(ring))).collect())
    };
    parts.into_iter().filter_map(whole).collect()
}

fn crosses(ring: &[[f64; 2]]) -> bool {
    ring.windows(2).any(|pair| (pair[1][0] - pair[0][0]).abs() > 180.0)
}

/// The ring without jumps, closed through a pole when it goes around one.
fn unroll(ring: &[[f64; 2]]) -> Ring {
    let mut turn = 0.0;
    let mut out = Ring::with_capacity(ring.len() + 3);
    for (i, &[lon, lat]) in ring.iter().enumerate() {
        if i > 0 {
            let step = lon - ring[i - 1][0];
            if step > 180.0 {
                turn -= 360.0;
            } else if step < -180.0 {
                turn += 360.0;
            }
        }
        out.push([lon + turn, lat]);
    }
    let (Some(&first), Some(&last)) = (out.first(), out.last()) else { return out };
    if turn != 0.0 {
        let pole = if first[1] < 0.0 { -90.0 } else { 90.0 };
        out.extend([[last[0], pole], [first[0], pole], first]);
    }
    out
}

fn westernmost(ring: &[[f64; 2]]) -> f64 {
    ring.iter().map(|point| point[0]).fold(f64::INFINITY, f64::min)
}

/// Turns a hole to the copy of the globe on which its exterior was unrolled: the first that is not west of it.
fn turn_to_east_of(hole: &mut Ring, west: f64) {
    let turns = ((west - westernmost(hole)) / 360.0).ceil();
    hole.iter_mut().for_each(|point| point[0] += 360.0 * turns);
}

/// The part of a closed ring on one side of a meridian: east of it for `side` 1, west of it for -1.
fn clip(ring: &[[f64; 2]], meridian: f64, side: f64) -> Ring {
    let inside = |point: &[f64; 2]| (point[0] - meridian) * side >= 0.0;
    let mut out = Ring::new();
    for pair in ring.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        if inside(&from) {
            out.push(from);
        }
        if inside(&from) != inside(&to) {
            let share = (meridian - from[0]) / (to[0] - from[0]);
            out.push([meridian, from[1] + share * (to[1] - from[1])]);
        }
    }
    if let Some(&first) = out.first() {
        out.push(first);
    }
    out
}

fn has_area(ring: &[[f64; 2]]) -> bool {
    let doubled: f64 = ring.windows(2).map(|pair| pair[0][0] * pair[1][1] - pair[1][0] * pair[0][1]).sum();
    doubled.abs() > 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(polygons: &[Vec<Ring>]) -> f64 {
        let of = |ring: &Ring| {
            ring.windows(2).map(|pair| pair[0][0] * pair[1][1] - pair[1][0] * pair[0][1]).sum::<f64>().abs()
                / 2.0
        };
        polygons.iter().map(|rings| of(&rings[0]) - rings[1..].iter().map(of).sum::<f64>()).sum()
    }

    #[test]
    fn a_polygon_that_never_crosses_is_given_back() {
        let polygon = vec![vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]];
        assert_eq!(cut(polygon.clone()), [polygon]);
    }

    #[test]
    fn an_island_across_the_antimeridian_becomes_two_parts_of_the_same_area() {
        let taveuni = vec![[179.0, -17.0], [-179.0, -17.0], [-179.0, -16.0], [179.0, -16.0], [179.0, -17.0]];
        let lake = vec![[-179.8, -16.8], [-179.8, -16.2], [179.5, -16.2], [179.5, -16.8], [-179.8, -16.8]];
        let parts = cut(vec![taveuni, lake]);
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2], "{parts:?}");
        assert!((area(&parts) - (2.0 - 0.7 * 0.6)).abs() < 1e-9, "{parts:?}");
        for point in parts.iter().flatten().flatten() {
            assert!((-180.0..=180.0).contains(&point[0]), "{point:?}");
        }
    }

    #[test]
    fn a_ring_around_the_pole_is_closed_through_it() {
        let cap: Ring = [-180.0, -90.0, 0.0, 90.0, 179.0, -180.0].map(|lon| [lon, -70.0]).to_vec();
        let parts = cut(vec![cap]);
        assert!((area(&parts) - 360.0 * 20.0).abs() < 1e-6, "{parts:?}");
    }

    #[test]
    fn no_part_of_a_built_in_set_spans_the_globe_but_antarctica() {
        let set = crate::BorderSet::natural_earth().unwrap();
        for id in set.territories().iter().filter_map(|territory| set.find(&territory.code)) {
            for point_pair in set.rings(id).iter().flat_map(|ring| ring.windows(2)) {
                let step = (point_pair[1][0] - point_pair[0][0]).abs();
                let at_the_pole = point_pair[0][1].abs() > 89.0;
                assert!(step < 180.0 || at_the_pole, "{}: {point_pair:?}", set.territory(id).code);
            }
        }
    }
}
