//! What a part of the program keeps of a person in memory, reached through a grant like a row in the vault: the ledger
//! was asked in this transaction, the register declares the kinds, and the opening stands in the audit log.
//!
//! Must never hand out the name under which something is kept to anybody without a grant for that very purpose.

use super::{Grant, ReadError};
use crate::audit::Opening;
use crate::consent::Refusal;
use crate::data::{Kind, UsableFor};
use crate::personal::Personal;
use crate::pseudonym::Pseudonym;
use crate::purpose::Purpose;
use crate::store::Day;
use crate::vault::Vault;

/// Several kinds of data, each of which may be used for the purpose `P`.
pub trait Kinds<P> {
    /// Which.
    const KINDS: &'static [Kind];
}

impl<P: Purpose, A: UsableFor<P>, B: UsableFor<P>> Kinds<P> for (A, B) {
    const KINDS: &'static [Kind] = &[A::KIND, B::KIND];
}

impl<P: Purpose, A: UsableFor<P>, B: UsableFor<P>, C: UsableFor<P>> Kinds<P> for (A, B, C) {
    const KINDS: &'static [Kind] = &[A::KIND, B::KIND, C::KIND];
}

impl<P: Purpose, A: UsableFor<P>, B: UsableFor<P>, C: UsableFor<P>, D: UsableFor<P>> Kinds<P>
    for (A, B, C, D)
{
    const KINDS: &'static [Kind] = &[A::KIND, B::KIND, C::KIND, D::KIND];
}

/// Under which name, and from which day on, something may be recalled.
#[derive(Debug, Clone, Copy)]
pub struct Scope<P> {
    /// The person's name for this purpose.
    pub name: Pseudonym<P>,
    /// What is older has expired.
    pub oldest: Day,
}

impl<P: Purpose> Grant<'_, P> {
    /// Opens what the program keeps in memory of this person, learnt through grants and collections of this same
    /// purpose: rows of the kinds `K`, as [`Self::read`] would open them from the vault. `kept` looks it up and says
    /// how many rows it rests on. The opening is noted for the audit log, one for all kinds.
    ///
    /// What is kept must follow the ledger: whoever keeps it forgets it with the commit of a withdrawal.
    ///
    /// # Errors
    /// [`ReadError::Refused`] when the register declares none of the kinds for this purpose; [`ReadError::Vault`]
    /// when the person's key is gone.
    pub fn recall<'g, K: Kinds<P>, T>(
        &'g self,
        vault: &Vault,
        kept: impl FnOnce(Scope<P>) -> (T, usize),
    ) -> Result<Personal<'g, T, P>, ReadError> {
        let declaration = self
            .tx
            .law()
            .register
            .purpose(self.purpose.as_str())
            .ok_or_else(|| Refusal::UnknownPurpose(self.purpose.to_string()))?;
        let mut kinds = String::new();
        for kind in K::KINDS.iter().filter(|kind| declaration.data.contains_key(kind)) {
            if !kinds.is_empty() {
                kinds.push_str(", ");
            }
            kinds.push_str(kind.as_str());
        }
        if let (true, Some(kind)) = (kinds.is_empty(), K::KINDS.first()) {
            return Err(Refusal::UndeclaredKind { purpose: self.purpose.clone(), kind: *kind }.into());
        }
        let subject = vault.tag(&self.subject)?;
        let oldest = self.today.minus(declaration.retention_days);
        let (value, count) = kept(Scope { name: vault.pseudonym(&self.subject), oldest });
        self.tx.note_opening(Opening {
            subject,
            purpose: self.purpose.to_string(),
            kind: kinds,
            part: self.part.to_owned(),
            count: u32::try_from(count).unwrap_or(u32::MAX),
        });
        Ok(Personal::new(value))
    }
}
