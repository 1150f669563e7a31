//! What became of events, in numbers. Must hold nothing of what stood in them.

use std::collections::BTreeMap;

/// What became of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Events of which something was stored, or whose decision was recorded.
    pub stored: u64,
    /// Events that had come before.
    pub duplicate: u64,
    /// Events that were refused, by reason.
    pub refused: BTreeMap<&'static str, u64>,
}

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Something of it was stored.
    Stored,
    /// All of it was there already.
    Duplicate,
    /// Nothing of it may be stored.
    Refused(&'static str),
}

impl Outcome {
    /// Counts one event.
    pub(crate) fn note(&mut self, fate: Fate) {
        match fate {
            Fate::Stored => self.stored += 1,
            Fate::Duplicate => self.duplicate += 1,
            Fate::Refused(reason) => *self.refused.entry(reason).or_default() += 1,
        }
    }

    /// Adds another's figures.
    pub fn add(&mut self, other: &Self) {
        let Self { stored, duplicate, refused } = other;
        self.stored += stored;
        self.duplicate += duplicate;
        for (reason, count) in refused {
            *self.refused.entry(reason).or_default() += count;
        }
    }

    /// How many events were refused.
    #[must_use]
    pub fn refused_total(&self) -> u64 {
        self.refused.values().sum()
    }
}
