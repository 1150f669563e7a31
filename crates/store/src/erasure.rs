//! What goes when a person is erased, and what a law keeps. The key goes first, in the keystore; should the machine
//! stop before the rows are gone too, they are deleted at the next opening.

use jiff::Timestamp;
use privacy::audit::{Author, Entry};
use privacy::data::Kind;
use privacy::store::{Day, NewRow, StoreError, StoredRow};
use privacy::subject::Subject;
use rusqlite::{Connection, params};

use crate::audit_log::AuditLog;
use crate::codes;
use crate::error::sql;
use crate::snapshot::Snapshot;

/// What was deleted with a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// Rows by kind, of each kind that had any.
    pub rows: Vec<(Kind, u64)>,
    /// Identities.
    pub identities: u64,
    /// Entries of the consent ledger.
    pub ledger: u64,
}

impl Erased {
    pub(crate) fn total(&self) -> u64 {
        self.rows.iter().map(|(_, count)| count).sum::<u64>() + self.identities + self.ledger
    }
}

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

impl Snapshot<'_> {
    /// What the law keeps.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn retained(&self) -> Result<Vec<RetainedRow>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT subject, kind, id, day, sealed, law, until_day FROM retained ORDER BY until_day",
            )
            .map_err(sql)?;
        let mut rows = statement.query([]).map_err(sql)?;
        let mut retained = Vec::new();
        while let Some(row) = rows.next().map_err(sql)? {
            let stored = StoredRow {
                id: row.get(2).map_err(sql)?,
                day: Day(row.get(3).map_err(sql)?),
                sealed: row.get(4).map_err(sql)?,
            };
            retained.push(RetainedRow {
                subject: Subject::from_bytes(row.get(0).map_err(sql)?),
                kind: codes::kind(row.get(1).map_err(sql)?)?,
                row: stored,
                law: row.get(5).map_err(sql)?,
                until: Day(row.get(6).map_err(sql)?),
            });
        }
        Ok(retained)
    }
}

/// Deletes whatever stands under a subject's name, in every table that has one.
pub(crate) fn delete_everything(connection: &Connection, subject: &Subject) -> Result<Erased, StoreError> {
    let delete = |text: &str| -> Result<u64, StoreError> {
        let mut statement = connection.prepare_cached(text).map_err(sql)?;
        statement.execute([subject.as_bytes()]).map(|n| n as u64).map_err(sql)
    };
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        let count = connection
            .prepare_cached("DELETE FROM record WHERE subject = ?1 AND kind = ?2")
            .and_then(|mut s| s.execute(params![subject.as_bytes(), codes::of_kind(*kind)]))
            .map_err(sql)?;
        if count > 0 {
            rows.push((*kind, count as u64));
        }
    }
    // Rows of kinds that this version doesn't know, should there be any, go too.
    delete("DELETE FROM record WHERE subject = ?1")?;
    delete("DELETE FROM retained WHERE subject = ?1")?;
    let identities = delete("DELETE FROM identity WHERE subject = ?1")?;
    let ledger = delete("DELETE FROM ledger WHERE subject = ?1")?;
    delete("DELETE FROM subject WHERE subject = ?1")?;
    Ok(Erased { rows, identities, ledger })
}

/// Deletes what still lies under the names of the erased, with an audit entry for each; says how many there were.
/// The caller has a transaction open.
pub(crate) fn finish(
    connection: &Connection,
    log: &mut AuditLog,
    erased: &[(Subject, Day)],
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut finished = 0;
    for (subject, _) in erased {
        if !has_anything(connection, subject)? {
            continue;
        }
        let deleted = delete_everything(connection, subject)?;
        let entry = Entry {
            seq: 0,
            at: now,
            action: String::from("subject.erase"),
            author: Author::System,
            task: None,
            purpose: None,
            kind: None,
            subject: None,
            count: u32::try_from(deleted.total()).unwrap_or(u32::MAX),
            bundle: None,
            detail: Some(String::from("finished an erasure whose key was shredded already")),
        };
        log.append(connection, entry)?;
        finished += 1;
    }
    Ok(finished)
}

fn has_anything(connection: &Connection, subject: &Subject) -> Result<bool, StoreError> {
    connection
        .prepare_cached(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM subject WHERE subject = ?1)
               OR EXISTS (SELECT 1 FROM record WHERE subject = ?1)
               OR EXISTS (SELECT 1 FROM identity WHERE subject = ?1)
               OR EXISTS (SELECT 1 FROM ledger WHERE subject = ?1)
               OR EXISTS (SELECT 1 FROM retained WHERE subject = ?1)",
        )
        .and_then(|mut statement| statement.exists([subject.as_bytes()]))
        .map_err(sql)
}

pub(crate) fn retain(
    connection: &Connection,
    new: &NewRow,
    law: &str,
    until: Day,
) -> Result<u64, StoreError> {
    let StoredRow { id, day, sealed } = new.row();
    let subject = new.subject().as_bytes();
    let changed = connection
        .prepare_cached(
            "INSERT OR REPLACE INTO retained (subject, kind, id, day, sealed, law, until_day)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .and_then(|mut s| {
            s.execute(params![subject, codes::of_kind(new.kind()), id, day.0, sealed, law, until.0])
        })
        .map_err(sql)?;
    connection
        .prepare_cached(
            "DELETE FROM subject WHERE subject = ?1
               AND NOT EXISTS (SELECT 1 FROM record WHERE subject = ?1)
               AND NOT EXISTS (SELECT 1 FROM identity WHERE subject = ?1)
               AND NOT EXISTS (SELECT 1 FROM ledger WHERE subject = ?1)",
        )
        .and_then(|mut statement| statement.execute([subject]))
        .map_err(sql)?;
    Ok(changed as u64)
}

/// Deletes retained rows whose time is over; how many, and the archives that have nothing left.
pub(crate) fn expire_retained(
    connection: &Connection,
    today: Day,
) -> Result<(u64, Vec<Subject>), StoreError> {
    let archives: Vec<Subject> = {
        let mut statement = connection
            .prepare_cached("SELECT DISTINCT subject FROM retained WHERE until_day <= ?1")
            .map_err(sql)?;
        let rows = statement.query_map([today.0], |row| row.get(0).map(Subject::from_bytes)).map_err(sql)?;
        rows.collect::<Result<_, _>>().map_err(sql)?
    };
    let deleted = connection
        .prepare_cached("DELETE FROM retained WHERE until_day <= ?1")
        .and_then(|mut statement| statement.execute([today.0]))
        .map_err(sql)?;
    let mut emptied = Vec::new();
    for archive in archives {
        if !has_anything(connection, &archive)? {
            emptied.push(archive);
        }
    }
    Ok((deleted as u64, emptied))
}
