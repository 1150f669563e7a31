//! Erasing whole people, one after the other, from a shop with many interactions.
//! It must never erase anybody twice: the second time there is nothing to do.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::load::{Pace, Plan, Repeat, run};
use super::report::{Table, milliseconds};
use super::server::{Data, Server};
use super::{Options, server, surface};

const P99_LIMIT_MS: f64 = 50.0;
/// Enough for ten of them to lie above the 99th percentile.
const ERASURES: usize = 1_000;

pub(crate) fn measure(program: &Path, options: &Options) -> Result<()> {
    let data = Data::new()?;
    let events = data.beside("events.jsonl");
    simulate(program, options.customers, &events)?;
    let (subjects, lines) = subjects(&events)?;
    server::run(program, &surface::import_segment(&events, &data.dir()))?;
    let step = (subjects.len() / ERASURES).max(1);
    let requests: Vec<_> = subjects
        .iter()
        .step_by(step)
        .take(ERASURES)
        .map(|subject| surface::erase(subject, &options.operator_key))
        .collect();
    let server = Server::start(program, &data)?;
    let measured = run(&Plan {
        address: server.address(),
        process_id: server.process_id(),
        connections: 1,
        pace: Pace::AsFastAsAnswered,
        warm_up: std::time::Duration::ZERO,
        length: options.length.max(std::time::Duration::from_secs(120)),
        requests: &requests,
        repeat: Repeat::Never,
    })?;
    measured.demand_all_served()?;
    let mut table = Table::default();
    table.row("loaded", format!("{lines} events"), &format!("{} customers", subjects.len()));
    table.load(&measured);
    table.within("p99 against its limit", milliseconds(&measured.latency_us, 0.99), P99_LIMIT_MS, "ms");
    table.print();
    server.stop()
}

fn simulate(program: &Path, customers: u32, events: &Path) -> Result<()> {
    let output = File::create(events).with_context(|| format!("could not write `{}`", events.display()))?;
    let status = Command::new(program)
        .args(surface::simulate(customers))
        .stdin(Stdio::null())
        .stdout(output)
        .status()
        .with_context(|| format!("could not start `{}`", program.display()))?;
    if !status.success() {
        bail!("the simulation ended with an error");
    }
    Ok(())
}

/// Everyone that the events name, in order, and the number of events.
fn subjects(events: &Path) -> Result<(BTreeSet<String>, u64)> {
    let mut subjects = BTreeSet::new();
    let mut lines = 0;
    for line in BufReader::new(File::open(events)?).lines() {
        let event: Value =
            serde_json::from_str(&line?).context("the simulation wrote a line that isn't JSON")?;
        lines += 1;
        subjects.extend(event.get("userId").and_then(Value::as_str).map(str::to_owned));
    }
    if subjects.is_empty() {
        bail!("the simulation named no customer (`userId`)");
    }
    Ok((subjects, lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_is_named_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.jsonl");
        std::fs::write(&file, "{\"userId\":\"b\"}\n{\"userId\":\"a\"}\n{\"userId\":\"b\"}\n{}\n").unwrap();
        let (subjects, lines) = subjects(&file).unwrap();
        assert_eq!((subjects.into_iter().collect::<Vec<_>>().join(" "), lines), ("a b".to_owned(), 4));
    }
}
