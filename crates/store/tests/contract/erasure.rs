//! An erased person is gone: rows, key, files, memory; and what was interrupted is finished.

use privacy::audit::{Author, Entry, Opening};
use privacy::consent::{LedgerState, Refusal, Status};
use privacy::data::Kind;
use privacy::grant::ReadError;
use privacy::pseudonym::IdentityKind;
use privacy::rights::{Disclosure, Right};
use privacy::store::{Day, Law, RightsTx, StoreError, StoredIdentity, StoredRow, Tx};
use privacy::subject::Subject;
use privacy::vault::VaultError;
use store::{Erased, FoundBy, RetainedRow, Store};

use crate::shop::{
    consent, count, history, link, look, looked, now, open, person, raw, raw_keys, shop, unavailable, write,
};

const TABLES: [&str; 4] = ["subject", "record", "identity", "ledger"];

#[test]
fn erased_person_leaves_no_row_and_no_key() {
    let (place, store) = shop();
    let (ana, ben) = (person(&store), person(&store));
    for item in ["canary-4711", "kayak-2"] {
        look(&store, ana, item).unwrap();
    }
    look(&store, ben, "kayak-1").unwrap();
    link(&store, ana, "canary-4711@example.com");
    history(&store, &ana).unwrap();
    let erased = write(&store, "subject.erase", move |tx| Ok(tx.erase(&ana)?)).unwrap();
    assert_eq!(erased, Erased { rows: vec![(Kind::BrowsingHistory, 2)], identities: 1, ledger: 1 });
    assert!(matches!(history(&store, &ana), Err(ReadError::Refused(Refusal::UnknownSubject))));
    assert_eq!(store.vault().tag(&ana), Err(VaultError::Shredded));
    assert_eq!(history(&store, &ben).unwrap(), ["kayak-1"]);
    let found = store.read::<_, StoreError>(|tx| tx.find(IdentityKind::Email, "canary-4711@example.com"));
    assert_eq!(found.unwrap(), None);
    let raw = raw(place.path());
    for table in TABLES {
        let text = format!("SELECT count(*) FROM {table} WHERE subject = ?1");
        let left: i64 = raw.query_row(&text, [ana.as_bytes()], |row| row.get(0)).unwrap();
        assert_eq!(left, 0, "{table}");
    }
    let keys = raw_keys(place.path());
    assert_eq!(count(&keys, "SELECT count(*) FROM wrapped_key"), 1);
    assert_eq!(count(&keys, "SELECT count(*) FROM tombstone"), 1);
    assert_eq!(store.check().unwrap(), []);
    drop((raw, keys));
    store.close();
    // Nothing of what she did, nor her wrapped key's row, is anywhere in the files.
    for file in files(place.path()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!holds(&bytes, b"canary-4711"), "{}", file.display());
    }
}

#[test]
fn shredded_key_is_in_no_file() {
    let (place, store) = shop();
    let (ana, _ben) = (person(&store), person(&store));
    let wrapped: Vec<u8> = raw_keys(place.path())
        .query_row("SELECT wrapped FROM wrapped_key WHERE subject = ?1", [ana.as_bytes()], |row| row.get(0))
        .unwrap();
    let anywhere = || files(place.path()).iter().any(|file| holds(&std::fs::read(file).unwrap(), &wrapped));
    assert!(anywhere());
    write(&store, "subject.erase", move |tx| Ok(tx.erase(&ana)?)).unwrap();
    assert!(!anywhere(), "while the store is still open");
}

#[test]
fn nothing_is_written_for_somebody_who_was_erased() {
    let (_place, store) = shop();
    let ana = person(&store);
    let shop = store.clone();
    let sealed = write(&store, "test.seal", move |tx| looked(&shop, tx, &ana, "kayak-1")).unwrap();
    write(&store, "subject.erase", move |tx| Ok(tx.erase(&ana)?)).unwrap();
    let late = write(&store, "event.store", move |tx| Ok(tx.put(&sealed)?));
    assert!(unavailable(&late.unwrap_err()).contains("isn't known"));
    let late =
        write(&store, "consent.record", move |tx| Ok(tx.append(&ana, &consent(Status::Given), now())?));
    assert!(unavailable(&late.unwrap_err()).contains("isn't known"));
}

