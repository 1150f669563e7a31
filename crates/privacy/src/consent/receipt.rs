//! Consent receipts with the fields of ISO/IEC TS 27560:2023, signed with Ed25519 over their canonical bytes.
//!
//! A receipt says what was decided and what the notice then said. It must never name the person otherwise than by the
//! pseudonym that it is given, and never say more than the notice of that version did.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{ConsentRecord, Source, Status};
use crate::audit::{SigningKey, VerifyingKey};
use crate::data::Kind;
use crate::purpose::{LegalBasis, PurposeId};
use crate::register::{Declaration, Fields, Register, Shop, write};
use crate::sensitive::SensitiveKind;

/// The JSON Schema (draft 2020-12) of a receipt's document.
pub const SCHEMA: &str = include_str!("receipt.schema.json");

const VERSION: &str = "ISO/IEC TS 27560:2023; equipoise consent receipt 1";
/// What the signed bytes begin with, so that no other document's signature can stand under a receipt.
const CONTEXT: &[u8] = b"equipoise consent receipt 1\n";
const CONTROLLER: &str = "controller";

/// Why there is no receipt, or why one isn't believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The notice of that version doesn't declare the purpose.
    #[error("the purpose `{0}` is not in the notice that the consent refers to")]
    UnknownPurpose(PurposeId),
    /// The receipt has a fraction or a number beyond ±2⁵³, which has no one canonical form.
    #[error("a number in the receipt has no canonical form")]
    Number,
    /// Not a signed receipt.
    #[error("this is not a signed consent receipt: `{0}` is missing or malformed")]
    Malformed(&'static str),
    /// The signature isn't that key's, or the receipt was changed.
    #[error("the receipt's signature doesn't fit: it was changed, or another key signed it")]
    Signature,
}

/// A receipt for one decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    document: Value,
}

impl Receipt {
    /// The receipt for `record`. `notice` is the register as it stood in the version that the record names; `principal`
    /// a pseudonym; `record_id` and `receipt_id` are unique and random.
    ///
    /// # Errors
    /// [`ReceiptError::UnknownPurpose`] when that notice doesn't declare the purpose.
    pub fn new(
        record: &ConsentRecord,
        notice: &Register,
        principal: &str,
        record_id: [u8; 16],
        receipt_id: [u8; 16],
        now: Timestamp,
    ) -> Result<Self, ReceiptError> {
        let ConsentRecord { purpose, status, at, notice: version, language, source } = record;
        let declaration =
            notice.purpose(purpose.as_str()).ok_or_else(|| ReceiptError::UnknownPurpose(purpose.clone()))?;
        let document = json!({
            "receipt_metadata": {
                "schema_version": VERSION,
                "receipt_id": hex(&receipt_id),
                "issued_at": now.to_string(),
            },
            "header": {
                "schema_version": VERSION,
                "record_id": hex(&record_id),
                "pii_principal_id": principal,
            },
            "pii_processing": {
                "privacy_notice": {
                    "version": version.0,
                    "sha256": hex(digest(&SHA256, write(notice).as_bytes()).as_ref()),
                },
                "language": language,
                "purposes": [processing(purpose, declaration, notice)],
            },
            "party_identification": [controller(&notice.shop)],
            "event": [{
                "event_time": at.to_string(),
                "validity_duration": format!("P{}D", declaration.consent_valid_days),
                "entity_id": match source {
                    Source::Person | Source::Stamp | Source::Signal => principal,
                    Source::Operator | Source::Merge | Source::System => CONTROLLER,
                },
                "event_type": event_type(*source),
                "event_state": event_state(*status),
                "source": source.as_str(),
            }],
        });
        Ok(Self { document })
    }

    /// The document that [`SCHEMA`] describes.
    #[must_use]
    pub const fn document(&self) -> &Value {
        &self.document
    }

    /// The bytes that are signed: a line that says what they are, then the document in RFC 8785's canonical form.
    ///
    /// # Errors
    /// [`ReceiptError::Number`] for a number that RFC 8785 would have to round.
    pub fn to_canonical_bytes(&self) -> Result<Vec<u8>, ReceiptError> {
        let mut text = String::new();
        write_canonical(&self.document, &mut text)?;
        Ok([CONTEXT, text.as_bytes()].concat())
    }

