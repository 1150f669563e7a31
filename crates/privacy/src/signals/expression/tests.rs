//! What is told to others and heard from them is never more than what was decided.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::consent::{ConsentRecord, LedgerEntry, Source, Stamp, Status};
use crate::notice::NoticeVersion;
use crate::register::{TEMPLATE, read, tcf_allows};
use crate::signals::consent_mode::ConsentState;
use crate::signals::gpp::{Answer, OptOutOf};
use crate::signals::reading;
use crate::signals::tcf::{Deciseconds, Restriction, VendorId};

const NOW: &str = "2026-11-22T21:58:28Z";

fn shop(more: &str) -> Register {
    let text = TEMPLATE.replace("jurisdictions = [\"NZ\"]", "jurisdictions = [\"NZ\", \"US-CA\", \"EU\"]")
        + "\n[tcf]\ncmp_id = 300\nvendor_list_version = 150\ncountry = \"DE\"\n";
    read(&text.replace("[purposes.offers.data]", &format!("{more}\n[purposes.offers.data]"))).unwrap()
}

#[derive(Debug)]
struct Person {
    register: Register,
    notices: NoticeHistory,
    state: LedgerState,
}

impl Person {
    fn new(register: Register, words: &[(&str, Status)]) -> Self {
        let mut notices = NoticeHistory::default();
        notices.publish(&register);
        let record = |(purpose, status): &(&str, Status)| {
            LedgerEntry::Consent(ConsentRecord {
                purpose: purpose.parse().unwrap(),
                status: *status,
                at: "2026-11-20T12:34:56Z".parse().unwrap(),
                notice: NoticeVersion(1),
                language: "de-AT".to_owned(),
                source: Source::Person,
            })
        };
        let state = LedgerState::replay(words.iter().map(record));
        Self { register, notices, state }
    }

    fn standing(&self, signal: Gpc) -> Standing<'_> {
        let Self { register, notices, state } = self;
        Standing { register, notices, state, signal, now: NOW.parse().unwrap() }
    }
}

fn ids(flags: &[bool]) -> Vec<usize> {
    flags.iter().enumerate().filter(|(_, is)| **is).map(|(at, _)| at + 1).collect()
}

#[test]
fn a_visitor_who_has_not_chosen_is_told_as_a_no() {
    let person = Person::new(shop("tcf_vendors = [755]"), &[]);
    let standing = person.standing(Gpc::Silent);
    let granted: Vec<_> = standing.consent_mode().words().filter(|(_, state)| *state == "granted").collect();
    assert_eq!(granted, [("functionality_storage", "granted"), ("security_storage", "granted")]);
    let tcf = standing.tcf().unwrap();
    assert!(ids(&tcf.core.purpose_consents).is_empty() && tcf.core.vendor_consents.is_empty());
    assert_eq!(tcf.core.created, Deciseconds::day_of(NOW.parse().unwrap()));
    let national = standing.gpp().us_national.unwrap();
    assert_eq!((national.sale_opt_out_notice, national.sale_opt_out), (Answer::Yes, Answer::Yes));
    let agreed: Vec<_> =
        standing.segment().into_iter().filter(|(_, yes)| *yes).map(|(p, _)| p.as_str()).collect();
    assert_eq!(agreed, ["fairness_audit", "security", "service"]);
}

#[test]
fn a_yes_is_told_for_what_it_was_said_to() {
    let words =
        [("analytics", Status::Given), ("offers", Status::Refused), ("personalisation", Status::Given)];
    let person = Person::new(shop("tcf_vendors = [755, 8]"), &words);
    let standing = person.standing(Gpc::Silent);
    let tcf = standing.tcf().unwrap();
    assert_eq!(ids(&tcf.core.purpose_consents), [1, 5, 6, 8, 9]);
    assert_eq!(tcf.publisher.as_ref().unwrap().consents, tcf.core.purpose_consents);
    assert_eq!(tcf.core.consent_language.to_string(), "DE");
    assert_eq!(tcf.core.created.timestamp().unwrap().to_string(), "2026-11-20T00:00:00Z");
    assert!(tcf.core.vendor_consents.is_empty());
    assert_eq!(tcf.vendors_disclosed.as_ref().unwrap().iter().count(), 2);
    assert!(tcf.is_complete());
    let mode = standing.consent_mode();
    assert_eq!(mode.state(ConsentType::AnalyticsStorage), ConsentState::Granted);
    assert_eq!(mode.state(ConsentType::AdStorage), ConsentState::Denied);
}

