//! The consent ledger's rules: what a decision is, and what a row of decisions adds up to.
//!
//! The ledger is append-only; its state is what replaying it yields, and nothing else. Whatever is not proven to be
//! a yes is a no: an unknown purpose, a stale notice, an expired or missing decision.

mod receipt;

pub use receipt::{Receipt, ReceiptError, SCHEMA as RECEIPT_SCHEMA};

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use crate::notice::{NoticeHistory, NoticeVersion};
use crate::purpose::{LegalBasis, PurposeId};
use crate::register::{OptOutSignal, Register};

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        /// Where a consent stands: the statuses of the W3C Data Privacy Vocabulary (`dpv:ConsentStatus`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Status { $($(#[$doc])* $name),+ }

        impl Status {
            /// Every status.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// The word in the store, the API and receipts.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

statuses! {
    /// `dpv:ConsentUnknown`: nothing is known.
    Unknown = "unknown",
    /// `dpv:ConsentRequested`: asked, not answered.
    Requested = "requested",
    /// `dpv:ConsentRequestDeferred`: asked, put off.
    Deferred = "deferred",
    /// `dpv:ConsentGiven`: the only one that permits anything.
    Given = "given",
    /// `dpv:ConsentRefused`: asked, said no.
    Refused = "refused",
    /// `dpv:ConsentWithdrawn`: the person took it back.
    Withdrawn = "withdrawn",
    /// `dpv:ConsentRevoked`: the shop ended it.
    Revoked = "revoked",
    /// `dpv:ConsentExpired`: its time ran out.
    Expired = "expired",
    /// `dpv:ConsentInvalidated`: it turned out not to have been valid.
    Invalidated = "invalidated",
}

impl Status {
    /// Whether this word closes a purpose that a mere stamp on an event can't open again.
    #[must_use]
    pub const fn is_no(self) -> bool {
        match self {
            Self::Refused | Self::Withdrawn | Self::Revoked | Self::Expired | Self::Invalidated => true,
            Self::Unknown | Self::Requested | Self::Deferred | Self::Given => false,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word is no consent status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown consent status `{0}`; use one of unknown, requested, deferred, given, refused, withdrawn, revoked, expired, invalidated"
)]
pub struct UnknownStatus(pub String);

impl FromStr for Status {
    type Err = UnknownStatus;
    fn from_str(word: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.iter().copied().find(|s| s.as_str() == word).ok_or_else(|| UnknownStatus(word.to_owned()))
    }
}

/// How a decision reached the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The person answered the shop's question or used the privacy centre.
    Person,
    /// A client stamped its events with the person's preferences (`context.consent`).
    Stamp,
    /// An opt-out signal of the browser (Sec-GPC).
    Signal,
    /// An operator recorded what the person said (by phone, in the shop).
    Operator,
    /// Two records of one person were joined; the stricter word was kept.
    Merge,
    /// The server itself: expiry, a law.
    System,
}

impl Source {
    /// Every source.
    pub const ALL: &'static [Self] =
        &[Self::Person, Self::Stamp, Self::Signal, Self::Operator, Self::Merge, Self::System];

    /// Whether a yes that came this way was said in so many words.
    #[must_use]
    pub const fn is_explicit(self) -> bool {
        match self {
            Self::Person | Self::Operator => true,
            Self::Stamp | Self::Signal | Self::Merge | Self::System => false,
        }
    }

    /// The word in the store and in receipts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Stamp => "stamp",
            Self::Signal => "signal",
            Self::Operator => "operator",
            Self::Merge => "merge",
            Self::System => "system",
        }
    }
}

impl FromStr for Source {
    type Err = UnknownStatus;
    fn from_str(word: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.iter().copied().find(|s| s.as_str() == word).ok_or_else(|| UnknownStatus(word.to_owned()))
    }
}

/// One decision about one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRecord {
    /// About which purpose.
    pub purpose: PurposeId,
    /// What was decided.
    pub status: Status,
    /// When it was decided, by the decider's clock, never after `recorded_at`.
    pub at: Timestamp,
    /// The version of the notice that the person had seen.
    pub notice: NoticeVersion,
    /// The language of the question, BCP 47.
    pub language: String,
    /// How it came here.
    pub source: Source,
}

/// An entry of the ledger: a consent, or another right that closes a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerEntry {
    /// A decision about a purpose.
    Consent(ConsentRecord),
    /// The person objected to a purpose (GDPR Art. 21).
    Objected {
        /// To which.
        purpose: PurposeId,
        /// When.
        at: Timestamp,
    },
    /// The objection was taken back by the person.
    ObjectionLifted {
        /// For which.
        purpose: PurposeId,
        /// When.
        at: Timestamp,
    },
    /// The person had processing restricted (GDPR Art. 18).
    Restricted {
        /// When.
        at: Timestamp,
    },
    /// The restriction was lifted.
    RestrictionLifted {
        /// When.
        at: Timestamp,
    },
}

