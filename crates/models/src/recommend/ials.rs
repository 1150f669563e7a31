//! What new for a person when the catalogue is too large for [`ease`](super::ease): implicit alternating least squares.
//!
//! Y. Hu, Y. Koren, C. Volinsky, *Collaborative Filtering for Implicit Feedback Datasets*, ICDM 2008, with the objective and the
//! scaled regularisation of S. Rendle, W. Krichene, L. Zhang, Y. Koren, *Revisiting the Performance of iALS on Item
//! Recommendation Benchmarks*, RecSys 2022 (equations 1 to 4). For rows u, items i, factors w_u and h_i it makes small
//!
//! Σ over what is had of (wᵤᵀhᵢ − 1)² + α Σ over all pairs of (wᵤᵀhᵢ)² + Σ_u λ_u ‖w_u‖² + Σ_i λ_i ‖h_i‖²,
//! λ_u = λ (items of u + α · items)^ν, λ_i = λ (rows with i + α · rows)^ν.
//!
//! Only items' factors are kept. A person's are reckoned from their own history when they ask, w = M⁻¹ Σ a_i h_i with
//! M = Σ a_i h_i h_iᵀ + α HᵀH + λ_u I, so that the score of j is a sum over the history: s_j = Σ_i a_i h_jᵀ M⁻¹ h_i (Hu et al.,
//! §5). M itself depends on the whole history, though: leaving an item out changes the other parts a little.
//!
//! **Forgetting.** There is no closed form. [`Ials::fit`] is a function of rows, dials and seed alone, so that fitting anew
//! without a row *is* the model that never saw it, bit for bit: that is how a person is erased. [`Ials::settle`] starts from
//! the factors at hand and goes on until no factor moves by more than the tolerance: cheaper, and fit for learning. What it
//! ends at solves the equations of the rows that are left, to the tolerance, but the objective can have several such points,
//! and which of them it is may depend on a row that is gone. Until one of the two is done, all factors depend on the row.
//!
//! Must never keep a row or a person's factors; must never draw a number that isn't from the seed.
#![expect(
    clippy::indexing_slicing,
    reason = "factors reach as far as the items in the rows; others are left out first"
)]

mod solve;
#[cfg(test)]
mod tests;

use super::affinity::Held;
use super::rows::{Ranked, keep_best};
use super::{Cause, Contribution, ItemId, Scored, Scratch, rank};
use solve::{Small, dot};

/// What can be wrong with the dials.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum IalsError {
    /// A dial is out of range.
    #[error("factors, unobserved weight and regularisation must be above 0, were `{0:?}`")]
    Dials(Dials),
}

/// The dials of iALS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dials {
    /// d: how many numbers describe an item.
    pub factors: usize,
    /// α: the weight of a pair that isn't had.
    pub unobserved: f64,
    /// λ.
    pub regularisation: f64,
    /// ν: how much more a row or item with many entries is regularised, 0 to 1.
    pub exponent: f64,
    /// The largest move of a factor in a sweep, by its length, at which fitting ends.
    pub tolerance: f64,
    /// How many sweeps there are at most.
    pub sweeps: usize,
    /// Where the factors start.
    pub seed: u64,
}

/// How fitting ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settled {
    /// How many sweeps it took.
    pub sweeps: usize,
    /// The largest move of an item's factor in the last of them, by the length of the longest factor.
    pub moved: f64,
}

/// Items' factors.
///
/// ```
/// use models::recommend::{affinity::Held, ials::{Dials, Ials}, ItemId, Scratch};
/// let [tent, mat, club, ball] = [ItemId(0), ItemId(1), ItemId(2), ItemId(3)];
/// let rows = [vec![tent, mat], vec![tent, mat], vec![tent], vec![club, ball], vec![club, ball]];
/// let dials = Dials { factors: 2, unobserved: 0.1, regularisation: 0.01, ..Dials::standard() };
/// let (model, _) = Ials::fit(&rows, dials).unwrap();
/// let list = model.score(&[Held { item: tent, weight: 1.0 }], 1, &mut Scratch::new());
/// assert_eq!(list[0].item(), mat);
///
/// // Without a row: bit for bit what never saw it.
/// assert_eq!(Ials::fit(&rows[..4], dials).unwrap(), Ials::fit(&rows[..4], dials).unwrap());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ials {
    dials: Dials,
    // INVARIANT: `dials.factors` numbers for each item.
    items: Vec<f64>,
    gram: GramOf,
}

/// HᵀH, kept beside H because each answer needs it.
#[derive(Clone, Debug)]
struct GramOf(Small);

