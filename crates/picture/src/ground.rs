//! Land and borders, prepared once and cut to each picture.
//!
//! As in the page, land comes from the coarse set of borders, and border lines from the precise one from zoom [`PRECISE_FROM`] on and
//! from the coarse one before. Coasts are drawn only before that zoom, since coarse coasts would stand beside precise borders.
//!
//! Cost: a tenth of a second once, and eight bytes a point of either set; then half a millisecond to some milliseconds a picture.

use crate::frame::{Frame, World, world};
use crate::lines::{self, cut, cut_to, twice_area};
use crate::scene::{Fill, Point};
use crate::style::{COAST, MARITIME, MARITIME_DASH, Theme};
use kordon_borders::{BorderSet, Kind, LonLat, TerritoryId};
use std::sync::Arc;

/// From this zoom on borders are those that distances are measured to.
const PRECISE_FROM: f64 = 5.0;
/// From this zoom on limits at sea are drawn, and paper around borders.
const DETAILS_FROM: f64 = 4.0;
/// Edges in one box of a line.
const RUN: usize = 64;
/// How far shapes reach beyond a picture, in pixels, so that no end shows.
const BEYOND: f64 = 8.0;
/// Points of a line or ring that are nearer to each other, in pixels, are one.
const SAME: f32 = 0.6;

/// World coordinates in whole parts of 2^-32: 9 mm at the equator, in half the room.
type Fine = [u32; 2];
const PARTS: f64 = 4_294_967_296.0;

/// Land and borders, ready to be drawn.
pub struct Ground {
    borders: Arc<BorderSet>,
    coarse: Arc<BorderSet>,
    land: Vec<Polygon>,
    coarse_lines: Vec<Stretch>,
    precise_lines: Vec<Stretch>,
}

struct Polygon {
    window: [f64; 4],
    rings: Vec<Vec<Fine>>,
}

/// Some edges of a border, one after the other.
struct Stretch {
    window: [f64; 4],
    is_maritime: bool,
    /// The end of someone's claim at sea, and no border with anybody.
    is_limit: bool,
    points: Vec<Fine>,
}

impl Ground {
    /// Prepares land from `coarse`, and borders from both.
    #[must_use]
    pub fn new(borders: Arc<BorderSet>, coarse: Arc<BorderSet>) -> Self {
        let land = land(&coarse);
        let (coarse_lines, precise_lines) = (stretches(&coarse), stretches(&borders));
        Self { borders, coarse, land, coarse_lines, precise_lines }
    }

    /// The set that distances are measured to.
    #[must_use]
    pub fn borders(&self) -> &Arc<BorderSet> {
        &self.borders
    }

    /// The set that land comes from.
    #[must_use]
    pub fn coarse(&self) -> &Arc<BorderSet> {
        &self.coarse
    }

    /// The territory that both sets say a place of land belongs to, if it is one.
    pub(crate) fn holder(&self, place: LonLat) -> Option<TerritoryId> {
        let [ours] = self.borders.containing(place).ids() else { return None };
        let [coarse] = self.coarse.containing(place).ids() else { return None };
        (self.borders.territory(*ours).code == self.coarse.territory(*coarse).code).then_some(*ours)
    }

    /// Land, and coasts where they are drawn.
    pub(crate) fn draw_land(&self, frame: &Frame, theme: &Theme) -> Vec<Fill> {
        let (mut land, mut coast) = (Fill::new(theme.land), Fill::new(theme.coast));
        let with_coast = frame.zoom() < PRECISE_FROM;
        for copy in frame.copies() {
            for polygon in self.land_in(frame, copy) {
                for (number, ring) in polygon.rings.iter().enumerate() {
                    let points = thinned(frame, ring, copy);
                    if with_coast {
                        draw_coast(&mut coast, frame, ring, copy);
                    }
                    add_ring(&mut land, cut_to_picture(frame, points), number > 0);
                }
                land.end_shape();
            }
        }
        vec![land, coast]
    }

