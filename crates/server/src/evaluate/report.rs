//! What an evaluation found, before it becomes text, JSON or a page. It must never hold anything of one customer or visit.

use models::evaluate::Interval;

use super::contender::Setting;
use super::measure::{Column, Latency};
use super::read::Counted;

/// The whole of an evaluation.
pub struct Report {
    /// The command's word: `sessions`, `transactions`, …
    pub(super) situation: &'static str,
    pub(super) title: &'static str,
    /// How it was measured, one sentence each.
    pub(super) conventions: Vec<String>,
    pub(super) data: Vec<Counted>,
    pub(super) seed: u64,
    pub(super) tables: Vec<Table>,
}

/// The models' results under one set of conventions.
pub(super) struct Table {
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    pub(super) questions: usize,
    /// How many customers or visits asked them.
    pub(super) units: usize,
    /// What those are called.
    pub(super) unit_word: &'static str,
    pub(super) columns: Vec<Column>,
    /// The column that matters most.
    pub(super) headline: usize,
    pub(super) rows: Vec<Row>,
    /// The last row minus each other one.
    pub(super) differences: Vec<Difference>,
    pub(super) refusal: Option<Curve>,
}

/// One model's results.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// One for each column.
    pub(super) values: Vec<Interval>,
    pub(super) coverage: f64,
    pub(super) gini: Option<f64>,
    pub(super) novelty: Option<f64>,
    pub(super) latency: Latency,
    /// Processor seconds of learning.
    pub(super) fit_seconds: f64,
    pub(super) settings: Vec<Setting>,
}

/// How much better than another model, on the same questions.
pub(super) struct Difference {
    pub(super) against: &'static str,
    /// One for each column.
    pub(super) values: Vec<Interval>,
}

/// How the headline falls as more refuse.
pub(super) struct Curve {
    pub(super) model: &'static str,
    /// How those who refuse can be served, the server's own way first.
    pub(super) servings: Vec<&'static str>,
    pub(super) points: Vec<Point>,
}

/// The headline when some refuse.
pub(super) struct Point {
    /// Of a hundred customers or visits.
    pub(super) percent: f64,
    /// How many of those in the test part refused.
    pub(super) refused: usize,
    /// Everybody, those who refuse served in the server's own way.
    pub(super) everyone: Interval,
    /// Those who agreed, if anybody did.
    pub(super) agreed: Option<Interval>,
    /// Those who refused, if anybody did: one for each way to serve them.
    pub(super) refusing: Vec<Option<Interval>>,
}

impl Table {
    /// The heads of the metric columns: `HR@20`.
    pub(super) fn titles(&self) -> Vec<String> {
        self.columns.iter().map(|column| format!("{}@{}", column.metric.title(), column.k)).collect()
    }

    /// The head of the column that matters most.
    pub(super) fn headline_title(&self) -> String {
        self.titles().get(self.headline).cloned().unwrap_or_default()
    }
}

/// A count with commas between the thousands: `541,909`.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        for (count, expected) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_541_909, "1,541,909")] {
            assert_eq!(grouped(count), expected);
        }
    }
}
