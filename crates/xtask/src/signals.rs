//! Consent strings against the IAB's reference packages, both ways and field by field, on random records.
//! It needs no server; it must never pass when the packages could not be had.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::cargo;
use crate::prerequisites;
use crate::steps::{self, Outcome};
use crate::tally::Runner;

/// Where the scripts and the lock file with the packages stand.
const FOLDER: &str = "tests/signals";

pub(crate) fn step(root: &Path) -> Result<Outcome> {
    prerequisites::node()?;
    prerequisites::node_packages(&root.join(FOLDER))?;
    let program = cargo::build_example(root, "privacy", "consent_strings")?;
    let mut command = Command::new("node");
    command.arg(format!("{FOLDER}/run.mjs")).arg(program).current_dir(root);
    let mut outcome = steps::outcome(&mut command, Runner::Browser)?;
    if outcome.failure.is_none() && outcome.tally.passed == 0 {
        outcome.failure = Some("the comparison ran no test".to_owned());
    }
    Ok(outcome)
}
