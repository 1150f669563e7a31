//! Asking the counts: what goes with the last items of this visit?
//!
//! Must never read more of a popular item's row than the cap says to add up, nor add in another order than from the visit's
//! newest item to its oldest.
#![expect(clippy::indexing_slicing, reason = "rows are cut at their own length")]

use super::{Entry, ItemKnn, WEIGHTS};
use crate::recommend::damping::Damping;
use crate::recommend::dense::Dense;
use crate::recommend::opinion::{Opinion, Sums, Winners};
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
            row: 100,
            count,
        }
    }
}

/// The reusable memory of one question.
#[derive(Debug, Default)]
pub struct LinkBuffers {
    sums: Dense,
    scores: Vec<(ItemId, f64)>,
    items: Vec<ItemId>,
    /// All items of the visit, each once, the newest last.
    visited: Vec<ItemId>,
    current: Option<ItemId>,
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
        let LinkBuffers { sums, scores, items: last, visited, current } = buffers;
        scores.clear();
        last.clear();
        for item in items.iter().rev() {
            if last.len() < params.last_items && !last.contains(item) {
                last.push(*item);
            }
        }
        *current = items.last().copied();
        visited.clear();
        if params.revisit != 1.0 {
            for item in items {
                if !visited.contains(item) {
                    visited.push(*item);
                }
            }
        }
        let additions: usize = last.iter().map(|item| self.largest(*item, params).len()).sum();
        let mut adding = sums.start(self.rows.len(), additions);
        for (place, item) in last.iter().enumerate() {
            let weight = self.weight(*item, place, params);
            for entry in self.largest(*item, params) {
                adding.add(entry.item, weight * strength(entry, params));
            }
        }
        let met = adding.met();
        visited.iter().for_each(|item| sums.scale(*item, params.revisit));
        current.iter().for_each(|item| sums.scale(*item, 0.0));
        sums.drain(met, |item, sum| {
            let score = sum / self.divisor(item, params.other);
            if score > 0.0 {
                scores.push((item, score));
            }
        });
        Links { pairs: self, params, buffers }
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
        let decay = 1.0 + params.place * place as f64;
        1.0 / (decay * self.divisor(item, params.own) * f64::from(WEIGHTS[1]))
    }

    /// The entries with the largest counts; of equal ones those of the items with the lowest numbers.
    fn largest(&self, item: ItemId, params: &LinkParams) -> &[Entry] {
        let row = self.rows.get(item.index()).map_or(&[][..], Vec::as_slice);
        &row[..row.len().min(params.row)]
    }
}

fn strength(entry: &Entry, params: &LinkParams) -> f64 {
    f64::from(entry.after) + params.backward * f64::from(entry.before)
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
        let LinkBuffers { items, visited, current, .. } = self.buffers;
        for (place, cause) in items.iter().enumerate() {
            let weight = outer * self.pairs.weight(*cause, place, self.params);
            for entry in self.pairs.largest(*cause, self.params) {
                let Some(row) = winners.row(entry.item).filter(|_| Some(entry.item) != *current) else {
                    continue;
                };
                let revisit = if visited.contains(&entry.item) { self.params.revisit } else { 1.0 };
                let part = weight * strength(entry, self.params) * revisit
                    / self.pairs.divisor(entry.item, self.params.other);
                winners.add(row, Contribution { cause: Cause::Visit { item: *cause }, part });
            }
        }
    }
}
