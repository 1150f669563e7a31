//! The keystore: `keys.db`, apart from the data, with each living subject's wrapped data key, a tombstone for each who
//! was erased, and what a law keeps of them. A key that was shredded must not stay anywhere in the file or its log.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError, RwLock};

use privacy::audit::Extent;
use privacy::store::{Day, StoreError};
use privacy::subject::Subject;
use privacy::vault::{Epoch, Keystore, WrappedKey};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::error::{from_sql, sql, to_sql};
use crate::log_memory;
use crate::retained::{self, RetainedRow};
use crate::schema;

/// A change that a write wants made to the keystore, before its data is committed.
#[derive(Debug, Clone)]
pub(crate) enum KeyChange {
    /// A new subject's key.
    Mint(Subject, WrappedKey),
    /// The end of a key that nobody came to use.
    Drop(Subject),
    /// The end of a key, and of what a law kept under it.
    Shred(Subject, Day),
    /// A row that a law keeps.
    Retain(RetainedRow),
    /// The end of what a law no longer keeps on this day.
    ExpireRetained(Day),
    /// A head of the audit log that stands in a certificate.
    Cite(Extent),
    /// How far the audit log has come.
    LogEnd(Extent),
}

/// The keystore as the vault asks it: committed keys, and those of the transaction at hand.
pub(crate) struct KeyReader {
    connection: Mutex<Connection>,
    pending: RwLock<HashMap<Subject, WrappedKey>>,
}

impl KeyReader {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = schema::open_reader(path, 8 * 1024)?;
        Ok(Self { connection: Mutex::new(connection), pending: RwLock::default() })
    }

    /// Looks something up in what is committed.
    pub(crate) fn read<R>(
        &self,
        look: impl FnOnce(&Connection) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        look(&self.connection.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes a key known that is not committed yet.
    pub(crate) fn expect(&self, subject: Subject, key: WrappedKey) {
        self.pending.write().unwrap_or_else(PoisonError::into_inner).insert(subject, key);
    }

    /// Forgets an uncommitted key: it is committed now, or never will be.
    pub(crate) fn forget(&self, subject: &Subject) {
        self.pending.write().unwrap_or_else(PoisonError::into_inner).remove(subject);
    }
}

impl Keystore for KeyReader {
    fn wrapped(&self, subject: &Subject) -> Result<Option<WrappedKey>, StoreError> {
        if let Some(key) = self.pending.read().unwrap_or_else(PoisonError::into_inner).get(subject) {
            return Ok(Some(key.clone()));
        }
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection
            .prepare_cached("SELECT epoch, wrapped FROM wrapped_key WHERE subject = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row([subject.as_bytes()], |row| {
                        Ok(WrappedKey { epoch: Epoch(row.get(0)?), bytes: row.get(1)? })
                    })
                    .optional()
            })
            .map_err(sql)
    }
}

/// The keystore as the writer changes it.
pub(crate) struct KeyWriter {
    connection: Connection,
    /// A checkpoint after a shredding could not finish because of a reader, and is due.
    checkpoint_due: bool,
}

