//! "Erase me": asks once, does it, and hands out the certificate with how to check it.

use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use privacy::audit::Author;
use privacy::pseudonym::IdentityKind;
use serde_json::Value;

use super::visit::{self, CART, CUSTOMER, Visit, serve};
use super::{layout, words};
use crate::rights::{Person, erase as erase_person};
use crate::simulate::sample_customers;
use crate::web::{Problem, State};

/// `GET /you/erase`.
pub(super) async fn ask(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    serve(app, headers, uri, |visit| {
        let Some(customer) = &visit.customer else { return Ok(visit::go_to("/you")) };
        let name = customer.sample.display_name;
        let content = html! {
            h1 { "Erase " (name) "?" }
            div.grave-box.text {
                p { "The shop forgets " (name) " for good: orders, visits, choices and all that was worked out from them. The key that opens the data is destroyed, so that old copies can't be read either. This can't be undone." }
                p { "What stays: invoices that the law makes every shop keep for seven years, sealed and under no name." }
                form method="post" action="/you/erase" {
                    div.actions {
                        button.button.grave type="submit" { "Yes, erase " (name) }
                        a.button.quiet href="/you" { "No, go back" }
                    }
                }
            }
        };
        Ok(layout::page(visit, "Erase me", "you", content))
    })
    .await
}

/// `POST /you/erase`.
pub(super) async fn erase(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    visit::from_our_own_page(&headers, &uri)?;
    serve(app, headers, uri, |visit| {
        let Some(customer) = &visit.customer else { return Ok(visit::go_to("/you")) };
        let name = customer.sample.display_name;
        let who = Person::new(IdentityKind::UserId, customer.sample.user_id);
        let certificate = erase_person(&visit.app, &who, Author::Subject)?;
        let mut known = visit.known;
        for (known, sample) in known.iter_mut().zip(sample_customers()) {
            *known = *known && sample.user_id != customer.sample.user_id;
        }
        let after = Visit {
            app: visit.app.clone(),
            catalogue: visit.catalogue,
            customer: None,
            known,
            cart: super::cart::Cart::default(),
            opt_out: visit.opt_out,
            circumstances: visit.circumstances.clone(),
            path: "/you".to_owned(),
        };
        let mut response = layout::page(&after, "Erased", "you", shown(name, &certificate));
        visit::set_cookie(&mut response, CUSTOMER, "");
        visit::set_cookie(&mut response, CART, "");
        Ok(response)
    })
    .await
}

fn shown(name: &str, certificate: &Value) -> Markup {
    let text = serde_json::to_string_pretty(certificate).unwrap_or_default();
    let number = |path: &str| certificate.pointer(path).and_then(Value::as_u64).unwrap_or_default();
    let deleted = certificate.get("deleted").and_then(Value::as_object).cloned().unwrap_or_default();
    let retained = certificate.get("retained").and_then(Value::as_array).cloned().unwrap_or_default();
    let said = |value: &Value, name: &str| {
        value
            .get(name)
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .unwrap_or_default()
    };
    let kind = |id: &str| id.parse().map_or_else(|_| id.to_owned(), |kind| words::kind(kind).to_owned());
    html! {
        header {
            h1 { (name) " is erased" }
            p.lead.text { "The shop no longer knows " (name) ". This certificate proves it and names nobody: keep it, it isn't kept here." }
        }
        section.shelf aria-labelledby="gone-title" {
            header { h2 #gone-title { "What went" } }
            ul.text {
                @for (id, count) in &deleted {
                    li { (count) " × " (kind(id)) }
                }
                li { (number("/identities_deleted")) " names by which " (name) " was found, " (number("/ledger_deleted")) " decisions" }
                li { "The key to all of it, destroyed" }
                @for kept in &retained {
                    li { "Kept, sealed and nameless: " (said(kept, "count")) " invoices until " (said(kept, "until")) " (" (said(kept, "law")) ")" }
                }
            }
        }
        section.shelf aria-labelledby="certificate-title" {
            header {
                h2 #certificate-title { "The certificate" }
                p { "It is signed, and proves that the erasure stands in the shop's log, which can't be changed afterwards. Anybody can check it without this server:" }
            }
            pre tabindex="0" { "equipoise audit verify --certificate certificate.json" }
            p { a.button download="certificate.json" href=(format!("data:application/json;base64,{}", STANDARD.encode(&text))) { "Save the certificate" } }
            label.field for="certificate" { "Its text" }
            textarea.document #certificate readonly rows="14" { (text) }
            p.small.soft { "To get " (name) " back, begin the demo anew: " code { "equipoise demo --fresh" } "." }
        }
    }
}
