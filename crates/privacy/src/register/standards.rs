//! What a purpose is called in the standards in which choices are told to others. What isn't declared here is told to
//! nobody as a yes; the values taken for granted must never hand more to others than the purpose's own words say.

use std::collections::BTreeSet;

use crate::purpose::LegalBasis;
use crate::register::OptOutSignal;
use crate::signals::consent_mode::ConsentType;
use crate::signals::gpp::OptOutOf;
use crate::signals::tcf::{Letters, VendorId};

/// A purpose in the words of others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standards {
    /// The purposes of the IAB's TCF, 1 to 11, that it takes in.
    pub tcf: BTreeSet<u8>,
    /// The vendors of the Global Vendor List that receive data for it.
    pub tcf_vendors: BTreeSet<VendorId>,
    /// The consent types of Google's Consent Mode that it grants.
    pub consent_mode: BTreeSet<ConsentType>,
    /// What of it people can opt out of under American laws (GPP's sections `usnat` and `usca`).
    pub gpp: BTreeSet<OptOutOf>,
}

/// Who asks for consent in the IAB's framework. Without it no TC string is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcfSettings {
    /// The number under which the shop's question is registered with IAB Europe, from 2.
    pub cmp_id: u16,
    /// The version of the question.
    pub cmp_version: u16,
    /// The version of the Global Vendor List that the vendors were taken from.
    pub vendor_list_version: u16,
    /// The shop's country.
    pub country: Letters,
}

/// The highest of the framework's purposes.
pub const TCF_PURPOSES: u8 = 11;

impl Standards {
    /// What is taken for granted where the register says nothing.
    ///
    /// `offers` grants none of the advertising types: a yes to the shop's letters is none to advertisements elsewhere.
    ///
    /// ```
    /// use privacy::purpose::LegalBasis;
    /// use privacy::register::{OptOutSignal, Standards};
    /// let usual = Standards::usual("analytics", LegalBasis::LegitimateInterests, OptOutSignal::Ignored);
    /// assert_eq!(usual.tcf.into_iter().collect::<Vec<_>>(), [8, 9]);
    /// ```
    #[must_use]
    pub fn usual(purpose: &str, basis: LegalBasis, signal: OptOutSignal) -> Self {
        let (tcf, consent_mode): (&[u8], &[ConsentType]) = match purpose {
            "service" => (&[], &[ConsentType::FunctionalityStorage]),
            "analytics" => (&[1, 8, 9], &[ConsentType::AnalyticsStorage]),
            "personalisation" => (&[1, 5, 6], &[ConsentType::PersonalizationStorage]),
            "offers" => (&[3, 4], &[]),
            "security" => (&[], &[ConsentType::SecurityStorage]),
            _ => (&[], &[]),
        };
        let gpp = match signal {
            OptOutSignal::Refuses => OptOutOf::ALL.into_iter().collect(),
            OptOutSignal::Ignored => BTreeSet::new(),
        };
        Self {
            tcf: tcf.iter().copied().filter(|purpose| tcf_allows(*purpose, basis)).collect(),
            tcf_vendors: BTreeSet::new(),
            consent_mode: consent_mode.iter().copied().collect(),
            gpp,
        }
    }

    /// Whether everything in `self` is in `other` too, so that a yes to `other` covers it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let Self { tcf, tcf_vendors, consent_mode, gpp } = self;
        tcf.is_subset(&other.tcf)
            && tcf_vendors.is_subset(&other.tcf_vendors)
            && consent_mode.is_subset(&other.consent_mode)
            && gpp.is_subset(&other.gpp)
    }
}

/// Whether the framework knows the purpose and lets it rest on the basis: purposes 1 and 3 to 6 need consent (TCF
/// Policies, since version 2.2), and no other basis than consent and legitimate interests is known to it.
#[must_use]
pub const fn tcf_allows(purpose: u8, basis: LegalBasis) -> bool {
    match basis {
        LegalBasis::Consent => matches!(purpose, 1..=TCF_PURPOSES),
        LegalBasis::LegitimateInterests => matches!(purpose, 2 | 7..=TCF_PURPOSES),
        LegalBasis::Contract
        | LegalBasis::LegalObligation
        | LegalBasis::VitalInterests
        | LegalBasis::PublicTask => false,
    }
}
