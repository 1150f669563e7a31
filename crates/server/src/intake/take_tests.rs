//! Intake against a real store: who is known after what, and what is stored of whom.

use std::sync::Arc;

use jiff::Timestamp;
use privacy::data::Kind;
use privacy::pseudonym::IdentityKind;
use privacy::register::{TEMPLATE, read};
use privacy::signals::Gpc;
use privacy::store::{Day, StoreError};
use serde_json::{Value, json};
use store::{Options, Store};

use super::import::{Format, Import, ImportArgs, ImportError, News};
use super::{Arrival, Body, Outcome, take_from};
use crate::app::SystemEntropy;
use crate::consent::Authority;
use crate::recommend::Engine;

struct Shop {
    store: Store,
    engine: Engine,
    folder: tempfile::TempDir,
}

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

fn shop() -> Shop {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let options = Options { key_dir: data_dir.join("keys"), data_dir, entropy: Arc::new(SystemEntropy) };
    Shop {
        store: Store::open(options, read(TEMPLATE).unwrap(), now()).unwrap(),
        engine: Engine::new(privacy::aggregate::Threshold::of(2)),
        folder,
    }
}

impl Shop {
    fn take(&self, events: Value, opt_out: Gpc) -> Outcome {
        self.take_by(Authority::Operator, events, opt_out)
    }

    fn take_by(&self, authority: Authority, events: Value, opt_out: Gpc) -> Outcome {
        let bytes = serde_json::to_vec(&json!({ "batch": events })).unwrap();
        let body = Body::read(&bytes, None).unwrap();
        let entropy: Arc<dyn privacy::entropy::Entropy> = Arc::new(SystemEntropy);
        let arrival = Arrival::Live(now());
        take_from(authority, &self.store, &self.engine, &entropy, body, arrival, opt_out).wait().unwrap()
    }

    fn people(&self) -> u64 {
        self.store.read(|tx| tx.subject_count()).unwrap()
    }

    fn rows(&self, kind: Kind) -> u64 {
        let counts = self.store.read(|tx| tx.row_counts()).unwrap();
        counts.iter().find(|(k, _)| *k == kind).map_or(0, |(_, n)| *n)
    }

    fn knows(&self, kind: IdentityKind, value: &str) -> bool {
        self.store.read(|tx| tx.find(kind, value)).unwrap().is_some()
    }
}

fn view(who: Value, message: &str, consent: Value) -> Value {
    let mut event = json!({"type": "track", "event": "Product Viewed", "messageId": message,
        "timestamp": "2026-05-01T00:00:00Z", "properties": {"product_id": "kea-40"},
        "context": {"consent": {"categoryPreferences": consent}}});
    event.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
    event
}

fn order(user: &str) -> Value {
    json!({"type": "track", "event": "Order Completed", "userId": user, "messageId": format!("o-{user}"),
        "properties": {"order_id": "7", "products": [{"product_id": "kea-40"}]}, "context": {}})
}

#[test]
fn a_visitor_who_has_not_agreed_leaves_nothing() {
    let shop = shop();
    let anonymous = json!({"anonymousId": "a"});
    let outcome = shop.take(
        json!([view(anonymous.clone(), "1", json!({})), view(anonymous, "2", json!({"analytics": false}))]),
        Gpc::Silent,
    );
    assert_eq!((outcome.stored, outcome.refused["no_consent"]), (0, 2));
    assert_eq!(shop.people(), 0);
    let counted = shop.store.read(|tx| tx.counters(Day::of(now()))).unwrap();
    assert!(counted.iter().any(|(_, reason, n)| reason == "no_consent" && *n == 2));
}

#[test]
fn a_message_is_stored_once() {
    let shop = shop();
    let event = view(json!({"userId": "u"}), "1", json!({"personalisation": true}));
    assert_eq!(shop.take(json!([event, event]), Gpc::Silent).stored, 1);
    assert_eq!(shop.take(json!([event]), Gpc::Silent).duplicate, 1);
    assert_eq!((shop.people(), shop.rows(Kind::BrowsingHistory)), (1, 1));
}

#[test]
fn an_order_needs_no_consent_where_the_contract_covers_it() {
    let shop = shop();
    assert_eq!(shop.take(json!([order("u")]), Gpc::Silent).stored, 1);
    assert_eq!(shop.rows(Kind::PurchaseHistory), 1);
}

#[test]
fn a_withdrawn_stamp_refuses_and_a_later_stamp_does_not_reopen() {
    let shop = shop();
    let event =
        |message: &str, yes: bool| view(json!({"userId": "u"}), message, json!({"personalisation": yes}));
    let outcome = shop.take(json!([event("1", true), event("2", false), event("3", true)]), Gpc::Silent);
    assert_eq!((outcome.stored, outcome.refused_total()), (1, 2));
}

