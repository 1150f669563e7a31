//! The operator's routes for experiments.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::Query;
use axum::http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::desk;
use crate::app::App;
use crate::web::{Access, Problem, State, Table};

/// The routes of this feature.
#[must_use]
pub fn routes(table: Table) -> Table {
    table
        .declare(Access::Operator, Method::GET, "/v1/experiments", list)
        .declare(Access::Operator, Method::POST, "/v1/experiments", start)
        .declare(Access::Operator, Method::GET, "/v1/experiments/result", result)
        .declare(Access::Operator, Method::POST, "/v1/experiments/stop", stop)
        .declare(Access::Operator, Method::POST, "/v1/experiments/plan", plan)
}

/// The same without a server, for the command line: a path, and a body for `POST`.
///
/// # Errors
/// [`Problem`] as the route would answer.
pub fn local(app: &Arc<App>, path: &str, body: Option<&Value>) -> Result<Value, Problem> {
    let bytes = body.map(|body| body.to_string().into_bytes());
    match (path, bytes) {
        ("/v1/experiments", Some(body)) => desk::start(app, &body),
        ("/v1/experiments/stop", Some(body)) => desk::stop(app, &body),
        ("/v1/experiments/plan", Some(body)) => desk::plan(&body),
        (path, _) => match path.strip_prefix("/v1/experiments/result?name=") {
            Some(name) => desk::result(app, name),
            None => desk::list(app),
        },
    }
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

async fn blocking(
    work: impl FnOnce() -> Result<Value, Problem> + Send + 'static,
) -> Result<Json<Value>, Problem> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|error| Problem::internal(&error))?.map(Json)
}

async fn list(axum::extract::State(app): State) -> Result<Json<Value>, Problem> {
    blocking(move || desk::list(&app)).await
}

async fn start(axum::extract::State(app): State, body: Bytes) -> Result<Json<Value>, Problem> {
    blocking(move || desk::start(&app, &body)).await
}

async fn result(
    axum::extract::State(app): State,
    Query(Named { name }): Query<Named>,
) -> Result<Json<Value>, Problem> {
    blocking(move || desk::result(&app, &name)).await
}

async fn stop(axum::extract::State(app): State, body: Bytes) -> Result<Json<Value>, Problem> {
    blocking(move || desk::stop(&app, &body)).await
}

async fn plan(body: Bytes) -> Result<Json<Value>, Problem> {
    blocking(move || desk::plan(&body)).await
}
