//! The clocks that run without being asked: what is past its retention goes, consents that have run out are closed in
//! the ledger, and what a law no longer keeps is deleted. Must never touch what a restriction holds in place.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use privacy::audit::Author;
use privacy::consent::{ConsentRecord, LedgerState, Source, Status};
use privacy::data::Kind;
use privacy::keeping::Keeping;
use privacy::notice::NoticeVersion;
use privacy::purpose::LegalBasis;
use privacy::store::{Day, Law, StoreError, Tx};
use privacy::subject::Subject;
use store::{LastLook, ReadTx, Write};

use super::ExerciseError;
use super::stopping::settle;
use crate::app::App;
use crate::consent::decide;

/// How many people are looked at in one reading, and put off to their next limit in one write.
const BATCH: usize = 100;
/// How many are settled in one write: for no more of them does anybody else's write wait.
const AT_ONCE: usize = 10;

/// Deletes what has outlived its retention, cuts what has outlived some purpose's, and closes consents that have run out;
/// once a day. Looks only at people of whom a row or a yes has passed a limit since they were last looked at, or came in
/// late; at everybody the first time, and after a change of the notice. Says for how many people something was done,
/// with the rows that a law no longer keeps. Blocks.
///
/// # Errors
/// [`StoreError`] when the store can't be used. What was done until then stays done; the next run does the rest.
pub fn expire(app: &Arc<App>) -> Result<u64, StoreError> {
    let now = app.now();
    let look = app.store.read(|tx| look(tx, now))?;
    let mut done = 0;
    for some in look.people.chunks(BATCH) {
        let (due, rest) = app.store.read(|tx| due(tx, some, look.last, now))?;
        for few in due.chunks(AT_ONCE) {
            done += settle_all(app, few.to_vec(), now)?;
        }
        put_off(app, rest, look.last, now)?;
    }
    let what = Write { name: "retained.expire", author: author(), at: now };
    let notice = look.notice;
    let written = app.store.write(what, move |tx| {
        if let Some(notice) = notice {
            tx.looked(LastLook { at: now, notice })?;
        }
        tx.expire_retained(Day::of(now))
    });
    Ok(done + written.wait()?)
}

/// Whom to look at.
struct Look {
    people: Vec<Subject>,
    /// The day of the last look; none if everybody is looked at.
    last: Option<Day>,
    notice: Option<NoticeVersion>,
}

fn look(tx: &ReadTx<'_>, now: Timestamp) -> Result<Look, StoreError> {
    let notice = Tx::law(tx).notices.current();
    let last = tx.last_look()?.filter(|last| Some(last.notice) == notice && last.at <= now);
    let Some(LastLook { at, notice: _ }) = last else {
        let mut people = Vec::new();
        tx.subjects(&mut |subject| people.push(subject))?;
        return Ok(Look { people, last: None, notice });
    };
    Ok(Look { people: tx.people_due(Day::of(now))?, last: Some(Day::of(at)), notice })
}

fn author() -> Author {
    Author::Machine { part: "retention".to_owned() }
}

/// Those of whom something is to go or to be cut, or a consent to be closed; and the others, of whom nothing is, but for
/// those whose data a restriction holds in place.
fn due(
    tx: &ReadTx<'_>,
    people: &[Subject],
    last: Option<Day>,
    now: Timestamp,
) -> Result<(Vec<Subject>, Vec<Subject>), StoreError> {
    let law = Tx::law(tx);
    let (mut due, mut rest) = (Vec::new(), Vec::new());
    for subject in people {
        let Some(state) = tx.ledger(subject)? else { continue };
        if state.restricted_since().is_some() {
            continue;
        }
        let stale = is_stale(law, &state, &|kind| tx.row_days(subject, kind), last, now)?;
        if stale { &mut due } else { &mut rest }.push(*subject);
    }
    Ok((due, rest))
}

/// Whether something of a person is to go or to be cut, or a consent to be closed.
fn is_stale(
    law: &Law,
    state: &LedgerState,
    days: &dyn Fn(Kind) -> Result<Vec<Day>, StoreError>,
    last: Option<Day>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !run_out(law, state, now).is_empty() {
        return Ok(true);
    }
    let keeping = Keeping::of(law, state, now);
    let before = last.map(|last| keeping.on(last));
    for kind in Kind::ALL {
        for day in days(*kind)? {
            let fields = keeping.fields(*kind, day);
            // Of a row that may still be kept, some fields may have outlived the purpose that needed them.
            if fields.is_none() || before.as_ref().is_some_and(|before| before.fields(*kind, day) != fields) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Has people of whom nothing is due looked at again when their next limit passes.
fn put_off(app: &App, people: Vec<Subject>, last: Option<Day>, now: Timestamp) -> Result<(), StoreError> {
    if people.is_empty() {
        return Ok(());
    }
    let what = Write { name: "retention.look", author: author(), at: now };
    let written = app.store.write(what, move |tx| {
        for subject in &people {
            let Some(state) = tx.ledger(subject)? else { continue };
            // Whatever came in since they were looked at stays due.
            if !is_stale(Tx::law(tx), &state, &|kind| tx.row_days(subject, kind), last, now)? {
                tx.looked_at(subject, Day::of(now))?;
            }
        }
        Ok(())
    });
    written.wait()
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
                Ok(()) => {
                    tx.looked_at(subject, Day::of(now))?;
                    done += 1;
                }
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
