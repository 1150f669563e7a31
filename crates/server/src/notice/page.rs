//! The notice as a page: in short first, then in full, then what changed. It works on paper too.

use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use maud::{Markup, html};
use privacy::notice::NoticeVersion;
use privacy::purpose::LegalBasis;
use privacy::register::{Declaration, Fields, OptOutSignal, Register};

use super::changes::{Change, between};
use super::words::{english, kind as word_of};
use crate::question::Texts;
use crate::rights::authority;
use crate::web::Words;
use crate::web::page;

/// What is shown.
pub(super) struct Notice<'a> {
    pub(super) version: NoticeVersion,
    pub(super) register: &'a Register,
    /// The version before it.
    pub(super) before: Option<&'a Register>,
    /// When each version was published.
    pub(super) dates: &'a [(NoticeVersion, Timestamp)],
    pub(super) texts: &'a Texts,
    /// The language in which the purposes are told.
    pub(super) language: &'a str,
}

pub(super) fn render(notice: &Notice<'_>) -> Response {
    let words = english();
    let shop = &notice.register.shop;
    let newest = notice.dates.iter().map(|(version, _)| *version).max() == Some(notice.version);
    let main = html! {
        article.wide.text.notice {
            h1 { (words.fill("of", &[("shop", &shop.name)])) }
            p.soft {
                (words.fill("version", &[("version", &notice.version.to_string()), ("date", &date(notice))])) ". "
                @if newest { (words.say("current")) } @else { a href="/notice" { (words.say("older")) } }
            }
            (in_short(notice, words))
            h2 #full { (words.say("open_full")) }
            (contents(words))
            (who(notice, words))
            h2 #purposes { (words.say("what_for")) }
            @for (id, declared) in &notice.register.purposes { (purpose(notice, words, id.as_str(), declared)) }
            h2 #sources { (words.say("sources")) }
            p { (words.say("sources_text")) }
            h2 #automatic { (words.say("automatic")) }
            p { (words.say("automatic_text")) }
            @if !notice.register.kept_by_law.is_empty() { (by_law(notice, words)) }
            h2 #security { (words.say("security")) }
            p { (words.say("security_text")) }
            (rights(notice, words))
            @if shop.jurisdictions.iter().any(|place| place == "US-CA") { (california(notice, words)) }
            (versions(notice, words))
        }
    };
    let document = page::document(page::Document {
        title: &format!("{} · {}", words.say("title"), shop.name),
        description: words.say("title"),
        styles: &[],
        modules: &[],
        header: html! {},
        main,
        footer: html! {},
    });
    page::respond(StatusCode::OK, document)
}

fn date(notice: &Notice<'_>) -> String {
    let at = notice.dates.iter().find(|(version, _)| *version == notice.version);
    at.map_or_else(String::new, |(_, at)| at.strftime("%-d %B %Y").to_string())
}

fn name(notice: &Notice<'_>, id: &str) -> String {
    match notice.register.purposes.get_key_value(id) {
        Some((id, declared)) => notice.texts.purpose(notice.language, id, declared).name,
        None => id.replace('_', " "),
    }
}

fn names(notice: &Notice<'_>, wanted: impl Fn(&Declaration) -> bool) -> String {
    let some = notice.register.purposes.iter().filter(|(_, declared)| wanted(declared));
    some.map(|(id, _)| name(notice, id.as_str())).collect::<Vec<_>>().join("; ")
}

fn in_short(notice: &Notice<'_>, words: &Words) -> Markup {
    let shop = &notice.register.shop;
    let asked = names(notice, |declared| declared.basis == LegalBasis::Consent);
    let always = names(notice, |declared| declared.basis != LegalBasis::Consent);
    html! {
        section.card aria-labelledby="short" {
            h2 #short { (words.say("short")) }
            p { (words.fill("short_who", &[("controller", &shop.controller), ("contact", &shop.contact)])) }
            @if !asked.is_empty() { p { (words.fill("short_asked", &[("purposes", &asked)])) } }
            @if !always.is_empty() { p { (words.fill("short_always", &[("purposes", &always)])) } }
            p { (words.say("short_rights")) }
        }
    }
}

