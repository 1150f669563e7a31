//! Standards in which a choice is told to others, and in which others tell it to us: the browser's own signals
//! (Global Privacy Control, Do Not Track), the IAB's TCF 2.3 and GPP strings, Google's Consent Mode, Segment's consent
//! object.
//!
//! [`expression`] says what the ledger holds in each of them, [`reading`] hears what each says about a shop's purposes.
//! Neither may ever turn doubt into a yes: what has no counterpart, or can't be read, is a no.

pub mod bits;
mod browser;
pub mod consent_mode;
mod error;
pub mod expression;
mod fibonacci;
pub mod gpp;
pub mod reading;
pub mod tcf;

pub use browser::{Dnt, Gpc, GpcSupport, dnt, gpc};
pub use error::SignalError;
