//! The demo shop's pictures, drawn on request from the catalogue alone.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::simulate::{article_picture, picture};
use crate::web::{Problem, ProblemKind, State, assets};

/// The address of an item's picture.
pub(super) fn href(id: &str) -> String {
    format!("/demo/picture/{id}.svg")
}

/// `GET /demo/picture/{id}.svg`.
pub(super) async fn show(
    axum::extract::State(app): State,
    headers: HeaderMap,
    Path(file): Path<String>,
) -> Result<Response, Problem> {
    let id = file.strip_suffix(".svg").unwrap_or(&file);
    let catalogue = app.demo.as_ref().map(|shop| shop.catalogue);
    let product = || catalogue.and_then(|catalogue| catalogue.product(id)).map(picture);
    let article = || catalogue.and_then(|catalogue| catalogue.article(id)).map(article_picture);
    let svg = product().or_else(article).ok_or_else(|| {
        Problem::new(ProblemKind::NotFound, "there is no such picture", "take the address from the catalogue")
    })?;
    // The catalogue is built in, so that its pictures change with the program's version only.
    let tag = env!("CARGO_PKG_VERSION");
    Ok(assets::cached(&headers, "image/svg+xml; charset=utf-8", tag, svg, "public, max-age=604800"))
}
