//! The Merkle tree over the ledger: one root that vouches for every record (RFC 9162 §2.1).
//!
//! Leaf number *n* is the hash of record *n*+1. A leaf hashes to SHA-256(0x00 ‖ leaf), two subtrees to
//! SHA-256(0x01 ‖ left ‖ right). An inclusion proof shows that a record is under a root; a consistency proof, that
//! an older root is a beginning of a newer one.
//!
//! Kept in memory are the roots of whole blocks of 256 leaves and the leaves of the last, incomplete block: 32 bytes
//! for 256 records. A proof asks for the leaves of at most two blocks more, which the caller reads from the disk.
//!
//! Cost: about one SHA-256 of two blocks per record; a root or a proof, one per 256 records.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::record::Hash;

/// Leaves whose common root is kept instead of them.
pub(crate) const BLOCK: u64 = 256;

/// The tree of all records so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tree {
    blocks: Vec<Hash>,
    open: Vec<Hash>,
}

/// The hash of a leaf.
pub(crate) fn leaf(record: Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(record.0);
    Hash(hasher.finalize().into())
}

fn node(left: Hash, right: Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left.0);
    hasher.update(right.0);
    Hash(hasher.finalize().into())
}

/// Where a tree of `size` leaves, two or more, is split: at the largest power of two below its size.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// The root of some hashed leaves.
pub(crate) fn root_of(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(&[]),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node(root_of(left), root_of(right))
        }
    }
}

/// Hashed leaves of a block, from the disk: as many as the ledger has of it.
pub(crate) type Leaves<'a, E> = &'a mut dyn FnMut(u64) -> Result<Vec<Hash>, E>;

