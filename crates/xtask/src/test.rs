//! `cargo xtask test`: everything that must hold, in one command, on a machine that has Rust, a C compiler and git.
//! It must never pass over a test in silence: what can't run is named, and counts.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};
use lexopt::prelude::*;

use crate::steps::{self, Outcome, Steps};
use crate::tally::Runner;
use crate::{browser, cargo, check, clients, prerequisites, signals, types};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Lint,
    Unit,
    Doc,
    Types,
    Signals,
    Browser,
    Clients,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Usual,
    /// With the long crash tests.
    Long,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    parts: Vec<Part>,
    length: Length,
}

impl Options {
    pub(crate) fn parse(arguments: &mut lexopt::Parser) -> Result<Self> {
        let mut options = Self { parts: Vec::new(), length: Length::Usual };
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("only") => options.parts.push(match arguments.value()?.string()?.as_str() {
                    "lint" => Part::Lint,
                    "unit" => Part::Unit,
                    "doc" => Part::Doc,
                    "types" => Part::Types,
                    "signals" => Part::Signals,
                    "browser" => Part::Browser,
                    "clients" => Part::Clients,
                    other => {
                        bail!(
                            "unknown part `{other}`; say unit, doc, types, signals, browser, clients or lint"
                        )
                    }
                }),
                Long("long") => options.length = Length::Long,
                other => return Err(other.unexpected().into()),
            }
        }
        if options.parts.is_empty() {
            options.parts = vec![
                Part::Lint,
                Part::Unit,
                Part::Doc,
                Part::Types,
                Part::Signals,
                Part::Browser,
                Part::Clients,
            ];
        }
        Ok(options)
    }
}

pub(crate) fn command(root: &Path, options: Options) -> Result<ExitCode> {
    let Options { parts, length } = options;
    let wants = |part| parts.contains(&part);
    let mut steps = Steps::default();
    let browser_is_possible = wants(Part::Browser)
        && steps.run("what the tests need", || {
            prerequisites::programs()?;
            prerequisites::node_packages(&root.join(browser::FOLDER))?;
            Ok(Outcome::default())
        });
    let clients_are_possible = wants(Part::Clients)
        && steps.run("what the clients need", || {
            // Node.js and Chromium too, and the browser tests' Playwright.
            prerequisites::programs()?;
            prerequisites::python_itself()?;
            prerequisites::node_packages(&root.join(browser::FOLDER))?;
            prerequisites::node_packages(&root.join(clients::FOLDER))?;
            prerequisites::python_packages(&root.join(clients::FOLDER))?;
            Ok(Outcome::default())
        });
    if wants(Part::Lint) {
        check::lint(root, &mut steps);
    }
    if wants(Part::Unit) {
        steps.run("tests", || tests(root, length));
    }
    if wants(Part::Doc) {
        steps.run("examples in the docs", || {
            let mut command = cargo::cargo(root);
            command.args(["test", "--doc", "--workspace", "--no-fail-fast"]);
            steps::outcome(&mut command, Runner::Libtest)
        });
        steps.run("docs", || steps::outcome(&mut cargo::documentation(root), Runner::None));
    }
    if wants(Part::Types) {
        steps.run("types of the script", || types::step(root));
    }
    if wants(Part::Signals) {
        steps.run("reference packages", || signals::step(root));
    }
    if wants(Part::Browser) {
        steps.run("browser tests", || match browser_is_possible {
            true => browser::step(root),
            false => bail!("not run, because what they need is missing (see the first step)"),
        });
    }
    if wants(Part::Clients) {
        steps.run("client tests", || match clients_are_possible {
            true => clients::step(root),
            false => bail!("not run, because what they need is missing (see the step that says so)"),
        });
    }
    Ok(steps.close())
}

fn tests(root: &Path, length: Length) -> Result<Outcome> {
    match has_nextest(root) {
        true => nextest(root, length),
        false => {
            println!("cargo-nextest is absent; `cargo test` runs the same tests, only more slowly");
            let mut command = cargo::cargo(root);
            command.args([
                "test",
                "--workspace",
                "--lib",
                "--bins",
                "--tests",
                "--no-fail-fast",
                "--",
                "--show-output",
            ]);
            with_length(&mut command, length);
            steps::outcome(&mut command, Runner::Libtest)
        }
    }
}

fn nextest(root: &Path, length: Length) -> Result<Outcome> {
    // Nextest shows no words of passed tests; its JUnit report keeps them, and with them the `skipped:` notes.
    let folder = tempfile::tempdir()?;
    let report = folder.path().join("junit.xml");
    let settings = folder.path().join("nextest.toml");
    let path = toml::Value::String(report.to_string_lossy().into_owned());
    std::fs::write(
        &settings,
        format!("[profile.default.junit]\npath = {path}\nstore-success-output = true\n"),
    )?;
    let mut command = cargo::cargo(root);
    command.args(["nextest", "run", "--workspace", "--no-fail-fast", "--no-tests=pass"]);
    command.arg(format!("--tool-config-file=xtask:{}", settings.display()));
    with_length(&mut command, length);
    let (mut reader, success) = steps::stream(&mut command, Runner::Nextest)?;
    if let Ok(report) = std::fs::read_to_string(&report) {
        reader.junit(&report);
    }
    Ok(steps::conclude(reader, success, &command))
}

fn has_nextest(root: &Path) -> bool {
    let mut command = cargo::cargo(root);
    command.args(["nextest", "--version"]).output().is_ok_and(|output| output.status.success())
}

fn with_length(command: &mut Command, length: Length) {
    match length {
        Length::Usual => {}
        Length::Long => {
            command.env("EQUIPOISE_LONG", "1");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options> {
        Options::parse(&mut lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn everything_runs_unless_a_part_is_named() {
        assert_eq!(parse(&[]).unwrap().parts.len(), 7);
        let options = parse(&["--only", "unit", "--only=doc", "--long"]).unwrap();
        assert_eq!(options, Options { parts: vec![Part::Unit, Part::Doc], length: Length::Long });
        let unknown = parse(&["--only", "nothing"]).unwrap_err().to_string();
        let (_, known) = unknown.split_once("say ").unwrap();
        let known: Vec<_> = known.split([',', ' ']).filter(|word| !["", "or"].contains(word)).collect();
        assert_eq!(known.len(), 7, "{unknown}");
        assert!(known.iter().all(|part| parse(&["--only", part]).is_ok()), "{unknown}");
        assert!(parse(&["--short"]).is_err());
    }
}
