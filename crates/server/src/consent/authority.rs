//! With what somebody comes who says what a customer wants, and how far their yes counts. A write key stands in every
//! page of the shop: it must never show what a named customer chose, nor open again what they closed.

use privacy::store::StoreError;
use privacy::subject::Subject;
use store::Snapshot;

/// With what a request or event came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// The operator's token; or the operator's own program, as in an import.
    Operator,
    /// A write key, which is public.
    WriteKey,
}

/// How far an explicit yes counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// As the person's own word: it also opens again what was closed.
    Proven,
    /// Like a stamp: it opens what was never decided and nothing else. A no counts in full.
    Unproven,
}

impl Authority {
    /// How far a yes for this person counts; `None` is somebody unknown.
    ///
    /// # Errors
    /// [`StoreError`] when the identities can't be read.
    pub(crate) fn proof(self, tx: &Snapshot<'_>, subject: Option<&Subject>) -> Result<Proof, StoreError> {
        match (self, subject) {
            (Self::WriteKey, Some(subject)) if tx.is_named(subject)? => Ok(Proof::Unproven),
            (Self::WriteKey | Self::Operator, _) => Ok(Proof::Proven),
        }
    }
}
