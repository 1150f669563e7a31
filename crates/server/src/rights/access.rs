//! The right of access (GDPR Art. 15, NZ IPP 6): one document with everything that is held about a person, why, for
//! how long, who receives it, what was inferred from it, and who looked at it.

use std::sync::Arc;

use jiff::Timestamp;
use privacy::audit::Author;
use privacy::consent::{LedgerEntry, LedgerState};
use privacy::data::Kind;
use privacy::purpose::PurposeId;
use privacy::register::{Declaration, Fields};
use privacy::rights::{DisclosedRow, Disclosure, Right};
use privacy::sensitive::SensitiveKind;
use privacy::store::{Law, Tx};
use privacy::subject::Subject;
use serde_json::{Map, Value, json};
use store::{AuditMention, Write, WriteTx};

use super::{ExerciseError, Person};
use crate::app::App;
use crate::web::Problem;

/// The name of the document's form.
const FORMAT: &str = "equipoise.access/v1";

/// Everything that is held about a person. Blocks.
///
/// # Errors
/// [`Problem`] when nobody is known by that identity, or the store can't be used.
pub fn access(app: &Arc<App>, who: &Person, author: Author) -> Result<Value, Problem> {
    let now = app.now();
    // What the machine has just opened belongs in the answer.
    app.store.flush_openings(now)?;
    let (shared, who) = (Arc::clone(app), who.clone());
    let what = Write { name: "subject.access", author: author.clone(), at: now };
    let written = app.store.write(what, move |tx| document(&shared, tx, &who, author, now));
    written.wait().map_err(Problem::from)
}

fn document(
    app: &App,
    tx: &WriteTx<'_>,
    who: &Person,
    author: Author,
    now: Timestamp,
) -> Result<Value, ExerciseError> {
    let subject = who.find(tx)?;
    let disclosure = Disclosure::open(tx, app.vault(), &subject, Right::Access, author, now)?;
    let law = Tx::law(tx);
    let register = &law.register;
    let state = tx.ledger(&subject)?.unwrap_or_default();
    let mut data = Map::new();
    let mut inferences = Vec::new();
    for kind in Kind::ALL {
        let rows = disclosure.rows(*kind)?;
        if *kind == Kind::ShownItems {
            inferences = inferred(&rows);
        }
        data.insert(kind.to_string(), held(law, &state, *kind, &rows, now));
    }
    let mentions = tx.audit_about(&app.vault().tag(&subject).map_err(privacy::rights::RightsError::from)?)?;
    let shop = &register.shop;
    Ok(json!({
        "format": FORMAT,
        "made_at": now.to_string(),
        "audit_entry": disclosure.entry,
        "controller": {
            "shop": shop.name,
            "controller": shop.controller,
            "contact": shop.contact,
            "officer": shop.officer,
            "stored_in": shop.stored_in,
        },
        "identities": identities(&disclosure)?,
        "restricted_since": state.restricted_since().map(|at| at.to_string()),
        "purposes": purposes(law, &state, now),
        "data": data,
        "decisions": decisions(tx, &subject)?,
        "inferences": {
            "made": inferences,
            "models": models(law, &state, now),
            "how": "Recommendations come from what you looked at, put in the cart and bought, and from what others \
                chose together with it. They decide which products and articles are shown first, and nothing else: \
                no price, no offer and no refusal depends on them.",
        },
        "accesses": mentions.iter().map(accessed).collect::<Vec<_>>(),
        "kept_by_law": register.kept_by_law.iter().map(|hold| json!({
            "kind": hold.kind.as_str(), "law": hold.law, "keep_days": hold.keep_days,
            "meaning": "kept under seal even after erasure, for this law alone",
        })).collect::<Vec<_>>(),
        "your_rights": [
            "see your data (this document)", "take it with you", "have it corrected", "have its use restricted",
            "object to its use", "take back a yes", "have it erased",
        ],
        "ask": shop.contact,
        "complain_to": shop.jurisdictions.iter().map(|place| authority(place)).collect::<Vec<_>>(),
    }))
}

