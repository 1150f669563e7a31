//! What again, and what with it: the next basket of somebody whose earlier baskets are known.
//!
//! | part of a score | paper | file |
//! | --- | --- | --- |
//! | own purchases, fading with every later basket | TIFU-kNN: Hu et al., SIGIR 2020 | `history` |
//! | the same, by how often buyers of the item come back for it | Poisson-gamma repeat rates: Bhagat et al., KDD 2018 | `tallies` |
//! | popularity | GP-TopFreq: Li et al., *A Next Basket Recommendation Reality Check*, TOIS 2023 | `tallies`, `frequency` |
//! | buyers with a similar vector | TIFU-kNN, with the cosine and idf instead of the Euclidean distance | `neighbours` |
//! | all of it, by what is in season | a ratio of shares of baskets | `tallies` |
//! | the blend | non-negative least squares: Lawson & Hanson 1974 | `weights` |
//!
//! Must never know whose baskets they are, let anybody be their own neighbour, name a neighbour in a reason, or depend in any
//! result on the order of arrival. Must never keep anything of a history that was taken out.
#![expect(
    clippy::indexing_slicing,
    reason = "slots and item numbers index tables that `open` and `post` make room for"
)]

mod frequency;
mod history;
mod neighbours;
mod own;
mod query;
mod reasons;
mod tallies;
mod weights;

pub use history::{Basket, Decay, History, OrderKey};
pub use neighbours::Worksheet;
pub use own::Own;
pub use query::{Ask, Params};
pub use tallies::Tally;
pub use weights::{Fit, Terms, Weights};

use super::ItemId;
use history::{Line, norm};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use tallies::Tallies;

/// A buyer, numbered by the caller so that nothing about the person can be read off it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BuyerKey(pub u64);

/// Every buyer's baskets, what they add up to, and for every item the buyers who have it.
///
/// Each change of a buyer's history takes the whole of its old contribution out and puts the new one in: integers are
/// counted down and up, the buyer's vector is made anew from the baskets in their own order. So forgetting is exact, and
/// costs steps for this history's lines alone: with b buyers of an item, log b + the moving of b · 8 bytes for each.
///
/// ```
/// use models::recommend::{Cause, ItemId};
/// use models::recommend::baskets::{Ask, Basket, BasketIndex, BuyerKey, Decay, History, OrderKey, Params, Worksheet};
/// let [coffee, milk, lamp] = [ItemId(0), ItemId(1), ItemId(2)];
/// let basket = |day: i64, items: &[ItemId]| {
///     Basket { time: day * 86_400, order: OrderKey(day as u64), items: items.to_vec() }
/// };
/// let mut index = BasketIndex::new(Decay::standard());
/// for buyer in 1..=5 {
///     index.learn(BuyerKey(buyer), basket(1, &[coffee, lamp]));
///     index.learn(BuyerKey(buyer), basket(8, &[coffee, milk]));
/// }
/// let own = History::new(vec![basket(2, &[coffee, lamp])]);
/// let ask = Ask { history: &own, own: None, now: 9 * 86_400 };
/// let list = index.score(&ask, &Params::standard(3), &mut Worksheet::new());
/// assert_eq!((list.len(), list[0].item()), (3, coffee));
/// assert_eq!(list[0].parts()[0].cause, Cause::Bought { item: coffee, time: 2 * 86_400 });
///
/// (1..=5).for_each(|buyer| assert_eq!(index.forget(BuyerKey(buyer)), 2));
/// assert!(index.score(&ask, &Params::standard(3), &mut Worksheet::new()).iter().all(|scored| scored.item() != milk));
/// ```
#[derive(Clone, Debug)]
pub struct BasketIndex {
    decay: Decay,
    slots: FxHashMap<BuyerKey, u32>,
    buyers: Vec<Buyer>,
    free: Vec<u32>,
    tallies: Tallies,
    // INVARIANT: `posts[i]` holds exactly the buyers with item i, ascending by slot.
    posts: Vec<Vec<Post>>,
}

/// A buyer in the list of an item, with the item's entry of the buyer's vector at length 1.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Post {
    slot: u32,
    weight: f32,
}

#[derive(Clone, Debug, Default)]
struct Buyer {
    key: BuyerKey,
    history: History,
    lines: Vec<Line>,
    norm: f64,
}

/// The whole content of an index in an order of its own: equal for two indexes if and only if they hold the same, whatever
/// the order of arrival and removal.
#[derive(Clone, Debug, PartialEq)]
pub struct CanonicalBaskets {
    /// The baskets of every buyer.
    pub histories: BTreeMap<BuyerKey, History>,
    /// The counts of every item that anybody has.
    pub tallies: BTreeMap<ItemId, Tally>,
    /// The items from the most popular on.
    pub popular: Vec<ItemId>,
    /// The buyers of every item with the bits of their vector's entry.
    pub posts: BTreeMap<ItemId, BTreeMap<BuyerKey, u32>>,
}

impl BasketIndex {
    /// An index of nothing.
    #[must_use]
    pub fn new(decay: Decay) -> Self {
        Self {
            decay,
            slots: FxHashMap::default(),
            buyers: Vec::new(),
            free: Vec::new(),
            tallies: Tallies::default(),
            posts: Vec::new(),
        }
    }

    /// Adds a basket, in the place of any that the buyer had under the same order. It counts from the next query on.
    pub fn learn(&mut self, buyer: BuyerKey, basket: Basket) {
        let history = self.history(buyer).cloned().unwrap_or_default();
        self.replace(buyer, history.with(basket));
    }

