//! The report as tables for a terminal. Must never be wider than its numbers need.

use std::fmt::Write as _;

use models::evaluate::Interval;

use super::report::{Curve, Report, Table, grouped};

impl Report {
    /// The report as text.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { situation: _, title, conventions, data, seed: _, tables } = self;
        let mut out = format!("{title}\n\n");
        for one in data {
            let _ = writeln!(out, "  {:>12}  {}", grouped(one.count), one.what);
        }
        out.push_str("\nHow it is measured\n");
        for convention in conventions {
            let _ = writeln!(out, "  - {convention}");
        }
        for one in tables {
            table(&mut out, one);
        }
        out.trim_end().to_owned()
    }
}

/// `0.545 (0.541–0.549)`.
pub(super) fn with_interval(interval: &Interval) -> String {
    format!("{:.4} ({:.3}–{:.3})", interval.mean, interval.low, interval.high)
}

/// `+0.020 (+0.017 to +0.023)`.
pub(super) fn signed(interval: &Interval) -> String {
    format!("{:+.4} ({:+.3} to {:+.3})", interval.mean, interval.low, interval.high)
}

/// A figure, or a dash where there is none.
pub(super) fn figure(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}"))
}

fn table(out: &mut String, table: &Table) {
    let (questions, units) = (grouped(table.questions as u64), grouped(table.units as u64));
    let _ = writeln!(out, "\n{}: {questions} questions of {units} {}", table.title, table.unit_word);
    let mut ks: Vec<usize> = table.columns.iter().map(|column| column.k).collect();
    ks.dedup();
    for k in ks {
        let of_k: Vec<usize> =
            (0..table.columns.len()).filter(|at| table.columns.get(*at).is_some_and(|c| c.k == k)).collect();
        let heads = of_k.iter().filter_map(|at| table.titles().get(*at).cloned());
        let mut rows = vec![std::iter::once("model".to_owned()).chain(heads).collect::<Vec<_>>()];
        for row in &table.rows {
            let values = of_k.iter().filter_map(|at| row.values.get(*at)).map(with_interval);
            rows.push(std::iter::once(row.name.to_owned()).chain(values).collect());
        }
        out.push('\n');
        grid(out, &rows);
    }
    let heads = ["model", "coverage", "Gini", "novelty, bits", "µs p50", "p90", "p99", "learning, s"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for row in &table.rows {
        let latency = &row.latency;
        rows.push(vec![
            row.name.to_owned(),
            figure(Some(row.coverage), 3),
            figure(row.gini, 3),
            figure(row.novelty, 2),
            figure(Some(latency.p50), 1),
            figure(Some(latency.p90), 1),
            figure(Some(latency.p99), 1),
            figure(Some(row.fit_seconds), 2),
        ]);
    }
    out.push('\n');
    grid(out, &rows);
    if let Some(last) = table.rows.last().filter(|_| !table.differences.is_empty()) {
        let _ = writeln!(out, "\nHow much better {} is than each other model, asked the same", last.name);
        let heads = std::iter::once("than".to_owned()).chain(table.titles());
        let mut rows = vec![heads.collect::<Vec<_>>()];
        for difference in &table.differences {
            let values = difference.values.iter().map(signed);
            rows.push(std::iter::once(difference.against.to_owned()).chain(values).collect());
        }
        grid(out, &rows);
    }
    for row in table.rows.iter().filter(|row| !row.settings.is_empty()) {
        let told: Vec<String> =
            row.settings.iter().map(|setting| format!("{} {}", setting.name, setting.value)).collect();
        let _ = write!(out, "\n{}: {}", row.name, told.join(", "));
    }
    out.push('\n');
    if let Some(curve) = &table.refusal {
        refusal(out, table, curve);
    }
}

fn refusal(out: &mut String, table: &Table, curve: &Curve) {
    let _ = writeln!(
        out,
        "\nWhen more {} refuse: {} of {}; who refuses is not learned from",
        table.unit_word,
        table.headline_title(),
        curve.model
    );
    let heads = ["refuse", "everyone", "agree"].into_iter().chain(curve.servings.iter().copied());
    let mut rows = vec![heads.map(str::to_owned).collect::<Vec<_>>()];
    let of = |interval: Option<&Interval>| interval.map_or_else(|| "–".to_owned(), with_interval);
    for point in &curve.points {
        let mut row =
            vec![format!("{}%", point.percent), with_interval(&point.everyone), of(point.agreed.as_ref())];
        row.extend(point.refusing.iter().map(|value| of(value.as_ref())));
        rows.push(row);
    }
    grid(out, &rows);
    out.push_str("  The columns after \"agree\" are those who refuse, by how they are served; everyone counts the first of these.\n");
}

/// Columns as wide as their widest cell: the first to the left, the others to the right.
fn grid(out: &mut String, rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| {
        rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let width = *width;
            let _ = if at == 0 { write!(line, "{cell:<width$}") } else { write!(line, "  {cell:>width$}") };
        }
        let _ = writeln!(out, "  {}", line.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let mut out = String::new();
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        grid(&mut out, &[row(["model", "µs"]), row(["a", "12.5"])]);
        assert_eq!(out, "  model    µs\n  a      12.5\n");
    }

    #[test]
    fn intervals_are_told_with_their_ends() {
        let interval = Interval { mean: 0.02, low: -0.01, high: 0.05 };
        assert_eq!(with_interval(&interval), "0.0200 (-0.010–0.050)");
        assert_eq!(signed(&interval), "+0.0200 (-0.010 to +0.050)");
        assert_eq!((figure(None, 2), figure(Some(1.0), 2)), ("–".to_owned(), "1.00".to_owned()));
    }
}
