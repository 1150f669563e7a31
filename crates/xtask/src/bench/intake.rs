//! Intake over HTTP as fast as it is acknowledged: consent, minimisation, sealing, audit and durable commit all on.
//! It must never send the same `messageId` twice: a duplicate is cheaper than an event.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use super::load::{Pace, Plan, Repeat, run};
use super::report::Table;
use super::server::{Data, Server};
use super::{Options, surface};

const EVENTS_PER_BATCH: u32 = 100;
/// More than a fast server takes in the time of one measurement.
const BATCHES: u32 = 20_000;
const CUSTOMERS: u32 = 5_000;
const PRODUCTS: u32 = 500;

pub(crate) fn measure(program: &Path, options: &Options) -> Result<()> {
    let data = Data::new()?;
    let server = Server::start(program, &data)?;
    let requests: Vec<_> = (0..BATCHES).map(|number| batch(number, &options.write_key)).collect();
    let measured = run(&Plan {
        address: server.address(),
        process_id: server.process_id(),
        connections: options.connections,
        pace: Pace::AsFastAsAnswered,
        warm_up: options.warm_up,
        length: options.length,
        requests: &requests,
        repeat: Repeat::Never,
    })?;
    measured.demand_all_served()?;
    let events = measured.served * u64::from(EVENTS_PER_BATCH);
    let cpu_us = measured.cpu.as_secs_f64() * 1e6 / events as f64;
    let mut table = Table::default();
    let per_second = events as f64 / measured.elapsed.as_secs_f64();
    table.row(
        "events acknowledged",
        format!("{per_second:.0} a second"),
        &format!("{cpu_us:.1} µs CPU an event"),
    );
    table.load(&measured);
    table.print();
    server.stop()
}

fn batch(number: u32, write_key: &str) -> Vec<u8> {
    let first = number * EVENTS_PER_BATCH;
    let events: Vec<_> = (first..first + EVENTS_PER_BATCH).map(event).collect();
    surface::batch(&events, write_key)
}

/// A product view by one of the customers who agreed to everything.
fn event(number: u32) -> Value {
    // Multiplying by a prime goes through all customers without an order that indexes could profit from.
    let customer = number.wrapping_mul(7_919) % CUSTOMERS;
    let product = number.wrapping_mul(104_729) % PRODUCTS;
    json!({
        "type": "track",
        "event": "Product Viewed",
        "messageId": format!("bench-{number}"),
        "userId": format!("customer-{customer}"),
        "timestamp": "2026-01-01T00:00:00Z",
        "properties": { "product_id": format!("product-{product}"), "price": 19.9, "currency": "NZD", "quantity": 1 },
        "context": {
            "ip": "203.0.113.77",
            "page": { "url": "https://shop.example/p?email=a@b.example", "path": "/p" },
            "consent": { "categoryPreferences": { "analytics": true, "personalisation": true, "offers": true } },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_is_sent_twice() {
        let ids: std::collections::HashSet<_> =
            (0..1000).map(|number| event(number)["messageId"].to_string()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(batch(3, "key").len() < 500 * 1024, "a batch stays below intake's limit");
    }
}
