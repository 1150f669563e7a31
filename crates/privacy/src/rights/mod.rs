//! The data subject's rights (GDPR Chapter III; NZ Privacy Act 2020 IPP 6 and 7): the only way on which personal data
//! leaves. Every disclosure is an audit entry of its own, written before anything is opened.

mod archive;
mod certificate;

pub use archive::open_archive;
pub use certificate::{Certificate, CertificateError, Retained, Verified};

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::{Author, Entry};
use crate::data::{
    BrowsingHistory, CartHistory, Contact, DataKind, DeclaredEvents, DeviceTraces, Feedback, Kind,
    PurchaseHistory, SentOffers, ShownItems,
};
use crate::entropy::Entropy;
use crate::grant::{IDENTITIES, open_row, seal_identity};
use crate::keeping::Outlived;
use crate::pseudonym::IdentityKind;
use crate::register::LegalHold;
use crate::store::{Day, NewIdentity, NewRow, RightsTx, StoreError};
use crate::subject::Subject;
use crate::vault::{Place, Vault, VaultError};

/// Which right is exercised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Art. 15, IPP 6: everything that is held, with its reasons and recipients.
    Access,
    /// Art. 20: what the person gave and what was observed, machine-readable.
    Portability,
    /// Art. 16, IPP 7: set something right.
    Rectification,
    /// Art. 18: keep, but don't use.
    Restriction,
    /// Art. 21: stop a purpose.
    Objection,
    /// Art. 17: forget.
    Erasure,
    /// Art. 7(3): take a consent back.
    Withdrawal,
    /// Two records of one person are joined.
    Joining,
}

impl Right {
    /// The word in the audit log and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Portability => "portability",
            Self::Rectification => "rectification",
            Self::Restriction => "restriction",
            Self::Objection => "objection",
            Self::Erasure => "erasure",
            Self::Withdrawal => "withdrawal",
            Self::Joining => "joining",
        }
    }

    /// The action under which its exercise stands in the audit log.
    #[must_use]
    pub fn action(self) -> String {
        format!("subject.{}", self.as_str())
    }
}

/// Why a right could not be served.
#[derive(Debug, thiserror::Error)]
pub enum RightsError {
    /// Nobody is known by that name.
    #[error("nobody is known by this id")]
    UnknownSubject,
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something did not open or seal.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A row isn't what its kind should be.
    #[error("a row of `{0}` is not in a form that this version reads")]
    Form(Kind),
    /// A correction isn't what a row of the kind should be.
    #[error("this is no row of `{0}`: {1}")]
    Correction(Kind, String),
}

/// A row as the person sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct DisclosedRow {
    /// Its name, by which it can be corrected or deleted.
    pub id: [u8; 16],
    /// The day that it is about.
    pub day: Day,
    /// The row.
    pub value: Value,
}

/// The open door to one person's data, for one right, in one transaction.
pub struct Disclosure<'tx> {
    tx: &'tx dyn RightsTx,
    vault: &'tx Vault,
    subject: Subject,
    /// The number of the audit entry that says so.
    pub entry: u64,
}

impl<'tx> Disclosure<'tx> {
    /// Writes the audit entry, then opens the door.
    ///
    /// # Errors
    /// [`RightsError::UnknownSubject`] when nobody is known by that name.
    pub fn open(
        tx: &'tx dyn RightsTx,
        vault: &'tx Vault,
        subject: &Subject,
        right: Right,
        author: Author,
        now: Timestamp,
    ) -> Result<Self, RightsError> {
        if tx.ledger(subject)?.is_none() {
            return Err(RightsError::UnknownSubject);
        }
        let entry = tx.record(Entry {
            seq: 0,
            at: now,
            action: right.action(),
            author,
            task: None,
            purpose: None,
            kind: None,
            subject: Some(vault.tag(subject)?),
            count: 1,
            bundle: None,
            detail: None,
        })?;
        Ok(Self { tx, vault, subject: *subject, entry })
    }

    /// All rows of one kind.
    ///
    /// # Errors
    /// [`RightsError`] when a row can't be read or opened.
    pub fn rows(&self, kind: Kind) -> Result<Vec<DisclosedRow>, RightsError> {
        let stored = self.tx.all_rows(&self.subject, kind)?;
        stored
            .iter()
            .map(|row| {
                let plain = open_row(self.vault, &self.subject, kind, row)?;
                let value = serde_json::from_slice(&plain).map_err(|_| RightsError::Form(kind))?;
                Ok(DisclosedRow { id: row.id, day: row.day, value })
            })
            .collect()
    }

    /// The identities by which the person is found, in the clear.
    ///
    /// # Errors
    /// [`RightsError`] when one can't be read or opened.
    pub fn identities(&self) -> Result<Vec<(IdentityKind, String)>, RightsError> {
        let stored = self.tx.identities(&self.subject)?;
        stored
            .iter()
            .map(|identity| {
                let place = Place {
                    table: IDENTITIES,
                    column: identity.kind.as_str(),
                    row: identity.index.as_bytes(),
                };
                let plain = self.vault.open(&self.subject, place, &identity.sealed)?;
                Ok((identity.kind, String::from_utf8_lossy(&plain).into_owned()))
            })
            .collect()
    }

