//! Recorded customers: what each bought, basket by basket, and the question what comes next.
//! Must never hold a customer's own number beyond the reading of the file.

use std::collections::HashSet;
use std::sync::Arc;

use models::evaluate::{Basket, Marks, Repeats, admit, mark_basket, wanted};
use models::recommend::ItemId;

use super::exam::{Asked, Exam, Question, Training};

/// In what the time of a basket is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum TimeUnit {
    /// Seconds since 1970.
    Seconds,
    /// The basket's place in its customer's history: the file says nothing of time.
    #[default]
    Baskets,
}

/// One customer's baskets, oldest first.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    /// A number by order of appearance.
    pub(super) number: u64,
    pub(super) baskets: Arc<[Basket]>,
    /// So many of the baskets are to be learned from.
    pub(super) known: usize,
    /// The country that the shop's page was for, by order of appearance, if the file says it.
    pub(super) country: Option<u32>,
}

impl Customer {
    /// What may be learned.
    pub(super) fn past(&self) -> &[Basket] {
        self.baskets.get(..self.known).unwrap_or_default()
    }
}

/// The customers of a shop.
#[derive(Debug, Clone, Default)]
pub(super) struct Customers {
    pub(super) customers: Vec<Customer>,
    /// Item numbers are below this.
    pub(super) items: usize,
    pub(super) time: TimeUnit,
}

/// A customer before their next basket.
#[derive(Debug, Clone)]
pub(super) struct CustomerQuestion {
    baskets: Arc<[Basket]>,
    known: usize,
    now: i64,
    repeats: Repeats,
    number: u64,
    country: Option<u32>,
}

impl CustomerQuestion {
    /// The customer's number in the training part, so that nobody is taken for their own neighbour.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// What they bought so far, oldest basket first; never empty.
    pub(super) fn past(&self) -> &[Basket] {
        self.baskets.get(..self.known).unwrap_or_default()
    }

    /// The country that the shop's page is for.
    pub(super) fn country(&self) -> Option<u32> {
        self.country
    }

    /// The time of asking, in the unit of the baskets' times.
    pub(super) fn now(&self) -> i64 {
        self.now
    }

    /// How many items to ask of a model that never answers what the customer had: `count` has room for those otherwise.
    pub(super) fn without_had(&self, count: usize) -> usize {
        match self.repeats {
            Repeats::Allowed => count,
            Repeats::NewOnly => count.saturating_sub(self.had()),
        }
    }

    fn had(&self) -> usize {
        self.past().iter().flat_map(Basket::ids).collect::<HashSet<_>>().len()
    }
}

impl Question for CustomerQuestion {
    fn reach(&self, k: usize) -> usize {
        match self.repeats {
            Repeats::Allowed => k,
            Repeats::NewOnly => k + self.had(),
        }
    }

    fn admit(&self, answer: &mut Vec<ItemId>) {
        admit(answer, self.past(), self.repeats);
    }

    fn mark(answer: &[ItemId], truth: &[ItemId], k: usize) -> Option<Marks> {
        mark_basket(answer, truth, k)
    }
}

impl Customers {
    /// The basket after those that may be learned from, for every customer who has both.
    pub(super) fn exam(&self, repeats: Repeats, known: impl Fn(ItemId) -> bool) -> Exam<CustomerQuestion> {
        let mut exam = Exam { asked: Vec::new(), units: Vec::new() };
        for customer in &self.customers {
            let Some(next) = customer.baskets.get(customer.known) else { continue };
            let truth = wanted(next, customer.past(), repeats, &known);
            if truth.is_empty() || customer.past().is_empty() {
                continue;
            }
            let question = CustomerQuestion {
                baskets: Arc::clone(&customer.baskets),
                known: customer.known,
                now: next.time,
                repeats,
                number: customer.number,
                country: customer.country,
            };
            exam.asked.push(Asked { unit: exam.units.len(), question, truth });
            exam.units.push(customer.number);
        }
        exam
    }

    /// Whether an item stands in any basket that may be learned from, as a table.
    pub(super) fn known(&self) -> Vec<bool> {
        self.holders().iter().map(|holders| *holders > 0).collect()
    }
}

impl Training for Customers {
    type Question = CustomerQuestion;
    type View = Repeats;

