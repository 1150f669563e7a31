//! Why a store doesn't open, and how SQLite's words become the operator's. No value of a row may stand in an error.

use std::path::PathBuf;

use privacy::store::StoreError;
use privacy::vault::VaultError;
use rusqlite::ErrorCode;

use crate::keyring::KeyringError;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database is damaged, too new, or out of reach.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys are missing, readable by others, or don't fit.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A key did not unwrap.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Another process has it open.
    #[error("another process is using the store in `{0}`; stop it first, or ask it through its own API")]
    InUse(PathBuf),
    /// A directory or file could not be made.
    #[error("`{path}` can't be used: {why}")]
    Directory {
        /// Which.
        path: PathBuf,
        /// The operating system's words.
        why: String,
    },
    /// A stored notice can't be read any more.
    #[error("the notice `{0}` in the store can't be read by this version")]
    Notice(u32),
    /// Data and keys belong to two shops.
    #[error(
        "the data and the keys belong to two different shops; put the directories together that belong together"
    )]
    OtherShop,
}

/// SQLite's error in the seam's words.
pub(crate) fn sql(error: rusqlite::Error) -> StoreError {
    match &error {
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged(failure.to_string()),
            ErrorCode::DiskFull => StoreError::Unavailable(String::from("the disk is full; make room")),
            _ => StoreError::Unavailable(error.to_string()),
        },
        rusqlite::Error::FromSqlConversionFailure(column, _, _)
        | rusqlite::Error::InvalidColumnType(column, _, _)
        | rusqlite::Error::IntegralValueOutOfRange(column, _) => {
            StoreError::Damaged(format!("column {column} of a row holds what it can't hold"))
        }
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// An error of the file system in the seam's words.
pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("`{}` can't be used: {error}", path.display()))
}

/// A count as SQLite holds it. Counts beyond 2^63 don't exist.
pub(crate) fn to_sql(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A count as SQLite has held it.
///
/// # Errors
/// [`StoreError::Damaged`] when it is negative.
pub(crate) fn from_sql(n: i64) -> Result<u64, StoreError> {
    u64::try_from(n).map_err(|_| StoreError::Damaged(String::from("a count is negative")))
}
