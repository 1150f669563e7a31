//! Restriction (GDPR Art. 18), objection (Art. 21) and withdrawal (Art. 7(3)): the doors that a person can close, and
//! open again. Each takes effect in the write that records it.

use std::sync::Arc;

use jiff::Timestamp;
use privacy::audit::Author;
use privacy::consent::{ConsentRecord, LedgerEntry, LedgerState, Source, Status};
use privacy::purpose::{LegalBasis, PurposeId};
use privacy::register::OptOutSignal;
use privacy::rights::{Disclosure, Right};
use privacy::store::{Law, Tx};
use privacy::subject::Subject;
use serde_json::{Value, json};
use store::{Write, WriteTx};

use super::{ExerciseError, Person};
use crate::app::App;
use crate::consent::{decide, drop_undeclared, receipt};
use crate::recommend::relearn;
use crate::web::{Problem, ProblemKind};

/// What is to stop, or to begin again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Keep everything, use nothing.
    Restrict,
    /// Use again what may be used.
    Unrestrict,
    /// Stop these purposes.
    Object(Vec<PurposeId>),
    /// Take the objection to these purposes back.
    Unobject(Vec<PurposeId>),
    /// Take consents back; all of them if none is named.
    Withdraw(Vec<PurposeId>),
}

impl Stop {
    const fn right(&self) -> Right {
        match self {
            Self::Restrict | Self::Unrestrict => Right::Restriction,
            Self::Object(_) | Self::Unobject(_) => Right::Objection,
            Self::Withdraw(_) => Right::Withdrawal,
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Restrict => "subject.restrict",
            Self::Unrestrict => "subject.unrestrict",
            Self::Object(_) => "subject.object",
            Self::Unobject(_) => "subject.unobject",
            Self::Withdraw(_) => "subject.withdraw",
        }
    }
}

/// Stops, or lets go on, what the person wants stopped. Blocks. Answers where each purpose stands afterwards, and the
/// receipts of withdrawn consents.
///
/// # Errors
/// [`Problem`] when nobody is known by that identity, a purpose isn't declared or can't be objected to, or the store
/// can't be used.
pub fn stop(app: &Arc<App>, who: &Person, what: Stop, author: Author) -> Result<Value, Problem> {
    let now = app.now();
    let (shared, who) = (Arc::clone(app), who.clone());
    let write = Write { name: what.name(), author: author.clone(), at: now };
    let written = app.store.write(write, move |tx| {
        let app = &shared;
        let subject = who.find(tx)?;
        let law = Tx::law(tx);
        // The audit entry of this write names the right.
        Disclosure::open(tx, app.vault(), &subject, what.right(), author.clone(), now)?;
        let before = tx.ledger(&subject)?.unwrap_or_default();
        let receipts = match what {
            Stop::Withdraw(purposes) => {
                let records = withdrawn(law, &before, &purposes, &author, now)?;
                let recorded = decide(tx, &app.engine, app.vault(), &subject, records, now)?;
                recorded
                    .iter()
                    .map(|(seq, record)| receipt(app, &subject, *seq, record, now))
                    .collect::<Result<Vec<_>, _>>()?
            }
            other @ (Stop::Restrict | Stop::Unrestrict | Stop::Object(_) | Stop::Unobject(_)) => {
                for entry in entries(law, &before, other, now)? {
                    tx.append(&subject, &entry, now)?;
                }
                settle(app, tx, &subject, now)?;
                Vec::new()
            }
        };
        let after = tx.ledger(&subject)?.unwrap_or_default();
        Ok::<_, ExerciseError>(json!({
            "restricted_since": after.restricted_since().map(|at| at.to_string()),
            "objections": after.objections().map(|(purpose, _)| purpose.as_str()).collect::<Vec<_>>(),
            "purposes": crate::consent::state(law, &after, now),
            "receipts": receipts,
        }))
    });
    written.wait().map_err(Problem::from)
}

/// What is left without a purpose goes; the models follow.
pub(super) fn settle(
    app: &App,
    tx: &WriteTx<'_>,
    subject: &Subject,
    now: Timestamp,
) -> Result<(), ExerciseError> {
    drop_undeclared(tx, subject, now)?;
    Ok(relearn(tx, &app.engine, app.vault(), subject, now)?)
}

