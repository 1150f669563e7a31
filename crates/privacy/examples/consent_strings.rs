//! Reads and writes consent strings for `tests/signals`, which compares them with the reference packages' own: JSON
//! lines in, JSON lines out, one answer to each line.
//!
//! `{"kind": "tcf", "text": "C…"}` → `{"record": {…}, "again": "C…"}`; `{"kind": "tcf", "record": {…}}` →
//! `{"text": "C…"}`; what can't be done → `{"error": "…"}`. Kinds are `tcf` and `gpp`. Fields are named as the reference
//! packages name them, so that every one of them can be compared; none may be left out here.
#![expect(clippy::print_stdout, reason = "what it writes is its answer")]
#![expect(clippy::indexing_slicing, reason = "a JSON value gives null for what isn't there")]

use std::collections::BTreeMap;
use std::io::BufRead as _;

use privacy::signals::SignalError;
use privacy::signals::gpp::{Answer, GppString, UsCalifornia, UsNational};
use privacy::signals::tcf::{
    Core, CustomPurpose, Deciseconds, PublisherTc, Restriction, Restrictions, Scope, TcString, VendorId,
    VendorSet,
};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    for line in std::io::stdin().lock().lines() {
        let answer = answer(&line?).unwrap_or_else(|error| json!({ "error": error.to_string() }));
        println!("{answer}");
    }
    Ok(())
}

fn answer(line: &str) -> Result<Value, Failure> {
    let asked: Value = serde_json::from_str(line)?;
    match (asked["kind"].as_str(), asked["text"].as_str()) {
        (Some("tcf"), Some(text)) => {
            let string = TcString::decode(text)?;
            Ok(json!({ "record": told_tcf(&string), "again": string.encode()? }))
        }
        (Some("tcf"), None) => Ok(json!({ "text": meant_tcf(&asked["record"])?.encode()? })),
        (Some("gpp"), Some(text)) => {
            let string = GppString::decode(text)?;
            Ok(json!({ "record": told_gpp(&string), "again": string.encode()? }))
        }
        (Some("gpp"), None) => Ok(json!({ "text": meant_gpp(&asked["record"])?.encode()? })),
        _ => Err("neither `tcf` nor `gpp`".into()),
    }
}

fn told_ids(flags: &[bool]) -> Value {
    (1..).zip(flags).filter(|(_, is)| **is).map(|(at, _): (u64, _)| at).collect()
}

fn meant_ids<const N: usize>(ids: &Value) -> Result<[bool; N], Failure> {
    let mut flags = [false; N];
    for id in ids.as_array().ok_or("no list of purposes")? {
        let at = usize::try_from(id.as_u64().ok_or("no number")?)?;
        *at.checked_sub(1).and_then(|at| flags.get_mut(at)).ok_or("no such purpose")? = true;
    }
    Ok(flags)
}

fn told_vendors(vendors: &VendorSet) -> Value {
    vendors.iter().map(VendorId::get).collect()
}

fn meant_vendors(ids: &Value) -> Result<VendorSet, Failure> {
    let ids: Vec<VendorId> = serde_json::from_value(ids.clone())?;
    Ok(ids.into_iter().collect())
}

fn number<N: TryFrom<u64>>(value: &Value) -> Result<N, Failure>
where
    N::Error: std::error::Error + 'static,
{
    Ok(N::try_from(value.as_u64().ok_or("no number")?)?)
}

fn told_tcf(string: &TcString) -> Value {
    let TcString { core, vendors_disclosed, vendors_allowed, publisher } = string;
    json!({
        "core": told_core(core),
        "vendorsDisclosed": vendors_disclosed.as_ref().map(told_vendors),
        "vendorsAllowed": vendors_allowed.as_ref().map(told_vendors),
        "publisher": publisher.as_ref().map(|publisher| {
            let PublisherTc { consents, legitimate_interests, custom } = publisher;
            json!({
                "consents": told_ids(consents),
                "legitimateInterests": told_ids(legitimate_interests),
                "numCustomPurposes": custom.len(),
                "customConsents": told_ids(&custom.iter().map(|c| c.consent).collect::<Vec<_>>()),
                "customLegitimateInterests":
                    told_ids(&custom.iter().map(|c| c.legitimate_interest).collect::<Vec<_>>()),
            })
        }),
    })
}

