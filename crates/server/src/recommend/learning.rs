//! How the models come to hold what they hold: through a grant or a collection, after the commit that made it lawful,
//! in the order of commits. No other file may feed the engine.

use jiff::Timestamp;
use privacy::data::{
    BasketAction, BrowseAction, BrowsingHistory, CartHistory, DeviceTraces, Feedback, Kind, OrderAction,
    PurchaseHistory, UsableFor,
};
use privacy::data::{Basketed, Browsed, Millis, Ordered, Seen, Told};
use privacy::grant::{Authorize, Collection, Grant, ReadError};
use privacy::minimise::{CameFrom, region as region_of};
use privacy::purpose::{Analytics, Personalisation, Purpose};
use privacy::store::{Day, StoreError, Tx};
use privacy::subject::Subject;
use privacy::vault::Vault;
use store::{Store, WriteTx};

use super::circumstances::device_named;
use super::fact::Way;
use super::{Engine, Fact, Names, PART};

/// The facts in rows of browsing, carts, orders and feedback.
#[must_use]
pub fn facts(browsed: &[Browsed], basketed: &[Basketed], ordered: &[Ordered], told: &[Told]) -> Vec<Fact> {
    let looked = browsed.iter().filter_map(|row| {
        let counts = match row.action {
            BrowseAction::ViewedProduct | BrowseAction::ReadArticle | BrowseAction::Clicked => true,
            BrowseAction::ViewedList
            | BrowseAction::Searched
            | BrowseAction::OpenedPage
            | BrowseAction::SawPromotion => false,
        };
        let item = row.item.clone().filter(|_| counts)?;
        Some(Fact::Looked { item, session: row.session.clone(), at: row.at, kind: Kind::BrowsingHistory })
    });
    let read = browsed.iter().filter(|row| row.action == BrowseAction::ReadArticle);
    let read = read.filter_map(|row| Some(Fact::Read { item: row.item.clone()? }));
    let carted = basketed.iter().filter_map(|row| {
        let counts = match row.action {
            BasketAction::Added | BasketAction::Wished => true,
            BasketAction::Removed
            | BasketAction::ViewedCart
            | BasketAction::StartedCheckout
            | BasketAction::Coupon
            | BasketAction::Unwished => false,
        };
        let item = row.item.clone().filter(|_| counts)?;
        Some(Fact::Looked { item, session: row.session.clone(), at: row.at, kind: Kind::CartHistory })
    });
    let bought = ordered.iter().filter_map(|row| {
        let sign = match row.action {
            OrderAction::Placed => 1,
            OrderAction::Refunded | OrderAction::Cancelled => -1,
            OrderAction::Updated => return None,
        };
        // Some clients write what was sent back with a minus, some without.
        let lines = row.lines.iter().map(|line| (line.item.clone(), sign * line.quantity.abs())).collect();
        Some(Fact::Bought { order: row.order.clone(), lines, at: row.at })
    });
    let unwanted = told.iter().filter_map(|row| {
        let counts = matches!(row.verdict.as_str(), "not_interested" | "wrong" | "intrusive");
        let item = row.item.clone().filter(|_| counts)?;
        Some(Fact::Unwanted { item, at: row.at })
    });
    looked.chain(read).chain(carted).chain(bought).chain(unwanted).collect()
}

/// In which circumstances somebody came, by their device and the countries of their orders.
fn ways(seen: &[Seen], ordered: &[Ordered]) -> Vec<Fact> {
    let came = seen.iter().map(|row| {
        let Seen { at, browser: _, class, network: _, locale: _, source, region } = row;
        let device = class.as_deref().and_then(device_named).map(Way::Device);
        let from = source.as_deref().and_then(CameFrom::named).map(Way::From);
        let place = region.as_deref().and_then(region_of).map(Way::Region);
        Fact::Came { ways: device.into_iter().chain(from).chain(place).collect(), at: *at }
    });
    let sent = ordered.iter().filter_map(|row| {
        let country = row.country.as_deref().and_then(region_of)?;
        Some(Fact::Came { ways: vec![Way::Region(country)], at: row.at })
    });
    came.chain(sent).collect()
}

/// What one person's new rows teach, for each purpose that may read them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Lesson {
    personalisation: Vec<Fact>,
    analytics: Vec<Fact>,
}

impl Lesson {
    /// Adds a row of browsing that was just stored through `collection`.
    pub fn browsed(&mut self, collection: &Collection<'_>, row: &Browsed) {
        self.add::<BrowsingHistory>(collection, row, row.at, |row| {
            facts(std::slice::from_ref(row), &[], &[], &[])
        });
    }

