//! `fmt` and `check`: what one runs before every commit. They must stay quick and need no network.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::steps::{Steps, outcome};
use crate::tally::Runner;
use crate::{cargo, tidy};

/// Formats the whole workspace.
pub(crate) fn format(root: &Path) -> Result<ExitCode> {
    let formatted = cargo::cargo(root).args(["fmt", "--all"]).status()?.success();
    Ok(if formatted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Formatting, clippy, tidy and the quick unit tests.
pub(crate) fn command(root: &Path) -> Result<ExitCode> {
    let mut steps = Steps::default();
    lint(root, &mut steps);
    steps.run("quick unit tests", || {
        let mut command = cargo::cargo(root);
        command.args(["test", "-p", "privacy", "-p", "models", "--lib", "--no-fail-fast"]);
        outcome(&mut command, Runner::Libtest)
    });
    Ok(steps.close())
}

/// The steps that read the code without running it.
pub(crate) fn lint(root: &Path, steps: &mut Steps) {
    steps.run("formatting", || outcome(&mut cargo::format_check(root), Runner::None));
    steps.run("clippy", || outcome(&mut cargo::clippy(root), Runner::None));
    steps.run("tidy", || tidy::step(root));
}
