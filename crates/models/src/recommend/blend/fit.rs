//! The weights of a blend, learned from answers of the past whose outcome is known.
//!
//! Must never learn from the part of the data by which the blend will be judged, and must never keep a lesson: weights are a
//! handful of numbers about the whole shop.
#![expect(clippy::indexing_slicing, reason = "scores are rows of one number for each source")]

use crate::recommend::fit::{Found, Goal, Move, search};
use crate::recommend::opinion::{Opinion, Sums};
use crate::recommend::{ItemId, Scratch};
use rustc_hash::FxHashMap;

/// What the sources said to one question, and what came next.
#[derive(Clone, Debug)]
pub struct Lesson {
    items: Vec<ItemId>,
    // One row for each item, one column for each source.
    scores: Vec<f64>,
    next: ItemId,
    rest: Vec<ItemId>,
}

impl Lesson {
    /// Takes down the scores of every source for the candidates for which `keep` holds. `next` came next, and `rest` is all that came,
    /// `next` included.
    pub fn of(
        opinions: &[&dyn Opinion],
        keep: impl FnMut(ItemId) -> bool,
        next: ItemId,
        rest: &[ItemId],
        scratch: &mut Scratch,
    ) -> Self {
        Self::of_the_best(opinions, usize::MAX, keep, next, rest, scratch)
    }

    /// The same of the `depth` best of each source alone, so that many lessons fit into memory.
    pub fn of_the_best(
        opinions: &[&dyn Opinion],
        depth: usize,
        mut keep: impl FnMut(ItemId) -> bool,
        next: ItemId,
        rest: &[ItemId],
        scratch: &mut Scratch,
    ) -> Self {
        let mut rows: FxHashMap<ItemId, usize> = FxHashMap::default();
        let mut lesson = Self { items: Vec::new(), scores: Vec::new(), next, rest: rest.to_vec() };
        let sums: &mut Sums = &mut scratch.blended;
        for (source, opinion) in opinions.iter().enumerate() {
            sums.start();
            opinion.sum_up(1.0, sums);
            for (item, score) in sums.best(depth, &mut keep) {
                let row = *rows.entry(item).or_insert(lesson.items.len());
                if row == lesson.items.len() {
                    lesson.items.push(item);
                    lesson.scores.resize(lesson.scores.len() + opinions.len(), 0.0);
                }
                lesson.scores[row * opinions.len() + source] = score;
            }
        }
        lesson
    }

    /// What the blend's list would be worth with these weights.
    fn worth(&self, weights: &[f64], goal: &Goal, sums: &mut Vec<f64>) -> f64 {
        sums.clear();
        let dot = |row: &[f64]| row.iter().zip(weights).map(|(score, weight)| score * weight).sum::<f64>();
        sums.extend(self.scores.chunks_exact(weights.len()).map(dot));
        let ahead = |of: usize| {
            let better = |other: usize| {
                sums[other] > sums[of] || (sums[other] == sums[of] && self.items[other] < self.items[of])
            };
            (0..sums.len()).filter(|other| better(*other)).count()
        };
        let place = |item: ItemId| {
            let at = self.items.iter().position(|other| *other == item).filter(|at| sums[*at] > 0.0)?;
            Some(ahead(at) + 1).filter(|place| *place <= goal.k)
        };
        goal.of_places(place, self.next, &self.rest)
    }
}

/// What the blend's lists are worth with these weights, one weight for each source: the mean of the goal over the lessons, 0 if
/// there are none.
///
/// ```
/// use models::recommend::blend::{Lesson, value};
/// use models::recommend::{Cause, Contribution, ItemId, Scored, Scratch, fit::Goal};
/// let list = vec![Scored::from_parts(ItemId(2), vec![Contribution { cause: Cause::Popular { context: None }, part: 1.0 }])];
/// let lesson = Lesson::of(&[&list], |_| true, ItemId(2), &[ItemId(2)], &mut Scratch::new());
/// assert_eq!(value(&[lesson], &[1.0], &Goal::balanced(20)), 3.0);
/// ```
#[must_use]
pub fn value(lessons: &[Lesson], weights: &[f64], goal: &Goal) -> f64 {
    let mut sums = Vec::new();
    let worth = lessons.iter().map(|lesson| lesson.worth(weights, goal, &mut sums));
    worth.sum::<f64>() / lessons.len().max(1) as f64
}

