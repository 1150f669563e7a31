//! Placements: the places in a shop that recommendations fill, each with rules of its own, which the operator sets over
//! the API and which are in force at once.
//!
//! A rule can only leave out, reorder or put in what anybody may see: it must never open a person's data, nor overrule
//! what the ledger or the person said.

mod board;
mod check;
mod command;
mod compiled;
mod desk;
mod preview;
mod routes;
mod rules;
mod table;

pub use board::{Board, Place, Placements};
pub(crate) use check::{Fault, check, is_name};
pub(crate) use command::from_toml;
pub use command::{Door, PlacementArgs, Refused, run};
pub(crate) use compiled::{Bar, Compiled};
pub(crate) use desk::{refuse, written};
pub use routes::{local, routes};
pub use rules::{Link, PinRule, Rules, SoldOut};
pub(crate) use table::Columns;
