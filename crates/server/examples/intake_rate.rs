//! How fast events are taken in with everything on (parsing, consent, minimisation, sealing, audit, durable commit),
//! against the same number of rows of the same size put unsealed and unchecked into the same kind of table, by the
//! same database with the same settings, in the same batches. The two take turns; the ratio is the median of the turns.
//!
//! `cargo run --release -p equipoise --example intake_rate -- [turns] [events a batch]`

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measuring program: it prints its figures and may stop at the first thing that goes wrong"
)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use equipoise::app::SystemEntropy;
use equipoise::intake::{Arrival, Body, Call, take_in};
use equipoise::recommend::Engine;
use equipoise::simulate::Simulation;
use privacy::aggregate::Threshold;
use privacy::entropy::Entropy;
use privacy::signals::Gpc;
use rusqlite::{Connection, params};
use store::{Options, Store};

/// Batches under way at once, as from so many clients.
const WINDOW: usize = 16;
/// Batches of one turn.
const TURN: usize = 64;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let turns: usize = arguments.next().map_or(7, |word| word.parse().unwrap());
    let events: usize = arguments.next().map_or(200, |word| word.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let options = Options {
        data_dir: folder.path().join("data"),
        key_dir: folder.path().join("keys"),
        entropy: Arc::clone(&entropy),
    };
    let register = privacy::register::read(equipoise::demo::REGISTER).unwrap();
    let now = jiff::Timestamp::now();
    let store = Store::open(options, register, now).unwrap();
    let engine = Engine::new(Threshold::of(3));
    let plain = plain_table(&folder.path().join("plain.db"));

    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let start = today.checked_sub(jiff::Span::new().days(365)).unwrap();
    let mut messages = Simulation::new(7, u64::MAX, start, 364).unwrap();
    let mut ratios = Vec::new();
    println!(
        "turn  events/s  rows/s kept  plain rows/s  ratio (rows kept / plain rows), batches of {events} events"
    );
    for turn in 0..=turns {
        let bodies: Vec<Vec<u8>> = (0..TURN)
            .map(|_| {
                let batch: Vec<String> = (&mut messages).take(events).map(|message| message.json).collect();
                format!("{{\"batch\":[{}]}}", batch.join(",")).into_bytes()
            })
            .collect();
        let (mut kept, mut waiting) = (Vec::new(), VecDeque::new());
        let began = Instant::now();
        for bytes in &bodies {
            let body = Body::read(bytes, None::<Call>).unwrap();
            waiting.push_back(take_in(&store, &engine, &entropy, body, Arrival::Live(now), Gpc::Silent));
            if waiting.len() >= WINDOW {
                kept.push(waiting.pop_front().unwrap().wait().unwrap().stored);
            }
        }
        kept.extend(waiting.into_iter().map(|pending| pending.wait().unwrap().stored));
        let full = began.elapsed().as_secs_f64();
        let rows: u64 = kept.iter().sum();

        // As large as a sealed row is without its seal.
        let row = vec![b'x'; 190];
        let began = Instant::now();
        for (batch, count) in kept.iter().enumerate() {
            plain.execute_batch("BEGIN IMMEDIATE").unwrap();
            let mut insert =
                plain.prepare_cached("INSERT INTO record VALUES (?1, 1, ?2, 20000, ?3)").unwrap();
            for n in 0..*count {
                // People come in runs, as in the events.
                let subject =
                    (batch as u64 * 31 + n / 40).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes().repeat(2);
                let id = ((turn as u64) << 40 | (batch as u64) << 20 | n).wrapping_mul(0xd134_2543_de82_ef95);
                insert.execute(params![subject, id.to_be_bytes().repeat(2), row]).unwrap();
            }
            drop(insert);
            plain.execute_batch("COMMIT").unwrap();
        }
        let bare = began.elapsed().as_secs_f64();
        let ratio = bare / full;
        let (rate, plain_rate) = (rows as f64 / full, rows as f64 / bare);
        let of_events = (TURN * events) as f64 / full;
        let note = if turn == 0 { "  (warm-up, not counted)" } else { "" };
        println!("{turn:>4}  {of_events:>8.0}  {rate:>11.0}  {plain_rate:>12.0}  {ratio:.2}{note}");
        if turn > 0 {
            ratios.push(ratio);
        }
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio: {:.2}", ratios[ratios.len() / 2]);
}

fn plain_table(path: &std::path::Path) -> Connection {
    let plain = Connection::open(path).unwrap();
    plain
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
             CREATE TABLE record (subject BLOB NOT NULL, kind INTEGER NOT NULL, id BLOB NOT NULL, day INTEGER NOT NULL,
                 sealed BLOB NOT NULL, PRIMARY KEY (subject, kind, id)) WITHOUT ROWID;",
        )
        .unwrap();
    plain
}
