//! Backups bring the shop back, and nobody who was erased.

use std::path::Path;

use privacy::audit::LogVerifier;
use privacy::consent::Refusal;
use privacy::grant::ReadError;
use privacy::store::{Day, StoreError};
use privacy::subject::Subject;
use privacy::vault::VaultError;
use store::{KeyringError, KeystoreUsed, OpenError, RestoreError, Store, audit_trail, restore};

use crate::erasure::{erase_and_keep, kept};
use crate::shop::{history, look, now, open, options, person, raw, shop, write};

#[test]
fn erased_person_stays_erased_after_an_older_backup_is_restored() {
    let (place, store) = shop();
    let (ana, ben) = (person(&store), person(&store));
    look(&store, ana, "kayak-1").unwrap();
    look(&store, ben, "kayak-2").unwrap();
    let backup = place.path().join("backup");
    let report = store.backup(&backup).unwrap();
    assert_eq!((report.subjects, report.audit_entries), (2, 5));
    assert!(store.backup(&backup).is_err(), "it isn't written over");
    write(&store, "subject.erase", move |tx| Ok(tx.erase(&ana)?)).unwrap();
    store.close();
    let live = options(place.path());
    assert!(matches!(restore(&backup, &live, now()), Err(RestoreError::Occupied(_))));
    std::fs::remove_dir_all(place.path().join("data")).unwrap();
    let report = restore(&backup, &live, now()).unwrap();
    assert_eq!((report.subjects, report.erased_again, report.keystore), (1, 1, KeystoreUsed::Live));
    let left: i64 = raw(place.path())
        .query_row("SELECT count(*) FROM record WHERE subject = ?1", [ana.as_bytes()], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0, "before anything is served");
    let store = open(place.path());
    assert!(matches!(history(&store, &ana), Err(ReadError::Refused(Refusal::UnknownSubject))));
    assert_eq!(history(&store, &ben).unwrap(), ["kayak-2"]);
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn what_the_law_keeps_of_a_person_erased_after_the_backup_survives_its_restore() {
    let (place, store) = shop();
    let (ana, ben) = (person(&store), person(&store));
    look(&store, ana, "kayak-1").unwrap();
    look(&store, ben, "kayak-2").unwrap();
    let backup = place.path().join("backup");
    store.backup(&backup).unwrap();
    let archive = erase_and_keep(&store, ana, 10);
    store.close();
    std::fs::remove_dir_all(place.path().join("data")).unwrap();
    let report = restore(&backup, &options(place.path()), now()).unwrap();
    assert_eq!((report.subjects, report.erased_again), (1, 1));
    let store = open(place.path());
    let [(subject, row)] = &kept(&store)[..] else { panic!("one row is kept") };
    assert!(*subject == archive && row.contains("kayak-1"), "{row}");
    // Under restriction still: no ledger, no reading, nobody's; and she herself is unreadable.
    assert!(matches!(history(&store, &archive), Err(ReadError::Refused(Refusal::UnknownSubject))));
    assert!(matches!(history(&store, &ana), Err(ReadError::Refused(Refusal::UnknownSubject))));
    assert_eq!(store.vault().tag(&ana), Err(VaultError::Shredded));
    assert_eq!(store.check().unwrap(), []);
    // It goes in its time, as it would have without the restore.
    let day = Day::of(now()).plus(10);
    assert_eq!(write(&store, "retained.expire", move |tx| Ok(tx.expire_retained(day)?)).unwrap(), 1);
    assert_eq!(kept(&store), []);
    assert_eq!(store.vault().tag(&archive), Err(VaultError::Shredded));
}

/// The heads that stand in certificates of two people, one from before the backup and one from after.
#[test]
fn restore_signs_which_heads_it_gives_up_even_twice() {
    let (place, store) = shop();
    let people: Vec<_> = (0..4).map(|_| person(&store)).collect();
    let mut heads = Vec::new();
    let mut erase = |store: &Store, who: Subject| {
        write(store, "subject.erase", move |tx| Ok(tx.erase(&who)?)).unwrap();
        let head = store.read::<_, StoreError>(|tx| tx.head_for(tx.audit_size()? - 1)).unwrap();
        assert_eq!(Some(&head), store.read::<_, StoreError>(|tx| tx.newest_head()).unwrap().as_ref());
        heads.push(head.note);
    };
    erase(&store, people[0]);
    let backup = place.path().join("backup");
    let size = store.backup(&backup).unwrap().audit_entries;
    let restore_again = |store: Store| {
        store.close();
        std::fs::remove_dir_all(place.path().join("data")).unwrap();
        let report = restore(&backup, &options(place.path()), now()).unwrap();
        assert_eq!((report.audit_kept, report.erased_again), (size, 1));
        (report.audit_before, open(place.path()))
    };
    erase(&store, people[1]);
    let (before, store) = restore_again(store);
    assert_eq!(before, Some(size + 1));
    // What was erased and what the log gained after the first restore is given up by the second.
    erase(&store, people[2]);
    look(&store, people[3], "kayak-1").unwrap();
    store.close();
    std::fs::remove_dir_all(place.path().join("data")).unwrap();
    let report = restore(&backup, &options(place.path()), now()).unwrap();
    assert_eq!((report.audit_kept, report.erased_again), (size, 2));
    let store = open(place.path());
    assert_eq!(store.check().unwrap(), []);
    let trail = audit_trail(&place.path().join("data")).unwrap();
    let verify = |restores: &[_]| {
        let keys = [store.verifying_key().clone()];
        let own = trail.heads.iter().map(|head| head.note.clone());
        let all: Vec<String> = own.chain(heads.iter().cloned()).collect();
        let mut verifier = LogVerifier::with_restores(&all, restores, &trail.origin, &keys);
        trail.rows.iter().for_each(|row| verifier.push(row));
        verifier.finish()
    };
    let report = verify(&trail.restores).unwrap();
    assert_eq!((report.restores.len(), report.given_up.len()), (1, 2), "the first still fits");
    assert!(verify(&[]).is_err());
}

#[test]
fn keystore_that_is_an_older_copy_learns_from_the_backup() {
    let (place, store) = shop();
    let (ana, ben) = (person(&store), person(&store));
    look(&store, ana, "kayak-1").unwrap();
    store.close();
    let copy = place.path().join("copy.db");
    std::fs::copy(place.path().join("keys/keys.db"), &copy).unwrap();
    let store = open(place.path());
    let eve = person(&store);
    look(&store, eve, "kayak-3").unwrap();
    let archive = erase_and_keep(&store, ana, 10);
    write(&store, "subject.erase", move |tx| Ok(tx.erase(&ben)?)).unwrap();
    let backup = place.path().join("backup");
    store.backup(&backup).unwrap();
    store.close();
    // Data and keys are lost; an older copy of the keys is put back.
    std::fs::remove_dir_all(place.path().join("data")).unwrap();
    std::fs::copy(&copy, place.path().join("keys/keys.db")).unwrap();
    restore(&backup, &options(place.path()), now()).unwrap();
    let store = open(place.path());
    assert_eq!(history(&store, &eve).unwrap(), ["kayak-3"], "who came after the copy can be read");
    assert_eq!(kept(&store).len(), 1);
    assert_eq!(kept(&store)[0].0, archive);
    for gone in [ana, ben] {
        assert_eq!(store.vault().tag(&gone), Err(VaultError::Shredded));
    }
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn shop_comes_back_on_another_machine_with_its_keys() {
    let (place, store) = shop();
    let (ana, ben) = (person(&store), person(&store));
    look(&store, ana, "kayak-1").unwrap();
    write(&store, "subject.erase", move |tx| Ok(tx.erase(&ben)?)).unwrap();
    let backup = place.path().join("backup");
    store.backup(&backup).unwrap();
    let names = std::fs::read_dir(&backup).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["equipoise.db", "keys.db", "manifest.toml"], "no root, epoch or secret key");
    store.close();
    let other = tempfile::tempdir().unwrap();
    copy_keys(place.path(), other.path());
    let report = restore(&backup, &options(other.path()), now()).unwrap();
    assert_eq!((report.subjects, report.erased_again, report.keystore), (1, 0, KeystoreUsed::Backup));
    let store = open(other.path());
    assert_eq!(history(&store, &ana).unwrap(), ["kayak-1"]);
}

/// Copies what the operator keeps apart from the backup: everything in the key directory but the keystore.
fn copy_keys(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.join("keys")).unwrap();
    for key in ["root.key", "secrets.wrapped", "epoch-1.wrapped"] {
        std::fs::copy(from.join("keys").join(key), to.join("keys").join(key)).unwrap();
    }
}

