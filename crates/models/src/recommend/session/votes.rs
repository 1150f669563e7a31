//! What the neighbours of a visit vote for, and why.
//!
//! Must never explain an item by a neighbour's session: reasons are items of the asker's own visit. Must never let the second
//! step count otherwise than the first: both go by the same [`Ballot`]s.
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
/// use models::recommend::session::{Neighbourhood, Params, Rarity, SessionIndex, SessionKey, Visit};
/// let [tent, mat, stove] = [ItemId(0), ItemId(1), ItemId(2)];
/// let mut index = SessionIndex::new();
/// for (session, item, time) in [(1, tent, 10), (1, mat, 11), (2, tent, 20), (2, mat, 21), (2, stove, 22)] {
///     index.learn(SessionKey(session), item, time);
/// }
/// let params = Params { rarity: Rarity::Ignored, ..Params::standard(9) };
/// let mut hood = Neighbourhood::default();
/// let votes = index.votes(&Visit { items: &[tent], own: None }, &params, &mut hood);
/// let list = decide(&[Voice::new(&votes, 1.0, 1.0).unwrap()], 1, |_| true, &mut Scratch::new());
/// assert_eq!(list[0].item(), mat);
/// let plain = votes.scores().iter().find(|(item, _)| *item == mat).unwrap().1;
/// assert!((list[0].score() - plain).abs() < 1e-12);
/// ```
#[derive(Debug)]
pub struct Votes<'a> {
    index: &'a SessionIndex,
    params: &'a Params,
    hood: &'a Neighbourhood,
    /// Rows below this belong to items that the visit has seen.
    visited: usize,
}

/// One neighbour's say: how many items it has, at which of them the newest shared one stands, which items are shared, and what its
/// vote is worth but for their weights.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ballot {
    items: u32,
    at: u32,
    shared: u64,
    worth: f64,
}

/// How far the table of distances goes; beyond it they count as its ends.
const FAR: usize = 15;

/// δ for every distance from −[`FAR`] to [`FAR`], so that the inner loop neither divides nor branches.
struct Distances([f64; 2 * FAR + 1]);

impl Distances {
    fn of(params: &Params) -> Self {
        let far = |rate: f64, d: usize| 1.0 / (1.0 + rate * (d - 1) as f64);
        Self(std::array::from_fn(|at| match at.checked_sub(FAR) {
            Some(0) => 1.0,
            Some(d) => far(params.after, d),
            None => params.backward * far(params.before, FAR - at),
        }))
    }

    /// δ of the item at `place` when the shared one stands at `at`.
    fn factor(&self, place: usize, at: u32) -> f64 {
        self.0[(place + FAR).saturating_sub(at as usize).min(2 * FAR)]
    }
}

impl<'a> Votes<'a> {
    pub(super) fn count(
        index: &'a SessionIndex,
        visit: &Visit<'_>,
        params: &'a Params,
        hood: &'a mut Neighbourhood,
    ) -> Self {
        let Neighbourhood { items, places, near, ballots, voted, rows, sums, scores, .. } = hood;
        rows.start();
        sums.clear();
        scores.clear();
        ballots.clear();
        voted.clear();
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
        // Touching all sessions first lets the machine fetch them, which lie apart, at the same time.
        let (mut total, mut touched) = (0, 0);
        for candidate in near.iter() {
            let held = index.held[candidate.slot as usize].as_slice();
            total += held.len();
            touched ^= held.last().map_or(0, |item| item.0);
        }
        std::hint::black_box(touched);
        voted.reserve(total);
        let newest = near.first().map_or(0, |near| index.recency[near.slot as usize].last);
        for candidate in near.iter() {
            let held = index.held[candidate.slot as usize].as_slice();
            if held.len() > params.longest_session {
                continue;
            }
            let worth = worth(index, candidate, newest, params, places);
            let first = items[candidate.shared.trailing_zeros() as usize];
            let at = held.iter().position(|item| *item == first).unwrap_or_default() as u32;
            let vote = worth * candidate.similarity;
            let worth = worth / params.length.divisor(held.len());
            ballots.push(Ballot { items: held.len() as u32, at, shared: candidate.shared, worth });
            for (place, item) in held.iter().enumerate() {
                let row = rows.row(*item);
                voted.push(row.map_or(u32::MAX, |row| row as u32));
                let Some(row) = row else { continue };
                let share = vote * distances.factor(place, at);
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

/// λ of the newest shared item by the neighbour's age.
fn worth(index: &SessionIndex, near: &Candidate, newest: i64, params: &Params, places: &[usize]) -> f64 {
    let first = near.shared.trailing_zeros() as usize;
    let lambda = match params.newest_shared {
        Decay::Linear => (1.0 - 0.1 * (first as f64 + 1.0)).max(0.0),
        Decay::Hyperbolic { rate } => 1.0 / (1.0 + rate * places[first] as f64),
    };
    if params.age_per_day == 0.0 {
        return lambda;
    }
    let age = newest.saturating_sub(index.recency[near.slot as usize].last);
    lambda / (1.0 + params.age_per_day * age as f64 / 86_400.0)
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
        let Neighbourhood { items, weights, ballots, voted, rows, .. } = self.hood;
        let width = items.len();
        // Whoever has no row here was barred, or nobody's choice.
        let won: Vec<Option<usize>> = winners.items().iter().map(|item| rows.peek(*item)).collect();
        let mut places = vec![u32::MAX; rows.items().len()];
        for (winner, row) in won.iter().enumerate() {
            row.iter().for_each(|row| places[*row] = winner as u32);
        }
        let mut parts = vec![0.0; won.len() * width];
        let distances = Distances::of(self.params);
        let mut start = 0;
        for ballot in ballots {
            let said = &voted[start..][..ballot.items as usize];
            start += ballot.items as usize;
            for (place, row) in said.iter().enumerate() {
                let winner = places.get(*row as usize).copied().unwrap_or(u32::MAX);
                if winner == u32::MAX {
                    continue;
                }
                let share = ballot.worth * distances.factor(place, ballot.at);
                let parts = &mut parts[winner as usize * width..][..width];
                let mut shared = ballot.shared;
                while shared != 0 {
                    let position = shared.trailing_zeros() as usize;
                    parts[position] += share * weights[position];
                    shared &= shared - 1;
                }
            }
        }
        for (winner, row) in won.iter().enumerate() {
            let Some(row) = row else { continue };
            let item = winners.items()[winner];
            let factor = outer * factor(self.index, self.params, item, *row < self.visited);
            for (part, cause) in parts[winner * width..].iter().zip(items) {
                winners
                    .add(winner, Contribution { cause: Cause::Visit { item: *cause }, part: part * factor });
            }
        }
    }
}
