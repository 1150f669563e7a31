//! The choices that American laws give: what a purpose can be opted out of. Never a yes: these laws ask for none.

use std::fmt;
use std::str::FromStr;

/// What a person can opt out of in the sections `usnat` and `usca`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OptOutOf {
    /// Selling data for money or anything else of value.
    Sale,
    /// Handing data on for advertising across sites.
    Sharing,
    /// Advertising by what was done on other sites.
    TargetedAdvertising,
}

impl OptOutOf {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sale, Self::Sharing, Self::TargetedAdvertising];

    /// The word in `equipoise.toml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Sharing => "sharing",
            Self::TargetedAdvertising => "targeted_advertising",
        }
    }
}

/// The word is none of the choices.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nothing that the sections usnat and usca let people opt out of")]
pub struct UnknownOptOut(pub String);

impl FromStr for OptOutOf {
    type Err = UnknownOptOut;
    fn from_str(word: &str) -> Result<Self, UnknownOptOut> {
        Self::ALL.into_iter().find(|c| c.as_str() == word).ok_or_else(|| UnknownOptOut(word.to_owned()))
    }
}

impl fmt::Display for OptOutOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
