//! One edge of a border: a line straight in degrees (RFC 7946 §3.1.1), measured as the curve that it is.
//!
//! Such a line is not a geodesic; along the 49th parallel the two part by 96 km in one long edge. So nothing here
//! replaces the curve by another: positions, tangents and curvatures come from the ellipsoid's own formulas, and
//! only the *search* uses chords, each with a proven bound of how far the curve strays from it ([`Edge::slack`]).
//!
//! Below 200 km the nearest point of the curve in a straight line is the nearest along the ground, to less than
//! 1 µm in the distance. Beyond, the geodesic distance itself is minimised, with its derivative from Karney's azimuth.

use crate::LonLat;
use crate::ellipsoid::{A, E2, R_MAX, Vec3, dot, ecef, inverse_azimuths, sub};
use crate::format::{HALF_TURN, STEPS_PER_DEGREE};

const TURN: f64 = 2.0 * HALF_TURN as f64;

/// An edge, in steps and in radians.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    from: [i32; 2],
    /// The way to its other end in steps, the short way round.
    east: f64,
    north: f64,
    // The same in radians.
    lon: f64,
    lat: f64,
    dlon: f64,
    dlat: f64,
}

/// A point of an edge: where on it (0 to 1), and in space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Foot {
    pub t: f64,
    pub at: Vec3,
}

impl Edge {
    pub(crate) fn new(a: [i32; 2], b: [i32; 2]) -> Self {
        let mut east = f64::from(b[0]) - f64::from(a[0]);
        if east.abs() > TURN / 2.0 {
            east -= TURN * east.signum();
        }
        let north = f64::from(b[1]) - f64::from(a[1]);
        let radians = |steps: f64| (steps / STEPS_PER_DEGREE).to_radians();
        Self {
            from: a,
            east,
            north,
            lon: radians(f64::from(a[0])),
            lat: radians(f64::from(a[1])),
            dlon: radians(east),
            dlat: radians(north),
        }
    }

    /// The place at `t` from 0 to 1.
    pub(crate) fn place(&self, t: f64) -> LonLat {
        let degrees = |from: i32, way: f64| (f64::from(from) + t * way) / STEPS_PER_DEGREE;
        LonLat::wrapped(degrees(self.from[0], self.east), degrees(self.from[1], self.north))
    }

    /// The point in space at `t`.
    pub(crate) fn at(&self, t: f64) -> Vec3 {
        ecef(self.lon + t * self.dlon, self.lat + t * self.dlat)
    }

    /// How far the edge may stray from the chord between its ends, in meters: never less than it does.
    ///
    /// A curve `X(t)`, `0 ≤ t ≤ 1`, lies within `max |X''| / 8` of its linear interpolation (the classic error term,
    /// applied to the component along the deviation). Here
    /// `X'' = Δλ² X_λλ + 2 Δλ Δφ X_λφ + Δφ² X_φφ` with `|X_λλ| = N cos φ` (the distance from the axis),
    /// `|X_λφ| = M |sin φ|` and `|X_φφ| = √(M² + M'²) ≤ 1.0001 M`, since `|M'| ≤ 0.0102 M`; `M` and `N` are at most
    /// `R_MAX`. Cut into `n` equal parts, each strays by at most the `n²`-th part of this.
    pub(crate) fn slack(&self, from: Vec3, to: Vec3) -> f64 {
        let crosses_equator = from[2] * to[2] <= 0.0;
        let from_axis = |p: Vec3| p[0].hypot(p[1]);
        let axis = if crosses_equator { A } else { from_axis(from).max(from_axis(to)) };
        // z = N (1 - e²) sin φ and N ≥ A.
        let sin_lat = (from[2].abs().max(to[2].abs()) / (A * (1.0 - E2))).min(1.0);
        let (dlon, dlat) = (self.dlon.abs(), self.dlat.abs());
        (dlon * dlon * axis + 2.0 * dlon * dlat * R_MAX * sin_lat + 1.0001 * dlat * dlat * R_MAX) / 8.0
    }

    /// At least as long as the edge, in meters.
    pub(crate) fn longest(&self) -> f64 {
        R_MAX * self.dlon.hypot(self.dlat)
    }

    /// The point between `t0` and `t1` nearest to `p` in a straight line, by Newton's method from `start`.
    pub(crate) fn foot(&self, p: Vec3, start: f64, t0: f64, t1: f64) -> Foot {
        let mut t = start;
        for _ in 0..12 {
            let (x, x1, x2) = self.derivatives(t);
            let away = sub(x, p);
            let speed2 = dot(x1, x1);
            let curvature = speed2 + dot(x2, away);
            // Where the distance is concave, walk downhill as along a straight line.
            let step = -dot(x1, away) / if curvature > 0.1 * speed2 { curvature } else { speed2 };
            let next = (t + step).clamp(t0, t1);
            let moved = next - t;
            t = next;
            if moved * moved * speed2 < 1e-6 {
                // Less than 1 mm left: the tangent is as good as the curve.
                let at = [x[0] + moved * x1[0], x[1] + moved * x1[1], x[2] + moved * x1[2]];
                return Foot { t, at };
            }
        }
        Foot { t, at: self.at(t) }
    }

