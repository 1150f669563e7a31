//! A view of everything that the models hold, to be compared with another's: for proofs, never for answers.

use std::collections::BTreeMap;

use models::recommend::ItemId;
use models::recommend::baskets::CanonicalBaskets;
use models::recommend::item_knn::CanonicalCounts;
use models::recommend::session::{CanonicalIndex, SessionKey};

use super::memory::Models;
use super::taste::Taste;

/// Everything that the models hold, independent of the order in which they came to hold it. Slow to make.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The session index.
    pub sessions: BTreeMap<SessionKey, Vec<(i64, String)>>,
    /// How often each item was looked at.
    pub looks: BTreeMap<String, u32>,
    /// How near and often one item was looked at after and before another.
    pub met: BTreeMap<(String, String), (u32, u32)>,
    /// How often two items were bought in one order, and how often one person has both.
    pub pairs: BTreeMap<(String, String), (u32, u32)>,
    /// How many baskets there are of each sort.
    pub baskets: (u64, u64),
    /// Every buyer's orders: times and what was bought.
    pub orders: Vec<Vec<(i64, Vec<String>)>>,
    /// Of each item: buyers, baskets, chances to come back for it, returns, how much lately, and baskets by day.
    pub bought: BTreeMap<String, Tally>,
    /// The items from the most bought of late on.
    pub most_bought: Vec<String>,
    /// The entries of the vectors of each item's buyers, as bits, in order.
    pub vectors: BTreeMap<String, Vec<u32>>,
    /// How much one item speaks for another.
    pub suits: Strengths,
    /// By circumstance (empty for all), item and day: units of popularity, and people by the last day of their interest.
    pub units: BTreeMap<(String, String, i32), (u32, u32)>,
    /// How many people have both a product and an article, and how many (with an empty article) have the product.
    pub read: BTreeMap<(String, String), u32>,
    /// How many people there are in the models.
    pub people: (usize, usize),
    /// How many rows of people answers can rest on.
    pub rows: usize,
}

/// Buyers, baskets, chances, returns, lately, and baskets by day.
pub type Tally = (u32, u32, u64, u64, u64, Vec<(i64, u32)>);

/// About what one person with both items makes one speak for the other: the least by which rounding is measured, where nobody is left.
const ONE: f64 = 1e-3;

/// How much one item speaks for another. Two are equal if no strength differs by more than a billionth of the greatest: what EASE's
/// rounding keeps to. What iALS says is the same to the last bit.
#[derive(Debug, Clone, Default)]
pub struct Strengths(pub BTreeMap<(String, String), f64>);

impl PartialEq for Strengths {
    fn eq(&self, other: &Self) -> bool {
        let greatest = self.0.values().chain(other.0.values()).fold(ONE, |most, one| most.max(one.abs()));
        let of = |strengths: &Self, pair| strengths.0.get(pair).copied().unwrap_or_default();
        let mut pairs = self.0.keys().chain(other.0.keys());
        pairs.all(|pair| (of(self, pair) - of(other, pair)).abs() <= 1e-9 * greatest)
    }
}

impl Held {
    pub(super) fn of(models: &Models, taste: &Taste) -> Self {
        let id = |item: ItemId| models.nameless(item).map(|item| item.id.clone()).unwrap_or_default();
        let CanonicalIndex { sessions, postings: _ } = models.visits.sessions().canonical();
        let sessions = sessions
            .into_iter()
            .map(|(key, clicks)| {
                let mut clicks: Vec<_> = clicks.iter().map(|click| (click.time, id(click.item))).collect();
                clicks.sort();
                (key, clicks)
            })
            .collect();
        let CanonicalCounts { clicks: looks, pairs: met } = models.visits.pairs().canonical();
        let looks = looks.into_iter().map(|(item, count)| (id(item), count)).collect();
        let met = met.into_iter().map(|((a, b), counts)| ((id(a), id(b)), counts)).collect();
        let items: Vec<ItemId> =
            (0..models.items().len()).filter_map(|n| u32::try_from(n).ok()).map(ItemId).collect();
        let CanonicalBaskets { histories, tallies, popular, posts } = models.orders.canonical();
        let names = |items: &[ItemId]| {
            let mut names: Vec<String> = items.iter().map(|item| id(*item)).collect();
            names.sort();
            names
        };
        let mut orders: Vec<Vec<(i64, Vec<String>)>> = histories
            .values()
            .map(|history| {
                let mut orders: Vec<_> =
                    history.baskets().iter().map(|basket| (basket.time, names(&basket.items))).collect();
                orders.sort();
                orders
            })
            .collect();
        orders.sort();
        let bought = tallies.into_iter().map(|(item, tally)| {
            let models::recommend::baskets::Tally { buyers, baskets, chances, returns, recent, days } = tally;
            (id(item), (buyers, baskets, chances, returns, recent, days))
        });
        let vectors = posts.into_iter().map(|(item, buyers)| {
            let mut bits: Vec<u32> = buyers.into_values().collect();
            bits.sort_unstable();
            (id(item), bits)
        });
        let mut suits = BTreeMap::new();
        for a in &items {
            for (b, strength) in taste.speaks(*a, items.iter().copied(), &mut Vec::new()) {
                if strength != 0.0 {
                    suits.insert((id(*a), id(b)), strength);
                }
            }
        }
        let mut pairs = BTreeMap::new();
        for a in &items {
            for b in &items {
                let counts = (models.together.together(*a, *b), models.owned.together(*a, *b));
                if counts != (0, 0) {
                    pairs.insert((id(*a), id(*b)), counts);
                }
            }
        }
        Self {
            sessions,
            looks,
            met,
            pairs,
            baskets: (models.together.baskets(), models.owned.baskets()),
            orders,
            bought: bought.collect(),
            most_bought: popular.into_iter().map(id).collect(),
            vectors: vectors.collect(),
            suits: Strengths(suits),
            read: models.readers.canonical(id),
            units: models.counting.canonical(id),
            people: (models.persons.len(), models.counting.people()),
            rows: models.persons.values().map(|person| person.rows()).sum(),
        }
    }
}
