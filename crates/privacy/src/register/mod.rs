//! The register: the shop's one declaration of why it touches which data, for how long, and who receives it.
//!
//! Intake's allow-list, the consent question, the notice, the retention clock and the reports are derived from it.
//! What isn't declared can't be collected: nothing in this crate may add a kind or field of its own.

mod fields;
mod parse;
mod standards;
mod write;

pub use fields::SEGMENT_EVENTS;
pub use parse::{Mistake, TEMPLATE, read};
pub use standards::{Standards, TCF_PURPOSES, TcfSettings, tcf_allows};
pub use write::write;

use std::collections::{BTreeMap, BTreeSet};

use crate::data::Kind;
use crate::offers::OfferRules;
use crate::purpose::{LegalBasis, PurposeId};
use crate::sensitive::{SensitiveKind, SensitiveRules};

/// The whole declaration, free of mistakes: [`read`] is the only way to get one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// Who answers for it.
    pub shop: Shop,
    /// Each purpose, by name.
    pub purposes: BTreeMap<PurposeId, Declaration>,
    /// What a law obliges the shop to keep.
    pub kept_by_law: Vec<LegalHold>,
    /// Events that are not in Segment's e-commerce specification and are wanted all the same: name → fields.
    pub events: BTreeMap<String, BTreeSet<String>>,
    /// Which goods are sensitive for this shop, beside what ships with the product.
    pub sensitive: SensitiveRules,
    /// How often and when somebody may be written to with offers.
    pub offers: OfferRules,
    /// Keys with which clients may send events.
    pub write_keys: BTreeSet<String>,
    /// Who asks in the IAB's framework; `None` if the shop takes no part in it.
    pub tcf: Option<TcfSettings>,
}

/// The controller (GDPR Art. 4(7)) and where it trades.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shop {
    /// The shop's name.
    pub name: String,
    /// The legal person behind it: its name, a comma, its postal address.
    pub controller: String,
    /// Where people can ask about their data: an e-mail address or a page.
    pub contact: String,
    /// The data protection officer, when there is one.
    pub officer: Option<String>,
    /// The countries where this server keeps the data, in everyday words (ISO/IEC TS 27560 `storage_locations`).
    pub stored_in: String,
    /// The laws that hold: `NZ`, `EU`, `UK`, `US-CA`, `AU`.
    pub jurisdictions: Vec<String>,
    /// ISO 4217 code of the prices.
    pub currency: String,
    /// Where the shop is at home, from wide to narrow (`nz/auckland`): guides and tracks near there come first.
    pub region: Option<String>,
    /// The addresses of the shop's own pages (`https://shop.example`), whose scripts may call this server.
    pub origins: Vec<String>,
}

/// One purpose as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Why, in everyday words.
    pub reason: String,
    /// Article 6's letter.
    pub basis: LegalBasis,
    /// What the customer gets for it, in everyday words.
    pub gives: String,
    /// The data that it needs: kind → fields.
    pub data: BTreeMap<Kind, Fields>,
    /// How long data is kept for it, in days.
    pub retention_days: u32,
    /// Who receives data for it, beside the shop.
    pub recipients: BTreeSet<String>,
    /// Whether it counts as sale, sharing or direct marketing, which an opt-out signal (Sec-GPC) forbids.
    pub opt_out_signal: OptOutSignal,
    /// After how many days a consent must be asked for again.
    pub consent_valid_days: u32,
    /// What it is called in the standards in which choices are told to others.
    pub standards: Standards,
    /// The kinds of sensitive goods of which a yes to this purpose agrees explicitly that they are used (GDPR Art.
    /// 9(2)(a)). A yes must then come in so many words, never as a mark on an event.
    pub explicit_for: BTreeSet<SensitiveKind>,
}

/// What an opt-out signal such as Sec-GPC means for a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptOutSignal {
    /// Sale, sharing or direct marketing: the signal says no.
    Refuses,
    /// Not touched by it.
    Ignored,
}

/// The fields of a kind that a purpose may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fields {
    /// All fields that the kind has.
    All,
    /// These alone.
    Only(BTreeSet<String>),
}

impl Fields {
    /// Whether the field is declared.
    #[must_use]
    pub fn contains(&self, field: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(field),
        }
    }

    /// Both together.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Only(a), Self::Only(b)) => Self::Only(a.union(b).cloned().collect()),
        }
    }

    /// Whether everything in `self` is in `other` too.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::All) => true,
            (Self::All, Self::Only(_)) => false,
            (Self::Only(a), Self::Only(b)) => a.is_subset(b),
        }
    }
}

/// What a law obliges the shop to keep, even from somebody who asked for erasure (GDPR Art. 17(3)(b)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalHold {
    /// The kind of data; orders are kept as invoices.
    pub kind: Kind,
    /// The law and section.
    pub law: String,
    /// For how many days from the day of the row.
    pub keep_days: u32,
}

impl Register {
    /// The declaration of a purpose.
    #[must_use]
    pub fn purpose(&self, id: &str) -> Option<&Declaration> {
        self.purposes.get(id)
    }

    /// The purposes that declare a kind of data.
    pub fn purposes_of(&self, kind: Kind) -> impl Iterator<Item = (&PurposeId, &Declaration)> {
        self.purposes.iter().filter(move |(_, declaration)| declaration.data.contains_key(&kind))
    }

    /// How long rows of a kind can be of use to any purpose, in days; `None` if none declares it.
    #[must_use]
    pub fn longest_retention_days(&self, kind: Kind) -> Option<u32> {
        self.purposes_of(kind).map(|(_, declaration)| declaration.retention_days).max()
    }
}

impl Declaration {
    /// Whether somebody who agreed to `agreed` must be asked again for `self`: it wants more than was agreed to.
    ///
    /// More is: another reason or basis, a kind or field that wasn't there, a new recipient, a longer retention,
    /// that it now counts as sale or sharing, or that others are told of a yes to more. Less of anything needs no new question.
    #[must_use]
    pub fn widens(&self, agreed: &Self) -> bool {
        let Self {
            reason,
            basis,
            gives: _,
            data,
            retention_days,
            recipients,
            opt_out_signal,
            consent_valid_days: _,
            standards,
            explicit_for,
        } = self;
        let more_data =
            data.iter().any(|(kind, fields)| !agreed.data.get(kind).is_some_and(|old| fields.is_within(old)));
        let now_shared =
            *opt_out_signal == OptOutSignal::Refuses && agreed.opt_out_signal == OptOutSignal::Ignored;
        *reason != agreed.reason
            || *basis != agreed.basis
            || more_data
            || *retention_days > agreed.retention_days
            || !recipients.is_subset(&agreed.recipients)
            || now_shared
            || !standards.is_within(&agreed.standards)
            || !explicit_for.is_subset(&agreed.explicit_for)
    }
}
