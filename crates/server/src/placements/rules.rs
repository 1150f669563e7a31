//! The rules of a place as a shop writes them, in JSON and TOML.

use serde::{Deserialize, Serialize};

use crate::recommend::Wanted;

/// What fills a place: each link gives what the links before it didn't have enough of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// What fits the person, by what they did; nothing without their consent.
    Personal,
    /// What goes with the item on the page, the cart and what the page says of the visit.
    GoesWith,
    /// What is popular in the category of the page or of the question.
    Category,
    /// What is popular in the shop.
    Popular,
    /// What came into the shop last.
    Newest,
}

impl Link {
    /// The word in rules and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::GoesWith => "goes_with",
            Self::Category => "category",
            Self::Popular => "popular",
            Self::Newest => "newest",
        }
    }
}

/// What becomes of what is sold out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SoldOut {
    /// It isn't shown.
    #[default]
    Hidden,
    /// It is shown after all that can be delivered.
    Last,
}

/// An item that is to stand in a certain position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinRule {
    /// Its id.
    pub item: String,
    /// Where, from 1.
    #[serde(default = "first")]
    pub position: usize,
    /// From this moment on (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Until this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

const fn first() -> usize {
    1
}

/// The rules of a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Products, articles or both.
    pub content: Wanted,
    /// How many items, where the question doesn't say.
    pub count: usize,
    /// What fills the place, in order.
    pub chain: Vec<Link>,
    /// What becomes of what is sold out.
    pub sold_out: SoldOut,
    /// How much likeness within the list costs: 0 not at all, 1 everything. 1 − λ of maximal marginal relevance.
    pub variety: f64,
    /// At most so many of a brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_brand: Option<usize>,
    /// At most so many of a category, the narrowest that an item has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_category: Option<usize>,
    /// By how much of itself a score may rise for what the shop earns more with, 0 to 0.5.
    pub margin_boost: f64,
    /// No cheaper than this, in minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_min: Option<i64>,
    /// No dearer than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_max: Option<i64>,
    /// Only from these categories; all, if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only_categories: Vec<String>,
    /// Items that are never shown here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden_items: Vec<String>,
    /// Categories of which nothing is shown here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden_categories: Vec<String>,
    /// Brands of which nothing is shown here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden_brands: Vec<String>,
    /// Items with a position of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<PinRule>,
}

impl Default for Rules {
    /// How a place is filled for which nothing was set.
    fn default() -> Self {
        Self {
            content: Wanted::Products,
            count: 10,
            chain: vec![Link::Personal, Link::GoesWith, Link::Category, Link::Popular, Link::Newest],
            sold_out: SoldOut::Hidden,
            variety: 0.0,
            per_brand: None,
            per_category: None,
            margin_boost: 0.0,
            price_min: None,
            price_max: None,
            only_categories: Vec::new(),
            hidden_items: Vec::new(),
            hidden_categories: Vec::new(),
            hidden_brands: Vec::new(),
            pins: Vec::new(),
        }
    }
}
