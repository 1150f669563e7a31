//! Making, changing, approving, refusing and ending campaigns. Each is one write with an audit entry that names the
//! campaign and who did it. A campaign that touches what is sensitive must never open without a second person's word.

use std::sync::Arc;

use jiff::Timestamp;
use privacy::audit::{Author, Entry};
use privacy::data::Kind;
use privacy::purpose::{Offers, Purpose as _};
use privacy::sensitive::{Approval, ApprovalError, SensitiveKind};
use privacy::store::{RightsTx as _, StoreError};
use serde_json::{Value, json};
use store::{StoredCampaign, Write, WriteTx};

use super::asked::{about, channel, id, name, reason, text, time};
use super::campaign::Verdict;
use super::range::{Range, range};
use super::{AT_LEAST, About, Campaign};
use crate::app::App;
use crate::web::{Problem, ProblemKind};

/// Why a campaign could not be dealt with.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlanError {
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It can't be done as it was asked.
    #[error("{}", .0.detail())]
    Refused(Box<Problem>),
}

impl From<Problem> for PlanError {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Store(error) => error.into(),
            PlanError::Refused(problem) => *problem,
        }
    }
}

/// Makes a campaign. Blocks.
pub(super) fn create(app: &Arc<App>, body: &Value) -> Result<Value, Problem> {
    declared(app)?;
    let now = app.now();
    let id = id(body)?;
    let by = name(body)?;
    let missing = |key: &str, example: &str| {
        Problem::malformed(format!("`{key}` is missing"), format!("send for example `\"{key}\": {example}`"))
    };
    let campaign = Campaign {
        id,
        words: text(body, "words")?.ok_or_else(|| missing("words", "\"Winter sale\""))?,
        channel: channel(body)?.ok_or_else(|| missing("channel", "\"email\""))?,
        about: about(app, body)?.ok_or_else(|| missing("about", "{\"categories\": [\"packs\"]}"))?,
        from: time(app, body, "from")?.unwrap_or(now),
        until: time(app, body, "until")?.ok_or_else(|| missing("until", "\"2026-12-24\""))?,
        author: by.clone(),
        changed_by: by.clone(),
        verdict: Verdict::None,
        ended: None,
    };
    in_order(&campaign)?;
    write(app, "campaign.create", &by, campaign.id.clone(), move |known| match known {
        None => Ok(campaign),
        Some(_) => Err(Problem::new(
            ProblemKind::Conflict,
            "there is a campaign with this id already",
            "choose another `campaign`, or change that one with /v1/campaigns/change",
        )),
    })
}

/// Changes a campaign. Whatever it says, is about or how it reaches people takes back what a second person said.
pub(super) fn change(app: &Arc<App>, body: &Value) -> Result<Value, Problem> {
    let (id, by) = (id(body)?, name(body)?);
    let (words, channel, about) = (text(body, "words")?, channel(body)?, about(app, body)?);
    let (from, until) = (time(app, body, "from")?, time(app, body, "until")?);
    let author = by.clone();
    write(app, "campaign.change", &by, id, move |known| {
        let old = not_ended(known)?;
        let new = Campaign {
            words: words.unwrap_or_else(|| old.words.clone()),
            channel: channel.unwrap_or(old.channel),
            about: about.unwrap_or_else(|| old.about.clone()),
            from: from.unwrap_or(old.from),
            until: until.unwrap_or(old.until),
            ..old.clone()
        };
        in_order(&new)?;
        let same = new.words == old.words && new.channel == old.channel && new.about == old.about;
        Ok(if same { new } else { Campaign { verdict: Verdict::None, changed_by: author, ..new } })
    })
}

