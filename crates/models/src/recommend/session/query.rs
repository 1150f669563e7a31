//! Asking the session index: which sessions resemble this visit, and where did they go?
//!
//! Must never explain an item by a neighbour's session: reasons are items of the asker's own visit. Must never add up in an
//! order that depends on slots: neighbours are added newest first, reasons from the newest item of the visit to the oldest.
#![expect(
    clippy::indexing_slicing,
    reason = "slots come from the index, rows from `Rows`, positions are below the visit's length"
)]

use super::{Post, SessionIndex, SessionKey};
use crate::recommend::rows::{Ranked, keep_best};
use crate::recommend::{Cause, Contribution, ItemId, Scored, Scratch};

/// A visit that is going on.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// The items looked at, oldest first; repeats allowed.
    pub items: &'a [ItemId],
    /// The session under which the visit itself is in the index, so that it isn't its own neighbour.
    pub own: Option<SessionKey>,
}

/// Which items of the visit may not be recommended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclude {
    /// The current one only (the convention of the literature).
    Current,
    /// All of them.
    Visited,
}

/// How the rarity of an item counts. N is the number of sessions, n those with the item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rarity {
    /// Not at all.
    Ignored,
    /// A factor ln((N + 1) / n), the paper's idf, kept above zero for a shop with few sessions.
    Idf,
    /// A factor 1 + weight · ln((N + 1) / n), as in VS-kNN's code.
    Boost {
        /// The weight, ≥ 0.
        weight: f64,
    },
}

/// The dials of VMIS-kNN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// m: how many of the newest sessions that share an item with the visit are looked at.
    pub recent: usize,
    /// k: how many of those, the most similar, are neighbours.
    pub neighbours: usize,
    /// How many of the visit's last clicks count (at most 64 distinct items).
    pub last_clicks: usize,
    /// Sessions with more distinct items than this (robots) have no vote, though they take up a place among the neighbours.
    pub longest_session: usize,
    /// Whether rare items count more.
    pub rarity: Rarity,
    /// What may not come back.
    pub exclude: Exclude,
    /// How many items are wanted.
    pub count: usize,
}

impl Params {
    /// Settings that did well on the validation days of two shops.
    #[must_use]
    pub fn standard(count: usize) -> Self {
        Self {
            recent: 500,
            neighbours: 100,
            last_clicks: 3,
            longest_session: 200,
            rarity: Rarity::Idf,
            exclude: Exclude::Current,
            count,
        }
    }
}

/// A session that resembles the visit. For measuring and tests: never to be shown to anybody.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// Which.
    pub session: SessionKey,
    /// Σ of the weights of the shared items; 1 if every item of the visit is shared.
    pub similarity: f64,
}

/// A neighbour in the making: `shared` has bit p set if it holds the visit's p-th newest item; `age` counts from the newest.
#[derive(Clone, Copy, Debug)]
pub(in crate::recommend) struct Candidate {
    slot: u32,
    age: u32,
    shared: u64,
    similarity: f64,
}

/// What hasn't been merged yet of a posting list, newest last, and the weight of its item.
struct Head<'a> {
    list: &'a [Post],
    weight: f64,
}

impl SessionIndex {
    /// The neighbours of a visit, newest first.
    #[must_use]
    pub fn neighbours(&self, visit: &Visit<'_>, params: &Params, scratch: &mut Scratch) -> Vec<Neighbour> {
        scratch.start();
        let (items, weights) = distinct(visit, params);
        self.gather(visit, params, &items, &weights, scratch);
        let named = |near: &Candidate| Neighbour {
            session: self.recency[near.slot as usize].key,
            similarity: near.similarity,
        };
        scratch.candidates.iter().map(named).collect()
    }

    /// What visits like this one go on to, best first.
    ///
    /// Of the last n clicks of the visit, the one at place p (0 is the newest) weighs n − p; an item weighs what its newest
    /// click does, divided by the sum over the distinct items, so that these weights d add up to 1. The similarity of a session is
    /// Σ d over the items it shares; its vote has the factor λ = max(0, 1 − 0.1 · (q + 1)), q being the place of its newest
    /// shared item among the visit's distinct items. The score of item j is
    /// rarity(j) / k · Σ over neighbours with j of λ · similarity, and the part of an item of the visit is the share that came
    /// through its d. So 0 ≤ score ≤ rarity(j), whatever k.
    #[must_use]
    pub fn score(&self, visit: &Visit<'_>, params: &Params, scratch: &mut Scratch) -> Vec<Scored> {
        self.rank_rows(visit, params, scratch);
        let items = distinct(visit, params).0;
        let explain = |best: &Ranked| {
            let factor = self.factor(best.item, params);
            let sums = &scratch.sums[best.row * items.len()..][..items.len()];
            let parts = sums.iter().zip(&items).filter(|(sum, _)| **sum > 0.0);
            let part = |(sum, item): (&f64, &ItemId)| Contribution {
                cause: Cause::Visit { item: *item },
                part: sum * factor,
            };
            Scored::from_parts(best.item, parts.map(part).collect())
        };
        scratch.ranking.iter().map(explain).collect()
    }

