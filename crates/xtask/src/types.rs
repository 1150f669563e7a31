//! The types of the script that shops put into their pages: read by the TypeScript compiler, which writes nothing.
//! It must never pass when the compiler could not be had.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::browser::FOLDER;
use crate::prerequisites;
use crate::steps::{self, Outcome};
use crate::tally::Runner;

pub(crate) fn step(root: &Path) -> Result<Outcome> {
    prerequisites::node()?;
    prerequisites::node_packages(&root.join(FOLDER))?;
    let mut command = Command::new("node");
    command
        .args([&format!("{FOLDER}/node_modules/typescript/bin/tsc"), "--project", FOLDER])
        .current_dir(root);
    steps::outcome(&mut command, Runner::None)
}
