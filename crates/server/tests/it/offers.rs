//! Offers that nobody minds: who may be written to, about what, how often, and who has to approve it.

use std::path::Path;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::{Answer, REGISTER, Shop, ordered, track};

const YES: &[&str] = &["analytics", "personalisation", "offers"];

/// The usual register, with what offers need, and a question of its own about sensitive goods.
pub(crate) fn register() -> String {
    let offers = "contact = [\"email\", \"first_name\"]";
    assert!(REGISTER.contains(offers));
    REGISTER.replace(offers, &format!("{offers}\norders = [\"lines.item\"]\noffered = \"all\""))
        + r#"
[purposes.family_offers]
reason = "To use what you look at for babies and pregnancy"
basis = "consent"
explicit_for = ["pregnancy", "children"]
gives = "What fits your family"
retention_days = 90
[purposes.family_offers.data]
browsing = ["item"]

[sensitive]
categories = ["Mobility aids"]
[sensitive.words]
gambling = ["poker*"]
[[sensitive.harmless]]
kind = "children"
word = "kids"
reason = "Half of the shop is for families"

[offers]
zone = "UTC"
hold_minutes = 15
[offers.caps]
day = 1
week = 2
month = 4
"#
}

const CATALOGUE: &str = r#"{"items": [
    {"id": "tent", "name": "Kea tent", "category": ["Camping"]},
    {"id": "mat", "name": "Camping mat", "category": ["Camping"]},
    {"id": "gas", "name": "Gas", "category": ["Camping", "Stoves"], "consumable": true},
    {"id": "kids-bike", "name": "Kids bike", "category": ["Bikes"]},
    {"id": "ptest", "name": "Pregnancy test", "category": ["Drugstore"]},
    {"id": "cane", "name": "Cane", "category": ["Mobility aids"]},
    {"id": "chips", "name": "Poker chips", "category": ["Games"]},
    {"id": "cards", "name": "Poker cards", "category": ["Games"]}]}"#;

pub(crate) fn shop() -> Shop {
    let shop = Shop::open_with(&register());
    stock(&shop);
    shop
}

fn stock(shop: &Shop) {
    let told = shop.operator("POST", "/v1/catalogue", &serde_json::from_str(CATALOGUE).unwrap());
    assert_eq!(told.status, 200, "{}", told.text);
}

fn ask(shop: &Shop, path: &str, body: &Value) -> Value {
    let answer = shop.operator("POST", path, body);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.body
}

fn campaign(shop: &Shop, id: &str, channel: &str, about: &Value) -> Value {
    ask(
        shop,
        "/v1/campaigns/create",
        &json!({"campaign": id, "words": id, "channel": channel, "about": about, "until": "2027-06-30", "by": "Hana"}),
    )
}

fn decide(shop: &Shop, id: &str, people: &[&str]) -> Vec<Value> {
    let answer = ask(shop, "/v1/offers/decide", &json!({"campaign": id, "people": people}));
    answer["answers"].as_array().unwrap().clone()
}

/// The answer for one person: `allowed`, or why not.
fn because(shop: &Shop, id: &str, person: &str) -> String {
    let answer = decide(shop, id, &[person]).remove(0);
    if answer["allowed"] == json!(true) {
        "allowed".to_owned()
    } else {
        answer["because"].as_str().unwrap().to_owned()
    }
}

fn report(shop: &Shop, id: &str, sent: &[&str], not_sent: &[&str]) -> Value {
    ask(shop, "/v1/offers/report", &json!({"campaign": id, "sent": sent, "not_sent": not_sent}))["counts"]
        .clone()
}

fn agree(shop: &Shop, person: &str) {
    shop.consent(person, &json!({"offers": "given"}));
}

