//! A writing transaction: one write of several that are committed together, each in its own savepoint.
//!
//! It counts what it changes, so that no change can go without an audit entry, and collects what the keystore must
//! learn before the data is committed. It must never open or seal anything.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Deref;

use jiff::Timestamp;
use privacy::audit::{Entry, Hash, Opening};
use privacy::consent::{LedgerEntry, LedgerState};
use privacy::data::Kind;
use privacy::entropy::Entropy;
use privacy::pseudonym::{BlindIndex, IdentityKind};
use privacy::store::{Day, Law, NewIdentity, NewRow, RightsTx, StoreError, StoredIdentity, StoredRow, Tx};
use privacy::subject::Subject;
use privacy::vault::VaultError;
use rusqlite::{CachedStatement, Connection, params};

use crate::audit_log::AuditLog;
use crate::catalogue::{self, Item, Progress};
use crate::error::sql;
use crate::keystore::KeyChange;
use crate::ledger::Ledger;
use crate::pending::Write;
use crate::shared::Shared;
use crate::snapshot::Snapshot;
use crate::{codes, due, ledger};

/// What became of a row that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is new.
    Stored,
    /// A row of this subject, kind and name was there already, and stays as it is.
    Duplicate,
}

const PUT: &str = "INSERT OR IGNORE INTO record (subject, kind, id, day, sealed) VALUES (?1, ?2, ?3, ?4, ?5)";
const REPLACE: &str =
    "INSERT OR REPLACE INTO record (subject, kind, id, day, sealed) VALUES (?1, ?2, ?3, ?4, ?5)";

/// Whom a write has touched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Touched {
    #[default]
    Nobody,
    One(Subject),
    Several,
}

/// What runs after a commit.
pub(crate) type Hook = Box<dyn FnOnce() + Send>;

/// What a write has done so far.
#[derive(Default)]
pub(crate) struct Effects {
    pub(crate) rows: u64,
    pub(crate) touched: Touched,
    pub(crate) leaves: Vec<Hash>,
    /// What the keystore must learn before the data is committed.
    pub(crate) keys: Vec<KeyChange>,
    /// Of the keys that it must learn, those that nobody has yet.
    pub(crate) spares: Vec<Subject>,
    /// Names that lay ready and are somebody's now.
    pub(crate) taken: Vec<Subject>,
    /// What it must learn after.
    pub(crate) later: Vec<KeyChange>,
    /// What runs once all this is committed.
    pub(crate) hooks: Vec<Hook>,
    /// The last subject that was found to be known.
    pub(crate) known: Option<Known>,
    /// The first day on which something that came in has run out, by whose it is.
    pub(crate) due: HashMap<Subject, Day>,
}

impl Effects {
    /// Takes in what another write has done in the same transaction, as far as it outlives the write.
    pub(crate) fn gather(&mut self, mut other: Self) {
        self.keys.append(&mut other.keys);
        self.spares.append(&mut other.spares);
        self.taken.append(&mut other.taken);
        self.later.append(&mut other.later);
        self.hooks.append(&mut other.hooks);
    }
}

/// A living data subject, as this transaction has read and changed them.
pub(crate) struct Known {
    subject: Subject,
    ledger: Option<Ledger>,
}

/// A writing transaction.
pub struct WriteTx<'w> {
    pub(crate) snapshot: Snapshot<'w>,
    pub(crate) what: &'w Write,
    first_entry: u64,
    pub(crate) effects: RefCell<Effects>,
    /// What puts a row, prepared once for all of this write's.
    put: RefCell<Option<CachedStatement<'w>>>,
}

impl<'w> Deref for WriteTx<'w> {
    type Target = Snapshot<'w>;

    fn deref(&self) -> &Snapshot<'w> {
        &self.snapshot
    }
}

impl<'w> WriteTx<'w> {
    pub(crate) fn new(
        connection: &'w Connection,
        shared: &'w Shared,
        what: &'w Write,
        log: &AuditLog,
    ) -> Self {
        Self {
            snapshot: Snapshot::new(connection, shared),
            what,
            first_entry: log.size(),
            effects: RefCell::default(),
            put: RefCell::default(),
        }
    }

    pub(crate) fn into_effects(self) -> Effects {
        self.effects.into_inner()
    }

