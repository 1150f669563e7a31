//! What the models hold, and of each person what of them is in there, so that it can be taken out again exactly.
//!
//! INVARIANT: after `Models::forget_person` every model equals one that never saw the person, number for number.
//! Must never hold a name, an address or an order's number: people stand here under a purpose's pseudonym, visits and
//! orders under a hash with it.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use models::recommend::ItemId;
use models::recommend::affinity::CoCounts;
use models::recommend::baskets::{BasketIndex, BuyerKey, Decay};
use models::recommend::popularity::Day;
use models::recommend::session::SessionKey;
use models::recommend::visits::Visits;
use privacy::data::Millis;
use privacy::pseudonym::Pseudonym;
use privacy::purpose::{Analytics, Personalisation};
use rustc_hash::FxHashMap;

use super::CatalogueItem;
use super::circumstances::Circumstance;
use super::counting::Counting;
use super::fact::{Fact, Names, Way};
use super::person::{Line, Look, Person};
use super::readers::Readers;

pub(super) struct Models {
    // Ids come from outside: a hash that nobody can aim at.
    numbers: HashMap<String, ItemId>,
    items: Vec<Arc<CatalogueItem>>,
    pub(super) visits: Visits,
    /// What was bought in one order.
    pub(super) together: CoCounts,
    /// What one person has.
    pub(super) owned: CoCounts,
    /// What each buyer bought when, and how often buyers come back for it.
    pub(super) orders: BasketIndex,
    pub(super) persons: FxHashMap<Pseudonym<Personalisation>, Arc<Person>>,
    /// What buyers read.
    pub(super) readers: Readers<Pseudonym<Personalisation>>,
    /// What is liked, of those who permit analytics.
    pub(super) counting: Counting<Pseudonym<Analytics>>,
    /// How often the baskets with an item have changed, by its number.
    changes: Vec<u32>,
}

impl Default for Models {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            items: Vec::new(),
            visits: Visits::new(),
            together: CoCounts::new(),
            owned: CoCounts::new(),
            orders: BasketIndex::new(Decay::standard()),
            persons: FxHashMap::default(),
            readers: Readers::default(),
            counting: Counting::default(),
            changes: Vec::new(),
        }
    }
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
        let counting = std::mem::take(&mut self.counting).emptied();
        *self = Self { numbers, items, counting, ..Self::default() };
    }

    /// Learns a fact for each purpose that has a name. After an order, `file` what the person bought.
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
                    self.buy(name, order_key(name, order), &lines, at.div_euclid(1000));
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
            Fact::Read { item } => {
                let item = self.number(item);
                if let Some(name) = personalisation {
                    self.readers.read(name, item);
                }
            }
            Fact::Came { ways, at } => {
                if let Some(name) = analytics {
                    for way in ways {
                        let ways = match way {
                            Way::Device(device) => Circumstance::of_device(*device).into_iter().collect(),
                            Way::From(from) => vec![Circumstance::From(*from)],
                            Way::Region(place) => self.counting.place(place),
                        };
                        self.counting.came(name, &ways, day_of(*at));
                    }
                }
            }
        }
    }

    fn person(&mut self, name: Pseudonym<Personalisation>) -> &mut Person {
        Arc::make_mut(self.persons.entry(name).or_default())
    }

    fn count(&mut self, name: Pseudonym<Analytics>, item: ItemId, at: Millis) {
        self.counting.learn(name, item, day_of(at));
    }

    /// What a person has, in order, under a name that may be absent.
    pub(super) fn row(&self, name: Option<Pseudonym<Personalisation>>) -> Vec<ItemId> {
        name.and_then(|name| self.persons.get(&name)).map(|person| person.row()).unwrap_or_default()
    }

    /// The memory of the pairs of things that were bought or are had together, in bytes.
    pub(super) fn pairs_bytes(&self) -> usize {
        self.together.footprint_bytes() + self.owned.footprint_bytes()
    }

    /// Brings a person's orders in the index of baskets up to date with what was learnt: once for many facts.
    pub(super) fn file(&mut self, name: Pseudonym<Personalisation>) {
        let history = self.persons.get(&name).map(|person| person.history()).unwrap_or_default();
        self.orders.replace(buyer_key(name), history);
    }

    /// Learns lines of one order, which may have been learnt in part.
    fn buy(&mut self, name: Pseudonym<Personalisation>, order: u64, lines: &[(ItemId, i64)], second: i64) {
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
        self.readers.has(name, &has);
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

    /// Learns what a person did before a second once more, in the same numbers: for a shop as it was then. Visits come apart from
    /// this, since many are learnt faster at once.
    pub(super) fn learn_before(&mut self, name: Pseudonym<Personalisation>, person: &Person, second: i64) {
        for lines in person.lines.chunk_by(|a, b| (a.order, a.second) == (b.order, b.second)) {
            let Some(first) = lines.first().filter(|line| line.second < second) else { continue };
            let bought: Vec<(ItemId, i64)> = lines.iter().map(|line| (line.item, line.quantity)).collect();
            self.buy(name, first.order, &bought, first.second);
        }
        self.file(name);
    }

    /// Takes a person out of every model that knows them by one of these names.
    pub(super) fn forget_person(&mut self, names: Names) {
        let Names { personalisation, analytics } = names;
        personalisation.into_iter().for_each(|name| self.readers.forget(name));
        if let Some(person) = personalisation.and_then(|name| self.persons.remove(&name)) {
            for look in &person.looks {
                self.visits.forget_click(look.session, look.item, look.second);
            }
            for basket in person.baskets() {
                swap(&mut self.together, &basket, &BTreeSet::new());
            }
            swap(&mut self.owned, &person.has(), &BTreeSet::new());
            if let Some(name) = personalisation {
                self.orders.forget(buyer_key(name));
            }
        }
        analytics.into_iter().for_each(|name| self.counting.forget(name));
    }
}

fn day_of(at: Millis) -> Day {
    Day(privacy::store::Day::of_millis(at).0)
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

/// Under which number an order stands.
fn order_key(name: Pseudonym<Personalisation>, order: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (name, order).hash(&mut hasher);
    hasher.finish()
}

/// Under which number a person's orders are in the index of baskets.
pub(super) fn buyer_key(name: Pseudonym<Personalisation>) -> BuyerKey {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    BuyerKey(hasher.finish())
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
