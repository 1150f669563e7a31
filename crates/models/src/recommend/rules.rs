//! The shop's rules over ranked lists: what may be shown, what comes first, and how mixed it is.
//!
//! Must never hide why something was left out, nor let a pin overrule stock, a hidden item or a purchase just made, nor
//! change a score but by a part that is shown ([`Boost`]).

mod filling;

pub use filling::Filling;

use super::{Candidate, ItemId, Scored};

/// What the rules need to know of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whether it can be delivered.
    pub stock: Stock,
    /// Its brand, if it has one.
    pub brand: Option<u32>,
    /// Its category, if it has one.
    pub category: Option<u32>,
}

/// Whether an item can be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stock {
    /// It can; articles always can.
    Available,
    /// It can't.
    SoldOut,
}

/// An item that the shop wants to stand in a certain place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Which.
    pub item: ItemId,
    /// Where, from 1; of two in one place the first given comes first.
    pub position: usize,
}

/// What the shop has set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules<'a> {
    /// Shown in their positions, whatever their score; where the list is shorter, at its end.
    pub pinned: &'a [Pin],
    /// Never shown.
    pub hidden: &'a [ItemId],
    /// Bought too recently to be proposed, or in the cart.
    pub just_bought: &'a [ItemId],
    /// At most so many of one brand, pins included.
    pub per_brand: Option<usize>,
    /// At most so many of one category, pins included.
    pub per_category: Option<usize>,
    /// Whether to prefer variety.
    pub variety: Variety,
    /// How many items are wanted.
    pub count: usize,
}

/// Whether likeness within the list costs something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Variety {
    /// By score alone.
    ByScore,
    /// Maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998): next comes the item with the largest
    /// λ · score / best score − (1 − λ) · largest similarity to what is already shown.
    Mixed {
        /// λ from 0 (only variety) to 1 (only score).
        lambda: f64,
    },
}

/// Why a candidate isn't shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The shop hides it.
    Hidden,
    /// It was just bought or is in the cart.
    JustBought,
    /// It can't be delivered.
    SoldOut,
    /// There are enough of its brand.
    BrandFull,
    /// There are enough of its category.
    CategoryFull,
}

/// How an item came to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// By its score.
    Ranked,
    /// The shop put it there; its score, if any, had no say.
    Pinned,
}

/// What is shown and what isn't.
#[derive(Clone, Debug, PartialEq)]
pub struct Shelf<C = Scored> {
    /// What is shown, in order. A pin that no model proposed has no parts and the score 0.
    pub shown: Vec<(Place, C)>,
    /// Candidates that a rule kept out, with the first rule that did. Those beyond `count` aren't listed.
    pub refused: Vec<(ItemId, Refusal)>,
}

/// A rise of scores for what the shop earns more with: bounded, and a part of its own.
///
/// ```
/// use models::recommend::rules::Boost;
/// let boost = Boost::new(0.2).unwrap();
/// // Of a score of 2, with a margin of half the price: 2 · 0.2 · 0.5.
/// assert_eq!(boost.part(2.0, 0.5), 0.2);
/// assert!(Boost::new(0.9).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Boost {
    most: f64,
}

impl Boost {
    /// No score may rise by more than this part of itself.
    pub const MOST: f64 = 0.5;

    /// A boost by `most` for an item that is all margin; `None` unless 0 ≤ most ≤ [`Self::MOST`].
    #[must_use]
    pub fn new(most: f64) -> Option<Self> {
        (0.0..=Self::MOST).contains(&most).then_some(Self { most })
    }

    /// The part that comes to a score: score · most · margin, where `margin` is the part of the price that the shop keeps,
    /// 0 to 1. Nothing comes to a score below 0.
    #[must_use]
    pub fn part(self, score: f64, margin: f64) -> f64 {
        score.max(0.0) * self.most * margin.clamp(0.0, 1.0)
    }
}

