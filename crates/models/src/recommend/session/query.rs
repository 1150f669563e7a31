//! Asking the session index: which sessions resemble this visit, and where did they go?
//!
//! Must never add up in an order that depends on slots: neighbours are added newest first, reasons from the newest item of the
//! visit to the oldest.
#![expect(
    clippy::indexing_slicing,
    reason = "slots come from the index, positions are below the visit's length"
)]

use super::merge::{Candidate, WIDEST};
use super::params::Decay;
use super::votes::{Accord, Ballot, Votes};
use super::{Params, SessionIndex, SessionKey};
use crate::recommend::damping::Damping;
use crate::recommend::dense::Dense;
use crate::recommend::opinion::Opinion as _;
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

/// The reusable memory of one question: the visit's items, its neighbours, and what they vote for.
#[derive(Debug, Default)]
pub struct Neighbourhood {
    /// The distinct items among the visit's last clicks, newest first, at most [`WIDEST`].
    pub(super) items: Vec<ItemId>,
    /// The place in the visit of each one's newest click, and its weight; the weights add up to 1.
    pub(super) places: Vec<usize>,
    pub(super) weights: Vec<f64>,
    /// The neighbours, newest first.
    pub(super) near: Vec<Candidate>,
    nearest: Nearest,
    /// All items of the visit, each once.
    pub(super) visited: Vec<ItemId>,
    /// What may not come back of them.
    pub(super) barred: Vec<ItemId>,
    pub(super) ballots: Vec<Ballot>,
    pub(super) accords: Vec<Accord>,
    pub(super) accord_of: Vec<u32>,
    pub(super) sums: Dense,
    pub(super) scores: Vec<(ItemId, f64)>,
}

impl SessionIndex {
    /// The neighbours of a visit, newest first.
    #[must_use]
    pub fn neighbours(&self, visit: &Visit<'_>, params: &Params, scratch: &mut Scratch) -> Vec<Neighbour> {
        let hood = &mut scratch.neighbourhood;
        self.gather(visit, params, hood);
        let named = |near: &Candidate| Neighbour {
            session: self.recency[near.slot as usize].key,
            similarity: similarity(&hood.weights, near.shared)
                / params.length.divisor(self.held[near.slot as usize].len()),
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
        let Neighbourhood { items, weights, near, nearest, .. } = hood;
        near.clear();
        let own = visit.own.and_then(|key| self.slots.get(&key).copied());
        let list = |item: &ItemId| self.postings.get(item.index()).map_or(&[][..], Vec::as_slice);
        let mut lists = [&[][..]; WIDEST];
        lists.iter_mut().zip(items.iter()).for_each(|(place, item)| *place = list(item));
        let lists = &lists[..items.len()];
        // Of sessions that share the same one item the newest are the nearest, unless the length counts.
        let one = lists.iter().filter(|list| !list.is_empty()).count() == 1;
        let alike = one && params.length == Damping::Ignored;
        let most = if alike { params.recent.min(params.neighbours) } else { params.recent };
        self.merge(lists, own, most, near);
        nearest.keep(near, weights, params, |near| self.held[near.slot as usize].len());
    }

    /// ln((N + 1) / n) for each item, by the number of sessions N and of those with the item n.
    pub(super) fn idf(&self) -> impl Fn(ItemId) -> f64 {
        let all = (self.sessions() as f64 + 1.0).ln();
        move |item| all - self.log_sessions.get(item.index()).copied().unwrap_or(0.0)
    }

    /// The distinct items among the visit's last clicks and their weights.
    fn weigh(&self, visit: &Visit<'_>, params: &Params, hood: &mut Neighbourhood) {
        let clicks = visit.items.len().min(params.last_clicks);
        let idf = self.idf();
        let Neighbourhood { items, places, weights, .. } = hood;
        items.clear();
        places.clear();
        weights.clear();
        for (place, item) in visit.items.iter().rev().take(clicks).enumerate() {
            if items.len() < WIDEST && !items.contains(item) {
                let decayed = match params.place {
                    Decay::Linear => (clicks - place) as f64,
                    Decay::Hyperbolic { rate } => 1.0 / (1.0 + rate * place as f64),
                };
                items.push(*item);
                places.push(place);
                weights.push(decayed * params.shared_rarity.factor(idf(*item)));
            }
        }
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= total);
    }
}

