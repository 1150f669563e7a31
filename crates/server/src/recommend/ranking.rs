//! One list out of all models: sums over every candidate first, then reasons for the few that are shown.
//!
//! Must never look anything up about a person: what it may rest on is its [`Basis`], which a grant opened.
//! INVARIANT: a shown score is the sum of its parts; an input that is taken away takes exactly its parts with it.

use std::cell::RefCell;
use std::sync::Arc;

use models::recommend::blend::{BlendError, Voice, candidates, explain};
use models::recommend::opinion::{Opinion, Sums, Winners};
use models::recommend::popularity::Day as PopularityDay;
use models::recommend::repeat::{Purchase, Replacement, again, cooldown};
use models::recommend::rules::{Facts, Rules, Stock, Variety, apply};
use models::recommend::session::{SessionKey, Visit};
use models::recommend::visits::{VisitBuffers, VisitParams};
use models::recommend::{Cause, Contribution, ItemId, Scored, Scratch};
use privacy::store::Day;
use rustc_hash::FxHashSet;
use store::ItemKind;

use super::memory::{Look, Models};
use super::near::Near;
use super::{Ask, Catalogue, Engine, Wanted};

const DAY_SECONDS: i64 = 86_400;
/// What each model's score is worth: its weight by the score of a good answer of that model, so that weights compare.
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
pub(super) struct Input {
    pub(super) item: ItemId,
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

/// What goes with the inputs: chosen by the same people, or alike by description.
struct Company<'a> {
    near: &'a [(Input, Arc<Near>)],
    wanted: Wanted,
}

impl Company<'_> {
    /// Each neighbour of each input with its part of the score, and the reason for it.
    fn each(&self, mut say: impl FnMut(ItemId, f64, Cause)) {
        for (input, near) in self.near {
            for (item, strength) in &near.chosen {
                say(*item, input.weight * strength * CHOSEN, Cause::Suits { item: input.item });
            }
        }
        for (input, near) in self.near.iter().take(SEEDS) {
            let lists: [&[(ItemId, f64)]; 2] = match self.wanted {
                Wanted::Products => [&near.alike.products, &[]],
                Wanted::Articles => [&near.alike.articles, &[]],
                Wanted::Both => [&near.alike.products, &near.alike.articles],
            };
            for (item, similarity) in lists.into_iter().flatten() {
                say(*item, input.weight * similarity * ALIKE, Cause::Alike { item: input.item });
            }
        }
    }
}

impl Opinion for Company<'_> {
    fn sum_up(&self, factor: f64, sums: &mut Sums) {
        self.each(|item, part, _| sums.add(item, factor * part));
    }

    fn give_reasons(&self, factor: f64, winners: &mut Winners) {
        self.each(|item, part, cause| {
            if let Some(row) = winners.row(item) {
                winners.add(row, Contribution { cause, part: factor * part });
            }
        });
    }
}

/// Buffers of a thread that answers: sums and numbers of items while an answer is made.
#[derive(Default)]
struct Buffers {
    visits: VisitBuffers,
    scratch: Scratch,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// What is shown, best first.
///
/// # Errors
/// [`BlendError`] if a weight of the blend is out of range.
pub(super) fn rank(
    engine: &Engine,
    catalogue: &Catalogue,
    ask: &Ask,
    basis: &Basis<'_>,
    now: i64,
) -> Result<Vec<Scored>, BlendError> {
    let popular = engine.popular(PopularityDay(Day::of_millis(now * 1000).0));
    let popular = popular.get(..WIDE).unwrap_or(&popular);
    BUFFERS.with_borrow_mut(|Buffers { visits, scratch }| {
        engine.ask(|models| {
            let page = Page::of(ask, basis, models);
            let inputs = history(&page.visit, basis.latest(), now);
            let near = engine.near().of(&inputs, models, catalogue, scratch);
            let company = Company { near: &near, wanted: ask.content };
            let visit = Visit { items: &page.visit, own: basis.own };
            let params = VisitParams::standard(WIDE);
            let (votes, links) = models.visits.ask(&visit, &params, visits);
            let again = again(basis.latest(), now, 120 * DAY_SECONDS, WIDE).unwrap_or_default();
            let voices = [
                Voice::new(&votes, params.sessions_weight, 1.0)?,
                Voice::new(&links, params.pairs_weight, 1.0)?,
                Voice::new(&again, AGAIN, 1.0)?,
                Voice::new(&popular, POPULAR, 1.0)?,
                Voice::new(&company, 1.0, 1.0)?,
            ];
            let shelf =
                Shelf { fit: Fit::of(ask, basis, &page, catalogue), ask, basis, page: &page, catalogue, now };
            let some = 4 * ask.count + 20;
            let best = candidates(&voices, some, |item| shelf.admits(item), scratch);
            let mut shown = if best.len() < some {
                shelf.fill(best)
            } else {
                let shown = shelf.fill(best);
                if shown.len() < ask.count {
                    // So much of it was just bought: all the others are asked for too.
                    shelf.fill(candidates(&voices, usize::MAX, |item| shelf.admits(item), scratch))
                } else {
                    shown
                }
            };
            shown.truncate(ask.count);
            Ok(explain(&voices, shown, scratch))
        })
    })
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

/// The place to be filled, and what may stand there.
struct Shelf<'a> {
    fit: Fit<'a>,
    ask: &'a Ask,
    basis: &'a Basis<'a>,
    page: &'a Page,
    catalogue: &'a Catalogue,
    now: i64,
}

impl Shelf<'_> {
    fn admits(&self, item: ItemId) -> bool {
        self.fit.allows(item, self.catalogue) && !self.page.here.contains(&item)
    }

    /// The items to be shown, in order, out of a list that is best first.
    fn fill(&self, candidates: Vec<(ItemId, f64)>) -> Vec<ItemId> {
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
