//! Everyday words for purposes, refusals, kinds of data and prices. No word here may promise more than the register.

use privacy::consent::{Refusal, Status};
use privacy::data::Kind;

/// What a purpose is called on the pages.
pub(super) fn purpose(id: &str) -> String {
    match id {
        "service" => "Your orders",
        "analytics" => "Counting what sells",
        "personalisation" => "Recommendations that fit you",
        "offers" => "News of sales",
        "personalised_pricing" => "Discounts of your own",
        "assistance" => "An assistant that knows your gear",
        "fairness_audit" => "Checking that we are fair",
        "security" => "Keeping you safe from fraud",
        other => return other.replace('_', " "),
    }
    .to_owned()
}

/// What changes in the shop when a purpose is switched on, and when it is switched off.
pub(super) fn consequences(id: &str) -> (&'static str, &'static str) {
    match id {
        "analytics" => (
            "your visits and orders count, without your name, in what we call popular",
            "you are no longer counted in what we call popular; what was counted is taken out again",
        ),
        "personalisation" => (
            "shelves follow what you look at and buy, and each thing says why it is there",
            "shelves show what is popular and what goes with the page. What the recommender learnt from you is taken \
             out of it at once, and it reads nothing of yours any more",
        ),
        "offers" => ("we may write to you before a sale", "we write to you about your orders only"),
        "personalised_pricing" => (
            "things that wait long in your cart may get cheaper for you",
            "you pay the price on the shelf, like everybody",
        ),
        "assistance" => (
            "our assistant answers with your orders in mind",
            "our assistant knows nothing about you; you tell it what it needs",
        ),
        _ => ("we may use what it names for this", "we stop using your data for this"),
    }
}

/// Why a purpose isn't used, to the person.
pub(super) const fn refusal(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownSubject => "you haven't chosen yet",
        Refusal::NoConsent { purpose: _, status } => match status {
            Status::Refused => "you said no",
            Status::Withdrawn => "you took your yes back",
            Status::Unknown | Status::Requested | Status::Deferred => "you haven't chosen yet",
            Status::Given => "it isn't allowed",
            Status::Revoked | Status::Invalidated => "it was ended",
            Status::Expired => "your yes has run out",
        },
        Refusal::StaleNotice(_) => "we changed it and have to ask you again",
        Refusal::ConsentExpired(_) => "your yes has run out",
        Refusal::Objected(_) => "you objected",
        Refusal::Restricted => "you asked us to stop using your data",
        Refusal::Unproven => "we can't tell yet that it is you",
        Refusal::NotExplicit(_) => "you haven't said yes to it in so many words",
        Refusal::OptOutSignal(_) => "your browser says no for you",
        Refusal::UnknownPurpose(_) | Refusal::UndeclaredKind { .. } => "we don't do that",
    }
}

/// A kind of data, within a sentence to the person.
pub(super) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Contact => "your name and contact details",
        Kind::BrowsingHistory => "what you looked at",
        Kind::CartHistory => "your cart",
        Kind::PurchaseHistory => "your orders",
        Kind::DeviceTraces => "your kind of device",
        Kind::Feedback => "what you told us",
        Kind::ShownItems => "what we recommended to you",
        Kind::SentOffers => "what offers we sent you",
        Kind::DeclaredEvents => "what you did in the shop",
    }
}

/// A price in New Zealand dollars: `$3,299` or `$21.90`.
pub(super) fn price(cents: i64) -> String {
    let (dollars, rest) = (cents.div_euclid(100), cents.rem_euclid(100));
    let digits = dollars.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest == 0 { format!("${grouped}") } else { format!("${grouped}.{rest:02}") }
}

/// The name of a part of the shop.
pub(super) fn sport(path: &str) -> &'static str {
    match path {
        "bikes" => "Bikes",
        "golf" => "Golf",
        "tramping" => "Tramping",
        "paddling" => "Paddling",
        "running" => "Running",
        _ => "Essentials",
    }
}

/// The parts of the shop in their order.
pub(super) const SPORTS: [&str; 6] = ["bikes", "tramping", "paddling", "running", "golf", "essentials"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_grouped_and_whole_dollars_have_no_cents() {
        for (cents, said) in
            [(329_900, "$3,299"), (2190, "$21.90"), (5, "$0.05"), (100_000_000, "$1,000,000")]
        {
            assert_eq!(price(cents), said);
        }
    }

    #[test]
    fn every_purpose_of_the_register_has_everyday_words() {
        let register = privacy::register::read(super::super::REGISTER).unwrap();
        for id in privacy::purpose::BUILT_IN {
            assert!(register.purpose(id).is_some(), "{id}");
            assert!(!purpose(id).contains('_') && purpose(id) != *id, "{id}");
        }
    }
}