    /// The receipt beside its signature, as it is handed to the person.
    ///
    /// # Errors
    /// [`ReceiptError::Number`] as for [`Self::to_canonical_bytes`].
    pub fn sign(&self, key: &SigningKey) -> Result<Value, ReceiptError> {
        let signature = key.sign(&self.to_canonical_bytes()?);
        Ok(json!({
            "receipt": self.document,
            "signature": {
                "algorithm": "Ed25519",
                "canonical_form": "RFC 8785",
                "key": key.verifying_key().to_string(),
                "value": STANDARD.encode(signature),
            },
        }))
    }

    /// The receipt in a signed one, if `key` has signed it. The key that stands in it is not believed.
    ///
    /// # Errors
    /// [`ReceiptError::Malformed`] when it isn't a signed receipt, [`ReceiptError::Signature`] when it was changed or
    /// signed by another key.
    pub fn verify(signed: &Value, key: &VerifyingKey) -> Result<Self, ReceiptError> {
        let document =
            signed.get("receipt").filter(|d| d.is_object()).ok_or(ReceiptError::Malformed("receipt"))?;
        let signature = signed
            .pointer("/signature/value")
            .and_then(Value::as_str)
            .and_then(|text| STANDARD.decode(text).ok())
            .ok_or(ReceiptError::Malformed("signature"))?;
        if signed.pointer("/signature/algorithm").and_then(Value::as_str) != Some("Ed25519") {
            return Err(ReceiptError::Malformed("signature"));
        }
        let receipt = Self { document: document.clone() };
        key.verify(&receipt.to_canonical_bytes()?, &signature).map_err(|_| ReceiptError::Signature)?;
        Ok(receipt)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 6.3.4 PII processing, for one purpose.
fn processing(id: &PurposeId, declaration: &Declaration, notice: &Register) -> Value {
    let Declaration {
        reason,
        basis,
        gives,
        data,
        retention_days,
        recipients,
        opt_out_signal: _,
        consent_valid_days: _,
        standards: _,
        explicit_for,
    } = declaration;
    let information: Vec<Value> = data
        .iter()
        .map(|(kind, fields)| {
            json!({
                "pii_type": kind.as_str(),
                "pii_label": kind.label(),
                "pii_attribute_id": attributes(*kind, fields, notice),
                // What only serves a purpose that may be refused is never required of anybody.
                "pii_optional": *basis == LegalBasis::Consent,
            })
        })
        .collect();
    let contact = &notice.shop.contact;
    let mut processing = json!({
        "purpose": reason,
        "purpose_id": id.as_str(),
        "purpose_type": purpose_type(id.as_str()),
        "lawful_basis": basis_term(*basis),
        "pii_information": information,
        "pii_controllers": [CONTROLLER],
        "collection_method": "What you do in the shop and what you tell it.",
        "processing_method": "By computer, on the shop's own server.",
        "storage_locations": [notice.shop.stored_in],
        "retention_period": format!("P{retention_days}D"),
        "service": if gives.is_empty() { reason } else { gives },
        "jurisdiction": notice.shop.jurisdictions,
        "recipient_third_parties": recipients,
        "withdrawal_method": format!("Change your choice on the shop's privacy page at any time, or write to {contact}."),
        "privacy_rights": [
            "see your data",
            "have it corrected",
            "take it with you",
            "have it erased",
            "have its use restricted",
            "object to its use",
            "take back a yes",
        ],
        "authority_party": notice.shop.jurisdictions.iter().map(|law| authority(law)).collect::<Vec<_>>(),
    });
    if !explicit_for.is_empty()
        && let Some(members) = processing.as_object_mut()
    {
        // GDPR Art. 9(2)(a): what the explicit yes was to.
        let labels: Vec<&str> = explicit_for.iter().map(SensitiveKind::label).collect();
        members.insert("sensitive_goods".to_owned(), json!(labels));
    }
    processing
}

fn attributes(kind: Kind, fields: &Fields, notice: &Register) -> Vec<String> {
    match fields {
        Fields::Only(names) => names.iter().cloned().collect(),
        Fields::All => {
            let mut names: Vec<String> = kind.fields().iter().map(|name| (*name).to_owned()).collect();
            if kind == Kind::DeclaredEvents {
                names.extend(notice.events.values().flatten().cloned());
                names.sort();
                names.dedup();
            }
            names
        }
    }
}

/// 6.3.6 Party identification. The register gives the company's name, a comma and its address.
fn controller(shop: &Shop) -> Value {
    let (name, address) = shop.controller.split_once(',').unwrap_or((&shop.controller, &shop.controller));
    let mut party = json!({
        "party_id": CONTROLLER,
        "party_name": name.trim(),
        "party_address": address.trim(),
        "party_contact": shop.contact,
        "party_role": "dpv:DataController",
        "party_type": "PII controller",
    });
    if let (Some(officer), Some(party)) = (&shop.officer, party.as_object_mut()) {
        party.insert("party_officer".to_owned(), officer.as_str().into());
    }
    party
}

/// The nearest term of the Data Privacy Vocabulary.
fn purpose_type(id: &str) -> &'static str {
    match id {
        "service" => "dpv:ServiceProvision",
        "analytics" => "dpv:ServiceUsageAnalytics",
        "personalisation" | "assistance" => "dpv:ServicePersonalisation",
        "offers" => "dpv:DirectMarketing",
        "personalised_pricing" => "dpv:Personalisation",
        "fairness_audit" => "dpv:ServiceOptimisation",
        "security" => "dpv:EnforceSecurity",
        _ => "dpv:Purpose",
    }
}

const fn basis_term(basis: LegalBasis) -> &'static str {
    match basis {
        LegalBasis::Consent => "dpv:Consent",
        LegalBasis::Contract => "dpv:Contract",
        LegalBasis::LegalObligation => "dpv:LegalObligation",
        LegalBasis::VitalInterests => "dpv:VitalInterest",
        LegalBasis::PublicTask => "dpv:PublicInterest",
        LegalBasis::LegitimateInterests => "dpv:LegitimateInterest",
    }
}

