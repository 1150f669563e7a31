//! The privacy centre: nobody gets in who shouldn't, nothing tells who is known, and each page does what it says.

use std::io::{Cursor, Read as _};
use std::process::Command;

use axum::body::Body;
use axum::http::Request;
use jsonwebtoken::{EncodingKey, Header, encode};
use privacy::rights::Certificate;
use serde_json::{Value, json};

use crate::harness::{Answer, Shop, ordered, viewed};

const ALL: &[&str] = &["analytics", "personalisation", "offers"];
const OURS: &[(&str, &str)] = &[("sec-fetch-site", "same-origin")];

fn shop() -> Shop {
    let shop = Shop::open_as_demo();
    shop.stock(&["boots", "socks", "tent"]);
    for id in ["aroha", "ben"] {
        settle(&shop, id);
    }
    shop
}

fn settle(shop: &Shop, id: &str) {
    let now = shop.now();
    let identify = json!({"type": "identify", "userId": id, "messageId": format!("i-{id}"), "timestamp": now.to_string(),
        "traits": {"email": format!("{id}@example.nz"), "firstName": format!("first-{id}")},
        "context": {"consent": {"categoryPreferences": {"analytics": true, "personalisation": true, "offers": true}}}});
    shop.batch(&[
        identify,
        viewed(id, "boots", "s", now, ALL),
        ordered(id, &format!("o-{id}"), &["boots", "socks"], now, ALL),
    ]);
}

fn get(shop: &Shop, path: &str, cookie: &str) -> Answer {
    shop.send(Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap())
}

