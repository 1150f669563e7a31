//! Signed notes (C2SP signed-note): a text, a blank line, and lines of signatures, as Go's checksum database has it.
//!
//! Must never give out the text of a note before a signature under it was checked.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::signature::{SigningKey, VerifyingKey};

/// Longest note that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// Why a note isn't believed or can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text doesn't end with a line break, or has control characters.
    #[error("a signed text must be plain lines, each with its line break")]
    Text,
    /// The note has no blank line before its signatures, or a line there is no signature.
    #[error("not a signed note")]
    Form,
    /// None of the keys at hand has signed it.
    #[error("signed by none of the known keys")]
    UnknownKey,
    /// A line claims a known key, yet its signature is false.
    #[error("the signature of `{0}` is false")]
    Signature(String),
}

/// Signs a text of whole lines, and gives the note: text, blank line, `— name signature`.
///
/// # Errors
/// [`NoteError::Text`] if the text doesn't end with a line break or has control characters.
pub fn sign_note(text: &str, key: &SigningKey) -> Result<String, NoteError> {
    if !is_plain(text) {
        return Err(NoteError::Text);
    }
    let public = key.verifying_key();
    let signature = STANDARD.encode([&public.id()[..], &key.sign(text.as_bytes())].concat());
    Ok(format!("{text}\n— {} {signature}\n", public.name()))
}

/// Checks a note against the known keys and gives back its text. Signatures by unknown keys are passed over;
/// each by a known key must hold, and there must be at least one.
///
/// ```
/// use privacy::audit::{SigningKey, open_note, sign_note};
/// let key = SigningKey::from_seed("tui.example/audit", [7; 32].into())?;
/// let note = sign_note("a certificate\n", &key)?;
/// assert_eq!(open_note(&note, &[key.verifying_key().clone()])?, "a certificate\n");
/// assert!(open_note(&note.replace("certificate", "forgery"), &[key.verifying_key().clone()]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`NoteError`] says what is wrong with it.
pub fn open_note<'n>(note: &'n str, keys: &[VerifyingKey]) -> Result<&'n str, NoteError> {
    if note.len() > LONGEST || !is_plain(note) {
        return Err(NoteError::Form);
    }
    let at = note.rfind("\n\n").ok_or(NoteError::Form)?;
    let (text, lines) = note.split_at_checked(at + 1).ok_or(NoteError::Form)?;
    let lines = lines.strip_prefix('\n').filter(|lines| !lines.is_empty()).ok_or(NoteError::Form)?;
    let mut believed = false;
    for line in lines.lines() {
        let (name, encoded) =
            line.strip_prefix("— ").and_then(|line| line.split_once(' ')).ok_or(NoteError::Form)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| NoteError::Form)?;
        let (id, signature) = bytes.split_first_chunk::<4>().ok_or(NoteError::Form)?;
        if let Some(key) = keys.iter().find(|key| key.name() == name && key.id() == *id) {
            key.verify(text.as_bytes(), signature).map_err(|_| NoteError::Signature(name.to_owned()))?;
            believed = true;
        }
    }
    if believed { Ok(text) } else { Err(NoteError::UnknownKey) }
}

fn is_plain(text: &str) -> bool {
    text.ends_with('\n') && !text.contains(|c: char| c.is_control() && c != '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The note that stands in the documentation of Go's `note` package.
    const PETER: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const PETERS_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    fn keys() -> [VerifyingKey; 1] {
        [PETERS_KEY.parse().unwrap()]
    }

    #[test]
    fn note_of_another_implementation_is_believed() {
        assert!(open_note(PETER, &keys()).unwrap().ends_with("problem is.\n"));
    }

    #[test]
    fn seed_of_another_implementation_signs_the_same_note() {
        // `PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz`, from the same documentation.
        let secret = STANDARD.decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz").unwrap();
        let seed: [u8; 32] = secret[1..].try_into().unwrap();
        let key = SigningKey::from_seed("PeterNeumann", seed.into()).unwrap();
        assert_eq!(key.verifying_key().to_string(), PETERS_KEY);
        let (text, _) = PETER.split_once("\n\n").unwrap();
        assert_eq!(sign_note(&format!("{text}\n"), &key).unwrap(), PETER);
    }

    #[test]
    fn changed_text_or_signature_is_not_believed() {
        let check = |note: String, expected| assert_eq!(open_note(&note, &keys()), Err(expected), "{note}");
        check(PETER.replace("don't", "do"), NoteError::Signature("PeterNeumann".into()));
        check(PETER.replace("x08go/Z", "x08go/Y"), NoteError::Signature("PeterNeumann".into()));
        check(PETER.replace("x08g", "x18g"), NoteError::UnknownKey);
        check(PETER.replace("— Peter", "— Paul"), NoteError::UnknownKey);
        check(PETER.replace("— ", "- "), NoteError::Form);
        check(PETER.replace("\n\n", "\n"), NoteError::Form);
        check(PETER.trim_end().to_owned(), NoteError::Form);
        check(format!("{PETER}\n"), NoteError::Form);
        check(String::new(), NoteError::Form);
    }

    #[test]
    fn further_signatures_by_unknown_keys_are_passed_over() {
        let witnessed = format!("{PETER}— witness.example AAAAAAAA\n");
        assert!(open_note(&witnessed, &keys()).is_ok());
    }

    #[test]
    fn text_that_isnt_whole_lines_is_not_signed() {
        let key = SigningKey::from_seed("t", [3; 32].into()).unwrap();
        for text in ["", "a", "a\r\n", "a\u{0}\n"] {
            assert_eq!(sign_note(text, &key), Err(NoteError::Text), "{text:?}");
        }
    }
}
