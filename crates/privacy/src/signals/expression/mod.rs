//! What somebody has decided, said in the standards of others. Asks the ledger for each purpose, as everything else does
//! ([`LedgerState::permit`]).
//!
//! INVARIANT: nothing is told as a yes unless every purpose of the shop that takes it in is permitted. Of the framework's
//! purpose 1, which is only the leave to use the device for the others, one is enough; restrictions keep it from the
//! vendors of those that aren't.

mod gpp;
mod tcf;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Gpc;
use super::consent_mode::{ConsentMode, ConsentType};
use super::gpp::GppString;
use super::tcf::TcString;
use crate::consent::LedgerState;
use crate::notice::NoticeHistory;
use crate::purpose::{LegalBasis, PurposeId};
use crate::register::{Declaration, OptOutSignal, Register};

/// Where somebody stands at a moment: what they decided, to which notices, and what their browser says.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The declaration in force.
    pub register: &'a Register,
    /// The notices that people decided on.
    pub notices: &'a NoticeHistory,
    /// What was decided; the empty state for somebody who hasn't chosen.
    pub state: &'a LedgerState,
    /// What the browser said with this request.
    pub signal: Gpc,
    /// Now.
    pub now: Timestamp,
}

impl<'a> Standing<'a> {
    /// Whether the purpose may be pursued, the browser's signal included.
    fn permits(&self, purpose: &PurposeId, declaration: &Declaration) -> bool {
        let silenced = self.signal == Gpc::OptOut && declaration.opt_out_signal == OptOutSignal::Refuses;
        !silenced && self.state.permit(purpose, self.register, self.notices, self.now).is_ok()
    }

    /// Each purpose's declaration, and whether it may be pursued.
    fn purposes(&self) -> Vec<(&'a Declaration, bool)> {
        let all = self.register.purposes.iter();
        all.map(|(purpose, declaration)| (declaration, self.permits(purpose, declaration))).collect()
    }

    /// Google's Consent Mode. For somebody who hasn't chosen this is what `default` is called with; afterwards, `update`.
    ///
    /// ```
    /// use jiff::Timestamp;
    /// use privacy::consent::LedgerState;
    /// use privacy::notice::NoticeHistory;
    /// use privacy::register::{TEMPLATE, read};
    /// use privacy::signals::Gpc;
    /// use privacy::signals::consent_mode::{ConsentState, ConsentType};
    /// use privacy::signals::expression::Standing;
    ///
    /// let (register, mut notices) = (read(TEMPLATE).unwrap(), NoticeHistory::default());
    /// notices.publish(&register);
    /// let undecided = Standing {
    ///     register: &register,
    ///     notices: &notices,
    ///     state: &LedgerState::default(),
    ///     signal: Gpc::Silent,
    ///     now: Timestamp::UNIX_EPOCH,
    /// };
    /// let mode = undecided.consent_mode();
    /// assert_eq!(mode.state(ConsentType::AnalyticsStorage), ConsentState::Denied);
    /// // The order needs no consent.
    /// assert_eq!(mode.state(ConsentType::FunctionalityStorage), ConsentState::Granted);
    /// ```
    #[must_use]
    pub fn consent_mode(&self) -> ConsentMode {
        let purposes = self.purposes();
        ConsentMode::granting(ConsentType::ALL.iter().copied().filter(|kind| {
            all_permitted(purposes.iter().filter(|(d, _)| d.standards.consent_mode.contains(kind)))
        }))
    }

    /// `categoryPreferences` of Segment's `context.consent`: the shop's own purposes by name.
    #[must_use]
    pub fn segment(&self) -> BTreeMap<&'a PurposeId, bool> {
        let all = self.register.purposes.iter();
        all.map(|(purpose, declaration)| (purpose, self.permits(purpose, declaration))).collect()
    }

    /// The TC string of TCF 2.3, with the disclosed vendors; `None` if the shop takes no part in the framework.
    #[must_use]
    pub fn tcf(&self) -> Option<TcString> {
        let settings = self.register.tcf?;
        // The framework asks that legitimate interests be disclosed first. Only an answer proves that they were.
        let disclosed = self.state.consents().next().is_some();
        let mut purposes = self.purposes();
        for (declaration, permitted) in &mut purposes {
            *permitted &= disclosed || declaration.basis != LegalBasis::LegitimateInterests;
        }
        Some(tcf::express(&purposes, settings, self.decided(), self.language_of_question()))
    }

    /// The GPP string: `tcfeuv2` where there is a TC string, `usnat` and `usca` where their laws hold.
    #[must_use]
    pub fn gpp(&self) -> GppString {
        let holds = |law: &str| self.register.shop.jurisdictions.iter().any(|known| known == law);
        let (purposes, gpc) = (self.purposes(), Some(self.signal == Gpc::OptOut));
        GppString {
            tcf: self.tcf(),
            us_national: (holds("US") || holds("US-CA")).then(|| gpp::national(&purposes, gpc)),
            us_california: holds("US-CA").then(|| gpp::california(&purposes, gpc)),
            other: BTreeMap::new(),
        }
    }

    /// When the last word was said; now, if none was.
    fn decided(&self) -> Timestamp {
        let words = self.state.consents().map(|record| record.at);
        let objections = self.state.objections().map(|(_, at)| at);
        words.chain(objections).chain(self.state.restricted_since()).max().unwrap_or(self.now)
    }

    /// The language of the last question, where two letters say it.
    fn language_of_question(&self) -> super::tcf::Letters {
        let last = self.state.consents().max_by_key(|record| record.at);
        last.and_then(|record| record.language.split('-').next()?.parse().ok())
            .unwrap_or(super::tcf::Letters::ENGLISH)
    }
}

/// Whether there is one, and all of them are permitted.
fn all_permitted<'p>(purposes: impl Iterator<Item = &'p (&'p Declaration, bool)>) -> bool {
    let mut any = false;
    for (_, permitted) in purposes {
        if !permitted {
            return false;
        }
        any = true;
    }
    any
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
