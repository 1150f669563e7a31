//! Rules for Rust code: where SQL, ciphers, clocks, randomness, routes and openings of personal data may stand.
//! It must never look into strings or comments for code, nor into code for words.

use super::Violation;
use super::source::Source;
use super::text::{contains_word, word_at};

/// SQL's openings, as they stand in string literals.
const SQL: [&str; 5] = ["SELECT ", "INSERT INTO", "DELETE FROM", "CREATE TABLE", "PRAGMA"];
const CIPHERS: [&str; 6] = ["aws_lc_rs", "ring::", "aes::", "aes_gcm", "hmac::", "chacha20poly1305"];
const CLOCKS: [&str; 5] = ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", "Utc::now"];
const RANDOMNESS: [&str; 8] = [
    "thread_rng",
    "rand::rng(",
    "rand::random",
    "rand::fill(",
    "SystemRandom",
    "OsRng",
    "getrandom",
    "fastrand",
];
/// Makes TLS with the same library as the vault's.
const TLS: &str = "crates/server/src/web/tls.rs";
/// Where routes and their access policies are put together.
const ROUTER: &str = "crates/server/src/web/router.rs";
const ROUTING: [&str; 3] = [".route(", ".route_service(", ".nest_service("];
const EMPTY_NAMES: [&str; 8] =
    ["util", "utils", "common", "manager", "managers", "helper", "helpers", "misc"];
/// How many lines above an opening its reason may stand.
const REASON_LINES: usize = 3;

pub(crate) fn check(source: &Source<'_>, found: &mut Vec<Violation>) {
    opening_words(source, found);
    names(source, found);
    sql(source, found);
    ciphers(source, found);
    clock_and_randomness(source, found);
    data_subjects(source, found);
    routes(source, found);
    openings(source, found);
}

fn opening_words(source: &Source<'_>, found: &mut Vec<Violation>) {
    if source.crate_of_src().is_some() && !source.text.starts_with("//!") {
        let mend = "open it with `//!`: what it is for and what it must never do";
        found.push(Violation::new(source.path, 1, "the file doesn't say what it is for", mend));
    }
}

fn names(source: &Source<'_>, found: &mut Vec<Violation>) {
    let mend = "name it after the thing it holds";
    let file = source.path.strip_suffix(".rs").unwrap_or(source.path);
    if source.path.starts_with("crates/")
        && let Some(name) = file.split('/').skip(2).find(|part| EMPTY_NAMES.contains(part))
    {
        found.push(Violation::new(source.path, 1, format!("`{name}` says nothing"), mend));
    }
    for (number, line) in source.numbered() {
        let Some(at) = word_at(&line.code, "mod") else { continue };
        let name = line.code.get(at + 3..).unwrap_or_default().trim_start();
        let name = name.split(|character: char| !character.is_alphanumeric() && character != '_').next();
        if let Some(name) = name.filter(|name| EMPTY_NAMES.contains(name)) {
            found.push(Violation::new(source.path, number, format!("`mod {name}` says nothing"), mend));
        }
    }
}

fn sql(source: &Source<'_>, found: &mut Vec<Violation>) {
    if matches!(source.crate_of_src(), None | Some("store" | "xtask")) {
        return;
    }
    let mend = "SQL belongs to `store`; call one of its named functions, or add one";
    for literal in source.shipped_literals() {
        if let Some((at, opening)) = sql_in(&literal.text) {
            let before = literal.text.get(..at).unwrap_or_default().matches('\n').count();
            let wrong = format!("SQL outside `store` (`{}`)", opening.trim_end());
            found.push(Violation::new(source.path, literal.line + before, wrong, mend));
        }
    }
    for (number, line) in source.shipped() {
        if contains_word(&line.code, "rusqlite") {
            found.push(Violation::new(source.path, number, "`rusqlite` outside `store`", mend));
        }
    }
}

fn sql_in(text: &str) -> Option<(usize, &'static str)> {
    let opening = SQL.iter().find_map(|opening| word_at(text, opening).map(|at| (at, *opening)));
    opening.or_else(|| {
        let at = word_at(text, "UPDATE ")?;
        contains_word(text.get(at..)?, "SET").then_some((at, "UPDATE … SET"))
    })
}

fn ciphers(source: &Source<'_>, found: &mut Vec<Violation>) {
    if matches!(source.crate_of_src(), None | Some("privacy")) || source.path == TLS {
        return;
    }
    for (number, line) in source.shipped() {
        if let Some(cipher) = CIPHERS.iter().find(|cipher| contains_word(&line.code, cipher)) {
            let wrong = format!("`{cipher}` outside `privacy`");
            let mend = "ciphers, keys and signatures belong to `privacy`; ask it for what you need";
            found.push(Violation::new(source.path, number, wrong, mend));
        }
    }
}

fn clock_and_randomness(source: &Source<'_>, found: &mut Vec<Violation>) {
    if !matches!(source.crate_of_src(), Some("privacy" | "models")) {
        return;
    }
    for (number, line) in source.shipped() {
        if let Some(clock) = CLOCKS.iter().find(|clock| contains_word(&line.code, clock)) {
            let wrong = format!("`{clock}` reads a clock");
            found.push(Violation::new(source.path, number, wrong, "take `now` as an argument"));
        }
        if let Some(source_of) = RANDOMNESS.iter().find(|name| contains_word(&line.code, name)) {
            let wrong = format!("`{source_of}` makes its own randomness");
            found.push(Violation::new(
                source.path,
                number,
                wrong,
                "take the source of randomness as an argument",
            ));
        }
    }
}

fn data_subjects(source: &Source<'_>, found: &mut Vec<Violation>) {
    if !source.path.starts_with("crates/models/") {
        return;
    }
    for (number, line) in source.numbered() {
        if let Some(word) = ["privacy::", "Subject"].iter().find(|word| contains_word(&line.code, word)) {
            let wrong = format!("`{word}` in `models`, which knows no data subjects");
            found.push(Violation::new(
                source.path,
                number,
                wrong,
                "take plain numbers and rows as arguments",
            ));
        }
    }
}

fn routes(source: &Source<'_>, found: &mut Vec<Violation>) {
    if source.crate_of_src() != Some("server") || source.path == ROUTER {
        return;
    }
    for (number, line) in source.shipped() {
        if let Some(call) = ROUTING.iter().find(|call| line.code.contains(**call)) {
            let wrong = format!("`{call}` makes a route that has no access policy");
            let mend = "declare it in a table: `declare(Access::…, method, \"/path\", handler)`";
            found.push(Violation::new(source.path, number, wrong, mend));
        }
    }
}

fn openings(source: &Source<'_>, found: &mut Vec<Violation>) {
    if source.crate_of_src().is_none() {
        return;
    }
    for (number, line) in source.shipped() {
        if !line.code.contains(".expose(") {
            continue;
        }
        let above = source.lines.get(number.saturating_sub(1 + REASON_LINES)..number).unwrap_or_default();
        if !above.iter().any(|line| line.comment.contains("exposed:")) {
            let wrong = "personal data is opened without a reason";
            let mend =
                "say in a comment `// exposed: …` on this line or one of the three above why it must be";
            found.push(Violation::new(source.path, number, wrong, mend));
        }
    }
}

#[cfg(test)]
mod tests;
