//! What a doctor looks for: damage, gaps, and files that others can read. Looks only; mends nothing.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use privacy::audit::{LogVerifier, Row};
use privacy::store::StoreError;
use rusqlite::Connection;

use crate::epochs::{Shut, shut_epochs};
use crate::error::{from_sql, sql};
use crate::keyring::RootSource;
use crate::snapshot::Snapshot;
use crate::store::{DATA_FILE, KEYS_FILE, Store, read_notices};
use crate::{audit_log, schema};

/// Something that isn't as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which part: `permissions`, `database`, `keys`, `ledger`, `audit`, `notices`.
    pub part: &'static str,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub mend: String,
}

const FROM_BACKUP: &str = "restore the last backup, and find out what changed the file";

impl Store {
    /// Looks for damage: the files' integrity and permissions, the schema, every ledger, the audit log against its
    /// signed heads, the keys. No findings, no damage. Reads everything: for the doctor, not for each request.
    ///
    /// # Errors
    /// [`StoreError`] when it can't even look.
    pub fn check(&self) -> Result<Vec<Finding>, StoreError> {
        let mut findings = Vec::new();
        let ((sound, unfinished, shut), source) = self.ask(|desk| {
            let sound = integrity(desk.keys.connection())?;
            let epochs = desk.keyring.epoch_files().unwrap_or_default();
            let in_use =
                desk.keys.count_before(epochs.last().copied().unwrap_or(privacy::vault::Epoch(1)))?;
            let unfinished = (epochs.len() > 1).then_some(in_use);
            let shared = &desk.shared;
            let shut = match &sound {
                None => shut_epochs(desk.keys.connection(), &shared.vault, shared.entropy.as_ref())?,
                // A damaged file is found anyway.
                Some(_) => Vec::new(),
            };
            Ok(((sound, unfinished, shut), desk.keyring.source().clone()))
        })?;
        self.check_files(&source, &mut findings);
        if let Some(what) = sound {
            findings.push(Finding { part: "keys", what, mend: FROM_BACKUP.to_owned() });
        }
        findings.extend(shut.into_iter().map(shut_epoch));
        if let Some(count) = unfinished {
            findings.push(Finding {
                part: "keys",
                what: format!("a rotation was interrupted: {count} keys are still under an older epoch"),
                mend: String::from("rotate the keys again"),
            });
        }
        self.read(|tx| {
            check_database(tx, &mut findings)?;
            check_ledgers(tx, &mut findings)?;
            self.check_audit(tx, &mut findings)
        })?;
        Ok(findings)
    }

    fn check_files(&self, source: &RootSource, findings: &mut Vec<Finding>) {
        let options = self.options();
        let mut private =
            vec![options.data_dir.join(DATA_FILE), options.key_dir.join(KEYS_FILE), options.key_dir.clone()];
        if let RootSource::File(path) = source {
            private.push(path.clone());
        }
        for path in private {
            if is_open_to_others(&path) {
                let mode = if path.is_dir() { "700" } else { "600" };
                findings.push(Finding {
                    part: "permissions",
                    what: format!("others on this machine can read `{}`", path.display()),
                    mend: format!("run `chmod {mode} {}`", path.display()),
                });
            }
        }
    }

    fn check_audit(&self, tx: &Snapshot<'_>, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
        let notes: Vec<String> = tx.heads()?.into_iter().map(|head| head.note).collect();
        let keys = [self.verifying_key().clone()];
        let mut verifier = LogVerifier::with_restores(&notes, &tx.restores()?, &self.origin(), &keys);
        let mut next = 0;
        loop {
            let entries = audit_log::entries(tx.connection, next, 4096)?;
            let Some((last, ..)) = entries.last() else { break };
            next = last.saturating_add(1);
            for (seq, entry, leaf) in entries {
                verifier.push(&Row { seq, entry, leaf });
            }
        }
        let size = tx.audit_size()?;
        match verifier.finish() {
            Ok(report) if report.entries == size => {}
            Ok(report) => findings.push(Finding {
                part: "audit",
                what: format!("the log has {} entries and should have {size}", report.entries),
                mend: FROM_BACKUP.to_owned(),
            }),
            Err(faults) => findings.extend(faults.into_iter().map(|fault| Finding {
                part: "audit",
                what: fault.to_string(),
                mend: String::from("keep the file as evidence, and find out who had access to it"),
            })),
        }
        Ok(())
    }
}

fn shut_epoch(shut: Shut) -> Finding {
    let (what, mend) = match shut {
        Shut::Missing(epoch) => (
            format!("the people's keys of epoch {epoch} don't open: `epoch-{epoch}.wrapped` is not there"),
            "put back the newest copy of `keys.db`, or restore a backup from after the last `equipoise keys rotate`",
        ),
        Shut::Foreign(epoch) => (
            format!(
                "the people's keys of epoch {epoch} don't open: `epoch-{epoch}.wrapped` belongs to other keys"
            ),
            "put back the key directory as a whole, from one copy",
        ),
    };
    Finding { part: "keys", what, mend: mend.to_owned() }
}

fn check_database(tx: &Snapshot<'_>, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
    if let Some(what) = integrity(tx.connection)? {
        findings.push(Finding { part: "database", what, mend: FROM_BACKUP.to_owned() });
    }
    let (found, known) = (schema::version(tx.connection)?, schema::newest(schema::DATA));
    if found != known {
        findings.push(Finding {
            part: "database",
            what: format!("the schema is {found}, this program knows {known}"),
            mend: String::from("use the newest version of the program"),
        });
    }
    if let Err(error) = read_notices(tx.connection) {
        findings.push(Finding { part: "notices", what: error.to_string(), mend: FROM_BACKUP.to_owned() });
    }
    for (table, what) in [("record", "rows"), ("identity", "identities"), ("ledger", "ledger entries")] {
        let orphans = tx
            .connection
            .query_row(
                &format!("SELECT count(*) FROM {table} WHERE subject NOT IN (SELECT subject FROM subject)"),
                [],
                |row| row.get(0),
            )
            .map_err(sql)
            .and_then(from_sql)?;
        if orphans > 0 {
            findings.push(Finding {
                part: "database",
                what: format!("{orphans} {what} belong to nobody"),
                mend: FROM_BACKUP.to_owned(),
            });
        }
    }
    Ok(())
}

fn check_ledgers(tx: &Snapshot<'_>, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
    let mut subjects = Vec::new();
    tx.subjects(&mut |subject| subjects.push(subject))?;
    let mut unreadable = 0_u64;
    for subject in &subjects {
        match tx.ledger_entries(subject) {
            Ok(entries) => {
                let numbered = (0..).zip(&entries).all(|(place, (seq, ..))| *seq == place);
                unreadable += u64::from(!numbered);
            }
            Err(StoreError::Damaged(_)) => unreadable += 1,
            Err(error @ (StoreError::Unavailable(_) | StoreError::TooNew { .. })) => return Err(error),
        }
    }
    if unreadable > 0 {
        findings.push(Finding {
            part: "ledger",
            what: format!(
                "the consent ledgers of {unreadable} people have gaps or can't be read; they count as a no"
            ),
            mend: FROM_BACKUP.to_owned(),
        });
    }
    Ok(())
}

fn integrity(connection: &Connection) -> Result<Option<String>, StoreError> {
    let answer: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(sql)?;
    Ok((answer != "ok").then(|| format!("the database file is damaged: {answer}")))
}

fn is_open_to_others(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}
