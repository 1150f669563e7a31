//! How often, when and over which channel somebody may be written to with offers: what the shop sets in `[offers]` of the
//! register, and the questions that are asked of it before anything is sent.
//!
//! Pure: the time and what was sent before are arguments. Nothing here says that a person may be written to at all;
//! that is a grant's word.

mod caps;
mod quiet;

pub use caps::{CapReached, Caps, Sent, Span};
pub use quiet::{BadZone, DayOff, QuietHours, zone};

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The way on which an offer reaches somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// E-mail.
    Email,
    /// Text messages.
    Sms,
    /// Notifications of an app or browser.
    Push,
    /// Letters.
    Post,
    /// A banner or box on the shop's own pages, while the person is there.
    OnSite,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 5] = [Self::Email, Self::Sms, Self::Push, Self::Post, Self::OnSite];

    /// Its word in `equipoise.toml` and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Push => "push",
            Self::Post => "post",
            Self::OnSite => "on_site",
        }
    }

    /// Whether it reaches people wherever they are, so that the caps over all channels count it.
    ///
    /// ```
    /// use privacy::offers::Channel;
    /// assert!(Channel::Post.reaches_out() && !Channel::OnSite.reaches_out());
    /// ```
    #[must_use]
    pub const fn reaches_out(self) -> bool {
        match self {
            Self::Email | Self::Sms | Self::Push | Self::Post => true,
            Self::OnSite => false,
        }
    }

    /// Whether it arrives at once, so that quiet hours hold for it.
    ///
    /// ```
    /// use privacy::offers::Channel;
    /// assert!(Channel::Sms.rings() && !Channel::Post.rings());
    /// ```
    #[must_use]
    pub const fn rings(self) -> bool {
        match self {
            Self::Email | Self::Sms | Self::Push => true,
            Self::Post | Self::OnSite => false,
        }
    }
}

/// The word names no channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown channel `{0}`; use one of email, sms, push, post, on_site")]
pub struct UnknownChannel(pub String);

impl FromStr for Channel {
    type Err = UnknownChannel;
    fn from_str(word: &str) -> Result<Self, UnknownChannel> {
        Self::ALL.into_iter().find(|one| one.as_str() == word).ok_or_else(|| UnknownChannel(word.to_owned()))
    }
}

/// What the shop has set for its offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferRules {
    /// How often.
    pub caps: Caps,
    /// When not.
    pub quiet: QuietHours,
    /// For how many minutes a place under the caps is held for whoever asked.
    pub hold_minutes: u32,
    /// After how many days what is used up may be offered again to whoever bought it.
    pub again_after_days: u32,
}

impl OfferRules {
    /// What holds where the shop says nothing, with the time zone of its first jurisdiction.
    ///
    /// ```
    /// use privacy::offers::OfferRules;
    /// let rules = OfferRules::usual(&["NZ".to_owned()]);
    /// assert_eq!(rules.quiet.zone, "Pacific/Auckland");
    /// assert_eq!(rules.hold_minutes, 15);
    /// ```
    #[must_use]
    pub fn usual(jurisdictions: &[String]) -> Self {
        let zone = match jurisdictions.first().map_or("", String::as_str) {
            "NZ" => "Pacific/Auckland",
            "AU" => "Australia/Sydney",
            "EU" => "Europe/Paris",
            "UK" => "Europe/London",
            "US-CA" => "America/Los_Angeles",
            "US" => "America/New_York",
            "CA" => "America/Toronto",
            _ => "UTC",
        };
        Self { caps: Caps::usual(), quiet: QuietHours::usual(zone), hold_minutes: 15, again_after_days: 30 }
    }
}
