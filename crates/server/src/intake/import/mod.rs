//! `equipoise import`: files of past orders, visits and events, taken in through the same door as live ones.
//!
//! What has been read is written down in the same transaction as its rows, so that a killed import goes on where it
//! stopped, and nothing comes in twice. A bad line must never stop or lose the rest.

mod arguments;
mod basis;
mod error;
mod events;
mod online_retail;
mod rejects;
mod report;
mod run;
mod sessions;
mod source;
mod statement;

pub use arguments::{Format, ImportArgs};
pub use basis::{Basis, BasisError};
pub use error::ImportError;
pub(crate) use online_retail::{columns_of as columns_of_invoices, time as invoice_time};
pub use run::{Import, News, Report};
pub(crate) use source::Source;

use super::segment::Event;

/// One or more lines of a file that belong together.
struct Unit {
    /// Lines that have been read when this unit is in, from the file's beginning.
    lines: u64,
    /// What they bring.
    events: Vec<Result<Event, &'static str>>,
    /// Products that they name: id and name.
    products: Vec<(String, String)>,
    /// Lines that are nobody's.
    without_customer: u64,
    /// A line that can't be read.
    bad: Option<Bad>,
}

/// A line that can't be read.
struct Bad {
    line: u64,
    reason: String,
    mend: &'static str,
    text: String,
}

impl Unit {
    fn of(lines: u64) -> Self {
        Self { lines, events: Vec::new(), products: Vec::new(), without_customer: 0, bad: None }
    }
}
