//! What a browser says about its owner's wishes without being asked: Global Privacy Control and Do Not Track.
//!
//! Reads header values only. Must never take anything but the exact signal for a signal, and must never let one
//! value that is silent cancel another that speaks.

use jiff::civil::Date;

/// What `Sec-GPC` says (W3C Global Privacy Control, section "The Sec-GPC Header Field").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gpc {
    /// The person objects to the sale and sharing of their data.
    OptOut,
    /// Nothing was said; this is no consent.
    Silent,
}

/// What `DNT` says (W3C Tracking Preference Expression, section 5.2): a hint, which no law obliges to heed by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dnt {
    /// The person prefers not to be tracked.
    Asked,
    /// Nothing was said, or tracking was allowed; this is no consent.
    Silent,
}

/// Reads the values of all `Sec-GPC` header fields of a request. Only exactly `1` counts; any field that says so wins.
///
/// ```
/// use privacy::signals::{Gpc, gpc};
/// assert_eq!(gpc([&b"1"[..]].into_iter()), Gpc::OptOut);
/// assert_eq!(gpc([&b"0"[..], b"1"].into_iter()), Gpc::OptOut);
/// assert_eq!(gpc([&b"true"[..]].into_iter()), Gpc::Silent);
/// ```
#[must_use]
pub fn gpc<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Gpc {
    if values.any(|value| value == b"1") { Gpc::OptOut } else { Gpc::Silent }
}

/// Reads the values of all `DNT` header fields of a request. A value that begins with `1` counts, since the
/// specification lets extensions follow it.
///
/// ```
/// use privacy::signals::{Dnt, dnt};
/// assert_eq!(dnt([&b"1"[..]].into_iter()), Dnt::Asked);
/// assert_eq!(dnt([&b"0"[..]].into_iter()), Dnt::Silent);
/// ```
#[must_use]
pub fn dnt<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Dnt {
    let asks = |value: &[u8]| {
        value.strip_prefix(b"1").is_some_and(|extension| extension.iter().all(|b| (0x21..=0x7e).contains(b)))
    };
    if values.any(asks) { Dnt::Asked } else { Dnt::Silent }
}

/// What `/.well-known/gpc.json` says: that Global Privacy Control is heeded here (W3C, section "GPC Support Resource").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GpcSupport {
    /// When it was first said so; what the signal means may change later.
    pub since: Date,
}

impl GpcSupport {
    /// The resource's text.
    ///
    /// ```
    /// use privacy::signals::GpcSupport;
    /// let support = GpcSupport { since: "2026-11-22".parse().unwrap() };
    /// assert_eq!(support.json(), r#"{"gpc":true,"lastUpdate":"2026-11-22"}"#);
    /// ```
    #[must_use]
    pub fn json(self) -> String {
        format!(r#"{{"gpc":true,"lastUpdate":"{}"}}"#, self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exactly_one_is_an_opt_out() {
        let check = |values: &[&[u8]], expected| {
            assert_eq!(gpc(values.iter().copied()), expected, "{values:?}");
        };
        check(&[], Gpc::Silent);
        check(&[b"1"], Gpc::OptOut);
        check(&[b"1", b"1"], Gpc::OptOut);
        check(&[b"0", b"1"], Gpc::OptOut);
        check(&[b"1", b"0"], Gpc::OptOut);
        check(&[b"", b"x", b"1"], Gpc::OptOut);
        let not_signals: [&[u8]; 14] = [
            b"", b"0", b"2", b"10", b"11", b"01", b"1.0", b"+1", b" 1", b"1 ", b"1,1", b"true", b"?1",
            b"\"1\"",
        ];
        for value in not_signals {
            check(&[value], Gpc::Silent);
        }
        check(&["１".as_bytes()], Gpc::Silent);
        check(&[b"1\0"], Gpc::Silent);
        check(&[b"\xff\xfe"], Gpc::Silent);
    }

    #[test]
    fn do_not_track_is_asked_by_a_one() {
        let check = |values: &[&[u8]], expected| {
            assert_eq!(dnt(values.iter().copied()), expected, "{values:?}");
        };
        check(&[], Dnt::Silent);
        check(&[b"1"], Dnt::Asked);
        check(&[b"1xyz"], Dnt::Asked);
        check(&[b"0", b"1"], Dnt::Asked);
        for value in [&b""[..], b"0", b"null", b"unspecified", b" 1", b"1 0"] {
            check(&[value], Dnt::Silent);
        }
    }
}
