//! Baskets as JSON: `{"customer": [[-1], [item, item], …, [-1]], …}`, one file with the past and one with the basket to come.
//! Must never learn from the second.

use std::collections::BTreeMap;
use std::path::Path;

use models::evaluate::Basket;
use serde_json::Value;

use super::{Counted, Numbers, bad, open, poor, put};
use crate::evaluate::EvaluateError;
use crate::evaluate::customers::{Customer, Customers, TimeUnit};
use crate::evaluate::progress::Progress;

const MEND: &str =
    "write `{\"customer\": [[-1], [item, item], …, [-1]], …}`, each basket a list of item numbers or names";

/// Reads both files.
pub(in crate::evaluate) fn baskets(
    history: &Path,
    future: &Path,
    progress: &Progress,
) -> Result<(Customers, Vec<Counted>), EvaluateError> {
    let mut numbers = Numbers::default();
    let past = lists(history, &mut numbers, progress)?;
    let items_of_history = numbers.len();
    let mut next = lists(future, &mut numbers, progress)?;
    let mut customers = Vec::new();
    let mut asked = 0;
    for (customer, mut baskets) in past {
        let known = baskets.len();
        if let Some(basket) = next.remove(&customer).and_then(|baskets| baskets.into_iter().next()) {
            asked += u64::from(known > 0);
            baskets.push(Basket { time: known as i64, ..basket });
        }
        customers.push(Customer {
            number: customers.len() as u64,
            baskets: baskets.into(),
            known,
            country: None,
        });
    }
    if asked == 0 {
        let wrong = "holds no basket of a customer who has a history";
        return Err(poor(future, wrong, "use the same customers' ids in both files"));
    }
    let counted = vec![
        Counted::new("customers", customers.len() as u64),
        Counted::new("baskets to learn from", customers.iter().map(|c| c.known as u64).sum()),
        Counted::new("items", items_of_history as u64),
        Counted::new("customers of the future file without a history (left out)", next.len() as u64),
    ];
    Ok((Customers { customers, items: numbers.len(), time: TimeUnit::Baskets }, counted))
}

fn lists(
    path: &Path,
    numbers: &mut Numbers,
    progress: &Progress,
) -> Result<BTreeMap<String, Vec<Basket>>, EvaluateError> {
    let text = open(path, progress)?.whole()?;
    let read: BTreeMap<String, Vec<Vec<Value>>> = serde_json::from_str(&text)
        .map_err(|error| bad(path, error.line() as u64, error.to_string(), MEND))?;
    let mut found = BTreeMap::new();
    for (customer, lists) in read {
        let mut baskets = Vec::new();
        for list in &lists {
            if list.iter().all(|item| item.as_i64() == Some(-1)) {
                continue;
            }
            let mut items = Vec::new();
            for item in list {
                let name = match item {
                    Value::Number(number) if number.as_u64().is_some() => number.to_string(),
                    Value::String(name) if !name.is_empty() => name.clone(),
                    other => {
                        let line = line_of(&text, &customer);
                        let wrong = format!("basket {} holds `{other}`, which is no item", baskets.len() + 1);
                        return Err(bad(path, line, wrong, MEND));
                    }
                };
                put(&mut items, numbers.of(&name), 1);
            }
            baskets.push(Basket { time: baskets.len() as i64, items });
        }
        found.insert(customer, baskets);
    }
    Ok(found)
}

/// The line on which a customer begins.
fn line_of(text: &str, customer: &str) -> u64 {
    let at = text.find(&format!("\"{customer}\"")).unwrap_or(0);
    text.get(..at).unwrap_or_default().matches('\n').count() as u64 + 1
}

#[cfg(test)]
mod tests {
    use super::super::tests::reading;
    use super::*;

    fn read(history: &str, future: &str) -> Result<(Customers, Vec<Counted>), EvaluateError> {
        reading(history, |past, progress| reading(future, |next, _| baskets(past, next, progress)))
    }

    #[test]
    fn marks_at_both_ends_are_no_baskets_and_the_future_is_held_out() {
        let history = r#"{"1": [[-1], [5, 6, 5], [7], [-1]], "2": [[-1], [6], [-1]]}"#;
        let future = r#"{"1": [[-1], [7, 9], [-1]], "3": [[-1], [5], [-1]]}"#;
        let (read, counted) = read(history, future).unwrap();
        let first = &read.customers[0];
        assert_eq!((first.known, first.baskets.len()), (2, 3));
        assert_eq!(first.past()[0].items.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(read.customers[1].known, 1);
        assert_eq!(counted.iter().map(|c| c.count).collect::<Vec<_>>(), [2, 3, 3, 1]);
    }

    #[test]
    fn bad_json_is_told_with_its_line() {
        let check = |history: &str, expected: &str| {
            let error = read(history, r#"{"1": [[5]]}"#).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        };
        check("{\"1\": [[1]],\n\"2\": [[1}", "line 2: ");
        check("{\"1\": [[1]],\n\"2\": [[1, -4]]}", "line 2: basket 1 holds `-4`, which is no item");
        check(r#"{"2": [[1]]}"#, "holds no basket of a customer who has a history");
    }
}