impl KeyWriter {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = schema::open_writer(path, schema::KEYS, 8 * 1024)?;
        Ok(Self { connection, checkpoint_due: false })
    }

    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Makes the changes in their order, durably. After a shredding the file's log is emptied, for it may hold the
    /// key still.
    pub(crate) fn commit(&mut self, changes: &[KeyChange]) -> Result<(), StoreError> {
        if !changes.is_empty() {
            let transaction =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
            for change in changes {
                match change {
                    KeyChange::Mint(subject, key) => transaction
                        .prepare_cached(
                            "INSERT INTO wrapped_key (subject, epoch, wrapped) VALUES (?1, ?2, ?3)",
                        )
                        .and_then(|mut s| s.execute(params![subject.as_bytes(), key.epoch.0, key.bytes]))
                        .map_err(sql)?,
                    KeyChange::Drop(subject) => transaction
                        .prepare_cached("DELETE FROM wrapped_key WHERE subject = ?1")
                        .and_then(|mut s| s.execute([subject.as_bytes()]))
                        .map_err(sql)?,
                    KeyChange::Shred(subject, day) => shred(&transaction, subject, *day)?,
                    KeyChange::Retain(row) => retained::keep(&transaction, row)?,
                    KeyChange::ExpireRetained(today) => retained::expire(&transaction, *today)?,
                    KeyChange::Cite(head) => log_memory::cite(&transaction, *head)?,
                    KeyChange::LogEnd(end) => log_memory::set_end(&transaction, *end)?,
                };
            }
            transaction.commit().map_err(sql)?;
            self.checkpoint_due |= changes
                .iter()
                .any(|change| matches!(change, KeyChange::Shred(..) | KeyChange::ExpireRetained(_)));
        }
        if self.checkpoint_due {
            self.checkpoint_due = !self.checkpoint()?;
        }
        Ok(())
    }

    /// Moves the log into the file and empties it; whether nothing stood in the way.
    pub(crate) fn checkpoint(&self) -> Result<bool, StoreError> {
        checkpoint(&self.connection)
    }

    /// The erased.
    pub(crate) fn tombstones(&self) -> Result<Vec<(Subject, Day)>, StoreError> {
        tombstones(&self.connection)
    }

    /// How many keys an epoch still wraps.
    pub(crate) fn count_of_epoch(&self, epoch: Epoch) -> Result<u64, StoreError> {
        self.connection
            .query_row("SELECT count(*) FROM wrapped_key WHERE epoch = ?1", [epoch.0], |row| row.get(0))
            .map_err(sql)
            .and_then(from_sql)
    }

    /// How many keys older epochs wrap.
    pub(crate) fn count_before(&self, epoch: Epoch) -> Result<u64, StoreError> {
        self.connection
            .query_row("SELECT count(*) FROM wrapped_key WHERE epoch < ?1", [epoch.0], |row| row.get(0))
            .map_err(sql)
            .and_then(from_sql)
    }

    pub(crate) fn count(&self) -> Result<u64, StoreError> {
        self.connection
            .query_row("SELECT count(*) FROM wrapped_key", [], |row| row.get(0))
            .map_err(sql)
            .and_then(from_sql)
    }

    /// Wraps up to `at_most` keys of older epochs anew, of subjects after `after`; the last subject that was looked
    /// at and how many, or `None` at the end.
    pub(crate) fn rewrap(
        &mut self,
        after: &[u8],
        before: Epoch,
        at_most: u64,
        rewrap: &mut dyn FnMut(&Subject, &WrappedKey) -> Result<WrappedKey, StoreError>,
    ) -> Result<Option<(Subject, u64)>, StoreError> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
        let mut old = Vec::new();
        {
            let mut statement = transaction
                .prepare_cached(
                    "SELECT subject, epoch, wrapped FROM wrapped_key WHERE subject > ?1 AND epoch < ?2
                     ORDER BY subject LIMIT ?3",
                )
                .map_err(sql)?;
            let mut rows = statement.query(params![after, before.0, to_sql(at_most)]).map_err(sql)?;
            while let Some(row) = rows.next().map_err(sql)? {
                let subject = Subject::from_bytes(row.get(0).map_err(sql)?);
                let epoch = Epoch(row.get(1).map_err(sql)?);
                old.push((subject, WrappedKey { epoch, bytes: row.get(2).map_err(sql)? }));
            }
        }
        for (subject, key) in &old {
            let new = rewrap(subject, key)?;
            transaction
                .prepare_cached("UPDATE wrapped_key SET epoch = ?2, wrapped = ?3 WHERE subject = ?1")
                .and_then(|mut s| s.execute(params![subject.as_bytes(), new.epoch.0, new.bytes]))
                .map_err(sql)?;
        }
        transaction.commit().map_err(sql)?;
        Ok(old.last().map(|(subject, _)| (*subject, old.len() as u64)))
    }
}

pub(crate) fn shred(connection: &Connection, subject: &Subject, day: Day) -> Result<usize, StoreError> {
    connection
        .prepare_cached("DELETE FROM wrapped_key WHERE subject = ?1")
        .and_then(|mut statement| statement.execute([subject.as_bytes()]))
        .map_err(sql)?;
    connection
        .prepare_cached("DELETE FROM retained WHERE subject = ?1")
        .and_then(|mut statement| statement.execute([subject.as_bytes()]))
        .map_err(sql)?;
    connection
        .prepare_cached("INSERT OR IGNORE INTO tombstone (subject, day) VALUES (?1, ?2)")
        .and_then(|mut statement| statement.execute(params![subject.as_bytes(), day.0]))
        .map_err(sql)
}

/// Takes those keys of another keystore up that this one has neither a key nor a tombstone for, if they open.
pub(crate) fn take_up_keys(
    keys: &Connection,
    other: &Connection,
    opens: &mut dyn FnMut(&Subject, &WrappedKey) -> bool,
) -> Result<(), StoreError> {
    let transaction = keys.unchecked_transaction().map_err(sql)?;
    let mut statement = other.prepare("SELECT subject, epoch, wrapped FROM wrapped_key").map_err(sql)?;
    let mut rows = statement.query([]).map_err(sql)?;
    while let Some(row) = rows.next().map_err(sql)? {
        let subject = Subject::from_bytes(row.get(0).map_err(sql)?);
        let key = WrappedKey { epoch: Epoch(row.get(1).map_err(sql)?), bytes: row.get(2).map_err(sql)? };
        let is_new = transaction
            .prepare_cached(
                "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM wrapped_key WHERE subject = ?1)
                   AND NOT EXISTS (SELECT 1 FROM tombstone WHERE subject = ?1)",
            )
            .and_then(|mut statement| statement.exists([subject.as_bytes()]))
            .map_err(sql)?;
        if is_new && opens(&subject, &key) {
            transaction
                .prepare_cached("INSERT INTO wrapped_key (subject, epoch, wrapped) VALUES (?1, ?2, ?3)")
                .and_then(|mut s| s.execute(params![subject.as_bytes(), key.epoch.0, key.bytes]))
                .map_err(sql)?;
        }
    }
    transaction.commit().map_err(sql)
}

pub(crate) fn tombstones(connection: &Connection) -> Result<Vec<(Subject, Day)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT subject, day FROM tombstone").map_err(sql)?;
    let rows = statement
        .query_map([], |row| Ok((Subject::from_bytes(row.get(0)?), Day(row.get(1)?))))
        .map_err(sql)?;
    rows.collect::<Result<_, _>>().map_err(sql)
}

pub(crate) fn checkpoint(connection: &Connection) -> Result<bool, StoreError> {
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
        .map(|busy| busy == 0)
        .map_err(sql)
}
