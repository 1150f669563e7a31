//! `POST /v1/consent` and `GET /v1/consent`: the shop's question answered, and what was answered so far.
//!
//! A no by somebody unknown leaves nothing behind, unless the person asks that it be remembered. What a named customer
//! chose must not be shown, and what they closed not be opened again, to whoever has a write key alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::Query;
use axum::http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use privacy::audit::Author;
use privacy::consent::{ConsentRecord, LedgerState, Refusal, Source, Stamp, Status};
use privacy::grant::Authorize;
use privacy::notice::NoticeVersion;
use privacy::pseudonym::IdentityKind;
use privacy::purpose::{LegalBasis, PurposeId};
use privacy::register::OptOutSignal;
use privacy::signals::{Gpc, gpc};
use privacy::store::{Law, StoreError, Tx};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Write;

use super::{Authority, ChoiceError, Proof, decide, receipt, signals};
use crate::app::App;
use crate::web::{Access, Problem, ProblemKind, State, Table, WriteKey};

/// The routes of this feature.
#[must_use]
pub fn routes(table: Table) -> Table {
    table
        .declare(Access::Client, Method::POST, "/v1/consent", post)
        .declare(Access::Client, Method::GET, "/v1/consent", get)
        .declare(Access::Client, Method::GET, "/v1/consent/signals", signals::get)
        .declare(Access::Public, Method::GET, "/.well-known/gpc.json", signals::gpc_support)
}

/// One identity of a person.
pub type Who = (IdentityKind, String);

/// A choice as it was made.
#[derive(Debug, Clone)]
pub struct Choice {
    /// By whom.
    pub who: Who,
    /// What was said about each purpose: [`Status::Given`], [`Status::Refused`] or [`Status::Withdrawn`].
    pub words: BTreeMap<PurposeId, Status>,
    /// The language of the question, BCP 47.
    pub language: String,
    /// The notice that the person saw; the newest if absent.
    pub notice: Option<NoticeVersion>,
    /// What is to become of a no by somebody unknown.
    pub stored: Stored,
    /// The signal that came with it.
    pub signal: Gpc,
    /// How it came here.
    pub source: Source,
}

/// What becomes of a no by somebody unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// Nothing is kept about somebody who only said no.
    OnYesAlone,
    /// The person asked that the no be remembered.
    OnRequest,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "anonymousId", alias = "anonymous_id")]
    anonymous: Option<String>,
    #[serde(rename = "userId", alias = "user_id")]
    user: Option<String>,
    #[serde(rename = "writeKey", alias = "write_key")]
    write_key: Option<String>,
    purposes: BTreeMap<String, String>,
    language: Option<String>,
    notice_version: Option<u32>,
    #[serde(default)]
    remember: bool,
}

/// Whom a question about choices is about.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(rename = "anonymousId", alias = "anonymous_id")]
    pub(super) anonymous: Option<String>,
    #[serde(rename = "userId", alias = "user_id")]
    pub(super) user: Option<String>,
    #[serde(rename = "writeKey", alias = "write_key")]
    pub(super) write_key: Option<String>,
}

pub(super) fn read_asked(
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Asked, Problem> {
    asked.map(|Query(asked)| asked).map_err(|rejection| {
        Problem::malformed(rejection.body_text(), "ask with `?anonymousId=…` and the write key")
    })
}

/// A write key says nothing about who a named customer is.
pub(super) fn unproven() -> Problem {
    Problem::new(
        ProblemKind::Forbidden,
        "this id belongs to a named customer",
        "ask from your server with the operator's token",
    )
}

async fn post(
    axum::extract::State(app): State,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let body: Body = serde_json::from_slice(&body).map_err(|error| {
        Problem::malformed(
            format!("the body is no choice: {error}"),
            r#"send {"anonymousId": "…", "purposes": {"personalisation": "given"}, "language": "en-NZ"}"#,
        )
    })?;
    let Body { anonymous, user, write_key, purposes, language, notice_version, remember } = body;
    let (who, authority) = admit(&app, &headers, anonymous, user, write_key.as_deref())?;
    let choice = Choice {
        who,
        words: words(purposes)?,
        language: tag(language)?,
        notice: notice_version.map(NoticeVersion),
        stored: if remember { Stored::OnRequest } else { Stored::OnYesAlone },
        signal: gpc(headers.get_all("sec-gpc").iter().map(HeaderValue::as_bytes)),
        source: match authority {
            Authority::Operator => Source::Operator,
            Authority::WriteKey => Source::Person,
        },
    };
    blocking(move || heed_choice(&app, choice, authority)).await
}

async fn get(
    axum::extract::State(app): State,
    headers: HeaderMap,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Asked { anonymous, user, write_key } = read_asked(asked)?;
    let (who, authority) = admit(&app, &headers, anonymous, user, write_key.as_deref())?;
    blocking(move || {
        let (kind, value) = &who;
        let proof = app.store.read(|tx| {
            let subject = tx.find(*kind, value)?;
            authority.proof(tx, subject.as_ref())
        })?;
        match proof {
            Proof::Proven => consent_of(&app, &who),
            Proof::Unproven => Err(unproven()),
        }
    })
    .await
}

pub(super) async fn blocking<F>(work: F) -> Result<Json<Value>, Problem>
where
    F: FnOnce() -> Result<Value, Problem> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer.map(Json),
        Err(error) => Err(Problem::internal(&error)),
    }
}

