//! `equipoise evaluate`: the report to standard output, where the page went to standard error.

use std::process::ExitCode;

use super::Failure;
use super::terminal::{note, say};
use crate::evaluate::{EvaluateArgs, Output};

/// Measures. Touches no shop's data: what it reads are the files that it is given.
pub(super) fn run(arguments: &EvaluateArgs) -> Result<ExitCode, Failure> {
    let Output { report: _, told, page } = arguments.run()?;
    say(&told)?;
    if let Some(page) = page {
        note(&format!("the report with charts is in `{}`", page.display()));
    }
    Ok(ExitCode::SUCCESS)
}
