//! The certificate of an erasure: proof for the person, which names nobody and can be checked without this server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Right;
use crate::audit::{Entry, Hash, SigningKey, VerifyingKey, leaf_hash, verify_head, verify_inclusion};
use crate::data::Kind;
use crate::store::Day;

const FORMAT: &str = "equipoise.erasure-certificate/v1";
/// What the signed bytes begin with, so that no other document's signature can stand under a certificate.
const CONTEXT: &str = "equipoise erasure certificate 1\n";

/// What a law obliged the shop to keep: sealed, restricted, out of every model and view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retained {
    /// The kind of data.
    pub kind: Kind,
    /// The law and section.
    pub law: String,
    /// How many rows.
    pub count: u64,
    /// The first day on which they need not be kept any more.
    pub until: Day,
}

/// What is certified. The audit entry, its place and the signed head prove that and when it was logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// A random number of this certificate.
    pub id: String,
    /// The shop.
    pub shop: String,
    /// When the person was erased.
    pub erased_at: Timestamp,
    /// How many rows of each kind were deleted.
    pub deleted: Vec<(Kind, u64)>,
    /// How many identities and ledger entries were deleted.
    pub identities_deleted: u64,
    /// How many decisions were deleted from the ledger.
    pub ledger_deleted: u64,
    /// The models from which the person was subtracted.
    pub models: Vec<String>,
    /// What stays, and why.
    pub retained: Vec<Retained>,
    /// The log's name, as it stands in its heads.
    pub log: String,
    /// The number of the audit entry.
    pub entry: u64,
    /// The entry as it was logged. It names the person by a tag that means nothing without the shredded key.
    pub record: Vec<u8>,
    /// The size of the log that the head is about.
    pub log_size: u64,
    /// The root of that log.
    pub log_root: Hash,
    /// The signed head, a C2SP checkpoint.
    pub checkpoint: String,
    /// The hashes that lead from the leaf to the root.
    pub proof: Vec<Hash>,
}

/// Why a certificate doesn't hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It isn't one.
    #[error("this is not an erasure certificate of a known version: {0}")]
    Form(String),
    /// The signature is not the shop's.
    #[error("the signature does not fit: the certificate was changed, or another key signed it")]
    Signature,
    /// The entry isn't in the log that the head is about.
    #[error("the inclusion proof does not lead to the log's root: the entry is not in that log")]
    Proof,
    /// The entry is in the log, but it logs something else.
    #[error("the audit entry that the certificate points to is not that of an erasure at the time it states")]
    Entry,
    /// The head isn't signed by the shop, or is about another log.
    #[error("the log's head is not signed by the same key, or is about another log")]
    Head,
}

impl Certificate {
    fn body(&self, vkey: &str) -> Value {
        let Self {
            id,
            shop,
            erased_at,
            deleted,
            identities_deleted,
            ledger_deleted,
            models,
            retained,
            log,
            entry,
            record,
            log_size,
            log_root,
            checkpoint,
            proof,
        } = self;
        let deleted: serde_json::Map<_, _> =
            deleted.iter().map(|(kind, count)| (kind.to_string(), json!(count))).collect();
        let retained: Vec<_> = retained
            .iter()
            .map(|kept| {
                let Retained { kind, law, count, until } = kept;
                json!({"kind": kind.as_str(), "law": law, "count": count, "until": until.to_date()})
            })
            .collect();
        json!({
            "format": FORMAT,
            "id": id,
            "shop": shop,
            "erased_at": erased_at.to_string(),
            "deleted": deleted,
            "identities_deleted": identities_deleted,
            "ledger_deleted": ledger_deleted,
            "key": "shredded",
            "models": models,
            "retained": retained,
            "audit": {
                "log": log,
                "entry": entry,
                "record": STANDARD.encode(record),
                "leaf": leaf_hash(record).to_string(),
                "log_size": log_size,
                "log_root": log_root.to_string(),
                "checkpoint": checkpoint,
                "proof": proof.iter().map(ToString::to_string).collect::<Vec<_>>(),
            },
            "verifying_key": vkey,
        })
    }

    /// The signed document: its members, and under `signature` Ed25519 over the line
    /// `equipoise erasure certificate 1` and the rest in canonical form (members sorted, no white space; RFC 8785 for
    /// the text and integers that stand in it).
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> Value {
        let mut body = self.body(&key.verifying_key().to_string());
        let signature = key.sign(&signed_bytes(&body));
        if let Value::Object(members) = &mut body {
            members.insert("signature".to_owned(), json!(STANDARD.encode(signature)));
        }
        body
    }

