//! Nothing is inferred from what is sensitive: a look at a pregnancy test, or its purchase, changes no answer of that
//! person nor of others, unless they agreed to it explicitly.

use equipoise::recommend::Held;
use serde_json::{Value, json};

use crate::harness::{Shop, ordered, viewed};
use crate::offers::shop;

const YES: &[&str] = &["analytics", "personalisation"];

/// What everybody and everything is answered.
fn answers(shop: &Shop) -> Vec<Value> {
    let people = ["ana", "ben", "mere"].map(|person| shop.recommendations(person, "&count=50").body);
    let page = shop.operator("GET", "/v1/recommendations?item=ptest&count=50", &Value::Null).body;
    people.into_iter().chain([page]).collect()
}

fn busy() -> Shop {
    let shop = shop();
    for person in ["ana", "ben", "mere"] {
        shop.batch(&[
            viewed(person, "tent", "s", shop.now(), YES),
            viewed(person, "mat", "s", shop.now(), YES),
            ordered(person, person, &["gas", "mat"], shop.now(), YES),
        ]);
    }
    shop
}

fn looks_at_a_test(shop: &Shop, people: &[&str]) {
    for person in people {
        let order = format!("{person}-2");
        shop.batch(&[
            viewed(person, "ptest", "s", shop.now(), YES),
            ordered(person, &order, &["ptest"], shop.now(), YES),
        ]);
    }
}

#[test]
fn look_at_a_pregnancy_test_changes_no_answer_of_that_person_nor_of_others() {
    let shop = busy();
    let (before, held) = (answers(&shop), shop.app.engine.held());
    looks_at_a_test(&shop, &["ana", "ben"]);
    assert_eq!(shop.app.engine.held(), held, "nothing was learnt");
    assert_eq!(answers(&shop), before);
    // The rows are kept for the purposes that declare them; they are hers to see.
    let access = shop.operator("POST", "/v1/subjects/access", &json!({"user_id": "ana"})).body;
    assert!(access["data"]["browsing"].to_string().contains("ptest"));
}

#[test]
fn purchase_beside_other_things_teaches_only_those() {
    let (mixed, plain) = (busy(), busy());
    mixed.batch(&[ordered("ana", "big", &["tent", "mat", "ptest"], mixed.now(), YES)]);
    plain.batch(&[ordered("ana", "big", &["tent", "mat"], plain.now(), YES)]);
    let pairs = |held: Held| (held.pairs, held.baskets, held.units);
    assert_eq!(pairs(mixed.app.engine.held()), pairs(plain.app.engine.held()));
}

#[test]
fn explicit_yes_lets_it_count_and_its_withdrawal_silences_it_again() {
    let shop = busy();
    let held = shop.app.engine.held();
    looks_at_a_test(&shop, &["ana"]);
    shop.consent("ana", &json!({"family_offers": "given"}));
    let agreed = shop.app.engine.held();
    assert!(agreed.looks.contains_key("ptest") && agreed != held);
    assert_eq!(agreed.looks["ptest"], 1);
    let withdrawn = shop.operator(
        "POST",
        "/v1/subjects/withdraw",
        &json!({"user_id": "ana", "purposes": ["family_offers"]}),
    );
    assert_eq!(withdrawn.status, 200, "{}", withdrawn.text);
    assert_eq!(shop.app.engine.held(), held);
}

#[test]
fn thing_that_turns_out_to_be_sensitive_is_forgotten_by_every_model() {
    let shop = busy();
    let held = shop.app.engine.held();
    // Nothing is known of it yet, so that it counts.
    shop.batch(&[viewed("ana", "new-1", "s", shop.now(), YES), viewed("ben", "new-1", "s", shop.now(), YES)]);
    assert!(shop.app.engine.held().looks.contains_key("new-1"));
    let tell = |name: &str| {
        let body = json!({"items": [{"id": "new-1", "name": name, "category": ["Drugstore"]}]});
        assert_eq!(shop.operator("POST", "/v1/catalogue", &body).status, 200);
    };
    tell("Schwangerschaftstest");
    assert_eq!(shop.app.engine.held(), held);
    // The shop has mended its name.
    tell("Soap");
    assert_eq!(shop.app.engine.held().looks["new-1"], 2);
}

#[test]
fn restart_learns_no_more_than_the_running_shop_knew() {
    let shop = busy();
    let held = shop.app.engine.held();
    looks_at_a_test(&shop, &["ana"]);
    let (_, folder, temporary) = shop.close();
    let shop = Shop::open_as(&crate::offers::register(), &folder, temporary);
    assert_eq!(shop.app.engine.held(), held);
}

#[test]
fn not_interested_is_heard_about_sensitive_things_too() {
    let shop = busy();
    let page = |shop: &Shop| {
        shop.recommendations("mere", "&item=chips&count=50").body.to_string().contains("\"cards\"")
    };
    assert!(page(&shop));
    let mut rated = viewed("mere", "cards", "s", shop.now(), YES);
    rated["event"] = json!("Recommendation Rated");
    rated["properties"] = json!({"product_id": "cards", "verdict": "not_interested"});
    shop.batch(&[rated]);
    assert!(!page(&shop));
}
