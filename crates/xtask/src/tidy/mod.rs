//! `cargo xtask tidy`: the house rules that no compiler and no linter knows.
//! Each violation is printed as `file:line: what is wrong; what to do`. It must never change a file.

mod manifest;
mod rust;
mod source;
mod text;

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use walkdir::{DirEntry, WalkDir};

use crate::steps::Outcome;
use source::Source;

/// Folders that hold nothing of ours.
const FOREIGN_FOLDERS: [&str; 5] = ["target", ".git", "node_modules", "equipoise-data", "demo-data"];
/// Kinds of files that people write by hand; a file without an extension counts when it is a script.
const WRITTEN_KINDS: [&str; 12] =
    ["rs", "toml", "md", "mjs", "js", "ts", "css", "html", "sql", "sh", "yml", "yaml"];
/// The class, purpose and retention of every column; its content is tested in `store` against the live schema.
const COLUMNS: &str = "crates/store/columns.toml";

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    pub(crate) path: String,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) wrong: String,
    pub(crate) mend: String,
}

impl Violation {
    pub(crate) fn new(path: &str, line: usize, wrong: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, wrong: wrong.into(), mend: mend.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, wrong, mend } = self;
        write!(formatter, "{path}:{line}: {wrong}; {mend}")
    }
}

/// Runs tidy as a command of its own.
pub(crate) fn command(root: &Path) -> Result<ExitCode> {
    let outcome = step(root)?;
    Ok(if outcome.failure.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs tidy as a step of a longer run.
pub(crate) fn step(root: &Path) -> Result<Outcome> {
    let (files, violations) = violations(root)?;
    violations.iter().for_each(|violation| println!("{violation}"));
    let failure = match violations.len() {
        0 => {
            println!("tidy: {files} files keep the house rules");
            None
        }
        1 => Some("1 house rule is broken".to_owned()),
        count => Some(format!("house rules are broken in {count} places")),
    };
    Ok(Outcome { failure, ..Outcome::default() })
}

fn violations(root: &Path) -> Result<(usize, Vec<Violation>)> {
    let mut found = Vec::new();
    let mut files = 0;
    let tree = WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(is_ours);
    for entry in tree {
        let entry = entry.context("could not read the workspace's folders")?;
        if !entry.file_type().is_file() {
            continue;
        }
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let path = path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
        if !is_written_by_hand(&path) {
            continue;
        }
        let text =
            std::fs::read_to_string(entry.path()).with_context(|| format!("could not read `{path}`"))?;
        files += 1;
        found.extend(check(&path, &text));
    }
    if !root.join(COLUMNS).is_file() {
        let mend = "classify every column there (class, purpose, retention)";
        found.push(Violation::new(COLUMNS, 1, "the file is missing", mend));
    }
    found.sort();
    Ok((files, found))
}

/// All the rules for one file; `path` is relative to the root and written with `/`.
pub(crate) fn check(path: &str, text: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    text::check(path, text, &mut found);
    if path.ends_with(".rs") {
        rust::check(&Source::new(path, text), &mut found);
    }
    if path.ends_with("Cargo.toml") {
        manifest::check(path, text, &mut found);
    }
    found
}

fn is_ours(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    let foreign = entry.file_type().is_dir() && FOREIGN_FOLDERS.contains(&&*name);
    entry.depth() == 0 || !foreign
}

fn is_written_by_hand(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((_, kind)) => WRITTEN_KINDS.contains(&kind),
        None => path.starts_with(".ci/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violations_read_as_place_fault_and_mend() {
        let violation = Violation::new("crates/a/src/lib.rs", 3, "`x` is wrong", "write `y`");
        assert_eq!(violation.to_string(), "crates/a/src/lib.rs:3: `x` is wrong; write `y`");
    }

    #[test]
    fn only_files_written_by_hand_are_read() {
        for path in
            ["crates/a/src/lib.rs", ".ci/run", "README.md", ".cargo/config.toml", "tests/browser/run.mjs"]
        {
            assert!(is_written_by_hand(path), "{path}");
        }
        for path in
            ["Cargo.lock", "tests/browser/package-lock.json", "docs/home.png", "LICENSE", ".gitignore"]
        {
            assert!(!is_written_by_hand(path), "{path}");
        }
    }

    #[test]
    fn a_workspace_without_classified_columns_is_reported() {
        let root = tempfile::tempdir().unwrap();
        let columns = root.path().join(COLUMNS);
        std::fs::create_dir_all(columns.parent().unwrap()).unwrap();
        let (_, found) = violations(root.path()).unwrap();
        assert_eq!(found.iter().map(|violation| violation.path.as_str()).collect::<Vec<_>>(), [COLUMNS]);
        std::fs::write(columns, "").unwrap();
        assert_eq!(violations(root.path()).unwrap(), (1, Vec::new()));
    }
}
