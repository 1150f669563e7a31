//! A line per customer: their id, then items in order of time, with blanks, tabs, commas or semicolons between.
//! Must never take an item for a customer: a customer stands in the file once.

use std::collections::HashSet;
use std::path::Path;

use models::evaluate::Basket;

use super::{Counted, Numbers, bad, open, poor};
use crate::evaluate::EvaluateError;
use crate::evaluate::customers::{Customer, Customers, TimeUnit};
use crate::evaluate::progress::Progress;

const MEND: &str =
    "write the customer's id and then the items in order of time, with blanks or commas between";

/// Reads the file; the last item of everyone with at least two is held out.
pub(in crate::evaluate) fn sequences(
    path: &Path,
    progress: &Progress,
) -> Result<(Customers, Vec<Counted>), EvaluateError> {
    let mut lines = open(path, progress)?;
    let mut numbers = Numbers::default();
    let mut seen = HashSet::new();
    let mut customers = Vec::new();
    while let Some((number, text)) = lines.next()? {
        let mut words =
            text.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|w| !w.is_empty());
        let Some(customer) = words.next() else { continue };
        let items: Vec<Basket> = (0..)
            .zip(words)
            .map(|(time, item)| Basket { time, items: vec![(numbers.of(item), 1)] })
            .collect();
        if items.is_empty() {
            return Err(bad(path, number, "there is a customer and no item", MEND));
        }
        if !seen.insert(customer.to_owned()) {
            let wrong = format!("the customer `{customer}` stands in the file a second time");
            return Err(bad(path, number, wrong, "write all items of a customer on one line"));
        }
        let known = if items.len() > 1 { items.len() - 1 } else { items.len() };
        customers.push(Customer {
            number: customers.len() as u64,
            baskets: items.into(),
            known,
            country: None,
        });
    }
    if customers.iter().all(|customer| customer.known == customer.baskets.len()) {
        return Err(poor(path, "holds no customer with two items, so nothing can be held out", MEND));
    }
    let counted = vec![
        Counted::new("customers", customers.len() as u64),
        Counted::new("items", numbers.len() as u64),
        Counted::new("steps", customers.iter().map(|customer| customer.baskets.len() as u64).sum()),
    ];
    Ok((Customers { customers, items: numbers.len(), time: TimeUnit::Baskets }, counted))
}

#[cfg(test)]
mod tests {
    use super::super::tests::reading;
    use super::*;

    #[test]
    fn blanks_commas_and_tabs_divide() {
        let (read, counted) = reading("a 1 2 3\nb,2,2\n\nc\t3\n", sequences).unwrap();
        let items: Vec<Vec<u32>> = read
            .customers
            .iter()
            .map(|customer| customer.baskets.iter().flat_map(Basket::ids).map(|item| item.0).collect())
            .collect();
        assert_eq!(items, [vec![0, 1, 2], vec![1, 1], vec![2]]);
        assert_eq!(read.customers.iter().map(|c| c.known).collect::<Vec<_>>(), [2, 1, 1]);
        assert_eq!(counted.iter().map(|c| c.count).collect::<Vec<_>>(), [3, 3, 6]);
    }

    #[test]
    fn bad_line_is_told_with_its_number() {
        let check = |text: &str, expected: &str| {
            let error = reading(text, sequences).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        };
        check("a 1 2\nb\n", "line 2: there is a customer and no item");
        check("a 1 2\na 3 4\n", "line 2: the customer `a` stands in the file a second time");
        check("a 1\nb 2\n", "holds no customer with two items");
    }
}
