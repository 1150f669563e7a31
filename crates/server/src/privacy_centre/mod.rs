//! The privacy centre: where a customer sees what the shop knows, changes it, takes it along and has it erased. Every
//! page works without a script.
//!
//! Must never tell anybody whether an address is known, show anything to whoever isn't signed in, or take from a form
//! whom a request is about: that comes from [`SignedIn`](crate::web::SignedIn) alone.

mod archive;
mod choices;
mod data;
mod doors;
mod enter;
mod erasing;
mod layout;
mod receipts;
mod rows;
mod words;

pub use doors::Doors;
pub(crate) use erasing::certified;

use axum::http::Method;

use crate::web::{Access, Table};

/// The routes of this feature.
#[must_use]
pub fn routes(table: Table) -> Table {
    let (get, post) = (Method::GET, Method::POST);
    let table = table
        .declare(Access::Public, get.clone(), "/privacy", enter::show)
        .declare(Access::Public, post.clone(), "/privacy/link", enter::ask)
        .declare(Access::Public, get.clone(), "/privacy/enter", enter::arrive)
        .declare(Access::Public, post.clone(), "/privacy/enter", enter::enter);
    table
        .declare(Access::DataSubject, post.clone(), "/privacy/leave", enter::leave)
        .declare(Access::DataSubject, get.clone(), "/privacy/data", data::show)
        .declare(Access::DataSubject, get.clone(), "/privacy/data/{kind}", data::show_kind)
        .declare(Access::DataSubject, post.clone(), "/privacy/data/delete", data::delete)
        .declare(Access::DataSubject, post.clone(), "/privacy/data/correct", data::correct)
        .declare(Access::DataSubject, get.clone(), "/privacy/choices", choices::show)
        .declare(Access::DataSubject, post.clone(), "/privacy/choices", choices::change)
        .declare(Access::DataSubject, post.clone(), "/privacy/pause", choices::pause)
        .declare(Access::DataSubject, get.clone(), "/privacy/receipts", receipts::show)
        .declare(Access::DataSubject, get.clone(), "/privacy/receipts/{number}", receipts::download)
        .declare(Access::DataSubject, get.clone(), "/privacy/take", archive::show)
        .declare(Access::DataSubject, post.clone(), "/privacy/take", archive::download)
        .declare(Access::DataSubject, get, "/privacy/erase", erasing::ask)
        .declare(Access::DataSubject, post, "/privacy/erase", erasing::erase)
}
