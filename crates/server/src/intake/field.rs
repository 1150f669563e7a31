//! Reads the loosely typed JSON of real clients: ids that are numbers, texts that are null, objects that are lists.
//!
//! Whatever isn't of the expected form is as good as absent. Must never give back a text that has not been cut to
//! length and, unless it is an identity or a contact detail, redacted.

use privacy::minimise::{looks_like_personal, redact};

use super::document::Json;
use super::recent::Recent;

/// Longest id, in bytes.
const LONGEST_ID: usize = 200;
/// Longest name of a category, coupon or the like, in characters.
const LONGEST_WORD: usize = 120;
/// Longest free text, in characters.
const LONGEST_TEXT: usize = 2_000;

/// An id looks like an e-mail address, a phone number or the like, which must not stand where ids stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PersonalId;

/// The member of an object; null when there is none, or no object.
pub(super) fn member<'v, 'd>(value: &'v Json<'d>, name: &str) -> &'v Json<'d> {
    value.get(name).unwrap_or(&Json::Null)
}

/// The first of the members that isn't null.
pub(super) fn first<'v, 'd>(value: &'v Json<'d>, names: &[&str]) -> &'v Json<'d> {
    names.iter().map(|name| member(value, name)).find(|found| !found.is_null()).unwrap_or(&Json::Null)
}

/// A text or whole number as an id, without looking at what it says.
pub(super) fn raw_id(value: &Json<'_>) -> Option<String> {
    let text = match value {
        Json::Text(text) => text.trim().to_owned(),
        Json::Number(number) => {
            number.as_i64().map(|n| n.to_string()).or_else(|| number.as_u64().map(|n| n.to_string()))?
        }
        Json::Null | Json::Bool(_) | Json::List(_) | Json::Object(_) => return None,
    };
    let fits = !text.is_empty() && text.len() <= LONGEST_ID && !text.chars().any(char::is_control);
    fits.then_some(text)
}

/// An id of a product, an order, a visit.
pub(super) fn id(value: &Json<'_>) -> Result<Option<String>, PersonalId> {
    match raw_id(value) {
        Some(id) if looks_like_personal(&id).is_some() => Err(PersonalId),
        other => Ok(other),
    }
}

/// An id that a client repeats from event to event: of a person, a device, a visit.
pub(super) fn repeated_id<'e>(
    value: &'e Json<'_>,
    recent: &mut Recent<'e>,
) -> Result<Option<String>, PersonalId> {
    match value.as_str() {
        Some(text) if recent.personal(text.trim()).is_some() => {
            raw_id(value).map_or(Ok(None), |_| Err(PersonalId))
        }
        Some(_) => Ok(raw_id(value)),
        None => id(value),
    }
}

/// A category, coupon or other short text, redacted.
pub(super) fn word(value: &Json<'_>) -> Option<String> {
    redacted(value, LONGEST_WORD)
}

/// Free text, redacted.
pub(super) fn free_text(value: &Json<'_>) -> Option<String> {
    redacted(value, LONGEST_TEXT)
}

/// A contact detail as it was said.
pub(super) fn detail(value: &Json<'_>) -> Option<String> {
    plain(value).map(|text| cut(&text, LONGEST_WORD * 2))
}

/// Redacted first and cut after that: half an e-mail address would not be found any more.
fn redacted(value: &Json<'_>, longest: usize) -> Option<String> {
    plain(value).map(|text| cut(&redact(&text).text, longest))
}

fn cut(text: &str, longest: usize) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').take(longest).collect()
}

fn plain(value: &Json<'_>) -> Option<String> {
    let text = match value {
        Json::Text(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        Json::Null | Json::Bool(_) | Json::List(_) | Json::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// How many: a whole number, also as text or with a zero fraction.
pub(super) fn quantity(value: &Json<'_>) -> Option<i64> {
    let text = super::money::decimal(value)?;
    super::money::minor_units(&text, 0).filter(|n| n.abs() <= 1_000_000_000)
}

/// A language tag such as `en-NZ`.
pub(super) fn language(value: &Json<'_>) -> Option<String> {
    let tag = value.as_str()?.trim();
    let plain = (2..=35).contains(&tag.len())
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    plain.then(|| tag.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use crate::intake::document::document as json;

    use super::*;

    #[test]
    fn ids_may_be_numbers_but_not_personal() {
        assert_eq!(id(&json!(1042)), Ok(Some("1042".into())));
        assert_eq!(id(&json!(" p-1 ")), Ok(Some("p-1".into())));
        for absent in [
            json!(null),
            json!(""),
            json!([]),
            json!({}),
            json!(true),
            json!(1.5),
            json!("a\u{0}b"),
            json!("x".repeat(201)),
        ] {
            assert_eq!(id(&absent), Ok(None), "{absent}");
        }
        assert_eq!(id(&json!("ana@example.com")), Err(PersonalId));
        assert_eq!(id(&json!("+64 21 555 0123")), Err(PersonalId));
    }

    #[test]
    fn texts_lose_what_is_personal() {
        assert_eq!(free_text(&json!("ring 021 555 0123")).as_deref(), Some("ring [phone]"));
        assert_eq!(word(&json!("ana@example.com")).as_deref(), Some("[e-mail]"));
    }

    #[test]
    fn quantities_are_whole() {
        assert_eq!(quantity(&json!("2")), Some(2));
        assert_eq!(quantity(&json!(-3.0)), Some(-3));
        assert_eq!(quantity(&json!("two")), None);
    }

    #[test]
    fn languages_are_tags() {
        assert_eq!(language(&json!("en_NZ")).as_deref(), Some("en-NZ"));
        assert_eq!(language(&json!("ana@example.com")), None);
    }
}