#[test]
fn an_opt_out_signal_refuses_offers_whatever_is_stamped() {
    let shop = shop();
    let event = view(json!({"userId": "u"}), "1", json!({"offers": true}));
    assert_eq!(shop.take(json!([event]), Gpc::OptOut).stored, 0);
    assert_eq!(shop.people(), 0);
}

#[test]
fn an_e_mail_address_leads_to_one_person_only() {
    let shop = shop();
    let identify = |user: &str, message: &str| json!({"type": "identify", "userId": user, "messageId": message, "traits": {"email": "ana@example.com"}});
    let outcome = shop.take(json!([identify("u1", "1"), identify("u2", "2")]), Gpc::Silent);
    assert_eq!((outcome.stored, shop.people()), (2, 2));
    let counted = shop.store.read(|tx| tx.counters(Day::of(now()))).unwrap();
    assert!(counted.iter().any(|(_, reason, _)| reason == "identity_conflict"));
    let (mail, user) = shop
        .store
        .read(|tx| {
            Ok::<_, StoreError>((
                tx.find(IdentityKind::Email, "ana@example.com")?,
                tx.find(IdentityKind::UserId, "u1")?,
            ))
        })
        .unwrap();
    assert_eq!(mail, user);
}

#[test]
fn an_e_mail_address_as_user_id_is_no_plain_id() {
    let shop = shop();
    assert_eq!(shop.take(json!([order("Ana@Example.com")]), Gpc::Silent).stored, 1);
    assert!(shop.knows(IdentityKind::Email, "ana@example.com"));
    assert!(!shop.knows(IdentityKind::UserId, "Ana@Example.com"));
}

#[test]
fn a_number_that_is_new_goes_to_the_devices_user_and_a_second_number_does_not() {
    let shop = shop();
    let yes = json!({"personalisation": true});
    let device = json!({"anonymousId": "a"});
    let login = |user: &str| json!({"type": "identify", "userId": user, "anonymousId": "a", "messageId": user, "traits": {"firstName": "A"}});
    shop.take(json!([view(device, "1", yes.clone()), login("u1")]), Gpc::Silent);
    assert_eq!(shop.people(), 1);
    shop.take(json!([login("u2")]), Gpc::Silent);
    assert_eq!(shop.people(), 2);
    let (device, user) = shop
        .store
        .read(|tx| {
            Ok::<_, StoreError>((
                tx.find(IdentityKind::AnonymousId, "a")?,
                tx.find(IdentityKind::UserId, "u2")?,
            ))
        })
        .unwrap();
    assert_eq!(device, user, "a shared device is the last one's");
}

#[test]
fn an_explicit_decision_is_recorded_though_it_brings_no_row() {
    let shop = shop();
    let decide = |user: &str, yes: bool| {
        json!({"type": "track", "event": "Segment Consent Preference Updated", "userId": user,
        "context": {"consent": {"categoryPreferences": {"analytics": yes}}}})
    };
    assert_eq!(shop.take(json!([decide("n", false)]), Gpc::Silent).stored, 0);
    assert_eq!(shop.people(), 0, "a no needs nobody to be known");
    assert_eq!(shop.take(json!([decide("u", true)]), Gpc::Silent).stored, 1);
    assert!(shop.knows(IdentityKind::UserId, "u"));
    let entries = shop.store.read(|tx| {
        let subject = tx.find(IdentityKind::UserId, "u")?.unwrap();
        tx.ledger_entries(&subject)
    });
    assert_eq!(entries.unwrap().len(), 1);
}

#[test]
fn a_yes_said_once_more_is_recorded_and_loses_nothing_that_was_learnt() {
    let shop = shop();
    let yes = json!({"personalisation": true});
    let decided = json!({"type": "track", "event": "Segment Consent Preference Updated", "userId": "u",
        "timestamp": "2026-05-01T00:01:00Z", "context": {"consent": {"categoryPreferences": yes}}});
    let see = |message: &str| view(json!({"userId": "u"}), message, yes.clone());
    assert_eq!(shop.take(json!([see("1"), decided, see("2")]), Gpc::Silent).stored, 3);
    let entries = shop.store.read(|tx| {
        let subject = tx.find(IdentityKind::UserId, "u")?.unwrap();
        tx.ledger_entries(&subject)
    });
    assert_eq!(entries.unwrap().len(), 2);
    assert_eq!(shop.rows(Kind::BrowsingHistory), 2);
    let fresh = Engine::new(privacy::aggregate::Threshold::of(3));
    crate::recommend::replay(&shop.store, &fresh, now(), &|_| ()).unwrap();
    assert_eq!(shop.engine.people(), fresh.people());
    assert_ne!(shop.engine.people(), (0, 0));
}