fn contents(words: &Words) -> Markup {
    let parts = [
        ("who", "who"),
        ("purposes", "what_for"),
        ("sources", "sources"),
        ("automatic", "automatic"),
        ("security", "security"),
        ("rights", "rights"),
        ("versions", "versions"),
    ];
    html! {
        nav aria-label=(words.say("contents")) {
            ul {
                @for (anchor, word) in parts { li { a href=(format!("#{anchor}")) { (words.say(word)) } } }
                li { a href="/notice.jsonld" { (words.say("machine")) } }
            }
        }
    }
}

fn who(notice: &Notice<'_>, words: &Words) -> Markup {
    let shop = &notice.register.shop;
    html! {
        h2 #who { (words.say("who")) }
        dl {
            dt { (words.say("controller")) } dd { (shop.controller) }
            dt { (words.say("contact")) } dd { (shop.contact) }
            @if let Some(officer) = &shop.officer { dt { (words.say("officer")) } dd { (officer) } }
            dt { (words.say("stored_in")) } dd { (shop.stored_in) }
        }
        p { (words.say("transfers")) }
    }
}

fn purpose(notice: &Notice<'_>, words: &Words, id: &str, declared: &Declaration) -> Markup {
    let said = notice
        .register
        .purposes
        .get_key_value(id)
        .map(|(id, _)| notice.texts.purpose(notice.language, id, declared));
    let Some(said) = said else { return html! {} };
    let basis = format!("basis_{}", declared.basis.as_str());
    let days = |days: u32| days.to_string();
    html! {
        section aria-labelledby=(id) {
            h3 id=(id) { (said.name) }
            dl {
                dt { (words.say("reason")) } dd { (said.reason) }
                dt { (words.say("basis")) } dd { (words.say(&basis)) ". " (consequence(words, declared.basis)) }
                @if !said.gives.is_empty() { dt { (words.say("gives")) } dd { (said.gives) } }
                dt { (words.say("data")) }
                dd { ul { @for (kind, fields) in &declared.data { li { (word_of(*kind)) ": " (field_names(words, fields)) } } } }
                dt { (words.say("retention")) } dd {
                    (words.fill("kept_days", &[("days", &days(declared.retention_days))])) ". "
                    @if declared.basis == LegalBasis::Consent { (words.fill("asked_again", &[("days", &days(declared.consent_valid_days))])) }
                }
                dt { (words.say("recipients")) } dd {
                    @if declared.recipients.is_empty() { (words.say("nobody")) }
                    @else { (declared.recipients.iter().cloned().collect::<Vec<_>>().join(", ")) }
                }
            }
            @if declared.opt_out_signal == OptOutSignal::Refuses { p { (words.say("shared")) } }
        }
    }
}

fn consequence(words: &Words, basis: LegalBasis) -> &str {
    match basis {
        LegalBasis::Consent => words.say("voluntary"),
        LegalBasis::Contract => words.say("needed"),
        LegalBasis::LegitimateInterests | LegalBasis::PublicTask => words.say("objection"),
        LegalBasis::LegalObligation | LegalBasis::VitalInterests => "",
    }
}

fn field_names(words: &Words, fields: &Fields) -> String {
    match fields {
        Fields::All => words.say("all_of").to_owned(),
        Fields::Only(names) => {
            let plain = |name: &String| name.replace(['_', '.'], " ");
            names.iter().map(plain).collect::<Vec<_>>().join(", ")
        }
    }
}

