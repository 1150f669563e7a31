//! What a law keeps of the erased: sealed rows in the keystore, which a restore leaves as it is. They reach it in the
//! commit that shreds the person's key, so that neither is ever without the other. Must never be in a reading of any
//! purpose, nor lie where an older copy could take its place.

use privacy::data::Kind;
use privacy::pseudonym::BlindIndex;
use privacy::store::{Day, StoreError, StoredRow};
use privacy::subject::Subject;
use rusqlite::{Connection, Params, Row, params};

use crate::codes;
use crate::error::sql;
use crate::keystore::KeyWriter;
use crate::snapshot::Snapshot;

/// A row that a law keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainedRow {
    /// The archive that it is sealed for.
    pub subject: Subject,
    /// Of which kind.
    pub kind: Kind,
    /// The sealed row.
    pub row: StoredRow,
    /// The law and section.
    pub law: String,
    /// The first day on which it need not be kept.
    pub until: Day,
    /// By what it is found again.
    pub found_by: FoundBy,
}

/// By what the shop finds again what a law keeps: keyed names that lead to no person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundBy {
    /// The order's number.
    pub order: Option<BlindIndex>,
    /// The certificate of the erasure; none for what outlived its purposes while its person was known.
    pub certificate: Option<BlindIndex>,
}

const COLUMNS: &str = "subject, kind, id, day, sealed, law, until_day, order_name, certificate_name";
/// The same of a table from before there were names to find it by.
const NAMELESS: &str = "subject, kind, id, day, sealed, law, until_day, NULL, NULL";
/// Where data from before the move has them.
const TO_MOVE: &str = "retained_to_move";

impl Snapshot<'_> {
    /// What the law keeps, as last committed, by the day until which.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn retained(&self) -> Result<Vec<RetainedRow>, StoreError> {
        self.shared.keys.read(|keys| read_all(keys, "retained"))
    }

    /// What the law keeps under this name, of an order or a certificate, as last committed.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn retained_by(&self, name: &BlindIndex) -> Result<Vec<RetainedRow>, StoreError> {
        let text = format!(
            "SELECT {COLUMNS} FROM retained WHERE order_name = ?1
             UNION SELECT {COLUMNS} FROM retained WHERE certificate_name = ?1 ORDER BY subject, kind, day, id"
        );
        self.shared.keys.read(|keys| select(keys, &text, [name.as_bytes()]))
    }

    /// Whether the law keeps a row of this kind and name already, as last committed.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn is_retained(&self, kind: Kind, name: &BlindIndex) -> Result<bool, StoreError> {
        self.shared.keys.read(|keys| {
            keys.prepare_cached("SELECT 1 FROM retained WHERE kind = ?1 AND id = ?2")
                .and_then(|mut statement| statement.exists(params![codes::of_kind(kind), name.as_bytes()]))
                .map_err(sql)
        })
    }
}

/// All rows of the keystore's table.
pub(crate) fn read_all(connection: &Connection, table: &str) -> Result<Vec<RetainedRow>, StoreError> {
    select(connection, &format!("SELECT {COLUMNS} FROM {table} {IN_ORDER}"), [])
}

/// All rows of a table from before there were names to find them by.
pub(crate) fn read_nameless(connection: &Connection, table: &str) -> Result<Vec<RetainedRow>, StoreError> {
    select(connection, &format!("SELECT {NAMELESS} FROM {table} {IN_ORDER}"), [])
}

const IN_ORDER: &str = "ORDER BY until_day, subject, kind, id";

fn select(connection: &Connection, text: &str, key: impl Params) -> Result<Vec<RetainedRow>, StoreError> {
    let mut statement = connection.prepare_cached(text).map_err(sql)?;
    let mut rows = statement.query(key).map_err(sql)?;
    let mut retained = Vec::new();
    while let Some(row) = rows.next().map_err(sql)? {
        retained.push(read(row)?);
    }
    Ok(retained)
}

