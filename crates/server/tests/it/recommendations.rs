//! Answers: reasons that add up, nothing just bought, and something useful for whoever says no.

use serde_json::{Value, json};

use crate::harness::{Shop, ordered, viewed};

const ALL: &[&str] = &["analytics", "personalisation"];

fn busy_shop() -> Shop {
    let shop = Shop::open();
    shop.stock(&["boots", "socks", "tent", "stove", "mat"]);
    let now = shop.now();
    for person in ["a", "b", "c", "d", "e", "f"] {
        shop.batch(&[
            viewed(person, "boots", "s", now, ALL),
            viewed(person, "socks", "s", now, ALL),
            viewed(person, "tent", "s2", now, ALL),
            viewed(person, "stove", "s2", now, ALL),
            ordered(person, &format!("o{person}"), &["boots", "socks"], now, ALL),
            ordered(person, &format!("p{person}"), &["tent", "stove"], now, ALL),
        ]);
    }
    shop
}

#[test]
fn parts_add_up_to_the_score() {
    let shop = busy_shop();
    shop.batch(&[viewed("mere", "boots", "s", shop.now(), ALL)]);
    let answer = shop.recommendations("mere", "&content=both");
    let items = answer.body["items"].as_array().unwrap();
    assert!(!items.is_empty());
    for item in items {
        let parts: f64 =
            item["why"].as_array().unwrap().iter().map(|why| why["part"].as_f64().unwrap()).sum();
        let score = item["score"].as_f64().unwrap();
        assert!((parts - score).abs() <= 1e-12 * score.abs(), "{item}");
        assert!(!item["why"].as_array().unwrap().is_empty());
    }
    assert_eq!(items[0]["id"], "socks");
}

#[test]
fn nothing_just_bought_is_pushed_again() {
    let shop = busy_shop();
    shop.batch(&[ordered("mere", "o1", &["boots", "socks"], shop.now(), ALL)]);
    let answer = shop.recommendations("mere", "&count=50");
    let ids: Vec<&str> =
        answer.body["items"].as_array().unwrap().iter().filter_map(|item| item["id"].as_str()).collect();
    assert!(!ids.contains(&"boots") && !ids.contains(&"socks"), "{ids:?}");
    assert!(!ids.is_empty());
}

#[test]
fn left_handed_golfer_is_shown_nothing_right_handed() {
    let shop = Shop::open();
    let club = |id: &str, fit: &str| json!({"id": id, "name": id, "category": ["golf"], "fit": fit});
    shop.stock_with(&[
        club("driver-l", "left-handed"),
        club("driver-r", "right-handed"),
        club("putter-l", "left-handed"),
        club("putter-r", "right-handed"),
    ]);
    for person in ["a", "b", "c"] {
        shop.batch(&[ordered(
            person,
            person,
            &["driver-l", "driver-r", "putter-l", "putter-r"],
            shop.now(),
            ALL,
        )]);
    }
    shop.batch(&[ordered("ben", "o1", &["driver-l"], shop.now(), ALL)]);
    let answer = shop.recommendations("ben", "");
    let ids: Vec<&str> =
        answer.body["items"].as_array().unwrap().iter().filter_map(|item| item["id"].as_str()).collect();
    assert_eq!(ids, ["putter-l"]);
}

#[test]
fn whoever_has_not_chosen_is_served_from_the_page_alone() {
    let shop = busy_shop();
    let answer = shop.client("GET", "/v1/recommendations?anonymous_id=never-seen&item=boots", &Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["items"][0]["id"], "socks", "{}", answer.text);
    assert_eq!(answer.body["purposes"]["used"], json!([]));
    let people = shop.app.engine.people();
    assert_eq!(people, (6, 6));
}

#[test]
fn each_event_is_in_the_very_next_answer() {
    let shop = busy_shop();
    shop.batch(&[viewed("mere", "boots", "s", shop.now(), ALL)]);
    assert_eq!(shop.recommendations("mere", "").body["items"][0]["id"], "socks");
    shop.pass_seconds(10);
    shop.batch(&[viewed("mere", "tent", "s", shop.now(), ALL)]);
    assert_eq!(shop.recommendations("mere", "").body["items"][0]["id"], "stove");
}

