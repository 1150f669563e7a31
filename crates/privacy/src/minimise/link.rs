//! Addresses of pages, without what tells who looked: query, fragment, sign-in part, and path segments that look
//! like identifiers.
//!
//! A text that isn't an address gives `None`; must never give back the raw text.

use percent_encoding::percent_decode_str;
use url::Url;

use super::text::find_personal;

/// Longest address that is read, in bytes.
const LONGEST: usize = 4096;
/// Stands for a path segment that was taken out.
const REDACTED: &str = ":id";

/// An http or https address without query, fragment and sign-in part; identifying path segments become `:id`.
///
/// ```
/// use privacy::minimise::minimise_url;
/// let clean = minimise_url("https://ana:secret@shop.example/bikes/?email=ana@example.com#top");
/// assert_eq!(clean.as_deref(), Some("https://shop.example/bikes/"));
/// let clean = minimise_url("https://shop.example/reset/ana%40example.com/go");
/// assert_eq!(clean.as_deref(), Some("https://shop.example/reset/:id/go"));
/// assert_eq!(minimise_url("not an address"), None);
/// ```
#[must_use]
pub fn minimise_url(text: &str) -> Option<String> {
    Some(clean(parse(text)?)?.into())
}

/// The same for a path alone, which must begin with a slash.
///
/// ```
/// use privacy::minimise::minimise_path;
/// assert_eq!(minimise_path("/bikes/trek-marlin-7?utm_id=5").as_deref(), Some("/bikes/trek-marlin-7"));
/// assert_eq!(minimise_path("bikes"), None);
/// ```
#[must_use]
pub fn minimise_path(text: &str) -> Option<String> {
    let text = text.trim();
    if !text.starts_with('/') || text.starts_with("//") || text.len() > LONGEST {
        return None;
    }
    let url = Url::parse("http://path.invalid").ok()?.join(text).ok()?;
    (url.host_str() == Some("path.invalid")).then_some(())?;
    Some(clean(url)?.path().to_owned())
}

/// Where a visitor came from: a page of one's own host as by [`minimise_url`], a foreign one as its origin only.
/// Foreign hosts given as bare network addresses are left out.
///
/// ```
/// use privacy::minimise::minimise_referrer;
/// let from = |text| minimise_referrer(text, "shop.example");
/// assert_eq!(from("https://www.shop.example/golf?x=1").as_deref(), Some("https://www.shop.example/golf"));
/// assert_eq!(from("https://forum.example/u/ana?x=1").as_deref(), Some("https://forum.example"));
/// ```
#[must_use]
pub fn minimise_referrer(text: &str, own_host: &str) -> Option<String> {
    let url = parse(text)?;
    let is_own = |host: &str| without_www(host).eq_ignore_ascii_case(without_www(own_host));
    if url.host_str().is_some_and(is_own) {
        return Some(clean(url)?.into());
    }
    url.domain()?;
    Some(url.origin().ascii_serialization())
}

fn parse(text: &str) -> Option<Url> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn without_www(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}

fn clean(mut url: Url) -> Option<Url> {
    url.set_query(None);
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    let segments: Vec<&str> =
        url.path_segments()?.map(|s| if is_identifying(s) { REDACTED } else { s }).collect();
    let path = format!("/{}", segments.join("/"));
    url.set_path(&path);
    Some(url)
}

/// Whether a path segment, percent-encoded or not, looks like it belongs to one person or one session.
pub(super) fn is_identifying(segment: &str) -> bool {
    let Some(plain) = decode(segment) else { return true };
    plain.contains(['@', '=', '?', '&', '#', ';', '\u{fffd}'])
        || plain.chars().any(char::is_control)
        || !find_personal(&plain).is_empty()
        || is_uuid(&plain)
        || plain.split(['-', '_', '.', ' ', '~', ':', ',', '+', '$', '!', '/']).any(is_token)
}

