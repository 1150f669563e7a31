//! `GET /v1/question`: what is asked, in which words. It is the same for everybody, so that nothing about who asks
//! enters it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::Query;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use privacy::notice::NoticeVersion;
use privacy::purpose::LegalBasis;
use privacy::register::OptOutSignal;
use privacy::store::Law;
use serde::{Deserialize, Serialize};

use super::texts::{Direction, PurposeWords, Texts};
use crate::consent::tcf_about;
use crate::web::{Problem, State};

#[derive(Deserialize)]
pub(super) struct Asked {
    language: Option<String>,
    /// The notice under which somebody chose.
    since: Option<u32>,
}

#[derive(Serialize)]
struct Question<'a> {
    language: &'a str,
    direction: Direction,
    notice: u32,
    notice_url: &'static str,
    /// Of which purposes more is wanted than was agreed to then.
    ask_again: Vec<&'a str>,
    words: BTreeMap<&'a str, String>,
    kinds: &'a BTreeMap<String, String>,
    purposes: Vec<Purpose<'a>>,
    without_asking: Vec<Always<'a>>,
    /// For the tags of companies on the IAB's list.
    #[serde(skip_serializing_if = "Option::is_none")]
    tcf: Option<serde_json::Value>,
}

#[derive(Serialize)]
struct Purpose<'a> {
    id: &'a str,
    name: String,
    reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    gives: String,
    signal: &'static str,
    valid_days: u32,
}

#[derive(Serialize)]
struct Always<'a> {
    id: &'a str,
    name: String,
    reason: String,
    basis: &'static str,
}

/// What is asked.
pub(super) async fn show(
    axum::extract::State(app): State,
    query: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(Asked { language, since }) = query.map_err(|rejection| {
        Problem::malformed(
            rejection.body_text(),
            "ask with `?language=en` and, once there was a choice, `&since=` its notice",
        )
    })?;
    let language = language.unwrap_or_default();
    let question = question(&app.texts, app.store.law(), &language, since.map(NoticeVersion))?;
    let mut response = Json(question).into_response();
    // An hour is soon enough to learn of a change of the notice: use is checked on the server all the same.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    Ok(response)
}

fn question<'a>(
    texts: &'a Texts,
    law: &'a Law,
    language: &str,
    since: Option<NoticeVersion>,
) -> Result<Question<'a>, Problem> {
    let notice = law.notices.current().ok_or_else(|| {
        Problem::malformed(
            "there is no privacy notice yet",
            "run `equipoise check`, then start the server again",
        )
    })?;
    let spoken = texts.best(language);
    let (mut purposes, mut without_asking, mut ask_again) = (Vec::new(), Vec::new(), Vec::new());
    for (id, declared) in &law.register.purposes {
        let PurposeWords { name, reason, gives } = spoken.purpose(id, declared);
        if declared.basis != LegalBasis::Consent {
            without_asking.push(Always { id: id.as_str(), name, reason, basis: declared.basis.as_str() });
            continue;
        }
        if since.is_some_and(|since| !law.notices.still_covers(since, id, declared)) {
            ask_again.push(id.as_str());
        }
        let signal = match declared.opt_out_signal {
            OptOutSignal::Refuses => "refuses",
            OptOutSignal::Ignored => "ignored",
        };
        let valid_days = declared.consent_valid_days;
        purposes.push(Purpose { id: id.as_str(), name, reason, gives, signal, valid_days });
    }
    Ok(Question {
        language: spoken.tag,
        direction: spoken.direction(),
        notice: notice.0,
        notice_url: "/notice",
        ask_again,
        words: spoken.words(&law.register.shop.name),
        kinds: spoken.kinds(),
        purposes,
        without_asking,
        tcf: tcf_about(&law.register),
    })
}
