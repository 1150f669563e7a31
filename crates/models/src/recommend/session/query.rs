//! Asking the session index: which sessions resemble this visit, and where did they go?
//!
//! Must never add up in an order that depends on slots: neighbours are added newest first, reasons from the newest item of the
//! visit to the oldest.
#![expect(
    clippy::indexing_slicing,
    reason = "slots come from the index, positions are below the visit's length"
)]

use super::params::Decay;
use super::votes::{Ballot, Votes};
use super::{Params, Post, SessionIndex, SessionKey};
use crate::recommend::damping::Damping;
use crate::recommend::opinion::Opinion as _;
use crate::recommend::rows::Rows;
use crate::recommend::{ItemId, Scored, Scratch};

/// A visit that is going on.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// The items looked at, oldest first; repeats allowed.
    pub items: &'a [ItemId],
    /// The session under which the visit itself is in the index, so that it isn't its own neighbour.
    pub own: Option<SessionKey>,
}

/// A session that resembles the visit. For measuring and tests: never to be shown to anybody.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// Which.
    pub session: SessionKey,
    /// Σ of the weights of the shared items; 1 if every item of the visit is shared.
    pub similarity: f64,
}

/// A neighbour in the making: `shared` has bit p set if it holds the visit's p-th newest item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) slot: u32,
    pub(super) shared: u64,
    pub(super) similarity: f64,
}

/// The reusable memory of one question: the visit's items, its neighbours, and what they vote for.
#[derive(Debug, Default)]
pub struct Neighbourhood {
    /// The distinct items among the visit's last clicks, newest first, at most 64 (the bits of `Candidate::shared`).
    pub(super) items: Vec<ItemId>,
    /// The place in the visit of each one's newest click, and its weight; the weights add up to 1.
    pub(super) places: Vec<usize>,
    pub(super) weights: Vec<f64>,
    /// The neighbours, newest first.
    pub(super) near: Vec<Candidate>,
    /// What each neighbour that votes has to say, and the rows of all their items, one neighbour after the other.
    pub(super) ballots: Vec<Ballot>,
    pub(super) voted: Vec<u32>,
    similarities: Vec<u64>,
    pub(super) rows: Rows,
    pub(super) sums: Vec<f64>,
    pub(super) scores: Vec<(ItemId, f64)>,
}

/// What hasn't been merged yet of a posting list, newest last.
struct Head<'a> {
    list: &'a [Post],
    bit: u64,
    weight: f64,
}

impl SessionIndex {
    /// The neighbours of a visit, newest first.
    #[must_use]
    pub fn neighbours(&self, visit: &Visit<'_>, params: &Params, scratch: &mut Scratch) -> Vec<Neighbour> {
        let hood = &mut scratch.neighbourhood;
        self.gather(visit, params, hood);
        let named = |near: &Candidate| Neighbour {
            session: self.recency[near.slot as usize].key,
            similarity: near.similarity,
        };
        hood.near.iter().map(named).collect()
    }

