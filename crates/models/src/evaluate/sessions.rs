//! The protocol for session models: every prefix of a test session is a query, what follows is the truth.
//!
//! Must never let the model see the rest of the session.

use super::{Exposure, mark_next};
use crate::recommend::ItemId;

/// The means over all queries, and their number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SessionReport {
    /// How many prefixes were asked.
    pub queries: usize,
    /// HR@k: the very next item is among the first k.
    pub hit_rate: f64,
    /// MRR@k of the very next item.
    pub reciprocal_rank: f64,
    /// Recall@k of all that follows, by distinct items.
    pub recall: f64,
    /// The same by clicks: distinct items found / clicks that follow, repeats included, as the Serenade code reckons it.
    pub recall_by_click: f64,
    /// NDCG@k of all that follows.
    pub ndcg: f64,
    /// Coverage@k of the catalogue.
    pub coverage: f64,
}

/// Every non-empty prefix of a session with the non-empty rest that follows it.
///
/// ```
/// use models::{evaluate::every_prefix, recommend::ItemId};
/// let session = [ItemId(1), ItemId(2), ItemId(3)];
/// let queries: Vec<_> = every_prefix(&session).collect();
/// assert_eq!(queries, [(&session[..1], &session[1..]), (&session[..2], &session[2..])]);
/// ```
pub fn every_prefix(session: &[ItemId]) -> impl Iterator<Item = (&[ItemId], &[ItemId])> {
    (1..session.len()).filter_map(|length| session.split_at_checked(length))
}

/// Asks `rank` for every prefix of every session and compares with what follows.
///
/// As in the literature: items that the model can't know (`known` is false) are dropped from the test sessions first, and then
/// sessions of fewer than two items; the current item is taken out of the answer before the first k are counted; HR and MRR
/// look at the very next item (which may be the current one again: a miss), recall and NDCG at the distinct items of the whole
/// rest. `rank` writes its answer, best first, into the buffer that it gets.
///
/// ```
/// use models::{evaluate::evaluate_sessions, recommend::ItemId};
/// let sessions = [vec![ItemId(1), ItemId(2)]];
/// let report = evaluate_sessions(&sessions, |_| true, 10, 20, |_, answer| answer.push(ItemId(2)));
/// assert_eq!((report.queries, report.hit_rate, report.coverage), (1, 1.0, 0.1));
/// ```
pub fn evaluate_sessions<S: AsRef<[ItemId]>>(
    sessions: impl IntoIterator<Item = S>,
    known: impl Fn(ItemId) -> bool,
    catalogue: usize,
    k: usize,
    mut rank: impl FnMut(&[ItemId], &mut Vec<ItemId>),
) -> SessionReport {
    let mut sum = SessionReport::default();
    let mut exposure = Exposure::new(k);
    let mut answer = Vec::new();
    for session in sessions {
        let session: Vec<ItemId> = session.as_ref().iter().copied().filter(|item| known(*item)).collect();
        for (seen, rest) in every_prefix(&session) {
            answer.clear();
            rank(seen, &mut answer);
            answer.retain(|item| Some(item) != seen.last());
            let Some(marks) = mark_next(&answer, rest, k) else { continue };
            sum.queries += 1;
            sum.hit_rate += marks.hit;
            sum.reciprocal_rank += marks.reciprocal_rank;
            sum.recall += marks.recall;
            sum.recall_by_click += marks.recall_by_click;
            sum.ndcg += marks.ndcg;
            exposure.add(&answer);
        }
    }
    let queries = sum.queries.max(1) as f64;
    SessionReport {
        queries: sum.queries,
        hit_rate: sum.hit_rate / queries,
        reciprocal_rank: sum.reciprocal_rank / queries,
        recall: sum.recall / queries,
        recall_by_click: sum.recall_by_click / queries,
        ndcg: sum.ndcg / queries,
        coverage: exposure.coverage(catalogue).unwrap_or(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(list: &[u32]) -> Vec<ItemId> {
        list.iter().map(|item| ItemId(*item)).collect()
    }

    #[test]
    fn means_match_hand_computation() {
        // Prefixes: [1] → 2, 3 and [1, 2] → 3. The model always answers 3, 2.
        let report =
            evaluate_sessions([ids(&[1, 2, 3])], |_| true, 4, 20, |_, answer| answer.extend(ids(&[3, 2])));
        assert_eq!(report.queries, 2);
        assert_eq!(report.hit_rate, 1.0);
        // 2 stands at place 2; then 2 is the current item and goes, 3 stands at place 1.
        assert_eq!(report.reciprocal_rank, 0.75);
        assert_eq!(report.recall, 1.0);
        assert_eq!(report.coverage, 0.5);
    }

    #[test]
    fn repeats_count_in_recall_by_click_only() {
        // One item found of one that is there, but of two clicks.
        let report =
            evaluate_sessions([ids(&[1, 2, 2])], |_| true, 4, 20, |_, answer| answer.extend(ids(&[2])));
        // Prefix [1]: 1 and 1/2; prefix [1, 2]: 2 is the current item and goes: 0 and 0.
        assert_eq!((report.recall, report.recall_by_click), (0.5, 0.25));
    }

    #[test]
    fn unknown_items_are_dropped_before_sessions_are_cut() {
        let sessions = [ids(&[1, 9]), ids(&[1, 9, 2])];
        let mut asked = Vec::new();
        let report =
            evaluate_sessions(sessions, |item| item != ItemId(9), 4, 20, |seen, _| asked.push(seen.to_vec()));
        assert_eq!(report.queries, 1);
        assert_eq!(asked, [ids(&[1])]);
    }

    #[test]
    fn model_never_sees_the_rest() {
        let session = ids(&[1, 2, 3, 4]);
        evaluate_sessions(
            [&session],
            |_| true,
            4,
            20,
            |seen, _| {
                assert!(session.starts_with(seen) && seen.len() < session.len());
            },
        );
    }
}
