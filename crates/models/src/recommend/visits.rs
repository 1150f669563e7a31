//! Visits: the session index and the counts of pairs, kept in step, and asked together.
//!
//! Must never let one of the two know a click that the other doesn't.

mod fit;
pub use fit::{FitError, Plan, fit};

use super::blend::{BlendError, Voice, decide};
use super::item_knn::{CanonicalCounts, ItemKnn, LinkBuffers, LinkParams, Links, WINDOW};
use super::session::{CanonicalIndex, Click, Neighbourhood, Params, SessionIndex, SessionKey, Visit, Votes};
use super::{ItemId, Scored, Scratch};

/// Sessions and pairs of clicks, learned and forgotten one click at a time.
///
/// ```
/// use models::recommend::{ItemId, Scratch, session::{SessionKey, Visit}, visits::{VisitBuffers, VisitParams, Visits}};
/// let [tent, mat, stove] = [ItemId(0), ItemId(1), ItemId(2)];
/// let mut visits = Visits::new();
/// visits.extend([(SessionKey(1), tent, 10), (SessionKey(1), mat, 11), (SessionKey(2), tent, 20)]);
/// visits.learn(SessionKey(2), stove, 21);
/// let ask = Visit { items: &[tent], own: Some(SessionKey(3)) };
/// let mut memory = (VisitBuffers::default(), Scratch::new());
/// let list = visits.score(&ask, &VisitParams::standard(5), &mut memory.0, &mut memory.1).unwrap();
/// assert_eq!(list.len(), 2);
/// visits.forget_session(SessionKey(2));
/// let list = visits.score(&ask, &VisitParams::standard(5), &mut memory.0, &mut memory.1).unwrap();
/// assert_eq!(list.iter().map(|scored| scored.item()).collect::<Vec<_>>(), [mat]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Visits {
    sessions: SessionIndex,
    pairs: ItemKnn,
}

/// The dials of both models, and what each is worth in their blend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VisitParams {
    /// Of the session model.
    pub sessions: Params,
    /// Of the item-to-item model.
    pub pairs: LinkParams,
    /// The weight of the session model's scores, ≥ 0.
    pub sessions_weight: f64,
    /// The weight of the item-to-item model's scores, ≥ 0.
    pub pairs_weight: f64,
}

impl VisitParams {
    /// Settings that did well on the validation days of two shops; [`fit`] finds a shop's own.
    #[must_use]
    pub fn standard(count: usize) -> Self {
        Self {
            sessions: Params::standard(count),
            pairs: LinkParams::standard(count),
            sessions_weight: 1.0,
            pairs_weight: 0.05,
        }
    }

    /// The same with another number of items wanted.
    #[must_use]
    pub fn wanting(mut self, count: usize) -> Self {
        self.sessions.count = count;
        self.pairs.count = count;
        self
    }
}

/// The reusable memory of one question to both models.
#[derive(Debug, Default)]
pub struct VisitBuffers {
    neighbourhood: Neighbourhood,
    links: LinkBuffers,
}

impl Visits {
    /// Nothing seen so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a click. It counts from the next question on. Clicks may come in any order.
    pub fn learn(&mut self, session: SessionKey, item: ItemId, time: i64) {
        self.sessions.learn(session, item, time);
        let clicks = self.sessions.session(session);
        let after = clicks.partition_point(|known| *known <= Click { time, item });
        let (before, rest) = clicks.split_at_checked(after.saturating_sub(1)).unwrap_or((clicks, &[]));
        self.pairs.learn(&newest(before), item, &oldest(rest.get(1..).unwrap_or_default()));
    }

    /// Adds many clicks; the same as [`learn`](Self::learn) for each, but faster, above all when nothing was seen yet.
    pub fn extend(&mut self, clicks: impl IntoIterator<Item = (SessionKey, ItemId, i64)>) {
        if self.sessions.sessions() > 0 {
            clicks.into_iter().for_each(|(session, item, time)| self.learn(session, item, time));
            return;
        }
        self.sessions.extend(clicks);
        let (items, ends) = self.sessions.sequences();
        let from = std::iter::once(0).chain(ends.iter().copied());
        let sequences =
            from.zip(ends.iter().copied()).map(|(from, to)| items.get(from..to).unwrap_or_default());
        self.pairs = ItemKnn::of_sequences(sequences);
    }

    /// Takes a session out; both models then equal those that never saw it. Returns how many clicks went.
    pub fn forget_session(&mut self, session: SessionKey) -> usize {
        let items: Vec<ItemId> = self.sessions.session(session).iter().map(|click| click.item).collect();
        self.pairs.forget_sequence(&items);
        self.sessions.forget_session(session)
    }

    /// Takes one click out; both models then equal those that never saw it. Returns whether there was such a click.
    pub fn forget_click(&mut self, session: SessionKey, item: ItemId, time: i64) -> bool {
        let clicks = self.sessions.session(session);
        let Ok(at) = clicks.binary_search(&Click { time, item }) else { return false };
        let (before, rest) = clicks.split_at_checked(at).unwrap_or((clicks, &[]));
        self.pairs.forget(&newest(before), item, &oldest(rest.get(1..).unwrap_or_default()));
        self.sessions.forget_click(session, item, time)
    }

    /// The session index, to look at.
    #[must_use]
    pub fn sessions(&self) -> &SessionIndex {
        &self.sessions
    }

    /// The counts of pairs, to look at.
    #[must_use]
    pub fn pairs(&self) -> &ItemKnn {
        &self.pairs
    }

    /// Asks both models; their answers can enter a larger blend, each with its weight.
    #[must_use]
    pub fn ask<'a>(
        &'a self,
        visit: &Visit<'_>,
        params: &'a VisitParams,
        buffers: &'a mut VisitBuffers,
    ) -> (Votes<'a>, Links<'a>) {
        let VisitBuffers { neighbourhood, links } = buffers;
        (
            self.sessions.votes(visit, &params.sessions, neighbourhood),
            self.pairs.links(visit.items, &params.pairs, links),
        )
    }

    /// What visits like this one go on to, best first, with reasons: the blend of both models.
    ///
    /// # Errors
    /// [`BlendError`] unless the weights are finite and ≥ 0.
    pub fn score(
        &self,
        visit: &Visit<'_>,
        params: &VisitParams,
        buffers: &mut VisitBuffers,
        scratch: &mut Scratch,
    ) -> Result<Vec<Scored>, BlendError> {
        let (votes, links) = self.ask(visit, params, buffers);
        let voices =
            [Voice::new(&votes, params.sessions_weight, 1.0)?, Voice::new(&links, params.pairs_weight, 1.0)?];
        Ok(decide(&voices, params.sessions.count, |_| true, scratch))
    }

    /// Everything that both hold, independent of how they came to hold it. Slow; for proofs and tests.
    #[must_use]
    pub fn canonical(&self) -> (CanonicalIndex, CanonicalCounts) {
        (self.sessions.canonical(), self.pairs.canonical())
    }

    /// The memory that the tables take up, in bytes (allocator overhead not counted).
    #[must_use]
    pub fn footprint_bytes(&self) -> usize {
        self.sessions.footprint_bytes() + self.pairs.footprint_bytes()
    }
}

fn newest(clicks: &[Click]) -> Vec<ItemId> {
    clicks.iter().skip(clicks.len().saturating_sub(WINDOW)).map(|click| click.item).collect()
}

fn oldest(clicks: &[Click]) -> Vec<ItemId> {
    clicks.iter().take(WINDOW).map(|click| click.item).collect()
}

#[cfg(test)]
mod tests;
