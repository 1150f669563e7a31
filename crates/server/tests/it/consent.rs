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

/// Kim has closed offers, left personalisation open and said nothing of analytics; somebody ties an id of their own to Kim with the write key.
fn shop_with_a_stranger() -> Shop {
    let shop = Shop::open();
    let mut order = ordered("kim", "o1", &["boots"], shop.now(), &["offers", "personalisation"]);
    order["context"]["consent"]["categoryPreferences"].as_object_mut().unwrap().remove("analytics");
    shop.batch(&[order]);
    shop.pass_seconds(60);
    shop.consent("kim", &json!({"offers": "withdrawn"}));
    shop.pass_seconds(60);
    shop.batch(&[json!({"type": "identify", "userId": "kim", "anonymousId": "stranger", "messageId": "tie",
        "traits": {"firstName": "Kim"}})]);
    shop.pass_seconds(60);
    shop
}

fn stands(shop: &Shop, purpose: &str) -> serde_json::Value {
    let answer = shop.operator("GET", "/v1/consent?userId=kim", &serde_json::Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body["purposes"][purpose]["status"].clone()
}

#[test]
fn write_key_neither_shows_a_named_customers_choices_nor_opens_what_they_closed() {
    let shop = shop_with_a_stranger();
    let asked = shop.client("GET", "/v1/consent?anonymousId=stranger", &serde_json::Value::Null);
    assert_eq!(asked.status, 403, "{}", asked.text);
    assert!(!asked.text.contains("withdrawn") && asked.body["mend"].is_string(), "{}", asked.text);

    let say = |purposes: serde_json::Value| {
        let answer = shop.client(
            "POST",
            "/v1/consent",
            &json!({"anonymousId": "stranger", "purposes": purposes, "language": "en"}),
        );
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer
    };
    let nothing = say(json!({}));
    assert_eq!(nothing.body["purposes"], json!({}), "asking for nothing shows nothing");
    let yes = say(json!({"offers": "given"}));
    assert_eq!(yes.body["not_taken"][0]["purpose"], "offers", "{}", yes.text);
    assert!(yes.body["not_taken"][0]["reason"].as_str().unwrap().contains("operator's token"));
    assert_eq!((&yes.body["purposes"], &yes.body["receipts"]), (&json!({}), &json!([])));
    assert_eq!(stands(&shop, "offers"), "withdrawn");

    let opened = say(json!({"analytics": "given"}));
    assert_eq!(opened.body["not_taken"], json!([]), "what was never decided may be opened");
    let no = say(json!({"personalisation": "refused"}));
    assert_eq!(no.body["purposes"]["personalisation"]["permitted"], false, "a no is always heeded");
    assert_eq!(stands(&shop, "personalisation"), "withdrawn");
}

#[test]
fn decision_event_by_write_key_opens_nothing_that_a_named_customer_closed() {
    let shop = shop_with_a_stranger();
    let decision = |who: serde_json::Value| {
        shop.pass_seconds(60);
        let mut event = json!({"type": "track", "event": "Segment Consent Preference Updated",
            "timestamp": shop.now().to_string(),
            "context": {"consent": {"categoryPreferences": {"offers": true}}}});
        event.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
        event
    };
    for who in [json!({"userId": "kim"}), json!({"anonymousId": "stranger"})] {
        shop.batch(&[decision(who.clone())]);
        assert_eq!(stands(&shop, "offers"), "withdrawn", "{who}");
    }
    let sent = shop.operator("POST", "/v1/batch", &json!({"batch": [decision(json!({"userId": "kim"}))]}));
    assert_eq!(sent.status, 200, "{}", sent.text);
    assert_eq!(stands(&shop, "offers"), "given", "the operator's token can");
}

#[test]
fn operators_token_speaks_for_a_named_customer_by_any_id() {
    let shop = shop_with_a_stranger();
    let asked = shop.operator("GET", "/v1/consent?anonymousId=stranger", &serde_json::Value::Null);
    assert_eq!(asked.body["purposes"]["offers"]["status"], "withdrawn", "{}", asked.text);
    let yes = shop.operator(
        "POST",
        "/v1/consent",
        &json!({"anonymousId": "stranger", "purposes": {"offers": "given"}}),
    );
    assert_eq!(yes.body["purposes"]["offers"]["status"], "given", "{}", yes.text);
    assert_eq!(yes.body["not_taken"], json!([]));
}

#[test]
fn anonymous_person_changes_their_mind_with_the_write_key() {
    let shop = Shop::open();
    for word in ["given", "withdrawn", "given"] {
        shop.pass_seconds(60);
        let said = json!({"anonymousId": "a-9", "purposes": {"personalisation": word}});
        let answer = shop.client("POST", "/v1/consent", &said);
        assert_eq!(answer.body["purposes"]["personalisation"]["status"], word, "{}", answer.text);
        assert_eq!(answer.body["not_taken"], json!([]));
    }
    let asked = shop.client("GET", "/v1/consent?anonymousId=a-9", &serde_json::Value::Null);
    assert_eq!(asked.body["purposes"]["personalisation"]["status"], "given", "{}", asked.text);
}
