//! Experiments: a place filled in two or more ways, split over people, and an honest answer to which does better.
//!
//! Only whoever permits `analytics` takes part; everybody else sees the place as it is set, and nothing of it is kept.
//! That somebody saw a variant is one sealed row of theirs, and every result is counted anew from what grants open at that
//! moment: so an erasure or a withdrawal takes a person out of the counts exactly, with nothing left to subtract. Must
//! never hand out a figure about fewer people than the threshold, nor open more of a person than the ledger permits.

mod command;
mod design;
mod desk;
mod enrol;
mod readout;
mod routes;
mod tally;
mod trial;
mod words;

pub use command::{ExperimentArgs, run};
pub use design::{Design, Goal};
pub use enrol::{Experiments, flush_exposures};
pub use routes::{local, routes};
pub use trial::Trial;

pub(crate) use enrol::enrol;

/// The part of the program that opens data here, as the audit log names it.
pub(crate) const PART: &str = "experiments";
