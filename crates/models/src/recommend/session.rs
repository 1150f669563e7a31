//! Sessions and who came after whom: the index of VMIS-kNN, learned and forgotten one click at a time.
//!
//! Kersbergen, Sprangers, Schelter, *Serenade*, SIGMOD 2022, on VS-kNN (Ludewig & Jannach, UMUAI 2018). There the index is
//! rebuilt every day and cut to the newest m sessions of each item. Here the lists stay whole and in order, so that a click is
//! in the next answer, and so that taking a session out brings back exactly the index that never saw it.
//!
//! Must never know whose session it is, let one be its own neighbour, or depend in any result on the order of arrival.
#![expect(
    clippy::indexing_slicing,
    reason = "slots and item numbers index tables that `open` and `post` make room for; a session has a click"
)]

mod bulk;
mod held;
mod merge;
mod params;
mod query;
mod votes;

pub use params::{Decay, Exclude, Params, Rarity};
pub use query::{Neighbour, Neighbourhood, Visit};
pub use votes::Votes;

use super::ItemId;
use held::Held;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A session, numbered by the caller so that nothing about its person can be read off it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey(pub u64);

/// One look at one item. The order is by time, then item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Click {
    /// When, in seconds since 1970.
    pub time: i64,
    /// At what.
    pub item: ItemId,
}

/// Every session with its clicks, and for every item the sessions that hold it, oldest first.
///
/// A session is as recent as its newest click; equal times are ordered by [`SessionKey`]. Clicks are a multiset: the same
/// click learned twice must be forgotten twice. Memory: see [`SessionIndex::footprint_bytes`].
///
/// ```
/// use models::recommend::{ItemId, Scratch};
/// use models::recommend::session::{Params, SessionIndex, SessionKey, Visit};
/// let [tent, mat, stove] = [ItemId(0), ItemId(1), ItemId(2)];
/// let mut index = SessionIndex::new();
/// for (session, item, time) in [(1, tent, 10), (1, mat, 11), (2, tent, 20), (2, mat, 21), (3, tent, 30), (3, stove, 31)] {
///     index.learn(SessionKey(session), item, time);
/// }
/// let mut scratch = Scratch::new();
/// let visit = Visit { items: &[tent], own: None };
/// assert_eq!(index.score(&visit, &Params::standard(2), &mut scratch)[0].item(), mat);
///
/// index.forget_session(SessionKey(1));
/// index.forget_session(SessionKey(2));
/// assert_eq!(index.score(&visit, &Params::standard(2), &mut scratch)[0].item(), stove);
/// ```
#[derive(Clone, Debug, Default)]
pub struct SessionIndex {
    slots: FxHashMap<SessionKey, u32>,
    recency: Vec<Recency>,
    // INVARIANT: `held[s]` follows from `visits[s]`, the session's clicks by time and item.
    held: Vec<Held>,
    visits: Vec<Vec<Click>>,
    // INVARIANT: `postings[i]` holds exactly the sessions with item i, ascending by time of last click, then by key.
    postings: Vec<Vec<Post>>,
    // INVARIANT: `log_sessions[i]` is ln of the length of `postings[i]`, 0 for none.
    log_sessions: Vec<f64>,
    free: Vec<u32>,
    clicks: usize,
}

/// A session in the list of an item; its time stands here too, so that a merge of lists reads memory in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Post {
    last: i64,
    slot: u32,
}

/// When a session was last seen, and its key.
#[derive(Clone, Copy, Debug, Default)]
struct Recency {
    last: i64,
    key: SessionKey,
}

/// The whole content of an index in an order of its own: equal for two indexes if and only if they hold the same clicks in
/// the same structure, whatever the order of arrival and removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalIndex {
    /// Clicks of every session, by time and item.
    pub sessions: BTreeMap<SessionKey, Vec<Click>>,
    /// Sessions of every item, oldest first; items without one are absent.
    pub postings: BTreeMap<ItemId, Vec<SessionKey>>,
}

