//! How a visit came to the shop, as one of five words: what is left of a referrer and its query string.
//!
//! Must never give back a host, a path or a word of a query: the class alone leaves here.

use std::fmt;

/// How a visit came to the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CameFrom {
    /// From a search engine.
    Search,
    /// From a social network.
    Social,
    /// From an e-mail.
    EMail,
    /// By itself: typed, from a bookmark, or from a program that doesn't say.
    Direct,
    /// From another site.
    Other,
}

/// Parts of host names, in lower case. A name that begins with one and a dot, or has it between dots, is of the class.
const SEARCH: &[&str] = &[
    "search",
    "google",
    "bing",
    "duckduckgo",
    "ecosia",
    "qwant",
    "startpage",
    "yandex",
    "baidu",
    "brave",
    "kagi",
    "naver",
];
const SOCIAL: &[&str] = &[
    "social",
    "facebook",
    "instagram",
    "threads",
    "tiktok",
    "pinterest",
    "reddit",
    "linkedin",
    "lnkd",
    "twitter",
    "youtube",
    "mastodon",
    "bsky",
    "whatsapp",
    "snapchat",
    "weibo",
];
/// Whole names without a part that tells.
const SOCIAL_NAMES: &[&str] = &["t.co", "x.com", "t.me", "youtu.be", "fb.me"];
const MAIL: &[&str] = &["mail", "webmail", "gmail", "outlook", "newsletter", "proton", "mailchi"];

impl CameFrom {
    /// Every class.
    pub const ALL: [Self; 5] = [Self::Search, Self::Social, Self::EMail, Self::Direct, Self::Other];

    /// Reads the referrer of a page: `own` is that page's address, `query` what stands behind its `?`. `None` if it is a
    /// page of the same shop, so that the visit only goes on.
    ///
    /// ```
    /// use privacy::minimise::CameFrom;
    /// let came = |referrer, query| CameFrom::read(referrer, "https://shop.example/boots", query);
    /// assert_eq!(came("https://www.google.co.nz/", ""), Some(CameFrom::Search));
    /// assert_eq!(came("", "?utm_medium=email&email=ana@example.com"), Some(CameFrom::EMail));
    /// assert_eq!(came("https://www.shop.example/golf", ""), None);
    /// ```
    #[must_use]
    pub fn read(referrer: &str, own: &str, query: &str) -> Option<Self> {
        let mut marks = query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
        if marks.any(|(name, value)| name == "utm_medium" && value.eq_ignore_ascii_case("email")) {
            return Some(Self::EMail);
        }
        let referrer = referrer.trim();
        if referrer.is_empty() {
            return Some(Self::Direct);
        }
        let Some(host) = host(referrer) else { return Some(Self::Other) };
        if self::host(own).is_some_and(|own| own.eq_ignore_ascii_case(host)) {
            return None;
        }
        let host = host.to_ascii_lowercase();
        let is = |parts: &[&str]| host.split('.').any(|part| parts.contains(&part));
        // A mail program's page may belong to a search engine: `mail.google.com`.
        Some(if is(MAIL) {
            Self::EMail
        } else if is(SOCIAL) || SOCIAL_NAMES.contains(&host.as_str()) {
            Self::Social
        } else if is(SEARCH) || host.contains("yahoo.") {
            Self::Search
        } else {
            Self::Other
        })
    }

    /// The class with this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Social => "social",
            Self::EMail => "email",
            Self::Direct => "direct",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for CameFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The host in an address, without `www.`, port and credentials.
fn host(address: &str) -> Option<&str> {
    let rest = address.trim().strip_prefix("https://").or_else(|| address.trim().strip_prefix("http://"))?;
    let whole = rest.split(['/', '?', '#']).next()?;
    let host = whole.rsplit('@').next()?.split(':').next()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    (!host.is_empty()).then_some(host)
}

/// A place as the shop's page names it, from wide to narrow with slashes between (`nz/auckland`): lower case, letters,
/// digits and hyphens, at most three levels. `None` for anything else, an address or a postcode with a name in it.
///
/// ```
/// use privacy::minimise::region;
/// assert_eq!(region(" NZ/Auckland West").as_deref(), Some("nz/auckland-west"));
/// assert_eq!(region("ana@example.com"), None);
/// assert_eq!(region("12 Queen Street, Auckland 1010"), None);
/// ```
#[must_use]
pub fn region(text: &str) -> Option<String> {
    let plain = text.trim().to_lowercase().replace([' ', '_'], "-");
    let level = |part: &str| {
        (2..=30).contains(&part.chars().count())
            && part.chars().all(|c| c.is_alphanumeric() || c == '-')
            && part.chars().filter(char::is_ascii_digit).count() < 3
            && !part.starts_with(|c: char| c.is_ascii_digit() || c == '-')
    };
    (plain.split('/').count() <= 3 && plain.split('/').all(level)).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn referrers_become_one_of_five_words() {
        let check = |referrer: &str, expected: Option<CameFrom>| {
            assert_eq!(CameFrom::read(referrer, "https://shop.example/", ""), expected, "{referrer}");
        };
        use CameFrom::{Direct, EMail, Other, Search, Social};
        check("", Some(Direct));
        check("https://www.bing.com/search?q=ana+smith", Some(Search));
        check("https://nz.search.yahoo.com/", Some(Search));
        check("https://l.facebook.com/l.php?u=x", Some(Social));
        check("https://t.co/abc", Some(Social));
        check("https://mail.google.com/mail/u/0/", Some(EMail));
        check("https://forum.example/u/ana", Some(Other));
        check("android-app://com.google.android.gm", Some(Other));
        check("https://SHOP.example:443/golf", None);
        check("https://user:pass@www.shop.example", None);
        for class in CameFrom::ALL {
            assert_eq!(CameFrom::named(class.as_str()), Some(class));
        }
    }

    #[test]
    fn places_are_few_plain_words() {
        for (text, expected) in [
            ("Auckland", Some("auckland")),
            ("nz/otago/queenstown-lakes", Some("nz/otago/queenstown-lakes")),
            ("United Kingdom", Some("united-kingdom")),
            ("Waikato 3210", None),
            ("a/b/c/d", None),
            ("", None),
            ("x", None),
            ("-36.848, 174.763", None),
            ("nz//auckland", None),
        ] {
            assert_eq!(region(text).as_deref(), expected, "{text}");
        }
    }
}
