//! Recommendations: what is learnt from whom, and what is answered to whom.
//!
//! The models hold only what a grant opened or a collection permitted; every answer asks the ledger anew. Nothing here
//! may keep a person's data in another form than the models' own, under a purpose's pseudonym.

mod answer;
mod basis;
mod catalogue;
mod chain;
mod circumstances;
mod company;
mod counting;
mod engine;
mod fact;
mod guides;
mod held;
mod learner;
mod learning;
mod liked;
mod memory;
mod near;
mod past;
mod person;
mod ranking;
mod readers;
mod reason;
mod routes;
mod shelf;
mod shown;
mod silence;
mod sources;
mod stocking;
mod suits;
mod taste;
mod tend;
mod tuned;
mod tuning;
mod voices;
mod window;

pub use answer::{Answer, Ask, Proof, Reason, Recommended, Sample, Wanted, Who, preview, recommend};
pub use catalogue::{Catalogue, CatalogueItem};
pub use circumstances::Circumstances;
pub use engine::Engine;
pub use fact::{Fact, Names, Way};
pub use held::{Held, Strengths, Tally};
pub use learner::{Judged, Marks, Report};
pub(crate) use learning::declared;
pub use learning::{Lesson, facts, forget, learn, relearn, replay};
pub use routes::routes;
pub(crate) use routes::shown_items;
pub use shelf::Filter;
pub use shown::{ShownBuffer, flush_shown};
pub use silence::Silence;
pub use stocking::restock;
pub use tuned::{blend_routes, learn_blend, learn_blend_daily, report, take_tuning, told};
pub use tuning::Tuning;
pub use voices::{VOICES, Weights};

pub(crate) use learning::today;

/// The part of the program that opens data here, as the audit log names it.
pub(crate) const PART: &str = "recommend";
