//! `schema`: the JSON Schema of the filter's configuration, for editors.
//!
//! The types here are never filled: the filter parses by hand (`src/config`), so that it can name every error and its
//! place, and so that nothing of this reaches the wasm module. `tests/cli/schema/` holds that both know the same fields,
//! names and ranges.
#![expect(dead_code, reason = "the types are described, never made")]

mod configuration;
mod issuers;
mod policies;
mod routes;
mod texts;

use anyhow::Result;
use clap::Args;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::Value;

use configuration::Configuration;

/// Print the JSON Schema of the configuration, for editors
///
/// JSON Schema 2020-12. The language server of YAML completes and checks a file that starts with the comment
/// `# yaml-language-server: $schema=PATH`.
#[derive(Args)]
pub struct SchemaOf {}

impl SchemaOf {
    /// The schema, as it stands in `envoy/mfa-gate.schema.json`.
    pub fn run(&self) -> Result<String> {
        // Without references: editors differ in what they show of a description beside one.
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let mut schema = settings.into_generator().into_root_schema_for::<Configuration>();
        Plain.transform(&mut schema);
        Ok(serde_json::to_string_pretty(&schema)? + "\n")
    }
}

/// Takes out what the types of Rust say beside what the configuration is.
struct Plain;

impl Transform for Plain {
    fn transform(&mut self, schema: &mut Schema) {
        never_null(schema);
        // `uint32` and the like; the range says it.
        schema.remove("format");
        if let Some(Value::String(text)) = schema.get_mut("description") {
            *text = text.replace('\n', " ");
        }
        transform_subschemas(self, schema);
    }
}

/// An `Option` is a field that may be left out. The filter refuses an explicit null.
fn never_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    let is_null = |schema: &Value| schema["type"] == "null";
    let Some(Value::Array(choices)) = schema.get_mut("anyOf") else { return };
    if !choices.iter().any(is_null) {
        return;
    }
    choices.retain(|choice| !is_null(choice));
    if let [Value::Object(only)] = choices.as_slice() {
        let only = only.clone();
        schema.remove("anyOf");
        for (name, value) in only {
            // What a field says of itself goes before what its type says.
            if schema.get(&name).is_none() {
                schema.insert(name, value);
            }
        }
    }
}
