//! Fills a place link by link: what fits the person, what goes with the page, what is popular, what is new. A link gives
//! what those before it didn't have enough of, so that a place is empty only where nothing may be shown.
//!
//! Must never ask a later link for a person's data: only the first has a [`Basis`] that a grant opened.

use std::sync::Arc;

use jiff::Timestamp;
use models::recommend::blend::{BlendError, candidates, explain};
use models::recommend::popularity::Day as PopularityDay;
use models::recommend::rules::{Facts, Filling, Place as Standing, Refusal, Rules};
use models::recommend::trend::Trend;
use models::recommend::{Cause, Contribution, ItemId, Scored, Scratch};
use privacy::store::Day;
use rustc_hash::FxHashMap;

use super::basis::{Basis, Page};
use super::guides::{Guides, just_bought};
use super::memory::Models;
use super::ranking::Blend;
use super::reason::Ground;
use super::shelf::{Named, Shelf, SoldOutNow, Spot};
use super::{Catalogue, Engine, Tuning, window};
use crate::placements::{Bar, Link, SoldOut};

/// An item that the place shows.
pub(super) struct Given {
    /// What gave it; `None` for what is pinned.
    pub(super) link: Option<Link>,
    pub(super) scored: Scored,
    /// The category in which it is popular, if that is why.
    pub(super) category: Option<String>,
    /// What came to its score because the shop earns more with it.
    pub(super) margin: f64,
}

/// What a place shows, and what a rule kept out.
pub(super) struct Filled {
    pub(super) items: Vec<Given>,
    pub(super) left_out: Vec<(ItemId, &'static str)>,
}

/// Fills a place; `home` is where the shop itself is.
///
/// # Errors
/// [`BlendError`] if a weight of the blend is out of range.
pub(super) fn fill(
    engine: &Engine,
    catalogue: &Arc<Catalogue>,
    spot: &Spot<'_>,
    basis: &Basis<'_>,
    ground: Ground,
    home: Option<&str>,
    now: Timestamp,
) -> Result<Filled, BlendError> {
    let today = PopularityDay(Day::of(now).0);
    let popular = engine.popular(today, &spot.ask.circumstances, spot.wanted);
    let (trend, tuning) = (engine.trend(), engine.tuning());
    engine.ask(|models| {
        let page = Page::of(spot.ask, basis, models);
        let compiled = spot.place.compiled(catalogue, spot.currency, |id| models.known(id));
        let shelf = Shelf::new(spot, basis, &page, catalogue, &compiled, now);
        let pins = shelf.pins();
        let rules = shelf.rules(&pins);
        let available = |item| shelf.facts(item, SoldOutNow::Refused);
        let mut chain = Chain {
            engine,
            models,
            catalogue,
            spot,
            basis,
            page: &page,
            ground,
            popular: &popular,
            trend: &trend,
            tuning: &tuning,
            now: now.as_second(),
            shelf: &shelf,
            filling: Filling::new(&rules, &available),
            said: FxHashMap::default(),
        };
        chain.guides(home);
        chain.pass(SoldOutNow::Refused)?;
        if spot.place.rules().sold_out == SoldOut::Last && chain.filling.room() > 0 {
            chain.pass(SoldOutNow::Shown)?;
        }
        let hidden = catalogue.newest().iter().filter(|item| compiled.bar(**item) == Bar::Hidden);
        let hidden: Vec<ItemId> = hidden.take(HIDDEN).copied().collect();
        let newcomer = chain.newcomer(today, &rules, &available);
        Ok(chain.finish(hidden, newcomer))
    })
}

/// What a share of popularity counts, where nothing else does: so that such scores lie among those of the blend.
const POPULAR: f64 = 10.0;
/// So many of what the shop hides are named in a preview.
const HIDDEN: usize = 100;

struct Chain<'a> {
    engine: &'a Engine,
    models: &'a Models,
    catalogue: &'a Catalogue,
    spot: &'a Spot<'a>,
    basis: &'a Basis<'a>,
    page: &'a Page,
    ground: Ground,
    popular: &'a [Scored],
    trend: &'a Trend,
    tuning: &'a Tuning,
    now: i64,
    shelf: &'a Shelf<'a>,
    filling: Filling<'a, Named>,
    /// The reasons for what was taken, and the category in which it is popular.
    said: FxHashMap<ItemId, (Scored, Option<String>)>,
}

