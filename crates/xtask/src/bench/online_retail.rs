//! A shop with the UCI Online Retail log in it, and which customers bought which items.
//! It must never leave a copy of the log behind.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use flate2::read::MultiGzDecoder;

use super::server::{self, Data, Shop};
use super::surface;

/// The log, in the folder of public data sets.
pub(crate) const FILE: &str = "data/online_retail.csv.gz";
/// The last year in it.
const LAST_YEAR: u32 = 2011;
/// A prime, so that the sample goes across all hours and customers.
const STRIDE: u64 = 23;

/// Imports the log, moved by whole years so that it ends last year: orders of 2011 had to be deleted long ago.
///
/// # Errors
/// When the file can't be read, or isn't the log.
pub(crate) fn load(program: &Path, file: &Path) -> Result<Shop> {
    let data = Data::new(program)?;
    let moved = data.beside("log.csv");
    let years = this_year()?.saturating_sub(1 + LAST_YEAR);
    let log = File::open(file).with_context(|| format!("could not open `{}`", file.display()))?;
    let purchases = copy(MultiGzDecoder::new(log), BufWriter::new(File::create(&moved)?), years)?;
    let (_, import) = server::run(program, &surface::import_online_retail(&moved, &data))?;
    std::fs::remove_file(&moved)?;
    let what = format!("order lines of the Online Retail log, moved by {years} years");
    Ok(Shop { data, interactions: purchases.of_customers, pairs: purchases.pairs, import, what })
}

fn this_year() -> Result<u32> {
    let output = Command::new("date").arg("+%Y").output().context("could not ask `date` for the year")?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

struct Purchases {
    /// Customer and item of the lines that name both, every `STRIDE`-th of them.
    pairs: Vec<(String, String)>,
    /// Lines that name a customer.
    of_customers: u64,
}

/// Copies the log, each date `years` later.
fn copy(text: impl Read, to: impl Write, years: u32) -> Result<Purchases> {
    let mut reader = csv::Reader::from_reader(text);
    let mut writer = csv::Writer::from_writer(to);
    let header = reader.headers()?.clone();
    writer.write_record(&header)?;
    let column = |name: &str| {
        header
            .iter()
            .position(|title| title == name)
            .with_context(|| format!("the log has no column `{name}`"))
    };
    let (customer, item, date) = (column("CustomerID")?, column("StockCode")?, column("InvoiceDate")?);
    let mut purchases = Purchases { pairs: Vec::new(), of_customers: 0 };
    let mut record = csv::ByteRecord::new();
    let mut lines = 0;
    while reader.read_byte_record(&mut record)? {
        lines += 1;
        let field = |index| record.get(index).map(String::from_utf8_lossy).unwrap_or_default();
        let shifted = later(&field(date), years)
            .with_context(|| format!("`{}` is no date like `2010-12-01 08:26:00`", field(date)))?;
        let fields = record.iter().enumerate();
        writer.write_record(fields.map(|(n, bytes)| if n == date { shifted.as_bytes() } else { bytes }))?;
        let (customer, item) = (field(customer), field(item));
        if customer.is_empty() || item.is_empty() {
            continue;
        }
        purchases.of_customers += 1;
        if lines % STRIDE == 1 {
            // The log was once written by a program that took the numbers for decimals.
            let customer = customer.strip_suffix(".0").unwrap_or(&customer).to_owned();
            purchases.pairs.push((customer, item.into_owned()));
        }
    }
    writer.flush()?;
    if purchases.pairs.is_empty() {
        bail!("the log names no customer");
    }
    Ok(purchases)
}

fn later(date: &str, years: u32) -> Option<String> {
    let (year, rest) = date.split_at_checked(4)?;
    let year: u32 = year.parse().ok()?;
    rest.starts_with('-').then(|| format!("{}{rest}", year + years))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_moved_and_customers_and_items_are_sampled() {
        let head = "InvoiceNo,StockCode,Description,InvoiceDate,CustomerID\n";
        let line =
            "536365,85123A,\"A, B\",2010-12-01 08:26:00,17850.0\n536365,71053,C,2011-02-28 08:26:00,\n";
        let mut moved = Vec::new();
        let purchases = copy((head.to_owned() + &line.repeat(23)).as_bytes(), &mut moved, 14).unwrap();
        assert_eq!(purchases.of_customers, 23);
        assert_eq!(purchases.pairs, [("17850".to_owned(), "85123A".to_owned())]);
        let moved = String::from_utf8(moved).unwrap();
        assert!(moved.contains("536365,85123A,\"A, B\",2024-12-01 08:26:00,17850.0\n"), "{moved}");
        assert!(moved.contains("2025-02-28"), "{moved}");
        assert!(copy(head.as_bytes(), Vec::new(), 1).is_err());
        assert!(copy("a,b\n".as_bytes(), Vec::new(), 1).is_err());
        assert!(later("12/1/2010 8:26", 1).is_none());
    }
}
