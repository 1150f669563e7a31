//! Reading recorded data: four forms of files, each packed with gzip or not.
//!
//! A line that can't be read stops the evaluation, since figures about the rest would be figures about other data. It must
//! never keep a customer's or visit's own number: they become positions.

mod baskets;
mod sequences;
mod sessions;
mod transactions;

pub(super) use baskets::baskets;
pub(super) use sequences::sequences;
pub(super) use sessions::sessions;
pub(super) use transactions::transactions;

use std::collections::HashMap;
use std::io::{BufRead, Read as _};
use std::path::Path;
use std::sync::atomic::Ordering;

use models::recommend::ItemId;

use super::EvaluateError;
use super::progress::Progress;
use crate::intake::import::Source;

/// Item names to numbers from 0.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    known: HashMap<String, u32>,
}

impl Numbers {
    /// The number of an item; a new one gets the next.
    pub(super) fn of(&mut self, name: &str) -> ItemId {
        if let Some(number) = self.known.get(name) {
            return ItemId(*number);
        }
        let number = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        self.known.insert(name.to_owned(), number);
        ItemId(number)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}

/// What was counted while reading, for the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) what: String,
    pub(super) count: u64,
}

impl Counted {
    pub(super) fn new(what: impl Into<String>, count: u64) -> Self {
        Self { what: what.into(), count }
    }
}

/// A file being read line by line.
struct Lines<'a> {
    path: &'a Path,
    source: Source,
    progress: &'a Progress,
    number: u64,
    text: Vec<u8>,
}

fn open<'a>(path: &'a Path, progress: &'a Progress) -> Result<Lines<'a>, EvaluateError> {
    let source = Source::open(path).map_err(|error| EvaluateError::Unopened(path.to_owned(), error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    progress.begin(format!("reading {name}"), source.length);
    Ok(Lines { path, source, progress, number: 0, text: Vec::new() })
}

impl Lines<'_> {
    /// The next line's number and text; nothing at the end.
    fn next(&mut self) -> Result<Option<(u64, String)>, EvaluateError> {
        self.text.clear();
        let read =
            self.source.reader.read_until(b'\n', &mut self.text).map_err(|error| self.broken(error))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if self.number.is_multiple_of(4096) {
            self.progress.at(self.source.read.load(Ordering::Relaxed));
        }
        let text = String::from_utf8_lossy(&self.text);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        Ok(Some((self.number, text.trim_end_matches(['\n', '\r']).to_owned())))
    }

    /// All that is left.
    fn whole(&mut self) -> Result<String, EvaluateError> {
        let mut text = Vec::new();
        self.source.reader.read_to_end(&mut text).map_err(|error| self.broken(error))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn broken(&self, error: std::io::Error) -> EvaluateError {
        EvaluateError::File(self.path.to_owned(), error)
    }
}

fn bad(path: &Path, line: u64, wrong: impl Into<String>, mend: impl Into<String>) -> EvaluateError {
    EvaluateError::Line { file: path.to_owned(), line, wrong: wrong.into(), mend: mend.into() }
}

fn poor(path: &Path, wrong: impl Into<String>, mend: impl Into<String>) -> EvaluateError {
    EvaluateError::Content { file: path.to_owned(), wrong: wrong.into(), mend: mend.into() }
}

/// Puts an item into a basket, or counts it up there.
fn put(basket: &mut Vec<(ItemId, u32)>, item: ItemId, quantity: u32) {
    match basket.iter_mut().find(|(known, _)| *known == item) {
        Some((_, known)) => *known = known.saturating_add(quantity),
        None => basket.push((item, quantity)),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Reads a text as if it stood in a file.
    pub(in crate::evaluate) fn reading<R>(
        text: &str,
        read: impl FnOnce(&Path, &Progress) -> Result<R, EvaluateError>,
    ) -> Result<R, EvaluateError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, text).unwrap();
        read(&path, &Progress::new())
    }

    #[test]
    fn missing_file_is_named() {
        let error = open(Path::new("no/such/file"), &Progress::new()).err().unwrap();
        assert!(error.to_string().contains("no/such/file") && error.mend().contains("check the name"));
    }
}
