//! The UCI Online Retail log and its like: invoice lines as CSV. Consecutive lines of one invoice and customer are one
//! order; invoices that begin with `C`, and negative quantities, are what was sent back.
//!
//! Lines without a customer are nobody's: they only name products.

use std::io::{self, BufRead};

use csv::{ByteRecord, Position, Reader, ReaderBuilder, StringRecord};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use privacy::data::{OrderAction, OrderLine, Ordered};
use privacy::pseudonym::IdentityKind;

use super::statement::Statement;
use super::{Bad, Unit};
use crate::intake::claims::Claims;
use crate::intake::event::Unfit;
use crate::intake::field::{PersonalId, id, word};
use crate::intake::money;
use crate::intake::row::Row;

/// The columns, by the spellings of both editions of the log, in lower case without spaces.
const COLUMNS: [&[&str]; 8] = [
    &["invoiceno", "invoice"],
    &["stockcode"],
    &["description"],
    &["quantity"],
    &["invoicedate"],
    &["unitprice", "price"],
    &["customerid"],
    &["country"],
];
const INVOICE: usize = 0;
const ITEM: usize = 1;
const NAME: usize = 2;
const QUANTITY: usize = 3;
const TIME: usize = 4;
const PRICE: usize = 5;
const CUSTOMER: usize = 6;
const COUNTRY: usize = 7;

/// Reads the log in groups of lines.
pub(super) struct Invoices<'a, R> {
    reader: Reader<R>,
    columns: [usize; 8],
    statement: &'a Statement,
    currency: String,
    /// The first line of the next group.
    ahead: Option<Line>,
    ended: bool,
}

/// A line that could be read.
struct Line {
    invoice: String,
    item: String,
    name: Option<String>,
    quantity: i64,
    at: Timestamp,
    price: Option<i64>,
    customer: Option<String>,
    country: Option<String>,
    number: u64,
}

/// What the reader came upon.
enum Step {
    Line(Line),
    Bad(Bad),
    Personal(u64),
}

/// Opens the log; the first line must be the heading.
pub(super) fn invoices<R: BufRead>(
    reader: R,
    statement: &Statement,
    currency: String,
) -> Result<Invoices<'_, R>, String> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(reader);
    let heading = reader.headers().map_err(|error| error.to_string())?.clone();
    let columns = columns_of(&heading)?;
    Ok(Invoices { reader, columns, statement, currency, ahead: None, ended: false })
}

/// Where each column stands.
pub(crate) fn columns_of(heading: &StringRecord) -> Result<[usize; 8], String> {
    let plain =
        |title: &str| title.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let mut columns = [0; 8];
    for (column, names) in columns.iter_mut().zip(COLUMNS) {
        *column = heading
            .iter()
            .position(|title| names.contains(&plain(title).as_str()))
            .ok_or_else(|| format!("the heading has no column `{}`", names.first().unwrap_or(&"")))?;
    }
    Ok(columns)
}

