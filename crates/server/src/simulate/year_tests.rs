//! What every simulated time promises: the same seed gives the same bytes, and lives hang together.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use serde_json::Value;

use super::super::catalogue::catalogue;
use super::super::samples::sample_customers;
use super::super::visit::CONSENT_EVENT;
use super::*;

fn simulation(seed: u64, customers: u64) -> Simulation {
    Simulation::new(seed, customers, date(2025, 1, 1), 365).unwrap()
}

/// The messages of each customer, by `anonymousId`, in the order of the stream.
fn lives(seed: u64, customers: u64) -> BTreeMap<String, Vec<Value>> {
    lives_of(seed, customers, &[""])
}

/// The same, of those messages only whose line contains one of `texts`: parsing is what takes the time.
fn lives_of(seed: u64, customers: u64, texts: &[&str]) -> BTreeMap<String, Vec<Value>> {
    let mut lives: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for message in
        simulation(seed, customers).filter(|message| texts.iter().any(|text| message.json.contains(text)))
    {
        let value: Value = serde_json::from_str(&message.json).unwrap();
        assert_eq!(value["timestamp"].as_str().unwrap().parse::<Timestamp>().unwrap(), message.at);
        lives.entry(value["anonymousId"].as_str().unwrap().to_owned()).or_default().push(value);
    }
    lives
}

fn name(message: &Value) -> &str {
    message["event"].as_str().unwrap_or(message["type"].as_str().unwrap())
}

fn answers_of(message: &Value) -> Vec<bool> {
    let preferences = message["context"]["consent"]["categoryPreferences"].as_object().unwrap();
    assert_eq!(preferences.len(), 5);
    preferences.values().map(|value| value.as_bool().unwrap()).collect()
}

fn days_between(earlier: &Value, later: &Value) -> f64 {
    let at = |m: &Value| m["timestamp"].as_str().unwrap().parse::<Timestamp>().unwrap().as_millisecond();
    (at(later) - at(earlier)) as f64 / DAY
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let one: Vec<Message> = simulation(3, 40).collect();
    assert!(one.len() > 1000);
    assert_eq!(one, simulation(3, 40).collect::<Vec<_>>());
    assert_ne!(one, simulation(4, 40).collect::<Vec<_>>());
}

#[test]
fn a_customer_does_not_depend_on_how_many_there_are() {
    let few: Vec<Message> = simulation(3, 10).collect();
    let more: Vec<Message> = simulation(3, 25).take(few.len()).collect();
    assert_eq!(few, more);
}

#[test]
fn time_runs_forward_and_stays_within_the_dates() {
    let zone = Time::new(date(2025, 1, 1), 365).unwrap();
    let start = date(2025, 1, 1).to_zoned(zone.zone.clone()).unwrap().timestamp();
    let mut last = BTreeMap::new();
    for message in simulation(5, 150) {
        let value: Value = serde_json::from_str(&message.json).unwrap();
        assert!(message.at >= start && message.at.as_millisecond() < zone.end, "{}", message.json);
        let before = last.insert(value["anonymousId"].as_str().unwrap().to_owned(), message.at);
        assert!(before.is_none_or(|before| before <= message.at), "{}", message.json);
    }
    let ordered = simulation(5, 150).in_time_order();
    assert!(ordered.is_sorted_by_key(|message| message.at));
    assert_eq!(ordered.len(), simulation(5, 150).count());
}

#[test]
fn message_numbers_are_unique_and_lines_are_single() {
    let mut seen = BTreeSet::new();
    for message in simulation(6, 150) {
        assert!(!message.json.contains('\n') && message.json.len() < 32_768);
        let value: Value = serde_json::from_str(&message.json).unwrap();
        assert!(seen.insert(value["messageId"].as_str().unwrap().to_owned()));
    }
}

#[test]
fn nothing_is_allowed_before_the_first_answer_and_answers_change_only_by_an_answer() {
    let mut withdrawn = 0;
    for life in lives(7, 250).values() {
        let mut current = vec![false; 5];
        let mut answered = false;
        for message in life {
            let now = answers_of(message);
            if name(message) == CONSENT_EVENT {
                withdrawn += usize::from(answered && now.iter().all(|yes| !yes));
                answered = true;
                current = now;
            } else {
                assert_eq!(now, current, "{message}");
            }
        }
        assert!(answered);
    }
    assert!(withdrawn > 3, "{withdrawn}");
}

