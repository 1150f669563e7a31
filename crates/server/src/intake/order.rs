//! Orders and what became of them: lines, totals, coupons. Must keep nothing of payment or delivery but the country.

use privacy::data::{Millis, OrderAction, OrderLine, Ordered};

use super::document::Json;
use super::event::{Unfit, product};
use super::field::{first, free_text, id, member, quantity, word};
use super::money;

/// Most lines that are taken of one order.
const MOST_LINES: usize = 1_000;

/// An order with its lines. What was sent back or paid back is negative, whichever sign the client wrote, so that
/// sums add up.
pub(super) fn ordered(
    action: OrderAction,
    properties: &Json<'_>,
    at: Millis,
    shop_currency: &str,
) -> Result<Ordered, Unfit> {
    let order = id(first(properties, &["order_id", "orderId", "order_number"]))?.ok_or(Unfit::Incomplete)?;
    let stated = money::currency(member(properties, "currency"));
    let currency = stated.unwrap_or_else(|| shop_currency.to_owned());
    let signed = |amount: i64| match action {
        OrderAction::Refunded => -amount.abs(),
        OrderAction::Placed | OrderAction::Updated | OrderAction::Cancelled => amount,
    };
    let mut lines = Vec::new();
    for line in member(properties, "products").values().iter().take(MOST_LINES) {
        let Some(item) = product(line)? else { continue };
        lines.push(OrderLine {
            item,
            quantity: signed(quantity(member(line, "quantity")).unwrap_or(1)),
            unit_price_minor: money::amount(member(line, "price"), &currency),
            note: free_text(first(line, &["note", "gift_note", "engraving"])),
        });
    }
    let total = money::amount(first(properties, &["total", "value", "revenue"]), &currency).map(signed);
    let country = match first(properties, &["country", "shipping_country"]) {
        Json::Null => member(member(properties, "shipping_address"), "country"),
        found => found,
    };
    Ok(Ordered {
        at,
        action,
        order,
        lines,
        total_minor: total,
        currency: Some(currency),
        coupon: coupon(properties),
        country: word(country),
    })
}

/// A coupon's code.
pub(super) fn coupon(properties: &Json<'_>) -> Option<String> {
    word(first(properties, &["coupon", "coupon_id", "coupon_name"]))
}
