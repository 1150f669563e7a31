//! The keys above the data keys: root, epochs, and the shop's lasting secrets. All are wiped when dropped, and none
//! of them is ever printed.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{VaultError, length_prefixed};
use crate::audit::SigningKey;
use crate::entropy::{Entropy, NoEntropy, draw};

const TAG_LEN: usize = 16;
const WRAPPED_LEN: usize = NONCE_LEN + 32 + TAG_LEN;

/// The number of an epoch; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Epoch(pub u32);

impl std::fmt::Display for Epoch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The key that the operator keeps, in a file that nobody else can read or as a service credential: 32 bytes.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RootKey([u8; 32]);

impl RootKey {
    /// The root key from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Draws a new root key.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source of randomness failed.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        draw(entropy).map(Self)
    }

    /// The bytes, for the file that holds it.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A data key under its epoch key: nonce, ciphertext, tag (60 bytes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// Under which epoch key.
    pub epoch: Epoch,
    /// The wrapped bytes.
    pub bytes: Vec<u8>,
}

/// An epoch key under the root key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedEpochKey {
    /// Which epoch.
    pub epoch: Epoch,
    /// The wrapped bytes.
    pub bytes: Vec<u8>,
}

/// The key of one epoch (KEK), under which the data keys are wrapped.
#[derive(ZeroizeOnDrop)]
pub struct EpochKey {
    #[zeroize(skip)]
    epoch: Epoch,
    key: [u8; 32],
}

impl EpochKey {
    /// Draws the key of an epoch.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source of randomness failed.
    pub fn generate(epoch: Epoch, entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        Ok(Self { epoch, key: draw(entropy)? })
    }

    /// Which epoch it is.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Wraps it under the root key.
    ///
    /// # Errors
    /// [`VaultError`] when randomness or the library fails.
    pub fn seal_under(
        &self,
        root: &RootKey,
        shop: &str,
        entropy: &dyn Entropy,
    ) -> Result<WrappedEpochKey, VaultError> {
        let bytes = wrap(&root.0, &self.key, &epoch_context(shop, self.epoch), entropy)?;
        Ok(WrappedEpochKey { epoch: self.epoch, bytes })
    }

    /// Unwraps an epoch key.
    ///
    /// # Errors
    /// [`VaultError::Unwrap`] when the root key is another or the bytes were changed.
    pub fn open_under(root: &RootKey, shop: &str, wrapped: &WrappedEpochKey) -> Result<Self, VaultError> {
        let key = unwrap(&root.0, &wrapped.bytes, &epoch_context(shop, wrapped.epoch))?;
        Ok(Self { epoch: wrapped.epoch, key: *key })
    }

    pub(super) fn wrap(
        &self,
        data_key: &[u8; 32],
        context: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<WrappedKey, VaultError> {
        Ok(WrappedKey { epoch: self.epoch, bytes: wrap(&self.key, data_key, context, entropy)? })
    }

    pub(super) fn unwrap(&self, wrapped: &WrappedKey, context: &[u8]) -> Result<[u8; 32], VaultError> {
        unwrap(&self.key, &wrapped.bytes, context).map(|key| *key)
    }
}

/// What outlives every epoch: the keys of blind indexes and pseudonyms, and the signing key's seed.
pub struct Secrets {
    index: Zeroizing<[u8; 32]>,
    pseudonym: Zeroizing<[u8; 32]>,
    seed: Zeroizing<[u8; 32]>,
}

/// [`Secrets`] under the root key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedSecrets {
    /// Three wrapped keys of 60 bytes each.
    pub bytes: Vec<u8>,
}

impl Secrets {
    /// Draws new secrets, once in a shop's life.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source of randomness failed.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        Ok(Self {
            index: Zeroizing::new(draw(entropy)?),
            pseudonym: Zeroizing::new(draw(entropy)?),
            seed: Zeroizing::new(draw(entropy)?),
        })
    }

    /// Wraps them under the root key.
    ///
    /// # Errors
    /// [`VaultError`] when randomness or the library fails.
    pub fn seal_under(
        &self,
        root: &RootKey,
        shop: &str,
        entropy: &dyn Entropy,
    ) -> Result<WrappedSecrets, VaultError> {
        let mut bytes = Vec::with_capacity(3 * WRAPPED_LEN);
        for (name, key) in [("index", &self.index), ("pseudonym", &self.pseudonym), ("seed", &self.seed)] {
            bytes.extend(wrap(&root.0, key, &secret_context(shop, name), entropy)?);
        }
        Ok(WrappedSecrets { bytes })
    }

    /// Unwraps them.
    ///
    /// # Errors
    /// [`VaultError::Unwrap`] when the root key is another or the bytes were changed.
    pub fn open_under(root: &RootKey, shop: &str, wrapped: &WrappedSecrets) -> Result<Self, VaultError> {
        let mut parts = wrapped.bytes.chunks_exact(WRAPPED_LEN);
        let mut next = |name| {
            let part = parts.next().ok_or(VaultError::Unwrap)?;
            unwrap(&root.0, part, &secret_context(shop, name))
        };
        Ok(Self { index: next("index")?, pseudonym: next("pseudonym")?, seed: next("seed")? })
    }

    pub(super) fn index(&self) -> &[u8] {
        self.index.as_ref()
    }

    pub(super) fn pseudonym(&self) -> &[u8] {
        self.pseudonym.as_ref()
    }

    /// The key that signs receipts, certificates and audit heads under the shop's name.
    ///
    /// # Errors
    /// [`VaultError::Refused`] when the library refuses the seed.
    pub fn signing_key(&self, name: &str) -> Result<SigningKey, VaultError> {
        SigningKey::from_seed(name, self.seed.clone()).map_err(|_| VaultError::Refused)
    }
}

fn epoch_context(shop: &str, epoch: Epoch) -> Vec<u8> {
    length_prefixed(&[b"equipoise/epoch-key/v1", shop.as_bytes(), &epoch.0.to_be_bytes()])
}

fn secret_context(shop: &str, name: &str) -> Vec<u8> {
    length_prefixed(&[b"equipoise/secret/v1", shop.as_bytes(), name.as_bytes()])
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, VaultError> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| VaultError::Refused)
}

fn wrap(
    under: &[u8; 32],
    key: &[u8; 32],
    context: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, VaultError> {
    let nonce: [u8; NONCE_LEN] = draw(entropy)?;
    let mut body = Zeroizing::new(*key);
    let tag = cipher(under)?
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), body.as_mut())
        .map_err(|_| VaultError::Refused)?;
    let mut out = Vec::with_capacity(WRAPPED_LEN);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(body.as_ref());
    out.extend_from_slice(tag.as_ref());
    Ok(out)
}

fn unwrap(under: &[u8; 32], wrapped: &[u8], context: &[u8]) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let (nonce, body) = wrapped.split_at_checked(NONCE_LEN).ok_or(VaultError::Unwrap)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Unwrap)?;
    let mut plain = Zeroizing::new(body.to_vec());
    let key = cipher(under)?
        .open_in_place(nonce, Aad::from(context), &mut plain)
        .map_err(|_| VaultError::Unwrap)?;
    let key: &[u8; 32] = (&*key).try_into().map_err(|_| VaultError::Unwrap)?;
    Ok(Zeroizing::new(*key))
}
