//! Free text: finds what identifies people or gives access to their money, and takes it out.
//!
//! Finds e-mail addresses, telephone numbers, payment cards, bank accounts, tax numbers, network addresses, dates of
//! birth that are called so, and links that carry more than a page. Does not find names, streets or other words.
//! In doubt it takes out too much; must never report what it found except as place and kind.

use std::{collections::BTreeMap, fmt, net::IpAddr, ops::Range};

use super::{
    link::minimise_url,
    number::{Context, FEWEST_DIGITS, SHORTEST_IBAN, classify, iban_length},
};

/// Kinds of personal data that are found in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An e-mail address.
    EMail,
    /// A telephone number.
    Phone,
    /// A payment card's number.
    Card,
    /// An IBAN, or a New Zealand bank account.
    BankAccount,
    /// An IRD number (New Zealand) or a social security number (United States).
    TaxNumber,
    /// An IPv4 or IPv6 address.
    IpAddress,
    /// A date that the text calls a date of birth.
    BirthDate,
    /// A link with a query, a fragment, a sign-in part or an identifying path.
    Link,
}

impl Kind {
    /// What stands in the text in its place.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::EMail => "[e-mail]",
            Self::Phone => "[phone]",
            Self::Card => "[card]",
            Self::BankAccount => "[bank account]",
            Self::TaxNumber => "[tax number]",
            Self::IpAddress => "[network address]",
            Self::BirthDate => "[date of birth]",
            Self::Link => "[link]",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label().trim_matches(['[', ']']))
    }
}

/// One thing found, as its place in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Where it stands, in bytes; always on character boundaries.
    pub range: Range<usize>,
}

/// A text without what was found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The text, with `[e-mail]` and the like in place of what was found.
    pub text: String,
    /// How many of each kind were found.
    pub counts: BTreeMap<Kind, usize>,
}

/// Takes out of a text what [`find_personal`] finds.
///
/// ```
/// use privacy::minimise::{Kind, redact};
/// let redacted = redact("Ring 021 555 0123 or write to ana@example.com about order 1042.");
/// assert_eq!(redacted.text, "Ring [phone] or write to [e-mail] about order 1042.");
/// assert_eq!(redacted.counts[&Kind::EMail], 1);
/// ```
#[must_use]
pub fn redact(text: &str) -> Redacted {
    let mut out = String::with_capacity(text.len());
    let mut counts = BTreeMap::new();
    let mut done = 0;
    for Finding { kind, range } in find_personal(text) {
        out.push_str(text.get(done..range.start).unwrap_or(""));
        out.push_str(kind.label());
        done = range.end;
        *counts.entry(kind).or_insert(0) += 1;
    }
    out.push_str(text.get(done..).unwrap_or(""));
    Redacted { text: out, counts }
}

/// Finds what is personal in a text, from left to right, without overlaps. Takes time linear in its length.
///
/// ```
/// use privacy::minimise::{Finding, Kind, find_personal};
/// assert_eq!(find_personal("card 4111 1111 1111 1111"), [Finding { kind: Kind::Card, range: 5..24 }]);
/// assert!(find_personal("two size 42 boots, $199.95").is_empty());
/// ```
#[must_use]
pub fn find_personal(text: &str) -> Vec<Finding> {
    if !text.bytes().any(|b| b.is_ascii_digit() || matches!(b, b'@' | b':')) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut done = 0;
    for (range, kind) in links_and_mails(text) {
        find_numbers(text, done..range.start, &mut findings);
        done = range.end;
        findings.extend(kind.map(|kind| Finding { kind, range }));
    }
    find_numbers(text, done..text.len(), &mut findings);
    findings
}

/// Whether a short text, such as an id that a client chose, is itself something personal. Holds an e-mail address
/// anywhere, or is as a whole one of the other kinds.
///
/// ```
/// use privacy::minimise::{Kind, looks_like_personal};
/// assert_eq!(looks_like_personal("ana@example.com"), Some(Kind::EMail));
/// assert_eq!(looks_like_personal("+64 21 555 0123"), Some(Kind::Phone));
/// assert_eq!(looks_like_personal("customer-1042"), None);
/// ```
#[must_use]
pub fn looks_like_personal(text: &str) -> Option<Kind> {
    let text = text.trim();
    if is_too_plain(text) {
        return None;
    }
    let found = find_personal(text).into_iter();
    let whole = |found: &Finding| found.range == (0..text.len());
    found.filter(|found| found.kind == Kind::EMail || whole(found)).map(|found| found.kind).next()
}

