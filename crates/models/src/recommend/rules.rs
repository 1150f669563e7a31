//! The shop's rules over a ranked list: what may be shown, what comes first, and how mixed it is.
//!
//! Must never change a score, hide why something was left out, or let a pin overrule stock, a hidden item or a purchase just made.

use super::{Candidate, ItemId, Scored};
use rustc_hash::{FxHashMap, FxHashSet};

/// What the rules need to know of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whether it can be delivered.
    pub stock: Stock,
    /// Its brand, if it has one.
    pub brand: Option<u32>,
}

/// Whether an item can be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stock {
    /// It can; articles always can.
    Available,
    /// It can't.
    SoldOut,
}

/// What the shop has set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules<'a> {
    /// Shown first, in this order, whatever their score.
    pub pinned: &'a [ItemId],
    /// Never shown.
    pub hidden: &'a [ItemId],
    /// Bought too recently to be proposed, or in the cart.
    pub just_bought: &'a [ItemId],
    /// At most so many of one brand, pins included.
    pub per_brand: Option<usize>,
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

/// Applies the rules to a list, best first. `similarity` (0 to 1) is asked only for [`Variety::Mixed`].
///
/// ```
/// use models::recommend::{rules::*, Cause, Contribution, ItemId, Scored};
/// let scored = |item, part| {
///     Scored::from_parts(ItemId(item), vec![Contribution { cause: Cause::Popular { context: None }, part }])
/// };
/// let rules = Rules {
///     pinned: &[ItemId(9)], hidden: &[], just_bought: &[ItemId(1)], per_brand: None, variety: Variety::ByScore, count: 2,
/// };
/// let facts = |_| Facts { stock: Stock::Available, brand: None };
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
    let hidden: FxHashSet<ItemId> = rules.hidden.iter().copied().collect();
    let just_bought: FxHashSet<ItemId> = rules.just_bought.iter().copied().collect();
    let fit = |item: ItemId| {
        if hidden.contains(&item) {
            Err(Refusal::Hidden)
        } else if just_bought.contains(&item) {
            Err(Refusal::JustBought)
        } else {
            let Facts { stock, brand } = facts(item);
            match stock {
                Stock::Available => Ok(brand),
                Stock::SoldOut => Err(Refusal::SoldOut),
            }
        }
    };
    let mut brands = Brands { most: rules.per_brand, shown: FxHashMap::default() };
    let mut shelf = Shelf { shown: Vec::new(), refused: Vec::new() };
    let mut waiting: Vec<(C, Option<u32>)> = Vec::with_capacity(candidates.len());
    let mut by_item: FxHashMap<ItemId, C> = FxHashMap::default();
    for candidate in candidates {
        let item = candidate.item();
        if rules.pinned.contains(&item) {
            by_item.insert(item, candidate);
        } else {
            match fit(item) {
                Ok(brand) => waiting.push((candidate, brand)),
                Err(refusal) => shelf.refused.push((item, refusal)),
            }
        }
    }
    let mut pins_seen = FxHashSet::default();
    for &item in rules.pinned.iter().filter(|item| pins_seen.insert(**item)) {
        if shelf.shown.len() == rules.count {
            break;
        }
        match fit(item).and_then(|brand| brands.admit(brand)) {
            Ok(()) => {
                let pin = by_item.remove(&item).unwrap_or_else(|| C::unscored(item));
                shelf.shown.push((Place::Pinned, pin));
            }
            Err(refusal) => shelf.refused.push((item, refusal)),
        }
    }
    fill(&mut shelf, waiting, rules, &mut brands, similarity);
    shelf
}

/// Fills the shelf from the list, greedily.
fn fill<C: Candidate>(
    shelf: &mut Shelf<C>,
    waiting: Vec<(C, Option<u32>)>,
    rules: &Rules<'_>,
    brands: &mut Brands,
    similarity: impl Fn(ItemId, ItemId) -> f64,
) {
    let best = waiting.iter().map(|(candidate, _)| candidate.score()).fold(0.0, f64::max);
    // Each candidate with its largest similarity to what is shown, kept up to date as the shelf fills.
    let nearest = |item: ItemId, shown: &[(Place, C)]| {
        shown.iter().map(|(_, other)| similarity(item, other.item())).fold(0.0, f64::max)
    };
    let mut waiting: Vec<(C, Option<u32>, f64)> = match rules.variety {
        Variety::ByScore => waiting.into_iter().map(|(candidate, brand)| (candidate, brand, 0.0)).collect(),
        Variety::Mixed { .. } => {
            let with_nearest = |(candidate, brand): (C, _)| {
                let near = nearest(candidate.item(), &shelf.shown);
                (candidate, brand, near)
            };
            waiting.into_iter().map(with_nearest).collect()
        }
    };
    while shelf.shown.len() < rules.count && !waiting.is_empty() {
        let (candidate, brand, _) = match rules.variety {
            Variety::ByScore => waiting.remove(0),
            Variety::Mixed { lambda } => {
                let merit = |(candidate, _, near): &(C, Option<u32>, f64)| {
                    let relevance = if best > 0.0 { candidate.score() / best } else { 0.0 };
                    lambda * relevance - (1.0 - lambda) * near
                };
                let merits = waiting.iter().map(merit).enumerate();
                // Of equals the one that stands first.
                let next = merits.reduce(|a, b| if b.1.total_cmp(&a.1).is_gt() { b } else { a });
                waiting.remove(next.map_or(0, |(at, _)| at))
            }
        };
        if let Err(refusal) = brands.admit(brand) {
            shelf.refused.push((candidate.item(), refusal));
            continue;
        }
        if let Variety::Mixed { .. } = rules.variety {
            for (other, _, near) in &mut waiting {
                *near = near.max(similarity(other.item(), candidate.item()));
            }
        }
        shelf.shown.push((Place::Ranked, candidate));
    }
}

