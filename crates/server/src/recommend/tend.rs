//! Work on the models that takes longer than an answer may wait: done in the background, in portions or on a copy.
//!
//! Must never hold a lock of the engine for longer than a few milliseconds.

use std::sync::PoisonError;
use std::time::Instant;

use models::recommend::ItemId;
use models::recommend::ials::{Dials, Ials};
use models::recommend::popularity::Day;
use models::recommend::trend::{self, Trend};

use super::Engine;
use super::taste::{Due, FOLD_AT, Taste};

/// How many tiles are changed at once: about a millisecond's work for [`FOLD_AT`] changes.
const TILES: usize = 64;
/// When so few changes are left, the rest is made up for under the lock.
const FEW: usize = 8;

impl Engine {
    /// Does what has come due: called every second, one call at a time. Takes minutes where a large catalogue's tastes are to be
    /// reckoned anew, while answers and learning go on.
    pub fn tend(&self, today: Day) {
        self.follow_trend(today);
        let items = self.ask(|models| models.owned.items());
        let due = self.inner.taste.read().unwrap_or_else(PoisonError::into_inner).due(items);
        match due {
            Due::Nothing => {}
            Due::Fold => while self.fold_some() > 0 {},
            Due::Invert => self.invert(),
            Due::Fit(forgotten) => self.fit(forgotten),
        }
    }

    /// Whether nothing that takes long is left to be reckoned: soon after a start it is. Answers are given all the while, from
    /// what is reckoned so far.
    #[must_use]
    pub fn is_tended(&self, today: Day) -> bool {
        let items = self.ask(|models| models.owned.items());
        let due = self.inner.taste.read().unwrap_or_else(PoisonError::into_inner).due(items);
        let trend = self.inner.trend.read().unwrap_or_else(PoisonError::into_inner);
        let followed = trend.as_ref().is_some_and(|(of, _)| *of == today);
        followed
            && match due {
                Due::Nothing | Due::Fold => true,
                Due::Invert | Due::Fit(_) => false,
            }
    }

    /// What is asked for more than it used to be, as of the day before: reckoned once a day and after forgettings, at most every
    /// second. Until it is, nothing is lifted.
    pub(super) fn follow_trend(&self, today: Day) {
        let known = |day: Day| {
            let trend = self.inner.trend.read().unwrap_or_else(PoisonError::into_inner);
            trend.as_ref().is_some_and(|(of, _)| *of == day)
        };
        if known(today) {
            return;
        }
        let forgettings = self.forgettings();
        let yesterday = Day(today.0.saturating_sub(1));
        let found = self.ask(|models| {
            Trend::at(models.counting.units(), None, yesterday, &trend::Dials::standard()).unwrap_or_default()
        });
        let mut trend = self.inner.trend.write().unwrap_or_else(PoisonError::into_inner);
        // Whoever was forgotten meanwhile is in this one.
        if forgettings == self.forgettings() {
            *trend = Some((today, std::sync::Arc::new(found)));
        }
    }

    fn fold_some(&self) -> usize {
        self.inner.taste.write().unwrap_or_else(PoisonError::into_inner).fold_some(TILES)
    }

    fn invert(&self) {
        let began = Instant::now();
        let counts = {
            let models = self.inner.models.read().unwrap_or_else(PoisonError::into_inner);
            self.inner.taste.write().unwrap_or_else(PoisonError::into_inner).begin();
            models.owned.clone()
        };
        let Some(mut inverse) = Taste::inverse_of(&counts) else {
            tracing::error!("what suits what can't be reckoned from these counts");
            return;
        };
        drop(counts);
        // Whatever came meanwhile is made up for without the lock, until little is left.
        loop {
            let since = self.inner.taste.write().unwrap_or_else(PoisonError::into_inner).take_since();
            let Some(since) = since else { return };
            let few = since.len() <= FEW;
            for change in since {
                if inverse.change(&change.before, &change.after).is_err() {
                    tracing::error!("a row was to be taken out that isn't in the counts; tried again");
                    return;
                }
                if inverse.pending() >= FOLD_AT {
                    inverse.fold();
                }
            }
            if few {
                break;
            }
        }
        inverse.fold();
        self.inner.taste.write().unwrap_or_else(PoisonError::into_inner).install(inverse, began);
        self.inner.suits.drop_all();
        tracing::info!(seconds = began.elapsed().as_secs_f64(), "what suits what is reckoned anew");
    }

    fn fit(&self, forgotten: u64) {
        let began = Instant::now();
        // In an order of their own, so that the same rows give the same factors.
        let mut rows: Vec<Vec<ItemId>> =
            self.ask(|models| models.persons.values().map(|person| person.row()).collect());
        rows.retain(|row| !row.is_empty());
        rows.sort_unstable();
        match Ials::fit(&rows, Dials::standard()) {
            Ok((factors, settled)) => {
                let mut taste = self.inner.taste.write().unwrap_or_else(PoisonError::into_inner);
                taste.install_factors(factors, forgotten, began);
                drop(taste);
                self.inner.suits.drop_all();
                let seconds = began.elapsed().as_secs_f64();
                tracing::info!(seconds, sweeps = settled.sweeps, "tastes are fitted anew");
            }
            Err(error) => tracing::error!(error.cause = %error, "tastes can't be fitted"),
        }
    }
}
