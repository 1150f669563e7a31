//! What a question says about itself: kind of device, where the visit came from, what the page is about, and the time
//! of the year. Used for the one answer and kept nowhere.
//!
//! Must never hold anything by which one visitor could be told from another: each of these is one of a few words, and
//! a place comes from the shop's own page alone.

use std::collections::HashMap;

use axum::http::{HeaderMap, header};
use models::recommend::popularity::Day;
use privacy::minimise::{Agent, CameFrom, Device, region};

/// What the request says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Kind of device.
    pub device: Option<Device>,
    /// How the visit came to the shop.
    pub came_from: Option<CameFrom>,
    /// The place that the page is about, from wide to narrow: `nz/auckland`.
    pub region: Option<String>,
}

impl Circumstances {
    /// What the headers of a browser's own request say, and what the page says beside them: a kind of device, the
    /// address or class of where the visit came from, a place. What isn't understood is nothing.
    #[must_use]
    pub fn of(
        headers: &HeaderMap,
        device: Option<&str>,
        referrer: Option<&str>,
        place: Option<&str>,
    ) -> Self {
        let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let device = match device {
            Some(word) => device_named(word),
            None if said("sec-ch-ua-mobile") == Some("?1") => Some(Device::Mobile),
            None => headers
                .get(header::USER_AGENT)
                .and_then(|value| value.to_str().ok())
                .map(|text| Agent::read(text).device),
        };
        let came_from = |text: &str| CameFrom::named(text).or_else(|| CameFrom::read(text, "", ""));
        Self {
            device: device.filter(|device| !matches!(device, Device::Bot | Device::Other)),
            came_from: referrer.and_then(came_from),
            region: place.and_then(region),
        }
    }
}

/// A kind of device by its word.
pub(super) fn device_named(word: &str) -> Option<Device> {
    [Device::Desktop, Device::Mobile, Device::Tablet].into_iter().find(|device| device.to_string() == word)
}

/// One circumstance in which things are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Circumstance {
    /// Three months of every year, the first from December on. A shop's own years are compared with each other, so
    /// that it makes no difference on which half of the earth it stands.
    Quarter(u8),
    Desktop,
    Mobile,
    Tablet,
    From(CameFrom),
    /// A place, by its number among those that have been named.
    Region(u32),
}

/// The numbers of the circumstances that are always the same.
const FIXED: [Circumstance; 12] = [
    Circumstance::Quarter(0),
    Circumstance::Quarter(1),
    Circumstance::Quarter(2),
    Circumstance::Quarter(3),
    Circumstance::Desktop,
    Circumstance::Mobile,
    Circumstance::Tablet,
    Circumstance::From(CameFrom::Search),
    Circumstance::From(CameFrom::Social),
    Circumstance::From(CameFrom::EMail),
    Circumstance::From(CameFrom::Direct),
    Circumstance::From(CameFrom::Other),
];

impl Circumstance {
    /// The part of the year in which a day lies.
    pub(super) fn of_day(day: Day) -> Self {
        let date = jiff::civil::Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(day.0));
        // December is month 0 of a quarter that goes on in the next year.
        Self::Quarter(u8::try_from(date.month() % 12 / 3).unwrap_or(0))
    }

    pub(super) fn of_device(device: Device) -> Option<Self> {
        match device {
            Device::Desktop => Some(Self::Desktop),
            Device::Mobile => Some(Self::Mobile),
            Device::Tablet => Some(Self::Tablet),
            Device::Bot | Device::Other => None,
        }
    }

    /// Its number in the counts.
    pub(super) fn number(self) -> u32 {
        let fixed = FIXED.len() as u32;
        match self {
            Self::Region(region) => fixed.saturating_add(region),
            other => (0..).zip(FIXED).find(|(_, one)| *one == other).map_or(0, |(number, _)| number),
        }
    }

    /// The circumstance with this number.
    pub(super) fn numbered(number: u32) -> Self {
        let fixed = FIXED.len() as u32;
        FIXED.get(number as usize).copied().unwrap_or(Self::Region(number.saturating_sub(fixed)))
    }
}

/// More places than so many are not told apart: a write key is public, and names cost memory.
const REGIONS: usize = 500;

/// The places that have been named, by number. They keep their numbers, as items do.
#[derive(Debug, Default, Clone)]
pub(super) struct Regions {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Regions {
    /// The circumstances of a place, the narrowest first: `nz/auckland`, `nz`. New ones get numbers while there is room.
    pub(super) fn learn(&mut self, place: &str) -> Vec<Circumstance> {
        for level in levels(place) {
            if self.names.len() < REGIONS && !self.numbers.contains_key(level) {
                let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
                self.numbers.insert(level.to_owned(), number);
                self.names.push(level.to_owned());
            }
        }
        self.of(place)
    }

    /// The circumstances of a place as far as it was named before, the narrowest first.
    pub(super) fn of(&self, place: &str) -> Vec<Circumstance> {
        levels(place).filter_map(|level| self.numbers.get(level).copied()).map(Circumstance::Region).collect()
    }

