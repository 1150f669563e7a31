//! What is left on a disk, asked of the system's own `df` (POSIX). Must never guess a figure.

use std::path::Path;
use std::process::Command;

/// The bytes that are free for this user on the disk of `directory`, or why that isn't known.
pub(super) fn free_bytes(directory: &Path) -> Result<u64, String> {
    let run = Command::new("df").arg("-Pk").arg(directory).env("LC_ALL", "C").output();
    let output = run.map_err(|error| format!("`df` can't be run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    available(&text).ok_or_else(|| format!("`df` says nothing about `{}`", directory.display()))
}

/// The fourth column of the second line: the available blocks of 1,024 bytes.
fn available(df: &str) -> Option<u64> {
    let row = df.lines().nth(1)?;
    // The file system's name may hold spaces, the figures before the percentage don't.
    let (before, _) = row.split_once('%')?;
    let blocks: u64 = before.split_whitespace().rev().nth(1)?.parse().ok()?;
    blocks.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_space_is_read_from_df() {
        let df = "Filesystem     1024-blocks    Used Available Capacity Mounted on\n/dev/a b   100 40 60      40% /\n";
        assert_eq!(available(df), Some(60 * 1024));
        assert_eq!(available(""), None);
        assert!(free_bytes(Path::new("/")).unwrap() > 0);
        assert!(free_bytes(Path::new("/nowhere at all")).is_err());
    }
}
