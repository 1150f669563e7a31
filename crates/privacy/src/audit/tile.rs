//! The stored form of the tree: tiles of height 8 as in C2SP tlog-tiles, and the reading of their hashes.
//!
//! A hash at tile level `l` with index `i` covers the leaves from `i × 256^l` up to (not including) `(i + 1) × 256^l`.
//! A store needs the leaf hashes (level 0) and, for each completed tile at level `l` with index `i`, its root,
//! which is the hash at level `l + 1` with index `i`. Must never store or serve a hash that isn't final.

use std::{cell::RefCell, collections::BTreeMap, convert::Infallible};

use super::{
    frontier::Frontier,
    hash::{Hash, node_hash},
    proof::{ProofError, subtree},
};

/// Hashes in a full tile (2⁸).
pub const TILE_WIDTH: usize = 256;

/// A completed tile, ready to be stored; it never changes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Tile level: 0 holds leaf hashes.
    pub level: u8,
    /// Place among the tiles of its level, from 0.
    pub index: u64,
    /// The [`TILE_WIDTH`] hashes, from left to right.
    pub hashes: Vec<Hash>,
}

impl Tile {
    /// Root over the tile's hashes: the hash at `(level + 1, index)`.
    #[must_use]
    pub fn root(&self) -> Option<Hash> {
        fold_complete(self.hashes.clone())
    }
}

/// Path of a tile below the log's address, as C2SP tlog-tiles writes it; `width` is the number of hashes in it.
///
/// ```
/// use privacy::audit::tile_path;
/// assert_eq!(tile_path(0, 1_234_067, 256), "tile/0/x001/x234/067");
/// assert_eq!(tile_path(1, 5, 7), "tile/1/005.p/7");
/// ```
#[must_use]
pub fn tile_path(level: u8, index: u64, width: usize) -> String {
    let mut parts = vec![format!("{:03}", index % 1000)];
    let mut rest = index / 1000;
    while rest > 0 {
        parts.push(format!("x{:03}", rest % 1000));
        rest /= 1000;
    }
    parts.reverse();
    let partial = if width < TILE_WIDTH { format!(".p/{width}") } else { String::new() };
    format!("tile/{level}/{}{partial}", parts.join("/"))
}

/// The writer's tree: takes leaf hashes, yields completed tiles, knows the root.
///
/// ```
/// use privacy::audit::{TileBuilder, leaf_hash};
/// let mut tree = TileBuilder::new();
/// let mut tiles = Vec::new();
/// for i in 0..256u32 {
///     tiles.extend(tree.push(leaf_hash(&i.to_be_bytes())));
/// }
/// assert_eq!(tiles.len(), 1);
/// assert_eq!(tiles[0].root(), Some(tree.root()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileBuilder {
    frontier: Frontier,
    /// The unfinished tile of each level, fewer than [`TILE_WIDTH`] hashes each.
    unfinished: Vec<Vec<Hash>>,
}

impl TileBuilder {
    /// The tree without leaves.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "an empty log is a statement, not a default")]
    pub fn new() -> Self {
        Self { frontier: Frontier::new(), unfinished: Vec::new() }
    }

    /// The tree of a stored log with `size` leaves, read from its hashes (after a restart).
    ///
    /// # Errors
    /// [`ProofError::Read`] if the reader fails, [`ProofError::ShortRead`] if it gives too few hashes.
    pub fn resume<R: HashReader>(size: u64, reader: &R) -> Result<Self, ProofError<R::Error>> {
        let mut roots = Vec::new();
        let mut start = 0;
        for height in (0..64).rev().filter(|height| size >> height & 1 == 1) {
            roots.push(subtree(reader, start, height)?);
            start += 1 << height;
        }
        let mut unfinished = Vec::new();
        for level in 0..8u8 {
            let stored = size >> (8 * u32::from(level));
            let count = (stored % TILE_WIDTH as u64) as usize;
            let hashes = if count == 0 {
                Vec::new()
            } else {
                read_exactly(reader, Reading { level, start: stored - count as u64, count })?
            };
            unfinished.push(hashes);
        }
        while unfinished.last().is_some_and(Vec::is_empty) {
            unfinished.pop();
        }
        let short = ProofError::ShortRead { reading: Reading { level: 0, start: 0, count: roots.len() } };
        Ok(Self { frontier: Frontier::from_roots(size, roots).ok_or(short)?, unfinished })
    }

