//! A guide, and what is good to have for it.

use axum::extract::Path;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::html;

use super::events::{Event, send};
use super::shelf::{Question, ask, shelf};
use super::visit::{Visit, serve};
use super::{layout, picture};
use crate::recommend::Wanted;
use crate::simulate::Article;
use crate::web::{Problem, State};

/// `GET /article/{slug}`.
pub(super) async fn show(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    serve(app, headers, uri, move |visit| match visit.catalogue.article(&slug) {
        Some(article) => render(visit, article),
        None => Ok(layout::not_found(visit, "guide")),
    })
    .await
}

fn render(visit: &Visit, article: &Article) -> Result<Response, Problem> {
    let item = Some(article.slug.as_str());
    let guides =
        ask(visit, &Question { placement: "article-guides", item, wanted: Wanted::Articles, count: 4 })?;
    let products = ask(visit, &Question { placement: "article", item, wanted: Wanted::Products, count: 4 })?;
    send(visit, &Event::Read(article))?;
    let trail = [("/".to_owned(), "Tūī Outdoors".to_owned()), ("/guides".to_owned(), "Guides".to_owned())];
    let content = html! {
        (layout::crumbs(&trail))
        article.article.text {
            h1 { (article.title) }
            p.lead { (article.summary) }
            div.picture { img src=(picture::href(&article.slug)) alt="" width="800" height="400"; }
            div.body { @for paragraph in &article.body { p { (paragraph) } } }
        }
        (shelf("guides", "Read on", "", &guides.items, &guides))
        (shelf("others", "Good to have along", "", &products.items, &products))
    };
    Ok(layout::page(visit, &article.title, "guides", content))
}
