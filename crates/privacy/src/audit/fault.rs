//! What can be wrong with a log, in words. Must never hold more than numbers and reasons.

/// What is wrong with a log. `Display` says it in words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Fault {
    /// The content of an entry isn't what was logged.
    #[error("entry {seq} was changed: its content no longer gives the hash that was logged")]
    Changed {
        /// Number of the entry.
        seq: u64,
    },
    /// The content is genuine (a signed head covers it), but the hash stored beside it isn't.
    #[error("entry {seq} is genuine, but the hash stored beside it was changed")]
    HashChanged {
        /// Number of the entry.
        seq: u64,
    },
    /// The content can't be read as an entry.
    #[error("entry {seq} can't be read: {why}")]
    Unreadable {
        /// Number of the entry.
        seq: u64,
        /// What is wrong with it.
        why: String,
    },
    /// Entries are missing.
    #[error("entries {first} to {last} are missing: they were taken out of the log")]
    Removed {
        /// Number of the first missing entry.
        first: u64,
        /// Number of the last missing entry.
        last: u64,
    },
    /// Entries stand in another order than they were logged in.
    #[error("the entries from {first} to {last} stand in another order than they were logged in")]
    Reordered {
        /// First number concerned.
        first: u64,
        /// Last number concerned.
        last: u64,
    },
    /// More than one entry claims the same number.
    #[error("more than one entry claims to be number {seq}: one of them was put in afterwards")]
    Inserted {
        /// The number claimed twice.
        seq: u64,
    },
    /// The log is shorter than what was signed.
    #[error("the log ends after {entries} entries, though {signed} were signed: the end was cut off")]
    Truncated {
        /// How many entries there are.
        entries: u64,
        /// How many the signed head covers.
        signed: u64,
    },
    /// A signed head covers other entries than those that are stored.
    #[error(
        "the entries from {first} to {last} are not those that were signed: at least one of them was changed, \
         taken out, moved or put in, and the hashes were made to fit"
    )]
    NotAsSigned {
        /// First entry after the last head that fitted.
        first: u64,
        /// Last entry that the head covers.
        last: u64,
    },
    /// A head that can't be believed.
    #[error("signed head number {place} can't be believed: {why}")]
    Head {
        /// Place among the heads given, from 0.
        place: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The log says that a backup was brought back, and what the shop signed for that isn't there or doesn't fit.
    #[error("entry {seq} says that a backup was brought back, but that isn't borne out: {why}")]
    Restore {
        /// Number of the entry.
        seq: u64,
        /// What doesn't fit.
        why: String,
    },
    /// Two validly signed heads contradict each other.
    #[error("two signed heads for {size} entries differ: the log's key has signed two different histories")]
    TwoHistories {
        /// The size that both name.
        size: u64,
    },
}