    /// Appends a leaf; gives back the tiles that this completed (none for 255 of 256 leaves), lowest level first.
    pub fn push(&mut self, leaf: Hash) -> Vec<Tile> {
        self.frontier.push(leaf);
        let mut completed = Vec::new();
        let mut carried = Some(leaf);
        let mut level = 0;
        while let Some(hash) = carried.take() {
            if self.unfinished.len() <= usize::from(level) {
                self.unfinished.push(Vec::with_capacity(TILE_WIDTH));
            }
            if let Some(hashes) = self.unfinished.get_mut(usize::from(level)) {
                hashes.push(hash);
                if hashes.len() == TILE_WIDTH {
                    let index = (self.frontier.size() >> (8 * (u32::from(level) + 1))) - 1;
                    let tile = Tile { level, index, hashes: std::mem::take(hashes) };
                    carried = tile.root();
                    completed.push(tile);
                }
            }
            level += 1;
        }
        while self.unfinished.last().is_some_and(Vec::is_empty) {
            self.unfinished.pop();
        }
        completed
    }

    /// How many leaves the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The Merkle tree hash over all leaves so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The tree's compact form.
    #[must_use]
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The unfinished tile of a level, for serving partial tiles; empty if there is none.
    #[must_use]
    pub fn unfinished(&self, level: u8) -> &[Hash] {
        self.unfinished.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }
}

/// One reading of stored hashes: `count` hashes from `start` on at a tile level; never crosses a tile's edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reading {
    /// Tile level: 0 are leaf hashes.
    pub level: u8,
    /// Index of the first hash at that level.
    pub start: u64,
    /// How many hashes: 1 to 256.
    pub count: usize,
}

/// Gives out stored hashes. A store implements it over its leaf hashes and the roots of completed tiles.
pub trait HashReader {
    /// What can go wrong while reading.
    type Error;

    /// The hashes of one [`Reading`], from left to right.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn hashes(&self, reading: Reading) -> Result<Vec<Hash>, Self::Error>;
}

/// Hashes that were fetched beforehand, for stores that read asynchronously: fetch what [`plan_inclusion`] or
/// [`plan_consistency`] names, put it here, and make the proof from it.
///
/// [`plan_inclusion`]: super::plan_inclusion
/// [`plan_consistency`]: super::plan_consistency
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fetched(BTreeMap<Reading, Vec<Hash>>);

impl Fetched {
    /// Adds what one reading gave.
    pub fn insert(&mut self, reading: Reading, hashes: Vec<Hash>) {
        self.0.insert(reading, hashes);
    }
}

impl HashReader for Fetched {
    type Error = Infallible;

    fn hashes(&self, reading: Reading) -> Result<Vec<Hash>, Infallible> {
        Ok(self.0.get(&reading).cloned().unwrap_or_default())
    }
}

/// All leaf hashes in memory: for small trees and for checks offline.
impl HashReader for [Hash] {
    type Error = Infallible;

    fn hashes(&self, reading: Reading) -> Result<Vec<Hash>, Infallible> {
        let span = 1u64.checked_shl(8 * u32::from(reading.level)).unwrap_or(0);
        let all = (0..reading.count as u64).map_while(|i| {
            let from = reading.start.checked_add(i)?.checked_mul(span)?;
            let range = usize::try_from(from).ok()?..usize::try_from(from.checked_add(span)?).ok()?;
            fold_complete(self.get(range)?.to_vec())
        });
        Ok(all.collect())
    }
}

/// Notes down what is read and answers with zeroes.
pub(super) struct Recorder(pub(super) RefCell<Vec<Reading>>);

impl HashReader for Recorder {
    type Error = Infallible;

    fn hashes(&self, reading: Reading) -> Result<Vec<Hash>, Infallible> {
        self.0.borrow_mut().push(reading);
        Ok(vec![Hash([0; 32]); reading.count])
    }
}