struct Brands {
    most: Option<usize>,
    shown: FxHashMap<u32, usize>,
}

impl Brands {
    fn admit(&mut self, brand: Option<u32>) -> Result<(), Refusal> {
        let (Some(brand), Some(most)) = (brand, self.most) else { return Ok(()) };
        let shown = self.shown.entry(brand).or_default();
        if *shown >= most {
            return Err(Refusal::BrandFull);
        }
        *shown += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::{Cause, Contribution};
    use proptest::prelude::*;

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
        variety: Variety::ByScore,
        count: 9,
    };

    fn shown(shelf: &Shelf) -> Vec<u32> {
        shelf.shown.iter().map(|(_, scored)| scored.item().0).collect()
    }

    #[test]
    fn pin_never_overrules_stock_hiding_or_a_recent_purchase() {
        let rules = Rules {
            pinned: &[ItemId(1), ItemId(2), ItemId(3), ItemId(4), ItemId(4)],
            hidden: &[ItemId(1)],
            just_bought: &[ItemId(2)],
            ..PLAIN
        };
        let facts = |item| Facts {
            stock: if item == ItemId(3) { Stock::SoldOut } else { Stock::Available },
            brand: None,
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
        let facts = |item: ItemId| Facts { stock: Stock::Available, brand: (item.0 < 3).then_some(7) };
        let shelf = apply(list(&[(1, 0.9), (2, 0.8), (3, 0.7)]), &rules, facts, |_, _| 0.0);
        assert_eq!(shown(&shelf), [1, 3]);
        assert_eq!(shelf.refused, [(ItemId(2), Refusal::BrandFull)]);
    }

    #[test]
    fn variety_puts_something_else_second() {
        let facts = |_| Facts { stock: Stock::Available, brand: None };
        let alike = |a: ItemId, b: ItemId| if a.0 / 10 == b.0 / 10 { 1.0 } else { 0.0 };
        let candidates = list(&[(10, 1.0), (11, 0.9), (20, 0.5)]);
        let mixed = Rules { variety: Variety::Mixed { lambda: 0.5 }, ..PLAIN };
        assert_eq!(shown(&apply(candidates.clone(), &mixed, facts, alike)), [10, 20, 11]);
        let plain = Rules { variety: Variety::Mixed { lambda: 1.0 }, ..PLAIN };
        assert_eq!(shown(&apply(candidates, &plain, facts, alike)), [10, 11, 20]);
    }

    proptest! {
        #[test]
        fn nothing_forbidden_is_ever_shown(
            candidates in prop::collection::btree_map(0u32..20, 0.0f64..1.0, 0..20),
            pinned in prop::collection::vec(0u32..20, 0..5),
            hidden in prop::collection::vec(0u32..20, 0..5),
            bought in prop::collection::vec(0u32..20, 0..5),
            per_brand in prop::option::of(0usize..3),
            lambda in 0.0f64..1.0,
            count in 0usize..8,
        ) {
            let ids = |list: &[u32]| list.iter().map(|item| ItemId(*item)).collect::<Vec<_>>();
            let (pinned, hidden, just_bought) = (ids(&pinned), ids(&hidden), ids(&bought));
            let mut candidates = list(&candidates.into_iter().collect::<Vec<_>>());
            crate::recommend::rank(&mut candidates, 20);
            let facts = |item: ItemId| Facts { stock: Stock::Available, brand: Some(item.0 % 4) };
            let rules = Rules {
                pinned: &pinned, hidden: &hidden, just_bought: &just_bought, per_brand,
                variety: Variety::Mixed { lambda }, count,
            };
            let shelf = apply(candidates.clone(), &rules, facts, |a, b| f64::from(u8::from(a.0 % 5 == b.0 % 5)));
            prop_assert!(shelf.shown.len() <= count);
            let mut seen = FxHashSet::default();
            for (_, scored) in &shelf.shown {
                let item = scored.item();
                prop_assert!(seen.insert(item) && !hidden.contains(&item) && !just_bought.contains(&item));
                if let Some(candidate) = candidates.iter().find(|candidate| candidate.item() == item) {
                    prop_assert_eq!(candidate, scored);
                }
            }
            for brand in 0..4 {
                let of_brand = seen.iter().filter(|item| item.0 % 4 == brand).count();
                prop_assert!(per_brand.is_none_or(|most| of_brand <= most));
            }
        }
    }
}
