//! Proofs that an entry is in the log and that the log only grew (RFC 9162 section 2.1.3 and 2.1.4).
//!
//! Making a proof reads O(log n) tiles; checking one needs nothing but the proof and signed roots.
//! Must never accept a proof with a hash too many or too few.

use std::{cell::RefCell, convert::Infallible};

use super::{
    hash::{Hash, empty_root, node_hash},
    tile::{HashReader, Reading, Recorder, fold_complete, read_exactly},
};

/// Why a proof can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError<E> {
    /// The tree has no such leaf, or the older size is the greater one.
    #[error("`{index}` lies outside a log of `{size}` entries")]
    OutOfRange {
        /// The leaf, or the older size.
        index: u64,
        /// The size of the tree, in leaves.
        size: u64,
    },
    /// The reader gave another number of hashes than asked for.
    #[error("the store gave too few hashes at level `{}` from `{}`", .reading.level, .reading.start)]
    ShortRead {
        /// What was asked for.
        reading: Reading,
    },
    /// The reader failed.
    #[error("the stored hashes can't be read")]
    Read(E),
}

/// Why a proof is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Disproof {
    /// The tree has no such leaf, or the older size is the greater one.
    #[error("the proof speaks of an entry outside the log")]
    OutOfRange,
    /// The proof has too many or too few hashes.
    #[error("the proof has the wrong length")]
    Length,
    /// The proof leads to another root.
    #[error("the proof leads to another root than the signed one")]
    Root,
}

