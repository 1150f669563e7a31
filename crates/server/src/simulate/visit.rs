//! One visit to the shop: a landing page, shelves, products, guides, a cart and sometimes an order.
//! It only tells what the customer does; when they come and what follows later is the year's matter.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::message::{Channel, Pen};
use super::person::Choices;
use super::shop::{Cut, Shop, Ware, fits, push_dollars};

/// A line of a cart: product number and pieces.
pub(super) type Line = (usize, u64);

/// What the customer comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aim {
    /// To look around on this shelf.
    Wander(usize),
    /// To buy something from this shelf, most likely.
    Need(usize),
    /// To buy something from this shelf, surely.
    Decided(usize),
    /// To buy this product again.
    Again(usize),
    /// To read about this shelf.
    Read(usize),
}

/// What the shop writes on an order.
pub(super) struct Bill {
    pub(super) order: String,
    pub(super) lines: Vec<Line>,
    pub(super) paid_cents: u64,
}

pub(super) const CONSENT_EVENT: &str = "Segment Consent Preference Updated";

/// Coupons run in the shop; the second is for those who agreed to offers.
const COUPONS: [(&str, u64); 2] = [("KIAORA10", 10), ("TUIMAIL15", 15)];

/// Plays a visit after its landing page; yields the order if there is one.
pub(super) fn play(
    pen: &mut Pen<'_>,
    shop: &Shop,
    aim: Aim,
    owned: &BTreeSet<usize>,
    order: &str,
) -> Option<Bill> {
    if pen.chance.happens(0.15) {
        see_promotion(pen);
    }
    let (shelf, eagerness) = match aim {
        Aim::Wander(shelf) => (shelf, 0.34),
        Aim::Need(shelf) => (shelf, 0.85),
        Aim::Decided(shelf) => (shelf, 1.0),
        Aim::Again(ware) => (shop.wares.get(ware).map_or(0, |w| w.shelf), 0.93),
        Aim::Read(shelf) => (shelf, 0.04),
    };
    if let Aim::Read(_) = aim {
        for _ in 0..2 {
            read_guide(pen, shop, shelf);
        }
    }
    let wanted = match aim {
        Aim::Again(ware) => {
            view(pen, shop, ware);
            Some(ware)
        }
        Aim::Wander(_) | Aim::Need(_) | Aim::Decided(_) | Aim::Read(_) => browse(pen, shop, shelf, owned),
    };
    if !matches!(aim, Aim::Read(_)) && pen.chance.happens(0.22) {
        read_guide(pen, shop, shelf);
    }
    let wanted = wanted?;
    let cents = shop.wares.get(wanted)?.product.price_cents;
    // Dear things are looked at far more often than bought; e-bikes are what the shop is known for.
    let eagerness = match shop.shelves.get(shelf).map(|s| s.path.as_str()) {
        Some("bikes/e-bikes") if eagerness < 0.5 => eagerness * 0.4,
        _ if eagerness < 0.5 && cents > 100_000 => eagerness * 0.2,
        _ => eagerness,
    };
    if !pen.chance.happens(eagerness) {
        if pen.chance.happens(0.08) {
            let text = product_text(shop, pen, wanted, 1)?;
            pen.track("Product Added to Wishlist", &text, Channel::Browser);
        }
        return None;
    }
    let mut cart = vec![(wanted, pieces(pen, shop, wanted))];
    add(pen, shop, &cart)?;
    fill(pen, shop, shelf, owned, &mut cart);
    pen.open("/cart", "\"Your cart\"", "");
    pen.wait(3.0, 20.0);
    let text = cart_text(shop, pen, &cart);
    pen.track(
        "Cart Viewed",
        &format!("{{\"cart_id\":\"{}\",\"products\":[{text}]}}", pen.session),
        Channel::Browser,
    );
    let goes_on = matches!(aim, Aim::Need(_) | Aim::Decided(_) | Aim::Again(_)) || pen.chance.happens(0.55);
    goes_on.then(|| check_out(pen, shop, cart, order))
}

