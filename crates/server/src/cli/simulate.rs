//! `equipoise simulate`: the demo shop's customers as events, streamed, of any number.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::process::ExitCode;

use super::Failure;
use super::arguments::SimulateArgs;
use super::terminal::gone_is_fine;
use crate::simulate::Simulation;

/// Writes the events, customer by customer.
pub(super) fn run(arguments: &SimulateArgs) -> Result<ExitCode, Failure> {
    let SimulateArgs { customers, seed, days, start, out } = arguments;
    let simulation = Simulation::new(*seed, *customers, *start, *days)
        .map_err(|error| Failure::asked(error, "give a `--start` and `--days` within the calendar"))?;
    let written = match out {
        None => gone_is_fine(write(simulation, std::io::stdout().lock())),
        Some(path) => {
            let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| {
                Failure::failed(
                    format!("`{}` can't be written: {error}", path.display()),
                    "name a new file in a directory that this user may write to",
                )
            })?;
            write(simulation, file)
        }
    };
    written?;
    Ok(ExitCode::SUCCESS)
}

fn write(simulation: Simulation, to: impl Write) -> std::io::Result<()> {
    let mut to = BufWriter::with_capacity(1 << 16, to);
    for message in simulation {
        writeln!(to, "{}", message.json)?;
    }
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_an_event_and_the_seed_decides() {
        let events = |seed| {
            let mut out = Vec::new();
            write(Simulation::new(seed, 3, "2026-01-01".parse().unwrap(), 60).unwrap(), &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let lines = events(1);
        assert!(lines.lines().count() > 3);
        for line in lines.lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(event["type"].is_string() && event["messageId"].is_string(), "{line}");
        }
        assert_eq!(events(1), lines);
        assert_ne!(events(2), lines);
    }
}