    /// The items that [`score`](Self::score) would give, in the same order, without their reasons, into `into`.
    pub fn rank(&self, visit: &Visit<'_>, params: &Params, scratch: &mut Scratch, into: &mut Vec<ItemId>) {
        self.rank_rows(visit, params, scratch);
        into.clear();
        into.extend(scratch.ranking.iter().map(|best| best.item));
    }

    fn rank_rows(&self, visit: &Visit<'_>, params: &Params, scratch: &mut Scratch) {
        scratch.start();
        let (items, weights) = distinct(visit, params);
        self.gather(visit, params, &items, &weights, scratch);
        let Scratch { rows, sums, ranking, candidates, .. } = scratch;
        match params.exclude {
            Exclude::Current => visit.items.last().into_iter().for_each(|item| rows.bar(*item)),
            Exclude::Visited => visit.items.iter().for_each(|item| rows.bar(*item)),
        }
        for near in candidates.iter() {
            let lambda = (1.0 - 0.1 * f64::from(near.shared.trailing_zeros() + 1)).max(0.0);
            let held = &self.sessions[near.slot as usize].items;
            if held.len() > params.longest_session {
                continue;
            }
            for item in held {
                let Some(row) = rows.row(*item) else { continue };
                let start = row * weights.len();
                if sums.len() == start {
                    sums.resize(start + weights.len(), 0.0);
                }
                let mut shared = near.shared;
                while shared != 0 {
                    let position = shared.trailing_zeros() as usize;
                    sums[start + position] += lambda * weights[position];
                    shared &= shared - 1;
                }
            }
        }
        for (row, &item) in rows.items().iter().enumerate() {
            let factor = self.factor(item, params);
            let parts = &sums[row * weights.len()..][..weights.len()];
            let score = parts.iter().fold(0.0, |sum, part| sum + part * factor);
            if score > 0.0 {
                ranking.push(Ranked { score, item, row });
            }
        }
        keep_best(ranking, params.count);
    }

    /// Fills `scratch.candidates` with the neighbours, newest first.
    ///
    /// One merge of the posting lists from their newest ends meets every session once, with all of its shared items, and stops
    /// after m: no hash map, no heap. The m newest of the union are the sessions that the paper's algorithm ends with.
    fn gather(
        &self,
        visit: &Visit<'_>,
        params: &Params,
        items: &[ItemId],
        weights: &[f64],
        scratch: &mut Scratch,
    ) {
        let own = visit.own.and_then(|key| self.slots.get(&key).copied());
        let list = |item: &ItemId| self.postings.get(item.index()).map_or(&[][..], Vec::as_slice);
        let head = |(item, weight): (&ItemId, &f64)| Head { list: list(item), weight: *weight };
        let mut heads: Vec<Head<'_>> = items.iter().zip(weights).map(head).collect();
        let candidates = &mut scratch.candidates;
        // Of sessions that share the same one item the newest are the nearest.
        let most = if items.len() == 1 { params.recent.min(params.neighbours) } else { params.recent };
        while candidates.len() < most {
            let ends = heads.iter().filter_map(|head| head.list.last().copied());
            let Some(newest) = ends.reduce(|a, b| if self.newer(b, a) { b } else { a }) else { break };
            let mut near =
                Candidate { slot: newest.slot, age: candidates.len() as u32, shared: 0, similarity: 0.0 };
            for (position, head) in heads.iter_mut().enumerate() {
                if let Some((end, rest)) = head.list.split_last()
                    && end.slot == newest.slot
                {
                    near.shared |= 1 << position;
                    near.similarity += head.weight;
                    head.list = rest;
                }
            }
            if Some(near.slot) != own {
                candidates.push(near);
            }
        }
        keep_nearest(candidates, params.neighbours);
    }

    fn factor(&self, item: ItemId, params: &Params) -> f64 {
        let idf = || ((self.sessions() as f64 + 1.0) / self.sessions_with(item) as f64).ln();
        let rarity = match params.rarity {
            Rarity::Ignored => 1.0,
            Rarity::Idf => idf(),
            Rarity::Boost { weight } => 1.0 + weight * idf(),
        };
        rarity / params.neighbours.max(1) as f64
    }
}

/// The k most similar, of equals the newest, in order of age.
fn keep_nearest(candidates: &mut Vec<Candidate>, count: usize) {
    if count == 0 {
        candidates.clear();
    } else if candidates.len() > count {
        candidates.select_nth_unstable_by(count - 1, |a, b| {
            b.similarity.total_cmp(&a.similarity).then(a.age.cmp(&b.age))
        });
        candidates.truncate(count);
        candidates.sort_unstable_by_key(|near| near.age);
    }
}

/// The distinct items among the visit's last clicks, newest first, at most 64 (the bits of `Candidate::shared`), and their
/// weights, which add up to 1.
fn distinct(visit: &Visit<'_>, params: &Params) -> (Vec<ItemId>, Vec<f64>) {
    let clicks = visit.items.len().min(params.last_clicks);
    let (mut items, mut weights) = (Vec::with_capacity(clicks.min(64)), Vec::with_capacity(clicks.min(64)));
    for (place, item) in visit.items.iter().rev().take(clicks).enumerate() {
        if items.len() < 64 && !items.contains(item) {
            items.push(*item);
            weights.push((clicks - place) as f64);
        }
    }
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    (items, weights)
}