fn see_promotion(pen: &mut Pen<'_>) {
    pen.wait(2.0, 9.0);
    let season = pen.chance.pick(&["Ready for the long weekend", "Workshop week", "New on the shelves"]);
    let text = format!(
        "{{\"promotion_id\":\"home-top\",\"name\":\"{}\",\"position\":\"home_banner\"}}",
        season.unwrap_or(&"New on the shelves")
    );
    pen.track("Promotion Viewed", &text, Channel::Browser);
}

/// Looks along a shelf, by list or by search, and through related products; yields the last product liked.
fn browse(pen: &mut Pen<'_>, shop: &Shop, shelf: usize, owned: &BTreeSet<usize>) -> Option<usize> {
    let here = shop.shelves.get(shelf)?;
    pen.wait(4.0, 25.0);
    if pen.chance.happens(0.3) {
        let query = pen.chance.pick(&here.searches)?;
        pen.open("/search", "\"Search\"", "");
        pen.track("Products Searched", &format!("{{\"query\":{query}}}"), Channel::Browser);
    } else {
        pen.open(&format!("/shop/{}", here.path), &here.title, "");
    }
    let shown: Vec<Line> = (0..4).map(|_| (choose(pen, shop, shelf), 1)).collect();
    let mut listed = String::new();
    for (at, (ware, _)) in shown.iter().enumerate() {
        let ware = shop.wares.get(*ware)?;
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(listed, "{comma}{},\"position\":{}}}", ware.json, at + 1);
    }
    pen.track(
        "Product List Viewed",
        &format!("{{\"list_id\":\"{0}\",\"category\":\"{0}\",\"products\":[{listed}]}}", here.path),
        Channel::Browser,
    );
    let mut liked = None;
    let mut current = choose(pen, shop, shelf);
    for step in 0..1 + pen.chance.below(5) {
        if step > 0 {
            current = next(pen, shop, current);
        }
        view(pen, shop, current);
        let is_here = shop.wares.get(current).is_some_and(|w| w.shelf == shelf);
        if is_here && !has_enough(shop, owned, current) {
            liked = Some(current);
        }
    }
    liked
}

/// A product of a shelf as this customer chooses it: for their budget and hand, and in a cut they buy if there is one.
fn choose(pen: &mut Pen<'_>, shop: &Shop, shelf: usize) -> usize {
    let mut ware = 0;
    for _ in 0..8 {
        ware = shop.choose(shelf, pen.person.budget, pen.person.hand, pen.chance);
        if shop.wares.get(ware).is_some_and(|w| suits(pen, w)) {
            break;
        }
    }
    ware
}

fn suits(pen: &Pen<'_>, ware: &Ware) -> bool {
    match ware.cut {
        Cut::Anyone => true,
        Cut::Women => pen.person.wears_womens,
        Cut::Children => pen.person.has_children,
    }
}

/// Whether the customer has this already, or, of dear things, anything from the same shelf.
fn has_enough(shop: &Shop, owned: &BTreeSet<usize>, ware: usize) -> bool {
    let Some(new) = shop.wares.get(ware) else { return true };
    let dear = |w: &Ware| w.shelf == new.shelf && w.product.price_cents > 40_000;
    !new.product.consumable
        && (owned.contains(&ware)
            || dear(new) && owned.iter().any(|have| shop.wares.get(*have).is_some_and(&dear)))
}

/// From one product to the next: a neighbour on the shelf, another of the shelf, or what goes with it.
fn next(pen: &mut Pen<'_>, shop: &Shop, current: usize) -> usize {
    let Some(shelf) = shop.wares.get(current).map(|w| w.shelf) else { return current };
    match pen.chance.weighted([0.45, 0.35, 0.2].into_iter()) {
        0 => {
            let step = 1 + pen.chance.below(2);
            let near = if pen.chance.happens(0.5) { current.saturating_sub(step) } else { current + step };
            match shop.wares.get(near) {
                Some(w) if w.shelf == shelf && fits(w.product, pen.person.hand) && suits(pen, w) => near,
                _ => choose(pen, shop, shelf),
            }
        }
        1 => choose(pen, shop, shelf),
        _ => {
            let others = shop.shelves.get(shelf).map_or(&[][..], |s| &s.goes_with);
            let other = pen.chance.pick(others).copied().unwrap_or(shelf);
            choose(pen, shop, other)
        }
    }
}

