//! Measures the session model on a log of sessions: how often it is right, and how long an answer takes.
//!
//! `cargo run --release -p models --example evaluate_sessions -- TRAIN.tsv.gz TEST.tsv.gz [M K LAST_CLICKS]`
//! `cargo run --release -p models --example evaluate_sessions -- TRAIN.tsv.gz --valid`
//!
//! The files have a head line and the columns `SessionId ItemId Time` (seconds), separated by tabs. With `--valid` settings are
//! compared on the last day of TRAIN, which the model then doesn't learn from.
//! Must never choose a setting by what it does on TEST.
#![expect(clippy::print_stdout, reason = "an example that reports to a terminal")]

use models::evaluate::{SessionReport, evaluate_sessions};
use models::recommend::session::{Params, Rarity, SessionIndex, SessionKey, Visit};
use models::recommend::{ItemId, Scratch};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::io::Read as _;
use std::time::Instant;

type Clicks = Vec<(u64, u64, i64)>;

/// Items by the number in the file, and the sessions' clicks.
struct Log {
    items: HashMap<u64, ItemId>,
    index: SessionIndex,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [train, "--valid"] => choose(read(train)?),
        [train, test] => report(&learn(&read(train)?), &read(test)?, &Params::standard(21)),
        [train, test, recent, neighbours, last_clicks] => {
            let params = Params {
                recent: recent.parse()?,
                neighbours: neighbours.parse()?,
                last_clicks: last_clicks.parse()?,
                ..Params::standard(21)
            };
            report(&learn(&read(train)?), &read(test)?, &params);
        }
        _ => {
            return Err(
                "usage: evaluate_sessions TRAIN.tsv.gz (--valid | TEST.tsv.gz [M K LAST_CLICKS])".into()
            );
        }
    }
    Ok(())
}

/// Tries settings on the last day of the training log.
fn choose(clicks: Clicks) {
    let mut last: BTreeMap<u64, i64> = BTreeMap::new();
    for (session, _, time) in &clicks {
        let newest = last.entry(*session).or_insert(*time);
        *newest = (*newest).max(*time);
    }
    let end = last.values().max().copied().unwrap_or(0);
    let (held_out, known): (Clicks, Clicks) = clicks
        .into_iter()
        .partition(|(session, _, _)| last.get(session).is_some_and(|time| *time > end - 86_400));
    let log = learn(&known);
    for recent in [500, 1_500] {
        for neighbours in [100, 500] {
            for last_clicks in [2, 3, 4, 5, 9] {
                for rarity in [Rarity::Ignored, Rarity::Idf, Rarity::Boost { weight: 1.0 }] {
                    if neighbours > recent {
                        continue;
                    }
                    let params = Params { recent, neighbours, last_clicks, rarity, ..Params::standard(21) };
                    let (found, _) = ask(&log, &held_out, &params);
                    println!(
                        "m {recent:5} k {neighbours:5} last {last_clicks} {rarity:?}: {}",
                        figures(&found)
                    );
                }
            }
        }
    }
}

fn report(log: &Log, test: &Clicks, params: &Params) {
    let (found, mut micros) = ask(log, test, params);
    micros.sort_by(f64::total_cmp);
    let quantile = |q: f64| micros.get((micros.len() as f64 * q) as usize).copied().unwrap_or(0.0);
    let index = &log.index;
    println!("{} sessions, {} clicks, {} items", index.sessions(), index.clicks(), log.items.len());
    println!("{} MB", index.footprint_bytes() / 1_000_000);
    println!("{params:?}");
    println!("{}", figures(&found));
    println!("µs a query: p50 {:.1}, p90 {:.1}, p99 {:.1}", quantile(0.5), quantile(0.9), quantile(0.99));
}

fn figures(found: &SessionReport) -> String {
    let SessionReport { queries, hit_rate, reciprocal_rank, recall, recall_by_click, ndcg, coverage } = found;
    format!(
        "HR@20 {hit_rate:.4} MRR@20 {reciprocal_rank:.4} Recall@20 {recall:.4} (by click {recall_by_click:.4}) NDCG@20 {ndcg:.4} coverage {coverage:.3} ({queries} queries)"
    )
}

/// The figures, and the time of every query in µs, reasons included.
fn ask(log: &Log, clicks: &Clicks, params: &Params) -> (SessionReport, Vec<f64>) {
    let mut sessions: BTreeMap<u64, Vec<(i64, usize, u64)>> = BTreeMap::new();
    for (line, (session, item, time)) in clicks.iter().enumerate() {
        sessions.entry(*session).or_default().push((*time, line, *item));
    }
    let unknown = ItemId(u32::MAX);
    let in_order = sessions.into_values().map(|mut clicks| {
        clicks.sort_unstable();
        clicks.iter().map(|(_, _, item)| log.items.get(item).copied().unwrap_or(unknown)).collect::<Vec<_>>()
    });
    let mut scratch = Scratch::new();
    let mut micros = Vec::new();
    let found = evaluate_sessions(
        in_order,
        |item| item != unknown,
        log.items.len(),
        20,
        |seen, answer| {
            let start = Instant::now();
            let list = log.index.score(&Visit { items: seen, own: None }, params, &mut scratch);
            micros.push(start.elapsed().as_secs_f64() * 1e6);
            answer.extend(list.iter().map(|scored| scored.item()));
        },
    );
    (found, micros)
}

fn learn(clicks: &Clicks) -> Log {
    let distinct: BTreeSet<u64> = clicks.iter().map(|(_, item, _)| *item).collect();
    let items: HashMap<u64, ItemId> = distinct.into_iter().zip((0..).map(ItemId)).collect();
    let mut index = SessionIndex::new();
    let numbered = clicks.iter().filter_map(|(session, item, time)| {
        let item = items.get(item)?;
        Some((SessionKey(*session), *item, *time))
    });
    index.extend(numbered);
    Log { items, index }
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
