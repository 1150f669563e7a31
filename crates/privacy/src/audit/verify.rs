//! The check of a whole log against its signed heads: finds an entry that was changed, taken out, moved or put in,
//! and says where and what that means.
//!
//! Reads the log once, in order, and keeps only the tree's edges. Must never trust a stored hash or number that the
//! entries themselves don't bear out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    entry::Entry,
    fault::Fault,
    frontier::Frontier,
    hash::{Hash, leaf_hash},
    head::verify_head,
    recorded::{RecordedRestore, Restores, SeenRestore},
    restore::Extent,
    signature::VerifyingKey,
};

/// One stored entry, as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Number under which it is stored.
    pub seq: u64,
    /// The leaf data.
    pub entry: Vec<u8>,
    /// The leaf hash stored beside it.
    pub leaf: Hash,
}

/// What a log in order amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many entries.
    pub entries: u64,
    /// Root over all of them.
    pub root: Hash,
    /// How many signed heads fitted.
    pub heads: usize,
    /// How many entries the latest signed head covers; those after it aren't signed yet.
    pub signed_entries: u64,
    /// Time of the first entry.
    pub first_at: Option<Timestamp>,
    /// Time of the last entry.
    pub last_at: Option<Timestamp>,
    /// How often an entry is older than the one before it (a clock that was set back; not a fault of the log).
    pub clock_set_back: u64,
    /// The backups that were brought back, in the order of the log.
    pub restores: Vec<SeenRestore>,
    /// The heads that don't fit because a restore gave them up, and says so under the shop's signature.
    pub given_up: Vec<Extent>,
}

/// Checks a whole log: the stored rows in order of their number, the signed heads, the log's name and the keys.
///
/// ```
/// use privacy::audit::*;
/// let key = SigningKey::from_seed("tui.example/audit", [7; 32].into())?;
/// let mut tree = Frontier::new();
/// let mut rows = Vec::new();
/// for seq in 0..5 {
///     let entry = Entry {
///         seq, at: "2026-02-03T04:05:06Z".parse()?, action: "event.store".into(), author: Author::System,
///         task: None, purpose: None, kind: None, subject: None, count: 1, bundle: None, detail: None,
///     }.encode()?;
///     tree.push(leaf_hash(&entry));
///     rows.push(Row { seq, leaf: leaf_hash(&entry), entry });
/// }
/// let head = Head { origin: "tui.example/audit".into(), size: 5, root: tree.root(), at: None };
/// let heads = [sign_head(&head, &key)?];
/// let keys = [key.verifying_key().clone()];
/// let report = verify_log(rows.clone(), &heads, "tui.example/audit", &keys).map_err(|faults| format!("{faults:?}"))?;
/// assert_eq!((report.entries, report.signed_entries), (5, 5));
///
/// rows.remove(2);
/// let faults = verify_log(rows, &heads, "tui.example/audit", &keys).unwrap_err();
/// assert_eq!(faults, [Fault::Removed { first: 2, last: 2 }]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Every [`Fault`] found. After a fault the heads that cover it can't be checked further, so mend and check again.
pub fn verify_log(
    rows: impl IntoIterator<Item = Row>,
    heads: &[impl AsRef<str>],
    origin: &str,
    keys: &[VerifyingKey],
) -> Result<Report, Vec<Fault>> {
    let mut verifier = LogVerifier::new(heads, origin, keys);
    for row in rows {
        verifier.push(&row);
    }
    verifier.finish()
}

/// The same check as [`verify_log`] for rows that come one by one (and whose reading may fail in between).
#[derive(Debug, Clone)]
pub struct LogVerifier {
    /// Signed roots by size, still ahead.
    heads: BTreeMap<u64, Hash>,
    fitted: usize,
    signed_entries: u64,
    /// The tree over the contents, and the one over the stored hashes.
    contents: Frontier,
    stored: Frontier,
    /// Entries whose content and stored hash disagree, until a head says which of them is genuine.
    disputed: Vec<u64>,
    /// Numbers that were skipped so far, as first → last.
    gaps: BTreeMap<u64, u64>,
    /// Once an entry is missing or a head didn't fit, no later head can fit.
    broken: bool,
    numbering: Numbering,
    last_at: Option<Timestamp>,
    first_at: Option<Timestamp>,
    clock_set_back: u64,
    rows: u64,
    next: u64,
    restores: Restores,
    given_up: Vec<Extent>,
    faults: BTreeSet<Fault>,
}