#[test]
fn backup_that_the_keys_do_not_open_is_refused() {
    let (place, store) = shop();
    let ana = person(&store);
    look(&store, ana, "kayak-1").unwrap();
    let backup = place.path().join("backup");
    store.backup(&backup).unwrap();
    store.rotate_epoch(now(), &|_, _| {}).unwrap();
    let newer = place.path().join("newer");
    store.backup(&newer).unwrap();
    store.close();
    let live = options(place.path());
    std::fs::remove_dir_all(&live.data_dir).unwrap();
    std::fs::rename(live.key_dir.join("keys.db"), place.path().join("kept.db")).unwrap();
    // The keys were rotated since the backup, and the live keystore is lost.
    let error = restore(&backup, &live, now()).unwrap_err();
    assert!(matches!(error, RestoreError::EpochMissing { .. }), "{error}");
    assert!(error.to_string().contains("epoch-1.wrapped"), "{error}");
    // Nothing was left behind that the next attempt would take for the live keystore.
    assert!(!live.key_dir.join("keys.db").exists() && !live.data_dir.join("equipoise.db").exists());
    // So it is with an old keystore in its place.
    std::fs::copy(backup.join("keys.db"), live.key_dir.join("keys.db")).unwrap();
    assert!(matches!(restore(&newer, &live, now()), Err(RestoreError::EpochMissing { .. })));
    // With the kept keystore even the old backup opens.
    std::fs::rename(place.path().join("kept.db"), live.key_dir.join("keys.db")).unwrap();
    restore(&backup, &live, now()).unwrap();
    let store = open(place.path());
    assert_eq!(history(&store, &ana).unwrap(), ["kayak-1"]);
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn backup_is_refused_beside_the_keys_of_another_root_or_none() {
    let ((place, store), (elsewhere, other)) = (shop(), shop());
    person(&store);
    let backup = place.path().join("backup");
    store.backup(&backup).unwrap();
    store.close();
    other.close();
    let bare = options(&elsewhere.path().join("bare"));
    let error = restore(&backup, &bare, now()).unwrap_err();
    assert!(matches!(error, RestoreError::Open(OpenError::Keyring(KeyringError::RootMissing(_)))), "{error}");
    assert!(!bare.key_dir.join("keys.db").exists());
    let foreign = options(&elsewhere.path().join("foreign"));
    copy_keys(elsewhere.path(), &elsewhere.path().join("foreign"));
    let error = restore(&backup, &foreign, now()).unwrap_err();
    assert!(matches!(error, RestoreError::EpochForeign { .. }), "{error}");
    assert!(!foreign.key_dir.join("keys.db").exists() && !foreign.data_dir.join("equipoise.db").exists());
}

#[test]
fn backup_of_another_shop_or_none_is_refused() {
    let ((place, store), (elsewhere, other)) = (shop(), shop());
    let backup = elsewhere.path().join("backup");
    other.backup(&backup).unwrap();
    store.close();
    std::fs::remove_dir_all(place.path().join("data")).unwrap();
    let options = options(place.path());
    assert!(matches!(restore(&backup, &options, now()), Err(RestoreError::OtherShop(_))));
    assert!(matches!(restore(place.path(), &options, now()), Err(RestoreError::NoBackup(_))));
    let broken = backup.join("equipoise.db");
    std::fs::write(&broken, b"no database").unwrap();
    let fresh = crate::shop::options(&elsewhere.path().join("fresh"));
    copy_keys(elsewhere.path(), &elsewhere.path().join("fresh"));
    assert!(matches!(restore(&backup, &fresh, now()), Err(RestoreError::Store(_))));
    assert!(!fresh.data_dir.join("equipoise.db").exists());
    assert!(!fresh.data_dir.join("restoring.db").exists());
}