/// Who it is about, and whether the caller may: an anonymous id with a write key, anybody with the operator's token.
pub(super) fn admit(
    app: &App,
    headers: &HeaderMap,
    anonymous: Option<String>,
    user: Option<String>,
    write_key: Option<&str>,
) -> Result<(Who, Authority), Problem> {
    let one = |detail: &str| {
        Problem::malformed(detail, "send `anonymousId` from the browser, or `userId` from your own server")
    };
    let (who, authority) = match (anonymous, user) {
        (Some(_), Some(_)) => return Err(one("there are both `anonymousId` and `userId`")),
        (None, None) => return Err(one("it isn't said whose choice this is")),
        (None, Some(id)) => {
            app.operator_token.check(headers)?;
            ((IdentityKind::UserId, id), Authority::Operator)
        }
        (Some(id), None) => {
            let authority = if app.operator_token.check(headers).is_ok() {
                Authority::Operator
            } else {
                WriteKey::find(headers, write_key, app.register())?;
                Authority::WriteKey
            };
            ((IdentityKind::AnonymousId, id), authority)
        }
    };
    if who.1.trim().is_empty() || who.1.len() > 256 {
        return Err(one("the id is empty or longer than 256 bytes"));
    }
    Ok((who, authority))
}

fn words(purposes: BTreeMap<String, String>) -> Result<BTreeMap<PurposeId, Status>, Problem> {
    purposes
        .into_iter()
        .map(|(purpose, word)| {
            let purpose = purpose.parse::<PurposeId>().map_err(|error| {
                Problem::malformed(error.to_string(), "use the purposes that GET /v1/consent lists")
            })?;
            let status = match word.as_str() {
                "given" => Status::Given,
                "refused" => Status::Refused,
                "withdrawn" => Status::Withdrawn,
                _ => {
                    return Err(Problem::malformed(
                        format!("`{word}` is no choice about `{purpose}`"),
                        "use `given`, `refused` or `withdrawn`",
                    ));
                }
            };
            Ok((purpose, status))
        })
        .collect()
}

fn tag(language: Option<String>) -> Result<String, Problem> {
    let language = language.unwrap_or_else(|| "und".to_owned());
    let plain =
        (2..=35).contains(&language.len()) && language.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if plain {
        Ok(language)
    } else {
        Err(Problem::malformed(
            "`language` is no language tag",
            "use a tag such as `en-NZ` or `mi`, or leave it out",
        ))
    }
}

/// What becomes of a choice.
struct Plan {
    records: Vec<ConsentRecord>,
    /// Each yes that needs more than a write key.
    not_taken: Vec<PurposeId>,
}

