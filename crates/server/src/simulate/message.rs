//! One line of JSON in the form of Segment's events, and the pen that writes them during a visit.
//! It writes what an unmodified client would send, e-mail addresses in links included: refusing is the intake's work.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

use super::chance::Chance;
use super::person::{Choices, Person};
use super::shop::{ORIGIN, json};

/// An event of the simulated shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When it happened, to the millisecond.
    pub at: Timestamp,
    /// The event as one line of JSON, without a line feed.
    pub json: String,
}

/// Where a message comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    /// The page in the customer's browser.
    Browser,
    /// The shop's own server: orders and refunds, which need no consent.
    Server,
}

/// The page that the customer has open.
pub(super) struct Page {
    pub(super) path: String,
    /// The query with its `?`, or nothing.
    pub(super) search: String,
    /// A JSON string.
    pub(super) title: String,
    pub(super) referrer: String,
}

/// Writes one visit's messages.
pub(super) struct Pen<'a> {
    pub(super) out: &'a mut Vec<Message>,
    pub(super) chance: &'a mut Chance,
    pub(super) person: &'a Person,
    /// Milliseconds since 1970.
    pub(super) clock: i64,
    pub(super) choices: Choices,
    pub(super) known: bool,
    pub(super) session: String,
    pub(super) address: usize,
    pub(super) page: Page,
}

impl Pen<'_> {
    /// Lets some seconds pass.
    pub(super) fn wait(&mut self, low_seconds: f64, high_seconds: f64) {
        self.clock += (self.chance.between(low_seconds, high_seconds) * 1000.0) as i64;
    }

    /// Opens a page of the shop and reports it.
    pub(super) fn open(&mut self, path: &str, title: &str, properties: &str) {
        let before = format!("{ORIGIN}{}", self.page.path);
        self.page =
            Page { path: path.to_owned(), search: String::new(), title: title.to_owned(), referrer: before };
        self.report_page(properties);
    }

    /// Reports the page that is open; `properties` are further JSON members, each with a comma before it.
    pub(super) fn report_page(&mut self, properties: &str) {
        let Page { path, search, title, referrer } = &self.page;
        let text = format!(
            "\"name\":{title},\"properties\":{{\"url\":\"{ORIGIN}{path}{search}\",\"path\":\"{path}\",\"search\":\"{search}\",\"title\":{title},\"referrer\":\"{referrer}\"{properties}}}"
        );
        self.send("page", &text, Channel::Browser);
    }

    /// Reports an event with its properties as a JSON object.
    pub(super) fn track(&mut self, event: &str, properties: &str, channel: Channel) {
        let text = format!("\"event\":\"{event}\",\"properties\":{properties}");
        self.send("track", &text, channel);
    }

    /// Tells the shop who the customer is; from here on messages carry the shop's own number for them.
    pub(super) fn identify(&mut self) {
        self.known = true;
        let text = format!("\"traits\":{}", self.person.traits);
        self.send("identify", &text, Channel::Browser);
        self.wait(1.0, 4.0);
    }

    fn send(&mut self, kind: &str, text: &str, channel: Channel) {
        let at = Timestamp::from_millisecond(self.clock).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut line = String::with_capacity(text.len() + 1100);
        // Writing into a `String` can't fail.
        let _ = write!(
            line,
            "{{\"type\":\"{kind}\",{text},\"anonymousId\":\"{}\",\"messageId\":\"{}\",",
            self.person.anonymous_id,
            self.chance.uuid()
        );
        if self.known {
            let _ = write!(line, "\"userId\":\"{}\",", self.person.user_id);
        }
        line.push_str("\"timestamp\":\"");
        let _ = DateTimePrinter::new().precision(Some(3)).print_timestamp(&at, &mut line);
        line.push_str("\",\"context\":{");
        match channel {
            Channel::Browser => self.push_browser(&mut line),
            Channel::Server => {
                line.push_str("\"library\":{\"name\":\"@segment/analytics-node\",\"version\":\"2.3.0\"},")
            }
        }
        let _ = write!(line, "\"locale\":\"{}\",\"sessionId\":\"{}\",", self.person.locale, self.session);
        if self.person.privacy_control {
            line.push_str("\"globalPrivacyControl\":true,");
        }
        let Choices { analytics, personalisation, offers, personalised_pricing, assistance } = self.choices;
        let _ = write!(
            line,
            "\"consent\":{{\"categoryPreferences\":{{\"analytics\":{analytics},\"personalisation\":{personalisation},\"offers\":{offers},\"personalised_pricing\":{personalised_pricing},\"assistance\":{assistance}}}}}}}}}"
        );
        self.out.push(Message { at, json: line });
    }

    fn push_browser(&self, line: &mut String) {
        let Page { path, search, title, referrer } = &self.page;
        let address = self.person.addresses.get(self.address).map_or("203.0.113.1", String::as_str);
        let _ = write!(
            line,
            "\"page\":{{\"url\":\"{ORIGIN}{path}{search}\",\"path\":\"{path}\",\"search\":\"{search}\",\"title\":{title},\"referrer\":\"{referrer}\"}},\"userAgent\":\"{}\",\"ip\":\"{address}\",",
            self.person.user_agent
        );
    }
}

/// The page on which a visit begins: from a search engine, a newsletter, an order's e-mail, or by itself.
pub(super) fn landing(person: &Person, choices: Choices, known: bool, chance: &mut Chance) -> Page {
    let email = person.email.replace('@', "%40");
    let (search, referrer) = match chance.weighted([0.36, 0.4, 0.1, 0.08, 0.06].into_iter()) {
        0 => (String::new(), "https://search.example/"),
        2 => ("?utm_source=social&utm_medium=post&utm_campaign=season".to_owned(), "https://social.example/"),
        3 if known && choices.offers => {
            (format!("?email={email}&utm_source=newsletter&utm_medium=email"), "https://mail.example/")
        }
        4 if known => {
            (format!("?email={email}&utm_source=order-update&utm_medium=email"), "https://mail.example/")
        }
        _ => (String::new(), ""),
    };
    Page { path: "/".to_owned(), search, title: json("Tūī Outdoors"), referrer: referrer.to_owned() }
}
