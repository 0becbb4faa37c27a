//! Lengths along the WGS84 ellipsoid, and the two chord bounds on which every certificate rests.
//!
//! Exact lengths come from Karney's algorithm (geographiclib-rs), good to 15 nm everywhere. The search
//! works with straight chords through the ellipsoid instead, which cost a few nanoseconds and have
//! neither poles nor an antimeridian.
//!
//! # Why a chord bounds a geodesic
//!
//! Let `X(s)` be a geodesic of unit speed that starts at `P`, `n` the outward normal at `X`, and
//! `g(s) = |X - P|²`. A geodesic curves only along the normal: `X'' = -k n`, with the normal curvature
//! `1/R₂ ≤ k ≤ 1/R₁`, where `R₁ = b²/a` and `R₂ = a²/b` are the least and greatest radii of curvature of
//! the ellipsoid. Hence `g'' = 2 - 2 k (X - P)·n`.
//!
//! By Blaschke's rolling theorem the ellipsoid lies inside the ball of radius `R₂` that touches it at `X`
//! from within, so `|P - X + R₂ n| ≤ R₂`, that is `(X - P)·n ≥ g / (2 R₂)`, and therefore
//! `g'' ≤ 2 - g / R₂²`. The sphere of radius `R₂` has equality, `G = 4 R₂² sin²(s / 2R₂)`, with the same
//! start `g(0) = g'(0) = 0`. So `h = g - G` has `h'' + h / R₂² ≤ 0`, and by variation of constants
//! `h(s) = ∫₀ˢ R₂ sin((s-u)/R₂) (h'' + h/R₂²)(u) du ≤ 0` as long as `s ≤ π R₂`. No geodesic distance is
//! longer than half a meridian, 20 004 km < π R₂ = 20 105 km, so for *every* distance
//!
//! > `chord ≤ 2 R₂ sin(s / 2R₂)`: who is farther than that in a straight line is farther than `s` on the ground.
//!
//! (The same argument with the ball of radius `R₁` inside the ellipsoid gives `chord ≥ 2 R₁ sin(s / 2R₁)`.)
//!
//! Source: C. F. F. Karney, Algorithms for geodesics (2013), doi:10.1007/s00190-012-0578-z.

use std::fmt;
use std::sync::OnceLock;

use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
use serde::Serialize;

use crate::LonLat;

/// Equatorial radius of WGS84, in meters.
pub(crate) const A: f64 = 6_378_137.0;
/// Flattening of WGS84.
pub(crate) const F: f64 = 1.0 / 298.257_223_563;
/// First eccentricity squared.
pub(crate) const E2: f64 = F * (2.0 - F);
/// The greatest radius of curvature, `a²/b`, at the poles: an upper bound of every radius.
pub(crate) const R_MAX: f64 = A / (1.0 - F);
/// The least radius of curvature, `b²/a`, along the meridian at the equator: a lower bound of every radius.
pub(crate) const R_MIN: f64 = A * (1.0 - F) * (1.0 - F);
/// Up to this many meters a chord tells length and azimuth: [`Observer::line_to`].
pub(crate) const NEAR: f64 = 700_000.0;

/// A length along the WGS84 ellipsoid, in meters; never negative, never NaN.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Meters(f64);

impl Meters {
    /// A length; `None` when the number is negative or not finite.
    pub fn new(meters: f64) -> Option<Self> {
        (meters.is_finite() && meters >= 0.0).then_some(Self(meters))
    }

    /// The bare number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} m", self.0)
    }
}

/// The length of the shortest way between two places.
///
/// # Accuracy
///
/// Better than 15 nanometers on WGS84 (Karney 2013), also at poles, antimeridian and antipodes.
///
/// ```
/// # use kordon_borders::{distance, LonLat};
/// let kyiv = LonLat::new(30.5234, 50.4501)?;
/// let lviv = LonLat::new(24.0297, 49.8397)?;
/// assert_eq!(distance(kyiv, lviv).to_string(), "468952.9 m");
/// # Ok::<(), kordon_borders::NotAPlace>(())
/// ```
pub fn distance(from: LonLat, to: LonLat) -> Meters {
    // The library speaks latitude first: its order, not ours.
    Meters(wgs84().inverse(from.lat(), from.lon(), to.lat(), to.lon()))
}

