//! Segment's tracking protocol: bodies of its HTTP API as real clients send them, read into typed events.
//!
//! What isn't asked for by name here or in [`super::event`] is dropped with the body. Must never fail because of one
//! bad event of a batch, and must never report what stood in one.

use jiff::Timestamp;
use privacy::register::Register;
use privacy::signals::Gpc;
use serde_json::Value;

use super::claims::{Claims, claims, seen, stated};
use super::document::Json;
use super::event::{Unfit, page, track};
use super::field::{first, language, member};
use super::moment::{self, Arrival};
use super::recent::Recent;
use super::row::Row;
use super::stamps::{Admission, Meant, Stamps, is_decision, preferences};
use privacy::data::Stated;
use privacy::pseudonym::{BlindIndex, IdentityKind};
use privacy::vault::Vault;

/// Most bytes of one event.
pub const MOST_EVENT_BYTES: usize = 32 * 1024;
/// Most bytes of a body, after decompression.
pub const MOST_BODY_BYTES: usize = 500 * 1024;
/// Most events of a batch.
pub const MOST_EVENTS: usize = 2_500;

/// One of the protocol's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Something happened.
    Track,
    /// Who somebody is.
    Identify,
    /// A page was opened.
    Page,
    /// A screen of an app was opened.
    Screen,
    /// Somebody belongs to an organisation; not taken.
    Group,
    /// Two ids are one person's.
    Alias,
}

impl Call {
    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "track" => Self::Track,
            "identify" => Self::Identify,
            "page" => Self::Page,
            "screen" => Self::Screen,
            "group" => Self::Group,
            "alias" => Self::Alias,
            _ => return None,
        })
    }
}

/// Why a body can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It isn't a JSON object.
    #[error("the body is not a JSON object")]
    NotJson,
    /// `batch` isn't a list.
    #[error("`batch` is not a list of events")]
    NoBatch,
    /// Too many events.
    #[error("the batch holds {0} events; {MOST_EVENTS} at most")]
    TooMany(usize),
    /// Too many bytes.
    #[error("the body is larger than {MOST_BODY_BYTES} bytes")]
    TooLarge,
}

/// A body: one event or a batch of them.
pub struct Body<'a> {
    /// The key, if it stands in the body.
    pub write_key: Option<String>,
    events: Vec<Json<'a>>,
    sent: Option<Timestamp>,
    call: Option<Call>,
    small: bool,
}

impl<'a> Body<'a> {
    /// Reads a body; `call` is what its path names, for events without a `type`.
    ///
    /// # Errors
    /// [`BodyError`] when it isn't JSON of the expected form, or too large.
    pub fn read(bytes: &'a [u8], call: Option<Call>) -> Result<Self, BodyError> {
        if bytes.len() > MOST_BODY_BYTES {
            return Err(BodyError::TooLarge);
        }
        let small = bytes.len() <= MOST_EVENT_BYTES;
        // Checked once for the whole, so that no text in it needs to be.
        let text = std::str::from_utf8(bytes).map_err(|_| BodyError::NotJson)?;
        let mut body: Json<'a> = serde_json::from_str(text).map_err(|_| BodyError::NotJson)?;
        let Json::Object(members) = &mut body else { return Err(BodyError::NotJson) };
        let batch = members.iter().rposition(|(name, _)| name == "batch").map(|at| members.remove(at).1);
        let write_key = member(&body, "writeKey").as_str().map(str::to_owned);
        let sent = moment::read(member(&body, "sentAt"));
        let events = match (batch, call) {
            (Some(Json::List(events)), _) => events,
            (Some(_), _) | (None, None) => return Err(BodyError::NoBatch),
            (None, Some(_)) => vec![body],
        };
        if events.len() > MOST_EVENTS {
            return Err(BodyError::TooMany(events.len()));
        }
        Ok(Self { write_key, events, sent, call, small })
    }

    /// The events, each as what it is or why it isn't taken.
    pub(crate) fn events(
        self,
        arrival: Arrival,
        opt_out: Gpc,
        register: &Register,
    ) -> Vec<Result<Event, &'static str>> {
        let Self { write_key: _, events, sent, call, small } = self;
        let mut recent = Recent::default();
        events
            .iter()
            .map(|event| {
                if !small && at_most(event) > MOST_EVENT_BYTES && length(event) > MOST_EVENT_BYTES {
                    return Err("event_too_large");
                }
                read(event, call, sent, arrival, opt_out, register, &mut recent)
            })
            .collect()
    }
}

/// One event, minimised: nothing in it is raw but identities and contact details on their way into the vault.
pub(crate) struct Event {
    pub(crate) call: Call,
    pub(crate) claims: Claims,
    pub(crate) message: Message,
    pub(crate) at: Timestamp,
    /// What it brings; the device, if there is anything, last.
    pub(crate) rows: Vec<Row>,
    /// Why it brings nothing.
    pub(crate) unfit: Option<&'static str>,
    pub(crate) stamps: Option<Stamps>,
    pub(crate) admission: Admission,
    pub(crate) meant: Meant,
    pub(crate) unknown_categories: u64,
    pub(crate) language: Option<String>,
    pub(crate) opt_out: Gpc,
}

/// What tells a message from a repetition of itself; kept only as a keyed hash.
pub(crate) enum Message {
    /// As its client names it, or all of what it says.
    Said(String),
    /// The keyed hash.
    Named(BlindIndex),
}

impl Message {
    pub(crate) fn name(&self, vault: &Vault) -> BlindIndex {
        match self {
            Self::Said(text) => vault.message_index(text),
            Self::Named(name) => *name,
        }
    }
}

