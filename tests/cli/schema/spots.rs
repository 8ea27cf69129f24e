//! Every place of a configuration, and what the schema and the parser know there.

use std::collections::BTreeSet;

use serde_json::Value;

use super::both::{Schema, errors};

/// A place in a configuration and what the schema says of it.
pub struct Spot<'s> {
    pub pointer: String,
    /// As the parser writes it.
    pub path: String,
    pub schema: &'s Value,
    /// All that the place may be, where the schema offers a choice.
    pub choices: Vec<&'s Value>,
}

/// Every place of a configuration, down to the keys of a set.
pub fn spots<'s>(schema: &'s Schema, config: &Value) -> Vec<Spot<'s>> {
    let mut found = Vec::new();
    walk(&schema.json, config, String::new(), String::new(), &mut found);
    found
}

fn walk<'s>(schema: &'s Value, value: &Value, pointer: String, path: String, found: &mut Vec<Spot<'s>>) {
    let choices: Vec<&Value> = match schema.get("anyOf").and_then(Value::as_array) {
        Some(choices) if schema.get("properties").is_none() => choices.iter().collect(),
        _ => vec![schema],
    };
    let fits = |choice: &&&Value| jsonschema::draft202012::is_valid(choice, value);
    let schema = choices.iter().find(fits).unwrap_or_else(|| panic!("`{path}` fits nothing of the schema"));
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let dot = if path.is_empty() { "" } else { "." };
                let inner = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
                if inner.is_object() {
                    walk(inner, member, format!("{pointer}/{name}"), format!("{path}{dot}{name}"), found);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(&schema["items"], item, format!("{pointer}/{index}"), format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
    found.push(Spot { pointer, path, schema, choices });
}

pub fn with(config: &Value, pointer: &str, value: Value) -> Value {
    let mut config = config.clone();
    *config.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
    config
}

pub fn names(schema: &Value) -> BTreeSet<String> {
    schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// The names behind `known: ` in the parser's error at a place.
pub fn known(config: &Value, path: &str) -> BTreeSet<String> {
    let errors = errors(config);
    let message = errors.iter().find(|(at, message)| at == path && message.contains("; known: "));
    let (_, message) = message.unwrap_or_else(|| panic!("no error at `{path}` names what is known, in {errors:?}"));
    message.split("; known: ").nth(1).unwrap_or_default().split(", ").map(str::to_owned).collect()
}

/// The values that a schema lists.
pub fn listed(schema: &Value) -> BTreeSet<String> {
    let consts = schema["oneOf"].as_array().into_iter().flatten().filter_map(|choice| choice["const"].as_str());
    consts.map(str::to_owned).collect()
}
