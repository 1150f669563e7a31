//! What we may do: a switch for each purpose that says beforehand what it changes, and shows it afterwards; objecting;
//! and stopping everything for a while. Each works in the write that records it.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use maud::{Markup, html};
use privacy::audit::Author;
use privacy::consent::{ConsentRecord, LedgerState, Source, Status};
use privacy::purpose::{LegalBasis, PurposeId};
use privacy::register::{Declaration, OptOutSignal};
use privacy::signals::{Gpc, gpc};
use privacy::store::{StoreError, Tx as _};
use privacy::subject::Subject;
use serde::Deserialize;
use store::Write;

use super::data::page;
use super::layout::inside;
use super::words::{fill, say};
use crate::app::App;
use crate::consent::{ChoiceError, decide};
use crate::recommend::{Answer, Ask, Wanted, Who, recommend};
use crate::rights::{Person, Stop, stop};
use crate::web::{Problem, ProblemKind, SignedIn, State, fields, go_to};

const HERE: &str = "/privacy/choices";
/// How many things stand on a shelf that shows what a choice changes.
const SHELF: usize = 5;

#[derive(Deserialize)]
struct Chosen {
    purpose: String,
    word: String,
}

#[derive(Deserialize)]
struct Paused {
    word: String,
}

/// What stood on the shelf before a choice and after it.
struct Change {
    purpose: PurposeId,
    before: Answer,
    after: Answer,
}

/// `GET /privacy/choices`.
pub(super) async fn show(axum::extract::State(app): State, who: SignedIn) -> Response {
    page(&app, move |app| render(app, &who, None)).await
}

/// `POST /privacy/choices`.
pub(super) async fn change(
    axum::extract::State(app): State,
    who: SignedIn,
    headers: HeaderMap,
    body: String,
) -> Response {
    let signal = gpc(headers.get_all("sec-gpc").iter().map(HeaderValue::as_bytes));
    page(&app, move |app| {
        let Chosen { purpose, word } = fields(&body)?;
        let wrong = || Problem::malformed("the form names no choice", "use the switches of the page");
        let purpose: PurposeId = purpose.parse().map_err(|_| wrong())?;
        let person = Person::signed_in(&who);
        let before = shelf(app, who.subject())?;
        match word.as_str() {
            "given" => agree(app, who.subject(), &purpose, signal)?,
            "withdrawn" => drop(stop(app, &person, Stop::Withdraw(vec![purpose.clone()]), Author::Subject)?),
            "object" => drop(stop(app, &person, Stop::Object(vec![purpose.clone()]), Author::Subject)?),
            "unobject" => drop(stop(app, &person, Stop::Unobject(vec![purpose.clone()]), Author::Subject)?),
            _ => return Err(wrong()),
        }
        let after = shelf(app, who.subject())?;
        render(app, &who, Some(&Change { purpose, before, after }))
    })
    .await
}

/// `POST /privacy/pause`: everything is kept and nothing used, until the person says otherwise.
pub(super) async fn pause(axum::extract::State(app): State, who: SignedIn, body: String) -> Response {
    page(&app, move |app| {
        let Paused { word } = fields(&body)?;
        let what = match word.as_str() {
            "pause" => Stop::Restrict,
            "go_on" => Stop::Unrestrict,
            _ => return Err(Problem::malformed("the form says neither", "use the button of the page")),
        };
        stop(app, &Person::signed_in(&who), what, Author::Subject)?;
        Ok(go_to(HERE))
    })
    .await
}

fn agree(app: &Arc<App>, subject: Subject, purpose: &PurposeId, signal: Gpc) -> Result<(), Problem> {
    let (now, law) = (app.now(), app.store.law());
    let declared = law.register.purpose(purpose.as_str());
    let Some(declared) = declared.filter(|one| one.basis == LegalBasis::Consent) else {
        return Err(Problem::malformed("nobody is asked about this", "use the switches of the page"));
    };
    if signal == Gpc::OptOut && declared.opt_out_signal == OptOutSignal::Refuses {
        return Err(Problem::new(
            ProblemKind::Conflict,
            "your browser tells every site not to sell or share your data (Global Privacy Control), and we obey it; \
             switch that off for this site first",
            "switch the signal off in the browser",
        ));
    }
    let Some(notice) = law.notices.current() else {
        return Err(Problem::malformed("there is no privacy notice yet", "ask the shop"));
    };
    let record = ConsentRecord {
        purpose: purpose.clone(),
        status: Status::Given,
        at: now,
        notice,
        language: "en".to_owned(),
        source: Source::Person,
    };
    let shared = Arc::clone(app);
    let what = Write { name: "consent.decide", author: Author::Subject, at: now };
    let written = app.store.write::<_, ChoiceError>(what, move |tx| {
        decide(tx, &shared.engine, shared.vault(), &subject, vec![record], now)?;
        Ok(())
    });
    Ok(written.wait()?)
}

fn shelf(app: &Arc<App>, subject: Subject) -> Result<Answer, Problem> {
    let ask = Ask {
        placement: "privacy-centre".to_owned(),
        count: Some(SHELF),
        content: Some(Wanted::Products),
        ..Ask::of(Who::Known(subject))
    };
    recommend(app, &ask)
}

