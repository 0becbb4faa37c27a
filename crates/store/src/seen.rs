//! Distances from the rows of a part to one target, as far as they have been asked for.
//!
//! A question with a limit need not know how far the far rows are, only that they are farther; and what one
//! question has found out, the next one need not. Eight bytes per row; threads share it without locks, and
//! two that measure the same row at once write the same number.

use std::sync::atomic::{AtomicU64, Ordering};

/// What is known about one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reach {
    /// The signed distance: negative inside.
    At(f64),
    /// Farther than this.
    Beyond(f64),
}

/// Not asked yet: "farther than nothing".
const BEYOND: f64 = 1e9;

pub(crate) struct Seen(Vec<AtomicU64>);

impl Seen {
    pub fn new(rows: usize) -> Self {
        Self((0..rows).map(|_| AtomicU64::new(BEYOND.to_bits())).collect())
    }

    /// The distance of a row if it is at most `limit_m`. `measure` is asked only when it is not known: for the
    /// signed distance up to a limit.
    pub fn within(&self, row: usize, limit_m: f64, measure: impl FnOnce(f64) -> Option<f64>) -> Option<f64> {
        match self.known(row) {
            Reach::At(distance) => return Some(distance).filter(|distance| *distance <= limit_m),
            Reach::Beyond(least) if least >= limit_m && least > 0.0 => return None,
            Reach::Beyond(_) => {}
        }
        let found = measure(limit_m);
        self.0[row].store(encode(found, limit_m).to_bits(), Ordering::Relaxed);
        found.filter(|distance| *distance <= limit_m)
    }

    fn known(&self, row: usize) -> Reach {
        let bits = f64::from_bits(self.0[row].load(Ordering::Relaxed));
        if bits >= BEYOND { Reach::Beyond(bits - BEYOND) } else { Reach::At(bits) }
    }
}

/// No two places on Earth are 10^9 m apart, so larger numbers are free to mean "farther than".
fn encode(found: Option<f64>, limit_m: f64) -> f64 {
    found.unwrap_or(BEYOND + limit_m)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_measured_again_only_for_a_farther_question() {
        let seen = Seen::new(1);
        let far = |limit: f64| (limit >= 700.0).then_some(700.0);
        let never = |_| -> Option<f64> { panic!("known already") };
        assert_eq!(seen.within(0, 100.0, far), None);
        assert_eq!(seen.within(0, 50.0, never), None);
        assert_eq!(seen.within(0, f64::INFINITY, far), Some(700.0));
        assert_eq!(seen.within(0, 100.0, never), None);
        assert_eq!(seen.within(0, 700.0, never), Some(700.0));
    }
}
