//! Intake over HTTP: the paths, limits and answers of Segment's API, and the shop's own origins alone for browsers.
//!
//! What is refused for privacy is answered like success: clients would repeat or throw away whole batches otherwise.

use std::io::Read as _;
use std::sync::Arc;

use axum::body::{Body as HttpBody, Bytes, to_bytes};
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use flate2::read::MultiGzDecoder;
use privacy::audit::Author;
use privacy::signals::{Gpc, gpc};
use store::Write;

use super::moment::Arrival;
use super::outcome::Outcome;
use super::segment::{Body, BodyError, Call, MOST_BODY_BYTES, MOST_EVENTS, name_messages};
use super::settings::settings;
use super::take::{Means, TakeError, take};
use crate::app::App;
use crate::consent::Authority;
use crate::operate::IntakeOutcome;
use crate::web::{Access, Problem, ProblemKind, State, Table, WriteKey};

/// More waiting writes than this, and clients are asked to come again.
pub const LONGEST_QUEUE: usize = 8_192;
/// Bodies larger than this are read on a thread of their own.
const QUICKLY_READ: usize = 64 * 1024;

/// The paths that take events, and what an event without a `type` is there.
const PATHS: &[(&str, Option<Call>)] = &[
    ("/v1/batch", None),
    ("/v1/b", None),
    ("/v1/import", None),
    ("/v1/track", Some(Call::Track)),
    ("/v1/t", Some(Call::Track)),
    ("/v1/identify", Some(Call::Identify)),
    ("/v1/i", Some(Call::Identify)),
    ("/v1/page", Some(Call::Page)),
    ("/v1/p", Some(Call::Page)),
    ("/v1/screen", Some(Call::Screen)),
    ("/v1/s", Some(Call::Screen)),
    ("/v1/group", Some(Call::Group)),
    ("/v1/g", Some(Call::Group)),
    ("/v1/alias", Some(Call::Alias)),
    ("/v1/a", Some(Call::Alias)),
];

/// The path of the settings that analytics.js asks for.
const SETTINGS: &str = "/v1/projects/{key}/settings";

/// Intake's routes.
#[must_use]
pub fn routes(table: Table) -> Table {
    let table = PATHS.iter().fold(table, |table, (path, call)| {
        let call = *call;
        let events = move |state: State, request: Request| events(state, call, request);
        table.declare(Access::Client, Method::POST, path, events)
    });
    table.declare(Access::Client, Method::GET, SETTINGS, project)
}

