//! Memory that a million interactions take in a running server: what it holds with them, less what it holds without.
//! It must never be read before the server was asked for something: some memory is taken on first use.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::load::{Pace, Plan, Repeat, run};
use super::report::Table;
use super::server::{Data, Server, Shop};
use super::surface;

const WAKING_REQUESTS: usize = 2_000;

pub(crate) fn measure(program: &Path, shop: &Shop) -> Result<()> {
    let Shop { data, interactions, pairs, import: _, what } = shop;
    let empty = resident_bytes(program, &Data::new(program)?, pairs)?;
    let full = resident_bytes(program, data, pairs)?;
    let per_million = full.saturating_sub(empty) as f64 * 1e6 / *interactions as f64;
    let mut table = Table::default();
    table.row("loaded", format!("{interactions} interactions"), what);
    table.row("memory without them", mebibytes(empty as f64), "");
    table.row(
        "memory with them",
        mebibytes(full as f64),
        "models of everybody who agreed, keys, database cache",
    );
    table.row("ratio", format!("{:.2} times", full as f64 / empty as f64), "with against without");
    table.row("a million interactions", mebibytes(per_million), "");
    table.print();
    Ok(())
}

fn resident_bytes(program: &Path, data: &Data, pairs: &[(String, String)]) -> Result<u64> {
    let server = Server::start(program, data)?;
    let requests: Vec<_> = pairs
        .iter()
        .take(WAKING_REQUESTS)
        .map(|(user, item)| surface::recommendations(user, item, server.token()))
        .collect();
    let measured = run(&Plan {
        address: server.address(),
        process_id: server.process_id(),
        connections: 2,
        pace: Pace::AsFastAsAnswered,
        warm_up: Duration::ZERO,
        length: Duration::from_secs(60),
        requests: &requests,
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
