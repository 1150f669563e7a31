//! The project's own tasks: `cargo xtask fmt|tidy|check|test|bench`.
//! It must never become part of what a shop runs, and must build in seconds, because everything waits for it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks by printing")]

mod bench;
mod browser;
mod cargo;
mod check;
mod clients;
mod prerequisites;
mod server_process;
mod signals;
mod steps;
mod tally;
mod test;
mod tidy;
mod types;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use lexopt::prelude::*;

const HELP: &str = "\
Tasks of the Equipoise workspace.

  cargo xtask fmt                     format all Rust code
  cargo xtask tidy                    the house rules that no compiler knows
  cargo xtask check                   formatting, clippy, tidy and the quick unit tests: before every commit
  cargo xtask test [options]          everything, with what the tests need installed first
      --only unit|doc|types|signals|browser|clients|lint
                                       one part only (may be given several times)
      --long                          with the long crash tests (sets EQUIPOISE_LONG=1)
  cargo xtask bench [what] [options]  recommendations|intake|erasure|memory; without a name, all of them
      `cargo xtask bench --help` lists the options
";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut arguments = lexopt::Parser::from_env();
    let root = workspace_root()?;
    let command = match arguments.next()? {
        None | Some(Short('h') | Long("help")) => {
            print!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        Some(Value(command)) => command.string()?,
        Some(other) => return Err(other.unexpected().into()),
    };
    match command.as_str() {
        "fmt" => {
            no_more(&mut arguments)?;
            check::format(&root)
        }
        "tidy" => {
            no_more(&mut arguments)?;
            tidy::command(&root)
        }
        "check" => {
            no_more(&mut arguments)?;
            check::command(&root)
        }
        "test" => test::command(&root, test::Options::parse(&mut arguments)?),
        "bench" => bench::command(&root, &mut arguments),
        other => bail!("unknown command `{other}`; `cargo xtask --help` lists what there is"),
    }
}

fn no_more(arguments: &mut lexopt::Parser) -> Result<()> {
    match arguments.next()? {
        None => Ok(()),
        Some(extra) => Err(extra.unexpected().into()),
    }
}

/// The folder of the workspace: two above this package, wherever the command was called from.
fn workspace_root() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .map(Path::to_path_buf)
        .context("the package `xtask` no longer stands in `crates/xtask`")
}
