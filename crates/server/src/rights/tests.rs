//! Rights over a real store in a directory of its own: each does what it says, in one write, and leaves its trace.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use privacy::aggregate::Threshold;
use privacy::audit::{Author, leaf_hash};
use privacy::consent::{ConsentRecord, LedgerEntry, Source, Status};
use privacy::data::{BrowsingHistory, Contact, Kind, PurchaseHistory};
use privacy::entropy::{Entropy, NoEntropy};
use privacy::grant::Authorize;
use privacy::pseudonym::IdentityKind;
use privacy::purpose::Personalisation;
use privacy::register::{TEMPLATE, read};
use privacy::rights::Certificate;
use privacy::signals::Gpc;
use privacy::store::Day;
use privacy::subject::Subject;
use serde_json::{Value, json};
use store::{LastLook, Options, Store, StoreError, Write};

use super::*;
use crate::app::App;
use crate::consent::{Choice, Stored, operator, take_choice};
use crate::recommend::Engine;
use crate::web::{Problem, ProblemKind, TokenHash};

struct Counter(AtomicU64);
impl Entropy for Counter {
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
        for chunk in out.chunks_mut(32) {
            let next = leaf_hash(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            chunk.copy_from_slice(&next.0[..chunk.len()]);
        }
        Ok(())
    }
}

/// A shop in a directory of its own, whose clock the test turns.
pub(crate) struct Shop {
    pub(crate) app: Arc<App>,
    seconds: Arc<AtomicI64>,
    dir: tempfile::TempDir,
}

const START: i64 = 1_795_000_000;

pub(crate) fn shop() -> Shop {
    let dir = tempfile::tempdir().unwrap();
    let entropy: Arc<dyn Entropy> = Arc::new(Counter(AtomicU64::new(1)));
    let seconds = Arc::new(AtomicI64::new(START));
    let now = Arc::clone(&seconds);
    let clock: crate::app::Clock =
        Arc::new(move || Timestamp::from_second(now.load(Ordering::Relaxed)).unwrap());
    let options = Options {
        data_dir: dir.path().join("data"),
        key_dir: dir.path().join("keys"),
        entropy: Arc::clone(&entropy),
    };
    let register = read(TEMPLATE).unwrap();
    let store = Store::open(options, register, clock()).unwrap();
    let app = App {
        experiments: crate::experiments::Experiments::default(),
        placements: crate::placements::Placements::open(&store).unwrap(),
        store,
        engine: Engine::new(Threshold::of(2)),
        metrics: crate::operate::Metrics::new(),
        clock,
        entropy,
        operator_token: TokenHash::of("token"),
        texts: crate::question::Texts::shipped(),
        demo: None,
    };
    Shop { app: Arc::new(app), seconds, dir }
}

impl Shop {
    pub(crate) fn later(&self, days: i64) {
        self.seconds.fetch_add(days * 86_400, Ordering::Relaxed);
    }

    pub(crate) fn choose(&self, id: &str, words: &[(&str, Status)]) -> Value {
        self.choose_with(id, words, Gpc::Silent, Stored::OnYesAlone).unwrap()
    }

    pub(crate) fn choose_with(
        &self,
        id: &str,
        words: &[(&str, Status)],
        signal: Gpc,
        stored: Stored,
    ) -> Result<Value, Problem> {
        let words: BTreeMap<_, _> = words.iter().map(|(p, s)| (p.parse().unwrap(), *s)).collect();
        let who = (IdentityKind::AnonymousId, id.to_owned());
        let choice = Choice {
            who,
            words,
            language: "en-NZ".to_owned(),
            notice: None,
            stored,
            signal,
            source: Source::Person,
        };
        take_choice(&self.app, choice)
    }

    pub(crate) fn subject(&self, id: &str) -> Option<Subject> {
        self.app.store.read(|tx| tx.find(IdentityKind::AnonymousId, id)).unwrap()
    }

