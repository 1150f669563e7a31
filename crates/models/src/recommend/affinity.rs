//! What suits what: item-to-item similarity from exact counts of which items share a basket.
//!
//! Item-kNN with the cosine of Linden et al. (IEEE Internet Computing 2003) and shrinkage as in Koren & Bell (Recommender
//! Systems Handbook, 2011). Counts are integers, so that forgetting a basket is exact.
//! Must never release a pair that fewer baskets than the caller's threshold share.
#![expect(
    clippy::indexing_slicing,
    reason = "rows exist for every item counted; scratch rows come from `Rows`"
)]

use super::rows::{Ranked, keep_best};
use super::{Cause, Contribution, ItemId, Scored, Scratch};

/// What can be wrong with a basket to be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AffinityError {
    /// A basket with these items can't have been learned (or was forgotten already); nothing was changed.
    #[error("no basket with items `{}` and `{}` is left to forget", .0.0, .1.0)]
    NeverLearned(ItemId, ItemId),
}

/// How many baskets hold each item and each pair of items.
///
/// A basket is whatever belongs together for one contributor: the caller decides whether that is an order or all that a person
/// has. For [`Affinity::at_least`] to be a number of people, give one basket a person. Learning a basket of b distinct items
/// costs b² short steps. Two tables are equal if and only if their counts are.
///
/// ```
/// use models::recommend::{affinity::{Affinity, CoCounts, Held}, ItemId, Scratch};
/// let [tent, mat, ball] = [ItemId(0), ItemId(1), ItemId(2)];
/// let mut counts = CoCounts::new();
/// counts.learn(&[tent, mat]);
/// counts.learn(&[tent, mat]);
/// counts.learn(&[ball]);
/// let params = Affinity { shrinkage: 0.0, at_least: 2, count: 5 };
/// let list = counts.score(&[Held { item: tent, weight: 1.0 }], &params, &mut Scratch::new());
/// assert_eq!((list[0].item(), list[0].score()), (mat, 1.0));
///
/// counts.forget(&[tent, mat]).unwrap();
/// counts.forget(&[tent, mat]).unwrap();
/// counts.forget(&[ball]).unwrap();
/// assert_eq!(counts, CoCounts::new());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoCounts {
    // INVARIANT: rows are sorted by `other`, hold no zero, are symmetric, and the last row is not empty.
    rows: Vec<Row>,
    baskets: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Row {
    baskets: u32,
    pairs: Vec<Pair>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pair {
    other: ItemId,
    count: u32,
}

/// An item of the person's history and how much it should count (1 for a plain purchase; decayed by age if wished).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// What the person has.
    pub item: ItemId,
    /// How much it counts, ≥ 0.
    pub weight: f64,
}

/// Another item and its similarity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similar {
    /// The other item.
    pub item: ItemId,
    /// Its similarity, 0 to 1.
    pub similarity: f64,
}

/// The dials of item-kNN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affinity {
    /// s ≥ 0 in c / (√(n_i n_j) + s): the larger, the less a pair seen seldom counts.
    pub shrinkage: f64,
    /// A pair in fewer baskets than this isn't used.
    pub at_least: u32,
    /// How many items are wanted.
    pub count: usize,
}

impl CoCounts {
    /// No counts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a basket; items that stand in it twice count once.
    pub fn learn(&mut self, basket: &[ItemId]) {
        let items = distinct(basket);
        let Some(last) = items.last() else { return };
        if last.index() >= self.rows.len() {
            self.rows.resize_with(last.index() + 1, Row::default);
        }
        self.baskets += 1;
        for &item in &items {
            let row = &mut self.rows[item.index()];
            row.baskets += 1;
            row.learn(item, &items);
        }
    }

    /// Takes a basket out again; the counts then equal those that never saw it.
    ///
    /// # Errors
    /// [`AffinityError::NeverLearned`] if the counts show that it can't be in there; nothing is changed then.
    pub fn forget(&mut self, basket: &[ItemId]) -> Result<(), AffinityError> {
        let items = distinct(basket);
        // Counts are symmetric, so each pair is looked up once.
        for (at, &item) in items.iter().enumerate() {
            if let Some(other) = items[at..].iter().find(|other| self.together(item, **other) == 0) {
                return Err(AffinityError::NeverLearned(item, *other));
            }
        }
        self.baskets -= u64::from(!items.is_empty());
        for &item in &items {
            let row = &mut self.rows[item.index()];
            row.baskets -= 1;
            row.forget(&items);
        }
        self.drop_empty_end();
        Ok(())
    }

