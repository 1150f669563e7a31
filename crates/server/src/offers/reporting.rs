//! After something was sent: what was really sent is kept with the person, sealed, and counts; the places of what wasn't
//! are free again. The truth counts even if nobody had asked; of whom nothing may be kept any more, nothing is.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use privacy::audit::Author;
use privacy::data::{Kind, OfferState, Offered, SentOffers};
use privacy::grant::{Authorize as _, ReadError};
use privacy::pseudonym::IdentityKind;
use privacy::purpose::Offers;
use privacy::store::StoreError;
use privacy::subject::Subject;
use serde_json::{Value, json};
use store::{Write, WriteTx};

use super::asked::id;
use super::decision::as_store_error;
use super::planning::unknown;
use super::sending::{AT_ONCE, Kept, MOST_PEOPLE, keep, message, new_place, why};
use super::{Campaign, PART};
use crate::app::App;
use crate::web::Problem;

/// Takes down what was really sent, and gives back the places of what wasn't. Blocks.
pub(super) fn report(app: &Arc<App>, body: &Value, author: &Author) -> Result<Value, Problem> {
    let id = id(body)?;
    let stored = app.store.read(|tx| tx.campaign(&id))?.ok_or_else(unknown)?;
    let campaign = Arc::new(Campaign::read(&stored)?);
    let (sent, not_sent) = (names(body, "sent")?, names(body, "not_sent")?);
    if sent.is_empty() && not_sent.is_empty() {
        return Err(Problem::malformed(
            "nothing is reported",
            "send `{\"campaign\": \"…\", \"sent\": [\"c-17\"], \"not_sent\": []}`",
        ));
    }
    let sent = sent.into_iter().map(|id| (id, Reported::Sent));
    let all: Vec<(String, Reported)> =
        sent.chain(not_sent.into_iter().map(|id| (id, Reported::NotSent))).collect();
    let now = app.now();
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut not_kept = Vec::new();
    for some in all.chunks(AT_ONCE) {
        let (shared, campaign, some) = (Arc::clone(app), Arc::clone(&campaign), some.to_vec());
        let what = Write { name: "offers.report", author: author.clone(), at: now };
        let written = app.store.write(what, move |tx| {
            let mut fates = Vec::with_capacity(some.len());
            for (user_id, reported) in &some {
                fates.push((user_id.clone(), take_down(&shared, tx, &campaign, user_id, *reported, now)?));
            }
            let new =
                fates.iter().filter(|(_, fate)| matches!(fate, Fate::Sent | Fate::Late | Fate::Unasked));
            let new = new.count() as u64;
            if new > 0 {
                tx.count_sent(&campaign.id, new)?;
            }
            Ok::<_, StoreError>(fates)
        });
        for (user_id, fate) in written.wait()? {
            *counts.entry(fate.code()).or_default() += 1;
            app.metrics.offer(fate.code());
            if let Fate::NotKept(because) = fate {
                not_kept.push(json!({"user_id": user_id, "because": because}));
            }
        }
    }
    Ok(json!({"campaign": campaign.id, "counts": counts, "not_kept": not_kept}))
}

/// What a sender says of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reported {
    Sent,
    NotSent,
}

/// What became of a report about one person.
enum Fate {
    /// The place became what was sent.
    Sent,
    /// It was sent after its place had run out.
    Late,
    /// It was sent without a place.
    Unasked,
    /// It was known.
    Known,
    /// The place is free again.
    Freed,
    /// There was no place.
    Nothing,
    /// It may not be kept.
    NotKept(&'static str),
}

impl Fate {
    const fn code(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Late => "sent_late",
            Self::Unasked => "sent_unasked",
            Self::Known => "known",
            Self::Freed => "freed",
            Self::Nothing => "nothing_held",
            Self::NotKept(_) => "not_kept",
        }
    }
}

fn take_down(
    app: &App,
    tx: &WriteTx<'_>,
    campaign: &Campaign,
    user_id: &str,
    reported: Reported,
    now: Timestamp,
) -> Result<Fate, StoreError> {
    let Some(subject) = tx.find(IdentityKind::UserId, user_id)? else { return Ok(Fate::NotKept("unknown")) };
    let known = match offered(app, tx, &subject, campaign, now) {
        Ok(known) => known,
        Err(ReadError::Refused(refusal)) => return Ok(Fate::NotKept(refusal.code())),
        Err(error) => return Err(as_store_error(error)),
    };
    let (row, fate) = match (known, reported) {
        (Some(row), _) if row.state == OfferState::Sent => return Ok(Fate::Known),
        (Some(row), Reported::NotSent) => {
            let id = *app.vault().message_index(&message(&row.place)).as_bytes();
            tx.delete_row(&subject, Kind::SentOffers, &id)?;
            return Ok(Fate::Freed);
        }
        (None, Reported::NotSent) => return Ok(Fate::Nothing),
        (Some(row), Reported::Sent) => {
            let fate = if row.until <= now.as_millisecond() { Fate::Late } else { Fate::Sent };
            (row, fate)
        }
        (None, Reported::Sent) => {
            let row = Offered {
                at: 0,
                campaign: campaign.id.clone(),
                channel: campaign.channel,
                items: Vec::new(),
                why: why(tx, &subject, campaign)?,
                state: OfferState::Sent,
                until: 0,
                place: new_place(app)?,
            };
            (row, Fate::Unasked)
        }
    };
    let at = now.as_millisecond();
    let row = Offered { at, until: at, state: OfferState::Sent, ..row };
    Ok(match keep(app, tx, &subject, &row, now)? {
        Kept::Yes => fate,
        Kept::No(code) => Fate::NotKept(code),
    })
}

/// What stands with the person about this campaign: what was sent before any place.
fn offered(
    app: &App,
    tx: &WriteTx<'_>,
    subject: &Subject,
    campaign: &Campaign,
    now: Timestamp,
) -> Result<Option<Offered>, ReadError> {
    let grant = tx.authorize::<Offers>(subject, PART, now)?;
    let rows = grant.read::<SentOffers>(app.vault())?;
    // exposed: one row, to be sealed anew as sent.
    let ours = rows.expose().iter().filter(|row| row.campaign == campaign.id);
    Ok(ours.max_by_key(|row| (row.state == OfferState::Sent, row.at)).cloned())
}

fn names(body: &Value, key: &str) -> Result<Vec<String>, Problem> {
    let Some(value) = body.get(key) else { return Ok(Vec::new()) };
    let list = value.as_array().filter(|list| list.len() <= MOST_PEOPLE);
    let names = list.and_then(|list| list.iter().map(|one| one.as_str().map(str::to_owned)).collect());
    names.ok_or_else(|| {
        Problem::malformed(
            format!("`{key}` is no list of customers' numbers, or longer than {MOST_PEOPLE}"),
            format!("send `\"{key}\": [\"c-17\", \"c-18\"]`"),
        )
    })
}
