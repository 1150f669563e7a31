//! Equipoise, the server: command line, HTTP and pages. A folder is a feature.
//!
//! Nothing here may hold SQL, a cipher, or personal data outside a transaction: what is read leaves a transaction
//! only as a decision, a recommendation, or through a right.

pub mod app;
pub mod cli;
pub mod consent;
pub mod demo;
pub mod evaluate;
pub mod experiments;
pub mod intake;
pub mod notice;
pub mod offers;
pub mod operate;
pub mod placements;
pub mod privacy_centre;
pub mod question;
pub mod recommend;
pub mod rights;
pub mod simulate;
pub mod web;