fn view(pen: &mut Pen<'_>, shop: &Shop, ware: usize) {
    let Some(ware) = shop.wares.get(ware) else { return };
    pen.wait(5.0, 80.0);
    pen.open(&ware.path, &ware.title, "");
    pen.track("Product Viewed", &format!("{},\"currency\":\"NZD\"}}", ware.json), Channel::Browser);
}

/// Reads a guide of a shelf, rather one about the reader's own part of the country.
fn read_guide(pen: &mut Pen<'_>, shop: &Shop, shelf: usize) {
    let Some(here) = shop.shelves.get(shelf) else { return };
    let guides = || here.readings.iter().filter_map(|number| shop.readings.get(*number));
    let region = &pen.person.region;
    let weights = guides().map(|guide| match &guide.article.region {
        Some(place) if place == region => 4.0,
        Some(_) => 1.0,
        None => 1.3,
    });
    let at = pen.chance.weighted(weights);
    let Some(guide) = guides().nth(at) else { return };
    pen.wait(10.0, 90.0);
    pen.open(&guide.path, &guide.title, &format!(",\"category\":\"Guides\",\"content_id\":{}", guide.slug));
    pen.wait(30.0, 200.0);
}

fn pieces(pen: &mut Pen<'_>, shop: &Shop, ware: usize) -> u64 {
    match shop.wares.get(ware).map(|w| (w.product.consumable, w.product.price_cents)) {
        Some((true, cents)) if cents < 700 => 4 + pen.chance.below(9) as u64,
        Some((true, cents)) if cents < 3000 => 1 + pen.chance.below(3) as u64,
        _ => 1,
    }
}

