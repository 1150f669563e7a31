//! Writing a register as canonical TOML, so that each version of the notice can be kept and read back exactly.
//!
//! Nothing may be left to a default that a later version of the product could change: every key is written out.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::{Declaration, Fields, LegalHold, OptOutSignal, Register, Shop, Standards, TcfSettings};
use crate::offers::{Caps, OfferRules, QuietHours, Span};
use crate::sensitive::{Harmless, SensitiveKind, SensitiveRules, Spared};

/// The register as TOML that [`super::read`] reads back as the same register. Equal registers give equal texts.
///
/// ```
/// use privacy::register::{TEMPLATE, read, write};
/// let register = read(TEMPLATE).unwrap();
/// assert_eq!(read(&write(&register)).unwrap(), register);
/// ```
#[must_use]
pub fn write(register: &Register) -> String {
    let Register { shop, purposes, kept_by_law, events, sensitive, offers, write_keys, tcf } = register;
    let mut whole = Table::new();
    whole.insert("shop".into(), write_shop(shop).into());
    whole.insert("intake".into(), one("write_keys", list(write_keys)));
    whole.insert("sensitive".into(), write_sensitive(sensitive).into());
    whole.insert("offers".into(), write_offers(offers).into());
    let purposes: Table = purposes
        .iter()
        .map(|(id, declaration)| (id.to_string(), write_purpose(declaration).into()))
        .collect();
    whole.insert("purposes".into(), purposes.into());
    whole.insert("kept_by_law".into(), kept_by_law.iter().map(write_hold).collect::<Vec<_>>().into());
    let events: Table =
        events.iter().map(|(name, fields)| (name.clone(), one("fields", list(fields)))).collect();
    whole.insert("events".into(), events.into());
    if let Some(settings) = tcf {
        whole.insert("tcf".into(), write_settings(settings).into());
    }
    whole.to_string()
}

fn one(key: &str, value: Value) -> Value {
    let mut table = Table::new();
    table.insert(key.to_owned(), value);
    table.into()
}

fn list(words: &BTreeSet<String>) -> Value {
    words.iter().cloned().collect::<Vec<String>>().into()
}

fn write_shop(shop: &Shop) -> Table {
    let Shop { name, controller, contact, officer, stored_in, jurisdictions, currency, region, origins } =
        shop;
    let mut table = Table::new();
    table.insert("name".into(), name.clone().into());
    table.insert("controller".into(), controller.clone().into());
    table.insert("contact".into(), contact.clone().into());
    if let Some(officer) = officer {
        table.insert("officer".into(), officer.clone().into());
    }
    table.insert("stored_in".into(), stored_in.clone().into());
    table.insert("jurisdictions".into(), jurisdictions.clone().into());
    table.insert("currency".into(), currency.clone().into());
    if let Some(region) = region {
        table.insert("region".into(), region.clone().into());
    }
    table.insert("origins".into(), origins.clone().into());
    table
}

fn write_purpose(declaration: &Declaration) -> Table {
    let Declaration {
        reason,
        basis,
        gives,
        data,
        retention_days,
        recipients,
        opt_out_signal,
        consent_valid_days,
        standards,
        explicit_for,
    } = declaration;
    let mut table = Table::new();
    table.insert("reason".into(), reason.clone().into());
    table.insert("basis".into(), basis.as_str().into());
    if !gives.is_empty() {
        table.insert("gives".into(), gives.clone().into());
    }
    table.insert("retention_days".into(), i64::from(*retention_days).into());
    table.insert("recipients".into(), list(recipients));
    table.insert("sale_or_sharing".into(), (*opt_out_signal == OptOutSignal::Refuses).into());
    table.insert("consent_valid_days".into(), i64::from(*consent_valid_days).into());
    write_standards(standards, &mut table);
    if !explicit_for.is_empty() {
        let kinds = explicit_for.iter().map(SensitiveKind::to_string).collect();
        table.insert("explicit_for".into(), list(&kinds));
    }
    let data: Table = data
        .iter()
        .map(|(kind, fields)| {
            let fields = match fields {
                Fields::All => "all".into(),
                Fields::Only(names) => list(names),
            };
            (kind.to_string(), fields)
        })
        .collect();
    table.insert("data".into(), data.into());
    table
}

