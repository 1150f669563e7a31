//! Places with rules of their own: each rule does what it says, at once, and none reaches past consent.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Shop, ordered, track, viewed};

const ALL: &[&str] = &["analytics", "personalisation"];

/// Six of each sort: packs by Kea, boots by Tūī, and a guide; in the order in which they came into the shop.
fn catalogue() -> Vec<Value> {
    let item = |id: &str, brand: &str, category: &[&str], price: i64, added: &str| {
        json!({"id": id, "name": format!("The {id}"), "brand": brand, "category": category, "price_minor": price,
               "currency": "NZD", "stock": 5, "consumable": true, "added": added})
    };
    vec![
        item("pack-1", "Kea", &["tramping", "packs"], 1000, "2026-01-01"),
        item("pack-2", "Kea", &["tramping", "packs"], 2000, "2026-01-02"),
        item("pack-3", "Kea", &["tramping", "packs"], 3000, "2026-01-03"),
        item("boot-1", "Tui", &["tramping", "boots"], 1500, "2026-01-04"),
        item("boot-2", "Tui", &["tramping", "boots"], 2500, "2026-01-05"),
        item("lamp", "Weka", &["light"], 500, "2026-01-06"),
    ]
}

/// Six people looked at everything, and put packs together.
fn shop() -> Shop {
    let shop = Shop::open();
    shop.stock_with(&catalogue());
    let now = shop.now();
    for person in ["a", "b", "c", "d", "e", "f"] {
        let mut events: Vec<Value> =
            ["pack-1", "pack-2", "pack-3"].iter().map(|item| viewed(person, item, "s", now, ALL)).collect();
        events.push(viewed(person, "boot-1", "t", now, ALL));
        events.push(viewed(person, "boot-2", "t", now, ALL));
        shop.batch(&events);
    }
    shop
}

