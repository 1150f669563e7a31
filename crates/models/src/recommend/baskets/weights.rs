//! How much each part counts, and learning that from held-out baskets.
//!
//! Non-negative least squares: the weights whose scores come nearest to 1 for what was bought next and to 0 for what wasn't, so
//! that a score reads as a chance. Solved on the normal equations by projected coordinate descent, which always ends at the one
//! optimum (Franc, Hlaváč, Navara, CAIP 2005).
//! Must never be learned on baskets that it is measured on. Learned weights are a setting made from people's baskets: learn them
//! anew after one of those has been forgotten.
#![expect(clippy::indexing_slicing, reason = "indexes run over arrays of fixed size")]

use super::{Ask, BasketIndex, Params, Worksheet};
use crate::recommend::ItemId;

/// How many parts a score can have: seven terms, each plain and by season.
pub(super) const PARTS: usize = 2 * TERMS;
pub(super) const TERMS: usize = 7;

/// One weight for each term, ≥ 0. An age is how many newer baskets the person has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Terms {
    /// Of 0.6^age · how often buyers of the item come back for it, for each own purchase.
    pub fading_again: f64,
    /// Of the TIFU decay of the age · how often buyers come back for it, for each own purchase.
    pub steady_again: f64,
    /// Of 0.6^age, for each own purchase.
    pub fading: f64,
    /// Of the TIFU decay of the age, for each own purchase.
    pub steady: f64,
    /// Of 1 / the number of own baskets, for each own purchase.
    pub share: f64,
    /// Of the item's share of everybody's latest baskets.
    pub popular: f64,
    /// Of the similar buyers' mean entry.
    pub neighbours: f64,
}

/// The weights of the blend: score = Σ over the terms of (plain + by season · the item's season) · term.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weights {
    /// The weights of the terms as they are.
    pub plain: Terms,
    /// The weights of the terms times the item's season (1: it sells as ever; at most 3).
    pub by_season: Terms,
}

impl Terms {
    fn array(&self) -> [f64; TERMS] {
        let Self { fading_again, steady_again, fading, steady, share, popular, neighbours } = *self;
        [fading_again, steady_again, fading, steady, share, popular, neighbours]
    }

    fn from_array(array: [f64; TERMS]) -> Self {
        let [fading_again, steady_again, fading, steady, share, popular, neighbours] = array;
        Self { fading_again, steady_again, fading, steady, share, popular, neighbours }
    }
}

impl Weights {
    /// The mean of what was learned on the validation baskets of a supermarket and on those of a gift shop.
    #[must_use]
    pub fn standard() -> Self {
        let plain = Terms {
            fading_again: 0.36,
            steady_again: 0.3,
            fading: 0.0,
            steady: 0.018,
            share: 0.03,
            popular: 0.36,
            neighbours: 0.01,
        };
        let by_season = Terms { steady: 0.008, popular: 0.09, neighbours: 0.043, ..Terms::default() };
        Self { plain, by_season }
    }

    /// Weights of the terms where the item sells as much more than usual as `season` says.
    pub(super) fn at(&self, season: f64) -> Terms {
        let (plain, by_season) = (self.plain.array(), self.by_season.array());
        Terms::from_array(std::array::from_fn(|term| plain[term] + by_season[term] * season))
    }
}

/// Gathers what happened next and finds the weights that would have said so best.
///
/// ```
/// use models::recommend::ItemId;
/// use models::recommend::baskets::{Ask, Basket, BasketIndex, BuyerKey, Decay, Fit, History, OrderKey, Params, Worksheet};
/// let basket = |time, item| Basket { time, order: OrderKey(time as u64), items: vec![ItemId(item)] };
/// let mut index = BasketIndex::new(Decay::standard());
/// let mut fit = Fit::new();
/// for buyer in 0..20 {
///     // Everybody goes on to buy what they bought before: what is popular says nothing.
///     let history = History::new(vec![basket(0, buyer), basket(1, buyer)]);
///     index.replace(BuyerKey(buyer.into()), history.clone());
/// }
/// let (params, mut sheet) = (Params::standard(10), Worksheet::new());
/// for buyer in 0..20 {
///     let history = index.history(BuyerKey(buyer.into())).cloned().unwrap_or_default();
///     let ask = Ask { history: &history, own: Some(BuyerKey(buyer.into())), now: 2 };
///     fit.observe(&index, &ask, &[ItemId(buyer)], &params, &mut sheet);
/// }
/// assert!(fit.weights().plain.popular < 1e-6);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Fit {
    products: [[f64; PARTS]; PARTS],
    targets: [f64; PARTS],
}

/// So many of the neighbours' and of the most popular items are compared with those bought next.
const OTHERS: usize = 150;

impl Fit {
    /// Nothing observed so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one basket that isn't in the index, of a person whose earlier ones are in `ask`.
    ///
    /// Compares the person's own items, the neighbours' and the most popular ones.
    pub fn observe(
        &mut self,
        index: &BasketIndex,
        ask: &Ask<'_>,
        next: &[ItemId],
        params: &Params,
        sheet: &mut Worksheet,
    ) {
        for (item, parts) in index.observations(ask, params, OTHERS, sheet) {
            let bought = if next.contains(&item) { 1.0 } else { 0.0 };
            for (row, part) in parts.iter().enumerate() {
                for (product, other) in self.products[row].iter_mut().zip(&parts) {
                    *product += part * other;
                }
                self.targets[row] += part * bought;
            }
        }
    }

    /// The weights, all ≥ 0, that minimise Σ (score − 1 if bought, 0 if not)².
    #[must_use]
    pub fn weights(&self) -> Weights {
        const RIDGE: f64 = 1e-6;
        // Each part is measured in its own root mean square, so that one ridge and one tolerance fit all.
        let scale: [f64; PARTS] = std::array::from_fn(|part| self.products[part][part].sqrt());
        let mut found = [0.0; PARTS];
        for _ in 0..20_000 {
            let mut moved = 0.0f64;
            for part in (0..PARTS).filter(|part| scale[*part] > 0.0) {
                let others = (0..PARTS).filter(|other| *other != part && scale[*other] > 0.0);
                let explained = others.fold(0.0, |sum, other| {
                    sum + found[other] * self.products[part][other] / scale[part] / scale[other]
                });
                let best = ((self.targets[part] / scale[part] - explained) / (1.0 + RIDGE)).max(0.0);
                moved = moved.max((best - found[part]).abs());
                found[part] = best;
            }
            let largest = found.iter().fold(0.0f64, |most, value| most.max(*value));
            if moved <= 1e-9 * largest {
                break;
            }
        }
        let weight = |part: usize| if scale[part] > 0.0 { found[part] / scale[part] } else { 0.0 };
        Weights {
            plain: Terms::from_array(std::array::from_fn(weight)),
            by_season: Terms::from_array(std::array::from_fn(|term| weight(TERMS + term))),
        }
    }
}
