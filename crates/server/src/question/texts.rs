//! The words of the question, language by language: those that ship with the program, and those that the shop put into
//! `texts/` beside its register, which win word by word.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use privacy::purpose::PurposeId;
use privacy::register::Declaration;
use serde::{Deserialize, Serialize};

/// The language that has every word.
const FIRST: &str = "en";

const SHIPPED: [(&str, &str); 7] = [
    (FIRST, include_str!("../../assets/texts/en.toml")),
    ("mi", include_str!("../../assets/texts/mi.toml")),
    ("de", include_str!("../../assets/texts/de.toml")),
    ("fr", include_str!("../../assets/texts/fr.toml")),
    ("es", include_str!("../../assets/texts/es.toml")),
    ("hi", include_str!("../../assets/texts/hi.toml")),
    ("ar", include_str!("../../assets/texts/ar.toml")),
];

/// Which way a language is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Direction {
    /// From left to right.
    #[default]
    Ltr,
    /// From right to left.
    Rtl,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// What the language calls itself.
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    direction: Option<Direction>,
    #[serde(default)]
    words: BTreeMap<String, String>,
    #[serde(default)]
    kinds: BTreeMap<String, String>,
    #[serde(default)]
    purposes: BTreeMap<String, About>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    name: Option<String>,
    reason: Option<String>,
    gives: Option<String>,
}

/// One language.
#[derive(Debug, Clone, Default)]
struct Language {
    /// What it calls itself.
    name: String,
    direction: Direction,
    words: BTreeMap<String, String>,
    kinds: BTreeMap<String, String>,
    /// What ships with the program.
    shipped: BTreeMap<String, About>,
    /// What the shop wrote.
    own: BTreeMap<String, About>,
}

/// Everything that the question can say.
#[derive(Debug, Clone)]
pub struct Texts {
    languages: BTreeMap<String, Language>,
}

/// Why a file of words can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextsError {
    /// It can't be read.
    #[error("`{path}` can't be read: {why}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The operating system's words.
        why: String,
    },
    /// It isn't in the form of the files that ship with the program.
    #[error("`{path}` can't be understood: {why}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is wrong, with its line.
        why: String,
    },
    /// Its name is no language.
    #[error("`{0}` isn't named after a language")]
    Name(PathBuf),
    /// It has a word that nothing shows.
    #[error("`{path}` has a word `{word}` that is shown nowhere")]
    UnknownWord {
        /// Which.
        path: PathBuf,
        /// The word's key.
        word: String,
    },
    /// It is a new language and doesn't have all words.
    #[error("`{path}` begins a language and has no word for `{word}`")]
    Incomplete {
        /// Which.
        path: PathBuf,
        /// The first that is missing.
        word: String,
    },
}

impl TextsError {
    /// What to do.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            Self::Unreadable { .. } => "see that this user may read it".to_owned(),
            Self::Malformed { .. } | Self::UnknownWord { .. } => {
                "compare it with what `equipoise texts en` prints".to_owned()
            }
            Self::Name(_) => "name it like `de.toml` or `pt.toml`".to_owned(),
            Self::Incomplete { .. } => {
                "begin with what `equipoise texts en` prints, and translate all of it".to_owned()
            }
        }
    }
}

impl Default for Texts {
    fn default() -> Self {
        Self::shipped()
    }
}

impl Texts {
    /// The words that ship with the program.
    ///
    /// # Panics
    /// Never: the files are built in, and a test reads them all.
    #[must_use]
    #[expect(clippy::expect_used, reason = "built-in files, each read by a test")]
    pub fn shipped() -> Self {
        let language = |(tag, text): (&str, &str)| {
            let File { language: name, direction, words, kinds, purposes } =
                toml::from_str(text).expect("a built-in text is well-formed");
            let direction = direction.unwrap_or_default();
            let name = name.unwrap_or_default();
            (
                tag.to_owned(),
                Language { name, direction, words, kinds, shipped: purposes, own: BTreeMap::new() },
            )
        };
        Self { languages: SHIPPED.into_iter().map(language).collect() }
    }

