//! Running a shop's server: starting and stopping, health, figures, documentation, check-ups, backups.
//! Nothing here may open personal data or know who somebody is.

mod ask;
mod backups;
mod disk;
mod docs;
mod doctor;
mod health;
mod jobs;
mod logging;
mod metrics;
mod openapi;
mod places;
mod register_file;
mod running;
mod server;
mod start;
mod token;

pub use ask::{Ask, AskError};
pub use backups::{BackupError, back_up, backup_name, note_backup};
pub use docs::page as docs_page;
pub use doctor::{Diagnosis, Level, from_inside, from_outside};
pub use logging::{LogFormat, start as start_logging};
pub use metrics::{IntakeOutcome, Metrics};
pub use openapi::{Operation, document, operations};
pub use places::Places;
pub use register_file::{RegisterFileError, RegisterSource, find as find_register, read as read_register};
pub use running::{Announcement, RunningError, Serving, announce, make_closed, serving};
pub use server::{Listening, ServeError, ServeOptions, all_routes, serve};
pub use start::{Progress, StartError, StartOptions, open, open_app, public_key_file, texts_of};
pub use token::{TokenError, TokenFile};

use axum::http::Method;

use crate::web::{Access, Table};

/// The routes of this feature, for a server whose files lie in `places`.
///
/// `/metrics` needs the operator's token: how much a shop sells is its own business, wherever the server listens.
#[must_use]
pub fn routes(table: Table, places: &Places) -> Table {
    let places_of_backups = places.clone();
    let places_of_doctor = places.clone();
    table
        .declare(Access::Public, Method::GET, "/healthz", health::alive)
        .declare(Access::Public, Method::GET, "/readyz", {
            let places = places.clone();
            move |state| health::ready(state, places)
        })
        .declare(Access::Operator, Method::GET, "/metrics", health::figures)
        .declare(Access::Public, Method::GET, "/openapi.json", docs::openapi_json)
        .declare(Access::Public, Method::GET, "/docs", docs::show)
        .declare(Access::Public, Method::GET, "/assets/docs.css", docs::style)
        .declare(Access::Operator, Method::GET, "/v1/doctor", move |state| {
            doctor::answer(state, places_of_doctor)
        })
        .declare(Access::Operator, Method::POST, "/v1/backups", move |state| {
            backups::answer(state, places_of_backups)
        })
        .declare(Access::Operator, Method::POST, "/v1/keys/rotate", backups::rotate)
}

#[cfg(test)]
mod surface_tests;
