//! `/you`: what this person has chosen, what each choice changes, and what the shop holds. Only what the demo needs; it
//! must go through the ledger and the rights like everybody else.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::{Markup, html};
use privacy::audit::Author;
use privacy::consent::{Source, Status};
use privacy::data::Kind;
use privacy::pseudonym::IdentityKind;
use privacy::purpose::{LegalBasis, PurposeId};
use privacy::register::Declaration;
use serde::Deserialize;
use serde_json::Value;

use super::shelf::{Question, ask};
use super::visit::{self, Customer, Visit, serve};
use super::{layout, picture, words};
use crate::consent::{Choice, Stored, consent_of, take_choice};
use crate::recommend::{Answer, Wanted};
use crate::rights::{Person, access};
use crate::web::{Problem, State};

#[derive(Deserialize)]
struct Changed {
    purpose: String,
    word: String,
}

/// What stood on the shelf before a choice and after it.
struct Change {
    purpose: PurposeId,
    status: Status,
    before: Answer,
    after: Answer,
}

/// `GET /you`.
pub(super) async fn show(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    serve(app, headers, uri, |visit| match &visit.customer {
        Some(customer) => render(visit, customer, None),
        None => Ok(nobody(visit)),
    })
    .await
}

/// `POST /you/choice`.
pub(super) async fn change(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
    body: String,
) -> Result<Response, Problem> {
    visit::from_our_own_page(&headers, &uri)?;
    let Changed { purpose, word } = visit::fields(&body)?;
    let wrong = || Problem::malformed("the form names no choice", "open /you and use its switches");
    let purpose: PurposeId = purpose.parse().map_err(|_| wrong())?;
    let status = match word.as_str() {
        "given" => Status::Given,
        "withdrawn" => Status::Withdrawn,
        _ => return Err(wrong()),
    };
    serve(app, headers, uri, move |visit| {
        let Some(customer) = &visit.customer else { return Ok(visit::go_to("/you")) };
        let basis = visit.app.register().purpose(purpose.as_str()).map(|declaration| declaration.basis);
        if basis != Some(LegalBasis::Consent) {
            return Err(wrong());
        }
        let question = |placement| Question { placement, item: None, wanted: Wanted::Products, count: 5 };
        let before = ask(visit, &question("you-before"))?;
        let choice = Choice {
            who: (IdentityKind::UserId, customer.sample.user_id.to_owned()),
            words: BTreeMap::from([(purpose.clone(), status)]),
            language: "en-NZ".to_owned(),
            notice: None,
            stored: Stored::OnYesAlone,
            signal: visit.opt_out,
            source: Source::Person,
        };
        take_choice(&visit.app, choice)?;
        let after = ask(visit, &question("you-after"))?;
        render(visit, customer, Some(&Change { purpose, status, before, after }))
    })
    .await
}

fn nobody(visit: &Visit) -> Response {
    let content = html! {
        h1 { "You" }
        p.lead.text { "You are somebody new here. The shop keeps nothing about you: no number, no visit, no guess. A cart, if you fill one, stays in your own browser." }
        p.text { "Choose one of the made-up customers at the top of the page to see their choices, what the shop holds about them, and what each choice changes." }
    };
    layout::page(visit, "You", "you", content)
}

