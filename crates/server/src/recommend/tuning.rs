//! The dials and weights of the blend: shipped, or learned on the shop's own past. A few dozen numbers about the whole shop.
//!
//! Must never hold anything about one person.

use models::recommend::baskets;
use models::recommend::visits::VisitParams;

use super::Weights;

/// How many candidates a model of visits names.
const WIDE: usize = 100;

/// What turns the models into one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuning {
    /// What each voice counts.
    pub weights: Weights,
    /// How earlier visits are read.
    pub visits: VisitParams,
    /// How earlier orders are read.
    pub baskets: baskets::Params,
}

impl Default for Tuning {
    /// What is shipped.
    fn default() -> Self {
        let baskets = baskets::Params { neighbours: 0, ..baskets::Params::standard(WIDE) };
        Self { weights: Weights::shipped(), visits: VisitParams::standard(WIDE), baskets }
    }
}