/// Proof that leaf `index` is in the tree of `size` leaves: the hashes beside its path, lowest first
/// (RFC 9162 section 2.1.3.1).
///
/// ```
/// use privacy::audit::{Frontier, Hash, inclusion_proof, leaf_hash, verify_inclusion};
/// let leaves: Vec<Hash> = [b"a", b"b", b"c"].iter().map(|data| leaf_hash(*data)).collect();
/// let mut tree = Frontier::new();
/// leaves.iter().for_each(|leaf| tree.push(*leaf));
/// let proof = inclusion_proof(2, 3, leaves.as_slice())?;
/// assert!(verify_inclusion(&leaves[2], 2, 3, &proof, &tree.root()).is_ok());
/// assert!(verify_inclusion(&leaves[1], 2, 3, &proof, &tree.root()).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ProofError::OutOfRange`] if there is no such leaf; otherwise what the reader reports.
pub fn inclusion_proof<R: HashReader + ?Sized>(
    index: u64,
    size: u64,
    reader: &R,
) -> Result<Vec<Hash>, ProofError<R::Error>> {
    if index >= size {
        return Err(ProofError::OutOfRange { index, size });
    }
    let mut path = Vec::new();
    let (mut from, mut to) = (0, size);
    while to - from > 1 {
        let middle = from + left_size(to - from);
        if index < middle {
            path.push(range_root(reader, middle, to)?);
            to = middle;
        } else {
            path.push(range_root(reader, from, middle)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Proof that the tree of `new` leaves begins with the `old` leaves of an earlier one (RFC 9162 section 2.1.4.1).
/// Empty if `old` is 0 or equals `new`.
///
/// ```
/// use privacy::audit::{Frontier, Hash, consistency_proof, leaf_hash, verify_consistency};
/// let leaves: Vec<Hash> = (0..9u8).map(|i| leaf_hash(&[i])).collect();
/// let mut tree = Frontier::new();
/// leaves[..4].iter().for_each(|leaf| tree.push(*leaf));
/// let before = tree.root();
/// leaves[4..].iter().for_each(|leaf| tree.push(*leaf));
/// let proof = consistency_proof(4, 9, leaves.as_slice())?;
/// assert!(verify_consistency(4, 9, &before, &tree.root(), &proof).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ProofError::OutOfRange`] if `old > new`; otherwise what the reader reports.
pub fn consistency_proof<R: HashReader + ?Sized>(
    old: u64,
    new: u64,
    reader: &R,
) -> Result<Vec<Hash>, ProofError<R::Error>> {
    if old > new {
        return Err(ProofError::OutOfRange { index: old, size: new });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let mut path = Vec::new();
    let (mut from, mut to) = (0, new);
    while old != to {
        let middle = from + left_size(to - from);
        if old <= middle {
            path.push(range_root(reader, middle, to)?);
            to = middle;
        } else {
            path.push(range_root(reader, from, middle)?);
            from = middle;
        }
    }
    if from > 0 {
        path.push(range_root(reader, from, to)?);
    }
    path.reverse();
    Ok(path)
}

/// What [`inclusion_proof`] will read, for stores that fetch beforehand (see [`Fetched`](super::Fetched)).
///
/// # Errors
/// [`ProofError::OutOfRange`] if there is no such leaf.
pub fn plan_inclusion(index: u64, size: u64) -> Result<Vec<Reading>, ProofError<Infallible>> {
    let recorder = Recorder(RefCell::new(Vec::new()));
    inclusion_proof(index, size, &recorder)?;
    Ok(recorder.0.into_inner())
}

/// What [`consistency_proof`] will read, for stores that fetch beforehand (see [`Fetched`](super::Fetched)).
///
/// # Errors
/// [`ProofError::OutOfRange`] if `old > new`.
pub fn plan_consistency(old: u64, new: u64) -> Result<Vec<Reading>, ProofError<Infallible>> {
    let recorder = Recorder(RefCell::new(Vec::new()));
    consistency_proof(old, new, &recorder)?;
    Ok(recorder.0.into_inner())
}

/// Checks that `leaf` is number `index` (from 0) of the `size` leaves under `root` (RFC 9162 section 2.1.3.2).
///
/// # Errors
/// [`Disproof`] says what doesn't fit.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), Disproof> {
    if index >= size {
        return Err(Disproof::OutOfRange);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for beside in proof {
        if last == 0 {
            return Err(Disproof::Length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(beside, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, beside);
        }
        node >>= 1;
        last >>= 1;
    }
    match (last, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(Disproof::Root),
        _ => Err(Disproof::Length),
    }
}

/// Checks that the log of `new` leaves under `new_root` begins with the `old` leaves under `old_root`
/// (RFC 9162 section 2.1.4.2). Every log is consistent with the empty one.
///
/// # Errors
/// [`Disproof`] says what doesn't fit.
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), Disproof> {
    if old > new {
        return Err(Disproof::OutOfRange);
    }
    if old == new || old == 0 {
        let same = if old == new { old_root == new_root } else { *old_root == empty_root() };
        return match (proof.is_empty(), same) {
            (true, true) => Ok(()),
            (true, false) => Err(Disproof::Root),
            (false, _) => Err(Disproof::Length),
        };
    }
    // A complete old tree is itself a node of the new one, and so isn't repeated in the proof.
    let own = old.is_power_of_two().then_some(*old_root);
    let mut path = own.iter().chain(proof);
    let Some(start) = path.next() else { return Err(Disproof::Length) };
    let (mut old_hash, mut new_hash) = (*start, *start);
    let skipped = (old - 1).trailing_ones();
    let (mut node, mut last) = ((old - 1) >> skipped, (new - 1) >> skipped);
    for beside in path {
        if last == 0 {
            return Err(Disproof::Length);
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(beside, &old_hash);
            new_hash = node_hash(beside, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, beside);
        }
        node >>= 1;
        last >>= 1;
    }
    match (last, old_hash == *old_root && new_hash == *new_root) {
        (0, true) => Ok(()),
        (0, false) => Err(Disproof::Root),
        _ => Err(Disproof::Length),
    }
}

/// Leaves in the left subtree of a tree with `size > 1` leaves: the largest power of two below `size`.
fn left_size(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// Root over the leaves from `from` to `to`, where `from` is a multiple of each complete subtree inside.
fn range_root<R: HashReader + ?Sized>(reader: &R, from: u64, to: u64) -> Result<Hash, ProofError<R::Error>> {
    let mut roots = Vec::new();
    let mut start = from;
    while start < to {
        let height = (to - start).ilog2();
        roots.push(subtree(reader, start, height)?);
        start += 1 << height;
    }
    let folded = roots.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
    Ok(folded.unwrap_or_else(empty_root))
}

/// Root of the complete subtree of 2^`height` leaves from `start` on, by one reading inside one tile.
pub(super) fn subtree<R: HashReader + ?Sized>(
    reader: &R,
    start: u64,
    height: u32,
) -> Result<Hash, ProofError<R::Error>> {
    let level = height / 8;
    let reading = Reading { level: level as u8, start: start >> (8 * level), count: 1 << (height % 8) };
    fold_complete(read_exactly(reader, reading)?).ok_or(ProofError::ShortRead { reading })
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
