//! The rules of a place in the models' numbers, made once for a catalogue, so that an answer looks nothing up by name.

use std::collections::HashMap;

use jiff::Timestamp;
use models::recommend::ItemId;
use models::recommend::rules::Pin;

use super::Rules;
use crate::recommend::{Catalogue, CatalogueItem};

/// What stands between an item and a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Bar {
    /// Nothing.
    #[default]
    Open,
    /// The shop hides it here.
    Hidden,
    /// It isn't of the categories or prices of this place.
    Outside,
}

/// Rules in numbers.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// By item; what isn't in it is open.
    bars: Vec<Bar>,
    /// The narrowest category by item, where the rules count them.
    categories: Vec<Option<u32>>,
    pins: Vec<Window>,
}

#[derive(Debug)]
struct Window {
    pin: Pin,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Compiled {
    /// `known` says the number of an id, `currency` the shop's.
    pub(crate) fn new(
        rules: &Rules,
        catalogue: &Catalogue,
        currency: &str,
        known: impl Fn(&str) -> Option<ItemId>,
    ) -> Self {
        let lower = |words: &[String]| words.iter().map(|word| word.to_lowercase()).collect::<Vec<_>>();
        let words = Words {
            only: lower(&rules.only_categories),
            categories: lower(&rules.hidden_categories),
            brands: lower(&rules.hidden_brands),
        };
        let mut compiled = Self { bars: Vec::new(), categories: Vec::new(), pins: Vec::new() };
        let mut numbers: HashMap<String, u32> = HashMap::new();
        for item in catalogue.items() {
            let Some(number) = known(&item.id) else { continue };
            let bar = words.bar(rules, item, currency);
            if bar != Bar::Open {
                *at(&mut compiled.bars, number) = bar;
            }
            if let (Some(_), Some(category)) = (rules.per_category, item.category.last()) {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                let category = *numbers.entry(category.to_lowercase()).or_insert(next);
                *at(&mut compiled.categories, number) = Some(category);
            }
        }
        // A shop without a catalogue still hides and pins by id.
        for number in rules.hidden_items.iter().filter_map(|id| known(id)) {
            *at(&mut compiled.bars, number) = Bar::Hidden;
        }
        let moment = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
        compiled.pins = rules
            .pins
            .iter()
            .filter_map(|pin| {
                let pinned = Pin { item: known(&pin.item)?, position: pin.position };
                Some(Window { pin: pinned, from: moment(&pin.from), until: moment(&pin.until) })
            })
            .collect();
        compiled
    }

    /// What stands between an item and the place.
    pub(crate) fn bar(&self, item: ItemId) -> Bar {
        self.bars.get(item.index()).copied().unwrap_or_default()
    }

    /// The number of the narrowest category of an item, where the rules count them.
    pub(crate) fn category(&self, item: ItemId) -> Option<u32> {
        self.categories.get(item.index()).copied().flatten()
    }

    /// What is pinned at a moment.
    pub(crate) fn pins(&self, now: Timestamp) -> Vec<Pin> {
        let holds = |window: &&Window| {
            window.from.is_none_or(|from| from <= now) && window.until.is_none_or(|until| now < until)
        };
        self.pins.iter().filter(holds).map(|window| window.pin).collect()
    }
}

fn at<T: Clone + Default>(list: &mut Vec<T>, number: ItemId) -> &mut T {
    if list.len() <= number.index() {
        list.resize(number.index() + 1, T::default());
    }
    #[expect(clippy::indexing_slicing, reason = "the list was made long enough")]
    &mut list[number.index()]
}

struct Words {
    only: Vec<String>,
    categories: Vec<String>,
    brands: Vec<String>,
}

impl Words {
    fn bar(&self, rules: &Rules, item: &CatalogueItem, currency: &str) -> Bar {
        let among = |words: &[String]| item.category.iter().any(|part| words.contains(&part.to_lowercase()));
        let brand = item.brand.as_ref().is_some_and(|brand| self.brands.contains(&brand.to_lowercase()));
        if brand || among(&self.categories) {
            Bar::Hidden
        } else if (!self.only.is_empty() && !among(&self.only))
            || !item.costs(rules.price_min, rules.price_max, currency)
        {
            Bar::Outside
        } else {
            Bar::Open
        }
    }
}
