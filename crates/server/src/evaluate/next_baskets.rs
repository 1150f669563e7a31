//! The models of repeated purchases and similar buyers, as contenders.
//! Must never learn weights on the basket that is asked about in the end.

use models::evaluate::{Basket, Repeats};
use models::recommend::baskets::{
    Ask, Basket as Order, BasketIndex, BuyerKey, Decay, Fit, History, OrderKey, Params, Terms, Weights,
    Worksheet,
};
use models::recommend::{ItemId, Scored};

use super::contender::{Fitted, Setting, Shared, share};
use super::customers::{CustomerQuestion, Customers};
use super::exam::Training as _;

/// On how many customers weights are learned, at most.
const LEARNED_ON: usize = 4000;

fn history(past: &[Basket]) -> History {
    let order = |(place, basket): (u64, &Basket)| Order {
        time: basket.time,
        order: OrderKey(place),
        items: basket.ids().collect(),
    };
    History::new((0..).zip(past).map(order).collect())
}

fn index(shop: &Customers) -> BasketIndex {
    let mut index = BasketIndex::new(Decay::standard());
    for customer in &shop.customers {
        index.replace(BuyerKey(customer.number), history(customer.past()));
    }
    index
}

struct TopFrequency {
    index: BasketIndex,
}

pub(super) fn top_frequency(shop: &Customers) -> Shared<CustomerQuestion> {
    share(TopFrequency { index: index(shop) })
}

impl Fitted<CustomerQuestion> for TopFrequency {
    fn score(&mut self, question: &CustomerQuestion, count: usize) -> Vec<Scored> {
        self.index.top_frequency(&history(question.past()), 1.0, count)
    }
}

struct NextBasket {
    index: BasketIndex,
    params: Params,
    sheet: Worksheet,
}

/// The weights of the paper's Ta-Feng run, which aren't learned.
pub(super) fn tifu(shop: &Customers) -> Shared<CustomerQuestion> {
    let plain = Terms { steady: 0.7, neighbours: 0.3, ..Terms::default() };
    let weights = Weights { plain, ..Weights::default() };
    let params = Params { weights, neighbours: 300, ..Params::standard(1) };
    share(NextBasket { index: index(shop), params, sheet: Worksheet::new() })
}

/// Weights by least squares on the last known basket of each customer.
pub(super) fn learned(shop: &Customers) -> Shared<CustomerQuestion> {
    let standard = Params::standard(1);
    let (earlier, exam) = shop.hold_out(Repeats::Allowed);
    let exam = exam.thinned(LEARNED_ON);
    let earlier = index(&earlier);
    let (mut fit, mut sheet) = (Fit::new(), Worksheet::new());
    for asked in &exam.asked {
        let history = history(asked.question.past());
        fit.observe(&earlier, &ask(&asked.question, &history), &asked.truth, &standard, &mut sheet);
    }
    let weights = if exam.asked.is_empty() { standard.weights } else { fit.weights() };
    share(NextBasket { index: index(shop), params: Params { weights, ..standard }, sheet })
}

fn ask<'a>(question: &CustomerQuestion, history: &'a History) -> Ask<'a> {
    Ask { history, own: Some(BuyerKey(question.number())), now: question.now() }
}

impl Fitted<CustomerQuestion> for NextBasket {
    fn score(&mut self, question: &CustomerQuestion, count: usize) -> Vec<Scored> {
        let history = history(question.past());
        let params = Params { count, ..self.params };
        self.index.score(&ask(question, &history), &params, &mut self.sheet)
    }

    fn answer(&mut self, question: &CustomerQuestion, count: usize, into: &mut Vec<ItemId>) {
        let history = history(question.past());
        let params = Params { count, ..self.params };
        self.index.rank(&ask(question, &history), &params, &mut self.sheet, into);
    }

    fn settings(&self) -> Vec<Setting> {
        let Weights { plain, by_season } = &self.params.weights;
        let mut settings = vec![Setting::new("neighbours", self.params.neighbours)];
        settings.extend(of_terms("", plain));
        settings.extend(of_terms(" by season", by_season));
        settings
    }
}

/// The terms that count at all.
fn of_terms(suffix: &str, terms: &Terms) -> Vec<Setting> {
    let Terms { fading_again, steady_again, fading, steady, share, popular, neighbours } = *terms;
    [
        ("fading, times how often it comes back", fading_again),
        ("steady, times how often it comes back", steady_again),
        ("fading", fading),
        ("steady", steady),
        ("share of own baskets", share),
        ("popular", popular),
        ("similar buyers", neighbours),
    ]
    .into_iter()
    .filter(|(_, weight)| *weight > 0.0)
    .map(|(name, weight)| Setting::new(format!("weight of {name}{suffix}"), format!("{weight:.4}")))
    .collect()
}
