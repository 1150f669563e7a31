//! The shop's window: what a catalogue shows by itself, newest first and from every part of the shop, when nothing is
//! known yet; and the fair chance that a new thing gets beside what is known to please.
//!
//! Must never look at anything but the catalogue and the day.

use std::collections::BTreeMap;

use models::recommend::ItemId;
use models::recommend::popularity::Day;
use store::ItemKind;

use super::{CatalogueItem, Wanted};

/// For so many days a thing is new.
const NEW_DAYS: i32 = 30;
/// On a shelf of at least so many places the last one is kept for a new thing.
const SHELF: usize = 5;
/// What being new is worth: less than any other reason.
pub(super) const NEW: f64 = 1e-6;

/// The parts of a shop, and what stands in each since when.
type Parts<'i> = BTreeMap<&'i str, Vec<(Option<Day>, ItemId)>>;

/// The items of a catalogue as it shows itself.
#[derive(Debug, Default)]
pub(super) struct Window {
    products: Vec<ItemId>,
    articles: Vec<ItemId>,
    /// Since when, newest first, for items of which that is known.
    since: Vec<(Day, ItemId)>,
}

impl Window {
    pub(super) fn of<'i>(items: impl Iterator<Item = (ItemId, &'i CatalogueItem)>) -> Self {
        let (mut products, mut articles) = (Parts::new(), Parts::new());
        let mut window = Self::default();
        for (number, item) in items {
            let since = item.added.as_deref().and_then(day);
            window.since.extend(since.map(|day| (day, number)));
            let of_kind = match item.kind {
                ItemKind::Product => &mut products,
                ItemKind::Article => &mut articles,
            };
            let part = item.category.first().map_or("", String::as_str);
            of_kind.entry(part).or_default().push((since, number));
        }
        window.since.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        (window.products, window.articles) = (varied(products), varied(articles));
        window
    }

    /// The items in the order in which they show themselves: of products and articles every third is an article.
    pub(super) fn items(&self, wanted: Wanted) -> impl Iterator<Item = ItemId> {
        let (mut products, mut articles) = match wanted {
            Wanted::Products => (self.products.iter(), [].iter()),
            Wanted::Articles => ([].iter(), self.articles.iter()),
            Wanted::Both => (self.products.iter(), self.articles.iter()),
        };
        let mut place = 0_usize;
        std::iter::from_fn(move || {
            place += 1;
            let next = if place.is_multiple_of(3) {
                articles.next().or_else(|| products.next())
            } else {
                products.next().or_else(|| articles.next())
            };
            next.copied()
        })
    }

    /// The items that came within the last weeks, newest first. When more than a quarter of the catalogue is new it is
    /// the shop that is new, and nothing in it stands out.
    pub(super) fn new_items(&self, today: Day) -> &[(Day, ItemId)] {
        let from = Day(today.0.saturating_sub(NEW_DAYS));
        let ahead = self.since.partition_point(|(day, _)| *day > today);
        let end = self.since.partition_point(|(day, _)| *day > from);
        let new = self.since.get(ahead..end).unwrap_or_default();
        if 4 * new.len() > self.products.len() + self.articles.len() { &[] } else { new }
    }

    /// Whether an item is one of those.
    pub(super) fn is_new(&self, item: ItemId, today: Day) -> bool {
        self.new_items(today).iter().any(|(_, new)| *new == item)
    }

    /// The new items for the last place of a shelf of so many, the one whose turn it is this hour first; none for a
    /// short shelf.
    pub(super) fn in_turn(&self, count: usize, today: Day, hour: i64) -> Vec<ItemId> {
        let new = self.new_items(today);
        if count < SHELF || new.is_empty() {
            return Vec::new();
        }
        let turn = usize::try_from(hour.rem_euclid(new.len() as i64)).unwrap_or(0);
        new.iter().cycle().skip(turn).take(new.len()).map(|(_, item)| *item).collect()
    }
}

/// A day as the catalogue writes it.
pub(super) fn day(text: &str) -> Option<Day> {
    let date: jiff::civil::Date = text.get(..10)?.parse().ok()?;
    let days = date.since(jiff::civil::Date::constant(1970, 1, 1)).ok()?.get_days();
    Some(Day(days))
}

/// One of each part of the shop in turn, the newest of each first, the part with the newest first.
fn varied(parts: Parts<'_>) -> Vec<ItemId> {
    let mut parts: Vec<Vec<(Option<Day>, ItemId)>> = parts.into_values().collect();
    let newest_first =
        |a: &(Option<Day>, ItemId), b: &(Option<Day>, ItemId)| b.0.cmp(&a.0).then(a.1.cmp(&b.1));
    parts.iter_mut().for_each(|part| part.sort_by(newest_first));
    parts.sort_by(|a, b| match (a.first(), b.first()) {
        (Some(a), Some(b)) => newest_first(a, b),
        _ => a.len().cmp(&b.len()),
    });
    let longest = parts.iter().map(Vec::len).max().unwrap_or(0);
    let round = |place: usize| parts.iter().filter_map(move |part| part.get(place)).map(|(_, item)| *item);
    (0..longest).flat_map(round).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: u32, kind: ItemKind, part: &str, since: Option<&str>) -> (ItemId, CatalogueItem) {
        let named = CatalogueItem::named(&id.to_string(), "x");
        let added = since.map(str::to_owned);
        (ItemId(id), CatalogueItem { kind, category: vec![part.to_owned()], added, ..named })
    }

    fn window(items: &[(ItemId, CatalogueItem)]) -> Window {
        Window::of(items.iter().map(|(number, item)| (*number, item)))
    }

    fn shop() -> Window {
        use ItemKind::{Article, Product};
        window(&[
            item(0, Product, "bikes", Some("2026-01-01")),
            item(1, Product, "bikes", Some("2026-03-01")),
            item(2, Product, "golf", Some("2026-02-01")),
            item(3, Product, "golf", None),
            item(4, Article, "bikes", None),
            item(5, Product, "boats", None),
        ])
    }

    fn ids(items: impl IntoIterator<Item = ItemId>) -> Vec<u32> {
        items.into_iter().map(|item| item.0).collect()
    }

    #[test]
    fn catalogue_shows_itself_newest_first_from_every_part_of_the_shop() {
        let shop = shop();
        assert_eq!(ids(shop.items(Wanted::Products)), [1, 2, 5, 0, 3]);
        assert_eq!(ids(shop.items(Wanted::Both)), [1, 2, 4, 5, 0, 3]);
        assert_eq!(ids(shop.items(Wanted::Articles)), [4]);
    }

    #[test]
    fn new_things_take_turns_for_the_last_place_of_a_long_shelf() {
        let shop = shop();
        let turns = |count, today: &str, hour| ids(shop.in_turn(count, day(today).unwrap(), hour));
        assert_eq!(turns(5, "2026-03-20", 0), [1]);
        assert!(turns(4, "2026-03-20", 0).is_empty(), "a short shelf has no place to spare");
        assert!(turns(5, "2026-09-20", 0).is_empty(), "an old thing has no claim");
        assert!(shop.is_new(ItemId(1), day("2026-03-20").unwrap()));
    }

    #[test]
    fn in_a_new_shop_nothing_is_newer_than_the_rest() {
        let items: Vec<_> = (0..8).map(|id| item(id, ItemKind::Product, "all", Some("2026-03-01"))).collect();
        assert!(window(&items).new_items(day("2026-03-05").unwrap()).is_empty());
    }
}
