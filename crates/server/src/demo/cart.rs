//! The cart, which lives in a cookie of the browser, and the demo's order: the one thing that the shop keeps without
//! asking, since it can't deliver otherwise.

use axum::Json;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::events::{Event, send};
use super::shelf::{Question, ask, ask_after, shelf};
use super::visit::{self, CART, Visit, serve};
use super::{layout, picture, words};
use crate::recommend::Wanted;
use crate::simulate::{Catalogue, Product};
use crate::web::{Problem, State};

/// Most lines of a cart, and most pieces of one thing.
const MOST: usize = 20;

/// Products and how many pieces of each.
#[derive(Clone, Default)]
pub(super) struct Cart {
    lines: Vec<(&'static Product, u32)>,
}

impl Cart {
    /// Reads `SKU_2.SKU_1`. What isn't in the catalogue is left out.
    pub(super) fn read(text: &str, catalogue: &'static Catalogue) -> Self {
        let mut cart = Self::default();
        for line in text.split('.').take(MOST) {
            let Some((sku, pieces)) = line.split_once('_') else { continue };
            if let (Some(product), Ok(pieces)) = (catalogue.product(sku), pieces.parse()) {
                cart.add(product, pieces);
            }
        }
        cart
    }

    fn write(&self) -> String {
        let lines: Vec<String> =
            self.lines.iter().map(|(product, pieces)| format!("{}_{pieces}", product.sku)).collect();
        lines.join(".")
    }

    fn add(&mut self, product: &'static Product, pieces: u32) {
        let most = u32::try_from(MOST).unwrap_or(u32::MAX);
        let room = self.lines.len() < MOST;
        match self.lines.iter_mut().find(|(there, _)| there.sku == product.sku) {
            Some((_, there)) => *there = there.saturating_add(pieces).min(most),
            None if pieces > 0 && room => self.lines.push((product, pieces.min(most))),
            None => {}
        }
    }

