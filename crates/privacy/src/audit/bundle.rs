//! The machine's openings of personal data within one second, under one root: the log takes one leaf for all of them,
//! and each single opening can still be proven.
//!
//! Must never be put into the log without its root in an entry's `bundle`.

use super::{
    canonical::{EncodingError, Reader, Writer},
    entry::{SubjectTag, impersonal},
    frontier::Frontier,
    hash::{Hash, leaf_hash},
    proof::{Disproof, inclusion_proof, verify_inclusion},
};

const OPENING: u8 = b'O';
const BUNDLE: u8 = b'B';
const VERSION: u8 = 1;

/// One opening: which part of the server opened which kind of data of whom, for what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opening {
    /// Whose data.
    pub subject: SubjectTag,
    /// For which purpose.
    pub purpose: String,
    /// Which kind of data.
    pub kind: String,
    /// Which part of the server.
    pub part: String,
    /// How many rows.
    pub count: u32,
}

impl Opening {
    /// Canonical bytes: the data of the bundle's leaf.
    ///
    /// # Errors
    /// [`EncodingError::Length`] or [`EncodingError::Personal`].
    pub fn encode(&self) -> Result<Vec<u8>, EncodingError> {
        let Self { subject, purpose, kind, part, count } = self;
        let mut out = Writer::new(OPENING, VERSION);
        out.raw(&subject.0);
        impersonal(&mut out, "purpose", purpose)?;
        impersonal(&mut out, "kind", kind)?;
        impersonal(&mut out, "part", part)?;
        out.u32(*count);
        Ok(out.finish())
    }

    /// Reads what [`Opening::encode`] wrote.
    ///
    /// # Errors
    /// [`EncodingError`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, EncodingError> {
        let mut from = Reader::new(bytes, OPENING, VERSION)?;
        let opening = Self {
            subject: from.array().map(SubjectTag)?,
            purpose: from.text("purpose")?,
            kind: from.text("kind")?,
            part: from.text("part")?,
            count: from.u32()?,
        };
        from.finish()?;
        Ok(opening)
    }
}

/// Openings in the order in which they happened, with their Merkle tree.
///
/// ```
/// use privacy::audit::{Bundle, Opening, SubjectTag};
/// let mut bundle = Bundle::new();
/// for i in 0..5 {
///     bundle.push(&Opening {
///         subject: SubjectTag([i; 16]),
///         purpose: "personalisation".into(),
///         kind: "purchases".into(),
///         part: "recommend".into(),
///         count: 3,
///     })?;
/// }
/// let (opening, proof) = bundle.prove(2).ok_or("there are five")?;
/// assert!(proof.verify(&opening, &bundle.root()).is_ok());
/// assert_eq!(Bundle::from_bytes(&bundle.to_bytes())?, bundle);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    // INVARIANT: `leaves` are the leaf hashes of `encoded`, and `tree` stands over them.
    encoded: Vec<Vec<u8>>,
    leaves: Vec<Hash>,
    tree: Frontier,
}

/// Proof that an opening is in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningProof {
    /// Place in the bundle, from 0.
    pub index: u64,
    /// How many openings the bundle has.
    pub size: u64,
    /// Hashes beside the path, lowest first.
    pub path: Vec<Hash>,
}

impl OpeningProof {
    /// Checks that the opening is in the bundle with this root.
    ///
    /// # Errors
    /// [`Disproof`] says what doesn't fit; an opening that can't be encoded is in no bundle.
    pub fn verify(&self, opening: &Opening, root: &Hash) -> Result<(), Disproof> {
        let leaf = leaf_hash(&opening.encode().map_err(|_| Disproof::Root)?);
        verify_inclusion(&leaf, self.index, self.size, &self.path, root)
    }
}

impl Bundle {
    /// A bundle without openings.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "an empty bundle is a statement, not a default")]
    pub fn new() -> Self {
        Self { encoded: Vec::new(), leaves: Vec::new(), tree: Frontier::new() }
    }