impl PartialEq for GramOf {
    /// Always: it follows from the factors.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Dials {
    /// For a shop of some thousand items: 64 factors, α = 1, λ = 0.003 with ν = 1, 16 sweeps at most: chosen on the last-but-one
    /// invoices of a year of a gift shop.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            factors: 64,
            unobserved: 1.0,
            regularisation: 0.003,
            exponent: 1.0,
            tolerance: 1e-3,
            sweeps: 16,
            seed: 1,
        }
    }

    fn penalty(&self, had: f64, all: usize) -> f64 {
        self.regularisation * (had + self.unobserved * all as f64).powf(self.exponent)
    }
}

impl Ials {
    /// Fits the factors from the start that the seed gives. An item's start depends on the seed and its number alone.
    ///
    /// # Errors
    /// [`IalsError::Dials`] if a dial is out of range.
    pub fn fit<R: AsRef<[ItemId]>>(rows: &[R], dials: Dials) -> Result<(Self, Settled), IalsError> {
        let positive = |dial: f64| dial.is_finite() && dial > 0.0;
        let exponent = dials.exponent.is_finite() && dials.exponent >= 0.0;
        if dials.factors == 0 || !positive(dials.unobserved) || !positive(dials.regularisation) || !exponent {
            return Err(IalsError::Dials(dials));
        }
        let gram = GramOf(Small::zero(dials.factors));
        let mut model = Self { dials, items: Vec::new(), gram };
        let settled = model.settle(rows);
        Ok((model, settled))
    }

    /// Goes on from the factors at hand with these rows until they settle: for learning. To erase, [`Ials::fit`].
    pub fn settle<R: AsRef<[ItemId]>>(&mut self, rows: &[R]) -> Settled {
        let rows: Vec<Vec<ItemId>> = rows.iter().map(|row| distinct(row.as_ref())).collect();
        let count = rows.iter().filter_map(|row| row.last()).map(|last| last.index() + 1).max().unwrap_or(0);
        self.reach(count);
        let mut with: Vec<Vec<u32>> = vec![Vec::new(); count];
        for (number, row) in rows.iter().enumerate() {
            row.iter().for_each(|item| with[item.index()].push(number as u32));
        }
        let mut settled = Settled { sweeps: 0, moved: f64::INFINITY };
        self.gram = GramOf(self.square(&self.items));
        while settled.sweeps < self.dials.sweeps && settled.moved > self.dials.tolerance {
            let people = self.people(&rows);
            settled.moved = self.sweep(&with, &people, rows.len());
            settled.sweeps += 1;
            self.gram = GramOf(self.square(&self.items));
        }
        settled
    }

    /// Factors for `count` items: no more, and new ones drawn from the seed, of length about 0.1 √d ∕ √d.
    fn reach(&mut self, count: usize) {
        let d = self.dials.factors;
        self.items.truncate(count * d);
        let start = self.items.len() as u64;
        let drawn = (start..(count * d) as u64)
            .map(|number| 0.2 * (uniform(self.dials.seed, number) - 0.5) / (d as f64).sqrt());
        self.items.extend(drawn);
    }

    /// The rows' factors for the items' at hand.
    fn people(&self, rows: &[Vec<ItemId>]) -> Vec<f64> {
        let d = self.dials.factors;
        let (mut people, mut matrix) = (vec![0.0; rows.len() * d], Small::zero(d));
        for (own, row) in people.chunks_exact_mut(d).zip(rows) {
            let penalty = self.dials.penalty(row.len() as f64, self.count());
            matrix.start(&self.gram.0, self.dials.unobserved, penalty);
            for item in row {
                matrix.add_square(1.0, self.factor(*item));
                own.iter_mut().zip(self.factor(*item)).for_each(|(sum, h)| *sum += h);
            }
            matrix.factor();
            matrix.solve(own);
        }
        people
    }

    /// The items' factors for the rows' at hand; the largest move, by the greatest length.
    fn sweep(&mut self, with: &[Vec<u32>], people: &[f64], rows: usize) -> f64 {
        let d = self.dials.factors;
        let (square, mut matrix) = (self.square(people), Small::zero(d));
        let (mut moved, mut longest) = (0.0f64, 0.0f64);
        for (own, with) in self.items.chunks_exact_mut(d).zip(with) {
            let mut next = vec![0.0; d];
            matrix.start(&square, self.dials.unobserved, self.dials.penalty(with.len() as f64, rows));
            for person in with {
                let factor = &people[*person as usize * d..][..d];
                matrix.add_square(1.0, factor);
                next.iter_mut().zip(factor).for_each(|(sum, w)| *sum += w);
            }
            matrix.factor();
            matrix.solve(&mut next);
            moved = moved.max(own.iter().zip(&next).map(|(a, b)| (a - b).powi(2)).sum());
            longest = longest.max(dot(&next, &next));
            own.copy_from_slice(&next);
        }
        (moved / longest.max(f64::MIN_POSITIVE)).sqrt()
    }

    fn square(&self, factors: &[f64]) -> Small {
        let mut square = Small::zero(self.dials.factors);
        factors.chunks_exact(self.dials.factors).for_each(|factor| square.add_square(1.0, factor));
        square
    }

