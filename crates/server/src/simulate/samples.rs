//! The three customers that the demo shop switches between. Their characters are fixed; what they do follows the seed.

use super::catalogue::Handedness;
use super::chance::Chance;
use super::person::{Choices, Person, traits};
use super::shop::Budget;

/// A customer for the shop's switcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleCustomer {
    /// The `userId` in the simulated events, the same for every seed.
    pub user_id: &'static str,
    /// The `anonymousId` of the customer's browser, the same for every seed.
    pub anonymous_id: &'static str,
    /// How the switcher calls them.
    pub display_name: &'static str,
    /// One line about them.
    pub story: &'static str,
}

const SAMPLES: [SampleCustomer; 3] = [
    SampleCustomer {
        user_id: "tui-aroha",
        anonymous_id: "a0a0a0a0-0001-4000-8000-000000000001",
        display_name: "Aroha",
        story: "Agreed to everything. Bought an e-bike, rides rail trails and tramps with friends.",
    },
    SampleCustomer {
        user_id: "tui-ben",
        anonymous_id: "b0b0b0b0-0002-4000-8000-000000000002",
        display_name: "Ben",
        story: "Agreed to recommendations, but not to offers or personal prices. Plays golf left-handed.",
    },
    SampleCustomer {
        user_id: "tui-chen",
        anonymous_id: "c0c0c0c0-0003-4000-8000-000000000003",
        display_name: "Chen",
        story: "Said no to everything. Runs, and has ordered shoes and gels all the same.",
    },
];

/// The three sample customers: all purposes, some, none. They are the simulation's first three customers.
pub fn sample_customers() -> &'static [SampleCustomer; 3] {
    &SAMPLES
}

/// What a sample surely buys, as a part of the simulated time and a shelf.
pub(super) fn sure_purchases(number: u64) -> &'static [(f64, &'static str)] {
    match number {
        0 => &[
            (0.04, "tramping/boots"),
            (0.10, "tramping/cooking"),
            (0.16, "bikes/e-bikes"),
            (0.22, "bikes/lights-and-locks"),
            (0.35, "bikes/bike-care"),
            (0.50, "tramping/rainwear"),
            (0.66, "bikes/bike-parts"),
            (0.82, "essentials/sun-and-skin"),
            (0.93, "bikes/bags-and-racks"),
        ],
        1 => &[
            (0.06, "golf/golf-balls"),
            (0.12, "golf/irons-and-wedges"),
            (0.30, "golf/golf-gloves"),
            (0.48, "golf/drivers-and-woods"),
            (0.70, "golf/golf-clothing"),
            (0.90, "golf/putters"),
        ],
        2 => &[(0.12, "running/road-shoes"), (0.40, "running/nutrition"), (0.75, "running/nutrition")],
        _ => &[],
    }
}

/// Gives a drawn customer the character of a sample, if the number is one of theirs; says whether it is.
pub(super) fn dress(
    number: u64,
    person: &mut Person,
    chance: &mut Chance,
) -> Option<&'static SampleCustomer> {
    let sample = SAMPLES.get(usize::try_from(number).ok()?)?;
    let (first, last, suburb, region, email) = match number {
        0 => ("Aroha", "Tamihana", "Te Atatū", "auckland-west", "aroha@example.nz"),
        1 => ("Ben", "Fraser", "Takapuna", "auckland-north", "ben@example.nz"),
        _ => ("Chen", "Liu", "Mount Eden", "auckland-central", "chen@example.com"),
    };
    person.user_id = sample.user_id.to_owned();
    person.anonymous_id = sample.anonymous_id.to_owned();
    person.traits = traits(first, last, suburb, email, chance);
    person.email = email.to_owned();
    person.region = region.to_owned();
    person.privacy_control = false;
    person.pace = 1.0;
    person.locale = "en-NZ";
    person.wears_womens = number == 0;
    person.has_children = false;
    person.hand = if number == 1 { Handedness::Left } else { Handedness::Right };
    (person.sports, person.budget, person.visits_a_year, person.choices) = match number {
        0 => (vec![("bikes", 0.55), ("tramping", 0.45)], Budget::Middle, 60.0, Choices::ALL),
        1 => (
            vec![("golf", 0.85), ("running", 0.15)],
            Budget::Middle,
            40.0,
            Choices { offers: false, personalised_pricing: false, ..Choices::ALL },
        ),
        _ => (vec![("running", 0.9), ("paddling", 0.1)], Budget::Middle, 25.0, Choices::NONE),
    };
    Some(sample)
}
