//! One answer to one person: asks the ledger, reads through the grant what it opens, blends the models, and says why.
//! Whoever refuses is answered from the page alone, and from counts that name nobody.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use models::recommend::affinity::{Affinity, Held};
use models::recommend::blend::{Source, blend};
use models::recommend::content::{Kind as ContentKind, Seed};
use models::recommend::popularity::Day as PopularityDay;
use models::recommend::repeat::{Purchase, Replacement, again, cooldown};
use models::recommend::rules::{Facts, Rules, Stock, Variety, apply};
use models::recommend::session::{Params, SessionKey, Visit};
use models::recommend::{ItemId, Scored, Scratch};
use privacy::consent::Refusal;
use privacy::data::{
    BrowseAction, Browsed, BrowsingHistory, Feedback, Kind, OrderAction, Ordered, PurchaseHistory, Shown,
    ShownItem, Told,
};
use privacy::grant::{Authorize, Grant, ReadError};
use privacy::purpose::{Personalisation, PurposeId};
use privacy::register::OptOutSignal;
use privacy::signals::Gpc;
use privacy::store::Day;
use privacy::subject::Subject;
use store::ItemKind;

use super::learning::declared;
use super::reason::{Ground, Past, explain};
use super::{Catalogue, CatalogueItem, Engine, PART};
use crate::app::App;
use crate::web::Problem;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub enum Who {
    /// Somebody unknown, or who hasn't chosen.
    Nobody,
    /// Somebody whom the ledger may know.
    Known(Subject),
    /// A named customer, asked for with nothing but a write key, which is public.
    Unproven,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Things for sale.
    Products,
    /// Articles and guides.
    Articles,
    /// Both, by score.
    Both,
}

/// A question to the recommender.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Who asks.
    pub who: Who,
    /// Where in the shop the answer will stand.
    pub placement: String,
    /// The item on the page.
    pub item: Option<String>,
    /// What is in the cart, as the page says.
    pub cart: Vec<String>,
    /// What was looked at in this visit before, oldest first, as the page says.
    pub visit: Vec<String>,
    /// How many items are wanted, 1 to 100.
    pub count: usize,
    /// Of which sort.
    pub content: Wanted,
    /// An opt-out signal that came with the question.
    pub opt_out: Gpc,
}

/// An answer, with the purposes that it rests on.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Best first.
    pub items: Vec<Recommended>,
    /// The purposes for which this person's data was used.
    pub used: Vec<PurposeId>,
    /// The purposes for which it would have been, and why it wasn't.
    pub refused: Vec<(PurposeId, Refusal)>,
}

/// A recommended item. The parts of the reasons add up to the score.
#[derive(Debug, Clone)]
pub struct Recommended {
    /// What.
    pub item: Arc<CatalogueItem>,
    /// How well it fits; comparable within one answer only.
    pub score: f64,
    /// Why, the largest part first.
    pub why: Vec<Reason>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// In plain words.
    pub text: String,
    /// How much of the score it is.
    pub part: f64,
    /// The kind of the person's data behind it, if any.
    pub data: Option<Kind>,
    /// The purpose for which that data was used.
    pub purpose: Option<PurposeId>,
    /// The item that it is because of.
    pub cause_item: Option<String>,
}

const DAY_SECONDS: i64 = 86_400;
/// Weight and fixed scale of each model: about the score of a good answer, so that weights compare.
const SESSION: (f64, f64) = (1.0, 1.0);
const AGAIN: (f64, f64) = (0.7, 1.0);
const SUITS: (f64, f64) = (0.6, 0.5);
const ALIKE: (f64, f64) = (0.35, 0.6);
const POPULAR: (f64, f64) = (0.1, 0.01);

/// What a grant opened for one answer.
#[derive(Default)]
struct Known {
    looked: Vec<(i64, String, Option<String>)>,
    purchases: Vec<Purchase>,
    hidden: Vec<ItemId>,
    own: Option<SessionKey>,
}