pub(super) fn identities(disclosure: &Disclosure<'_>) -> Result<Vec<Value>, ExerciseError> {
    let identities = disclosure.identities()?;
    Ok(identities.into_iter().map(|(kind, value)| json!({"kind": kind.as_str(), "value": value})).collect())
}

/// The rows of one kind with the purposes that may use them now, and how long each keeps them.
fn held(law: &Law, state: &LedgerState, kind: Kind, rows: &[DisclosedRow], now: Timestamp) -> Value {
    let permitted = |purpose: &PurposeId| state.permit(purpose, &law.register, &law.notices, now).is_ok();
    let purposes: Vec<_> = law.register.purposes_of(kind).filter(|(purpose, _)| permitted(purpose)).collect();
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let DisclosedRow { id, day, value } = row;
            let clocks: Map<String, Value> = purposes
                .iter()
                .map(|(purpose, declaration)| {
                    (purpose.to_string(), json!(day.plus(declaration.retention_days).to_date()))
                })
                .collect();
            json!({"id": hex(id), "day": day.to_date(), "value": value, "kept_until": clocks})
        })
        .collect();
    let (origin, source) = origin(kind);
    json!({
        "label": kind.label(),
        "origin": origin,
        "source": source,
        "purposes": purposes.iter().map(|(purpose, _)| purpose.as_str()).collect::<Vec<_>>(),
        "rows": rows,
    })
}

/// Whether the person gave it, it was observed, or the shop made it; and where it came from, in everyday words.
pub(super) const fn origin(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Contact => ("provided", "you told the shop, or ordered with it"),
        Kind::Feedback => ("provided", "you wrote or clicked it"),
        Kind::PurchaseHistory => ("provided", "your orders and returns"),
        Kind::BrowsingHistory => ("observed", "your visits to the shop's pages"),
        Kind::CartHistory => ("observed", "what you did with your cart and wish list"),
        Kind::DeviceTraces => ("observed", "what your browser tells every site, made coarser"),
        Kind::DeclaredEvents => ("observed", "what you did in the shop"),
        Kind::ShownItems => ("derived", "what the shop worked out from the rest"),
        Kind::SentOffers => ("observed", "the offers that the shop sent you"),
    }
}

fn purposes(law: &Law, state: &LedgerState, now: Timestamp) -> Value {
    let mut standing = crate::consent::state(law, state, now);
    for (purpose, declaration) in &law.register.purposes {
        let Declaration {
            reason: _,
            basis,
            gives: _,
            data,
            retention_days,
            recipients,
            opt_out_signal: _,
            consent_valid_days,
            standards: _,
            explicit_for,
        } = declaration;
        let data: Map<String, Value> = data
            .iter()
            .map(|(kind, fields)| {
                let fields = match fields {
                    Fields::All => json!("all"),
                    Fields::Only(names) => json!(names),
                };
                (kind.to_string(), fields)
            })
            .collect();
        let more = [
            ("article", json!(basis.article())),
            ("data", Value::Object(data)),
            ("retention_days", json!(retention_days)),
            ("recipients", json!(recipients)),
            ("consent_valid_days", json!(consent_valid_days)),
            ("explicit_for", json!(explicit_for.iter().map(SensitiveKind::label).collect::<Vec<_>>())),
        ];
        if let Some(entry) = standing.get_mut(purpose.as_str()).and_then(Value::as_object_mut) {
            entry.extend(more.map(|(name, value)| (name.to_owned(), value)));
        }
    }
    let objections: Vec<_> =
        state.objections().map(|(purpose, at)| (purpose.clone(), at.to_string())).collect();
    for (purpose, at) in objections {
        if let Some(entry) = standing.get_mut(purpose.as_str()).and_then(Value::as_object_mut) {
            entry.insert("objected_at".to_owned(), json!(at));
        }
    }
    standing
}