/// What the answer's reasons point at.
fn causes(answer: &Value) -> Vec<&str> {
    let why = |item: &Value| item["why"].as_array().cloned().unwrap_or_default();
    let items = answer["items"].as_array().unwrap();
    let mut causes: Vec<&str> = items
        .iter()
        .flat_map(|item| item["why"].as_array().into_iter().flatten())
        .filter_map(|why| why["because_of"].as_str())
        .collect();
    assert!(items.iter().all(|item| !why(item).is_empty()));
    causes.sort_unstable();
    causes.dedup();
    causes
}

#[test]
fn named_session_is_the_visit_that_goes_on() {
    let shop = busy_shop();
    let now = shop.now();
    shop.batch(&[viewed("mere", "boots", "morning", now, ALL), viewed("mere", "tent", "noon", now, ALL)]);
    assert_eq!(causes(&shop.recommendations("mere", "").body), ["boots", "tent"]);
    assert_eq!(causes(&shop.recommendations("mere", "&session=morning").body), ["boots"]);
    assert_eq!(causes(&shop.recommendations("mere", "&session=noon").body), ["tent"]);
    // Somebody else's visit, or none: nothing is known of it.
    assert_eq!(causes(&shop.recommendations("mere", "&session=s").body), Vec::<&str>::new());
}

#[test]
fn what_too_few_have_left_in_common_after_an_erasure_is_named_no_more() {
    let shop = Shop::open();
    shop.stock(&["kayak", "paddle"]);
    for person in ["ana", "bob"] {
        shop.batch(&[ordered(person, person, &["kayak", "paddle"], shop.now(), ALL)]);
    }
    shop.batch(&[viewed("mere", "kayak", "s", shop.now(), ALL)]);
    let together = |answer: &Value| answer.to_string().contains("Often chosen together");
    assert!(together(&shop.recommendations("mere", "").body));
    let erased = shop.operator("POST", "/v1/subjects/erase", &json!({"user_id": "ana"}));
    assert_eq!(erased.status, 200, "{}", erased.text);
    assert!(!together(&shop.recommendations("mere", "").body), "one buyer's basket is nobody's business");
}

#[test]
fn bad_questions_are_told_what_to_do() {
    let shop = Shop::open();
    for (query, word) in
        [("count=0", "1 to 100"), ("content=everything", "products"), ("colour=red", "openapi")]
    {
        let answer = shop.client("GET", &format!("/v1/recommendations?{query}"), &Value::Null);
        assert_eq!(answer.status, 400, "{query}: {}", answer.text);
        assert!(answer.body["mend"].as_str().unwrap().contains(word), "{}", answer.text);
    }
}

#[test]
fn write_key_opens_no_named_customers_shelf() {
    let shop = busy_shop();
    shop.batch(&[ordered("mere", "o1", &["boots"], shop.now(), ALL)]);
    // Whoever has read the write key in the page's source ties an id of their own to somebody's number.
    let tied = json!({"type": "identify", "userId": "mere", "anonymousId": "evil", "messageId": "m1",
        "context": {"consent": {"categoryPreferences": {"personalisation": true, "analytics": true}}}});
    shop.batch(&[tied]);
    let answer = shop.client("GET", "/v1/recommendations?anonymous_id=evil", &Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["purposes"]["used"], json!([]), "{}", answer.text);
    assert_eq!(answer.body["purposes"]["refused"][0]["code"], "unproven");
    assert!(!answer.text.contains("You bought") && !answer.text.contains("\"data\""), "{}", answer.text);
    let own = shop.operator("GET", "/v1/recommendations?anonymous_id=evil", &Value::Null);
    assert_eq!(own.body["purposes"]["used"], json!(["personalisation"]), "{}", own.text);
}

