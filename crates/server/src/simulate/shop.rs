//! The shop as the simulator sees it: shelves by number, odds of each product for each kind of customer, and the JSON
//! of every product made once. It holds nothing about any customer.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use super::catalogue::{Article, Catalogue, CatalogueError, Handedness, Product, catalogue};
use super::chance::Chance;

/// Where the demo shop would stand on the web; `.example` can't exist.
pub(super) const ORIGIN: &str = "https://tui-outdoors.example";

/// What a customer is ready to spend within a shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Budget {
    Low,
    Middle,
    High,
}

/// Who a product is cut for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    Anyone,
    Women,
    Children,
}

/// A product with its JSON.
pub(super) struct Ware {
    pub(super) product: &'static Product,
    pub(super) shelf: usize,
    pub(super) cut: Cut,
    /// A JSON object up to, not including, its closing brace.
    pub(super) json: String,
    pub(super) path: String,
    /// Name as a JSON string.
    pub(super) title: String,
}

/// A guide with its JSON.
pub(super) struct Reading {
    pub(super) article: &'static Article,
    pub(super) path: String,
    pub(super) title: String,
    pub(super) slug: String,
}

/// A category with what is in it.
pub(super) struct Shelf {
    pub(super) sport: String,
    pub(super) path: String,
    pub(super) title: String,
    pub(super) readings: Vec<usize>,
    pub(super) goes_with: Vec<usize>,
    /// Searches as JSON strings.
    pub(super) searches: Vec<String>,
    pub(super) reorder_days: Option<u16>,
    odds: BTreeMap<(Budget, bool), Vec<(f64, usize)>>,
}

/// The whole shop.
pub(super) struct Shop {
    pub(super) shelves: Vec<Shelf>,
    pub(super) wares: Vec<Ware>,
    pub(super) readings: Vec<Reading>,
}

/// A text as a JSON string, with its quotes.
pub(super) fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes cents as a decimal number of dollars.
pub(super) fn push_dollars(out: &mut String, cents: u64) {
    // Writing into a `String` can't fail.
    let _ = write!(out, "{}.{:02}", cents / 100, cents % 100);
}

/// Whether a golfer of this hand can use the product.
pub(super) fn fits(product: &Product, hand: Handedness) -> bool {
    product.handedness.is_none_or(|made_for| made_for == hand)
}

impl Shop {
    /// The one demo shop.
    pub(super) fn open() -> Result<&'static Shop, CatalogueError> {
        static SHOP: OnceLock<Shop> = OnceLock::new();
        let catalogue = catalogue()?;
        Ok(SHOP.get_or_init(|| Shop::from_catalogue(catalogue)))
    }

    fn from_catalogue(catalogue: &'static Catalogue) -> Shop {
        let number =
            |path: &str| catalogue.categories.iter().position(|category| category.path == path).unwrap_or(0);
        let wares: Vec<Ware> = catalogue
            .products
            .iter()
            .map(|product| ware(product, number(&product.category_path())))
            .collect();
        let readings: Vec<Reading> = catalogue
            .articles
            .iter()
            .map(|article| Reading {
                article,
                path: format!("/guides/{}", article.slug),
                title: json(&article.title),
                slug: json(&article.slug),
            })
            .collect();
        let shelves = catalogue
            .categories
            .iter()
            .enumerate()
            .map(|(at, category)| Shelf {
                sport: category.path.split('/').next().unwrap_or_default().to_owned(),
                path: category.path.clone(),
                title: json(&category.title),
                readings: (0..readings.len())
                    .filter(|n| {
                        readings.get(*n).is_some_and(|r| r.article.categories.contains(&category.path))
                    })
                    .collect(),
                goes_with: category.goes_with.iter().map(|path| number(path)).collect(),
                searches: category.searches.iter().map(|text| json(text)).collect(),
                reorder_days: category.reorder_days,
                odds: odds(&wares, at),
            })
            .collect();
        Shop { shelves, wares, readings }
    }

    /// The shelf with this path (the first one for a path that isn't there).
    pub(super) fn shelf_number(&self, path: &str) -> usize {
        self.shelves.iter().position(|shelf| shelf.path == path).unwrap_or(0)
    }

    /// A product from a shelf, as a customer of this budget and hand would choose it.
    pub(super) fn choose(
        &self,
        shelf: usize,
        budget: Budget,
        hand: Handedness,
        chance: &mut Chance,
    ) -> usize {
        let odds = self.shelves.get(shelf).and_then(|s| s.odds.get(&(budget, hand == Handedness::Left)));
        let Some(odds) = odds else { return 0 };
        let total = odds.last().map_or(0.0, |(sum, _)| *sum);
        let point = chance.unit() * total;
        let at = odds.partition_point(|(sum, _)| *sum <= point);
        odds.get(at).or(odds.last()).map_or(0, |(_, ware)| *ware)
    }
}

fn ware(product: &'static Product, shelf: usize) -> Ware {
    let slug = product.sku.to_ascii_lowercase();
    let path = format!("/products/{slug}");
    let mut text = format!(
        "{{\"product_id\":{sku},\"sku\":{sku},\"name\":{},\"brand\":{},\"category\":{},\"url\":\"{ORIGIN}{path}\",\"image_url\":\"{ORIGIN}/pictures/{slug}.svg\",\"price\":",
        json(&product.name),
        json(&product.brand),
        json(&product.category_path()),
        sku = json(&product.sku),
    );
    push_dollars(&mut text, u64::from(product.price_cents));
    let cut = match &product.name {
        name if name.contains("Women’s") || name.contains("Women's") => Cut::Women,
        name if ["Kids", "Junior", "Child"].iter().any(|word| name.contains(word)) => Cut::Children,
        _ => Cut::Anyone,
    };
    Ware { product, shelf, cut, json: text, path, title: json(&product.name) }
}

/// Running sums of the odds on one shelf: popularity (a few favourites, a long tail) times how well the price suits.
fn odds(wares: &[Ware], shelf: usize) -> BTreeMap<(Budget, bool), Vec<(f64, usize)>> {
    let here: Vec<(usize, &Ware)> = wares.iter().enumerate().filter(|(_, w)| w.shelf == shelf).collect();
    let mut prices: Vec<u32> = here.iter().map(|(_, w)| w.product.price_cents).collect();
    prices.sort_unstable();
    let rank = |price: u32| prices.partition_point(|p| *p < price) as f64 / prices.len().max(1) as f64;
    let mut odds = BTreeMap::new();
    for (budget, wanted) in [(Budget::Low, 0.15), (Budget::Middle, 0.45), (Budget::High, 0.8)] {
        for hand in [Handedness::Left, Handedness::Right] {
            let mut sum = 0.0;
            let list = here.iter().enumerate().filter(|(_, (_, w))| fits(w.product, hand));
            let list = list.map(|(at, (number, w))| {
                let popularity = 1.0 / (1.0 + ((at * 7 + shelf * 3) % 6) as f64);
                sum += popularity * (-2.2 * (rank(w.product.price_cents) - wanted).abs()).exp();
                (sum, *number)
            });
            odds.insert((budget, hand == Handedness::Left), list.collect());
        }
    }
    odds
}
