//! Numbers that belong to people, told apart by their shape and check digits: cards, accounts, tax, telephone.
//!
//! Judges only; must never keep or report the number itself.

use super::text::Kind;

/// Most groups of digits that one number is made of.
const MOST_GROUPS: usize = 10;

/// Fewest digits of any number that belongs to somebody.
pub(super) const FEWEST_DIGITS: usize = 7;
/// Norway's.
pub(super) const SHORTEST_IBAN: usize = 15;

/// A group of digits, as a range of bytes, and what stands between it and the next.
struct Group<'t> {
    digits: &'t str,
    end: usize,
    separator: &'t str,
}

/// What the words before a number say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// A telephone, mobile or fax.
    Phone,
    /// A tax number.
    Tax,
    /// A price or a hash sign: no telephone.
    Amount,
    /// Nothing.
    None,
}

/// The number that personally belongs to somebody at the start of `text`, as its kind and length in bytes.
/// Otherwise the length of the first group of digits, to go on from.
pub(super) fn classify(text: &str, context: Context) -> Result<(Kind, usize), usize> {
    let plus = text.starts_with('+');
    let paren = text.starts_with('(');
    let lead = usize::from(plus || paren);
    let groups = groups_of(text, lead);
    let first_end = groups.first().map_or(1, |group| group.end);
    for count in (1..=groups.len()).rev() {
        let Some(part) = groups.get(..count) else { continue };
        // Nothing that is looked for has fewer than seven digits.
        if part.iter().map(|group| group.digits.len()).sum::<usize>() < FEWEST_DIGITS {
            break;
        }
        let Some(end) = part.last().map(|group| group.end) else { continue };
        if let Some(kind) = kind_of(part, plus, paren || inner_paren(part), context) {
            return Ok((kind, end + extension_length(text.get(end..).unwrap_or(""))));
        }
    }
    Err(first_end)
}

fn groups_of(text: &str, lead: usize) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let mut at = lead;
    while groups.len() < MOST_GROUPS {
        let rest = text.get(at..).unwrap_or("");
        // A national prefix may stand in brackets right after the plus sign or the country code.
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            break;
        }
        let end = at + digits;
        let after = text.get(end..).unwrap_or("");
        let joined = after.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '%');
        if joined && extension_length(after) == 0 {
            break;
        }
        let separator: usize = after.chars().take_while(|c| is_separator(*c)).map(char::len_utf8).sum();
        let between = after.get(..separator).unwrap_or("");
        groups.push(Group { digits: rest.get(..digits).unwrap_or(""), end, separator: between });
        if between.is_empty() || between.chars().count() > 3 {
            break;
        }
        at = end + separator;
    }
    groups
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '(' | ')' | '\u{a0}' | '\u{2010}'..='\u{2013}')
}

/// Length of an extension such as ` x123` or ` ext. 5`.
fn extension_length(text: &str) -> usize {
    let trimmed = text.trim_start_matches(' ');
    let lower: String = trimmed.chars().take(5).collect::<String>().to_ascii_lowercase();
    let word = ["ext. ", "ext.", "ext ", "ext", "x"].into_iter().find(|word| lower.starts_with(word));
    let Some(word) = word else { return 0 };
    let rest = trimmed.get(word.len()..).unwrap_or("");
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let ends = !rest.get(digits..).unwrap_or("").starts_with(char::is_alphanumeric);
    if (1..=6).contains(&digits) && ends { text.len() - rest.len() + digits } else { 0 }
}

