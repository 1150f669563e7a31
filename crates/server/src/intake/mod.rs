//! Intake: what a customer's client, the shop's server or a file says, on its way to the vault.
//!
//! authenticate → parse → minimise → who → may we → seal → store → learn. Nothing of an event may reach a log, a
//! metric, an error or a file but as a count by a fixed reason; the one exception is the rejects file of an import,
//! which holds what the operator's own file held.

mod claims;
mod document;
mod event;
mod field;
mod heed;
pub mod import;
mod keep;
mod load;
mod moment;
mod money;
mod order;
mod outcome;
mod recent;
mod resolve;
mod routes;
mod row;
mod segment;
mod settings;
mod stamps;
mod take;
#[cfg(test)]
mod take_tests;

pub use load::{Load, MOST_WAITING_BYTES};
pub use moment::Arrival;
pub use outcome::Outcome;
pub use routes::{LONGEST_QUEUE, routes};
pub use segment::{Body, BodyError, Call, MOST_BODY_BYTES, MOST_EVENT_BYTES, MOST_EVENTS};
pub use take::TakeError;

use std::sync::Arc;

use privacy::audit::Author;
use privacy::entropy::Entropy;
use privacy::signals::Gpc;
use store::{Pending, Store, Write};

use crate::consent::Authority;
use crate::recommend::Engine;

/// Takes a parsed body of the operator's own in as one write: for the demo's simulated year, tests and benchmarks.
pub fn take_in(
    store: &Store,
    engine: &Engine,
    entropy: &Arc<dyn Entropy>,
    body: Body<'_>,
    arrival: Arrival,
    opt_out: Gpc,
) -> Pending<Outcome, TakeError> {
    take_from(Authority::Operator, store, engine, entropy, body, arrival, opt_out)
}

fn take_from(
    authority: Authority,
    store: &Store,
    engine: &Engine,
    entropy: &Arc<dyn Entropy>,
    body: Body<'_>,
    arrival: Arrival,
    opt_out: Gpc,
) -> Pending<Outcome, TakeError> {
    let mut events = body.events(arrival, opt_out, &store.law().register);
    segment::name_messages(&mut events, store.vault());
    let means = take::Means {
        vault: Arc::clone(store.vault()),
        entropy: Arc::clone(entropy),
        engine: engine.clone(),
        authority,
        now: arrival.now(),
    };
    let author = Author::Machine { part: "intake".to_owned() };
    store.write(Write { name: "event.store", author, at: arrival.now() }, move |tx| {
        take::take(tx, &means, events)
    })
}
