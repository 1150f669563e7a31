//! The restores that a log records, while it is checked: each must stand in the log as the shop signed it. Must never
//! believe a restore whose entry or whose beginning of the log isn't the one that was signed.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    entry::Entry,
    fault::Fault,
    hash::Hash,
    restore::{Extent, Restore, restore_hash, verify_restore},
    signature::VerifyingKey,
};

/// The action of the entry that records a restore.
pub(super) const ACTION: &str = "backup.restore";

/// A restore as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRestore {
    /// Number of the entry that records it.
    pub seq: u64,
    /// What the shop signed.
    pub note: String,
}

/// A restore that stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRestore {
    /// Number of the entry that records it.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// How many people were erased again, who were in the backup and had been erased since.
    pub erased_again: u32,
    /// What the shop signed; nothing where an older version brought the backup back, which excuses nothing.
    pub signed: Option<Restore>,
}

/// What was signed, and how far the log bears it out.
#[derive(Debug, Clone)]
struct Claim {
    seq: u64,
    hash: Hash,
    restore: Restore,
    kept: Option<Hash>,
    recorded: bool,
}

/// All restores of a log.
#[derive(Debug, Clone)]
pub(super) struct Restores {
    claims: Vec<Claim>,
    /// The sizes at which a backup ended.
    sizes: BTreeSet<u64>,
    given_up: BTreeSet<Extent>,
    seen: Vec<SeenRestore>,
}

impl Restores {
    pub(super) fn read(
        recorded: &[RecordedRestore],
        origin: &str,
        keys: &[VerifyingKey],
        faults: &mut BTreeSet<Fault>,
    ) -> Self {
        let mut claims = Vec::new();
        for RecordedRestore { seq, note } in recorded {
            match verify_restore(note, origin, keys) {
                Ok(restore) => claims.push(Claim {
                    seq: *seq,
                    hash: restore_hash(note),
                    restore,
                    kept: None,
                    recorded: false,
                }),
                Err(error) => {
                    faults.insert(Fault::Restore { seq: *seq, why: error.to_string() });
                }
            }
        }
        let sizes = claims.iter().map(|claim| claim.restore.kept.size).collect();
        let given_up = claims.iter().flat_map(|claim| claim.restore.given_up.iter().copied()).collect();
        Self { claims, sizes, given_up, seen: Vec::new() }
    }

    /// Whether a restore gives this head up.
    pub(super) fn give_up(&self, size: u64, root: Hash) -> bool {
        self.given_up.contains(&Extent { size, root })
    }

    /// Whether a backup ended at this size.
    pub(super) fn await_size(&self, size: u64) -> bool {
        self.sizes.contains(&size)
    }

    /// The log has this root at this size.
    pub(super) fn reached(&mut self, size: u64, root: Hash) {
        for claim in self.claims.iter_mut().filter(|claim| claim.restore.kept.size == size) {
            claim.kept = Some(root);
        }
    }

    /// Takes the next entry.
    pub(super) fn push(&mut self, seq: u64, entry: &Entry) -> Option<Fault> {
        if entry.action != ACTION {
            return None;
        }
        let claim = self.claims.iter_mut().find(|claim| claim.seq == seq);
        let signed = match (claim, entry.bundle) {
            (Some(claim), Some(hash)) if hash == claim.hash && entry.at == claim.restore.at => {
                claim.recorded = true;
                Some(claim.restore.clone())
            }
            (None, None) => None,
            (Some(_), _) => {
                return Some(Fault::Restore { seq, why: String::from("the shop signed something else") });
            }
            (None, Some(_)) => {
                return Some(Fault::Restore { seq, why: String::from("what the shop signed is missing") });
            }
        };
        self.seen.push(SeenRestore { seq, at: entry.at, erased_again: entry.count, signed });
        None
    }

    /// The restores in the log, and what doesn't fit.
    pub(super) fn finish(self) -> (Vec<SeenRestore>, Vec<Fault>) {
        let faults = self.claims.iter().filter_map(|Claim { seq, restore, kept, recorded, hash: _ }| {
            let why = match (kept, recorded) {
                (Some(root), true) if *root == restore.kept.root => return None,
                (_, true) => "the log before it isn't the one that the backup held",
                (_, false) => "the entry isn't in the log as it was signed",
            };
            Some(Fault::Restore { seq: *seq, why: why.to_owned() })
        });
        let faults = faults.collect();
        (self.seen, faults)
    }
}
