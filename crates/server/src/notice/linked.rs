//! The notice for programs: JSON-LD in the words of the W3C Data Privacy Vocabulary (DPV 2).

use jiff::Timestamp;
use privacy::notice::NoticeVersion;
use privacy::purpose::LegalBasis;
use privacy::register::{Declaration, Fields, Register};
use serde_json::{Value, json};

/// The whole notice.
pub(super) fn document(register: &Register, version: NoticeVersion, since: Option<Timestamp>) -> Value {
    let processing: Vec<Value> =
        register.purposes.iter().map(|(id, declared)| process(id.as_str(), declared, register)).collect();
    json!({
        "@context": {
            "dpv": "https://w3id.org/dpv#", "dct": "http://purl.org/dc/terms/", "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
        },
        "@type": "dpv:PrivacyNotice",
        "dct:title": format!("{}: privacy notice", register.shop.name),
        "dct:hasVersion": version.0.to_string(),
        "dct:issued": since.map(|at| at.to_string()),
        "dpv:hasDataController": {
            "@type": "dpv:DataController",
            "dpv:hasName": register.shop.controller,
            "dpv:hasContact": register.shop.contact,
        },
        "dpv:hasDataProtectionOfficer": register.shop.officer,
        "dpv:hasStorageCondition": { "@type": "dpv:StorageLocation", "dct:description": register.shop.stored_in },
        "dpv:hasJurisdiction": register.shop.jurisdictions,
        "dpv:hasProcess": processing,
    })
}

fn process(id: &str, declared: &Declaration, register: &Register) -> Value {
    let data: Vec<Value> = declared
        .data
        .iter()
        .map(|(kind, fields)| {
            let fields = match fields {
                Fields::All => json!("all"),
                Fields::Only(names) => json!(names),
            };
            json!({"@type": "dpv:PersonalData", "dct:title": kind.label(), "dct:identifier": kind.as_str(), "dct:description": fields})
        })
        .collect();
    json!({
        "@type": "dpv:Process",
        "dct:identifier": id,
        "dpv:hasPurpose": { "@type": "dpv:Purpose", "dct:description": declared.reason },
        "dpv:hasLegalBasis": { "@id": basis(declared.basis), "dct:description": declared.basis.article() },
        "dpv:hasPersonalData": data,
        "dpv:hasRecipient": declared.recipients,
        "dpv:hasStorageCondition": { "@type": "dpv:StorageDuration", "dpv:hasDuration": format!("P{}D", declared.retention_days) },
        "dpv:hasDataController": register.shop.name,
    })
}

const fn basis(basis: LegalBasis) -> &'static str {
    match basis {
        LegalBasis::Consent => "eu-gdpr:A6-1-a",
        LegalBasis::Contract => "eu-gdpr:A6-1-b",
        LegalBasis::LegalObligation => "eu-gdpr:A6-1-c",
        LegalBasis::VitalInterests => "eu-gdpr:A6-1-d",
        LegalBasis::PublicTask => "eu-gdpr:A6-1-e",
        LegalBasis::LegitimateInterests => "eu-gdpr:A6-1-f",
    }
}