fn told_core(core: &Core) -> Value {
    let Core {
        created,
        last_updated,
        cmp_id,
        cmp_version,
        consent_screen,
        consent_language,
        vendor_list_version,
        policy_version,
        scope,
        non_standard_texts,
        special_features,
        purpose_consents,
        purpose_legitimate_interests,
        purpose_one_not_disclosed,
        publisher_country,
        vendor_consents,
        vendor_legitimate_interests,
        restrictions,
    } = core;
    json!({
        "created": created.0,
        "lastUpdated": last_updated.0,
        "cmpId": cmp_id,
        "cmpVersion": cmp_version,
        "consentScreen": consent_screen,
        "consentLanguage": consent_language.to_string(),
        "vendorListVersion": vendor_list_version,
        "policyVersion": policy_version,
        "isServiceSpecific": *scope == Scope::Service,
        "useNonStandardStacks": non_standard_texts,
        "specialFeatureOptins": told_ids(special_features),
        "purposeConsents": told_ids(purpose_consents),
        "purposeLegitimateInterests": told_ids(purpose_legitimate_interests),
        "purposeOneTreatment": purpose_one_not_disclosed,
        "publisherCountryCode": publisher_country.to_string(),
        "vendorConsents": told_vendors(vendor_consents),
        "vendorLegitimateInterests": told_vendors(vendor_legitimate_interests),
        "publisherRestrictions": restrictions
            .iter()
            .map(|(purpose, kind, vendors)| json!([purpose, kind.number(), told_vendors(vendors)]))
            .collect::<Vec<_>>(),
    })
}

fn meant_tcf(record: &Value) -> Result<TcString, Failure> {
    let core = &record["core"];
    let mut restrictions = Restrictions::new();
    for restriction in core["publisherRestrictions"].as_array().ok_or("no restrictions")? {
        let kind = Restriction::ALL
            .into_iter()
            .find(|kind| restriction[1] == kind.number())
            .ok_or("no such restriction")?;
        for vendor in meant_vendors(&restriction[2])?.iter() {
            restrictions.restrict(number(&restriction[0])?, kind, vendor);
        }
    }
    let letters = |value: &Value| value.as_str().unwrap_or_default().parse();
    let flag = |value: &Value| value.as_bool().ok_or("neither true nor false");
    let some = |value: &Value| (!value.is_null()).then(|| meant_vendors(value)).transpose();
    Ok(TcString {
        core: Core {
            created: Deciseconds(number(&core["created"])?),
            last_updated: Deciseconds(number(&core["lastUpdated"])?),
            cmp_id: number(&core["cmpId"])?,
            cmp_version: number(&core["cmpVersion"])?,
            consent_screen: number(&core["consentScreen"])?,
            consent_language: letters(&core["consentLanguage"])?,
            vendor_list_version: number(&core["vendorListVersion"])?,
            policy_version: number(&core["policyVersion"])?,
            scope: if flag(&core["isServiceSpecific"])? { Scope::Service } else { Scope::Global },
            non_standard_texts: flag(&core["useNonStandardStacks"])?,
            special_features: meant_ids(&core["specialFeatureOptins"])?,
            purpose_consents: meant_ids(&core["purposeConsents"])?,
            purpose_legitimate_interests: meant_ids(&core["purposeLegitimateInterests"])?,
            purpose_one_not_disclosed: flag(&core["purposeOneTreatment"])?,
            publisher_country: letters(&core["publisherCountryCode"])?,
            vendor_consents: meant_vendors(&core["vendorConsents"])?,
            vendor_legitimate_interests: meant_vendors(&core["vendorLegitimateInterests"])?,
            restrictions,
        },
        vendors_disclosed: some(&record["vendorsDisclosed"])?,
        vendors_allowed: some(&record["vendorsAllowed"])?,
        publisher: match &record["publisher"] {
            Value::Null => None,
            publisher => Some(meant_publisher(publisher)?),
        },
    })
}

fn meant_publisher(publisher: &Value) -> Result<PublisherTc, Failure> {
    let consents: [bool; 63] = meant_ids(&publisher["customConsents"])?;
    let interests: [bool; 63] = meant_ids(&publisher["customLegitimateInterests"])?;
    let custom = consents.into_iter().zip(interests);
    let custom = custom.map(|(consent, legitimate_interest)| CustomPurpose { consent, legitimate_interest });
    Ok(PublisherTc {
        consents: meant_ids(&publisher["consents"])?,
        legitimate_interests: meant_ids(&publisher["legitimateInterests"])?,
        custom: custom.take(number(&publisher["numCustomPurposes"])?).collect(),
    })
}

