//! One answer against what really happened: the marks of a single question, from which all means and intervals are made.
//!
//! Must never see who asked.

use super::{hit, ndcg, place, recall, reciprocal_rank};
use crate::recommend::ItemId;
use rustc_hash::FxHashSet;

/// The marks of one answer at one k, each 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Marks {
    /// HR@k: of a visit, whether the very next item is among the first k; of a basket, whether any of it is.
    pub hit: f64,
    /// MRR@k: 1 / place of the very next item; of a basket, of the first item that is in it.
    pub reciprocal_rank: f64,
    /// Recall@k by distinct items.
    pub recall: f64,
    /// Recall@k as the session literature reckons it: distinct items found / clicks that follow, repeats included.
    pub recall_by_click: f64,
    /// NDCG@k, binary.
    pub ndcg: f64,
}

/// Marks the answer to a visit: `rest` is what followed, in order. `None` if nothing did.
///
/// HR and MRR look at the very next item, recall and NDCG at the whole rest.
///
/// ```
/// use models::{evaluate::mark_next, recommend::ItemId};
/// let [a, b, c] = [ItemId(1), ItemId(2), ItemId(3)];
/// let marks = mark_next(&[c, b], &[b, b, a], 20).unwrap();
/// assert_eq!((marks.hit, marks.reciprocal_rank), (1.0, 0.5));
/// assert_eq!((marks.recall, marks.recall_by_click), (1.0 / 2.0, 1.0 / 3.0));
/// ```
#[must_use]
pub fn mark_next(answer: &[ItemId], rest: &[ItemId], k: usize) -> Option<Marks> {
    let next = *rest.first()?;
    let distinct: FxHashSet<&ItemId> = rest.iter().collect();
    let recall = recall(answer, rest, k)?;
    Some(Marks {
        hit: hit(answer, next, k),
        reciprocal_rank: reciprocal_rank(answer, next, k),
        recall,
        recall_by_click: recall * distinct.len() as f64 / rest.len() as f64,
        ndcg: ndcg(answer, rest, k).unwrap_or(0.0),
    })
}

/// Marks the answer to a person: `basket` is what they bought next, in no order. `None` if that is nothing.
///
/// ```
/// use models::{evaluate::mark_basket, recommend::ItemId};
/// let [a, b, c] = [ItemId(1), ItemId(2), ItemId(3)];
/// let marks = mark_basket(&[c, b], &[a, b], 20).unwrap();
/// assert_eq!((marks.hit, marks.reciprocal_rank, marks.recall), (1.0, 0.5, 0.5));
/// ```
#[must_use]
pub fn mark_basket(answer: &[ItemId], basket: &[ItemId], k: usize) -> Option<Marks> {
    let recall = recall(answer, basket, k)?;
    let first = basket.iter().filter_map(|item| place(answer, *item, k)).min();
    Some(Marks {
        hit: first.map_or(0.0, |_| 1.0),
        reciprocal_rank: first.map_or(0.0, |place| 1.0 / place as f64),
        recall,
        recall_by_click: recall,
        ndcg: ndcg(answer, basket, k).unwrap_or(0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(list: &[u32]) -> Vec<ItemId> {
        list.iter().map(|item| ItemId(*item)).collect()
    }

    #[test]
    fn basket_is_marked_by_its_first_item_and_the_order_in_it_is_nothing() {
        let answer = ids(&[9, 4, 8, 3, 7]);
        let marks = mark_basket(&answer, &ids(&[3, 4, 5]), 5).unwrap();
        assert_eq!(marks, mark_basket(&answer, &ids(&[5, 4, 3, 4]), 5).unwrap());
        assert_eq!((marks.hit, marks.reciprocal_rank), (1.0, 0.5));
        assert!((marks.recall - 2.0 / 3.0).abs() < 1e-12);
        // (1/log2 3 + 1/log2 5) / (1 + 1/log2 3 + 1/log2 4)
        assert!((marks.ndcg - 0.498_189_257_466).abs() < 1e-9, "{}", marks.ndcg);
    }

    #[test]
    fn next_item_alone_decides_hit_and_rank() {
        let marks = mark_next(&ids(&[3, 2]), &ids(&[4, 3, 3]), 20).unwrap();
        assert_eq!((marks.hit, marks.reciprocal_rank), (0.0, 0.0));
        assert_eq!((marks.recall, marks.recall_by_click), (0.5, 1.0 / 3.0));
    }

    #[test]
    fn without_truth_there_are_no_marks() {
        assert_eq!(mark_next(&ids(&[1]), &[], 20), None);
        assert_eq!(mark_basket(&ids(&[1]), &[], 20), None);
    }
}
