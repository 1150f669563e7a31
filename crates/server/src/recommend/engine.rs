//! The recommender's memory as the rest of the server holds it: one lock around the models, the catalogue beside them.
//!
//! Nothing here is ever written to disk: a restart learns again from what grants still open. Must never hand out what
//! is held of a person but for a grant's [`Scope`].

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use models::recommend::popularity::Day;
use models::recommend::trend::Trend;
use models::recommend::{ItemId, Scored};
use privacy::grant::Scope;
use privacy::purpose::Personalisation;
use privacy::sensitive::SensitiveRules;
use store::Item;

use super::liked::{LikedLists, Occasion};
use super::memory::Models;
use super::near::NearLists;
use super::person::Person;
use super::suits::SuitLists;
use super::taste::{Change, EASE_ITEMS, Taste};
use super::{Catalogue, Circumstances, Fact, Held, Names, Silence, Tuning, Wanted};

/// The recommender's memory. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Engine {
    pub(super) inner: Arc<Inner>,
}

/// INVARIANT: who needs both takes the lock of `models` before that of `taste`.
pub(super) struct Inner {
    pub(super) models: RwLock<Models>,
    pub(super) taste: RwLock<Taste>,
    pub(super) suits: SuitLists,
    /// What is asked for more than it used to be, on a day.
    pub(super) trend: RwLock<Option<(Day, Arc<Trend>)>>,
    tuning: RwLock<Arc<Tuning>>,
    catalogue: RwLock<Arc<Catalogue>>,
    silence: RwLock<Arc<Silence>>,
    liked: LikedLists,
    near: NearLists,
    /// Counts the times that something was learnt.
    learnt: AtomicU64,
    /// Counts the times that lists were dropped, since somebody was forgotten.
    forgettings: AtomicU64,
    at_least: u32,
    /// Explanations on their way into the vault.
    pub(super) shown: super::ShownBuffer,
}

impl Engine {
    /// An engine that knows nobody. What fewer than `at_least` people did is not popular.
    #[must_use]
    pub fn new(at_least: privacy::aggregate::Threshold) -> Self {
        Self::with_ease_items(at_least, EASE_ITEMS)
    }

