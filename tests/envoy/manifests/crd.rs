//! Validates a manifest as an API server does: the CRD's structural schema, its CEL rules, and no unknown field (`kubectl
//! apply` with `--validate=strict`).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use cel::extractors::This;
use cel::{Context, Program, Value as CelValue};
use serde_json::{Map, Value, json};

use crate::support::documents;

/// The kinds of a folder of CRDs, by `apiVersion` and `kind`.
pub(super) struct Crds {
    schemas: BTreeMap<(String, String), Value>,
}

impl Crds {
    /// Reads every YAML file of a folder; `None` if the folder is absent.
    pub(super) fn load(folder: &Path) -> Option<Self> {
        let mut schemas = BTreeMap::new();
        for entry in std::fs::read_dir(folder).ok()? {
            let path = entry.expect("an entry of the folder").path();
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            for crd in documents(&path).iter().filter(|crd| crd["kind"] == "CustomResourceDefinition") {
                let spec = &crd["spec"];
                for version in spec["versions"].as_array().expect("versions") {
                    let api = format!("{}/{}", text(&spec["group"]), text(&version["name"]));
                    let schema = version["schema"]["openAPIV3Schema"].clone();
                    schemas.insert((api, text(&spec["names"]["kind"])), schema);
                }
            }
        }
        Some(Self { schemas })
    }

    /// All errors of a manifest; `None` if no CRD defines its kind.
    pub(super) fn problems(&self, manifest: &Value) -> Option<Vec<String>> {
        let schema = self.schemas.get(&(text(&manifest["apiVersion"]), text(&manifest["kind"])))?;
        let validator =
            jsonschema::options().with_draft(jsonschema::Draft::Draft4).build(&whole(schema)).expect("a JSON Schema");
        let mut problems: Vec<String> =
            validator.iter_errors(manifest).map(|error| format!("{}: {error}", error.instance_path())).collect();
        check_rules(schema, manifest, "", &mut problems);
        Some(problems)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("`{value}` is not text")).to_owned()
}

/// The schema of a resource, with the members that all resources have and no CRD lists.
fn whole(schema: &Value) -> Value {
    let mut schema = schema.clone();
    let properties = schema["properties"].as_object_mut().expect("properties");
    properties.insert("apiVersion".to_owned(), json!({"type": "string"}));
    properties.insert("kind".to_owned(), json!({"type": "string"}));
    properties.insert(
        "metadata".to_owned(),
        json!({"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"}, "namespace": {"type": "string"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
        }}),
    );
    json_schema(&schema)
}

/// A structural schema as JSON Schema. Unknown fields are errors unless the schema preserves them.
fn json_schema(schema: &Value) -> Value {
    let Value::Object(schema) = schema else { return schema.clone() };
    let mut result: Map<String, Value> =
        schema.iter().filter(|(key, _)| !key.starts_with("x-kubernetes-")).map(own).collect();
    if let Some(Value::Object(properties)) = schema.get("properties") {
        let properties = properties.iter().map(|(name, schema)| (name.clone(), json_schema(schema))).collect();
        result.insert("properties".to_owned(), Value::Object(properties));
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(key) {
            result.insert(key.to_owned(), json_schema(inner));
        }
    }
    let keeps = schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
    if schema.get("type").is_some_and(|kind| kind == "object") && !keeps && !schema.contains_key("additionalProperties")
    {
        result.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    if schema.get("nullable") == Some(&Value::Bool(true)) {
        let kind = result.remove("type").expect("a nullable field has a type");
        result.insert("type".to_owned(), json!([kind, "null"]));
    }
    Value::Object(result)
}

fn own((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

/// Evaluates all `x-kubernetes-validations` of the schema.
fn check_rules(schema: &Value, instance: &Value, place: &str, problems: &mut Vec<String>) {
    for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
        match evaluate(&text(&rule["rule"]), instance) {
            Ok(true) => {}
            Ok(false) => problems.push(format!("{place}: {}", rule["message"].as_str().unwrap_or_default())),
            Err(error) => problems.push(format!("{place}: `{}` cannot be evaluated: {error}", rule["rule"])),
        }
    }
    match instance {
        Value::Object(fields) => {
            for (name, value) in fields {
                let named = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
                check_rules(named, value, &format!("{place}/{name}"), problems);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check_rules(&schema["items"], item, &format!("{place}/{index}"), problems);
            }
        }
        _ => {}
    }
}

fn evaluate(rule: &str, instance: &Value) -> Result<bool, String> {
    let mut context = Context::default();
    // The functions of Kubernetes that these rules use.
    let scheme = |url: &str| url.split_once("://").map(|(scheme, _)| scheme.to_owned());
    let added = [
        context.add_function("isURL", move |url: Arc<String>| scheme(&url).is_some()),
        context.add_function("url", |url: Arc<String>| url),
        context.add_function("getScheme", move |This(url): This<Arc<String>>| scheme(&url).unwrap_or_default()),
    ];
    added.into_iter().collect::<Result<(), _>>().map_err(|error| error.to_string())?;
    context.add_variable("self", instance).map_err(|error| error.to_string())?;
    let program = Program::compile(rule).map_err(|error| error.to_string())?;
    match program.execute(&context).map_err(|error| error.to_string())? {
        CelValue::Bool(truth) => Ok(truth),
        other => Err(format!("it is {other:?}")),
    }
}
