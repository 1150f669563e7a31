//! Visits as `SessionId ItemId Time`, tab-separated: each line a product looked at by a device that is known by the
//! visit's number alone.

use std::io::{self, BufRead};

use jiff::Timestamp;
use privacy::data::{BrowseAction, Browsed};

use super::statement::Statement;
use super::{Bad, Unit};
use crate::intake::claims::Claims;
use crate::intake::event::Unfit;
use crate::intake::field::id;
use crate::intake::row::Row;

const MEND: &str = "write `SessionId`, `ItemId` and `Time` (seconds since 1970) with tabs between";

/// Reads lines one by one; a heading is nothing.
pub(super) fn units<'a>(
    reader: impl BufRead + 'a,
    statement: &'a Statement,
) -> impl Iterator<Item = io::Result<Unit>> + 'a {
    reader.split(b'\n').zip(1_u64..).map(move |(line, number)| {
        let line = line?;
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches('\r');
        let mut unit = Unit::of(number);
        if text.trim().is_empty() || (number == 1 && text.starts_with("SessionId")) {
            return Ok(unit);
        }
        match visit(text) {
            Ok((session, item, at)) => unit.events.push(statement.event(
                Claims { devices: vec![session.clone()], ..Claims::default() },
                format!("sessions:{text}"),
                at,
                Row::Browsed(Browsed {
                    at: at.as_millisecond(),
                    action: BrowseAction::ViewedProduct,
                    item: Some(item),
                    session: Some(session),
                    query: None,
                    category: None,
                    page: None,
                }),
            )),
            Err(Trouble::Personal) => unit.events.push(Err(Unfit::PersonalId.code())),
            Err(Trouble::Form(reason)) => {
                unit.bad =
                    Some(Bad { line: number, reason: reason.to_owned(), mend: MEND, text: text.to_owned() });
            }
        }
        Ok(unit)
    })
}

enum Trouble {
    Form(&'static str),
    Personal,
}

fn visit(text: &str) -> Result<(String, String, Timestamp), Trouble> {
    let mut columns = text.split('\t');
    let (Some(session), Some(item), Some(time), None) =
        (columns.next(), columns.next(), columns.next(), columns.next())
    else {
        return Err(Trouble::Form("the line has not three columns"));
    };
    let id = |text: &str, missing: &'static str| {
        let found = id(&text.to_owned().into()).map_err(|_| Trouble::Personal)?;
        found.ok_or(Trouble::Form(missing))
    };
    let seconds: f64 = time.trim().parse().map_err(|_| Trouble::Form("the time is no number"))?;
    let at = Timestamp::from_millisecond((seconds * 1000.0) as i64)
        .ok()
        .filter(|_| seconds.is_finite() && seconds >= 0.0)
        .ok_or(Trouble::Form("the time is out of range"))?;
    Ok((id(session, "the session has no id")?, id(item, "the item has no id")?, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visits_are_read() {
        let (session, item, at) = visit("10036\t14957\t1592337718.0").ok().unwrap();
        assert_eq!((session.as_str(), item.as_str(), at.as_second()), ("10036", "14957", 1_592_337_718));
        for bad in ["", "1\t2", "1\t2\tnoon", "1\t\t3", "1\t2\t3\t4", "1\t2\tNaN", "1\t2\t-5", "1\t2\t1e300"]
        {
            assert!(visit(bad).is_err(), "{bad}");
        }
    }
}