    /// The same, with EASE for up to so many items and iALS beyond.
    #[must_use]
    pub fn with_ease_items(at_least: privacy::aggregate::Threshold, ease_items: usize) -> Self {
        let catalogue =
            Catalogue::build(&[], |_| ItemId(0)).unwrap_or_else(|_| unreachable!("no items, no duplicates"));
        Self {
            inner: Arc::new(Inner {
                models: RwLock::default(),
                taste: RwLock::new(Taste::new(ease_items)),
                suits: SuitLists::default(),
                trend: RwLock::default(),
                tuning: RwLock::default(),
                catalogue: RwLock::new(Arc::new(catalogue)),
                silence: RwLock::new(Arc::new(Silence::new(&SensitiveRules::default()))),
                liked: LikedLists::default(),
                near: NearLists::default(),
                learnt: AtomicU64::new(0),
                forgettings: AtomicU64::new(0),
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
            // In the order of ids, so that a catalogue numbers its items alike however it is read.
            let mut ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
            ids.sort_unstable();
            ids.into_iter().for_each(|id| {
                models.number(id);
            });
            Catalogue::build(items, |id| models.number(id))?
        };
        let silence = Arc::new(self.silence().over(&built));
        *self.inner.silence.write().unwrap_or_else(PoisonError::into_inner) = silence;
        *self.inner.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(built);
        self.drop_lists();
        Ok(())
    }

    /// Takes the shop's rules about what is sensitive in the place of those that ship alone. What was learnt before
    /// stays: set them before anything is learnt.
    pub fn heed(&self, rules: &SensitiveRules) {
        let silence = Arc::new(Silence::new(rules).over(&self.catalogue()));
        *self.inner.silence.write().unwrap_or_else(PoisonError::into_inner) = silence;
    }

    /// What of the catalogue is sensitive.
    #[must_use]
    pub fn silence(&self) -> Arc<Silence> {
        Arc::clone(&self.inner.silence.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Drops what was made from the models and may not outlive a forgetting.
    fn drop_lists(&self) {
        self.inner.liked.drop_all();
        *self.inner.trend.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.inner.forgettings.fetch_add(1, Ordering::AcqRel);
        self.inner.near.drop_all();
        self.inner.suits.drop_all();
    }

    /// How often lists were dropped.
    pub(super) fn forgettings(&self) -> u64 {
        self.inner.forgettings.load(Ordering::Acquire)
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
        if let Some(change) = take_in(&mut models, names, facts) {
            self.inner.taste.write().unwrap_or_else(PoisonError::into_inner).learn(change);
        }
        drop(models);
        self.inner.learnt.fetch_add(1, Ordering::Release);
    }

    /// Takes a person out of every model that knows them by one of these names, then learns `facts` anew under
    /// `relearn`.
    pub fn replace(&self, known: Names, relearn: Names, facts: &[Fact]) {
        {
            let mut models = self.inner.models.write().unwrap_or_else(PoisonError::into_inner);
            let before = models.row(known.personalisation);
            models.forget_person(known);
            let after = take_in(&mut models, relearn, facts).map_or_else(Vec::new, |change| change.after);
            let change = Change { before, after };
            self.inner.taste.write().unwrap_or_else(PoisonError::into_inner).forget(change);
        }
        self.drop_lists();
    }

    /// Forgets everybody, to learn anew.
    pub fn clear(&self) {
        let mut models = self.inner.models.write().unwrap_or_else(PoisonError::into_inner);
        models.clear();
        self.inner.taste.write().unwrap_or_else(PoisonError::into_inner).drop_all();
        drop(models);
        self.drop_lists();
    }

    /// After much was learnt at once: does at once what takes milliseconds, and leaves the rest to [`tend`](Self::tend).
    pub(super) fn settle(&self, today: Day) {
        {
            let models = self.inner.models.read().unwrap_or_else(PoisonError::into_inner);
            self.inner.taste.write().unwrap_or_else(PoisonError::into_inner).make_small(&models);
        }
        self.inner.suits.drop_all();
        self.follow_trend(today);
    }

    /// How many people the models know, for personalisation and for analytics.
    #[must_use]
    pub fn people(&self) -> (usize, usize) {
        let models = self.inner.models.read().unwrap_or_else(PoisonError::into_inner);
        (models.persons.len(), models.counting.people())
    }

    /// How many clicks and baskets there are in the models.
    #[must_use]
    pub fn size(&self) -> (usize, u64) {
        let models = self.inner.models.read().unwrap_or_else(PoisonError::into_inner);
        (models.visits.sessions().clicks(), models.owned.baskets())
    }

    /// What is held of the person whom a grant is for, and how many rows that rests on.
    pub(super) fn person(&self, scope: Scope<Personalisation>) -> (Arc<Person>, usize) {
        let models = self.inner.models.read().unwrap_or_else(PoisonError::into_inner);
        let person = models.persons.get(&scope.name).cloned().unwrap_or_default();
        let rows = person.rows();
        (person, rows)
    }

    /// What is popular on a day in some circumstances, best first: computed anew within a second of something new (within
    /// half a minute for what only some circumstances have), and before the next answer after every forgetting.
    #[must_use]
    pub fn popular(&self, today: Day, here: &Circumstances, wanted: Wanted) -> Arc<Vec<Scored>> {
        let learnt = self.inner.learnt.load(Ordering::Acquire);
        let occasion = Occasion { today, here, wanted, people: self.inner.at_least, learnt };
        self.inner.liked.of(&occasion, &self.inner.models, &self.catalogue())
    }

    /// What goes with one item each.
    pub(super) fn near(&self) -> &NearLists {
        &self.inner.near
    }

    /// What suits what, as lists and as the model behind them.
    pub(super) fn suits(&self) -> &SuitLists {
        &self.inner.suits
    }

    pub(super) fn taste(&self) -> &RwLock<Taste> {
        &self.inner.taste
    }

    /// For how many items EASE is kept.
    pub(super) fn ease_items(&self) -> usize {
        self.inner.taste.read().unwrap_or_else(PoisonError::into_inner).at_most()
    }

    /// What fewer people than this did is not popular.
    pub(super) fn at_least(&self) -> u32 {
        self.inner.at_least
    }

    /// What is asked for more than it used to be; nothing is, until it has been reckoned.
    pub(super) fn trend(&self) -> Arc<Trend> {
        let trend = self.inner.trend.read().unwrap_or_else(PoisonError::into_inner);
        trend.as_ref().map(|(_, trend)| Arc::clone(trend)).unwrap_or_default()
    }

    /// The dials and weights in force.
    #[must_use]
    pub fn tuning(&self) -> Arc<Tuning> {
        Arc::clone(&self.inner.tuning.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes other dials and weights from now on.
    pub fn tune(&self, tuning: Tuning) {
        *self.inner.tuning.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tuning);
    }

    /// Asks the models, all at one moment. Must not ask the engine for anything else meanwhile.
    pub(super) fn ask<R>(&self, work: impl FnOnce(&Models) -> R) -> R {
        work(&self.inner.models.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Everything that the models hold, independent of the order in which they came to hold it.
    #[must_use]
    pub fn held(&self) -> Held {
        let models = self.inner.models.read().unwrap_or_else(PoisonError::into_inner);
        Held::of(&models, &self.inner.taste.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The memory that each model takes up, in bytes (allocator overhead not counted).
    #[must_use]
    pub fn footprints(&self) -> [(&'static str, usize); 4] {
        let models = self.inner.models.read().unwrap_or_else(PoisonError::into_inner);
        let taste = self.inner.taste.read().unwrap_or_else(PoisonError::into_inner);
        [
            ("visits", models.visits.footprint_bytes()),
            ("pairs of things in orders and with people", models.pairs_bytes()),
            ("orders", models.orders.footprint_bytes()),
            ("taste", taste.footprint_bytes()),
        ]
    }

    /// The memory that the models take up, in bytes.
    #[must_use]
    pub fn footprint_bytes(&self) -> usize {
        self.footprints().iter().map(|(_, bytes)| bytes).sum()
    }
}

/// Learns facts of one person; what they have changes, or nothing of it does.
fn take_in(models: &mut Models, names: Names, facts: &[Fact]) -> Option<Change> {
    let bought = facts.iter().any(|fact| matches!(fact, Fact::Bought { .. }));
    let buyer = names.personalisation.filter(|_| bought);
    let before = models.row(buyer);
    for fact in facts {
        models.learn(names, fact);
    }
    let buyer = buyer?;
    models.file(buyer);
    Some(Change { before, after: models.row(Some(buyer)) })
}
