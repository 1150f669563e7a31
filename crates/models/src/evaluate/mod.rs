//! How good a ranked list is: the metrics of the literature, with their conventions written down.
//!
//! Must never see who a list was for. Lists are best first; only the first k count; an item that stands in a list twice counts
//! at its first place; relevance is binary.
//!
//! | what | where |
//! | --- | --- |
//! | metrics of one list | [`hit`], [`reciprocal_rank`], [`recall`], [`precision`], [`ndcg`], [`novelty`] |
//! | metrics of all lists together | [`Exposure`]: coverage and Gini |
//! | protocols | [`every_prefix`] and [`evaluate_sessions`] for visits; [`wanted`] and [`admit`] for people |
//! | how sure a mean is | [`Bootstrap`] |
//! | what refusals cost | [`refuses`] |

mod bootstrap;
mod exposure;
mod histories;
mod marks;
mod refusal;
mod sessions;

pub use bootstrap::{Bootstrap, BootstrapError, Interval, quantile};
pub use exposure::{Exposure, novelty};
pub use histories::{Basket, Repeats, admit, wanted};
pub use marks::{Marks, mark_basket, mark_next};
pub use refusal::refuses;
pub use sessions::{SessionReport, evaluate_sessions, every_prefix};

use crate::recommend::ItemId;
use rustc_hash::FxHashSet;

/// HR@k of one list: 1 if `next` is among the first k, else 0.
///
/// ```
/// use models::{evaluate::hit, recommend::ItemId};
/// assert_eq!(hit(&[ItemId(3), ItemId(5)], ItemId(5), 1), 0.0);
/// assert_eq!(hit(&[ItemId(3), ItemId(5)], ItemId(5), 2), 1.0);
/// ```
#[must_use]
pub fn hit(ranked: &[ItemId], next: ItemId, k: usize) -> f64 {
    place(ranked, next, k).map_or(0.0, |_| 1.0)
}

/// MRR@k of one list: 1 / place of `next` (from 1) if it is among the first k, else 0.
///
/// ```
/// use models::{evaluate::reciprocal_rank, recommend::ItemId};
/// assert_eq!(reciprocal_rank(&[ItemId(3), ItemId(5)], ItemId(5), 20), 0.5);
/// ```
#[must_use]
pub fn reciprocal_rank(ranked: &[ItemId], next: ItemId, k: usize) -> f64 {
    place(ranked, next, k).map_or(0.0, |place| 1.0 / place as f64)
}

/// Recall@k: the share of the distinct relevant items that is among the first k. `None` if nothing is relevant.
///
/// ```
/// use models::{evaluate::recall, recommend::ItemId};
/// assert_eq!(recall(&[ItemId(3), ItemId(5)], &[ItemId(5), ItemId(9)], 20), Some(0.5));
/// ```
#[must_use]
pub fn recall(ranked: &[ItemId], relevant: &[ItemId], k: usize) -> Option<f64> {
    let relevant: FxHashSet<ItemId> = relevant.iter().copied().collect();
    let found: FxHashSet<ItemId> =
        ranked.iter().take(k).filter(|item| relevant.contains(item)).copied().collect();
    (!relevant.is_empty()).then(|| found.len() as f64 / relevant.len() as f64)
}

/// Precision@k: how many of the first k are relevant, by k (not by the length of the list). `None` if k is 0.
///
/// ```
/// use models::{evaluate::precision, recommend::ItemId};
/// assert_eq!(precision(&[ItemId(3), ItemId(5)], &[ItemId(5)], 4), Some(0.25));
/// ```
#[must_use]
pub fn precision(ranked: &[ItemId], relevant: &[ItemId], k: usize) -> Option<f64> {
    let relevant: FxHashSet<ItemId> = relevant.iter().copied().collect();
    let found: FxHashSet<ItemId> =
        ranked.iter().take(k).filter(|item| relevant.contains(item)).copied().collect();
    (k > 0).then(|| found.len() as f64 / k as f64)
}

/// NDCG@k: Σ over the relevant items among the first k of 1 / log₂(place + 1), by the same sum of the ideal list, which has
/// min(k, relevant) of them on top (Järvelin & Kekäläinen, TOIS 2002). `None` if nothing is relevant or k is 0.
///
/// ```
/// use models::{evaluate::ndcg, recommend::ItemId};
/// assert_eq!(ndcg(&[ItemId(5), ItemId(3)], &[ItemId(5)], 20), Some(1.0));
/// ```
#[must_use]
pub fn ndcg(ranked: &[ItemId], relevant: &[ItemId], k: usize) -> Option<f64> {
    let mut open: FxHashSet<ItemId> = relevant.iter().copied().collect();
    let gain = |place: usize| 1.0 / (place as f64 + 1.0).log2();
    let ideal: f64 = (1..=k.min(open.len())).map(gain).sum();
    let gained: f64 = ranked
        .iter()
        .take(k)
        .zip(1..)
        .filter(|(item, _)| open.remove(item))
        .map(|(_, place)| gain(place))
        .sum();
    (ideal > 0.0).then(|| gained / ideal)
}

/// The place of an item among the first k, from 1.
fn place(ranked: &[ItemId], item: ItemId, k: usize) -> Option<usize> {
    ranked.iter().take(k).position(|other| *other == item).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(list: &[u32]) -> Vec<ItemId> {
        list.iter().map(|item| ItemId(*item)).collect()
    }

    #[test]
    fn metrics_match_hand_computation() {
        let ranked = ids(&[7, 1, 9, 2, 8]);
        let relevant = ids(&[1, 2, 3, 1]);
        assert_eq!(recall(&ranked, &relevant, 5), Some(2.0 / 3.0));
        assert_eq!(recall(&ranked, &relevant, 3), Some(1.0 / 3.0));
        assert_eq!(precision(&ranked, &relevant, 5), Some(0.4));
        assert_eq!(reciprocal_rank(&ranked, ItemId(9), 5), 1.0 / 3.0);
        assert_eq!(reciprocal_rank(&ranked, ItemId(9), 2), 0.0);
        // gains: places 2 and 4: 1/log2(3) + 1/log2(5) = 0.6309 + 0.4307; ideal: 1 + 0.6309 + 0.5
        let expected = (0.630_929_753_571 + 0.430_676_558_073) / 2.130_929_753_571;
        assert!((ndcg(&ranked, &relevant, 5).unwrap() - expected).abs() < 1e-9);
        // k below the number of relevant items: ideal 1 + 0.6309
        assert!((ndcg(&ranked, &relevant, 2).unwrap() - 0.630_929_753_571 / 1.630_929_753_571).abs() < 1e-9);
    }

    #[test]
    fn nothing_relevant_has_no_recall_and_repeats_count_once() {
        assert_eq!(recall(&ids(&[1]), &[], 5), None);
        assert_eq!(ndcg(&ids(&[1]), &[], 5), None);
        assert_eq!(recall(&ids(&[1, 1]), &ids(&[1, 2]), 5), Some(0.5));
        assert_eq!(ndcg(&ids(&[1, 1]), &ids(&[1]), 5), Some(1.0));
        assert_eq!(precision(&ids(&[1, 1]), &ids(&[1]), 2), Some(0.5));
    }
}
