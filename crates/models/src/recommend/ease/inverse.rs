//! The inverse that EASE's weights are read from, for whoever keeps the counts elsewhere.
//!
//! Must never be asked about counts other than those that its changes add up to: the caller keeps the two in step.
#![expect(
    clippy::indexing_slicing,
    reason = "tables reach as far as the rows; entries are checked against `rows` first"
)]

use super::EaseError;
use super::pending::Pending;
use super::tiles::{Entry, Indefinite, SIDE, Tiles};
use crate::recommend::ItemId;
use crate::recommend::affinity::CoCounts;

/// P = (XᵀX + λI)⁻¹ for the rows of all contributors, changed by a row at a time.
///
/// ```
/// use models::recommend::{ItemId, affinity::CoCounts, ease::Inverse};
/// let [tent, mat] = [ItemId(0), ItemId(1)];
/// let mut counts = CoCounts::new();
/// counts.learn(&[tent, mat]);
/// let mut inverse = Inverse::of(&counts, 1.0).unwrap();
/// assert!((inverse.weight(tent, mat) - 0.5).abs() < 1e-12);
/// let mut row = Vec::new();
/// inverse.weights(tent, &mut row);
/// assert!((row[mat.index()] - 0.5).abs() < 1e-12);
/// inverse.change(&[tent, mat], &[]).unwrap();
/// assert!(inverse.weight(tent, mat).abs() < 1e-12);
/// ```
#[derive(Clone, Debug)]
pub struct Inverse {
    lambda: f64,
    base: Tiles,
    pending: Pending,
    // INVARIANT: P's diagonal with every pending change counted in, as long as the base's rows.
    diagonal: Vec<f64>,
}

impl Inverse {
    /// Of no rows.
    ///
    /// # Errors
    /// [`EaseError::Regularisation`] unless λ is finite and above zero.
    pub fn new(lambda: f64) -> Result<Self, EaseError> {
        if !(lambda.is_finite() && lambda > 0.0) {
            return Err(EaseError::Regularisation(lambda));
        }
        Ok(Self { lambda, base: Tiles::default(), pending: Pending::default(), diagonal: Vec::new() })
    }

    /// Of all rows that `counts` holds: n³ steps for n items, however many rows there are.
    ///
    /// # Errors
    /// [`EaseError::Regularisation`] unless λ is finite and above zero; [`EaseError::Singular`] if it is next to nothing.
    pub fn of(counts: &CoCounts, lambda: f64) -> Result<Self, EaseError> {
        let mut inverse = Self::new(lambda)?;
        let base = &mut inverse.base;
        let rows = counts.items();
        base.reach(rows, lambda);
        for row in 0..rows {
            let item = ItemId(row as u32);
            for (other, count) in counts.row(item).filter(|(other, _)| other.index() < row) {
                base.set(row, other.index(), f64::from(count));
            }
            base.set(row, row, lambda + f64::from(counts.together(item, item)));
        }
        base.invert().map_err(|Indefinite| EaseError::Singular(lambda))?;
        inverse.pending.reach(base.side());
        inverse.diagonal = (0..base.side() * SIDE).map(|row| base.at(row, row)).collect();
        Ok(inverse)
    }

    /// λ.
    #[must_use]
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// Takes the row `after` in the place of `before`; an empty one is none. Items that stand in one twice count once. Costs
    /// about n · (items + pending changes) steps.
    ///
    /// # Errors
    /// [`EaseError::NoSuchRow`] if `before` can't be in there, [`EaseError::Singular`] if rounding has made the matrix useless;
    /// nothing is changed then.
    pub fn change(&mut self, before: &[ItemId], after: &[ItemId]) -> Result<(), EaseError> {
        let (old, new) = (ones(before), ones(after));
        if old == new {
            return Ok(());
        }
        let last = |row: &[Entry]| row.last().map_or(0, |entry| entry.row + 1);
        self.reach(last(&old).max(last(&new)));
        // The new row first: A stays as far from singular as it can.
        self.add(&new)?;
        self.subtract(&old).or_else(|error| {
            self.subtract(&new)?;
            Err(error)
        })
    }

    /// Room for every item. One that nobody has is λ in A, apart from all others, and so 1/λ in P: exact.
    fn reach(&mut self, rows: usize) {
        self.base.reach(rows, 1.0 / self.lambda);
        self.pending.reach(self.base.side());
        self.diagonal.resize(self.base.side() * SIDE, 1.0 / self.lambda);
    }

    fn add(&mut self, row: &[Entry]) -> Result<(), EaseError> {
        let (vector, along) = self.image(row);
        // xᵀPx lies between 0 and |x|²/λ for any positive definite P.
        if !(along >= 0.0 && along <= 2.0 * row.len() as f64 / self.lambda) {
            return Err(EaseError::Singular(self.lambda));
        }
        self.push(1.0 / (1.0 + along), &vector);
        Ok(())
    }