/// Answers a question. Blocks on the store; call it where that is allowed.
///
/// # Errors
/// [`Problem`] when the store can't be read. Refusals are no errors: they are in the answer.
pub fn recommend(app: &App, ask: &Ask) -> Result<Answer, Problem> {
    let now = app.now();
    let purpose = PurposeId::of::<Personalisation>();
    let signalled = ask.opt_out == Gpc::OptOut
        && app
            .register()
            .purpose(purpose.as_str())
            .is_some_and(|declaration| declaration.opt_out_signal == OptOutSignal::Refuses);
    let answer = app.store.read(|tx| {
        let grant = match ask.who {
            Who::Nobody => Err(Refusal::UnknownSubject),
            Who::Unproven => Err(Refusal::Unproven),
            Who::Known(_) if signalled => Err(Refusal::OptOutSignal(purpose.clone())),
            Who::Known(subject) => match tx.authorize::<Personalisation>(&subject, PART, now) {
                Ok(grant) => Ok(grant),
                Err(ReadError::Refused(refusal)) => Err(refusal),
                Err(error) => return Err(error),
            },
        };
        match grant {
            Ok(grant) => {
                let known = read(app, &grant, now)?;
                let items = rank(app, ask, &known, Ground::Granted, now);
                Ok(Answer { items, used: vec![purpose.clone()], refused: Vec::new() })
            }
            Err(refusal) => {
                let items = rank(app, ask, &Known::default(), Ground::PageAlone, now);
                Ok(Answer { items, used: Vec::new(), refused: vec![(purpose.clone(), refusal)] })
            }
        }
    });
    let answer = match answer {
        Ok(answer) => answer,
        Err(ReadError::Store(error)) => return Err(error.into()),
        Err(error) => return Err(Problem::internal(&error)),
    };
    app.metrics.recommendation(&answer.used, &answer.refused);
    if let (Who::Known(subject), false) = (ask.who, answer.used.is_empty()) {
        app.engine.shown().push(subject, shown(ask, &answer, now));
    }
    Ok(answer)
}

fn shown(ask: &Ask, answer: &Answer, now: Timestamp) -> Shown {
    let items = answer
        .items
        .iter()
        .map(|recommended| ShownItem {
            item: recommended.item.id.clone(),
            why: recommended.why.iter().take(2).map(|reason| reason.text.clone()).collect(),
        })
        .collect();
    Shown { at: now.as_millisecond(), placement: ask.placement.clone(), items }
}

fn read(app: &App, grant: &Grant<'_, Personalisation>, now: Timestamp) -> Result<Known, ReadError> {
    let (engine, vault) = (&app.engine, app.vault());
    let yesterday = Day::of(now).minus(1);
    let browsed = declared(grant.read_since::<BrowsingHistory>(vault, yesterday))?;
    let ordered = declared(grant.read::<PurchaseHistory>(vault))?;
    let told = declared(grant.read::<Feedback>(vault))?;
    let mut known = Known::default();
    if let Some(browsed) = &browsed {
        // exposed: the visit as it stands, to rank items for this very answer.
        known.looked = looked(browsed.expose());
        if let Some((at, _, session)) = known.looked.last() {
            known.own = Some(Engine::session_key(vault.pseudonym(grant.subject()), session.as_deref(), *at));
        }
    }
    if let Some(ordered) = &ordered {
        // exposed: what was bought, to propose what is due and nothing that was just bought.
        known.purchases = purchases(engine, ordered.expose());
    }
    if let Some(told) = &told {
        // exposed: what the person doesn't want to see again.
        known.hidden = unwanted(engine, told.expose());
    }
    Ok(known)
}

fn looked(rows: &[Browsed]) -> Vec<(i64, String, Option<String>)> {
    let mut looked: Vec<_> = rows
        .iter()
        .filter(|row| {
            matches!(
                row.action,
                BrowseAction::ViewedProduct | BrowseAction::ReadArticle | BrowseAction::Clicked
            )
        })
        .filter_map(|row| row.item.clone().map(|item| (row.at, item, row.session.clone())))
        .collect();
    looked.sort();
    let surplus = looked.len().saturating_sub(20);
    looked.drain(..surplus);
    looked
}

