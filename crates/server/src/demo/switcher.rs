//! Through whose eyes the shop is seen: the strip at the top of every page, and the form behind it. Stands in the
//! place of a sign-in; a real shop has nothing of the kind.

use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::{Markup, html};
use privacy::entropy::draw;
use serde::Deserialize;

use super::visit::{self, CART, CUSTOMER, Visit};
use crate::simulate::sample_customers;
use crate::web::{Problem, State};

#[derive(Deserialize)]
struct Chosen {
    customer: String,
    back: String,
}

/// What each of the sample customers has agreed to at first.
const AGREED: [&str; 3] = ["agreed to everything", "agreed to some", "said no"];

/// The strip.
pub(super) fn strip(visit: &Visit) -> Markup {
    let looking = visit.customer.as_ref().map(|customer| customer.sample);
    // An address that shows somebody's own data isn't one to come back to as somebody else.
    let back = if visit.path.starts_with("/you/") { "/you" } else { visit.path.as_str() };
    let back = if visit.path.starts_with("/cart/") { "/cart" } else { back };
    html! {
        aside.demo aria-label="About this demo" {
            div.wide {
                p {
                    strong { "A demo with made-up people." } " "
                    @match looking {
                        Some(sample) => { "You see the shop as " strong { (sample.display_name) } ". " (sample.story) },
                        None => { "You see the shop as somebody new, about whom nothing is kept." },
                    }
                }
                form method="post" action="/demo/switch" {
                    input type="hidden" name="back" value=(back);
                    fieldset.people {
                        legend.hidden { "See the shop as" }
                        @for ((sample, known), agreed) in sample_customers().iter().zip(visit.known).zip(AGREED) {
                            button type="submit" name="customer" value=(sample.user_id) disabled[!known]
                                aria-pressed=(if looking == Some(sample) { "true" } else { "false" }) {
                                (sample.display_name) span { @if known { (agreed) } @else { "erased" } }
                            }
                        }
                        button type="submit" name="customer" value="new"
                            aria-pressed=(if looking.is_none() { "true" } else { "false" }) {
                            "New visitor" span { "not asked yet" }
                        }
                    }
                }
            }
        }
    }
}

/// `POST /demo/switch`.
pub(super) async fn switch(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
    body: String,
) -> Result<Response, Problem> {
    visit::from_our_own_page(&headers, &uri)?;
    let Chosen { customer, back } = visit::fields(&body)?;
    let session: [u8; 16] = draw(app.entropy.as_ref()).map_err(|error| Problem::internal(&error))?;
    let mut response = visit::go_to(&back);
    let chosen = sample_customers().iter().find(|sample| sample.user_id == customer);
    let value = chosen.map_or_else(String::new, |sample| {
        format!("{}.{:032x}", sample.user_id, u128::from_be_bytes(session))
    });
    visit::set_cookie(&mut response, CUSTOMER, &value);
    // The next one has a cart of their own.
    visit::set_cookie(&mut response, CART, "");
    Ok(response)
}
