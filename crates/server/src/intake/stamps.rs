//! What an event says about consent: a stamp with the person's preferences, or an explicit decision, or an opt-out
//! signal; and which decisions that adds to the ledger.
//!
//! A purpose that a stamp doesn't name is not agreed to on that event. A category that is no purpose is nothing.

use jiff::Timestamp;
use privacy::consent::{ConsentRecord, LedgerEntry, LedgerState, Source, Stamp, Status};
use privacy::notice::NoticeVersion;
use privacy::purpose::{LegalBasis, PurposeId};
use privacy::register::{Declaration, OptOutSignal, Register};
use privacy::signals::Gpc;

use super::document::Json;
use super::field::member;
use crate::consent::Proof;

/// Preferences by the purpose's place in the register: a set of those named, and of those agreed to. Purposes beyond
/// the 128th can't be stamped, which is a no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Stamps {
    named: u128,
    agreed: u128,
}

impl Stamps {
    fn set(&mut self, place: usize, stamp: Stamp) {
        let Some(bit) = u32::try_from(place).ok().and_then(|place| 1_u128.checked_shl(place)) else { return };
        self.named |= bit;
        match stamp {
            Stamp::Yes => self.agreed |= bit,
            Stamp::No => self.agreed &= !bit,
        }
    }

    fn at(self, place: usize) -> Option<Stamp> {
        let bit = u32::try_from(place).ok().and_then(|place| 1_u128.checked_shl(place))?;
        if self.named & bit == 0 {
            None
        } else if self.agreed & bit == 0 {
            Some(Stamp::No)
        } else {
            Some(Stamp::Yes)
        }
    }

    /// All of these purposes, agreed to.
    pub(crate) fn of(purposes: &[PurposeId], register: &Register) -> Self {
        let mut stamps = Self::default();
        for (place, purpose) in register.purposes.keys().enumerate() {
            if purposes.contains(purpose) {
                stamps.set(place, Stamp::Yes);
            }
        }
        stamps
    }

    /// Whether the purpose is named and agreed to.
    pub(crate) fn agree(self, purpose: &PurposeId, register: &Register) -> bool {
        let place = register.purposes.keys().position(|known| known == purpose);
        place.and_then(|place| self.at(place)) == Some(Stamp::Yes)
    }

    /// The named purposes with their declarations.
    fn named(self, register: &Register) -> impl Iterator<Item = (&PurposeId, &Declaration, Stamp)> {
        register
            .purposes
            .iter()
            .enumerate()
            .filter_map(move |(place, (purpose, declaration))| Some((purpose, declaration, self.at(place)?)))
    }
}

/// What an event may be taken in for, beside what the ledger says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Admission {
    /// No consent object came with it: the ledger alone decides.
    Ledger,
    /// A purpose that rests on consent counts only if the event's own stamp agrees.
    Stamped(Stamps),
    /// An import for these purposes and no others, as the operator stated.
    Stated(Stamps),
}

impl Admission {
    /// Whether the event may count for the purpose, if the ledger permits it.
    pub(crate) fn admits(self, purpose: &PurposeId, register: &Register) -> bool {
        match self {
            Self::Ledger => true,
            Self::Stamped(stamps) => {
                let basis = register.purpose(purpose.as_str()).map(|declaration| declaration.basis);
                match basis {
                    Some(LegalBasis::Consent) | None => stamps.agree(purpose, register),
                    Some(
                        LegalBasis::Contract
                        | LegalBasis::LegalObligation
                        | LegalBasis::VitalInterests
                        | LegalBasis::PublicTask
                        | LegalBasis::LegitimateInterests,
                    ) => true,
                }
            }
            Self::Stated(stamps) => stamps.agree(purpose, register),
        }
    }
}

/// How the preferences of an event are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meant {
    /// The client stamps every event with what it knows.
    Stamped,
    /// The person has just decided.
    Decided,
    /// The operator states, for imported data, that the person agreed, and has named the evidence.
    Attested,
}

/// Whether this is the event with which Segment's consent tools report a decision.
pub(super) fn is_decision(name: &str) -> bool {
    ["Segment Consent Preference Updated", "Segment Consent Preference"]
        .iter()
        .any(|n| n.eq_ignore_ascii_case(name.trim()))
}

/// The preferences in an event's context, and how many of its categories are no purpose. `None` without preferences.
pub(super) fn preferences(context: &Json<'_>, register: &Register) -> Option<(Stamps, u64)> {
    let (consent, managed) = (member(context, "consent"), member(context, "consentManagement"));
    if consent.is_null() && managed.is_null() {
        return None;
    }
    // A consent object in a form that isn't understood agrees to nothing.
    let mut stamps = Stamps::default();
    let mut unknown = 0;
    let mut take = |category: &str, stamp: Stamp| match register
        .purposes
        .keys()
        .position(|purpose| purpose.as_str() == category)
    {
        Some(place) => stamps.set(place, stamp),
        None => unknown += 1,
    };
    for (category, value) in member(consent, "categoryPreferences").members() {
        // Anything but a plain `true` is a no.
        take(category, if value == &Json::Bool(true) { Stamp::Yes } else { Stamp::No });
    }
    for (list, stamp) in [("allowedConsentIds", Stamp::Yes), ("deniedConsentIds", Stamp::No)] {
        for category in member(managed, list).values().iter().filter_map(Json::as_str) {
            take(category, stamp);
        }
    }
    Some((stamps, unknown))
}

