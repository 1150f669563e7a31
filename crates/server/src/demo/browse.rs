//! Looking along shelves, through the guides, and searching: the same for everybody, with nothing recommended.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::events::{Event, send};
use super::visit::{Visit, serve};
use super::{card, layout, words};
use crate::simulate::{Article, Category, Product};
use crate::web::{Problem, State};

#[derive(Deserialize)]
pub(super) struct Words {
    #[serde(default)]
    q: String,
}

/// `GET /shop/{path}`: a part of the shop, or one of its shelves.
pub(super) async fn show_shelf(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    serve(app, headers, uri, move |visit| render_shelf(visit, path.trim_end_matches('/'))).await
}

fn render_shelf(visit: &Visit, path: &str) -> Result<Response, Problem> {
    let part = path.split('/').next().unwrap_or(path);
    let within = |one: &str| {
        one == path || (part == path && one.strip_prefix(part).is_some_and(|rest| rest.starts_with('/')))
    };
    let catalogue = visit.catalogue;
    let products: Vec<&Product> =
        catalogue.products.iter().filter(|one| within(&one.category_path())).collect();
    if products.is_empty() {
        return Ok(layout::not_found(visit, "shelf"));
    }
    let guides: Vec<&Article> = catalogue
        .articles
        .iter()
        .filter(|one| one.categories.iter().any(|path| within(path)))
        .take(4)
        .collect();
    send(visit, &Event::Listed(path))?;
    let shelves = catalogue.categories.iter().filter(|one| one.path.split('/').next() == Some(part));
    let title =
        catalogue.category(path).map_or_else(|| words::sport(part), |category| category.title.as_str());
    let content = html! {
        (layout::crumbs(&trail(part, path)))
        header {
            h1 { (title) }
            ul.chips {
                li { a href=(format!("/shop/{part}")) aria-current=[(part == path).then_some("page")] { "All" } }
                @for Category { path: one, title, .. } in shelves {
                    li { a href=(format!("/shop/{one}")) aria-current=[(one == path).then_some("page")] { (title) } }
                }
            }
        }
        (grid(&products))
        @if !guides.is_empty() {
            section.shelf aria-labelledby="guides-title" {
                header { h2 #guides-title { "Good to know" } }
                ul.grid.guides { @for guide in guides { li { (card::guide(guide)) } } }
            }
        }
    };
    Ok(layout::page(visit, title, part, content))
}

fn grid(products: &[&Product]) -> Markup {
    html! {
        section.shelf aria-label="Products" {
            h2.hidden { "Products" }
            ul.grid { @for product in products { li { (card::product(product)) } } }
        }
    }
}

/// The way from the shop's door to a shelf.
pub(super) fn trail(part: &str, path: &str) -> Vec<(String, String)> {
    let mut trail = vec![("/".to_owned(), "Tūī Outdoors".to_owned())];
    if part != path {
        trail.push((format!("/shop/{part}"), words::sport(part).to_owned()));
    }
    trail
}

/// `GET /guides`.
pub(super) async fn show_guides(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    serve(app, headers, uri, |visit| {
        send(visit, &Event::Opened("Guides"))?;
        let content = html! {
            header {
                h1 { "Guides" }
                p.lead { "Local tracks, and how to look after what you have." }
            }
            section.shelf aria-label="Guides" {
                h2.hidden { "All guides" }
                ul.grid.guides { @for guide in &visit.catalogue.articles { li { (card::guide(guide)) } } }
            }
        };
        Ok(layout::page(visit, "Guides", "guides", content))
    })
    .await
}

/// `GET /search?q=…`.
pub(super) async fn search(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
    asked: Result<Query<Words>, QueryRejection>,
) -> Result<Response, Problem> {
    let asked: String =
        asked.map_or_else(|_| String::new(), |Query(Words { q })| q.trim().chars().take(80).collect());
    serve(app, headers, uri, move |visit| {
        let words: Vec<String> = asked.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let products = found(visit, &words);
        let guides: Vec<&Article> = if words.is_empty() {
            Vec::new()
        } else {
            let fits = |one: &&Article| {
                let text = format!("{} {} {}", one.title, one.summary, one.tags.join(" ")).to_lowercase();
                words.iter().all(|word| text.contains(word.as_str()))
            };
            visit.catalogue.articles.iter().filter(fits).take(8).collect()
        };
        if !words.is_empty() {
            send(visit, &Event::Searched(&asked))?;
        }
        let content = html! {
            header {
                h1 { @if asked.is_empty() { "Search" } @else { "“" (asked) "”" } }
                p.lead role="status" {
                    @match (words.is_empty(), products.len() + guides.len()) {
                        (true, _) => "What are you looking for?",
                        (false, 0) => "Nothing by these words. Try a shorter one, or look along the shelves above.",
                        (false, 1) => "One thing",
                        (false, n) => { (n) " things" },
                    }
                }
            }
            @if !products.is_empty() { (grid(&products)) }
            @if !guides.is_empty() {
                section.shelf aria-labelledby="guides-title" {
                    header { h2 #guides-title { "Guides" } }
                    ul.grid.guides { @for guide in guides { li { (card::guide(guide)) } } }
                }
            }
        };
        Ok(layout::page(visit, "Search", "", content))
    })
    .await
}

/// The products in which all words stand, those with the words in their names first.
fn found<'a>(visit: &'a Visit, words: &[String]) -> Vec<&'a Product> {
    if words.is_empty() {
        return Vec::new();
    }
    let mut hits: Vec<(usize, &Product)> = visit
        .catalogue
        .products
        .iter()
        .filter_map(|product| {
            let name = product.name.to_lowercase();
            let shelf =
                visit.catalogue.category(&product.category_path()).map_or("", |category| &category.title);
            let more =
                format!("{} {} {shelf} {}", product.brand, product.description, product.tags.join(" "));
            let more = more.to_lowercase();
            let in_name = words.iter().filter(|word| name.contains(word.as_str())).count();
            let all = words.iter().all(|word| name.contains(word.as_str()) || more.contains(word.as_str()));
            all.then_some((words.len() - in_name, product))
        })
        .collect();
    hits.sort_by_key(|(missing, _)| *missing);
    hits.into_iter().map(|(_, product)| product).take(48).collect()
}
