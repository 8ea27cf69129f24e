//! How what a case shares with others is laid beneath its own.

use serde_json::{Map, Value, json};

/// JSON Merge Patch (RFC 7386).
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(target) = target.as_object_mut() else { return };
    for (name, value) in patch {
        match value {
            Value::Null => drop(target.remove(name)),
            _ => merge(target.entry(name.clone()).or_insert(Value::Null), value),
        }
    }
}

/// A case with what it shares with the others of its file. Nulls stay: they mean something in a request and a token.
pub fn completed(shared: &Map<String, Value>, case: &Map<String, Value>) -> Map<String, Value> {
    let mut whole = shared.clone();
    for (name, value) in case {
        match (whole.get_mut(name), value) {
            (Some(Value::Object(shared)), Value::Object(own)) if name == "request" => shared.extend(own.clone()),
            _ => drop(whole.insert(name.clone(), value.clone())),
        }
    }
    whole
}
