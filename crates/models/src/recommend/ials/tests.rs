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

fn rows() -> impl Strategy<Value = Vec<Vec<ItemId>>> {
    let row = prop::collection::btree_set(0u32..12, 1..6);
    prop::collection::vec(row.prop_map(|row| row.into_iter().map(ItemId).collect()), 5..20)
}

/// The greatest entry of the objective's gradient by the items' factors (halved), every pair visited one by one.
fn gradient(model: &Ials, rows: &[Vec<ItemId>]) -> f64 {
    let d = model.dials.factors;
    let people = model.people(rows);
    let mut worst = 0.0f64;
    for item in (0..model.count()).map(|item| ItemId(item as u32)) {
        let had = rows.iter().filter(|row| row.contains(&item)).count();
        let penalty = model.dials.penalty(had as f64, rows.len());
        for k in 0..d {
            let pairs = rows.iter().zip(people.chunks_exact(d)).map(|(row, w)| {
                let fit = dot(w, model.factor(item));
                let of_had = if row.contains(&item) { fit - 1.0 } else { 0.0 };
                (of_had + model.dials.unobserved * fit) * w[k]
            });
            worst = worst.max((pairs.sum::<f64>() + penalty * model.factor(item)[k]).abs());
        }
    }
    worst
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn settled_factors_solve_the_equations_of_the_rows_left(mut rows in rows(), factors in 1usize..6) {
        let (mut model, fitted) = Ials::fit(&rows, tight(factors)).unwrap();
        prop_assert!(fitted.moved > 1e-11 || gradient(&model, &rows) < 1e-8);
        let gone = rows.pop().unwrap();
        let settled = model.settle(&rows);
        prop_assert!(settled.moved > 1e-11 || gradient(&model, &rows) < 1e-8, "{gone:?}");
    }

    #[test]
    fn fitting_without_a_row_equals_never_having_seen_it(mut rows in rows(), at in any::<prop::sample::Index>()) {
        let gone = at.index(rows.len());
        let mut never = rows.clone();
        never.remove(gone);
        let (with, _) = Ials::fit(&rows, Dials::standard()).unwrap();
        rows.remove(gone);
        let (without, _) = Ials::fit(&rows, with.dials).unwrap();
        let (never, _) = Ials::fit(&never, Dials::standard()).unwrap();
        let bits = |model: &Ials| model.items.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&without), bits(&never));
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
