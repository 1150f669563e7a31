//! What goes with what a person looked at and bought: chosen by the same people, or alike by description.

use std::sync::Arc;

use models::recommend::opinion::{Opinion, Sums, Winners};
use models::recommend::repeat::Purchase;
use models::recommend::{Cause, Contribution, ItemId};

use super::Wanted;
use super::near::Near;

const DAY_SECONDS: f64 = 86_400.0;
/// How many items of a person's past speak.
const HISTORY: usize = 20;
/// How many of them say what is alike.
const SEEDS: usize = 5;
/// Among how many of the latest purchases it is looked for what is on the page.
const LATE: usize = 60;

/// An item of the person's past or of the page, and how much it counts.
#[derive(Clone, Copy)]
pub(super) struct Input {
    pub(super) item: ItemId,
    weight: f64,
    origin: Origin,
}

/// Where an item comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It was looked at: others of its sort may be what is wanted.
    Looked,
    /// It was bought: others of its sort would take its place.
    Bought,
}

impl Input {
    /// Something that was bought, by itself.
    pub(super) const fn bought(item: ItemId) -> Self {
        Self { item, weight: 1.0, origin: Origin::Bought }
    }
}

/// The last of the visit and of what was bought, the newest first.
pub(super) fn history(visit: &[ItemId], purchases: &[Purchase], now: i64) -> Vec<Input> {
    let mut inputs: Vec<Input> = Vec::with_capacity(HISTORY);
    let bought_of_late = || purchases.iter().rev().take(LATE);
    let looked = visit.iter().rev().map(|item| {
        let bought = bought_of_late().any(|purchase| purchase.item == *item);
        Input { item: *item, weight: 0.5, origin: if bought { Origin::Bought } else { Origin::Looked } }
    });
    // A purchase counts half after three months. Its weight is its own, so that the parts of others don't hang on it.
    let bought = purchases.iter().rev().map(|purchase| {
        let age_days = (now - purchase.time).max(0) as f64 / DAY_SECONDS;
        Input { item: purchase.item, weight: (-age_days / 90.0).exp2(), origin: Origin::Bought }
    });
    for input in looked.chain(bought) {
        if inputs.len() == HISTORY {
            break;
        }
        if inputs.iter().all(|known| known.item != input.item) {
            inputs.push(input);
        }
    }
    inputs
}

/// What was bought or is had together with the inputs.
pub(super) struct Together<'a> {
    pub(super) near: &'a [(Input, Arc<Near>)],
}

impl Together<'_> {
    /// Each neighbour of each input with its part of the score, and the reason for it.
    fn each(&self, mut say: impl FnMut(ItemId, f64, Cause)) {
        for (input, near) in self.near {
            for (item, strength) in &near.chosen {
                say(*item, input.weight * strength, Cause::Suits { item: input.item });
            }
        }
    }
}

impl Opinion for Together<'_> {
    fn sum_up(&self, factor: f64, sums: &mut Sums) {
        self.each(|item, part, _| sums.add(item, factor * part));
    }

    fn give_reasons(&self, factor: f64, winners: &mut Winners) {
        self.each(|item, part, cause| reason(winners, item, cause, factor * part));
    }
}

/// What resembles the inputs by its description.
pub(super) struct Alike<'a> {
    pub(super) near: &'a [(Input, Arc<Near>)],
    pub(super) wanted: Wanted,
}

impl Alike<'_> {
    fn each(&self, mut say: impl FnMut(ItemId, f64, Cause)) {
        for (input, near) in self.near.iter().take(SEEDS) {
            let products = match input.origin {
                Origin::Looked => &near.alike.products,
                Origin::Bought => &near.alike.companions,
            };
            let lists: [&[(ItemId, f64)]; 2] = match self.wanted {
                Wanted::Products => [products, &[]],
                Wanted::Articles => [&near.alike.articles, &[]],
                Wanted::Both => [products, &near.alike.articles],
            };
            for (item, similarity) in lists.into_iter().flatten() {
                say(*item, input.weight * similarity, Cause::Alike { item: input.item });
            }
        }
    }
}

impl Opinion for Alike<'_> {
    fn sum_up(&self, factor: f64, sums: &mut Sums) {
        self.each(|item, part, _| sums.add(item, factor * part));
    }

    fn give_reasons(&self, factor: f64, winners: &mut Winners) {
        self.each(|item, part, cause| reason(winners, item, cause, factor * part));
    }
}

fn reason(winners: &mut Winners, item: ItemId, cause: Cause, part: f64) {
    if let Some(row) = winners.row(item) {
        winners.add(row, Contribution { cause, part });
    }
}