    /// What this write is.
    #[must_use]
    pub const fn what(&self) -> &'w Write {
        self.what
    }

    /// The randomness of the store, for sealing.
    #[must_use]
    pub fn entropy(&self) -> &'w dyn Entropy {
        self.snapshot.shared.entropy.as_ref()
    }

    /// Runs `hook` in the order of commits, once this write lies on the disk and before it is answered; not at all if it
    /// is rolled back. It is how what is kept in memory follows the store. Keep it short, and wait for no write in it.
    pub fn after_commit(&self, hook: Box<dyn FnOnce() + Send>) {
        self.effects.borrow_mut().hooks.push(hook);
    }

    /// A new data subject, whose data key lies in the keystore before this write reaches the data.
    ///
    /// # Errors
    /// [`StoreError`] when randomness fails or it can't be written.
    pub fn create_subject(&self, now: Timestamp) -> Result<Subject, StoreError> {
        let subject = self.name_with_key()?;
        self.connection
            .prepare_cached("INSERT INTO subject (subject, created_day, due_day) VALUES (?1, ?2, ?3)")
            .and_then(|mut s| s.execute(params![subject.as_bytes(), Day::of(now).0, due::NEVER.0]))
            .map_err(sql)?;
        self.changed(&subject, 1);
        self.effects.borrow_mut().known = Some(Known { subject, ledger: Some(Ledger::default()) });
        Ok(subject)
    }

    /// Draws a name and a data key for what the law keeps: nobody's name, that no identity leads to and that isn't
    /// among [`Snapshot::subjects`]. For [`Self::retain`].
    ///
    /// # Errors
    /// [`StoreError`] when randomness fails.
    pub fn create_archive(&self) -> Result<Subject, StoreError> {
        self.mint()
    }

    /// Appends to a person's ledger and says the entry's number, from 0.
    ///
    /// # Errors
    /// [`StoreError`] when nobody is known by that name, or it can't be written.
    pub fn append(
        &self,
        subject: &Subject,
        entry: &LedgerEntry,
        recorded_at: Timestamp,
    ) -> Result<u64, StoreError> {
        let seq = self
            .with_ledger(subject, |ledger| {
                let seq = ledger.entries;
                ledger::append(self.connection, subject, seq, entry, recorded_at)?;
                ledger.entries += 1;
                ledger.state.apply(entry.clone());
                self.changed(subject, 1);
                Ok(seq)
            })?
            .ok_or_else(unknown)?;
        if let LedgerEntry::Consent(record) = entry {
            self.note_decision(subject, record);
        }
        Ok(seq)
    }

    /// Stores a sealed row, unless it is there already.
    ///
    /// # Errors
    /// [`StoreError`] when its subject isn't known (any more), or it can't be written.
    pub fn put(&self, row: &NewRow) -> Result<Put, StoreError> {
        self.require(row.subject())?;
        let mut prepared = self.put.borrow_mut();
        let statement = match &mut *prepared {
            Some(statement) => statement,
            None => prepared.insert(self.connection.prepare_cached(PUT).map_err(sql)?),
        };
        let changed = insert(statement, row)?;
        drop(prepared);
        self.changed(row.subject(), changed);
        if changed > 0 {
            self.note_row(row.subject(), row.kind(), row.row().day);
        }
        Ok(if changed == 0 { Put::Duplicate } else { Put::Stored })
    }

    /// Stores a sealed row in the place of one of the same name.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn replace(&self, row: &NewRow) -> Result<(), StoreError> {
        self.require(row.subject())?;
        let changed = insert(&mut self.connection.prepare_cached(REPLACE).map_err(sql)?, row)?;
        self.changed(row.subject(), changed);
        self.note_row(row.subject(), row.kind(), row.row().day);
        Ok(())
    }

    /// Makes an identity lead to a person, wherever it led before.
    ///
    /// # Errors
    /// [`StoreError`] when its subject isn't known (any more), or it can't be written.
    pub fn link(&self, identity: &NewIdentity) -> Result<(), StoreError> {
        self.require(identity.subject())?;
        let StoredIdentity { kind, index, sealed } = identity.identity();
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO identity (kind, name, subject, sealed) VALUES (?1, ?2, ?3, ?4)",
            )
            .and_then(|mut s| {
                let subject = identity.subject().as_bytes();
                s.execute(params![codes::of_identity(*kind), index.as_bytes(), subject, sealed])
            })
            .map_err(sql)?;
        self.changed(identity.subject(), 1);
        Ok(())
    }

    /// Makes an identity lead nowhere; whether it led anywhere.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn unlink(&self, kind: IdentityKind, index: &BlindIndex) -> Result<bool, StoreError> {
        let Some(subject) = self.find_index(kind, index)? else { return Ok(false) };
        self.delete(
            "DELETE FROM identity WHERE kind = ?1 AND name = ?2",
            params![codes::of_identity(kind), index.as_bytes()],
            Some(&subject),
        )
        .map(|deleted| deleted > 0)
    }

    /// Puts an item into the catalogue, in the place of one with the same id.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn put_item(&self, item: &Item) -> Result<(), StoreError> {
        self.count_rows(catalogue::put_item(self.connection, item)?);
        Ok(())
    }

    /// Takes an item out of the catalogue; whether it was there.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn delete_item(&self, id: &str) -> Result<bool, StoreError> {
        let deleted = catalogue::delete_item(self.connection, id)?;
        self.count_rows(deleted);
        Ok(deleted > 0)
    }

    /// Adds to a day's count of what was refused for a reason. The reason is one of the program's own words.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn count(&self, day: Day, reason: &str, n: u64) -> Result<(), StoreError> {
        self.count_rows(catalogue::count(self.connection, day, reason, n)?);
        Ok(())
    }

    /// Writes down how far an import has come, in the transaction of what it stored.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn set_progress(&self, source: &str, progress: &Progress) -> Result<(), StoreError> {
        self.count_rows(catalogue::set_progress(self.connection, source, progress)?);
        Ok(())
    }

    /// INVARIANT: nothing is written for somebody who was erased, even if it was sealed just before.
    fn require(&self, subject: &Subject) -> Result<(), StoreError> {
        if self.effects.borrow().known.as_ref().is_some_and(|known| known.subject == *subject) {
            return Ok(());
        }
        if !self.is_known(subject)? {
            return Err(unknown());
        }
        self.effects.borrow_mut().known = Some(Known { subject: *subject, ledger: None });
        Ok(())
    }

    /// The person's ledger, read once as long as the writes are about one person; `None` if nobody is known by that
    /// name. What `work` appends it must apply too. If it fails, the ledger is read anew.
    fn with_ledger<R>(
        &self,
        subject: &Subject,
        work: impl FnOnce(&mut Ledger) -> Result<R, StoreError>,
    ) -> Result<Option<R>, StoreError> {
        let at_hand = self.effects.borrow_mut().known.take().filter(|known| known.subject == *subject);
        let ledger = match at_hand.and_then(|known| known.ledger) {
            Some(ledger) => Some(ledger),
            None => self.snapshot.read_ledger(subject)?,
        };
        let Some(mut ledger) = ledger else { return Ok(None) };
        let result = work(&mut ledger)?;
        self.effects.borrow_mut().known = Some(Known { subject: *subject, ledger: Some(ledger) });
        Ok(Some(result))
    }

    pub(crate) fn changed(&self, subject: &Subject, rows: u64) {
        if rows == 0 {
            return;
        }
        let mut effects = self.effects.borrow_mut();
        effects.rows += rows;
        effects.touched = match effects.touched {
            Touched::Nobody => Touched::One(*subject),
            Touched::One(known) if known == *subject => Touched::One(known),
            Touched::One(_) | Touched::Several => Touched::Several,
        };
    }

    pub(crate) fn changed_many(&self, rows: u64) {
        if rows > 0 {
            let mut effects = self.effects.borrow_mut();
            effects.rows += rows;
            effects.touched = Touched::Several;
        }
    }

    pub(crate) fn count_rows(&self, rows: usize) {
        self.effects.borrow_mut().rows += rows as u64;
    }
}

