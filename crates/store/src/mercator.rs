//! Places on the square tiles of web maps (WebMercatorQuad), and shapes cut to fit them.
//!
//! World coordinates run from 0 to 1, from the antimeridian eastward and from 85.05° north southward; what lies
//! nearer to a pole is drawn at the edge. Tile coordinates run from 0 to [`EXTENT`]. Shapes are cut at a
//! buffer around the tile, put on its grid and thinned to what the grid can show.

use std::f64::consts::PI;

use kordon_borders::LonLat;

/// Units along the side of a tile.
pub(crate) const EXTENT: f64 = 4096.0;
/// Bits of a number of units.
const UNIT_BITS: u32 = 12;
/// How far shapes reach beyond a tile, so that no seam shows.
const BUFFER: f64 = 80.0;
/// How far a thinned line may be from the full one: a quarter of a pixel of a tile shown at 512 pixels.
const TOLERANCE: f64 = 2.0;
/// The deepest zoom: a unit is then 2 mm.
pub(crate) const ZOOM_MAX: u8 = 22;
/// The deepest zoom at which [`Fine`] coordinates are as good as [`World`] ones.
pub(crate) const FINE_ZOOM_MAX: u8 = 20;

/// A place in world coordinates.
pub(crate) type World = [f64; 2];
/// World coordinates in whole parts of 2^-32: half the size, and the tiles of every zoom up to [`FINE_ZOOM_MAX`] have them
/// in bits that need only be cut out.
pub(crate) type Fine = [u32; 2];
/// A place on the grid of a tile.
pub(crate) type OnTile = [i32; 2];

/// World coordinates of degrees; both in 0..1.
pub(crate) fn world(lon: f64, lat: f64) -> World {
    let sine = lat.to_radians().sin();
    let y = 0.5 - ((1.0 + sine) / (1.0 - sine)).ln() / (4.0 * PI);
    // The antimeridian belongs to the first column and the last: it is drawn in one of them.
    let below_one = 1.0 - f64::EPSILON;
    [(lon / 360.0 + 0.5).clamp(0.0, below_one), y.clamp(0.0, below_one)]
}

/// World coordinates of a place.
pub(crate) fn world_of(place: LonLat) -> World {
    world(place.lon(), place.lat())
}

/// The same in whole parts.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..1 before, so in 0..2^32")]
pub(crate) fn fine_of(place: LonLat) -> Fine {
    world_of(place).map(|part| (part * 2_f64.powi(32)) as u32)
}

/// A tile: zoom, column from the west, row from the north.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tile {
    pub z: u8,
    x: u32,
    y: u32,
}