#[test]
fn an_opt_out_signal_is_told_and_wins() {
    let words = [("offers", Status::Given), ("personalised_pricing", Status::Given)];
    let person = Person::new(shop("consent_mode = [\"ad_storage\"]"), &words);
    let told = |signal| {
        let standing = person.standing(signal);
        let GppString { us_national, us_california, .. } = standing.gpp();
        let national = us_national.unwrap();
        assert_eq!(us_california.unwrap().sharing_opt_out, national.sharing_opt_out);
        (national.sale_opt_out, national.gpc, standing.consent_mode().state(ConsentType::AdStorage))
    };
    assert_eq!(told(Gpc::Silent), (Answer::No, Some(false), ConsentState::Granted));
    assert_eq!(told(Gpc::OptOut), (Answer::Yes, Some(true), ConsentState::Denied));
}

#[test]
fn what_the_shop_takes_no_part_in_is_not_told() {
    let register = read(TEMPLATE).unwrap();
    let person = Person::new(register, &[("personalisation", Status::Given)]);
    assert_eq!(person.standing(Gpc::Silent).tcf(), None);
    assert_eq!(person.standing(Gpc::Silent).gpp(), GppString::default());
}

#[test]
fn a_yes_that_has_run_out_is_told_as_a_no() {
    let person = Person::new(shop(""), &[("analytics", Status::Given)]);
    let later = Standing {
        now: person.standing(Gpc::Silent).now + SignedDuration::from_hours(24 * 400),
        ..person.standing(Gpc::Silent)
    };
    assert!(ids(&later.tcf().unwrap().core.purpose_consents).is_empty());
}

#[test]
fn an_incomplete_or_global_string_says_nothing() {
    let words = [("analytics", Status::Given)];
    let person = Person::new(shop(""), &words);
    let tcf = person.standing(Gpc::Silent).tcf().unwrap();
    let yes = |tcf: &TcString| reading::of_tcf(tcf, &person.register).values().any(|s| *s == Stamp::Yes);
    assert!(yes(&tcf));
    let mut lacking = tcf.clone();
    lacking.vendors_disclosed = None;
    assert!(reading::of_tcf(&lacking, &person.register).is_empty());
    let mut global = tcf;
    global.core.scope = crate::signals::tcf::Scope::Global;
    assert!(reading::of_tcf(&global, &person.register).is_empty());
}

#[test]
fn legitimate_interests_count_once_they_were_disclosed() {
    let mut register = shop("");
    let analytics = register.purposes.get_mut("analytics").unwrap();
    analytics.basis = LegalBasis::LegitimateInterests;
    analytics.standards.tcf = [8, 9].into();
    let told = |words: &[(&str, Status)]| {
        let tcf = Person::new(register.clone(), words).standing(Gpc::Silent).tcf().unwrap();
        (ids(&tcf.core.purpose_legitimate_interests), ids(&tcf.core.purpose_consents))
    };
    assert_eq!(told(&[]), (vec![], vec![]));
    assert_eq!(told(&[("offers", Status::Refused)]), (vec![8, 9], vec![]));
}

#[test]
fn leave_to_use_the_device_is_for_the_vendors_of_the_purposes_that_gave_it() {
    let mut register = shop("");
    let mut declare = |id: &str, tcf: &[u8], vendor: u16| {
        let standards = &mut register.purposes.get_mut(id).unwrap().standards;
        standards.tcf = tcf.iter().copied().collect();
        standards.tcf_vendors = VendorId::new(vendor).into_iter().collect();
    };
    declare("analytics", &[1, 8], 9);
    declare("personalisation", &[8], 7);
    declare("offers", &[1, 3], 7);
    let words =
        [("analytics", Status::Given), ("personalisation", Status::Given), ("offers", Status::Refused)];
    let person = Person::new(register, &words);
    let tcf = person.standing(Gpc::Silent).tcf().unwrap();
    let may = |number, vendor| vendor_may(&tcf, number, VendorId::new(vendor).unwrap(), LegalBasis::Consent);
    assert!(may(1, 9) && may(8, 9) && may(8, 7));
    // Of the two purposes that name vendor 7, the one that was agreed to doesn't use the device.
    assert!(!may(1, 7) && !may(3, 7));
}

/// A shop whose consent purposes share the framework's purposes and vendors in every way.
fn some_shop() -> impl Strategy<Value = Register> {
    let numbers = || prop::collection::btree_set(1_u8..12, 0..4);
    let vendors = || prop::collection::btree_set((1_u16..5).prop_map(|n| VendorId::new(n).unwrap()), 0..3);
    let types = || prop::collection::btree_set(prop::sample::select(ConsentType::ALL), 0..3);
    let choices = || prop::collection::btree_set(prop::sample::select(OptOutOf::ALL.to_vec()), 0..3);
    let one = (any::<bool>(), numbers(), vendors(), types(), choices());
    prop::collection::vec(one, 8).prop_map(|all| {
        let mut register = shop("");
        for ((id, declaration), (consent, tcf, tcf_vendors, consent_mode, gpp)) in
            register.purposes.iter_mut().zip(all)
        {
            if id.as_str() != "service" {
                declaration.basis =
                    if consent { LegalBasis::Consent } else { LegalBasis::LegitimateInterests };
            }
            let tcf = tcf.into_iter().filter(|number| tcf_allows(*number, declaration.basis)).collect();
            declaration.standards = crate::register::Standards { tcf, tcf_vendors, consent_mode, gpp };
        }
        register
    })
}

