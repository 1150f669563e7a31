//! An invented customer: name, place, sports, budget, hand, size, device and what they agree to.
//! Everything is drawn from lists and chance; nobody is real, and every address is one that can't exist.

use std::sync::OnceLock;

use serde::Deserialize;

use super::catalogue::{CatalogueError, Handedness};
use super::chance::Chance;
use super::shop::{Budget, json};

/// The answer to each purpose's question, as a client reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choices {
    pub(super) analytics: bool,
    pub(super) personalisation: bool,
    pub(super) offers: bool,
    pub(super) personalised_pricing: bool,
    pub(super) assistance: bool,
}

impl Choices {
    pub(super) const ALL: Choices = Choices::same(true);
    pub(super) const NONE: Choices = Choices::same(false);

    const fn same(answer: bool) -> Choices {
        Choices {
            analytics: answer,
            personalisation: answer,
            offers: answer,
            personalised_pricing: answer,
            assistance: answer,
        }
    }

    /// A mixture: at least one yes and one no.
    pub(super) fn mixed(chance: &mut Chance) -> Choices {
        let choices = Choices {
            analytics: chance.happens(0.6),
            personalisation: chance.happens(0.7),
            offers: chance.happens(0.35),
            personalised_pricing: chance.happens(0.15),
            assistance: chance.happens(0.5),
        };
        match choices {
            Choices::ALL => Choices { personalised_pricing: false, ..choices },
            Choices::NONE => Choices { personalisation: true, ..choices },
            mixed => mixed,
        }
    }

    /// What remains when the browser sends Global Privacy Control.
    pub(super) fn under_privacy_control(self) -> Choices {
        Choices { offers: false, personalised_pricing: false, ..self }
    }
}

/// The whole of a customer's character.
pub(super) struct Person {
    pub(super) user_id: String,
    pub(super) anonymous_id: String,
    /// Traits as a JSON object.
    pub(super) traits: String,
    pub(super) email: String,
    pub(super) region: String,
    /// Sport and how much of the interest it takes.
    pub(super) sports: Vec<(&'static str, f64)>,
    pub(super) budget: Budget,
    pub(super) hand: Handedness,
    /// Buys women's cuts.
    pub(super) wears_womens: bool,
    /// Buys for children too.
    pub(super) has_children: bool,
    pub(super) clothing_size: &'static str,
    pub(super) shoe_size: &'static str,
    pub(super) user_agent: &'static str,
    pub(super) addresses: [String; 2],
    pub(super) locale: &'static str,
    pub(super) choices: Choices,
    pub(super) privacy_control: bool,
    /// Visits a year, before the seasons.
    pub(super) visits_a_year: f64,
    /// How fast this person uses things up: 1 is typical.
    pub(super) pace: f64,
}

#[derive(Deserialize)]
struct People {
    group: Vec<Group>,
    suburb: Vec<Suburb>,
}

#[derive(Deserialize)]
struct Group {
    share: f64,
    first: Vec<String>,
    last: Vec<String>,
}

#[derive(Deserialize)]
struct Suburb {
    region: String,
    names: Vec<String>,
}

fn people() -> Result<&'static People, CatalogueError> {
    static PEOPLE: OnceLock<Result<People, CatalogueError>> = OnceLock::new();
    PEOPLE
        .get_or_init(|| {
            toml::from_str(include_str!("../../assets/demo/people.toml")).map_err(|error| {
                CatalogueError::Unreadable { file: "people.toml", reason: error.to_string() }
            })
        })
        .as_ref()
        .map_err(Clone::clone)
}

/// Checks that the lists of names can be read.
pub(super) fn check_names() -> Result<(), CatalogueError> {
    people().map(|_| ())
}

pub(super) const SPORTS: [&str; 5] = ["bikes", "golf", "tramping", "paddling", "running"];
const SIZES: [&str; 5] = ["XS", "S", "M", "L", "XL"];
const SHOES: [&str; 8] = ["US 6", "US 7", "US 8", "US 9", "US 10", "US 11", "US 12", "US 13"];
const PHONES: [&str; 4] = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
];
const DESKTOPS: [&str; 4] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
];

