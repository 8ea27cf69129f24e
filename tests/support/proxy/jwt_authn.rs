//! Envoy's jwt_authn filter before the gate.

use serde_json::{Value, json};

use crate::support::forge::Forge;

/// The header in which [`verifier`] expects the token whose claims it leaves under a name.
pub(crate) fn header(name: &str) -> String {
    let hexadecimal: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("x-test-jwt-{hexadecimal}")
}

/// The filter for a gate's configuration: it verifies tokens of any issuer and any age, in one header for each name under
/// which the gate reads claims. `None` if the gate reads none.
pub(crate) fn verifier(forge: &Forge, config: &Value) -> Option<Value> {
    let issuers = config["issuers"].as_array()?;
    let mut names: Vec<_> = issuers.iter().filter_map(|issuer| issuer["verified_by"]["metadata"].as_str()).collect();
    names.sort_unstable();
    names.dedup();
    const YEAR: u32 = 365 * 24 * 3600;
    let provider = |name: &&str| {
        let provider = json!({
            "from_headers": [{"name": header(name)}],
            "payload_in_metadata": name,
            "clock_skew_seconds": YEAR,
            "local_jwks": {"inline_string": key_set(forge, &["rsa", "p256", "partner"])},
        });
        ((*name).to_owned(), provider)
    };
    let optional =
        |name: &&str| json!({"requires_any": {"requirements": [{"provider_name": name}, {"allow_missing": {}}]}});
    let optional: Vec<_> = names.iter().map(optional).collect();
    let requires = match optional.as_slice() {
        [] => return None,
        [one] => one.clone(),
        several => json!({"requires_all": {"requirements": several}}),
    };
    let providers: serde_json::Map<_, _> = names.iter().map(provider).collect();
    Some(filter(json!({"providers": providers, "rules": [{"match": {"prefix": "/"}, "requires": requires}]})))
}

/// The filter with this configuration.
pub(crate) fn filter(mut config: Value) -> Value {
    config["@type"] = json!("type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication");
    json!({"name": "envoy.filters.http.jwt_authn", "typed_config": config})
}

/// A key set of the public parts of these keys.
pub(crate) fn key_set(forge: &Forge, keys: &[&str]) -> String {
    let jwk = |name: &&str| Value::Object(forge.jwk(name).unwrap_or_else(|error| panic!("{error:#}")));
    let keys: Vec<_> = keys.iter().map(jwk).collect();
    json!({"keys": keys}).to_string()
}