/// The state of one person's ledger: what replaying the entries in their order yields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerState {
    consents: BTreeMap<PurposeId, ConsentRecord>,
    objections: BTreeMap<PurposeId, Timestamp>,
    restricted_since: Option<Timestamp>,
}

/// Why something may not be done. The words are for operators and API clients and name nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The ledger knows nobody of that name.
    #[error("nobody is known by this id")]
    UnknownSubject,
    /// The purpose isn't declared.
    #[error("the purpose `{0}` is not in the register; declare it in equipoise.toml first")]
    UnknownPurpose(String),
    /// The purpose doesn't declare this kind of data.
    #[error("the purpose `{purpose}` does not declare `{kind}` in the register")]
    UndeclaredKind {
        /// The purpose.
        purpose: PurposeId,
        /// The kind that it doesn't declare.
        kind: crate::data::Kind,
    },
    /// There is no yes.
    #[error("no consent for `{purpose}`: its status is `{status}`")]
    NoConsent {
        /// The purpose.
        purpose: PurposeId,
        /// The last word.
        status: Status,
    },
    /// The yes was to another notice, and the purpose has grown since.
    #[error("the consent for `{0}` was given to an older notice and must be asked for again")]
    StaleNotice(PurposeId),
    /// The yes is older than the register allows.
    #[error("the consent for `{0}` has expired and must be asked for again")]
    ConsentExpired(PurposeId),
    /// The yes came as a mark on an event, and the purpose asks for one in so many words (GDPR Art. 9(2)(a)).
    #[error("the yes for `{0}` came as a mark on an event; it must be asked for in so many words")]
    NotExplicit(PurposeId),
    /// The person objected.
    #[error("the person has objected to `{0}`")]
    Objected(PurposeId),
    /// The person had processing restricted.
    #[error("processing for this person is restricted")]
    Restricted,
    /// The person is named, and whoever asks has not shown that they may speak for them.
    #[error("this id belongs to a named customer; ask from your server with the operator's token")]
    Unproven,
    /// An opt-out signal came with this very request.
    #[error("an opt-out signal (Sec-GPC) refuses `{0}`")]
    OptOutSignal(PurposeId),
}

impl Refusal {
    /// A fixed word for counters: no input of anybody is in it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownSubject => "unknown_subject",
            Self::UnknownPurpose(_) => "unknown_purpose",
            Self::UndeclaredKind { .. } => "undeclared_kind",
            Self::NoConsent { .. } => "no_consent",
            Self::StaleNotice(_) => "stale_notice",
            Self::ConsentExpired(_) => "consent_expired",
            Self::NotExplicit(_) => "not_explicit",
            Self::Objected(_) => "objected",
            Self::Restricted => "restricted",
            Self::Unproven => "unproven",
            Self::OptOutSignal(_) => "opt_out_signal",
        }
    }
}

impl LedgerState {
    /// Replays a ledger from its beginning.
    ///
    /// ```
    /// use privacy::consent::LedgerState;
    /// assert_eq!(LedgerState::replay([]), LedgerState::default());
    /// ```
    pub fn replay(entries: impl IntoIterator<Item = LedgerEntry>) -> Self {
        let mut state = Self::default();
        for entry in entries {
            state.apply(entry);
        }
        state
    }

    /// Takes one more entry. Later decisions win; of two with one time, the stricter.
    pub fn apply(&mut self, entry: LedgerEntry) {
        match entry {
            LedgerEntry::Consent(record) => {
                let older = self.consents.get(&record.purpose).is_some_and(|known| {
                    record.at < known.at
                        || (record.at == known.at && known.status.is_no() && !record.status.is_no())
                });
                if !older {
                    self.consents.insert(record.purpose.clone(), record);
                }
            }
            LedgerEntry::Objected { purpose, at } => {
                self.objections.insert(purpose, at);
            }
            LedgerEntry::ObjectionLifted { purpose, at: _ } => {
                self.objections.remove(&purpose);
            }
            LedgerEntry::Restricted { at } => {
                self.restricted_since.get_or_insert(at);
            }
            LedgerEntry::RestrictionLifted { at: _ } => self.restricted_since = None,
        }
    }

    /// The last word about a purpose.
    #[must_use]
    pub fn consent(&self, purpose: &str) -> Option<&ConsentRecord> {
        self.consents.get(purpose)
    }

    /// The last words about all purposes.
    pub fn consents(&self) -> impl Iterator<Item = &ConsentRecord> {
        self.consents.values()
    }

    /// The purposes objected to.
    pub fn objections(&self) -> impl Iterator<Item = (&PurposeId, Timestamp)> {
        self.objections.iter().map(|(purpose, at)| (purpose, *at))
    }

    /// Since when processing is restricted.
    #[must_use]
    pub const fn restricted_since(&self) -> Option<Timestamp> {
        self.restricted_since
    }

