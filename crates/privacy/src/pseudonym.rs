//! Keyed names. A pseudonym is a data subject's name for one purpose, a blind index an identity's name in the store;
//! neither leads back without the key, and no two purposes share a name.

use std::marker::PhantomData;

use crate::purpose::Purpose;

/// What an identity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdentityKind {
    /// The shop's own number of a customer.
    UserId,
    /// A client's random id of a browser or app.
    AnonymousId,
    /// An e-mail address, in lower case.
    Email,
    /// A phone number, digits and `+` only.
    Phone,
}

impl IdentityKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::UserId, Self::AnonymousId, Self::Email, Self::Phone];

    /// The word in the store and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserId => "user_id",
            Self::AnonymousId => "anonymous_id",
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    /// The form in which values of this kind are compared.
    #[must_use]
    pub fn normalise(self, value: &str) -> String {
        match self {
            Self::UserId | Self::AnonymousId => value.trim().to_owned(),
            Self::Email => value.trim().to_lowercase(),
            Self::Phone => value.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect(),
        }
    }
}

/// The word is no kind of identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of identity `{0}`; use one of user_id, anonymous_id, email, phone")]
pub struct UnknownIdentityKind(pub String);

impl std::str::FromStr for IdentityKind {
    type Err = UnknownIdentityKind;
    fn from_str(word: &str) -> Result<Self, UnknownIdentityKind> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| UnknownIdentityKind(word.to_owned()))
    }
}

/// A truncated HMAC of an identity or a message: equal inputs, equal names. 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlindIndex([u8; 16]);

impl BlindIndex {
    pub(crate) fn from_tag(tag: &[u8]) -> Self {
        let mut out = [0; 16];
        for (to, from) in out.iter_mut().zip(tag) {
            *to = *from;
        }
        Self(out)
    }

    /// As a store has kept it.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a key column.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl std::fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BlindIndex(..)")
    }
}

/// A data subject's name for the purpose `P`: 16 bytes.
pub struct Pseudonym<P> {
    bytes: [u8; 16],
    purpose: PhantomData<fn() -> P>,
}

impl<P: Purpose> Pseudonym<P> {
    pub(crate) fn from_tag(tag: &[u8]) -> Self {
        Self { bytes: BlindIndex::from_tag(tag).0, purpose: PhantomData }
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.bytes
    }
}

impl<P> Clone for Pseudonym<P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P> Copy for Pseudonym<P> {}
impl<P> PartialEq for Pseudonym<P> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}
impl<P> Eq for Pseudonym<P> {}
impl<P> std::hash::Hash for Pseudonym<P> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}
impl<P> std::fmt::Debug for Pseudonym<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonym(..)")
    }
}
