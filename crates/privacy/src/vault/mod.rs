//! The sealed vault: a random data key per data subject, wrapped and never derived, so that shredding it is
//! forgetting.
//!
//! Root key → epoch key (KEK) → data key → field key. Each field key is HKDF-SHA-256 of the data key over table,
//! column and version, and comes with a commitment, so that a ciphertext opens under one key alone. The associated
//! data binds format, shop, subject, table, column, row and version: a ciphertext that was moved doesn't open.
//!
//! Nothing outside this crate may open a ciphertext: `Vault::open` is for grants and rights only.

mod keys;
mod sealer;

pub(crate) use sealer::Sealer;
use sealer::{associated_data, whole};

pub use keys::{Epoch, EpochKey, RootKey, Secrets, WrappedEpochKey, WrappedKey, WrappedSecrets};

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::audit::SubjectTag;
use crate::entropy::{Entropy, NoEntropy, draw};
use crate::pseudonym::{BlindIndex, IdentityKind, Pseudonym};
use crate::purpose::Purpose;
use crate::store::StoreError;
use crate::subject::Subject;

/// The only format of ciphertexts so far.
const FORMAT: u8 = 1;
const COMMITMENT_LEN: usize = 32;
const HEADER_LEN: usize = 1 + COMMITMENT_LEN + NONCE_LEN;

/// Why something couldn't be sealed or opened. Names nobody and shows no data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The subject's data key is gone: erased, or never there.
    #[error("the key of this data subject is gone; what it sealed can't be read again")]
    Shredded,
    /// The ciphertext was changed, moved, or sealed under another key.
    #[error(
        "a sealed value in `{table}.{column}` did not open: it was changed or moved, or its key is another"
    )]
    Tampered {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// The wrapped key's epoch has been destroyed, as happens to keys from an old backup.
    #[error("the epoch key {0} has been destroyed; a data key that it wrapped can't be read again")]
    EpochGone(Epoch),
    /// A wrapped key did not unwrap.
    #[error("a wrapped key did not unwrap: the root key is another, or the file was changed")]
    Unwrap,
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The keystore could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The cryptographic library refused.
    #[error("the cryptographic library refused to seal")]
    Refused,
}

/// Where the wrapped data keys lie, apart from the data.
pub trait Keystore: Send + Sync {
    /// The wrapped data key of a subject; `None` if there is none, or none any more.
    ///
    /// # Errors
    /// [`StoreError`] when the keystore can't be asked.
    fn wrapped(&self, subject: &Subject) -> Result<Option<WrappedKey>, StoreError>;
}

/// Where in the store a sealed value lies. Part of what is authenticated.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The column; for rows of personal data, their kind.
    pub column: &'a str,
    /// The row's key.
    pub row: &'a [u8],
}

/// A data key in the clear; wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
struct DataKey([u8; 32]);

struct FieldKey {
    key: LessSafeKey,
    commitment: [u8; COMMITMENT_LEN],
}

/// What is kept of a subject's keys while they are in use.
struct Held {
    data_key: DataKey,
    fields: Mutex<Vec<(String, String, Arc<FieldKey>)>>,
    tag: SubjectTag,
}

#[derive(Default)]
struct Cache {
    held: HashMap<Subject, Arc<Held>>,
    shredded: HashSet<Subject>,
}

/// How many subjects' keys are held in memory at once.
const HELD_AT_MOST: usize = 65_536;

/// Seals and opens. Shared by all threads.
pub struct Vault {
    shop: String,
    epochs: RwLock<Vec<EpochKey>>,
    secrets: Secrets,
    index_key: hmac::Key,
    pseudonym_key: hmac::Key,
    keystore: Arc<dyn Keystore>,
    cache: RwLock<Cache>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(..)")
    }
}

impl Vault {
    /// A vault for the shop with this id (any stable text), over the epoch keys that still exist.
    #[must_use]
    pub fn new(shop: &str, epochs: Vec<EpochKey>, secrets: Secrets, keystore: Arc<dyn Keystore>) -> Self {
        Self {
            shop: shop.to_owned(),
            epochs: RwLock::new(epochs),
            index_key: hmac::Key::new(hmac::HMAC_SHA256, secrets.index()),
            pseudonym_key: hmac::Key::new(hmac::HMAC_SHA256, secrets.pseudonym()),
            secrets,
            keystore,
            cache: RwLock::new(Cache::default()),
        }
    }

    /// Draws a data key for a new subject and wraps it under the newest epoch. The caller keeps the wrapped key in
    /// the keystore before any row that it sealed.
    ///
    /// # Errors
    /// [`VaultError`] when randomness or the library fails, or there is no epoch.
    pub fn mint(&self, subject: &Subject, entropy: &dyn Entropy) -> Result<WrappedKey, VaultError> {
        let data_key = DataKey(draw(entropy)?);
        let wrapped = self.with_newest_epoch(|epoch| {
            epoch.wrap(&data_key.0, &wrap_context(&self.shop, subject, epoch.epoch()), entropy)
        })?;
        self.hold(subject, data_key)?;
        Ok(wrapped)
    }

