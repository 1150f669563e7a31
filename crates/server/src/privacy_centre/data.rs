//! What we know: every kind of data with its source, its purposes and how long it stays; what was concluded; who
//! looked. And setting it right: a contact field, or a row that should not be there.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::Response;
use jiff::civil::Date;
use maud::{Markup, html};
use privacy::audit::Author;
use privacy::data::Kind;
use privacy::pseudonym::IdentityKind;
use serde::Deserialize;
use serde_json::Value;

use super::layout::{failed, inside};
use super::rows::row;
use super::words::{field, fill, say};
use crate::app::App;
use crate::rights::{Correction, Person, access, rectify};
use crate::web::{Problem, SignedIn, State, fields, go_to};

/// How many rows of a kind stand on the page of all kinds, and how many looks at the data.
const SHOWN: usize = 10;
const LOOKS: usize = 50;

const HERE: &str = "/privacy/data";

#[derive(Deserialize)]
struct Row {
    kind: String,
    id: String,
}

#[derive(Deserialize)]
struct Field {
    field: String,
    value: String,
}

/// Runs what may block, and shows a page where it fails.
pub(super) async fn page(
    app: &Arc<App>,
    work: impl FnOnce(&Arc<App>) -> Result<Response, Problem> + Send + 'static,
) -> Response {
    let shared = Arc::clone(app);
    let done = tokio::task::spawn_blocking(move || work(&shared)).await;
    done.unwrap_or_else(|error| Err(Problem::internal(&error))).unwrap_or_else(|problem| failed(app, problem))
}

/// `GET /privacy/data`.
pub(super) async fn show(axum::extract::State(app): State, who: SignedIn) -> Response {
    page(&app, move |app| {
        let held = access(app, &Person::signed_in(&who), Author::Subject)?;
        let content = html! {
            h1 { (say("nav_data")) }
            p.lead.text { (say("data_text")) }
            (identities(&held))
            @for kind in Kind::ALL { (group(app, &held, *kind, SHOWN)) }
            (concluded(&held))
            (looks(&held))
        };
        Ok(inside(app, say("nav_data"), HERE, &content))
    })
    .await
}

/// `GET /privacy/data/{kind}`: all rows of a kind.
pub(super) async fn show_kind(
    axum::extract::State(app): State,
    who: SignedIn,
    Path(kind): Path<String>,
) -> Response {
    page(&app, move |app| {
        let kind: Kind = kind
            .parse()
            .map_err(|error: privacy::data::UnknownKind| Problem::malformed(error.to_string(), HERE))?;
        let held = access(app, &Person::signed_in(&who), Author::Subject)?;
        let content = html! {
            h1 { (kind.label()) }
            p { a href=(HERE) { (say("all_kinds")) } }
            (group(app, &held, kind, usize::MAX))
        };
        Ok(inside(app, kind.label(), HERE, &content))
    })
    .await
}

/// `POST /privacy/data/delete`. The row is looked for among the person's own alone.
pub(super) async fn delete(axum::extract::State(app): State, who: SignedIn, body: String) -> Response {
    page(&app, move |app| {
        let Row { kind, id } = fields(&body)?;
        let unreadable = || Problem::malformed("the form names no entry", "use the buttons of the page");
        let kind: Kind = kind.parse().map_err(|_| unreadable())?;
        let id = u128::from_str_radix(&id, 16).map_err(|_| unreadable())?.to_be_bytes();
        rectify(app, &Person::signed_in(&who), vec![Correction::Delete { kind, id }], Author::Subject)?;
        Ok(go_to(&format!("{HERE}#{kind}")))
    })
    .await
}

/// `POST /privacy/data/correct`.
pub(super) async fn correct(axum::extract::State(app): State, who: SignedIn, body: String) -> Response {
    page(&app, move |app| {
        let Field { field, value } = fields(&body)?;
        let value = value.trim().to_owned();
        // An address by which somebody signs in is proven by a mail to it, which this form sends none of.
        if IdentityKind::ALL.iter().any(|kind| kind.as_str() == field) {
            return Err(Problem::malformed(
                "an address by which we know you can't be changed here; write to us",
                "ask the shop",
            ));
        }
        if value.is_empty() {
            return Err(Problem::malformed(
                "there is nothing in the field; to have it gone, delete it",
                HERE,
            ));
        }
        rectify(app, &Person::signed_in(&who), vec![Correction::Contact { field, value }], Author::Subject)?;
        Ok(go_to(&format!("{HERE}#contact")))
    })
    .await
}

fn list<'v>(value: &'v Value, path: &str) -> &'v [Value] {
    value.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn identities(held: &Value) -> Markup {
    html! {
        h2 { (say("names")) }
        p.text { (say("names_text")) }
        ul { @for one in list(held, "/identities") { li { (field(text(one, "kind"))) ": " (text(one, "value")) } } }
    }
}

