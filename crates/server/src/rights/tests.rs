//! Rights over a real store in a directory of its own: each does what it says, in one write, and leaves its trace.

mod command;
mod erasure;
mod kept;
mod retention;

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
        sessions: crate::web::Sessions::default(),
        doors: crate::privacy_centre::Doors::new(privacy::login::LoginSecret::new("login")),
        texts: crate::question::Texts::shipped(),
        load: crate::intake::Load::default(),
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
