//! What stops an evaluation, and what to do about it. Must never show what stands in a customer's line but the word that is
//! wrong in it.

use std::io;
use std::path::PathBuf;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The file can't be opened.
    #[error("could not open `{0}`: {1}")]
    Unopened(PathBuf, #[source] io::Error),
    /// The file can't be read to its end.
    #[error("could not read `{0}`: {1}")]
    File(PathBuf, #[source] io::Error),
    /// A line isn't what it should be.
    #[error("`{file}` line {line}: {wrong}")]
    Line {
        /// Which file.
        file: PathBuf,
        /// Counted from 1.
        line: u64,
        /// What is wrong.
        wrong: String,
        /// What to do.
        mend: String,
    },
    /// A file is read well, but says too little.
    #[error("`{file}` {wrong}")]
    Content {
        /// Which file.
        file: PathBuf,
        /// What is wrong.
        wrong: String,
        /// What to do.
        mend: String,
    },
    /// What is held out holds only items that nobody has in the training part.
    #[error("nothing is left to ask: no item that was held out stands in the training part")]
    NothingToAsk,
    /// No model of that name takes part.
    #[error("there is no model `{0}` for this kind of data")]
    Model(String, Vec<&'static str>),
    /// The report can't be written.
    #[error("could not write the report to `{0}`: {1}")]
    Report(PathBuf, #[source] io::Error),
    /// The intervals can't be computed.
    #[error("the intervals can't be computed: {0}")]
    Interval(#[from] models::evaluate::BootstrapError),
}

impl EvaluateError {
    /// What to do.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            Self::Unopened(..) => "check the name, and that you may read the file".to_owned(),
            Self::File(..) => {
                "see whether the file is whole; if it is packed, pack it anew with gzip".to_owned()
            }
            Self::Line { mend, .. } | Self::Content { mend, .. } => mend.clone(),
            Self::NothingToAsk => "give a longer record, in which items come again".to_owned(),
            Self::Model(_, names) => format!("write one of: {}", names.join(", ")),
            Self::Report(..) => {
                "name a file in a directory that this user may write to with `--html`".to_owned()
            }
            Self::Interval(_) => "give data with more questions".to_owned(),
        }
    }
}
