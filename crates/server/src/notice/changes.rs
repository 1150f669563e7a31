//! What changed from one version of the notice to the next, in sentences.

use std::collections::BTreeSet;

use privacy::register::{Declaration, Fields, Register};

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// Something is new.
    Added(String),
    /// Something is gone.
    Removed(String),
    /// Something says something else now.
    Reworded {
        /// What.
        what: String,
        /// What it said.
        before: String,
        /// What it says.
        after: String,
    },
}

/// All changes that concern the people whose data it is, purpose by purpose.
pub(super) fn between(before: &Register, after: &Register, name: &dyn Fn(&str) -> String) -> Vec<Change> {
    let mut changes = Vec::new();
    let shop = [
        ("controller", &before.shop.controller, &after.shop.controller),
        ("contact", &before.shop.contact, &after.shop.contact),
        ("stored in", &before.shop.stored_in, &after.shop.stored_in),
    ];
    shop.into_iter().for_each(|(what, before, after)| reworded(&mut changes, what, before, after));
    for (id, declared) in &after.purposes {
        match before.purpose(id.as_str()) {
            None => changes.push(Change::Added(name(id.as_str()))),
            Some(known) => of_purpose(&mut changes, &name(id.as_str()), known, declared),
        }
    }
    let gone = before.purposes.keys().filter(|id| after.purpose(id.as_str()).is_none());
    changes.extend(gone.map(|id| Change::Removed(name(id.as_str()))));
    changes
}

fn of_purpose(changes: &mut Vec<Change>, name: &str, before: &Declaration, after: &Declaration) {
    let mut said = |what: &str, old: &str, new: &str| reworded(changes, &format!("{name}: {what}"), old, new);
    said("why", &before.reason, &after.reason);
    said("what you get", &before.gives, &after.gives);
    said("what allows it", before.basis.as_str(), after.basis.as_str());
    said("kept for days", &before.retention_days.to_string(), &after.retention_days.to_string());
    let data = |declared: &Declaration| -> BTreeSet<String> {
        let fields = |fields: &Fields| match fields {
            Fields::All => vec!["all".to_owned()],
            Fields::Only(names) => names.iter().cloned().collect(),
        };
        let of = |(kind, some): (&privacy::data::Kind, &Fields)| {
            fields(some).into_iter().map(|field| format!("{kind}: {field}")).collect::<Vec<_>>()
        };
        declared.data.iter().flat_map(of).collect()
    };
    let sets = [(data(before), data(after)), (before.recipients.clone(), after.recipients.clone())];
    for (old, new) in &sets {
        changes.extend(new.difference(old).map(|one| Change::Added(format!("{name}: {one}"))));
        changes.extend(old.difference(new).map(|one| Change::Removed(format!("{name}: {one}"))));
    }
}

fn reworded(changes: &mut Vec<Change>, what: &str, before: &str, after: &str) {
    if before != after {
        let (what, before, after) = (what.to_owned(), before.to_owned(), after.to_owned());
        changes.push(Change::Reworded { what, before, after });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use privacy::register::{TEMPLATE, read};

    #[test]
    fn changes_name_what_is_new_gone_and_said_differently() {
        let before = read(TEMPLATE).unwrap();
        assert_eq!(between(&before, &before, &|id| id.to_owned()), []);
        let wider = TEMPLATE
            .replace("retention_days = 90\nsale_or_sharing", "retention_days = 91\nsale_or_sharing")
            .replace("cart = [\"item\", \"quantity\", \"coupon\"]", "cart = [\"item\", \"quantity\"]");
        let after = read(&wider).unwrap();
        let said = between(&before, &after, &|id| id.to_owned());
        let price = |what: &str| format!("personalised_pricing: {what}");
        assert!(said.contains(&Change::Removed(price("cart: coupon"))), "{said:?}");
        let days = Change::Reworded { what: price("kept for days"), before: "90".into(), after: "91".into() };
        assert!(said.contains(&days), "{said:?}");
    }
}
