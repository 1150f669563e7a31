//! Which customers bought which items in the UCI Online Retail log, for requests that look like a shop's.
//! It must never keep anything but the two identifiers.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use flate2::read::MultiGzDecoder;

/// The log, in the folder of public data sets.
pub(crate) const FILE: &str = "data/online_retail.csv.gz";

pub(crate) struct Purchases {
    /// Customer and item of the lines that name both, every `STRIDE`-th of them.
    pub(crate) pairs: Vec<(String, String)>,
    /// All lines.
    pub(crate) lines: u64,
}

/// A prime, so that the sample goes across all hours and customers.
const STRIDE: u64 = 23;

/// # Errors
/// When the file can't be read, or isn't the log.
pub(crate) fn read(file: &Path) -> Result<Purchases> {
    let file = File::open(file).with_context(|| format!("could not open `{}`", file.display()))?;
    sample(MultiGzDecoder::new(file))
}

fn sample(text: impl Read) -> Result<Purchases> {
    let mut reader = csv::Reader::from_reader(text);
    let header = reader.headers()?.clone();
    let column = |name: &str| {
        header
            .iter()
            .position(|title| title == name)
            .with_context(|| format!("the log has no column `{name}`"))
    };
    let (customer, item) = (column("CustomerID")?, column("StockCode")?);
    let mut purchases = Purchases { pairs: Vec::new(), lines: 0 };
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        purchases.lines += 1;
        if purchases.lines % STRIDE != 1 {
            continue;
        }
        let field = |index| record.get(index).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        if let (Some(customer), Some(item)) = (field(customer), field(item))
            && !customer.is_empty()
            && !item.is_empty()
        {
            // The log was once written by a program that took the numbers for decimals.
            let customer = customer.strip_suffix(".0").unwrap_or(&customer).to_owned();
            purchases.pairs.push((customer, item));
        }
    }
    if purchases.pairs.is_empty() {
        bail!("the log names no customer");
    }
    Ok(purchases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_and_items_are_sampled() {
        let head = "InvoiceNo,StockCode,Description,CustomerID\n";
        let line = "536365,85123A,\"A, B\",17850.0\n536365,71053,C,\n";
        let purchases = sample((head.to_owned() + &line.repeat(23)).as_bytes()).unwrap();
        assert_eq!(purchases.lines, 46);
        assert_eq!(purchases.pairs, [("17850".to_owned(), "85123A".to_owned())]);
        assert!(sample(head.as_bytes()).is_err());
        assert!(sample("a,b\n".as_bytes()).is_err());
    }
}