impl Tile {
    /// `None` when there is no such tile.
    pub fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        (z <= ZOOM_MAX && x >> z == 0 && y >> z == 0).then_some(Self { z, x, y })
    }

    fn scale(self) -> f64 {
        f64::from(1_u32 << self.z)
    }

    /// Tile coordinates of a place.
    pub fn place_of(self, [x, y]: World) -> [f64; 2] {
        let scale = self.scale();
        [(x * scale - f64::from(self.x)) * EXTENT, (y * scale - f64::from(self.y)) * EXTENT]
    }

    /// The unit a place is in, when it is on this tile: every place is on exactly one tile of a zoom.
    #[expect(clippy::cast_possible_truncation, reason = "checked to be within the tile")]
    pub fn cell_of(self, place: World) -> Option<OnTile> {
        let at = self.place_of(place);
        at.iter().all(|part| (0.0..EXTENT).contains(part)).then(|| at.map(|part| part.floor() as i32))
    }

    /// The same of whole parts, up to [`FINE_ZOOM_MAX`]: scaling by powers of two and taking away what is before the tile are
    /// exact there, so both fall into the same unit.
    #[expect(clippy::cast_possible_wrap, reason = "twelve bits")]
    pub fn cell_of_fine(self, [x, y]: Fine) -> Option<OnTile> {
        let beyond = u32::from(FINE_ZOOM_MAX - self.z);
        let (x, y) = (x >> beyond, y >> beyond);
        (x >> UNIT_BITS == self.x && y >> UNIT_BITS == self.y)
            .then(|| [x, y].map(|part| (part & ((1 << UNIT_BITS) - 1)) as i32))
    }

    /// The tile with its buffer, in world coordinates: `[west, north, east, south]`.
    pub fn window(self) -> [f64; 4] {
        let (scale, buffer) = (self.scale(), BUFFER / EXTENT);
        let (x, y) = (f64::from(self.x), f64::from(self.y));
        [(x - buffer) / scale, (y - buffer) / scale, (x + 1.0 + buffer) / scale, (y + 1.0 + buffer) / scale]
    }

    /// A box of degrees that holds the tile, `[west, south, east, north]`; at the edge of the map up to the pole.
    pub fn degrees(self) -> [f64; 4] {
        let scale = self.scale();
        let lon = |x: u32| f64::from(x) / scale * 360.0 - 180.0;
        let lat = |y: u32| (PI * (1.0 - 2.0 * f64::from(y) / scale)).sinh().atan().to_degrees();
        let (south, north) = (if self.y + 1 == 1 << self.z { -90.0 } else { lat(self.y + 1) }, lat(self.y));
        let north = if self.y == 0 { 90.0 } else { north };
        // Rounding may put a place on the line on either side of it.
        let slack = 1e-9;
        [lon(self.x) - slack, south - slack, lon(self.x + 1) + slack, north + slack]
    }
}

/// The box of a chain, `[west, north, east, south]`.
pub(crate) fn window_of(points: &[World]) -> [f64; 4] {
    let empty = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    points.iter().fold(empty, |b, p| [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])])
}

/// Whether two boxes meet.
pub(crate) fn meet(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

/// The pieces of a line on a tile.
pub(crate) fn cut_line(tile: Tile, line: &[World]) -> Vec<Vec<OnTile>> {
    let mut pieces: Vec<Vec<[f64; 2]>> = Vec::new();
    let mut open = false;
    for pair in line.windows(2) {
        let (from, to) = (tile.place_of(pair[0]), tile.place_of(pair[1]));
        let Some((a, b)) = cut_edge(from, to) else {
            open = false;
            continue;
        };
        match pieces.last_mut() {
            Some(piece) if open => piece.push(b),
            _ => pieces.push(vec![a, b]),
        }
        open = b == to;
    }
    let on_grid = pieces.iter().map(|piece| thin(&snap(piece)));
    on_grid.filter(|piece| piece.len() > 1).collect()
}

/// The part of an edge within the buffered tile (Liang–Barsky).
fn cut_edge(from: [f64; 2], to: [f64; 2]) -> Option<([f64; 2], [f64; 2])> {
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for axis in 0..2 {
        let (start, step) = (from[axis], to[axis] - from[axis]);
        let (low, high) = (-BUFFER - start, EXTENT + BUFFER - start);
        if step == 0.0 {
            if low > 0.0 || high < 0.0 {
                return None;
            }
            continue;
        }
        let (first, last) = if step > 0.0 { (low / step, high / step) } else { (high / step, low / step) };
        (enter, leave) = (enter.max(first), leave.min(last));
    }
    if enter > leave {
        return None;
    }
    let at = |share: f64| [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
    Some((if enter > 0.0 { at(enter) } else { from }, if leave < 1.0 { at(leave) } else { to }))
}

/// A ring on a tile, open; `None` when nothing of it can be seen there.
pub(crate) fn cut_ring(tile: Tile, ring: &[World]) -> Option<Vec<OnTile>> {
    let mut points: Vec<[f64; 2]> = ring.iter().map(|place| tile.place_of(*place)).collect();
    // One side after the other (Sutherland–Hodgman); edges that run along the cut lie in the buffer.
    for (axis, limit, sign) in
        [(0, -BUFFER, 1.0), (0, EXTENT + BUFFER, -1.0), (1, -BUFFER, 1.0), (1, EXTENT + BUFFER, -1.0)]
    {
        let depth = |point: &[f64; 2]| (point[axis] - limit) * sign;
        if points.iter().all(|point| depth(point) >= 0.0) {
            continue;
        }
        let mut kept = Vec::with_capacity(points.len());
        for (at, point) in points.iter().enumerate() {
            let before = &points[if at == 0 { points.len() - 1 } else { at - 1 }];
            let (d0, d1) = (depth(before), depth(point));
            if (d0 < 0.0) != (d1 < 0.0) {
                let share = d0 / (d0 - d1);
                kept.push([
                    before[0] + share * (point[0] - before[0]),
                    before[1] + share * (point[1] - before[1]),
                ]);
            }
            if d1 >= 0.0 {
                kept.push(*point);
            }
        }
        points = kept;
        if points.is_empty() {
            return None;
        }
    }
    let mut ring = snap(&points);
    let first = *ring.first()?;
    if ring.last() != Some(&first) {
        ring.push(first);
    }
    let mut ring = thin_ring(&ring);
    ring.pop();
    // Half a pixel in all is not seen.
    (ring.len() >= 3 && twice_area(&ring).abs() >= 64).then_some(ring)
}

fn twice_area(ring: &[OnTile]) -> i64 {
    let cross =
        |(a, b): (&OnTile, &OnTile)| i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1]);
    ring.iter().zip(ring.iter().cycle().skip(1)).map(cross).sum()
}

