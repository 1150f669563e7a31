//! Rules for every file that people write: its length, and words that belong to the workshop.
//! It must never read anything but the text it is given.

use super::Violation;

const LONGEST_FILE_LINES: usize = 800;
const LENGTH_KINDS: [&str; 8] = [".rs", ".mjs", ".js", ".ts", ".css", ".html", ".sql", ".sh"];

/// Words of the workshop. In pieces, because this file keeps the rule too.
const WORDS: [(&str, Case, &str); 6] = [
    (concat!("/wo", "rk/"), Case::Exact, "say what it is without a path of one machine"),
    (concat!("issue", " #"), Case::Any, "say the reason itself; trackers move"),
    (concat!("TO", "DO"), Case::Exact, "finish it, or leave it out"),
    (concat!("FIX", "ME"), Case::Exact, "mend it, or say in a comment what holds"),
    (concat!("XX", "X"), Case::Exact, "say in a comment what holds"),
    (concat!("to", "do!("), Case::Exact, "finish it, or leave it out"),
];

#[derive(Clone, Copy)]
enum Case {
    Exact,
    Any,
}

pub(crate) fn check(path: &str, text: &str, found: &mut Vec<Violation>) {
    length(path, text, found);
    words(path, text, found);
}

fn length(path: &str, text: &str, found: &mut Vec<Violation>) {
    let lines = text.lines().count();
    if lines > LONGEST_FILE_LINES && LENGTH_KINDS.iter().any(|kind| path.ends_with(kind)) {
        let wrong = format!("the file has {lines} lines, more than {LONGEST_FILE_LINES}");
        found.push(Violation::new(
            path,
            LONGEST_FILE_LINES + 1,
            wrong,
            "find the ideas in it and give each a file",
        ));
    }
}

fn words(path: &str, text: &str, found: &mut Vec<Violation>) {
    for (index, line) in text.lines().enumerate() {
        let folded = line.to_ascii_lowercase();
        for (word, case, mend) in WORDS {
            let line = match case {
                Case::Exact => line,
                Case::Any => &folded,
            };
            if contains_word(line, word) {
                found.push(Violation::new(path, index + 1, format!("`{word}` stands here"), mend));
            }
        }
    }
}

/// Whether `word` stands in `line` and isn't the inside of a longer word.
pub(crate) fn contains_word(line: &str, word: &str) -> bool {
    word_at(line, word).is_some()
}

/// Where `word` stands in `text`, not as the inside of a longer word; in bytes.
pub(crate) fn word_at(text: &str, word: &str) -> Option<usize> {
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    let begins_in_name = word.starts_with(is_name);
    let ends_in_name = word.ends_with(is_name);
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|text| text.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|text| text.chars().next());
        !(begins_in_name && before.is_some_and(is_name) || ends_in_name && after.is_some_and(is_name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, text: &str) -> usize {
        let mut found = Vec::new();
        check(path, text, &mut found);
        found.len()
    }

    #[test]
    fn words_of_the_workshop_are_reported() {
        for text in [
            concat!("see /wo", "rk/x"),
            concat!("Issue", " #12"),
            concat!("// TO", "DO: x"),
            concat!("FIX", "ME"),
            concat!("// XX", "X"),
            concat!("to", "do!()"),
        ] {
            assert_eq!(faults("README.md", text), 1, "{text}");
        }
    }

    #[test]
    fn longer_words_are_let_be() {
        for text in [concat!("MA", "STO", "DON"), "homework/", "an issue of a magazine", "XXXL", "método"] {
            assert_eq!(faults("README.md", text), 0, "{text}");
        }
    }

    #[test]
    fn long_files_are_reported() {
        assert_eq!(faults("crates/a/src/a.rs", &"x\n".repeat(801)), 1);
        assert_eq!(faults("crates/a/src/a.rs", &"x\n".repeat(800)), 0);
        assert_eq!(faults("CHANGELOG.md", &"x\n".repeat(900)), 0);
    }
}
