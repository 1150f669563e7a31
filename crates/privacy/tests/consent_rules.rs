//! The ledger's rules, for every sequence of decisions: a last no closes, and nothing but the person opens again.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as it says"
)]

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use privacy::consent::{ConsentRecord, LedgerEntry, LedgerState, Refusal, Source, Stamp, Status};
use privacy::data::Kind;
use privacy::notice::{NoticeHistory, NoticeVersion};
use privacy::purpose::{LegalBasis, PurposeId};
use privacy::register::{Declaration, Fields, OptOutSignal, Register, TEMPLATE, read};
use proptest::prelude::*;

const START: i64 = 1_760_000_000;
const PURPOSES: [&str; 5] = ["personalisation", "offers", "analytics", "service", "security"];

fn id(name: &str) -> PurposeId {
    name.parse().unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(START + second).unwrap()
}

fn register() -> Register {
    static REGISTER: LazyLock<Register> = LazyLock::new(|| read(TEMPLATE).unwrap());
    REGISTER.clone()
}

fn notices() -> NoticeHistory {
    let mut notices = NoticeHistory::default();
    notices.publish(&register());
    notices
}

fn word(purpose: &str, status: Status, second: i64) -> LedgerEntry {
    LedgerEntry::Consent(ConsentRecord {
        purpose: id(purpose),
        status,
        at: at(second),
        notice: NoticeVersion(1),
        language: "en".to_owned(),
        source: Source::Person,
    })
}

fn permit(state: &LedgerState, purpose: &str) -> Result<(), Refusal> {
    state.permit(&id(purpose), &register(), &notices(), at(10_000))
}

fn entry() -> impl Strategy<Value = LedgerEntry> {
    let purpose = prop::sample::select(PURPOSES.to_vec());
    let status = prop::sample::select(Status::ALL.to_vec());
    (0..10_u8, purpose, status, 0..50_i64).prop_map(|(form, purpose, status, second)| match form {
        0 => LedgerEntry::Objected { purpose: id(purpose), at: at(second) },
        1 => LedgerEntry::ObjectionLifted { purpose: id(purpose), at: at(second) },
        2 => LedgerEntry::Restricted { at: at(second) },
        3 => LedgerEntry::RestrictionLifted { at: at(second) },
        _ => word(purpose, status, second),
    })
}

/// The independent telling of the rule: the latest decision; of those at one time, a no before any other, else the
/// one recorded last.
fn last_word(entries: &[LedgerEntry], purpose: &str) -> Option<Status> {
    let said: Vec<&ConsentRecord> = entries
        .iter()
        .filter_map(|entry| match entry {
            LedgerEntry::Consent(record) if record.purpose.as_str() == purpose => Some(record),
            _ => None,
        })
        .collect();
    let latest = said.iter().map(|record| record.at).max()?;
    let last: Vec<Status> = said.iter().filter(|r| r.at == latest).map(|r| r.status).collect();
    last.iter().rev().find(|status| status.is_no()).or(last.last()).copied()
}

