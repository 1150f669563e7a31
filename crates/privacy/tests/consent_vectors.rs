//! Consent strings against vectors that the IAB's reference packages made. Must never write to them.

#![allow(clippy::expect_used, reason = "a test stops where something is not as it says")]

use std::path::PathBuf;

use privacy::signals::gpp::{Answer, GppString};
use privacy::signals::tcf::{TcString, VendorId, VendorSet};
use serde_json::Value;

fn vectors() -> Option<Value> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let file = std::env::var_os("EQUIPOISE_SHARED").map_or_else(beside, PathBuf::from);
    let text = std::fs::read_to_string(file.join("fixtures/iab/vectors.json")).ok()?;
    Some(serde_json::from_str(&text).expect("the vectors are JSON"))
}

fn numbers(value: &Value) -> Vec<u64> {
    value.as_array().expect("a list").iter().map(|n| n.as_u64().expect("a number")).collect()
}

fn ids(vendors: Option<&VendorSet>) -> Vec<u64> {
    vendors.into_iter().flat_map(VendorSet::iter).map(VendorId::get).map(u64::from).collect()
}

fn places(flags: &[bool]) -> Vec<u64> {
    (1..).zip(flags).filter(|(_, is)| **is).map(|(at, _)| at).collect()
}

#[test]
fn strings_of_the_reference_packages_are_read_and_written_alike() {
    let Some(vectors) = vectors() else {
        eprintln!("skipped: the reference vectors need ../shared/fixtures/iab/vectors.json");
        return;
    };
    let text = |key: &str| vectors[key].as_str().expect("a text");
    for key in ["core", "full", "tcf23"] {
        let string = TcString::decode(text(key)).expect(key);
        assert_eq!(u64::from(string.core.policy_version), vectors["policyVersion"], "{key}");
        assert_eq!(places(&string.core.purpose_consents), numbers(&vectors["purposes"]), "{key}");
        assert_eq!(ids(Some(&string.core.vendor_consents)), numbers(&vectors["vendors"]), "{key}");
        let created = string.core.created.timestamp().expect("a moment");
        assert_eq!(created, text("created").parse().expect("a moment"), "{key}");
        let disclosed = if key == "tcf23" { "tcf23_disclosed" } else { "disclosed" };
        assert_eq!(ids(string.vendors_disclosed.as_ref()), numbers(&vectors[disclosed]), "{key}");
        assert_eq!(string.encode().expect(key), text(key));
    }
    assert_eq!(vectors["version"], privacy::signals::tcf::VERSION);

    let gpp = vectors["gpp"]["str"].as_str().expect("a text");
    let string = GppString::decode(gpp).expect("a GPP string");
    let national = string.us_national.as_ref().expect("section 7");
    assert_eq!(numbers(&vectors["gpp"]["ids"]), [7]);
    assert_eq!(Some(national.sale_opt_out), Answer::from_number(1));
    assert_eq!(vectors["gpp"]["sale"], 1);
    assert_eq!(national.gpc, vectors["gpp"]["gpc"].as_bool());
    assert_eq!(string.encode().expect("a GPP string"), gpp);
}
