//! Measures what finds new things for customers, on a log of invoices: which share of the new things in a customer's last
//! invoice is among the first 20.
//!
//! `cargo run --release -p models --example evaluate_discovery -- online_retail.csv.gz [--valid]`
//!
//! The convention, which others must follow to compare:
//! - lines without a customer, cancellations (numbers that begin with C) and quantities below 1 are dropped; all codes stay;
//! - a customer's invoices are in order of their first line, then of their number; the last one is held out, if there are two;
//!   everything else is learned, customers with one invoice included;
//! - what is asked for is the items of the held-out invoice that the customer never bought before and that somebody's learned
//!   invoice has; customers without any don't count; the mean is over customers;
//! - the time of the question is that of the held-out invoice; as recent counts what was learned of the days before that day.
//!
//! With `--valid` settings are compared on the last-but-one invoices, the last ones being dropped unseen.
//! Must never choose a setting by what it does on the last invoices.
#![expect(clippy::print_stdout, reason = "an example that reports to a terminal")]

mod log;

use log::{Asked, Invoice, Split, held, read, split, yesterday};
use models::evaluate::{Exposure, ndcg, recall};
use models::recommend::affinity::Affinity;
use models::recommend::ease::{Discovery, Ease, Inverse};
use models::recommend::ials::{self, Ials};
use models::recommend::popularity::{Day, Question};
use models::recommend::trend::{Dials, Trend};
use models::recommend::{ItemId, Scored, Scratch};
use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

const K: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [file, "--valid"] => choose(&split(without_last(read(Path::new(file))?)))?,
        [file] => report(&split(read(Path::new(file))?))?,
        _ => return Err("usage: evaluate_discovery LINES.csv.gz [--valid]".into()),
    }
    Ok(())
}

/// Compares settings: of EASE alone, of its trend, of iALS.
fn choose(split: &Split) -> Result<(), Box<dyn Error>> {
    let inverse = Inverse::of(&split.counts, 600.0)?;
    for (length, inputs) in [(60, 40), (100, 40), (100, 60), (100, 80), (200, 40), (200, 80), (2_000, 1_000)]
    {
        let name = format!("EASE 600, {length} others of the {inputs} latest");
        measure(&name, split, &mut listed(&inverse, length, inputs, Dials::standard()));
    }
    for lambda in [300.0, 600.0, 1000.0] {
        let ease = Ease::build(split.counts.clone(), lambda)?;
        for half_life in [None, Some(120.0), Some(60.0)] {
            let dials = Dials { power: 0.0, ..Dials::standard() };
            measure(
                &format!("EASE {lambda}, {half_life:?} days"),
                split,
                &mut lifted(&ease, half_life, dials),
            );
            for (half_life_days, smoothing, power) in [
                (7.0, 1.0, 0.5),
                (7.0, 1.0, 0.75),
                (7.0, 1.0, 1.0),
                (7.0, 2.0, 0.75),
                (4.0, 1.0, 0.75),
                (14.0, 1.0, 0.75),
            ] {
                let dials = Dials { half_life_days, smoothing, power };
                let name = format!("EASE {lambda}, {half_life:?} days, {half_life_days} {smoothing} {power}");
                measure(&name, split, &mut lifted(&ease, half_life, dials));
            }
        }
    }
    let mut scratch = Scratch::new();
    let standard = ials::Dials::standard();
    for (factors, unobserved, regularisation) in [
        (64, 0.1, 0.003),
        (64, 0.03, 0.003),
        (64, 0.3, 0.003),
        (64, 0.1, 0.01),
        (64, 0.1, 0.03),
        (32, 0.1, 0.01),
    ] {
        let dials = ials::Dials { factors, unobserved, regularisation, ..standard };
        let (model, settled) = Ials::fit(&split.rows, dials)?;
        let name = format!("iALS {factors} {unobserved} {regularisation}, {} sweeps", settled.sweeps);
        measure(&name, split, &mut |asked, _| items(&model.score(&held(asked, None), K, &mut scratch)));
    }
    Ok(())
}

fn report(split: &Split) -> Result<(), Box<dyn Error>> {
    let mut scratch = Scratch::new();
    println!("{} customers asked", split.questions.iter().filter(|asked| !asked.new.is_empty()).count());
    measure("popular, 7 days' half-life", split, &mut |asked, split| {
        let question = Question {
            context: None,
            today: yesterday(asked.now),
            window_days: 60,
            half_life_days: 7.0,
            at_least: 1,
            count: K + asked.history.len(),
        };
        let mut list = split.popularity.score(&question).unwrap_or_default();
        list.retain(|scored| !asked.history.contains_key(&scored.item()));
        items(&list)
    });
    let affinity = Affinity { shrinkage: 10.0, at_least: 1, count: K };
    let mut other = Scratch::new();
    measure("item cosine, shrunk by 10", split, &mut |asked, split| {
        items(&split.counts.score(&held(asked, None), &affinity, &mut other))
    });
    let start = Instant::now();
    let ease = Ease::build(split.counts.clone(), 300.0)?;
    println!("EASE built in {:.2?} for {} items", start.elapsed(), split.counts.items());
    let flat = Dials { power: 0.0, ..Dials::standard() };
    measure("EASE 300", split, &mut lifted(&ease, None, flat));
    let ease = Ease::build(split.counts.clone(), 600.0)?;
    measure("EASE 600, 120 days' half-life", split, &mut lifted(&ease, Some(120.0), flat));
    let standard = Dials::standard();
    measure("EASE 600, 120 days' half-life, trend", split, &mut lifted(&ease, Some(120.0), standard));
    let inverse = Inverse::of(&split.counts, 600.0)?;
    measure("the same, 100 others of the 60 latest", split, &mut listed(&inverse, 100, 60, standard));
    drop(inverse);
    forget(ease, &split.rows)?;
    let start = Instant::now();
    let (ials, settled) = Ials::fit(&split.rows, ials::Dials::standard())?;
    println!("iALS fitted in {:.2?}: {settled:?}", start.elapsed());
    for half_life in [None, Some(120.0)] {
        measure(&format!("iALS 64, {half_life:?} days"), split, &mut |asked, _| {
            items(&ials.score(&held(asked, half_life), K, &mut scratch))
        });
    }
    Ok(())
}

