//! What goes when a person is erased. The key goes first, in the keystore, and what a law keeps comes there with it;
//! should the machine stop before the rows are gone too, they are deleted at the next opening.

use jiff::Timestamp;
use privacy::audit::{Author, Entry};
use privacy::data::Kind;
use privacy::store::{Day, StoreError};
use privacy::subject::Subject;
use rusqlite::{Connection, params};

use crate::audit_log::AuditLog;
use crate::codes;
use crate::error::sql;

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
               OR EXISTS (SELECT 1 FROM ledger WHERE subject = ?1)",
        )
        .and_then(|mut statement| statement.exists([subject.as_bytes()]))
        .map_err(sql)
}

/// Takes a subject that has nothing out of the living.
pub(crate) fn make_archive(connection: &Connection, subject: &Subject) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM subject WHERE subject = ?1
               AND NOT EXISTS (SELECT 1 FROM record WHERE subject = ?1)
               AND NOT EXISTS (SELECT 1 FROM identity WHERE subject = ?1)
               AND NOT EXISTS (SELECT 1 FROM ledger WHERE subject = ?1)",
        )
        .and_then(|mut statement| statement.execute([subject.as_bytes()]))
        .map_err(sql)
        .map(drop)
}
