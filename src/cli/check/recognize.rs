//! Distinguishes the gate from other plugins.

use mfa_gate::config::MAX_DEPTH;
use mfa_gate::wire::json::Json;

use super::cursor::At;

/// Whether a name is the gate's: it contains `mfa_gate` or `mfa-gate`.
pub(super) fn by_name(name: &str) -> bool {
    name.to_ascii_lowercase().replace('-', "_").contains("mfa_gate")
}

/// Whether a value, or the JSON in a string, is the gate's configuration.
pub(super) fn by_configuration(value: &At<'_>) -> bool {
    match value.text().map(|text| Json::parse(text.as_bytes(), MAX_DEPTH)) {
        Some(Ok(json)) => by_fields(&json),
        Some(Err(_)) => false,
        None => by_fields(value.json()),
    }
}

/// Whether an object has the fields of the gate's configuration.
pub(super) fn by_fields(json: &Json<'_>) -> bool {
    let Json::Object(members) = json else { return false };
    members.has("issuers") || members.has("policies") || (members.has("default") && members.has("routes"))
}
