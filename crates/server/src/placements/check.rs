//! Mistakes in the rules of a place, each with the mend. All of them are named at once.

use std::collections::HashSet;

use jiff::Timestamp;
use models::recommend::rules::Boost;

use super::{PinRule, Rules};
use crate::recommend::Catalogue;

/// What is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) what: String,
    pub(crate) mend: &'static str,
}

/// Whether a place or an experiment may be called so.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}

/// Looks rules through. What they name must be in the catalogue, if the shop has one.
pub(crate) fn check(rules: &Rules, catalogue: &Catalogue) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    numbers(rules, &mut faults);
    names(rules, catalogue, &mut faults);
    let mut pinned = HashSet::new();
    for pin in &rules.pins {
        if !pinned.insert((&pin.item, pin.position)) {
            faults.add(format!("`{}` is pinned twice in one position", pin.item), "pin it once");
        }
        one_pin(pin, rules, catalogue, &mut faults);
    }
    faults.0
}

struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, what: String, mend: &'static str) {
        self.0.push(Fault { what, mend });
    }
}

fn numbers(rules: &Rules, faults: &mut Faults) {
    let Rules { count, chain, variety, per_brand, per_category, margin_boost, price_min, price_max, .. } =
        rules;
    if !(1..=100).contains(count) {
        faults.add(format!("`count` is {count}"), "show 1 to 100 items");
    }
    if chain.is_empty() {
        faults.add(
            "`chain` is empty, so that nothing fills the place".to_owned(),
            "name one or more of personal, goes_with, category, popular, newest",
        );
    }
    let mut links = HashSet::new();
    if let Some(link) = chain.iter().find(|link| !links.insert(**link)) {
        faults.add(format!("`{}` stands twice in `chain`", link.as_str()), "name each link once");
    }
    if !(0.0..=1.0).contains(variety) {
        faults.add(format!("`variety` is {variety}"), "choose from 0 (by fit alone) to 1 (only variety)");
    }
    if Boost::new(*margin_boost).is_none() {
        faults.add(
            format!("`margin_boost` is {margin_boost}"),
            "choose from 0 to 0.5: more would show what earns, not what fits",
        );
    }
    for (name, most) in [("per_brand", per_brand), ("per_category", per_category)] {
        if *most == Some(0) {
            faults.add(format!("`{name}` is 0, so that nothing could be shown"), "leave it out, or allow 1");
        }
    }
    for (name, price) in [("price_min", price_min), ("price_max", price_max)] {
        if price.is_some_and(|price| price < 0) {
            faults.add(format!("`{name}` is below 0"), "give prices in minor units, such as 1990 for 19.90");
        }
    }
    if let (Some(least), Some(most)) = (price_min, price_max)
        && least > most
    {
        faults.add(
            format!("`price_min` {least} is above `price_max` {most}"),
            "swap them, or leave one of them out",
        );
    }
}

fn names(rules: &Rules, catalogue: &Catalogue, faults: &mut Faults) {
    let items = catalogue.items();
    if items.is_empty() {
        return;
    }
    for id in rules.hidden_items.iter().filter(|id| catalogue.get(id).is_none()) {
        faults.add(format!("no item is called `{id}`"), "see the ids of your catalogue");
    }
    let lower = |word: &String| word.to_lowercase();
    let categories: HashSet<String> = items.iter().flat_map(|item| item.category.iter().map(lower)).collect();
    for category in rules.only_categories.iter().chain(&rules.hidden_categories) {
        if !categories.contains(&lower(category)) {
            faults.add(
                format!("no item is in a category `{category}`"),
                "see the categories of your catalogue",
            );
        }
    }
    let brands: HashSet<String> = items.iter().filter_map(|item| item.brand.as_ref().map(lower)).collect();
    for brand in rules.hidden_brands.iter().filter(|brand| !brands.contains(&lower(brand))) {
        faults.add(format!("no item is of a brand `{brand}`"), "see the brands of your catalogue");
    }
    for category in &rules.only_categories {
        if rules.hidden_categories.iter().any(|hidden| lower(hidden) == lower(category)) {
            faults.add(
                format!("`{category}` is among both the only and the hidden categories"),
                "take it out of one of them",
            );
        }
    }
}

