//! Measures the session models on a log of sessions: how often they are right, and how long an answer takes.
//!
//! `cargo run --release -p models --example evaluate_sessions -- TRAIN.tsv.gz TEST.tsv.gz`
//! `cargo run --release -p models --example evaluate_sessions -- TRAIN.tsv.gz --valid`
//!
//! The files have a head line and the columns `SessionId ItemId Time` (seconds), separated by tabs. The dials of the last table
//! are fitted on the newest tenth of TRAIN; with `--valid` only that is done and shown.
//! Must never choose a setting by what it does on TEST.
#![expect(clippy::print_stdout, reason = "an example that reports to a terminal")]

use models::evaluate::{SessionReport, evaluate_sessions};
use models::recommend::session::{Params, SessionKey, Visit};
use models::recommend::visits::{Plan, VisitBuffers, VisitParams, Visits, fit};
use models::recommend::{ItemId, Scratch};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::io::Read as _;
use std::time::Instant;

type Clicks = Vec<(u64, u64, i64)>;

/// Items by the number in the file, and the sessions' clicks.
struct Log {
    items: HashMap<u64, ItemId>,
    clicks: Vec<(SessionKey, ItemId, i64)>,
    visits: Visits,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [train, test] = words.as_slice() else {
        return Err("usage: evaluate_sessions TRAIN.tsv.gz (TEST.tsv.gz | --valid)".into());
    };
    let log = learn(&read(train)?);
    let start = Instant::now();
    let found = fit(&log.clicks, &VisitParams::standard(21), &Plan::standard(20))?;
    let seconds = start.elapsed().as_secs_f64();
    println!("fitted in {seconds:.1} s, {} settings: {:.4} → {:.4}", found.tried, found.before, found.after);
    println!("{:#?}", found.best);
    if *test == "--valid" {
        return Ok(());
    }
    let test = read(test)?;
    let standard = VisitParams::standard(21);
    let only_sessions = |sessions| VisitParams { sessions, pairs_weight: 0.0, ..standard };
    for (name, params) in [
        ("VMIS-kNN", only_sessions(Params::vmis(21))),
        ("session, standard", only_sessions(Params::standard(21))),
        ("item to item, standard", VisitParams { sessions_weight: 0.0, pairs_weight: 1.0, ..standard }),
        ("blend, standard", standard),
        ("session, fitted", only_sessions(found.best.wanting(21).sessions)),
        ("blend, fitted", found.best.wanting(21)),
    ] {
        println!("{name:22} {}", report(&log, &test, &params)?);
    }
    Ok(())
}

/// The figures, and the time of an answer with its reasons.
fn report(log: &Log, test: &Clicks, params: &VisitParams) -> Result<String, Box<dyn Error>> {
    let mut sessions: BTreeMap<u64, Vec<(i64, usize, u64)>> = BTreeMap::new();
    for (line, (session, item, time)) in test.iter().enumerate() {
        sessions.entry(*session).or_default().push((*time, line, *item));
    }
    let unknown = ItemId(u32::MAX);
    let in_order = sessions.into_values().map(|mut clicks| {
        clicks.sort_unstable();
        clicks.iter().map(|(_, _, item)| log.items.get(item).copied().unwrap_or(unknown)).collect::<Vec<_>>()
    });
    let (mut buffers, mut scratch) = (VisitBuffers::default(), Scratch::new());
    let mut micros = Vec::new();
    let mut failed = None;
    let found = evaluate_sessions(
        in_order,
        |item| item != unknown,
        log.items.len(),
        20,
        |items, answer| {
            let visit = Visit { items, own: None };
            let start = Instant::now();
            let list = if params.pairs_weight > 0.0 {
                log.visits.score(&visit, params, &mut buffers, &mut scratch)
            } else {
                Ok(log.visits.sessions().score(&visit, &params.sessions, &mut scratch))
            };
            micros.push(start.elapsed().as_secs_f64() * 1e6);
            match list {
                Ok(list) => answer.extend(list.iter().map(|scored| scored.item())),
                Err(error) => failed = Some(error),
            }
        },
    );
    if let Some(error) = failed {
        return Err(error.into());
    }
    micros.sort_by(f64::total_cmp);
    let quantile = |q: f64| micros.get((micros.len() as f64 * q) as usize).copied().unwrap_or(0.0);
    let SessionReport { queries, hit_rate, reciprocal_rank, recall, recall_by_click, ndcg, coverage } = found;
    Ok(format!(
        "HR@20 {hit_rate:.4} MRR@20 {reciprocal_rank:.4} Recall@20 {recall:.4} (by click {recall_by_click:.4}) \
         NDCG@20 {ndcg:.4} coverage {coverage:.3} | µs p50 {:.1} p90 {:.1} p99 {:.1} | {queries} queries",
        quantile(0.5),
        quantile(0.9),
        quantile(0.99)
    ))
}

fn learn(clicks: &Clicks) -> Log {
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
    Log { items, clicks, visits }
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