fn set(shop: &Shop, place: &str, rules: Value) {
    let answer = shop.operator("POST", "/v1/placements", &json!({"placements": {place: rules}}));
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

fn nobody(shop: &Shop, more: &str) -> Value {
    let answer = shop.client("GET", &format!("/v1/recommendations?placement=home{more}"), &Value::Null);
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.body
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

fn links(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|item| item["link"].as_str().unwrap()).collect()
}

fn adds_up(answer: &Value) {
    for item in answer["items"].as_array().unwrap() {
        let why = item["why"].as_array().unwrap();
        let parts: f64 = why.iter().map(|why| why["part"].as_f64().unwrap()).sum();
        let score = item["score"].as_f64().unwrap();
        assert!((parts - score).abs() <= 1e-12 * score.abs() && !why.is_empty(), "{item}");
    }
}

#[test]
fn chain_fills_the_place_and_each_item_says_which_link_gave_it() {
    let shop = shop();
    set(&shop, "home", json!({"chain": ["personal", "goes_with", "category", "popular", "newest"]}));
    shop.batch(&[viewed("mere", "pack-1", "s", shop.now(), ALL)]);
    let answer = shop.recommendations("mere", "&placement=home");
    adds_up(&answer.body);
    let links_of_mere = links(&answer.body);
    assert_eq!(links_of_mere.first(), Some(&"personal"), "{}", answer.text);
    // The lamp nobody looked at: the newest fills up, so that the place isn't empty while something may be shown.
    let empty = nobody(&shop, "");
    assert_eq!(links(&empty), ["popular", "popular", "popular", "popular", "popular", "newest"], "{empty}");
    assert_eq!(empty["items"][5]["id"], "lamp");
    assert_eq!(empty["items"][5]["why"][0]["text"], "In this shop since 6 January 2026");
    adds_up(&empty);
    // Without a yes nothing is personal, whatever the chain says.
    let stranger = nobody(&shop, "&item=pack-1");
    assert!(!links(&stranger).contains(&"personal"), "{stranger}");
    assert_eq!(links(&stranger)[0], "goes_with");
    adds_up(&stranger);
    // Nor where the chain leaves it out, even for somebody who permits it; and no reason says so.
    set(&shop, "home", json!({"chain": ["goes_with", "popular"]}));
    let page = shop.recommendations("mere", "&placement=home&item=pack-1").body;
    assert_eq!(links(&page)[0], "goes_with");
    assert!(
        page["items"].as_array().unwrap().iter().all(|item| item["why"][0].get("data").is_none()),
        "{page}"
    );
}

#[test]
fn chain_says_what_may_fill_a_place() {
    let shop = shop();
    set(&shop, "home", json!({"chain": ["newest"], "count": 3}));
    assert_eq!(ids(&nobody(&shop, "")), ["lamp", "boot-2", "boot-1"]);
    set(&shop, "home", json!({"chain": ["category"]}));
    let boots = nobody(&shop, "&item=boot-1");
    assert_eq!(ids(&boots)[0], "boot-2", "the narrowest category first");
    assert_eq!(boots["items"][0]["why"][0]["text"], "Popular in boots at the moment");
    assert_eq!(boots["items"][1]["why"][0]["text"], "Popular in tramping at the moment");
    adds_up(&boots);
    set(&shop, "home", json!({"chain": ["popular"]}));
    let popular = nobody(&shop, "");
    assert!(links(&popular).iter().all(|link| *link == "popular") && ids(&popular).len() == 5, "{popular}");
}

#[test]
fn pins_stand_in_their_positions_within_their_time() {
    let shop = shop();
    let now = shop.now();
    let until = now.checked_add(jiff::SignedDuration::from_hours(1)).unwrap();
    set(
        &shop,
        "home",
        json!({"chain": ["newest"], "count": 4, "pins": [
            {"item": "pack-2", "position": 2, "until": until.to_string()},
            {"item": "pack-1", "position": 1, "from": until.to_string()},
        ]}),
    );
    let answer = nobody(&shop, "");
    assert_eq!(ids(&answer), ["lamp", "pack-2", "boot-2", "boot-1"]);
    assert_eq!(answer["items"][1]["link"], "pinned");
    assert_eq!(answer["items"][1]["why"][0]["text"], "Chosen by this shop");
    adds_up(&answer);
    shop.pass_seconds(3600);
    assert_eq!(ids(&nobody(&shop, "")), ["pack-1", "lamp", "boot-2", "boot-1"]);
}

#[test]
fn pinned_item_that_somebody_does_not_want_does_not_come_back() {
    let shop = shop();
    set(&shop, "home", json!({"pins": [{"item": "lamp"}]}));
    shop.batch(&[viewed("mere", "pack-1", "s", shop.now(), ALL)]);
    assert_eq!(ids(&shop.recommendations("mere", "&placement=home").body)[0], "lamp");
    shop.batch(&[track(
        "mere",
        "Recommendation Rated",
        &json!({"product_id": "lamp", "verdict": "not_interested"}),
        "s",
        shop.now(),
        ALL,
    )]);
    let answer = shop.recommendations("mere", "&placement=home");
    assert!(!ids(&answer.body).contains(&"lamp"), "{}", answer.text);
    // Nor does one that was just bought, if it lasts, nor one that lies in the cart.
    shop.batch(&[ordered("rewi", "o1", &["lamp"], shop.now(), ALL)]);
    assert!(!ids(&shop.recommendations("rewi", "&placement=home").body).contains(&"lamp"));
    assert!(!ids(&nobody(&shop, "&cart=lamp")).contains(&"lamp"));
    assert!(ids(&nobody(&shop, "")).contains(&"lamp"));
}

#[test]
fn hidden_items_brands_and_categories_stay_away_here_and_nowhere_else() {
    let shop = shop();
    set(&shop, "home", json!({"hidden_items": ["lamp"], "hidden_brands": ["kea"]}));
    assert_eq!(ids(&nobody(&shop, "")).len(), 2);
    assert!(ids(&nobody(&shop, "")).iter().all(|id| id.starts_with("boot")));
    set(&shop, "home", json!({"hidden_categories": ["Tramping"]}));
    assert_eq!(ids(&nobody(&shop, "")), ["lamp"]);
    let elsewhere = shop.client("GET", "/v1/recommendations?placement=cart", &Value::Null);
    assert_eq!(ids(&elsewhere.body).len(), 6);
}

#[test]
fn category_and_price_narrow_a_place_down_by_rule_and_by_question() {
    let shop = shop();
    set(&shop, "home", json!({"only_categories": ["tramping"], "price_min": 1500, "price_max": 2500}));
    let mut found = nobody(&shop, "");
    let sorted = |answer: &Value| {
        let mut ids: Vec<String> = ids(answer).into_iter().map(str::to_owned).collect();
        ids.sort();
        ids
    };
    assert_eq!(sorted(&found), ["boot-1", "boot-2", "pack-2"]);
    found = nobody(&shop, "&category=boots&price_max=2000");
    assert_eq!(sorted(&found), ["boot-1"]);
    found = nobody(&shop, "&category=Boots,packs&price_min=2000");
    assert_eq!(sorted(&found), ["boot-2", "pack-2"]);
    let wrong = shop.client("GET", "/v1/recommendations?price_min=9&price_max=8", &Value::Null);
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text.contains("`price_min` 9 is above `price_max` 8"), "{}", wrong.text);
}

