//! Network addresses, cut down to the neighbourhood that they come from.
//!
//! Must never hold, give back or print a whole address.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// An address without its last part: the first 24 bits of IPv4, the first 48 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TruncatedIp {
    // INVARIANT: all bits past the prefix are zero.
    network: IpAddr,
}

impl TruncatedIp {
    /// Cuts an address. IPv6 addresses that hold an IPv4 address (mapped, or 6to4) are cut as that one, since their
    /// first 48 bits would give all of it away.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        let network = match address {
            IpAddr::V4(v4) => cut_v4(v4),
            IpAddr::V6(v6) => match (v6.to_ipv4_mapped(), v6.octets()) {
                (Some(v4), _) => cut_v4(v4),
                (None, [0x20, 0x02, a, b, c, d, ..]) => cut_v4(Ipv4Addr::new(a, b, c, d)),
                (None, _) => Ipv6Addr::from(u128::from(v6) & (u128::MAX << 80)).into(),
            },
        };
        Self { network }
    }

    /// The network's first address; its last part is zero.
    #[must_use]
    pub fn network(&self) -> IpAddr {
        self.network
    }

    /// How many bits are kept: 24 or 48.
    #[must_use]
    pub fn prefix_bits(&self) -> u8 {
        if self.network.is_ipv4() { 24 } else { 48 }
    }
}

impl fmt::Display for TruncatedIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix_bits())
    }
}

/// Reads an address as it stands in headers and logs (with a port, in brackets, with a zone, quoted, or after `for=`)
/// and cuts it; `None` for anything else.
///
/// ```
/// use privacy::minimise::truncate_ip;
/// let cut = |text| truncate_ip(text).map(|ip| ip.to_string());
/// assert_eq!(cut("203.0.113.77:4711"), Some("203.0.113.0/24".into()));
/// assert_eq!(cut("[2001:db8:1:2::3]:443"), Some("2001:db8:1::/48".into()));
/// assert_eq!(cut("::ffff:203.0.113.77"), Some("203.0.113.0/24".into()));
/// assert_eq!(cut("unknown"), None);
/// ```
#[must_use]
pub fn truncate_ip(text: &str) -> Option<TruncatedIp> {
    let text = text.trim();
    let text = match text.get(..4) {
        Some(start) if start.eq_ignore_ascii_case("for=") => text.get(4..)?,
        _ => text,
    };
    let text = text.trim_matches('"');
    if let Ok(socket) = text.parse::<SocketAddr>() {
        return Some(TruncatedIp::of(socket.ip()));
    }
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let without_zone = bare.split_once('%').map_or(bare, |(address, _)| address);
    without_zone.parse().ok().map(TruncatedIp::of)
}

/// Cuts each address of an `X-Forwarded-For` or `Forwarded` value, left to right, leaving out what is no address.
/// The left-most is the one that the client claims; only those added by proxies of one's own can be believed.
///
/// ```
/// use privacy::minimise::truncate_forwarded;
/// let all = truncate_forwarded("203.0.113.77, unknown, 198.51.100.9");
/// assert_eq!(all.iter().map(ToString::to_string).collect::<Vec<_>>(), ["203.0.113.0/24", "198.51.100.0/24"]);
/// ```
#[must_use]
pub fn truncate_forwarded(list: &str) -> Vec<TruncatedIp> {
    list.split([',', ';']).filter_map(truncate_ip).collect()
}

fn cut_v4(address: Ipv4Addr) -> IpAddr {
    let [a, b, c, _] = address.octets();
    Ipv4Addr::new(a, b, c, 0).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_cut_in_every_form() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(truncate_ip(text).map(|ip| ip.to_string()).as_deref(), expected, "{text}");
        };
        check("192.0.2.1", Some("192.0.2.0/24"));
        check("  192.0.2.255 ", Some("192.0.2.0/24"));
        check("192.0.2.1:80", Some("192.0.2.0/24"));
        check("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", Some("2001:db8:aaaa::/48"));
        check("[2001:db8:aaaa::1]", Some("2001:db8:aaaa::/48"));
        check("[2001:db8:aaaa::1]:8080", Some("2001:db8:aaaa::/48"));
        check("fe80::1%eth0", Some("fe80::/48"));
        check("::1", Some("::/48"));
        check("::ffff:192.0.2.9", Some("192.0.2.0/24"));
        check("[::ffff:c000:209]:443", Some("192.0.2.0/24"));
        check("2002:c000:0209::1", Some("192.0.2.0/24"));
        check("for=\"[2001:db8:cafe::17]:4711\"", Some("2001:db8:cafe::/48"));
        check("For=192.0.2.60", Some("192.0.2.0/24"));
        for bad in [
            "",
            "unknown",
            "_hidden",
            "192.0.2",
            "192.0.2.256",
            "1.2.3.4.5",
            "192.0.2.1:x",
            "[::1",
            "::g",
            "fü",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn forwarded_lists_lose_what_is_no_address() {
        let all = truncate_forwarded("for=192.0.2.60;proto=http;by=203.0.113.43, for=\"[2001:db8::1]\", , x");
        assert_eq!(
            all.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["192.0.2.0/24", "2001:db8::/48"]
        );
    }

    proptest! {
        #[test]
        fn nothing_past_the_prefix_is_ever_kept(v4 in any::<u32>(), v6 in any::<u128>()) {
            let cut = truncate_ip(&Ipv4Addr::from(v4).to_string()).unwrap();
            prop_assert_eq!(cut.network(), IpAddr::from(Ipv4Addr::from(v4 & 0xffff_ff00)));
            if let IpAddr::V6(cut) = truncate_ip(&Ipv6Addr::from(v6).to_string()).unwrap().network() {
                prop_assert_eq!(u128::from(cut) & (u128::MAX >> 48), 0);
            }
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,40}") {
            let _ = (truncate_ip(&text), truncate_forwarded(&text));
        }
    }
}
