//! What the models hold, and of each person what of them is in there, so that it can be taken out again exactly.
//!
//! INVARIANT: after `Models::forget_person` every model equals one that never saw the person, number for number.
//! Must never hold a name, an address or an order's number: people stand here under a purpose's pseudonym, visits and
//! orders under a hash with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use models::recommend::ItemId;
use models::recommend::affinity::CoCounts;
use models::recommend::popularity::{Day, Popularity, Unit};
use models::recommend::repeat::Purchase;
use models::recommend::session::SessionKey;
use models::recommend::visits::Visits;
use privacy::data::{Kind, Millis};
use privacy::pseudonym::Pseudonym;
use privacy::purpose::{Analytics, Personalisation};
use rustc_hash::FxHashMap;

use super::CatalogueItem;

/// Something that a person did, as the models learn it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Looked at an item, or put it in the cart.
    Looked {
        /// The product's or article's id.
        item: String,
        /// The visit, as the shop's client names it.
        session: Option<String>,
        /// When.
        at: Millis,
        /// The kind of data that says so.
        kind: Kind,
    },
    /// Bought or, with a negative quantity, sent back.
    Bought {
        /// The shop's number for the order.
        order: String,
        /// Items and how many.
        lines: Vec<(String, i64)>,
        /// When.
        at: Millis,
    },
    /// Doesn't want to see an item again.
    Unwanted {
        /// The product's or article's id.
        item: String,
        /// When it was said.
        at: Millis,
    },
}

/// A person's names for the purposes that the models serve; `None` where the purpose isn't permitted.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    /// For what is personal: visits, orders, what is unwanted.
    pub personalisation: Option<Pseudonym<Personalisation>>,
    /// For popularity.
    pub analytics: Option<Pseudonym<Analytics>>,
}

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
struct Line {
    order: u64,
    item: ItemId,
    second: i64,
    quantity: i64,
}

