//! What a shop signs when it brings a backup back: up to where the log goes on from the backup, how far it had come
//! before, and which heads that had left the house are given up with the rest.
//!
//! The log's entry `backup.restore` holds the hash of this note in its `bundle`. So whoever can write into the log's
//! file, but hasn't the key, can't pass a cut off as a restore. Whoever has the key can; but not unseen, for the note
//! and its entry stand in the log from then on, and an excuse reaches only the heads that the note names. Must never
//! name a head that the log still bears out.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;

use super::{
    hash::{Hash, leaf_hash},
    head::HeadError,
    note::{open_note, sign_note},
    signature::{SigningKey, VerifyingKey},
};

/// The first line, so that no head can pass for such a note, nor the other way round.
const CONTEXT: &str = "equipoise restore 1";

/// How far a log had come: so many entries under this root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Extent {
    /// How many entries.
    pub size: u64,
    /// The Merkle tree hash over them.
    pub root: Hash,
}

/// Which keys a restore was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeysAtRestore {
    /// Those in use until then: they knew which heads had been given out.
    Live,
    /// Those in the backup: they can't know of a head that was given out after it.
    FromBackup,
}

/// A restore, as the shop signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restore {
    /// The log's name, as in its heads.
    pub origin: String,
    /// When.
    pub at: Timestamp,
    /// What of the log the backup held; the log goes on from there.
    pub kept: Extent,
    /// The furthest that the keys know the log to have come before; it may have been a little further.
    pub before: Option<Extent>,
    /// With which keys.
    pub keys: KeysAtRestore,
    /// The heads in certificates that the log doesn't bear out any more.
    pub given_up: BTreeSet<Extent>,
}

/// Signs a restore.
///
/// ```
/// use privacy::audit::{Extent, Frontier, KeysAtRestore, Restore, SigningKey, sign_restore, verify_restore};
/// let key = SigningKey::from_seed("tui.example/audit", [7; 32].into())?;
/// let restore = Restore {
///     origin: "tui.example/audit".into(),
///     at: "2026-11-22T10:15:00Z".parse()?,
///     kept: Extent { size: 0, root: Frontier::new().root() },
///     before: None,
///     keys: KeysAtRestore::Live,
///     given_up: Default::default(),
/// };
/// let note = sign_restore(&restore, &key)?;
/// assert_eq!(verify_restore(&note, "tui.example/audit", &[key.verifying_key().clone()])?, restore);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`HeadError::Form`] if the origin is empty or has a blank.
pub fn sign_restore(restore: &Restore, key: &SigningKey) -> Result<String, HeadError> {
    let Restore { origin, at, kept, before, keys, given_up } = restore;
    if origin.is_empty() || origin.contains(char::is_whitespace) {
        return Err(HeadError::Form("origin"));
    }
    let line =
        |word: &str, Extent { size, root }: &Extent| format!("{word} {size} {}\n", STANDARD.encode(root));
    let keys = match keys {
        KeysAtRestore::Live => "live",
        KeysAtRestore::FromBackup => "backup",
    };
    let mut text = format!("{CONTEXT}\n{origin}\nat {at}\nkeys {keys}\n{}", line("kept", kept));
    if let Some(before) = before {
        text.push_str(&line("before", before));
    }
    given_up.iter().for_each(|head| text.push_str(&line("given-up", head)));
    Ok(sign_note(&text, key)?)
}

/// Checks a signed restore of the log `origin` against the known keys and reads it.
///
/// # Errors
/// [`HeadError`] says what is wrong with it.
pub fn verify_restore(note: &str, origin: &str, keys: &[VerifyingKey]) -> Result<Restore, HeadError> {
    let text = open_note(note, keys)?;
    let mut lines = text.lines();
    if lines.next() != Some(CONTEXT) {
        return Err(HeadError::Form("first line"));
    }
    let found = lines.next().ok_or(HeadError::Form("origin"))?;
    if found != origin {
        return Err(HeadError::OtherLog(found.to_owned()));
    }
    let at = lines.next().and_then(|line| line.strip_prefix("at ")).and_then(|at| at.parse().ok());
    let at = at.ok_or(HeadError::Form("time"))?;
    let keys = match lines.next() {
        Some("keys live") => KeysAtRestore::Live,
        Some("keys backup") => KeysAtRestore::FromBackup,
        _ => return Err(HeadError::Form("keys")),
    };
    let (mut kept, mut before, mut given_up) = (None, None, BTreeSet::new());
    for line in lines {
        match (line.split_once(' '), kept, before) {
            (Some(("kept", rest)), None, None) => kept = Some(extent(rest)?),
            (Some(("before", rest)), Some(_), None) if given_up.is_empty() => before = Some(extent(rest)?),
            (Some(("given-up", rest)), Some(_), _) => {
                given_up.insert(extent(rest)?);
            }
            _ => return Err(HeadError::Form("lines")),
        }
    }
    let kept = kept.ok_or(HeadError::Form("size"))?;
    Ok(Restore { origin: found.to_owned(), at, kept, before, keys, given_up })
}

