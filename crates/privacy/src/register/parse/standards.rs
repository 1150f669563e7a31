//! Reading what a purpose is called in the standards of others. What the framework's own policies forbid, such as
//! profiles without consent, can't be declared here.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::{Reading, Section, form, mend_word};
use crate::purpose::LegalBasis;
use crate::register::standards::{Standards, TCF_PURPOSES, TcfSettings, tcf_allows};
use crate::register::{Declaration, OptOutSignal};
use crate::signals::consent_mode::ConsentType;
use crate::signals::gpp::OptOutOf;
use crate::signals::tcf::{Letters, VendorId};

pub(super) fn read_standards(
    reading: &mut Reading<'_>,
    id: &str,
    section: &mut Section<'_, '_>,
    basis: Option<LegalBasis>,
    signal: OptOutSignal,
) -> Standards {
    let usual = basis.map(|basis| Standards::usual(id, basis, signal)).unwrap_or_default();
    let tcf = match (numbers(reading, section, "tcf", TCF_PURPOSES.into(), "[5, 6]"), basis) {
        (Some(declared), Some(basis)) => read_tcf(reading, id, &declared, basis),
        (Some(_), None) => BTreeSet::new(),
        (None, _) => usual.tcf,
    };
    let vendors = numbers(reading, section, "tcf_vendors", u16::MAX.into(), "[755]").unwrap_or_default();
    let names_none = match section.value("tcf") {
        Some(value) => value.get_ref().as_array().is_some_and(|list| list.is_empty()),
        None => tcf.is_empty() && basis.is_some(),
    };
    if !vendors.is_empty() && names_none {
        reading.note(
            section.place("tcf_vendors"),
            format!("{} names vendors and no purpose of the IAB's framework", section.name),
            "say which purposes they pursue, for example `tcf = [5, 6]`",
        );
    }
    let types: Vec<&str> = ConsentType::ALL.iter().map(|kind| kind.as_str()).collect();
    let consent_mode = words::<ConsentType>(reading, section, "consent_mode", &types);
    let advertising = [ConsentType::AdStorage, ConsentType::AdUserData, ConsentType::AdPersonalization];
    if basis != Some(LegalBasis::Consent)
        && consent_mode.iter().flatten().any(|kind| advertising.contains(kind))
    {
        reading.note(
            section.place("consent_mode"),
            format!("`{id}` doesn't ask for consent, and Google's advertising types need one"),
            "write `basis = \"consent\"`, or take `ad_storage`, `ad_user_data` and `ad_personalization` out",
        );
    }
    let choices = OptOutOf::ALL.map(OptOutOf::as_str);
    let gpp = words::<OptOutOf>(reading, section, "gpp", &choices);
    if signal == OptOutSignal::Ignored && gpp.as_ref().is_some_and(|gpp| !gpp.is_empty()) {
        reading.note(
            section.place("gpp"),
            format!(
                "`{id}` is selling, sharing or advertising, and a browser's opt-out signal doesn't reach it"
            ),
            "add the line `sale_or_sharing = true`, or take `gpp` out",
        );
    }
    Standards {
        tcf,
        tcf_vendors: vendors
            .into_iter()
            .filter_map(|(n, _)| u16::try_from(n).ok().and_then(VendorId::new))
            .collect(),
        consent_mode: consent_mode.unwrap_or(usual.consent_mode),
        gpp: gpp.unwrap_or(usual.gpp),
    }
}

fn read_tcf(
    reading: &mut Reading<'_>,
    id: &str,
    declared: &[(u32, usize)],
    basis: LegalBasis,
) -> BTreeSet<u8> {
    let mut purposes = BTreeSet::new();
    for (number, at) in declared {
        let Ok(purpose) = u8::try_from(*number) else { continue };
        if !tcf_allows(purpose, basis) {
            let mend = match basis {
                LegalBasis::LegitimateInterests => {
                    "write `basis = \"consent\"`, or take it out: without consent only 2 and 7 to 11 are possible"
                }
                _ => "take it out: the framework knows consent and legitimate interests alone",
            };
            let what =
                format!("purpose {purpose} of the IAB's framework can't rest on `{id}`'s basis `{basis}`");
            reading.note(*at, what, mend);
        }
        purposes.insert(purpose);
    }
    purposes
}

