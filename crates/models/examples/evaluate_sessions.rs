//! Fits the dials of the session models to a log of sessions, on its newest tenth, and says how long learning takes.
//! `equipoise evaluate sessions` asks about a test part.
//!
//! `cargo run --release -p models --example evaluate_sessions -- TRAIN.tsv.gz`
//!
//! The file has a head line and the columns `SessionId ItemId Time` (seconds), separated by tabs.
//! Must never see a test part.
#![expect(clippy::print_stdout, reason = "an example that reports to a terminal")]

use models::recommend::ItemId;
use models::recommend::session::SessionKey;
use models::recommend::visits::{Plan, VisitParams, Visits, fit};
use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::io::Read as _;
use std::time::Instant;

type Clicks = Vec<(u64, u64, i64)>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [train] = arguments.as_slice() else { return Err("usage: evaluate_sessions TRAIN.tsv.gz".into()) };
    let clicks = learn(&read(train)?);
    let start = Instant::now();
    let found = fit(&clicks, &VisitParams::standard(21), &Plan::standard(20))?;
    let seconds = start.elapsed().as_secs_f64();
    println!("fitted in {seconds:.1} s, {} settings: {:.4} → {:.4}", found.tried, found.before, found.after);
    println!("{:#?}", found.best);
    Ok(())
}

/// Learns everything, to say how long that takes and how large it is; the clicks with dense items.
fn learn(clicks: &Clicks) -> Vec<(SessionKey, ItemId, i64)> {
    let distinct: BTreeSet<u64> = clicks.iter().map(|(_, item, _)| *item).collect();
    let items: HashMap<u64, ItemId> = distinct.into_iter().zip((0..).map(ItemId)).collect();
    let clicks: Vec<(SessionKey, ItemId, i64)> = clicks
        .iter()
        .filter_map(|(session, item, time)| Some((SessionKey(*session), *items.get(item)?, *time)))
        .collect();
    let mut visits = Visits::new();
    let start = Instant::now();
    visits.extend(clicks.iter().copied());
    println!(
        "{} sessions, {} clicks, {} items, {} pairs, {} MB, built in {:.3} s",
        visits.sessions().sessions(),
        visits.sessions().clicks(),
        items.len(),
        visits.pairs().pairs(),
        visits.footprint_bytes() / 1_000_000,
        start.elapsed().as_secs_f64()
    );
    clicks
}

fn read(path: &str) -> Result<Clicks, Box<dyn Error>> {
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| format!("can't open `{path}`: {error}"))?;
    flate2::read::GzDecoder::new(file).read_to_string(&mut text)?;
    let mut clicks = Vec::new();
    for (number, line) in text.lines().enumerate().skip(1) {
        let bad = || format!("`{path}` line {}: expected `SessionId ItemId Time`", number + 1);
        let mut fields = line.split('\t');
        let mut next = || fields.next().ok_or_else(bad);
        let (session, item, time) = (next()?, next()?, next()?);
        clicks.push((session.parse()?, item.parse()?, time.parse::<f64>()? as i64));
    }
    Ok(clicks)
}
