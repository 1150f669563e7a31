//! The audit log: an entry for every write, proofs for every entry, and no change that isn't found.

use privacy::audit::{
    Author, Entry, Fault, leaf_hash, verify_consistency, verify_head, verify_inclusion, verify_log,
};
use privacy::rights::{Disclosure, Right};
use privacy::store::{RightsTx, StoreError};
use store::{AuditTrail, OpenError, Store, audit_trail};

use crate::shop::{Failure, history, look, now, open, options, person, raw, register, shop, write};

fn verify(store: &Store, trail: AuditTrail) -> Result<u64, Vec<Fault>> {
    let notes: Vec<_> = trail.heads.iter().map(|head| head.note.clone()).collect();
    let keys = [store.verifying_key().clone()];
    verify_log(trail.rows, &notes, &trail.origin, &keys).map(|report| report.signed_entries)
}

#[test]
fn every_entry_is_proven_against_the_signed_head() {
    let (_place, store) = shop();
    let ana = person(&store);
    let mut heads = Vec::new();
    for n in 0..600 {
        look(&store, ana, &format!("item-{n}")).unwrap();
        if n % 100 == 7 {
            heads.push(store.sign_head(now()).unwrap());
        }
    }
    let newest = store.sign_head(now()).unwrap();
    assert_eq!(newest.size, 602);
    let key = [store.verifying_key().clone()];
    let head = verify_head(&newest.note, &store.origin(), &key).unwrap();
    store
        .read::<_, Failure>(|tx| {
            assert_eq!(tx.audit_head(now())?.root, head.root);
            for (seq, entry, leaf) in tx.audit_entries(0, 10_000)? {
                assert_eq!(leaf, leaf_hash(&entry));
                verify_inclusion(&leaf, seq, head.size, &tx.inclusion_proof(seq, head.size)?, &head.root)?;
            }
            for old in &heads {
                let old = verify_head(&old.note, &store.origin(), &key)?;
                let proof = tx.consistency_proof(old.size, head.size)?;
                verify_consistency(old.size, head.size, &old.root, &head.root, &proof)?;
            }
            assert!(tx.inclusion_proof(602, 602).is_err());
            assert_eq!(tx.newest_head()?, Some(newest.clone()));
            assert_eq!(tx.heads()?.len(), heads.len() + 1);
            Ok(())
        })
        .unwrap();
}

#[test]
fn log_goes_on_after_a_restart() {
    let (place, mut store) = shop();
    let ana = person(&store);
    for n in 0..300 {
        look(&store, ana, &format!("item-{n}")).unwrap();
        if n % 70 == 0 {
            store.flush_openings(now()).unwrap();
            store.close();
            store = open(place.path());
        }
    }
    store.sign_head(now()).unwrap();
    assert_eq!(verify(&store, audit_trail(&place.path().join("data")).unwrap()), Ok(302));
}

#[test]
fn default_entry_names_the_write_its_author_and_the_one_subject() {
    let (_place, store) = shop();
    let (ana, ben) = (person(&store), person(&store));
    look(&store, ana, "kayak-1").unwrap();
    let shop = store.clone();
    write(&store, "event.store", move |tx| {
        for person in [ana, ben] {
            let _ = tx.put(&crate::shop::looked(&shop, tx, &person, "kayak-2")?)?;
        }
        Ok(())
    })
    .unwrap();
    let entries = store.read::<_, StoreError>(|tx| tx.audit_entries(3, 9)).unwrap();
    let [one, two] = [0, 1].map(|i: usize| Entry::decode(&entries[i].1).unwrap());
    assert_eq!((one.action.as_str(), one.count), ("event.store", 1));
    assert_eq!(one.subject, Some(store.vault().tag(&ana).unwrap()));
    assert_eq!(one.author, Author::Machine { part: "intake".into() });
    assert_eq!((two.count, two.subject), (2, None));
    assert_eq!(entries.len(), 2);
}

#[test]
fn own_entry_of_a_write_stands_for_it() {
    let (_place, store) = shop();
    let ana = person(&store);
    let size = || store.read::<_, StoreError>(|tx| tx.audit_size()).unwrap();
    let before = size();
    let shop = store.clone();
    let seq = write(&store, "subject.access", move |tx| {
        let author = Author::Operator { id: "op-7".into(), role: "support".into() };
        let door = Disclosure::open(tx, shop.vault(), &ana, Right::Access, author, now())?;
        assert_eq!(tx.all_rows(&ana, privacy::data::Kind::Contact)?.len(), 0);
        Ok(door.entry)
    })
    .unwrap();
    assert_eq!((seq, size()), (before, before + 1));
    let tag = store.vault().tag(&ana).unwrap();
    let mentions = store.read::<_, StoreError>(|tx| tx.audit_about(&tag)).unwrap();
    assert_eq!(mentions.last().unwrap().entry.action, "subject.access");
}

