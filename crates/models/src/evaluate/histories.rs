//! The protocol for models of people: the last basket is held out, the rest is the history that the answer may use.
//!
//! Must never let a model see what is held out, nor who the customer is.

use crate::recommend::ItemId;
use rustc_hash::FxHashSet;

/// What was bought at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basket {
    /// When, in seconds since 1970, or any number that grows.
    pub time: i64,
    /// Items and how many, each item once.
    pub items: Vec<(ItemId, u32)>,
}

impl Basket {
    /// The items alone.
    pub fn ids(&self) -> impl Iterator<Item = ItemId> {
        self.items.iter().map(|(item, _)| *item)
    }
}

/// Whether a customer may be shown what they have bought before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// Yes: all that is in the held-out basket counts.
    Allowed,
    /// No: only what the customer never had counts, and what they had is taken out of the answer.
    NewOnly,
}

/// What the held-out basket asks for: its known items, without those of the past if only new ones count. Empty if there is
/// nothing to ask.
///
/// ```
/// use models::{evaluate::{wanted, Basket, Repeats}, recommend::ItemId};
/// let basket = |items: &[u32]| Basket { time: 0, items: items.iter().map(|item| (ItemId(*item), 1)).collect() };
/// let (past, held_out) = ([basket(&[1, 2]), basket(&[2, 3])], basket(&[2, 4, 9]));
/// let known = |item| item != ItemId(9);
/// assert_eq!(wanted(&held_out, &past, Repeats::Allowed, known), [ItemId(2), ItemId(4)]);
/// assert_eq!(wanted(&held_out, &past, Repeats::NewOnly, known), [ItemId(4)]);
/// ```
#[must_use]
pub fn wanted(
    held_out: &Basket,
    past: &[Basket],
    repeats: Repeats,
    known: impl Fn(ItemId) -> bool,
) -> Vec<ItemId> {
    let had: FxHashSet<ItemId> = match repeats {
        Repeats::Allowed => FxHashSet::default(),
        Repeats::NewOnly => past.iter().flat_map(Basket::ids).collect(),
    };
    held_out.ids().filter(|item| known(*item) && !had.contains(item)).collect()
}

/// Takes what the customer had out of an answer, if only new items count.
pub fn admit(answer: &mut Vec<ItemId>, past: &[Basket], repeats: Repeats) {
    match repeats {
        Repeats::Allowed => {}
        Repeats::NewOnly => {
            let had: FxHashSet<ItemId> = past.iter().flat_map(Basket::ids).collect();
            answer.retain(|item| !had.contains(item));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_customer_had_is_no_answer_where_only_new_items_count() {
        let past = [Basket { time: 1, items: vec![(ItemId(1), 2), (ItemId(2), 1)] }];
        let answer = || vec![ItemId(2), ItemId(3), ItemId(1)];
        let mut all = answer();
        admit(&mut all, &past, Repeats::Allowed);
        assert_eq!(all, answer());
        let mut new = answer();
        admit(&mut new, &past, Repeats::NewOnly);
        assert_eq!(new, [ItemId(3)]);
    }

    #[test]
    fn basket_of_known_things_asks_for_nothing_new() {
        let past = [Basket { time: 1, items: vec![(ItemId(1), 1)] }];
        let held_out = Basket { time: 2, items: vec![(ItemId(1), 1)] };
        assert!(wanted(&held_out, &past, Repeats::NewOnly, |_| true).is_empty());
    }
}
