//! Reading `equipoise.toml`: every mistake at once, each with its line and its mend.
//!
//! A register with a mistake must never come into being: [`read`] gives the whole register or the mistakes, never
//! both. Nothing is guessed for the shop that widens what it may collect; what may be left out stands in
//! the template.

mod offers;
mod purposes;
mod sensitive;
mod shop;
mod standards;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use toml::de::DeTable;

use self::table::{Reading, Section, form, mend_word, misspelt, texts};
use super::Register;
use super::fields::SEGMENT_EVENTS;

/// What is wrong in a line of `equipoise.toml`, in everyday words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line; the first is 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub mend: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, what, mend } = self;
        write!(f, "line {line}: {what}; {mend}")
    }
}

/// A commented `equipoise.toml` with the built-in purposes, for a shop to begin with.
pub const TEMPLATE: &str = include_str!("../template.toml");

/// The most characters of a sentence.
const SENTENCE: usize = 500;
/// The most characters of a name.
const NAME: usize = 200;

/// Reads `equipoise.toml`.
///
/// # Errors
/// Every [`Mistake`] in it, from top to bottom; just the first one when the text isn't TOML.
///
/// ```
/// use privacy::register::{TEMPLATE, read};
/// assert!(read(TEMPLATE).is_ok());
/// let mistakes = read("[shopp]").unwrap_err();
/// assert!(mistakes.iter().any(|mistake| mistake.mend == "did you mean `shop`?"));
/// ```
pub fn read(text: &str) -> Result<Register, Vec<Mistake>> {
    let mut reading = Reading::new(text);
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let (what, mend) = plain_syntax(error.message());
            reading.note(at, what, mend);
            return Err(reading.into_mistakes());
        }
    };
    let mut whole = Section::new(String::new(), 0, document.get_ref());
    let shop = shop::read_shop(&mut reading, &mut whole);
    let write_keys = shop::read_intake(&mut reading, &mut whole);
    let events = read_events(&mut reading, &mut whole);
    let sensitive = sensitive::read_sensitive(&mut reading, &mut whole);
    let kinds = sensitive.kinds();
    let purposes = purposes::read_purposes(&mut reading, &mut whole, &events, &kinds);
    let tcf = standards::read_settings(&mut reading, &mut whole, purposes.values());
    let kept_by_law = shop::read_holds(&mut reading, &mut whole);
    let jurisdictions = shop.as_ref().map_or(&[][..], |shop| &shop.jurisdictions);
    let offers = offers::read_offers(&mut reading, &mut whole, jurisdictions);
    offers::check_retention(&mut reading, &mut whole, &offers, &purposes);
    whole.finish(&mut reading);
    let mistakes = reading.into_mistakes();
    match shop {
        Some(shop) if mistakes.is_empty() => {
            Ok(Register { shop, purposes, kept_by_law, events, sensitive, offers, write_keys, tcf })
        }
        _ => Err(mistakes),
    }
}

/// Events that the shop declares beside those of the e-commerce specification.
fn read_events(reading: &mut Reading<'_>, whole: &mut Section<'_, '_>) -> BTreeMap<String, BTreeSet<String>> {
    let mut events = BTreeMap::new();
    let Some(section) = whole.inner(reading, "events") else { return events };
    for (name, at, value) in section.entries() {
        if name.trim() != name
            || name.is_empty()
            || name.chars().count() > 64
            || name.contains(char::is_control)
        {
            reading.note(
                at,
                format!("`{name}` can't name an event"),
                "use 1 to 64 letters, digits and spaces, as your shop's client sends it: `[events.\"Loyalty Joined\"]`",
            );
        }
        if let Some(typed) = SEGMENT_EVENTS.iter().find(|typed| typed.eq_ignore_ascii_case(name)) {
            reading.note(
                at,
                format!("the event `{typed}` is built in and can't be declared again"),
                "take this section out: what the event may hold stands under each purpose's `data`",
            );
        }
        if events.keys().any(|known: &String| known.eq_ignore_ascii_case(name)) {
            let what = format!("the event `{name}` stands here twice, with other capital letters");
            reading.note(at, what, "take one of the two out");
        }
        let Some(mut event) = Section::of(reading, format!("[events.\"{name}\"]"), at, value) else {
            continue;
        };
        let mut fields = BTreeSet::new();
        for (field, at) in event.required_list(reading, "fields", "[\"tier\"]") {
            let plain = field.len() <= 48 && field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !plain {
                let what = format!("`{field}` can't name a field");
                reading.note(at, what, "use 1 to 48 letters without accents, digits and `_`");
            }
            fields.insert(field);
        }
        if fields.len() > 40 {
            let what = format!("the event `{name}` has {} fields; 40 at most", fields.len());
            reading.note(at, what, "declare only what a purpose needs");
        }
        event.finish(reading);
        events.insert(name.to_owned(), fields);
    }
    events
}

/// What the TOML parser says, in everyday words.
fn plain_syntax(message: &str) -> (String, String) {
    let first = message.lines().next().unwrap_or_default();
    let mend = if first.contains("duplicate") {
        "each key and section may stand only once; take one of the two out"
    } else if first.contains("string") || first.contains("missing value") {
        "put texts in double quotes: `name = \"Your Shop\"`"
    } else if first.contains("array") {
        "write lists in square brackets with commas: `origins = [\"https://a.example\", \"https://b.example\"]`; \
         the open bracket may stand in a line above"
    } else {
        "write `key = value` on a line of its own, texts in double quotes, lists in square brackets; \
         `equipoise init` writes an example"
    };
    (format!("this line can't be read ({first})"), mend.to_owned())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

#[cfg(test)]
#[path = "standards_tests.rs"]
mod standards_tests;
