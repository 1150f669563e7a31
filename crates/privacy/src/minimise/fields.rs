//! The allow-list of an event's fields: what isn't declared goes.
//!
//! Must never keep a field because it looks harmless, and never report the value of a dropped field, nor its name
//! unless that is a plain identifier (a name may itself hold an e-mail address).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::text::find_personal;

/// Most names that [`Dropped`] lists.
const MOST_NAMES: usize = 20;
/// Stands for a name that isn't a plain identifier.
const UNNAMED: &str = "(unnamed)";

/// Why a path of fields isn't one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowListError {
    /// A path is empty or has an empty name, or brackets elsewhere than as `[]` after a name.
    #[error("`{0}` is no path of fields; write it like `products[].sku`")]
    Path(String),
}

/// The declared fields, as paths: `total`, `shipping.city`, `products[].sku`, `tags[]`.
///
/// A path names a single value (text, number, truth value or null). An object or a list under it was not declared in
/// what it holds, and goes.
///
/// ```
/// use privacy::minimise::AllowList;
/// use serde_json::json;
/// let list = AllowList::new(["total", "products[].sku"])?;
/// let mut event = json!({
///     "total": 12,
///     "email": "ana@example.com",
///     "products": [{"sku": "b-1", "note": "for Ana"}, {"sku": "b-2"}],
/// });
/// let dropped = list.retain(&mut event);
/// assert_eq!(event, json!({"total": 12, "products": [{"sku": "b-1"}, {"sku": "b-2"}]}));
/// assert_eq!(dropped.count, 2);
/// assert!(dropped.names.contains("products[].note"));
/// # Ok::<(), privacy::minimise::AllowListError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowList {
    root: Node,
}

/// What was dropped from an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// How many fields (a dropped object or list counts as one).
    pub count: usize,
    /// Up to 20 of their paths; `(unnamed)` where a name isn't a plain identifier.
    pub names: BTreeSet<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    /// A single value may stand here.
    single: bool,
    /// Declared fields, if an object stands here.
    fields: BTreeMap<String, Node>,
    /// What the elements may be, if a list stands here.
    elements: Option<Box<Node>>,
}

impl AllowList {
    /// A list of the declared paths.
    ///
    /// # Errors
    /// [`AllowListError::Path`] names the first text that is no path.
    pub fn new<P: AsRef<str>>(paths: impl IntoIterator<Item = P>) -> Result<Self, AllowListError> {
        let mut root = Node::default();
        for path in paths {
            let path = path.as_ref();
            let mut node = &mut root;
            for step in path.split('.') {
                let name = step.trim_end_matches("[]");
                if name.is_empty() || name.contains(['[', ']']) {
                    return Err(AllowListError::Path(path.to_owned()));
                }
                node = node.fields.entry(name.to_owned()).or_default();
                for _ in 0..(step.len() - name.len()) / 2 {
                    node = node.elements.get_or_insert_default();
                }
            }
            node.single = true;
        }
        Ok(Self { root })
    }

    /// Takes everything out of `event` that isn't declared. An object or list that is empty after that goes too;
    /// an event that isn't an object becomes `null`.
    pub fn retain(&self, event: &mut Value) -> Dropped {
        let mut dropped = Dropped { count: 0, names: BTreeSet::new() };
        if !event.is_object() {
            dropped.note("");
            *event = Value::Null;
        } else {
            self.root.retain(event, "", &mut dropped);
        }
        dropped
    }
}

impl Node {
    /// Whether the value (or what is left of it) stays.
    fn retain(&self, value: &mut Value, path: &str, dropped: &mut Dropped) -> bool {
        match value {
            // The event itself (the only one without a path) is gone through even if nothing is declared.
            Value::Object(map) if !self.fields.is_empty() || path.is_empty() => {
                let before = map.len();
                map.retain(|name, value| {
                    let below = join(path, name);
                    match self.fields.get(name) {
                        Some(node) => node.retain(value, &below, dropped),
                        None => {
                            dropped.note(&below);
                            false
                        }
                    }
                });
                before == 0 || !map.is_empty()
            }
            Value::Array(list) if self.elements.is_some() => {
                let before = list.len();
                let below = format!("{path}[]");
                if let Some(node) = &self.elements {
                    list.retain_mut(|value| node.retain(value, &below, dropped));
                }
                before == 0 || !list.is_empty()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) if self.single => true,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => {
                dropped.note(path);
                false
            }
        }
    }
}

