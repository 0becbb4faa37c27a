//! One edge of a border: a line straight in degrees (RFC 7946 §3.1.1), measured as the curve that it is.
//!
//! Such a line is not a geodesic; along the 49th parallel the two part by 96 km in one long edge. So nothing here
//! replaces the curve by another: positions, tangents and curvatures come from the ellipsoid's own formulas, and
//! only the *search* uses chords, each with a proven bound of how far the curve strays from it ([`Edge::slack`]).
//!
//! Near by, the nearest point of the curve in a straight line is the nearest along the ground ([`Edge::foot`]): the
//! distances differ by 3 nm at 100 km and some µm at 500 km, so [`Edge::settled`] moves it from there on. Beyond 700 km the
//! geodesic distance itself is minimised, with its derivative from Karney's azimuth ([`Edge::foot_far`]).

use crate::LonLat;
use crate::ellipsoid::{A, E2, Observer, R_MAX, Vec3, dot, ecef, inverse_azimuths, sub};
use crate::format::{HALF_TURN, STEPS_PER_DEGREE};

const TURN: f64 = 2.0 * HALF_TURN as f64;
const RADIANS_PER_STEP: f64 = std::f64::consts::PI / HALF_TURN as f64;

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

/// A point of an edge far away: where on it, and the geodesic to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FarFoot {
    pub t: f64,
    pub length: f64,
    /// The geodesic's azimuth where it leaves, -180 to 180.
    pub azimuth_deg: f64,
    /// Its azimuth where it arrives.
    pub arriving_deg: f64,
    /// The derivative of the length by `t`.
    slope: f64,
}

/// A point of an edge: where on it (0 to 1), and in space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Foot {
    pub t: f64,
    pub at: Vec3,
    /// For an end: how far beyond it the nearest point of the edge's continuation would be, in meters, squared.
    beyond2: f64,
}

