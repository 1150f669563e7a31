//! Versions of the privacy notice: what people were told when they decided.
//!
//! A notice is the register as it then stood. No version may ever be changed or forgotten while a consent refers to it.

use std::collections::BTreeMap;

use crate::purpose::PurposeId;
use crate::register::{Declaration, Register};

/// The number of a notice; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NoticeVersion(pub u32);

impl std::fmt::Display for NoticeVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// All notices that there have been.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeHistory {
    versions: BTreeMap<NoticeVersion, Register>,
}

impl NoticeHistory {
    /// A history of registers, in the order of their versions, beginning with 1.
    #[must_use]
    pub fn new(registers: impl IntoIterator<Item = (NoticeVersion, Register)>) -> Self {
        Self { versions: registers.into_iter().collect() }
    }

    /// The newest version.
    #[must_use]
    pub fn current(&self) -> Option<NoticeVersion> {
        self.versions.keys().next_back().copied()
    }

    /// What was declared then.
    #[must_use]
    pub fn at(&self, version: NoticeVersion) -> Option<&Register> {
        self.versions.get(&version)
    }

    /// What was declared in each version, the first first.
    pub fn registers(&self) -> impl Iterator<Item = &Register> {
        self.versions.values()
    }

    /// Whether `register` says something that the newest notice doesn't, so that a new version is due.
    #[must_use]
    pub fn needs_new_version(&self, register: &Register) -> bool {
        self.versions.values().next_back().is_none_or(|newest| {
            newest.purposes != register.purposes
                || newest.shop != register.shop
                || newest.kept_by_law != register.kept_by_law
        })
    }

    /// Adds the register as the next version and says its number.
    pub fn publish(&mut self, register: &Register) -> NoticeVersion {
        let next = NoticeVersion(self.current().map_or(1, |version| version.0 + 1));
        self.versions.insert(next, register.clone());
        next
    }

    /// Whether a yes to the notice `version` still covers the purpose as it is declared now.
    #[must_use]
    pub fn still_covers(&self, version: NoticeVersion, purpose: &PurposeId, now: &Declaration) -> bool {
        self.versions
            .get(&version)
            .and_then(|register| register.purpose(purpose.as_str()))
            .is_some_and(|agreed| !now.widens(agreed))
    }
}