    /// Stores what the person's choices permit of: a look at an item, an order of it, an e-mail address.
    pub(crate) fn shops(&self, id: &str, item: &str) {
        let (app, now, item) = (Arc::clone(&self.app), self.app.now(), item.to_owned());
        let subject = self.subject(id).unwrap();
        let email = format!("{id}@example.nz");
        let write = Write { name: "event.store", author: Author::System, at: now };
        let written = self.app.store.write(write, move |tx| {
            let at = now.as_millisecond();
            let (vault, entropy, day) = (app.vault(), app.entropy.as_ref(), Day::of(now));
            let collection = tx.collect(&subject, &|_| true, now)?;
            let looked =
                serde_json::from_value(json!({"at": at, "action": "viewed_product", "item": item})).unwrap();
            let bought =
                serde_json::from_value(json!({"at": at, "action": "placed", "order": format!("o-{item}"),
                "lines": [{"item": item, "quantity": 1, "note": "for Mum"}]}))
                .unwrap();
            let stated = serde_json::from_value(json!({"at": at, "field": "email", "value": email})).unwrap();
            if collection.permits(Kind::BrowsingHistory) {
                let row = collection.seal::<BrowsingHistory>(
                    &looked,
                    &format!("l {item} {at}"),
                    day,
                    vault,
                    entropy,
                );
                tx.put(&row.unwrap())?;
            }
            let row =
                collection.seal::<PurchaseHistory>(&bought, &format!("b {item} {at}"), day, vault, entropy);
            tx.put(&row.unwrap())?;
            let row = collection.seal::<Contact>(&stated, &format!("c {item} {at}"), day, vault, entropy);
            tx.put(&row.unwrap())?;
            tx.link(&collection.seal_identity(IdentityKind::Email, &email, vault, entropy).unwrap())?;
            crate::recommend::relearn(tx, &app.engine, vault, &subject, now)
        });
        written.wait().unwrap();
    }

    pub(crate) fn rows(&self, id: &str, kind: Kind) -> usize {
        let Some(subject) = self.subject(id) else { return 0 };
        let rows = |tx: &store::ReadTx<'_>| privacy::store::Tx::rows(tx, &subject, kind, Day(i32::MIN));
        self.app.store.read(rows).unwrap().len()
    }

    fn permitted(&self, id: &str) -> bool {
        let Some(subject) = self.subject(id) else { return false };
        let now = self.app.now();
        let asked: Result<bool, privacy::grant::ReadError> =
            self.app.store.read(|tx| Ok(tx.authorize::<Personalisation>(&subject, "test", now).is_ok()));
        asked.unwrap()
    }

    fn ask(&self, desk: Desk, body: Value) -> Result<Value, Problem> {
        serve(&self.app, desk, &body, operator())
    }
}

const YES: &[(&str, Status)] = &[("personalisation", Status::Given), ("analytics", Status::Given)];

fn who(id: &str) -> Value {
    json!({"anonymous_id": id})
}

#[test]
fn access_shows_everything_with_reasons_clocks_and_onlookers() {
    let shop = shop();
    shop.choose("aroha", YES);
    shop.shops("aroha", "kea-40");
    shop.ask(Desk::Portability, who("aroha")).unwrap();
    let document = shop.ask(Desk::Access, who("aroha")).unwrap();
    assert_eq!(document["format"], "equipoise.access/v1");
    assert_eq!(document["identities"].as_array().unwrap().len(), 2);
    let order = &document["data"]["orders"]["rows"][0];
    assert_eq!(order["value"]["lines"][0]["item"], "kea-40");
    assert_eq!(order["kept_until"]["service"], Day::of(shop.app.now()).plus(730).to_date());
    assert_eq!(document["purposes"]["service"]["basis"], "contract");
    assert_eq!(document["purposes"]["service"]["recipients"].as_array().unwrap().len(), 2);
    assert_eq!(document["decisions"].as_array().unwrap().len(), 2);
    assert_eq!(document["decisions"][0]["notice_version"], 1);
    let accesses = document["accesses"].to_string();
    assert!(accesses.contains("subject.portability"), "{accesses}");
    assert!(accesses.contains("opened to use it"), "the machine's openings are there: {accesses}");
    assert!(document["complain_to"][0].as_str().unwrap().contains("Privacy Commissioner"));
}

