//! Who takes part, and that they saw it: gathered for a moment, then one sealed row a person and experiment.
//!
//! Must never put anybody into an experiment without a grant for `analytics`, nor keep a row for somebody erased or
//! withdrawn in the meantime.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use privacy::audit::Author;
use privacy::data::{Kind, Shown, ShownItems};
use privacy::entropy::Ahead;
use privacy::grant::{Authorize as _, CollectError, ReadError};
use privacy::purpose::{Analytics, Purpose as _, PurposeId};
use privacy::register::OptOutSignal;
use privacy::signals::Gpc;
use privacy::store::{Day, StoreError};
use privacy::subject::Subject;
use store::{ReadTx, Write};

use super::{PART, Trial};
use crate::app::App;
use crate::placements::Place;
use crate::recommend::Ask;

/// Beyond so many in a moment, who saw what isn't kept.
const AT_MOST: usize = 20_000;

/// The variant that somebody sees.
#[derive(Debug, Clone)]
pub(crate) struct Enrolled {
    /// Of which experiment.
    pub(crate) experiment: String,
    /// Its name.
    pub(crate) variant: String,
    /// The place as it fills it.
    pub(crate) place: Arc<Place>,
    exposure: Exposure,
}

/// That somebody saw a variant.
#[derive(Debug, Clone)]
struct Exposure {
    subject: Subject,
    message: String,
    shown: Shown,
}

/// What of experiments is on its way into the vault.
#[derive(Debug, Default)]
pub struct Experiments {
    waiting: Mutex<Vec<Exposure>>,
}

impl Experiments {
    /// Notes that somebody was shown a variant.
    pub(crate) fn saw(&self, enrolled: Enrolled) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < AT_MOST {
            waiting.push(enrolled.exposure);
        }
    }
}

/// The variant that somebody sees, if they take part: whoever permits analytics, and sends no signal against it.
///
/// # Errors
/// [`ReadError`] when the ledger can't be read.
pub(crate) fn enrol(
    app: &App,
    tx: &ReadTx<'_>,
    trial: &Trial,
    subject: &Subject,
    ask: &Ask,
    now: Timestamp,
) -> Result<Option<Enrolled>, ReadError> {
    let heeds = |purpose: &str| {
        app.register().purpose(purpose).is_some_and(|one| one.opt_out_signal == OptOutSignal::Refuses)
    };
    if ask.opt_out == Gpc::OptOut && heeds(Analytics::ID) {
        return Ok(None);
    }
    match tx.authorize::<Analytics>(subject, PART, now) {
        Ok(_) => {}
        Err(ReadError::Refused(_)) => return Ok(None),
        Err(error) => return Err(error),
    }
    let Some((variant, place)) = trial.variant(app.vault().pseudonym(subject), &ask.placement) else {
        return Ok(None);
    };
    let shown = Shown {
        at: now.as_millisecond(),
        // As the person reads it among their data.
        placement: format!("{} (experiment `{}`, variant `{variant}`)", ask.placement, trial.name()),
        items: Vec::new(),
    };
    Ok(Some(Enrolled {
        experiment: trial.name().to_owned(),
        variant: variant.to_owned(),
        place: Arc::clone(place),
        exposure: Exposure { subject: *subject, message: trial.message().to_owned(), shown },
    }))
}

/// Seals who saw what since the last call, for everybody who still permits it: the first time alone.
///
/// # Errors
/// [`StoreError`] when the write fails; what was gathered is lost then, since it may be stale.
pub fn flush_exposures(app: &App) -> Result<(), StoreError> {
    let waiting =
        std::mem::take(&mut *app.experiments.waiting.lock().unwrap_or_else(PoisonError::into_inner));
    if waiting.is_empty() {
        return Ok(());
    }
    let (now, vault, entropy) = (app.now(), app.vault().clone(), app.entropy.clone());
    let what = Write { name: "experiment.seen", author: Author::Machine { part: PART.to_owned() }, at: now };
    app.store
        .write(what, move |tx| {
            let entropy = Ahead::new(entropy.as_ref());
            for Exposure { subject, message, shown } in &waiting {
                if tx.has_row(subject, Kind::ShownItems, &vault.message_index(message))? {
                    continue;
                }
                let counted = |purpose: &PurposeId| purpose.as_str() == Analytics::ID;
                let collection = match tx.collect(subject, &counted, now) {
                    Ok(collection) => collection,
                    Err(ReadError::Store(error)) => return Err(error),
                    // Erased in the meantime.
                    Err(_) => continue,
                };
                let day = Day::of_millis(shown.at);
                match collection.seal::<ShownItems>(shown, message, day, &vault, &entropy) {
                    Ok(row) => {
                        let _ = tx.put(&row)?;
                    }
                    Err(CollectError::Vault(error)) => return Err(StoreError::Damaged(error.to_string())),
                    // Withdrawn in the meantime.
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
