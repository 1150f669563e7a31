//! The models in memory, and what of each person is in them, so that it can be taken out again exactly.
//!
//! INVARIANT: after `Models::forget_person` every model equals one that never saw the person, number for number.
//! Nothing here is ever written to disk: a restart learns again from what grants still open.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use models::recommend::affinity::CoCounts;
use models::recommend::popularity::{Day, Popularity, Question, Unit};
use models::recommend::session::{CanonicalIndex, SessionIndex, SessionKey};
use models::recommend::{ItemId, Scored};
use privacy::data::Millis;
use privacy::pseudonym::Pseudonym;
use privacy::purpose::{Analytics, Personalisation};
use store::Item;

use super::Catalogue;

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
}

/// A person's names for the purposes that the models serve; `None` where the purpose isn't permitted.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    /// For the session and affinity models.
    pub personalisation: Option<Pseudonym<Personalisation>>,
    /// For popularity.
    pub analytics: Option<Pseudonym<Analytics>>,
}

/// What the models hold of one person.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Person {
    clicks: Vec<(SessionKey, ItemId, i64)>,
    /// Net quantity of each item in each order.
    orders: BTreeMap<String, BTreeMap<ItemId, i64>>,
    /// The baskets that are counted: each order's, and the person's all.
    baskets: BTreeMap<String, BTreeSet<ItemId>>,
    all: BTreeSet<ItemId>,
}

#[derive(Default)]
struct Models {
    numbers: HashMap<String, ItemId>,
    ids: Vec<String>,
    sessions: SessionIndex,
    /// What was bought in one order.
    together: CoCounts,
    /// What one person has.
    owned: CoCounts,
    popularity: Popularity,
    persons: HashMap<Pseudonym<Personalisation>, Person>,
    counted: HashMap<Pseudonym<Analytics>, BTreeSet<(ItemId, Day)>>,
}

/// A view of everything that the models hold, to be compared with another's. Slow; for proofs.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The session index.
    pub sessions: BTreeMap<SessionKey, Vec<(i64, String)>>,
    /// How often two items were bought in one order, and how often one person has both.
    pub pairs: BTreeMap<(String, String), (u32, u32)>,
    /// How many baskets there are of each sort.
    pub baskets: (u64, u64),
    /// Units of popularity by item and day.
    pub units: BTreeMap<(String, i32), u32>,
    /// How many people there are in the models.
    pub people: (usize, usize),
}

/// The recommender's memory. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    models: RwLock<Models>,
    catalogue: RwLock<Arc<Catalogue>>,
    popular: Mutex<Option<PopularList>>,
    /// Counts the times that something was learnt.
    learnt: AtomicU64,
    at_least: u32,
    /// Explanations on their way into the vault.
    pub(super) shown: super::ShownBuffer,
}

/// What is popular on a day, as it was computed at an instant.
struct PopularList {
    at: Instant,
    /// How much had been learnt then.
    learnt: u64,
    day: Day,
    list: Arc<Vec<Scored>>,
}

/// How old a list of what is popular may be when more was learnt since. When somebody was forgotten it may not be used
/// at all any more.
const POPULAR_FOR: Duration = Duration::from_secs(1);

impl Engine {
    /// An engine that knows nobody. What fewer than `at_least` people did is not popular.
    #[must_use]
    pub fn new(at_least: privacy::aggregate::Threshold) -> Self {
        let catalogue =
            Catalogue::build(&[], |_| ItemId(0)).unwrap_or_else(|_| unreachable!("no items, no duplicates"));
        Self {
            inner: Arc::new(Inner {
                models: RwLock::default(),
                catalogue: RwLock::new(Arc::new(catalogue)),
                popular: Mutex::new(None),
                learnt: AtomicU64::new(0),
                at_least: at_least.people(),
                shown: super::ShownBuffer::default(),
            }),
        }
    }

    /// Takes the catalogue in the place of the one before.
    ///
    /// # Errors
    /// When an item stands in it twice.
    pub fn stock_catalogue(&self, items: &[Item]) -> Result<(), models::recommend::content::ContentError> {
        let built = {
            let mut models = self.inner.models.write().unwrap_or_else(PoisonError::into_inner);
            Catalogue::build(items, |id| models.number(id))?
        };
        *self.inner.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(built);
        Ok(())
    }

    /// The catalogue.
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.inner.catalogue.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The explanations on their way into the vault.
    pub(super) fn shown(&self) -> &super::ShownBuffer {
        &self.inner.shown
    }

