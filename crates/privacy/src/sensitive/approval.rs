//! A person's approval of a campaign that touches sensitive goods. Must never be given by whoever made the campaign, nor
//! reach further than what was shown to the one who gave it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Match, SensitiveKind};

/// What is sensitive about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The shop's id of the thing.
    pub item: String,
    /// Why.
    pub matches: Vec<Match>,
}

/// All that is sensitive about a campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// These; things without a match are left out.
    #[must_use]
    pub fn new(found: impl IntoIterator<Item = Finding>) -> Self {
        Self(found.into_iter().filter(|one| !one.matches.is_empty()).collect())
    }

    /// Whether nothing is sensitive, so that nobody has to approve.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each thing.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// The kinds that are touched.
    #[must_use]
    pub fn kinds(&self) -> BTreeSet<SensitiveKind> {
        self.0.iter().flat_map(|one| one.matches.iter().map(|found| found.kind.clone())).collect()
    }

    /// Each thing with the kinds that it is of.
    #[must_use]
    pub fn touched(&self) -> BTreeMap<String, BTreeSet<SensitiveKind>> {
        let kinds = |one: &Finding| one.matches.iter().map(|found| found.kind.clone()).collect();
        self.0.iter().map(|one| (one.item.clone(), kinds(one))).collect()
    }
}

/// Why nothing was approved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// Nobody may approve what they made themselves.
    #[error("whoever made the campaign can't approve it")]
    SamePerson,
    /// It isn't said who, or why.
    #[error("an approval needs a name and a reason")]
    Unsaid,
    /// There is nothing to approve.
    #[error("the campaign touches nothing sensitive, so nobody has to approve it")]
    Nothing,
}

/// A person's word that a campaign may touch what it touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    by: String,
    reason: String,
    at: Timestamp,
    covers: BTreeMap<String, BTreeSet<SensitiveKind>>,
}

impl Approval {
    /// Approves what was found, and nothing beyond it.
    ///
    /// # Errors
    /// [`ApprovalError`] when the approver is the author (however they spell their name), name or reason are missing,
    /// or nothing was found.
    ///
    /// ```
    /// use privacy::sensitive::{Approval, ApprovalError, Findings};
    /// let now = "2026-06-15T10:00:00Z".parse()?;
    /// let same = Approval::give("Hana", " hana", "we asked them", now, &Findings::default());
    /// assert_eq!(same, Err(ApprovalError::SamePerson));
    /// # Ok::<(), jiff::Error>(())
    /// ```
    pub fn give(
        author: &str,
        by: &str,
        reason: &str,
        at: Timestamp,
        findings: &Findings,
    ) -> Result<Self, ApprovalError> {
        if by.trim().is_empty() || reason.trim().is_empty() {
            return Err(ApprovalError::Unsaid);
        }
        if super::goods::folded(author) == super::goods::folded(by) {
            return Err(ApprovalError::SamePerson);
        }
        if findings.is_empty() {
            return Err(ApprovalError::Nothing);
        }
        Ok(Self::restore(by, reason, at, findings.touched()))
    }

    /// An approval as it was written down.
    #[must_use]
    pub fn restore(
        by: &str,
        reason: &str,
        at: Timestamp,
        covers: BTreeMap<String, BTreeSet<SensitiveKind>>,
    ) -> Self {
        Self { by: by.trim().to_owned(), reason: reason.trim().to_owned(), at, covers }
    }

    /// Whether everything that is found now was there to be seen when the approval was given.
    #[must_use]
    pub fn covers(&self, findings: &Findings) -> bool {
        findings
            .touched()
            .iter()
            .all(|(item, kinds)| self.covers.get(item).is_some_and(|seen| kinds.is_subset(seen)))
    }

    /// Who approved.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// When.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// What was there to be seen.
    #[must_use]
    pub const fn seen(&self) -> &BTreeMap<String, BTreeSet<SensitiveKind>> {
        &self.covers
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SensitiveRules, Spot};
    use super::*;

    fn found(items: &[(&str, &str)]) -> Findings {
        Findings::new(items.iter().map(|(item, kind)| {
            let kind = kind.parse().unwrap();
            let one = Match { kind, spot: Spot::Name, text: "t".to_owned(), word: "w".to_owned() };
            Finding { item: (*item).to_owned(), matches: vec![one] }
        }))
    }

    #[test]
    fn author_can_not_approve_however_the_name_is_spelt() {
        let now = Timestamp::UNIX_EPOCH;
        let findings = found(&[("a", "health")]);
        for by in ["Hana Smith", "hana  smith", "HANA-SMITH "] {
            let answer = Approval::give("Hana Smith", by, "r", now, &findings);
            assert_eq!(answer, Err(ApprovalError::SamePerson), "{by}");
        }
        assert_eq!(Approval::give("Hana", "Ben", " ", now, &findings), Err(ApprovalError::Unsaid));
        assert_eq!(Approval::give("Hana", "Ben", "r", now, &found(&[])), Err(ApprovalError::Nothing));
        assert_eq!(Approval::give("Hana", "Ben", "r", now, &findings).unwrap().by(), "Ben");
    }

    #[test]
    fn approval_reaches_no_further_than_what_was_seen() {
        let now = Timestamp::UNIX_EPOCH;
        let approval =
            Approval::give("a", "b", "r", now, &found(&[("x", "health"), ("y", "children")])).unwrap();
        assert!(approval.covers(&found(&[("x", "health")])) && approval.covers(&found(&[])));
        assert!(!approval.covers(&found(&[("z", "health")])), "another thing");
        assert!(!approval.covers(&found(&[("x", "children")])), "another kind");
        assert_eq!(SensitiveRules::default().kinds().len(), 9);
    }
}
