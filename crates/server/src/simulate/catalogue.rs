//! The demo shop's catalogue: shelves, products and guides, read from the TOML files in `assets/demo` and checked.
//! It never reads a file at run time and never lets a mistake pass: every error names the file and the item.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;

/// A shelf of the shop, two levels deep.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// The path as it stands in addresses, such as `bikes/e-bikes`.
    pub path: String,
    /// What the shop calls it.
    pub title: String,
    /// Days that one purchase of a consumable from here lasts a typical customer.
    #[serde(default)]
    pub reorder_days: Option<u16>,
    /// Paths of shelves that customers of this one look at next.
    pub goes_with: Vec<String>,
    /// What people type when they look for this shelf.
    pub searches: Vec<String>,
}

/// The side from which a golfer swings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Handedness {
    /// For golfers who swing left-handed.
    Left,
    /// For golfers who swing right-handed.
    Right,
}

/// What to draw for an item.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PictureHint {
    /// Name of a drawing in `icons.toml`.
    pub icon: String,
    /// The item's colour and the ground's, as `#rrggbb`.
    pub colours: [String; 2],
}

/// Something that the shop sells.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Unique number on the shelf, such as `TUI-EBK-101`.
    pub sku: String,
    /// Name as customers read it.
    pub name: String,
    /// An invented maker.
    pub brand: String,
    /// Shelf, from the widest to the narrowest: `["bikes", "e-bikes"]`.
    pub category: [String; 2],
    /// Price in New Zealand cents, with GST.
    pub price_cents: u32,
    /// One or two sentences.
    pub description: String,
    /// Lower-case words for search and relation.
    pub tags: Vec<String>,
    /// Only for things that fit one side.
    #[serde(default)]
    pub handedness: Option<Handedness>,
    /// Range of sizes in words, if it comes in sizes.
    #[serde(default)]
    pub sizes: Option<String>,
    /// Name of its colour.
    pub colour: String,
    /// Whether it is used up and bought again.
    #[serde(default)]
    pub consumable: bool,
    /// Pieces in the shop.
    pub stock: u32,
    /// What to draw.
    pub picture: PictureHint,
}

impl Product {
    /// The shelf's path, such as `bikes/e-bikes`.
    pub fn category_path(&self) -> String {
        self.category.join("/")
    }
}

/// A guide or a track beside the products.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    /// Unique name in addresses.
    pub slug: String,
    /// Headline.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// Two short paragraphs.
    pub body: [String; 2],
    /// Shelves that it helps with.
    pub categories: Vec<String>,
    /// Lower-case topics.
    pub tags: Vec<String>,
    /// Where in New Zealand, if it is about a place.
    #[serde(default)]
    pub region: Option<String>,
    /// What to draw.
    pub picture: PictureHint,
}

/// Everything in the demo shop.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// Shelves in the shop's order.
    pub categories: Vec<Category>,
    /// Products in shelf order.
    pub products: Vec<Product>,
    /// Guides: tracks first, then paddling, then care.
    pub articles: Vec<Article>,
    icons: BTreeMap<String, String>,
}

impl Catalogue {
    /// The product with this number.
    pub fn product(&self, sku: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.sku == sku)
    }

    /// The guide with this name.
    pub fn article(&self, slug: &str) -> Option<&Article> {
        self.articles.iter().find(|article| article.slug == slug)
    }

    /// The shelf with this path.
    pub fn category(&self, path: &str) -> Option<&Category> {
        self.categories.iter().find(|category| category.path == path)
    }

    /// The drawing with this name, as an SVG fragment with colour words still in it.
    pub(super) fn icon(&self, name: &str) -> Option<&str> {
        self.icons.get(name).map(String::as_str)
    }
}

/// A mistake in the demo shop's files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// The file isn't TOML of the expected form.
    #[error("`{file}` can't be read: {reason}")]
    Unreadable {
        /// Name of the file under `assets/demo`.
        file: &'static str,
        /// The parser's words, with the line.
        reason: String,
    },
    /// An item breaks a rule.
    #[error("`{file}`, item `{item}`: {reason}")]
    Item {
        /// Name of the file under `assets/demo`.
        file: &'static str,
        /// SKU, slug or path.
        item: String,
        /// The rule.
        reason: String,
    },
}

/// The demo shop's catalogue, parsed and checked once.
///
/// # Errors
/// The first mistake in the embedded files, with file and item.
pub fn catalogue() -> Result<&'static Catalogue, CatalogueError> {
    static CATALOGUE: OnceLock<Result<Catalogue, CatalogueError>> = OnceLock::new();
    CATALOGUE.get_or_init(|| read(&EMBEDDED)).as_ref().map_err(Clone::clone)
}

/// The texts that a catalogue is read from: file name and content.
struct Files<'a> {
    categories: (&'static str, &'a str),
    icons: (&'static str, &'a str),
    products: &'a [(&'static str, &'a str)],
    articles: &'a [(&'static str, &'a str)],
}

