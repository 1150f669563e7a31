//! Quiet hours and days off, in a time zone: the shop's, or the customer's where the shop knows it. Zones come from the
//! bundled time zone database, so that no file is read.

use std::collections::BTreeSet;
use std::str::FromStr;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan as _, Zoned};

/// When nobody is disturbed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuietHours {
    /// From this time of the day.
    pub from: Time,
    /// Until this one, on the next day if it is earlier. The same as `from` means that no hour is quiet.
    pub until: Time,
    /// The shop's time zone, by its IANA name.
    pub zone: String,
    /// Days that are quiet from midnight to midnight.
    pub days_off: BTreeSet<DayOff>,
}

/// A quiet day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DayOff {
    /// Every week, counted from Monday as 1.
    Weekday(i8),
    /// Every year: month and day.
    Yearly(i8, i8),
    /// Once.
    Once(Date),
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// The word names no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no day; write `sunday`, `12-25` for every year, or `2026-12-26`")]
pub struct BadDay(pub String);

impl FromStr for DayOff {
    type Err = BadDay;
    fn from_str(word: &str) -> Result<Self, BadDay> {
        if let Some((_, day)) = WEEKDAYS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)) {
            return Ok(Self::Weekday(day.to_monday_one_offset()));
        }
        // 2024 has a 29th of February.
        let yearly = (word.len() == 5).then(|| format!("2024-{word}").parse::<Date>().ok()).flatten();
        match (yearly, word.parse::<Date>()) {
            (Some(date), _) => Ok(Self::Yearly(date.month(), date.day())),
            (None, Ok(date)) if word.len() == 10 => Ok(Self::Once(date)),
            (None, Ok(_) | Err(_)) => Err(BadDay(word.to_owned())),
        }
    }
}

impl std::fmt::Display for DayOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Weekday(number) => {
                let name = WEEKDAYS.iter().find(|(_, day)| day.to_monday_one_offset() == *number);
                f.write_str(name.map_or("monday", |(name, _)| name))
            }
            Self::Yearly(month, day) => write!(f, "{month:02}-{day:02}"),
            Self::Once(date) => write!(f, "{date}"),
        }
    }
}

/// There is no such time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time zone; write it like `Europe/Berlin`")]
pub struct BadZone(pub String);

/// The time zone of this IANA name.
///
/// # Errors
/// [`BadZone`] when there is none.
///
/// ```
/// use privacy::offers::zone;
/// assert!(zone("Pacific/Auckland").is_ok() && zone("Auckland").is_err());
/// ```
pub fn zone(name: &str) -> Result<TimeZone, BadZone> {
    TimeZoneDatabase::bundled().get(name).map_err(|_| BadZone(name.to_owned()))
}

impl QuietHours {
    /// From nine in the evening until eight in the morning, in this zone; no days off.
    #[must_use]
    pub fn usual(zone: &str) -> Self {
        Self {
            from: Time::constant(21, 0, 0, 0),
            until: Time::constant(8, 0, 0, 0),
            zone: zone.to_owned(),
            days_off: BTreeSet::new(),
        }
    }