#[test]
fn shares_of_answers_are_as_promised() {
    let lives = lives_of(8, 1200, &[CONSENT_EVENT]);
    let mut counts = [0.0; 3];
    for life in lives.values() {
        let first = life.iter().find(|message| name(message) == CONSENT_EVENT).unwrap();
        let yes = answers_of(first).iter().filter(|yes| **yes).count();
        counts[match yes {
            5 => 0,
            0 => 2,
            _ => 1,
        }] += 1.0 / lives.len() as f64;
    }
    for (share, expected) in counts.into_iter().zip([0.55, 0.20, 0.25]) {
        assert!((share - expected).abs() < 0.04, "{counts:?}");
    }
}

#[test]
fn privacy_control_never_goes_with_offers_or_personal_prices() {
    let mut seen = 0;
    for message in lives_of(9, 400, &["globalPrivacyControl"]).values().flatten() {
        if message["context"]["globalPrivacyControl"] == true {
            seen += 1;
            let answers = &message["context"]["consent"]["categoryPreferences"];
            assert_eq!(
                (&answers["offers"], &answers["personalised_pricing"]),
                (&false.into(), &false.into())
            );
        }
    }
    assert!(seen > 100);
}

#[test]
fn left_handers_never_buy_right_handed_clubs() {
    let hand = |sku: &str| catalogue().unwrap().product(sku).unwrap().handedness;
    let (mut left, mut right) = (0, 0);
    for life in lives_of(10, 1000, &["Order Completed"]).values() {
        let mut hands = BTreeSet::new();
        for message in life.iter().filter(|message| name(message) == "Order Completed") {
            for product in message["properties"]["products"].as_array().unwrap() {
                hands.extend(hand(product["sku"].as_str().unwrap()).map(|hand| format!("{hand:?}")));
            }
        }
        assert!(hands.len() < 2, "{hands:?}");
        left += usize::from(hands.contains("Left"));
        right += usize::from(hands.contains("Right"));
    }
    assert!(left > 5 && right > 3 * left, "{left} {right}");
}

#[test]
fn paddling_is_for_summer_and_running_is_not() {
    let mut views: BTreeMap<(String, bool), f64> = BTreeMap::new();
    for message in lives_of(11, 800, &["Product Viewed"])
        .values()
        .flatten()
        .filter(|message| name(message) == "Product Viewed")
    {
        let sport = message["properties"]["category"].as_str().unwrap().split('/').next().unwrap();
        match &message["timestamp"].as_str().unwrap()[5..7] {
            "12" | "01" | "02" => *views.entry((sport.to_owned(), true)).or_default() += 1.0,
            "06" | "07" | "08" => *views.entry((sport.to_owned(), false)).or_default() += 1.0,
            _ => {}
        }
    }
    let ratio = |sport: &str| views[&(sport.to_owned(), true)] / views[&(sport.to_owned(), false)];
    assert!(ratio("paddling") > 2.0, "{}", ratio("paddling"));
    assert!(ratio("tramping") > 1.2, "{}", ratio("tramping"));
    assert!(ratio("running") < 1.2, "{}", ratio("running"));
}

#[test]
fn an_order_adds_up_and_carries_who_ordered() {
    let cents = |value: &Value| (value.as_f64().unwrap() * 100.0).round() as i64;
    let mut orders = BTreeSet::new();
    let mut refunds = 0;
    for message in lives_of(12, 500, &["\"Order "]).values().flatten() {
        let properties = &message["properties"];
        match name(message) {
            "Order Completed" => {
                assert!(orders.insert(properties["order_id"].as_str().unwrap().to_owned()));
                let lines = properties["products"].as_array().unwrap();
                let sum: i64 =
                    lines.iter().map(|l| cents(&l["price"]) * l["quantity"].as_i64().unwrap()).sum();
                assert_eq!(sum, cents(&properties["subtotal"]), "{message}");
                let total = sum - cents(&properties["discount"]) + cents(&properties["shipping"]);
                assert_eq!(total, cents(&properties["total"]), "{message}");
                assert!(message["userId"].is_string() && message["context"]["page"].is_null());
            }
            "Order Refunded" => {
                refunds += 1;
                assert!(orders.contains(properties["order_id"].as_str().unwrap()), "{message}");
            }
            _ => {}
        }
    }
    assert!(orders.len() > 300 && refunds > 5, "{} {refunds}", orders.len());
}

#[test]
fn people_who_refuse_still_order() {
    let refuse = |life: &&Vec<Value>| life.iter().all(|message| answers_of(message).iter().all(|yes| !yes));
    let lives = lives_of(13, 400, &["Order Completed"]);
    let ordered = lives.values().filter(refuse).flatten().filter(|m| name(m) == "Order Completed").count();
    assert!(ordered > 50, "{ordered}");
}

