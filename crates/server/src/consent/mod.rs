//! The customer's choice: taking it down, heeding it at once, handing out receipts.
//!
//! A decision, the deletion of what it leaves without a purpose, and what the models forget for it are one write, so
//! that the very next answer obeys. Nothing here may make a yes of anything but a yes.

mod authority;
mod choice;
mod receipts;
mod routes;
mod signals;
mod tcf;
#[cfg(test)]
mod tests;

pub use authority::Authority;
pub(crate) use authority::Proof;
pub use choice::{ChoiceError, decide, drop_undeclared, heed_opt_out};
pub use receipts::{receipt, receipts};
pub(crate) use routes::operator;
pub use routes::{Choice, Stored, Who, consent_of, routes, state, take_choice};
pub(crate) use tcf::about as tcf_about;