#[test]
fn what_was_bought_or_sent_back_is_not_pushed() {
    let shop = shop();
    let now = shop.now();
    for person in ["ana", "ben", "mere"] {
        agree(&shop, person);
    }
    shop.batch(&[
        ordered("ana", "o1", &["tent", "gas"], now, YES),
        ordered("ben", "o2", &["tent", "mat", "gas"], now, YES),
    ]);
    shop.batch(&[track(
        "ana",
        "Order Refunded",
        &json!({"order_id": "o1", "products": [{"product_id": "gas", "quantity": 1}]}),
        "s",
        now,
        YES,
    )]);
    campaign(&shop, "camping", "email", &json!({"categories": ["camping"]}));
    let answers = decide(&shop, "camping", &["ana", "ben", "mere"]);
    assert_eq!(answers[0]["items"], json!(["mat"]));
    assert_eq!(
        answers[0]["left_out"],
        json!([{"item": "gas", "because": "returned"}, {"item": "tent", "because": "bought"}])
    );
    assert_eq!((&answers[1]["because"], &answers[1]["until"]), (&json!("bought"), &Value::Null));
    assert_eq!(answers[2]["items"], json!(["gas", "mat", "tent"]));
    // What is used up may be offered again after a month; what was sent back never.
    shop.pass_seconds(31 * 86_400);
    campaign(&shop, "stoves", "email", &json!({"categories": ["Stoves"]}));
    assert_eq!(because(&shop, "stoves", "ben"), "allowed");
    assert_eq!(because(&shop, "stoves", "ana"), "returned");
}

#[test]
fn each_refusal_has_its_name() {
    let shop = shop();
    campaign(&shop, "tents", "email", &json!({"items": ["tent"]}));
    assert_eq!(because(&shop, "tents", "nobody"), "unknown");
    shop.consent("silent", &json!({"personalisation": "given"}));
    assert_eq!(because(&shop, "tents", "silent"), "no_consent");
    for person in ["objector", "restricted", "ana"] {
        agree(&shop, person);
    }
    ask(&shop, "/v1/subjects/object", &json!({"user_id": "objector", "purposes": ["offers"]}));
    assert_eq!(because(&shop, "tents", "objector"), "objected");
    ask(&shop, "/v1/subjects/restrict", &json!({"user_id": "restricted"}));
    assert_eq!(because(&shop, "tents", "restricted"), "restricted");
    assert_eq!(because(&shop, "tents", "ana"), "allowed");
    assert_eq!(because(&shop, "tents", "ana"), "held");
    report(&shop, "tents", &["ana"], &[]);
    assert_eq!(because(&shop, "tents", "ana"), "already_sent");
    campaign(&shop, "mats", "email", &json!({"items": ["mat"]}));
    let capped = decide(&shop, "mats", &["ana"]).remove(0);
    assert_eq!(
        (&capped["because"], &capped["until"]),
        (&json!("cap_reached"), &json!("2026-06-16T10:00:00Z"))
    );
    ask(&shop, "/v1/campaigns/end", &json!({"campaign": "mats", "by": "Hana"}));
    assert_eq!(because(&shop, "mats", "ana"), "window_closed");
    let early = json!({"campaign": "later", "words": "w", "channel": "sms", "about": "all", "from": "2026-07-01",
        "until": "2026-07-02", "by": "Hana"});
    ask(&shop, "/v1/campaigns/create", &early);
    assert_eq!(because(&shop, "later", "ana"), "window_closed");
    shop.set_time("2026-07-01T12:00:00Z".parse().unwrap());
    assert_eq!(because(&shop, "later", "ana"), "allowed");
    shop.set_time("2026-07-03T00:00:00Z".parse().unwrap());
    assert_eq!(because(&shop, "later", "ana"), "window_closed");
}

#[test]
fn nights_are_quiet_where_the_customer_is() {
    let shop = shop();
    agree(&shop, "ana");
    campaign(&shop, "tents", "sms", &json!({"items": ["tent"]}));
    let there = |zone: &str| {
        let people = json!([{"user_id": "ana", "zone": zone}]);
        ask(&shop, "/v1/offers/decide", &json!({"campaign": "tents", "people": people, "hold": false}))["answers"][0].clone()
    };
    let night = there("Pacific/Auckland");
    assert_eq!((&night["because"], &night["until"]), (&json!("quiet_hours"), &json!("2026-06-15T20:00:00Z")));
    assert_eq!(there("Europe/Berlin")["allowed"], json!(true));
    let strange = shop.operator(
        "POST",
        "/v1/offers/decide",
        &json!({"campaign": "tents", "people": [{"user_id": "ana", "zone": "Berlin"}]}),
    );
    assert_eq!(strange.status, 400, "{}", strange.text);
    // A letter disturbs nobody's sleep.
    campaign(&shop, "letter", "post", &json!({"items": ["tent"]}));
    shop.set_time("2026-06-15T23:00:00Z".parse().unwrap());
    assert_eq!(because(&shop, "tents", "ana"), "quiet_hours");
    assert_eq!(because(&shop, "letter", "ana"), "allowed");
    // The next free moment lies after the cap and after the night.
    let both = decide(&shop, "tents", &["ana"]).remove(0);
    assert_eq!((&both["because"], &both["until"]), (&json!("cap_reached"), &json!("2026-06-17T08:00:00Z")));
}

