//! Rectification (GDPR Art. 16, NZ IPP 7): a contact field, one row, or a row that should not be there. What the models
//! have learnt from the wrong row they forget in the same write.

use std::sync::Arc;

use jiff::Timestamp;
use privacy::audit::Author;
use privacy::data::Kind;
use privacy::entropy::draw;
use privacy::pseudonym::IdentityKind;
use privacy::rights::{Disclosure, Retained, Right, RightsError};
use privacy::store::{Day, Tx};
use privacy::subject::Subject;
use privacy::vault::VaultError;
use serde_json::{Value, json};
use store::{Write, WriteTx};

use super::stopping::settle;
use super::{ExerciseError, Person};
use crate::app::App;
use crate::web::{Problem, ProblemKind};

/// What is to be set right.
#[derive(Clone)]
pub enum Correction {
    /// A contact field has this value; an old one goes.
    Contact {
        /// `email`, `first_name`, `city`, …
        field: String,
        /// What is right.
        value: String,
    },
    /// The row of this name says this.
    Row {
        /// Of which kind.
        kind: Kind,
        /// Its name, as the access document has it.
        id: [u8; 16],
        /// What is right.
        value: Value,
    },
    /// The row of this name should not be there.
    Delete {
        /// Of which kind.
        kind: Kind,
        /// Its name.
        id: [u8; 16],
    },
}

/// Sets things right, all or none. Blocks. Answers how many rows were changed and deleted.
///
/// # Errors
/// [`Problem`] when nobody is known by that identity, a row isn't there or the correction is no row, a law obliges the
/// shop to keep the row that is to be deleted, or the store can't be used.
pub fn rectify(
    app: &Arc<App>,
    who: &Person,
    corrections: Vec<Correction>,
    author: Author,
) -> Result<Value, Problem> {
    if corrections.is_empty() {
        return Err(Problem::malformed(
            "there is nothing to set right",
            r#"send {"contact": {"city": "Taupō"}}, {"row": {"kind", "id", "value"}} or {"delete": {"kind", "id"}}"#,
        ));
    }
    let now = app.now();
    let (shared, who) = (Arc::clone(app), who.clone());
    let what = Write { name: "subject.rectify", author: author.clone(), at: now };
    let written = app.store.write(what, move |tx| {
        let app = &shared;
        let subject = who.find(tx)?;
        let disclosure = Disclosure::open(tx, app.vault(), &subject, Right::Rectification, author, now)?;
        let (mut corrected, mut deleted) = (0_u64, 0_u64);
        for correction in &corrections {
            match correction {
                Correction::Contact { field, value } => {
                    deleted += contact(app, tx, &disclosure, &subject, field, value, now)?;
                    corrected += 1;
                }
                Correction::Row { kind, id, value } => {
                    let known = disclosure.rows(*kind)?.into_iter().find(|row| row.id == *id);
                    let known = known.ok_or_else(|| no_row(*kind))?;
                    // A row that moves to another day moves its retention with it.
                    let day = value.get("at").and_then(Value::as_i64).map_or(known.day, Day::of_millis);
                    tx.replace(&disclosure.seal_corrected(*kind, *id, day, value, app.entropy.as_ref())?)?;
                    corrected += 1;
                }
                Correction::Delete { kind, id } => {
                    let holds = &Tx::law(tx).register.kept_by_law;
                    if let Some(held) = disclosure.held_by_law(holds, *kind, id, Day::of(now))? {
                        return Err(held_by_law(&held).into());
                    }
                    if !tx.delete_row(&subject, *kind, id)? {
                        return Err(no_row(*kind).into());
                    }
                    deleted += 1;
                }
            }
        }
        settle(app, tx, &subject, now)?;
        Ok::<_, ExerciseError>(
            json!({"corrected": corrected, "deleted": deleted, "audit_entry": disclosure.entry}),
        )
    });
    written.wait().map_err(Problem::from)
}

/// Puts the right value in the place of the newest old one, deletes any others, and has the person found by it where
/// it is an identity. Says how many were deleted.
fn contact(
    app: &App,
    tx: &WriteTx<'_>,
    disclosure: &Disclosure<'_>,
    subject: &Subject,
    field: &str,
    value: &str,
    now: Timestamp,
) -> Result<u64, ExerciseError> {
    let declared = Tx::law(tx)
        .register
        .purposes_of(Kind::Contact)
        .any(|(_, one)| one.data.get(&Kind::Contact).is_some_and(|fields| fields.contains(field)));
    if !declared || !Kind::Contact.fields().contains(&field) {
        return Err(Problem::malformed(
            format!("no purpose declares the contact field `{field}`"),
            "declare it under `data.contact` of a purpose in equipoise.toml first",
        )
        .into());
    }
    let mut old = disclosure.rows(Kind::Contact)?;
    old.retain(|row| row.value.get("field").and_then(Value::as_str) == Some(field));
    let right = json!({"at": now.as_millisecond(), "field": field, "value": value});
    let newest = old.pop();
    let id = match &newest {
        Some(row) => row.id,
        None => draw(app.entropy.as_ref()).map_err(|error| RightsError::Vault(VaultError::Entropy(error)))?,
    };
    let row = disclosure.seal_corrected(Kind::Contact, id, Day::of(now), &right, app.entropy.as_ref())?;
    tx.replace(&row)?;
    let mut deleted = 0;
    for other in &old {
        deleted += u64::from(tx.delete_row(subject, Kind::Contact, &other.id)?);
    }
    let identity = match field {
        "email" => Some(IdentityKind::Email),
        "phone" => Some(IdentityKind::Phone),
        _ => None,
    };
    if let Some(kind) = identity {
        found_by(app, tx, disclosure, subject, kind, value)?;
    }
    Ok(deleted)
}

fn found_by(
    app: &App,
    tx: &WriteTx<'_>,
    disclosure: &Disclosure<'_>,
    subject: &Subject,
    kind: IdentityKind,
    value: &str,
) -> Result<(), ExerciseError> {
    if tx.find(kind, value)?.is_some_and(|known| known != *subject) {
        return Err(Problem::new(
            ProblemKind::Conflict,
            format!("this `{}` belongs to another record", kind.as_str()),
            "check whether the two records are one person's; if so, identify them by one user_id and they are joined",
        )
        .into());
    }
    for (known, old) in disclosure.identities()? {
        if known == kind && kind.normalise(&old) != kind.normalise(value) {
            tx.unlink(kind, &app.vault().index(kind, &kind.normalise(&old)))?;
        }
    }
    Ok(tx.link(&disclosure.seal_identity(kind, value, app.entropy.as_ref())?)?)
}

fn held_by_law(held: &Retained) -> Problem {
    let Retained { kind, law, count: _, until } = held;
    Problem::new(
        ProblemKind::Conflict,
        format!("a law obliges the shop to keep this row of `{kind}` until {}: {law}", until.to_date()),
        "set the row right instead (`row` with its `value`); if the person wants to be forgotten, erase them: what the \
         law keeps is then sealed away and used for nothing",
    )
}

fn no_row(kind: Kind) -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        format!("this person has no row of `{kind}` of that id"),
        "take the `id` from the person's access document",
    )
}