/// What goes to the ledger with each of an event's decisions.
pub(crate) struct Circumstances<'a> {
    /// Preferences, if it has any.
    pub(crate) stamps: Option<Stamps>,
    /// How they are meant.
    pub(crate) meant: Meant,
    /// How far an explicit yes counts.
    pub(crate) proof: Proof,
    /// Whether an opt-out signal came with it.
    pub(crate) opt_out: Gpc,
    /// When it happened.
    pub(crate) at: Timestamp,
    /// When it arrived.
    pub(crate) now: Timestamp,
    /// The notice in force.
    pub(crate) notice: NoticeVersion,
    /// The language of the page.
    pub(crate) language: &'a str,
}

/// What an event adds to somebody's ledger, in order; `state` is as it was before.
pub(crate) fn decisions(
    circumstances: &Circumstances<'_>,
    state: &LedgerState,
    register: &Register,
) -> Vec<LedgerEntry> {
    let Circumstances { stamps, meant, proof, opt_out, at, now, notice, language } = circumstances;
    let mut entries = Vec::new();
    let record = |purpose: &PurposeId, status, at, source| {
        let (purpose, language) = (purpose.clone(), (*language).to_owned());
        LedgerEntry::Consent(ConsentRecord { purpose, status, at, notice: *notice, language, source })
    };
    if *opt_out == Gpc::OptOut {
        let closed = state.heed_opt_out_signal(register);
        entries.extend(closed.iter().map(|(purpose, status)| record(purpose, *status, *now, Source::Signal)));
    }
    let Some(stamps) = stamps else { return entries };
    for (purpose, declaration, stamp) in stamps.named(register) {
        if *opt_out == Gpc::OptOut && declaration.opt_out_signal == OptOutSignal::Refuses {
            continue;
        }
        let known = state.consent(purpose.as_str());
        if known.is_some_and(|known| known.at > *at) {
            continue;
        }
        let heard = declaration.basis == LegalBasis::Consent
            || (stamp == Stamp::No && declaration.opt_out_signal == OptOutSignal::Refuses);
        match meant {
            Meant::Stamped if heard => {
                let status = state.heed_stamp(purpose, stamp);
                entries.extend(status.map(|status| record(purpose, status, *at, Source::Stamp)));
            }
            // The same decision, sent twice.
            Meant::Decided if known.is_some_and(|known| known.at == *at) => {}
            Meant::Decided if heard => {
                let was_given = known.is_some_and(|known| known.status == Status::Given);
                let status = match (stamp, proof, was_given) {
                    (Stamp::Yes, Proof::Proven, _) => Some(Status::Given),
                    (Stamp::Yes, Proof::Unproven, _) => state.heed_stamp(purpose, stamp),
                    (Stamp::No, _, true) => Some(Status::Withdrawn),
                    (Stamp::No, _, false) => Some(Status::Refused),
                };
                entries.extend(status.map(|status| record(purpose, status, *at, Source::Person)));
            }
            // Art. 21: an explicit no to what rests on legitimate interests is an objection.
            Meant::Decided
                if stamp == Stamp::No
                    && declaration.basis == LegalBasis::LegitimateInterests
                    && !state.objections().any(|(objected, _)| objected == purpose) =>
            {
                entries.push(LedgerEntry::Objected { purpose: purpose.clone(), at: *at });
            }
            Meant::Attested if heard => {
                let status = state.heed_stamp(purpose, stamp);
                entries.extend(status.map(|status| record(purpose, status, *now, Source::Operator)));
            }
            Meant::Stamped | Meant::Decided | Meant::Attested => {}
        }
    }
    entries
}

/// Whether an event agrees to something that is closed.
pub(crate) fn knocks(stamps: Option<Stamps>, state: &LedgerState, register: &Register) -> bool {
    let closed =
        |purpose: &PurposeId| state.consent(purpose.as_str()).is_some_and(|known| known.status.is_no());
    stamps.is_some_and(|stamps| {
        stamps.named(register).any(|(purpose, _, stamp)| stamp == Stamp::Yes && closed(purpose))
    })
}

/// Whether the entry closes something.
pub(crate) const fn closes(entry: &LedgerEntry) -> bool {
    match entry {
        LedgerEntry::Consent(record) => record.status.is_no(),
        LedgerEntry::Objected { .. } | LedgerEntry::Restricted { .. } => true,
        LedgerEntry::ObjectionLifted { .. } | LedgerEntry::RestrictionLifted { .. } => false,
    }
}

#[cfg(test)]
#[path = "stamps_tests.rs"]
mod tests;
