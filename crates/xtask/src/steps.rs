//! Running steps one after the other: their output as it comes, their time, and the table at the end.
//! A failed step never hides the ones after it, and a failed run never ends in `0 failed`.

use std::io::{BufRead as _, BufReader, IsTerminal as _};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::tally::{Reader, Runner, Tally};

/// What a step leaves behind when its command could be run.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) tally: Tally,
    pub(crate) notes: Vec<String>,
    /// What went wrong, if anything.
    pub(crate) failure: Option<String>,
}

struct Finished {
    name: &'static str,
    time: Duration,
    outcome: Outcome,
}

/// The steps so far.
#[derive(Default)]
pub(crate) struct Steps {
    finished: Vec<Finished>,
}

impl Steps {
    /// Runs one step and remembers how it went; says whether it succeeded.
    pub(crate) fn run(&mut self, name: &'static str, step: impl FnOnce() -> Result<Outcome>) -> bool {
        println!("\n=== {name}");
        let begun = Instant::now();
        let mut outcome = step()
            .unwrap_or_else(|error| Outcome { failure: Some(format!("{error:#}")), ..Outcome::default() });
        let time = begun.elapsed();
        match &outcome.failure {
            None => println!("=== {name}: done in {:.1} s", time.as_secs_f64()),
            Some(failure) => {
                println!("=== {name}: FAILED after {:.1} s: {failure}", time.as_secs_f64());
                // A step that fails without a failed test (a lint, a build, a missing program) counts as one.
                outcome.tally.failed = outcome.tally.failed.max(1);
            }
        }
        let succeeded = outcome.failure.is_none();
        self.finished.push(Finished { name, time, outcome });
        succeeded
    }

    /// Prints the table and the closing line `N passed, N failed, N skipped`.
    pub(crate) fn close(self) -> ExitCode {
        let notes: Vec<_> = self.finished.iter().flat_map(|step| &step.outcome.notes).collect();
        if !notes.is_empty() {
            println!("\nTests that could not run here:");
            notes.iter().for_each(|note| println!("  skipped: {note}"));
        }
        println!(
            "\n{:<24} {:>8}  {:>7} {:>7} {:>8}  result",
            "step", "seconds", "passed", "failed", "skipped"
        );
        let mut total = Tally::default();
        for Finished { name, time, outcome: Outcome { tally, failure, .. } } in &self.finished {
            let result = failure.as_deref().map_or_else(|| "ok".to_owned(), |why| format!("FAILED: {why}"));
            let Tally { passed, failed, skipped } = *tally;
            println!(
                "{name:<24} {:>8.1}  {passed:>7} {failed:>7} {skipped:>8}  {result}",
                time.as_secs_f64()
            );
            total += *tally;
        }
        let Tally { passed, failed, skipped } = total;
        println!("{passed} passed, {failed} failed, {skipped} skipped");
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Runs a command with its output shown as it comes and its summary lines counted.
pub(crate) fn stream(command: &mut Command, runner: Runner) -> Result<(Reader, bool)> {
    // One pipe for both streams keeps their lines in the order in which they were written.
    let (output, input) = std::io::pipe().context("could not make a pipe")?;
    command.stdin(Stdio::null());
    command.stdout(input.try_clone().context("could not make a pipe")?).stderr(input);
    if std::io::stdout().is_terminal() && std::env::var_os("CARGO_TERM_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let shown = shown(command);
    println!("$ {shown}");
    let mut child = command.spawn().with_context(|| format!("could not start `{shown}`"))?;
    // Our own ends of the pipe must go, or the reading below never ends.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut reader = Reader::new(runner);
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line.context("could not read a command's output")?).into_owned();
        println!("{line}");
        reader.line(&line);
    }
    let status = child.wait().with_context(|| format!("could not wait for `{shown}`"))?;
    Ok((reader, status.success()))
}

/// Streams a command and makes a step's outcome of it.
pub(crate) fn outcome(command: &mut Command, runner: Runner) -> Result<Outcome> {
    let (reader, success) = stream(command, runner)?;
    Ok(conclude(reader, success, command))
}

/// Weighs a runner's counts against its exit code: a runner that fails without a failed test still fails.
pub(crate) fn conclude(reader: Reader, success: bool, command: &Command) -> Outcome {
    let (tally, notes) = reader.finish();
    let failure = match (success, tally.failed) {
        (true, 0) => None,
        (_, 0) => Some(format!("`{}` ended with an error", shown(command))),
        (_, 1) => Some("1 test failed".to_owned()),
        (_, failed) => Some(format!("{failed} tests failed")),
    };
    Outcome { tally, notes, failure }
}

/// Runs a command for what it prints; its standard error goes straight through.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("could not start `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` ended with an error");
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` printed something that isn't text"))
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program()).to_string_lossy();
    command.get_args().fold(program.into_owned(), |line, argument| line + " " + &argument.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn counts_from_both_streams() {
        let mut command = shell("echo '2 passed, 0 failed'; echo '1 passed, 0 failed' >&2");
        let outcome = outcome(&mut command, Runner::Browser).unwrap();
        assert_eq!(outcome.tally, Tally { passed: 3, failed: 0, skipped: 0 });
        assert!(outcome.failure.is_none());
    }

    #[test]
    fn a_failed_command_without_failed_tests_still_fails() {
        let outcome = outcome(&mut shell("echo '2 passed, 0 failed'; exit 3"), Runner::Browser).unwrap();
        assert!(outcome.failure.is_some());
        let mut steps = Steps::default();
        assert!(!steps.run("lint", || Ok(outcome)));
        assert_eq!(steps.close(), ExitCode::FAILURE);
    }

    #[test]
    fn failed_tests_fail_the_step_even_when_the_runner_forgets_to() {
        let outcome = outcome(&mut shell("echo '2 passed, 1 failed'"), Runner::Browser).unwrap();
        assert_eq!(outcome.failure.as_deref(), Some("1 test failed"));
    }

    #[test]
    fn steps_go_on_after_a_failure() {
        let mut steps = Steps::default();
        assert!(!steps.run("first", || bail!("broken")));
        assert!(steps.run("second", || Ok(Outcome::default())));
        assert_eq!(steps.finished.len(), 2);
        assert_eq!(steps.close(), ExitCode::FAILURE);
    }
}
