//! Chooses what foretells the next basket: on the last basket of everybody's history, with what comes after left unseen.
//! `equipoise evaluate` asks about that.
//!
//! `evaluate_baskets baskets HISTORY FUTURE` reads JSON, customer → list of baskets of item numbers, `[-1]` at both ends.
//! `evaluate_baskets transactions FILE` reads invoice lines (CSV: InvoiceNo, StockCode, Description, Quantity, InvoiceDate,
//! UnitPrice, CustomerID, Country): the last invoice of everybody with two or more is held out, repeats are allowed;
//! cancellations, quantities of 0 or less, lines without a customer and codes that aren't products are dropped; so is what
//! nobody bought before. Files end in .gz. Weights are learned on the last basket of each remaining history.
//! Must never learn anything from what was held out.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use models::evaluate::{ndcg, recall};
use models::recommend::ItemId;
use models::recommend::baskets::{
    Ask, Basket, BasketIndex, BuyerKey, Decay, Fit, History, OrderKey, Params, Terms, Weights, Worksheet,
};
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::io::Read;
use std::time::Instant;

type Failure = Box<dyn Error>;

/// A buyer's history, and what they bought next, when.
struct Case {
    buyer: BuyerKey,
    history: History,
    next: Option<Basket>,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let cases = match words.as_slice() {
        ["baskets", history, future] => read_baskets(history, future)?,
        ["transactions", file] => read_transactions(file)?,
        _ => return Err("usage: evaluate_baskets baskets HISTORY FUTURE | transactions FILE".into()),
    };
    let standard = Params::standard(20);
    let validation: Vec<Case> = cases.iter().filter_map(one_earlier).collect();
    let earlier = learned(&validation);
    let blend = Params { weights: observe(&earlier, &validation, &standard).weights(), ..standard };
    println!("{:?}", blend.weights);
    println!("on the validation baskets (what the weights were learned on)");
    report(&earlier, &validation, &blend);
    Ok(())
}

/// The same buyer one basket ago.
fn one_earlier(case: &Case) -> Option<Case> {
    let (last, earlier) = case.history.baskets().split_last()?;
    if earlier.is_empty() {
        return Some(Case { buyer: case.buyer, history: case.history.clone(), next: None });
    }
    Some(Case { buyer: case.buyer, history: History::new(earlier.to_vec()), next: Some(last.clone()) })
}

fn learned(cases: &[Case]) -> BasketIndex {
    let start = Instant::now();
    let mut index = BasketIndex::new(Decay::standard());
    for case in cases {
        index.replace(case.buyer, case.history.clone());
    }
    let took = start.elapsed().as_secs_f64();
    println!("{} buyers, {} baskets learned in {took:.2} s", index.buyers(), index.baskets());
    index
}

fn observe(index: &BasketIndex, cases: &[Case], params: &Params) -> Fit {
    let (mut fit, mut sheet) = (Fit::new(), Worksheet::new());
    for case in cases {
        let Some(next) = &case.next else { continue };
        fit.observe(index, &ask(case, next), &next.items, params, &mut sheet);
    }
    fit
}

fn ask<'a>(case: &'a Case, next: &Basket) -> Ask<'a> {
    Ask { history: &case.history, own: Some(case.buyer), now: next.time }
}

fn report(index: &BasketIndex, cases: &[Case], blend: &Params) {
    let ids =
        |list: &[models::recommend::Scored]| list.iter().map(|scored| scored.item()).collect::<Vec<_>>();
    let mut sheet = Worksheet::new();
    measure(index, cases, "GP-TopFreq", |case, _| ids(&index.top_frequency(&case.history, 1.0, 20)));
    measure(index, cases, "GP-TopFreq, decay 0.9", |case, _| {
        ids(&index.top_frequency(&case.history, 0.9, 20))
    });
    let tifu = Terms { steady: 0.7, neighbours: 0.3, ..Terms::default() };
    let tifu = Params { weights: Weights { plain: tifu, ..Weights::default() }, neighbours: 300, ..*blend };
    measure(index, cases, "TIFU-kNN", |case, next| ids(&index.score(&ask(case, next), &tifu, &mut sheet)));
    let standard = Params::standard(20);
    measure(index, cases, "blend, standard", |case, next| {
        ids(&index.score(&ask(case, next), &standard, &mut sheet))
    });
    measure(index, cases, "blend, learned", |case, next| {
        ids(&index.score(&ask(case, next), blend, &mut sheet))
    });
    let mut list = Vec::new();
    measure(index, cases, "  the same without reasons", |case, next| {
        index.rank(&ask(case, next), blend, &mut sheet, &mut list);
        list.clone()
    });
}

