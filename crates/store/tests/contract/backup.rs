//! Backups bring the shop back, and nobody who was erased.

use privacy::consent::Refusal;
use privacy::grant::ReadError;
use store::{KeystoreUsed, RestoreError, restore};

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
    std::fs::create_dir(other.path().join("keys")).unwrap();
    for key in ["root.key", "secrets.wrapped", "epoch-1.wrapped"] {
        std::fs::copy(place.path().join("keys").join(key), other.path().join("keys").join(key)).unwrap();
    }
    let report = restore(&backup, &options(other.path()), now()).unwrap();
    assert_eq!((report.subjects, report.erased_again, report.keystore), (1, 0, KeystoreUsed::Backup));
    let store = open(other.path());
    assert_eq!(history(&store, &ana).unwrap(), ["kayak-1"]);
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
    assert!(matches!(restore(&backup, &fresh, now()), Err(RestoreError::Store(_))));
    assert!(!fresh.data_dir.join("equipoise.db").exists());
    assert!(!fresh.data_dir.join("restoring.db").exists());
}