/// What the choice adds to the ledger: an explicit word each time it changes or renews something.
fn plan(
    choice: &Choice,
    proof: Proof,
    law: &Law,
    state: &LedgerState,
    now: Timestamp,
) -> Result<Plan, Problem> {
    let newest = law.notices.current().ok_or_else(|| {
        Problem::malformed(
            "there is no privacy notice yet",
            "run `equipoise check`, then start the server again",
        )
    })?;
    let notice = choice.notice.unwrap_or(newest);
    if law.notices.at(notice).is_none() {
        return Err(Problem::malformed(
            format!("there is no notice {notice}"),
            format!("send the `notice_version` that was shown; the newest is {newest}"),
        ));
    }
    let mut said: BTreeMap<PurposeId, (Status, Source)> =
        choice.words.iter().map(|(purpose, status)| (purpose.clone(), (*status, choice.source))).collect();
    if choice.signal == Gpc::OptOut {
        for (purpose, declaration) in &law.register.purposes {
            let silenced = said.get(purpose).is_none_or(|(status, _)| *status == Status::Given);
            if declaration.opt_out_signal == OptOutSignal::Refuses && silenced {
                said.insert(purpose.clone(), (Status::Refused, Source::Signal));
            }
        }
    }
    let (mut records, mut not_taken) = (Vec::new(), Vec::new());
    for (purpose, (status, source)) in said {
        if law.register.purpose(purpose.as_str()).is_none() {
            return Err(ChoiceError::Read(Refusal::UnknownPurpose(purpose.to_string()).into()).into());
        }
        let known = state.consent(purpose.as_str()).map_or(Status::Unknown, |record| record.status);
        let status = match (status, known) {
            (Status::Given, _) => match proof {
                Proof::Proven => Status::Given,
                Proof::Unproven => match state.heed_stamp(&purpose, Stamp::Yes) {
                    Some(status) => status,
                    None => {
                        // A yes that holds already needs nothing.
                        if state.permit(&purpose, &law.register, &law.notices, now).is_err() {
                            not_taken.push(purpose);
                        }
                        continue;
                    }
                },
            },
            // A no that is known already needs no second record.
            (_, known) if known.is_no() => continue,
            (_, Status::Given) => Status::Withdrawn,
            _ => Status::Refused,
        };
        records.push(ConsentRecord {
            purpose,
            status,
            at: now,
            notice,
            language: choice.language.clone(),
            source,
        });
    }
    Ok(Plan { records, not_taken })
}

/// Takes the person's own choice down and answers the resulting state with receipts. Blocks.
///
/// # Errors
/// [`Problem`] for the caller.
pub fn take_choice(app: &Arc<App>, choice: Choice) -> Result<Value, Problem> {
    heed_choice(app, choice, Authority::Operator)
}

/// Takes a choice down as far as the caller may speak for the person. Blocks.
fn heed_choice(app: &Arc<App>, choice: Choice, authority: Authority) -> Result<Value, Problem> {
    let now = app.now();
    let law = app.store.law();
    let (kind, value) = choice.who.clone();
    let (known, proof) = app.store.read(|tx| {
        let subject = tx.find(kind, &value)?;
        let proof = authority.proof(tx, subject.as_ref())?;
        let known = subject.map(|subject| tx.ledger(&subject)).transpose()?.flatten();
        Ok::<_, StoreError>((known, proof))
    })?;
    let state_before = known.clone().unwrap_or_default();
    // Said before anything is written, so that a mistake costs no write.
    let planned = plan(&choice, proof, law, &state_before, now)?;
    let says_yes = planned.records.iter().any(|record| record.status == Status::Given);
    if planned.records.is_empty() || (known.is_none() && !says_yes && choice.stored == Stored::OnYesAlone) {
        let whole = answer(law, &state_before, now, &[], known.is_some());
        return Ok(shown(whole, proof, choice.words.keys(), &planned.not_taken));
    }
    let author = match choice.source {
        Source::Operator => operator(),
        Source::Person | Source::Stamp | Source::Signal | Source::Merge | Source::System => Author::Subject,
    };
    let (shared, words) = (Arc::clone(app), choice.words.clone());
    let written = app.store.write(Write { name: "consent.decide", author, at: now }, move |tx| {
        let app = &shared;
        let (kind, value) = &choice.who;
        let (subject, fresh) = match tx.find(*kind, value)? {
            Some(subject) => (subject, false),
            None => (tx.create_subject(now)?, true),
        };
        // The ledger is read again: somebody may have decided in the meantime.
        let state = tx.ledger(&subject)?.unwrap_or_default();
        let proof = authority.proof(tx, Some(&subject))?;
        let Plan { records, not_taken } =
            plan(&choice, proof, Tx::law(tx), &state, now).unwrap_or(Plan { records: Vec::new(), ..planned });
        let recorded = decide(tx, &app.engine, app.vault(), &subject, records, now)?;
        if fresh {
            let collection = tx.collect(&subject, &|_| true, now)?;
            let identity = collection.seal_identity(*kind, value, app.vault(), app.entropy.as_ref())?;
            tx.link(&identity)?;
        }
        let receipts = recorded
            .iter()
            .map(|(seq, record)| receipt(app, &subject, *seq, record, now))
            .collect::<Result<Vec<_>, _>>()?;
        let state = tx.ledger(&subject)?.unwrap_or_default();
        Ok::<_, ChoiceError>((state, receipts, proof, not_taken))
    });
    let (state, receipts, proof, not_taken) = written.wait()?;
    Ok(shown(answer(law, &state, now, &receipts, true), proof, words.keys(), &not_taken))
}

