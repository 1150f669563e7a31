//! Filling the demo shop: its register, its catalogue, and a year of customers through the very intake that serves
//! HTTP. The year ends today, so that seasons and what is recent hold; it is played once.

use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use models::recommend::content::ContentError;
use privacy::audit::Author;
use privacy::signals::Gpc;
use privacy::store::{Day, StoreError};
use store::{Item, ItemKind, Progress as Reached, Write};

use super::{Shop, picture};
use crate::app::App;
use crate::intake::{Arrival, Body, BodyError, MOST_BODY_BYTES, MOST_EVENTS, TakeError, take_in};
use crate::operate::{self, Progress, RegisterSource, StartError, StartOptions};
use crate::recommend::CatalogueItem;
use crate::simulate::{
    Article, Catalogue, CatalogueError, Handedness, Message, Product, Simulation, SimulationError,
};

/// The demo shop's register.
pub const REGISTER: &str = include_str!("../../assets/demo/equipoise.toml");

/// Under this name the store remembers that the year was played.
const SOURCE: &str = "demo/year";
/// Under this name it remembers the day on which the year ends, so that an interrupted year goes on as the same year.
const LAST_DAY: &str = "demo/year/last_day";
const SEED: u64 = 2_026;
const DAYS: u32 = 365;
const CUSTOMERS: u64 = 1_200;
/// How many batches are on their way at once.
const WINDOW: usize = 8;

