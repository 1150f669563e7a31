//! The keys: made once, readable by their owner alone, rotated without losing anybody, and dead when they are over.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use privacy::entropy::NoEntropy;
use privacy::grant::ReadError;
use privacy::store::StoreError;
use privacy::vault::{Epoch, VaultError};
use store::{KeyringError, OpenError, Store};

use crate::shop::{history, look, now, open, options, person, raw, raw_keys, register, shop};

fn refused(place: &Path) -> OpenError {
    Store::open(options(place), register(), now()).err().expect("it must not open")
}

#[test]
fn root_key_that_others_can_read_is_refused_with_its_mend() {
    let (place, store) = shop();
    store.close();
    let root = place.path().join("keys/root.key");
    assert_eq!(std::fs::metadata(&root).unwrap().permissions().mode() & 0o777, 0o600);
    for mode in [0o640, 0o604, 0o660] {
        std::fs::set_permissions(&root, PermissionsExt::from_mode(mode)).unwrap();
        let error = refused(place.path());
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    std::fs::set_permissions(&root, PermissionsExt::from_mode(0o600)).unwrap();
    open(place.path());
}

#[test]
fn files_are_for_their_owner_alone() {
    let (place, store) = shop();
    person(&store);
    for directory in ["data", "keys"] {
        let directory = place.path().join(directory);
        assert_eq!(std::fs::metadata(&directory).unwrap().permissions().mode() & 0o077, 0);
        for entry in std::fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{}", entry.path().display());
        }
    }
}

#[test]
fn missing_or_foreign_keys_are_refused_and_not_replaced() {
    for file in ["root.key", "secrets.wrapped", "epoch-1.wrapped", "keys.db"] {
        let (place, store) = shop();
        person(&store);
        store.close();
        std::fs::remove_file(place.path().join("keys").join(file)).unwrap();
        let error = refused(place.path());
        let named =
            matches!(error, OpenError::Keyring(KeyringError::Missing(_) | KeyringError::RootMissing(_)));
        assert!(named, "{file}: {error}");
        assert!(!place.path().join("keys").join(file).exists(), "{file}");
    }
    let ((ours, store), (theirs, other)) = (shop(), shop());
    store.close();
    other.close();
    std::fs::rename(ours.path().join("keys"), ours.path().join("old")).unwrap();
    std::fs::rename(theirs.path().join("keys"), ours.path().join("keys")).unwrap();
    assert!(matches!(refused(ours.path()), OpenError::OtherShop));
}

#[test]
fn store_of_a_newer_version_is_refused_untouched() {
    let (place, store) = shop();
    store.close();
    let raw = raw(place.path());
    raw.pragma_update(None, "user_version", 99).unwrap();
    drop(raw);
    let before = std::fs::read(place.path().join("data/equipoise.db")).unwrap();
    let error = refused(place.path());
    assert!(matches!(error, OpenError::Store(StoreError::TooNew { found: 99, known: 7 })), "{error}");
    assert_eq!(std::fs::read(place.path().join("data/equipoise.db")).unwrap(), before);
}