/// What a person has decided so far. Blocks.
///
/// # Errors
/// [`Problem`] when the store can't be read.
pub fn consent_of(app: &App, who: &Who) -> Result<Value, Problem> {
    let (kind, value) = who;
    let known = app.store.read(|tx| {
        let subject = tx.find(*kind, value)?;
        subject.map(|subject| tx.ledger(&subject)).transpose().map(Option::flatten)
    })?;
    Ok(answer(app.store.law(), &known.clone().unwrap_or_default(), app.now(), &[], known.is_some()))
}

/// The operator as an author of entries.
pub(crate) fn operator() -> Author {
    Author::Operator { id: "operator".to_owned(), role: "operator".to_owned() }
}

fn answer(law: &Law, state: &LedgerState, now: Timestamp, receipts: &[Value], stored: bool) -> Value {
    json!({
        "stored": stored,
        "notice_version": law.notices.current().map(|version| version.0),
        "purposes": self::state(law, state, now),
        "receipts": receipts,
    })
}

/// The answer as the caller may see it: of a named customer, whoever has a write key alone sees nothing but the words
/// that they have just sent, and which yes was not taken.
fn shown<'w>(
    mut answer: Value,
    proof: Proof,
    words: impl Iterator<Item = &'w PurposeId>,
    not_taken: &[PurposeId],
) -> Value {
    if proof == Proof::Unproven {
        let said: Vec<&str> =
            words.filter(|purpose| !not_taken.contains(purpose)).map(PurposeId::as_str).collect();
        if let Some(purposes) = answer.get_mut("purposes").and_then(Value::as_object_mut) {
            purposes.retain(|purpose, _| said.contains(&purpose.as_str()));
        }
    }
    let reason = "this customer is named, and a write key is public: to open again what was closed, send it from your server with the operator's token";
    if let Some(answer) = answer.as_object_mut() {
        let not_taken =
            not_taken.iter().map(|purpose| json!({ "purpose": purpose.as_str(), "reason": reason }));
        answer.insert("not_taken".to_owned(), not_taken.collect());
    }
    answer
}

/// Where each purpose stands for a person: the last word, whether it is permitted, and whether to ask.
#[must_use]
pub fn state(law: &Law, state: &LedgerState, now: Timestamp) -> Value {
    let purposes = law.register.purposes.iter().map(|(purpose, declaration)| {
        let record = state.consent(purpose.as_str());
        let permitted = state.permit(purpose, &law.register, &law.notices, now);
        let ask = match &permitted {
            Err(Refusal::StaleNotice(_) | Refusal::ConsentExpired(_) | Refusal::NotExplicit(_)) => true,
            Err(Refusal::NoConsent { status, .. }) => !status.is_no(),
            _ => false,
        };
        let entry = json!({
            "status": record.map_or(Status::Unknown, |record| record.status).as_str(),
            "permitted": permitted.is_ok(),
            "refused_because": permitted.as_ref().err().map(|refusal| refusal.code()),
            "ask": ask && declaration.basis == LegalBasis::Consent,
            "basis": declaration.basis.as_str(),
            "decided_at": record.map(|record| record.at.to_string()),
            "notice_version": record.map(|record| record.notice.0),
            "reason": declaration.reason,
            "gives": declaration.gives,
        });
        (purpose.to_string(), entry)
    });
    Value::Object(purposes.collect())
}