fn purchases(engine: &Engine, rows: &[Ordered]) -> Vec<Purchase> {
    // What was sent back is taken off the oldest purchase of the item that still stands.
    let mut bought: Vec<Purchase> = Vec::new();
    let mut rows: Vec<&Ordered> = rows.iter().collect();
    rows.sort_by_key(|row| row.at);
    for row in rows {
        let back = match row.action {
            OrderAction::Placed => false,
            OrderAction::Refunded | OrderAction::Cancelled => true,
            OrderAction::Updated => continue,
        };
        for line in &row.lines {
            let Some(item) = engine.number(&line.item) else { continue };
            let mut quantity = u32::try_from(line.quantity.unsigned_abs()).unwrap_or(u32::MAX);
            if back {
                for purchase in bought.iter_mut().filter(|purchase| purchase.item == item) {
                    let taken = quantity.min(purchase.quantity);
                    purchase.quantity -= taken;
                    quantity -= taken;
                }
            } else {
                bought.push(Purchase { item, time: row.at.div_euclid(1000), quantity });
            }
        }
    }
    bought.retain(|purchase| purchase.quantity > 0);
    bought
}

fn unwanted(engine: &Engine, rows: &[Told]) -> Vec<ItemId> {
    rows.iter()
        .filter(|row| matches!(row.verdict.as_str(), "not_interested" | "wrong" | "intrusive"))
        .filter_map(|row| row.item.as_deref().and_then(|item| engine.number(item)))
        .collect()
}

