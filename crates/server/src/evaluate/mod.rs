//! `equipoise evaluate`: how good the recommendations are on recorded data, next to popularity and to each single model.
//!
//! It must never learn from what it asks about: models and the blend's weights see the training part alone. Nothing that it
//! reads is stored, and nothing of one customer or visit is shown: a report holds means and counts.

mod arguments;
mod blend;
mod clock;
mod contender;
mod conventions;
mod customers;
mod discovery;
mod error;
mod exam;
mod here;
mod html;
mod json;
mod measure;
mod next_baskets;
mod of_customers;
mod of_visits;
mod page_alone;
mod progress;
mod read;
mod refusal;
mod report;
mod run;
mod text;
mod visits;

pub use arguments::EvaluateArgs;
pub use error::EvaluateError;
pub use report::Report;
pub use run::Output;