/// Whether a text, as a whole, is none of what is looked for, at a glance: it has no sign that addresses and links have,
/// fewer digits than any number that belongs to somebody, and is shorter than any IBAN.
fn is_too_plain(text: &str) -> bool {
    let signs = |b: u8| matches!(b, b'@' | b':' | b'%' | b'.');
    text.len() < SHORTEST_IBAN
        && !text.bytes().any(signs)
        && text.bytes().filter(u8::is_ascii_digit).count() < FEWEST_DIGITS
}

/// Places of links (without a kind if they may stay) and of e-mail addresses, in order, without overlaps.
fn links_and_mails(text: &str) -> Vec<(Range<usize>, Option<Kind>)> {
    let mut all: Vec<(Range<usize>, Option<Kind>)> = Vec::new();
    for (at, _) in text.match_indices(['@', ':', '%']) {
        let done = all.last().map_or(0, |(range, _)| range.end);
        if at < done {
            continue;
        }
        let rest = text.get(at..).unwrap_or("");
        let found = if rest.starts_with("://") {
            Some(link_at(text, done, at))
        } else if rest.starts_with('@') {
            mail_at(text, done, at, 1)
        } else if rest.starts_with("%40") {
            mail_at(text, done, at, 3)
        } else {
            None
        };
        all.extend(found);
    }
    all
}

