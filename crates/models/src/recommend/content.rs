//! What resembles what by its description: for newcomers, for people who refuse, and for the guide that helps with a product.
//!
//! Built from the catalogue alone. Must never take in anything that a person did.
#![expect(
    clippy::indexing_slicing,
    reason = "features and rows are numbered here; items are looked up with `get`"
)]

mod features;
pub use features::{Entry, Kind, Weights};

use super::rows::{Ranked, keep_best};
use super::{Cause, Contribution, ItemId, Scored, Scratch};
use features::{Blocks, Feature};
use std::collections::BTreeMap;

/// What can be wrong with a catalogue or its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// An item stands in the catalogue twice.
    #[error("item `{}` stands in the catalogue twice", .0.0)]
    Duplicate(ItemId),
    /// Weights are finite, not below zero, and not all zero.
    #[error("weights must be finite, not below 0, and at least one above 0")]
    Weights,
}

/// An item to find likenesses of, and how much it should count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seed {
    /// Of the catalogue.
    pub item: ItemId,
    /// How much it counts, ≥ 0.
    pub weight: f64,
}

/// Every entry as a sparse vector, and for every feature the entries that have it.
///
/// The similarity of two entries is Σ over the blocks (category path, brand, tags, text, price band) of block weight ·
/// cosine within the block, 0 to 1. Words, tags and categories weigh by tf · idf, (1 + ln tf) · ln(1 + N / df).
///
/// ```
/// use models::recommend::{content::{ContentIndex, Entry, Kind, Seed, Weights}, ItemId, Scratch};
/// let entry = |item, kind, text: &str| Entry {
///     item: ItemId(item), kind, category: vec![], brand: None, tags: vec![], text: text.to_owned(), price_minor: None,
/// };
/// let index = ContentIndex::build(&[
///     entry(0, Kind::Product, "E-bike Kererū, 500 Wh"),
///     entry(1, Kind::Product, "Golf set, left-handed"),
///     entry(2, Kind::Article, "Ten quiet tracks for your e-bike"),
///     entry(3, Kind::Article, "How to hold a golf club"),
/// ], &Weights::balanced()).unwrap();
/// let guides = index.alike(&[Seed { item: ItemId(0), weight: 1.0 }], Kind::Article, 5, &mut Scratch::new());
/// assert_eq!(guides.iter().map(|guide| guide.item().0).collect::<Vec<_>>(), [2]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ContentIndex {
    // INVARIANT: `vectors[item]` is sorted by feature and says the same as `postings`.
    vectors: Vec<Vec<(u32, f32)>>,
    postings: Vec<Vec<(ItemId, f32)>>,
    kinds: Vec<Option<Kind>>,
}

impl ContentIndex {
    /// Reads a catalogue; the order of the entries makes no difference. Build anew when the catalogue changes.
    ///
    /// # Errors
    /// [`ContentError`] if an item stands in it twice or the weights are out of range.
    pub fn build(entries: &[Entry], weights: &Weights) -> Result<Self, ContentError> {
        let weights = weights.shares().ok_or(ContentError::Weights)?;
        let described: Vec<Blocks> = entries.iter().map(Blocks::of).collect();
        let mut frequency: BTreeMap<&Feature, u32> = BTreeMap::new();
        for feature in described.iter().flat_map(Blocks::features) {
            *frequency.entry(feature).or_default() += 1;
        }
        let numbers: BTreeMap<&Feature, (u32, u32)> =
            frequency.iter().zip(0..).map(|((feature, df), number)| (*feature, (number, *df))).collect();
        let size = entries.iter().map(|entry| entry.item.index() + 1).max().unwrap_or(0);
        let mut index = Self {
            vectors: vec![Vec::new(); size],
            postings: vec![Vec::new(); numbers.len()],
            kinds: vec![None; size],
        };
        for (entry, blocks) in entries.iter().zip(&described) {
            let kind = &mut index.kinds[entry.item.index()];
            if kind.is_some() {
                return Err(ContentError::Duplicate(entry.item));
            }
            *kind = Some(entry.kind);
            index.vectors[entry.item.index()] = blocks.vector(&weights, &numbers, entries.len());
        }
        for (vector, item) in index.vectors.iter().zip(0..) {
            for &(feature, weight) in vector {
                index.postings[feature as usize].push((ItemId(item), weight));
            }
        }
        Ok(index)
    }

    /// What resembles the seeds, best first, of one kind only, without the seeds.
    ///
    /// score(j) = Σ over the seeds of weight · similarity, each summand being a part, in the order of the seeds. A seed that
    /// stands there twice counts with its first weight; one that isn't in the catalogue counts nothing.
    #[must_use]
    pub fn alike(&self, seeds: &[Seed], kind: Kind, count: usize, scratch: &mut Scratch) -> Vec<Scored> {
        scratch.start();
        let Scratch { rows, sums, portion, ranking, .. } = scratch;
        let mut distinct: Vec<Seed> = Vec::with_capacity(seeds.len());
        for seed in seeds {
            if distinct.iter().all(|known| known.item != seed.item) {
                distinct.push(*seed);
                rows.bar(seed.item);
            }
        }
        for seed in &distinct {
            for &(feature, weight) in self.vector(seed.item) {
                for &(item, other) in &self.postings[feature as usize] {
                    if self.kinds.get(item.index()) != Some(&Some(kind)) {
                        continue;
                    }
                    let Some(row) = rows.row(item) else { continue };
                    if portion.len() <= row {
                        portion.resize(row + 1, 0.0);
                        sums.resize(row + 1, 0.0);
                    }
                    portion[row] += f64::from(weight) * f64::from(other);
                }
            }
            for (sum, portion) in sums.iter_mut().zip(portion.iter_mut()) {
                *sum += seed.weight * std::mem::take(portion);
            }
        }
        let found = rows.items().iter().zip(sums.iter());
        ranking.extend(found.map(|(item, score)| Ranked { score: *score, item: *item }));
        ranking.retain(|best| best.score > 0.0);
        keep_best(ranking, count);
        ranking.iter().map(|best| self.explain(best.item, &distinct)).collect()
    }

    /// How alike two entries are, 0 to 1; 0 if one isn't in the catalogue.
    #[must_use]
    pub fn similarity(&self, item: ItemId, other: ItemId) -> f64 {
        let (mut a, mut b) = (self.vector(item), self.vector(other));
        let mut sum = 0.0;
        while let ([(feature, weight), rest @ ..], [(of_other, other_weight), other_rest @ ..]) = (a, b) {
            match feature.cmp(of_other) {
                std::cmp::Ordering::Less => a = rest,
                std::cmp::Ordering::Greater => b = other_rest,
                std::cmp::Ordering::Equal => {
                    sum += f64::from(*weight) * f64::from(*other_weight);
                    (a, b) = (rest, other_rest);
                }
            }
        }
        sum
    }

    /// Of which kind an item is; `None` if it isn't in the catalogue.
    #[must_use]
    pub fn kind(&self, item: ItemId) -> Option<Kind> {
        self.kinds.get(item.index()).copied().flatten()
    }

    fn explain(&self, item: ItemId, seeds: &[Seed]) -> Scored {
        let part = |seed: &Seed| {
            let part = seed.weight * self.similarity(seed.item, item);
            (part > 0.0).then_some(Contribution { cause: Cause::Alike { item: seed.item }, part })
        };
        Scored::from_parts(item, seeds.iter().filter_map(part).collect())
    }

    fn vector(&self, item: ItemId) -> &[(u32, f32)] {
        self.vectors.get(item.index()).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests;
