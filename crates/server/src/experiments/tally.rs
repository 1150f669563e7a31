//! What the people of an experiment did after they saw it, counted anew from what grants open now. Nothing of it is kept,
//! so whoever is erased or withdraws is out of the very next count.

use models::experiment::means::Moments;
use models::experiment::proportions::Rate;
use privacy::data::{
    BasketAction, BrowseAction, BrowsingHistory, CartHistory, Kind, OrderAction, Ordered, PurchaseHistory,
    ShownItems,
};
use privacy::grant::{Authorize as _, Grant, ReadError};
use privacy::purpose::Analytics;
use privacy::store::{Day, StoreError};
use store::StoredExperiment;

use super::trial::{hash, message, split};
use super::{Design, Goal, PART};
use crate::app::App;

const DAY_MILLIS: i64 = 86_400_000;
/// So many people are read in one snapshot.
const CHUNK: usize = 500;

/// What the people of a variant did.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tally {
    /// How many saw it.
    pub(super) people: u64,
    clicks: u64,
    carts: u64,
    pub(super) orders: u64,
    /// Money a person, in minor units of the shop's currency.
    pub(super) money: Moments,
}

impl Tally {
    /// How many of all reached a goal.
    pub(super) fn rate(&self, goal: Goal) -> Rate {
        let successes = match goal {
            Goal::Click => self.clicks,
            Goal::Cart => self.carts,
            Goal::Order => self.orders,
        };
        Rate { successes, trials: self.people }
    }
}

/// Counts for each variant.
///
/// # Errors
/// [`StoreError`] when the store can't be read; people whose rows don't open are left out.
pub(super) fn count(app: &App, stored: &StoredExperiment, design: &Design) -> Result<Vec<Tally>, StoreError> {
    let split = split(design).map_err(StoreError::Damaged)?;
    let (vault, name, now) = (app.vault(), message(stored), app.now());
    let mut subjects = Vec::new();
    let since = Day::of(stored.started_at);
    app.store.read(|tx| {
        tx.subjects_with(Kind::ShownItems, &vault.message_index(&name), since, &mut |one| subjects.push(one))
    })?;
    let mut tallies = vec![Tally::default(); design.variants.len()];
    for some in subjects.chunks(CHUNK) {
        app.store.read(|tx| {
            for subject in some {
                let grant = match tx.authorize::<Analytics>(subject, PART, now) {
                    Ok(grant) => grant,
                    Err(ReadError::Store(error)) => return Err(error),
                    // Withdrawn, restricted, objected.
                    Err(_) => continue,
                };
                let variant = split.variant(hash(&name, vault.pseudonym(subject)));
                let Some(tally) = tallies.get_mut(variant) else { continue };
                match add(app, &grant, stored, design, &name, tally) {
                    Ok(()) => {}
                    Err(ReadError::Store(error)) => return Err(error),
                    Err(error) => tracing::error!(error.cause = %error, "a row of an experiment didn't open"),
                }
            }
            Ok::<(), StoreError>(())
        })?;
    }
    Ok(tallies)
}

fn add(
    app: &App,
    grant: &Grant<'_, Analytics>,
    stored: &StoredExperiment,
    design: &Design,
    name: &str,
    tally: &mut Tally,
) -> Result<(), ReadError> {
    let vault = app.vault();
    let seen = grant.read_named::<ShownItems>(vault, name)?;
    // exposed: when the person saw the place first, to count what they did since, without a name.
    let Some(from) = seen.expose().iter().map(|row| row.at).min() else { return Ok(()) };
    let window = from.saturating_add(i64::from(design.days) * DAY_MILLIS);
    let until = stored.ended_at.map_or(window, |ended| {
        // Who saw it on the last day still has their days.
        window.min(ended.as_millisecond().saturating_add(i64::from(design.days) * DAY_MILLIS))
    });
    let within = |at: i64| (from..=until).contains(&at);
    let since = Day::of_millis(from);
    tally.people += 1;
    if let Some(rows) = crate::recommend::declared(grant.read_since::<BrowsingHistory>(vault, since))? {
        let opened = |action| {
            matches!(action, BrowseAction::ViewedProduct | BrowseAction::ReadArticle | BrowseAction::Clicked)
        };
        // exposed: whether anything was opened since.
        tally.clicks += u64::from(rows.expose().iter().any(|row| within(row.at) && opened(row.action)));
    }
    if let Some(rows) = crate::recommend::declared(grant.read_since::<CartHistory>(vault, since))? {
        let added = |action| matches!(action, BasketAction::Added);
        // exposed: whether anything came into the cart since.
        tally.carts += u64::from(rows.expose().iter().any(|row| within(row.at) && added(row.action)));
    }
    let mut money = 0;
    if let Some(rows) = crate::recommend::declared(grant.read_since::<PurchaseHistory>(vault, since))? {
        // exposed: whether and for how much was ordered since.
        let orders = rows.expose().iter().filter(|row| within(row.at) && row.action == OrderAction::Placed);
        let currency = &app.register().shop.currency;
        let mut any = false;
        for order in orders {
            any = true;
            money += total(order, currency);
        }
        tally.orders += u64::from(any);
    }
    tally.money.add(money as f64);
    Ok(())
}

/// What an order comes to, if it is in the shop's currency.
fn total(order: &Ordered, currency: &str) -> i64 {
    if order.currency.as_deref().is_some_and(|own| own != currency) {
        return 0;
    }
    let lines = || {
        let line = order.lines.iter();
        line.map(|line| line.unit_price_minor.unwrap_or_default().saturating_mul(line.quantity.max(0))).sum()
    };
    order.total_minor.unwrap_or_else(lines).max(0)
}
