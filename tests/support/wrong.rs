//! Configurations that are wrong: what `tests/cases/shared/wrong-configurations.yaml` says.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::cases::merge::merge;
use super::forge::Forge;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The right configuration, which each of the wrong ones changes.
    config: Value,
    wrong: Vec<Wrong>,
}

/// One of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrong {
    pub name: String,
    /// Changes to the right configuration (JSON Merge Patch).
    #[serde(default)]
    pub with: Value,
    /// The whole text, where it is no changed JSON.
    pub text: Option<String>,
    /// The place of every error, and what its message says among others.
    pub errors: BTreeMap<String, String>,
    /// Whether Envoy is asked too, which takes a second.
    #[serde(default)]
    pub envoy: bool,
}

impl Wrong {
    /// The text that is wrong.
    pub fn text(&self, right: &Value, forge: &Forge) -> String {
        if let Some(text) = &self.text {
            return text.clone();
        }
        let mut config = right.clone();
        merge(&mut config, &forge.scope(0).json(&self.with).expect("names that stand for something"));
        config.to_string()
    }
}

/// The right configuration and the wrong ones.
pub fn load(forge: &Forge) -> (Value, Vec<Wrong>) {
    let file: File = super::yaml(&super::repository("tests/cases/shared/wrong-configurations.yaml"));
    let config = forge.scope(0).json(&file.config);
    (config.expect("names that stand for something"), file.wrong)
}
