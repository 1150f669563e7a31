//! A certificate convinces only whole, and only with the log that it points to.

use super::*;
use crate::audit::{Author, Frontier, Head, SubjectTag, node_hash, sign_head};

const LOG: &str = "equipoise/3f2a";
const AT: &str = "2026-11-22T03:04:05.123Z";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(LOG, [seed; 32].into()).unwrap()
}

fn entry(seq: u64, action: &str) -> Entry {
    Entry {
        seq,
        at: AT.parse().unwrap(),
        action: action.into(),
        author: Author::Subject,
        task: None,
        purpose: None,
        kind: None,
        subject: Some(SubjectTag([5; 16])),
        count: 1,
        bundle: None,
        detail: None,
    }
}

/// The certificate of the second of two entries.
fn certificate(action: &str) -> Certificate {
    let before = leaf_hash(&entry(0, "event.store").encode().unwrap());
    let record = entry(1, action).encode().unwrap();
    let mut tree = Frontier::new();
    tree.push(before);
    tree.push(leaf_hash(&record));
    assert_eq!(tree.root(), node_hash(&before, &leaf_hash(&record)));
    let head = Head { origin: LOG.into(), size: 2, root: tree.root(), at: None };
    Certificate {
        id: "c-1".into(),
        shop: "Tūī Outdoors".into(),
        erased_at: AT.parse().unwrap(),
        deleted: vec![(Kind::PurchaseHistory, 3), (Kind::BrowsingHistory, 40)],
        identities_deleted: 2,
        ledger_deleted: 4,
        models: vec!["session".into()],
        retained: vec![Retained {
            kind: Kind::PurchaseHistory,
            law: "Tax Act s 22".into(),
            count: 3,
            until: Day(21_000),
        }],
        log: LOG.into(),
        entry: 1,
        record,
        log_size: 2,
        log_root: tree.root(),
        checkpoint: sign_head(&head, &key(7)).unwrap(),
        proof: vec![before],
    }
}

#[test]
fn whole_certificate_is_believed() {
    let document = certificate("subject.erasure").sign(&key(7));
    let verified = Certificate::verify(&document, Some(key(7).verifying_key())).unwrap();
    assert_eq!((verified.entry, verified.log_size, verified.log.as_str()), (1, 2, LOG));
    assert!(Certificate::verify(&document, None).is_ok());
    let again: Value = serde_json::from_str(&serde_json::to_string_pretty(&document).unwrap()).unwrap();
    assert!(Certificate::verify(&again, None).is_ok(), "however it was printed");
}

#[test]
fn certificate_of_another_key_is_not_believed() {
    let document = certificate("subject.erasure").sign(&key(8));
    assert_eq!(
        Certificate::verify(&document, Some(key(7).verifying_key())),
        Err(CertificateError::Signature)
    );
    // Signed by a key of its own throughout but for the head: the head gives it away.
    assert_eq!(Certificate::verify(&document, None), Err(CertificateError::Head));
}

/// Every path to a leaf of the document.
fn leaves(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(k, v)| leaves(v, format!("{at}/{k}"), out)),
        Value::Array(members) => {
            members.iter().enumerate().for_each(|(i, v)| leaves(v, format!("{at}/{i}"), out))
        }
        _ => out.push(at),
    }
}

#[test]
fn any_changed_member_is_found() {
    let document = certificate("subject.erasure").sign(&key(7));
    let mut paths = Vec::new();
    leaves(&document, String::new(), &mut paths);
    assert!(paths.len() > 20, "{paths:?}");
    for path in paths {
        let mut changed = document.clone();
        let member = changed.pointer_mut(&path).unwrap();
        *member = match member {
            Value::Number(n) => json!(n.as_u64().unwrap() + 1),
            _ => json!("other"),
        };
        assert!(Certificate::verify(&changed, Some(key(7).verifying_key())).is_err(), "{path}");
    }
    let mut more = document;
    more.as_object_mut().unwrap().insert("note".into(), json!("added"));
    assert_eq!(Certificate::verify(&more, None), Err(CertificateError::Signature));
}

#[test]
fn signed_certificate_still_needs_its_log() {
    let check = |change: &dyn Fn(&mut Certificate), expected| {
        let mut certificate = certificate("subject.erasure");
        change(&mut certificate);
        assert_eq!(Certificate::verify(&certificate.sign(&key(7)), None), Err(expected));
    };
    check(&|c| c.proof.clear(), CertificateError::Proof);
    check(&|c| c.entry = 0, CertificateError::Proof);
    check(&|c| c.record.clear(), CertificateError::Proof);
    check(&|c| c.log_root = leaf_hash(b"other"), CertificateError::Head);
    check(&|c| c.log_size = 3, CertificateError::Head);
    check(&|c| c.log = "equipoise/other".into(), CertificateError::Head);
    check(&|c| c.erased_at = "2026-11-21T00:00:00Z".parse().unwrap(), CertificateError::Entry);
    let something_else = certificate("subject.access").sign(&key(7));
    assert_eq!(Certificate::verify(&something_else, None), Err(CertificateError::Entry));
}

#[test]
fn documents_of_other_kinds_are_told_apart() {
    for other in [json!(null), json!([]), json!({}), json!({"format": "equipoise.erasure-certificate/v9"})] {
        assert!(matches!(Certificate::verify(&other, None), Err(CertificateError::Form(_))), "{other}");
    }
}
