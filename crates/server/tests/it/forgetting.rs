//! INVARIANT: after an erasure or a withdrawal, the models equal models that never saw the person.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::{Shop, ordered, track, viewed};

const ALL: &[&str] = &["analytics", "personalisation"];
const ITEMS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

#[derive(Debug, Clone)]
struct Deed {
    person: usize,
    item: usize,
    second: usize,
    item_bought: bool,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = (0..4_usize, 0..6_usize, 0..5_usize, any::<bool>());
    prop::collection::vec(
        deed.prop_map(|(person, item, second, item_bought)| Deed { person, item, second, item_bought }),
        1..30,
    )
}

fn event(shop: &Shop, number: usize, deed: &Deed) -> Value {
    let items = ITEMS;
    let person = format!("p{}", deed.person);
    let at = shop.now();
    if deed.item_bought {
        ordered(&person, &format!("o{number}"), &[items[deed.item], items[deed.second]], at, ALL)
    } else if number % 4 == 1 {
        // In the cart: personalisation declares it, analytics doesn't.
        track(&person, "Product Added", &json!({"product_id": items[deed.second]}), "s", at, ALL)
    } else {
        viewed(&person, items[deed.item], &format!("s{}", number / 3), at, ALL)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, .. ProptestConfig::default() })]

    #[test]
    fn models_after_erasure_equal_models_that_never_saw_the_person(deeds in deeds(), gone in 0..4_usize, withdraws in any::<bool>()) {
        let (with, without) = (Shop::open(), Shop::open());
        // A catalogue numbers the items alike in both: of two looks in one second the lower number counts as the earlier.
        with.stock(&ITEMS);
        without.stock(&ITEMS);
        // Sessions are keyed by pseudonyms, which differ from shop to shop: so both views are taken in one shop, before
        // and after, and the other shop's view is compared by everything else.
        for (number, deed) in deeds.iter().enumerate() {
            with.batch(&[event(&with, number, deed)]);
            if deed.person != gone {
                without.batch(&[event(&without, number, deed)]);
            }
        }
        let known = deeds.iter().any(|deed| deed.person == gone);
        if known {
            let person = format!("p{gone}");
            if withdraws {
                with.consent(&person, &json!({"personalisation": "withdrawn", "analytics": "withdrawn"}));
            } else {
                let answer = with.operator("POST", "/v1/subjects/erase", &json!({"user_id": person}));
                prop_assert_eq!(answer.status, 200, "{}", answer.text);
            }
        }
        let (mut left, mut right) = (with.app.engine.held(), without.app.engine.held());
        let sorted = |held: &equipoise::recommend::Held| {
            let mut sessions: Vec<_> = held.sessions.values().cloned().collect();
            sessions.sort();
            sessions
        };
        prop_assert_eq!(sorted(&left), sorted(&right));
        left.sessions.clear();
        right.sessions.clear();
        prop_assert_eq!(left, right);
    }
}

#[test]
fn learning_as_it_comes_equals_learning_anew_from_the_store() {
    let shop = Shop::open();
    for number in 0..40 {
        let deed =
            Deed { person: number % 4, item: number % 6, second: number % 5, item_bought: number % 3 == 0 };
        shop.batch(&[event(&shop, number, &deed)]);
    }
    let online = shop.app.engine.held();
    equipoise::recommend::replay(&shop.app.store, &shop.app.engine, shop.now(), &|_| {}).unwrap();
    assert_eq!(online, shop.app.engine.held());
    assert!(!online.sessions.is_empty() && !online.pairs.is_empty() && !online.units.is_empty());
}