    /// Those, and what the shop has in a folder, if there is one.
    ///
    /// # Errors
    /// [`TextsError`] says which file, what is wrong, and how to mend it.
    pub fn with_folder(folder: &Path) -> Result<Self, TextsError> {
        let mut texts = Self::shipped();
        let Ok(entries) = std::fs::read_dir(folder) else { return Ok(texts) };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| TextsError::Unreadable { path: path.clone(), why: error.to_string() })?;
            texts.add(&path, &text)?;
        }
        Ok(texts)
    }

    /// What ships in a language, to begin a file of one's own with.
    #[must_use]
    pub fn file(tag: &str) -> Option<&'static str> {
        SHIPPED.iter().find(|(known, _)| *known == tag).map(|(_, text)| *text)
    }

    /// The languages that there are, and what each calls itself.
    pub fn languages(&self) -> impl Iterator<Item = (&str, &str)> {
        self.languages.iter().map(|(tag, language)| (tag.as_str(), language.name.as_str()))
    }

    fn add(&mut self, path: &Path, text: &str) -> Result<(), TextsError> {
        let tag = path.file_stem().and_then(|stem| stem.to_str()).map(str::to_lowercase).unwrap_or_default();
        if !(2..=12).contains(&tag.len()) || !tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(TextsError::Name(path.to_owned()));
        }
        let File { language: name, direction, words, kinds, purposes } = toml::from_str(text)
            .map_err(|error| TextsError::Malformed { path: path.to_owned(), why: error.to_string() })?;
        let complete = self.languages.get(FIRST).cloned().unwrap_or_default();
        let unknown = words.keys().find(|word| !complete.words.contains_key(*word));
        if let Some(word) = unknown.or_else(|| kinds.keys().find(|kind| !complete.kinds.contains_key(*kind)))
        {
            return Err(TextsError::UnknownWord { path: path.to_owned(), word: word.clone() });
        }
        let begins = !self.languages.contains_key(&tag);
        let missing = complete
            .words
            .keys()
            .find(|word| !words.contains_key(*word))
            .or_else(|| complete.kinds.keys().find(|kind| !kinds.contains_key(*kind)));
        if let (true, Some(word)) = (begins, missing) {
            return Err(TextsError::Incomplete { path: path.to_owned(), word: word.clone() });
        }
        let language = self.languages.entry(tag).or_default();
        language.name = name.unwrap_or_else(|| std::mem::take(&mut language.name));
        language.direction = direction.unwrap_or(language.direction);
        language.words.extend(words);
        language.kinds.extend(kinds);
        language.own.extend(purposes);
        Ok(())
    }

    /// A purpose in the best language for what was asked for.
    #[must_use]
    pub fn purpose(&self, language: &str, id: &PurposeId, declared: &Declaration) -> PurposeWords {
        self.best(language).purpose(id, declared)
    }

    /// The best language for what was asked for: the tag itself, or without its region and script, or English.
    pub(super) fn best(&self, asked: &str) -> Spoken<'_> {
        let asked = asked.to_lowercase();
        let mut tag = asked.as_str();
        loop {
            if let Some((known, language)) = self.languages.get_key_value(tag) {
                return Spoken { tag: known, language, first: self.languages.get(FIRST) };
            }
            match tag.rsplit_once('-') {
                Some((shorter, _)) => tag = shorter,
                None if tag == FIRST => return Spoken { tag: FIRST, language: &NOTHING, first: None },
                None => tag = FIRST,
            }
        }
    }
}

static NOTHING: Language = Language {
    name: String::new(),
    direction: Direction::Ltr,
    words: BTreeMap::new(),
    kinds: BTreeMap::new(),
    shipped: BTreeMap::new(),
    own: BTreeMap::new(),
};

/// A language as it is spoken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spoken<'t> {
    pub(super) tag: &'t str,
    language: &'t Language,
    first: Option<&'t Language>,
}

/// What is said about a purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurposeWords {
    /// What it is called.
    pub name: String,
    /// Why.
    pub reason: String,
    /// What the customer gets; may be empty.
    pub gives: String,
}

impl<'t> Spoken<'t> {
    pub(super) const fn direction(&self) -> Direction {
        self.language.direction
    }

    /// All words, with the shop's name put in.
    pub(super) fn words(&self, shop: &str) -> BTreeMap<&'t str, String> {
        self.language.words.iter().map(|(key, word)| (key.as_str(), word.replace("{shop}", shop))).collect()
    }

    pub(super) const fn kinds(&self) -> &'t BTreeMap<String, String> {
        &self.language.kinds
    }

    /// A purpose in this language, as far as there are words that say what the register says; else in the register's.
    pub(super) fn purpose(&self, id: &PurposeId, declared: &Declaration) -> PurposeWords {
        let id = id.as_str();
        let own = self.language.own.get(id);
        let shipped = self.language.shipped.get(id);
        let original = self.first.and_then(|first| first.shipped.get(id));
        let word = |of: fn(&About) -> &Option<String>, declared: &str| {
            let translates = original.and_then(|about| of(about).as_deref()) == Some(declared);
            let shipped = shipped.filter(|_| translates);
            own.and_then(|about| of(about).clone())
                .or_else(|| shipped.and_then(|about| of(about).clone()))
                .unwrap_or_else(|| declared.to_owned())
        };
        let name =
            own.and_then(|about| about.name.clone()).or_else(|| shipped.and_then(|about| about.name.clone()));
        PurposeWords {
            name: name.unwrap_or_else(|| plain(id)),
            reason: word(|about| &about.reason, &declared.reason),
            gives: word(|about| &about.gives, &declared.gives),
        }
    }
}

