//! Writes are durable, apart from one another, and found again; a grant reads them, and a withdrawal ends that.

use std::time::Duration;

use privacy::consent::{LedgerEntry, Status};
use privacy::data::Kind;
use privacy::grant::ReadError;
use privacy::store::{Day, StoreError, Tx};
use store::{Item, ItemKind, OpenError, Progress, Put, Store};

use crate::shop::{
    Failure, consent, count, history, link, look, looked, now, open, options, person, raw, register, shop,
    unavailable, what, write,
};

#[test]
fn store_is_one_process_alone_and_opens_again() {
    let (place, store) = shop();
    let again = Store::open(options(place.path()), register(), now());
    assert!(matches!(again.err(), Some(OpenError::InUse(_))));
    let id = store.shop_id().to_owned();
    let (ana, law) = (person(&store), store.law().notices.current());
    look(&store, ana, "kayak-1").unwrap();
    store.close();
    let store = open(place.path());
    assert_eq!(store.shop_id(), id);
    assert_eq!(store.law().notices.current(), law, "an unchanged register makes no new notice");
    assert_eq!(history(&store, &ana).unwrap(), ["kayak-1"]);
}

#[test]
fn changed_register_is_a_new_notice() {
    let (place, store) = shop();
    store.close();
    let mut register = register();
    for declaration in register.purposes.values_mut() {
        declaration.retention_days += 1;
    }
    let store = Store::open(options(place.path()), register, now()).unwrap();
    assert_eq!(store.law().notices.current().unwrap().0, 2);
}

#[test]
fn row_is_stored_once() {
    let (_place, store) = shop();
    let ana = person(&store);
    assert_eq!(look(&store, ana, "kayak-1").unwrap(), Put::Stored);
    let size = store.read::<_, StoreError>(|tx| tx.audit_size()).unwrap();
    assert_eq!(look(&store, ana, "kayak-1").unwrap(), Put::Duplicate);
    assert_eq!(look(&store, ana, "kayak-2").unwrap(), Put::Stored);
    assert_eq!(history(&store, &ana).unwrap().len(), 2);
    let (counts, after) = store.read::<_, StoreError>(|tx| Ok((tx.row_counts()?, tx.audit_size()?))).unwrap();
    assert_eq!(counts, [(Kind::BrowsingHistory, 2)]);
    assert_eq!(after, size + 1, "what changed nothing leaves no entry");
}

#[test]
fn withdrawn_consent_refuses_the_very_next_read() {
    let (_place, store) = shop();
    let ana = person(&store);
    look(&store, ana, "kayak-1").unwrap();
    for second in 0..20 {
        let decide = |status, after: u64| {
            let LedgerEntry::Consent(mut record) = consent(status) else { unreachable!() };
            record.at += Duration::from_millis(1000 * second + after);
            write(&store, "consent.record", move |tx| {
                Ok(tx.append(&ana, &LedgerEntry::Consent(record), now())?)
            })
            .unwrap();
        };
        decide(Status::Given, 1);
        assert_eq!(history(&store, &ana).unwrap(), ["kayak-1"], "{second}");
        decide(Status::Withdrawn, 2);
        assert!(matches!(history(&store, &ana), Err(ReadError::Refused(_))), "{second}");
    }
}

#[test]
fn ledger_that_cannot_be_read_is_damage_and_no_consent() {
    let (place, store) = shop();
    let ana = person(&store);
    raw(place.path()).execute("UPDATE ledger SET status = 'granted'", []).unwrap();
    assert!(matches!(history(&store, &ana), Err(ReadError::Store(StoreError::Damaged(_)))));
    let findings = store.check().unwrap();
    assert!(findings.iter().any(|finding| finding.part == "ledger"), "{findings:?}");
}

