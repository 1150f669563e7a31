//! Asking for the next basket: sums for every candidate, reasons for the best alone.
//!
//! Must never leave out a candidate that belongs in the answer: the search down the most popular items ends only when none of
//! the rest can reach the last place.

use super::history::{History, Line};
use super::tallies::{MOST_IN_SEASON, Season};
use super::weights::{PARTS, Terms};
use super::{BasketIndex, BuyerKey, Weights, Worksheet};
use crate::recommend::rows::{Ranked, keep_best};
use crate::recommend::{ItemId, Scored, rank};

/// Whose next basket, and when.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The person's baskets so far (those that may be read).
    pub history: &'a History,
    /// Under which key the person is in the index, if so: nobody is their own neighbour.
    pub own: Option<BuyerKey>,
    /// Now, in seconds since 1970: what sold in the days before this is in season. Baskets of today don't count for it; so
    /// without known times (0, 1, 2, …) there is no season.
    pub now: i64,
}

/// The dials of the blend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// k: how many similar buyers vote; 0 for none.
    pub neighbours: usize,
    /// How many entries of items' lists may be read in search of them, which bounds what a request costs.
    pub reads: usize,
    /// What fewer buyers than this have is proposed to nobody but those who have it.
    pub at_least: u32,
    /// How many days before today make the season.
    pub season_days: u32,
    /// How much each part counts.
    pub weights: Weights,
    /// How many items are wanted.
    pub count: usize,
}

impl Params {
    /// Settings that did well on the validation baskets of two shops.
    #[must_use]
    pub fn standard(count: usize) -> Self {
        Self {
            neighbours: 100,
            reads: 100_000,
            at_least: 3,
            season_days: 14,
            weights: Weights::standard(),
            count,
        }
    }
}

/// What all candidates of one request share.
pub(super) struct Request<'a> {
    pub(super) lines: Vec<Line>,
    pub(super) season: Season,
    pub(super) params: &'a Params,
    baskets: f64,
}

impl BasketIndex {
    /// The next basket, best first, with reasons that add up.
    ///
    /// A score reads as the chance that the item is in the next basket, if the weights were learned on this shop. It is
    /// Σ over own purchases of the item ([`Cause::Bought`](crate::recommend::Cause::Bought), oldest first) + popularity
    /// ([`Cause::Popular`](crate::recommend::Cause::Popular)) + the neighbours' vote, split over those items of the person's
    /// own that made the neighbours similar, by their share of the similarity
    /// ([`Cause::Suits`](crate::recommend::Cause::Suits), by item).
    #[must_use]
    pub fn score(&self, ask: &Ask<'_>, params: &Params, sheet: &mut Worksheet) -> Vec<Scored> {
        let request = self.request(ask, params);
        let best = self.best(&request, ask, sheet);
        let shares = self.shares(&request.lines, sheet);
        let mut list: Vec<Scored> =
            best.iter().map(|best| self.explain(best.item, ask.history, &request, &shares, sheet)).collect();
        rank(&mut list, params.count);
        list
    }

    /// The items of [`score`](Self::score) without their reasons, into `into`; what scores equal but for rounding may change places.
    pub fn rank(&self, ask: &Ask<'_>, params: &Params, sheet: &mut Worksheet, into: &mut Vec<ItemId>) {
        let request = self.request(ask, params);
        into.clear();
        into.extend(self.best(&request, ask, sheet).iter().map(|best| best.item));
    }

    pub(super) fn request<'a>(&self, ask: &Ask<'_>, params: &'a Params) -> Request<'a> {
        Request {
            lines: ask.history.lines(&self.decay),
            season: self.tallies.season(ask.now, params.season_days),
            params,
            baskets: ask.history.baskets().len() as f64,
        }
    }

    fn best(&self, request: &Request<'_>, ask: &Ask<'_>, sheet: &mut Worksheet) -> Vec<Ranked> {
        let Request { lines, params, .. } = request;
        self.gather(lines, ask.own, params, sheet);
        let mut ranking: Vec<Ranked> = Vec::new();
        if params.count == 0 {
            return ranking;
        }
        let consider = |item: ItemId, line: Option<&Line>, ranking: &mut Vec<Ranked>| {
            let score = self.sum(item, line, request, sheet);
            if score > 0.0 {
                ranking.push(Ranked { score, item });
            }
        };
        lines.iter().for_each(|line| consider(line.item, Some(line), &mut ranking));
        keep_best(&mut ranking, params.count);
        // What can't reach the last place even in full season isn't looked at; rounding hides nothing behind the margin.
        let full = params.weights.at(MOST_IN_SEASON);
        let most = |item: ItemId, vote: f64| {
            (full.popular * self.tallies.popularity(item) + full.neighbours * vote) * (1.0 + 1e-9)
        };
        let last = |ranking: &[Ranked]| {
            if ranking.len() < params.count { 0.0 } else { ranking.last().map_or(0.0, |last| last.score) }
        };
        let mut least = last(&ranking);
        for (number, _) in sheet.votes.iter() {
            let item = ItemId(number);
            if most(item, self.vote(item, sheet)) >= least && self.may_propose(item, request) {
                consider(item, None, &mut ranking);
                if ranking.len() >= 4 * params.count {
                    keep_best(&mut ranking, params.count);
                    least = last(&ranking);
                }
            }
        }
        keep_best(&mut ranking, params.count);
        for item in self.tallies.popular() {
            let most = most(item, 0.0);
            if most <= 0.0 || most < last(&ranking) {
                break;
            }
            if sheet.votes.get(item.0) == 0.0 && self.may_propose(item, request) {
                consider(item, None, &mut ranking);
                keep_best(&mut ranking, params.count);
            }
        }
        ranking
    }

