//! Receipts: every mandatory field, the signature, the canonical form.

use super::*;
use crate::notice::NoticeVersion;
use crate::register::{TEMPLATE, read};

fn record(purpose: &str, status: Status, source: Source) -> ConsentRecord {
    ConsentRecord {
        purpose: purpose.parse().unwrap(),
        status,
        at: Timestamp::from_second(1_760_000_000).unwrap(),
        notice: NoticeVersion(3),
        language: "en-NZ".to_owned(),
        source,
    }
}

fn receipt() -> Receipt {
    let now = Timestamp::from_second(1_760_000_100).unwrap();
    let record = record("personalisation", Status::Given, Source::Person);
    Receipt::new(&record, &read(TEMPLATE).unwrap(), "pseudonym-1", [1; 16], [2; 16], now).unwrap()
}

/// The keywords of JSON Schema that the schema uses; any other fails, so that none is ignored. Patterns are checked
/// with the regular expressions of `regex-lite`, which agree with ECMAScript's in what is used.
fn faults(schema: &Value, value: &Value, path: &str, out: &mut Vec<String>) {
    let mut fault = |what: &str| out.push(format!("{path}: {what}"));
    for (keyword, rule) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$schema" | "$id" | "title" | "description" | "properties" | "items" => {}
            "type" => {
                let fits = match rule.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "boolean" => value.is_boolean(),
                    other => panic!("type {other}"),
                };
                if !fits {
                    fault("type");
                }
            }
            "required" => {
                for key in rule.as_array().unwrap() {
                    if value.get(key.as_str().unwrap()).is_none() {
                        fault(&format!("no {key}"));
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(*rule, Value::Bool(false));
                for key in value.as_object().into_iter().flatten().map(|(key, _)| key) {
                    if schema["properties"].get(key).is_none() {
                        fault(&format!("unknown {key}"));
                    }
                }
            }
            "minItems" => {
                if value.as_array().is_some_and(|a| (a.len() as u64) < rule.as_u64().unwrap()) {
                    fault("too few");
                }
            }
            "minLength" => {
                if value.as_str().is_some_and(|s| (s.chars().count() as u64) < rule.as_u64().unwrap()) {
                    fault("too short");
                }
            }
            "minimum" => {
                if value.as_i64().is_some_and(|n| n < rule.as_i64().unwrap()) {
                    fault("too small");
                }
            }
            "pattern" => {
                let pattern = regex_lite::Regex::new(rule.as_str().unwrap()).unwrap();
                if value.as_str().is_some_and(|s| !pattern.is_match(s)) {
                    fault("pattern");
                }
            }
            "const" if value != rule => fault("const"),
            "enum" if !rule.as_array().unwrap().contains(value) => fault("enum"),
            "const" | "enum" => {}
            other => panic!("the test doesn't know the keyword {other}"),
        }
    }
    for (key, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if let Some(member) = value.get(key) {
            faults(inner, member, &format!("{path}/{key}"), out);
        }
    }
    if let Some(inner) = schema.get("items") {
        for (index, member) in value.as_array().into_iter().flatten().enumerate() {
            faults(inner, member, &format!("{path}/{index}"), out);
        }
    }
}

fn check(document: &Value) -> Vec<String> {
    let mut out = Vec::new();
    faults(&serde_json::from_str(SCHEMA).unwrap(), document, "", &mut out);
    out
}

#[test]
fn receipt_of_every_purpose_status_and_source_fits_the_schema() {
    let register = read(TEMPLATE).unwrap();
    let now = Timestamp::from_second(1_760_000_100).unwrap();
    for purpose in crate::purpose::BUILT_IN {
        for (status, source) in Status::ALL.iter().zip(Source::ALL.iter().cycle()) {
            let record = record(purpose, *status, *source);
            let receipt = Receipt::new(&record, &register, "p", [1; 16], [2; 16], now).unwrap();
            assert_eq!(check(receipt.document()), Vec::<String>::new(), "{purpose}");
        }
    }
}