#[test]
fn nameless_visitor_who_agreed_is_served_with_the_write_key() {
    let shop = busy_shop();
    let mut event = viewed("x", "boots", "s", shop.now(), ALL);
    event.as_object_mut().unwrap().remove("userId");
    event["anonymousId"] = json!("anon-1");
    shop.batch(&[event]);
    let answer = shop.client("GET", "/v1/recommendations?anonymous_id=anon-1", &Value::Null);
    assert_eq!(answer.body["purposes"]["used"], json!(["personalisation"]), "{}", answer.text);
    assert_eq!(answer.body["items"][0]["id"], "socks");
}

#[test]
fn catalogue_is_told_over_the_api() {
    let shop = Shop::open();
    let items = json!({"items": [{"id": "boots", "name": "Kea boots", "category": ["boots"]},
        {"id": "care", "kind": "article", "name": "Caring for boots", "category": ["boots"]}]});
    let answer = shop.operator("POST", "/v1/catalogue", &items);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["items"], 2);
    let guides = shop.client("GET", "/v1/recommendations?item=boots&content=articles", &Value::Null);
    assert_eq!(guides.body["items"][0]["name"], "Caring for boots", "{}", guides.text);
    let wrong = shop.operator("POST", "/v1/catalogue", &json!({"items": [{"name": "no id"}]}));
    assert_eq!(wrong.status, 400);
    assert!(wrong.body["detail"].as_str().unwrap().contains("item 1"), "{}", wrong.text);
    assert_eq!(shop.client("POST", "/v1/catalogue", &items).status, 401);
}

#[test]
fn what_is_bought_again_and_again_is_shown_when_it_is_due_with_the_rhythm_in_words() {
    let shop = Shop::open();
    let coffee = json!({"id": "coffee", "name": "coffee", "category": ["kitchen"], "consumable": true});
    let grinder = json!({"id": "grinder", "name": "grinder", "category": ["kitchen"]});
    shop.stock_with(&[coffee, grinder]);
    let weeks = |weeks: i64| shop.pass_seconds(weeks * 7 * 86_400);
    for order in 0..3 {
        shop.batch(&[ordered("mere", &format!("o{order}"), &["coffee"], shop.now(), ALL)]);
        weeks(6);
    }
    // Six weeks after the third order it is due.
    let answer = shop.recommendations("mere", "");
    assert_eq!(answer.body["items"][0]["id"], "coffee", "{}", answer.text);
    assert_eq!(answer.body["items"][0]["why"][0]["text"], "You usually buy this every 6 weeks");
    assert_eq!(answer.body["items"][0]["why"][0]["data"], "orders");
    shop.batch(&[ordered("mere", "o3", &["coffee"], shop.now(), ALL)]);
    shop.pass_seconds(86_400);
    let after = shop.recommendations("mere", "").body["items"].to_string();
    assert!(!after.contains("\"id\":\"coffee\""), "just bought: {after}");
}

#[test]
fn what_suits_all_that_a_customer_has_is_proposed_and_what_they_have_is_not() {
    let shop = Shop::open();
    shop.stock(&["tent", "mat", "stove", "golf"]);
    for number in 0..6 {
        let order = |items: &[&str], of: &str| {
            let person = format!("{of}{number}");
            ordered(&person, &format!("{of}-{number}"), items, shop.now(), ALL)
        };
        // Never in one order.
        let mut events = vec![order(&["tent"], "a"), order(&["golf"], "c")];
        events.push(ordered(&format!("a{number}"), &format!("later-{number}"), &["mat"], shop.now(), ALL));
        shop.batch(&events);
    }
    shop.batch(&[ordered("mere", "o1", &["tent"], shop.now(), ALL)]);
    let answer = shop.recommendations("mere", "");
    assert_eq!(answer.body["items"][0]["id"], "mat", "{}", answer.text);
    assert_eq!(causes(&answer.body), ["tent"]);
    assert!(!answer.body["items"].to_string().contains("\"id\":\"tent\""), "{}", answer.text);
}