    /// The land that is in sight in one copy of the world.
    fn land_in(&self, frame: &Frame, copy: f64) -> impl Iterator<Item = &Polygon> {
        let window = frame.window(copy, BEYOND);
        self.land.iter().filter(move |polygon| meet(&polygon.window, &window))
    }

    /// The land within a convex ring.
    pub(crate) fn draw_land_within(&self, frame: &Frame, convex: &[Point], land: &mut Fill) {
        for copy in frame.copies() {
            for polygon in self.land_in(frame, copy) {
                for (number, ring) in polygon.rings.iter().enumerate() {
                    let points = cut_to_picture(frame, thinned(frame, ring, copy));
                    add_ring(land, cut_to(&points, convex), number > 0);
                }
                land.end_shape();
            }
        }
    }

    /// Borders: limits at sea, paper around borders, borders.
    pub(crate) fn draw_borders(&self, frame: &Frame, theme: &Theme, factor: f32) -> Vec<Fill> {
        let zoom = frame.zoom();
        let (mut sea, mut paper, mut border) =
            (Fill::new(theme.maritime), Fill::new(theme.border_casing), Fill::new(theme.border));
        let is_precise = zoom >= PRECISE_FROM;
        let stretches = if is_precise { &self.precise_lines } else { &self.coarse_lines };
        for copy in frame.copies() {
            let window = frame.window(copy, BEYOND);
            for stretch in stretches.iter().filter(|stretch| meet(&stretch.window, &window)) {
                if (stretch.is_maritime && zoom < DETAILS_FROM) || (stretch.is_limit && !is_precise) {
                    continue;
                }
                let points = thinned(frame, &stretch.points, copy);
                for run in points.chunk_by(|a, b| is_near(frame, a, b)).filter(|run| run.len() > 1) {
                    if stretch.is_maritime {
                        lines::dashes(&mut sea, run, MARITIME * factor, MARITIME_DASH);
                    } else {
                        if zoom >= DETAILS_FROM {
                            lines::line(&mut paper, run, between(zoom, &[(4.0, 2.0), (10.0, 4.5)]) * factor);
                        }
                        lines::line(
                            &mut border,
                            run,
                            between(zoom, &[(2.0, 0.5), (6.0, 1.0), (10.0, 1.8)]) * factor,
                        );
                    }
                }
            }
        }
        vec![sea, paper, border]
    }
}

/// Whether an edge may be seen. What it cuts off is only what lies beyond one side of the picture.
fn is_near(frame: &Frame, a: &Point, b: &Point) -> bool {
    let (width, height, beyond) = (frame.width as f32, frame.height as f32, BEYOND as f32);
    let out = |axis: usize, most: f32| {
        (a[axis] < -beyond && b[axis] < -beyond) || (a[axis] > most + beyond && b[axis] > most + beyond)
    };
    !out(0, width) && !out(1, height)
}

fn land(set: &BorderSet) -> Vec<Polygon> {
    let ids = set.territories().iter().filter_map(|territory| set.find(&territory.code));
    let of_polygon = |rings: Vec<Vec<[f64; 2]>>| {
        let rings: Vec<Vec<Fine>> = rings.iter().map(|ring| in_world(ring)).collect();
        Polygon { window: window_of(rings.first().map_or(&[], Vec::as_slice)), rings }
    };
    ids.flat_map(|id| set.polygons(id)).map(of_polygon).collect()
}

fn stretches(set: &BorderSet) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    for arc in set.arcs() {
        let points = in_world(&arc.points);
        let (is_maritime, is_limit) =
            (arc.kind == Kind::Maritime, arc.left.is_empty() || arc.right.is_empty());
        let edges = points.len().saturating_sub(1);
        for start in (0..edges).step_by(RUN) {
            let points = points[start..=(start + RUN).min(edges)].to_vec();
            stretches.push(Stretch { window: window_of(&points), is_maritime, is_limit, points });
        }
    }
    stretches
}