/// Percent-decodes until nothing changes; `None` if that takes more than three rounds.
fn decode(text: &str) -> Option<String> {
    let mut plain = text.to_owned();
    for _ in 0..4 {
        let decoded = percent_decode_str(&plain).decode_utf8_lossy().into_owned();
        if decoded == plain {
            return Some(plain);
        }
        plain = decoded;
    }
    None
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// A number of six or more digits, a hexadecimal word of 16 or more, or a long word that mixes letters and digits.
fn is_token(word: &str) -> bool {
    let (digits, letters) = word.chars().fold((0, 0), |(digits, letters), c| {
        (digits + usize::from(c.is_numeric()), letters + usize::from(c.is_alphabetic()))
    });
    let length = digits + letters;
    let mixed = word.contains(char::is_uppercase) && word.contains(char::is_lowercase) && digits > 0;
    let hex = word.bytes().all(|b| b.is_ascii_hexdigit());
    (letters == 0 && digits >= 6)
        || (hex && length >= 16)
        || (length >= 12 && letters > 0 && digits >= 3)
        || (length >= 16 && mixed)
        || length >= 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_lose_what_tells_who_looked() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(minimise_url(text).as_deref(), expected, "{text}");
        };
        check("https://shop.example", Some("https://shop.example/"));
        check("HTTPS://Shop.Example:443/A/b", Some("https://shop.example/A/b"));
        check("https://shop.example/a?email=x%40y.nz", Some("https://shop.example/a"));
        check("https://shop.example/?", Some("https://shop.example/"));
        check("https://shop.example/a#access_token=1", Some("https://shop.example/a"));
        check("https://u:p@shop.example:8443/", Some("https://shop.example:8443/"));
        check("https://shop.example/u/ana@example.com", Some("https://shop.example/u/:id"));
        check("https://shop.example/u/ana%2540example.com/x", Some("https://shop.example/u/:id/x"));
        check("https://shop.example/u/ana%25252525252540example.com", Some("https://shop.example/u/:id"));
        check("https://shop.example/a%3Femail=x", Some("https://shop.example/:id"));
        check("https://shop.example/a;jsessionid=12", Some("https://shop.example/:id"));
        check(
            "https://shop.example/o/550e8400-e29b-41d4-a716-446655440000",
            Some("https://shop.example/o/:id"),
        );
        check("https://shop.example/o/1234567/pay", Some("https://shop.example/o/:id/pay"));
        check("https://shop.example/o/order-1234567", Some("https://shop.example/o/:id"));
        check("https://shop.example/t/eyJhbGciOiJIUzI1NiJ9", Some("https://shop.example/t/:id"));
        check("https://shop.example/t/d41d8cd98f00b204", Some("https://shop.example/t/:id"));
        check("https://shop.example/call/+64211234567", Some("https://shop.example/call/:id"));
        check(
            "https://shop.example/bikes/trek-marlin-7-gen-3-2024",
            Some("https://shop.example/bikes/trek-marlin-7-gen-3-2024"),
        );
        check("https://shop.example/en-nz/p/12345", Some("https://shop.example/en-nz/p/12345"));
        check("https://shop.example/t%C5%AB%C4%AB/kayaks", Some("https://shop.example/t%C5%AB%C4%AB/kayaks"));
        for bad in [
            "",
            "ana@example.com",
            "mailto:ana@example.com",
            "tel:+64211234567",
            "/x",
            "https://",
            "http://[::1",
            "javascript:alert(1)",
            "data:text/plain,ana",
            "file:///home/ana",
            "https://a b/",
        ] {
            check(bad, None);
        }
        check(&format!("https://shop.example/{}", "a/".repeat(3000)), None);
    }

    #[test]
    fn foreign_referrers_are_reduced_to_their_origin() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(minimise_referrer(text, "www.shop.example").as_deref(), expected, "{text}");
        };
        check("https://shop.example/a?b", Some("https://shop.example/a"));
        check("https://SHOP.example/a?b", Some("https://shop.example/a"));
        check("https://search.example/?q=ana", Some("https://search.example"));
        check("https://ana:pw@mail.example:8443/inbox/5", Some("https://mail.example:8443"));
        check("http://192.168.1.7/router", None);
        check("http://[fe80::1]/", None);
        check("android-app://com.example", None);
        check("ana@example.com", None);
    }

    #[test]
    fn paths_are_cleaned_like_addresses() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(minimise_path(text).as_deref(), expected, "{text}");
        };
        check("/", Some("/"));
        check("/cart/ana@example.com?x#y", Some("/cart/:id"));
        check("/a/../b", Some("/b"));
        check("//evil.example/a", None);
        check("/\\evil.example/a", None);
        check("a/b", None);
        check("", None);
    }

    proptest! {
        #[test]
        fn a_mark_in_query_or_fragment_never_survives(path in "(/[a-z]{1,8}){0,3}", key in "[a-z]{1,5}", at in 0u8..3) {
            let mark = "canary77";
            let text = match at {
                0 => format!("https://shop.example{path}?{key}={mark}"),
                1 => format!("https://shop.example{path}#{key}{mark}"),
                _ => format!("https://{mark}:{mark}@shop.example{path}"),
            };
            prop_assert!(!minimise_url(&text).unwrap().contains(mark));
            prop_assert!(!minimise_referrer(&text, "x.example").unwrap().contains(mark));
        }

        #[test]
        fn cleaning_twice_changes_nothing_more(text in "https?://[a-z]{1,5}\\.nz(/\\PC{0,12}){0,3}") {
            if let Some(once) = minimise_url(&text) {
                prop_assert_eq!(minimise_url(&once), Some(once.clone()));
            }
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,60}") {
            let _ = (minimise_url(&text), minimise_path(&text), minimise_referrer(&text, &text));
        }
    }
}