fn inner_paren(groups: &[Group<'_>]) -> bool {
    groups.iter().rev().skip(1).any(|group| group.separator.contains(['(', ')']))
}

fn kind_of(groups: &[Group<'_>], plus: bool, paren: bool, context: Context) -> Option<Kind> {
    let digits: String = groups.iter().map(|group| group.digits).collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.digits.len()).collect();
    let inner = groups.get(..groups.len().saturating_sub(1)).unwrap_or(&[]);
    let only = |allowed: &[char]| {
        inner.iter().all(|g| g.separator.chars().count() == 1 && g.separator.starts_with(allowed))
    };
    if !plus && only(&[' ', '-']) {
        if is_card(&digits) && lengths.iter().all(|length| *length >= 2) {
            return Some(Kind::Card);
        }
        if matches!(lengths[..], [2, 4, 7, 2 | 3]) {
            return Some(Kind::BankAccount);
        }
        let written_as_tax = matches!(lengths[..], [2 | 3, 3, 3]) && only(&['-']);
        if (context == Context::Tax || written_as_tax) && is_ird(&digits) {
            return Some(Kind::TaxNumber);
        }
        if lengths == [3, 2, 4] && only(&['-']) {
            return Some(Kind::TaxNumber);
        }
    }
    let shape = Shape {
        digits: &digits,
        lengths: &lengths,
        plus,
        paren,
        dots: only(&['.']),
        spaces: only(&[' ']),
        told: context == Context::Phone,
    };
    (context != Context::Amount && shape.is_phone()).then_some(Kind::Phone)
}

/// How a number is written.
struct Shape<'a> {
    digits: &'a str,
    /// Digits in each group.
    lengths: &'a [usize],
    /// Begins with a plus sign.
    plus: bool,
    /// Has an area code in brackets.
    paren: bool,
    /// Single dots between all groups.
    dots: bool,
    /// Single blanks between all groups.
    spaces: bool,
    /// The words before call it a telephone number.
    told: bool,
}

impl Shape<'_> {
    /// Whether digits in these groups are written as telephone numbers are.
    fn is_phone(&self) -> bool {
        let Self { told, dots, spaces, .. } = *self;
        let count = self.digits.len();
        if !(7..=15).contains(&count) {
            return false;
        }
        if self.plus {
            return count >= 8;
        }
        if told || (self.paren && count <= 13 && self.lengths.len() > 1) {
            return true;
        }
        let trunk = self.digits.starts_with('0') && !self.digits.starts_with("000");
        match self.lengths {
            [_] => trunk && is_trunk_number(self.digits),
            _ if trunk => count <= 13,
            [3, 4] => !dots,
            // A year and a number: `2019-2020`, case `2026-0117`.
            [4, 4] => !dots && !self.digits.starts_with("19") && !self.digits.starts_with("20"),
            [_, _] => false,
            [1, 3, 3, 4] => self.digits.starts_with('1'),
            [1, ..] => false,
            // Sizes in a row are written like this too.
            all if spaces && all.iter().all(|length| *length == 2) => false,
            [_, rest @ ..] if dots && rest.iter().all(|length| *length == 3) => false,
            all => count <= 12 && all.iter().all(|length| (2..=5).contains(length)),
        }
    }
}

/// Digits in one piece that begin with a zero: an area or mobile code, or an international `00`.
fn is_trunk_number(digits: &str) -> bool {
    match digits.as_bytes() {
        [b'0', b'0', _, ..] => (10..=15).contains(&digits.len()),
        _ => (9..=11).contains(&digits.len()),
    }
}

/// Payment cards: a first digit and a length that issuers use, and the check digit (ISO/IEC 7812-1, Luhn).
fn is_card(digits: &str) -> bool {
    let first: u32 = digits.get(..4).and_then(|start| start.parse().ok()).unwrap_or(0);
    let issued = match digits.len() {
        12 => matches!(first, 5000..=5099 | 5600..=6999),
        13 | 19 => matches!(first, 4000..=4999),
        14 => matches!(first, 3000..=3059 | 3600..=3699 | 3800..=3999),
        15 => matches!(first, 3400..=3499 | 3700..=3799 | 1800 | 2131),
        16 => matches!(first, 2200..=2720 | 3500..=3599 | 4000..=6999),
        17 | 18 => matches!(first, 5000..=5099 | 5600..=6999),
        _ => false,
    };
    issued && luhn_sum(digits).is_multiple_of(10)
}

fn luhn_sum(digits: &str) -> u32 {
    let values = digits.chars().rev().filter_map(|c| c.to_digit(10)).enumerate();
    values.map(|(i, digit)| if i % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }).sum()
}

