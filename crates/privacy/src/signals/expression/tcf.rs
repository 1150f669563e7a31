//! The TC string for a choice. A vendor may do for a purpose only what some permitted purpose of the shop that names both
//! allows: purposes and vendors alone can't say that, so the rest is said as publisher restrictions.

use jiff::Timestamp;

use super::all_permitted;
use crate::purpose::LegalBasis;
use crate::register::{Declaration, TCF_PURPOSES, TcfSettings, tcf_allows};
use crate::signals::tcf::{
    Core, Deciseconds, Letters, POLICY_2_3, PublisherTc, Restriction, Restrictions, Scope, TcString,
    VendorId, VendorSet,
};

/// Purpose 1: to store or read something on the device.
const DEVICE: u8 = 1;

pub(super) fn express(
    purposes: &[(&Declaration, bool)],
    settings: TcfSettings,
    decided: Timestamp,
    language: Letters,
) -> TcString {
    let TcfSettings { cmp_id, cmp_version, vendor_list_version, country } = settings;
    let consents = answers(purposes, LegalBasis::Consent);
    let legitimate_interests = answers(purposes, LegalBasis::LegitimateInterests);
    let vendors_of = |basis: LegalBasis| -> VendorSet {
        let permitted = purposes.iter().filter(|(d, permitted)| *permitted && d.basis == basis);
        permitted.flat_map(|(d, _)| d.standards.tcf_vendors.iter().copied()).collect()
    };
    let disclosed: VendorSet =
        purposes.iter().flat_map(|(d, _)| d.standards.tcf_vendors.iter().copied()).collect();
    let day = Deciseconds::day_of(decided);
    TcString {
        core: Core {
            created: day,
            last_updated: day,
            cmp_id,
            cmp_version,
            consent_screen: 1,
            consent_language: language,
            vendor_list_version,
            policy_version: POLICY_2_3,
            scope: Scope::Service,
            // The question is put in the shop's own words.
            non_standard_texts: true,
            special_features: [false; 12],
            purpose_consents: consents,
            purpose_legitimate_interests: legitimate_interests,
            purpose_one_not_disclosed: false,
            publisher_country: country,
            vendor_consents: vendors_of(LegalBasis::Consent),
            vendor_legitimate_interests: vendors_of(LegalBasis::LegitimateInterests),
            restrictions: restrictions(purposes, &disclosed),
        },
        vendors_disclosed: Some(disclosed),
        vendors_allowed: None,
        publisher: Some(PublisherTc { consents, legitimate_interests, custom: Vec::new() }),
    }
}

/// The answer for each of the framework's purposes that rests on the basis.
fn answers(purposes: &[(&Declaration, bool)], basis: LegalBasis) -> [bool; 24] {
    let mut answers = [false; 24];
    for (answer, number) in answers.iter_mut().zip(1..=TCF_PURPOSES) {
        let takes_in = |(d, _): &&(&Declaration, bool)| {
            d.basis == basis && tcf_allows(number, basis) && d.standards.tcf.contains(&number)
        };
        *answer = match number {
            DEVICE => purposes.iter().filter(takes_in).any(|(_, permitted)| *permitted),
            _ => all_permitted(purposes.iter().filter(takes_in)),
        };
    }
    answers
}

fn restrictions(purposes: &[(&Declaration, bool)], disclosed: &VendorSet) -> Restrictions {
    let mut restrictions = Restrictions::new();
    for number in 1..=TCF_PURPOSES {
        for vendor in disclosed.iter() {
            if let Some(restriction) = restriction(purposes, number, vendor) {
                restrictions.restrict(number, restriction, vendor);
            }
        }
    }
    restrictions
}

/// What binds a vendor for a purpose: nothing only if the shop names both together, on either basis.
fn restriction(purposes: &[(&Declaration, bool)], number: u8, vendor: VendorId) -> Option<Restriction> {
    let on = |basis: LegalBasis| {
        purposes.iter().any(|(d, permitted)| {
            // Leave to use the device is given by one purpose for its own vendors alone.
            (number != DEVICE || *permitted)
                && d.basis == basis
                && tcf_allows(number, basis)
                && d.standards.tcf.contains(&number)
                && d.standards.tcf_vendors.contains(&vendor)
        })
    };
    match (on(LegalBasis::Consent), on(LegalBasis::LegitimateInterests)) {
        (false, false) => Some(Restriction::NotAllowed),
        // Where policy allows no other basis there is nothing to require.
        (true, false) if tcf_allows(number, LegalBasis::LegitimateInterests) => {
            Some(Restriction::RequireConsent)
        }
        (false, true) => Some(Restriction::RequireLegitimateInterest),
        (true, _) => None,
    }
}
