//! What stamps, decisions and signals add to the ledger.

use crate::intake::document::document as json;
use privacy::register::{TEMPLATE, read};

use super::*;

fn register() -> Register {
    read(TEMPLATE).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Takes an event's consent object into the ledger and says which words it added.
fn heed(
    state: &mut LedgerState,
    consent: Json<'_>,
    meant: Meant,
    opt_out: Gpc,
    second: i64,
) -> Vec<(String, Status)> {
    let register = register();
    let circumstances = Circumstances {
        stamps: preferences(&json!({"consent": {"categoryPreferences": consent}}), &register)
            .map(|(stamps, _)| stamps),
        meant,
        proof: Proof::Proven,
        opt_out,
        at: at(second),
        now: at(1_000_000),
        notice: NoticeVersion(1),
        language: "en",
    };
    let entries = decisions(&circumstances, state, &register);
    entries
        .into_iter()
        .map(|entry| {
            state.apply(entry.clone());
            match entry {
                LedgerEntry::Consent(record) => (record.purpose.to_string(), record.status),
                other => (format!("{other:?}").split(' ').next().unwrap().to_owned(), Status::Unknown),
            }
        })
        .collect()
}

#[test]
fn a_stamp_opens_what_was_never_decided_and_closes_what_was_open() {
    let mut state = LedgerState::default();
    let (yes, no) = (json!({"analytics": true}), json!({"analytics": false}));
    let given = [("analytics".to_owned(), Status::Given)];
    assert_eq!(heed(&mut state, yes.clone(), Meant::Stamped, Gpc::Silent, 10), given);
    assert_eq!(heed(&mut state, yes.clone(), Meant::Stamped, Gpc::Silent, 11), []);
    assert_eq!(
        heed(&mut state, no, Meant::Stamped, Gpc::Silent, 12),
        [("analytics".to_owned(), Status::Withdrawn)]
    );
    assert_eq!(heed(&mut state, yes.clone(), Meant::Stamped, Gpc::Silent, 13), []);
    assert_eq!(heed(&mut state, yes, Meant::Decided, Gpc::Silent, 14), given);
}

#[test]
fn an_older_event_changes_no_newer_decision() {
    let mut state = LedgerState::default();
    heed(&mut state, json!({"analytics": true}), Meant::Decided, Gpc::Silent, 100);
    for meant in [Meant::Stamped, Meant::Decided] {
        assert_eq!(heed(&mut state, json!({"analytics": false}), meant, Gpc::Silent, 50), []);
    }
    assert_eq!(heed(&mut state, json!({"analytics": false}), Meant::Decided, Gpc::Silent, 100), []);
}

#[test]
fn an_opt_out_signal_wins_over_a_stamped_yes() {
    let mut state = LedgerState::default();
    let words = heed(&mut state, json!({"offers": true, "analytics": true}), Meant::Decided, Gpc::OptOut, 10);
    assert!(words.contains(&("offers".to_owned(), Status::Refused)));
    assert!(!words.contains(&("offers".to_owned(), Status::Given)));
    assert!(words.contains(&("analytics".to_owned(), Status::Given)));
}

#[test]
fn a_no_to_legitimate_interests_is_an_objection() {
    let mut state = LedgerState::default();
    let words =
        heed(&mut state, json!({"security": false, "service": false}), Meant::Decided, Gpc::Silent, 10);
    assert_eq!(words, [("Objected".to_owned(), Status::Unknown)]);
}

#[test]
fn categories_that_are_no_purpose_are_counted_and_agree_to_nothing() {
    let register = register();
    let found = |consent: Json<'_>| preferences(&json!({ "consent": consent }), &register);
    let (stamps, unknown) =
        found(json!({"categoryPreferences": {"ads": true, "analytics": "true"}})).unwrap();
    assert_eq!(unknown, 1);
    assert!(!stamps.agree(&"analytics".parse().unwrap(), &register));
    assert_eq!(found(json!("yes")), Some((Stamps::default(), 0)));
    assert_eq!(preferences(&json!({}), &register), None);
}

#[test]
fn an_unstamped_purpose_is_not_admitted_beside_stamped_ones() {
    let register = register();
    let (stamps, _) =
        preferences(&json!({"consent": {"categoryPreferences": {"analytics": true}}}), &register).unwrap();
    let admits = |purpose: &str| Admission::Stamped(stamps).admits(&purpose.parse().unwrap(), &register);
    assert!(admits("analytics") && admits("service"));
    assert!(!admits("personalisation"));
}
