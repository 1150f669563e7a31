//! Item to item: what is looked at shortly before and after this item, as exact counts.
//!
//! The nearest-neighbour model of Sarwar, Karypis, Konstan, Riedl (*Item-based collaborative filtering*, WWW 2001) over sessions,
//! as in Hidasi et al. (ICLR 2016), with pairs weighted by their distance within the session and kept apart by direction. The
//! weights are whole numbers, so that a click taken out leaves the very counts that would stand there without it.
//!
//! Must never hold a session or its number, or a count that isn't a whole number.
#![expect(
    clippy::indexing_slicing,
    reason = "rows are made by `reach` before they are indexed; distances are at most `WINDOW`"
)]

mod links;
pub use links::{LinkBuffers, LinkParams, Links};

use super::ItemId;
use super::damping::Damping;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Clicks further apart than this in a session are no pair; it bounds the work of a click.
pub const WINDOW: usize = 10;

/// What a pair at distance d of the same session counts: 60 / d, rounded.
const WEIGHTS: [u32; WINDOW + 1] = [0, 60, 30, 20, 15, 12, 10, 9, 8, 7, 6];

/// For each item the items near it in the same sessions, and how near and often.
///
/// Memory: 12 bytes for each ordered pair of items that met within [`WINDOW`] clicks, in each of its two rows. A count wraps beyond
/// 2³²: after 70 million direct followings of the same two items.
///
/// ```
/// use models::recommend::{ItemId, item_knn::{ItemKnn, LinkParams}, Scratch};
/// let [tent, mat, stove] = [ItemId(0), ItemId(1), ItemId(2)];
/// let mut pairs = ItemKnn::new();
/// pairs.learn_sequence(&[tent, mat, stove]);
/// pairs.learn_sequence(&[tent, mat]);
/// let list = pairs.score(&[tent], &LinkParams::standard(2), &mut Scratch::new());
/// assert_eq!(list[0].item(), mat);
/// pairs.forget_sequence(&[tent, mat, stove]);
/// pairs.forget_sequence(&[tent, mat]);
/// assert_eq!(pairs.canonical(), ItemKnn::new().canonical());
/// ```
#[derive(Clone, Debug, Default)]
pub struct ItemKnn {
    // INVARIANT: the largest counts first, equal ones by item, so that what is read is the beginning; no entry with two zeros.
    rows: Vec<Vec<Entry>>,
    clicks: Vec<u32>,
    // INVARIANT: the fourth root of `clicks`, 1 for none.
    fourth_roots: Vec<f64>,
}

/// How often and near `item` was looked at after and before the item of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    item: ItemId,
    after: u32,
    before: u32,
}

impl Entry {
    /// What entries of a row are ordered by.
    fn order(&self) -> (Reverse<u64>, ItemId) {
        (Reverse(u64::from(self.after) + u64::from(self.before)), self.item)
    }
}

/// The whole content of an [`ItemKnn`]: equal for two of them if and only if they hold the same counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CanonicalCounts {
    /// Clicks on each item; items without any are absent.
    pub clicks: BTreeMap<ItemId, u32>,
    /// For each item and each item near it the counts after and before.
    pub pairs: BTreeMap<(ItemId, ItemId), (u32, u32)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Add,
    Subtract,
}

impl ItemKnn {
    /// Counts of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a click on `item` to a session that so far is `before` followed by `after`, both oldest first.
    ///
    /// Only the last [`WINDOW`] of `before` and the first of `after` matter. A click at the end of a session, which is the usual one,
    /// changes at most 2 · [`WINDOW`] counts.
    pub fn learn(&mut self, before: &[ItemId], item: ItemId, after: &[ItemId]) {
        self.turn(before, item, after, Sign::Add);
    }

    /// Takes a click out of a session that is `before`, `item`, `after`: the exact inverse of [`learn`](Self::learn).
    pub fn forget(&mut self, before: &[ItemId], item: ItemId, after: &[ItemId]) {
        self.turn(before, item, after, Sign::Subtract);
    }

    /// Adds a whole session.
    pub fn learn_sequence(&mut self, items: &[ItemId]) {
        (0..items.len()).for_each(|at| self.learn(&items[..at], items[at], &[]));
    }