fn one_pin(pin: &PinRule, rules: &Rules, catalogue: &Catalogue, faults: &mut Faults) {
    let PinRule { item, position, from, until } = pin;
    if !(1..=100).contains(position) {
        faults.add(format!("`{item}` is pinned in position {position}"), "positions go from 1 to 100");
    }
    let mut moment = |name: &str, text: &Option<String>| {
        let read = text.as_ref().map(|text| text.parse::<Timestamp>());
        if let (Some(Err(_)), Some(text)) = (&read, text) {
            faults.add(
                format!("the `{name}` of the pin `{item}` is `{text}`, which is no moment"),
                "write it like 2026-12-01T00:00:00+13:00",
            );
        }
        read.and_then(Result::ok)
    };
    if let (Some(from), Some(until)) = (moment("from", from), moment("until", until))
        && from >= until
    {
        faults.add(format!("the pin `{item}` ends before it begins"), "put `until` after `from`");
    }
    let in_list =
        |list: &[String], word: &str| list.iter().any(|one| one.to_lowercase() == word.to_lowercase());
    let hidden = rules.hidden_items.contains(item)
        || catalogue.get(item).is_some_and(|known| {
            known.category.iter().any(|category| in_list(&rules.hidden_categories, category))
                || known.brand.as_ref().is_some_and(|brand| in_list(&rules.hidden_brands, brand))
        });
    if hidden {
        faults.add(
            format!("`{item}` is pinned and hidden at once"),
            "take it out of the pins or of what is hidden",
        );
    }
    if !catalogue.items().is_empty() && catalogue.get(item).is_none() {
        faults.add(format!("no item is called `{item}`, but it is pinned"), "see the ids of your catalogue");
    }
}

#[cfg(test)]
mod tests {
    use models::recommend::ItemId;
    use store::{Item, ItemKind};

    use super::*;

    fn catalogue() -> Catalogue {
        let item = |id: &str, json: &str| Item {
            id: id.to_owned(),
            kind: ItemKind::Product,
            json: json.to_owned(),
            updated_at: Timestamp::UNIX_EPOCH,
        };
        let items = [
            item("a", r#"{"id":"a","name":"A","brand":"Kea","category":["Running","Shoes"]}"#),
            item("b", r#"{"id":"b","name":"B"}"#),
        ];
        Catalogue::build(&items, |id| ItemId(u32::from(id == "b"))).unwrap()
    }

    fn faults(rules: &str) -> Vec<String> {
        let rules: Rules = toml::from_str(rules).unwrap();
        check(&rules, &catalogue()).into_iter().map(|fault| fault.what).collect()
    }

    #[test]
    fn each_mistake_is_named() {
        for (rules, what) in [
            ("price_min = 9\nprice_max = 8", "`price_min` 9 is above `price_max` 8"),
            ("hidden_items = ['x']", "no item is called `x`"),
            ("hidden_brands = ['Tui']", "no item is of a brand `Tui`"),
            ("only_categories = ['boots']", "no item is in a category `boots`"),
            ("hidden_items = ['a']\npins = [{item = 'a'}]", "`a` is pinned and hidden at once"),
            ("hidden_brands = ['kea']\npins = [{item = 'a'}]", "`a` is pinned and hidden at once"),
            ("pins = [{item = 'x'}]", "no item is called `x`, but it is pinned"),
            ("pins = [{item = 'a', position = 0}]", "`a` is pinned in position 0"),
            (
                "pins = [{item = 'a', from = 'Monday'}]",
                "the `from` of the pin `a` is `Monday`, which is no moment",
            ),
            (
                "pins = [{item = 'a', from = '2026-02-01T00:00:00Z', until = '2026-01-01T00:00:00Z'}]",
                "the pin `a` ends before it begins",
            ),
            ("pins = [{item = 'a'}, {item = 'a'}]", "`a` is pinned twice in one position"),
            ("chain = []", "`chain` is empty, so that nothing fills the place"),
            ("chain = ['popular', 'popular']", "`popular` stands twice in `chain`"),
            ("variety = 1.5", "`variety` is 1.5"),
            ("margin_boost = 0.6", "`margin_boost` is 0.6"),
            ("count = 0", "`count` is 0"),
            ("per_brand = 0", "`per_brand` is 0, so that nothing could be shown"),
            (
                "only_categories = ['shoes']\nhidden_categories = ['Shoes']",
                "`shoes` is among both the only and the hidden categories",
            ),
        ] {
            assert_eq!(faults(rules), [what], "{rules}");
        }
        assert_eq!(faults("only_categories = ['running']\npins = [{item = 'b', position = 3}]"), [""; 0]);
        assert_eq!(faults("count = 0\nchain = []").len(), 2, "all at once");
    }

    #[test]
    fn a_name_is_short_and_plain() {
        assert!(is_name("home") && is_name("e-mail_2"));
        assert!(!is_name("") && !is_name("Home") && !is_name("a b") && !is_name(&"x".repeat(65)));
    }
}