/// What the entry `backup.restore` holds in its `bundle`: the hash of the note.
#[must_use]
pub fn restore_hash(note: &str) -> Hash {
    leaf_hash(note.as_bytes())
}

fn extent(text: &str) -> Result<Extent, HeadError> {
    let (size, root) = text.split_once(' ').ok_or(HeadError::Form("size"))?;
    let number: u64 = size.parse().map_err(|_| HeadError::Form("size"))?;
    if number.to_string() != size {
        return Err(HeadError::Form("size"));
    }
    let root = STANDARD.decode(root).map_err(|_| HeadError::Form("root"))?;
    Ok(Extent { size: number, root: Hash(root.try_into().map_err(|_| HeadError::Form("root"))?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "tui.example/audit";

    fn key() -> SigningKey {
        SigningKey::from_seed(ORIGIN, [9; 32].into()).unwrap()
    }

    fn at(size: u64) -> Extent {
        Extent { size, root: leaf_hash(&size.to_be_bytes()) }
    }

    fn opened(text: &str) -> Result<Restore, HeadError> {
        verify_restore(&sign_note(text, &key()).unwrap(), ORIGIN, &[key().verifying_key().clone()])
    }

    #[test]
    fn restore_is_read_back_whole() {
        for (before, keys, given_up) in [
            (None, KeysAtRestore::FromBackup, vec![]),
            (Some(at(9)), KeysAtRestore::Live, vec![]),
            (Some(at(9)), KeysAtRestore::Live, vec![at(2), at(7), Extent { size: 7, ..at(1) }]),
            (None, KeysAtRestore::Live, vec![at(7)]),
        ] {
            let restore = Restore {
                origin: ORIGIN.into(),
                at: "2026-11-22T10:15:00Z".parse().unwrap(),
                kept: at(4),
                before,
                keys,
                given_up: given_up.into_iter().collect(),
            };
            let note = sign_restore(&restore, &key()).unwrap();
            let keys = [key().verifying_key().clone()];
            assert_eq!(verify_restore(&note, ORIGIN, &keys), Ok(restore));
            assert!(matches!(verify_restore(&note, "other", &keys), Err(HeadError::OtherLog(_))));
            assert!(verify_restore(&note.replace("kept 4", "kept 3"), ORIGIN, &keys).is_err());
        }
    }

    #[test]
    fn head_does_not_pass_for_a_restore_nor_lines_out_of_order() {
        let root = STANDARD.encode(at(4).root);
        let head = format!("{CONTEXT}\n{ORIGIN}\nat 2026-11-22T10:15:00Z\nkeys live\n");
        assert!(opened(&format!("{head}kept 4 {root}\n")).is_ok());
        for bad in [
            format!("{ORIGIN}\n4\n{root}\n"),
            head.clone(),
            format!("{head}kept 04 {root}\n"),
            format!("{head}kept 4 {root}\nkept 5 {root}\n"),
            format!("{head}before 9 {root}\nkept 4 {root}\n"),
            format!("{head}kept 4 {root}\ngiven-up 9 {root}\nbefore 9 {root}\n"),
            format!("{head}kept 4 {root}\nmore\n"),
            head.replace("live", "none"),
        ] {
            assert!(opened(&bad).is_err(), "{bad}");
        }
        let key = key();
        let note = sign_note(&format!("{head}kept 4 {root}\n"), &key).unwrap();
        let taken = super::super::head::verify_head(&note, CONTEXT, &[key.verifying_key().clone()]);
        assert!(taken.is_err(), "a restore does not pass for a head");
    }
}