fn in_world(points: &[[f64; 2]]) -> Vec<Fine> {
    let fine = |part: f64| (part * PARTS) as u32; // What is 1 becomes the last part: casts end at the ends.
    points.iter().map(|&[lon, lat]| world(lon, lat).map(fine)).collect()
}

fn coarse_of(point: Fine) -> World {
    point.map(|part| f64::from(part) / PARTS)
}

/// West, north, east, south.
fn window_of(points: &[Fine]) -> [f64; 4] {
    let empty = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    points
        .iter()
        .map(|point| coarse_of(*point))
        .fold(empty, |b, [x, y]| [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)])
}

fn meet(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

/// Points in pixels, without those that cannot be told from the one before.
fn thinned(frame: &Frame, points: &[Fine], copy: f64) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::with_capacity(points.len().min(1_024));
    let last = points.len().saturating_sub(1);
    for (at, point) in points.iter().enumerate() {
        let point = frame.pixel(coarse_of(*point), copy);
        let is_same = kept
            .last()
            .is_some_and(|before| (point[0] - before[0]).abs() < SAME && (point[1] - before[1]).abs() < SAME);
        if !is_same || at == last {
            kept.push(point);
        }
    }
    kept
}

fn cut_to_picture(frame: &Frame, mut ring: Vec<Point>) -> Vec<Point> {
    let (width, height, beyond) = (frame.width as f32, frame.height as f32, BEYOND as f32);
    for (axis, limit, sign) in
        [(0, -beyond, 1.0), (0, width + beyond, -1.0), (1, -beyond, 1.0), (1, height + beyond, -1.0)]
    {
        if ring.iter().any(|point| (point[axis] - limit) * sign < 0.0) {
            ring = cut(&ring, axis, limit, sign);
        }
    }
    ring
}

/// Adds a ring the right way round, unless nothing of it would be seen.
fn add_ring(fill: &mut Fill, mut ring: Vec<Point>, is_hole: bool) {
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    let area = twice_area(&ring);
    if area.abs() < 0.5 {
        return;
    }
    if (area > 0.0) != is_hole {
        ring.reverse();
    }
    fill.ring(ring);
}

/// The edges of a ring but for those along the antimeridian and the ends of the world, where polygons are only cut.
fn draw_coast(coast: &mut Fill, frame: &Frame, ring: &[Fine], copy: f64) {
    let is_cut =
        |a: Fine, b: Fine| (0..2).any(|axis| a[axis] == b[axis] && (a[axis] == 0 || a[axis] >= u32::MAX - 1));
    for run in ring.chunk_by(|a, b| !is_cut(*a, *b)) {
        let points = thinned(frame, run, copy);
        for seen in points.chunk_by(|a, b| is_near(frame, a, b)).filter(|seen| seen.len() > 1) {
            lines::line(coast, seen, COAST);
        }
    }
}

/// A value between stops, as MapLibre interpolates.
pub(crate) fn between(zoom: f64, stops: &[(f64, f64)]) -> f32 {
    let Some(after) = stops.iter().position(|(at, _)| *at > zoom) else {
        return stops.last().map_or(0.0, |(_, value)| *value as f32);
    };
    let (to, high) = stops[after];
    let Some((from, low)) = after.checked_sub(1).map(|before| stops[before]) else { return high as f32 };
    (low + (high - low) * (zoom - from) / (to - from)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_grow_between_their_stops_and_not_beyond() {
        let stops = [(2.0, 0.5), (6.0, 1.0), (10.0, 1.8)];
        assert_eq!(
            [0.0, 2.0, 4.0, 6.0, 8.0, 12.0].map(|zoom| between(zoom, &stops)),
            [0.5, 0.5, 0.75, 1.0, 1.4, 1.8]
        );
    }
}
