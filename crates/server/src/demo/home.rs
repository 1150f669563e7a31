//! The first page: what the shop would show this person, or anybody.

use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::html;

use super::events::{Event, send};
use super::layout;
use super::shelf::{Question, again, ask, shelf};
use super::visit::{Visit, serve};
use crate::recommend::Wanted;
use crate::web::{Problem, State, assets};

/// `GET /`.
pub(super) async fn show(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    serve(app, headers, uri, render).await
}

fn render(visit: &Visit) -> Result<Response, Problem> {
    let products =
        ask(visit, &Question { placement: "home", item: None, wanted: Wanted::Products, count: 12 })?;
    let guides =
        ask(visit, &Question { placement: "home-guides", item: None, wanted: Wanted::Articles, count: 4 })?;
    send(visit, &Event::Opened("Tūī Outdoors"))?;
    let personal = !products.used.is_empty();
    let (due, fresh) = again(products.items.clone());
    let (title, words) = if personal {
        ("For you", "From what you looked at and bought here. Each thing says why.")
    } else {
        ("Popular at the moment", "What people here buy and look at these days: the same for everybody.")
    };
    let guides_title = if personal { "Guides for you" } else { "Guides that people like" };
    let content = html! {
        div.hero {
            img src=(assets::href(assets::HERO_SVG)) alt="" width="1200" height="520";
            div.words {
                h1 { "Out there, well looked after" }
                p { "Bikes, boots, boats and the local tracks to take them to. From Karangahape Road, for all of Aotearoa." }
            }
        }
        (shelf("for-you", title, words, &fresh, &products))
        (shelf("again", "Again?", "Things that get used up, and that yours may be close to.", &due, &products))
        (shelf("guides", guides_title, "", &guides.items, &guides))
    };
    Ok(layout::page(visit, "", "home", content))
}
