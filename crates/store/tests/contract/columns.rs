//! Every column has a class, a purpose and a retention, and every class has its column.

use std::collections::BTreeSet;

use crate::shop::{raw, raw_keys, shop};

#[test]
fn every_column_is_classified() {
    let (place, store) = shop();
    let text = include_str!("../../columns.toml");
    let declared: toml::Table = text.parse().unwrap();
    for (database, connection) in [("data", raw(place.path())), ("keys", raw_keys(place.path()))] {
        let live: BTreeSet<String> = connection
            .prepare(
                "SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
                 WHERE t.type = 'table'",
            )
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let mut said = BTreeSet::new();
        for (table, columns) in declared[database].as_table().unwrap() {
            for (column, about) in columns.as_table().unwrap() {
                said.insert(format!("{table}.{column}"));
                let word = |name: &str| about[name].as_str().unwrap().to_owned();
                let classes = ["key", "pseudonym", "sealed", "operational", "catalogue", "audit"];
                assert!(classes.contains(&word("class").as_str()), "{table}.{column}");
                assert!(!word("purpose").is_empty() && !word("retention").is_empty(), "{table}.{column}");
            }
        }
        assert_eq!(said, live, "{database}");
    }
    drop(store);
}