    /// Learns what a person did, for the purposes that they have a name for.
    pub fn learn(&self, names: Names, facts: &[Fact]) {
        let mut models = self.inner.models.write().unwrap_or_else(PoisonError::into_inner);
        for fact in facts {
            models.learn(names, fact);
        }
        self.inner.learnt.fetch_add(1, Ordering::Release);
    }

    /// Takes a person out of every model that knows them by one of these names, then learns `facts` anew under
    /// `relearn`.
    pub fn replace(&self, known: Names, relearn: Names, facts: &[Fact]) {
        {
            let mut models = self.inner.models.write().unwrap_or_else(PoisonError::into_inner);
            models.forget_person(known);
            for fact in facts {
                models.learn(relearn, fact);
            }
        }
        *self.inner.popular.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Forgets everybody, to learn anew.
    pub fn clear(&self) {
        let mut models = self.inner.models.write().unwrap_or_else(PoisonError::into_inner);
        let (numbers, ids) = (std::mem::take(&mut models.numbers), std::mem::take(&mut models.ids));
        *models = Models { numbers, ids, ..Models::default() };
        drop(models);
        *self.inner.popular.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// How many people the models know, for personalisation and for analytics.
    #[must_use]
    pub fn people(&self) -> (usize, usize) {
        let models = self.inner.models.read().unwrap_or_else(PoisonError::into_inner);
        (models.persons.len(), models.counted.len())
    }

    /// How many clicks and baskets there are in the models.
    #[must_use]
    pub fn size(&self) -> (usize, u64) {
        let models = self.inner.models.read().unwrap_or_else(PoisonError::into_inner);
        (models.sessions.clicks(), models.owned.baskets())
    }

    /// The number of an item, if the models or the catalogue know it.
    #[must_use]
    pub fn number(&self, id: &str) -> Option<ItemId> {
        self.inner.models.read().unwrap_or_else(PoisonError::into_inner).numbers.get(id).copied()
    }

    /// An item that the models know and the catalogue doesn't: its id is all there is.
    #[must_use]
    pub fn nameless(&self, number: ItemId) -> Option<Arc<super::CatalogueItem>> {
        let models = self.inner.models.read().unwrap_or_else(PoisonError::into_inner);
        models.ids.get(number.index()).map(|id| {
            Arc::new(super::CatalogueItem {
                id: id.clone(),
                kind: store::ItemKind::Product,
                name: id.clone(),
                brand: None,
                category: Vec::new(),
                price_minor: None,
                currency: None,
                tags: Vec::new(),
                text: String::new(),
                consumable: true,
                fit: None,
                stock: None,
                url: None,
                picture: None,
            })
        })
    }

    /// What is popular on a day, best first: computed anew within a second of something new, and
    /// before the next answer after every forgetting.
    #[must_use]
    pub fn popular(&self, today: Day) -> Arc<Vec<Scored>> {
        let learnt = self.inner.learnt.load(Ordering::Acquire);
        let mut cached = self.inner.popular.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*cached
            && known.day == today
            && (known.learnt == learnt || known.at.elapsed() < POPULAR_FOR)
        {
            return Arc::clone(&known.list);
        }
        let question = Question {
            context: None,
            today,
            window_days: 90,
            half_life_days: 21.0,
            at_least: self.inner.at_least,
            count: 500,
        };
        let models = self.inner.models.read().unwrap_or_else(PoisonError::into_inner);
        let list = Arc::new(models.popularity.score(&question).unwrap_or_default());
        *cached = Some(PopularList { at: Instant::now(), learnt, day: today, list: Arc::clone(&list) });
        list
    }

    /// Reads the session index and the counts under one lock.
    pub(super) fn with_models<R>(&self, work: impl FnOnce(&SessionIndex, &CoCounts, &CoCounts) -> R) -> R {
        let models = self.inner.models.read().unwrap_or_else(PoisonError::into_inner);
        work(&models.sessions, &models.together, &models.owned)
    }

    /// The session under which a visit of this person is in the index.
    #[must_use]
    pub fn session_key(name: Pseudonym<Personalisation>, session: Option<&str>, at: Millis) -> SessionKey {
        session_key(name, session, at)
    }

    /// Everything that the models hold, independent of the order in which they came to hold it.
    #[must_use]
    pub fn held(&self) -> Held {
        let models = self.inner.models.read().unwrap_or_else(PoisonError::into_inner);
        let id = |item: ItemId| models.ids.get(item.index()).cloned().unwrap_or_default();
        let CanonicalIndex { sessions, postings: _ } = models.sessions.canonical();
        let sessions = sessions
            .into_iter()
            .map(|(key, clicks)| {
                let mut clicks: Vec<_> = clicks.iter().map(|click| (click.time, id(click.item))).collect();
                clicks.sort();
                (key, clicks)
            })
            .collect();
        let items: Vec<ItemId> =
            (0..models.ids.len()).filter_map(|n| u32::try_from(n).ok()).map(ItemId).collect();
        let mut pairs = BTreeMap::new();
        for a in &items {
            for b in &items {
                let counts = (models.together.together(*a, *b), models.owned.together(*a, *b));
                if counts != (0, 0) {
                    pairs.insert((id(*a), id(*b)), counts);
                }
            }
        }
        let mut units: BTreeMap<(String, i32), u32> = BTreeMap::new();
        for counted in models.counted.values() {
            for (item, day) in counted {
                units.insert((id(*item), day.0), models.popularity.units(None, *item, *day));
            }
        }
        Held {
            sessions,
            pairs,
            baskets: (models.together.baskets(), models.owned.baskets()),
            units,
            people: (models.persons.len(), models.counted.len()),
        }
    }

    /// The memory that the session index takes up, in bytes.
    #[must_use]
    pub fn footprint_bytes(&self) -> usize {
        self.inner.models.read().unwrap_or_else(PoisonError::into_inner).sessions.footprint_bytes()
    }
}

/// Two sessions of one person never share a key but by a collision of 64-bit hashes, which forgetting click by click
/// survives.
fn session_key(name: Pseudonym<Personalisation>, session: Option<&str>, at: Millis) -> SessionKey {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    match session {
        Some(session) => session.hash(&mut hasher),
        // Without a name for the visit, a day is one.
        None => at.div_euclid(86_400_000).hash(&mut hasher),
    }
    SessionKey(hasher.finish())
}

impl Models {
    fn number(&mut self, id: &str) -> ItemId {
        if let Some(known) = self.numbers.get(id) {
            return *known;
        }
        let number = ItemId(u32::try_from(self.ids.len()).unwrap_or(u32::MAX));
        self.numbers.insert(id.to_owned(), number);
        self.ids.push(id.to_owned());
        number
    }

    fn learn(&mut self, names: Names, fact: &Fact) {
        let Names { personalisation, analytics } = names;
        match fact {
            Fact::Looked { item, session, at } => {
                let item = self.number(item);
                if let Some(name) = personalisation {
                    let key = session_key(name, session.as_deref(), *at);
                    let second = at.div_euclid(1000);
                    self.sessions.learn(key, item, second);
                    self.persons.entry(name).or_default().clicks.push((key, item, second));
                }
                if let Some(name) = analytics {
                    self.count(name, item, *at);
                }
            }
            Fact::Bought { order, lines, at } => {
                let lines: Vec<(ItemId, i64)> =
                    lines.iter().map(|(item, quantity)| (self.number(item), *quantity)).collect();
                if let Some(name) = personalisation {
                    self.buy(name, order, &lines);
                }
                if let Some(name) = analytics {
                    for (item, _) in lines.iter().filter(|(_, quantity)| *quantity > 0) {
                        self.count(name, *item, *at);
                    }
                }
            }
        }
    }

    fn count(&mut self, name: Pseudonym<Analytics>, item: ItemId, at: Millis) {
        let day = Day(privacy::store::Day::of_millis(at).0);
        // A person counts once an item and day, however often they looked.
        if self.counted.entry(name).or_default().insert((item, day)) {
            self.popularity.learn(Unit { context: None, item, day });
        }
    }

    fn buy(&mut self, name: Pseudonym<Personalisation>, order: &str, lines: &[(ItemId, i64)]) {
        let person = self.persons.entry(name).or_default();
        let quantities = person.orders.entry(order.to_owned()).or_default();
        for (item, quantity) in lines {
            *quantities.entry(*item).or_default() += quantity;
        }
        let basket: BTreeSet<ItemId> =
            quantities.iter().filter(|(_, quantity)| **quantity > 0).map(|(item, _)| *item).collect();
        let before = person.baskets.insert(order.to_owned(), basket.clone()).unwrap_or_default();
        swap(&mut self.together, &before, &basket);
        let all: BTreeSet<ItemId> = person.baskets.values().flatten().copied().collect();
        let before = std::mem::replace(&mut person.all, all);
        swap(&mut self.owned, &before, &person.all);
    }

    fn forget_person(&mut self, names: Names) {
        let Names { personalisation, analytics } = names;
        if let Some(person) = personalisation.and_then(|name| self.persons.remove(&name)) {
            let Person { clicks, orders: _, baskets, all } = person;
            for (session, item, second) in clicks {
                self.sessions.forget_click(session, item, second);
            }
            for basket in baskets.values() {
                swap(&mut self.together, basket, &BTreeSet::new());
            }
            swap(&mut self.owned, &all, &BTreeSet::new());
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
