//! When an event happened, by the server's clock. A client's clock is corrected as Segment documents it; nothing may
//! ever lie in the future.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::document::Json;

/// How the event came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Just now: the client's clock can be compared with ours.
    Live(Timestamp),
    /// Out of a file that was written earlier, which is read now: its times stand as they are.
    Recorded(Timestamp),
}

impl Arrival {
    /// Now.
    #[must_use]
    pub const fn now(self) -> Timestamp {
        match self {
            Self::Live(now) | Self::Recorded(now) => now,
        }
    }
}

/// A point in time as clients write it: RFC 3339, a date and time without a zone (UTC), or seconds or milliseconds
/// since 1970.
pub(super) fn read(value: &Json<'_>) -> Option<Timestamp> {
    match value {
        Json::Text(text) => {
            let text = text.trim();
            let zoneless =
                || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
            text.parse::<Timestamp>().ok().or_else(zoneless)
        }
        Json::Number(number) => {
            let number = number.as_i64()?;
            if number.abs() > 100_000_000_000 {
                Timestamp::from_millisecond(number).ok()
            } else {
                Timestamp::from_second(number).ok()
            }
        }
        Json::Null | Json::Bool(_) | Json::List(_) | Json::Object(_) => None,
    }
}

/// `timestamp = receivedAt - (sentAt - originalTimestamp)`, as Segment's specification (Common Fields, Timestamps)
/// has it; without both it is what the client said. Never after its arrival.
pub(super) fn happened(original: Option<Timestamp>, sent: Option<Timestamp>, arrival: Arrival) -> Timestamp {
    let now = arrival.now();
    let at = match (original, sent, arrival) {
        (Some(original), Some(sent), Arrival::Live(now)) => {
            now.checked_sub(sent.duration_since(original)).unwrap_or(now)
        }
        (Some(original), _, _) => original,
        (None, Some(sent), Arrival::Recorded(_)) => sent,
        (None, _, _) => now,
    };
    at.min(now)
}

#[cfg(test)]
mod tests {
    use crate::intake::document::document as json;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_client_clock_that_is_wrong_is_corrected() {
        let now = at("2026-01-02T12:00:00Z");
        let check = |original: Option<&str>, sent: Option<&str>, expected: &str| {
            assert_eq!(happened(original.map(at), sent.map(at), Arrival::Live(now)), at(expected));
        };
        // The client is a day behind; the event lay a minute in its queue.
        check(Some("2026-01-01T11:59:00Z"), Some("2026-01-01T12:00:00Z"), "2026-01-02T11:59:00Z");
        // A day ahead.
        check(Some("2026-01-03T11:59:00Z"), Some("2026-01-03T12:00:00Z"), "2026-01-02T11:59:00Z");
        check(Some("2026-01-01T00:00:00Z"), None, "2026-01-01T00:00:00Z");
        check(None, Some("2020-01-01T00:00:00Z"), "2026-01-02T12:00:00Z");
        check(None, None, "2026-01-02T12:00:00Z");
    }

    #[test]
    fn nothing_lies_in_the_future() {
        let now = at("2026-01-02T12:00:00Z");
        for arrival in [Arrival::Live(now), Arrival::Recorded(now)] {
            assert_eq!(happened(Some(at("2030-01-01T00:00:00Z")), None, arrival), now);
            assert_eq!(
                happened(Some(at("2030-01-01T00:00:00Z")), Some(at("2026-01-01T00:00:00Z")), arrival),
                now
            );
        }
    }

    #[test]
    fn a_recorded_time_stands() {
        let now = at("2026-01-02T12:00:00Z");
        let recorded = happened(
            Some(at("2025-01-01T00:00:00Z")),
            Some(at("2025-01-01T00:00:01Z")),
            Arrival::Recorded(now),
        );
        assert_eq!(recorded, at("2025-01-01T00:00:00Z"));
    }

    #[test]
    fn times_are_read_in_the_forms_that_clients_use() {
        let expected = Some(at("2026-11-22T11:51:43.592Z"));
        for form in [
            json!("2026-11-22T11:51:43.592Z"),
            json!("2026-11-22T11:51:43.592+00:00"),
            json!("2026-11-22 11:51:43.592"),
            json!("2026-11-23T00:51:43.592+13:00"),
            json!(1_795_348_303_592_i64),
        ] {
            assert_eq!(read(&form), expected, "{form}");
        }
        for bad in [json!("yesterday"), json!(null), json!(i64::MAX), json!(1.5), json!({})] {
            assert_eq!(read(&bad), None, "{bad}");
        }
    }
}
