//! A Rust file taken apart into code, string literals and comments, line by line, with test code marked.
//! It must never report a string or a comment as code: the rules of the house rest on that.
#![expect(
    clippy::indexing_slicing,
    reason = "every index is checked against the length in the same expression or loop"
)]

/// One line in three views.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// The code, with the content of strings and the comments left out.
    pub(crate) code: String,
    /// The words of the comments.
    pub(crate) comment: String,
    /// Whether the line is part of an item under `#[cfg(test)]`.
    pub(crate) is_test: bool,
}

/// A string literal's content as written (escapes not resolved).
#[derive(Debug)]
pub(crate) struct Literal {
    /// Where it begins, counted from 1.
    pub(crate) line: usize,
    pub(crate) text: String,
}

pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    pub(crate) lines: Vec<Line>,
    pub(crate) literals: Vec<Literal>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(path: &'a str, text: &'a str) -> Self {
        let mut scanner = Scanner::new(text);
        scanner.run();
        let Scanner { mut lines, literals, .. } = scanner;
        mark_tests(&mut lines);
        Self { path, text, lines, literals }
    }

    /// The folder under `crates/` when this is a file of a crate's `src`.
    pub(crate) fn crate_of_src(&self) -> Option<&'a str> {
        let (name, rest) = self.path.strip_prefix("crates/")?.split_once('/')?;
        rest.starts_with("src/").then_some(name)
    }

    /// Whether the whole file is test code.
    pub(crate) fn is_test_file(&self) -> bool {
        let folder = |name: &str| self.path.contains(&format!("/{name}/"));
        let file = |ending: &str| self.path.ends_with(ending);
        folder("tests") || folder("benches") || folder("examples") || file("/tests.rs") || file("_tests.rs")
    }

    /// The lines that end up in a program, numbered from 1.
    pub(crate) fn shipped(&self) -> impl Iterator<Item = (usize, &Line)> {
        let file_is_test = self.is_test_file();
        self.numbered().filter(move |(_, line)| !file_is_test && !line.is_test)
    }

    pub(crate) fn numbered(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.lines.iter().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The string literals of shipped code.
    pub(crate) fn shipped_literals(&self) -> impl Iterator<Item = &Literal> {
        let file_is_test = self.is_test_file();
        let in_test = |line: usize| self.lines.get(line - 1).is_some_and(|line| line.is_test);
        self.literals.iter().filter(move |literal| !file_is_test && !in_test(literal.line))
    }
}

struct Scanner {
    characters: Vec<char>,
    at: usize,
    lines: Vec<Line>,
    literals: Vec<Literal>,
}

impl Scanner {
    fn new(text: &str) -> Self {
        Self { characters: text.chars().collect(), at: 0, lines: vec![Line::default()], literals: Vec::new() }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn take(&mut self) -> Option<char> {
        let character = self.peek(0)?;
        self.at += 1;
        if character == '\n' {
            self.lines.push(Line::default());
        }
        Some(character)
    }

    fn take_code(&mut self) {
        if let Some(character) = self.take()
            && character != '\n'
            && let Some(line) = self.lines.last_mut()
        {
            line.code.push(character);
        }
    }

    fn take_comment(&mut self) {
        if let Some(character) = self.take()
            && character != '\n'
            && let Some(line) = self.lines.last_mut()
        {
            line.comment.push(character);
        }
    }

    fn run(&mut self) {
        while let Some(character) = self.peek(0) {
            match (character, self.peek(1)) {
                ('/', Some('/')) => self.line_comment(),
                ('/', Some('*')) => self.block_comment(),
                ('"', _) => self.string(),
                ('r', Some('"' | '#')) if self.begins_raw_string() => self.raw_string(),
                ('\'', _) => self.quote(),
                _ => self.take_code(),
            }
        }
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|character| character != '\n') {
            self.take_comment();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_u32;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.take_comment();
                }
                (Some('*'), Some('/')) => {
                    depth -= 1;
                    self.take_comment();
                    if depth == 0 {
                        self.take_comment();
                        return;
                    }
                }
                (None, _) => return,
                _ => {}
            }
            self.take_comment();
        }
    }

    fn string(&mut self) {
        let line = self.lines.len();
        self.take_code();
        let mut text = String::new();
        while let Some(character) = self.peek(0) {
            if character == '"' {
                self.take_code();
                break;
            }
            text.extend(self.take());
            if character == '\\' {
                text.extend(self.take());
            }
        }
        self.literals.push(Literal { line, text });
    }

    /// At an `r`: whether `r"`, `r#"`, … follows and the `r` (or `br`, `cr`) isn't the end of a name.
    fn begins_raw_string(&self) -> bool {
        let is_name = |character: char| character.is_alphanumeric() || character == '_';
        let before = |back: usize| self.at.checked_sub(back).map(|index| self.characters[index]);
        let prefix_is_free = match before(1) {
            Some('b' | 'c') => !before(2).is_some_and(is_name),
            other => !other.is_some_and(is_name),
        };
        let hashes = self.characters[self.at + 1..].iter().take_while(|character| **character == '#').count();
        prefix_is_free && self.peek(1 + hashes) == Some('"')
    }

    fn raw_string(&mut self) {
        let line = self.lines.len();
        self.take_code();
        let mut hashes = 0;
        while self.peek(0) == Some('#') {
            hashes += 1;
            self.take_code();
        }
        self.take_code();
        let mut text = String::new();
        while let Some(character) = self.peek(0) {
            if character == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                (0..=hashes).for_each(|_| self.take_code());
                break;
            }
            text.extend(self.take());
        }
        self.literals.push(Literal { line, text });
    }

    /// A character literal (its content is left out), or a lifetime.
    fn quote(&mut self) {
        let length = match (self.peek(1), self.peek(2)) {
            // The escaped character itself may be a quote: the search for the end begins behind it.
            (Some('\\'), _) => {
                let end = (3..).find(|ahead| self.peek(*ahead).is_none_or(|character| character == '\''));
                end.map(|end| end + 1)
            }
            (Some(_), Some('\'')) => Some(3),
            _ => None,
        };
        self.take_code();
        if let Some(length) = length {
            (2..length).for_each(|_| {
                self.take();
            });
            self.take_code();
        }
    }
}

