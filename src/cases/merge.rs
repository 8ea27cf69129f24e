//! Merges shared members with those of a case.

use serde_json::{Map, Value, json};

/// Applies a JSON Merge Patch (RFC 7386).
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

/// A case with its shared members. Keeps nulls, because they have a meaning in requests and tokens.
pub fn with_shared(shared: &Map<String, Value>, case: &Map<String, Value>) -> Map<String, Value> {
    let mut members = shared.clone();
    for (name, value) in case {
        match (members.get_mut(name), value) {
            (Some(Value::Object(shared)), Value::Object(own)) if name == "request" => shared.extend(own.clone()),
            _ => drop(members.insert(name.clone(), value.clone())),
        }
    }
    members
}
