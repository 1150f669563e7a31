//! The reusable working memory of a query: a row for each item touched, without hashing and without clearing.
//!
//! Must never carry anything from one answer into the next.
#![expect(
    clippy::indexing_slicing,
    reason = "every index is a row or stamp that `row` or `bar` made room for"
)]

use super::ItemId;
use super::item_knn::LinkBuffers;
use super::opinion::{Sums, Winners};
use super::session::Neighbourhood;

/// Buffers that a worker keeps between queries, so that answering allocates nothing but the answer.
///
/// One serves every model; it grows to 48 bytes for each item of the catalogue at most. What it holds of a query is overwritten by the next one;
/// [`Scratch::clear`] empties it at once.
///
/// ```
/// let mut scratch = models::recommend::Scratch::new();
/// scratch.clear();
/// ```
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) rows: Rows,
    pub(super) sums: Vec<f64>,
    pub(super) portion: Vec<f64>,
    pub(super) ranking: Vec<Ranked>,
    pub(super) neighbourhood: Neighbourhood,
    pub(super) links: LinkBuffers,
    pub(super) blended: Sums,
    pub(super) winners: Winners,
}

impl Scratch {
    /// Empty buffers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Empties every buffer and gives the memory back.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn start(&mut self) {
        let Self { rows, sums, portion, ranking, neighbourhood: _, links: _, blended: _, winners: _ } = self;
        rows.start();
        sums.clear();
        portion.clear();
        ranking.clear();
    }
}

/// An item with its score.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranked {
    pub(super) score: f64,
    pub(super) item: ItemId,
}

/// Keeps the `count` best, best first; equal scores by item number.
pub(super) fn keep_best(ranking: &mut Vec<Ranked>, count: usize) {
    let order = |a: &Ranked, b: &Ranked| b.score.total_cmp(&a.score).then(a.item.cmp(&b.item));
    if count == 0 {
        ranking.clear();
    } else if ranking.len() > count {
        ranking.select_nth_unstable_by(count - 1, order);
        ranking.truncate(count);
    }
    ranking.sort_unstable_by(order);
}

/// A row number for each item touched by one query.
#[derive(Debug)]
pub(super) struct Rows {
    stamps: Vec<Stamp>,
    // INVARIANT: above 0, which is the epoch of an item that was never touched.
    epoch: u32,
    items: Vec<ItemId>,
}

impl Default for Rows {
    fn default() -> Self {
        Self { stamps: Vec::new(), epoch: 1, items: Vec::new() }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Stamp {
    epoch: u32,
    row: u32,
}

const BARRED: u32 = u32::MAX;

impl Rows {
    pub(super) fn start(&mut self) {
        self.items.clear();
        if self.epoch == u32::MAX {
            self.stamps.fill(Stamp::default());
            self.epoch = 0;
        }
        self.epoch += 1;
    }

    /// From now on `item` has no row. Call before the first `row`.
    pub(super) fn bar(&mut self, item: ItemId) {
        self.reach(item);
        self.stamps[item.index()] = Stamp { epoch: self.epoch, row: BARRED };
    }

    /// The row of `item`; a new one is the last. `None` if the item is barred.
    pub(super) fn row(&mut self, item: ItemId) -> Option<usize> {
        self.reach(item);
        let stamp = &mut self.stamps[item.index()];
        if stamp.epoch != self.epoch {
            *stamp = Stamp { epoch: self.epoch, row: self.items.len() as u32 };
            self.items.push(item);
        }
        (stamp.row != BARRED).then_some(stamp.row as usize)
    }

    /// The items in the order of their rows.
    pub(super) fn items(&self) -> &[ItemId] {
        &self.items
    }

    fn reach(&mut self, item: ItemId) {
        if item.index() >= self.stamps.len() {
            self.stamps.resize(item.index() + 1, Stamp::default());
        }
    }
}