#[test]
fn a_place_is_held_until_it_is_reported_or_runs_out() {
    let shop = shop();
    agree(&shop, "ana");
    for id in ["one", "two", "three"] {
        campaign(&shop, id, "email", &json!({"items": ["tent"]}));
    }
    let look = json!({"campaign": "one", "people": ["ana"], "hold": false});
    assert_eq!(ask(&shop, "/v1/offers/decide", &look)["answers"][0]["held_until"], Value::Null);
    let held = decide(&shop, "one", &["ana"]).remove(0);
    assert_eq!(held["held_until"], json!("2026-06-15T10:15:00Z"), "looking held nothing");
    assert_eq!(because(&shop, "two", "ana"), "cap_reached");
    // It wasn't sent after all: the place is free again.
    assert_eq!(report(&shop, "one", &[], &["ana"]), json!({"freed": 1}));
    assert_eq!(because(&shop, "two", "ana"), "allowed");
    // Nobody says what became of it: the place runs out, and goes.
    shop.pass_seconds(15 * 60);
    assert_eq!(because(&shop, "three", "ana"), "allowed");
    assert_eq!(shop.app.store.read(|tx| tx.row_counts()).unwrap(), [(privacy::data::Kind::SentOffers, 1)]);
    assert_eq!(report(&shop, "three", &["ana"], &[]), json!({"sent": 1}));
    assert_eq!(report(&shop, "three", &["ana"], &["ana"]), json!({"known": 2}), "said twice is sent once");
    // The truth counts, even if nobody asked.
    assert_eq!(report(&shop, "one", &["ana"], &[]), json!({"sent_unasked": 1}));
    shop.pass_seconds(2 * 86_400);
    assert_eq!(because(&shop, "two", "ana"), "cap_reached", "two a week");
}

#[test]
fn caps_outlive_a_restart() {
    let shop = shop();
    agree(&shop, "ana");
    campaign(&shop, "one", "email", &json!({"items": ["tent"]}));
    campaign(&shop, "two", "push", &json!({"items": ["tent"]}));
    assert_eq!(because(&shop, "one", "ana"), "allowed");
    let (_, folder, temporary) = shop.close();
    let shop = Shop::open_as(&register(), Path::new(&folder), temporary);
    assert_eq!(because(&shop, "one", "ana"), "held");
    assert_eq!(because(&shop, "two", "ana"), "cap_reached");
}

#[test]
fn two_senders_never_both_get_the_last_place() {
    let shop = shop();
    agree(&shop, "ana");
    let ids: Vec<String> = (0..8).map(|n| format!("c{n}x")).collect();
    for id in &ids {
        campaign(&shop, id, "email", &json!({"items": ["tent"]}));
    }
    let yes = std::thread::scope(|scope| {
        let asking: Vec<_> = ids.iter().map(|id| scope.spawn(|| because(&shop, id, "ana"))).collect();
        let answers: Vec<String> = asking.into_iter().map(|one| one.join().unwrap()).collect();
        answers.iter().filter(|answer| *answer == "allowed").count()
    });
    assert_eq!(yes, 1);
}

fn refused(answer: &Answer, status: u16, words: &str) {
    assert!(answer.status == status && answer.text.contains(words), "{} {}", answer.status, answer.text);
}