#[test]
fn interrupted_erasure_is_finished_at_the_next_opening() {
    let (place, store) = shop();
    let (ana, ben) = (person(&store), person(&store));
    look(&store, ana, "kayak-1").unwrap();
    look(&store, ben, "kayak-1").unwrap();
    store.close();
    // As if the power had gone between the commit of the keystore and that of the data.
    let keys = raw_keys(place.path());
    keys.execute("DELETE FROM wrapped_key WHERE subject = ?1", [ana.as_bytes()]).unwrap();
    keys.execute("INSERT INTO tombstone VALUES (?1, 20000)", [ana.as_bytes()]).unwrap();
    drop(keys);
    let store = open(place.path());
    assert!(matches!(history(&store, &ana), Err(ReadError::Refused(Refusal::UnknownSubject))));
    assert_eq!(history(&store, &ben).unwrap(), ["kayak-1"]);
    let last =
        store.read::<_, StoreError>(|tx| Ok(tx.audit_entries(tx.audit_size()? - 1, 1)?.remove(0).1)).unwrap();
    let last = privacy::audit::Entry::decode(&last).unwrap();
    assert_eq!((last.action.as_str(), last.author), ("subject.erase", Author::System));
    assert_eq!(store.check().unwrap(), []);
}

/// Nothing finds it again.
const NAMELESS: FoundBy = FoundBy { order: None, certificate: None };

#[test]
fn what_the_law_keeps_is_in_no_reading_and_goes_in_its_time() {
    let (place, store) = shop();
    let ana = person(&store);
    let shop = store.clone();
    let today = Day::of(now());
    let archive = write(&store, "subject.erase", move |tx| {
        let kept = tx.create_subject(now())?;
        let _ = tx.put(&looked(&shop, tx, &ana, "kayak-1")?)?;
        let door = Disclosure::open(tx, shop.vault(), &ana, Right::Erasure, Author::Subject, now())?;
        let (rows, _) = door.hand_over(&kept, &*crate::shop::entropy())?;
        tx.erase(&ana)?;
        tx.retain(&rows[0], "Tax Administration Act 1994 s 22", today.plus(10), NAMELESS)?;
        Ok(kept)
    })
    .unwrap();
    store
        .read::<_, StoreError>(|tx| {
            let [kept] = &tx.retained()?[..] else { panic!("one row is kept") };
            assert_eq!((kept.subject, kept.until), (archive, today.plus(10)));
            assert_eq!(tx.subject_count()?, 0, "an archive is nobody");
            assert_eq!(tx.ledger(&archive)?, None);
            assert_eq!(tx.rows(&archive, kept.kind, Day(i32::MIN))?, []);
            Ok(())
        })
        .unwrap();
    let expire = |day| write(&store, "retention.delete", move |tx| Ok(tx.expire_retained(day)?)).unwrap();
    assert_eq!(expire(today.plus(9)), 0);
    assert_eq!(count(&raw_keys(place.path()), "SELECT count(*) FROM wrapped_key"), 1);
    assert_eq!(expire(today.plus(10)), 1);
    assert_eq!(count(&raw_keys(place.path()), "SELECT count(*) FROM wrapped_key"), 0);
}

/// Erases a person and keeps what she looked at for so many days; the archive that it is kept under.
pub(crate) fn erase_and_keep(store: &Store, ana: Subject, days: u32) -> Subject {
    let shop = store.clone();
    write(store, "subject.erase", move |tx| {
        let archive = tx.create_archive()?;
        let door = Disclosure::open(tx, shop.vault(), &ana, Right::Erasure, Author::Subject, now())?;
        let (rows, _) = door.hand_over(&archive, &*crate::shop::entropy())?;
        tx.erase(&ana)?;
        for row in &rows {
            tx.retain(row, "Tax Administration Act 1994 s 22", Day::of(now()).plus(days), NAMELESS)?;
        }
        Ok(archive)
    })
    .unwrap()
}