/// A second person approves a campaign, for what it touches now.
pub(super) fn approve(app: &Arc<App>, body: &Value) -> Result<Value, Problem> {
    let (id, by, reason) = (id(body)?, name(body)?, reason(body)?);
    let (shared, now, approver) = (Arc::clone(app), app.now(), by.clone());
    write(app, "campaign.approve", &by, id, move |known| {
        let campaign = not_ended(known)?;
        let findings = range(&shared.engine, &campaign).findings;
        // Neither who made it nor who last changed it.
        let mut given = Approval::give(&campaign.changed_by, &approver, &reason, now, &findings);
        if given.is_ok() {
            given = Approval::give(&campaign.author, &approver, &reason, now, &findings);
        }
        let approval = given.map_err(|error| {
            let mend = match error {
                ApprovalError::SamePerson => "ask somebody else in the shop to look at it",
                ApprovalError::Unsaid => "send `by` and `reason`",
                ApprovalError::Nothing => "nothing needs to be done: it may be sent",
            };
            Problem::new(ProblemKind::Conflict, error.to_string(), mend)
        })?;
        Ok(Campaign { verdict: Verdict::Approved(approval), ..campaign })
    })
}

/// A second person refuses a campaign.
pub(super) fn refuse(app: &Arc<App>, body: &Value) -> Result<Value, Problem> {
    let (id, by, reason) = (id(body)?, name(body)?, reason(body)?);
    let (at, said_by) = (app.now(), by.clone());
    write(app, "campaign.refuse", &by, id, move |known| {
        let campaign = not_ended(known)?;
        Ok(Campaign { verdict: Verdict::Refused { by: said_by, reason, at }, ..campaign })
    })
}

/// Ends a campaign for good.
pub(super) fn end(app: &Arc<App>, body: &Value) -> Result<Value, Problem> {
    let (id, by) = (id(body)?, name(body)?);
    let (at, ended_by) = (app.now(), by.clone());
    write(app, "campaign.end", &by, id, move |known| {
        let campaign = not_ended(known)?;
        Ok(Campaign { ended: Some((ended_by, at)), ..campaign })
    })
}

/// One campaign with all that an approver needs to see. Blocks.
pub(super) fn show(app: &Arc<App>, body: &Value) -> Result<Value, Problem> {
    let id = id(body)?;
    let stored = app.store.read(|tx| tx.campaign(&id))?.ok_or_else(unknown)?;
    Ok(view(app, &Campaign::read(&stored)?, stored.sent))
}

/// All campaigns. Blocks.
pub(super) fn list(app: &Arc<App>) -> Result<Value, Problem> {
    let stored = app.store.read(|tx| tx.campaigns())?;
    let one = |stored: &StoredCampaign| Ok(view(app, &Campaign::read(stored)?, stored.sent));
    let campaigns = stored.iter().map(one).collect::<Result<Vec<Value>, StoreError>>()?;
    Ok(json!({ "campaigns": campaigns }))
}

/// Changes what is kept under an id, with an audit entry in the name of whoever does it.
fn write(
    app: &Arc<App>,
    action: &'static str,
    by: &str,
    id: String,
    work: impl FnOnce(Option<Campaign>) -> Result<Campaign, Problem> + Send + 'static,
) -> Result<Value, Problem> {
    let now = app.now();
    let author = Author::Operator { id: by.to_owned(), role: "marketing".to_owned() };
    let what = Write { name: action, author: author.clone(), at: now };
    let written = app.store.write(what, move |tx: &WriteTx<'_>| {
        let known = tx.campaign(&id)?;
        let sent = known.as_ref().map_or(0, |stored| stored.sent);
        let campaign = work(known.as_ref().map(Campaign::read).transpose()?)?;
        tx.record(Entry {
            seq: 0,
            at: now,
            action: action.to_owned(),
            author,
            task: None,
            purpose: Some(Offers::ID.to_owned()),
            kind: None,
            subject: None,
            count: 1,
            bundle: None,
            detail: Some(format!("campaign {id}")),
        })?;
        tx.put_campaign(&id, &campaign.to_json()?, now)?;
        Ok::<_, PlanError>((campaign, sent))
    });
    let (campaign, sent) = written.wait().map_err(Problem::from)?;
    Ok(view(app, &campaign, sent))
}