#[test]
fn portability_leaves_out_what_the_shop_worked_out() {
    let shop = shop();
    shop.choose("aroha", YES);
    shop.shops("aroha", "kea-40");
    let document = shop.ask(Desk::Portability, who("aroha")).unwrap();
    assert_eq!(document["data"]["browsing"]["rows"].as_array().unwrap().len(), 1);
    assert!(document["data"].get("shown").is_none());
}

#[test]
fn corrected_address_is_the_one_by_which_the_person_is_found() {
    let shop = shop();
    shop.choose("aroha", YES);
    shop.shops("aroha", "kea-40");
    let corrected = json!({"anonymous_id": "aroha", "contact": {"email": "new@example.nz"}});
    shop.ask(Desk::Rectify, corrected).unwrap();
    let gone = shop.ask(Desk::Access, json!({"email": "aroha@example.nz"})).unwrap_err();
    assert_eq!(gone.kind(), ProblemKind::NotFound);
    let document = shop.ask(Desk::Access, json!({"email": "new@example.nz"})).unwrap();
    let contact = document["data"]["contact"]["rows"].as_array().unwrap();
    assert_eq!((contact.len(), &contact[0]["value"]["value"]), (1, &json!("new@example.nz")));
}

#[test]
fn address_of_somebody_else_is_not_taken_over() {
    let shop = shop();
    for id in ["aroha", "wiremu"] {
        shop.choose(id, YES);
        shop.shops(id, "kea-40");
    }
    let theirs = json!({"anonymous_id": "aroha", "contact": {"email": "wiremu@example.nz"}});
    assert_eq!(shop.ask(Desk::Rectify, theirs).unwrap_err().kind(), ProblemKind::Conflict);
    let document = shop.ask(Desk::Access, who("aroha")).unwrap();
    assert_eq!(document["data"]["contact"]["rows"][0]["value"]["value"], "aroha@example.nz");
}

#[test]
fn row_is_corrected_or_deleted_by_its_id() {
    let shop = shop();
    shop.choose("aroha", YES);
    shop.shops("aroha", "kea-40");
    let document = shop.ask(Desk::Access, who("aroha")).unwrap();
    let row = document["data"]["orders"]["rows"][0].clone();
    let mut value = row["value"].clone();
    value["lines"][0]["quantity"] = json!(2);
    let corrected =
        json!({"anonymous_id": "aroha", "row": {"kind": "orders", "id": row["id"], "value": value}});
    shop.ask(Desk::Rectify, corrected).unwrap();
    let document = shop.ask(Desk::Access, who("aroha")).unwrap();
    assert_eq!(document["data"]["orders"]["rows"][0]["value"]["lines"][0]["quantity"], 2);
    let row = document["data"]["browsing"]["rows"][0].clone();
    let deleted = json!({"anonymous_id": "aroha", "delete": {"kind": "browsing", "id": row["id"]}});
    shop.ask(Desk::Rectify, deleted.clone()).unwrap();
    assert_eq!(shop.rows("aroha", Kind::BrowsingHistory), 0);
    assert_eq!(shop.ask(Desk::Rectify, deleted).unwrap_err().kind(), ProblemKind::NotFound);
}

