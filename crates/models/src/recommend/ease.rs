//! What new for a person: the linear model EASE, learned in closed form and unlearned exactly.
//!
//! H. Steck, *Embarrassingly Shallow Autoencoders for Sparse Data*, WWW 2019. With a row x ∈ {0, 1}ⁿ for each contributor,
//! X all rows and A = XᵀX + λI, the weights are, with P = A⁻¹,
//!
//! - B = I − P · diagMat(1 ⊘ diag(P)), that is B_ij = −P_ij / P_jj off the diagonal and 0 on it (equation 8);
//! - score of item j for the history h: s_j = Σ_i h_i B_ij (equation 1).
//!
//! A contributor's row is a term x xᵀ of A, so that learning and forgetting it is a change of rank one (Sherman & Morrison,
//! Annals of Mathematical Statistics 1950): (A ± x xᵀ)⁻¹ = P ∓ u uᵀ / (1 ± xᵀu) with u = P x. A row that grows by an order is
//! a change of rank two: the new one in, the old one out.
//!
//! Must never answer from a row that was forgotten; must never give a score without its reasons.
//!
//! **What memory holds.** The counts XᵀX are integers, changed at once and exactly. The changes of P are kept as the vectors
//! u until [`Ease::fold`] writes them into the matrix (Woodbury's identity: both forms are the same P, and every answer counts
//! them in). So after a row is forgotten, no answer depends on it from that moment on, but until the next `fold` memory still
//! holds two vectors that cancel out and that were reckoned from it; `fold` removes these, too.
//!
//! **Rounding.** Each change adds errors in the last digits. [`Ease::drift`] measures what has gathered against the exact
//! counts, and [`Ease::rebuild`] starts from these again.
#![expect(
    clippy::indexing_slicing,
    reason = "tables reach as far as the rows; entries are checked against `rows` first"
)]

mod inverse;
mod pending;
#[cfg(test)]
mod tests;
mod tiles;

pub use inverse::Inverse;

use super::affinity::{AffinityError, CoCounts, Held};
use super::rows::{Ranked, keep_best};
use super::{Cause, Contribution, ItemId, Scored, Scratch, rank};
use tiles::Entry;

/// What can be wrong with a setting or with a row to be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum EaseError {
    /// λ must be finite and above zero, or A has no inverse.
    #[error("regularisation must be a finite number above 0, was `{0}`")]
    Regularisation(f64),
    /// The row was never learned, or was forgotten already; nothing was changed.
    #[error(transparent)]
    NeverLearned(#[from] AffinityError),
    /// The items' counts would allow the row, but it isn't one that was learned; nothing was changed.
    #[error("no such row is left to forget")]
    NoSuchRow,
    /// Rounding left no positive definite matrix, which takes a λ near zero beside the counts.
    #[error("regularisation `{0}` is too small for these counts")]
    Singular(f64),
}

/// What is wanted of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// Items that fewer contributors have than this aren't proposed.
    pub at_least: u32,
    /// How many items are wanted.
    pub count: usize,
}

/// EASE over contributors' rows; the contributors themselves are unknown to it.
///
/// Give one row a contributor: the items that they have. Memory: 8 n² bytes for P up to 10,000 items (128 MB for 4,000), then
/// 4 n² and 420 MB (2 GB for 20,000), and 8 for each pair of items that somebody has together, twice.
///
/// ```
/// use models::recommend::{affinity::Held, ease::{Discovery, Ease}, ItemId, Scratch};
/// let [tent, mat, ball] = [ItemId(0), ItemId(1), ItemId(2)];
/// let mut ease = Ease::new(1.0).unwrap();
/// ease.learn(&[tent, mat]).unwrap();
/// ease.learn(&[tent, mat]).unwrap();
/// ease.learn(&[ball]).unwrap();
/// let history = [Held { item: tent, weight: 1.0 }];
/// let wanted = Discovery { at_least: 1, count: 5 };
/// let list = ease.score(&history, &wanted, &mut Scratch::new());
/// // A = [[3, 2], [2, 3]] for tent and mat, so P = [[3, −2], [−2, 3]] / 5 and B = 2 / 3.
/// assert_eq!(list.len(), 1);
/// assert_eq!(list[0].item(), mat);
/// assert!((list[0].score() - 2.0 / 3.0).abs() < 1e-12);
///
/// ease.forget(&[tent, mat]).unwrap();
/// ease.forget(&[tent, mat]).unwrap();
/// assert!(ease.score(&history, &wanted, &mut Scratch::new()).is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Ease {
    counts: CoCounts,
    // INVARIANT: the inverse of these counts.
    inverse: Inverse,
}

