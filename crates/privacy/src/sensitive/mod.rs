//! Sensitive goods: what says something delicate about whoever looks at it or buys it (GDPR Art. 9(1), and what hurts
//! as much though no article names it). Which goods those are, why, and who has agreed explicitly that they are used.
//!
//! Nothing may be inferred from them without that agreement. In doubt a thing is sensitive: only the shop's own word,
//! with a reason, says that a match is harmless.

mod approval;
mod goods;
mod words;

pub use approval::{Approval, ApprovalError, Finding, Findings};
pub use goods::{Goods, Match, SensitiveGoods, Spot};
pub use words::SHIPPED;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::store::{StoreError, Tx};
use crate::subject::Subject;

/// A kind of sensitive goods by name: one that ships ([`SHIPPED`]), one of the shop's own, or [`Self::shop`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SensitiveKind(Box<str>);

impl SensitiveKind {
    /// What the shop lists as categories without saying why.
    ///
    /// ```
    /// use privacy::sensitive::SensitiveKind;
    /// assert_eq!(SensitiveKind::shop().as_str(), "shop");
    /// ```
    #[must_use]
    pub fn shop() -> Self {
        Self("shop".into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in everyday words.
    ///
    /// ```
    /// use privacy::sensitive::SensitiveKind;
    /// assert_eq!("money".parse::<SensitiveKind>()?.label(), "money trouble");
    /// assert_eq!("gambling".parse::<SensitiveKind>()?.label(), "gambling");
    /// # Ok::<(), privacy::sensitive::BadSensitiveKind>(())
    /// ```
    #[must_use]
    pub fn label(&self) -> &str {
        if *self == Self::shop() {
            return "what this shop calls delicate";
        }
        SHIPPED.iter().find(|one| one.kind == self.as_str()).map_or(self.as_str(), |one| one.label)
    }
}

impl fmt::Display for SensitiveKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word can't name a kind of sensitive goods.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` can't name a kind of sensitive goods; use 3 to 32 lower-case letters and `_`")]
pub struct BadSensitiveKind(pub String);

impl FromStr for SensitiveKind {
    type Err = BadSensitiveKind;
    fn from_str(word: &str) -> Result<Self, BadSensitiveKind> {
        let plain =
            (3..=32).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if plain { Ok(Self(word.into())) } else { Err(BadSensitiveKind(word.to_owned())) }
    }
}

/// What the shop says about sensitive goods, beside what ships: `[sensitive]` of the register.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SensitiveRules {
    /// Whole categories, as the catalogue names them; of the kind [`SensitiveKind::shop`].
    pub categories: BTreeSet<String>,
    /// More words, for a kind that ships or one of the shop's own. A `*` at a word's end stands for any ending.
    pub words: BTreeMap<SensitiveKind, BTreeSet<String>>,
    /// Matches that mean nothing.
    pub harmless: Vec<Harmless>,
}

impl SensitiveRules {
    /// Every kind that there is: what ships, the shop's own, and [`SensitiveKind::shop`].
    ///
    /// ```
    /// use privacy::sensitive::SensitiveRules;
    /// assert!(SensitiveRules::default().kinds().iter().any(|kind| kind.as_str() == "health"));
    /// ```
    #[must_use]
    pub fn kinds(&self) -> BTreeSet<SensitiveKind> {
        let shipped = SHIPPED.iter().filter_map(|one| one.kind.parse().ok());
        shipped.chain(self.words.keys().cloned()).chain([SensitiveKind::shop()]).collect()
    }
}

/// A match that the shop answers for as harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harmless {
    /// Of which kind the match would be.
    pub kind: SensitiveKind,
    /// Where it is harmless.
    pub spared: Spared,
    /// Why, for whoever asks later.
    pub reason: String,
}

/// Where a match is harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spared {
    /// In this item.
    Item(String),
    /// In all items of this category.
    Category(String),
    /// Wherever it is this word, as the list has it.
    Word(String),
}

/// The kinds of sensitive goods of which a person has agreed explicitly that they are used (GDPR Art. 9(2)(a)).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreed(BTreeSet<SensitiveKind>);

impl Agreed {
    /// Asks the ledger: the kinds of every purpose with `explicit_for` that is permitted now. Nobody who isn't known
    /// has agreed to anything.
    ///
    /// # Errors
    /// [`StoreError`] when the ledger can't be read, which every caller takes as a no.
    pub fn of(tx: &dyn Tx, subject: &Subject, now: Timestamp) -> Result<Self, StoreError> {
        let law = tx.law();
        if law.register.purposes.values().all(|declaration| declaration.explicit_for.is_empty()) {
            return Ok(Self::default());
        }
        let Some(state) = tx.ledger(subject)? else { return Ok(Self::default()) };
        let explicit = law.register.purposes.iter().filter(|(purpose, declaration)| {
            !declaration.explicit_for.is_empty()
                && state.permit(purpose, &law.register, &law.notices, now).is_ok()
        });
        Ok(Self(explicit.flat_map(|(_, declaration)| declaration.explicit_for.iter().cloned()).collect()))
    }

    /// Whether every one of these kinds may be used. What is of no kind always may.
    ///
    /// ```
    /// use privacy::sensitive::{Agreed, SensitiveKind};
    /// assert!(Agreed::default().covers([]));
    /// assert!(!Agreed::default().covers([&SensitiveKind::shop()]));
    /// ```
    #[must_use]
    pub fn covers<'k>(&self, kinds: impl IntoIterator<Item = &'k SensitiveKind>) -> bool {
        kinds.into_iter().all(|kind| self.0.contains(kind))
    }
}