/// A list of numbers from 1 to `most`, each with its place; `None` if it was left out.
fn numbers(
    reading: &mut Reading<'_>,
    section: &mut Section<'_, '_>,
    key: &'static str,
    most: u32,
    example: &str,
) -> Option<Vec<(u32, usize)>> {
    let value = section.value(key)?;
    let Some(list) = value.get_ref().as_array() else {
        reading.note(
            section.place(key),
            format!("`{key}` must be a list of numbers, not {}", form(value.get_ref())),
            format!("write it like this: `{key} = {example}`"),
        );
        return Some(Vec::new());
    };
    let mut found: Vec<(u32, usize)> = Vec::new();
    for member in list.iter() {
        let at = member.span().start;
        let number = member.get_ref().as_integer();
        let number = number.and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
        match number.filter(|number| (1..=most).contains(number)) {
            Some(number) if found.iter().any(|(known, _)| *known == number) => {
                reading.note(at, format!("`{key}` says {number} twice"), "take one of the two out");
            }
            Some(number) => found.push((number, at)),
            None => {
                let what = format!("`{key}` holds something else than numbers from 1 to {most}");
                reading.note(at, what, format!("write it like this: `{key} = {example}`"));
            }
        }
    }
    Some(found)
}

/// A list of words that are all known; `None` if it was left out.
fn words<W: FromStr + Ord>(
    reading: &mut Reading<'_>,
    section: &mut Section<'_, '_>,
    key: &'static str,
    known: &[&str],
) -> Option<BTreeSet<W>> {
    section.value(key)?;
    let example = format!("[\"{}\"]", known.first().copied().unwrap_or_default());
    let mut found = BTreeSet::new();
    for (word, at) in section.list(reading, key, &example) {
        match word.parse() {
            Ok(word) => {
                found.insert(word);
            }
            Err(_) => reading.note(at, format!("`{key}` knows no `{word}`"), mend_word(&word, known)),
        }
    }
    Some(found)
}

pub(super) fn read_settings<'p>(
    reading: &mut Reading<'_>,
    whole: &mut Section<'_, '_>,
    mut purposes: impl Iterator<Item = &'p Declaration>,
) -> Option<TcfSettings> {
    if whole.value("tcf").is_none() {
        if purposes.any(|declaration| !declaration.standards.tcf_vendors.is_empty()) {
            reading.note(
                0,
                "a purpose names vendors of the IAB's framework, and there is no section `[tcf]`",
                "add `[tcf]` with cmp_id, vendor_list_version and country, or take `tcf_vendors` out",
            );
        }
        return None;
    }
    let mut section = whole.inner(reading, "tcf")?;
    let short = |number: u32| u16::try_from(number).unwrap_or_default();
    let cmp_id = short(section.required_number(reading, "cmp_id", 2..=4095, 300));
    let cmp_version = short(section.number(reading, "cmp_version", 0..=4095, 1).unwrap_or(1));
    let vendor_list_version = short(section.required_number(reading, "vendor_list_version", 1..=4095, 150));
    let country = section.text(reading, "country", 2, "\"DE\"");
    let letters = country.parse::<Letters>();
    if letters.is_err() && !country.is_empty() {
        let what = format!("`{country}` is no country code");
        reading.note(
            section.place("country"),
            what,
            "write its two letters (ISO 3166-1): `country = \"DE\"`",
        );
    }
    section.finish(reading);
    Some(TcfSettings {
        cmp_id,
        cmp_version,
        vendor_list_version,
        country: letters.unwrap_or(Letters::ENGLISH),
    })
}
