//! What those read who bought something: how many people have both a product and an article, so that a guide that buyers
//! turn to is found even where nobody has said what it is about.
//!
//! INVARIANT: after `forget` the counts equal those that never saw the person, in whatever order things came in.
//! Must never say of fewer than `at_least` people what they read.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use models::recommend::ItemId;
use rustc_hash::FxHashMap;

/// Against so many buyers who read nothing a share is believed by half.
const SHRINKAGE: f64 = 5.0;

#[derive(Debug, Default)]
struct Reader {
    bought: BTreeSet<ItemId>,
    read: BTreeSet<ItemId>,
}

/// The counts; people stand in them under names `N`.
#[derive(Debug)]
pub(super) struct Readers<N> {
    people: FxHashMap<N, Reader>,
    /// By product and article.
    both: BTreeMap<(ItemId, ItemId), u32>,
    buyers: FxHashMap<ItemId, u32>,
}

impl<N> Default for Readers<N> {
    fn default() -> Self {
        Self { people: FxHashMap::default(), both: BTreeMap::new(), buyers: FxHashMap::default() }
    }
}

impl<N: Copy + Eq + Hash> Readers<N> {
    /// A person read an article.
    pub(super) fn read(&mut self, name: N, article: ItemId) {
        let Self { people, both, .. } = self;
        let person = people.entry(name).or_default();
        if person.read.insert(article) {
            person.bought.iter().for_each(|item| *both.entry((*item, article)).or_default() += 1);
        }
    }

    /// A person has these products now.
    pub(super) fn has(&mut self, name: N, products: &BTreeSet<ItemId>) {
        let Self { people, both, buyers } = self;
        let person = people.entry(name).or_default();
        for item in products.difference(&person.bought) {
            *buyers.entry(*item).or_default() += 1;
            person.read.iter().for_each(|article| *both.entry((*item, *article)).or_default() += 1);
        }
        let gone: Vec<ItemId> = person.bought.difference(products).copied().collect();
        person.bought.clone_from(products);
        for item in gone {
            take(buyers, item);
            person.read.iter().for_each(|article| take_pair(both, (item, *article)));
        }
        if person.bought.is_empty() && person.read.is_empty() {
            people.remove(&name);
        }
    }

    /// Takes a person out.
    pub(super) fn forget(&mut self, name: N) {
        self.has(name, &BTreeSet::new());
        self.people.remove(&name);
    }

    /// What buyers of a product read, by the share of them that did; most first.
    pub(super) fn of(&self, product: ItemId, at_least: u32) -> Vec<(ItemId, f64)> {
        let buyers = self.buyers.get(&product).copied().unwrap_or(0);
        let share = |count: u32| f64::from(count) / (f64::from(buyers) + SHRINKAGE);
        let pairs = self.both.range((product, ItemId(0))..=(product, ItemId(u32::MAX)));
        let mut read: Vec<(ItemId, f64)> = pairs
            .filter(|(_, count)| **count >= at_least)
            .map(|((_, article), count)| (*article, share(*count)))
            .collect();
        read.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        read
    }

    /// Everything that is counted, by product and article; a product alone stands with itself.
    pub(super) fn canonical(&self, id: impl Fn(ItemId) -> String) -> BTreeMap<(String, String), u32> {
        let both = self.both.iter().map(|((item, article), count)| ((id(*item), id(*article)), *count));
        let buyers = self.buyers.iter().map(|(item, count)| ((id(*item), String::new()), *count));
        both.chain(buyers).collect()
    }
}

fn take(counts: &mut FxHashMap<ItemId, u32>, item: ItemId) {
    let left = counts.get(&item).map_or(0, |count| count.saturating_sub(1));
    if left == 0 {
        counts.remove(&item);
    } else {
        counts.insert(item, left);
    }
}

fn take_pair(counts: &mut BTreeMap<(ItemId, ItemId), u32>, pair: (ItemId, ItemId)) {
    let left = counts.get(&pair).map_or(0, |count| count.saturating_sub(1));
    if left == 0 {
        counts.remove(&pair);
    } else {
        counts.insert(pair, left);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Deed {
        Read(u32),
        Has(BTreeSet<u32>),
    }

    fn deeds() -> impl Strategy<Value = Vec<(u8, Deed)>> {
        let deed = prop_oneof![
            (10..14_u32).prop_map(Deed::Read),
            prop::collection::btree_set(0..4_u32, 0..4).prop_map(Deed::Has),
        ];
        prop::collection::vec((0..3_u8, deed), 0..30)
    }

    fn learnt<'d>(deeds: impl Iterator<Item = &'d (u8, Deed)>) -> Readers<u8> {
        let mut readers = Readers::default();
        for (person, deed) in deeds {
            match deed {
                Deed::Read(article) => readers.read(*person, ItemId(*article)),
                Deed::Has(items) => readers.has(*person, &items.iter().copied().map(ItemId).collect()),
            }
        }
        readers
    }

    proptest! {
        #[test]
        fn forgetting_a_person_equals_never_having_seen_them(deeds in deeds(), gone in 0..3_u8) {
            let mut with = learnt(deeds.iter());
            with.forget(gone);
            let without = learnt(deeds.iter().filter(|(person, _)| *person != gone));
            let id = |item: ItemId| item.0.to_string();
            prop_assert_eq!(with.canonical(id), without.canonical(id));
            prop_assert_eq!(with.people.len(), without.people.len());
        }
    }

    #[test]
    fn what_one_buyer_reads_is_nobodys_business() {
        let bike = BTreeSet::from([ItemId(1)]);
        let mut readers = Readers::default();
        readers.has(1_u8, &bike);
        readers.read(1, ItemId(10));
        assert!(readers.of(ItemId(1), 2).is_empty());
        readers.read(2, ItemId(10));
        readers.has(2, &bike);
        assert_eq!(readers.of(ItemId(1), 2), [(ItemId(10), 2.0 / 7.0)]);
        // Sent back.
        readers.has(2, &BTreeSet::new());
        assert!(readers.of(ItemId(1), 2).is_empty());
    }
}