    /// Adds an opening and gives its place, from 0.
    ///
    /// # Errors
    /// As [`Opening::encode`]; the bundle stays as it was.
    pub fn push(&mut self, opening: &Opening) -> Result<u64, EncodingError> {
        let bytes = opening.encode()?;
        let leaf = leaf_hash(&bytes);
        self.encoded.push(bytes);
        self.leaves.push(leaf);
        self.tree.push(leaf);
        Ok(self.tree.size() - 1)
    }

    /// How many openings.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.tree.size()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// Root over all openings: goes into the entry's `bundle`.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// The openings, in order.
    pub fn openings(&self) -> impl Iterator<Item = Opening> {
        self.encoded.iter().filter_map(|bytes| Opening::decode(bytes).ok())
    }

    /// An opening with the proof that it is in this bundle; `None` if there is no such place.
    #[must_use]
    pub fn prove(&self, index: u64) -> Option<(Opening, OpeningProof)> {
        let bytes = self.encoded.get(usize::try_from(index).ok()?)?;
        let path = inclusion_proof(index, self.len(), self.leaves.as_slice()).ok()?;
        Some((Opening::decode(bytes).ok()?, OpeningProof { index, size: self.len(), path }))
    }

    /// All openings as bytes, for keeping.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new(BUNDLE, VERSION);
        out.u64(self.len());
        for bytes in &self.encoded {
            // An opening has three texts of at most 1 KiB: its length always fits.
            out.u32(bytes.len() as u32);
            out.raw(bytes);
        }
        out.finish()
    }

    /// Reads what [`Bundle::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`EncodingError`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EncodingError> {
        let mut from = Reader::new(bytes, BUNDLE, VERSION)?;
        let mut bundle = Self::new();
        for _ in 0..from.u64()? {
            let length = from.u32()? as usize;
            bundle.push(&Opening::decode(from.take(length)?)?)?;
        }
        from.finish()?;
        Ok(bundle)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn opening(i: u32) -> Opening {
        let mut tag = [0; 16];
        tag[..4].copy_from_slice(&i.to_be_bytes());
        let text = |text: &str| text.to_owned();
        Opening {
            subject: SubjectTag(tag),
            purpose: text("personalisation"),
            kind: text("purchases"),
            part: text("recommend"),
            count: i,
        }
    }

    #[test]
    fn every_opening_of_a_bundle_can_be_proven() {
        let mut bundle = Bundle::new();
        for i in 0..77 {
            assert_eq!(bundle.push(&opening(i)), Ok(u64::from(i)));
        }
        let root = bundle.root();
        for i in 0..77 {
            let (proven, proof) = bundle.prove(i).unwrap();
            assert_eq!(proven, opening(i as u32));
            assert_eq!(proof.verify(&proven, &root), Ok(()));
            let more = Opening { count: 99, ..proven };
            assert_eq!(proof.verify(&more, &root), Err(Disproof::Root));
        }
        assert_eq!(bundle.prove(77), None);
        assert_eq!(bundle.openings().count(), 77);
    }

    #[test]
    fn opening_with_a_personal_text_is_refused_and_leaves_the_bundle_as_it_was() {
        let mut bundle = Bundle::new();
        let bad = Opening { kind: "ana@example.com".into(), ..opening(1) };
        assert_eq!(bundle.push(&bad), Err(EncodingError::Personal("kind")));
        assert!(bundle.is_empty());
    }

    proptest! {
        #[test]
        fn opening_and_bundle_are_read_back(tags in prop::collection::vec(any::<([u8; 16], u32)>(), 0..40),
                                            text in "[a-zü]{0,9}") {
            let mut bundle = Bundle::new();
            for (tag, count) in tags {
                let one = Opening { subject: SubjectTag(tag), purpose: text.clone(), count, ..opening(0) };
                prop_assert_eq!(&Opening::decode(&one.encode().unwrap()).unwrap(), &one);
                bundle.push(&one).unwrap();
            }
            prop_assert_eq!(Bundle::from_bytes(&bundle.to_bytes()).unwrap(), bundle);
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..99)) {
            let _ = Bundle::from_bytes(&[&[BUNDLE, VERSION], &bytes[..]].concat());
            let _ = Opening::decode(&[&[OPENING, VERSION], &bytes[..]].concat());
        }
    }
}
