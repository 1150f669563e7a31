//! Whether the server lives, whether it can serve, and its figures. What these say must be about the machine alone.

use std::path::Path;

use axum::Json;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::Places;
use crate::app::App;
use crate::web::{Problem, ProblemKind, State};

/// Prometheus's text format as prometheus-client writes it.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> Json<Value> {
    Json(json!({ "status": "alive" }))
}

/// `GET /readyz`: the store answers a read, and the disk takes a write and has kept all so far. The models were
/// built before the server listened.
pub(super) async fn ready(axum::extract::State(app): State, places: Places) -> Result<Response, Problem> {
    let checked = tokio::task::spawn_blocking(move || {
        (reads(&app), app.store.check_disk().is_ok() && writes(&places.data_dir))
    })
    .await;
    let (store, disk) = checked.map_err(|error| Problem::internal(&error))?;
    let ready = store && disk;
    let word = |is_well| if is_well { "ok" } else { "wrong" };
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "status": if ready { "ready" } else { "not ready" },
        "store": word(store),
        "disk": word(disk),
        "models": "ok",
    });
    Ok((status, Json(body)).into_response())
}

fn reads(app: &App) -> bool {
    app.store.read(|tx| tx.audit_size()).is_ok()
}

fn writes(directory: &Path) -> bool {
    let probe = directory.join(".writable");
    std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe)).is_ok()
}

/// `GET /metrics`.
pub(super) async fn figures(
    axum::extract::State(app): State,
) -> Result<([(HeaderName, &'static str); 1], String), Problem> {
    let text = tokio::task::spawn_blocking(move || app.metrics.text(&app)).await;
    match text {
        Ok(Ok(text)) => Ok(([(header::CONTENT_TYPE, METRICS_TYPE)], text)),
        Ok(Err(_)) | Err(_) => Err(Problem::new(
            ProblemKind::Internal,
            "the figures could not be written",
            "look into the server's log",
        )),
    }
}