    /// Asks what visits like this one go on to; reasons can be had of the answer for a few items. See [`Votes`] for the
    /// equation.
    #[must_use]
    pub fn votes<'a>(
        &'a self,
        visit: &Visit<'_>,
        params: &'a Params,
        hood: &'a mut Neighbourhood,
    ) -> Votes<'a> {
        self.gather(visit, params, hood);
        Votes::count(self, visit, params, hood)
    }

    /// What visits like this one go on to, best first, with reasons: both steps of [`votes`](Self::votes).
    #[must_use]
    pub fn score(&self, visit: &Visit<'_>, params: &Params, scratch: &mut Scratch) -> Vec<Scored> {
        let Scratch { neighbourhood, blended, winners, .. } = scratch;
        let votes = self.votes(visit, params, neighbourhood);
        blended.start();
        votes.sum_up(1.0, blended);
        winners.start(blended.best(params.count, |_| true).into_iter().map(|(item, _)| item));
        votes.give_reasons(1.0, winners);
        let mut list = winners.scored();
        crate::recommend::rank(&mut list, params.count);
        list
    }

    /// The items that [`score`](Self::score) would give, in the same order, into `into`.
    pub fn rank(&self, visit: &Visit<'_>, params: &Params, scratch: &mut Scratch, into: &mut Vec<ItemId>) {
        into.clear();
        into.extend(self.score(visit, params, scratch).iter().map(Scored::item));
    }

    /// Fills the neighbourhood: the visit's items and weights, and the neighbours, newest first.
    ///
    /// One merge of the posting lists from their newest ends meets every session once, with all of its shared items, and stops
    /// after m: no hash map, no heap. The m newest of the union are the sessions that the paper's algorithm ends with.
    fn gather(&self, visit: &Visit<'_>, params: &Params, hood: &mut Neighbourhood) {
        self.weigh(visit, params, hood);
        let Neighbourhood { items, weights, near, similarities, .. } = hood;
        near.clear();
        let own = visit.own.and_then(|key| self.slots.get(&key).copied());
        let head = |(position, (item, weight)): (usize, (&ItemId, &f64))| Head {
            list: self.postings.get(item.index()).map_or(&[][..], Vec::as_slice),
            bit: 1 << position,
            weight: *weight,
        };
        let mut heads: Vec<Head<'_>> = items.iter().zip(weights.iter()).enumerate().map(head).collect();
        heads.retain(|head| !head.list.is_empty());
        // Of sessions that share the same one item the newest are the nearest, unless the length counts.
        let alike = heads.len() == 1 && params.length == Damping::Ignored;
        let most = if alike { params.recent.min(params.neighbours) } else { params.recent };
        while near.len() < most {
            let mut ends = heads.iter().filter_map(|head| head.list.last());
            let Some(mut newest) = ends.next() else { break };
            for end in ends {
                if end.last > newest.last || (end.last == newest.last && self.newer(*end, *newest)) {
                    newest = end;
                }
            }
            let newest = *newest;
            let mut found = Candidate { slot: newest.slot, shared: 0, similarity: 0.0 };
            for head in &mut heads {
                if let Some((end, rest)) = head.list.split_last()
                    && end.slot == newest.slot
                {
                    found.shared |= head.bit;
                    found.similarity += head.weight;
                    head.list = rest;
                }
            }
            found.similarity /= params.length.divisor(newest.length as usize);
            if Some(found.slot) != own {
                near.push(found);
            }
        }
        keep_nearest(near, params.neighbours, similarities);
    }

    /// ln((N + 1) / n).
    pub(super) fn idf(&self, item: ItemId) -> f64 {
        (self.sessions() as f64 + 1.0).ln() - self.log_sessions.get(item.index()).copied().unwrap_or(0.0)
    }

    /// The distinct items among the visit's last clicks and their weights.
    fn weigh(&self, visit: &Visit<'_>, params: &Params, hood: &mut Neighbourhood) {
        let clicks = visit.items.len().min(params.last_clicks);
        let Neighbourhood { items, places, weights, .. } = hood;
        items.clear();
        places.clear();
        weights.clear();
        for (place, item) in visit.items.iter().rev().take(clicks).enumerate() {
            if items.len() < 64 && !items.contains(item) {
                let decayed = match params.place {
                    Decay::Linear => (clicks - place) as f64,
                    Decay::Hyperbolic { rate } => 1.0 / (1.0 + rate * place as f64),
                };
                items.push(*item);
                places.push(place);
                weights.push(decayed * params.shared_rarity.factor(self.idf(*item)));
            }
        }
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= total);
    }
}

/// The k most similar, of equals the newest, in the order in which they stand, which is newest first.
fn keep_nearest(near: &mut Vec<Candidate>, count: usize, similarities: &mut Vec<u64>) {
    if count == 0 || near.len() <= count {
        near.truncate(count);
        return;
    }
    // Numbers that aren't below 0 are in the order of their bits, and whole numbers are quicker to select from.
    similarities.clear();
    similarities.extend(near.iter().map(|near| near.similarity.to_bits()));
    let (above, least, _) = similarities.select_nth_unstable_by(count - 1, |a, b| b.cmp(a));
    let least = *least;
    let mut equals = count - above.iter().filter(|bits| **bits > least).count();
    near.retain(|near| {
        let bits = near.similarity.to_bits();
        let taken = bits > least || (bits == least && equals > 0);
        equals -= usize::from(taken && bits == least);
        taken
    });
}
