//! Measures how fast sealed rows are stored with everything on (grant, sealing, savepoints, audit, durable commit),
//! against the same sealed bytes put into the same table in the same batches by nothing but SQLite; and how long the
//! erasure of one person takes.
//!
//! Run with `cargo run --release -p store --example put_rate -- [batches]`. Writes into a temporary directory.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measuring program: it prints its figures, and may stop at the first thing that goes wrong"
)]

use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use privacy::audit::Author;
use privacy::consent::{ConsentRecord, LedgerEntry, Source, Status};
use privacy::data::{BrowseAction, Browsed, BrowsingHistory};
use privacy::entropy::{Entropy, NoEntropy};
use privacy::grant::Authorize;
use privacy::notice::NoticeVersion;
use privacy::register::TEMPLATE;
use privacy::store::{Day, NewRow};
use privacy::subject::Subject;
use store::{Options, Store, StoreError, Write, WriteTx};

type Failure = Box<dyn Error + Send + Sync>;

/// Rows of one transaction.
const BATCH: usize = 200;
const PEOPLE: usize = 2_000;

/// The operating system's randomness, read in large pieces.
struct System(std::sync::Mutex<(File, Vec<u8>)>);

impl Entropy for System {
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
        let mut held = self.0.lock().map_err(|_| NoEntropy)?;
        let (file, stock) = &mut *held;
        if stock.len() < out.len() {
            stock.resize(64 * 1024, 0);
            file.read_exact(stock).map_err(|_| NoEntropy)?;
        }
        let rest = stock.len() - out.len();
        out.copy_from_slice(stock.get(rest..).ok_or(NoEntropy)?);
        stock.truncate(rest);
        Ok(())
    }
}

fn seal(
    tx: &WriteTx<'_>,
    store: &Store,
    entropy: &dyn Entropy,
    subject: &Subject,
    n: usize,
    now: Timestamp,
) -> Result<NewRow, Failure> {
    let row = Browsed {
        at: now.as_millisecond(),
        action: BrowseAction::ViewedProduct,
        item: Some(format!("item-{}", n % 700)),
        session: Some(format!("session-{}", n / 7)),
        query: None,
        category: Some(String::from("kayaks")),
        page: None,
    };
    let collection = tx.collect(subject, &|_| true, now)?;
    Ok(collection.seal::<BrowsingHistory>(
        &row,
        &format!("message-{n}"),
        Day::of(now),
        store.vault(),
        entropy,
    )?)
}

fn what(name: &'static str, at: Timestamp) -> Write {
    Write { name, author: Author::Machine { part: String::from("intake") }, at }
}