/// A campaign as answers show it.
fn view(app: &App, campaign: &Campaign, sent: u64) -> Value {
    let Campaign { id, words, channel, about, from, until, author, changed_by, verdict, ended } = campaign;
    let Range { items, findings, kinds: _, extent: _ } = range(&app.engine, campaign);
    let names = |id: &str| items.iter().find(|item| item.id == id).map(|item| item.name.clone());
    let sensitive: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let why: Vec<Value> = finding
                .matches
                .iter()
                .map(|one| {
                    json!({"kind": one.kind.as_str(), "label": one.kind.label(), "stands_in": one.spot.as_str(),
                        "text": one.text, "word": one.word})
                })
                .collect();
            json!({"item": finding.item, "name": names(&finding.item), "why": why})
        })
        .collect();
    let said = match verdict {
        Verdict::None => Value::Null,
        Verdict::Approved(one) => {
            json!({"approved": true, "by": one.by(), "reason": one.reason(), "at": to_the_second(one.at())})
        }
        Verdict::Refused { by, reason, at } => {
            json!({"approved": false, "by": by, "reason": reason, "at": to_the_second(*at)})
        }
    };
    let about = match about {
        About::Items(items) => json!({ "items": items }),
        About::Categories(categories) => json!({ "categories": categories }),
        About::All => json!("all"),
    };
    let people = u32::try_from(sent).unwrap_or(u32::MAX);
    let sent = match AT_LEAST.release(people, people) {
        Some(figure) => json!(figure.into_value()),
        None if people == 0 => json!(0),
        None => json!(format!("fewer than {}", AT_LEAST.people())),
    };
    json!({
        "campaign": id, "words": words, "channel": channel.as_str(), "about": about, "items": items.len(),
        "from": to_the_second(*from), "until": to_the_second(*until), "author": author, "changed_by": changed_by,
        "status": campaign.standing(&findings, app.now()).as_str(),
        "touches": findings.kinds().iter().map(SensitiveKind::label).collect::<Vec<_>>(),
        "sensitive": sensitive, "verdict": said,
        "ended": ended.as_ref().map(|(by, at)| json!({"by": by, "at": to_the_second(*at)})),
        "sent": sent,
    })
}

fn to_the_second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// What the register must say before anything can be counted or left out.
fn declared(app: &App) -> Result<(), Problem> {
    let declaration = app.register().purpose(Offers::ID);
    let mend = "declare it in equipoise.toml under `[purposes.offers.data]`: `orders = [\"lines.item\"]` and \
                `offered = \"all\"`; then start the server again";
    let Some(declaration) = declaration else {
        let detail = "the register has no purpose `offers`, so nobody may be written to";
        return Err(Problem::new(
            ProblemKind::Conflict,
            detail,
            "declare it in equipoise.toml; `equipoise init` writes an example",
        ));
    };
    let needed = [Kind::SentOffers, Kind::PurchaseHistory];
    match needed.iter().find(|kind| !declaration.data.contains_key(kind)) {
        None => Ok(()),
        Some(kind) => Err(Problem::new(
            ProblemKind::Conflict,
            format!("the purpose `offers` doesn't declare `{kind}`, without which nobody can be spared"),
            mend,
        )),
    }
}

pub(super) fn unknown() -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        "there is no such campaign",
        "see /v1/campaigns/list, or `equipoise offers list`",
    )
}

fn not_ended(known: Option<Campaign>) -> Result<Campaign, Problem> {
    let campaign = known.ok_or_else(unknown)?;
    if campaign.ended.is_some() {
        return Err(Problem::new(ProblemKind::Conflict, "this campaign was ended", "make a new one"));
    }
    Ok(campaign)
}

fn in_order(campaign: &Campaign) -> Result<(), Problem> {
    if campaign.from < campaign.until {
        return Ok(());
    }
    Err(Problem::malformed("the campaign ends before it begins", "send `until` later than `from`"))
}
