//! What the neighbours of a visit vote for, and why.
//!
//! Must never explain an item by a neighbour's session: reasons are items of the asker's own visit. Must never let the second
//! step count otherwise than the first: both go by the same [`Ballot`]s.
#![expect(
    clippy::indexing_slicing,
    reason = "slots and items come from the index, positions are below the visit's length, cells are made for all winners"
)]

use super::merge::Candidate;
use super::params::Decay;
use super::query::{FEW_ITEMS, Neighbourhood, similarity};
use super::{Exclude, Params, SessionIndex, Visit};
use crate::recommend::damping::Damping;
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
}

/// What neighbours that share the same items with the visit have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accord {
    shared: u32,
    /// The newest shared item.
    newest: ItemId,
    /// λ of it.
    lambda: f64,
    /// λ times the similarity.
    vote: f64,
}

impl Accord {
    fn of(shared: u32, params: &Params, items: &[ItemId], places: &[usize], weights: &[f64]) -> Self {
        let first = shared.trailing_zeros() as usize;
        let lambda = match params.newest_shared {
            Decay::Linear => (1.0 - 0.1 * (first as f64 + 1.0)).max(0.0),
            Decay::Hyperbolic { rate } => 1.0 / (1.0 + rate * places[first] as f64),
        };
        Self { shared, newest: items[first], lambda, vote: lambda * similarity(weights, shared) }
    }
}

/// One neighbour's say: at which of its items the newest shared one stands, which it shares, and by what its vote is divided for
/// its length and age.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ballot {
    slot: u32,
    at: u32,
    accord: u32,
    divisor: f64,
}

/// A set of shared items whose accord hasn't been looked up yet.
const UNKNOWN: u32 = u32::MAX;

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

    /// Every item of a session with its δ, when the shared one stands at `at`.
    fn each(&self, items: &[ItemId], at: usize, mut take: impl FnMut(ItemId, f64)) {
        if let Some(near) = FAR.checked_sub(at).and_then(|start| self.0.get(start..start + items.len())) {
            items.iter().zip(near).for_each(|(item, factor)| take(*item, *factor));
        } else {
            let factor = |place: usize| self.0[(place + FAR).saturating_sub(at).min(2 * FAR)];
            items.iter().enumerate().for_each(|(place, item)| take(*item, factor(place)));
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
        let Neighbourhood {
            items,
            places,
            weights,
            near,
            visited,
            barred,
            ballots,
            accords,
            accord_of,
            sums,
            scores,
            ..
        } = hood;
        visited.clear();
        for item in visit.items {
            if !visited.contains(item) {
                visited.push(*item);
            }
        }
        barred.clear();
        match params.exclude {
            Exclude::Current => barred.extend(visit.items.last()),
            Exclude::Visited => barred.extend(visited.iter()),
        }
        ballots.clear();
        accords.clear();
        scores.clear();
        // Touching all sessions first lets the machine fetch them, which lie apart, at the same time.
        let (mut total, mut touched) = (0, 0);
        for candidate in near.iter() {
            let held = index.held[candidate.slot as usize].as_slice();
            total += held.len();
            touched ^= held.last().map_or(0, |item| item.0);
        }
        std::hint::black_box(touched);
        let mut adding = sums.start(index.postings.len(), total);
        // Which accord a set of shared items has, by its bits, where there are few sets.
        accord_of.clear();
        accord_of.resize(1 << items.len().min(FEW_ITEMS), UNKNOWN);
        let distances = Distances::of(params);
        let newest = near.first().map_or(0, |near| index.recency[near.slot as usize].last);
        for candidate in near.iter() {
            let held = &index.held[candidate.slot as usize];
            let session = held.as_slice();
            if session.len() > params.longest_session {
                continue;
            }
            let accord = match accord_of.get(candidate.shared as usize) {
                Some(accord) if *accord != UNKNOWN => *accord as usize,
                Some(_) | None => {
                    let known = accords.iter().position(|accord| accord.shared == candidate.shared);
                    known.unwrap_or_else(|| {
                        accords.push(Accord::of(candidate.shared, params, items, places, weights));
                        accords.len() - 1
                    })
                }
            };
            if let Some(known) = accord_of.get_mut(candidate.shared as usize) {
                *known = accord as u32;
            }
            let Accord { newest: shared, vote, .. } = accords[accord];
            let at = held.place_of(shared);
            let divisor = divisor(index, candidate, newest, params);
            ballots.push(Ballot { slot: candidate.slot, at: at as u32, accord: accord as u32, divisor });
            let vote = vote / divisor;
            distances.each(session, at, |item, factor| adding.add(item, vote * factor));
        }
        let met = adding.met();
        if params.revisit != 1.0 {
            visited.iter().for_each(|item| sums.scale(*item, params.revisit));
        }
        barred.iter().for_each(|item| sums.scale(*item, 0.0));
        let idf = index.idf();
        sums.drain(met, |item, sum| {
            let score = sum * params.rarity.factor(idf(item)) / params.neighbours.max(1) as f64;
            if score > 0.0 {
                scores.push((item, score));
            }
        });
        Self { index, params, hood }
    }

    /// Every candidate with its score, in no order that means anything.
    #[must_use]
    pub fn scores(&self) -> &[(ItemId, f64)] {
        &self.hood.scores
    }
}