fn rank(app: &App, ask: &Ask, known: &Known, ground: Ground, now: Timestamp) -> Vec<Recommended> {
    let engine = &app.engine;
    let catalogue = engine.catalogue();
    let second = now.as_second();
    let number = |id: &String| engine.number(id);
    let mut visit: Vec<ItemId> = known.looked.iter().filter_map(|(_, item, _)| number(item)).collect();
    visit.extend(ask.visit.iter().chain(&ask.cart).chain(&ask.item).filter_map(number));
    let cart: Vec<ItemId> = ask.cart.iter().filter_map(number).collect();
    let mut history: Vec<Held> = Vec::new();
    let weigh = |item: ItemId, weight: f64, history: &mut Vec<Held>| {
        if !history.iter().any(|held| held.item == item) && history.len() < 20 {
            history.push(Held { item, weight });
        }
    };
    visit.iter().rev().for_each(|item| weigh(*item, 0.5, &mut history));
    // A purchase counts half after three months. Its weight is its own, so that the parts of others don't hang on it.
    for purchase in known.purchases.iter().rev() {
        let age_days = (second - purchase.time).max(0) as f64 / DAY_SECONDS as f64;
        weigh(purchase.item, (-age_days / 90.0).exp2(), &mut history);
    }

    let wide = ask.count.clamp(1, 100) * 5 + 50;
    let mut scratch = Scratch::new();
    let (session, suits) = engine.with_models(|sessions, together, owned| {
        let session = if visit.is_empty() {
            Vec::new()
        } else {
            sessions.score(&Visit { items: &visit, own: known.own }, &Params::standard(wide), &mut scratch)
        };
        let affinity = Affinity { shrinkage: 2.0, at_least: 2, count: wide };
        let mut suits = together.score(&history, &affinity, &mut scratch);
        suits.extend(owned.score(&history, &affinity, &mut scratch));
        (session, suits)
    });
    let again = again(&known.purchases, second, 120 * DAY_SECONDS, wide).unwrap_or_default();
    let seeds: Vec<Seed> =
        history.iter().take(5).map(|held| Seed { item: held.item, weight: held.weight }).collect();
    let alike = |kind| catalogue.content().alike(&seeds, kind, wide, &mut Scratch::new());
    let mut likeness = match ask.content {
        Wanted::Products => alike(ContentKind::Product),
        Wanted::Articles => alike(ContentKind::Article),
        Wanted::Both => {
            let mut both = alike(ContentKind::Product);
            both.extend(alike(ContentKind::Article));
            both
        }
    };
    likeness.truncate(2 * wide);
    let popular = engine.popular(PopularityDay(Day::of(now).0));
    let sources = [
        (&session[..], SESSION),
        (&again[..], AGAIN),
        (&suits[..], SUITS),
        (&likeness[..], ALIKE),
        (popular.get(..wide).unwrap_or(&popular), POPULAR),
    ];
    let sources: Vec<Source<'_>> = sources
        .into_iter()
        .filter_map(|(list, (weight, scale))| Source::new(list, weight, scale).ok())
        .collect();

    let wanted =
        |scored: &Scored| match (catalogue.numbered(scored.item()).map(|item| item.kind), ask.content) {
            (Some(ItemKind::Product), Wanted::Products | Wanted::Both) => true,
            (Some(ItemKind::Article), Wanted::Articles | Wanted::Both) => true,
            (Some(_), _) => false,
            // A shop without a catalogue still gets ids.
            (None, _) => ask.content != Wanted::Articles && catalogue.items().is_empty(),
        };
    let mut candidates = blend(&sources, usize::MAX);
    candidates.retain(wanted);
    let fits = fits(&catalogue, known, &visit);
    candidates.retain(|scored| {
        let fit = catalogue.numbered(scored.item()).and_then(|item| item.fit.as_deref());
        fit.is_none_or(|fit| fits.is_empty() || fits.contains(fit))
    });
    let replacement = |item: ItemId| match catalogue.numbered(item) {
        Some(item) if item.kind == ItemKind::Article => Replacement::Anytime,
        Some(item) if !item.consumable => {
            Replacement::Durable { interval_seconds: 365 * DAY_SECONDS, need: None }
        }
        Some(_) | None => Replacement::Consumable { interval_seconds: 30 * DAY_SECONDS },
    };
    let candidates = cooldown(candidates, &known.purchases, second, 7 * DAY_SECONDS, replacement);
    let here: BTreeSet<ItemId> =
        cart.into_iter().chain(ask.item.as_ref().and_then(|id| engine.number(id))).collect();
    let here: Vec<ItemId> = here.into_iter().collect();
    let rules = Rules {
        pinned: &[],
        hidden: &known.hidden,
        just_bought: &here,
        per_brand: None,
        variety: Variety::ByScore,
        count: ask.count.clamp(1, 100),
    };
    let facts = |item: ItemId| {
        let item = catalogue.numbered(item);
        Facts {
            stock: match item.and_then(|item| item.stock) {
                Some(stock) if stock <= 0 => Stock::SoldOut,
                Some(_) | None => Stock::Available,
            },
            brand: item.and_then(|item| catalogue.brand(item)),
        }
    };
    let past = Past {
        looked: known.looked.iter().filter_map(|(_, item, _)| engine.number(item)).collect(),
        bought: known.purchases.iter().map(|purchase| purchase.item).collect(),
    };
    let shelf = apply(candidates, &rules, facts, |a, b| catalogue.content().similarity(a, b));
    shelf
        .shown
        .into_iter()
        .filter_map(|(_, scored)| {
            let item =
                catalogue.numbered(scored.item()).cloned().or_else(|| engine.nameless(scored.item()))?;
            let why = explain(&scored, ground, &catalogue, engine, &past);
            Some(Recommended { item, score: scored.score(), why })
        })
        .collect()
}

/// The kinds of fit that the person has bought, or else looks at: a left-handed golfer has no use for the others.
fn fits<'c>(catalogue: &'c Catalogue, known: &Known, visit: &[ItemId]) -> BTreeSet<&'c str> {
    let fit = |item: ItemId| catalogue.numbered(item).and_then(|item| item.fit.as_deref());
    let bought: BTreeSet<&str> = known.purchases.iter().filter_map(|purchase| fit(purchase.item)).collect();
    if bought.is_empty() { visit.iter().filter_map(|item| fit(*item)).collect() } else { bought }
}