fn by_law(notice: &Notice<'_>, words: &Words) -> Markup {
    html! {
        h2 #law { (words.say("by_law")) }
        ul {
            @for hold in &notice.register.kept_by_law {
                li { (words.fill("by_law_row", &[
                    ("kind", word_of(hold.kind)), ("years", &(hold.keep_days / 365).to_string()), ("law", &hold.law),
                ])) }
            }
        }
    }
}

fn rights(notice: &Notice<'_>, words: &Words) -> Markup {
    let shop = &notice.register.shop;
    let deadline = match shop.jurisdictions.first().map(String::as_str) {
        Some("NZ") => words.fill("deadline_days", &[("days", "20")]),
        Some("US-CA") => words.say("deadline_45").to_owned(),
        _ => words.say("deadline_month").to_owned(),
    };
    let each = [
        "right_access",
        "right_portability",
        "right_correct",
        "right_erase",
        "right_restrict",
        "right_object",
        "right_withdraw",
    ];
    html! {
        h2 #rights { (words.say("rights")) }
        ul { @for right in each { li { (words.say(right)) } } }
        p { (words.fill("how", &[("contact", &shop.contact), ("deadline", &deadline)])) }
        p { (words.say("right_complain")) ":" }
        ul { @for place in &shop.jurisdictions { li { (authority(place)) } } }
    }
}

fn california(notice: &Notice<'_>, words: &Words) -> Markup {
    let mut rows = std::collections::BTreeMap::new();
    for declared in notice.register.purposes.values() {
        for kind in declared.data.keys() {
            let shared = declared.opt_out_signal == OptOutSignal::Refuses;
            let row = rows.entry(*kind).or_insert((false, 0));
            *row = (row.0 || shared, row.1.max(declared.retention_days));
        }
    }
    html! {
        h2 #california { (words.say("california")) }
        p { (words.say("california_text")) }
        table {
            thead { tr { th { (words.say("category")) } th { (words.say("sold")) } th { (words.say("retention")) } } }
            tbody {
                @for (kind, (shared, days)) in rows {
                    tr {
                        td { (word_of(kind)) }
                        td { (words.say(if shared { "yes" } else { "no" })) }
                        td { (words.fill("kept_days", &[("days", &days.to_string())])) }
                    }
                }
            }
        }
    }
}

fn versions(notice: &Notice<'_>, words: &Words) -> Markup {
    let before = notice.version.0.saturating_sub(1).to_string();
    let asked: Vec<String> = notice.before.map_or_else(Vec::new, |before| {
        let widened = notice.register.purposes.iter().filter(|(id, declared)| {
            declared.basis == LegalBasis::Consent
                && before.purpose(id.as_str()).is_none_or(|agreed| declared.widens(agreed))
        });
        widened.map(|(id, _)| name(notice, id.as_str())).collect()
    });
    html! {
        h2 #versions { (words.say("versions")) }
        @if let Some(earlier) = notice.before {
            h3 { (words.fill("changed", &[("version", &before)])) }
            @let changes = between(earlier, notice.register, &|id| name(notice, id));
            @if changes.is_empty() { p { (words.say("nothing_changed")) } }
            ul { @for change in &changes { li { (told(change, words)) } } }
            @if !asked.is_empty() { p { (words.fill("asks_again", &[("purposes", &asked.join("; "))])) } }
        }
        ol reversed {
            @for (version, at) in notice.dates.iter().rev() {
                li value=(version.0) {
                    @let text = words.fill("version", &[("version", &version.to_string()), ("date", &at.strftime("%-d %B %Y").to_string())]);
                    @if *version == notice.version { strong { (text) } } @else { a href=(format!("/notice/{version}")) { (text) } }
                }
            }
        }
    }
}

fn told(change: &Change, words: &Words) -> Markup {
    match change {
        Change::Added(what) => html! { (words.fill("added", &[("what", what)])) },
        Change::Removed(what) => html! { (words.fill("removed", &[("what", what)])) },
        Change::Reworded { what, before, after } => {
            html! { (what) ": " del { (before) } " " ins { (after) } }
        }
    }
}