    fn subtract(&mut self, row: &[Entry]) -> Result<(), EaseError> {
        let (vector, along) = self.image(row);
        // For a row that is in A, 1 − xᵀPx = 1 / (1 + xᵀP'x) with P' the inverse without it, and so at least this:
        let least = self.lambda / (self.lambda + row.len() as f64);
        if along.is_nan() || 1.0 - along < 0.5 * least {
            return Err(EaseError::NoSuchRow);
        }
        self.push(-1.0 / (1.0 - along), &vector);
        Ok(())
    }

    fn push(&mut self, scale: f64, vector: &[f64]) {
        if vector.iter().all(|u| *u == 0.0) {
            return;
        }
        self.diagonal.iter_mut().zip(vector).for_each(|(diagonal, u)| *diagonal -= scale * u * u);
        self.pending.push(scale, vector);
    }

    /// P x and xᵀ P x.
    fn image(&self, row: &[Entry]) -> (Vec<f64>, f64) {
        let mut image = vec![0.0; self.diagonal.len()];
        self.multiply(row, &mut image);
        let along = row.iter().map(|entry| entry.value * image[entry.row]).sum();
        (image, along)
    }

    /// Adds P times a thin vector to the sums.
    pub(super) fn multiply(&self, vector: &[Entry], sums: &mut [f64]) {
        self.base.multiply(vector, sums);
        self.pending.correct(vector, sums);
    }

    /// P's diagonal.
    pub(super) fn diagonal(&self) -> &[f64] {
        &self.diagonal
    }

    /// How many items there is room for: one more than the greatest number seen, rounded up.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.diagonal.len()
    }

    /// How many changes of rank one wait to be written in. Each makes answers and further changes slower by n steps.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending.count()
    }

    /// Writes every pending change into the matrix: about n² steps for each.
    pub fn fold(&mut self) {
        self.fold_some(usize::MAX);
    }

    /// Does a part of [`Inverse::fold`], `tiles` (of 64 × 64 numbers; one row of them at least) times the number of pending
    /// changes, and tells how many changes are left. Answers are the same between any two parts.
    pub fn fold_some(&mut self, tiles: usize) -> usize {
        self.pending.fold(&mut self.base, tiles);
        if self.pending.count() == 0 {
            let base = &self.base;
            self.diagonal.iter_mut().enumerate().for_each(|(row, value)| *value = base.at(row, row));
        }
        self.pending.count()
    }

    /// B_ij: how much `item` of a history speaks for `other`; 0 if either was never seen.
    #[must_use]
    pub fn weight(&self, item: ItemId, other: ItemId) -> f64 {
        let (i, j) = (item.index(), other.index());
        if i == j || i.max(j) >= self.diagonal.len() {
            return 0.0;
        }
        (self.pending.at(i, j) - self.base.at(i, j)) / self.diagonal[j]
    }

    /// B_i·: how much `item` speaks for every other, by number, into `into`; empty if it was never seen. About n · pending changes
    /// steps.
    pub fn weights(&self, item: ItemId, into: &mut Vec<f64>) {
        into.clear();
        if item.index() >= self.diagonal.len() {
            return;
        }
        into.resize(self.diagonal.len(), 0.0);
        self.multiply(&[Entry { row: item.index(), value: -1.0 }], into);
        into.iter_mut().zip(&self.diagonal).for_each(|(weight, diagonal)| *weight /= diagonal);
        into[item.index()] = 0.0;
    }

    /// How far rounding has carried P from the inverse of the exact A, as [`Ease::drift`](super::Ease::drift) says.
    #[must_use]
    pub fn drift(&self, counts: &CoCounts, seed: u64) -> f64 {
        let rows = counts.items();
        let signs: Vec<Entry> = (0..rows).map(|row| Entry { row, value: sign(seed, row as u64) }).collect();
        let (image, _) = self.image(&signs);
        let squares = signs.iter().map(|sign| {
            let item = ItemId(sign.row as u32);
            let own = (self.lambda + f64::from(counts.together(item, item))) * image[sign.row];
            let others = counts.row(item).map(|(other, count)| f64::from(count) * image[other.index()]);
            (own + others.sum::<f64>() - sign.value).powi(2)
        });
        (squares.sum::<f64>() / rows.max(1) as f64).sqrt()
    }

    /// The memory that the matrix and the pending changes take up, in bytes.
    #[must_use]
    pub fn footprint_bytes(&self) -> usize {
        self.base.footprint_bytes() + (self.pending.count() + 1) * self.diagonal.capacity() * size_of::<f64>()
    }

    /// Adds to an entry of the matrix and nowhere else.
    #[cfg(test)]
    pub(super) fn spoil(&mut self, row: usize, column: usize, by: f64) {
        self.base.set(row, column, self.base.at(row, column) + by);
    }
}

/// The row as a vector of ones, in order.
fn ones(row: &[ItemId]) -> Vec<Entry> {
    let mut rows: Vec<usize> = row.iter().map(|item| item.index()).collect();
    rows.sort_unstable();
    rows.dedup();
    rows.into_iter().map(|row| Entry { row, value: 1.0 }).collect()
}

/// A sign from a seed: the top bit of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014).
fn sign(seed: u64, number: u64) -> f64 {
    let z = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    if (z ^ (z >> 31)) >> 63 == 0 { 1.0 } else { -1.0 }
}