    /// Takes a whole session out.
    pub fn forget_sequence(&mut self, items: &[ItemId]) {
        (0..items.len()).rev().for_each(|at| self.forget(&items[..at], items[at], &[]));
    }

    /// The counts of many sessions at once; the same as [`learn_sequence`](Self::learn_sequence) for each, but faster.
    #[must_use]
    pub fn of_sequences<'s>(sequences: impl Iterator<Item = &'s [ItemId]> + Clone) -> Self {
        let mut clicks: Vec<u32> = Vec::new();
        let mut pairs: Vec<usize> = Vec::new();
        let each = |visit: &mut dyn FnMut(ItemId, ItemId, usize)| {
            for items in sequences.clone() {
                for (at, item) in items.iter().enumerate() {
                    for (other, distance) in items[..at].iter().rev().zip(1..=WINDOW) {
                        if other != item {
                            visit(*other, *item, distance);
                        }
                    }
                }
            }
        };
        for item in sequences.clone().flatten() {
            if item.index() >= clicks.len() {
                clicks.resize(item.index() + 1, 0);
            }
            clicks[item.index()] += 1;
        }
        pairs.resize(clicks.len() + 1, 0);
        each(&mut |earlier, later, _| {
            pairs[earlier.index()] += 1;
            pairs[later.index()] += 1;
        });
        // A counting sort by row, then the equals of every row are added up and sorted by their counts.
        let mut ends = vec![0; clicks.len()];
        let mut total = 0;
        for (end, count) in ends.iter_mut().zip(&pairs) {
            *end = total;
            total += count;
        }
        let mut loose = vec![(0u32, 0u8); total];
        let mut put = |row: ItemId, item: ItemId, code: u8| {
            let end = &mut ends[row.index()];
            loose[*end] = (item.0, code);
            *end += 1;
        };
        each(&mut |earlier, later, distance| {
            put(earlier, later, distance as u8);
            put(later, earlier, (distance + WINDOW) as u8);
        });
        let mut rows = Vec::with_capacity(clicks.len());
        let (mut start, mut seen) = (0, Tally::default());
        for end in ends {
            rows.push(seen.add_up(&loose[start..end], clicks.len()));
            start = end;
        }
        let fourth_roots = clicks.iter().map(|clicks| fourth_root(*clicks)).collect();
        Self { rows, clicks, fourth_roots }
    }

    /// How many clicks there are on `item`.
    #[must_use]
    pub fn clicks_on(&self, item: ItemId) -> usize {
        self.clicks.get(item.index()).map_or(0, |clicks| *clicks as usize)
    }

    /// How many ordered pairs of items have a count.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }

    /// The memory that the tables take up, in bytes (allocator overhead not counted).
    #[must_use]
    pub fn footprint_bytes(&self) -> usize {
        self.rows.iter().map(|row| row.capacity() * size_of::<Entry>()).sum::<usize>()
            + self.rows.capacity() * size_of::<Vec<Entry>>()
            + self.clicks.capacity() * 4
            + self.fourth_roots.capacity() * 8
    }

    /// Everything that it holds, independent of how it came to hold it. Slow; for proofs and tests.
    #[must_use]
    pub fn canonical(&self) -> CanonicalCounts {
        let clicks = (0..).map(ItemId).zip(&self.clicks).filter(|(_, clicks)| **clicks > 0);
        let row = |(item, row): (u32, &Vec<Entry>)| {
            row.iter()
                .map(move |entry| ((ItemId(item), entry.item), (entry.after, entry.before)))
                .collect::<Vec<_>>()
        };
        CanonicalCounts {
            clicks: clicks.map(|(item, clicks)| (item, *clicks)).collect(),
            pairs: (0..).zip(&self.rows).flat_map(row).collect(),
        }
    }

    /// What a score is divided by for the clicks on `item`.
    fn divisor(&self, item: ItemId, damping: Damping) -> f64 {
        match damping {
            Damping::FourthRoot => self.fourth_roots.get(item.index()).copied().unwrap_or(1.0),
            Damping::Ignored | Damping::Root | Damping::Whole => damping.divisor(self.clicks_on(item)),
        }
    }

    fn turn(&mut self, before: &[ItemId], item: ItemId, after: &[ItemId], sign: Sign) {
        let largest = before.iter().chain(after).fold(item, |a, b| a.max(*b));
        self.reach(largest);
        let clicks = &mut self.clicks[item.index()];
        *clicks = match sign {
            Sign::Add => clicks.wrapping_add(1),
            Sign::Subtract => clicks.wrapping_sub(1),
        };
        self.fourth_roots[item.index()] = fourth_root(*clicks);
        for (other, distance) in before.iter().rev().zip(1..=WINDOW) {
            self.pair(*other, item, WEIGHTS[distance], sign);
        }
        for (other, distance) in after.iter().zip(1..=WINDOW) {
            self.pair(item, *other, WEIGHTS[distance], sign);
        }
        // Whoever stood on both sides of the click is one further apart because of it.
        let other = if sign == Sign::Add { Sign::Subtract } else { Sign::Add };
        for (earlier, left) in before.iter().rev().zip(1..=WINDOW) {
            for (later, right) in after.iter().zip(1..=WINDOW + 1 - left) {
                let apart = left + right;
                self.pair(*earlier, *later, WEIGHTS[apart - 1], other);
                self.pair(*earlier, *later, WEIGHTS.get(apart).copied().unwrap_or(0), sign);
            }
        }
    }

    fn pair(&mut self, earlier: ItemId, later: ItemId, weight: u32, sign: Sign) {
        if earlier == later || weight == 0 {
            return;
        }
        let weight = if sign == Sign::Add { weight } else { weight.wrapping_neg() };
        change(&mut self.rows[earlier.index()], later, |entry| {
            entry.after = entry.after.wrapping_add(weight)
        });
        change(&mut self.rows[later.index()], earlier, |entry| {
            entry.before = entry.before.wrapping_add(weight)
        });
    }

    fn reach(&mut self, item: ItemId) {
        if item.index() >= self.rows.len() {
            self.rows.resize_with(item.index() + 1, Vec::new);
            self.clicks.resize(item.index() + 1, 0);
            self.fourth_roots.resize(item.index() + 1, 1.0);
        }
    }
}