proptest! {
    #[test]
    fn last_word_decides_whatever_came_before(entries in prop::collection::vec(entry(), 0..40)) {
        let state = LedgerState::replay(entries.clone());
        for purpose in PURPOSES {
            let expected = last_word(&entries, purpose);
            prop_assert_eq!(state.consent(purpose).map(|record| record.status), expected);
            let needs_yes = register().purpose(purpose).unwrap().basis == LegalBasis::Consent;
            if needs_yes && expected != Some(Status::Given) {
                prop_assert!(permit(&state, purpose).is_err(), "{} after {:?}", purpose, expected);
            }
        }
    }

    #[test]
    fn withdrawn_consent_refuses_after_any_sequence(
        entries in prop::collection::vec(entry(), 0..40),
        no in prop::sample::select(Status::ALL.iter().copied().filter(|s| *s != Status::Given).collect::<Vec<_>>()),
        later in prop::collection::vec(any::<bool>(), 0..10),
    ) {
        let mut state = LedgerState::replay(entries);
        state.apply(word("personalisation", no, 60));
        prop_assert!(permit(&state, "personalisation").is_err());
        // Stamps that come later can't open what was closed.
        for (second, yes) in (61_i64..).zip(later) {
            let stamp = if yes { Stamp::Yes } else { Stamp::No };
            if let Some(status) = state.heed_stamp(&id("personalisation"), stamp) {
                state.apply(word("personalisation", status, second));
            }
            if no.is_no() {
                prop_assert!(permit(&state, "personalisation").is_err());
            }
        }
    }

    #[test]
    fn replay_equals_applying_one_by_one(entries in prop::collection::vec(entry(), 0..40), cut in 0..40_usize) {
        let whole = LedgerState::replay(entries.clone());
        prop_assert_eq!(&whole, &LedgerState::replay(entries.clone()));
        let cut = cut.min(entries.len());
        let mut state = LedgerState::replay(entries[..cut].to_vec());
        for entry in &entries[cut..] {
            state.apply(entry.clone());
        }
        prop_assert_eq!(state, whole);
    }

    #[test]
    fn restricted_person_is_left_alone_but_for_legal_obligations(entries in prop::collection::vec(entry(), 0..40)) {
        let mut state = LedgerState::replay(entries);
        state.apply(LedgerEntry::Restricted { at: at(60) });
        for purpose in PURPOSES {
            prop_assert_eq!(permit(&state, purpose), Err(Refusal::Restricted));
        }
        let mut lawful = register();
        lawful.purposes.get_mut("fairness_audit").unwrap().basis = LegalBasis::LegalObligation;
        let permitted = state.permit(&id("fairness_audit"), &lawful, &notices(), at(61));
        prop_assert_eq!(permitted, Ok(()));
    }

    #[test]
    fn opt_out_signal_wins_over_every_older_yes(entries in prop::collection::vec(entry(), 0..40)) {
        let mut state = LedgerState::replay(entries);
        for (purpose, status) in state.heed_opt_out_signal(&register()) {
            prop_assert!(status.is_no());
            state.apply(word(purpose.as_str(), status, 60));
        }
        for (purpose, declaration) in &register().purposes {
            if declaration.opt_out_signal == OptOutSignal::Refuses {
                prop_assert!(permit(&state, purpose.as_str()).is_err(), "{}", purpose);
            }
        }
        prop_assert!(state.heed_opt_out_signal(&register()).is_empty(), "a second signal adds nothing");
    }

    #[test]
    fn joined_records_permit_nothing_that_either_refused(
        a in prop::collection::vec(entry(), 0..20),
        b in prop::collection::vec(entry(), 0..20),
    ) {
        let (mut left, right) = (LedgerState::replay(a), LedgerState::replay(b));
        for (purpose, status) in left.stricter(&right) {
            left.apply(word(purpose.as_str(), status, 60));
        }
        for purpose in PURPOSES {
            if right.consent(purpose).is_some_and(|record| record.status.is_no()) {
                prop_assert!(left.consent(purpose).is_some_and(|record| record.status.is_no()), "{}", purpose);
            }
        }
    }
}

#[test]
fn given_consent_permits() {
    let state = LedgerState::replay([word("personalisation", Status::Given, 0)]);
    assert_eq!(permit(&state, "personalisation"), Ok(()));
    assert!(matches!(permit(&state, "offers"), Err(Refusal::NoConsent { status: Status::Unknown, .. })));
    assert_eq!(permit(&state, "service"), Ok(()));
}

#[test]
fn unknown_purpose_refuses() {
    let state = LedgerState::replay([word("gift_registry", Status::Given, 0)]);
    assert_eq!(permit(&state, "gift_registry"), Err(Refusal::UnknownPurpose("gift_registry".to_owned())));
}

#[test]
fn objection_refuses_until_it_is_lifted() {
    let mut state = LedgerState::default();
    assert_eq!(permit(&state, "security"), Ok(()));
    state.apply(LedgerEntry::Objected { purpose: id("security"), at: at(1) });
    assert_eq!(permit(&state, "security"), Err(Refusal::Objected(id("security"))));
    state.apply(LedgerEntry::ObjectionLifted { purpose: id("security"), at: at(2) });
    assert_eq!(permit(&state, "security"), Ok(()));
}