#[test]
fn order_that_a_law_keeps_is_not_deleted_as_a_correction() {
    let shop = shop();
    shop.choose("aroha", YES);
    shop.shops("aroha", "kea-40");
    let order =
        |shop: &Shop| shop.ask(Desk::Access, who("aroha")).unwrap()["data"]["orders"]["rows"][0].clone();
    let row = order(&shop);
    let delete = json!({"anonymous_id": "aroha", "delete": {"kind": "orders", "id": row["id"]}});
    let hold = shop.app.register().kept_by_law[0].clone();
    let refused = shop.ask(Desk::Rectify, delete.clone()).unwrap_err();
    assert_eq!(refused.kind(), ProblemKind::Conflict);
    let until = Day::of(shop.app.now()).plus(hold.keep_days).to_date();
    assert!(
        refused.detail().contains(&hold.law) && refused.detail().contains(&until),
        "{}",
        refused.detail()
    );
    assert_eq!(shop.rows("aroha", Kind::PurchaseHistory), 1);
    // What was called off was never invoiced.
    let mut value = row["value"].clone();
    value["action"] = json!("cancelled");
    let cancelled =
        json!({"anonymous_id": "aroha", "row": {"kind": "orders", "id": row["id"], "value": value}});
    shop.ask(Desk::Rectify, cancelled).unwrap();
    shop.ask(Desk::Rectify, delete).unwrap();
    assert_eq!(shop.rows("aroha", Kind::PurchaseHistory), 0);
}

#[test]
fn restricted_person_is_kept_but_not_used() {
    let shop = shop();
    shop.choose("aroha", YES);
    shop.shops("aroha", "kea-40");
    assert!(shop.permitted("aroha"));
    assert_eq!(shop.app.engine.held().people.0, 1);
    shop.ask(Desk::Restrict, who("aroha")).unwrap();
    assert!(!shop.permitted("aroha"));
    assert_eq!(shop.app.engine.held().people.0, 0, "the models forget at once");
    shop.ask(Desk::Withdraw, who("aroha")).unwrap();
    shop.later(2000);
    expire(&shop.app).unwrap();
    assert_eq!(shop.rows("aroha", Kind::BrowsingHistory), 1, "a restriction holds everything in place");
    assert!(shop.ask(Desk::Access, who("aroha")).is_ok());
    shop.ask(Desk::Unrestrict, who("aroha")).unwrap();
    assert_eq!(shop.rows("aroha", Kind::BrowsingHistory), 0, "what was withdrawn meanwhile goes then");
}

#[test]
fn objection_stops_what_it_may_stop() {
    let shop = shop();
    shop.choose("aroha", YES);
    let object =
        |purpose: &str| shop.ask(Desk::Object, json!({"anonymous_id": "aroha", "purposes": [purpose]}));
    assert_eq!(object("service").unwrap_err().kind(), ProblemKind::Conflict);
    assert_eq!(object("astrology").unwrap_err().kind(), ProblemKind::Malformed);
    let after = object("personalisation").unwrap();
    assert_eq!(after["purposes"]["personalisation"]["refused_because"], "objected");
    assert!(!shop.permitted("aroha"));
    let lifted = json!({"anonymous_id": "aroha", "purposes": ["personalisation"]});
    shop.ask(Desk::Unobject, lifted).unwrap();
    assert!(shop.permitted("aroha"));
}

