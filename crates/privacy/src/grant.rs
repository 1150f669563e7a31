//! The capability that every reading and every collecting needs. A [`Grant`] is proof that the ledger, read in this
//! very transaction, permits this purpose for this person now; a [`Collection`] is the same for taking data in.
//!
//! Neither can be made elsewhere, copied, or kept beyond the transaction. Nothing here may answer yes in doubt.

mod recall;

pub use recall::{Kinds, Scope};

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use jiff::Timestamp;

use crate::audit::Opening;
use crate::consent::{LedgerState, Refusal};
use crate::data::{DataKind, Kind, UsableFor};
use crate::entropy::Entropy;
use crate::personal::Personal;
use crate::projection::Narrow as _;
use crate::pseudonym::{BlindIndex, IdentityKind};
use crate::purpose::{Declared, Purpose, PurposeId};
use crate::register::Fields;
use crate::store::{Day, Law, NewIdentity, NewRow, StoreError, StoredIdentity, StoredRow, Tx};
use crate::subject::Subject;
use crate::vault::{Place, Sealer, Vault, VaultError};

/// The table that holds the rows of personal data.
pub(crate) const RECORDS: &str = "record";
/// The table that holds the identities by which people are found.
pub(crate) const IDENTITIES: &str = "identity";

/// Why a reading didn't happen.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store could not be asked, which is a no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row did not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A row opened but isn't what its kind should be.
    #[error("a row of `{0}` is not in a form that this version reads")]
    Form(Kind),
}

/// Proof that the purpose `P` is permitted for one person, for as long as the transaction lasts.
#[must_use = "a grant that reads nothing only cost a look into the ledger"]
pub struct Grant<'tx, P> {
    tx: &'tx dyn Tx,
    subject: Subject,
    purpose: PurposeId,
    part: &'static str,
    today: Day,
    kind: PhantomData<fn() -> P>,
}

/// Proof that some data of one person may be taken in now, and which.
#[must_use = "a collection that seals nothing only cost a look into the ledger"]
pub struct Collection<'tx> {
    subject: Subject,
    allowed: BTreeMap<Kind, Fields>,
    purposes: Vec<PurposeId>,
    refusals: Vec<(PurposeId, Refusal)>,
    law: &'tx Law,
    today: Day,
    /// What has sealed rows of a kind already; gone with the transaction.
    sealers: RefCell<Vec<(Kind, Sealer)>>,
}

/// Which of a person's rows of a kind are opened.
#[derive(Clone, Copy)]
enum Which {
    All,
    Since(Day),
    Named(BlindIndex),
}

/// What transactions can be asked for. Implemented for every [`Tx`] here and nowhere else.
pub trait Authorize {
    /// Asks the ledger whether `P` is permitted for this person now. `part` names the part of the program that asks,
    /// for the audit log.
    ///
    /// # Errors
    /// [`ReadError::Refused`] with the reason, or [`ReadError::Store`] when the ledger can't be read.
    fn authorize<P: Purpose>(
        &self,
        subject: &Subject,
        part: &'static str,
        now: Timestamp,
    ) -> Result<Grant<'_, P>, ReadError>;

    /// The same for a purpose that the shop has declared, by name.
    ///
    /// # Errors
    /// As [`Self::authorize`].
    fn authorize_declared(
        &self,
        subject: &Subject,
        purpose: &PurposeId,
        part: &'static str,
        now: Timestamp,
    ) -> Result<Grant<'_, Declared>, ReadError>;

    /// Asks which data of this person may be taken in now: what at least one permitted purpose declares.
    ///
    /// `stamped` narrows it to the purposes that the event itself came with, where it came with any.
    ///
    /// # Errors
    /// [`ReadError::Store`] when the ledger can't be read.
    fn collect(
        &self,
        subject: &Subject,
        stamped: &dyn Fn(&PurposeId) -> bool,
        now: Timestamp,
    ) -> Result<Collection<'_>, ReadError>;
}

