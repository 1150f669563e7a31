//! What a law keeps of the erased: sealed rows in the keystore, which a restore leaves as it is. They reach it in the
//! commit that shreds the person's key, so that neither is ever without the other. Must never be in a reading of any
//! purpose, nor lie where an older copy could take its place.

use privacy::data::Kind;
use privacy::store::{Day, StoreError, StoredRow};
use privacy::subject::Subject;
use rusqlite::{Connection, Row, params};

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
}

const COLUMNS: &str = "subject, kind, id, day, sealed, law, until_day";
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
}

/// All rows of a table that has these columns.
pub(crate) fn read_all(connection: &Connection, table: &str) -> Result<Vec<RetainedRow>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM {table} ORDER BY until_day, subject, kind, id");
    let mut statement = connection.prepare_cached(&text).map_err(sql)?;
    let mut rows = statement.query([]).map_err(sql)?;
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
    })
}

/// Writes a row into the keystore, in the place of one of the same name.
pub(crate) fn keep(keys: &Connection, retained: &RetainedRow) -> Result<usize, StoreError> {
    let RetainedRow { subject, kind, row: StoredRow { id, day, sealed }, law, until } = retained;
    keys.prepare_cached(
        "INSERT OR REPLACE INTO retained (subject, kind, id, day, sealed, law, until_day)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .and_then(|mut statement| {
        statement.execute(params![subject.as_bytes(), codes::of_kind(*kind), id, day.0, sealed, law, until.0])
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
    take_up(keys, &read_all(data, TO_MOVE)?)?;
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
