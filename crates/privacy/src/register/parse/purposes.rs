//! Reading the purposes. What the compiler's table doesn't allow, or the law doesn't, can't be declared here.

use std::collections::{BTreeMap, BTreeSet};

use super::standards::read_standards;
use super::table::Value;
use super::{Reading, SENTENCE, Section, form, mend_word, misspelt, texts};
use crate::data::Kind;
use crate::purpose::{BUILT_IN, LegalBasis, PurposeId};
use crate::register::{Declaration, Fields, OptOutSignal};
use crate::sensitive::SensitiveKind;

type Events = BTreeMap<String, BTreeSet<String>>;

pub(super) fn read_purposes(
    reading: &mut Reading<'_>,
    whole: &mut Section<'_, '_>,
    events: &Events,
    kinds: &BTreeSet<SensitiveKind>,
) -> BTreeMap<PurposeId, Declaration> {
    let mut purposes = BTreeMap::new();
    let section = match whole.value("purposes") {
        Some(_) => whole.inner(reading, "purposes"),
        None => None,
    };
    if whole.value("purposes").is_none()
        || section.as_ref().is_some_and(|section| section.entries().next().is_none())
    {
        reading.note(
            whole.place("purposes"),
            "no purpose is declared, so nothing may be collected",
            "add a section such as `[purposes.service]`; `equipoise init` writes examples",
        );
    }
    let Some(section) = section else { return purposes };
    for (word, at, value) in section.entries() {
        let id = word.parse::<PurposeId>();
        if let Err(bad) = &id {
            reading.note(at, bad_name(word, bad), "rename it, for example `[purposes.gift_registry]`");
        }
        if !BUILT_IN.contains(&word)
            && let Some(built_in) = misspelt(word, BUILT_IN)
        {
            reading.note(
                at,
                format!("the purpose `{word}` is nearly, but not quite, a built-in one"),
                format!("did you mean `{built_in}`? A purpose of your own needs a name that can't be mistaken for it"),
            );
        }
        let name = format!("[purposes.{word}]");
        let Some(inner) = Section::of(reading, name, at, value) else { continue };
        if let (Some(declaration), Ok(id)) = (read_purpose(reading, word, inner, events, kinds), id) {
            purposes.insert(id, declaration);
        }
    }
    purposes
}

fn bad_name(word: &str, bad: &crate::purpose::BadPurposeId) -> String {
    if word.is_empty() { "a purpose has no name".to_owned() } else { bad.to_string() }
}

fn read_purpose(
    reading: &mut Reading<'_>,
    id: &str,
    mut section: Section<'_, '_>,
    events: &Events,
    kinds: &BTreeSet<SensitiveKind>,
) -> Option<Declaration> {
    let reason = section.text(reading, "reason", SENTENCE, "\"To deliver what you ordered.\"");
    let basis = read_basis(reading, id, &mut section);
    let gives =
        section.text_if_any(reading, "gives", SENTENCE, "\"Suggestions that fit you.\"").unwrap_or_default();
    if basis == Some(LegalBasis::Consent) && section.value("gives").is_none() {
        reading.note(
            section.at,
            format!("{} asks for consent and doesn't say what the customer gets for it", section.name),
            "add a line such as `gives = \"Suggestions that fit you.\"`",
        );
    }
    let retention_days = section.required_number(reading, "retention_days", 1..=3650, 365);
    let recipients = section.list(reading, "recipients", "[\"Your Courier Ltd\"]");
    let consent_valid_days = section.number(reading, "consent_valid_days", 1..=730, 365).unwrap_or(365);
    let marketing = matches!(id, "offers" | "personalised_pricing");
    let shared = section.switch(reading, "sale_or_sharing");
    if id == "offers" && shared == Some(false) {
        reading.note(
            section.place("sale_or_sharing"),
            "`offers` is direct marketing, so a browser's opt-out signal always refuses it",
            "take the line out or write `sale_or_sharing = true`",
        );
    }
    let opt_out_signal =
        if shared.unwrap_or(marketing) { OptOutSignal::Refuses } else { OptOutSignal::Ignored };
    let standards = read_standards(reading, id, &mut section, basis, opt_out_signal);
    let explicit_for = read_explicit(reading, id, basis, &mut section, kinds);
    let data = read_data(reading, id, &mut section, events);
    section.finish(reading);
    Some(Declaration {
        reason,
        basis: basis?,
        gives,
        data,
        retention_days,
        recipients: recipients.into_iter().map(|(name, _)| name).collect(),
        opt_out_signal,
        consent_valid_days,
        standards,
        explicit_for,
    })
}

/// An explicit yes is one to a question of its own: not to a built-in purpose, and on no other basis than consent.
fn read_explicit(
    reading: &mut Reading<'_>,
    id: &str,
    basis: Option<LegalBasis>,
    section: &mut Section<'_, '_>,
    kinds: &BTreeSet<SensitiveKind>,
) -> BTreeSet<SensitiveKind> {
    let names: Vec<&str> = kinds.iter().map(SensitiveKind::as_str).collect();
    let listed = section.list(reading, "explicit_for", "[\"pregnancy\"]");
    for (word, at) in &listed {
        if !names.contains(&word.as_str()) {
            reading.note(*at, format!("`{word}` is no kind of sensitive goods"), mend_word(word, &names));
        }
    }
    if listed.is_empty() {
        return BTreeSet::new();
    }
    let at = section.place("explicit_for");
    if BUILT_IN.contains(&id) {
        reading.note(
            at,
            format!("`{id}` can't be the explicit yes to sensitive goods: that is a question of its own"),
            "move the line to a purpose of your own, such as `[purposes.family_offers]`",
        );
    } else if basis.is_some_and(|basis| basis != LegalBasis::Consent) {
        let what = format!("`{id}` names sensitive goods and doesn't rest on consent");
        reading.note(at, what, "write `basis = \"consent\"`, or take the line out");
    }
    listed.into_iter().filter_map(|(word, _)| word.parse().ok()).collect()
}

