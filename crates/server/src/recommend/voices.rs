//! Everybody who has a say in an answer, and how much it counts: each model is one voice of the blend.
//!
//! A new model is a field of [`Weights`], a line of [`Voices::heard`] and one of [`Voices::each`]. Must never depend on the candidates at hand:
//! a weight is a constant of the shop, learned on its own past or shipped.

use models::recommend::Scored;
use models::recommend::baskets::Own;
use models::recommend::blend::{BlendError, Voice};
use models::recommend::item_knn::Links;
use models::recommend::opinion::Opinion;
use models::recommend::session::Votes;
use serde::{Deserialize, Serialize};

use super::company::{Alike, Together};
use super::suits::Suits;

/// What each voice counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// What visits like this one go on to.
    pub visits: f64,
    /// What is looked at before and after what was looked at in this visit.
    pub next: f64,
    /// What the person bought, counting half after some months.
    pub again: f64,
    /// What the person buys again, by how often buyers come back for it and by season.
    pub rhythm: f64,
    /// What is popular in the shop.
    pub popular: f64,
    /// What was bought or is had together with something of the person's or the page's.
    pub together: f64,
    /// What resembles something of the person's or the page's.
    pub alike: f64,
    /// What suits all that the person has.
    pub suits: f64,
}

/// How many voices there are.
pub const VOICES: usize = 8;

impl Weights {
    /// What did well on the validation parts of recorded shops: for a shop that has too little of its own to learn from.
    #[must_use]
    pub const fn shipped() -> Self {
        Self {
            // No recorded shop has both visits and orders of the same people: what is being looked at now counts twice as much
            // as where visits stand alone, so that it is heard beside a long past.
            visits: 2.0,
            next: 0.1,
            again: 0.0,
            rhythm: 14.0,
            popular: 10.0,
            together: 1.2,
            alike: 0.35 / 0.6,
            suits: 1.25,
        }
    }

    /// The weights in the order of the voices.
    #[must_use]
    pub const fn array(&self) -> [f64; VOICES] {
        let Self { visits, next, again, rhythm, popular, together, alike, suits } = *self;
        [visits, next, again, rhythm, popular, together, alike, suits]
    }

    /// The same the other way round.
    #[must_use]
    pub const fn from_array(array: [f64; VOICES]) -> Self {
        let [visits, next, again, rhythm, popular, together, alike, suits] = array;
        Self { visits, next, again, rhythm, popular, together, alike, suits }
    }

    /// What each voice says, in everyday words, in the same order.
    #[must_use]
    pub const fn about() -> [(&'static str, &'static str); VOICES] {
        [
            ("visits", "what visits like this one went on to"),
            ("next", "what is looked at before and after what was looked at in this visit"),
            ("again", "what the customer bought, counting half after some months"),
            ("rhythm", "what the customer buys again, by how often buyers come back for it and by season"),
            ("popular", "what is popular in the shop"),
            ("together", "what was bought or is had together with something of the customer's or the page's"),
            ("alike", "what resembles something of the customer's or the page's"),
            ("suits", "what suits all that the customer has (EASE, or iALS in a large catalogue)"),
        ]
    }
}

/// All models, asked.
pub(super) struct Voices<'a> {
    pub(super) visits: Votes<'a>,
    pub(super) next: Links<'a>,
    pub(super) again: Vec<Scored>,
    pub(super) rhythm: Own<'a>,
    pub(super) popular: &'a [Scored],
    pub(super) together: Together<'a>,
    pub(super) alike: Alike<'a>,
    pub(super) suits: Suits<'a>,
}

impl Voices<'_> {
    /// Each opinion, in the order of the weights.
    pub(super) fn each(&self) -> [&dyn Opinion; VOICES] {
        let Self { visits, next, again, rhythm, popular, together, alike, suits } = self;
        [visits, next, again, rhythm, popular, together, alike, suits]
    }

    /// Each opinion with its weight; what is popular speaks last, through `beside`.
    ///
    /// # Errors
    /// [`BlendError`] if a weight is out of range.
    pub(super) fn heard_beside<'v>(
        &'v self,
        beside: &'v dyn Opinion,
        weights: &Weights,
    ) -> Result<Vec<Voice<'v>>, BlendError> {
        let Self { visits, next, again, rhythm, popular: _, together, alike, suits } = self;
        let weighed: [(&dyn Opinion, f64); VOICES] = [
            (visits, weights.visits),
            (next, weights.next),
            (again, weights.again),
            (rhythm, weights.rhythm),
            (together, weights.together),
            (alike, weights.alike),
            (suits, weights.suits),
            (beside, weights.popular),
        ];
        weighed.into_iter().map(|(opinion, weight)| Voice::new(opinion, weight, 1.0)).collect()
    }
}
