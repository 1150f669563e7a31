//! A small shop for the tests: a directory, seeded randomness, people who decide and browse.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use privacy::audit::Author;
use privacy::consent::{ConsentRecord, LedgerEntry, Source, Status};
use privacy::data::{BrowseAction, Browsed, BrowsingHistory};
use privacy::entropy::{Entropy, NoEntropy};
use privacy::grant::{Authorize, ReadError};
use privacy::notice::NoticeVersion;
use privacy::pseudonym::IdentityKind;
use privacy::purpose::Personalisation;
use privacy::register::{Register, TEMPLATE};
use privacy::store::{Day, NewRow, StoreError};
use privacy::subject::Subject;
use store::{Options, Put, Store, Write, WriteTx};
use tempfile::TempDir;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Not random at all, and never twice the same.
pub(crate) struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
        for chunk in out.chunks_mut(8) {
            let n =
                self.0.fetch_add(1, Ordering::Relaxed).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let n = (n ^ (n >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            chunk.copy_from_slice(&n.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

pub(crate) fn entropy() -> Arc<dyn Entropy> {
    static SEED: AtomicU64 = AtomicU64::new(0);
    let seed = SEED.fetch_add(1, Ordering::Relaxed) << 40;
    Arc::new(Counting(AtomicU64::new(seed)))
}

pub(crate) fn now() -> Timestamp {
    "2026-03-04T05:06:07Z".parse().unwrap()
}

pub(crate) fn register() -> Register {
    privacy::register::read(TEMPLATE).unwrap()
}

pub(crate) fn options(place: &Path) -> Options {
    Options { data_dir: place.join("data"), key_dir: place.join("keys"), entropy: entropy() }
}

pub(crate) fn open(place: &Path) -> Store {
    Store::open(options(place), register(), now()).unwrap()
}

pub(crate) fn shop() -> (TempDir, Store) {
    let place = tempfile::tempdir().unwrap();
    let store = open(place.path());
    (place, store)
}

pub(crate) fn what(name: &'static str) -> Write {
    Write { name, author: Author::Machine { part: "intake".into() }, at: now() }
}

pub(crate) fn write<R: Send + 'static>(
    store: &Store,
    name: &'static str,
    work: impl FnOnce(&WriteTx<'_>) -> Result<R, Failure> + Send + 'static,
) -> Result<R, Failure> {
    store.write(what(name), work).wait()
}

pub(crate) fn consent(status: Status) -> LedgerEntry {
    LedgerEntry::Consent(ConsentRecord {
        purpose: "personalisation".parse().unwrap(),
        status,
        at: now(),
        notice: NoticeVersion(1),
        language: "en-NZ".into(),
        source: Source::Person,
    })
}

/// A new person who has agreed to personalisation.
pub(crate) fn person(store: &Store) -> Subject {
    write(store, "subject.create", |tx| {
        let subject = tx.create_subject(now())?;
        tx.append(&subject, &consent(Status::Given), now())?;
        Ok(subject)
    })
    .unwrap()
}

pub(crate) fn looked(
    store: &Store,
    tx: &WriteTx<'_>,
    subject: &Subject,
    item: &str,
) -> Result<NewRow, Failure> {
    let row = Browsed {
        at: now().as_millisecond(),
        action: BrowseAction::ViewedProduct,
        item: Some(item.into()),
        session: None,
        query: None,
        category: None,
        page: None,
    };
    let collection = tx.collect(subject, &|_| true, now())?;
    Ok(collection.seal::<BrowsingHistory>(&row, item, Day::of(now()), store.vault(), &*entropy_of(item))?)
}

/// The nonce's randomness in tests: different for each item.
fn entropy_of(item: &str) -> Arc<dyn Entropy> {
    let seed = item.bytes().fold(7_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    Arc::new(Counting(AtomicU64::new(seed << 20)))
}

/// Stores that the person looked at an item.
pub(crate) fn look(store: &Store, subject: Subject, item: &str) -> Result<Put, Failure> {
    let (shop, item) = (store.clone(), item.to_owned());
    write(store, "event.store", move |tx| Ok(tx.put(&looked(&shop, tx, &subject, &item)?)?))
}

/// Makes an e-mail address lead to the person.
pub(crate) fn link(store: &Store, subject: Subject, email: &'static str) {
    let shop = store.clone();
    write(store, "identity.link", move |tx| {
        let collection = tx.collect(&subject, &|_| true, now())?;
        let identity =
            collection.seal_identity(IdentityKind::Email, email, shop.vault(), &*entropy_of(email))?;
        Ok(tx.link(&identity)?)
    })
    .unwrap();
}

/// What a recommender may know that the person looked at.
pub(crate) fn history(store: &Store, subject: &Subject) -> Result<Vec<String>, ReadError> {
    store.read(|tx| {
        let grant = tx.authorize::<Personalisation>(subject, "recommend", now())?;
        let history = grant.read::<BrowsingHistory>(store.vault())?;
        Ok(history.expose().iter().filter_map(|row| row.item.clone()).collect())
    })
}

/// A raw connection to the data, past the store: for looking and for tampering.
pub(crate) fn raw(place: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(place.join("data/equipoise.db")).unwrap()
}

pub(crate) fn raw_keys(place: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(place.join("keys/keys.db")).unwrap()
}

pub(crate) fn count(connection: &rusqlite::Connection, text: &str) -> i64 {
    connection.query_row(text, [], |row| row.get(0)).unwrap()
}

pub(crate) fn unavailable(error: &Failure) -> String {
    match error.downcast_ref::<StoreError>() {
        Some(StoreError::Unavailable(why)) => why.clone(),
        other => panic!("{other:?} {error}"),
    }
}