fn link_at(text: &str, from: usize, colon: usize) -> (Range<usize>, Option<Kind>) {
    let before = text.get(from..colon).unwrap_or("");
    let scheme = before.len() - before.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len();
    let after = text.get(colon..).unwrap_or("");
    let ends = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`' | '|' | '{' | '}' | '\\');
    let length = after.find(ends).unwrap_or(after.len());
    let body = after.get(..length).unwrap_or("").trim_end_matches(['.', ',', ';', ':', '!', ')', ']', '\'']);
    let range = colon - scheme..colon + body.len();
    let link = text.get(range.clone()).unwrap_or("");
    let bare = !link.contains(['?', '#', '@']);
    let stays = bare && minimise_url(link).is_some_and(|clean| !clean.contains("/:id"));
    (range, (!stays).then_some(Kind::Link))
}

fn mail_at(text: &str, from: usize, at: usize, sign: usize) -> Option<(Range<usize>, Option<Kind>)> {
    let before = text.get(from..at)?;
    let is_local = |c: char| {
        c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'' | '&' | '~' | '!' | '*')
    };
    let local =
        before.get(before.trim_end_matches(is_local).len()..)?.trim_start_matches(['\'', '.', '*', '!']);
    let after = text.get(at + sign..)?;
    let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let length = after.find(|c| !is_host(c)).unwrap_or(after.len());
    let host = after.get(..length)?.trim_end_matches(['.', '-']);
    let (name, top) = host.rsplit_once('.')?;
    let domain = top.chars().count() >= 2 && top.starts_with(char::is_alphabetic) && !name.is_empty();
    let range = at - local.len()..at + sign + host.len();
    (domain && !local.is_empty()).then_some((range, Some(Kind::EMail)))
}

/// Finds numbers and network addresses within a part of the text.
fn find_numbers(text: &str, part: Range<usize>, findings: &mut Vec<Finding>) {
    let Some(within) = text.get(..part.end) else { return };
    let mut at = part.start;
    while let Some(rest) = within.get(at..).filter(|rest| !rest.is_empty()) {
        let before = within.get(..at).unwrap_or("");
        let step = match next_token(rest, before) {
            Token::Found(kind, length) => {
                findings.push(Finding { kind, range: at..at + length });
                length
            }
            Token::Passed(length) => length,
        };
        at += step.max(1);
        while !within.is_char_boundary(at) {
            at += 1;
        }
    }
}

enum Token {
    /// Something personal of this length.
    Found(Kind, usize),
    /// Nothing: go on after this length.
    Passed(usize),
}

fn next_token(rest: &str, before: &str) -> Token {
    let word = |rest: &str| rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let Some(first) = rest.chars().next() else { return Token::Passed(1) };
    if let Some(length) = ip_length(rest, before) {
        return Token::Found(Kind::IpAddress, length);
    }
    if first.is_alphabetic() || first == '_' {
        return match iban_length(rest) {
            Some(length) => Token::Found(Kind::BankAccount, length),
            None => Token::Passed(word(rest)),
        };
    }
    let opens = matches!(first, '+' | '(')
        && rest.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if !first.is_ascii_digit() && !opens {
        return Token::Passed(first.len_utf8());
    }
    // A number that goes on from a word (`SKU-1234-5678`) belongs to the word.
    let trimmed = before.strip_suffix(['-', '.', '/']).unwrap_or(before);
    if first.is_ascii_digit()
        && trimmed.ends_with(|c: char| c.is_alphabetic() || c == '_')
        && !before.ends_with('.')
    {
        let chain = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '/'));
        return Token::Passed(chain.unwrap_or(rest.len()));
    }
    if let Some(length) = date_length(rest) {
        let born = ends_with_word(before, &["born", "birth", "birthday", "dob", "d.o.b", "birthdate"]);
        return if born { Token::Found(Kind::BirthDate, length) } else { Token::Passed(length) };
    }
    match classify(rest, context_of(before)) {
        Ok((kind, length)) => Token::Found(kind, length),
        // The whole word goes, so that `1234567x` isn't looked at again from its middle.
        Err(length) => Token::Passed(length.max(word(rest))),
    }
}

/// An address with a boundary on both sides.
fn ip_length(rest: &str, before: &str) -> Option<usize> {
    let starts = rest.starts_with(|c: char| c.is_ascii_hexdigit() || c == ':');
    if !starts || before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | ':' | '_')) {
        return None;
    }
    let is_part = |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | ':');
    let length =
        rest.char_indices().take(46).find(|(_, c)| !is_part(*c)).map_or(rest.len().min(46), |(at, _)| at);
    let followed = rest.get(length..)?.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let token = rest.get(..length)?.trim_end_matches(['.', ':']);
    let parts = token.split([':', '.']).filter(|part| !part.is_empty()).count();
    if followed || parts < 2 {
        return None;
    }
    // A port may follow an IPv4 address.
    let address = match token.split_once(':') {
        Some((v4, port)) if v4.contains('.') && port.bytes().all(|b| b.is_ascii_digit()) => v4,
        _ => token,
    };
    address.parse::<IpAddr>().ok().map(|_| address.len())
}

/// Length of a date in digits: `2026-02-03`, `3/2/2026`, `03.02.26`.
fn date_length(text: &str) -> Option<usize> {
    // A date has ten characters at most; one more tells whether it ends there.
    let is_part = |c: &char| c.is_ascii_digit() || matches!(c, '-' | '/' | '.');
    let length = text.chars().take(11).take_while(is_part).count();
    let token = text.get(..length)?.trim_end_matches(['-', '/', '.']);
    let separator = token.chars().find(|c| !c.is_ascii_digit())?;
    let parts: Vec<&str> = token.split(separator).collect();
    let [a, b, c] = parts[..] else { return None };
    let number =
        |text: &str, lengths: &[usize]| text.parse::<u32>().ok().filter(|_| lengths.contains(&text.len()));
    let (year, one, two) = if a.len() == 4 { (a, b, c) } else { (c, a, b) };
    number(year, &[2, 4]).filter(|year| year.to_string().len() < 3 || (1800..2200).contains(year))?;
    let (one, two) = (number(one, &[1, 2])?, number(two, &[1, 2])?);
    let day_and_month = one.min(two) <= 12 && one.max(two) <= 31 && one.min(two) >= 1;
    day_and_month.then_some(token.len())
}

fn context_of(before: &str) -> Context {
    if before.ends_with(['$', '€', '£', '¥', '#']) {
        return Context::Amount;
    }
    if ends_with_word(before, &["ird", "tax", "taxpayer"]) {
        return Context::Tax;
    }
    let phone = [
        "phone",
        "telephone",
        "tel",
        "call",
        "ring",
        "mobile",
        "cell",
        "text",
        "txt",
        "fax",
        "whatsapp",
        "ph",
        "dial",
        "desk",
    ];
    if ends_with_word(before, &phone) { Context::Phone } else { Context::None }
}

/// Whether one of the words stands among the last five before this place, within the sentence
/// and after any other number.
fn ends_with_word(before: &str, words: &[&str]) -> bool {
    let start = before.char_indices().rev().take(48).last().map_or(0, |(at, _)| at);
    let tail = before.get(start..).unwrap_or("").to_lowercase();
    let sentence =
        tail.rsplit(|c: char| c.is_ascii_digit() || matches!(c, '\n' | '!' | ';')).next().unwrap_or("");
    let mut last = sentence
        .split(|c: char| !c.is_alphabetic() && c != '.')
        .rev()
        .filter(|word| !word.is_empty())
        .take(5);
    last.any(|word| words.contains(&word.trim_matches('.')))
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
