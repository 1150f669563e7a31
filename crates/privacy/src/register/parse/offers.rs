//! Reading how often and when somebody may be written to. What is left out is as [`OfferRules::usual`] has it; nothing
//! here may let more through than the shop has written.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Time;

use super::{NAME, Reading, Section};
use crate::data::Kind;
use crate::offers::{Caps, Channel, DayOff, OfferRules, QuietHours, Span, zone};
use crate::purpose::PurposeId;
use crate::register::Declaration;

/// The most that a cap can allow.
const MOST: u32 = 1000;

pub(super) fn read_offers(
    reading: &mut Reading<'_>,
    whole: &mut Section<'_, '_>,
    jurisdictions: &[String],
) -> OfferRules {
    let usual = OfferRules::usual(jurisdictions);
    let Some(mut section) = whole.inner(reading, "offers") else { return usual };
    let quiet = read_quiet(reading, &mut section, usual.quiet);
    let hold_minutes =
        section.number(reading, "hold_minutes", 1..=1440, usual.hold_minutes).unwrap_or(usual.hold_minutes);
    let again_after_days = section
        .number(reading, "again_after_days", 1..=3650, usual.again_after_days)
        .unwrap_or(usual.again_after_days);
    let caps = match section.inner(reading, "caps") {
        Some(inner) => read_caps(reading, inner, usual.caps),
        None => usual.caps,
    };
    section.finish(reading);
    OfferRules { caps, quiet, hold_minutes, again_after_days }
}

fn read_quiet(reading: &mut Reading<'_>, section: &mut Section<'_, '_>, usual: QuietHours) -> QuietHours {
    let named = section.text_if_any(reading, "zone", NAME, "\"Pacific/Auckland\"");
    if let Some(bad) = named.as_ref().and_then(|name| zone(name).err()) {
        let mend = "write it like `Europe/Berlin`: a part of the world, `/`, a big city of your time zone";
        reading.note(section.place("zone"), bad.to_string(), mend);
    }
    let mut time = |key: &'static str, example: &str, usual: Time| {
        let Some(text) = section.text_if_any(reading, key, NAME, example) else { return usual };
        let plain = text.len() == 5 && text.as_bytes().get(2) == Some(&b':');
        match text.parse::<Time>() {
            Ok(time) if plain => time,
            Ok(_) | Err(_) => {
                let what = format!("`{text}` is no time of the day");
                reading.note(section.place(key), what, format!("write it like this: `{key} = {example}`"));
                usual
            }
        }
    };
    let from = time("quiet_from", "\"21:00\"", usual.from);
    let until = time("quiet_until", "\"08:00\"", usual.until);
    let mut days_off = BTreeSet::new();
    for (word, at) in section.list(reading, "days_off", "[\"sunday\", \"12-25\"]") {
        match word.parse::<DayOff>() {
            Ok(day) => {
                days_off.insert(day);
            }
            Err(bad) => {
                reading.note(at, bad.to_string(), "write for example `days_off = [\"sunday\", \"12-25\"]`")
            }
        }
    }
    QuietHours { from, until, zone: named.unwrap_or(usual.zone), days_off }
}

fn read_caps(reading: &mut Reading<'_>, mut section: Section<'_, '_>, usual: Caps) -> Caps {
    let Caps { together, mut by_channel } = usual;
    let together = read_spans(reading, &mut section, together);
    for channel in Channel::ALL {
        if let Some(mut inner) = section.inner(reading, channel.as_str()) {
            let known = by_channel.remove(&channel).unwrap_or_default();
            by_channel.insert(channel, read_spans(reading, &mut inner, known));
            inner.finish(reading);
        }
    }
    section.finish(reading);
    Caps { together, by_channel }
}

fn read_spans(
    reading: &mut Reading<'_>,
    section: &mut Section<'_, '_>,
    mut spans: BTreeMap<Span, u32>,
) -> BTreeMap<Span, u32> {
    for span in Span::ALL {
        if let Some(at_most) = section.number(reading, span.as_str(), 0..=MOST, 1) {
            spans.insert(span, at_most);
        }
    }
    spans
}

/// What is counted over a month has to be kept for a month, and what counts has to be kept at all.
pub(super) fn check_retention(
    reading: &mut Reading<'_>,
    whole: &mut Section<'_, '_>,
    rules: &OfferRules,
    purposes: &BTreeMap<PurposeId, Declaration>,
) {
    // A day more, since rows are kept by whole days.
    let needed = rules.caps.longest_days() + 1;
    let declared =
        purposes.iter().find(|(id, _)| id.as_str() == "offers").map(|(_, declaration)| declaration);
    let Some(declaration) = declared else { return };
    if declaration.data.contains_key(&Kind::SentOffers) && declaration.retention_days < needed {
        let place =
            whole.value("purposes").and_then(|value| value.get_ref().as_table()).and_then(|purposes| {
                let offers = purposes.get("offers")?.get_ref().as_table()?;
                offers.get_key_value("retention_days").map(|(key, _)| key.span().start)
            });
        reading.note(
            place.unwrap_or_default(),
            format!(
                "`offers` keeps data for {} days, and its caps count over {} days",
                declaration.retention_days,
                needed - 1
            ),
            format!("write `retention_days = {needed}` or more"),
        );
    }
}
