//! Recommendations over HTTP at a constant rate, on the Online Retail log, with the consent check on.
//! It must never ask without a customer: answers for nobody are cheaper.

use std::path::Path;

use anyhow::Result;

use super::load::{Pace, Plan, Repeat, run};
use super::report::{Table, milliseconds};
use super::server::{Data, Server};
use super::{Options, online_retail, server, shared, surface};

/// The most that 99 of 100 answers may take at the default rate on two cores.
const P99_LIMIT_MS: f64 = 5.0;

pub(crate) fn measure(root: &Path, program: &Path, options: &Options) -> Result<()> {
    let file = shared(root, online_retail::FILE)?;
    let purchases = online_retail::read(&file)?;
    let data = Data::new()?;
    let import = server::run(program, &surface::import_online_retail(&file, &data.dir()))?;
    let requests: Vec<_> = purchases
        .pairs
        .iter()
        .map(|(customer, item)| surface::recommendations(customer, item, &options.write_key))
        .collect();
    let server = Server::start(program, &data)?;
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
    measured.demand_all_served()?;
    let mut table = Table::default();
    let lines_per_second = purchases.lines as f64 / import.as_secs_f64();
    table.row(
        "import",
        format!("{:.1} s", import.as_secs_f64()),
        &format!("{lines_per_second:.0} lines a second"),
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
    server.stop()
}