#[test]
fn blend_is_shown_and_a_shop_with_little_data_keeps_the_shipped_weights() {
    let shop = busy_shop();
    let before = shop.operator("GET", "/v1/blend", &Value::Null);
    assert_eq!(before.status, 200, "{}", before.text);
    assert_eq!(before.body["weights_from"], "shipped");
    assert_eq!(before.body["learned_at"], Value::Null);
    let learned = shop.operator("POST", "/v1/blend", &json!({}));
    assert_eq!(learned.status, 200, "{}", learned.text);
    assert_eq!(learned.body["weights_from"], "shipped", "{}", learned.text);
    assert_eq!(learned.body["voices"], before.body["voices"]);
    let after = shop.operator("GET", "/v1/blend", &Value::Null);
    assert_eq!(after.body, learned.body);
    assert_eq!(shop.client("GET", "/v1/blend", &Value::Null).status, 401);
}

/// Half of the people buy in pairs: whoever bought the first of a pair buys the second next.
#[test]
fn blend_is_learned_on_the_shops_own_past_and_kept_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let shop = Shop::open_in(&path, Some(folder));
    let items: Vec<String> = (0..40).map(|number| format!("i{number}")).collect();
    shop.stock(&items.iter().map(String::as_str).collect::<Vec<_>>());
    // Each of 1,300 visits looks at a pair, one visit a minute.
    for block in 0..130 {
        let mut events = Vec::new();
        for number in 0..10 {
            let visit = block * 10 + number;
            shop.pass_seconds(60);
            let pair = (visit * 7) % 20;
            let person = format!("v{}", visit % 400);
            let session = format!("s{visit}");
            let at = shop.now();
            events.push(viewed(&person, &items[2 * pair], &session, at, ALL));
            shop.pass_seconds(5);
            events.push(viewed(&person, &items[2 * pair + 1], &session, shop.now(), ALL));
        }
        shop.batch(&events);
    }
    let learned = shop.operator("POST", "/v1/blend", &json!({}));
    let visits = &learned.body["situations"][0];
    assert_eq!(visits["situation"], "visit", "{}", learned.text);
    let of = |whose: &str| visits[whose]["hit_rate"].as_f64().unwrap();
    assert!(of("blend") > 0.9 && of("blend") >= of("shipped") && of("blend") > of("popularity"), "{visits}");
    let again = shop.operator("POST", "/v1/blend", &json!({}));
    assert_eq!(again.body["voices"], learned.body["voices"], "the same past gives the same weights");
    let tuning = shop.app.engine.tuning();
    let (_, folder, temporary) = shop.close();
    let reopened = Shop::open_in(&folder, temporary);
    assert_eq!(reopened.app.engine.tuning(), tuning);
}

#[test]
fn what_goes_with_a_purchase_completes_it_and_does_not_take_its_place() {
    let shop = Shop::open();
    let product = |id: &str, sort: &str| json!({"id": id, "name": id, "category": ["bikes", sort]});
    shop.stock_with(&[
        product("e-bike-1", "e-bikes"),
        product("e-bike-2", "e-bikes"),
        product("helmet", "helmets"),
        product("lock", "locks"),
    ]);
    for person in ["a", "b", "c"] {
        shop.batch(&[ordered(person, person, &["e-bike-1", "lock"], shop.now(), ALL)]);
    }
    let page = "&placement=product&item=e-bike-1";
    // Whoever looks may want another of its sort.
    shop.batch(&[viewed("looks", "e-bike-1", "s", shop.now(), ALL)]);
    let looks = shop.recommendations("looks", page);
    let alike = |answer: &Value, id: &str| {
        let items = answer["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["id"] == id).cloned().unwrap_or_default();
        item["why"].to_string().contains("Goes with e-bike-1")
    };
    assert!(alike(&looks.body, "e-bike-2"), "{}", looks.text);
    // Whoever has bought it doesn't.
    shop.batch(&[ordered("buys", "o1", &["e-bike-1"], shop.now(), ALL)]);
    let buys = shop.recommendations("buys", page);
    assert_eq!(buys.body["items"][0]["id"], "lock", "{}", buys.text);
    assert!(alike(&buys.body, "helmet"), "{}", buys.text);
    assert!(!alike(&buys.body, "e-bike-2"), "{}", buys.text);
}
