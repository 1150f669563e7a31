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
/// Events a batch: what Segment's libraries send at once, from 20 (Node) to 100 (Python).
const BATCHES: [&str; 2] = ["20", "100"];

pub(crate) fn measure(root: &Path) -> Result<()> {
    let mut table = Table::default();
    for events in BATCHES {
        let mut command = cargo::cargo(root);
        command.args(["run", "--release", "-p", "equipoise", "--example", "intake_rate", "--"]);
        let output = steps::capture(command.args([TURNS, events]))?;
        print!("{output}");
        let (rate, ratio) = figures(&output)?;
        table.row(&format!("batches of {events}"), format!("{rate:.0} events/s"), "everything on");
        table.at_least("  of the bare rows' rate", ratio, LEAST_RATIO);
    }
    table.print();
    Ok(())
}

/// The last line: `median: 12345 events/s, ratio 0.45`.
fn figures(output: &str) -> Result<(f64, f64)> {
    let line =
        output.lines().find_map(|line| line.strip_prefix("median: ")).context("no median was printed")?;
    let Some((rate, ratio)) = line.split_once(" events/s, ratio ") else { bail!("`{line}` is no median") };
    Ok((rate.parse()?, ratio.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_read() {
        assert_eq!(figures("turn\nmedian: 12345 events/s, ratio 0.45\n").unwrap(), (12345.0, 0.45));
        assert!(figures("median: much\n").is_err() && figures("").is_err());
    }
}
