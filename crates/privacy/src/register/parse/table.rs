//! Reading one table of the file key by key, and collecting what is wrong with it.
//!
//! A reader gives a placeholder where something is wrong, so that reading goes on and finds the rest. INVARIANT: it has
//! noted a [`Mistake`] then, and nothing read beside a mistake may ever become part of a register.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Mistake;

/// A value with its place.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// The text that is read, and what was found wrong with it.
pub(super) struct Reading<'t> {
    text: &'t str,
    mistakes: Vec<Mistake>,
}

impl<'t> Reading<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, mistakes: Vec::new() }
    }

    /// Notes a mistake that begins at byte `at`.
    pub(super) fn note(&mut self, at: usize, what: impl Into<String>, mend: impl Into<String>) {
        let before = self.text.as_bytes().get(..at).unwrap_or(self.text.as_bytes());
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        self.mistakes.push(Mistake { line, what: what.into(), mend: mend.into() });
    }

    /// All mistakes, from top to bottom.
    pub(super) fn into_mistakes(mut self) -> Vec<Mistake> {
        self.mistakes.sort_by_key(|mistake| mistake.line);
        self.mistakes
    }
}

/// What a value is, in everyday words.
pub(super) fn form(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a decimal point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

/// How many letters apart two words are, capital letters and kinds of dashes aside.
fn distance(word: &str, other: &str) -> usize {
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    strsim::damerau_levenshtein(&plain(word), &plain(other))
}

/// The word of `known` that was probably misspelt.
pub(super) fn misspelt<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let allowed = (word.chars().count() / 4).clamp(1, 3);
    let nearest = known.iter().copied().min_by_key(|candidate| distance(word, candidate))?;
    (distance(word, nearest) <= allowed).then_some(nearest)
}

/// The word of `known` that was probably meant: misspelt, or one that begins alike.
pub(super) fn meant<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    misspelt(word, known).or_else(|| {
        known.iter().copied().find(|candidate| {
            let alike =
                word.bytes().zip(candidate.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
            alike >= 4 && alike * 4 >= word.len().min(candidate.len()) * 3
        })
    })
}

/// The mend for a word that isn't one of `known`.
pub(super) fn mend_word(word: &str, known: &[&str]) -> String {
    match meant(word, known) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("use one of {}", known.join(", ")),
    }
}

/// One table of the file, and which of its keys have been asked for.
pub(super) struct Section<'r, 'i> {
    /// As it stands in the file: `[shop]`.
    pub(super) name: String,
    /// The byte where it begins.
    pub(super) at: usize,
    table: &'r DeTable<'i>,
    asked: BTreeSet<&'static str>,
}

impl<'r, 'i> Section<'r, 'i> {
    pub(super) const fn new(name: String, at: usize, table: &'r DeTable<'i>) -> Self {
        Self { name, at, table, asked: BTreeSet::new() }
    }

    /// A value that is a table; anything else is a mistake.
    pub(super) fn of(
        reading: &mut Reading<'_>,
        name: String,
        at: usize,
        value: &'r Value<'i>,
    ) -> Option<Self> {
        if let Some(table) = value.get_ref().as_table() {
            return Some(Self::new(name, at, table));
        }
        let mend = format!("begin a line with `{name}` and write its keys below it");
        reading.note(at, format!("`{name}` must be a section, not {}", form(value.get_ref())), mend);
        None
    }

