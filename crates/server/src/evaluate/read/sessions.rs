//! Visits as `SessionId ItemId Time`, tab-separated, in any order of lines. Must never mix the sessions of two files.

use std::collections::HashMap;
use std::path::Path;

use models::recommend::ItemId;

use super::{Lines, Numbers, bad, open, poor};
use crate::evaluate::EvaluateError;
use crate::evaluate::progress::Progress;
use crate::evaluate::visits::{Visit, Visits};

const MEND: &str = "write `SessionId`, `ItemId` and `Time` (seconds since 1970) with tabs between";

/// Reads a log. Item numbers go on from those of an earlier file; sessions are numbered from `first`.
pub(in crate::evaluate) fn sessions(
    path: &Path,
    numbers: &mut Numbers,
    first: u64,
    progress: &Progress,
) -> Result<Visits, EvaluateError> {
    let mut lines = open(path, progress)?;
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut visits: Vec<Vec<(i64, ItemId)>> = Vec::new();
    while let Some((session, item, time)) = click(&mut lines)? {
        let place = *places.entry(session).or_insert_with(|| {
            visits.push(Vec::new());
            visits.len() - 1
        });
        if let Some(visit) = visits.get_mut(place) {
            visit.push((time, numbers.of(&item)));
        }
    }
    if visits.is_empty() {
        return Err(poor(path, "holds no visit", MEND));
    }
    let visit = |(number, mut clicks): (u64, Vec<(i64, ItemId)>)| {
        // Clicks of one second stay in the order of the file.
        clicks.sort_by_key(|(time, _)| *time);
        Visit {
            number,
            items: clicks.iter().map(|(_, item)| *item).collect(),
            times: clicks.iter().map(|(time, _)| *time).collect(),
        }
    };
    Ok(Visits { visits: (first..).zip(visits).map(visit).collect(), items: numbers.len() })
}

fn click(lines: &mut Lines<'_>) -> Result<Option<(String, String, i64)>, EvaluateError> {
    while let Some((number, text)) = lines.next()? {
        let mut columns = text.split('\t');
        let first = columns.next().unwrap_or_default().trim();
        if text.trim().is_empty() || (number == 1 && first.eq_ignore_ascii_case("SessionId")) {
            continue;
        }
        let wrong = |wrong: &str| bad(lines.path, number, wrong, MEND);
        let (Some(item), Some(time), None) = (columns.next(), columns.next(), columns.next()) else {
            return Err(wrong("there are not three columns"));
        };
        let (item, time) = (item.trim(), time.trim());
        if first.is_empty() || item.is_empty() {
            return Err(wrong("the session or the item has no id"));
        }
        let seconds: f64 =
            time.parse().map_err(|_| wrong(&format!("the time `{time}` is no number of seconds")))?;
        if !seconds.is_finite() {
            return Err(wrong(&format!("the time `{time}` is out of range")));
        }
        return Ok(Some((first.to_owned(), item.to_owned(), seconds as i64)));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::tests::reading;
    use super::*;

    fn read(text: &str) -> Result<Visits, EvaluateError> {
        reading(text, |path, progress| sessions(path, &mut Numbers::default(), 5, progress))
    }

    #[test]
    fn clicks_are_put_in_order_of_time() {
        let visits = read("SessionId\tItemId\tTime\n7\tb\t20.0\n8\ta\t1\n7\ta\t10\n7\tc\t20\n").unwrap();
        let seen: Vec<(u64, Vec<u32>, Vec<i64>)> = visits
            .visits
            .iter()
            .map(|v| (v.number, v.items.iter().map(|item| item.0).collect(), v.times.to_vec()))
            .collect();
        assert_eq!(seen, [(5, vec![1, 0, 2], vec![10, 20, 20]), (6, vec![1], vec![1])]);
        assert_eq!(visits.items, 3);
    }

    #[test]
    fn bad_line_is_told_with_its_number_and_a_mend() {
        let check = |text: &str, expected: &str| {
            let error = read(text).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(error.mend().contains("with tabs between"));
        };
        check("SessionId\tItemId\tTime\n1\t2\t3\n1\t2\n", "line 3: there are not three columns");
        check("1\t2\tnoon\n", "line 1: the time `noon` is no number of seconds");
        check("1\t2\tinf\n", "line 1: the time `inf` is out of range");
        check("1\t\t5\n", "has no id");
        check("SessionId\tItemId\tTime\n", "holds no visit");
    }
}
