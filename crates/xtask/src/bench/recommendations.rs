//! Recommendations over HTTP at a constant rate, with the consent check on, for customers of whom something is known.
//! What takes long to be reckoned after a start is waited for: an hour's load isn't a start.
//! It must never ask without a customer: answers for nobody are cheaper.

use std::path::Path;

use anyhow::Result;

use super::Options;
use super::load::{Pace, Plan, Repeat, run};
use super::report::{Table, milliseconds};
use super::server::{Server, Shop};
use super::surface;

/// The most that 99 of 100 answers may take at the default rate on two cores.
const P99_LIMIT_MS: f64 = 5.0;

pub(crate) fn measure(program: &Path, shop: &Shop, options: &Options) -> Result<()> {
    let Shop { data, interactions, pairs, import, what } = shop;
    let server = Server::start(program, data)?;
    let tended = server.wait_until_tended()?;
    let requests: Vec<_> =
        pairs.iter().map(|(user, item)| surface::recommendations(user, item, server.token())).collect();
    let measured = run(&Plan {
        address: server.address(),
        process_id: server.process_id(),
        connections: options.connections,
        pace: Pace::PerSecond(options.rate_per_second),
        warm_up: options.warm_up,
        length: options.length,
        requests: &requests,
        repeat: Repeat::Forever,
    })?;
    let mut table = Table::default();
    table.row("loaded", format!("{interactions} interactions"), what);
    let per_second = *interactions as f64 / import.as_secs_f64();
    table.row("  in", format!("{:.1} s", import.as_secs_f64()), &format!("{per_second:.0} a second"));
    table.row(
        "models reckoned",
        format!("{:.1} s", tended.as_secs_f64()),
        "after the start; measured from then on",
    );
    table.load(&measured);
    table.within("p99 against its limit", milliseconds(&measured.latency_us, 0.99), P99_LIMIT_MS, "ms");
    let asked = f64::from(options.rate_per_second);
    table.row(
        "rate against the asked",
        format!("{:.3}", measured.served_per_second() / asked),
        "1 is all of it",
    );
    table.print();
    measured.demand_all_served()?;
    server.stop()
}
