//! Recorded visits: what was looked at, in order, and the questions that each of its prefixes is.
//! Must never hold more of a visit than its items and times.

use std::collections::HashSet;
use std::sync::Arc;

use models::evaluate::{Marks, mark_next};
use models::recommend::ItemId;

use super::exam::{Asked, Exam, Question, Training};

/// One visit, oldest click first.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    /// A number of its own, by order of appearance.
    pub(super) number: u64,
    pub(super) items: Arc<[ItemId]>,
    /// Seconds since 1970, one for each item.
    pub(super) times: Arc<[i64]>,
}

impl Visit {
    fn ended(&self) -> i64 {
        self.times.last().copied().unwrap_or(i64::MIN)
    }
}

/// A log of visits.
#[derive(Debug, Clone, Default)]
pub(super) struct Visits {
    pub(super) visits: Vec<Visit>,
    /// Item numbers are below this.
    pub(super) items: usize,
}

/// The beginning of a visit.
#[derive(Debug, Clone)]
pub(super) struct VisitQuestion {
    items: Arc<[ItemId]>,
    seen: usize,
}

impl VisitQuestion {
    /// What was looked at so far, oldest first; never empty.
    pub(super) fn items(&self) -> &[ItemId] {
        self.items.get(..self.seen).unwrap_or_default()
    }
}

impl Question for VisitQuestion {
    fn reach(&self, k: usize) -> usize {
        k + 1
    }

    /// The current item is no answer.
    fn admit(&self, answer: &mut Vec<ItemId>) {
        let current = self.items().last().copied();
        answer.retain(|item| Some(*item) != current);
    }

    fn mark(answer: &[ItemId], truth: &[ItemId], k: usize) -> Option<Marks> {
        mark_next(answer, truth, k)
    }
}

impl Visits {
    /// Every prefix of every visit, without items that `known` doesn't hold of.
    pub(super) fn exam(&self, known: impl Fn(ItemId) -> bool) -> Exam<VisitQuestion> {
        let mut exam = Exam { asked: Vec::new(), units: Vec::new() };
        for visit in &self.visits {
            let items: Arc<[ItemId]> = visit.items.iter().copied().filter(|item| known(*item)).collect();
            if items.len() < 2 {
                continue;
            }
            for (seen, rest) in models::evaluate::every_prefix(&items) {
                let question = VisitQuestion { items: Arc::clone(&items), seen: seen.len() };
                exam.asked.push(Asked { unit: exam.units.len(), question, truth: rest.to_vec() });
            }
            exam.units.push(visit.number);
        }
        exam
    }

    /// Whether an item stands in any visit, as a table.
    pub(super) fn known(&self) -> Vec<bool> {
        self.holders().iter().map(|holders| *holders > 0).collect()
    }
}

impl Training for Visits {
    type Question = VisitQuestion;
    type View = ();

    fn units(&self) -> u64 {
        self.visits.len() as u64
    }

    fn holders(&self) -> Vec<u64> {
        let mut holders = vec![0; self.items];
        for visit in &self.visits {
            let distinct: HashSet<&ItemId> = visit.items.iter().collect();
            for item in distinct {
                if let Some(count) = holders.get_mut(item.index()) {
                    *count += 1;
                }
            }
        }
        holders
    }

    fn without(&self, gone: &dyn Fn(u64) -> bool) -> Self {
        let visits = self.visits.iter().filter(|visit| !gone(visit.number)).cloned().collect();
        Self { visits, items: self.items }
    }

    fn earlier(&self) -> Self {
        self.hold_out(()).0
    }

    /// The newest tenth of the visits, by their last click, is asked about.
    fn hold_out(&self, (): ()) -> (Self, Exam<VisitQuestion>) {
        let mut visits = self.visits.clone();
        visits.sort_by_key(|visit| (visit.ended(), visit.number));
        let later = visits.split_off(visits.len() - visits.len() / 10);
        let earlier = Self { visits, items: self.items };
        let known = earlier.known();
        let later = Self { visits: later, items: self.items };
        let exam = later.exam(|item| known.get(item.index()) == Some(&true));
        (earlier, exam)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Visits of item numbers; the n-th is at n · 100 seconds.
    pub(in crate::evaluate) fn visits(lists: &[&[u32]]) -> Visits {
        let items = lists.iter().flat_map(|list| list.iter()).max().map_or(0, |max| *max as usize + 1);
        let visit = |(number, list): (u64, &&[u32])| Visit {
            number,
            items: list.iter().map(|item| ItemId(*item)).collect(),
            times: (0..list.len()).map(|at| number as i64 * 100 + at as i64).collect(),
        };
        Visits { visits: (0..).zip(lists).map(visit).collect(), items }
    }

    #[test]
    fn every_prefix_is_asked_and_shows_no_more_than_itself() {
        let exam = visits(&[&[1, 2, 3], &[4], &[1, 9, 2]]).exam(|item| item != ItemId(9));
        let asked: Vec<(usize, Vec<u32>, Vec<u32>)> = exam
            .asked
            .iter()
            .map(|asked| {
                let ids = |items: &[ItemId]| items.iter().map(|item| item.0).collect();
                (asked.unit, ids(asked.question.items()), ids(&asked.truth))
            })
            .collect();
        assert_eq!(
            asked,
            [(0, vec![1], vec![2, 3]), (0, vec![1, 2], vec![3]), (1, vec![1], vec![2])],
            "the lone item asks nothing, the unknown one is dropped"
        );
        assert_eq!(exam.units, [0, 2]);
    }

    #[test]
    fn the_newest_visits_are_held_out() {
        let lists: Vec<Vec<u32>> = (0..20).map(|n| vec![n % 3, (n + 1) % 3]).collect();
        let lists: Vec<&[u32]> = lists.iter().map(Vec::as_slice).collect();
        let (earlier, exam) = visits(&lists).hold_out(());
        assert_eq!(earlier.units(), 18);
        assert_eq!(exam.units, [18, 19]);
    }

    #[test]
    fn the_current_item_is_no_answer() {
        let exam = visits(&[&[1, 2]]).exam(|_| true);
        let mut answer = vec![ItemId(3), ItemId(1)];
        exam.asked[0].question.admit(&mut answer);
        assert_eq!(answer, [ItemId(3)]);
    }
}
