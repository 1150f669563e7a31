//! Signed heads of the log: C2SP checkpoints. Who has kept one can prove any later change of what it covers.
//!
//! Must never be made from anything but the tree's own size and root.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;

use super::{
    hash::Hash,
    note::{NoteError, open_note, sign_note},
    signature::{SigningKey, VerifyingKey},
};

/// What a head says: this log had so many entries under this root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The log's name: one line without blanks, by custom host and path without scheme.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The Merkle tree hash over them.
    pub root: Hash,
    /// When it was signed; written as the extension line `at …`, which other tools pass over.
    pub at: Option<Timestamp>,
}

/// Why a head isn't believed or can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// The note under it isn't in order.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The signed text isn't a head.
    #[error("the signed text is no head: its {0} is wrong")]
    Form(&'static str),
    /// It speaks of another log.
    #[error("the head belongs to the log `{0}`")]
    OtherLog(String),
}

/// Signs a head as a C2SP checkpoint.
///
/// ```
/// use privacy::audit::{Frontier, Head, SigningKey, sign_head, verify_head};
/// let key = SigningKey::from_seed("tui.example/audit", [7; 32].into())?;
/// let tree = Frontier::new();
/// let head = Head { origin: "tui.example/audit".into(), size: tree.size(), root: tree.root(), at: None };
/// let note = sign_head(&head, &key)?;
/// assert!(note.starts_with("tui.example/audit\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— "));
/// assert_eq!(verify_head(&note, "tui.example/audit", &[key.verifying_key().clone()])?, head);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`HeadError::Form`] if the origin is empty or has a blank.
pub fn sign_head(head: &Head, key: &SigningKey) -> Result<String, HeadError> {
    let Head { origin, size, root, at } = head;
    if origin.is_empty() || origin.contains(char::is_whitespace) {
        return Err(HeadError::Form("origin"));
    }
    let at = at.map(|at| format!("at {at}\n")).unwrap_or_default();
    let text = format!("{origin}\n{size}\n{}\n{at}", STANDARD.encode(root));
    Ok(sign_note(&text, key)?)
}

/// Checks a signed head of the log `origin` against the known keys and reads it.
///
/// # Errors
/// [`HeadError`] says what is wrong with it.
pub fn verify_head(note: &str, origin: &str, keys: &[VerifyingKey]) -> Result<Head, HeadError> {
    let text = open_note(note, keys)?;
    let mut lines = text.lines();
    let mut next = |what| lines.next().ok_or(HeadError::Form(what));
    let (found, size, root) = (next("origin")?, next("size")?, next("root")?);
    if found != origin {
        return Err(HeadError::OtherLog(found.to_owned()));
    }
    let number: u64 = size.parse().map_err(|_| HeadError::Form("size"))?;
    if number.to_string() != size {
        return Err(HeadError::Form("size"));
    }
    let root = STANDARD.decode(root).map_err(|_| HeadError::Form("root"))?;
    let root = Hash(root.try_into().map_err(|_| HeadError::Form("root"))?);
    let at = lines.find_map(|line| line.strip_prefix("at "));
    let at = at.map(str::parse).transpose().map_err(|_| HeadError::Form("time"))?;
    Ok(Head { origin: found.to_owned(), size: number, root, at })
}

#[cfg(test)]
mod tests {
    use super::{super::hash::leaf_hash, *};

    const ORIGIN: &str = "tui.example/audit";

    fn key() -> SigningKey {
        SigningKey::from_seed(ORIGIN, [9; 32].into()).unwrap()
    }

    fn opened(text: &str) -> Result<Head, HeadError> {
        let key = key();
        verify_head(&sign_note(text, &key).unwrap(), ORIGIN, &[key.verifying_key().clone()])
    }

    #[test]
    fn head_with_time_is_read_back() {
        let head = Head {
            origin: ORIGIN.into(),
            size: u64::MAX,
            root: leaf_hash(b"x"),
            at: Some("2026-02-03T04:05:06.789Z".parse().unwrap()),
        };
        let note = sign_head(&head, &key()).unwrap();
        assert!(note.contains("\nat 2026-02-03T04:05:06.789Z\n\n"), "{note}");
        assert_eq!(verify_head(&note, ORIGIN, &[key().verifying_key().clone()]), Ok(head));
    }

    #[test]
    fn signed_text_that_is_no_head_is_refused() {
        let root = STANDARD.encode(leaf_hash(b"x"));
        assert!(opened(&format!("{ORIGIN}\n5\n{root}\nsome extension\n")).is_ok());
        let check = |text: &str, expected| assert_eq!(opened(text), Err(expected), "{text}");
        check(&format!("other.example\n5\n{root}\n"), HeadError::OtherLog("other.example".into()));
        check(&format!("{ORIGIN}\n05\n{root}\n"), HeadError::Form("size"));
        check(&format!("{ORIGIN}\n+5\n{root}\n"), HeadError::Form("size"));
        check(&format!("{ORIGIN}\n-5\n{root}\n"), HeadError::Form("size"));
        check(&format!("{ORIGIN}\n5\n{root}A\n"), HeadError::Form("root"));
        check(&format!("{ORIGIN}\n5\nAAAA\n"), HeadError::Form("root"));
        check(&format!("{ORIGIN}\n5\n"), HeadError::Form("root"));
        check(&format!("{ORIGIN}\n5\n{root}\nat noon\n"), HeadError::Form("time"));
    }

    #[test]
    fn head_of_another_key_is_not_believed() {
        let other = SigningKey::from_seed(ORIGIN, [8; 32].into()).unwrap();
        let head = Head { origin: ORIGIN.into(), size: 1, root: leaf_hash(b"x"), at: None };
        let note = sign_head(&head, &other).unwrap();
        let verdict = verify_head(&note, ORIGIN, &[key().verifying_key().clone()]);
        assert_eq!(verdict, Err(HeadError::Note(NoteError::UnknownKey)));
    }

    #[test]
    fn origin_with_a_blank_is_not_signed() {
        for origin in ["", "a b", "a\nb"] {
            let head = Head { origin: origin.into(), size: 0, root: leaf_hash(b""), at: None };
            assert_eq!(sign_head(&head, &key()), Err(HeadError::Form("origin")), "{origin:?}");
        }
    }
}
