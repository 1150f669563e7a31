//! The right edge of the growing tree: all that a writer needs in order to append a leaf and to know the root.
//!
//! Holds at most 64 hashes whatever the size. Must never need the leaves that came before.

use super::hash::{Hash, empty_root, node_hash};

/// Compact form of a Merkle tree: its size and the roots of its complete subtrees, largest (left-most) first.
///
/// ```
/// use privacy::audit::{Frontier, empty_root, leaf_hash, node_hash};
/// let mut tree = Frontier::new();
/// assert_eq!(tree.root(), empty_root());
/// let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
/// tree.push(a);
/// tree.push(b);
/// assert_eq!(tree.root(), node_hash(&a, &b));
/// assert_eq!(Frontier::from_bytes(&tree.to_bytes())?, tree);
/// # Ok::<(), privacy::audit::FrontierError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontier {
    // INVARIANT: `roots.len() == size.count_ones()`.
    size: u64,
    roots: Vec<Hash>,
}

/// Why bytes aren't a frontier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// The number of hashes doesn't fit the size, or there are left-over bytes.
    #[error("a tree edge of `{found}` bytes doesn't fit its size of `{size}` leaves")]
    Length {
        /// The size that the bytes claim, in leaves (0 if they are too short to say).
        size: u64,
        /// How many bytes there are.
        found: usize,
    },
}

impl Frontier {
    /// The tree without leaves.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "an empty log is a statement, not a default")]
    pub fn new() -> Self {
        Self { size: 0, roots: Vec::new() }
    }

    /// How many leaves the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf, given by its leaf hash; O(1) on average, at most 64 hashes.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.roots.push(node);
        self.size += 1;
    }

    /// The Merkle tree hash over all leaves so far (RFC 9162 section 2.1.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        let Some(last) = roots.next() else { return empty_root() };
        roots.fold(*last, |right, left| node_hash(left, &right))
    }

    /// The size as 8 bytes, big-endian, and then each hash.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.size.to_be_bytes().to_vec();
        for root in &self.roots {
            out.extend_from_slice(&root.0);
        }
        out
    }

    /// Reads what [`Frontier::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`FrontierError::Length`] if the number of hashes isn't the one that the size asks for.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierError> {
        let found = bytes.len();
        let (size, rest) = bytes.split_first_chunk().ok_or(FrontierError::Length { size: 0, found })?;
        let size = u64::from_be_bytes(*size);
        let (hashes, left_over) = rest.as_chunks::<32>();
        if !left_over.is_empty() || hashes.len() != size.count_ones() as usize {
            return Err(FrontierError::Length { size, found });
        }
        Ok(Self { size, roots: hashes.iter().copied().map(Hash).collect() })
    }

    /// A frontier from the roots of its complete subtrees, largest first; for readers of stored hashes.
    pub(super) fn from_roots(size: u64, roots: Vec<Hash>) -> Option<Self> {
        (roots.len() == size.count_ones() as usize).then_some(Self { size, roots })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_wrong_length_are_refused() {
        let mut tree = Frontier::new();
        (0..7u8).for_each(|i| tree.push(super::super::hash::leaf_hash(&[i])));
        let bytes = tree.to_bytes();
        assert_eq!(Frontier::from_bytes(&bytes), Ok(tree));
        for cut in [0, 7, 8, bytes.len() - 1] {
            assert!(Frontier::from_bytes(&bytes[..cut]).is_err(), "{cut}");
        }
        assert!(Frontier::from_bytes(&[bytes, vec![0; 32]].concat()).is_err());
    }
}
