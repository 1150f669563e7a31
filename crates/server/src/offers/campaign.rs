//! A campaign: what is offered, over which channel, when, by whom, and what a second person said to it. Nobody to whom it
//! goes may stand in it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use privacy::offers::Channel;
use privacy::sensitive::{Approval, Findings, SensitiveKind};
use privacy::store::StoreError;
use serde::{Deserialize, Serialize};
use store::StoredCampaign;

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// The shop's own id.
    pub id: String,
    /// What it is called, for people.
    pub words: String,
    /// How it reaches them.
    pub channel: Channel,
    /// What it is about.
    pub about: About,
    /// From when it may be sent.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Who made it.
    pub author: String,
    /// Who last changed what it says or is about.
    pub changed_by: String,
    /// What a second person said.
    pub verdict: Verdict,
    /// Who ended it, and when.
    pub ended: Option<(String, Timestamp)>,
}

/// What a campaign is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// These items.
    Items(BTreeSet<String>),
    /// Everything in these categories, as the catalogue is on the day.
    Categories(BTreeSet<String>),
    /// The whole shop, but for what is sensitive.
    All,
}

/// What a second person said to a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing yet.
    None,
    /// It may touch what it touches.
    Approved(Approval),
    /// It may not be sent.
    Refused {
        /// Who said so.
        by: String,
        /// Why.
        reason: String,
        /// When.
        at: Timestamp,
    },
}

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may be sent.
    Open,
    /// Its time hasn't come.
    NotBegun,
    /// Its time is over.
    Over,
    /// Somebody ended it.
    Ended,
    /// A second person refused it.
    Refused,
    /// It touches what is sensitive, and nobody has approved what it touches now.
    Waiting,
}

impl Standing {
    /// The word in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::NotBegun => "not_begun",
            Self::Over => "over",
            Self::Ended => "ended",
            Self::Refused => "refused",
            Self::Waiting => "waiting_for_approval",
        }
    }
}

impl Campaign {
    /// Where it stands, given what is sensitive about it now.
    #[must_use]
    pub fn standing(&self, findings: &Findings, now: Timestamp) -> Standing {
        let approved = match &self.verdict {
            Verdict::None => findings.is_empty(),
            Verdict::Approved(approval) => approval.covers(findings),
            Verdict::Refused { .. } => {
                return if self.ended.is_some() { Standing::Ended } else { Standing::Refused };
            }
        };
        match (&self.ended, approved) {
            (Some(_), _) => Standing::Ended,
            (None, _) if now >= self.until => Standing::Over,
            (None, false) => Standing::Waiting,
            (None, true) if now < self.from => Standing::NotBegun,
            (None, true) => Standing::Open,
        }
    }

    /// As it is kept.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it can't be written down.
    pub fn to_json(&self) -> Result<String, StoreError> {
        let Self { id: _, words, channel, about, from, until, author, changed_by, verdict, ended } = self;
        let verdict = match verdict {
            Verdict::None => None,
            Verdict::Approved(approval) => Some(WrittenVerdict {
                by: approval.by().to_owned(),
                reason: approval.reason().to_owned(),
                at: approval.at(),
                approved: Some(written_kinds(approval.seen())),
            }),
            Verdict::Refused { by, reason, at } => {
                Some(WrittenVerdict { by: by.clone(), reason: reason.clone(), at: *at, approved: None })
            }
        };
        let about = match about {
            About::Items(items) => WrittenAbout::Items(items.clone()),
            About::Categories(categories) => WrittenAbout::Categories(categories.clone()),
            About::All => WrittenAbout::All,
        };
        let written = Written {
            words: words.clone(),
            channel: *channel,
            about,
            from: *from,
            until: *until,
            author: author.clone(),
            changed_by: changed_by.clone(),
            verdict,
            ended: ended.clone(),
        };
        serde_json::to_string(&written).map_err(|error| StoreError::Damaged(error.to_string()))
    }

    /// As it was kept.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it can't be read back.
    pub fn read(stored: &StoredCampaign) -> Result<Self, StoreError> {
        let damaged =
            |why: String| StoreError::Damaged(format!("campaign `{}` can't be read: {why}", stored.id));
        let written: Written =
            serde_json::from_str(&stored.json).map_err(|error| damaged(error.to_string()))?;
        let Written { words, channel, about, from, until, author, changed_by, verdict, ended } = written;
        let verdict = match verdict {
            None => Verdict::None,
            Some(WrittenVerdict { by, reason, at, approved: None }) => Verdict::Refused { by, reason, at },
            Some(WrittenVerdict { by, reason, at, approved: Some(seen) }) => {
                let seen = read_kinds(seen).map_err(damaged)?;
                Verdict::Approved(Approval::restore(&by, &reason, at, seen))
            }
        };
        let about = match about {
            WrittenAbout::Items(items) => About::Items(items),
            WrittenAbout::Categories(categories) => About::Categories(categories),
            WrittenAbout::All => About::All,
        };
        let id = stored.id.clone();
        Ok(Self { id, words, channel, about, from, until, author, changed_by, verdict, ended })
    }
}

#[derive(Serialize, Deserialize)]
struct Written {
    words: String,
    channel: Channel,
    about: WrittenAbout,
    from: Timestamp,
    until: Timestamp,
    author: String,
    changed_by: String,
    verdict: Option<WrittenVerdict>,
    ended: Option<(String, Timestamp)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenAbout {
    Items(BTreeSet<String>),
    Categories(BTreeSet<String>),
    All,
}

#[derive(Serialize, Deserialize)]
struct WrittenVerdict {
    by: String,
    reason: String,
    at: Timestamp,
    /// What was there to be seen, if it was approved.
    approved: Option<BTreeMap<String, Vec<String>>>,
}

fn written_kinds(seen: &BTreeMap<String, BTreeSet<SensitiveKind>>) -> BTreeMap<String, Vec<String>> {
    seen.iter().map(|(item, kinds)| (item.clone(), kinds.iter().map(ToString::to_string).collect())).collect()
}

fn read_kinds(
    seen: BTreeMap<String, Vec<String>>,
) -> Result<BTreeMap<String, BTreeSet<SensitiveKind>>, String> {
    let kinds = |words: Vec<String>| words.iter().map(|word| word.parse()).collect::<Result<_, _>>();
    let one = |(item, words)| Ok((item, kinds(words)?));
    seen.into_iter()
        .map(one)
        .collect::<Result<_, privacy::sensitive::BadSensitiveKind>>()
        .map_err(|e| e.to_string())
}
