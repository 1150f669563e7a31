//! The privacy notice: what the register says, for those whose data it is about (GDPR Art. 13 and 14; New Zealand's
//! information privacy principles 3 and 3A; Cal. Civ. Code 1798.130), with what changed from version to version.
//!
//! Must never say anything about a person, nor anything that the register doesn't.

mod changes;
mod linked;
mod page;
mod words;

use axum::extract::{Path, Query};
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use privacy::notice::NoticeVersion;
use privacy::store::StoreError;
use serde::Deserialize;

use crate::app::App;
use crate::web::{Access, Problem, ProblemKind, State, Table};

/// The routes of this feature.
#[must_use]
pub fn routes(table: Table) -> Table {
    table
        .declare(Access::Public, Method::GET, "/notice", newest)
        .declare(Access::Public, Method::GET, "/notice/{version}", one)
        .declare(Access::Public, Method::GET, "/notice.jsonld", for_programs)
}

#[derive(Deserialize)]
struct Asked {
    language: Option<String>,
}

async fn newest(state: State, query: Query<Asked>) -> Result<Response, Problem> {
    let version = current(&state.0)?;
    show(&state.0, version, &query.0)
}

async fn one(state: State, Path(version): Path<u32>, query: Query<Asked>) -> Result<Response, Problem> {
    show(&state.0, NoticeVersion(version), &query.0)
}

fn show(app: &App, version: NoticeVersion, asked: &Asked) -> Result<Response, Problem> {
    let law = app.store.law();
    let register = law.notices.at(version).ok_or_else(|| {
        Problem::new(
            ProblemKind::NotFound,
            "there is no such version of the notice",
            "`/notice` shows the newest",
        )
    })?;
    let dates = dates(app)?;
    let notice = page::Notice {
        version,
        register,
        before: version.0.checked_sub(1).map(NoticeVersion).and_then(|before| law.notices.at(before)),
        dates: &dates,
        texts: &app.texts,
        language: asked.language.as_deref().unwrap_or("en"),
    };
    Ok(kept(page::render(&notice)))
}

async fn for_programs(state: State) -> Result<Response, Problem> {
    let app = &state.0;
    let version = current(app)?;
    let dates = dates(app)?;
    let since = dates.iter().find(|(known, _)| *known == version).map(|(_, at)| *at);
    let mut response = axum::Json(linked::document(app.register(), version, since)).into_response();
    let form = HeaderValue::from_static("application/ld+json");
    response.headers_mut().insert(header::CONTENT_TYPE, form);
    Ok(kept(response))
}

/// It is the same for everybody, and changes with the register alone.
fn kept(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=600"));
    response
}

fn current(app: &App) -> Result<NoticeVersion, Problem> {
    app.store.law().notices.current().ok_or_else(|| {
        Problem::new(
            ProblemKind::NotFound,
            "there is no privacy notice yet",
            "run `equipoise check`, then start the server again",
        )
    })
}

fn dates(app: &App) -> Result<Vec<(NoticeVersion, Timestamp)>, Problem> {
    Ok(app.store.read::<_, StoreError>(|tx| tx.notice_dates())?)
}
