//! The models that answer a customer with a history. A new one is one more line in [`contenders`] and its `Fitted`.
//! Must never look at more of a customer than the question shows.

use models::evaluate::{Basket, Repeats};
use models::recommend::affinity::{Affinity, CoCounts, Held};
use models::recommend::repeat::{Purchase, again};
use models::recommend::{ItemId, Scored, Scratch};

use super::contender::{Contender, Fitted, Serving, Setting, Shared, share};
use super::customers::{CustomerQuestion, Customers, TimeUnit};
use super::exam::{Exam, Question as _, Training as _};
use super::of_visits::Same;
use super::{discovery, here, next_baskets};

/// All of them, popularity first; `items` is the size of the catalogue.
pub(super) fn contenders(items: usize, time: TimeUnit) -> Vec<Contender<Customers, CustomerQuestion>> {
    let one = |name, about, fit| Contender { name, about, fit };
    let mut all = vec![
        one("popularity", "what most customers bought, the same for everybody", popularity as fn(&_) -> _),
        one("repeat", "what this customer buys often and lately", repeat),
        one(
            "gp-topfreq",
            "what this customer bought most often, then what most did",
            next_baskets::top_frequency,
        ),
        one(
            "tifu-knn",
            "what this customer and similar ones buy, newer baskets counting more",
            next_baskets::tifu,
        ),
        one(
            "next-basket",
            "all of these, by weights learned on the last known basket of each customer, and by season",
            next_baskets::learned,
        ),
        one("affinity", "what those have who have what this customer has", affinity),
    ];
    // Where nothing is known of time, nothing is late.
    if time == TimeUnit::Seconds {
        all.insert(1, one(here::NAME, here::ABOUT, here::popular_here));
    }
    if items <= discovery::EASE_ITEMS {
        all.push(one(
            "ease",
            "the same, what is explained by other things taken out, times the trend (EASE)",
            discovery::ease,
        ));
    }
    all.push(one("ials", "tastes that customers share, as factors (iALS)", discovery::ials));
    all
}

/// What somebody who refuses is shown: what the server shows them first.
pub(super) fn servings(time: TimeUnit) -> Vec<Serving<Customers, CustomerQuestion>> {
    let popular = Serving { name: "shown the same popular things", fit: popularity as fn(&_) -> _ };
    match time {
        TimeUnit::Seconds => {
            vec![Serving { name: "shown what is popular here and now", fit: here::popular_here }, popular]
        }
        TimeUnit::Baskets => vec![popular],
    }
}

/// Also what somebody who refuses is shown.
pub(super) fn popularity(shop: &Customers) -> Shared<CustomerQuestion> {
    let distinct = shop.customers.iter().map(|customer| owned(customer.past()));
    share(Same::popular(distinct, shop.items))
}

/// The distinct items of a history, ascending.
pub(super) fn owned(past: &[Basket]) -> Vec<ItemId> {
    let mut items: Vec<ItemId> = past.iter().flat_map(Basket::ids).collect();
    items.sort_unstable();
    items.dedup();
    items
}

pub(super) const DAY_SECONDS: i64 = 86_400;

struct Repeat {
    half_life: i64,
    time: TimeUnit,
}

/// Chooses the half-life by the last known basket of each customer.
fn repeat(shop: &Customers) -> Shared<CustomerQuestion> {
    let candidates: [i64; 5] = match shop.time {
        TimeUnit::Seconds => [30, 60, 120, 240, 480].map(|days| days * DAY_SECONDS),
        TimeUnit::Baskets => [2, 4, 8, 16, 64],
    };
    let exam = shop.hold_out(Repeats::Allowed).1.thinned(3000);
    let found = |half_life: &i64| found(&mut Repeat { half_life: *half_life, time: shop.time }, &exam);
    let best = candidates.iter().copied().max_by(|a, b| found(a).total_cmp(&found(b)));
    share(Repeat { half_life: best.unwrap_or(120 * DAY_SECONDS), time: shop.time })
}

/// Σ of recall@20.
fn found(model: &mut Repeat, exam: &Exam<CustomerQuestion>) -> f64 {
    let mut answer = Vec::new();
    let mut sum = 0.0;
    for asked in &exam.asked {
        model.answer(&asked.question, 20, &mut answer);
        sum += CustomerQuestion::mark(&answer, &asked.truth, 20).map_or(0.0, |marks| marks.recall);
    }
    sum
}

