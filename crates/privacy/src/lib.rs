//! The law as types: the only door to personal data.
//!
//! A purpose is declared in the [`register`], decided on by the data subject in the [`consent`] ledger,
//! and proven at the moment of use by a [`grant::Grant`], which alone opens the [`vault`].
//!
//! This crate must never do I/O, read a clock, draw randomness of its own, or know a database: time,
//! entropy and rows are arguments, and [`store::Tx`] is the seam behind which the rows lie.

pub mod aggregate;
pub mod audit;
pub mod consent;
pub mod data;
pub mod entropy;
pub mod grant;
pub mod integrity;
pub mod keeping;
pub mod login;
pub mod minimise;
pub mod notice;
pub mod offers;
pub mod personal;
mod projection;
pub mod pseudonym;
pub mod purpose;
pub mod register;
pub mod rights;
pub mod sensitive;
pub mod signals;
pub mod store;
pub mod subject;
pub mod vault;
