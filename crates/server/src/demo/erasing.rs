//! "Erase me": asks once, does it, and hands out the certificate with how to check it.

use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::{Markup, html};
use privacy::audit::Author;
use privacy::pseudonym::IdentityKind;
use serde_json::Value;

use super::layout;
use super::visit::{self, CART, CUSTOMER, Visit, serve};
use crate::app::App;
use crate::privacy_centre::certified;
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
        let mut response = layout::page(&after, "Erased", "you", shown(&visit.app, name, &certificate));
        visit::set_cookie(&mut response, CUSTOMER, "");
        visit::set_cookie(&mut response, CART, "");
        Ok(response)
    })
    .await
}

fn shown(app: &App, name: &str, certificate: &Value) -> Markup {
    html! {
        h1 { (name) " is erased" }
        p.lead.text { "The shop no longer knows " (name) ". This certificate proves it and names nobody: keep it, it isn't kept here." }
        (certified(app, certificate))
        p.small.soft { "To get " (name) " back, begin the demo anew: " code { "equipoise demo --fresh" } "." }
    }
}
