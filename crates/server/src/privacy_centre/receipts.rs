//! Receipts: what the person decided, each as a signed document to keep (ISO/IEC TS 27560).

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use maud::html;
use privacy::consent::{ConsentRecord, LedgerEntry};
use privacy::store::StoreError;

use super::data::page;
use super::layout::inside;
use super::words::{fill, say};
use crate::consent::{ChoiceError, receipt};
use crate::web::{Problem, ProblemKind, SignedIn, State};

const HERE: &str = "/privacy/receipts";

/// `GET /privacy/receipts`.
pub(super) async fn show(axum::extract::State(app): State, who: SignedIn) -> Response {
    page(&app, move |app| {
        let entries = app.store.read::<_, StoreError>(|tx| tx.ledger_entries(&who.subject()))?;
        let decided = decisions(entries);
        let name = |record: &ConsentRecord| {
            let known = app.register().purposes.get_key_value(record.purpose.as_str());
            known.map_or_else(
                || record.purpose.to_string(),
                |(id, declared)| app.texts.purpose("en", id, declared).name,
            )
        };
        let content = html! {
            h1 { (say("nav_receipts")) }
            p.lead.text { (say("receipts_text")) }
            @if decided.is_empty() { p.soft { (say("nothing")) } }
            ol.rows {
                @for (seq, record) in decided.iter().rev() {
                    li {
                        div {
                            p { strong { (name(record)) ": " (record.status.as_str()) } }
                            p.small.soft { (fill("decided", &[
                                ("at", &record.at.strftime("%-d %B %Y, %H:%M UTC").to_string()),
                                ("notice", &record.notice.to_string()),
                            ])) }
                        }
                        a.button.quiet href=(format!("{HERE}/{seq}")) download=(format!("receipt-{seq}.json"))
                            aria-label=(fill("receipt_of", &[("purpose", &name(record)), ("number", &seq.to_string())])) { (say("receipt")) }
                    }
                }
            }
            p.small.soft { (say("receipts_check")) }
        };
        Ok(inside(app, say("nav_receipts"), HERE, &content))
    })
    .await
}

/// `GET /privacy/receipts/{number}`. The number is looked for in the person's own ledger alone.
pub(super) async fn download(
    axum::extract::State(app): State,
    who: SignedIn,
    Path(number): Path<u64>,
) -> Response {
    page(&app, move |app| {
        let (subject, now) = (who.subject(), app.now());
        let document = app.store.read(|tx| {
            let entries = decisions(tx.ledger_entries(&subject)?);
            let found = entries.into_iter().find(|(seq, _)| *seq == number);
            found.map(|(seq, record)| receipt(app, &subject, seq, &record, now)).transpose()
        });
        let document = document.map_err(|error: ChoiceError| Problem::from(error))?.ok_or_else(|| {
            Problem::new(ProblemKind::NotFound, "you have no receipt of this number", "see the list")
        })?;
        let text = serde_json::to_string_pretty(&document).map_err(|error| Problem::internal(&error))?;
        Ok(file(text, "application/json", &format!("receipt-{number}.json")))
    })
    .await
}

fn decisions(entries: Vec<(u64, LedgerEntry, jiff::Timestamp)>) -> Vec<(u64, ConsentRecord)> {
    let records = entries.into_iter().filter_map(|(seq, entry, _)| match entry {
        LedgerEntry::Consent(record) => Some((seq, record)),
        LedgerEntry::Objected { .. }
        | LedgerEntry::ObjectionLifted { .. }
        | LedgerEntry::Restricted { .. }
        | LedgerEntry::RestrictionLifted { .. } => None,
    });
    records.collect()
}

/// A file to save, which no cache keeps.
pub(super) fn file(body: impl Into<axum::body::Body>, kind: &'static str, name: &str) -> Response {
    let mut response = body.into().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
