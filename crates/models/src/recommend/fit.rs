//! Finding the dials that do best on a shop's own past: the goal, and a search that always ends the same way.
//!
//! Must never draw a random number, and must never see the data that the result will be judged by.

use super::ItemId;
use std::collections::BTreeSet;

/// What counts as good: a weighted sum of metrics at k. See [`evaluate`](crate::evaluate) for the metrics themselves.
///
/// ```
/// use models::recommend::{ItemId, fit::Goal};
/// let goal = Goal::balanced(20);
/// // The next item stands at place 2, and of the two that follow one was found: 1 + 1/2 + 1/2.
/// assert_eq!(goal.of(&[ItemId(9), ItemId(5)], ItemId(5), &[ItemId(5), ItemId(7)]), 2.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// How many places count.
    pub k: usize,
    /// Weight of HR@k of the very next item.
    pub hit_rate: f64,
    /// Weight of MRR@k of the very next item.
    pub reciprocal_rank: f64,
    /// Weight of recall@k of all that follows, by distinct items.
    pub recall: f64,
}

impl Goal {
    /// The three of them alike.
    #[must_use]
    pub fn balanced(k: usize) -> Self {
        Self { k, hit_rate: 1.0, reciprocal_rank: 1.0, recall: 1.0 }
    }

    /// What a list, best first, is worth when `next` follows, and then the others of `rest`, which includes `next`.
    #[must_use]
    pub fn of(&self, ranked: &[ItemId], next: ItemId, rest: &[ItemId]) -> f64 {
        let place =
            |item: ItemId| ranked.iter().take(self.k).position(|other| *other == item).map(|at| at + 1);
        self.of_places(place, next, rest)
    }

    /// The same, from a function that tells an item's place from 1 if it is among the first k.
    pub(super) fn of_places(
        &self,
        place: impl Fn(ItemId) -> Option<usize>,
        next: ItemId,
        rest: &[ItemId],
    ) -> f64 {
        let first = place(next).map_or(0.0, |at| self.hit_rate + self.reciprocal_rank / at as f64);
        let rest: BTreeSet<ItemId> = rest.iter().copied().collect();
        let found = rest.iter().filter(|item| place(**item).is_some()).count();
        first + self.recall * found as f64 / rest.len().max(1) as f64
    }
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<S> {
    /// The best setting.
    pub best: S,
    /// What the start was worth.
    pub before: f64,
    /// What the best one is worth, on the data searched with; on other data it will be a little less.
    pub after: f64,
    /// How many settings were tried.
    pub tried: usize,
}

/// Coordinate search: turns one dial after the other, keeping whatever is better by at least `least`, until a whole round
/// changes nothing or `rounds` are over.
///
/// A move gives the settings that differ from its argument by one dial. `least` keeps the search from following noise.
///
/// ```
/// use models::recommend::fit::{Move, search};
/// let width: Move<(f64, f64)> = Box::new(|s| [1.0, 2.0, 3.0].map(|x| (x, s.1)).to_vec());
/// let height: Move<(f64, f64)> = Box::new(|s| [5.0, 6.0].map(|y| (s.0, y)).to_vec());
/// let found = search((0.0, 0.0), &[width, height], 3, 1e-9, |(x, y)| -(x - 2.0).abs() - (y - 6.0).abs());
/// assert_eq!(found.best, (2.0, 6.0));
/// ```
pub fn search<S: Clone + PartialEq>(
    start: S,
    moves: &[Move<S>],
    rounds: usize,
    least: f64,
    mut worth: impl FnMut(&S) -> f64,
) -> Found<S> {
    let before = worth(&start);
    let mut found = Found { best: start, before, after: before, tried: 1 };
    for _ in 0..rounds {
        let round_began = found.after;
        for turn in moves {
            let origin = found.best.clone();
            for setting in turn(&origin).into_iter().filter(|setting| *setting != origin) {
                let value = worth(&setting);
                found.tried += 1;
                if value >= found.after + least {
                    found.after = value;
                    found.best = setting;
                }
            }
        }
        if found.after <= round_began {
            break;
        }
    }
    found
}

/// The settings that differ from one by a single dial.
pub type Move<S> = Box<dyn Fn(&S) -> Vec<S>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gain_below_the_least_is_noise() {
        let dial = || -> Vec<Move<f64>> { vec![Box::new(|_| vec![1.0, 2.0, 3.0])] };
        assert_eq!(search(1.0, &dial(), 5, 0.6, |x| x * 0.5).best, 3.0);
        assert_eq!(search(1.0, &dial(), 5, 2.0, |x| x * 0.5).best, 1.0);
        let found = search(2.0, &dial(), 5, 0.1, |x| -x);
        assert_eq!((found.best, found.before, found.after), (1.0, -2.0, -1.0));
    }

    #[test]
    fn goal_weighs_its_metrics() {
        let goal = Goal { k: 1, hit_rate: 2.0, reciprocal_rank: 0.0, recall: 4.0 };
        assert_eq!(goal.of(&[ItemId(1), ItemId(2)], ItemId(1), &[ItemId(1), ItemId(2), ItemId(1)]), 4.0);
        assert_eq!(goal.of(&[ItemId(1), ItemId(2)], ItemId(2), &[ItemId(2)]), 0.0);
    }
}
