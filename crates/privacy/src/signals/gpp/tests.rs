//! GPP strings: what holds for all of them. The comparison with the reference package stands in `tests/signals`.

use proptest::prelude::*;

use super::*;
use crate::signals::tcf::tests::some_string;

#[test]
fn a_string_without_sections_is_its_header() {
    assert_eq!(GppString::default().encode().unwrap(), "DBAA");
    assert_eq!(GppString::decode("DBAA"), Ok(GppString::default()));
}

#[test]
fn version_1_of_usnat_becomes_version_2() {
    // As @iabgpp/cmpapi writes it: every sensitive category and both questions about children answered with 1.
    let read = UsNational::decode("BVVVVVVVVVA").unwrap();
    assert_eq!(read.sensitive_data[11..13], [Answer::Yes, Answer::NotApplicable]);
    assert_eq!(read.known_children, [Answer::Yes, Answer::Yes, Answer::NotApplicable]);
    assert_eq!(read.mspa_service_provider, Answer::Yes);
    assert!(read.encode().unwrap().starts_with('C'));
}

#[test]
fn what_the_specification_does_not_define_is_an_error() {
    let check = |text: &str, error| assert_eq!(GppString::decode(text), Err(error), "{text}");
    check("", SignalError::Short("Type"));
    check("AAAA", SignalError::Undefined("Type"));
    check("DCAA", SignalError::Version { of: "GPP header", found: 2 });
    check("DBABLA", SignalError::TooLarge("SectionIds"));
    check("DBAA~BAAA", SignalError::Sections);
    check("DBABLA~", SignalError::Short("Version"));
    check("DBABLA~DAAVAAAAAABA", SignalError::Version { of: "usnat", found: 3 });
    check("DBABLA~CMAVAAAAAABA", SignalError::Undefined("SaleOptOutNotice"));
    check("DBABLA~CAAVAAAAAABA.gA", SignalError::Segment(2));
    check("DBABLA~CAAVAAAAAABA.YA.YA", SignalError::Twice("Gpc"));
}

#[test]
fn other_sections_are_carried_along() {
    let mut string = GppString::default();
    string.other.insert(6, "1YNN".to_owned());
    let text = string.encode().unwrap();
    assert_eq!(GppString::decode(&text), Ok(string.clone()));
    string.other.insert(US_NATIONAL, "CAAVAAAAAABA".to_owned());
    assert_eq!(string.encode(), Err(SignalError::Sections));
}

fn answer() -> impl Strategy<Value = Answer> {
    (0_u8..3).prop_map(|number| Answer::from_number(number).unwrap())
}

prop_compose! {
    fn some_national()(
        nine in prop::array::uniform9(answer()),
        sensitive_data in prop::array::uniform16(answer()),
        known_children in prop::array::uniform3(answer()),
        four in prop::array::uniform4(answer()),
        gpc in any::<Option<bool>>(),
    ) -> UsNational {
        UsNational {
            sharing_notice: nine[0],
            sale_opt_out_notice: nine[1],
            sharing_opt_out_notice: nine[2],
            targeted_advertising_opt_out_notice: nine[3],
            sensitive_data_opt_out_notice: nine[4],
            sensitive_data_limit_use_notice: nine[5],
            sale_opt_out: nine[6],
            sharing_opt_out: nine[7],
            targeted_advertising_opt_out: nine[8],
            sensitive_data,
            known_children,
            incompatible_uses: four[0],
            mspa_covered: four[1],
            mspa_opt_out_option: four[2],
            mspa_service_provider: four[3],
            gpc,
        }
    }
}

prop_compose! {
    fn some_california()(
        five in prop::array::uniform5(answer()),
        sensitive_data in prop::array::uniform9(answer()),
        known_children in prop::array::uniform2(answer()),
        four in prop::array::uniform4(answer()),
        gpc in any::<Option<bool>>(),
    ) -> UsCalifornia {
        UsCalifornia {
            sale_opt_out_notice: five[0],
            sharing_opt_out_notice: five[1],
            sensitive_data_limit_use_notice: five[2],
            sale_opt_out: five[3],
            sharing_opt_out: five[4],
            sensitive_data,
            known_children,
            incompatible_uses: four[0],
            mspa_covered: four[1],
            mspa_opt_out_option: four[2],
            mspa_service_provider: four[3],
            gpc,
        }
    }
}

prop_compose! {
    fn some_gpp()(
        tcf in prop::option::of(some_string()),
        us_national in prop::option::of(some_national()),
        us_california in prop::option::of(some_california()),
        other in prop::collection::btree_map(9_u16..400, "[A-Za-z0-9_.-]{1,12}", 0..5),
    ) -> GppString {
        GppString { tcf, us_national, us_california, other }
    }
}

proptest! {
    #[test]
    fn every_string_comes_back(string in some_gpp()) {
        let text = string.encode().unwrap();
        prop_assert_eq!(GppString::decode(&text), Ok(string));
    }

    #[test]
    fn any_text_is_a_string_or_an_error(text in "DB[A-Za-z0-9_.~-]{0,120}", bytes in any::<String>()) {
        let _ = GppString::decode(&bytes);
        if let Ok(string) = GppString::decode(&text) {
            prop_assert_eq!(GppString::decode(&string.encode().unwrap()), Ok(string));
        }
    }

    #[test]
    fn a_damaged_string_is_a_string_or_an_error(string in some_gpp(), at in any::<prop::sample::Index>(), by in "[A-Za-z0-9_.~-]") {
        let mut text = string.encode().unwrap();
        let at = at.index(text.len());
        text.replace_range(at..=at, &by);
        if let Ok(string) = GppString::decode(&text) {
            prop_assert_eq!(GppString::decode(&string.encode().unwrap()), Ok(string));
        }
    }
}
