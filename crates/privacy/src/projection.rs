//! What a purpose may see of a row: the fields that it declares, and what gives the row its shape. Nothing that isn't
//! declared may pass.

use std::borrow::Cow;

use crate::data::{Basketed, Browsed, Happened, Offered, OrderLine, Ordered, Seen, Shown, Stated, Told};
use crate::register::Fields;

/// A row that can be reduced to declared fields.
pub trait Narrow: Clone {
    /// The row with the declared fields and what gives it its shape; `None` if nothing of it may be seen. A row that
    /// holds nothing else is given back as it is.
    fn narrow<'r>(&'r self, fields: &Fields) -> Option<Cow<'r, Self>>;
}

/// Takes the fields away that are there and aren't declared; a copy is made only if there are any.
macro_rules! narrow {
    ($row:expr, $fields:expr, $($field:ident),+ $(,)?) => {{
        let mut row = Cow::Borrowed($row);
        $(
            if row.$field.is_some() && !$fields.contains(stringify!($field)) {
                row.to_mut().$field = None;
            }
        )+
        row
    }};
}

impl Narrow for Browsed {
    fn narrow<'r>(&'r self, fields: &Fields) -> Option<Cow<'r, Self>> {
        let Self { at: _, action: _, item: _, session: _, query: _, category: _, page: _ } = self;
        Some(narrow!(self, fields, item, session, query, category, page))
    }
}

impl Narrow for Basketed {
    fn narrow<'r>(&'r self, fields: &Fields) -> Option<Cow<'r, Self>> {
        let Self { at: _, action: _, item: _, session: _, quantity: _, coupon: _ } = self;
        Some(narrow!(self, fields, item, session, quantity, coupon))
    }
}

impl Narrow for Ordered {
    fn narrow<'r>(&'r self, fields: &Fields) -> Option<Cow<'r, Self>> {
        let Self { at: _, action: _, order: _, lines: _, total_minor: _, currency: _, coupon: _, country: _ } =
            self;
        let mut row = narrow!(self, fields, total_minor, currency, coupon, country);
        let undeclared = |line: &OrderLine| {
            let OrderLine { item: _, quantity: _, unit_price_minor, note } = line;
            (unit_price_minor.is_some() && !fields.contains("lines.unit_price_minor"))
                || (note.is_some() && !fields.contains("lines.note"))
        };
        if self.lines.iter().any(undeclared) {
            for line in &mut row.to_mut().lines {
                line.unit_price_minor.take_if(|_| !fields.contains("lines.unit_price_minor"));
                line.note.take_if(|_| !fields.contains("lines.note"));
            }
        }
        Some(row)
    }
}

impl Narrow for Seen {
    fn narrow<'r>(&'r self, fields: &Fields) -> Option<Cow<'r, Self>> {
        let Self { at: _, browser: _, class: _, network: _, locale: _, source: _, region: _ } = self;
        Some(narrow!(self, fields, browser, class, network, locale, source, region))
    }
}

impl Narrow for Told {
    fn narrow<'r>(&'r self, fields: &Fields) -> Option<Cow<'r, Self>> {
        let Self { at: _, item: _, verdict: _, text: _ } = self;
        Some(narrow!(self, fields, item, text))
    }
}

impl Narrow for Shown {
    /// All of it is its shape.
    fn narrow<'r>(&'r self, _: &Fields) -> Option<Cow<'r, Self>> {
        let Self { at: _, placement: _, items: _ } = self;
        Some(Cow::Borrowed(self))
    }
}

impl Narrow for Offered {
    /// All of it is its shape: without any of it nobody could count how often somebody was written to, or say why.
    fn narrow<'r>(&'r self, _: &Fields) -> Option<Cow<'r, Self>> {
        let Self { at: _, campaign: _, channel: _, items: _, why: _, state: _, until: _, place: _ } = self;
        Some(Cow::Borrowed(self))
    }
}

impl Narrow for Stated {
    /// A row is one field, so it is seen or it isn't.
    fn narrow<'r>(&'r self, fields: &Fields) -> Option<Cow<'r, Self>> {
        fields.contains(&self.field).then_some(Cow::Borrowed(self))
    }
}

