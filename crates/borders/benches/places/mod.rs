//! Places that the benchmarks ask about: the same ones in every run.
//!
//! Each kind is in random order; [`sorted`] puts places along a Hilbert curve, as a batch does.

#![allow(dead_code, reason = "no benchmark needs everything")]

use std::error::Error;
use std::time::Instant;

use kordon_borders::{BorderSet, LonLat, Meters, NotAPlace, destination, hilbert_order};

/// West, south, east, north: Ukraine and its neighbors.
const UKRAINE: [f64; 4] = [22.0, 44.0, 40.5, 52.5];
const SEED: u64 = 0x6b6f_7264_6f6e;
const EARTH_RADIUS_M: f64 = 6_371_000.0;

/// Spread evenly in degrees over Ukraine and its neighbors.
pub fn in_ukraine_box(count: usize) -> Result<Vec<LonLat>, NotAPlace> {
    let [west, south, east, north] = UKRAINE;
    let mut random = Random(SEED);
    (0..count)
        .map(|_| LonLat::new(west + (east - west) * random.unit(), south + (north - south) * random.unit()))
        .collect()
}

/// Spread evenly over the globe.
pub fn on_globe(count: usize) -> Result<Vec<LonLat>, NotAPlace> {
    let mut random = Random(SEED);
    (0..count).map(|_| random.on_globe()).collect()
}

/// Spread evenly over the world's land, as Natural Earth draws it.
pub fn on_land(count: usize) -> Result<Vec<LonLat>, Box<dyn Error>> {
    let land = BorderSet::natural_earth()?;
    let mut random = Random(SEED);
    let mut places = Vec::with_capacity(count);
    while places.len() < count {
        let place = random.on_globe()?;
        if !land.containing(place).is_empty() {
            places.push(place);
        }
    }
    Ok(places)
}

/// At most 50 km from some border of the set: borders are hit in proportion to their lengths, the discs around them evenly.
pub fn near_borders(set: &BorderSet, count: usize) -> Result<Vec<LonLat>, Box<dyn Error>> {
    let mut ends = Vec::new();
    let mut length_m = 0.0;
    for arc in set.arcs() {
        for pair in arc.points.windows(2) {
            length_m += about_m(pair[0], pair[1]);
            ends.push((length_m, pair[0], pair[1]));
        }
    }
    let mut random = Random(SEED);
    let mut places = Vec::with_capacity(count);
    while places.len() < count {
        let along = random.unit() * length_m;
        let (_, a, b) = ends[ends.partition_point(|(reached, ..)| *reached < along)];
        let t = random.unit();
        let turned = (b[0] - a[0] + 540.0).rem_euclid(360.0) - 180.0;
        let lon = (a[0] + t * turned + 540.0).rem_euclid(360.0) - 180.0;
        let on_border = LonLat::new(lon, a[1] + t * (b[1] - a[1]))?;
        let away = Meters::new(50_000.0 * random.unit().sqrt()).ok_or("a root of a positive number")?;
        places.push(destination(on_border, 360.0 * random.unit(), away));
    }
    Ok(places)
}

/// The places along a Hilbert curve.
pub fn sorted(places: &[LonLat]) -> Vec<LonLat> {
    hilbert_order(places).into_iter().map(|i| places[i as usize]).collect()
}

/// Processor time is what a benchmark on a busy machine should quote; this is the wall's, so take the best of some rounds.
pub fn seconds(rounds: usize, mut work: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..rounds {
        let begin = Instant::now();
        work();
        best = best.min(begin.elapsed().as_secs_f64());
    }
    best
}

/// The length of a short edge, to about a percent.
fn about_m(a: [f64; 2], b: [f64; 2]) -> f64 {
    let turned = (b[0] - a[0] + 540.0).rem_euclid(360.0) - 180.0;
    let east = turned.to_radians() * ((a[1] + b[1]) / 2.0).to_radians().cos();
    east.hypot((b[1] - a[1]).to_radians()) * EARTH_RADIUS_M
}

/// A small generator: the same numbers every time.
pub struct Random(pub u64);

impl Random {
    /// From 0 to 1.
    pub fn unit(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn on_globe(&mut self) -> Result<LonLat, NotAPlace> {
        let lat = (2.0 * self.unit() - 1.0).asin().to_degrees();
        LonLat::new(360.0 * self.unit() - 180.0, lat)
    }
}
