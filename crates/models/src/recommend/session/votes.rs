//! What the neighbours of a visit vote for, and why.
//!
//! Must never explain an item by a neighbour's session: reasons are items of the asker's own visit. Must never let the second
//! step count otherwise than the first: both go through [`Ballot`].
#![expect(
    clippy::indexing_slicing,
    reason = "slots come from the index, rows from `Rows`, positions are below the visit's length"
)]

use super::params::Decay;
use super::query::{Candidate, Neighbourhood};
use super::{Exclude, Params, SessionIndex, Visit};
use crate::recommend::opinion::{Opinion, Sums, Winners};
use crate::recommend::{Cause, Contribution, ItemId};

/// The answer to one question; the reasons are made for those who ask for them.
///
/// Of the last n clicks of the visit, the one at place p (0 is the newest) has the weight c(p) of [`Params::place`]; an item has
/// that of its newest click times the factor of [`Params::shared_rarity`], divided by the sum over the distinct items, so that
/// these weights w add up to 1. The similarity of session s, among the m newest, is Σ w over the items it shares, divided by
/// |s|^[`Params::length`]; the k most similar are neighbours. With q the newest item shared, the vote of s for item j is
/// λ(q) · similarity / (1 + [`Params::age_per_day`] · days older than the newest neighbour) · δ(d), d being by how many distinct
/// items j stands after q in s: δ(0) = 1; after it 1 / (1 + [`Params::after`] · (d − 1)); before it
/// [`Params::backward`] / (1 + [`Params::before`] · (|d| − 1)). The score of j is rarity(j) · revisit(j) / k · Σ of the votes, and
/// the part of an item of the visit is the share that came through its w. With the dials of [`Params::vmis`] this is VMIS-kNN, and
/// 0 ≤ score ≤ rarity(j) · revisit(j), whatever k.
///
/// ```
/// use models::recommend::{ItemId, Scratch, blend::{Voice, decide}};
/// use models::recommend::session::{Neighbourhood, Params, SessionIndex, SessionKey, Visit};
/// let [tent, mat, stove] = [ItemId(0), ItemId(1), ItemId(2)];
/// let mut index = SessionIndex::new();
/// for (session, item, time) in [(1, tent, 10), (1, mat, 11), (2, tent, 20), (2, mat, 21), (2, stove, 22)] {
///     index.learn(SessionKey(session), item, time);
/// }
/// let (params, mut hood) = (Params::standard(9), Neighbourhood::default());
/// let votes = index.votes(&Visit { items: &[tent], own: None }, &params, &mut hood);
/// let list = decide(&[Voice::new(&votes, 1.0, 1.0).unwrap()], 1, |_| true, &mut Scratch::new());
/// assert_eq!(list[0].item(), mat);
/// assert_eq!(list[0].score(), votes.scores().iter().find(|(item, _)| *item == mat).unwrap().1);
/// ```
#[derive(Debug)]
pub struct Votes<'a> {
    index: &'a SessionIndex,
    params: &'a Params,
    hood: &'a Neighbourhood,
    /// Rows below this belong to items that the visit has seen.
    visited: usize,
}

/// One neighbour's say: its items, where the newest shared one stands, and what its vote is worth but for the shared weights.
struct Ballot<'a> {
    items: &'a [ItemId],
    at: usize,
    worth: f64,
}

/// δ for the first distances, so that the inner loop doesn't divide.
struct Distances {
    after: [f64; 16],
    before: [f64; 16],
}

impl Distances {
    fn of(params: &Params) -> Self {
        let far = |rate: f64, d: usize| 1.0 / (1.0 + rate * (d.max(1) - 1) as f64);
        Self {
            after: std::array::from_fn(|d| far(params.after, d)),
            before: std::array::from_fn(|d| params.backward * far(params.before, d)),
        }
    }

    /// δ of the item at `place` when the shared one stands at `at`. Distances beyond the table count as its last.
    fn factor(&self, place: usize, at: usize) -> f64 {
        if place == at {
            1.0
        } else if place > at {
            self.after[(place - at).min(15)]
        } else {
            self.before[(at - place).min(15)]
        }
    }
}

