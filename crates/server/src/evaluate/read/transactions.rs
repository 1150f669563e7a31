//! Invoice lines as CSV, the form of the UCI Online Retail log. What counts is what was sold to somebody: lines without a
//! customer, returns, cancelled invoices and lines without a price are counted and left out.
//! Must never tell an invoice's or customer's number on.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use models::evaluate::Basket;
use models::recommend::ItemId;

use super::{Counted, Numbers, bad, open, poor, put};
use crate::evaluate::EvaluateError;
use crate::evaluate::customers::{Customer, Customers, TimeUnit};
use crate::evaluate::progress::Progress;
use crate::intake::import::{columns_of_invoices, invoice_time};

const HEADING: &str =
    "begin the file with `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country`";

/// One line of what was sold.
struct Sold {
    customer: String,
    invoice: String,
    item: String,
    time: i64,
    quantity: u32,
    country: Option<String>,
}

/// A line that counts, or why it doesn't.
enum Line {
    Sold(Sold),
    Nobodys,
    Returned,
    Free,
}

#[derive(Default)]
struct Invoices {
    country: Option<u32>,
    invoices: HashMap<String, (i64, Vec<(ItemId, u32)>)>,
}

/// Reads the log; the last invoice of each customer with at least two is held out.
pub(in crate::evaluate) fn transactions(
    path: &Path,
    progress: &Progress,
) -> Result<(Customers, Vec<Counted>), EvaluateError> {
    let lines = open(path, progress)?;
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(lines.source.reader);
    let file = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        bad(path, line, error.to_string(), "write the file in UTF-8, with commas between the columns")
    };
    let heading = reader.headers().map_err(file)?.clone();
    let columns = columns_of_invoices(&heading).map_err(|wrong| bad(path, 1, wrong, HEADING))?;
    let (mut numbers, mut countries) = (Numbers::default(), Numbers::default());
    // By order of appearance, so that the report doesn't depend on a hash.
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut shop: Vec<Invoices> = Vec::new();
    let (mut nobodys, mut returned, mut free, mut lines_read) = (0, 0, 0, 0_u64);
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(file)? {
        lines_read += 1;
        if lines_read.is_multiple_of(4096) {
            progress.at(lines.source.read.load(std::sync::atomic::Ordering::Relaxed));
        }
        match line(path, &record, columns)? {
            Line::Nobodys => nobodys += 1,
            Line::Returned => returned += 1,
            Line::Free => free += 1,
            Line::Sold(sold) => {
                let place = *places.entry(sold.customer).or_insert_with(|| {
                    shop.push(Invoices::default());
                    shop.len() - 1
                });
                let item = numbers.of(&sold.item);
                if let Some(Invoices { country, invoices }) = shop.get_mut(place) {
                    // Who moves is asked about where they were first.
                    *country = country.or_else(|| sold.country.map(|name| countries.of(&name).0));
                    let (time, items) = invoices.entry(sold.invoice).or_insert((sold.time, Vec::new()));
                    *time = sold.time.max(*time);
                    put(items, item, sold.quantity);
                }
            }
        }
    }
    let customers: Vec<Customer> = (0..).zip(shop).map(customer).collect();
    if customers.iter().all(|customer| customer.known == customer.baskets.len()) {
        let mend = "give a log of more invoices: what is held out is each customer's last one";
        return Err(poor(path, "holds no customer with two invoices", mend));
    }
    let counted = vec![
        Counted::new("lines", lines_read),
        Counted::new("lines without a customer (left out)", nobodys),
        Counted::new("lines of returns and cancelled invoices (left out)", returned),
        Counted::new("lines without a price (left out)", free),
        Counted::new("customers", customers.len() as u64),
        Counted::new("invoices", customers.iter().map(|c| c.baskets.len() as u64).sum()),
        Counted::new("items", numbers.len() as u64),
    ];
    Ok((Customers { customers, items: numbers.len(), time: TimeUnit::Seconds }, counted))
}

/// Invoices by time, of one time by number.
fn customer((number, Invoices { country, invoices }): (u64, Invoices)) -> Customer {
    let sorted: BTreeMap<(i64, String), Vec<(ItemId, u32)>> =
        invoices.into_iter().map(|(invoice, (time, items))| ((time, invoice), items)).collect();
    let baskets: Vec<Basket> = sorted.into_iter().map(|((time, _), items)| Basket { time, items }).collect();
    let known = if baskets.len() > 1 { baskets.len() - 1 } else { baskets.len() };
    Customer { number, baskets: baskets.into(), known, country }
}