fn render(visit: &Visit, customer: &Customer, change: Option<&Change>) -> Result<Response, Problem> {
    let app = &visit.app;
    let who = (IdentityKind::UserId, customer.sample.user_id.to_owned());
    let standing = consent_of(app, &who)?;
    let held = access(app, &Person::new(IdentityKind::UserId, customer.sample.user_id), Author::Subject)?;
    let purposes: Vec<_> = app.register().purposes.iter().collect();
    let (asked, others): (Vec<_>, Vec<_>) =
        purposes.into_iter().partition(|(_, declaration)| declaration.basis == LegalBasis::Consent);
    let content = html! {
        header {
            h1 { "Your choices, " (customer.sample.display_name) }
            p.lead.text { "Everything here works at once. A no costs you nothing but what stands beside it." }
        }
        @if let Some(change) = change { (what_changed(change)) }
        section.shelf aria-labelledby="choices-title" {
            header { h2 #choices-title { "What we may do" } }
            ul.choices {
                @for (purpose, declaration) in asked {
                    (choice(purpose, declaration, &standing, change))
                }
            }
        }
        section.shelf aria-labelledby="always-title" {
            header {
                h2 #always-title { "What we do without asking" }
                p { "Because you ordered something, or to keep the shop safe and fair. You can object to the last two." }
            }
            ul.choices {
                @for (purpose, declaration) in others {
                    li.choice { div { h3 { (words::purpose(purpose.as_str())) } p.small { (declaration.reason) } } }
                }
            }
        }
        (holdings(&held))
        section.shelf aria-labelledby="erase-title" {
            header { h2 #erase-title { "Erase me" } }
            div.grave-box {
                p.text { "Takes you out of the shop's files, indexes and every model, and gives you a certificate that proves it." }
                div.actions { a.button.grave href="/you/erase" { "Erase me …" } }
            }
        }
    };
    Ok(layout::page(visit, "Your choices", "you", content))
}

fn choice(
    purpose: &PurposeId,
    declaration: &Declaration,
    standing: &Value,
    change: Option<&Change>,
) -> Markup {
    let id = purpose.as_str();
    let permitted =
        standing.pointer(&format!("/purposes/{id}/permitted")).and_then(Value::as_bool) == Some(true);
    let (with, without) = words::consequences(id);
    let changed = change.is_some_and(|change| change.purpose == *purpose);
    let (checked, next, now) =
        if permitted { ("true", "withdrawn", "On") } else { ("false", "given", "Off") };
    html! {
        li.choice.changed[changed] id=(format!("choice-{id}")) {
            div {
                h3 #(format!("name-{id}")) { (words::purpose(id)) }
                p { (declaration.reason) }
                p.small.soft #(format!("what-{id}")) {
                    @if permitted { strong { "If you switch it off: " } (without) "." }
                    @else { strong { "If you switch it on: " } (with) "." }
                }
            }
            form method="post" action="/you/choice" {
                input type="hidden" name="purpose" value=(id);
                input type="hidden" name="word" value=(next);
                button.switch type="submit" role="switch" aria-checked=(checked)
                    aria-labelledby=(format!("name-{id}")) aria-describedby=(format!("what-{id}")) { (now) }
            }
        }
    }
}

fn what_changed(change: &Change) -> Markup {
    let Change { purpose, status, before, after } = change;
    let on = *status == Status::Given;
    let (with, without) = words::consequences(purpose.as_str());
    html! {
        section.shelf #changed aria-labelledby="changed-title" {
            header {
                h2 #changed-title { "“" (words::purpose(purpose.as_str())) "” is now " (if on { "on" } else { "off" }) }
                p role="status" { "From this moment " (if on { with } else { without }) "." }
            }
            div.sides {
                (side("Your shelf before", "before", before))
                (side("Your shelf now", "after", after))
            }
        }
    }
}

fn side(title: &str, class: &str, answer: &Answer) -> Markup {
    html! {
        div class=(format!("side {class}")) {
            h3 { (title) }
            @if answer.used.is_empty() {
                p.small.soft { "Nothing about you was used." }
            } @else {
                p.small.soft { "Used what you looked at and bought." }
            }
            ol {
                @for one in &answer.items {
                    li {
                        div.picture { img src=(picture::href(&one.item.id)) alt="" width="400" height="300"; }
                        span { (one.item.name) @if let Some(reason) = one.why.first() { small { (reason.text) } } }
                    }
                }
            }
        }
    }
}

fn holdings(held: &Value) -> Markup {
    let count = |kind: Kind| {
        held.pointer(&format!("/data/{kind}/rows")).and_then(Value::as_array).map_or(0, Vec::len)
    };
    let list = |name: &str| held.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let accesses = list("accesses");
    html! {
        section.shelf aria-labelledby="held-title" {
            header {
                h2 #held-title { "What the shop holds about you" }
                p { "Sealed under a key of your own. Looking at it here stands in the shop's log, like every look." }
            }
            div.scroll role="group" aria-label="Table of what the shop holds" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "What" } th scope="col" { "From" } th scope="col" { "Serves" } th.number scope="col" { "Entries" } } }
                    tbody {
                        @for kind in Kind::ALL {
                            @let base = format!("/data/{kind}");
                            @let serves = held.pointer(&format!("{base}/purposes")).and_then(Value::as_array).cloned().unwrap_or_default();
                            tr data-kind=(kind.as_str()) {
                                th scope="row" { (kind.label()) }
                                td { (held.pointer(&base).map(|entry| text(entry, "source")).unwrap_or_default()) }
                                td {
                                    @if serves.is_empty() { "nothing" }
                                    (serves.iter().filter_map(Value::as_str).map(words::purpose).collect::<Vec<_>>().join(", "))
                                }
                                td.number { (count(*kind)) }
                            }
                        }
                        tr { th scope="row" { "Your decisions" } td { "your answers to our questions" } td { "Doing what you said" } td.number { (list("decisions").len()) } }
                    }
                }
            }
            p.small.soft { "Your data was opened or written " (accesses.len()) " times so far. See, change and take along all of it in your " a href="/privacy" { "privacy centre" } "." }
        }
    }
}
