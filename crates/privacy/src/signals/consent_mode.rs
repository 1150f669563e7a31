//! Google's Consent Mode, version 2: seven kinds of storage and use, each granted or denied. A kind that nobody speaks
//! for is denied.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

macro_rules! consent_types {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        /// A consent type of Consent Mode.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ConsentType { $($(#[$doc])* $name),+ }

        impl ConsentType {
            /// Every type.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// The word that `gtag` uses.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

consent_types! {
    /// Storage for advertising, such as cookies.
    AdStorage = "ad_storage",
    /// Sending data of the person to Google for advertising; new in version 2.
    AdUserData = "ad_user_data",
    /// Advertising that fits the person; new in version 2.
    AdPersonalization = "ad_personalization",
    /// Storage for counting, such as the length of a visit.
    AnalyticsStorage = "analytics_storage",
    /// Storage that the site needs to work, such as the language.
    FunctionalityStorage = "functionality_storage",
    /// Storage for recommendations.
    PersonalizationStorage = "personalization_storage",
    /// Storage against fraud, and for signing in.
    SecurityStorage = "security_storage",
}

impl fmt::Display for ConsentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word is no consent type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no consent type of Consent Mode")]
pub struct UnknownConsentType(pub String);

impl FromStr for ConsentType {
    type Err = UnknownConsentType;
    fn from_str(word: &str) -> Result<Self, UnknownConsentType> {
        let found = Self::ALL.iter().copied().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| UnknownConsentType(word.to_owned()))
    }
}

/// What is said of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConsentState {
    /// Yes.
    Granted,
    /// No.
    Denied,
}

impl ConsentState {
    /// The word that `gtag` uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Denied => "denied",
        }
    }

    /// What a word says; anything but `granted` is a no.
    ///
    /// ```
    /// use privacy::signals::consent_mode::ConsentState;
    /// assert_eq!(ConsentState::of("Granted"), ConsentState::Denied);
    /// ```
    #[must_use]
    pub fn of(word: &str) -> Self {
        if word == Self::Granted.as_str() { Self::Granted } else { Self::Denied }
    }
}

/// The second argument of `gtag('consent', 'default' | 'update', …)`.
///
/// ```
/// use privacy::signals::consent_mode::{ConsentMode, ConsentState, ConsentType};
/// let nothing = ConsentMode::granting([]);
/// assert_eq!(nothing.state(ConsentType::AdUserData), ConsentState::Denied);
/// assert_eq!(nothing.words().count(), 7);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentMode(BTreeMap<ConsentType, ConsentState>);

impl ConsentMode {
    /// These types granted, all others denied.
    pub fn granting(types: impl IntoIterator<Item = ConsentType>) -> Self {
        let mut states: BTreeMap<_, _> =
            ConsentType::ALL.iter().map(|kind| (*kind, ConsentState::Denied)).collect();
        states.extend(types.into_iter().map(|kind| (kind, ConsentState::Granted)));
        Self(states)
    }

    /// What is said of a type.
    #[must_use]
    pub fn state(&self, kind: ConsentType) -> ConsentState {
        self.0.get(&kind).copied().unwrap_or(ConsentState::Denied)
    }

    /// Every type with its state, in `gtag`'s words.
    pub fn words(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.0.iter().map(|(kind, state)| (kind.as_str(), state.as_str()))
    }
}
