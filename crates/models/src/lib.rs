//! The mathematics behind recommendations: what to show, why, how well it does, and which of two ways does better.
//!
//! What this crate must never do:
//! - know a data subject: no name, pseudonym, address or account; a visit is a list of items, a session a number that the
//!   caller chose and can take back;
//! - read a clock or make randomness: both come in as arguments, so that the same question has the same answer;
//! - touch a file, a socket, a database or a log;
//! - forget approximately: whatever learns from a person has a `forget` after which it equals, number for number, the model
//!   that never saw them;
//! - hand out a score whose reasons don't add up to it;
//! - depend on another crate of this project.

pub mod evaluate;
pub mod experiment;
pub mod recommend;