    fn factor(&self, item: ItemId) -> &[f64] {
        &self.items[item.index() * self.dials.factors..][..self.dials.factors]
    }

    fn count(&self) -> usize {
        self.items.len() / self.dials.factors
    }

    /// What might be new and welcome to somebody with `history`, best first, without what they have; only scores above zero.
    ///
    /// s_j = Σ_i a_i h_jᵀ M⁻¹ h_i, each summand being a part, in the order of the history. An item that stands there twice
    /// counts with its first weight. Costs about d² (history + d / 6) + d · items steps.
    #[must_use]
    pub fn score(&self, history: &[Held], count: usize, scratch: &mut Scratch) -> Vec<Scored> {
        let d = self.dials.factors;
        let mut seen = rustc_hash::FxHashSet::default();
        let known = |held: &&Held| held.item.index() < self.count() && seen.insert(held.item);
        let held: Vec<Held> = history.iter().filter(known).copied().collect();
        let (mut matrix, mut person) = (Small::zero(d), vec![0.0; d]);
        let had: f64 = held.iter().map(|held| held.weight).sum();
        matrix.start(&self.gram.0, self.dials.unobserved, self.dials.penalty(had, self.count()));
        for held in &held {
            let factor = self.factor(held.item);
            matrix.add_square(held.weight, factor);
            person.iter_mut().zip(factor).for_each(|(sum, h)| *sum += held.weight * h);
        }
        matrix.factor();
        matrix.solve(&mut person);
        scratch.start();
        let scored = self
            .items
            .chunks_exact(d)
            .enumerate()
            .map(|(row, factor)| Ranked { score: dot(factor, &person), item: ItemId(row as u32) });
        scratch.ranking.extend(scored.filter(|best| best.score > 0.0 && !seen.contains(&best.item)));
        keep_best(&mut scratch.ranking, count);
        let explain = |best: &Ranked| {
            let mut direction = self.factor(best.item).to_vec();
            matrix.solve(&mut direction);
            let part = |held: &Held| Contribution {
                cause: Cause::Suits { item: held.item },
                part: held.weight * dot(self.factor(held.item), &direction),
            };
            Scored::from_parts(best.item, held.iter().map(part).collect())
        };
        let mut list: Vec<Scored> = scratch.ranking.iter().map(explain).collect();
        rank(&mut list, count);
        list
    }
}

/// One item as seen from the others: M⁻¹ h_i, with the M of an empty history.
#[derive(Clone, Debug)]
pub struct Direction(Vec<f64>);

impl Ials {
    /// Where an item points, `None` if it has no factors. A person's history changes M a little and so every part of a score;
    /// from the directions alone, the parts of a score are independent of each other, and can be kept by item.
    ///
    /// ```
    /// use models::recommend::{ItemId, ials::{Dials, Ials}};
    /// let [tent, mat, club, ball] = [ItemId(0), ItemId(1), ItemId(2), ItemId(3)];
    /// let rows = [vec![tent, mat], vec![tent, mat], vec![tent], vec![club, ball], vec![club, ball]];
    /// let dials = Dials { factors: 2, unobserved: 0.1, regularisation: 0.01, ..Dials::standard() };
    /// let (model, _) = Ials::fit(&rows, dials).unwrap();
    /// let tents = model.direction(tent).unwrap();
    /// assert!(model.along(&tents, mat) > model.along(&tents, ball));
    /// ```
    #[must_use]
    pub fn direction(&self, item: ItemId) -> Option<Direction> {
        if item.index() >= self.count() {
            return None;
        }
        let mut matrix = Small::zero(self.dials.factors);
        matrix.start(&self.gram.0, self.dials.unobserved, self.dials.penalty(1.0, self.count()));
        matrix.factor();
        let mut direction = self.factor(item).to_vec();
        matrix.solve(&mut direction);
        Some(Direction(direction))
    }

    /// h_jᵀ M⁻¹ h_i: how much an item whose direction this is speaks for `other`; 0 if that has no factors.
    #[must_use]
    pub fn along(&self, direction: &Direction, other: ItemId) -> f64 {
        if other.index() < self.count() { dot(self.factor(other), &direction.0) } else { 0.0 }
    }

    /// The memory that the factors take up, in bytes.
    #[must_use]
    pub fn footprint_bytes(&self) -> usize {
        self.items.capacity() * size_of::<f64>()
    }
}

fn distinct(row: &[ItemId]) -> Vec<ItemId> {
    let mut items = row.to_vec();
    items.sort_unstable();
    items.dedup();
    items
}

/// A number from 0 to 1 by SplitMix64 (Steele, Lea & Flood, OOPSLA 2014).
fn uniform(seed: u64, number: u64) -> f64 {
    let z = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}