    /// Checks a signed document without any store: signature, signed head, inclusion of the entry, and that it is the
    /// entry of an erasure.
    ///
    /// `key` is the shop's key as the verifier knows it; without one, the key that stands in the document is taken,
    /// which shows that the document is whole, but not whose it is.
    ///
    /// # Errors
    /// [`CertificateError`] saying which check failed.
    pub fn verify(document: &Value, key: Option<&VerifyingKey>) -> Result<Verified, CertificateError> {
        let form = |what: &str| CertificateError::Form(what.to_owned());
        let mut body = document.as_object().cloned().ok_or_else(|| form("it is no JSON object"))?;
        if body.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(form("its format is another"));
        }
        let text = |value: Option<&Value>, what: &str| {
            value.and_then(Value::as_str).map(str::to_owned).ok_or_else(|| form(what))
        };
        let signature = text(body.remove("signature").as_ref(), "`signature` is missing")?;
        let signature = STANDARD.decode(signature).map_err(|_| CertificateError::Signature)?;
        let stated: VerifyingKey = text(body.get("verifying_key"), "`verifying_key` is missing")?
            .parse()
            .map_err(|_| form("`verifying_key` is no key"))?;
        let key = key.unwrap_or(&stated);
        key.verify(&signed_bytes(&Value::Object(body.clone())), &signature)
            .map_err(|_| CertificateError::Signature)?;
        let audit = body.get("audit").ok_or_else(|| form("`audit` is missing"))?;
        let number = |name: &str| {
            audit.get(name).and_then(Value::as_u64).ok_or_else(|| form("a number in `audit` is missing"))
        };
        let hash = |value: Option<&Value>| -> Result<Hash, CertificateError> {
            text(value, "a hash in `audit` is missing")?
                .parse()
                .map_err(|_| form("a hash in `audit` is none"))
        };
        let (entry, log_size) = (number("entry")?, number("log_size")?);
        let root = hash(audit.get("log_root"))?;
        let proof = audit.get("proof").and_then(Value::as_array).ok_or_else(|| form("`proof` is missing"))?;
        let proof = proof.iter().map(|value| hash(Some(value))).collect::<Result<Vec<_>, _>>()?;
        let checkpoint = text(audit.get("checkpoint"), "`checkpoint` is missing")?;
        let log = text(audit.get("log"), "`log` is missing")?;
        let head =
            verify_head(&checkpoint, &log, std::slice::from_ref(key)).map_err(|_| CertificateError::Head)?;
        if head.size != log_size || head.root != root {
            return Err(CertificateError::Head);
        }
        let record = STANDARD
            .decode(text(audit.get("record"), "`record` is missing")?)
            .map_err(|_| form("`record` is no base64"))?;
        verify_inclusion(&leaf_hash(&record), entry, log_size, &proof, &root)
            .map_err(|_| CertificateError::Proof)?;
        let logged = Entry::decode(&record).map_err(|_| CertificateError::Entry)?;
        let erased_at: Timestamp = text(body.get("erased_at"), "`erased_at` is missing")?
            .parse()
            .map_err(|_| form("`erased_at` is no time"))?;
        let to_the_second = logged.at.as_second() == erased_at.as_second();
        if logged.seq != entry || logged.action != Right::Erasure.action() || !to_the_second {
            return Err(CertificateError::Entry);
        }
        Ok(Verified { entry, erased_at, log, log_size, root, key: key.clone() })
    }
}

/// The line that says what is signed, then the document with its members sorted. They are sorted here, for the order
/// of a map depends on features that another crate can switch on.
fn signed_bytes(document: &Value) -> Vec<u8> {
    let mut out = CONTEXT.to_owned();
    write_sorted(document, &mut out);
    out.into_bytes()
}

fn write_sorted(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string())
        }
        Value::Array(members) => {
            out.push('[');
            for (at, member) in members.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_sorted(member, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (at, (name, member)) in members.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write_sorted(member, out);
            }
            out.push('}');
        }
    }
}

/// What a checked certificate proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The audit entry's number.
    pub entry: u64,
    /// When the person was erased.
    pub erased_at: Timestamp,
    /// The log's name.
    pub log: String,
    /// The size of the log.
    pub log_size: u64,
    /// Its root.
    pub root: Hash,
    /// The key that signed it.
    pub key: VerifyingKey,
}

#[cfg(test)]
mod tests;
