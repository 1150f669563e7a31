//! What is popular lately, backed by the time of the year and the country: what somebody is shown who refuses, or is new.
//! Must never look at a day that the question's own hasn't come after.

use std::collections::HashMap;
use std::rc::Rc;

use models::evaluate::{Basket, Repeats};
use models::recommend::popularity::{Day, Level, Liked, Popularity, Question as Counted, Unit, here};
use models::recommend::{ItemId, Scored};

use super::contender::{Fitted, Setting, Shared, share};
use super::customers::{CustomerQuestion, Customers};
use super::exam::{Question as _, Training as _};
use super::of_customers::DAY_SECONDS;

pub(super) const NAME: &str = "popularity-here";
pub(super) const ABOUT: &str =
    "what is bought lately, by country and time of the year, each believed by how much stands behind it";

/// Half-lives of what all buy, in days, and shrinkages, of which the best on the training part is taken.
const HALF_LIVES: [f64; 3] = [7.0, 21.0, 60.0];
const SHRINKAGES: [f64; 5] = [30.0, 100.0, 300.0, 1000.0, 3000.0];
/// How long a list stands, in days.
const STANDS: i32 = 7;
/// How far down a list goes.
const DEPTH: usize = 1000;
/// On how many customers the dials are chosen, at most.
const CHOSEN_ON: usize = 1000;

/// Contexts: the quarters of the year first, then the countries.
const QUARTERS: u32 = 4;

fn day(time: i64) -> Day {
    Day(i32::try_from(time.div_euclid(DAY_SECONDS)).unwrap_or(i32::MAX))
}

/// Winter, spring, summer, autumn of the northern half: of a mean year, since a day more or less makes no difference.
fn quarter(day: Day) -> u32 {
    let of_year = f64::from(day.0 + 31).rem_euclid(365.242_5);
    ((of_year / 91.310_6) as u32).min(QUARTERS - 1)
}

fn country(number: u32) -> u32 {
    QUARTERS + number
}

struct Here {
    units: Popularity,
    lists: HashMap<(Option<u32>, Day), Rc<Liked>>,
    half_life_days: f64,
    shrinkage: f64,
}

impl Here {
    fn of(shop: &Customers, half_life_days: f64, shrinkage: f64) -> Self {
        let mut units = Popularity::new();
        for customer in &shop.customers {
            let of = |basket: &Basket| {
                let day = day(basket.time);
                basket.ids().map(move |item| (item, day)).collect::<Vec<_>>()
            };
            let mut bought: Vec<(ItemId, Day)> = customer.past().iter().flat_map(of).collect();
            bought.sort_unstable();
            bought.dedup();
            for (item, day) in bought {
                let place = customer.country.map(|number| Some(country(number)));
                for context in [None, Some(quarter(day))].into_iter().chain(place) {
                    units.learn(Unit { context, item, day });
                }
            }
        }
        Self { units, lists: HashMap::new(), half_life_days, shrinkage }
    }

    fn liked(&mut self, context: Option<u32>, today: Day) -> Rc<Liked> {
        let Self { units, lists, half_life_days, shrinkage: _ } = self;
        let made = lists.entry((context, today)).or_insert_with(|| {
            // As the server does: a time of the year is compared with the one of the year before.
            let (window_days, half_life_days) = match context {
                Some(context) if context < QUARTERS => (400, 365.0),
                Some(_) | None => (90, *half_life_days),
            };
            let question = Counted { context, today, window_days, half_life_days, at_least: 1, count: DEPTH };
            Rc::new(units.liked(&question, |_| true).unwrap_or_default())
        });
        Rc::clone(made)
    }
}

impl Fitted<CustomerQuestion> for Here {
    fn score(&mut self, question: &CustomerQuestion, count: usize) -> Vec<Scored> {
        let yesterday = Day(day(question.now()).0 - 1);
        let today = Day(yesterday.0.div_euclid(STANDS) * STANDS);
        let all = self.liked(None, today);
        let season = self.liked(Some(quarter(yesterday)), today);
        let place = question.country().map(|number| self.liked(Some(country(number)), today));
        let mut chains = vec![vec![Level(&season)]];
        chains.extend(place.as_deref().map(|place| vec![Level(place)]));
        here(&all, &chains, self.shrinkage, count)
    }

    fn settings(&self) -> Vec<Setting> {
        vec![
            Setting::new("half-life in days (chosen on the training part)", self.half_life_days),
            Setting::new("shrinkage (chosen on the training part)", self.shrinkage),
        ]
    }
}

/// Chooses its dials by the last known basket of each customer.
pub(super) fn popular_here(shop: &Customers) -> Shared<CustomerQuestion> {
    let (earlier, exam) = shop.hold_out(Repeats::Allowed);
    let exam = exam.thinned(CHOSEN_ON);
    let mut best = (f64::NEG_INFINITY, 21.0, 100.0);
    let mut answer = Vec::new();
    for half_life in HALF_LIVES {
        let mut model = Here::of(&earlier, half_life, 0.0);
        for shrinkage in SHRINKAGES {
            model.shrinkage = shrinkage;
            let mut found = 0.0;
            for asked in &exam.asked {
                model.answer(&asked.question, asked.question.reach(20), &mut answer);
                found += CustomerQuestion::mark(&answer, &asked.truth, 20).map_or(0.0, |marks| marks.recall);
            }
            if found > best.0 {
                best = (found, half_life, shrinkage);
            }
        }
    }
    share(Here::of(shop, best.1, best.2))
}
