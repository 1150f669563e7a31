//! In and out. Opening a link shows a button and uses nothing up, so that a mail program that looks at links first
//! locks nobody out. Whatever address is asked for, the answer and the work for it are the same.

use std::sync::Arc;

use axum::extract::Query;
use axum::http::{Extensions, HeaderMap, StatusCode, Uri};
use axum::response::Response;
use maud::{Markup, html};
use privacy::pseudonym::IdentityKind;
use privacy::subject::Subject;
use serde::Deserialize;

use super::doors::LinkError;
use super::layout::outside;
use super::words::{fill, say};
use crate::app::App;
use crate::web::{Problem, SignedIn, State, fields, from_our_own_page, go_to};

/// The longest address that is taken, in bytes (RFC 5321 section 4.5.3.1.3).
const LONGEST_ADDRESS: usize = 254;

#[derive(Deserialize)]
pub(super) struct Asked {
    email: String,
}

/// With what somebody comes: a link of ours, or a word of the shop's own login.
#[derive(Deserialize)]
pub(super) struct Key {
    link: Option<String>,
    token: Option<String>,
}

/// `GET /privacy`.
pub(super) async fn show(
    axum::extract::State(app): State,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    if app.sessions.find(&headers, &extensions, app.now()).is_some() {
        return go_to("/privacy/data");
    }
    let content = html! {
        h1 { (say("title")) }
        p.lead.text { (say("welcome")) }
        ul.text {
            li { (say("welcome_see")) }
            li { (say("welcome_change")) }
            li { (say("welcome_take")) }
            li { (say("welcome_erase")) }
        }
        section.panel aria-labelledby="in-title" {
            h2 #in-title { (say("in")) }
            @if app.demo.is_some() {
                p { (say("in_mail")) }
                form.line method="post" action="/privacy/link" {
                    label.field for="email" { (say("email"))
                        input #email type="email" name="email" required autocomplete="email" maxlength=(LONGEST_ADDRESS);
                    }
                    button.button type="submit" { (say("send")) }
                }
                p.small.soft { (say("demo_addresses")) }
            } @else {
                p { (say("in_login")) " " (app.register().shop.contact) }
            }
        }
    };
    outside(&app, StatusCode::OK, say("title"), &content)
}

/// `POST /privacy/link`. Looks nobody up: the address's keyed name goes with the link, and is looked up when its owner
/// has come by it.
pub(super) async fn ask(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
    body: String,
) -> Result<Response, Problem> {
    from_our_own_page(&headers, &uri)?;
    let Asked { email } = fields(&body)?;
    // Only the demo shop shows mail; other servers send none yet, and make no link that nobody could get.
    if app.demo.is_none() {
        return Ok(go_to("/privacy"));
    }
    let email = IdentityKind::Email.normalise(&email);
    if email.len() > LONGEST_ADDRESS || !email.contains('@') {
        return Err(Problem::malformed("this is no e-mail address", "write it as name@example.nz"));
    }
    let address = app.vault().index(IdentityKind::Email, &email);
    let (status, content) = match app.doors.make_link(address, app.now(), app.entropy.as_ref()) {
        Ok(token) => (StatusCode::OK, sent(&token)),
        Err(LinkError::TooMany) => (StatusCode::TOO_MANY_REQUESTS, too_many()),
        Err(error @ LinkError::Entropy(_)) => return Err(Problem::internal(&error)),
    };
    Ok(outside(&app, status, say("sent"), &content))
}

fn sent(token: &str) -> Markup {
    html! {
        h1 { (say("sent")) }
        p.lead.text { (say("sent_text")) }
        section.panel aria-labelledby="mail-title" {
            h2 #mail-title { (say("demo_mail")) }
            p { (say("mail_text")) }
            p { a.button href=(format!("/privacy/enter?link={token}")) { (say("mail_open")) } }
            p.small.soft { (say("mail_ignore")) }
        }
    }
}

fn too_many() -> Markup {
    html! {
        h1 { (say("too_many")) }
        p.lead.text { (say("too_many_text")) }
        p { a.button.quiet href="/privacy" { (say("back")) } }
    }
}

/// `GET /privacy/enter`: a button, and nothing used up.
pub(super) async fn arrive(axum::extract::State(app): State, Query(key): Query<Key>) -> Response {
    let (name, value) = match &key {
        Key { link: Some(link), token: None } => ("link", link),
        Key { link: None, token: Some(token) } => ("token", token),
        Key { link: _, token: _ } => return stale(&app),
    };
    let content = html! {
        h1 { (say("arrive")) }
        p.lead.text { (fill("arrive_text", &[("shop", &app.register().shop.name)])) }
        form method="post" action="/privacy/enter" {
            input type="hidden" name=(name) value=(value);
            button.button type="submit" { (say("arrive_open")) }
        }
    };
    outside(&app, StatusCode::OK, say("arrive"), &content)
}

/// `POST /privacy/enter`: uses the link or token up and begins a session.
pub(super) async fn enter(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
    extensions: Extensions,
    body: String,
) -> Result<Response, Problem> {
    from_our_own_page(&headers, &uri)?;
    let key: Key = fields(&body)?;
    let shared = Arc::clone(&app);
    let found = tokio::task::spawn_blocking(move || whom(&shared, &key)).await;
    let subject = match found.unwrap_or_else(|error| Err(Problem::internal(&error)))? {
        Found::Somebody(subject) => subject,
        Found::Nobody => {
            let content = html! {
                h1 { (say("nobody")) }
                p.lead.text { (say("nobody_text")) }
                p.text { (say("questions")) " " (app.register().shop.contact) }
            };
            return Ok(outside(&app, StatusCode::NOT_FOUND, say("nobody"), &content));
        }
        Found::Stale => return Ok(stale(&app)),
    };
    let mut response = go_to("/privacy/data");
    app.sessions
        .begin(subject, app.now(), app.entropy.as_ref(), (&headers, &extensions), &mut response)
        .map_err(|error| Problem::internal(&error))?;
    Ok(response)
}

enum Found {
    Somebody(Subject),
    /// The link is good, and nothing is held.
    Nobody,
    /// The link or token isn't good, or no more.
    Stale,
}

fn whom(app: &App, key: &Key) -> Result<Found, Problem> {
    let now = app.now();
    let subject = match key {
        Key { link: Some(link), token: None } => {
            let Some(address) = app.doors.use_link(link, now) else { return Ok(Found::Stale) };
            app.store.read(|tx| tx.find_index(IdentityKind::Email, &address))?
        }
        Key { link: None, token: Some(token) } => match app.doors.use_login(token, now) {
            Ok(user_id) => app.store.read(|tx| tx.find(IdentityKind::UserId, &user_id))?,
            Err(error) => {
                tracing::info!(login.refused = %error, "a token of the shop's login was refused");
                return Ok(Found::Stale);
            }
        },
        Key { link: _, token: _ } => return Ok(Found::Stale),
    };
    Ok(subject.map_or(Found::Nobody, Found::Somebody))
}

fn stale(app: &App) -> Response {
    let content = html! {
        h1 { (say("stale")) }
        p.lead.text { (say("stale_text")) }
        p { a.button href="/privacy" { (say("back")) } }
    };
    outside(app, StatusCode::GONE, say("stale"), &content)
}

/// `POST /privacy/leave`.
pub(super) async fn leave(
    axum::extract::State(app): State,
    who: SignedIn,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    let mut response = go_to("/privacy");
    app.sessions.end(&who, (&headers, &extensions), &mut response);
    response
}
