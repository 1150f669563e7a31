//! Asking the counts: what goes with the last items of this visit?
//!
//! Must never read more of a popular item's row than the cap says to add up, nor add in another order than from the visit's
//! newest item to its oldest.
#![expect(
    clippy::indexing_slicing,
    reason = "histogram buckets are capped at its length; rows come from `Rows`"
)]

use super::{Entry, ItemKnn, WEIGHTS};
use crate::recommend::damping::Damping;
use crate::recommend::opinion::{Opinion, Sums, Winners};
use crate::recommend::rows::Rows;
use crate::recommend::{Cause, Contribution, ItemId, Scored, Scratch, rank};

/// The dials of the item-to-item model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkParams {
    /// How many of the visit's last distinct items are asked.
    pub last_items: usize,
    /// How fast an item of the visit loses weight by its place p, 0 being the newest: 1 / (1 + rate · p).
    pub place: f64,
    /// What a look before is worth, one after being worth 1; ≥ 0.
    pub backward: f64,
    /// By what power of its clicks an item of the visit is divided.
    pub own: Damping,
    /// By what power of its clicks a recommended item is divided. With `own` both [`Damping::Root`]: the cosine.
    pub other: Damping,
    /// A factor for items that the visit has seen already, ≥ 0.
    pub revisit: f64,
    /// How many items of a row are added up at most, those with the largest counts: what bounds the work.
    pub row: usize,
    /// How many items are wanted.
    pub count: usize,
}

impl LinkParams {
    /// Settings that did well on the validation days of two shops; [`fit`](crate::recommend::visits::fit) finds a shop's own.
    #[must_use]
    pub fn standard(count: usize) -> Self {
        Self {
            last_items: 2,
            place: 1.0,
            backward: 1.0,
            own: Damping::Whole,
            other: Damping::FourthRoot,
            revisit: 1.0,
            row: 1_000,
            count,
        }
    }
}

/// The reusable memory of one question.
#[derive(Debug, Default)]
pub struct LinkBuffers {
    rows: Rows,
    sums: Vec<f64>,
    scores: Vec<(ItemId, f64)>,
    items: Vec<ItemId>,
}

/// The answer to one question; the reasons are made for those who ask for them.
///
/// The score of j is Σ over the visit's last items i of 1 / (1 + [`LinkParams::place`] · p) · c(i, j) / (nᵢ^α · nⱼ^β), where c adds
/// 1 / distance for each pair of clicks within [`WINDOW`](super::WINDOW), those where j comes first times
/// [`LinkParams::backward`], n is the number of clicks, α is `own` and β `other`; the part of i is its term. The current item
/// itself isn't a candidate.
#[derive(Debug)]
pub struct Links<'a> {
    pairs: &'a ItemKnn,
    params: &'a LinkParams,
    buffers: &'a LinkBuffers,
    visited: usize,
}

