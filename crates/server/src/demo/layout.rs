//! What stands around every page of the demo shop: who looks, the shop's head, and at its foot that all is made up.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::switcher;
use super::visit::Visit;
use super::words::{SPORTS, sport};
use crate::web::{assets, page};

/// A page of the shop. `here` is the part of the shop that it belongs to, such as `bikes`.
pub(super) fn page(visit: &Visit, title: &str, here: &str, content: Markup) -> Response {
    page_with(visit, StatusCode::OK, title, here, content)
}

/// As [`page`], with another status.
pub(super) fn page_with(
    visit: &Visit,
    status: StatusCode,
    title: &str,
    here: &str,
    content: Markup,
) -> Response {
    let full = if title.is_empty() {
        "Tūī Outdoors, Auckland".to_owned()
    } else {
        format!("{title} · Tūī Outdoors")
    };
    let document = page::document(page::Document {
        title: &full,
        description: "A demo shop with made-up people, run by Equipoise: recommendations that obey consent.",
        styles: &[assets::SHOP_CSS],
        modules: &[assets::SHOP_JS],
        header: html! { (switcher::strip(visit)) (head(visit, here)) },
        main: html! { div.wide { (content) } p.toast role="status" data-toast {} },
        footer: foot(),
    });
    page::respond(status, document)
}

/// The page for what isn't there.
pub(super) fn not_found(visit: &Visit, what: &str) -> Response {
    let content = html! {
        h1 { "We couldn't find that" }
        p.lead { "There is no " (what) " at this address. " a href="/" { "Back to the shop" } }
    };
    page_with(visit, StatusCode::NOT_FOUND, "Not found", "", content)
}

fn head(visit: &Visit, here: &str) -> Markup {
    let current = |name: &str| (name == here).then_some("page");
    html! {
        header.head {
            div.wide {
                div.top {
                    a.brand href="/" {
                        img src=(assets::href(assets::TUI_SVG)) alt="" width="40" height="40";
                        span { "Tūī Outdoors" }
                    }
                    form.search role="search" action="/search" method="get" {
                        label.hidden for="q" { "Search the shop" }
                        input #q type="search" name="q" placeholder="Boots, tubes, kayaks …" autocomplete="off" maxlength="80";
                        button.button type="submit" { "Search" }
                    }
                    div.mine {
                        a href="/you" aria-current=[current("you")] { "You" }
                        a href="/cart" aria-current=[current("cart")] {
                            "Cart " span.count { span data-cart-count { (visit.cart.pieces()) } span.hidden { " things in it" } }
                        }
                    }
                }
                nav aria-label="The shop" {
                    ul.sports {
                        @for name in SPORTS {
                            li { a href=(format!("/shop/{name}")) aria-current=[current(name)] { (sport(name)) } }
                        }
                        li { a href="/guides" aria-current=[current("guides")] { "Guides" } }
                    }
                }
            }
        }
    }
}

fn foot() -> Markup {
    html! {
        footer.foot {
            div.wide {
                p { "This is a demo shop with made-up people and things. Nothing here can be bought, and nobody here is real." }
                p { "Run by Equipoise · " a href="/docs" { "its API" } " · " a href="/you" { "what the shop knows about you" }
                    " · " a href="/elsewhere" { "the same on any shop's page" } }
            }
        }
    }
}

/// The way back up.
pub(super) fn crumbs(steps: &[(String, String)]) -> Markup {
    html! {
        nav.crumbs aria-label="Where you are" {
            ol { @for (href, name) in steps { li { a href=(href) { (name) } } } }
        }
    }
}
