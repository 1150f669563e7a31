//! iALS against the optimum of the smallest cases, and forgetting against never having seen.

use super::*;
use proptest::prelude::*;

fn ids(row: &[u32]) -> Vec<ItemId> {
    row.iter().map(|item| ItemId(*item)).collect()
}

fn held(row: &[u32]) -> Vec<Held> {
    row.iter().map(|item| Held { item: ItemId(*item), weight: 1.0 }).collect()
}

fn tight(factors: usize) -> Dials {
    Dials {
        factors,
        unobserved: 0.2,
        regularisation: 0.05,
        tolerance: 1e-11,
        sweeps: 20_000,
        ..Dials::standard()
    }
}

#[test]
fn dials_out_of_range_are_refused() {
    let rows: [Vec<ItemId>; 0] = [];
    for dials in [
        Dials { factors: 0, ..Dials::standard() },
        Dials { unobserved: 0.0, ..Dials::standard() },
        Dials { regularisation: f64::NAN, ..Dials::standard() },
        Dials { exponent: -1.0, ..Dials::standard() },
    ] {
        assert!(Ials::fit(&rows, dials).is_err());
    }
}

#[test]
fn one_row_with_one_item_settles_at_the_hand_computed_optimum() {
    // (wh − 1)² + α (wh)² + λ'(w² + h²) with λ' = λ (1 + α): by symmetry |w| = |h|, and (1 + α) h² = 1 − λ'.
    let dials = tight(1);
    let (model, _) = Ials::fit(&[ids(&[0])], dials).unwrap();
    let penalty = 0.05 * 1.2;
    assert!((model.items[0].powi(2) - (1.0 - penalty) / 1.2).abs() < 1e-9);
}

#[test]
fn same_rows_dials_and_seed_give_the_same_bits() {
    let rows = [ids(&[0, 1]), ids(&[1, 2]), ids(&[3])];
    assert_eq!(Ials::fit(&rows, tight(3)).unwrap(), Ials::fit(&rows, tight(3)).unwrap());
    let other = Dials { seed: 2, ..tight(3) };
    assert_ne!(Ials::fit(&rows, tight(3)).unwrap().0.items, Ials::fit(&rows, other).unwrap().0.items);
}

#[test]
fn no_rows_answer_nothing() {
    let rows: [Vec<ItemId>; 0] = [];
    let (model, _) = Ials::fit(&rows, Dials::standard()).unwrap();
    assert!(model.score(&held(&[0]), 5, &mut Scratch::new()).is_empty());
}

/// Two tastes, told apart clearly, so that there is one best fit (but for turning the factors).
fn rows() -> impl Strategy<Value = Vec<Vec<ItemId>>> {
    let row = (0u32..2, prop::collection::btree_set(0u32..6, 2..6));
    let row = row.prop_map(|(taste, items)| items.into_iter().map(|item| ItemId(taste * 6 + item)).collect());
    prop::collection::vec(row, 12..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn settling_without_a_row_equals_never_having_seen_it(rows in rows(), gone in prop::collection::btree_set(0u32..12, 2..6)) {
        let gone: Vec<ItemId> = gone.into_iter().map(ItemId).collect();
        let with: Vec<Vec<ItemId>> = rows.iter().cloned().chain([gone]).collect();
        let (mut model, _) = Ials::fit(&with, tight(2)).unwrap();
        let settled = model.settle(&rows);
        let (never, fitted) = Ials::fit(&rows, tight(2)).unwrap();
        prop_assert!(settled.moved <= 1e-11 && fitted.moved <= 1e-11, "{settled:?} {fitted:?}");
        for history in [held(&[0, 1]), held(&[7, 8, 9])] {
            let list = |model: &Ials| {
                let mut list = model.score(&history, 99, &mut Scratch::new());
                list.retain(|scored| scored.score() > 1e-6);
                list.sort_by_key(Scored::item);
                list
            };
            let (after, never) = (list(&model), list(&never));
            prop_assert_eq!(after.len(), never.len());
            for (a, b) in after.iter().zip(&never) {
                prop_assert_eq!(a.item(), b.item());
                prop_assert!((a.score() - b.score()).abs() < 1e-6, "{} {}", a.score(), b.score());
            }
        }
    }

    #[test]
    fn parts_add_up_to_the_score_of_the_folded_in_person(rows in rows()) {
        let (model, _) = Ials::fit(&rows, Dials { factors: 4, ..Dials::standard() }).unwrap();
        let history = held(&[0, 3, 8]);
        let alone = model.people(&[ids(&[0, 3, 8]).into_iter().filter(|item| item.index() < model.count()).collect()]);
        for scored in model.score(&history, 99, &mut Scratch::new()) {
            let sum = scored.parts().iter().fold(0.0, |sum, part| sum + part.part);
            prop_assert_eq!(sum.to_bits(), scored.score().to_bits());
            prop_assert!((sum - dot(model.factor(scored.item()), &alone)).abs() < 1e-9);
        }
    }
}
