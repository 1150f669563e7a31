//! What the models hold of one person: what answers to them rest on, and all that must be subtracted to forget them.
//!
//! Must never hold a name, an address or an order's number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use models::recommend::ItemId;
use models::recommend::baskets::{Basket, History, OrderKey};
use models::recommend::repeat::Purchase;
use models::recommend::session::SessionKey;
use privacy::data::Kind;

/// One look at an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Look {
    pub(super) second: i64,
    pub(super) item: ItemId,
    pub(super) session: SessionKey,
    /// Whether browsing or the cart says so.
    pub(super) kind: Kind,
}

/// One line of an order; what was sent back has a negative quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) order: u64,
    pub(super) item: ItemId,
    pub(super) second: i64,
    pub(super) quantity: i64,
}

/// What the models hold of one person: what answers to them rest on, and all that must be subtracted to forget them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) looks: Vec<Look>,
    pub(super) lines: Vec<Line>,
    pub(super) unwanted: Vec<(i64, ItemId)>,
    /// What was bought and kept, oldest first; follows from `lines`.
    purchases: Vec<Purchase>,
    /// In how many orders each item stands; follows from `lines`.
    pub(super) owned: BTreeMap<ItemId, u32>,
}

impl Person {
    /// What was looked at or put into the cart since a second, oldest first, the last `at_most`; of one visit alone,
    /// if one is named.
    pub(super) fn looked(&self, since: i64, at_most: usize, visit: Option<SessionKey>) -> Vec<Look> {
        let this = |look: &&Look| look.second >= since && visit.is_none_or(|visit| visit == look.session);
        // Looks come in nearly in order, so that the last ones stand near the end.
        let last = self.looks.iter().rev().take(16 * at_most).filter(this);
        let mut looked: Vec<Look> = last.copied().collect();
        looked.sort_unstable();
        looked.drain(..looked.len().saturating_sub(at_most));
        looked
    }

    /// What was bought and kept since a second, oldest first.
    pub(super) fn purchases(&self, since: i64) -> &[Purchase] {
        let first = self.purchases.partition_point(|purchase| purchase.time < since);
        self.purchases.get(first..).unwrap_or_default()
    }

    /// What they don't want to see again, as said since a second.
    pub(super) fn unwanted(&self, since: i64) -> Vec<ItemId> {
        self.unwanted.iter().filter(|(second, _)| *second >= since).map(|(_, item)| *item).collect()
    }

    /// How many rows this rests on.
    pub(super) fn rows(&self) -> usize {
        self.looks.len() + self.lines.len() + self.unwanted.len()
    }

    /// The items of an order that were kept.
    pub(super) fn basket(&self, order: u64) -> BTreeSet<ItemId> {
        kept(self.lines.iter().filter(|line| line.order == order))
    }

    /// The items of each order that were kept, in order of the orders' numbers.
    pub(super) fn baskets(&self) -> impl Iterator<Item = BTreeSet<ItemId>> {
        self.orders().into_values().map(|lines| kept(lines.into_iter()))
    }

    fn orders(&self) -> BTreeMap<u64, Vec<&Line>> {
        let mut orders: BTreeMap<u64, Vec<&Line>> = BTreeMap::new();
        for line in &self.lines {
            orders.entry(line.order).or_default().push(line);
        }
        orders
    }

    /// The orders as baskets of what was kept, each at the time of its first line.
    pub(super) fn history(&self) -> History {
        let basket = |(order, lines): (u64, Vec<&Line>)| {
            let time = lines.iter().map(|line| line.second).min()?;
            Some(Basket {
                time,
                order: OrderKey(order),
                items: kept(lines.into_iter()).into_iter().collect(),
            })
        };
        History::new(self.orders().into_iter().filter_map(basket).collect())
    }

    /// What the person has, in order.
    pub(super) fn row(&self) -> Vec<ItemId> {
        self.owned.keys().copied().collect()
    }

    pub(super) fn has(&self) -> BTreeSet<ItemId> {
        self.owned.keys().copied().collect()
    }

    /// Brings `purchases` up to date after the lines from `first` on were added.
    pub(super) fn account(&mut self, first: usize) {
        let known = self.purchases.last().map_or(i64::MIN, |purchase| purchase.time);
        let added = self.lines.get(first..).unwrap_or_default();
        if added.iter().all(|line| line.quantity > 0 && line.second >= known) {
            self.purchases.extend(added.iter().map(purchase));
            return;
        }
        // What was sent back is taken off the oldest purchase of the item that still stands.
        let mut lines: Vec<&Line> = self.lines.iter().collect();
        lines.sort_by_key(|line| line.second);
        let mut bought: Vec<Purchase> = Vec::new();
        let mut standing: HashMap<ItemId, Vec<usize>> = HashMap::new();
        for line in lines {
            if line.quantity > 0 {
                standing.entry(line.item).or_default().push(bought.len());
                bought.push(purchase(line));
                continue;
            }
            let mut back = u32::try_from(line.quantity.unsigned_abs()).unwrap_or(u32::MAX);
            for place in standing.get(&line.item).into_iter().flatten() {
                if let Some(purchase) = bought.get_mut(*place) {
                    let taken = back.min(purchase.quantity);
                    purchase.quantity -= taken;
                    back -= taken;
                }
            }
        }
        bought.retain(|purchase| purchase.quantity > 0);
        self.purchases = bought;
    }
}

fn kept<'l>(lines: impl Iterator<Item = &'l Line>) -> BTreeSet<ItemId> {
    let mut kept: BTreeMap<ItemId, i64> = BTreeMap::new();
    for line in lines {
        *kept.entry(line.item).or_default() += line.quantity;
    }
    kept.into_iter().filter(|(_, quantity)| *quantity > 0).map(|(item, _)| item).collect()
}

fn purchase(line: &Line) -> Purchase {
    let quantity = u32::try_from(line.quantity.unsigned_abs()).unwrap_or(u32::MAX);
    Purchase { item: line.item, time: line.second, quantity }
}