/// Orders of each life with their skus.
fn purchases(life: &[Value]) -> Vec<(&Value, Vec<&str>)> {
    let orders = life.iter().filter(|message| name(message) == "Order Completed");
    orders
        .map(|order| {
            let lines = order["properties"]["products"].as_array().unwrap();
            (order, lines.iter().map(|line| line["sku"].as_str().unwrap()).collect())
        })
        .collect()
}

#[test]
fn consumables_come_back_at_their_own_interval() {
    let mut gaps: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let lives = lives_of(14, 1200, &["Order Completed"]);
    for life in lives.values() {
        let mut last: BTreeMap<&str, &Value> = BTreeMap::new();
        for (order, skus) in purchases(life) {
            for sku in skus {
                if let Some(before) = last.insert(sku, order) {
                    gaps.entry(sku.get(4..7).unwrap()).or_default().push(days_between(before, order));
                }
            }
        }
    }
    let mut median = |shelf: &str| {
        let gaps = gaps.get_mut(shelf).unwrap();
        assert!(gaps.len() > 10, "`{shelf}` was bought again only {} times", gaps.len());
        gaps.sort_by(f64::total_cmp);
        gaps[gaps.len() / 2]
    };
    for (shelf, from, to) in
        [("NUT", 22.0, 45.0), ("BAL", 30.0, 60.0), ("CAR", 65.0, 120.0), ("RSH", 180.0, 240.0)]
    {
        let found = median(shelf);
        assert!((from..to).contains(&found), "`{shelf}` comes back after {found} days");
    }
}

#[test]
fn a_new_e_bike_is_followed_by_tracks_and_locks() {
    let (mut buyers, mut readers, mut lockers) = (0.0, 0.0, 0.0);
    let lives = lives_of(15, 1200, &["Order Completed", "\"category\":\"Guides\""]);
    for life in lives.values() {
        let Some((order, _)) =
            purchases(life).into_iter().find(|(_, skus)| skus.iter().any(|s| s.starts_with("TUI-EBK")))
        else {
            continue;
        };
        let later = |days: f64| life.iter().filter(move |m| (0.0..days).contains(&days_between(order, m)));
        if order["timestamp"].as_str().unwrap() > "2025-11" {
            continue;
        }
        buyers += 1.0;
        let read =
            later(45.0).any(|m| m["properties"]["path"].as_str().is_some_and(|p| p.starts_with("/guides/")));
        readers += f64::from(u8::from(read));
        let locked = later(60.0).any(|m| {
            name(m) == "Order Completed"
                && m["properties"]["products"].to_string().contains("bikes/lights-and-locks")
        });
        lockers += f64::from(u8::from(locked));
    }
    assert!(buyers > 15.0, "{buyers}");
    assert!(readers / buyers > 0.8, "{readers} of {buyers} read");
    assert!(lockers / buyers > 0.5, "{lockers} of {buyers} bought locks or lights");
}

#[test]
fn the_samples_keep_their_characters_for_every_seed() {
    for seed in [1, 99] {
        let lives = lives(seed, 3);
        let [aroha, ben, chen] = sample_customers();
        for (sample, expected) in
            [(aroha, [true; 5]), (ben, [true, true, false, false, true]), (chen, [false; 5])]
        {
            let life = &lives[sample.anonymous_id];
            let last = &life[life.len() - 1]["context"]["consent"]["categoryPreferences"];
            let found = ["analytics", "personalisation", "offers", "personalised_pricing", "assistance"]
                .map(|purpose| last[purpose].as_bool().unwrap());
            assert_eq!(found, expected, "{}", sample.display_name);
            let orders = purchases(life);
            assert!(orders.len() >= 3, "{}", sample.display_name);
            assert!(orders.iter().all(|(order, _)| order["userId"] == sample.user_id));
        }
        let bought = |sample: &str, start: &str| {
            purchases(&lives[sample]).iter().any(|(_, skus)| skus.iter().any(|sku| sku.starts_with(start)))
        };
        assert!(bought(aroha.anonymous_id, "TUI-EBK") && bought(ben.anonymous_id, "TUI-IRN"));
        assert!(bought(chen.anonymous_id, "TUI-RSH"));
    }
}

#[test]
fn links_carry_e_mail_addresses_now_and_then() {
    let lives = lives_of(16, 300, &["?email="]);
    let count = lives.values().flatten().filter(|m| {
        m["context"]["page"]["url"]
            .as_str()
            .is_some_and(|url| url.contains("?email=") && url.contains("utm_source="))
    });
    assert!(count.count() > 20);
}

#[test]
fn impossible_dates_are_an_error() {
    let error = Simulation::new(1, 1, date(9999, 12, 1), 365).err().unwrap();
    assert!(matches!(error, SimulationError::Dates { days: 365, .. }), "{error}");
}