impl ItemKnn {
    /// Asks what goes with a visit's last items; `items` are oldest first, repeats allowed.
    #[must_use]
    pub fn links<'a>(
        &'a self,
        items: &[ItemId],
        params: &'a LinkParams,
        buffers: &'a mut LinkBuffers,
    ) -> Links<'a> {
        let LinkBuffers { rows, sums, scores, items: last } = buffers;
        rows.start();
        sums.clear();
        scores.clear();
        last.clear();
        for item in items.iter().rev() {
            if last.len() < params.last_items && !last.contains(item) {
                last.push(*item);
            }
        }
        items.last().into_iter().for_each(|item| rows.bar(*item));
        if params.revisit != 1.0 {
            items.iter().for_each(|item| rows.touch(*item));
            sums.resize(rows.items().len(), 0.0);
        }
        let visited = sums.len();
        for (place, item) in last.iter().enumerate() {
            let weight = self.weight(*item, place, params);
            self.largest(*item, params, |entry| {
                let Some(row) = rows.row(entry.item) else { return };
                let term = weight * strength(entry, params);
                match sums.get_mut(row) {
                    Some(sum) => *sum += term,
                    None => sums.push(term),
                }
            });
        }
        for (row, (item, sum)) in rows.items().iter().zip(sums.iter()).enumerate() {
            let score = sum * self.factor(*item, params, row < visited);
            if score > 0.0 {
                scores.push((*item, score));
            }
        }
        Links { pairs: self, params, buffers, visited }
    }

    /// What goes with a visit's last items, best first, with reasons.
    #[must_use]
    pub fn score(&self, items: &[ItemId], params: &LinkParams, scratch: &mut Scratch) -> Vec<Scored> {
        let Scratch { links, blended, winners, .. } = scratch;
        let found = self.links(items, params, links);
        blended.start();
        found.sum_up(1.0, blended);
        winners.start(blended.best(params.count, |_| true).into_iter().map(|(item, _)| item));
        found.give_reasons(1.0, winners);
        let mut list = winners.scored();
        rank(&mut list, params.count);
        list
    }

    fn weight(&self, item: ItemId, place: usize, params: &LinkParams) -> f64 {
        1.0 / ((1.0 + params.place * place as f64) * params.own.divisor(self.clicks_on(item)))
    }

    fn factor(&self, item: ItemId, params: &LinkParams, revisited: bool) -> f64 {
        let revisit = if revisited { params.revisit } else { 1.0 };
        revisit / params.other.divisor(self.clicks_on(item))
    }

    /// Calls `take` for the `params.row` entries with the largest counts, in the order of items; of about equal ones the first.
    fn largest(&self, item: ItemId, params: &LinkParams, mut take: impl FnMut(&Entry)) {
        let row = self.rows.get(item.index()).map_or(&[][..], Vec::as_slice);
        if row.len() <= params.row {
            row.iter().for_each(take);
            return;
        }
        // Two passes over the row and no sorting: a histogram of the counts says from where on they are among the largest.
        let mut histogram = [0usize; 1024];
        let bucket = |entry: &Entry| (entry.after.saturating_add(entry.before) / 4).min(1023) as usize;
        row.iter().for_each(|entry| histogram[bucket(entry)] += 1);
        let (mut floor, mut room) = (1024, params.row);
        while floor > 0 && histogram[floor - 1] <= room {
            floor -= 1;
            room -= histogram[floor];
        }
        for entry in row {
            let at = bucket(entry);
            if at >= floor {
                take(entry);
            } else if at + 1 == floor && room > 0 {
                room -= 1;
                take(entry);
            }
        }
    }
}

fn strength(entry: &Entry, params: &LinkParams) -> f64 {
    (f64::from(entry.after) + params.backward * f64::from(entry.before)) / f64::from(WEIGHTS[1])
}

impl Links<'_> {
    /// Every candidate with its score, in no order that means anything.
    #[must_use]
    pub fn scores(&self) -> &[(ItemId, f64)] {
        &self.buffers.scores
    }
}

impl Opinion for Links<'_> {
    fn sum_up(&self, factor: f64, sums: &mut Sums) {
        self.buffers.scores.iter().for_each(|(item, score)| sums.add(*item, factor * score));
    }

    fn give_reasons(&self, outer: f64, winners: &mut Winners) {
        let LinkBuffers { rows, items, .. } = self.buffers;
        let wanted = winners.items().to_vec();
        for (place, cause) in items.iter().enumerate() {
            let weight = outer * self.pairs.weight(*cause, place, self.params);
            let mut give = |entry: &Entry| {
                let (Some(row), Some(known)) = (winners.row(entry.item), rows.peek(entry.item)) else {
                    return;
                };
                let factor = self.pairs.factor(entry.item, self.params, known < self.visited);
                let part = weight * strength(entry, self.params) * factor;
                winners.add(row, Contribution { cause: Cause::Visit { item: *cause }, part });
            };
            let row = self.pairs.rows.get(cause.index()).map_or(&[][..], Vec::as_slice);
            if row.len() > self.params.row {
                self.pairs.largest(*cause, self.params, give);
                continue;
            }
            for item in &wanted {
                if let Ok(at) = row.binary_search_by_key(item, |entry| entry.item) {
                    give(&row[at]);
                }
            }
        }
    }
}
