//! Nobody known, nothing bought, a shop that opened today: what is shown then, and that the circumstances of a request
//! serve its own answer and are kept nowhere.

use serde_json::{Value, json};

use crate::harness::{Shop, ordered, viewed};

const COUNTED: &[&str] = &["analytics"];
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
const DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

fn ids(body: &Value) -> Vec<&str> {
    body["items"].as_array().unwrap().iter().filter_map(|item| item["id"].as_str()).collect()
}

fn ask(shop: &Shop, query: &str, headers: &[(&str, &str)]) -> Value {
    let path = format!("/v1/recommendations?{query}");
    let answer = shop.client_with("GET", &path, &Value::Null, headers);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body
}

fn deliver(shop: &Shop, items: &Value) {
    let answer = shop.operator("POST", "/v1/catalogue", &json!({ "items": items }));
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[test]
fn new_shop_shows_its_newest_from_every_part_and_its_guides() {
    let shop = Shop::open();
    let item =
        |id: &str, part: &str, since: &str| json!({"id": id, "name": id, "category": [part], "added": since});
    deliver(
        &shop,
        &json!([
            item("old-bike", "bikes", "2024-01-01"), item("bike", "bikes", "2026-05-01"),
            item("boat", "boats", "2026-03-01"), item("club", "golf", "2025-12-01"),
            {"id": "care", "name": "Care", "kind": "article", "category": ["bikes"], "added": "2026-01-01"},
            {"id": "gone", "name": "gone", "category": ["golf"], "added": "2026-06-01", "stock": 0}
        ]),
    );
    assert_eq!(ids(&ask(&shop, "count=3", &[])), ["bike", "boat", "club"]);
    // The third place is for an article; the first thing of all is sold out.
    assert_eq!(ids(&ask(&shop, "count=4&content=both", &[])), ["bike", "care", "boat", "club"]);
    assert_eq!(ids(&ask(&shop, "content=articles", &[])), ["care"]);
    for item in ask(&shop, "count=9&content=both", &[])["items"].as_array().unwrap() {
        assert!(!item["why"].as_array().unwrap().is_empty(), "{item}");
    }
    // The page alone is enough for something better.
    assert_eq!(ids(&ask(&shop, "item=old-bike&count=1", &[])), ["bike"]);
}

#[test]
fn new_item_stands_beside_its_like_at_once() {
    let shop = Shop::open();
    let pack = |id: &str, name: &str, price: u32| json!({"id": id, "name": name, "brand": "Kea", "category": ["tramping", "packs"], "price_minor": price, "text": "for long walks", "added": "2025-01-01"});
    deliver(
        &shop,
        &json!([pack("kea-40", "Kea 40L pack", 24900), pack("kea-60", "Kea 60L pack", 29900),
        {"id": "ball", "name": "Golf ball", "category": ["golf", "balls"], "price_minor": 300, "added": "2025-01-01"},
        {"id": "glove", "name": "Golf glove", "category": ["golf", "gloves"], "price_minor": 3000, "added": "2025-01-01"}]),
    );
    for person in ["a", "b", "c", "d", "e", "f"] {
        shop.batch(&[
            viewed(person, "ball", "s", shop.now(), COUNTED),
            viewed(person, "glove", "s", shop.now(), COUNTED),
        ]);
    }
    let mut new = pack("kea-45", "Kea 45L pack", 25900);
    new.as_object_mut().unwrap().remove("added");
    deliver(&shop, &json!([new]));
    let answer = ask(&shop, "item=kea-40&count=2", &[]);
    assert!(ids(&answer).contains(&"kea-45"), "{answer}");
    assert!(answer.to_string().contains("Goes with Kea 40L pack"), "{answer}");
}

#[test]
fn one_place_of_a_long_shelf_is_kept_for_a_new_thing_and_says_so() {
    let shop = Shop::open();
    let old: Vec<Value> = (0..12)
        .map(|n| json!({"id": format!("old{n}"), "name": format!("Old {n}"), "category": ["a"], "added": "2025-01-01"}))
        .collect();
    deliver(&shop, &json!(old));
    for person in ["a", "b", "c", "d", "e", "f"] {
        for n in 0..8 {
            shop.batch(&[viewed(person, &format!("old{n}"), "s", shop.now(), COUNTED)]);
        }
    }
    deliver(&shop, &json!([{"id": "new", "name": "New", "category": ["z"]}]));
    let answer = ask(&shop, "count=6", &[]);
    let last = &answer["items"][5];
    assert_eq!(last["id"], "new", "{answer}");
    assert_eq!(last["why"][0]["text"], "New here: one place is kept for new things");
    assert!(!ids(&ask(&shop, "count=4", &[])).contains(&"new"));
    // Delivering it again doesn't make it new again.
    shop.pass_seconds(40 * 86_400);
    deliver(&shop, &json!([{"id": "new", "name": "New", "category": ["z"], "stock": 3}]));
    assert!(!ids(&ask(&shop, "count=6", &[])).contains(&"new"));
}

/// Somebody who permits what `yes` names comes in these circumstances and looks at an item.
fn comes(shop: &Shop, person: &str, item: &str, agent: &str, referrer: &str, region: &str, yes: &[&str]) {
    let mut event = viewed(person, item, "s", shop.now(), yes);
    event["context"]["userAgent"] = json!(agent);
    event["context"]["page"] = json!({"url": "https://shop.example/", "referrer": referrer});
    event["context"]["location"] = json!({ "region": region });
    shop.batch(&[event]);
}

const SEARCH: &str = "https://www.google.com/search?q=ana+smith";

fn shop_of_two_crowds() -> Shop {
    let shop = Shop::open();
    shop.stock(&["boots", "socks", "tent", "mat"]);
    for n in 0..60 {
        comes(&shop, &format!("d{n}"), "boots", DESKTOP, "", "nz/auckland", COUNTED);
    }
    for n in 0..50 {
        comes(&shop, &format!("p{n}"), "socks", PHONE, SEARCH, "nz/otago", COUNTED);
    }
    shop
}

#[test]
fn what_is_popular_follows_the_circumstances_of_the_request() {
    let shop = shop_of_two_crowds();
    let first = |query: &str, headers: &[(&str, &str)]| {
        let answer = ask(&shop, query, headers);
        (answer["items"][0]["id"].as_str().unwrap().to_owned(), answer["items"][0]["why"].to_string())
    };
    assert_eq!(first("", &[]).0, "boots");
    let (item, why) = first("referrer=https://www.bing.com/", &[("user-agent", PHONE)]);
    assert_eq!(item, "socks");
    assert!(
        why.contains("Popular with people on a phone") && why.contains("who come from a search"),
        "{why}"
    );
    assert!(!why.contains("\"data\""), "{why}");
    assert_eq!(first("", &[("user-agent", DESKTOP), ("sec-ch-ua-mobile", "?1")]).0, "socks");
    assert_eq!(first("device=desktop", &[("user-agent", PHONE)]).0, "boots");
    let (item, why) = first("region=NZ/Otago&referrer=search", &[]);
    assert_eq!(item, "socks");
    assert!(why.contains("Popular in Otago"), "{why}");
    // A place that nobody knows is answered by what all like.
    assert_eq!(first("region=mars", &[]).0, "boots");
}

#[test]
fn circumstances_of_a_request_are_kept_nowhere() {
    let shop = shop_of_two_crowds();
    let before = (shop.app.engine.held(), shop.app.store.read(|tx| tx.row_counts()).unwrap());
    for _ in 0..3 {
        ask(
            &shop,
            "anonymous_id=never-seen&region=nz/taupo&referrer=https://secret.example/ana",
            &[("user-agent", PHONE)],
        );
    }
    let after = (shop.app.engine.held(), shop.app.store.read(|tx| tx.row_counts()).unwrap());
    assert_eq!(before.0, after.0);
    assert_eq!(before.1, after.1);
    assert!(crate::harness::files_with(&shop.data_dir, &["secret.example", "taupo"]).is_empty());
}

#[test]
fn circumstances_are_counted_with_consent_alone_and_forgotten_with_it() {
    let shop = Shop::open();
    shop.stock(&["boots", "socks"]);
    for n in 0..6 {
        comes(&shop, &format!("d{n}"), "boots", DESKTOP, "", "nz", COUNTED);
        // These permit something else.
        comes(&shop, &format!("x{n}"), "socks", PHONE, SEARCH, "nz/otago", &["personalisation"]);
    }
    let never = shop.app.engine.held();
    let phone = |shop: &Shop| ask(shop, "region=nz/otago", &[("user-agent", PHONE)]).to_string();
    let nobody = Shop::open();
    nobody.stock(&["boots", "socks"]);
    (0..6).for_each(|n| {
        comes(&nobody, &format!("x{n}"), "socks", PHONE, SEARCH, "nz/otago", &["personalisation"])
    });
    assert!(!phone(&nobody).contains("Popular"));
    for n in 0..5 {
        comes(&shop, &format!("p{n}"), "socks", PHONE, SEARCH, "nz/otago", COUNTED);
    }
    let told = phone(&shop);
    assert!(told.contains("Popular with people on a phone") && told.contains("Popular in Otago"), "{told}");
    // Five are enough and four are not, in each circumstance by itself.
    shop.consent("p0", &json!({"analytics": "withdrawn"}));
    let told = phone(&shop);
    assert!(!told.contains("on a phone") && !told.contains("Otago"), "{told}");
    for n in 0..5 {
        let erased = shop.operator("POST", "/v1/subjects/erase", &json!({"user_id": format!("p{n}")}));
        assert_eq!(erased.status, 200, "{}", erased.text);
    }
    assert_eq!(shop.app.engine.held().units, never.units);
}

#[test]
fn circumstances_learnt_as_they_come_equal_those_learnt_anew_from_the_store() {
    let shop = shop_of_two_crowds();
    shop.batch(&[ordered("d1", "o1", &["tent"], shop.now(), COUNTED)]);
    let online = shop.app.engine.held();
    equipoise::recommend::replay(&shop.app.store, &shop.app.engine, shop.now(), &|_| {}).unwrap();
    assert_eq!(online, shop.app.engine.held());
    assert!(online.units.keys().any(|(here, _, _)| here == "nz/otago"), "{:?}", online.units.keys());
}

fn e_bike_shop() -> Shop {
    let shop = Shop::open();
    let product = |id: &str, name: &str, path: [&str; 2]| json!({"id": id, "name": name, "category": path, "price_minor": 10_000, "added": "2025-01-01"});
    let guide = |id: &str, about: &str, region: Option<&str>| json!({"id": id, "kind": "article", "name": id, "category": ["guides"], "about": [about], "region": region, "added": "2025-01-01"});
    deliver(
        &shop,
        &json!([
            product("kea", "the Kea e-bike", ["bikes", "e-bikes"]),
            product("tui", "the Tūī e-bike", ["bikes", "e-bikes"]),
            product("lock", "a lock", ["bikes", "locks"]),
            product("bell", "a bell", ["bikes", "bells"]),
            guide("waterfront", "bikes/e-bikes", Some("nz/auckland")),
            guide("otago-rail", "bikes/e-bikes", Some("nz/otago")),
            guide("battery-care", "kea", None),
            guide("swing", "golf", None)
        ]),
    );
    // Everybody buys a lock and a bell with the bike.
    for n in 0..12 {
        shop.batch(&[ordered(
            &format!("p{n}"),
            &format!("o{n}"),
            &["kea", "lock", "bell"],
            shop.now(),
            &["analytics", "personalisation"],
        )]);
    }
    shop
}

#[test]
fn after_a_purchase_guides_come_before_any_accessory() {
    let shop = e_bike_shop();
    shop.batch(&[ordered("mere", "m1", &["kea"], shop.now(), &["personalisation"])]);
    let answer = shop.recommendations("mere", "&content=both&count=5&region=nz/auckland").body;
    assert_eq!(ids(&answer)[..3], ["waterfront", "battery-care", "otago-rail"], "{answer}");
    let why = |place: usize| answer["items"][place]["why"][0].clone();
    assert_eq!(why(0)["text"], "You bought the Kea e-bike: somewhere to take it, in Auckland");
    assert_eq!((&why(0)["data"], &why(0)["because_of"]), (&json!("orders"), &json!("kea")));
    assert_eq!(why(1)["text"], "You bought the Kea e-bike: how to get the best out of it");
    assert!(ids(&answer).contains(&"lock") && !ids(&answer).contains(&"swing"), "{answer}");
    // A shelf for things alone is one for things alone.
    assert!(!ids(&shop.recommendations("mere", "&count=9").body).contains(&"waterfront"));
    // Weeks later the shelf is a shelf again.
    shop.pass_seconds(30 * 86_400);
    let later = shop.recommendations("mere", "&content=both&count=5").body;
    assert!(!later.to_string().contains("You bought the Kea e-bike:"), "{later}");
}

#[test]
fn whoever_refuses_is_helped_by_what_the_page_says_was_ordered() {
    let shop = e_bike_shop();
    let answer = ask(&shop, "ordered=kea&content=both&region=nz/otago", &[]);
    assert_eq!(ids(&answer)[0], "otago-rail", "{answer}");
    assert_eq!(answer["purposes"]["used"], json!([]));
    assert!(answer["items"][0]["why"][0].get("data").is_none(), "{answer}");
    assert!(!ids(&answer).contains(&"kea"), "{answer}");
}

#[test]
fn guide_that_was_read_leads_no_more() {
    let shop = e_bike_shop();
    let answer = ask(&shop, "ordered=kea&content=both&region=nz/auckland&visit=waterfront", &[]);
    assert_eq!(ids(&answer)[0], "battery-care", "{answer}");
}

#[test]
fn date_of_a_new_thing_must_be_one() {
    let shop = Shop::open();
    let wrong = json!({"items": [{"id": "a", "name": "a", "added": "soon"}]});
    let answer = shop.operator("POST", "/v1/catalogue", &wrong);
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("2026-11-22"), "{}", answer.text);
}

#[test]
fn guide_that_buyers_read_leads_even_if_it_says_nothing_of_itself() {
    let shop = e_bike_shop();
    let reads = |person: &str| {
        let read = json!({"article_id": "swing", "product_id": "swing"});
        crate::harness::track(person, "Article Read", &read, "s", shop.now(), &["personalisation"])
    };
    shop.batch(&[ordered("mere", "m1", &["kea"], shop.now(), &["personalisation"])]);
    let leads = || {
        let answer = shop.recommendations("mere", "&content=both&count=5&region=nz/auckland").body;
        ids(&answer)[..3].contains(&"swing")
    };
    (0..9).for_each(|n| drop(shop.batch(&[reads(&format!("p{n}"))])));
    shop.consent("nobody", &json!({"personalisation": "given"}));
    assert!(leads());
    for n in 0..8 {
        shop.consent(&format!("p{n}"), &json!({"personalisation": "withdrawn"}));
    }
    assert!(!leads(), "what one reader does is nobody's business");
}
