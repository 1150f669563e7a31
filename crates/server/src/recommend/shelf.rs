//! The place in the shop that an answer fills: what may stand there, and in which order.
//!
//! Must never let a rule of the shop bring back what the person doesn't want, or what they just bought.

use jiff::Timestamp;
use models::recommend::repeat::{Purchase, Replacement, cooldown};
use models::recommend::rules::{Boost, Facts, Pin, Rules, Stock, Variety};
use models::recommend::{Candidate, ItemId};
use rustc_hash::FxHashSet;
use store::ItemKind;

use super::basis::{Basis, Page};
use super::{Ask, Catalogue, CatalogueItem, Wanted};
use crate::placements::{Bar, Compiled, Link, Place};
use crate::web::Problem;

const DAY_SECONDS: i64 = 86_400;

/// What the customer narrowed the question down to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In small letters; none is all.
    categories: Vec<String>,
    price_min: Option<i64>,
    price_max: Option<i64>,
}

impl Filter {
    /// Categories (any of them) and prices in minor units of the shop's currency.
    ///
    /// # Errors
    /// [`Problem`] when a price is below 0 or the least is above the most.
    pub fn new(
        categories: Vec<String>,
        price_min: Option<i64>,
        price_max: Option<i64>,
    ) -> Result<Self, Problem> {
        if price_min.is_some_and(|price| price < 0) || price_max.is_some_and(|price| price < 0) {
            return Err(Problem::malformed("a price is below 0", "give prices in minor units, such as 1990"));
        }
        if let (Some(least), Some(most)) = (price_min, price_max)
            && least > most
        {
            return Err(Problem::malformed(
                format!("`price_min` {least} is above `price_max` {most}"),
                "swap them, or leave one of them out",
            ));
        }
        let categories = categories.into_iter().map(|category| category.to_lowercase()).collect();
        Ok(Self { categories, price_min, price_max })
    }

    /// The categories, in small letters.
    pub(super) fn categories(&self) -> &[String] {
        &self.categories
    }

    fn is_open(&self) -> bool {
        self.categories.is_empty() && self.price_min.is_none() && self.price_max.is_none()
    }

    fn allows(&self, item: &CatalogueItem, currency: &str) -> bool {
        let among = |part: &String| self.categories.contains(&part.to_lowercase());
        (self.categories.is_empty() || item.category.iter().any(among))
            && item.costs(self.price_min, self.price_max, currency)
    }
}

/// A place, and what the question says about filling it.
pub(super) struct Spot<'a> {
    pub(super) place: &'a Place,
    pub(super) ask: &'a Ask,
    pub(super) wanted: Wanted,
    pub(super) count: usize,
    pub(super) currency: &'a str,
}

impl<'a> Spot<'a> {
    pub(super) fn new(place: &'a Place, ask: &'a Ask, currency: &'a str) -> Self {
        let rules = place.rules();
        let wanted = ask.content.unwrap_or(rules.content);
        Self { place, ask, wanted, count: ask.count.unwrap_or(rules.count), currency }
    }
}

/// A candidate, and what of the chain named it; `None` for what is pinned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    pub(super) item: ItemId,
    pub(super) score: f64,
    pub(super) link: Option<Link>,
}

impl Candidate for Named {
    fn item(&self) -> ItemId {
        self.item
    }

    fn score(&self) -> f64 {
        self.score
    }

    fn unscored(item: ItemId) -> Self {
        Self { item, score: 0.0, link: None }
    }
}

/// Which items can be shown to this person at all.
struct Fit<'c> {
    /// The kinds of fit that the person has bought, or else looks at: a left-handed golfer has no use for the others.
    kinds: Vec<&'c str>,
}

impl<'c> Fit<'c> {
    fn of(basis: &Basis<'_>, page: &Page, catalogue: &'c Catalogue) -> Self {
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
        Self { kinds }
    }

    fn allows(&self, known: &CatalogueItem) -> bool {
        known.fit.as_deref().is_none_or(|fit| self.kinds.is_empty() || self.kinds.contains(&fit))
    }
}

/// What is sold out now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SoldOutNow {
    /// It stays away.
    Refused,
    /// It is shown like all else.
    Shown,
}

/// The place to be filled, and what may stand there.
pub(super) struct Shelf<'a> {
    fit: Fit<'a>,
    spot: &'a Spot<'a>,
    basis: &'a Basis<'a>,
    page: &'a Page,
    catalogue: &'a Catalogue,
    compiled: &'a Compiled,
    boost: Option<Boost>,
    now: Timestamp,
}

impl<'a> Shelf<'a> {
    pub(super) fn new(
        spot: &'a Spot<'a>,
        basis: &'a Basis<'a>,
        page: &'a Page,
        catalogue: &'a Catalogue,
        compiled: &'a Compiled,
        now: Timestamp,
    ) -> Self {
        let most = spot.place.rules().margin_boost;
        let boost = Boost::new(most).filter(|_| most > 0.0);
        Self { fit: Fit::of(basis, page, catalogue), spot, basis, page, catalogue, compiled, boost, now }
    }

