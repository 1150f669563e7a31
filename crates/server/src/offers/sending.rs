//! Before something is sent: who of these people may be written to, and a place held for each, in one write that no other
//! sender can come between.
//!
//! INVARIANT: caps are weighed and places held in the store's writing transaction, so that two senders never both get the
//! last place. No list of people may leave here: answers name only those who were asked about.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use privacy::audit::Author;
use privacy::data::{Kind, OfferState, Offered, SentOffers};
use privacy::entropy::draw;
use privacy::grant::{Authorize as _, CollectError, ReadError};
use privacy::offers::zone;
use privacy::pseudonym::IdentityKind;
use privacy::purpose::{Offers, Purpose as _, PurposeId};
use privacy::store::{Day, StoreError, Tx};
use privacy::subject::Subject;
use serde_json::{Value, json};
use store::{Write, WriteTx};

use super::asked::id;
use super::decision::{Question, Weighed, as_store_error, weigh};
use super::planning::unknown;
use super::range::{Extent, Range, range};
use super::words::why_sent;
use super::{AT_LEAST, Campaign, Decision, Standing, Why};
use crate::app::App;
use crate::web::Problem;

/// The most people in one request.
pub(super) const MOST_PEOPLE: usize = 1000;
/// How many are decided in one write: for no more of them does anybody else's write wait.
pub(super) const AT_ONCE: usize = 25;
/// The most items that are kept of what was offered to somebody.
const KEPT_ITEMS: usize = 50;

/// Somebody who may be written to, or not.
#[derive(Clone)]
struct Addressee {
    user_id: String,
    zone: Option<String>,
}

/// Whether the answer is only looked at, or places are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Look,
    Hold,
}

/// A campaign as it stands at the moment of a request.
struct Plan {
    campaign: Campaign,
    range: Range,
    standing: Standing,
    now: Timestamp,
}

fn plan(app: &App, body: &Value) -> Result<Plan, Problem> {
    let (id, now) = (id(body)?, app.now());
    let stored = app.store.read(|tx| tx.campaign(&id))?.ok_or_else(unknown)?;
    let campaign = Campaign::read(&stored)?;
    let range = range(&app.engine, &campaign);
    let standing = campaign.standing(&range.findings, now);
    Ok(Plan { campaign, range, standing, now })
}

/// Decides for each of the named people, and holds places. Blocks.
pub(super) fn decide(app: &Arc<App>, body: &Value, author: &Author) -> Result<Value, Problem> {
    let plan = Arc::new(plan(app, body)?);
    if body.get("people").and_then(Value::as_str) == Some("all") {
        return reach(app, &plan);
    }
    let people = addressees(body)?;
    let step = match body.get("hold").map(Value::as_bool) {
        None | Some(Some(true)) => Step::Hold,
        Some(Some(false)) => Step::Look,
        Some(None) => {
            return Err(Problem::malformed(
                "`hold` is neither true nor false",
                "leave it out to hold places",
            ));
        }
    };
    let mut answers = Vec::with_capacity(people.len());
    for some in people.chunks(AT_ONCE) {
        let (shared, plan, some) = (Arc::clone(app), Arc::clone(&plan), some.to_vec());
        let what = Write { name: "offers.decide", author: author.clone(), at: plan.now };
        let written = app.store.write(what, move |tx| decide_some(&shared, tx, &plan, &some, step));
        answers.extend(written.wait()?);
    }
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, decision) in &answers {
        let code = code(decision);
        *counts.entry(code).or_default() += 1;
        app.metrics.offer(code);
    }
    let until = plan.now.saturating_add(hold(app)).ok().filter(|_| step == Step::Hold);
    let answers: Vec<Value> =
        answers.iter().map(|(user_id, decision)| view(user_id, decision, &plan.range, until)).collect();
    Ok(json!({
        "campaign": plan.campaign.id, "channel": plan.campaign.channel.as_str(), "decided_at": plan.now.to_string(),
        "answers": answers, "counts": counts,
    }))
}

fn hold(app: &App) -> SignedDuration {
    SignedDuration::from_mins(i64::from(app.register().offers.hold_minutes))
}