    /// Whether an item may go to a person who hasn't had it (one who has is asked about before).
    fn may_propose(&self, item: ItemId, request: &Request<'_>) -> bool {
        request.line(item).is_none()
            && self.tallies.get(item).is_some_and(|tally| tally.buyers >= request.params.at_least)
    }

    fn sum(&self, item: ItemId, line: Option<&Line>, request: &Request<'_>, sheet: &Worksheet) -> f64 {
        let weights = request.params.weights.at(self.tallies.in_season(item, &request.season));
        let again = self.tallies.again(item);
        let own = line.map_or(0.0, |line| request.purchases(&weights, again, line));
        let others = self.may_propose(item, request) || line.is_some();
        let vote = if others { self.vote(item, sheet) } else { 0.0 };
        own + weights.popular * self.tallies.popularity(item) + weights.neighbours * vote
    }

    /// The mean entry of the neighbours.
    fn vote(&self, item: ItemId, sheet: &Worksheet) -> f64 {
        if sheet.similarity > 0.0 { sheet.votes.get(item.0) / sheet.similarity } else { 0.0 }
    }

    /// The terms of the person's own items, of up to `others` voted for and of as many popular ones; for learning weights.
    pub(super) fn observations(
        &self,
        ask: &Ask<'_>,
        params: &Params,
        others: usize,
        sheet: &mut Worksheet,
    ) -> Vec<(ItemId, [f64; PARTS])> {
        let request = self.request(ask, params);
        self.gather(&request.lines, ask.own, params, sheet);
        let voted = sheet.votes.iter().map(|(number, score)| Ranked { score, item: ItemId(number) });
        let mut voted: Vec<Ranked> = voted.filter(|voted| self.may_propose(voted.item, &request)).collect();
        keep_best(&mut voted, others);
        let popular = self.tallies.popular().filter(|item| self.may_propose(*item, &request)).take(others);
        let mut items: Vec<ItemId> = request.lines.iter().map(|line| line.item).collect();
        items.extend(voted.iter().map(|voted| voted.item).chain(popular));
        items.sort_unstable();
        items.dedup();
        items.into_iter().map(|item| (item, self.parts(item, &request, sheet))).collect()
    }

    fn parts(&self, item: ItemId, request: &Request<'_>, sheet: &Worksheet) -> [f64; PARTS] {
        let again = self.tallies.again(item);
        let own = request.line(item).map_or([0.0; 5], |line| {
            let share = f64::from(line.bought) / request.baskets;
            [again * line.fading, again * line.steady, line.fading, line.steady, share]
        });
        let [a, b, c, d, e] = own;
        let (p, v) = (self.tallies.popularity(item), self.vote(item, sheet));
        let s = self.tallies.in_season(item, &request.season);
        [a, b, c, d, e, p, v, a * s, b * s, c * s, d * s, e * s, p * s, v * s]
    }
}

impl Request<'_> {
    pub(super) fn line(&self, item: ItemId) -> Option<&Line> {
        let at = self.lines.binary_search_by_key(&item, |line| line.item).ok()?;
        self.lines.get(at)
    }

    /// What all own purchases of an item are worth.
    pub(super) fn purchases(&self, weights: &Terms, again: f64, line: &Line) -> f64 {
        let share = f64::from(line.bought) / self.baskets;
        self.purchase(weights, again, line.fading, line.steady, share)
    }

    /// What own purchases are worth, given the sums of their decays.
    fn purchase(&self, weights: &Terms, again: f64, fading: f64, steady: f64, share: f64) -> f64 {
        (weights.fading_again * again + weights.fading) * fading
            + (weights.steady_again * again + weights.steady) * steady
            + weights.share * share
    }

    /// What one own purchase of this age is worth.
    pub(super) fn one(&self, weights: &Terms, again: f64, fading: f64, steady: f64) -> f64 {
        self.purchase(weights, again, fading, steady, 1.0 / self.baskets)
    }
}
