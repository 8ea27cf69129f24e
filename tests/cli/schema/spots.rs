//! Every value of a configuration, and the schema of it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::both::Schema;

/// A value of a configuration and its schema.
pub(super) struct Spot<'s> {
    pub pointer: String,
    pub schema: &'s Value,
    /// All schemas of the value, where there is a choice.
    pub choices: Vec<&'s Value>,
}

/// Every value of a configuration, down to the keys of a set.
pub(super) fn spots<'s>(schema: &'s Schema, config: &Value) -> Vec<Spot<'s>> {
    let mut found = Vec::new();
    walk(&schema.json, config, String::new(), &mut found);
    found
}

fn walk<'s>(schema: &'s Value, value: &Value, pointer: String, found: &mut Vec<Spot<'s>>) {
    let choices: Vec<&Value> = match schema.get("anyOf").and_then(Value::as_array) {
        Some(choices) => choices.iter().collect(),
        None => vec![schema],
    };
    let fits = |choice: &&&Value| jsonschema::draft202012::is_valid(choice, value);
    let schema = choices.iter().find(fits).unwrap_or_else(|| panic!("`{pointer}` fits nothing of the schema"));
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let inner = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
                if inner.is_object() {
                    walk(inner, member, format!("{pointer}/{name}"), found);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(&schema["items"], item, format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
    found.push(Spot { pointer, schema, choices });
}

pub(super) fn with(config: &Value, pointer: &str, value: Value) -> Value {
    let mut config = config.clone();
    *config.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
    config
}

pub(super) fn names(schema: &Value) -> BTreeSet<String> {
    schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// The values that a schema lists.
pub(super) fn listed(schema: &Value) -> BTreeSet<String> {
    let consts = schema["oneOf"].as_array().into_iter().flatten().filter_map(|choice| choice["const"].as_str());
    consts.map(str::to_owned).collect()
}
