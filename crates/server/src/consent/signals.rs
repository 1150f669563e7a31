//! `GET /v1/consent/signals`: one choice in the standards of others, and `/.well-known/gpc.json`.
//!
//! Nothing is told of a named customer to whoever has a write key alone; for somebody unknown or without an id the
//! answer is that of a visitor who hasn't chosen.

use axum::Json;
use axum::extract::Query;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use jiff::civil::{Date, date};
use privacy::consent::LedgerState;
use privacy::signals::expression::Standing;
use privacy::signals::gpp::{GppString, TCF_EU, US_CALIFORNIA, US_NATIONAL};
use privacy::signals::{Gpc, GpcSupport, gpc};
use privacy::store::{StoreError, Tx as _};
use serde_json::{Map, Value, json};

use super::routes::{Asked, admit, blocking, read_asked, unproven};
use super::{Proof, tcf};
use crate::app::App;
use crate::web::{Problem, State, WriteKey};

/// Since when this program has heeded Global Privacy Control as the specification describes it.
const GPC_SINCE: Date = date(2026, 11, 22);

pub(super) async fn get(
    axum::extract::State(app): State,
    headers: HeaderMap,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Asked { anonymous, user, write_key } = read_asked(asked)?;
    let signal = gpc(headers.get_all("sec-gpc").iter().map(HeaderValue::as_bytes));
    if anonymous.is_none() && user.is_none() {
        if app.operator_token.check(&headers).is_err() {
            WriteKey::find(&headers, write_key.as_deref(), app.register())?;
        }
        return blocking(move || told(&app, &LedgerState::default(), signal)).await;
    }
    let (who, authority) = admit(&app, &headers, anonymous, user, write_key.as_deref())?;
    blocking(move || {
        let (kind, value) = &who;
        let (proof, known) = app.store.read(|tx| {
            let subject = tx.find(*kind, value)?;
            let proof = authority.proof(tx, subject.as_ref())?;
            let known = subject.map(|subject| tx.ledger(&subject)).transpose()?.flatten();
            Ok::<_, StoreError>((proof, known))
        })?;
        match proof {
            Proof::Proven => told(&app, &known.unwrap_or_default(), signal),
            Proof::Unproven => Err(unproven()),
        }
    })
    .await
}

/// The choice in each of the standards.
fn told(app: &App, state: &LedgerState, signal: Gpc) -> Result<Value, Problem> {
    let law = app.store.law();
    let standing = Standing { register: &law.register, notices: &law.notices, state, signal, now: app.now() };
    let internal = |error: privacy::signals::SignalError| Problem::internal(&error);
    let mode: Map<String, Value> =
        standing.consent_mode().words().map(|(kind, state)| (kind.to_owned(), state.into())).collect();
    let preferences: Map<String, Value> =
        standing.segment().into_iter().map(|(purpose, yes)| (purpose.to_string(), yes.into())).collect();
    let gpp = standing.gpp();
    let tcf_data = gpp.tcf.as_ref().map(tcf::data);
    let tcf = gpp.tcf.as_ref().map(|tcf| tcf.encode()).transpose().map_err(internal)?;
    Ok(json!({
        "consent_mode": mode,
        "segment": { "categoryPreferences": preferences },
        "tcf": tcf,
        "tcf_data": tcf_data,
        "gpp": { "string": gpp.encode().map_err(internal)?, "sections": sections(&gpp) },
        "gpc": signal == Gpc::OptOut,
    }))
}

fn sections(gpp: &GppString) -> Vec<u16> {
    let GppString { tcf, us_national, us_california, other } = gpp;
    let known = [
        (tcf.is_some(), TCF_EU),
        (us_national.is_some(), US_NATIONAL),
        (us_california.is_some(), US_CALIFORNIA),
    ];
    let known = known.into_iter().filter(|(is, _)| *is).map(|(_, number)| number);
    known.chain(other.keys().copied()).collect()
}

/// `GET /.well-known/gpc.json`.
pub(super) async fn gpc_support() -> ([(HeaderName, &'static str); 2], String) {
    (
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=86400")],
        GpcSupport { since: GPC_SINCE }.json(),
    )
}