/// The shortest way between two places: its length, and its azimuth where it leaves `from`.
///
/// # Units
///
/// The azimuth is in degrees clockwise from north, 0 to 360. It is `None` where it means nothing: when both
/// places are one, and at a pole, where every direction is south or north.
pub fn inverse(from: LonLat, to: LonLat) -> (Meters, Option<f64>) {
    let (length, azimuth, _) = inverse_azimuths(from, to);
    if length == 0.0 || from.lat().abs() == 90.0 {
        return (Meters(length), None);
    }
    let turned = if azimuth < 0.0 { azimuth + 360.0 } else { azimuth };
    (Meters(length), Some(if turned >= 360.0 { 0.0 } else { turned }))
}

/// The place reached by going straight on from `from` for `length`, starting at `azimuth_deg`.
pub fn destination(from: LonLat, azimuth_deg: f64, length: Meters) -> LonLat {
    let (lat, lon): (f64, f64) = wgs84().direct(from.lat(), from.lon(), azimuth_deg, length.0);
    LonLat::wrapped(lon, lat)
}

/// Length in meters and the forward azimuths at both ends in degrees, as Karney gives them.
pub(crate) fn inverse_azimuths(from: LonLat, to: LonLat) -> (f64, f64, f64) {
    let (length, start, end, _arc): (f64, f64, f64, f64) =
        wgs84().inverse(from.lat(), from.lon(), to.lat(), to.lon());
    (length, start, end)
}

fn wgs84() -> &'static Geodesic {
    static WGS84: OnceLock<Geodesic> = OnceLock::new();
    WGS84.get_or_init(Geodesic::wgs84)
}

/// A point or vector in the Earth-centered frame, in meters.
pub(crate) type Vec3 = [f64; 3];

