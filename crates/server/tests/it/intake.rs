//! Events as clients send them: what is kept, what is dropped and counted, what is refused.

use serde_json::{Value, json};

use crate::harness::{Shop, WRITE_KEY, ordered, track, viewed};

#[test]
fn event_without_consent_is_dropped_and_leaves_nobody_behind() {
    let shop = Shop::open();
    let mut event = viewed("kim", "boots", "s", shop.now(), &[]);
    event["context"] = json!({});
    shop.batch(&[event, viewed("lee", "boots", "s", shop.now(), &[])]);
    for user in ["kim", "lee"] {
        assert_eq!(shop.operator("POST", "/v1/subjects/access", &json!({"user_id": user})).status, 404);
    }
    assert_eq!(shop.app.engine.people(), (0, 0));
}

#[test]
fn order_is_kept_for_the_contract_but_serves_nothing_else() {
    let shop = Shop::open();
    shop.batch(&[ordered("kim", "o1", &["boots"], shop.now(), &[])]);
    let document = shop.operator("POST", "/v1/subjects/access", &json!({"user_id": "kim"}));
    assert_eq!(document.status, 200, "{}", document.text);
    assert!(document.text.contains("o1"));
    assert_eq!(shop.app.engine.people(), (0, 0));
    assert_eq!(shop.recommendations("kim", "").body["purposes"]["used"], json!([]));
}

#[test]
fn repeated_message_is_kept_once() {
    let shop = Shop::open();
    let event = ordered("kim", "o1", &["boots"], shop.now(), &["personalisation"]);
    for _ in 0..3 {
        shop.batch(&[event.clone(), event.clone()]);
    }
    let document = shop.operator("POST", "/v1/subjects/portability", &json!({"user_id": "kim"}));
    assert_eq!(document.text.matches("\"o1\"").count(), 1, "{}", document.text);
}

#[test]
fn undeclared_events_and_fields_are_not_kept() {
    let shop = Shop::open();
    let now = shop.now();
    shop.batch(&[
        track("kim", "Mood Guessed", &json!({"mood": "zebra-sad"}), "s", now, &["personalisation"]),
        track(
            "kim",
            "Product Viewed",
            &json!({"product_id": "boots", "shoe_size_of_mother": "zebra-37"}),
            "s",
            now,
            &["personalisation"],
        ),
    ]);
    let document = shop.operator("POST", "/v1/subjects/access", &json!({"user_id": "kim"}));
    assert_eq!(document.status, 200, "{}", document.text);
    assert!(document.text.contains("boots") && !document.text.contains("zebra"), "{}", document.text);
}

#[test]
fn malformed_and_unauthenticated_are_told_so() {
    let shop = Shop::open();
    let wrong = shop.client("POST", "/v1/batch", &json!("no batch"));
    assert_eq!(wrong.status, 400, "{}", wrong.text);
    assert!(wrong.body["detail"].is_string() && wrong.body["mend"].is_string(), "{}", wrong.text);
    let stranger = shop.send(
        axum::http::Request::post("/v1/track")
            .body(axum::body::Body::from(json!({"writeKey": "wrong"}).to_string()))
            .unwrap(),
    );
    assert_eq!(stranger.status, 401);
    let with_key_in_body = shop.send(
        axum::http::Request::post("/v1/t")
            .header("content-type", "text/plain")
            .body(axum::body::Body::from(
                json!({"writeKey": WRITE_KEY, "type": "track", "event": "Product Viewed", "anonymousId": "x", "properties": {}}).to_string(),
            ))
            .unwrap(),
    );
    assert_eq!(with_key_in_body.status, 200, "{}", with_key_in_body.text);
}

#[test]
fn too_large_a_batch_is_refused_whole_and_a_too_large_event_alone() {
    let shop = Shop::open();
    let big = "x".repeat(40_000);
    let mut event = viewed("kim", "boots", "s", shop.now(), &["personalisation"]);
    event["properties"]["padding"] = json!(big);
    let small = viewed("kim", "tent", "s", shop.now(), &["personalisation"]);
    shop.batch(&[event, small]);
    let document = shop.operator("POST", "/v1/subjects/access", &json!({"user_id": "kim"}));
    assert!(document.text.contains("tent") && !document.text.contains("boots"), "{}", document.text);
    let many: Vec<Value> =
        (0..2501).map(|n| json!({"type": "track", "event": "e", "userId": format!("{n}")})).collect();
    let answer = shop.client("POST", "/v1/batch", &json!({"batch": many}));
    assert_eq!(answer.status, 413, "{}", answer.text);
}

#[test]
fn only_the_shops_own_pages_may_read_answers() {
    let shop = Shop::open();
    for (origin, allowed) in
        [("https://shop.example", true), ("https://shop.example.evil.example", false), ("null", false)]
    {
        for path in ["/v1/track", "/v1/recommendations", "/v1/consent"] {
            let preflight = axum::http::Request::builder()
                .method("OPTIONS")
                .uri(path)
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .body(axum::body::Body::empty())
                .unwrap();
            let answer = shop.send(preflight);
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            assert_eq!(answer.allowed_origin.as_deref() == Some(origin), allowed, "{path} from {origin}");
        }
    }
}

#[test]
fn recorded_bodies_of_real_clients_are_taken() {
    let Some(folder) = shared("fixtures/segment") else { return };
    let shop = Shop::open();
    let mut taken = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let recorded: Value = serde_json::from_str(&text).unwrap();
        let path = recorded["u"].as_str().unwrap();
        if recorded["m"] != "POST" || !path.starts_with("/v1/") || !recorded["body"].is_object() {
            continue;
        }
        let answer = shop.client("POST", path, &recorded["body"]);
        assert_eq!(answer.status, 200, "{path}: {} for {text}", answer.text);
        taken += 1;
    }
    assert!(taken >= 10, "{taken}");
}

#[test]
fn what_somebody_is_not_interested_in_is_not_in_the_very_next_answer() {
    const ALL: &[&str] = &["analytics", "personalisation"];
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
    let shown = |item: &str| {
        let answer = shop.recommendations("mere", "&count=50");
        answer.body["items"].as_array().unwrap().iter().any(|one| one["id"] == item)
    };
    assert!(shown("socks"));
    let rated = json!({"product_id": "socks", "verdict": "not_interested"});
    shop.batch(&[track("mere", "Recommendation Rated", &rated, "s", shop.now(), ALL)]);
    assert!(!shown("socks"));
}

/// A folder of the data beside the project, if it is there.
fn shared(path: &str) -> Option<std::path::PathBuf> {
    let base = std::env::var_os("EQUIPOISE_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        std::path::PathBuf::from,
    );
    let folder = base.join(path);
    if folder.exists() {
        Some(folder)
    } else {
        eprintln!("skipped: recorded clients need ../shared/{path}");
        None
    }
}
