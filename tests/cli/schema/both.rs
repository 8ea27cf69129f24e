//! What the schema says of a configuration, and what the reader says.

use jsonschema::Validator;
use serde_json::Value;

/// The file of the schema.
pub(super) const SCHEMA: &str = "envoy/mfa-gate.schema.json";

/// Errors that a schema cannot tell: they are about two places, or about names that the parser keeps to itself.
const BEYOND_A_SCHEMA: [&str; 10] = [
    "unknown policy",
    "in common with",
    "the name `",
    "matches the same requests",
    "only by case or by non-ASCII letters",
    "is used twice",
    "is reserved; choose another",
    "cannot be combined with `upstream_headers`",
    "is also in `token.headers`",
    "appears twice, with different case",
];

/// The schema, and what judges by it.
pub(super) struct Schema {
    pub json: Value,
    pub validator: Validator,
}

impl Schema {
    /// The committed one.
    pub(super) fn read() -> Self {
        let text = std::fs::read_to_string(crate::support::repository(SCHEMA)).expect(SCHEMA);
        let json: Value = serde_json::from_str(&text).expect(SCHEMA);
        let validator = jsonschema::draft202012::new(&json).expect("a schema");
        Self { json, validator }
    }

    /// What is to be said where schema and parser differ about a configuration; nothing where they agree.
    pub(super) fn disagreement(&self, config: &Value) -> Option<String> {
        let refusal = self.validator.validate(config).err().map(|error| format!("{}: {error}", error.instance_path()));
        let errors = errors(config);
        // The keys themselves are for the parser.
        let is_of_key = |(path, message): &(String, String)| {
            path.contains(".jwks.inline.keys[") || message == "the set has no verification key"
        };
        let is_beyond = |(_, message): &(String, String)| {
            BEYOND_A_SCHEMA.iter().any(|words| message.contains(words)) || is_range_of_duration(message)
        };
        let told = errors.iter().map(|(path, message)| format!("{path}: {message}")).collect::<Vec<_>>().join("; ");
        match refusal {
            Some(refusal) if errors.iter().all(is_beyond) => {
                Some(format!("the schema refuses `{refusal}`, the parser says `{told}`, of {config}"))
            }
            None if !errors.iter().all(|error| is_beyond(error) || is_of_key(error)) => {
                Some(format!("the schema takes what the parser does not, `{told}`, of {config}"))
            }
            _ => None,
        }
    }
}

fn is_range_of_duration(message: &str) -> bool {
    message.starts_with('`') && message.contains("` should be from ") && message.ends_with('s')
}

/// The parser's errors, by their places.
pub(super) fn errors(config: &Value) -> Vec<(String, String)> {
    match mfa_gate::config::parse(config.to_string().as_bytes()) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(|error| (error.path.clone(), error.message.clone())).collect(),
    }
}
