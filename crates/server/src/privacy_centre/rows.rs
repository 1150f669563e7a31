//! One row of what is held, in words.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::words::{field, say};

/// The fields of a row, without those that say nothing to people.
pub(super) fn row(value: &Value) -> Markup {
    let none = Map::new();
    let members = value.as_object().unwrap_or(&none);
    html! {
        dl {
            @for (name, value) in members {
                @if !says_nothing(value) {
                    dt { (field(name)) }
                    dd { (worded(name, value)) }
                }
            }
        }
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.values().all(says_nothing),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A value in words; times are given in milliseconds.
pub(super) fn worded(name: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => say("yes").to_owned(),
        Value::Bool(false) => say("no").to_owned(),
        Value::Number(number) => match number.as_i64().filter(|_| name == "at") {
            Some(millis) => Timestamp::from_millisecond(millis)
                .map_or_else(|_| number.to_string(), |at| at.strftime("%-d %B %Y, %H:%M UTC").to_string()),
            None => number.to_string(),
        },
        Value::String(text) if name == "field" => field(text),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(|one| worded("", one)).collect::<Vec<_>>().join("; "),
        Value::Object(members) => {
            let said = members.iter().filter(|(_, value)| !says_nothing(value));
            said.map(|(name, value)| format!("{}: {}", field(name), worded(name, value)))
                .collect::<Vec<_>>()
                .join(", ")
        }
    }
}
