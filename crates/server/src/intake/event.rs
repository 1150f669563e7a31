//! Segment's e-commerce events (specification v2, and v1's names) as typed rows.
//!
//! Reading by name is the allow-list: a property that isn't asked for here is never taken. An event that isn't listed
//! here must be declared in the register, or it is dropped. Nothing here may keep a recipient, a message to a third
//! person, a referrer, or a query string.

use privacy::data::{BasketAction, Basketed, BrowseAction, Browsed, Happened, Millis, OrderAction, Told};
use privacy::minimise::minimise_path;
use privacy::register::Register;
use serde_json::{Map, Value};

use super::document::Json;
use super::field::{PersonalId, first, free_text, id, member, quantity, repeated_id, word};
use super::order::{coupon, ordered};
use super::recent::Recent;
use super::row::Row;

/// Why an event brings no row. The words are fixed, for counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Neither of the e-commerce specification nor declared in the register.
    Undeclared,
    /// It lacks what it is about: the product, the order's number.
    Incomplete,
    /// An id in it is an e-mail address or the like.
    PersonalId,
}

impl Unfit {
    /// The word for counters.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Undeclared => "undeclared_event",
            Self::Incomplete => "incomplete_event",
            Self::PersonalId => "personal_id",
        }
    }
}

impl From<PersonalId> for Unfit {
    fn from(PersonalId: PersonalId) -> Self {
        Self::PersonalId
    }
}

/// What an event is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Browse(BrowseAction),
    Basket(BasketAction),
    Order(OrderAction),
    Share,
    Review,
    Rating,
}

/// What a name means: any capitals, and `_` or `-` for spaces.
fn meaning(name: &str) -> Option<Meaning> {
    let name = name.trim().to_lowercase().replace(['_', '-'], " ");
    Some(match name.as_str() {
        "products searched" | "searched products" => Meaning::Browse(BrowseAction::Searched),
        "product list viewed"
        | "product list filtered"
        | "viewed product list"
        | "viewed product category"
        | "filtered product list" => Meaning::Browse(BrowseAction::ViewedList),
        "promotion viewed" | "viewed promotion" => Meaning::Browse(BrowseAction::SawPromotion),
        "promotion clicked" | "clicked promotion" | "product clicked" | "clicked product" => {
            Meaning::Browse(BrowseAction::Clicked)
        }
        "product viewed" | "viewed product" => Meaning::Browse(BrowseAction::ViewedProduct),
        // Not Segment's: articles and guides beside products.
        "article viewed" | "article read" | "content viewed" | "viewed article" | "read article" => {
            Meaning::Browse(BrowseAction::ReadArticle)
        }
        "product added" | "added product" | "wishlist product added to cart" => {
            Meaning::Basket(BasketAction::Added)
        }
        "product removed" | "removed product" => Meaning::Basket(BasketAction::Removed),
        "cart viewed" | "viewed cart" => Meaning::Basket(BasketAction::ViewedCart),
        "checkout started"
        | "started checkout"
        | "started order"
        | "checkout step viewed"
        | "viewed checkout step"
        | "checkout step completed"
        | "completed checkout step"
        | "payment info entered"
        | "entered payment info" => Meaning::Basket(BasketAction::StartedCheckout),
        "coupon entered" | "coupon applied" | "coupon denied" | "coupon removed" | "entered coupon"
        | "applied coupon" | "denied coupon" | "removed coupon" => Meaning::Basket(BasketAction::Coupon),
        "product added to wishlist" | "added product to wishlist" => Meaning::Basket(BasketAction::Wished),
        "product removed from wishlist" | "removed product from wishlist" => {
            Meaning::Basket(BasketAction::Unwished)
        }
        "order completed" | "completed order" => Meaning::Order(OrderAction::Placed),
        "order updated" | "updated order" => Meaning::Order(OrderAction::Updated),
        "order refunded" | "refunded order" => Meaning::Order(OrderAction::Refunded),
        "order cancelled" | "order canceled" | "cancelled order" => Meaning::Order(OrderAction::Cancelled),
        "product shared" | "shared product" | "cart shared" | "shared cart" => Meaning::Share,
        "product reviewed" | "reviewed product" => Meaning::Review,
        // Not Segment's: what somebody says to a recommendation.
        "recommendation rated" | "rated recommendation" => Meaning::Rating,
        _ => return None,
    })
}

/// The row of a `track` call.
pub(super) fn track<'e>(
    name: &str,
    properties: &'e Json<'_>,
    context: &'e Json<'_>,
    at: Millis,
    register: &Register,
    recent: &mut Recent<'e>,
) -> Result<Row, Unfit> {
    match meaning(name) {
        Some(Meaning::Browse(action)) => browsed(action, properties, context, at, recent).map(Row::Browsed),
        Some(Meaning::Basket(action)) => basketed(action, properties, context, at, recent).map(Row::Basketed),
        Some(Meaning::Order(action)) => {
            ordered(action, properties, at, &register.shop.currency).map(Row::Ordered)
        }
        Some(Meaning::Share) => {
            Ok(Row::Told(Told { at, item: product(properties)?, verdict: "shared".to_owned(), text: None }))
        }
        Some(Meaning::Review) => Ok(Row::Told(Told {
            at,
            item: Some(product(properties)?.ok_or(Unfit::Incomplete)?),
            verdict: "review".to_owned(),
            text: free_text(first(properties, &["review_body", "review", "text"])),
        })),
        Some(Meaning::Rating) => {
            let item = article(properties)?.map_or_else(|| product(properties), |item| Ok(Some(item)))?;
            Ok(Row::Told(Told {
                at,
                item: Some(item.ok_or(Unfit::Incomplete)?),
                verdict: rating(properties).ok_or(Unfit::Incomplete)?.to_owned(),
                text: None,
            }))
        }
        None => happened(name, properties, at, register).map(Row::Happened),
    }
}