const fn code(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allowed { .. } => "allowed",
        Decision::Refused(why) => why.code(),
    }
}

fn decide_some(
    app: &App,
    tx: &WriteTx<'_>,
    plan: &Plan,
    people: &[Addressee],
    step: Step,
) -> Result<Vec<(String, Decision)>, StoreError> {
    let mut decided = Vec::with_capacity(people.len());
    for person in people {
        let decision = decide_one(app, tx, plan, person, step)?;
        decided.push((person.user_id.clone(), decision));
    }
    Ok(decided)
}

fn decide_one(
    app: &App,
    tx: &WriteTx<'_>,
    plan: &Plan,
    person: &Addressee,
    step: Step,
) -> Result<Decision, StoreError> {
    if plan.standing != Standing::Open {
        return Ok(Decision::Refused(Why::NotOpen(plan.standing)));
    }
    let Some(subject) = tx.find(IdentityKind::UserId, &person.user_id)? else {
        return Ok(Decision::Refused(Why::Unknown));
    };
    let rules = &Tx::law(tx).register.offers;
    let zone = zone_of(person, &rules.quiet.zone);
    let question = Question { campaign: &plan.campaign, range: &plan.range, rules, now: plan.now };
    let Weighed { decision, run_out } =
        weigh(tx, app.vault(), &subject, &zone, &question).map_err(as_store_error)?;
    if step == Step::Hold {
        for place in &run_out {
            let id = *app.vault().message_index(&message(place)).as_bytes();
            tx.delete_row(&subject, Kind::SentOffers, &id)?;
        }
        if let Decision::Allowed { items, .. } = &decision {
            let until =
                plan.now.saturating_add(hold(app)).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let place = new_place(app)?;
            let kept = items.iter().take(KEPT_ITEMS).filter(|_| plan.range.extent == Extent::Named).cloned();
            let row = Offered {
                at: plan.now.as_millisecond(),
                campaign: plan.campaign.id.clone(),
                channel: plan.campaign.channel,
                items: kept.collect(),
                why: why(tx, &subject, &plan.campaign)?,
                state: OfferState::Held,
                until: until.as_millisecond(),
                place,
            };
            if let Kept::No(code) = keep(app, tx, &subject, &row, plan.now)? {
                // What isn't kept isn't counted, so that it may not be sent.
                return Err(StoreError::Damaged(format!("an offer could not be kept: {code}")));
            }
        }
    }
    Ok(decision)
}

/// What the customer's zone says goes; the shop's where it isn't told or isn't one.
fn zone_of(person: &Addressee, shops: &str) -> TimeZone {
    let theirs = person.zone.as_deref().and_then(|name| zone(name).ok());
    theirs.or_else(|| zone(shops).ok()).unwrap_or(TimeZone::UTC)
}

pub(super) fn why(tx: &WriteTx<'_>, subject: &Subject, campaign: &Campaign) -> Result<String, StoreError> {
    let state = tx.ledger(subject)?.unwrap_or_default();
    Ok(why_sent(campaign, state.consent(Offers::ID).map(|record| record.at)))
}