    /// Wraps a subject's data key anew under the newest epoch, for rotation.
    ///
    /// # Errors
    /// [`VaultError`] when the old epoch is gone or the key doesn't unwrap.
    pub fn rewrap(
        &self,
        subject: &Subject,
        wrapped: &WrappedKey,
        entropy: &dyn Entropy,
    ) -> Result<WrappedKey, VaultError> {
        let data_key = self.unwrap_key(subject, wrapped)?;
        self.with_newest_epoch(|epoch| {
            epoch.wrap(&data_key.0, &wrap_context(&self.shop, subject, epoch.epoch()), entropy)
        })
    }

    /// Adds a newer epoch key: from now on keys are wrapped under it.
    pub fn begin_epoch(&self, key: EpochKey) {
        self.epochs.write().unwrap_or_else(PoisonError::into_inner).push(key);
    }

    /// Forgets the epoch keys before `epoch`. The caller destroys their files.
    pub fn end_epochs_before(&self, epoch: Epoch) {
        self.epochs.write().unwrap_or_else(PoisonError::into_inner).retain(|key| key.epoch() >= epoch);
    }

    /// The newest epoch, if there is any.
    #[must_use]
    pub fn newest_epoch(&self) -> Option<Epoch> {
        self.epochs.read().unwrap_or_else(PoisonError::into_inner).iter().map(EpochKey::epoch).max()
    }

    /// Forgets a subject's keys in memory, for good. The caller deletes the wrapped key from the keystore.
    pub fn shred(&self, subject: &Subject) {
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        cache.held.remove(subject);
        cache.shredded.insert(*subject);
    }

    /// The keyed name under which an identity is found: a truncated HMAC-SHA-256, one key for each kind.
    #[must_use]
    pub fn index(&self, kind: IdentityKind, value: &str) -> BlindIndex {
        let mut context = hmac::Context::with_key(&self.index_key);
        update_with_length(&mut context, kind.as_str().as_bytes());
        update_with_length(&mut context, value.as_bytes());
        BlindIndex::from_tag(context.sign().as_ref())
    }

    /// The keyed name of a message, for telling it from a repeated one. The same whoever it is filed under, so that a
    /// repetition is known as one after two records of one person were joined.
    #[must_use]
    pub fn message_index(&self, message: &str) -> BlindIndex {
        let mut context = hmac::Context::with_key(&self.index_key);
        update_with_length(&mut context, b"message");
        update_with_length(&mut context, message.as_bytes());
        BlindIndex::from_tag(context.sign().as_ref())
    }

    /// The subject's name for one purpose. Data sets of two purposes can't be joined by it.
    #[must_use]
    pub fn pseudonym<P: Purpose>(&self, subject: &Subject) -> Pseudonym<P> {
        let mut context = hmac::Context::with_key(&self.pseudonym_key);
        update_with_length(&mut context, P::ID.as_bytes());
        update_with_length(&mut context, subject.as_bytes());
        Pseudonym::from_tag(context.sign().as_ref())
    }

    /// The key with which receipts, certificates and audit heads are signed.
    #[must_use]
    pub const fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The name of the subject in the audit log: derived from the data key, so that it means nothing once that is
    /// shredded.
    ///
    /// # Errors
    /// [`VaultError::Shredded`] when the key is gone.
    pub fn tag(&self, subject: &Subject) -> Result<SubjectTag, VaultError> {
        Ok(self.held(subject)?.tag)
    }

    /// Seals `plain` for one place.
    ///
    /// # Errors
    /// [`VaultError::Shredded`] when the subject's key is gone.
    pub(crate) fn seal(
        &self,
        subject: &Subject,
        place: Place<'_>,
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        let Place { table, column, row } = place;
        self.sealer(subject, table, column)?.seal(row, plain, entropy)
    }

    /// What seals a subject's rows of one column, for as long as one transaction.
    ///
    /// # Errors
    /// [`VaultError::Shredded`] when the subject's key is gone.
    pub(crate) fn sealer(&self, subject: &Subject, table: &str, column: &str) -> Result<Sealer, VaultError> {
        let held = self.held(subject)?;
        let field = field_key(&held, Place { table, column, row: &[] })?;
        Ok(Sealer::new(field, associated_data(&self.shop, subject, table, column)))
    }