/// What is said against a recommendation; each of these keeps the item off this person's shelves.
fn rating(properties: &Json<'_>) -> Option<&'static str> {
    let said = member(properties, "verdict").as_str()?.trim().to_lowercase().replace(['-', ' '], "_");
    ["not_interested", "wrong", "intrusive"].into_iter().find(|verdict| *verdict == said)
}

/// The row of a `page` or `screen` call. A page with an article's id counts as reading it.
pub(super) fn page<'e>(
    event: &'e Json<'_>,
    context: &'e Json<'_>,
    at: Millis,
    recent: &mut Recent<'e>,
) -> Result<Row, Unfit> {
    let properties = member(event, "properties");
    let action =
        if article(properties)?.is_some() { BrowseAction::ReadArticle } else { BrowseAction::OpenedPage };
    let mut row = browsed(action, properties, context, at, recent)?;
    row.category = row.category.or_else(|| word(member(event, "category")));
    Ok(Row::Browsed(row))
}

fn browsed<'e>(
    action: BrowseAction,
    properties: &'e Json<'_>,
    context: &'e Json<'_>,
    at: Millis,
    recent: &mut Recent<'e>,
) -> Result<Browsed, Unfit> {
    let (action, item) = match action {
        BrowseAction::ViewedProduct => match (product(properties)?, article(properties)?) {
            (Some(item), _) => (action, Some(item)),
            (None, Some(item)) => (BrowseAction::ReadArticle, Some(item)),
            (None, None) => return Err(Unfit::Incomplete),
        },
        BrowseAction::ReadArticle => {
            let item = article(properties)?.map_or_else(|| product(properties), |item| Ok(Some(item)))?;
            (action, Some(item.ok_or(Unfit::Incomplete)?))
        }
        BrowseAction::Clicked => (action, product(properties)?),
        BrowseAction::ViewedList
        | BrowseAction::Searched
        | BrowseAction::OpenedPage
        | BrowseAction::SawPromotion => (action, None),
    };
    let category =
        first(properties, &["category", "list_id", "list_name", "list", "promotion_id", "promotion_name"]);
    let query = match action {
        BrowseAction::Searched => free_text(first(properties, &["query", "search_term"])),
        BrowseAction::ViewedProduct
        | BrowseAction::ReadArticle
        | BrowseAction::ViewedList
        | BrowseAction::OpenedPage
        | BrowseAction::SawPromotion
        | BrowseAction::Clicked => None,
    };
    Ok(Browsed {
        at,
        action,
        item,
        session: session(properties, context, recent)?,
        query,
        category: word(category),
        page: address(properties, recent).or_else(|| address(member(context, "page"), recent)),
    })
}

fn basketed<'e>(
    action: BasketAction,
    properties: &'e Json<'_>,
    context: &'e Json<'_>,
    at: Millis,
    recent: &mut Recent<'e>,
) -> Result<Basketed, Unfit> {
    let (item, quantity) = match action {
        BasketAction::Added | BasketAction::Removed | BasketAction::Wished | BasketAction::Unwished => {
            let item = product(properties)?.ok_or(Unfit::Incomplete)?;
            (Some(item), Some(quantity(member(properties, "quantity")).unwrap_or(1)))
        }
        BasketAction::ViewedCart | BasketAction::StartedCheckout | BasketAction::Coupon => (None, None),
    };
    Ok(Basketed {
        at,
        action,
        item,
        session: session(properties, context, recent)?,
        quantity,
        coupon: coupon(properties),
    })
}

/// An event that the register declares, with the declared fields that hold single values; texts are redacted.
fn happened(name: &str, properties: &Json<'_>, at: Millis, register: &Register) -> Result<Happened, Unfit> {
    let name = name.trim();
    let (name, declared) = register
        .events
        .get_key_value(name)
        .or_else(|| register.events.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)))
        .ok_or(Unfit::Undeclared)?;
    let mut fields = Map::new();
    for field in declared {
        let kept = match member(properties, field) {
            text @ Json::Text(_) => free_text(text).map(Value::String),
            single @ (Json::Number(_) | Json::Bool(_)) => Some(single.to_value()),
            Json::Null | Json::List(_) | Json::Object(_) => None,
        };
        if let Some(kept) = kept {
            fields.insert(field.clone(), kept);
        }
    }
    Ok(Happened { at, name: name.clone(), fields })
}

/// The product's id: v2's `product_id`, v1's `id`, or the `sku`.
pub(super) fn product(properties: &Json<'_>) -> Result<Option<String>, PersonalId> {
    id(first(properties, &["product_id", "productId", "id", "sku"]))
}

fn article(properties: &Json<'_>) -> Result<Option<String>, PersonalId> {
    id(first(properties, &["article_id", "articleId", "content_id", "contentId"]))
}

fn session<'e>(
    properties: &'e Json<'_>,
    context: &'e Json<'_>,
    recent: &mut Recent<'e>,
) -> Result<Option<String>, PersonalId> {
    let names = &["sessionId", "session_id"];
    match first(context, names) {
        Json::Null => repeated_id(first(properties, names), recent),
        found => repeated_id(found, recent),
    }
}

/// The page's address without query and fragment.
fn address<'e>(page: &'e Json<'_>, recent: &mut Recent<'e>) -> Option<String> {
    let url = member(page, "url").as_str().and_then(|text| recent.page(text));
    url.or_else(|| member(page, "path").as_str().and_then(minimise_path))
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
