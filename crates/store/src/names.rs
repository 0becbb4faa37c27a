//! Words and sets that many rows share, each kept once and called by a number.
//!
//! Grows with the number of different words ever put, and never shrinks. Names say nothing about rows: a
//! number is only looked up, so a word known from a withheld record changes no public answer.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

/// A number for a name.
pub(crate) type Symbol = u32;
/// No name.
pub(crate) const NONE: Symbol = Symbol::MAX;

#[derive(Debug)]
struct Tables<K: ?Sized> {
    numbers: HashMap<Arc<K>, Symbol>,
    names: Vec<Arc<K>>,
}

/// Names of one kind.
#[derive(Debug)]
pub(crate) struct Names<K: ?Sized>(RwLock<Tables<K>>);

impl<K: ?Sized> Default for Names<K> {
    fn default() -> Self {
        Self(RwLock::new(Tables { numbers: HashMap::new(), names: Vec::new() }))
    }
}

impl<K: ?Sized + Hash + Eq> Names<K>
where
    for<'a> Arc<K>: From<&'a K>,
    Arc<K>: Borrow<K>,
{
    /// The number of this name, given to it now if it is new.
    pub fn number(&self, name: &K) -> Symbol {
        if let Some(number) = self.find(name) {
            return number;
        }
        let mut tables = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(&number) = tables.numbers.get(name) {
            return number;
        }
        // The number NONE would need 2^32 different names, more than a store has rows.
        let number = Symbol::try_from(tables.names.len()).unwrap_or(NONE);
        let name: Arc<K> = name.into();
        tables.names.push(Arc::clone(&name));
        tables.numbers.insert(name, number);
        number
    }

    /// The number of this name, if it has one.
    pub fn find(&self, name: &K) -> Option<Symbol> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).numbers.get(name).copied()
    }

    /// The name of this number.
    pub fn name(&self, number: Symbol) -> Option<Arc<K>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).names.get(number as usize).cloned()
    }

    /// All names, in the order of their numbers.
    pub fn all(&self) -> Vec<Arc<K>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).names.clone()
    }
}
