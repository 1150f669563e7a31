//! What every recommender shares: items, scores, and the reasons that add up to them.
//!
//! Must never name a person or another person's session: a reason points at something the person asking did or chose, at the
//! catalogue, or at a count that passed a threshold.
//!
//! | module | answers | learns from |
//! | --- | --- | --- |
//! | [`session`] | what do visits like this one go on to? | sessions, one click at a time |
//! | [`baskets`] | what again, and what with it? | baskets, as exact counts and one vector a buyer |
//! | [`repeat`] | what does this person buy again, and when is it due? | nothing: the history is an argument |
//! | [`affinity`] | what suits what this person has? | baskets, as exact counts |
//! | [`ease`] | what new suits what this person has? | a row of items for each contributor, unlearned exactly |
//! | [`ials`] | the same in a catalogue too large for that? | rows, fitted anew to forget one |
//! | [`popularity`] | what is liked here and now? | units per item and day, as exact counts |
//! | [`trend`] | what is asked for more than it used to be? | the same counts |
//! | [`content`] | what resembles this, and which guide helps with it? | the catalogue alone |
//! | [`item_knn`] | what is looked at before and after this? | pairs of clicks, as exact counts |
//! | [`visits`] | the two above, kept in step and fitted to the shop | sessions |
//! | [`blend`], [`rules`] | one list out of many, fit for the shop | held-out visits: [`blend::fit`] |

pub mod affinity;
pub mod baskets;
pub mod blend;
pub mod content;
pub mod damping;
mod dense;
pub mod ease;
pub mod fit;
pub mod ials;
pub mod item_knn;
pub mod opinion;
pub mod popularity;
pub mod repeat;
mod rows;
pub mod rules;
pub mod session;
pub mod trend;
pub mod visits;

pub use rows::Scratch;

/// An item of the catalogue (a product, an article, a guide), numbered densely from 0 by the caller.
///
/// Models hold tables as long as the largest number that they have seen, so numbers must not be sparse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u32);

impl ItemId {
    /// The number as a position in a table.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One reason for a score: which model spoke, and because of which input of the person's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The person looked at `item` during this visit ([`session`]).
    Visit {
        /// The item of the person's own visit.
        item: ItemId,
    },
    /// The person bought `item` at `time` ([`repeat`]).
    Bought {
        /// What was bought.
        item: ItemId,
        /// When, in seconds since 1970.
        time: i64,
    },
    /// It goes with `item` of the person's history ([`affinity`], [`ease`]).
    Suits {
        /// The item of the person's own history.
        item: ItemId,
    },
    /// It is popular, overall or in a context such as a region or season ([`popularity`]).
    Popular {
        /// The context; `None` is everywhere.
        context: Option<u32>,
    },
    /// By its description it resembles `item` ([`content`]).
    Alike {
        /// The item that it resembles.
        item: ItemId,
    },
    /// It helps with `item`, which was bought: a guide, a track, how to care for it ([`content`]).
    Helps {
        /// What was bought.
        item: ItemId,
    },
    /// It is new in the catalogue, and new things get a fair chance.
    New,
}

/// How much of a score one cause is answerable for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// The reason.
    pub cause: Cause,
    /// Its part of the score, in the score's unit.
    pub part: f64,
}

/// An item with its score and the reasons for it.
///
/// ```
/// use models::recommend::{Cause, Contribution, ItemId, Scored};
/// let lamp = Scored::from_parts(ItemId(7), vec![
///     Contribution { cause: Cause::Visit { item: ItemId(1) }, part: 0.5 },
///     Contribution { cause: Cause::Popular { context: None }, part: 0.25 },
/// ]);
/// assert_eq!(lamp.score(), 0.75);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    item: ItemId,
    score: f64,
    parts: Vec<Contribution>,
}

impl Scored {
    /// The item whose score *is* the sum of `parts` from left to right, starting at 0.
    // INVARIANT: `score` is that sum, bit for bit, because nothing else ever sets it.
    #[must_use]
    pub fn from_parts(item: ItemId, parts: Vec<Contribution>) -> Self {
        let score = parts.iter().fold(0.0, |sum, contribution| sum + contribution.part);
        Self { item, score, parts }
    }

    /// The item.
    #[must_use]
    pub fn item(&self) -> ItemId {
        self.item
    }

    /// The sum of the parts, from left to right.
    #[must_use]
    pub fn score(&self) -> f64 {
        self.score
    }

    /// The reasons, in the order in which they are added up.
    #[must_use]
    pub fn parts(&self) -> &[Contribution] {
        &self.parts
    }

    /// The same item without the reasons for which `gone` holds; the other parts stay as they are, bit for bit.
    #[must_use]
    pub fn without(&self, gone: impl Fn(&Cause) -> bool) -> Self {
        Self::from_parts(self.item, self.parts.iter().filter(|part| !gone(&part.cause)).copied().collect())
    }

    /// Every part, and so the score, times `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let scale = |part: &Contribution| Contribution { cause: part.cause, part: part.part * factor };
        Self::from_parts(self.item, self.parts.iter().map(scale).collect())
    }
}

/// What can stand in a ranked list: an item with its score, with or without the reasons yet.
///
/// Rules and cooldowns work on either, so that reasons need to be made for what is shown alone.
pub trait Candidate {
    /// The item.
    fn item(&self) -> ItemId;
    /// Its score.
    fn score(&self) -> f64;
    /// An item that no model proposed: score 0, no reasons.
    fn unscored(item: ItemId) -> Self;
}

impl Candidate for Scored {
    fn item(&self) -> ItemId {
        self.item
    }

    fn score(&self) -> f64 {
        self.score
    }

    fn unscored(item: ItemId) -> Self {
        Self::from_parts(item, Vec::new())
    }
}

impl Candidate for (ItemId, f64) {
    fn item(&self) -> ItemId {
        self.0
    }

    fn score(&self) -> f64 {
        self.1
    }

    fn unscored(item: ItemId) -> Self {
        (item, 0.0)
    }
}

/// Sorts by score, highest first, equal scores by item number, and keeps the first `count`.
///
/// ```
/// use models::recommend::{rank, Cause, Contribution, ItemId, Scored};
/// let scored = |item, part| {
///     Scored::from_parts(ItemId(item), vec![Contribution { cause: Cause::Popular { context: None }, part }])
/// };
/// let mut list = vec![scored(3, 0.1), scored(2, 0.9), scored(1, 0.1)];
/// rank(&mut list, 2);
/// assert_eq!(list.iter().map(|s| s.item().0).collect::<Vec<_>>(), [2, 1]);
/// ```
pub fn rank(list: &mut Vec<Scored>, count: usize) {
    list.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.item.cmp(&b.item)));
    list.truncate(count);
}