fn read(row: &Row<'_>) -> Result<RetainedRow, StoreError> {
    Ok(RetainedRow {
        subject: Subject::from_bytes(row.get(0).map_err(sql)?),
        kind: codes::kind(row.get(1).map_err(sql)?)?,
        row: StoredRow {
            id: row.get(2).map_err(sql)?,
            day: Day(row.get(3).map_err(sql)?),
            sealed: row.get(4).map_err(sql)?,
        },
        law: row.get(5).map_err(sql)?,
        until: Day(row.get(6).map_err(sql)?),
        found_by: FoundBy { order: name(row, 7)?, certificate: name(row, 8)? },
    })
}

fn name(row: &Row<'_>, column: usize) -> Result<Option<BlindIndex>, StoreError> {
    row.get::<_, Option<[u8; 16]>>(column).map(|bytes| bytes.map(BlindIndex::from_bytes)).map_err(sql)
}

/// Writes a row into the keystore, in the place of one of the same name.
pub(crate) fn keep(keys: &Connection, retained: &RetainedRow) -> Result<usize, StoreError> {
    let RetainedRow { subject, kind, row: StoredRow { id, day, sealed }, law, until, found_by } = retained;
    let [order, certificate] =
        [found_by.order, found_by.certificate].map(|name| name.map(|one| *one.as_bytes()));
    keys.prepare_cached(&format!(
        "INSERT OR REPLACE INTO retained ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    ))
    .and_then(|mut statement| {
        statement.execute(params![
            subject.as_bytes(),
            codes::of_kind(*kind),
            id,
            day.0,
            sealed,
            law,
            until.0,
            order,
            certificate
        ])
    })
    .map_err(sql)
}

/// Deletes what the law no longer keeps on this day.
pub(crate) fn expire(keys: &Connection, today: Day) -> Result<usize, StoreError> {
    keys.prepare_cached("DELETE FROM retained WHERE until_day <= ?1")
        .and_then(|mut statement| statement.execute([today.0]))
        .map_err(sql)
}

/// How many rows the law no longer keeps on this day, and the archives that have nothing else.
pub(crate) fn due(keys: &Connection, today: Day) -> Result<(u64, Vec<Subject>), StoreError> {
    let mut statement = keys
        .prepare_cached(
            "SELECT subject, count(*), max(until_day <= ?1 AND NOT EXISTS
               (SELECT 1 FROM retained r WHERE r.subject = retained.subject AND r.until_day > ?1))
             FROM retained WHERE until_day <= ?1 GROUP BY subject",
        )
        .map_err(sql)?;
    let mut rows = statement.query([today.0]).map_err(sql)?;
    let (mut count, mut emptied) = (0, Vec::new());
    while let Some(row) = rows.next().map_err(sql)? {
        count += u64::from(row.get::<_, u32>(1).map_err(sql)?);
        if row.get(2).map_err(sql)? {
            emptied.push(Subject::from_bytes(row.get(0).map_err(sql)?));
        }
    }
    Ok((count, emptied))
}

/// Moves what data from an older version holds into the keystore, but for archives that were shredded since; then the
/// data's table goes. What was moved is on disk in its new place before it leaves the old one.
pub(crate) fn move_to_keys(data: &Connection, keys: &KeyWriter) -> Result<(), StoreError> {
    let is_there = data
        .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1")
        .and_then(|mut statement| statement.exists([TO_MOVE]))
        .map_err(sql)?;
    if !is_there {
        return Ok(());
    }
    take_up(keys, &read_nameless(data, TO_MOVE)?)?;
    data.execute_batch(&format!("DROP TABLE {TO_MOVE}")).map_err(sql)
}

/// Takes rows up that the keystore doesn't have yet, but for archives that were shredded.
pub(crate) fn take_up(keys: &KeyWriter, rows: &[RetainedRow]) -> Result<(), StoreError> {
    let transaction = keys.connection().unchecked_transaction().map_err(sql)?;
    for retained in rows {
        let stays = transaction
            .prepare_cached(
                "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM tombstone WHERE subject = ?1)
                   AND NOT EXISTS (SELECT 1 FROM retained WHERE subject = ?1 AND kind = ?2 AND id = ?3)",
            )
            .and_then(|mut statement| {
                let kind = codes::of_kind(retained.kind);
                statement.exists(params![retained.subject.as_bytes(), kind, retained.row.id])
            })
            .map_err(sql)?;
        if stays {
            keep(&transaction, retained)?;
        }
    }
    transaction.commit().map_err(sql)
}
