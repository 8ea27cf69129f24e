//! The wrong configurations in `tests/cases/shared/wrong-configurations.yaml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::cases::merge::merge;
use super::forge::Forge;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The valid configuration that each wrong one changes.
    config: Value,
    wrong: Vec<Wrong>,
}

/// A wrong configuration.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wrong {
    pub name: String,
    /// Changes to the valid configuration (JSON Merge Patch).
    #[serde(default)]
    pub with: Value,
    /// The whole text, instead of changes.
    pub text: Option<String>,
    /// The path of every error, and a part of its message.
    pub errors: BTreeMap<String, String>,
    /// Whether the test also starts Envoy, which takes a second.
    #[serde(default)]
    pub envoy: bool,
}

impl Wrong {
    /// The text of the wrong configuration.
    pub(crate) fn text(&self, right: &Value, forge: &Forge) -> String {
        if let Some(text) = &self.text {
            return text.clone();
        }
        let mut config = right.clone();
        merge(&mut config, &forge.scope(0).json(&self.with).expect("names that stand for something"));
        config.to_string()
    }
}

/// The valid configuration and the wrong ones.
pub(crate) fn load(forge: &Forge) -> (Value, Vec<Wrong>) {
    let file: File = super::yaml(&super::repository("tests/cases/shared/wrong-configurations.yaml"));
    let config = forge.scope(0).json(&file.config);
    (config.expect("names that stand for something"), file.wrong)
}
