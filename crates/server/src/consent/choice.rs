//! Decisions on their way into the ledger, and what follows from each in the same write.

use jiff::Timestamp;
use privacy::consent::{ConsentRecord, LedgerEntry, ReceiptError, Refusal, Source, Status};
use privacy::data::Kind;
use privacy::grant::{CollectError, ReadError};
use privacy::keeping::{Cut, Keeping, Kept};
use privacy::rights::Retained;
use privacy::store::{Day, StoreError, Tx};
use privacy::subject::Subject;
use privacy::vault::Vault;
use store::{FoundBy, WriteTx};

use crate::recommend::{Engine, relearn};
use crate::web::{Problem, ProblemKind};

/// Why a choice was not taken down.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// It is about a purpose that isn't declared, or the store or a row could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The identity by which the person is found again could not be sealed.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// There is no receipt for it.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
}

impl From<StoreError> for ChoiceError {
    fn from(error: StoreError) -> Self {
        Self::Read(ReadError::Store(error))
    }
}

impl From<ChoiceError> for Problem {
    fn from(error: ChoiceError) -> Self {
        match error {
            ChoiceError::Read(ReadError::Store(error)) => error.into(),
            ChoiceError::Read(ReadError::Refused(Refusal::UnknownPurpose(purpose))) => Self::malformed(
                format!("there is no purpose `{purpose}`"),
                "use the purposes that GET /v1/consent lists, or declare it in equipoise.toml",
            ),
            ChoiceError::Read(ReadError::Refused(Refusal::UnknownSubject)) => Self::new(
                ProblemKind::NotFound,
                "nobody is known by this id",
                "check the id; nothing is stored about somebody who was never heard of or was erased",
            ),
            ChoiceError::Collect(CollectError::NothingPermitted) => Self::new(
                ProblemKind::Conflict,
                "nothing may be kept about this person, not even the no",
                "leave out `remember`, or declare a purpose in equipoise.toml that everybody's data may be kept for",
            ),
            other @ (ChoiceError::Read(ReadError::Refused(_) | ReadError::Vault(_) | ReadError::Form(_))
            | ChoiceError::Collect(_)
            | ChoiceError::Receipt(_)) => Self::internal(&other),
        }
    }
}

/// Inside a write: takes decisions down, deletes or cuts what they leave without a purpose, and has the models forget or learn
/// accordingly. Everybody who records a decision does it here. Answers each record with its number in the ledger.
///
/// A time after `now` becomes `now`.
///
/// # Errors
/// [`Refusal::UnknownPurpose`] for a purpose that isn't declared; otherwise when the store or a row can't be read.
pub fn decide(
    tx: &WriteTx<'_>,
    engine: &Engine,
    vault: &Vault,
    subject: &Subject,
    decisions: Vec<ConsentRecord>,
    now: Timestamp,
) -> Result<Vec<(u64, ConsentRecord)>, ReadError> {
    let law = Tx::law(tx);
    if let Some(stray) = decisions.iter().find(|one| law.register.purpose(one.purpose.as_str()).is_none()) {
        return Err(Refusal::UnknownPurpose(stray.purpose.to_string()).into());
    }
    let before = tx.ledger(subject)?.unwrap_or_default();
    let mut recorded = Vec::with_capacity(decisions.len());
    for mut record in decisions {
        record.at = record.at.min(now);
        let seq = tx.append(subject, &LedgerEntry::Consent(record.clone()), now)?;
        recorded.push((seq, record));
    }
    if !recorded.is_empty() {
        let after = tx.ledger(subject)?.unwrap_or_default();
        let keeping = Keeping::of(law, &after, now);
        let only_yes = recorded.iter().all(|(_, record)| record.status == Status::Given);
        let covered = keeping.covers(&Keeping::of(law, &before, now));
        if only_yes && covered && after.restricted_since().is_none() {
            // No row has to be cut for a yes.
            keep_for_law(tx, subject, &keeping)?;
            drop_rows(tx, subject, &keeping, now)?;
        } else {
            drop_undeclared(tx, subject, now)?;
        }
        relearn(tx, engine, vault, subject, now)?;
    }
    Ok(recorded)
}

