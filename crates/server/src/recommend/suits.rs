//! What new suits what a person has: for each thing a short list of others, made from EASE or from factors and kept for a while, so
//! that an answer adds up a few short lists.
//!
//! INVARIANT: no list outlives a forgetting. Must never name a pair that fewer than `AT_LEAST` people have.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use models::recommend::opinion::{Opinion, Sums, Winners};
use models::recommend::repeat::Purchase;
use models::recommend::trend::Trend;
use models::recommend::{Cause, Contribution, ItemId};
use rustc_hash::FxHashMap;

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

type List = Arc<[(ItemId, f64)]>;

#[derive(Default)]
struct Lists {
    /// How often everything was dropped.
    generation: u64,
    kept: FxHashMap<ItemId, (Instant, List)>,
}

/// The lists that are kept.
#[derive(Default)]
pub(super) struct SuitLists(RwLock<Lists>);

/// Something that a person has, how loud it speaks, and for what.
pub(super) struct Having {
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
    }

    /// The latest things bought, the newest first, each with its list.
    pub(super) fn of(
        &self,
        purchases: &[Purchase],
        now: i64,
        models: &Models,
        taste: &RwLock<Taste>,
    ) -> Vec<Having> {
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
                let age_days = (now - purchase.time).max(0) as f64 / 86_400.0;
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
            return having;
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
        having
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
    list.sort_unstable_by(order);
    list.into()
}

/// What suits what a person has, without what they have, times what is asked for more than it used to be.
pub(super) struct Suits<'a> {
    having: &'a [Having],
    owned: Owned,
    trend: &'a Trend,
}

impl<'a> Suits<'a> {
    /// Of a person who bought these.
    pub(super) fn new(having: &'a [Having], purchases: &[Purchase], trend: &'a Trend) -> Self {
        Self { having, owned: Owned::of(purchases), trend }
    }

    fn each(&self, mut say: impl FnMut(ItemId, f64, ItemId)) {
        for having in self.having {
            for (item, strength) in having.list.iter() {
                if !self.owned.holds(*item) {
                    say(*item, having.weight * strength * self.trend.lift(*item), having.item);
                }
            }
        }
    }
}

impl Opinion for Suits<'_> {
    fn sum_up(&self, factor: f64, sums: &mut Sums) {
        self.each(|item, part, _| sums.add(item, factor * part));
    }

    fn give_reasons(&self, factor: f64, winners: &mut Winners) {
        self.each(|item, part, because| {
            if let Some(row) = winners.row(item) {
                let cause = Cause::Suits { item: because };
                winners.add(row, Contribution { cause, part: factor * part });
            }
        });
    }
}

/// What a person has: a bit for each remainder tells nearly always that something isn't among it.
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
