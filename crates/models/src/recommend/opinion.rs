//! What a model says about one question, in two steps: a plain sum for every candidate, reasons for the winners alone.
//!
//! Hundreds of items are candidates and a handful is shown, so reasons are made last. The score that is handed out is always
//! the sum of the reasons; the sums of the first step only choose, and may differ from it in the last bits.
//! Must never give a candidate a sum for which it can't give the reasons.
#![expect(clippy::indexing_slicing, reason = "a candidate has a cell, a winner a place")]

use super::rows::{Ranked, keep_best};
use super::{Contribution, ItemId, Scored};

/// A model that has been asked.
pub trait Opinion {
    /// Adds factor × score of every candidate.
    fn sum_up(&self, factor: f64, sums: &mut Sums);
    /// Adds the reasons of the winners, each part times `factor`; whoever isn't a candidate gets none.
    fn give_reasons(&self, factor: f64, winners: &mut Winners);
}

/// The first step: one number for each candidate.
///
/// ```
/// use models::recommend::{ItemId, opinion::Sums};
/// let mut sums = Sums::default();
/// sums.add(ItemId(4), 1.0);
/// sums.add(ItemId(2), 1.5);
/// sums.add(ItemId(4), 1.0);
/// assert_eq!(sums.best(1, |_| true), [(ItemId(4), 2.0)]);
/// ```
#[derive(Debug)]
pub struct Sums {
    cells: Vec<Cell>,
    // INVARIANT: above 0, which is the epoch of an item to which nothing was ever added.
    epoch: u32,
    items: Vec<ItemId>,
    ranking: Vec<Ranked>,
}

/// The sum of an item, in the question of its epoch.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    sum: f64,
    epoch: u32,
}

impl Default for Sums {
    fn default() -> Self {
        Self { cells: Vec::new(), epoch: 1, items: Vec::new(), ranking: Vec::new() }
    }
}

impl Sums {
    /// Forgets every candidate; the memory stays for the next question.
    pub fn start(&mut self) {
        self.items.clear();
        if self.epoch == u32::MAX {
            self.cells.fill(Cell::default());
            self.epoch = 0;
        }
        self.epoch += 1;
    }

    /// Adds to the sum of an item, which thereby is a candidate.
    #[inline]
    pub fn add(&mut self, item: ItemId, value: f64) {
        let Self { cells, epoch, items, ranking: _ } = self;
        match cells.get_mut(item.index()) {
            Some(cell) if cell.epoch == *epoch => cell.sum += value,
            Some(cell) => {
                *cell = Cell { sum: value, epoch: *epoch };
                items.push(item);
            }
            None => {
                cells.resize(item.index() + 1, Cell::default());
                cells[item.index()] = Cell { sum: value, epoch: *epoch };
                items.push(item);
            }
        }
    }

    /// Adds to the sum of an item that is a candidate already; any other stays none.
    pub fn add_to_candidate(&mut self, item: ItemId, value: f64) {
        if let Some(cell) = self.cells.get_mut(item.index()).filter(|cell| cell.epoch == self.epoch) {
            cell.sum += value;
        }
    }

    /// The best candidates for which `keep` holds, best first; equal sums by item number. `keep` is asked only where it matters.
    pub fn best(&mut self, count: usize, mut keep: impl FnMut(ItemId) -> bool) -> Vec<(ItemId, f64)> {
        self.ranking.clear();
        if count == 0 {
            return Vec::new();
        }
        // Whoever is below the best of a full buffer needn't be looked at again.
        let full = count.saturating_mul(2).saturating_add(64);
        let mut floor = f64::NEG_INFINITY;
        for &item in &self.items {
            let score = self.cells[item.index()].sum;
            if score < floor || !keep(item) {
                continue;
            }
            self.ranking.push(Ranked { score, item });
            if self.ranking.len() == full {
                keep_best(&mut self.ranking, count);
                floor = self.ranking.last().map_or(floor, |least| least.score);
            }
        }
        keep_best(&mut self.ranking, count);
        self.ranking.iter().map(|best| (best.item, best.score)).collect()
    }
}

/// The second step: the items that won, and their reasons.
#[derive(Debug, Default)]
pub struct Winners {
    // INVARIANT: 0 but for `items`, where it is one more than their row.
    places: Vec<u32>,
    items: Vec<ItemId>,
    parts: Vec<Vec<Contribution>>,
}

/// For how many reasons there is room from the start.
const REASONS: usize = 8;

impl Winners {
    pub(super) fn start(&mut self, items: impl IntoIterator<Item = ItemId>) {
        self.items.drain(..).for_each(|item| self.places[item.index()] = 0);
        for item in items {
            if self.places.len() <= item.index() {
                self.places.resize(item.index() + 1, 0);
            }
            if self.places[item.index()] == 0 {
                self.items.push(item);
                self.places[item.index()] = self.items.len() as u32;
            }
        }
        self.parts.clear();
        self.parts.resize_with(self.items.len(), || Vec::with_capacity(REASONS));
    }

    /// The winners, by row.
    #[must_use]
    pub fn items(&self) -> &[ItemId] {
        &self.items
    }

    /// The row of an item, if it is a winner.
    #[inline]
    #[must_use]
    pub fn row(&self, item: ItemId) -> Option<usize> {
        self.place(item).checked_sub(1)
    }

    /// One more than the row of an item; 0 for all others.
    #[inline]
    pub(super) fn place(&self, item: ItemId) -> usize {
        self.places.get(item.index()).map_or(0, |place| *place as usize)
    }

    /// Adds a reason to the winner in `row`. A part of nothing is no reason, and a row that isn't there takes none.
    pub fn add(&mut self, row: usize, reason: Contribution) {
        if let Some(parts) = self.parts.get_mut(row).filter(|_| reason.part != 0.0) {
            parts.push(reason);
        }
    }

    /// The winners with their reasons, in the order of their rows.
    pub(super) fn scored(&mut self) -> Vec<Scored> {
        self.items
            .iter()
            .zip(self.parts.drain(..))
            .map(|(item, parts)| Scored::from_parts(*item, parts))
            .collect()
    }
}

/// A list whose reasons are known already.
impl Opinion for &[Scored] {
    fn sum_up(&self, factor: f64, sums: &mut Sums) {
        self.iter().for_each(|scored| sums.add(scored.item(), factor * scored.score()));
    }

    fn give_reasons(&self, factor: f64, winners: &mut Winners) {
        for scored in *self {
            let Some(row) = winners.row(scored.item()) else { continue };
            for part in scored.parts() {
                winners.add(row, Contribution { cause: part.cause, part: part.part * factor });
            }
        }
    }
}

impl Opinion for Vec<Scored> {
    fn sum_up(&self, factor: f64, sums: &mut Sums) {
        self.as_slice().sum_up(factor, sums);
    }

    fn give_reasons(&self, factor: f64, winners: &mut Winners) {
        self.as_slice().give_reasons(factor, winners);
    }
}