impl Tree {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        (self.blocks.len() + self.open.len()) as u64 + (BLOCK - 1) * self.blocks.len() as u64
    }

    /// The root of one block, or of what there is of it.
    pub fn block_root(&self, number: usize) -> Hash {
        self.blocks.get(number).copied().unwrap_or_else(|| root_of(&self.open))
    }

    /// Adds a hashed leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.open.push(leaf);
        if self.open.len() as u64 == BLOCK {
            self.blocks.push(root_of(&self.open));
            self.open.clear();
        }
    }

    /// The root.
    pub fn root(&self) -> Hash {
        let open = |_| Ok::<_, std::convert::Infallible>(self.open.clone());
        match self.root_at(self.size(), &mut { open }) {
            Ok(root) => root,
            Err(never) => match never {},
        }
    }

    /// The root that the tree had when it had `size` leaves, which is at most its size now.
    pub fn root_at<E>(&self, size: u64, leaves: Leaves<'_, E>) -> Result<Hash, E> {
        self.range(0, size, leaves)
    }

    /// The root of the leaves from `low` to before `high`; `low` is a multiple of the power of two that holds them.
    fn range<E>(&self, low: u64, high: u64, leaves: Leaves<'_, E>) -> Result<Hash, E> {
        let size = high - low;
        if size == BLOCK {
            return Ok(self.blocks[index(low / BLOCK)]);
        }
        if size < BLOCK {
            let within = index(low % BLOCK);
            return Ok(root_of(&leaves(low / BLOCK)?[within..within + index(size)]));
        }
        let middle = low + split(size);
        Ok(node(self.range(low, middle, leaves)?, self.range(middle, high, leaves)?))
    }

    /// The inclusion proof of leaf `leaf` in the tree of `size` leaves: the siblings, lowest first.
    pub fn inclusion<E>(&self, leaf: u64, size: u64, leaves: Leaves<'_, E>) -> Result<Vec<Hash>, E> {
        let mut path = Vec::new();
        let (mut low, mut high) = (0, size);
        while high - low > 1 {
            let middle = low + split(high - low);
            if leaf < middle {
                path.push(self.range(middle, high, leaves)?);
                high = middle;
            } else {
                path.push(self.range(low, middle, leaves)?);
                low = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The proof that the tree of `old` leaves is the beginning of that of `new` leaves (RFC 9162 §2.1.4).
    pub fn consistency<E>(&self, old: u64, new: u64, leaves: Leaves<'_, E>) -> Result<Vec<Hash>, E> {
        let mut path = Vec::new();
        if old == 0 || old == new {
            return Ok(path);
        }
        let (mut low, mut high) = (0, new);
        // Until what is left is just what the old tree ends with.
        while old != high {
            let middle = low + split(high - low);
            if old <= middle {
                path.push(self.range(middle, high, leaves)?);
                high = middle;
            } else {
                path.push(self.range(low, middle, leaves)?);
                low = middle;
            }
        }
        if low > 0 {
            path.push(self.range(low, high, leaves)?);
        }
        path.reverse();
        Ok(path)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "numbers of things that are in memory")]
fn index(number: u64) -> usize {
    number as usize
}

/// Whether `path` shows that `record` is record `seq` of the ledger of `size` records with this root
/// (RFC 9162 §2.1.3.2).
pub fn is_included(record: Hash, seq: u64, size: u64, path: &[Hash], root: Hash) -> bool {
    if seq == 0 || seq > size {
        return false;
    }
    let (mut at, mut last, mut hash) = (seq - 1, size - 1, leaf(record));
    for &sibling in path {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            hash = node(sibling, hash);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            hash = node(hash, sibling);
        }
        (at, last) = (at / 2, last / 2);
    }
    last == 0 && hash == root
}

/// Whether `path` shows that the ledger of `old` records with root `old_root` is the beginning of that of `new`
/// records with root `new_root` (RFC 9162 §2.1.4.2).
pub fn is_extended((old, old_root): (u64, Hash), (new, new_root): (u64, Hash), path: &[Hash]) -> bool {
    if old > new {
        return false;
    }
    if old == new || old == 0 {
        return path.is_empty() && (old == 0 || old_root == new_root);
    }
    let mut path = path.iter().copied();
    let first = if old.is_power_of_two() { Some(old_root) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut at, mut last) = (old - 1, new - 1);
    while at % 2 == 1 {
        (at, last) = (at / 2, last / 2);
    }
    let (mut older, mut newer) = (first, first);
    for hash in path {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            (older, newer) = (node(hash, older), node(hash, newer));
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            newer = node(newer, hash);
        }
        (at, last) = (at / 2, last / 2);
    }
    last == 0 && older == old_root && newer == new_root
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(count: u64) -> Vec<Hash> {
        (0..count).map(|n| Hash::of(&n.to_be_bytes())).collect()
    }

    /// The definition of RFC 9162 §2.1.1, word for word.
    fn slow_root(records: &[Hash]) -> Hash {
        match records {
            [] => Hash::of(&[]),
            [one] => leaf(*one),
            _ => {
                let mut k = 1;
                while k * 2 < records.len() {
                    k *= 2;
                }
                node(slow_root(&records[..k]), slow_root(&records[k..]))
            }
        }
    }

    fn tree(records: &[Hash]) -> Tree {
        let mut tree = Tree::default();
        records.iter().for_each(|record| tree.push(leaf(*record)));
        tree
    }

    /// Sizes around whole blocks and powers of two.
    const SIZES: [u64; 14] = [1, 2, 3, 7, 8, 255, 256, 257, 300, 511, 512, 513, 800, 1025];

    fn on_disk(records: &[Hash]) -> impl FnMut(u64) -> Result<Vec<Hash>, ()> + '_ {
        |block| Ok(records.iter().skip(index(block * BLOCK)).take(index(BLOCK)).map(|r| leaf(*r)).collect())
    }

    #[test]
    fn the_root_is_that_of_the_definition_now_and_at_every_size_before() {
        let records = records(1025);
        for size in SIZES {
            let slow = slow_root(&records[..index(size)]);
            assert_eq!(tree(&records[..index(size)]).root(), slow, "{size}");
            assert_eq!(tree(&records).root_at(size, &mut on_disk(&records)), Ok(slow), "{size}");
        }
        // The known answer of an empty tree, and of one empty leaf's neighbor in RFC 6962's test vectors.
        assert_eq!(
            Tree::default().root().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn every_record_is_proved_and_no_other_passes_for_it() {
        let records = records(1025);
        let tree = tree(&records);
        for size in SIZES {
            let root = slow_root(&records[..index(size)]);
            for at in (0..size).step_by(97).chain([size - 1]) {
                let path = tree.inclusion(at, size, &mut on_disk(&records)).unwrap();
                let record = records[index(at)];
                assert!(is_included(record, at + 1, size, &path, root), "{at} of {size}");
                assert!(!is_included(Hash::of(b"other"), at + 1, size, &path, root));
                assert!(!is_included(record, at + 2, size, &path, root));
                assert!(!is_included(record, at + 1, size, &path, Hash::of(b"other")));
            }
        }
    }

    #[test]
    fn an_older_root_is_proved_to_be_the_beginning_of_a_newer_one_and_no_other_is() {
        let records = records(1025);
        let tree = tree(&records);
        let at = |size: u64| (size, slow_root(&records[..index(size)]));
        for old in SIZES {
            for new in SIZES.into_iter().filter(|new| *new >= old) {
                let path = tree.consistency(old, new, &mut on_disk(&records)).unwrap();
                assert!(is_extended(at(old), at(new), &path), "{old} of {new}");
                assert!(!is_extended((old, Hash::of(b"other")), at(new), &path), "{old} of {new}");
                assert!(!is_extended(at(old), (new, Hash::of(b"other")), &path), "{old} of {new}");
            }
        }
    }
}
