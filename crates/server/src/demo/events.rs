//! What a visit tells the shop, through the same intake as everybody's events. Nothing is sent for a new visitor, and
//! a customer's events carry no answer of their own: the ledger alone decides what of them is kept.

use jiff::Timestamp;
use privacy::entropy::draw;
use serde_json::{Value, json};

use super::cart::Cart;
use super::visit::{Customer, Visit};
use crate::intake::{Arrival, Body, TakeError, take_in};
use crate::simulate::{Article, Product};
use crate::web::Problem;

/// Something that a customer does in the shop.
pub(super) enum Event<'a> {
    /// Opens a page that is neither of the following.
    Opened(&'a str),
    /// Looks at a product.
    Viewed(&'a Product),
    /// Reads a guide.
    Read(&'a Article),
    /// Looks along a shelf.
    Listed(&'a str),
    /// Searches.
    Searched(&'a str),
    /// Puts pieces of a product into the cart.
    Added(&'a Product, u32),
    /// Takes a product out again.
    Removed(&'a Product),
    /// Orders what is in the cart, under a number.
    Ordered(&'a Cart, &'a str),
}

/// Sends an event and waits until it is kept or refused, so that the next answer knows.
///
/// # Errors
/// [`Problem`] when the store can't be used. What the ledger refuses is no error.
pub(super) fn send(visit: &Visit, event: &Event<'_>) -> Result<(), Problem> {
    let Some(customer) = &visit.customer else { return Ok(()) };
    let app = &visit.app;
    let now = app.now();
    let number: [u8; 16] = draw(app.entropy.as_ref()).map_err(|error| Problem::internal(&error))?;
    let message = json!({ "batch": [message(visit, customer, event, number, now)] }).to_string();
    let body = Body::read(message.as_bytes(), None).map_err(|error| Problem::internal(&error))?;
    let taken = take_in(&app.store, &app.engine, &app.entropy, body, Arrival::Live(now), visit.opt_out);
    match taken.wait() {
        Ok(_) => Ok(()),
        Err(TakeError::Store(error)) => Err(error.into()),
        Err(error) => Err(Problem::internal(&error)),
    }
}

fn message(visit: &Visit, customer: &Customer, event: &Event<'_>, number: [u8; 16], now: Timestamp) -> Value {
    let Customer { sample, subject: _, session } = customer;
    let mut message = json!({
        "userId": sample.user_id,
        "messageId": format!("demo-{:032x}", u128::from_be_bytes(number)),
        "timestamp": now.to_string(),
        "context": {"sessionId": session, "library": {"name": "tui-outdoors", "version": "1"}},
    });
    let track =
        |name: &str, properties: Value| json!({"type": "track", "event": name, "properties": properties});
    // Without the query: search words go as such or not at all.
    let path = visit.path.split('?').next().unwrap_or("/");
    let more = match event {
        Event::Opened(title) => json!({"type": "page", "name": title, "properties": {"path": path}}),
        Event::Read(article) => json!({"type": "page", "name": article.title, "properties": {
            "path": path, "category": "Guides", "content_id": article.slug}}),
        Event::Viewed(product) => track("Product Viewed", line(product, 1)),
        Event::Listed(path) => track("Product List Viewed", json!({"list_id": path, "category": path})),
        Event::Searched(words) => track("Products Searched", json!({"query": words})),
        Event::Added(product, pieces) => track("Product Added", line(product, *pieces)),
        Event::Removed(product) => track("Product Removed", line(product, 1)),
        Event::Ordered(cart, order) => track(
            "Order Completed",
            json!({
                "order_id": order,
                "currency": "NZD",
                "total": dollars(cart.total_cents()),
                "products": cart.lines().iter().map(|(product, pieces)| line(product, *pieces)).collect::<Vec<_>>(),
            }),
        ),
    };
    if let (Some(message), Value::Object(more)) = (message.as_object_mut(), more) {
        message.extend(more);
    }
    message
}

fn line(product: &Product, pieces: u32) -> Value {
    json!({
        "product_id": product.sku,
        "sku": product.sku,
        "name": product.name,
        "category": product.category_path(),
        "price": dollars(i64::from(product.price_cents)),
        "quantity": pieces,
        "currency": "NZD",
    })
}

/// An amount as Segment's clients write it. Cents are whole, so that two places are exact.
fn dollars(cents: i64) -> Value {
    format!("{}.{:02}", cents.div_euclid(100), cents.rem_euclid(100))
        .parse()
        .map_or(Value::Null, Value::Number)
}