impl Person {
    /// A customer drawn by chance.
    pub(super) fn random(seed: u64, number: u64, chance: &mut Chance) -> Person {
        let lists = people().ok();
        let group = lists.and_then(|l| l.group.get(chance.weighted(l.group.iter().map(|g| g.share))));
        let first = group.and_then(|g| chance.pick(&g.first)).map_or("Aroha", String::as_str);
        let last = group.and_then(|g| chance.pick(&g.last)).map_or("Parata", String::as_str);
        let part = lists
            .and_then(|l| l.suburb.get(chance.weighted([6.0, 3.5, 3.5, 3.0, 0.5, 1.5, 1.0].into_iter())));
        let suburb = part.and_then(|p| chance.pick(&p.names)).map_or("Grey Lynn", String::as_str);
        let (choices, privacy_control) = answers(chance);
        let refuses = choices == Choices::NONE;

        // Those who refuse differ a little: more golf, less running, larger screens, smaller budgets.
        let taste = if refuses { [0.27, 0.22, 0.23, 0.14, 0.14] } else { [0.28, 0.15, 0.22, 0.14, 0.21] };
        let first_sport = chance.weighted(taste.into_iter());
        let second_sport = chance.weighted(taste.into_iter());
        let mut sports: Vec<(&'static str, f64)> =
            SPORTS.get(first_sport).map(|sport| (*sport, chance.between(0.6, 0.9))).into_iter().collect();
        if second_sport != first_sport && chance.happens(0.7) {
            sports.extend(SPORTS.get(second_sport).map(|sport| (*sport, chance.between(0.1, 0.4))));
        }
        let devices = if chance.happens(if refuses { 0.4 } else { 0.66 }) { &PHONES } else { &DESKTOPS };
        let budget =
            match chance.weighted(if refuses { [0.5, 0.36, 0.14] } else { [0.36, 0.42, 0.22] }.into_iter()) {
                0 => Budget::Low,
                1 => Budget::Middle,
                _ => Budget::High,
            };
        let email = format!(
            "{}.{}.{number}@{}",
            plain(first),
            plain(last),
            chance.pick(&["example.nz", "example.com"]).unwrap_or(&"example.nz")
        );
        let traits = traits(first, last, suburb, &email, chance);
        Person {
            user_id: format!("u-{:016x}", mixed(seed, number)),
            anonymous_id: chance.uuid(),
            traits,
            email,
            region: part.map(|p| p.region.clone()).unwrap_or_default(),
            sports,
            budget,
            hand: if chance.happens(0.11) { Handedness::Left } else { Handedness::Right },
            wears_womens: chance.happens(0.48),
            has_children: chance.happens(0.3),
            clothing_size: SIZES
                .get(chance.weighted([0.1, 0.24, 0.3, 0.23, 0.13].into_iter()))
                .unwrap_or(&"M"),
            shoe_size: chance.pick(&SHOES).unwrap_or(&"US 9"),
            user_agent: chance.pick(devices).copied().unwrap_or_default(),
            addresses: [
                format!("203.0.113.{}", 1 + chance.below(254)),
                format!("198.51.100.{}", 1 + chance.below(254)),
            ],
            locale: chance.pick(&["en-NZ", "en-NZ", "en-NZ", "mi-NZ", "en-AU", "zh-CN"]).unwrap_or(&"en-NZ"),
            choices,
            privacy_control,
            visits_a_year: 3.0 + chance.waiting(if refuses { 5.0 } else { 7.0 }).min(50.0),
            pace: chance.between(0.8, 1.25),
        }
    }
}

/// Of a hundred people 55 agree to everything, 20 to something and 25 to nothing; privacy control takes from that.
fn answers(chance: &mut Chance) -> (Choices, bool) {
    let (choices, with_control) = match chance.weighted([0.55, 0.20, 0.25].into_iter()) {
        0 => (Choices::ALL, 0.03),
        1 => (Choices::mixed(chance), 0.12),
        _ => (Choices::NONE, 0.18),
    };
    match chance.happens(with_control) {
        true => (choices.under_privacy_control(), true),
        false => (choices, false),
    }
}

/// The traits of `identify`, as a JSON object.
pub(super) fn traits(first: &str, last: &str, suburb: &str, email: &str, chance: &mut Chance) -> String {
    let phone = format!("+64 21 0000 {:04}", chance.below(10_000));
    format!(
        "{{\"email\":{},\"firstName\":{},\"lastName\":{},\"phone\":{},\"address\":{{\"city\":{},\"country\":\"NZ\"}}}}",
        json(email),
        json(first),
        json(last),
        json(&phone),
        json(suburb)
    )
}

/// A name as it stands in an e-mail address.
fn plain(name: &str) -> String {
    let fold = |c: char| match c.to_lowercase().next().unwrap_or(c) {
        'ā' => Some('a'),
        'ē' => Some('e'),
        'ī' => Some('i'),
        'ō' => Some('o'),
        'ū' => Some('u'),
        c if c.is_ascii_alphanumeric() => Some(c),
        _ => None,
    };
    name.chars().filter_map(fold).collect()
}

/// A number of the shop's own for a customer; SplitMix64's finaliser, one to one for a given seed.
fn mixed(seed: u64, number: u64) -> u64 {
    let mut z = seed.rotate_left(17) ^ number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}
