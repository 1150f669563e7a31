//! What was recommended to whom and why, on its way into the vault: gathered for a second, then sealed in one write,
//! for those who still permit it then. Must never outlive the person's erasure.

use std::sync::{Mutex, PoisonError};

use privacy::audit::Author;
use privacy::data::{Kind, Shown, ShownItems};
use privacy::entropy::Ahead;
use privacy::grant::{Authorize, CollectError, Collection, ReadError};
use privacy::purpose::{Personalisation, Purpose, PurposeId};
use privacy::store::{Day, StoreError};
use privacy::subject::Subject;
use store::Write;

use crate::app::App;

/// Beyond so many, explanations of a busy second are not kept.
const AT_MOST: usize = 20_000;

/// Explanations that wait for the next write.
#[derive(Default)]
pub struct ShownBuffer {
    waiting: Mutex<Vec<(Subject, Shown)>>,
}

impl ShownBuffer {
    pub(super) fn push(&self, subject: Subject, shown: Shown) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < AT_MOST {
            waiting.push((subject, shown));
        }
    }

    pub(super) fn drop_subject(&self, subject: &Subject) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).retain(|(of, _)| of != subject);
    }

    fn take(&self) -> Vec<(Subject, Shown)> {
        std::mem::take(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Seals what was shown since the last call, for everybody who still permits it.
///
/// # Errors
/// [`StoreError`] when the write fails; what was gathered is lost then, since it may be stale.
pub fn flush_shown(app: &App) -> Result<(), StoreError> {
    let mut waiting = app.engine.shown().take();
    if waiting.is_empty() {
        return Ok(());
    }
    // One person's rows lie together, and what they permit is asked once.
    waiting.sort_by_key(|(subject, _)| *subject);
    let (now, vault, entropy) = (app.now(), app.vault().clone(), app.entropy.clone());
    let what =
        Write { name: "shown.store", author: Author::Machine { part: super::PART.to_owned() }, at: now };
    app.store
        .write(what, move |tx| {
            let entropy = Ahead::new(entropy.as_ref());
            // What the person of the row before permits.
            let mut permitted: Option<(Subject, Option<Collection<'_>>)> = None;
            for (number, (subject, shown)) in waiting.iter().enumerate() {
                if permitted.as_ref().is_none_or(|(of, _)| of != subject) {
                    let personal = |purpose: &PurposeId| purpose.as_str() == Personalisation::ID;
                    let collection = match tx.collect(subject, &personal, now) {
                        Ok(collection) => Some(collection).filter(|one| one.permits(Kind::ShownItems)),
                        Err(ReadError::Store(error)) => return Err(error),
                        // Erased or withdrawn in the meantime.
                        Err(_) => None,
                    };
                    permitted = Some((*subject, collection));
                }
                let Some((_, Some(collection))) = &permitted else { continue };
                let message = format!("shown {} {number}", now.as_nanosecond());
                match collection.seal::<ShownItems>(
                    shown,
                    &message,
                    Day::of_millis(shown.at),
                    &vault,
                    &entropy,
                ) {
                    Ok(row) => {
                        // A message name is used once, so it is never there already.
                        let _ = tx.put(&row)?;
                    }
                    Err(CollectError::Vault(error)) => {
                        return Err(StoreError::Damaged(error.to_string()));
                    }
                    Err(
                        CollectError::NotPermitted(_)
                        | CollectError::NothingPermitted
                        | CollectError::Form(_),
                    ) => {}
                }
            }
            Ok(())
        })
        .wait()
}
