//! What the index of baskets promises: hand-computed scores, exact sums, and forgetting that leaves nothing.

use super::*;
use crate::recommend::{Cause, Scored};
use proptest::prelude::*;

const DAY: i64 = 86_400;

fn ids(items: &[u32]) -> Vec<ItemId> {
    items.iter().map(|item| ItemId(*item)).collect()
}

fn basket(day: i64, items: &[u32]) -> Basket {
    Basket { time: day * DAY, order: OrderKey(day as u64), items: ids(items) }
}

fn history(baskets: &[(i64, &[u32])]) -> History {
    History::new(baskets.iter().map(|(day, items)| basket(*day, items)).collect())
}

fn index(histories: &[History]) -> BasketIndex {
    let mut index = BasketIndex::new(Decay::standard());
    for (history, key) in histories.iter().zip(0..) {
        index.replace(BuyerKey(key), history.clone());
    }
    index
}

/// One weight alone, everybody's items allowed.
fn only(plain: Terms) -> Params {
    Params { weights: Weights { plain, by_season: Terms::default() }, at_least: 1, ..Params::standard(20) }
}

fn ask(history: &History, own: Option<u64>, day: i64) -> Ask<'_> {
    Ask { history, own: own.map(BuyerKey), now: day * DAY }
}

fn scores(list: &[Scored]) -> Vec<(u32, f64)> {
    list.iter().map(|scored| (scored.item().0, scored.score())).collect()
}

fn close(found: &[(u32, f64)], expected: &[(u32, f64)]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.0, expected.0);
        assert!((found.1 - expected.1).abs() < 1e-7, "{found:?} {expected:?}");
    }
}

#[test]
fn decay_follows_the_groups() {
    let decay = Decay { within: 0.5, between: 0.25, group: 2 };
    assert_eq!([0, 1, 2, 3, 4].map(|age| decay.weight(age)), [1.0, 0.5, 0.25, 0.125, 0.0625]);
    let paper = Decay { within: 0.5, between: 0.1, group: 3 };
    assert_eq!([0, 2, 3, 5].map(|age| paper.weight(age)), [1.0, 0.25, 0.1, 0.025]);
}

#[test]
fn own_purchases_fade_with_every_later_basket() {
    let own = history(&[(0, &[1]), (1, &[2]), (2, &[1])]);
    let fading = only(Terms { fading: 1.0, ..Terms::default() });
    let list = index(&[]).score(&ask(&own, None, 3), &fading, &mut Worksheet::new());
    close(&scores(&list), &[(1, 1.36), (2, 0.6)]);
    let share = only(Terms { share: 1.0, ..Terms::default() });
    let list = index(&[]).score(&ask(&own, None, 3), &share, &mut Worksheet::new());
    close(&scores(&list), &[(1, 2.0 / 3.0), (2, 1.0 / 3.0)]);
}

#[test]
fn what_buyers_come_back_for_counts_by_its_rate() {
    // Item 1: two chances after its first basket, both taken. Item 2: two chances, none taken. The shop: 2 of 4.
    let seen = index(&[history(&[(0, &[1, 2]), (1, &[1]), (2, &[1])])]);
    let again = only(Terms { fading_again: 1.0, ..Terms::default() });
    let own = history(&[(0, &[1, 2])]);
    let list = seen.score(&ask(&own, None, 3), &again, &mut Worksheet::new());
    close(&scores(&list), &[(1, (2.0 + 10.0 * 0.5) / 12.0), (2, (0.0 + 10.0 * 0.5) / 12.0)]);
}

#[test]
fn popularity_counts_the_latest_baskets_most() {
    let seen = index(&[history(&[(0, &[1]), (1, &[2])]), history(&[(0, &[2])])]);
    let popular = only(Terms { popular: 1.0, ..Terms::default() });
    let list = seen.score(&ask(&History::default(), None, 3), &popular, &mut Worksheet::new());
    // Shares of 0.6 + 1 + 1.
    close(
        &scores(&list).iter().map(|(i, s)| (*i, (s * 1e5).round() / 1e5)).collect::<Vec<_>>(),
        &[(2, 0.76923), (1, 0.23077)],
    );
}

