//! One list out of all models: sums over every candidate first, then reasons for the few that are shown.
//!
//! Must never look anything up about a person: what it may rest on is its [`Basis`], which a grant opened.
//! INVARIANT: a shown score is the sum of its parts; an input that is taken away takes exactly its parts with it.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashSet;

use models::recommend::popularity::Day as PopularityDay;
use models::recommend::repeat::{Purchase, Replacement, again, cooldown};
use models::recommend::rules::{Facts, Rules, Stock, Variety, apply};
use models::recommend::session::{Params, SessionKey, Visit};
use models::recommend::{Cause, Contribution, ItemId, Scored, Scratch};
use privacy::store::Day;
use store::ItemKind;

use super::memory::{Look, Models};
use super::near::Near;
use super::{Ask, Catalogue, Engine, Wanted};

const DAY_SECONDS: i64 = 86_400;
/// What each model's score is worth: its weight by the score of a good answer of that model, so that weights compare.
const SESSION: f64 = 1.0;
const AGAIN: f64 = 0.7;
const CHOSEN: f64 = 0.6 / 0.5;
const ALIKE: f64 = 0.35 / 0.6;
const POPULAR: f64 = 0.1 / 0.01;
/// How many items of a person's past speak.
const HISTORY: usize = 20;
/// How many of them say what is alike.
const SEEDS: usize = 5;
/// How many candidates each model names.
const WIDE: usize = 100;
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
    /// The visit that goes on, as it is in the index itself.
    pub(super) own: Option<SessionKey>,
}

impl Basis<'_> {
    /// The purchases that speak for what else may please, and may be due again.
    pub(super) fn latest(&self) -> &[Purchase] {
        let first = self.purchases.len().saturating_sub(PURCHASES);
        self.purchases.get(first..).unwrap_or_default()
    }
}

/// What was asked, in the models' numbers.
struct Page {
    visit: Vec<ItemId>,
    /// On the page or in the cart already.
    here: Vec<ItemId>,
}

impl Page {
    fn of(ask: &Ask, basis: &Basis<'_>, models: &Models) -> Self {
        let known = |id: &String| models.known(id);
        let mut visit: Vec<ItemId> = basis.looked.iter().map(|look| look.item).collect();
        visit.extend(ask.visit.iter().chain(&ask.cart).chain(&ask.item).filter_map(known));
        let here = ask.cart.iter().chain(&ask.item).filter_map(known).collect();
        Self { visit, here }
    }
}

/// An item of the person's past or of the page, and how much it counts.
#[derive(Clone, Copy)]
struct Input {
    item: ItemId,
    weight: f64,
}

/// The last of the visit and of what was bought, the newest first.
fn history(visit: &[ItemId], purchases: &[Purchase], now: i64) -> Vec<Input> {
    let mut inputs: Vec<Input> = Vec::with_capacity(HISTORY);
    let looked = visit.iter().rev().map(|item| Input { item: *item, weight: 0.5 });
    // A purchase counts half after three months. Its weight is its own, so that the parts of others don't hang on it.
    let bought = purchases.iter().rev().map(|purchase| {
        let age_days = (now - purchase.time).max(0) as f64 / DAY_SECONDS as f64;
        Input { item: purchase.item, weight: (-age_days / 90.0).exp2() }
    });
    for input in looked.chain(bought) {
        if inputs.len() == HISTORY {
            break;
        }
        if inputs.iter().all(|known| known.item != input.item) {
            inputs.push(input);
        }
    }
    inputs
}

/// Sums by item, in tables as long as the catalogue that are emptied by what was touched.
#[derive(Default)]
struct Tally {
    sums: Vec<f64>,
    touched: Vec<ItemId>,
}

impl Tally {
    fn add(&mut self, item: ItemId, part: f64) {
        if part <= 0.0 {
            return;
        }
        if self.sums.len() <= item.index() {
            self.sums.resize(item.index() + 1, 0.0);
        }
        if let Some(sum) = self.sums.get_mut(item.index()) {
            if *sum == 0.0 {
                self.touched.push(item);
            }
            *sum += part;
        }
    }

    fn sum(&self, item: ItemId) -> f64 {
        self.sums.get(item.index()).copied().unwrap_or_default()
    }

    /// All that were touched, the best first for the first `ahead`, then the others; and starts afresh.
    fn drain(&mut self, ahead: usize) -> Vec<(ItemId, f64)> {
        let mut list: Vec<(ItemId, f64)> = self.touched.iter().map(|item| (*item, self.sum(*item))).collect();
        if list.len() > ahead && ahead > 0 {
            list.select_nth_unstable_by(ahead - 1, best_first);
        }
        let ahead = ahead.min(list.len());
        if let Some(first) = list.get_mut(..ahead) {
            first.sort_unstable_by(best_first);
        }
        for item in self.touched.drain(..) {
            if let Some(sum) = self.sums.get_mut(item.index()) {
                *sum = 0.0;
            }
        }
        list
    }
}

fn best_first(a: &(ItemId, f64), b: &(ItemId, f64)) -> Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}

thread_local! {
    /// Buffers of a thread that answers. They hold numbers of items while an answer is made, and sums of nothing after.
    static BUFFERS: RefCell<(Tally, Scratch)> = RefCell::default();
}

