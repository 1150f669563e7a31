//! What new suits what a person has: for each thing a short list of others, made from EASE or from factors and kept for a while, so
//! that an answer adds up a few short lists.
//!
//! INVARIANT: no list outlives a forgetting. Must never name a pair that fewer than `AT_LEAST` people have.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use models::recommend::baskets::BuyerKey;
use models::recommend::opinion::{Opinion, Sums, Winners};
use models::recommend::repeat::Purchase;
use models::recommend::trend::Trend;
use models::recommend::{Cause, Contribution, ItemId};
use rustc_hash::{FxHashMap, FxHasher};

use super::memory::Models;
use super::taste::Taste;

/// Below so many people, a pair of items says something about somebody.
const AT_LEAST: u32 = 2;
/// How many others a list holds: with 100 of the 60 latest things, as good as all of all on the validation invoices.
const LENGTH: usize = 100;
/// How many of a person's things speak.
const INPUTS: usize = 60;
/// After so many days a purchase speaks half as loud.
const HALF_LIFE_DAYS: f64 = 120.0;
/// How long a list may be kept while others buy other things.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// So many people's sums are kept at once.
const PEOPLE: usize = 5000;

/// Sorted by item.
type List = Arc<[(ItemId, f64)]>;

#[derive(Default)]
struct Lists {
    /// How often everything was dropped.
    generation: u64,
    kept: FxHashMap<ItemId, (Instant, List)>,
    people: FxHashMap<BuyerKey, Known>,
}

/// What suits a person, as it was added up at an instant.
struct Known {
    at: Instant,
    /// Of what it was added up.
    print: u64,
    suiting: Arc<Suiting>,
}

/// The lists that are kept, and what they add up to for those who asked of late.
#[derive(Default)]
pub(super) struct SuitLists(RwLock<Lists>);

/// What suits one person: each thing that they have with its list, and what all lists add up to.
#[derive(Default)]
pub(super) struct Suiting {
    having: Vec<Having>,
    owned: Owned,
    /// Without what they have. Single precision is enough to find the best; scores are added up from the reasons.
    sums: Vec<(ItemId, f32)>,
}

/// Something that a person has, how loud it speaks, and for what.
struct Having {
    item: ItemId,
    weight: f64,
    list: List,
}

impl SuitLists {
    /// Drops every list: somebody was forgotten, or another model speaks from now on.
    pub(super) fn drop_all(&self) {
        let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
        lists.generation += 1;
        lists.kept.clear();
        lists.people.clear();
    }

    /// What suits a person who bought these; what was added up for `buyer` of the same purchases on the same day is used again
    /// for a while.
    pub(super) fn of(
        &self,
        buyer: Option<BuyerKey>,
        purchases: &[Purchase],
        now: i64,
        models: &Models,
        taste: &RwLock<Taste>,
        trend: &Trend,
    ) -> Arc<Suiting> {
        let print = print(purchases, now);
        if let Some(buyer) = buyer {
            let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
            let known = lists.people.get(&buyer);
            if let Some(known) = known.filter(|known| known.print == print && known.at.elapsed() < KEPT_FOR) {
                return Arc::clone(&known.suiting);
            }
        }
        let (generation, having) = self.having(purchases, now, models, taste);
        let suiting = Arc::new(Suiting::new(having, purchases, trend));
        if let Some(buyer) = buyer {
            let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
            // Whoever was forgotten meanwhile is in this one.
            if lists.generation == generation {
                if lists.people.len() >= PEOPLE {
                    lists.people.retain(|_, known| known.at.elapsed() < KEPT_FOR);
                }
                if lists.people.len() < PEOPLE {
                    let suiting = Arc::clone(&suiting);
                    lists.people.insert(buyer, Known { at: Instant::now(), print, suiting });
                }
            }
        }
        suiting
    }

    /// The latest things bought, the newest first, each with its list; and how often everything had been dropped before.
    fn having(
        &self,
        purchases: &[Purchase],
        now: i64,
        models: &Models,
        taste: &RwLock<Taste>,
    ) -> (u64, Vec<Having>) {
        let mut having: Vec<Having> = Vec::with_capacity(purchases.len().min(INPUTS));
        let mut missing: Vec<usize> = Vec::new();
        let generation = {
            let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
            for purchase in purchases.iter().rev() {
                if having.len() == INPUTS {
                    break;
                }
                if having.iter().any(|known| known.item == purchase.item) {
                    continue;
                }
                // By whole days, so that what is kept and what is reckoned now agree.
                let age_days = (day(now) - day(purchase.time)).max(0) as f64;
                let kept = lists.kept.get(&purchase.item).filter(|(at, _)| at.elapsed() < KEPT_FOR);
                if kept.is_none() {
                    missing.push(having.len());
                }
                let list = kept.map_or_else(List::default, |(_, list)| Arc::clone(list));
                let weight = (-age_days / HALF_LIFE_DAYS).exp2();
                having.push(Having { item: purchase.item, weight, list });
            }
            lists.generation
        };
        if missing.is_empty() {
            return (generation, having);
        }
        let mut made = Vec::with_capacity(missing.len());
        {
            let taste = taste.read().unwrap_or_else(PoisonError::into_inner);
            let mut row = Vec::new();
            for at in missing {
                let Some(having) = having.get_mut(at) else { continue };
                having.list = list(having.item, models, &taste, &mut row);
                made.push((having.item, Arc::clone(&having.list)));
            }
        }
        let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Whoever was forgotten meanwhile is in these.
        if lists.generation == generation {
            let now = Instant::now();
            lists.kept.extend(made.into_iter().map(|(item, list)| (item, (now, list))));
        }
        (generation, having)
    }
}