#[test]
fn neighbours_vote_by_similarity_and_by_what_they_hold() {
    // Three buyers; item 1 is held by two: rarity ln(4 / 2).
    let seen = index(&[history(&[(0, &[1, 2])]), history(&[(0, &[1, 3, 4])]), history(&[(0, &[9, 3])])]);
    let vote = only(Terms { neighbours: 1.0, ..Terms::default() });
    let own = history(&[(0, &[1])]);
    let list = seen.score(&ask(&own, None, 3), &vote, &mut Worksheet::new());
    let near = [2f64.ln() / 2f64.sqrt(), 2f64.ln() / 3f64.sqrt()];
    let all = near[0] + near[1];
    close(&scores(&list), &[(1, 1.0), (2, near[0] / all), (3, near[1] / all), (4, near[1] / all)]);
    assert!(list.iter().all(|scored| scored.parts().len() == 1));
    assert!(list.iter().all(|scored| scored.parts()[0].cause == Cause::Suits { item: ItemId(1) }));
}

#[test]
fn nobody_is_their_own_neighbour() {
    let own = history(&[(0, &[1, 2])]);
    let seen = index(std::slice::from_ref(&own));
    let vote = only(Terms { neighbours: 1.0, ..Terms::default() });
    assert!(seen.score(&ask(&own, Some(0), 1), &vote, &mut Worksheet::new()).is_empty());
    assert_eq!(seen.score(&ask(&own, None, 1), &vote, &mut Worksheet::new()).len(), 2);
}

#[test]
fn what_few_have_is_proposed_to_those_alone() {
    let seen = index(&[history(&[(0, &[1, 2])]), history(&[(0, &[1, 3])])]);
    let params = Params { at_least: 2, ..Params::standard(9) };
    let own = history(&[(0, &[3])]);
    let items: Vec<u32> = scores(&seen.score(&ask(&own, None, 1), &params, &mut Worksheet::new()))
        .into_iter()
        .map(|(item, _)| item)
        .collect();
    assert_eq!(items, [1, 3]);
}

#[test]
fn season_is_the_ratio_of_shares_before_today() {
    // Before day 100: 4 baskets, item 1 in two of them; from day 86: 2 baskets, item 1 in one. Today's don't count.
    let seen = index(&[history(&[(0, &[1]), (1, &[2]), (90, &[1]), (91, &[2]), (100, &[1]), (200, &[2])])]);
    let season = seen.tallies.season(100 * DAY, 14);
    assert_eq!(seen.tallies.in_season(ItemId(1), &season), 1.0);
    let season = seen.tallies.season(91 * DAY, 14);
    let expected = (1.0 + 0.004) / (2.0 / 3.0 + 0.004);
    assert!((seen.tallies.in_season(ItemId(1), &season) - expected).abs() < 1e-12);
    assert!((seen.tallies.in_season(ItemId(2), &season) - 0.004 / (1.0 / 3.0 + 0.004)).abs() < 1e-12);
    assert_eq!(seen.tallies.in_season(ItemId(2), &seen.tallies.season(50 * DAY, 14)), 1.0);
}

#[test]
fn item_that_was_forgotten_counts_as_one_never_known() {
    let mut seen = index(&[history(&[(0, &[1]), (1, &[1])]), history(&[(0, &[5])])]);
    seen.forget(BuyerKey(1));
    let never = index(&[history(&[(0, &[1]), (1, &[1])])]);
    assert_eq!(seen.tallies.again(ItemId(5)).to_bits(), never.tallies.again(ItemId(5)).to_bits());
    assert_eq!(never.tallies.again(ItemId(5)), 1.0);
}

