//! Sealing many rows of one person and kind: the field key and most of the associated data are worked out once.
//!
//! Must never seal two rows with one nonce, nor outlive the transaction at hand.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce};
use zeroize::Zeroize as _;

use super::{FORMAT, FieldKey, HEADER_LEN, VaultError, length_prefixed};
use crate::entropy::{Entropy, draw};
use crate::subject::Subject;

/// Seals one subject's rows of one column. Must not outlive the transaction: it knows of no shredding.
pub(crate) struct Sealer {
    field: Arc<FieldKey>,
    associated: Vec<u8>,
}

impl Sealer {
    pub(super) fn new(field: Arc<FieldKey>, associated: Vec<u8>) -> Self {
        Self { field, associated }
    }

    /// Seals `plain` for one row.
    ///
    /// # Errors
    /// [`VaultError`] when randomness or the library fails.
    pub(crate) fn seal(
        &self,
        row: &[u8],
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        let Self { field, associated } = self;
        let nonce: [u8; NONCE_LEN] = draw(entropy)?;
        let mut out = Vec::with_capacity(HEADER_LEN + plain.len() + AES_256_GCM.tag_len());
        out.push(FORMAT);
        out.extend_from_slice(&field.commitment);
        out.extend_from_slice(&nonce);
        // Sealed where it will stay: the plain bytes are overwritten, or wiped if that fails.
        out.extend_from_slice(plain);
        let mut all = Vec::with_capacity(associated.len() + 8 + row.len());
        all.extend_from_slice(associated);
        let tag = out.get_mut(HEADER_LEN..).and_then(|body| {
            let aad = Aad::from(whole(all, row));
            field.key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, body).ok()
        });
        let Some(tag) = tag else {
            out.zeroize();
            return Err(VaultError::Refused);
        };
        out.extend_from_slice(tag.as_ref());
        Ok(out)
    }
}

/// Canonical associated data: each part after its length in 8 bytes, big-endian. The row, which comes last, is missing.
pub(super) fn associated_data(shop: &str, subject: &Subject, table: &str, column: &str) -> Vec<u8> {
    let parts: [&[u8]; 5] =
        [&[FORMAT], shop.as_bytes(), subject.as_bytes(), table.as_bytes(), column.as_bytes()];
    length_prefixed(&parts)
}

/// The same with its row.
pub(super) fn whole(mut associated: Vec<u8>, row: &[u8]) -> Vec<u8> {
    associated.extend_from_slice(&(row.len() as u64).to_be_bytes());
    associated.extend_from_slice(row);
    associated
}