#[test]
fn every_mandatory_field_is_required() {
    // What ISO/IEC TS 27560:2023 makes mandatory: 6.3.3, 6.3.4, 6.3.5, 6.3.6, 6.3.7, 6.4.5.
    let purpose = "/pii_processing/purposes/0";
    let fields: Vec<String> = [
        "/receipt_metadata/schema_version",
        "/receipt_metadata/receipt_id",
        "/header/schema_version",
        "/header/record_id",
        "/header/pii_principal_id",
        "/pii_processing/privacy_notice",
        "/pii_processing/language",
        "/pii_processing/purposes",
        "/party_identification/0/party_id",
        "/party_identification/0/party_address",
        "/party_identification/0/party_name",
        "/party_identification/0/party_contact",
        "/party_identification/0/party_type",
        "/event/0/event_time",
        "/event/0/validity_duration",
        "/event/0/entity_id",
        "/event/0/event_type",
        "/event/0/event_state",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain(
        [
            "purpose",
            "lawful_basis",
            "pii_information",
            "pii_information/0/pii_type",
            "pii_controllers",
            "storage_locations",
            "retention_period",
            "jurisdiction",
            "recipient_third_parties",
            "withdrawal_method",
        ]
        .map(|field| format!("{purpose}/{field}")),
    )
    .collect();
    for field in fields {
        let mut document = receipt().document().clone();
        let (parent, key) = field.rsplit_once('/').unwrap();
        let removed = document.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key);
        assert!(removed.is_some(), "{field} isn't in the receipt");
        assert_eq!(check(&document), [format!("{parent}: no \"{key}\"")]);
    }
}

#[test]
fn receipt_says_what_the_notice_said() {
    let receipt = receipt();
    let at = |path: &str| receipt.document().pointer(path).unwrap().clone();
    assert_eq!(at("/header/record_id"), "01".repeat(16));
    assert_eq!(at("/event/0/event_time"), "2025-10-09T08:53:20Z");
    assert_eq!(at("/event/0/event_state"), "dpv:ConsentGiven");
    assert_eq!(at("/event/0/entity_id"), "pseudonym-1");
    assert_eq!(at("/pii_processing/purposes/0/retention_period"), "P730D");
    assert_eq!(at("/pii_processing/purposes/0/storage_locations/0"), "New Zealand");
    assert_eq!(at("/party_identification/0/party_name"), "Your Shop Limited");
    assert_eq!(at("/party_identification/0/party_address"), "1 Your Street, Auckland 1010, New Zealand");
}

#[test]
fn purpose_that_the_notice_lacks_has_no_receipt() {
    let record = record("gift_registry", Status::Given, Source::Person);
    let now = Timestamp::UNIX_EPOCH;
    let refused = Receipt::new(&record, &read(TEMPLATE).unwrap(), "p", [1; 16], [2; 16], now);
    assert_eq!(refused, Err(ReceiptError::UnknownPurpose(record.purpose)));
}

#[test]
fn changed_receipt_or_other_key_is_not_believed() {
    let key = SigningKey::from_seed("tui.example/receipts", [7; 32].into()).unwrap();
    let other = SigningKey::from_seed("tui.example/receipts", [8; 32].into()).unwrap();
    let signed = receipt().sign(&key).unwrap();
    assert_eq!(Receipt::verify(&signed, key.verifying_key()), Ok(receipt()));
    // Order and blanks of the text are of no consequence.
    let again: Value = serde_json::from_str(&serde_json::to_string_pretty(&signed).unwrap()).unwrap();
    assert_eq!(Receipt::verify(&again, key.verifying_key()), Ok(receipt()));
    assert_eq!(Receipt::verify(&signed, other.verifying_key()), Err(ReceiptError::Signature));
    for path in
        ["/receipt/event/0/event_state", "/receipt/pii_processing/language", "/receipt/header/record_id"]
    {
        let mut changed = signed.clone();
        *changed.pointer_mut(path).unwrap() = "dpv:ConsentRefused".into();
        assert_eq!(Receipt::verify(&changed, key.verifying_key()), Err(ReceiptError::Signature), "{path}");
    }
    for (path, value) in
        [("/signature/value", json!("?")), ("/signature/algorithm", json!("none")), ("/receipt", json!(1))]
    {
        let mut changed = signed.clone();
        *changed.pointer_mut(path).unwrap() = value;
        assert!(
            matches!(Receipt::verify(&changed, key.verifying_key()), Err(ReceiptError::Malformed(_))),
            "{path}"
        );
    }
}

#[test]
fn canonical_form_is_that_of_rfc_8785() {
    let canonical = |value: Value| {
        let mut out = String::new();
        write_canonical(&value, &mut out).map(|()| out)
    };
    // RFC 8785 section 3.2.3's order of keys by UTF-16 units, and section 3.2.2.2's escapes.
    let keys =
        json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
    assert_eq!(
        canonical(keys).unwrap(),
        "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
    );
    let text = json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/");
    assert_eq!(canonical(text).unwrap(), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
    assert_eq!(canonical(json!([[], {}, true, null, -5])).unwrap(), "[[],{},true,null,-5]");
    assert_eq!(canonical(json!(0.5)), Err(ReceiptError::Number));
    assert_eq!(canonical(json!(u64::MAX)), Err(ReceiptError::Number));
}