fn told_answers(answers: &[Answer]) -> Value {
    answers.iter().map(|answer| answer.number()).collect()
}

fn told_gpp(string: &GppString) -> Value {
    let GppString { tcf, us_national, us_california, other } = string;
    json!({
        "tcfeuv2": tcf.as_ref().map(told_tcf),
        "usnat": us_national.as_ref().map(told_national),
        "usca": us_california.as_ref().map(told_california),
        "other": other,
    })
}

/// The places of the fields of a section in its JSON, in order: the same names as the reference package's.
macro_rules! section {
    ($type:ident, $told:ident, $meant:ident, [$($one:ident = $name:literal),+], [$($many:ident = $names:literal),+]) => {
        fn $told(section: &$type) -> Value {
            let $type { $($one,)+ $($many,)+ gpc } = section;
            json!({ $($name: $one.number(),)+ $($names: told_answers($many),)+ "Gpc": gpc })
        }

        fn $meant(record: &Value) -> Result<$type, Failure> {
            Ok($type {
                $($one: meant_answer(&record[$name])?,)+
                $($many: meant_answers(&record[$names])?,)+
                gpc: record["Gpc"].as_bool(),
            })
        }
    };
}

section!(
    UsNational,
    told_national,
    meant_national,
    [
        sharing_notice = "SharingNotice",
        sale_opt_out_notice = "SaleOptOutNotice",
        sharing_opt_out_notice = "SharingOptOutNotice",
        targeted_advertising_opt_out_notice = "TargetedAdvertisingOptOutNotice",
        sensitive_data_opt_out_notice = "SensitiveDataProcessingOptOutNotice",
        sensitive_data_limit_use_notice = "SensitiveDataLimitUseNotice",
        sale_opt_out = "SaleOptOut",
        sharing_opt_out = "SharingOptOut",
        targeted_advertising_opt_out = "TargetedAdvertisingOptOut",
        incompatible_uses = "PersonalDataConsents",
        mspa_covered = "MspaCoveredTransaction",
        mspa_opt_out_option = "MspaOptOutOptionMode",
        mspa_service_provider = "MspaServiceProviderMode"
    ],
    [sensitive_data = "SensitiveDataProcessing", known_children = "KnownChildSensitiveDataConsents"]
);

section!(
    UsCalifornia,
    told_california,
    meant_california,
    [
        sale_opt_out_notice = "SaleOptOutNotice",
        sharing_opt_out_notice = "SharingOptOutNotice",
        sensitive_data_limit_use_notice = "SensitiveDataLimitUseNotice",
        sale_opt_out = "SaleOptOut",
        sharing_opt_out = "SharingOptOut",
        incompatible_uses = "PersonalDataConsents",
        mspa_covered = "MspaCoveredTransaction",
        mspa_opt_out_option = "MspaOptOutOptionMode",
        mspa_service_provider = "MspaServiceProviderMode"
    ],
    [sensitive_data = "SensitiveDataProcessing", known_children = "KnownChildSensitiveDataConsents"]
);

fn meant_answer(value: &Value) -> Result<Answer, Failure> {
    Ok(Answer::from_number(number(value)?).ok_or(SignalError::Undefined("answer"))?)
}

fn meant_answers<const N: usize>(values: &Value) -> Result<[Answer; N], Failure> {
    let values = values.as_array().ok_or("no list of answers")?;
    let answers = values.iter().map(meant_answer).collect::<Result<Vec<_>, _>>()?;
    answers.try_into().map_err(|_| "another number of answers".into())
}

fn meant_gpp(record: &Value) -> Result<GppString, Failure> {
    let some = |key: &str| Some(&record[key]).filter(|value| !value.is_null());
    Ok(GppString {
        tcf: some("tcfeuv2").map(meant_tcf).transpose()?,
        us_national: some("usnat").map(meant_national).transpose()?,
        us_california: some("usca").map(meant_california).transpose()?,
        other: match some("other") {
            Some(other) => serde_json::from_value(other.clone())?,
            None => BTreeMap::new(),
        },
    })
}
