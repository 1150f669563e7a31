//! What stands around every page of the privacy centre, and what is shown when something can't be done.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use super::words::say;
use crate::app::App;
use crate::web::{Problem, assets, page};

const PAGES: [(&str, &str); 5] = [
    ("/privacy/data", "nav_data"),
    ("/privacy/choices", "nav_choices"),
    ("/privacy/receipts", "nav_receipts"),
    ("/privacy/take", "nav_take"),
    ("/privacy/erase", "nav_erase"),
];

/// A page for whoever is signed in; `here` is its address.
pub(super) fn inside(app: &App, title: &str, here: &str, content: &Markup) -> Response {
    let nav = html! {
        nav.tabs aria-label=(say("nav")) {
            ul {
                @for (href, name) in PAGES {
                    li { a href=(href) aria-current=[(href == here).then_some("page")] { (say(name)) } }
                }
            }
            form method="post" action="/privacy/leave" { button.button.quiet type="submit" { (say("leave")) } }
        }
    };
    framed(app, StatusCode::OK, title, &nav, content)
}

/// A page for anybody.
pub(super) fn outside(app: &App, status: StatusCode, title: &str, content: &Markup) -> Response {
    framed(app, status, title, &html! {}, content)
}

/// Says what stands in the way, as a page with the problem's status.
pub(super) fn failed(app: &App, problem: Problem) -> Response {
    let content = html! {
        h1 { (say("failed")) }
        p.lead.text { (say("failed_text")) }
        p.text { (problem.detail()) "." }
        p { a.button.quiet href="/privacy" { (say("back")) } }
    };
    let status = problem.into_response().status();
    framed(app, status, say("failed"), &html! {}, &content)
}

fn framed(app: &App, status: StatusCode, title: &str, nav: &Markup, content: &Markup) -> Response {
    let shop = &app.register().shop;
    let document = page::document(page::Document {
        title: &format!("{title} · {}", shop.name),
        description: say("title"),
        styles: &[assets::PRIVACY_CSS],
        modules: &[],
        header: html! {
            header.centre-head { div.wide {
                p.name { a href="/privacy" { (shop.name) " · " (say("title")) } }
                (nav)
            } }
        },
        main: html! { div.wide.centre { (content) } },
        footer: html! {
            footer.centre-foot { div.wide {
                p.small.soft {
                    a href="/notice" { (say("notice")) } " · " (say("questions")) " " (shop.contact)
                    @if app.demo.is_some() { " · " a href="/you" { (say("demo_shop")) } }
                }
            } }
        },
    });
    page::respond(status, document)
}