    /// All keys with the places of the keys.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'r str, usize, &'r Value<'i>)> + use<'r, 'i> {
        self.table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span().start, value))
    }

    /// Where a key stands, or else the section.
    pub(super) fn place(&self, key: &str) -> usize {
        self.table.get_key_value(key).map_or(self.at, |(key, _)| key.span().start)
    }

    pub(super) fn value(&mut self, key: &'static str) -> Option<&'r Value<'i>> {
        self.asked.insert(key);
        self.table.get(key)
    }

    /// A section within this one.
    pub(super) fn inner(&mut self, reading: &mut Reading<'_>, key: &'static str) -> Option<Section<'r, 'i>> {
        let value = self.value(key)?;
        let name = if self.name.is_empty() {
            format!("[{key}]")
        } else {
            format!("[{}.{key}]", self.name.trim_matches(['[', ']']))
        };
        Section::of(reading, name, self.place(key), value)
    }

    fn missing(&self, reading: &mut Reading<'_>, key: &str, example: &str) {
        reading.note(
            self.at,
            format!("{} has no `{key}`", self.name),
            format!("add the line `{key} = {example}` below {}", self.name),
        );
    }

    fn misformed(&self, reading: &mut Reading<'_>, key: &str, want: &str, is: &DeValue<'_>, example: &str) {
        reading.note(
            self.place(key),
            format!("`{key}` must be {want}, not {}", form(is)),
            format!("write it like this: `{key} = {example}`"),
        );
    }

    /// A text that must be there.
    pub(super) fn text(
        &mut self,
        reading: &mut Reading<'_>,
        key: &'static str,
        longest: usize,
        example: &str,
    ) -> String {
        if self.value(key).is_none() {
            self.missing(reading, key, example);
        }
        self.text_if_any(reading, key, longest, example).unwrap_or_default()
    }

    /// A text that may be left out.
    pub(super) fn text_if_any(
        &mut self,
        reading: &mut Reading<'_>,
        key: &'static str,
        longest: usize,
        example: &str,
    ) -> Option<String> {
        let value = self.value(key)?.get_ref();
        let Some(text) = value.as_str() else {
            self.misformed(reading, key, "a text in quotes", value, example);
            return None;
        };
        check_text(reading, self.place(key), key, text, longest, example)
    }

    /// A whole number that may be left out.
    pub(super) fn number(
        &mut self,
        reading: &mut Reading<'_>,
        key: &'static str,
        range: RangeInclusive<u32>,
        example: u32,
    ) -> Option<u32> {
        let value = self.value(key)?.get_ref();
        let Some(number) = value.as_integer() else {
            let days = value.as_str().and_then(in_days).unwrap_or(example);
            self.misformed(reading, key, "a whole number without quotes", value, &days.to_string());
            return None;
        };
        let number = u32::from_str_radix(number.as_str(), number.radix()).ok();
        if let Some(number) = number.filter(|number| range.contains(number)) {
            return Some(number);
        }
        let (least, most) = (range.start(), range.end());
        reading.note(
            self.place(key),
            format!("`{key}` must lie between {least} and {most}"),
            format!("write for example `{key} = {example}`"),
        );
        None
    }

    /// A whole number that must be there.
    pub(super) fn required_number(
        &mut self,
        reading: &mut Reading<'_>,
        key: &'static str,
        range: RangeInclusive<u32>,
        example: u32,
    ) -> u32 {
        if self.value(key).is_none() {
            self.missing(reading, key, &example.to_string());
        }
        self.number(reading, key, range, example).unwrap_or_default()
    }

    /// `true` or `false`; may be left out.
    pub(super) fn switch(&mut self, reading: &mut Reading<'_>, key: &'static str) -> Option<bool> {
        let value = self.value(key)?.get_ref();
        if value.as_bool().is_none() {
            self.misformed(reading, key, "true or false without quotes", value, "true");
        }
        value.as_bool()
    }

    /// A list of texts, each with its place; none twice. May be left out.
    pub(super) fn list(
        &mut self,
        reading: &mut Reading<'_>,
        key: &'static str,
        example: &str,
    ) -> Vec<(String, usize)> {
        self.value(key).map_or_else(Vec::new, |value| texts(reading, key, self.place(key), value, example))
    }

    /// A list that must hold something.
    pub(super) fn required_list(
        &mut self,
        reading: &mut Reading<'_>,
        key: &'static str,
        example: &str,
    ) -> Vec<(String, usize)> {
        match self.value(key) {
            None => self.missing(reading, key, example),
            Some(value) if value.get_ref().as_array().is_some_and(|list| list.is_empty()) => {
                let mend = format!("write for example `{key} = {example}`");
                reading.note(self.place(key), format!("`{key}` is empty"), mend);
            }
            Some(_) => {}
        }
        self.list(reading, key, example)
    }

    /// Notes the keys that nobody has asked for.
    pub(super) fn finish(self, reading: &mut Reading<'_>) {
        for (key, at, _) in self.entries().filter(|(key, ..)| !self.asked.contains(key)) {
            let known: Vec<&str> = self.asked.iter().copied().collect();
            let what = if self.name.is_empty() {
                format!("there is no section `[{key}]`")
            } else {
                format!("{} has no key `{key}`", self.name)
            };
            reading.note(at, what, mend_word(key, &known));
        }
    }
}

/// A list of texts, each with its place; none twice.
pub(super) fn texts(
    reading: &mut Reading<'_>,
    key: &str,
    at: usize,
    value: &Value<'_>,
    example: &str,
) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    let Some(list) = value.get_ref().as_array() else {
        reading.note(
            at,
            format!("`{key}` must be a list of texts, not {}", form(value.get_ref())),
            format!("write it like this: `{key} = {example}`"),
        );
        return found;
    };
    for member in list.iter() {
        let at = member.span().start;
        let Some(text) = member.get_ref().as_str() else {
            let what = format!("`{key}` holds {} among its texts", form(member.get_ref()));
            reading.note(at, what, format!("put each in quotes: `{key} = {example}`"));
            continue;
        };
        let Some(text) = check_text(reading, at, key, text, 200, example) else { continue };
        if found.iter().any(|(known, _)| *known == text) {
            reading.note(at, format!("`{key}` says `{text}` twice"), "take one of the two out");
        } else {
            found.push((text, at));
        }
    }
    found
}

fn check_text(
    reading: &mut Reading<'_>,
    at: usize,
    key: &str,
    text: &str,
    longest: usize,
    example: &str,
) -> Option<String> {
    let trimmed = text.trim();
    let (what, mend) = if trimmed.is_empty() {
        (format!("`{key}` is empty"), format!("write for example `{key} = {example}`"))
    } else if trimmed.chars().count() > longest {
        (format!("`{key}` is longer than {longest} letters"), "say it in fewer words".to_owned())
    } else if trimmed.chars().any(char::is_control) {
        (
            format!("`{key}` holds a line break, a tab or another control character"),
            "write it on one line, with spaces".to_owned(),
        )
    } else {
        return Some(trimmed.to_owned());
    };
    reading.note(at, what, mend);
    None
}

/// `24 months` in days, for the mend of a retention that isn't a number.
fn in_days(text: &str) -> Option<u32> {
    let text = text.trim().to_lowercase();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (count, unit) = text.split_at_checked(end)?;
    let days_each = match unit.trim() {
        "" | "d" | "day" | "days" => 1,
        "w" | "week" | "weeks" => 7,
        "m" | "month" | "months" => 30,
        "y" | "year" | "years" => 365,
        _ => return None,
    };
    count.parse::<u32>().ok()?.checked_mul(days_each)
}