/// What is shown, best first.
pub(super) fn rank(
    engine: &Engine,
    catalogue: &Catalogue,
    ask: &Ask,
    basis: &Basis<'_>,
    now: i64,
) -> Vec<Scored> {
    let popular = engine.popular(PopularityDay(Day::of_millis(now * 1000).0));
    let popular = popular.get(..WIDE).unwrap_or(&popular);
    BUFFERS.with_borrow_mut(|(tally, scratch)| {
        engine.ask(|models| {
            let page = Page::of(ask, basis, models);
            let inputs = history(&page.visit, basis.latest(), now);
            let items: Vec<ItemId> = inputs.iter().map(|input| input.item).collect();
            let near = engine.near().of(&items, models, catalogue, scratch);
            let sources = Sources {
                session: if page.visit.is_empty() {
                    Vec::new()
                } else {
                    let visit = Visit { items: &page.visit, own: basis.own };
                    models.sessions.score(&visit, &Params::standard(WIDE), scratch)
                },
                again: again(basis.latest(), now, 120 * DAY_SECONDS, WIDE).unwrap_or_default(),
                near: inputs.iter().zip(&near).map(|(input, near)| (*input, &**near)).collect(),
                popular,
            };
            sources.add_up(tally, ask.content);
            let ahead = 8 * ask.count + 40;
            let mut candidates = tally.drain(ahead);
            let fit = Fit::of(ask, basis, &page, catalogue);
            let shown = pick(&candidates, ahead, &sources, &fit, ask, basis, &page, catalogue, now);
            if shown.len() < ask.count && candidates.len() > ahead {
                candidates.sort_unstable_by(best_first);
                pick(&candidates, candidates.len(), &sources, &fit, ask, basis, &page, catalogue, now)
            } else {
                shown
            }
        })
    })
}

/// What each model says.
struct Sources<'a> {
    session: Vec<Scored>,
    again: Vec<Scored>,
    near: Vec<(Input, &'a Near)>,
    popular: &'a [Scored],
}

impl Sources<'_> {
    fn add_up(&self, tally: &mut Tally, wanted: Wanted) {
        for (list, factor) in [(&self.session[..], SESSION), (&self.again, AGAIN), (self.popular, POPULAR)] {
            for scored in list {
                tally.add(scored.item(), scored.score() * factor);
            }
        }
        for (input, near) in &self.near {
            for (item, strength) in &near.chosen {
                tally.add(*item, input.weight * strength * CHOSEN);
            }
        }
        for (input, near) in self.near.iter().take(SEEDS) {
            for list in alike(near, wanted) {
                for (item, similarity) in list {
                    tally.add(*item, input.weight * similarity * ALIKE);
                }
            }
        }
    }

    /// The item with its reasons, in the order in which they were added up.
    fn explain(&self, item: ItemId, wanted: Wanted) -> Scored {
        let mut parts = Vec::new();
        for (list, factor) in [(&self.session[..], SESSION), (&self.again, AGAIN), (self.popular, POPULAR)] {
            if let Some(scored) = list.iter().find(|scored| scored.item() == item) {
                parts.extend(scored.scaled(factor).parts().iter().copied());
            }
        }
        let strength = |list: &[(ItemId, f64)]| list.iter().find(|(other, _)| *other == item).map(|near| near.1);
        for (input, near) in &self.near {
            if let Some(strength) = strength(&near.chosen) {
                let part = input.weight * strength * CHOSEN;
                parts.push(Contribution { cause: Cause::Suits { item: input.item }, part });
            }
        }
        for (input, near) in self.near.iter().take(SEEDS) {
            for similarity in alike(near, wanted).into_iter().filter_map(strength) {
                let part = input.weight * similarity * ALIKE;
                parts.push(Contribution { cause: Cause::Alike { item: input.item }, part });
            }
        }
        Scored::from_parts(item, parts)
    }
}

fn alike(near: &Near, wanted: Wanted) -> [&[(ItemId, f64)]; 2] {
    match wanted {
        Wanted::Products => [&near.products, &[]],
        Wanted::Articles => [&near.articles, &[]],
        Wanted::Both => [&near.products, &near.articles],
    }
}

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

#[expect(clippy::too_many_arguments, reason = "the question, what it may rest on, and what the models say of it")]
fn pick(
    candidates: &[(ItemId, f64)],
    ahead: usize,
    sources: &Sources<'_>,
    fit: &Fit<'_>,
    ask: &Ask,
    basis: &Basis<'_>,
    page: &Page,
    catalogue: &Catalogue,
    now: i64,
) -> Vec<Scored> {
    let fitting = |(item, _): &&(ItemId, f64)| fit.allows(*item, catalogue) && !page.here.contains(item);
    let candidates: Vec<(ItemId, f64)> = candidates.iter().take(ahead).filter(fitting).copied().collect();
    let replacement = |item: ItemId| match catalogue.numbered(item) {
        Some(item) if item.kind == ItemKind::Article => Replacement::Anytime,
        Some(item) if !item.consumable => {
            Replacement::Durable { interval_seconds: 365 * DAY_SECONDS, need: None }
        }
        Some(_) | None => Replacement::Consumable { interval_seconds: 30 * DAY_SECONDS },
    };
    let named: HashSet<ItemId> = candidates.iter().map(|(item, _)| *item).collect();
    let bought: Vec<Purchase> =
        basis.purchases.iter().filter(|purchase| named.contains(&purchase.item)).copied().collect();
    let candidates = cooldown(candidates, &bought, now, 7 * DAY_SECONDS, replacement);
    let rules = Rules {
        pinned: &[],
        hidden: &basis.unwanted,
        just_bought: &page.here,
        per_brand: None,
        variety: Variety::ByScore,
        count: ask.count,
    };
    let facts = |item: ItemId| Facts {
        stock: match catalogue.numbered(item).and_then(|item| item.stock) {
            Some(stock) if stock <= 0 => Stock::SoldOut,
            Some(_) | None => Stock::Available,
        },
        brand: catalogue.brand(item),
    };
    let shelf = apply(candidates, &rules, facts, |a, b| catalogue.content().similarity(a, b));
    shelf.shown.into_iter().map(|(_, (item, _))| sources.explain(item, ask.content)).collect()
}