pub(crate) fn sub(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub(crate) fn dot(a: Vec3, b: Vec3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The Earth-centered point of a place on the ellipsoid; angles in radians.
pub(crate) fn ecef(lon: f64, lat: f64) -> Vec3 {
    let (sin_lon, cos_lon) = lon.sin_cos();
    let (sin_lat, cos_lat) = lat.sin_cos();
    let n = A / (1.0 - E2 * sin_lat * sin_lat).sqrt();
    [n * cos_lat * cos_lon, n * cos_lat * sin_lon, n * (1.0 - E2) * sin_lat]
}

/// The Earth-centered point of a place.
pub(crate) fn ecef_of(place: LonLat) -> Vec3 {
    ecef(place.lon().to_radians(), place.lat().to_radians())
}

/// The radius of curvature along the meridian, in meters: a degree of latitude is so long times π/180. Least at the equator.
pub(crate) fn meridian_radius(lat_deg: f64) -> f64 {
    let sin = lat_deg.to_radians().sin();
    A * (1.0 - E2) / (1.0 - E2 * sin * sin).powf(1.5)
}

/// The radius of a parallel, in meters. Greatest at the equator.
pub(crate) fn parallel_radius(lat_deg: f64) -> f64 {
    let (sin, cos) = lat_deg.to_radians().sin_cos();
    A * cos / (1.0 - E2 * sin * sin).sqrt()
}

/// The greatest chord that a geodesic of length `s` can span: the module's first bound.
/// Infinite when nothing can be farther than `s`.
pub(crate) fn chord_limit(s: f64) -> f64 {
    let half = s / (2.0 * R_MAX);
    if half >= std::f64::consts::FRAC_PI_2 {
        return f64::INFINITY;
    }
    2.0 * R_MAX * half.sin()
}

/// No way between two places with this chord is shorter: the inverse of [`chord_limit`].
pub(crate) fn shortest_way(chord: f64) -> f64 {
    2.0 * R_MAX * (chord.max(0.0) / (2.0 * R_MAX)).min(1.0).asin()
}

/// A place that asks: where it is in space, and which way up, east and north are there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observer {
    pub place: LonLat,
    pub at: Vec3,
    up: Vec3,
    east: Vec3,
    north: Vec3,
}

impl Observer {
    pub(crate) fn new(place: LonLat) -> Self {
        // The antimeridian has two names and one place, to the last digit.
        let lon = if place.lon() == -180.0 { 180.0 } else { place.lon() };
        let (sin_lon, cos_lon) = lon.to_radians().sin_cos();
        let (sin_lat, cos_lat) = place.lat().to_radians().sin_cos();
        let n = A / (1.0 - E2 * sin_lat * sin_lat).sqrt();
        Self {
            place,
            at: [n * cos_lat * cos_lon, n * cos_lat * sin_lon, n * (1.0 - E2) * sin_lat],
            up: [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
            east: [-sin_lon, cos_lon, 0.0],
            north: [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
        }
    }

    /// The length of the way to another point of the ellipsoid, at most [`NEAR`] away.
    pub(crate) fn length_to(&self, q: Vec3) -> f64 {
        self.way_to(q).0
    }

    /// The length of the way to another point of the ellipsoid, at most [`NEAR`] away, and its azimuth here in degrees,
    /// 0 to 360. It is as good as Karney's beyond a meter; nearer than that the coordinates' last digits turn it.
    ///
    /// The azimuth is that of the chord, turned by what takes the geodesic out of the plane of chord and normal. Be `w`
    /// its distance to the right of that plane: `w'' = -k n·b` with the normal curvature `k` and the plane's normal
    /// `b`, and `w` is 0 at both ends, so it begins with `w' = 1/s ∫ (s - σ) k n·b dσ`. Of Simpson's rule only the
    /// middle term is left: at this end `n·b` is 0, at the other `s - σ`. Measured against Karney: within 6e-10
    /// degrees to 200 km, 3e-8 to 500 km, 1e-7 to 700 km.
    pub(crate) fn line_to(&self, q: Vec3) -> (f64, f64) {
        let (s, k, up) = self.way_to(q);
        let d = sub(q, self.at);
        let right = cross(d, self.up);
        let turn = s * k * dot(up, right) / (3.0 * dot(right, right).sqrt());
        let azimuth = (dot(d, self.east).atan2(dot(d, self.north)) + turn).to_degrees();
        (s, if azimuth < 0.0 { (azimuth + 360.0) % 360.0 } else { azimuth })
    }

    /// Length, the normal curvature halfway along the way, and the normal there.
    ///
    /// An arc of curvature `k` over a chord `c` has the length `2/k asin(k c / 2)`. Two curvatures stand for the whole
    /// way: that by which the normals at its ends open along the chord, and the one halfway. The errors they leave are
    /// as 2 to -3, so three parts of the first and two of the second leave next to nothing. Measured against Karney:
    /// within 4 nm to 100 km, 20 nm to 200 km, 1.4 µm to 500 km, 8 µm to 700 km.
    fn way_to(&self, q: Vec3) -> (f64, f64, Vec3) {
        let d = sub(q, self.at);
        let c2 = dot(d, d);
        if c2 == 0.0 {
            return (0.0, 1.0 / A, self.up);
        }
        let opening = dot(d, sub(normal(q), self.up)) / c2;
        let (up, gradient) = above([0, 1, 2].map(|i| 0.5 * (self.at[i] + q[i])));
        // The chord laid flat halfway; its curvature is that of the ellipsoid's equation along it.
        let rise = dot(d, up);
        let flat_z = d[2] - rise * up[2];
        let halfway = (1.0 + STRETCH * flat_z * flat_z / (c2 - rise * rise)) / gradient;
        let h = 0.3 * opening + 0.2 * halfway;
        let h2 = h * h * c2;
        let series = h2 * (105.0 / 3_456.0 + h2 * (945.0 / 42_240.0));
        let series = h2 * (1.0 / 6.0 + h2 * (3.0 / 40.0 + h2 * (15.0 / 336.0 + series)));
        (c2.sqrt() * (1.0 + series), halfway, up)
    }
}

/// What `z²` counts for more than `x²` in the ellipsoid's equation `x² + y² + z² (1 + STRETCH) = A²`.
const STRETCH: f64 = E2 / (1.0 - E2);

/// The unit normal at a point of the ellipsoid.
fn normal(p: Vec3) -> Vec3 {
    let v = [p[0], p[1], p[2] / (1.0 - E2)];
    let n = dot(v, v).sqrt();
    v.map(|v| v / n)
}

/// The unit normal at the point of the ellipsoid straight above a point within, and the length there of half the
/// gradient of its equation.
fn above(m: Vec3) -> (Vec3, f64) {
    let up = normal(m);
    // (m + h up) on the ellipsoid: a quadratic equation for h, of which the root near 0 is wanted.
    let below = A * A - dot(m, m) - STRETCH * m[2] * m[2];
    let slope = dot(m, up) + STRETCH * m[2] * up[2];
    let bend = 1.0 + STRETCH * up[2] * up[2];
    let h = below / (slope + (slope * slope + bend * below).sqrt());
    let x = [m[0] + h * up[0], m[1] + h * up[1], (m[2] + h * up[2]) / (1.0 - E2)];
    let gradient = dot(x, x).sqrt();
    (x.map(|x| x / gradient), gradient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(lon: f64, lat: f64) -> LonLat {
        LonLat::new(lon, lat).unwrap()
    }

    #[test]
    fn an_azimuth_is_absent_where_it_means_nothing() {
        let pole = at(0.0, 90.0);
        assert_eq!(inverse(pole, at(10.0, 80.0)).1, None);
        assert_eq!(inverse(at(5.0, 5.0), at(5.0, 5.0)), (Meters(0.0), None));
        assert_eq!(inverse(at(0.0, 0.0), at(-1.0, 0.0)).1, Some(270.0));
        assert_eq!(inverse(at(0.0, 0.0), at(0.0, 1.0)).1, Some(0.0));
    }

    #[test]
    fn both_names_of_the_antimeridian_are_one_place() {
        assert!(distance(at(180.0, -16.8), at(-180.0, -16.8)).get() < 1e-9);
    }

    #[test]
    fn the_length_of_half_a_meridian_is_the_known_one() {
        // 20 003 931.4586 m is the published half meridian of WGS84.
        assert!((distance(at(0.0, 90.0), at(0.0, -90.0)).get() - 20_003_931.458_6).abs() < 1e-3);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_chord_is_longer_than_its_limit(
            lon in -180.0..180.0, lat in -90.0..90.0, lon2 in -180.0..180.0, lat2 in -90.0..90.0,
        ) {
            let (p, q) = (at(lon, lat), at(lon2, lat2));
            let chord = dot(sub(ecef_of(p), ecef_of(q)), sub(ecef_of(p), ecef_of(q))).sqrt();
            prop_assert!(chord <= chord_limit(distance(p, q).get()) + 1e-6);
        }

        #[test]
        fn a_near_line_is_karneys(
            lon in -180.0..180.0, lat in -90.0..90.0, azimuth in 0.0..360.0, log in 1.0..5.845,
        ) {
            let p = at(lon, lat);
            let q = destination(p, azimuth, Meters(10f64.powf(log)));
            let (length, azimuth, _) = inverse_azimuths(p, q);
            let (found, found_azimuth) = Observer::new(p).line_to(ecef_of(q));
            prop_assert!((found - length).abs() < 1e-5, "{found} for {length}");
            let turned = (found_azimuth - azimuth + 540.0).rem_euclid(360.0) - 180.0;
            // Coordinates of 6.4e6 m have a last digit of 1 nm.
            prop_assert!(turned.abs() < 1e-7 + (1e-8 / length).to_degrees(), "{found_azimuth} for {azimuth}");
        }
    }
}
