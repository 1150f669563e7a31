//! `POST /v1/catalogue`: the shop's products and articles, told by the shop's own server. Nothing about people may be
//! in it, and nothing of it is ever personal.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use privacy::audit::Author;
use privacy::grant::ReadError;
use privacy::store::StoreError;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Item, ItemKind, Write};

use super::{Catalogue, CatalogueItem, relearn};
use crate::app::App;
use crate::web::{Problem, State};

/// More items than this in one call are refused.
const AT_MOST: usize = 10_000;

/// What the shop sends: items to add or to take the place of those with the same id, and ids to leave out from now on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivery {
    #[serde(default)]
    items: Vec<Value>,
    #[serde(default)]
    remove: Vec<String>,
}

pub(super) async fn stock(axum::extract::State(app): State, body: Bytes) -> Result<Json<Value>, Problem> {
    let Delivery { items, remove } = serde_json::from_slice(&body).map_err(|error| {
        Problem::malformed(
            format!("the body can't be read: {error}"),
            "send {\"items\": [{\"id\": …, \"name\": …}], \"remove\": [\"id\", …]}",
        )
    })?;
    if items.len() + remove.len() > AT_MOST {
        return Err(Problem::malformed(
            format!("there are {} items", items.len() + remove.len()),
            format!("send at most {AT_MOST} at once"),
        ));
    }
    let (now, catalogue) = (app.now(), app.engine.catalogue());
    let read = items.iter().enumerate().map(|(place, item)| read(place, item, &catalogue, now));
    let read = read.collect::<Result<Vec<Item>, Problem>>()?;
    let worked = tokio::task::spawn_blocking(move || put(&app, read, remove)).await;
    worked.map_err(|error| Problem::internal(&error))?
}

fn read(place: usize, item: &Value, catalogue: &Catalogue, now: jiff::Timestamp) -> Result<Item, Problem> {
    let wrong = |what: String| {
        Problem::malformed(
            format!("item {} of the list: {what}", place + 1),
            "each item has `id`, `name`, and if you have them `kind` (product or article), `brand`, `category`, \
             `price_minor`, `currency`, `tags`, `text`, `consumable`, `fit`, `about`, `region`, `stock`, `margin_percent`, `added`, `url`, \
             `picture`",
        )
    };
    let kind = match item.get("kind").and_then(Value::as_str) {
        None | Some("product") => ItemKind::Product,
        Some("article") => ItemKind::Article,
        Some(other) => return Err(wrong(format!("`{other}` is no kind"))),
    };
    let mut known: CatalogueItem =
        serde_json::from_value(item.clone()).map_err(|error| wrong(error.to_string()))?;
    if known.id.trim().is_empty() || known.id.len() > 128 {
        return Err(wrong("its id must have 1 to 128 characters".to_owned()));
    }
    if known.margin_percent.is_some_and(|percent| !(0.0..=100.0).contains(&percent)) {
        return Err(wrong("`margin_percent` goes from 0 to 100".to_owned()));
    }
    match &known.added {
        Some(day) if day.parse::<jiff::civil::Date>().is_err() => {
            return Err(wrong(format!("`{day}` is no day; write `added` like 2026-11-22")));
        }
        Some(_) => {}
        // What the shop doesn't date is as new as the first time that it was heard of.
        None => {
            let before = catalogue.get(&known.id).and_then(|before| before.added.clone());
            known.added = Some(before.unwrap_or_else(|| now.strftime("%Y-%m-%d").to_string()));
        }
    }
    known.kind = kind;
    let json = serde_json::to_string(&known).map_err(|error| wrong(error.to_string()))?;
    Ok(Item { id: known.id, kind, json, updated_at: now })
}

fn put(app: &Arc<App>, items: Vec<Item>, remove: Vec<String>) -> Result<Json<Value>, Problem> {
    let what = Write {
        name: "catalogue.store",
        author: Author::Operator { id: "api".to_owned(), role: "owner".to_owned() },
        at: app.now(),
    };
    let stored = items.len();
    let removed = app
        .store
        .write::<_, StoreError>(what, move |tx| {
            items.iter().try_for_each(|item| tx.put_item(item))?;
            let mut removed = 0_u64;
            for id in &remove {
                removed += u64::from(tx.delete_item(id)?);
            }
            Ok(removed)
        })
        .wait()?;
    let all = restock(app)?;
    Ok(Json(json!({"stored": stored, "removed": removed, "items": all})))
}

/// How many people's facts are learnt anew in one write: for no more of them does anybody else's write wait.
const AT_ONCE: usize = 10;

/// Takes up the catalogue as it is stored now, and says how many items there are. Where other things are sensitive than
/// before, what everybody did is learnt anew. Blocks.
///
/// # Errors
/// [`Problem`] when the store can't be used, or an item stands in the catalogue twice.
pub fn restock(app: &Arc<App>) -> Result<usize, Problem> {
    let all = app.store.read(|tx| tx.items())?;
    let before = app.engine.silence();
    app.engine.stock_catalogue(&all).map_err(|error| Problem::internal(&error))?;
    if app.engine.silence().hears_like(&before) {
        return Ok(all.len());
    }
    let mut people = Vec::new();
    app.store.read(|tx| tx.subjects(&mut |subject| people.push(subject)))?;
    let now = app.now();
    for some in people.chunks(AT_ONCE) {
        let (shared, some) = (Arc::clone(app), some.to_vec());
        let author = Author::Machine { part: super::PART.to_owned() };
        let what = Write { name: "catalogue.relearn", author, at: now };
        let written = app.store.write(what, move |tx| {
            for subject in &some {
                match relearn(tx, &shared.engine, shared.vault(), subject, now) {
                    // Erased in the meantime.
                    Ok(()) | Err(ReadError::Refused(_)) => {}
                    Err(ReadError::Store(error)) => return Err(error),
                    Err(error) => return Err(StoreError::Damaged(error.to_string())),
                }
            }
            Ok(())
        });
        written.wait()?;
    }
    Ok(all.len())
}
