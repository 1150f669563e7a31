//! Experiments: a split that stays, counts that follow consent and erasure exactly, and a result that says no more than it
//! knows.

use axum::http::StatusCode;
use equipoise::experiments::flush_exposures;
use serde_json::{Value, json};

use crate::harness::{Shop, ordered, viewed};

const ALL: &[&str] = &["analytics", "personalisation"];
const COUNTED: &[&str] = &["analytics"];

fn design(name: &str, placement: &str) -> Value {
    json!({"name": name, "placements": [placement], "goal": "order", "days": 7, "usual": 0.2, "smallest": 0.1,
           "variants": [{"name": "as-set"}, {"name": "newest", "rules": {"chain": ["newest"]}}]})
}

fn shop() -> Shop {
    let shop = Shop::open();
    shop.stock(&["boots", "socks", "tent", "stove", "mat"]);
    shop
}

fn start(shop: &Shop, design: &Value) {
    let answer = shop.operator("POST", "/v1/experiments", design);
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

/// People who permit `yes`, known by having looked at something.
fn people(shop: &Shop, count: usize, yes: &[&str]) -> Vec<String> {
    let names: Vec<String> = (0..count).map(|number| format!("p{number}")).collect();
    let looks: Vec<Value> =
        names.iter().map(|name| viewed(name, "boots", "before", shop.now(), yes)).collect();
    looks.chunks(100).for_each(|some| {
        shop.batch(some);
    });
    names
}

/// What somebody sees of an experiment at home.
fn variant(shop: &Shop, person: &str) -> Option<String> {
    let answer = shop.recommendations(person, "&placement=home").body;
    answer["experiment"]["variant"].as_str().map(str::to_owned)
}

fn result(shop: &Shop, name: &str) -> Value {
    flush_exposures(&shop.app).unwrap();
    let answer = shop.operator("GET", &format!("/v1/experiments/result?name={name}"), &Value::Null);
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.body
}

fn seen(result: &Value) -> Vec<Option<u64>> {
    result["variants"].as_array().unwrap().iter().map(|variant| variant["people"].as_u64()).collect()
}

#[test]
fn split_is_even_stays_over_visits_and_a_restart_and_differs_between_experiments() {
    let shop = shop();
    start(&shop, &design("spring", "home"));
    start(&shop, &design("autumn", "cart"));
    let people = people(&shop, 120, ALL);
    let before: Vec<String> = people.iter().map(|one| variant(&shop, one).unwrap()).collect();
    let newest = before.iter().filter(|variant| *variant == "newest").count();
    assert!((40..=80).contains(&newest), "{newest} of 120");
    let elsewhere = |one: &String| {
        let answer = shop.recommendations(one, "&placement=cart").body;
        answer["experiment"]["variant"].as_str().unwrap().to_owned()
    };
    let same = people.iter().zip(&before).filter(|(one, variant)| elsewhere(one) == **variant).count();
    assert!((40..=80).contains(&same), "one experiment says nothing about the other: {same} of 120");
    flush_exposures(&shop.app).unwrap();
    let counted = seen(&result(&shop, "spring"));
    assert_eq!(counted.iter().flatten().sum::<u64>(), 120);

    let (_, folder, temporary) = shop.close();
    let shop = Shop::open_in(&folder, temporary);
    shop.pass_seconds(86_400);
    let after: Vec<String> = people.iter().map(|one| variant(&shop, one).unwrap()).collect();
    assert_eq!(before, after);
    assert_eq!(seen(&result(&shop, "spring")), counted, "who saw it once is counted once");
}

#[test]
fn variant_fills_the_place_as_it_says_and_the_place_is_as_set_again_afterwards() {
    let shop = shop();
    let people = people(&shop, 30, ALL);
    let mut control = design("spring", "home");
    control["variants"] = json!([{"name": "plain", "rules": {"chain": ["newest"], "count": 1}}, {"name": "all", "control": "popularity"}]);
    start(&shop, &control);
    for person in &people {
        let answer = shop.recommendations(person, "&placement=home").body;
        let items = answer["items"].as_array().unwrap();
        match answer["experiment"]["variant"].as_str().unwrap() {
            "plain" => assert_eq!((items.len(), &items[0]["link"]), (1, &json!("newest"))),
            _ => assert!(items.iter().all(|item| item["link"] == "popular" || item["link"] == "newest")),
        }
    }
    let listed = shop.operator("GET", "/v1/experiments", &Value::Null).body;
    assert_eq!(listed["experiments"][0]["ended_at"], Value::Null);
    let stopped = shop.operator("POST", "/v1/experiments/stop", &json!({"name": "spring"}));
    assert_eq!(stopped.status, StatusCode::OK, "{}", stopped.text);
    assert_eq!(variant(&shop, &people[0]), None);
    assert_eq!(
        shop.recommendations(&people[0], "&placement=home").body["items"].as_array().unwrap().len(),
        5
    );
    let again = shop.operator("POST", "/v1/experiments/stop", &json!({"name": "spring"}));
    assert_eq!(again.status, StatusCode::CONFLICT);
}

#[test]
fn whoever_does_not_permit_analytics_takes_no_part() {
    let shop = shop();
    start(&shop, &design("spring", "home"));
    shop.batch(&[viewed("mere", "boots", "s", shop.now(), &["personalisation"])]);
    assert_eq!(variant(&shop, "mere"), None);
    let stranger = shop.client("GET", "/v1/recommendations?placement=home", &Value::Null);
    assert!(stranger.body.get("experiment").is_none(), "{}", stranger.text);
    // A yes to analytics alone: they take part, and see nothing personal in either variant.
    shop.batch(&[viewed("rewi", "boots", "s", shop.now(), COUNTED)]);
    let answer = shop.recommendations("rewi", "&placement=home").body;
    assert!(answer["experiment"]["variant"].is_string());
    assert!(answer["items"].as_array().unwrap().iter().all(|item| item["link"] != "personal"), "{answer}");
    assert_eq!(answer["purposes"]["used"], json!([]));
    // A preview counts nobody.
    shop.operator("POST", "/v1/placements/preview", &json!({"placement": "home"}));
    let rows = shop.app.store.read::<_, privacy::store::StoreError>(|tx| tx.row_counts()).unwrap();
    assert!(rows.iter().all(|(kind, _)| *kind != privacy::data::Kind::ShownItems), "{rows:?}");
    flush_exposures(&shop.app).unwrap();
    let rows = shop.app.store.read::<_, privacy::store::StoreError>(|tx| tx.row_counts()).unwrap();
    assert!(rows.contains(&(privacy::data::Kind::ShownItems, 1)), "{rows:?}");
}

#[test]
fn outcomes_are_counted_from_the_first_look_on_and_within_the_days() {
    let shop = shop();
    let people = people(&shop, 100, ALL);
    // An order before the experiment counts for nothing.
    shop.batch(&[ordered(&people[0], "early", &["socks"], shop.now(), ALL)]);
    shop.pass_seconds(60);
    start(&shop, &design("spring", "home"));
    let variants: Vec<String> = people.iter().map(|one| variant(&shop, one).unwrap()).collect();
    flush_exposures(&shop.app).unwrap();
    shop.pass_seconds(60);
    let of = |name: &str| -> Vec<&String> {
        people.iter().zip(&variants).filter(|(_, variant)| *variant == name).map(|(one, _)| one).collect()
    };
    for (number, person) in of("newest").iter().take(7).enumerate() {
        // Twice the same person, who counts once, with all the money.
        for half in ["a", "b"] {
            let order = format!("o{number}{half}");
            shop.batch(&[ordered(person, &order, &["socks", "mat"], shop.now(), ALL)]);
        }
    }
    let found = result(&shop, "spring");
    let [first, newest] = [&found["variants"][0], &found["variants"][1]];
    assert_eq!(first["goals"]["order"]["people"], 0, "{found}");
    assert_eq!(newest["goals"]["order"]["people"], 7);
    assert_eq!(newest["people"], of("newest").len());
    // 7 people, two orders each, of two things at 10 dollars; over all who saw it.
    let expected = 7.0 * 2.0 * 2000.0 / of("newest").len() as f64;
    let money = newest["money_per_person_minor"].as_f64().unwrap();
    assert!((money - expected).abs() < 1e-9, "{money} {expected}");
    assert_eq!(first["money_per_person_minor"], Value::Null, "nobody bought");
    assert_eq!(newest["against_first"]["verdict"], "too_few");
    assert!(found["summary"][0].as_str().unwrap().starts_with("Too few yet to compare"), "{found}");
    // The test for one look is Fisher's where it is about so few.
    assert_eq!(newest["against_first"]["if_looked_at_once"]["test"], "fisher");
    // After the days are over nothing is added.
    shop.pass_seconds(8 * 86_400);
    shop.batch(&[ordered(of("as-set")[0], "late", &["socks"], shop.now(), ALL)]);
    assert_eq!(result(&shop, "spring")["variants"][0]["goals"]["order"]["people"], 0);
}

#[test]
fn difference_is_shown_once_it_is_more_than_chance() {
    let shop = shop();
    start(&shop, &design("spring", "home"));
    let people = people(&shop, 300, ALL);
    let variants: Vec<String> = people.iter().map(|one| variant(&shop, one).unwrap()).collect();
    flush_exposures(&shop.app).unwrap();
    let mut orders = Vec::new();
    let mut turn = 0;
    for (person, variant) in people.iter().zip(&variants) {
        turn += 1;
        // Half of one variant orders, a fifth of the other.
        let buys = if variant == "newest" { turn % 2 == 0 } else { turn % 5 == 0 };
        if buys {
            orders.push(ordered(person, person, &["socks"], shop.now(), ALL));
        }
    }
    orders.chunks(50).for_each(|some| {
        shop.batch(some);
    });
    let found = result(&shop, "spring");
    let against = &found["variants"][1]["against_first"];
    assert_eq!(against["verdict"], "better", "{found}");
    assert!(
        against["p"].as_f64().unwrap() < 0.05 && against["interval"][0].as_f64().unwrap() > 0.0,
        "{found}"
    );
    assert!(
        against["p"].as_f64() > against["if_looked_at_once"]["p"].as_f64(),
        "looking at any time has its price"
    );
    assert_eq!(found["balance"]["as_it_should_be"], true, "{found}");
    assert!(
        found["summary"][0].as_str().unwrap().starts_with("`newest` does better than `as-set`"),
        "{found}"
    );
}

#[test]
fn erasure_and_withdrawal_take_a_person_out_of_the_counts_exactly() {
    let shop = shop();
    start(&shop, &design("spring", "home"));
    let people = people(&shop, 80, ALL);
    let variants: Vec<String> = people.iter().map(|one| variant(&shop, one).unwrap()).collect();
    flush_exposures(&shop.app).unwrap();
    let orders: Vec<Value> =
        people.iter().map(|one| ordered(one, one, &["socks"], shop.now(), ALL)).collect();
    shop.batch(&orders);
    let before = result(&shop, "spring");
    let place = usize::from(variants[0] == "newest");
    let erased = shop.operator("POST", "/v1/subjects/erase", &json!({"user_id": people[0]}));
    assert_eq!(erased.status, StatusCode::OK, "{}", erased.text);
    let after = result(&shop, "spring");
    let figure = |result: &Value, place: usize| {
        let variant = &result["variants"][place];
        (variant["people"].as_u64().unwrap(), variant["goals"]["order"]["people"].as_u64().unwrap())
    };
    let (seen, bought) = figure(&before, place);
    assert_eq!(figure(&after, place), (seen - 1, bought - 1));
    assert_eq!(figure(&after, 1 - place), figure(&before, 1 - place));

    let place = usize::from(variants[1] == "newest");
    let (seen, bought) = figure(&after, place);
    shop.consent(&people[1], &json!({"analytics": "withdrawn"}));
    assert_eq!(figure(&result(&shop, "spring"), place), (seen - 1, bought - 1));
    // Somebody who is erased between seeing it and its being kept leaves nothing.
    shop.batch(&[viewed("last", "boots", "s", shop.now(), ALL)]);
    let place = usize::from(variant(&shop, "last").unwrap() == "newest");
    let (seen, _) = figure(&result_unflushed(&shop), place);
    shop.operator("POST", "/v1/subjects/erase", &json!({"user_id": "last"}));
    assert_eq!(figure(&result(&shop, "spring"), place).0, seen - 1);
}

/// The result asks for what is on its way too.
fn result_unflushed(shop: &Shop) -> Value {
    shop.operator("GET", "/v1/experiments/result?name=spring", &Value::Null).body
}

#[test]
fn nothing_is_said_about_fewer_than_twenty() {
    let shop = shop();
    start(&shop, &design("spring", "home"));
    for person in people(&shop, 15, ALL) {
        variant(&shop, &person);
    }
    let found = result(&shop, "spring");
    assert_eq!(seen(&found), [None, None], "{found}");
    assert!(found["variants"][0]["goals"].is_null() && found["balance"].is_null());
    assert!(found["summary"][0].as_str().unwrap().starts_with("Too few people have seen"), "{found}");
}

#[test]
fn person_reads_in_their_data_what_they_took_part_in() {
    let shop = shop();
    start(&shop, &design("spring", "home"));
    shop.batch(&[viewed("mere", "boots", "s", shop.now(), COUNTED)]);
    let variant = variant(&shop, "mere").unwrap();
    flush_exposures(&shop.app).unwrap();
    let access = shop.operator("POST", "/v1/subjects/access", &json!({"user_id": "mere"}));
    let said = format!("home (experiment `spring`, variant `{variant}`)");
    assert!(access.text.contains(&said), "{}", access.text);
}

#[test]
fn bad_experiments_are_refused_with_every_mistake() {
    let shop = shop();
    let wrong = json!({"name": "spring", "placements": [], "days": 0, "usual": 0.99, "smallest": 0.1, "goal": "cart",
                       "variants": [{"name": "a", "rules": {"price_min": 2, "price_max": 1}}]});
    let answer = shop.operator("POST", "/v1/experiments", &wrong);
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    for what in [
        "no place is named",
        "there are 1 variants",
        "`days` is 0",
        "`usual` is 0.99",
        // The register lets analytics know nothing of carts.
        "the register doesn't let `analytics` know who put something into the cart",
    ] {
        assert!(answer.text.contains(what), "{what}: {}", answer.text);
    }
    let mut bad_rules = design("spring", "home");
    bad_rules["variants"][1]["rules"] = json!({"hidden_items": ["nothing"]});
    let answer = shop.operator("POST", "/v1/experiments", &bad_rules);
    assert!(answer.text.contains("no item is called `nothing`"), "{}", answer.text);
    start(&shop, &design("spring", "home"));
    for (name, placement) in [("spring", "cart"), ("summer", "home")] {
        let answer = shop.operator("POST", "/v1/experiments", &design(name, placement));
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    }
    let mut dry = design("winter", "cart");
    dry["dry_run"] = json!(true);
    let answer = shop.operator("POST", "/v1/experiments", &dry);
    assert_eq!((answer.status, &answer.body["started"]), (StatusCode::OK, &json!(false)), "{}", answer.text);
    let needed = &answer.body["needed_for_each"];
    assert!(needed["looked_at_any_time"].as_u64() > needed["looked_at_once"].as_u64());
    let missing = shop.operator("GET", "/v1/experiments/result?name=winter", &Value::Null);
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let plan = shop.operator(
        "POST",
        "/v1/experiments/plan",
        &json!({"usual": 0.05, "smallest": 0.01, "people": 8158}),
    );
    assert_eq!(plan.body["needed_for_each"]["looked_at_once"], 8158);
    assert!((plan.body["smallest_shown"].as_f64().unwrap() - 0.01).abs() < 1e-5);
}