    /// Products and how many pieces of each.
    pub(super) fn lines(&self) -> &[(&'static Product, u32)] {
        &self.lines
    }

    /// All pieces together.
    pub(super) fn pieces(&self) -> u32 {
        self.lines.iter().map(|(_, pieces)| pieces).sum()
    }

    /// What it costs, in cents.
    pub(super) fn total_cents(&self) -> i64 {
        self.lines.iter().map(|(product, pieces)| i64::from(product.price_cents) * i64::from(*pieces)).sum()
    }
}

#[derive(Deserialize)]
struct Added {
    sku: String,
    pieces: u32,
}

#[derive(Deserialize)]
struct Removed {
    sku: String,
}

/// `GET /cart`.
pub(super) async fn show(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    serve(app, headers, uri, |visit| {
        send(visit, &Event::Opened("Your cart"))?;
        let others =
            ask(visit, &Question { placement: "cart", item: None, wanted: Wanted::Products, count: 4 })?;
        let guides = ask(
            visit,
            &Question { placement: "cart-guides", item: None, wanted: Wanted::Articles, count: 4 },
        )?;
        let empty = visit.cart.lines().is_empty();
        let content = html! {
            h1 { "Your cart" }
            @if empty {
                p.lead { "Nothing in it yet." }
            } @else {
                div { (lines(&visit.cart)) }
                (shelf("guides", "Guides that help", "", &guides.items, &guides))
                (shelf("others", "Goes with what is in your cart", "", &others.items, &others))
            }
        };
        Ok(layout::page(visit, "Your cart", "cart", content))
    })
    .await
}

fn lines(cart: &Cart) -> Markup {
    html! {
        ul.lines {
            @for (product, pieces) in cart.lines() {
                li {
                    div.picture { img src=(picture::href(&product.sku)) alt="" width="400" height="300"; }
                    a.line-name href=(format!("/product/{}", product.sku)) { (product.name) }
                    span.price { (words::price(i64::from(product.price_cents) * i64::from(*pieces))) }
                    form method="post" action="/cart/remove" {
                        input type="hidden" name="sku" value=(product.sku);
                        span.small.soft { (pieces) " × " (words::price(i64::from(product.price_cents))) " · " }
                        button.linklike type="submit" { "Take out" span.hidden { " " (product.name) } }
                    }
                }
            }
        }
        p.total { span { "Together, with GST" } strong { (words::price(cart.total_cents())) } }
        form method="post" action="/cart/order" {
            button.button type="submit" { "Order (demo: no payment)" }
        }
        p.small.soft { "To deliver, the shop has to keep an order, whatever you have chosen otherwise. The law makes it keep invoices for seven years." }
    }
}

/// `POST /cart/add`.
pub(super) async fn add(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
    body: String,
) -> Result<Response, Problem> {
    visit::from_our_own_page(&headers, &uri)?;
    let Added { sku, pieces } = visit::fields(&body)?;
    let wants_json = headers.get(header::ACCEPT).is_some_and(|value| value.as_bytes() == b"application/json");
    serve(app, headers, uri, move |visit| {
        let Some(product) = visit.catalogue.product(&sku) else {
            return Ok(layout::not_found(visit, "product"));
        };
        let mut cart = visit.cart.clone();
        cart.add(product, pieces);
        send(visit, &Event::Added(product, pieces.clamp(1, 20)))?;
        let mut response = if wants_json {
            Json(json!({"count": cart.pieces(), "added": product.name})).into_response()
        } else {
            visit::go_to("/cart")
        };
        visit::set_cookie(&mut response, CART, &cart.write());
        Ok(response)
    })
    .await
}

/// `POST /cart/remove`.
pub(super) async fn remove(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
    body: String,
) -> Result<Response, Problem> {
    visit::from_our_own_page(&headers, &uri)?;
    let Removed { sku } = visit::fields(&body)?;
    serve(app, headers, uri, move |visit| {
        let mut cart = visit.cart.clone();
        cart.lines.retain(|(product, _)| product.sku != sku);
        if let Some(product) = visit.catalogue.product(&sku) {
            send(visit, &Event::Removed(product))?;
        }
        let mut response = visit::go_to("/cart");
        visit::set_cookie(&mut response, CART, &cart.write());
        Ok(response)
    })
    .await
}

/// `POST /cart/order`.
pub(super) async fn order(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    visit::from_our_own_page(&headers, &uri)?;
    serve(app, headers, uri, |visit| {
        if visit.cart.lines().is_empty() {
            return Ok(visit::go_to("/cart"));
        }
        let ordered: Vec<String> =
            visit.cart.lines().iter().map(|(product, _)| product.sku.clone()).collect();
        let number = format!("TUI-DEMO-{}", visit.app.now().as_millisecond());
        send(visit, &Event::Ordered(&visit.cart, &number))?;
        let question = Question { placement: "ordered", item: None, wanted: Wanted::Both, count: 7 };
        let answer = ask_after(visit, &question, ordered)?;
        let (guides, others): (Vec<_>, Vec<_>) =
            answer.items.iter().cloned().partition(|one| one.item.kind == store::ItemKind::Article);
        let content = html! {
            header {
                h1 { "Thank you" }
                @match &visit.customer {
                    Some(customer) => p.lead { "Ka pai, " (customer.sample.display_name) "! Your order " strong { (number) } " is in (in this demo, nothing will come)." },
                    None => p.lead { "In a real shop we would now ask where to bring it. The demo keeps nothing about a new visitor, so this order went nowhere." },
                }
            }
            (shelf("guides", "While you wait", "Where to take it and how to get the best out of it, before anything else to buy.", &guides, &answer))
            (shelf("others", "And one day perhaps", "", &others, &answer))
        };
        let done = Visit {
            app: visit.app.clone(),
            catalogue: visit.catalogue,
            customer: visit.customer.clone(),
            known: visit.known,
            cart: Cart::default(),
            opt_out: visit.opt_out,
            circumstances: visit.circumstances.clone(),
            path: "/".to_owned(),
        };
        let mut response = layout::page(&done, "Thank you", "cart", content);
        visit::set_cookie(&mut response, CART, "");
        Ok(response)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cart_survives_its_cookie_and_nothing_unknown_gets_in() {
        let catalogue = crate::simulate::catalogue().unwrap();
        let mut cart = Cart::default();
        cart.add(&catalogue.products[0], 2);
        cart.add(&catalogue.products[1], 300);
        let again = Cart::read(&cart.write(), catalogue);
        assert_eq!((again.lines().len(), again.pieces()), (2, 22));
        assert_eq!(again.write(), cart.write());
        for text in ["", "nothing_1", "x", "_", "TUI-EBK-101_0", "TUI-EBK-101_x", "TUI-EBK-101_-1"] {
            assert_eq!(Cart::read(text, catalogue).pieces(), 0, "{text}");
        }
    }
}
