//! Two records turn out to be one person's: a browser's anonymous id and the customer who signed in. Everything is
//! sealed anew under one name, the stricter word of the two holds, and the other name is erased.

use jiff::Timestamp;
use privacy::audit::Author;
use privacy::consent::{ConsentRecord, LedgerEntry, LedgerState, Refusal, Source, Status};
use privacy::entropy::Entropy;
use privacy::grant::ReadError;
use privacy::rights::{Disclosure, Right};
use privacy::store::{Law, Tx};
use privacy::subject::Subject;
use privacy::vault::Vault;
use store::WriteTx;

use super::ExerciseError;
use crate::consent::drop_undeclared;
use crate::recommend::{Engine, forget, relearn};

/// Inside a write: hands everything of `from` over to `into` and erases `from`. Nothing happens when they are one.
///
/// # Errors
/// [`ExerciseError`] when either is unknown, or something can't be read, opened or sealed; the write should fail then.
pub fn join(
    tx: &WriteTx<'_>,
    vault: &Vault,
    engine: &Engine,
    entropy: &dyn Entropy,
    from: &Subject,
    into: &Subject,
    now: Timestamp,
) -> Result<(), ExerciseError> {
    if from == into {
        return Ok(());
    }
    let author = Author::Machine { part: "intake".to_owned() };
    let disclosure = Disclosure::open(tx, vault, from, Right::Joining, author, now)?;
    let unknown = || ReadError::Refused(Refusal::UnknownSubject);
    let theirs = tx.ledger(from)?.ok_or_else(unknown)?;
    let ours = tx.ledger(into)?.ok_or_else(unknown)?;
    let (rows, identities) = disclosure.hand_over(into, entropy)?;
    for row in &rows {
        // A row that both have is one row.
        tx.put(row)?;
    }
    forget(tx, engine, vault, from);
    // Before the identities are linked anew, so that erasing the old name takes none of them along.
    tx.erase(from)?;
    for identity in &identities {
        tx.link(identity)?;
    }
    for entry in joined(Tx::law(tx), &ours, &theirs, now) {
        tx.append(into, &entry, now)?;
    }
    drop_undeclared(tx, into, now)?;
    Ok(relearn(tx, engine, vault, into, now)?)
}

/// What the joined ledger needs beside `ours`, so that it is as strict as the stricter of the two.
fn joined(law: &Law, ours: &LedgerState, theirs: &LedgerState, now: Timestamp) -> Vec<LedgerEntry> {
    let mut entries = Vec::new();
    let newest = law.notices.current();
    for (purpose, status) in ours.stricter(theirs) {
        let source = theirs.consent(purpose.as_str()).or_else(|| ours.consent(purpose.as_str()));
        let Some(record) = source else { continue };
        // A yes keeps its own date, so that it expires when it would have; any other word counts from now.
        let (at, notice) = match status {
            Status::Given => (record.at, record.notice),
            Status::Unknown
            | Status::Requested
            | Status::Deferred
            | Status::Refused
            | Status::Withdrawn
            | Status::Revoked
            | Status::Expired
            | Status::Invalidated => (now, newest.unwrap_or(record.notice)),
        };
        let language = record.language.clone();
        entries.push(LedgerEntry::Consent(ConsentRecord {
            purpose,
            status,
            at,
            notice,
            language,
            source: Source::Merge,
        }));
    }
    for (purpose, at) in theirs.objections() {
        if !ours.objections().any(|(known, _)| known == purpose) {
            entries.push(LedgerEntry::Objected { purpose: purpose.clone(), at });
        }
    }
    if let (Some(at), None) = (theirs.restricted_since(), ours.restricted_since()) {
        entries.push(LedgerEntry::Restricted { at });
    }
    entries
}