fn main() -> Result<(), Failure> {
    let batches: usize = std::env::args().nth(1).map_or(Ok(200), |word| word.parse())?;
    let place = tempfile::tempdir()?;
    let now: Timestamp = "2026-03-04T05:06:07Z".parse()?;
    let entropy: Arc<dyn Entropy> =
        Arc::new(System(std::sync::Mutex::new((File::open("/dev/urandom")?, Vec::new()))));
    let options = Options {
        data_dir: place.path().join("data"),
        key_dir: place.path().join("keys"),
        entropy: entropy.clone(),
    };
    let register = privacy::register::read(TEMPLATE).map_err(|_| "the template has mistakes")?;
    let store = Store::open(options, register, now)?;
    let people: Arc<Vec<Subject>> = Arc::new(
        store
            .write(what("subject.create", now), move |tx| {
                let mut people = Vec::with_capacity(PEOPLE);
                for _ in 0..PEOPLE {
                    let subject = tx.create_subject(now)?;
                    let record = ConsentRecord {
                        purpose: "personalisation".parse().unwrap(),
                        status: Status::Given,
                        at: now,
                        notice: NoticeVersion(1),
                        language: String::from("en-NZ"),
                        source: Source::Person,
                    };
                    tx.append(&subject, &LedgerEntry::Consent(record), now)?;
                    people.push(subject);
                }
                Ok::<_, StoreError>(people)
            })
            .wait()?,
    );
    let rows = batches * BATCH;
    let sealed = prepare(&store, &entropy, &people, rows, now)?;
    let report = |name: &str, rows: usize, begun: Instant| {
        let rate = rows as f64 / begun.elapsed().as_secs_f64();
        println!("{name:<58} {rate:>9.0} rows/s");
        rate
    };

    let mut ratios = [0.0; 3];
    for round in 0..2 {
        let begun = Instant::now();
        raw(place.path(), round, &sealed)?;
        let plain = report("the same sealed bytes, nothing but SQLite", rows, begun);

        let begun = Instant::now();
        for batch in sealed.chunks(BATCH) {
            let batch = batch.to_vec();
            store
                .write(what("event.store", now), move |tx| {
                    batch.iter().try_for_each(|row| tx.put(row).map(drop))
                })
                .wait()?;
        }
        ratios[0] = report("put, sealed before, one write of 200 rows", rows, begun) / plain;
        clear(&store, &people, now)?;

        let begun = Instant::now();
        for batch in 0..batches {
            let (shop, entropy, people) = (store.clone(), entropy.clone(), people.clone());
            store
                .write(what("event.store", now), move |tx| {
                    for n in batch * BATCH..(batch + 1) * BATCH {
                        let subject = people.get(n * 31 % PEOPLE).ok_or("nobody")?;
                        let _ = tx.put(&seal(tx, &shop, entropy.as_ref(), subject, n, now)?)?;
                    }
                    Ok::<_, Failure>(())
                })
                .wait()?;
        }
        ratios[1] = report("ledger, sealing and put, one write of 200 rows", rows, begun) / plain;
        clear(&store, &people, now)?;

        let begun = Instant::now();
        for batch in sealed.chunks(BATCH) {
            let pending: Vec<_> = batch
                .iter()
                .map(|row| {
                    let row = row.clone();
                    store.write(what("event.store", now), move |tx| tx.put(&row))
                })
                .collect();
            for pending in pending {
                let _ = pending.wait()?;
            }
        }
        ratios[2] = report("put, 200 writes of one row, an audit entry each", rows, begun) / plain;
        clear(&store, &people, now)?;
    }
    for batch in sealed.chunks(BATCH) {
        let batch = batch.to_vec();
        store
            .write(what("event.store", now), move |tx| batch.iter().try_for_each(|row| tx.put(row).map(drop)))
            .wait()?;
    }
    let mut times = Vec::new();
    for &subject in people.iter().take(500) {
        let begun = Instant::now();
        store.write(what("subject.erase", now), move |tx| tx.erase(&subject)).wait()?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    println!("erasure of one person: median {:?}, 99th percentile {:?}", times[250], times[495]);
    println!("of the plain rate: {:.0?} %", ratios.map(|ratio| ratio * 100.0));
    Ok(())
}

fn prepare(
    store: &Store,
    entropy: &Arc<dyn Entropy>,
    people: &Arc<Vec<Subject>>,
    rows: usize,
    now: Timestamp,
) -> Result<Vec<NewRow>, Failure> {
    let (shop, entropy, people) = (store.clone(), entropy.clone(), people.clone());
    store
        .write(what("test.seal", now), move |tx| {
            let one =
                |n| seal(tx, &shop, entropy.as_ref(), people.get(n * 31 % PEOPLE).ok_or("nobody")?, n, now);
            (0..rows).map(one).collect()
        })
        .wait()
}

fn clear(store: &Store, people: &Arc<Vec<Subject>>, now: Timestamp) -> Result<(), Failure> {
    let people = people.clone();
    store
        .write(what("retention.delete", now), move |tx| {
            people.iter().try_for_each(|s| tx.delete_kind(s, privacy::data::Kind::BrowsingHistory).map(drop))
        })
        .wait()
        .map_err(|error: StoreError| error.into())
}

/// The same rows into the same table, in the same batches, with the same settings.
fn raw(place: &std::path::Path, round: usize, rows: &[NewRow]) -> Result<(), Failure> {
    let mut connection = rusqlite::Connection::open(place.join(format!("raw-{round}.db")))?;
    connection.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA cache_size=-65536;
         PRAGMA wal_autocheckpoint=4000;
         CREATE TABLE record (subject BLOB NOT NULL, kind INTEGER NOT NULL, id BLOB NOT NULL, day INTEGER NOT NULL,
           sealed BLOB NOT NULL, PRIMARY KEY (subject, kind, id)) STRICT, WITHOUT ROWID;",
    )?;
    for batch in rows.chunks(BATCH) {
        let transaction = connection.transaction()?;
        for row in batch {
            let stored = row.row();
            transaction.prepare_cached("INSERT OR IGNORE INTO record VALUES (?1, 2, ?2, ?3, ?4)")?.execute(
                rusqlite::params![row.subject().as_bytes(), stored.id, stored.day.0, stored.sealed],
            )?;
        }
        transaction.commit()?;
    }
    Ok(())
}
