//! The desk at which rights are exercised: one request body in, one document out, the same over HTTP and on the
//! command line. Identities come in the body alone, so that none stands in a URL or an access log.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use privacy::audit::Author;
use privacy::data::Kind;
use privacy::purpose::PurposeId;
use serde_json::{Value, json};

use super::{
    Correction, ExerciseError, KeptQuestion, Person, Stop, access, erase, export, kept, rectify, stop,
};
use crate::app::App;
use crate::consent::{operator, receipts};
use crate::web::{Access, Problem, State, Table};

/// What can be asked for at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Desk {
    /// Everything that is held.
    Access,
    /// What was given and observed, to take along.
    Portability,
    /// Set something right.
    Rectify,
    /// Keep, but don't use.
    Restrict,
    /// Use again.
    Unrestrict,
    /// Stop purposes.
    Object,
    /// Let purposes go on.
    Unobject,
    /// Take consents back.
    Withdraw,
    /// Forget.
    Erase,
    /// The receipts for what was decided.
    Receipts,
    /// What a law keeps of people whom the shop no longer knows.
    Kept,
}

impl Desk {
    /// Everything that can be asked for.
    pub const ALL: [Self; 11] = [
        Self::Access,
        Self::Portability,
        Self::Rectify,
        Self::Restrict,
        Self::Unrestrict,
        Self::Object,
        Self::Unobject,
        Self::Withdraw,
        Self::Erase,
        Self::Receipts,
        Self::Kept,
    ];

    /// Where it is asked for.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Access => "/v1/subjects/access",
            Self::Portability => "/v1/subjects/portability",
            Self::Rectify => "/v1/subjects/rectify",
            Self::Restrict => "/v1/subjects/restrict",
            Self::Unrestrict => "/v1/subjects/unrestrict",
            Self::Object => "/v1/subjects/object",
            Self::Unobject => "/v1/subjects/unobject",
            Self::Withdraw => "/v1/subjects/withdraw",
            Self::Erase => "/v1/subjects/erase",
            Self::Receipts => "/v1/subjects/receipts",
            Self::Kept => "/v1/subjects/kept",
        }
    }
}

/// The routes of this feature. `delete` is another word for `erase`.
#[must_use]
pub fn routes(mut table: Table) -> Table {
    for desk in Desk::ALL {
        table =
            table.declare(Access::Operator, Method::POST, desk.path(), move |state: State, body: Bytes| {
                answer(state, desk, body)
            });
    }
    table.declare(Access::Operator, Method::POST, "/v1/subjects/delete", |state: State, body: Bytes| {
        answer(state, Desk::Erase, body)
    })
}

async fn answer(axum::extract::State(app): State, desk: Desk, body: Bytes) -> Result<Response, Problem> {
    let body: Value = serde_json::from_slice(&body).map_err(|error| {
        Problem::malformed(format!("the body is no JSON: {error}"), r#"send {"user_id": "…"} as the body"#)
    })?;
    match tokio::task::spawn_blocking(move || serve(&app, desk, &body, operator())).await {
        Ok(document) => {
            let mut response = Json(document?).into_response();
            // Personal data stays in no cache on the way.
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
pub fn serve(app: &Arc<App>, desk: Desk, body: &Value, author: Author) -> Result<Value, Problem> {
    let who = || Person::read(body);
    match desk {
        Desk::Access => access(app, &who()?, author),
        Desk::Portability => export(app, &who()?, author),
        Desk::Rectify => rectify(app, &who()?, corrections(body)?, author),
        Desk::Restrict => stop(app, &who()?, Stop::Restrict, author),
        Desk::Unrestrict => stop(app, &who()?, Stop::Unrestrict, author),
        Desk::Object => stop(app, &who()?, Stop::Object(purposes(body)?), author),
        Desk::Unobject => stop(app, &who()?, Stop::Unobject(purposes(body)?), author),
        Desk::Withdraw => stop(app, &who()?, Stop::Withdraw(purposes(body)?), author),
        Desk::Erase => erase(app, &who()?, author),
        Desk::Receipts => {
            let (now, who) = (app.now(), who()?);
            app.store
                .read(|tx| {
                    let subject = who.find(tx)?;
                    Ok::<_, ExerciseError>(json!({"receipts": receipts(app, tx, &subject, now)?}))
                })
                .map_err(Problem::from)
        }
        Desk::Kept => kept(app, KeptQuestion::read(body)?, author),
    }
}

fn purposes(body: &Value) -> Result<Vec<PurposeId>, Problem> {
    let mend = r#"send {"purposes": ["offers"]}"#;
    let Some(stated) = body.get("purposes") else { return Ok(Vec::new()) };
    let list = stated.as_array().ok_or_else(|| Problem::malformed("`purposes` is no list", mend))?;
    list.iter()
        .map(|word| {
            let word = word.as_str().ok_or_else(|| Problem::malformed("a purpose is no text", mend))?;
            word.parse()
                .map_err(|error: privacy::purpose::BadPurposeId| Problem::malformed(error.to_string(), mend))
        })
        .collect()
}

fn corrections(body: &Value) -> Result<Vec<Correction>, Problem> {
    let mut corrections = Vec::new();
    if let Some(contact) = body.get("contact") {
        let mend = r#"send {"contact": {"city": "Taupō"}}"#;
        let fields = contact.as_object().ok_or_else(|| Problem::malformed("`contact` is no object", mend))?;
        for (field, value) in fields {
            let value = value
                .as_str()
                .ok_or_else(|| Problem::malformed(format!("the contact field `{field}` is no text"), mend))?;
            corrections.push(Correction::Contact { field: field.clone(), value: value.to_owned() });
        }
    }
    if let Some(row) = body.get("row") {
        let (kind, id) = row_name(row)?;
        let value = row.get("value").cloned().ok_or_else(|| {
            Problem::malformed("the row has no `value`", "send the row as it should be, whole")
        })?;
        corrections.push(Correction::Row { kind, id, value });
    }
    if let Some(row) = body.get("delete") {
        let (kind, id) = row_name(row)?;
        corrections.push(Correction::Delete { kind, id });
    }
    Ok(corrections)
}

fn row_name(row: &Value) -> Result<(Kind, [u8; 16]), Problem> {
    let mend = "take `kind` and `id` from the person's access document";
    let text = |name: &str| {
        row.get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| Problem::malformed(format!("the row has no `{name}`"), mend))
    };
    let kind = text("kind")?
        .parse()
        .map_err(|error: privacy::data::UnknownKind| Problem::malformed(error.to_string(), mend))?;
    let id = u128::from_str_radix(text("id")?, 16).ok().filter(|_| text("id").is_ok_and(|id| id.len() == 32));
    let id = id.ok_or_else(|| Problem::malformed("the `id` isn't 32 hexadecimal digits", mend))?;
    Ok((kind, id.to_be_bytes()))
}
