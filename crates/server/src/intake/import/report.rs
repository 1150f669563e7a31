//! What an import says when it is done: figures in plain words. Must name no line's content.

use super::{Format, Report};

impl Report {
    /// The figures, a line each, the sum first.
    #[must_use]
    pub fn told(&self, format: Format) -> Vec<String> {
        let Self {
            lines,
            stored,
            duplicate,
            refused,
            reasons,
            rejected,
            rejects,
            without_customer,
            products,
            was_done,
            advice,
        } = self;
        let row = match format {
            Format::OnlineRetail => ["order", "orders"],
            Format::Sessions => ["view", "views"],
            Format::Segment => ["event", "events"],
        };
        let mut told = Vec::new();
        if *was_done {
            told.push("This whole file had been imported before; nothing came in twice.".to_owned());
        }
        told.push(format!(
            "{} read: {} stored, {duplicate} there already, {refused} refused; {} unreadable",
            counted(*lines, ["line", "lines"]),
            counted(*stored, row),
            counted(*rejected, ["line", "lines"]),
        ));
        told.extend(reasons.iter().map(|(reason, count)| format!("  refused, {reason}: {count}")));
        if *without_customer > 0 {
            told.push(format!("  {} no customer", counted(*without_customer, ["line names", "lines name"])));
        }
        if *products > 0 {
            let new = counted(*products, ["product is", "products are"]);
            told.push(format!("  {new} new to the catalogue"));
        }
        if *rejected > 0 {
            let are = if *rejected == 1 { "line is" } else { "lines are" };
            told.push(format!("The unreadable {are} in {}", rejects.display()));
        }
        told.extend(advice.map(|advice| format!("→ {advice}")));
        told
    }
}

fn counted(count: u64, [one, more]: [&str; 2]) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_orders_are_told_apart_and_one_is_singular() {
        let mut report = Report {
            lines: 6,
            stored: 1,
            duplicate: 0,
            refused: 0,
            reasons: std::collections::BTreeMap::new(),
            rejected: 1,
            rejects: "a.csv.rejects.jsonl".into(),
            without_customer: 1,
            products: 1,
            was_done: false,
            advice: None,
        };
        assert_eq!(
            report.told(Format::OnlineRetail),
            [
                "6 lines read: 1 order stored, 0 there already, 0 refused; 1 line unreadable",
                "  1 line names no customer",
                "  1 product is new to the catalogue",
                "The unreadable line is in a.csv.rejects.jsonl",
            ]
        );
        report.stored = 2;
        assert!(report.told(Format::Sessions).iter().any(|line| line.contains("2 views stored")));
    }
}