    /// Position, first and second derivative at `t`.
    fn derivatives(&self, t: f64) -> (Vec3, Vec3, Vec3) {
        let (sin_lon, cos_lon) = (self.lon + t * self.dlon).sin_cos();
        let (sin_lat, cos_lat) = (self.lat + t * self.dlat).sin_cos();
        let w2 = 1.0 - E2 * sin_lat * sin_lat;
        let n = A / w2.sqrt();
        let m = n * (1.0 - E2) / w2;
        let dm = 3.0 * m * E2 * sin_lat * cos_lat / w2;
        let x = [n * cos_lat * cos_lon, n * cos_lat * sin_lon, n * (1.0 - E2) * sin_lat];
        let (u, v) = (self.dlat, self.dlon);
        let (north, east, down) = (u * m, v * n * cos_lat, u * u * m);
        let x1 = [
            -north * sin_lat * cos_lon - east * sin_lon,
            -north * sin_lat * sin_lon + east * cos_lon,
            north * cos_lat,
        ];
        let along = u * u * dm;
        let turn = 2.0 * u * v * m * sin_lat;
        let inward = v * v * n * cos_lat + down * cos_lat + along * sin_lat;
        let x2 = [
            -inward * cos_lon + turn * sin_lon,
            -inward * sin_lon - turn * cos_lon,
            -down * sin_lat + along * cos_lat,
        ];
        (x, x1, x2)
    }

    /// The geodesic distance from `p` to the place at `t`, and its derivative by `t`.
    fn length_and_slope(&self, p: LonLat, t: f64) -> (f64, f64) {
        let (length, _, azimuth) = inverse_azimuths(p, self.place(t));
        let (sin_azimuth, cos_azimuth) = azimuth.to_radians().sin_cos();
        let (sin_lat, cos_lat) = (self.lat + t * self.dlat).sin_cos();
        let w2 = 1.0 - E2 * sin_lat * sin_lat;
        let n = A / w2.sqrt();
        let m = n * (1.0 - E2) / w2;
        (length, self.dlat * m * cos_azimuth + self.dlon * n * cos_lat * sin_azimuth)
    }

    /// The place between `t0` and `t1` nearest to `p` along the ground, and how far it is, for places far away; stops
    /// early with what it has when the rest cannot get below `enough`.
    ///
    /// A piece is short (8 km or less, straying at most `slack` from its chord), so the distance along it is a slope
    /// plus a bend of at most a few `slack`: it has at most one minimum, and what a step can still gain is at most slope
    /// times way plus the bend.
    pub(crate) fn foot_far(
        &self,
        p: LonLat,
        start: f64,
        (t0, t1): (f64, f64),
        slack: f64,
        enough: f64,
    ) -> (f64, f64) {
        let (length, slope) = self.length_and_slope(p, start);
        let mut best = (length, start);
        let end = if slope > 0.0 { t0 } else { t1 };
        let gain = (slope * (end - start)).abs() + 8.0 * slack;
        if end == start || length - gain > enough {
            return best;
        }
        let (length_at_end, slope_at_end) = self.length_and_slope(p, end);
        if length_at_end < best.0 {
            best = (length_at_end, end);
        }
        if slope * slope_at_end >= 0.0 {
            return best;
        }
        // The slope changes sign between: false position, halving the weight of an end that stays (Illinois).
        let (mut a, mut fa, mut b, mut fb) = (start, slope, end, slope_at_end);
        for _ in 0..40 {
            let t = (a * fb - b * fa) / (fb - fa);
            let (length, slope) = self.length_and_slope(p, t);
            if length < best.0 {
                best = (length, t);
            }
            // What is left to gain is about slope times way.
            if slope == 0.0 || (slope * (b - a)).abs() < 1e-5 {
                break;
            }
            if slope * fb < 0.0 {
                (a, fa) = (b, fb);
            } else {
                fa /= 2.0;
            }
            (b, fb) = (t, slope);
        }
        best
    }
}

/// The place of segment `a`–`b` nearest to `p`, as a share of the way, and its distance squared.
pub(crate) fn on_chord(p: Vec3, a: Vec3, b: Vec3) -> (f64, f64) {
    let (along, to_p) = (sub(b, a), sub(p, a));
    let length2 = dot(along, along);
    let t = if length2 > 0.0 { (dot(along, to_p) / length2).clamp(0.0, 1.0) } else { 0.0 };
    let away = [to_p[0] - t * along[0], to_p[1] - t * along[1], to_p[2] - t * along[2]];
    (t, dot(away, away))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn no_edge_strays_from_its_chord_by_more_than_its_slack(
            lon in -1_800_000_000..1_800_000_000i32, lat in -900_000_000..900_000_000i32,
            east in -400_000_000..400_000_000i32, lat2 in -900_000_000..900_000_000i32, t in 0.0..1.0,
        ) {
            let lon2 = lon.saturating_add(east).clamp(-1_800_000_000, 1_800_000_000);
            let edge = Edge::new([lon, lat], [lon2, lat2]);
            let (a, b) = (edge.at(0.0), edge.at(1.0));
            let (_, away2) = on_chord(edge.at(t), a, b);
            prop_assert!(away2.sqrt() <= edge.slack(a, b) + 1e-6);
        }

        #[test]
        fn the_derivatives_are_those_of_the_curve(
            lon in -1_700_000_000..1_700_000_000i32, lat in -890_000_000..890_000_000i32,
            east in -1_000_000..1_000_000i32, north in -1_000_000..1_000_000i32, t in 0.1..0.9,
        ) {
            let edge = Edge::new([lon, lat], [lon + east, lat + north]);
            let (x, x1, x2) = edge.derivatives(t);
            let h = 0.05;
            let (before, after) = (edge.at(t - h), edge.at(t + h));
            for i in 0..3 {
                let first = (after[i] - before[i]) / (2.0 * h);
                let second = (after[i] - 2.0 * x[i] + before[i]) / (h * h);
                prop_assert!((x1[i] - first).abs() < 1e-3 * (1.0 + first.abs()), "{x1:?} {first}");
                prop_assert!((x2[i] - second).abs() < 1e-2 * (1.0 + second.abs()), "{x2:?} {second}");
            }
        }
    }
}