#[test]
fn sold_out_stays_away_or_comes_last() {
    let shop = shop();
    let mut items = catalogue();
    items[5]["stock"] = json!(0);
    shop.stock_with(&items);
    set(&shop, "home", json!({"chain": ["newest"]}));
    assert!(!ids(&nobody(&shop, "")).contains(&"lamp"));
    set(&shop, "home", json!({"chain": ["newest"], "sold_out": "last"}));
    assert_eq!(ids(&nobody(&shop, "")).last(), Some(&"lamp"));
    set(&shop, "home", json!({"chain": ["newest"], "sold_out": "last", "count": 3}));
    assert!(!ids(&nobody(&shop, "")).contains(&"lamp"), "while there is enough that can be delivered");
}

#[test]
fn no_more_than_so_many_of_a_brand_or_category() {
    let shop = shop();
    set(&shop, "home", json!({"per_brand": 1}));
    assert_eq!(ids(&nobody(&shop, "")).len(), 3);
    set(&shop, "home", json!({"per_category": 2}));
    assert_eq!(ids(&nobody(&shop, "")).len(), 5);
    set(&shop, "home", json!({"per_brand": 1, "pins": [{"item": "pack-3"}]}));
    let answer = nobody(&shop, "");
    assert_eq!(ids(&answer).iter().filter(|id| id.starts_with("pack")).count(), 1);
    assert_eq!(ids(&answer)[0], "pack-3");
}