#[test]
fn names_that_lie_ready_are_given_out_once_and_go_with_the_store() {
    let (place, store) = shop();
    let mut people = std::collections::HashSet::new();
    for n in 0..60 {
        if n % 7 == 0 {
            let gone = crate::shop::write(&store, "subject.create", |tx| {
                tx.create_subject(now())?;
                Err::<(), _>("it fails after all".into())
            });
            assert!(gone.is_err());
        }
        assert!(people.insert(person(&store)), "a name was given out twice");
    }
    let keys = |path: &std::path::Path| -> i64 {
        raw_keys(path).query_row("SELECT count(*) FROM wrapped_key", [], |row| row.get(0)).unwrap()
    };
    assert!(keys(place.path()) > 60, "some lie ready");
    // As a crash would leave it: whoever is in the data has a key.
    let raw = raw(place.path());
    let path = place.path().join("keys/keys.db");
    raw.execute("ATTACH ?1 AS keys", [path.to_str().unwrap()]).unwrap();
    let without: i64 = raw
        .query_row(
            "SELECT count(*) FROM subject WHERE subject NOT IN (SELECT subject FROM keys.wrapped_key)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(without, 0);
    drop(raw);
    store.close();
    assert_eq!(keys(place.path()), 60, "what nobody came to use goes");
    let store = open(place.path());
    for someone in people {
        look(&store, someone, "kayak-1").unwrap();
    }
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn rotation_keeps_everybody_and_kills_old_copies() {
    let (place, store) = shop();
    let people: Vec<_> = (0..1203)
        .map(|_| {
            store.write(crate::shop::what("subject.create"), |tx| {
                let subject = tx.create_subject(now())?;
                tx.append(&subject, &crate::shop::consent(privacy::consent::Status::Given), now())?;
                Ok::<_, StoreError>(subject)
            })
        })
        .collect::<Vec<_>>()
        .into_iter()
        .map(|pending| pending.wait().unwrap())
        .collect();
    let sample = [people[0], people[600], people[1202]];
    for person in sample {
        look(&store, person, "kayak-1").unwrap();
    }
    let old_copy = place.path().join("old-keys.db");
    raw_keys(place.path()).execute("VACUUM INTO ?1", [old_copy.to_str().unwrap()]).unwrap();
    let seen = std::cell::RefCell::new(Vec::new());
    let epoch = store.rotate_epoch(now(), &|done, total| seen.borrow_mut().push((done, total))).unwrap();
    assert_eq!(epoch, Epoch(2));
    // With some that lie ready for people who haven't come yet.
    let total = seen.borrow()[0].1;
    assert!((1203..1203 + 64).contains(&total), "{total}");
    assert_eq!(*seen.borrow(), [(0, total), (500, total), (1000, total), (total, total)]);
    assert!(!place.path().join("keys/epoch-1.wrapped").exists());
    assert!(place.path().join("keys/epoch-2.wrapped").exists());
    let newcomer = person(&store);
    look(&store, newcomer, "kayak-1").unwrap();
    store.close();
    let store = open(place.path());
    for person in sample.iter().chain([&newcomer]) {
        assert_eq!(history(&store, person).unwrap(), ["kayak-1"]);
    }
    assert_eq!(store.check().unwrap(), []);
    store.close();
    // The old keystore beside the new epochs reads nobody.
    std::fs::copy(old_copy, place.path().join("keys/keys.db")).unwrap();
    let store = open(place.path());
    let read = history(&store, &sample[0]);
    assert!(matches!(read, Err(ReadError::Vault(VaultError::EpochGone(Epoch(1))))), "{:?}", read.err());
    let found = store.check().unwrap();
    assert!(
        found.iter().any(|one| one.part == "keys" && one.what.contains("epoch 1 don't open")),
        "{found:?}"
    );
}

#[test]
fn interrupted_rotation_loses_nobody() {
    let (place, store) = shop();
    let ana = person(&store);
    look(&store, ana, "kayak-1").unwrap();
    store.rotate_epoch(now(), &|_, _| {}).unwrap();
    // A third epoch that was begun, and nothing wrapped by it yet.
    let interrupted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.rotate_epoch(now(), &|_, _| panic!("the power went"))
    }));
    assert!(interrupted.is_err());
    let ben = person(&store);
    look(&store, ben, "kayak-2").unwrap();
    let findings = store.check().unwrap();
    assert!(findings.iter().any(|finding| finding.what.contains("rotation")), "{findings:?}");
    store.close();
    let store = open(place.path());
    assert_eq!(history(&store, &ana).unwrap(), ["kayak-1"]);
    assert_eq!(history(&store, &ben).unwrap(), ["kayak-2"]);
    assert_eq!(store.rotate_epoch(now(), &|_, _| {}).unwrap(), Epoch(4));
    assert_eq!(history(&store, &ana).unwrap(), ["kayak-1"]);
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn without_randomness_nobody_is_made() {
    struct Dry;
    impl privacy::entropy::Entropy for Dry {
        fn fill(&self, _: &mut [u8]) -> Result<(), NoEntropy> {
            Err(NoEntropy)
        }
    }
    let (place, store) = shop();
    store.close();
    let options = store::Options { entropy: std::sync::Arc::new(Dry), ..options(place.path()) };
    let store = Store::open(options, register(), now()).unwrap();
    let made = store.write(crate::shop::what("subject.create"), |tx| tx.create_subject(now())).wait();
    assert!(matches!(made, Err(StoreError::Unavailable(_))));
}
