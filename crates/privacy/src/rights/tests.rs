//! Rights over a store in memory: the audit entry comes first, what leaves is whole, what stays is what the law asks.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;
use crate::audit::Opening;
use crate::consent::LedgerState;
use crate::entropy::NoEntropy;
use crate::grant::seal_row;
use crate::keeping::{Kept, KeptBy};
use crate::notice::NoticeHistory;
use crate::register::{TEMPLATE, read};
use crate::store::{Law, StoredIdentity, StoredRow, Tx};
use crate::vault::{Epoch, EpochKey, Keystore, Secrets, WrappedKey};

struct Counter(AtomicU8);
impl Entropy for Counter {
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
        out.fill(self.0.fetch_add(1, Ordering::Relaxed));
        Ok(())
    }
}

#[derive(Default)]
struct Keys(Mutex<HashMap<Subject, WrappedKey>>);
impl Keystore for Keys {
    fn wrapped(&self, subject: &Subject) -> Result<Option<WrappedKey>, StoreError> {
        Ok(self.0.lock().unwrap().get(subject).cloned())
    }
}

struct Memory {
    law: Law,
    rows: RefCell<Vec<NewRow>>,
    identities: RefCell<Vec<NewIdentity>>,
    entries: RefCell<Vec<Entry>>,
    people: Vec<Subject>,
}

impl Tx for Memory {
    fn law(&self) -> &Law {
        &self.law
    }
    fn ledger(&self, subject: &Subject) -> Result<Option<LedgerState>, StoreError> {
        Ok(self.people.contains(subject).then(LedgerState::default))
    }
    fn rows(&self, subject: &Subject, kind: Kind, oldest: Day) -> Result<Vec<StoredRow>, StoreError> {
        assert!(!self.entries.borrow().is_empty(), "rows were read before the audit entry stood");
        let rows = self.rows.borrow();
        let mine = rows.iter().filter(|row| row.subject() == subject && row.kind() == kind);
        Ok(mine.map(|row| row.row().clone()).filter(|row| row.day >= oldest).collect())
    }
    fn note_opening(&self, _: Opening) {}
}

impl RightsTx for Memory {
    fn identities(&self, subject: &Subject) -> Result<Vec<StoredIdentity>, StoreError> {
        let all = self.identities.borrow();
        Ok(all.iter().filter(|one| one.subject() == subject).map(|one| one.identity().clone()).collect())
    }
    fn record(&self, entry: Entry) -> Result<u64, StoreError> {
        entry.encode().map_err(|error| StoreError::Damaged(error.to_string()))?;
        self.entries.borrow_mut().push(entry);
        Ok(self.entries.borrow().len() as u64 - 1)
    }
}

struct Shop {
    tx: Memory,
    vault: Vault,
    entropy: Counter,
    person: Subject,
    other: Subject,
}

fn shop() -> Shop {
    let entropy = Counter(AtomicU8::new(1));
    let keys = Arc::new(Keys::default());
    let epoch = EpochKey::generate(Epoch(1), &entropy).unwrap();
    let vault = Vault::new(
        "shop",
        vec![epoch],
        Secrets::generate(&entropy).unwrap(),
        Arc::clone(&keys) as Arc<dyn Keystore>,
    );
    let people: Vec<Subject> = (0..2).map(|_| Subject::generate(&entropy).unwrap()).collect();
    for subject in &people {
        keys.0.lock().unwrap().insert(*subject, vault.mint(subject, &entropy).unwrap());
    }
    let law =
        Law { register: Arc::new(read(TEMPLATE).unwrap()), notices: Arc::new(NoticeHistory::default()) };
    let tx = Memory {
        law,
        rows: RefCell::default(),
        identities: RefCell::default(),
        entries: RefCell::default(),
        people: people.clone(),
    };
    Shop { tx, vault, entropy, person: people[0], other: people[1] }
}

fn now() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

impl Shop {
    fn add(&self, kind: Kind, message: &str, day: i32, value: &Value) {
        let plain = serde_json::to_vec(value).unwrap();
        let row =
            seal_row(&self.vault, &self.person, kind, &plain, message, Day(day), &self.entropy).unwrap();
        self.tx.rows.borrow_mut().push(row);
    }

    fn open(&self, subject: &Subject, right: Right) -> Result<Disclosure<'_>, RightsError> {
        Disclosure::open(&self.tx, &self.vault, subject, right, Author::Subject, now())
    }
}

fn order(action: &str) -> Value {
    json!({"at": 5, "action": action, "order": "A7", "coupon": "AROHA", "total_minor": 900, "currency": "NZD",
        "lines": [{"item": "kea-40", "quantity": 1, "unit_price_minor": 900, "note": "for Mum"}]})
}

#[test]
fn disclosure_is_logged_before_anything_is_opened() {
    let shop = shop();
    shop.add(Kind::PurchaseHistory, "m1", 20_000, &order("placed"));
    // `Memory::rows` fails the test when no entry stands.
    let disclosure = shop.open(&shop.person, Right::Access).unwrap();
    assert_eq!(disclosure.rows(Kind::PurchaseHistory).unwrap()[0].value, order("placed"));
    let entries = shop.tx.entries.borrow();
    assert_eq!((entries.len(), entries[0].action.as_str()), (1, "subject.access"));
    assert_eq!(entries[0].subject, Some(shop.vault.tag(&shop.person).unwrap()));
}