    /// Adds a row of the cart.
    pub fn basketed(&mut self, collection: &Collection<'_>, row: &Basketed) {
        self.add::<CartHistory>(collection, row, row.at, |row| {
            facts(&[], std::slice::from_ref(row), &[], &[])
        });
    }

    /// Adds an order.
    pub fn ordered(&mut self, collection: &Collection<'_>, row: &Ordered) {
        self.add::<PurchaseHistory>(collection, row, row.at, |row| {
            facts(&[], &[], std::slice::from_ref(row), &[])
        });
        if let Some(seen) = collection.as_read_for::<Analytics, PurchaseHistory>(row, Day::of_millis(row.at))
        {
            self.analytics.extend(ways(&[], std::slice::from_ref(&seen)));
        }
    }

    /// Adds what is known of the device and of where the visit came from. It serves nothing but counts.
    pub fn seen(&mut self, collection: &Collection<'_>, row: &Seen) {
        if let Some(seen) = collection.as_read_for::<Analytics, DeviceTraces>(row, Day::of_millis(row.at)) {
            self.analytics.extend(ways(std::slice::from_ref(&seen), &[]));
        }
    }

    /// Adds what somebody told the shop about an item. It serves no statistics.
    pub fn told(&mut self, collection: &Collection<'_>, row: &Told) {
        if let Some(seen) = collection.as_read_for::<Personalisation, Feedback>(row, Day::of_millis(row.at)) {
            self.personalisation.extend(facts(&[], &[], &[], std::slice::from_ref(&seen)));
        }
    }

    fn add<K>(
        &mut self,
        collection: &Collection<'_>,
        row: &K::Row,
        at: Millis,
        facts_in: impl Fn(&K::Row) -> Vec<Fact>,
    ) where
        K: UsableFor<Personalisation> + UsableFor<Analytics>,
    {
        let day = Day::of_millis(at);
        if let Some(seen) = collection.as_read_for::<Personalisation, K>(row, day) {
            self.personalisation.extend(facts_in(&seen));
        }
        if let Some(seen) = collection.as_read_for::<Analytics, K>(row, day) {
            self.analytics.extend(facts_in(&seen));
        }
    }
}

/// Inside a write: what was just stored for a person is learnt after the commit.
pub fn learn(tx: &WriteTx<'_>, engine: &Engine, vault: &Vault, subject: &Subject, lesson: Lesson) {
    let Lesson { mut personalisation, mut analytics } = lesson;
    for facts in [&mut personalisation, &mut analytics] {
        if let Err(error) = engine.silence().hush(tx, subject, tx.what().at, facts) {
            tracing::error!(error.cause = %error, "the ledger can't be read; what is sensitive isn't learnt");
        }
    }
    if personalisation.is_empty() && analytics.is_empty() {
        return;
    }
    let known = all_names(vault, subject);
    let engine = engine.clone();
    tx.after_commit(Box::new(move || {
        engine.learn(Names { analytics: None, ..known }, &personalisation);
        engine.learn(Names { personalisation: None, ..known }, &analytics);
    }));
}

/// Inside a write, after anything but an appended row changed for a person (a decision, an objection, a restriction, a
/// correction, a deletion, a join): forgets what the models hold and learns again what grants still open.
///
/// # Errors
/// [`ReadError`] when the ledger or a row can't be read; the write should fail then.
pub fn relearn(
    tx: &WriteTx<'_>,
    engine: &Engine,
    vault: &Vault,
    subject: &Subject,
    now: Timestamp,
) -> Result<(), ReadError> {
    let known = all_names(vault, subject);
    let (for_personalisation, for_analytics) = open(tx, engine, vault, subject, now)?;
    let engine = engine.clone();
    tx.after_commit(Box::new(move || {
        let nobody = Names { personalisation: None, analytics: None };
        let personal = Names { personalisation: known.personalisation, ..nobody };
        let counted = Names { analytics: known.analytics, ..nobody };
        engine.replace(known, personal, &for_personalisation);
        engine.learn(counted, &for_analytics);
    }));
    Ok(())
}

