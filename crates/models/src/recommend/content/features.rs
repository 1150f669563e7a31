//! How a catalogue entry becomes a sparse vector: blocks of features, each of length one, weighted.
//!
//! Must never look at anything but the entry and how many entries share a feature.

use std::collections::BTreeMap;

use super::super::ItemId;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Something for sale.
    Product,
    /// Something to read, watch or follow: a guide, a local track, how to care for it.
    Article,
}

/// An entry of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub item: ItemId,
    /// Product or article.
    pub kind: Kind,
    /// From the broadest category to the narrowest.
    pub category: Vec<u32>,
    /// The brand, if it has one.
    pub brand: Option<u32>,
    /// Tags; the order makes no difference.
    pub tags: Vec<u32>,
    /// Title and description.
    pub text: String,
    /// The price in minor units of the shop's currency, if it has one.
    pub price_minor: Option<i64>,
}

/// How much each block counts; only the proportions matter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// The category path; deeper levels count more, being rarer.
    pub category: f64,
    /// The brand.
    pub brand: f64,
    /// Tags.
    pub tags: f64,
    /// Words of title and description.
    pub text: f64,
    /// The price band, of half an octave, with half a band's likeness to its neighbours.
    pub price: f64,
}

impl Weights {
    /// A start: category 0.35, tags 0.25, text 0.25, price 0.1, brand 0.05.
    #[must_use]
    pub fn balanced() -> Self {
        Self { category: 0.35, brand: 0.05, tags: 0.25, text: 0.25, price: 0.1 }
    }

    /// The weights in the order of the blocks, adding up to 1; `None` if they are out of range.
    pub(super) fn shares(&self) -> Option<[f64; 5]> {
        let Self { category, brand, tags, text, price } = *self;
        let weights = [category, brand, tags, text, price];
        let total: f64 = weights.iter().sum();
        let fit = total > 0.0 && total.is_finite() && weights.iter().all(|weight| *weight >= 0.0);
        fit.then(|| weights.map(|weight| weight / total))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Feature {
    Category(Vec<u32>),
    Brand(u32),
    Tag(u32),
    Word(String),
    Band(i32),
}

/// At most so many words of an entry count, the weightiest, so that a long article costs no more than a short one.
const MOST_WORDS: usize = 48;

/// The features of an entry by block, in the order of `Weights::shares`, with how often or how strongly it has them.
pub(super) struct Blocks([BTreeMap<Feature, f64>; 5]);

impl Blocks {
    pub(super) fn of(entry: &Entry) -> Self {
        let Entry { item: _, kind: _, category, brand, tags, text, price_minor } = entry;
        let paths = (1..=category.len()).filter_map(|depth| category.get(..depth));
        let mut words = BTreeMap::new();
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            if word.chars().nth(1).is_some() {
                *words.entry(Feature::Word(word.to_lowercase())).or_insert(0.0) += 1.0;
            }
        }
        let band =
            price_minor.filter(|price| *price > 0).map(|price| ((price as f64).log2() * 2.0).floor() as i32);
        let bands = band.map_or_else(Vec::new, |band| vec![(band - 1, 0.5), (band, 1.0), (band + 1, 0.5)]);
        Self([
            paths.map(|path| (Feature::Category(path.to_vec()), 1.0)).collect(),
            brand.iter().map(|brand| (Feature::Brand(*brand), 1.0)).collect(),
            tags.iter().map(|tag| (Feature::Tag(*tag), 1.0)).collect(),
            words,
            bands.into_iter().map(|(band, strength)| (Feature::Band(band), strength)).collect(),
        ])
    }

    pub(super) fn features(&self) -> impl Iterator<Item = &Feature> {
        self.0.iter().flat_map(BTreeMap::keys)
    }

    /// Feature numbers and weights, sorted by number. `numbers` gives a feature's number and how many entries have it.
    pub(super) fn vector(
        &self,
        shares: &[f64; 5],
        numbers: &BTreeMap<&Feature, (u32, u32)>,
        entries: usize,
    ) -> Vec<(u32, f32)> {
        let mut vector = Vec::new();
        for (block, share) in self.0.iter().zip(shares).filter(|(_, share)| **share > 0.0) {
            let weigh = |(feature, strength): (&Feature, &f64)| {
                let (number, df) = numbers.get(feature).copied()?;
                let idf = (1.0 + entries as f64 / f64::from(df)).ln();
                let weight = match feature {
                    Feature::Band(_) => *strength,
                    Feature::Category(_) | Feature::Brand(_) | Feature::Tag(_) | Feature::Word(_) => {
                        (1.0 + strength.ln()) * idf
                    }
                };
                Some((number, weight))
            };
            let mut weighed: Vec<(u32, f64)> = block.iter().filter_map(weigh).collect();
            weighed.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            weighed.truncate(MOST_WORDS);
            let length = weighed.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
            // A block's share is split between the two vectors of a product, hence the root.
            vector.extend(
                weighed.iter().map(|(number, weight)| (*number, (weight / length * share.sqrt()) as f32)),
            );
        }
        vector.sort_unstable_by_key(|(number, _)| *number);
        vector
    }
}