    fn units(&self) -> u64 {
        self.customers.iter().filter(|customer| !customer.past().is_empty()).count() as u64
    }

    fn holders(&self) -> Vec<u64> {
        let mut holders = vec![0; self.items];
        for customer in &self.customers {
            let distinct: HashSet<ItemId> = customer.past().iter().flat_map(Basket::ids).collect();
            for item in distinct {
                if let Some(count) = holders.get_mut(item.index()) {
                    *count += 1;
                }
            }
        }
        holders
    }

    fn without(&self, gone: &dyn Fn(u64) -> bool) -> Self {
        let customers = self.customers.iter().filter(|customer| !gone(customer.number)).cloned().collect();
        Self { customers, items: self.items, time: self.time }
    }

    /// Every customer of at least two known baskets without the last of these.
    fn earlier(&self) -> Self {
        let shorten = |customer: &Customer| Customer {
            known: if customer.known > 1 { customer.known - 1 } else { customer.known },
            // A customer with one basket stays to be learned from, and has nothing that could be asked about.
            baskets: if customer.known > 1 {
                Arc::clone(&customer.baskets)
            } else {
                customer.past().iter().cloned().collect()
            },
            number: customer.number,
            country: customer.country,
        };
        Self { customers: self.customers.iter().map(shorten).collect(), items: self.items, time: self.time }
    }

    /// The last basket of each customer's known ones is asked about.
    fn hold_out(&self, repeats: Repeats) -> (Self, Exam<CustomerQuestion>) {
        let earlier = self.earlier();
        let known = earlier.known();
        let exam = earlier.exam(repeats, |item| known.get(item.index()) == Some(&true));
        (earlier, exam)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Customers of baskets of item numbers; the last basket of each is held out.
    pub(in crate::evaluate) fn customers(lists: &[&[&[u32]]]) -> Customers {
        let items = lists.iter().flat_map(|baskets| baskets.iter()).flat_map(|basket| basket.iter());
        let basket = |(time, items): (i64, &&[u32])| Basket {
            time,
            items: items.iter().map(|item| (ItemId(*item), 1)).collect(),
        };
        Customers {
            items: items.max().map_or(0, |max| *max as usize + 1),
            customers: (0..)
                .zip(lists)
                .map(|(number, baskets)| Customer {
                    number,
                    baskets: (0..).zip(*baskets).map(basket).collect(),
                    known: baskets.len() - 1,
                    country: None,
                })
                .collect(),
            time: TimeUnit::Baskets,
        }
    }

    fn truths(exam: &Exam<CustomerQuestion>) -> Vec<Vec<u32>> {
        exam.asked.iter().map(|asked| asked.truth.iter().map(|item| item.0).collect()).collect()
    }

    #[test]
    fn the_last_basket_is_asked_about_and_not_learned() {
        let shop = customers(&[&[&[1, 2], &[2, 3]], &[&[3], &[1], &[1, 4]], &[&[7]]]);
        let known = shop.known();
        assert_eq!(known, [false, true, true, true, false, false, false, false]);
        let known = |item: ItemId| known[item.index()];
        let exam = shop.exam(Repeats::Allowed, known);
        assert_eq!(truths(&exam), [vec![2, 3], vec![1]]);
        assert_eq!(exam.asked[1].question.past().len(), 2);
        assert_eq!(truths(&shop.exam(Repeats::NewOnly, known)), [vec![3]]);
    }

    #[test]
    fn dials_are_chosen_by_the_last_known_basket_and_never_by_the_held_out_one() {
        let shop = customers(&[&[&[1], &[2], &[3]], &[&[2], &[1]]]);
        let (earlier, exam) = shop.hold_out(Repeats::Allowed);
        assert_eq!(earlier.holders(), [0, 1, 1, 0]);
        assert_eq!(truths(&exam), [vec![2]], "the second customer has one known basket, and it stays");
        assert_eq!(exam.asked[0].question.past().len(), 1);
    }

    #[test]
    fn enough_is_asked_for_that_k_new_items_are_left() {
        let shop = customers(&[&[&[1, 2], &[2], &[3]]]);
        let reach = |repeats| shop.exam(repeats, |_| true).asked[0].question.reach(20);
        assert_eq!((reach(Repeats::Allowed), reach(Repeats::NewOnly)), (20, 22));
    }
}
