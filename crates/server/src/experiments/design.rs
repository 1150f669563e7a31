//! What an experiment compares, as a shop writes it in JSON and TOML, and the mistakes in it.

use std::collections::HashSet;

use models::experiment::ExperimentError;
use models::experiment::plan::{Certainty, people, sequential_people};
use privacy::data::Kind;
use privacy::purpose::{Analytics, Purpose as _};
use privacy::register::Register;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::placements::{Fault, Rules, is_name};

/// What counts as a success of a variant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Opened or clicked a product or an article.
    Click,
    /// Put something into the cart.
    Cart,
    /// Ordered.
    #[default]
    Order,
}

impl Goal {
    /// Every goal.
    pub(super) const ALL: [Self; 3] = [Self::Click, Self::Cart, Self::Order];

    /// The word in designs and results.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Click => "click",
            Self::Cart => "cart",
            Self::Order => "order",
        }
    }

    /// What somebody did who reached it.
    pub(super) const fn done(self) -> &'static str {
        match self {
            Self::Click => "opened something",
            Self::Cart => "put something into the cart",
            Self::Order => "ordered",
        }
    }

    const fn kind(self) -> Kind {
        match self {
            Self::Click => Kind::BrowsingHistory,
            Self::Cart => Kind::CartHistory,
            Self::Order => Kind::PurchaseHistory,
        }
    }
}

/// A ready-made way to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// What is popular and then what is new, alike for everybody.
    Popularity,
}

/// One way of filling the place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Its share of people, in whole parts.
    #[serde(default = "one")]
    pub share: u32,
    /// A ready-made way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<Control>,
    /// Rules that take the place of the placement's own; all others stay.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub rules: Map<String, Value>,
}

const fn one() -> u32 {
    1
}

/// An experiment. The first variant is the one that the others are compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// In which places.
    pub placements: Vec<String>,
    /// What counts.
    #[serde(default)]
    pub goal: Goal,
    /// Within how many days of having seen the place first.
    #[serde(default = "week")]
    pub days: u32,
    /// The part of people who usually do it, 0 to 1.
    pub usual: f64,
    /// The smallest rise or fall of that part that is worth knowing.
    pub smallest: f64,
    /// The ways to compare.
    pub variants: Vec<Variant>,
}

const fn week() -> u32 {
    7
}

impl Design {
    /// A placement's rules as a variant has them.
    ///
    /// # Errors
    /// What can't be read.
    pub(super) fn rules(variant: &Variant, own: &Rules) -> Result<Rules, serde_json::Error> {
        let mut rules = serde_json::to_value(own)?;
        if let Some(members) = rules.as_object_mut() {
            match variant.control {
                Some(Control::Popularity) => {
                    members.insert("chain".to_owned(), serde_json::json!(["popular", "newest"]));
                }
                None => {}
            }
            members.extend(variant.rules.clone());
        }
        serde_json::from_value(rules)
    }

    /// How many people each variant needs: looked at once, and looked at all the time.
    pub(super) fn people(&self) -> Result<(u64, u64), ExperimentError> {
        let (a, b) = (self.usual, self.usual + self.smallest);
        Ok((people(a, b, Certainty::customary())?, sequential_people(a, b, Certainty::customary())?))
    }

    /// Mistakes in the design itself.
    pub(super) fn faults(&self, register: &Register) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut add = |what: String, mend| faults.push(Fault { what, mend });
        let Self { placements, goal, days, usual, smallest, variants } = self;
        if placements.is_empty() {
            add("no place is named".to_owned(), "name one or more in `placements`, such as [\"home\"]");
        }
        for name in placements.iter().filter(|name| !is_name(name)) {
            add(format!("a place can't be called `{name}`"), "name a place as your questions do");
        }
        let mut names = HashSet::new();
        for Variant { name, share, control: _, rules: _ } in variants {
            if !is_name(name) {
                add(format!("a variant can't be called `{name}`"), "use small letters, digits, `-` and `_`");
            }
            if !names.insert(name) {
                add(format!("two variants are called `{name}`"), "give each a name of its own");
            }
            if !(1..=1000).contains(share) {
                add(format!("the share of `{name}` is {share}"), "shares are whole parts from 1 to 1000");
            }
        }
        if !(2..=8).contains(&variants.len()) {
            add(format!("there are {} variants", variants.len()), "compare 2 to 8 variants");
        }
        if !(1..=90).contains(days) {
            add(format!("`days` is {days}"), "count what happens within 1 to 90 days");
        }
        let out_of_range = |rate: f64| !(rate > 0.0 && rate < 1.0);
        if [*usual, *smallest, usual + smallest].into_iter().any(out_of_range) {
            add(
                format!("`usual` is {usual} and `smallest` is {smallest}"),
                "write parts of all people: `usual = 0.03` and `smallest = 0.005` for three in a hundred, and half a \
                 person in a hundred more",
            );
        }
        let declared = |kind| {
            register.purpose(Analytics::ID).is_some_and(|declaration| declaration.data.contains_key(&kind))
        };
        if !declared(Kind::ShownItems) {
            add(
                "the register doesn't let `analytics` know what was shown to whom".to_owned(),
                "add `shown = \"all\"` under [purposes.analytics.data]: your notice says it then, and people decide",
            );
        }
        if !declared(goal.kind()) {
            add(
                format!("the register doesn't let `analytics` know who {}", goal.done()),
                "declare that kind of data for analytics, or choose another goal",
            );
        }
        faults
    }
}
