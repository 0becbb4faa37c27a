//! What is worth sharing out among cores.

/// So few incidents are worked off sooner than another core wakes up.
pub(crate) const FEW: usize = 64;

/// Does both: at once if they are about more than a few incidents.
pub(crate) fn both<A: Send, B: Send>(
    count: usize,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    if count < FEW { (one(), other()) } else { rayon::join(one, other) }
}
