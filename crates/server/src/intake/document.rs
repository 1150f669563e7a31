//! A JSON document that borrows its texts from the bytes that it was read from: events are read once and then gone, so
//! nothing of them is copied that isn't taken.
//!
//! Must never print what stands in it, and never outlive the request or line that brought it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// A JSON value.
#[derive(Clone, PartialEq)]
pub(crate) enum Json<'a> {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text; copied only if it is written with escapes.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Json<'a>>),
    /// An object, its members in the order in which they are written.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl Json<'_> {
    /// The member of an object; of several with one name, the last.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// An object's members; none for what is no object.
    pub(crate) fn members(&self) -> &[(Cow<'_, str>, Self)] {
        match self {
            Json::Object(members) => members,
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::List(_) => &[],
        }
    }

    /// A list's values; none for what is no list.
    pub(crate) fn values(&self) -> &[Self] {
        match self {
            Json::List(values) => values,
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::Object(_) => &[],
        }
    }

    /// The text, if it is one.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::List(_) | Json::Object(_) => None,
        }
    }

    /// Whether it is nothing.
    pub(crate) const fn is_null(&self) -> bool {
        matches!(self, Json::Null)
    }

    /// Whether it is an object.
    pub(crate) const fn is_object(&self) -> bool {
        matches!(self, Json::Object(_))
    }

    /// A copy that borrows nothing, its members in the order of their names and each name once.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Json::Null => Value::Null,
            Json::Bool(truth) => Value::Bool(*truth),
            Json::Number(number) => Value::Number(number.clone()),
            Json::Text(text) => Value::String(text.to_string()),
            Json::List(values) => values.iter().map(Json::to_value).collect(),
            Json::Object(members) => {
                members.iter().map(|(name, value)| (name.to_string(), value.to_value())).collect()
            }
        }
    }
}

impl From<String> for Json<'_> {
    fn from(text: String) -> Self {
        Json::Text(Cow::Owned(text))
    }
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(..)")
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Whole)
    }
}

struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Json<'de>, E> {
        Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json<'de>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some(Name(name)) = map.next_key()? {
            members.push((name, map.next_value()?));
        }
        Ok(Json::Object(members))
    }
}

/// A member's name. `Cow` by itself would copy it.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(Whole)? {
            Json::Text(name) => Ok(Name(name)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::List(_) | Json::Object(_) => {
                Err(D::Error::custom("a member's name is a text"))
            }
        }
    }
}

#[cfg(test)]
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_value().fmt(f)
    }
}

#[cfg(test)]
impl serde::Serialize for Json<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

#[cfg(test)]
impl From<Value> for Json<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Json::Null,
            Value::Bool(truth) => Json::Bool(truth),
            Value::Number(number) => Json::Number(number),
            Value::String(text) => text.into(),
            Value::Array(values) => Json::List(values.into_iter().map(Json::from).collect()),
            Value::Object(members) => Json::Object(
                members.into_iter().map(|(name, value)| (Cow::Owned(name), Json::from(value))).collect(),
            ),
        }
    }
}

/// [`serde_json::json!`], as what this module reads.
#[cfg(test)]
macro_rules! document {
    ($($json:tt)+) => { $crate::intake::document::Json::from(serde_json::json!($($json)+)) };
}
#[cfg(test)]
pub(crate) use document;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,6}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_reads_what_serde_json_reads(value in any_value()) {
            let text = value.to_string();
            let read: Json<'_> = serde_json::from_str(&text).unwrap();
            // Read back from the text, since the last digit of a number may differ after a round.
            prop_assert_eq!(read.to_value(), serde_json::from_str::<Value>(&text).unwrap());
        }
    }

    #[test]
    fn plain_texts_are_borrowed_and_escaped_ones_are_read() {
        let read: Json<'_> = serde_json::from_str(r#"{"a": "plain", "b\u0021": "two\nlines"}"#).unwrap();
        assert!(matches!(read.get("a"), Some(Json::Text(Cow::Borrowed("plain")))));
        assert_eq!(read.get("b!").and_then(Json::as_str), Some("two\nlines"));
    }

    #[test]
    fn of_two_members_with_one_name_the_last_counts() {
        let read: Json<'_> = serde_json::from_str(r#"{"a": 1, "a": 2}"#).unwrap();
        assert_eq!(read.get("a").map(Json::to_value), Some(json!(2)));
        assert_eq!(read.to_value(), json!({"a": 2}));
    }

    #[test]
    fn what_it_holds_is_not_printed() {
        assert_eq!(format!("{:?}", document!({"email": "ana@example.com"})), "Json(..)");
    }
}
