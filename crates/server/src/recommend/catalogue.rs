//! The shop's products and articles as the recommender and the pages see them. Nothing here is about a person.

use std::collections::HashMap;
use std::sync::Arc;

use models::recommend::ItemId;
use models::recommend::content::{ContentError, ContentIndex, Entry, Kind, Weights};
use serde::{Deserialize, Serialize};
use store::{Item, ItemKind};

use super::window::Window;

/// A product or an article, as stored in [`Item::json`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CatalogueItem {
    /// The shop's id (SKU or slug).
    pub id: String,
    /// Product or article.
    #[serde(skip, default = "product")]
    pub kind: ItemKind,
    /// Its name or title.
    pub name: String,
    /// Its brand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// From the broadest category to the narrowest.
    #[serde(default)]
    pub category: Vec<String>,
    /// The price in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_minor: Option<i64>,
    /// ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Tags and topics.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Description or summary.
    #[serde(default)]
    pub text: String,
    /// Whether it is used up and bought again.
    #[serde(default)]
    pub consumable: bool,
    /// Whom it fits, where a thing comes in kinds of which one suits a person and the other doesn't (`left-handed`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<String>,
    /// What an article helps with: ids of products, and categories with slashes between (`bikes/e-bikes`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
    /// The place that an article is about, such as that of a track: `nz/auckland`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// How many are in stock, when the shop says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
    /// How much of the price the shop keeps, in percent. The shop's own business: no answer holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin_percent: Option<f64>,
    /// Since which day the shop has it, `2026-11-22`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<String>,
    /// Its page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

impl CatalogueItem {
    /// A product of which nothing but its name is known. It may be proposed again, since nobody says that it lasts.
    pub(crate) fn named(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            kind: ItemKind::Product,
            name: name.to_owned(),
            brand: None,
            category: Vec::new(),
            price_minor: None,
            currency: None,
            tags: Vec::new(),
            text: String::new(),
            consumable: true,
            fit: None,
            about: Vec::new(),
            region: None,
            stock: None,
            margin_percent: None,
            added: None,
            url: None,
            picture: None,
        }
    }

    /// Whether its price lies within bounds, in minor units of a currency; without bounds it always does.
    pub(crate) fn costs(&self, least: Option<i64>, most: Option<i64>, currency: &str) -> bool {
        if least.is_none() && most.is_none() {
            return true;
        }
        let comparable = self.currency.as_deref().is_none_or(|own| own == currency);
        self.price_minor.is_some_and(|price| {
            comparable && least.is_none_or(|least| least <= price) && most.is_none_or(|most| price <= most)
        })
    }
}

const fn product() -> ItemKind {
    ItemKind::Product
}

/// All items, numbered for the models, with what they have in common.
#[derive(Debug)]
pub struct Catalogue {
    items: Vec<Arc<CatalogueItem>>,
    by_id: HashMap<String, usize>,
    /// Each item's place in `items`, by its number.
    places: Vec<Option<u32>>,
    /// Each item's brand, by its place.
    brands: Vec<Option<u32>>,
    /// What came into the shop last comes first.
    newest: Vec<ItemId>,
    content: ContentIndex,
    window: Window,
    /// The numbers of articles that say what they are about.
    helpful: Vec<ItemId>,
}

