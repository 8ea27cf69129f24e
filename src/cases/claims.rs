//! Creates a token from a case's `claims`: adds claims that the configuration accepts, and signs with a test key that the
//! configuration trusts.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::test_keys::{TEST_KEY, TestKeys};
use super::token::TokenSpec;

/// The placeholder of the tenant in an issuer's name.
const TENANT: &str = crate::issuer_name::IssuerName::TENANT;

/// The token for a case's `claims`.
#[derive(Debug, Clone)]
pub struct ClaimsToken {
    /// The description of the token.
    pub token: TokenSpec,
    /// The metadata name of the claims, if jwt_authn verifies the issuer's tokens.
    pub metadata: Option<String>,
}

/// Creates the token for these claims, and adds the test key to its issuer in the configuration: to the inline keys, or
/// instead of keys that would be fetched.
pub fn token_from_claims(
    config: &mut Value,
    claims: &Map<String, Value>,
    without: &[String],
    keys: &TestKeys,
) -> Result<ClaimsToken> {
    let issuers = config["issuers"].as_array_mut().context("`claims` need a configuration with issuers")?;
    let issuer = match claims.get("iss") {
        None => issuers.first_mut().context("`claims` need a configuration with issuers")?,
        Some(Value::String(iss)) => match issuers.iter_mut().find(|issuer| has_name(issuer, iss)) {
            Some(issuer) => issuer,
            None => {
                bail!("`claims`: the configuration has no issuer `{iss}`; describe a complete `token` instead")
            }
        },
        Some(other) => bail!("`claims`: `iss` is {other}; describe a complete `token` instead"),
    };
    let metadata = issuer["verified_by"]["metadata"].as_str().map(str::to_owned);
    if metadata.is_none() {
        trust(issuer, keys)?;
    }

    let tenant = claims.get("tid").or_else(|| issuer["tenants"].get(0)).cloned();
    let mut complete = Map::new();
    if let Some(name) = issuer["issuer"].as_str() {
        let tenant = tenant.as_ref().and_then(Value::as_str).unwrap_or_default();
        complete.insert("iss".to_owned(), escaped(&json!(name.replace(TENANT, tenant))));
    }
    complete.extend(tenant.map(|tenant| ("tid".to_owned(), escaped(&tenant))));
    complete.extend(issuer["audiences"].get(0).map(|audience| ("aud".to_owned(), escaped(audience))));
    for (name, time) in [("iat", "$now(-60)"), ("exp", "$now(+3600)")] {
        complete.insert(name.to_owned(), json!(time));
    }
    complete.retain(|name, _| !without.contains(name));
    complete.extend(claims.clone());
    Ok(ClaimsToken { token: TokenSpec::of(TEST_KEY, complete, without.to_vec()), metadata })
}

/// Whether the issuer's name matches this `iss`.
fn has_name(issuer: &Value, iss: &str) -> bool {
    let Some(name) = issuer["issuer"].as_str() else { return false };
    match name.split_once(TENANT) {
        None => name == iss,
        Some((before, after)) => {
            let rest = iss.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            rest.is_some_and(|tenant| !tenant.is_empty() && !tenant.contains('/'))
        }
    }
}

fn trust(issuer: &mut Value, keys: &TestKeys) -> Result<()> {
    let key = Value::Object(keys.jwk(TEST_KEY)?);
    match issuer.pointer_mut("/jwks/inline/keys").and_then(Value::as_array_mut) {
        Some(keys) => keys.push(key),
        None => {
            let issuer = issuer.as_object_mut().context("an issuer is an object")?;
            issuer.remove("discovery");
            issuer.insert("jwks".to_owned(), json!({"inline": {"keys": [key]}}));
        }
    }
    Ok(())
}

/// Escapes dollar signs in a value of the configuration, for use in the text of a case.
fn escaped(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace('$', "$$")),
        other => other.clone(),
    }
}