impl<R: BufRead> Invoices<'_, R> {
    fn step(&mut self) -> Option<io::Result<Step>> {
        let mut record = ByteRecord::new();
        match self.reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => return Some(Err(error.into())),
        }
        let number = record.position().map_or(0, Position::line);
        Some(Ok(match self.line(&record, number) {
            Ok(line) => Step::Line(line),
            Err(Trouble::Personal) => Step::Personal(number),
            Err(Trouble::Form { reason, mend }) => {
                let text = record.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(",");
                Step::Bad(Bad { line: number, reason: reason.to_owned(), mend, text })
            }
        }))
    }

    fn line(&self, record: &ByteRecord, number: u64) -> Result<Line, Trouble> {
        let field = |which: usize| {
            let column = self.columns.get(which).copied().unwrap_or(usize::MAX);
            String::from_utf8_lossy(record.get(column).unwrap_or_default()).trim().to_owned()
        };
        let named = |which: usize, reason, mend| {
            let found = id(&field(which).into()).map_err(|PersonalId| Trouble::Personal)?;
            found.ok_or(Trouble::Form { reason, mend })
        };
        let invoice = named(INVOICE, "there is no invoice number", "fill in `InvoiceNo`")?;
        let item = named(ITEM, "there is no stock code", "fill in `StockCode`")?;
        let quantity = money::minor_units(&field(QUANTITY), 0).filter(|n| *n != 0).ok_or(Trouble::Form {
            reason: "the quantity must be a whole number other than 0",
            mend: "write it like `6` or `-1`",
        })?;
        let at = time(&field(TIME)).ok_or(Trouble::Form {
            reason: "the date can't be read",
            mend: "write it like `2010-12-01 08:26:00`",
        })?;
        let price = field(PRICE);
        let price = match money::minor_units(&price, money::exponent(&self.currency)) {
            None if !price.is_empty() => {
                return Err(Trouble::Form { reason: "the price is no number", mend: "write it like `2.55`" });
            }
            found => found,
        };
        let customer = field(CUSTOMER);
        // The log was once written by a program that took the numbers for decimals.
        let customer = customer.strip_suffix(".0").unwrap_or(&customer).to_owned();
        let customer = id(&customer.into()).map_err(|PersonalId| Trouble::Personal)?;
        let (name, country) = (word(&field(NAME).into()), word(&field(COUNTRY).into()));
        Ok(Line { invoice, item, name, quantity, at, price, customer, country, number })
    }

    /// Puts the lines of one invoice and customer together.
    fn group(&mut self, first: Line) -> io::Result<Unit> {
        let mut unit = Unit::of(first.number);
        let mut lines = vec![first];
        while let Some(step) = self.step() {
            match step? {
                Step::Line(line) => {
                    if lines.last().is_some_and(|last| last.belongs_with(&line)) {
                        lines.push(line);
                    } else {
                        self.ahead = Some(line);
                        break;
                    }
                }
                // What can't be read ends the group, so that no line is passed over.
                Step::Bad(bad) => {
                    unit.bad = Some(bad);
                    break;
                }
                Step::Personal(number) => {
                    unit.events.push(Err(Unfit::PersonalId.code()));
                    unit.lines = number;
                    break;
                }
            }
        }
        let last = lines.last().map_or(0, |line| line.number);
        unit.lines = unit.lines.max(last).max(unit.bad.as_ref().map_or(0, |bad| bad.line));
        for line in &lines {
            // Postage, discounts and bank charges have codes of letters; goods begin with a number.
            let is_sold = line.quantity > 0 && line.price.is_some_and(|price| price > 0);
            if let Some(name) = &line.name
                && is_sold
                && line.item.starts_with(|c: char| c.is_ascii_digit())
            {
                unit.products.push((line.item.clone(), name.clone()));
            }
        }
        match lines.first().and_then(|line| line.customer.clone()) {
            None => unit.without_customer = lines.len() as u64,
            Some(customer) => {
                if let Some(event) = self.order(customer, &lines) {
                    unit.events.push(event);
                }
            }
        }
        Ok(unit)
    }

    fn order(
        &self,
        customer: String,
        lines: &[Line],
    ) -> Option<Result<crate::intake::segment::Event, &'static str>> {
        let first = lines.first()?;
        let action = if first.is_return() { OrderAction::Refunded } else { OrderAction::Placed };
        let sign = if first.is_return() { -1 } else { 1 };
        let rows: Vec<OrderLine> = lines
            .iter()
            .map(|line| OrderLine {
                item: line.item.clone(),
                quantity: sign * line.quantity.abs(),
                unit_price_minor: line.price,
                note: None,
            })
            .collect();
        let total = rows.iter().try_fold(0_i64, |sum, row| {
            sum.checked_add(row.quantity.checked_mul(row.unit_price_minor.unwrap_or(0))?)
        });
        let told: String = rows.iter().map(|row| format!(",{}x{}", row.item, row.quantity)).collect();
        let ordered = Ordered {
            at: first.at.as_millisecond(),
            action,
            order: first.invoice.clone(),
            lines: rows,
            total_minor: total,
            currency: Some(self.currency.clone()),
            coupon: None,
            country: first.country.clone(),
        };
        let claims = Claims { name: Some((IdentityKind::UserId, customer)), ..Claims::default() };
        let message = format!("online-retail:{}:{}{told}", first.invoice, first.at);
        Some(self.statement.event(claims, message, first.at, Row::Ordered(ordered)))
    }
}

impl Line {
    fn is_return(&self) -> bool {
        self.quantity < 0 || self.invoice.starts_with(['C', 'c'])
    }

    fn belongs_with(&self, next: &Self) -> bool {
        self.invoice == next.invoice && self.customer == next.customer && self.is_return() == next.is_return()
    }
}

impl<R: BufRead> Iterator for Invoices<'_, R> {
    type Item = io::Result<Unit>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        if let Some(line) = self.ahead.take() {
            return Some(self.group(line));
        }
        Some(match self.step() {
            None => {
                self.ended = true;
                return None;
            }
            Some(Ok(Step::Line(line))) => self.group(line),
            Some(Ok(Step::Bad(bad))) => Ok(Unit { bad: Some(bad), ..Unit::of(0) }.numbered()),
            Some(Ok(Step::Personal(number))) => {
                Ok(Unit { events: vec![Err(Unfit::PersonalId.code())], ..Unit::of(number) })
            }
            Some(Err(error)) => {
                self.ended = true;
                Err(error)
            }
        })
    }
}

impl Unit {
    fn numbered(mut self) -> Self {
        self.lines = self.lines.max(self.bad.as_ref().map_or(0, |bad| bad.line));
        self
    }
}

enum Trouble {
    Form { reason: &'static str, mend: &'static str },
    Personal,
}

/// Both editions' way of writing time; the shop's own clock is taken for UTC.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let at = text
        .parse::<DateTime>()
        .or_else(|_| DateTime::strptime("%m/%d/%Y %H:%M", text))
        .or_else(|_| DateTime::strptime("%m/%d/%y %H:%M", text))
        .ok()?;
    at.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
}

#[cfg(test)]
#[path = "online_retail_tests.rs"]
mod tests;