#[test]
fn ledger_is_read_back_as_it_was_written() {
    let (_place, store) = shop();
    let ana = person(&store);
    let purpose: privacy::purpose::PurposeId = "offers".parse().unwrap();
    let entries = [
        LedgerEntry::Objected { purpose: purpose.clone(), at: now() },
        LedgerEntry::ObjectionLifted { purpose, at: now() },
        LedgerEntry::Restricted { at: now() },
        LedgerEntry::RestrictionLifted { at: "2026-03-04T05:06:07.123456789Z".parse().unwrap() },
    ];
    let written = entries.clone();
    write(&store, "consent.record", move |tx| {
        for (entry, seq) in written.iter().zip(1..) {
            assert_eq!(tx.append(&ana, entry, now())?, seq);
        }
        Ok(())
    })
    .unwrap();
    let read = store.read::<_, StoreError>(|tx| tx.ledger_entries(&ana)).unwrap();
    assert_eq!(read.iter().map(|(seq, ..)| *seq).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(read[0].1, consent(Status::Given));
    assert_eq!(read[1..].iter().map(|(_, entry, _)| entry.clone()).collect::<Vec<_>>(), entries);
}

#[test]
fn failing_write_takes_no_other_with_it() {
    let (_place, store) = shop();
    let people: Vec<_> = (0..6).map(|_| person(&store)).collect();
    // The first write holds the writer up, so that the others are committed together.
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (begun, running) = std::sync::mpsc::channel::<()>();
    let held = store.write(what("test.hold"), move |_| {
        begun.send(())?;
        wait.recv()?;
        Ok::<_, Failure>(())
    });
    running.recv().unwrap();
    let pending: Vec<_> = people
        .iter()
        .enumerate()
        .map(|(i, &subject)| {
            let shop = store.clone();
            store.write(what("event.store"), move |tx| {
                let _ = tx.put(&looked(&shop, tx, &subject, "kayak-1")?)?;
                match i {
                    1 => Err(Failure::from("no")),
                    3 => panic!("in a write"),
                    _ => Ok(tx.create_subject(now())?),
                }
            })
        })
        .collect();
    assert_eq!(store.queue_length(), 6);
    go.send(()).unwrap();
    held.wait().unwrap();
    let results: Vec<_> = pending.into_iter().map(store::Pending::wait).collect();
    assert_eq!(results[1].as_ref().unwrap_err().to_string(), "no");
    assert!(unavailable(results[3].as_ref().unwrap_err()).contains("event.store"));
    for (i, person) in people.iter().enumerate() {
        let expected = usize::from(i != 1 && i != 3);
        assert_eq!(history(&store, person).unwrap().len(), expected, "{i}");
    }
    let (subjects, size) =
        store.read::<_, StoreError>(|tx| Ok((tx.subject_count()?, tx.audit_size()?))).unwrap();
    assert_eq!((subjects, size), (6 + 4, 1 + 6 + 4), "notice, people, and what was kept");
    assert_eq!(store.queue_length(), 0);
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn failing_write_that_is_alone_leaves_nothing() {
    let (_place, store) = shop();
    let ana = person(&store);
    let shop = store.clone();
    for ending in ["error", "panic"] {
        let shop = shop.clone();
        let failed = store.write(what("event.store"), move |tx| {
            let _ = tx.put(&looked(&shop, tx, &ana, "kayak-1")?)?;
            let _ = tx.create_subject(now())?;
            assert_ne!(ending, "panic", "in a write");
            Err::<(), _>(Failure::from("no"))
        });
        failed.wait().unwrap_err();
        assert_eq!(history(&store, &ana).unwrap().len(), 0, "{ending}");
    }
    let (subjects, size) =
        store.read::<_, StoreError>(|tx| Ok((tx.subject_count()?, tx.audit_size()?))).unwrap();
    assert_eq!((subjects, size), (1, 2), "notice and person");
    write(&store, "event.store", move |tx| Ok(tx.put(&looked(&shop, tx, &ana, "kayak-1")?)?)).unwrap();
    assert_eq!(history(&store, &ana).unwrap().len(), 1);
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn ledger_within_a_write_is_what_it_will_be_after_it() {
    let (_place, store) = shop();
    let (ana, ben) = (person(&store), person(&store));
    let within = write(&store, "consent.record", move |tx| {
        let before = tx.ledger(&ana)?;
        tx.append(&ana, &consent(Status::Withdrawn), now())?;
        let other = tx.ledger(&ben)?;
        tx.append(&ben, &LedgerEntry::Restricted { at: now() }, now())?;
        tx.append(&ana, &LedgerEntry::Restricted { at: now() }, now())?;
        assert_ne!((&before, &other), (&tx.ledger(&ana)?, &tx.ledger(&ben)?));
        let carl = tx.create_subject(now())?;
        tx.append(&carl, &consent(Status::Refused), now())?;
        let people = [ana, ben, carl];
        Ok(people.map(|subject| (subject, tx.ledger(&subject))))
    })
    .unwrap();
    for (subject, state) in within {
        assert_eq!(store.read::<_, StoreError>(|tx| tx.ledger(&subject)).unwrap(), state.unwrap());
    }
}

#[test]
fn answer_comes_after_the_commit() {
    let (place, store) = shop();
    let ana = person(&store);
    let other = raw(place.path());
    for n in 1..50 {
        look(&store, ana, &format!("item-{n}")).unwrap();
        assert_eq!(count(&other, "SELECT count(*) FROM record"), n);
    }
}

#[test]
fn readers_see_whole_snapshots_while_others_write() {
    let (_place, store) = shop();
    let ana = person(&store);
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut seen = 0;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    store
                        .read::<_, Failure>(|tx| {
                            let first = tx.rows(&ana, Kind::BrowsingHistory, Day(0))?.len();
                            let size = tx.audit_size()?;
                            std::thread::yield_now();
                            assert_eq!(tx.rows(&ana, Kind::BrowsingHistory, Day(0))?.len(), first);
                            assert_eq!(tx.audit_size()?, size);
                            assert!(first % 2 == 0, "both rows of a write or neither: {first}");
                            assert!(first >= seen);
                            seen = first;
                            Ok(())
                        })
                        .unwrap();
                    assert!(history(&store, &ana).unwrap().len() >= seen);
                }
            });
        }
        for n in 0..100 {
            let shop = store.clone();
            write(&store, "event.store", move |tx| {
                let _ = tx.put(&looked(&shop, tx, &ana, &format!("a-{n}"))?)?;
                let _ = tx.put(&looked(&shop, tx, &ana, &format!("b-{n}"))?)?;
                Ok(())
            })
            .unwrap();
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(history(&store, &ana).unwrap().len(), 200);
}