#[test]
fn unknown_person_leaves_no_entry() {
    let shop = shop();
    let nobody = Subject::from_bytes([200; 16]);
    assert!(matches!(shop.open(&nobody, Right::Access), Err(RightsError::UnknownSubject)));
    assert!(shop.tx.entries.borrow().is_empty());
}

#[test]
fn what_the_law_keeps_is_an_invoice_and_nothing_more() {
    let shop = shop();
    shop.add(Kind::PurchaseHistory, "m1", 20_000, &order("placed"));
    shop.add(Kind::PurchaseHistory, "m2", 20_000, &order("cancelled"));
    shop.add(Kind::PurchaseHistory, "m3", 10, &order("placed"));
    shop.add(Kind::BrowsingHistory, "m4", 20_000, &json!({"at": 1, "action": "viewed_product", "item": "a"}));
    let disclosure = shop.open(&shop.person, Right::Erasure).unwrap();
    let hold = |law: &str, keep_days| LegalHold { kind: Kind::PurchaseHistory, law: law.into(), keep_days };
    let holds = [hold("short", 100), hold("Tax Act s 22", 2557)];
    let kept = disclosure.kept_by_law(&holds, Day(20_500)).unwrap();
    let [one] = &kept[..] else { panic!("{} rows kept", kept.len()) };
    let Kept { row, retained, order: number } = &one.seal(&shop.other, &shop.vault, &shop.entropy).unwrap();
    assert_eq!(*number, Some(KeptBy::Order("A7").index(&shop.vault)), "found by its number");
    assert_eq!(
        (Kind::PurchaseHistory, row.row().id),
        (one.name(&shop.vault).0, *one.name(&shop.vault).1.as_bytes())
    );
    assert_eq!((retained.law.as_str(), retained.until), ("Tax Act s 22", Day(22_557)));
    assert_eq!((row.subject(), row.row().day), (&shop.other, Day(20_000)));
    let plain = open_row(&shop.vault, &shop.other, Kind::PurchaseHistory, row.row()).unwrap();
    let invoice: Value = serde_json::from_slice(&plain).unwrap();
    assert_eq!(
        invoice,
        json!({"at": 5, "action": "placed", "order": "A7", "total_minor": 900, "currency": "NZD",
            "lines": [{"item": "kea-40", "quantity": 1, "unit_price_minor": 900}]})
    );
    shop.vault.shred(&shop.person);
    assert!(
        open_row(&shop.vault, &shop.other, Kind::PurchaseHistory, row.row()).is_ok(),
        "and outlives the erasure"
    );
}

#[test]
fn joined_records_open_under_the_new_name_and_keep_their_ids() {
    let shop = shop();
    shop.add(Kind::PurchaseHistory, "m1", 20_000, &order("placed"));
    let identity =
        seal_identity(&shop.vault, &shop.person, IdentityKind::AnonymousId, "anon-1", &shop.entropy).unwrap();
    shop.tx.identities.borrow_mut().push(identity);
    let disclosure = shop.open(&shop.person, Right::Joining).unwrap();
    let (rows, identities) = disclosure.hand_over(&shop.other, &shop.entropy).unwrap();
    assert_eq!((rows.len(), identities.len()), (1, 1));
    let again = seal_row(&shop.vault, &shop.other, Kind::PurchaseHistory, b"{}", "m1", Day(1), &shop.entropy)
        .unwrap();
    assert_eq!(rows[0].row().id, again.row().id, "a repeated message is known as one afterwards");
    shop.tx.rows.borrow_mut().extend(rows);
    shop.tx.identities.borrow_mut().extend(identities);
    shop.vault.shred(&shop.person);
    let joined = shop.open(&shop.other, Right::Access).unwrap();
    assert_eq!(joined.rows(Kind::PurchaseHistory).unwrap()[0].value, order("placed"));
    assert_eq!(joined.identities().unwrap(), [(IdentityKind::AnonymousId, "anon-1".to_owned())]);
}

#[test]
fn correction_replaces_a_row_with_one_of_its_own_kind() {
    let shop = shop();
    shop.add(Kind::Contact, "m1", 20_000, &json!({"at": 1, "field": "city", "value": "Taupo"}));
    let disclosure = shop.open(&shop.person, Right::Rectification).unwrap();
    let wrong = disclosure.rows(Kind::Contact).unwrap().remove(0);
    let mut value = wrong.value;
    value["value"] = json!("Taupō");
    value["smuggled"] = json!("x");
    let row = disclosure.seal_corrected(Kind::Contact, wrong.id, wrong.day, &value, &shop.entropy).unwrap();
    *shop.tx.rows.borrow_mut() = vec![row];
    let right = disclosure.rows(Kind::Contact).unwrap().remove(0);
    assert_eq!((right.id, right.value), (wrong.id, json!({"at": 1, "field": "city", "value": "Taupō"})));
    for no_row in [json!(null), json!({"at": 1}), json!({"at": "noon", "field": "city", "value": "x"})] {
        let refused = disclosure.seal_corrected(Kind::Contact, wrong.id, wrong.day, &no_row, &shop.entropy);
        assert!(matches!(refused, Err(RightsError::Correction(Kind::Contact, _))), "{no_row}");
    }
}