    /// Whether somebody in `zone` may be disturbed now.
    ///
    /// # Errors
    /// The first moment at which they may; none if there is none within a year.
    ///
    /// ```
    /// use privacy::offers::{QuietHours, zone};
    /// let hours = QuietHours::usual("Pacific/Auckland");
    /// let zone = zone("Pacific/Auckland")?;
    /// // Eleven in the evening there.
    /// let until = hours.check("2026-06-15T11:00:00Z".parse()?, &zone).unwrap_err();
    /// assert_eq!(until, Some("2026-06-15T20:00:00Z".parse()?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(&self, now: Timestamp, zone: &TimeZone) -> Result<(), Option<Timestamp>> {
        let there = now.to_zoned(zone.clone());
        if !self.is_quiet(&there) {
            return Ok(());
        }
        // It can only end where quiet hours end or a day begins.
        let mut day = there.date();
        for _ in 0..=366 {
            for time in [Time::midnight(), self.until] {
                let Ok(end) = day.to_datetime(time).to_zoned(zone.clone()) else { continue };
                if end.timestamp() > now && !self.is_quiet(&end) {
                    return Err(Some(end.timestamp()));
                }
            }
            let Ok(next) = day.checked_add(1.day()) else { break };
            day = next;
        }
        Err(None)
    }

    fn is_quiet(&self, there: &Zoned) -> bool {
        let (date, time) = (there.date(), there.time());
        let off = |one: &DayOff| match one {
            DayOff::Weekday(number) => date.weekday().to_monday_one_offset() == *number,
            DayOff::Yearly(month, day) => (date.month(), date.day()) == (*month, *day),
            DayOff::Once(day) => date == *day,
        };
        let night = match self.from.cmp(&self.until) {
            std::cmp::Ordering::Less => self.from <= time && time < self.until,
            std::cmp::Ordering::Equal => false,
            std::cmp::Ordering::Greater => time >= self.from || time < self.until,
        };
        night || self.days_off.iter().any(off)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(hours: &QuietHours, name: &str, now: &str, expected: Result<(), &str>) {
        let answer = hours.check(now.parse().unwrap(), &zone(name).unwrap());
        let expected = expected.map_err(|until| Some(until.parse::<Timestamp>().unwrap()));
        assert_eq!(answer, expected, "{now} in {name}");
    }

    #[test]
    fn nights_are_quiet_where_the_person_is() {
        let hours = QuietHours::usual("Pacific/Auckland");
        check(&hours, "Pacific/Auckland", "2026-06-15T02:00:00Z", Ok(()));
        check(&hours, "Europe/Berlin", "2026-06-15T02:00:00Z", Err("2026-06-15T06:00:00Z"));
        check(&hours, "Europe/Berlin", "2026-06-15T06:00:00Z", Ok(()));
        check(&hours, "Europe/Berlin", "2026-06-15T19:00:00Z", Err("2026-06-16T06:00:00Z"));
        let noon =
            QuietHours { from: Time::constant(12, 0, 0, 0), until: Time::constant(13, 0, 0, 0), ..hours };
        check(&noon, "UTC", "2026-06-15T12:30:00Z", Err("2026-06-15T13:00:00Z"));
        check(&noon, "UTC", "2026-06-15T23:30:00Z", Ok(()));
    }

    #[test]
    fn days_off_are_quiet_to_their_end_and_into_the_morning() {
        let mut hours = QuietHours::usual("UTC");
        hours.days_off = ["sunday", "12-25", "2026-12-26"].map(|day| day.parse().unwrap()).into();
        check(&hours, "UTC", "2026-11-22T12:00:00Z", Err("2026-11-23T08:00:00Z"));
        check(&hours, "UTC", "2026-12-24T22:00:00Z", Err("2026-12-28T08:00:00Z"));
        for day in ["12-25", "sunday", "2026-12-26"] {
            assert_eq!(day.parse::<DayOff>().unwrap().to_string(), day);
        }
        for bad in ["sun", "25.12.", "13-01", "02-30", "2026-02-30", ""] {
            assert!(bad.parse::<DayOff>().is_err(), "{bad}");
        }
    }

    #[test]
    fn day_without_that_hour_is_no_trap() {
        // In Auckland it is never half past two on that day.
        let hours = QuietHours {
            from: Time::constant(21, 0, 0, 0),
            until: Time::constant(2, 30, 0, 0),
            ..QuietHours::usual("Pacific/Auckland")
        };
        check(&hours, "Pacific/Auckland", "2026-09-26T12:00:00Z", Err("2026-09-26T14:30:00Z"));
        let never = QuietHours {
            days_off: WEEKDAYS.map(|(name, _)| name.parse().unwrap()).into(),
            ..QuietHours::usual("UTC")
        };
        assert_eq!(never.check(Timestamp::UNIX_EPOCH, &TimeZone::UTC), Err(None));
    }

    proptest! {
        #[test]
        fn end_of_the_quiet_is_not_quiet_and_what_lies_before_it_is(
            from in 0_i8..24, until in 0_i8..24, second in 0_i64..2_000_000_000, which in 0_usize..4,
        ) {
            let zone = zone(["UTC", "Pacific/Auckland", "America/Los_Angeles", "Europe/Berlin"][which]).unwrap();
            let hours = QuietHours {
                from: Time::constant(from, 0, 0, 0),
                until: Time::constant(until, 0, 0, 0),
                days_off: ["sunday".parse().unwrap()].into(),
                zone: String::new(),
            };
            let now = Timestamp::from_second(second).unwrap();
            if let Err(end) = hours.check(now, &zone) {
                let end = end.unwrap();
                prop_assert!(end > now && hours.check(end, &zone).is_ok());
                let before = Timestamp::from_second(end.as_second() - 1).unwrap();
                prop_assert!(before < now || hours.check(before, &zone).is_err());
            }
        }
    }
}