    /// A circumstance in words that follow "Popular".
    pub(super) fn in_words(&self, circumstance: Circumstance) -> String {
        match circumstance {
            Circumstance::Quarter(_) => "at this time of the year".to_owned(),
            Circumstance::Desktop => "with people at a computer".to_owned(),
            Circumstance::Mobile => "with people on a phone".to_owned(),
            Circumstance::Tablet => "with people on a tablet".to_owned(),
            Circumstance::From(from) => match from {
                CameFrom::Search => "with people who come from a search",
                CameFrom::Social => "with people who come from social media",
                CameFrom::EMail => "with people who come from an e-mail",
                CameFrom::Direct => "with people who come straight here",
                CameFrom::Other => "with people who come from other sites",
            }
            .to_owned(),
            Circumstance::Region(number) => {
                format!("in {}", self.names.get(number as usize).map_or_else(String::new, |name| title(name)))
            }
        }
    }

    /// Its name for a view of everything, the same in every shop.
    pub(super) fn canonical(&self, number: u32) -> String {
        match Circumstance::numbered(number) {
            Circumstance::Region(region) => self.names.get(region as usize).cloned().unwrap_or_default(),
            other => format!("{other:?}"),
        }
    }
}

fn levels(place: &str) -> impl Iterator<Item = &str> {
    let ends = std::iter::once(place.len()).chain(place.rmatch_indices('/').map(|(at, _)| at));
    ends.filter_map(move |end| place.get(..end))
}

/// A place as people write it: `nz/auckland-west` is Auckland West, `nz` is NZ.
pub(super) fn title(place: &str) -> String {
    let narrow = place.rsplit('/').next().unwrap_or(place);
    if narrow.len() <= 3 {
        return narrow.to_uppercase();
    }
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    narrow.split('-').map(word).collect::<Vec<_>>().join(" ")
}

/// Whether two places are one, or one lies in the other: `auckland` and `auckland-west`, `nz/auckland` and `auckland`.
pub(super) fn same_place(a: &str, b: &str) -> bool {
    let within = |narrow: &str, wide: &str| {
        narrow == wide || narrow.strip_prefix(wide).is_some_and(|rest| rest.starts_with(['-', '/']))
    };
    let narrow = |place: &str| place.rsplit('/').next().unwrap_or(place).to_owned();
    within(a, b) || within(b, a) || within(&narrow(a), &narrow(b)) || within(&narrow(b), &narrow(a))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, axum::http::HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn of_a_request_a_few_words_are_left() {
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1";
        let here = Circumstances::of(
            &headers(&[("user-agent", phone)]),
            None,
            Some("https://www.google.com/?q=ana"),
            Some("NZ/Auckland"),
        );
        assert_eq!(
            here,
            Circumstances {
                device: Some(Device::Mobile),
                came_from: Some(CameFrom::Search),
                region: Some("nz/auckland".to_owned())
            }
        );
        let server = Circumstances::of(&headers(&[("user-agent", "curl/8")]), None, None, None);
        assert_eq!(server, Circumstances::default());
        let told = Circumstances::of(&headers(&[]), Some("tablet"), Some("email"), Some("ana@example.com"));
        assert_eq!(
            (told.device, told.came_from, told.region),
            (Some(Device::Tablet), Some(CameFrom::EMail), None)
        );
    }

    #[test]
    fn every_circumstance_has_a_number_of_its_own() {
        for (number, one) in (0..).zip(FIXED) {
            assert_eq!((one.number(), Circumstance::numbered(number)), (number, one));
        }
        assert_eq!(Circumstance::numbered(Circumstance::Region(3).number()), Circumstance::Region(3));
    }

    #[test]
    fn december_to_february_is_one_quarter_of_every_year() {
        for (date, quarter) in
            [((2025, 12, 1), 0), ((2026, 2, 28), 0), ((2026, 3, 1), 1), ((2026, 11, 30), 3)]
        {
            let date = jiff::civil::date(date.0, date.1, date.2);
            let days = date.since(jiff::civil::date(1970, 1, 1)).unwrap().get_days();
            assert_eq!(Circumstance::of_day(Day(days)), Circumstance::Quarter(quarter), "{date}");
        }
    }

    #[test]
    fn places_are_numbered_from_wide_to_narrow_and_named_for_people() {
        let mut regions = Regions::default();
        let narrow = regions.learn("nz/auckland-west");
        assert_eq!(narrow.len(), 2);
        assert_eq!(regions.of("nz/otago"), regions.learn("nz"));
        assert_eq!(regions.in_words(narrow[0]), "in Auckland West");
        assert_eq!(regions.in_words(narrow[1]), "in NZ");
        assert!(same_place("auckland-west", "nz/auckland") && !same_place("auckland", "otago"));
        assert!(!same_place("auckland", "aucklandia"));
        (0..2000).for_each(|n| drop(regions.learn(&format!("p{n}"))));
        assert_eq!(regions.names.len(), REGIONS);
    }
}
