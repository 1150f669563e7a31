//! Reading which goods are sensitive for this shop. It can only add to what ships, or answer for an exception with a
//! reason; nothing here may take a shipped word away unseen.

use std::collections::{BTreeMap, BTreeSet};

use super::table::Value;
use super::{NAME, Reading, SENTENCE, Section, form, mend_word, misspelt, texts};
use crate::sensitive::{Harmless, SHIPPED, SensitiveKind, SensitiveRules, Spared};

pub(super) fn read_sensitive(reading: &mut Reading<'_>, whole: &mut Section<'_, '_>) -> SensitiveRules {
    let mut rules = SensitiveRules::default();
    let Some(mut section) = whole.inner(reading, "sensitive") else { return rules };
    let categories = section.list(reading, "categories", "[\"Mobility aids\"]");
    rules.categories = categories.into_iter().map(|(category, _)| category).collect();
    if let Some(words) = section.inner(reading, "words") {
        rules.words = read_words(reading, &words);
    }
    rules.harmless = read_harmless(reading, &mut section, &rules);
    section.finish(reading);
    rules
}

fn read_words(
    reading: &mut Reading<'_>,
    section: &Section<'_, '_>,
) -> BTreeMap<SensitiveKind, BTreeSet<String>> {
    let shipped: Vec<&str> = SHIPPED.iter().map(|one| one.kind).collect();
    let mut words = BTreeMap::new();
    for (name, at, value) in section.entries() {
        if !shipped.contains(&name)
            && let Some(meant) = misspelt(name, &shipped)
        {
            reading.note(
                at,
                format!("the kind `{name}` is nearly, but not quite, one that ships"),
                format!(
                    "did you mean `{meant}`? A kind of your own needs a name that can't be mistaken for it"
                ),
            );
        }
        let kind = match name.parse::<SensitiveKind>() {
            Ok(kind) if kind == SensitiveKind::shop() => {
                let mend =
                    "list whole categories as `categories`, or give the words a kind with another name";
                reading.note(at, "`shop` is the kind of what stands in `categories`", mend);
                continue;
            }
            Ok(kind) => kind,
            Err(bad) => {
                reading.note(at, bad.to_string(), "write for example `gambling = [\"casino\", \"poker*\"]`");
                continue;
            }
        };
        words.insert(kind, read_list(reading, name, at, value));
    }
    words
}

fn read_list(reading: &mut Reading<'_>, name: &str, at: usize, value: &Value<'_>) -> BTreeSet<String> {
    let mut list = BTreeSet::new();
    for (word, at) in texts(reading, name, at, value, "[\"casino\", \"poker*\"]") {
        let plain = word.trim_end_matches('*');
        if plain.contains('*') {
            let mend = "put it at the end, where it stands for any ending: `poker*`";
            reading.note(at, format!("`{word}` has a `*` in the middle or at its beginning"), mend);
        } else if plain.chars().filter(|letter| letter.is_alphanumeric()).count() < 3 {
            let mend = "use 3 letters at least";
            reading.note(at, format!("`{word}` is so short that it would match everything"), mend);
        }
        list.insert(word);
    }
    list
}

fn read_harmless(
    reading: &mut Reading<'_>,
    section: &mut Section<'_, '_>,
    rules: &SensitiveRules,
) -> Vec<Harmless> {
    let mut harmless = Vec::new();
    let Some(value) = section.value("harmless") else { return harmless };
    let Some(list) = value.get_ref().as_array() else {
        reading.note(
            section.place("harmless"),
            format!("`harmless` must be a list of sections, not {}", form(value.get_ref())),
            "begin each with `[[sensitive.harmless]]`, in double brackets",
        );
        return harmless;
    };
    let kinds = rules.kinds();
    let names: Vec<&str> = kinds.iter().map(SensitiveKind::as_str).collect();
    for member in list.iter() {
        let (at, name) = (member.span().start, "[[sensitive.harmless]]".to_owned());
        let Some(mut one) = Section::of(reading, name, at, member) else { continue };
        let kind = one.text(reading, "kind", NAME, "\"children\"");
        if !kind.is_empty() && !names.contains(&kind.as_str()) {
            let what = format!("`{kind}` is no kind of sensitive goods");
            reading.note(one.place("kind"), what, mend_word(&kind, &names));
        }
        let reason = one.text(reading, "reason", SENTENCE, "\"We sell bikes; many are for children.\"");
        let spared = [
            one.text_if_any(reading, "category", NAME, "\"Kids' bikes\"").map(Spared::Category),
            one.text_if_any(reading, "item", NAME, "\"bike-16\"").map(Spared::Item),
            one.text_if_any(reading, "word", NAME, "\"kids\"").map(Spared::Word),
        ];
        if let [_, _, Some(Spared::Word(word))] = &spared {
            check_word(reading, one.place("word"), &kind, word, rules);
        }
        let mut spared: Vec<Spared> = spared.into_iter().flatten().collect();
        if spared.len() != 1 {
            let said = if spared.is_empty() { "doesn't say what" } else { "says more than one thing that" };
            reading.note(
                one.at,
                format!("`[[sensitive.harmless]]` {said} is harmless"),
                "write one of `category = \"Kids' bikes\"`, `item = \"bike-16\"` or `word = \"kids\"`",
            );
        }
        one.finish(reading);
        if let (Some(spared), Ok(kind)) = (spared.pop(), kind.parse()) {
            harmless.push(Harmless { kind, spared, reason });
        }
    }
    harmless
}

/// An exception for a word that isn't in the list would do nothing, unseen.
fn check_word(reading: &mut Reading<'_>, at: usize, kind: &str, word: &str, rules: &SensitiveRules) {
    let shipped = SHIPPED.iter().filter(|one| one.kind == kind).flat_map(|one| one.words.iter().copied());
    let own = rules.words.iter().filter(|(own, _)| own.as_str() == kind).flat_map(|(_, words)| words);
    let known: Vec<&str> = shipped.chain(own.map(String::as_str)).collect();
    if !known.is_empty() && !known.contains(&word) {
        let near = misspelt(word, &known).or_else(|| {
            let begins = |one: &&&str| word.starts_with(one.trim_end_matches('*'));
            known.iter().find(begins).copied()
        });
        let mend = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write it as the list has it, or spare a `category` or an `item`".to_owned(),
        };
        reading.note(at, format!("the list of `{kind}` has no word `{word}`"), mend);
    }
}
