//! Decisions in plain words, and their fixed codes. Nothing of a person stands in them but when they may be written to.

use jiff::Timestamp;
use privacy::offers::{CapReached, Channel, Span};

use super::{Campaign, Spared, Standing, Why};

impl Spared {
    /// A fixed word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Bought => "bought",
            Self::Returned => "returned",
            Self::Sensitive => "sensitive",
        }
    }
}

impl Why {
    /// A fixed word, for programs and counters.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOpen(Standing::Waiting | Standing::Refused) => "not_approved",
            Self::NotOpen(Standing::Open | Standing::NotBegun | Standing::Over | Standing::Ended) => {
                "window_closed"
            }
            Self::Unknown => "unknown",
            Self::Law(refusal) => refusal.code(),
            Self::AlreadySent => "already_sent",
            Self::Held { .. } => "held",
            Self::NothingLeft(None) => "nothing_left",
            Self::NothingLeft(Some(spared)) => spared.code(),
            Self::CapReached { .. } => "cap_reached",
            Self::QuietHours { .. } => "quiet_hours",
        }
    }

    /// When to ask again, if that can help.
    #[must_use]
    pub const fn until(&self) -> Option<Timestamp> {
        match self {
            Self::Held { until } => Some(*until),
            Self::CapReached { cap: _, until } | Self::QuietHours { until } => *until,
            Self::NotOpen(_) | Self::Unknown | Self::Law(_) | Self::AlreadySent | Self::NothingLeft(_) => {
                None
            }
        }
    }

    /// In plain words, for whoever sends.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::NotOpen(Standing::Waiting) => {
                "the campaign waits for a second person's approval".to_owned()
            }
            Self::NotOpen(Standing::Refused) => "a second person refused the campaign".to_owned(),
            Self::NotOpen(Standing::NotBegun) => "the campaign hasn't begun".to_owned(),
            Self::NotOpen(Standing::Open | Standing::Over | Standing::Ended) => {
                "the campaign is over".to_owned()
            }
            Self::Unknown => "nobody is known by this id".to_owned(),
            Self::Law(refusal) => refusal.to_string(),
            Self::AlreadySent => "this campaign has reached them already".to_owned(),
            Self::Held { .. } => {
                "a place is held for this campaign already; report what became of it".to_owned()
            }
            Self::NothingLeft(None) => {
                "nothing that the campaign is about is in the catalogue any more".to_owned()
            }
            Self::NothingLeft(Some(Spared::Bought)) => "they have bought it".to_owned(),
            Self::NothingLeft(Some(Spared::Returned)) => "they have sent it back".to_owned(),
            Self::NothingLeft(Some(Spared::Sensitive)) => {
                "it is sensitive, and they haven't agreed explicitly that it is used".to_owned()
            }
            Self::CapReached { cap, .. } => cap_words(cap),
            Self::QuietHours { .. } => "it is quiet hours there, or a day off".to_owned(),
        }
    }
}

fn cap_words(cap: &CapReached) -> String {
    let CapReached { at_most, span, channel, until: _ } = cap;
    let span = match span {
        Span::Day => "24 hours",
        Span::Week => "7 days",
        Span::Month => "30 days",
    };
    match channel {
        Some(channel) => format!("the cap is {at_most} in {span} by {}", channel_words(*channel)),
        None => format!("the cap is {at_most} in {span} over all channels"),
    }
}

pub(super) const fn channel_words(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "e-mail",
        Channel::Sms => "text message",
        Channel::Push => "notification",
        Channel::Post => "letter",
        Channel::OnSite => "the shop's own pages",
    }
}

/// Why an offer went to somebody, as they will read it in their access document.
pub(super) fn why_sent(campaign: &Campaign, agreed_on: Option<Timestamp>) -> String {
    let agreed = match agreed_on {
        Some(at) => format!("You said yes to offers on {}. ", at.strftime("%-d %B %Y")),
        None => String::new(),
    };
    format!(
        "{agreed}“{}”, by {}, kept to how often you may be written to; what you had bought or sent back was left out.",
        campaign.words,
        channel_words(campaign.channel)
    )
}
