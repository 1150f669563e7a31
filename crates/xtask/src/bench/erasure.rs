//! Erasing whole people, one after the other, from a shop with many interactions that answers others meanwhile.
//! It must never erase anybody twice: the second time there is nothing to do.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};

use super::load::{Pace, Plan, Repeat, run};
use super::report::{Table, milliseconds};
use super::server::{Server, Shop};
use super::surface;

const P99_LIMIT_MS: f64 = 50.0;
/// Enough for ten of them to lie above the 99th percentile.
const ERASURES: usize = 1_000;
/// Erasures a second, and recommendations a second for others meanwhile.
const PACES: (u32, u32) = (20, 50);

pub(crate) fn measure(program: &Path, shop: &Shop) -> Result<()> {
    let Shop { data, interactions, pairs, import, what } = shop;
    let server = Server::start(program, data)?;
    // Of ten people nine are candidates, and the tenth goes on shopping.
    let (leaving, staying): (Vec<_>, Vec<_>) =
        pairs.iter().enumerate().partition(|(number, _)| number % 10 != 0);
    let step = (leaving.len() / ERASURES).max(1);
    let erasures: Vec<_> = leaving
        .iter()
        .step_by(step)
        .take(ERASURES)
        .map(|(_, (user, _))| surface::erase(user, server.token()))
        .collect();
    let others: Vec<_> = staying
        .iter()
        .map(|(_, (user, item))| surface::recommendations(user, item, server.token()))
        .collect();
    let (erasures_a_second, others_a_second) = PACES;
    let length = Duration::from_secs(erasures.len() as u64 / u64::from(erasures_a_second) + 1);
    let plan = |requests, repeat, pace| Plan {
        address: server.address(),
        process_id: server.process_id(),
        connections: 1,
        pace: Pace::PerSecond(pace),
        warm_up: Duration::ZERO,
        length,
        requests,
        repeat,
    };
    let (erased, answered) = std::thread::scope(|scope| {
        let others = scope.spawn(|| run(&plan(&others, Repeat::Forever, others_a_second)));
        let erased = run(&plan(&erasures, Repeat::Never, erasures_a_second));
        (erased, others.join())
    });
    let (erased, Ok(answered)) = (erased?, answered) else { bail!("the other customers' thread broke down") };
    let answered = answered?;
    erased.demand_all_served()?;
    answered.demand_all_served()?;
    let mut table = Table::default();
    table.row("loaded", format!("{interactions} interactions"), what);
    let per_second = *interactions as f64 / import.as_secs_f64();
    table.row("  in", format!("{:.0} s", import.as_secs_f64()), &format!("{per_second:.0} a second"));
    table.row("erased", format!("{} people", erased.served), &format!("{erasures_a_second} a second"));
    table.quantiles(&erased);
    table.within("p99 against its limit", milliseconds(&erased.latency_us, 0.99), P99_LIMIT_MS, "ms");
    table.row(
        "others' answers, p99",
        format!("{:.2} ms", milliseconds(&answered.latency_us, 0.99)),
        "meanwhile",
    );
    table.print();
    server.stop()
}