impl Catalogue {
    /// Reads stored items; those that can't be read are left out and named in the log. `number` gives each id the
    /// number under which the models know it.
    ///
    /// # Errors
    /// [`ContentError`] when two items have one number.
    pub fn build(stored: &[Item], mut number: impl FnMut(&str) -> ItemId) -> Result<Self, ContentError> {
        let mut words = Interned::default();
        let mut names = Interned::default();
        let mut newest: Vec<(Option<String>, ItemId)> = Vec::new();
        let (mut items, mut by_id, mut places, mut brands, mut entries) =
            (Vec::new(), HashMap::new(), Vec::new(), Vec::new(), Vec::new());
        for item in stored {
            let mut read: CatalogueItem = match serde_json::from_str(&item.json) {
                Ok(read) => read,
                Err(error) => {
                    tracing::warn!(item.id = item.id, error.cause = %error, "an item of the catalogue can't be read");
                    continue;
                }
            };
            read.kind = item.kind;
            let brand = read.brand.as_deref().map(|name| names.number(name));
            let id = number(&item.id);
            entries.push(Entry {
                item: id,
                kind: match item.kind {
                    ItemKind::Product => Kind::Product,
                    ItemKind::Article => Kind::Article,
                },
                category: read.category.iter().map(|part| words.number(part)).collect(),
                brand,
                tags: read.tags.iter().map(|tag| words.number(tag)).collect(),
                text: format!("{} {}", read.name, read.text),
                price_minor: read.price_minor,
            });
            by_id.insert(item.id.clone(), items.len());
            if places.len() <= id.index() {
                places.resize(id.index() + 1, None);
            }
            if let Some(place) = places.get_mut(id.index()) {
                *place = u32::try_from(items.len()).ok();
            }
            brands.push(brand);
            newest.push((read.added.clone(), id));
            items.push(Arc::new(read));
        }
        // Of one day in the order of their ids; what has no day comes last.
        newest.sort_by(|a, b| b.0.cmp(&a.0));
        let newest = newest.into_iter().map(|(_, id)| id).collect();
        let content = ContentIndex::build(&entries, &Weights::balanced())?;
        let numbered = entries.iter().map(|entry| entry.item).zip(items.iter().map(|item| &**item));
        let window = Window::of(numbered.clone());
        let helpful = numbered.filter(|(_, item)| !item.about.is_empty()).map(|(number, _)| number).collect();
        Ok(Self { items, by_id, places, brands, newest, content, window, helpful })
    }

    /// The item with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<CatalogueItem>> {
        self.by_id.get(id).and_then(|place| self.items.get(*place))
    }

    fn place(&self, number: ItemId) -> Option<usize> {
        self.places.get(number.index()).copied().flatten().map(|place| place as usize)
    }

    /// The item with this number.
    #[must_use]
    pub fn numbered(&self, number: ItemId) -> Option<&Arc<CatalogueItem>> {
        self.place(number).and_then(|place| self.items.get(place))
    }

    /// All items, in the order in which they were stored.
    #[must_use]
    pub fn items(&self) -> &[Arc<CatalogueItem>] {
        &self.items
    }

    /// The number of an item's brand.
    #[must_use]
    pub fn brand(&self, number: ItemId) -> Option<u32> {
        self.place(number).and_then(|place| self.brands.get(place)).copied().flatten()
    }

    /// All items by number, what came into the shop last first.
    #[must_use]
    pub fn newest(&self) -> &[ItemId] {
        &self.newest
    }

    /// How the catalogue shows itself.
    pub(super) const fn window(&self) -> &Window {
        &self.window
    }

    /// The articles that say that they are about an item or its category, and how closely, 0 to 1.
    pub(super) fn guides_to(&self, number: ItemId) -> Vec<(ItemId, f64)> {
        let Some(item) = self.numbered(number) else { return Vec::new() };
        let path = item.category.join("/").to_lowercase();
        let closeness = |about: &String| {
            let about = about.to_lowercase();
            if about == item.id.to_lowercase() {
                return 1.0;
            }
            match path.strip_prefix(about.as_str()) {
                Some("") => 0.8,
                Some(rest) if rest.starts_with('/') && !about.is_empty() => 0.5,
                Some(_) | None => 0.0,
            }
        };
        let guide = |guide: &ItemId| {
            let about = &self.numbered(*guide)?.about;
            let closest = about.iter().map(closeness).fold(0.0, f64::max);
            (closest > 0.0).then_some((*guide, closest))
        };
        self.helpful.iter().filter_map(guide).collect()
    }

    /// What resembles what.
    #[must_use]
    pub const fn content(&self) -> &ContentIndex {
        &self.content
    }
}

#[derive(Default)]
struct Interned(HashMap<String, u32>);

impl Interned {
    fn number(&mut self, word: &str) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(word.to_lowercase()).or_insert(next)
    }
}
