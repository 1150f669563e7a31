//! What is liked where and when a question comes from: narrow counts, backed by wider ones, backed by all.
//!
//! Must never let a few units in a narrow context outweigh the many of the wider one: each level is believed by how much
//! stands behind it.

use super::super::{Contribution, ItemId, Scored, rank};
use super::Liked;
use std::collections::BTreeMap;

/// One context's counts, such as a town's.
#[derive(Clone, Copy, Debug)]
pub struct Level<'a>(
    /// The shares in this context, and the units behind them.
    pub &'a Liked,
);

/// Shares that back off: each chain goes from the narrowest context to the widest (town, then country), and ends at `all`.
///
/// In a chain a level with n units behind it is believed by n / (n + `shrinkage`), what is left goes to the next one, and in
/// the end to `all`: p̂ₗ = (nₗ pₗ + m p̂ₗ₊₁) / (nₗ + m), Dirichlet smoothing (MacKay & Peto, *A hierarchical Dirichlet language
/// model*, 1995; Zhai & Lafferty, TOIS 2004, equation 6). Several chains (a town, a season) count alike: the mean of their
/// p̂. A level's parts stay apart from the others', so that a reason can say which context it is.
///
/// Best first, at most `count`. A shrinkage that is no positive number leaves `all` alone.
///
/// ```
/// use models::recommend::{ItemId, popularity::{Day, Level, Popularity, Question, Unit, here}};
/// let mut counts = Popularity::new();
/// let mut learn = |context, item, times| {
///     (0..times).for_each(|_| counts.learn(Unit { context, item: ItemId(item), day: Day(0) }));
/// };
/// learn(None, 1, 90);
/// learn(None, 2, 10);
/// learn(Some(7), 2, 10);
/// let question =
///     Question { context: None, today: Day(0), window_days: 0, half_life_days: 1.0, at_least: 1, count: 9 };
/// let all = counts.liked(&question, |_| true).unwrap();
/// let town = counts.liked(&Question { context: Some(7), ..question }, |_| true).unwrap();
/// // Ten units against a shrinkage of ten: half the town's share, half everybody's.
/// let list = here(&all, &[vec![Level(&town)]], 10.0, 9);
/// assert_eq!((list[0].item(), list[0].score()), (ItemId(2), 0.5 * 0.1 + 0.5 * 1.0));
/// ```
#[must_use]
pub fn here(all: &Liked, chains: &[Vec<Level<'_>>], shrinkage: f64, count: usize) -> Vec<Scored> {
    let mut weighed: Vec<(&Liked, f64)> = Vec::new();
    let mut of_all = if chains.is_empty() { 1.0 } else { 0.0 };
    for chain in chains {
        let mut rest = 1.0 / chains.len() as f64;
        for Level(liked) in chain {
            let believed = liked.units / (liked.units + shrinkage);
            let take = if shrinkage > 0.0 && believed.is_finite() { rest * believed } else { 0.0 };
            rest -= take;
            weighed.push((liked, take));
        }
        of_all += rest;
    }
    weighed.insert(0, (all, of_all));
    let mut items: BTreeMap<ItemId, Vec<Contribution>> = BTreeMap::new();
    for (liked, weight) in weighed.into_iter().filter(|(_, weight)| *weight > 0.0) {
        for scored in &liked.list {
            let weigh = |part: &Contribution| Contribution { cause: part.cause, part: part.part * weight };
            items.entry(scored.item()).or_default().extend(scored.parts().iter().map(weigh));
        }
    }
    let mut list: Vec<Scored> =
        items.into_iter().map(|(item, parts)| Scored::from_parts(item, parts)).collect();
    rank(&mut list, count);
    list
}

#[cfg(test)]
mod tests {
    use super::super::super::Cause;
    use super::*;
    use proptest::prelude::*;

    fn liked(context: Option<u32>, counts: &[f64]) -> Liked {
        let units: f64 = counts.iter().sum();
        let share = |(item, count): (u32, &f64)| {
            let part = Contribution { cause: Cause::Popular { context }, part: count / units };
            Scored::from_parts(ItemId(item), vec![part])
        };
        let mut list: Vec<Scored> = (0..).zip(counts).filter(|(_, count)| **count > 0.0).map(share).collect();
        rank(&mut list, usize::MAX);
        Liked { list, units }
    }

    #[test]
    fn a_context_that_nobody_knows_leaves_everybodys_list() {
        let all = liked(None, &[3.0, 1.0]);
        let nobody = liked(Some(1), &[]);
        assert_eq!(here(&all, &[vec![Level(&nobody)]], 5.0, 9), all.list);
        assert_eq!(here(&all, &[], 5.0, 9), all.list);
        assert_eq!(here(&all, &[vec![Level(&liked(Some(1), &[0.0, 9.0]))]], f64::NAN, 9), all.list);
    }

    #[test]
    fn a_narrow_context_is_backed_by_the_wider_one_and_that_by_all() {
        let (all, country, town) = (
            liked(None, &[60.0, 0.0, 0.0]),
            liked(Some(1), &[0.0, 30.0, 0.0]),
            liked(Some(2), &[0.0, 0.0, 10.0]),
        );
        let list = here(&all, &[vec![Level(&town), Level(&country)]], 10.0, 9);
        let scores: Vec<(u32, f64)> = list.iter().map(|scored| (scored.item().0, scored.score())).collect();
        // The town by 10/20; of the other half the country by 30/40; what is left everybody.
        assert_eq!(scores, [(2, 0.5), (1, 0.375), (0, 0.125)]);
    }

    proptest! {
        #[test]
        fn shares_add_up_to_one_and_taking_a_context_out_takes_exactly_its_parts(
            all in prop::collection::vec(0.5f64..50.0, 1..6),
            a in prop::collection::vec(0.5f64..50.0, 0..6),
            b in prop::collection::vec(0.5f64..50.0, 0..6),
            shrinkage in 0.1f64..100.0,
        ) {
            let (all, a, b) = (liked(None, &all), liked(Some(1), &a), liked(Some(2), &b));
            let list = here(&all, &[vec![Level(&a)], vec![Level(&b)]], shrinkage, 99);
            let sum: f64 = list.iter().map(Scored::score).sum();
            prop_assert!((sum - 1.0).abs() < 1e-9, "{}", sum);
            for scored in &list {
                let without = scored.without(|cause| *cause == Cause::Popular { context: Some(1) });
                let part: f64 =
                    scored.parts().iter().filter(|part| part.cause == Cause::Popular { context: Some(1) }).map(|part| part.part).sum();
                prop_assert!((scored.score() - part - without.score()).abs() < 1e-12);
            }
        }
    }
}