#[test]
fn sensitive_campaign_waits_for_a_second_person_who_sees_why() {
    let shop = shop();
    agree(&shop, "ana");
    let made = campaign(
        &shop,
        "family",
        "email",
        &json!({"items": ["ptest", "cane", "chips", "kids-bike", "tent"]}),
    );
    assert_eq!(made["status"], "waiting_for_approval");
    let why = |place: usize| &made["sensitive"][place]["why"][0];
    let found: Vec<_> =
        (0..3).map(|n| (&made["sensitive"][n]["item"], &why(n)["kind"], &why(n)["word"])).collect();
    assert_eq!(
        found,
        [
            (&json!("cane"), &json!("shop"), &json!("Mobility aids")),
            (&json!("chips"), &json!("gambling"), &json!("poker*")),
            (&json!("ptest"), &json!("pregnancy"), &json!("pregnan*")),
        ]
    );
    assert_eq!(why(2)["text"], "Pregnancy test");
    assert_eq!(made["sensitive"].as_array().unwrap().len(), 3, "kids are harmless here");
    assert_eq!(because(&shop, "family", "ana"), "not_approved");
    let verdict = |by: &str, path: &str| {
        shop.operator("POST", path, &json!({"campaign": "family", "by": by, "reason": "we asked them"}))
    };
    refused(&verdict("hana ", "/v1/campaigns/approve"), 409, "can't approve");
    assert_eq!(verdict("Ben", "/v1/campaigns/approve").body["status"], "open");
    let answer = decide(&shop, "family", &["ana"]).remove(0);
    assert_eq!(
        answer["items"],
        json!(["kids-bike", "tent"]),
        "what is sensitive still needs her explicit yes"
    );
    // A change of what it is about takes the approval back; another end of it doesn't.
    let change = |more: Value| {
        let mut body = json!({"campaign": "family", "by": "Carl"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ask(&shop, "/v1/campaigns/change", &body)["status"].clone()
    };
    assert_eq!(change(json!({"until": "2027-01-31"})), "open");
    assert_eq!(change(json!({"about": {"items": ["ptest", "tent"]}})), "waiting_for_approval");
    refused(&verdict("Carl", "/v1/campaigns/approve"), 409, "can't approve");
    refused(&verdict("Hana", "/v1/campaigns/approve"), 409, "can't approve");
    assert_eq!(verdict("Ben", "/v1/campaigns/refuse").body["status"], "refused");
    assert_eq!(because(&shop, "family", "ana"), "not_approved");
    // Each of these is in the audit log, with who did it.
    let actions: Vec<(String, privacy::audit::Author)> = shop
        .app
        .store
        .read(|tx| tx.audit_entries(0, 1000))
        .unwrap()
        .into_iter()
        .filter_map(|(_, bytes, _)| privacy::audit::Entry::decode(&bytes).ok())
        .filter(|entry| entry.action.starts_with("campaign."))
        .map(|entry| (entry.action, entry.author))
        .collect();
    let ben = privacy::audit::Author::Operator { id: "Ben".to_owned(), role: "marketing".to_owned() };
    assert!(actions.contains(&("campaign.approve".to_owned(), ben.clone())), "{actions:?}");
    assert!(actions.contains(&("campaign.refuse".to_owned(), ben)), "{actions:?}");
}

#[test]
fn words_of_a_campaign_are_looked_over_too() {
    let shop = shop();
    let body = json!({"campaign": "a", "words": "For your pregnancy", "channel": "email", "about": {"items": ["tent"]},
        "until": "2027-01-01", "by": "Hana"});
    let made = ask(&shop, "/v1/campaigns/create", &body);
    assert_eq!(
        (&made["status"], &made["sensitive"][0]["item"]),
        (&json!("waiting_for_approval"), &json!("(its words)"))
    );
}

#[test]
fn approval_does_not_reach_goods_that_come_later() {
    let shop = shop();
    agree(&shop, "ana");
    campaign(&shop, "games", "email", &json!({"categories": ["Games"]}));
    ask(&shop, "/v1/campaigns/approve", &json!({"campaign": "games", "by": "Ben", "reason": "r"}));
    let more = json!({"items": [{"id": "dice", "name": "Poker dice", "category": ["Games"]}]});
    ask(&shop, "/v1/catalogue", &more);
    let shown = ask(&shop, "/v1/campaigns/show", &json!({"campaign": "games"}));
    assert_eq!(shown["status"], "waiting_for_approval");
    assert_eq!(because(&shop, "games", "ana"), "not_approved");
}

#[test]
fn sensitive_goods_need_an_explicit_yes_and_a_mark_on_an_event_is_none() {
    let shop = shop();
    for person in ["ana", "mere"] {
        agree(&shop, person);
    }
    campaign(&shop, "tests", "email", &json!({"items": ["ptest"]}));
    ask(&shop, "/v1/campaigns/approve", &json!({"campaign": "tests", "by": "Ben", "reason": "r"}));
    assert_eq!(because(&shop, "tests", "ana"), "sensitive");
    let mut marked = track("mere", "Product Viewed", &json!({"product_id": "tent"}), "s", shop.now(), YES);
    marked["context"]["consent"]["categoryPreferences"]["family_offers"] = json!(true);
    shop.batch(&[marked]);
    let state = shop.operator("GET", "/v1/consent?userId=mere", &Value::Null);
    assert_eq!(state.body["purposes"]["family_offers"]["refused_because"], "not_explicit", "{}", state.text);
    assert_eq!(state.body["purposes"]["family_offers"]["ask"], true);
    assert_eq!(because(&shop, "tests", "mere"), "sensitive");
    shop.consent("mere", &json!({"family_offers": "given"}));
    assert_eq!(because(&shop, "tests", "mere"), "allowed");
}

#[test]
fn whole_shop_is_without_what_is_sensitive() {
    let shop = shop();
    agree(&shop, "ana");
    shop.batch(&[ordered("ana", "o", &["tent"], shop.now(), YES)]);
    let made = campaign(&shop, "sale", "email", &json!("all"));
    assert_eq!((&made["status"], &made["items"]), (&json!("open"), &json!(4)));
    let answer = decide(&shop, "sale", &["ana"]).remove(0);
    assert_eq!(answer["left_out"], json!([{"item": "tent", "because": "bought"}]));
    assert_eq!(answer.get("items"), None);
    // Of very much too, what is left out alone is named.
    let many: Vec<Value> =
        (0..201).map(|n| json!({"id": format!("m{n}"), "name": "Mug", "category": ["Mugs"]})).collect();
    ask(&shop, "/v1/catalogue", &json!({ "items": many }));
    campaign(&shop, "mugs", "on_site", &json!({"categories": ["Mugs"]}));
    let answer = decide(&shop, "mugs", &["ana"]).remove(0);
    assert_eq!(
        (&answer["allowed"], &answer["left_out"], answer.get("items")),
        (&json!(true), &json!([]), None)
    );
}

#[test]
fn withdrawal_makes_the_very_next_decision_refuse_and_takes_what_was_sent_along() {
    let shop = shop();
    agree(&shop, "ana");
    campaign(&shop, "tents", "email", &json!({"items": ["tent"]}));
    assert_eq!(because(&shop, "tents", "ana"), "allowed");
    ask(&shop, "/v1/subjects/withdraw", &json!({"user_id": "ana", "purposes": ["offers"]}));
    assert_eq!(because(&shop, "tents", "ana"), "no_consent");
    assert_eq!(shop.app.store.read(|tx| tx.row_counts()).unwrap(), []);
    let told = ask(&shop, "/v1/offers/report", &json!({"campaign": "tents", "sent": ["ana"]}));
    assert_eq!(told["not_kept"], json!([{"user_id": "ana", "because": "no_consent"}]));
}

#[test]
fn what_was_sent_stands_with_the_person_sealed_and_goes_with_them() {
    let shop = shop();
    agree(&shop, "ana");
    campaign(&shop, "zzwintersale", "email", &json!({"items": ["tent"]}));
    assert_eq!(because(&shop, "zzwintersale", "ana"), "allowed");
    report(&shop, "zzwintersale", &["ana"], &[]);
    let access = ask(&shop, "/v1/subjects/access", &json!({"user_id": "ana"}));
    let row = &access["data"]["offered"]["rows"][0]["value"];
    assert_eq!(
        (&row["state"], &row["items"], &row["channel"]),
        (&json!("sent"), &json!(["tent"]), &json!("email"))
    );
    assert!(row["why"].as_str().unwrap().starts_with("You said yes to offers on 15 June 2026."), "{row}");
    assert_eq!(access["data"]["offered"]["purposes"], json!(["offers"]));
    let export = ask(&shop, "/v1/subjects/portability", &json!({"user_id": "ana"}));
    assert_eq!(export["data"]["offered"]["rows"][0]["campaign"], "zzwintersale");
    let erased = ask(&shop, "/v1/subjects/erase", &json!({"user_id": "ana"}));
    assert!(erased.to_string().contains("offered"), "{erased}");
    assert_eq!(because(&shop, "zzwintersale", "ana"), "unknown");
}

#[test]
fn numbers_about_people_leave_behind_a_threshold() {
    let shop = shop();
    campaign(&shop, "tents", "email", &json!({"items": ["tent"]}));
    let people: Vec<String> = (0..6).map(|n| format!("p{n}")).collect();
    people.iter().for_each(|person| agree(&shop, person));
    shop.consent("silent", &json!({"personalisation": "given"}));
    let reach = ask(&shop, "/v1/offers/decide", &json!({"campaign": "tents", "people": "all"}));
    assert_eq!(reach["counts"], json!({"allowed": 6, "no_consent": "fewer than 5"}));
    assert_eq!(reach.get("answers"), None, "no list of people leaves");
    let sent = |count: usize| {
        let some: Vec<&str> = people[..count].iter().map(String::as_str).collect();
        decide(&shop, "tents", &some);
        report(&shop, "tents", &some, &[]);
        ask(&shop, "/v1/campaigns/show", &json!({"campaign": "tents"}))["sent"].clone()
    };
    assert_eq!([sent(4), sent(6)], [json!("fewer than 5"), json!(6)]);
}

#[test]
fn what_can_not_be_looked_over_or_counted_is_refused() {
    let shop = shop();
    let create = |about: Value, id: &str, by: &str| {
        let body = json!({"campaign": id, "words": "w", "channel": "email", "about": about, "until": "2027-01-01", "by": by});
        shop.operator("POST", "/v1/campaigns/create", &body)
    };
    refused(&create(json!({"items": ["unheard"]}), "a", "Hana"), 400, "isn't in the catalogue");
    refused(&create(json!({"categories": ["Unheard"]}), "a", "Hana"), 400, "isn't in the catalogue");
    refused(&create(json!({}), "a", "Hana"), 400, "what the campaign is about");
    refused(&create(json!("all"), "A b", "Hana"), 400, "its id can't be one");
    refused(&create(json!("all"), "a", "hana@shop.example"), 400, "who does this");
    assert_eq!(create(json!("all"), "a", "Hana").status, 200);
    refused(&create(json!("all"), "a", "Hana"), 409, "already");
    refused(
        &shop.operator("POST", "/v1/campaigns/show", &json!({"campaign": "none"})),
        404,
        "no such campaign",
    );
    let plain = Shop::open();
    let body = json!({"campaign": "a", "words": "w", "channel": "email", "about": "all", "until": "2027-01-01", "by": "Hana"});
    refused(&plain.operator("POST", "/v1/campaigns/create", &body), 409, "doesn't declare `offered`");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn no_window_ever_holds_more_than_the_cap_whatever_is_asked_and_when(
        asked in proptest::collection::vec((0_usize..12, 0_i64..40, 0_u8..4), 1..30),
    ) {
        let shop = shop();
        agree(&shop, "ana");
        let ids: Vec<String> = (0..12).map(|n| format!("c{n}x")).collect();
        for (n, id) in ids.iter().enumerate() {
            campaign(&shop, id, ["email", "push", "sms", "post"][n % 4], &json!({"items": ["tent"]}));
        }
        let mut sent: Vec<Timestamp> = Vec::new();
        for (which, hours, then) in asked {
            shop.pass_seconds(hours * 3600);
            if because(&shop, &ids[which], "ana") != "allowed" {
                continue;
            }
            shop.pass_seconds(60 * i64::from(then));
            match then {
                0 => { report(&shop, &ids[which], &[], &["ana"]); }
                // Nobody says what became of it.
                1 => {}
                _ => {
                    report(&shop, &ids[which], &["ana"], &[]);
                    sent.push(shop.now());
                }
            }
        }
        for (days, at_most) in [(1, 1), (7, 2), (30, 4)] {
            let length = jiff::SignedDuration::from_hours(24 * days);
            for end in &sent {
                let within = sent.iter().filter(|at| *at <= end && end.duration_since(**at) < length).count();
                prop_assert!(within <= at_most, "{within} in {days} days");
            }
        }
        ask(&shop, "/v1/subjects/withdraw", &json!({"user_id": "ana", "purposes": ["offers"]}));
        prop_assert_eq!(because(&shop, &ids[0], "ana"), "no_consent");
    }
}
