//! The customer's rights: see, take along, set right, restrict, object, withdraw, erase (GDPR Chapter III, NZ Privacy
//! Act 2020 IPP 6 and 7), over HTTP and on the command line, and the clocks that run without being asked.
//!
//! The only feature through which personal data leaves the server. Nothing here may open anything but through
//! `privacy::rights`, which writes the audit entry first.

mod access;
mod audit;
mod command;
mod correction;
mod desk;
mod door;
mod erasure;
mod joining;
mod kept;
mod person;
mod portability;
mod retention;
mod stopping;
#[cfg(test)]
pub(crate) mod tests;

pub use access::access;
pub(crate) use access::authority;
pub use audit::{AuditArgs, AuditCommand, Verdict, run as run_audit};
pub use command::{Identity, KeptArgs, Purposes, Rectify, SubjectArgs, SubjectCommand, Whom, run};
pub use correction::{Correction, rectify};
pub use desk::{Desk, routes, serve};
pub use door::{CliError, Door};
pub use erasure::erase;
pub use joining::join;
pub use kept::{KeptQuestion, kept};
pub use person::{ExerciseError, Person};
pub use portability::export;
pub use retention::expire;
pub use stopping::{Stop, stop};
