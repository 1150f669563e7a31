//! What the standards of others say about a shop's purposes. Gives stamps, which the ledger weighs like those on events
//! ([`crate::consent::LedgerState::heed_stamp`]).
//!
//! INVARIANT: a yes needs a yes to everything that the purpose declares to take in; a no to any of it is a no; about what
//! has no counterpart, and about a string that lacks what its version asks for, nothing is said, which is no yes.

use std::collections::BTreeMap;

use super::consent_mode::{ConsentState, ConsentType};
use super::gpp::{Answer, GppString, OptOutOf};
use super::tcf::{Scope, TcString};
use crate::consent::Stamp;
use crate::purpose::{LegalBasis, PurposeId};
use crate::register::{Declaration, OptOutSignal, Register};

/// What was said about each purpose; those not named were not spoken of.
pub type Stamps<'r> = BTreeMap<&'r PurposeId, Stamp>;

/// What a TC string says to the shop itself: its segment `PublisherTC`. The other answers are given to vendors.
///
/// A purpose that rests on legitimate interests hears a no (an objection) and never a yes, since none is asked for.
/// Purpose 1 alone proves nothing, since it is the leave to use the device for others.
///
/// ```
/// use privacy::register::{TEMPLATE, read};
/// use privacy::signals::{reading, tcf::TcString};
/// let register = read(TEMPLATE).unwrap();
/// let text = "CQdWToAQdWToAAKABBENAwFgAMIAAAAAAAAAF5wAwAAgAIAXmAAAAAAA.IF5wA4AAgAEAAgBeYAAA";
/// // Nothing was answered to the publisher.
/// assert!(reading::of_tcf(&TcString::decode(text).unwrap(), &register).is_empty());
/// ```
#[must_use]
pub fn of_tcf<'r>(string: &TcString, register: &'r Register) -> Stamps<'r> {
    let publisher = match &string.publisher {
        Some(publisher) if string.is_complete() && string.core.scope == Scope::Service => publisher,
        _ => return Stamps::new(),
    };
    let said = |answers: &[bool; 24], number: u8| {
        usize::from(number).checked_sub(1).and_then(|at| answers.get(at)).copied().unwrap_or_default()
    };
    let stamp = |declaration: &Declaration| {
        let mut numbers = declaration.standards.tcf.iter().copied();
        if numbers.clone().all(|number| number == 1) {
            return None;
        }
        match declaration.basis {
            LegalBasis::Consent if numbers.all(|number| said(&publisher.consents, number)) => {
                Some(Stamp::Yes)
            }
            LegalBasis::Consent => Some(Stamp::No),
            LegalBasis::LegitimateInterests => {
                let objected = !numbers.all(|number| said(&publisher.legitimate_interests, number));
                objected.then_some(Stamp::No)
            }
            LegalBasis::Contract
            | LegalBasis::LegalObligation
            | LegalBasis::VitalInterests
            | LegalBasis::PublicTask => None,
        }
    };
    each(register, stamp)
}

/// What a GPP string says: its TC string, and the opt-outs of its American sections, which are never a yes.
///
/// ```
/// use privacy::consent::Stamp;
/// use privacy::register::{TEMPLATE, read};
/// use privacy::signals::{gpp::GppString, reading};
/// let register = read(TEMPLATE).unwrap();
/// let said = reading::of_gpp(&GppString::decode("DBABLA~CAAVAAAAAABA.YA").unwrap(), &register);
/// let of = |purpose: &str| said.iter().find(|(id, _)| id.as_str() == purpose).map(|(_, stamp)| *stamp);
/// assert_eq!((of("offers"), of("personalisation")), (Some(Stamp::No), None));
/// ```
#[must_use]
pub fn of_gpp<'r>(string: &GppString, register: &'r Register) -> Stamps<'r> {
    let GppString { tcf, us_national, us_california, other: _ } = string;
    let mut opted_out = Vec::new();
    let mut signal = false;
    if let Some(section) = us_national {
        opted_out.extend([
            (OptOutOf::Sale, section.sale_opt_out),
            (OptOutOf::Sharing, section.sharing_opt_out),
            (OptOutOf::TargetedAdvertising, section.targeted_advertising_opt_out),
        ]);
        signal |= section.gpc == Some(true);
    }
    if let Some(section) = us_california {
        opted_out
            .extend([(OptOutOf::Sale, section.sale_opt_out), (OptOutOf::Sharing, section.sharing_opt_out)]);
        signal |= section.gpc == Some(true);
    }
    let mut stamps = tcf.as_ref().map(|tcf| of_tcf(tcf, register)).unwrap_or_default();
    // A no wins over a yes in the same string.
    stamps.extend(each(register, |declaration| {
        let named = |(of, answer): &(OptOutOf, Answer)| {
            *answer == Answer::Yes && declaration.standards.gpp.contains(of)
        };
        let silenced = signal && declaration.opt_out_signal == OptOutSignal::Refuses;
        (silenced || opted_out.iter().any(named)).then_some(Stamp::No)
    }));
    stamps
}

/// What Consent Mode's states say. A purpose some of whose types aren't there hears no yes.
///
/// ```
/// use privacy::consent::Stamp;
/// use privacy::register::{TEMPLATE, read};
/// use privacy::signals::consent_mode::{ConsentState, ConsentType};
/// use privacy::signals::reading;
/// let register = read(TEMPLATE).unwrap();
/// let said = reading::of_consent_mode(&[(ConsentType::AnalyticsStorage, ConsentState::Granted)].into(), &register);
/// assert_eq!(said.into_iter().collect::<Vec<_>>(), [(&"analytics".parse().unwrap(), Stamp::Yes)]);
/// ```
#[must_use]
pub fn of_consent_mode<'r>(
    states: &BTreeMap<ConsentType, ConsentState>,
    register: &'r Register,
) -> Stamps<'r> {
    each(register, |declaration| {
        let types = &declaration.standards.consent_mode;
        let said = |state: ConsentState| move |kind: &ConsentType| states.get(kind) == Some(&state);
        let granted = !types.is_empty()
            && declaration.basis == LegalBasis::Consent
            && types.iter().all(said(ConsentState::Granted));
        let denied = types.iter().any(said(ConsentState::Denied));
        match (granted, denied) {
            (_, true) => Some(Stamp::No),
            (true, false) => Some(Stamp::Yes),
            (false, false) => None,
        }
    })
}

fn each(register: &Register, stamp: impl Fn(&Declaration) -> Option<Stamp>) -> Stamps<'_> {
    let purposes = register.purposes.iter();
    purposes.filter_map(|(purpose, declaration)| Some((purpose, stamp(declaration)?))).collect()
}
