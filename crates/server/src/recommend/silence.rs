//! What is sensitive stays silent: a look at a pregnancy test, or its purchase, teaches the models nothing, about
//! anybody, unless that person has agreed explicitly. The list speaks of things; whose fact it is is asked of the ledger.
//!
//! Must never keep who has looked at what. "Not interested" is always heard: it only takes away.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use privacy::sensitive::{Agreed, Goods, Match, SensitiveGoods, SensitiveKind, SensitiveRules};
use privacy::store::{StoreError, Tx};
use privacy::subject::Subject;

use super::{Catalogue, CatalogueItem, Fact};

/// Which items of the catalogue are sensitive.
#[derive(Debug, Clone)]
pub struct Silence {
    goods: SensitiveGoods,
    kinds: HashMap<String, BTreeSet<SensitiveKind>>,
}

impl Silence {
    /// For a shop with these rules and nothing in its catalogue yet.
    #[must_use]
    pub fn new(rules: &SensitiveRules) -> Self {
        Self { goods: SensitiveGoods::of(rules), kinds: HashMap::new() }
    }

    /// The same rules over this catalogue.
    #[must_use]
    pub(super) fn over(&self, catalogue: &Catalogue) -> Self {
        let mut kinds = HashMap::new();
        for item in catalogue.items() {
            let found: BTreeSet<SensitiveKind> = self.matches(item).into_iter().map(|one| one.kind).collect();
            if !found.is_empty() {
                kinds.insert(item.id.clone(), found);
            }
        }
        Self { goods: self.goods.clone(), kinds }
    }

    /// Why an item is sensitive; nothing if it isn't.
    #[must_use]
    pub fn matches(&self, item: &CatalogueItem) -> Vec<Match> {
        let CatalogueItem { id, name, category, tags, .. } = item;
        self.goods.matches(&Goods { id, name, categories: category, tags })
    }

    /// Why a text is sensitive that stands for itself; nothing if it isn't.
    #[must_use]
    pub fn matches_in(&self, text: &str) -> Vec<Match> {
        self.goods.matches(&Goods { id: "", name: text, categories: &[], tags: &[] })
    }

    /// The kinds that an item is of; none if it isn't sensitive.
    #[must_use]
    pub fn kinds(&self, item: &str) -> Option<&BTreeSet<SensitiveKind>> {
        self.kinds.get(item)
    }

    /// Whether what somebody did with this item may teach nothing, after what they agreed to explicitly.
    #[must_use]
    pub fn is_silent(&self, item: &str, agreed: &Agreed) -> bool {
        self.kinds(item).is_some_and(|kinds| !agreed.covers(kinds))
    }

    /// Whether the same items are sensitive in the same way.
    #[must_use]
    pub(super) fn hears_like(&self, other: &Self) -> bool {
        self.kinds == other.kinds
    }

    /// Takes out of a person's facts what is silent.
    ///
    /// # Errors
    /// [`StoreError`] when the ledger can't be read; everything sensitive is taken out then.
    pub(super) fn hush(
        &self,
        tx: &dyn Tx,
        subject: &Subject,
        now: Timestamp,
        facts: &mut Vec<Fact>,
    ) -> Result<(), StoreError> {
        if self.kinds.is_empty() || !facts.iter().any(|fact| self.touches(fact)) {
            return Ok(());
        }
        let asked = Agreed::of(tx, subject, now);
        let agreed = asked.as_ref().cloned().unwrap_or_default();
        facts.retain_mut(|fact| match fact {
            Fact::Looked { item, .. } | Fact::Read { item } => !self.is_silent(item, &agreed),
            Fact::Bought { lines, .. } => {
                lines.retain(|(item, _)| !self.is_silent(item, &agreed));
                !lines.is_empty()
            }
            Fact::Unwanted { .. } | Fact::Came { .. } => true,
        });
        asked.map(drop)
    }

    fn touches(&self, fact: &Fact) -> bool {
        match fact {
            Fact::Looked { item, .. } | Fact::Read { item } => self.kinds.contains_key(item),
            Fact::Bought { lines, .. } => lines.iter().any(|(item, _)| self.kinds.contains_key(item)),
            Fact::Unwanted { .. } | Fact::Came { .. } => false,
        }
    }
}