impl Dropped {
    fn note(&mut self, path: &str) {
        self.count += 1;
        if self.names.len() < MOST_NAMES {
            self.names.insert(if path.is_empty() { UNNAMED.to_owned() } else { path.to_owned() });
        }
    }
}

/// The path of a field; its name only if it is a plain identifier, with few digits and nothing personal about it.
fn join(path: &str, name: &str) -> String {
    let plain = name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.bytes().filter(u8::is_ascii_digit).count() <= 3
        && find_personal(name).is_empty();
    let name = if plain { name } else { UNNAMED };
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(paths: &[&str], mut event: Value, expected: Value, names: &[&str]) {
        let dropped = AllowList::new(paths).unwrap().retain(&mut event);
        assert_eq!(event, expected);
        assert_eq!(dropped.names.iter().map(String::as_str).collect::<Vec<_>>(), names);
    }

    #[test]
    fn only_declared_fields_stay() {
        check(
            &["a", "b.c"],
            json!({"a": 1, "b": {"c": null, "d": 2}, "e": 3}),
            json!({"a": 1, "b": {"c": null}}),
            &["b.d", "e"],
        );
        check(&[], json!({"a": 1}), json!({}), &["a"]);
        check(&["t[]"], json!({"t": [1, "x", {"y": 1}, [2]]}), json!({"t": [1, "x"]}), &["t[]"]);
        check(&["m[][].x"], json!({"m": [[{"x": 1, "y": 2}]]}), json!({"m": [[{"x": 1}]]}), &["m[][].y"]);
        check(&["a.b"], json!({"a": {}}), json!({"a": {}}), &[]);
        check(&["a.b"], json!({"a": {"c": 1}}), json!({}), &["a.c"]);
        check(&["a"], json!("text"), Value::Null, &["(unnamed)"]);
    }

    #[test]
    fn a_declared_value_that_turns_out_an_object_or_list_goes() {
        check(&["a"], json!({"a": {"email": "x"}}), json!({}), &["a"]);
        check(&["a"], json!({"a": ["x"]}), json!({}), &["a"]);
        check(&["a.b"], json!({"a": "x"}), json!({}), &["a"]);
        check(&["a[]"], json!({"a": "x"}), json!({}), &["a"]);
    }

    #[test]
    fn a_name_with_a_dot_is_no_path() {
        check(&["a.b"], json!({"a.b": 1}), json!({}), &["(unnamed)"]);
    }

    #[test]
    fn names_that_may_be_personal_are_not_reported() {
        for name in ["ana@example.com", "0211234567", "Ana Smith", "u4111111", "ünamed", "", &"a".repeat(41)]
        {
            check(&[], json!({name: 1}), json!({}), &["(unnamed)"]);
        }
    }

    #[test]
    fn no_more_than_twenty_names_are_listed_but_all_are_counted() {
        let mut event = Value::Object((b'a'..=b'z').map(|c| (char::from(c).to_string(), json!(1))).collect());
        let dropped = AllowList::new::<&str>([]).unwrap().retain(&mut event);
        assert_eq!((dropped.count, dropped.names.len()), (26, 20));
    }

    #[test]
    fn texts_that_are_no_paths_are_refused() {
        for path in ["", ".", "a.", "[]", "a[0]", "a[", "a]b", "a..b", "a.[].b"] {
            assert_eq!(AllowList::new([path]), Err(AllowListError::Path(path.into())), "{path}");
        }
    }

    proptest! {
        #[test]
        fn undeclared_values_never_stay(keys in prop::collection::vec("[a-d]", 1..4), list in any::<bool>()) {
            let list_of = AllowList::new(["a.b", "c[].d"]).unwrap();
            let mut event = json!("canary");
            for key in keys.iter().rev() {
                event = if list { json!({key.as_str(): [event]}) } else { json!({key.as_str(): event}) };
            }
            let declared = keys == ["a", "b"] && !list;
            list_of.retain(&mut event);
            prop_assert_eq!(event.to_string().contains("canary"), declared);
        }
    }
}
