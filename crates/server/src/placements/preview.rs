//! What a place would show: to nobody in particular, or to a made-up customer who looked at and bought some things. No
//! real person's data is opened for it, nothing is kept, and nobody counts as having seen it.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Place;
use super::desk::checked;
use crate::app::App;
use crate::recommend::{Ask, Filter, Sample, Wanted, Who, preview};
use crate::web::Problem;

/// What is asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    /// The place.
    placement: String,
    /// Rules that aren't set yet.
    #[serde(default)]
    rules: Option<Value>,
    #[serde(default)]
    item: Option<String>,
    #[serde(default)]
    cart: Vec<String>,
    #[serde(default)]
    count: Option<usize>,
    #[serde(default)]
    content: Option<Wanted>,
    #[serde(default)]
    category: Vec<String>,
    #[serde(default)]
    price_min: Option<i64>,
    #[serde(default)]
    price_max: Option<i64>,
    /// A made-up customer; nobody, if absent.
    #[serde(default)]
    sample: Option<Sample>,
}

/// Fills the place.
pub(super) fn show(app: &Arc<App>, body: &[u8]) -> Result<Value, Problem> {
    let question: Question = serde_json::from_slice(body).map_err(|error| {
        Problem::malformed(
            format!("the body can't be read: {error}"),
            r#"send {"placement": "home", "sample": {"looked": ["…"], "bought": ["…"]}}, with `rules` to try some out"#,
        )
    })?;
    let Question { placement, rules, item, cart, count, content, category, price_min, price_max, sample } =
        question;
    let place = match rules {
        Some(rules) => Arc::new(Place::new(checked(app, &placement, rules)?)),
        None => Arc::clone(app.placements.board().place(&placement)),
    };
    let filter = Filter::new(category, price_min, price_max)?;
    if count.is_some_and(|count| !(1..=100).contains(&count)) {
        return Err(Problem::malformed("`count` is out of range", "ask for 1 to 100 items"));
    }
    let ask = Ask { placement, item, cart, count, content, filter, ..Ask::of(Who::Nobody) };
    let (items, left_out) = preview(app, &place, &ask, &sample.unwrap_or_default())?;
    let left_out: Vec<Value> = left_out.iter().map(|(id, why)| json!({"id": id, "because": why})).collect();
    Ok(json!({"items": crate::recommend::shown_items(&items), "left_out": left_out}))
}
