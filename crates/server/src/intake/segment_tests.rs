//! Bodies of real clients, limits, and whatever else arrives.

use std::path::PathBuf;

use privacy::register::{TEMPLATE, read as read_register};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn arrival() -> Arrival {
    Arrival::Live("2027-01-01T00:00:00Z".parse().unwrap())
}

fn parse(body: &Value, call: Option<Call>) -> Vec<Result<Event, &'static str>> {
    let bytes = serde_json::to_vec(body).unwrap();
    let body = Body::read(&bytes, call).unwrap();
    body.events(arrival(), Gpc::Silent, &read_register(TEMPLATE).unwrap())
}

fn shared() -> PathBuf {
    std::env::var_os("EQUIPOISE_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from)
}

#[test]
fn recorded_bodies_of_real_clients_are_read() {
    let folder = shared().join("fixtures/segment");
    let Ok(files) = std::fs::read_dir(&folder) else {
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "skipped: recorded bodies need ../shared/fixtures/segment");
        return;
    };
    let mut read = 0;
    for file in files {
        let recorded: Value = serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
        let path = recorded["u"].as_str().unwrap();
        let call = match path.strip_prefix("/v1/") {
            Some("batch") => None,
            Some("t") => Some(Call::Track),
            Some("i") => Some(Call::Identify),
            Some("p") => Some(Call::Page),
            Some("g") => Some(Call::Group),
            Some("a") => Some(Call::Alias),
            _ => continue,
        };
        for event in parse(&recorded["body"], call) {
            let event = event.unwrap_or_else(|reason| panic!("{path}: {reason}"));
            assert!(!format!("{:?}", event.rows).contains("a%40b.nz"), "{path}");
            read += 1;
        }
    }
    assert!(read >= 25, "{read} events");
}

#[test]
fn limits_hold_event_by_event_and_for_the_whole() {
    let large = json!({"type": "track", "event": "Product Viewed", "userId": "u", "properties": {"x": "y".repeat(33_000)}});
    let small =
        json!({"type": "track", "event": "Product Viewed", "userId": "u", "properties": {"product_id": 1}});
    let fates = parse(&json!({"batch": [large, small]}), None);
    assert_eq!(fates[0].as_ref().err(), Some(&"event_too_large"));
    assert!(fates[1].is_ok());
    let many = serde_json::to_vec(&json!({"batch": vec![json!({}); 2_501]})).unwrap();
    assert_eq!(Body::read(&many, None).err(), Some(BodyError::TooMany(2_501)));
    assert_eq!(Body::read(&vec![b' '; MOST_BODY_BYTES + 1], None).err(), Some(BodyError::TooLarge));
    for bad in [&b""[..], b"[]", b"{", b"null"] {
        assert_eq!(Body::read(bad, None).err(), Some(BodyError::NotJson));
    }
    assert_eq!(Body::read(b"{}", None).err(), Some(BodyError::NoBatch));
}

#[test]
fn a_message_without_an_id_is_known_by_its_content() {
    let said = |sent: &str, item: &str| {
        let body = json!({"event": "Product Viewed", "userId": "u", "properties": {"product_id": item}, "sentAt": sent});
        match parse(&body, Some(Call::Track)).remove(0).ok().unwrap().message {
            Message::Said(text) => text,
            Message::Named(_) => panic!("nobody has named it yet"),
        }
    };
    assert_eq!(said("2026-01-01T00:00:00Z", "a"), said("2026-01-01T00:00:09Z", "a"));
    assert_ne!(said("2026-01-01T00:00:00Z", "a"), said("2026-01-01T00:00:00Z", "b"));
}

#[test]
fn an_event_of_nobody_is_refused_alone() {
    let fates = parse(
        &json!({"batch": [{"type": "track", "event": "Cart Viewed"}, 5, {"type": "page", "anonymousId": "a"}]}),
        None,
    );
    let reasons: Vec<_> = fates.iter().map(|fate| fate.as_ref().err().copied()).collect();
    assert_eq!(reasons, [Some("no_identity"), Some("malformed_event"), None]);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("ana@example.com")),
    ];
    let key = prop_oneof![
        prop::sample::select(vec![
            "userId",
            "anonymousId",
            "traits",
            "properties",
            "context",
            "consent",
            "categoryPreferences",
            "products",
            "product_id",
            "price",
            "quantity",
            "timestamp",
            "sentAt",
            "email",
            "page",
            "url",
            "ip",
            "userAgent",
            "address",
            "messageId",
            "order_id",
            "previousId",
            "locale",
        ])
        .prop_map(str::to_owned),
        ".{0,6}",
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_reading_panic(
        fields in prop::collection::btree_map(prop::sample::select(vec![
            "userId", "anonymousId", "traits", "properties", "context", "timestamp", "originalTimestamp", "messageId", "previousId", "type",
        ]), any_json(), 0..10),
        event in prop::sample::select(vec!["Order Completed", "Product Viewed", "Products Searched", "Loyalty Joined", "x"]),
    ) {
        let register = read_register(TEMPLATE).unwrap();
        for call in [Call::Track, Call::Identify, Call::Page, Call::Screen, Call::Group, Call::Alias] {
            let mut object: serde_json::Map<String, Value> = fields.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
            object.insert("event".into(), event.into());
            if let Ok(event) = read(&Json::from(Value::Object(object)), Some(call), None, arrival(), Gpc::Silent, &register, &mut Recent::default()) {
                prop_assert!(event.at <= arrival().now());
            }
        }
    }
}