/// Σ of the weights of the shared items, from the newest to the oldest.
pub(super) fn similarity(weights: &[f64], shared: u32) -> f64 {
    let each = weights.iter().enumerate().filter(|(position, _)| shared >> position & 1 == 1);
    each.fold(0.0, |sum, (_, weight)| sum + weight)
}

/// Leaves the k most similar, of equals the newest, in the order in which they stand, which is newest first.
#[derive(Debug, Default)]
struct Nearest {
    /// How many candidates share just these items, by the bits of them, and how similar they are.
    counts: Vec<u32>,
    similar: Vec<f64>,
    similarities: Vec<u64>,
}

/// With more items than this, there are too many sets of them for a table.
pub(super) const FEW_ITEMS: usize = 9;

impl Nearest {
    fn keep(
        &mut self,
        near: &mut Vec<Candidate>,
        weights: &[f64],
        params: &Params,
        length: impl Fn(&Candidate) -> usize,
    ) {
        let count = params.neighbours;
        if count == 0 || near.len() <= count {
            near.truncate(count);
        } else if weights.len() <= FEW_ITEMS && params.length == Damping::Ignored {
            self.keep_by_accord(near, weights, count);
        } else {
            self.keep_one_by_one(near, weights, params, length);
        }
    }

    /// Sessions that share the same items are equally similar, and there are few sets of items.
    fn keep_by_accord(&mut self, near: &mut Vec<Candidate>, weights: &[f64], count: usize) {
        let Self { counts, similar, similarities } = self;
        counts.clear();
        counts.resize(1 << weights.len(), 0);
        similar.clear();
        similar.resize(1 << weights.len(), 0.0);
        near.iter().for_each(|near| counts[near.shared as usize] += 1);
        similarities.clear();
        for (shared, _) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            similar[shared] = similarity(weights, shared as u32);
            similarities.push(shared as u64);
        }
        similarities.sort_unstable_by(|a, b| similar[*b as usize].total_cmp(&similar[*a as usize]));
        let (mut taken, mut least) = (0, f64::INFINITY);
        for shared in similarities.iter() {
            if taken >= count {
                break;
            }
            least = similar[*shared as usize];
            taken += counts[*shared as usize] as usize;
        }
        let above = similarities.iter().filter(|shared| similar[**shared as usize] > least);
        let mut equals = count - above.map(|shared| counts[*shared as usize] as usize).sum::<usize>();
        let mut kept = 0;
        for at in 0..near.len() {
            let candidate = near[at];
            let similar = similar[candidate.shared as usize];
            let equal = similar == least && equals > 0;
            equals -= usize::from(equal);
            near[kept] = candidate;
            kept += usize::from(similar > least || equal);
        }
        near.truncate(kept);
    }

    fn keep_one_by_one(
        &mut self,
        near: &mut Vec<Candidate>,
        weights: &[f64],
        params: &Params,
        length: impl Fn(&Candidate) -> usize,
    ) {
        let Self { similarities, .. } = self;
        // Numbers that aren't below 0 are in the order of their bits, and whole numbers are quicker to select from.
        let bits = |near: &Candidate| {
            let divisor = params.length.divisor(length(near));
            (similarity(weights, near.shared) / divisor).to_bits()
        };
        similarities.clear();
        similarities.extend(near.iter().map(bits));
        let (above, least, _) = similarities.select_nth_unstable_by(params.neighbours - 1, |a, b| b.cmp(a));
        let least = *least;
        let mut equals = params.neighbours - above.iter().filter(|bits| **bits > least).count();
        near.retain(|near| {
            let bits = bits(near);
            let taken = bits > least || (bits == least && equals > 0);
            equals -= usize::from(taken && bits == least);
            taken
        });
    }
}
