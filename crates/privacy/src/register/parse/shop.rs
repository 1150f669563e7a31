//! Reading who the shop is, its write keys and what a law obliges it to keep.
//! Nothing here may touch what a purpose allows.

use std::collections::BTreeSet;

use super::{NAME, Reading, SENTENCE, Section, form, mend_word, misspelt};
use crate::data::Kind;
use crate::register::{LegalHold, Shop};

const JURISDICTIONS: &[&str] = &["NZ", "AU", "EU", "UK", "US-CA", "US", "CA"];

pub(super) fn read_shop(reading: &mut Reading<'_>, whole: &mut Section<'_, '_>) -> Option<Shop> {
    if whole.value("shop").is_none() {
        reading.note(
            0,
            "there is no section `[shop]`",
            "add `[shop]` with name, controller, contact, stored_in, jurisdictions and currency",
        );
    }
    let mut section = whole.inner(reading, "shop")?;
    let name = section.text(reading, "name", NAME, "\"Your Shop\"");
    let example = "\"Your Shop Ltd, 1 Queen Street, Auckland 1010, New Zealand\"";
    let controller = section.text(reading, "controller", SENTENCE, example);
    if !controller.is_empty() && controller.split_once(',').is_none_or(|(_, rest)| rest.trim().is_empty()) {
        reading.note(
            section.place("controller"),
            "`controller` has no address",
            format!("write the company's name, a comma and its postal address: `controller = {example}`"),
        );
    }
    let contact = section.text(reading, "contact", NAME, "\"privacy@your-shop.example\"");
    if !contact.is_empty() && !is_contact(&contact) {
        reading.note(
            section.place("contact"),
            "`contact` is neither an e-mail address nor a page",
            "write `contact = \"privacy@your-shop.example\"` or `contact = \"https://your-shop.example/privacy\"`",
        );
    }
    let officer =
        section.text_if_any(reading, "officer", NAME, "\"Ada Lovelace, privacy@your-shop.example\"");
    let region = section.text_if_any(reading, "region", NAME, "\"nz/auckland\"").and_then(|text| {
        let plain = crate::minimise::region(&text);
        if plain.is_none() {
            reading.note(
                section.place("region"),
                format!("`{text}` is no place that guides can be sorted by"),
                "write country and region, or one of the two: `region = \"nz/auckland\"`",
            );
        }
        plain
    });
    let stored_in = section.text(reading, "stored_in", NAME, "\"New Zealand\"");
    let mut jurisdictions = Vec::new();
    for (law, at) in section.required_list(reading, "jurisdictions", "[\"NZ\"]") {
        if !JURISDICTIONS.contains(&law.as_str()) {
            reading.note(
                at,
                format!("`{law}` is no jurisdiction known here"),
                mend_word(&law, JURISDICTIONS),
            );
        }
        jurisdictions.push(law);
    }
    let currency = section.text(reading, "currency", NAME, "\"NZD\"");
    let is_code = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
    if !(currency.is_empty() || is_code) {
        reading.note(
            section.place("currency"),
            format!("`{currency}` is no currency code"),
            "write its three capital letters (ISO 4217): `currency = \"NZD\"`",
        );
    }
    let mut origins = Vec::new();
    for (origin, at) in section.list(reading, "origins", "[\"https://your-shop.example\"]") {
        if !is_origin(&origin) {
            reading.note(
                at,
                format!("`{origin}` is not the address of a site"),
                "write it without a path and without `/` at its end: `https://your-shop.example` \
                 (`http://` only for localhost)",
            );
        }
        origins.push(origin);
    }
    section.finish(reading);
    Some(Shop { name, controller, contact, officer, stored_in, jurisdictions, currency, region, origins })
}

fn is_contact(text: &str) -> bool {
    let page = url::Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.host_str().is_some());
    let mail = text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && host.contains('.')
            && !host.contains('@')
            && !host.starts_with('.')
            && !host.ends_with('.')
    });
    !text.contains(char::is_whitespace) && (page || mail)
}

fn is_origin(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let safe = url.scheme() == "https"
        || (url.scheme() == "http" && matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")));
    safe && url.origin().ascii_serialization() == text
}

pub(super) fn read_intake(reading: &mut Reading<'_>, whole: &mut Section<'_, '_>) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    if whole.value("intake").is_none() {
        reading.note(
            0,
            "there is no section `[intake]`",
            "add `[intake]` and below it `write_keys = [\"web-0123456789\"]`",
        );
    }
    let Some(mut section) = whole.inner(reading, "intake") else { return keys };
    for (key, at) in section.required_list(reading, "write_keys", "[\"web-0123456789\"]") {
        let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if !plain || !(8..=64).contains(&key.len()) {
            reading.note(
                at,
                "a write key is too short, too long or has other characters than letters, digits, `_` and `-`",
                "use 8 to 64 letters without accents, digits, `_` and `-`: `web-0123456789`",
            );
        }
        keys.insert(key);
    }
    section.finish(reading);
    keys
}

pub(super) fn read_holds(reading: &mut Reading<'_>, whole: &mut Section<'_, '_>) -> Vec<LegalHold> {
    let mut holds: Vec<LegalHold> = Vec::new();
    let Some(value) = whole.value("kept_by_law") else { return holds };
    let Some(list) = value.get_ref().as_array() else {
        reading.note(
            whole.place("kept_by_law"),
            format!("`kept_by_law` must be a list of sections, not {}", form(value.get_ref())),
            "begin each with `[[kept_by_law]]`, in double brackets",
        );
        return holds;
    };
    for member in list.iter() {
        let (at, name) = (member.span().start, "[[kept_by_law]]".to_owned());
        let Some(mut section) = Section::of(reading, name, at, member) else { continue };
        let kind = section.text(reading, "kind", NAME, "\"orders\"");
        if !kind.is_empty() && kind != Kind::PurchaseHistory.as_str() {
            let mend = if misspelt(&kind, &["orders"]).is_some() {
                "did you mean `orders`?"
            } else {
                "use `orders`; nothing else may be kept from somebody who asked for erasure"
            };
            reading.note(section.place("kind"), format!("`{kind}` can't be kept by law"), mend);
        }
        let law = section.text(reading, "law", NAME, "\"Tax Administration Act 1994 s 22\"");
        let years = section.number(reading, "years", 1..=50, 7);
        let days = section.number(reading, "keep_days", 1..=18_263, 2557);
        let told = ["years", "keep_days"].map(|key| section.value(key).is_some());
        if told == [true, true] {
            let what = "`[[kept_by_law]]` says both `years` and `keep_days`";
            reading.note(section.place("keep_days"), what, "take one of the two out");
        } else if told == [false, false] {
            let what = "`[[kept_by_law]]` doesn't say for how long";
            reading.note(section.at, what, "add the line `years = 7` below it");
        }
        section.finish(reading);
        // A year is counted as 365¼ days and rounded up, so that no leap day makes it shorter than the law says.
        let keep_days = days.or_else(|| years.map(|years| (years * 1461).div_ceil(4))).unwrap_or_default();
        if !law.is_empty() && holds.iter().any(|hold| hold.law == law) {
            reading.note(at, format!("the law `{law}` stands here twice"), "take one of the two out");
        }
        holds.push(LegalHold { kind: Kind::PurchaseHistory, law, keep_days });
    }
    holds
}
