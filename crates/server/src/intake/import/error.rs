//! Why an import stopped, and what to do: what was stored till then always stays.

use std::io;
use std::path::PathBuf;

use privacy::store::StoreError;

use super::basis::BasisError;
use crate::intake::take::TakeError;

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file can't be opened.
    #[error("could not open `{0}`, so nothing was read yet: {1}")]
    Unopened(PathBuf, #[source] io::Error),
    /// The file can't be read on.
    #[error("could not read `{0}`: {1}")]
    File(PathBuf, #[source] io::Error),
    /// The rejects file can't be written.
    #[error("could not write the unreadable lines to `{0}`: {1}")]
    Rejects(PathBuf, #[source] io::Error),
    /// The file isn't what it was said to be.
    #[error("`{0}` is not in the form `{1}`: {2}")]
    Form(PathBuf, &'static str, String),
    /// There are lines, and none of them makes sense.
    #[error("not one line of `{0}` could be read as `{1}`; nothing of it was stored")]
    NothingReadable(PathBuf, &'static str, PathBuf),
    /// The legal basis doesn't hold.
    #[error(transparent)]
    Basis(#[from] BasisError),
    /// The currency is none.
    #[error("`{0}` is no currency")]
    Currency(String),
    /// The store failed; what was stored stays, and the import can go on from there.
    #[error("the import stopped: {0}")]
    Take(#[from] TakeError),
    /// The store failed.
    #[error("the import stopped: {0}")]
    Store(#[from] StoreError),
}

impl ImportError {
    /// What to do.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            Self::Unopened(..) => "check the name, and that you may read the file".to_owned(),
            Self::Rejects(..) => {
                "name another file with `--rejects FILE`, and give the same command again".to_owned()
            }
            Self::Form(..) => "mend its first line, or give another `--format`".to_owned(),
            Self::NothingReadable(_, _, rejects) => format!(
                "see whether `--format` is right; `{}` says what is wrong with each line",
                rejects.display()
            ),
            Self::Basis(error) => error.mend(),
            Self::Currency(_) => "write its three letters, such as NZD".to_owned(),
            Self::File(..) | Self::Take(_) | Self::Store(_) => {
                "what was stored till then stays; mend that, and give the same command again to go on"
                    .to_owned()
            }
        }
    }
}