    /// Gives a buyer this history in the place of any other: faster than one basket at a time.
    pub fn replace(&mut self, buyer: BuyerKey, history: History) {
        let Some(slot) = self.slots.get(&buyer).copied().or_else(|| self.open(buyer, &history)) else {
            return;
        };
        let old = std::mem::take(&mut self.buyers[slot as usize]);
        self.tallies.retract(&old.history, &old.lines);
        let lines = history.lines(&self.decay);
        for line in &old.lines {
            if lines.binary_search_by_key(&line.item, |line| line.item).is_err() {
                self.unpost(line.item, slot);
            }
        }
        if history.baskets().is_empty() {
            self.slots.remove(&buyer);
            self.free.push(slot);
            return;
        }
        self.tallies.enter(&history, &lines);
        let norm = norm(&lines);
        for line in &lines {
            self.post(line.item, Post { slot, weight: (line.steady / norm) as f32 });
        }
        self.buyers[slot as usize] = Buyer { key: buyer, history, lines, norm };
    }

    /// Takes a buyer out; the index then equals one that never saw them. Returns how many baskets went.
    pub fn forget(&mut self, buyer: BuyerKey) -> usize {
        let baskets = self.history(buyer).map_or(0, |history| history.baskets().len());
        self.replace(buyer, History::default());
        baskets
    }

    /// Takes one basket out; the index then equals one that never saw it. Returns whether there was such a basket.
    pub fn forget_basket(&mut self, buyer: BuyerKey, order: OrderKey) -> bool {
        self.change(buyer, |history| history.without(order))
    }

    /// Takes one item of a basket out; the index then equals one that never saw it. Returns whether there was such an item.
    pub fn forget_item(&mut self, buyer: BuyerKey, order: OrderKey, item: ItemId) -> bool {
        self.change(buyer, |history| history.without_item(order, item))
    }

    fn change(&mut self, buyer: BuyerKey, to: impl Fn(History) -> History) -> bool {
        let Some(before) = self.history(buyer).cloned() else { return false };
        let after = to(before.clone());
        let changed = after != before;
        if changed {
            self.replace(buyer, after);
        }
        changed
    }

    /// How many buyers there are.
    #[must_use]
    pub fn buyers(&self) -> usize {
        self.slots.len()
    }

    /// The memory that histories, vectors, counts and lists take up, in bytes (allocator overhead not counted).
    #[must_use]
    pub fn footprint_bytes(&self) -> usize {
        let of_buyer = |buyer: &Buyer| {
            let items: usize = buyer.history.baskets().iter().map(|basket| basket.items.capacity()).sum();
            items * size_of::<ItemId>()
                + std::mem::size_of_val(buyer.history.baskets())
                + buyer.lines.capacity() * size_of::<Line>()
        };
        self.buyers.iter().map(of_buyer).sum::<usize>()
            + self.buyers.capacity() * size_of::<Buyer>()
            + self.posts.iter().map(|list| list.capacity() * size_of::<Post>()).sum::<usize>()
            + self.posts.capacity() * size_of::<Vec<Post>>()
            + self.slots.capacity() * (size_of::<(BuyerKey, u32)>() + 1)
            + self.tallies.footprint_bytes()
    }

    /// How many baskets there are.
    #[must_use]
    pub fn baskets(&self) -> usize {
        self.tallies.baskets() as usize
    }

    /// One buyer's baskets, for access requests and for asking.
    #[must_use]
    pub fn history(&self, buyer: BuyerKey) -> Option<&History> {
        self.slots.get(&buyer).map(|slot| &self.buyers[*slot as usize].history)
    }

    /// The counts of an item; `None` if nobody ever had it.
    #[must_use]
    pub fn tally(&self, item: ItemId) -> Option<&Tally> {
        self.tallies.get(item).filter(|tally| tally.baskets > 0)
    }

    /// Everything that the index holds, independent of how it came to hold it. Slow; for proofs and tests.
    #[must_use]
    pub fn canonical(&self) -> CanonicalBaskets {
        let buyer = |slot: u32| &self.buyers[slot as usize];
        let bits = |list: &Vec<Post>| {
            list.iter().map(|post| (buyer(post.slot).key, post.weight.to_bits())).collect()
        };
        let posts = (0..).map(ItemId).zip(&self.posts).filter(|(_, list)| !list.is_empty());
        CanonicalBaskets {
            histories: self.slots.iter().map(|(key, slot)| (*key, buyer(*slot).history.clone())).collect(),
            tallies: self.tallies.iter().map(|(item, tally)| (item, tally.clone())).collect(),
            popular: self.tallies.popular().collect(),
            posts: posts.map(|(item, list)| (item, bits(list))).collect(),
        }
    }

    /// A place for a new buyer; none is needed for an empty history.
    fn open(&mut self, buyer: BuyerKey, history: &History) -> Option<u32> {
        if history.baskets().is_empty() {
            return None;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.buyers.push(Buyer::default());
            (self.buyers.len() - 1) as u32
        });
        self.slots.insert(buyer, slot);
        Some(slot)
    }

    fn post(&mut self, item: ItemId, post: Post) {
        if item.index() >= self.posts.len() {
            self.posts.resize_with(item.index() + 1, Vec::new);
        }
        let list = &mut self.posts[item.index()];
        match list.binary_search_by_key(&post.slot, |known| known.slot) {
            Ok(at) => list[at] = post,
            Err(at) => list.insert(at, post),
        }
    }

    fn unpost(&mut self, item: ItemId, slot: u32) {
        let list = &mut self.posts[item.index()];
        if let Ok(at) = list.binary_search_by_key(&slot, |known| known.slot) {
            list.remove(at);
        }
        if list.is_empty() {
            *list = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests;
