//! The index of a whole log at once, the same as its clicks learned one by one.
//!
//! Must never differ from it in anything that [`SessionIndex::canonical`] or an answer shows; the slots, which nothing shows, go by
//! recency, so that neighbours of one time lie side by side in memory.
#![expect(clippy::indexing_slicing, reason = "tables are made as long as the largest item number first")]

use super::held::Held;
use super::{Click, ItemId, Post, Recency, SessionIndex, SessionKey};

/// A line of the log.
type Line = (SessionKey, ItemId, i64);

pub(super) fn build(mut clicks: Vec<Line>) -> SessionIndex {
    clicks.sort_unstable_by_key(|&(session, item, time)| (session, time, item));
    let mut sessions: Vec<(Recency, &[Line])> = clicks
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|chunk| chunk.last().map(|&(key, _, last)| (Recency { last, key }, chunk)))
        .collect();
    sessions.sort_unstable_by_key(|(recency, _)| (recency.last, recency.key));
    let catalogue = clicks.iter().map(|click| click.1.index() + 1).max().unwrap_or(0);
    let mut index = SessionIndex {
        postings: vec![Vec::new(); catalogue],
        log_sessions: vec![0.0; catalogue],
        clicks: clicks.len(),
        ..SessionIndex::default()
    };
    index.slots.reserve(sessions.len());
    index.recency.reserve_exact(sessions.len());
    index.held.reserve_exact(sessions.len());
    index.visits.reserve_exact(sessions.len());
    for ((recency, chunk), slot) in sessions.iter().zip(0..) {
        let clicks: Vec<Click> = chunk.iter().map(|&(_, item, time)| Click { time, item }).collect();
        let held = Held::of(&clicks);
        for item in held.as_slice() {
            index.postings[item.index()].push(Post { last: recency.last, slot });
        }
        index.slots.insert(recency.key, slot);
        index.recency.push(*recency);
        index.held.push(held);
        index.visits.push(clicks);
    }
    for item in 0..catalogue {
        index.postings[item].shrink_to_fit();
        index.recount(ItemId(item as u32));
    }
    index
}