const fn event_type(source: Source) -> &'static str {
    match source {
        Source::Person => "dpv:ExplicitlyExpressedConsent",
        Source::Stamp | Source::Signal | Source::Operator => "dpv:ExpressedConsent",
        Source::Merge | Source::System => "dpv:Consent",
    }
}

const fn event_state(status: Status) -> &'static str {
    match status {
        Status::Unknown => "dpv:ConsentUnknown",
        Status::Requested => "dpv:ConsentRequested",
        Status::Deferred => "dpv:ConsentRequestDeferred",
        Status::Given => "dpv:ConsentGiven",
        Status::Refused => "dpv:ConsentRefused",
        Status::Withdrawn => "dpv:ConsentWithdrawn",
        Status::Revoked => "dpv:ConsentRevoked",
        Status::Expired => "dpv:ConsentExpired",
        Status::Invalidated => "dpv:ConsentInvalidated",
    }
}

fn authority(jurisdiction: &str) -> String {
    match jurisdiction {
        "NZ" => "Office of the Privacy Commissioner, New Zealand, https://www.privacy.org.nz",
        "AU" => "Office of the Australian Information Commissioner, https://www.oaic.gov.au",
        "EU" => "the data protection authority of your country, https://www.edpb.europa.eu",
        "UK" => "Information Commissioner's Office, United Kingdom, https://ico.org.uk",
        "US-CA" => "California Privacy Protection Agency, https://cppa.ca.gov",
        "US" => "Federal Trade Commission, https://www.ftc.gov",
        "CA" => "Office of the Privacy Commissioner of Canada, https://www.priv.gc.ca",
        other => return format!("the data protection authority of {other}"),
    }
    .to_owned()
}

/// RFC 8785: keys sorted, no blanks, no choice of escapes. Numbers are whole and within ±2⁵³, so that their shortest
/// decimal form is the one that ECMAScript writes.
fn write_canonical(value: &Value, out: &mut String) -> Result<(), ReceiptError> {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => out.push_str(&value.to_string()),
        Value::Number(number) => {
            let whole =
                number.as_i64().filter(|n| n.unsigned_abs() <= 1 << 53).ok_or(ReceiptError::Number)?;
            out.push_str(&whole.to_string());
        }
        Value::Array(members) => {
            let mut before = '[';
            for member in members {
                out.push(before);
                write_canonical(member, out)?;
                before = ',';
            }
            out.push_str(if members.is_empty() { "[]" } else { "]" });
        }
        Value::Object(members) => {
            // Sorted here, for the order of a map depends on features that another crate can switch on.
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            let mut before = '{';
            for (key, member) in &members {
                out.push(before);
                out.push_str(&Value::String((*key).clone()).to_string());
                out.push(':');
                write_canonical(member, out)?;
                before = ',';
            }
            out.push_str(if members.is_empty() { "{}" } else { "}" });
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "receipt_tests.rs"]
mod tests;