pub(super) fn read_exactly<R: HashReader + ?Sized>(
    reader: &R,
    reading: Reading,
) -> Result<Vec<Hash>, ProofError<R::Error>> {
    let hashes = reader.hashes(reading).map_err(ProofError::Read)?;
    if hashes.len() == reading.count { Ok(hashes) } else { Err(ProofError::ShortRead { reading }) }
}

/// Root over 2ᵏ hashes; `None` for no hashes or another number.
pub(super) fn fold_complete(mut hashes: Vec<Hash>) -> Option<Hash> {
    if !hashes.len().is_power_of_two() {
        return None;
    }
    while hashes.len() > 1 {
        hashes = hashes.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    hashes.first().copied()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{
        super::{
            hash::leaf_hash,
            proof::{consistency_proof, inclusion_proof, verify_consistency, verify_inclusion},
        },
        *,
    };

    /// As a store keeps it: leaf hashes, and one hash for each completed tile.
    struct Kept {
        hashes: BTreeMap<(u8, u64), Hash>,
        reads: Cell<usize>,
    }

    impl HashReader for Kept {
        type Error = String;

        fn hashes(&self, reading: Reading) -> Result<Vec<Hash>, String> {
            let Reading { level, start, count } = reading;
            assert!(start / 256 == (start + count as u64 - 1) / 256, "{reading:?} crosses a tile's edge");
            self.reads.set(self.reads.get() + 1);
            let one = |i| self.hashes.get(&(level, start + i)).copied().ok_or(format!("no {level}/{i}"));
            (0..count as u64).map(one).collect()
        }
    }

    fn keep(size: u64) -> (TileBuilder, Kept, Vec<Hash>) {
        let mut tree = TileBuilder::new();
        let mut kept = Kept { hashes: BTreeMap::new(), reads: Cell::new(0) };
        let leaves: Vec<Hash> = (0..size).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        for (i, leaf) in leaves.iter().enumerate() {
            kept.hashes.insert((0, i as u64), *leaf);
            for tile in tree.push(*leaf) {
                kept.hashes.insert((tile.level + 1, tile.index), tile.root().unwrap());
            }
        }
        (tree, kept, leaves)
    }

    #[test]
    fn resumed_tree_equals_the_one_that_never_stopped() {
        for size in [0, 1, 255, 256, 257, 65_535, 65_536, 66_000] {
            let (tree, kept, leaves) = keep(size);
            let resumed = TileBuilder::resume(size, &kept).unwrap();
            assert_eq!(resumed, tree, "{size}");
            assert_eq!(tree.unfinished(0), &leaves[leaves.len() / 256 * 256..]);
        }
    }

    #[test]
    fn resuming_from_too_few_hashes_is_refused() {
        let (_, mut kept, _) = keep(300);
        kept.hashes.remove(&(0, 299));
        assert!(matches!(TileBuilder::resume(300, &kept), Err(ProofError::Read(_))));
    }

    #[test]
    fn proofs_over_three_levels_of_tiles_verify_with_few_reads() {
        let size = 70_000;
        let (tree, kept, leaves) = keep(size);
        let mut old = Frontier::new();
        for (i, leaf) in leaves.iter().enumerate() {
            let at = i as u64;
            if at.is_multiple_of(4_999) {
                kept.reads.set(0);
                let proof = inclusion_proof(at, size, &kept).unwrap();
                assert!(kept.reads.get() <= 34, "{} reads", kept.reads.get());
                verify_inclusion(leaf, at, size, &proof, &tree.root()).unwrap();
                let proof = consistency_proof(at, size, &kept).unwrap();
                verify_consistency(at, size, &old.root(), &tree.root(), &proof).unwrap();
            }
            old.push(*leaf);
        }
    }

    #[test]
    fn paths_are_those_of_tlog_tiles() {
        for (level, index, width, path) in [
            (0, 0, 256, "tile/0/000"),
            (0, 999, 1, "tile/0/999.p/1"),
            (2, 1000, 256, "tile/2/x001/000"),
            (3, 1_000_000, 255, "tile/3/x001/x000/000.p/255"),
        ] {
            assert_eq!(tile_path(level, index, width), path);
        }
    }
}