/// Why there is no demo shop.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The store, keys or models can't be opened.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The built-in catalogue has a mistake.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The catalogue has two things under one number.
    #[error("the catalogue can't be used: {0}")]
    Content(#[from] ContentError),
    /// An item can't be written down.
    #[error("an item of the catalogue can't be written down: {0}")]
    Item(#[from] serde_json::Error),
    /// The year can't be simulated.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// The clock is out of the calendar.
    #[error("the year can't be laid out from the machine's clock: {0}")]
    Clock(#[from] jiff::Error),
    /// A batch of simulated events can't be read.
    #[error("a simulated batch can't be read: {0}")]
    Body(#[from] BodyError),
    /// A batch was not taken in.
    #[error("a simulated batch was not taken in: {0}")]
    Take(#[from] TakeError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PrepareError {
    /// What to do.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            Self::Start(error) => error.mend(),
            Self::Clock(_) => "set this machine's clock".to_owned(),
            Self::Store(_) | Self::Take(_) => {
                "see that the disk isn't full, or name a new `--data-dir`".to_owned()
            }
            Self::Catalogue(_) | Self::Content(_) | Self::Item(_) | Self::Simulation(_) | Self::Body(_) => {
                "this is a mistake in the program; please report it".to_owned()
            }
        }
    }
}

/// Opens the demo shop with its own register, whatever the options name, and plays its year if that hasn't happened yet.
///
/// # Errors
/// [`PrepareError`] says what stands in the way.
pub fn prepare(start: StartOptions) -> Result<Arc<App>, PrepareError> {
    prepare_for(start, CUSTOMERS)
}

fn prepare_for(start: StartOptions, customers: u64) -> Result<Arc<App>, PrepareError> {
    let progress = start.progress;
    let mut app =
        operate::open(StartOptions { register: RegisterSource::Text(REGISTER.to_owned()), ..start })?;
    let shop = Shop::new()?;
    stock(&app, shop.catalogue)?;
    app.demo = Some(shop);
    let played = app.store.read(|tx| tx.progress(SOURCE))?.is_some_and(|reached| reached.done);
    if !played {
        play(&app, customers, progress)?;
    }
    Ok(Arc::new(app))
}

/// Puts the catalogue into the store and the recommender.
fn stock(app: &App, catalogue: &Catalogue) -> Result<(), PrepareError> {
    let now = app.now();
    let item = |kind, written: CatalogueItem| -> Result<Item, PrepareError> {
        Ok(Item { id: written.id.clone(), kind, json: serde_json::to_string(&written)?, updated_at: now })
    };
    let products = catalogue.products.iter().map(|product| item(ItemKind::Product, of_product(product)));
    let articles = catalogue.articles.iter().map(|article| item(ItemKind::Article, of_article(article)));
    let items = products.chain(articles).collect::<Result<Vec<Item>, _>>()?;
    app.engine.stock_catalogue(&items)?;
    let same = |old: &Item, new: &Item| old.id == new.id && old.kind == new.kind && old.json == new.json;
    let stored = app.store.read(|tx| tx.items())?;
    let new: Vec<Item> = items.into_iter().filter(|item| !stored.iter().any(|old| same(old, item))).collect();
    if !new.is_empty() {
        let what = Write { name: "catalogue.store", author: Author::System, at: now };
        app.store
            .write::<_, StoreError>(what, move |tx| new.iter().try_for_each(|item| tx.put_item(item)))
            .wait()?;
    }
    Ok(())
}

fn of_product(product: &Product) -> CatalogueItem {
    let mut tags = product.tags.clone();
    tags.push(product.category_path());
    CatalogueItem {
        id: product.sku.clone(),
        kind: ItemKind::Product,
        name: product.name.clone(),
        brand: Some(product.brand.clone()),
        category: product.category.to_vec(),
        price_minor: Some(i64::from(product.price_cents)),
        currency: Some("NZD".to_owned()),
        tags,
        text: product.description.clone(),
        consumable: product.consumable,
        fit: product.handedness.map(|hand| match hand {
            Handedness::Left => "left-handed".to_owned(),
            Handedness::Right => "right-handed".to_owned(),
        }),
        about: Vec::new(),
        region: None,
        stock: Some(i64::from(product.stock)),
        margin_percent: None,
        added: None,
        url: Some(format!("/product/{}", product.sku)),
        picture: Some(picture::href(&product.sku)),
    }
}

fn of_article(article: &Article) -> CatalogueItem {
    let mut tags = article.tags.clone();
    tags.extend(article.categories.iter().cloned());
    let category = article.categories.first().map(|path| path.split('/').map(str::to_owned).collect());
    CatalogueItem {
        id: article.slug.clone(),
        kind: ItemKind::Article,
        name: article.title.clone(),
        brand: None,
        category: category.unwrap_or_default(),
        price_minor: None,
        currency: None,
        tags,
        text: article.summary.clone(),
        consumable: false,
        fit: None,
        about: article.categories.clone(),
        region: article.region.clone(),
        stock: None,
        margin_percent: None,
        added: None,
        url: Some(format!("/article/{}", article.slug)),
        picture: Some(picture::href(&article.slug)),
    }
}

/// Plays the year through intake. An interrupted year is played again, as it was laid out when it began: what is there
/// already is a duplicate.
fn play(app: &App, customers: u64, progress: Progress) -> Result<(), PrepareError> {
    let now = app.now();
    let messages = year(customers, last_day(app)?)?;
    let bar = bar(messages.len(), progress);
    let mut waiting = std::collections::VecDeque::new();
    let mut sums =
        Reached { lines: 0, bytes: 0, done: true, stored: 0, refused: 0, rejected: 0, duplicate: 0 };
    for batch in batches(&messages) {
        let body = Body::read(batch.text.as_bytes(), None)?;
        let arrival = Arrival::Recorded(now);
        let taken = take_in(&app.store, &app.engine, &app.entropy, body, arrival, Gpc::Silent);
        waiting.push_back((taken, batch.events));
        sums.lines += batch.events;
        while waiting.len() > WINDOW {
            if let Some((taken, events)) = waiting.pop_front() {
                note(&mut sums, &taken.wait()?);
                bar.inc(events);
            }
        }
    }
    for (taken, events) in waiting {
        note(&mut sums, &taken.wait()?);
        bar.inc(events);
    }
    bar.finish_and_clear();
    tracing::info!(
        events = sums.lines,
        stored = sums.stored,
        refused = sums.refused,
        "the demo's year is played"
    );
    let what = Write { name: "demo.played", author: Author::System, at: now };
    app.store.write::<_, StoreError>(what, move |tx| tx.set_progress(SOURCE, &sums)).wait()?;
    Ok(())
}

fn year(customers: u64, last: Date) -> Result<Vec<Message>, PrepareError> {
    // Yesterday by UTC has begun everywhere, and ended in Auckland at the latest by now.
    let first = last.checked_sub(i64::from(DAYS).days())?;
    Ok(Simulation::new(SEED, customers, first, DAYS)?.in_time_order())
}

/// The day on which the year ends: today, or the day on which it was begun. Customers' messages hang on it.
fn last_day(app: &App) -> Result<Date, PrepareError> {
    let now = app.now();
    let today = now.to_zoned(TimeZone::UTC).date();
    if let Some(begun) = app.store.read(|tx| tx.progress(LAST_DAY))? {
        return Ok(
            Date::constant(1970, 1, 1).checked_add(i64::try_from(begun.lines).unwrap_or(i64::MAX).days())?
        );
    }
    let lines = u64::try_from(Day::of(now).0).unwrap_or(0);
    let begun = Reached { lines, bytes: 0, done: true, stored: 0, refused: 0, rejected: 0, duplicate: 0 };
    let what = Write { name: "demo.begun", author: Author::System, at: now };
    app.store.write::<_, StoreError>(what, move |tx| tx.set_progress(LAST_DAY, &begun)).wait()?;
    Ok(today)
}

fn note(sums: &mut Reached, outcome: &crate::intake::Outcome) {
    sums.stored += outcome.stored;
    sums.duplicate += outcome.duplicate;
    sums.refused += outcome.refused_total();
}

struct Batch {
    text: String,
    events: u64,
}

/// The messages in bodies as a client would send them.
fn batches(messages: &[Message]) -> impl Iterator<Item = Batch> + '_ {
    let mut left = messages;
    std::iter::from_fn(move || {
        let mut batch = Batch { text: String::from("{\"batch\":["), events: 0 };
        while let Some((first, rest)) = left.split_first() {
            let full = batch.text.len() + first.json.len() + 3 > MOST_BODY_BYTES
                || batch.events >= MOST_EVENTS as u64;
            if full {
                break;
            }
            if batch.events > 0 {
                batch.text.push(',');
            }
            batch.text.push_str(&first.json);
            batch.events += 1;
            left = rest;
        }
        batch.text.push_str("]}");
        (batch.events > 0).then_some(batch)
    })
}

fn bar(messages: usize, progress: Progress) -> ProgressBar {
    let bar = match progress {
        Progress::Hidden => ProgressBar::hidden(),
        Progress::Shown => ProgressBar::new(messages as u64),
    };
    match ProgressStyle::with_template(
        "playing a year of the demo shop {bar:30} {human_pos} of {human_len} events, {eta} left",
    ) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_has_no_mistake() {
        let register = privacy::register::read(REGISTER).unwrap();
        assert_eq!(register.purposes.len(), privacy::purpose::BUILT_IN.len());
        for (purpose, declaration) in &register.purposes {
            assert!(!declaration.gives.is_empty(), "{purpose}");
        }
    }

    #[test]
    fn batches_lose_nothing_and_keep_the_order() {
        let messages = Simulation::new(1, 5, jiff::civil::date(2025, 11, 1), 300).unwrap().in_time_order();
        let whole: Vec<Batch> = batches(&messages).collect();
        assert!(whole.len() > 1 && whole.iter().all(|batch| batch.text.len() <= MOST_BODY_BYTES));
        assert_eq!(whole.iter().map(|batch| batch.events).sum::<u64>(), messages.len() as u64);
        let first: serde_json::Value = serde_json::from_str(&whole[0].text).unwrap();
        let expected: serde_json::Value = serde_json::from_str(&messages[0].json).unwrap();
        assert_eq!(first["batch"][0], expected);
    }

    #[test]
    fn a_year_is_played_once_and_a_second_start_knows_the_same_people() {
        let place = tempfile::tempdir().unwrap();
        let start = || {
            let places = crate::operate::Places::new(place.path(), None);
            StartOptions::new(places, RegisterSource::Text(String::new()), Progress::Hidden)
        };
        let first = prepare_for(start(), 12).unwrap();
        let held = first.engine.held();
        assert!(held.people.0 > 3 && !held.sessions.is_empty(), "{:?}", held.people);
        let rows = first.store.read(|tx| tx.row_counts()).unwrap();
        first.store.clone().close();
        drop(first);
        let second = prepare_for(start(), 12).unwrap();
        assert_eq!(second.store.read(|tx| tx.row_counts()).unwrap(), rows);
        // What was learnt event by event is what is learnt from the store.
        assert_eq!(second.engine.held(), held);
        second.store.clone().close();
    }

    #[test]
    fn an_interrupted_year_goes_on_as_the_same_year_on_another_day() {
        let start = |place: &tempfile::TempDir, day: &str| {
            let places = crate::operate::Places::new(place.path(), None);
            let now: jiff::Timestamp = format!("{day}T09:00:00Z").parse().unwrap();
            let clock: crate::app::Clock = Arc::new(move || now);
            StartOptions {
                clock,
                ..StartOptions::new(places, RegisterSource::Text(String::new()), Progress::Hidden)
            }
        };
        let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = prepare_for(start(&whole, "2026-06-15"), 12).unwrap();
        let rows = first.store.read(|tx| tx.row_counts()).unwrap();
        first.store.clone().close();
        // The first half of the year, and then the machine is switched off.
        let register = RegisterSource::Text(REGISTER.to_owned());
        let app = operate::open(StartOptions { register, ..start(&broken, "2026-06-15") }).unwrap();
        let messages = year(12, last_day(&app).unwrap()).unwrap();
        for batch in batches(&messages[..messages.len() / 2]) {
            let body = Body::read(batch.text.as_bytes(), None).unwrap();
            let arrival = Arrival::Recorded(app.now());
            take_in(&app.store, &app.engine, &app.entropy, body, arrival, Gpc::Silent).wait().unwrap();
        }
        app.store.clone().close();
        drop(app);
        let second = prepare_for(start(&broken, "2026-06-17"), 12).unwrap();
        assert_eq!(second.store.read(|tx| tx.row_counts()).unwrap(), rows);
        second.store.clone().close();
    }
}
