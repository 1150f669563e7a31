//! The sentences of the privacy centre, from one file.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    words: BTreeMap<String, String>,
    fields: BTreeMap<String, String>,
}

#[expect(clippy::expect_used, reason = "a built-in file, read by a test")]
fn english() -> &'static Words {
    static READ: OnceLock<Words> = OnceLock::new();
    READ.get_or_init(|| {
        toml::from_str(include_str!("../../assets/privacy/en.toml")).expect("a built-in text is well-formed")
    })
}

/// A sentence; its key stands in for one that is missing.
pub(super) fn say(key: &'static str) -> &'static str {
    english().words.get(key).map_or(key, String::as_str)
}

/// A sentence with values put in.
pub(super) fn fill(key: &'static str, values: &[(&str, &str)]) -> String {
    values.iter().fold(say(key).to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// What a field of a row is called.
pub(super) fn field(name: &str) -> String {
    english().fields.get(name).cloned().unwrap_or_else(|| name.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_used_and_every_word_that_is_used_is_there() {
        let pages = [
            include_str!("archive.rs"),
            include_str!("choices.rs"),
            include_str!("data.rs"),
            include_str!("enter.rs"),
            include_str!("erasing.rs"),
            include_str!("layout.rs"),
            include_str!("receipts.rs"),
            include_str!("rows.rs"),
        ]
        .concat();
        for key in english().words.keys() {
            assert!(pages.contains(&format!("\"{key}\"")), "`{key}` is used nowhere");
        }
        for called in ["say(\"", "fill(\""] {
            for part in pages.split(called).skip(1) {
                let key = part.split('"').next().unwrap();
                assert!(english().words.contains_key(key), "`{key}` is missing");
            }
        }
    }
}