#[test]
fn erasure_is_whole_and_proven() {
    let shop = shop();
    for id in ["wiremu", "aroha"] {
        shop.choose(id, YES);
        shop.shops(id, "kea-40");
    }
    let subject = shop.subject("aroha").unwrap();
    let document = shop.ask(Desk::Erase, json!({"email": "aroha@example.nz"})).unwrap();
    let verified = Certificate::verify(&document, Some(shop.app.store.verifying_key())).unwrap();
    assert_eq!(document["deleted"], json!({"browsing": 1, "contact": 1, "orders": 1}));
    assert_eq!((&document["identities_deleted"], &document["ledger_deleted"]), (&json!(2), &json!(2)));
    assert!(!document.to_string().contains("aroha"), "the certificate names nobody");
    assert_eq!(verified.log, shop.app.store.read(|tx| tx.audit_head(shop.app.now())).unwrap().origin);
    let law = &shop.app.register().kept_by_law[0].law;
    assert_eq!(document["retained"][0]["law"], law.as_str(), "what the law keeps is named");
    assert_eq!(document["retained"][0]["count"], 1);
    assert_eq!(shop.app.store.read(|tx| tx.retained()).unwrap().len(), 1);

    for desk in [Desk::Access, Desk::Erase, Desk::Receipts] {
        assert_eq!(shop.ask(desk, who("aroha")).unwrap_err().kind(), ProblemKind::NotFound);
    }
    assert!(shop.app.vault().tag(&subject).is_err(), "the key is shredded");
    assert_eq!(shop.app.engine.held().people.0, 1, "only the other is left in the models");
    assert!(shop.ask(Desk::Access, who("wiremu")).is_ok());

    // From outside, with nothing but the file and the log.
    let file = shop.dir.path().join("certificate.json");
    std::fs::write(&file, document.to_string()).unwrap();
    shop.app.store.flush_openings(shop.app.now()).unwrap();
    let check = |file: &std::path::Path| {
        let args = AuditArgs {
            command: AuditCommand::Verify {
                certificate: Some(file.to_owned()),
                key: Some(shop.app.store.verifying_key().to_string()),
                data_dir: Some(shop.dir.path().join("data")),
            },
        };
        let mut said = Vec::new();
        let verdict = run_audit(&args, &|_| None, &mut said).unwrap();
        (verdict, String::from_utf8(said).unwrap())
    };
    let (verdict, said) = check(&file);
    assert_eq!(verdict, Verdict::Holds, "{said}");
    assert!(said.contains("The certificate holds.") && said.contains("The audit log is in order."), "{said}");
    let mut forged = document;
    forged["deleted"]["orders"] = json!(7);
    std::fs::write(&file, forged.to_string()).unwrap();
    let (verdict, said) = check(&file);
    assert_eq!(verdict, Verdict::Fails);
    assert!(said.contains("does not hold"), "{said}");
}

/// A look at a page, with all that browsing can hold.
fn looks_with_everything(shop: &Shop, id: &str) {
    let (app, now, subject) = (Arc::clone(&shop.app), shop.app.now(), shop.subject(id).unwrap());
    let write = Write { name: "event.store", author: Author::System, at: now };
    let written = shop.app.store.write(write, move |tx| {
        let row = serde_json::from_value(json!({"at": now.as_millisecond(), "action": "viewed_product",
            "item": "kea-40", "session": "s1", "category": "packs", "query": "pack", "page": "/p/kea-40"}))
        .unwrap();
        let collection = tx.collect(&subject, &|_| true, now)?;
        let sealed =
            collection.seal::<BrowsingHistory>(&row, "wide", Day::of(now), app.vault(), app.entropy.as_ref());
        tx.put(&sealed.unwrap())?;
        crate::recommend::relearn(tx, &app.engine, app.vault(), &subject, now)
    });
    written.wait().unwrap();
}

