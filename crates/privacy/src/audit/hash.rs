//! The hashes of the Merkle log (RFC 6962 section 2.1, RFC 9162 section 2.1.1).
//!
//! Leaves and inner nodes are hashed with different first bytes, so that neither can pass for the other.
//! Must never hash anything without that first byte, and must never print more than the hash itself.

use std::{fmt, str::FromStr};

use aws_lc_rs::digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A SHA-256 value: of a leaf, of an inner node or the root of a tree. Written as 64 hexadecimal digits.
///
/// ```
/// use privacy::audit::{Hash, leaf_hash};
/// let hash = leaf_hash(b"an entry");
/// assert_eq!(hash.to_string().parse::<Hash>(), Ok(hash));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// Why a text isn't a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Not 64 hexadecimal digits.
    #[error("a hash is 64 hexadecimal digits")]
    NotHex,
}

/// Hash of one leaf: SHA-256(0x00 ‖ data) (RFC 9162 section 2.1.1).
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash {
    digest_of(&[&[0x00], data])
}

/// Hash of an inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 9162 section 2.1.1).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    digest_of(&[&[0x01], &left.0, &right.0])
}

/// Root of the tree without leaves: SHA-256 of nothing (RFC 9162 section 2.1.1).
///
/// ```
/// let root = privacy::audit::empty_root().to_string();
/// assert!(root.starts_with("e3b0c44298fc1c14"));
/// ```
#[must_use]
pub fn empty_root() -> Hash {
    digest_of(&[])
}

pub(super) fn digest_of(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    // SHA-256 is 32 bytes long, so that `zip` copies all of it.
    for (to, from) in out.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    Hash(out)
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        from_hex(text).map(Self).ok_or(HashError::NotHex)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

pub(super) fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

pub(super) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let mut out = [0; N];
    let mut digits = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()));
    for byte in &mut out {
        *byte = digits.next()?? << 4 | digits.next()??;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_read_back_from_its_text_and_json() {
        let hash = leaf_hash(b"x");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        let json = serde_json::to_string(&hash).unwrap();
        assert_eq!(serde_json::from_str::<Hash>(&json).unwrap(), hash);
    }

    #[test]
    fn text_that_is_no_hash_is_refused() {
        let long = "0".repeat(63) + "é";
        for text in ["", "00", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), &long] {
            assert_eq!(text.parse::<Hash>(), Err(HashError::NotHex), "{text}");
        }
    }

    #[test]
    fn leaf_never_equals_node_of_same_bytes() {
        let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
        assert_ne!(leaf_hash(&[a.0, b.0].concat()), node_hash(&a, &b));
    }
}
