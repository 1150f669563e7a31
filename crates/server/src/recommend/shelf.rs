//! The place in the shop that an answer fills: what may stand there, and in which order.

use models::recommend::ItemId;
use models::recommend::repeat::{Purchase, Replacement, cooldown};
use models::recommend::rules::{Facts, Rules, Stock, Variety, apply};
use rustc_hash::FxHashSet;
use store::ItemKind;

use super::basis::{Basis, Page};
use super::{Ask, Catalogue, Wanted};

const DAY_SECONDS: i64 = 86_400;

/// Which items can be shown at all.
struct Fit<'c> {
    wanted: Wanted,
    /// The kinds of fit that the person has bought, or else looks at: a left-handed golfer has no use for the others.
    kinds: Vec<&'c str>,
}

impl<'c> Fit<'c> {
    fn of(ask: &Ask, basis: &Basis<'_>, page: &Page, catalogue: &'c Catalogue) -> Self {
        let fit = |item: ItemId| catalogue.numbered(item).and_then(|item| item.fit.as_deref());
        let mut kinds: Vec<&str> = Vec::new();
        for kind in basis.latest().iter().filter_map(|purchase| fit(purchase.item)) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        if kinds.is_empty() {
            kinds = page.visit.iter().filter_map(|item| fit(*item)).collect();
        }
        Self { wanted: ask.content, kinds }
    }

    fn allows(&self, item: ItemId, catalogue: &Catalogue) -> bool {
        let Some(known) = catalogue.numbered(item) else {
            // A shop without a catalogue still gets ids.
            return self.wanted != Wanted::Articles && catalogue.items().is_empty();
        };
        let kind = match (known.kind, self.wanted) {
            (_, Wanted::Both) => true,
            (ItemKind::Product, Wanted::Products) | (ItemKind::Article, Wanted::Articles) => true,
            (ItemKind::Product, Wanted::Articles) | (ItemKind::Article, Wanted::Products) => false,
        };
        kind && known.fit.as_deref().is_none_or(|fit| self.kinds.is_empty() || self.kinds.contains(&fit))
    }
}

/// The place to be filled, and what may stand there.
pub(super) struct Shelf<'a> {
    fit: Fit<'a>,
    ask: &'a Ask,
    basis: &'a Basis<'a>,
    page: &'a Page,
    catalogue: &'a Catalogue,
    now: i64,
}

impl<'a> Shelf<'a> {
    pub(super) fn new(
        ask: &'a Ask,
        basis: &'a Basis<'a>,
        page: &'a Page,
        catalogue: &'a Catalogue,
        now: i64,
    ) -> Self {
        Self { fit: Fit::of(ask, basis, page, catalogue), ask, basis, page, catalogue, now }
    }

    /// Whether an item may stand here at all.
    pub(super) fn admits(&self, item: ItemId) -> bool {
        self.fit.allows(item, self.catalogue) && !self.page.here.contains(&item)
    }

    /// The items to be shown, in order, out of a list that is best first.
    pub(super) fn fill(&self, candidates: Vec<(ItemId, f64)>) -> Vec<ItemId> {
        let catalogue = self.catalogue;
        let replacement = |item: ItemId| match catalogue.numbered(item) {
            Some(item) if item.kind == ItemKind::Article => Replacement::Anytime,
            Some(item) if !item.consumable => {
                Replacement::Durable { interval_seconds: 365 * DAY_SECONDS, need: None }
            }
            Some(_) | None => Replacement::Consumable { interval_seconds: 30 * DAY_SECONDS },
        };
        let named: FxHashSet<ItemId> = candidates.iter().map(|(item, _)| *item).collect();
        let bought: Vec<Purchase> =
            self.basis.purchases.iter().filter(|purchase| named.contains(&purchase.item)).copied().collect();
        let candidates = cooldown(candidates, &bought, self.now, 7 * DAY_SECONDS, replacement);
        let rules = Rules {
            pinned: &[],
            hidden: &self.basis.unwanted,
            just_bought: &self.page.here,
            per_brand: None,
            variety: Variety::ByScore,
            count: self.ask.count,
        };
        let facts = |item: ItemId| Facts {
            stock: match catalogue.numbered(item).and_then(|item| item.stock) {
                Some(stock) if stock <= 0 => Stock::SoldOut,
                Some(_) | None => Stock::Available,
            },
            brand: catalogue.brand(item),
        };
        let shelf = apply(candidates, &rules, facts, |a, b| catalogue.content().similarity(a, b));
        shelf.shown.into_iter().map(|(_, (item, _))| item).collect()
    }
}