    /// Whether an item may stand here at all.
    pub(super) fn admits(&self, item: ItemId) -> bool {
        self.suits(item, self.spot.wanted)
            && self.compiled.bar(item) == Bar::Open
            && !self.page.here.contains(&item)
    }

    /// Whether an item suits the question and the person.
    fn suits(&self, item: ItemId, wanted: Wanted) -> bool {
        let filter = &self.spot.ask.filter;
        let Some(known) = self.catalogue.numbered(item) else {
            // A shop without a catalogue still gets ids.
            return wanted != Wanted::Articles && self.catalogue.items().is_empty() && filter.is_open();
        };
        let kind = match (known.kind, wanted) {
            (_, Wanted::Both) => true,
            (ItemKind::Product, Wanted::Products) | (ItemKind::Article, Wanted::Articles) => true,
            (ItemKind::Product, Wanted::Articles) | (ItemKind::Article, Wanted::Products) => false,
        };
        kind && self.fit.allows(known) && (filter.is_open() || filter.allows(known, self.spot.currency))
    }

    /// The pins that hold now and that this person has a use for. The place's own filters don't bind them.
    pub(super) fn pins(&self) -> Vec<Pin> {
        let mut pins = self.compiled.pins(self.now);
        pins.retain(|pin| {
            self.suits(pin.item, Wanted::Both) && !self.cooled(vec![Named::unscored(pin.item)]).is_empty()
        });
        pins
    }

    /// The place's rules for this question.
    pub(super) fn rules<'r>(&'r self, pinned: &'r [Pin]) -> Rules<'r> {
        let rules = self.spot.place.rules();
        Rules {
            pinned,
            hidden: &self.basis.unwanted,
            just_bought: &self.page.here,
            per_brand: rules.per_brand,
            per_category: rules.per_category,
            variety: match rules.variety {
                0.0 => Variety::ByScore,
                variety => Variety::Mixed { lambda: 1.0 - variety },
            },
            count: self.spot.count,
        }
    }

    pub(super) fn facts(&self, item: ItemId, sold_out: SoldOutNow) -> Facts {
        let stock = match self.catalogue.numbered(item).and_then(|item| item.stock) {
            Some(stock) if stock <= 0 && sold_out == SoldOutNow::Refused => Stock::SoldOut,
            Some(_) | None => Stock::Available,
        };
        Facts { stock, brand: self.catalogue.brand(item), category: self.compiled.category(item) }
    }

    /// Whether all candidates must be asked for, since a boost can bring any of them forward.
    pub(super) fn is_boosted(&self) -> bool {
        self.boost.is_some()
    }

    /// What comes to a score because the shop earns more with the item.
    pub(super) fn margin(&self, item: ItemId, score: f64) -> f64 {
        let percent = self.catalogue.numbered(item).and_then(|item| item.margin_percent).unwrap_or_default();
        self.boost.map_or(0.0, |boost| boost.part(score, percent / 100.0))
    }

    /// How alike two items are by description, 0 to 1.
    pub(super) fn similarity(&self, a: ItemId, b: ItemId) -> f64 {
        self.catalogue.content().similarity(a, b)
    }

    /// What of a list isn't in hand anyway, in the order in which the shop wants it.
    pub(super) fn ready(&self, link: Link, list: Vec<(ItemId, f64)>) -> Vec<Named> {
        let named = |(item, score)| Named { item, score, link: Some(link) };
        let mut candidates = self.cooled(list.into_iter().map(named).collect());
        if self.is_boosted() {
            for candidate in &mut candidates {
                candidate.score += self.margin(candidate.item, candidate.score);
            }
            candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        }
        candidates
    }

    /// Leaves out what was bought too recently to be bought again.
    fn cooled(&self, candidates: Vec<Named>) -> Vec<Named> {
        let catalogue = self.catalogue;
        let replacement = |item: ItemId| match catalogue.numbered(item) {
            Some(item) if item.kind == ItemKind::Article => Replacement::Anytime,
            Some(item) if !item.consumable => {
                Replacement::Durable { interval_seconds: 365 * DAY_SECONDS, need: None }
            }
            Some(_) | None => Replacement::Consumable { interval_seconds: 30 * DAY_SECONDS },
        };
        let named: FxHashSet<ItemId> = candidates.iter().map(|candidate| candidate.item).collect();
        let bought: Vec<Purchase> =
            self.basis.purchases.iter().filter(|purchase| named.contains(&purchase.item)).copied().collect();
        cooldown(candidates, &bought, self.now.as_second(), 7 * DAY_SECONDS, replacement)
    }
}