fn fourth_root(clicks: u32) -> f64 {
    Damping::FourthRoot.divisor(clicks as usize)
}

fn change(row: &mut Vec<Entry>, item: ItemId, turn: impl Fn(&mut Entry)) {
    let at = row.iter().position(|entry| entry.item == item).unwrap_or_else(|| {
        row.push(Entry { item, after: 0, before: 0 });
        row.len() - 1
    });
    turn(&mut row[at]);
    if row[at].after == 0 && row[at].before == 0 {
        row.remove(at);
        if row.is_empty() {
            *row = Vec::new();
        }
        return;
    }
    let changed = row[at].order();
    let up = row[..at].partition_point(|entry| entry.order() < changed);
    let down = at + row[at + 1..].partition_point(|entry| entry.order() < changed);
    row[up..=at].rotate_right(1);
    row[at..=down].rotate_left(1);
}

/// Adds up the loose pairs of one row: another item, and the distance after it, or [`WINDOW`] + the distance before it.
#[derive(Default)]
struct Tally {
    // For each item of the catalogue the counts after and before; zero between rows.
    counts: Vec<(u32, u32)>,
    items: Vec<ItemId>,
}

impl Tally {
    fn add_up(&mut self, loose: &[(u32, u8)], catalogue: usize) -> Vec<Entry> {
        self.counts.resize(catalogue, (0, 0));
        self.items.clear();
        for &(item, code) in loose {
            let count = &mut self.counts[item as usize];
            if *count == (0, 0) {
                self.items.push(ItemId(item));
            }
            match usize::from(code).checked_sub(WINDOW + 1) {
                None => count.0 = count.0.wrapping_add(WEIGHTS[usize::from(code)]),
                Some(distance) => count.1 = count.1.wrapping_add(WEIGHTS[distance + 1]),
            }
        }
        let entry = |item: &ItemId| {
            let (after, before) = std::mem::take(&mut self.counts[item.index()]);
            Entry { item: *item, after, before }
        };
        let mut row: Vec<Entry> = self.items.iter().map(entry).collect();
        row.sort_unstable_by_key(Entry::order);
        row
    }
}

#[cfg(test)]
mod tests;