impl LogVerifier {
    /// Begins a check with the signed heads, in any order, of a log into which no backup was brought back.
    #[must_use]
    pub fn new(heads: &[impl AsRef<str>], origin: &str, keys: &[VerifyingKey]) -> Self {
        Self::with_restores(heads, &[], origin, keys)
    }

    /// Begins a check with the signed heads and with what the shop signed when it brought backups back, in any order.
    ///
    /// A head that such a restore gives up isn't asked of the log. The restore must stand in the log itself: its entry
    /// commits to the signed note, and the log up to where the backup ended is the one that the note names.
    #[must_use]
    pub fn with_restores(
        heads: &[impl AsRef<str>],
        restores: &[RecordedRestore],
        origin: &str,
        keys: &[VerifyingKey],
    ) -> Self {
        let mut faults = BTreeSet::new();
        let restores = Restores::read(restores, origin, keys, &mut faults);
        let mut verifier = Self {
            heads: BTreeMap::new(),
            fitted: 0,
            signed_entries: 0,
            contents: Frontier::new(),
            stored: Frontier::new(),
            disputed: Vec::new(),
            gaps: BTreeMap::new(),
            broken: false,
            numbering: Numbering::default(),
            last_at: None,
            first_at: None,
            clock_set_back: 0,
            rows: 0,
            next: 0,
            restores,
            given_up: Vec::new(),
            faults,
        };
        for (place, note) in heads.iter().enumerate() {
            match verify_head(note.as_ref(), origin, keys) {
                Err(error) => {
                    verifier.faults.insert(Fault::Head { place, why: error.to_string() });
                }
                Ok(head) if verifier.restores.give_up(head.size, head.root) => {
                    verifier.given_up.push(Extent { size: head.size, root: head.root });
                }
                Ok(head) => {
                    let earlier = verifier.heads.insert(head.size, head.root);
                    if earlier.is_some_and(|root| root != head.root) {
                        verifier.faults.insert(Fault::TwoHistories { size: head.size });
                    }
                }
            }
        }
        verifier.check_head();
        verifier.restores.reached(0, verifier.contents.root());
        verifier
    }

    /// Takes the next row.
    pub fn push(&mut self, row: &Row) {
        self.rows += 1;
        if row.seq < self.next {
            self.take_late(row.seq);
            return;
        }
        if row.seq > self.next {
            self.gaps.insert(self.next, row.seq - 1);
            self.broken = true;
        }
        self.next = row.seq.saturating_add(1);
        let hash = leaf_hash(&row.entry);
        if hash != row.leaf {
            self.disputed.push(row.seq);
        }
        match Entry::decode(&row.entry) {
            Err(error) => {
                self.faults.insert(Fault::Unreadable { seq: row.seq, why: error.to_string() });
            }
            Ok(entry) => {
                self.faults.extend(self.numbering.push(row.seq, entry.seq));
                self.clock_set_back += u64::from(self.last_at.is_some_and(|last| entry.at < last));
                self.last_at = Some(entry.at);
                self.first_at.get_or_insert(entry.at);
                self.faults.extend(self.restores.push(row.seq, &entry));
            }
        }
        self.contents.push(hash);
        self.stored.push(row.leaf);
        self.check_head();
        if self.restores.await_size(self.next) {
            self.restores.reached(self.next, self.contents.root());
        }
    }

