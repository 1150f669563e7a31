//! What an experiment shows by now: counts behind a threshold of people, and whether they differ by more than chance.
//! Must never release a figure about fewer people than the threshold, nor an amount that a few buyers stand behind.

use models::experiment::means::welch;
use models::experiment::proportions::{Rate, difference, fisher, z_test};
use models::experiment::ratio::{ALARM, mismatch};
use models::experiment::sequential::Difference;
use models::experiment::{ExperimentError, Interval};
use privacy::aggregate::Threshold;
use serde_json::{Value, json};
use store::StoredExperiment;

use super::tally::{Tally, count};
use super::words::{Compared, Verdict, summary};
use super::{Design, Goal};
use crate::app::App;
use crate::web::Problem;

/// A variant's figures are released when so many people saw it.
const SEEN_BY: Threshold = Threshold::of(20);
/// Amounts are released when so many people bought.
const BOUGHT_BY: Threshold = Threshold::of(5);
const CONFIDENCE: f64 = 0.95;
/// Below so many expected successes the exact test is the right one for one look.
const SMALL: u64 = 10;

/// The result of an experiment as it is now.
pub(super) fn result(app: &App, stored: &StoredExperiment) -> Result<Value, Problem> {
    let design: Design = serde_json::from_str(&stored.design).map_err(|error| Problem::internal(&error))?;
    let tallies = count(app, stored, &design)?;
    Ok(told(stored, &design, &tallies))
}

fn told(stored: &StoredExperiment, design: &Design, tallies: &[Tally]) -> Value {
    let released: Vec<Option<&Tally>> = tallies
        .iter()
        .map(|tally| {
            let people = u32::try_from(tally.people).unwrap_or(u32::MAX);
            SEEN_BY.release(people, tally).map(|figure| figure.into_value())
        })
        .collect();
    let balance = balance(design, &released);
    let comparisons = design.variants.len().saturating_sub(1).max(1) as f64;
    let mut compared = Vec::new();
    let mut variants = Vec::new();
    for (place, (variant, tally)) in design.variants.iter().zip(&released).enumerate() {
        let first = released.first().copied().flatten();
        let against = match (place, first, tally) {
            (1.., Some(first), Some(tally)) => Some(compare(design, first, tally, comparisons)),
            _ => None,
        };
        variants.push(json!({
            "name": variant.name, "share": variant.share,
            "people": tally.map(|tally| tally.people),
            "goals": tally.map(goals),
            "money_per_person_minor": tally.and_then(money),
            "against_first": against.as_ref().map(|(_, json)| json),
        }));
        if place > 0 {
            let found = against.map(|(compared, _)| compared);
            compared.push((variant.name.clone(), found));
        }
    }
    let first = design.variants.first().map_or("", |variant| variant.name.as_str());
    let summary = summary(design.goal, first, &compared, balance);
    let (once, always) = design.people().unwrap_or_default();
    json!({
        "name": stored.name, "placements": design.placements, "goal": design.goal.as_str(), "days": design.days,
        "started_at": stored.started_at.to_string(),
        "ended_at": stored.ended_at.map(|at| at.to_string()),
        "needed_for_each": {"looked_at_once": once, "looked_at_any_time": always},
        "balance": balance.map(|p| json!({"p": p, "as_it_should_be": p >= ALARM})),
        "variants": variants,
        "summary": summary,
    })
}

/// The p-value of "people came into the variants by their shares", once every variant may be shown.
fn balance(design: &Design, released: &[Option<&Tally>]) -> Option<f64> {
    let found: Vec<u64> =
        released.iter().map(|tally| tally.map(|tally| tally.people)).collect::<Option<_>>()?;
    let all: f64 = design.variants.iter().map(|variant| f64::from(variant.share)).sum();
    let expected: Vec<f64> = design.variants.iter().map(|variant| f64::from(variant.share) / all).collect();
    mismatch(&found, &expected).ok()
}

fn goals(tally: &Tally) -> Value {
    let one = |goal: Goal| {
        let rate = tally.rate(goal);
        let interval = rate.wilson(CONFIDENCE).ok().map(pair);
        (
            goal.as_str().to_owned(),
            json!({"people": rate.successes, "rate": rate.share(), "interval": interval}),
        )
    };
    Value::Object(Goal::ALL.into_iter().map(one).collect())
}

fn money(tally: &Tally) -> Option<f64> {
    let buyers = u32::try_from(tally.orders).unwrap_or(u32::MAX);
    BOUGHT_BY.release(buyers, tally.money.mean()).map(|figure| figure.into_value())
}

fn pair(interval: Interval) -> [f64; 2] {
    [interval.low, interval.high]
}

/// A variant against the first: valid whenever one looks, and beside it what one look alone would say.
fn compare(design: &Design, first: &Tally, tally: &Tally, comparisons: f64) -> (Compared, Value) {
    let (a, b) = (first.rate(design.goal), tally.rate(design.goal));
    let confidence = 1.0 - (1.0 - CONFIDENCE) / comparisons;
    let any_time = Difference::of_rates(a, b).and_then(|found| {
        let p = (found.p(design.smallest) * comparisons).min(1.0);
        found.interval(design.smallest, confidence).map(|interval| (p, interval))
    });
    let verdict = match any_time {
        Err(_) => Verdict::TooFew,
        Ok((p, _)) if p >= 1.0 - CONFIDENCE => Verdict::NotYet,
        Ok(_) if b.share() > a.share() => Verdict::Better,
        Ok(_) => Verdict::Worse,
    };
    let compared =
        Compared { verdict, rates: (a.share(), b.share()), interval: any_time.ok().map(|(_, i)| i) };
    let once = once(a, b);
    let amounts = money(first).zip(money(tally)).and_then(|(of_first, of_this)| {
        let found = welch(&first.money, &tally.money, CONFIDENCE).ok()?;
        Some(json!({"difference_minor": of_this - of_first, "interval": pair(found.interval), "p": found.p}))
    });
    let told = json!({
        "verdict": verdict.as_str(),
        "difference": b.share() - a.share(),
        "p": any_time.ok().map(|(p, _)| p),
        "interval": any_time.ok().map(|(_, interval)| pair(interval)),
        "if_looked_at_once": once.ok(),
        "money_if_looked_at_once": amounts,
    });
    (compared, told)
}

fn once(a: Rate, b: Rate) -> Result<Value, ExperimentError> {
    let interval = pair(difference(a, b, CONFIDENCE)?);
    let least = a.successes.min(b.successes).min(a.trials - a.successes).min(b.trials - b.successes);
    let (test, p) = if least < SMALL { ("fisher", fisher(a, b)) } else { ("z", z_test(a, b)?) };
    Ok(json!({"test": test, "p": p, "interval": interval}))
}