impl<T: Tx> Authorize for T {
    fn authorize<P: Purpose>(
        &self,
        subject: &Subject,
        part: &'static str,
        now: Timestamp,
    ) -> Result<Grant<'_, P>, ReadError> {
        issue(self, subject, PurposeId::of::<P>(), part, now)
    }

    fn authorize_declared(
        &self,
        subject: &Subject,
        purpose: &PurposeId,
        part: &'static str,
        now: Timestamp,
    ) -> Result<Grant<'_, Declared>, ReadError> {
        issue(self, subject, purpose.clone(), part, now)
    }

    fn collect(
        &self,
        subject: &Subject,
        stamped: &dyn Fn(&PurposeId) -> bool,
        now: Timestamp,
    ) -> Result<Collection<'_>, ReadError> {
        let state = self.ledger(subject)?.ok_or(Refusal::UnknownSubject)?;
        Ok(collection(self, *subject, &state, stamped, now))
    }
}

fn issue<'tx, P>(
    tx: &'tx dyn Tx,
    subject: &Subject,
    purpose: PurposeId,
    part: &'static str,
    now: Timestamp,
) -> Result<Grant<'tx, P>, ReadError> {
    let state = tx.ledger(subject)?.ok_or(Refusal::UnknownSubject)?;
    let law = tx.law();
    state.permit(&purpose, &law.register, &law.notices, now)?;
    Ok(Grant { tx, subject: *subject, purpose, part, today: Day::of(now), kind: PhantomData })
}

fn collection<'tx>(
    tx: &'tx dyn Tx,
    subject: Subject,
    state: &LedgerState,
    stamped: &dyn Fn(&PurposeId) -> bool,
    now: Timestamp,
) -> Collection<'tx> {
    let law = tx.law();
    let mut collection = Collection {
        subject,
        allowed: BTreeMap::new(),
        purposes: Vec::new(),
        refusals: Vec::new(),
        law,
        today: Day::of(now),
        sealers: RefCell::default(),
    };
    for (purpose, declaration) in &law.register.purposes {
        let permitted = state.permit(purpose, &law.register, &law.notices, now);
        match permitted {
            Ok(()) if stamped(purpose) => {
                for (kind, fields) in &declaration.data {
                    let known = collection.allowed.get(kind);
                    let both = known.map_or_else(|| fields.clone(), |other| other.union(fields));
                    collection.allowed.insert(*kind, both);
                }
                collection.purposes.push(purpose.clone());
            }
            Ok(()) => {
                let refusal =
                    Refusal::NoConsent { purpose: purpose.clone(), status: crate::consent::Status::Refused };
                collection.refusals.push((purpose.clone(), refusal));
            }
            Err(refusal) => collection.refusals.push((purpose.clone(), refusal)),
        }
    }
    collection
}

impl<P> Grant<'_, P> {
    /// Whose data it is about.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// For which purpose.
    #[must_use]
    pub const fn purpose(&self) -> &PurposeId {
        &self.purpose
    }

    fn rows<'g, K: DataKind>(
        &'g self,
        vault: &Vault,
        which: Which,
    ) -> Result<Personal<'g, Vec<K::Row>, P>, ReadError> {
        let law = self.tx.law();
        let declaration = law
            .register
            .purpose(self.purpose.as_str())
            .ok_or_else(|| Refusal::UnknownPurpose(self.purpose.to_string()))?;
        let fields = declaration
            .data
            .get(&K::KIND)
            .ok_or_else(|| Refusal::UndeclaredKind { purpose: self.purpose.clone(), kind: K::KIND })?;
        let oldest = self.today.minus(declaration.retention_days);
        let stored = match which {
            Which::All => self.tx.rows(&self.subject, K::KIND, oldest)?,
            Which::Since(day) => self.tx.rows(&self.subject, K::KIND, oldest.max(day))?,
            Which::Named(name) => {
                let mut rows = self.tx.rows(&self.subject, K::KIND, oldest)?;
                rows.retain(|row| row.id == *name.as_bytes());
                rows
            }
        };
        let mut rows = Vec::with_capacity(stored.len());
        for row in &stored {
            let plain = open_row(vault, &self.subject, K::KIND, row)?;
            let whole: K::Row = serde_json::from_slice(&plain).map_err(|_| ReadError::Form(K::KIND))?;
            let seen = match whole.narrow(fields) {
                // A row of which the purpose may see nothing.
                None => continue,
                Some(Cow::Owned(less)) => less,
                Some(Cow::Borrowed(_)) => whole,
            };
            rows.push(seen);
        }
        self.tx.note_opening(Opening {
            subject: vault.tag(&self.subject)?,
            purpose: self.purpose.to_string(),
            kind: K::KIND.to_string(),
            part: self.part.to_owned(),
            count: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        });
        Ok(Personal::new(rows))
    }
}

