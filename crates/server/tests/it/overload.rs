//! More events than the writer keeps up with: clients are asked to come again, and nothing that was acknowledged is lost.

use std::time::Duration;

use axum::http::StatusCode;
use equipoise::intake::{LONGEST_QUEUE, MOST_WAITING_BYTES};
use privacy::audit::Author;
use privacy::store::StoreError;
use serde_json::{Value, json};
use store::{Pending, Write};

use crate::harness::{Answer, Shop, ordered};

/// Queues a write that waits for a word before it ends.
fn hold(shop: &Shop) -> (std::sync::mpsc::Sender<()>, Pending<(), StoreError>) {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let held = write(shop, move || {
        let _ = wait.recv();
    });
    until(|| shop.app.store.queue_length() == 0);
    (go, held)
}

fn write(shop: &Shop, work: impl FnOnce() + Send + 'static) -> Pending<(), StoreError> {
    let what = Write { name: "test.hold", author: Author::System, at: shop.now() };
    shop.app.store.write(what, move |_| {
        work();
        Ok(())
    })
}

fn until(condition: impl Fn() -> bool) {
    while !condition() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn order(shop: &Shop, number: &str) -> Answer {
    shop.client("POST", "/v1/track", &ordered("kim", number, &["boots"], shop.now(), &[]))
}

fn count(shop: &Shop, number: &str) -> usize {
    let document = shop.operator("POST", "/v1/subjects/portability", &json!({"user_id": "kim"}));
    assert_eq!(document.status, StatusCode::OK, "{}", document.text);
    document.text.matches(&format!("\"{number}\"")).count()
}

#[test]
fn overload_is_answered_by_503_and_loses_nothing_that_was_acknowledged() {
    let shop = Shop::open();
    let early = ["early-1", "early-2", "early-3"];
    let (go, held) = hold(&shop);
    std::thread::scope(|scope| {
        let waiting = early.map(|number| {
            let shop = &shop;
            scope.spawn(move || order(shop, number).status)
        });
        until(|| shop.app.store.queue_length() == early.len());
        let filling: Vec<_> = (0..LONGEST_QUEUE).map(|_| write(&shop, || ())).collect();
        for _ in 0..2 {
            let refused = order(&shop, "late-1");
            assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text);
            assert!(refused.retry_after.is_some_and(|seconds| seconds > 0));
            assert!(refused.body["mend"].is_string(), "{}", refused.text);
        }
        assert_eq!(shop.client("GET", "/healthz", &Value::Null).status, StatusCode::OK);
        assert!(waiting.iter().all(|waits| !waits.is_finished()), "no answer comes before its commit");
        go.send(()).unwrap();
        for waits in waiting {
            assert_eq!(waits.join().unwrap(), StatusCode::OK);
        }
        filling.into_iter().for_each(|written| written.wait().unwrap());
    });
    held.wait().unwrap();
    assert_eq!(count(&shop, "late-1"), 0, "what was refused left nothing");
    // The client comes again, as it was asked to, and once more because it is not sure.
    for _ in 0..2 {
        assert_eq!(order(&shop, "late-1").status, StatusCode::OK);
    }
    let (_, folder, temporary) = shop.close();
    let shop = Shop::open_in(&folder, temporary);
    for number in early.iter().chain(&["late-1"]) {
        assert_eq!(count(&shop, number), 1, "{number}");
    }
}

#[test]
fn a_few_large_bodies_are_as_much_as_many_small_ones() {
    let shop = Shop::open();
    let (go, held) = hold(&shop);
    std::thread::scope(|scope| {
        let waits = {
            let shop = &shop;
            scope.spawn(move || order(shop, "early-1").status)
        };
        until(|| shop.app.store.queue_length() == 1);
        let waiting = shop.app.load.bytes();
        assert!(waiting > 100, "an order that waits is counted: {waiting}");
        let others = shop.app.load.carry(MOST_WAITING_BYTES - waiting - 100).unwrap();
        let refused = order(&shop, "late-1");
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text);
        assert!(refused.retry_after.is_some_and(|seconds| seconds > 0));
        drop(others);
        go.send(()).unwrap();
        assert_eq!(waits.join().unwrap(), StatusCode::OK);
        assert_eq!(order(&shop, "late-1").status, StatusCode::OK);
    });
    held.wait().unwrap();
    until(|| shop.app.load.bytes() == 0);
    assert_eq!((count(&shop, "early-1"), count(&shop, "late-1")), (1, 1));
}