/// Points on the grid, without repetition.
#[expect(clippy::cast_possible_truncation, reason = "cut to the tile and its buffer")]
fn snap(points: &[[f64; 2]]) -> Vec<OnTile> {
    let mut snapped: Vec<OnTile> = Vec::with_capacity(points.len());
    for point in points {
        let point = point.map(|part| part.round() as i32);
        if snapped.last() != Some(&point) {
            snapped.push(point);
        }
    }
    snapped
}

/// A closed ring, thinned in two halves: a ring as a whole has no ends to hold on to.
fn thin_ring(ring: &[OnTile]) -> Vec<OnTile> {
    let far = |point: &OnTile| {
        let (x, y) = (i64::from(point[0] - ring[0][0]), i64::from(point[1] - ring[0][1]));
        x * x + y * y
    };
    let middle = (0..ring.len()).max_by_key(|&at| far(&ring[at])).unwrap_or_default();
    let mut thinned = thin(&ring[..=middle]);
    thinned.pop();
    thinned.extend(thin(&ring[middle..]));
    thinned
}

/// A line with fewer points, never farther than [`TOLERANCE`] from it (Douglas–Peucker, without recursion).
fn thin(line: &[OnTile]) -> Vec<OnTile> {
    if line.len() < 3 {
        return line.to_vec();
    }
    let mut keep = vec![false; line.len()];
    keep[0] = true;
    keep[line.len() - 1] = true;
    let mut spans = vec![(0, line.len() - 1)];
    while let Some((first, last)) = spans.pop() {
        let mut farthest = (TOLERANCE * TOLERANCE, None);
        for at in first + 1..last {
            let off = square_off(line[at], line[first], line[last]);
            if off > farthest.0 {
                farthest = (off, Some(at));
            }
        }
        if let Some(at) = farthest.1 {
            keep[at] = true;
            spans.extend([(first, at), (at, last)]);
        }
    }
    line.iter().zip(keep).filter(|(_, keep)| *keep).map(|(point, _)| *point).collect()
}