    /// Counts the basket `after` in the place of `before`; an empty one isn't counted. Costs steps for what differs alone, so
    /// that a long history can grow by an order.
    ///
    /// # Errors
    /// [`AffinityError::NeverLearned`] if the counts show that `before` can't be in there; nothing is changed then.
    pub fn change(&mut self, before: &[ItemId], after: &[ItemId]) -> Result<(), AffinityError> {
        let (before, after) = (distinct(before), distinct(after));
        if before.is_empty() || after.is_empty() {
            self.forget(&before)?;
            self.learn(&after);
            return Ok(());
        }
        let without = |items: &[ItemId], others: &[ItemId]| -> Vec<ItemId> {
            items.iter().copied().filter(|item| others.binary_search(item).is_err()).collect()
        };
        let (gone, new) = (without(&before, &after), without(&after, &before));
        for &item in &gone {
            if let Some(other) = before.iter().find(|other| self.together(item, **other) == 0) {
                return Err(AffinityError::NeverLearned(item, *other));
            }
        }
        if let Some(lost) = before.iter().find(|item| self.together(**item, **item) == 0) {
            return Err(AffinityError::NeverLearned(*lost, *lost));
        }
        let kept = without(&before, &gone);
        for &item in &gone {
            let row = &mut self.rows[item.index()];
            row.baskets -= 1;
            row.forget(&before);
        }
        for &item in &kept {
            self.rows[item.index()].forget(&gone);
        }
        if let Some(last) = new.last().filter(|last| last.index() >= self.rows.len()) {
            self.rows.resize_with(last.index() + 1, Row::default);
        }
        for &item in &new {
            let row = &mut self.rows[item.index()];
            row.baskets += 1;
            row.learn(item, &after);
        }
        for &item in &kept {
            self.rows[item.index()].learn(item, &new);
        }
        self.drop_empty_end();
        Ok(())
    }

    fn drop_empty_end(&mut self) {
        while self.rows.last().is_some_and(|row| row.baskets == 0) {
            self.rows.pop();
        }
    }

    /// How many baskets there are.
    #[must_use]
    pub fn baskets(&self) -> u64 {
        self.baskets
    }

    /// How many baskets hold both items; of an item with itself, how many hold it.
    #[must_use]
    pub fn together(&self, item: ItemId, other: ItemId) -> u32 {
        match self.rows.get(item.index()) {
            Some(row) if item == other => row.baskets,
            Some(row) => {
                row.pairs.binary_search_by_key(&other, |pair| pair.other).map_or(0, |at| row.pairs[at].count)
            }
            None => 0,
        }
    }

    /// The memory that the counts take up, in bytes (allocator overhead not counted).
    #[must_use]
    pub fn footprint_bytes(&self) -> usize {
        self.rows.iter().map(|row| row.pairs.capacity() * size_of::<Pair>()).sum::<usize>()
            + self.rows.capacity() * size_of::<Row>()
    }

    /// How many item numbers are in use: one more than the greatest that a basket holds.
    #[must_use]
    pub fn items(&self) -> usize {
        self.rows.len()
    }

