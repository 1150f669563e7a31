//! What is liked at the moment, in all and in the circumstances of a question: made from the counts, and kept for a
//! moment, since going through them costs more than an answer.
//!
//! INVARIANT: no list outlives a forgetting. Must never hold a list for one person: each is for a kind of goods and a
//! few circumstances that many share.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use models::recommend::popularity::{Day, Level, Liked, Question, here};
use models::recommend::{ItemId, Scored};
use rustc_hash::FxHashMap;
use store::ItemKind;

use super::circumstances::{Circumstance, Circumstances, Regions};
use super::memory::Models;
use super::{Catalogue, Wanted};

/// How old the list of what all like may be when more was learnt since.
const ALL_FOR: Duration = Duration::from_secs(1);
/// A list for some circumstances may be so many times as old as it took to make it, so that making them anew never takes
/// more than a small share of the processor, and no older than this.
const TIMES: u32 = 200;
const SOME_FOR: Duration = Duration::from_secs(30);
/// How many items a list of counts, and a list that was put together, holds.
const COUNTED: usize = 200;
pub(super) const LENGTH: usize = 100;
/// A share of all interest that is a large one in a shop of a usual size.
const SHARE: f64 = 0.01;
/// More lists than so many that were put together are not kept.
const KEPT: usize = 200;
/// Against so many units the counts of a circumstance stand half and half with what all like. Chosen on customers'
/// last-but-one invoices (`equipoise evaluate transactions` tells what it finds best on a shop's own data).
const SHRINKAGE: f64 = 30.0;

/// What a list is of.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Of {
    wanted: Wanted,
    circumstance: Option<Circumstance>,
}

struct Kept {
    at: Instant,
    made_in: Duration,
    /// How much had been learnt then.
    learnt: u64,
    liked: Arc<Liked>,
}

/// Chains of circumstances, each from the narrowest to the widest.
type Chains = Vec<Vec<Circumstance>>;

#[derive(Default)]
struct Lists {
    day: Option<Day>,
    counted: FxHashMap<Of, Kept>,
    /// Put together from `counted`, for as long as those stand.
    mixed: FxHashMap<(Wanted, Chains), Arc<Vec<Scored>>>,
}

/// The lists that are kept.
#[derive(Default)]
pub(super) struct LikedLists(Mutex<Lists>);

/// What a list is asked for.
pub(super) struct Occasion<'a> {
    pub(super) today: Day,
    pub(super) here: &'a Circumstances,
    pub(super) wanted: Wanted,
    /// What fewer people did is not liked.
    pub(super) people: u32,
    /// How much has been learnt.
    pub(super) learnt: u64,
}

impl LikedLists {
    /// Drops every list: somebody was forgotten, or the catalogue is another.
    pub(super) fn drop_all(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Lists::default();
    }

    /// What is liked on an occasion, best first. The models are read when a list has to be made.
    pub(super) fn of(
        &self,
        occasion: &Occasion<'_>,
        models: &RwLock<Models>,
        catalogue: &Catalogue,
    ) -> Arc<Vec<Scored>> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lists = &mut *guard;
        if lists.day != Some(occasion.today) {
            *lists = Lists { day: Some(occasion.today), ..Lists::default() };
        }
        let models = models.read().unwrap_or_else(PoisonError::into_inner);
        let chains = chains(occasion, models.counting.regions());
        let mut renewed = lists.renew(None, occasion, &models, catalogue);
        for circumstance in chains.iter().flatten() {
            renewed |= lists.renew(Some(*circumstance), occasion, &models, catalogue);
        }
        if renewed || lists.mixed.len() > KEPT {
            lists.mixed.clear();
        }
        let key = (occasion.wanted, chains);
        if let Some(known) = lists.mixed.get(&key) {
            return Arc::clone(known);
        }
        let mixed = Arc::new(lists.mix(occasion.wanted, &key.1));
        lists.mixed.insert(key, Arc::clone(&mixed));
        mixed
    }
}

impl Lists {
    /// Makes a list anew if it isn't there or too old; whether it did.
    fn renew(
        &mut self,
        circumstance: Option<Circumstance>,
        occasion: &Occasion<'_>,
        models: &Models,
        catalogue: &Catalogue,
    ) -> bool {
        let of = Of { wanted: occasion.wanted, circumstance };
        let fresh = |kept: &Kept| {
            let fresh_for = match circumstance {
                None => ALL_FOR,
                Some(_) => kept.made_in.saturating_mul(TIMES).min(SOME_FOR),
            };
            kept.learnt == occasion.learnt || kept.at.elapsed() < fresh_for
        };
        if self.counted.get(&of).is_some_and(fresh) {
            return false;
        }
        // Of a time of the year, the same one of the year before tells more than these weeks, which all counts hold.
        let (window_days, half_life_days) = match circumstance {
            Some(Circumstance::Quarter(_)) => (400, 365.0),
            Some(_) | None => (90, 21.0),
        };
        let question = Question {
            context: circumstance.map(Circumstance::number),
            today: occasion.today,
            window_days,
            half_life_days,
            at_least: 1,
            count: COUNTED,
        };
        let fits = |item: ItemId| match (catalogue.numbered(item).map(|item| item.kind), occasion.wanted) {
            (_, Wanted::Both) => true,
            (Some(ItemKind::Product) | None, Wanted::Products)
            | (Some(ItemKind::Article), Wanted::Articles) => true,
            (Some(ItemKind::Product) | None, Wanted::Articles)
            | (Some(ItemKind::Article), Wanted::Products) => false,
        };
        let at = Instant::now();
        let liked = Arc::new(models.counting.liked(&question, occasion.people, fits));
        self.counted.insert(of, Kept { at, made_in: at.elapsed(), learnt: occasion.learnt, liked });
        true
    }

    fn mix(&self, wanted: Wanted, chains: &[Vec<Circumstance>]) -> Vec<Scored> {
        let liked = |circumstance| self.counted.get(&Of { wanted, circumstance }).map(|kept| &*kept.liked);
        let Some(all) = liked(None) else { return Vec::new() };
        let chains: Vec<Vec<Level<'_>>> = chains
            .iter()
            .map(|chain| chain.iter().filter_map(|one| liked(Some(*one)).map(Level)).collect())
            .collect();
        weighed(here(all, &chains, SHRINKAGE, LENGTH))
    }
}

/// Shares as they are weighed: in a shop of ten things the most popular one is worth no more than in one of thousands.
pub(super) fn weighed(list: Vec<Scored>) -> Vec<Scored> {
    let top = list.first().map_or(0.0, Scored::score);
    if top <= SHARE {
        return list;
    }
    list.iter().map(|scored| scored.scaled(SHARE / top)).collect()
}

/// The circumstances of a question: each chain from the narrowest to the widest.
fn chains(occasion: &Occasion<'_>, regions: &Regions) -> Chains {
    let Circumstances { device, came_from, region } = occasion.here;
    let mut chains = vec![vec![Circumstance::of_day(occasion.today)]];
    chains.extend(device.and_then(Circumstance::of_device).map(|device| vec![device]));
    chains.extend(came_from.map(|from| vec![Circumstance::From(from)]));
    let place = region.as_deref().map(|place| regions.of(place)).unwrap_or_default();
    chains.extend(Some(place).filter(|place| !place.is_empty()));
    chains
}
