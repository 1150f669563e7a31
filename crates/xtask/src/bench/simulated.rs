//! A shop of made-up customers with their own consents, loaded as events.
//! It must never take somebody of whom nothing was stored for one of the shop's people.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::server::{self, Data, Shop};
use super::surface;

/// # Errors
/// When the program can't simulate or import.
pub(crate) fn load(program: &Path, customers: u32) -> Result<Shop> {
    let data = Data::new(program)?;
    let events = data.beside("events.jsonl");
    server::run(program, &surface::simulate(customers, &events))?;
    let pairs = orders(&events)?;
    let (output, import) = server::run(program, &surface::import_segment(&events, &data))?;
    std::fs::remove_file(&events)?;
    let what = format!("{customers} made-up customers");
    Ok(Shop { data, interactions: surface::stored(&output)?, pairs, import, what })
}

/// Who ordered, with one thing that they ordered. Orders are stored whatever else a customer refuses.
fn orders(events: &Path) -> Result<Vec<(String, String)>> {
    let file = File::open(events).with_context(|| format!("could not read `{}`", events.display()))?;
    let mut people = BTreeMap::new();
    for line in BufReader::new(file).lines() {
        let line = line?;
        // A thousand bytes a line: a search is enough, and much quicker than reading them all as JSON.
        if line.contains("\"event\":\"Order Completed\"")
            && let (Some(user), Some(item)) = (text(&line, "userId"), text(&line, "product_id"))
        {
            people.insert(user.to_owned(), item.to_owned());
        }
    }
    if people.is_empty() {
        bail!("no customer of the simulation ordered anything");
    }
    Ok(people.into_iter().collect())
}

fn text<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let (_, rest) = line.split_once(&format!("\"{name}\":\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_who_ordered_is_named_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.jsonl");
        let order = |user: &str| {
            format!(
                "{{\"event\":\"Order Completed\",\"properties\":{{\"product_id\":\"x\"}},\"userId\":\"{user}\"}}\n"
            )
        };
        let lines = order("b") + &order("a") + &order("b") + "{\"event\":\"Viewed\",\"userId\":\"c\"}\n";
        std::fs::write(&file, lines).unwrap();
        let pair = |user: &str| (user.to_owned(), "x".to_owned());
        assert_eq!(orders(&file).unwrap(), [pair("a"), pair("b")]);
        std::fs::write(&file, "{}\n").unwrap();
        assert!(orders(&file).is_err());
    }
}