/// The bases that a built-in purpose can stand on. For a shop's own purpose the shop decides.
const fn lawful_bases(purpose: &str) -> &'static [LegalBasis] {
    use LegalBasis::{Consent, Contract, LegalObligation, LegitimateInterests};
    match purpose.as_bytes() {
        b"service" => &[Contract],
        b"offers" | b"personalised_pricing" => &[Consent],
        b"analytics" | b"personalisation" => &[Consent, LegitimateInterests],
        b"assistance" => &[Consent, Contract, LegitimateInterests],
        b"fairness_audit" | b"security" => &[Consent, LegitimateInterests, LegalObligation],
        _ => &LegalBasis::ALL,
    }
}

fn read_basis(reading: &mut Reading<'_>, id: &str, section: &mut Section<'_, '_>) -> Option<LegalBasis> {
    let allowed = lawful_bases(id);
    let words: Vec<&str> = allowed.iter().map(|basis| basis.as_str()).collect();
    let example = format!("\"{}\"", words.first().copied().unwrap_or("consent"));
    let word = section.text(reading, "basis", 64, &example);
    if word.is_empty() {
        return None;
    }
    let at = section.place("basis");
    let Ok(basis) = word.parse::<LegalBasis>() else {
        let all = LegalBasis::ALL.map(LegalBasis::as_str);
        reading.note(at, format!("`{word}` is no legal basis"), mend_word(&word, &all));
        return None;
    };
    if !allowed.contains(&basis) {
        reading.note(
            at,
            format!("`{id}` can't rest on the basis `{basis}`"),
            format!(
                "write `basis = {example}`{}",
                match words.len() {
                    1 => String::new(),
                    _ => format!(", or another of {}", words.join(", ")),
                }
            ),
        );
    }
    Some(basis)
}

fn read_data(
    reading: &mut Reading<'_>,
    id: &str,
    section: &mut Section<'_, '_>,
    events: &Events,
) -> BTreeMap<Kind, Fields> {
    let mut data = BTreeMap::new();
    let inner = section.inner(reading, "data");
    if section.value("data").is_none() || inner.as_ref().is_some_and(|inner| inner.entries().next().is_none())
    {
        reading.note(
            section.place("data"),
            format!("{} doesn't say which data it needs", section.name),
            format!("add `[purposes.{id}.data]` and below it for example `orders = \"all\"`"),
        );
    }
    let Some(inner) = inner else { return data };
    let allowed: Vec<&str> = Kind::ALL
        .iter()
        .filter(|kind| !BUILT_IN.contains(&id) || kind.serves().contains(&id))
        .map(|kind| kind.as_str())
        .collect();
    for (word, at, value) in inner.entries() {
        let Ok(kind) = word.parse::<Kind>() else {
            reading.note(at, format!("`{word}` is no kind of data"), mend_word(word, &allowed));
            continue;
        };
        if !allowed.contains(&word) {
            reading.note(
                at,
                format!("`{word}` may never be used for `{id}`"),
                format!("take the line out; `{id}` may use {}", allowed.join(", ")),
            );
        }
        if kind == Kind::DeclaredEvents && events.is_empty() {
            let what = "`declared` means the events of `[events]`, and there are none";
            reading.note(at, what, "take the line out, or declare an event: `[events.\"Loyalty Joined\"]`");
        }
        if let Some(fields) = read_fields(reading, kind, at, value, events) {
            data.insert(kind, fields);
        }
    }
    data
}

fn read_fields(
    reading: &mut Reading<'_>,
    kind: Kind,
    at: usize,
    value: &Value<'_>,
    events: &Events,
) -> Option<Fields> {
    let known: BTreeSet<&str> = if kind == Kind::DeclaredEvents {
        kind.fields().iter().copied().chain(events.values().flatten().map(String::as_str)).collect()
    } else {
        kind.fields().iter().copied().collect()
    };
    let known: Vec<&str> = known.into_iter().collect();
    let optional = kind.fields().iter().find(|field| !kind.always_kept().contains(field));
    let example = format!("{kind} = [\"{}\"]", optional.copied().unwrap_or("at"));
    if let Some(word) = value.get_ref().as_str() {
        if word == "all" {
            return Some(Fields::All);
        }
        reading.note(
            at,
            format!("`{kind}` must be \"all\" or a list of fields, not \"{word}\""),
            format!("write `{kind} = \"all\"` or for example `{example}`"),
        );
        return None;
    }
    let Some(list) = value.get_ref().as_array() else {
        reading.note(
            at,
            format!("`{kind}` must be \"all\" or a list of fields, not {}", form(value.get_ref())),
            format!("write `{kind} = \"all\"` or for example `{example}`"),
        );
        return None;
    };
    if list.is_empty() {
        let what = format!("`{kind}` lists no field");
        reading.note(at, what, format!("take the line out, or write for example `{example}`"));
    }
    let mut fields: BTreeSet<String> = kind.always_kept().iter().map(|field| (*field).to_owned()).collect();
    for (field, at) in texts(reading, kind.as_str(), at, value, "[\"item\", \"at\"]") {
        if known.contains(&field.as_str()) {
            fields.insert(field);
        } else {
            let mend = known
                .iter()
                .find(|full| full.split_once('.').is_some_and(|(list, last)| list == field || last == field))
                .map_or_else(|| mend_word(&field, &known), |full| format!("did you mean `{full}`?"));
            reading.note(at, format!("`{kind}` has no field `{field}`"), mend);
        }
    }
    Some(Fields::Only(fields))
}
