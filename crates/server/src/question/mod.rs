//! What a shop's own pages load: the script that asks, and the words of the question in the customer's language.
//!
//! The words about a purpose are the register's own. A translation stands in for them only where it translates just
//! these words, or where the shop wrote it itself: nobody may agree to what the register doesn't say.

mod asked;
mod sdk;
mod texts;

pub use sdk::{consent_mode_snippet, snippet, tcf_snippet};
pub use texts::{PurposeWords, Texts, TextsError};

use axum::http::Method;

use crate::web::{Access, Table};

/// The routes of this feature.
#[must_use]
pub fn routes(table: Table) -> Table {
    table
        .declare(Access::Pages, Method::GET, "/v1/question", asked::show)
        .declare(Access::Public, Method::GET, "/sdk/{name}", sdk::newest)
        .declare(Access::Public, Method::GET, "/sdk/{tag}/{name}", sdk::one)
}