#[test]
fn openings_by_the_machine_are_bundled_shown_and_proven() {
    let (_place, store) = shop();
    let (ana, ben) = (person(&store), person(&store));
    for person in [ana, ben, ana] {
        history(&store, &person).unwrap();
    }
    store.flush_openings(now()).unwrap();
    let size = store.read::<_, StoreError>(|tx| tx.audit_size()).unwrap();
    store.flush_openings(now()).unwrap();
    assert_eq!(store.read::<_, StoreError>(|tx| tx.audit_size()).unwrap(), size, "nothing new, no entry");
    let tag = store.vault().tag(&ana).unwrap();
    store
        .read::<_, Failure>(|tx| {
            let mentions = tx.audit_about(&tag)?;
            let opened: Vec<_> = mentions.iter().filter_map(|mention| mention.opening.as_ref()).collect();
            assert_eq!(opened.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [0, 2]);
            assert_eq!(opened[0].1.part, "recommend");
            let entry = &mentions.last().unwrap().entry;
            assert_eq!((entry.action.as_str(), entry.count), ("data.open", 3));
            let (opening, proof) = tx.opening_proof(size - 1, 2)?.unwrap();
            assert_eq!(opening.subject, tag);
            proof.verify(&opening, &entry.bundle.unwrap())?;
            assert_eq!(tx.newest_head()?.unwrap().size, size);
            Ok(())
        })
        .unwrap();
}

#[test]
fn tampering_is_found() {
    type Expected = fn(&Fault) -> bool;
    let cases: [(&str, Expected); 4] = [
        (
            "UPDATE audit_entry SET entry = (SELECT entry FROM audit_entry WHERE seq = 5) WHERE seq = 4",
            |fault| matches!(fault, Fault::Changed { seq: 4 }),
        ),
        ("DELETE FROM audit_entry WHERE seq = 5", |fault| matches!(fault, Fault::Removed { first: 5, .. })),
        ("DELETE FROM audit_entry WHERE seq > 195", |fault| matches!(fault, Fault::Truncated { .. })),
        ("UPDATE audit_entry SET leaf = zeroblob(32) WHERE seq = 9", |fault| {
            matches!(fault, Fault::HashChanged { seq: 9 })
        }),
    ];
    for (statement, expected) in cases {
        let (place, store) = shop();
        let ana = person(&store);
        for n in 0..198 {
            look(&store, ana, &format!("item-{n}")).unwrap();
        }
        store.sign_head(now()).unwrap();
        assert_eq!(verify(&store, audit_trail(&place.path().join("data")).unwrap()), Ok(200));
        assert_eq!(store.check().unwrap(), []);
        assert!(raw(place.path()).execute(statement, []).unwrap() > 0);
        let faults = verify(&store, audit_trail(&place.path().join("data")).unwrap()).unwrap_err();
        assert!(faults.iter().any(expected), "{statement}: {faults:?}");
        let findings = store.check().unwrap();
        assert!(findings.iter().any(|finding| finding.part == "audit"), "{statement}");
    }
}

#[test]
fn log_whose_end_was_changed_does_not_open() {
    for statement in [
        "DELETE FROM audit_entry WHERE seq = 3",
        "UPDATE audit_entry SET leaf = zeroblob(32) WHERE seq = 3",
        "UPDATE audit_entry SET entry = zeroblob(32) WHERE seq = 3",
    ] {
        let (place, store) = shop();
        let ana = person(&store);
        look(&store, ana, "kayak-1").unwrap();
        look(&store, ana, "kayak-2").unwrap();
        store.close();
        assert_eq!(raw(place.path()).execute(statement, []).unwrap(), 1);
        let opened = Store::open(options(place.path()), register(), now());
        assert!(matches!(opened.err(), Some(OpenError::Store(StoreError::Damaged(_)))), "{statement}");
        assert!(audit_trail(&place.path().join("data")).is_ok(), "it can still be looked at");
    }
}

#[test]
fn entry_that_looks_personal_takes_the_whole_write_back() {
    let (_place, store) = shop();
    let refused = store.write(
        store::Write {
            name: "subject.create",
            author: Author::Operator { id: "ana@example.com".into(), role: "support".into() },
            at: now(),
        },
        |tx| tx.create_subject(now()),
    );
    assert!(matches!(refused.wait(), Err(StoreError::Unavailable(_))));
    assert_eq!(store.read::<_, StoreError>(|tx| tx.subject_count()).unwrap(), 0);
    assert_eq!(store.read::<_, StoreError>(|tx| tx.audit_entries(0, 9)).unwrap().len(), 1);
}
