//! Memory that a million interactions take in a running server: what it holds with them, less what it holds without.
//! It must never be read before the models were asked for something: some are loaded on first use.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::load::{Pace, Plan, Repeat, run};
use super::report::Table;
use super::server::{Data, Server};
use super::{Options, online_retail, server, shared, surface};

const WAKING_REQUESTS: usize = 2_000;

pub(crate) fn measure(root: &Path, program: &Path, options: &Options) -> Result<()> {
    let file = shared(root, online_retail::FILE)?;
    let purchases = online_retail::read(&file)?;
    let requests: Vec<_> = purchases
        .pairs
        .iter()
        .take(WAKING_REQUESTS)
        .map(|(customer, item)| surface::recommendations(customer, item, &options.write_key))
        .collect();
    let empty = resident_bytes(program, &Data::new()?, &requests)?;
    let data = Data::new()?;
    server::run(program, &surface::import_online_retail(&file, &data.dir()))?;
    let full = resident_bytes(program, &data, &requests)?;
    let per_million = full.saturating_sub(empty) as f64 * 1e6 / purchases.lines as f64;
    let mut table = Table::default();
    table.row("without data", mebibytes(empty as f64), "");
    table.row("with the log", mebibytes(full as f64), &format!("{} interactions", purchases.lines));
    table.row("ratio", format!("{:.2} times", full as f64 / empty as f64), "with against without");
    table.row("a million interactions", mebibytes(per_million), "");
    table.print();
    Ok(())
}

fn resident_bytes(program: &Path, data: &Data, requests: &[Vec<u8>]) -> Result<u64> {
    let server = Server::start(program, data)?;
    let measured = run(&Plan {
        address: server.address(),
        process_id: server.process_id(),
        connections: 2,
        pace: Pace::AsFastAsAnswered,
        warm_up: Duration::ZERO,
        length: Duration::from_secs(60),
        requests,
        repeat: Repeat::Never,
    })?;
    measured.demand_all_served()?;
    let bytes = server.resident_bytes()?;
    server.stop()?;
    Ok(bytes)
}

fn mebibytes(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / f64::from(1 << 20))
}
