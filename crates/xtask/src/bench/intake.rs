//! Taking events in with everything on, against the same rows put bare: the program `intake_rate` measures both sides in
//! one process and says their ratio.
//! It must never compare figures of two runs: another machine's load would decide.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::report::Table;
use crate::{cargo, steps};

/// The least that the full way must reach of the bare one.
const LEAST_RATIO: f64 = 0.40;
const TURNS: &str = "9";
/// Batches a turn: enough that each side moves its log into the file in every turn, not one of them in every other.
const BATCHES_A_TURN: &str = "200";
/// Events a batch: what Segment's libraries send at once, from 20 (Node) to 100 (Python).
const EVENTS: [&str; 2] = ["20", "100"];

pub(crate) fn measure(root: &Path) -> Result<()> {
    let mut table = Table::default();
    for events in EVENTS {
        let mut command = cargo::cargo(root);
        command.args(["run", "--release", "-p", "equipoise", "--example", "intake_rate", "--"]);
        let output = steps::capture(command.args([TURNS, events, BATCHES_A_TURN]))?;
        print!("{output}");
        let Figures { rate, to_bare, cpu_to_bare, to_read, cpu_to_read } = Figures::read(&output)?;
        table.row(&format!("batches of {events}"), format!("{rate:.0} events/s"), "everything on");
        table.at_least("  against bare rows", to_bare, LEAST_RATIO);
        table.at_least("  against bodies read, then rows", to_read, LEAST_RATIO);
        // What the two threads of the full way take together; no rate, so there is no least of it.
        table.row("  bare rows by time of the processor", format!("{cpu_to_bare:.2}"), "of all threads");
        table.row("  bodies read, then rows", format!("{cpu_to_read:.2}"), "of all threads");
    }
    table.print();
    Ok(())
}

/// The last line of `intake_rate`, after `median: `.
struct Figures {
    rate: f64,
    to_bare: f64,
    cpu_to_bare: f64,
    to_read: f64,
    cpu_to_read: f64,
}

impl Figures {
    fn read(output: &str) -> Result<Self> {
        let line =
            output.lines().find_map(|line| line.strip_prefix("median: ")).context("no median was printed")?;
        let words = line.split([' ', ',']).filter_map(|word| word.parse().ok()).collect::<Vec<f64>>();
        let [rate, to_bare, cpu_to_bare, to_read, cpu_to_read] = words[..] else {
            bail!("`{line}` doesn't hold five figures")
        };
        Ok(Self { rate, to_bare, cpu_to_bare, to_read, cpu_to_read })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_medians_are_read() {
        let line =
            "turn\nmedian: 4954 events/s, to bare 0.71, CPU to bare 0.30, to read 0.80, CPU to read 0.50\n";
        let Figures { rate, to_bare, cpu_to_bare, to_read, cpu_to_read } = Figures::read(line).unwrap();
        assert_eq!((rate, to_bare, cpu_to_bare, to_read, cpu_to_read), (4954.0, 0.71, 0.3, 0.8, 0.5));
        assert!(Figures::read("median: much\n").is_err() && Figures::read("").is_err());
    }
}