/// Applies the rules to a list, best first. `similarity` (0 to 1) is asked only for [`Variety::Mixed`].
///
/// ```
/// use models::recommend::{rules::*, Cause, Contribution, ItemId, Scored};
/// let scored = |item, part| {
///     Scored::from_parts(ItemId(item), vec![Contribution { cause: Cause::Popular { context: None }, part }])
/// };
/// let rules = Rules {
///     pinned: &[Pin { item: ItemId(9), position: 1 }], hidden: &[], just_bought: &[ItemId(1)], per_brand: None,
///     per_category: None, variety: Variety::ByScore, count: 2,
/// };
/// let facts = |_| Facts { stock: Stock::Available, brand: None, category: None };
/// let shelf = apply(vec![scored(1, 0.9), scored(2, 0.5), scored(3, 0.4)], &rules, facts, |_, _| 0.0);
/// assert_eq!(shelf.shown.iter().map(|(_, s)| s.item().0).collect::<Vec<_>>(), [9, 2]);
/// assert_eq!(shelf.refused, [(ItemId(1), Refusal::JustBought)]);
/// ```
#[must_use]
pub fn apply<C: Candidate>(
    candidates: Vec<C>,
    rules: &Rules<'_>,
    facts: impl Fn(ItemId) -> Facts,
    similarity: impl Fn(ItemId, ItemId) -> f64,
) -> Shelf<C> {
    let mut filling = Filling::new(rules, &facts);
    filling.take(candidates, &facts, &similarity);
    filling.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::{Cause, Contribution};
    use proptest::prelude::*;
    use rustc_hash::FxHashSet;

    fn list(scores: &[(u32, f64)]) -> Vec<Scored> {
        let cause = Cause::Popular { context: None };
        let scored = |(item, part): &(u32, f64)| {
            Scored::from_parts(ItemId(*item), vec![Contribution { cause, part: *part }])
        };
        scores.iter().map(scored).collect()
    }

    const PLAIN: Rules<'static> = Rules {
        pinned: &[],
        hidden: &[],
        just_bought: &[],
        per_brand: None,
        per_category: None,
        variety: Variety::ByScore,
        count: 9,
    };

    fn first(item: u32) -> Pin {
        Pin { item: ItemId(item), position: 1 }
    }

    fn shown(shelf: &Shelf) -> Vec<u32> {
        shelf.shown.iter().map(|(_, scored)| scored.item().0).collect()
    }

    #[test]
    fn pin_never_overrules_stock_hiding_or_a_recent_purchase() {
        let rules = Rules {
            pinned: &[1, 2, 3, 4, 4].map(first),
            hidden: &[ItemId(1)],
            just_bought: &[ItemId(2)],
            ..PLAIN
        };
        let facts = |item| Facts {
            stock: if item == ItemId(3) { Stock::SoldOut } else { Stock::Available },
            brand: None,
            category: None,
        };
        let shelf = apply(list(&[(1, 0.9), (5, 0.8)]), &rules, facts, |_, _| 0.0);
        assert_eq!(shown(&shelf), [4, 5]);
        assert_eq!(shelf.shown[0].0, Place::Pinned);
        assert_eq!(
            shelf.refused,
            [(ItemId(1), Refusal::Hidden), (ItemId(2), Refusal::JustBought), (ItemId(3), Refusal::SoldOut)]
        );
    }

    #[test]
    fn brand_fills_up_and_the_next_item_moves_up() {
        let rules = Rules { per_brand: Some(1), count: 2, ..PLAIN };
        let facts = |item: ItemId| Facts {
            stock: Stock::Available,
            brand: (item.0 < 3).then_some(7),
            category: None,
        };
        let shelf = apply(list(&[(1, 0.9), (2, 0.8), (3, 0.7)]), &rules, facts, |_, _| 0.0);
        assert_eq!(shown(&shelf), [1, 3]);
        assert_eq!(shelf.refused, [(ItemId(2), Refusal::BrandFull)]);
    }

    #[test]
    fn variety_puts_something_else_second() {
        let facts = |_| Facts { stock: Stock::Available, brand: None, category: None };
        let alike = |a: ItemId, b: ItemId| if a.0 / 10 == b.0 / 10 { 1.0 } else { 0.0 };
        let candidates = list(&[(10, 1.0), (11, 0.9), (20, 0.5)]);
        let mixed = Rules { variety: Variety::Mixed { lambda: 0.5 }, ..PLAIN };
        assert_eq!(shown(&apply(candidates.clone(), &mixed, facts, alike)), [10, 20, 11]);
        let plain = Rules { variety: Variety::Mixed { lambda: 1.0 }, ..PLAIN };
        assert_eq!(shown(&apply(candidates, &plain, facts, alike)), [10, 11, 20]);
    }

    #[test]
    fn pin_stands_where_the_shop_wants_it() {
        let pin = |item, position| Pin { item: ItemId(item), position };
        let facts = |_| Facts { stock: Stock::Available, brand: None, category: None };
        let candidates = list(&[(1, 0.9), (2, 0.8), (3, 0.7)]);
        let pinned = [pin(8, 2), pin(9, 7)];
        let rules = Rules { pinned: &pinned, count: 4, ..PLAIN };
        let shelf = apply(candidates.clone(), &rules, facts, |_, _| 0.0);
        assert_eq!(shown(&shelf), [1, 8, 2, 9]);
        // Two for one place, and one that a model proposes too: it keeps its score.
        let pinned = [pin(3, 1), pin(8, 1)];
        let shelf = apply(candidates, &Rules { pinned: &pinned, ..PLAIN }, facts, |_, _| 0.0);
        assert_eq!(shown(&shelf), [3, 8, 1, 2]);
        assert_eq!(shelf.shown[0].1.score(), 0.7);
    }

    #[test]
    fn category_fills_up_across_lists() {
        let facts = |item: ItemId| Facts {
            stock: Stock::Available,
            brand: None,
            category: (item.0 < 4).then_some(1),
        };
        let rules = Rules { per_category: Some(2), count: 3, ..PLAIN };
        let mut filling = Filling::new(&rules, &facts);
        let taken = filling.take(list(&[(1, 0.9), (2, 0.8), (3, 0.7)]), &facts, &|_, _| 0.0).to_vec();
        assert_eq!((taken.len(), filling.room()), (2, 1));
        // What stands there already isn't taken twice.
        let taken =
            filling.take(list(&[(2, 5.0), (3, 4.0), (7, 0.1), (8, 0.1)]), &facts, &|_, _| 0.0).to_vec();
        assert_eq!((taken.len(), filling.room()), (1, 0));
        let shelf = filling.finish();
        assert_eq!(shown(&shelf), [1, 2, 7]);
        assert_eq!(shelf.refused, [(ItemId(3), Refusal::CategoryFull)]);
    }

    proptest! {
        #[test]
        fn nothing_forbidden_is_ever_shown(
            candidates in prop::collection::btree_map(0u32..20, 0.0f64..1.0, 0..20),
            pinned in prop::collection::vec((0u32..20, 1usize..9), 0..5),
            hidden in prop::collection::vec(0u32..20, 0..5),
            bought in prop::collection::vec(0u32..20, 0..5),
            per_brand in prop::option::of(0usize..3),
            per_category in prop::option::of(0usize..3),
            lambda in 0.0f64..1.0,
            count in 0usize..8,
        ) {
            let ids = |list: &[u32]| list.iter().map(|item| ItemId(*item)).collect::<Vec<_>>();
            let (hidden, just_bought) = (ids(&hidden), ids(&bought));
            let pin = |(item, position): &(u32, usize)| Pin { item: ItemId(*item), position: *position };
            let pinned: Vec<Pin> = pinned.iter().map(pin).collect();
            let mut candidates = list(&candidates.into_iter().collect::<Vec<_>>());
            crate::recommend::rank(&mut candidates, 20);
            let facts = |item: ItemId| Facts { stock: Stock::Available, brand: Some(item.0 % 4), category: Some(item.0 % 3) };
            let rules = Rules {
                pinned: &pinned, hidden: &hidden, just_bought: &just_bought, per_brand, per_category,
                variety: Variety::Mixed { lambda }, count,
            };
            let shelf = apply(candidates.clone(), &rules, facts, |a, b| f64::from(u8::from(a.0 % 5 == b.0 % 5)));
            prop_assert!(shelf.shown.len() <= count);
            let mut seen = FxHashSet::default();
            for (_, scored) in &shelf.shown {
                let item = scored.item();
                prop_assert!(seen.insert(item) && !hidden.contains(&item) && !just_bought.contains(&item));
                if let Some(candidate) = candidates.iter().find(|candidate| candidate.item() == item) {
                    prop_assert!(candidate == scored || *scored == Scored::unscored(item));
                }
            }
            for brand in 0..4 {
                let of_brand = seen.iter().filter(|item| item.0 % 4 == brand).count();
                prop_assert!(per_brand.is_none_or(|most| of_brand <= most));
            }
            for category in 0..3 {
                let of_category = seen.iter().filter(|item| item.0 % 3 == category).count();
                prop_assert!(per_category.is_none_or(|most| of_category <= most));
            }
        }
    }
}