/// Weights, and what they are worth on the lessons.
pub type Fitted = Found<Vec<f64>>;

/// Learns a weight for every source by coordinate search from `start`: the mean of the goal over the lessons is to be largest.
///
/// Scores of the sources must be on scales of their own that don't change, such as [`Source`](super::Source) asks for; with a
/// scale s and a learned weight w, give the blend the weight w · s. Weights stay as they are unless another gains 0.0005 or more.
/// A weight of 0 may come back as 1. Deterministic; rounds end after five at most.
///
/// ```
/// use models::recommend::blend::{Lesson, fit};
/// use models::recommend::{Cause, Contribution, ItemId, Scored, Scratch, fit::Goal};
/// let one = |item, part| vec![Scored::from_parts(ItemId(item), vec![Contribution { cause: Cause::Popular { context: None }, part }])];
/// // The first source is wrong and loud, the second right and quiet.
/// let (wrong, right) = (one(1, 1.0), one(2, 0.5));
/// let lesson = Lesson::of(&[&wrong, &right], |_| true, ItemId(2), &[ItemId(2)], &mut Scratch::new());
/// let found = fit(&[lesson], &[1.0, 1.0], &Goal::balanced(20));
/// assert!(found.after > found.before && found.best[1] * 0.5 > found.best[0]);
/// ```
#[must_use]
pub fn fit(lessons: &[Lesson], start: &[f64], goal: &Goal) -> Fitted {
    let turn = |source: usize| -> Move<Vec<f64>> {
        Box::new(move |weights| {
            let steps: &[f64] = &[0.0, 0.25, 0.5, 0.7, 0.85, 1.2, 1.4, 2.0, 4.0];
            let old = weights[source];
            let values =
                if old > 0.0 { steps.iter().map(|step| old * step).collect() } else { vec![0.1, 1.0] };
            let set = |value: f64| {
                let mut weights = weights.clone();
                weights[source] = value;
                weights
            };
            values.into_iter().map(set).collect()
        })
    };
    let moves: Vec<Move<Vec<f64>>> = (0..start.len()).map(turn).collect();
    let mut sums = Vec::new();
    let mean = |weights: &Vec<f64>| {
        let worth = lessons.iter().map(|lesson| lesson.worth(weights, goal, &mut sums));
        worth.sum::<f64>() / lessons.len().max(1) as f64
    };
    search(start.to_vec(), &moves, 5, 0.0005, mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::blend::{Voice, candidates};
    use crate::recommend::{Cause, Contribution, Scored};
    use proptest::prelude::*;

    fn list() -> impl Strategy<Value = Vec<Scored>> {
        let part = |part| vec![Contribution { cause: Cause::Popular { context: None }, part }];
        prop::collection::btree_map(0u32..9, 0.1f64..3.0, 0..9).prop_map(move |items| {
            items.into_iter().map(|(item, score)| Scored::from_parts(ItemId(item), part(score))).collect()
        })
    }

    proptest! {
        #[test]
        fn lesson_is_worth_what_the_blend_shows(
            a in list(), b in list(), weights in prop::collection::vec(0.0f64..2.0, 2), k in 1usize..5,
            rest in prop::collection::vec(0u32..9, 1..4),
        ) {
            let rest: Vec<ItemId> = rest.into_iter().map(ItemId).collect();
            let mut scratch = Scratch::new();
            let keep = |item: ItemId| item != ItemId(3);
            let goal = Goal { k, hit_rate: 1.0, reciprocal_rank: 0.7, recall: 2.0 };
            let lesson = Lesson::of(&[&a, &b], keep, rest[0], &rest, &mut scratch);
            let voices = [Voice::new(&a, weights[0], 1.0).unwrap(), Voice::new(&b, weights[1], 1.0).unwrap()];
            let shown: Vec<ItemId> =
                candidates(&voices, k, keep, &mut scratch).into_iter().map(|(item, _)| item).collect();
            prop_assert_eq!(lesson.worth(&weights, &goal, &mut Vec::new()), goal.of(&shown, rest[0], &rest));
            let found = fit(&[lesson], &weights, &goal);
            prop_assert!(found.after >= found.before);
        }
    }
}