fn measure(
    index: &BasketIndex,
    cases: &[Case],
    name: &str,
    mut answer: impl FnMut(&Case, &Basket) -> Vec<ItemId>,
) {
    let mut sums = [0.0; 3];
    let mut micros = Vec::new();
    for case in cases {
        let Some(next) = &case.next else { continue };
        let known: Vec<ItemId> =
            next.items.iter().copied().filter(|item| index.tally(*item).is_some()).collect();
        let start = Instant::now();
        let list = answer(case, next);
        let took = start.elapsed().as_secs_f64() * 1e6;
        let Some(short) = recall(&list, &known, 10) else { continue };
        micros.push(took);
        let found = [short, ndcg(&list, &known, 10).unwrap_or(0.0), recall(&list, &known, 20).unwrap_or(0.0)];
        sums.iter_mut().zip(found).for_each(|(sum, found)| *sum += found);
    }
    micros.sort_by(f64::total_cmp);
    let quantile = |q: f64| micros.get((micros.len() as f64 * q) as usize).copied().unwrap_or(0.0);
    let [short, gain, long] = sums.map(|sum| sum / micros.len().max(1) as f64);
    println!(
        "{name:28} Recall@10 {short:.4} NDCG@10 {gain:.4} Recall@20 {long:.4} ({} baskets; µs p50 {:.0}, p99 {:.0})",
        micros.len(),
        quantile(0.5),
        quantile(0.99)
    );
}

fn read_text(path: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| format!("can't open `{path}`: {error}"))?;
    flate2::read::GzDecoder::new(file).read_to_string(&mut text)?;
    Ok(text)
}

fn read_baskets(history: &str, future: &str) -> Result<Vec<Case>, Failure> {
    type Customers = HashMap<String, Vec<Vec<i64>>>;
    let read = |path: &str| -> Result<Customers, Failure> { Ok(serde_json::from_str(&read_text(path)?)?) };
    let mut future = read(future)?;
    // Without known times, the place in the history stands for the time.
    let baskets = |baskets: Vec<Vec<i64>>| -> Vec<Basket> {
        let items = baskets.into_iter().map(|items| items.into_iter().filter(|item| *item >= 0));
        let items = items.map(|items| items.map(|item| ItemId(item as u32)).collect::<Vec<_>>());
        let full = items.filter(|items| !items.is_empty()).zip(0u64..);
        full.map(|(items, place)| Basket { time: place as i64, order: OrderKey(place), items }).collect()
    };
    let mut customers: Vec<(u64, Vec<Vec<i64>>)> = Vec::new();
    for (customer, list) in read(history)? {
        customers.push((customer.parse()?, list));
    }
    customers.sort_unstable();
    let case = |(customer, list): (u64, Vec<Vec<i64>>)| {
        let next = future.remove(&customer.to_string()).and_then(|next| baskets(next).into_iter().next());
        let history = History::new(baskets(list));
        let at = history.baskets().len() as i64;
        let next = next.map(|next| Basket { time: at, ..next });
        Case { buyer: BuyerKey(customer), history, next }
    };
    Ok(customers.into_iter().map(case).collect())
}

fn read_transactions(path: &str) -> Result<Vec<Case>, Failure> {
    let text = read_text(path)?;
    let mut items: HashMap<String, ItemId> = HashMap::new();
    let mut customers: BTreeMap<u64, BTreeMap<u64, Basket>> = BTreeMap::new();
    for (number, line) in text.lines().enumerate().skip(1) {
        let bad = || format!("`{path}` line {}: expected eight fields of an invoice line", number + 1);
        let fields = fields(line);
        let [invoice, code, _, quantity, date, _, customer, _] = fields.as_slice() else {
            return Err(bad().into());
        };
        let product = code.chars().take(5).filter(char::is_ascii_digit).count() == 5
            && code.chars().skip(5).all(|letter| letter.is_ascii_alphabetic());
        if customer.is_empty() || invoice.starts_with('C') || quantity.parse::<i64>()? <= 0 || !product {
            continue;
        }
        let (customer, invoice) = (customer.parse::<f64>()? as u64, invoice.parse::<u64>()?);
        let new = ItemId(items.len() as u32);
        let item = *items.entry(code.clone()).or_insert(new);
        let time = seconds(date).ok_or_else(bad)?;
        let basket = Basket { time, order: OrderKey(invoice), items: Vec::new() };
        customers.entry(customer).or_default().entry(invoice).or_insert(basket).items.push(item);
    }
    let case = |(customer, baskets): (u64, BTreeMap<u64, Basket>)| {
        let whole = History::new(baskets.into_values().collect());
        let whole = Case { buyer: BuyerKey(customer), history: whole, next: None };
        one_earlier(&whole).unwrap_or(whole)
    };
    Ok(customers.into_iter().map(case).collect())
}

/// The fields of a CSV line; `"` quotes, `""` is a quote.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                fields.last_mut().into_iter().for_each(|field| field.push('"'));
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            letter => fields.last_mut().into_iter().for_each(|field| field.push(letter)),
        }
    }
    fields
}

/// `2010-12-01 08:26:00` in seconds since 1970 (Hinnant's days from civil).
fn seconds(date: &str) -> Option<i64> {
    let mut numbers = date.split(['-', ' ', ':']).map(|number| number.parse::<i64>().ok());
    let mut next = || numbers.next().flatten();
    let (year, month, day, hour, minute, second) = (next()?, next()?, next()?, next()?, next()?, next()?);
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 719_469;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}