impl Ease {
    /// No rows yet. λ (of the order of a few hundred for shops of some thousand customers) pulls weights towards 0.
    ///
    /// # Errors
    /// [`EaseError::Regularisation`] unless λ is finite and above zero.
    pub fn new(lambda: f64) -> Result<Self, EaseError> {
        Ok(Self { counts: CoCounts::new(), inverse: Inverse::new(lambda)? })
    }

    /// Learns all rows that `counts` holds at once: n³ steps for n items, however many rows there are.
    ///
    /// # Errors
    /// [`EaseError::Regularisation`] unless λ is finite and above zero; [`EaseError::Singular`] if it is next to nothing.
    ///
    /// ```
    /// use models::recommend::{affinity::CoCounts, ease::Ease, ItemId};
    /// let mut counts = CoCounts::new();
    /// counts.learn(&[ItemId(0), ItemId(1)]);
    /// let ease = Ease::build(counts, 1.0).unwrap();
    /// assert!((ease.weight(ItemId(0), ItemId(1)) - 0.5).abs() < 1e-12);
    /// ```
    pub fn build(counts: CoCounts, lambda: f64) -> Result<Self, EaseError> {
        Ok(Self { inverse: Inverse::of(&counts, lambda)?, counts })
    }

    /// Starts again from the exact counts: no pending change and no gathered rounding is left.
    ///
    /// # Errors
    /// [`EaseError::Singular`] if λ is next to nothing beside the counts; nothing was changed then.
    pub fn rebuild(&mut self) -> Result<(), EaseError> {
        self.inverse = Inverse::of(&self.counts, self.lambda())?;
        Ok(())
    }

    /// The exact counts of which items are had together, fit for item-to-item questions as well.
    #[must_use]
    pub fn counts(&self) -> &CoCounts {
        &self.counts
    }

    /// λ.
    #[must_use]
    pub fn lambda(&self) -> f64 {
        self.inverse.lambda()
    }

    /// Learns a contributor's row; items that stand in it twice count once. Costs about n · (items + pending changes) steps.
    ///
    /// # Errors
    /// [`EaseError::Singular`] if rounding has made the matrix useless; the row is then in the counts, so [`Ease::rebuild`].
    pub fn learn(&mut self, row: &[ItemId]) -> Result<(), EaseError> {
        self.counts.learn(row);
        self.inverse.change(&[], row)
    }

    /// Takes a contributor's row out again: from now on no answer depends on it. Costs as much as learning it.
    ///
    /// # Errors
    /// [`EaseError::NeverLearned`] or [`EaseError::NoSuchRow`] if it can't be in there; nothing is changed then.
    pub fn forget(&mut self, row: &[ItemId]) -> Result<(), EaseError> {
        self.counts.forget(row)?;
        self.inverse.change(row, &[]).inspect_err(|_| self.counts.learn(row))
    }

    /// Learns the row `after` in the place of `before`, so that a contributor's row can grow by an order or lose one.
    ///
    /// # Errors
    /// As [`Ease::forget`] for `before` and [`Ease::learn`] for `after`; nothing is changed then.
    pub fn change(&mut self, before: &[ItemId], after: &[ItemId]) -> Result<(), EaseError> {
        self.counts.change(before, after)?;
        self.inverse.change(before, after).or_else(|error| {
            self.counts.change(after, before)?;
            Err(error)
        })
    }