fn some_person() -> impl Strategy<Value = Person> {
    let word =
        prop::sample::select(vec![None, Some(Status::Given), Some(Status::Refused), Some(Status::Withdrawn)]);
    (some_shop(), prop::collection::vec((word, any::<bool>()), 8)).prop_map(|(register, words)| {
        let purposes: Vec<PurposeId> = register.purposes.keys().cloned().collect();
        let said: Vec<(&str, Status)> = purposes
            .iter()
            .zip(&words)
            .filter_map(|(purpose, (word, _))| Some((purpose.as_str(), (*word)?)))
            .collect();
        let mut person = Person::new(register, &said);
        for (purpose, _) in purposes.iter().zip(&words).filter(|(_, (_, objected))| *objected) {
            person.state.apply(LedgerEntry::Objected { purpose: purpose.clone(), at: NOW.parse().unwrap() });
        }
        person
    })
}

/// What a reader of the string takes as lawful for a vendor that has registered the purpose on this basis.
fn vendor_may(tcf: &TcString, number: u8, vendor: VendorId, basis: LegalBasis) -> bool {
    let bound: BTreeSet<Restriction> = tcf
        .core
        .restrictions
        .iter()
        .filter(|(purpose, _, vendors)| *purpose == number && vendors.contains(vendor))
        .map(|(_, restriction, _)| restriction)
        .collect();
    let at = usize::from(number) - 1;
    !bound.contains(&Restriction::NotAllowed)
        && match basis {
            LegalBasis::Consent => {
                !bound.contains(&Restriction::RequireLegitimateInterest)
                    && tcf.core.purpose_consents[at]
                    && tcf.core.vendor_consents.contains(vendor)
            }
            _ => {
                !bound.contains(&Restriction::RequireConsent)
                    && tcf.core.purpose_legitimate_interests[at]
                    && tcf.core.vendor_legitimate_interests.contains(vendor)
            }
        }
}

proptest! {
    #[test]
    fn a_vendor_may_only_what_a_permitted_purpose_names(person in some_person()) {
        let standing = person.standing(Gpc::Silent);
        let tcf = standing.tcf().unwrap();
        prop_assert_eq!(TcString::decode(&tcf.encode().unwrap()), Ok(tcf.clone()));
        for vendor in (1..6).filter_map(VendorId::new) {
            for number in 1..=11 {
                for basis in [LegalBasis::Consent, LegalBasis::LegitimateInterests] {
                    let agreed = standing.purposes().iter().any(|(declaration, permitted)| {
                        *permitted
                            && declaration.basis == basis
                            && declaration.standards.tcf.contains(&number)
                            && declaration.standards.tcf_vendors.contains(&vendor)
                    });
                    let may = vendor_may(&tcf, number, vendor, basis);
                    prop_assert!(agreed || !may, "vendor {vendor}, purpose {number}, {basis}");
                }
            }
        }
    }

    #[test]
    fn what_was_told_is_never_heard_as_more(person in some_person(), signal in prop::sample::select(vec![Gpc::Silent, Gpc::OptOut])) {
        let standing = person.standing(signal);
        let permitted = standing.segment();
        let gpp = GppString::decode(&standing.gpp().encode().unwrap()).unwrap();
        let mode = standing.consent_mode();
        let states = ConsentType::ALL.iter().map(|kind| (*kind, mode.state(*kind))).collect();
        for heard in [
            reading::of_tcf(&standing.tcf().unwrap(), &person.register),
            reading::of_gpp(&gpp, &person.register),
            reading::of_consent_mode(&states, &person.register),
        ] {
            for (purpose, stamp) in heard {
                prop_assert!(stamp == Stamp::No || permitted[purpose], "{purpose}");
            }
        }
    }

    #[test]
    fn a_refused_purpose_is_never_told_as_a_yes(person in some_person()) {
        let standing = person.standing(Gpc::Silent);
        let mode = standing.consent_mode();
        let national = standing.gpp().us_national.unwrap();
        for (declaration, permitted) in standing.purposes() {
            if permitted {
                continue;
            }
            for kind in &declaration.standards.consent_mode {
                prop_assert_eq!(mode.state(*kind), ConsentState::Denied);
            }
            if declaration.standards.gpp.contains(&OptOutOf::Sale) {
                prop_assert_eq!(national.sale_opt_out, Answer::Yes);
            }
        }
    }
}