/// Stands in for an archive's transaction, which the store itself has none of: nobody can exercise a right over one.
struct Archive<'s>(&'s Store, &'s RetainedRow);

impl Tx for Archive<'_> {
    fn law(&self) -> &Law {
        self.0.law()
    }
    fn ledger(&self, _: &Subject) -> Result<Option<LedgerState>, StoreError> {
        Ok(Some(LedgerState::default()))
    }
    fn rows(&self, _: &Subject, kind: Kind, _: Day) -> Result<Vec<StoredRow>, StoreError> {
        Ok(if kind == self.1.kind { vec![self.1.row.clone()] } else { Vec::new() })
    }
    fn note_opening(&self, _: Opening) {}
}

impl RightsTx for Archive<'_> {
    fn identities(&self, _: &Subject) -> Result<Vec<StoredIdentity>, StoreError> {
        Ok(Vec::new())
    }
    fn record(&self, _: Entry) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// The rows that the law keeps, opened.
pub(crate) fn kept(store: &Store) -> Vec<(Subject, String)> {
    let rows = store.read::<_, StoreError>(|tx| tx.retained()).unwrap();
    let open = |kept: &RetainedRow| {
        let archive = Archive(store, kept);
        let door =
            Disclosure::open(&archive, store.vault(), &kept.subject, Right::Access, Author::System, now())
                .unwrap();
        (kept.subject, door.rows(kept.kind).unwrap()[0].value.to_string())
    };
    rows.iter().map(open).collect()
}

#[test]
fn interrupted_erasure_loses_nothing_that_the_law_keeps() {
    let (place, store) = shop();
    let ana = person(&store);
    look(&store, ana, "kayak-1").unwrap();
    store.close();
    let before = place.path().join("before.db");
    std::fs::copy(place.path().join("data/equipoise.db"), &before).unwrap();
    let store = open(place.path());
    let archive = erase_and_keep(&store, ana, 10);
    store.close();
    // As if the power had gone between the commit of the keystore and that of the data.
    std::fs::copy(&before, place.path().join("data/equipoise.db")).unwrap();
    let store = open(place.path());
    assert!(matches!(history(&store, &ana), Err(ReadError::Refused(Refusal::UnknownSubject))));
    let [(subject, row)] = &kept(&store)[..] else { panic!("one row is kept") };
    assert!(*subject == archive && row.contains("kayak-1"), "{row}");
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn what_an_older_version_kept_beside_the_data_moves_to_the_keys() {
    let (place, store) = shop();
    let (ana, ben) = (person(&store), person(&store));
    look(&store, ana, "kayak-1").unwrap();
    look(&store, ben, "kayak-2").unwrap();
    let archive = erase_and_keep(&store, ana, 10);
    erase_and_keep(&store, ben, 0);
    store.close();
    // As the first version had it: in the data. What had run out and was shredded since stays away.
    let (data, keys) = (raw(place.path()), raw_keys(place.path()));
    data.execute("ATTACH ?1 AS keys", [place.path().join("keys/keys.db").to_str().unwrap()]).unwrap();
    data.execute("CREATE TABLE retained_to_move AS SELECT * FROM keys.retained", []).unwrap();
    drop(data);
    keys.execute("DELETE FROM retained", []).unwrap();
    keys.execute(
        "INSERT INTO tombstone SELECT subject, 20000 FROM wrapped_key WHERE subject <> ?1",
        [archive.as_bytes()],
    )
    .unwrap();
    keys.execute("DELETE FROM wrapped_key WHERE subject <> ?1", [archive.as_bytes()]).unwrap();
    drop(keys);
    let store = open(place.path());
    let [(subject, row)] = &kept(&store)[..] else { panic!("one row is kept") };
    assert!(*subject == archive && row.contains("kayak-1"), "{row}");
    assert_eq!(
        count(&raw(place.path()), "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'retained%'"),
        0
    );
}

pub(crate) fn files(place: &std::path::Path) -> Vec<std::path::PathBuf> {
    let read = |name: &str| std::fs::read_dir(place.join(name)).unwrap().map(|entry| entry.unwrap().path());
    read("data").chain(read("keys")).filter(|path| path.is_file()).collect()
}

pub(crate) fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