pub(super) fn new_place(app: &App) -> Result<String, StoreError> {
    let bytes: [u8; 16] =
        draw(app.entropy.as_ref()).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

pub(super) fn message(place: &str) -> String {
    format!("offer {place}")
}

/// Whether a row could be kept.
pub(super) enum Kept {
    Yes,
    No(&'static str),
}

/// Seals a row in the place of the one with the same name.
pub(super) fn keep(
    app: &App,
    tx: &WriteTx<'_>,
    subject: &Subject,
    row: &Offered,
    now: Timestamp,
) -> Result<Kept, StoreError> {
    let offers = |purpose: &PurposeId| purpose.as_str() == Offers::ID;
    let collection = match tx.collect(subject, &offers, now) {
        Ok(collection) => collection,
        Err(ReadError::Refused(refusal)) => return Ok(Kept::No(refusal.code())),
        Err(error) => return Err(as_store_error(error)),
    };
    let day = Day::of_millis(row.at);
    match collection.seal::<SentOffers>(row, &message(&row.place), day, app.vault(), app.entropy.as_ref()) {
        Ok(sealed) => {
            tx.replace(&sealed)?;
            Ok(Kept::Yes)
        }
        Err(CollectError::NotPermitted(_) | CollectError::NothingPermitted) => Ok(Kept::No("no_consent")),
        Err(error @ (CollectError::Vault(_) | CollectError::Form(_))) => {
            Err(StoreError::Damaged(error.to_string()))
        }
    }
}

fn view(user_id: &str, decision: &Decision, range: &Range, held_until: Option<Timestamp>) -> Value {
    match decision {
        Decision::Allowed { items, left_out } => {
            let left_out: Vec<Value> = left_out
                .iter()
                .map(|(item, spared)| json!({"item": item, "because": spared.code()}))
                .collect();
            let mut answer = json!({"user_id": user_id, "allowed": true, "left_out": left_out,
                "held_until": held_until.map(|at| at.to_string())});
            if let (Extent::Named, Some(members)) = (range.extent, answer.as_object_mut()) {
                members.insert("items".to_owned(), json!(items));
            }
            answer
        }
        Decision::Refused(why) => json!({
            "user_id": user_id, "allowed": false, "because": why.code(), "words": why.words(),
            "until": why.until().map(|at| at.to_string()),
        }),
    }
}

/// How many of all customers may be written to now, and why the others not: numbers only, behind a threshold.
fn reach(app: &Arc<App>, plan: &Plan) -> Result<Value, Problem> {
    let mut people = Vec::new();
    app.store.read(|tx| tx.subjects(&mut |subject| people.push(subject)))?;
    let rules = &app.register().offers;
    let zone = zone(&rules.quiet.zone).unwrap_or(TimeZone::UTC);
    let question = Question { campaign: &plan.campaign, range: &plan.range, rules, now: plan.now };
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for some in people.chunks(200) {
        app.store.read(|tx| {
            for subject in some {
                let decision = match plan.standing {
                    Standing::Open => {
                        weigh(tx, app.vault(), subject, &zone, &question).map_err(as_store_error)?.decision
                    }
                    other => Decision::Refused(Why::NotOpen(other)),
                };
                *counts.entry(code(&decision)).or_default() += 1;
            }
            Ok::<(), StoreError>(())
        })?;
    }
    let counts: BTreeMap<&str, Value> = counts
        .into_iter()
        .map(|(code, people)| {
            let few = || json!(format!("fewer than {}", AT_LEAST.people()));
            (code, AT_LEAST.release(people, people).map_or_else(few, |figure| json!(figure.into_value())))
        })
        .collect();
    Ok(json!({"campaign": plan.campaign.id, "decided_at": plan.now.to_string(), "counts": counts}))
}

fn addressees(body: &Value) -> Result<Vec<Addressee>, Problem> {
    let wrong = |what: &str| {
        Problem::malformed(
            what,
            format!(
                "send `\"people\": [\"c-17\", {{\"user_id\": \"c-18\", \"zone\": \"Europe/Berlin\"}}]`, {MOST_PEOPLE} at most; or `\"all\"` for numbers alone"
            ),
        )
    };
    let list =
        body.get("people").and_then(Value::as_array).filter(|list| (1..=MOST_PEOPLE).contains(&list.len()));
    let list = list.ok_or_else(|| wrong("`people` is no list of customers, or empty, or too long"))?;
    let one = |value: &Value| {
        let zone_name = value.get("zone").and_then(Value::as_str);
        if let Some(bad) = zone_name.and_then(|name| zone(name).err()) {
            return Err(wrong(&bad.to_string()));
        }
        let user_id = value.as_str().or_else(|| value.get("user_id").and_then(Value::as_str));
        let user_id = user_id
            .filter(|id| !id.is_empty())
            .ok_or_else(|| wrong("one of the `people` has no `user_id`"))?;
        Ok(Addressee { user_id: user_id.to_owned(), zone: zone_name.map(str::to_owned) })
    };
    list.iter().map(one).collect()
}