    /// Ends the check.
    ///
    /// # Errors
    /// Every [`Fault`] found, sorted by kind and place.
    pub fn finish(mut self) -> Result<Report, Vec<Fault>> {
        let disputed = std::mem::take(&mut self.disputed);
        self.faults.extend(disputed.into_iter().map(|seq| Fault::Changed { seq }));
        for (first, last) in &self.gaps {
            self.faults.insert(Fault::Removed { first: *first, last: *last });
        }
        self.faults.extend(self.numbering.finish(self.next));
        if let Some((&signed, _)) = self.heads.last_key_value()
            && signed > self.next
        {
            self.faults.insert(Fault::Truncated { entries: self.next, signed });
        }
        let (restores, faults) = self.restores.finish();
        // After a break nothing fits any more; the break itself is the fault.
        if !self.broken {
            self.faults.extend(faults);
        }
        if !self.faults.is_empty() {
            return Err(self.faults.into_iter().collect());
        }
        self.given_up.sort_unstable();
        self.given_up.dedup();
        Ok(Report {
            entries: self.rows,
            root: self.contents.root(),
            heads: self.fitted,
            signed_entries: self.signed_entries,
            first_at: self.first_at,
            last_at: self.last_at,
            clock_set_back: self.clock_set_back,
            restores,
            given_up: self.given_up,
        })
    }

    /// A row whose number was passed already: either it fills a gap (it was moved), or the number is taken twice.
    fn take_late(&mut self, seq: u64) {
        let gap = self.gaps.range(..=seq).next_back().map(|(first, last)| (*first, *last));
        let Some((first, last)) = gap.filter(|(_, last)| seq <= *last) else {
            self.faults.insert(Fault::Inserted { seq });
            return;
        };
        self.gaps.remove(&first);
        if first < seq {
            self.gaps.insert(first, seq - 1);
        }
        if seq < last {
            self.gaps.insert(seq + 1, last);
        }
        self.faults.insert(Fault::Reordered { first: seq, last: self.next - 1 });
    }

    /// Compares the trees with the head of this size, if there is one.
    fn check_head(&mut self) {
        let Some(signed) = self.heads.get(&self.next).copied() else { return };
        if self.broken {
            return;
        }
        let disputed = std::mem::take(&mut self.disputed);
        let (by_content, by_hash) = (self.contents.root() == signed, self.stored.root() == signed);
        if by_content {
            self.stored = self.contents.clone();
            self.faults.extend(disputed.into_iter().map(|seq| Fault::HashChanged { seq }));
        } else {
            self.faults.extend(disputed.into_iter().map(|seq| Fault::Changed { seq }));
            if by_hash {
                self.contents = self.stored.clone();
            } else {
                self.broken = true;
                let last = self.next.saturating_sub(1);
                self.faults.insert(Fault::NotAsSigned { first: self.signed_entries, last });
                return;
            }
        }
        self.fitted += 1;
        self.signed_entries = self.next;
    }
}

/// Compares the number under which each entry is stored with the number that it bears inside.
#[derive(Debug, Clone, Default)]
struct Numbering {
    /// How often a number was used as a place, less how often it was borne, where the two differ.
    balance: BTreeMap<u64, i64>,
    /// First place of the present stretch in which they differ.
    since: Option<u64>,
}

impl Numbering {
    /// A fault if a stretch of displaced entries ends here as a mere change of order.
    fn push(&mut self, place: u64, borne: u64) -> Option<Fault> {
        if place == borne {
            return None;
        }
        let first = *self.since.get_or_insert(place.min(borne));
        for (number, by) in [(place, 1), (borne, -1)] {
            let balance = self.balance.entry(number).or_insert(0);
            *balance += by;
            if *balance == 0 {
                self.balance.remove(&number);
            }
        }
        if !self.balance.is_empty() {
            return None;
        }
        self.since = None;
        Some(Fault::Reordered { first, last: place })
    }

    /// The faults in what is left, given the number of places.
    fn finish(&self, places: u64) -> Vec<Fault> {
        let borne = self.balance.iter().filter(|(_, balance)| **balance < 0);
        let twice: Vec<u64> = borne.map(|(number, _)| *number).filter(|number| *number < places).collect();
        let mut faults: Vec<Fault> = twice.iter().map(|&seq| Fault::Inserted { seq }).collect();
        // Each entry put in pushes one number off the end, so that the last numbers aren't really missing.
        let tail = places - (twice.len() as u64).min(places);
        let never = self.balance.iter().filter(|(number, balance)| **balance > 0 && **number < tail);
        faults.extend(never.map(|(&first, _)| Fault::Removed { first, last: first }));
        faults
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