/// New Zealand's IRD numbers: 8 or 9 digits with a check digit modulo 11 (Inland Revenue, resident withholding tax
/// and non-resident withholding tax specification, "IRD number validation").
pub(super) fn is_ird(digits: &str) -> bool {
    let Ok(number) = digits.parse::<u64>() else { return false };
    if !(8..=9).contains(&digits.len()) || !(10_000_000..=150_000_000).contains(&number) {
        return false;
    }
    let base: Vec<u64> = (0..8).rev().map(|power| number / 10 / 10u64.pow(power) % 10).collect();
    let check = |weights: [u64; 8]| {
        let sum: u64 = base.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
        (11 - sum % 11) % 11
    };
    let given = number % 10;
    match check([3, 2, 7, 6, 5, 4, 3, 2]) {
        10 => check([7, 4, 3, 2, 5, 2, 7, 6]) == given,
        first => first == given,
    }
}

/// Length in bytes of an IBAN (ISO 13616) at the start of `text`, written together or in groups.
pub(super) fn iban_length(text: &str) -> Option<usize> {
    // Two letters and two digits, or it is none: nearly every word ends here.
    let [a, b, c, d, ..] = text.as_bytes() else { return None };
    if !(a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit()) {
        return None;
    }
    let mut compact = String::new();
    let mut found = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if !c.is_ascii_alphanumeric() {
            let single = compact.len() >= 4
                && matches!(c, ' ' | '-')
                && next.is_some_and(|next| next.is_ascii_alphanumeric());
            if single { continue } else { break }
        }
        compact.push(c.to_ascii_uppercase());
        let form = match compact.len() {
            1 | 2 => c.is_ascii_alphabetic(),
            3 | 4 => c.is_ascii_digit(),
            length => length <= 34,
        };
        if !form {
            break;
        }
        let ends = !next.is_some_and(|next| next.is_alphanumeric() || next == '_');
        if ends && is_iban(&compact) {
            found = Some(at + 1);
        }
    }
    found
}

fn is_iban(compact: &str) -> bool {
    let digits = compact.bytes().filter(u8::is_ascii_digit).count();
    let (head, tail) = compact.split_at_checked(4).unwrap_or((compact, ""));
    if compact.len() < 15
        || digits < 8
        || head.ends_with("00")
        || head.ends_with("01")
        || head.ends_with("99")
    {
        return false;
    }
    let remainder = tail.chars().chain(head.chars()).try_fold(0, |sum, c| {
        let value = c.to_digit(36)?;
        Some((sum * if value < 10 { 10 } else { 100 } + value) % 97)
    });
    remainder == Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of Inland Revenue's specification.
    #[test]
    fn ird_numbers_are_known_by_their_check_digit() {
        for valid in ["49091850", "35901981", "49098576", "136410132"] {
            assert!(is_ird(valid), "{valid}");
        }
        for invalid in ["136410133", "9125568", "49091851", "999999999", "", "4909185x"] {
            assert!(!is_ird(invalid), "{invalid}");
        }
    }

    #[test]
    fn ibans_are_known_by_their_check_digits() {
        let check = |text: &str, expected| assert_eq!(iban_length(text), expected, "{text}");
        check("GB82WEST12345698765432", Some(22));
        check("GB82 WEST 1234 5698 7654 32 please", Some(27));
        check("de89 3704 0044 0532 0130 00.", Some(27));
        check("MT84MALT011000012345MTLCAST001S", Some(31));
        check("GB83WEST12345698765432", None);
        check("GB82WEST12345698765432x", None);
        check("an 82 words", None);
        check("", None);
    }

    #[test]
    fn cards_are_known_by_issuer_and_check_digit() {
        for valid in [
            "4111111111111111",
            "5555555555554444",
            "378282246310005",
            "6011111111111117",
            "30569309025904",
            "3530111333300000",
            "2223003122003222",
        ] {
            assert!(is_card(valid), "{valid}");
        }
        // A wrong check digit, and barcodes of goods.
        for invalid in
            ["4111111111111112", "9421234567890", "9300675024235", "1234567890123452", "0000000000000000", ""]
        {
            assert!(!is_card(invalid), "{invalid}");
        }
    }
}
