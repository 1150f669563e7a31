//! Which server has a data directory: a locked file with its address, so that commands find the server instead of
//! opening the data beside it. The lock goes when the process goes, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

const FILE: &str = "server.lock";

/// Why it can't be told which server has the data, or why this one can't have it.
#[derive(Debug, thiserror::Error)]
pub enum RunningError {
    /// Another server has it.
    #[error("another server has the data in `{0}`")]
    Taken(PathBuf),
    /// The file can't be read or written.
    #[error("`{path}` can't be used: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// The operating system's words.
        why: String,
    },
}

/// Whether a server has a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serving {
    /// None does.
    Nobody,
    /// One does, and doesn't listen yet.
    Starting,
    /// One does, and commands reach it at this origin.
    At(String),
}

/// This process's hold on a data directory. Ends when it is dropped.
#[derive(Debug)]
pub struct Announcement {
    file: File,
    path: PathBuf,
}

/// Takes a data directory for this server.
///
/// # Errors
/// [`RunningError::Taken`] when another one has it.
pub fn announce(data_dir: &Path) -> Result<Announcement, RunningError> {
    let path = data_dir.join(FILE);
    let failed = |error: &std::io::Error| RunningError::File { path: path.clone(), why: error.to_string() };
    make_closed(data_dir).map_err(|error| failed(&error))?;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|error| failed(&error))?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0).map_err(|error| failed(&error))?;
            Ok(Announcement { file, path })
        }
        Err(TryLockError::WouldBlock) => Err(RunningError::Taken(data_dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(&error)),
    }
}

impl Announcement {
    /// Says where commands reach this server: an origin such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// [`RunningError::File`] when it can't be written.
    pub fn say(&mut self, origin: &str) -> Result<(), RunningError> {
        let written = self
            .file
            .set_len(0)
            .and_then(|()| self.file.rewind())
            .and_then(|()| self.file.write_all(origin.as_bytes()))
            .and_then(|()| self.file.flush());
        written.map_err(|error| RunningError::File { path: self.path.clone(), why: error.to_string() })
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        // The lock alone counts; an empty file is only tidier.
        let _ = self.file.set_len(0);
    }
}

/// Which server has a data directory. Waits up to a second for one that just starts.
///
/// # Errors
/// [`RunningError::File`] when the file can't be read.
pub fn serving(data_dir: &Path) -> Result<Serving, RunningError> {
    let path = data_dir.join(FILE);
    let failed = |error: &std::io::Error| RunningError::File { path: path.clone(), why: error.to_string() };
    for _ in 0..10 {
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Serving::Nobody),
            Err(error) => return Err(failed(&error)),
        };
        match file.try_lock_shared() {
            Ok(()) => return Ok(Serving::Nobody),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
        }
        let mut origin = String::new();
        file.read_to_string(&mut origin).map_err(|error| failed(&error))?;
        if !origin.is_empty() {
            return Ok(Serving::At(origin));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(Serving::Starting)
}

/// Makes a directory that nobody else on the machine can look into; one that is there stays as it is.
///
/// # Errors
/// The operating system's, when it can't be made.
pub fn make_closed(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_has_one_server_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(serving(place.path()).unwrap(), Serving::Nobody);
        let mut first = announce(place.path()).unwrap();
        assert!(matches!(announce(place.path()), Err(RunningError::Taken(_))));
        first.say("http://127.0.0.1:8080").unwrap();
        assert_eq!(serving(place.path()).unwrap(), Serving::At("http://127.0.0.1:8080".to_owned()));
        first.say("http://127.0.0.1:80").unwrap();
        assert_eq!(serving(place.path()).unwrap(), Serving::At("http://127.0.0.1:80".to_owned()));
        drop(first);
        assert_eq!(serving(place.path()).unwrap(), Serving::Nobody);
        announce(place.path()).unwrap();
    }
}
