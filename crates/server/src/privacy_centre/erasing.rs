//! "Erase me": says what stays and why, asks once, does it, and hands out the certificate with how to check it.

use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use privacy::audit::Author;
use privacy::data::Kind;
use serde_json::Value;

use super::data::page;
use super::layout::{inside, outside};
use super::words::{fill, say};
use crate::app::App;
use crate::rights::{Person, erase as erase_person};
use crate::web::{SignedIn, State};

const HERE: &str = "/privacy/erase";

/// `GET /privacy/erase`.
pub(super) async fn ask(axum::extract::State(app): State, _who: SignedIn) -> Response {
    let holds = &app.register().kept_by_law;
    let content = html! {
        h1 { (say("nav_erase")) }
        div.panel.grave.text {
            p { (say("erase_text")) }
            p { (say("erase_final")) }
            @if holds.is_empty() { p { (say("stays_nothing")) } }
            @else {
                p { strong { (say("stays")) } }
                ul { @for hold in holds { li { (fill("stays_one", &[
                    ("kind", hold.kind.label()), ("days", &hold.keep_days.to_string()), ("law", &hold.law),
                ])) } } }
                p { (say("stays_sealed")) }
            }
            form method="post" action=(HERE) {
                div.actions {
                    button.button.grave type="submit" { (say("erase_yes")) }
                    a.button.quiet href="/privacy/data" { (say("erase_no")) }
                }
            }
        }
    };
    inside(&app, say("nav_erase"), HERE, &content)
}

/// `POST /privacy/erase`. The session ends with it.
pub(super) async fn erase(
    axum::extract::State(app): State,
    who: SignedIn,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    page(&app, move |app| {
        let certificate = erase_person(app, &Person::signed_in(&who), Author::Subject)?;
        let mut response = outside(app, StatusCode::OK, say("erased"), &erased(app, &certificate));
        app.sessions.end(&who, (&headers, &extensions), &mut response);
        Ok(response)
    })
    .await
}

fn erased(app: &App, certificate: &Value) -> Markup {
    html! {
        h1 { (say("erased")) }
        p.lead.text { (say("erased_text")) }
        (certified(app, certificate))
    }
}

/// What went and what stays, and the certificate with how to check it.
pub(crate) fn certified(app: &App, certificate: &Value) -> Markup {
    let text = serde_json::to_string_pretty(certificate).unwrap_or_default();
    let number = |name: &str| certificate.get(name).and_then(Value::as_u64).unwrap_or_default().to_string();
    let deleted = certificate.get("deleted").and_then(Value::as_object).cloned().unwrap_or_default();
    let retained = certificate.get("retained").and_then(Value::as_array).cloned().unwrap_or_default();
    let said = |value: &Value, name: &str| {
        let found = value.get(name);
        found.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default()
    };
    let label = |id: &str| id.parse::<Kind>().map_or_else(|_| id.to_owned(), |kind| kind.label().to_owned());
    html! {
        section.panel aria-labelledby="gone-title" {
            h2 #gone-title { (say("gone")) }
            ul {
                @for (kind, count) in &deleted { li { (label(kind)) ": " (count) } }
                li { (fill("gone_names", &[("names", &number("identities_deleted")), ("decisions", &number("ledger_deleted"))])) }
                li { (say("gone_key")) }
                @for kept in &retained {
                    li { (fill("gone_kept", &[
                        ("kind", &label(&said(kept, "kind"))), ("count", &said(kept, "count")),
                        ("until", &said(kept, "until")), ("law", &said(kept, "law")),
                    ])) }
                }
            }
        }
        section.panel aria-labelledby="certificate-title" {
            h2 #certificate-title { (say("certificate")) }
            p { (say("certificate_text")) }
            pre tabindex="0" { "equipoise audit verify --certificate certificate.json --key '" (app.store.verifying_key()) "'" }
            p { a.button download="certificate.json" href=(format!("data:application/json;base64,{}", STANDARD.encode(&text))) { (say("certificate_save")) } }
            label.field for="certificate" { (say("certificate_words")) }
            textarea.document #certificate readonly rows="14" { (text) }
        }
    }
}
