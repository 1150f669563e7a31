//! The cargo commands that `check` and `test` share, each with the flags that the project builds with.
//! They must never differ between the two, or a green `check` would mean less than a green `test`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::steps;

/// Which build of a program.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    Dev,
    Release,
}

/// Cargo itself, in the workspace.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

pub(crate) fn format_check(root: &Path) -> Command {
    let mut command = cargo(root);
    command.args(["fmt", "--all", "--check"]);
    command
}

pub(crate) fn clippy(root: &Path) -> Command {
    let mut command = cargo(root);
    command.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    command
}

pub(crate) fn documentation(root: &Path) -> Command {
    let mut command = cargo(root);
    command.args(["doc", "--no-deps", "--workspace"]).env("RUSTDOCFLAGS", "-D warnings");
    command
}

/// Builds the program `equipoise` and says where it stands.
///
/// # Errors
/// When the build fails, or makes no program.
pub(crate) fn build_equipoise(root: &Path, profile: Profile) -> Result<PathBuf> {
    build(root, ["-p", "equipoise", "--bin", "equipoise"], profile)
}

/// Builds a crate's example and says where it stands.
///
/// # Errors
/// When the build fails, or makes no program.
pub(crate) fn build_example(root: &Path, package: &str, name: &str) -> Result<PathBuf> {
    build(root, ["-p", package, "--example", name], Profile::Dev)
}

fn build(root: &Path, what: [&str; 4], profile: Profile) -> Result<PathBuf> {
    let mut command = cargo(root);
    command.arg("build").args(what).arg("--message-format=json-render-diagnostics");
    match profile {
        Profile::Dev => {}
        Profile::Release => {
            command.arg("--release");
        }
    }
    let messages = steps::capture(&mut command)?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .next_back()
        .with_context(|| format!("the build of `{}` made no program", what.join(" ")))
}