/// The size that this customer takes, if the product comes in their sizes.
fn variant(pen: &Pen<'_>, sizes: &str) -> Option<&'static str> {
    if sizes.starts_with("US ") && !sizes.contains("kids") {
        Some(pen.person.shoe_size)
    } else if sizes.starts_with("XS") || sizes.starts_with("S–") {
        Some(pen.person.clothing_size)
    } else {
        None
    }
}

fn product_text(shop: &Shop, pen: &Pen<'_>, ware: usize, quantity: u64) -> Option<String> {
    let ware = shop.wares.get(ware)?;
    let mut text = format!("{},\"quantity\":{quantity}", ware.json);
    if let Some(size) = ware.product.sizes.as_deref().and_then(|sizes| variant(pen, sizes)) {
        let _ = write!(text, ",\"variant\":\"{size}\"");
    }
    text.push('}');
    Some(text)
}

fn cart_text(shop: &Shop, pen: &Pen<'_>, cart: &[Line]) -> String {
    let parts: Vec<String> = cart.iter().filter_map(|(ware, n)| product_text(shop, pen, *ware, *n)).collect();
    parts.join(",")
}

fn add(pen: &mut Pen<'_>, shop: &Shop, cart: &[Line]) -> Option<()> {
    let (ware, quantity) = cart.last().copied()?;
    pen.wait(4.0, 40.0);
    let text = product_text(shop, pen, ware, quantity)?;
    pen.track("Product Added", &text, Channel::Browser);
    Some(())
}

/// Puts companions into the cart, and now and then takes one out again.
fn fill(pen: &mut Pen<'_>, shop: &Shop, shelf: usize, owned: &BTreeSet<usize>, cart: &mut Vec<Line>) {
    for companion in shop.shelves.get(shelf).map_or(&[][..], |s| &s.goes_with) {
        if !pen.chance.happens(0.2) {
            continue;
        }
        let ware = choose(pen, shop, *companion);
        let Some(product) = shop.wares.get(ware).map(|w| w.product) else { continue };
        let twice = cart.iter().any(|(there, _)| *there == ware) || has_enough(shop, owned, ware);
        if twice || product.price_cents > 40_000 {
            continue;
        }
        view(pen, shop, ware);
        cart.push((ware, pieces(pen, shop, ware)));
        add(pen, shop, cart);
        if pen.chance.happens(0.12)
            && let Some((ware, quantity)) = cart.pop()
            && let Some(text) = product_text(shop, pen, ware, quantity)
        {
            pen.wait(5.0, 60.0);
            pen.track("Product Removed", &text, Channel::Browser);
        }
    }
}

fn check_out(pen: &mut Pen<'_>, shop: &Shop, cart: Vec<Line>, order: &str) -> Bill {
    pen.wait(5.0, 40.0);
    if !pen.known {
        pen.identify();
    }
    pen.open("/checkout", "\"Checkout\"", "");
    let products = cart_text(shop, pen, &cart);
    let price = |ware: &usize| shop.wares.get(*ware).map_or(0, |w| u64::from(w.product.price_cents));
    let subtotal: u64 = cart.iter().map(|(ware, n)| price(ware) * n).sum();
    let started = format!("{{\"order_id\":\"{order}\",\"currency\":\"NZD\",\"products\":[{products}]}}");
    pen.track("Checkout Started", &started, Channel::Browser);

    let chances = [0.05, if pen.choices.offers { 0.16 } else { 0.0 }];
    let mut coupon = None;
    for ((code, percent), likely) in COUPONS.into_iter().zip(chances) {
        if coupon.is_none() && pen.chance.happens(likely) {
            coupon = Some((code, subtotal * percent / 100));
        }
    }
    if let Some((code, discount)) = coupon {
        pen.wait(5.0, 30.0);
        let mut text = format!("{{\"order_id\":\"{order}\",\"coupon_id\":\"{code}\",\"discount\":");
        push_dollars(&mut text, discount);
        text.push('}');
        pen.track("Coupon Applied", &text, Channel::Browser);
    }
    pen.wait(30.0, 150.0);
    let discount = coupon.map_or(0, |(_, discount)| discount);
    let shipping = if subtotal >= 15_000 { 0 } else { 700 };
    let paid_cents = subtotal - discount + shipping;
    let mut text = format!("{{\"order_id\":\"{order}\",\"currency\":\"NZD\"");
    // GST of 15 % is within the price: three twenty-thirds of it.
    for (name, cents) in [
        ("total", paid_cents),
        ("subtotal", subtotal),
        ("shipping", shipping),
        ("discount", discount),
        ("tax", paid_cents * 3 / 23),
    ] {
        let _ = write!(text, ",\"{name}\":");
        push_dollars(&mut text, cents);
    }
    if let Some((code, _)) = coupon {
        let _ = write!(text, ",\"coupon\":\"{code}\"");
    }
    let _ = write!(text, ",\"products\":[{products}]}}");
    pen.track("Order Completed", &text, Channel::Server);
    Bill { order: order.to_owned(), lines: cart, paid_cents }
}

/// Reports that an order, or its first line, was sent back.
pub(super) fn refund(pen: &mut Pen<'_>, shop: &Shop, bill: &Bill) {
    let whole = bill.lines.len() < 2;
    let lines = bill.lines.get(..1).unwrap_or_default();
    let price = |ware: &usize| shop.wares.get(*ware).map_or(0, |w| u64::from(w.product.price_cents));
    let cents = lines.iter().map(|(ware, n)| price(ware) * n).sum::<u64>();
    let cents = if whole { bill.paid_cents } else { cents.min(bill.paid_cents) };
    let mut text = format!("{{\"order_id\":\"{}\",\"currency\":\"NZD\",\"total\":", bill.order);
    push_dollars(&mut text, cents);
    let _ = write!(text, ",\"products\":[{}]}}", cart_text(shop, pen, lines));
    pen.track("Order Refunded", &text, Channel::Server);
}

/// Opens the privacy page and changes the answers.
pub(super) fn answer(pen: &mut Pen<'_>, choices: Choices) {
    pen.wait(4.0, 25.0);
    pen.choices = choices;
    pen.track(CONSENT_EVENT, "{}", Channel::Browser);
    pen.wait(1.0, 5.0);
}
