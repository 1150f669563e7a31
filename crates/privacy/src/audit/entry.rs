//! What one entry of the audit log says: who did what, when, why, to which kind of data.
//!
//! Must never name a data subject: `subject` is a salted commitment, and texts that look personal are refused,
//! since an entry can't be taken out again when somebody asks to be forgotten.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    canonical::{EncodingError, Reader, Writer},
    hash::{Hash, HashError, from_hex, leaf_hash, write_hex},
};
use crate::minimise;

const FORMAT: u8 = b'E';
const VERSION: u8 = 1;

/// A salted commitment to a data subject, made elsewhere; without the salt it says nothing. 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectTag(pub [u8; 16]);

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// A part of the server acting by itself for a purpose: `recommend`, `intake`.
    Machine {
        /// Which part.
        part: String,
    },
    /// A person who works for the shop or a partner.
    Operator {
        /// The account's own number or name in the system; never an e-mail address.
        id: String,
        /// The role they acted in.
        role: String,
    },
    /// The data subject themself.
    Subject,
    /// Start, stop, key rotation and the like: nobody's order.
    System,
}

/// One entry of the log.
///
/// ```
/// use privacy::audit::{Author, Entry};
/// let entry = Entry {
///     seq: 0,
///     at: "2026-02-03T04:05:06Z".parse()?,
///     action: "subject.erase".into(),
///     author: Author::Subject,
///     task: None,
///     purpose: None,
///     kind: None,
///     subject: None,
///     count: 12,
///     bundle: None,
///     detail: None,
/// };
/// let bytes = entry.encode()?;
/// assert_eq!(Entry::decode(&bytes)?, entry);
/// assert!(Entry { detail: Some("asked by ana@example.com".into()), ..entry }.encode().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Place in the log, from 0; assigned when it is appended.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What was done, as lower-case words joined by dots: `event.store`, `subject.erase`.
    pub action: String,
    /// Who did it.
    pub author: Author,
    /// The case or task that it was done for.
    pub task: Option<String>,
    /// The purpose under which it was done.
    pub purpose: Option<String>,
    /// The kind of data concerned.
    pub kind: Option<String>,
    /// The data subject concerned.
    pub subject: Option<SubjectTag>,
    /// How many rows or openings.
    pub count: u32,
    /// Root of the [`Bundle`](super::Bundle) over many openings by the machine.
    pub bundle: Option<Hash>,
    /// Anything else that a reader needs; never personal.
    pub detail: Option<String>,
}

impl Entry {
    /// The leaf data: canonical, so that equal entries give equal bytes.
    ///
    /// # Errors
    /// [`EncodingError::Action`], [`EncodingError::Length`], or [`EncodingError::Personal`] for a text that looks
    /// like an e-mail address, telephone or card number, account number or network address.
    pub fn encode(&self) -> Result<Vec<u8>, EncodingError> {
        let Self { seq, at, action, author, task, purpose, kind, subject, count, bundle, detail } = self;
        if !is_action(action) {
            return Err(EncodingError::Action);
        }
        let mut out = Writer::new(FORMAT, VERSION);
        out.u64(*seq);
        out.time(*at);
        out.text("action", action)?;
        write_author(&mut out, author)?;
        for (field, value) in [("task", task), ("purpose", purpose), ("kind", kind)] {
            out.option(value.as_deref(), |out, text| impersonal(out, field, text))?;
        }
        out.option(*subject, |out, tag| {
            out.raw(&tag.0);
            Ok(())
        })?;
        out.u32(*count);
        out.option(*bundle, |out, root| {
            out.raw(&root.0);
            Ok(())
        })?;
        out.option(detail.as_deref(), |out, text| impersonal(out, "detail", text))?;
        Ok(out.finish())
    }

    /// Reads leaf data.
    ///
    /// # Errors
    /// [`EncodingError`] for anything that [`Entry::encode`] wouldn't have written in form.
    pub fn decode(bytes: &[u8]) -> Result<Self, EncodingError> {
        let mut from = Reader::new(bytes, FORMAT, VERSION)?;
        let entry = Self {
            seq: from.u64()?,
            at: from.time("at")?,
            action: from.text("action")?,
            author: read_author(&mut from)?,
            task: from.option("task", |from| from.text("task"))?,
            purpose: from.option("purpose", |from| from.text("purpose"))?,
            kind: from.option("kind", |from| from.text("kind"))?,
            subject: from.option("subject", |from| from.array().map(SubjectTag))?,
            count: from.u32()?,
            bundle: from.option("bundle", |from| from.array().map(Hash))?,
            detail: from.option("detail", |from| from.text("detail"))?,
        };
        from.finish()?;
        if is_action(&entry.action) { Ok(entry) } else { Err(EncodingError::Action) }
    }

    /// The leaf hash: what goes into the tree.
    ///
    /// # Errors
    /// As [`Entry::encode`].
    pub fn leaf_hash(&self) -> Result<Hash, EncodingError> {
        Ok(leaf_hash(&self.encode()?))
    }
}

fn write_author(out: &mut Writer, author: &Author) -> Result<(), EncodingError> {
    match author {
        Author::Machine { part } => {
            out.byte(0);
            impersonal(out, "author.part", part)
        }
        Author::Operator { id, role } => {
            out.byte(1);
            impersonal(out, "author.id", id)?;
            impersonal(out, "author.role", role)
        }
        Author::Subject => {
            out.byte(2);
            Ok(())
        }
        Author::System => {
            out.byte(3);
            Ok(())
        }
    }
}

fn read_author(from: &mut Reader<'_>) -> Result<Author, EncodingError> {
    match from.byte()? {
        0 => Ok(Author::Machine { part: from.text("author.part")? }),
        1 => Ok(Author::Operator { id: from.text("author.id")?, role: from.text("author.role")? }),
        2 => Ok(Author::Subject),
        3 => Ok(Author::System),
        _ => Err(EncodingError::Field("author")),
    }
}

