//! The IAB's TC string as an object: what pages' own tags are told through `__tcfapi` (CMP API, version 2).
//! It says what the string says, in the specification's names, and nothing else.

use privacy::register::Register;
use privacy::signals::tcf::{Core, POLICY_2_3, PublisherTc, Restriction, Scope, TcString, VendorSet};
use serde_json::{Map, Value, json};

/// Laws under which the framework's strings are needed.
const LAWS: [&str; 2] = ["EU", "UK"];

/// What is the same for everybody and told before a choice; `None` unless the shop takes part in the framework.
pub(crate) fn about(register: &Register) -> Option<Value> {
    let settings = register.tcf?;
    Some(json!({
        "cmpId": settings.cmp_id,
        "cmpVersion": settings.cmp_version,
        "gvlVersion": settings.vendor_list_version,
        "tcfPolicyVersion": POLICY_2_3,
        "publisherCC": settings.country.to_string(),
        "gdprApplies": register.shop.jurisdictions.iter().any(|place| LAWS.contains(&place.as_str())),
    }))
}

/// What was answered.
pub(super) fn data(string: &TcString) -> Value {
    let TcString { core, vendors_disclosed, vendors_allowed: _, publisher } = string;
    let Core {
        created: _,
        last_updated: _,
        cmp_id: _,
        cmp_version: _,
        consent_screen: _,
        consent_language: _,
        vendor_list_version: _,
        policy_version: _,
        scope,
        non_standard_texts,
        special_features,
        purpose_consents,
        purpose_legitimate_interests,
        purpose_one_not_disclosed,
        publisher_country: _,
        vendor_consents,
        vendor_legitimate_interests,
        restrictions,
    } = core;
    let mut bound: Map<String, Value> = Map::new();
    for (purpose, restriction, vendors) in restrictions.iter() {
        let number = match restriction {
            Restriction::NotAllowed => 0,
            Restriction::RequireConsent => 1,
            Restriction::RequireLegitimateInterest => 2,
        };
        let of_purpose = bound.entry(purpose.to_string()).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(of_purpose) = of_purpose {
            let vendors = vendors.iter().map(|vendor| (vendor.get().to_string(), number.into()));
            of_purpose.extend(vendors);
        }
    }
    let nothing = [false; 24];
    let (own_consents, own_interests, custom) =
        publisher.as_ref().map_or((&nothing, &nothing, [].as_slice()), |own| {
            let PublisherTc { consents, legitimate_interests, custom } = own;
            (consents, legitimate_interests, custom.as_slice())
        });
    json!({
        "isServiceSpecific": *scope == Scope::Service,
        "useNonStandardTexts": non_standard_texts,
        "purposeOneTreatment": purpose_one_not_disclosed,
        "purpose": {
            "consents": numbered(purpose_consents.iter().copied()),
            "legitimateInterests": numbered(purpose_legitimate_interests.iter().copied()),
        },
        "vendor": {
            "consents": vendors(vendor_consents),
            "legitimateInterests": vendors(vendor_legitimate_interests),
            "disclosedVendors": vendors_disclosed.as_ref().map(vendors),
        },
        "specialFeatureOptins": numbered(special_features.iter().copied()),
        "publisher": {
            "consents": numbered(own_consents.iter().copied()),
            "legitimateInterests": numbered(own_interests.iter().copied()),
            "customPurpose": {
                "consents": numbered(custom.iter().map(|own| own.consent)),
                "legitimateInterests": numbered(custom.iter().map(|own| own.legitimate_interest)),
            },
            "restrictions": bound,
        },
    })
}

/// Flags by their number, from 1.
fn numbered(flags: impl Iterator<Item = bool>) -> Map<String, Value> {
    (1_u8..).zip(flags).map(|(number, is)| (number.to_string(), is.into())).collect()
}

fn vendors(set: &VendorSet) -> Map<String, Value> {
    set.iter().map(|vendor| (vendor.get().to_string(), true.into())).collect()
}
