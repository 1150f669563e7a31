//! The seam behind which the rows lie: what a store offers to grants and rights, and the few types that cross it.
//!
//! A store must never see plaintext, and must never answer from anything but the transaction at hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::audit::{Entry, Opening};
use crate::consent::LedgerState;
use crate::data::Kind;
use crate::notice::NoticeHistory;
use crate::pseudonym::{BlindIndex, IdentityKind};
use crate::register::Register;
use crate::subject::Subject;

/// Why a store could not do what was asked. The words are for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It can't be reached, is busy, or its disk is full.
    #[error("the store can't be used at the moment: {0}")]
    Unavailable(String),
    /// It holds something that it shouldn't.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// It was made by a newer version.
    #[error("the store has schema {found}, this program knows {known}; use a newer version of the program")]
    TooNew {
        /// The store's.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
}

/// A day, counted from 1970-01-01 UTC: all that the store sees of when something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(pub i32);

impl Day {
    /// The day of an instant.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self(i32::try_from(at.as_second().div_euclid(86_400)).unwrap_or(i32::MAX))
    }

    /// The day of an instant in milliseconds.
    #[must_use]
    pub fn of_millis(at: i64) -> Self {
        Self(i32::try_from(at.div_euclid(86_400_000)).unwrap_or(i32::MAX))
    }

    /// So many days before.
    #[must_use]
    pub fn minus(self, days: u32) -> Self {
        Self(self.0.saturating_sub(i32::try_from(days).unwrap_or(i32::MAX)))
    }

    /// So many days after.
    #[must_use]
    pub fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(i32::try_from(days).unwrap_or(i32::MAX)))
    }

    /// Its first second, counted from 1970-01-01 UTC.
    #[must_use]
    pub fn first_second(self) -> i64 {
        i64::from(self.0) * 86_400
    }

    /// As `2026-11-22`.
    #[must_use]
    pub fn to_date(self) -> String {
        Timestamp::from_second(i64::from(self.0) * 86_400)
            .map_or_else(|_| String::from("unknown"), |at| at.strftime("%Y-%m-%d").to_string())
    }
}

/// What holds while a transaction lasts: the register and the notices that people decided on.
#[derive(Debug, Clone)]
pub struct Law {
    /// The declaration in force.
    pub register: Arc<Register>,
    /// The notices so far.
    pub notices: Arc<NoticeHistory>,
}

impl Law {
    /// For how many days any purpose keeps rows of this kind, by the register or by any notice so far; each once.
    #[must_use]
    pub fn retentions(&self, kind: Kind) -> BTreeSet<u32> {
        let registers = self.notices.registers().chain(std::iter::once(&*self.register));
        registers
            .flat_map(|register| register.purposes_of(kind))
            .map(|(_, declaration)| declaration.retention_days)
            .collect()
    }
}

/// A sealed row as it comes out of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    /// Its keyed name, unique for the subject and kind.
    pub id: [u8; 16],
    /// The day that it is about.
    pub day: Day,
    /// The ciphertext.
    pub sealed: Vec<u8>,
}

/// A sealed row on its way in. Only a [`crate::grant::Collection`] or a right makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRow {
    subject: Subject,
    kind: Kind,
    row: StoredRow,
}

impl NewRow {
    pub(crate) const fn new(subject: Subject, kind: Kind, id: [u8; 16], day: Day, sealed: Vec<u8>) -> Self {
        Self { subject, kind, row: StoredRow { id, day, sealed } }
    }

    /// Whose it is.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Of which kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What the store keeps.
    #[must_use]
    pub const fn row(&self) -> &StoredRow {
        &self.row
    }
}

/// An identity as the store keeps it: found by its keyed name, readable by rights alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredIdentity {
    /// What it is.
    pub kind: IdentityKind,
    /// Its keyed name.
    pub index: BlindIndex,
    /// The value, sealed.
    pub sealed: Vec<u8>,
}

/// An identity on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIdentity {
    subject: Subject,
    identity: StoredIdentity,
}

impl NewIdentity {
    pub(crate) const fn new(subject: Subject, identity: StoredIdentity) -> Self {
        Self { subject, identity }
    }

    /// Whose it is.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What the store keeps.
    #[must_use]
    pub const fn identity(&self) -> &StoredIdentity {
        &self.identity
    }
}

/// A transaction, as far as grants and rights need one. All answers come from one snapshot.
pub trait Tx {
    /// The register and notices in force.
    fn law(&self) -> &Law;

    /// The replayed ledger of a person; `None` if nobody is known by that name.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read, which every caller takes as a no.
    fn ledger(&self, subject: &Subject) -> Result<Option<LedgerState>, StoreError>;

    /// The person's rows of one kind from day `oldest` on, in the order of their day.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    fn rows(&self, subject: &Subject, kind: Kind, oldest: Day) -> Result<Vec<StoredRow>, StoreError>;

    /// Notes that the machine opened personal data; the log commits to all of a second's openings by one leaf.
    fn note_opening(&self, opening: Opening);
}

/// A transaction in which rights are exercised: one that can write.
pub trait RightsTx: Tx {
    /// All rows of a person and kind, whatever any purpose's retention.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    fn all_rows(&self, subject: &Subject, kind: Kind) -> Result<Vec<StoredRow>, StoreError> {
        self.rows(subject, kind, Day(i32::MIN))
    }

    /// The identities by which a person is found.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    fn identities(&self, subject: &Subject) -> Result<Vec<StoredIdentity>, StoreError>;

    /// Appends to the audit log, in this transaction, and says the entry's number.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written; nothing of the transaction holds then.
    fn record(&self, entry: Entry) -> Result<u64, StoreError>;
}