impl Narrow for Happened {
    /// Its fields were declared event by event, and reduced at intake.
    fn narrow<'r>(&'r self, _: &Fields) -> Option<Cow<'r, Self>> {
        Some(Cow::Borrowed(self))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::data::{
        BrowsingHistory, CartHistory, Contact, DataKind, DeclaredEvents, DeviceTraces, Feedback, Kind,
        PurchaseHistory, SentOffers, ShownItems,
    };

    /// The same over JSON, name by name.
    fn expected(kind: Kind, mut row: Value, declared: &[&str]) -> Value {
        let always = kind.always_kept();
        let stays = |name: &str| always.contains(&name) || declared.contains(&name) || name == "lines";
        row.as_object_mut().unwrap().retain(|name, _| stays(name));
        for line in row.get_mut("lines").and_then(Value::as_array_mut).into_iter().flatten() {
            line.as_object_mut().unwrap().retain(|name, _| stays(&format!("lines.{name}")));
        }
        row
    }

    /// Tries every set of fields that the register could declare.
    fn check<K: DataKind>(full: &Value) {
        let row: K::Row = serde_json::from_value(full.clone()).unwrap();
        let names = K::KIND.fields();
        for set in 0..1_u32 << names.len() {
            let declared: Vec<&str> =
                (0..).zip(names).filter(|(bit, _)| set >> bit & 1 == 1).map(|(_, n)| *n).collect();
            let fields = Fields::Only(declared.iter().map(|name| (*name).to_owned()).collect());
            let seen = serde_json::to_value(&*row.narrow(&fields).unwrap()).unwrap();
            assert_eq!(seen, expected(K::KIND, full.clone(), &declared), "{declared:?}");
        }
        assert_eq!(serde_json::to_value(&*row.narrow(&Fields::All).unwrap()).unwrap(), *full);
    }

    #[test]
    fn undeclared_fields_are_not_seen() {
        check::<BrowsingHistory>(
            &json!({"at": 1, "action": "searched", "item": "a", "session": "s", "query": "q", "category": "c", "page": "p"}),
        );
        check::<CartHistory>(
            &json!({"at": 1, "action": "added", "item": "a", "session": "s", "quantity": 1, "coupon": "c"}),
        );
        check::<PurchaseHistory>(
            &json!({"at": 1, "action": "placed", "order": "o", "total_minor": 2, "currency": "NZD", "coupon": "c", "country": "NZ",
                "lines": [{"item": "a", "quantity": 1, "unit_price_minor": 2, "note": "n"}, {"item": "b", "quantity": 2}]}),
        );
        check::<DeviceTraces>(
            &json!({"at": 1, "browser": "b", "class": "c", "network": "n", "locale": "l", "source": "s", "region": "r"}),
        );
        check::<Feedback>(&json!({"at": 1, "item": "a", "verdict": "wrong", "text": "t"}));
        check::<ShownItems>(&json!({"at": 1, "placement": "home", "items": [{"item": "a", "why": ["w"]}]}));
        check::<SentOffers>(
            &json!({"at": 1, "campaign": "c", "channel": "sms", "items": [], "why": "w", "state": "sent",
            "until": 1, "place": "p"}),
        );
    }

    fn only(kind: Kind, bits: u32) -> Fields {
        let names = (0..).zip(kind.fields()).filter(|(bit, _)| bits >> bit & 1 == 1);
        Fields::Only(names.map(|(_, name)| (*name).to_owned()).collect())
    }

    /// A row that was cut to what some may see reads, for each of them, like the whole.
    fn cut_reads_like_the_whole<K: DataKind>(row: &Value, kept: u32, seen: u32) {
        let row: K::Row = serde_json::from_value(row.clone()).unwrap();
        let (kept, seen) = (only(K::KIND, kept | seen), only(K::KIND, seen));
        let cut = row.narrow(&kept).unwrap().into_owned();
        let json = |row: &K::Row| serde_json::to_value(row).unwrap();
        assert_eq!(json(&cut.narrow(&seen).unwrap()), json(&row.narrow(&seen).unwrap()));
        assert!(matches!(cut.narrow(&kept), Some(Cow::Borrowed(_))), "nothing is cut twice");
    }

    proptest::proptest! {
        #[test]
        fn cut_row_is_read_like_the_whole_one(kept: u32, seen: u32, has in 0_u8..16) {
            let given = |bit: u8| (has >> bit & 1 == 1).then_some("x");
            let browsed = json!({"at": 1, "action": "searched", "item": given(0), "query": given(1),
                "category": given(2), "page": given(3)});
            let ordered = json!({"at": 1, "action": "placed", "order": "o", "coupon": given(0), "country": given(1),
                "lines": [{"item": "a", "quantity": 1, "note": given(2)}, {"item": "b", "quantity": 1}]});
            cut_reads_like_the_whole::<BrowsingHistory>(&browsed, kept, seen);
            cut_reads_like_the_whole::<PurchaseHistory>(&ordered, kept, seen);
        }
    }

    #[test]
    fn undeclared_contact_fields_are_not_seen_at_all() {
        let email = Fields::Only(["email".to_owned()].into());
        let row = |field: &str| Stated { at: 1, field: field.to_owned(), value: "x".to_owned() };
        assert!(row("phone").narrow(&email).is_none());
        assert_eq!(row("email").narrow(&email).as_deref(), Some(&row("email")));
        assert_eq!(Contact::KIND.fields().iter().filter(|field| **field == "email").count(), 1);
    }

    #[test]
    fn declared_events_were_reduced_already() {
        let row: <DeclaredEvents as DataKind>::Row =
            serde_json::from_value(json!({"at": 1, "name": "n", "fields": {"tier": "gold"}})).unwrap();
        assert_eq!(row.narrow(&Fields::Only([].into())).as_deref(), Some(&row));
    }
}
