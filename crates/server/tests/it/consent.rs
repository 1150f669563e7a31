//! What a choice changes, and when: at once.

use serde_json::json;

use crate::harness::{Shop, ordered, viewed};

const ALL: &[&str] = &["analytics", "personalisation"];

#[test]
fn after_a_withdrawal_the_very_next_answer_uses_nothing_personal() {
    let shop = Shop::open();
    shop.stock(&["boots", "socks", "tent", "stove"]);
    let now = shop.now();
    for other in ["a", "b", "c"] {
        shop.batch(&[
            viewed(other, "boots", "s", now, ALL),
            viewed(other, "socks", "s", now, ALL),
            ordered(other, &format!("o-{other}"), &["boots", "socks"], now, ALL),
        ]);
    }
    shop.batch(&[viewed("mere", "boots", "s", now, ALL)]);
    let before = shop.recommendations("mere", "");
    assert_eq!(before.body["purposes"]["used"], json!(["personalisation"]));
    let because: Vec<_> = before.body["items"][0]["why"].as_array().unwrap().clone();
    assert!(because.iter().any(|reason| reason["because_of"] == "boots"), "{because:?}");

    shop.consent("mere", &json!({"personalisation": "withdrawn"}));
    let after = shop.recommendations("mere", "");
    assert_eq!(after.body["purposes"]["used"], json!([]));
    assert_eq!(after.body["purposes"]["refused"][0]["purpose"], "personalisation");
    assert_eq!(after.body["purposes"]["refused"][0]["code"], "no_consent");
    for item in after.body["items"].as_array().unwrap() {
        for reason in item["why"].as_array().unwrap() {
            assert!(reason.get("data").is_none() && reason.get("purpose").is_none(), "{reason}");
        }
    }
}

#[test]
fn stamped_yes_opens_nothing_that_the_person_closed() {
    let shop = Shop::open();
    let now = shop.now();
    shop.batch(&[viewed("ben", "boots", "s", now, ALL)]);
    shop.consent("ben", &json!({"personalisation": "withdrawn"}));
    shop.pass_seconds(60);
    shop.batch(&[viewed("ben", "tent", "s", shop.now(), ALL)]);
    let answer = shop.recommendations("ben", "");
    assert_eq!(answer.body["purposes"]["used"], json!([]));
    shop.consent("ben", &json!({"personalisation": "given"}));
    assert_eq!(shop.recommendations("ben", "").body["purposes"]["used"], json!(["personalisation"]));
}

#[test]
fn opt_out_signal_wins_over_an_older_yes_for_offers() {
    let shop = Shop::open();
    let now = shop.now();
    shop.batch(&[ordered("kim", "o1", &["boots"], now, &["offers", "personalisation"])]);
    shop.pass_seconds(5);
    let event = viewed("kim", "boots", "s", shop.now(), &["offers", "personalisation"]);
    let answer = shop.client_with("POST", "/v1/batch", &json!({"batch": [event]}), &[("sec-gpc", "1")]);
    assert_eq!(answer.status, 200);
    let document = shop.operator("POST", "/v1/subjects/access", &json!({"user_id": "kim"}));
    assert_eq!(document.body["purposes"]["offers"]["status"], "withdrawn", "{}", document.text);
    assert_eq!(document.body["purposes"]["personalisation"]["status"], "given");
}

#[test]
fn consent_answers_with_a_signed_receipt() {
    let shop = Shop::open();
    let answer = shop.consent("aroha", &json!({"personalisation": "given", "analytics": "refused"}));
    let receipts = answer.body["receipts"].as_array().unwrap();
    assert_eq!(receipts.len(), 2, "{}", answer.text);
}
