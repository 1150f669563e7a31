//! EASE against hand-computed weights, and every way of learning and forgetting against learning at once.

use super::*;
use proptest::prelude::*;

const ALL: Discovery = Discovery { at_least: 1, count: usize::MAX };

fn ids(row: &[u32]) -> Vec<ItemId> {
    row.iter().map(|item| ItemId(*item)).collect()
}

fn built(rows: &[Vec<ItemId>], lambda: f64) -> Ease {
    let mut counts = CoCounts::new();
    rows.iter().for_each(|row| counts.learn(row));
    Ease::build(counts, lambda).unwrap()
}

fn held(row: &[ItemId]) -> Vec<Held> {
    row.iter().zip(1u8..).map(|(item, place)| Held { item: *item, weight: 1.0 / f64::from(place) }).collect()
}

/// The greatest difference between weights, by the greatest weight, or by what one row that two items share would be worth where
/// no two have met: about 1 / λ, with the largest λ in these tests.
fn apart(a: &Ease, b: &Ease, items: u32) -> f64 {
    let pairs = (0..items).flat_map(|i| (0..items).map(move |j| (ItemId(i), ItemId(j))));
    let (mut worst, mut greatest) = (0.0f64, 1.0f64 / 301.0);
    for (i, j) in pairs {
        worst = worst.max((a.weight(i, j) - b.weight(i, j)).abs());
        greatest = greatest.max(b.weight(i, j).abs());
    }
    worst / greatest
}

#[test]
fn weights_match_hand_computation() {
    // X = [[1,1,0],[1,0,1],[0,1,1]], λ = 1: A = [[3,1,1],[1,3,1],[1,1,3]], P = [[4,−1,−1],…] / 10, B = 1/4 off the diagonal.
    let ease = built(&[ids(&[0, 1]), ids(&[0, 2]), ids(&[1, 2])], 1.0);
    assert!((ease.weight(ItemId(0), ItemId(1)) - 0.25).abs() < 1e-15);
    assert_eq!(ease.weight(ItemId(1), ItemId(1)), 0.0);
    let list = ease.score(&held(&ids(&[0, 1])), &ALL, &mut Scratch::new());
    assert_eq!(list.len(), 1);
    assert!((list[0].score() - (0.25 + 0.125)).abs() < 1e-15);
    // A = [[3,2],[2,4]] with λ = 2 has P = [[4,−2],[−2,3]] / 8: B isn't symmetric.
    let ease = built(&[ids(&[0, 1]), ids(&[0, 1]).clone()], 1.0);
    assert!((ease.weight(ItemId(0), ItemId(1)) - 2.0 / 3.0).abs() < 1e-15);
    let mut ease = built(&[ids(&[0, 1]), ids(&[1])], 1.0);
    // A = [[2,1],[1,3]], P = [[3,−1],[−1,2]] / 5.
    assert!((ease.weight(ItemId(0), ItemId(1)) - 0.5).abs() < 1e-15);
    assert!((ease.weight(ItemId(1), ItemId(0)) - 1.0 / 3.0).abs() < 1e-15);
    ease.forget(&ids(&[1])).unwrap();
    assert!((ease.weight(ItemId(0), ItemId(1)) - 0.5).abs() < 1e-15);
    assert!((ease.weight(ItemId(1), ItemId(0)) - 0.5).abs() < 1e-15);
}

#[test]
fn regularisation_out_of_range_is_refused() {
    for lambda in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(Ease::new(lambda), Err(EaseError::Regularisation(_))));
    }
}

#[test]
fn a_row_never_learned_is_refused_and_changes_nothing() {
    // Every pair of the row was learned, but not the row: A − x xᵀ would not be positive definite.
    let mut ease = built(&[ids(&[0, 1, 2, 3])], 0.1);
    let before = ease.clone();
    assert!(matches!(ease.forget(&ids(&[0, 4])), Err(EaseError::NeverLearned(_))));
    assert!(matches!(ease.forget(&ids(&[0, 1, 2])), Err(EaseError::NoSuchRow)));
    assert!(matches!(ease.change(&ids(&[0, 1, 2]), &ids(&[4, 5])), Err(EaseError::NoSuchRow)));
    assert_eq!(ease.counts(), before.counts());
    assert!(apart(&ease, &before, 4) < 1e-12);
}

