//! Whether one person may be written to about a campaign now, and about which of its goods: a grant first, then the goods,
//! then the caps, then the hour. What stands in the way for good is named before what passes.
//!
//! Must never answer yes in doubt, nor choose anybody by what they looked at or bought: that only takes away.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use privacy::consent::Refusal;
use privacy::data::{Millis, OfferState, Offered, OrderAction, Ordered, PurchaseHistory, SentOffers};
use privacy::grant::{Authorize as _, Grant, ReadError};
use privacy::offers::{CapReached, OfferRules, Sent};
use privacy::purpose::Offers;
use privacy::sensitive::Agreed;
use privacy::store::{StoreError, Tx};
use privacy::subject::Subject;
use privacy::vault::Vault;

use super::range::{Extent, Range};
use super::{Campaign, PART, Standing};

/// What was decided for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// They may be written to.
    Allowed {
        /// What remains of the campaign's goods; empty where there are too many to name, and `left_out` alone says it.
        items: Vec<String>,
        /// What is left out for this person, and why.
        left_out: Vec<(String, Spared)>,
    },
    /// They may not.
    Refused(Why),
}

/// Why an item is left out for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spared {
    /// They have bought it.
    Bought,
    /// They have sent it back, or called it off.
    Returned,
    /// It is sensitive, and they haven't agreed to that explicitly.
    Sensitive,
}

/// Why somebody may not be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The campaign isn't open.
    NotOpen(Standing),
    /// Nobody is known by this id.
    Unknown,
    /// The ledger or the register says no.
    Law(Refusal),
    /// The campaign reached them before.
    AlreadySent,
    /// Somebody else is about to write to them for this campaign.
    Held {
        /// Until then the place is theirs.
        until: Timestamp,
    },
    /// Nothing remains for them; this is why the last of it went.
    NothingLeft(Option<Spared>),
    /// They had enough.
    CapReached {
        /// The cap.
        cap: CapReached,
        /// The first moment at which they may be written to, quiet hours included.
        until: Option<Timestamp>,
    },
    /// It is night there, or a day off.
    QuietHours {
        /// The first moment at which they may be written to.
        until: Option<Timestamp>,
    },
}

/// What is asked about everybody alike.
pub(super) struct Question<'q> {
    pub(super) campaign: &'q Campaign,
    pub(super) range: &'q Range,
    pub(super) rules: &'q OfferRules,
    pub(super) now: Timestamp,
}

/// What is found out about one person.
pub(super) struct Weighed {
    pub(super) decision: Decision,
    /// The places that were held for this campaign or others and have run out.
    pub(super) run_out: Vec<String>,
}

/// Weighs one person. `zone` is where they are.
///
/// # Errors
/// [`ReadError`] when something can't be read; a refusal is a decision, not an error.
pub(super) fn weigh(
    tx: &impl Tx,
    vault: &Vault,
    subject: &Subject,
    zone: &TimeZone,
    question: &Question<'_>,
) -> Result<Weighed, ReadError> {
    let refused = |why| Ok(Weighed { decision: Decision::Refused(why), run_out: Vec::new() });
    let grant = match tx.authorize::<Offers>(subject, PART, question.now) {
        Ok(grant) => grant,
        Err(ReadError::Refused(refusal)) => return refused(Why::Law(refusal)),
        Err(error) => return Err(error),
    };
    // Without what was sent nobody can count, and without what was bought nobody can leave it out: both are a no.
    match histories(&grant, vault, question) {
        Ok((before, had)) => {
            let agreed = Agreed::of(tx, subject, question.now)?;
            let decision = settle(question, &before, &had, &agreed, zone);
            Ok(Weighed { decision, run_out: before.run_out })
        }
        Err(ReadError::Refused(refusal)) => refused(Why::Law(refusal)),
        Err(error) => Err(error),
    }
}

/// What reached a person before.
struct Before {
    sent: Vec<Sent>,
    this_campaign: Option<Why>,
    run_out: Vec<String>,
}

/// What a person had of an item: when they last bought it, or that they sent it back.
enum Had {
    Bought(Millis),
    Returned,
}

fn histories(
    grant: &Grant<'_, Offers>,
    vault: &Vault,
    question: &Question<'_>,
) -> Result<(Before, BTreeMap<String, Had>), ReadError> {
    let offered = grant.read::<SentOffers>(vault)?;
    let ordered = grant.read::<PurchaseHistory>(vault)?;
    // exposed: counted, to write less often; nothing of it goes further.
    let before = before(offered.expose(), question);
    // exposed: looked up, to leave out what they had; which items those are goes to whoever sends, for this purpose.
    let had = had(ordered.expose());
    Ok((before, had))
}

