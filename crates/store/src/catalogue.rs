//! What is kept and isn't about a person: products and articles, counts of refused events, how far imports have come.
//! A text that came from a customer must never stand here.

use jiff::Timestamp;
use privacy::store::{Day, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{from_sql, sql, to_sql};
use crate::snapshot::Snapshot;

/// What an item of the catalogue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemKind {
    /// Something to buy.
    Product,
    /// Something to read.
    Article,
}

/// A product or article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The shop's own id.
    pub id: String,
    /// What it is.
    pub kind: ItemKind,
    /// Everything else, as the server writes it down. Not personal.
    pub json: String,
    /// When it was last put.
    pub updated_at: Timestamp,
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Lines read.
    pub lines: u64,
    /// Bytes read, before decompression.
    pub bytes: u64,
    /// Whether it reached the end.
    pub done: bool,
    /// Rows stored.
    pub stored: u64,
    /// Rows refused for privacy.
    pub refused: u64,
    /// Lines that could not be understood.
    pub rejected: u64,
    /// Rows that were there already.
    pub duplicate: u64,
}

impl Snapshot<'_> {
    /// The whole catalogue, by id.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn items(&self) -> Result<Vec<Item>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, kind, json, updated_at FROM item ORDER BY id")
            .map_err(sql)?;
        let mut rows = statement.query([]).map_err(sql)?;
        let mut items = Vec::new();
        while let Some(row) = rows.next().map_err(sql)? {
            let kind = match row.get::<_, i64>(1).map_err(sql)? {
                1 => ItemKind::Product,
                2 => ItemKind::Article,
                other => return Err(StoreError::Damaged(format!("`{other}` is no kind of item"))),
            };
            let updated_at = row.get::<_, String>(3).map_err(sql)?.parse();
            items.push(Item {
                id: row.get(0).map_err(sql)?,
                kind,
                json: row.get(2).map_err(sql)?,
                updated_at: updated_at
                    .map_err(|_| StoreError::Damaged(String::from("an item has no time")))?,
            });
        }
        Ok(items)
    }

    /// Counters from a day on: day, reason, count.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    pub fn counters(&self, since: Day) -> Result<Vec<(Day, String, u64)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT day, reason, n FROM counter WHERE day >= ?1 ORDER BY day, reason")
            .map_err(sql)?;
        let mut rows = statement.query([since.0]).map_err(sql)?;
        let mut counters = Vec::new();
        while let Some(row) = rows.next().map_err(sql)? {
            let n = from_sql(row.get(2).map_err(sql)?)?;
            counters.push((Day(row.get(0).map_err(sql)?), row.get(1).map_err(sql)?, n));
        }
        Ok(counters)
    }

    /// How far the import of `source` has come; `None` if it was never begun.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn progress(&self, source: &str) -> Result<Option<Progress>, StoreError> {
        let found = self
            .connection
            .prepare_cached(
                "SELECT lines, bytes, done, stored, refused, rejected, duplicate FROM progress WHERE source = ?1",
            )
            .and_then(|mut statement| {
                statement
                    .query_row([source], |row| {
                        let counts: [i64; 6] =
                            [row.get(0)?, row.get(1)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?];
                        Ok((counts, row.get::<_, bool>(2)?))
                    })
                    .optional()
            })
            .map_err(sql)?;
        let Some(([lines, bytes, stored, refused, rejected, duplicate], done)) = found else {
            return Ok(None);
        };
        Ok(Some(Progress {
            lines: from_sql(lines)?,
            bytes: from_sql(bytes)?,
            done,
            stored: from_sql(stored)?,
            refused: from_sql(refused)?,
            rejected: from_sql(rejected)?,
            duplicate: from_sql(duplicate)?,
        }))
    }
}

pub(crate) fn put_item(connection: &Connection, item: &Item) -> Result<usize, StoreError> {
    let Item { id, kind, json, updated_at } = item;
    let kind = match kind {
        ItemKind::Product => 1,
        ItemKind::Article => 2,
    };
    connection
        .prepare_cached("INSERT OR REPLACE INTO item (id, kind, json, updated_at) VALUES (?1, ?2, ?3, ?4)")
        .and_then(|mut statement| statement.execute(params![id, kind, json, updated_at.to_string()]))
        .map_err(sql)
}

pub(crate) fn delete_item(connection: &Connection, id: &str) -> Result<usize, StoreError> {
    connection
        .prepare_cached("DELETE FROM item WHERE id = ?1")
        .and_then(|mut statement| statement.execute([id]))
        .map_err(sql)
}

pub(crate) fn count(connection: &Connection, day: Day, reason: &str, n: u64) -> Result<usize, StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO counter (day, reason, n) VALUES (?1, ?2, ?3)
             ON CONFLICT (day, reason) DO UPDATE SET n = n + excluded.n",
        )
        .and_then(|mut statement| statement.execute(params![day.0, reason, to_sql(n)]))
        .map_err(sql)
}

pub(crate) fn set_progress(
    connection: &Connection,
    source: &str,
    progress: &Progress,
) -> Result<usize, StoreError> {
    let Progress { lines, bytes, done, stored, refused, rejected, duplicate } = *progress;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO progress
               (source, lines, bytes, done, stored, refused, rejected, duplicate)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                source,
                to_sql(lines),
                to_sql(bytes),
                done,
                to_sql(stored),
                to_sql(refused),
                to_sql(rejected),
                to_sql(duplicate)
            ])
        })
        .map_err(sql)
}