fn decisions(tx: &WriteTx<'_>, subject: &Subject) -> Result<Vec<Value>, ExerciseError> {
    let entries = tx.ledger_entries(subject)?;
    let decisions = entries.into_iter().map(|(seq, entry, recorded)| {
        let mut out = match entry {
            LedgerEntry::Consent(record) => json!({
                "what": "consent",
                "purpose": record.purpose.as_str(),
                "status": record.status.as_str(),
                "at": record.at.to_string(),
                "notice_version": record.notice.0,
                "language": record.language,
                "source": record.source.as_str(),
            }),
            LedgerEntry::Objected { purpose, at } => {
                json!({"what": "objection", "purpose": purpose.as_str(), "at": at.to_string()})
            }
            LedgerEntry::ObjectionLifted { purpose, at } => {
                json!({"what": "objection taken back", "purpose": purpose.as_str(), "at": at.to_string()})
            }
            LedgerEntry::Restricted { at } => json!({"what": "restriction", "at": at.to_string()}),
            LedgerEntry::RestrictionLifted { at } => {
                json!({"what": "restriction lifted", "at": at.to_string()})
            }
        };
        if let Some(members) = out.as_object_mut() {
            members.insert("number".to_owned(), json!(seq));
            members.insert("recorded_at".to_owned(), json!(recorded.to_string()));
        }
        out
    });
    Ok(decisions.collect())
}

/// What was concluded about the person, from what, and when: each recommendation with the reasons that were shown.
fn inferred(shown: &[DisclosedRow]) -> Vec<Value> {
    shown
        .iter()
        .flat_map(|row| {
            let at = row.value.get("at").cloned().unwrap_or_default();
            let placement = row.value.get("placement").cloned().unwrap_or_default();
            let items = row.value.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
            items.into_iter().map(move |item| {
                json!({
                    "inference": "this may interest you",
                    "item": item.get("item"),
                    "because": item.get("why"),
                    "shown_in": placement,
                    "at_ms": at,
                })
            })
        })
        .collect()
}

/// What each model learns from, and whether it holds anything of this person now.
fn models(law: &Law, state: &LedgerState, now: Timestamp) -> Value {
    let holds = |purpose: &str| {
        purpose.parse().is_ok_and(|purpose| state.permit(&purpose, &law.register, &law.notices, now).is_ok())
    };
    let personal = holds("personalisation");
    json!([
        {"model": "session", "purpose": "personalisation", "learns_from": ["browsing", "cart"], "uses_you": personal},
        {"model": "bought_together", "purpose": "personalisation", "learns_from": ["orders"], "uses_you": personal},
        {"model": "owned_together", "purpose": "personalisation", "learns_from": ["orders"], "uses_you": personal},
        {"model": "bought_and_read", "purpose": "personalisation", "learns_from": ["orders", "browsing"], "uses_you": personal},
        {"model": "popularity", "purpose": "analytics", "learns_from": ["browsing", "cart", "orders", "device"],
         "uses_you": holds("analytics")},
    ])
}

fn accessed(mention: &AuditMention) -> Value {
    let AuditMention { seq, entry, opening } = mention;
    let (by, role) = match &entry.author {
        Author::Machine { part } => ("the server", part.clone()),
        Author::Operator { id, role } => ("the shop", format!("{id} ({role})")),
        Author::Subject => ("you", String::new()),
        Author::System => ("the server", "system".to_owned()),
    };
    match opening {
        None => json!({
            "entry": seq, "at": entry.at.to_string(), "by": by, "who": role, "what": entry.action,
            "purpose": entry.purpose, "kind": entry.kind, "rows": entry.count,
        }),
        Some((_, opening)) => json!({
            "entry": seq, "at": entry.at.to_string(), "by": "the server", "who": opening.part,
            "what": "opened to use it", "purpose": opening.purpose, "kind": opening.kind, "rows": opening.count,
        }),
    }
}

/// The authority to complain to under a jurisdiction of the register.
pub(crate) fn authority(jurisdiction: &str) -> String {
    match jurisdiction {
        "NZ" => "Office of the Privacy Commissioner, New Zealand, https://www.privacy.org.nz",
        "AU" => "Office of the Australian Information Commissioner, https://www.oaic.gov.au",
        "EU" => "the data protection authority of your country, https://www.edpb.europa.eu",
        "UK" => "Information Commissioner's Office, United Kingdom, https://ico.org.uk",
        "US-CA" => "California Privacy Protection Agency, https://cppa.ca.gov",
        other => return format!("the data protection authority of {other}"),
    }
    .to_owned()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
