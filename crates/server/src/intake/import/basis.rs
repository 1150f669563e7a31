//! The legal basis of a file without consent records. Must never let the command line claim what the register doesn't
//! declare.

use privacy::minimise::find_personal;
use privacy::purpose::{LegalBasis, PurposeId};
use privacy::register::Register;

/// What the operator states about a file, checked against the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// The basis.
    pub basis: LegalBasis,
    /// The purposes, each declared with that basis.
    pub purposes: Vec<PurposeId>,
    /// Where the consent is recorded; always there when the basis is consent.
    pub evidence: Option<String>,
}

/// Why a stated basis doesn't hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BasisError {
    /// A basis without a purpose, or a purpose without a basis.
    #[error("`--basis` and `--purpose` need each other")]
    Half,
    /// The purpose isn't in the register.
    #[error("the purpose `{0}` is not in the register")]
    Undeclared(PurposeId, String),
    /// The purpose rests on another basis.
    #[error("the purpose `{purpose}` rests on `{declared}` in the register, not on `{stated}`")]
    Other {
        /// Which purpose.
        purpose: PurposeId,
        /// What the register says.
        declared: LegalBasis,
        /// What the command line says.
        stated: LegalBasis,
    },
    /// Consent without evidence.
    #[error("whoever says that people agreed must be able to show it (GDPR Art. 7(1))")]
    NoEvidence,
    /// Evidence that isn't asked for.
    #[error("`--evidence` goes with `--basis consent` only")]
    NeedlessEvidence,
    /// The evidence would put somebody's name into the audit log for good.
    #[error("the evidence holds an e-mail address, a phone number or the like")]
    PersonalEvidence,
    /// The file says itself what people agreed to.
    #[error("Segment events carry their own consent")]
    Needless,
}

impl BasisError {
    /// What to write instead.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            Self::Half => "for past orders give both: `--basis contract --purpose service`".to_owned(),
            Self::Undeclared(_, known) => format!("use one of: {known}; or declare it in equipoise.toml"),
            Self::Other { declared, .. } => {
                format!(
                    "if you hold this data on that basis, write `--basis {declared}`; otherwise name a purpose that rests on yours"
                )
            }
            Self::NoEvidence => "add `--evidence \"where their consent is recorded\"`".to_owned(),
            Self::NeedlessEvidence => "leave out `--evidence`".to_owned(),
            Self::PersonalEvidence => "say where it is recorded without naming anybody".to_owned(),
            Self::Needless => "leave out `--basis`, `--purpose` and `--evidence`".to_owned(),
        }
    }
}

impl Basis {
    /// Checks what was stated; `None` if nothing was.
    ///
    /// # Errors
    /// [`BasisError`] says what to write instead.
    pub fn check(
        basis: Option<LegalBasis>,
        purposes: &[PurposeId],
        evidence: Option<&str>,
        register: &Register,
    ) -> Result<Option<Self>, BasisError> {
        let basis = match (basis, purposes) {
            (None, []) if evidence.is_none() => return Ok(None),
            (None, _) | (Some(_), []) => return Err(BasisError::Half),
            (Some(basis), _) => basis,
        };
        for purpose in purposes {
            let declared =
                register.purpose(purpose.as_str()).map(|declaration| declaration.basis).ok_or_else(|| {
                    let known: Vec<&str> = register.purposes.keys().map(PurposeId::as_str).collect();
                    BasisError::Undeclared(purpose.clone(), known.join(", "))
                })?;
            if declared != basis {
                return Err(BasisError::Other { purpose: purpose.clone(), declared, stated: basis });
            }
        }
        match (basis == LegalBasis::Consent, evidence) {
            (true, None) => return Err(BasisError::NoEvidence),
            (false, Some(_)) => return Err(BasisError::NeedlessEvidence),
            (true, Some(text)) if text.trim().is_empty() => return Err(BasisError::NoEvidence),
            (true, Some(text)) if !find_personal(text).is_empty() => {
                return Err(BasisError::PersonalEvidence);
            }
            (true, Some(_)) | (false, None) => {}
        }
        Ok(Some(Self { basis, purposes: purposes.to_vec(), evidence: evidence.map(str::to_owned) }))
    }
}

#[cfg(test)]
mod tests {
    use privacy::register::{TEMPLATE, read};

    use super::*;

    #[test]
    fn a_basis_must_be_the_registers() {
        let register = read(TEMPLATE).unwrap();
        let check = |basis: Option<LegalBasis>, purposes: &[&str], evidence: Option<&str>| {
            let purposes: Vec<PurposeId> = purposes.iter().map(|p| p.parse().unwrap()).collect();
            Basis::check(basis, &purposes, evidence, &register)
        };
        assert_eq!(check(None, &[], None), Ok(None));
        assert!(check(Some(LegalBasis::Contract), &["service"], None).unwrap().is_some());
        assert_eq!(check(Some(LegalBasis::Contract), &[], None), Err(BasisError::Half));
        assert_eq!(check(None, &["service"], None), Err(BasisError::Half));
        let other = check(Some(LegalBasis::Contract), &["personalisation"], None);
        assert!(matches!(other, Err(BasisError::Other { .. })));
        assert!(matches!(check(Some(LegalBasis::Contract), &["ads"], None), Err(BasisError::Undeclared(..))));
        let consent = Some(LegalBasis::Consent);
        assert_eq!(check(consent, &["personalisation"], None), Err(BasisError::NoEvidence));
        assert_eq!(
            check(consent, &["personalisation"], Some("ana@example.com said so")),
            Err(BasisError::PersonalEvidence)
        );
        assert!(
            check(consent, &["personalisation"], Some("paper forms of 2025, archive box 7"))
                .unwrap()
                .is_some()
        );
        assert_eq!(
            check(Some(LegalBasis::Contract), &["service"], Some("x")),
            Err(BasisError::NeedlessEvidence)
        );
    }
}
