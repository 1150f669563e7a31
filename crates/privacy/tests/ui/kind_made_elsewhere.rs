//! Nobody else makes kinds of data: one could pass orders off as something that may decide prices.

use privacy::data::{DataKind, Kind, Ordered, UsableFor};
use privacy::purpose::PersonalisedPricing;

struct Innocent;

impl DataKind for Innocent {
    const KIND: Kind = Kind::PurchaseHistory;
    type Row = Ordered;
}

impl UsableFor<PersonalisedPricing> for Innocent {}

fn main() {}
