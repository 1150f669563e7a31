//! Errors for callers: RFC 9457 problem details with a code, one sentence and the mend. Nothing about a data subject
//! may stand in one.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// What went wrong, as a status and a fixed word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// The request can't be read.
    Malformed,
    /// No key, or a wrong one.
    Unauthenticated,
    /// The key doesn't open this.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The method isn't offered here.
    MethodNotAllowed,
    /// Something else stands in the way.
    Conflict,
    /// Too much at once.
    TooLarge,
    /// The server is busy; try again.
    Overloaded,
    /// The server is at fault.
    Internal,
}

impl ProblemKind {
    const fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Conflict => "conflict",
            Self::TooLarge => "too-large",
            Self::Overloaded => "overloaded",
            Self::Internal => "internal",
        }
    }
}

/// An error as a caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    kind: ProblemKind,
    detail: String,
    mend: String,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    mend: &'a str,
}

impl Problem {
    /// One sentence on what is wrong, and one on what to do.
    #[must_use]
    pub fn new(kind: ProblemKind, detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), mend: mend.into() }
    }

    /// The request can't be read.
    #[must_use]
    pub fn malformed(detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(ProblemKind::Malformed, detail, mend)
    }

    /// The server is at fault. The cause goes to the log, once, here; the caller gets none of it.
    #[must_use]
    pub fn internal(cause: &dyn std::error::Error) -> Self {
        tracing::error!(error.cause = %cause, "request failed");
        Self::new(
            ProblemKind::Internal,
            "the server could not do this",
            "try again; if it stays so, run `equipoise doctor` on the server",
        )
    }

    /// Which kind it is.
    #[must_use]
    pub const fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// What is wrong.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What to do about it.
    #[must_use]
    pub fn mend(&self) -> &str {
        &self.mend
    }
}

impl From<privacy::store::StoreError> for Problem {
    fn from(error: privacy::store::StoreError) -> Self {
        match error {
            privacy::store::StoreError::Unavailable(cause) => {
                tracing::error!(error.cause = cause, "the store can't be used");
                Self::new(
                    ProblemKind::Overloaded,
                    "the store can't be used at the moment",
                    "try again shortly",
                )
            }
            other => Self::internal(&other),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.kind.status();
        let body = Body {
            r#type: format!("urn:equipoise:problem:{}", self.kind.code()),
            title: status.canonical_reason().unwrap_or("error"),
            status: status.as_u16(),
            detail: &self.detail,
            mend: &self.mend,
        };
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut response = (status, text).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self.kind {
            ProblemKind::Overloaded => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
            }
            ProblemKind::Unauthenticated => {
                headers.insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Basic realm=\"equipoise\", Bearer"),
                );
            }
            _ => {}
        }
        response
    }
}