#[test]
fn identity_leads_to_its_person_however_it_is_spelt() {
    use privacy::pseudonym::IdentityKind::{Email, UserId};
    let (_place, store) = shop();
    let (ana, ben) = (person(&store), person(&store));
    link(&store, ana, "Ana@Example.com");
    let find = |kind, value| store.read::<_, StoreError>(|tx| tx.find(kind, value)).unwrap();
    assert_eq!(find(Email, " ana@example.COM"), Some(ana));
    assert_eq!(find(UserId, "ana@example.com"), None);
    link(&store, ben, "ana@example.com");
    assert_eq!(find(Email, "ana@example.com"), Some(ben));
}

#[test]
fn catalogue_counters_and_progress_are_kept() {
    let (place, store) = shop();
    let item = Item { id: "k1".into(), kind: ItemKind::Article, json: "{}".into(), updated_at: now() };
    let progress =
        Progress { lines: 9, bytes: 99, done: true, stored: 4, refused: 3, rejected: 2, duplicate: 1 };
    let kept = item.clone();
    write(&store, "import.store", move |tx| {
        tx.put_item(&kept)?;
        tx.put_item(&Item { id: "k2".into(), ..kept.clone() })?;
        assert!(tx.delete_item("k2")? && !tx.delete_item("k2")?);
        tx.count(Day(1), "no_consent", 2)?;
        tx.count(Day(1), "no_consent", 3)?;
        tx.set_progress("log.csv", &progress)?;
        Ok(())
    })
    .unwrap();
    store.close();
    let store = open(place.path());
    store
        .read::<_, StoreError>(|tx| {
            assert_eq!(tx.items()?, std::slice::from_ref(&item));
            assert_eq!(tx.counters(Day(0))?, [(Day(1), "no_consent".to_owned(), 5)]);
            assert_eq!(tx.counters(Day(2))?, []);
            assert_eq!(tx.progress("log.csv")?, Some(progress));
            assert_eq!(tx.progress("other")?, None);
            Ok(())
        })
        .unwrap();
}

#[test]
fn retention_deletes_what_is_older_and_nothing_else() {
    let (_place, store) = shop();
    let (ana, ben) = (person(&store), person(&store));
    look(&store, ana, "kayak-1").unwrap();
    look(&store, ben, "kayak-1").unwrap();
    let today = Day::of(now());
    let deleted = write(&store, "retention.delete", move |tx| {
        Ok([
            tx.delete_before(Kind::BrowsingHistory, today)?,
            tx.delete_before(Kind::CartHistory, today.plus(1))?,
            tx.delete_subject_before(&ana, Kind::BrowsingHistory, today.plus(1))?,
            tx.delete_before(Kind::BrowsingHistory, today.plus(1))?,
        ])
    });
    assert_eq!(deleted.unwrap(), [0, 0, 1, 1]);
    assert!(history(&store, &ben).unwrap().is_empty());
}

#[test]
fn closed_store_refuses_what_comes_later() {
    let (_place, store) = shop();
    let other = store.clone();
    store.close();
    let late = other.write(what("event.store"), |tx| tx.create_subject(now()));
    assert!(matches!(late.wait(), Err(StoreError::Unavailable(_))));
    assert_eq!(other.queue_length(), 0);
    assert!(other.flush_openings(now()).is_err());
}

#[test]
fn answer_can_be_awaited() {
    let (_place, store) = shop();
    let mut pending = std::pin::pin!(store.write(what("subject.create"), |tx| tx.create_subject(now())));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let made = loop {
        match pending.as_mut().poll(&mut context) {
            std::task::Poll::Ready(made) => break made,
            std::task::Poll::Pending => std::thread::yield_now(),
        }
    };
    assert!(store.vault().tag(&made.unwrap()).is_ok());
}