#[test]
fn field_that_no_purpose_needs_any_more_is_cut_out_of_its_row() {
    let seen = |shop: &Shop| {
        shop.ask(Desk::Access, who("aroha")).unwrap()["data"]["browsing"]["rows"][0]["value"].clone()
    };
    let whole =
        json!({"item": "kea-40", "session": "s1", "category": "packs", "query": "pack", "page": "/p/kea-40"});
    let without = |names: &[&str]| {
        let mut rest = whole.clone();
        names.iter().for_each(|name| drop(rest.as_object_mut().unwrap().remove(*name)));
        rest
    };
    let fields = |mut row: Value| {
        for name in ["at", "action"] {
            assert!(row.as_object_mut().unwrap().remove(name).is_some(), "{row}");
        }
        row
    };
    // Only analytics has the page; offers has item and category alone.
    let all = [YES, &[("offers", Status::Given)]].concat();
    type End<'e> = (&'e str, &'e dyn Fn(&Shop));
    let ends: [End<'_>; 3] = [
        ("a withdrawal", &|shop| {
            shop.choose("aroha", &[("analytics", Status::Withdrawn)]);
        }),
        ("an objection", &|shop| {
            let body = json!({"anonymous_id": "aroha", "purposes": ["analytics"]});
            shop.ask(Desk::Object, body).unwrap();
        }),
        ("a restriction in between", &|shop| {
            shop.ask(Desk::Restrict, who("aroha")).unwrap();
            shop.choose("aroha", &[("analytics", Status::Withdrawn)]);
            assert_eq!(fields(seen(shop)), whole, "a restriction holds everything in place");
            shop.ask(Desk::Unrestrict, who("aroha")).unwrap();
        }),
    ];
    for (what, end) in ends {
        let shop = shop();
        shop.choose("aroha", &all);
        looks_with_everything(&shop, "aroha");
        assert_eq!(fields(seen(&shop)), whole);
        let held = shop.app.engine.held().people;
        end(&shop);
        assert_eq!(fields(seen(&shop)), without(&["page"]), "{what}");
        assert_eq!(shop.app.engine.held().people.0, held.0, "who may still read it reads the same");
        shop.choose("aroha", &[("personalisation", Status::Withdrawn)]);
        assert_eq!(fields(seen(&shop)), without(&["page", "session", "query"]), "{what}");
        // A yes that comes back brings nothing back.
        shop.choose("aroha", YES);
        assert_eq!(fields(seen(&shop)), without(&["page", "session", "query"]), "{what}");
        assert_eq!(shop.app.store.check().unwrap(), []);
    }
}

#[test]
fn field_is_cut_when_the_yes_behind_it_runs_out() {
    let shop = shop();
    shop.choose("aroha", &[("analytics", Status::Given)]);
    shop.later(300);
    shop.choose("aroha", &[("personalisation", Status::Given)]);
    looks_with_everything(&shop, "aroha");
    shop.later(100);
    assert_eq!(expire(&shop.app).unwrap(), 1);
    let row = shop.ask(Desk::Access, who("aroha")).unwrap()["data"]["browsing"]["rows"][0]["value"].clone();
    assert!(row.get("page").is_none() && row["query"] == "pack", "{row}");
}

#[test]
fn joined_people_are_one_and_the_stricter_word_holds() {
    let shop = shop();
    shop.choose("phone", YES);
    shop.shops("phone", "kea-40");
    shop.choose("laptop", &[("personalisation", Status::Given), ("analytics", Status::Given)]);
    shop.choose("laptop", &[("personalisation", Status::Withdrawn)]);
    shop.shops("laptop", "tui-20");
    let (from, into) = (shop.subject("phone").unwrap(), shop.subject("laptop").unwrap());
    let (app, now) = (Arc::clone(&shop.app), shop.app.now());
    let write = Write { name: "subject.join", author: Author::System, at: now };
    let joined = shop
        .app
        .store
        .write(write, move |tx| join(tx, app.vault(), &app.engine, app.entropy.as_ref(), &from, &into, now));
    joined.wait().unwrap();
    assert_eq!(shop.subject("phone"), Some(into));
    assert_eq!(shop.rows("phone", Kind::PurchaseHistory), 2);
    assert!(!shop.permitted("phone"), "a no on either device is a no");
    assert!(shop.app.vault().tag(&from).is_err());
    assert_eq!(shop.app.engine.held().people, (0, 1));
}

#[test]
fn what_is_past_its_retention_goes_and_consents_run_out() {
    let shop = shop();
    shop.choose("aroha", YES);
    shop.shops("aroha", "kea-40");
    shop.later(100);
    assert_eq!(expire(&shop.app).unwrap(), 0, "nothing is due yet");
    shop.later(300);
    assert_eq!(expire(&shop.app).unwrap(), 1);
    assert_eq!(shop.rows("aroha", Kind::BrowsingHistory), 0, "no yes, no browsing history");
    assert_eq!(shop.rows("aroha", Kind::PurchaseHistory), 1, "the contract still needs the order");
    let document = shop.ask(Desk::Access, who("aroha")).unwrap();
    assert_eq!(document["purposes"]["personalisation"]["status"], "expired");
    shop.later(400);
    assert_eq!(expire(&shop.app).unwrap(), 1);
    assert_eq!(shop.rows("aroha", Kind::PurchaseHistory), 0);
    assert_eq!(expire(&shop.app).unwrap(), 0);
}