/// What the models hold of one person: what answers to them rest on, and all that must be subtracted to forget them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Person {
    looks: Vec<Look>,
    lines: Vec<Line>,
    unwanted: Vec<(i64, ItemId)>,
    /// What was bought and kept, oldest first; follows from `lines`.
    purchases: Vec<Purchase>,
    /// In how many orders each item stands; follows from `lines`.
    owned: BTreeMap<ItemId, u32>,
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
    fn basket(&self, order: u64) -> BTreeSet<ItemId> {
        kept(self.lines.iter().filter(|line| line.order == order))
    }

    /// The items of each order that were kept.
    fn baskets(&self) -> impl Iterator<Item = BTreeSet<ItemId>> {
        let mut orders: HashMap<u64, Vec<&Line>> = HashMap::new();
        for line in &self.lines {
            orders.entry(line.order).or_default().push(line);
        }
        orders.into_values().map(|lines| kept(lines.into_iter()))
    }

    fn has(&self) -> BTreeSet<ItemId> {
        self.owned.keys().copied().collect()
    }

    /// Brings `purchases` up to date after the lines from `first` on were added.
    fn account(&mut self, first: usize) {
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

#[derive(Default)]
pub(super) struct Models {
    // Ids come from outside: a hash that nobody can aim at.
    numbers: HashMap<String, ItemId>,
    items: Vec<Arc<CatalogueItem>>,
    pub(super) visits: Visits,
    /// What was bought in one order.
    pub(super) together: CoCounts,
    /// What one person has.
    pub(super) owned: CoCounts,
    pub(super) popularity: Popularity,
    pub(super) persons: FxHashMap<Pseudonym<Personalisation>, Arc<Person>>,
    pub(super) counted: FxHashMap<Pseudonym<Analytics>, BTreeSet<(ItemId, Day)>>,
    /// How often the baskets with an item have changed, by its number.
    changes: Vec<u32>,
}

impl Models {
    /// How often the baskets with an item have changed: what was made from their counts before is out of date.
    pub(super) fn changes(&self, item: ItemId) -> u32 {
        self.changes.get(item.index()).copied().unwrap_or_default()
    }

    /// The number of an item, a new one if nobody knows it yet.
    pub(super) fn number(&mut self, id: &str) -> ItemId {
        if let Some(known) = self.numbers.get(id) {
            return *known;
        }
        let number = ItemId(u32::try_from(self.items.len()).unwrap_or(u32::MAX));
        self.numbers.insert(id.to_owned(), number);
        // A shop without a catalogue still gets ids.
        self.items.push(Arc::new(CatalogueItem::named(id, id)));
        number
    }

    /// The number of an item, if anybody knows it.
    pub(super) fn known(&self, id: &str) -> Option<ItemId> {
        self.numbers.get(id).copied()
    }

    /// An item of which nothing but the id may be known.
    pub(super) fn nameless(&self, item: ItemId) -> Option<&Arc<CatalogueItem>> {
        self.items.get(item.index())
    }

    /// All items, by number.
    pub(super) fn items(&self) -> &[Arc<CatalogueItem>] {
        &self.items
    }

    /// Forgets everybody; items keep their numbers.
    pub(super) fn clear(&mut self) {
        let (numbers, items) = (std::mem::take(&mut self.numbers), std::mem::take(&mut self.items));
        *self = Self { numbers, items, ..Self::default() };
    }

    /// Learns a fact for each purpose that has a name.
    pub(super) fn learn(&mut self, names: Names, fact: &Fact) {
        let Names { personalisation, analytics } = names;
        match fact {
            Fact::Looked { item, session, at, kind } => {
                let item = self.number(item);
                if let Some(name) = personalisation {
                    let session = session_key(name, session.as_deref(), *at);
                    let second = at.div_euclid(1000);
                    self.visits.learn(session, item, second);
                    self.person(name).looks.push(Look { second, item, session, kind: *kind });
                }
                if let Some(name) = analytics {
                    self.count(name, item, *at);
                }
            }
            Fact::Bought { order, lines, at } => {
                let lines: Vec<(ItemId, i64)> =
                    lines.iter().map(|(item, quantity)| (self.number(item), *quantity)).collect();
                if let Some(name) = personalisation {
                    self.buy(name, order, &lines, at.div_euclid(1000));
                }
                if let Some(name) = analytics {
                    for (item, _) in lines.iter().filter(|(_, quantity)| *quantity > 0) {
                        self.count(name, *item, *at);
                    }
                }
            }
            Fact::Unwanted { item, at } => {
                let item = self.number(item);
                if let Some(name) = personalisation {
                    self.person(name).unwanted.push((at.div_euclid(1000), item));
                }
            }
        }
    }

    fn person(&mut self, name: Pseudonym<Personalisation>) -> &mut Person {
        Arc::make_mut(self.persons.entry(name).or_default())
    }

    fn count(&mut self, name: Pseudonym<Analytics>, item: ItemId, at: Millis) {
        let day = Day(privacy::store::Day::of_millis(at).0);
        // A person counts once an item and day, however often they looked.
        if self.counted.entry(name).or_default().insert((item, day)) {
            self.popularity.learn(Unit { context: None, item, day });
        }
    }

    fn buy(&mut self, name: Pseudonym<Personalisation>, order: &str, lines: &[(ItemId, i64)], second: i64) {
        let mut hasher = DefaultHasher::new();
        (name, order).hash(&mut hasher);
        let order = hasher.finish();
        let person = Arc::make_mut(self.persons.entry(name).or_default());
        let (before, had) = (person.basket(order), person.has());
        let first = person.lines.len();
        let line =
            |(item, quantity): &(ItemId, i64)| Line { order, item: *item, second, quantity: *quantity };
        person.lines.extend(lines.iter().map(line));
        person.account(first);
        let after = person.basket(order);
        for item in after.difference(&before) {
            *person.owned.entry(*item).or_default() += 1;
        }
        for item in before.difference(&after) {
            let left = person.owned.get(item).map_or(0, |orders| orders.saturating_sub(1));
            if left == 0 {
                person.owned.remove(item);
            } else {
                person.owned.insert(*item, left);
            }
        }
        let has = person.has();
        for item in before.union(&after) {
            if self.changes.len() <= item.index() {
                self.changes.resize(item.index() + 1, 0);
            }
            if let Some(changes) = self.changes.get_mut(item.index()) {
                *changes = changes.wrapping_add(1);
            }
        }
        swap(&mut self.together, &before, &after);
        swap(&mut self.owned, &had, &has);
    }

    /// Takes a person out of every model that knows them by one of these names.
    pub(super) fn forget_person(&mut self, names: Names) {
        let Names { personalisation, analytics } = names;
        if let Some(person) = personalisation.and_then(|name| self.persons.remove(&name)) {
            for look in &person.looks {
                self.visits.forget_click(look.session, look.item, look.second);
            }
            for basket in person.baskets() {
                swap(&mut self.together, &basket, &BTreeSet::new());
            }
            swap(&mut self.owned, &person.has(), &BTreeSet::new());
        }
        if let Some(units) = analytics.and_then(|name| self.counted.remove(&name)) {
            for (item, day) in units {
                if self.popularity.forget(Unit { context: None, item, day }).is_err() {
                    tracing::error!("a unit of popularity was to be forgotten that had not been learnt");
                }
            }
        }
    }
}

/// The session under which a visit of this person is in the index. Two sessions of one person never share a key but by a collision of 64-bit hashes, which forgetting click by click
/// survives.
pub(super) fn session_key(name: Pseudonym<Personalisation>, session: Option<&str>, at: Millis) -> SessionKey {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    match session {
        Some(session) => session.hash(&mut hasher),
        // Without a name for the visit, a day is one.
        None => at.div_euclid(86_400_000).hash(&mut hasher),
    }
    SessionKey(hasher.finish())
}

/// Counts the basket `after` in the place of `before`; empty ones aren't counted.
fn swap(counts: &mut CoCounts, before: &BTreeSet<ItemId>, after: &BTreeSet<ItemId>) {
    if before == after {
        return;
    }
    let before: Vec<ItemId> = before.iter().copied().collect();
    let after: Vec<ItemId> = after.iter().copied().collect();
    if counts.change(&before, &after).is_err() {
        tracing::error!("a basket was to be forgotten that had not been learnt");
        counts.learn(&after);
    }
}