impl Chain<'_> {
    /// What helps with what was just bought comes before the chain.
    fn guides(&mut self, home: Option<&str>) {
        let Self { engine, models, catalogue, spot, basis, page, now, shelf, .. } = *self;
        let bought = just_bought(&page.ordered, basis.latest(), now, spot.wanted);
        if bought.is_empty() {
            return;
        }
        let near = engine.near().of(&bought, models, catalogue, &mut Scratch::new());
        let region = spot.ask.circumstances.region.as_deref().or(home);
        let mut guides = Guides::of(&near, region, &page.visit, catalogue).scored();
        guides.retain(|guide| shelf.admits(guide.item()));
        let best = guides.iter().map(|guide| (guide.item(), guide.score())).collect();
        let link = match self.ground {
            Ground::Granted => Link::Personal,
            Ground::PageAlone => Link::GoesWith,
        };
        let taken = take(&mut self.filling, shelf, shelf.ready(link, best), SoldOutNow::Refused);
        let led = guides.into_iter().filter(|guide| taken.contains(&guide.item()));
        self.said.extend(led.map(|guide| (guide.item(), (guide, None))));
    }

    /// The new thing whose turn it is for the last place of a long shelf, if the rules let it stand there.
    fn newcomer(
        &self,
        today: PopularityDay,
        rules: &Rules<'_>,
        available: &impl Fn(ItemId) -> Facts,
    ) -> Option<ItemId> {
        let shelf = self.shelf;
        let hour = self.now.div_euclid(3600);
        let in_turn = self.catalogue.window().in_turn(self.spot.count, today, hour);
        let fit: Vec<(ItemId, f64)> =
            in_turn.into_iter().filter(|item| shelf.admits(*item)).map(|item| (item, 0.0)).collect();
        let mut alone = Filling::new(rules, available);
        let taken = take(&mut alone, shelf, shelf.ready(Link::Newest, fit), SoldOutNow::Refused);
        taken.first().copied()
    }

    /// Goes through the chain once.
    fn pass(&mut self, sold_out: SoldOutNow) -> Result<(), BlendError> {
        let chain = &self.spot.place.rules().chain;
        for link in chain {
            if self.filling.room() == 0 {
                break;
            }
            match (link, self.ground) {
                // What a person did is behind a grant.
                (Link::Personal, Ground::PageAlone) => {}
                (Link::Personal, Ground::Granted) => {
                    self.blend(*link, self.basis, self.page, sold_out)?;
                }
                (Link::GoesWith, Ground::PageAlone) => {
                    self.blend(*link, self.basis, self.page, sold_out)?;
                }
                // The page had its say there, beside what is known of the person: whatever was left out of that stays out.
                (Link::GoesWith, Ground::Granted) if chain.contains(&Link::Personal) => {}
                (Link::GoesWith, Ground::Granted) => {
                    let nobody = Basis::default();
                    let page = Page::of(self.spot.ask, &nobody, self.models);
                    self.blend(*link, &nobody, &page, sold_out)?;
                }
                (Link::Category, _) => self.category(sold_out),
                (Link::Popular, _) => {
                    self.scored(*link, self.popular.iter(), None, sold_out);
                }
                (Link::Newest, _) => self.newest(sold_out),
            }
        }
        Ok(())
    }

    fn blend(
        &mut self,
        link: Link,
        basis: &Basis<'_>,
        page: &Page,
        sold_out: SoldOutNow,
    ) -> Result<(), BlendError> {
        let Self { engine, models, catalogue, spot, popular, trend, tuning, now, shelf, .. } = *self;
        let wanted = spot.wanted;
        let blend = Blend { engine, models, catalogue, wanted, page, basis, popular, trend, tuning, now };
        let (filling, said) = (&mut self.filling, &mut self.said);
        blend.ask(|voices, scratch| {
            let some = if shelf.is_boosted() { usize::MAX } else { 4 * spot.count + 20 };
            let best = candidates(voices, some, |item| shelf.admits(item), scratch);
            let all = best.len() < some;
            let mut taken = take(filling, shelf, shelf.ready(link, best), sold_out);
            if !all && filling.room() > 0 {
                // So much of it was left out: all the others are asked for too.
                let rest = candidates(voices, usize::MAX, |item| shelf.admits(item), scratch);
                taken.extend(take(filling, shelf, shelf.ready(link, rest), sold_out));
            }
            for scored in explain(voices, taken, scratch) {
                said.insert(scored.item(), (scored, None));
            }
        })
    }

    /// What is popular in the category that was asked for, or else of the page: the narrowest first.
    fn category(&mut self, sold_out: SoldOutNow) {
        let (catalogue, ask) = (self.catalogue, self.spot.ask);
        if let [category, more @ ..] = ask.filter.categories() {
            let name = if more.is_empty() { Some(category.clone()) } else { None };
            // The shelf admits nothing else anyway.
            return self.scored(Link::Category, self.popular.iter(), name, sold_out);
        }
        let here = ask.item.iter().chain(ask.cart.iter().rev()).chain(ask.visit.iter().rev());
        let known = here.filter_map(|id| catalogue.get(id));
        let Some(path) = known.map(|item| &item.category).find(|path| !path.is_empty()) else { return };
        for depth in (1..=path.len()).rev() {
            let Some(within) = path.get(..depth) else { continue };
            let inside = |scored: &&Scored| {
                catalogue.numbered(scored.item()).is_some_and(|item| item.category.starts_with(within))
            };
            self.scored(Link::Category, self.popular.iter().filter(inside), within.last().cloned(), sold_out);
        }
    }

    fn scored<'l>(
        &mut self,
        link: Link,
        list: impl Iterator<Item = &'l Scored>,
        category: Option<String>,
        sold_out: SoldOutNow,
    ) {
        let fit = list.filter(|scored| self.shelf.admits(scored.item()));
        let mut by_item: FxHashMap<ItemId, &Scored> = FxHashMap::default();
        let mut best = Vec::new();
        for scored in fit {
            best.push((scored.item(), POPULAR * scored.score()));
            by_item.insert(scored.item(), scored);
        }
        for item in take(&mut self.filling, self.shelf, self.shelf.ready(link, best), sold_out) {
            if let Some(scored) = by_item.get(&item) {
                self.said.insert(item, (scored.scaled(POPULAR), category.clone()));
            }
        }
    }

    fn newest(&mut self, sold_out: SoldOutNow) {
        let all: Vec<ItemId> = self.catalogue.window().items(self.spot.wanted).collect();
        let shelf = self.shelf;
        for some in all.chunks((8 * self.spot.count).max(64)) {
            if self.filling.room() == 0 {
                break;
            }
            let fit = some.iter().filter(|item| shelf.admits(**item)).map(|item| (*item, 0.0)).collect();
            take(&mut self.filling, shelf, shelf.ready(Link::Newest, fit), sold_out);
        }
    }

    fn finish(mut self, hidden: Vec<ItemId>, newcomer: Option<ItemId>) -> Filled {
        let (count, window) = (self.spot.count, self.catalogue.window());
        let today = PopularityDay(i32::try_from(self.now.div_euclid(86_400)).unwrap_or(i32::MAX));
        let standing = self.filling.finish();
        let given = |(standing, named): (Standing, Named)| {
            let link = match standing {
                Standing::Pinned => None,
                Standing::Ranked => named.link,
            };
            let said = link.and_then(|_| self.said.remove(&named.item));
            let (scored, category) =
                said.unwrap_or_else(|| (Scored::from_parts(named.item, Vec::new()), None));
            let margin = self.shelf.margin(named.item, scored.score());
            Given { link, scored, category, margin }
        };
        let mut items: Vec<Given> = standing.shown.into_iter().map(given).collect();
        let has_new = items.iter().any(|given| window.is_new(given.scored.item(), today));
        if let Some(item) = newcomer.filter(|_| !has_new) {
            let full = items.len() >= count;
            if !(full && items.last().is_some_and(|last| last.link.is_none())) {
                items.truncate(count.saturating_sub(1));
                let part = Contribution { cause: Cause::New, part: window::NEW };
                let scored = Scored::from_parts(item, vec![part]);
                items.push(Given { link: Some(Link::Newest), scored, category: None, margin: 0.0 });
            }
        }
        let shown = |item: &ItemId| items.iter().any(|given| given.scored.item() == *item);
        let refused = standing.refused.iter().filter(|(item, _)| !shown(item));
        let mut left_out: Vec<(ItemId, &'static str)> =
            refused.map(|(item, refusal)| (*item, because(*refusal))).collect();
        left_out.extend(hidden.into_iter().map(|item| (item, "hidden here")));
        Filled { items, left_out }
    }
}

fn take(
    filling: &mut Filling<'_, Named>,
    shelf: &Shelf<'_>,
    list: Vec<Named>,
    sold_out: SoldOutNow,
) -> Vec<ItemId> {
    let facts = |item| shelf.facts(item, sold_out);
    let alike = |a, b| shelf.similarity(a, b);
    filling.take(list, &facts, &alike).iter().map(|named| named.item).collect()
}

/// Why an item isn't shown, in the words of a preview.
const fn because(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Hidden => "not wanted by this customer",
        Refusal::JustBought => "on the page or in the cart already",
        Refusal::SoldOut => "sold out",
        Refusal::BrandFull => "enough of its brand",
        Refusal::CategoryFull => "enough of its category",
    }
}