/// Writes a text that has been searched for what must not stand in a log.
pub(super) fn impersonal(out: &mut Writer, field: &'static str, text: &str) -> Result<(), EncodingError> {
    if minimise::find_personal(text).is_empty() {
        out.text(field, text)
    } else {
        Err(EncodingError::Personal(field))
    }
}

fn is_action(text: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    text.len() <= 64 && text.contains('.') && text.split('.').all(is_word)
}

impl fmt::Display for SubjectTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for SubjectTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SubjectTag {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        from_hex(text).map(Self).ok_or(HashError::NotHex)
    }
}

impl Serialize for SubjectTag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SubjectTag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries() -> impl Strategy<Value = Entry> {
        let text = || "[a-zāü ]{0,12}";
        let author = prop_oneof![
            text().prop_map(|part| Author::Machine { part }),
            (text(), text()).prop_map(|(id, role)| Author::Operator { id, role }),
            Just(Author::Subject),
            Just(Author::System),
        ];
        let texts = (
            prop::option::of(text()),
            prop::option::of(text()),
            prop::option::of(text()),
            prop::option::of(text()),
        );
        let at = (-9_999_999_999i64..99_999_999_999, -999_999_999i32..999_999_999)
            .prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap());
        let numbers = (any::<u64>(), at, any::<u32>());
        let hashes = (prop::option::of(any::<[u8; 16]>()), prop::option::of(any::<[u8; 32]>()));
        (numbers, "[a-z]{1,5}\\.[a-z_0-9]{0,3}x?", author, texts, hashes)
            .prop_filter("an action", |(_, action, ..)| is_action(action))
            .prop_map(|((seq, at, count), action, author, texts, (subject, bundle))| Entry {
                seq,
                at,
                action,
                author,
                task: texts.0,
                purpose: texts.1,
                kind: texts.2,
                subject: subject.map(SubjectTag),
                count,
                bundle: bundle.map(Hash),
                detail: texts.3,
            })
    }

    pub(crate) fn sample(seq: u64) -> Entry {
        Entry {
            seq,
            at: Timestamp::new(1_770_000_000 + seq as i64, 0).unwrap(),
            action: "event.store".into(),
            author: Author::Machine { part: "intake".into() },
            task: None,
            purpose: Some("analytics".into()),
            kind: Some("views".into()),
            subject: Some(SubjectTag([7; 16])),
            count: 1,
            bundle: None,
            detail: None,
        }
    }

    /// A log's format may never change by accident.
    #[test]
    fn encoding_stays_as_it_is() {
        let hash = sample(3).leaf_hash().unwrap().to_string();
        assert_eq!(hash, "579b6546edc487e0e64cf3707329e93b09c3ee6d8d49f2a2e911201aa7a87c5d");
    }

    #[test]
    fn personal_texts_are_refused() {
        let operator = |id: &str| Author::Operator { id: id.into(), role: "support".into() };
        let check = |entry: Entry, field| assert_eq!(entry.encode(), Err(EncodingError::Personal(field)));
        check(Entry { author: operator("ana@example.com"), ..sample(0) }, "author.id");
        check(Entry { task: Some("called +64 21 123 4567".into()), ..sample(0) }, "task");
        check(Entry { detail: Some("from 203.0.113.77".into()), ..sample(0) }, "detail");
        assert!(
            Entry { author: operator("op-17"), task: Some("case 2026-0117".into()), ..sample(0) }
                .encode()
                .is_ok()
        );
    }

    #[test]
    fn actions_out_of_form_are_refused() {
        for action in
            ["", "store", "Event.store", "event..store", ".x", "x.", "a b.c", "event.1x", &"a.".repeat(40)]
        {
            assert_eq!(
                Entry { action: action.into(), ..sample(0) }.encode(),
                Err(EncodingError::Action),
                "{action}"
            );
        }
        assert!(Entry { action: "event.store_batch.v2".into(), ..sample(0) }.encode().is_ok());
    }

    #[test]
    fn long_texts_are_refused() {
        let entry = Entry { detail: Some("x ".repeat(600)), ..sample(0) };
        assert_eq!(entry.encode(), Err(EncodingError::Length("detail")));
    }

    proptest! {
        #[test]
        fn entry_is_read_back(entry in entries()) {
            prop_assert_eq!(Entry::decode(&entry.encode().unwrap()).unwrap(), entry);
        }

        #[test]
        fn different_entries_have_different_bytes(a in entries(), b in entries()) {
            prop_assert_eq!(a == b, a.encode() == b.encode());
        }

        /// Whatever is read is exactly what writing gives: there is one encoding of an entry.
        #[test]
        fn a_flipped_byte_gives_another_entry_or_none(entry in entries(), at in any::<prop::sample::Index>(), by in 1u8..) {
            let mut bytes = entry.encode().unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= by;
            if let Ok(other) = Entry::decode(&bytes) {
                prop_assert_ne!(&other, &entry);
                if let Ok(again) = other.encode() {
                    prop_assert_eq!(again, bytes);
                }
            }
        }

        #[test]
        fn cut_or_lengthened_bytes_are_refused(entry in entries(), at in any::<prop::sample::Index>()) {
            let mut bytes = entry.encode().unwrap();
            prop_assert!(Entry::decode(&bytes[..at.index(bytes.len())]).is_err());
            bytes.push(0);
            prop_assert_eq!(Entry::decode(&bytes), Err(EncodingError::TooLong(1)));
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Entry::decode(&bytes);
            let _ = Entry::decode(&[&[FORMAT, VERSION], &bytes[..]].concat());
        }
    }
}
