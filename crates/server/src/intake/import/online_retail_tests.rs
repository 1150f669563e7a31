//! Groups, returns, bad lines.

use privacy::register::{TEMPLATE, read};

use super::*;
use crate::intake::import::basis::Basis;

const HEAD: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

fn units(text: &str) -> Vec<Unit> {
    let register = read(TEMPLATE).unwrap();
    let basis = Basis::check(
        Some(privacy::purpose::LegalBasis::Contract),
        &["service".parse().unwrap()],
        None,
        &register,
    );
    let statement = Statement::for_tests(basis.unwrap().as_ref(), &register);
    invoices(text.as_bytes(), &statement, "GBP".to_owned()).unwrap().map(Result::unwrap).collect()
}

fn orders(units: &[Unit]) -> Vec<Ordered> {
    let events = units.iter().flat_map(|unit| &unit.events).filter_map(|event| event.as_ref().ok());
    events
        .flat_map(|event| &event.rows)
        .filter_map(|row| match row {
            Row::Ordered(o) => Some(o.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn consecutive_lines_of_one_invoice_are_one_order() {
    let text = format!(
        "{HEAD}1,85123A,\"LAMP, WHITE\",6,2010-12-01 08:26:00,2.55,17850.0,UK\n1,71053,LANTERN,2,2010-12-01 08:26:00,3.39,17850.0,UK\n2,22,X,1,12/1/2010 8:28,1,13047,UK\nC3,22,X,-1,2010-12-02 08:00:00,1,13047,UK\n4,22,X,1,2010-12-02 08:00:00,1,,UK\n"
    );
    let units = units(&text);
    let orders = orders(&units);
    assert_eq!(orders.len(), 3);
    assert_eq!((orders[0].lines.len(), orders[0].total_minor), (2, Some(6 * 255 + 2 * 339)));
    assert_eq!(orders[2].action, OrderAction::Refunded);
    assert_eq!(orders[2].lines[0].quantity, -1);
    assert_eq!(units.iter().map(|unit| unit.without_customer).sum::<u64>(), 1);
    assert_eq!(units.last().unwrap().lines, 6);
    assert_eq!(units[0].products[0], ("85123A".to_owned(), "LAMP, WHITE".to_owned()));
}

#[test]
fn a_bad_line_costs_no_other() {
    let text = format!(
        "{HEAD}1,a1,X,many,2010-12-01 08:26:00,2.55,1,UK\n1,22,X,1,2010-12-01 08:26:00,2.55,1,UK\n1,22,X,1,noon,2.55,1,UK\nshort\n2,23,X,1,2010-12-01 08:26:00,0.29,1,UK\n"
    );
    let units = units(&text);
    let bad: Vec<u64> = units.iter().filter_map(|unit| unit.bad.as_ref()).map(|bad| bad.line).collect();
    assert_eq!(bad, [2, 4, 5]);
    assert_eq!(orders(&units).len(), 2);
    assert!(
        units.windows(2).all(|pair| pair[0].lines < pair[1].lines),
        "no line is passed over when resuming"
    );
}

#[test]
fn the_other_editions_heading_is_read() {
    let text = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n1,22,X,1,2010-12-01 08:26:00,2.55,1,UK\n";
    assert_eq!(orders(&units(text)).len(), 1);
    let statement = Statement::for_tests(None, &read(TEMPLATE).unwrap());
    assert!(invoices("a,b\n".as_bytes(), &statement, "GBP".to_owned()).is_err());
}
