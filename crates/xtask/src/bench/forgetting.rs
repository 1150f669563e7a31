//! Taking whole people out of all models: the models' own time, measured inside the server's code, and the memory of each.
//! It must never count somebody of whom the models know nothing.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::report::Table;
use super::server::Shop;
use crate::{cargo, steps};

const P50_LIMIT_MS: f64 = 5.0;
const P99_LIMIT_MS: f64 = 20.0;

pub(crate) fn measure(root: &Path, shop: &Shop) -> Result<()> {
    let Shop { data, interactions, pairs: _, import: _, what } = shop;
    let mut command = cargo::cargo(root);
    command.args(["run", "--release", "-p", "equipoise", "--example", "forgetting_time", "--"]);
    let output = steps::capture(command.arg(data.dir()).arg(data.register()))?;
    print!("{output}");
    let Figures { people, p50_ms, p99_ms } = Figures::read(&output)?;
    let mut table = Table::default();
    table.row("loaded", format!("{interactions} interactions"), what);
    for (model, bytes) in memory(&output) {
        table.row(&format!("  {model}"), format!("{:.1} MiB", bytes / f64::from(1 << 20)), "memory");
    }
    table.row("forgotten", format!("{people:.0} people"), "by all models");
    table.within("p50 against its limit", p50_ms, P50_LIMIT_MS, "ms");
    table.within("p99 against its limit", p99_ms, P99_LIMIT_MS, "ms");
    table.print();
    Ok(())
}

/// The models with their bytes, from lines like `memory: 1024 visits`.
fn memory(output: &str) -> impl Iterator<Item = (&str, f64)> {
    let lines = output.lines().filter_map(|line| line.strip_prefix("memory: ")?.split_once(' '));
    lines.filter_map(|(bytes, model)| Some((model, bytes.parse().ok()?)))
}

/// The last line of `forgetting_time`, after `figures: `.
struct Figures {
    people: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl Figures {
    fn read(output: &str) -> Result<Self> {
        let line = output
            .lines()
            .find_map(|line| line.strip_prefix("figures: "))
            .context("no figures were printed")?;
        let words = line.split([' ', ',']).filter_map(|word| word.parse().ok()).collect::<Vec<f64>>();
        let [people, p50_ms, _, p99_ms] = words[..] else { bail!("`{line}` doesn't hold four figures") };
        Ok(Self { people, p50_ms, p99_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_memory_are_read() {
        let output = "memory: 1024 visits\nmemory: 7 pairs of things\nfigures: 950 people, p50 0.512 ms, p90 1.5 ms, p99 3.250 ms\n";
        let Figures { people, p50_ms, p99_ms } = Figures::read(output).unwrap();
        assert_eq!((people, p50_ms, p99_ms), (950.0, 0.512, 3.25));
        assert_eq!(memory(output).collect::<Vec<_>>(), [("visits", 1024.0), ("pairs of things", 7.0)]);
        assert!(Figures::read("figures: none").is_err());
    }
}
