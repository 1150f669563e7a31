//! A view of everything that the models hold, to be compared with another's: for proofs, never for answers.

use std::collections::BTreeMap;

use models::recommend::ItemId;
use models::recommend::item_knn::CanonicalCounts;
use models::recommend::session::{CanonicalIndex, SessionKey};

use super::memory::Models;

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
    /// Units of popularity by item and day.
    pub units: BTreeMap<(String, i32), u32>,
    /// How many people there are in the models.
    pub people: (usize, usize),
    /// How many rows of people answers can rest on.
    pub rows: usize,
}

impl Held {
    pub(super) fn of(models: &Models) -> Self {
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
        Self {
            sessions,
            looks,
            met,
            pairs,
            baskets: (models.together.baskets(), models.owned.baskets()),
            units,
            people: (models.persons.len(), models.counted.len()),
            rows: models.persons.values().map(|person| person.rows()).sum(),
        }
    }
}
