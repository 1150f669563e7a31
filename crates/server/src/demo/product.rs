//! A product: what it is, guides that help with it, and only then what goes with it.

use axum::extract::Path;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::html;

use super::events::{Event, send};
use super::shelf::{Question, ask, shelf};
use super::visit::{Visit, serve};
use super::{browse, layout, picture, words};
use crate::recommend::Wanted;
use crate::simulate::{Handedness, Product};
use crate::web::{Problem, State};

/// `GET /product/{sku}`.
pub(super) async fn show(
    axum::extract::State(app): State,
    headers: HeaderMap,
    uri: Uri,
    Path(sku): Path<String>,
) -> Result<Response, Problem> {
    serve(app, headers, uri, move |visit| match visit.catalogue.product(&sku.to_uppercase()) {
        Some(product) => render(visit, product),
        None => Ok(layout::not_found(visit, "product")),
    })
    .await
}

fn render(visit: &Visit, product: &Product) -> Result<Response, Problem> {
    let item = Some(product.sku.as_str());
    let guides =
        ask(visit, &Question { placement: "product-guides", item, wanted: Wanted::Articles, count: 3 })?;
    let others = ask(visit, &Question { placement: "product", item, wanted: Wanted::Products, count: 4 })?;
    send(visit, &Event::Viewed(product))?;
    let [part, _] = &product.category;
    let path = product.category_path();
    let shelf_title = visit.catalogue.category(&path).map_or("Shelf", |category| category.title.as_str());
    let mut trail = browse::trail(part, &path);
    trail.push((format!("/shop/{path}"), shelf_title.to_owned()));
    let content = html! {
        (layout::crumbs(&trail))
        div.product {
            div.picture { img src=(picture::href(&product.sku)) alt="" width="800" height="600"; }
            div {
                h1 { (product.name) }
                p.soft { (product.brand) }
                p.price { (words::price(i64::from(product.price_cents))) span.small.soft { " with GST" } }
                p { (product.description) }
                dl.facts {
                    @if let Some(sizes) = &product.sizes { dt { "Sizes" } dd { (sizes) } }
                    @if let Some(hand) = product.handedness {
                        dt { "Made for" }
                        dd { @match hand { Handedness::Left => "left-handed golfers", Handedness::Right => "right-handed golfers" } }
                    }
                    dt { "Colour" } dd { (product.colour) }
                    dt { "In the shop" } dd { @if product.stock > 10 { "plenty" } @else { (product.stock) " left" } }
                }
                form method="post" action="/cart/add" data-add {
                    input type="hidden" name="sku" value=(product.sku);
                    label.field { "How many" input type="number" name="pieces" value="1" min="1" max="20" required; }
                    button.button type="submit" { "Add to cart" }
                }
            }
        }
        (shelf("guides", "Guides that help", "Before anything else to buy: how to get the best out of it.", &guides.items, &guides))
        (shelf("others", "Goes with this", "", &others.items, &others))
    };
    Ok(layout::page(visit, &product.name, part, content))
}
