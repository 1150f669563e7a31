//! Which fields each kind of data has, by the names that `equipoise.toml` uses. A field that isn't named here can't be
//! declared, so it can't be collected; the names must never drift from the row types in [`crate::data`].

use crate::data::Kind;

const CONTACT: &[&str] = &[
    "at",
    "email",
    "first_name",
    "last_name",
    "name",
    "phone",
    "address",
    "street",
    "suburb",
    "city",
    "postcode",
    "country",
    "birthday",
    "size",
    "loyalty_id",
];
const BROWSING: &[&str] = &["at", "action", "item", "session", "query", "category", "page"];
const CART: &[&str] = &["at", "action", "item", "session", "quantity", "coupon"];
const ORDERS: &[&str] = &[
    "at",
    "action",
    "order",
    "lines.item",
    "lines.quantity",
    "lines.unit_price_minor",
    "lines.note",
    "total_minor",
    "currency",
    "coupon",
    "country",
];
const DEVICE: &[&str] = &["at", "browser", "class", "network", "locale", "source", "region"];
const FEEDBACK: &[&str] = &["at", "item", "verdict", "text"];
const SHOWN: &[&str] = &["at", "placement", "items"];
const OFFERED: &[&str] = &["at", "campaign", "channel", "items", "why", "state", "until", "place"];
const DECLARED: &[&str] = &["at", "name"];

impl Kind {
    /// The fields of a row of this kind. Those of a list's members are written `lines.note`; those of declared events
    /// are what the shop's `[events]` name, beside these.
    ///
    /// ```
    /// use privacy::data::Kind;
    /// assert!(Kind::PurchaseHistory.fields().contains(&"lines.note"));
    /// ```
    #[must_use]
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Contact => CONTACT,
            Self::BrowsingHistory => BROWSING,
            Self::CartHistory => CART,
            Self::PurchaseHistory => ORDERS,
            Self::DeviceTraces => DEVICE,
            Self::Feedback => FEEDBACK,
            Self::ShownItems => SHOWN,
            Self::SentOffers => OFFERED,
            Self::DeclaredEvents => DECLARED,
        }
    }

    /// The fields without which there is no row: whoever declares some fields of the kind declares these too.
    ///
    /// ```
    /// use privacy::data::Kind;
    /// assert_eq!(Kind::BrowsingHistory.always_kept(), ["at", "action"]);
    /// ```
    #[must_use]
    pub const fn always_kept(self) -> &'static [&'static str] {
        match self {
            Self::Contact | Self::DeviceTraces => &["at"],
            Self::BrowsingHistory | Self::CartHistory => &["at", "action"],
            Self::PurchaseHistory => &["at", "action", "order", "lines.item", "lines.quantity"],
            Self::Feedback => &["at", "verdict"],
            Self::ShownItems => SHOWN,
            Self::SentOffers => OFFERED,
            Self::DeclaredEvents => &["at", "name"],
        }
    }
}

/// The events of Segment's e-commerce specification (versions 1 and 2), which have types of their own.
pub const SEGMENT_EVENTS: &[&str] = &[
    "Products Searched",
    "Product List Viewed",
    "Product List Filtered",
    "Promotion Viewed",
    "Promotion Clicked",
    "Product Clicked",
    "Product Viewed",
    "Product Added",
    "Product Removed",
    "Cart Viewed",
    "Checkout Started",
    "Checkout Step Viewed",
    "Checkout Step Completed",
    "Payment Info Entered",
    "Order Completed",
    "Order Updated",
    "Order Refunded",
    "Order Cancelled",
    "Coupon Entered",
    "Coupon Applied",
    "Coupon Denied",
    "Coupon Removed",
    "Product Added to Wishlist",
    "Product Removed from Wishlist",
    "Wishlist Product Added to Cart",
    "Product Shared",
    "Cart Shared",
    "Product Reviewed",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::data::{Basketed, Browsed, Happened, Offered, Ordered, Seen, Shown, Told};

    fn names(row: &Value) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (key, value) in row.as_object().unwrap() {
            match value.as_array() {
                Some(members) if key == "lines" => names.extend(
                    members.iter().flat_map(|m| m.as_object().unwrap().keys()).map(|k| format!("{key}.{k}")),
                ),
                _ => names.extend([key.clone()]),
            }
        }
        names
    }

    /// Deserialises a row with every field, so that a new field of a row type that this table lacks fails here.
    fn check<R: serde::Serialize + for<'de> serde::Deserialize<'de>>(kind: Kind, full: Value) {
        let row: R = serde_json::from_value(full.clone()).unwrap();
        assert_eq!(
            serde_json::to_value(row).unwrap(),
            full,
            "{kind}: the row has other fields than this test"
        );
        let listed: BTreeSet<String> = kind.fields().iter().map(|f| (*f).to_owned()).collect();
        assert_eq!(names(&full), listed, "{kind}");
        // What isn't always kept may be left out, what is may not.
        for field in kind.fields().iter().filter(|f| !f.contains('.')) {
            let mut less = full.clone();
            less.as_object_mut().unwrap().remove(*field);
            assert_eq!(
                serde_json::from_value::<R>(less).is_err(),
                kind.always_kept().contains(field),
                "{kind}.{field}"
            );
        }
    }

    #[test]
    fn tables_name_exactly_the_fields_of_the_rows() {
        check::<Browsed>(
            Kind::BrowsingHistory,
            json!({"at": 1, "action": "searched", "item": "a", "session": "s", "query": "q", "category": "c", "page": "p"}),
        );
        check::<Basketed>(
            Kind::CartHistory,
            json!({"at": 1, "action": "added", "item": "a", "session": "s", "quantity": 1, "coupon": "c"}),
        );
        check::<Ordered>(
            Kind::PurchaseHistory,
            json!({"at": 1, "action": "placed", "order": "o", "total_minor": 2, "currency": "NZD", "coupon": "c", "country": "NZ",
                "lines": [{"item": "a", "quantity": 1, "unit_price_minor": 2, "note": "n"}]}),
        );
        check::<Seen>(
            Kind::DeviceTraces,
            json!({"at": 1, "browser": "b", "class": "c", "network": "n", "locale": "l", "source": "s", "region": "r"}),
        );
        check::<Told>(Kind::Feedback, json!({"at": 1, "item": "a", "verdict": "wrong", "text": "t"}));
        check::<Shown>(
            Kind::ShownItems,
            json!({"at": 1, "placement": "home", "items": [{"item": "a", "why": ["w"]}]}),
        );
        check::<Offered>(
            Kind::SentOffers,
            json!({"at": 1, "campaign": "c", "channel": "email", "items": ["a"], "why": "w", "state": "held",
                "until": 2, "place": "p"}),
        );
        let happened: Happened = serde_json::from_value(json!({"at": 1, "name": "n"})).unwrap();
        assert_eq!(happened.name, "n");
    }

    #[test]
    fn what_is_always_kept_is_a_field() {
        for kind in Kind::ALL {
            assert!(kind.always_kept().iter().all(|f| kind.fields().contains(f)), "{kind}");
            assert!(kind.always_kept().contains(&"at"), "{kind}");
        }
    }
}
