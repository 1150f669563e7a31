//! Why data may be touched: purposes and legal bases. A purpose must never be a free string at the point of use:
//! the built-in ones are types, a shop's own are ids that the register knows.

use std::fmt;
use std::str::FromStr;

/// Article 6(1) GDPR's six lawful bases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LegalBasis {
    /// Art. 6(1)(a): the data subject has given consent.
    Consent,
    /// Art. 6(1)(b): needed for a contract with the data subject.
    Contract,
    /// Art. 6(1)(c): a law obliges the controller.
    LegalObligation,
    /// Art. 6(1)(d): to protect somebody's life.
    VitalInterests,
    /// Art. 6(1)(e): a task in the public interest.
    PublicTask,
    /// Art. 6(1)(f): legitimate interests, unless the data subject objects (Art. 21).
    LegitimateInterests,
}

impl LegalBasis {
    /// Every basis, in the article's order.
    pub const ALL: [Self; 6] = [
        Self::Consent,
        Self::Contract,
        Self::LegalObligation,
        Self::VitalInterests,
        Self::PublicTask,
        Self::LegitimateInterests,
    ];

    /// The word used in `equipoise.toml` and in every document.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Contract => "contract",
            Self::LegalObligation => "legal_obligation",
            Self::VitalInterests => "vital_interests",
            Self::PublicTask => "public_task",
            Self::LegitimateInterests => "legitimate_interests",
        }
    }

    /// The article and letter, for records of processing.
    #[must_use]
    pub const fn article(self) -> &'static str {
        match self {
            Self::Consent => "Art. 6(1)(a)",
            Self::Contract => "Art. 6(1)(b)",
            Self::LegalObligation => "Art. 6(1)(c)",
            Self::VitalInterests => "Art. 6(1)(d)",
            Self::PublicTask => "Art. 6(1)(e)",
            Self::LegitimateInterests => "Art. 6(1)(f)",
        }
    }
}

/// The word is not one of the six bases.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown legal basis `{0}`; use one of consent, contract, legal_obligation, vital_interests, public_task, legitimate_interests"
)]
pub struct UnknownBasis(pub String);

impl FromStr for LegalBasis {
    type Err = UnknownBasis;
    fn from_str(word: &str) -> Result<Self, UnknownBasis> {
        let dashed = word.replace('-', "_");
        Self::ALL.into_iter().find(|b| b.as_str() == dashed).ok_or_else(|| UnknownBasis(word.to_owned()))
    }
}

impl fmt::Display for LegalBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a purpose as the register spells it: a lower-case letter, then letters, digits and `_`, 48 at most.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PurposeId(Box<str>);

impl PurposeId {
    /// The id of a built-in purpose.
    #[must_use]
    pub fn of<P: Purpose>() -> Self {
        Self(P::ID.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The word can't name a purpose.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` can't name a purpose; use 1 to 48 lower-case letters, digits and `_`, a letter first")]
pub struct BadPurposeId(pub String);

impl FromStr for PurposeId {
    type Err = BadPurposeId;
    fn from_str(word: &str) -> Result<Self, BadPurposeId> {
        let plain = word.len() <= 48
            && word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if plain { Ok(Self(word.into())) } else { Err(BadPurposeId(word.to_owned())) }
    }
}

impl fmt::Display for PurposeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for PurposeId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A purpose that the compiler knows. Sealed: what a type may be used for is decided in this crate alone.
pub trait Purpose: sealed::Sealed + Send + Sync + 'static {
    /// The purpose's name in the register.
    const ID: &'static str;
}

macro_rules! purposes {
    ($($(#[$doc:meta])* $name:ident = $id:literal),+ $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct $name;
            impl sealed::Sealed for $name {}
            impl Purpose for $name {
                const ID: &'static str = $id;
            }
        )+
        /// The ids of all built-in purposes.
        pub const BUILT_IN: &[&str] = &[$($id),+];
    };
}

purposes! {
    /// Doing what was ordered: orders, delivery, returns, support for them. Basis: contract.
    Service = "service",
    /// Counting what sells and which pages work.
    Analytics = "analytics",
    /// Recommendations that fit the person.
    Personalisation = "personalisation",
    /// Writing to the person with offers (direct marketing).
    Offers = "offers",
    /// Prices or discounts that depend on the person.
    PersonalisedPricing = "personalised_pricing",
    /// Answers by the chat assistant that know the person's orders and tastes.
    Assistance = "assistance",
    /// Checking that the models treat groups of people alike.
    FairnessAudit = "fairness_audit",
    /// Keeping the shop and its customers safe from fraud and attacks.
    Security = "security",
}

/// A purpose that a shop has added to its register: it goes through the same door, with the purpose as a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared;
impl sealed::Sealed for Declared {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purpose_names_are_plain_words() {
        for good in BUILT_IN.iter().chain(&["gift_registry", "a1"]) {
            assert_eq!(good.parse::<PurposeId>().unwrap().as_str(), *good);
        }
        for bad in ["", "Ads", "1a", "a-b", "a b", "é", &"x".repeat(49)] {
            assert!(bad.parse::<PurposeId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn legal_bases_round_trip() {
        for basis in LegalBasis::ALL {
            assert_eq!(basis.as_str().parse(), Ok(basis));
        }
        assert_eq!("legitimate-interests".parse(), Ok(LegalBasis::LegitimateInterests));
        assert!("because".parse::<LegalBasis>().is_err());
    }
}