#[test]
fn search_for_neighbours_reads_no_more_than_allowed() {
    let others: Vec<History> = (0..50).map(|_| history(&[(0, &[1, 2])])).collect();
    let seen = index(&others);
    let own = history(&[(0, &[1])]);
    let vote = only(Terms { neighbours: 1.0, ..Terms::default() });
    assert_eq!(
        seen.score(&ask(&own, None, 1), &Params { reads: 50, ..vote }, &mut Worksheet::new()).len(),
        2
    );
    assert!(seen.score(&ask(&own, None, 1), &Params { reads: 49, ..vote }, &mut Worksheet::new()).is_empty());
}

#[test]
fn learned_weights_are_those_that_made_the_answers() {
    // Repeats of what is steady, and nothing else: every other weight stays at 0 but where it says the same.
    let mut fit = Fit::new();
    let histories: Vec<History> = (0..30).map(|n| history(&[(0, &[n, n + 40]), (1, &[n])])).collect();
    let seen = index(&histories);
    let (params, mut sheet) = (only(Terms::default()), Worksheet::new());
    for (own, n) in histories.iter().zip(0..) {
        fit.observe(&seen, &ask(own, Some(n), 0), &[ItemId(n as u32)], &params, &mut sheet);
    }
    let learned = Params { weights: fit.weights(), ..params };
    for (own, n) in histories.iter().zip(0..) {
        let best = seen.score(&ask(own, Some(n), 0), &learned, &mut sheet);
        assert_eq!(best[0].item(), ItemId(n as u32));
        assert!(best[0].score() > 0.5 && best[1].score() < best[0].score() / 2.0);
    }
}

type Made = Vec<Vec<(i64, Vec<u32>)>>;

fn made(buyers: std::ops::Range<usize>) -> impl Strategy<Value = Made> {
    let basket = (0i64..40, prop::collection::vec(0u32..10, 0..5));
    prop::collection::vec(prop::collection::vec(basket, 0..5), buyers)
}

/// Orders are numbered by their place, so that two baskets may share a day.
fn histories(made: &Made) -> Vec<History> {
    let basket = |((day, items), order): (&(i64, Vec<u32>), u64)| Basket {
        time: day * DAY,
        order: OrderKey(order),
        items: ids(items),
    };
    made.iter().map(|baskets| History::new(baskets.iter().zip(0..).map(basket).collect())).collect()
}

fn everything() -> Params {
    let all = Terms {
        fading_again: 0.3,
        steady_again: 0.2,
        fading: 0.05,
        steady: 0.04,
        share: 0.03,
        popular: 0.4,
        neighbours: 0.1,
    };
    Params {
        weights: Weights { plain: all, by_season: all },
        at_least: 1,
        neighbours: 3,
        ..Params::standard(20)
    }
}