fn line(path: &Path, record: &StringRecord, columns: [usize; 8]) -> Result<Line, EvaluateError> {
    let [invoice, item, _, quantity, time, price, customer, country] =
        columns.map(|column| record.get(column).map(str::trim));
    let number = record.position().map_or(0, csv::Position::line);
    let missing = |what: &str| {
        bad(path, number, format!("there is no {what}"), "fill the column in, or take the line out")
    };
    let customer = customer.ok_or_else(|| missing("column for the customer"))?;
    // The log was once written by a program that took the numbers for decimals.
    let customer = customer.strip_suffix(".0").unwrap_or(customer);
    if customer.is_empty() {
        return Ok(Line::Nobodys);
    }
    let filled = |value: Option<&str>, what| {
        value.filter(|value| !value.is_empty()).map(str::to_owned).ok_or_else(|| missing(what))
    };
    let (invoice, item) = (filled(invoice, "invoice number")?, filled(item, "stock code")?);
    let text = filled(quantity, "quantity")?;
    let quantity: i64 = text.parse().map_err(|_| {
        bad(path, number, format!("the quantity `{text}` is no whole number"), "write it like `6` or `-1`")
    })?;
    let text = filled(price, "price")?;
    let price: f64 = text
        .parse()
        .map_err(|_| bad(path, number, format!("the price `{text}` is no number"), "write it like `2.55`"))?;
    let text = filled(time, "date")?;
    let time = invoice_time(&text).ok_or_else(|| {
        bad(path, number, format!("the date `{text}` can't be read"), "write it like `2010-12-01 08:26:00`")
    })?;
    if quantity <= 0 || invoice.starts_with(['C', 'c']) {
        return Ok(Line::Returned);
    }
    if price <= 0.0 {
        return Ok(Line::Free);
    }
    Ok(Line::Sold(Sold {
        customer: customer.to_owned(),
        invoice,
        item,
        time: time.as_second(),
        quantity: u32::try_from(quantity).unwrap_or(u32::MAX),
        country: country.filter(|country| !country.is_empty()).map(str::to_owned),
    }))
}

#[cfg(test)]
mod tests {
    use super::super::tests::reading;
    use super::*;

    const HEAD: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

    fn read(lines: &str) -> Result<(Customers, Vec<Counted>), EvaluateError> {
        reading(&format!("{HEAD}{lines}"), transactions)
    }

    #[test]
    fn sales_to_somebody_count_and_the_last_invoice_is_held_out() {
        let (read, counted) = read(concat!(
            "2,A,x,1,2011-02-01 10:00:00,1.0,7.0,UK\n",
            "1,A,x,2,2011-01-01 10:00:00,1.0,7,UK\n",
            "1,B,x,1,2011-01-01 10:00:00,1.0,7,UK\n",
            "1,A,x,3,2011-01-01 10:00:00,1.0,7,UK\n",
            "C3,A,x,-1,2011-03-01 10:00:00,1.0,7,UK\n",
            "4,C,x,1,2011-03-01 10:00:00,0.0,7,UK\n",
            "5,C,x,1,2011-03-01 10:00:00,1.0,,UK\n",
            "6,A,x,1,1/1/2011 10:00,1.0,8,UK\n",
        ))
        .unwrap();
        assert_eq!(counted.iter().map(|c| c.count).collect::<Vec<_>>(), [8, 1, 1, 1, 2, 3, 2]);
        let first = &read.customers[0];
        assert_eq!((first.known, first.baskets.len()), (1, 2));
        assert_eq!(first.past()[0].items, [(ItemId(0), 5), (ItemId(1), 1)]);
        assert_eq!((read.customers[1].known, read.customers[1].baskets.len()), (1, 1));
    }

    #[test]
    fn bad_line_is_told_with_its_number_and_a_mend() {
        let good = "1,A,x,1,2011-01-01 10:00:00,1.0,7,UK\n";
        let check = |line: &str, expected: &str| {
            let error = read(&format!("{good}{line}\n")).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(!error.mend().is_empty());
        };
        check("2,A,x,four,2011-01-01 10:00:00,1.0,7,UK", "line 3: the quantity `four` is no whole number");
        check("2,A,x,1,soon,1.0,7,UK", "line 3: the date `soon` can't be read");
        check("2,A,x,1,2011-01-01 10:00:00,dear,7,UK", "line 3: the price `dear` is no number");
        check("2,,x,1,2011-01-01 10:00:00,1,7,UK", "line 3: there is no stock code");
        check("2,A", "line 3: there is no column for the customer");
        check("", "holds no customer with two invoices");
        let error = reading("a,b\n1,2\n", transactions).unwrap_err();
        assert!(error.to_string().contains("line 1: the heading has no column `invoiceno`"), "{error}");
    }
}