impl SessionIndex {
    /// An index of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a click. It counts from the next query on. Clicks may come in any order.
    pub fn learn(&mut self, session: SessionKey, item: ItemId, time: i64) {
        let slot = match self.slots.get(&session) {
            Some(&slot) => slot,
            None => self.open(session, time),
        };
        let click = Click { time, item };
        let clicks = &mut self.visits[slot as usize];
        let at = clicks.partition_point(|known| *known <= click);
        clicks.insert(at, click);
        self.clicks += 1;
        let newest = clicks[clicks.len() - 1].time;
        let held = if at + 1 < clicks.len() {
            Held::of(clicks)
        } else {
            let mut held = self.held[slot as usize].clone();
            if !held.contains(item) {
                held.push(item);
            }
            held
        };
        self.refile(slot, newest, held, item);
    }

    /// Adds many clicks; the same as [`learn`](Self::learn) for each, but faster, above all into an empty index.
    pub fn extend(&mut self, clicks: impl IntoIterator<Item = (SessionKey, ItemId, i64)>) {
        let mut clicks: Vec<_> = clicks.into_iter().collect();
        if self.slots.is_empty() {
            *self = bulk::build(clicks);
            return;
        }
        clicks.sort_unstable_by_key(|&(session, item, time)| (time, session, item));
        for (session, item, time) in clicks {
            self.learn(session, item, time);
        }
    }

    /// Takes a session out; the index then equals one that never saw it. Returns how many clicks went.
    pub fn forget_session(&mut self, session: SessionKey) -> usize {
        let Some(slot) = self.slots.remove(&session) else { return 0 };
        let clicks = std::mem::take(&mut self.visits[slot as usize]);
        let held = std::mem::take(&mut self.held[slot as usize]);
        for &item in held.as_slice() {
            self.unpost(item, slot);
            self.recount(item);
        }
        self.recency[slot as usize] = Recency::default();
        self.free.push(slot);
        self.clicks -= clicks.len();
        clicks.len()
    }

    /// Takes one click out; the index then equals one that never saw it. Returns whether there was such a click.
    pub fn forget_click(&mut self, session: SessionKey, item: ItemId, time: i64) -> bool {
        let Some(&slot) = self.slots.get(&session) else { return false };
        let clicks = &mut self.visits[slot as usize];
        let Ok(at) = clicks.binary_search(&Click { time, item }) else { return false };
        if clicks.len() == 1 {
            self.forget_session(session);
            return true;
        }
        clicks.remove(at);
        let newest = clicks[clicks.len() - 1].time;
        let held = Held::of(clicks);
        self.clicks -= 1;
        self.refile(slot, newest, held, item);
        true
    }

