//! `schema`: the JSON Schema of the configuration, generated from the table of fields.

use anyhow::Result;
use clap::Args;
use mfa_gate::config::field::{Description, Form, Object, Rule, Shape, duration};
use mfa_gate::config::fields::configuration;
use mfa_gate::keys::MAX_KEYS;
use serde_json::{Map, Value, json};

const EXAMPLES: &str = "\
Examples:
  mfa-gate schema > mfa-gate.schema.json";

/// Print the JSON Schema of the configuration, for editors
///
/// The schema is JSON Schema 2020-12. The YAML language server completes and validates a file that starts with the comment
/// `# yaml-language-server: $schema=PATH`.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct SchemaOf {}

impl SchemaOf {
    /// The schema; `envoy/mfa-gate.schema.json` is a copy.
    pub(crate) fn run(&self) -> Result<String> {
        let mut schema = object(&configuration::OBJECT);
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        schema["title"] = "mfa-gate".into();
        Ok(serde_json::to_string_pretty(&schema)? + "\n")
    }
}

/// The schema of an object, without `$ref`: editors disagree on a description next to a reference.
fn object(object: &Object) -> Value {
    let fields = object.fields();
    let properties: Map<_, _> =
        fields.iter().map(|described| (described.name.to_owned(), field(object, described))).collect();
    let required: Vec<_> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut schema = json!({
        "description": object.sentence(),
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    if !object.rules().is_empty() {
        schema["allOf"] = object.rules().iter().map(rule).collect();
    }
    schema
}

fn field(object: &Object, field: &Description) -> Value {
    let mut schema = shape(field.shape);
    let range = match field.shape {
        Shape::Duration(min, max) => Some(format!("From {} to {}.", duration(min), duration(max))),
        Shape::Text(form) => form.regex.map(|_| capitalized(form)),
        _ => None,
    };
    let rules = object.rules().iter().filter(|rule| rule.concerns(field.name)).map(ToString::to_string);
    let sentences: Vec<_> = [field.sentence.clone()].into_iter().chain(range).chain(rules).collect();
    schema["description"] = sentences.join(" ").into();
    if let Some(default) = &field.default {
        schema["default"] = default.clone();
    }
    schema
}

fn shape(shape: Shape) -> Value {
    match shape {
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::Integer(min, max) => json!({"type": "integer", "minimum": min, "maximum": max}),
        Shape::Duration(..) => json!({"type": "string", "pattern": "^[0-9]+[smh]$"}),
        Shape::OneOf(names, sentences) => {
            let choice = |(name, sentence): (&&str, &&str)| json!({"const": name, "description": sentence.trim()});
            json!({"type": "string", "oneOf": names.iter().zip(sentences).map(choice).collect::<Value>()})
        }
        Shape::Text(form) => text(form),
        Shape::Texts(form) => json!({"type": "array", "items": item(form), "minItems": 1, "uniqueItems": true}),
        Shape::Object(inner) => object(inner),
        Shape::Either(one, other) => json!({"anyOf": [object(one), object(other)]}),
        Shape::Objects(inner, min) => json!({"type": "array", "items": object(inner), "minItems": min}),
        Shape::TextsByName(names, form) => by_name(names, item(form)),
        Shape::ObjectsByName(names, inner) => by_name(names, object(inner)),
        Shape::KeySet => key_set(),
    }
}

fn text(form: &Form) -> Value {
    let mut schema = json!({"type": "string", "minLength": 1});
    if let Some(regex) = form.regex {
        schema["pattern"] = regex.into();
    }
    schema
}

fn item(form: &Form) -> Value {
    let mut schema = text(form);
    schema["description"] = capitalized(form).into();
    schema
}

fn by_name(names: &Form, values: Value) -> Value {
    let mut schema = json!({"type": "object", "additionalProperties": values});
    if let Some(regex) = names.regex {
        schema["propertyNames"] = json!({"pattern": regex, "description": capitalized(names)});
    }
    schema
}

/// The noun phrase of a form as a capitalized sentence.
fn capitalized(form: &Form) -> String {
    let mut letters = form.noun.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

fn rule(rule: &Rule) -> Value {
    let required = |names: &[&str]| names.iter().map(|name| json!({"required": [name]})).collect::<Value>();
    match rule {
        Rule::ExactlyOne(names) => json!({"oneOf": required(names)}),
        Rule::AtLeastOne(names) => json!({"anyOf": required(names)}),
        Rule::Requires { field, part, other } => json!({
            "if": {"properties": {*field: {"pattern": literally(part)}}},
            "then": {"required": [other]},
        }),
    }
}

/// A regular expression that matches this text.
fn literally(text: &str) -> String {
    let escape = |letter| r"\^$.|?*+()[]{}".contains(letter).then_some('\\');
    text.chars().flat_map(|letter| escape(letter).into_iter().chain([letter])).collect()
}

/// The schema of a key set. Unknown members of the set and of its keys are ignored. A symmetric key (`oct`) is rejected.
fn key_set() -> Value {
    json!({
        "type": "object",
        "properties": {
            "keys": {
                "description": "The keys, each a JWK.",
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_KEYS,
                "items": {
                    "type": "object",
                    "properties": {
                        "kty": {"description": "The key type.", "type": "string", "not": {"const": "oct"}},
                        "kid": {"description": "The key id, which tokens refer to.", "type": "string"},
                        "use": {"description": "The use of the key.", "type": "string"},
                        "alg": {"description": "The only algorithm of the key.", "type": "string"},
                    },
                    "required": ["kty"],
                },
            },
        },
        "required": ["keys"],
    })
}
