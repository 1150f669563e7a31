//! What one answer may rest on, and what was asked, in the models' numbers.
//!
//! Must never look anything up about a person: what is here came with the question, or a grant opened it.

use std::borrow::Cow;

use models::recommend::ItemId;
use models::recommend::baskets::{BuyerKey, History};
use models::recommend::repeat::Purchase;
use models::recommend::session::SessionKey;

use super::Ask;
use super::memory::Models;
use super::person::Look;

/// Of how many of the latest purchases it is asked whether they are due again.
const PURCHASES: usize = 400;

/// What an answer may rest on: nothing, or what a grant opened.
#[derive(Default)]
pub(super) struct Basis<'p> {
    /// What was looked at of late, oldest first.
    pub(super) looked: Vec<Look>,
    /// What was bought and kept, oldest first.
    pub(super) purchases: &'p [Purchase],
    /// What the person doesn't want to see again.
    pub(super) unwanted: Vec<ItemId>,
    /// Under which number the orders are in the index of baskets, and the second from which on they may be read.
    pub(super) orders: Option<(BuyerKey, i64)>,
    /// The visit that goes on, as it is in the index itself.
    pub(super) own: Option<SessionKey>,
}

impl Basis<'_> {
    /// The orders that may be read.
    pub(super) fn history<'m>(&self, models: &'m Models) -> Cow<'m, History> {
        let Some((buyer, since)) = self.orders else { return Cow::Owned(History::default()) };
        let Some(history) = models.orders.history(buyer) else { return Cow::Owned(History::default()) };
        if history.baskets().first().is_none_or(|oldest| oldest.time >= since) {
            return Cow::Borrowed(history);
        }
        let readable = history.baskets().iter().filter(|basket| basket.time >= since);
        Cow::Owned(History::new(readable.cloned().collect()))
    }

    /// The purchases that speak for what else may please, and may be due again.
    pub(super) fn latest(&self) -> &[Purchase] {
        let first = self.purchases.len().saturating_sub(PURCHASES);
        self.purchases.get(first..).unwrap_or_default()
    }
}

/// What an answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// What is on the page: what the person buys again anyway doesn't belong beside it.
    Item,
    /// Whoever looks at it.
    Person,
}

/// What was asked, in the models' numbers.
pub(super) struct Page {
    /// What was looked at in this visit, oldest first, the page itself last.
    pub(super) visit: Vec<ItemId>,
    /// Whether a product or article is on the page, so that the answer is to go with it.
    pub(super) about: About,
    /// On the page or in the cart already.
    pub(super) here: Vec<ItemId>,
    /// What was just ordered, as the page says.
    pub(super) ordered: Vec<ItemId>,
}

impl Page {
    pub(super) fn of(ask: &Ask, basis: &Basis<'_>, models: &Models) -> Self {
        let known = |id: &String| models.known(id);
        let mut visit: Vec<ItemId> = basis.looked.iter().map(|look| look.item).collect();
        visit.extend(ask.visit.iter().chain(&ask.cart).chain(&ask.item).filter_map(known));
        let ordered: Vec<ItemId> = ask.ordered.iter().filter_map(known).collect();
        let here = ask.cart.iter().chain(&ask.item).chain(&ask.ordered).filter_map(known).collect();
        let about = if ask.item.is_some() { About::Item } else { About::Person };
        Self { visit, about, here, ordered }
    }
}
