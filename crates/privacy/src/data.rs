//! What is held about a person: the kinds of data, their rows, and for which purposes each kind can ever be used.
//!
//! The table at the end is law in the sense of the compiler: a reading for a purpose that is not in it does not
//! build. The register can only narrow it. Nothing here may hold a value that minimisation has not seen.

use serde::{Deserialize, Serialize};

use crate::offers::Channel;
use crate::projection::Narrow;
use crate::purpose::{
    Analytics, Assistance, FairnessAudit, Offers, Personalisation, PersonalisedPricing, Purpose, Security,
    Service,
};

mod sealed {
    pub trait Sealed {}
}

/// A kind of personal data that can stand in a typed reading. Sealed: a kind that was made elsewhere could pass rows
/// off as something that may be used for more.
pub trait DataKind: sealed::Sealed + Send + Sync + 'static {
    /// Its name in the register and in the store.
    const KIND: Kind;
    /// One row as sealed in the vault.
    type Row: Serialize + for<'de> Deserialize<'de> + Narrow + Send + 'static;
}

/// That data of this kind may be read for purpose `P`, if the register and the person agree.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not be used for the purpose `{P}`",
    label = "this kind of data does not serve that purpose",
    note = "what may serve what stands in `privacy::data`; a new pair there is a change of the privacy notice"
)]
pub trait UsableFor<P: Purpose>: DataKind {}

/// When something happened: milliseconds since 1970-01-01 UTC. Sealed with its row; the store sees only the day.
pub type Millis = i64;

/// What somebody looked at or searched for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browsed {
    /// When.
    pub at: Millis,
    /// What was done.
    pub action: BrowseAction,
    /// The product's or article's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The visit that it belongs to, as the shop's client names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Search words, redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// A category or list of products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The page's address without query and fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// How somebody browsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BrowseAction {
    /// Looked at a product.
    ViewedProduct,
    /// Read an article or guide.
    ReadArticle,
    /// Looked at a list or category.
    ViewedList,
    /// Searched.
    Searched,
    /// Opened another page or screen.
    OpenedPage,
    /// Saw a promotion.
    SawPromotion,
    /// Clicked a product in a list, a promotion or a recommendation.
    Clicked,
}

/// What somebody put in or took out of the cart or the wish list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basketed {
    /// When.
    pub at: Millis,
    /// What was done.
    pub action: BasketAction,
    /// The product's id; absent for the cart as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The visit that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// How many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
    /// A coupon's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<String>,
}

/// What happened in a cart or a wish list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BasketAction {
    /// Put into the cart.
    Added,
    /// Taken out of the cart.
    Removed,
    /// Looked at the cart.
    ViewedCart,
    /// Began to pay, or went a step further.
    StartedCheckout,
    /// Entered, was refused or removed a coupon.
    Coupon,
    /// Put on the wish list.
    Wished,
    /// Taken off the wish list.
    Unwished,
}

/// An order or what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// When.
    pub at: Millis,
    /// What happened.
    pub action: OrderAction,
    /// The shop's number for the order.
    pub order: String,
    /// What was ordered or sent back.
    #[serde(default)]
    pub lines: Vec<OrderLine>,
    /// The total in minor units of `currency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_minor: Option<i64>,
    /// ISO 4217 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// A coupon's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon: Option<String>,
    /// The country that it goes to, ISO 3166-1 or as the shop names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// The product's id.
    pub item: String,
    /// How many; what was sent back is negative.
    pub quantity: i64,
    /// The price of one in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price_minor: Option<i64>,
    /// What the customer wrote beside it (an engraving, a gift note), redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderAction {
    /// Ordered and paid.
    Placed,
    /// Changed.
    Updated,
    /// Sent back and paid back, in whole or in part.
    Refunded,
    /// Called off.
    Cancelled,
}

/// One field of what is known of a person: name, e-mail, phone, address, size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// When it was said.
    pub at: Millis,
    /// The field: `email`, `first_name`, `phone`, …
    pub field: String,
    /// What was said.
    pub value: String,
}