/// Works the keyed names of messages out where the body is read, so that the one thread that writes need not.
pub(crate) fn name_messages(events: &mut [Result<Event, &'static str>], vault: &Vault) {
    for event in events.iter_mut().flatten().filter(|event| !event.rows.is_empty()) {
        event.message = Message::Named(event.message.name(vault));
    }
}

/// Reads one event.
pub(crate) fn read<'e>(
    event: &'e Json<'_>,
    call: Option<Call>,
    sent: Option<Timestamp>,
    arrival: Arrival,
    opt_out: Gpc,
    register: &Register,
    recent: &mut Recent<'e>,
) -> Result<Event, &'static str> {
    if !event.is_object() {
        return Err("malformed_event");
    }
    let call = member(event, "type").as_str().and_then(Call::named).or(call).ok_or("malformed_event")?;
    let context = member(event, "context");
    let traits = match call {
        Call::Identify => first(event, &["traits"]),
        Call::Track | Call::Page | Call::Screen | Call::Group | Call::Alias => &Json::Null,
    };
    let mut claims = claims(event, traits, recent).map_err(|error| Unfit::from(error).code())?;
    if call == Call::Alias
        && let Ok(Some(previous)) = super::field::id(member(event, "previousId"))
        && claims.name.as_ref().is_none_or(|(_, name)| *name != previous)
        && !claims.devices.contains(&previous)
    {
        claims.devices.insert(0, previous);
    }
    if claims.name.is_none() && claims.devices.is_empty() {
        return Err("no_identity");
    }
    let original =
        [member(event, "originalTimestamp"), member(event, "timestamp")].into_iter().find_map(moment::read);
    let sent = moment::read(member(event, "sentAt")).or(sent);
    let at = moment::happened(original, sent, arrival);
    let millis = at.as_millisecond();
    let (mut rows, mut unfit, mut meant) = (Vec::new(), None, Meant::Stamped);
    let row = match call {
        Call::Track => {
            let name = member(event, "event").as_str().unwrap_or("");
            if is_decision(name) {
                meant = Meant::Decided;
                None
            } else {
                Some(track(name, member(event, "properties"), context, millis, register, recent))
            }
        }
        Call::Page | Call::Screen => Some(page(event, context, millis, recent)),
        Call::Group => Some(Err(Unfit::Undeclared)),
        Call::Identify => {
            stated(traits, millis, &mut rows);
            None
        }
        Call::Alias => None,
    };
    match row {
        Some(Ok(row)) => rows.push(row),
        Some(Err(why)) => unfit = Some(why.code()),
        None => {}
    }
    name_as_contact(&claims, millis, &mut rows, unfit);
    if !rows.is_empty() {
        rows.extend(seen(context, millis, recent).map(Row::Seen));
    }
    let browser_opts_out = first(context, &["globalPrivacyControl", "gpc"]) == &Json::Bool(true);
    let found = preferences(context, register);
    Ok(Event {
        call,
        message: Message::Said(message(event)),
        at,
        rows,
        unfit,
        stamps: found.map(|(stamps, _)| stamps),
        admission: found.map_or(Admission::Ledger, |(stamps, _)| Admission::Stamped(stamps)),
        meant,
        unknown_categories: found.map_or(0, |(_, unknown)| unknown),
        language: language(member(context, "locale")),
        opt_out: if browser_opts_out { Gpc::OptOut } else { opt_out },
        claims,
    })
}

/// Somebody who is named by an e-mail address or phone number is known by it only where that field is declared: it
/// goes the way of every other contact detail.
fn name_as_contact(claims: &Claims, at: i64, rows: &mut Vec<Row>, unfit: Option<&'static str>) {
    let Some((kind @ (IdentityKind::Email | IdentityKind::Phone), value)) = &claims.name else { return };
    let known = rows.iter().any(|row| matches!(row, Row::Stated(stated) if stated.field == kind.as_str()));
    if unfit.is_none() && !known {
        rows.insert(0, Row::Stated(Stated { at, field: kind.as_str().to_owned(), value: value.clone() }));
    }
}

/// The message's id, or all of what it says where a client sends none: the same said twice is one message.
fn message(event: &Json<'_>) -> String {
    match super::field::raw_id(first(event, &["messageId", "message_id"])) {
        Some(id) => id,
        None => {
            let mut content = event.to_value();
            if let Value::Object(object) = &mut content {
                for changing in ["sentAt", "writeKey", "messageId", "_metadata"] {
                    object.remove(changing);
                }
            }
            format!("content:{content}")
        }
    }
}

/// A quick upper bound of [`length`], which spares nearly every event from being written out to be measured.
fn at_most(value: &Json<'_>) -> usize {
    // Each byte of a text is `\u0000` at worst; the longest numbers take 24 bytes; and there are a comma and a colon.
    let text = |text: &str| 6 * text.len() + 4;
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) => 32,
        Json::Text(content) => text(content),
        Json::List(values) => 4 + values.iter().map(at_most).sum::<usize>(),
        Json::Object(members) => 4 + members.iter().map(|(name, v)| text(name) + at_most(v)).sum::<usize>(),
    }
}

/// How many bytes a value takes as JSON.
fn length(value: &Json<'_>) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting can't fail, nor can a value that was JSON a moment ago.
    serde_json::to_writer(&mut count, &value.to_value()).map_or(usize::MAX, |()| count.0)
}

#[cfg(test)]
#[path = "segment_tests.rs"]
mod tests;
