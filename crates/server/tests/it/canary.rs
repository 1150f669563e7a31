//! One customer carries a unique word in every place that can hold one. After erasure it stands nowhere.

use serde_json::{Value, json};

use crate::harness::{Shop, files_with, track};

const CANARY: &str = "zqxcanary7319";
const ALL: &[&str] = &["analytics", "personalisation", "offers"];

fn live_through(shop: &Shop) {
    let now = shop.now();
    let email = format!("{CANARY}@example.nz");
    let identify = json!({
        "type": "identify", "userId": format!("user-{CANARY}"), "messageId": format!("m-{CANARY}"),
        "traits": {"email": email, "firstName": CANARY, "lastName": CANARY, "phone": "+64 21 555 0173"},
        "timestamp": now.to_string(),
        "context": {"consent": {"categoryPreferences": {"analytics": true, "personalisation": true, "offers": true}},
            "page": {"url": format!("https://shop.example/p/boots?email={email}#{CANARY}"), "referrer": format!("https://x.example/?q={CANARY}")},
            "userAgent": format!("Mozilla/5.0 (X11; Linux x86_64) {CANARY} Chrome/131.0 Safari/537.36"), "ip": "203.0.113.77"},
    });
    let mut searched = track(
        &format!("user-{CANARY}"),
        "Products Searched",
        &json!({"query": format!("boots for {email} or {CANARY}")}),
        CANARY,
        now,
        ALL,
    );
    searched["context"]["page"] =
        json!({"url": format!("https://shop.example/search?q={CANARY}&email={email}")});
    let order = track(
        &format!("user-{CANARY}"),
        "Order Completed",
        &json!({"order_id": "o-77", "total": 20, "currency": "NZD", "coupon": CANARY,
            "products": [{"product_id": "boots", "sku": "boots", "price": 20, "quantity": 1, "note": CANARY}]}),
        CANARY,
        now,
        ALL,
    );
    let review = track(
        &format!("user-{CANARY}"),
        "Product Reviewed",
        &json!({"product_id": "boots", "review_body": format!("{CANARY} loved them, write to {email}"), "rating": 5}),
        CANARY,
        now,
        ALL,
    );
    let viewed =
        track(&format!("user-{CANARY}"), "Product Viewed", &json!({"product_id": "boots"}), CANARY, now, ALL);
    shop.batch(&[identify, searched, order, review, viewed]);
    let answer = shop.recommendations(&format!("user-{CANARY}"), "");
    assert_eq!(answer.body["purposes"]["used"], json!(["personalisation"]));
    equipoise::recommend::flush_shown(&shop.app).unwrap();
    shop.app.store.flush_openings(now).unwrap();
}

#[test]
fn erased_person_stands_in_no_file_no_answer_and_no_restored_backup() {
    let shop = Shop::open();
    shop.stock(&["boots", "socks"]);
    live_through(&shop);
    let user = json!({"user_id": format!("user-{CANARY}")});
    let before = shop.operator("POST", "/v1/subjects/access", &user);
    assert_eq!(before.status, 200);
    assert!(before.text.contains(CANARY), "the canary must be there before: {}", before.text);
    assert!(!before.text.contains("203.0.113.77"), "the whole address was kept");
    assert!(!before.text.contains("?email="), "a query string was kept");

    // Nothing is in the clear on disk even before.
    let data = shop.data_dir.clone();
    assert_eq!(files_with(&data, &[CANARY, "555 0173"]), vec![]);
    let backup = data.parent().unwrap().join("backup");
    shop.app.store.backup(&backup).unwrap();

    let erased = shop.operator("POST", "/v1/subjects/erase", &user);
    assert_eq!(erased.status, 200, "{}", erased.text);
    assert!(!erased.text.contains(CANARY));

    assert_eq!(files_with(&data, &[CANARY]), vec![]);
    assert_eq!(files_with(&backup, &[CANARY]), vec![]);
    let gone = shop.operator("POST", "/v1/subjects/access", &user);
    assert_eq!(gone.status, 404, "{}", gone.text);
    let metrics = shop.operator("GET", "/metrics", &Value::Null);
    assert_eq!(metrics.status, 200);
    assert!(!metrics.text.contains(CANARY));
    assert_eq!(shop.app.engine.people(), (0, 0));
    let held = format!("{:?}", shop.app.engine.held());
    assert!(!held.contains(CANARY));

    // An older backup, restored beside the live keystore, doesn't bring the person back.
    let folder = data.parent().unwrap().to_owned();
    let restored = restore_over(shop, &backup);
    let again = restored.operator("POST", "/v1/subjects/access", &user);
    assert_eq!(again.status, 404, "{}", again.text);
    assert_eq!(files_with(&folder.join("data"), &[CANARY]), vec![]);
    assert_eq!(restored.app.engine.people(), (0, 0));
}

/// Closes the shop, throws its data away but not its keys, restores the backup, and opens it again.
fn restore_over(shop: Shop, backup: &std::path::Path) -> Shop {
    let (data, folder, temporary) = shop.close();
    for name in ["equipoise.db", "equipoise.db-wal", "equipoise.db-shm"] {
        let _ = std::fs::remove_file(data.join(name));
    }
    let options = store::Options {
        data_dir: data.clone(),
        key_dir: data.join("keys"),
        entropy: std::sync::Arc::new(equipoise::app::SystemEntropy),
    };
    let report = store::restore(backup, &options, jiff::Timestamp::now()).unwrap();
    assert_eq!(report.erased_again, 1);
    Shop::open_in(&folder, temporary)
}
