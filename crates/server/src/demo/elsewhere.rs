//! `/elsewhere`: a page as any other shop may have it, with one line of Equipoise's in it. It shows the question, the
//! small link and two shelves, and knows nothing of who looks: all of that is the script's.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, PreEscaped, html};

use crate::question::snippet;
use crate::web::{State, assets, page};

pub(super) async fn show(axum::extract::State(app): State) -> Response {
    let key = app.register().write_keys.iter().next().map(String::as_str).unwrap_or_default();
    // The line as `equipoise snippet` prints it, by an address that goes with the page's own.
    let line = snippet("", key);
    let document = html! {
        (DOCTYPE)
        html lang="en-NZ" {
            head {
                meta charset="utf-8";
                title { "A page of any shop" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" type="image/svg+xml" href=(assets::href(assets::TUI_SVG));
                link rel="stylesheet" href=(assets::href(assets::BASE_CSS));
                link rel="stylesheet" href=(assets::href(assets::SHOP_CSS));
                (PreEscaped(line.clone()))
            }
            body {
                main.wide.elsewhere {
                    h1 { "A page of any shop" }
                    p.lead { "This page isn't made by Equipoise. It has one line of it in its head, and two empty shelves." }
                    pre tabindex="0" role="region" aria-label="The line" { code { (line) } }
                    h2 { "For you" }
                    equipoise-slot placement="home" count="4" { p.soft { "Our favourites stand here until you choose, and for good if you say no to all." } }
                    h2 { "Worth reading" }
                    equipoise-slot placement="guides" content="articles" count="4" { p.soft { "Our guides." } }
                    p { a href="/" { "Back to Tūī Outdoors" } }
                }
            }
        }
    };
    (StatusCode::OK, page::respond(StatusCode::OK, document)).into_response()
}