fn post_with(shop: &Shop, path: &str, cookie: &str, form: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post(path)
        .header("cookie", cookie)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("host", "shop.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    shop.send(request.body(Body::from(form.to_owned())).unwrap())
}

fn post(shop: &Shop, path: &str, cookie: &str, form: &str) -> Answer {
    post_with(shop, path, cookie, form, OURS)
}

/// Asks for a link and takes it out of the mail that the page shows.
fn link(shop: &Shop, email: &str) -> String {
    let answer = post(shop, "/privacy/link", "", &format!("email={}", email.replace('@', "%40")));
    assert_eq!(answer.status, 200, "{}", answer.text);
    token_of(&answer.text)
}

fn token_of(text: &str) -> String {
    text.split("/privacy/enter?link=").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Signs in by a link; answers the cookie.
fn signed_in(shop: &Shop, id: &str) -> String {
    let answer =
        post(shop, "/privacy/enter", "", &format!("link={}", link(shop, &format!("{id}@example.nz"))));
    assert_eq!((answer.status.as_u16(), answer.location.as_deref()), (303, Some("/privacy/data")));
    answer.cookie.unwrap()
}

fn login(shop: &Shop, secret: &str, change: impl Fn(&mut Value)) -> Answer {
    let now = shop.now().as_second();
    let mut claims =
        json!({"sub": "aroha", "aud": "equipoise-privacy", "jti": "one", "iat": now, "exp": now + 120});
    change(&mut claims);
    let token = encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap();
    post(shop, "/privacy/enter", "", &format!("token={token}"))
}

fn secret(shop: &Shop) -> String {
    std::fs::read_to_string(shop.data_dir.join("keys/login.secret")).unwrap().trim().to_owned()
}

/// The first row's id of a kind, as the person's own page has it.
fn row_id(shop: &Shop, cookie: &str, kind: &str) -> String {
    let page = get(shop, &format!("/privacy/data/{kind}"), cookie).text;
    page.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[test]
fn asking_for_a_link_never_tells_whether_an_address_is_known() {
    let shop = shop();
    let ask = |email: &str| {
        let answer = post(&shop, "/privacy/link", "", &format!("email={email}"));
        (answer.status, answer.text.replace(&token_of(&answer.text), "…"))
    };
    assert_eq!(ask("aroha%40example.nz"), ask("stranger%40example.nz"));
    // Only who reads the mail learns it.
    let link = link(&shop, "stranger@example.nz");
    let answer = post(&shop, "/privacy/enter", "", &format!("link={link}"));
    assert_eq!((answer.status.as_u16(), answer.cookie), (404, None));
}

#[test]
fn a_link_works_once_and_not_by_being_looked_at_nor_after_its_time() {
    let shop = shop();
    let token = link(&shop, "aroha@example.nz");
    for _ in 0..2 {
        let answer = get(&shop, &format!("/privacy/enter?link={token}"), "");
        assert_eq!((answer.status.as_u16(), &answer.cookie), (200, &None));
    }
    let form = format!("link={token}");
    assert_eq!(post(&shop, "/privacy/enter", "", &form).status, 303);
    assert_eq!(post(&shop, "/privacy/enter", "", &form).status, 410);
    let late = link(&shop, "aroha@example.nz");
    shop.pass_seconds(15 * 60);
    assert_eq!(post(&shop, "/privacy/enter", "", &format!("link={late}")).status, 410);
}

#[test]
fn known_and_unknown_addresses_get_three_links_in_a_quarter_of_an_hour() {
    let shop = shop();
    for email in ["email=aroha%40example.nz", "email=stranger%40example.nz"] {
        let answers: Vec<u16> =
            (0..4).map(|_| post(&shop, "/privacy/link", "", email).status.as_u16()).collect();
        assert_eq!(answers, [200, 200, 200, 429], "{email}");
    }
}

#[test]
fn the_shops_login_opens_once_and_only_as_it_was_agreed() {
    let shop = shop();
    let secret = secret(&shop);
    let good = login(&shop, &secret, |_| {});
    assert_eq!(good.status, 303, "{}", good.text);
    assert!(get(&shop, "/privacy/data", &good.cookie.unwrap()).text.contains("aroha@example.nz"));
    assert_eq!(login(&shop, &secret, |_| {}).status, 410, "a token was heard twice");
    let now = shop.now().as_second();
    type Change<'c> = &'c dyn Fn(&mut Value);
    let wrong: [(&str, Change<'_>); 4] = [
        ("audience", &|claims| claims["aud"] = json!("somebody-else")),
        ("time", &|claims| claims["exp"] = json!(now - 1)),
        ("length", &|claims| claims["exp"] = json!(now + 301)),
        ("name", &|claims| drop(claims.as_object_mut().unwrap().remove("jti"))),
    ];
    for (what, change) in wrong {
        let answer = login(&shop, &secret, |claims| {
            claims["jti"] = json!(what);
            change(claims);
        });
        assert_eq!((answer.status.as_u16(), answer.cookie), (410, None), "{what}");
    }
    assert_eq!(login(&shop, "another secret", |claims| claims["jti"] = json!("two")).status, 410);
}

#[test]
fn the_examples_make_tokens_that_are_heard() {
    let shop = shop();
    shop.set_time(jiff::Timestamp::now());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/login");
    for (program, file) in [("node", "login.mjs"), ("python3", "login.py")] {
        let made = Command::new(program)
            .args([&format!("{folder}/{file}"), "https://privacy.shop.example", "aroha"])
            .env("LOGIN_SECRET", secret(&shop))
            .output();
        let Ok(made) = made else {
            eprintln!("skipped: `{program}` is missing");
            continue;
        };
        assert!(made.status.success(), "{program}: {}", String::from_utf8_lossy(&made.stderr));
        let address = String::from_utf8(made.stdout).unwrap();
        let token = address.trim().split("?token=").nth(1).unwrap().to_owned();
        let answer = post(&shop, "/privacy/enter", "", &format!("token={token}"));
        assert_eq!(answer.status, 303, "{program}");
    }
}

#[test]
fn a_server_without_mail_makes_no_link_and_says_so() {
    let shop = Shop::open();
    let page = get(&shop, "/privacy", "").text;
    assert!(page.contains("sends no links by e-mail") && !page.contains("<form"), "{page}");
    let answer = post(&shop, "/privacy/link", "", "email=aroha%40example.nz");
    assert_eq!((answer.status.as_u16(), answer.location.as_deref()), (303, Some("/privacy")));
}

#[test]
fn a_form_from_another_site_changes_nothing() {
    let shop = shop();
    let cookie = signed_in(&shop, "aroha");
    let cross = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
    for path in ["erase", "pause", "leave", "data/delete", "data/correct", "choices", "take"] {
        let answer = post_with(&shop, &format!("/privacy/{path}"), &cookie, "word=pause", &cross);
        assert_eq!(answer.status, 403, "{path}");
    }
    let token = link(&shop, "ben@example.nz");
    for (path, form) in [("link", "email=ben%40example.nz".to_owned()), ("enter", format!("link={token}"))] {
        assert_eq!(post_with(&shop, &format!("/privacy/{path}"), "", &form, &cross).status, 403, "{path}");
    }
    assert!(get(&shop, "/privacy/data", &cookie).text.contains("aroha@example.nz"));
}

#[test]
fn nobody_reaches_anothers_rows_or_receipts() {
    let shop = shop();
    let (aroha, ben) = (signed_in(&shop, "aroha"), signed_in(&shop, "ben"));
    assert!(!get(&shop, "/privacy/data", &ben).text.contains("aroha"));
    let id = row_id(&shop, &aroha, "browsing");
    let form = format!("kind=browsing&id={id}");
    assert_eq!(post(&shop, "/privacy/data/delete", &ben, &form).status, 404);
    assert_eq!(row_id(&shop, &aroha, "browsing"), id);
    assert_eq!(post(&shop, "/privacy/data/delete", &aroha, &form).status, 303);
    assert!(!get(&shop, "/privacy/data/browsing", &aroha).text.contains(&id));
    // Numbers count from 0 for everybody: the same one is another receipt for each, and one more is one person's alone.
    let receipt = |number: u64, cookie: &str| get(&shop, &format!("/privacy/receipts/{number}"), cookie);
    let whose = |answer: &Answer| answer.body.pointer("/receipt/header/pii_principal_id").cloned();
    let (own, others) = (receipt(0, &aroha), receipt(0, &ben));
    assert_eq!((own.status.as_u16(), others.status.as_u16()), (200, 200), "{}", own.text);
    assert!(whose(&own).is_some() && whose(&own) != whose(&others), "{}", own.text);
    post(&shop, "/privacy/choices", &aroha, "purpose=offers&word=withdrawn");
    let count = (0..).find(|number| receipt(*number, &aroha).status != 200).unwrap();
    assert_eq!(whose(&receipt(count - 1, &aroha)), whose(&own));
    assert_eq!(receipt(count - 1, &ben).status, 404);
    assert_eq!(get(&shop, "/privacy/receipts/999999", &ben).status, 404);
}

#[test]
fn a_corrected_field_is_what_the_page_shows_and_an_order_that_a_law_keeps_stays() {
    let shop = shop();
    let cookie = signed_in(&shop, "aroha");
    assert_eq!(
        post(&shop, "/privacy/data/correct", &cookie, "field=first_name&value=Ar%C5%8Dha").status,
        303
    );
    let page = get(&shop, "/privacy/data", &cookie).text;
    assert!(page.contains("Arōha") && !page.contains("first-aroha"), "{page}");
    // The name by which somebody signs in can't be taken over by a form.
    let answer = post(&shop, "/privacy/data/correct", &cookie, "field=email&value=ben%40example.nz");
    assert_eq!(answer.status, 400);
    let order = row_id(&shop, &cookie, "orders");
    let answer = post(&shop, "/privacy/data/delete", &cookie, &format!("kind=orders&id={order}"));
    assert_eq!(answer.status, 409);
    assert!(answer.text.contains("Tax Administration Act"), "{}", answer.text);
}

#[test]
fn a_switch_changes_the_very_next_shelf_and_shows_both() {
    let shop = shop();
    let cookie = signed_in(&shop, "aroha");
    let used = || shop.recommendations("aroha", "").body["purposes"]["used"].clone();
    assert_eq!(used(), json!(["personalisation"]));
    let page = post(&shop, "/privacy/choices", &cookie, "purpose=personalisation&word=withdrawn").text;
    let (before, after) = page.split_once("id=\"after\"").unwrap();
    assert!(before.contains("Used what you looked at"), "{page}");
    assert!(after.contains("Nothing about you was used"), "{page}");
    assert_eq!(used(), json!([]));
    // Of two words of one moment the no counts.
    shop.pass_seconds(1);
    let page = post(&shop, "/privacy/choices", &cookie, "purpose=personalisation&word=given");
    assert_eq!((page.status.as_u16(), used()), (200, json!(["personalisation"])));
    let receipts = get(&shop, "/privacy/receipts", &cookie).text;
    assert!(receipts.contains(": withdrawn") && receipts.contains(": given"), "{receipts}");
    // A yes against the browser's own no isn't taken.
    let signal = [("sec-fetch-site", "same-origin"), ("sec-gpc", "1")];
    post(&shop, "/privacy/choices", &cookie, "purpose=offers&word=withdrawn");
    let answer = post_with(&shop, "/privacy/choices", &cookie, "purpose=offers&word=given", &signal);
    assert_eq!(answer.status, 409, "{}", answer.text);
}

#[test]
fn whoever_stops_everything_is_unused_until_they_let_it_go_on() {
    let shop = shop();
    let cookie = signed_in(&shop, "aroha");
    let used = || shop.recommendations("aroha", "").body["purposes"]["used"].clone();
    assert_eq!(post(&shop, "/privacy/pause", &cookie, "word=pause").status, 303);
    assert_eq!(used(), json!([]));
    assert!(get(&shop, "/privacy/choices", &cookie).text.contains("Stopped since"));
    assert_eq!(post(&shop, "/privacy/pause", &cookie, "word=go_on").status, 303);
    assert_eq!(used(), json!(["personalisation"]));
}

#[test]
fn the_archive_holds_everything_in_three_forms() {
    let shop = shop();
    let cookie = signed_in(&shop, "aroha");
    let answer = post(&shop, "/privacy/take", &cookie, "");
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut archive = zip::ZipArchive::new(Cursor::new(answer.bytes)).unwrap();
    let mut read = |name: &str| {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let all: Value = serde_json::from_str(&read("everything.json")).unwrap();
    assert_eq!(all["format"], "equipoise.access/v1");
    let portable: Value = serde_json::from_str(&read("portable.json")).unwrap();
    assert_eq!(portable["format"], "equipoise.portability/v1");
    assert!(read("index.html").contains("aroha@example.nz"));
    assert!(read("tables/orders.csv").contains("o-aroha"));
}

#[test]
fn erasure_ends_the_session_and_gives_a_certificate_that_checks() {
    let shop = shop();
    let cookie = signed_in(&shop, "aroha");
    let asked = get(&shop, "/privacy/erase", &cookie).text;
    assert!(asked.contains("Tax Administration Act 1994"), "{asked}");
    let done = post(&shop, "/privacy/erase", &cookie, "");
    assert_eq!(done.status, 200, "{}", done.text);
    let text = done.text.split("<textarea").nth(1).unwrap().split_once('>').unwrap().1;
    let text = text.split("</textarea>").next().unwrap().replace("&quot;", "\"").replace("&amp;", "&");
    Certificate::verify(&serde_json::from_str(&text).unwrap(), None).unwrap();
    assert_eq!(get(&shop, "/privacy/data", &cookie).location.as_deref(), Some("/privacy"));
    assert_eq!(shop.operator("POST", "/v1/subjects/access", &json!({"user_id": "aroha"})).status, 404);
    assert_eq!(shop.operator("POST", "/v1/subjects/access", &json!({"user_id": "ben"})).status, 200);
}

#[test]
fn every_page_answers_whoever_is_signed_in_and_nobody_after_they_left() {
    let shop = shop();
    let cookie = signed_in(&shop, "aroha");
    let pages = ["data", "data/orders", "choices", "receipts", "take", "erase"];
    for page in pages {
        let answer = get(&shop, &format!("/privacy/{page}"), &cookie);
        assert_eq!(answer.status, 200, "{page}: {}", answer.text);
    }
    assert_eq!(post(&shop, "/privacy/leave", &cookie, "").status, 303);
    for page in pages {
        assert_eq!(get(&shop, &format!("/privacy/{page}"), &cookie).status, 303, "{page}");
    }
}
