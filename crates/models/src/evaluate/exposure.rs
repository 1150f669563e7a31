//! What the lists look like all together: how much of the catalogue they show, how evenly, and how little known it is.
//!
//! Must never see who a list was for.

use crate::recommend::ItemId;
use rustc_hash::FxHashMap;

/// How often each item stood among the first k of a list.
///
/// ```
/// use models::{evaluate::Exposure, recommend::ItemId};
/// let mut exposure = Exposure::new(20);
/// exposure.add(&[ItemId(1), ItemId(2)]);
/// exposure.add(&[ItemId(2)]);
/// assert_eq!(exposure.coverage(8), Some(0.25));
/// // Of 2 items one has 1 showing and the other 2.
/// assert!((exposure.gini(2).unwrap() - 1.0 / 6.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug)]
pub struct Exposure {
    k: usize,
    shown: FxHashMap<ItemId, u64>,
}

impl Exposure {
    /// Nothing shown so far.
    #[must_use]
    pub fn new(k: usize) -> Self {
        Self { k, shown: FxHashMap::default() }
    }

    /// Counts the first k of a list as shown.
    pub fn add(&mut self, ranked: &[ItemId]) {
        for item in ranked.iter().take(self.k) {
            *self.shown.entry(*item).or_default() += 1;
        }
    }

    /// Coverage@k: how many different items were shown to anybody, by the size of the catalogue. `None` if that is 0.
    #[must_use]
    pub fn coverage(&self, catalogue: usize) -> Option<f64> {
        (catalogue > 0).then(|| self.shown.len() as f64 / catalogue as f64)
    }

    /// The Gini coefficient of the showings over the whole catalogue: 0 if every item is shown equally often, close to 1 if one
    /// item takes all. Items that are never shown count with 0.
    ///
    /// G = Σᵢ (2i − n − 1) xᵢ / (n Σ xᵢ), x ascending, i from 1 (Shani & Gunawardana, *Evaluating Recommendation Systems*,
    /// 2011, section 8.3.3). `None` if nothing was shown, or more items than the catalogue is said to have.
    #[must_use]
    pub fn gini(&self, catalogue: usize) -> Option<f64> {
        let never = catalogue.checked_sub(self.shown.len())?;
        let mut counts: Vec<u64> = self.shown.values().copied().collect();
        counts.sort_unstable();
        let total: u64 = counts.iter().sum();
        let n = catalogue as f64;
        let weighed: f64 =
            counts.iter().zip(never + 1..).map(|(x, i)| (2.0 * i as f64 - n - 1.0) * *x as f64).sum();
        (total > 0).then(|| weighed / (n * total as f64))
    }
}

/// Novelty@k of one list: the mean self-information −log₂ p of its first k items, in bits, p being the share of the training
/// units (customers, sessions) that have the item (Zhou et al., PNAS 2010, *surprisal*). `None` of an empty list.
///
/// `holders` says how many of the `units` have an item; one that nobody has counts as if one had it.
///
/// ```
/// use models::{evaluate::novelty, recommend::ItemId};
/// let holders = |item| if item == ItemId(1) { 8 } else { 1 };
/// assert_eq!(novelty(&[ItemId(1), ItemId(2)], 20, 16, holders), Some((1.0 + 4.0) / 2.0));
/// ```
#[must_use]
pub fn novelty(ranked: &[ItemId], k: usize, units: u64, holders: impl Fn(ItemId) -> u64) -> Option<f64> {
    let bits = |item: &ItemId| (units.max(1) as f64 / holders(*item).max(1) as f64).log2();
    let shown = ranked.len().min(k);
    (shown > 0).then(|| ranked.iter().take(k).map(bits).sum::<f64>() / shown as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(lists: &[&[u32]]) -> Exposure {
        let mut exposure = Exposure::new(2);
        for list in lists {
            exposure.add(&list.iter().map(|item| ItemId(*item)).collect::<Vec<_>>());
        }
        exposure
    }

    #[test]
    fn only_the_first_k_are_shown() {
        assert_eq!(shown(&[&[1, 2, 3]]).coverage(4), Some(0.5));
    }

    #[test]
    fn gini_matches_hand_computation() {
        // 1, 2, 3 of 6 showings: (−2·1 + 0·2 + 2·3) / (3·6) = 2/9.
        let uneven = shown(&[&[1, 2], &[2, 3], &[3], &[3]]);
        assert!((uneven.gini(3).unwrap() - 2.0 / 9.0).abs() < 1e-12);
        // Two more that nobody saw: x = 0 0 1 2 3: (0·1 + 2·2 + 4·3) / (5·6) = 16/30.
        assert!((uneven.gini(5).unwrap() - 16.0 / 30.0).abs() < 1e-12);
        assert_eq!(shown(&[&[1, 2], &[3, 4]]).gini(4), Some(0.0));
        // One of n takes all: 1 − 1/n.
        assert!((shown(&[&[1], &[1]]).gini(10).unwrap() - 0.9).abs() < 1e-12);
    }

    #[test]
    fn nothing_shown_has_no_gini_and_no_novelty() {
        assert_eq!(shown(&[]).gini(4), None);
        assert_eq!(shown(&[&[1, 2]]).gini(1), None);
        assert_eq!(shown(&[]).coverage(0), None);
        assert_eq!(novelty(&[], 20, 4, |_| 1), None);
    }

    #[test]
    fn item_that_nobody_has_is_as_new_as_one_that_one_has() {
        assert_eq!(novelty(&[ItemId(1)], 20, 4, |_| 0), novelty(&[ItemId(1)], 20, 4, |_| 1));
    }
}
