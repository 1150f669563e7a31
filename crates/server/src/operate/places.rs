//! Where a shop's files lie. Must never guess a place that the operator didn't name or default to.

use std::path::{Path, PathBuf};

/// The two directories of a shop: what it keeps, and the keys without which nobody can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The directory of the data.
    pub data_dir: PathBuf,
    /// The directory of the keys and of the operator's token.
    pub key_dir: PathBuf,
}

impl Places {
    /// The places for a data directory; the keys lie in `keys` below it unless the operator says otherwise.
    #[must_use]
    pub fn new(data_dir: &Path, key_dir: Option<&Path>) -> Self {
        let key_dir = key_dir.map_or_else(|| data_dir.join("keys"), Path::to_owned);
        Self { data_dir: data_dir.to_owned(), key_dir }
    }

    /// Where backups go unless the operator says otherwise.
    #[must_use]
    pub fn backups(&self) -> PathBuf {
        self.data_dir.join("backups")
    }
}
