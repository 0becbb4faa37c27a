//! Values that are kept once and known by a number.

use std::collections::HashMap;
use std::hash::Hash;

/// Values in the order in which they were first met. One that comes several times in a row is looked up once.
pub(crate) struct Interned<T> {
    pub list: Vec<T>,
    known: HashMap<T, u32>,
    last: u32,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { list: Vec::new(), known: HashMap::new(), last: 0 }
    }
}

impl<T: Copy + Eq + Hash> Interned<T> {
    /// The place of a value in the list; one that is new is put at its end.
    pub(crate) fn put(&mut self, value: T) -> u32 {
        if self.list.get(self.last as usize) != Some(&value) {
            self.last = *self.known.entry(value).or_insert_with(|| {
                self.list.push(value);
                self.list.len() as u32 - 1
            });
        }
        self.last
    }
}
