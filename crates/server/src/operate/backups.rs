//! Backups and new keys, on the machine that has the data. Over HTTP a backup goes into the directory of backups
//! alone: whoever holds the token may not choose where the server writes.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Json;
use jiff::Timestamp;
use privacy::store::StoreError;
use serde_json::{Value, json};
use store::BackupReport;

use super::Places;
use crate::app::App;
use crate::web::{Problem, State};

/// The file in the data directory that says when the last backup was made.
pub(super) const LAST: &str = "last-backup";

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store can't be copied.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// That there was a backup can't be noted.
    #[error("the backup is made, but `{path}` can't be written: {why}")]
    Note {
        /// Which.
        path: PathBuf,
        /// The operating system's words.
        why: String,
    },
}

/// The name of a backup's directory, by its time: `2026-11-22T10-15-00Z`.
#[must_use]
pub fn backup_name(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H-%M-%SZ").to_string()
}

/// Makes a backup in a new directory and notes that there is one. Blocks.
///
/// # Errors
/// [`BackupError`] when it can't be written.
pub fn back_up(app: &App, places: &Places, to: &Path) -> Result<BackupReport, BackupError> {
    let report = app.store.backup(to)?;
    note_backup(places, app.now())?;
    Ok(report)
}

/// Notes that a backup was made.
///
/// # Errors
/// [`BackupError::Note`] when it can't be noted.
pub fn note_backup(places: &Places, now: Timestamp) -> Result<(), BackupError> {
    let path = places.data_dir.join(LAST);
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| writeln!(file, "{now}"));
    written.map_err(|error| BackupError::Note { path, why: error.to_string() })
}

/// `POST /v1/backups`.
pub(super) async fn answer(axum::extract::State(app): State, places: Places) -> Result<Json<Value>, Problem> {
    blocking(app, move |app| {
        let to = places.backups().join(backup_name(app.now()));
        let report = back_up(app, &places, &to).map_err(|error| Problem::internal(&error))?;
        let BackupReport { to, subjects, audit_entries, bytes } = report;
        Ok(json!({ "to": to, "people": subjects, "audit_entries": audit_entries, "bytes": bytes }))
    })
    .await
}

/// `POST /v1/keys/rotate`.
pub(super) async fn rotate(axum::extract::State(app): State) -> Result<Json<Value>, Problem> {
    blocking(app, |app| {
        let epoch = app.store.rotate_epoch(app.now(), &|_, _| {})?;
        Ok(json!({ "epoch": epoch.0 }))
    })
    .await
}

async fn blocking(
    app: Arc<App>,
    work: impl FnOnce(&App) -> Result<Value, Problem> + Send + 'static,
) -> Result<Json<Value>, Problem> {
    match tokio::task::spawn_blocking(move || work(&app)).await {
        Ok(answer) => answer.map(Json),
        Err(error) => Err(Problem::internal(&error)),
    }
}
