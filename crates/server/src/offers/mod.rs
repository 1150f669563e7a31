//! Offers: campaigns, who may be written to about which of their goods, and what was sent.
//!
//! ```text
//! campaign (planning) ─► a second person's approval, where it touches what is sensitive (range, planning)
//!        │
//! may I write to these people? (sending) ─► each person: grant, goods, caps, quiet hours (decision) ─► a place is held
//!        │
//! I wrote to these (reporting) ─► the place becomes what was sent, sealed with the person
//! ```
//!
//! What a contract needs (a receipt, "your parcel is on its way") is no offer and isn't asked for here. Nothing here
//! may choose whom to write to by what they looked at or bought, and no list of people may leave: whoever sends asks
//! about the people whom they already know.

mod asked;
mod campaign;
mod command;
mod decision;
mod desk;
mod planning;
mod range;
mod reporting;
mod sending;
mod words;

pub use campaign::{About, Campaign, Standing};
pub use command::{OffersArgs, OffersCommand, run};
pub use decision::{Decision, Spared, Why};
pub use desk::{Task, routes, serve};

/// The part of the program that opens data here, as the audit log names it.
const PART: &str = "offers";
/// What fewer people than this got stands in no answer as a number.
const AT_LEAST: privacy::aggregate::Threshold = privacy::aggregate::Threshold::of(5);