    /// How many sessions there are.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.slots.len()
    }

    /// How many clicks there are.
    #[must_use]
    pub fn clicks(&self) -> usize {
        self.clicks
    }

    /// How many sessions hold `item`.
    #[must_use]
    pub fn sessions_with(&self, item: ItemId) -> usize {
        self.postings.get(item.index()).map_or(0, Vec::len)
    }

    /// The clicks of one session by time and item, for access requests; empty if it isn't there.
    #[must_use]
    pub fn session(&self, session: SessionKey) -> &[Click] {
        self.slots.get(&session).map_or(&[], |&slot| &self.visits[slot as usize])
    }

    /// The items of all sessions, one session after the other, each in the order of its clicks, and where each session ends.
    pub(super) fn sequences(&self) -> (Vec<ItemId>, Vec<usize>) {
        let items: Vec<ItemId> = self.visits.iter().flatten().map(|click| click.item).collect();
        let ends = self.visits.iter().scan(0, |end, clicks| {
            *end += clicks.len();
            Some(*end)
        });
        (items, ends.collect())
    }

    /// Everything that the index holds, independent of how it came to hold it. Slow; for proofs and tests.
    #[must_use]
    pub fn canonical(&self) -> CanonicalIndex {
        let key = |post: &Post| self.recency[post.slot as usize].key;
        let sessions =
            self.slots.iter().map(|(session, slot)| (*session, self.visits[*slot as usize].clone()));
        let postings = self.postings.iter().zip(0..).filter(|(list, _)| !list.is_empty());
        CanonicalIndex {
            sessions: sessions.collect(),
            postings: postings.map(|(list, item)| (ItemId(item), list.iter().map(key).collect())).collect(),
        }
    }

    /// The memory that the tables take up, in bytes (allocator overhead not counted).
    #[must_use]
    pub fn footprint_bytes(&self) -> usize {
        self.visits.iter().map(|clicks| clicks.capacity() * size_of::<Click>()).sum::<usize>()
            + self.held.iter().map(Held::spilled_bytes).sum::<usize>()
            + self.postings.iter().map(|list| list.capacity() * size_of::<Post>()).sum::<usize>()
            + self.visits.capacity() * size_of::<Vec<Click>>()
            + self.held.capacity() * size_of::<Held>()
            + self.recency.capacity() * size_of::<Recency>()
            + self.postings.capacity() * size_of::<Vec<Post>>()
            + self.log_sessions.capacity() * 8
            + self.slots.capacity() * (size_of::<(SessionKey, u32)>() + 1)
            + self.free.capacity() * 4
    }

    fn open(&mut self, key: SessionKey, last: i64) -> u32 {
        let recency = Recency { last, key };
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.recency.push(recency);
                self.held.push(Held::default());
                self.visits.push(Vec::new());
                (self.visits.len() - 1) as u32
            }
        };
        self.recency[slot as usize] = recency;
        self.slots.insert(key, slot);
        slot
    }

    /// Gives a session other items, of which only `changed` may be new or gone, or another time of last click, and with that
    /// its places in the lists of its items.
    fn refile(&mut self, slot: u32, last: i64, held: Held, changed: ItemId) {
        let before = std::mem::take(&mut self.held[slot as usize]);
        if before.len() == held.len() && self.recency[slot as usize].last == last {
            self.held[slot as usize] = held;
            return;
        }
        for &item in before.as_slice() {
            self.unpost(item, slot);
        }
        self.recency[slot as usize].last = last;
        for &item in held.as_slice() {
            self.post(item, slot);
        }
        self.held[slot as usize] = held;
        self.recount(changed);
    }

    fn post(&mut self, item: ItemId, slot: u32) {
        if item.index() >= self.postings.len() {
            self.postings.resize_with(item.index() + 1, Vec::new);
            self.log_sessions.resize(item.index() + 1, 0.0);
        }
        let at = self.place(item, slot);
        let last = self.recency[slot as usize].last;
        self.postings[item.index()].insert(at, Post { last, slot });
    }

    fn unpost(&mut self, item: ItemId, slot: u32) {
        let at = self.place(item, slot);
        let list = &mut self.postings[item.index()];
        debug_assert_eq!(list.get(at).map(|post| post.slot), Some(slot));
        list.remove(at);
        if list.is_empty() {
            *list = Vec::new();
        }
    }

    fn recount(&mut self, item: ItemId) {
        self.log_sessions[item.index()] = (self.postings[item.index()].len().max(1) as f64).ln();
    }

    /// Where `slot` stands, or would stand, in the list of `item`. New clicks belong near the end, so it is searched from there.
    fn place(&self, item: ItemId, slot: u32) -> usize {
        let list = &self.postings[item.index()];
        let post = Post { last: self.recency[slot as usize].last, slot };
        let older = |other: &Post| self.newer(post, *other);
        let mut step = 1;
        let mut high = list.len();
        while step <= high && !older(&list[high - step]) {
            high -= step;
            step *= 2;
        }
        let low = high.saturating_sub(step);
        low + list[low..high].partition_point(older)
    }

    /// The order of recency. Keys, which lie elsewhere in memory, are looked up for equal times only.
    fn newer(&self, a: Post, b: Post) -> bool {
        let key = |post: Post| self.recency[post.slot as usize].key;
        a.last > b.last || (a.last == b.last && a.slot != b.slot && key(a) > key(b))
    }
}

#[cfg(test)]
mod tests;