#[test]
fn variety_puts_something_else_between() {
    let shop = shop();
    set(&shop, "home", json!({"chain": ["popular", "newest"], "count": 2, "variety": 0.0}));
    set(&shop, "mixed", json!({"chain": ["popular", "newest"], "count": 2, "variety": 0.9}));
    let category = |answer: &Value| {
        let ids = ids(answer);
        ids.iter().map(|id| id.split('-').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mixed = shop.client("GET", "/v1/recommendations?placement=mixed", &Value::Null).body;
    let kinds = category(&mixed);
    assert_ne!(kinds[0], kinds[1], "{mixed}");
    adds_up(&mixed);
}

#[test]
fn margin_moves_things_up_a_little_and_says_so() {
    let shop = shop();
    let mut items = catalogue();
    items[0]["margin_percent"] = json!(0);
    items[2]["margin_percent"] = json!(100);
    shop.stock_with(&items);
    // Everything was looked at by the same people, so that by itself the order is that of the numbers.
    set(&shop, "home", json!({"chain": ["popular"]}));
    let plain = nobody(&shop, "");
    assert_ne!(ids(&plain)[0], "pack-3");
    set(&shop, "home", json!({"chain": ["popular"], "margin_boost": 0.2}));
    let boosted = nobody(&shop, "");
    assert_eq!(ids(&boosted)[0], "pack-3");
    adds_up(&boosted);
    let first = &boosted["items"][0];
    let why = first["why"].as_array().unwrap().last().unwrap();
    assert_eq!(why["text"], "The shop earns more with this");
    let score = first["score"].as_f64().unwrap();
    assert!((why["part"].as_f64().unwrap() - score / 6.0).abs() < 1e-12, "0.2 of the rest: {first}");
    assert!(!boosted.to_string().contains("margin"), "the margin itself is the shop's own business");
}

#[test]
fn rules_say_what_and_how_many_unless_the_question_does() {
    let shop = shop();
    set(&shop, "home", json!({"count": 2, "content": "both"}));
    assert_eq!(ids(&nobody(&shop, "")).len(), 2);
    assert_eq!(ids(&nobody(&shop, "&count=4")).len(), 4);
    assert_eq!(ids(&nobody(&shop, "&content=articles")).len(), 0);
    // The place `default` says how every other place is filled.
    set(&shop, "default", json!({"count": 1}));
    let elsewhere = shop.client("GET", "/v1/recommendations?placement=anywhere", &Value::Null);
    assert_eq!(ids(&elsewhere.body).len(), 1);
    let answer = shop.operator("POST", "/v1/placements", &json!({"remove": ["default"]}));
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let elsewhere = shop.client("GET", "/v1/recommendations?placement=anywhere", &Value::Null);
    assert_eq!(ids(&elsewhere.body).len(), 6);
}

#[test]
fn bad_rules_are_refused_whole_and_change_nothing() {
    let shop = shop();
    set(&shop, "home", json!({"count": 2}));
    let wrong = json!({"placements": {
        "home": {"count": 3},
        "cart": {"price_min": 9, "price_max": 8, "hidden_items": ["nothing"], "pins": [{"item": "lamp"}], "hidden_brands": ["weka"]},
    }});
    let answer = shop.operator("POST", "/v1/placements", &wrong);
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    for what in [
        "cart: `price_min` 9 is above `price_max` 8",
        "no item is called `nothing`",
        "`lamp` is pinned and hidden at once",
    ] {
        assert!(answer.text.contains(what), "{}", answer.text);
    }
    assert_eq!(ids(&nobody(&shop, "")).len(), 2);
    for (body, what) in [
        (json!({"placements": {"home": {"colour": 1}}}), "unknown field `colour`"),
        (json!({"placements": {"Start page": {}}}), "a place can't be called `Start page`"),
        (json!({"placement": {}}), "the body can't be read"),
    ] {
        let answer = shop.operator("POST", "/v1/placements", &body);
        assert_eq!(
            (answer.status, answer.text.contains(what)),
            (StatusCode::BAD_REQUEST, true),
            "{}",
            answer.text
        );
    }
    let answer = shop.operator("POST", "/v1/placements", &json!({"remove": ["nowhere"]}));
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let answer = shop.client("POST", "/v1/placements", &json!({"placements": {"home": {"count": 1}}}));
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "a write key sets nothing");
}

#[test]
fn dry_run_and_preview_change_and_keep_nothing() {
    let shop = shop();
    let before = shop.app.store.read::<_, privacy::store::StoreError>(|tx| tx.audit_size()).unwrap();
    let body = json!({"placements": {"home": {"count": 1}}, "dry_run": true});
    assert_eq!(shop.operator("POST", "/v1/placements", &body).body["dry_run"], true);
    assert_eq!(ids(&nobody(&shop, "")).len(), 6);
    let body = json!({"placement": "home", "rules": {"per_brand": 1, "hidden_items": ["lamp"]},
                      "sample": {"looked": ["pack-1"], "bought": ["boot-1"]}});
    let answer = shop.operator("POST", "/v1/placements/preview", &body);
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.body["items"][0]["link"], "personal", "{}", answer.text);
    adds_up(&answer.body);
    let left_out = answer.body["left_out"].to_string();
    assert!(left_out.contains("enough of its brand") && left_out.contains("hidden here"), "{left_out}");
    let nobody = shop.operator("POST", "/v1/placements/preview", &json!({"placement": "home"}));
    assert!(!links(&nobody.body).contains(&"personal"), "{}", nobody.text);
    let unknown = json!({"placement": "home", "sample": {"looked": ["nothing"]}});
    assert_eq!(shop.operator("POST", "/v1/placements/preview", &unknown).status, StatusCode::BAD_REQUEST);
    shop.app.store.flush_openings(shop.now()).unwrap();
    let after = shop.app.store.read::<_, privacy::store::StoreError>(|tx| tx.audit_size()).unwrap();
    assert_eq!(after, before, "nothing was written, and nobody's data opened");
    set(&shop, "home", json!({"count": 1}));
    let after = shop.app.store.read::<_, privacy::store::StoreError>(|tx| tx.audit_size()).unwrap();
    assert_eq!(after, before + 1, "a change has its audit entry");
}

#[test]
fn rules_outlive_a_restart_and_say_what_became_wrong_with_them() {
    let shop = shop();
    set(&shop, "home", json!({"count": 1, "pins": [{"item": "lamp"}]}));
    let (_, folder, temporary) = shop.close();
    let shop = Shop::open_in(&folder, temporary);
    shop.stock_with(&catalogue()[..5]);
    assert_eq!(ids(&nobody(&shop, "")).len(), 1);
    let listed = shop.operator("GET", "/v1/placements", &Value::Null);
    assert_eq!(listed.body["placements"][0]["rules"]["count"], 1);
    let warning = listed.body["placements"][0]["warnings"][0].as_str().unwrap();
    assert_eq!(warning, "no item is called `lamp`, but it is pinned");
}

#[test]
fn withdrawal_ends_the_personal_link_at_once() {
    let shop = shop();
    set(&shop, "home", json!({"chain": ["personal", "popular"]}));
    shop.batch(&[viewed("mere", "pack-1", "s", shop.now(), ALL)]);
    assert!(links(&shop.recommendations("mere", "&placement=home").body).contains(&"personal"));
    shop.consent("mere", &json!({"personalisation": "withdrawn"}));
    let answer = shop.recommendations("mere", "&placement=home");
    assert!(links(&answer.body).iter().all(|link| *link == "popular"), "{}", answer.text);
}