proptest! {
    #[test]
    fn learn_then_forget_equals_never_seen(kept in made(0..5), gone in made(0..4), own in made(1..2)) {
        let (kept, gone, own) = (histories(&kept), histories(&gone), histories(&own));
        let mut straight = BasketIndex::new(Decay::standard());
        let mut index = BasketIndex::new(Decay::standard());
        // Strangers come first and in between, so that places are used again and lists shift.
        for (stranger, key) in gone.iter().zip(100..) {
            index.replace(BuyerKey(key), stranger.clone());
        }
        for (history, key) in kept.iter().zip(0..) {
            for basket in history.baskets().iter().rev() {
                index.learn(BuyerKey(key), basket.clone());
                index.learn(BuyerKey(key), Basket { time: 7, order: OrderKey(900), items: ids(&[2, 11]) });
            }
            straight.replace(BuyerKey(key), history.clone());
        }
        for (stranger, key) in gone.iter().zip(100..) {
            prop_assert_eq!(index.forget(BuyerKey(key)), stranger.baskets().len());
        }
        for (history, key) in kept.iter().zip(0..) {
            // Item by item, or the whole basket.
            if key % 2 == 0 {
                index.forget_item(BuyerKey(key), OrderKey(900), ItemId(11));
                index.forget_item(BuyerKey(key), OrderKey(900), ItemId(2));
            } else {
                index.forget_basket(BuyerKey(key), OrderKey(900));
            }
            let baskets = (!history.baskets().is_empty()).then_some(history);
            prop_assert_eq!(index.history(BuyerKey(key)), baskets);
        }
        prop_assert_eq!(index.canonical(), straight.canonical());
        let (mut sheet, mut other) = (Worksheet::new(), Worksheet::new());
        for now in [0, 20, 41] {
            let ask = ask(&own[0], Some(0), now);
            let answer = index.score(&ask, &everything(), &mut sheet);
            prop_assert_eq!(&answer, &straight.score(&ask, &everything(), &mut other));
            prop_assert_eq!(index.baskets(), kept.iter().map(|history| history.baskets().len()).sum::<usize>());
        }
    }

    #[test]
    fn sums_that_rank_are_the_sums_of_the_reasons(others in made(0..8), own in made(1..2), count in 1usize..12) {
        let (others, own) = (histories(&others), histories(&own));
        let index = index(&others);
        let mut sheet = Worksheet::new();
        let ask = ask(&own[0], None, 30);
        let all = index.score(&ask, &Params { count: 99, ..everything() }, &mut sheet);
        let list = index.score(&ask, &Params { count, ..everything() }, &mut sheet);
        prop_assert_eq!(list.len(), all.len().min(count));
        // The best of all: the search that ends early misses nothing.
        for (short, long) in list.iter().zip(&all) {
            prop_assert!((short.score() - long.score()).abs() <= 1e-12 * long.score());
        }
        let mut ranked = Vec::new();
        index.rank(&ask, &Params { count, ..everything() }, &mut sheet, &mut ranked);
        prop_assert_eq!(ranked.len(), list.len());
        let held: Vec<ItemId> = own[0].baskets().iter().flat_map(|basket| basket.items.clone()).collect();
        let request = index.observations(&ask, &everything(), 99, &mut sheet);
        let weights: Vec<f64> = [0.3, 0.2, 0.05, 0.04, 0.03, 0.4, 0.1].repeat(2);
        for scored in &all {
            let sum = scored.parts().iter().fold(0.0, |sum, part| sum + part.part);
            prop_assert_eq!(sum.to_bits(), scored.score().to_bits());
            let (_, terms) = request.iter().find(|(item, _)| *item == scored.item()).unwrap();
            let expected: f64 = terms.iter().zip(&weights).map(|(term, weight)| term * weight).sum();
            prop_assert!((expected - scored.score()).abs() <= 1e-6 * expected, "{} {}", expected, scored.score());
            for part in scored.parts() {
                let own = match part.cause {
                    Cause::Bought { item, .. } => item == scored.item() && held.contains(&item),
                    Cause::Suits { item } => held.contains(&item),
                    Cause::Popular { context } => context.is_none(),
                    Cause::Visit { .. } | Cause::Alike { .. } | Cause::Helps { .. } | Cause::New => {
                        false
                    },
                };
                prop_assert!(own);
            }
        }
    }

    #[test]
    fn order_of_arrival_changes_nothing(made in made(1..6)) {
        let histories = histories(&made);
        let straight = index(&histories);
        let mut backwards = BasketIndex::new(Decay::standard());
        for (key, history) in histories.iter().enumerate().rev() {
            let key = key as u64;
            for basket in history.baskets() {
                let items = basket.items.iter().rev().chain(&basket.items).copied().collect();
                backwards.learn(BuyerKey(key), Basket { items, ..basket.clone() });
            }
        }
        prop_assert_eq!(straight.canonical(), backwards.canonical());
        let ask = ask(&histories[0], Some(0), 30);
        let (mut sheet, mut other) = (Worksheet::new(), Worksheet::new());
        prop_assert_eq!(
            straight.score(&ask, &everything(), &mut sheet),
            backwards.score(&ask, &everything(), &mut other)
        );
    }
}
