//! Who the data is about. A [`Subject`] is a random internal name; it must never be derived from an identity,
//! and must never be printed, so that no log can hold one.

use crate::entropy::{Entropy, NoEntropy, draw};

/// The internal name of a data subject (GDPR Art. 4(1)): 16 random bytes, unrelated to any identity.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject([u8; 16]);

impl Subject {
    /// Draws a new name.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source of randomness failed.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        draw(entropy).map(Self)
    }

    /// The subject with this name, as a store has kept it.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The name, for a store's key column.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subject(..)")
    }
}