    /// How many changes of rank one wait to be written in. Each makes answers slower by n steps: fold at a few dozen.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.inverse.pending()
    }

    /// Writes every pending change into the matrix: about n² steps for each.
    pub fn fold(&mut self) {
        self.inverse.fold();
    }

    /// Does a part of [`Ease::fold`], `tiles` (of 64 × 64 numbers; one row of them at least) times the number of pending
    /// changes, and tells how many changes are left. Answers are the same between any two parts, so that a server can fold
    /// between requests.
    pub fn fold_some(&mut self, tiles: usize) -> usize {
        self.inverse.fold_some(tiles)
    }

    /// B_ij: how much `item` of a history speaks for `other`; 0 if either was never seen.
    #[must_use]
    pub fn weight(&self, item: ItemId, other: ItemId) -> f64 {
        self.inverse.weight(item, other)
    }

    /// What might be new and welcome to somebody with `history`, best first, without what they have.
    ///
    /// s_j = Σ over the history of weight_i · B_ij, each summand being a part (some may be below zero), in the order of the
    /// history; only scores above zero. An item that stands in the history twice counts with its first weight. Costs about
    /// n · (history + pending changes) steps.
    #[must_use]
    pub fn score(&self, history: &[Held], wanted: &Discovery, scratch: &mut Scratch) -> Vec<Scored> {
        self.score_lifted(history, wanted, |_| 1.0, scratch)
    }

    /// The same with every part of an item's score times `lift` of the item: what speaks for it today whoever asks (its trend,
    /// its season; see [`trend`](super::trend)). An item whose lift isn't above zero is left out.
    #[must_use]
    pub fn score_lifted(
        &self,
        history: &[Held],
        wanted: &Discovery,
        lift: impl Fn(ItemId) -> f64,
        scratch: &mut Scratch,
    ) -> Vec<Scored> {
        let held = self.distinct(history);
        scratch.start();
        let Scratch { sums, ranking, .. } = scratch;
        sums.resize(self.inverse.rows(), 0.0);
        let mut vector: Vec<Entry> =
            held.iter().map(|held| Entry { row: held.item.index(), value: held.weight }).collect();
        vector.sort_unstable_by_key(|entry| entry.row);
        self.inverse.multiply(&vector, sums);
        vector.iter().for_each(|entry| sums[entry.row] = 0.0);
        // P's diagonal is positive, so the sign of the sum is that of the score, turned round.
        let scored = sums.iter().zip(self.inverse.diagonal()).enumerate().filter(|(_, (sum, _))| **sum < 0.0);
        ranking.extend(scored.map(|(row, (sum, diagonal))| {
            let item = ItemId(row as u32);
            Ranked { score: -sum / diagonal * lift(item), item }
        }));
        ranking.retain(|best| best.score > 0.0);
        if wanted.at_least > 1 {
            ranking.retain(|best| self.counts.together(best.item, best.item) >= wanted.at_least);
        }
        keep_best(ranking, wanted.count);
        let explain = |best: &Ranked| self.explain(best.item, &held, lift(best.item));
        let mut list: Vec<Scored> = ranking.iter().map(explain).collect();
        rank(&mut list, wanted.count);
        list
    }

    fn explain(&self, item: ItemId, held: &[Held], lift: f64) -> Scored {
        let part = |held: &Held| Contribution {
            cause: Cause::Suits { item: held.item },
            part: held.weight * self.weight(held.item, item) * lift,
        };
        Scored::from_parts(item, held.iter().map(part).collect())
    }

    /// The history's first mention of each item that has a row, in order.
    fn distinct(&self, history: &[Held]) -> Vec<Held> {
        let mut seen = rustc_hash::FxHashSet::default();
        let rows = self.inverse.rows();
        history.iter().filter(|held| held.item.index() < rows && seen.insert(held.item)).copied().collect()
    }

    /// How far rounding has carried P from the inverse of the exact A: ‖A P z − z‖ / ‖z‖ for a vector z of random signs drawn
    /// from `seed`, whose mean square over seeds is ‖A P − I‖²_F / n (Hutchinson, Communications in Statistics 1990). As no
    /// eigenvalue of A is below λ, ‖P z − A⁻¹z‖ is at most this over λ. Costs n² steps and one for each pair in the counts.
    ///
    /// Above about 1e-10, [`Ease::rebuild`].
    #[must_use]
    pub fn drift(&self, seed: u64) -> f64 {
        self.inverse.drift(&self.counts, seed)
    }
}