macro_rules! embedded {
    ($name:literal) => {
        ($name, include_str!(concat!("../../assets/demo/", $name)))
    };
}

const EMBEDDED: Files<'static> = Files {
    categories: embedded!("categories.toml"),
    icons: embedded!("icons.toml"),
    products: &[
        embedded!("products/bikes.toml"),
        embedded!("products/golf.toml"),
        embedded!("products/tramping.toml"),
        embedded!("products/paddling.toml"),
        embedded!("products/running.toml"),
        embedded!("products/essentials.toml"),
    ],
    articles: &[
        embedded!("guides/tracks.toml"),
        embedded!("guides/paddling.toml"),
        embedded!("guides/care.toml"),
    ],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryFile {
    category: Vec<Category>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProductFile {
    product: Vec<Product>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArticleFile {
    article: Vec<Article>,
}

fn parse<T: serde::de::DeserializeOwned>((file, text): (&'static str, &str)) -> Result<T, CatalogueError> {
    toml::from_str(text).map_err(|error| CatalogueError::Unreadable { file, reason: error.to_string() })
}

fn read(files: &Files<'_>) -> Result<Catalogue, CatalogueError> {
    let CategoryFile { category: categories } = parse(files.categories)?;
    let icons: BTreeMap<String, String> = parse(files.icons)?;
    let mut checked = Catalogue { categories, products: Vec::new(), articles: Vec::new(), icons };
    check_categories(&checked, files.categories.0)?;
    let mut names = BTreeSet::new();
    for (file, text) in files.products {
        let ProductFile { product } = parse((file, text))?;
        for product in product {
            check_product(&product, &checked, &mut names).map_err(|reason| CatalogueError::Item {
                file,
                item: product.sku.clone(),
                reason,
            })?;
            checked.products.push(product);
        }
    }
    for (file, text) in files.articles {
        let ArticleFile { article } = parse((file, text))?;
        for article in article {
            check_article(&article, &checked, &mut names).map_err(|reason| CatalogueError::Item {
                file,
                item: article.slug.clone(),
                reason,
            })?;
            checked.articles.push(article);
        }
    }
    Ok(checked)
}

fn check_categories(catalogue: &Catalogue, file: &'static str) -> Result<(), CatalogueError> {
    let mut paths = BTreeSet::new();
    for category in &catalogue.categories {
        let error = |reason: String| CatalogueError::Item { file, item: category.path.clone(), reason };
        if !paths.insert(&category.path) {
            return Err(error("the path stands there twice".to_owned()));
        }
        if category.searches.is_empty() {
            return Err(error("`searches` is empty".to_owned()));
        }
        if let Some(other) = category.goes_with.iter().find(|path| catalogue.category(path).is_none()) {
            return Err(error(format!("`goes_with` names `{other}`, which is no category")));
        }
    }
    Ok(())
}

fn check_product(
    product: &Product,
    catalogue: &Catalogue,
    names: &mut BTreeSet<String>,
) -> Result<(), String> {
    let path = product.category_path();
    let category =
        catalogue.category(&path).ok_or_else(|| format!("category `{path}` isn't in categories.toml"))?;
    if !names.insert(product.sku.clone()) {
        return Err("the sku stands there twice".to_owned());
    }
    if !names.insert(product.name.clone()) {
        return Err(format!("the name `{}` stands there twice", product.name));
    }
    if !(100..=2_000_000).contains(&product.price_cents) {
        return Err(format!("price of {} cents is outside $1 to $20,000", product.price_cents));
    }
    if product.consumable && category.reorder_days.is_none() {
        return Err(format!("is consumable, but `{path}` has no `reorder_days`"));
    }
    if product.description.len() < 10 || product.tags.is_empty() {
        return Err("needs a description and tags".to_owned());
    }
    check_picture(&product.picture, catalogue)
}

fn check_article(
    article: &Article,
    catalogue: &Catalogue,
    names: &mut BTreeSet<String>,
) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if article.slug.is_empty() || !article.slug.chars().all(plain) {
        return Err("the slug may hold only `a-z`, `0-9` and `-`".to_owned());
    }
    if !names.insert(article.slug.clone()) {
        return Err("the slug stands there twice".to_owned());
    }
    if article.categories.is_empty() || article.tags.is_empty() {
        return Err("needs categories and tags".to_owned());
    }
    if let Some(path) = article.categories.iter().find(|path| catalogue.category(path).is_none()) {
        return Err(format!("category `{path}` isn't in categories.toml"));
    }
    check_picture(&article.picture, catalogue)
}

fn check_picture(hint: &PictureHint, catalogue: &Catalogue) -> Result<(), String> {
    let PictureHint { icon, colours } = hint;
    if catalogue.icon(icon).is_none() {
        return Err(format!("picture `{icon}` isn't in icons.toml"));
    }
    match colours.iter().find(|colour| super::picture::Tone::parse(colour).is_none()) {
        Some(colour) => Err(format!("colour `{colour}` isn't of the form `#rrggbb`")),
        None => Ok(()),
    }
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