impl<'a> Votes<'a> {
    pub(super) fn count(
        index: &'a SessionIndex,
        visit: &Visit<'_>,
        params: &'a Params,
        hood: &'a mut Neighbourhood,
    ) -> Self {
        let Neighbourhood { items, places, near, rows, sums, scores, .. } = hood;
        rows.start();
        sums.clear();
        scores.clear();
        match params.exclude {
            Exclude::Current => visit.items.last().into_iter().for_each(|item| rows.bar(*item)),
            Exclude::Visited => visit.items.iter().for_each(|item| rows.bar(*item)),
        }
        if params.revisit != 1.0 {
            visit.items.iter().for_each(|item| rows.touch(*item));
            sums.resize(rows.items().len(), 0.0);
        }
        let visited = sums.len();
        let distances = Distances::of(params);
        let newest = near.first().map_or(0, |near| near.last);
        for candidate in near.iter() {
            let Some(ballot) = Ballot::of(index, candidate, newest, params, items, places) else { continue };
            let vote = ballot.worth * candidate.similarity;
            for (place, item) in ballot.items.iter().enumerate() {
                let Some(row) = rows.row(*item) else { continue };
                let share = vote * distances.factor(place, ballot.at);
                match sums.get_mut(row) {
                    Some(sum) => *sum += share,
                    None => sums.push(share),
                }
            }
        }
        for (row, (item, sum)) in rows.items().iter().zip(sums.iter()).enumerate() {
            let score = sum * factor(index, params, *item, row < visited);
            if score > 0.0 {
                scores.push((*item, score));
            }
        }
        Self { index, params, hood, visited }
    }

    /// Every candidate with its score, in no order that means anything.
    #[must_use]
    pub fn scores(&self) -> &[(ItemId, f64)] {
        &self.hood.scores
    }
}

impl<'a> Ballot<'a> {
    /// `None` for robots, which have no vote.
    fn of(
        index: &'a SessionIndex,
        near: &Candidate,
        newest: i64,
        params: &Params,
        items: &[ItemId],
        places: &[usize],
    ) -> Option<Self> {
        let held = index.held[near.slot as usize].as_slice();
        if held.len() > params.longest_session {
            return None;
        }
        let first = near.shared.trailing_zeros() as usize;
        let at = held.iter().position(|item| *item == items[first])?;
        let lambda = match params.newest_shared {
            Decay::Linear => (1.0 - 0.1 * (first as f64 + 1.0)).max(0.0),
            Decay::Hyperbolic { rate } => 1.0 / (1.0 + rate * places[first] as f64),
        };
        let days = newest.saturating_sub(near.last) as f64 / 86_400.0;
        Some(Self { items: held, at, worth: lambda / (1.0 + params.age_per_day * days) })
    }
}

/// What an item's votes are multiplied by.
fn factor(index: &SessionIndex, params: &Params, item: ItemId, revisited: bool) -> f64 {
    let rarity = params.rarity.factor(index.idf(item));
    let revisit = if revisited { params.revisit } else { 1.0 };
    rarity * revisit / params.neighbours.max(1) as f64
}

impl Opinion for Votes<'_> {
    fn sum_up(&self, factor: f64, sums: &mut Sums) {
        self.hood.scores.iter().for_each(|(item, score)| sums.add(*item, factor * score));
    }

    fn give_reasons(&self, outer: f64, winners: &mut Winners) {
        let Neighbourhood { items, places, weights, near, rows, .. } = self.hood;
        let width = items.len();
        let mut parts = vec![0.0; winners.items().len() * width];
        let distances = Distances::of(self.params);
        let newest = near.first().map_or(0, |near| near.last);
        for candidate in near {
            let Some(ballot) = Ballot::of(self.index, candidate, newest, self.params, items, places) else {
                continue;
            };
            let worth = ballot.worth / self.params.length.divisor(ballot.items.len());
            for (place, item) in ballot.items.iter().enumerate() {
                let Some(row) = winners.row(*item) else { continue };
                let share = worth * distances.factor(place, ballot.at);
                let mut shared = candidate.shared;
                while shared != 0 {
                    let position = shared.trailing_zeros() as usize;
                    parts[row * width + position] += share * weights[position];
                    shared &= shared - 1;
                }
            }
        }
        for row in 0..winners.items().len() {
            let item = winners.items()[row];
            // Whoever has no row here was barred, or nobody's choice.
            let Some(known) = rows.peek(item) else { continue };
            let factor = outer * factor(self.index, self.params, item, known < self.visited);
            for (position, cause) in items.iter().enumerate() {
                let part = parts[row * width + position] * factor;
                winners.add(row, Contribution { cause: Cause::Visit { item: *cause }, part });
            }
        }
    }
}
