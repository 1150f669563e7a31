//! The rejects file: lines that can't be read, for the operator to mend. Readable by its owner alone, since it holds
//! what the operator's own file held. Must never hold a line twice, nor overwrite the file that is being imported.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Bad;

pub(super) struct Rejects {
    path: PathBuf,
    source: PathBuf,
    file: Option<File>,
    begun: Begun,
}

/// How an import begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begun {
    /// At the first line: what an earlier import left is replaced.
    Afresh,
    /// Where an earlier run stopped, which may have written rejects of lines that come again.
    Resumed,
}

/// The lines that a rejects file names.
struct Named {
    lines: HashSet<u64>,
    /// Whether its last line was cut off.
    torn: bool,
}

impl Rejects {
    /// The given file, or the one beside the source. It comes into being with the first reject.
    pub(super) fn beside(source: &Path, given: Option<&Path>, begun: Begun) -> Self {
        Self { path: path(source, given), source: source.to_path_buf(), file: None, begun }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes ready: empties what an earlier import of this file left, or says which lines are there already.
    pub(super) fn prepare(&mut self) -> io::Result<HashSet<u64>> {
        let same = |path: &Path| path.canonicalize().ok();
        if same(&self.path).is_some_and(|path| same(&self.source) == Some(path)) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is the file that is being imported"));
        }
        match (self.begun, File::open(&self.path)) {
            (Begun::Afresh, Ok(_)) => {
                OpenOptions::new().write(true).truncate(true).open(&self.path)?;
                Ok(HashSet::new())
            }
            (Begun::Resumed, Ok(file)) => {
                let Named { lines, torn } = named(file)?;
                if torn {
                    writeln!(self.open()?)?;
                }
                Ok(lines)
            }
            (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => Ok(HashSet::new()),
            (_, Err(error)) => Err(error),
        }
    }

    pub(super) fn append(&mut self, bad: &Bad) -> io::Result<()> {
        let Bad { line, reason, mend: _, text } = bad;
        let told = json!({ "line": line, "reason": reason, "text": text });
        writeln!(self.open()?, "{told}")
    }

    fn open(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            let mut options = OpenOptions::new();
            options.create(true).append(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            self.file = Some(options.open(&self.path)?);
        }
        self.file.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Where the rejects of a file go.
pub(super) fn path(source: &Path, given: Option<&Path>) -> PathBuf {
    given.map_or_else(
        || {
            let mut name = source.as_os_str().to_owned();
            name.push(".rejects.jsonl");
            PathBuf::from(name)
        },
        Path::to_path_buf,
    )
}

fn named(file: File) -> io::Result<Named> {
    let mut reader = BufReader::new(file);
    let mut named = Named { lines: HashSet::new(), torn: false };
    let mut text = Vec::new();
    while reader.read_until(b'\n', &mut text)? > 0 {
        named.torn = !text.ends_with(b"\n");
        let told: Option<Value> = serde_json::from_slice(&text).ok();
        named.lines.extend(told.and_then(|told| told.get("line").and_then(Value::as_u64)));
        text.clear();
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_written_twice_and_the_source_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("a.csv");
        std::fs::write(&source, "x").unwrap();
        let bad = |line| Bad { line, reason: "r".to_owned(), mend: "", text: "t".to_owned() };
        let mut first = Rejects::beside(&source, None, Begun::Afresh);
        assert!(first.prepare().unwrap().is_empty());
        first.append(&bad(3)).unwrap();
        let file = first.path().to_path_buf();
        let whole = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{whole}{{\"line\": 5, \"rea")).unwrap();
        let mut resumed = Rejects::beside(&source, None, Begun::Resumed);
        assert_eq!(resumed.prepare().unwrap(), HashSet::from([3]), "a line cut off by a crash comes again");
        resumed.append(&bad(5)).unwrap();
        assert_eq!(named(File::open(&file).unwrap()).unwrap().lines, HashSet::from([3, 5]));
        Rejects::beside(&source, None, Begun::Afresh).prepare().unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "");
        assert!(Rejects::beside(&source, Some(&source), Begun::Afresh).prepare().is_err());
        assert_eq!(std::fs::read_to_string(&source).unwrap(), "x");
    }
}
