//! A typed row on its way to the vault. Must hold no field that [`privacy::data`] doesn't have.

use privacy::data::{Basketed, Browsed, Happened, Kind, Ordered, Seen, Stated, Told};

/// A row of one of the kinds that intake takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Row {
    /// Looked at or searched for.
    Browsed(Browsed),
    /// Put into or taken out of the cart.
    Basketed(Basketed),
    /// Ordered or sent back.
    Ordered(Ordered),
    /// Told the shop.
    Told(Told),
    /// Name or contact detail.
    Stated(Stated),
    /// The device.
    Seen(Seen),
    /// An event that the shop has declared.
    Happened(Happened),
}

impl Row {
    /// The kind of data.
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Browsed(_) => Kind::BrowsingHistory,
            Self::Basketed(_) => Kind::CartHistory,
            Self::Ordered(_) => Kind::PurchaseHistory,
            Self::Told(_) => Kind::Feedback,
            Self::Stated(_) => Kind::Contact,
            Self::Seen(_) => Kind::DeviceTraces,
            Self::Happened(_) => Kind::DeclaredEvents,
        }
    }
}
