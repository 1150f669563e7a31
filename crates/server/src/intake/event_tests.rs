//! What each event of the e-commerce specification becomes.

use crate::intake::document::document as json;
use privacy::register::{SEGMENT_EVENTS, TEMPLATE, read};

use super::*;

fn taken(name: &str, properties: Json<'_>) -> Result<Row, Unfit> {
    let (context, register) = (json!({"sessionId": 7}), read(TEMPLATE).unwrap());
    track(name, &properties, &context, 5, &register, &mut Recent::default())
}

/// The kind and action (or verdict) of what an event becomes.
fn told(name: &str) -> String {
    let full = json!({"product_id": "p1", "order_id": "o1", "query": "boots", "article_id": "a1",
        "verdict": "not_interested"});
    match taken(name, full) {
        Ok(Row::Browsed(row)) => format!("browsed {:?}", row.action),
        Ok(Row::Basketed(row)) => format!("basketed {:?}", row.action),
        Ok(Row::Ordered(row)) => format!("ordered {:?}", row.action),
        Ok(Row::Told(row)) => format!("told {}", row.verdict),
        Ok(other) => format!("{other:?}"),
        Err(why) => why.code().to_owned(),
    }
}

#[test]
fn every_event_of_the_specification_has_a_type() {
    for name in SEGMENT_EVENTS {
        assert_ne!(told(name), "undeclared_event", "{name}");
    }
}

#[test]
fn events_become_typed_rows() {
    for (name, expected) in [
        ("Products Searched", "browsed Searched"),
        ("Product List Viewed", "browsed ViewedList"),
        ("Promotion Clicked", "browsed Clicked"),
        ("Viewed Product", "browsed ViewedProduct"),
        ("product_viewed", "browsed ViewedProduct"),
        ("Article Read", "browsed ReadArticle"),
        ("Added Product", "basketed Added"),
        ("Wishlist Product Added to Cart", "basketed Added"),
        ("Product Added to Wishlist", "basketed Wished"),
        ("Checkout Step Completed", "basketed StartedCheckout"),
        ("Coupon Denied", "basketed Coupon"),
        ("Completed Order", "ordered Placed"),
        ("Order Refunded", "ordered Refunded"),
        ("Cart Shared", "told shared"),
        ("Product Reviewed", "told review"),
        ("Recommendation Rated", "told not_interested"),
        ("Mouse Moved", "undeclared_event"),
    ] {
        assert_eq!(told(name), expected, "{name}");
    }
}

#[test]
fn a_rating_needs_an_item_and_a_known_verdict() {
    for (properties, item) in [
        (json!({"product_id": "p1", "verdict": "wrong"}), Some("p1")),
        (json!({"article_id": "a1", "verdict": "Not interested"}), Some("a1")),
        (json!({"product_id": "p1", "verdict": "ana@example.com"}), None),
        (json!({"product_id": "p1"}), None),
        (json!({"verdict": "intrusive"}), None),
    ] {
        match (taken("Recommendation Rated", properties.clone()), item) {
            (Ok(Row::Told(told)), Some(_)) => assert_eq!(told.item.as_deref(), item, "{properties}"),
            (Err(Unfit::Incomplete), None) => {}
            (other, _) => panic!("{properties}: {other:?}"),
        }
    }
}

#[test]
fn an_order_keeps_its_lines_in_minor_units() {
    let order = json!({"order_id": 1042, "total": 27.5, "currency": "nzd", "email": "ana@example.com", "products": [
        {"product_id": "p1", "price": "19.90", "quantity": 2, "note": "for ana@example.com"}, {"name": "no id"}]});
    let Ok(Row::Ordered(row)) = taken("Order Completed", order.clone()) else { panic!() };
    assert_eq!(
        (row.order.as_str(), row.total_minor, row.currency.as_deref()),
        ("1042", Some(2750), Some("NZD"))
    );
    assert_eq!(row.lines.len(), 1);
    assert_eq!((row.lines[0].unit_price_minor, row.lines[0].quantity), (Some(1990), 2));
    assert_eq!(row.lines[0].note.as_deref(), Some("for [e-mail]"));
    let Ok(Row::Ordered(refund)) = taken("Order Refunded", order) else { panic!() };
    assert_eq!((refund.total_minor, refund.lines[0].quantity), (Some(-2750), -2));
}

#[test]
fn queries_and_addresses_lose_what_is_personal() {
    let properties =
        json!({"query": "boots for ana@example.com", "url": "https://s.example/q?email=ana%40example.com#x"});
    let Ok(Row::Browsed(row)) = taken("Products Searched", properties) else { panic!() };
    assert_eq!(row.query.as_deref(), Some("boots for [e-mail]"));
    assert_eq!(row.page.as_deref(), Some("https://s.example/q"));
    assert_eq!(row.session.as_deref(), Some("7"));
}

#[test]
fn a_declared_event_keeps_its_declared_fields() {
    let Ok(Row::Happened(row)) = taken("loyalty joined", json!({"tier": "gold", "email": "ana@example.com"}))
    else {
        panic!()
    };
    assert_eq!(row.name, "Loyalty Joined");
    assert_eq!(Value::Object(row.fields), json!({"tier": "gold"}).to_value());
}

#[test]
fn events_that_lack_what_they_are_about_are_incomplete() {
    for name in ["Product Viewed", "Product Added", "Order Completed", "Product Reviewed", "Article Read"] {
        assert_eq!(taken(name, json!({})), Err(Unfit::Incomplete), "{name}");
        assert_eq!(taken(name, Json::Null), Err(Unfit::Incomplete), "{name}");
    }
    assert_eq!(taken("Product Viewed", json!({"product_id": "ana@example.com"})), Err(Unfit::PersonalId));
}
