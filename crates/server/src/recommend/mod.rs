//! Recommendations: what is learnt from whom, and what is answered to whom.
//!
//! The models hold only what a grant opened or a collection permitted; every answer asks the ledger anew. Nothing here
//! may keep a person's data in another form than the models' own, under a purpose's pseudonym.

mod answer;
mod basis;
mod catalogue;
mod company;
mod engine;
mod held;
mod learning;
mod memory;
mod near;
mod ranking;
mod reason;
mod routes;
mod shelf;
mod shown;
mod stocking;

pub use answer::{Answer, Ask, Proof, Reason, Recommended, Wanted, Who, recommend};
pub use catalogue::{Catalogue, CatalogueItem};
pub use engine::Engine;
pub use held::Held;
pub use learning::{Lesson, facts, forget, learn, relearn, replay};
pub use memory::{Fact, Names};
pub use routes::routes;
pub use shown::{ShownBuffer, flush_shown};

/// The part of the program that opens data here, as the audit log names it.
pub(crate) const PART: &str = "recommend";