impl Edge {
    pub(crate) fn new(a: [i32; 2], b: [i32; 2]) -> Self {
        let mut east = f64::from(b[0]) - f64::from(a[0]);
        if east.abs() > TURN / 2.0 {
            east -= TURN * east.signum();
        }
        let north = f64::from(b[1]) - f64::from(a[1]);
        let radians = |steps: f64| steps * RADIANS_PER_STEP;
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
        let from_axis = |p: Vec3| (p[0] * p[0] + p[1] * p[1]).sqrt();
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
            if curvature < 0.5 * speed2 {
                // The edge bends as much as the distance does, which happens next to a pole only.
                return self.foot_by_thirds(p, t0, t1);
            }
            let wanted = t - dot(x1, away) / curvature;
            let next = wanted.clamp(t0, t1);
            let (moved, beyond) = (next - t, wanted - next);
            t = next;
            if moved * moved * speed2 < 0.25 {
                // Less than half a meter left: Newton's next step would be of micrometers, and so is the third derivative.
                let at = [0, 1, 2].map(|i| x[i] + moved * (x1[i] + 0.5 * moved * x2[i]));
                return Foot { t, at, beyond2: beyond * beyond * speed2 };
            }
        }
        Foot { t, at: self.at(t), beyond2: 0.0 }
    }

    /// The same where the distance may have several minima: the best of some points, narrowed down.
    fn foot_by_thirds(&self, p: Vec3, t0: f64, t1: f64) -> Foot {
        let away2 = |t: f64| distance2(self.at(t), p);
        let steps = 32;
        let share = |i: i32| t0 + (t1 - t0) * f64::from(i.clamp(0, steps)) / f64::from(steps);
        let nearest = (0..=steps).min_by(|a, b| away2(share(*a)).total_cmp(&away2(share(*b))));
        let i = nearest.expect("there is more than one step");
        let (mut low, mut high) = (share(i - 1), share(i + 1));
        for _ in 0..50 {
            let third = (high - low) / 3.0;
            if away2(low + third) < away2(high - third) {
                high -= third;
            } else {
                low += third;
            }
        }
        let t = [share(i), low, high].into_iter().min_by(|a, b| away2(*a).total_cmp(&away2(*b)));
        let t = t.expect("there are three");
        Foot { t, at: self.at(t), beyond2: 0.0 }
    }

    /// From the foot of a straight line to that of the way along the ground, at most [`NEAR`](crate::ellipsoid::NEAR)
    /// long: the least of a parabola through three lengths around it.
    ///
    /// The two ways arrive at angles that differ by less than 1e-5, so the feet are less than 10 m apart.
    pub(crate) fn settled(&self, from: &Observer, foot: Foot, t0: f64, t1: f64) -> Foot {
        if foot.beyond2 > 100.0 {
            return foot;
        }
        let step = (20.0 / self.longest()).min((t1 - t0) / 2.0);
        let middle = foot.t.clamp(t0 + step, t1 - step);
        let length = |t: f64| from.length_to(self.at(t));
        let (before, there, after) = (length(middle - step), length(middle), length(middle + step));
        let t = middle + 0.5 * step * (before - after) / (before - 2.0 * there + after);
        if !(t0..=t1).contains(&t) {
            return foot;
        }
        let settled = Foot { t, at: self.at(t), beyond2: 0.0 };
        if from.length_to(settled.at) < from.length_to(foot.at) { settled } else { foot }
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

    /// The geodesic to the place at `t`.
    fn far_at(&self, p: LonLat, t: f64) -> FarFoot {
        let (length, azimuth_deg, arriving_deg) = inverse_azimuths(p, self.place(t));
        let (sin_azimuth, cos_azimuth) = arriving_deg.to_radians().sin_cos();
        let (sin_lat, cos_lat) = (self.lat + t * self.dlat).sin_cos();
        let w2 = 1.0 - E2 * sin_lat * sin_lat;
        let n = A / w2.sqrt();
        let m = n * (1.0 - E2) / w2;
        let slope = self.dlat * m * cos_azimuth + self.dlon * n * cos_lat * sin_azimuth;
        FarFoot { t, length, azimuth_deg, arriving_deg, slope }
    }

    /// The unit vector along which a geodesic arrives at the place at `t`.
    pub(crate) fn arrival(&self, foot: &FarFoot) -> Vec3 {
        let (sin_lon, cos_lon) = (self.lon + foot.t * self.dlon).sin_cos();
        let (sin_lat, cos_lat) = (self.lat + foot.t * self.dlat).sin_cos();
        let (east, north) = foot.arriving_deg.to_radians().sin_cos();
        [
            -east * sin_lon - north * sin_lat * cos_lon,
            east * cos_lon - north * sin_lat * sin_lon,
            north * cos_lat,
        ]
    }

    /// The place between `t0` and `t1` nearest to `p` along the ground, and how far it is, for places far away; stops
    /// early with what it has when the rest cannot get below `enough`.
    ///
    /// A piece is short (some kilometers, straying at most `slack` from its chord), so the distance along it is a slope
    /// plus a bend of at most a few `slack`: it has at most one minimum, and what a step can still gain is at most slope
    /// times way plus the bend.
    pub(crate) fn foot_far(
        &self,
        p: LonLat,
        start: f64,
        (t0, t1): (f64, f64),
        slack: f64,
        enough: f64,
    ) -> FarFoot {
        let mut a = self.far_at(p, start);
        let mut best = a;
        let end = if a.slope > 0.0 { t0 } else { t1 };
        let gain = (a.slope * (end - start)).abs() + 8.0 * slack;
        if end == start || a.length - gain > enough {
            return best;
        }
        let mut t = self.newton_far(&a, end);
        let mut b = loop {
            let b = self.far_at(p, t);
            if b.length < best.length {
                best = b;
            }
            if b.is_settled(&a) || (t == end && a.slope * b.slope >= 0.0) {
                return best;
            }
            if a.slope * b.slope < 0.0 {
                break b;
            }
            (a, t) = (b, end);
        };
        // The slope changes sign between: false position, halving the weight of an end that stays (Illinois).
        for _ in 0..40 {
            let next = self.far_at(p, (a.t * b.slope - b.t * a.slope) / (b.slope - a.slope));
            if next.length < best.length {
                best = next;
            }
            if next.is_settled(&b) {
                break;
            }
            if next.slope * b.slope < 0.0 {
                a = b;
            } else {
                a.slope /= 2.0;
            }
            b = next;
        }
        best
    }

    /// Where Newton's method looks next, between the foot and the end towards which the distance falls. The distance bends
    /// as on a sphere, and with the edge's own bend; that is near enough, as what comes of it is measured.
    fn newton_far(&self, foot: &FarFoot, end: f64) -> f64 {
        let (_, x1, x2) = self.derivatives(foot.t);
        let across2 = (dot(x1, x1) - foot.slope * foot.slope).max(0.0);
        let bend = dot(x2, self.arrival(foot)) + across2 / (A * (foot.length / A).tan());
        let next = foot.t - foot.slope / bend;
        // Not a number or beyond the end: the end.
        if bend > 0.0 && (next - foot.t).abs() < (end - foot.t).abs() { next } else { end }
    }
}

impl FarFoot {
    /// Whether less than 10 µm are left to gain, about slope times way, coming from another foot.
    fn is_settled(&self, before: &Self) -> bool {
        (self.slope * (self.t - before.t)).abs() < 1e-5
    }
}

pub(crate) fn distance2(a: Vec3, b: Vec3) -> f64 {
    let d = sub(a, b);
    dot(d, d)
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
            let (along, to) = (sub(b, a), sub(edge.at(t), a));
            let length2 = dot(along, along);
            let u = if length2 > 0.0 { (dot(along, to) / length2).clamp(0.0, 1.0) } else { 0.0 };
            let away2 = distance2(to, along.map(|v| u * v));
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