fn render(app: &Arc<App>, who: &SignedIn, change: Option<&Change>) -> Result<Response, Problem> {
    let state = app.store.read::<_, StoreError>(|tx| tx.ledger(&who.subject()))?;
    let state = state.unwrap_or_default();
    let content = html! {
        h1 { (say("nav_choices")) }
        p.lead.text { (say("choices_text")) }
        @if let Some(change) = change { (changed(app, change)) }
        (paused(&state))
        h2 { (say("asked")) }
        @for (id, declared) in &app.register().purposes {
            @if declared.basis == LegalBasis::Consent { (switch(app, &state, id, declared, change)) }
        }
        h2 { (say("unasked")) }
        p.text { (say("unasked_text")) }
        @for (id, declared) in &app.register().purposes {
            @if declared.basis != LegalBasis::Consent { (without_asking(app, &state, id, declared)) }
        }
    };
    Ok(inside(app, say("nav_choices"), HERE, &content))
}

fn paused(state: &LedgerState) -> Markup {
    let since = state.restricted_since();
    let word = if since.is_some() { "go_on" } else { "pause" };
    html! {
        section.panel.choice #pause aria-labelledby="pause-title" {
            div {
                h2 #pause-title { (say("pause_title")) }
                @if let Some(since) = since {
                    p { strong { (fill("paused_since", &[("day", &since.strftime("%-d %B %Y").to_string())])) } }
                    p { (say("go_on_text")) }
                } @else { p { (say("pause_text")) } }
            }
            form method="post" action="/privacy/pause" {
                input type="hidden" name="word" value=(word);
                button.button.quiet type="submit" { (if since.is_some() { say("go_on") } else { say("pause") }) }
            }
        }
    }
}

fn permitted(app: &App, state: &LedgerState, id: &PurposeId) -> bool {
    let law = app.store.law();
    state.permit(id, &law.register, &law.notices, app.now()).is_ok()
}

fn switch(
    app: &App,
    state: &LedgerState,
    id: &PurposeId,
    declared: &Declaration,
    change: Option<&Change>,
) -> Markup {
    let on = state.consent(id.as_str()).is_some_and(|record| record.status == Status::Given);
    let (checked, word, now) =
        if on { ("true", "withdrawn", say("on")) } else { ("false", "given", say("off")) };
    let words = app.texts.purpose("en", id, declared);
    let objected = state.objections().any(|(known, _)| known == id);
    html! {
        section.panel.choice.changed[change.is_some_and(|change| change.purpose == *id)] id=(id) {
            div {
                h3 id=(format!("name-{id}")) { (words.name) }
                p { (words.reason) }
                p.small id=(format!("what-{id}")) {
                    @if on { (fill("if_off", &[("gives", &words.gives)])) }
                    @else { (fill("if_on", &[("gives", &words.gives)])) }
                }
                @if on && !permitted(app, state, id) { p.small { strong { (say("on_but_unused")) } } }
            }
            div {
                form method="post" action=(HERE) {
                    input type="hidden" name="purpose" value=(id);
                    input type="hidden" name="word" value=(word);
                    button.switch type="submit" role="switch" aria-checked=(checked)
                        aria-labelledby=(format!("name-{id}")) aria-describedby=(format!("what-{id}")) { (now) }
                }
                @if objected { (objection(id, "unobject", say("take_back"), &words.name)) }
            }
        }
    }
}

fn objection(id: &PurposeId, word: &str, label: &str, name: &str) -> Markup {
    html! {
        form method="post" action=(HERE) {
            input type="hidden" name="purpose" value=(id);
            input type="hidden" name="word" value=(word);
            button.button.quiet type="submit" aria-label=(format!("{label}: {name}")) { (label) }
        }
    }
}

fn without_asking(app: &App, state: &LedgerState, id: &PurposeId, declared: &Declaration) -> Markup {
    let words = app.texts.purpose("en", id, declared);
    let objected = state.objections().any(|(known, _)| known == id);
    let may_object = match declared.basis {
        LegalBasis::LegitimateInterests | LegalBasis::PublicTask => true,
        LegalBasis::Contract | LegalBasis::LegalObligation | LegalBasis::VitalInterests => {
            declared.opt_out_signal == OptOutSignal::Refuses
        }
        LegalBasis::Consent => false,
    };
    html! {
        section.panel.choice id=(id) {
            div {
                h3 { (words.name) }
                p { (words.reason) }
                @if objected { p { strong { (say("objected")) } } }
                @else if !may_object { p.small.soft { (say("no_objection")) } }
            }
            @if objected { (objection(id, "unobject", say("take_back"), &words.name)) }
            @else if may_object { (objection(id, "object", say("object"), &words.name)) }
        }
    }
}

fn changed(app: &App, change: &Change) -> Markup {
    let Change { purpose, before, after } = change;
    let name = app.register().purposes.get_key_value(purpose.as_str());
    let name = name.map(|(id, declared)| app.texts.purpose("en", id, declared).name).unwrap_or_default();
    html! {
        section #changed aria-labelledby="changed-title" {
            h2 #changed-title { (fill("changed", &[("purpose", &name)])) }
            p role="status" { (say("changed_text")) }
            div.sides {
                (side(say("before"), "before", before))
                (side(say("after"), "after", after))
            }
        }
    }
}

fn side(title: &str, id: &str, answer: &Answer) -> Markup {
    html! {
        div.panel id=(id) {
            h3 { (title) }
            p.small.soft { (if answer.used.is_empty() { say("used_nothing") } else { say("used_you") }) }
            ol {
                @for one in &answer.items {
                    li { (one.item.name) @if let Some(reason) = one.why.first() { small { (reason.text) } } }
                }
            }
        }
    }
}
