//! What the models learn of: something that a person did, and the names under which they may.
//!
//! Must never hold more of an event than the models use.

use privacy::data::{Kind, Millis};
use privacy::minimise::{CameFrom, Device};
use privacy::pseudonym::Pseudonym;
use privacy::purpose::{Analytics, Personalisation};

/// Something that a person did, as the models learn it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Looked at an item, or put it in the cart.
    Looked {
        /// The product's or article's id.
        item: String,
        /// The visit, as the shop's client names it.
        session: Option<String>,
        /// When.
        at: Millis,
        /// The kind of data that says so.
        kind: Kind,
    },
    /// Bought or, with a negative quantity, sent back.
    Bought {
        /// The shop's number for the order.
        order: String,
        /// Items and how many.
        lines: Vec<(String, i64)>,
        /// When.
        at: Millis,
    },
    /// Read an article.
    Read {
        /// The article's id.
        item: String,
    },
    /// Doesn't want to see an item again.
    Unwanted {
        /// The product's or article's id.
        item: String,
        /// When it was said.
        at: Millis,
    },
    /// Came to the shop in some circumstances. Counted, and known of nobody.
    Came {
        /// Which.
        ways: Vec<Way>,
        /// When.
        at: Millis,
    },
}

/// One circumstance of a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// The kind of device.
    Device(Device),
    /// Where the visit came from.
    From(CameFrom),
    /// The place that the page was about, or the country of an order, from wide to narrow.
    Region(String),
}

/// A person's names for the purposes that the models serve; `None` where the purpose isn't permitted.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    /// For what is personal: visits, orders, what is unwanted.
    pub personalisation: Option<Pseudonym<Personalisation>>,
    /// For popularity.
    pub analytics: Option<Pseudonym<Analytics>>,
}