    /// Whether the purpose may be pursued for this person now.
    ///
    /// # Errors
    /// The [`Refusal`] that stands in the way; every doubt is one.
    pub fn permit(
        &self,
        purpose: &PurposeId,
        register: &Register,
        notices: &NoticeHistory,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(declaration) = register.purpose(purpose.as_str()) else {
            return Err(Refusal::UnknownPurpose(purpose.to_string()));
        };
        if self.restricted_since.is_some() && declaration.basis != LegalBasis::LegalObligation {
            return Err(Refusal::Restricted);
        }
        if self.objections.contains_key(purpose) {
            return Err(Refusal::Objected(purpose.clone()));
        }
        match declaration.basis {
            LegalBasis::Consent => {}
            LegalBasis::Contract
            | LegalBasis::LegalObligation
            | LegalBasis::VitalInterests
            | LegalBasis::PublicTask
            | LegalBasis::LegitimateInterests => {
                // A no that was said all the same (by a signal, by a stamp) is heard where the purpose is marketing
                // or sharing, whatever basis the shop has declared for it.
                let said_no = self.consents.get(purpose).is_some_and(|record| record.status.is_no());
                return if said_no && declaration.opt_out_signal == OptOutSignal::Refuses {
                    Err(Refusal::Objected(purpose.clone()))
                } else {
                    Ok(())
                };
            }
        }
        let Some(record) = self.consents.get(purpose) else {
            return Err(Refusal::NoConsent { purpose: purpose.clone(), status: Status::Unknown });
        };
        if record.status != Status::Given {
            return Err(Refusal::NoConsent { purpose: purpose.clone(), status: record.status });
        }
        // INVARIANT: what is sensitive is used only on the person's own word, never on a client's mark or a merger's.
        if !declaration.explicit_for.is_empty() && !record.source.is_explicit() {
            return Err(Refusal::NotExplicit(purpose.clone()));
        }
        if !notices.still_covers(record.notice, purpose, declaration) {
            return Err(Refusal::StaleNotice(purpose.clone()));
        }
        let age = now.duration_since(record.at);
        if age > SignedDuration::from_hours(24 * i64::from(declaration.consent_valid_days)) {
            return Err(Refusal::ConsentExpired(purpose.clone()));
        }
        Ok(())
    }

    /// What a stamp on an event adds to the ledger, if anything.
    ///
    /// A stamped no is recorded, unless it is known already. A stamped yes may open what was never decided; only an
    /// explicit decision of the person opens again what was closed.
    #[must_use]
    pub fn heed_stamp(&self, purpose: &PurposeId, yes: Stamp) -> Option<Status> {
        let known = self.consents.get(purpose).map_or(Status::Unknown, |record| record.status);
        match (yes, known) {
            (Stamp::Yes, Status::Unknown | Status::Requested | Status::Deferred) => Some(Status::Given),
            (Stamp::Yes, _) => None,
            (Stamp::No, Status::Given) => Some(Status::Withdrawn),
            (Stamp::No, Status::Unknown | Status::Requested | Status::Deferred) => Some(Status::Refused),
            (Stamp::No, _) => None,
        }
    }

    /// The decisions that an opt-out signal adds: it wins over an older yes for sale, sharing and marketing.
    #[must_use]
    pub fn heed_opt_out_signal(&self, register: &Register) -> Vec<(PurposeId, Status)> {
        register
            .purposes
            .iter()
            .filter(|(_, declaration)| declaration.opt_out_signal == OptOutSignal::Refuses)
            .filter_map(|(purpose, _)| {
                self.heed_stamp(purpose, Stamp::No).map(|status| (purpose.clone(), status))
            })
            .collect()
    }

    /// The stricter of two people's words, for when their records turn out to be one person's.
    ///
    /// For each purpose that either has decided on: a no if either says no, a yes only if both say yes.
    #[must_use]
    pub fn stricter(&self, other: &Self) -> Vec<(PurposeId, Status)> {
        let mut purposes: Vec<&PurposeId> = self.consents.keys().chain(other.consents.keys()).collect();
        purposes.sort();
        purposes.dedup();
        purposes
            .into_iter()
            .filter_map(|purpose| {
                let word = |state: &Self| state.consents.get(purpose).map(|record| record.status);
                let strict = match (word(self), word(other)) {
                    (Some(Status::Given), Some(Status::Given)) => Status::Given,
                    (Some(a), _) if a.is_no() => a,
                    (_, Some(b)) if b.is_no() => b,
                    (Some(Status::Given), None) | (None, Some(Status::Given)) => Status::Given,
                    (Some(Status::Given), Some(b)) => b,
                    (Some(a), _) => a,
                    (None, Some(b)) => b,
                    (None, None) => return None,
                };
                (word(self) != Some(strict)).then(|| (purpose.clone(), strict))
            })
            .collect()
    }
}

/// What a client stamped on an event about one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// The person agreed, says the client.
    Yes,
    /// The person did not agree.
    No,
}