/// Marks the lines of items under `#[cfg(test)]`, from the attribute to the closing brace or semicolon.
fn mark_tests(lines: &mut [Line]) {
    let mut open: Option<Item> = None;
    for line in lines {
        let mut rest = line.code.as_str();
        if open.is_none()
            && let Some(at) = ["#[cfg(test)]", "#[cfg(all(test", "#[cfg(any(test"]
                .iter()
                .find_map(|mark| line.code.find(mark).map(|at| at + mark.len()))
        {
            open = Some(Item::default());
            rest = line.code.get(at..).unwrap_or_default();
        }
        if let Some(item) = &mut open {
            line.is_test = true;
            if item.ends_in(rest) {
                open = None;
            }
        }
    }
}

#[derive(Default)]
struct Item {
    braces: i32,
    others: i32,
}

impl Item {
    fn ends_in(&mut self, code: &str) -> bool {
        for character in code.chars() {
            match character {
                '{' => self.braces += 1,
                '}' => self.braces -= 1,
                '(' | '[' => self.others += 1,
                ')' | ']' => self.others -= 1,
                _ => {}
            }
            let closed = character == '}' || (character == ';' && self.others <= 0);
            if closed && self.braces <= 0 {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<String> {
        Source::new("crates/a/src/lib.rs", text).lines.into_iter().map(|line| line.code).collect()
    }

    #[test]
    fn strings_and_comments_are_not_code() {
        assert_eq!(code("let a = \"x // y\"; // z"), ["let a = \"\"; "]);
        assert_eq!(code("a /* b /* c */ d */ e"), ["a  e"]);
        assert_eq!(code("f(r#\"a\"b\"#, br\"c\", r\"\\\")"), ["f(r#\"\"#, br\"\", r\"\")"]);
        assert_eq!(code("\"a\\\"b\" c"), ["\"\" c"]);
        assert_eq!(code("\"a\nb\" c"), ["\"", "\" c"]);
        assert_eq!(code("let r#type = var\"x\";"), ["let r#type = var\"\";"]);
    }

    #[test]
    fn quotes_are_told_from_lifetimes() {
        assert_eq!(code("'\"' x"), ["'' x"]);
        assert_eq!(code("fn f<'a>(x: &'a str) {} // c"), ["fn f<'a>(x: &'a str) {} "]);
        assert_eq!(code(r"('\'', '\\', '\u{1F600}', b'\n') // c"), ["('', '', '', b'') "]);
    }

    #[test]
    fn literals_keep_their_line_and_words() {
        let source = Source::new("crates/a/src/lib.rs", "a\nlet b = \"c\nd\"; // e");
        let literal = &source.literals[0];
        assert_eq!((literal.line, literal.text.as_str()), (2, "c\nd"));
        assert_eq!(source.lines[2].comment, "// e");
    }

    #[test]
    fn test_items_are_marked_to_their_end() {
        let text = "a\n#[cfg(test)]\n#[path = \"x\"]\nmod tests {\n fn f(x: [u8; 3]) { x; }\n}\nb\n#[cfg(test)] use c;\nd";
        let source = Source::new("crates/a/src/lib.rs", text);
        let shipped: Vec<_> = source.shipped().map(|(number, _)| number).collect();
        assert_eq!(shipped, [1, 7, 9]);
        for path in ["crates/a/tests/it.rs", "crates/a/src/b/tests.rs", "crates/a/src/b/text_tests.rs"] {
            assert_eq!(Source::new(path, "a").shipped().count(), 0, "{path}");
        }
    }
}
