//! What a purpose may see of a row: the fields that it declares, and what gives the row its shape. Nothing that isn't
//! declared may pass.

use serde_json::Value;

use crate::data::Kind;
use crate::register::Fields;

/// Fields without which a row is none.
const SHAPE: &[&str] = &["at", "action", "order", "lines", "verdict", "placement", "items"];
/// Fields without which an order's line is none.
const LINE_SHAPE: &[&str] = &["item", "quantity"];

/// Reduces a row to the declared fields; [`Value::Null`] if nothing of it may be seen.
pub(crate) fn project(kind: Kind, mut row: Value, fields: &Fields) -> Value {
    let Fields::Only(_) = fields else { return row };
    let Value::Object(object) = &mut row else { return Value::Null };
    match kind {
        Kind::Contact => {
            let declared = object.get("field").and_then(Value::as_str).is_some_and(|f| fields.contains(f));
            if declared { row } else { Value::Null }
        }
        // Their fields were declared event by event, and reduced at intake.
        Kind::DeclaredEvents => row,
        Kind::BrowsingHistory
        | Kind::CartHistory
        | Kind::PurchaseHistory
        | Kind::DeviceTraces
        | Kind::Feedback
        | Kind::ShownItems => {
            object.retain(|name, _| SHAPE.contains(&name.as_str()) || fields.contains(name));
            if let Some(Value::Array(lines)) = object.get_mut("lines") {
                for line in lines.iter_mut().filter_map(Value::as_object_mut) {
                    line.retain(|name, _| {
                        LINE_SHAPE.contains(&name.as_str()) || fields.contains(&format!("lines.{name}"))
                    });
                }
            }
            row
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn only(names: &[&str]) -> Fields {
        Fields::Only(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn undeclared_fields_are_not_seen() {
        let row =
            json!({"at": 1, "action": "viewed_product", "item": "kea-40", "page": "/p", "query": "pack"});
        let seen = project(Kind::BrowsingHistory, row, &only(&["item"]));
        assert_eq!(seen, json!({"at": 1, "action": "viewed_product", "item": "kea-40"}));
    }

    #[test]
    fn undeclared_fields_of_order_lines_are_not_seen() {
        let row = json!({"at": 1, "action": "placed", "order": "7", "total_minor": 5,
            "lines": [{"item": "a", "quantity": 1, "note": "for Mum", "unit_price_minor": 5}]});
        let seen = project(Kind::PurchaseHistory, row, &only(&["lines.unit_price_minor"]));
        assert_eq!(
            seen,
            json!({"at": 1, "action": "placed", "order": "7",
                "lines": [{"item": "a", "quantity": 1, "unit_price_minor": 5}]})
        );
    }

    proptest::proptest! {
        /// What was cut out of a row would not have been seen by whoever still may read it.
        #[test]
        fn cut_row_is_read_like_the_whole_one(kept in 0u8..64, seen in 0u8..64, has in 0u8..64) {
            let names = ["item", "session", "query", "category", "lines.note", "page"];
            let chosen = |bits: u8| -> Vec<&str> {
                names.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, name)| *name).collect()
            };
            let mut row = json!({"at": 1, "action": "placed", "lines": [{"item": "a", "quantity": 1}]});
            for name in chosen(has) {
                match name.strip_prefix("lines.") {
                    Some(name) => row["lines"][0][name] = json!("x"),
                    None => row[name] = json!("x"),
                }
            }
            let fields = |bits: u8| only(&chosen(bits));
            for kind in [Kind::BrowsingHistory, Kind::PurchaseHistory, Kind::CartHistory] {
                let cut = project(kind, row.clone(), &fields(kept | seen));
                let read = |row: Value| project(kind, row, &fields(seen));
                proptest::prop_assert_eq!(read(cut.clone()), read(row.clone()));
                proptest::prop_assert_eq!(project(kind, cut.clone(), &fields(kept | seen)), cut);
            }
        }
    }

    #[test]
    fn undeclared_contact_fields_are_not_seen_at_all() {
        let row = |field: &str| json!({"at": 1, "field": field, "value": "x"});
        assert_eq!(project(Kind::Contact, row("phone"), &only(&["email"])), Value::Null);
        assert_eq!(project(Kind::Contact, row("email"), &only(&["email"])), row("email"));
    }
}