impl Tx for WriteTx<'_> {
    fn law(&self) -> &Law {
        self.snapshot.law()
    }

    fn ledger(&self, subject: &Subject) -> Result<Option<LedgerState>, StoreError> {
        self.with_ledger(subject, |ledger| Ok(ledger.state.clone()))
    }

    fn rows(&self, subject: &Subject, kind: Kind, oldest: Day) -> Result<Vec<StoredRow>, StoreError> {
        self.snapshot.rows(subject, kind, oldest)
    }

    fn note_opening(&self, opening: Opening) {
        self.snapshot.note_opening(opening);
    }
}

impl RightsTx for WriteTx<'_> {
    fn identities(&self, subject: &Subject) -> Result<Vec<StoredIdentity>, StoreError> {
        self.snapshot.identities(subject)
    }

    fn record(&self, entry: Entry) -> Result<u64, StoreError> {
        let mut effects = self.effects.borrow_mut();
        let seq = self.first_entry + effects.leaves.len() as u64;
        let leaf = AuditLog::insert(self.connection, entry, seq)?;
        effects.leaves.push(leaf);
        Ok(seq)
    }
}

fn insert(statement: &mut CachedStatement<'_>, new: &NewRow) -> Result<u64, StoreError> {
    let StoredRow { id, day, sealed } = new.row();
    let key = params![new.subject().as_bytes(), codes::of_kind(new.kind()), id, day.0, sealed];
    statement.execute(key).map(|changed| changed as u64).map_err(sql)
}

fn unknown() -> StoreError {
    StoreError::Unavailable(String::from("this data subject isn't known, or no longer"))
}

pub(crate) fn vault_error(error: VaultError) -> StoreError {
    match error {
        VaultError::Store(error) => error,
        other => StoreError::Unavailable(other.to_string()),
    }
}