/// EASE with purchases that count half after `half_life` days, times the trend of the day before the question.
fn lifted<'a>(
    ease: &'a Ease,
    half_life: Option<f64>,
    dials: Dials,
) -> impl FnMut(&Asked, &Split) -> Vec<ItemId> + 'a {
    let mut scratch = Scratch::new();
    let mut trends: HashMap<Day, Trend> = HashMap::new();
    let wanted = Discovery { at_least: 1, count: K };
    move |asked, split| {
        let day = yesterday(asked.now);
        let trend = trends
            .entry(day)
            .or_insert_with(|| Trend::at(&split.popularity, None, day, &dials).unwrap_or_default());
        items(&ease.score_lifted(&held(asked, half_life), &wanted, |item| trend.lift(item), &mut scratch))
    }
}

/// How long it takes to forget a customer, and to write 32 such changes into the matrix, which can wait.
fn forget(mut ease: Ease, rows: &[Vec<ItemId>]) -> Result<(), Box<dyn Error>> {
    let (mut forgetting, mut folding) = (Vec::new(), Vec::new());
    for row in rows.iter().step_by(5) {
        let start = Instant::now();
        ease.forget(row)?;
        forgetting.push(start.elapsed().as_micros());
        if ease.pending() == 32 {
            let start = Instant::now();
            ease.fold();
            folding.push(start.elapsed().as_micros());
        }
    }
    println!("{}", spent("forget a customer", forgetting));
    println!("{}", spent("fold 32 changes", folding));
    println!("drift after {} customers forgotten: {:.1e}", rows.len().div_ceil(5), ease.drift(1));
    Ok(())
}

fn spent(name: &str, mut micros: Vec<u128>) -> String {
    micros.sort_unstable();
    let at = |share: usize| micros.get(micros.len() * share / 100).copied().unwrap_or(0);
    format!("{name}: µs p50 {} p90 {} p99 {}", at(50), at(90), at(99))
}

/// Prints the means of a model's answers.
fn measure(name: &str, split: &Split, answer: &mut dyn FnMut(&Asked, &Split) -> Vec<ItemId>) {
    let (mut recalls, mut gains, mut micros) = (Vec::new(), Vec::new(), Vec::new());
    let mut exposure = Exposure::new(K);
    for asked in split.questions.iter().filter(|asked| !asked.new.is_empty()) {
        let start = Instant::now();
        let list = answer(asked, split);
        micros.push(start.elapsed().as_micros());
        recalls.extend(recall(&list, &asked.new, K));
        gains.extend(ndcg(&list, &asked.new, K));
        exposure.add(&list);
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    println!(
        "{} recall@{K} {:.4} ndcg@{K} {:.4} exposure {:.3}",
        spent(&format!("{name:50}"), micros),
        mean(&recalls),
        mean(&gains),
        exposure.coverage(split.counts.items()).unwrap_or(0.0),
    );
}

fn items(list: &[Scored]) -> Vec<ItemId> {
    list.iter().map(Scored::item).collect()
}

fn without_last(mut customers: Vec<Vec<Invoice>>) -> Vec<Vec<Invoice>> {
    for invoices in customers.iter_mut().filter(|invoices| invoices.len() > 1) {
        invoices.pop();
    }
    customers
}

/// EASE as a server keeps it: for each item the `length` others for which it speaks most, of those that two people have
/// together, and of a history the `inputs` latest things.
fn listed<'a>(
    inverse: &'a Inverse,
    length: usize,
    inputs: usize,
    dials: Dials,
) -> impl FnMut(&Asked, &Split) -> Vec<ItemId> + 'a {
    let mut lists: HashMap<ItemId, Vec<(ItemId, f64)>> = HashMap::new();
    let mut trends: HashMap<Day, Trend> = HashMap::new();
    let mut row = Vec::new();
    move |asked, split| {
        let day = yesterday(asked.now);
        let trend = trends
            .entry(day)
            .or_insert_with(|| Trend::at(&split.popularity, None, day, &dials).unwrap_or_default());
        let mut held = held(asked, Some(120.0));
        held.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        held.truncate(inputs);
        let mut sums: HashMap<ItemId, f64> = HashMap::new();
        for held in held {
            let list = lists.entry(held.item).or_insert_with(|| {
                inverse.weights(held.item, &mut row);
                let together = split.counts.row(held.item).filter(|(_, count)| *count >= 2);
                let mut list: Vec<(ItemId, f64)> = together
                    .map(|(other, _)| (other, row.get(other.index()).copied().unwrap_or(0.0)))
                    .collect();
                list.sort_by(|a, b| b.1.total_cmp(&a.1));
                list.truncate(length);
                list
            });
            for (other, weight) in list {
                *sums.entry(*other).or_default() += held.weight * *weight * trend.lift(*other);
            }
        }
        let mut ranked: Vec<(ItemId, f64)> =
            sums.into_iter().filter(|(item, _)| !asked.history.contains_key(item)).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked.truncate(K);
        ranked.into_iter().map(|(item, _)| item).collect()
    }
}
