//! The sentences around what the register says.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    words: BTreeMap<String, String>,
    kinds: BTreeMap<String, String>,
}

impl Words {
    /// English, so far the only language of the notice.
    #[expect(clippy::expect_used, reason = "a built-in file, read by a test")]
    pub(super) fn english() -> &'static Self {
        static READ: OnceLock<Words> = OnceLock::new();
        READ.get_or_init(|| {
            toml::from_str(include_str!("../../assets/notice/en.toml"))
                .expect("a built-in text is well-formed")
        })
    }

    /// A sentence; its key stands in for one that is missing.
    pub(super) fn say<'w>(&'w self, key: &'w str) -> &'w str {
        self.words.get(key).map_or(key, String::as_str)
    }

    /// A sentence with values put in.
    pub(super) fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        values
            .iter()
            .fold(self.say(key).to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// A kind of data.
    pub(super) fn kind<'w>(&'w self, kind: &'w str) -> &'w str {
        self.kinds.get(kind).map_or(kind, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_data_has_a_word_and_every_word_is_used() {
        let words = Words::english();
        for kind in privacy::data::Kind::ALL {
            assert!(words.kinds.contains_key(kind.as_str()), "{kind}");
        }
        let page = include_str!("page.rs");
        for key in words.words.keys() {
            let stem = ["basis_", "deadline_"].iter().any(|stem| key.starts_with(stem));
            assert!(stem || page.contains(&format!("\"{key}\"")), "`{key}` is used nowhere");
        }
    }
}
