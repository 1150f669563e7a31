//! A log of invoices, and the questions that its last invoices ask.
//!
//! Must never learn from a held-out invoice.

use models::recommend::ItemId;
use models::recommend::affinity::{CoCounts, Held};
use models::recommend::popularity::{Day, Popularity, Unit};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::io::Read as _;
use std::path::Path;

const DAY_SECONDS: i64 = 86_400;

/// An invoice: when, and which items.
#[derive(Clone)]
pub(crate) struct Invoice {
    pub(crate) time: i64,
    pub(crate) items: Vec<ItemId>,
}

/// What is learned, and what is asked of it.
pub(crate) struct Split {
    pub(crate) counts: CoCounts,
    pub(crate) rows: Vec<Vec<ItemId>>,
    pub(crate) popularity: Popularity,
    pub(crate) questions: Vec<Asked>,
}

/// One customer's question.
pub(crate) struct Asked {
    /// Each item of the history with the time of its last purchase.
    pub(crate) history: BTreeMap<ItemId, i64>,
    pub(crate) now: i64,
    pub(crate) new: Vec<ItemId>,
}

/// Learns all but the last invoices.
pub(crate) fn split(customers: Vec<Vec<Invoice>>) -> Split {
    let (mut counts, mut popularity) = (CoCounts::new(), Popularity::new());
    let (mut rows, mut questions) = (Vec::new(), Vec::new());
    for mut invoices in customers {
        let last = if invoices.len() > 1 { invoices.pop() } else { None };
        let mut history: BTreeMap<ItemId, i64> = BTreeMap::new();
        let mut units: BTreeSet<(ItemId, Day)> = BTreeSet::new();
        for invoice in &invoices {
            for item in &invoice.items {
                history.insert(*item, invoice.time);
                units.insert((*item, Day(invoice.time.div_euclid(DAY_SECONDS) as i32)));
            }
        }
        rows.push(history.keys().copied().collect::<Vec<_>>());
        units.into_iter().for_each(|(item, day)| popularity.learn(Unit { context: None, item, day }));
        if let Some(Invoice { time: now, items }) = last {
            let new = items.into_iter().filter(|item| !history.contains_key(item)).collect();
            questions.push(Asked { history, now, new });
        }
    }
    rows.iter().for_each(|row| counts.learn(row));
    for asked in &mut questions {
        asked.new.retain(|item| counts.together(*item, *item) > 0);
    }
    Split { counts, rows, popularity, questions }
}

/// The history, a purchase counting half after so many days, or all alike.
pub(crate) fn held(asked: &Asked, half_life_days: Option<f64>) -> Vec<Held> {
    let weight = |time: i64| match half_life_days {
        Some(days) => (-((asked.now - time) as f64) / (days * DAY_SECONDS as f64)).exp2(),
        None => 1.0,
    };
    asked.history.iter().map(|(item, time)| Held { item: *item, weight: weight(*time) }).collect()
}

/// The day before.
pub(crate) fn yesterday(now: i64) -> Day {
    Day((now.div_euclid(DAY_SECONDS) - 1) as i32)
}

/// Reads a table with the columns of UCI Online Retail: the invoices of each customer, in order.
pub(crate) fn read(file: &Path) -> Result<Vec<Vec<Invoice>>, Box<dyn Error>> {
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(file)?).read_to_string(&mut text)?;
    let mut ids: HashMap<String, ItemId> = HashMap::new();
    let mut customers: BTreeMap<String, BTreeMap<String, Invoice>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields = fields(line);
        let [number, code, _, quantity, time, _, customer, _] = fields.as_slice() else {
            continue;
        };
        if customer.is_empty() || number.starts_with('C') || quantity.parse::<i64>().unwrap_or(0) < 1 {
            continue;
        }
        let next = ItemId(ids.len() as u32);
        let item = *ids.entry(code.clone()).or_insert(next);
        let time = seconds(time).ok_or_else(|| format!("no time in `{line}`"))?;
        let invoices = customers.entry(customer.clone()).or_default();
        let invoice = invoices.entry(number.clone()).or_insert(Invoice { time, items: Vec::new() });
        invoice.time = invoice.time.min(time);
        if !invoice.items.contains(&item) {
            invoice.items.push(item);
        }
    }
    let in_order = |invoices: BTreeMap<String, Invoice>| {
        let mut invoices: Vec<Invoice> = invoices.into_values().collect();
        invoices.sort_by_key(|invoice| invoice.time);
        invoices
    };
    Ok(customers.into_values().map(in_order).collect())
}

/// The fields of a line of comma-separated values, some in double quotes.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    fields.push(field);
    fields
}

/// Seconds since 1970 of `2010-12-01 08:26:00` (days by Howard Hinnant's `days_from_civil`).
fn seconds(text: &str) -> Option<i64> {
    let mut numbers = text.split([' ', '-', ':']).map(str::parse::<i64>);
    let mut next = || numbers.next()?.ok();
    let (year, month, day) = (next()?, next()?, next()?);
    let (hour, minute, second) = (next()?, next()?, next()?);
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(days * DAY_SECONDS + hour * 3600 + minute * 60 + second)
}