fn before(offered: &[Offered], question: &Question<'_>) -> Before {
    let now = question.now.as_millisecond();
    let mut before = Before { sent: Vec::new(), this_campaign: None, run_out: Vec::new() };
    for row in offered {
        let ours = row.campaign == question.campaign.id;
        match row.state {
            OfferState::Held if row.until <= now => {
                before.run_out.push(row.place.clone());
                continue;
            }
            OfferState::Held if ours => {
                let until = Timestamp::from_millisecond(row.until).unwrap_or(question.now);
                before.this_campaign.get_or_insert(Why::Held { until });
            }
            OfferState::Sent if ours => before.this_campaign = Some(Why::AlreadySent),
            OfferState::Held | OfferState::Sent => {}
        }
        before.sent.push(Sent { at: row.at, channel: row.channel });
    }
    before
}

fn had(ordered: &[Ordered]) -> BTreeMap<String, Had> {
    let placed = |row: &Ordered| match row.action {
        OrderAction::Placed | OrderAction::Updated => true,
        OrderAction::Refunded | OrderAction::Cancelled => false,
    };
    let mut rows: Vec<&Ordered> = ordered.iter().collect();
    // Of two things that bear one time, the sending back came after the buying.
    rows.sort_by_key(|row| (row.at, !placed(row)));
    let mut had = BTreeMap::new();
    for row in &rows {
        let placed = placed(row);
        // A whole order that went back may come without its lines.
        let whole = rows.iter().filter(|other| !placed && row.lines.is_empty() && other.order == row.order);
        for line in row.lines.iter().chain(whole.flat_map(|other| &other.lines)) {
            let one = if placed && line.quantity >= 0 { Had::Bought(row.at) } else { Had::Returned };
            had.insert(line.item.clone(), one);
        }
    }
    had
}

fn settle(
    question: &Question<'_>,
    before: &Before,
    had: &BTreeMap<String, Had>,
    agreed: &Agreed,
    zone: &TimeZone,
) -> Decision {
    let Question { campaign, range, rules, now } = question;
    if let Some(why) = &before.this_campaign {
        return Decision::Refused(why.clone());
    }
    let again = i64::from(rules.again_after_days) * 86_400_000;
    let (mut remaining, mut items, mut left_out) = (0_usize, Vec::new(), Vec::new());
    for item in &range.items {
        let silent = range.kinds.get(&item.id).is_some_and(|kinds| !agreed.covers(kinds));
        let spared = match had.get(&item.id) {
            _ if silent => Some(Spared::Sensitive),
            Some(Had::Returned) => Some(Spared::Returned),
            Some(Had::Bought(at)) if item.consumable && now.as_millisecond() - at >= again => None,
            Some(Had::Bought(_)) => Some(Spared::Bought),
            None => None,
        };
        match spared {
            Some(spared) => left_out.push((item.id.clone(), spared)),
            None => {
                remaining += 1;
                if range.extent == Extent::Named {
                    items.push(item.id.clone());
                }
            }
        }
    }
    if remaining == 0 {
        let worst = left_out.iter().map(|(_, spared)| *spared).max();
        return Decision::Refused(Why::NothingLeft(worst));
    }
    let awake = |at: Timestamp| match rules.quiet.check(at, zone) {
        Err(until) if campaign.channel.rings() => until,
        Ok(()) | Err(_) => Some(at),
    };
    if let Err(cap) = rules.caps.check(campaign.channel, &before.sent, now.as_millisecond()) {
        let free = cap.until.and_then(|until| Timestamp::from_millisecond(until).ok());
        return Decision::Refused(Why::CapReached { cap, until: free.and_then(awake) });
    }
    match awake(*now) {
        Some(at) if at == *now => Decision::Allowed { items, left_out },
        until => Decision::Refused(Why::QuietHours { until }),
    }
}

/// What a store error or an unreadable row means for the whole request.
pub(super) fn as_store_error(error: ReadError) -> StoreError {
    match error {
        ReadError::Store(error) => error,
        other @ (ReadError::Refused(_) | ReadError::Vault(_) | ReadError::Form(_)) => {
            StoreError::Damaged(other.to_string())
        }
    }
}