impl<P: Purpose> Grant<'_, P> {
    /// Opens the person's rows of one kind: within the purpose's retention, with the fields that it declares, in the
    /// order of their day. The opening is noted for the audit log.
    ///
    /// # Errors
    /// [`ReadError`] when the register doesn't declare the kind for this purpose, or a row doesn't open.
    pub fn read<'g, K: UsableFor<P>>(
        &'g self,
        vault: &Vault,
    ) -> Result<Personal<'g, Vec<K::Row>, P>, ReadError> {
        self.rows::<K>(vault, Which::All)
    }

    /// As [`Self::read`], but only what is of a day or later.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_since<'g, K: UsableFor<P>>(
        &'g self,
        vault: &Vault,
        day: Day,
    ) -> Result<Personal<'g, Vec<K::Row>, P>, ReadError> {
        self.rows::<K>(vault, Which::Since(day))
    }

    /// As [`Self::read`], but only the row that was sealed under the name of this message, if there is one.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_named<'g, K: UsableFor<P>>(
        &'g self,
        vault: &Vault,
        message: &str,
    ) -> Result<Personal<'g, Vec<K::Row>, P>, ReadError> {
        self.rows::<K>(vault, Which::Named(vault.message_index(message)))
    }
}

impl Grant<'_, Declared> {
    /// Opens the person's rows of one kind for a purpose that the shop has declared; the register decides which.
    ///
    /// # Errors
    /// As for a built-in purpose.
    pub fn read_declared<'g, K: DataKind>(
        &'g self,
        vault: &Vault,
    ) -> Result<Personal<'g, Vec<K::Row>, Declared>, ReadError> {
        self.rows::<K>(vault, Which::All)
    }
}

pub(crate) fn open_row(
    vault: &Vault,
    subject: &Subject,
    kind: Kind,
    row: &StoredRow,
) -> Result<zeroize::Zeroizing<Vec<u8>>, VaultError> {
    let place = Place { table: RECORDS, column: kind.as_str(), row: &row.id };
    vault.open(subject, place, &row.sealed)
}

/// Why a row wasn't taken in.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// No permitted purpose declares this kind of data.
    #[error("no purpose that is permitted for this person declares `{0}`")]
    NotPermitted(Kind),
    /// No purpose at all is permitted.
    #[error("no purpose is permitted for this person")]
    NothingPermitted,
    /// Sealing failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The row can't be written down.
    #[error("a row of `{0}` can't be written down")]
    Form(Kind),
}