#[test]
fn a_write_key_opens_again_only_what_somebody_without_a_name_closed() {
    let decide = |who: &str, id: &str, yes: bool, minute: u8| {
        json!({"type": "track", "event": "Segment Consent Preference", who: id,
        "timestamp": format!("2026-05-01T00:{minute:02}:00Z"),
        "context": {"consent": {"categoryPreferences": {"analytics": yes}}}})
    };
    for (who, authority, expected) in [
        ("userId", Authority::WriteKey, 0),
        ("userId", Authority::Operator, 1),
        ("anonymousId", Authority::WriteKey, 1),
    ] {
        let shop = shop();
        let take = |yes, minute| shop.take_by(authority, json!([decide(who, "k", yes, minute)]), Gpc::Silent);
        assert_eq!((take(true, 1).stored, take(false, 2).stored), (1, 1), "{who}");
        let again = take(true, 3);
        assert_eq!(again.stored, expected, "{who}");
        assert_eq!(again.refused.get("unproven").copied().unwrap_or(0), 1 - expected, "{who}");
    }
}

fn retail(shop: &Shop, basis: bool) -> ImportArgs {
    let file = shop.folder.path().join("log.csv");
    let text = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n1,85123A,LAMP,6,2010-12-01 08:26:00,2.55,17850.0,UK\n1,71053,LANTERN,2,2010-12-01 08:26:00,3.39,17850.0,UK\nbroken\n2,22,X,1,2010-12-01 08:28:00,1,13047,UK\n";
    std::fs::write(&file, text).unwrap();
    ImportArgs {
        file,
        format: Format::OnlineRetail,
        basis: basis.then_some(privacy::purpose::LegalBasis::Contract),
        purposes: if basis { vec!["service".parse().unwrap()] } else { Vec::new() },
        evidence: None,
        currency: Some("GBP".to_owned()),
        rejects: None,
    }
}

#[test]
fn an_import_stores_nothing_twice_and_loses_no_good_line() {
    let shop = shop();
    let import =
        Import { store: &shop.store, engine: &shop.engine, entropy: Arc::new(SystemEntropy), now: now() };
    let args = retail(&shop, true);
    let report = import.run(&args, &mut |_| {}).unwrap();
    assert_eq!((report.stored, report.rejected, report.products, report.was_done), (2, 1, 3, false));
    assert!(std::fs::read_to_string(&report.rejects).unwrap().contains("broken"));
    assert!(import.run(&args, &mut |_| {}).unwrap().was_done);
    let renamed = shop.folder.path().join("other.csv");
    std::fs::rename(&args.file, &renamed).unwrap();
    let again = import.run(&ImportArgs { file: renamed, ..args }, &mut |_| {}).unwrap();
    assert_eq!((again.stored, again.duplicate), (0, 2));
    assert_eq!((shop.people(), shop.rows(Kind::PurchaseHistory)), (2, 2));
}

#[test]
fn a_file_without_one_readable_line_is_a_failure_each_time() {
    let shop = shop();
    let import =
        Import { store: &shop.store, engine: &shop.engine, entropy: Arc::new(SystemEntropy), now: now() };
    let args = ImportArgs { format: Format::Sessions, currency: None, ..retail(&shop, true) };
    for _ in 0..2 {
        let mut shown = 0;
        let failed = import.run(&args, &mut |news| shown += u32::from(matches!(news, News::Rejected { .. })));
        let failed = failed.unwrap_err();
        assert!(matches!(failed, ImportError::NothingReadable(..)), "{failed}");
        assert_eq!(shown, 5);
    }
    let rejects = std::fs::read_to_string(shop.folder.path().join("log.csv.rejects.jsonl")).unwrap();
    assert_eq!(rejects.lines().count(), 5, "no line twice: {rejects}");
    let absent = ImportArgs { file: shop.folder.path().join("absent"), ..args };
    let failed = import.run(&absent, &mut |_| {}).unwrap_err();
    assert!(failed.to_string().contains("nothing was read yet") && failed.mend().contains("check the name"));
}

#[test]
fn without_a_legal_basis_nothing_personal_is_imported() {
    let shop = shop();
    let import =
        Import { store: &shop.store, engine: &shop.engine, entropy: Arc::new(SystemEntropy), now: now() };
    let report = import.run(&retail(&shop, false), &mut |_| {}).unwrap();
    assert_eq!((report.stored, report.refused, shop.people()), (0, 2, 0));
    assert!(report.advice.is_some());
    assert_eq!(shop.store.read(|tx| tx.items()).unwrap().len(), 3);
}