fn write_standards(standards: &Standards, table: &mut Table) {
    let Standards { tcf, tcf_vendors, consent_mode, gpp } = standards;
    let numbers = |numbers: &mut dyn Iterator<Item = i64>| Value::Array(numbers.map(Value::from).collect());
    table.insert("tcf".into(), numbers(&mut tcf.iter().map(|purpose| i64::from(*purpose))));
    table
        .insert("tcf_vendors".into(), numbers(&mut tcf_vendors.iter().map(|vendor| i64::from(vendor.get()))));
    let words = |words: Vec<&str>| Value::Array(words.into_iter().map(Value::from).collect());
    table.insert("consent_mode".into(), words(consent_mode.iter().map(|kind| kind.as_str()).collect()));
    table.insert("gpp".into(), words(gpp.iter().map(|choice| choice.as_str()).collect()));
}

fn write_settings(settings: &TcfSettings) -> Table {
    let TcfSettings { cmp_id, cmp_version, vendor_list_version, country } = settings;
    let mut table = Table::new();
    table.insert("cmp_id".into(), i64::from(*cmp_id).into());
    table.insert("cmp_version".into(), i64::from(*cmp_version).into());
    table.insert("vendor_list_version".into(), i64::from(*vendor_list_version).into());
    table.insert("country".into(), country.to_string().into());
    table
}

fn write_sensitive(rules: &SensitiveRules) -> Table {
    let SensitiveRules { categories, words, harmless } = rules;
    let mut table = Table::new();
    table.insert("categories".into(), list(categories));
    if !words.is_empty() {
        let words: Table = words.iter().map(|(kind, words)| (kind.to_string(), list(words))).collect();
        table.insert("words".into(), words.into());
    }
    if !harmless.is_empty() {
        let harmless: Vec<Value> = harmless.iter().map(write_harmless).collect();
        table.insert("harmless".into(), harmless.into());
    }
    table
}

fn write_harmless(harmless: &Harmless) -> Value {
    let Harmless { kind, spared, reason } = harmless;
    let mut table = Table::new();
    table.insert("kind".into(), kind.to_string().into());
    let (key, name) = match spared {
        Spared::Item(id) => ("item", id),
        Spared::Category(name) => ("category", name),
        Spared::Word(word) => ("word", word),
    };
    table.insert(key.into(), name.clone().into());
    table.insert("reason".into(), reason.clone().into());
    table.into()
}

fn write_offers(rules: &OfferRules) -> Table {
    let OfferRules { caps, quiet, hold_minutes, again_after_days } = rules;
    let QuietHours { from, until, zone, days_off } = quiet;
    let Caps { together, by_channel } = caps;
    let mut table = Table::new();
    table.insert("zone".into(), zone.clone().into());
    table.insert("quiet_from".into(), from.strftime("%H:%M").to_string().into());
    table.insert("quiet_until".into(), until.strftime("%H:%M").to_string().into());
    table.insert("days_off".into(), list(&days_off.iter().map(ToString::to_string).collect()));
    table.insert("hold_minutes".into(), i64::from(*hold_minutes).into());
    table.insert("again_after_days".into(), i64::from(*again_after_days).into());
    let mut all = write_spans(together);
    for (channel, spans) in by_channel {
        all.insert(channel.as_str().into(), write_spans(spans).into());
    }
    table.insert("caps".into(), all.into());
    table
}

fn write_spans(spans: &BTreeMap<Span, u32>) -> Table {
    spans.iter().map(|(span, at_most)| (span.as_str().to_owned(), i64::from(*at_most).into())).collect()
}

fn write_hold(hold: &LegalHold) -> Value {
    let LegalHold { kind, law, keep_days } = hold;
    let mut table = Table::new();
    table.insert("kind".into(), kind.as_str().into());
    table.insert("law".into(), law.clone().into());
    table.insert("keep_days".into(), i64::from(*keep_days).into());
    table.into()
}
