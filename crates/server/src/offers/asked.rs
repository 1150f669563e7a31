//! What a request about a campaign asks for, read out of its body: each mistake with its mend. A customer must never be
//! named by any of it, nor anybody's address stand in the audit log.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use privacy::offers::{Channel, zone};
use serde_json::Value;

use super::About;
use super::range::covered;
use crate::app::App;
use crate::web::Problem;

/// The most items or categories that a campaign may name.
const MOST_NAMED: usize = 1000;
/// The most characters of a text.
const LONGEST: usize = 500;

/// The campaign's id out of a request's body.
pub(super) fn id(body: &Value) -> Result<String, Problem> {
    let id = body.get("campaign").and_then(Value::as_str).unwrap_or_default();
    let plain = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
    if plain && (1..=64).contains(&id.len()) && !id.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(id.to_owned());
    }
    Err(Problem::malformed(
        "it isn't said which campaign, or its id can't be one",
        "send `\"campaign\": \"winter-sale\"`: 1 to 64 lower-case letters, digits, `-` and `_`, not digits alone",
    ))
}

/// Who does it. A name, since it stands in the audit log for good: no e-mail address, no number.
pub(super) fn name(body: &Value) -> Result<String, Problem> {
    let by = text(body, "by")?.unwrap_or_default();
    let plain = !by.contains('@') && by.chars().filter(char::is_ascii_digit).count() <= 3;
    if plain && (1..=60).contains(&by.chars().count()) {
        return Ok(by);
    }
    Err(Problem::malformed(
        "it isn't said who does this",
        "send `\"by\": \"Hana Smith\"`: the name of a person in your shop, no e-mail address and no number",
    ))
}

/// Why it is done.
pub(super) fn reason(body: &Value) -> Result<String, Problem> {
    text(body, "reason")?.ok_or_else(|| {
        Problem::malformed("it isn't said why", "send `\"reason\": \"…\"`; it is kept with the campaign")
    })
}

/// A text of one line, if there is one.
pub(super) fn text(body: &Value, key: &str) -> Result<Option<String>, Problem> {
    let Some(value) = body.get(key) else { return Ok(None) };
    let text = value.as_str().map(str::trim).unwrap_or_default();
    if text.is_empty() || text.chars().count() > LONGEST || text.chars().any(char::is_control) {
        return Err(Problem::malformed(
            format!("`{key}` is empty, no text, too long or of more than one line"),
            format!("send a text of 1 to {LONGEST} characters"),
        ));
    }
    Ok(Some(text.to_owned()))
}

/// How it reaches people, if that is said.
pub(super) fn channel(body: &Value) -> Result<Option<Channel>, Problem> {
    let Some(word) = text(body, "channel")? else { return Ok(None) };
    word.parse().map(Some).map_err(|error: privacy::offers::UnknownChannel| {
        Problem::malformed(error.to_string(), "send one of these words")
    })
}

/// What it is about: only what the catalogue knows, since nothing else can be looked over.
pub(super) fn about(app: &App, body: &Value) -> Result<Option<About>, Problem> {
    let Some(value) = body.get("about") else { return Ok(None) };
    if value.as_str() == Some("all") {
        return Ok(Some(About::All));
    }
    let names = |key: &str| -> Option<BTreeSet<String>> {
        let list = value.get(key)?.as_array()?;
        list.iter().map(|one| one.as_str().map(str::to_owned)).collect()
    };
    let mend = "send `{\"items\": [\"id\", …]}`, `{\"categories\": [\"name\", …]}` or `\"all\"`";
    let about = match (names("items"), names("categories"), value.as_object().map_or(0, serde_json::Map::len))
    {
        (Some(items), None, 1) if (1..=MOST_NAMED).contains(&items.len()) => About::Items(items),
        (None, Some(categories), 1) if (1..=MOST_NAMED).contains(&categories.len()) => {
            About::Categories(categories)
        }
        _ => return Err(Problem::malformed("`about` doesn't say what the campaign is about", mend)),
    };
    let catalogue = app.engine.catalogue();
    let stray = match &about {
        About::Items(items) => items.iter().find(|id| catalogue.get(id).is_none()),
        About::Categories(names) => names.iter().find(|name| {
            covered(&app.engine, &About::Categories(BTreeSet::from([(*name).clone()]))).is_empty()
        }),
        About::All => None,
    };
    match stray {
        None => Ok(Some(about)),
        Some(stray) => Err(Problem::malformed(
            format!("`{stray}` isn't in the catalogue, so it can't be looked over"),
            "tell it first with POST /v1/catalogue",
        )),
    }
}

/// A moment, or a day in the shop's time zone: `from` its beginning, `until` its end.
pub(super) fn time(app: &App, body: &Value, key: &str) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = text(body, key)? else { return Ok(None) };
    let wrong = || {
        Problem::malformed(
            format!("`{key}` is no time"),
            "send a day such as `2026-12-24`, or a moment such as `2026-12-24T18:00:00Z`",
        )
    };
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Some(at));
    }
    let day: Date = if text.len() == 10 { text.parse().map_err(|_| wrong())? } else { return Err(wrong()) };
    let day = if key == "until" { day.checked_add(1.day()).map_err(|_| wrong())? } else { day };
    let zone = zone(&app.register().offers.quiet.zone).map_err(|_| wrong())?;
    day.to_zoned(zone).map(|at| Some(at.timestamp())).map_err(|_| wrong())
}
