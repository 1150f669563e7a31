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

/// How a person, or a purpose of theirs, goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaving {
    Erased,
    WithdrawsAll,
    WithdrawsPersonalisation,
}

fn event(shop: &Shop, number: usize, deed: &Deed, yes: &[&str]) -> Value {
    let items = ITEMS;
    let person = format!("p{}", deed.person);
    let at = shop.now();
    if deed.item_bought {
        ordered(&person, &format!("o{number}"), &[items[deed.item], items[deed.second]], at, yes)
    } else if number % 4 == 1 {
        // In the cart: personalisation declares it, analytics doesn't.
        track(&person, "Product Added", &json!({"product_id": items[deed.second]}), "s", at, yes)
    } else {
        viewed(&person, items[deed.item], &format!("s{}", number / 3), at, yes)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, .. ProptestConfig::default() })]

    #[test]
    fn models_after_erasure_equal_models_that_never_saw_the_person(deeds in deeds(), gone in 0..4_usize, leaving in prop::sample::select(vec![Leaving::Erased, Leaving::WithdrawsAll, Leaving::WithdrawsPersonalisation])) {
        let (with, without) = (Shop::open(), Shop::open());
        // A catalogue numbers the items alike in both: of two looks in one second the lower number counts as the earlier.
        with.stock(&ITEMS);
        without.stock(&ITEMS);
        // Sessions are keyed by pseudonyms, which differ from shop to shop: so both views are taken in one shop, before
        // and after, and the other shop's view is compared by everything else.
        for (number, deed) in deeds.iter().enumerate() {
            // Which of two orders of one second is the older goes by their hashed numbers, which differ from shop to shop.
            with.pass_seconds(1);
            without.pass_seconds(1);
            with.batch(&[event(&with, number, deed, ALL)]);
            if deed.person != gone {
                without.batch(&[event(&without, number, deed, ALL)]);
            } else if leaving == Leaving::WithdrawsPersonalisation {
                without.batch(&[event(&without, number, deed, &["analytics"])]);
            }
        }
        let known = deeds.iter().any(|deed| deed.person == gone);
        if known {
            let person = format!("p{gone}");
            if leaving == Leaving::WithdrawsAll {
                with.consent(&person, &json!({"personalisation": "withdrawn", "analytics": "withdrawn"}));
            } else if leaving == Leaving::WithdrawsPersonalisation {
                with.consent(&person, &json!({"personalisation": "withdrawn"}));
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
        shop.batch(&[event(&shop, number, &deed, ALL)]);
    }
    let online = shop.app.engine.held();
    equipoise::recommend::replay(&shop.app.store, &shop.app.engine, shop.now(), &|_| {}).unwrap();
    assert_eq!(online, shop.app.engine.held());
    assert!(!online.sessions.is_empty() && !online.pairs.is_empty() && !online.units.is_empty());
    assert!(!online.orders.is_empty() && !online.bought.is_empty() && !online.suits.0.is_empty());
}

/// A look that is deleted, and an order of which a line is taken out: orders themselves a law obliges this shop to keep.
#[test]
fn what_was_set_right_leaves_no_trace_in_any_model() {
    for (wrong, kind) in [(4, "browsing"), (5, "orders")] {
        let (with, without) = (Shop::open(), Shop::open());
        with.stock(&ITEMS);
        without.stock(&ITEMS);
        for number in 0..8 {
            let deed = Deed {
                person: number % 2,
                item: number % 6,
                second: (number + 1) % 5,
                item_bought: number % 3 == 2,
            };
            with.pass_seconds(1);
            without.pass_seconds(1);
            with.batch(&[event(&with, number, &deed, ALL)]);
            if number != wrong {
                without.batch(&[event(&without, number, &deed, ALL)]);
            } else if kind == "orders" {
                let (person, at) = (format!("p{}", deed.person), without.now());
                let right = ordered(&person, &format!("o{number}"), &[ITEMS[deed.item]], at, ALL);
                without.batch(&[right]);
            }
        }
        assert_ne!(with.app.engine.held().rows, without.app.engine.held().rows);
        let user = json!({"user_id": format!("p{}", wrong % 2)});
        let document = with.operator("POST", "/v1/subjects/access", &user).body;
        let rows = document["data"][kind]["rows"].as_array().unwrap();
        // The look at the fifth item, and the person's only order.
        let wrong = rows.iter().find(|row| kind == "orders" || row["value"]["item"] == ITEMS[4]).unwrap();
        let mut right = user;
        if kind == "orders" {
            let mut value = wrong["value"].clone();
            value["lines"].as_array_mut().unwrap().pop();
            right["row"] = json!({"kind": kind, "id": wrong["id"], "value": value});
        } else {
            right["delete"] = json!({"kind": kind, "id": wrong["id"]});
        }
        let answer = with.operator("POST", "/v1/subjects/rectify", &right);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let (mut left, mut right) = (with.app.engine.held(), without.app.engine.held());
        left.sessions.clear();
        right.sessions.clear();
        assert_eq!(left, right);
    }
}
