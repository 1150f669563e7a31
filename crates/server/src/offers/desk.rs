//! The desk for campaigns and offers: one request body in, one document out, the same over HTTP and on the command line.
//! Customers' numbers come in the body alone, so that none stands in a URL or an access log.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use privacy::audit::Author;
use serde_json::Value;

use super::{planning, reporting, sending};
use crate::app::App;
use crate::consent::operator;
use crate::web::{Access, Problem, State, Table};

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// Make a campaign.
    Create,
    /// See all campaigns.
    List,
    /// See one, with what is sensitive about it and why.
    Show,
    /// Change one.
    Change,
    /// Approve one as a second person.
    Approve,
    /// Refuse one as a second person.
    Refuse,
    /// End one for good.
    End,
    /// Ask who may be written to, and hold places.
    Decide,
    /// Report what was sent.
    Report,
}

impl Task {
    /// Everything that can be asked for.
    pub const ALL: [Self; 9] = [
        Self::Create,
        Self::List,
        Self::Show,
        Self::Change,
        Self::Approve,
        Self::Refuse,
        Self::End,
        Self::Decide,
        Self::Report,
    ];

    /// Where it is asked for.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Create => "/v1/campaigns/create",
            Self::List => "/v1/campaigns/list",
            Self::Show => "/v1/campaigns/show",
            Self::Change => "/v1/campaigns/change",
            Self::Approve => "/v1/campaigns/approve",
            Self::Refuse => "/v1/campaigns/refuse",
            Self::End => "/v1/campaigns/end",
            Self::Decide => "/v1/offers/decide",
            Self::Report => "/v1/offers/report",
        }
    }
}

/// The routes of this feature.
#[must_use]
pub fn routes(mut table: Table) -> Table {
    for task in Task::ALL {
        table =
            table.declare(Access::Operator, Method::POST, task.path(), move |state: State, body: Bytes| {
                answer(state, task, body)
            });
    }
    table
}

async fn answer(axum::extract::State(app): State, task: Task, body: Bytes) -> Result<Response, Problem> {
    let body: Value = serde_json::from_slice(&body).map_err(|error| {
        Problem::malformed(format!("the body is no JSON: {error}"), r#"send {"campaign": "…"} as the body"#)
    })?;
    match tokio::task::spawn_blocking(move || serve(&app, task, &body, &operator())).await {
        Ok(document) => {
            let mut response = Json(document?).into_response();
            // Who may be written to stays in no cache on the way.
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        }
        Err(error) => Err(Problem::internal(&error)),
    }
}

/// Serves one request. Blocks.
///
/// # Errors
/// [`Problem`] for the caller.
pub fn serve(app: &Arc<App>, task: Task, body: &Value, author: &Author) -> Result<Value, Problem> {
    match task {
        Task::Create => planning::create(app, body),
        Task::List => planning::list(app),
        Task::Show => planning::show(app, body),
        Task::Change => planning::change(app, body),
        Task::Approve => planning::approve(app, body),
        Task::Refuse => planning::refuse(app, body),
        Task::End => planning::end(app, body),
        Task::Decide => sending::decide(app, body, author),
        Task::Report => reporting::report(app, body, author),
    }
}