/// A name of the register's in plain letters.
fn plain(id: &str) -> String {
    let mut words = id.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register() -> privacy::register::Register {
        privacy::register::read(privacy::register::TEMPLATE).unwrap()
    }

    #[test]
    fn every_word_is_shown_somewhere() {
        let scripts =
            concat!(include_str!("../../assets/sdk/question.js"), include_str!("../../assets/sdk/slot.js"));
        for word in Texts::shipped().languages[FIRST].words.keys() {
            let shown = [format!("words.{word}"), format!("\"{word}\"")];
            assert!(shown.iter().any(|form| scripts.contains(form)), "`{word}` is shown nowhere");
        }
    }

    #[test]
    fn every_shipped_language_says_everything() {
        let texts = Texts::shipped();
        let tags: Vec<&str> = texts.languages().map(|(tag, _)| tag).collect();
        assert_eq!(tags, ["ar", "de", "en", "es", "fr", "hi", "mi"]);
        let first = &texts.languages[FIRST];
        for (tag, language) in &texts.languages {
            let keys = |language: &Language| {
                let about = |(id, about): (&String, &About)| {
                    (id.clone(), about.name.is_some(), about.reason.is_some(), about.gives.is_some())
                };
                (
                    language.words.keys().cloned().collect::<Vec<_>>(),
                    language.kinds.keys().cloned().collect::<Vec<_>>(),
                    language.shipped.iter().map(about).collect::<Vec<_>>(),
                )
            };
            assert_eq!(keys(language), keys(first), "{tag}");
            assert!(language.words["intro"].contains("{shop}"), "{tag}");
            assert_eq!(language.direction == Direction::Rtl, tag == "ar");
            for (id, about) in &language.shipped {
                let said = [&about.name, &about.reason, &about.gives];
                let same = said.iter().zip([
                    &first.shipped[id].name,
                    &first.shipped[id].reason,
                    &first.shipped[id].gives,
                ]);
                assert!(tag == FIRST || same.into_iter().all(|(a, b)| a.is_none() || *a != b), "{tag} {id}");
            }
        }
    }

    #[test]
    fn shipped_translations_are_of_the_register_that_init_writes() {
        let (texts, register) = (Texts::shipped(), register());
        for (id, declared) in &register.purposes {
            let about = texts.languages[FIRST].shipped.get(id.as_str()).unwrap();
            assert_eq!(about.reason.as_deref(), Some(declared.reason.as_str()), "{id}");
            let german = texts.best("de-AT").purpose(id, declared);
            assert_ne!(german.reason, declared.reason, "{id}");
        }
    }

    #[test]
    fn translation_of_other_words_does_not_stand_for_the_shops_own() {
        let (mut texts, mut register) = (Texts::shipped(), register());
        let id: PurposeId = "offers".parse().unwrap();
        let declared = register.purposes.get_mut(&id).unwrap();
        declared.reason = "To send you our paper catalogue.".to_owned();
        let said = texts.best("fr").purpose(&id, declared);
        assert_eq!(said.reason, "To send you our paper catalogue.");
        assert_ne!(said.gives, declared.gives);
        let own = "[purposes.offers]\nreason = \"Pour vous envoyer notre catalogue.\"";
        texts.add(Path::new("texts/fr.toml"), own).unwrap();
        assert_eq!(texts.best("fr").purpose(&id, declared).reason, "Pour vous envoyer notre catalogue.");
    }

    #[test]
    fn best_language_is_the_nearest_one_or_english() {
        let texts = Texts::shipped();
        for (asked, tag) in
            [("de-CH-1996", "de"), ("MI", "mi"), ("sv", "en"), ("", "en"), ("ar-EG", "ar"), ("e", "en")]
        {
            assert_eq!(texts.best(asked).tag, tag, "{asked}");
        }
    }

    #[test]
    fn file_of_the_shop_changes_a_word_or_begins_a_language() {
        let mut texts = Texts::shipped();
        texts.add(Path::new("texts/en.toml"), "[words]\nall = \"Sweet as\"").unwrap();
        assert_eq!(texts.best("en-NZ").words("Tūī")["all"], "Sweet as");
        let error = texts.add(Path::new("texts/sv.toml"), "[words]\nall = \"Ja\"").unwrap_err();
        assert_eq!(error, TextsError::Incomplete { path: "texts/sv.toml".into(), word: "always".into() });
        let error = texts.add(Path::new("texts/en.toml"), "[words]\nal = \"Yes\"").unwrap_err();
        assert_eq!(error, TextsError::UnknownWord { path: "texts/en.toml".into(), word: "al".into() });
        let error = texts.add(Path::new("texts/notes for me.toml"), "").unwrap_err();
        assert_eq!(error, TextsError::Name("texts/notes for me.toml".into()));
        let swedish = Texts::file("en").unwrap().replace("English", "Svenska");
        texts.add(Path::new("texts/sv.toml"), &swedish).unwrap();
        assert_eq!(texts.best("sv-SE").tag, "sv");
    }
}
