//! The whole program over HTTP, in one binary. Each file is one promise.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::zombie_processes,
    reason = "a test stops at the first surprise"
)]

mod canary;
mod cold_start;
mod consent;
mod crash;
mod durability;
mod evaluate;
mod experiments;
mod explanations;
mod forgetting;
mod harness;
mod intake;
mod offers;
mod overload;
mod placements;
mod privacy_centre;
mod program;
mod recommendations;
mod rights;
mod signals;
mod silence;
