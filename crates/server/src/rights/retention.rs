//! The clocks that run without being asked: what is past its retention goes, consents that have run out are closed in
//! the ledger, and what a law no longer keeps is deleted. Must never touch what a restriction holds in place.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use privacy::audit::Author;
use privacy::consent::{ConsentRecord, LedgerState, Source, Status};
use privacy::data::Kind;
use privacy::keeping::Keeping;
use privacy::purpose::LegalBasis;
use privacy::store::{Day, Law, StoreError, Tx};
use privacy::subject::Subject;
use store::{ReadTx, Write};

use super::ExerciseError;
use super::stopping::settle;
use crate::app::App;
use crate::consent::decide;

/// How many people are looked at in one reading, and settled in one write.
const BATCH: usize = 200;

/// Deletes what has outlived its retention and closes consents that have run out; once a day. Says for how many people
/// something was done, with the rows that a law no longer keeps. Blocks.
///
/// # Errors
/// [`StoreError`] when the store can't be used. What was done until then stays done; the next run does the rest.
pub fn expire(app: &Arc<App>) -> Result<u64, StoreError> {
    let now = app.now();
    let mut people = Vec::new();
    app.store.read(|tx| tx.subjects(&mut |subject| people.push(subject)))?;
    let mut done = 0;
    for some in people.chunks(BATCH) {
        let due = app.store.read(|tx| due(tx, some, now))?;
        if !due.is_empty() {
            done += settle_all(app, due, now)?;
        }
    }
    let what = Write { name: "retained.expire", author: author(), at: now };
    let archived = app.store.write(what, move |tx| tx.expire_retained(Day::of(now))).wait()?;
    Ok(done + archived)
}

fn author() -> Author {
    Author::Machine { part: "retention".to_owned() }
}

/// Those of whom something is to go, or a consent to be closed.
fn due(tx: &ReadTx<'_>, people: &[Subject], now: Timestamp) -> Result<Vec<Subject>, StoreError> {
    let law = Tx::law(tx);
    let today = Day::of(now);
    let mut due = Vec::new();
    for subject in people {
        let Some(state) = tx.ledger(subject)? else { continue };
        if state.restricted_since().is_some() {
            continue;
        }
        let keeping = Keeping::of(law, &state, now);
        let mut stale = !run_out(law, &state, now).is_empty();
        for kind in Kind::ALL {
            let oldest = tx.rows(subject, *kind, Day(i32::MIN))?.first().map(|row| row.day);
            stale |= match (oldest, keeping.days(*kind)) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(day), Some(days)) => day < today.minus(days),
            };
        }
        if stale {
            due.push(*subject);
        }
    }
    Ok(due)
}

fn settle_all(app: &Arc<App>, due: Vec<Subject>, now: Timestamp) -> Result<u64, StoreError> {
    let shared = Arc::clone(app);
    let what = Write { name: "retention.expire", author: author(), at: now };
    let written = app.store.write(what, move |tx| {
        let mut done = 0;
        for subject in &due {
            // Erased in the meantime.
            let Some(state) = tx.ledger(subject)? else { continue };
            let records = run_out(Tx::law(tx), &state, now);
            let settled = if records.is_empty() {
                settle(&shared, tx, subject, now)
            } else {
                decide(tx, &shared.engine, shared.vault(), subject, records, now)
                    .map(drop)
                    .map_err(ExerciseError::from)
            };
            match settled {
                Ok(()) => done += 1,
                Err(ExerciseError::Store(error)) => return Err(error),
                Err(error) => return Err(StoreError::Damaged(error.to_string())),
            }
        }
        Ok(done)
    });
    written.wait()
}

/// The consents whose time has run out, as the ledger is to have them.
fn run_out(law: &Law, state: &LedgerState, now: Timestamp) -> Vec<ConsentRecord> {
    let over = state.consents().filter(|record| {
        let declaration = law.register.purpose(record.purpose.as_str());
        record.status == Status::Given
            && declaration.is_some_and(|one| {
                one.basis == LegalBasis::Consent
                    && now.duration_since(record.at)
                        > SignedDuration::from_hours(24 * i64::from(one.consent_valid_days))
            })
    });
    over.map(|record| ConsentRecord {
        purpose: record.purpose.clone(),
        status: Status::Expired,
        at: now,
        notice: record.notice,
        language: record.language.clone(),
        source: Source::System,
    })
    .collect()
}
