//! The dials of both session models and of their blend, fitted to a shop's own past.
//!
//! The newest sessions are held out by time, the models learn from the older ones, and a coordinate search asks every prefix of
//! the held-out sessions. Must never see a session that the result will be judged by, and must never keep one: what comes out
//! is a handful of numbers about the whole shop.

use super::{VisitBuffers, VisitParams, Visits};
use crate::evaluate::every_prefix;
use crate::recommend::blend::{self, BlendError, Lesson, Voice};
use crate::recommend::damping::Damping;
use crate::recommend::fit::{Found, Goal, Move, search};
use crate::recommend::session::{Decay, Params, Rarity, SessionKey, Visit};
use crate::recommend::{ItemId, Scratch};
use std::collections::BTreeMap;

/// How to fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Which share of the sessions, the newest, is held out, between 0 and 1.
    pub held_out: f64,
    /// How many questions are asked at most; taken evenly from all that there are.
    pub queries: usize,
    /// How often every dial is turned at most.
    pub rounds: usize,
    /// What counts as good.
    pub goal: Goal,
}

impl Plan {
    /// A tenth of the sessions, 3,000 questions, two rounds, HR + MRR + recall at k. Takes some seconds of one thread.
    #[must_use]
    pub fn standard(k: usize) -> Self {
        Self { held_out: 0.1, queries: 3_000, rounds: 2, goal: Goal::balanced(k) }
    }
}

/// Why nothing could be fitted.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The share is a number between 0 and 1.
    #[error("the share held out must lie between 0 and 1, was `{0}`")]
    Share(f64),
    /// Fewer questions than a fit can stand on.
    #[error("only `{found}` questions to fit by, at least `{needed}` are needed")]
    TooFew {
        /// How many there were.
        found: usize,
        /// How many it takes.
        needed: usize,
    },
    /// A weight of the start is out of range.
    #[error(transparent)]
    Blend(#[from] BlendError),
}

/// With fewer questions than this the differences are noise.
const LEAST_QUERIES: usize = 100;
/// A setting must be better by this much of the goal, or the old one stays.
const LEAST_GAIN: f64 = 0.001;

/// Finds the settings that do best on the newest part of `clicks`, starting from `start`.
///
/// First the dials are turned, among them roughly the weight of the pairs; then both weights are learned with
/// [`blend::fit`]. Deterministic: the same clicks give the same settings, whatever their order.
///
/// # Errors
/// [`FitError`] if the share isn't between 0 and 1, or too little is left to ask.
pub fn fit(
    clicks: &[(SessionKey, ItemId, i64)],
    start: &VisitParams,
    plan: &Plan,
) -> Result<Found<VisitParams>, FitError> {
    let (known, queries) = split(clicks, plan)?;
    let mut buffers = VisitBuffers::default();
    let mut scratch = Scratch::new();
    let start = start.wanting(plan.goal.k);
    Voice::new(&Vec::new(), start.sessions_weight, 1.0)?;
    Voice::new(&Vec::new(), start.pairs_weight, 1.0)?;
    let mut worth = |params: &VisitParams| {
        let value = |query: &Query| {
            let ranked = choose(&known, query, params, &mut buffers, &mut scratch);
            plan.goal.of(&ranked, query.rest.first().copied().unwrap_or_default(), &query.rest)
        };
        queries.iter().map(value).sum::<f64>() / queries.len() as f64
    };
    let mut found = search(start, &moves(), plan.rounds, LEAST_GAIN, &mut worth);
    let lessons: Vec<Lesson> = queries
        .iter()
        .map(|query| {
            let visit = Visit { items: &query.seen, own: None };
            let (votes, links) = known.ask(&visit, &found.best, &mut buffers);
            let next = query.rest.first().copied().unwrap_or_default();
            Lesson::of(&[&votes, &links], |_| true, next, &query.rest, &mut scratch)
        })
        .collect();
    let weighed = blend::fit(&lessons, &[found.best.sessions_weight, found.best.pairs_weight], &plan.goal);
    if let [sessions_weight, pairs_weight] = weighed.best[..]
        && weighed.after > found.after
    {
        found.best = VisitParams { sessions_weight, pairs_weight, ..found.best };
        found.after = weighed.after;
    }
    found.tried += weighed.tried;
    Ok(found)
}

struct Query {
    seen: Vec<ItemId>,
    rest: Vec<ItemId>,
}

