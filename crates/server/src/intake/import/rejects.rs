//! The rejects file: lines that can't be read, for the operator to mend. Readable by its owner alone, since it holds
//! what the operator's own file held.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Bad;

pub(super) struct Rejects {
    path: PathBuf,
    file: Option<File>,
}

impl Rejects {
    /// The given file, or the one beside the source. It comes into being with the first reject.
    pub(super) fn beside(source: &Path, given: Option<&Path>) -> Self {
        let path = given.map_or_else(
            || {
                let mut name = source.as_os_str().to_owned();
                name.push(".rejects.jsonl");
                PathBuf::from(name)
            },
            Path::to_path_buf,
        );
        Self { path, file: None }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn append(&mut self, bad: &Bad) -> io::Result<()> {
        if self.file.is_none() {
            let mut options = OpenOptions::new();
            options.create(true).append(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            self.file = Some(options.open(&self.path)?);
        }
        let Bad { line, reason, mend: _, text } = bad;
        match &mut self.file {
            Some(file) => writeln!(file, "{}", json!({ "line": line, "reason": reason, "text": text })),
            None => Ok(()),
        }
    }
}
