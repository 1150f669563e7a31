//! The models as an answer asks them: all voices for one page and one person, so that learning weighs exactly what answers weigh.
//!
//! Must never look anything up about a person: what it may rest on is the [`Basis`].

use std::borrow::Cow;
use std::sync::RwLock;

use models::recommend::baskets::{self, History};
use models::recommend::repeat::again;
use models::recommend::session::Visit;
use models::recommend::trend::Trend;
use models::recommend::visits::VisitBuffers;
use models::recommend::{Scored, Scratch};

use super::basis::{About, Basis, Page};
use super::company::{Alike, Together, history};
use super::memory::Models;
use super::near::NearLists;
use super::suits::{SuitLists, Suits};
use super::taste::Taste;
use super::voices::Voices;
use super::{Catalogue, Tuning, Wanted};

const DAY_SECONDS: i64 = 86_400;
/// How many things that were bought before are candidates.
const WIDE: usize = 100;

/// Buffers of a thread that answers: sums and numbers of items while an answer is made.
#[derive(Default)]
pub(super) struct Buffers {
    pub(super) visits: VisitBuffers,
    pub(super) scratch: Scratch,
}

/// What is asked.
pub(super) struct Sources<'a> {
    pub(super) models: &'a Models,
    pub(super) catalogue: &'a Catalogue,
    pub(super) near: &'a NearLists,
    pub(super) suits: &'a SuitLists,
    pub(super) taste: &'a RwLock<Taste>,
    pub(super) trend: &'a Trend,
    pub(super) popular: &'a [Scored],
    pub(super) tuning: &'a Tuning,
}

impl Sources<'_> {
    /// Asks every model, and hands the voices to `work`.
    pub(super) fn ask<R>(
        &self,
        page: &Page,
        basis: &Basis<'_>,
        wanted: Wanted,
        now: i64,
        buffers: &mut Buffers,
        work: impl FnOnce(&Voices<'_>, &mut Scratch) -> R,
    ) -> R {
        let Self { models, catalogue, near, suits, taste, trend, popular, tuning } = *self;
        let Buffers { visits, scratch } = buffers;
        let inputs = history(&page.visit, basis.latest(), now);
        let near = near.of(&inputs, models, catalogue, scratch);
        let buyer = basis.orders.map(|(buyer, _)| buyer);
        let suiting = suits.of(buyer, basis.latest(), now, models, taste, trend);
        let visit = Visit { items: &page.visit, own: basis.own };
        let (votes, links) = models.visits.ask(&visit, &tuning.visits, visits);
        let again_too = page.about == About::Person;
        let bought = if again_too { basis.history(models) } else { Cow::Owned(History::default()) };
        let next = baskets::Ask { history: &bought, own: None, now };
        // Most shops give it no weight.
        let again = match again_too && tuning.weights.again > 0.0 {
            true => again(basis.latest(), now, 120 * DAY_SECONDS, WIDE).unwrap_or_default(),
            false => Vec::new(),
        };
        let voices = Voices {
            visits: votes,
            next: links,
            again,
            rhythm: models.orders.own(&next, &tuning.baskets),
            popular,
            together: Together { near: &near },
            alike: Alike { near: &near, wanted },
            suits: Suits { suiting: &suiting, trend },
        };
        work(&voices, scratch)
    }
}