/// What is known of the device and how it came to the shop, coarsened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// When.
    pub at: Millis,
    /// Browser family and major version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// Desktop, mobile, tablet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The network, /24 or /48.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The language that the browser asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// How the visit came to the shop, as one of a few words ([`crate::minimise::CameFrom`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The place that the shop's own page was about ([`crate::minimise::region`]), never the person's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// What somebody told the shop about an item or a recommendation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When.
    pub at: Millis,
    /// About which product or article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// `not_interested`, `wrong`, `intrusive`, `review`, `note`, …
    pub verdict: String,
    /// In their words, redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What was recommended to somebody, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// When.
    pub at: Millis,
    /// Where in the shop.
    pub placement: String,
    /// Each item with the reasons that were shown.
    pub items: Vec<ShownItem>,
}

/// One recommended item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownItem {
    /// The product's or article's id.
    pub item: String,
    /// The reasons, in plain words.
    pub why: Vec<String>,
}

/// An offer that was sent to somebody, or for which a place is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// When: of sending once it was sent, or else of holding the place.
    pub at: Millis,
    /// The campaign's id.
    pub campaign: String,
    /// The way that it took.
    pub channel: Channel,
    /// What was offered.
    pub items: Vec<String>,
    /// Why it went to this person, in plain words.
    pub why: String,
    /// Whether it was sent.
    pub state: OfferState,
    /// Until when the place is held; of what was sent, the same as `at`.
    pub until: Millis,
    /// The name of the place, by which this row is found again.
    pub place: String,
}

/// What became of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferState {
    /// A place is held for it.
    Held,
    /// It was sent.
    Sent,
}

/// An event that the shop has declared in its register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// When.
    pub at: Millis,
    /// The event's declared name.
    pub name: String,
    /// The declared fields.
    #[serde(default)]
    pub fields: serde_json::Map<String, serde_json::Value>,
}

macro_rules! kinds {
    ($( $(#[$doc:meta])* $name:ident / $row:ty = $id:literal, $label:literal => [$($purpose:ident),*]; )+) => {
        /// A kind of personal data, by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $( $(#[$doc])* $name ),+ }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name in `equipoise.toml` and in the store.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }

            /// Its name for customers.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label),+ }
            }

            /// The built-in purposes that it can ever serve; the compiler holds the same table.
            #[must_use]
            pub const fn serves(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$(<$purpose as Purpose>::ID),*]),+ }
            }
        }

        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;
            impl sealed::Sealed for $name {}
            impl DataKind for $name {
                const KIND: Kind = Kind::$name;
                type Row = $row;
            }
            $( impl UsableFor<$purpose> for $name {} )*
        )+
    };
}

kinds! {
    /// Name, e-mail, phone, address.
    Contact / Stated = "contact", "Name and contact details" => [Service, Offers, Assistance, Security];
    /// Pages, products and articles looked at, searches.
    BrowsingHistory / Browsed = "browsing", "What you looked at and searched for" =>
        [Analytics, Personalisation, Offers, Assistance];
    /// Carts, wish lists, coupons.
    CartHistory / Basketed = "cart", "Your cart and wish list" =>
        [Service, Analytics, Personalisation, Offers, Assistance, PersonalisedPricing];
    /// Orders, refunds, returns.
    PurchaseHistory / Ordered = "orders", "Your orders and returns" =>
        [Service, Analytics, Personalisation, Offers, Assistance, FairnessAudit, Security];
    /// Browser family, kind of device, coarse network, language, how the visit came to the shop.
    DeviceTraces / Seen = "device", "Your kind of device and browser" => [Analytics, Security];
    /// Reviews, notes, "not interested".
    Feedback / Told = "feedback", "What you told us" => [Service, Personalisation, Assistance, Analytics];
    /// Recommendations shown and their reasons.
    ShownItems / Shown = "shown", "What we recommended to you, and why" => [Personalisation, Analytics];
    /// Offers that were sent, and places that are held for some.
    SentOffers / Offered = "offered", "Offers that we sent you, and why" => [Offers];
    /// Events that the shop has declared.
    DeclaredEvents / Happened = "declared", "Other things that this shop records" =>
        [Service, Analytics, Personalisation, Offers, Assistance, Security];
}

/// The word names no kind of data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown kind of data `{0}`; use one of contact, browsing, cart, orders, device, feedback, shown, offered, declared"
)]
pub struct UnknownKind(pub String);

impl std::str::FromStr for Kind {
    type Err = UnknownKind;
    fn from_str(word: &str) -> Result<Self, UnknownKind> {
        Self::ALL.iter().copied().find(|k| k.as_str() == word).ok_or_else(|| UnknownKind(word.to_owned()))
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
