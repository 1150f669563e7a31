//! The models that find what is new for a customer, as contenders. Must never look at a day after the question's.

use std::collections::{BTreeMap, HashMap};

use models::evaluate::Basket;
use models::recommend::affinity::{CoCounts, Held};
use models::recommend::ease::{Discovery, Ease};
use models::recommend::ials::{self, Ials};
use models::recommend::popularity::{Day, Popularity, Unit};
use models::recommend::trend::{Dials, Trend};
use models::recommend::{ItemId, Scored, Scratch};

use super::contender::{Fitted, Setting, Shared, share};
use super::customers::{CustomerQuestion, Customers, TimeUnit};
use super::of_customers::{DAY_SECONDS, owned};

/// EASE's learning takes as many steps as the cube of the items: beyond these it is left out.
pub(super) const EASE_ITEMS: usize = 6_000;
const LAMBDA: f64 = 600.0;
const HALF_LIFE_DAYS: f64 = 120.0;

/// What a customer has, by item, each counting by the age of its last purchase where ages are known.
fn held(past: &[Basket], now: i64, time: TimeUnit) -> Vec<Held> {
    let mut last: BTreeMap<ItemId, i64> = BTreeMap::new();
    for basket in past {
        last.extend(basket.ids().map(|item| (item, basket.time)));
    }
    let weight = |at: i64| match time {
        TimeUnit::Seconds => (-((now - at) as f64) / (HALF_LIFE_DAYS * DAY_SECONDS as f64)).exp2(),
        TimeUnit::Baskets => 1.0,
    };
    last.into_iter().map(|(item, at)| Held { item, weight: weight(at) }).collect()
}

struct WithTrend {
    model: Option<Ease>,
    units: Popularity,
    trends: HashMap<Day, Trend>,
    time: TimeUnit,
    scratch: Scratch,
}

pub(super) fn ease(shop: &Customers) -> Shared<CustomerQuestion> {
    let (mut counts, mut units) = (CoCounts::new(), Popularity::new());
    for customer in &shop.customers {
        counts.learn(&owned(customer.past()));
        let mut days: Vec<(ItemId, Day)> = customer
            .past()
            .iter()
            .flat_map(|basket| basket.ids().map(|item| (item, day(basket.time))))
            .collect();
        days.sort_unstable();
        days.dedup();
        days.into_iter().for_each(|(item, day)| units.learn(Unit { context: None, item, day }));
    }
    // An empty shop has nothing to invert, and nothing to say.
    let model = Ease::build(counts, LAMBDA).ok();
    share(WithTrend { model, units, trends: HashMap::new(), time: shop.time, scratch: Scratch::new() })
}

fn day(time: i64) -> Day {
    Day(i32::try_from(time.div_euclid(DAY_SECONDS)).unwrap_or(i32::MAX))
}

impl Fitted<CustomerQuestion> for WithTrend {
    fn score(&mut self, question: &CustomerQuestion, count: usize) -> Vec<Scored> {
        let Self { model: Some(model), units, trends, time, scratch } = self else { return Vec::new() };
        let held = held(question.past(), question.now(), *time);
        let wanted = Discovery { at_least: 1, count: question.without_had(count) };
        match time {
            TimeUnit::Baskets => model.score(&held, &wanted, scratch),
            TimeUnit::Seconds => {
                let yesterday = Day(day(question.now()).0 - 1);
                let trend = trends.entry(yesterday).or_insert_with(|| {
                    Trend::at(units, None, yesterday, &Dials::standard()).unwrap_or_default()
                });
                model.score_lifted(&held, &wanted, |item| trend.lift(item), scratch)
            }
        }
    }

    fn settings(&self) -> Vec<Setting> {
        let Dials { half_life_days, smoothing, power } = Dials::standard();
        let mut settings = vec![Setting::new("regularisation", LAMBDA)];
        if self.time == TimeUnit::Seconds {
            settings.push(Setting::new("half-life of purchases in days", HALF_LIFE_DAYS));
            settings.push(Setting::new("half-life of the trend in days", half_life_days));
            settings.push(Setting::new("smoothing", smoothing));
            settings.push(Setting::new("power", power));
        }
        settings
    }
}

struct Factors {
    model: Option<Ials>,
    time: TimeUnit,
    scratch: Scratch,
}

pub(super) fn ials(shop: &Customers) -> Shared<CustomerQuestion> {
    let rows: Vec<Vec<ItemId>> = shop.customers.iter().map(|customer| owned(customer.past())).collect();
    let model = Ials::fit(&rows, ials::Dials::standard()).ok().map(|(model, _)| model);
    let model = model.filter(|_| rows.iter().any(|row| !row.is_empty()));
    share(Factors { model, time: shop.time, scratch: Scratch::new() })
}

impl Fitted<CustomerQuestion> for Factors {
    fn score(&mut self, question: &CustomerQuestion, count: usize) -> Vec<Scored> {
        let Self { model: Some(model), time, scratch } = self else { return Vec::new() };
        model.score(&held(question.past(), question.now(), *time), question.without_had(count), scratch)
    }

    fn settings(&self) -> Vec<Setting> {
        let ials::Dials { factors, unobserved, regularisation, exponent, .. } = ials::Dials::standard();
        vec![
            Setting::new("factors", factors),
            Setting::new("weight of what isn't had", unobserved),
            Setting::new("regularisation", regularisation),
            Setting::new("exponent", exponent),
        ]
    }
}
