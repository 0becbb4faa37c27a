//! Lines, dashes, circles and signs as polygons.
//!
//! Each piece of a line is a shape of its own with its own ends, so that pieces meet without a gap, none crosses itself, and a
//! tessellator cannot lose its way. All rings run the same way round.

use crate::scene::{Fill, Point};
use std::f32::consts::TAU;

/// Corners of a small circle, and of the round ends of thick lines.
const CORNERS: usize = 16;
/// From this width in pixels on the ends of pieces are round; a thinner line is drawn with square ones, which cannot be told from
/// round and have half the corners: the borders of a continent are some fifty thousand pieces.
const ROUND_FROM: f32 = 3.0;

/// A line along points.
pub(crate) fn line(fill: &mut Fill, points: &[Point], width: f32) {
    for pair in points.windows(2) {
        piece(fill, pair[0], pair[1], width);
    }
}

/// One piece of a line.
pub(crate) fn piece(fill: &mut Fill, from: Point, to: Point, width: f32) {
    let Some([dx, dy]) = direction(from, to) else { return };
    let half = width / 2.0;
    let (dx, dy) = (dx * half, dy * half);
    if width < ROUND_FROM {
        let (from, to) = ([from[0] - dx, from[1] - dy], [to[0] + dx, to[1] + dy]);
        fill.shape([
            [from[0] + dy, from[1] - dx],
            [from[0] - dy, from[1] + dx],
            [to[0] - dy, to[1] + dx],
            [to[0] + dy, to[1] - dx],
        ]);
        return;
    }
    let start = dy.atan2(dx) - TAU / 4.0;
    let end = |center: Point, start: f32| {
        (0..=CORNERS / 2).map(move |step| {
            let angle = start - step as f32 / CORNERS as f32 * TAU;
            [center[0] + half * angle.cos(), center[1] + half * angle.sin()]
        })
    };
    fill.shape(end(from, start).chain(end(to, start + TAU / 2.0)));
}

/// Dashes along points, with flat ends; what the pattern has begun goes on round corners.
pub(crate) fn dashes(fill: &mut Fill, points: &[Point], width: f32, [dash, gap]: [f32; 2]) {
    let (dash, period, half) = (dash * width, (dash + gap) * width, width / 2.0);
    let mut at = 0.0_f32;
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let Some([dx, dy]) = direction(from, to) else { continue };
        let length = (to[0] - from[0]).hypot(to[1] - from[1]);
        let mut done = 0.0;
        while done < length {
            let phase = (at + done) % period;
            let rest = if phase < dash { dash - phase } else { period - phase };
            let end = (done + rest.max(0.01)).min(length);
            if phase < dash {
                let [a, b] = [done, end].map(|way| [from[0] + dx * way, from[1] + dy * way]);
                let (nx, ny) = (dy * half, -dx * half);
                fill.shape([
                    [a[0] + nx, a[1] + ny],
                    [a[0] - nx, a[1] - ny],
                    [b[0] - nx, b[1] - ny],
                    [b[0] + nx, b[1] + ny],
                ]);
            }
            done = end;
        }
        at = (at + length) % period;
    }
}

/// A full circle.
pub(crate) fn disc(fill: &mut Fill, [x, y]: Point, radius: f32) {
    fill.shape((0..CORNERS).map(|step| {
        let angle = -(step as f32) / CORNERS as f32 * TAU;
        [x + radius * angle.cos(), y + radius * angle.sin()]
    }));
}

/// A dot of a few pixels, of which there may be thousands.
pub(crate) fn dot(fill: &mut Fill, [x, y]: Point, radius: f32) {
    let part = radius * 0.414_2;
    fill.shape([
        [x + part, y - radius],
        [x - part, y - radius],
        [x - radius, y - part],
        [x - radius, y + part],
        [x - part, y + radius],
        [x + part, y + radius],
        [x + radius, y + part],
        [x + radius, y - part],
    ]);
}

/// An outline in a box of 24 by 24, with its middle at a place and so many pixels wide.
pub(crate) fn placed(outline: &[Point], [x, y]: Point, size: f32) -> Vec<Point> {
    let scale = size / 24.0;
    outline.iter().map(|point| [x + (point[0] - 12.0) * scale, y + (point[1] - 12.0) * scale]).collect()
}

/// A line around an outline.
pub(crate) fn around(fill: &mut Fill, outline: &[Point], width: f32) {
    line(fill, outline, width);
    if let [first, .., last] = outline {
        piece(fill, *last, *first, width);
    }
}

/// The ring with all points on one side of a vertical or horizontal line (Sutherland–Hodgman): those whose part of this axis is
/// not below the limit, or with a negative sign not above.
pub(crate) fn cut(ring: &[Point], axis: usize, limit: f32, sign: f32) -> Vec<Point> {
    cut_by(ring, |point| (point[axis] - limit) * sign)
}

/// The ring with all points of which the depth is not negative. The depth is linear in the point.
pub(crate) fn cut_by(ring: &[Point], depth: impl Fn(&Point) -> f32) -> Vec<Point> {
    let mut kept = Vec::with_capacity(ring.len());
    let Some(mut before) = ring.last() else { return kept };
    let mut before_depth = depth(before);
    for point in ring {
        let here = depth(point);
        if (before_depth < 0.0) != (here < 0.0) {
            let share = before_depth / (before_depth - here);
            kept.push([
                before[0] + share * (point[0] - before[0]),
                before[1] + share * (point[1] - before[1]),
            ]);
        }
        if here >= 0.0 {
            kept.push(*point);
        }
        (before, before_depth) = (point, here);
    }
    kept
}

