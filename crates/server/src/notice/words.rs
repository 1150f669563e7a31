//! The sentences around what the register says.

use std::sync::OnceLock;

use privacy::data::Kind;

use crate::web::Words;

/// English, so far the only language of the notice.
pub(super) fn english() -> &'static Words {
    static READ: OnceLock<Words> = OnceLock::new();
    READ.get_or_init(|| Words::built_in(include_str!("../../assets/notice/en.toml")))
}

/// What a kind of data is called.
pub(super) fn kind(kind: Kind) -> &'static str {
    english().name(kind.as_str()).unwrap_or_else(|| kind.label())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_data_has_a_word_and_every_word_is_used() {
        let words = english();
        for kind in privacy::data::Kind::ALL {
            assert!(words.name(kind.as_str()).is_some(), "{kind}");
        }
        let page = include_str!("page.rs");
        for key in words.keys() {
            let stem = ["basis_", "deadline_"].iter().any(|stem| key.starts_with(stem));
            assert!(stem || page.contains(&format!("\"{key}\"")), "`{key}` is used nowhere");
        }
    }
}
