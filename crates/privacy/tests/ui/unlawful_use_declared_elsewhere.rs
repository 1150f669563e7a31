//! Nobody else decides which data serves which purpose.

use privacy::data::{PurchaseHistory, UsableFor};
use privacy::purpose::PersonalisedPricing;

impl UsableFor<PersonalisedPricing> for PurchaseHistory {}

fn main() {}
