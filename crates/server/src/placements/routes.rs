//! The operator's routes for placements.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::http::Method;
use serde_json::Value;

use super::{desk, preview};
use crate::app::App;
use crate::web::{Access, Problem, State, Table};

/// The routes of this feature.
#[must_use]
pub fn routes(table: Table) -> Table {
    table
        .declare(Access::Operator, Method::GET, "/v1/placements", list)
        .declare(Access::Operator, Method::POST, "/v1/placements", set)
        .declare(Access::Operator, Method::POST, "/v1/placements/preview", show)
}

/// The same without a server, for the command line: a path, and a body for `POST`.
///
/// # Errors
/// [`Problem`] as the route would answer.
pub fn local(app: &Arc<App>, path: &str, body: Option<&Value>) -> Result<Value, Problem> {
    match (path, body) {
        ("/v1/placements", Some(body)) => desk::set(app, body.to_string().as_bytes()),
        ("/v1/placements/preview", Some(body)) => preview::show(app, body.to_string().as_bytes()),
        (_, _) => desk::list(app),
    }
}

async fn list(axum::extract::State(app): State) -> Result<Json<Value>, Problem> {
    let worked = tokio::task::spawn_blocking(move || desk::list(&app)).await;
    worked.map_err(|error| Problem::internal(&error))?.map(Json)
}

async fn set(axum::extract::State(app): State, body: Bytes) -> Result<Json<Value>, Problem> {
    let worked = tokio::task::spawn_blocking(move || desk::set(&app, &body)).await;
    worked.map_err(|error| Problem::internal(&error))?.map(Json)
}

async fn show(axum::extract::State(app): State, body: Bytes) -> Result<Json<Value>, Problem> {
    let worked = tokio::task::spawn_blocking(move || preview::show(&app, &body)).await;
    worked.map_err(|error| Problem::internal(&error))?.map(Json)
}