fn withdrawn(
    law: &Law,
    state: &LedgerState,
    purposes: &[PurposeId],
    author: &Author,
    now: Timestamp,
) -> Result<Vec<ConsentRecord>, ExerciseError> {
    declared(law, purposes)?;
    let notice = law.notices.current().ok_or_else(no_notice)?;
    let source = match author {
        Author::Subject => Source::Person,
        Author::Operator { .. } | Author::Machine { .. } | Author::System => Source::Operator,
    };
    let record = |purpose: &PurposeId, status, language: &str| ConsentRecord {
        purpose: purpose.clone(),
        status,
        at: now,
        notice,
        language: language.to_owned(),
        source,
    };
    let given = state.consents().filter(|known| known.status == Status::Given);
    if purposes.is_empty() {
        return Ok(given.map(|known| record(&known.purpose, Status::Withdrawn, &known.language)).collect());
    }
    let records = purposes.iter().filter_map(|purpose| match state.consent(purpose.as_str()) {
        Some(known) if known.status == Status::Given => {
            Some(record(purpose, Status::Withdrawn, &known.language))
        }
        Some(known) if known.status.is_no() => None,
        Some(known) => Some(record(purpose, Status::Refused, &known.language)),
        None => Some(record(purpose, Status::Refused, "und")),
    });
    Ok(records.collect())
}

fn entries(
    law: &Law,
    state: &LedgerState,
    what: Stop,
    now: Timestamp,
) -> Result<Vec<LedgerEntry>, ExerciseError> {
    let objected = |purpose: &PurposeId| state.objections().any(|(known, _)| known == purpose);
    Ok(match what {
        Stop::Restrict if state.restricted_since().is_none() => vec![LedgerEntry::Restricted { at: now }],
        Stop::Unrestrict if state.restricted_since().is_some() => {
            vec![LedgerEntry::RestrictionLifted { at: now }]
        }
        Stop::Restrict | Stop::Unrestrict | Stop::Withdraw(_) => Vec::new(),
        Stop::Object(purposes) => {
            declared(law, &purposes)?;
            if purposes.is_empty() {
                return Err(unsaid().into());
            }
            for purpose in &purposes {
                objectionable(law, purpose)?;
            }
            let new = purposes.into_iter().filter(|purpose| !objected(purpose));
            new.map(|purpose| LedgerEntry::Objected { purpose, at: now }).collect()
        }
        Stop::Unobject(purposes) => {
            if purposes.is_empty() {
                return Err(unsaid().into());
            }
            let known = purposes.into_iter().filter(objected);
            known.map(|purpose| LedgerEntry::ObjectionLifted { purpose, at: now }).collect()
        }
    })
}

fn declared(law: &Law, purposes: &[PurposeId]) -> Result<(), ExerciseError> {
    match purposes.iter().find(|purpose| law.register.purpose(purpose.as_str()).is_none()) {
        None => Ok(()),
        Some(stray) => Err(Problem::malformed(
            format!("there is no purpose `{stray}`"),
            "use a purpose of the register; `access` lists them",
        )
        .into()),
    }
}

/// Art. 21 reaches legitimate interests, public tasks and direct marketing, and what rests on consent may be stopped
/// at any time; what a contract or a law demands can't be.
fn objectionable(law: &Law, purpose: &PurposeId) -> Result<(), ExerciseError> {
    let Some(declaration) = law.register.purpose(purpose.as_str()) else { return Ok(()) };
    let marketing = declaration.opt_out_signal == OptOutSignal::Refuses;
    match declaration.basis {
        LegalBasis::Consent | LegalBasis::LegitimateInterests | LegalBasis::PublicTask => Ok(()),
        LegalBasis::Contract | LegalBasis::LegalObligation | LegalBasis::VitalInterests if marketing => {
            Ok(())
        }
        basis @ (LegalBasis::Contract | LegalBasis::LegalObligation | LegalBasis::VitalInterests) => {
            Err(Problem::new(
                ProblemKind::Conflict,
                format!("`{purpose}` rests on `{basis}`, to which nobody can object"),
                "restrict the processing instead, or erase the person",
            )
            .into())
        }
    }
}

fn unsaid() -> Problem {
    Problem::malformed(
        "it isn't said which purpose",
        r#"send {"purposes": ["offers"]}, or `--purpose offers`"#,
    )
}

fn no_notice() -> Problem {
    Problem::malformed("there is no privacy notice yet", "run `equipoise check`, then start the server again")
}