async fn events(axum::extract::State(app): State, call: Option<Call>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match taken(&app, &parts.headers, call, body).await {
        Ok(_) => ([(header::CONTENT_TYPE, "application/json")], "{\"success\":true}").into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn taken(
    app: &Arc<App>,
    headers: &HeaderMap,
    call: Option<Call>,
    body: HttpBody,
) -> Result<Outcome, Problem> {
    if app.store.queue_length() > LONGEST_QUEUE {
        return Err(overloaded());
    }
    // What a client says about its body's length is good enough to turn it away early; what comes is counted.
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let announced = announced.unwrap_or(0).min(MOST_BODY_BYTES);
    let mut carried = app.load.carry(announced).ok_or_else(overloaded)?;
    let bytes = to_bytes(body, MOST_BODY_BYTES).await.map_err(|error| {
        // The one error that is the limit's own; any other is a connection that broke off.
        let text = error.to_string();
        if text.contains("limit") {
            unreadable(BodyError::TooLarge)
        } else {
            Problem::malformed("the body ended before its end", "send it again")
        }
    })?;
    if !carried.grow(bytes.len()) {
        return Err(overloaded());
    }
    let opt_out = gpc(headers.get_all("sec-gpc").iter().map(HeaderValue::as_bytes));
    let arrival = Arrival::Live(app.now());
    let work = {
        let (app, headers) = (Arc::clone(app), headers.clone());
        move |bytes: &Bytes| parse(&app, &headers, call, bytes, arrival, opt_out)
    };
    let Parsed { events, authority, bytes } = if bytes.len() > QUICKLY_READ {
        let parsed = tokio::task::spawn_blocking(move || work(&bytes)).await;
        parsed.map_err(|error| Problem::internal(&error))??
    } else {
        work(&bytes)?
    };
    if !carried.grow(bytes) {
        return Err(overloaded());
    }
    let means = Means {
        vault: Arc::clone(app.vault()),
        entropy: Arc::clone(&app.entropy),
        engine: app.engine.clone(),
        authority,
        now: arrival.now(),
    };
    let what = Write {
        name: "event.store",
        author: Author::Machine { part: "intake".to_owned() },
        at: arrival.now(),
    };
    let written = app.store.write(what, move |tx| {
        // Until then, even if the client has gone.
        let _carried = carried;
        take(tx, &means, events)
    });
    let outcome = written.await.map_err(problem)?;
    app.metrics.intake(IntakeOutcome::Stored, outcome.stored);
    app.metrics.intake(IntakeOutcome::Duplicate, outcome.duplicate);
    for (reason, count) in &outcome.refused {
        app.metrics.intake(IntakeOutcome::Refused(reason), *count);
    }
    Ok(outcome)
}

fn overloaded() -> Problem {
    Problem::new(ProblemKind::Overloaded, "too many events are waiting", "send the same again shortly")
}

/// A body that was read.
struct Parsed {
    events: Vec<Result<super::segment::Event, &'static str>>,
    authority: Authority,
    /// Its length, unpacked.
    bytes: usize,
}

fn parse(
    app: &App,
    headers: &HeaderMap,
    call: Option<Call>,
    bytes: &[u8],
    arrival: Arrival,
    opt_out: Gpc,
) -> Result<Parsed, Problem> {
    let inflated = inflate(bytes)?;
    let bytes = inflated.as_deref().unwrap_or(bytes);
    let body = Body::read(bytes, call).map_err(unreadable)?;
    let authority = if app.operator_token.check(headers).is_ok() {
        Authority::Operator
    } else {
        WriteKey::find(headers, body.write_key.as_deref(), app.register())?;
        Authority::WriteKey
    };
    let mut events = body.events(arrival, opt_out, app.register());
    name_messages(&mut events, app.vault());
    Ok(Parsed { events, authority, bytes: bytes.len() })
}

/// Unpacks gzip, which its first bytes tell, up to the limit; `None` for what isn't packed.
fn inflate(bytes: &[u8]) -> Result<Option<Vec<u8>>, Problem> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(None);
    }
    let mut plain = Vec::new();
    MultiGzDecoder::new(bytes).take(MOST_BODY_BYTES as u64 + 1).read_to_end(&mut plain).map_err(|_| {
        Problem::malformed("the body's compression is broken", "send it as gzip, or not compressed")
    })?;
    if plain.len() > MOST_BODY_BYTES {
        return Err(unreadable(BodyError::TooLarge));
    }
    Ok(Some(plain))
}

fn unreadable(error: BodyError) -> Problem {
    match error {
        BodyError::TooLarge | BodyError::TooMany(_) => Problem::new(
            ProblemKind::TooLarge,
            error.to_string(),
            format!("send at most {MOST_EVENTS} events and {} KB at once", MOST_BODY_BYTES / 1024),
        ),
        BodyError::NotJson => {
            Problem::malformed(error.to_string(), "send one event, or `{\"batch\": [ … ]}`")
        }
        BodyError::NoBatch => {
            Problem::malformed(error.to_string(), "send `{\"batch\": [ … ]}` with the events in the list")
        }
    }
}

fn problem(error: TakeError) -> Problem {
    match error {
        TakeError::Store(error) => error.into(),
        other => Problem::internal(&other),
    }
}

async fn project(axum::extract::State(app): State, Path(key): Path<String>, headers: HeaderMap) -> Response {
    if app.register().write_keys.contains(&key) {
        let text = settings(&key, &headers, app.register()).to_string();
        ([(header::CONTENT_TYPE, "application/json")], text).into_response()
    } else {
        let mend = "use a key from `intake.write_keys` of equipoise.toml";
        Problem::new(ProblemKind::Unauthenticated, "there is no such write key", mend).into_response()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn a_small_body_that_unpacks_to_a_large_one_is_refused() {
        let bomb = gzip(&vec![b' '; 50 * 1024 * 1024]);
        assert!(bomb.len() < MOST_BODY_BYTES);
        assert_eq!(inflate(&bomb).unwrap_err().kind(), ProblemKind::TooLarge);
        assert_eq!(inflate(&gzip(b"{}")).unwrap(), Some(b"{}".to_vec()));
        assert_eq!(inflate(b"{}").unwrap(), None);
        assert_eq!(inflate(&[0x1f, 0x8b, 1, 2]).unwrap_err().kind(), ProblemKind::Malformed);
    }
}