    /// Opens what [`Self::seal`] made.
    ///
    /// # Errors
    /// [`VaultError::Shredded`] when the key is gone, [`VaultError::Tampered`] when anything doesn't fit.
    pub(crate) fn open(
        &self,
        subject: &Subject,
        place: Place<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let held = self.held(subject)?;
        let field = field_key(&held, place)?;
        let tampered =
            || VaultError::Tampered { table: place.table.to_owned(), column: place.column.to_owned() };
        let (header, body) = sealed.split_at_checked(HEADER_LEN).ok_or_else(tampered)?;
        let (format, header) = header.split_first().ok_or_else(tampered)?;
        let (commitment, nonce) = header.split_at_checked(COMMITMENT_LEN).ok_or_else(tampered)?;
        if *format != FORMAT || !bool::from(commitment.ct_eq(&field.commitment)) {
            return Err(tampered());
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| tampered())?;
        let mut plain = Zeroizing::new(body.to_vec());
        let associated = associated_data(&self.shop, subject, place.table, place.column);
        let length = field
            .key
            .open_in_place(nonce, Aad::from(whole(associated, place.row)), &mut plain)
            .map_err(|_| tampered())?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    fn with_newest_epoch<R>(
        &self,
        work: impl FnOnce(&EpochKey) -> Result<R, VaultError>,
    ) -> Result<R, VaultError> {
        let epochs = self.epochs.read().unwrap_or_else(PoisonError::into_inner);
        let newest = epochs.iter().max_by_key(|key| key.epoch()).ok_or(VaultError::Unwrap)?;
        work(newest)
    }

    fn unwrap_key(&self, subject: &Subject, wrapped: &WrappedKey) -> Result<DataKey, VaultError> {
        let epochs = self.epochs.read().unwrap_or_else(PoisonError::into_inner);
        let epoch = epochs
            .iter()
            .find(|key| key.epoch() == wrapped.epoch)
            .ok_or(VaultError::EpochGone(wrapped.epoch))?;
        epoch.unwrap(wrapped, &wrap_context(&self.shop, subject, wrapped.epoch)).map(DataKey)
    }

    fn held(&self, subject: &Subject) -> Result<Arc<Held>, VaultError> {
        {
            let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(held) = cache.held.get(subject) {
                return Ok(Arc::clone(held));
            }
            if cache.shredded.contains(subject) {
                return Err(VaultError::Shredded);
            }
        }
        let wrapped = self.keystore.wrapped(subject)?.ok_or(VaultError::Shredded)?;
        let data_key = self.unwrap_key(subject, &wrapped)?;
        self.hold(subject, data_key)
    }

    fn hold(&self, subject: &Subject, data_key: DataKey) -> Result<Arc<Held>, VaultError> {
        let mut tag = [0; 16];
        expand(&data_key, &[b"equipoise/audit-tag/v1"], &mut tag)?;
        let held = Arc::new(Held { data_key, fields: Mutex::new(Vec::new()), tag: SubjectTag(tag) });
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        // INVARIANT: a key that was read just before its shredding is not kept after it.
        if cache.shredded.contains(subject) {
            return Err(VaultError::Shredded);
        }
        if cache.held.len() >= HELD_AT_MOST {
            cache.held.clear();
        }
        cache.held.insert(*subject, Arc::clone(&held));
        Ok(held)
    }
}

fn field_key(held: &Held, place: Place<'_>) -> Result<Arc<FieldKey>, VaultError> {
    let mut fields = held.fields.lock().unwrap_or_else(PoisonError::into_inner);
    let known = fields.iter().find(|(table, column, _)| table == place.table && column == place.column);
    if let Some((_, _, key)) = known {
        return Ok(Arc::clone(key));
    }
    let mut okm = Zeroizing::new([0_u8; 32 + COMMITMENT_LEN]);
    let lengths = [place.table.len() as u64, place.column.len() as u64].map(u64::to_be_bytes);
    let [table_length, column_length] = &lengths;
    let info: [&[u8]; 6] = [
        b"equipoise/field/v1",
        table_length,
        place.table.as_bytes(),
        column_length,
        place.column.as_bytes(),
        &[FORMAT],
    ];
    expand(&held.data_key, &info, okm.as_mut())?;
    let (key, commitment) = okm.split_at(32);
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| VaultError::Refused)?;
    let commitment = commitment.try_into().map_err(|_| VaultError::Refused)?;
    let field = Arc::new(FieldKey { key: LessSafeKey::new(key), commitment });
    fields.push((place.table.to_owned(), place.column.to_owned(), Arc::clone(&field)));
    Ok(field)
}

struct Length(usize);
impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-SHA-256 (RFC 5869) with the data key as input keying material and no salt: it is uniformly random.
fn expand(data_key: &DataKey, info: &[&[u8]], out: &mut [u8]) -> Result<(), VaultError> {
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(&data_key.0);
    prk.expand(info, Length(out.len())).and_then(|okm| okm.fill(out)).map_err(|_| VaultError::Refused)
}

fn update_with_length(context: &mut hmac::Context, part: &[u8]) {
    context.update(&(part.len() as u64).to_be_bytes());
    context.update(part);
}

fn wrap_context(shop: &str, subject: &Subject, epoch: Epoch) -> Vec<u8> {
    length_prefixed(&[b"equipoise/data-key/v1", shop.as_bytes(), subject.as_bytes(), &epoch.0.to_be_bytes()])
}

fn length_prefixed(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        out.extend_from_slice(&(part.len() as u64).to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

#[cfg(test)]
mod tests;