#[test]
fn expired_consent_refuses_from_the_moment_on() {
    let state = LedgerState::replay([word("personalisation", Status::Given, 0)]);
    let end = at(0).checked_add(SignedDuration::from_hours(24 * 365)).unwrap();
    let check = |now| state.permit(&id("personalisation"), &register(), &notices(), now);
    assert_eq!(check(end), Ok(()));
    let after = end.checked_add(SignedDuration::from_secs(1)).unwrap();
    assert_eq!(check(after), Err(Refusal::ConsentExpired(id("personalisation"))));
}

#[test]
fn consent_to_an_older_notice_refuses_once_the_purpose_has_grown() {
    let state = LedgerState::replay([word("personalisation", Status::Given, 0)]);
    let mut history = notices();
    let check =
        |history: &NoticeHistory, now: &Register| state.permit(&id("personalisation"), now, history, at(1));
    let mut grown = register();
    grown.purposes.get_mut("personalisation").unwrap().recipients.insert("Partner Ltd".to_owned());
    assert!(history.needs_new_version(&grown));
    assert_eq!(check(&history, &grown), Err(Refusal::StaleNotice(id("personalisation"))));
    history.publish(&grown);
    assert_eq!(check(&history, &grown), Err(Refusal::StaleNotice(id("personalisation"))));
    let mut shrunk = register();
    shrunk.purposes.get_mut("personalisation").unwrap().retention_days = 1;
    history.publish(&shrunk);
    assert_eq!(check(&history, &shrunk), Ok(()));
    let unknown = NoticeHistory::default();
    assert_eq!(check(&unknown, &register()), Err(Refusal::StaleNotice(id("personalisation"))));
}

#[test]
fn only_more_of_something_widens_a_purpose() {
    let agreed = register().purpose("personalisation").unwrap().clone();
    let check = |change: fn(&mut Declaration), widens: bool, what: &str| {
        let mut now = agreed.clone();
        change(&mut now);
        assert_eq!(now.widens(&agreed), widens, "{what}");
    };
    check(|_| {}, false, "the same");
    check(|d| d.reason.push('!'), true, "another reason");
    check(|d| d.basis = LegalBasis::LegitimateInterests, true, "another basis");
    check(|d| d.retention_days += 1, true, "longer");
    check(|d| d.retention_days -= 1, false, "shorter");
    check(|d| d.recipients.extend(["Partner Ltd".to_owned()]), true, "a recipient");
    check(|d| d.data.extend([(Kind::DeviceTraces, Fields::Only(["at".to_owned()].into()))]), true, "a kind");
    check(|d| d.data.retain(|kind, _| *kind != Kind::BrowsingHistory), false, "a kind less");
    check(|d| d.data.extend([(Kind::BrowsingHistory, Fields::All)]), true, "all fields of a kind");
    check(
        |d| d.data.extend([(Kind::BrowsingHistory, Fields::Only(["item".to_owned()].into()))]),
        false,
        "fewer fields",
    );
    check(
        |d| {
            d.data.extend([(
                Kind::BrowsingHistory,
                Fields::Only(["item".to_owned(), "page".to_owned()].into()),
            )])
        },
        true,
        "another field",
    );
    check(|d| d.opt_out_signal = OptOutSignal::Refuses, true, "now shared");
    check(|d| d.consent_valid_days = 1, false, "asked again earlier");
    check(|d| d.gives.push('!'), false, "another gift");
    let shared = register().purpose("offers").unwrap().clone();
    let mut unshared = shared.clone();
    unshared.opt_out_signal = OptOutSignal::Ignored;
    assert!(!unshared.widens(&shared));
}

#[test]
fn signal_refuses_marketing_on_any_basis() {
    let mut register = register();
    register.purposes.get_mut("offers").unwrap().basis = LegalBasis::LegitimateInterests;
    let mut state = LedgerState::default();
    let check = |state: &LedgerState| state.permit(&id("offers"), &register, &notices(), at(100));
    assert_eq!(check(&state), Ok(()));
    for (purpose, status) in state.heed_opt_out_signal(&register) {
        state.apply(word(purpose.as_str(), status, 1));
    }
    assert_eq!(check(&state), Err(Refusal::Objected(id("offers"))));
}
