//! How fast events are taken in with everything on (parsing, consent, minimisation, sealing, audit, durable commit),
//! against the very same rows put unsealed and unchecked into the same table by the same database with the same
//! settings, in as many batches and commits. The two take turns; the ratio is the median of the turns.
//!
//! `cargo run --release -p equipoise --example intake_rate -- [turns] [events a batch] [batches a turn]`
//!
//! The events are the made-up shop's, of customers who agree to everything, so that none costs time and leaves no row.
//! Must never let the plain side do more than it needs: it gets its rows ready-made, and parses nothing.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measuring program: it prints its figures and may stop at the first thing that goes wrong"
)]

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use equipoise::app::SystemEntropy;
use equipoise::intake::{Arrival, Body, Call, take_in};
use equipoise::recommend::Engine;
use equipoise::simulate::Simulation;
use privacy::aggregate::Threshold;
use privacy::entropy::Entropy;
use privacy::signals::Gpc;
use rusqlite::{Connection, OpenFlags, params};
use store::{Options, Store};

/// One batch is read while one is written. With more on their way, several would share a commit, and the plain side
/// would have to guess how many.
const WINDOW: usize = 2;
/// What sealing adds to a row: format, commitment, nonce and tag.
const SEAL_BYTES: usize = 1 + 32 + 12 + 16;
/// As the store opens its own file.
const PLAIN: &str =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON;
    PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-65536;
    CREATE TABLE record (subject BLOB NOT NULL, kind INTEGER NOT NULL, id BLOB NOT NULL, day INTEGER NOT NULL,
        sealed BLOB NOT NULL, PRIMARY KEY (subject, kind, id)) STRICT, WITHOUT ROWID;";

/// A row as it stands in the store, but for its seal.
struct PlainRow {
    subject: Vec<u8>,
    kind: i64,
    id: Vec<u8>,
    day: i64,
    content: Vec<u8>,
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse::<usize>().unwrap());
    let turns = arguments.next().unwrap_or(9);
    let events = arguments.next().unwrap_or(100);
    let batches = arguments.next().unwrap_or(100);
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let options = Options {
        data_dir: data_dir.clone(),
        key_dir: folder.path().join("keys"),
        entropy: Arc::clone(&entropy),
    };
    let register = privacy::register::read(equipoise::demo::REGISTER).unwrap();
    let now = jiff::Timestamp::now();
    let store = Store::open(options, register, now).unwrap();
    let engine = Engine::new(Threshold::of(3));
    let plain = Connection::open(folder.path().join("plain.db")).unwrap();
    plain.execute_batch(PLAIN).unwrap();

    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let start = today.checked_sub(jiff::Span::new().days(365)).unwrap();
    let mut messages = Simulation::new(7, u64::MAX, start, 364).unwrap().map(|message| agreed(&message.json));
    let mut known = HashSet::new();
    let (mut ratios, mut rates) = (Vec::new(), Vec::new());
    println!(
        "{batches} batches of {events} events a turn; every row of the full side is put again by the plain one"
    );
    println!("turn  events/s  events kept  rows/s  plain rows/s  ratio");
    for turn in 0..=turns {
        let bodies: Vec<Vec<u8>> = (0..batches)
            .map(|_| {
                let batch: Vec<String> = messages.by_ref().take(events).collect();
                format!("{{\"batch\":[{}]}}", batch.join(",")).into_bytes()
            })
            .collect();
        let (mut kept, mut waiting) = (0, VecDeque::new());
        let began = Instant::now();
        for bytes in &bodies {
            let body = Body::read(bytes, None::<Call>).unwrap();
            waiting.push_back(take_in(&store, &engine, &entropy, body, Arrival::Live(now), Gpc::Silent));
            if waiting.len() >= WINDOW {
                kept += waiting.pop_front().unwrap().wait().unwrap().stored;
            }
        }
        for pending in waiting {
            kept += pending.wait().unwrap().stored;
        }
        let full = began.elapsed().as_secs_f64();

        let rows = new_rows(&data_dir.join("equipoise.db"), &mut known);
        let began = Instant::now();
        for batch in rows.chunks(rows.len().div_ceil(batches)) {
            plain.execute_batch("BEGIN IMMEDIATE").unwrap();
            let mut insert =
                plain.prepare_cached("INSERT OR IGNORE INTO record VALUES (?1, ?2, ?3, ?4, ?5)").unwrap();
            for PlainRow { subject, kind, id, day, content } in batch {
                insert.execute(params![subject, kind, id, day, content]).unwrap();
            }
            drop(insert);
            plain.execute_batch("COMMIT").unwrap();
        }
        let bare = began.elapsed().as_secs_f64();
        let count = rows.len() as f64;
        let (sent, ratio) = ((batches * events) as f64, bare / full);
        println!(
            "{turn:>4}  {:>8.0}  {:>10.0}%  {:>6.0}  {:>12.0}  {ratio:.2}{}",
            sent / full,
            100.0 * kept as f64 / sent,
            count / full,
            count / bare,
            if turn == 0 { "  (warm-up, not counted)" } else { "" },
        );
        if turn > 0 {
            ratios.push(ratio);
            rates.push(sent / full);
        }
    }
    let median = |figures: &mut Vec<f64>| {
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    println!("median: {:.0} events/s, ratio {:.2}", median(&mut rates), median(&mut ratios));
}

/// The event of somebody who agrees to everything.
fn agreed(json: &str) -> String {
    ["analytics", "personalisation", "offers", "personalised_pricing", "assistance"]
        .iter()
        .fold(json.to_owned(), |text, purpose| {
            text.replace(&format!("\"{purpose}\":false"), &format!("\"{purpose}\":true"))
        })
}

/// The rows that weren't there before; those of one person together, the people in no order, as they came in.
fn new_rows(path: &Path, known: &mut HashSet<(i64, Vec<u8>)>) -> Vec<PlainRow> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut statement =
        connection.prepare("SELECT subject, kind, id, day, length(sealed) FROM record").unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut people: HashMap<Vec<u8>, Vec<PlainRow>> = HashMap::new();
    while let Some(row) = rows.next().unwrap() {
        let (subject, kind, id): (Vec<u8>, i64, Vec<u8>) =
            (row.get_unwrap(0), row.get_unwrap(1), row.get_unwrap(2));
        if known.insert((kind, id.clone())) {
            let content = vec![b'x'; row.get_unwrap::<_, u32>(4) as usize - SEAL_BYTES];
            let row = PlainRow { subject: subject.clone(), kind, id, day: row.get_unwrap(3), content };
            people.entry(subject).or_default().push(row);
        }
    }
    people.into_values().flatten().collect()
}