    /// Seals a corrected row in the place of the one with `id`. Fields that the kind doesn't have are left out.
    ///
    /// # Errors
    /// [`RightsError::Correction`] when the value is no row of this kind; otherwise when it can't be sealed.
    pub fn seal_corrected(
        &self,
        kind: Kind,
        id: [u8; 16],
        day: Day,
        value: &Value,
        entropy: &dyn Entropy,
    ) -> Result<NewRow, RightsError> {
        let plain = zeroize::Zeroizing::new(in_form(kind, value)?);
        let place = Place { table: crate::grant::RECORDS, column: kind.as_str(), row: &id };
        let sealed = self.vault.seal(&self.subject, place, &plain, entropy)?;
        Ok(NewRow::new(self.subject, kind, id, day, sealed))
    }

    /// Seals an identity by which the person will be found from now on, for when the one before was wrong.
    ///
    /// # Errors
    /// [`RightsError`] when it can't be sealed.
    pub fn seal_identity(
        &self,
        kind: IdentityKind,
        value: &str,
        entropy: &dyn Entropy,
    ) -> Result<NewIdentity, RightsError> {
        Ok(seal_identity(self.vault, &self.subject, kind, value, entropy)?)
    }

    /// Seals everything anew for another subject, for when two records are one person's.
    ///
    /// # Errors
    /// [`RightsError`] when something can't be opened or sealed.
    pub fn hand_over(
        &self,
        to: &Subject,
        entropy: &dyn Entropy,
    ) -> Result<(Vec<NewRow>, Vec<NewIdentity>), RightsError> {
        let mut rows = Vec::new();
        for kind in Kind::ALL {
            for row in self.tx.all_rows(&self.subject, *kind)? {
                let plain = open_row(self.vault, &self.subject, *kind, &row)?;
                let place = Place { table: crate::grant::RECORDS, column: kind.as_str(), row: &row.id };
                let sealed = self.vault.seal(to, place, &plain, entropy)?;
                rows.push(NewRow::new(*to, *kind, row.id, row.day, sealed));
            }
        }
        let identities = self
            .identities()?
            .into_iter()
            .map(|(kind, value)| seal_identity(self.vault, to, kind, &value, entropy))
            .collect::<Result<_, _>>()?;
        Ok((rows, identities))
    }

    /// What obliges the shop to keep this row of the person's, if anything does: what [`Self::kept_by_law`] would keep of
    /// it.
    ///
    /// # Errors
    /// [`RightsError`] when the row can't be read or opened.
    pub fn held_by_law(
        &self,
        holds: &[LegalHold],
        kind: Kind,
        id: &[u8; 16],
        today: Day,
    ) -> Result<Option<Retained>, RightsError> {
        let Some(row) = self.tx.all_rows(&self.subject, kind)?.into_iter().find(|row| row.id == *id) else {
            return Ok(None);
        };
        let kept = Outlived::of(self.vault, &self.subject, kind, &row, holds, today)?;
        Ok(kept.map(|kept| kept.retained()))
    }

    /// What the law obliges the shop to keep of this person, reduced to that: to be sealed for an archive, a subject that
    /// no identity leads to. Orders are kept as invoices: number, day, lines, amounts; neither notes nor coupons.
    ///
    /// # Errors
    /// [`RightsError`] when something can't be opened.
    pub fn kept_by_law(&self, holds: &[LegalHold], today: Day) -> Result<Vec<Outlived>, RightsError> {
        let mut kept = Vec::new();
        for kind in Kind::ALL {
            for row in self.tx.all_rows(&self.subject, *kind)? {
                kept.extend(Outlived::of(self.vault, &self.subject, *kind, &row, holds, today)?);
            }
        }
        Ok(kept)
    }
}

/// Reads the value as a row of the kind and writes it down again, so that nothing else is sealed.
fn in_form(kind: Kind, value: &Value) -> Result<Vec<u8>, RightsError> {
    fn through<K: DataKind>(value: &Value) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::from_value::<K::Row>(value.clone()).and_then(|row| serde_json::to_vec(&row))
    }
    match kind {
        Kind::Contact => through::<Contact>(value),
        Kind::BrowsingHistory => through::<BrowsingHistory>(value),
        Kind::CartHistory => through::<CartHistory>(value),
        Kind::PurchaseHistory => through::<PurchaseHistory>(value),
        Kind::DeviceTraces => through::<DeviceTraces>(value),
        Kind::Feedback => through::<Feedback>(value),
        Kind::ShownItems => through::<ShownItems>(value),
        Kind::SentOffers => through::<SentOffers>(value),
        Kind::DeclaredEvents => through::<DeclaredEvents>(value),
    }
    .map_err(|error| RightsError::Correction(kind, error.to_string()))
}

#[cfg(test)]
mod tests;
