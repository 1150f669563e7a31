//! The machine's openings of personal data: those of about a second become one entry with the root of a bundle, and a
//! row each, so that each can be shown and proven. None may be lost while the process lives.

use jiff::Timestamp;
use privacy::audit::{Author, Bundle, Entry, Opening, OpeningProof};
use privacy::store::StoreError;
use rusqlite::{Connection, params};

use crate::audit_log::AuditLog;
use crate::error::{sql, to_sql};
use crate::snapshot::Snapshot;

/// Writes openings as one entry with a row each.
pub(crate) fn write(
    connection: &Connection,
    log: &mut AuditLog,
    openings: &[Opening],
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut bundle = Bundle::new();
    let mut unwritten = 0_u32;
    let seq = log.size();
    for opening in openings {
        let (Ok(bytes), Ok(position)) = (opening.encode(), bundle.push(opening)) else {
            unwritten += 1;
            continue;
        };
        connection
            .prepare_cached(
                "INSERT INTO audit_opening (entry, position, tag, opening) VALUES (?1, ?2, ?3, ?4)",
            )
            .and_then(|mut s| s.execute(params![to_sql(seq), to_sql(position), opening.subject.0, bytes]))
            .map_err(sql)?;
    }
    let entry = Entry {
        seq,
        at: now,
        action: String::from("data.open"),
        author: Author::Machine { part: String::from("store") },
        task: None,
        purpose: None,
        kind: None,
        subject: None,
        count: u32::try_from(openings.len()).unwrap_or(u32::MAX),
        bundle: Some(bundle.root()),
        detail: (unwritten > 0)
            .then(|| format!("{unwritten} of them had names that may not stand in the log")),
    };
    log.append(connection, entry)
}

impl Snapshot<'_> {
    /// A machine's opening by its entry and place, with the proof that it is in the entry's bundle; `None` if there
    /// is none.
    ///
    /// # Errors
    /// [`StoreError`] when the bundle can't be read.
    pub fn opening_proof(
        &self,
        entry: u64,
        position: u64,
    ) -> Result<Option<(Opening, OpeningProof)>, StoreError> {
        let damaged = || StoreError::Damaged(String::from("the audit log has an unreadable opening"));
        let mut statement = self
            .connection
            .prepare_cached("SELECT opening FROM audit_opening WHERE entry = ?1 ORDER BY position")
            .map_err(sql)?;
        let mut rows = statement.query([to_sql(entry)]).map_err(sql)?;
        let mut bundle = Bundle::new();
        while let Some(row) = rows.next().map_err(sql)? {
            let bytes: Vec<u8> = row.get(0).map_err(sql)?;
            let opening = Opening::decode(&bytes).map_err(|_| damaged())?;
            bundle.push(&opening).map_err(|_| damaged())?;
        }
        Ok(bundle.prove(position))
    }
}
