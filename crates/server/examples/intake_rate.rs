//! How fast events are taken in with everything on (parsing, consent, minimisation, sealing, audit, durable commit),
//! against the very same rows put unsealed and unchecked into the same table by the same database with the same
//! settings, in as many commits.
//!
//! `cargo run --release -p equipoise --example intake_rate -- [turns] [events a batch] [batches a turn]`
//!
//! The plain side is measured twice: once with its rows ready-made (`bare`), once with the same bodies to be read as JSON
//! by a second thread, as any server must (`read`). The three take turns; a ratio is the median of the turns. `CPU` is
//! time of the processor, which other programs on the machine disturb less than the time on the clock.
//!
//! The events are the made-up shop's, of customers who agree to everything, so that none costs time and leaves no row.
//! Must never let the plain side do more than it needs.

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

/// As the program itself has it; the plain side has it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One batch is read while one is written and one waits for the disk. Should two share a commit, the plain side makes one
/// of them too: it has as many commits as the full side had.
const WINDOW: usize = 3;
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

/// Time on the clock and time of the processor.
#[derive(Clone, Copy)]
struct Spent {
    seconds: f64,
    /// Of all threads.
    cpu_seconds: f64,
    /// Of the thread that asks, which reads the bodies.
    own_cpu_seconds: f64,
}

fn spent(work: impl FnOnce()) -> Spent {
    let (began, [before, own_before]) = (Instant::now(), cpu_seconds());
    work();
    let [after, own_after] = cpu_seconds();
    Spent {
        seconds: began.elapsed().as_secs_f64(),
        cpu_seconds: after - before,
        own_cpu_seconds: own_after - own_before,
    }
}

/// Time of the processor that this process has taken so far, and this thread.
fn cpu_seconds() -> [f64; 2] {
    [rustix::time::ClockId::ProcessCPUTime, rustix::time::ClockId::ThreadCPUTime].map(|clock| {
        let time = rustix::time::clock_gettime(clock);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    })
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
    let [bare_table, read_table] = ["bare.db", "read.db"].map(|name| {
        let connection = Connection::open(folder.path().join(name)).unwrap();
        connection.execute_batch(PLAIN).unwrap();
        connection
    });

    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let start = today.checked_sub(jiff::Span::new().days(365)).unwrap();
    let mut messages = Simulation::new(7, u64::MAX, start, 364).unwrap().map(|message| agreed(&message.json));
    let mut known = HashSet::new();
    let mut figures: [Vec<f64>; 8] = Default::default();
    println!("{batches} batches of {events} events a turn");
    println!("turn  commits  events/s  kept  rows/s  bare rows/s  ratio to bare (CPU)  ratio to read (CPU)");
    for turn in 0..=turns {
        let bodies: Vec<Vec<u8>> = (0..batches)
            .map(|_| {
                let batch: Vec<String> = messages.by_ref().take(events).collect();
                format!("{{\"batch\":[{}]}}", batch.join(",")).into_bytes()
            })
            .collect();
        let mut kept = 0;
        let commits_before = store.commits();
        let full = spent(|| {
            let mut waiting = VecDeque::new();
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
        });
        let rows = new_rows(&data_dir.join("equipoise.db"), &mut known);
        let commits = (store.commits() - commits_before) as usize;
        let part = |number: usize| &rows[number * rows.len() / commits..(number + 1) * rows.len() / commits];
        let parts: Vec<&[PlainRow]> = (0..commits).map(part).collect();
        let bare = spent(|| parts.iter().for_each(|part| put(&bare_table, part)));
        let read = spent(|| put_reading(&read_table, &parts, &bodies));

        let (sent, count) = ((batches * events) as f64, rows.len() as f64);
        let of = |plain: Spent| [plain.seconds / full.seconds, plain.cpu_seconds / full.cpu_seconds];
        let ([to_bare, cpu_to_bare], [to_read, cpu_to_read]) = (of(bare), of(read));
        let rate = sent / full.seconds;
        let micros = 1e6 / sent;
        let reading = full.own_cpu_seconds * micros;
        let writing = (full.cpu_seconds - full.own_cpu_seconds) * micros;
        let bare_cpu = bare.cpu_seconds * 1e6 / count;
        println!(
            "{turn:>4}  {commits:>7}  {rate:>8.0}  {:>3.0}%  {:>6.0}  {:>11.0}  {to_bare:>13.2} ({cpu_to_bare:.2})  {to_read:>13.2} ({cpu_to_read:.2}){}",
            100.0 * kept as f64 / sent,
            count / full.seconds,
            count / bare.seconds,
            if turn == 0 { "  warm-up, not counted" } else { "" },
        );
        if turn > 0 {
            let turn = [rate, to_bare, cpu_to_bare, to_read, cpu_to_read, reading, writing, bare_cpu];
            figures.iter_mut().zip(turn).for_each(|(list, figure)| list.push(figure));
        }
    }
    let [rate, to_bare, cpu_to_bare, to_read, cpu_to_read, reading, writing, bare_cpu] =
        figures.map(|mut list| {
            list.sort_by(f64::total_cmp);
            list[list.len() / 2]
        });
    println!(
        "median: {rate:.0} events/s, to bare {to_bare:.2}, CPU to bare {cpu_to_bare:.2}, to read {to_read:.2}, CPU to read {cpu_to_read:.2}"
    );
    println!(
        "median CPU time: {reading:.1} us to read an event, {writing:.1} us to write it; {bare_cpu:.1} us a bare row"
    );
}

/// One batch in one commit.
fn put(table: &Connection, rows: &[PlainRow]) {
    table.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut insert =
        table.prepare_cached("INSERT OR IGNORE INTO record VALUES (?1, ?2, ?3, ?4, ?5)").unwrap();
    for PlainRow { subject, kind, id, day, content } in rows {
        insert.execute(params![subject, kind, id, day, content]).unwrap();
    }
    drop(insert);
    table.execute_batch("COMMIT").unwrap();
}

/// The same, while another thread reads the next body.
fn put_reading(table: &Connection, parts: &[&[PlainRow]], bodies: &[Vec<u8>]) {
    std::thread::scope(|scope| {
        let (sender, read) = std::sync::mpsc::sync_channel(1);
        scope.spawn(move || {
            for bytes in bodies {
                let body: serde_json::Value = serde_json::from_slice(bytes).unwrap();
                sender.send(body).unwrap();
            }
        });
        for (number, part) in parts.iter().enumerate() {
            let of_this_commit =
                (number + 1) * bodies.len() / parts.len() - number * bodies.len() / parts.len();
            let bodies: Vec<_> = (0..of_this_commit).map(|_| read.recv().unwrap()).collect();
            put(table, part);
            drop(bodies);
        }
    });
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
