//! The sentences of built-in pages, from a file each. What a shop may change stands in `question::texts` instead.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Sentences by their key, and what things are called.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    words: BTreeMap<String, String>,
    names: BTreeMap<String, String>,
}

impl Words {
    /// Reads a built-in file: a table `words`, and a table `names`.
    ///
    /// # Panics
    /// When the file isn't that; a test reads each.
    #[must_use]
    #[expect(clippy::expect_used, reason = "built-in files, each read by a test")]
    pub fn built_in(text: &'static str) -> Self {
        toml::from_str(text).expect("a built-in text is well-formed")
    }

    /// A sentence; its key stands in for one that is missing.
    #[must_use]
    pub fn say<'w>(&'w self, key: &'w str) -> &'w str {
        self.words.get(key).map_or(key, String::as_str)
    }

    /// A sentence with values put in.
    #[must_use]
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        values
            .iter()
            .fold(self.say(key).to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// What a thing is called, if the file says so.
    #[must_use]
    pub fn name(&self, id: &str) -> Option<&str> {
        self.names.get(id).map(String::as_str)
    }

    /// The keys of all sentences.
    #[cfg(test)]
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.words.keys().map(String::as_str)
    }
}