/// The part of a ring within a convex one that runs as [`disc`] does.
pub(crate) fn cut_to(ring: &[Point], convex: &[Point]) -> Vec<Point> {
    let mut kept = ring.to_vec();
    for (at, a) in convex.iter().enumerate() {
        let b = convex[(at + 1) % convex.len()];
        kept = cut_by(&kept, |p| (b[1] - a[1]) * (p[0] - a[0]) - (b[0] - a[0]) * (p[1] - a[1]));
        if kept.is_empty() {
            break;
        }
    }
    kept
}

/// Twice the area of a ring; negative for those that run as [`disc`] does.
pub(crate) fn twice_area(ring: &[Point]) -> f32 {
    let mut sum = 0.0_f64;
    for (at, a) in ring.iter().enumerate() {
        let b = ring[(at + 1) % ring.len()];
        sum += f64::from(a[0]) * f64::from(b[1]) - f64::from(b[0]) * f64::from(a[1]);
    }
    sum as f32
}

/// Whether a ring that runs as [`disc`] does turns nowhere the other way.
pub(crate) fn is_convex(ring: &[Point]) -> bool {
    let turn = |at: usize| {
        let [a, b, c] = [0, 1, 2].map(|step| ring[(at + step) % ring.len()]);
        (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
    };
    ring.len() >= 3 && (0..ring.len()).all(|at| turn(at) <= 1e-3)
}

fn direction(from: Point, to: Point) -> Option<Point> {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let length = dx.hypot(dy);
    (length.is_finite() && length > 1e-6).then(|| [dx / length, dy / length])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Rgb;

    fn areas(draw: impl FnOnce(&mut Fill)) -> Vec<f32> {
        let mut fill = Fill::new(Rgb(0, 0, 0));
        draw(&mut fill);
        fill.shapes().flatten().map(twice_area).collect()
    }

    #[test]
    fn every_piece_runs_the_same_way_round_whatever_its_direction() {
        for angle in 0..24 {
            let to = [
                50.0 + 40.0 * (angle as f32 / 24.0 * TAU).cos(),
                50.0 + 40.0 * (angle as f32 / 24.0 * TAU).sin(),
            ];
            for width in [1.0, 6.0] {
                let piece = areas(|fill| piece(fill, [50.0, 50.0], to, width));
                assert!(
                    piece[0] < -2.0 * 39.0 * width && piece[0] > -2.0 * 47.5 * width,
                    "{angle} {width} {piece:?}"
                );
            }
            assert!(
                areas(|fill| dashes(fill, &[[50.0, 50.0], to], 1.0, [4.0, 3.0]))
                    .iter()
                    .all(|area| *area < 0.0)
            );
        }
        assert!(areas(|fill| disc(fill, [5.0, 5.0], 2.0))[0] < -20.0);
        assert!(areas(|fill| dot(fill, [5.0, 5.0], 2.0))[0] < -20.0);
        assert!(areas(|fill| fill.rectangle([0.0, 0.0, 2.0, 3.0]))[0] == -12.0);
    }

    #[test]
    fn dashes_cover_their_share_of_a_line_also_round_corners() {
        let zigzag: Vec<Point> =
            (0..71).map(|step| [10.0 * step as f32, if step % 2 == 0 { 0.0 } else { 3.0 }]).collect();
        let length: f32 = zigzag.windows(2).map(|p| (p[1][0] - p[0][0]).hypot(p[1][1] - p[0][1])).sum();
        let covered: f32 = areas(|fill| dashes(fill, &zigzag, 1.0, [4.0, 3.0])).iter().sum::<f32>() / -2.0;
        assert!((covered / length - 4.0 / 7.0).abs() < 0.01, "{covered} of {length}");
    }

    #[test]
    fn a_square_cut_to_a_disc_is_the_disc_or_a_part_of_it() {
        let mut fill = Fill::new(Rgb(0, 0, 0));
        disc(&mut fill, [0.0, 0.0], 10.0);
        let disc: Vec<Point> = fill.shapes().flatten().flatten().copied().collect();
        assert!(is_convex(&disc));
        let around = [[-50.0, -50.0], [-50.0, 50.0], [50.0, 50.0], [50.0, -50.0]];
        assert!((twice_area(&cut_to(&around, &disc)) - twice_area(&disc)).abs() < 0.01);
        let half = [[0.0, -50.0], [0.0, 50.0], [50.0, 50.0], [50.0, -50.0]];
        assert!((twice_area(&cut_to(&half, &disc)) * 2.0 - twice_area(&disc)).abs() < 0.01);
        assert!(cut_to(&[[20.0, 20.0], [20.0, 30.0], [30.0, 30.0]], &disc).is_empty());
    }

    #[test]
    fn a_degenerate_piece_is_left_out() {
        assert!(areas(|fill| piece(fill, [1.0, 1.0], [1.0, 1.0], 2.0)).is_empty());
        assert!(areas(|fill| piece(fill, [1.0, 1.0], [f32::NAN, 1.0], 2.0)).is_empty());
        assert!(areas(|fill| dashes(fill, &[[1.0, 1.0], [1.0, f32::INFINITY]], 1.0, [4.0, 3.0])).is_empty());
    }
}