#[test]
fn items_too_seldom_had_are_not_proposed() {
    let ease = built(&[ids(&[0, 1]), ids(&[0, 2]), ids(&[0, 2])], 1.0);
    let list = ease.score(&held(&ids(&[0])), &Discovery { at_least: 2, count: 9 }, &mut Scratch::new());
    assert_eq!(list.iter().map(Scored::item).collect::<Vec<_>>(), [ItemId(2)]);
}

#[test]
fn drift_is_seen_and_rebuilding_ends_it() {
    let rows: Vec<Vec<ItemId>> = (0..200u32).map(|n| ids(&[n % 70, n * 7 % 70, n * 11 % 70])).collect();
    let mut ease = built(&rows, 2.0);
    assert!(ease.drift(1) < 1e-12);
    ease.inverse.spoil(3, 5, 1e-6);
    assert!(ease.drift(1) > 1e-7 && ease.drift(1) < 1e-3);
    ease.rebuild().unwrap();
    assert!(ease.drift(1) < 1e-12);
}

/// 150 items: three tiles a side, so that folding can stop in the middle.
const ITEMS: u32 = 150;

fn rows(most: usize) -> impl Strategy<Value = Vec<Vec<ItemId>>> {
    let row = prop::collection::btree_set(0..ITEMS, 1..12);
    prop::collection::vec(row.prop_map(|row| row.into_iter().map(ItemId).collect()), 1..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn forgotten_rows_leave_what_never_saw_them(
        kept in rows(30), gone in rows(20), lambda in 0.5f64..300.0, tiles in 1usize..8,
    ) {
        let mut ease = built(&kept, lambda);
        for row in &gone {
            ease.learn(row).unwrap();
        }
        ease.fold_some(tiles);
        for row in gone.iter().rev() {
            ease.forget(row).unwrap();
        }
        let never = built(&kept, lambda);
        prop_assert!(apart(&ease, &never, ITEMS) < 1e-9);
        prop_assert_eq!(ease.counts(), never.counts());
        ease.fold();
        prop_assert_eq!(ease.pending(), 0);
        prop_assert!(apart(&ease, &never, ITEMS) < 1e-9);
        prop_assert!(ease.drift(3) < 1e-10);
    }

    #[test]
    fn learning_one_by_one_growing_and_folding_equals_learning_at_once(
        all in rows(30), tiles in 1usize..8, every in 1usize..6,
    ) {
        let mut ease = Ease::new(20.0).unwrap();
        for (number, row) in all.iter().enumerate() {
            // A row comes item by item, as purchases do.
            for have in 0..row.len() {
                ease.change(&row[..have], &row[..have + 1]).unwrap();
            }
            if number % every == 0 {
                let before = ease.clone();
                ease.fold_some(tiles);
                prop_assert!(apart(&ease, &before, ITEMS) < 1e-9);
            }
        }
        prop_assert!(apart(&ease, &built(&all, 20.0), ITEMS) < 1e-9);
    }

    #[test]
    fn parts_add_up_and_an_input_taken_away_takes_its_parts(all in rows(30), person in rows(2)) {
        let mut ease = built(&all, 5.0);
        ease.learn(&person[0]).unwrap();
        let history = held(&person[0]);
        let list = ease.score(&history, &ALL, &mut Scratch::new());
        let fewer: Vec<Held> = history[1..].to_vec();
        let after = ease.score(&fewer, &ALL, &mut Scratch::new());
        for scored in &list {
            prop_assert!(scored.score() > -1e-12 && history.iter().all(|held| held.item != scored.item()));
            let sum = scored.parts().iter().fold(0.0, |sum, part| sum + part.part);
            prop_assert_eq!(sum.to_bits(), scored.score().to_bits());
            let gone = Cause::Suits { item: history[0].item };
            let left = scored.without(|cause| *cause == gone);
            if let Some(same) = after.iter().find(|other| other.item() == scored.item()) {
                prop_assert_eq!(same, &left);
            } else {
                prop_assert!(left.score() < 1e-12);
            }
        }
    }
}