impl Collection<'_> {
    /// The purposes that are permitted.
    #[must_use]
    pub fn purposes(&self) -> &[PurposeId] {
        &self.purposes
    }

    /// The purposes that are not, each with the reason.
    #[must_use]
    pub fn refusals(&self) -> &[(PurposeId, Refusal)] {
        &self.refusals
    }

    /// Whether data of this kind may be taken in at all.
    #[must_use]
    pub fn permits(&self, kind: Kind) -> bool {
        self.allowed.contains_key(&kind)
    }

    /// The row as the purpose `P` will read it from the vault: with the fields that it declares, if it is permitted,
    /// declares the kind, and keeps rows of that day. So what is learnt from a row as it comes in equals what is
    /// learnt from it later.
    #[must_use]
    pub fn as_read_for<'r, P: Purpose, K: UsableFor<P>>(
        &self,
        row: &'r K::Row,
        day: Day,
    ) -> Option<Cow<'r, K::Row>> {
        if !self.purposes.iter().any(|purpose| purpose.as_str() == P::ID) {
            return None;
        }
        let declaration = self.law.register.purpose(P::ID)?;
        if day < self.today.minus(declaration.retention_days) {
            return None;
        }
        row.narrow(declaration.data.get(&K::KIND)?)
    }

    /// Seals the value of an identity by which this person will be found again.
    ///
    /// # Errors
    /// [`CollectError::NothingPermitted`] when no purpose is permitted, so that nobody needs to be found again.
    pub fn seal_identity(
        &self,
        kind: IdentityKind,
        value: &str,
        vault: &Vault,
        entropy: &dyn Entropy,
    ) -> Result<NewIdentity, CollectError> {
        if self.purposes.is_empty() {
            return Err(CollectError::NothingPermitted);
        }
        seal_identity(vault, &self.subject, kind, value, entropy).map_err(CollectError::Vault)
    }

    /// Reduces a row to what is permitted and seals it. `message` tells it from a repetition of itself.
    ///
    /// # Errors
    /// [`CollectError::NotPermitted`] when no permitted purpose declares the kind or anything in the row.
    pub fn seal<K: DataKind>(
        &self,
        row: &K::Row,
        message: &str,
        day: Day,
        vault: &Vault,
        entropy: &dyn Entropy,
    ) -> Result<NewRow, CollectError> {
        self.seal_named::<K>(row, vault.message_index(message), day, vault, entropy)
    }

    /// The same under the name that [`Vault::message_index`] gave the message.
    ///
    /// # Errors
    /// As [`Self::seal`].
    pub fn seal_named<K: DataKind>(
        &self,
        row: &K::Row,
        name: BlindIndex,
        day: Day,
        vault: &Vault,
        entropy: &dyn Entropy,
    ) -> Result<NewRow, CollectError> {
        let fields = self.allowed.get(&K::KIND).ok_or(CollectError::NotPermitted(K::KIND))?;
        let kept = row.narrow(fields).ok_or(CollectError::NotPermitted(K::KIND))?;
        let plain = serde_json::to_vec(&*kept).map_err(|_| CollectError::Form(K::KIND))?;
        let plain = zeroize::Zeroizing::new(plain);
        let id = *name.as_bytes();
        let sealed = self.with_sealer(K::KIND, vault, |sealer| sealer.seal(&id, &plain, entropy))?;
        Ok(NewRow::new(self.subject, K::KIND, id, day, sealed))
    }

    fn with_sealer<R>(
        &self,
        kind: Kind,
        vault: &Vault,
        work: impl FnOnce(&Sealer) -> Result<R, VaultError>,
    ) -> Result<R, VaultError> {
        let mut sealers = self.sealers.borrow_mut();
        if let Some((_, sealer)) = sealers.iter().find(|(known, _)| *known == kind) {
            return work(sealer);
        }
        let sealer = vault.sealer(&self.subject, RECORDS, kind.as_str())?;
        let result = work(&sealer);
        sealers.push((kind, sealer));
        result
    }
}

pub(crate) fn seal_row(
    vault: &Vault,
    subject: &Subject,
    kind: Kind,
    plain: &[u8],
    message: &str,
    day: Day,
    entropy: &dyn Entropy,
) -> Result<NewRow, VaultError> {
    let id = *vault.message_index(message).as_bytes();
    let place = Place { table: RECORDS, column: kind.as_str(), row: &id };
    let sealed = vault.seal(subject, place, plain, entropy)?;
    Ok(NewRow::new(*subject, kind, id, day, sealed))
}

pub(crate) fn seal_identity(
    vault: &Vault,
    subject: &Subject,
    kind: IdentityKind,
    value: &str,
    entropy: &dyn Entropy,
) -> Result<NewIdentity, VaultError> {
    let index = vault.index(kind, &kind.normalise(value));
    let place = Place { table: IDENTITIES, column: kind.as_str(), row: index.as_bytes() };
    let sealed = vault.seal(subject, place, value.as_bytes(), entropy)?;
    Ok(NewIdentity::new(*subject, StoredIdentity { kind, index, sealed }))
}
