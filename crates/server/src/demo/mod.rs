//! The demo shop *Tūī Outdoors*: pages of a shop that runs on Equipoise, with three made-up customers to look through
//! the eyes of. It shows a shop's developer what belongs where; it must never be part of a real shop's server, nor do
//! anything for its customers past intake, the ledger and the rights.
//!
//! Forms are posted by this shop's own pages alone: every handler of a `POST` calls `visit::from_our_own_page`.

mod article;
mod browse;
mod card;
mod cart;
mod choices;
mod elsewhere;
mod erasing;
mod events;
mod home;
mod layout;
mod picture;
mod prepare;
mod product;
mod shelf;
mod switcher;
mod visit;
mod words;

pub use prepare::{PrepareError, REGISTER, prepare};

use axum::http::Method;

use crate::simulate::{Catalogue, CatalogueError, catalogue};
use crate::web::{Access, Table, assets};

/// What only the demo shop has.
pub struct Shop {
    /// Its shelves, products and guides.
    pub catalogue: &'static Catalogue,
}

impl Shop {
    /// The demo shop.
    ///
    /// # Errors
    /// [`CatalogueError`] when the files that are built in hold a mistake.
    pub fn new() -> Result<Self, CatalogueError> {
        catalogue().map(|catalogue| Self { catalogue })
    }
}

/// The demo shop's routes; none in a real shop's server.
#[must_use]
pub fn routes(table: Table) -> Table {
    let (get, post) = (Method::GET, Method::POST);
    assets::routes(table)
        .declare(Access::Demo, get.clone(), "/", home::show)
        .declare(Access::Demo, get.clone(), "/shop/{*path}", browse::show_shelf)
        .declare(Access::Demo, get.clone(), "/elsewhere", elsewhere::show)
        .declare(Access::Demo, get.clone(), "/guides", browse::show_guides)
        .declare(Access::Demo, get.clone(), "/search", browse::search)
        .declare(Access::Demo, get.clone(), "/product/{sku}", product::show)
        .declare(Access::Demo, get.clone(), "/article/{slug}", article::show)
        .declare(Access::Demo, get.clone(), "/cart", cart::show)
        .declare(Access::Demo, post.clone(), "/cart/add", cart::add)
        .declare(Access::Demo, post.clone(), "/cart/remove", cart::remove)
        .declare(Access::Demo, post.clone(), "/cart/order", cart::order)
        .declare(Access::Demo, get.clone(), "/you", choices::show)
        .declare(Access::Demo, post.clone(), "/you/choice", choices::change)
        .declare(Access::Demo, get.clone(), "/you/erase", erasing::ask)
        .declare(Access::Demo, post.clone(), "/you/erase", erasing::erase)
        .declare(Access::Demo, post, "/demo/switch", switcher::switch)
        .declare(Access::Demo, get, "/demo/picture/{file}", picture::show)
}