    /// The other items that share a basket with `item`, in order, with the number of baskets.
    pub fn row(&self, item: ItemId) -> impl Iterator<Item = (ItemId, u32)> + '_ {
        self.pairs(item).iter().map(|pair| (pair.other, pair.count))
    }

    /// The most similar items, best first: what may be handed to browsers, since it says nothing of anybody behind `at_least`.
    #[must_use]
    pub fn neighbours(&self, item: ItemId, params: &Affinity) -> Vec<Similar> {
        let with = self.baskets_with(item);
        let pairs = self.pairs(item).iter().filter(|pair| pair.count >= params.at_least);
        let similar = |pair: &Pair| Similar { item: pair.other, similarity: self.cosine(with, pair, params) };
        let mut list: Vec<Similar> = pairs.map(similar).collect();
        let order =
            |a: &Similar, b: &Similar| b.similarity.total_cmp(&a.similarity).then(a.item.cmp(&b.item));
        // Rows grow long, and only their best are put in order.
        if list.len() > params.count && params.count > 0 {
            list.select_nth_unstable_by(params.count - 1, order);
        }
        list.truncate(params.count);
        list.sort_unstable_by(order);
        list
    }

    /// What suits a person who has `history`, best first, without what they have.
    ///
    /// score(j) = Σ over the history of weight_i · c_ij / (√(n_i n_j) + s), each summand being a part, in the order of the
    /// history. An item that stands there twice counts with its first weight.
    #[must_use]
    pub fn score(&self, history: &[Held], params: &Affinity, scratch: &mut Scratch) -> Vec<Scored> {
        scratch.start();
        let Scratch { rows, sums, ranking, .. } = scratch;
        let mut held: Vec<Held> = Vec::with_capacity(history.len());
        for entry in history {
            if held.iter().all(|known| known.item != entry.item) {
                held.push(*entry);
                rows.bar(entry.item);
            }
        }
        for entry in &held {
            let with = self.baskets_with(entry.item);
            for pair in self.pairs(entry.item).iter().filter(|pair| pair.count >= params.at_least) {
                let Some(row) = rows.row(pair.other) else { continue };
                let part = entry.weight * self.cosine(with, pair, params);
                match sums.get_mut(row) {
                    Some(sum) => *sum += part,
                    None => sums.push(part),
                }
            }
        }
        let found = rows.items().iter().zip(sums.iter());
        ranking.extend(found.map(|(item, score)| Ranked { score: *score, item: *item }));
        ranking.retain(|best| best.score > 0.0);
        keep_best(ranking, params.count);
        ranking.iter().map(|best| self.explain(best.item, &held, params)).collect()
    }

    fn explain(&self, item: ItemId, held: &[Held], params: &Affinity) -> Scored {
        let part = |entry: &Held| {
            let count = self.together(entry.item, item);
            let pair = Pair { other: item, count };
            (count > 0 && count >= params.at_least).then(|| Contribution {
                cause: Cause::Suits { item: entry.item },
                part: entry.weight * self.cosine(self.baskets_with(entry.item), &pair, params),
            })
        };
        Scored::from_parts(item, held.iter().filter_map(part).collect())
    }

    fn pairs(&self, item: ItemId) -> &[Pair] {
        self.rows.get(item.index()).map_or(&[], |row| &row.pairs)
    }

    fn baskets_with(&self, item: ItemId) -> f64 {
        self.rows.get(item.index()).map_or(0.0, |row| f64::from(row.baskets))
    }

    /// c / (√(n · n_other) + s), `with` being n.
    fn cosine(&self, with: f64, pair: &Pair, params: &Affinity) -> f64 {
        f64::from(pair.count) / ((with * self.baskets_with(pair.other)).sqrt() + params.shrinkage)
    }
}

impl Row {
    /// Counts `item`, whose row this is, with each of the others.
    fn learn(&mut self, item: ItemId, others: &[ItemId]) {
        for &other in others.iter().filter(|other| **other != item) {
            match self.pairs.binary_search_by_key(&other, |pair| pair.other) {
                Ok(at) => self.pairs[at].count += 1,
                Err(at) => self.pairs.insert(at, Pair { other, count: 1 }),
            }
        }
    }

    /// Takes one off the count with each of the others, which are in order.
    fn forget(&mut self, others: &[ItemId]) {
        if others.is_empty() {
            return;
        }
        let mut left_over = false;
        let mut take = |pair: &mut Pair| {
            pair.count -= 1;
            left_over |= pair.count == 0;
        };
        if others.len() * 8 < self.pairs.len() {
            for other in others {
                if let Ok(at) = self.pairs.binary_search_by_key(other, |pair| pair.other) {
                    take(&mut self.pairs[at]);
                }
            }
        } else {
            // Many are wanted: walking along both beats looking each up.
            let mut others = others.iter().peekable();
            for pair in &mut self.pairs {
                while others.next_if(|other| **other < pair.other).is_some() {}
                if others.next_if(|other| **other == pair.other).is_some() {
                    take(pair);
                }
            }
        }
        if left_over {
            self.pairs.retain(|pair| pair.count > 0);
        }
    }
}