fn group(app: &App, held: &Value, kind: Kind, most: usize) -> Markup {
    let rows = list(held, &format!("/data/{kind}/rows"));
    let source = held.pointer(&format!("/data/{kind}")).map(|kind| text(kind, "source")).unwrap_or_default();
    let purposes: Vec<String> = list(held, &format!("/data/{kind}/purposes"))
        .iter()
        .filter_map(Value::as_str)
        .filter_map(|id| app.register().purposes.get_key_value(id))
        .map(|(id, declared)| app.texts.purpose("en", id, declared).name)
        .collect();
    html! {
        section.panel id=(kind) aria-labelledby=(format!("{kind}-title")) {
            h2 id=(format!("{kind}-title")) { (kind.label()) }
            @if rows.is_empty() {
                p.soft { (say("nothing")) }
            } @else {
                p {
                    (fill("source", &[("source", source)])) ". "
                    @if purposes.is_empty() { (say("serves_nothing")) }
                    @else { (fill("serves", &[("purposes", &purposes.join(", "))])) "." }
                }
                p.small.soft { (fill("entries", &[("count", &rows.len().to_string())])) }
                ol.rows {
                    @for one in rows.iter().rev().take(most) { li { (entry(kind, one)) } }
                }
                @if rows.len() > most {
                    p { a href=(format!("{HERE}/{kind}")) { (fill("show_all", &[("count", &rows.len().to_string()), ("kind", kind.label())])) } }
                }
            }
        }
    }
}

fn entry(kind: Kind, one: &Value) -> Markup {
    let (id, value) = (text(one, "id"), one.get("value").unwrap_or(&Value::Null));
    let until = one.get("kept_until").and_then(Value::as_object);
    let until = until.into_iter().flat_map(|clocks| clocks.values()).filter_map(Value::as_str);
    let until = until.filter_map(|day| day.parse::<Date>().ok()).max();
    let name = text(value, "field");
    let correctable = kind == Kind::Contact && IdentityKind::ALL.iter().all(|known| known.as_str() != name);
    html! {
        div {
            (row(value))
            @if let Some(until) = until { p.small.soft { (fill("until", &[("day", &until.strftime("%-d %B %Y").to_string())])) } }
            @if correctable {
                form.line method="post" action="/privacy/data/correct" {
                    input type="hidden" name="field" value=(name);
                    label.field for=(format!("right-{id}")) { (fill("right", &[("field", &field(name))]))
                        input id=(format!("right-{id}")) name="value" required value=(text(value, "value"));
                    }
                    button.button.quiet type="submit" { (say("correct")) }
                }
            }
        }
        form method="post" action="/privacy/data/delete" {
            input type="hidden" name="kind" value=(kind);
            input type="hidden" name="id" value=(id);
            button.button.quiet type="submit" aria-label=(fill("delete_of", &[("day", text(one, "day"))])) { (say("delete")) }
        }
    }
}

fn concluded(held: &Value) -> Markup {
    let made = list(held, "/inferences/made");
    html! {
        section.panel #concluded aria-labelledby="concluded-title" {
            h2 #concluded-title { (say("concluded")) }
            p { (held.pointer("/inferences").map(|one| text(one, "how")).unwrap_or_default()) }
            @if made.is_empty() { p.soft { (say("nothing")) } }
            @else {
                p.small.soft { (fill("entries", &[("count", &made.len().to_string())])) }
                ol.rows { @for one in made.iter().rev().take(SHOWN) { li { div { (row(one)) } } } }
            }
        }
    }
}

fn looks(held: &Value) -> Markup {
    let looks = list(held, "/accesses");
    let purpose = |look: &Value| text(look, "purpose").replace('_', " ");
    html! {
        section.panel #looks aria-labelledby="looks-title" {
            h2 #looks-title { (say("looks")) }
            p { (say("looks_text")) }
            p.small.soft { (fill("entries", &[("count", &looks.len().to_string())])) }
            div.scroll role="group" aria-label=(say("looks")) tabindex="0" {
                table {
                    thead { tr {
                        th scope="col" { (say("when")) } th scope="col" { (say("who")) }
                        th scope="col" { (say("what")) } th scope="col" { (say("why")) }
                    } }
                    tbody {
                        @for look in looks.iter().rev().take(LOOKS) {
                            tr {
                                td { (text(look, "at").get(..16).unwrap_or_default().replace('T', " ")) }
                                td { (text(look, "by")) @if !text(look, "who").is_empty() { " (" (text(look, "who")) ")" } }
                                td { (text(look, "what")) @if !text(look, "kind").is_empty() { ", " (text(look, "kind")) } }
                                td { (purpose(look)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
