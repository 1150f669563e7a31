//! What goes with one item: a short list for each item asked for, made from the counts and the catalogue, and kept
//! until one of them changes. So an answer adds up a few short lists, however long the rows of counts have grown.
//!
//! INVARIANT: no list outlives a forgetting. A list depends on counts alone, so that lists made afterwards equal those of
//! a shop that never knew the person. Must never say who chose what, nor what fewer than `AT_LEAST` people did.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use models::recommend::affinity::Affinity;
use models::recommend::content::{Kind, Seed};
use models::recommend::{ItemId, Scratch};
use rustc_hash::FxHashMap;

use super::Catalogue;
use super::company::Input;
use super::memory::Models;

/// Below so many baskets or people, a pair of items says something about somebody.
const AT_LEAST: u32 = 2;
/// How many items of each sort a list holds.
const LENGTH: usize = 60;
/// How long a list may be kept while others buy other things: it is exact but for the size of their baskets.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// What goes with one item, each list best first.
#[derive(Debug, Default)]
pub(super) struct Near {
    /// Chosen by the same people or in one order, with the strength of it.
    pub(super) chosen: Vec<(ItemId, f64)>,
    /// Articles that its buyers read, with the share of them that did.
    pub(super) read: Vec<(ItemId, f64)>,
    /// What resembles it.
    pub(super) alike: Arc<Alike>,
}

/// What resembles an item by its description: the same until the catalogue changes.
#[derive(Debug, Default)]
pub(super) struct Alike {
    /// Products, with the similarity, 0 to 1.
    pub(super) products: Vec<(ItemId, f64)>,
    /// Of the products those that don't take its place: in another category.
    pub(super) companions: Vec<(ItemId, f64)>,
    /// Articles and guides, with the similarity or what they say of themselves, 0 to about 1.
    pub(super) articles: Vec<(ItemId, f64)>,
}

struct Kept {
    near: Arc<Near>,
    at: Instant,
    /// How often the item's own counts had changed.
    changes: u32,
}

#[derive(Default)]
struct Lists {
    /// How often everything was dropped.
    generation: u64,
    kept: FxHashMap<ItemId, Kept>,
}

/// The lists that are kept. In no case longer than the counts that they come from.
#[derive(Default)]
pub(super) struct NearLists(RwLock<Lists>);

impl NearLists {
    /// Drops every list: somebody was forgotten, or the catalogue is another.
    pub(super) fn drop_all(&self) {
        let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
        lists.generation += 1;
        lists.kept.clear();
    }

    /// The inputs in their order, each with its lists.
    pub(super) fn of(
        &self,
        inputs: &[Input],
        models: &Models,
        catalogue: &Catalogue,
        scratch: &mut Scratch,
    ) -> Vec<(Input, Arc<Near>)> {
        let (generation, found): (u64, Vec<Found>) = {
            let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
            let look = |input: &Input| match lists.kept.get(&input.item) {
                Some(kept) if kept.changes == models.changes(input.item) && kept.at.elapsed() < KEPT_FOR => {
                    Found::Fresh(Arc::clone(&kept.near))
                }
                Some(kept) => Found::Alike(Arc::clone(&kept.near.alike)),
                None => Found::Nothing,
            };
            (lists.generation, inputs.iter().map(look).collect())
        };
        let mut made = Vec::new();
        let near = inputs
            .iter()
            .zip(found)
            .map(|(input, found)| {
                let near = match found {
                    Found::Fresh(near) => return (*input, near),
                    Found::Alike(alike) => alike,
                    Found::Nothing => Arc::new(alike(input.item, catalogue, scratch)),
                };
                let mut read = models.readers.of(input.item, AT_LEAST);
                read.truncate(LENGTH);
                let near = Near { chosen: chosen(input.item, models), read, alike: near };
                let near = Arc::new(near);
                made.push((input.item, Arc::clone(&near)));
                (*input, near)
            })
            .collect();
        if !made.is_empty() {
            let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
            // Whoever was forgotten meanwhile is in these.
            if lists.generation == generation {
                for (item, near) in made {
                    let kept = Kept { near, at: Instant::now(), changes: models.changes(item) };
                    lists.kept.insert(item, kept);
                }
            }
        }
        near
    }
}

/// What is kept of an item.
enum Found {
    Fresh(Arc<Near>),
    /// Its counts have changed; its description hasn't.
    Alike(Arc<Alike>),
    Nothing,
}

fn chosen(item: ItemId, models: &Models) -> Vec<(ItemId, f64)> {
    let affinity = Affinity { shrinkage: 2.0, at_least: AT_LEAST, count: 2 * LENGTH };
    let mut strength: FxHashMap<ItemId, f64> = FxHashMap::default();
    for counts in [&models.together, &models.owned] {
        for similar in counts.neighbours(item, &affinity) {
            *strength.entry(similar.item).or_default() += similar.similarity;
        }
    }
    let mut chosen: Vec<(ItemId, f64)> = strength.into_iter().collect();
    chosen.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    chosen.truncate(LENGTH);
    chosen
}

fn alike(item: ItemId, catalogue: &Catalogue, scratch: &mut Scratch) -> Alike {
    let mut of = |kind| -> Vec<(ItemId, f64)> {
        let seed = [Seed { item, weight: 1.0 }];
        let found = catalogue.content().alike(&seed, kind, LENGTH, scratch);
        found.iter().map(|scored| (scored.item(), scored.score())).collect()
    };
    let (products, mut articles) = (of(Kind::Product), of(Kind::Article));
    // What an article says of itself is nearer than what it resembles.
    for (guide, closeness) in catalogue.guides_to(item).into_iter().filter(|(guide, _)| *guide != item) {
        match articles.iter_mut().find(|(known, _)| *known == guide) {
            Some((_, likeness)) => *likeness = likeness.max(closeness) + 0.1 * likeness.min(closeness),
            None => articles.push((guide, closeness)),
        }
    }
    articles.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    articles.truncate(LENGTH);
    let category =
        |item: ItemId| catalogue.numbered(item).map(|item| item.category.as_slice()).unwrap_or_default();
    let companion = |other: &&(ItemId, f64)| category(other.0) != category(item);
    let companions = products.iter().filter(companion).copied().collect();
    Alike { products, companions, articles }
}
