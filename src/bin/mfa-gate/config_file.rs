//! The filter's configuration in a file, as JSON or YAML.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use mfa_gate::config::{self, MAX_DEPTH};
use mfa_gate::json::Json;
use mfa_gate::policy::Gate;

use crate::input;
use crate::strict_yaml;

/// Reads the configuration at `path`: JSON by the name `.json`, else YAML.
pub fn read(path: &Path) -> Result<Gate> {
    let text = input::read(path)?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let json = match is_json {
        true => Json::parse(text.as_bytes(), MAX_DEPTH).map_err(|error| anyhow!("{error}")),
        false => parse_yaml(&text),
    };
    let json = json.with_context(|| input::name(path))?;
    config::from_json(&json).map_err(|errors| anyhow!("{} is not a configuration\n{errors}", input::name(path)))
}

fn parse_yaml(text: &str) -> Result<Json<'_>> {
    let json = serde_saphyr::with_deserializer_from_str_with_options(text, strict_yaml::options(), |deserializer| {
        Json::deserialize(deserializer, MAX_DEPTH)
    });
    json.map_err(|error| strict_yaml::error(&error))
}
