//! Files that only their owner may read, written so that they survive a power cut, and destroyed so that they don't
//! survive at all. Nothing here may follow a path that it didn't make or was not given.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Makes a directory, and those above it, for the owner alone.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Creates a file that must not exist yet, readable by the owner alone, and waits until it lies on the disk.
pub(crate) fn create(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(contents)?;
    file.sync_all()?;
    sync_directory(path)
}

/// Creates an empty file with mode 0600 unless there is one: SQLite gives its companions the same mode.
pub(crate) fn touch(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?.sync_all()
}

/// Waits until the entry of `path` in its directory lies on the disk.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

/// Overwrites a file, waits until that lies on the disk, and takes the file away. A journalling or copying file
/// system may still hold old blocks; that is why what lies in such a file is wrapped by the root key besides.
pub(crate) fn destroy(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX).min(1 << 20);
    file.write_all(&vec![0; length])?;
    file.sync_all()?;
    std::fs::remove_file(path)?;
    sync_directory(path)
}
