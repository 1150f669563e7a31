//! The command line of `equipoise evaluate`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{EvaluateError, Output};

/// `equipoise evaluate`.
#[derive(Debug, Clone, Args)]
pub struct EvaluateArgs {
    #[command(subcommand)]
    pub(super) data: Data,
}

/// What was recorded, and in which form. Files may be packed with gzip.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum Data {
    /// What next in this visit? Visits as SessionId, ItemId, Time with tabs between
    #[command(
        after_help = "Example:\n  equipoise evaluate sessions --train march.tsv.gz --test april.tsv.gz --html report.html"
    )]
    Sessions {
        /// The visits to learn from
        #[arg(long, value_name = "FILE")]
        train: PathBuf,
        /// The later visits to be asked about
        #[arg(long, value_name = "FILE")]
        test: PathBuf,
        #[command(flatten)]
        dials: Dials,
    },
    /// What will each customer buy next? Invoice lines as CSV, the last invoice of each customer held out
    #[command(
        after_help = "Example:\n  equipoise evaluate transactions orders.csv.gz --refusal 0,20,40,60,80"
    )]
    Transactions {
        /// Lines of InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country
        file: PathBuf,
        #[command(flatten)]
        dials: Dials,
    },
    /// What is in each customer's next basket? Baskets as JSON
    #[command(
        after_help = "Example:\n  equipoise evaluate baskets --history past.json.gz --future next.json.gz --json"
    )]
    Baskets {
        /// {"customer": [[-1], [item, item], …, [-1]], …}
        #[arg(long, value_name = "FILE")]
        history: PathBuf,
        /// The same form, with the basket that came next
        #[arg(long, value_name = "FILE")]
        future: PathBuf,
        #[command(flatten)]
        dials: Dials,
    },
    /// What comes next? A line per customer: their id, then items in order of time; the last is held out
    #[command(after_help = "Example:\n  equipoise evaluate sequences histories.txt --only repeat")]
    Sequences {
        /// Ids with blanks, tabs, commas or semicolons between
        file: PathBuf,
        #[command(flatten)]
        dials: Dials,
    },
}

/// What all forms take.
#[derive(Debug, Clone, Args)]
pub(super) struct Dials {
    /// Answer as JSON, for programs
    #[arg(long)]
    pub(super) json: bool,
    /// Measure this model alone
    #[arg(long, value_name = "MODEL")]
    pub(super) only: Option<String>,
    /// Also write a report with charts, one file that needs nothing else
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Also measure with so many of a hundred customers refusing to be learned from
    #[arg(long, value_name = "PERCENT,…", value_delimiter = ',', value_parser = percent)]
    pub(super) refusal: Vec<f64>,
    /// Draws intervals, and who refuses; the same seed gives the same
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(super) seed: u64,
}

impl EvaluateArgs {
    /// Reads, learns, asks, with a progress bar on standard error.
    ///
    /// # Errors
    /// [`EvaluateError`] when a file can't be read, a line is wrong, or the page can't be written.
    pub fn run(&self) -> Result<Output, EvaluateError> {
        super::run::run(&self.data)
    }
}

fn percent(text: &str) -> Result<f64, &'static str> {
    let percent: Result<f64, _> = text.trim().trim_end_matches('%').parse();
    percent
        .ok()
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or("write numbers from 0 to 100, such as 0,10,50,90")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percents() {
        assert_eq!((percent("10"), percent(" 2.5% ")), (Ok(10.0), Ok(2.5)));
        for bad in ["-1", "101", "NaN", "half", ""] {
            assert!(percent(bad).is_err(), "{bad}");
        }
    }
}