/// Many people, of whom each day one came; each looked at a page on their day and on the day after.
fn crowd(shop: &Shop, people: i64) {
    let (app, now) = (Arc::clone(&shop.app), shop.app.now());
    let write = Write { name: "event.store", author: Author::System, at: now };
    let written = shop.app.store.write(write, move |tx| {
        for n in 0..people {
            let at = now - jiff::SignedDuration::from_hours(24 * (n % 360));
            let subject = tx.create_subject(at)?;
            let purposes = ["analytics", "personalisation"];
            for purpose in purposes {
                let record = ConsentRecord {
                    purpose: purpose.parse().unwrap(),
                    status: Status::Given,
                    at,
                    notice: privacy::notice::NoticeVersion(1),
                    language: "en".to_owned(),
                    source: Source::Person,
                };
                tx.append(&subject, &LedgerEntry::Consent(record), at)?;
            }
            let collection = tx.collect(&subject, &|_| true, now)?;
            for row in 0..4 {
                let looked =
                    serde_json::from_value(json!({"at": at.as_millisecond(), "action": "viewed_product",
                    "item": format!("i-{row}")}))
                    .unwrap();
                let (name, day) = (format!("{n} {row}"), Day::of(at).plus(row % 2));
                let sealed = collection.seal::<BrowsingHistory>(
                    &looked,
                    &name,
                    day,
                    app.vault(),
                    app.entropy.as_ref(),
                );
                tx.put(&sealed.unwrap())?;
            }
        }
        Ok::<_, privacy::grant::ReadError>(())
    });
    written.wait().unwrap();
}

/// An order of somebody new that is three years old already.
fn crowd_late(shop: &Shop) {
    let (app, now) = (Arc::clone(&shop.app), shop.app.now());
    let write = Write { name: "import.store", author: Author::System, at: now };
    let written = shop.app.store.write(write, move |tx| {
        let subject = tx.create_subject(now)?;
        let bought = serde_json::from_value(
            json!({"at": 0, "action": "placed", "order": "old", "lines": [{"item": "kea-40", "quantity": 1}]}),
        )
        .unwrap();
        let day = Day::of(now).minus(1_100);
        let collection = tx.collect(&subject, &|_| true, now)?;
        let row = collection.seal::<PurchaseHistory>(&bought, "late", day, app.vault(), app.entropy.as_ref());
        tx.put(&row.unwrap())?;
        Ok::<_, privacy::grant::ReadError>(())
    });
    written.wait().unwrap();
}

#[test]
fn what_runs_out_is_found_by_its_day_as_by_reading_everything() {
    // Another notice has everybody looked at.
    let by_reading_everything = |shop: &Shop| {
        let (at, write) =
            (shop.app.now(), Write { name: "test.forget", author: Author::System, at: shop.app.now() });
        let notice = privacy::notice::NoticeVersion(99);
        let written =
            shop.app.store.write::<_, StoreError>(write, move |tx| tx.looked(LastLook { at, notice }, &[]));
        written.wait().unwrap();
    };
    let run = |forget: &dyn Fn(&Shop)| {
        let shop = shop();
        crowd(&shop, 90);
        let mut done = Vec::new();
        for days in [0, 1, 3, 200, 10, 200, 300, 100] {
            shop.later(days);
            forget(&shop);
            done.push(expire(&shop.app).unwrap());
            if days == 3 {
                // Comes in late: its day has passed every limit.
                crowd_late(&shop);
            }
        }
        (done, shop.app.store.read(|tx| tx.row_counts()).unwrap())
    };
    let (found, rows) = run(&|_| {});
    let (expected, left) = run(&by_reading_everything);
    assert_eq!(rows, left);
    assert!(found.iter().sum::<u64>() >= 90 && found.contains(&0), "{found:?} {expected:?}");
}