/// Inside a write: forgets the person in every model after the commit, and what is on its way into the vault. Returns
/// the names of the models.
pub fn forget(tx: &WriteTx<'_>, engine: &Engine, vault: &Vault, subject: &Subject) -> Vec<String> {
    let known = all_names(vault, subject);
    let (engine, subject) = (engine.clone(), *subject);
    tx.after_commit(Box::new(move || {
        engine.shown().drop_subject(&subject);
        engine.replace(known, Names { personalisation: None, analytics: None }, &[]);
    }));
    [
        "session",
        "item_to_item",
        "bought_together",
        "owned_together",
        "next_basket",
        "taste",
        "bought_and_read",
        "popularity",
        "repeat",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Rebuilds all models from the store, one person and grant at a time. `progress` gets the number of people so far.
///
/// # Errors
/// [`StoreError`] when the store can't be read; people whose rows don't open are left out and counted in the log.
pub fn replay(
    store: &Store,
    engine: &Engine,
    now: Timestamp,
    progress: &dyn Fn(u64),
) -> Result<u64, StoreError> {
    let items = store.read(|tx| tx.items())?;
    if let Err(error) = engine.stock_catalogue(&items) {
        tracing::error!(error.cause = %error, "the catalogue can't be used");
    }
    engine.clear();
    let mut subjects = Vec::new();
    store.read(|tx| tx.subjects(&mut |subject| subjects.push(subject)))?;
    let (mut people, mut unreadable) = (0, 0_u64);
    for some in subjects.chunks(500) {
        store.read(|tx| {
            for subject in some {
                match open(tx, engine, store.vault(), subject, now) {
                    Ok((for_personalisation, for_analytics)) => {
                        let known = all_names(store.vault(), subject);
                        engine.learn(Names { analytics: None, ..known }, &for_personalisation);
                        engine.learn(Names { personalisation: None, ..known }, &for_analytics);
                    }
                    Err(ReadError::Store(error)) => return Err(error),
                    Err(_) => unreadable += 1,
                }
                people += 1;
            }
            progress(people);
            Ok::<(), StoreError>(())
        })?;
    }
    engine.settle(today(now));
    if unreadable > 0 {
        tracing::error!(people.unreadable = unreadable, "rows that don't open; run `equipoise doctor`");
    }
    Ok(people)
}

/// The day, as the counts of what is popular number it.
pub(crate) fn today(now: Timestamp) -> models::recommend::popularity::Day {
    models::recommend::popularity::Day(Day::of(now).0)
}

fn all_names(vault: &Vault, subject: &Subject) -> Names {
    Names { personalisation: Some(vault.pseudonym(subject)), analytics: Some(vault.pseudonym(subject)) }
}

/// What a person's grants open for the models: facts for personalisation, and facts for analytics.
fn open(
    tx: &impl Tx,
    engine: &Engine,
    vault: &Vault,
    subject: &Subject,
    now: Timestamp,
) -> Result<(Vec<Fact>, Vec<Fact>), ReadError> {
    let mut personal = match tx.authorize::<Personalisation>(subject, PART, now) {
        Ok(grant) => {
            let mut personal = granted(&grant, vault)?;
            if let Some(told) = declared(grant.read::<Feedback>(vault))? {
                // exposed: what the person doesn't want to see again, kept under the purpose's pseudonym.
                personal.extend(facts(&[], &[], &[], told.expose()));
            }
            personal
        }
        Err(ReadError::Refused(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    let mut counted = match tx.authorize::<Analytics>(subject, PART, now) {
        Ok(grant) => {
            let mut counted = granted(&grant, vault)?;
            let seen = declared(grant.read::<DeviceTraces>(vault))?;
            let ordered = declared(grant.read::<PurchaseHistory>(vault))?;
            // exposed: counted apart by circumstance, under the purpose's pseudonym.
            let seen = seen.as_ref().map_or(&[][..], |rows| rows.expose());
            // exposed: the country alone, as above.
            let ordered = ordered.as_ref().map_or(&[][..], |rows| rows.expose());
            counted.extend(ways(seen, ordered));
            counted
        }
        Err(ReadError::Refused(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    let silence = engine.silence();
    silence.hush(tx, subject, now, &mut personal)?;
    silence.hush(tx, subject, now, &mut counted)?;
    Ok((personal, counted))
}

fn granted<P: Purpose>(grant: &Grant<'_, P>, vault: &Vault) -> Result<Vec<Fact>, ReadError>
where
    BrowsingHistory: UsableFor<P>,
    CartHistory: UsableFor<P>,
    PurchaseHistory: UsableFor<P>,
{
    let browsed = declared(grant.read::<BrowsingHistory>(vault))?;
    let basketed = declared(grant.read::<CartHistory>(vault))?;
    let ordered = declared(grant.read::<PurchaseHistory>(vault))?;
    // exposed: the models learn under the purpose's pseudonym, and only what this purpose declares.
    let browsed = browsed.as_ref().map_or(&[][..], |rows| rows.expose());
    // exposed: as above.
    let basketed = basketed.as_ref().map_or(&[][..], |rows| rows.expose());
    // exposed: as above.
    let ordered = ordered.as_ref().map_or(&[][..], |rows| rows.expose());
    Ok(facts(browsed, basketed, ordered, &[]))
}

/// A kind that the register doesn't declare for the purpose is simply not there.
pub(crate) fn declared<T>(read: Result<T, ReadError>) -> Result<Option<T>, ReadError> {
    match read {
        Ok(rows) => Ok(Some(rows)),
        Err(ReadError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
