//! A browser's long self-description, reduced to what serving and counting need: family, major version, system, device.
//!
//! Gives out words from its own short lists only; must never pass on a piece of the raw text.

use std::fmt;

/// What is kept of a user agent. Written as `Chrome 131`, or `Other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Agent {
    /// Browser, tool or bot, from a fixed list; `Other` if unknown.
    pub family: &'static str,
    /// Major version, if there is one below 10,000.
    pub major: Option<u16>,
    /// Operating system.
    pub os: Os,
    /// Class of device.
    pub device: Device,
}

/// Families of operating systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Os {
    /// Microsoft Windows.
    Windows,
    /// Apple macOS.
    MacOs,
    /// iPhone and iPad.
    Ios,
    /// Android.
    Android,
    /// ChromeOS.
    ChromeOs,
    /// Linux and other systems with X11.
    Linux,
    /// Not known.
    Other,
}

/// Classes of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Device {
    /// Desktop or laptop.
    Desktop,
    /// Telephone.
    Mobile,
    /// Tablet.
    Tablet,
    /// A program that fetches by itself: crawlers, monitors, `curl`.
    Bot,
    /// Not known.
    Other,
}

/// Programs that fetch by themselves: what their description holds in lower case, and the family.
const BOTS: &[(&str, &str)] = &[
    ("googlebot", "Googlebot"),
    ("adsbot-google", "Googlebot"),
    ("bingbot", "Bingbot"),
    ("bingpreview", "Bingbot"),
    ("yandexbot", "YandexBot"),
    ("duckduckbot", "DuckDuckBot"),
    ("baiduspider", "Baiduspider"),
    ("applebot", "Applebot"),
    ("ahrefsbot", "AhrefsBot"),
    ("semrushbot", "SemrushBot"),
    ("gptbot", "GPTBot"),
    ("claudebot", "ClaudeBot"),
    ("facebookexternalhit", "Facebook preview"),
    ("headlesschrome", "Headless Chrome"),
    ("lighthouse", "Lighthouse"),
    ("curl/", "curl"),
    ("wget/", "Wget"),
    ("python-requests", "Python"),
    ("python-urllib", "Python"),
    ("aiohttp", "Python"),
    ("go-http-client", "Go"),
    ("okhttp", "OkHttp"),
    ("axios/", "axios"),
    ("node-fetch", "Node"),
    ("bot", "Bot"),
    ("crawl", "Bot"),
    ("spider", "Bot"),
    ("slurp", "Bot"),
    ("monitor", "Bot"),
];

/// Browsers by the token before their version; those that pretend to be another stand before it.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edge/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("OPiOS/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex"),
    ("UCBrowser/", "UC Browser"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("FBAV/", "Facebook"),
    ("Instagram ", "Instagram"),
    ("GSA/", "Google app"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
];

impl Agent {
    /// Reads a `User-Agent` value.
    ///
    /// ```
    /// use privacy::minimise::{Agent, Device};
    /// let agent = Agent::read("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0");
    /// assert_eq!(agent.to_string(), "Firefox 128");
    /// assert_eq!(agent.device, Device::Desktop);
    /// assert_eq!(Agent::read("my own program").to_string(), "Other");
    /// ```
    #[must_use]
    pub fn read(text: &str) -> Self {
        let os = os_of(text);
        let lower = text.to_ascii_lowercase();
        if let Some((token, family)) = BOTS.iter().find(|(token, _)| lower.contains(token)) {
            let major = major_after(&lower, token.trim_end_matches('/'));
            return Self { family, major, os, device: Device::Bot };
        }
        let (family, major) = browser_of(text);
        Self { family, major, os, device: device_of(text, os) }
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.major {
            Some(major) => write!(f, "{} {major}", self.family),
            None => f.write_str(self.family),
        }
    }
}

impl fmt::Display for Os {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Windows => "Windows",
            Self::MacOs => "macOS",
            Self::Ios => "iOS",
            Self::Android => "Android",
            Self::ChromeOs => "ChromeOS",
            Self::Linux => "Linux",
            Self::Other => "Other",
        })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Bot => "bot",
            Self::Other => "other",
        })
    }
}

fn browser_of(text: &str) -> (&'static str, Option<u16>) {
    if let Some((token, family)) = BROWSERS.iter().find(|(token, _)| text.contains(token)) {
        return (family, major_after(text, token));
    }
    if text.contains("Safari/") && text.contains("Version/") {
        return ("Safari", major_after(text, "Version/"));
    }
    if text.contains("Trident/") {
        return ("Internet Explorer", major_after(text, "rv:").or_else(|| major_after(text, "MSIE ")));
    }
    if text.contains("MSIE ") {
        return ("Internet Explorer", major_after(text, "MSIE "));
    }
    if text.contains("Opera/") {
        return ("Opera", major_after(text, "Version/").or_else(|| major_after(text, "Opera/")));
    }
    ("Other", None)
}

