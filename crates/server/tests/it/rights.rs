//! Access, portability, rectification, restriction, objection, erasure: as a person or their lawyer would ask.

use privacy::rights::Certificate;
use serde_json::{Value, json};

use crate::harness::{Shop, ordered, viewed};

const ALL: &[&str] = &["analytics", "personalisation", "offers"];

fn user(id: &str) -> Value {
    json!({ "user_id": id })
}

fn shop_with(id: &str) -> Shop {
    let shop = Shop::open();
    shop.stock(&["boots", "socks", "tent"]);
    let now = shop.now();
    let identify = json!({"type": "identify", "userId": id, "messageId": "i1", "timestamp": now.to_string(),
        "traits": {"email": format!("{id}@example.nz"), "firstName": "Aroha"},
        "context": {"consent": {"categoryPreferences": {"analytics": true, "personalisation": true, "offers": true}}}});
    shop.batch(&[
        identify,
        viewed(id, "boots", "s", now, ALL),
        ordered(id, "o1", &["boots", "socks"], now, ALL),
    ]);
    shop
}

#[test]
fn access_names_everything_held_and_who_looked() {
    let shop = shop_with("aroha");
    shop.recommendations("aroha", "");
    equipoise::recommend::flush_shown(&shop.app).unwrap();
    shop.app.store.flush_openings(shop.now()).unwrap();
    let document = shop.operator("POST", "/v1/subjects/access", &user("aroha"));
    assert_eq!(document.status, 200, "{}", document.text);
    for word in ["aroha@example.nz", "boots", "o1", "personalisation", "Art. 6(1)", "recommend"] {
        assert!(document.text.contains(word), "`{word}` is missing in {}", document.text);
    }
    let again = shop.operator("POST", "/v1/subjects/access", &user("aroha"));
    assert!(
        again.text.contains("subject.access"),
        "the first access must stand in the second: {}",
        again.text
    );
}

#[test]
fn portability_holds_what_was_given_and_observed_but_no_inference() {
    let shop = shop_with("aroha");
    shop.recommendations("aroha", "");
    equipoise::recommend::flush_shown(&shop.app).unwrap();
    let document = shop.operator("POST", "/v1/subjects/portability", &user("aroha"));
    assert_eq!(document.status, 200, "{}", document.text);
    assert!(document.text.contains("aroha@example.nz") && document.text.contains("o1"));
    assert!(!document.text.contains("Because you looked"), "{}", document.text);
}

#[test]
fn rectified_field_is_what_access_shows() {
    let shop = shop_with("aroha");
    let answer = shop.operator(
        "POST",
        "/v1/subjects/rectify",
        &json!({"user_id": "aroha", "contact": {"first_name": "Aroha-Jane"}}),
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    let document = shop.operator("POST", "/v1/subjects/access", &user("aroha"));
    assert!(document.text.contains("Aroha-Jane"), "{}", document.text);
    assert!(!document.text.contains("\"value\":\"Aroha\""), "{}", document.text);
}

#[test]
fn restricted_person_is_answered_like_nobody_until_it_is_lifted() {
    let shop = shop_with("aroha");
    assert_eq!(shop.operator("POST", "/v1/subjects/restrict", &user("aroha")).status, 200);
    let answer = shop.recommendations("aroha", "");
    assert_eq!(answer.body["purposes"]["used"], json!([]));
    assert_eq!(answer.body["purposes"]["refused"][0]["code"], "restricted");
    assert_eq!(shop.app.engine.people(), (0, 0));
    assert_eq!(shop.operator("POST", "/v1/subjects/access", &user("aroha")).status, 200);
    assert_eq!(shop.operator("POST", "/v1/subjects/unrestrict", &user("aroha")).status, 200);
    assert_eq!(shop.recommendations("aroha", "").body["purposes"]["used"], json!(["personalisation"]));
    assert_eq!(shop.app.engine.people(), (1, 1));
}

#[test]
fn objection_ends_a_purpose_at_once() {
    let shop = shop_with("aroha");
    let answer = shop.operator(
        "POST",
        "/v1/subjects/object",
        &json!({"user_id": "aroha", "purposes": ["personalisation"]}),
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = shop.recommendations("aroha", "");
    assert_eq!(answer.body["purposes"]["refused"][0]["code"], "objected");
}

#[test]
fn certificate_is_checked_without_the_server_and_names_what_the_law_keeps() {
    let shop = shop_with("aroha");
    let answer = shop.operator("POST", "/v1/subjects/erase", &user("aroha"));
    assert_eq!(answer.status, 200, "{}", answer.text);
    let certificate = answer.body.clone();
    Certificate::verify(&certificate, None).unwrap();
    assert_eq!(certificate["deleted"]["orders"], 1);
    assert_eq!(certificate["retained"][0]["law"], "Tax Administration Act 1994 s 22");
    assert_eq!(certificate["retained"][0]["count"], 1);
    for word in ["aroha", "Aroha", "boots"] {
        assert!(!certificate.to_string().contains(word), "{certificate}");
    }
    let mut forged = certificate.clone();
    forged["deleted"]["orders"] = json!(2);
    assert!(Certificate::verify(&forged, None).is_err());
    assert_eq!(shop.operator("POST", "/v1/subjects/access", &user("aroha")).status, 404);
    // A second erasure finds nobody.
    assert_eq!(shop.operator("POST", "/v1/subjects/erase", &user("aroha")).status, 404);
}

#[test]
fn rights_need_the_operators_token() {
    let shop = shop_with("aroha");
    for path in ["access", "portability", "erase", "restrict", "object", "rectify"] {
        let answer = shop.client("POST", &format!("/v1/subjects/{path}"), &user("aroha"));
        assert_eq!(answer.status, 401, "{path}");
    }
    let answer = shop.client("GET", "/v1/recommendations?user_id=aroha", &Value::Null);
    assert_eq!(answer.status, 401);
}
