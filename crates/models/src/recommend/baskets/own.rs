//! What of a person's own comes again: the part of the next basket that rests on their own purchases alone.
//!
//! For blends in which other models say what is new: no neighbours, nothing popular. Costs steps for the history's lines alone.
//! Must never propose what the history doesn't hold.

use super::history::{FADING, Line};
use super::query::Request;
use super::{Ask, BasketIndex, History, Params};
use crate::recommend::opinion::{Opinion, Sums, Winners};
use crate::recommend::{Cause, Contribution, ItemId};

/// A person's own items, each with how likely it is to come again; reasons are the purchases.
pub struct Own<'a> {
    index: &'a BasketIndex,
    history: &'a History,
    request: Request<'a>,
    sums: Vec<(ItemId, f64)>,
}

impl BasketIndex {
    /// What of the history comes again: Σ over own purchases of the item ([`Cause::Bought`]), by season and by how often buyers
    /// come back for it. Of `params`, the neighbours, the reads and the count don't matter.
    ///
    /// ```
    /// use models::recommend::{ItemId, Scratch, blend::{Voice, decide}};
    /// use models::recommend::baskets::{Ask, Basket, BasketIndex, BuyerKey, Decay, History, OrderKey, Params};
    /// let basket = |day: i64, item| Basket { time: day * 86_400, order: OrderKey(day as u64), items: vec![ItemId(item)] };
    /// let mut index = BasketIndex::new(Decay::standard());
    /// index.learn(BuyerKey(1), basket(1, 7));
    /// index.learn(BuyerKey(1), basket(8, 7));
    /// let history = History::new(vec![basket(2, 7), basket(3, 4)]);
    /// let (ask, params) = (Ask { history: &history, own: None, now: 9 * 86_400 }, Params::standard(1));
    /// let own = index.own(&ask, &params);
    /// let list = decide(&[Voice::new(&own, 1.0, 1.0).unwrap()], 5, |_| true, &mut Scratch::new());
    /// assert_eq!(list.len(), 2);
    /// assert_eq!(list[0].parts().len(), 1);
    /// ```
    #[must_use]
    pub fn own<'a>(&'a self, ask: &Ask<'a>, params: &'a Params) -> Own<'a> {
        let request = self.request(ask, params);
        let sums = request.lines.iter().map(|line| (line.item, self.again(line, &request))).collect();
        Own { index: self, history: ask.history, request, sums }
    }

    fn again(&self, line: &Line, request: &Request<'_>) -> f64 {
        let weights = request.params.weights.at(self.tallies.in_season(line.item, &request.season));
        request.purchases(&weights, self.tallies.again(line.item), line)
    }
}

impl Opinion for Own<'_> {
    fn sum_up(&self, factor: f64, sums: &mut Sums) {
        self.sums.iter().filter(|(_, sum)| *sum > 0.0).for_each(|(item, sum)| sums.add(*item, factor * sum));
    }

    fn give_reasons(&self, factor: f64, winners: &mut Winners) {
        let index = self.index;
        let mine = |item: &ItemId| self.request.line(*item).is_some();
        let rows: Vec<(usize, ItemId)> =
            winners.items().iter().copied().enumerate().filter(|(_, item)| mine(item)).collect();
        let newest = self.history.baskets().len().saturating_sub(1);
        for (row, item) in rows {
            let weights = self.request.params.weights.at(index.tallies.in_season(item, &self.request.season));
            let again = index.tallies.again(item);
            for (place, basket) in self.history.baskets().iter().enumerate() {
                if basket.items.binary_search(&item).is_ok() {
                    let age = newest - place;
                    let (fading, steady) = (FADING.powi(age as i32), index.decay.weight(age));
                    winners.add(
                        row,
                        Contribution {
                            cause: Cause::Bought { item, time: basket.time },
                            part: factor * self.request.one(&weights, again, fading, steady),
                        },
                    );
                }
            }
        }
    }
}
