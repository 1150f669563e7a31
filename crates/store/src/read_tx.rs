//! A reading transaction: one snapshot, on a connection that can't write.

use std::ops::Deref;

use privacy::audit::Opening;
use privacy::consent::LedgerState;
use privacy::data::Kind;
use privacy::store::{Day, Law, StoreError, StoredRow, Tx};
use privacy::subject::Subject;
use rusqlite::Connection;

use crate::shared::Shared;
use crate::snapshot::Snapshot;

/// A reading transaction. Everything in it is seen at one moment.
pub struct ReadTx<'s>(Snapshot<'s>);

impl<'s> ReadTx<'s> {
    pub(crate) const fn new(connection: &'s Connection, shared: &'s Shared) -> Self {
        Self(Snapshot::new(connection, shared))
    }
}

impl<'s> Deref for ReadTx<'s> {
    type Target = Snapshot<'s>;

    fn deref(&self) -> &Snapshot<'s> {
        &self.0
    }
}

impl Tx for ReadTx<'_> {
    fn law(&self) -> &Law {
        self.0.law()
    }

    fn ledger(&self, subject: &Subject) -> Result<Option<LedgerState>, StoreError> {
        self.0.ledger(subject)
    }

    fn rows(&self, subject: &Subject, kind: Kind, oldest: Day) -> Result<Vec<StoredRow>, StoreError> {
        self.0.rows(subject, kind, oldest)
    }

    fn note_opening(&self, opening: Opening) {
        self.0.note_opening(opening);
    }
}