/// By what a neighbour's votes are divided for its length and its age.
fn divisor(index: &SessionIndex, near: &Candidate, newest: i64, params: &Params) -> f64 {
    if params.length == Damping::Ignored && params.age_per_day == 0.0 {
        return 1.0;
    }
    let age = newest.saturating_sub(index.recency[near.slot as usize].last);
    params.length.divisor(index.held[near.slot as usize].len())
        * (1.0 + params.age_per_day * age as f64 / 86_400.0)
}

impl Opinion for Votes<'_> {
    fn sum_up(&self, factor: f64, sums: &mut Sums) {
        self.hood.scores.iter().for_each(|(item, score)| sums.add(*item, factor * score));
    }

    fn give_reasons(&self, outer: f64, winners: &mut Winners) {
        let Neighbourhood { items, weights, ballots, accords, visited, barred, .. } = self.hood;
        const OTHERS: usize = 8;
        let (won, width) = (winners.items().len(), accords.len());
        // Some rows for all who didn't win, since an addition would wait for the one before it to the same place; then one for
        // each winner; a column for each accord.
        let mut cells = vec![0.0; (OTHERS + won) * width];
        let distances = Distances::of(self.params);
        for ballot in ballots {
            let session = self.index.held[ballot.slot as usize].as_slice();
            let accord = ballot.accord as usize;
            let worth = accords[accord].lambda / ballot.divisor;
            distances.each(session, ballot.at as usize, |item, factor| {
                let place = winners.place(item);
                let row = if place == 0 { item.index() % OTHERS } else { place + (OTHERS - 1) };
                cells[row * width + accord] += worth * factor;
            });
        }
        let idf = self.index.idf();
        let mut parts = vec![0.0; items.len()];
        for (winner, cells) in cells.chunks_exact(width.max(1)).skip(OTHERS).enumerate() {
            let item = winners.items()[winner];
            if barred.contains(&item) {
                continue;
            }
            parts.fill(0.0);
            for (accord, cell) in accords.iter().zip(cells).filter(|(_, cell)| **cell > 0.0) {
                let mut shared = accord.shared;
                while shared != 0 {
                    parts[shared.trailing_zeros() as usize] += cell;
                    shared &= shared - 1;
                }
            }
            let revisit = if visited.contains(&item) { self.params.revisit } else { 1.0 };
            let factor =
                self.params.rarity.factor(idf(item)) * revisit / self.params.neighbours.max(1) as f64;
            for ((part, weight), cause) in parts.iter().zip(weights).zip(items) {
                let part = part * weight * factor * outer;
                winners.add(winner, Contribution { cause: Cause::Visit { item: *cause }, part });
            }
        }
    }
}
