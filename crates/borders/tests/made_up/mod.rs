//! A border set of a test's own: what it says of itself; and places to ask about.

#![allow(dead_code, reason = "no test binary needs everything")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop there")]

use kordon_borders::{LonLat, SetInfo};

pub fn info() -> SetInfo {
    SetInfo {
        name: "made-up".into(),
        version: "1".into(),
        title: "Made-up borders".into(),
        licence: "CC0-1.0".into(),
        attribution: String::new(),
        origin: "a test".into(),
        accuracy_m: 0.0,
        accuracy_method: "exact by definition".into(),
        valid_from: None,
        valid_to: None,
        world_view: "none".into(),
        edge_model: "rfc7946".into(),
    }
}

/// A small generator with a fixed seed: the same places every time.
#[derive(Clone)]
pub struct Places(pub u64);

impl Places {
    pub fn unit(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.unit() * end as f64) as usize
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub fn anywhere(&mut self) -> LonLat {
        let lat = (2.0 * self.unit() - 1.0).asin().to_degrees();
        LonLat::new(self.unit() * 360.0 - 180.0, lat).unwrap()
    }

    pub fn in_box(&mut self, [west, south, east, north]: [f64; 4]) -> LonLat {
        LonLat::new(west + (east - west) * self.unit(), south + (north - south) * self.unit()).unwrap()
    }
}
