//! The plain counts that every next-basket model is measured against.
//!
//! Personal TopFreq and GP-TopFreq of Li, Jullien, Ariannezhad, de Rijke, *A Next Basket Recommendation Reality Check*,
//! TOIS 2023. Must never round: apart from an optional decay these are integers and one share of integers.
#![expect(clippy::indexing_slicing, reason = "positions come from a search in the same list")]

use super::{BasketIndex, History};
use crate::recommend::rows::{Ranked, keep_best};
use crate::recommend::{Cause, Contribution, ItemId, Scored, rank};
use rustc_hash::FxHashSet;

impl BasketIndex {
    /// GP-TopFreq: what the person bought most often, filled up with what everybody buys most often.
    ///
    /// score = Σ over own purchases of decay^age + the share of all baskets that hold the item, the age being the number of
    /// the person's newer baskets. With a decay of 1 the first is a whole number and the second, which is at most 1, decides
    /// between equals and fills up: exactly GP-TopFreq, with ties broken by popularity.
    ///
    /// ```
    /// use models::recommend::ItemId;
    /// use models::recommend::baskets::{Basket, BasketIndex, BuyerKey, Decay, History, OrderKey};
    /// let basket = |time, item| Basket { time, order: OrderKey(time as u64), items: vec![ItemId(item)] };
    /// let mut index = BasketIndex::new(Decay::standard());
    /// index.learn(BuyerKey(1), basket(0, 7));
    /// index.learn(BuyerKey(2), basket(0, 7));
    /// index.learn(BuyerKey(2), basket(1, 3));
    /// index.learn(BuyerKey(2), basket(2, 4));
    /// let own = History::new(vec![basket(0, 3), basket(1, 4), basket(2, 4)]);
    /// let list = index.top_frequency(&own, 1.0, 3);
    /// assert_eq!(list.iter().map(|scored| (scored.item().0, scored.score())).collect::<Vec<_>>(), [(4, 2.25), (3, 1.25), (7, 0.5)]);
    /// ```
    #[must_use]
    pub fn top_frequency(&self, history: &History, decay: f64, count: usize) -> Vec<Scored> {
        let all = f64::from(self.tallies.baskets().max(1));
        let popular = |baskets: u32| Contribution {
            cause: Cause::Popular { context: None },
            part: f64::from(baskets) / all,
        };
        let mut own: Vec<(ItemId, Vec<Contribution>)> = Vec::new();
        let newest = history.baskets().len().saturating_sub(1);
        for (place, basket) in history.baskets().iter().enumerate() {
            for &item in &basket.items {
                let cause = Cause::Bought { item, time: basket.time };
                let bought = Contribution { cause, part: decay.powi((newest - place) as i32) };
                match own.binary_search_by_key(&item, |(item, _)| *item) {
                    Ok(at) => own[at].1.push(bought),
                    Err(at) => own.insert(at, (item, vec![bought])),
                }
            }
        }
        let held: FxHashSet<ItemId> = own.iter().map(|(item, _)| *item).collect();
        let mut list: Vec<Scored> = Vec::with_capacity(own.len() + count);
        for (item, mut parts) in own {
            parts.extend(self.tally(item).map(|tally| popular(tally.baskets)));
            list.push(Scored::from_parts(item, parts));
        }
        let others = self.tallies.iter().filter(|(item, _)| !held.contains(item));
        let mut others: Vec<Ranked> =
            others.map(|(item, tally)| Ranked { score: f64::from(tally.baskets), item }).collect();
        keep_best(&mut others, count);
        list.extend(
            others.iter().map(|other| Scored::from_parts(other.item, vec![popular(other.score as u32)])),
        );
        rank(&mut list, count);
        list
    }
}
