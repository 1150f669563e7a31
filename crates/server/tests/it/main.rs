//! The whole program over HTTP, in one binary. Each file is one promise.

mod canary;
mod consent;
mod crash;
mod durability;
mod forgetting;
mod harness;
mod intake;
mod recommendations;
mod rights;