fn distinct(basket: &[ItemId]) -> Vec<ItemId> {
    let mut items = basket.to_vec();
    items.sort_unstable();
    items.dedup();
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(basket: &[u32]) -> Vec<ItemId> {
        basket.iter().map(|item| ItemId(*item)).collect()
    }

    fn learned(baskets: &[Vec<u32>]) -> CoCounts {
        let mut counts = CoCounts::new();
        baskets.iter().for_each(|basket| counts.learn(&ids(basket)));
        counts
    }

    const OPEN: Affinity = Affinity { shrinkage: 2.0, at_least: 1, count: 50 };

    #[test]
    fn cosine_with_shrinkage_matches_hand_computation() {
        // n0 = 4, n1 = 1, together 1: 1 / (√4 · √1 + 2) = 0.25
        let counts = learned(&[vec![0, 1], vec![0], vec![0], vec![0, 2]]);
        let list = counts.score(&[Held { item: ItemId(1), weight: 1.0 }], &OPEN, &mut Scratch::new());
        assert_eq!((list[0].item(), list[0].score()), (ItemId(0), 0.25));
    }

    #[test]
    fn pair_below_the_threshold_is_not_released() {
        let counts = learned(&[vec![0, 1], vec![0, 1], vec![0, 2]]);
        let params = Affinity { at_least: 2, ..OPEN };
        let released: Vec<ItemId> =
            counts.neighbours(ItemId(0), &params).iter().map(|near| near.item).collect();
        assert_eq!(released, [ItemId(1)]);
        let list = counts.score(&[Held { item: ItemId(0), weight: 1.0 }], &params, &mut Scratch::new());
        assert_eq!(list.iter().map(Scored::item).collect::<Vec<_>>(), released);
    }

    #[test]
    fn basket_never_learned_is_refused_and_changes_nothing() {
        let mut counts = learned(&[vec![0, 1], vec![1, 2]]);
        let before = counts.clone();
        assert_eq!(counts.forget(&ids(&[0, 2])), Err(AffinityError::NeverLearned(ItemId(0), ItemId(2))));
        assert_eq!(counts, before);
    }

    #[test]
    fn change_of_a_basket_never_learned_is_refused_and_changes_nothing() {
        let mut counts = learned(&[vec![0, 1], vec![1, 2]]);
        let before = counts.clone();
        let changed = counts.change(&ids(&[0, 2]), &ids(&[2]));
        assert_eq!(changed, Err(AffinityError::NeverLearned(ItemId(0), ItemId(2))));
        assert!(counts.change(&ids(&[7]), &ids(&[7, 1])).is_err());
        assert_eq!(counts, before);
    }

    fn basket() -> impl Strategy<Value = Vec<u32>> {
        prop::collection::vec(0u32..12, 0..7)
    }

    proptest! {
        #[test]
        fn changed_basket_counts_as_if_it_had_always_been_so(
            others in prop::collection::vec(basket(), 0..6),
            before in basket(),
            after in basket(),
        ) {
            let mut counts = learned(&others);
            counts.learn(&ids(&before));
            counts.change(&ids(&before), &ids(&after)).unwrap();
            let mut straight = learned(&others);
            straight.learn(&ids(&after));
            prop_assert_eq!(counts, straight);
        }

        #[test]
        fn learn_then_forget_equals_never_seen(
            kept in prop::collection::vec(basket(), 0..12),
            gone in prop::collection::vec(basket(), 0..6),
            history in prop::collection::vec((0u32..14, 0.0f64..3.0), 0..6),
        ) {
            let mut counts = learned(&kept);
            gone.iter().for_each(|basket| counts.learn(&ids(basket)));
            for basket in &gone {
                counts.forget(&ids(basket)).unwrap();
            }
            let never = learned(&kept);
            prop_assert_eq!(&counts, &never);
            let history: Vec<Held> = history.into_iter().map(|(i, weight)| Held { item: ItemId(i), weight }).collect();
            let mut scratch = Scratch::new();
            let list = counts.score(&history, &OPEN, &mut scratch);
            prop_assert_eq!(&list, &never.score(&history, &OPEN, &mut Scratch::new()));
            for scored in &list {
                // The sums by which they were ranked are the sums of the parts.
                let ranked = scratch.ranking.iter().find(|best| best.item == scored.item()).unwrap();
                prop_assert_eq!(ranked.score.to_bits(), scored.score().to_bits());
                prop_assert!(history.iter().all(|held| held.item != scored.item()));
            }
        }
    }
}