fn os_of(text: &str) -> Os {
    let has = |token| text.contains(token);
    if has("Windows") {
        Os::Windows
    } else if has("Android") {
        Os::Android
    } else if has("iPhone") || has("iPad") || has("iPod") {
        Os::Ios
    } else if has("CrOS") {
        Os::ChromeOs
    } else if has("Macintosh") || has("Mac OS X") {
        Os::MacOs
    } else if has("Linux") || has("X11") {
        Os::Linux
    } else {
        Os::Other
    }
}

fn device_of(text: &str, os: Os) -> Device {
    let mobile = text.contains("Mobi");
    match os {
        _ if text.contains("iPad") || text.contains("Tablet;") => Device::Tablet,
        Os::Android if mobile => Device::Mobile,
        Os::Android => Device::Tablet,
        Os::Ios => Device::Mobile,
        _ if mobile => Device::Mobile,
        Os::Windows | Os::MacOs | Os::Linux | Os::ChromeOs => Device::Desktop,
        Os::Other => Device::Other,
    }
}

/// The number of at most four digits that follows `token` (and a slash, if the token has none).
fn major_after(text: &str, token: &str) -> Option<u16> {
    let (_, rest) = text.split_once(token)?;
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 4 { None } else { rest.get(..digits)?.parse().ok() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn common_agents_are_known() {
        let check = |text: &str, name: &str, os, device| {
            let agent = Agent::read(text);
            assert_eq!((agent.to_string().as_str(), agent.os, agent.device), (name, os, device), "{text}");
        };
        use Device::{Bot, Desktop, Mobile, Tablet};
        check(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
            "Chrome 131",
            Os::Windows,
            Desktop,
        );
        check(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
            "Chrome 130",
            Os::MacOs,
            Desktop,
        );
        check(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15",
            "Safari 17",
            Os::MacOs,
            Desktop,
        );
        check(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari 17",
            Os::Ios,
            Mobile,
        );
        check(
            "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
            "Safari 16",
            Os::Ios,
            Tablet,
        );
        check(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
            "Chrome 126",
            Os::Ios,
            Mobile,
        );
        check(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/127.0 Mobile/15E148 Safari/605.1.15",
            "Firefox 127",
            Os::Ios,
            Mobile,
        );
        check(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Firefox 128",
            Os::Windows,
            Desktop,
        );
        check(
            "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0",
            "Firefox 128",
            Os::Android,
            Mobile,
        );
        check(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.86",
            "Edge 131",
            Os::Windows,
            Desktop,
        );
        check(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
            "Chrome 131",
            Os::Android,
            Mobile,
        );
        check(
            "Mozilla/5.0 (Linux; Android 13; SM-X906C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 Safari/537.36",
            "Chrome 116",
            Os::Android,
            Tablet,
        );
        check(
            "Mozilla/5.0 (Linux; Android 14; SM-S928B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
            "Samsung Internet 25",
            Os::Android,
            Mobile,
        );
        check(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0",
            "Opera 115",
            Os::Linux,
            Desktop,
        );
        check(
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
            "Chrome 129",
            Os::ChromeOs,
            Desktop,
        );
        check(
            "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
            "Internet Explorer 11",
            Os::Windows,
            Desktop,
        );
        check(
            "Mozilla/5.0 (Linux; Android 12; Pixel 6 Build/SD1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/460.0.0.48.109;]",
            "Facebook 460",
            Os::Android,
            Mobile,
        );
        check(
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Googlebot 2",
            Os::Other,
            Bot,
        );
        check(
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
            "Bingbot 2",
            Os::Other,
            Bot,
        );
        check(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/119.0.0.0 Safari/537.36",
            "Headless Chrome 119",
            Os::Linux,
            Bot,
        );
        check("curl/8.5.0", "curl 8", Os::Other, Bot);
        check("python-requests/2.31.0", "Python 2", Os::Other, Bot);
        check("SomeCrawler/1.0 (ana@example.com)", "Bot", Os::Other, Bot);
        check("", "Other", Os::Other, Device::Other);
        check("ana@example.com", "Other", Os::Other, Device::Other);
        check("Chrome/123456789", "Chrome", Os::Other, Device::Other);
    }

    proptest! {
        #[test]
        fn nothing_of_an_unknown_agent_is_passed_on(text in "[g-z0-9@. ]{0,40}") {
            prop_assume!(BOTS.iter().all(|(token, _)| !text.contains(token)));
            prop_assert_eq!(Agent::read(&text).to_string(), "Other");
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,60}") {
            let _ = Agent::read(&text);
        }
    }
}