const fn day(second: i64) -> i64 {
    second.div_euclid(86_400)
}

/// Of what a person's sums are made: they are the same while this is.
fn print(purchases: &[Purchase], now: i64) -> u64 {
    let mut hasher = FxHasher::default();
    day(now).hash(&mut hasher);
    for Purchase { item, time, quantity } in purchases {
        (item.0, *time, *quantity).hash(&mut hasher);
    }
    hasher.finish()
}

impl Suiting {
    fn new(having: Vec<Having>, purchases: &[Purchase], trend: &Trend) -> Self {
        let owned = Owned::of(purchases);
        let mut sums: FxHashMap<ItemId, f64> = FxHashMap::default();
        for having in &having {
            for (item, strength) in having.list.iter() {
                *sums.entry(*item).or_default() += having.weight * strength;
            }
        }
        let mut sums: Vec<(ItemId, f32)> = sums
            .into_iter()
            .filter(|(item, _)| !owned.holds(*item))
            .map(|(item, sum)| (item, (sum * trend.lift(item)) as f32))
            .collect();
        sums.sort_unstable_by_key(|(item, _)| *item);
        Self { having, owned, sums }
    }
}

fn list(item: ItemId, models: &Models, taste: &Taste, row: &mut Vec<f64>) -> List {
    let others = models.owned.row(item).filter(|(_, people)| *people >= AT_LEAST).map(|(other, _)| other);
    let mut list = taste.speaks(item, others, row);
    list.retain(|(_, weight)| *weight > 0.0);
    let order = |a: &(ItemId, f64), b: &(ItemId, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if list.len() > LENGTH {
        list.select_nth_unstable_by(LENGTH, order);
        list.truncate(LENGTH);
    }
    list.sort_unstable_by_key(|(item, _)| *item);
    list.into()
}

/// What suits what a person has, without what they have, times what is asked for more than it used to be.
pub(super) struct Suits<'a> {
    pub(super) suiting: &'a Suiting,
    pub(super) trend: &'a Trend,
}

impl Opinion for Suits<'_> {
    fn sum_up(&self, factor: f64, sums: &mut Sums) {
        self.suiting.sums.iter().for_each(|(item, sum)| sums.add(*item, factor * f64::from(*sum)));
    }

    fn give_reasons(&self, factor: f64, winners: &mut Winners) {
        let Suiting { having, owned, sums: _ } = self.suiting;
        for (row, item) in winners.items().to_vec().into_iter().enumerate() {
            if owned.holds(item) {
                continue;
            }
            let lift = self.trend.lift(item);
            for Having { item: because, weight, list } in having {
                let found = list.binary_search_by_key(&item, |(other, _)| *other);
                if let Some((_, strength)) = found.ok().and_then(|at| list.get(at)) {
                    let part = factor * weight * strength * lift;
                    winners.add(row, Contribution { cause: Cause::Suits { item: *because }, part });
                }
            }
        }
    }
}

/// What a person has: a bit for each remainder tells nearly always that something isn't among it.
#[derive(Default)]
struct Owned {
    bits: [u64; 16],
    items: Vec<ItemId>,
}

impl Owned {
    fn of(purchases: &[Purchase]) -> Self {
        let mut owned =
            Self { bits: [0; 16], items: purchases.iter().map(|purchase| purchase.item).collect() };
        owned.items.sort_unstable();
        owned.items.dedup();
        for item in &owned.items {
            if let Some(bits) = owned.bits.get_mut((item.0 / 64 % 16) as usize) {
                *bits |= 1 << (item.0 % 64);
            }
        }
        owned
    }

    fn holds(&self, item: ItemId) -> bool {
        let bits = self.bits.get((item.0 / 64 % 16) as usize).copied().unwrap_or_default();
        bits & (1 << (item.0 % 64)) != 0 && self.items.binary_search(&item).is_ok()
    }
}
