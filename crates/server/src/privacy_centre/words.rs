//! The sentences of the privacy centre.

use std::sync::OnceLock;

use crate::web::Words;

fn english() -> &'static Words {
    static READ: OnceLock<Words> = OnceLock::new();
    READ.get_or_init(|| Words::built_in(include_str!("../../assets/privacy/en.toml")))
}

/// A sentence.
pub(super) fn say(key: &'static str) -> &'static str {
    english().say(key)
}

/// A sentence with values put in.
pub(super) fn fill(key: &'static str, values: &[(&str, &str)]) -> String {
    english().fill(key, values)
}

/// What a field of a row is called.
pub(super) fn field(name: &str) -> String {
    english().name(name).map_or_else(|| name.replace('_', " "), str::to_owned)
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
        for key in english().keys() {
            assert!(pages.contains(&format!("\"{key}\"")), "`{key}` is used nowhere");
        }
        for called in ["say(\"", "fill(\""] {
            for part in pages.split(called).skip(1) {
                let key = part.split('"').next().unwrap();
                assert!(english().keys().any(|known| known == key), "`{key}` is missing");
            }
        }
    }
}
