//! Reasons: each names what the person asking did or what stands on the page, each part is exactly what would be missing
//! without it, and nothing of anybody else is ever said.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::{Shop, ordered, viewed};

const ALL: &[&str] = &["analytics", "personalisation"];
const ITEMS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// Every reason of an answer.
fn reasons(body: &Value) -> Vec<&Value> {
    let items = body["items"].as_array().unwrap();
    items.iter().flat_map(|item| item["why"].as_array().unwrap()).collect()
}

#[derive(Debug, Clone)]
struct Deed {
    person: usize,
    item: usize,
    bought: bool,
}

fn deeds(most: usize) -> impl Strategy<Value = Vec<Deed>> {
    let deed = (0..4_usize, 0..8_usize, any::<bool>());
    prop::collection::vec(deed.prop_map(|(person, item, bought)| Deed { person, item, bought }), 1..most)
}

fn stocked() -> Shop {
    let shop = Shop::open();
    let part = |n: usize| if n.is_multiple_of(2) { "even" } else { "odd" };
    let item = |(n, id): (usize, &&str)| json!({"id": id, "name": format!("Thing {id}"), "category": [part(n)], "price_minor": 1000, "consumable": true});
    shop.stock_with(&ITEMS.iter().enumerate().map(item).collect::<Vec<_>>());
    shop
}

fn event(shop: &Shop, number: usize, deed: &Deed) -> Value {
    let person = format!("person-{}", deed.person);
    match deed.bought {
        true => ordered(&person, &format!("order-{number}"), &[ITEMS[deed.item]], shop.now(), ALL),
        false => viewed(&person, ITEMS[deed.item], &format!("session-{}", deed.person), shop.now(), ALL),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, .. ProptestConfig::default() })]

    #[test]
    fn reasons_name_what_the_person_did_or_the_page_and_never_anybody_else(deeds in deeds(25), page in 0..8_usize) {
        let shop = stocked();
        for (number, deed) in deeds.iter().enumerate() {
            shop.batch(&[event(&shop, number, deed)]);
            shop.pass_seconds(60);
        }
        for person in 0..4 {
            let own: BTreeSet<&str> =
                deeds.iter().filter(|deed| deed.person == person).map(|deed| ITEMS[deed.item]).collect();
            let answer = shop.recommendations(&format!("person-{person}"), &format!("&item={}&count=20", ITEMS[page]));
            for why in reasons(&answer.body) {
                if let Some(cause) = why["because_of"].as_str() {
                    prop_assert!(own.contains(cause) || cause == ITEMS[page], "{cause} {}", answer.text);
                    // What is said to be theirs is.
                    prop_assert!(why.get("data").is_none() || own.contains(cause), "{}", answer.text);
                }
            }
            for word in ["person-", "order-", "session-"] {
                prop_assert!(!answer.text.contains(word), "{}", answer.text);
            }
        }
    }

    #[test]
    fn nothing_whose_consent_was_withdrawn_is_cited(deeds in deeds(20), gone in 0..4_usize, page in 0..8_usize) {
        let shop = stocked();
        for (number, deed) in deeds.iter().enumerate() {
            shop.batch(&[event(&shop, number, deed)]);
        }
        let person = format!("person-{gone}");
        shop.consent(&person, &json!({"personalisation": "withdrawn"}));
        let answer = shop.recommendations(&person, &format!("&item={}&count=20&content=both", ITEMS[page]));
        prop_assert_eq!(&answer.body["purposes"]["used"], &json!([]));
        for why in reasons(&answer.body) {
            prop_assert!(why.get("data").is_none() && why.get("purpose").is_none(), "{}", answer.text);
            prop_assert!(why.get("because_of").is_none_or(|cause| cause == ITEMS[page]), "{}", answer.text);
        }
    }

    #[test]
    fn input_that_is_taken_away_takes_exactly_its_parts(deeds in deeds(30), page in prop::collection::btree_set(0..8_usize, 2..5)) {
        let shop = stocked();
        // Orders alone: what visits led to hangs on a visit as a whole, and is tested with its model.
        for person in 0..4 {
            let items: BTreeSet<&str> =
                deeds.iter().filter(|deed| deed.person == person).map(|deed| ITEMS[deed.item]).collect();
            let items: Vec<&str> = items.into_iter().collect();
            shop.batch(&[ordered(&format!("p{person}"), &format!("o{person}"), &items, shop.now(), ALL)]);
        }
        let page: Vec<&str> = page.into_iter().map(|item| ITEMS[item]).collect();
        // The reasons of each item that name an item, and whether smaller ones were added up.
        let ask = |visit: &[&str]| {
            let path = format!("/v1/recommendations?count=20&visit={}", visit.join(","));
            let body = shop.client("GET", &path, &Value::Null).body;
            let parts = |item: &Value| -> (Vec<(String, u64)>, bool) {
                let why = item["why"].as_array().unwrap();
                let part = |why: &Value| {
                    Some((why["because_of"].as_str()?.to_owned(), why["part"].as_f64().unwrap().to_bits()))
                };
                let added_up = why.iter().any(|why| why["text"].as_str().unwrap().starts_with("Other"));
                let mut parts: Vec<(String, u64)> = why.iter().filter_map(part).collect();
                parts.sort();
                (parts, added_up)
            };
            let items = body["items"].as_array().unwrap().iter();
            items.map(|item| (item["id"].as_str().unwrap().to_owned(), parts(item))).collect::<BTreeMap<_, _>>()
        };
        let whole = ask(&page);
        for gone in &page {
            let rest: Vec<&str> = page.iter().copied().filter(|item| item != gone).collect();
            for (item, (parts, _)) in ask(&rest) {
                let Some((before, added_up)) = whole.get(&item) else { continue };
                let left: Vec<(String, u64)> = before.iter().filter(|(cause, _)| cause != gone).cloned().collect();
                if *added_up {
                    // Some that were too small to be named before are named now.
                    prop_assert!(left.iter().all(|part| parts.contains(part)), "{} without {}", item, gone);
                } else {
                    prop_assert_eq!(parts, left, "{} without {}", item, gone);
                }
            }
        }
    }
}
