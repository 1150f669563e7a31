//! One list out of all models: sums over every candidate first, then reasons for the few that are shown.
//!
//! Must never look anything up about a person: what it may rest on is its [`Basis`], which a grant opened.
//! INVARIANT: a shown score is the sum of its parts; an input that is taken away takes exactly its parts with it.

use std::cell::RefCell;

use models::recommend::blend::{BlendError, Voice};
use models::recommend::opinion::{Opinion, Sums, Winners};
use models::recommend::trend::Trend;
use models::recommend::{Scored, Scratch};

use super::basis::{Basis, Page};
use super::memory::Models;
use super::sources::{Buffers, Sources};
use super::{Catalogue, Engine, Tuning, Wanted};

/// How many candidates what is popular names.
pub(super) const WIDE: usize = 100;

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// A question to all models at once.
pub(super) struct Blend<'a> {
    pub(super) engine: &'a Engine,
    pub(super) models: &'a Models,
    pub(super) catalogue: &'a Catalogue,
    pub(super) wanted: Wanted,
    pub(super) page: &'a Page,
    pub(super) basis: &'a Basis<'a>,
    /// What is popular, best first.
    pub(super) popular: &'a [Scored],
    pub(super) trend: &'a Trend,
    pub(super) tuning: &'a Tuning,
    pub(super) now: i64,
}

impl Blend<'_> {
    /// Asks the models, and hands their voices to `work`.
    ///
    /// # Errors
    /// [`BlendError`] if a weight of the blend is out of range.
    pub(super) fn ask<R>(&self, work: impl FnOnce(&[Voice<'_>], &mut Scratch) -> R) -> Result<R, BlendError> {
        let Self { engine, models, catalogue, wanted, page, basis, popular, trend, tuning, now } = *self;
        let popular = popular.get(..WIDE).unwrap_or(popular);
        // Popularity speaks for what another voice names; what is popular alone has a link of its own.
        let beside = Beside(popular);
        let sources = Sources {
            models,
            catalogue,
            near: engine.near(),
            suits: engine.suits(),
            taste: engine.taste(),
            trend,
            popular,
            tuning,
        };
        BUFFERS.with_borrow_mut(|buffers| {
            sources.ask(page, basis, wanted, now, buffers, |voices, scratch| {
                Ok(work(&voices.heard_beside(&beside, &tuning.weights)?, scratch))
            })
        })
    }
}

/// A list that speaks only for what a voice before it has named.
struct Beside<'a>(&'a [Scored]);

impl Opinion for Beside<'_> {
    fn sum_up(&self, factor: f64, sums: &mut Sums) {
        self.0.iter().for_each(|scored| sums.add_to_candidate(scored.item(), factor * scored.score()));
    }

    fn give_reasons(&self, factor: f64, winners: &mut Winners) {
        self.0.give_reasons(factor, winners);
    }
}