/// The square of the distance of a point from an edge.
fn square_off(point: OnTile, from: OnTile, to: OnTile) -> f64 {
    let float = |p: OnTile| [f64::from(p[0]), f64::from(p[1])];
    let (point, from, to) = (float(point), float(from), float(to));
    let edge = [to[0] - from[0], to[1] - from[1]];
    let way = [point[0] - from[0], point[1] - from[1]];
    let square = edge[0] * edge[0] + edge[1] * edge[1];
    let share =
        if square > 0.0 { ((way[0] * edge[0] + way[1] * edge[1]) / square).clamp(0.0, 1.0) } else { 0.0 };
    let off = [way[0] - share * edge[0], way[1] - share * edge[1]];
    off[0] * off[0] + off[1] * off[1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_on_exactly_one_tile_of_a_zoom() {
        for (lon, lat) in
            [(0.0, 0.0), (180.0, 10.0), (-180.0, -10.0), (28.8, 45.3), (0.0, 90.0), (12.0, -90.0)]
        {
            for z in [0_u8, 1, 3] {
                let side = 1_u32 << z;
                let tiles = (0..side * side).filter_map(|n| Tile::new(z, n % side, n / side));
                let on = tiles.filter(|tile| tile.cell_of(world(lon, lat)).is_some()).collect::<Vec<_>>();
                assert_eq!(on.len(), 1, "{lon} {lat} zoom {z}");
                let [west, south, east, north] = on[0].degrees();
                let there = (west..=east).contains(&lon) && (south..=north).contains(&lat);
                assert!(there, "{lon} {lat} in {:?}", on[0].degrees());
            }
        }
        assert_eq!(Tile::new(1, 2, 0), None);
        assert_eq!(Tile::new(23, 0, 0), None);
    }

    #[test]
    fn a_place_in_whole_parts_is_in_the_same_unit() {
        let share =
            |number: u64| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1_u64 << 53) as f64;
        let any =
            (1..4_000).map(|number| [360.0 * share(number) - 180.0, 180.0 * share(number + 77_777) - 90.0]);
        let at_edges =
            [[180.0, 10.0], [-180.0, -10.0], [0.0, 0.0], [-90.0, 90.0], [45.0, -90.0], [22.5, 85.06]];
        for [lon, lat] in any.chain(at_edges) {
            let place = LonLat::new(lon, lat).unwrap();
            for z in 0..=FINE_ZOOM_MAX {
                let [x, y] = world_of(place).map(|part| (part * f64::from(1_u32 << z)) as u32);
                for tile in
                    [(x, y), (x ^ 1, y), (x, y ^ 1)].map(|(x, y)| Tile::new(z, x, y)).into_iter().flatten()
                {
                    assert_eq!(
                        tile.cell_of_fine(fine_of(place)),
                        tile.cell_of(world_of(place)),
                        "{place:?} {tile:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_line_across_a_tile_is_cut_at_its_buffer() {
        let tile = Tile::new(1, 0, 0).unwrap();
        let line = [[-0.2, 0.25], [0.3, 0.25], [0.9, 0.25], [0.9, 0.1], [0.1, 0.1]];
        let pieces = cut_line(tile, &line);
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[0], [[-80, 2048], [4176, 2048]]);
    }

    #[test]
    fn a_ring_around_a_tile_becomes_the_tile_with_its_buffer() {
        let tile = Tile::new(2, 1, 1).unwrap();
        let ring = cut_ring(tile, &[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9], [0.1, 0.1]]).unwrap();
        assert_eq!(twice_area(&ring).abs(), 2 * 4256 * 4256);
        assert_eq!(cut_ring(tile, &[[0.8, 0.8], [0.9, 0.8], [0.9, 0.9]]), None);
    }

    #[test]
    fn a_thinned_line_stays_near() {
        let line: Vec<OnTile> =
            (0..1000).map(|x| [x, (f64::from(x) / 50.0).sin().mul_add(100.0, 0.5) as i32]).collect();
        let thinned = thin(&line);
        assert!(thinned.len() < 200);
        for point in &line {
            let near =
                thinned.windows(2).any(|edge| square_off(*point, edge[0], edge[1]) <= TOLERANCE * TOLERANCE);
            assert!(near, "{point:?}");
        }
    }
}
