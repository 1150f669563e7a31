//! The command line of `equipoise import`, and its progress bar.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use privacy::purpose::{LegalBasis, PurposeId};

use super::error::ImportError;
use super::run::{Import, News, Report};

/// The forms of files that can be read. Each may be packed with gzip, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Invoice lines as CSV: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country.
    OnlineRetail,
    /// Visits as TSV: SessionId, ItemId, Time.
    Sessions,
    /// Segment events, one JSON object a line, with their own consent.
    Segment,
}

impl Format {
    /// The word on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnlineRetail => "online-retail",
            Self::Sessions => "sessions",
            Self::Segment => "segment",
        }
    }
}

/// What to import, and on what legal basis.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The file, as it is or packed with gzip.
    pub file: PathBuf,
    /// What the file holds.
    #[arg(long)]
    pub format: Format,
    /// The legal basis on which you hold this data, if the file has no consent records: `contract`, `consent`, …
    /// Without it nothing about any person is stored.
    #[arg(long)]
    pub basis: Option<LegalBasis>,
    /// What the data is for: a purpose of equipoise.toml that rests on this basis. Can be given more than once.
    #[arg(long = "purpose", value_name = "PURPOSE")]
    pub purposes: Vec<PurposeId>,
    /// With `--basis consent`: where it is recorded that these people agreed. Kept in the audit log; name nobody.
    #[arg(long)]
    pub evidence: Option<String>,
    /// The currency of the file's prices; the shop's if left out.
    #[arg(long)]
    pub currency: Option<String>,
    /// Where lines that can't be read go; `<file>.rejects.jsonl` if left out.
    #[arg(long)]
    pub rejects: Option<PathBuf>,
}

impl ImportArgs {
    /// Imports with a progress bar on standard error.
    ///
    /// # Errors
    /// [`ImportError`] when the file can't be read, the basis isn't declared, or the store fails. What was stored till
    /// then stays, and the same command goes on from there.
    pub fn run(&self, import: &Import<'_>) -> Result<Report, ImportError> {
        let bar = ProgressBar::new(0);
        let style = "{bar:30} {percent:>3}%  {msg}  {bytes_per_sec}, {eta} left";
        bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
        let report = import.run(self, &mut |news| match news {
            News::Size { bytes } => bar.set_length(bytes),
            News::At { bytes, lines } => {
                bar.set_position(bytes);
                bar.set_message(format!("{lines} lines"));
            }
            News::Resumed { lines } => {
                note(&bar, &format!("{lines} lines were read before; going on from there"));
            }
            News::Rejected { line, reason, mend } => {
                note(&bar, &format!("line {line}: {reason}; {mend}"));
            }
        });
        bar.finish_and_clear();
        report
    }
}

/// Says something beside the bar, also where no bar is shown because nobody sits at a terminal.
fn note(bar: &ProgressBar, line: &str) {
    bar.suspend(|| {
        // Nothing can be done where standard error can't be written.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    });
}
