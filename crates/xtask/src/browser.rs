//! The browser tests: builds the program, starts the demo shop on data of its own, runs Playwright against it.
//! It must never touch a shop that runs already.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cargo::{self, Profile};
use crate::prerequisites;
use crate::server_process::ServerProcess;
use crate::steps::{self, Outcome};
use crate::tally::Runner;

/// Where the Playwright scripts stand.
pub(crate) const FOLDER: &str = "tests/browser";

pub(crate) fn step(root: &Path) -> Result<Outcome> {
    let program = cargo::build_equipoise(root, Profile::Dev)?;
    let data = tempfile::tempdir().context("could not make a folder for the demo's data")?;
    let data_dir = data.path().join("demo").to_string_lossy().into_owned();
    let server =
        ServerProcess::start(&program, &["demo", "--listen", "127.0.0.1:0", "--data-dir", &data_dir])?;
    println!("the demo shop runs at {}", server.origin());
    let mut command = Command::new("node");
    command.arg(format!("{FOLDER}/run.mjs")).arg(server.origin()).current_dir(root);
    if let Some(chromium) = prerequisites::chromium() {
        command.env("CHROMIUM", chromium);
    }
    let mut outcome = steps::outcome(&mut command, Runner::Browser)?;
    if outcome.failure.is_some() {
        println!("the demo shop: {}", server.last_words());
    }
    if outcome.failure.is_none() && outcome.tally.passed == 0 {
        outcome.failure = Some("the browser runner ran no test".to_owned());
    }
    if let Err(error) = server.stop() {
        outcome.failure.get_or_insert_with(|| format!("{error:#}"));
    }
    Ok(outcome)
}
