//! Waiting until what was committed lies on the disk. Must never say that it does after a sync that failed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use privacy::store::StoreError;

use crate::error::file;
use crate::files;

/// The write-ahead log of the data, as that which syncs it knows it. SQLite is told to leave that to it
/// (`synchronous=NORMAL`, under which it syncs at checkpoints alone); what a commit promises stays that of `FULL`.
#[derive(Clone)]
pub(crate) struct Disk {
    log: Arc<File>,
    path: Arc<PathBuf>,
    failed: Arc<AtomicBool>,
}

impl Disk {
    /// The log beside this file, which some connection has open: as long as that is so, the log stays the same file.
    pub(crate) fn of(data: &Path) -> Result<Self, StoreError> {
        let mut path = data.as_os_str().to_owned();
        path.push("-wal");
        let path = PathBuf::from(path);
        let log = File::open(&path).map_err(|error| file(&path, &error))?;
        files::sync_directory(&path).map_err(|error| file(&path, &error))?;
        Ok(Self { log: Arc::new(log), path: Arc::new(path), failed: Arc::default() })
    }

    /// Waits until all that was committed lies on the disk.
    ///
    /// # Errors
    /// From the first failure on, always: the system may have dropped what it couldn't write, and a later sync that
    /// succeeds would say nothing about it.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.check()?;
        self.log.sync_data().map_err(|error| {
            self.failed.store(true, Ordering::Release);
            file(&self.path, &error)
        })
    }

    /// Whether every sync so far has succeeded.
    ///
    /// # Errors
    /// From the first one that failed on.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if self.failed.load(Ordering::Acquire) {
            return Err(StoreError::Unavailable(String::from(
                "the disk didn't keep what was written; look at the disk, then start the program again",
            )));
        }
        Ok(())
    }

    /// As if a sync had failed.
    #[cfg(test)]
    pub(crate) fn break_off(&self) {
        self.failed.store(true, Ordering::Release);
    }
}
