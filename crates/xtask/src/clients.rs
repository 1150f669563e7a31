//! The client tests: Segment's own clients from npm and PyPI, unmodified, against a server that their runner starts.
//! It must never reach beyond the loopback once the packages are there, nor touch a shop that runs already.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::cargo::{self, Profile};
use crate::prerequisites;
use crate::steps::{self, Outcome};
use crate::tally::Runner;

/// Where the clients' packages and the scripts that use them stand.
pub(crate) const FOLDER: &str = "tests/clients";

pub(crate) fn step(root: &Path) -> Result<Outcome> {
    let program = cargo::build_equipoise(root, Profile::Dev)?;
    let mut command = Command::new("node");
    command.arg(format!("{FOLDER}/run.mjs")).arg(program).current_dir(root);
    command.env("PYTHON", prerequisites::python(&root.join(FOLDER)));
    if let Some(chromium) = prerequisites::chromium() {
        command.env("CHROMIUM", chromium);
    }
    let mut outcome = steps::outcome(&mut command, Runner::Browser)?;
    if outcome.failure.is_none() && outcome.tally.passed == 0 {
        outcome.failure = Some("the clients' runner ran no test".to_owned());
    }
    Ok(outcome)
}
