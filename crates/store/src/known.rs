//! A map from names of 16 bytes, which every incident and every key of one has.
//!
//! Most of it is two lists sorted by name: half as large as a hash map, read from the disk as they lie there, and shared by whoever
//! wants to keep a moment of it. What came since is in a hash map, until it is worth being sorted in.
//!
//! Cost: names are random or hashes, so one is sought near where it would be if all were spread evenly: some 0.3 µs among a
//! million. Names that somebody has chosen are found by halving, never more slowly than in log₂(n) steps. Sorting in copies
//! everything, each time that a quarter has come.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

/// So many are not worth being sorted in.
const FEW: usize = 16_384;

#[derive(Clone)]
pub(crate) struct Known<V> {
    sorted: Arc<Sorted<V>>,
    /// What came since; goes before what is sorted.
    since: HashMap<u128, V>,
}

struct Sorted<V> {
    names: Vec<u128>,
    values: Vec<V>,
}

impl<V> Default for Known<V> {
    fn default() -> Self {
        let sorted = Sorted { names: Vec::new(), values: Vec::new() };
        Self { sorted: Arc::new(sorted), since: HashMap::new() }
    }
}

impl<V: Copy + Send + Sync> Known<V> {
    /// Of names that ascend, each once; `None` when they do not.
    pub fn of(names: Vec<u128>, values: Vec<V>) -> Option<Self> {
        let ascend = names.par_windows(2).all(|pair| pair[0] < pair[1]);
        (ascend && names.len() == values.len())
            .then(|| Self { sorted: Arc::new(Sorted { names, values }), since: HashMap::new() })
    }

    pub fn get(&self, name: u128) -> Option<&V> {
        self.since.get(&name).or_else(|| {
            let Sorted { names, values } = &*self.sorted;
            seek(names, name).ok().map(|at| &values[at])
        })
    }

    /// Gives the value that was there.
    pub fn insert(&mut self, name: u128, value: V) -> Option<V> {
        let before = self.get(name).copied();
        self.since.insert(name, value);
        if self.since.len() > FEW.max(self.sorted.names.len() / 4) {
            let mut since: Vec<(u128, V)> = self.since.drain().collect();
            since.par_sort_unstable_by_key(|(name, _)| *name);
            self.sort_in(&since);
        }
        before
    }

    /// Takes in many of which none is known. Of several of one name the first counts.
    pub fn extend(&mut self, mut many: Vec<(u128, V)>) {
        many.par_sort_by_key(|(name, _)| *name);
        many.dedup_by_key(|(name, _)| *name);
        self.sort_in(&many);
    }

    /// All, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (u128, &V)> {
        let Sorted { names, values } = &*self.sorted;
        let sorted = names.iter().copied().zip(values).filter(|(name, _)| !self.since.contains_key(name));
        sorted.chain(self.since.iter().map(|(name, value)| (*name, value)))
    }

    /// All, ascending by name: the names and the values.
    pub fn ascending(&self) -> (Vec<u128>, Vec<V>) {
        let mut since: Vec<(u128, V)> = self.since.iter().map(|(name, value)| (*name, *value)).collect();
        since.par_sort_unstable_by_key(|(name, _)| *name);
        merged(&self.sorted, &since)
    }

    fn sort_in(&mut self, since: &[(u128, V)]) {
        let (names, values) = merged(&self.sorted, since);
        self.sorted = Arc::new(Sorted { names, values });
    }
}

/// Where a name stands among these, or would stand.
fn seek(names: &[u128], name: u128) -> Result<usize, usize> {
    // Below the length: the upper half of the name is below 2⁶⁴.
    let guess = usize::try_from(((name >> 64) * names.len() as u128) >> 64).unwrap_or_default();
    let (mut low, mut high, mut step) = (guess, guess, 32);
    while low > 0 && names[low] > name {
        high = low;
        low = low.saturating_sub(step);
        step *= 2;
    }
    while high < names.len() && names[high] < name {
        low = high;
        high = (high + step).min(names.len());
        step *= 2;
    }
    let end = (high + 1).min(names.len());
    names[low..end].binary_search(&name).map(|at| low + at).map_err(|at| low + at)
}

/// Both, ascending; of two of one name that of `since`.
fn merged<V: Copy>(sorted: &Sorted<V>, since: &[(u128, V)]) -> (Vec<u128>, Vec<V>) {
    let Sorted { names, values } = sorted;
    let room = names.len() + since.len();
    let (mut all_names, mut all_values) = (Vec::with_capacity(room), Vec::with_capacity(room));
    let mut from = 0;
    for (name, value) in since {
        let to = from + names[from..].partition_point(|before| before < name);
        all_names.extend_from_slice(&names[from..to]);
        all_values.extend_from_slice(&values[from..to]);
        all_names.push(*name);
        all_values.push(*value);
        from = to + usize::from(names.get(to) == Some(name));
    }
    all_names.extend_from_slice(&names[from..]);
    all_values.extend_from_slice(&values[from..]);
    (all_names, all_values)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names that are spread evenly, and names that somebody has chosen.
    fn names() -> Vec<u128> {
        let even = (0..20_000_u128).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        let chosen = (0..3_000_u128).flat_map(|n| [n, u128::MAX - n, (7 << 100) + n * n, n << 64]);
        even.chain(chosen).collect()
    }

    #[test]
    fn it_is_a_hash_map() {
        let (mut known, mut twin) = (Known::default(), HashMap::new());
        let mut many: Vec<(u128, usize)> = names().into_iter().step_by(2).zip(0..).collect();
        many.sort_by_key(|(name, _)| *name);
        many.dedup_by_key(|(name, _)| *name);
        twin.extend(many.iter().copied());
        known.extend(many);
        for (at, name) in names().into_iter().enumerate() {
            assert_eq!(known.get(name), twin.get(&name), "{name}");
            if at % 3 > 0 {
                assert_eq!(known.insert(name, at), twin.insert(name, at), "{name}");
            }
        }
        for name in names() {
            for near in [name, name.wrapping_add(1), name.wrapping_sub(1)] {
                assert_eq!(known.get(near), twin.get(&near), "{near}");
            }
        }
        let all: HashMap<u128, usize> = known.iter().map(|(name, value)| (name, *value)).collect();
        assert_eq!((all.len(), &all), (known.iter().count(), &twin));
        let (names, values) = known.ascending();
        let again = Known::of(names.clone(), values.clone()).unwrap();
        assert!(names.iter().zip(&values).all(|(name, value)| again.get(*name) == Some(value)));
        assert_eq!(names.len(), twin.len());
        assert!(Known::of(names.into_iter().rev().collect(), values).is_none());
    }
}
