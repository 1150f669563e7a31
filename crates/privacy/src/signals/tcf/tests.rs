//! TC strings: the shared vectors, and what holds for all of them. The comparison with the reference package stands in
//! `tests/signals`.

use proptest::prelude::*;

use super::*;

const CORE: &str = "CQdWToAQdWToAAKABBENAwFgAMIAAAAAAAAAF5wAwAAgAIAXmAAAAAAA";

fn ids(flags: &[bool]) -> Vec<usize> {
    flags.iter().enumerate().filter(|(_, is)| **is).map(|(at, _)| at + 1).collect()
}

fn vendors(set: &VendorSet) -> Vec<u16> {
    set.iter().map(VendorId::get).collect()
}

#[test]
fn a_string_of_the_reference_package_is_read_field_by_field() {
    let string = TcString::decode(&format!("{CORE}.IF5wA4AAgAEAAgBeYAAA.YAAAAAAAAAAA")).unwrap();
    let Core { created, last_updated, policy_version, scope, purpose_consents, vendor_consents, .. } =
        &string.core;
    assert_eq!(created.timestamp().unwrap().to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(created, last_updated);
    assert_eq!((*policy_version, *scope), (POLICY_2_3, Scope::Service));
    assert_eq!(ids(purpose_consents), [1, 2, 7]);
    assert_eq!(vendors(vendor_consents), [1, 8, 755]);
    assert_eq!(vendors(string.vendors_disclosed.as_ref().unwrap()), [1, 2, 8, 755]);
    assert_eq!(ids(&string.publisher.as_ref().unwrap().consents), Vec::<usize>::new());
    assert_eq!(string.encode().unwrap(), format!("{CORE}.IF5wA4AAgAEAAgBeYAAA.YAAAAAAAAAAA"));
}

#[test]
fn a_string_of_tcf_2_3_without_disclosed_vendors_is_incomplete() {
    assert!(!TcString::decode(CORE).unwrap().is_complete());
    assert!(TcString::decode(&format!("{CORE}.IF5wA4AAgAEAAgBeYAAA")).unwrap().is_complete());
}

#[test]
fn what_the_specification_does_not_define_is_an_error() {
    let check = |text: &str, error| assert_eq!(TcString::decode(text), Err(error), "{text}");
    check("", SignalError::Short("Version"));
    check("BQdW", SignalError::Version { of: "TC string", found: 1 });
    check("COw", SignalError::Short("Created"));
    check(&format!("{CORE}.gAAA"), SignalError::Segment(4));
    check(&format!("{CORE}."), SignalError::Short("SegmentType"));
    check(&format!("{CORE}.IAAA.IAAA"), SignalError::Twice("DisclosedVendors"));
    check(&format!("{CORE}.YAAA"), SignalError::Short("PubPurposesConsent"));
    check("C Qd", SignalError::NotBase64Url);
}

#[test]
fn a_number_larger_than_its_field_is_never_cut() {
    let mut string = TcString::decode(CORE).unwrap();
    string.core.cmp_id = 4096;
    assert_eq!(string.encode(), Err(SignalError::TooLarge("CmpId")));
}

fn some_vendors() -> impl Strategy<Value = VendorSet> {
    let clusters = prop::collection::vec((1_u16..2000, 0_u16..40), 0..12);
    clusters.prop_map(|clusters| {
        let mut set = VendorSet::new();
        for (first, more) in clusters {
            set.insert_range(VendorId::new(first).unwrap(), VendorId::new(first + more).unwrap());
        }
        set
    })
}

fn some_letters() -> impl Strategy<Value = Letters> {
    "[A-Z]{2}".prop_map(|text| text.parse().unwrap())
}

fn some_core() -> impl Strategy<Value = Core> {
    let who = (0_u64..1 << 36, 0_u64..1 << 36, 0_u16..4096, 0_u16..4096, 0_u8..64, some_letters());
    let how = (0_u16..4096, 0_u8..64, any::<(bool, bool, bool)>(), some_letters());
    let answers = (any::<[bool; 12]>(), any::<[bool; 24]>(), any::<[bool; 24]>());
    let restricted = prop::collection::vec((1_u8..64, 0_usize..3, 1_u16..900), 0..20);
    (who, how, answers, some_vendors(), some_vendors(), restricted).prop_map(
        |(who, how, answers, vendor_consents, vendor_legitimate_interests, restricted)| {
            let mut restrictions = Restrictions::new();
            for (purpose, kind, vendor) in restricted {
                restrictions.restrict(purpose, Restriction::ALL[kind], VendorId::new(vendor).unwrap());
            }
            Core {
                created: Deciseconds(who.0),
                last_updated: Deciseconds(who.1),
                cmp_id: who.2,
                cmp_version: who.3,
                consent_screen: who.4,
                consent_language: who.5,
                vendor_list_version: how.0,
                policy_version: how.1,
                scope: if how.2.0 { Scope::Service } else { Scope::Global },
                non_standard_texts: how.2.1,
                special_features: answers.0,
                purpose_consents: answers.1,
                purpose_legitimate_interests: answers.2,
                purpose_one_not_disclosed: how.2.2,
                publisher_country: how.3,
                vendor_consents,
                vendor_legitimate_interests,
                restrictions,
            }
        },
    )
}

fn some_publisher() -> impl Strategy<Value = PublisherTc> {
    let custom = prop::collection::vec(any::<(bool, bool)>(), 0..64);
    (any::<[bool; 24]>(), any::<[bool; 24]>(), custom).prop_map(|(consents, legitimate_interests, custom)| {
        let custom = custom
            .into_iter()
            .map(|(consent, legitimate_interest)| CustomPurpose { consent, legitimate_interest })
            .collect();
        PublisherTc { consents, legitimate_interests, custom }
    })
}

prop_compose! {
    pub(crate) fn some_string()(
        core in some_core(),
        vendors_disclosed in prop::option::of(some_vendors()),
        vendors_allowed in prop::option::of(some_vendors()),
        publisher in prop::option::of(some_publisher()),
    ) -> TcString {
        TcString { core, vendors_disclosed, vendors_allowed, publisher }
    }
}

proptest! {
    #[test]
    fn every_string_comes_back(string in some_string()) {
        let text = string.encode().unwrap();
        prop_assert_eq!(TcString::decode(&text), Ok(string));
    }

    #[test]
    fn any_text_is_a_string_or_an_error(text in "C[A-Za-z0-9_.-]{0,200}", bytes in any::<String>()) {
        let _ = TcString::decode(&bytes);
        if let Ok(string) = TcString::decode(&text) {
            prop_assert_eq!(TcString::decode(&string.encode().unwrap()), Ok(string));
        }
    }

    #[test]
    fn a_damaged_string_is_a_string_or_an_error(string in some_string(), at in any::<prop::sample::Index>(), by in "[A-Za-z0-9_.-]") {
        let mut text = string.encode().unwrap();
        let at = at.index(text.len());
        text.replace_range(at..=at, &by);
        if let Ok(string) = TcString::decode(&text) {
            prop_assert_eq!(TcString::decode(&string.encode().unwrap()), Ok(string));
        }
    }
}