#[test]
fn mistaken_requests_are_told_apart() {
    let shop = shop();
    let both = json!({"user_id": "1", "email": "a@b.nz"});
    let checks = [
        (Desk::Access, json!({}), ProblemKind::Malformed),
        (Desk::Access, both, ProblemKind::Malformed),
        (Desk::Access, json!({"user_id": 7}), ProblemKind::Malformed),
        (Desk::Access, json!({"user_id": "nobody"}), ProblemKind::NotFound),
        (Desk::Rectify, json!({"user_id": "nobody"}), ProblemKind::Malformed),
        (Desk::Object, json!({"user_id": "x", "purposes": "offers"}), ProblemKind::Malformed),
        (
            Desk::Rectify,
            json!({"user_id": "x", "delete": {"kind": "orders", "id": "7"}}),
            ProblemKind::Malformed,
        ),
    ];
    for (desk, body, expected) in checks {
        assert_eq!(shop.ask(desk, body.clone()).unwrap_err().kind(), expected, "{body}");
    }
}

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    args: SubjectArgs,
}

#[test]
fn command_writes_a_file_that_only_its_owner_reads() {
    use std::os::unix::fs::PermissionsExt as _;

    use clap::Parser as _;

    let shop = shop();
    shop.choose("aroha", YES);
    let door = Door::Local(Arc::clone(&shop.app));
    let file = shop.dir.path().join("access.json");
    let path = file.to_str().unwrap();
    let line = |words: &[&str]| Line::try_parse_from([&["subject"], words].concat()).map(|line| line.args);
    let args = line(&["access", "--anonymous-id", "aroha", "--out", path]).unwrap();
    let mut said = Vec::new();
    run(&args, &door, &mut said).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let document: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(document["identities"][0]["value"], "aroha");
    assert!(matches!(run(&args, &door, &mut said), Err(CliError::File { .. })), "nothing is written over");

    let fresh = shop.dir.path().join("certificate.json");
    let args = line(&["erase", "--user-id", "nobody", "--out", fresh.to_str().unwrap()]).unwrap();
    let error = run(&args, &door, &mut said).unwrap_err().to_string();
    assert!(error.contains("nobody is known by this id"), "{error}");
    assert!(!fresh.exists(), "no empty file is left behind");
    assert!(line(&["access"]).is_err());
    assert!(line(&["access", "--user-id", "1", "--email", "a@b.nz"]).is_err());
}

#[test]
fn remote_door_sends_the_identity_in_the_body_alone_and_passes_the_answer_on() {
    use std::io::{Read as _, Write as _};

    let check = |status: &str, answer: &str| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let reply = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
            answer.len()
        );
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            let mut part = [0; 1024];
            while !asked.ends_with(b"}") {
                let read = stream.read(&mut part).unwrap();
                asked.extend_from_slice(&part[..read]);
            }
            stream.write_all(reply.as_bytes()).unwrap();
            String::from_utf8(asked).unwrap()
        });
        let door = Door::Remote { base, token: "secret".to_owned() };
        let answer = door.call(Desk::Access, &json!({"email": "aroha@example.nz"}));
        (answer, server.join().unwrap())
    };
    let (answer, asked) = check("200 OK", r#"{"format": "x"}"#);
    assert_eq!(answer.unwrap(), json!({"format": "x"}));
    assert!(asked.starts_with("POST /v1/subjects/access HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_lowercase().contains("authorization: bearer secret"), "{asked}");
    assert!(!asked.split("\r\n\r\n").next().unwrap().contains("aroha"), "{asked}");
    let (answer, _) =
        check("404 Not Found", r#"{"detail": "nobody is known by this id", "mend": "check it"}"#);
    assert_eq!(answer.unwrap_err().to_string(), "nobody is known by this id\n  check it");
    let (answer, _) = check("502 Bad Gateway", "oops}");
    assert!(matches!(answer, Err(CliError::Unreachable { .. })));
}
