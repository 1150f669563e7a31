//! Tables of figures, each with what it is measured against.
//! It must never print a figure without its unit.

use hdrhistogram::Histogram;

use super::load::Measured;

/// Rows of a name, a figure with its unit, and a remark.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<(String, String, String)>,
}

impl Table {
    pub(crate) fn row(&mut self, name: &str, figure: String, remark: &str) {
        self.rows.push((name.to_owned(), figure, remark.to_owned()));
    }

    /// A figure with the most that it may be, and how much of that it takes.
    pub(crate) fn within(&mut self, name: &str, figure: f64, most: f64, unit: &str) {
        let kept = if figure <= most { "kept" } else { "MISSED" };
        let ratio = figure / most;
        self.row(
            name,
            format!("{figure:.2} {unit}"),
            &format!("{ratio:.2} of the {most} {unit} allowed: {kept}"),
        );
    }

    /// A ratio with the least that it may be.
    pub(crate) fn at_least(&mut self, name: &str, ratio: f64, least: f64) {
        let kept = if ratio >= least { "kept" } else { "MISSED" };
        self.row(name, format!("{ratio:.2}"), &format!("{least:.2} is the least allowed: {kept}"));
    }

    /// The usual figures of a load.
    pub(crate) fn load(&mut self, measured: &Measured) {
        let rate = measured.served_per_second();
        self.row("served", format!("{} answers", measured.served), &format!("{rate:.0} a second"));
        self.quantiles(measured);
        let cpu_us = measured.cpu.as_secs_f64() * 1e6 / measured.served.max(1) as f64;
        let cores = measured.cpu.as_secs_f64() / measured.elapsed.as_secs_f64();
        self.row(
            "CPU per answer",
            format!("{cpu_us:.0} µs"),
            &format!("{cores:.2} cores busy in the server"),
        );
    }

    /// How long answers took.
    pub(crate) fn quantiles(&mut self, measured: &Measured) {
        for (name, quantile) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)] {
            self.row(name, format!("{:.2} ms", milliseconds(&measured.latency_us, quantile)), "");
        }
    }

    pub(crate) fn print(&self) {
        print!("{}", self.text());
    }

    fn text(&self) -> String {
        let width = |text: fn(&(String, String, String)) -> &String| {
            self.rows.iter().map(|row| text(row).chars().count()).max().unwrap_or_default()
        };
        let (names, figures) = (width(|row| &row.0), width(|row| &row.1));
        let line = |(name, figure, remark): &(String, String, String)| {
            format!("{name:<names$}  {figure:>figures$}  {remark}").trim_end().to_owned() + "\n"
        };
        self.rows.iter().map(line).collect()
    }
}

/// A quantile of microseconds in milliseconds.
pub(crate) fn milliseconds(latency_us: &Histogram<u64>, quantile: f64) -> f64 {
    latency_us.value_at_quantile(quantile) as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_shown_as_ratios() {
        let mut table = Table::default();
        table.within("p99", 2.5, 5.0, "ms");
        table.within("p99.9", 7.5, 5.0, "ms");
        assert_eq!(
            table.text(),
            "p99    2.50 ms  0.50 of the 5 ms allowed: kept\np99.9  7.50 ms  1.50 of the 5 ms allowed: MISSED\n"
        );
    }
}
