//! A buyer's baskets in an order of their own, and the vector that TIFU-kNN makes of them.
//!
//! Hu, He, Gao, Zhang, *Modeling Personalized Item Frequency Information for Next-basket Recommendation*, SIGIR 2020.
//! Must never depend on the order in which baskets or lines arrived: sums run from the newest basket to the oldest.

use crate::recommend::ItemId;

/// An order, numbered by the caller; it tells apart baskets of one time and names the one to forget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey(pub u64);

/// What was bought at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Basket {
    /// When, in seconds since 1970; without known times the place in the history (0, 1, 2, …).
    pub time: i64,
    /// Which.
    pub order: OrderKey,
    /// What; the order doesn't matter, an item that stands there twice counts once.
    pub items: Vec<ItemId>,
}

/// The baskets of one buyer, oldest first.
///
/// ```
/// use models::recommend::{ItemId, baskets::{Basket, History, OrderKey}};
/// let basket = |time, order, items: &[u32]| Basket {
///     time, order: OrderKey(order), items: items.iter().map(|item| ItemId(*item)).collect(),
/// };
/// let history = History::new(vec![basket(20, 2, &[5, 4, 5]), basket(10, 1, &[7]), basket(30, 3, &[])]);
/// assert_eq!(history.baskets(), [basket(10, 1, &[7]), basket(20, 2, &[4, 5])]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    // INVARIANT: ascending by time, then order; items ascending and distinct; no basket is empty; no order stands twice.
    baskets: Vec<Basket>,
}

/// How much a basket counts by its age, the newest having age 0: within^(age mod group) · between^⌊age / group⌋.
///
/// The paper's r_b, r_g and m; here groups are filled from the newest end, so that a new basket shifts every history alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    /// r_b: from one basket of a group to the next older one, 0 to 1.
    pub within: f64,
    /// r_g: from one group to the next older one, 0 to 1.
    pub between: f64,
    /// m: how many baskets make a group, at least 1.
    pub group: u32,
}

impl Decay {
    /// The paper's settings for a supermarket, which did best on the validation baskets of two shops.
    #[must_use]
    pub fn standard() -> Self {
        Self { within: 0.9, between: 0.7, group: 7 }
    }

    /// The weight of a basket of this age.
    #[must_use]
    pub fn weight(&self, age: usize) -> f64 {
        let group = self.group.max(1) as usize;
        let power = |base: f64, times: usize| base.powi(i32::try_from(times).unwrap_or(i32::MAX));
        power(self.within, age % group) * power(self.between, age / group)
    }
}

/// How fast the quickly fading one of the two memories of a purchase fades, from a basket to the next.
pub(super) const FADING: f64 = 0.6;

/// What a history says of one item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) item: ItemId,
    /// How many baskets hold it.
    pub(super) bought: u32,
    /// How many baskets came after the first one with it.
    pub(super) since_first: u32,
    /// Σ [`FADING`]^age over the baskets with it.
    pub(super) fading: f64,
    /// Σ [`Decay::weight`] over the baskets with it: the entry of the TIFU vector.
    pub(super) steady: f64,
}

impl History {
    /// Puts baskets in order, leaves out empty ones, and of those with the same order key keeps the last given.
    #[must_use]
    pub fn new(baskets: Vec<Basket>) -> Self {
        // The last of each order first, so that the stable sort and `dedup` keep it.
        let mut history = Self { baskets: baskets.into_iter().rev().collect() };
        history.baskets.sort_by_key(|basket| basket.order);
        history.baskets.dedup_by_key(|basket| basket.order);
        for basket in &mut history.baskets {
            basket.items.sort_unstable();
            basket.items.dedup();
        }
        history.baskets.retain(|basket| !basket.items.is_empty());
        history.baskets.sort_by_key(|basket| (basket.time, basket.order));
        history
    }

    /// The baskets, oldest first.
    #[must_use]
    pub fn baskets(&self) -> &[Basket] {
        &self.baskets
    }

    /// With `basket` in the place of any basket of the same order.
    #[must_use]
    pub fn with(mut self, basket: Basket) -> Self {
        self.baskets.push(basket);
        Self::new(self.baskets)
    }

    /// Without an order.
    #[must_use]
    pub fn without(mut self, order: OrderKey) -> Self {
        self.baskets.retain(|basket| basket.order != order);
        self
    }

    /// Without one item of an order; an order left empty is gone.
    #[must_use]
    pub fn without_item(mut self, order: OrderKey, item: ItemId) -> Self {
        for basket in self.baskets.iter_mut().filter(|basket| basket.order == order) {
            basket.items.retain(|held| *held != item);
        }
        self.baskets.retain(|basket| !basket.items.is_empty());
        self
    }

    /// Every item of the history by number, with its sums.
    pub(super) fn lines(&self, decay: &Decay) -> Vec<Line> {
        let mut bought: Vec<(ItemId, u32)> = Vec::new();
        for (basket, age) in self.baskets.iter().rev().zip(0u32..) {
            bought.extend(basket.items.iter().map(|item| (*item, age)));
        }
        bought.sort_unstable();
        let steady: Vec<f64> = (0..self.baskets.len()).map(|age| decay.weight(age)).collect();
        let mut lines: Vec<Line> = Vec::new();
        for (item, age) in bought {
            let fading = FADING.powi(age as i32);
            let steady = steady.get(age as usize).copied().unwrap_or(0.0);
            match lines.last_mut().filter(|line| line.item == item) {
                Some(line) => {
                    line.bought += 1;
                    line.since_first = age;
                    line.fading += fading;
                    line.steady += steady;
                }
                None => lines.push(Line { item, bought: 1, since_first: age, fading, steady }),
            }
        }
        lines
    }
}

/// The length of the TIFU vector.
pub(super) fn norm(lines: &[Line]) -> f64 {
    lines.iter().fold(0.0, |sum, line| sum + line.steady * line.steady).sqrt()
}