/// Inside a write: an opt-out signal (Sec-GPC) that came with a request of this person, if it says anything new.
///
/// # Errors
/// [`ReadError`] when the ledger or a row can't be read.
pub fn heed_opt_out(
    tx: &WriteTx<'_>,
    engine: &Engine,
    vault: &Vault,
    subject: &Subject,
    now: Timestamp,
) -> Result<Vec<(u64, ConsentRecord)>, ReadError> {
    let law = Tx::law(tx);
    let state = tx.ledger(subject)?.ok_or(Refusal::UnknownSubject)?;
    let Some(notice) = law.notices.current() else { return Ok(Vec::new()) };
    let decisions = state
        .heed_opt_out_signal(&law.register)
        .into_iter()
        .map(|(purpose, status)| ConsentRecord {
            purpose,
            status,
            at: now,
            notice,
            language: "und".to_owned(),
            source: Source::Signal,
        })
        .collect();
    decide(tx, engine, vault, subject, decisions, now)
}

/// Inside a write: deletes a person's rows that no permitted purpose declares any more, and those older than the
/// longest retention of the purposes that still declare them; and cuts out of the others the fields that no permitted
/// purpose declares. What a law obliges the shop to keep of them is sealed for an archive first. Says how many rows went
/// or were cut.
///
/// Whoever has had processing restricted (GDPR Art. 18) keeps everything until the restriction is lifted.
///
/// # Errors
/// [`ReadError`] when the ledger or a row can't be read, or the rows can't be deleted or sealed anew.
pub fn drop_undeclared(tx: &WriteTx<'_>, subject: &Subject, now: Timestamp) -> Result<u64, ReadError> {
    let state = tx.ledger(subject)?.ok_or(Refusal::UnknownSubject)?;
    if state.restricted_since().is_some() {
        return Ok(0);
    }
    let keeping = Keeping::of(Tx::law(tx), &state, now);
    keep_for_law(tx, subject, &keeping)?;
    let mut gone = drop_rows(tx, subject, &keeping, now)?;
    for kind in Kind::ALL {
        for cut in keeping.cut(tx, subject, *kind, tx.vault(), tx.entropy())? {
            match cut {
                Cut::Rest(row) => tx.replace(&row)?,
                Cut::Nothing(id) => {
                    tx.delete_row(subject, *kind, &id)?;
                }
            }
            gone += 1;
        }
    }
    Ok(gone)
}

/// Seals what a law obliges the shop to keep, of what is about to go, for an archive that no identity leads to: out of
/// every purpose, every model and every view.
fn keep_for_law(tx: &WriteTx<'_>, subject: &Subject, keeping: &Keeping<'_>) -> Result<(), ReadError> {
    let (holds, vault) = (&Tx::law(tx).register.kept_by_law, tx.vault());
    let mut outlived = Vec::new();
    for one in keeping.outlived(tx, subject, holds, vault)? {
        let (kind, name) = one.name(vault);
        // A row that was cut before, and whose rest goes now, was kept then.
        if !tx.is_retained(kind, &name)? {
            outlived.push(one);
        }
    }
    if outlived.is_empty() {
        return Ok(());
    }
    let archive = tx.create_archive()?;
    for one in outlived {
        let Kept { row, retained: Retained { kind: _, law, count: _, until }, order } =
            one.seal(&archive, vault, tx.entropy())?;
        tx.retain(&row, &law, until, FoundBy { order, certificate: None })?;
    }
    Ok(())
}

/// Deletes what may not be kept at all, or not for so long, without opening anything.
fn drop_rows(
    tx: &WriteTx<'_>,
    subject: &Subject,
    keeping: &Keeping<'_>,
    now: Timestamp,
) -> Result<u64, ReadError> {
    let today = Day::of(now);
    let mut gone = 0;
    for kind in Kind::ALL {
        gone += match keeping.days(*kind) {
            Some(days) => tx.delete_subject_before(subject, *kind, today.minus(days))?,
            None => tx.delete_kind(subject, *kind)?,
        };
    }
    Ok(gone)
}