impl Fitted<CustomerQuestion> for Repeat {
    fn score(&mut self, question: &CustomerQuestion, count: usize) -> Vec<Scored> {
        let purchases: Vec<Purchase> = question
            .past()
            .iter()
            .flat_map(|basket| {
                let purchase =
                    |(item, _): &(ItemId, u32)| Purchase { item: *item, time: basket.time, quantity: 1 };
                basket.items.iter().map(purchase)
            })
            .collect();
        again(&purchases, question.now(), self.half_life, count).unwrap_or_default()
    }

    fn settings(&self) -> Vec<Setting> {
        let half_life = match self.time {
            TimeUnit::Seconds => format!("{} days", self.half_life / DAY_SECONDS),
            TimeUnit::Baskets => format!("{} baskets", self.half_life),
        };
        vec![Setting::new("half-life (chosen on the training part)", half_life)]
    }
}

const SHRINKAGE: f64 = 2.0;

struct GoesWith {
    counts: CoCounts,
    scratch: Scratch,
}

fn affinity(shop: &Customers) -> Shared<CustomerQuestion> {
    let mut counts = CoCounts::new();
    shop.customers.iter().for_each(|customer| counts.learn(&owned(customer.past())));
    share(GoesWith { counts, scratch: Scratch::new() })
}

impl Fitted<CustomerQuestion> for GoesWith {
    fn score(&mut self, question: &CustomerQuestion, count: usize) -> Vec<Scored> {
        let held: Vec<Held> =
            owned(question.past()).into_iter().map(|item| Held { item, weight: 1.0 }).collect();
        let count = question.without_had(count);
        self.counts.score(&held, &Affinity { shrinkage: SHRINKAGE, at_least: 1, count }, &mut self.scratch)
    }

    fn settings(&self) -> Vec<Setting> {
        vec![Setting::new("shrinkage", SHRINKAGE)]
    }
}

#[cfg(test)]
mod tests {
    use super::super::customers::tests::customers;
    use super::*;

    fn first(name: &str, shop: &Customers, repeats: Repeats) -> Vec<u32> {
        let contender =
            contenders(9, TimeUnit::Baskets).into_iter().find(|contender| contender.name == name).unwrap();
        let exam = shop.exam(repeats, |_| true);
        let mut answer = Vec::new();
        let question = &exam.asked[0].question;
        (contender.fit)(shop).borrow_mut().answer(question, question.reach(3), &mut answer);
        question.admit(&mut answer);
        answer.iter().map(|item| item.0).collect()
    }

    #[test]
    fn each_model_answers_in_its_own_way() {
        // The first customer has 1 often, 2 lately; 5 is what most have; 3 goes with 1.
        let shop = customers(&[
            &[&[1], &[1], &[1, 2], &[2, 3]],
            &[&[1, 3, 5], &[9]],
            &[&[1, 3, 5], &[9]],
            &[&[1, 3, 5], &[9]],
            &[&[5], &[9]],
            &[&[5], &[9]],
        ]);
        assert_eq!(first("popularity", &shop, Repeats::Allowed)[0], 5);
        assert_eq!(first("repeat", &shop, Repeats::Allowed), [1, 2]);
        assert_eq!(first("gp-topfreq", &shop, Repeats::Allowed)[..2], [1, 2]);
        for name in ["tifu-knn", "next-basket", "ease", "ials"] {
            assert!(first(name, &shop, Repeats::NewOnly).contains(&3), "{name}");
        }
        assert_eq!(first("affinity", &shop, Repeats::NewOnly), [3, 5]);
        assert!(first("repeat", &shop, Repeats::NewOnly).is_empty());
    }

    #[test]
    fn nothing_learned_answers_nothing() {
        let shop = customers(&[&[&[1], &[2]]]);
        let nobody = shop.without(&|_| true);
        let exam = shop.exam(Repeats::Allowed, |_| true);
        // These know what the customer had, and that is in the question.
        let own = ["repeat", "gp-topfreq", "tifu-knn", "next-basket"];
        for contender in
            contenders(9, TimeUnit::Baskets).into_iter().filter(|contender| !own.contains(&contender.name))
        {
            let fitted = (contender.fit)(&nobody);
            assert!(fitted.borrow_mut().score(&exam.asked[0].question, 3).is_empty(), "{}", contender.name);
        }
    }

    #[test]
    fn a_large_catalogue_is_left_to_the_model_that_can_hold_it() {
        let names =
            |items| contenders(items, TimeUnit::Seconds).iter().map(|one| one.name).collect::<Vec<_>>();
        assert!(names(100).contains(&"ease") && !names(100_000).contains(&"ease"));
        assert!(names(100_000).contains(&"ials"));
    }
}