/// The older sessions, learned, and questions from the newer ones.
fn split(clicks: &[(SessionKey, ItemId, i64)], plan: &Plan) -> Result<(Visits, Vec<Query>), FitError> {
    if !(plan.held_out > 0.0 && plan.held_out < 1.0) {
        return Err(FitError::Share(plan.held_out));
    }
    let mut sessions: BTreeMap<SessionKey, Vec<(i64, ItemId)>> = BTreeMap::new();
    for (session, item, time) in clicks {
        sessions.entry(*session).or_default().push((*time, *item));
    }
    sessions.values_mut().for_each(|clicks| clicks.sort_unstable());
    let mut by_age: Vec<(SessionKey, Vec<(i64, ItemId)>)> = sessions.into_iter().collect();
    by_age.sort_by_key(|(key, clicks)| (clicks.last().copied(), *key));
    let newer = by_age.split_off(((1.0 - plan.held_out) * by_age.len() as f64) as usize);
    let mut known = Visits::new();
    known.extend(
        by_age.iter().flat_map(|(key, clicks)| clicks.iter().map(|(time, item)| (*key, *item, *time))),
    );
    let mut queries = Vec::new();
    for (_, clicks) in newer {
        let items: Vec<ItemId> = clicks
            .into_iter()
            .map(|(_, item)| item)
            .filter(|item| known.sessions().sessions_with(*item) > 0)
            .collect();
        queries.extend(
            every_prefix(&items).map(|(seen, rest)| Query { seen: seen.to_vec(), rest: rest.to_vec() }),
        );
    }
    let found = queries.len();
    if found < LEAST_QUERIES {
        return Err(FitError::TooFew { found, needed: LEAST_QUERIES });
    }
    let wanted = plan.queries.clamp(LEAST_QUERIES, found);
    let mut at = 0;
    queries.retain(|_| {
        at += 1;
        at * wanted / found > (at - 1) * wanted / found
    });
    Ok((known, queries))
}

/// The first step of the blend alone.
fn choose(
    known: &Visits,
    query: &Query,
    params: &VisitParams,
    buffers: &mut VisitBuffers,
    scratch: &mut Scratch,
) -> Vec<ItemId> {
    let visit = Visit { items: &query.seen, own: None };
    let (votes, links) = known.ask(&visit, params, buffers);
    let voices: Vec<Voice<'_>> =
        [Voice::new(&votes, params.sessions_weight, 1.0), Voice::new(&links, params.pairs_weight, 1.0)]
            .into_iter()
            .flatten()
            .collect();
    blend::candidates(&voices, params.sessions.count, |_| true, scratch)
        .into_iter()
        .map(|(item, _)| item)
        .collect()
}

/// A move that sets one dial of the session model.
fn dial<V: Copy + 'static>(values: &'static [V], set: fn(&mut Params, V)) -> Move<VisitParams> {
    Box::new(move |params| {
        let turned = |value: &V| {
            let mut params = *params;
            set(&mut params.sessions, *value);
            params
        };
        values.iter().map(turned).collect()
    })
}

/// Every dial that is worth turning, in the order in which they matter.
fn moves() -> Vec<Move<VisitParams>> {
    let rates = |values: &'static [f64], set: fn(&mut Params, f64)| dial(values, set);
    let revisit: Move<VisitParams> = Box::new(|params| {
        let set = |revisit: f64| {
            let mut params = *params;
            params.sessions.revisit = revisit;
            params.pairs.revisit = revisit;
            params
        };
        [0.5, 0.75, 1.0, 1.3, 1.6, 2.0].map(set).to_vec()
    });
    let pairs_weight: Move<VisitParams> = Box::new(|params| {
        [0.0, 0.02, 0.05, 0.15, 0.3, 0.6].map(|pairs_weight| VisitParams { pairs_weight, ..*params }).to_vec()
    });
    vec![
        pairs_weight,
        dial(&[Damping::Ignored, Damping::FourthRoot, Damping::Root], |params, value| params.length = value),
        dial(&[3, 5, 9, 15], |params, value| params.last_clicks = value),
        rates(&[0.1, 0.2, 0.4, 0.8, 1.5, 2.5], |params, rate| params.place = Decay::Hyperbolic { rate }),
        dial(&[Rarity::Ignored, Rarity::Root, Rarity::Idf], |params, value| params.rarity = value),
        dial(&[Rarity::Ignored, Rarity::Root, Rarity::Idf], |params, value| params.shared_rarity = value),
        rates(&[0.3, 0.6, 0.8, 1.0], |params, value| params.backward = value),
        rates(&[0.0, 0.15, 0.3, 0.6, 1.0], |params, value| params.after = value),
        rates(&[0.0, 0.15, 0.3, 0.6, 1.0], |params, value| params.before = value),
        revisit,
        rates(&[0.0, 0.1, 0.3], |params, rate| params.newest_shared = Decay::Hyperbolic { rate }),
        dial(&[500, 1_000], |params, value| params.recent = value),
        dial(&[100, 150, 200], |params, value| params.neighbours = value),
        rates(&[0.0, 0.02, 0.1], |params, value| params.age_per_day = value),
    ]
}
